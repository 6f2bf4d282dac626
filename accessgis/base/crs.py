"""The coordinate system that a study is computed in."""

from __future__ import annotations

import re
import warnings
from functools import cache

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

WGS84 = CRS.from_epsg(4326)
WEB_MERCATOR = CRS.from_epsg(3857)
EXACT_M = 2.0
_AS_WGS84 = frozenset({"WGS 84", "China Geodetic Coordinate System 2000"})
_CHINESE_CODE = re.compile(r"[1-8][0-9]{5}([0-9]{3}([0-9]{3})?)?")


def has_chinese_form(code: str) -> bool:
    """Return whether a code has the form of GB/T 2260 (6 digits) or GB/T 10114 and the statistics bureau (9, 12)."""
    return bool(_CHINESE_CODE.fullmatch(code))


def working_crs(lon: float, lat: float, *, chinese: bool) -> CRS:
    """Choose the projected CRS in metres for a place.

    Parameters
    ----------
    lon, lat
        Centre of the study area, WGS-84 degrees.
    chinese
        Whether the study lies in China: then the CGCS2000 3-degree Gauss–Krüger zone by central meridian
        (EPSG 4534–4554, 75°E–135°E), else the WGS 84 / UTM zone.
    """
    if chinese:
        meridian = min(135, max(75, round(lon / 3) * 3))
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(60, int((lon + 180) // 6) + 1)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def in_metres(text: str) -> CRS | None:
    """Return the projected system in metres that a text names, None when it names none."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None
    return crs if crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info) else None


@cache
def is_near_wgs84(crs: CRS) -> bool:
    """Return whether coordinates in ``crs`` come to WGS-84 within a metre or two: by its datum, or a known shift."""
    if crs.geodetic_crs is not None and crs.geodetic_crs.name in _AS_WGS84:
        return True
    with warnings.catch_warnings():  # of grids that are not installed, which would be more exact still
        warnings.simplefilter("ignore", UserWarning)
        ways = TransformerGroup(crs, WGS84, always_xy=True).transformers
    return bool(ways) and 0.0 <= ways[0].accuracy <= EXACT_M


@cache
def transformer(source: CRS, target: CRS) -> Transformer:
    """Return the transformer between two systems, (x, y) or (lon, lat) on either side, made once."""
    return Transformer.from_crs(source, target, always_xy=True)


def to_degrees(crs: CRS) -> Transformer:
    """Return the transformer from ``crs`` to WGS-84 (lon, lat)."""
    return transformer(crs, WGS84)


def from_degrees(crs: CRS) -> Transformer:
    """Return the transformer from WGS-84 (lon, lat) to ``crs``."""
    return transformer(WGS84, crs)
