"""Compiled searches over compact graphs: bucket queues on whole numbers.

Both searches are Dijkstra's algorithm with a bucket queue (Dial 1969; delta buckets after Meyer and Sanders 2003):
entries of one bucket are taken in any order and corrected until it is empty, so that zero-length arcs and arcs shorter
than a bucket stay exact. The buckets form a ring that spans the longest arc. A queue entry is 64 bits, ``next << 32 |
node``: an entry is stale when its node has since moved to an earlier bucket, so no time is stored with it.

All arithmetic is unsigned 64-bit: a signed index makes numba test for negative ones, and mixing signed with unsigned
makes floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, uint32, uint64
from numpy.typing import DTypeLike, NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

UNREACHED = 2**64 - 1
"""Key of a node that no search has reached."""
UNREACHED_MS = 2**32 - 1
"""Time of a node that a bounded search has not reached."""
NO_ENTRY = 2**32 - 1
"""End of a bucket's list."""

_LATTICE = 65535
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_NONE = np.uint64(NO_ENTRY)
_NONE4 = np.uint32(NO_ENTRY)
_FAR = np.uint64(UNREACHED)
_FAR4 = np.uint32(UNREACHED_MS)


def compiled(function: Function) -> Function:
    """Compile a kernel on its first call, free of the interpreter lock, and keep it on disk."""
    return cast("Function", njit(nogil=True, cache=True)(function))


def readonly(values: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return a contiguous read-only view (or copy) of one type, so that every kernel is compiled once only."""
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


@compiled
def pack_graph(tail: Bytes4, head: Bytes4, ms: Bytes4, start: Bytes4, arcs: Bytes8) -> Any:
    """Fill ``start`` (zeros, one more than nodes) and ``arcs`` (``ms << 32 | head``) by tail; return the arcs kept.

    Of several arcs with the same tail and head only the quickest stays.
    """
    nodes = start.size - 1
    for a in range(tail.size):
        start[tail[a] + 1] += uint32(1)
    for node in range(nodes):
        start[node + 1] += start[node]
    at = start[:-1].copy()
    for a in range(tail.size):
        slot = at[tail[a]]
        arcs[slot] = (uint64(ms[a]) << _HALF) | uint64(head[a])
        at[tail[a]] = slot + uint32(1)
    kept = 0
    low = start[0]
    for node in range(nodes):
        high = start[node + 1]
        first = kept
        for a in range(low, high):
            arc = arcs[a]
            beaten = False
            for b in range(first, kept):
                if arcs[b] & _LOW == arc & _LOW:
                    arcs[b] = min(arcs[b], arc)
                    beaten = True
                    break
            if not beaten:
                arcs[kept] = arc
                kept += 1
        low = high
        start[node + 1] = uint32(kept)
    return kept


@compiled
def nearest_labels(
    start: Bytes4,
    arcs: Bytes8,
    seed_node: Bytes4,
    seed_key: Bytes8,
    label_bits: Any,
    bucket_bits: Any,
    ring: Bytes4,
    pool: Bytes8,
) -> Any:
    """Return the smallest key of each node; empty when the pool was too small.

    A key is ``ms << label_bits | label``: comparing keys compares times, then labels, so ties go to the lowest label
    whatever the order of arcs, also across arcs of zero length. ``bucket_bits`` counts from the low end of a key.
    ``ring`` holds ``NO_ENTRY`` everywhere.
    """
    keys = np.full(start.size - 1, _FAR, np.uint64)
    mask, capacity = uint64(ring.size) - _ONE, uint64(pool.size)
    shift, width = uint64(label_bits), uint64(bucket_bits)
    top, free, waiting, now = _ZERO, _NONE, _ZERO, _FAR
    for i in range(seed_node.size):
        node, key = uint64(seed_node[i]), seed_key[i]
        if key < keys[node]:
            keys[node] = key
            bucket = key >> width
            now = min(now, bucket)
            pool[top] = (uint64(ring[bucket & mask]) << _HALF) | node
            ring[bucket & mask] = uint32(top)
            top += _ONE
            waiting += _ONE
    while waiting > _ZERO:
        place = now & mask
        while ring[place] != _NONE4:
            entry = uint64(ring[place])
            item = pool[entry]
            ring[place] = uint32(item >> _HALF)
            pool[entry] = free
            free = entry
            waiting -= _ONE
            node = item & _LOW
            key = keys[node]
            if key >> width < now:
                continue
            low, high = uint64(start[node]), uint64(start[node + _ONE])
            if waiting + (high - low) > capacity:
                return keys[:0]
            for a in range(low, high):
                arc = arcs[a]
                new = key + ((arc >> _HALF) << shift)
                target = arc & _LOW
                if new < keys[target]:
                    keys[target] = new
                    if free != _NONE:
                        slot = free
                        free = pool[slot]
                    else:
                        slot = top
                        top += _ONE
                    spot = (new >> width) & mask
                    pool[slot] = (uint64(ring[spot]) << _HALF) | target
                    ring[spot] = uint32(slot)
                    waiting += _ONE
        now += _ONE
    return keys


@compiled
def _bounded_search(  # noqa: PLR0913, PLR0917 (a kernel takes plain arrays)
    start: Bytes4,
    arcs: Bytes8,
    seed_node: Bytes4,
    seed_ms: Bytes8,
    cutoff: Any,
    width: Any,
    ring: Bytes4,
    pool: Bytes8,
    times: Bytes4,
    touched: Bytes4,
) -> Any:
    """Search from one group of seeds up to ``cutoff`` inclusive; return the nodes touched, −1 when the pool is full."""
    mask, capacity = uint64(ring.size) - _ONE, uint64(pool.size)
    top, free, waiting, now, count = _ZERO, _NONE, _ZERO, _FAR, _ZERO
    for i in range(seed_node.size):
        node, ms = uint64(seed_node[i]), seed_ms[i]
        if ms <= cutoff and ms < uint64(times[node]):
            if times[node] == _FAR4:
                touched[count] = uint32(node)
                count += _ONE
            times[node] = uint32(ms)
            bucket = ms >> width
            now = min(now, bucket)
            pool[top] = (uint64(ring[bucket & mask]) << _HALF) | node
            ring[bucket & mask] = uint32(top)
            top += _ONE
            waiting += _ONE
    while waiting > _ZERO:
        place = now & mask
        while ring[place] != _NONE4:
            entry = uint64(ring[place])
            item = pool[entry]
            ring[place] = uint32(item >> _HALF)
            pool[entry] = free
            free = entry
            waiting -= _ONE
            node = item & _LOW
            ms = uint64(times[node])
            if ms >> width < now:
                continue
            low, high = uint64(start[node]), uint64(start[node + _ONE])
            if waiting + (high - low) > capacity:
                return np.int64(-1)
            for a in range(low, high):
                arc = arcs[a]
                new = ms + (arc >> _HALF)
                if new > cutoff:
                    continue
                target = arc & _LOW
                old = times[target]
                if new < uint64(old):
                    if old == _FAR4:
                        touched[count] = uint32(target)
                        count += _ONE
                    times[target] = uint32(new)
                    if free != _NONE:
                        slot = free
                        free = pool[slot]
                    else:
                        slot = top
                        top += _ONE
                    spot = (new >> width) & mask
                    pool[slot] = (uint64(ring[spot]) << _HALF) | target
                    ring[spot] = uint32(slot)
                    waiting += _ONE
        now += _ONE
    return np.int64(count)


@compiled
def bounded_times(  # noqa: PLR0913, PLR0917 (a kernel takes plain arrays)
    start: Bytes4,
    arcs: Bytes8,
    group_start: NDArray[np.int64],
    seed_node: Bytes4,
    seed_ms: Bytes8,
    cutoff_ms: Any,
    bucket_bits: Any,
    ring: Bytes4,
    pool: Bytes8,
) -> Any:
    """Search from each group of seeds; return group starts, nodes and times, in the order nodes were touched.

    The starts are empty when the pool was too small. ``ring`` holds ``NO_ENTRY`` everywhere.
    """
    nodes, groups = start.size - 1, group_start.size - 1
    times = np.full(nodes, _FAR4, np.uint32)
    touched = np.empty(nodes, np.uint32)
    out_start = np.zeros(groups + 1, np.int64)
    capacity = max(1024, nodes)
    out_node, out_ms = np.empty(capacity, np.uint32), np.empty(capacity, np.uint32)
    size = 0
    for g in range(groups):
        first, last = group_start[g], group_start[g + 1]
        count = _bounded_search(
            start, arcs, seed_node[first:last], seed_ms[first:last], uint64(cutoff_ms), uint64(bucket_bits),
            ring, pool, times, touched,
        )  # fmt: skip
        if count < 0:
            return out_start[:0], out_node, out_ms
        if size + count > capacity:
            capacity = max(2 * capacity, size + count)
            more_node, more_ms = np.empty(capacity, np.uint32), np.empty(capacity, np.uint32)
            more_node[:size] = out_node[:size]
            more_ms[:size] = out_ms[:size]
            out_node, out_ms = more_node, more_ms
        for i in range(count):
            node = touched[i]
            out_node[size + i] = node
            out_ms[size + i] = times[node]
            times[node] = _FAR4
        size += count
        out_start[g + 1] = size
    return out_start, out_node[:size], out_ms[:size]


@compiled
def _hilbert_keys(column: Bytes4, row: Bytes4) -> Any:
    """Return the place of each cell of a 65,536 × 65,536 lattice along Hilbert's curve."""
    keys = np.empty(column.size, np.uint32)
    for i in range(column.size):
        x, y = np.int64(column[i]), np.int64(row[i])
        key, step = np.int64(0), np.int64(1 << 15)
        while step > 0:
            right, upper = (x & step) > 0, (y & step) > 0
            key = key * 4 + ((3 * np.int64(right)) ^ np.int64(upper))
            if not upper:
                if right:
                    x, y = 65535 - x, 65535 - y
                x, y = y, x
            step >>= 1
        keys[i] = np.uint32(key)
    return keys


def spatial_rank(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return each node's place along Hilbert's curve, so that neighbours share cache lines."""
    if x.size == 0:
        return np.empty(0, np.int32)
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    column = np.floor((x - x.min()) / side * _LATTICE).astype(np.uint32)
    row = np.floor((y - y.min()) / side * _LATTICE).astype(np.uint32)
    keys = _hilbert_keys(readonly(column, np.uint32), readonly(row, np.uint32))
    rank = np.empty(x.size, np.int32)
    rank[np.argsort(keys, kind="stable")] = np.arange(x.size, dtype=np.int32)
    return rank
