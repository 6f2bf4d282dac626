"""Administrative areas: codes, levels, nesting and the class of places."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
import shapely.affinity
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.layers.areas import AREAS
from accessgis.sources.boundaries import one_unit, read_areas

GK = CRS.from_epsg(4546)
STUDY = "149921"

# The county is 4 × 2 km: two townships side by side, the western one cut into two villages.
#
#     y=2 +-------+-------+
#         |  v2   |       |
#     y=1 +-------+  t2   |
#         |  v1   |       |
#     y=0 +-------+-------+
#        x=0     x=2     x=4
COUNTY = shapely.box(0, 0, 4000, 2000)
WEST, EAST = shapely.box(0, 0, 2000, 2000), shapely.box(2000, 0, 4000, 2000)
SOUTH, NORTH = shapely.box(0, 0, 2000, 1000), shapely.box(0, 1000, 2000, 2000)
ROWS = [
    ("149921", "示例县", "县", COUNTY),
    ("149921001", "城关街道", "街道", WEST),
    ("149921101", "东镇", "镇", EAST),
    ("149921001001", "一社区", "社区", SOUTH),
    ("149921001201", "二村", "村", NORTH),
]


def layer(path, rows, **extra):
    codes, names, levels, shapes = zip(*rows, strict=True)
    columns = {"code": list(codes), "name": list(names), "level": list(levels)} | extra
    columns = {name: values for name, values in columns.items() if values is not None}
    shapes = [shapely.affinity.translate(shape, 500_000, 4_100_000) for shape in shapes]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=GK).to_file(path)
    return path


def areas_of(path, *, columns=None, study_code=STUDY, **options):
    return read_areas(
        path, label="areas.gpkg", columns=columns or {}, datum=None, crs=options.pop("crs", GK), study_code=study_code,
        **options,
    )  # fmt: skip


def refused(code, path, **options):
    with pytest.raises(DataError) as caught:
        areas_of(path, **options)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.fix("en")
    return caught.value


def parents(areas):
    return dict(zip(areas.frame["code"], areas.frame["parent"], strict=True))


def codes(reading):
    return [doubt.code for doubt in reading.doubts]


def test_one_layer_with_codes_and_levels(tmp_path):
    reading = areas_of(layer(tmp_path / "a.gpkg", ROWS[::-1]))

    frame = reading.value.frame
    AREAS.require(frame)
    assert list(frame["code"]) == ["149921", "149921001", "149921101", "149921001001", "149921001201"]
    assert list(frame["level"]) == ["county", "township", "township", "village", "village"]
    assert list(frame["township_kind"]) == ["", "街道", "镇", "", ""]
    assert parents(reading.value) == {
        "149921": "", "149921001": "149921", "149921101": "149921",
        "149921001001": "149921001", "149921001201": "149921001",
    }  # fmt: skip
    assert reading.doubts == ()
    assert reading.value.class_source == ""


def test_levels_follow_from_the_codes(tmp_path):
    path = layer(tmp_path / "a.gpkg", ROWS, level=None)

    assert list(areas_of(path).value.frame["level"])[:2] == ["county", "township"]


def test_one_file_per_level_and_one_geopackage_of_levels(tmp_path):
    files = {
        name: layer(tmp_path / f"{name}.gpkg", ROWS[start:stop], level=None)
        for name, start, stop in (("county", 0, 1), ("township", 1, 3), ("village", 3, 5))
    }
    labels = {name: f"data/{name}.gpkg" for name in files}
    for name, file in files.items():
        pyogrio.write_dataframe(gpd.read_file(file), tmp_path / "all.gpkg", layer=name, append=name != "county")

    several = read_areas(files, label=labels, columns={}, datum=None, crs=GK, study_code=STUDY)
    together = areas_of(tmp_path / "all.gpkg")

    assert [record.path for record in several.inputs] == list(labels.values())
    for reading in (several, together):
        assert parents(reading.value)["149921001201"] == "149921001"


@pytest.mark.parametrize(
    "mangled", ["149921001.0", "149921001000", "１４９９２１００１", "1499210010000000000", " 149921001 "]
)
def test_codes_are_put_right(tmp_path, mangled):
    rows = [ROWS[0], (mangled, *ROWS[1][1:]), *ROWS[2:]]

    assert "149921001" in parents(areas_of(layer(tmp_path / "a.gpkg", rows)).value)


def test_codes_as_numbers_are_read(tmp_path):
    path = layer(tmp_path / "a.gpkg", ROWS, code=[float(row[0]) for row in ROWS])

    assert list(areas_of(path).value.frame["code"])[-1] == "149921001201"


@pytest.mark.parametrize("wrong", ["1.49921E+08", "14992100", "1499210010019999", "", "X49921001"])
def test_wrong_codes_are_refused_by_row(tmp_path, wrong):
    rows = [ROWS[0], (wrong, *ROWS[1][1:]), *ROWS[2:]]

    error = refused("AG3204", layer(tmp_path / "a.gpkg", rows))
    assert (error.place.row, error.place.file) == (2, "areas.gpkg")


def test_codes_of_other_countries_are_free_and_nest_by_place(tmp_path):
    rows = [("ES-35", "Isla", "county", COUNTY), ("0A", "West", "township", WEST), ("0B", "East", "township", EAST)]

    reading = areas_of(layer(tmp_path / "a.gpkg", rows), study_code="35016")

    assert parents(reading.value) == {"ES-35": "", "0A": "ES-35", "0B": "ES-35"}
    assert reading.doubts == ()


def test_one_outline_without_codes_is_the_county(tmp_path):
    path = tmp_path / "a.geojson"
    gpd.GeoDataFrame({"NAMEUNIT": ["Ciudad"]}, geometry=[shapely.box(-15.5, 28, -15.4, 28.1)], crs=4326).to_file(path)

    reading = read_areas(
        path, label="a", columns={"name": "NAMEUNIT"}, datum="wgs84", crs=None, study_code="35016", where="urban"
    )

    (row,) = reading.value.frame.itertuples()
    assert (row.level, row.code, row.name, row.parent) == ("county", "35016", "Ciudad", "")
    assert reading.value.frame.crs == CRS.from_epsg(32628)
    assert (reading.value.class_source, reading.value.where) == ("study", "urban")


def test_several_outlines_without_codes_are_refused(tmp_path):
    refused("AG3203", layer(tmp_path / "a.gpkg", ROWS, code=None))


def test_the_chinese_zone_is_chosen_by_the_centre(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"code": [STUDY]}, geometry=[shapely.box(112.3, 37, 112.5, 37.2)], crs=4490).to_file(path)

    reading = read_areas(path, label="a", columns={}, datum="cgcs2000", crs=None, study_code=STUDY)

    # 3-degree zone 37, central meridian 111° E.
    assert reading.value.frame.crs == CRS.from_epsg(4546)


def test_parts_of_one_unit_are_joined_and_counted(tmp_path):
    rows = [*ROWS[:3], ROWS[3], (ROWS[3][0], ROWS[3][1], "社区", NORTH)]

    reading = areas_of(layer(tmp_path / "a.gpkg", rows))

    village = reading.value.at("village")
    assert village.geometry.area.tolist() == [4e6]
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9221", 2)]


def test_one_code_for_two_units_is_refused(tmp_path):
    error = refused("AG3209", layer(tmp_path / "a.gpkg", [*ROWS[:4], (ROWS[3][0], "别村", "村", NORTH)]))

    assert (error.values["first"], error.place.row) == (4, 5)


def test_a_level_that_disagrees_with_its_code_is_refused(tmp_path):
    refused("AG3206", layer(tmp_path / "a.gpkg", [ROWS[0], (ROWS[1][0], "城关", "村", WEST), *ROWS[2:]]))
    refused("AG3205", layer(tmp_path / "b.gpkg", [ROWS[0], (ROWS[1][0], "城关", "大队", WEST), *ROWS[2:]]))


def test_gaps_and_overlaps_are_measured(tmp_path):
    # The eastern township starts 100 m further east and reaches 50 m out of the county: 0.2 km² gap, 0.1 km² outside.
    gap = [*ROWS[:2], ("149921101", "东镇", "镇", shapely.box(2100, 0, 4050, 2000)), *ROWS[3:]]
    # It overlaps its neighbour by 100 m: 0.2 km².
    overlap = [*ROWS[:2], ("149921101", "东镇", "镇", shapely.box(1900, 0, 4000, 2000)), *ROWS[3:]]

    (first,) = areas_of(layer(tmp_path / "a.gpkg", gap)).doubts
    (second,) = areas_of(layer(tmp_path / "b.gpkg", overlap)).doubts

    assert first.code == second.code == "AG9225"
    assert (first.values["gap_km2"], first.values["outside_km2"], first.values["overlap_km2"]) == (0.2, 0.1, 0.0)
    assert (second.values["gap_km2"], second.values["outside_km2"], second.values["overlap_km2"]) == (0.0, 0.0, 0.2)


def test_areas_outside_the_study_are_left_out_and_counted(tmp_path):
    rows = [*ROWS, ("149922", "邻县", "县", shapely.box(4000, 0, 6000, 2000))]

    reading = areas_of(layer(tmp_path / "a.gpkg", rows))

    assert "149922" not in parents(reading.value)
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9222", 1)]
    refused("AG3210", layer(tmp_path / "b.gpkg", rows), study_code="110101")


def test_a_development_zone_inside_the_county_is_kept_by_its_place(tmp_path):
    rows = [*ROWS[:2], ("149971401", "开发区", "乡镇", EAST), *ROWS[3:]]

    reading = areas_of(layer(tmp_path / "a.gpkg", rows))

    assert parents(reading.value)["149971401"] == "149921"
    assert codes(reading) == ["AG9224"]


def test_without_a_county_one_is_put_together(tmp_path):
    reading = areas_of(layer(tmp_path / "a.gpkg", ROWS[1:]))

    county = reading.value.at("county")
    assert list(county["code"]) == [STUDY]
    assert county.geometry.area.tolist() == [8e6]
    assert codes(reading) == ["AG9223"]


def test_a_name_that_disagrees_with_the_code_is_a_doubt(tmp_path):
    reading = areas_of(layer(tmp_path / "a.gpkg", [*ROWS[:2], ("149921101", "东乡", "乡", EAST), *ROWS[3:]]))

    assert codes(reading) == ["AG9226"]
    assert reading.value.frame["township_kind"].tolist()[2] == "镇"


def test_place_classes_and_seats(tmp_path):
    path = layer(
        tmp_path / "a.gpkg", ROWS, 城乡分类代码=[None, None, None, "121", "220"], 驻地=["", None, "否", "是", "0"]
    )

    reading = areas_of(path, where="urban")

    frame = reading.value.frame
    assert frame["ur_code"].tolist() == ["", "", "", "121", "220"]
    assert frame["seat"].tolist() == [False, False, False, True, False]
    assert (reading.value.class_source, reading.value.where) == ("ur_code", "")
    assert codes(reading) == ["AG9228"]


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [("ur_code", [None, None, None, "113", "220"], "AG3207"), ("seat", ["", "", "", "maybe", ""], "AG3208")],
)
def test_unknown_classes_are_refused_by_row(tmp_path, column, values, code):
    assert refused(code, layer(tmp_path / "a.gpkg", ROWS, **{column: values})).place.row == 4


def test_central_is_what_lies_mostly_in_the_central_area(tmp_path):
    # 1.4 of the 2 km of the villages' width.
    central = layer(tmp_path / "c.gpkg", [("", "", "", shapely.box(0, 0, 1400, 1000))])

    reading = areas_of(layer(tmp_path / "a.gpkg", ROWS), central=central)

    assert reading.value.has_central
    assert reading.value.frame["central"].tolist() == [False, False, False, True, False]
    assert [record.role for record in reading.inputs] == ["areas", "central"]


@pytest.mark.parametrize("shapes", [[], [shapely.box(90000, 0, 91400, 1000)]], ids=["empty", "elsewhere"])
def test_a_central_area_that_holds_no_area_is_a_doubt(tmp_path, shapes):
    central = layer(tmp_path / "c.gpkg", [("", "", "", shape) for shape in shapes or [COUNTY]])
    if not shapes:
        gpd.read_file(central).iloc[:0].to_file(central, geometry_type="Polygon")

    reading = areas_of(layer(tmp_path / "a.gpkg", ROWS), central=central)

    assert not reading.value.frame["central"].any()
    assert "AG9236" in [doubt.code for doubt in reading.doubts]


def test_the_central_layer_is_recorded_by_its_path_in_the_study(tmp_path):
    (tmp_path / "data").mkdir()
    central = layer(tmp_path / "data" / "c.gpkg", [("", "", "", COUNTY)])
    path = layer(tmp_path / "data" / "a.gpkg", ROWS)

    def recorded(label):
        reading = read_areas(path, label=label, columns={}, datum=None, crs=GK, study_code=STUDY, central=central)
        return [record.path for record in reading.inputs]

    assert recorded("data/a.gpkg") == ["data/a.gpkg", "data/c.gpkg"]
    assert recorded("elsewhere.gpkg") == ["elsewhere.gpkg", "c.gpkg"]
    assert recorded({"all": "x/a", "central": "x/c"}) == ["x/a", "x/c"]


def test_lines_are_no_areas(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"code": [STUDY]}, geometry=[COUNTY.boundary], crs=GK).to_file(path)

    refused("AG3202", path)


def test_a_stated_column_that_is_not_there_lists_what_is(tmp_path):
    error = refused("AG3017", layer(tmp_path / "a.gpkg", ROWS), columns={"code": "ZLDWDM"})

    assert error.values["columns"] == "code, name, level"


def test_one_unit_surrounds_its_people():
    areas = one_unit(np.array([0.0, 1000, 0]), np.array([0.0, 0, 1000]), crs=GK, code="1", name="一县", where="rural")

    (county,) = areas.at("county").itertuples()
    assert (county.code, county.name, areas.class_source, areas.where) == ("1", "一县", "study", "rural")
    assert county.geometry.contains(shapely.Point(-100, -100))
    assert not county.geometry.contains(shapely.Point(1000, 1000))


def test_one_person_has_a_unit():
    areas = one_unit([5.0], [5.0], crs=GK, code="1", name="x")

    assert areas.frame.geometry.iloc[0].area > 0


def test_las_palmas(shared_data):
    reading = read_areas(
        shared_data / "las_palmas" / "las_palmas_boundary_wgs84.geojson",
        label="b", columns={"name": "NAMEUNIT"}, datum="wgs84", crs=None, study_code="35016",
    )  # fmt: skip

    (row,) = reading.value.frame.itertuples()
    assert row.name == "Las Palmas de Gran Canaria"
    assert 100e6 < row.geometry.area < 105e6
