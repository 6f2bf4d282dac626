from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from engines import hierarchy
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import both, build, oneway
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from tangles import lattice, scipy_times, tangle

from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, TooSlowError, lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import extended, find_order, order_of
from accessgis.travel.trips import trips_from_nodes

H = 3_600_000


def laid(order, network, *, parts=2):
    with ThreadPoolExecutor(parts) as workers:
        return lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers, parts=parts)


def order_of_network(network):
    roads = network.roads
    with ThreadPoolExecutor(1) as workers:
        return find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=workers)


def kept(arcs):
    """Return {(lower, upper): ms}, and check how arcs lie: in pairs, of which a row's last may be given twice."""
    found = {}
    assert (arcs.start % 2 == 0).all()
    for p in range(arcs.start.size - 1):
        row = arcs.arc[arcs.start[p] : arcs.start[p + 1]].tolist()
        plain = row[:-1] if len(row) > 1 and row[-1] == row[-2] else row
        assert len(set(plain)) == len(plain)
        found.update({(p, arc & 0xFFFFFFFF): arc >> 32 for arc in plain})
    return found


def by_hand(order, network):
    """Return what to keep, up and down: the arcs that are as quick over the junctions below them as any way."""
    n, position = order.node_count, order.position
    quickest = np.full((n, n), np.inf)
    np.minimum.at(quickest, (position[network.arc_tail], position[network.arc_head]), network.arc_ms)
    np.fill_diagonal(quickest, np.inf)
    node = np.argsort(position)
    exact = scipy_times(network, node)[:, node].reshape(n, n)
    for u in range(n - 1, -1, -1):  # eliminate u: everybody above may pass over it
        above = order.head[order.start[u] : order.start[u + 1]]
        over = quickest[above, u][:, None] + quickest[u, above][None, :]
        quickest[np.ix_(above, above)] = np.minimum(quickest[np.ix_(above, above)], over)
    pairs = [(p, int(q)) for p in range(n) for q in order.head[order.start[p] : order.start[p + 1]]]
    up = {(p, q): exact[p, q] for p, q in pairs if np.isfinite(exact[p, q]) and quickest[p, q] == exact[p, q]}
    down = {(p, q): exact[q, p] for p, q in pairs if np.isfinite(exact[q, p]) and quickest[q, p] == exact[q, p]}
    return up, down


@pytest.mark.parametrize("nodes", [1, 2, 3, 9, 40, 200])
@pytest.mark.parametrize("seed", range(4))
def test_arcs_kept_are_those_as_quick_as_any_way_and_have_exact_times(nodes, seed):
    network = tangle(nodes, seed)
    order = order_of_network(network)
    built = laid(order, network)

    assert (kept(built.up), kept(built.down)) == by_hand(order, network)


@st.composite
def small(draw):
    nodes = draw(st.integers(1, 9))
    junction = st.integers(0, nodes - 1)
    arc = st.tuples(junction, junction, st.integers(0, 6))
    return nodes, draw(st.lists(arc, max_size=40)), draw(st.permutations(range(nodes)))


@settings(max_examples=150)
@given(drawn=small())
def test_any_order_at_all_keeps_the_right_arcs(drawn):
    nodes, arcs, rank = drawn
    network = build([(float(i), 0.0) for i in range(nodes)], [oneway(*arc) for arc in arcs])
    order = order_of(np.array(rank, np.int32), network.roads.tail, network.roads.head)
    built = laid(order, network)

    assert (kept(built.up), kept(built.down)) == by_hand(order, network)


def bytes_of(built):
    return [values.tobytes() for arcs in (built.up, built.down) for values in arcs]


@pytest.mark.parametrize(("made", "size"), [(tangle, 999), (tangle, 1000), (tangle, 4000), (lattice, 50)])
def test_the_number_of_parts_changes_no_byte(made, size):
    network = made(size, seed=3)
    order = order_of_network(network)
    alone = laid(order, network, parts=1)

    for parts in (2, 3, 5, 40):
        assert bytes_of(laid(order, network, parts=parts)) == bytes_of(alone)


def test_several_parts_have_exact_times_too():
    network = tangle(1500, 8)
    order = order_of_network(network)

    assert (kept(laid(order, network, parts=3).up), kept(laid(order, network, parts=3).down)) == by_hand(order, network)


def test_a_street_in_the_lower_half_of_the_order_may_be_passed_through_the_upper():
    # 1 and 2 are joined by a slow street; the quick way leads over 0, which lies above both
    network = build([(0, 0), (1, 0), (2, 0)], [both(1, 2, 90), both(0, 1, 5), both(0, 2, 6)])
    order = order_of(np.array([2, 0, 1], np.int32), network.roads.tail, network.roads.head)

    built = laid(order, network)

    # positions: junction 0 at 0, 2 at 1, 1 at 2; the slow street has gone
    assert order.position.tolist() == [0, 2, 1]
    assert kept(built.up) == kept(built.down) == {(1, 0): 6, (2, 0): 5}
    assert built.arc_count == len(built.up.arc) + len(built.down.arc)


def test_times_are_laid_each_in_its_direction():
    network = build([(0, 0), (1, 0)], [oneway(0, 1, 3), oneway(1, 0, 8), oneway(0, 1, 2)])
    order = order_of(np.array([0, 1], np.int32), network.roads.tail, network.roads.head)  # 0 lies below 1

    built = laid(order, network)

    assert (kept(built.up), kept(built.down)) == ({(1, 0): 2}, {(1, 0): 8})


def answers(built, network, sources):
    searched = HierarchyEngine(hierarchy=built, threads=1)
    return searched.table(trips_from_nodes(network.roads.node_count, sources))


@pytest.mark.parametrize("change", ["speeds", "closed", "turned round"])
def test_other_times_on_a_kept_order_are_as_on_a_new_one(change):
    network = tangle(1200, 5)
    rng = np.random.default_rng(1)
    order, sources = order_of_network(network), np.arange(0, 1200, 60, dtype=np.int32)
    if change == "speeds":
        network = replace(network, arc_ms=network.arc_ms * rng.integers(1, 4, network.arc_ms.size))
    elif change == "closed":
        kept_arcs = rng.random(network.arc_ms.size) < 0.8
        names = ("arc_edge", "arc_tail", "arc_head", "arc_forward", "arc_ms")
        network = replace(network, **{name: getattr(network, name)[kept_arcs] for name in names})
    else:
        network = replace(network, arc_tail=network.arc_head, arc_head=network.arc_tail)

    built = laid(order, network)

    assert np.array_equal(answers(built, network, sources), scipy_times(network, sources))


def test_a_road_added_to_a_kept_order_is_as_in_a_new_one():
    network = tangle(1200, 6)
    roads, rng = network.roads, np.random.default_rng(2)
    # two new junctions, a road between them, one to each of two old ones, and one between old ones that jumps far
    new_tail, new_head = np.array([1200, 1201, 77, 3]), np.array([1201, 900, 1200, 700])
    tail, head = np.concatenate([roads.tail, new_tail]), np.concatenate([roads.head, new_head])
    more = replace(
        network,
        roads=replace(
            roads,
            node_x=np.append(roads.node_x, [10.0, 20.0]),
            node_y=np.append(roads.node_y, [10.0, 20.0]),
            tail=tail.astype(np.int32),
            head=head.astype(np.int32),
        ),
        arc_tail=np.concatenate([network.arc_tail, new_tail]).astype(np.int32),
        arc_head=np.concatenate([network.arc_head, new_head]).astype(np.int32),
        arc_ms=np.concatenate([network.arc_ms, rng.integers(0, 9, 4)]),
    )
    before = order_of_network(network)
    with pytest.raises(ValueError, match="the order does not join"):
        lay_arcs(before, np.array([3]), np.array([700]), np.array([1]))
    order = extended(before, 1202, more.roads.tail, more.roads.head)
    sources = np.array([0, 3, 77, 900, 1200, 1201], np.int32)

    found = answers(laid(order, more), more, sources)

    assert np.array_equal(found, scipy_times(more, sources))
    assert np.array_equal(found, answers(laid(order_of_network(more), more), more, sources))
    assert not np.array_equal(found[:4, :1200], scipy_times(network, sources[:4]))


def lay_arcs(order, tail, head, ms):
    with ThreadPoolExecutor(1) as workers:
        return lay(order, tail.astype(np.int32), head.astype(np.int32), ms.astype(np.int64), workers=workers)


@pytest.mark.parametrize(("tail", "head"), [(0, 2), (2, 0), (0, 3), (3, 3)])
def test_an_arc_that_the_order_does_not_join_is_refused(tail, head):
    network = build([(0, 0), (1, 0), (2, 0), (9, 9)], [both(0, 1, 5), both(1, 2, 5)])
    order = order_of(np.array([0, 3, 1, 2], np.int32), network.roads.tail, network.roads.head)

    if tail == head:  # a loop needs no place
        assert lay_arcs(order, np.array([tail]), np.array([head]), np.array([5])).arc_count == 0
    else:
        with pytest.raises(ValueError, match="the order does not join"):
            lay_arcs(order, np.array([tail]), np.array([head]), np.array([5]))


def test_a_network_without_any_arc_has_an_empty_hierarchy():
    for nodes in (0, 3):
        built = hierarchy(build([(0.0, 0.0)] * nodes, []))
        assert built.arc_count == 0
        assert built.up.start.tolist() == [0] * (nodes + 1)


def chain(*ms):
    """Return a chain of streets whose middle junctions are eliminated first."""
    network = build([(float(i), 0.0) for i in range(len(ms) + 1)], [oneway(i, i + 1, m) for i, m in enumerate(ms)])
    rank = np.array([len(ms) - 1, *range(len(ms) - 1), len(ms)], np.int32)
    return order_of(rank, network.roads.tail, network.roads.head), network


def test_the_longest_time_that_fits_is_kept_to_the_millisecond():
    order, network = chain(LONGEST_MS // 2, LONGEST_MS // 2 - 1)

    built = laid(order, network)

    assert LONGEST_MS - 1 in (kept(built.up) | kept(built.down)).values()


@pytest.mark.parametrize(
    "ms",
    [(LONGEST_MS,), (LONGEST_MS // 2, LONGEST_MS // 2), (LONGEST_MS - 1, LONGEST_MS - 1), (NEVER_MS,), (2**40,)],
)
def test_times_of_298_hours_are_refused_not_wrapped(ms):
    with pytest.raises(TooSlowError):
        laid(*chain(*ms))


def test_a_slow_street_that_nobody_needs_does_no_harm():
    network = build([(0, 0), (1, 0), (2, 0)], [both(0, 2, 2**40), both(0, 1, H), both(1, 2, H)])
    order = order_of(np.array([1, 0, 2], np.int32), network.roads.tail, network.roads.head)

    assert answers(laid(order, network), network, [0]).tolist() == [[0, H, 2 * H]]


def test_arcs_follow_scipy_after_a_wide_search():
    network = lattice(33, 7)
    order = order_of_network(network)
    built = laid(order, network, parts=2)
    n = order.node_count

    # the arcs of the hierarchy alone, both ways, give all the times of the network
    up, down = kept(built.up), kept(built.down)
    rows = [p for p, _ in up] + [q for _, q in down]
    columns = [q for _, q in up] + [p for p, _ in down]
    matrix = csr_matrix(([*up.values(), *down.values()], (rows, columns)), shape=(n, n))
    sources = np.arange(0, n, 97)
    assert np.array_equal(
        dijkstra(matrix, indices=order.position[sources])[:, order.position], scipy_times(network, sources)
    )
