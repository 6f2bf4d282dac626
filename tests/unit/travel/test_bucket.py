from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from paper.streets import both, build, joins_at, oneway

from accessgis.base.errors import DataError
from accessgis.travel import bucket, kernels
from accessgis.travel.bucket import UNREACHED_MS, build_graph, nearest_nodes, times_within
from accessgis.travel.search import search
from accessgis.travel.snap import price

#  0 ──▸ 5 ──▸ 1 ──▸ 7 ──▸ 2      with a second road 0 ▸ 1 of 9 ms that the first beats
CHAIN = build([(0, 0), (50, 0), (100, 0)], [oneway(0, 1, 9), oneway(0, 1, 5), oneway(1, 2, 7)])


def in_network_numbers(graph, values):
    return values[graph.rank].tolist()


def seeds(*pairs):
    node, ms, label = zip(*pairs, strict=True)
    return np.array(node, np.int32), np.array(ms, np.int64), np.array(label, np.int32)


def test_of_parallel_arcs_only_the_quickest_is_searched():
    graph = build_graph(CHAIN, backward=False)

    assert sorted(graph.ms.tolist()) == [5, 7]


def test_a_backward_graph_walks_against_the_arcs():
    node, ms, label = seeds((2, 0, 0))
    for backward, expected in ((False, [UNREACHED_MS, UNREACHED_MS, 0]), (True, [12, 7, 0])):
        graph = build_graph(CHAIN, backward=backward)
        found, _ = nearest_nodes(graph, graph.rank[node], ms, label)

        assert in_network_numbers(graph, found) == expected


def test_of_equal_times_the_lowest_label_wins_whatever_the_order_of_seeds():
    graph = build_graph(CHAIN, backward=False)
    for order in ([0, 1, 2], [2, 1, 0]):
        node, ms, label = (values[order] for values in seeds((0, 3, 9), (0, 3, 4), (1, 8, 2)))
        found, labels = nearest_nodes(graph, graph.rank[node], ms, label)

        assert in_network_numbers(graph, found) == [3, 8, 15]
        assert in_network_numbers(graph, labels) == [4, 2, 2]


def test_within_is_inclusive_and_keeps_groups_apart():
    graph = build_graph(CHAIN, backward=False)
    node, ms, _ = seeds((0, 0, 0), (1, 5, 0), (0, 1, 0))
    group_start = np.array([0, 1, 3])

    def reached(cutoff_ms):
        start, at, times = times_within(graph, group_start, graph.rank[node], ms, cutoff_ms=cutoff_ms)
        network_node = np.argsort(graph.rank)[at]
        return [
            dict(zip(network_node[a:b].tolist(), times[a:b].tolist(), strict=True))
            for a, b in itertools.pairwise(start)
        ]

    assert reached(12) == [{0: 0, 1: 5, 2: 12}, {0: 1, 1: 5, 2: 12}]
    assert reached(11) == [{0: 0, 1: 5}, {0: 1, 1: 5}]
    assert reached(0) == [{0: 0}, {}]


def test_a_full_queue_is_tried_again_with_more_room(monkeypatch):
    graph = build_graph(CHAIN, backward=False)
    rooms = []

    def small_at_first(kernel):
        def call(*arguments):
            rooms.append(arguments[-1].size)
            return kernel(*arguments[:-1], arguments[-1][:1] if len(rooms) % 2 else arguments[-1])

        return call

    node, ms, label = seeds((0, 0, 0))
    fan = build_graph(build([(0, 0)] * 4, [both(0, i, 5) for i in (1, 2, 3)]), backward=False)
    monkeypatch.setattr(kernels, "nearest_labels", small_at_first(kernels.nearest_labels))
    monkeypatch.setattr(kernels, "bounded_times", small_at_first(kernels.bounded_times))
    found, _ = nearest_nodes(fan, fan.rank[node], ms, label)
    _, at, _ = times_within(fan, np.array([0, 1]), fan.rank[node], ms, cutoff_ms=9)

    assert in_network_numbers(fan, found) == [0, 5, 5, 5]
    assert sorted(at.tolist()) == [0, 1, 2, 3]
    assert rooms[1] == 2 * rooms[0]
    assert rooms[3] == 2 * rooms[2]
    assert graph.node_count == 3


def test_an_implausible_arc_is_refused_by_its_road():
    slow = dataclasses.replace(CHAIN, arc_ms=np.array([9, 2**30 + 1, 7]))

    with pytest.raises(DataError) as caught:
        build_graph(slow, backward=True)

    assert caught.value.code == "AG3601"
    assert caught.value.values["id"] == 1


def test_times_that_would_not_fit_are_refused_not_wrapped():
    graph = dataclasses.replace(build_graph(CHAIN, backward=True), total_ms=2**61)
    node, ms, label = seeds((0, 0, 5))

    with pytest.raises(DataError) as caught:
        nearest_nodes(graph, node, ms, label)

    assert caught.value.code == "AG3602"
    assert "天" in caught.value.message("zh")


@pytest.mark.parametrize("cutoff_ms", [-1, bucket.MAX_CUTOFF_MS + 1])
def test_a_cutoff_outside_the_engine_is_refused(cutoff_ms):
    graph = build_graph(CHAIN, backward=False)
    node, ms, _ = seeds((0, 0, 0))

    with pytest.raises(ValueError, match="cutoff_ms"):
        times_within(graph, np.array([0, 1]), node, ms, cutoff_ms=cutoff_ms)


def test_seeds_far_apart_in_time_share_one_ring():
    # the second facility's access leg is a thousand times the longest road
    network = build([(0, 0), (1, 0), (2, 0), (3, 0)], [both(0, 1, 3), both(2, 3, 3)])
    found = search(network, price(joins_at([[(0, 0.0, 0)], [(1, 0.0, 3)]]), network), direction="to_facility")

    assert found.node_ms.tolist() == [0, 3, 3000, 3003]
    assert found.node_facility.tolist() == [0, 0, 1, 1]


def test_the_spatial_order_of_nodes_is_a_permutation():
    rng = np.random.default_rng(3)
    network = build([tuple(xy) for xy in rng.uniform(-5e5, 5e5, (500, 2))], [])

    rank = build_graph(network, backward=False).rank

    assert sorted(rank.tolist()) == list(range(500))
    step = np.hypot(np.diff(network.roads.node_x[np.argsort(rank)]), np.diff(network.roads.node_y[np.argsort(rank)]))
    assert np.median(step) < 1e5  # neighbours along the curve are neighbours on the ground
