"""Units of points: borders, codes and what registers state."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from accessgis.layers.areas import Areas
from accessgis.layers.belonging import ancestor_codes, belonging, unit_codes
from accessgis.layers.codes import code_level, code_prefix, normal_code, renewed, township_kind
from accessgis.layers.facilities import FACILITIES, assemble, facility_frame

GK = CRS.from_epsg(4546)

#     y=2 +------+------+
#         |  v1  |      |
#     y=1 +------+  t2  |
#         |  v2  |      |
#     y=0 +------+------+
#        x=0    x=1    x=2      township t1 = v1 + v2
AREAS = [
    ("county", "149921", "", shapely.box(0, 0, 2, 2)),
    ("township", "149921001", "149921", shapely.box(0, 0, 1, 2)),
    ("township", "149921002", "149921", shapely.box(1, 0, 2, 2)),
    ("village", "149921001001", "149921001", shapely.box(0, 1, 1, 2)),
    ("village", "149921001002", "149921001", shapely.box(0, 0, 1, 1)),
]


@pytest.fixture
def areas():
    columns = ("level", "code", "parent")
    frame = pd.DataFrame({name: [row[place] for row in AREAS] for place, name in enumerate(columns)})
    frame["name"] = ["县", "甲镇", "乙镇", "东庄", "西庄"]
    frame = frame.assign(township_kind="", ur_code="", seat=False, central=False)
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=[row[3] for row in AREAS], crs=GK))


def points(*places):
    return np.array([shapely.Point(*place) for place in places], dtype=object)


def test_on_a_shared_border_the_lowest_code_wins(areas):
    border, corner, outside = (0.5, 1), (1, 1), (3, 3)

    village = unit_codes(points(border, corner, outside, ()), areas, "village")
    township = unit_codes(points((1, 0.5)), areas, "township")

    assert village.tolist() == ["149921001001", "149921001001", "", ""]
    assert township.tolist() == ["149921001"]


def test_no_units_of_a_level_and_no_points(areas):
    lone = Areas(frame=areas.frame[areas.frame["level"] == "county"].reset_index(drop=True))

    assert unit_codes(points((0.5, 0.5)), lone, "village").tolist() == [""]
    assert belonging(points((0.5, 0.5)), lone)["county"].tolist() == ["149921"]
    assert unit_codes(points(), areas, "village").tolist() == []


def test_ancestors(areas):
    assert ancestor_codes(areas, "township")["149921001002"] == "149921001"
    assert ancestor_codes(areas, "county")["149921001002"] == "149921"
    assert ancestor_codes(areas, "village")["149921001"] == ""


@pytest.mark.parametrize(
    ("value", "code"),
    [(140781, "140781"), (140781.0, "140781"), ("140781.0", "140781"), ("１４０７８１", "140781"),
     ("'140781", "140781"), ("140781000000", "140781"), ("140781100000", "140781100"),
     ("1407811000010000000", "140781100001"),
     (None, ""), (float("nan"), ""), ("0781", "0781")],
)  # fmt: skip
def test_codes_are_put_right(value, code):
    assert normal_code(value, chinese=True) == code


def test_foreign_codes_are_left_alone():
    assert normal_code("140781000000", chinese=False) == "140781000000"
    assert code_level("35016") is None


@pytest.mark.parametrize("value", ["1.40781E+11", "1407811000010000001"])
def test_mangled_codes_are_refused(value):
    with pytest.raises(ValueError, match=r"\d"):
        normal_code(value, chinese=True)


def test_what_the_digits_say():
    assert [code_level(code) for code in ("140000", "140700", "140781", "140781100", "140781100001")] == [
        "province", "prefecture", "county", "township", "village"
    ]  # fmt: skip
    assert [code_prefix(code) for code in ("140000", "140700", "140781")] == ["14", "1407", "140781"]
    kinds = [township_kind(f"140781{number:03d}") for number in (0, 1, 99, 100, 199, 200, 399, 400)]
    assert kinds == ["", "街道", "街道", "镇", "镇", "乡", "乡", ""]


def test_codes_of_renamed_counties_are_renewed_and_others_left():
    codes = ["140726", "140726100", "140726100201", "410728000", "140703", "140725", "", "abc"]

    assert [renewed(code) for code in codes] == [
        "140703", "140703100", "140703100201", "410783000", "140703", "140725", "", "abc"
    ]  # fmt: skip


def layer(name, *rows):
    """Return a frame of rows (id, place, {field: value})."""
    fields = {column.name: [row[2].get(column.name, "") for row in rows] for column in FACILITIES.columns}
    fields |= {
        "facility_id": [row[0] for row in rows],
        "kind": [row[2].get("kind", "park") for row in rows],
        "placement": ["unplaced" if row[1] is None else "coordinates" for row in rows],
        "layer": [name] * len(rows),
        "row": np.arange(1, len(rows) + 1),
    }
    shapes = np.array([shapely.Point() if row[1] is None else shapely.Point(row[1]) for row in rows], dtype=object)
    capacities = {"beds": np.array([row[2].get("beds", np.nan) for row in rows])} if rows else {}
    return facility_frame(fields, shapes, crs=GK, capacities=capacities)


def units(layer, facility):
    (row,) = layer.frame[layer.frame["facility_id"] == facility].itertuples()
    return row.county, row.township, row.village


def test_facilities_belong_where_they_lie_or_where_they_say(areas):
    found, doubts = assemble(
        [
            layer(
                "a.csv",
                ("lies", (0.5, 1.5), {}),
                ("border", (0.5, 1), {}),
                ("outside", (5, 5), {}),
                ("stated", (0.5, 1.5), {"village": "149921001002"}),
                ("agrees", (0.5, 1.5), {"village": "149921001001"}),
                ("named", None, {"village": "西庄"}),
                ("township", (0.5, 1.5), {"township": "乙镇"}),
                ("unknown", (0.5, 1.5), {"village": "149922001001"}),
            )
        ],
        areas,
        kinds_given=frozenset({"park"}),
    )

    first, second = ("149921", "149921001", "149921001001"), ("149921", "149921001", "149921001002")
    assert units(found, "lies") == units(found, "border") == units(found, "agrees") == units(found, "unknown") == first
    assert units(found, "stated") == units(found, "named") == second
    assert units(found, "township") == ("149921", "149921002", "")
    assert units(found, "outside") == ("", "", "")
    assert [(doubt.code, doubt.count) for doubt in doubts] == [("AG9306", 1), ("AG9305", 2)]


def test_ids_are_unique_over_layers_and_rows_are_sorted(areas):
    one = layer("b.csv", ("1", (0.5, 0.5), {}), ("2", (0.5, 0.5), {}))
    other = layer("a.csv", ("1", (0.5, 0.5), {"beds": 3.0}))

    found, doubts = assemble([one, other], areas, kinds_given=frozenset())

    assert found.frame["facility_id"].tolist() == ["2", "a.csv:1", "b.csv:1"]
    assert found.frame.index.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.frame["beds"], [np.nan, 3, np.nan])
    assert tuple(found.frame.columns[: len(FACILITIES.names)]) == FACILITIES.names
    assert [(doubt.code, doubt.count) for doubt in doubts] == [("AG9307", 2)]


def test_ids_stay_unique_where_layers_share_their_name_too(areas):
    frames = [layer("a.csv", ("1", (0.5, 0.5), {})) for _ in range(3)]

    found, _ = assemble(frames, areas, kinds_given=frozenset())

    assert found.frame["facility_id"].is_unique
    assert len(found.frame) == 3


def test_near_doubles_of_kind_and_name_are_a_doubt(areas):
    frame = layer(
        "a.csv",
        ("a", (0, 0), {"name": "N"}),
        ("b", (0, 30), {"name": "N"}),
        ("c", (0, 61), {"name": "N"}),
        ("d", (0, 0), {"name": "N", "kind": "library"}),
        ("e", (0, 0), {}),
        ("f", (0, 0), {}),
        ("g", None, {"name": "N"}),
    )

    _, doubts = assemble([frame], areas, kinds_given=frozenset())

    assert [(doubt.code, doubt.count, doubt.values["ids"]) for doubt in doubts] == [("AG9303", 1, "a = b")]  # noqa: PD011


def test_a_study_without_facilities_has_an_empty_layer(areas):
    found, doubts = assemble([layer("a.csv")], areas, kinds_given=frozenset({"park"}))

    FACILITIES.require(found.frame)
    assert (len(found.frame), found.kinds_given, doubts) == (0, {"park"}, [])


def test_service_areas_under_the_retired_code_of_the_county_are_renewed(areas):
    """长垣县 410728 became 长垣市 410783; a code that is no area under either stays as written."""
    moved = {name: areas.frame[name].str.replace("149921", "410783") for name in ("code", "parent")}
    now = Areas(frame=areas.frame.assign(**moved))
    serves = ["410728001001;410783001002;410728999", "410783001", ""]
    fields = {"facility_id": ["a", "b", "c"], "row": [1, 2, 3], "layer": ["r.csv"] * 3, "serves": serves}
    frame = facility_frame(fields, points((0.5, 0.5), (0.5, 1.5), (1.5, 1)), crs=GK)

    layer, doubts = assemble([frame], now, kinds_given=frozenset())

    assert layer.frame["serves"].tolist() == ["410783001001;410783001002;410728999", "410783001", ""]
    assert [(doubt.code, doubt.count) for doubt in doubts] == [("AG9066", 1)]
    assert frame["serves"].tolist() == serves


@pytest.mark.parametrize(
    ("stated", "township", "served", "unknown"),
    [
        ("甲镇", "", "149921001", False),
        ("东庄", "甲镇", "149921001001", False),
        ("149921001001.0;149921001000", "", "149921001001;149921001", False),
        ("全县", "", "149921", False),
        ("149922001;甲镇", "", "149922001;149921001", False),
        ("无此村;甲镇", "", "无此村;149921001", True),
        ("149921999", "", "149921999", True),
        ("1.49921E+11", "", "1.49921E+11", True),
        ("", "", "", False),
    ],
)
def test_areas_served_are_found_by_code_and_by_name(areas, stated, township, served, unknown):
    frame = layer("a.csv", ("a", (0.5, 0.5), {"serves": stated, "township": township}))

    found, doubts = assemble([frame], areas, kinds_given=frozenset())

    assert found.frame["serves"].tolist() == [served]
    assert ("AG9333" in {doubt.code for doubt in doubts}) == unknown


def test_one_counted_twice_is_looked_for_where_coordinates_are_missing(areas):
    frame = layer(
        "a.csv",
        ("placed", (0.5, 1.5), {"name": "东庄 卫生室"}),
        ("listed", None, {"name": "东庄卫生室", "village": "149921001001"}),
        ("elsewhere", None, {"name": "东庄卫生室", "village": "149921001002"}),
        ("other kind", None, {"name": "东庄卫生室", "village": "149921001001", "kind": "library"}),
        ("same layer", None, {"name": "东庄卫生室", "township": "149921001"}),
    )
    other = layer("b.csv", ("other layer", None, {"name": "东庄卫生室", "township": "149921001"}))

    _, doubts = assemble([frame, other], areas, kinds_given=frozenset())

    (doubt,) = [doubt for doubt in doubts if doubt.code == "AG9329"]
    pairs = set(str(doubt.values["ids"]).split("; "))  # noqa: PD011
    between = {"elsewhere = other layer", "listed = other layer", "other layer = placed", "other layer = same layer"}
    assert pairs == {"listed = placed"} | between
    assert doubt.count == 5


def test_what_has_no_place_and_is_of_another_county_is_left_out(areas):
    frame = layer(
        "a.csv",
        ("nothing stated", None, {}),
        ("own", None, {"township": "149921002"}),
        ("misspelt", None, {"township": "丁镇"}),
        ("other code", None, {"township": "149922001"}),
        ("other county", None, {"county": "邻县", "township": "甲镇"}),
        ("placed", (0.5, 0.5), {"county": "149922"}),
    )

    found, doubts = assemble([frame], areas, kinds_given=frozenset())

    assert set(found.frame["facility_id"]) == {"nothing stated", "own", "misspelt", "placed"}
    assert [(doubt.count, doubt.values["ids"]) for doubt in doubts if doubt.code == "AG9316"] == [  # noqa: PD011
        (2, "other code; other county")
    ]
