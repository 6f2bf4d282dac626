"""Roads after a change: some closed, a new one built and joined to what it meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from accessgis.network.build import build_roads
from accessgis.network.model import BoolArray, FloatArray, Roads
from accessgis.network.noding import GRID_M, JOIN_M, meeting_points
from accessgis.network.permissions import WayRule
from accessgis.network.split import RawWays

ADDED_ID = int(np.iinfo(np.int64).min)
"""``source_id`` of roads that a change added: no source gives it."""


def without_edges(roads: Roads, closed: BoolArray) -> Roads:
    """Return the roads with some edges closed to everybody, in both directions; nobody joins them either."""
    changed: dict[str, Any] = {
        "forward": np.where(closed, 0, roads.forward).astype(np.uint8),
        "backward": np.where(closed, 0, roads.backward).astype(np.uint8),
        "joinable": roads.joinable & ~closed,
    }
    for values in changed.values():
        values.setflags(write=False)
    return replace(roads, **changed)


def added_edges(roads: Roads) -> BoolArray:
    """Return the edges of roads that changes added."""
    return np.asarray(roads.source_id == ADDED_ID, dtype=bool)


def with_road(roads: Roads, line: FloatArray, rule: WayRule, *, raised: bool) -> Roads:
    """Return the roads with a new one among them.

    Parameters
    ----------
    roads
        Roads in a projected CRS.
    line
        Vertices of the new road in that CRS, shape (n, 2), n ≥ 2.
    rule
        Its class, permissions and limits.
    raised
        Whether it is a bridge or a tunnel: then it meets other roads at its ends alone.

    Returns
    -------
    Roads
        The new road joins the nearest road at either end within ``JOIN_M`` (:mod:`accessgis.network.noding`), and on
        the ground every road on the ground (joinable ones) that it crosses. Roads are cut where it joins them: the
        times of the two pieces are rounded apart, so that a way along both may differ by a millisecond. Edges are
        numbered anew. Those of the new road bear :data:`ADDED_ID`.
    """
    new = np.asarray(line, dtype=np.float64).copy()
    shapes = roads.shapes()
    tree = shapely.STRtree(shapes)
    meets: list[tuple[int, float, float]] = []
    for end in (0, -1):
        edge = _nearest(tree, shapes, new[end], usable=(roads.forward | roads.backward) > 0)
        if edge is not None:
            new[end] = _place_on(shapes[edge], new[end])
            meets.append((edge, float(new[end, 0]), float(new[end, 1])))
    path = shapely.LineString(new)
    if not raised:
        crossed = np.sort(tree.query(path, predicate="intersects"))
        crossed = crossed[roads.joinable[crossed]]
        pair, points = meeting_points(shapely.intersection(path, shapes[crossed]))
        order = np.argsort(pair, kind="stable")
        meets += [(int(crossed[pair[at]]), float(points[at, 0]), float(points[at, 1])) for at in order]
    ways, junctions = _as_ways(roads, meets)
    through = _inserted(shapely.get_coordinates(path), [(x, y) for _, x, y in meets])
    built = build_roads(_appended(ways, through, junctions, rule), crs=roads.crs)
    return replace(built, noded=roads.noded)


def _nearest(
    tree: shapely.STRtree, shapes: NDArray[np.object_], at: FloatArray, *, usable: NDArray[np.bool_]
) -> int | None:
    """Return the nearest edge within reach that somebody may use, of equally near ones the first."""
    point = shapely.Point(at)
    near = np.sort(tree.query(point, predicate="dwithin", distance=JOIN_M))
    near = near[usable[near]]
    if not near.size:
        return None
    return int(near[np.argmin(shapely.distance(shapes[near], point))])


def _place_on(shape: Any, at: FloatArray) -> FloatArray:
    """Return the place of an edge that a point joins: its end where that is within reach, else the nearest."""
    point = shapely.Point(at)
    ends = shapely.get_coordinates(shape)[[0, -1]]
    far = np.hypot(*(ends - at).T)
    if far.min() <= JOIN_M:
        return np.asarray(ends[int(far.argmin())], dtype=np.float64)
    nearest = shapely.line_interpolate_point(shape, shapely.line_locate_point(shape, point))
    return np.asarray(shapely.get_coordinates(nearest)[0], dtype=np.float64)


def _key(x: float, y: float) -> tuple[int, int]:
    """Return the identity of a place: those within a millimetre are one."""
    return round(x / GRID_M), round(y / GRID_M)


def _as_ways(roads: Roads, meets: list[tuple[int, float, float]]) -> tuple[RawWays, dict[tuple[int, int], int]]:
    """Return every edge as a way, with a vertex where the new road meets it, and the nodes of these places.

    A place that is the end of an edge keeps that junction; elsewhere all edges that meet there get one node. Other
    inner vertices meet nothing.
    """
    wanted: dict[int, list[tuple[float, float]]] = {}
    for edge, px, py in meets:
        wanted.setdefault(edge, []).append((px, py))
    own = {edge: _vertices(roads, edge) for edge in wanted}
    longer = {edge: _inserted(own[edge], places) for edge, places in wanted.items()}
    counts = np.diff(roads.shape_start).astype(np.int64)
    for edge, found in longer.items():
        counts[edge] = len(found)
    begin = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    untouched = np.ones(roads.edge_count, dtype=bool)
    untouched[list(longer)] = False
    x, y = np.empty(begin[-1]), np.empty(begin[-1])
    still, kept = np.repeat(untouched, counts), np.repeat(untouched, np.diff(roads.shape_start))
    x[still], y[still] = roads.shape_x[kept], roads.shape_y[kept]
    node = roads.node_count + np.arange(begin[-1], dtype=np.int64)
    node[begin[:-1]], node[begin[1:] - 1] = roads.tail, roads.head
    junctions: dict[tuple[int, int], int] = {}
    for edge in sorted(longer):
        for end, junction in ((0, roads.tail[edge]), (-1, roads.head[edge])):
            junctions.setdefault(_key(*own[edge][end]), int(junction))
    places = {_key(px, py) for _, px, py in meets}
    for edge, found in longer.items():
        first = begin[edge]
        x[first : first + len(found)], y[first : first + len(found)] = found.T
        for inner in range(1, len(found) - 1):
            key = _key(*found[inner])
            if key in places:
                node[first + inner] = junctions.setdefault(key, int(node[first + inner]))
    ways = RawWays(
        start=begin, node_id=node, x=x, y=y, road_class=roads.road_class, classes=roads.classes,
        forward=roads.forward, backward=roads.backward, maxspeed_forward_kph=roads.maxspeed_forward_kph,
        maxspeed_backward_kph=roads.maxspeed_backward_kph, joinable=roads.joinable, duration_ms=roads.duration_ms,
        source_id=roads.source_id, barrier_id=np.zeros(0, dtype=np.int64), barrier_mask=np.zeros(0, dtype=np.uint8),
    )  # fmt: skip
    return ways, {key: junction for key, junction in junctions.items() if key in places}


def _vertices(roads: Roads, edge: int) -> FloatArray:
    here = slice(int(roads.shape_start[edge]), int(roads.shape_start[edge + 1]))
    return np.column_stack([roads.shape_x[here], roads.shape_y[here]])


def _inserted(own: FloatArray, places: list[tuple[float, float]]) -> FloatArray:
    """Return the vertices of a line with more of them, each where it lies along the line."""
    known = {_key(*vertex) for vertex in own}
    fresh: dict[tuple[int, int], tuple[float, float]] = {}
    for place in places:
        if _key(*place) not in known:
            fresh.setdefault(_key(*place), place)
    if not fresh:
        return own
    more = np.array(list(fresh.values()), dtype=np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(own, axis=0).T))])
    at = shapely.line_locate_point(shapely.LineString(own), shapely.points(more))
    order = np.argsort(np.concatenate([along, at]), kind="stable")
    return np.concatenate([own, more])[order]


def _appended(ways: RawWays, line: FloatArray, junctions: Mapping[tuple[int, int], int], rule: WayRule) -> RawWays:
    """Return the ways with the new road, which meets others at the junctions alone."""
    fresh = int(ways.node_id.max(initial=-1)) + 1 + np.arange(len(line))
    node = [junctions.get(_key(*vertex), int(new)) for vertex, new in zip(line, fresh, strict=True)]

    def more(values: Any, value: object) -> Any:
        return np.append(values, np.array([value], dtype=values.dtype))

    return replace(
        ways,
        start=np.append(ways.start, ways.start[-1] + len(line)),
        node_id=np.concatenate([ways.node_id, np.array(node, dtype=np.int64)]),
        x=np.concatenate([ways.x, line[:, 0]]),
        y=np.concatenate([ways.y, line[:, 1]]),
        road_class=more(ways.road_class, ways.classes.index(rule.road_class)),
        forward=more(ways.forward, rule.forward),
        backward=more(ways.backward, rule.backward),
        maxspeed_forward_kph=more(ways.maxspeed_forward_kph, rule.maxspeed_forward_kph),
        maxspeed_backward_kph=more(ways.maxspeed_backward_kph, rule.maxspeed_backward_kph),
        joinable=more(ways.joinable, rule.joinable),
        duration_ms=more(ways.duration_ms, rule.duration_ms),
        source_id=more(ways.source_id, ADDED_ID),
    )
