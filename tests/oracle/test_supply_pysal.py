"""Measures of supply and demand against PySAL access on random matrices, and RAAM against its own definition."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from supply import CUTOFF, DECAYS, access, random_world

from accessgis import measures
from accessgis.travel.decay import within_cutoff

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from access import fca
    from access.raam import raam as pysal_raam

SEEDS = pytest.mark.parametrize("seed", range(5))


def frames(world):
    places, facilities = np.indices(world.table.shape)
    cost = pd.DataFrame({"origin": places.ravel(), "dest": facilities.ravel(), "cost": world.table.ravel()})
    people = pd.DataFrame({"demand": world.people}).rename_axis("geoid")
    supply = pd.DataFrame({"supply": world.supply}).rename_axis("geoid")
    return people, supply, cost[cost["cost"] <= CUTOFF].reset_index(drop=True)


def by_pysal(function, world, decay):
    people, supply, cost = frames(world)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = function(
            people,
            supply,
            cost,
            max_cost=decay.last_ms,
            weight_fn=lambda ms: float(decay.at(np.array([ms]))[0]),
        )
    return found.reindex(range(world.people.size)).fillna(0.0).to_numpy()


@SEEDS
@pytest.mark.parametrize("decay", DECAYS)
def test_two_and_three_steps_agree_with_pysal(seed, decay):
    world = random_world(seed)

    np.testing.assert_allclose(
        access("e2sfca", world, decay), by_pysal(fca.two_stage_fca, world, DECAYS[decay]), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        access("three_step", world, decay), by_pysal(fca.three_stage_fca, world, DECAYS[decay]), rtol=1e-10, atol=1e-12
    )


@SEEDS
def test_2sfca_and_opportunities_agree_with_pysal(seed):
    world = random_world(seed)
    _, supply, cost = frames(world)
    found = fca.weighted_catchment(
        supply.reset_index(), cost, 2000, cost_source="dest", cost_dest="origin", loc_value="supply"
    )

    np.testing.assert_allclose(
        access("two_step", world, ""), by_pysal(fca.two_stage_fca, world, within_cutoff(2000)), rtol=1e-10, atol=1e-12
    )
    assert np.array_equal(access("cumulative", world, ""), found.reindex(range(world.people.size)).fillna(0.0))


@SEEDS
def test_raam_is_near_that_of_pysal_which_moves_whole_people_in_fixed_steps(seed):
    world = random_world(seed, places=30, facilities=5)
    people = world.people * 1000
    times = measures.time_matrix(world.table, cutoff_ms=5000)
    _, _, cost = frames(world)
    places, facilities = np.indices(world.table.shape)
    cost = pd.DataFrame({"origin": places.ravel(), "dest": facilities.ravel(), "cost": world.table.ravel()})
    found = pysal_raam(
        pd.DataFrame({"demand": people.astype(int)}), pd.DataFrame({"supply": world.supply}), cost, tau=5000,
        max_cycles=1500, half_life=100, min_step=1e-4,
    )  # fmt: skip

    ours = measures.raam(times, supply=world.supply, people=people, tau_ms=5000)
    np.testing.assert_allclose(ours.cost, found.reindex(range(30)), rtol=5e-3)


@SEEDS
@pytest.mark.parametrize("tau_ms", [50, 5000, 500_000])
def test_raam_is_the_least_of_its_potential(seed, tau_ms):
    """Loads solve ``min Σ D² / 2ρS + Σ d t / τ``: no exchange of people between two facilities lowers it (scipy)."""
    from scipy.optimize import LinearConstraint, minimize

    world = random_world(seed, places=6, facilities=3)
    found = measures.raam(
        measures.time_matrix(world.table, cutoff_ms=5000), supply=world.supply, people=world.people, tau_ms=tau_ms,
        tolerance=1e-8,
    )  # fmt: skip
    room, time = found.rho * world.supply, world.table / tau_ms
    whole = LinearConstraint(np.kron(np.eye(6), np.ones(3)), world.people, world.people)

    def potential(flat):
        d = flat.reshape(6, 3)
        return (d.sum(axis=0) ** 2 / (2 * room)).sum() + (d * time).sum()

    def gradient(flat):
        return (flat.reshape(6, 3).sum(axis=0) / room + time).ravel()

    best = minimize(
        potential, np.repeat(world.people / 3, 3), jac=gradient, bounds=[(0, None)] * 18, constraints=[whole],
        method="SLSQP", options={"maxiter": 2000, "ftol": 1e-14},
    )  # fmt: skip

    load = best.x.reshape(6, 3).sum(axis=0)
    np.testing.assert_allclose(found.load, load, rtol=1e-4, atol=1e-3 * world.people.sum())
    np.testing.assert_allclose(found.cost, (load / room + time).min(axis=1), rtol=2e-3)
