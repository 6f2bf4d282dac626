"""Columns of coordinates as surveyors, map services and spreadsheets write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from gauss_kruger import forward, meridian_of
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from accessgis.base.crs import from_degrees, in_metres
from accessgis.base.datum import wgs84_to_bd09, wgs84_to_gcj02
from accessgis.base.errors import DataError
from accessgis.sources.coordinates import Declared, locate, zone_epsg

GK = CRS.from_epsg(4547)  # CGCS2000, 3-degree, 114°E, no prefix
SHARE = st.floats(0, 1)
LON, LAT = [113.25, 113.5, 114.1], [37.1, 37.4, 37.9]
X, Y = from_degrees(GK).transform(np.array(LON), np.array(LAT))
EXTENT = (float(X.min()) - 5e4, float(Y.min()) - 5e4, float(X.max()) + 5e4, float(Y.max()) + 5e4)


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.array([str(cell) for cell in cells], dtype="str") for name, cells in columns.items()},
        index=pd.Index(range(1, len(next(iter(columns.values()))) + 1), name="row"),
    )


def read(frame: pd.DataFrame, *, datum=None, crs=None, columns=None, name="facilities"):
    grid = None if crs is None else in_metres(crs)
    declared = Declared(datum=datum, grid=grid)
    return locate(frame, name, columns or {}, label="t.csv", declared=declared, crs=GK, extent=EXTENT)


def survey(zone: int, *, prefix: bool = True) -> tuple[list[str], list[str]]:
    """Return northings (X) and eastings (Y) as a survey table prints them, by the series of the oracle."""
    pairs = [forward(lon, lat, meridian=meridian_of(zone)) for lon, lat in zip(LON, LAT, strict=True)]
    east = [f"{value + (zone * 1e6 if prefix else 0):.4f}" for value, _ in pairs]
    return [f"{value:.4f}" for _, value in pairs], east


def assert_at(located, *, within_m: float = 2e-4):
    assert np.hypot(located.x - X, located.y - Y).max() < within_m


@pytest.mark.parametrize("zone", [37, 38, 39, 19, 20])
def test_a_survey_table_says_its_zone_itself(zone: int):
    north, east = survey(zone)
    located = read(table(点号=[1, 2, 3], X坐标=north, Y坐标=east), datum="cgcs2000")
    assert_at(located)
    assert located.system == f"EPSG:{zone_epsg(zone)}"
    assert located.doubts == ()


def test_rows_of_two_zones_stand_in_one_table():
    (north, east), (other_north, other_east) = survey(37), survey(38)
    located = read(table(X坐标=[north[0], *other_north[1:]], Y坐标=[east[0], *other_east[1:]]), datum="cgcs2000")
    assert_at(located)
    assert located.system == "EPSG:4525+EPSG:4526"


@pytest.mark.parametrize(("crs", "zone", "prefix"), [("EPSG:4526", 38, True), ("EPSG:4547", 38, False)])
@pytest.mark.parametrize("datum", [None, "cgcs2000", "wgs84"])
def test_a_declared_system_is_taken(crs: str, zone: int, prefix: bool, datum):
    north, east = survey(zone, prefix=prefix)
    located = read(table(北坐标=north, 东坐标=east), crs=crs, datum=datum)
    assert_at(located)
    assert located.system == crs


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_a_shifted_datum_that_somebody_projected(datum, shift):
    east, north = from_degrees(GK).transform(*shift(LON, LAT))
    assert_at(read(table(easting=list(east), northing=list(north)), crs="EPSG:4547", datum=datum))


def test_columns_are_named_by_the_study():
    north, east = survey(38)
    located = read(table(X=north, Y=east), datum="cgcs2000", columns={"easting": "Y", "northing": "X"})
    assert_at(located)
    assert read(table(X=north, Y=east), datum="cgcs2000") is None


def test_full_width_digits_and_thousands():
    north, east = survey(38, prefix=False)
    wide = [cell.translate({ord("0") + i: ord("０") + i for i in range(10)}).replace(".", "．") for cell in north]
    thousands = [f"{float(cell):,.4f}" for cell in east]
    assert_at(read(table(纵坐标=wide, 横坐标=thousands), crs="EPSG:4547"))


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
@pytest.mark.parametrize("form", ["{0}°{1}′{2}″", "{0}-{1}-{2}", "{0}度{1}分{2}秒"])
def test_degrees_minutes_and_seconds(datum, form: str):
    def written(value: float) -> str:
        minutes, seconds = divmod(round(value * 3600, 5), 60)
        return form.format(int(minutes // 60), int(minutes % 60), f"{seconds:.5f}")

    frame = table(经度=[f"东经{written(LON[0])}", written(LON[1]), LON[2]], 纬度=[written(LAT[0]), LAT[1], LAT[2]])
    located = read(frame, datum=datum)
    assert_at(located, within_m=1e-3)
    assert located.system == "degrees"


def test_rows_without_coordinates_stay_without():
    north, east = survey(38)
    located = read(table(X坐标=[north[0], "", "—"], Y坐标=[east[0], east[1], "不详"]), datum="cgcs2000")
    assert np.isnan(located.x).tolist() == [False, True, True]
    assert np.isnan(located.y).tolist() == [False, True, True]
    empty = read(table(经度=["", ""], 纬度=["", ""]), datum="gcj02")
    assert np.isnan(empty.x).all()


def test_no_columns_of_coordinates():
    assert read(table(名称=["a"]), datum="wgs84") is None


NORTH, EAST = survey(38)
_, BARE = survey(38, prefix=False)
CASES = {
    "AG3022 nothing declared": ({"X坐标": NORTH, "Y坐标": EAST}, {}),
    "AG3026 a latitude under longitude": ({"经度": ["N37°6′0″"], "纬度": ["113°15′0″"]}, {"datum": "wgs84"}),
    "AG3018 seconds of 75": ({"经度": ["113°15′75″"], "纬度": ["37"]}, {"datum": "wgs84"}),
    "AG3014 metres under degrees": ({"经度": EAST, "纬度": NORTH}, {"datum": "cgcs2000"}),
    "AG3028 exchanged, zone in front": ({"X坐标": EAST, "Y坐标": NORTH}, {"datum": "cgcs2000"}),
    "AG3028 exchanged, no zone": ({"X坐标": BARE, "Y坐标": NORTH}, {"datum": "cgcs2000"}),
    "AG3028 exchanged, declared": ({"X坐标": BARE, "Y坐标": NORTH}, {"crs": "EPSG:4547"}),
    "AG3028 exchanged, declared with zone": ({"X坐标": EAST, "Y坐标": NORTH}, {"crs": "EPSG:4526"}),
    "AG3029 no zone": ({"X坐标": NORTH, "Y坐标": BARE}, {"datum": "cgcs2000"}),
    "AG3030 declared without zone": ({"X坐标": NORTH, "Y坐标": EAST}, {"crs": "EPSG:4547"}),
    "AG3030 declared with zone": ({"X坐标": NORTH, "Y坐标": BARE}, {"crs": "EPSG:4526"}),
    "AG3030 another zone": ({"X坐标": NORTH, "Y坐标": EAST}, {"crs": "EPSG:4520"}),
    "AG3030 one row without zone": ({"X坐标": NORTH, "Y坐标": [EAST[0], BARE[1], EAST[2]]}, {"datum": "cgcs2000"}),
    "AG3031 a datum of degrees": ({"X坐标": NORTH, "Y坐标": EAST}, {"datum": "gcj02"}),
    "AG3031 another datum": ({"X坐标": NORTH, "Y坐标": BARE}, {"datum": "wgs84"}),
    "AG3032 no columns": ({"经度": LON, "纬度": LAT}, {"crs": "EPSG:4547"}),
    "AG3033 degrees": ({"easting": LON, "northing": LAT}, {"crs": "EPSG:4547"}),
    "AG3033 degrees, nothing but a datum": ({"POINT_X": LON, "POINT_Y": LAT}, {"datum": "gcj02"}),
    "AG3310 one of two": ({"X坐标": NORTH}, {"datum": "cgcs2000"}),
    "AG3310 one of two, declared": ({"东坐标": NORTH}, {"crs": "EPSG:4547"}),
    "AG3011 longitude and latitude exchanged": ({"lon": LAT, "lat": LON}, {"datum": "wgs84"}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "declared"), CASES.values(), ids=CASES)
def test_what_does_not_fit_is_refused(request, columns, declared):
    code = request.node.callspec.id[:6]
    with pytest.raises(DataError) as caught:
        read(table(**columns), **declared)
    assert caught.value.code == code
    assert caught.value.place.file == "t.csv"
    for language in ("zh", "en"):
        assert caught.value.message(language)
        assert caught.value.fix(language)


def test_the_sentences_name_the_way_out():
    with pytest.raises(DataError) as swapped:
        read(table(X坐标=EAST, Y坐标=NORTH), datum="cgcs2000")
    assert 'easting = "X坐标", northing = "Y坐标"' in swapped.value.fix("zh")
    with pytest.raises(DataError) as other:
        read(table(X坐标=NORTH, Y坐标=EAST), crs="EPSG:4520")
    assert "EPSG:4526" in other.value.fix("en")
    with pytest.raises(DataError) as row:
        read(table(X坐标=NORTH, Y坐标=[EAST[0], BARE[1], EAST[2]]), datum="cgcs2000")
    assert row.value.place.row == 2


def test_systems_outside_china():
    utm = CRS.from_epsg(32728)
    lon, lat = np.array([-15.43]), np.array([-28.1])
    east, north = from_degrees(utm).transform(lon, lat)
    declared = Declared(datum=None, grid=utm)
    options = {"label": "t", "declared": declared, "crs": utm}
    located = locate(table(easting=list(east), northing=list(north)), "population", {}, **options)
    assert located.x == pytest.approx(east, abs=1e-6)
    with pytest.raises(DataError, match="AG3028"):
        locate(table(easting=list(north), northing=list(east)), "population", {}, **options)


@given(zone=st.sampled_from([*range(25, 46), *range(13, 24)]), east=SHARE, north=SHARE, prefix=st.booleans())
def test_all_of_china_to_under_a_millimetre(zone: int, east: float, north: float, prefix: bool):
    """Every zone, against Krüger's series: forward by the oracle, back by the reader."""
    meridian, prefix = meridian_of(zone), prefix or zone < 25
    use = CRS.from_epsg(zone_epsg(zone)).area_of_use
    assert use.west - 1.5 <= meridian <= use.east + 1.5
    lon, lat = use.west + east * (use.east - use.west), use.south + north * (use.north - use.south)
    easting, northing = forward(lon, lat, meridian=meridian)
    working = CRS.from_epsg(4534 + round((meridian - 75) / 3))
    declared = Declared(datum="cgcs2000") if prefix else Declared(datum=None, grid=working)
    frame = table(easting=[repr(easting + (zone * 1e6 if prefix else 0))], northing=[repr(northing)])
    located = locate(frame, "facilities", {}, label="t", declared=declared, crs=working)
    x, y = from_degrees(working).transform(lon, lat)
    assert np.hypot(located.x[0] - x, located.y[0] - y) < 1e-3


@pytest.mark.parametrize(
    ("crs", "doubted"), [("EPSG:4547", False), ("EPSG:32649", False), ("EPSG:2383", True), ("EPSG:2435", True)]
)
def test_old_datums_are_doubted(crs: str, doubted: bool):
    """Xi'an 1980 and Beijing 1954 come to WGS-84 only with parameters that nobody publishes."""
    grid = CRS.from_user_input(crs)
    east, north = from_degrees(grid).transform(np.array([113.9, 114.1]), np.array([37.1, 37.4]))
    located = read(table(easting=list(east), northing=list(north)), crs=crs)
    assert [doubt.code for doubt in located.doubts] == (["AG9020"] if doubted else [])
    assert all(doubt.message(language) for doubt in located.doubts for language in ("zh", "en"))


@pytest.mark.parametrize("text", ["EPSG:4490", "EPSG:4326", "nonsense", "EPSG:2263", "EPSG:999999"])
def test_systems_that_are_not_in_metres(text: str):
    assert in_metres(text) is None
