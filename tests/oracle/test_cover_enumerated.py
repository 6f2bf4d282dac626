"""Maximal covering against every choice tried, a full program solved by HiGHS, and its laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from siting import CUTOFF, plane, worlds

from accessgis.solve import exact
from accessgis.solve.cover import cover_curve, maximal_cover
from accessgis.solve.reach import coverage
from accessgis.solve.result import Effort, sites


def solved(world, **limit):
    return maximal_cover(world.times, people=world.people, sites=world.sites, **limit)


def truth(world, **limit):
    return max(world.covered(opened) for _, opened in world.choices(**limit))


def check(world, found, **limit):
    opened = np.sort(np.concatenate([found.chosen, np.flatnonzero(world.fixed)]))
    assert found.proven
    assert not found.stopped
    assert found.objective == pytest.approx(truth(world, **limit), abs=1e-9)
    assert found.objective == pytest.approx(world.covered(opened), abs=1e-9)
    assert found.base == pytest.approx(world.covered(np.flatnonzero(world.fixed)), abs=1e-9)
    assert found.base + found.adds.sum() == pytest.approx(found.objective, abs=1e-9)
    assert (np.diff(found.adds) <= 1e-9).all()
    assert (found.site >= 0).tolist() == (world.table[:, opened] <= CUTOFF).any(axis=1).tolist()
    assert not world.fixed[found.chosen].any()


@pytest.mark.parametrize("entries", [40_000, 0])
@settings(max_examples=120)
@given(world=worlds(), count=st.integers(0, 4))
def test_the_best_number_of_sites(entries, world, count):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_MOST_ENTRIES", entries)
        found = solved(world, count=count)
    check(world, found, count=count)
    assert found.chosen.size <= count


@pytest.mark.parametrize("entries", [40_000, 0])
@settings(max_examples=120)
@given(world=worlds(), budget=st.integers(0, 12))
def test_the_best_for_a_budget(entries, world, budget):
    budget = budget / 2 if world.cost.max() > 1 else budget / 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_MOST_ENTRIES", entries)
        found = solved(world, budget=budget)
    check(world, found, budget=budget)
    assert round(float(world.cost[found.chosen].sum()), 9) <= budget


def test_branching_proves_what_the_relaxation_does_not():
    # Three places, each covered by two of three sites: the relaxation takes half of each and covers all.
    found = maximal_cover(
        coverage([[1, 1, 0], [0, 1, 1], [1, 0, 1]]), people=[1, 1, 1], sites=sites(3), count=1, effort=Effort(gap=0.0)
    )
    assert (found.objective, found.bound, found.chosen.tolist()) == (2, 2, [0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("entries", [40_000, 0])
def test_larger_problems_equal_the_full_program(seed, entries, monkeypatch):
    monkeypatch.setattr(exact, "_MOST_ENTRIES", entries)
    world = plane(seed, candidates=60, places=300, radius=0.1)
    near = (world.table <= CUTOFF).astype(float)
    rows = np.block([[-near, np.eye(300)], [np.ones((1, 60)), np.zeros((1, 300))]])
    full = milp(
        np.concatenate([np.zeros(60), -world.people]),
        constraints=LinearConstraint(rows, -np.inf, [*np.zeros(300), 6]),
        integrality=np.ones(360),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    found = solved(world, count=6)

    assert full.status == 0
    assert found.objective == -full.fun == found.bound


@settings(max_examples=60)
@given(world=worlds(), count=st.integers(1, 4), data=st.data())
def test_relabelling_changes_no_number(world, count, data):
    place = np.array(data.draw(st.permutations(range(world.people.size))))
    site = np.array(data.draw(st.permutations(range(world.cost.size))))
    assert solved(world.relabelled(place, site), count=count).objective == solved(world, count=count).objective


@settings(max_examples=60)
@given(world=worlds())
def test_more_sites_and_more_candidates_never_cover_fewer(world):
    found = [solved(world, count=n).objective for n in range(world.cost.size + 1)]
    assert (np.diff(found) >= 0).all()
    fewer = replace(world, table=world.table[:, 1:], cost=world.cost[1:], fixed=world.fixed[1:])
    if fewer.cost.size and not world.fixed[0]:
        assert solved(fewer, count=2).objective <= found[min(2, len(found) - 1)]


@settings(max_examples=80)
@given(world=worlds(), count=st.integers(1, 5))
def test_the_curve_is_greedy_below_the_best_and_its_bound_above(world, count):
    curve = cover_curve(world.times, people=world.people, sites=world.sites, count=count)
    for n, covered in enumerate(curve.covered):
        best = truth(world, count=n)
        opened = np.concatenate([curve.chosen[:n], np.flatnonzero(world.fixed)])
        assert covered == pytest.approx(world.covered(opened), abs=1e-9)
        assert covered <= best + 1e-9
        assert best <= curve.bound[n] + 1e-9
        assert covered - curve.covered[0] >= 0.63 * (best - curve.covered[0]) - 1e-9


def test_a_gap_that_is_enough_stops_early_and_is_told():
    world = plane(9, candidates=80, places=500, radius=0.08)
    loose = maximal_cover(
        world.times, people=world.people, sites=world.sites, count=8, effort=Effort(gap=0.05, time_limit_s=60)
    )
    tight = solved(world, count=8)

    assert loose.gap <= 0.05
    assert loose.objective <= tight.objective <= loose.bound


@pytest.mark.parametrize("entries", [40_000, 0])
@settings(max_examples=120)
@given(world=worlds(), count=st.integers(0, 4), gap=st.floats(0.001, 0.4))
def test_a_gap_leaves_out_only_what_is_not_worth_looking_at(entries, world, count, gap):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_MOST_ENTRIES", entries)
        found = solved(world, count=count, effort=Effort(gap=gap))

    assert found.objective <= truth(world, count=count) + 1e-9
    assert truth(world, count=count) <= found.bound + 1e-9
    assert found.gap <= gap


def test_time_that_is_up_gives_the_best_so_far():
    world = plane(1, candidates=80, places=500, radius=0.08)
    found = maximal_cover(
        world.times, people=world.people, sites=world.sites, count=8, effort=Effort(time_limit_s=1e-9)
    )
    best = solved(world, count=8)

    assert found.stopped
    assert not found.proven
    assert 0.63 * best.objective <= found.objective <= best.objective <= found.bound


def test_the_same_bytes_every_time():
    world = plane(3, candidates=70, places=300, radius=0.1)
    one, two = solved(world, count=5), solved(world, count=5)

    assert one.chosen.tobytes() == two.chosen.tobytes()
    assert (one.objective, one.bound) == (two.objective, two.bound)
