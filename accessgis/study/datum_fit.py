"""How well points fit lines as declared, and as they would lie if their numbers were in another datum.

Facilities and homes lie along roads, so that moving all of them takes them away from roads: where that is so, they
have *settled*. Points in a wrong datum lie as roads and points lie by chance, and moving them changes little. Another
datum is said to fit better where both hold:

1. the typical distance to the nearest line, a geometric mean that few far points do not sway, is at most 0.7 of that in
   the declared datum;
2. the points have settled there: shifted 200 m aside, they lie farther on the mean of sixteen directions, by more than
   three standard errors of that difference. So layers that have nothing to do with roads (parks, the middles of cells)
   raise no alarm, whatever the density of roads around them, and few points raise none by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from accessgis.base.crs import from_degrees, to_degrees
from accessgis.base.datum import Datum, from_wgs84, to_wgs84
from accessgis.network.model import MOTOR, Roads
from accessgis.travel.grid import Grid, build_grid, nearest_segments
from accessgis.travel.kernels import readonly

FITTED: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")
"""Datums that are told apart: CGCS2000 is WGS-84 to less than a metre."""
LEAST_POINTS = 20
MOST_POINTS = 5000
FAR_M = 3000.0
"""Distances count up to here."""
NEAR_M = 5.0
"""Added to distances before the logarithm: what is nearer than a road is wide is equally near."""
BETTER = 0.7
ASIDE_M = 200.0
DIRECTIONS = 16
ERRORS = 3.0
_PLACE_M = 25.0
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of the rectangle in which GCJ-02 is used, as the published formula has it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How points fit lines when their numbers are read in one datum.

    Attributes
    ----------
    datum
        The datum assumed.
    points
        Number of places compared.
    median_m
        Median distance to the nearest line.
    typical_m
        Geometric mean of the distances (each with 5 m added, and taken off again).
    aside_m
        The same when all points are shifted 200 m aside: the mean of sixteen directions.
    share_nearer
        Share of places that are nearer to a line than as declared.
    settled
        Whether they lie farther when shifted aside, beyond chance.
    better
        Whether it fits markedly better than what is declared.
    """

    datum: Datum
    points: int
    median_m: float
    typical_m: float
    aside_m: float
    share_nearer: float
    settled: bool
    better: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Lines that points are held against, ready for looking up the nearest."""

    grid: Grid

    @classmethod
    def of_roads(cls, roads: Roads) -> Lines:
        """Take the roads that may be driven on and joined: paths lie so dense in towns that every point is near one."""
        start = readonly(roads.shape_start, np.int64)
        x, y = readonly(roads.shape_x, np.float64), readonly(roads.shape_y, np.float64)
        driven = ((roads.forward | roads.backward) & MOTOR) > 0
        chosen = roads.joinable & driven
        return cls(build_grid(start, x, y, (chosen if chosen.any() else roads.joinable).astype(np.uint8)))

    @classmethod
    def of_shapes(cls, shapes: Sequence[shapely.Geometry] | NDArray[np.object_]) -> Lines:
        """Take line strings or rings; shapes without vertices are left out."""
        lines = [line for line in shapes if shapely.get_num_coordinates(line) > 1]
        at, owner = shapely.get_coordinates(np.array(lines, dtype=object), return_index=True)
        start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(lines)))])
        x, y = (readonly(np.ascontiguousarray(at[:, side]), np.float64) for side in (0, 1))
        return cls(build_grid(readonly(start, np.int64), x, y, np.ones(len(lines), np.uint8)))

    def distance_m(self, x: Floats, y: Floats) -> Floats:
        """Return the distance of each point to the nearest line, ``FAR_M`` at most."""
        found = nearest_segments(self.grid, readonly(x, np.float64), readonly(y, np.float64), FAR_M, 1)
        return np.minimum(np.asarray(found[2], dtype=np.float64), FAR_M)


def reread(x: Floats, y: Floats, *, crs: CRS, declared: Datum, as_if: Datum) -> tuple[Floats, Floats]:
    """Return where points of a layer declared in one datum would lie if its numbers were in another."""
    given = from_wgs84(*to_degrees(crs).transform(x, y), datum=declared)
    east, north = from_degrees(crs).transform(*to_wgs84(*given, datum=as_if))
    return np.asarray(east), np.asarray(north)


def sampled(x: ArrayLike, y: ArrayLike, *, crs: CRS) -> tuple[Floats, Floats]:
    """Return the distinct places (to 25 m) in China of points, at most ``MOST_POINTS``, evenly chosen."""
    px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(px) & np.isfinite(py)
    px, py = px[known], py[known]
    lon, lat = to_degrees(crs).transform(px, py)
    west, south, east, north = _CHINA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    px, py = px[inside], py[inside]
    cells = np.column_stack([px // _PLACE_M, py // _PLACE_M])
    first = np.unique(cells, axis=0, return_index=True)[1] if px.size else np.empty(0, np.int64)
    if first.size > MOST_POINTS:
        first = first[np.linspace(0, first.size - 1, MOST_POINTS).astype(np.int64)]
    return px[first], py[first]


def fits(
    x: Floats, y: Floats, lines: Lines, *, crs: CRS, declared: Datum, moved: str = "points"
) -> tuple[Fit, ...]:  # fmt: skip
    """Compare how points fit lines in each datum.

    Parameters
    ----------
    x, y
        Points in ``crs``, as :func:`sampled` gives them.
    lines
        What they are held against.
    crs
        Working CRS.
    declared
        Datum declared for the layer in question.
    moved
        Which of the two is in question: ``points`` or ``lines`` (points then move the other way).

    Returns
    -------
    tuple of Fit
        The declared datum first; empty with fewer than ``LEAST_POINTS`` points. At most one is ``better``.
    """
    if x.size < LEAST_POINTS:
        return ()
    own = "wgs84" if declared == "cgcs2000" else declared
    before = lines.distance_m(x, y)
    found = [_fit(x, y, before, lines, datum=declared)]
    for datum in FITTED:
        if datum == own:
            continue
        first, second = (declared, datum) if moved == "points" else (datum, declared)
        px, py = reread(x, y, crs=crs, declared=first, as_if=second)
        found.append(_fit(px, py, before, lines, datum=datum))
    best = min(range(1, len(found)), key=lambda place: found[place].typical_m)
    other = found[best]
    if other.typical_m + NEAR_M <= BETTER * (found[0].typical_m + NEAR_M) and other.settled:
        found[best] = replace(other, better=True)
    return tuple(found)


def _fit(x: Floats, y: Floats, before: Floats, lines: Lines, *, datum: Datum) -> Fit:
    """Return how points fit where they lie, and how they fit when shifted a little from there."""
    after = lines.distance_m(x, y)
    angles = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    steps = np.column_stack([np.cos(angles), np.sin(angles)]) * ASIDE_M
    aside = np.mean([np.log(lines.distance_m(x + dx, y + dy) + NEAR_M) for dx, dy in steps], axis=0)
    lead = aside - np.log(after + NEAR_M)
    error = float(lead.std(ddof=1)) / np.sqrt(x.size)
    return Fit(
        datum=datum,
        points=x.size,
        median_m=float(np.median(after)),
        typical_m=_typical(after),
        aside_m=_metres(aside),
        share_nearer=float((after < before).mean()),
        settled=bool(lead.mean() > ERRORS * error),
    )


def _typical(distance_m: Floats) -> float:
    return _metres(np.log(distance_m + NEAR_M))


def _metres(logarithms: Floats) -> float:
    return max(0.0, float(np.exp(logarithms.mean())) - NEAR_M)
