"""The engine of large reaches and many sources: sixteen searches at once, swept down a hierarchy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.travel import sweep, sweep_labels
from accessgis.travel.bucket_lists import nearest_at
from accessgis.travel.cone import Cone, Gates, cone_of
from accessgis.travel.decay import Decay, within_cutoff, worth_of
from accessgis.travel.engine import Progress, Reached
from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, Hierarchy, TooSlowError, cut
from accessgis.travel.kernels import readonly
from accessgis.travel.lanes import LANES
from accessgis.travel.sweep import Climb, Desk, Direct, Plan
from accessgis.travel.trips import Stops, Trips

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_ROWS_A_CALL = 1 << 24
"""Rows swept before a thread looks up: about a tenth of a second."""
_TIME_BITS = 62
_NONE = readonly(np.empty(0), np.int32)
_NO_GATES = Gates(
    row=_NONE,
    end=_NONE,
    after=_NONE,
    start=readonly(np.zeros(1), np.int64),
    around=_NONE,
)

_AIMS_KEPT = 4
_WORTH_THREADS = 500_000
"""Junctions from which on one search is shared between threads."""

Work = Callable[[Desk, LongArray], Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Aim:
    """Targets as a sweep arrives at them, in the order of ``names``, and desks that threads left behind."""

    cone: Cone
    gates: Gates
    names: IntArray
    number: IntArray
    desks: dict[bool, list[Desk]]


@dataclass(frozen=True, eq=False, kw_only=True)
class HierarchyEngine:
    """Searches over a hierarchy.

    What it prepares for a set of targets is kept for the next question about the same ones.

    Attributes
    ----------
    hierarchy
        Times of one network.
    threads
        How many threads sweep; it does not change any answer.
    """

    hierarchy: Hierarchy
    threads: int = 2
    name: str = "hierarchy"
    _aims: dict[tuple[Stops, bool, bool], _Aim] = field(default_factory=dict, repr=False)

    def nearest_nodes(
        self, node: IntArray, ms: LongArray, label: IntArray, *, backward: bool
    ) -> tuple[LongArray, IntArray]:
        """Return the smallest (ms, label) of each junction over all seeds, 2^62 and −1 without a way.

        Raises
        ------
        TooSlowError
            Times and labels do not fit 64 bits.
        """
        order = self.hierarchy.order
        bits = int(label.max(initial=0)).bit_length()
        if (int(ms.max(initial=0)) + order.node_count * self.hierarchy.longest_ms).bit_length() + bits > _TIME_BITS:
            raise TooSlowError
        key = (ms.astype(np.uint64) << np.uint64(bits)) | label.astype(np.uint64)
        stops = Stops(start=readonly(np.arange(node.size + 1), np.int64), node=node, ms=readonly(ms * 0, np.int64))
        climb = _climb(self.hierarchy, stops, backward=backward)
        down = self.hierarchy.up if backward else self.hierarchy.down
        keys = sweep_labels.climb_labels(climb, readonly(key, np.uint64), bits)
        bounds, top = self._pieces
        sweep_labels.sweep_labels(down, keys, bits, top, True, (0, order.node_count))
        found_ms, found = np.empty(order.node_count, np.int64), np.empty(order.node_count, np.int32)
        spans = [(int(first), int(last)) for first, last in pairwise(bounds)]
        self._each(lambda span: sweep_labels.sweep_labels(down, keys, bits, top, False, span), spans)
        self._each(lambda span: sweep_labels.read_labels(keys, order.position, bits, span, found_ms, found), spans)
        return found_ms, found

    @cached_property
    def _pieces(self) -> tuple[LongArray, NDArray[np.bool_]]:
        """Pieces of the order for as many threads as pay, and which positions lie above them."""
        return cut(self.hierarchy.order, self.threads if self.hierarchy.order.node_count >= _WORTH_THREADS else 1)

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads)

    def _each(self, work: Callable[[tuple[int, int]], Any], spans: list[tuple[int, int]]) -> None:
        """Do a short work on every span, at the same time."""
        if len(spans) == 1:
            work(spans[0])
            return
        for _ in self._workers.map(work, spans):
            pass

    def nearest(self, trips: Trips, *, count: int = 1) -> tuple[FloatArray, IntArray]:
        """Return times and sources of the nearest sources of each target; see :class:`Engine`.

        The first source alone comes from one search from all of them (:meth:`nearest_nodes`), several by lanes.
        """
        if count == 1:
            self._check(trips)
            sources = trips.sources
            node_ms, node_source = self.nearest_nodes(sources.node, sources.ms, sources.point, backward=trips.backward)
            return nearest_at(trips, trips.targets.node, node_ms[:, None], node_source[:, None])
        aim = self._aim(trips, by_row=True)
        plan, names = self._plan(trips, aim, NEVER_MS - 1)
        lists: list[tuple[NDArray[np.uint32], IntArray]] = []
        longest: list[int] = []

        def begin() -> Work:
            mine = (
                np.full((trips.targets.count, count), NEVER_MS, np.uint32),
                np.full((trips.targets.count, count), -1, np.int32),
            )
            lists.append(mine)
            return lambda desk, batches: longest.append(sweep.best_sources(plan, desk, batches, names, *mine))

        self._run(plan, aim, begin, None)
        best_ms, best = lists[0]
        for more_ms, more in lists[1:]:
            both_ms, both = np.hstack([best_ms, more_ms]), np.hstack([best, more])
            order = np.lexsort([both.view(np.uint32), both_ms])[:, :count]
            best_ms, best = np.take_along_axis(both_ms, order, 1), np.take_along_axis(both, order, 1)
        _check_longest(longest)
        found_ms, found = np.empty(best.shape), np.empty_like(best)
        found_ms[aim.names], found[aim.names] = np.where(best >= 0, best_ms, np.inf), best
        return found_ms, found

    def within(self, trips: Trips, *, cutoff_ms: int, progress: Progress | None = None) -> Reached:
        """Return every trip within the cutoff; see :class:`Engine`.

        The trips are counted before they are written, so that their memory is known and taken once.
        """
        aim = self._aim(trips, by_row=False)
        plan, names = self._plan(trips, aim, cutoff_ms)
        counts = self.sums_by_source(
            trips, np.ones(trips.targets.count), within_cutoff(cutoff_ms), progress=_half(progress, 0)
        )
        start = np.concatenate([[0], np.cumsum(np.rint(counts).astype(np.int64))])
        target, ms = np.empty(start[-1], np.int32), np.empty(start[-1], np.int32)
        first = readonly(start[names], np.int64)
        self._run(
            plan,
            aim,
            lambda: lambda desk, batches: sweep.trips_within(plan, desk, batches, first, target, ms),
            _half(progress, 1),
        )
        return Reached(start=start, target=target, ms=ms)

    def table(self, trips: Trips, *, progress: Progress | None = None) -> FloatArray:
        """Return the milliseconds of every trip; see :class:`Engine`."""
        aim = self._aim(trips, by_row=False)
        plan, names = self._plan(trips, aim, NEVER_MS - 1)
        out = np.empty((trips.sources.count, trips.targets.count))
        rows = readonly(names, np.int32)
        longest: list[int] = []
        self._run(
            plan,
            aim,
            lambda: lambda desk, batches: longest.append(sweep.table_rows(plan, desk, batches, rows, out)),
            progress,
        )
        _check_longest(longest)
        return out

    def sums_by_source(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each source the weighted amounts of all targets; see :class:`Engine`."""
        aim = self._aim(trips, by_row=True)
        plan, names = self._plan(trips, aim, decay.last_ms)
        worth, bits = worth_of(np.asarray(amount, dtype=np.float64)[aim.names], decay)
        out = np.zeros(-(-names.size // LANES) * LANES, np.int64)
        self._run(
            plan, aim, lambda: lambda desk, batches: sweep.sums_by_source(plan, desk, batches, worth, out), progress
        )
        sums = np.empty(names.size)
        sums[names] = np.ldexp(out[: names.size].astype(np.float64), -bits)
        return sums

    def sums_by_target(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each target the weighted amounts of all sources; see :class:`Engine`."""
        aim = self._aim(trips, by_row=True)
        plan, names = self._plan(trips, aim, decay.last_ms)
        worth, bits = worth_of(np.asarray(amount, dtype=np.float64)[names], decay)
        sums: list[LongArray] = []

        def begin() -> Work:
            mine = np.zeros(trips.targets.count, np.int64)
            sums.append(mine)
            return lambda desk, batches: sweep.sums_by_target(plan, desk, batches, worth, mine)

        self._run(plan, aim, begin, progress)
        out = np.empty(trips.targets.count)
        out[aim.names] = np.ldexp(np.sum(sums, axis=0).astype(np.float64), -bits)
        return out

    def swept(self, trips: Trips) -> tuple[NDArray[np.uint32], IntArray]:
        """Return the bare result of one sweep from up to sixteen sources.

        Returns
        -------
        tuple
            Times by row of the targets' cone (positions, where every junction is a target) and lane, ``NEVER_MS``
            without a way, to be read before the next question; and the source in each lane.
        """
        if trips.sources.count > LANES:
            raise ValueError(f"one sweep serves {LANES} sources at most")
        aim = self._aim(trips, by_row=True)
        plan, names = self._plan(trips, aim, NEVER_MS - 1)
        desks = aim.desks[False]
        desk = desks.pop() if desks else _desk(plan)
        sweep.sweep_once(plan, desk)
        desks.append(desk)
        return desk.times.reshape(-1, LANES), names

    def _check(self, trips: Trips) -> None:
        if trips.node_count != self.hierarchy.order.node_count:
            raise ValueError("the hierarchy was built for another network")

    def _aim(self, trips: Trips, *, by_row: bool) -> _Aim:
        """Return the targets of trips as a sweep arrives at them, by row or as they are numbered."""
        self._check(trips)
        key = (trips.targets, trips.backward, by_row)
        if key not in self._aims:
            count = trips.targets.count
            names = _by_row(trips.targets, self.hierarchy) if by_row else readonly(np.arange(count), np.int32)
            number = np.empty(count, np.int32)
            number[names] = np.arange(count)
            cone, gates = cone_of(self.hierarchy, _taken(trips.targets, names), backward=trips.backward)
            while len(self._aims) >= _AIMS_KEPT:
                self._aims.pop(next(iter(self._aims)))
            self._aims[key] = _Aim(cone=cone, gates=gates, names=names, number=number, desks={True: [], False: []})
        return self._aims[key]

    def _plan(self, trips: Trips, aim: _Aim, cutoff_ms: int) -> tuple[Plan, IntArray]:
        """Return what a sweep reads, and the sources in the order in which they are searched from."""
        if not 0 <= cutoff_ms < NEVER_MS:
            raise ValueError(f"cutoff_ms must lie in 0–{NEVER_MS - 1}")
        if trips.direct_ms.size and int(trips.direct_ms.max()) >= LONGEST_MS:
            raise TooSlowError
        names = _by_row(trips.sources, self.hierarchy)
        start, rows = _picked(trips.direct_start, names)
        plan = Plan(
            climb=_climb(self.hierarchy, _taken(trips.sources, names), backward=trips.backward),
            cone=aim.cone,
            gates=aim.gates if cutoff_ms < LONGEST_MS else _NO_GATES,
            direct=Direct(
                start=start,
                target=readonly(aim.number[trips.direct_target[rows]], np.int32),
                ms=readonly(trips.direct_ms[rows], np.int64),
            ),
            cutoff=cutoff_ms,
        )
        return plan, names

    def _run(self, plan: Plan, aim: _Aim, begin: Callable[[], Work], progress: Progress | None) -> None:
        """Let each thread work through its share of the batches, some at a time, until all are done or one fails."""
        batches = np.arange(-(-(plan.climb.start.size - 1) // LANES))
        step = max(1, _ROWS_A_CALL // max(1, plan.cone.start.size))
        shares = np.array_split(batches, max(1, min(self.threads, batches.size)))
        desks = aim.desks[plan.gates.row.size > 0]
        stop, done, lock = threading.Event(), [0], threading.Lock()

        def share(mine: LongArray, work: Work) -> None:
            with lock:  # two threads may want the last one
                kept = desks.pop() if desks else None
            desk = _desk(plan) if kept is None else kept
            for first in range(0, mine.size, step):
                if stop.is_set():
                    return
                work(desk, readonly(mine[first : first + step], np.int64))
                with lock:
                    done[0] += mine[first : first + step].size
                    if progress is not None:
                        try:
                            progress(done[0] / batches.size)
                        except BaseException:  # raised in one thread, it ends the others too
                            stop.set()
                            raise
            desks.append(desk)

        if len(shares) == 1:
            share(shares[0], begin())
            return
        with ThreadPoolExecutor(len(shares)) as pool:
            futures = [pool.submit(share, part, begin()) for part in shares]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # an interruption too ends the other threads
                stop.set()
                raise


def _desk(plan: Plan) -> Desk:
    places, rows = plan.climb.parent.size, plan.cone.start.size - 1
    targets = plan.cone.leg_start.size - 1
    times = np.empty(rows * LANES, np.uint32)
    if plan.gates.row.size:
        times[:] = NEVER_MS
    return Desk(
        clock=np.zeros(1, np.int32),
        climbed=np.empty(places * LANES, np.uint32),
        times=times,
        place_stamp=np.full(places, -1, np.int32),
        row_stamp=np.full(rows, -1, np.int32),
        target_stamp=np.full(targets, -1, np.int32),
        direct_stamp=np.full(targets, -1, np.int32),
        chain=np.empty(places, np.int32),
        swept=np.empty(2 * (plan.gates.row.size + 1), np.int64),
    )


def _climb(hierarchy: Hierarchy, stops: Stops, *, backward: bool) -> Climb:
    if stops.ms.size and int(stops.ms.max()) >= LONGEST_MS:
        raise TooSlowError
    return Climb(
        parent=hierarchy.order.parent,
        arcs=hierarchy.down if backward else hierarchy.up,
        start=stops.start,
        place=readonly(hierarchy.order.position[stops.node], np.int32),
        ms=readonly(stops.ms, np.uint32),
    )


def _by_row(stops: Stops, hierarchy: Hierarchy) -> IntArray:
    """Return points in the order of the lowest row that each is reached through, the unreachable ones first."""
    key = np.full(stops.count, -1, np.int32)
    np.maximum.at(key, stops.point, hierarchy.order.position[stops.node])
    return readonly(np.argsort(key, kind="stable"), np.int32)


def _taken(stops: Stops, names: IntArray) -> Stops:
    """Return points in another order."""
    start, rows = _picked(stops.start, names)
    return Stops(start=start, node=readonly(stops.node[rows], np.int32), ms=readonly(stops.ms[rows], np.int64))


def _picked(start: LongArray, names: IntArray) -> tuple[LongArray, LongArray]:
    """Return the new starts of groups taken in another order, and the old row of each new one."""
    count = np.diff(start)[names]
    first = np.concatenate([[0], np.cumsum(count)])
    rows = np.repeat(start[names] - first[:-1], count) + np.arange(first[-1])
    return readonly(first, np.int64), rows


def _half(progress: Progress | None, half: int) -> Progress | None:
    return None if progress is None else lambda share: progress((half + share) / 2)


def _check_longest(ms: list[int]) -> None:
    """Refuse times beyond which a longer one could have been lost."""
    if max(ms, default=0) >= LONGEST_MS:
        raise TooSlowError
