"""A grid over the segments of road shapes: the exact nearest segment of many points, compiled.

Every segment is listed in each cell that it touches. A point looks at its own cell, then at rings of cells around it,
until nothing in the rings further out can be nearer. Comparing (squared distance, segment) makes ties go to the lowest
edge, then to the smallest share, whatever the order in which cells are visited.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled, readonly

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

SMALLEST_CELL_M = 10.0
_CELLS_PER_SEGMENT = 0.25
_SLACK = 1e-6


class Grid(NamedTuple):
    """Segments of joinable edges by cell.

    A segment is named by its first vertex: segment v runs from vertex v to v + 1 of ``x, y``. ``level`` of an edge is
    0 where nobody may join, 1 on an island, 2 elsewhere. The segments of cell c (row-major) are
    ``segment[start[c]:start[c + 1]]``.
    """

    left: float
    bottom: float
    cell_m: float
    columns: int
    rows: int
    start: NDArray[np.int64]
    segment: IntArray
    x: FloatArray
    y: FloatArray
    edge: IntArray
    level: NDArray[np.uint8]


def build_grid(shape_start: NDArray[np.int64], x: FloatArray, y: FloatArray, level: NDArray[np.uint8]) -> Grid:
    """Sort the segments of all edges with ``level`` above 0 into cells.

    Parameters
    ----------
    shape_start, x, y
        Shapes of the edges, metres.
    level
        Class of each edge, see :class:`Grid`.
    """
    edge = np.repeat(np.arange(level.size, dtype=np.int32), np.diff(shape_start))
    first = level[edge] > 0
    first[shape_start[1:] - 1] = False
    segments = np.flatnonzero(first)
    if segments.size == 0:
        left = bottom = width = height = 0.0
    else:
        xs = np.concatenate([x[segments], x[segments + 1]])
        ys = np.concatenate([y[segments], y[segments + 1]])
        left, bottom, width, height = xs.min(), ys.min(), float(np.ptp(xs)), float(np.ptp(ys))
    area = max(width, 1.0) * max(height, 1.0)
    cell_m = max(SMALLEST_CELL_M, float(np.sqrt(area / max(segments.size * _CELLS_PER_SEGMENT, 1.0))))
    columns, rows = int(width // cell_m) + 1, int(height // cell_m) + 1
    empty = Grid(
        float(left), float(bottom), cell_m, columns, rows,
        readonly(np.zeros(columns * rows + 1, np.int64), np.int64), readonly(np.empty(0, np.int32), np.int32),
        readonly(x, np.float64), readonly(y, np.float64), readonly(edge, np.int32), readonly(level, np.uint8),
    )  # fmt: skip
    start, listed = _fill(empty, readonly(segments, np.int32))
    return empty._replace(start=readonly(start, np.int64), segment=readonly(listed, np.int32))


@compiled
def _columns_of(grid: Grid, v: int, row: int) -> Any:
    """Return the first and last column that segment ``v`` touches in ``row``, generously."""
    slack = grid.cell_m * _SLACK
    low = grid.bottom + row * grid.cell_m - slack
    high = low + grid.cell_m + 2 * slack
    x0, y0, x1, y1 = grid.x[v], grid.y[v], grid.x[v + 1], grid.y[v + 1]
    if y1 < y0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    near, far = x0, x1
    if y0 < low:
        near = x0 + (low - y0) / (y1 - y0) * (x1 - x0)
    if y1 > high:
        far = x0 + (high - y0) / (y1 - y0) * (x1 - x0)
    first = int(np.floor((min(near, far) - slack - grid.left) / grid.cell_m))
    last = int(np.floor((max(near, far) + slack - grid.left) / grid.cell_m))
    return max(first, 0), min(last, grid.columns - 1)


@compiled
def _rows_of(grid: Grid, v: int) -> Any:
    """Return the first and last row that segment ``v`` touches, generously."""
    slack = grid.cell_m * _SLACK
    low, high = min(grid.y[v], grid.y[v + 1]), max(grid.y[v], grid.y[v + 1])
    first = int(np.floor((low - slack - grid.bottom) / grid.cell_m))
    last = int(np.floor((high + slack - grid.bottom) / grid.cell_m))
    return max(first, 0), min(last, grid.rows - 1)


@compiled
def _fill(grid: Grid, segments: IntArray) -> Any:
    """Return the starts of the cells and the segments in them."""
    start = np.zeros(grid.columns * grid.rows + 1, np.int64)
    for v in segments:
        first_row, last_row = _rows_of(grid, v)
        for row in range(first_row, last_row + 1):
            first, last = _columns_of(grid, v, row)
            for column in range(first, last + 1):
                start[row * grid.columns + column + 1] += 1
    for c in range(grid.columns * grid.rows):
        start[c + 1] += start[c]
    at = start[:-1].copy()
    listed = np.empty(start[-1], np.int32)
    for v in segments:
        first_row, last_row = _rows_of(grid, v)
        for row in range(first_row, last_row + 1):
            first, last = _columns_of(grid, v, row)
            for column in range(first, last + 1):
                c = row * grid.columns + column
                listed[at[c]] = v
                at[c] += 1
    return start, listed


@compiled
def project(px: float, py: float, x0: float, y0: float, x1: float, y1: float) -> Any:
    """Return the squared distance of a point to a segment, and where along it (0–1) the nearest place lies.

    The segment is taken from its smaller end, so that a road drawn twice in opposite directions is equally near to
    the last bit.
    """
    turned = x1 < x0 or (x1 == x0 and y1 < y0)
    if turned:
        x0, y0, x1, y1 = x1, y1, x0, y0
    ax, ay, dx, dy = x0 - px, y0 - py, x1 - x0, y1 - y0
    squared = dx * dx + dy * dy
    t = 0.0
    if squared > 0.0:
        t = min(max(-(ax * dx + ay * dy) / squared, 0.0), 1.0)
    if t >= 1.0:
        ax, ay = x1 - px, y1 - py
    elif t > 0.0:
        ax, ay = ax + t * dx, ay + t * dy
    return ax * ax + ay * ay, (1.0 - t if turned else t)


@compiled
def _scan(grid: Grid, row: int, first: int, last: int, px: float, py: float, level: int, best: Any) -> Any:
    """Look at the segments in cells ``first`` to ``last`` of ``row``; return the better of them and ``best``."""
    squared, segment, share = best
    if row < 0 or row >= grid.rows or first > last:
        return squared, segment, share
    base = row * grid.columns
    for i in range(grid.start[base + first], grid.start[base + last + 1]):
        v = grid.segment[i]
        if grid.level[grid.edge[v]] < level:
            continue
        d2, t = project(px, py, grid.x[v], grid.y[v], grid.x[v + 1], grid.y[v + 1])
        if d2 < squared or (d2 == squared and v < segment):
            squared, segment, share = d2, np.int64(v), t
    return squared, segment, share


@compiled
def _nearest(grid: Grid, px: float, py: float, limit_m: float, level: int) -> Any:
    """Return (squared distance, segment, place along it) of one point; segment −1 where none is within the limit."""
    best = (np.inf, np.int64(-1), 0.0)
    size = grid.cell_m
    right, top = grid.left + grid.columns * size, grid.bottom + grid.rows * size
    # written so that NaN coordinates end here too
    if not (
        grid.left - limit_m <= px <= right + limit_m and grid.bottom - limit_m <= py <= top + limit_m
    ):  # fmt: skip
        return best
    cx, cy = int(np.floor((px - grid.left) / size)), int(np.floor((py - grid.bottom) / size))
    in_x, in_y = px - grid.left - cx * size, py - grid.bottom - cy * size
    margin = min(in_x, size - in_x, in_y, size - in_y) - size * _SLACK
    ring = max(-cx, cx - grid.columns + 1, -cy, cy - grid.rows + 1, 0)
    while True:
        low, high = max(cx - ring, 0), min(cx + ring, grid.columns - 1)
        best = _scan(grid, cy - ring, low, high, px, py, level, best)
        if ring > 0:
            best = _scan(grid, cy + ring, low, high, px, py, level, best)
            for row in range(max(cy - ring + 1, 0), min(cy + ring, grid.rows)):
                if cx - ring >= 0:
                    best = _scan(grid, row, cx - ring, min(cx - ring, high), px, py, level, best)
                if cx + ring < grid.columns:
                    best = _scan(grid, row, max(cx + ring, low), cx + ring, px, py, level, best)
        reach = ring * size + margin
        if reach > limit_m or (reach > 0.0 and best[0] < reach * reach):
            return best
        if ring >= max(cx, grid.columns - 1 - cx, cy, grid.rows - 1 - cy):
            return best
        ring += 1


@compiled
def nearest_segments(grid: Grid, x: FloatArray, y: FloatArray, limit_m: float, level: int) -> Any:
    """Return segment, place along it (0–1) and distance of the nearest segment of each point.

    Only edges of at least ``level`` are looked at. Segment is −1 where none is found; what lies beyond ``limit_m`` may
    or may not be found.
    """
    segment = np.empty(x.size, np.int64)
    share, distance = np.empty(x.size, np.float64), np.empty(x.size, np.float64)
    for i in range(x.size):
        squared, segment[i], share[i] = _nearest(grid, x[i], y[i], limit_m, level)
        distance[i] = np.sqrt(squared)
    return segment, share, distance


@compiled
def _between(ax: float, ay: float, bx: float, by: float, cx: float, cy: float, dx: float, dy: float) -> Any:
    """Return the squared distance of segments a–b and c–d, and the first nearest place along c–d (0–1)."""
    rx, ry, sx, sy = dx - cx, dy - cy, bx - ax, by - ay
    cross = rx * sy - ry * sx
    if cross != 0.0:
        t = ((ax - cx) * sy - (ay - cy) * sx) / cross
        u = ((ax - cx) * ry - (ay - cy) * rx) / cross
        if 0.0 <= t <= 1.0 and 0.0 <= u <= 1.0:
            return 0.0, t
    squared, share = project(cx, cy, ax, ay, bx, by)[0], 0.0
    for px, py in ((ax, ay), (bx, by)):
        d2, t = project(px, py, cx, cy, dx, dy)
        if d2 < squared or (d2 == squared and t < share):
            squared, share = d2, t
    d2 = project(dx, dy, ax, ay, bx, by)[0]
    if d2 < squared:
        squared, share = d2, 1.0
    return squared, share


@compiled
def nearest_to_outline(grid: Grid, outline: FloatArray, limit_m: float, level: int) -> Any:
    """Return segment (−1 where none is within the limit), place along it and distance of the nearest segment.

    ``outline`` holds the sides of the outline as rows (x0, y0, x1, y1). Where the outline crosses roads the distance
    is 0 and the lowest edge counts, at its first crossing.
    """
    reach = limit_m
    for side in range(outline.shape[0]):
        squared = _nearest(grid, outline[side, 0], outline[side, 1], limit_m, level)[0]
        reach = min(reach, np.sqrt(squared))
    squared, segment, share = np.inf, np.int64(-1), 0.0
    for side in range(outline.shape[0]):
        ax, ay, bx, by = outline[side, 0], outline[side, 1], outline[side, 2], outline[side, 3]
        around = reach * (1.0 + 1e-9) + grid.cell_m * _SLACK
        low = max(int(np.floor((min(ax, bx) - around - grid.left) / grid.cell_m)), 0)
        high = min(int(np.floor((max(ax, bx) + around - grid.left) / grid.cell_m)), grid.columns - 1)
        bottom = max(int(np.floor((min(ay, by) - around - grid.bottom) / grid.cell_m)), 0)
        top = min(int(np.floor((max(ay, by) + around - grid.bottom) / grid.cell_m)), grid.rows - 1)
        for row in range(bottom, top + 1):
            if low > high:
                break
            base = row * grid.columns
            for i in range(grid.start[base + low], grid.start[base + high + 1]):
                v = grid.segment[i]
                if grid.level[grid.edge[v]] < level:
                    continue
                d2, t = _between(ax, ay, bx, by, grid.x[v], grid.y[v], grid.x[v + 1], grid.y[v + 1])
                if d2 < squared or (d2 == squared and (v < segment or (v == segment and t < share))):
                    squared, segment, share = d2, np.int64(v), t
                    reach = min(reach, np.sqrt(squared))
    return segment, share, np.sqrt(squared)


@compiled
def lengths_along(shape_start: NDArray[np.int64], x: FloatArray, y: FloatArray) -> Any:
    """Return the metres from the start of its edge to each vertex."""
    along = np.zeros(x.size, np.float64)
    for e in range(shape_start.size - 1):
        for v in range(shape_start[e] + 1, shape_start[e + 1]):
            along[v] = along[v - 1] + np.hypot(x[v] - x[v - 1], y[v] - y[v - 1])
    return along
