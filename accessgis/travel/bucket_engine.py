"""The engine of small reaches and few questions: one bounded bucket search for each source, nothing to build first."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.travel import bucket_lists
from accessgis.travel.bucket import MAX_CUTOFF_MS, UNREACHED_MS, SearchGraph, nearest_nodes, times_within
from accessgis.travel.decay import Decay, worth_of
from accessgis.travel.engine import Progress, Reached
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.trips import Trips

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 25
"""Junctions that one thread reaches before its answer is taken over: bounds the memory of a search."""
_LONGEST_CUTOFF_MS = 2**31 - 2


@dataclass(frozen=True, eq=False, kw_only=True)
class BucketEngine:
    """Searches a graph with bucket queues.

    Attributes
    ----------
    graph
        Network laid out for the direction of the trips.
    threads
        How many threads search; it does not change any answer.
    """

    graph: SearchGraph
    threads: int = 2
    name: str = "bucket"

    def nearest(self, trips: Trips, *, count: int = 1) -> tuple[FloatArray, IntArray]:
        """Return times and sources of the nearest sources of each target; see :class:`Engine`."""
        self._check(trips)
        sources = trips.sources
        seeds = (self.graph.rank[sources.node], sources.ms, sources.point)
        if count == 1:
            ms, source = nearest_nodes(self.graph, *seeds)
            node_ms, node_source = ms[:, None], source[:, None]
        else:
            node_ms, node_source = bucket_lists.nearest_lists(self.graph, *seeds, count=count)
        return bucket_lists.nearest_at(trips, self.graph.rank[trips.targets.node], node_ms, node_source)

    def within(self, trips: Trips, *, cutoff_ms: int, progress: Progress | None = None) -> Reached:
        """Return every trip within the cutoff; see :class:`Engine`."""
        if not 0 <= cutoff_ms <= _LONGEST_CUTOFF_MS:
            raise ValueError(f"cutoff_ms must lie in 0–{_LONGEST_CUTOFF_MS}")
        parts = [part for _, part in self._parts(trips, cutoff_ms, progress)]
        counts = [np.diff(part.start) for part in parts]
        return Reached(
            start=np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *counts]))]).astype(np.int64),
            target=np.concatenate([np.empty(0, np.int32), *(part.target for part in parts)]),
            ms=np.concatenate([np.empty(0, np.int32), *(part.ms.astype(np.int32) for part in parts)]),
        )

    def table(self, trips: Trips, *, progress: Progress | None = None) -> FloatArray:
        """Return the milliseconds of every trip; see :class:`Engine`."""
        out = np.full((trips.sources.count, trips.targets.count), np.inf)
        for first, part in self._parts(trips, MAX_CUTOFF_MS, progress):
            source = first + np.repeat(np.arange(part.start.size - 1), np.diff(part.start))
            out[source, part.target] = part.ms
        return out

    def sums_by_source(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each source the weighted amounts of all targets; see :class:`Engine`."""
        out = np.zeros(trips.sources.count, np.int64)
        bits = worth_of(amount, decay)[1]
        whole = np.ldexp(np.asarray(amount, dtype=np.float64), bits)
        for first, part in self._parts(trips, decay.last_ms, progress):
            terms = np.rint(whole[part.target] * decay.at(part.ms)).astype(np.int64)
            sums = np.concatenate([[0], np.cumsum(terms)])
            out[first : first + part.start.size - 1] = np.diff(sums[part.start])
        return np.ldexp(out.astype(np.float64), -bits)

    def sums_by_target(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each target the weighted amounts of all sources; see :class:`Engine`."""
        out = np.zeros(trips.targets.count, np.int64)
        bits = worth_of(amount, decay)[1]
        whole = np.ldexp(np.asarray(amount, dtype=np.float64), bits)
        for first, part in self._parts(trips, decay.last_ms, progress):
            source = first + np.repeat(np.arange(part.start.size - 1), np.diff(part.start))
            np.add.at(out, part.target, np.rint(whole[source] * decay.at(part.ms)).astype(np.int64))
        return np.ldexp(out.astype(np.float64), -bits)

    def _check(self, trips: Trips) -> None:
        if trips.node_count != self.graph.node_count or trips.backward != self.graph.backward:
            raise ValueError("the graph was built for another network or the other direction")

    def _parts(self, trips: Trips, cutoff_ms: int, progress: Progress | None) -> Iterator[tuple[int, Reached]]:
        """Search from some sources at a time; yield the first source and the trips of each part, in order."""
        self._check(trips)
        by_node = _by_node(trips, self.graph)
        count = trips.sources.count
        step = max(1, min(_ROWS_AT_ONCE // max(self.graph.node_count, 1), -(-count // self.threads)))
        stop = threading.Event()

        def search(first: int) -> Reached | None:
            return None if stop.is_set() else _search(self.graph, trips, by_node, first, step, cutoff_ms)

        with ThreadPoolExecutor(self.threads) as pool:
            submitted = ((first, pool.submit(search, first)) for first in range(0, count, step))
            waiting = list(itertools.islice(submitted, self.threads + 1))
            try:
                while waiting:
                    first, future = waiting.pop(0)
                    part = future.result()
                    assert part is not None
                    waiting += itertools.islice(submitted, 1)
                    yield first, part
                    if progress is not None:
                        progress(min(1.0, (first + step) / count))
            finally:
                stop.set()


def _by_node(trips: Trips, graph: SearchGraph) -> tuple[NDArray[Any], ...]:
    """Return the legs of the targets by junction of the graph: starts, targets, times."""
    targets = trips.targets
    node = graph.rank[targets.node]
    owner = np.repeat(np.arange(targets.count), np.diff(targets.start))
    order = np.argsort(node, kind="stable")
    start = np.zeros(graph.node_count + 1, np.int64)
    np.cumsum(np.bincount(node, minlength=graph.node_count), out=start[1:])
    return readonly(start, np.int64), readonly(owner[order], np.int32), readonly(targets.ms[order], np.int64)


def _search(
    graph: SearchGraph, trips: Trips, by_node: tuple[NDArray[Any], ...], first: int, step: int, cutoff_ms: int
) -> Reached:
    """Return the trips of ``step`` sources from ``first`` on."""
    groups = trips.sources.start[first : first + step + 1]
    rows = slice(groups[0], groups[-1])
    start, node, ms = times_within(
        graph, groups - groups[0], graph.rank[trips.sources.node[rows]], trips.sources.ms[rows], cutoff_ms=cutoff_ms
    )
    counts, target, found_ms = _fold(
        cutoff_ms,
        (readonly(start, np.int64), readonly(node, np.int32), readonly(ms, np.int64)),
        by_node,
        (readonly(trips.direct_start[first : first + step + 1], np.int64), trips.direct_target, trips.direct_ms),
        np.full(trips.targets.count, UNREACHED_MS, np.int64),
    )
    return Reached(start=np.concatenate([[0], np.cumsum(counts)]), target=target, ms=found_ms)


@compiled
def _fold(cutoff_ms: int, reached: Any, by_node: Any, direct: Any, best: LongArray) -> Any:
    """Return for each source how many targets it reaches, which (ascending), and their smallest times.

    ``best`` holds ``UNREACHED_MS`` for each target, before and after.
    """
    reached_start, reached_node, reached_ms = reached
    node_start, node_target, node_ms = by_node
    direct_start, direct_target, direct_ms = direct
    groups = reached_start.size - 1
    counts = np.zeros(groups, np.int64)
    touched = np.empty(best.size, np.int32)
    capacity = max(1024, best.size)
    targets, times = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
    size = 0
    for g in range(groups):
        count = 0
        for i in range(reached_start[g], reached_start[g + 1]):
            for row in range(node_start[reached_node[i]], node_start[reached_node[i] + 1]):
                total = reached_ms[i] + node_ms[row]
                t = node_target[row]
                if total <= cutoff_ms and total < best[t]:
                    if best[t] == UNREACHED_MS:
                        touched[count] = t
                        count += 1
                    best[t] = total
        for d in range(direct_start[g], direct_start[g + 1]):
            t = direct_target[d]
            if direct_ms[d] <= cutoff_ms and direct_ms[d] < best[t]:
                if best[t] == UNREACHED_MS:
                    touched[count] = t
                    count += 1
                best[t] = direct_ms[d]
        if size + count > capacity:
            capacity = max(2 * capacity, size + count)
            more_targets, more_times = np.empty(capacity, np.int32), np.empty(capacity, np.int64)
            more_targets[:size] = targets[:size]
            more_times[:size] = times[:size]
            targets, times = more_targets, more_times
        touched[:count].sort()
        for i in range(count):
            targets[size + i] = touched[i]
            times[size + i] = best[touched[i]]
            best[touched[i]] = UNREACHED_MS
        size += count
        counts[g] = count
    return counts, targets[:size], times[:size]
