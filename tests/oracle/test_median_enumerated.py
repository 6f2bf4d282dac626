"""The p-median against every choice tried, the full program of ReVelle and Swain solved by HiGHS, and its laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from siting import CUTOFF, plane, worlds

from accessgis.solve import exact
from accessgis.solve.median import p_median


def solved(world, **options):
    return p_median(world.times, people=world.people, sites=world.sites, **options)


def counted(world):
    """Return the world without the places that no site reaches: the model leaves them out."""
    kept = (world.table <= CUTOFF).any(axis=1)
    return replace(world, table=world.table[kept], people=world.people[kept])


def truth(world, penalty, **limit):
    return min(counted(world).time(opened, penalty) for _, opened in world.choices(**limit))


def check(world, found, penalty, **limit):
    opened = np.sort(np.concatenate([found.chosen, np.flatnonzero(world.fixed)]))
    assert found.proven
    assert found.objective == pytest.approx(truth(world, penalty, **limit), abs=1e-9)
    assert found.objective == pytest.approx(counted(world).time(opened, penalty), abs=1e-9)
    assert found.base - found.adds.sum() == pytest.approx(found.objective, abs=1e-9)
    assert (
        found.out_of_reach.tolist()
        == np.flatnonzero((world.people > 0) & ~(world.table <= CUTOFF).any(axis=1)).tolist()
    )
    for i, j in enumerate(found.site):
        row = np.where(np.isin(np.arange(world.cost.size), opened), world.table[i], np.inf)
        assert j == (row.argmin() if row.min() <= CUTOFF else -1)


@pytest.mark.parametrize("entries", [40_000, 0])
@settings(max_examples=120)
@given(world=worlds(), count=st.integers(0, 4), more=st.sampled_from([0, 7]))
def test_the_best_number_of_sites(entries, world, count, more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_MOST_ENTRIES", entries)
        found = solved(world, count=count, penalty_ms=CUTOFF + more)
    check(world, found, CUTOFF + more, count=count)


@pytest.mark.parametrize("entries", [40_000, 0])
@settings(max_examples=100)
@given(world=worlds(), budget=st.integers(0, 12))
def test_the_best_for_a_budget(entries, world, budget):
    budget = budget / 2 if world.cost.max() > 1 else budget / 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_MOST_ENTRIES", entries)
        found = solved(world, budget=budget)
    check(world, found, CUTOFF, budget=budget)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("entries", [40_000, 0])
def test_larger_problems_equal_the_full_program(seed, entries, monkeypatch):
    monkeypatch.setattr(exact, "_MOST_ENTRIES", entries)
    world = plane(seed, candidates=30, places=80, radius=0.4)
    near = np.argwhere(world.table <= CUTOFF)
    n, sites, places = len(near), world.cost.size, world.people.size
    serve, open_ = np.zeros((places, n)), np.zeros((n, sites))
    serve[near[:, 0], np.arange(n)] = 1
    open_[np.arange(n), near[:, 1]] = -1
    full = milp(
        np.concatenate([np.zeros(sites), (world.table[tuple(near.T)] - CUTOFF) * world.people[near[:, 0]]]),
        constraints=[
            LinearConstraint(np.hstack([np.zeros((places, sites)), serve]), -np.inf, 1),
            LinearConstraint(np.hstack([open_, np.eye(n)]), -np.inf, 0),
            LinearConstraint(np.concatenate([np.ones(sites), np.zeros(n)]), -np.inf, 5),
        ],
        integrality=np.ones(sites + n),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    counts = world.people[(world.table <= CUTOFF).any(axis=1)].sum() * CUTOFF
    found = solved(world, count=5)

    assert found.objective == pytest.approx(full.fun + counts, rel=1e-9)
    assert found.proven


@settings(max_examples=50)
@given(world=worlds(), count=st.integers(1, 4), data=st.data())
def test_relabelling_changes_no_number(world, count, data):
    place = np.array(data.draw(st.permutations(range(world.people.size))))
    site = np.array(data.draw(st.permutations(range(world.cost.size))))
    assert solved(world.relabelled(place, site), count=count).objective == solved(world, count=count).objective


@settings(max_examples=50)
@given(world=worlds(fixed=False))
def test_more_sites_never_make_travel_longer(world):
    found = [solved(world, count=n).objective for n in range(world.cost.size + 1)]
    assert (np.diff(found) <= 0).all()


def test_a_penalty_below_the_cutoff_is_refused():
    world = plane(0, candidates=3, places=5, radius=0.3)
    with pytest.raises(ValueError, match="penalty is below the cutoff"):
        solved(world, count=1, penalty_ms=CUTOFF - 1)


def test_people_in_fractions_that_no_scale_makes_whole_are_still_proven():
    world = plane(2, candidates=12, places=40, radius=0.4)
    world = replace(world, people=world.people * np.pi)
    found = solved(world, count=3)

    assert found.proven
    assert found.objective == pytest.approx(truth(world, CUTOFF, count=3), rel=1e-9)
