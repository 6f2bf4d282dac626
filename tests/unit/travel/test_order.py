from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.travel import order as orders
from accessgis.travel import separators
from accessgis.travel.order import NoHierarchyError, extended, find_order
from accessgis.travel.separators import Neighbours, dissect

WORKERS = ThreadPoolExecutor(2)


def found(nodes, edges, *, speed=None):
    tail, head = (np.array(ends, np.int32) for ends in zip(*edges, strict=True)) if edges else (np.empty(0, int),) * 2
    place = np.arange(nodes, dtype=float)
    return find_order(place % 7 * 90, place // 7 * 110, tail, head, workers=WORKERS, speed=speed)


def rows_of(order):
    """Return for each junction the junctions that its arcs lead up to."""
    node = np.argsort(order.position)
    return {
        int(node[p]): {int(node[h]) for h in order.head[order.start[p] : order.start[p + 1]]}
        for p in range(order.node_count)
    }


def eliminated(nodes, edges, position):
    """Return the same by taking the junctions out of a networkx graph one by one, last position first."""
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(nodes))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    rows = {}
    for v in sorted(range(nodes), key=lambda node: -position[node]):
        rows[v] = set(graph[v])
        graph.add_edges_from((a, b) for a in rows[v] for b in rows[v] if a < b)
        graph.remove_node(v)
    return rows


def check(order, nodes, edges):
    assert sorted(order.position.tolist()) == list(range(nodes))
    assert rows_of(order) == eliminated(nodes, edges, order.position)
    for p in range(nodes):
        heads = order.head[order.start[p] : order.start[p + 1]].tolist()
        assert heads == sorted(heads, reverse=True)
        assert order.parent[p] == (heads[0] if heads else -1)
        for h in heads:
            assert h < p < order.end[h]
        below = slice(order.below_start[p], order.below_start[p + 1])
        assert np.array_equal(order.head[order.below_arc[below]], np.full(below.stop - below.start, p))
        assert np.array_equal(order.below[below], np.searchsorted(order.start, order.below_arc[below], "right") - 1)
        assert (np.diff(order.below[below]) > 0).all()
        inside = [q for q in range(nodes) if p <= q < order.end[p]]
        assert all(q == p or order.parent[q] in inside for q in inside)


@st.composite
def graphs(draw):
    nodes = draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    return nodes, draw(st.lists(st.tuples(node, node), max_size=30))


@settings(max_examples=150)
@given(graph=graphs())
def test_the_arcs_are_those_of_eliminating_one_junction_after_another(graph):
    check(found(*graph), *graph)


@settings(max_examples=60)
@given(graph=graphs(), leaf=st.integers(1, 4))
def test_parts_parted_by_small_separators_give_an_order_too(graph, leaf):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orders, "_SMALL", 0)
        patch.setattr(orders, "_LEAF", leaf)
        patch.setattr(orders, "_CORE_DEGREE", 2)
        check(found(*graph), *graph)


def test_faster_roads_come_later_and_without_junctions_there_is_nothing():
    ring = [(i, (i + 1) % 12) for i in range(12)]
    fast = found(12, ring, speed=np.where(np.arange(12) < 3, 100.0, 20.0))

    assert set(np.argsort(fast.position)[:2].tolist()) <= {0, 1, 2, 3}
    assert found(0, []).node_count == 0
    assert found(3, []).arc_count == 0


@settings(max_examples=60)
@given(graph=graphs(), data=st.data())
def test_an_order_extended_by_junctions_and_edges_is_the_order_of_what_there_is_now(graph, data):
    nodes, edges = graph
    before = found(nodes, edges)
    more = nodes + data.draw(st.integers(0, 3))
    node = st.integers(0, more - 1)
    now = [*edges, *data.draw(st.lists(st.tuples(node, node), max_size=6))]
    tail, head = (np.array(ends, np.int32) for ends in zip(*now, strict=True)) if now else (np.empty(0, int),) * 2

    after = extended(before, more, tail, head)

    check(after, more, now)
    for v, above in rows_of(after).items():
        assert v >= nodes or all(w < nodes for w in above)


def test_a_network_without_small_separators_has_no_hierarchy(monkeypatch):
    rng = np.random.default_rng(1)
    edges = rng.integers(0, 400, (2, 1600)).astype(np.int32)
    monkeypatch.setattr(orders, "_MOST_FILL", 1)
    place = np.arange(400.0)

    with pytest.raises(NoHierarchyError):
        find_order(place, place, *edges, workers=WORKERS)


# ------------------------------------------------------------------------------------------------------- separators


def neighbours(graph):
    start = np.concatenate([[0], np.cumsum([len(graph[v]) for v in sorted(graph)])]).astype(np.int64)
    return Neighbours(start, np.array([w for v in sorted(graph) for w in sorted(graph[v])], np.int32))


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6), nodes=st.integers(5, 40), density=st.sampled_from([1.2, 1.6, 2.5]))
def test_the_fewest_junctions_part_the_shores(seed, nodes, density):
    rng = np.random.default_rng(seed)
    graph = nx.gnm_random_graph(nodes, int(nodes * density), seed=seed)
    kind = rng.choice([0, 0, 0, 1, 2], nodes).astype(np.uint8)
    touching = [(a, b) for a, b in graph.edges if {int(kind[a]), int(kind[b])} == {1, 2}]
    graph.remove_edges_from(touching)

    side = separators._divide(neighbours(graph), kind)

    between = set(np.flatnonzero(side == 2).tolist())
    rest = graph.subgraph(set(graph) - between)
    assert all(side[a] == side[b] for a, b in rest.edges)
    assert (side[kind == 1] == 0).all()
    assert (side[kind == 2] == 1).all()
    graph.add_edges_from([("near", v) for v in np.flatnonzero(kind == 1)])
    graph.add_edges_from([("far", v) for v in np.flatnonzero(kind == 2)])
    joined = "near" in graph and "far" in graph and nx.has_path(graph, "near", "far")
    for v in list(graph):
        if v not in ("near", "far") and kind[v]:
            nx.contracted_nodes(graph, "near" if kind[v] == 1 else "far", v, self_loops=False, copy=False)
    assert len(between) == (len(nx.minimum_node_cut(graph, "near", "far")) if joined else 0)


def test_shores_that_touch_are_parted_at_the_near_one():
    graph = nx.path_graph(4)

    side = separators._divide(neighbours(graph), np.array([1, 1, 2, 2], np.uint8))

    assert side.tolist() == [0, 2, 1, 1]


def test_no_road_joins_two_parts_of_one_stage():
    side = 40
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side), ordering="sorted")
    x, y = (v.astype(float) for v in np.divmod(np.arange(side * side), side))

    stage = dissect(neighbours(graph), x, y, leaf=100, workers=WORKERS)

    assert stage.max() >= 4
    assert np.count_nonzero(stage == stage.max()) == side
    inside = graph.subgraph(np.flatnonzero(stage == 0).tolist())
    assert max(len(part) for part in nx.connected_components(inside)) <= 100
    assert dissect(neighbours(graph), x, y, leaf=side * side, workers=WORKERS).max() == 0
