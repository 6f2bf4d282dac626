"""Small sets of junctions that part a road network in two: nested dissection by maximum flow, compiled.

The junctions are sorted along an axis; the first and the last of them are the two shores, and the fewest junctions
that part the shores (Menger's theorem: as many as there are paths sharing no junction between them) are found by
Dinic's algorithm on unit capacities. This is inertial flow (Schild and Sommer 2015), cut through junctions instead of
edges, with shores so wide that the flow only sees a narrow band in the middle.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_SHORE = 0.45
"""Share of the junctions that makes each shore."""
_MIDDLE, _SOURCE, _SINK = 0, 1, 2
_NEAR, _FAR, _BETWEEN = 0, 1, 2
_NO_LEVEL = -1
_DEAD_END = -2
_UNBOUNDED = 2**30


class Neighbours(NamedTuple):
    """An undirected graph without loops: the neighbours of junction v are ``node[start[v]:start[v + 1]]``."""

    start: LongArray
    node: IntArray


def dissect(graph: Neighbours, x: FloatArray, y: FloatArray, *, leaf: int, workers: Executor) -> IntArray:
    """Return the stage at which each junction of a graph should be eliminated.

    0 for junctions inside the parts, which have at most about ``leaf`` junctions each; separators follow, the smallest
    parts' first, the one that parts the whole graph last.

    Parameters
    ----------
    graph
        Neighbours of each junction.
    x, y
        Coordinates of the junctions.
    leaf
        Parts this small stay whole.
    workers
        Where parts that do not touch are divided at the same time; it does not change the answer.
    """
    depth = np.full(x.size, -1, np.int32)
    parts = [np.arange(x.size, dtype=np.int32)] if x.size > leaf else []
    level = 0
    while parts:
        halves = list(workers.map(lambda nodes: _halve(graph, x, y, nodes), parts))
        below = []
        for nodes, side in zip(parts, halves, strict=True):
            depth[nodes[side == _BETWEEN]] = level
            rest = [nodes[side == _NEAR], nodes[side == _FAR]]
            below += [half for half in rest if leaf < half.size < nodes.size]
        parts = below
        level += 1
    return np.where(depth >= 0, level - depth, 0).astype(np.int32)


def _halve(graph: Neighbours, x: FloatArray, y: FloatArray, nodes: IntArray) -> NDArray[np.uint8]:
    """Return the side of each of ``nodes``, divided across the longer extent."""
    part = Neighbours(*_induced(graph, nodes))
    east, north = x[nodes], y[nodes]
    along = east if np.ptp(east) >= np.ptp(north) else north
    shore = int(nodes.size * _SHORE)
    order = np.argsort(along, kind="stable")
    kind = np.zeros(nodes.size, np.uint8)
    kind[order[:shore]] = _SOURCE
    kind[order[nodes.size - shore :]] = _SINK
    side: NDArray[np.uint8] = _divide(part, kind)
    return side


@compiled
def _induced(graph: Neighbours, nodes: IntArray) -> Any:
    """Return starts and neighbours among ``nodes``, numbered in their order."""
    local = np.full(graph.start.size - 1, np.int32(-1), np.int32)
    for i in range(nodes.size):
        local[nodes[i]] = i
    start = np.zeros(nodes.size + 1, np.int64)
    size = 0
    for v in nodes:
        size += graph.start[v + 1] - graph.start[v]
    node = np.empty(size, np.int32)
    size = 0
    for i in range(nodes.size):
        for e in range(graph.start[nodes[i]], graph.start[nodes[i] + 1]):
            to = local[graph.node[e]]
            if to >= 0:
                node[size] = to
                size += 1
        start[i + 1] = size
    return start, node[:size].copy()


@compiled
def _divide(graph: Neighbours, kind: NDArray[np.uint8]) -> Any:
    """Return for each junction whether it lies on the near or the far side, or in the fewest that part the shores.

    Each junction of the middle carries one path at most: it is split into where paths come in (state 2v) and where
    they go out (2v + 1), and may be passed once. ``came[v]`` and ``went[v]`` are its neighbours on its path.
    """
    nodes = kind.size
    came, went = np.full(nodes, np.int32(-1), np.int32), np.full(nodes, np.int32(-1), np.int32)
    level = np.full(2 * nodes, np.int32(_NO_LEVEL), np.int32)
    queue, stack = np.empty(2 * nodes, np.int32), np.empty(2 * nodes + 2, np.int32)
    at = np.zeros(2 * nodes, np.int64)
    sources = np.empty(nodes, np.int32)
    count = 0
    for v in range(nodes):
        if kind[v] == _SOURCE:
            for e in range(graph.start[v], graph.start[v + 1]):
                if kind[graph.node[e]] == _MIDDLE:
                    sources[count] = v
                    count += 1
                    break
    sources = sources[:count]
    while True:
        reached, depth = _layer(graph, kind, sources, came, went, level, queue)
        if depth == _UNBOUNDED:
            break
        for i in range(reached):
            at[queue[i]] = graph.start[queue[i] >> 1]
        for source in sources:
            while _advance(graph, kind, 2 * source + 1, depth, came, went, level, at, stack):
                pass
    return _sides(graph, kind, level)


@compiled
def _sides(graph: Neighbours, kind: NDArray[np.uint8], level: IntArray) -> Any:
    """Return the side of each junction, given which states can still be reached from the near shore."""
    side = np.full(kind.size, np.uint8(_FAR), np.uint8)
    for v in range(kind.size):
        if kind[v] == _SOURCE or level[2 * v + 1] >= 0:
            side[v] = _NEAR
        elif level[2 * v] >= 0:
            side[v] = _BETWEEN
    for v in range(kind.size):  # shores that touch
        if kind[v] == _SOURCE:
            for e in range(graph.start[v], graph.start[v + 1]):
                if kind[graph.node[e]] == _SINK:
                    side[v] = _BETWEEN
    return side


@compiled
def _layer(
    graph: Neighbours,
    kind: NDArray[np.uint8],
    sources: IntArray,
    came: IntArray,
    went: IntArray,
    level: IntArray,
    queue: IntArray,
) -> Any:
    """Return how many states were reached, numbered by steps from the near shore, and the steps to the far shore."""
    level[:] = _NO_LEVEL
    first, last, depth = np.int64(0), np.int64(0), np.int64(_UNBOUNDED)
    for v in sources:
        level[2 * v + 1] = 0
        queue[last] = 2 * v + 1
        last += 1
    while first < last:
        state = queue[first]
        first += 1
        v = state >> 1
        step = level[state] + 1
        if step > depth:
            break
        if state & 1:
            for e in range(graph.start[v], graph.start[v + 1]):
                w = graph.node[e]
                if kind[w] == _SINK:
                    if kind[v] == _MIDDLE:
                        depth = min(depth, np.int64(step))
                elif kind[w] == _MIDDLE and went[v] != w and level[2 * w] < 0:
                    level[2 * w] = step
                    queue[last] = 2 * w
                    last += 1
            to = 2 * v if kind[v] == _MIDDLE and went[v] >= 0 else -1
        else:
            to = 2 * v + 1 if came[v] < 0 else 2 * came[v] + 1
        if to >= 0 and level[to] < 0:
            level[to] = step
            queue[last] = to
            last += 1
    return last, depth


@compiled
def _advance(  # noqa: PLR0913, PLR0917 (a kernel takes plain arrays)
    graph: Neighbours,
    kind: NDArray[np.uint8],
    root: Any,
    depth: int,
    came: IntArray,
    went: IntArray,
    level: IntArray,
    at: LongArray,
    stack: IntArray,
) -> Any:
    """Push one more path along the layers; ``at`` remembers for each state the neighbour it tried last."""
    top = 0
    stack[0] = root
    while top >= 0:
        state = stack[top]
        v = state >> 1
        end = graph.start[v + 1]
        to = -1
        if state & 1:
            while at[state] < end:
                w = graph.node[at[state]]
                if kind[w] == _SINK:
                    if kind[v] == _MIDDLE and level[state] + 1 == depth:
                        _lay(stack, top, w, kind, came, went)
                        for i in range(1, top + 1):
                            level[stack[i]] = _DEAD_END
                        return True
                elif kind[w] == _MIDDLE and level[2 * w] == level[state] + 1 and went[v] != w:
                    to = 2 * w
                    break
                at[state] += 1
            if to < 0 and kind[v] == _MIDDLE and went[v] >= 0 and level[2 * v] == level[state] + 1:
                to = 2 * v
        else:
            before = 2 * v + 1 if came[v] < 0 else 2 * came[v] + 1
            if level[before] == level[state] + 1:
                to = before
        if to >= 0:
            top += 1
            stack[top] = to
        else:
            level[state] = _DEAD_END
            top -= 1
    return False


@compiled
def _lay(stack: IntArray, top: int, sink: int, kind: NDArray[np.uint8], came: IntArray, went: IntArray) -> None:
    """Lay a path along the states of the stack; steps against an earlier path take that step back."""
    for i in range(top):
        v, w = stack[i] >> 1, stack[i + 1] >> 1
        if v == w:
            continue
        if stack[i] & 1:
            if kind[v] == _MIDDLE:
                went[v] = w
            came[w] = v
        else:
            if went[w] == v:
                went[w] = -1
            if came[v] == w:
                came[v] = -1
    went[stack[top] >> 1] = sink
