from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.travel import order as orders
from accessgis.travel.order import NoHierarchyError, extended, find_order, order_of

COORDINATE = st.integers(0, 5).map(float)


def found(x, y, edges, **more):
    tail, head = np.array(edges, np.int32).reshape(-1, 2).T
    with ThreadPoolExecutor(2) as workers:
        return find_order(np.array(x, float), np.array(y, float), tail, head, workers=workers, **more)


def arcs(order):
    """Return the arcs as pairs of positions, lower end first."""
    rows = np.repeat(np.arange(order.node_count), np.diff(order.start))
    return list(zip(rows.tolist(), order.head.tolist(), strict=True))


def eliminated(order, edges):
    """Return the arcs that eliminating by hand meets, from the last position to the first."""
    position = order.position.tolist()
    joined = {p: set() for p in range(order.node_count)}
    for v, w in edges:
        if v != w:
            joined[position[v]].add(position[w])
            joined[position[w]].add(position[v])
    met = set()
    for p in range(order.node_count - 1, -1, -1):
        left = {q for q in joined[p] if q < p}
        met |= {(p, q) for q in left}
        for q in left:
            joined[q] |= left - {q}
    return met


def holds(order, edges):
    """Check everything that an order promises."""
    n = order.node_count
    assert sorted(order.position.tolist()) == list(range(n))
    assert set(arcs(order)) == eliminated(order, edges)
    assert len(arcs(order)) == len(set(arcs(order))) == order.arc_count
    ancestors = {-1: set()}
    for p in range(n):
        parent = int(order.parent[p])
        assert parent < p
        ancestors[p] = ancestors[parent] | {p}
        row = order.head[order.start[p] : order.start[p + 1]].tolist()
        assert row == sorted(row, reverse=True)
        assert parent == (row[0] if row else -1)
        assert set(row) <= ancestors[p] - {p}
    for p in range(n):
        below = [q for q in range(n) if p in ancestors[q]]
        assert below == list(range(p, order.end[p]))
        rows = slice(order.below_start[p], order.below_start[p + 1])
        assert order.below[rows].tolist() == sorted(q for q, head in arcs(order) if head == p)
        assert [arcs(order)[a] for a in order.below_arc[rows]] == [(q, p) for q in order.below[rows].tolist()]


@st.composite
def graphs(draw):
    nodes = draw(st.integers(1, 24))
    junction = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(junction, junction), max_size=60))
    place = st.lists(COORDINATE, min_size=nodes, max_size=nodes)
    speed = draw(st.none() | st.lists(st.sampled_from([0.0, 1.0, 2.0, 9.0]), min_size=len(edges), max_size=len(edges)))
    return draw(place), draw(place), edges, speed


@settings(max_examples=200)
@given(drawn=graphs())
def test_an_order_is_a_forest_with_all_the_arcs_of_elimination(drawn):
    x, y, edges, speed = drawn  # loops, parallel edges, islands and lone junctions among them
    holds(found(x, y, edges, speed=None if speed is None else np.array(speed)), edges)


@settings(max_examples=100)
@given(drawn=graphs(), data=st.data())
def test_any_order_at_all_may_be_given(drawn, data):
    x, _, edges, _ = drawn
    rank = np.array(data.draw(st.permutations(range(len(x)))), np.int32)
    tail, head = np.array(edges, np.int32).reshape(-1, 2).T

    order = order_of(rank, tail, head)

    holds(order, edges)
    for p, q in arcs(order):  # what is eliminated first lies below
        assert rank[order.position.tolist().index(p)] < rank[order.position.tolist().index(q)]


@settings(max_examples=100)
@given(drawn=graphs(), data=st.data())
def test_an_order_with_junctions_and_edges_added_is_a_forest_too(drawn, data):
    x, y, edges, _ = drawn
    before = found(x, y, edges)
    nodes = len(x) + data.draw(st.integers(0, 4))
    junction = st.integers(0, nodes - 1)
    edges = edges + data.draw(st.lists(st.tuples(junction, junction), max_size=8))
    tail, head = np.array(edges, np.int32).reshape(-1, 2).T

    order = extended(before, nodes, tail, head)

    assert order.node_count == nodes
    holds(order, edges)


def test_an_order_extended_by_nothing_is_itself():
    edges = lattice(9, 8)
    x, y = np.divmod(np.arange(72.0), 8)
    before = found(x, y, edges)

    after = extended(before, 72, *np.array(edges, np.int32).T)

    assert after.arc_count == before.arc_count
    holds(after, edges)


def lattice(wide, high):
    number = np.arange(wide * high).reshape(wide, high)
    across = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    along = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    return [tuple(edge) for edge in np.vstack([across, along]).tolist()]


def test_a_network_without_junctions_and_one_without_edges_have_an_order():
    empty, lone = found([], [], []), found([0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [])

    assert (empty.node_count, empty.arc_count) == (0, 0)
    assert (lone.node_count, lone.arc_count) == (3, 0)
    assert lone.parent.tolist() == [-1, -1, -1]
    holds(lone, [])


def test_a_street_with_side_streets_needs_no_more_arcs_than_it_has_edges():
    edges = [(i, i + 1) for i in range(49)] + [(i, i + 50) for i in range(50)]

    order = found(np.arange(100.0), np.zeros(100), edges)

    assert order.arc_count == 99
    holds(order, edges)


def test_junctions_of_faster_roads_come_later_than_others_of_their_degree():
    # a ring: every junction has two roads, so that speed alone decides who stays
    edges = [(i, (i + 1) % 12) for i in range(12)]
    speed = np.where(np.arange(12) == 4, 90.0, 30.0)
    angle = np.arange(12) * np.pi / 6

    order = found(np.cos(angle), np.sin(angle), edges, speed=speed)

    assert {int(order.position[4]), int(order.position[5])} <= {0, 1, 2}  # of the last three all are alike
    assert found(np.cos(angle), np.sin(angle), edges).arc_count == order.arc_count


@pytest.mark.parametrize("leaf", [5, 40])
def test_a_core_is_taken_apart_and_its_separators_come_last(leaf, monkeypatch):
    asked = []
    dissect = orders.dissect
    monkeypatch.setattr(orders, "_SMALL", 50)
    monkeypatch.setattr(orders, "_LEAF", leaf)
    monkeypatch.setattr(orders, "_CORE_DEGREE", 3)
    monkeypatch.setattr(orders, "dissect", lambda *args, **more: asked.append(dissect(*args, **more)) or asked[-1])
    edges = lattice(24, 16)
    edges += [(v, 384 + i) for i, v in enumerate(range(0, 384, 16))]  # side streets, gone before the core is known
    x, y = np.divmod(np.arange(408.0), 16)

    order = found(x, y, edges, speed=np.arange(len(edges)) % 7 + 1.0)

    holds(order, edges)
    assert len(asked) == 1
    assert asked[0].max() >= 3
    assert asked[0].size <= 384
    last = np.count_nonzero(asked[0] == asked[0].max())
    top = np.flatnonzero(order.position < last)
    assert (order.position[top] < last).all()
    # what parts the whole lies on top: without it nothing is left of more than two thirds
    graph = nx.Graph(edges)
    graph.remove_nodes_from(top.tolist())
    assert max(map(len, nx.connected_components(graph))) < 0.67 * 408


def test_a_core_that_is_small_is_eliminated_by_degree_alone(monkeypatch):
    monkeypatch.setattr(orders, "_SMALL", 300)
    monkeypatch.setattr(orders, "dissect", lambda *_, **__: pytest.fail("dissected"))
    edges = lattice(20, 15)
    edges += [(v, 300 + i) for i, v in enumerate(range(0, 300, 5))]
    x, y = np.divmod(np.arange(360.0), 15)

    holds(found(x, y, edges), edges)


def test_an_order_does_not_depend_on_the_workers(monkeypatch):
    monkeypatch.setattr(orders, "_SMALL", 50)
    monkeypatch.setattr(orders, "_LEAF", 20)
    tail, head = np.array(lattice(30, 25), np.int32).T
    x, y = np.divmod(np.arange(750.0), 25)
    several = []
    for count in (1, 2, 3):
        with ThreadPoolExecutor(count) as workers:
            several.append(find_order(x, y, tail, head, workers=workers))

    for name in ("position", "parent", "end", "start", "head", "below_start", "below_arc", "below"):
        assert len({getattr(order, name).tobytes() for order in several}) == 1


def test_no_order_can_be_written_to():
    order = found([0.0, 1.0], [0.0, 0.0], [(0, 1)])

    for name in ("position", "parent", "end", "head", "below_start", "below_arc", "below"):
        assert not getattr(order, name).flags.writeable


def expander(nodes, seed=5):
    rng = np.random.default_rng(seed)
    edges = [(v, int(w)) for ring in range(4) for v, w in enumerate(rng.permutation(nodes))]
    return rng.random(nodes), rng.random(nodes), edges


@pytest.mark.parametrize(("small", "leaf"), [(10**9, 40), (50, 40), (50, 10**9)])
def test_a_network_without_small_separators_has_no_hierarchy(small, leaf, monkeypatch):
    x, y, edges = expander(250)
    monkeypatch.setattr(orders, "_SMALL", small)
    monkeypatch.setattr(orders, "_LEAF", leaf)
    assert found(x, y, edges).arc_count > 6 * len(edges)

    monkeypatch.setattr(orders, "_MOST_FILL", 1)
    with pytest.raises(NoHierarchyError):
        found(x, y, edges)


def test_an_order_that_joins_everybody_is_refused(monkeypatch):
    # the middle of a star eliminated first joins all its ends
    tail, head = np.zeros(100, np.int32), np.arange(1, 101, dtype=np.int32)
    rank = np.arange(101, dtype=np.int32)
    assert order_of(rank, tail, head).arc_count == 100 * 101 // 2
    assert order_of(rank[::-1].copy(), tail, head).arc_count == 100

    monkeypatch.setattr(orders, "_MOST_FILL", 1)
    with pytest.raises(NoHierarchyError):
        order_of(rank, tail, head)


@pytest.mark.parametrize("seed", range(3))
def test_larger_networks_keep_long_rows_sorted_and_complete(seed):
    rng = np.random.default_rng(seed)
    nodes = 260
    tail = rng.integers(0, nodes, 900)
    head = (tail + rng.integers(1, 90, 900)) % nodes
    edges = list(zip(tail.tolist(), head.tolist(), strict=True))

    order = found(rng.random(nodes), rng.random(nodes), edges)

    assert np.diff(order.start).max() > 40
    assert set(arcs(order)) == eliminated(order, edges)
    for first, last in itertools.pairwise(order.start.tolist()):
        assert (np.diff(order.head[first:last]) < 0).all()
