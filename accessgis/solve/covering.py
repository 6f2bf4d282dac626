"""The cheapest sites that cover every place: reductions, Lagrangian bounds, greedy completion, HiGHS for the rest.

``min Σ_j c_j x_j`` with ``Σ_j a_ij x_j ≥ 1`` at every place. The relaxation (Beasley 1987) prices the places:

    L(u) = Σ_i u_i + Σ_j min(0, c_j − Σ_i a_ij u_i)

is at most the best cost for every u ≥ 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from accessgis.solve.gains import Gains, by_place, restrict
from accessgis.solve.mip import program
from accessgis.solve.result import BoolArray, FloatArray, IntArray, LongArray, Watch
from accessgis.travel.kernels import compiled

_STEPS, _PATIENCE, _SHORTEST = 600, 20, 5e-3
_COMPLETE_EVERY = 10
_MOST_ENTRIES = 300_000
_SAFETY = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Cheapest:
    """Sites (ascending) that cover every place, their cost, what no cover costs less than, and whether time was up."""

    chosen: LongArray
    cost: int
    bound: int
    stopped: bool


class _Search:
    """The cheapest cover known, in the sites of the problem as it was given."""

    def __init__(self, gains: Gains, watch: Watch, most: int | None) -> None:
        self.gains, self.watch, self.most = gains, watch, most
        self.chosen = np.flatnonzero(np.diff(gains.start) > 0)
        self.cost = int(gains.cost[self.chosen].sum())

    def offer(self, chosen: LongArray) -> None:
        """Take a cover as the cheapest known if it is."""
        cost = int(self.gains.cost[chosen].sum())
        if cost < self.cost:
            self.chosen, self.cost = np.sort(chosen), cost

    def good(self, bound: int) -> bool:
        """Return whether the question is answered: the gap is small, or ``most`` is met or out of the question."""
        if self.most is not None and (self.cost <= self.most or bound > self.most):
            return True
        return self.cost - bound <= self.watch.effort.gap * self.cost

    def done(self, bound: int) -> bool:
        """Return whether the question is answered, or time is up."""
        return self.good(bound) or self.watch.late()


def cheapest_cover(gains: Gains, watch: Watch, most: int | None = None) -> Cheapest:
    """Return the cheapest sites that cover every place that some site covers; units and weights play no part.

    With ``most`` the search ends as soon as a cover of that cost is found, or proven not to exist.
    """
    search = _Search(gains, watch, most)
    part = replace(
        gains, limit=int(gains.cost.sum()), weight=np.minimum(gains.weight, 1), unit=np.minimum(gains.unit, 1)
    )
    site, taken = np.arange(gains.site_count), np.empty(0, np.int64)
    bound = 0
    for _ in range(8):
        part, site, fresh = _reduced(part, site)
        taken = np.concatenate([taken, fresh])
        held = int(gains.cost[taken].sum())
        if not part.place.size:
            search.offer(taken)
            bound = max(bound, min(held, search.cost))
            break
        found, outside, inside = _relax(part, site, taken, search)
        bound = max(bound, min(search.cost, held + found))
        if search.done(bound) or (outside | inside).mean() < 0.1:
            break
        kept = ~outside
        covered = np.bincount(part.place[kept[part.site]], minlength=part.weight.size) > 0
        if not covered[np.unique(part.place)].all():
            bound = search.cost
            break
        chosen = np.flatnonzero(inside)
        made = restrict(part, taken=chosen, dropped=outside)
        taken = np.concatenate([taken, site[chosen]])
        part, site = made.gains, site[made.site]
    if not search.done(bound) and 2 * part.place.size <= _MOST_ENTRIES:
        bound = max(bound, _closed(part, site, taken, search))
    return Cheapest(
        chosen=search.chosen, cost=search.cost, bound=bound, stopped=search.watch.late() and not search.good(bound)
    )


def _reduced(gains: Gains, site: LongArray) -> tuple[Gains, LongArray, LongArray]:
    """Return the problem without what others settle, the sites of it, and the sites that every cover needs.

    Beside the reductions of :func:`accessgis.solve.gains.restrict`, a place goes when all sites that cover another
    cover it too, and the only site of a place is taken.
    """
    taken = np.empty(0, np.int64)
    while True:
        made = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(gains.site_count, np.bool_))
        gains, site = made.gains, site[made.site]
        start, of_place, _ = by_place(gains)
        only = np.unique(of_place[start[:-1][np.diff(start) == 1]]).astype(np.int64)
        implied = _implied(start, of_place, gains.start, gains.place)
        if not only.size and not implied.any():
            return gains, site, taken
        made = restrict(
            replace(gains, weight=np.where(implied, 0, 1)), taken=only, dropped=np.zeros(gains.site_count, np.bool_)
        )
        taken = np.concatenate([taken, site[only]])
        gains, site = replace(made.gains, weight=np.minimum(made.gains.weight, 1)), site[made.site]


def _relax(gains: Gains, site: LongArray, taken: LongArray, search: _Search) -> tuple[int, BoolArray, BoolArray]:
    """Return a bound of the cost of what is left, and the sites that no better, or every better, cover holds."""
    start, of_place, _ = by_place(gains)
    cost = gains.cost.astype(np.float64)
    held = int(search.gains.cost[taken].sum())
    price = _first_price(start, of_place, cost / np.maximum(np.diff(gains.start), 1))
    outside, inside = np.zeros(cost.size, np.bool_), np.zeros(cost.size, np.bool_)
    best, best_price, length, since = -np.inf, price, 1.0, 0
    direction = np.zeros(price.size)
    for step in range(_STEPS):
        left = cost - _sums(gains.start, gains.place, price)
        value = float(price.sum() + np.minimum(left, 0).sum())
        since = 0 if value > best + 1e-4 * abs(best) else since + 1
        if step % _COMPLETE_EVERY == 0:
            chosen = _completed(gains.start, gains.place, start, of_place, np.maximum(left, 1e-3 * cost), cost)
            search.offer(np.concatenate([taken, site[chosen]]))
        if value > best:
            best, best_price = value, price
            worse = np.ceil(value + np.abs(left) - _SAFETY * (1 + abs(value))) >= search.cost - held
            outside |= worse & (left > 0)
            inside |= worse & (left < 0)
        bound = held + int(np.ceil(best - _SAFETY * (1 + abs(best))))
        if search.done(bound):
            break
        if since >= _PATIENCE:
            length, since, price = length / 2, 0, best_price
            direction[:] = 0
            if length < _SHORTEST:
                break
            continue
        slope = 1.0 - np.bincount(gains.place, (left < 0)[gains.site], price.size)
        slope[(price <= 0) & (slope < 0)] = 0
        direction = 0.5 * direction + slope
        square = float(direction @ direction)
        if square == 0:
            break
        target = max(search.cost - held, value + 1e-3 * abs(value))
        price = np.maximum(price + length * (target - value) / square * direction, 0)
    return bound - held, outside, inside


def _closed(gains: Gains, site: LongArray, taken: LongArray, search: _Search) -> int:
    """Offer the cheapest cover that HiGHS finds, and return its bound."""
    rows = csr_array(
        (np.ones(gains.place.size), (gains.place, gains.site)), shape=(gains.weight.size, gains.site_count)
    )
    held = int(search.gains.cost[taken].sum())
    done = program(
        gains.cost.astype(np.float64),
        rows,
        np.ones(gains.weight.size),
        np.full(gains.weight.size, np.inf),
        whole=np.ones(gains.site_count, np.bool_),
        most=np.ones(gains.site_count),
        time_s=search.watch.left_s(),
    )
    if done.values is not None:
        search.offer(np.concatenate([taken, site[np.flatnonzero(done.values > 0.5)]]))
    if not np.isfinite(done.bound):
        return 0
    return min(search.cost, held + int(np.ceil(done.bound - 1e-6 * (1 + abs(done.bound)))))


@compiled
def _implied(start: LongArray, site: IntArray, site_start: LongArray, site_place: IntArray) -> BoolArray:
    """Return which places are covered whenever another is: its sites are among theirs; of equals the first stays."""
    gone = np.zeros(start.size - 1, np.bool_)
    for k in range(gone.size):
        low, high = start[k], start[k + 1]
        if low == high or gone[k]:
            continue
        rarest = site[low]
        for p in range(low, high):
            j = site[p]
            if site_start[j + 1] - site_start[j] < site_start[rarest + 1] - site_start[rarest]:
                rarest = j
        for q in range(site_start[rarest], site_start[rarest + 1]):
            i = site_place[q]
            if i == k or gone[i] or start[i + 1] - start[i] < high - low:
                continue
            at, among = start[i], True
            for p in range(low, high):
                while at < start[i + 1] and site[at] < site[p]:
                    at += 1
                if at == start[i + 1] or site[at] != site[p]:
                    among = False
                    break
            if among and (start[i + 1] - start[i] > high - low or k < i):
                gone[i] = True
    return gone


@compiled
def _first_price(start: LongArray, site: IntArray, each: FloatArray) -> FloatArray:
    price = np.zeros(start.size - 1)
    for i in range(price.size):
        if start[i] < start[i + 1]:
            price[i] = np.inf
        for p in range(start[i], start[i + 1]):
            price[i] = min(price[i], each[site[p]])
    return price


@compiled
def _sums(start: LongArray, place: IntArray, price: FloatArray) -> FloatArray:
    sums = np.zeros(start.size - 1)
    for j in range(sums.size):
        for p in range(start[j], start[j + 1]):
            sums[j] += price[place[p]]
    return sums


@compiled
def _completed(
    start: LongArray, place: IntArray, place_start: LongArray, place_site: IntArray, key: FloatArray, cost: FloatArray
) -> LongArray:
    """Return a cover: the site of least key per place that it covers anew, again and again, then without idle ones."""
    sites, places = key.size, place_start.size - 1
    fresh = np.diff(start)
    times = np.zeros(places, np.int64)
    inside = np.zeros(sites, np.bool_)
    left = 0
    for i in range(places):
        if place_start[i] < place_start[i + 1]:
            left += 1
    while left > 0:
        top = -1
        for j in range(sites):
            if fresh[j] > 0 and (top < 0 or key[j] * fresh[top] < key[top] * fresh[j]):
                top = j
        inside[top] = True
        for p in range(start[top], start[top + 1]):
            i = place[p]
            times[i] += 1
            if times[i] == 1:
                left -= 1
                for q in range(place_start[i], place_start[i + 1]):
                    fresh[place_site[q]] -= 1
    order = np.argsort(-cost)
    for n in range(sites):
        j = order[n]
        if inside[j]:
            idle = True
            for p in range(start[j], start[j + 1]):
                if times[place[p]] < 2:
                    idle = False
                    break
            if idle:
                inside[j] = False
                for p in range(start[j], start[j + 1]):
                    times[place[p]] -= 1
    return np.flatnonzero(inside)
