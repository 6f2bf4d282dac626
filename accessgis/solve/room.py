"""Sites with limited room: who goes where when they are open, bounds over all choices, and the full program.

One problem for covering and median: with ``g_ij`` the gain of a person of place i at site j, choose sites and flows

    max Σ_ij g_ij f_ij,   Σ_j f_ij ≤ w_i,   least_j x_j ≤ Σ_i f_ij ≤ most_j x_j,   f_ij ≤ w_i x_j.

Relaxing the first row at prices u ≥ 0 leaves a continuous knapsack for each site (Pirkul and Schilling 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, vstack

from accessgis.solve.mip import Program, program
from accessgis.solve.result import BoolArray, FloatArray, IntArray, LongArray
from accessgis.travel.kernels import compiled

_SCALE = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Rooms:
    """A capacitated problem: pairs by site with the gain of a person, people, room, fixed sites, cost and limit."""

    start: LongArray
    place: IntArray
    gain: FloatArray
    people: FloatArray
    most: FloatArray
    least: FloatArray
    fixed: BoolArray
    cost: LongArray
    limit: int

    @property
    def site(self) -> LongArray:
        """Site of each pair."""
        return np.repeat(np.arange(self.cost.size), np.diff(self.start))


def flows(rooms: Rooms, opened: BoolArray, gain: FloatArray) -> FloatArray | None:
    """Return the people of each pair when some sites are open and gain most; None where the least cannot be met."""
    pair = np.flatnonzero(opened[rooms.site] & (rooms.people[rooms.place] > 0))
    flow = np.zeros(rooms.place.size)
    site, place = rooms.site[pair], rooms.place[pair]
    needed = np.where(opened & ~rooms.fixed, rooms.least, 0.0)
    reached = np.bincount(site, rooms.people[place], rooms.cost.size)
    if (reached < needed * (1 - _SCALE)).any():
        return None
    if not pair.size:
        return flow
    one, numbers = np.ones(pair.size), np.arange(pair.size)
    from_place = csr_array((one, (place, numbers)), shape=(rooms.people.size, pair.size))
    to_site = csr_array((one, (site, numbers)), shape=(rooms.cost.size, pair.size))
    bounded, must = np.isfinite(rooms.most) & opened, needed > 0
    rows: Any = csc_array(vstack([from_place, to_site[bounded], -to_site[must]]))
    unit = max(float(rooms.people.max()), 1e-300) / 1000
    done: Any = linprog(
        -gain[pair] / max(float(np.abs(gain).max()), 1e-300),
        A_ub=rows,
        b_ub=np.concatenate([rooms.people, rooms.most[bounded], -needed[must]]) / unit,
        method="highs",
    )
    if done.status == 2:
        return None
    if done.status != 0:
        raise RuntimeError(f"HiGHS did not find who goes where: {done.message}")
    flow[pair] = np.maximum(done.x, 0) * unit
    return flow


def full_program(rooms: Rooms, *, time_s: float) -> Program:
    """Return what HiGHS finds for the whole problem: the first values are the sites."""
    sites, pairs, places = rooms.cost.size, rooms.place.size, rooms.people.size
    people = rooms.people[rooms.place]
    numbers, ones = np.arange(pairs), np.ones(pairs)
    site = rooms.site
    total = np.minimum(rooms.most, np.bincount(site, people, sites))
    at = np.arange(sites)
    needed = np.where(rooms.fixed, 0.0, rooms.least)
    shape = sites + pairs
    once = csr_array((ones, (rooms.place, sites + numbers)), shape=(places, shape))
    load = csr_array(
        (np.append(people, -total), (np.append(site, at), np.append(sites + numbers, at))), shape=(sites, shape)
    )
    least = csr_array(
        (np.append(people, -needed), (np.append(site, at), np.append(sites + numbers, at))), shape=(sites, shape)
    )[needed > 0]
    opens = csr_array(
        (np.append(ones, -ones), (np.append(numbers, numbers), np.append(sites + numbers, site))), shape=(pairs, shape)
    )
    spends = csr_array(np.concatenate([rooms.cost, np.zeros(pairs)])[None, :])
    high = np.concatenate(
        [np.ones(places), np.zeros(sites), np.full(least.shape[0], np.inf), np.zeros(pairs), [float(rooms.limit)]]
    )
    low = np.full(high.size, -np.inf)
    low[places + sites : places + sites + least.shape[0]] = 0
    return program(
        np.concatenate([np.zeros(sites), -rooms.gain * people]),
        csr_array(vstack([once, load, least, opens, spends])),
        low,
        high,
        whole=np.arange(shape) < sites,
        most=np.ones(shape),
        least=np.concatenate([rooms.fixed.astype(np.float64), np.zeros(pairs)]),
        time_s=time_s,
    )


@compiled
def knapsacks(
    start: LongArray, place: IntArray, gain: FloatArray, people: FloatArray, price: FloatArray, most: FloatArray,
    least: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the best profit of each site at prices (−inf: it cannot serve its least), and the flows that make it."""
    sites = start.size - 1
    profit = np.zeros(sites)
    flow = np.zeros(place.size)
    for j in range(sites):
        low, high = start[j], start[j + 1]
        worth = np.empty(high - low)
        for p in range(low, high):
            worth[p - low] = price[place[p]] - gain[p]
        order = np.argsort(worth, kind="mergesort")
        taken = 0.0
        for n in range(order.size):
            p = low + order[n]
            room = most[j] - taken if worth[order[n]] < 0 else least[j] - taken
            some = min(room, people[place[p]])
            if some <= 0:
                break
            flow[p] = some
            taken += some
            profit[j] -= worth[order[n]] * some
        if taken < least[j] * (1 - 1e-9):
            profit[j] = -np.inf
    return profit, flow


@compiled
def greedy_rooms(
    start: LongArray, place: IntArray, gain: FloatArray, people: FloatArray, most: FloatArray, cost: LongArray,
    limit: int, first: LongArray,
) -> LongArray:  # fmt: skip
    """Return sites in the order of what each gains for its cost of the people left, after those of ``first``."""
    sites = cost.size
    left = people.copy()
    chosen = np.empty(sites, np.int64)
    inside = np.zeros(sites, np.bool_)
    count, spent, n = 0, np.int64(0), 0
    while True:
        top, best = -1, 0.0
        if n < first.size:
            top = first[n]
            n += 1
        else:
            for j in range(sites):
                if inside[j] or spent + cost[j] > limit:
                    continue
                worth, room = 0.0, most[j]
                for p in range(start[j], start[j + 1]):
                    some = min(left[place[p]], room)
                    worth += gain[p] * some
                    room -= some
                worth /= max(cost[j], 1e-9)
                if worth > best:
                    top, best = j, worth
            if top < 0:
                return chosen[:count].copy()
            chosen[count] = top
            count += 1
            spent += cost[top]
        inside[top] = True
        room = most[top]
        for p in range(start[top], start[top + 1]):
            some = min(left[place[p]], room)
            left[place[p]] -= some
            room -= some
