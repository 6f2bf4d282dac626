"""Measures of supply and demand against published numbers and against sums written out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from accessgis import measures
from accessgis.travel.decay import along_curve, gaussian, in_steps, inverse_power

MINUTE = 60_000

# The hospital example of PySAL access 1.1.10 (tests/test_hospital_example.py), minutes from row to column.
POPULATION, DOCTORS = np.array([100.0, 50.0, 10.0]), np.array([15.0, 20.0, 100.0])
GRIDLOCK = [[1, 80, 40], [80, 1, 40], [40, 40, 1]]
FAST_IN = [[1, 80, 20], [80, 1, 20], [40, 40, 1]]
FAST_OUT = [[1, 80, 40], [80, 1, 40], [20, 20, 1]]
FAST = [[1, 40, 20], [40, 1, 20], [20, 20, 1]]


def hospital(minutes):
    return measures.time_matrix(np.array(minutes) * float(MINUTE), cutoff_ms=80 * MINUTE)


@pytest.fixture(scope="module")
def decays():
    """Return 1/t up to 61 minutes, and up to 80: PySAL lets people choose what is then beyond the cutoff."""
    return [inverse_power(1, from_ms=MINUTE, cutoff_ms=last * MINUTE) for last in (61, 80)]


def test_the_hospital_example_of_pysal(decays):
    near, far = decays
    two = measures.e2sfca(hospital(GRIDLOCK), supply=DOCTORS, people=POPULATION, decay=near).access
    three = measures.three_step(hospital(GRIDLOCK), supply=DOCTORS, people=POPULATION, decay=near, choice=far).access

    np.testing.assert_allclose(two, [0.331444117, 0.579828132, 7.28641817], rtol=2e-9)
    np.testing.assert_allclose(three, [0.156256588, 0.406216452, 9.906351855], rtol=2e-9)


@pytest.mark.parametrize("minutes", [GRIDLOCK, FAST_IN, FAST_OUT, FAST])
def test_the_hospital_example_written_out(minutes, decays):
    near, far = decays
    t = np.array(minutes, dtype=float)
    f = np.where(t <= 61, 1 / t, 0)
    demand = POPULATION @ f
    share = f * (1 / t) / (1 / t).sum(axis=1, keepdims=True)
    given = {"supply": DOCTORS, "people": POPULATION}

    np.testing.assert_allclose(
        measures.e2sfca(hospital(minutes), decay=near, **given).access, f @ (DOCTORS / demand), rtol=1e-12
    )
    np.testing.assert_allclose(
        measures.m2sfca(hospital(minutes), decay=near, **given).access, (f * f) @ (DOCTORS / demand), rtol=1e-12
    )
    np.testing.assert_allclose(
        measures.three_step(hospital(minutes), decay=near, choice=far, **given).access,
        share @ (DOCTORS / (POPULATION @ share)),
        rtol=1e-12,
    )
    balanced = measures.bfca(hospital(minutes), decay=near, **given)
    row, column = f / f.sum(axis=1, keepdims=True), f / f.sum(axis=0, keepdims=True)
    np.testing.assert_allclose(balanced.demand, POPULATION @ row, rtol=1e-12)
    np.testing.assert_allclose(balanced.access, column @ (DOCTORS / (POPULATION @ row)), rtol=1e-12)


def test_gravity_on_the_grid_of_pysal():
    # access/tests/test_weighted_catchment.py: 5 × 5 unit grid, weight distance / 60, ids 1, 5, 13, 19, 24. It rises
    # with distance, which no decay would do: as a test of sums it is as good as any. A unit is 10^6 ms.
    x, y = (index.ravel() for index in np.indices((5, 5)))
    table = np.rint(1e6 * np.hypot(x[:, None] - x, y[:, None] - y))
    times = measures.time_matrix(table, cutoff_ms=6_000_000)
    found = measures.gravity(times, supply=np.ones(25), decay=along_curve(lambda ms: ms / 60e6, 6_000_000))

    np.testing.assert_allclose(
        found[[0, 4, 12, 18, 23]], [1.322340210, 1.322340210, 0.780985109, 0.925540119, 1.133733026], rtol=1e-6
    )


def test_weights_of_pysal():
    assert gaussian(1000, cutoff_ms=2000).at(np.array([1000]))[0] == pytest.approx(0.6065306597, abs=1e-10)
    steps = in_steps([20 * MINUTE, 40 * MINUTE, 60 * MINUTE], [1, 0.68, 0.22])
    assert steps.at(np.array([30, 70]) * MINUTE).tolist() == [0.68, 0]


def test_raam_of_two_clinics_on_paper():
    # 100 people beside clinic 0, 20 minutes from clinic 1; both have room for 50 at a crowding of 1, tau is 60 min.
    # In equilibrium x / 50 = (100 − x) / 50 + 1/3, so x = 175/3 go to the near one at a cost of 7/6.
    times = measures.time_matrix([[0.0, 20.0 * MINUTE]], cutoff_ms=30 * MINUTE)
    found = measures.raam(times, supply=[50, 50], people=[100], tolerance=1e-8)

    np.testing.assert_allclose(found.load, [175 / 3, 125 / 3], rtol=1e-6)
    np.testing.assert_allclose(found.cost, [7 / 6], rtol=1e-6)
    assert found.rho == 1
    assert found.gap <= 1e-8
