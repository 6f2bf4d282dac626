from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from paper import drawn
from paper.streets import both, build, joins_at, no_ends
from tangles import lattice, scipy_trips, somewhere, tangle

from accessgis.travel.decay import along_curve, in_steps, within_cutoff
from accessgis.travel.planner import Engines
from accessgis.travel.reach import (
    loads,
    nearest_several,
    newly_covered,
    people_reached,
    residents,
    supply_reached,
    two_step,
)
from accessgis.travel.search import nearest
from accessgis.travel.snap import price
from accessgis.travel.types import TravelTimes

S = 1000
PREFERRED = pytest.mark.parametrize("prefer", ["bucket", "hierarchy"])
DIRECTIONS = pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
DECAYS = {
    "2SFCA": 40_000,
    "E2SFCA": in_steps([15_000, 30_000, 60_000], [1.0, 0.68, 0.22]),  # weights of Luo and Qi 2009
    "KD2SFCA": along_curve(lambda ms: 1 - (ms / 50_000) ** 2, 50_000),  # Epanechnikov, as Dai 2010
}


@cache
def case(kind, direction):
    """Return a network, facilities, places of residents, people, supply, and the time of each place and facility."""
    network = lattice(30, 3) if kind == "lattice" else tangle(900, 4)
    facilities, places = somewhere(network, 40, seed=1), somewhere(network, 250, seed=2)
    rng = np.random.default_rng(3)
    times = (
        scipy_trips(network, places, facilities)
        if direction == "to_facility"
        else scipy_trips(network, facilities, places).T
    )
    people = rng.integers(0, 400, 250) + rng.choice([0, 0.25], 250)
    return network, facilities, places, people, rng.integers(0, 9, 40) * 1.5, times


def living(network, places, prefer, direction="to_facility"):
    engines = Engines(network=network, prefer=prefer, cache=None, threads=2)
    return residents(network, places, direction=direction, engines=engines)


def weights(decay, times):
    return (decay if not isinstance(decay, int) else within_cutoff(decay)).at(times)


@PREFERRED
@DIRECTIONS
@pytest.mark.parametrize("decay", DECAYS.values(), ids=DECAYS)
@pytest.mark.parametrize("kind", ["lattice", "tangle"])
def test_catchments_are_sums_over_the_table(kind, decay, direction, prefer):
    network, facilities, places, people, supply, times = case(kind, direction)
    at_home = living(network, places, prefer, direction)
    weight = weights(decay, times)

    reached = people_reached(at_home, facilities, people, decay)
    offered = supply_reached(at_home, facilities, supply, decay)
    found = two_step(at_home, facilities, supply, people, decay)

    np.testing.assert_allclose(reached, people @ weight, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(offered, weight @ supply, rtol=1e-12, atol=1e-9)
    demand = people @ weight
    ratio = np.divide(supply, demand, out=np.zeros_like(supply), where=demand > 0)
    assert np.array_equal(found.demand, reached)
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.access, weight @ ratio, rtol=1e-12, atol=1e-15)
    # every supply that somebody reaches is handed out, to the last place of it
    assert (found.access * people).sum() == pytest.approx(supply[demand > 0].sum(), rel=1e-12)
    assert (demand == 0).any()  # a facility off the network: its supply reaches nobody
    assert 0 < np.count_nonzero(weight) < weight.size


@DIRECTIONS
@pytest.mark.parametrize("decay", DECAYS.values(), ids=DECAYS)
def test_both_engines_give_the_same_floats(decay, direction):
    network, facilities, places, people, supply, _ = case("tangle", direction)

    one, other = (
        two_step(living(network, places, prefer, direction), facilities, supply, people, decay)
        for prefer in ("bucket", "hierarchy")
    )

    for name in ("demand", "ratio", "access"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@PREFERRED
def test_two_steps_solved_on_paper(prefer):
    # a ──60 s── b ──60 s── c: a clinic with 2 doctors at a, one with 3 at c; 10, 20, 30 people at a, b, c
    network = build([(0, 0), (1, 0), (2, 0)], [both(0, 1, 60 * S), both(1, 2, 60 * S)])
    clinics = price(joins_at([[(0, 0.0, 0)], [(1, 1.0, 0)]]), network)
    homes = price(joins_at([[(0, 0.0, 0)], [(0, 1.0, 0)], [(1, 1.0, 0)]]), network)
    at_home = living(network, homes, prefer)

    found = two_step(at_home, clinics, [2, 3], [10, 20, 30], 60 * S)
    less = two_step(at_home, clinics, [2, 3], [10, 20, 30], 60 * S - 1)
    steps = two_step(at_home, clinics, [2, 3], [10, 20, 30], in_steps([0, 60 * S], [1.0, 0.5]))

    # 30 people within a minute of a, 50 of c
    assert found.demand.tolist() == [30, 50]
    assert found.ratio.tolist() == [2 / 30, 3 / 50]
    assert found.access == pytest.approx([2 / 30, 2 / 30 + 3 / 50, 3 / 50], rel=1e-15)
    assert less.demand.tolist() == [10, 30]
    assert less.access == pytest.approx([0.2, 0, 0.1], rel=1e-15)
    # those a minute away count half: 10 + 20 / 2, 30 + 20 / 2
    assert steps.demand.tolist() == [20, 40]
    assert steps.access == pytest.approx([0.1, 0.05 + 0.0375, 0.075], rel=1e-15)


@PREFERRED
@DIRECTIONS
def test_a_new_site_covers_those_whom_nothing_covers_today(direction, prefer):
    network, facilities, places, people, _, times = case("lattice", direction)
    today, sites = times[:, :15], times[:, 15:]
    now_ms = today.min(axis=1)
    at_home = living(network, places, prefer, direction)
    candidates = somewhere_of(facilities, slice(15, 40))

    gained = newly_covered(at_home, candidates, people, now_ms, 25_000)

    expected = [people[(sites[:, j] <= 25_000) & ~(now_ms <= 25_000)].sum() for j in range(25)]
    assert gained.tolist() == expected
    assert 0 < np.count_nonzero(gained) < 25
    assert newly_covered(at_home, candidates, people, np.zeros(250), 25_000).tolist() == [0] * 25
    everybody = newly_covered(at_home, candidates, people, np.full(250, np.inf), 25_000)
    assert everybody.tolist() == people_reached(at_home, candidates, people, 25_000).tolist()


def somewhere_of(ends, points):
    """Return the ends of some points, numbered anew."""
    keep = (ends.point >= points.start) & (ends.point < points.stop)
    columns = {name: getattr(ends, name)[keep] for name in ("join", "arc", "offset_ms", "access_ms")}
    point = (ends.point[keep] - points.start).astype(np.int32)
    return replace(ends, point_count=points.stop - points.start, point=point, **columns)


@PREFERRED
@DIRECTIONS
def test_those_exactly_at_the_cutoff_are_covered_today(direction, prefer):
    network, facilities, places, people, _, times = case("lattice", direction)
    now_ms = times.min(axis=1)
    cutoff_ms = int(np.median(now_ms[np.isfinite(now_ms)]))
    assert (now_ms == cutoff_ms).any() or cutoff_ms in now_ms

    gained = newly_covered(living(network, places, prefer, direction), facilities, people, now_ms, cutoff_ms)

    assert gained.tolist() == [0] * 40


@PREFERRED
@DIRECTIONS
def test_more_sites_never_cover_fewer_and_longer_cutoffs_neither(direction, prefer):
    network, facilities, places, people, _, _ = case("tangle", direction)
    at_home = living(network, places, prefer, direction)
    before = np.zeros(40)
    for cutoff_ms in (0, 1, 300, 5_000, 40_000, 10**6, 10**9):
        reached = people_reached(at_home, facilities, people, cutoff_ms)
        assert (reached >= before).all()
        before = reached
    served = np.zeros(250)
    for count in (1, 7, 20, 40):
        more = supply_reached(at_home, somewhere_of(facilities, slice(0, count)), np.ones(count), 40_000)
        assert (more >= served).all()
        served = more
    assert served.max() > 1


@PREFERRED
@DIRECTIONS
@pytest.mark.parametrize("count", [1, 2, 5, 60])
def test_the_nearest_several_are_the_first_of_the_sorted_table(count, direction, prefer):
    network, facilities, places, _, _, times = case("tangle", direction)

    ms, which = nearest_several(living(network, places, prefer, direction), facilities, count)

    order = np.argsort(times, axis=1, kind="stable")[:, :count]
    first = np.take_along_axis(times, order, 1)
    assert ms.shape == which.shape == (250, count)
    assert np.array_equal(ms[:, : order.shape[1]], first)
    assert np.array_equal(which[:, : order.shape[1]], np.where(np.isfinite(first), order, -1))
    assert np.isinf(ms[:, order.shape[1] :]).all()
    assert (which[:, order.shape[1] :] == -1).all()


@PREFERRED
@DIRECTIONS
def test_the_nearest_of_several_is_the_nearest(direction, prefer):
    network, facilities, places, people, _, _ = case("lattice", direction)

    ms, which = nearest_several(living(network, places, prefer, direction), facilities, 3)
    alone = nearest(network, facilities, places, direction=direction)

    assert np.array_equal(ms[:, 0], alone.ms)
    assert np.array_equal(which[:, 0], alone.facility)
    carried = loads(alone, people, 40)
    assert carried.tolist() == [people[alone.facility == j].sum() for j in range(40)]
    assert carried.sum() == people[np.isfinite(alone.ms)].sum() < people.sum()


def test_loads_leave_out_those_without_a_way():
    times = TravelTimes(
        ms=np.array([5.0, np.inf, 0.0, 7.0]),
        facility=np.array([2, -1, 0, 2], np.int32),
        direct=np.zeros(4, np.bool_),
    )

    assert loads(times, [1.5, 100, 2, 4], 4).tolist() == [2, 0, 5.5, 0]
    assert loads(times, np.zeros(4), 3).tolist() == [0, 0, 0]


@PREFERRED
def test_residents_serve_any_number_of_questions(prefer):
    drawing = drawn.HIGH_STREET
    homes, clinic = price(drawing.residents, drawing.network), price(drawing.facilities, drawing.network)
    at_home = living(drawing.network, homes, prefer)

    assert people_reached(at_home, clinic, [1, 2, 4, 8], 45 * S).tolist() == [13]
    assert people_reached(at_home, clinic, [1, 2, 4, 8], 45 * S - 1).tolist() == [12]
    assert supply_reached(at_home, clinic, [3], 32 * S).tolist() == [0, 0, 3, 3]
    assert people_reached(at_home, no_ends(0), [1, 2, 4, 8], S).tolist() == []
    assert supply_reached(at_home, no_ends(2), [3, 4], S).tolist() == [0, 0, 0, 0]
    assert people_reached(living(drawing.network, no_ends(0), prefer), clinic, [], S).tolist() == [0]


def test_residents_bring_their_own_engines_when_none_are_given():
    drawing = drawn.HIGH_STREET
    homes, clinic = price(drawing.residents, drawing.network), price(drawing.facilities, drawing.network)

    assert people_reached(residents(drawing.network, homes), clinic, [1, 2, 4, 8], 45 * S).tolist() == [13]


def test_engines_of_another_network_and_fewer_than_one_facility_are_refused():
    drawing = drawn.HIGH_STREET
    homes, clinic = price(drawing.residents, drawing.network), price(drawing.facilities, drawing.network)

    with pytest.raises(ValueError, match="another network"):
        residents(drawing.network, homes, engines=Engines(network=drawn.ONE_WAY_RING.network, cache=None))
    with pytest.raises(ValueError, match="at least 1"):
        nearest_several(living(drawing.network, homes, "bucket"), clinic, 0)


@PREFERRED
@pytest.mark.parametrize("ask", [people_reached, supply_reached])
def test_people_and_supply_are_never_negative(ask, prefer):
    drawing = drawn.HIGH_STREET
    homes, clinic = price(drawing.residents, drawing.network), price(drawing.facilities, drawing.network)
    amount = [-1] if ask is supply_reached else [1, 2, -4, 8]

    with pytest.raises(ValueError, match="not negative"):
        ask(living(drawing.network, homes, prefer), clinic, amount, 45 * S)


@PREFERRED
@pytest.mark.parametrize("ask", [people_reached, supply_reached])
def test_progress_reaches_one(ask, prefer):
    network, facilities, places, people, supply, _ = case("lattice", "to_facility")
    told = []

    amount = people if ask is people_reached else supply
    ask(living(network, places, prefer), facilities, amount, 40_000, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1
