"""One search from all sources at once over a hierarchy: the least time and whose it is, for every junction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from accessgis.travel.hierarchy import Arcs
from accessgis.travel.kernels import compiled
from accessgis.travel.sweep import Climb

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes8 = NDArray[np.uint64]


@compiled
def climb_labels(climb: Climb, seed_key: Bytes8, label_bits: Any) -> Any:
    """Return keys by position, ``ms << label_bits | label``, of the ancestors of seeds climbed to; 2^63 elsewhere."""
    shift, never = uint64(label_bits), uint64(1) << uint64(63)
    places = climb.parent.size
    parent, start, arcs = climb.parent, climb.arcs.start, climb.arcs.arc
    keys = np.full(places, never, np.uint64)
    stamp, chain, count = np.zeros(places, np.bool_), np.empty(places, np.int32), 0
    for e in range(climb.place.size):
        p = climb.place[e]
        keys[p] = min(keys[p], seed_key[e])
        while p >= 0 and not stamp[p]:
            stamp[p] = True
            chain[count] = p
            count += 1
            p = parent[p]
    chain[:count].sort()
    for i in range(count - 1, -1, -1):
        p = uint64(chain[i])
        key = keys[p]
        if key < never:
            for a in range(uint64(start[p]), uint64(start[p + uint64(1)])):
                above = arcs[a] & uint64(0xFFFFFFFF)
                keys[above] = min(keys[above], key + ((arcs[a] >> uint64(32)) << shift))
    return keys


@compiled
def sweep_labels(down: Arcs, keys: Bytes8, label_bits: Any, top: NDArray[np.bool_], above: Any, span: Any) -> None:
    """Sweep the positions of a span that lie above all pieces, or those that do not."""
    start, arcs, shift = down.start, down.arc, uint64(label_bits)
    for p in range(uint64(span[0]), uint64(span[1])):
        if top[p] != above:
            continue
        key = keys[p]
        for a in range(uint64(start[p]), uint64(start[p + uint64(1)]), uint64(2)):
            first, second = arcs[a], arcs[a + uint64(1)]
            by_first = keys[first & uint64(0xFFFFFFFF)] + ((first >> uint64(32)) << shift)
            by_second = keys[second & uint64(0xFFFFFFFF)] + ((second >> uint64(32)) << shift)
            key = min(key, by_first, by_second)
        keys[p] = key


@compiled
def read_labels(keys: Bytes8, position: IntArray, label_bits: Any, span: Any, ms: LongArray, label: IntArray) -> None:
    """Write times and labels of a span of junctions; 2^62 and −1 without a way."""
    shift, never = uint64(label_bits), uint64(1) << uint64(63)
    mask = (uint64(1) << shift) - uint64(1)
    for node in range(uint64(span[0]), uint64(span[1])):
        key = keys[position[node]]
        if key < never:
            ms[node], label[node] = key >> shift, key & mask
        else:
            ms[node], label[node] = 1 << 62, -1
