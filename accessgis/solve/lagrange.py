"""Bounds of a siting problem by Lagrangian relaxation, with sites settled by their reduced gains.

Each place may be gained by one site only; that is relaxed at prices u ≥ 0 (Cornuéjols, Fisher and Nemhauser 1977):

    L(u) = Σ_i u_i + max_X Σ_{j ∈ X} Σ_i max(0, w_i g_ij − u_i)

is at least the best value for every u. The prices follow a running mean of subgradients (Camerini, Fratta and Maffioli
1975) with the steps of Held and Karp (1971), each scaled by the most that its place can gain; what would leave the box
of sensible prices is taken out of the direction first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessgis.solve.gains import Gains
from accessgis.travel.kernels import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Bytes1 = NDArray[np.int8]

_SAFETY = 1e-12
"""Share by which a bound is raised, for the rounding of its sums."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How prices move.

    Attributes
    ----------
    memory
        Weight of the past in the mean of subgradients: near 1 where many sites overlap, else prices swing and stand
        still.
    length
        First length of a step, as a share of that which would close the gap along the direction.
    decay
        What the length is multiplied with when the bound stays.
    patience
        Steps for which it may stay.
    shortest
        Length at which to stop.
    improved
        Of so many steps one has its choice improved.
    """

    memory: float
    length: float
    decay: float
    patience: int
    shortest: float
    improved: int


QUICK = Pace(memory=0.5, length=0.5, decay=0.5, patience=20, shortest=2.5e-3, improved=20)
PATIENT = Pace(memory=0.99, length=0.02, decay=0.7, patience=200, shortest=1e-3, improved=100)


@dataclass(frozen=True, eq=False, kw_only=True)
class Dual:
    """A siting problem as its relaxation sees it, made once for many prices (:func:`dual`).

    Attributes
    ----------
    gains, gain
        The problem, and what each pair gains.
    top
        Most that each place gains, and with it the highest sensible price.
    scale
        Length of a step at each place, about 1.
    alike
        Whether all sites that a place gains by give it the same.
    """

    gains: Gains
    gain: FloatArray
    top: FloatArray
    scale: FloatArray
    alike: bool

    def profits(self, price: FloatArray, state: Bytes1) -> FloatArray:
        """Return the profit of each site that is not dropped."""
        gains = self.gains
        if self.alike:
            return _profits_alike(gains.start, gains.place, np.maximum(self.top - price, 0.0), state)
        return _profits(gains.start, gains.place, self.gain, price, state)


@dataclass(frozen=True, eq=False, kw_only=True)
class Relaxed:
    """What the relaxation found.

    Attributes
    ----------
    bound
        No choice of sites gains more.
    price
        The prices that prove it.
    share
        How much of each site the last steps chose, on average.
    outside, inside
        Sites that no choice of interest holds, and sites that every one holds.
    """

    bound: int
    price: FloatArray
    share: FloatArray
    outside: BoolArray
    inside: BoolArray

    @property
    def settled(self) -> float:
        """Share of the sites that are settled."""
        return float((self.outside | self.inside).mean()) if self.outside.size else 0.0


def dual(gains: Gains, gain: FloatArray) -> Dual:
    """Return a problem for :func:`relax`."""
    top = _highest(gains.place, gain, gains.weight.size)
    scale = top / max(float(top.mean()), 1e-300) if top.size else top
    return Dual(gains=gains, gain=gain, top=top, scale=scale, alike=bool((gain == top[gains.place]).all()))


def first_price(problem: Dual, chosen: LongArray) -> FloatArray:
    """Return prices to start from: a third of the most that a place can gain where the chosen sites serve it."""
    gains, served = problem.gains, np.zeros(problem.top.size, np.bool_)
    for j in chosen:
        served[gains.place[gains.start[j] : gains.start[j + 1]]] = True
    return np.where(served, 0.3 * problem.top, 0.0)


def relax(
    problem: Dual,
    price: FloatArray,
    *,
    state: Bytes1,
    steps: int,
    offer: Callable[[LongArray, bool], int],
    done: Callable[[int], bool],
    pace: Pace = QUICK,
    improve: bool = True,
) -> Relaxed:
    """Lower the bound of a problem; sites that no choice of interest holds are dropped on the way.

    Parameters
    ----------
    problem
        The problem.
    price
        Prices to start from.
    state
        1 for sites that are taken, −1 for those that are dropped, 0 for the others.
    steps
        Most steps.
    offer
        Told the sites that the relaxation chooses, and whether to improve them; returns the value that a choice must
        exceed to be of interest.
    done
        Told the bound; says whether it is good enough, or time is up.
    pace
        How prices move.
    improve
        Whether some of the choices are to be improved at all.
    """
    gains, top, state = problem.gains, problem.top, state.copy()
    price = np.minimum(price, top)
    best, best_price = np.inf, price
    outside, inside = np.zeros(gains.site_count, np.bool_), np.zeros(gains.site_count, np.bool_)
    direction, mean = np.zeros(price.size), np.zeros(gains.site_count)
    length, since = pace.length, 0
    for step in range(steps):
        profit = problem.profits(price, state)
        share, worth = fill(profit, gains.cost, gains.limit, state)
        value = (float(price.sum()) + worth) * (1 + _SAFETY)
        mean = share if step == 0 else 0.95 * mean + 0.05 * share
        known = offer(np.flatnonzero(share >= 1), improve and step % pace.improved == 0)
        since = 0 if value < best * (1 - 1e-5) else since + 1
        if value < best:
            best, best_price = value, price
            _settle(profit, gains.cost, share, (value, known), state, outside, inside)
            state[outside & (state == 0)] = -1
        if done(int(np.floor(best))):
            break
        if since >= pace.patience:
            length, since, price = length * pace.decay, 0, best_price
            direction[:] = 0
            if length < pace.shortest:
                break
            continue
        slope = _slope(gains.start, gains.place, problem.gain, price, share)
        square = _turn(direction, slope, price, top, problem.scale, pace.memory)
        if square == 0:
            break
        price = _moved(price, direction, top, problem.scale, length * max(value - known, 1e-9 * value) / square)
    # What is dropped on the way is worth no more than what is known.
    bound = max(int(np.floor(best)), known)
    return Relaxed(bound=bound, price=best_price, share=mean, outside=outside, inside=inside)


def bounds_by_count(problem: Dual, price: FloatArray, most: int) -> FloatArray:
    """Return what no 0, 1, … ``most`` sites exceed, whatever they cost: prices bound every number of sites at once."""
    profit = -np.sort(-problem.profits(price, np.zeros(problem.gains.site_count, np.int8)))
    sums = np.concatenate([[0.0], np.cumsum(profit)])
    return np.floor((float(price.sum()) + sums[np.minimum(np.arange(most + 1), profit.size)]) * (1 + _SAFETY))


def least_limit(problem: Dual, price: FloatArray, wanted: int) -> int:
    """Return a limit below which no choice gains what is wanted, by the prices of any."""
    gains = problem.gains
    state = np.zeros(gains.site_count, np.int8)
    profit = problem.profits(price, state)
    low, high = 0, int(gains.cost.sum())
    while low < high:
        middle = (low + high) // 2
        _, worth = fill(profit, gains.cost, middle, state)
        if np.floor((float(price.sum()) + worth) * (1 + _SAFETY)) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def fill(profit: FloatArray, cost: LongArray, limit: int, state: Bytes1) -> tuple[FloatArray, float]:
    """Return the share of each site in the best choice at given profits, the last one in part, and its profit."""
    taken = state > 0
    share = taken.astype(np.float64)
    room = limit - int(cost[taken].sum())
    worth = float(profit[taken].sum())
    order = np.flatnonzero((state == 0) & (profit > 0))
    rate = profit[order] / np.maximum(cost[order], 1e-9)
    # Where all cost something no more than so many fit, and one in part: the others need no order.
    least = int(cost[order].min(initial=room + 1))
    most = int(room // least) + 1 if least > 0 else order.size
    if 0 < most < order.size:
        better = rate >= np.partition(rate, order.size - most)[order.size - most]
        order, rate = order[better], rate[better]
    order = order[np.argsort(-rate, kind="stable")]
    spent = np.cumsum(cost[order])
    fits = int(np.searchsorted(spent, room, side="right"))
    share[order[:fits]] = 1
    worth += float(profit[order[:fits]].sum())
    if fits < order.size:
        j = order[fits]
        part = (room - (spent[fits] - cost[j])) / cost[j]
        share[j] = part
        worth += float(part * profit[j])
    return share, worth


def _settle(
    profit: FloatArray, cost: LongArray, share: FloatArray, values: tuple[float, int], state: Bytes1,
    outside: BoolArray, inside: BoolArray,
) -> None:  # fmt: skip
    """Mark the sites without which, or with which, no choice is better than the best known.

    A site that is forced in pushes others out, and one that is forced out lets others in, at the rate of profit per
    cost of the last one that fits.
    """
    value, known = values
    waiting = (state == 0) & (share < 1) & (cost > 0)
    rate = float((profit[waiting] / cost[waiting]).max(initial=0.0))
    bad = (np.floor(value - np.abs(profit - rate * cost)) <= known) & (state == 0)
    outside |= bad & (share == 0)
    inside |= bad & (share == 1)


@compiled
def _highest(place: IntArray, gain: FloatArray, places: int) -> FloatArray:
    top = np.zeros(places)
    for p in range(place.size):
        top[place[p]] = max(top[place[p]], gain[p])
    return top


@compiled
def _profits(start: LongArray, place: IntArray, gain: FloatArray, price: FloatArray, state: Bytes1) -> FloatArray:
    profit = np.zeros(start.size - 1)
    for j in range(profit.size):
        if state[j] < 0:
            continue
        total = 0.0
        for p in range(start[j], start[j + 1]):
            total += max(0.0, gain[p] - price[place[p]])
        profit[j] = total
    return profit


@compiled
def _profits_alike(start: LongArray, place: IntArray, left: FloatArray, state: Bytes1) -> FloatArray:
    """Return the profits where each place leaves the same to every site."""
    profit = np.zeros(start.size - 1)
    for j in range(profit.size):
        if state[j] < 0:
            continue
        total = 0.0
        for p in range(start[j], start[j + 1]):
            total += left[place[p]]
        profit[j] = total
    return profit


@compiled
def _turn(
    direction: FloatArray, slope: FloatArray, price: FloatArray, top: FloatArray, scale: FloatArray, memory: float
) -> float:
    """Turn a direction (of descent against it) to a slope, without what would leave the box; return its square."""
    square = 0.0
    for i in range(price.size):
        low, high = price[i] <= 0, price[i] >= top[i]
        new = slope[i]
        if (low and new > 0) or (high and new < 0):
            new = 0.0
        new = memory * direction[i] + (1 - memory) * new
        if (low and new > 0) or (high and new < 0):
            new = 0.0
        direction[i] = new
        square += new * scale[i] * new
    return square


@compiled
def _moved(price: FloatArray, direction: FloatArray, top: FloatArray, scale: FloatArray, length: float) -> FloatArray:
    """Return the prices a step further, within the box."""
    moved = np.empty(price.size)
    for i in range(price.size):
        moved[i] = min(max(price[i] - length * scale[i] * direction[i], 0.0), top[i])
    return moved


@compiled
def _slope(start: LongArray, place: IntArray, gain: FloatArray, price: FloatArray, share: FloatArray) -> FloatArray:
    slope = np.ones(price.size)
    for j in range(share.size):
        if share[j] > 0:
            for p in range(start[j], start[j + 1]):
                if gain[p] > price[place[p]]:
                    slope[place[p]] -= share[j]
    return slope
