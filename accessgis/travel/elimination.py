"""Neighbours as arrays, and eliminating junctions by least degree: compiled, topology alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled
from accessgis.travel.separators import Neighbours

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_FINEST = 4
"""Steps of priority within one degree, for how fast the roads at a junction are."""
_BUCKETS = 1 << 16


@compiled
def undirected(nodes: int, tail: IntArray, head: IntArray) -> Any:
    """Return starts and neighbours of each junction, ascending, without loops and repetitions."""
    size = np.zeros(nodes + 1, np.int64)
    for e in range(tail.size):
        if tail[e] != head[e]:
            size[tail[e] + 1] += 1
            size[head[e] + 1] += 1
    first = np.cumsum(size)
    at = first[:-1].copy()
    half = np.empty(first[-1], np.int32)
    for e in range(tail.size):
        if tail[e] != head[e]:
            half[at[tail[e]]] = head[e]
            at[tail[e]] += 1
            half[at[head[e]]] = tail[e]
            at[head[e]] += 1
    start, kept = np.zeros(nodes + 1, np.int64), 0
    for v in range(nodes):
        sort_row(half, first[v], first[v + 1])
        last = np.int32(-1)
        for i in range(first[v], first[v + 1]):
            w = half[i]
            if w != last:
                last = w
                half[kept] = w
                kept += 1
        start[v + 1] = kept
    return start, half[:kept].copy()


@compiled
def eliminate(  # noqa: PLR0912 (a kernel in one piece: calls with many arrays cost more than they tidy)
    graph: Neighbours, favour: IntArray, stage: IntArray, most_degree: int, most: int
) -> Any:
    """Eliminate the junctions of stage 0 by degree, then the others by stage; return ranks, and what is left.

    Stops at the first junction of ``most_degree``: then the junctions left (rank −1), and the starts and neighbours
    among them, are returned too. The ranks are empty when more than ``most`` neighbours were listed.
    Junctions of later stages are not followed while they wait: their neighbours are found by :func:`_fill`.
    """
    nodes = graph.start.size - 1
    none = np.empty(0, np.int32)
    first, size, room = np.empty(nodes, np.int64), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    pool = np.empty(2 * graph.node.size + 6 * nodes + 1024, np.int32)
    top = np.int64(0)
    for v in range(nodes):
        degree = np.int32(graph.start[v + 1] - graph.start[v])
        first[v], size[v], room[v] = top, degree, degree + 2
        for i in range(degree):
            pool[top + i] = graph.node[graph.start[v] + i]
        top += degree + 2
    lists = _empty_lists(nodes)
    low, waiting = _BUCKETS, 0
    for v in range(nodes):
        if stage[v] == 0:
            low = min(low, _insert(lists, v, size[v] * _FINEST + favour[v]))
            waiting += 1
    rank, done = np.full(nodes, np.int32(-1), np.int32), 0
    mine, merged = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    while waiting > 0:
        while lists[0][low] < 0:
            low += 1
        u = lists[0][low]
        if size[u] >= most_degree:
            left, start, node = _remaining(rank, first, size, pool)
            return rank, left, start, node
        _remove(lists, u)
        waiting -= 1
        rank[u] = done
        done += 1
        degree = size[u]
        for i in range(degree):
            mine[i] = pool[first[u] + i]
        for i in range(degree):
            v = mine[i]
            if stage[v] > 0:
                continue
            count = _merge(pool, first[v], size[v], mine, degree, u, v, merged)
            if count > room[v]:
                room[v] = count + count // 2 + 2
                if top + room[v] > pool.size:
                    if top > most:
                        return none, none, np.zeros(1, np.int64), none
                    larger = np.empty(2 * pool.size + room[v], np.int32)
                    larger[:top] = pool[:top]
                    pool = larger
                first[v] = top
                top += room[v]
            for j in range(count):
                pool[first[v] + j] = merged[j]
            size[v] = count
            _remove(lists, v)
            low = min(low, _insert(lists, v, count * _FINEST + favour[v]))
    later = np.argsort(stage, kind="mergesort")
    for v in later:
        if stage[v] > 0:
            rank[v] = done
            done += 1
    return rank, none, np.zeros(1, np.int64), none


@compiled
def _merge(pool: IntArray, first: int, size: int, other: IntArray, others: int, u: int, v: int, out: IntArray) -> Any:
    """Merge ``pool[first:first + size]`` with ``other[:others]``, both ascending, without u and v; return the count."""
    i, j, count = first, 0, 0
    last = first + size
    while i < last or j < others:
        if j >= others or (i < last and pool[i] <= other[j]):
            w = pool[i]
            if j < others and other[j] == w:
                j += 1
            i += 1
        else:
            w = other[j]
            j += 1
        if w != u and w != v:  # noqa: PLR1714 (a tuple would be built each time)
            out[count] = w
            count += 1
    return count


@compiled
def sort_row(values: IntArray, low: int, high: int) -> None:
    """Sort ``values[low:high]`` in place; rows are short."""
    if high - low > 32:
        values[low:high].sort()
        return
    for i in range(low + 1, high):
        value = values[i]
        j = i - 1
        while j >= low and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


@compiled
def _remaining(rank: IntArray, first: LongArray, size: IntArray, pool: IntArray) -> Any:
    """Return the junctions without a rank, and starts and neighbours among them."""
    left = np.flatnonzero(rank < 0).astype(np.int32)
    number = np.full(rank.size, np.int32(-1), np.int32)
    start = np.zeros(left.size + 1, np.int64)
    for i in range(left.size):
        number[left[i]] = i
        start[i + 1] = start[i] + size[left[i]]
    node = np.empty(start[-1], np.int32)
    for i in range(left.size):
        for j in range(size[left[i]]):
            node[start[i] + j] = number[pool[first[left[i]] + j]]
    return left, start, node


@compiled
def _empty_lists(nodes: int) -> Any:
    """Return buckets of junctions as linked lists: first and last of each bucket, and next, before, bucket of each."""
    return (
        np.full(_BUCKETS, np.int32(-1), np.int32),
        np.full(_BUCKETS, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
    )


@compiled
def _insert(lists: Any, v: int, key: int) -> Any:
    """Append a junction to the bucket of its key; return the bucket."""
    first, last, after, before, bucket = lists
    b = min(key, _BUCKETS - 1)
    bucket[v], after[v], before[v] = b, -1, last[b]
    if last[b] < 0:
        first[b] = v
    else:
        after[last[b]] = v
    last[b] = v
    return b


@compiled
def _remove(lists: Any, v: int) -> None:
    first, last, after, before, bucket = lists
    if before[v] >= 0:
        after[before[v]] = after[v]
    else:
        first[bucket[v]] = after[v]
    if after[v] >= 0:
        before[after[v]] = before[v]
    else:
        last[bucket[v]] = before[v]
