"""Bands of travel time over an area, for looking at: people are counted from their own times, never from these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
Band = tuple[int, int | None, MultiPolygon]

MAX_POINTS = 40_000
SMALLEST_STEP_M = 50.0


def bands(
    polygon: BaseGeometry,
    *,
    arrive: Callable[[FloatArray, FloatArray], NDArray[np.float64]],
    limits_ms: Sequence[int],
    step_m: float | None = None,
    max_points: int = MAX_POINTS,
    squares: NDArray[np.object_] | None = None,
) -> list[Band]:
    """Divide a polygon into bands of travel time.

    A lattice of points over the polygon travels exactly as people do; each stands for the square around it, and the
    outlines of the bands are smoothed by about half a square.

    Parameters
    ----------
    polygon
        Polygon or multipolygon of the area, in a projected CRS in metres.
    arrive
        Travel times in milliseconds of points given by x and y; ``inf`` where unreachable.
    limits_ms
        Ends of the bands, inclusive, ascending.
    step_m
        Side of the squares; by default the smallest that needs at most ``max_points``, not under 50 m.
    max_points
        Most points of the lattice when ``step_m`` is not given.
    squares
        :func:`lattice` of the polygon, when the caller keeps it for several calls.

    Returns
    -------
    list
        ``(from_ms, to_ms, shape)`` in ascending order: times over ``from_ms`` (the first from 0 on) up to and
        including ``to_ms``; the last band, unreachable places included, has ``to_ms`` None. The shapes do not overlap
        and together fill the polygon; bands without any place are left out.
    """
    if not limits_ms or any(high <= low for low, high in zip((-1, *limits_ms), limits_ms, strict=False)):
        raise ValueError("limits_ms must ascend and be at least 0")
    squares = lattice(polygon, step_m=step_m, max_points=max_points) if squares is None else squares
    left, bottom, right, top = shapely.bounds(squares).T
    ms = np.asarray(arrive((left + right) / 2, (bottom + top) / 2), dtype=np.float64)
    band = np.searchsorted(np.asarray(limits_ms, dtype=np.float64), ms, side="left")
    present = np.unique(band)
    raw = [shapely.coverage_union_all(squares[band == b]) for b in present]
    side_m = float(right[0] - left[0])
    smooth = shapely.coverage_simplify(raw, side_m, simplify_boundary=False)
    limits: list[int | None] = [*limits_ms, None]
    clipped = shapely.intersection(smooth, polygon)
    result: list[Band] = []
    for b, shape in zip(present.tolist(), clipped, strict=True):
        whole = _areas_only(shape)
        if not whole.is_empty:
            result.append((0 if b == 0 else limits_ms[b - 1], limits[b], whole))
    return result


def lattice(polygon: BaseGeometry, *, step_m: float | None = None, max_points: int = MAX_POINTS) -> NDArray[np.object_]:
    """Return the squares of a lattice that meet the polygon, in rows from the south-west."""
    step = max(SMALLEST_STEP_M, float(np.sqrt(polygon.area / max_points))) if step_m is None else step_m
    shapely.prepare(polygon)
    while True:
        left, bottom, right, top = polygon.bounds
        columns = np.arange(np.floor(left / step), np.ceil(right / step))
        rows = np.arange(np.floor(bottom / step), np.ceil(top / step))
        column, row = (values.ravel() for values in np.meshgrid(columns, rows))
        # multiples of the step on both sides, so that neighbours share their corners to the last bit
        squares = shapely.box(column * step, row * step, (column + 1) * step, (row + 1) * step)
        squares = squares[shapely.intersects(polygon, squares)]
        if step_m is not None or squares.size <= max_points or step <= SMALLEST_STEP_M:
            return np.asarray(squares, dtype=object)
        step *= 1.02


def _areas_only(shape: shapely.Geometry) -> MultiPolygon:
    """Return the polygons of a clipped shape, without the points and lines where it only touched."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(parts)
