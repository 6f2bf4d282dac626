from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import both, build
from tangles import lattice, scipy_times, tangle

from accessgis.travel import hierarchy, planner
from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, Laying, TooSlowError, lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import find_order, order_of
from accessgis.travel.planner import Engines
from accessgis.travel.trips import trips_from_nodes

WORKERS = ThreadPoolExecutor(3)


def order_of_network(network):
    roads = network.roads
    return find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=WORKERS)


def laying_of(network, *, parts=2):
    return Laying(order=order_of_network(network), tail=network.arc_tail, head=network.arc_head, parts=parts)


def bytes_of(built):
    return [values.tobytes() for arcs in (built.up, built.down) for values in arcs]


def fresh(laying, ms):
    return lay(laying.order, laying.tail, laying.head, ms, workers=WORKERS, parts=1)


def times_by_scipy(network, ms, sources):
    used = ms < NEVER_MS
    arcs = {name: getattr(network, name)[used] for name in ("arc_edge", "arc_tail", "arc_head", "arc_forward")}
    return scipy_times(replace(network, arc_ms=ms[used], **arcs), sources)


def changed(rng, ms, change):
    """Return other times: of a few arcs, of many, of none; quicker, slower, closed, opened, none at all."""
    ms = ms.copy()
    some = np.flatnonzero(rng.random(ms.size) < rng.choice([0.003, 0.02, 0.3, 1.0]))
    if change == "quicker":
        ms[some] = np.where(ms[some] < NEVER_MS, ms[some] // 2, NEVER_MS)
    elif change == "slower":
        ms[some] = np.where(ms[some] < NEVER_MS, ms[some] * 2 + 1, NEVER_MS)
    elif change == "closed":
        ms[some] = NEVER_MS
    elif change == "opened":
        ms[ms == NEVER_MS] = 9
    elif change == "free":
        ms[some] = 0
    else:
        ms[some] = rng.choice([0, 1, 7, 300, 40_000, NEVER_MS], some.size)
    return ms


CHANGES = ("quicker", "slower", "closed", "opened", "free", "anything", "opened", "slower", "anything", "quicker")


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize(("made", "size"), [(tangle, 40), (tangle, 400), (tangle, 1500), (tangle, 4000), (lattice, 45)])
def test_changes_upon_changes_lead_to_the_bytes_of_a_fresh_laying(made, size, parts):
    network = made(size, seed=4)
    rng = np.random.default_rng(size + parts)
    laying, ms = laying_of(network, parts=parts), network.arc_ms
    sources = np.arange(0, network.roads.node_count, 1 + network.roads.node_count // 5)
    given_out = []

    for change in ("none", *CHANGES):
        ms = ms if change == "none" else changed(rng, ms, change)
        built = laying.lay(ms, workers=WORKERS)
        given_out.append((built, bytes_of(built)))
        assert bytes_of(built) == bytes_of(fresh(laying, ms))
        found = HierarchyEngine(hierarchy=built).table(trips_from_nodes(network.roads.node_count, sources))
        assert np.array_equal(found, times_by_scipy(network, ms, sources))

    assert all(bytes_of(built) == before for built, before in given_out)  # what was returned earlier is as it was


@st.composite
def histories(draw):
    nodes = draw(st.integers(1, 9))
    junction = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(junction, junction), min_size=1, max_size=40))
    times = st.lists(st.sampled_from([0, 1, 2, 5, NEVER_MS]), min_size=len(arcs), max_size=len(arcs))
    return nodes, arcs, draw(st.permutations(range(nodes))), draw(st.lists(times, min_size=2, max_size=5))


@settings(max_examples=200)
@given(drawn=histories())
def test_any_history_leads_to_the_bytes_of_a_fresh_laying(drawn):
    _, arcs, rank, history = drawn
    tail, head = np.array(arcs, np.int32).T.copy()
    laying = Laying(order=order_of(np.array(rank, np.int32), tail, head), tail=tail, head=head)

    for times in history:
        ms = np.array(times)
        assert bytes_of(laying.lay(ms, workers=WORKERS)) == bytes_of(fresh(laying, ms))


def test_of_parallel_arcs_the_quickest_counts_whichever_changes():
    tail, head = np.array([0, 0, 1, 0], np.int32), np.array([1, 1, 0, 1], np.int32)
    laying = Laying(order=order_of(np.array([0, 1], np.int32), tail, head), tail=tail, head=head)

    def quickest(*ms):
        built = laying.lay(np.array(ms), workers=WORKERS)
        return [int(arcs.arc[0] >> 32) if arcs.arc.size else None for arcs in (built.up, built.down)]

    assert quickest(3, 5, 8, 9) == [3, 8]
    assert quickest(6, 5, 8, 9) == [5, 8]
    assert quickest(6, NEVER_MS, 8, 9) == [6, 8]
    assert quickest(NEVER_MS, NEVER_MS, 8, NEVER_MS) == [None, 8]
    assert quickest(NEVER_MS, NEVER_MS, NEVER_MS, 0) == [0, None]


@pytest.fixture
def rows_done(monkeypatch):
    """Tell how many rows were done from the bottom up and came out other, and how many moved, each time."""
    made, marks = [], hierarchy._marks
    monkeypatch.setattr(hierarchy, "_marks", lambda *args, **more: made.append(marks(*args, **more)) or made[-1])
    return lambda: [(int(m.touched.sum()), int(m.changed.sum()), int(m.moved.sum())) for m in made]


def test_one_street_takes_few_rows_and_no_change_none(rows_done):
    network = lattice(60, 1)
    laying = laying_of(network)
    built = laying.lay(network.arc_ms, workers=WORKERS)
    ms = network.arc_ms.copy()
    last = np.maximum(laying.order.position[network.arc_tail], laying.order.position[network.arc_head])
    ms[np.argmax(last)] += 1

    assert laying.lay(network.arc_ms.copy(), workers=WORKERS) is built
    other = laying.lay(ms, workers=WORKERS)

    assert bytes_of(other) == bytes_of(fresh(laying, ms)) != bytes_of(built)
    all_rows, few, *_ = rows_done()
    assert all_rows[0] == network.roads.node_count
    assert 0 < few[0] < network.roads.node_count / 20
    assert 0 < few[1] <= few[0]
    assert 0 < few[2] < network.roads.node_count / 20


def test_times_too_slow_are_refused_and_the_next_ones_laid_all_the_same():
    network = tangle(1500, 2)
    laying = laying_of(network)
    slow = np.where(np.arange(network.arc_ms.size) == 7, LONGEST_MS, network.arc_ms)
    far = np.full(network.arc_ms.size, LONGEST_MS - 1)
    other = changed(np.random.default_rng(0), network.arc_ms, "anything")

    for ms in (network.arc_ms, slow, other, far, other, network.arc_ms):
        try:
            expected = bytes_of(fresh(laying, ms))
        except TooSlowError:
            with pytest.raises(TooSlowError):
                laying.lay(ms, workers=WORKERS)
        else:
            assert bytes_of(laying.lay(ms, workers=WORKERS)) == expected
    with pytest.raises(TooSlowError):
        laying.lay(far, workers=WORKERS)


def test_an_interruption_leaves_nothing_half_done(monkeypatch):
    network = tangle(400, 2)
    laying = laying_of(network)
    laying.lay(network.arc_ms, workers=WORKERS)
    ms = changed(np.random.default_rng(0), network.arc_ms, "slower")

    with monkeypatch.context() as broken:
        broken.setattr(hierarchy.triangles, "top_down", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            laying.lay(ms, workers=WORKERS)

    assert bytes_of(laying.lay(ms, workers=WORKERS)) == bytes_of(fresh(laying, ms))


def test_a_network_without_arcs_is_laid_again_and_again():
    none = np.empty(0, np.int32)
    laying = Laying(order=order_of(np.arange(3, dtype=np.int32), none, none), tail=none, head=none)

    for _ in range(2):
        assert laying.lay(np.empty(0, np.int64), workers=WORKERS).arc_count == 0


# ------------------------------------------------------------------------------------------------ by way of the planner


def without(network, edges):
    """Return a network with roads closed, as it is built: their arcs are gone."""
    left = ~np.isin(network.arc_edge, edges)
    names = ("arc_edge", "arc_tail", "arc_head", "arc_forward", "arc_ms")
    return replace(network, **{name: getattr(network, name)[left] for name in names})


def test_engines_of_other_times_answer_as_new_ones_and_share_the_order(monkeypatch):
    network = tangle(1500, 3)
    engines = Engines(network=network, prefer="hierarchy", threads=2, cache=None)
    slower = replace(network, arc_ms=network.arc_ms * 2 + 1)
    plans = [slower, without(network, [5, 6, 7]), without(slower, [9]), network]
    sources = trips_from_nodes(1500, np.arange(0, 1500, 90))
    orders = []
    monkeypatch.setattr(planner, "order_of_roads", lambda *_, **__: orders.append(1))
    shared = engines.hierarchy.hierarchy.order

    one = engines
    for plan in plans:
        one = one.retimed(plan)
        found = one.answer(sources, lambda engine: engine.table(sources))
        assert np.array_equal(found, scipy_times(plan, np.arange(0, 1500, 90)))
        assert one.hierarchy.hierarchy.order is shared
        assert np.array_equal(found, one.bucket(backward=False).table(sources))
    assert orders == []


def test_the_order_is_found_once_when_there_is_none(monkeypatch):
    network = lattice(30, 5)
    found, find = [], planner.order_of_roads
    monkeypatch.setattr(planner, "order_of_roads", lambda *args, **more: found.append(1) or find(*args, **more))
    engines = Engines(network=network, prefer="hierarchy", threads=1, cache=None)
    plans = [without(network, np.arange(0, network.roads.edge_count, step)) for step in (9, 13)]
    trips = trips_from_nodes(900, [0, 17])

    for plan in plans:
        assert np.array_equal(engines.retimed(plan).hierarchy.table(trips), scipy_times(plan, np.array([0, 17])))
    assert found == [1]


def test_other_roads_are_refused():
    engines = Engines(network=build([(0, 0), (1, 0)], [both(0, 1, 5)]), cache=None)

    with pytest.raises(ValueError, match="other roads"):
        engines.retimed(build([(0, 0), (1, 0)], [both(1, 0, 5)]))
