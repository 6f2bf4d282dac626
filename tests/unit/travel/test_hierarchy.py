from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, TooSlowError, lay, places_of
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import extended, find_order
from accessgis.travel.trips import trips_from_nodes
from benchmarks.networks import lattice

WORKERS = ThreadPoolExecutor(3)
TOWN = lattice(2500, one_way=True, seed=3)


def order_of(network):
    roads = network.roads
    return find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=WORKERS)


def all_times(nodes, tail, head, ms):
    order = np.lexsort([ms, head, tail])
    first = np.append(True, (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0))
    keep = order[first]
    start = np.concatenate([[0], np.cumsum(np.bincount(tail[keep], minlength=nodes))])
    return dijkstra(csr_matrix((ms[keep].astype(float), head[keep], start), shape=(nodes, nodes)))


def arcs_of(hierarchy, arcs):
    """Return lower and upper position and time of each arc, pairs that were padded only once."""
    lower = np.repeat(np.arange(arcs.start.size - 1), np.diff(arcs.start.astype(np.int64)))
    found = {(int(p), int(arc & 0xFFFFFFFF), int(arc >> 32)) for p, arc in zip(lower, arcs.arc.tolist(), strict=True)}
    assert hierarchy.order.node_count == arcs.start.size - 1
    return found


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6), nodes=st.integers(1, 20), parts=st.integers(1, 3))
def test_exactly_the_arcs_that_are_shortest_paths_stay_with_their_times(seed, nodes, parts):
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, nodes, (2, 2 * nodes)).astype(np.int32)
    ms = rng.choice([0, 1, 2, 7, 100, NEVER_MS], tail.size)
    order = find_order(rng.random(nodes), rng.random(nodes), tail, head, workers=WORKERS)
    hierarchy = lay(order, tail, head, ms, workers=WORKERS, parts=parts)
    node = np.argsort(order.position)
    open_arcs = ms < NEVER_MS
    times = all_times(nodes, tail[open_arcs], head[open_arcs], ms[open_arcs]) if open_arcs.any() else None

    for arcs, way in ((hierarchy.up, 1), (hierarchy.down, -1)):
        counts = np.diff(arcs.start.astype(np.int64))
        assert (counts % 2 == 0).all()
        for lower, upper, arc_ms in arcs_of(hierarchy, arcs):
            ends = (node[lower], node[upper])[::way]
            assert times is not None
            assert arc_ms == times[ends]


def test_no_arc_of_a_whole_town_is_more_than_a_shortest_path():
    town = lattice(4000)
    order = order_of(town)
    hierarchy = lay(order, town.arc_tail, town.arc_head, town.arc_ms, workers=WORKERS)
    node = np.argsort(order.position)
    times = all_times(town.roads.node_count, town.arc_tail, town.arc_head, town.arc_ms)

    assert np.diff(order.start).max() > 16
    for arcs, way in ((hierarchy.up, 1), (hierarchy.down, -1)):
        lower, upper, ms = (np.array(values) for values in zip(*arcs_of(hierarchy, arcs), strict=True))
        assert np.array_equal(ms, times[(node[lower], node[upper])[::way]])


def test_any_number_of_pieces_gives_the_same_bytes():
    order = order_of(TOWN)
    arcs = (TOWN.arc_tail, TOWN.arc_head, TOWN.arc_ms)
    laid = [lay(order, *arcs, workers=WORKERS, parts=parts) for parts in (1, 2, 3, 5)]

    for other in laid[1:]:
        for name in ("up", "down"):
            pairs = zip(getattr(laid[0], name), getattr(other, name), strict=True)
            assert all(np.array_equal(one, another) for one, another in pairs)


def answers(order, network, ms, nodes=None):
    hierarchy = lay(order, network.arc_tail, network.arc_head, ms, workers=WORKERS)
    some = np.arange(0, TOWN.roads.node_count, 97)
    trips = trips_from_nodes(order.node_count, some, nodes)
    return HierarchyEngine(hierarchy=hierarchy).table(trips), some


@pytest.mark.parametrize("change", ["all speeds", "one in a hundred", "closed"])
def test_new_times_on_an_old_order_answer_as_scipy_does(change):
    rng = np.random.default_rng(5)
    ms = TOWN.arc_ms.copy()
    some = rng.random(ms.size) < 0.01
    if change == "all speeds":
        ms = np.maximum(1, (ms * rng.uniform(0.3, 3, ms.size)).astype(np.int64))
    elif change == "one in a hundred":
        ms[some] *= 3
    else:
        ms[some] = NEVER_MS
    open_arcs = ms < NEVER_MS

    found, nodes = answers(order_of(TOWN), TOWN, ms)

    expected = all_times(TOWN.roads.node_count, TOWN.arc_tail[open_arcs], TOWN.arc_head[open_arcs], ms[open_arcs])
    assert np.array_equal(found, expected[nodes])


def test_roads_added_to_an_order_answer_as_scipy_does():
    rng = np.random.default_rng(6)
    n = TOWN.roads.node_count
    new_tail = np.concatenate([rng.integers(0, n, 5), [n, n + 1]]).astype(np.int32)
    new_head = np.concatenate([rng.integers(0, n, 5), [3, n]]).astype(np.int32)
    tail, head = np.concatenate([TOWN.arc_tail, new_tail]), np.concatenate([TOWN.arc_head, new_head])
    ms = np.concatenate([TOWN.arc_ms, np.full(7, 40)])
    network = replace(TOWN, arc_tail=tail, arc_head=head, arc_ms=ms)
    edges = (np.concatenate([TOWN.roads.tail, new_tail]), np.concatenate([TOWN.roads.head, new_head]))

    found, nodes = answers(extended(order_of(TOWN), n + 2, *edges), network, ms)

    assert np.array_equal(found, all_times(n + 2, tail, head, ms)[nodes])


def test_an_arc_without_a_place_is_refused():
    order = order_of(TOWN)
    far = int(np.argmax(order.position)), int(np.argsort(order.position)[-2])

    with pytest.raises(ValueError, match="does not join"):
        places_of(order, np.array([far[0]]), np.array([far[1]]))


def two_roads(first_ms, second_ms):
    place, tail, head = np.arange(3.0), np.array([0, 1], np.int32), np.array([1, 2], np.int32)
    order = find_order(place, place, tail, head, workers=WORKERS)
    return lay(order, tail, head, np.array([first_ms, second_ms]), workers=WORKERS)


def test_ways_too_slow_to_hold_are_refused_and_never_lost():
    half = LONGEST_MS // 2

    for ms in ((LONGEST_MS, 1), (LONGEST_MS - 1, LONGEST_MS - 1)):
        with pytest.raises(TooSlowError):
            HierarchyEngine(hierarchy=two_roads(*ms)).table(trips_from_nodes(3, [0]))
    with pytest.raises(TooSlowError):
        two_roads(LONGEST_MS, 1)
    fits = HierarchyEngine(hierarchy=two_roads(half, half - 1)).table(trips_from_nodes(3, [0]))
    assert fits.tolist() == [[0, half, 2 * half - 1]]
