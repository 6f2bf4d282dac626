"""Sixteen searches at once over a hierarchy: climb from the sources, sweep down in one pass, reduce on the way.

PHAST (Delling, Goldberg, Nowatzyk and Werneck 2013) with the lanes of a row as searches. Rows are in the order of the
elimination tree, so that what a row pulls from was written a moment ago, and so that a subtree out of reach is one
stretch of rows that the sweep steps over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import uint32, uint64
from numpy.typing import NDArray

from accessgis.travel.cone import Cone, Gates
from accessgis.travel.decay import Worth
from accessgis.travel.hierarchy import NEVER_MS, Arcs
from accessgis.travel.kernels import compiled
from accessgis.travel.lanes import LANES, add_within, keep_within, pull, push, sum_within, turn, within

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

_NEVER = np.uint32(NEVER_MS)


class Climb(NamedTuple):
    """What climbing from the sources needs: parents, the arcs up, and the places each source starts from."""

    parent: IntArray
    arcs: Arcs
    start: LongArray
    place: IntArray
    ms: Bytes4


class Direct(NamedTuple):
    """Trips along one arc, by source."""

    start: LongArray
    target: IntArray
    ms: LongArray


class Plan(NamedTuple):
    """All that a sweep reads."""

    climb: Climb
    cone: Cone
    gates: Gates
    direct: Direct
    cutoff: int


class Desk(NamedTuple):
    """What one thread writes on. Stamps say at which tick of the clock an entry was written: nothing need be wiped."""

    clock: IntArray
    climbed: Bytes4
    times: Bytes4
    place_stamp: IntArray
    row_stamp: IntArray
    target_stamp: IntArray
    direct_stamp: IntArray
    chain: IntArray
    swept: LongArray


@compiled
def _climb(plan: Plan, desk: Desk, first: int, last: int) -> None:
    """Search upwards from sources ``first:last`` and leave the times in the rows of the ancestors."""
    climb, stamp, chain, now = plan.climb, desk.place_stamp, desk.chain, desk.clock[0]
    count = 0
    for e in range(climb.start[first], climb.start[last]):
        p = climb.place[e]
        while p >= 0 and stamp[p] != now:
            stamp[p] = now
            chain[count] = p
            count += 1
            p = climb.parent[p]
    chain[:count].sort()
    for i in range(count):
        low = np.int64(chain[i]) * LANES
        for lane in range(LANES):
            desk.climbed[low + lane] = _NEVER
    for source in range(first, last):
        for e in range(climb.start[source], climb.start[source + 1]):
            at = np.int64(climb.place[e]) * LANES + source - first
            desk.climbed[at] = min(desk.climbed[at], climb.ms[e])
    for i in range(count - 1, -1, -1):
        p = uint64(chain[i])
        push(desk.climbed, climb.arcs.arc, uint64(climb.arcs.start[p]), uint64(climb.arcs.start[p + uint64(1)]), p)
    for i in range(count):
        row = plan.cone.row[chain[i]]
        if row >= 0:
            desk.row_stamp[row] = now
            to, of = np.int64(row) * LANES, np.int64(chain[i]) * LANES
            for lane in range(LANES):
                desk.times[to + lane] = desk.climbed[of + lane]


@compiled
def _rows(plan: Plan, desk: Desk, first: Any, last: Any) -> None:
    """Sweep rows ``first:last``."""
    start, arc, times, stamp, now = plan.cone.start, plan.cone.arc, desk.times, desk.row_stamp, desk.clock[0]
    for row in range(uint32(first), uint32(last)):
        fresh = stamp[row] != now
        pull(times, arc, uint64(start[row]), uint64(start[row + uint32(1)]), times, uint64(row), fresh)


@compiled
def _out_of_reach(plan: Plan, desk: Desk, gate: Any) -> Any:
    """Return whether every row around a gate is beyond the cutoff."""
    for i in range(plan.gates.start[gate], plan.gates.start[gate + 1]):
        if within(desk.times, uint64(plan.gates.around[i]), uint32(plan.cutoff)) != uint64(0):
            return False
    return True


@compiled
def _sweep(plan: Plan, desk: Desk) -> Any:
    """Sweep all rows but those behind gates out of reach; return how many stretches of rows ``desk.swept`` holds."""
    gates, rows = plan.gates, plan.cone.start.size - 1
    row, gate, count, begun = np.int64(0), np.int64(0), 0, np.int64(0)
    while gate < gates.row.size:
        door = gates.row[gate]
        _rows(plan, desk, row, door)
        row = np.int64(door)
        if desk.row_stamp[door] != desk.clock[0] and _out_of_reach(plan, desk, gate):
            if door > begun:
                desk.swept[2 * count], desk.swept[2 * count + 1] = begun, door
                count += 1
            row = np.int64(gates.end[gate])
            begun = row
            gate = np.int64(gates.after[gate])
        else:
            gate += 1
    _rows(plan, desk, row, rows)
    if rows > begun:
        desk.swept[2 * count], desk.swept[2 * count + 1] = begun, rows
        count += 1
    return count


@compiled
def _forget(desk: Desk, before: LongArray, count: int) -> None:
    """Set the rows swept before, and not now, to never."""
    i = 0
    for b in range(before.size // 2):
        first, last = before[2 * b], before[2 * b + 1]
        while first < last:
            while i < count and desk.swept[2 * i + 1] <= first:
                i += 1
            if i == count or desk.swept[2 * i] >= last:
                desk.times[first * LANES : last * LANES] = _NEVER
                break
            begin = desk.swept[2 * i]
            if begin > first:
                desk.times[first * LANES : begin * LANES] = _NEVER
            first = desk.swept[2 * i + 1]


@compiled
def _leave(plan: Plan, desk: Desk, before: LongArray) -> None:
    """Leave the desk as it was found: where gates may be passed by, what lies behind them must read never."""
    if plan.gates.row.size:
        _forget(desk, before, 0)


@compiled
def _search(plan: Plan, desk: Desk, first: int, last: int, before: LongArray) -> Any:
    """Climb and sweep for sources ``first:last``; return the stretches of rows that may be within the cutoff."""
    desk.clock[0] += 1
    _climb(plan, desk, first, last)
    count = _sweep(plan, desk)
    _forget(desk, before, count)
    for source in range(first, last):
        for d in range(plan.direct.start[source], plan.direct.start[source + 1]):
            desk.direct_stamp[plan.direct.target[d]] = desk.clock[0]
    return desk.swept[: 2 * count].copy()


@compiled
def sweep_once(plan: Plan, desk: Desk) -> None:
    """Leave the times of the first sixteen sources in the rows of the desk."""
    _search(plan, desk, 0, min(LANES, plan.climb.start.size - 1), np.empty(0, np.int64))


@compiled
def _longest(times: Bytes4) -> Any:
    """Return the longest time that is one."""
    longest = np.uint32(0)
    for i in range(uint64(times.size)):
        ms = times[i]
        longest = max(longest, ms if ms < _NEVER else np.uint32(0))
    return longest


@compiled
def _along_arcs(plan: Plan, first: int, last: int, target: int, out: Bytes4, row: int) -> None:
    """Lower the times at one target to those of trips along a single arc."""
    for source in range(first, last):
        for d in range(plan.direct.start[source], plan.direct.start[source + 1]):
            if plan.direct.target[d] == target:
                at = row * LANES + source - first
                out[at] = min(out[at], uint32(min(plan.direct.ms[d], NEVER_MS)))


@compiled
def _visit(plan: Plan, desk: Desk, first: int, last: int, swept: LongArray, seen: IntArray) -> Any:
    """List the targets that may be within the cutoff, once each; return how many."""
    at_start, at, stamp, now, count = plan.cone.at_start, plan.cone.at, desk.target_stamp, desk.clock[0], 0
    for s in range(swept.size // 2):
        for i in range(at_start[swept[2 * s]], at_start[swept[2 * s + 1]]):
            target = at[i]
            if stamp[target] != now:
                stamp[target] = now
                seen[count] = target
                count += 1
    for source in range(first, last):
        for d in range(plan.direct.start[source], plan.direct.start[source + 1]):
            target = plan.direct.target[d]
            if stamp[target] != now:
                stamp[target] = now
                seen[count] = target
                count += 1
    return count


@compiled
def sums_by_source(plan: Plan, desk: Desk, batches: LongArray, worth: Worth, out: LongArray) -> None:
    """Add up for each source what the targets amount to, by time.

    Parameters
    ----------
    batches
        Numbers of the batches of sixteen sources to do.
    worth
        What each target amounts to.
    out
        Sums of all sources, a whole number of batches.
    """
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    before = np.empty(0, np.int64)
    row, seen, here = np.empty(LANES, np.uint32), np.empty(desk.target_stamp.size, np.int32), np.empty(LANES, np.int64)
    sources = plan.climb.start.size - 1
    for batch in batches:
        first = batch * LANES
        last = min(first + LANES, sources)
        before = _search(plan, desk, first, last, before)
        now = desk.clock[0]
        here[:] = 0
        for i in range(_visit(plan, desk, first, last, before, seen)):
            target = seen[i]
            pull(times, leg, uint64(leg_start[target]), uint64(leg_start[target + 1]), row, uint64(0), True)
            if direct[target] == now:
                _along_arcs(plan, first, last, target, row, 0)
            if worth.curve.size == 0:
                for step in range(worth.cutoff.size):
                    add_within(row, uint64(0), uint32(worth.cutoff[step]), worth.amount[target, step], here)
            elif within(row, uint64(0), uint32(plan.cutoff)) != uint64(0):
                for lane in range(LANES):
                    if row[lane] <= plan.cutoff:
                        here[lane] += np.int64(np.rint(worth.whole[target] * worth.curve[row[lane]]))
        out[first : first + LANES] = here
    _leave(plan, desk, before)


@compiled
def sums_by_target(plan: Plan, desk: Desk, batches: LongArray, worth: Worth, out: LongArray) -> None:
    """Add up for each target what the sources amount to, by time."""
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    before = np.empty(0, np.int64)
    row, seen = np.empty(LANES, np.uint32), np.empty(desk.target_stamp.size, np.int32)
    here = np.zeros((worth.cutoff.size, LANES), np.int64)
    sources = plan.climb.start.size - 1
    for batch in batches:
        first = batch * LANES
        last = min(first + LANES, sources)
        before = _search(plan, desk, first, last, before)
        now = desk.clock[0]
        for step in range(worth.cutoff.size):
            here[step, :] = 0
            here[step, : last - first] = worth.amount[first:last, step]
        for i in range(_visit(plan, desk, first, last, before, seen)):
            target = seen[i]
            pull(times, leg, uint64(leg_start[target]), uint64(leg_start[target + 1]), row, uint64(0), True)
            if direct[target] == now:
                _along_arcs(plan, first, last, target, row, 0)
            if worth.curve.size == 0:
                for step in range(worth.cutoff.size):
                    out[target] += sum_within(row, uint64(0), uint32(worth.cutoff[step]), here[step])
            elif within(row, uint64(0), uint32(plan.cutoff)) != uint64(0):
                for lane in range(last - first):
                    if row[lane] <= plan.cutoff:
                        out[target] += np.int64(np.rint(worth.whole[first + lane] * worth.curve[row[lane]]))
    _leave(plan, desk, before)


@compiled
def _hit(plan: Plan, desk: Desk, first: int, last: int, swept: LongArray, seen: IntArray) -> Any:
    """List in ascending order the targets that may be within the cutoff; return how many.

    Where they are few, only those that are.
    """
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    row, cutoff, stamp, now = np.empty(LANES, np.uint32), uint32(plan.cutoff), desk.target_stamp, desk.clock[0]
    visited, count = _visit(plan, desk, first, last, swept, seen), 0
    if visited * 4 > stamp.size:
        for target in range(stamp.size):
            if stamp[target] == now:
                seen[count] = target
                count += 1
        return count
    for i in range(visited):
        target = seen[i]
        pull(times, leg, uint64(leg_start[target]), uint64(leg_start[target + 1]), row, uint64(0), True)
        if direct[target] == now or within(row, uint64(0), cutoff) != uint64(0):
            seen[count] = target
            count += 1
    seen[:count].sort()
    return count


@compiled
def trips_within(
    plan: Plan, desk: Desk, batches: LongArray, start: LongArray, out_target: IntArray, out_ms: IntArray
) -> None:
    """Write targets (ascending) and times within the cutoff of each source to its rows from ``start`` on."""
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    before = np.empty(0, np.int64)
    cutoff, seen = uint32(plan.cutoff), np.empty(desk.target_stamp.size, np.int32)
    square, turned = np.empty(LANES * LANES, np.uint32), np.empty(LANES * LANES, np.uint32)
    ids, at = np.empty(LANES, np.int32), np.zeros(LANES, np.uint64)
    sources = plan.climb.start.size - 1
    for batch in batches:
        first = batch * LANES
        last = min(first + LANES, sources)
        before = _search(plan, desk, first, last, before)
        now = desk.clock[0]
        hits = _hit(plan, desk, first, last, before, seen)
        for lane in range(last - first):
            at[lane] = uint64(start[first + lane])
        for block in range(0, hits, LANES):
            size = min(LANES, hits - block)
            for i in range(size):
                target = seen[block + i]
                ids[i] = target
                pull(times, leg, uint64(leg_start[target]), uint64(leg_start[target + 1]), square, uint64(i), True)
                if direct[target] == now:
                    _along_arcs(plan, first, last, target, square, i)
            square[size * LANES :] = _NEVER
            turn(square, turned)
            for lane in range(last - first):
                at[lane] += keep_within(turned, uint64(lane), cutoff, ids, out_target, out_ms, at[lane])
    _leave(plan, desk, before)


@compiled
def table_rows(plan: Plan, desk: Desk, batches: LongArray, name: IntArray, out: FloatArray) -> Any:
    """Write each source's times to every target to the row of its name, ``inf`` without a way.

    Returns the longest time in any row.
    """
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    before = np.empty(0, np.int64)
    targets = desk.target_stamp.size
    square, turned = np.empty(LANES * LANES, np.uint32), np.empty(LANES * LANES, np.uint32)
    sources = plan.climb.start.size - 1
    longest = np.uint32(0)
    for batch in batches:
        first = batch * LANES
        last = min(first + LANES, sources)
        before = _search(plan, desk, first, last, before)
        longest = max(longest, _longest(times))
        now = desk.clock[0]
        for block in range(0, targets, LANES):
            size = min(LANES, targets - block)
            for i in range(size):
                pull(
                    times, leg, uint64(leg_start[block + i]), uint64(leg_start[block + i + 1]), square, uint64(i), True
                )
                if direct[block + i] == now:
                    _along_arcs(plan, first, last, block + i, square, i)
            turn(square, turned)
            for lane in range(last - first):
                for i in range(size):
                    ms = turned[lane * LANES + i]
                    if ms < _NEVER:
                        out[name[first + lane], block + i] = ms
                    else:
                        out[name[first + lane], block + i] = np.inf
    _leave(plan, desk, before)
    return longest


@compiled
def best_sources(plan: Plan, desk: Desk, batches: LongArray, name: IntArray, best_ms: Bytes4, best: IntArray) -> Any:
    """Keep for each target the quickest sources in ascending (time, name); rows start as never and −1.

    Returns the longest time in any row.
    """
    leg_start, leg, times, direct = plan.cone.leg_start, plan.cone.leg, desk.times, desk.direct_stamp
    before = np.empty(0, np.int64)
    row, seen = np.empty(LANES, np.uint32), np.empty(desk.target_stamp.size, np.int32)
    sources, most = plan.climb.start.size - 1, best.shape[1]
    longest = np.uint32(0)
    for batch in batches:
        first = batch * LANES
        last = min(first + LANES, sources)
        before = _search(plan, desk, first, last, before)
        longest = max(longest, _longest(times))
        now = desk.clock[0]
        for i in range(_visit(plan, desk, first, last, before, seen)):
            target = seen[i]
            pull(times, leg, uint64(leg_start[target]), uint64(leg_start[target + 1]), row, uint64(0), True)
            if direct[target] == now:
                _along_arcs(plan, first, last, target, row, 0)
            bar = min(best_ms[target, most - 1], uint32(plan.cutoff))
            if within(row, uint64(0), bar) == uint64(0):
                continue
            for lane in range(last - first):
                if row[lane] <= plan.cutoff:
                    insert(best_ms[target], best[target], row[lane], name[first + lane])
    _leave(plan, desk, before)
    return longest


@compiled
def insert(times: Bytes4, names: IntArray, ms: Any, name: Any) -> None:
    """Put a name that is not there yet into a list of the first by (time, name); −1 is an empty place."""
    k = names.size - 1
    if ms > times[k] or (ms == times[k] and 0 <= names[k] < name):
        return
    while k > 0 and (ms < times[k - 1] or (ms == times[k - 1] and name < names[k - 1])):
        times[k], names[k] = times[k - 1], names[k - 1]
        k -= 1
    times[k], names[k] = ms, name
