"""GCJ-02 and BD-09 as published, scalar, with an inverse by Newton's method: an oracle for ``accessgis.base.datum``.

Forward: the formula and constants of wandergis/coordtransform and googollee/eviltransform. Inverse: Newton on the
forward formula with its derivatives by central differences, until a step is below a thousandth of a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, pi, sin, sqrt

Point = tuple[float, float]
X_PI = 3.14159265358979324 * 3000.0 / 180.0
A, EE = 6378245.0, 0.00669342162296594323


def _lat(lng: float, lat: float) -> float:
    ret = -100.0 + 2.0 * lng + 3.0 * lat + 0.2 * lat * lat + 0.1 * lng * lat + 0.2 * sqrt(abs(lng))
    ret += (20.0 * sin(6.0 * lng * pi) + 20.0 * sin(2.0 * lng * pi)) * 2.0 / 3.0
    ret += (20.0 * sin(lat * pi) + 40.0 * sin(lat / 3.0 * pi)) * 2.0 / 3.0
    return ret + (160.0 * sin(lat / 12.0 * pi) + 320 * sin(lat * pi / 30.0)) * 2.0 / 3.0


def _lng(lng: float, lat: float) -> float:
    ret = 300.0 + lng + 2.0 * lat + 0.1 * lng * lng + 0.1 * lng * lat + 0.1 * sqrt(abs(lng))
    ret += (20.0 * sin(6.0 * lng * pi) + 20.0 * sin(2.0 * lng * pi)) * 2.0 / 3.0
    ret += (20.0 * sin(lng * pi) + 40.0 * sin(lng / 3.0 * pi)) * 2.0 / 3.0
    return ret + (150.0 * sin(lng / 12.0 * pi) + 300.0 * sin(lng / 30.0 * pi)) * 2.0 / 3.0


def wgs84_to_gcj02(lng: float, lat: float) -> Point:
    """Shift one point."""
    dlat, dlng = _lat(lng - 105.0, lat - 35.0), _lng(lng - 105.0, lat - 35.0)
    radlat = lat / 180.0 * pi
    magic = 1 - EE * sin(radlat) ** 2
    dlat = (dlat * 180.0) / ((A * (1 - EE)) / (magic * sqrt(magic)) * pi)
    dlng = (dlng * 180.0) / (A / sqrt(magic) * cos(radlat) * pi)
    return lng + dlng, lat + dlat


def wgs84_to_bd09(lng: float, lat: float) -> Point:
    """Shift one point twice."""
    x, y = wgs84_to_gcj02(lng, lat)
    z = sqrt(x * x + y * y) + 0.00002 * sin(y * X_PI)
    theta = atan2(y, x) + 0.000003 * cos(x * X_PI)
    return z * cos(theta) + 0.0065, z * sin(theta) + 0.006


def newton(forward: Callable[[float, float], Point], lng: float, lat: float) -> Point:
    """Return the point that ``forward`` takes to (lng, lat)."""
    x, y, h = lng, lat, 1e-6
    for _ in range(20):
        fx, fy = forward(x, y)
        east, west, north, south = forward(x + h, y), forward(x - h, y), forward(x, y + h), forward(x, y - h)
        a, c = (east[0] - west[0]) / (2 * h), (east[1] - west[1]) / (2 * h)
        b, d = (north[0] - south[0]) / (2 * h), (north[1] - south[1]) / (2 * h)
        rx, ry, det = lng - fx, lat - fy, a * d - b * c
        dx, dy = (d * rx - b * ry) / det, (a * ry - c * rx) / det
        x, y = x + dx, y + dy
        if abs(dx) + abs(dy) < 1e-13:
            break
    return x, y
