"""Datums of Chinese coordinates, against points that other libraries publish."""

from __future__ import annotations

import gcj02 as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from accessgis.base.datum import DATUMS, Datum, from_wgs84, gcj02_to_bd09, to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

GEOD = Geod(ellps="WGS84")
LON = st.floats(73.5, 134.8)
LAT = st.floats(18.2, 53.5)
FORWARD = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(GEOD.inv(*a, *b)[2])


def test_published_points_of_coordtransform():
    # The README of wandergis/coordtransform, copied by its ports to many languages.
    assert wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-11)
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-11)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
    ids=["Shanghai", "Shenzhen", "Beijing"],
)
def test_published_points_of_eviltransform(wgs84: tuple[float, float], gcj02: tuple[float, float]):
    # Its ellipsoid is another one, which makes 1-2 cm.
    lon, lat = wgs84_to_gcj02(*wgs84)
    assert metres((float(lon), float(lat)), gcj02) < 0.02


@given(lon=LON, lat=LAT)
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_there_and_back_is_under_a_millimetre(datum: Datum, lon: float, lat: float):
    x, y = to_wgs84(*FORWARD[datum](lon, lat), datum=datum)
    assert metres((float(x), float(y)), (lon, lat)) < 0.001


@given(lon=LON, lat=LAT)
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_forward_and_inverse_are_the_published_formula_and_its_newton_inverse(datum: Datum, lon: float, lat: float):
    published = getattr(oracle, f"wgs84_to_{datum}")
    x, y = FORWARD[datum](lon, lat)
    assert metres((float(x), float(y)), published(lon, lat)) < 1e-6
    x, y = to_wgs84(lon, lat, datum=datum)
    assert metres((float(x), float(y)), oracle.newton(published, lon, lat)) < 1e-3


@given(lon=LON, lat=LAT)
@pytest.mark.parametrize("datum", DATUMS)
def test_from_wgs84_and_back(datum: Datum, lon: float, lat: float):
    x, y = to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum)
    assert metres((float(x), float(y)), (lon, lat)) < 1e-3


@given(lon=st.floats(73.7, 134.8), lat=LAT)  # the package leaves what is west of 73.66 as it is
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_package_agrees(datum: Datum, lon: float, lat: float):
    package = pytest.importorskip("coordTransform")
    x, y = FORWARD[datum](lon, lat)
    assert metres((float(x), float(y)), tuple(getattr(package, f"wgs84_to_{datum}")(lon, lat))) < 1e-6


@given(lon=LON, lat=LAT)
def test_the_shift_has_the_known_size(lon: float, lat: float):
    x, y = wgs84_to_gcj02(lon, lat)
    assert 5 < metres((float(x), float(y)), (lon, lat)) < 800
    bx, by = gcj02_to_bd09(x, y)
    assert 600 < metres((float(x), float(y)), (float(bx), float(by))) < 1300


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_places_keep_their_order(datum: Datum):
    """A shift that bends by less than it moves: eastward and northward stay so, step by step."""
    line = np.linspace(-0.05, 0.05, 2001)
    for lon, lat in [(112.75, 37.1), (106.7, 26.6), (87.6, 43.8), (126.6, 45.8), (109.5, 18.3)]:
        east, _ = FORWARD[datum](lon + line, np.full(line.size, lat))
        _, north = FORWARD[datum](np.full(line.size, lon), lat + line)
        assert (np.diff(east) > 0).all()
        assert (np.diff(north) > 0).all()
        back, _ = to_wgs84(lon + line, np.full(line.size, lat), datum=datum)
        assert (np.diff(back) > 0).all()


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_cgcs2000_is_taken_as_wgs84(datum: Datum):
    x, y = to_wgs84([112.5, 113.0], [37.0, 38.0], datum=datum)
    assert x.tolist() == [112.5, 113.0]
    assert y.tolist() == [37.0, 38.0]


def test_arrays_and_single_numbers_agree_and_nothing_is_changed_in_place():
    lon, lat = np.array([112.5, 116.4]), np.array([37.0, 39.9])
    before = lon.copy(), lat.copy()
    x, y = to_wgs84(lon, lat, datum="bd09")
    one = to_wgs84(116.4, 39.9, datum="bd09")
    assert (float(x[1]), float(y[1])) == (float(one[0]), float(one[1]))
    assert (lon == before[0]).all()
    assert (lat == before[1]).all()


def test_the_datums():
    assert DATUMS == ("wgs84", "cgcs2000", "gcj02", "bd09")
