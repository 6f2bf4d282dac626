"""From a matrix of travel times to what siting models work on: who is reached by which site, and who serves whom."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, issparse

from accessgis.solve.gains import MOST_COST, Gains, by_site, pack, whole
from accessgis.solve.result import FloatArray, IntArray, LongArray, Sites, amounts
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import TimeMatrix


def coverage(reached: Any) -> TimeMatrix:
    """Return who is covered by which site as the matrix that siting models take, with times of 0.

    Parameters
    ----------
    reached
        Places × sites: a scipy sparse array or matrix in which what is stored and not 0 is covered, or a full table of
        truth values.
    """
    pairs: Any = reached if issparse(reached) else np.asarray(reached, dtype=np.bool_)
    pairs = csr_array(pairs)
    pairs.sum_duplicates()
    pairs.eliminate_zeros()
    pairs.sort_indices()
    return TimeMatrix(
        origin_count=int(pairs.shape[0]),
        destination_count=int(pairs.shape[1]),
        cutoff_ms=0,
        start=readonly(pairs.indptr, np.int64),
        destination=readonly(pairs.indices, np.int32),
        ms=readonly(np.zeros(pairs.nnz), np.int32),
    )


def cut(times: TimeMatrix, cutoff_ms: int | None) -> TimeMatrix:
    """Return the times up to a cutoff; all of them where none is given.

    Raises
    ------
    ValueError
        The matrix does not hold every trip up to the cutoff.
    """
    if cutoff_ms is None or cutoff_ms == times.cutoff_ms:
        return times
    if not 0 <= cutoff_ms <= times.cutoff_ms:
        raise ValueError(f"the matrix holds trips up to {times.cutoff_ms} ms, not those up to {cutoff_ms} ms")
    kept = times.ms <= cutoff_ms
    start = np.concatenate([[0], np.cumsum(np.bincount(times.origin[kept], minlength=times.origin_count))])
    return TimeMatrix(
        origin_count=times.origin_count,
        destination_count=times.destination_count,
        cutoff_ms=cutoff_ms,
        start=readonly(start, np.int64),
        destination=readonly(times.destination[kept], np.int32),
        ms=readonly(times.ms[kept], np.int32),
    )


def checked(times: TimeMatrix, people: ArrayLike, sites: Sites) -> FloatArray:
    """Return the people of each place, when they and the sites are those of the matrix."""
    if sites.cost.shape != (times.destination_count,):
        raise ValueError(f"there are {sites.cost.size} sites, the matrix has {times.destination_count}")
    return amounts(people, times.origin_count, "people")


def limits(sites: Sites, count: int | None, budget: float | None) -> tuple[LongArray, int]:
    """Return the cost of each site and the most they may cost together, as whole numbers.

    Raises
    ------
    ValueError
        Not exactly one of number and budget is given, or it is negative.
    """
    if (count is None) == (budget is None):
        raise ValueError("state either the number of sites (count) or a budget")
    if count is not None:
        if count < 0:
            raise ValueError("count is not negative")
        return np.ones(sites.cost.size, np.int64), int(count)
    if budget is None or not 0 <= budget < np.inf:
        raise ValueError("budget is finite and not negative")
    figures, _ = whole(np.append(sites.cost, budget), float(max(sites.cost.sum(), budget, 1.0)), largest=MOST_COST)
    return figures[:-1], int(figures[-1])


def nearest(times: TimeMatrix, opened: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Return the nearest open site of each place (the lowest index among equals) and its time; −1 is none."""
    return _nearest(
        readonly(times.start, np.int64), readonly(times.destination, np.int32), readonly(times.ms, np.int32), opened
    )


@compiled
def _nearest(start: LongArray, site: IntArray, ms: IntArray, opened: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    found, time = np.full(start.size - 1, -1, np.int32), np.full(start.size - 1, -1, np.int32)
    for i in range(found.size):
        for p in range(start[i], start[i + 1]):
            if opened[site[p]] and (found[i] < 0 or ms[p] < time[i] or (ms[p] == time[i] and site[p] < found[i])):
                found[i], time[i] = site[p], ms[p]
    return found, time


def candidates(
    times: TimeMatrix,
    unit: LongArray,
    *,
    people: FloatArray,
    sites: Sites,
    limit: tuple[LongArray, int],
    most: int = 1,
) -> tuple[Gains, int]:
    """Return the problem of choosing among the sites that are not fixed, and the scale of its people.

    ``unit`` is what a person gains by each pair, beyond what the fixed sites give; pairs of fixed sites gain nothing.
    ``most`` is the largest whole number that people are multiplied with besides.
    """
    largest = float(max(unit.max(initial=1), most))
    weight, scale = whole(people, max(float(people.sum()), 1.0) * largest)
    cost = np.where(sites.fixed, limit[1] + 1, limit[0])
    free = np.where(sites.fixed[times.destination], 0, unit)
    return pack(
        *by_site(times.start, times.destination, free, sites.cost.size),
        weight=weight,
        cost=cost,
        limit=limit[1],
    ), scale


def in_order(gains: Gains, chosen: LongArray) -> tuple[LongArray, LongArray]:
    """Return chosen sites in the order of what each adds to those before it, and that; ties to the lowest index."""
    best = np.zeros(gains.weight.size, np.int64)
    # What a site adds only falls as others are taken, so that one whose figure still holds beats all below it.
    heap = [(-gains.added(int(j), best), int(j)) for j in chosen]
    heapify(heap)
    order, adds = [], []
    while heap:
        known, j = heap[0]
        add = gains.added(j, best)
        if add < -known:
            heapreplace(heap, (-add, j))
            continue
        heappop(heap)
        gains.take(j, best)
        order.append(j)
        adds.append(add)
    return np.array(order, np.int64), np.array(adds, np.int64)


def unreached(times: TimeMatrix, people: FloatArray) -> LongArray:
    """Return the places with people that no site reaches."""
    return np.flatnonzero((people > 0) & (np.diff(times.start) == 0))


def opened(sites: Sites, chosen: LongArray) -> NDArray[np.bool_]:
    """Return which sites are open: the fixed and the chosen ones."""
    found = sites.fixed.copy()
    found[chosen] = True
    return found
