"""Service areas as outlines: villages go to the areas that hold their people, counted by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from paper.studies import ONE_TOWNSHIP, Drawing, Home, Site, Unit, prepared
from paper.ways import EAST, GK111, NORTH

from accessgis.base.errors import DataError
from accessgis.layers.service_areas import served_villages
from accessgis.sources.service_areas import with_service_areas
from accessgis.study.model import StudyFile

WEST, MIDDLE, EAST_VILLAGE = (f"149921100{number}" for number in (200, 201, 202))
#  three villages side by side, 1 km each; people at 200 and 800 m of each, 100 m up
DRAWING = Drawing(
    units=(
        *ONE_TOWNSHIP[:2],
        *(
            Unit("village", code, "149921100", (1000 * place, 0, 1000 * place + 1000, 2000))
            for place, code in enumerate((WEST, MIDDLE, EAST_VILLAGE))
        ),
    ),
    ways=(),
    homes=tuple(Home(x, 100, people) for x, people in ((200, 6), (800, 4), (1200, 5), (1800, 5), (2200, 3), (2800, 7))),
    sites=(Site("A", 500, 100, kind="primary_school"), Site("B", 2500, 100, kind="primary_school", serves="149921")),
)


def served(folder: Path, boxes: list[tuple[float, float]], owners: list[str], column: str = "编号"):
    """Give service areas from one easting to another, each with its facility."""
    shapes = [shapely.box(EAST + west, NORTH, EAST + east, NORTH + 2000) for west, east in boxes]
    gpd.GeoDataFrame({column: owners}, geometry=shapes, crs=GK111).to_file(folder / "学区.gpkg")
    layers = prepared(DRAWING)
    frame = layers.facilities.frame.assign(name=np.array(["甲小学", "乙小学"], dtype=object))
    found = with_service_areas(frame, folder / "学区.gpkg", label="学区.gpkg", demand=layers.demand, datum=None)
    return found.value["serves"].tolist(), [(doubt.code, doubt.count, doubt.people) for doubt in found.doubts]


def test_a_village_goes_to_the_area_of_its_people_and_those_parted_are_counted(tmp_path: Path) -> None:
    # A: all of the first and the 5 of 10 at 1200 m of the second; the 5 at 1800 m are outside
    assert served(tmp_path, [(0, 1500)], ["A"]) == ([f"{WEST};{MIDDLE}", "149921"], [("AG9315", 1, 5.0)])


def test_what_the_register_states_goes_before_the_outline(tmp_path: Path) -> None:
    assert served(tmp_path, [(0, 3000)], ["B"]) == (["", "149921"], [])


def test_a_village_may_be_served_twice_and_parts_of_an_area_belong_together(tmp_path: Path) -> None:
    serves, doubts = served(tmp_path, [(0, 1000), (2000, 3000)], ["甲小学", "甲小学"], column="名称")
    assert serves[0] == f"{WEST};{EAST_VILLAGE}"
    assert doubts == []


def test_where_no_area_holds_half_the_largest_has_the_village(tmp_path: Path) -> None:
    # of the third village's 10 people A holds the 3 at 2200 m, and nobody the others
    serves, doubts = served(tmp_path, [(2000, 2500)], ["A"])
    assert serves[0] == EAST_VILLAGE
    assert doubts == [("AG9315", 1, 7.0)]


def test_a_village_cut_in_half_goes_to_both() -> None:
    west, east = (shapely.box(EAST + x, NORTH, EAST + x + 1500, NORTH + 2000) for x in (0, 1500))
    found = served_villages({"B": east, "A": west}, prepared(DRAWING).demand)
    assert found.codes == {"A": (WEST, MIDDLE), "B": (MIDDLE, EAST_VILLAGE)}
    assert (found.cut_villages, found.cut_people) == (1, 10.0), "either half is outside the other's area"


def test_outlines_of_nobody_are_said(tmp_path: Path) -> None:
    serves, doubts = served(tmp_path, [(0, 1000), (1000, 2000)], ["A", "丙小学"])
    assert serves[0] == WEST
    assert doubts == [("AG9314", 1, None)]
    assert served(tmp_path, [(0, 1000)], ["丙小学"]) == (["", "149921"], [("AG9314", 1, None)])


def test_service_areas_where_nobody_lives_are_said(tmp_path: Path) -> None:
    assert served(tmp_path, [(90_000, 91_000)], ["A"]) == (["", "149921"], [("AG9317", 1, None)])


def test_a_layer_that_does_not_name_facilities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        served(tmp_path, [(0, 1000)], ["A"], column="片区")
    assert caught.value.code == "AG3310"


def test_the_study_names_the_layer_beside_the_register() -> None:
    table = {"path": "s.csv", "service_areas": {"path": "学区.gpkg", "id": "学校", "datum": "cgcs2000"}}
    file = {"study": {"name": "县", "code": "1", "data_date": DRAWING.data_date}, "roads": {"path": "r.osm"}}
    read = StudyFile.model_validate(file | {"population": {"total": "t.tif"}, "facilities": [table]})
    assert read.facilities[0].service_areas.id == "学校"
