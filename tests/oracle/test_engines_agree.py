"""One suite that every engine passes: exact against networkx and scipy, in both directions, with any threads."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from engines import KINDS, NAMES, engine
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import build, joins_at, oneway
from strategies import towns
from tangles import lattice, scipy_times, scipy_trips, somewhere, tangle
from walks import ANY_SHARE, all_times

from accessgis.travel.decay import along_curve, in_steps, within_cutoff
from accessgis.travel.snap import price
from accessgis.travel.trips import arrivals, trips_between, trips_from_nodes

TOWNS = towns() | towns(unit_ms=977, shares=ANY_SHARE)


def asked(town, *, backward):
    network = build(town.nodes, town.streets)
    facilities, residents = price(joins_at(town.facilities), network), price(joins_at(town.residents), network)
    trips = trips_between(network, facilities, arrivals(network, residents, backward=backward))
    times = np.full((len(town.facilities), len(town.residents)), np.inf)
    first, last = (town.residents, town.facilities) if backward else (town.facilities, town.residents)
    for (i, j), ms in all_times(town, first, last).items():
        times[(j, i) if backward else (i, j)] = ms
    return network, trips, times


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(town=TOWNS, cutoff_ms=st.integers(0, 60_000), backward=st.booleans(), count=st.integers(1, 4))
def test_every_answer_of_an_engine_is_what_networkx_says(name, town, cutoff_ms, backward, count):
    network, trips, times = asked(town, backward=backward)
    searched = engine(name, network, backward=backward)
    people, supply = np.arange(len(town.residents)) + 0.3, np.arange(len(town.facilities)) * 1.7
    for decay in (
        within_cutoff(cutoff_ms),
        in_steps([cutoff_ms, 2 * cutoff_ms + 1, 4 * cutoff_ms + 5], [1.0, 0.25, 0.6]),
        along_curve(lambda ms: np.exp(-ms / 20_000), cutoff_ms),
    ):
        weight = decay.at(times)
        np.testing.assert_allclose(searched.sums_by_source(trips, people, decay), weight @ people, rtol=1e-12)
        np.testing.assert_allclose(searched.sums_by_target(trips, supply, decay), supply @ weight, rtol=1e-12)

    assert np.array_equal(searched.table(trips), times)
    found = searched.within(trips, cutoff_ms=cutoff_ms)
    source, target = np.nonzero(times <= cutoff_ms)
    assert np.array_equal(np.repeat(np.arange(len(town.facilities)), np.diff(found.start)), source)
    assert np.array_equal(found.target, target)
    assert np.array_equal(found.ms, times[source, target])
    ms, nearest = searched.nearest(trips, count=count)
    order = np.argsort(times, axis=0, kind="stable")[:count].T
    expected = np.full((len(town.residents), count), np.inf)
    expected[:, : order.shape[1]] = np.take_along_axis(times.T, order, 1)
    assert np.array_equal(ms, expected)
    assert np.array_equal(nearest[:, : order.shape[1]], np.where(np.isfinite(expected[:, : order.shape[1]]), order, -1))
    assert (nearest[:, order.shape[1] :] == -1).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_published_network_has_the_published_times(name):
    # Cormen, Leiserson, Rivest and Stein 2009, Introduction to Algorithms, figure 24.6: nodes s, t, x, y, z
    s, t, x, y, z = range(5)
    arcs = [
        (s, t, 10),
        (s, y, 5),
        (t, x, 1),
        (t, y, 2),
        (y, t, 3),
        (y, x, 9),
        (y, z, 2),
        (x, z, 4),
        (z, x, 6),
        (z, s, 7),
    ]
    network = build([(float(i), 0.0) for i in range(5)], [oneway(*arc) for arc in arcs])

    forward = engine(name, network, backward=False).table(trips_from_nodes(5, [s]))
    backward = engine(name, network, backward=True).table(trips_from_nodes(5, [s], backward=True))

    assert forward.tolist() == [[0, 8, 9, 5, 7]]
    assert backward.tolist() == [[0, 11, 11, 9, 7]]  # by hand: t ▸ y ▸ z ▸ s, x ▸ z ▸ s, y ▸ z ▸ s, z ▸ s


def by_time(times, count):
    """Return the first (ms, source) of each target, and nothing where there are fewer."""
    order = np.argsort(times, axis=0, kind="stable")[:count].T
    ms = np.take_along_axis(times.T, order, 1)
    more = count - order.shape[1]
    ms, order = np.pad(ms, ((0, 0), (0, more)), constant_values=np.inf), np.pad(order, ((0, 0), (0, more)))
    return ms, np.where(np.isfinite(ms), order, -1)


def answers_as_they_should(searched, trips, times, cutoffs):
    assert np.array_equal(searched.table(trips), times)
    for cutoff_ms in cutoffs:
        found = searched.within(trips, cutoff_ms=cutoff_ms)
        source, target = np.nonzero(times <= cutoff_ms)
        assert np.array_equal(np.repeat(np.arange(times.shape[0]), np.diff(found.start)), source)
        assert np.array_equal(found.target, target)
        assert np.array_equal(found.ms, times[source, target])
    for count in (1, 3, times.shape[0] + 2):
        for answer, expected in zip(searched.nearest(trips, count=count), by_time(times, count), strict=True):
            assert np.array_equal(answer, expected)


@cache
def tangled_times(nodes, backward):
    network, rng = tangle(nodes, seed=nodes), np.random.default_rng(nodes)
    sources = rng.integers(0, nodes, 100 if nodes > 17 else nodes).astype(np.int32)
    return network, sources, scipy_times(network, sources, backward=backward)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nodes", [1, 2, 17, 300, 2000, 5000])
@pytest.mark.parametrize("backward", [False, True])
def test_tangled_networks_of_any_size_agree_with_scipy(name, nodes, backward):
    network, sources, times = tangled_times(nodes, backward)
    searched = engine(name, network, backward=backward)
    some = np.random.default_rng(1).integers(0, nodes, 11)

    answers_as_they_should(searched, trips_from_nodes(nodes, sources, backward=backward), times, (0, 1, 300, 100_000))
    few = trips_from_nodes(nodes, sources, some, backward=backward)
    answers_as_they_should(searched, few, times[:, some], (300,))


@cache
def people_anywhere(kind, backward):
    network = tangle(1500, seed=9) if kind == "tangle" else lattice(45, seed=9)
    sources, targets = somewhere(network, 90, seed=1), somewhere(network, 500, seed=2)
    first, last = (targets, sources) if backward else (sources, targets)
    times = scipy_trips(network, first, last)
    return (
        network,
        trips_between(network, sources, arrivals(network, targets, backward=backward)),
        (times.T if backward else times),
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["tangle", "lattice"])
@pytest.mark.parametrize("backward", [False, True])
def test_people_anywhere_on_larger_networks_agree_with_scipy(name, kind, backward):
    network, trips, times = people_anywhere(kind, backward)
    searched = engine(name, network, backward=backward)

    answers_as_they_should(searched, trips, times, (0, 700, 9_000, 40_000, 200_000))


DECAYS = [
    within_cutoff(30_000),
    in_steps([5_000, 20_000, 60_000], [1.0, 0.68, 0.22]),
    along_curve(lambda ms: np.exp(-((ms / 20_000) ** 2)), 45_000),
]


@pytest.mark.parametrize("kind", ["tangle", "lattice"])
@pytest.mark.parametrize("backward", [False, True])
def test_sums_are_the_same_to_the_last_bit_by_every_engine_and_number_of_threads(kind, backward):
    network, trips, times = people_anywhere(kind, backward)
    rng = np.random.default_rng(4)
    people, supply = rng.random(500) * 90, rng.random(90) * 7
    engines = [engine(f"{kind}-{n}", network, backward=backward) for kind in KINDS for n in (1, 2, 3, 4)]
    for decay in DECAYS:
        weight = decay.at(times)
        for expected, ask, amount in (
            (weight @ people, "sums_by_source", people),
            (supply @ weight, "sums_by_target", supply),
        ):
            found = [getattr(searched, ask)(trips, amount, decay) for searched in engines]
            np.testing.assert_allclose(found[0], expected, rtol=1e-12, atol=1e-12)
            assert len({answer.tobytes() for answer in found}) == 1


@pytest.mark.parametrize("backward", [False, True])
def test_all_else_is_the_same_byte_for_byte_too(backward):
    network, trips, _ = people_anywhere("tangle", backward)
    answers = set()
    for kind in KINDS:
        for threads in (1, 2, 3, 4):
            searched = engine(f"{kind}-{threads}", network, backward=backward)
            reached = searched.within(trips, cutoff_ms=20_000)
            found = [
                *searched.nearest(trips, count=4),
                searched.table(trips),
                reached.start,
                reached.target,
                reached.ms,
            ]
            answers.add(tuple((values.dtype.str, values.shape, values.tobytes()) for values in found))

    assert len(answers) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_question_asked_again_after_others_has_the_same_answer(name):
    network, trips, times = people_anywhere("lattice", backward=True)
    nodes = trips_from_nodes(network.roads.node_count, np.arange(0, 2025, 40), backward=True)
    searched = engine(name, network, backward=True)
    far = scipy_times(network, nodes.sources.node, backward=True)

    for _ in range(2):  # what is kept from one question must not show in the next
        for cutoff_ms in (9_000, 200_000, 3_000):
            for asked_trips, expected in ((trips, times), (nodes, far)):
                found = searched.within(asked_trips, cutoff_ms=cutoff_ms)
                assert np.array_equal(found.ms, expected[expected <= cutoff_ms])
                assert np.array_equal(
                    searched.sums_by_source(asked_trips, np.ones(expected.shape[1]), within_cutoff(cutoff_ms)),
                    (expected <= cutoff_ms).sum(axis=1),
                )
        assert np.array_equal(searched.table(trips), times)
