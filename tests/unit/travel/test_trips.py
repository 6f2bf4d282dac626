from __future__ import annotations

import numpy as np
import pytest
from paper.streets import both, build, joins_at, no_ends, oneway

from accessgis.travel.snap import price
from accessgis.travel.trips import arrivals, by_arc, trips_between, trips_from_nodes

S = 1000

# 0 ──10 s── 1 ──▸ 4 s ──▸ 2      arcs: 0 ▸ 1, 1 ▸ 0, 1 ▸ 2
NETWORK = build([(0, 0), (1, 0), (2, 0)], [both(0, 1, 10 * S), oneway(1, 2, 4 * S)])


def legs(stops):
    return [
        sorted(zip(stops.node[a:b].tolist(), stops.ms[a:b].tolist(), strict=True))
        for a, b in zip(stops.start[:-1], stops.start[1:], strict=True)
    ]


def direct(trips):
    source = np.repeat(np.arange(trips.sources.count), np.diff(trips.direct_start))
    return sorted(zip(source.tolist(), trips.direct_target.tolist(), trips.direct_ms.tolist(), strict=True))


def ends(*places):
    return price(joins_at(places), NETWORK)


POINTS = ends([(0, 0.25, 3)], [], [(1, 0.5, 0), (0, 1.0, 2)])


def test_a_point_is_left_through_the_heads_of_its_arcs_and_entered_through_their_tails():
    # point 0: 2.5 s from junction 0 and 7.5 s from 1, 3 s off the road; point 2: in the middle of the one-way, or 2 s
    # from junction 1
    left = [[(0, 5500), (1, 10500)], [], [(0, 12 * S), (1, 2 * S), (2, 2 * S)]]
    entered = [[(0, 5500), (1, 10500)], [], [(0, 12 * S), (1, 2 * S), (1, 2 * S)]]

    forward = trips_between(NETWORK, POINTS, arrivals(NETWORK, POINTS, backward=False))
    backward = trips_between(NETWORK, POINTS, arrivals(NETWORK, POINTS, backward=True))

    assert (legs(forward.sources), legs(forward.targets)) == (left, entered)
    assert (legs(backward.sources), legs(backward.targets)) == (entered, left)
    assert (forward.backward, backward.backward) == (False, True)
    assert forward.node_count == backward.node_count == 3


def test_a_trip_along_one_arc_runs_in_its_direction_only():
    sources, targets = ends([(1, 0.25, 0)], [(1, 0.75, 1)]), ends([(1, 0.5, 2)], [(0, 0.5, 0)])

    forward = trips_between(NETWORK, sources, arrivals(NETWORK, targets, backward=False))
    backward = trips_between(NETWORK, sources, arrivals(NETWORK, targets, backward=True))

    assert direct(forward) == [(0, 0, 0 + 1 * S + 2 * S)]
    assert direct(backward) == [(1, 0, 1 * S + 1 * S + 2 * S)]


@pytest.mark.parametrize("backward", [False, True])
def test_two_at_one_place_meet_without_moving(backward):
    one, two = ends([(1, 0.5, 1)]), ends([(1, 0.5, 2)])

    assert direct(trips_between(NETWORK, one, arrivals(NETWORK, two, backward=backward))) == [(0, 0, 3 * S)]


@pytest.mark.parametrize("backward", [False, True])
def test_a_road_both_ways_is_two_arcs_of_which_one_serves_each_pair(backward):
    one, two = ends([(0, 0.25, 0)]), ends([(0, 0.75, 0)], [(0, 0.25, 0)])

    found = direct(trips_between(NETWORK, one, arrivals(NETWORK, two, backward=backward)))

    assert found == [(0, 0, 5 * S), (0, 1, 0), (0, 1, 0)]  # at one place both arcs do


def test_trips_along_arcs_are_listed_by_source():
    sources = ends([(1, 0.1, 0)], [(0, 0.5, 0)], [], [(1, 0.0, 0), (0, 0.0, 0)])
    targets = ends([(1, 0.9, 0)], [(0, 1.0, 0)])

    trips = trips_between(NETWORK, sources, arrivals(NETWORK, targets, backward=False))

    assert trips.direct_start.tolist() == [0, 1, 2, 2, 4]
    assert direct(trips) == [(0, 0, 3200), (1, 1, 5 * S), (3, 0, 3600), (3, 1, 10 * S)]


@pytest.mark.parametrize("backward", [False, True])
def test_nobody_makes_no_trip(backward):
    trips = trips_between(NETWORK, no_ends(0), arrivals(NETWORK, no_ends(2), backward=backward))

    assert (trips.sources.count, trips.targets.count) == (0, 2)
    assert trips.direct_start.tolist() == [0]
    assert legs(trips.targets) == [[], []]


def test_arrivals_serve_any_sources():
    kept = arrivals(NETWORK, POINTS, backward=True)

    for sources in (POINTS, ends([(0, 0.5, 0)])):
        again = trips_between(NETWORK, sources, arrivals(NETWORK, POINTS, backward=True))
        trips = trips_between(NETWORK, sources, kept)
        assert trips.targets is kept.stops  # so that engines know them again
        assert legs(trips.targets) == legs(again.targets)
        assert direct(trips) == direct(again)


def test_rows_by_arc():
    order, start = by_arc(POINTS, NETWORK)

    assert POINTS.arc[order].tolist() == sorted(POINTS.arc.tolist())
    assert start.tolist() == [0, 2, 4, 5]
    assert by_arc(no_ends(3), NETWORK)[1].tolist() == [0, 0, 0, 0]


def test_junctions_are_points_without_legs():
    every = trips_from_nodes(4, [2, 0])
    some = trips_from_nodes(4, [2], [3, 3], backward=True)

    assert (legs(every.sources), legs(every.targets)) == ([[(2, 0)], [(0, 0)]], [[(i, 0)] for i in range(4)])
    assert (legs(some.sources), legs(some.targets)) == ([[(2, 0)]], [[(3, 0)], [(3, 0)]])
    assert (every.backward, some.backward) == (False, True)
    assert every.direct_start.tolist() == [0, 0, 0]
    assert trips_from_nodes(0, []).targets.count == 0
