"""Roads burnt into a lattice: which roads each vertex joins, found once and good for every search of a mode.

A vertex joins the nearest road as a resident standing there does, and besides every road that passes within half a
diagonal of a cell: no road slips between the vertices, and where several pass the quickest counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from accessgis.network.model import Network
from accessgis.travel.grid import Grid, project
from accessgis.travel.kernels import compiled
from accessgis.travel.snap import ISLAND_LEVEL, JoinIndex, Segments, build_join_index, join_points, join_segments
from accessgis.travel.types import JOIN_KINDS, Joins

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]

CELL_M = 50
"""Side of a cell where the number of vertices allows."""
MAX_VERTICES = 4_000_000
HALF_DIAGONAL = float(np.sqrt(0.5))
_NEAREST = JOIN_KINDS.index("nearest")


class Lattice(NamedTuple):
    """Vertices at multiples of ``cell_m``, so that lattices of one cell size share their vertices.

    Vertex ``row * columns + column`` lies at ``(left + column * cell_m, bottom + row * cell_m)``. All are whole metres.
    """

    left: int
    bottom: int
    cell_m: int
    columns: int
    rows: int

    def xy(self) -> tuple[FloatArray, FloatArray]:
        """Return the coordinates of every vertex, row by row from the south-west."""
        x = np.tile(self.left + self.cell_m * np.arange(self.columns, dtype=np.float64), self.rows)
        y = np.repeat(self.bottom + self.cell_m * np.arange(self.rows, dtype=np.float64), self.columns)
        return x, y


@dataclass(frozen=True, eq=False, kw_only=True)
class Burnt:
    """Joins of every vertex of a lattice to the roads of one mode.

    Attributes
    ----------
    lattice
        The vertices; vertex v is point v of the joins.
    reach_m
        Longest walk between a road and a vertex.
    nearest
        Joins as residents have them, of vertices that no road crosses; those just beyond the reach have one too, to
        tell where between two vertices it ends.
    crossing
        Joins to every road within half a diagonal of a cell.
    road_m
        Metres from each vertex to the nearest road, ``inf`` where it is far beyond the reach.
    """

    lattice: Lattice
    reach_m: float
    nearest: Joins
    crossing: Joins
    road_m: FloatArray


def lattice_over(bounds: Bounds, *, cell_m: int | None = None, max_vertices: int = MAX_VERTICES) -> Lattice:
    """Lay a lattice over a rectangle, one cell to spare on every side.

    Parameters
    ----------
    bounds
        West, south, east, north in metres.
    cell_m
        Side of a cell in whole metres; by default ``CELL_M``.
    max_vertices
        Most vertices: cells are made as much larger, in whole metres, as that takes.
    """
    cell = CELL_M if cell_m is None else cell_m
    if cell != int(cell) or cell < 1:
        raise ValueError("cell_m must be a whole number of metres above 0")
    while True:
        west, south = (int(np.floor(value / cell)) - 1 for value in bounds[:2])
        east, north = (int(np.ceil(value / cell)) + 1 for value in bounds[2:])
        columns, rows = east - west + 1, north - south + 1
        if columns * rows <= max(max_vertices, 16):
            return Lattice(west * cell, south * cell, cell, columns, rows)
        cell = max(cell + 1, int(cell * np.sqrt(columns * rows / max_vertices)))


def burn(
    network: Network | JoinIndex, lattice: Lattice, *, reach_m: float, inside: BaseGeometry | None = None
) -> Burnt:
    """Find the roads that each vertex of a lattice joins.

    Parameters
    ----------
    network
        Network, or its :func:`accessgis.travel.snap.build_join_index`; only joinable roads count.
    lattice
        The vertices.
    reach_m
        Longest walk between a road and a vertex; at least half a diagonal of a cell is used, lest roads are lost.
    inside
        Area to be looked at: vertices that no cell in it has as a corner join nothing.
    """
    index = network if isinstance(network, JoinIndex) else build_join_index(network)
    half = lattice.cell_m * HALF_DIAGONAL
    reach = max(float(reach_m), half)
    x, y = lattice.xy()
    if inside is not None:
        around = shapely.buffer(inside, 3 * half, quad_segs=2)
        shapely.prepare(around)
        outside = ~shapely.contains_xy(around, x, y)
        x[outside] = y[outside] = np.nan
    segments = Segments(*_crossing(index.grid, lattice, half, np.isfinite(x)))
    crossing = join_segments(index, segments, point_count=x.size)
    road_m = np.full(x.size, np.inf)
    np.minimum.at(road_m, crossing.point, crossing.access_m)
    # where a road crosses it is the nearest one too; on islands the road off islands has to be found as well
    island = index.grid.level[crossing.edge] == ISLAND_LEVEL
    settled = np.isfinite(road_m) & (np.bincount(crossing.point[island], minlength=x.size) == 0)
    x[settled] = np.nan
    nearest = join_points(index, x, y, limit_m=reach + 2 * lattice.cell_m)
    np.minimum.at(road_m, nearest.point, nearest.access_m)
    # the road off islands counts within the reach only: beyond it, it must not stand in for the nearest
    counts = (nearest.kind == _NEAREST) | (nearest.access_m <= reach)
    return Burnt(lattice=lattice, reach_m=reach, nearest=_only(nearest, counts), crossing=crossing, road_m=road_m)


def _only(joins: Joins, rows: BoolArray) -> Joins:
    columns = ("point", "edge", "share", "access_m", "x", "y", "kind")
    return joins if rows.all() else replace(joins, **{name: getattr(joins, name)[rows] for name in columns})


@compiled
def _columns_near(grid: Grid, lattice: Lattice, v: int, row: int, within_m: float) -> Any:
    """Return the first and last column of ``row`` that may lie within the distance of segment ``v``."""
    y = lattice.bottom + row * lattice.cell_m
    x0, y0, x1, y1 = grid.x[v], grid.y[v], grid.x[v + 1], grid.y[v + 1]
    if y1 < y0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    near, far = x0, x1
    if y0 < y - within_m < y1:
        near = x0 + (y - within_m - y0) / (y1 - y0) * (x1 - x0)
    if y0 < y + within_m < y1:
        far = x0 + (y + within_m - y0) / (y1 - y0) * (x1 - x0)
    first = int(np.ceil((min(near, far) - within_m - lattice.left) / lattice.cell_m - 1e-6))
    last = int(np.floor((max(near, far) + within_m - lattice.left) / lattice.cell_m + 1e-6))
    return max(first, 0), min(last, lattice.columns - 1)


@compiled
def _rows_near(grid: Grid, lattice: Lattice, v: int, within_m: float) -> Any:
    """Return the first and last row that may lie within the distance of segment ``v``."""
    low, high = min(grid.y[v], grid.y[v + 1]), max(grid.y[v], grid.y[v + 1])
    first = int(np.ceil((low - within_m - lattice.bottom) / lattice.cell_m - 1e-6))
    last = int(np.floor((high + within_m - lattice.bottom) / lattice.cell_m + 1e-6))
    return max(first, 0), min(last, lattice.rows - 1)


@compiled
def _crossing(grid: Grid, lattice: Lattice, within_m: float, wanted: BoolArray) -> Any:
    """Return vertex, segment, place along it and distance wherever a segment is within the distance of a vertex."""
    # counted first, so that the rows of a vertex stand together
    start = np.zeros(wanted.size + 1, np.int64)
    for _, vertex, _, _ in _pairs(grid, lattice, within_m, wanted):
        start[vertex + 1] += 1
    for vertex in range(wanted.size):
        start[vertex + 1] += start[vertex]
    size = start[-1]
    point, segment = np.empty(size, np.int64), np.empty(size, np.int64)
    along, metres = np.empty(size, np.float64), np.empty(size, np.float64)
    for v, vertex, share, squared in _pairs(grid, lattice, within_m, wanted):
        at = start[vertex]
        point[at], segment[at], along[at], metres[at] = vertex, v, share, np.sqrt(squared)
        start[vertex] += 1
    return point, segment, along, metres


@compiled
def _pairs(grid: Grid, lattice: Lattice, within_m: float, wanted: BoolArray) -> Any:
    """Yield each segment and vertex within the distance of each other, place along it and squared distance."""
    for v in range(grid.x.size - 1):
        if grid.edge[v] != grid.edge[v + 1] or grid.level[grid.edge[v]] == 0:
            continue
        first_row, last_row = _rows_near(grid, lattice, v, within_m)
        for row in range(first_row, last_row + 1):
            y = float(lattice.bottom + row * lattice.cell_m)
            first, last = _columns_near(grid, lattice, v, row, within_m)
            for column in range(first, last + 1):
                x = float(lattice.left + column * lattice.cell_m)
                squared, share = project(x, y, grid.x[v], grid.y[v], grid.x[v + 1], grid.y[v + 1])
                if squared <= within_m * within_m and wanted[row * lattice.columns + column]:
                    yield v, row * lattice.columns + column, share, squared
