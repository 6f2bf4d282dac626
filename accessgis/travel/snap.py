"""Joining points and outlines to the roads of one mode, and pricing the joins on a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from accessgis.base.units import share_ms, travel_ms
from accessgis.network.model import Network
from accessgis.travel import grid as cells
from accessgis.travel.grid import Grid
from accessgis.travel.kernels import readonly
from accessgis.travel.types import ADDED, JOIN_KINDS, Ends, JoinKind, Joins

FAR_M = 100.0
"""A join longer than this is a doubt for facilities, and lets the straight walk compete."""
ON_ROAD_M = 1e-6
"""A point this near lies on the road."""
ISLAND_LEVEL, _OFF_ISLANDS = 1, 2
"""Classes of edges in the grid, and the least that a search looks at."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class JoinIndex:
    """The joinable edges of one mode, ready for joining; the same at every speed.

    Attributes
    ----------
    grid
        Segments of the joinable edges by cell.
    along_m
        Metres from the start of its edge to each vertex of the shapes.
    shape_m
        Length of each edge's shape.
    """

    grid: Grid
    along_m: FloatArray
    shape_m: FloatArray


class Segments(NamedTuple):
    """Places on segments of a :class:`~accessgis.travel.grid.Grid`, and the points that join there."""

    point: NDArray[np.int64]
    segment: NDArray[np.int64]
    along: FloatArray
    access_m: FloatArray


class _Found(NamedTuple):
    """Places on edges: one row per join, or −1 in ``segment``."""

    segment: NDArray[np.int64]
    along: FloatArray
    access_m: FloatArray


def build_join_index(network: Network) -> JoinIndex:
    """Sort the joinable edges of a network's mode into a grid.

    It depends on the mode alone (``joinable`` and ``island``), so one index serves every speed setting.
    """
    roads = network.roads
    level = np.where(network.joinable, np.where(network.island, ISLAND_LEVEL, _OFF_ISLANDS), 0).astype(np.uint8)
    start = readonly(roads.shape_start, np.int64)
    x, y = readonly(roads.shape_x, np.float64), readonly(roads.shape_y, np.float64)
    along_m = cells.lengths_along(start, x, y)
    return JoinIndex(
        grid=cells.build_grid(start, x, y, level), along_m=along_m, shape_m=along_m[roads.shape_start[1:] - 1]
    )


def join_points(network: Network | JoinIndex, x: ArrayLike, y: ArrayLike, *, limit_m: float) -> Joins:
    """Join points to the nearest joinable edge, straight.

    Ties go to the lowest edge, then to the smallest share. Where that edge is on an island, the nearest joinable edge
    off islands is a second row.

    Parameters
    ----------
    network
        Network, or the :func:`build_join_index` of it when there are several sets of points.
    x, y
        Points, working CRS. A point without finite coordinates has no join.
    limit_m
        Longest join in metres, inclusive.
    """
    index = _index_of(network)
    px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    owner = np.arange(px.size)
    return _joins(index, px.size, _join_coordinates(index, owner, px, py, "nearest", limit_m=limit_m))


def join_facilities(network: Network | JoinIndex, frame: gpd.GeoDataFrame, *, limit_m: float) -> Joins:
    """Join facilities: at their entrances where known, else where their outline is nearest, else as points.

    Parameters
    ----------
    network
        Network, or its :func:`build_join_index`.
    frame
        Facilities (schema ``FACILITIES``) in the network's CRS; row i is point i.
    limit_m
        Longest join in metres, inclusive.

    Returns
    -------
    Joins
        Each entrance joins as a point does. An outline that crosses roads joins the lowest edge at its first crossing,
        with ``access_m`` 0. Off-island partners as in :func:`join_points`.
    """
    index = _index_of(network)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    entrances = list(frame["entrances"])
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    has_entrance = np.fromiter((len(doors) > 0 for doors in entrances), dtype=np.bool_, count=len(entrances))
    point = np.flatnonzero(~has_entrance & ~polygon)
    x, y = frame["x"].to_numpy(dtype=np.float64), frame["y"].to_numpy(dtype=np.float64)
    rows = [*_join_coordinates(index, point, x[point], y[point], "nearest", limit_m=limit_m)]
    doors = [(row, *door) for row in np.flatnonzero(has_entrance) for door in entrances[row]]
    if doors:
        owner, door_x, door_y = (np.array(values) for values in zip(*doors, strict=True))
        rows += _join_coordinates(
            index, owner, door_x.astype(np.float64), door_y.astype(np.float64), "entrance", limit_m=limit_m
        )
    outlined = np.flatnonzero(~has_entrance & polygon)
    rows += _join_outlines(index, outlined, shapes[outlined], limit_m=limit_m)
    return _joins(index, len(frame), rows)


def join_segments(index: JoinIndex, found: Segments, *, point_count: int) -> Joins:
    """Join points to segments that were found in another way: each row is a ``nearest`` join of its own.

    Parameters
    ----------
    index
        The index whose grid holds the segments.
    found
        Point, segment, place along the segment (0–1) and distance of each join.
    point_count
        Number of points.
    """
    rows = _Rows(found.point, "nearest", _Found(found.segment, found.along, found.access_m))
    return _joins(index, point_count, [rows])


def price(joins: Joins, network: Network, *, limit_m: float | None = None) -> Ends:
    """Price joins on a network: one row per permitted direction of each join.

    Parameters
    ----------
    joins
        Joins made for the network's mode.
    network
        Gives the arcs' times and the walking speed of the access legs. An edge without arcs in it gives no row.
    limit_m
        Shorter limit than the joins were made with, inclusive: longer ones are left out.
    """
    kept = np.flatnonzero(joins.access_m <= (np.inf if limit_m is None else limit_m))
    arc_count = np.bincount(network.arc_edge, minlength=network.roads.edge_count)
    first = (np.cumsum(arc_count) - arc_count)[joins.edge[kept]]
    count = arc_count[joins.edge[kept]]
    row = np.repeat(kept, count)
    nth = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    arc = (np.repeat(first, count) + nth).astype(np.int32)
    arc_ms = network.arc_ms[arc]
    along_ms = share_ms(joins.share[row], arc_ms)
    return Ends(
        point_count=joins.point_count,
        join=row.astype(np.int32),
        point=joins.point[row],
        arc=arc,
        offset_ms=np.where(network.arc_forward[arc], along_ms, arc_ms - along_ms),
        access_ms=travel_ms(joins.access_m, network.walking_kph)[row],
    )


def access_far(joins: Joins, *, limit_m: float, far_m: float = FAR_M) -> NDArray[np.bool_]:
    """Return for each point whether no joinable edge is within ``far_m`` (true too where none is within the limit).

    Roads that a scenario added bring nobody nearer: whoever walked straight before may still do so.
    """
    nearest = np.full(joins.point_count, np.inf)
    near = (joins.access_m <= limit_m) & (joins.kind != ADDED)
    np.minimum.at(nearest, joins.point[near], joins.access_m[near])
    return nearest > far_m


def _index_of(network: Network | JoinIndex) -> JoinIndex:
    return network if isinstance(network, JoinIndex) else build_join_index(network)


class _Rows(NamedTuple):
    """Joins before they are put in order."""

    owner: NDArray[np.int64]
    kind: JoinKind
    found: _Found


def _join_coordinates(
    index: JoinIndex, owner: NDArray[np.int64], x: FloatArray, y: FloatArray, kind: JoinKind, *, limit_m: float
) -> list[_Rows]:
    x, y = readonly(x, np.float64), readonly(y, np.float64)
    found = _within(_Found(*cells.nearest_segments(index.grid, x, y, float(limit_m), ISLAND_LEVEL)), limit_m)
    stranded = _on_island(index, found)
    again = cells.nearest_segments(
        index.grid, readonly(x[stranded], np.float64), readonly(y[stranded], np.float64), float(limit_m), _OFF_ISLANDS
    )
    return [_Rows(owner, kind, found), _Rows(owner[stranded], "off-island", _within(_Found(*again), limit_m))]


def _join_outlines(
    index: JoinIndex, owner: NDArray[np.int64], shapes: Iterable[shapely.Geometry], *, limit_m: float
) -> list[_Rows]:
    sides = [_sides(shape) for shape in shapes]

    def nearest(of: Iterable[FloatArray], level: int) -> _Found:
        rows = [cells.nearest_to_outline(index.grid, outline, float(limit_m), level) for outline in of]
        segment, along, access_m = zip(*rows, strict=True) if rows else ((), (), ())
        return _within(
            _Found(np.array(segment, np.int64), np.array(along, np.float64), np.array(access_m, np.float64)), limit_m
        )

    found = nearest(sides, ISLAND_LEVEL)
    stranded = _on_island(index, found)
    again = nearest([sides[i] for i in stranded], _OFF_ISLANDS)
    return [_Rows(owner, "nearest", found), _Rows(owner[stranded], "off-island", again)]


def _sides(shape: shapely.Geometry) -> FloatArray:
    """Return the sides of a polygon's outer rings as rows (x0, y0, x1, y1)."""
    rings = [shapely.get_coordinates(shapely.get_exterior_ring(part)) for part in shapely.get_parts(shape)]
    return np.vstack([np.hstack([ring[:-1], ring[1:]]) for ring in rings])


def _within(found: _Found, limit_m: float) -> _Found:
    return found._replace(segment=np.where(found.access_m <= limit_m, found.segment, -1))


def _on_island(index: JoinIndex, found: _Found) -> NDArray[np.int64]:
    joined = np.flatnonzero(found.segment >= 0)
    stranded: NDArray[np.int64] = joined[index.grid.level[index.grid.edge[found.segment[joined]]] == ISLAND_LEVEL]
    return stranded


def _settled(access_m: FloatArray) -> FloatArray:
    """Return 0 for what is only the rounding of a point on the road: it must not cost the first millisecond."""
    return np.where(access_m < ON_ROAD_M, 0.0, access_m)


def _joins(index: JoinIndex, point_count: int, rows: list[_Rows]) -> Joins:
    """Put joins in order of point, then kind, then as they came."""
    segment = np.concatenate([part.found.segment for part in rows])
    owner = np.concatenate([part.owner for part in rows])
    kind = np.repeat(
        np.array([JOIN_KINDS.index(part.kind) for part in rows], np.uint8), [part.owner.size for part in rows]
    )
    order = np.lexsort([kind, owner])
    order = order[segment[order] >= 0]
    v = segment[order]
    along = np.concatenate([part.found.along for part in rows])[order]
    grid, edge = index.grid, index.grid.edge[v]
    metres = index.along_m[v] + along * (index.along_m[v + 1] - index.along_m[v])
    shape_m = index.shape_m[edge]
    share = np.divide(metres, shape_m, out=np.zeros(v.size), where=shape_m > 0)

    def place(values: FloatArray) -> FloatArray:
        between: FloatArray = values[v] + along * (values[v + 1] - values[v])
        between[along >= 1.0] = values[v + 1][along >= 1.0]
        return between

    return Joins(
        point_count=point_count,
        point=owner[order].astype(np.int32),
        edge=edge.astype(np.int32),
        share=np.clip(share, 0.0, 1.0),
        access_m=_settled(np.concatenate([part.found.access_m for part in rows])[order]),
        x=place(grid.x),
        y=place(grid.y),
        kind=kind[order],
    )
