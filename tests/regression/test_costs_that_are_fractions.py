"""Costs that are no short decimals made whole numbers of 1e17, beyond any program of HiGHS: nothing was proven."""

from __future__ import annotations

import numpy as np
import pytest

from accessgis.solve import Effort, capacitated_cover, coverage, maximal_cover, set_cover, sites


@pytest.mark.parametrize("seed", range(3))
def test_a_budget_is_spent_to_the_proven_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = coverage(rng.random((60, 30)) < 0.12)
    people, cost = rng.integers(1, 100, 60).astype(float), rng.uniform(0.3, 1.5, 30) / 3
    found = maximal_cover(times, people=people, sites=sites(30, cost=cost), budget=2.0, effort=Effort(time_limit_s=30))
    short = maximal_cover(times, people=people, sites=sites(30, cost=np.round(cost, 6)), budget=2.0)
    assert found.proven
    assert not found.stopped
    assert found.objective == short.objective
    assert cost[found.chosen].sum() <= 2.0 + 1e-8
    room = capacitated_cover(times, people=people, sites=sites(30, cost=cost, most=np.full(30, 150.0)), budget=2.0)
    assert room.proven


def test_large_costs_are_no_clock_that_ran_out() -> None:
    rng = np.random.default_rng(7)
    for _ in range(4):
        times = coverage(rng.random((60, 30)) < 0.15)
        cost = rng.integers(1_000_000, 9_000_000, 30).astype(float)
        found = set_cover(times, people=np.ones(60), sites=sites(30, cost=cost), effort=Effort(time_limit_s=30))
        assert not found.stopped
        assert found.gap < 1e-5
