from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numba import njit, uint32, uint64
from paper.streets import both, build, oneway
from scipy.sparse.csgraph import dijkstra

from accessgis.travel import cone as cones
from accessgis.travel import hierarchy_engine, sweep
from accessgis.travel.bucket import build_graph
from accessgis.travel.bucket_engine import BucketEngine
from accessgis.travel.decay import along_curve, in_steps, within_cutoff
from accessgis.travel.hierarchy import NEVER_MS, lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.lanes import (
    LANES,
    add_within,
    keep_within,
    offer_pairs,
    pull,
    push,
    settle_pairs,
    sum_within,
    turn,
)
from accessgis.travel.lanes import within as mask_within
from accessgis.travel.order import find_order
from accessgis.travel.snap import build_join_index, join_points, price
from accessgis.travel.trips import Stops, arrivals, trips_between, trips_from_nodes
from benchmarks.networks import lattice
from benchmarks.work import make_case, matrix

TOWN = lattice(6000, one_way=True, seed=8)
N = TOWN.roads.node_count


def engine_of(network, *, threads=1):
    roads = network.roads
    with ThreadPoolExecutor(2) as workers:
        order = find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=workers)
        laid = lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers)
    return HierarchyEngine(hierarchy=laid, threads=threads)


@pytest.fixture(scope="module")
def town():
    sources = np.random.default_rng(0).choice(N, 100, replace=False)
    return engine_of(TOWN), sources, dijkstra(matrix(make_case(TOWN).arcs, N), indices=sources)


def dense(found, targets):
    full = np.full((found.start.size - 1, targets), np.inf)
    full[np.repeat(np.arange(found.start.size - 1), np.diff(found.start)), found.target] = found.ms
    return full


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("cutoff_ms", [0, 60_000, 180_000, 400_000, 10**8])
def test_many_batches_leave_nothing_behind_for_the_next(town, threads, cutoff_ms, monkeypatch):
    engine, sources, times = town
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", 3 * N)
    monkeypatch.setattr(cones, "_GATE_ROWS", 16)
    monkeypatch.setattr(cones, "_GATE_GAIN", 1)
    engine = replace(engine, threads=threads, _aims={})
    trips = trips_from_nodes(N, sources)

    for limit in (cutoff_ms, 2 * cutoff_ms, cutoff_ms):
        found = engine.within(trips, cutoff_ms=limit)
        assert np.array_equal(dense(found, N), np.where(times <= limit, times, np.inf))
    assert np.array_equal(engine.table(trips), times)
    assert np.array_equal(
        dense(engine.within(trips, cutoff_ms=cutoff_ms), N), np.where(times <= cutoff_ms, times, np.inf)
    )


def test_what_is_out_of_reach_is_not_swept(town):
    engine, sources, times = town
    trips = trips_from_nodes(N, sources[:1])
    aim = engine._aim(trips, by_row=False)
    swept = {}
    for cutoff_ms in (60_000, 10**8):
        plan, _ = engine._plan(trips, aim, cutoff_ms)
        desk = hierarchy_engine._desk(plan)
        stretches = sweep._search(plan, desk, 0, 1, np.empty(0, np.int64)).reshape(-1, 2)
        swept[cutoff_ms] = np.diff(stretches, axis=1).sum()
        inside = np.zeros(N, bool)
        for first, last in stretches:
            inside[first:last] = True
        assert inside[engine.hierarchy.order.position[times[0] <= cutoff_ms]].all()

    assert swept[10**8] == N
    assert np.count_nonzero(times[0] <= 60_000) < swept[60_000] < N / 3


def test_a_gate_stays_open_when_any_row_around_it_is_in_reach(monkeypatch):
    # a comb: long teeth hang on a spine, and the tip of each joins the next; only the tips' road is quick
    monkeypatch.setattr(cones, "_GATE_ROWS", 2)
    monkeypatch.setattr(cones, "_GATE_GAIN", 1)
    teeth, length = 6, 30
    nodes = [(float(t * 50), float(i * 50)) for t in range(teeth) for i in range(length)]
    streets = [both(t * length + i, t * length + i + 1, 10) for t in range(teeth) for i in range(length - 1)]
    streets += [both(t * length, (t + 1) * length, 500) for t in range(teeth - 1)]
    streets += [oneway(t * length + length - 1, (t + 1) * length + length - 1, 1) for t in range(teeth - 1)]
    network = build(nodes, streets)
    times = dijkstra(matrix(make_case(network).arcs, len(nodes)))
    engine = engine_of(network)

    for cutoff_ms in range(0, 700, 7):
        found = engine.within(trips_from_nodes(len(nodes), np.arange(len(nodes))), cutoff_ms=cutoff_ms)
        assert np.array_equal(dense(found, len(nodes)), np.where(times <= cutoff_ms, times, np.inf))


@pytest.mark.parametrize("backward", [False, True])
def test_a_target_entered_from_roads_far_apart_is_never_told_an_old_time(town, backward, monkeypatch):
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", 2 * N)
    monkeypatch.setattr(cones, "_GATE_ROWS", 16)
    monkeypatch.setattr(cones, "_GATE_GAIN", 1)
    rng = np.random.default_rng(12)
    legs = rng.integers(0, 4, 700)
    start = np.concatenate([[0], np.cumsum(legs)])
    node, ms = rng.integers(0, N, start[-1]), rng.integers(0, 30_000, start[-1])
    sources = rng.choice(N, 90, replace=False)
    quick = matrix(make_case(TOWN).arcs, N)
    to_nodes = dijkstra(quick.T.tocsr() if backward else quick, indices=sources)
    times = np.full((90, 700), np.inf)
    np.minimum.at(times, (slice(None), np.repeat(np.arange(700), legs)), to_nodes[:, node] + ms)
    stops = Stops(start=start, node=node.astype(np.int32), ms=ms)
    trips = replace(trips_from_nodes(N, sources, [], backward=backward), targets=stops)
    engine = replace(town[0], threads=1, _aims={})

    for cutoff_ms in (40_000, 300_000, 90_000, 20_000):
        inside = times <= cutoff_ms
        found = engine.within(trips, cutoff_ms=cutoff_ms)
        assert np.array_equal(dense(found, 700), np.where(inside, times, np.inf))
        decay = within_cutoff(cutoff_ms)
        assert np.array_equal(engine.sums_by_source(trips, np.ones(700), decay), inside.sum(axis=1))
        assert np.array_equal(engine.sums_by_target(trips, np.ones(90), decay), inside.sum(axis=0))


@pytest.fixture(scope="module")
def places():
    """Facilities and residents inside edges, several on one, and every answer of the bucket engine on one thread."""
    rng = np.random.default_rng(4)
    index = build_join_index(TOWN)

    def somewhere(count):
        x, y = (rng.uniform(v.min(), v.max(), count) for v in (TOWN.roads.node_x, TOWN.roads.node_y))
        return price(join_points(index, np.append(x, x[:5]), np.append(y, y[:5]), limit_m=400), TOWN)

    return somewhere(70), somewhere(900), rng.random(905) * 40, rng.random(75) * 10


DECAYS = (
    within_cutoff(240_000),
    in_steps([100_000, 240_000, 500_000], [1.0, 0.3, 0.7]),
    along_curve(lambda ms: np.exp(-((ms / 2e5) ** 2)), 400_000),
)


@pytest.mark.parametrize("backward", [False, True])
def test_engines_and_threads_agree_to_the_last_bit(places, backward):
    facilities, residents, people, supply = places
    trips = trips_between(TOWN, facilities, arrivals(TOWN, residents, backward=backward))
    graph = build_graph(TOWN, backward=backward)
    hierarchy = engine_of(TOWN).hierarchy
    engines = [BucketEngine(graph=graph, threads=k) for k in (1, 2, 4)]
    engines += [HierarchyEngine(hierarchy=hierarchy, threads=k) for k in (1, 2, 3, 4)]
    assert trips.direct_ms.size > 5

    def everything(engine):
        for decay in DECAYS:
            yield engine.sums_by_source(trips, people, decay)
            yield engine.sums_by_target(trips, supply, decay)
        found = engine.within(trips, cutoff_ms=240_000)
        yield from (found.start, found.target, found.ms, engine.table(trips), *engine.nearest(trips, count=1))
        yield from engine.nearest(trips, count=4)

    first = list(everything(engines[0]))
    times = first[9]
    weight = [decay.at(times) for decay in DECAYS]
    for i in range(3):
        np.testing.assert_allclose(first[2 * i], weight[i] @ people, rtol=1e-12)
        np.testing.assert_allclose(first[2 * i + 1], supply @ weight[i], rtol=1e-12)
    for other in engines[1:]:
        for one, another in zip(first, everything(other), strict=True):
            assert one.dtype == another.dtype
            assert np.array_equal(one, another)


@pytest.mark.parametrize("kind", ["bucket", "hierarchy"])
def test_progress_only_grows_and_an_interruption_leaves_the_engine_usable(town, kind, monkeypatch):
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", N)
    engine, sources, times = town
    engine = (
        replace(engine, threads=2) if kind == "hierarchy" else BucketEngine(graph=build_graph(TOWN, backward=False))
    )
    trips = trips_from_nodes(N, sources)
    told: list[float] = []
    running = threading.active_count()

    found = engine.within(trips, cutoff_ms=200_000, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] == 1.0

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.within(trips, cutoff_ms=200_000, progress=stop)
    assert threading.active_count() == running
    again = engine.within(trips, cutoff_ms=200_000)
    assert np.array_equal(again.ms, found.ms)
    assert np.array_equal(dense(again, N), np.where(times <= 200_000, times, np.inf))


def test_an_engine_refuses_another_network_and_too_many_sources_for_one_sweep(town):
    engine, sources, _ = town

    with pytest.raises(ValueError, match="another network"):
        engine.table(trips_from_nodes(3, [0]))
    with pytest.raises(ValueError, match="16 sources"):
        engine.swept(trips_from_nodes(N, sources))


def test_a_bare_sweep_holds_every_time(town):
    engine, sources, times = town
    swept, names = engine.swept(trips_from_nodes(N, sources[:11]))

    assert np.array_equal(swept[engine.hierarchy.order.position, :11].T, times[names])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("backward", [False, True])
def test_one_search_from_all_sources_finds_the_least_time_and_whose_it_is(threads, backward, monkeypatch):
    monkeypatch.setattr(hierarchy_engine, "_WORTH_THREADS", 0)
    rng = np.random.default_rng(threads)
    quick = matrix(make_case(TOWN).arcs, N)
    node = rng.choice(N, 60).astype(np.int32)
    ms, label = rng.choice([0, 40_000, 90_000], 60), rng.integers(0, 40, 60).astype(np.int32)
    times = dijkstra(quick.T.tocsr() if backward else quick, indices=node) + ms[:, None]
    order = np.lexsort([np.broadcast_to(label[:, None], times.shape), times], axis=0)[0]
    engine = replace(engine_of(TOWN), threads=threads)

    found_ms, found = engine.nearest_nodes(node, ms, label, backward=backward)

    assert np.array_equal(found_ms, np.take_along_axis(times, order[None], 0)[0])
    assert np.array_equal(found, label[order])
    none_ms, none = engine.nearest_nodes(node[:0], ms[:0], label[:0], backward=backward)
    assert (none_ms == 2**62).all()
    assert (none == -1).all()


# ------------------------------------------------------------------------------------------------------------ lanes


@njit
def _pull(times, arcs, out, row, fresh):
    pull(times, arcs, uint64(0), uint64(arcs.size), out, uint64(row), fresh)


@njit
def _push(times, arcs, row):
    push(times, arcs, uint64(0), uint64(arcs.size), uint64(row))


@njit
def _sums(times, row, cutoff, amount, sums, amounts):
    add_within(times, uint64(row), uint32(cutoff), amount, sums)
    return mask_within(times, uint64(row), uint32(cutoff)), sum_within(times, uint64(row), uint32(cutoff), amounts)


@njit
def _turn_and_keep(square, turned, lane, cutoff, ids, out_id, out_ms, at):
    turn(square, turned)
    return keep_within(turned, uint64(lane), uint32(cutoff), ids, out_id, out_ms, uint64(at))


@njit
def _pairs(times, arc, count, other, up, down, out):
    offer_pairs(times, uint64(arc), uint64(count), uint32(up), uint32(down), out, uint64(other))
    return settle_pairs(times, uint64(arc), uint64(count), uint64(other), uint32(up), uint32(down))


def rows(rng, count):
    times = rng.integers(0, 5000, (count, LANES)).astype(np.uint32)
    times[rng.random(times.shape) < 0.3] = NEVER_MS
    return times


def packed(node, ms):
    return (np.array(ms, np.uint64) << np.uint64(32)) | np.array(node, np.uint64)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("count", [0, 2, 6])
def test_rows_are_pulled_lane_by_lane_and_never_stays_never(fresh, count):
    rng = np.random.default_rng(count)
    times = rows(rng, 9)
    node, ms = rng.integers(0, 9, count), rng.integers(0, 2**30, count)
    ms[:1] = 0
    offers = [np.minimum(times[v].astype(np.int64) + m, NEVER_MS) for v, m in zip(node, ms, strict=True)]
    before = np.full(LANES, NEVER_MS) if fresh else times[4].astype(np.int64)
    expected = np.minimum.reduce([before, *offers])
    flat = times.copy().ravel()

    _pull(flat, packed(node, ms), flat, 4, fresh)

    assert np.array_equal(flat.reshape(9, -1)[4], expected)
    assert np.array_equal(np.delete(flat.reshape(9, -1), 4, 0), np.delete(times, 4, 0))


def test_rows_are_pushed_lane_by_lane():
    rng = np.random.default_rng(2)
    times = rows(rng, 6)
    flat = times.copy().ravel()
    _push(flat, packed([0, 3, 5], [7, 2**30 - 1, 0]), 1)

    for node, ms in ((0, 7), (3, 2**30 - 1), (5, 0)):
        times[node] = np.minimum(times[node].astype(np.int64), times[1].astype(np.int64) + ms)
    assert np.array_equal(flat.reshape(6, -1), times)


@pytest.mark.parametrize("cutoff", [0, 2500, 4999, NEVER_MS - 1])
def test_amounts_are_added_and_summed_for_the_lanes_inside(cutoff):
    rng = np.random.default_rng(3)
    times, amounts, sums = rows(rng, 3), rng.integers(-(2**50), 2**50, LANES), rng.integers(0, 99, LANES)
    inside = times[2] <= cutoff
    expected = sums + np.where(inside, 2**45 + 1, 0)

    bits, total = _sums(times.ravel(), 2, cutoff, 2**45 + 1, sums, amounts)

    assert bits == sum(1 << lane for lane in np.flatnonzero(inside))
    assert total == amounts[inside].sum()
    assert np.array_equal(sums, expected)


@pytest.mark.parametrize("cutoff", [0, 2500, NEVER_MS - 1])
def test_squares_turn_and_what_is_inside_is_kept_in_order_and_nothing_else_touched(cutoff):
    rng = np.random.default_rng(4)
    square, ids = rows(rng, LANES), rng.permutation(1000)[:LANES].astype(np.int32)
    turned, out_id, out_ms = np.zeros(LANES**2, np.uint32), np.full(40, -1, np.int32), np.full(40, -1, np.int32)

    kept = _turn_and_keep(square.ravel(), turned, 5, cutoff, ids, out_id, out_ms, 3)

    column = square[:, 5]
    assert np.array_equal(turned.reshape(LANES, -1), square.T)
    assert kept == np.count_nonzero(column <= cutoff)
    assert np.array_equal(out_id[3 : 3 + kept], ids[column <= cutoff])
    assert np.array_equal(out_ms[3 : 3 + kept], column[column <= cutoff])
    for out in (out_id, out_ms):
        assert (np.delete(out, np.arange(3, 3 + kept)) == -1).all()


@pytest.mark.parametrize("count", [0, 1, 5, 7, 8, 9, 16, 19])
def test_pairs_are_offered_and_settled_and_no_other_is_touched(count):
    rng = np.random.default_rng(count)
    times = rng.integers(0, 900, (60, 2)).astype(np.uint32)
    times[rng.random(times.shape) < 0.2] = NEVER_MS
    arc, other, up, down = 3, 31, 41, 77
    more, out = np.array([up, down], np.uint32), np.full((60, 2), 600, np.uint32)
    here, over = times[arc : arc + count].copy(), times[other : other + count].copy()
    expected, settled = out.copy(), times.copy()
    expected[other : other + count] = np.minimum(600, here + more)
    settled[arc : arc + count] = np.minimum(here, over + more)

    best = _pairs(times, arc, count, other, up, down, out)

    assert np.array_equal(out, expected)
    assert np.array_equal(times, settled)
    assert [best & 0xFFFFFFFF, best >> 32] == np.min(here + over[:, ::-1], axis=0, initial=NEVER_MS).tolist()
