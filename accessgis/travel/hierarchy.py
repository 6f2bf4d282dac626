"""Times laid on an elimination order: a hierarchy in which every shortest path first climbs, then descends.

Laying times (customization) and taking out the arcs that no shortest path needs (perfect customization) follow
Dibbelt, Strasser and Wagner 2016, *Customizable Contraction Hierarchies*, for directed networks. A new speed, a closed
or an opened road needs no new order.

Both steps look at triangles: of three junctions that are joined pairwise, u below v below w, the way between v and w
over u may be the quicker one (first step, from the bottom up), and so may the way between u and v over w, or between u
and w over v (second step, from the top down). Only minima are taken, so the number of threads changes nothing.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.order import Order

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

NEVER_MS = 2**31 - 1
"""Time of what cannot be reached, inside hierarchies and sweeps."""
LONGEST_MS = 2**30
"""Times inside a hierarchy must stay below this (about 298 hours), so that sums of two fit."""

_NEVER = np.uint32(NEVER_MS)
_LONGEST = np.uint32(LONGEST_MS)
_PARTS_OF = 32
_UP, _DOWN = 0, 1
_ZERO, _ONE = np.uint64(0), np.uint64(1)


class TooSlowError(ValueError):
    """Some way takes 298 hours or more: the hierarchy cannot hold its time."""


class Arcs(NamedTuple):
    """Arcs by lower end: those of position p are ``arc[start[p]:start[p + 1]]``, each ``ms << 32 | upper end``."""

    start: Bytes4
    arc: Bytes8


class Rows(NamedTuple):
    """The arcs of an :class:`Order`, as kernels take them."""

    start: LongArray
    head: IntArray
    below_start: LongArray
    below_arc: LongArray
    below: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Hierarchy:
    """An order with the times of one network, arcs that no shortest path needs left out.

    Attributes
    ----------
    order
        The elimination order.
    up
        Arcs travelled from the lower to the upper end.
    down
        Arcs travelled from the upper to the lower end.
    """

    order: Order
    up: Arcs
    down: Arcs

    @property
    def arc_count(self) -> int:
        """Number of arcs kept, both ways together."""
        return self.up.arc.size + self.down.arc.size


def lay(order: Order, tail: IntArray, head: IntArray, ms: LongArray, *, workers: Executor, parts: int = 2) -> Hierarchy:
    """Lay the times of a network on its elimination order.

    Parameters
    ----------
    order
        Order of a network that has an edge, open or not, for every arc given.
    tail, head, ms
        Directed arcs: junctions, and whole milliseconds.
    workers, parts
        Where the work is done, and into how many pieces it is cut; they do not change the answer.

    Raises
    ------
    ValueError
        An arc joins junctions that the order does not join.
    TooSlowError
        An arc of the hierarchy would take ``LONGEST_MS`` or more.
    """
    rows = Rows(order.start, order.head, order.below_start, order.below_arc, order.below)
    weight = np.full((order.arc_count, 2), _NEVER, np.uint32)
    place = (readonly(order.position[tail], np.int32), readonly(order.position[head], np.int32))
    if not _place(rows, *place, readonly(ms, np.int64), weight):
        raise ValueError("an arc joins junctions that the order does not join")
    bounds, top = _cut(order, parts)
    above = readonly(np.flatnonzero(top), np.int32)
    pieces = list(zip(bounds[:-1], bounds[1:], strict=True))
    slots, private = _private(rows, above, len(pieces))
    list(workers.map(lambda i: _bottom_up(rows, weight, top, above, *pieces[i], slots, private[i]), range(len(pieces))))
    for i in range(len(pieces)):
        _gather(rows, weight, above, slots, private[i])
    _bottom_up_top(rows, weight, top, above)
    if ((weight >= _LONGEST) & (weight < _NEVER)).any():
        raise TooSlowError
    exact = weight.copy()
    _top_down_top(rows, exact, top, above)
    list(workers.map(lambda piece: _top_down(rows, exact, top, above, *piece), pieces))
    up, down = workers.map(lambda way: Arcs(*_pack(rows, weight, exact, way)), (_UP, _DOWN))
    return Hierarchy(
        order=order,
        up=Arcs(readonly(up.start, np.uint32), readonly(up.arc, np.uint64)),
        down=Arcs(readonly(down.start, np.uint32), readonly(down.arc, np.uint64)),
    )


def _cut(order: Order, parts: int) -> tuple[LongArray, NDArray[np.bool_]]:
    """Return bounds of pieces that no subtree crosses, and which positions lie above all of them."""
    nodes = order.node_count
    top: NDArray[np.bool_] = order.end - np.arange(nodes) > max(nodes // (_PARTS_OF * parts), 64)
    if parts <= 1 or nodes < 1000:
        return np.array([0, nodes]), np.zeros(nodes, np.bool_)
    first = np.flatnonzero(~top & ((order.parent < 0) | top[order.parent]))
    wanted = np.arange(1, parts) * nodes // parts
    bounds = first[np.minimum(np.searchsorted(first, wanted), first.size - 1)]
    return np.concatenate([[0], bounds, [nodes]]).astype(np.int64), top


@compiled
def _place(rows: Rows, tail: IntArray, head: IntArray, ms: LongArray, weight: Bytes4) -> Any:
    """Give the arcs of the network their times, the quickest of several; return whether each had a place."""
    for a in range(tail.size):
        if tail[a] == head[a]:
            continue
        lower, upper, way = (tail[a], head[a], _UP) if tail[a] > head[a] else (head[a], tail[a], _DOWN)
        first, last = rows.start[lower], rows.start[lower + 1]
        while first < last:
            middle = (first + last) >> 1
            if rows.head[middle] > upper:
                first = middle + 1
            else:
                last = middle
        if first == rows.start[lower + 1] or rows.head[first] != upper:
            return False
        weight[first, way] = min(weight[first, way], np.uint32(min(ms[a], NEVER_MS - 1)))
    return True


@compiled
def _private(rows: Rows, above: IntArray, pieces: int) -> Any:
    """Return where the row of each position above starts in a piece's own copy of these rows, and the copies."""
    slots = np.zeros(above.size + 1, np.int64)
    for i in range(above.size):
        slots[i + 1] = slots[i] + rows.start[above[i] + 1] - rows.start[above[i]]
    return slots, np.full((pieces, slots[-1], 2), _NEVER, np.uint32)


@compiled
def _over(rows: Rows, weight: Bytes4, e: int, u: int, where: Bytes4, out: Bytes4) -> None:
    """Offer the ways over u to the row whose arcs ``where`` finds: from arc e of u on to the arcs after it."""
    up, down = weight[e, 0], weight[e, 1]
    if up == _NEVER and down == _NEVER:
        return
    for f in range(np.uint64(e + 1), np.uint64(rows.start[u + 1])):
        x = np.uint64(where[np.uint32(rows.head[f])])
        out[x, _ZERO] = min(out[x, _ZERO], np.uint32(down + weight[f, _ZERO]))
        out[x, _ONE] = min(out[x, _ONE], np.uint32(up + weight[f, _ONE]))


@compiled
def _bottom_up(
    rows: Rows,
    weight: Bytes4,
    top: NDArray[np.bool_],
    above: IntArray,
    first: int,
    last: int,
    slots: LongArray,
    private: Bytes4,
) -> None:
    """Finish the rows of one piece, and collect what it offers to the rows above in a copy of them."""
    where = np.empty(rows.start.size - 1, np.uint32)
    for v in range(last - 1, first - 1, -1):
        if top[v]:
            continue
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = e
        for i in range(rows.below_start[v], rows.below_start[v + 1]):
            _over(rows, weight, rows.below_arc[i], rows.below[i], where, weight)
    for j in range(above.size):
        v = above[j]
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = slots[j] + e - rows.start[v]
        low, high = rows.below_start[v], rows.below_start[v + 1]
        i = low + np.searchsorted(rows.below[low:high], first)
        while i < high and rows.below[i] < last:
            if not top[rows.below[i]]:
                _over(rows, weight, rows.below_arc[i], rows.below[i], where, private)
            i += 1


@compiled
def _gather(rows: Rows, weight: Bytes4, above: IntArray, slots: LongArray, private: Bytes4) -> None:
    """Take over what a piece offered to the rows above."""
    for j in range(above.size):
        e = rows.start[above[j]]
        for i in range(slots[j], slots[j + 1]):
            for way in range(2):
                weight[e, way] = min(weight[e, way], private[i, way])
            e += 1


@compiled
def _bottom_up_top(rows: Rows, weight: Bytes4, top: NDArray[np.bool_], above: IntArray) -> None:
    """Finish the rows above all pieces."""
    where = np.empty(rows.start.size - 1, np.uint32)
    for j in range(above.size - 1, -1, -1):
        v = above[j]
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = e
        for i in range(rows.below_start[v], rows.below_start[v + 1]):
            if top[rows.below[i]]:
                _over(rows, weight, rows.below_arc[i], rows.below[i], where, weight)


@compiled
def _under(rows: Rows, exact: Bytes4, e: int, u: int, where: Bytes4) -> None:
    """Let the arcs of u take the ways over arc e and over the arcs above that ``where`` finds."""
    up, down = exact[e, 0], exact[e, 1]
    for f in range(np.uint64(e + 1), np.uint64(rows.start[u + 1])):
        x = np.uint64(where[np.uint32(rows.head[f])])
        over_up, over_down = exact[x, _ZERO], exact[x, _ONE]
        up = min(up, np.uint32(exact[f, _ZERO] + over_down))
        down = min(down, np.uint32(over_up + exact[f, _ONE]))
        exact[f, _ZERO] = min(exact[f, _ZERO], np.uint32(up + over_up))
        exact[f, _ONE] = min(exact[f, _ONE], np.uint32(over_down + down))
    exact[e, 0], exact[e, 1] = up, down


@compiled
def _top_down_top(rows: Rows, exact: Bytes4, top: NDArray[np.bool_], above: IntArray) -> None:
    """Make the rows above all pieces exact."""
    where = np.empty(rows.start.size - 1, np.uint32)
    for v in above:
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = e
        for i in range(rows.below_start[v], rows.below_start[v + 1]):
            if top[rows.below[i]]:
                _under(rows, exact, rows.below_arc[i], rows.below[i], where)


@compiled
def _top_down(rows: Rows, exact: Bytes4, top: NDArray[np.bool_], above: IntArray, first: int, last: int) -> None:
    """Make the rows of one piece exact, the rows above being so."""
    where = np.empty(rows.start.size - 1, np.uint32)
    for v in above:
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = e
        low, high = rows.below_start[v], rows.below_start[v + 1]
        i = low + np.searchsorted(rows.below[low:high], first)
        while i < high and rows.below[i] < last:
            if not top[rows.below[i]]:
                _under(rows, exact, rows.below_arc[i], rows.below[i], where)
            i += 1
    for v in range(first, last):
        if top[v]:
            continue
        for e in range(rows.start[v], rows.start[v + 1]):
            where[rows.head[e]] = e
        for i in range(rows.below_start[v], rows.below_start[v + 1]):
            _under(rows, exact, rows.below_arc[i], rows.below[i], where)


@compiled
def _pack(rows: Rows, weight: Bytes4, exact: Bytes4, way: int) -> Any:
    """Return starts and arcs of one way whose times are those of a shortest path.

    Odd rows repeat their last arc: a sweep goes through arcs in pairs, for every row that ends unforeseen stops the
    processor's look-ahead for longer than an arc takes.
    """
    positions = rows.start.size - 1
    start = np.zeros(positions + 1, np.uint32)
    arc = np.empty(rows.head.size + positions, np.uint64)
    kept = 0
    for p in range(positions):
        for e in range(rows.start[p], rows.start[p + 1]):
            if weight[e, way] == exact[e, way] and exact[e, way] < _NEVER:
                arc[kept] = (np.uint64(exact[e, way]) << np.uint64(32)) | np.uint64(rows.head[e])
                kept += 1
        if (kept - start[p]) & 1:
            arc[kept] = arc[kept - 1]
            kept += 1
        start[p + 1] = np.uint32(kept)
    return start, arc[:kept].copy()
