"""Congestion: people choose between near and crowded facilities until nobody gains by another choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from accessgis.measures.pairs import amounts
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_FINER = 0.5
_MOST_STEPS = 1000
_SETTLED = 1e-11
_ROUNDING = 1e-14
_MOST_HALVINGS = 40
_FINEST = 1e-9
_BEYOND = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class RationalAgents:
    """Equilibrium of people who choose facilities by travel time and crowding.

    Attributes
    ----------
    cost
        Cost of each place, lower is better: 1 is the travel time tau, or the crowding of the whole study area;
        ``inf`` where no open facility is reached; shape (places,).
    load
        People who choose each facility; shape (facilities,).
    crowding
        Load of each facility over supply and over rho; ``inf`` where it offers nothing; shape (facilities,).
    rho
        People per unit of supply that count as a crowding of 1.
    gap
        What all people together could still gain by another choice, over their cost.
    """

    cost: FloatArray
    load: FloatArray
    crowding: FloatArray
    rho: float
    gap: float


def raam(
    times: TimeMatrix,
    *,
    supply: ArrayLike,
    people: ArrayLike,
    tau_ms: float = 3_600_000,
    rho: float | None = None,
    tolerance: float = 1e-6,
) -> RationalAgents:
    """Return the cost of access by the rational agent access model (RAAM; Saxon and Snow 2020).

    ``c_ij = D_j / (ρ S_j) + t_ij / τ`` with the load ``D_j = Σ_i d_ij`` and ``Σ_j d_ij = P_i``. In equilibrium all that
    people at i choose costs the same, ``cost_i = min_j c_ij``, and nothing costs less. The loads and costs of the
    equilibrium are unique: they minimise ``Σ_j D_j² / (2 ρ S_j) + Σ_ij d_ij t_ij / τ``, which is strictly convex in D.

    The answer is found when people together could gain no more than ``tolerance`` of their whole cost by choosing anew:
    ``Σ_ij d_ij (c_ij − cost_i) ≤ tolerance Σ_i P_i cost_i``. It depends on the order of places and facilities only by
    the rounding of numbers, far within that.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff. People go no farther, however crowded it is.
    supply
        What each facility offers, ≥ 0. A supply of 0 is a closed facility, chosen by nobody; an unknown supply (NaN)
        is refused.
    people
        People at each place, ≥ 0. Places without people bear a cost and crowd nothing.
    tau_ms
        Travel time τ that people accept to avoid a crowding of 1.
    rho
        People per unit of supply that count as a crowding of 1; unless given, all people over all supply. State it
        when two states of a study are compared: a new facility or more supply lowers the mean, against which all
        others then look more crowded.
    tolerance
        Share of the whole cost that may still be gained, more than 0.

    Raises
    ------
    ValueError
        An amount is negative, infinite or NaN, a shape is wrong, or ``tau_ms``, ``rho`` or ``tolerance`` is not more
        than 0.
    RuntimeError
        The tolerance is finer than floating point allows (below about 1e-9).

    References
    ----------
    Saxon, J. and Snow, D. (2020). A rational agent model for the spatial accessibility of primary health care.
    *Annals of the American Association of Geographers* 110, 205–222.
    """
    offered = amounts(supply, times.destination_count, "supply")
    living = amounts(people, times.origin_count, "people")
    if rho is None:
        rho = float(living.sum() / offered.sum()) if living.any() and offered.any() else 1.0
    if not (tau_ms > 0 and rho > 0 and tolerance > 0):
        raise ValueError("tau_ms, rho and tolerance must be more than 0")
    choices = _choices(times, offered * rho, living, tau_ms)
    load, gap = _equilibrium(choices, tolerance)
    crowding = np.divide(load, choices.room, out=np.full_like(load, np.inf), where=choices.room > 0)
    return RationalAgents(cost=_least(choices, crowding), load=load, crowding=crowding, rho=rho, gap=gap)


class _Choices(NamedTuple):
    """What places can choose: the pairs of open facilities, times over tau, room of facilities, people of places."""

    start: LongArray
    facility: IntArray
    time: FloatArray
    room: FloatArray
    people: FloatArray


def _choices(times: TimeMatrix, room: FloatArray, people: FloatArray, tau_ms: float) -> _Choices:
    is_open = (room > 0)[times.destination]
    before = np.concatenate([[0], np.cumsum(is_open)])
    start = before[times.start]
    return _Choices(
        start=readonly(start, np.int64),
        facility=readonly(times.destination[is_open], np.int32),
        time=readonly(times.ms[is_open] / tau_ms, np.float64),
        room=readonly(room, np.float64),
        people=readonly(np.where(np.diff(start) > 0, people, 0.0), np.float64),
    )


def _equilibrium(choices: _Choices, tolerance: float) -> tuple[FloatArray, float]:
    """Return the load of each facility in equilibrium, and what could still be gained, as a share of the cost.

    People who are a little fickle (they minimise ``y · c + ε |y|² / 2`` over the shares y of their choices) respond
    continuously to crowding; the crowding to which they respond by just that crowding solves a system that is linear in
    pieces, and Newton's method ends in it. Less and less fickle, they become rational: the gain is at most ε / 2 each.
    """
    total = choices.people.sum()
    load = np.zeros_like(choices.room)
    if total == 0:
        return load, 0.0
    used = choices.room > 0
    crowding = np.where(used, total / choices.room.sum(), 0.0)
    scale = float(crowding.max() + choices.time.mean())
    fickle, before = 0.1 * scale, crowding
    while fickle > _FINEST * scale:
        # Crowding is all but linear in ε: where it would be at the next one is a good place to begin.
        before, crowding = crowding, _settled(choices, crowding + _FINER * (crowding - before), fickle)
        response = _respond(*choices, crowding, fickle)
        crowding = np.divide(response.load, choices.room, out=np.zeros_like(load), where=used)
        least = _least(choices, np.where(used, crowding, np.inf))
        rational = float(choices.people @ np.where(choices.people > 0, least, 0.0))
        gain = float(response.load @ crowding) + response.travelled - rational
        if gain <= tolerance * rational:
            return response.load, max(gain, 0.0) / rational if rational > 0 else 0.0
        fickle *= _FINER
    raise RuntimeError("the tolerance is finer than floating point allows")


def _settled(choices: _Choices, crowding: FloatArray, fickle: float) -> FloatArray:
    """Return the crowding to which people respond by just that crowding, by Newton's method.

    What it must make 0 is the gradient of a concave function. Along each step the gradient falls: where it has turned,
    the step was too long, and the place where it turns is found by halving.
    """
    # Shares are differences of costs over ε: what is rounded in a cost is that much larger in a share.
    rounding = _ROUNDING * (float(crowding.max()) + fickle) / fickle
    enough = (_SETTLED + rounding) * choices.people.sum()
    response = _respond(*choices, crowding, fickle)
    excess = response.load - choices.room * crowding
    for _ in range(_MOST_STEPS):
        if np.abs(excess).sum() <= enough:
            break
        step = splu(_slope(choices, response, fickle)).solve(excess)
        rise = float(excess @ step)
        low, high, length = 0.0, 1.0, 1.0
        for _ in range(_MOST_HALVINGS):
            tried = crowding + length * step
            response = _respond(*choices, tried, fickle)
            excess = response.load - choices.room * tried
            now = float(excess @ step)
            # A step that ends before the gradient turns has gained; one far beyond may have lost it all again.
            if np.abs(excess).sum() <= enough or -_BEYOND * rise <= now <= 0.5 * rise or (length == 1.0 and now > 0):
                break
            low, high = (length, high) if now > 0 else (low, length)
            length = (low + high) / 2
        crowding = tried
    return crowding


class _Response(NamedTuple):
    """How fickle people choose at given crowding.

    Attributes
    ----------
    load
        People who choose each facility.
    travelled
        Sum of their times over tau.
    place, start, facility
        Places that choose several facilities, and these.
    """

    load: FloatArray
    travelled: float
    place: LongArray
    start: LongArray
    facility: IntArray


def _slope(choices: _Choices, response: _Response, fickle: float) -> Any:
    """Return how the excess falls as crowding rises: from people who waver between several facilities, and room."""
    count = np.diff(response.start)
    size = choices.room.size
    waver = choices.people[response.place] / fickle
    chosen = csr_array(
        (np.ones(response.facility.size), response.facility, response.start), shape=(response.place.size, size)
    )
    own = np.where(choices.room > 0, choices.room, 1.0) + chosen.T @ waver
    return (diags_array(own) - chosen.T @ diags_array(waver / count) @ chosen).tocsc()


def _respond(*given: Any) -> _Response:
    return _Response(*_responses(*given))


@compiled
def _responses(
    start: LongArray,
    facility: IntArray,
    time: FloatArray,
    room: FloatArray,
    people: FloatArray,
    crowding: FloatArray,
    fickle: float,
) -> Any:
    """Return the fields of :class:`_Response`.

    The shares y of a place are ``max(0, u − c) / ε`` at the level u at which they add up to 1, which Newton's method
    finds from above in a few steps, exactly.
    """
    load = np.zeros(room.size)
    travelled = 0.0
    most = 1
    for i in range(start.size - 1):
        most = max(most, start[i + 1] - start[i])
    near, cost = np.empty(most, np.int64), np.empty(most)
    place, several = np.empty(start.size, np.int64), np.zeros(start.size + 1, np.int64)
    chosen = np.empty(1024, np.int32)
    places, size = 0, 0
    for i in range(start.size - 1):
        if not people[i] > 0:
            continue
        least = np.inf
        for p in range(start[i], start[i + 1]):
            cost[p - start[i]] = crowding[facility[p]] + time[p]
            least = min(least, cost[p - start[i]])
        count = 0
        for p in range(start[i], start[i + 1]):
            if cost[p - start[i]] < least + fickle:
                near[count], cost[count] = p, cost[p - start[i]]
                count += 1
        total = fickle
        for k in range(count):
            total += cost[k]
        level = total / count
        before = count + 1
        while count < before:
            before, count, total = count, 0, fickle
            for k in range(before):
                if cost[k] < level or cost[k] == least:
                    near[count], cost[count] = near[k], cost[k]
                    total += cost[k]
                    count += 1
            level = total / count
        for k in range(count):
            share = max(0.0, (level - cost[k]) / fickle) if count > 1 else 1.0
            load[facility[near[k]]] += people[i] * share
            travelled += people[i] * share * time[near[k]]
        if count > 1:
            if size + count > chosen.size:
                more = np.empty(2 * (size + count), np.int32)
                more[:size] = chosen[:size]
                chosen = more
            for k in range(count):
                chosen[size + k] = facility[near[k]]
            size += count
            place[places] = i
            places += 1
            several[places] = size
    return load, travelled, place[:places], several[: places + 1], chosen[:size]


def _least(choices: _Choices, crowding: FloatArray) -> FloatArray:
    """Return the least cost of each place; ``inf`` where nothing can be chosen."""
    return _least_costs(choices.start, choices.facility, choices.time, crowding)


@compiled
def _least_costs(start: LongArray, facility: IntArray, time: FloatArray, crowding: FloatArray) -> FloatArray:
    least = np.full(start.size - 1, np.inf)
    for i in range(start.size - 1):
        for p in range(start[i], start[i + 1]):
            least[i] = min(least[i], crowding[facility[p]] + time[p])
    return least
