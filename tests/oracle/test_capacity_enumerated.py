"""Covering and median with limited room against every choice of sites, each with its own linear program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from siting import CUTOFF, plane, worlds

from accessgis.solve import capacity
from accessgis.solve.capacity import capacitated_cover, capacitated_median
from accessgis.solve.cover import maximal_cover
from accessgis.solve.median import p_median
from accessgis.solve.result import Effort, sites
from accessgis.solve.room import knapsacks


@st.composite
def crowded(draw):
    """Draw a world with room at each site, perhaps too little, perhaps without limit, and the least of each."""
    world = draw(worlds(most_sites=5, most_places=6))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = random.integers(0, 9, world.cost.size).astype(float)
    least = np.minimum(random.integers(0, 5, world.cost.size), most) * draw(st.sampled_from([0, 1]))
    most[random.random(most.size) < 0.2] = np.inf
    return world, sites(world.cost.size, cost=world.cost, fixed=world.fixed, most=most, least=least)


def worth(world, given, opened, gain):
    """Return the most that is gained when some sites are open, by a dense program; −inf where the least is missed."""
    near = world.table <= CUTOFF
    m, n = near.shape
    rows, sides = [], []
    for i in range(m):
        row = np.zeros((m, n))
        row[i] = 1
        rows.append(row.ravel())
        sides.append(world.people[i])
    for j in range(n):
        row = np.zeros((m, n))
        row[:, j] = 1
        if np.isfinite(given.most[j]):
            rows.append(row.ravel())
            sides.append(given.most[j])
        if j in opened and not given.fixed[j]:
            rows.append(-row.ravel())
            sides.append(-given.least[j])
    allowed = near & np.isin(np.arange(n), opened)
    done = linprog(
        -gain.ravel(), A_ub=np.array(rows), b_ub=sides, bounds=[(0, None if a else 0) for a in allowed.ravel()]
    )
    return -done.fun if done.status == 0 else -np.inf


def best(world, given, gain, **limit):
    return max(worth(world, given, opened, gain) for _, opened in world.choices(**limit))


def check(world, given, found):
    times = world.times
    opened = given.fixed.copy()
    opened[found.chosen] = True
    scale = 1e-6 * (1 + world.people.sum())
    assert found.flow.min(initial=0) >= 0
    np.testing.assert_allclose(np.bincount(times.origin, found.flow, world.people.size), found.served, atol=scale)
    np.testing.assert_allclose(np.bincount(times.destination, found.flow, opened.size), found.load, atol=scale)
    assert (found.served <= world.people + scale).all()
    assert (found.load <= np.where(opened, given.most, 0) + scale).all()
    assert (found.load[found.chosen] >= given.least[found.chosen] - scale).all()
    assert not given.fixed[found.chosen].any()


@pytest.mark.parametrize("entries", [60_000, 0])
@settings(max_examples=60)
@given(case=crowded(), count=st.integers(0, 3))
def test_most_people_are_served(entries, case, count):
    world, given = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capacity, "_MOST_ENTRIES", entries)
        found = capacitated_cover(world.times, people=world.people, sites=given, count=count)
    truth = best(world, given, np.ones(world.table.shape), count=count)

    check(world, given, found)
    assert found.objective == pytest.approx(found.served.sum(), rel=1e-6, abs=1e-6)
    assert found.objective <= truth + 1e-6 * (1 + truth)
    assert found.bound >= truth - 1e-6 * (1 + truth)
    if entries:
        assert found.objective == pytest.approx(truth, rel=1e-6, abs=1e-6)
        assert found.proven
    assert found.base + found.adds.sum() == pytest.approx(found.objective, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("entries", [60_000, 0])
@settings(max_examples=60)
@given(case=crowded(), budget=st.integers(0, 8), more=st.sampled_from([0, 10]))
def test_all_travel_least(entries, case, budget, more):
    world, given = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capacity, "_MOST_ENTRIES", entries)
        found = capacitated_median(
            world.times, people=world.people, sites=given, budget=budget, penalty_ms=CUTOFF + more
        )
    counted = world.people[(world.table <= CUTOFF).any(axis=1)].sum() * (CUTOFF + more)
    truth = counted - best(world, given, CUTOFF + more - world.table, budget=budget)
    scale = 1e-6 * (1 + counted)

    check(world, given, found)
    assert found.objective >= truth - scale
    assert found.bound <= truth + scale
    if entries:
        assert found.objective == pytest.approx(truth, rel=1e-6, abs=scale)
        assert found.proven


def test_without_limits_of_room_the_answers_are_those_of_the_free_models():
    world = plane(4, candidates=12, places=40, radius=0.3)
    free = capacitated_cover(world.times, people=world.people, sites=world.sites, count=3)
    near = capacitated_median(world.times, people=world.people, sites=world.sites, count=3)

    assert free.objective == pytest.approx(
        maximal_cover(world.times, people=world.people, sites=world.sites, count=3).objective
    )
    assert near.objective == pytest.approx(
        p_median(world.times, people=world.people, sites=world.sites, count=3).objective
    )


@pytest.mark.parametrize("share", [0.4, 1.2])
def test_beyond_the_small_the_gap_is_told_and_holds(share, monkeypatch):
    world = plane(5, candidates=40, places=150, radius=0.25)
    room = np.full(40, world.people.sum() * share / 6)
    given = sites(40, most=room, least=room / 4)
    exact = capacitated_cover(world.times, people=world.people, sites=given, count=6)
    monkeypatch.setattr(capacity, "_MOST_ENTRIES", 0)
    loose = capacitated_cover(world.times, people=world.people, sites=given, count=6)

    assert loose.objective <= exact.objective * (1 + 1e-6)
    assert exact.objective <= loose.bound * (1 + 1e-6)
    assert loose.gap < 0.1


def test_more_room_never_serves_fewer():
    world = plane(6, candidates=10, places=40, radius=0.3)
    served = [
        capacitated_cover(world.times, people=world.people, sites=sites(10, most=np.full(10, room)), count=3).objective
        for room in (0.0, 200.0, 800.0, 1e5)
    ]
    assert (np.diff(served) >= -1e-6).all()
    assert served[0] == 0


def test_room_that_is_none_is_refused():
    with pytest.raises(ValueError, match="above its most"):
        sites(2, most=[3, 3], least=[1, 4])
    with pytest.raises(ValueError, match="most holds"):
        sites(2, most=[-1, 3])
    with pytest.raises(ValueError, match="penalty is below"):
        capacitated_median(
            plane(0, candidates=3, places=5, radius=0.3).times, people=np.ones(5), sites=sites(3), count=1, penalty_ms=3
        )


def test_time_that_is_up_gives_the_best_so_far():
    world = plane(5, candidates=40, places=150, radius=0.25)
    given = replace(world.sites, most=np.full(40, 3000.0))  # room for all, but not where they live
    found = capacitated_cover(world.times, people=world.people, sites=given, count=6, effort=Effort(time_limit_s=1e-9))

    assert found.stopped
    assert 0 < found.objective < found.bound


@settings(max_examples=150)
@given(case=crowded(), seed=st.integers(0, 99))
def test_the_knapsack_of_each_site_is_the_best_at_any_prices(case, seed):
    world, given = case
    rooms = capacity._rooms(
        world.times, np.ones(world.times.ms.size), world.people, given, (np.ones(world.cost.size, np.int64), 2)
    )
    price = np.random.default_rng(seed).random(world.people.size) * 2
    profit, flow = knapsacks(rooms.start, rooms.place, rooms.gain, rooms.people, price, rooms.most, rooms.least)
    for j in range(world.cost.size):
        reached = world.people * (world.table[:, j] <= CUTOFF)
        most, least = given.most[j], 0 if given.fixed[j] else given.least[j]
        if reached.sum() < least:
            assert profit[j] == -np.inf
            continue
        done = linprog(
            price - 1, A_ub=[np.ones(price.size), -np.ones(price.size)],
            b_ub=[min(most, 1e6), -least], bounds=list(zip(np.zeros(price.size), reached, strict=True)),
        )  # fmt: skip
        mine = flow[rooms.start[j] : rooms.start[j + 1]]
        assert profit[j] == pytest.approx(-done.fun, abs=1e-6)
        assert least - 1e-6 <= mine.sum() <= most + 1e-6


def test_where_room_is_scarce_no_more_is_promised_than_there_is_room(monkeypatch):
    world = plane(5, candidates=40, places=150, radius=0.6)
    room = world.people.sum() / 25
    monkeypatch.setattr(capacity, "_MOST_ENTRIES", 0)
    found = capacitated_cover(world.times, people=world.people, sites=sites(40, most=np.full(40, room)), count=20)
    assert found.objective <= found.bound <= 20 * room * (1 + 1e-9)
    assert found.gap < 0.05
