"""Facilities from registers and layers."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from accessgis.base.crs import from_degrees
from accessgis.base.datum import wgs84_to_gcj02
from accessgis.base.errors import DataError
from accessgis.layers.facilities import FACILITIES
from accessgis.sources.facilities import read_facilities

GK = CRS.from_epsg(4546)
LON, LAT = 111.5, 37.1
DAY = dt.date(2025, 12, 31)
X, Y = from_degrees(GK).transform(LON, LAT)
EXTENT = (X - 20_000, Y - 20_000, X + 20_000, Y + 20_000)


def table(tmp_path, text, *, name="clinics.csv", encoding="utf-8"):
    (tmp_path / name).write_text(text, encoding=encoding)
    return tmp_path / name


def read(path, *, kind="village_clinic", columns=None, datum="wgs84", kind_map=None, extent=EXTENT):
    return read_facilities(
        path, label=f"data/{path.name}", kind=kind, columns=columns or {}, datum=datum, crs=GK,
        kind_map=kind_map or {}, data_date=DAY, extent=extent,
    )  # fmt: skip


def refused(code, path, **options):
    with pytest.raises(DataError) as caught:
        read(path, **options)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.fix("en")
    return caught.value


def test_a_plain_table_in_english(tmp_path):
    path = table(tmp_path, f"id,name,lon,lat,beds,staff\nc1,A,{LON},{LAT},4,\nc2,B,{LON},{LAT + 0.01},,2\n")

    reading = read(path)

    frame = reading.value
    FACILITIES.require(frame)
    assert frame["facility_id"].tolist() == ["c1", "c2"]
    assert (frame["x"][0], frame["y"][0]) == pytest.approx((X, Y), abs=1e-6)
    assert frame["kind"].tolist() == ["village_clinic"] * 2
    assert frame["status"].tolist() == ["in_service"] * 2
    assert frame["placement"].tolist() == ["coordinates"] * 2
    assert frame["layer"].tolist() == ["clinics.csv"] * 2
    assert frame["row"].tolist() == [1, 2]
    np.testing.assert_array_equal(frame["beds"], [4, np.nan])
    np.testing.assert_array_equal(frame["staff"], [np.nan, 2])
    assert "places" not in frame
    assert frame["entrances"].tolist() == [(), ()]
    assert reading.doubts == ()
    (record,) = reading.inputs
    assert (record.role, record.path, record.rows, record.datum) == ("facilities", "data/clinics.csv", 2, "wgs84")


def test_a_chinese_register_in_gbk_and_gcj02(tmp_path):
    lon, lat = wgs84_to_gcj02(LON, LAT)
    text = (
        "机构编号,机构名称,机构类型,经度,纬度,床位数,状态,办学性质,服务片区\n"
        f"0012,东庄,村卫生室,{float(lon):.9f},{float(lat):.9f},３,正常,公办,149921001001、149921001201\n"
    )

    reading = read(table(tmp_path, text, encoding="gbk"), kind=None, datum="gcj02")

    (row,) = reading.value.itertuples()
    assert (row.facility_id, row.name, row.kind, row.beds) == ("0012", "东庄", "village_clinic", 3)
    assert (row.status, row.ownership, row.serves) == ("in_service", "public", "149921001001;149921001201")
    assert np.hypot(row.x - X, row.y - Y) < 0.01
    assert [doubt.code for doubt in reading.doubts] == ["AG9001"]


def test_marks_are_yes_no_or_not_known(tmp_path):
    text = f"lon,lat,是否达标,m\n{LON},{LAT},是,1\n{LON},{LAT},否,0\n{LON},{LAT},,有\n"

    frame = read(table(tmp_path, text), columns={"model": "m"}).value

    np.testing.assert_array_equal(frame["standardised"], [1, 0, np.nan])
    np.testing.assert_array_equal(frame["model"], [1, 0, 1])
    assert "tcm_hall" not in frame


def test_stated_columns_and_the_studys_reading_of_kinds(tmp_path):
    path = table(tmp_path, f"k,e,n\nclinic_unspecified,{LON},{LAT}\n卫生院,{LON},{LAT}\n")

    frame = read(
        path,
        kind=None,
        columns={"kind": "k", "lon": "e", "lat": "n"},
        kind_map={"clinic_unspecified": "community_health_centre"},
    ).value

    assert frame["kind"].tolist() == ["community_health_centre", "township_hospital"]
    assert frame["facility_id"].tolist() == ["clinics-1", "clinics-2"]


def test_status_words_and_dates_are_judged_on_the_data_date(tmp_path):
    cases = [  # status, opened, closed, expected
        ("", "", "", "in_service"),
        ("在用", "", "", "in_service"),
        ("开业", "2025-12-31", "", "in_service"),
        ("", "2026", "", "planned"),
        ("", "2026-01-01", "", "planned"),
        ("在建", "2026年6月", "", "under_construction"),
        ("拟建", "2020", "", "planned"),
        ("停用", "", "", "closed"),
        ("运营", "", "2025-12-31", "closed"),
        ("运营", "", "2026-01-01", "in_service"),
        ("注销", "2027", "", "closed"),
        ("正常营业", "", "", "in_service"),
        ("已撤并", "", "", "closed"),
        ("Planned", "", "", "planned"),
    ]
    lines = [f"{LON},{LAT + n / 1000},{a},{b},{c}" for n, (a, b, c, _) in enumerate(cases)]
    path = table(tmp_path, "lon,lat,status,opened,closed\n" + "\n".join(lines))

    assert read(path).value["status"].tolist() == [expected for *_, expected in cases]


def test_every_status_that_is_not_known_is_named_at_once(tmp_path):
    words = ["正常营业", "试开", "已撤并", "试开", "整改"]
    lines = "".join(f"{LON},{LAT + n / 1000},{word}\n" for n, word in enumerate(words))
    error = refused("AG3304", table(tmp_path, f"lon,lat,status\n{lines}"))

    assert (error.place.row, error.values["word"]) == (2, "试开; 整改")


def test_facilities_without_coordinates_stay_and_are_counted(tmp_path):
    path = table(tmp_path, f"id,lon,lat\na,{LON},{LAT}\nb,,\nc,{LON},\n")

    reading = read(path)

    frame = reading.value
    assert frame["placement"].tolist() == ["coordinates", "unplaced", "unplaced"]
    assert frame.geometry.is_empty.tolist() == [False, True, True]
    assert frame["x"].isna().tolist() == [False, True, True]
    assert reading.doubts == ()


def test_a_register_without_coordinate_columns_needs_no_datum(tmp_path):
    frame = read(table(tmp_path, "id,name\na,A\nb,A\n"), datum=None).value

    assert frame["placement"].tolist() == ["unplaced", "unplaced"]


def test_a_layer_given_but_empty_has_no_rows(tmp_path):
    frame = read(table(tmp_path, "id,lon,lat\n")).value

    FACILITIES.require(frame)
    assert len(frame) == 0


@pytest.mark.parametrize(
    ("code", "row", "text", "options"),
    [
        ("AG3022", None, f"lon,lat\n{LON},{LAT}\n", {"datum": None}),
        ("AG3310", None, f"lon,y\n{LON},{LAT}\n", {}),
        ("AG3018", 2, f"lon,lat\n{LON},{LAT}\nNaN,{LAT}\n", {}),
        ("AG3018", 1, f"lon,lat,beds\n{LON},{LAT},若干\n", {}),
        ("AG3307", 1, f"lon,lat,beds\n{LON},{LAT},-1\n", {}),
        ("AG3312", 2, f"lon,lat,是否达标\n{LON},{LAT},是\n{LON},{LAT},大概\n", {}),
        ("AG3011", 1, f"lon,lat\n{LAT},{LON}\n", {}),
        ("AG3014", 1, f"lon,lat\n{X},{Y}\n", {}),
        ("AG3301", None, f"lon,lat\n{LON},{LAT}\n", {"kind": None}),
        ("AG3302", 1, f"lon,lat,kind\n{LON},{LAT},卫生所室站\n", {"kind": None}),
        ("AG3304", 1, f"lon,lat,status\n{LON},{LAT},好\n", {}),
        ("AG3308", 1, f"lon,lat,opened\n{LON},{LAT},去年\n", {}),
        ("AG3306", 1, f"lon,lat,village\n{LON},{LAT},1.49921E+11\n", {}),
        ("AG3303", 3, f"id,lon,lat\na,{LON},{LAT}\nb,{LON},{LAT}\na,{LON},37.2\n", {}),
    ],
)
def test_faults_are_named_by_row(tmp_path, code, row, text, options):
    assert refused(code, table(tmp_path, text), **options).place.row == row


def test_duplicate_ids_name_both_rows(tmp_path):
    error = refused("AG3303", table(tmp_path, f"id,lon,lat\na,{LON},{LAT}\nb,{LON},{LAT}\na,{LON},37.2\n"))

    assert (error.values["first"], error.values["row"]) == (1, 3)


def test_exact_repeats_are_dropped_and_counted(tmp_path):
    path = table(tmp_path, f"id,name,lon,lat\na,A,{LON},{LAT}\na,A,{LON},{LAT}\n,B,,\n,B,,\n")

    reading = read(path)

    # Two unnamed, unplaced rows of a register are two facilities.
    assert reading.value["row"].tolist() == [1, 3, 4]
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9302", 1)]


def test_far_rows_are_a_doubt(tmp_path):
    reading = read(table(tmp_path, f"lon,lat\n{LON},{LAT}\n{LON},{LAT}5\n0,0\n"))

    assert [(doubt.code, doubt.values["rows"]) for doubt in reading.doubts] == [("AG9004", "3")]


def test_polygons_keep_their_outline(tmp_path):
    parcel = shapely.box(LON, LAT, LON + 0.001, LAT + 0.001)
    path = tmp_path / "parks.gpkg"
    shapes = [parcel, shapely.Point(LON, LAT), None]
    gpd.GeoDataFrame({"名称": ["公园", "点", ""]}, geometry=shapes, crs=4326).to_file(path)

    reading = read(path, kind="公园")

    frame = reading.value
    assert frame["kind"].tolist() == ["park"] * 3
    assert frame["placement"].tolist() == ["parcel", "coordinates", "unplaced"]
    assert frame.geometry.iloc[0].geom_type in ("Polygon", "MultiPolygon")
    assert frame.geometry.iloc[0].covers(shapely.Point(frame["x"][0], frame["y"][0]))
    assert reading.doubts == ()


def test_units_are_stated_by_code_or_else_by_name(tmp_path):
    path = table(tmp_path, "id,行政村代码,乡镇,行政村\na,149921100200,甲镇,东庄村\nb,,甲镇,东庄村\nc,,,\n")

    frame = read(path, datum=None).value

    assert frame["village"].tolist() == ["149921100200", "东庄村", ""]
    assert frame["township"].tolist() == ["甲镇", "甲镇", ""]


def test_swapped_layers_and_lines_are_refused(tmp_path):
    line = shapely.LineString([(LON, LAT), (LON, LAT + 0.1)])
    gpd.GeoDataFrame({"n": [1]}, geometry=[line], crs=4326).to_file(tmp_path / "b.geojson")

    refused("AG3305", tmp_path / "b.geojson")
    # A study around 0.5° E, 44° N read with its axes exchanged.
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(44.0, 0.5)], crs=4326).to_file(tmp_path / "c.geojson")
    utm = CRS.from_epsg(32631)
    x, y = from_degrees(utm).transform(0.5, 44.0)
    with pytest.raises(DataError, match="AG3011"):
        read_facilities(
            tmp_path / "c.geojson", label="c", kind="park", columns={}, datum="wgs84", crs=utm, kind_map={},
            data_date=DAY, extent=(x - 1e4, y - 1e4, x + 1e4, y + 1e4),
        )  # fmt: skip


def test_ten_thousands_of_a_cell_are_not_counted_twice(tmp_path):
    path = table(tmp_path, f"id,lon,lat,床位数（万张）\nc1,{LON},{LAT},0.12万张\nc2,{LON},{LAT + 0.01},0.03\n")

    assert read(path).value["beds"].tolist() == [1200, 300]
