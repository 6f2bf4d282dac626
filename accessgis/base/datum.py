"""Datums of Chinese coordinates: WGS-84, CGCS2000, GCJ-02 (AMap, Tencent) and BD-09 (Baidu).

CGCS2000 is treated as identical to WGS-84 (they differ by less than a metre). The GCJ-02 formula is the widely
published one (constants of the Krasovsky ellipsoid); its inverse is found by fixed-point iteration to under 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[str, ...] = get_args(Datum)

Degrees = NDArray[np.float64]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU_PI = np.pi * 3000.0 / 180.0
_INVERSE_STEPS = 8


def _shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + common
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + common
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = lat / 180.0 * np.pi
    magic = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    root = np.sqrt(magic)
    d_lat = north * 180.0 / (_SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (magic * root) * np.pi)
    d_lon = east * 180.0 / (_SEMI_MAJOR_M / root * np.cos(radians) * np.pi)
    return d_lon, d_lat


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS-84 degrees to GCJ-02 degrees."""
    lon_in, lat_in = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    d_lon, d_lat = _shift(lon_in, lat_in)
    return lon_in + d_lon, lat_in + d_lat


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift GCJ-02 degrees to BD-09 degrees."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Shift WGS-84 degrees to BD-09 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def from_wgs84(lon: ArrayLike, lat: ArrayLike, *, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return the degrees in ``datum`` of WGS-84 coordinates: the other way of :func:`to_wgs84`."""
    if datum in ("wgs84", "cgcs2000"):
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return (wgs84_to_gcj02 if datum == "gcj02" else wgs84_to_bd09)(lon, lat)


def _invert(
    forward: Callable[[ArrayLike, ArrayLike], tuple[Degrees, Degrees]], lon: Degrees, lat: Degrees
) -> tuple[Degrees, Degrees]:
    x, y = lon.copy(), lat.copy()
    for _ in range(_INVERSE_STEPS):
        fx, fy = forward(x, y)
        x, y = x - (fx - lon), y - (fy - lat)
    return x, y


def to_wgs84(lon: ArrayLike, lat: ArrayLike, *, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return WGS-84 degrees of coordinates given in ``datum``."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum in ("wgs84", "cgcs2000"):
        return x, y
    return _invert(wgs84_to_gcj02 if datum == "gcj02" else wgs84_to_bd09, x, y)
