from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from engines import Gated, hierarchy
from paper.streets import both, build, joins_at, oneway
from tangles import lattice, scipy_times, scipy_trips, somewhere, tangle

from accessgis.travel import hierarchy_engine, sweep
from accessgis.travel.cone import cone_of
from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, TooSlowError, lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import order_of
from accessgis.travel.snap import price
from accessgis.travel.trips import arrivals, trips_between, trips_from_nodes

S = 1000


def laid(network, rank):
    order = order_of(np.array(rank, np.int32), network.roads.tail, network.roads.head)
    with ThreadPoolExecutor(1) as workers:
        return lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers)


def stops_at(network, nodes):
    return trips_from_nodes(network.roads.node_count, nodes).sources


def stretches(engine, trips, cutoff_ms):
    """Return for each batch the stretches of rows swept, and the gates."""
    aim = engine._aim(trips, by_row=True)
    plan, names = engine._plan(trips, aim, cutoff_ms)
    desk, before, found = hierarchy_engine._desk(plan), np.empty(0, np.int64), []
    for first in range(0, names.size, 16):
        before = sweep._search(plan, desk, first, min(first + 16, names.size), before)
        found.append([tuple(pair) for pair in before.reshape(-1, 2).tolist()])
    return found, plan


def swept_rows(engine, trips, cutoff_ms):
    return [sum(last - first for first, last in batch) for batch in stretches(engine, trips, cutoff_ms)[0]]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_cone_holds_the_targets_and_all_that_leads_down_to_them(backward, seed):
    network = tangle(120, seed)
    built = hierarchy(network)
    targets = np.random.default_rng(seed).integers(0, 120, 7)
    down = built.up if backward else built.down

    cone, _ = cone_of(built, stops_at(network, targets), backward=backward)

    def heads(p):
        return [int(arc) & 0xFFFFFFFF for arc in down.arc[down.start[p] : down.start[p + 1]]]

    wanted = set(built.order.position[targets].tolist())
    for p in range(119, -1, -1):
        wanted |= set(heads(p)) if p in wanted else set()
    assert np.flatnonzero(cone.row >= 0).tolist() == sorted(wanted)
    assert cone.row[sorted(wanted)].tolist() == list(range(len(wanted)))
    assert 0 < len(wanted) < 120
    for p in wanted:
        row = cone.row[p]
        arcs = cone.arc[cone.start[row] : cone.start[row + 1]]
        assert (arcs & np.uint64(0xFFFFFFFF)).tolist() == cone.row[heads(p)].tolist()
        assert (arcs >> np.uint64(32)).tolist() == (
            down.arc[down.start[p] : down.start[p + 1]] >> np.uint64(32)
        ).tolist()
        assert (arcs & np.uint64(0xFFFFFFFF) < row).all()


def test_a_cone_of_all_junctions_shares_the_arcs_of_the_hierarchy():
    network = tangle(50, 1)
    built = hierarchy(network)

    cone, _ = cone_of(built, stops_at(network, range(50)), backward=False)

    assert np.shares_memory(cone.arc, built.down.arc)
    assert cone.row.tolist() == list(range(50))


def test_legs_are_read_in_pairs():
    network = lattice(4, 1)
    targets = arrivals(
        network, price(joins_at([[(0, 0.5, 0)], [], [(1, 0.0, 1), (2, 0.5, 0)]]), network), backward=False
    )

    cone, _ = cone_of(hierarchy(network), targets.stops, backward=False)

    counts = np.diff(targets.stops.start)
    assert np.diff(cone.leg_start).tolist() == (counts + counts % 2).tolist()
    for i in range(3):
        rows = slice(targets.stops.start[i], targets.stops.start[i + 1])
        place = hierarchy(network).order.position[targets.stops.node[rows]]
        plain = {(int(ms), int(cone.row[p])) for ms, p in zip(targets.stops.ms[rows], place, strict=True)}
        legs = cone.leg[cone.leg_start[i] : cone.leg_start[i + 1]].tolist()
        assert {(leg >> 32, leg & 0xFFFFFFFF) for leg in legs} == plain


def test_an_odd_number_of_legs_repeats_the_last():
    network = build([(0, 0), (1, 0), (2, 0)], [oneway(0, 1, 10), oneway(2, 1, 10)])
    # entered through 0 and 2 at half-way of each one-way street, and through 0 again at its very beginning
    targets = price(joins_at([[(0, 0.5, 0)], [(0, 0.5, 0), (1, 0.5, 0), (0, 0.0, 3)]]), network)
    stops = arrivals(network, targets, backward=False).stops

    cone, _ = cone_of(hierarchy(network), stops, backward=False)

    assert cone.leg_start.tolist() == [0, 2, 6]
    assert cone.leg[0] == cone.leg[1]
    assert cone.leg[4] == cone.leg[5] == (3000 << 32 | int(cone.leg[0]) & 0xFFFFFFFF)


def test_a_leg_of_298_hours_is_refused():
    network = lattice(3, 1)
    stops = stops_at(network, [0, 1])
    built = hierarchy(network)

    cone_of(built, replace(stops, ms=stops.ms + LONGEST_MS - 1), backward=False)
    with pytest.raises(TooSlowError):
        cone_of(built, replace(stops, ms=stops.ms + LONGEST_MS), backward=False)


def test_targets_are_listed_at_the_lowest_row_of_each_edge_that_they_stand_on():
    # 0 ── 1 ── 2 ── 3 ── 4, the middle on top: 2 at position 0, then each side as a branch
    network = build([(float(i), 0.0) for i in range(5)], [both(i, i + 1, 10) for i in range(4)])
    built = laid(network, [0, 1, 4, 3, 2])
    assert built.order.position.tolist() == [4, 3, 0, 1, 2] or built.order.position.tolist() == [2, 1, 0, 3, 4]
    points = price(
        joins_at([[(0, 0.5, 0)], [(1, 0.5, 0)], [(0, 0.5, 0), (3, 0.5, 0)], [(1, 0.5, 0), (2, 0.5, 0)]]), network
    )

    cone, _ = cone_of(built, arrivals(network, points, backward=False).stops, backward=False)

    position = built.order.position.tolist()
    listed = {
        target: {p for p in range(5) if target in cone.at[cone.at_start[p] : cone.at_start[p + 1]].tolist()}
        for target in range(4)
    }
    assert listed == {
        0: {position[0]},  # not at 1, which lies above
        1: {position[1]},  # not at 2, the top
        2: {position[0], position[4]},  # two roads that have nothing to do with each other
        3: {position[1], position[3]},
    }
    assert cone.at.size == 6


def test_a_target_at_one_junction_twice_is_listed_once():
    network = lattice(3, 1)
    stops = price(joins_at([[(0, 0.0, 1), (0, 0.0, 4)]]), network)
    cone, _ = cone_of(hierarchy(network), arrivals(network, stops, backward=False).stops, backward=False)

    assert cone.at.tolist() == [0]


# ------------------------------------------------------------------------------------------------------------- gates

#  9 ── a ── 0 ── 1 ── … ── 399 ── b ── 9     the long street is one branch, and a and b the junctions around it
LONG = 400
A, B, HOUSE_A, HOUSE_B = LONG, LONG + 1, LONG + 2, LONG + 3


def long_street(*, a_on_top=False, from_b=False):
    """Eliminate the street from one end, so that every gate in it keeps the junction at that end around it."""
    streets = [both(i, i + 1, S) for i in range(LONG - 1)]
    streets += [both(A, 0, S), both(LONG - 1, B, S), both(HOUSE_A, A, S), both(HOUSE_B, B, S)]
    network = build([(float(i), 0.0) for i in range(LONG + 4)], streets)
    top = [LONG + 3, LONG + 2] if a_on_top else [LONG + 2, LONG + 3]
    street = range(LONG + 1, 1, -1) if from_b else range(2, LONG + 2)
    return network, laid(network, [*street, *top, 0, 1])


def test_a_branch_is_a_gate_with_the_junctions_around_it():
    network, built = long_street()

    _, gates = cone_of(built, stops_at(network, range(LONG + 4)), backward=False)

    position = built.order.position
    around = {tuple(sorted(gates.around[a:b].tolist())) for a, b in zip(gates.start[:-1], gates.start[1:], strict=True)}
    assert tuple(sorted(position[[A, B]].tolist())) in around
    assert (gates.end - gates.row >= 256).all()
    for gate, door in enumerate(gates.row.tolist()):
        assert gates.end[gate] == built.order.end[door]  # all rows are needed
        behind = np.flatnonzero(gates.row >= gates.end[gate])
        assert gates.after[gate] == (behind[0] if behind.size else gates.row.size)


@pytest.mark.parametrize("a_on_top", [False, True])
@pytest.mark.parametrize("from_b", [False, True])
def test_a_branch_is_swept_when_either_junction_around_it_is_in_reach(a_on_top, from_b):
    network, built = long_street(a_on_top=a_on_top, from_b=from_b)
    trips = trips_from_nodes(LONG + 4, [HOUSE_B if from_b else HOUSE_A])
    engine = HierarchyEngine(hierarchy=built, threads=1)

    # one second to the nearer junction, two to the first of the street
    assert swept_rows(engine, trips, S) == [LONG + 4]
    assert max(swept_rows(engine, trips, S - 1)) <= 4 + LONG - 256
    for cutoff_ms, count in ((S - 1, 1), (S, 2), (2 * S, 3), (5 * S, 6), (600 * S, LONG + 4)):
        found = engine.within(trips, cutoff_ms=cutoff_ms)
        expected = scipy_times(network, trips.sources.node)[0]
        assert found.target.size == count
        assert np.array_equal(found.target, np.flatnonzero(expected <= cutoff_ms))
        assert np.array_equal(found.ms, expected[expected <= cutoff_ms])


def test_a_branch_in_which_somebody_starts_is_swept():
    _, built = long_street()
    engine = HierarchyEngine(hierarchy=built, threads=1)

    found = engine.within(trips_from_nodes(LONG + 4, [200]), cutoff_ms=3 * S)

    assert found.target.tolist() == list(range(197, 204))


def test_a_point_on_two_unrelated_roads_is_found_by_the_one_in_reach():
    network, built = long_street()
    far, near = 10, LONG + 2  # edges: the eleventh of the street, and the one to the house at b
    points = price(joins_at([[(far, 0.5, 0), (near, 0.5, 0)], [(far, 0.5, 0)]]), network)
    from_b = price(joins_at([[(near, 0.0, 0)]]), network)
    trips = trips_between(network, from_b, arrivals(network, points, backward=False))
    for made in (HierarchyEngine, Gated):
        found = made(hierarchy=built, threads=1).within(trips, cutoff_ms=S)
        assert (found.target.tolist(), found.ms.tolist()) == ([0], [500])


@pytest.mark.parametrize("made", [HierarchyEngine, Gated])
def test_small_reaches_sweep_few_rows_and_unlimited_ones_all(made):
    network = lattice(60, 3)
    corners = np.array([0, 1, 2, 3, 60, 61, 62, 63, 120, 121, 122, 123, 180, 181, 182, 183], np.int32)
    trips = trips_from_nodes(3600, np.concatenate([corners, 3599 - corners]))
    engine = made(hierarchy=hierarchy(network), threads=1)

    few, all_of_them = swept_rows(engine, trips, 10_000), swept_rows(engine, trips, 10**8)

    assert all_of_them == [3600, 3600]
    assert max(few) < 1800
    assert stretches(engine, trips, 10_000)[1].gates.row.size > 3


def test_stretches_ascend_and_leave_out_whole_gates():
    network = lattice(60, 3)
    engine = HierarchyEngine(hierarchy=hierarchy(network), threads=1)
    trips = trips_from_nodes(3600, np.arange(0, 3600, 37))
    found, plan = stretches(engine, trips, 8_000)
    doors, ends = set(plan.gates.row.tolist()), set(plan.gates.end.tolist())

    left_out = 0
    for batch in found:
        row = 0
        for first, last in batch:
            assert row <= first < last
            if first > row:
                left_out += 1
                assert row in doors
                assert first in ends
            row = last
        assert row in ends | {3600}
    assert left_out > 10


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("made", [HierarchyEngine, Gated])
@pytest.mark.parametrize("cutoff_ms", [0, 4_000, 25_000])
def test_what_one_batch_left_behind_a_gate_does_not_show_in_the_next(threads, made, cutoff_ms):
    network = lattice(50, 5)
    nodes = np.random.default_rng(2).permutation(2500)[:1000].astype(np.int32)
    trips, times = trips_from_nodes(2500, nodes), scipy_times(network, nodes)
    engine = made(hierarchy=hierarchy(network), threads=threads)

    for _ in range(2):
        found = engine.within(trips, cutoff_ms=cutoff_ms)
        source, target = np.nonzero(times <= cutoff_ms)
        assert np.array_equal(np.diff(found.start), (times <= cutoff_ms).sum(axis=1))
        assert np.array_equal(found.target, target)
        assert np.array_equal(found.ms, times[source, target])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("backward", [False, True])
def test_a_point_reached_along_its_arc_behind_a_closed_gate_has_no_other_time(threads, backward):
    """Trips along one arc name points whose rows nobody has swept."""
    network = lattice(50, 6)
    network = replace(network, arc_ms=network.arc_ms * 1000)  # so long that nothing but one's own street is in reach
    ends = somewhere(network, 600, seed=3)
    trips = trips_between(network, ends, arrivals(network, ends, backward=backward))
    times = scipy_trips(network, ends, ends)
    times = times.T if backward else times
    engine = Gated(hierarchy=hierarchy(network), threads=threads)

    for cutoff_ms in (9_000, 900_000):
        found = engine.within(trips, cutoff_ms=cutoff_ms)
        assert np.array_equal(found.ms, times[times <= cutoff_ms])


def test_desks_are_left_as_they_were_found():
    network = lattice(60, 3)
    engine = HierarchyEngine(hierarchy=hierarchy(network), threads=2)
    trips = trips_from_nodes(3600, np.arange(0, 3600, 37))

    engine.within(trips, cutoff_ms=9_000)
    engine.nearest(trips)

    desks = [desk for aim in engine._aims.values() for desk in aim.desks[True]]
    assert len(desks) >= 2  # for the targets by row and as they are numbered
    assert all((desk.times == NEVER_MS).all() for desk in desks)
