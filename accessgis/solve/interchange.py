"""Greedy choice and interchange on a siting problem: good answers, quickly, and always the same ones.

Interchange is that of Teitz and Bart (1968) with the bookkeeping of Whitaker (1983) and of Resende and Werneck (2007):
one pass over the pairs of a site tells what it gains, and what it saves of the loss of each chosen site.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from accessgis.solve.gains import Gains
from accessgis.travel.kernels import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_NONE = np.empty(0, np.int64)
_OUT = (3, 6, 10)
"""Sites that are taken out together."""
_ROUNDING = 1e-15
"""Share of all gains below which a better choice is but rounding."""


def greedy(gains: Gains, gain: FloatArray, first: LongArray = _NONE) -> LongArray:
    """Return sites in the order of what each adds for its cost, until none fits or adds; ties to the lowest index.

    Sites of ``first`` are taken before all others.
    """
    return _greedy(gains.start, gains.place, gain, gains.cost, gains.limit, gains.weight.size, first)


def shake(gains: Gains, gain: FloatArray, chosen: LongArray, stop: Callable[[], bool]) -> list[LongArray]:
    """Return choices found by taking a few neighbours out and choosing anew, as long as that helps; the best first.

    For each chosen site it and the ones that share most with it are taken out, sites are added greedily and
    interchanged: an iterated local search (Lourenço, Martin and Stützle 2003) whose every step is fixed beforehand.
    """
    value = gains.value(chosen)
    found = [(-value, 0, chosen)]
    for out in _OUT:
        n = 0
        while n < chosen.size and not stop():
            shared = _shared(gains.start, gains.place, gain, chosen, n, gains.weight.size)
            gone = np.argsort(-shared, kind="stable")[:out]
            tried = improve(gains, gain, greedy(gains, gain, np.delete(chosen, gone)))
            reached = gains.value(tried)
            found.append((-reached, len(found), tried))
            n += 1
            if reached > value:
                chosen, value, n = tried, reached, 0
    return [choice for _, _, choice in sorted(found, key=itemgetter(0, 1))]


def improve(gains: Gains, gain: FloatArray, chosen: LongArray) -> LongArray:
    """Return chosen sites that no added site and no swap of one against one makes better, ascending."""
    inside = np.zeros(gains.site_count, np.bool_)
    inside[chosen] = True
    least = _ROUNDING * float(gain.sum())
    _interchange(gains.start, gains.place, gain, gains.cost, gains.limit, gains.weight.size, inside, least)
    return np.flatnonzero(inside)


@compiled
def _shared(start: LongArray, place: IntArray, gain: FloatArray, chosen: LongArray, n: int, places: int) -> FloatArray:
    """Return how much each chosen site shares with the n-th; most with itself."""
    mine = np.zeros(places)
    for p in range(start[chosen[n]], start[chosen[n] + 1]):
        mine[place[p]] = gain[p]
    shared = np.zeros(chosen.size)
    for k in range(chosen.size):
        for p in range(start[chosen[k]], start[chosen[k] + 1]):
            shared[k] += min(gain[p], mine[place[p]])
    shared[n] = np.inf
    return shared


@compiled
def _greedy(
    start: LongArray, place: IntArray, gain: FloatArray, cost: LongArray, limit: int, places: int, first: LongArray
) -> LongArray:
    sites = cost.size
    best = np.zeros(places)
    # What a site adds only falls as others are chosen (Minoux 1978): an old figure is a bound of the present one.
    adds = np.zeros(sites)
    fresh = np.full(sites, -1, np.int64)
    chosen = np.empty(sites, np.int64)
    inside = np.zeros(sites, np.bool_)
    for j in range(sites):
        for p in range(start[j], start[j + 1]):
            adds[j] += gain[p]
    count, left = 0, limit
    while True:
        taken = -1
        while True:
            if count < first.size:
                taken = first[count]
                break
            top = -1
            for j in range(sites):
                if inside[j] or cost[j] > left or adds[j] <= 0:
                    continue
                free = top >= 0 and cost[j] == 0 and cost[top] == 0
                if top < 0 or adds[j] * cost[top] > adds[top] * cost[j] or (free and adds[j] > adds[top]):
                    top = j
            if top < 0:
                break
            if fresh[top] == count:
                taken = top
                break
            total = 0.0
            for p in range(start[top], start[top + 1]):
                total += max(0.0, gain[p] - best[place[p]])
            adds[top], fresh[top] = total, count
        if taken < 0:
            return chosen[:count].copy()
        inside[taken] = True
        chosen[count] = taken
        count += 1
        left -= cost[taken]
        for p in range(start[taken], start[taken + 1]):
            best[place[p]] = max(best[place[p]], gain[p])


@compiled
def _two_best(
    start: LongArray, place: IntArray, gain: FloatArray, inside: BoolArray, first: FloatArray, second: FloatArray,
    owner: LongArray, loss: FloatArray,
) -> None:  # fmt: skip
    """Fill in the best and second gain of each place, whose the best is, and what the loss of each chosen costs."""
    first[:] = 0.0
    second[:] = 0.0
    owner[:] = -1
    loss[:] = 0.0
    for j in range(inside.size):
        if inside[j]:
            for p in range(start[j], start[j + 1]):
                i = place[p]
                if gain[p] > first[i]:
                    second[i] = first[i]
                    first[i], owner[i] = gain[p], j
                elif gain[p] > second[i]:
                    second[i] = gain[p]
    for i in range(first.size):
        if owner[i] >= 0:
            loss[owner[i]] += first[i] - second[i]


@compiled
def _interchange(
    start: LongArray,
    place: IntArray,
    gain: FloatArray,
    cost: LongArray,
    limit: int,
    places: int,
    inside: BoolArray,
    least: float,
) -> None:
    sites = inside.size
    first, second = np.zeros(places), np.zeros(places)
    owner = np.full(places, -1, np.int64)
    loss, saved = np.zeros(sites), np.zeros(sites)
    _two_best(start, place, gain, inside, first, second, owner, loss)
    members = np.flatnonzero(inside)
    spent = cost[members].sum()
    quiet, j = 0, 0
    while quiet < sites:
        if not inside[j]:
            adds = 0.0
            for p in range(start[j], start[j + 1]):
                i = place[p]
                if gain[p] > first[i]:
                    adds += gain[p] - first[i]
                    if owner[i] >= 0:
                        saved[owner[i]] += first[i] - second[i]
                elif gain[p] > second[i] and owner[i] >= 0:
                    saved[owner[i]] += gain[p] - second[i]
            out, better = np.int64(-1), least
            if spent + cost[j] <= limit:
                better = max(adds, least)
            else:
                for k in members:
                    if spent - cost[k] + cost[j] <= limit and adds - loss[k] + saved[k] > better:
                        out, better = np.int64(k), adds - loss[k] + saved[k]
            for k in members:
                saved[k] = 0.0
            if better > least:
                inside[j] = True
                spent += cost[j]
                if out >= 0:
                    inside[out] = False
                    spent -= cost[out]
                _two_best(start, place, gain, inside, first, second, owner, loss)
                members = np.flatnonzero(inside)
                quiet = 0
        quiet += 1
        j = (j + 1) % sites
