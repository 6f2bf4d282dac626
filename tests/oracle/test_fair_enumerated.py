"""Covering for the worst-off group first, and for two sums at once, against every choice of sites."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting import CUTOFF, plane, worlds

from accessgis.solve import fair, pareto
from accessgis.solve.cover import maximal_cover
from accessgis.solve.fair import fairest_cover
from accessgis.solve.pareto import pareto_cover


def shares(world, group, opened):
    near = (world.table[:, opened] <= CUTOFF).any(axis=1)
    total = np.bincount(group, world.people)
    return np.bincount(group, world.people * near, total.size)[total > 0] / total[total > 0]


def key(world, group, opened):
    return [*np.round(np.sort(shares(world, group, opened)), 9), round(world.covered(opened), 6)]


@st.composite
def grouped(draw):
    world = draw(worlds(most_sites=6, most_places=8))
    group = np.array(draw(st.lists(st.integers(0, 3), min_size=world.people.size, max_size=world.people.size)))
    return world, group


@settings(max_examples=100)
@given(case=grouped(), count=st.integers(0, 3))
def test_the_worst_off_come_first(case, count):
    world, group = case
    found = fairest_cover(world.times, people=world.people, group=group, sites=world.sites, count=count)
    opened = np.sort(np.concatenate([found.chosen, np.flatnonzero(world.fixed)]))
    best = max(key(world, group, o) for _, o in world.choices(count=count))

    assert key(world, group, opened) == best
    assert found.proven
    assert found.levels == np.unique(group[world.people > 0]).size + 1
    assert found.objective == pytest.approx(best[0] if len(best) > 1 else 1.0)
    known = found.share[~np.isnan(found.share)]
    np.testing.assert_allclose(known, shares(world, group, opened))
    assert found.covered == pytest.approx(world.covered(opened))
    assert found.base + found.adds.sum() == pytest.approx(found.covered)


@settings(max_examples=80)
@given(case=grouped(), budget=st.integers(0, 8))
def test_beyond_the_small_the_lowest_share_has_a_bound(case, budget):
    world, group = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fair, "_MOST_ENTRIES", -1)
        found = fairest_cover(world.times, people=world.people, group=group, sites=world.sites, budget=budget)
    lowest = [min(shares(world, group, o), default=1.0) for _, o in world.choices(budget=budget)]

    assert found.objective <= max(lowest) + 1e-9
    assert max(lowest) <= found.bound + 1e-9
    assert found.levels == int(not world.people.any())
    assert world.cost[found.chosen].sum() <= budget + 1e-9


def test_the_fairest_choice_is_not_the_one_that_covers_most():
    world = plane(2, candidates=12, places=60, radius=0.15)
    group = np.arange(60) % 2 + 2 * (np.arange(60) % 7 == 0)
    fairest = fairest_cover(world.times, people=world.people, group=group, sites=world.sites, count=3)
    most = maximal_cover(world.times, people=world.people, sites=world.sites, count=3)

    assert fairest.covered <= most.objective
    assert fairest.objective >= min(shares(world, group, most.chosen))


def test_groups_that_are_none_are_refused():
    world = plane(2, candidates=3, places=6, radius=0.15)
    for bad in ([0, 1], np.zeros(6), [-1, 0, 0, 0, 0, 0]):
        with pytest.raises(ValueError, match="group holds a whole number"):
            fairest_cover(world.times, people=world.people, group=bad, sites=world.sites, count=1)


def both(world, other, opened):
    near = (world.table[:, opened] <= CUTOFF).any(axis=1)
    return round(float(world.people[near].sum()), 9), round(float(other[near].sum()), 9)


@settings(max_examples=80)
@given(world=worlds(most_sites=6, most_places=8), count=st.integers(0, 3), seed=st.integers(0, 99))
def test_nothing_beats_a_point_of_the_front_and_its_ends_are_the_best(world, count, seed):
    other = np.random.default_rng(seed).integers(0, 5, world.people.size).astype(float)
    front = pareto_cover(world.times, people=world.people, other=other, sites=world.sites, count=count, points=5)
    every = {both(world, other, opened) for _, opened in world.choices(count=count)}

    assert front.proven.all()
    assert front.covered[0] == pytest.approx(max(a for a, _ in every))
    assert front.other[-1] == pytest.approx(max(b for _, b in every))
    assert (np.diff(front.covered) < 0).all()
    assert (np.diff(front.other) > 0).all()
    for chosen, a, b in zip(front.chosen, front.covered, front.other, strict=True):
        assert both(world, other, np.union1d(chosen, np.flatnonzero(world.fixed))) == pytest.approx((a, b))
        assert chosen.size <= count
        assert not any(c >= a - 1e-9 and d >= b - 1e-9 and c + d > a + b + 1e-6 for c, d in every)


@settings(max_examples=60)
@given(world=worlds(most_sites=6, most_places=8), count=st.integers(0, 3), seed=st.integers(0, 99))
def test_weighted_sums_give_points_that_nothing_beats(world, count, seed):
    other = np.random.default_rng(seed).integers(0, 5, world.people.size).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "_MOST_ENTRIES", -1)
        front = pareto_cover(world.times, people=world.people, other=other, sites=world.sites, count=count, points=5)
    every = {both(world, other, opened) for _, opened in world.choices(count=count)}

    for a, b, proven in zip(front.covered, front.other, front.proven, strict=True):
        if proven:
            assert not any(c >= a - 1e-9 and d >= b - 1e-9 and c + d > a + b + 1e-6 for c, d in every)


def test_a_front_has_two_ends():
    world = plane(2, candidates=3, places=6, radius=0.15)
    with pytest.raises(ValueError, match="points is at least 2"):
        pareto_cover(world.times, people=world.people, other=world.people, sites=world.sites, count=1, points=1)
