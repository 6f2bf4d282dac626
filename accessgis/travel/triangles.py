"""The triangles of an elimination order, compiled: times handed up and down it, and rows of arcs written.

Of three junctions that are joined pairwise, u below v below w, the way between v and w over u may be the quicker one
(from the bottom up), and so may the way between u and v over w, or between u and w over v (from the top down). Rows are
done where something they hang on may have changed; a row that comes out as it was ends the matter there. Only minima
are taken, so neither which rows are left out nor the number of threads changes a time.

Flags are kept for each position: ``touched``, its row must be done from the bottom up; ``changed``, that gave other
times; ``busy``, so it did for some row of its subtree; ``moved``, its exact times are others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled
from accessgis.travel.lanes import PAIRS, offer_pairs, settle_pairs

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]
Flags = NDArray[np.uint8]

NEVER_MS = 2**31 - 1
"""Time of what cannot be reached, inside hierarchies and sweeps."""
LONGEST_MS = 2**30
"""Times inside a hierarchy must stay below this (about 298 hours), so that sums of two fit."""

_NEVER = np.uint32(NEVER_MS)
_LONGEST = np.uint32(LONGEST_MS)
_ZERO, _ONE, _BLOCK, _FEW = np.uint64(0), np.uint64(1), np.uint64(PAIRS), np.uint64(3)
_ZERO4, _LOW, _HALF = np.uint32(0), np.uint64(0xFFFFFFFF), np.uint64(32)


class Rows(NamedTuple):
    """The arcs of an order, as kernels take them."""

    start: LongArray
    head: IntArray
    below_start: LongArray
    below_arc: LongArray
    below: IntArray


class Times(NamedTuple):
    """Times up and down of each arc: those given, those over lower junctions, and those of shortest paths.

    The last two are alike where an arc itself is a shortest path; ``kept`` counts these for each position, up and down.
    """

    given: Bytes4
    basic: Bytes4
    exact: Bytes4
    kept: Bytes4


class Marks(NamedTuple):
    """What was found out about each position, and whether any time is too long (one flag)."""

    touched: Flags
    changed: Flags
    busy: Flags
    moved: Flags
    slow: Flags


@compiled
def rings(places: LongArray, size: int) -> Any:
    """Return for each arc of the network another one with the same place, so that these make a ring."""
    ring = np.arange(places.size).astype(np.int32)
    last = np.full(size, np.int32(-1), np.int32)
    for a in range(places.size):
        place = places[a]
        if place >= 0:
            if last[place] >= 0:
                ring[a] = ring[last[place]]
                ring[last[place]] = a
            last[place] = a
    return ring


@compiled
def put(places: LongArray, ms: LongArray, given: Bytes4) -> None:
    """Give the arcs of the network their times, the quickest of several."""
    for a in range(places.size):
        if places[a] >= 0:
            arc, way = places[a] >> 1, places[a] & 1
            taken = ms[a] if ms[a] == NEVER_MS else min(ms[a], NEVER_MS - 1)
            given[arc, way] = min(given[arc, way], np.uint32(taken))


@compiled
def put_some(
    some: LongArray, places: LongArray, ring: IntArray, ms: LongArray, lower: IntArray, given: Bytes4, touched: Flags
) -> None:
    """Give some arcs of the network their times anew, and touch the rows (``lower``, for each of some) they are in."""
    for i in range(some.size):
        place = places[some[i]]
        if place < 0:
            continue
        a, least = some[i], NEVER_MS
        while True:
            taken = ms[a] if ms[a] == NEVER_MS else min(ms[a], NEVER_MS - 1)
            least = min(least, int(taken))
            a = np.int64(ring[a])
            if a == some[i]:
                break
        if given[place >> 1, place & 1] != least:
            given[place >> 1, place & 1] = np.uint32(least)
            touched[lower[i]] = 1


@compiled
def slots_above(rows: Rows, above: IntArray) -> Any:
    """Return where the row of each position above starts in a piece's own copy of these rows."""
    slots = np.zeros(above.size + 1, np.int64)
    for i in range(above.size):
        slots[i + 1] = slots[i] + rows.start[above[i] + 1] - rows.start[above[i]]
    return slots


@compiled
def _over(head: IntArray, weight: Bytes4, e: int, end: int, where: Bytes4, out: Bytes4) -> None:
    """Offer the ways from arc e over its lower end on to the arcs after it, before ``end``, to those ``where`` finds.

    What lies side by side in the one row mostly does so in the other too, and is then done as a vector.
    """
    up, down = weight[e, 0], weight[e, 1]
    if up == _NEVER and down == _NEVER:
        return
    f, last = np.uint64(e + 1), np.uint64(end)
    while f < last:
        x = np.uint64(where[np.uint32(head[f])])
        count = last - f
        if count >= _FEW and where[np.uint32(head[last - _ONE])] != x + count - _ONE:
            count = (
                _BLOCK if count > _BLOCK and where[np.uint32(head[f + _BLOCK - _ONE])] == x + _BLOCK - _ONE else _ZERO
            )
        if count >= _FEW:
            offer_pairs(weight, f, count, down, up, out, x)
            f += count
        else:
            out[x, _ZERO] = min(out[x, _ZERO], np.uint32(down + weight[f, _ZERO]))
            out[x, _ONE] = min(out[x, _ONE], np.uint32(up + weight[f, _ONE]))
            f += _ONE


@compiled
def _compare(
    start: LongArray, head: IntArray, basic: Bytes4, old: Bytes4, v: int, touched: Flags, changed: Flags, slow: Flags
) -> None:
    """Mark a finished row that came out other than it was, and the rows that ways over v may change by that."""
    first, other = start[v], -1
    for e in range(first, start[v + 1]):
        for way in range(2):
            ms = basic[e, way]
            if ms != old[e - first, way]:
                other = e
            if ms >= _LONGEST and ms < _NEVER:
                slow[0] = 1
    if other >= 0:
        changed[v] = 1
        for e in range(first, min(other + 1, int(start[v + 1]) - 1)):
            touched[head[e]] = 1


@compiled
def bottom_up(rows: Rows, times: Times, marks: Marks, top: NDArray[np.bool_], first: int, last: int) -> None:
    """Do the touched rows of one piece from the bottom up."""
    start, head, below_start, arc, below = rows
    given, basic, touched, changed, slow = times.given, times.basic, marks.touched, marks.changed, marks.slow
    where, old = np.empty(start.size - 1, np.uint32), np.empty((start.size, 2), np.uint32)
    for v in range(last - 1, first - 1, -1):
        if top[v] or not touched[v]:
            continue
        for e in range(start[v], start[v + 1]):
            where[head[e]] = e
            for way in range(2):
                old[e - start[v], way] = basic[e, way]
                basic[e, way] = given[e, way]
        for i in range(below_start[v], below_start[v + 1]):
            _over(head, basic, arc[i], start[below[i] + 1], where, basic)
        _compare(start, head, basic, old, v, touched, changed, slow)


@compiled
def collect(
    rows: Rows,
    basic: Bytes4,
    top: NDArray[np.bool_],
    above: IntArray,
    ready: Flags,
    piece: tuple[int, int],
    slots: LongArray,
    private: Bytes4,
) -> None:
    """Collect what one piece offers to those rows above that are to be ``ready``, in a copy of them."""
    start, head, below_start, arc, below = rows
    where, (first, last) = np.empty(start.size - 1, np.uint32), piece
    for j in range(above.size):
        if not ready[j]:
            continue
        v = above[j]
        for e in range(start[v], start[v + 1]):
            where[head[e]] = slots[j] + e - start[v]
        low, high = below_start[v], below_start[v + 1]
        i = low + np.searchsorted(below[low:high], first)
        while i < high and below[i] < last:
            if not top[below[i]]:
                _over(head, basic, arc[i], start[below[i] + 1], where, private)
            i += 1


@compiled
def bottom_up_above(
    rows: Rows,
    times: Times,
    marks: Marks,
    top: NDArray[np.bool_],
    above: IntArray,
    ready: Flags,
    slots: LongArray,
    private: NDArray[np.uint32],
) -> None:
    """Do the touched rows above all pieces: with what was collected where they are ready, else with all below."""
    start, head, below_start, arc, below = rows
    given, basic, touched, changed, slow = times.given, times.basic, marks.touched, marks.changed, marks.slow
    where, old = np.empty(start.size - 1, np.uint32), np.empty((start.size, 2), np.uint32)
    for j in range(above.size - 1, -1, -1):
        v = above[j]
        if not touched[v]:
            continue
        for e in range(start[v], start[v + 1]):
            where[head[e]] = e
            for way in range(2):
                old[e - start[v], way] = basic[e, way]
                basic[e, way] = given[e, way]
                if ready[j]:
                    for piece in range(private.shape[0]):
                        basic[e, way] = min(basic[e, way], private[piece, slots[j] + e - start[v], way])
        for i in range(below_start[v], below_start[v + 1]):
            if top[below[i]] or not ready[j]:
                _over(head, basic, arc[i], start[below[i] + 1], where, basic)
        _compare(start, head, basic, old, v, touched, changed, slow)


@compiled
def spread(parent: IntArray, marks: Marks) -> None:
    """Find out which subtrees hold changed rows."""
    changed, busy = marks.changed, marks.busy
    for v in range(parent.size - 1, -1, -1):
        if changed[v] or busy[v]:
            busy[v] = 1
            if parent[v] >= 0:
                busy[parent[v]] = 1


@compiled
def _under(head: IntArray, exact: Bytes4, e: int, end: int, at: int, stop: int) -> None:
    """Let arc e and those after it, before ``end``, take the ways over each other and the row ``at:stop`` of its head.

    The heads after e are all in that row too, in the same order.
    """
    up, down = exact[e, 0], exact[e, 1]
    least_up, least_down = up, down
    f, last = np.uint64(e + 1), np.uint64(end)
    x, behind = np.uint64(at), np.uint64(stop)
    while f < last:
        to = head[f]
        while x + _BLOCK <= behind and head[x + _BLOCK - _ONE] > to:
            x += _BLOCK
        while head[x] != to:
            x += _ONE
        count = last - f
        if count >= _FEW and (x + count > behind or head[last - _ONE] != head[x + count - _ONE]):
            side = count > _BLOCK and x + _BLOCK <= behind and head[f + _BLOCK - _ONE] == head[x + _BLOCK - _ONE]
            count = _BLOCK if side else _ZERO
        if count >= _FEW:
            least = settle_pairs(exact, f, count, x, up, down)
            least_up = min(least_up, np.uint32(least & _LOW))
            least_down = min(least_down, np.uint32(least >> _HALF))
            f += count
            x += count
        else:
            over_up, over_down = exact[x, _ZERO], exact[x, _ONE]
            least_up = min(least_up, np.uint32(exact[f, _ZERO] + over_down))
            least_down = min(least_down, np.uint32(over_up + exact[f, _ONE]))
            exact[f, _ZERO] = min(exact[f, _ZERO], np.uint32(up + over_up))
            exact[f, _ONE] = min(exact[f, _ONE], np.uint32(over_down + down))
            f += _ONE
            x += _ONE
    exact[e, 0], exact[e, 1] = least_up, least_down


@compiled
def _settle(
    start: LongArray, head: IntArray, basic: Bytes4, exact: Bytes4, v: int, old: Bytes4, kept: Bytes4, moved: Flags
) -> None:
    """Make one row exact, those of its heads being so, count what stays, and mark it when it came out other."""
    first, last = start[v], start[v + 1]
    for e in range(first, last):
        for way in range(2):
            old[e - first, way] = exact[e, way]
            exact[e, way] = basic[e, way]
    for e in range(first, last - 1):
        _under(head, exact, e, last, start[head[e]], start[head[e] + 1])
    up, down, other = _ZERO4, _ZERO4, _ZERO4
    for e in range(first, last):
        other |= (exact[e, 0] ^ old[e - first, 0]) | (exact[e, 1] ^ old[e - first, 1])
        up += np.uint32((basic[e, 0] == exact[e, 0]) & (exact[e, 0] < _NEVER))
        down += np.uint32((basic[e, 1] == exact[e, 1]) & (exact[e, 1] < _NEVER))
    kept[v, 0], kept[v, 1] = up, down
    if other:
        moved[v] = 1


@compiled
def top_down(
    rows: Rows, times: Times, marks: Marks, top: NDArray[np.bool_], end: IntArray, above: int, first: int, last: int
) -> None:
    """Do from the top down, of the rows ``first:last``, those above all pieces (``above`` 1) or the others (0).

    A subtree without a changed row hangs on the arcs between the heads of its root alone: when none of them moved, it
    stays as it is.
    """
    start, head = rows.start, rows.head
    basic, exact, kept = times.basic, times.exact, times.kept
    changed, busy, moved = marks.changed, marks.busy, marks.moved
    old = np.empty((start.size, 2), np.uint32)
    v = first
    while v < last:
        if top[v] != above:
            v = v + 1 if top[v] else end[v]
            continue
        hit = changed[v] > 0
        for e in range(start[v], start[v + 1] - 1):
            hit |= moved[head[e]] > 0
        if hit:
            _settle(start, head, basic, exact, v, old, kept, moved)
        v = v + 1 if hit or busy[v] or above else end[v]


@compiled
def starts(kept: Bytes4, way: int) -> Any:
    """Return where the rows of arcs that are kept start.

    Odd rows repeat their last arc: a sweep goes through arcs in pairs, for every row that ends unforeseen stops the
    processor's look-ahead for longer than an arc takes.
    """
    start = np.zeros(kept.shape[0] + 1, np.uint32)
    for p in range(kept.shape[0]):
        start[p + 1] = start[p] + ((kept[p, way] + np.uint32(1)) & np.uint32(0xFFFFFFFE))
    return start


@compiled
def write(
    rows: Rows,
    times: Times,
    way: int,
    marks: Marks,
    start_before: Bytes4,
    arc_before: Bytes8,
    start: Bytes4,
    arc: Bytes8,
) -> None:
    """Write the arcs of one way whose times are those of a shortest path; rows that stayed are taken over.

    ``arc`` has room for one more than there are: each is written, and stays if the place behind it is taken next.
    """
    basic, exact, changed, moved = times.basic, times.exact, marks.changed, marks.moved
    p, positions = 0, rows.start.size - 1
    while p < positions:
        if changed[p] or moved[p]:
            at = np.uint64(start[p])
            for e in range(rows.start[p], rows.start[p + 1]):
                ms = exact[e, way]
                arc[at] = (np.uint64(ms) << _HALF) | np.uint64(rows.head[e])
                at += np.uint64((ms == basic[e, way]) & (ms < _NEVER))
            if at < start[p + 1]:
                arc[at] = arc[at - _ONE]
            p += 1
        else:
            first = p
            while p < positions and not (changed[p] or moved[p]):
                p += 1
            low, shift = np.int64(start[first]), np.int64(start_before[first]) - np.int64(start[first])
            for i in range(low, np.int64(start[p])):
                arc[i] = arc_before[i + shift]
