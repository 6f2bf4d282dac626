"""The best sites of a siting problem: reductions, local search, relaxation; what is left is closed or branched on."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessgis.solve.gains import Gains, Reduced, restrict
from accessgis.solve.interchange import greedy, improve, shake
from accessgis.solve.lagrange import PATIENT, QUICK, Pace, Relaxed, dual, first_price, relax
from accessgis.solve.mip import close, size
from accessgis.solve.result import Watch

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Bytes1 = NDArray[np.int8]

Goal = Callable[[int], int]
"""Highest bound that will do, by the value of the best known."""

_MOST_ENTRIES = 4_000
"""Largest program that is given to HiGHS."""
_CORE_SITES, _CORE_ENTRIES = (100, 80, 60, 40), 15_000
_POOL = 12
_ROOT_STEPS, _PATIENT_STEPS, _NODE_STEPS = 800, 5_000, 40
_IMPROVED = 16
"""Of so many nodes one has its choices improved."""
_ROUNDS = 8
_WORTH_SHRINKING = 0.2
"""Share of the sites that must be settled before the problem is made anew without them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Best:
    """Sites (ascending), their value, what no choice exceeds, and whether the clock cut the search short."""

    chosen: LongArray
    value: int
    bound: int
    stopped: bool


class _Known:
    """The best choice known, in the sites of the problem as it was given, and what nothing better need exceed."""

    def __init__(self, gains: Gains, watch: Watch, goal: Goal) -> None:
        self.gains, self.watch = gains, watch
        self.chosen = np.empty(0, np.int64)
        self.value = 0
        self._goal = goal

    @property
    def goal(self) -> int:
        """Choices that gain no more need not be looked at."""
        return max(self.value, self._goal(self.value))

    def offer(self, chosen: LongArray) -> None:
        value = self.gains.value(chosen)
        if value > self.value:
            self.chosen, self.value = np.sort(chosen), value

    def good(self, bound: int) -> bool:
        """Return whether the gap to a bound is small enough."""
        return bound <= self.goal

    def done(self, bound: int) -> bool:
        """Return whether the gap is small enough, or time is up."""
        return self.good(bound) or self.watch.late()


class _Part:
    """A reduced problem within the one that was given: its sites, what is taken already, and its prices."""

    def __init__(self, known: _Known, reduced: Reduced, site: LongArray, taken: LongArray, held: int) -> None:
        self.known, self.gains, self.site, self.taken, self.held = known, reduced.gains, site, taken, held
        self.gain = reduced.gains.gain()
        self.dual = dual(reduced.gains, self.gain)
        self._offered = np.empty(0, np.int64)

    def offer(self, chosen: LongArray, better: bool) -> int:  # noqa: FBT001 told by position, a hundred times
        """Take a choice as the best known if it is, perhaps improved; return the goal less what is held.

        What is settled may alone be beyond the limit: then nothing exceeds the goal, and nothing is taken.
        """
        if better:
            chosen = improve(self.gains, self.gain, chosen)
        elif np.array_equal(chosen, self._offered):  # steps often choose the same
            return self.known.goal - self.held
        self._offered = chosen
        if int(self.gains.cost[chosen].sum()) > self.gains.limit:
            return self.known.goal - self.held
        if self.held + self.gains.value(chosen) > self.known.value:
            self.known.offer(np.concatenate([self.taken, self.site[chosen]]))
        return self.known.goal - self.held

    def search(self, first: LongArray, share: FloatArray) -> None:
        """Offer a first choice and the best known, shaken, then the best among their sites and those of the relaxation.

        The best known must be of this part.
        """
        number = np.full(self.known.gains.site_count, -1, np.int64)
        number[self.site] = np.arange(self.site.size)
        late = self.known.watch.late
        one = shake(self.gains, self.gain, first, late)
        two = shake(self.gains, self.gain, np.sort(number[self.known.chosen]), late)
        self.offer(one[0], better=False)
        self.offer(two[0], better=False)
        order = np.concatenate([*one[:_POOL], *two[:_POOL], np.argsort(-share, kind="stable")])
        _, first = np.unique(order, return_index=True)
        order = order[np.sort(first)]
        for count in _CORE_SITES:
            dropped = np.ones(self.gains.site_count, np.bool_)
            dropped[order[:count]] = False
            core = restrict(self.gains, taken=np.empty(0, np.int64), dropped=dropped)
            if core.gains.site_count and size(core.gains) <= _CORE_ENTRIES and not late():
                chosen, _, _ = close(core.gains, time_s=self.known.watch.left_s() / 16)
                self.offer(core.site[chosen], better=True)
                return

    def done(self, bound: int) -> bool:
        """Return whether the bound of this part is good enough, or time is up."""
        return self.known.done(self.held + bound)

    def relaxed(
        self, price: FloatArray, state: Bytes1, steps: int, pace: Pace = QUICK, *, improve: bool = True
    ) -> Relaxed:
        """Return a bound of this part, with some sites taken and others dropped."""
        return relax(
            self.dual, price, state=state, steps=steps, offer=self.offer, done=self.done, pace=pace, improve=improve
        )

    def smaller(self, price: FloatArray, outside: BoolArray, inside: BoolArray) -> tuple[_Part, FloatArray]:
        """Return the part without the sites that are settled, and the prices in it."""
        taken = np.flatnonzero(inside)
        made = restrict(self.gains, taken=taken, dropped=outside)
        seen = made.place >= 0
        kept = np.bincount(made.place[seen], price[seen], made.gains.weight.size).astype(np.float64)
        whole = np.concatenate([self.taken, self.site[taken]])
        return _Part(self.known, made, self.site[made.site], whole, self.held + made.held), kept


def best_sites(gains: Gains, watch: Watch, goal: Goal) -> Best:
    """Return the best sites of a problem, or the best found in time, with a bound.

    ``goal`` is told the value of the best known and says which bound will do. Deterministic as long
    as the clock does not cut in: one thread, no chance, ties to the lowest index.
    """
    known = _Known(gains, watch, goal)
    none = np.zeros(gains.site_count, np.bool_)
    made = restrict(gains, taken=np.empty(0, np.int64), dropped=none)
    part = _Part(known, made, made.site, np.empty(0, np.int64), 0)
    first = greedy(part.gains, part.gain)
    part.offer(first, better=False)
    first = improve(part.gains, part.gain, first)
    part.offer(first, better=False)
    price = first_price(part.dual, first)
    bound = part.gains.value(np.arange(part.gains.site_count))
    for turn in range(_ROUNDS):
        if known.done(bound):
            break
        free, large = np.zeros(part.gains.site_count, np.int8), size(part.gains) > _MOST_ENTRIES
        found = part.relaxed(price, free, _ROOT_STEPS)
        bound = min(bound, max(known.goal, part.held + found.bound))
        if turn == 0 and large and not known.done(bound):
            part.search(first, found.share)
        if large and found.settled < _WORTH_SHRINKING and not known.done(bound):
            found = part.relaxed(found.price, free, _PATIENT_STEPS, PATIENT)
            bound = min(bound, max(known.goal, part.held + found.bound))
        if known.done(bound) or found.settled < _WORTH_SHRINKING or turn == _ROUNDS - 1:
            break
        part, price = part.smaller(found.price, found.outside, found.inside)
        if part.gains.site_count == 0:
            part.offer(np.empty(0, np.int64), better=False)
            bound = known.goal
            break
        part.offer(greedy(part.gains, part.gain), better=True)
    if not known.done(bound):
        if size(part.gains) <= _MOST_ENTRIES:
            part, _ = part.smaller(found.price, found.outside, found.inside)
            chosen, top, _ = close(part.gains, time_s=watch.left_s())
            part.offer(chosen, better=False)
            bound = min(bound, max(known.goal, part.held + top) if part.gains.limit >= 0 else known.goal)
        else:
            bound = min(bound, _branch(part, found))
    return Best(chosen=known.chosen, value=known.value, bound=bound, stopped=watch.late() and not known.good(bound))


def _branch(part: _Part, root: Relaxed) -> int:
    """Return the bound after branching on sites, the most promising node first, until proven or out of time.

    A node takes some sites and drops others; its prices start from its parent's. Ties go to the older node.
    """
    known = part.known
    state = np.zeros(part.gains.site_count, np.int8)
    state[root.outside], state[root.inside] = -1, 1
    heap = [(-root.bound, 0, state, root)]
    age = 1
    while heap:
        top = part.held - heap[0][0]
        if known.done(top):
            return max(known.goal, top)
        _, _, state, above = heapq.heappop(heap)
        free = np.flatnonzero(state == 0)
        if not free.size:
            part.offer(np.flatnonzero(state > 0), better=False)
            continue
        j = free[np.argmax(np.minimum(above.share[free], 0.999 * (1 - above.share[free])))]
        for way in (1, -1):
            child = state.copy()
            child[j] = way
            if int(part.gains.cost[child > 0].sum()) > part.gains.limit:
                continue
            found = part.relaxed(above.price, child, _NODE_STEPS, improve=age % _IMPROVED == 1)
            child[found.outside & (child == 0)], child[found.inside & (child == 0)] = -1, 1
            node_bound = min(found.bound, above.bound)
            if part.held + node_bound > known.goal:
                kept = Relaxed(
                    bound=node_bound, price=found.price, share=found.share, outside=found.outside, inside=found.inside
                )
                heapq.heappush(heap, (-node_bound, age, child, kept))
                age += 1
    return known.goal
