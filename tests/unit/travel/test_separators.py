from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.travel import separators
from accessgis.travel.separators import Neighbours, dissect

MIDDLE, SOURCE, SINK = 0, 1, 2
NEAR, FAR, BETWEEN = 0, 1, 2


def neighbours(nodes, edges):
    """Return a graph of pairs, without loops and repetitions."""
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(edges)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    lists = [sorted(graph[v]) for v in range(nodes)]
    start = np.concatenate([[0], np.cumsum([len(row) for row in lists])]).astype(np.int64)
    return graph, Neighbours(start, np.array(list(itertools.chain(*lists)), np.int32))


def divided(nodes, edges, kind):
    graph, packed = neighbours(nodes, edges)
    return graph, separators._divide(packed, np.array(kind, np.uint8))


def fewest(graph, kind):
    """Return how many junctions of the middle part the shores, by networkx; edges between the shores do not count."""
    middle = graph.subgraph([v for v in graph if kind[v] == MIDDLE]).copy()
    middle.add_nodes_from(["source", "sink"])
    for v, w in itertools.chain(graph.edges, map(reversed, graph.edges)):
        if kind[v] != MIDDLE and kind[w] == MIDDLE:
            middle.add_edge("source" if kind[v] == SOURCE else "sink", w)
    return len(nx.minimum_node_cut(middle, "source", "sink")) if nx.has_path(middle, "source", "sink") else 0


@st.composite
def shored(draw):
    nodes = draw(st.integers(2, 24))
    junction = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(junction, junction), max_size=70))
    kind = draw(st.lists(st.sampled_from([MIDDLE, MIDDLE, SOURCE, SINK]), min_size=nodes, max_size=nodes))
    return nodes, edges, kind


@settings(max_examples=400)
@given(drawn=shored())
def test_the_fewest_junctions_part_the_shores(drawn):
    nodes, edges, kind = drawn
    graph, side = divided(nodes, edges, kind)

    assert all({side[v], side[w]} != {NEAR, FAR} for v, w in graph.edges)
    touching = {
        v for v, w in itertools.chain(graph.edges, map(reversed, graph.edges)) if (kind[v], kind[w]) == (SOURCE, SINK)
    }
    for v in range(nodes):
        assert kind[v] != SINK or side[v] == FAR
        assert kind[v] != SOURCE or side[v] == (BETWEEN if v in touching else NEAR)
    between = [v for v in range(nodes) if side[v] == BETWEEN and kind[v] == MIDDLE]
    assert len(between) == fewest(graph, kind)


def test_a_later_path_takes_back_a_step_of_an_earlier_one():
    # the shortest way 0 2 5 7 stops both long ones, and must give way: 0 2 3 4 7 and 0 1 6 5 7
    edges = [(0, 2), (2, 5), (5, 7), (2, 3), (3, 4), (4, 7), (0, 1), (1, 6), (6, 5)]
    kind = [SOURCE, *[MIDDLE] * 6, SINK]
    graph, side = divided(8, edges, kind)

    assert np.count_nonzero(side == BETWEEN) == fewest(graph, kind) == 2


@pytest.mark.parametrize("seed", range(6))
def test_wide_lattices_with_many_paths_are_parted_by_the_fewest(seed):
    rng = np.random.default_rng(seed)
    wide, high = 14, 9
    graph = nx.grid_2d_graph(wide, high)
    graph.remove_edges_from([edge for edge in list(graph.edges) if rng.random() < 0.25])
    graph.add_edges_from(
        ((x, y), (x + 1, y + 1)) for x in range(wide - 1) for y in range(high - 1) if rng.random() < 0.2
    )
    kind = [SOURCE if x < 3 else SINK if x >= wide - 3 else MIDDLE for x in range(wide) for _ in range(high)]
    edges = [(x * high + y, u * high + v) for (x, y), (u, v) in graph.edges]
    plain, side = divided(wide * high, edges, kind)

    assert np.count_nonzero(side == BETWEEN) == fewest(plain, kind) > 2
    assert all({side[v], side[w]} != {NEAR, FAR} for v, w in plain.edges)


def lattice(wide, high):
    graph = nx.grid_2d_graph(wide, high)
    edges = [(x * high + y, u * high + v) for (x, y), (u, v) in graph.edges]
    x, y = np.divmod(np.arange(wide * high), high)
    return *neighbours(wide * high, edges), x.astype(np.float64), y.astype(np.float64)


def test_a_lattice_is_halved_by_one_column_or_one_row():
    for wide, high in ((30, 12), (12, 30)):
        _, packed, x, y = lattice(wide, high)
        with ThreadPoolExecutor(1) as workers:
            stage = dissect(packed, x, y, leaf=200, workers=workers)
        line = (x if wide > high else y)[stage == 1]

        assert sorted(set(stage.tolist())) == [0, 1]
        assert line.size == 12
        assert np.ptp(line) <= 2  # among the middle tenth


@pytest.mark.parametrize("leaf", [10, 60, 5000])
def test_parts_are_small_and_parted_by_later_stages(leaf):
    graph, packed, x, y = lattice(40, 30)
    with ThreadPoolExecutor(2) as workers:
        stage = dissect(packed, x, y, leaf=leaf, workers=workers)

    graph.remove_nodes_from([v for v in range(stage.size) if stage[v] > 0])
    assert max(map(len, nx.connected_components(graph))) <= leaf
    # whatever is joined across a separator meets it: a path between parts of stage k passes a stage above k
    highest = int(stage.max())
    for least in range(1, highest + 1):
        plain, _, _, _ = lattice(40, 30)
        plain.remove_nodes_from([v for v in range(stage.size) if stage[v] >= least])
        assert max(map(len, nx.connected_components(plain))) <= max(leaf, 1200 * 0.6 ** (highest + 1 - least))
    assert (highest == 0) == (leaf == 5000)


def test_stages_do_not_depend_on_the_workers():
    _, packed, x, y = lattice(50, 40)
    found = []
    for count in (1, 2, 4):
        with ThreadPoolExecutor(count) as workers:
            found.append(dissect(packed, x, y, leaf=30, workers=workers))

    assert all(np.array_equal(found[0], stage) for stage in found)


def test_parts_that_cannot_be_halved_stay_whole():
    # everybody is joined with everybody, at one place: the search ends all the same
    _, packed = neighbours(60, itertools.combinations(range(60), 2))
    with ThreadPoolExecutor(1) as workers:
        stage = dissect(packed, np.zeros(60), np.zeros(60), leaf=10, workers=workers)

    plain = nx.complete_graph(60)
    plain.remove_nodes_from(np.flatnonzero(stage > 0).tolist())
    assert max(map(len, nx.connected_components(plain)), default=0) <= 33


def test_neighbours_outside_a_part_are_left_out():
    graph, packed, _, _ = lattice(6, 5)
    nodes = np.array([7, 3, 8, 12, 29], np.int32)

    part = Neighbours(*separators._induced(packed, nodes))

    found = {
        (int(nodes[v]), int(nodes[w])) for v in range(nodes.size) for w in part.node[part.start[v] : part.start[v + 1]]
    }
    assert found == {(v, w) for v, w in itertools.permutations(nodes.tolist(), 2) if graph.has_edge(v, w)}
