"""The several nearest sources of every junction by bucket queue, and of the targets that lie beyond."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.base.errors import DataError
from accessgis.travel.bucket import UNREACHED_MS, SearchGraph, ring_size
from accessgis.travel.kernels import NO_ENTRY, compiled, readonly
from accessgis.travel.trips import Trips

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

_TIME_BITS = 62
_FAR = np.uint64(2**64 - 1)
_HALF = np.uint64(32)
_NONE = np.uint32(NO_ENTRY)


def nearest_lists(
    graph: SearchGraph, seed_node: IntArray, seed_ms: LongArray, seed_label: IntArray, *, count: int
) -> tuple[LongArray, IntArray]:
    """Return the first ``count`` (ms, label) of each node, ascending; ``UNREACHED_MS`` and −1 where there are fewer.

    Each label counts once, with its smallest time. Nodes are numbered as in the graph.

    Raises
    ------
    DataError
        AG3602 where the network is so slow that times and labels do not fit 64 bits.
    """
    bits = int(seed_label.max(initial=0)).bit_length()
    if (graph.total_ms + int(seed_ms.max(initial=0))).bit_length() + bits > _TIME_BITS:
        raise DataError("AG3602", days=graph.total_ms // 86_400_000)
    key = (seed_ms.astype(np.uint64) << np.uint64(bits)) | seed_label.astype(np.uint64)
    keys = _lists(
        graph.start,
        graph.arcs,
        readonly(seed_node, np.uint32),
        readonly(key, np.uint64),
        bits,
        graph.bucket_bits,
        np.full(ring_size(graph, seed_ms), NO_ENTRY, np.uint32),
        np.full((graph.node_count, count), _FAR, np.uint64),
    )
    reached = keys != _FAR
    ms = np.where(reached, (keys >> np.uint64(bits)).astype(np.int64), UNREACHED_MS)
    return ms, np.where(reached, (keys & np.uint64((1 << bits) - 1)).astype(np.int32), np.int32(-1))


@compiled
def _entered(row: Bytes8, key: Any, mask: Any) -> Any:
    """Put a key into an ascending row that holds each label once; return whether the row changed."""
    last = row.size - 1
    if key >= row[last]:
        return False
    at = last
    for k in range(row.size):
        if row[k] != _FAR and (row[k] & mask) == (key & mask):
            if row[k] <= key:
                return False
            at = k
            break
    while at > 0 and row[at - 1] > key:
        row[at] = row[at - 1]
        at -= 1
    row[at] = key
    return True


@compiled
def _lists(
    start: Bytes4,
    arcs: Bytes8,
    seed_node: Bytes4,
    seed_key: Bytes8,
    label_bits: Any,
    bucket_bits: Any,
    ring: Bytes4,
    keys: Bytes8,
) -> Any:
    """Fill the rows of ``keys`` (``ms << label_bits | label``); each entry of a row is carried on once."""
    shift, width = np.uint64(label_bits), np.uint64(label_bits + bucket_bits)
    label = (np.uint64(1) << shift) - np.uint64(1)
    mask = np.uint64(ring.size - 1)
    node, key = np.empty(4 * seed_node.size + 1024, np.uint32), np.empty(4 * seed_node.size + 1024, np.uint64)
    after = np.empty(node.size, np.uint32)
    top, free, waiting, now = 0, _NONE, 0, _FAR
    for i in range(seed_node.size):
        if _entered(keys[seed_node[i]], seed_key[i], label):
            place = (seed_key[i] >> width) & mask
            node[top], key[top], after[top] = seed_node[i], seed_key[i], ring[place]
            ring[place] = np.uint32(top)
            top += 1
            waiting += 1
            now = min(now, seed_key[i] >> width)
    while waiting > 0:
        place = now & mask
        while ring[place] != _NONE:
            entry = ring[place]
            ring[place] = after[entry]
            after[entry] = free
            free = entry
            waiting -= 1
            u, found = node[entry], key[entry]
            kept = False
            for k in range(keys.shape[1]):
                kept |= keys[u, k] == found
            if not kept:
                continue
            for a in range(start[u], start[u + np.uint32(1)]):
                new = found + ((arcs[a] >> _HALF) << shift)
                v = np.uint32(arcs[a])
                if not _entered(keys[v], new, label):
                    continue
                if free == _NONE and top == node.size:
                    node, key, after = _doubled4(node), _doubled8(key), _doubled4(after)
                if free != _NONE:
                    slot = free
                    free = after[slot]
                else:
                    slot = np.uint32(top)
                    top += 1
                spot = (new >> width) & mask
                node[slot], key[slot], after[slot] = v, new, ring[spot]
                ring[spot] = slot
                waiting += 1
        now += np.uint64(1)
    return keys


@compiled
def _doubled4(values: Bytes4) -> Any:
    larger = np.empty(2 * values.size, np.uint32)
    larger[: values.size] = values
    return larger


@compiled
def _doubled8(values: Bytes8) -> Any:
    larger = np.empty(2 * values.size, np.uint64)
    larger[: values.size] = values
    return larger


def nearest_at(
    trips: Trips, node: IntArray, node_ms: LongArray, node_source: IntArray
) -> tuple[NDArray[np.float64], IntArray]:
    """Return times and sources of the first sources of each target, from those of each junction.

    Parameters
    ----------
    trips
        The question.
    node
        Junctions of the targets' legs (``trips.targets.node``), as the rows of the next two are numbered.
    node_ms, node_source
        Times and sources at each junction (junctions × count), −1 where there are fewer.

    Returns
    -------
    tuple
        Milliseconds and sources (targets × count); ``inf`` and −1 where there are fewer.
    """
    ms, source = _at_targets(
        (readonly(node_ms, np.int64), readonly(node_source, np.int32)),
        (trips.targets.start, readonly(node, np.int32), trips.targets.ms),
        (trips.direct_start, trips.direct_target, trips.direct_ms),
    )
    return np.where(source >= 0, ms, np.inf), source


@compiled
def _at_targets(nodes: Any, legs: Any, direct: Any) -> Any:
    """Return times and sources of the first sources of each target: over its legs, and along single arcs.

    Parameters
    ----------
    nodes
        Times and sources at each junction (junctions × count).
    legs
        Starts, junctions and times of the legs of each target.
    direct
        Starts by source, targets and times of trips along one arc.
    """
    node_ms, node_source = nodes
    leg_start, leg_node, leg_ms = legs
    direct_start, direct_target, direct_ms = direct
    targets, count = leg_start.size - 1, node_ms.shape[1]
    ms, source = np.full((targets, count), UNREACHED_MS, np.int64), np.full((targets, count), np.int32(-1), np.int32)
    for target in range(targets):
        for e in range(leg_start[target], leg_start[target + 1]):
            for k in range(count):
                if node_source[leg_node[e], k] >= 0:
                    _offer(ms[target], source[target], leg_ms[e] + node_ms[leg_node[e], k], node_source[leg_node[e], k])
    for s in range(direct_start.size - 1):
        for d in range(direct_start[s], direct_start[s + 1]):
            _offer(ms[direct_target[d]], source[direct_target[d]], direct_ms[d], s)
    return ms, source


@compiled
def _offer(times: LongArray, sources: IntArray, ms: Any, source: Any) -> None:
    """Put a source into a list of the first by (time, source), each source once; −1 is an empty place."""
    at = sources.size - 1
    for k in range(sources.size):
        if sources[k] == source:
            if times[k] <= ms:
                return
            at = k
            break
    else:
        if sources[at] >= 0 and (ms > times[at] or (ms == times[at] and source > sources[at])):
            return
    while at > 0 and (sources[at - 1] < 0 or ms < times[at - 1] or (ms == times[at - 1] and source < sources[at - 1])):
        times[at], sources[at] = times[at - 1], sources[at - 1]
        at -= 1
    times[at], sources[at] = ms, source
