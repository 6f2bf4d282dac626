"""The part of a hierarchy that some targets need: them and all that shortest paths to them descend through.

Sweeping only that part is restricted PHAST (Delling, Goldberg and Werneck 2011, *Faster Batched Shortest Paths in Road
Networks*).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.hierarchy import LONGEST_MS, Arcs, Hierarchy, TooSlowError
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.trips import Stops

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

_GATE_ROWS = 256
"""Fewest rows behind a gate."""
_GATE_GAIN = 8
"""Fewest rows behind a gate for each row that is looked at before passing it."""


class Gates(NamedTuple):
    """Subtrees that a search may pass by: when every row around one is beyond the cutoff, so is all inside.

    Attributes
    ----------
    row, end
        The rows of subtree i are ``row[i]:end[i]``; ascending, and nested or apart.
    after
        First gate at or behind the end of each.
    start, around
        The rows around subtree i are ``around[start[i]:start[i + 1]]``.
    """

    row: IntArray
    end: IntArray
    after: IntArray
    start: LongArray
    around: IntArray


class Cone(NamedTuple):
    """Rows to sweep, ascending, each after all that it pulls from.

    Attributes
    ----------
    row
        Row of each position of the hierarchy, −1 where it is not needed.
    start, arc
        Arcs by row, ``ms << 32 | row above``.
    leg_start, leg
        Legs of each target, an even number, ``ms << 32 | row``.
    at_start, at
        Targets by their lowest rows, one for each way to enter them.
    """

    row: IntArray
    start: Bytes4
    arc: Bytes8
    leg_start: LongArray
    leg: Bytes8
    at_start: LongArray
    at: IntArray


def cone_of(hierarchy: Hierarchy, targets: Stops, *, backward: bool) -> tuple[Cone, Gates]:
    """Return the rows that lead to targets, and the gates among them.

    Parameters
    ----------
    hierarchy
        Times of the network.
    targets
        Points to arrive at (to leave from, when searching backward).
    backward
        Whether arcs are searched against their direction.

    Raises
    ------
    TooSlowError
        A leg takes ``LONGEST_MS`` or more.
    """
    if targets.ms.size and int(targets.ms.max()) >= LONGEST_MS:
        raise TooSlowError
    order = hierarchy.order
    down = hierarchy.up if backward else hierarchy.down
    place = readonly(order.position[targets.node], np.int32)
    row, rows = _needed(order.node_count, down, place)
    if rows == order.node_count:
        start, arc = down.start, down.arc
    else:
        start, arc = _renumbered(down, readonly(row, np.int32), rows)
    leg_start, leg = _paired(
        targets.start, (targets.ms.astype(np.uint64) << np.uint64(32)) | row[place].astype(np.uint64)
    )
    at_start, at = _attached(rows, targets.start, place, readonly(row, np.int32), order.start, order.head)
    cone = Cone(
        row=readonly(row, np.int32),
        start=readonly(start, np.uint32),
        arc=readonly(arc, np.uint64),
        leg_start=readonly(leg_start, np.int64),
        leg=readonly(leg, np.uint64),
        at_start=readonly(at_start, np.int64),
        at=readonly(at, np.int32),
    )
    return cone, _gates(hierarchy, row)


def _paired(start: LongArray, leg: Bytes8) -> tuple[LongArray, Bytes8]:
    """Return starts and legs with the last of an odd number repeated: they are read in pairs."""
    count = np.diff(start)
    paired = np.concatenate([[0], np.cumsum(count + (count & 1))])
    nth = np.arange(paired[-1]) - np.repeat(paired[:-1], np.diff(paired))
    return paired, leg[np.repeat(start[:-1], np.diff(paired)) + np.minimum(nth, np.repeat(count - 1, np.diff(paired)))]


@compiled
def _needed(nodes: int, down: Arcs, place: IntArray) -> Any:
    """Return the row of each position, and how many rows there are."""
    wanted = np.zeros(nodes, np.bool_)
    for p in place:
        wanted[p] = True
    for p in range(nodes - 1, -1, -1):
        if wanted[p]:
            for a in range(down.start[p], down.start[p + 1]):
                wanted[np.int64(down.arc[a] & np.uint64(0xFFFFFFFF))] = True
    row, rows = np.full(nodes, np.int32(-1), np.int32), 0
    for p in range(nodes):
        if wanted[p]:
            row[p] = rows
            rows += 1
    return row, rows


@compiled
def _renumbered(down: Arcs, row: IntArray, rows: int) -> Any:
    """Return starts and arcs by row."""
    start, size = np.zeros(rows + 1, np.uint32), np.int64(0)
    for p in range(row.size):
        if row[p] >= 0:
            size += np.int64(down.start[p + 1]) - np.int64(down.start[p])
    arc, size = np.empty(size, np.uint64), np.int64(0)
    for p in range(row.size):
        if row[p] >= 0:
            for a in range(down.start[p], down.start[p + 1]):
                above = row[np.int64(down.arc[a] & np.uint64(0xFFFFFFFF))]
                arc[size] = ((down.arc[a] >> np.uint64(32)) << np.uint64(32)) | np.uint64(above)
                size += 1
            start[row[p] + 1] = np.uint32(size)
    return start, arc


@compiled
def _attached(
    rows: int, leg_start: LongArray, place: IntArray, row: IntArray, order_start: LongArray, order_head: IntArray
) -> Any:
    """Return the targets by row, at every leg but those that another leg's row has an arc up to.

    Such a pair are the two junctions of an edge: where the lower one is out of reach behind a gate, the upper one lies
    behind the same gate or around it, and is out of reach too.
    """
    size, kept = np.zeros(rows + 1, np.int64), np.ones(place.size, np.bool_)
    for target in range(leg_start.size - 1):
        for e in range(leg_start[target], leg_start[target + 1]):
            for other in range(leg_start[target], leg_start[target + 1]):
                if place[other] == place[e]:
                    kept[e] &= other >= e
                elif place[other] > place[e]:
                    for i in range(order_start[place[other]], order_start[place[other] + 1]):
                        kept[e] &= order_head[i] != place[e]
            if kept[e]:
                size[row[place[e]] + 1] += 1
    start = np.cumsum(size)
    at, free = np.empty(start[-1], np.int32), start[:-1].copy()
    for target in range(leg_start.size - 1):
        for e in range(leg_start[target], leg_start[target + 1]):
            if kept[e]:
                at[free[row[place[e]]]] = target
                free[row[place[e]]] += 1
    return start, at


def _gates(hierarchy: Hierarchy, row: IntArray) -> Gates:
    """Choose the subtrees worth looking at before they are swept."""
    order = hierarchy.order
    inside = np.concatenate([[0], np.cumsum(row >= 0)])
    size = inside[order.end] - inside[:-1]
    around = np.diff(order.start)
    chosen = np.flatnonzero((row >= 0) & (size >= _GATE_ROWS) & (size >= _GATE_GAIN * around))
    gate, end = row[chosen], (row[chosen] + size[chosen]).astype(np.int32)
    start = np.zeros(chosen.size + 1, np.int64)
    rim = _rims(order.start, order.head, readonly(row, np.int32), readonly(chosen, np.int64), start)
    return Gates(
        row=readonly(gate, np.int32),
        end=readonly(end, np.int32),
        after=readonly(np.searchsorted(gate, end), np.int32),
        start=readonly(start, np.int64),
        around=readonly(rim, np.int32),
    )


@compiled
def _rims(first: LongArray, head: IntArray, row: IntArray, chosen: LongArray, start: LongArray) -> Any:
    """Fill the starts and return the rows of the junctions around each chosen subtree."""
    size = 0
    for p in chosen:
        size += first[p + 1] - first[p]
    around, size = np.empty(size, np.int32), 0
    for i in range(chosen.size):
        for e in range(first[chosen[i]], first[chosen[i] + 1]):
            if row[head[e]] >= 0:
                around[size] = row[head[e]]
                size += 1
        start[i + 1] = size
    return around[:size].copy()
