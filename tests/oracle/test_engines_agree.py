"""One suite that every engine passes: exact against networkx and scipy, in both directions, with any threads."""

from __future__ import annotations

import numpy as np
import pytest
from engines import NAMES, engine
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import Street, build, joins_at
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from strategies import towns
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


def tangle(nodes: int, seed: int):
    """Return a directed multigraph with equal and zero times, islands and one-ways, and its quickest times."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(nodes)))
    tail = rng.integers(0, nodes, 2 * nodes)
    head = tail + rng.choice([1, side, side + 1, -1, 2 * side], tail.size, p=[0.4, 0.35, 0.1, 0.1, 0.05])
    inside = (head >= 0) & (head < nodes) & (head // (side * 7) == tail // (side * 7))
    tail, head = tail[inside], head[inside]
    there = rng.choice([0, 1, 1, 5, 300, 40_000], tail.size)
    back = np.where(rng.random(tail.size) < 0.3, -1, rng.choice([0, 1, 7, 300, 40_000], tail.size))
    streets = [
        Street(int(t), int(h), int(a), None if b < 0 else int(b))
        for t, h, a, b in zip(tail, head, there, back, strict=True)
    ]
    return build([(float(i % side) * 50, float(i // side) * 50) for i in range(nodes)], streets)


def scipy_times(network, sources, *, backward):
    """Return times by scipy, which reads a stored zero as an arc that takes no time."""
    order = np.lexsort([network.arc_ms, network.arc_head, network.arc_tail])
    tail, head, ms = network.arc_tail[order], network.arc_head[order], network.arc_ms[order]
    first = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0)) if tail.size else np.empty(0, bool)
    tail, head, ms = tail[first], head[first], ms[first].astype(np.float64)
    n = network.roads.node_count
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
    matrix = csr_matrix((ms, head, start), shape=(n, n))
    if backward:
        matrix = matrix.T.tocsr()
    return dijkstra(matrix, indices=sources)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nodes", [1, 2, 17, 300, 2000, 5000])
@pytest.mark.parametrize("backward", [False, True])
def test_tangled_networks_of_any_size_agree_with_scipy(name, nodes, backward):
    network = tangle(nodes, seed=nodes)
    rng = np.random.default_rng(nodes)
    sources = rng.integers(0, nodes, min(40, nodes))
    expected = scipy_times(network, sources, backward=backward)
    searched = engine(name, network, backward=backward)
    trips = trips_from_nodes(nodes, sources, backward=backward)

    assert np.array_equal(searched.table(trips), expected)
    for cutoff_ms in (0, 300, 100_000):
        found = searched.within(trips, cutoff_ms=cutoff_ms)
        source, target = np.nonzero(expected <= cutoff_ms)
        assert np.array_equal(np.repeat(np.arange(sources.size), np.diff(found.start)), source)
        assert np.array_equal(found.target, target)
        assert np.array_equal(found.ms, expected[source, target])
    some = rng.integers(0, nodes, 11)
    assert np.array_equal(searched.table(trips_from_nodes(nodes, sources, some, backward=backward)), expected[:, some])
    ms, nearest = searched.nearest(trips, count=3)
    order = np.argsort(expected, axis=0, kind="stable")[:3].T
    times = np.take_along_axis(expected.T, order, 1)
    assert np.array_equal(ms[:, : order.shape[1]], times)
    assert np.array_equal(nearest[:, : order.shape[1]], np.where(np.isfinite(times), order, -1))
