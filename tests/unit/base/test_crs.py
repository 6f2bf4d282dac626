"""The projected system that a study is computed in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.base.crs import WGS84, from_degrees, has_chinese_form, to_degrees, working_crs


@pytest.mark.parametrize(
    ("lon", "epsg", "meridian"),
    [
        (112.75, 4547, 114),
        (112.0, 4546, 111),
        (106.7, 4545, 108),
        (73.6, 4534, 75),
        (76.4, 4534, 75),
        (134.9, 4554, 135),
    ],
)
def test_a_chinese_county_gets_its_three_degree_zone_by_central_meridian(lon: float, epsg: int, meridian: int):
    crs = working_crs(lon, 36.0, chinese=True)
    assert crs.to_epsg() == epsg
    assert "CGCS2000 / 3-degree Gauss-Kruger CM" in crs.name
    parameters = {entry.name: entry.value for entry in crs.coordinate_operation.params}
    assert parameters["Longitude of natural origin"] == meridian
    assert parameters["False easting"] == 500_000


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (-51.2, -30.03, 32722),  # Porto Alegre
        (-15.43, 28.12, 32628),  # Las Palmas
        (0.0, 0.0, 32631),
        (-180.0, 10.0, 32601),
        (180.0, -10.0, 32760),
    ],
)
def test_elsewhere_it_is_the_utm_zone(lon: float, lat: float, epsg: int):
    assert working_crs(lon, lat, chinese=False).to_epsg() == epsg


@settings(max_examples=20)  # building a system takes long
@given(lon=st.floats(75, 135), lat=st.floats(18, 53))
def test_the_zone_is_never_more_than_a_degree_and_a_half_away(lon: float, lat: float):
    x, y = from_degrees(working_crs(lon, lat, chinese=True)).transform(lon, lat)
    assert 330_000 < x < 670_000
    assert 1_900_000 < y < 6_000_000


@settings(max_examples=20)
@given(lon=st.floats(100, 120), lat=st.floats(20, 45), chinese=st.booleans())
def test_there_and_back(lon: float, lat: float, chinese: bool):
    crs = working_crs(lon, lat, chinese=chinese)
    assert crs.is_projected
    back = to_degrees(crs).transform(*from_degrees(crs).transform(lon, lat))
    assert back == pytest.approx((lon, lat), abs=1e-9)


def test_degrees_are_longitude_first():
    assert WGS84.is_geographic
    x, y = from_degrees(working_crs(112.75, 37.1, chinese=True)).transform(112.75, 37.1)
    assert (round(x, -4), round(y, -4)) == (390_000, 4_110_000)


@pytest.mark.parametrize(
    ("code", "chinese"),
    [
        ("149921", True),
        ("149921100", True),
        ("149921100201", True),
        ("810000", True),
        ("14", False),
        ("1499", False),
        ("4314902", False),  # Porto Alegre
        ("35016", False),  # Las Palmas
        ("949921", False),
        ("049921", False),
        ("14992110", False),
        ("1499211002", False),
        ("1499211002011", False),
        ("14992a", False),
        ("", False),
        ("149921\n", False),
        ("１４９９２１", False),
        ("1４9921", False),
    ],
)
def test_the_form_of_chinese_codes(code: str, chinese: bool):
    assert has_chinese_form(code) is chinese
