from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from supply import CUTOFF, LAWS, World, access, random_world
from tangles import lattice, scipy_trips, somewhere, tangle

from accessgis import measures
from accessgis.travel import reach
from accessgis.travel.decay import gaussian_to_zero, in_steps, within_cutoff
from accessgis.travel.planner import Engines
from accessgis.travel.within import within

INF = np.inf
TABLE = np.array([[0.0, 1000.0, INF], [2000.0, 2000.0, INF], [INF, INF, INF], [3001.0, 3000.0, 5.0]])


def times():
    return measures.time_matrix(TABLE, cutoff_ms=CUTOFF)


def test_a_matrix_of_times_holds_what_is_within_the_cutoff():
    found = times()

    assert (found.origin_count, found.destination_count, found.cutoff_ms) == (4, 3, CUTOFF)
    assert found.start.tolist() == [0, 2, 4, 4, 6]
    assert found.destination.tolist() == [0, 1, 0, 1, 1, 2]
    assert found.ms.tolist() == [0, 1000, 2000, 2000, 3000, 5]
    assert (found.start.dtype, found.destination.dtype, found.ms.dtype) == (np.int64, np.int32, np.int32)


def test_a_stored_zero_is_a_trip_that_takes_no_time_in_any_sparse_form():
    rows, columns, ms = [3, 0, 1, 0, 3, 3, 1], [2, 1, 0, 0, 1, 0, 1], [5, 1000, 2000, 0, 3000, 3001, 2000]
    for sparse in (coo_array((ms, (rows, columns)), shape=(4, 3)), times().to_scipy()):
        found = measures.time_matrix(sparse, cutoff_ms=CUTOFF)
        assert found.start.tolist() == times().start.tolist()
        assert found.destination.tolist() == times().destination.tolist()
        assert found.ms.tolist() == times().ms.tolist()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([[1.0, np.nan]], "not NaN"),
        ([[-1.0]], "not negative"),
        ([[0.5]], "whole"),
        ([1.0, 2.0], "table"),
        (coo_array(([1, 2], ([0, 0], [0, 0])), shape=(1, 1)), "twice"),
        (csr_array(([1, 2], [0, 0], [0, 2]), shape=(1, 1)), "twice"),
    ],
)
def test_times_that_mean_nothing_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        measures.time_matrix(given, cutoff_ms=10)


@pytest.mark.parametrize("cutoff_ms", [-1, 2**31])
def test_a_cutoff_fits_the_matrix(cutoff_ms):
    with pytest.raises(ValueError, match="cutoff_ms"):
        measures.time_matrix([[1.0]], cutoff_ms=cutoff_ms)


def test_the_nearest_goes_to_the_lowest_index_on_ties():
    ms, facility = measures.nearest(times())

    assert ms.tolist() == [0, 2000, INF, 5]
    assert facility.tolist() == [0, 0, -1, 2]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_several_nearest_are_sorted_by_time_then_index(count):
    world = random_world(3)
    ties = np.rint(world.table / 1000) * 1000
    table = np.where(ties <= CUTOFF, ties, INF)
    ms, facility = measures.nearest_several(measures.time_matrix(table, cutoff_ms=CUTOFF), count=count)
    order = np.argsort(table, axis=1, kind="stable")[:, :count]
    wanted = np.take_along_axis(table, order, axis=1)

    assert np.array_equal(ms, wanted)
    assert np.array_equal(facility, np.where(np.isfinite(wanted), order, -1))


def test_at_least_one_nearest_is_asked_for():
    with pytest.raises(ValueError, match="at least 1"):
        measures.nearest_several(times(), count=0)


def test_opportunities_are_counted_or_added_up_within_the_cutoff_inclusive():
    assert measures.cumulative(times()).tolist() == [2, 2, 0, 2]
    assert measures.cumulative(times(), cutoff_ms=2999).tolist() == [2, 2, 0, 1]
    assert measures.cumulative(times(), supply=[1.5, 10, 0], cutoff_ms=1000).tolist() == [11.5, 0, 0, 0]


def test_zero_demand_zero_supply_and_no_way_are_defined():
    # Facility 2 is reached by nobody, facility 1 is closed; place 1 has no people, place 2 no way.
    given = {"supply": [6, 0, 9], "people": [2, 0, 5, 0]}
    found = measures.two_step(times(), **given)

    assert found.demand.tolist() == [2, 2, 0]
    assert found.ratio.tolist() == [3, 0, 0]
    assert found.access.tolist() == [3, 3, 0, 0]
    assert measures.three_step(times(), decay=CUTOFF, **given).access.tolist() == [3, 3, 0, 0]
    balanced = measures.bfca(times(), decay=CUTOFF, **given)
    assert balanced.demand.tolist() == [2, 0, 0]
    assert balanced.access.tolist() == [1.5, 1.5, 0, 0]
    agents = measures.raam(times(), rho=1.0, tau_ms=1000, tolerance=1e-8, **given)
    assert agents.load.tolist() == [2, 0, 0]
    assert agents.cost.tolist() == pytest.approx([1 / 3, 1 / 3 + 2, INF, 0.005])
    assert agents.crowding.tolist() == [1 / 3, INF, 0]


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("bad", [np.nan, -1.0, INF])
def test_unknown_negative_and_infinite_supply_is_refused(name, bad):
    with pytest.raises(ValueError, match="supply"):
        access(name, World(TABLE, np.array([1, bad, 1]), np.ones(4)), "steps")
    with pytest.raises(ValueError, match="supply has the shape"):
        access(name, World(TABLE, np.ones(4), np.ones(4)), "steps")


@pytest.mark.parametrize("name", [name for name in LAWS if name not in {"gravity", "cumulative"}])
@pytest.mark.parametrize("bad", [np.nan, -1.0, INF])
def test_unknown_negative_and_infinite_people_are_refused(name, bad):
    with pytest.raises(ValueError, match="people"):
        access(name, World(TABLE, np.ones(3), np.array([1, 1, bad, 1])), "steps")


def test_a_decay_beyond_the_matrix_is_refused():
    given = {"supply": np.ones(3), "people": np.ones(4)}
    for ask in (
        lambda: measures.e2sfca(times(), decay=CUTOFF + 1, **given),
        lambda: measures.three_step(times(), decay=5, choice=CUTOFF + 1, **given),
        lambda: measures.gravity(times(), supply=np.ones(3), decay=CUTOFF + 1),
        lambda: measures.cumulative(times(), cutoff_ms=CUTOFF + 1),
    ):
        with pytest.raises(ValueError, match="the matrix holds those up to 3000 ms"):
            ask()


@pytest.mark.parametrize("given", [{"tau_ms": 0}, {"rho": 0.0}, {"tolerance": 0.0}])
def test_raam_asks_for_parameters_above_zero(given):
    with pytest.raises(ValueError, match="more than 0"):
        measures.raam(times(), supply=np.ones(3), people=np.ones(4), **given)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("name", LAWS)
def test_no_places_or_no_facilities_are_no_error(name, shape):
    found = access(name, World(np.empty(shape), np.ones(shape[1]), np.ones(shape[0])), "steps")

    assert found.tolist() == [-INF if name == "raam" else 0.0] * shape[0]
    assert measures.nearest(measures.time_matrix(np.empty(shape), cutoff_ms=1))[0].tolist() == [INF] * shape[0]


WIDE = {
    "cutoff": within_cutoff(30_000),
    "steps": in_steps([15_000, 30_000, 60_000], [1.0, 0.68, 0.22]),
    "curve": gaussian_to_zero(60_000),
}


@pytest.mark.parametrize("decay", WIDE)
@pytest.mark.parametrize("kind", ["lattice", "tangle"])
def test_on_a_network_the_matrix_gives_the_bits_of_the_fused_search(kind, decay):
    network = lattice(12, 3) if kind == "lattice" else tangle(300, 4)
    facilities, places = somewhere(network, 25, seed=1), somewhere(network, 150, seed=2)
    rng = np.random.default_rng(5)
    people, supply = rng.random(150) * 300, rng.random(25) * 9
    engines = Engines(network=network, cache=None)
    found = within(network, places, facilities, cutoff_ms=60_000, engines=engines)
    weight = WIDE[decay]
    at_home = reach.residents(network, places, engines=engines)
    fused = reach.two_step(at_home, facilities, supply, people, weight)
    ours = measures.e2sfca(found, supply=supply, people=people, decay=weight)
    table = scipy_trips(network, places, facilities)

    assert np.array_equal(ours.demand, fused.demand)
    assert np.array_equal(ours.ratio, fused.ratio)
    assert np.array_equal(ours.access, fused.access)
    assert ours.access.any()
    np.testing.assert_allclose(ours.demand, people @ weight.at(table), rtol=1e-12)
    assert np.array_equal(
        measures.gravity(found, supply=supply, decay=weight), reach.supply_reached(at_home, facilities, supply, weight)
    )
