"""Facilities without coordinates stand at the village they name; worked by hand."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError, Doubt, Place
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand, no_cells, place, points_frame
from accessgis.layers.facilities import FACILITIES, assemble, facility_frame
from accessgis.layers.village_places import place_by_village, unit_anchors

# v1 is an L around the south-west corner of v2, so that the centre of its people lies in v2.
L_SHAPE = shapely.Polygon([(0, 0), (30, 0), (30, 10), (10, 10), (10, 30), (0, 30)])
ROWS = [
    ("county", "149921", "", "县", shapely.box(0, 0, 60, 30)),
    ("township", "149921001", "149921", "甲镇", shapely.box(0, 0, 30, 30)),
    ("township", "149921002", "149921", "乙镇", shapely.box(30, 0, 60, 30)),
    ("village", "149921001001", "149921001", "东庄村", L_SHAPE),
    ("village", "149921001002", "149921001", "西庄村", shapely.box(10, 10, 30, 30)),
    ("village", "149921002001", "149921002", "东庄村", shapely.box(30, 0, 60, 30)),
]
FILE = Place(file="r.csv")
PEOPLE = [(5, 25, 10.0), (25, 5, 30.0), (5, 5, 0.0), (12, 12, 30.0), (28, 12, 10.0)]


@pytest.fixture
def areas():
    frame = pd.DataFrame([row[:4] for row in ROWS], columns=["level", "code", "parent", "name"])
    frame = frame.assign(township_kind="", ur_code="", seat=False, central=False)
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=[row[4] for row in ROWS], crs="EPSG:4546"))


@pytest.fixture
def demand(areas):
    x, y, people = (np.array(column, dtype=float) for column in zip(*PEOPLE, strict=True))
    return place(Demand(frame=points_frame(x, y, {"total": people}), groups=("total",), cells=no_cells()), areas)


def register(*rows):
    fields = {column.name: [row.get(column.name, "") for row in rows] for column in FACILITIES.columns}
    fields |= {"kind": ["park"] * len(rows), "row": np.arange(1, len(rows) + 1), "layer": ["r.csv"] * len(rows)}
    fields["status"] = [row.get("status", "in_service") for row in rows]
    fields["facility_id"] = [f"r-{row}" for row in fields["row"]]
    fields["placement"] = ["coordinates" if "at" in row else "unplaced" for row in rows]
    shapes = np.array([shapely.Point(row["at"]) if "at" in row else shapely.Point() for row in rows], dtype=object)
    return facility_frame(fields, shapes, crs=CRS.from_epsg(4546))


def test_a_village_is_its_committee_else_its_people_else_its_outline(areas, demand):
    codes = ["149921001001", "149921001002", "149921002001"]

    anchors = unit_anchors(codes, areas, demand)

    # v1: people 10 at (5, 25) and 30 at (25, 5): centre (20, 10) lies on the border, inside by rule of the border.
    assert anchors["149921001001"] == ("people", (20.0, 10.0))
    # v2: 30 at (12, 12), 10 at (28, 12): centre (16, 12).
    assert anchors["149921001002"] == ("people", (16.0, 12.0))
    assert anchors["149921002001"][0] == "outline"
    assert areas.frame.geometry.iloc[5].contains(shapely.Point(anchors["149921002001"][1]))
    at = unit_anchors(codes, replace(areas, committees={"149921001002": (29.0, 29.0)}), demand)["149921001002"]
    assert at == ("committee", (29.0, 29.0))


def test_a_centre_outside_the_village_goes_to_its_nearest_people(areas, demand):
    frame = demand.frame.assign(population=[20.0, 30.0, 0.0, 30.0, 10.0])
    moved = Demand(frame=frame, groups=("total",), cells=no_cells())

    # Centre of 20 at (5, 25) and 30 at (25, 5) is (17, 13), in v2; (25, 5) is nearer than (5, 25). Nobody is at (5, 5).
    assert unit_anchors(["149921001001"], areas, moved)["149921001001"] == ("people", (25.0, 5.0))


def test_rows_are_placed_said_and_kept(areas, demand):
    frame = register(
        {"name": "有坐标", "at": (1, 1), "village": "西庄村"},
        {"name": "按代码", "village": "149921001002"},
        {"name": "按村名", "township": "甲镇", "village": "西庄"},
        {"name": "只有乡镇", "township": "乙镇"},
        {"name": "", "village": "北庄村"},
        {"name": "无人村", "township": "乙镇", "village": "东庄"},
    )

    placed, doubts = place_by_village(frame, areas, demand, label="r.csv")

    expected = ["coordinates", "village", "village", "unplaced", "unplaced", "village"]
    assert placed["placement"].tolist() == expected
    assert placed[["x", "y"]].iloc[[0, 1, 2]].to_numpy().tolist() == [[1, 1], [16, 12], [16, 12]]
    assert placed.geometry.is_empty.tolist() == [word == "unplaced" for word in expected]
    assert placed["x"].isna().tolist() == [word == "unplaced" for word in expected]
    assert doubts == [
        Doubt(code="AG9312", place=FILE, count=3, values={"committee": 0, "centre": 2, "outline": 1}),
        Doubt(code="AG9301", place=FILE, count=2, values={"names": "只有乡镇 (4); r-5 (5)"}),
    ]
    layer, _ = assemble([placed], areas, kinds_given=frozenset())
    assert layer.frame["village"].tolist()[1:3] == ["149921001002"] * 2
    assert layer.frame["township"].tolist()[3] == "149921002"
    assert frame["placement"].tolist()[1] == "unplaced", "the argument is not changed"


def test_a_village_that_several_could_be_is_refused_with_the_candidates(areas, demand):
    frame = register({"name": "有坐标", "at": (1, 1), "village": "东庄村"}, {"name": "重名", "village": "东庄村"})

    with pytest.raises(DataError, match="AG3345") as caught:
        place_by_village(frame, areas, demand, label="r.csv")

    assert caught.value.values["names"] == "重名 (2): 甲镇东庄村 / 乙镇东庄村"  # noqa: PD011
    assert caught.value.values["count"] == 1  # noqa: PD011
    gone = frame.assign(status=pd.array(["in_service", "closed"], dtype="str"))
    placed, _ = place_by_village(gone, areas, demand, label="r.csv")
    assert placed["placement"].tolist() == ["coordinates", "unplaced"], "what is closed counts for nobody"


def test_nothing_to_place_says_nothing(areas, demand):
    frame = register({"at": (1, 1)})

    placed, doubts = place_by_village(frame, areas, demand, label="r.csv")

    assert placed is frame
    assert doubts == []
