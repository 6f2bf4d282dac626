"""Travel times of many origins to many destinations within a cutoff, sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.network.model import Network
from accessgis.travel.engine import UNREACHED_MS, BucketEngine, Engine, SearchGraph, build_graph
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.search import by_arc, seeds
from accessgis.travel.types import Ends

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 24


@dataclass(frozen=True, eq=False, kw_only=True)
class TimeMatrix:
    """Every pair of origin and destination within the cutoff, sorted by origin, then destination.

    Attributes
    ----------
    origin_count, destination_count
        Shape of the matrix.
    cutoff_ms
        Longest time in it, inclusive.
    start
        The pairs of origin i are rows ``start[i]:start[i + 1]``.
    destination, ms
        Destination and whole milliseconds of each pair.
    """

    origin_count: int
    destination_count: int
    cutoff_ms: int
    start: LongArray
    destination: IntArray
    ms: LongArray

    @property
    def origin(self) -> IntArray:
        """Origin of each pair."""
        return np.repeat(np.arange(self.origin_count, dtype=np.int32), np.diff(self.start))


def within(
    network: Network,
    origins: Ends,
    destinations: Ends,
    *,
    cutoff_ms: int,
    engine: Engine | None = None,
    graph: SearchGraph | None = None,
) -> TimeMatrix:
    """Return the times of all trips from origins to destinations that take at most ``cutoff_ms``.

    Trips run as in :func:`accessgis.travel.search.arrive`: both access legs count, the quickest over all joins and
    permitted directions is kept, and two points on one arc travel directly in its direction.

    Parameters
    ----------
    network
        Directed impedances.
    origins, destinations
        Where trips start and end, priced on this network: residents are the origins when they travel to facilities.
    cutoff_ms
        Longest time, inclusive.
    engine
        Search engine; the bucket queue by default.
    graph
        Graph to search, when the caller keeps it: a backward one searches from the destinations. By default the side
        with fewer points is searched from.
    """
    backward = destinations.point_count <= origins.point_count if graph is None else graph.backward
    graph = build_graph(network, backward=backward) if graph is None else graph
    if graph.node_count != network.roads.node_count:
        raise ValueError("the graph was built for another network")
    near, far = (destinations, origins) if backward else (origins, destinations)
    start, point, ms = _fold_all(network, near, far, cutoff_ms, engine or BucketEngine(), graph)
    if backward:
        searched = np.repeat(np.arange(near.point_count, dtype=np.int32), np.diff(start))
        order = np.argsort(point, kind="stable")
        start = np.zeros(far.point_count + 1, np.int64)
        np.cumsum(np.bincount(point, minlength=far.point_count), out=start[1:])
        point, ms = searched[order], ms[order]
    return TimeMatrix(
        origin_count=origins.point_count,
        destination_count=destinations.point_count,
        cutoff_ms=cutoff_ms,
        start=start,
        destination=point,
        ms=ms,
    )


def _fold_all(
    network: Network, near: Ends, far: Ends, cutoff_ms: int, engine: Engine, graph: SearchGraph
) -> tuple[LongArray, IntArray, LongArray]:
    """Search from each point of ``near``, some at a time, and keep the times at ``far`` only."""
    order = np.argsort(near.point, kind="stable")
    group_start = np.searchsorted(near.point[order], np.arange(near.point_count + 1)).astype(np.int64)
    node, ms = seeds(network, near, backward=graph.backward)
    node, ms = graph.rank[node[order]], ms[order]
    arc, offset_ms, access_ms = near.arc[order], near.offset_ms[order], near.access_ms[order]
    by_node, on_arc = _ends_by_node(network, far, graph), _ends_by_arc(network, far)
    step = max(1, _ROWS_AT_ONCE // max(graph.node_count, 1))
    counts: list[LongArray] = [np.zeros(1, np.int64)]
    points: list[IntArray] = [np.empty(0, np.int32)]
    times: list[LongArray] = [np.empty(0, np.int64)]
    best = np.full(far.point_count, UNREACHED_MS, np.int64)
    for first in range(0, near.point_count, step):
        groups = group_start[first : first + step + 1]
        rows = slice(groups[0], groups[-1])
        groups = groups - groups[0]
        start, at, at_ms = engine.within(graph, groups, node[rows], ms[rows], cutoff_ms=cutoff_ms)
        reached = (readonly(start, np.int64), readonly(at, np.int32), readonly(at_ms, np.int64))
        own = (
            readonly(groups, np.int64),
            readonly(arc[rows], np.int32),
            readonly(offset_ms[rows], np.int64),
            readonly(access_ms[rows], np.int64),
        )
        count, point, time_ms = _fold(cutoff_ms, 1 if graph.backward else -1, reached, own, by_node, on_arc, best)
        counts.append(count)
        points.append(point)
        times.append(time_ms)
    return np.cumsum(np.concatenate(counts)), np.concatenate(points), np.concatenate(times)


def _ends_by_node(network: Network, ends: Ends, graph: SearchGraph) -> tuple[NDArray[Any], ...]:
    """Return the ends by the node of the graph that they are reached through: starts, points, times from there."""
    node, ms = seeds(network, ends, backward=not graph.backward)
    node = graph.rank[node]
    order = np.argsort(node, kind="stable")
    start = np.zeros(graph.node_count + 1, np.int32)
    np.cumsum(np.bincount(node, minlength=graph.node_count), out=start[1:])
    return readonly(start, np.int32), readonly(ends.point[order], np.int32), readonly(ms[order], np.int64)


def _ends_by_arc(network: Network, ends: Ends) -> tuple[NDArray[Any], ...]:
    """Return the ends by arc: starts, points, offsets, access legs."""
    order, start = by_arc(ends, network)
    return (
        readonly(start, np.int32),
        readonly(ends.point[order], np.int32),
        readonly(ends.offset_ms[order], np.int64),
        readonly(ends.access_ms[order], np.int64),
    )


@compiled
def _fold(
    cutoff_ms: int, ahead: int, reached: Any, near: Any, by_node: Any, on_arc: Any, best: LongArray
) -> Any:  # fmt: skip
    """Return for each group how many points it reaches, which (ascending), and their smallest times.

    ``ahead`` is 1 when the search ran backward. ``best`` holds ``UNREACHED_MS`` for each point, before and after.
    """
    reached_start, reached_node, reached_ms = reached
    group_start, arc, offset_ms, access_ms = near
    node_start, node_point, node_ms = by_node
    arc_start, arc_point, arc_offset_ms, arc_access_ms = on_arc
    groups = group_start.size - 1
    counts = np.zeros(groups, np.int64)
    touched = np.empty(best.size, np.int32)
    capacity = max(1024, best.size)
    points, times = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
    size = 0
    for g in range(groups):
        count = 0
        for i in range(reached_start[g], reached_start[g + 1]):
            for row in range(node_start[reached_node[i]], node_start[reached_node[i] + 1]):
                total = reached_ms[i] + node_ms[row]
                p = node_point[row]
                if total <= cutoff_ms and total < best[p]:
                    if best[p] == UNREACHED_MS:
                        touched[count] = p
                        count += 1
                    best[p] = total
        for own in range(group_start[g], group_start[g + 1]):
            for row in range(arc_start[arc[own]], arc_start[arc[own] + 1]):
                gap = ahead * (offset_ms[own] - arc_offset_ms[row])
                total = access_ms[own] + gap + arc_access_ms[row]
                p = arc_point[row]
                if gap >= 0 and total <= cutoff_ms and total < best[p]:
                    if best[p] == UNREACHED_MS:
                        touched[count] = p
                        count += 1
                    best[p] = total
        if size + count > capacity:
            capacity = max(2 * capacity, size + count)
            more_points, more_times = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
            more_points[:size] = points[:size]
            more_times[:size] = times[:size]
            points, times = more_points, more_times
        touched[:count].sort()
        for i in range(count):
            points[size + i] = touched[i]
            times[size + i] = best[touched[i]]
            best[touched[i]] = UNREACHED_MS
        size += count
        counts[g] = count
    return counts, points[:size], times[:size]
