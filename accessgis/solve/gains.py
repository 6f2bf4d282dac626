"""What sites are worth to those they serve: the sparse problem of covering and median models, and its reductions.

Covering and median models are one problem (Cornuéjols, Fisher and Nemhauser 1977): choose sites X within a limit so
that

    Σ_i w_i max_{j ∈ X} g_ij

is largest. In covering ``g_ij`` is 1 for who is covered; in a median it is the time that site j saves place i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import transposed

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Indices = NDArray[np.int32] | NDArray[np.int64]

_LARGEST = float(2**60)
"""Most that sums of whole numbers reach."""
MOST_COST = 1e9
"""Most that sums of costs reach where scaled: a program of HiGHS holds them in one row, to 1e-6."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Gains:
    """A siting problem: the pairs of site and place at which something is gained, by site, then place.

    Attributes
    ----------
    start
        The pairs of site j are rows ``start[j]:start[j + 1]``.
    place
        Place of each pair, ascending within a site.
    unit
        What each of its people gains, a whole number above 0.
    weight
        People of each place, whole numbers.
    cost
        Cost of each site, a whole number.
    limit
        Most that the chosen sites may cost together.
    """

    start: LongArray
    place: IntArray
    unit: LongArray
    weight: LongArray
    cost: LongArray
    limit: int

    @property
    def site_count(self) -> int:
        """Number of sites."""
        return self.cost.size

    @property
    def site(self) -> IntArray:
        """Site of each pair."""
        return np.repeat(np.arange(self.site_count, dtype=np.int32), np.diff(self.start))

    def gain(self) -> FloatArray:
        """Return what each pair gains, as floats: exact up to 2^53."""
        return (self.weight[self.place] * self.unit).astype(np.float64)

    def value(self, chosen: LongArray) -> int:
        """Return what the chosen sites gain together."""
        return int(_value(self.start, self.place, self.unit, self.weight, np.asarray(chosen, np.int64)))

    def running(self, chosen: LongArray) -> LongArray:
        """Return what the first 0, 1, … of the chosen sites gain together, in their order; shape (chosen + 1,)."""
        best = np.zeros(self.weight.size, np.int64)
        adds = np.zeros(len(chosen) + 1, np.int64)
        for number, j in enumerate(chosen, start=1):
            adds[number] = self.added(int(j), best)
            self.take(int(j), best)
        return np.cumsum(adds)

    def added(self, site: int, best: LongArray) -> int:
        """Return what a site gains beyond the best unit that each place has already."""
        pairs = slice(self.start[site], self.start[site + 1])
        place = self.place[pairs]
        return int(np.maximum(self.unit[pairs] - best[place], 0) @ self.weight[place])

    def take(self, site: int, best: LongArray) -> None:
        """Raise the best unit of each place to what a site gives it."""
        pairs = slice(self.start[site], self.start[site + 1])
        best[self.place[pairs]] = np.maximum(best[self.place[pairs]], self.unit[pairs])


@dataclass(frozen=True, eq=False, kw_only=True)
class Reduced:
    """A smaller problem with the same best value less what is ``held``.

    Attributes
    ----------
    gains
        The problem.
    site
        Which site of the larger problem each of its sites is.
    place
        Which of its places each place of the larger problem has become part of; −1 is none.
    held
        What the taken sites gain.
    """

    gains: Gains
    site: LongArray
    place: LongArray
    held: int


def whole(values: FloatArray, total: float, *, largest: float = _LARGEST) -> tuple[LongArray, int]:
    """Return values as whole numbers of ``1 / scale``, and the scale: a power of ten, 1 where they are whole.

    ``total`` bounds what sums of them reach. Values that no scale up to a million makes whole are rounded at the finest
    scale at which sums stay within ``largest`` (64 bits); what is above 0 stays above 0.
    """
    scale = 1
    while scale < 10**6 and (np.abs(values * scale - np.rint(values * scale)) > 1e-9).any():
        scale *= 10
    if scale == 10**6:
        while total * scale * 10 <= largest and (np.abs(values * scale - np.rint(values * scale)) > 1e-9).any():
            scale *= 10
    while scale > 1 and total * scale > largest:
        scale //= 10
    return np.maximum(np.rint(values * scale), values > 0).astype(np.int64), scale


def pack(site: Indices, place: Indices, unit: LongArray, *, weight: LongArray, cost: LongArray, limit: int) -> Gains:
    """Return a problem from pairs sorted by site, then place; pairs that gain nothing are left out."""
    kept = (unit > 0) & (weight[place] > 0)
    site, place, unit = site[kept], place[kept], unit[kept]
    start = np.concatenate([[0], np.cumsum(np.bincount(site, minlength=cost.size))])
    return Gains(
        start=readonly(start, np.int64),
        place=readonly(place, np.int32),
        unit=readonly(unit, np.int64),
        weight=readonly(weight, np.int64),
        cost=readonly(cost, np.int64),
        limit=int(limit),
    )


def restrict(gains: Gains, *, taken: LongArray, dropped: BoolArray) -> Reduced:
    """Return the problem that is left when some sites are taken and others dropped, reduced.

    What the taken sites gain is held, and others gain only what they add to it. Sites that gain nothing or cost more
    than is left go; places gained alike by the same sites become one (their coverage class); and a site goes when
    another that costs no more gains at least as much at each of its places, the lower index staying where both are
    alike.
    """
    best = np.zeros(gains.weight.size, np.int64)
    for j in taken:
        gains.take(int(j), best)
    limit = gains.limit - int(gains.cost[taken].sum())
    kept = ~dropped & (gains.cost <= limit)
    kept[taken] = False
    site, place, unit = gains.site, gains.place, gains.unit - best[gains.place]
    alive = kept[site] & (unit > 0)
    left = pack(
        site[alive],
        place[alive],
        unit[alive],
        weight=gains.weight,
        cost=gains.cost,
        limit=limit,
    )
    sites, places = np.arange(gains.site_count), np.arange(gains.weight.size)
    while True:
        left, number = _merged(left)
        places = np.where(places >= 0, number[places], -1)
        gone = _dominated(left.start, left.place, left.unit, *by_place(left)[:2], left.cost)
        more = bool((gone & (np.diff(left.start) > 0)).any())
        left, chosen = _without(left, gone)
        sites = sites[chosen]
        if not more:
            return Reduced(gains=left, site=sites, place=places, held=int(best @ gains.weight))


def _without(gains: Gains, gone: BoolArray) -> tuple[Gains, LongArray]:
    chosen = np.flatnonzero(~gone)
    number = np.full(gains.site_count, -1, np.int64)
    number[chosen] = np.arange(chosen.size)
    kept = ~gone[gains.site]
    left = pack(
        number[gains.site[kept]],
        gains.place[kept],
        gains.unit[kept],
        weight=gains.weight,
        cost=gains.cost[chosen],
        limit=gains.limit,
    )
    return left, chosen


def by_site(start: LongArray, site: IntArray, unit: LongArray, count: int) -> tuple[LongArray, IntArray, LongArray]:
    """Return pairs that are sorted by place, then site, the other way round: sites, places, units."""
    first, place, value = transposed(
        readonly(start, np.int64), readonly(site, np.int32), readonly(unit, np.int64), count
    )
    return np.repeat(np.arange(count), np.diff(first)), place, value


def by_place(gains: Gains) -> tuple[LongArray, IntArray, LongArray]:
    """Return the pairs by place, then site: where each place starts, the sites, the units."""
    return transposed(gains.start, gains.place, gains.unit, gains.weight.size)


def _merged(gains: Gains) -> tuple[Gains, LongArray]:
    """Return the problem with places that are gained alike as one, and which of them each place becomes."""
    start, site, unit = by_place(gains)
    number, count = _classes(start, site, unit)
    seen = np.flatnonzero(number >= 0)
    weight = np.zeros(count, np.int64)
    np.add.at(weight, number[seen], gains.weight[seen])
    first = np.zeros(number.size, np.bool_)
    first[seen[np.unique(number[seen], return_index=True)[1]]] = True
    kept = first[gains.place]
    left = pack(
        gains.site[kept],
        number[gains.place[kept]],
        gains.unit[kept],
        weight=weight,
        cost=gains.cost,
        limit=gains.limit,
    )
    return left, number


@compiled
def _value(start: LongArray, place: IntArray, unit: LongArray, weight: LongArray, chosen: LongArray) -> int:
    best = np.zeros(weight.size, np.int64)
    for j in chosen:
        for p in range(start[j], start[j + 1]):
            best[place[p]] = max(best[place[p]], unit[p])
    total = 0
    for i in range(weight.size):
        total += best[i] * weight[i]
    return total


@compiled
def _classes(start: LongArray, site: IntArray, unit: LongArray) -> tuple[LongArray, int]:
    """Return the class of each place (−1: none gains), numbered by first place, and how many there are."""
    count = start.size - 1
    size = 1
    while size < 2 * count + 2:
        size *= 2
    slot_of = np.full(size, -1, np.int64)
    number = np.full(count, -1, np.int64)
    classes = 0
    for i in range(count):
        low, high = start[i], start[i + 1]
        if low == high:
            continue
        mixed = np.int64(high - low)
        for p in range(low, high):
            mixed = (mixed ^ (np.int64(site[p]) + (unit[p] << np.int64(20)))) * np.int64(0x100000001B3)
            mixed ^= (mixed >> np.int64(29)) & np.int64(0x7FFFFFFFF)
        slot = mixed & np.int64(size - 1)
        while slot_of[slot] >= 0:
            other = slot_of[slot]
            alike = start[other + 1] - start[other] == high - low
            if alike:
                for p in range(high - low):
                    if site[low + p] != site[start[other] + p] or unit[low + p] != unit[start[other] + p]:
                        alike = False
                        break
            if alike:
                number[i] = number[other]
                break
            slot = (slot + 1) & np.int64(size - 1)
        if number[i] < 0:
            slot_of[slot] = i
            number[i] = classes
            classes += 1
    return number, classes


@compiled
def _dominated(
    start: LongArray,
    place: IntArray,
    unit: LongArray,
    place_start: LongArray,
    place_site: IntArray,
    cost: LongArray,
) -> BoolArray:
    """Return which sites gain nothing that another does not gain for no more cost."""
    gone = np.zeros(cost.size, np.bool_)
    for j in range(cost.size):
        low, high = start[j], start[j + 1]
        if low == high:
            gone[j] = True
            continue
        rarest = place[low]
        for p in range(low, high):
            i = place[p]
            if place_start[i + 1] - place_start[i] < place_start[rarest + 1] - place_start[rarest]:
                rarest = i
        for q in range(place_start[rarest], place_start[rarest + 1]):
            k = place_site[q]
            if k == j or cost[k] > cost[j] or start[k + 1] - start[k] < high - low:
                continue
            strict = cost[k] < cost[j] or start[k + 1] - start[k] > high - low
            at, covers = start[k], True
            for p in range(low, high):
                while at < start[k + 1] and place[at] < place[p]:
                    at += 1
                if at == start[k + 1] or place[at] != place[p] or unit[at] < unit[p]:
                    covers = False
                    break
                strict = strict or unit[at] > unit[p]
            if covers and (strict or k < j):
                gone[j] = True
                break
    return gone
