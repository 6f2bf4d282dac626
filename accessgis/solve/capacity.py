"""Covering and median with limited room: chosen sites, and who goes where."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import ArrayLike

from accessgis.solve.assignment import assign
from accessgis.solve.gains import by_site
from accessgis.solve.lagrange import fill
from accessgis.solve.reach import checked, cut, limits, unreached
from accessgis.solve.result import Allotment, BoolArray, Effort, FloatArray, LongArray, Sites, Watch
from accessgis.solve.room import Rooms, flows, full_program, greedy_rooms, knapsacks
from accessgis.travel.within import TimeMatrix

_MOST_ENTRIES = 60_000
_STEPS, _PATIENCE, _SHORTEST = 400, 15, 1e-2
_TRY_EVERY, _MOST_SWAPS = 40, 30
_ROUNDING = 1e-6
"""Share by which the answers of HiGHS may miss."""


def capacitated_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> Allotment:
    """Choose sites with limited room that serve most people within reach (Current and Storbeck 1988).

    ``max Σ_ij f_ij`` over people ``f_ij`` of place i at site j within reach, ``Σ_j f_ij ≤ w_i``,
    ``least_j x_j ≤ Σ_i f_ij ≤ most_j x_j`` and at most ``count`` sites or the budget. People of one place may go to
    several sites. Of all ways to serve as many at the chosen sites the one of
    :func:`accessgis.solve.assign`, of least travel time, is taken unless a site would miss its least by it. Fixed sites
    have their room too, need not serve their least, cost nothing and count towards no limit.

    Small problems are closed by HiGHS; beyond that a Lagrangian relaxation gives the bound, and greedy choice, the
    choices of the relaxation and swaps the answer. Answers of HiGHS hold to one part in a million.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns); :func:`accessgis.solve.coverage` makes one of a coverage matrix.
    people
        People at each place, ≥ 0.
    sites
        Costs, fixed sites, most and least, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    cutoff_ms
        Longest time within reach; that of the matrix where left out.
    effort
        Gap to stop at and time limit; the best itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or not exactly one limit is given.

    References
    ----------
    Current, J. R. and Storbeck, J. E. (1988). Capacitated covering models. *Environment and Planning B* 15, 153–163.
    Pirkul, H. and Schilling, D. A. (1991). The maximal covering location problem with capacities on total workload.
    *Management Science* 37, 233–248.
    """
    near = cut(times, cutoff_ms)
    ones = np.ones(near.ms.size)
    return _solved(near, ones, people, sites, limits(sites, count, budget), (0.0, effort or Effort()))


def capacitated_median(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    penalty_ms: int | None = None,
    effort: Effort | None = None,
) -> Allotment:
    """Choose sites with limited room to which people travel least in all, and who goes where (Mulvey and Beck 1984).

    ``min Σ_ij t_ij f_ij + penalty Σ_i (w_i − Σ_j f_ij)`` with the rows of :func:`capacitated_cover`: who is not served,
    for want of room or of a way, counts with the penalty. Places that no site at all reaches are left out of the sum
    and are named in ``out_of_reach``. The objective is in milliseconds × people.

    Parameters
    ----------
    penalty_ms
        Time that counts for who is not served: at least the cutoff of the matrix, which it is where left out.

    Other parameters, methods and errors are those of :func:`capacitated_cover`.

    References
    ----------
    Mulvey, J. M. and Beck, M. P. (1984). Solving capacitated clustering problems. *European Journal of Operational
    Research* 18, 339–348. Geoffrion, A. and McBride, R. (1978). Lagrangean relaxation applied to capacitated facility
    location problems. *AIIE Transactions* 10, 40–47.
    """
    penalty = times.cutoff_ms if penalty_ms is None else penalty_ms
    if penalty < times.cutoff_ms:
        raise ValueError(
            f"the penalty is below the cutoff of the matrix ({times.cutoff_ms} ms): who is served would lose"
        )
    gain = (penalty - times.ms).astype(np.float64)
    return _solved(times, gain, people, sites, limits(sites, count, budget), (float(penalty), effort or Effort()))


class _Tries:
    """The best open sites known, each choice tried once."""

    def __init__(self, rooms: Rooms, watch: Watch, offset: float) -> None:
        self.rooms, self.watch, self.offset = rooms, watch, offset
        self.chosen = np.empty(0, np.int64)
        self.value = -np.inf
        self.seen: set[bytes] = set()
        self.longest_s = 0.0

    def worth(self, chosen: LongArray) -> float:
        """Return what chosen sites gain beside the fixed ones; −inf where they cannot all serve their least."""
        opened = self.rooms.fixed.copy()
        opened[chosen] = True
        start = time.perf_counter()
        flow = flows(self.rooms, opened, self.rooms.gain)
        self.longest_s = max(self.longest_s, time.perf_counter() - start)
        return -np.inf if flow is None else float(flow @ self.rooms.gain)

    def offer(self, chosen: LongArray) -> bool:
        """Try a choice; return whether it is the best known now."""
        chosen = np.sort(chosen)
        if chosen.tobytes() in self.seen or int(self.rooms.cost[chosen].sum()) > self.rooms.limit:
            return False
        self.seen.add(chosen.tobytes())
        value = self.worth(chosen)
        if value <= self.value * (1 + 1e-12):
            return False
        self.chosen, self.value = chosen, value
        return True

    def good(self, bound: float) -> bool:
        """Return whether the gap to a bound is small enough."""
        objective = abs(self.offset - self.value) if self.offset else self.value
        return bound - self.value <= max(self.watch.effort.gap * objective, 1e-9 * self.value)

    def done(self, bound: float) -> bool:
        """Return whether the gap is small enough, or time is up."""
        return self.good(bound) or self.left_s() <= 0

    def left_s(self) -> float:
        """Return the seconds left to look: not those for telling what each site adds, but half of all at least."""
        telling = self.longest_s * (self.chosen.size + 1)
        return self.watch.left_s() - min(telling, self.watch.effort.time_limit_s / 2)


def _solved(
    near: TimeMatrix, gain: FloatArray, people: ArrayLike, sites: Sites, limit: tuple[LongArray, int],
    how: tuple[float, Effort],
) -> Allotment:  # fmt: skip
    penalty, effort = how
    watch = Watch(effort=effort)
    living = checked(near, people, sites)
    rooms = _rooms(near, gain, living, sites, limit)
    counted = float(living[np.diff(near.start) > 0].sum())
    tries = _Tries(rooms, watch, penalty * counted)
    tries.offer(np.empty(0, np.int64))
    order = greedy_rooms(
        rooms.start,
        rooms.place,
        rooms.gain,
        rooms.people,
        rooms.most,
        rooms.cost,
        rooms.limit,
        np.flatnonzero(rooms.fixed),
    )
    for last in range(order.size, 0, -1):
        if tries.offer(order[:last]) or tries.left_s() <= 0:
            break
    bound, profit = _relaxed(rooms, tries)
    if not tries.done(bound):
        _swap(tries, profit, bound)
    if not tries.done(bound) and 4 * rooms.place.size <= _MOST_ENTRIES:
        done = full_program(rooms, time_s=tries.left_s())
        if done.values is not None:
            tries.offer(np.flatnonzero((done.values[: sites.cost.size] > 0.5) & ~sites.fixed))
        if np.isfinite(done.bound):
            bound = min(bound, max(tries.value, -done.bound))
        if done.finished and bound - tries.value <= _ROUNDING * max(tries.value, 1e-9):
            bound = tries.value
    if bound - tries.value <= 1e-9 * tries.value:
        bound = tries.value
    return _allotment(near, rooms, tries, bound, (penalty, living))


def _rooms(near: TimeMatrix, gain: FloatArray, people: FloatArray, sites: Sites, limit: tuple[LongArray, int]) -> Rooms:
    """Return the problem: pairs by site, without places that nobody lives at."""
    rank = np.arange(near.ms.size, dtype=np.int64)
    lived = people[near.origin] > 0
    start = np.concatenate([[0], np.cumsum(np.bincount(near.origin[lived], minlength=people.size))])
    site, place, pair = by_site(start, near.destination[lived], rank[lived], sites.cost.size)
    return Rooms(
        start=np.concatenate([[0], np.cumsum(np.bincount(site, minlength=sites.cost.size))]).astype(np.int64),
        place=place,
        gain=gain[pair],
        people=people,
        most=sites.most,
        least=np.where(sites.fixed, 0.0, sites.least),
        fixed=sites.fixed,
        cost=np.where(sites.fixed, 0, limit[0]),
        limit=limit[1],
    )


def _relaxed(rooms: Rooms, tries: _Tries) -> tuple[float, FloatArray]:
    """Return a bound of the value of every choice, and the profit of each site at the prices that prove it."""
    top = np.zeros(rooms.people.size)
    np.maximum.at(top, rooms.place, rooms.gain)
    state = rooms.fixed.astype(np.int8)
    lived = rooms.people > 0

    def priced(price: FloatArray) -> tuple[float, FloatArray, FloatArray, FloatArray]:
        profit, flow = knapsacks(rooms.start, rooms.place, rooms.gain, rooms.people, price, rooms.most, rooms.least)
        share, worth = fill(profit, rooms.cost, rooms.limit, state)
        return (float(rooms.people @ price) + worth) * (1 + 1e-12), profit, flow, share

    # Where room is scarce, no price at all bounds best: then people are not what sites compete for.
    free = priced(0.0 * top)[0]
    price, best, best_price, length, since = 0.3 * top, np.inf, 0.3 * top, 1.0, 0
    best_profit = np.zeros(rooms.cost.size)
    direction = np.zeros(top.size)
    for step in range(_STEPS):
        value, profit, flow, share = priced(price)
        since = 0 if value < best * (1 - 1e-5) else since + 1
        if value < best:
            best, best_price, best_profit = value, price, profit
        if step % _TRY_EVERY == 0:
            tries.offer(np.flatnonzero((share >= 1) & ~rooms.fixed))
        if tries.done(min(best, free)):
            break
        if since >= _PATIENCE:
            length, since, price = length / 2, 0, best_price
            direction[:] = 0
            if length < _SHORTEST:
                break
            continue
        served = np.bincount(rooms.place, flow * share[rooms.site], top.size)
        slope = np.where(lived, 1 - served / np.where(lived, rooms.people, 1.0), 0.0)
        slope[((price <= 0) & (slope > 0)) | ((price >= top) & (slope < 0))] = 0
        direction = 0.5 * direction + slope
        square = float((rooms.people * top * direction) @ direction)
        if square <= 0:
            break
        price = np.clip(price - length * max(value - tries.value, 1e-9 * value) / square * top * direction, 0, top)
    return min(best, free), best_profit


def _swap(tries: _Tries, profit: FloatArray, bound: float) -> None:
    """Swap chosen sites of little profit against others of much, as long as that helps, a few times."""
    rooms = tries.rooms
    order = np.argsort(-profit, kind="stable")
    order = order[~rooms.fixed[order] & np.isfinite(profit[order])]
    left, better = _MOST_SWAPS, True
    while better and left > 0:
        better = False
        inside = np.isin(order, tries.chosen)
        weak = order[inside][::-1][:4]
        options = [np.append(tries.chosen, j) for j in order[~inside][:3]]
        options += [np.append(tries.chosen[tries.chosen != k], j) for j in order[~inside][:6] for k in weak]
        for option in options:
            left -= 1
            better = tries.offer(option)
            if better or left <= 0 or tries.done(bound):
                break
        if tries.done(bound):
            break


def _allotment(near: TimeMatrix, rooms: Rooms, tries: _Tries, bound: float, how: tuple[float, FloatArray]) -> Allotment:
    """Return the answer: sites in the order of what each adds, and who goes where."""
    penalty, people = how
    stopped = tries.left_s() <= 0 and not tries.good(bound)
    opened = rooms.fixed.copy()
    opened[tries.chosen] = True
    flow = _least_time(near, rooms, opened) if not penalty else None
    if flow is None:
        by_pair = flows(rooms, opened, rooms.gain)
        lived = np.flatnonzero(people[near.origin] > 0)
        order = np.argsort(near.destination[lived], kind="stable")
        flow = np.zeros(near.ms.size)
        flow[lived[order]] = 0.0 if by_pair is None else by_pair
    load = np.bincount(near.destination, flow, rooms.cost.size).astype(np.float64)
    gain = penalty - near.ms if penalty else np.ones(near.ms.size)
    by_site = np.bincount(near.destination, flow * gain, rooms.cost.size)
    chosen = tries.chosen[np.lexsort((tries.chosen, -by_site[tries.chosen]))]
    base = max(tries.worth(np.empty(0, np.int64)), 0.0)
    value = [base] + [max(tries.worth(chosen[:n]), 0.0) for n in range(1, chosen.size)]
    value += [max(tries.value, 0.0)] * (chosen.size > 0)
    offset = tries.offset
    top = np.zeros(people.size)
    np.maximum.at(top, near.origin, flow)
    largest = (flow > 0) & (flow == top[near.origin])
    first = np.full(people.size, rooms.cost.size)
    np.minimum.at(first, near.origin[largest], near.destination[largest])
    return Allotment(
        chosen=chosen,
        adds=np.diff(value),
        base=offset - base if penalty else base,
        objective=offset - tries.value if penalty else tries.value,
        bound=offset - bound if penalty else bound,
        sense="min" if penalty else "max",
        stopped=stopped,
        site=np.where(first < rooms.cost.size, first, -1).astype(np.int32),
        out_of_reach=unreached(near, people),
        flow=flow,
        load=load,
        served=np.bincount(near.origin, flow, people.size).astype(np.float64),
    )


def _least_time(near: TimeMatrix, rooms: Rooms, opened: BoolArray) -> FloatArray | None:
    """Return the flows of least travel time among those that serve most; None where a site would miss its least."""
    room = np.where(opened, np.minimum(rooms.most, rooms.people.sum()), 0.0)
    done = assign(near, people=rooms.people, places=room)
    short = opened & (done.load < rooms.least * (1 - 1e-9))
    return None if short.any() else done.flow
