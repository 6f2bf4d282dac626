"""A question to an engine: groups of junctions to search from, groups to arrive at, and the trips along one arc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.network.model import Network
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.types import Ends

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Stops:
    """Points as an engine sees them: the junctions through which each is left or entered, and what that takes.

    Attributes
    ----------
    start
        The junctions of point i are rows ``start[i]:start[i + 1]``; a point off the network has none.
    node, ms
        Junction, and whole milliseconds between it and the point.
    """

    start: LongArray
    node: IntArray
    ms: LongArray

    @property
    def count(self) -> int:
        """Number of points."""
        return self.start.size - 1

    @property
    def point(self) -> IntArray:
        """Which point each row is of."""
        return np.repeat(np.arange(self.count, dtype=np.int32), np.diff(self.start))


@dataclass(frozen=True, eq=False, kw_only=True)
class Trips:
    """Which trips are asked for.

    Attributes
    ----------
    node_count
        Junctions of the network.
    backward
        Whether trips run from the targets to the sources: residents (targets) to facilities (sources).
    sources, targets
        Points to search from, one search each, and points to arrive at.
    direct_start, direct_target, direct_ms
        Trips along a single arc: those of source i are rows ``direct_start[i]:direct_start[i + 1]``.
    """

    node_count: int
    backward: bool
    sources: Stops
    targets: Stops
    direct_start: LongArray
    direct_target: IntArray
    direct_ms: LongArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Arrivals:
    """Points to arrive at, ready for any sources: keep it for several questions about the same points.

    Attributes
    ----------
    backward
        Whether trips run from these points to the sources.
    stops
        The points as an engine sees them.
    arc_start, point, offset_ms, access_ms
        Their ends by arc of the network: those on arc a are rows ``arc_start[a]:arc_start[a + 1]``.
    """

    backward: bool
    stops: Stops
    arc_start: IntArray
    point: IntArray
    offset_ms: LongArray
    access_ms: LongArray


def arrivals(network: Network, targets: Ends, *, backward: bool) -> Arrivals:
    """Return points to arrive at, ready for any sources.

    Parameters
    ----------
    network
        Directed impedances.
    targets
        The points, priced on this network.
    backward
        Whether trips run from these points to the sources: residents to facilities.
    """
    order, arc_start = by_arc(targets, network)
    return Arrivals(
        backward=backward,
        stops=_stops(targets.point_count, targets.point, *seeds(network, targets, backward=not backward)),
        arc_start=readonly(arc_start, np.int32),
        point=readonly(targets.point[order], np.int32),
        offset_ms=readonly(targets.offset_ms[order], np.int64),
        access_ms=readonly(targets.access_ms[order], np.int64),
    )


def trips_between(network: Network, sources: Ends, targets: Arrivals) -> Trips:
    """Return the trips between sources, which are searched from, and points to arrive at.

    Parameters
    ----------
    network
        Directed impedances.
    sources
        Points to search from, priced on this network.
    targets
        :func:`arrivals` on the same network.
    """
    source, target, ms = _direct(
        1 if targets.backward else -1,
        readonly(sources.point, np.int32),
        readonly(sources.arc, np.int32),
        readonly(sources.offset_ms, np.int64),
        readonly(sources.access_ms, np.int64),
        targets.arc_start,
        targets.point,
        targets.offset_ms,
        targets.access_ms,
    )
    by_source = np.argsort(source, kind="stable")
    return Trips(
        node_count=network.roads.node_count,
        backward=targets.backward,
        sources=_stops(sources.point_count, sources.point, *seeds(network, sources, backward=targets.backward)),
        targets=targets.stops,
        direct_start=_starts(source, sources.point_count),
        direct_target=readonly(target[by_source], np.int32),
        direct_ms=readonly(ms[by_source], np.int64),
    )


def trips_from_nodes(
    node_count: int, sources: ArrayLike, targets: ArrayLike | None = None, *, backward: bool = False
) -> Trips:
    """Return the trips from junctions to junctions, every one by default."""
    return Trips(
        node_count=node_count,
        backward=backward,
        sources=_at_nodes(np.asarray(sources, dtype=np.int32)),
        targets=_at_nodes(np.arange(node_count) if targets is None else np.asarray(targets, dtype=np.int32)),
        direct_start=readonly(np.zeros(np.size(sources) + 1), np.int64),
        direct_target=readonly(np.empty(0), np.int32),
        direct_ms=readonly(np.empty(0), np.int64),
    )


def _at_nodes(node: NDArray[Any]) -> Stops:
    return Stops(
        start=readonly(np.arange(node.size + 1), np.int64),
        node=readonly(node, np.int32),
        ms=readonly(np.zeros(node.size), np.int64),
    )


def _stops(count: int, point: IntArray, node: IntArray, ms: LongArray) -> Stops:
    order = np.argsort(point, kind="stable")
    return Stops(start=_starts(point, count), node=readonly(node[order], np.int32), ms=readonly(ms[order], np.int64))


def _starts(owner: IntArray, count: int) -> LongArray:
    start = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=start[1:])
    return readonly(start, np.int64)


def seeds(network: Network, ends: Ends, *, backward: bool) -> tuple[IntArray, LongArray]:
    """Return the junction each end is entered (backward) or left (forward) through, and the time that takes."""
    if backward:
        return network.arc_tail[ends.arc], ends.offset_ms + ends.access_ms
    rest_ms = network.arc_ms[ends.arc] - ends.offset_ms
    return network.arc_head[ends.arc], rest_ms + ends.access_ms


def by_arc(ends: Ends, network: Network) -> tuple[LongArray, IntArray]:
    """Return the rows of ``ends`` in order of arc, and where each arc starts among them."""
    arc_start = np.zeros(network.arc_ms.size + 1, np.int32)
    np.cumsum(np.bincount(ends.arc, minlength=network.arc_ms.size), out=arc_start[1:])
    return np.argsort(ends.arc, kind="stable"), arc_start


@compiled
def _direct(  # noqa: PLR0913, PLR0917 (a kernel takes plain arrays)
    ahead: int,
    point: IntArray,
    arc: IntArray,
    offset_ms: LongArray,
    access_ms: LongArray,
    arc_start: IntArray,
    other: IntArray,
    other_offset_ms: LongArray,
    other_access_ms: LongArray,
) -> Any:
    """Return source, target and time of each trip along one arc; ``ahead`` is 1 when it ends at the source."""
    size = 0
    for row in range(point.size):
        size += arc_start[arc[row] + 1] - arc_start[arc[row]]
    source, target, ms = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
    size = 0
    for row in range(point.size):
        for end in range(arc_start[arc[row]], arc_start[arc[row] + 1]):
            gap = ahead * (offset_ms[row] - other_offset_ms[end])
            if gap >= 0:
                source[size], target[size] = point[row], other[end]
                ms[size] = access_ms[row] + gap + other_access_ms[end]
                size += 1
    return source[:size], target[:size], ms[:size]
