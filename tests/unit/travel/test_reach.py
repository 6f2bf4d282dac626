from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.travel import reach
from accessgis.travel.decay import along_curve, in_steps, scale_bits, within_cutoff, worth_of
from accessgis.travel.planner import Engines
from accessgis.travel.search import nearest
from accessgis.travel.snap import build_join_index, join_points, price
from accessgis.travel.types import only
from accessgis.travel.within import table
from benchmarks.networks import lattice

TOWN = lattice(1500, one_way=True, seed=5)
RNG = np.random.default_rng(9)
INDEX = build_join_index(TOWN)


def somewhere(count):
    x, y = (RNG.uniform(v.min(), v.max(), count) for v in (TOWN.roads.node_x, TOWN.roads.node_y))
    return price(join_points(INDEX, x, y, limit_m=300), TOWN)


CLINICS, HOMES = somewhere(40), somewhere(600)
PEOPLE, BEDS = RNG.random(600) * 30, RNG.integers(0, 60, 40)
CUTOFF_MS = 240_000


@pytest.fixture(params=["bucket", "hierarchy"])
def residents(request):
    return reach.residents(TOWN, HOMES, engines=Engines(network=TOWN, prefer=request.param, cache=None))


@pytest.fixture(scope="module")
def times():
    """Minutes of everybody to every clinic (homes × clinics)."""
    return table(TOWN, HOMES, CLINICS)


def test_people_and_supply_are_those_within_the_cutoff(residents, times):
    inside = times <= CUTOFF_MS

    np.testing.assert_allclose(reach.people_reached(residents, CLINICS, PEOPLE, CUTOFF_MS), PEOPLE @ inside, rtol=1e-12)
    assert np.array_equal(reach.supply_reached(residents, CLINICS, np.ones(40), CUTOFF_MS), inside.sum(axis=1))


def test_relief_travels_the_other_way(times):
    back = table(TOWN, CLINICS, HOMES)
    assert not np.array_equal(back.T, times)

    found = reach.people_reached(reach.residents(TOWN, HOMES, direction="from_facility"), CLINICS, PEOPLE, CUTOFF_MS)

    np.testing.assert_allclose(found, (back <= CUTOFF_MS) @ PEOPLE, rtol=1e-12)


@pytest.mark.parametrize(
    "decay",
    [
        within_cutoff(CUTOFF_MS),
        in_steps([80_000, 160_000, CUTOFF_MS], [1.0, 0.68, 0.22]),
        along_curve(lambda ms: np.exp(-0.5 * (ms / 9e4) ** 2), CUTOFF_MS),
    ],
    ids=["2SFCA", "E2SFCA", "KD2SFCA"],
)
def test_two_steps_give_each_resident_their_share_and_lose_no_supply(residents, times, decay):
    weight = decay.at(times)
    demand = PEOPLE @ weight
    ratio = np.divide(BEDS, demand, out=np.zeros(40), where=demand > 0)

    found = reach.two_step(residents, CLINICS, BEDS, PEOPLE, decay)

    np.testing.assert_allclose(found.demand, demand, rtol=1e-12)
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.access, weight @ ratio, rtol=1e-12)
    assert found.access @ PEOPLE == pytest.approx(BEDS[demand > 0].sum())


def test_a_new_site_covers_those_whom_nothing_covered(residents, times):
    now = times[:, :3].min(axis=1)
    gained = reach.newly_covered(residents, CLINICS, PEOPLE, now, CUTOFF_MS)

    assert gained[:3].tolist() == [0, 0, 0]
    before = PEOPLE[now <= CUTOFF_MS].sum()
    for site in range(3, 40):
        after = PEOPLE[np.minimum(now, times[:, site]) <= CUTOFF_MS].sum()
        assert gained[site] == pytest.approx(after - before)
    assert gained.max() > 0


def test_the_several_nearest_ascend_and_the_first_is_the_nearest(residents, times):
    ms, facility = reach.nearest_several(residents, CLINICS, 3)
    found = nearest(TOWN, CLINICS, HOMES)

    assert np.array_equal(facility[:, 0], found.facility)
    assert np.array_equal(ms[:, 0], found.ms)
    assert np.array_equal(ms, np.sort(times, axis=1)[:, :3])
    with pytest.raises(ValueError, match="at least 1"):
        reach.nearest_several(residents, CLINICS, 0)


def test_everybody_who_arrives_anywhere_is_a_load_of_somebody(times):
    found = nearest(TOWN, CLINICS, HOMES)
    carried = reach.loads(found, PEOPLE, 40)

    assert carried.sum() == pytest.approx(PEOPLE[np.isfinite(times).any(axis=1)].sum())
    assert carried[7] == pytest.approx(PEOPLE[found.facility == 7].sum())


@settings(max_examples=30, deadline=None)
@given(kept=st.lists(st.booleans(), min_size=40, max_size=40), cutoff_ms=st.integers(0, 500_000))
def test_more_sites_and_longer_limits_never_lower_what_is_reached(kept, cutoff_ms):
    people = reach.residents(TOWN, HOMES, engines=Engines(network=TOWN, prefer="hierarchy", cache=None))
    some = only(CLINICS, np.array(kept))
    ones = np.ones(40)
    fewer = reach.supply_reached(people, some, ones, cutoff_ms)

    assert (fewer <= reach.supply_reached(people, CLINICS, ones, cutoff_ms)).all()
    assert (fewer <= reach.supply_reached(people, some, ones, cutoff_ms + 30_000)).all()


def test_engines_of_another_network_are_refused():
    with pytest.raises(ValueError, match="another network"):
        reach.residents(TOWN, HOMES, engines=Engines(network=lattice(50)))


# ------------------------------------------------------------------------------------------------------------ decay


def test_a_step_ends_inclusive_and_nothing_counts_beyond_the_last():
    steps = in_steps([10, 20], [1.0, 0.5])

    assert steps.at(np.array([0, 10, 11, 20, 21, np.inf])).tolist() == [1, 1, 0.5, 0.5, 0, 0]
    curve = along_curve(lambda ms: 1 - ms / 40, 20)
    assert curve.at(np.array([0, 10, 20, 21, np.inf])).tolist() == [1, 0.75, 0.5, 0, 0]
    assert (steps.last_ms, curve.last_ms) == (20, 20)


@pytest.mark.parametrize(
    ("cutoffs", "weights"),
    [([], []), ([5], []), ([-1], [1]), ([5, 5], [1, 1]), ([9, 5], [1, 1]), ([5], [1.1]), ([5], [-0.1])],
)
def test_steps_that_make_no_sense_are_refused(cutoffs, weights):
    with pytest.raises(ValueError, match=r"cutoff_ms must ascend|weights lie between"):
        in_steps(cutoffs, weights)


@pytest.mark.parametrize("curve", [lambda ms: ms, lambda ms: ms[:-1] * 0, lambda ms: np.full(ms.size, np.nan)])
def test_a_curve_gives_one_weight_between_0_and_1_for_each_time(curve):
    with pytest.raises(ValueError, match="one weight"):
        along_curve(curve, 20)
    with pytest.raises(ValueError, match="not be negative"):
        along_curve(np.cos, -1)


@settings(max_examples=200)
@given(amounts=st.lists(st.floats(0, 1e15), max_size=20))
def test_sums_of_whole_numbers_fit_and_are_as_fine_as_they_can_be(amounts):
    values = np.array(amounts)
    bits = scale_bits(values)
    whole = np.rint(np.ldexp(values, bits))

    assert sum(map(int, whole)) + len(amounts) < 2**62
    assert (values.sum() + values.size + 1) * 2.0**bits > 2**59
    worth, again = worth_of(values, in_steps([1, 2, 3], [1, 0.25, 0.5]))
    assert again == bits
    assert np.array_equal(np.cumsum(worth.amount[:, ::-1], axis=1)[:, -1], whole.astype(np.int64))


@pytest.mark.parametrize("amounts", [[-1.0], [np.nan], [np.inf], [1e30]])
def test_amounts_that_cannot_be_added_exactly_are_refused(amounts):
    with pytest.raises(ValueError, match="amounts"):
        scale_bits(np.array(amounts))
