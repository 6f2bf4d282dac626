"""From ways as digitised to physical edges from junction to junction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.network.model import BoolArray, FloatArray, LongArray, Roads

ByteArray = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class RawWays:
    """Ways as read: w ways of v vertices in all, in a projected CRS, nothing split yet.

    Attributes
    ----------
    start
        Vertices of way i are ``start[i]:start[i + 1]``; w + 1 values.
    node_id
        Identity of the place of each vertex: equal ids are the same place, and ways meet only there.
    x, y
        Coordinates of each vertex, metres; the first one counts for an id that occurs several times.
    road_class, classes
        Class of each way as an index into ``classes``.
    forward, backward
        Permission masks (FOOT, BICYCLE, MOTOR) of each way along and against its direction.
    maxspeed_forward_kph, maxspeed_backward_kph
        The most a car may or can do, NaN where unknown.
    joinable
        Whether points may join the way.
    duration_ms
        Stated duration of the whole way, −1 where none is.
    source_id
        Id of the way or row.
    barrier_id, barrier_mask
        Node ids of barriers, and the modes that pass each.
    """

    start: LongArray
    node_id: LongArray
    x: FloatArray
    y: FloatArray
    road_class: ByteArray
    classes: tuple[str, ...]
    forward: ByteArray
    backward: ByteArray
    maxspeed_forward_kph: FloatArray
    maxspeed_backward_kph: FloatArray
    joinable: BoolArray
    duration_ms: LongArray
    source_id: LongArray
    barrier_id: LongArray
    barrier_mask: ByteArray


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edges on their way to become Roads: way they belong to, end nodes, shape."""

    way: LongArray
    tail: LongArray
    head: LongArray
    start: LongArray
    x: FloatArray
    y: FloatArray


@dataclass(frozen=True, eq=False)
class _Connectors:
    """Zero-length edges between the copies of a barrier's node and the node itself."""

    hub: LongArray
    copy: LongArray
    edge: LongArray
    mask: ByteArray


def build_roads(ways: RawWays, *, crs: CRS) -> Roads:
    """Split ways into physical edges from junction to junction.

    A way is split where its node is shared with another way, where it passes a node twice, and at barriers. Ways are
    never merged, parallel edges stay, and so do edges of zero length. A loop is cut at half its length. Repeated
    vertices are dropped. A barrier that stops some mode becomes one node per road end there, joined to a hub by
    connectors of zero length that only the modes that pass may use and nobody joins.

    Parameters
    ----------
    ways
        Ways as read, in ``crs``.
    crs
        Projected CRS in metres.

    Returns
    -------
    Roads
        Edges in the order of the ways and along them, connectors last; nodes in the order of their ids. A stated
        duration is shared among the edges of its way by length, keeping its sum.

    Raises
    ------
    ValueError
        When a coordinate is not finite or ``crs`` is not projected in metres.
    """
    if not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1.0:
        raise ValueError("roads need a projected CRS in metres")
    if not (np.isfinite(ways.x).all() and np.isfinite(ways.y).all()):
        raise ValueError("coordinates of roads must be finite")
    ids, first, node = np.unique(ways.node_id, return_index=True, return_inverse=True)
    node_x, node_y = ways.x[first], ways.y[first]
    stops = np.isin(ids, ways.barrier_id)
    edges = _split(ways, node.astype(np.int64), node_x, node_y, stops)
    edges, mid_x, mid_y = _cut_loops(edges, node_count=ids.size)
    node_x, node_y = np.concatenate([node_x, mid_x]), np.concatenate([node_y, mid_y])
    mask = np.full(node_x.size, 7, dtype=np.uint8)
    order = np.argsort(ways.barrier_id, kind="stable")
    mask[np.flatnonzero(stops)] = ways.barrier_mask[order][np.searchsorted(ways.barrier_id[order], ids[stops])]
    edges, joints = _open_barriers(edges, mask)
    origin = np.concatenate([np.arange(node_x.size), joints.hub])
    return _finish(ways, edges, joints, node_x[origin], node_y[origin], crs)


def shape_lengths(start: LongArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the length of each ragged line, metres; vertices of line i are ``start[i]:start[i + 1]``."""
    if start.size < 2:
        return np.zeros(0)
    return np.add.reduceat(segment_lengths(start, x, y), start[:-1])


def segment_lengths(start: LongArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the distance from each vertex to the next of its line; 0 at the last vertex of a line."""
    step = np.zeros(x.size)
    step[:-1] = np.hypot(np.diff(x), np.diff(y))
    step[start[1:] - 1] = 0.0
    return step


def ragged(begin: LongArray, count: LongArray) -> LongArray:
    """Return the positions ``begin[i], begin[i] + 1, …`` of ``count[i]`` each, one after the other."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if ends.size else 0
    return np.repeat(begin - (ends - count), count) + np.arange(total)


def _starts(count: LongArray) -> LongArray:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count, dtype=np.int64)])


def _split(ways: RawWays, node: LongArray, node_x: FloatArray, node_y: FloatArray, stops: BoolArray) -> _Edges:
    way = np.repeat(np.arange(ways.start.size - 1), np.diff(ways.start))
    fresh = np.ones(node.size, dtype=bool)
    fresh[1:] = (node[1:] != node[:-1]) | (way[1:] != way[:-1])
    node, way = node[fresh], way[fresh]
    changes = way[1:] != way[:-1]
    first = np.concatenate([[True], changes]) if node.size else np.zeros(0, dtype=bool)
    last = np.concatenate([changes, [True]]) if node.size else np.zeros(0, dtype=bool)
    junction = (np.bincount(node, minlength=node_x.size) > 1) | stops
    breaks = junction[node] | first | last
    x, y = node_x[node], node_y[node]
    while True:
        same = np.zeros(node.size, dtype=bool)
        same[1:] = (x[1:] == x[:-1]) & (y[1:] == y[:-1]) & (way[1:] == way[:-1])
        drop = same & ~breaks
        drop[:-1] |= same[1:] & breaks[1:] & ~breaks[:-1]
        if not drop.any():
            break
        node, way, breaks, x, y = node[~drop], way[~drop], breaks[~drop], x[~drop], y[~drop]
    ends = np.flatnonzero(breaks)
    inside = way[ends[1:]] == way[ends[:-1]]
    begin, end = ends[:-1][inside], ends[1:][inside]
    count = end - begin + 1
    position = ragged(begin, count)
    return _Edges(way[begin], node[begin], node[end], _starts(count), x[position], y[position])


def _cut_loops(edges: _Edges, *, node_count: int) -> tuple[_Edges, FloatArray, FloatArray]:
    """Cut each loop at half its length into two edges that meet at a new node."""
    loop = np.flatnonzero(edges.tail == edges.head)
    if not loop.size:
        return edges, np.zeros(0), np.zeros(0)
    step = segment_lengths(edges.start, edges.x, edges.y)
    count = np.diff(edges.start)[loop]
    position = ragged(edges.start[loop], count)
    which = np.repeat(np.arange(loop.size), count)
    start = _starts(count)
    along = np.cumsum(step[position])
    along = along - np.repeat(along[start[:-1]] - step[position][start[:-1]], count) - step[position]
    half = shape_lengths(start, edges.x[position], edges.y[position]) / 2.0
    # The vertex before the middle: never the last one, whose step is 0.
    before = np.bincount(which, weights=(along < half[which]), minlength=loop.size).astype(np.int64) - 1
    before = np.clip(before, 0, count - 2)
    at = edges.start[loop] + before
    share = np.divide(half - along[start[:-1] + before], step[at], out=np.zeros(loop.size), where=step[at] > 0)
    mid_x = edges.x[at] + share * (edges.x[at + 1] - edges.x[at])
    mid_y = edges.y[at] + share * (edges.y[at + 1] - edges.y[at])
    # Where the middle is a vertex already, that vertex ends one edge and its copy begins the other.
    exact = (share >= 1.0 - 1e-9) & (before + 1 < count - 1)
    mid_x, mid_y = np.where(exact, edges.x[at + 1], mid_x), np.where(exact, edges.y[at + 1], mid_y)
    copies = np.where(exact, 1, 2)
    where = np.repeat(at + 1, copies)
    mids = node_count + np.arange(loop.size)
    sizes = np.diff(edges.start)
    pieces = np.ones(sizes.size, dtype=np.int64)
    pieces[loop] = 2
    row = np.repeat(np.arange(sizes.size), pieces)
    slot = _starts(pieces)[:-1][loop]
    tail, head, new = edges.tail[row], edges.head[row], sizes[row]
    head[slot], tail[slot + 1] = mids, mids
    new[slot] = before + 2
    new[slot + 1] = count + copies - new[slot]
    return (
        _Edges(
            edges.way[row],
            tail,
            head,
            _starts(new),
            np.insert(edges.x, where, np.repeat(mid_x, copies)),
            np.insert(edges.y, where, np.repeat(mid_y, copies)),
        ),
        mid_x,
        mid_y,
    )


def _open_barriers(edges: _Edges, mask: ByteArray) -> tuple[_Edges, _Connectors]:
    """Give every road end at a barrier a node of its own; dead ends at a barrier need none."""
    count = edges.tail.size
    ends = np.concatenate([edges.tail, edges.head])
    at = np.flatnonzero((mask[ends] != 7) & (np.bincount(ends, minlength=mask.size)[ends] > 1))
    copy = mask.size + np.arange(at.size)
    hub = ends[at]
    ends[at] = copy
    opened = _Edges(edges.way, ends[:count], ends[count:], edges.start, edges.x, edges.y)
    return opened, _Connectors(hub=hub, copy=copy, edge=at % max(count, 1), mask=mask[hub])


def _shared_durations(ways: RawWays, way: LongArray, length_m: FloatArray) -> LongArray:
    """Share each way's stated duration among its edges by length, keeping the sum in whole milliseconds."""
    duration = np.full(way.size, -1, dtype=np.int64)
    timed = np.flatnonzero(ways.duration_ms[way] >= 0)
    for one in np.unique(way[timed]):
        rows = timed[way[timed] == one]
        along = np.cumsum(length_m[rows])
        total = along[-1]
        share = along / total if total > 0 else np.linspace(0.0, 1.0, rows.size + 1)[1:]
        marks = np.floor(share * int(ways.duration_ms[one]) + 0.5).astype(np.int64)
        duration[rows] = np.diff(marks, prepend=0)
    return duration


def _finish(
    ways: RawWays, edges: _Edges, joints: _Connectors, node_x: FloatArray, node_y: FloatArray, crs: CRS
) -> Roads:
    # Connectors nobody on that road may use are left out: the ends at a wall are simply apart.
    passing = joints.mask & (ways.forward | ways.backward)[edges.way[joints.edge]]
    used = np.flatnonzero(passing)
    hub, copy, mask = joints.hub[used], joints.copy[used], passing[used]
    way = np.concatenate([edges.way, edges.way[joints.edge[used]]])
    tail, head = np.concatenate([edges.tail, hub]), np.concatenate([edges.head, copy])
    shape_x = np.concatenate([edges.x, np.repeat(node_x[hub], 2)])
    shape_y = np.concatenate([edges.y, np.repeat(node_y[hub], 2)])
    shape_start = np.concatenate([edges.start, edges.start[-1] + 2 * np.arange(1, used.size + 1)])
    length_m = shape_lengths(shape_start, shape_x, shape_y)
    real = edges.tail.size
    forward, backward, joinable = ways.forward[way], ways.backward[way], ways.joinable[way]
    forward[real:], backward[real:], joinable[real:] = mask, mask, False
    duration = np.full(way.size, -1, dtype=np.int64)
    duration[:real] = _shared_durations(ways, edges.way, length_m[:real])
    kept, compact = np.unique(np.concatenate([tail, head]), return_inverse=True)
    roads = Roads(
        crs=crs,
        node_x=node_x[kept],
        node_y=node_y[kept],
        tail=compact[: tail.size].astype(np.int32),
        head=compact[tail.size :].astype(np.int32),
        length_m=length_m,
        shape_start=shape_start,
        shape_x=shape_x,
        shape_y=shape_y,
        road_class=ways.road_class[way],
        classes=ways.classes,
        forward=forward,
        backward=backward,
        maxspeed_forward_kph=ways.maxspeed_forward_kph[way],
        maxspeed_backward_kph=ways.maxspeed_backward_kph[way],
        joinable=joinable,
        duration_ms=duration,
        source_id=ways.source_id[way],
    )
    for value in vars(roads).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return roads
