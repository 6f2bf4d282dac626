"""Capacitated assignment: people to facilities with limited places, as many as possible, then in the least time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, diags_array, hstack
from scipy.sparse.linalg import splu

from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_TOLERANCE = 1e-9
"""Share of all people by which a load may miss what it must be."""
_MOST_STEPS = 500
_NEAREST = 8
_SHORTEST = 1e-10


@dataclass(frozen=True, eq=False, kw_only=True)
class Assignment:
    """Who is served where. Per place, ``served + full + out_of_reach`` is its people.

    Attributes
    ----------
    flow
        People of each pair of the matrix, in its order; shape (pairs,). Fractions of people occur.
    served
        People of each place who are served; shape (places,).
    full
        People of each place who reach a facility with places, but none is left for them; shape (places,).
    out_of_reach
        People of each place who reach no facility with places within the cutoff; shape (places,).
    load
        People served by each facility; shape (facilities,).
    free
        Places left at each facility; shape (facilities,).
    total_ms
        Travel time of all who are served, in milliseconds × people.
    """

    flow: FloatArray
    served: FloatArray
    full: FloatArray
    out_of_reach: FloatArray
    load: FloatArray
    free: FloatArray
    total_ms: float

    @property
    def overflow(self) -> float:
        """People who reach a facility with places and are not served."""
        return float(self.full.sum())


def assign(times: TimeMatrix, *, people: ArrayLike, places: ArrayLike) -> Assignment:
    """Assign people to facilities with limited places.

    First as many people as possible are served; of all such ways, one of least total travel time is taken:
    ``min Σ_ij t_ij x_ij`` with ``Σ_j x_ij ≤ people_i``, ``Σ_i x_ij ≤ places_j`` and ``Σ_ij x_ij`` as large as can be.
    It is exact: the linear program is solved by HiGHS (Huangfu and Hall 2018), and its prices in whole milliseconds
    prove the answer. Nobody comes first, so that the order of places and facilities plays no part.

    Ties: of all ways that are equally good, the one is taken in which people of the same place are divided most evenly
    among what is equally good for them, staying unserved included: the least
    ``Σ_i (Σ_j x_ij² + unserved_i²) / people_i``. There is exactly one, whatever the order or the names; places that are
    alike are treated alike, and dividing a place in two changes nothing.

    Parameters
    ----------
    times
        Times of resident places (rows) to facilities (columns) within a cutoff.
    people
        People at each resident place, ≥ 0.
    places
        How many each facility can serve, ≥ 0; 0 is closed.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown (NaN), or a shape is wrong.
    RuntimeError
        HiGHS or the search for the even division failed; no answer is better than one that is not proven.

    References
    ----------
    Huangfu, Q. and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method. *Mathematical Programming
    Computation* 10, 119–142. Hitchcock, F. L. (1941). The distribution of a product from several sources to numerous
    localities. *Journal of Mathematics and Physics* 20, 224–230.
    """
    living = _amounts(people, times.origin_count, "people")
    room = _amounts(places, times.destination_count, "places")
    place = times.origin
    usable = (room[times.destination] > 0) & (living[place] > 0)
    pairs = _Pairs(place[usable], times.destination[usable], times.ms[usable].astype(np.int64))
    flow = np.zeros(times.ms.size)
    if pairs.ms.size:
        flow[usable] = _by_nearest(pairs, living)
        if (np.bincount(pairs.facility, flow[usable], room.size) > room).any():
            flow[usable] = _by_prices(pairs, living, room)
    served = np.bincount(place, flow, living.size).astype(np.float64)
    served = np.where(served > (1 - _TOLERANCE) * living, living, served)
    load = np.minimum(np.bincount(times.destination, flow, room.size), room)
    reaches = np.bincount(place, room[times.destination] > 0, living.size) > 0
    return Assignment(
        flow=flow,
        served=served,
        full=np.where(reaches, living - served, 0.0),
        out_of_reach=np.where(reaches, 0.0, living),
        load=load,
        free=room - load,
        total_ms=float(flow @ times.ms),
    )


class _Pairs(NamedTuple):
    """Pairs of places with people and facilities with places, sorted by place."""

    place: IntArray
    facility: IntArray
    ms: LongArray


def _amounts(values: ArrayLike, count: int, what: str) -> FloatArray:
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (count,):
        raise ValueError(f"{what} has the shape {found.shape}, the matrix asks for ({count},)")
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(f"{what} must be known, finite and not negative")
    return found


def _by_nearest(pairs: _Pairs, people: FloatArray) -> FloatArray:
    """Return the flows if everybody goes to the nearest, evenly among equally near ones.

    Where these fit, they are the answer: everybody who can be is served, nobody can travel less, and without limits
    nothing is more even.
    """
    nearest = np.full(people.size, np.iinfo(np.int64).max)
    np.minimum.at(nearest, pairs.place, pairs.ms)
    best = pairs.ms == nearest[pairs.place]
    count = np.bincount(pairs.place[best], minlength=people.size)
    return np.where(best, people[pairs.place] / np.maximum(count[pairs.place], 1), 0.0)


def _by_prices(pairs: _Pairs, people: FloatArray, room: FloatArray) -> FloatArray:
    """Return the flows by the prices of a linear program: who may go where at no loss, and what must be full."""
    place, facility, ms = pairs
    unserved = (min(people.size, room.size) + 1) * int(ms.max()) + 1
    taken = _rank(place, ms) < _NEAREST
    while True:
        value, price = _prices(_Pairs(place[taken], facility[taken], ms[taken]), people, room, unserved)
        loss = ms - value[place] - price[facility]
        missing = (loss < 0) & ~taken
        if not missing.any():
            break
        # Prices over some of the pairs are those of all when no other pair would gain: take in the ones that would.
        kept = np.flatnonzero(missing)
        taken[kept[_rank(place[kept], loss[kept]) < _NEAREST]] = True
    stays = (value == unserved) & (np.bincount(place, minlength=people.size) > 0)
    if (loss < 0).any() or (price > 0).any() or (value > unserved).any():
        raise RuntimeError("the prices of the assignment are not those of an optimum")
    # Options of each place: the pairs without loss, and staying away, which is one more facility of unlimited room.
    good = loss == 0
    option_place = np.concatenate([place[good], np.flatnonzero(stays)])
    option_facility = np.concatenate([facility[good], np.full(stays.sum(), room.size)])
    order = np.argsort(option_place, kind="stable")
    limit = np.append(room, np.inf)
    amount = _evenly(option_place[order], option_facility[order], people, limit, np.append(price < 0, False))
    back = np.empty_like(amount)
    back[order] = amount
    flow = np.zeros(ms.size)
    flow[good] = back[: good.sum()]
    return flow


def _rank(place: IntArray, cost: LongArray) -> LongArray:
    """Return the rank of each pair among those of its place, by cost; pairs are sorted by place."""
    order = np.lexsort((cost, place))
    first = np.concatenate([[0], np.flatnonzero(np.diff(place)) + 1])
    rank = np.empty(place.size, np.int64)
    rank[order] = np.arange(place.size) - np.repeat(first, np.diff(np.append(first, place.size)))
    return rank


def _prices(pairs: _Pairs, people: FloatArray, room: FloatArray, unserved: int) -> tuple[LongArray, LongArray]:
    """Return what the last person of each place costs and the last place of each facility saves, in whole ms.

    An unserved person costs more than all detours by which another could make room, so that serving more comes first.
    A basis of a transportation problem is a tree: its prices are sums and differences of the whole costs.
    """
    place, facility, ms = pairs
    rows, each = np.unique(place, return_inverse=True)
    columns, other = np.unique(facility, return_inverse=True)
    one, numbers = np.ones(ms.size), np.arange(ms.size)
    from_place = csr_array((one, (each, numbers)), shape=(rows.size, ms.size))
    to_facility = csr_array((one, (other, numbers)), shape=(columns.size, ms.size))
    scale = 1000.0 / max(people[rows].max(), room[columns].max())
    # The interior point method is quicker on large problems; should it end beside a corner, the simplex does not.
    for method in ("highs-ipm", "highs-ds"):
        done = linprog(
            np.concatenate([ms, np.full(rows.size, unserved)]),
            A_eq=hstack([from_place, diags_array(np.ones(rows.size))], format="csc"),
            b_eq=people[rows] * scale,
            A_ub=hstack([to_facility, csc_array((columns.size, rows.size))], format="csc"),
            b_ub=room[columns] * scale,
            method=method,
            options={"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE},
        )
        found = np.concatenate([done.eqlin.marginals, done.ineqlin.marginals]) if done.status == 0 else np.array([0.5])
        if (np.abs(found - np.rint(found)) < 0.01).all():
            break
    else:
        raise RuntimeError(f"HiGHS found no prices of the assignment: {done.message}")
    value, price = np.full(people.size, unserved, np.int64), np.zeros(room.size, np.int64)
    value[rows] = np.rint(done.eqlin.marginals)
    price[columns] = np.rint(done.ineqlin.marginals)
    return value, price


def _evenly(
    place: LongArray, facility: LongArray, people: FloatArray, limit: FloatArray, must_fill: BoolArray
) -> FloatArray:
    """Return how many people of each place take each of its options, divided as evenly as the limits allow.

    The shares y of a place minimise ``Σ y² / 2 + Σ π y`` at prices π of the facilities; the prices at which facilities
    hold what they must maximise a concave function that is quadratic in pieces, which Newton's method climbs.
    """
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=people.size))]).astype(np.int64)
    given = readonly(start, np.int64), readonly(facility, np.int64), people
    size = limit.size
    bound = np.isfinite(limit)
    target = np.where(bound, limit, 0.0)
    most = np.maximum(np.bincount(facility, people[place], size), 1e-300)
    enough = _TOLERANCE * people.sum() * 1e-2
    prices, length = np.zeros(size), 1.0
    share, worth = _shares(*given, prices)
    for _ in range(_MOST_STEPS):
        excess = np.bincount(facility, share * people[place], size) - target
        active = bound & (must_fill | (prices > 0) | (excess > 0))
        excess[~active] = 0.0
        miss = np.abs(np.where(must_fill | (excess > 0), excess, np.minimum(prices, -excess / most) * most)).sum()
        if miss <= enough or (length < _SHORTEST and miss <= _TOLERANCE * people.sum()):
            return share * people[place]
        slope = _slope(place, facility, people, share, size) + diags_array(min(0.01, miss / people.sum()) * most)
        chosen = np.flatnonzero(active)
        step = np.zeros(size)
        step[chosen] = splu(slope.tocsc()[chosen][:, chosen]).solve(excess[chosen])
        length = 1.0
        while True:
            tried = np.where(must_fill, prices + length * step, np.maximum(prices + length * step, 0.0))
            share, reached = _shares(*given, tried)
            gain = (reached - target @ tried) - (worth - target @ prices)
            if gain >= 1e-4 * float(excess @ (tried - prices)) - 1e-13 * people.sum() or length < _SHORTEST:
                break
            length /= 2
        prices, worth = tried, reached
    raise RuntimeError("the even division of people among equally good facilities was not found")


def _slope(place: LongArray, facility: LongArray, people: FloatArray, share: FloatArray, size: int) -> Any:
    """Return how loads fall as prices rise: by the people of places that use several options."""
    used = share > 0
    count = np.bincount(place[used], minlength=people.size)
    kept = used & (count[place] > 1)
    choice = csr_array((np.ones(kept.sum()), (place[kept], facility[kept])), shape=(people.size, size))
    weight = np.where(count > 1, people, 0.0)
    return diags_array(choice.T @ weight) - choice.T @ diags_array(weight / np.maximum(count, 1)) @ choice


@compiled
def _shares(start: LongArray, facility: LongArray, people: FloatArray, price: FloatArray) -> tuple[FloatArray, float]:
    """Return the share of each option, and the sum of what places minimise, at given prices."""
    share = np.zeros(facility.size)
    worth = 0.0
    for i in range(start.size - 1):
        low, high = start[i], start[i + 1]
        if low == high:
            continue
        total = 1.0
        for p in range(low, high):
            total += price[facility[p]]
        level = total / (high - low)
        count, before = high - low, high - low + 1
        while count < before:
            before, count, total = count, 0, 1.0
            for p in range(low, high):
                if price[facility[p]] < level:
                    total += price[facility[p]]
                    count += 1
            level = total / count
        for p in range(low, high):
            share[p] = max(0.0, level - price[facility[p]])
            worth += people[i] * share[p] * (price[facility[p]] + 0.5 * share[p])
    return share, worth
