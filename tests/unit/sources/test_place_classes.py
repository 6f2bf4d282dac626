"""The ladder of place classes: stated, by urban–rural code, by the land survey's polygons of settlements."""

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.sources.boundaries import read_areas
from accessgis.sources.place_classes import with_land_survey

GK = CRS.from_epsg(4546)
A, B, C = "149921101001", "149921101201", "149921101202"
#  three villages of 1 km side by side in one town: A, B, C
ROWS = [
    ("149921", "示例县", shapely.box(0, 0, 3000, 1000)),
    ("149921101", "东镇", shapely.box(0, 0, 3000, 1000)),
    *(
        (code, f"{place}村", shapely.box(1000 * place, 0, 1000 * place + 1000, 1000))
        for place, code in enumerate((A, B, C))
    ),
]


def written(path, rows, **columns):
    shapes = [shapely.affinity.translate(row[-1], 500_000, 4_100_000) for row in rows]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=GK).to_file(path)
    return path


def areas(folder, *, where="", **columns):
    filled = {name: ["", "", *values] for name, values in columns.items()}
    path = written(folder / "areas.gpkg", ROWS, code=[row[0] for row in ROWS], name=[row[1] for row in ROWS], **filled)
    return read_areas(path, label="areas.gpkg", columns={}, datum=None, crs=GK, study_code="149921", where=where)


def surveyed(reading, folder, pieces):
    codes = [code for code, *_ in pieces]
    path = written(folder / "survey.gpkg", [(shapely.box(*box),) for _, *box in pieces], CZCSXM=codes)
    return with_land_survey(reading.value, path, label="survey.gpkg", datum=None)


def codes(reading):
    return [doubt.code for doubt in reading.doubts]


@pytest.mark.parametrize("column", ["place_class", "地域类型", "城乡类型"])
def test_a_column_of_classes_in_words_or_ids(tmp_path, column):
    reading = areas(tmp_path, **{column: ["县城社区", "rural", "城镇"]})
    assert reading.value.classes == {A: "county_town", B: "rural", C: "urban"}
    assert reading.value.class_source == "place_class"
    assert codes(reading) == []


def test_a_stated_class_goes_before_the_code_and_disagreement_is_said(tmp_path):
    reading = areas(tmp_path, place_class=["乡村", "乡村", ""], ur_code=["121", "220", "220"])
    assert reading.value.classes == {A: "rural", B: "rural"}
    assert reading.value.class_source == "place_class", "of most villages"
    assert codes(reading) == ["AG9232", "AG9233"]
    against, mixed = reading.doubts
    assert (against.count, against.values["codes"]) == (1, A)
    assert [mixed.values[name] for name in ("place_class", "ur_code", "land_survey", "none")] == [2, 1, 0, 0]


def test_one_class_for_everybody_gives_way_to_stated_ones(tmp_path):
    reading = areas(tmp_path, place_class=["乡村", "乡村", "乡村"], where="urban")
    assert (reading.value.class_source, reading.value.where) == ("place_class", "")
    assert codes(reading) == ["AG9228"]


def test_classes_of_townships_tell_nothing_about_villages(tmp_path):
    path = written(
        tmp_path / "areas.gpkg", ROWS, code=[row[0] for row in ROWS], name=[row[1] for row in ROWS],
        place_class=["", "城镇", "", "", ""],
    )  # fmt: skip
    reading = read_areas(path, label="areas.gpkg", columns={}, datum=None, crs=GK, study_code="149921")
    assert (reading.value.classes, reading.value.class_source) == ({}, "")


@pytest.mark.parametrize("first", [0, 1])
def test_the_largest_part_of_a_village_says_its_class(tmp_path, first):
    parts = [(A, "0村", "乡村", shapely.box(0, 0, 400, 1000)), (A, "0村", "城镇", shapely.box(400, 0, 1000, 1000))]
    rows = [*((code, name, "", shape) for code, name, shape in ROWS if code != A), parts[first], parts[1 - first]]
    path = written(
        tmp_path / "areas.gpkg", rows, code=[row[0] for row in rows], name=[row[1] for row in rows],
        place_class=[row[2] for row in rows],
    )  # fmt: skip
    reading = read_areas(path, label="areas.gpkg", columns={}, datum=None, crs=GK, study_code="149921")
    assert reading.value.classes == {A: "urban"}


def test_a_word_that_is_no_class_is_refused_with_the_row(tmp_path):
    with pytest.raises(DataError) as caught:
        areas(tmp_path, place_class=["乡村", "中心城区", ""])
    assert (caught.value.code, caught.value.place.row, caught.value.place.key) == ("AG3211", 4, "place_class")
    assert "城市社区、县城社区、城镇、乡村" in caught.value.fix("zh")


def test_the_land_survey_tells_by_the_most_land_and_only_where_nothing_else_does(tmp_path):
    reading = areas(tmp_path, place_class=["", "", "乡村"])
    found = surveyed(
        reading, tmp_path,
        [
            ("202", 0, 0, 300, 300), ("203", 400, 0, 700, 299), ("204", 0, 500, 1000, 1000),  # A: 202 by a metre
            ("203A", 1000, 0, 1100, 100), ("", 1200, 0, 2000, 1000),  # B
            ("201", 2000, 0, 3000, 1000),  # C is stated
        ],
    )  # fmt: skip
    assert found.value.classes == {A: "urban", B: "rural", C: "rural"}
    assert found.value.class_source == "land_survey"
    assert codes(found) == ["AG9233"]
    values = found.doubts[0].values
    assert (values["place_class"], values["land_survey"], values["none"]) == (1, 2, 0)
    assert [record.role for record in found.inputs] == ["land survey"]


def test_a_polygon_over_two_villages_counts_in_each_by_its_part(tmp_path):
    found = surveyed(areas(tmp_path), tmp_path, [("203", 900, 0, 1900, 100), ("202", 0, 0, 99, 100)])
    assert found.value.classes == {A: "rural", B: "rural"}, "100 m against 99 m"
    assert found.doubts[0].values["none"] == 1, "nothing is known of the third"


def test_a_survey_without_settlements_tells_nothing(tmp_path):
    found = surveyed(areas(tmp_path), tmp_path, [("204", 0, 0, 1000, 1000)])
    assert (found.value.classes, found.value.class_source) == ({}, "")


@pytest.mark.parametrize(("column", "value", "code"), [("DLBM", "203", "AG3212"), ("CZCSXM", "301", "AG3213")])
def test_what_is_no_land_survey_is_refused(tmp_path, column, value, code):
    path = written(tmp_path / "survey.gpkg", [(shapely.box(0, 0, 9, 9),)], **{column: [value]})
    with pytest.raises(DataError) as caught:
        with_land_survey(areas(tmp_path).value, path, label="survey.gpkg", datum=None)
    assert caught.value.code == code
    assert caught.value.message("zh")


def test_lines_are_no_settlements(tmp_path):
    path = written(tmp_path / "survey.gpkg", [(shapely.LineString([(0, 0), (9, 9)]),)], CZCSXM=["203"])
    with pytest.raises(DataError) as caught:
        with_land_survey(areas(tmp_path).value, path, label="survey.gpkg", datum=None)
    assert (caught.value.code, caught.value.place.row) == ("AG3202", 1)
