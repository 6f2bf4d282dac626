"""Set cover, partial and backup cover and the p-centre against every choice tried, and their laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from siting import CUTOFF, plane, worlds

from accessgis.base.errors import UsageError
from accessgis.solve import covering
from accessgis.solve.centre import p_centre
from accessgis.solve.result import Effort
from accessgis.solve.setcover import backup_cover, set_cover


def given_by(world):
    return {"people": world.people, "sites": world.sites}


def reachable(world):
    return (world.people > 0) & (world.table <= CUTOFF).any(axis=1)


def covers(world, opened):
    return (world.table[reachable(world)][:, opened] <= CUTOFF).any(axis=1).all()


def cost(world, chosen):
    return round(float(world.cost[chosen].sum()), 9)


@pytest.mark.parametrize("entries", [300_000, 0])
@settings(max_examples=150)
@given(world=worlds())
def test_the_cheapest_cover_of_all(entries, world):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covering, "_MOST_ENTRIES", entries)
        found = set_cover(world.times, **given_by(world))
    best = min(cost(world, chosen) for chosen, opened in world.choices() if covers(world, opened))
    opened = np.concatenate([found.chosen, np.flatnonzero(world.fixed)])

    assert covers(world, opened)
    assert found.objective == pytest.approx(cost(world, found.chosen))
    assert found.bound - 1e-9 <= best <= found.objective + 1e-9
    if entries:
        assert found.proven
        assert found.objective == pytest.approx(best)
    assert found.out_of_reach.tolist() == np.flatnonzero((world.people > 0) & ~reachable(world)).tolist()
    assert found.base + found.adds.sum() == pytest.approx(world.covered(opened.astype(int)))


@settings(max_examples=150)
@given(world=worlds(), share=st.integers(0, 40).map(lambda n: n / 40))
def test_the_cheapest_cover_of_a_share(world, share):
    total = world.people.sum()
    most = world.covered(np.arange(world.cost.size))
    if share * total > most + 1e-9:
        with pytest.raises(UsageError) as refused:
            set_cover(world.times, **given_by(world), share=share)
        assert refused.value.code == "AG2431"
        return
    found = set_cover(world.times, **given_by(world), share=share)
    enough = [c for c, opened in world.choices() if world.covered(opened) >= share * total - 1e-9]

    assert found.objective == pytest.approx(min(cost(world, c) for c in enough))
    assert found.objective == pytest.approx(cost(world, found.chosen))
    assert found.proven
    assert found.base + found.adds.sum() >= share * total - 1e-9


@settings(max_examples=120)
@given(world=worlds(), count=st.none() | st.integers(1, 5))
def test_as_many_as_possible_are_covered_twice(world, count):
    def twice(opened):
        near = (world.table[:, opened] <= CUTOFF).sum(axis=1)
        return float(world.people[near >= 2].sum())

    limit = {} if count is None else {"count": count}
    allowed = [(c, opened) for c, opened in world.choices(**limit) if covers(world, opened)]
    if not allowed:
        with pytest.raises(UsageError) as refused:
            backup_cover(world.times, **given_by(world), count=count)
        assert refused.value.code == "AG2432"
        return
    if count is None:
        least = min(cost(world, c) for c, _ in allowed)
        allowed = [(c, opened) for c, opened in allowed if cost(world, c) <= least + 1e-9]
    found = backup_cover(world.times, **given_by(world), **limit)
    opened = np.sort(np.concatenate([found.chosen, np.flatnonzero(world.fixed)]))

    assert found.proven
    assert covers(world, opened)
    assert found.objective == pytest.approx(twice(opened))
    assert found.objective == pytest.approx(max(twice(o) for _, o in allowed))
    assert found.base + found.adds.sum() == pytest.approx(found.objective)


@settings(max_examples=150)
@given(world=worlds(), count=st.integers(1, 4))
def test_the_longest_way_is_shortest(world, count):
    rows = reachable(world)

    def longest(opened):
        table = np.where(world.table <= CUTOFF, world.table, np.inf)[rows][:, opened]
        return table.min(axis=1, initial=np.inf).max(initial=0)

    best = min(longest(opened) for _, opened in world.choices(count=count))
    if np.isinf(best):
        with pytest.raises(UsageError) as refused:
            p_centre(world.times, **given_by(world), count=count)
        assert refused.value.code == "AG2433"
        fewest = min(len(chosen) for chosen, opened in world.choices() if np.isfinite(longest(opened)))
        assert refused.value.values["enough_en"] == f"; that takes at least {fewest} sites"
        assert f"，至少需要 {fewest} 个点。" in refused.value.message("zh")
        return
    found = p_centre(world.times, **given_by(world), count=count)

    assert (found.objective, found.bound) == (best, best)
    assert longest(np.sort(np.concatenate([found.chosen, np.flatnonzero(world.fixed)]))) == best
    assert found.chosen.size <= count


@settings(max_examples=60)
@given(world=worlds(), budget=st.integers(0, 8))
def test_the_longest_way_for_a_budget(world, budget):
    rows = reachable(world)

    def longest(opened):
        table = np.where(world.table <= CUTOFF, world.table, np.inf)[rows][:, opened]
        return table.min(axis=1, initial=np.inf).max(initial=0)

    best = min(longest(opened) for _, opened in world.choices(budget=budget))
    if np.isinf(best):
        with pytest.raises(UsageError) as refused:
            p_centre(world.times, **given_by(world), budget=budget)
        least = min(cost(world, chosen) for chosen, opened in world.choices() if np.isfinite(longest(opened)))
        assert refused.value.values["enough_en"] == f"; that takes at least sites that cost {least:g}"
    else:
        assert p_centre(world.times, **given_by(world), budget=budget).objective == best


@pytest.mark.parametrize("seed", range(3))
def test_larger_covers_equal_the_full_program(seed):
    world = plane(seed, candidates=80, places=300, radius=0.12)
    near = (world.table <= CUTOFF)[reachable(world)].astype(float)
    full = milp(
        np.ones(80), constraints=LinearConstraint(near, 1, np.inf), integrality=np.ones(80), bounds=Bounds(0, 1)
    )
    found = set_cover(world.times, **given_by(world))

    assert (found.objective, found.proven) == (round(full.fun), True)


@settings(max_examples=50)
@given(world=worlds(), data=st.data())
def test_relabelling_changes_no_number(world, data):
    place = np.array(data.draw(st.permutations(range(world.people.size))))
    site = np.array(data.draw(st.permutations(range(world.cost.size))))
    other = world.relabelled(place, site)

    assert set_cover(other.times, **given_by(other)).objective == set_cover(world.times, **given_by(world)).objective


@settings(max_examples=50)
@given(world=worlds(fixed=False))
def test_an_existing_site_never_makes_a_cover_dearer(world):
    without = set_cover(world.times, **given_by(world)).objective
    fixed = world.fixed.copy()
    fixed[0] = True
    stays = replace(world, fixed=fixed)

    assert set_cover(stays.times, **given_by(stays)).objective <= without + 1e-9


def test_time_that_is_up_gives_a_cover_and_says_so():
    world = plane(1, candidates=120, places=400, radius=0.3)
    found = set_cover(world.times, **given_by(world), effort=Effort(time_limit_s=1e-9))

    assert found.stopped
    assert covers(world, found.chosen)
    assert found.bound <= set_cover(world.times, **given_by(world)).objective <= found.objective
