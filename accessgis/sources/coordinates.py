"""Columns of coordinates: degrees in any datum, or eastings and northings, as the study declares them.

The survey's words are kept: in its tables X is the northing and Y the easting. Eastings of CGCS2000 in 3-degree zones
start with the zone (25–45), those in 6-degree zones likewise (13–23); the two never overlap, so that with
``datum = "cgcs2000"`` a prefixed easting says its system itself (EPSG 4488 + zone, 4478 + zone). An easting without
zone does not, and the study must say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, from_degrees, is_near_wgs84, to_degrees, transformer
from accessgis.base.datum import Datum, to_wgs84
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.sources.angles import Axis, angle
from accessgis.sources.door import crs_name, rounded, rows_text
from accessgis.sources.tables import clean, find_columns, number
from accessgis.sources.vector import Bounds, check_extent, degree_extent

ZONES_3, ZONES_6 = range(25, 46), range(13, 24)
"""Zones of the 3-degree and 6-degree Gauss–Krüger grids that China uses, as eastings name them."""
NORTHERNMOST_M = 6.2e6
"""No place of China has a larger northing (56° N)."""
AROUND_M = 300_000.0
"""How far outside the area of use of a declared system its coordinates may still be meant: zones are overstepped."""

_ROUGH_ROWS = 5
"""Fewer rows may be round by chance."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the study says of a table's coordinates: the datum, and the projected system of metres if any."""

    datum: Datum | None
    grid: CRS | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Located:
    """Where the rows of a table lie.

    Attributes
    ----------
    x, y
        Working CRS; NaN where the row has no coordinates.
    system
        ``degrees``, or the projected systems that the numbers are in.
    doubts
        What is odd about them.
    """

    x: Floats
    y: Floats
    system: str
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The two columns of coordinates."""

    east: str
    north: str
    metres: bool


def locate(
    frame: pd.DataFrame,
    table: str,
    columns: Mapping[str, str],
    *,
    label: str,
    declared: Declared,
    crs: CRS,
    extent: Bounds | None = None,
) -> Located | None:
    """Return where the rows of a table lie, None when it has no columns of coordinates.

    Parameters
    ----------
    frame
        Table of text; the index holds row numbers.
    table
        Table of the vocabulary: ``facilities`` or ``population``.
    columns
        Field → column as the study states them: ``lon, lat`` for degrees, ``easting, northing`` for metres.
    label
        File, for messages.
    declared
        Datum and projected system that the study states.
    crs
        Working CRS.
    extent
        Bounds of the study in ``crs``, against which exchanged axes are found; None when unknown.

    Raises
    ------
    DataError
        AG3011, AG3014 degrees that cannot be; AG3018, AG3026 a cell that is no number or angle; AG3022 no datum
        declared; AG3028–AG3033 metres that are not what was declared; AG3010 no place in the working CRS.
    """
    found = _columns(frame, table, columns, label=label, metres=declared.grid is not None)
    if found is None:
        return None
    if declared.datum is None and declared.grid is None:
        raise DataError("AG3022", file=label)
    rows = frame.index.to_numpy(dtype=np.int64)
    east, north = _numbers(frame, found, label=label)
    x, y = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    here = np.flatnonzero(~(np.isnan(east) | np.isnan(north)))
    if not here.size:
        return Located(x=x, y=y, system="", doubts=())
    if found.metres:
        lon, lat, system = _from_metres(east[here], north[here], found, declared, label=label, rows=rows[here])
    else:
        lon, lat, system = east[here], north[here], "degrees"
    doubts = _unknown_shift(declared.grid, label=label)
    if table == "facilities" and not found.metres:
        doubts += _rough(lon, lat, label=label, rows=rows[here])
    area = None if extent is None else degree_extent(extent, crs)
    doubts += check_extent(lon, lat, area, label=label, rows=rows[here])
    x[here], y[here] = from_degrees(crs).transform(*to_wgs84(lon, lat, datum=declared.datum or "wgs84"))
    bad = ~(np.isfinite(x[here]) & np.isfinite(y[here]))
    if bad.any():
        raise DataError("AG3010", file=label, row=int(rows[here][bad][0]), rows=rows_text(rows[here][bad]))
    return Located(x=x, y=y, system=system, doubts=tuple(doubts))


def _columns(
    frame: pd.DataFrame, table: str, columns: Mapping[str, str], *, label: str, metres: bool
) -> _Columns | None:
    """Find the pair of columns: eastings where a system of metres is declared or no degrees are there."""
    pairs = {False: ("lon", "lat"), True: ("easting", "northing")}
    found = find_columns(frame, table, columns, label=label, fields=("lon", "lat", "easting", "northing"))
    stated = [kind for kind, pair in pairs.items() if any(field in columns for field in pair)]
    wanted = [True] if metres else stated or [False, True]
    for kind in wanted:
        east, north = pairs[kind]
        if east in found and north in found:
            return _Columns(found[east], found[north], kind)
        if east in found or north in found:
            missing, there = (north, east) if east in found else (east, north)
            code = "AG3420" if table == "population" else "AG3310"
            raise DataError(code, file=label, key=f"columns.{missing}", found=found[there], field=missing,
                            columns=_listed(frame))  # fmt: skip
    if metres:
        raise DataError("AG3032", file=label, key="columns", columns=_listed(frame))
    return None


def _numbers(frame: pd.DataFrame, found: _Columns, *, label: str) -> tuple[Floats, Floats]:
    axes: tuple[tuple[str, Axis], ...] = ((found.east, "lon"), (found.north, "lat"))
    series = [frame[name] if found.metres else _degrees(frame[name], axis, label=label) for name, axis in axes]
    east, north = (number(column, label=label, field=str(column.name)).to_numpy() for column in series)
    return east, north


def _degrees(series: pd.Series, axis: Axis, *, label: str) -> pd.Series:
    """Return a column with its angles of minutes and seconds as decimal degrees; other cells stay as they are."""
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series
    cells = []
    for row, value in zip(series.index, series.tolist(), strict=True):
        text = clean(value)
        meant = angle(text) if text else None
        if meant is not None and meant.axis not in (None, axis):
            raise DataError("AG3026", file=label, row=int(row), key=str(series.name), text=text[:40])
        cells.append(text if meant is None else repr(meant.degrees))
    return pd.Series(cells, index=series.index, name=series.name, dtype="str")


def _unknown_shift(grid: CRS | None, *, label: str) -> list[Doubt]:
    """Doubt a system of metres on an old datum: its shift differs from province to province and is not published."""
    if grid is None or is_near_wgs84(grid):
        return []
    base = grid.geodetic_crs.name if grid.geodetic_crs is not None else grid.name
    return [Doubt(code="AG9020", place=Place(file=label, key="crs"), values={"system": crs_name(grid), "base": base})]


def _rough(lon: Floats, lat: Floats, *, label: str, rows: Rows) -> list[Doubt]:
    """Doubt degrees of at most two decimals in both columns, a hundredth being a kilometre, where most rows are so."""
    coarse = np.ones(lon.size, dtype=bool)
    for values in (lon, lat):
        coarse &= np.abs(values * 100 - np.round(values * 100)) < 1e-7
    if not _most(coarse) or coarse.sum() < _ROUGH_ROWS:
        return []
    told: dict[str, Value] = {"rows": rows_text(rows[coarse])}
    return [Doubt(code="AG9335", place=Place(file=label), count=int(coarse.sum()), values=told)]


def _from_metres(
    east: Floats, north: Floats, found: _Columns, declared: Declared, *, label: str, rows: Rows
) -> tuple[Floats, Floats, str]:
    """Return degrees of eastings and northings, and the systems they were in."""
    fit = _Fit(east, north, found, label, rows)
    if declared.grid is not None:
        fit.require(declared.grid)
        lon, lat = to_degrees(declared.grid).transform(east, north)
        return np.asarray(lon), np.asarray(lat), crs_name(declared.grid)
    zones = fit.zones(declared.datum)
    lon, lat = np.empty(east.size), np.empty(east.size)
    systems = {int(zone): CRS.from_epsg(zone_epsg(int(zone))) for zone in np.unique(zones)}
    for zone, grid in systems.items():
        at = zones == zone
        lon[at], lat[at] = to_degrees(grid).transform(east[at], north[at])
    return lon, lat, "+".join(crs_name(grid) for grid in systems.values())


def zone_epsg(zone: int) -> int:
    """Return the EPSG code of CGCS2000 Gauss–Krüger with the zone in front of eastings."""
    return (4488 if zone in ZONES_3 else 4478) + zone


def _zoned(values: Floats) -> NDArray[np.bool_]:
    """Return which numbers look like eastings with a zone of China in front."""
    zone, rest = np.floor(values / 1e6), np.mod(values, 1e6)
    return np.asarray(np.isin(zone, [*ZONES_3, *ZONES_6]) & (rest > 1e5) & (rest < 9e5))


def _most(of: NDArray[np.bool_]) -> bool:
    return float(of.mean()) > 0.5


@dataclass(frozen=True, eq=False, slots=True)
class _Fit:
    """Holds eastings and northings against what was declared, and says in one sentence what does not fit."""

    east: Floats
    north: Floats
    found: _Columns
    label: str
    rows: Rows

    def zones(self, datum: Datum | None) -> NDArray[np.int64]:
        """Return the zone in front of each easting; refuse eastings without."""
        if self._degrees():
            raise self._error("AG3033")
        if _most(_zoned(self.north)):
            raise self._swapped()
        if datum != "cgcs2000":
            raise self._error("AG3031", datum=datum or "", value=rounded(self.east[0], 12))
        if not _most(_zoned(self.east)):
            if _most((self.east > 9e5) & (self.north < 9e5)):
                raise self._swapped()
            raise self._error("AG3029", value=rounded(self.east[0], 12))
        bad = ~_zoned(self.east) | (self.north <= 0) | (self.north > NORTHERNMOST_M)
        if bad.any():
            raise self._misfit(bad, "EPSG:4513–4533")
        return np.floor(self.east / 1e6).astype(np.int64)

    def require(self, grid: CRS) -> None:
        """Refuse numbers most of which lie far from the area of use of the declared system."""
        bounds = _bounds(grid)
        if bounds is None:
            return
        outside = ~_within(self.east, self.north, bounds)
        if not _most(outside):
            return
        if self._degrees():
            raise self._error("AG3033")
        if _most(_within(self.north, self.east, bounds)) or (
            _most(_zoned(self.north)) and not _most(_zoned(self.east))
        ):
            raise self._swapped()
        raise self._misfit(outside, crs_name(grid))

    def _degrees(self) -> bool:
        return _most((np.abs(self.east) <= 180) & (np.abs(self.north) <= 90))

    def _swapped(self) -> DataError:
        return self._error("AG3028", easting=rounded(self.east[0], 12), northing=rounded(self.north[0], 12))

    def _misfit(self, bad: NDArray[np.bool_], system: str) -> DataError:
        """Return the error for numbers outside a system, with the system that they fit where they say it."""
        first = int(np.flatnonzero(bad)[0])
        zoned = _zoned(self.east)
        fits = f"EPSG:{zone_epsg(int(self.east[zoned][0] // 1e6))}" if _most(zoned) else "EPSG:4534–4554"
        return DataError("AG3030", file=self.label, row=int(self.rows[first]), key=self.found.east, system=system,
                         rows=rows_text(self.rows[bad]), fits=fits, value=rounded(self.east[first], 12),
                         other=rounded(self.north[first], 12))  # fmt: skip

    def _error(self, code: str, **values: Value) -> DataError:
        told: dict[str, Value] = {"east": self.found.east, "north": self.found.north, **values}
        return DataError(code, file=self.label, row=int(self.rows[0]), **told)  # type: ignore[arg-type]  # no row among them


def _bounds(grid: CRS) -> Bounds | None:
    """Return the numbers that a system is made for, and ``AROUND_M`` around them; None when it does not say."""
    use = grid.area_of_use
    if use is None:
        return None
    moved = transformer(WGS84, grid).transform_bounds(use.west, use.south, use.east, use.north)
    west, south, east, north = (float(value) for value in moved)
    if not np.isfinite([west, south, east, north]).all():
        return None
    return west - AROUND_M, south - AROUND_M, east + AROUND_M, north + AROUND_M


def _within(east: Floats, north: Floats, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, right, top = bounds
    return (east >= west) & (east <= right) & (north >= south) & (north <= top)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns if name != "geometry")
