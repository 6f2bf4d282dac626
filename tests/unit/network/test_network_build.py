"""What one profile makes of roads: directions, milliseconds, islands."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper.ways import drawn

from accessgis.base.errors import UsageError
from accessgis.network.build import build_network
from accessgis.network.profiles import load_profiles

PROFILES = load_profiles()
ROAD = {"highway": "residential"}
ONE_WAY = {"highway": "residential", "oneway": "yes"}


def arcs(network):
    """Return (edge, tail, head, ms) of every arc, in order."""
    columns = network.arc_edge, network.arc_tail, network.arc_head, network.arc_ms
    return [tuple(int(value) for value in row) for row in zip(*columns, strict=True)]


def test_walkers_take_a_one_way_street_both_ways_and_cars_do_not():
    roads = drawn({1: (0, 0), 2: (100, 0), 3: (300, 0)}, [([1, 2], ONE_WAY), ([2, 3], ROAD)])

    # 100 m at 4 km/h: 90 s; at 20 km/h: 18 s.
    assert arcs(build_network(roads, PROFILES["walk"])) == [
        (0, 0, 1, 90_000),
        (0, 1, 0, 90_000),
        (1, 1, 2, 180_000),
        (1, 2, 1, 180_000),
    ]
    assert arcs(build_network(roads, PROFILES["vehicle"])) == [(0, 0, 1, 18_000), (1, 1, 2, 36_000), (1, 2, 1, 36_000)]
    assert build_network(roads, PROFILES["vehicle"]).arc_forward.tolist() == [True, True, False]


def test_a_road_signed_against_its_drawing_is_open_backward():
    roads = drawn({1: (0, 0), 2: (100, 0)}, [([1, 2], {"highway": "residential", "oneway": "-1"})])

    assert arcs(build_network(roads, PROFILES["vehicle"])) == [(0, 1, 0, 18_000)]


def test_cars_go_round_a_roundabout_one_way():
    #      2
    #    /   \        arms at 1, 2 and 3
    #   1 ─── 3
    nodes = {1: (0, 0), 2: (40, 30), 3: (80, 0), 4: (-50, 0), 5: (40, 90), 6: (130, 0)}
    ring = {"highway": "tertiary", "junction": "roundabout"}
    roads = drawn(nodes, [([1, 3, 2, 1], ring), ([4, 1], ROAD), ([5, 2], ROAD), ([6, 3], ROAD)])
    car = build_network(roads, PROFILES["vehicle"])

    assert [(tail, head) for edge, tail, head, _ in arcs(car) if edge < 3] == [(0, 2), (2, 1), (1, 0)]
    assert not car.island.any()
    assert sum(build_network(roads, PROFILES["walk"]).arc_edge < 3) == 6


@pytest.mark.parametrize(
    ("maxspeed", "central_ms", "high_ms"),
    [
        # primary: 60 km/h (48–72); 1000 m
        (None, 60_000, 50_000),
        ("40", 90_000, 90_000),
        ("60", 60_000, 60_000),
        ("100", 60_000, 50_000),
        ("30 mph", 74_565, 74_565),  # 48.28032 km/h: 74,564.54
        ("none", 60_000, 50_000),
        ("CN:urban", 72_000, 72_000),
        ("XX:nowhere", 60_000, 50_000),
        ("0", 60_000, 50_000),
    ],
)
def test_a_posted_limit_lowers_a_car_and_never_hurries_it(maxspeed, central_ms, high_ms):
    tags = {"highway": "primary"} | ({"maxspeed": maxspeed} if maxspeed else {})
    roads = drawn({1: (0, 0), 2: (1000, 0)}, [([1, 2], tags)])

    assert build_network(roads, PROFILES["vehicle"]).arc_ms.tolist() == [central_ms] * 2
    assert build_network(roads, PROFILES["vehicle"], case="high").arc_ms.tolist() == [high_ms] * 2


def test_a_limit_may_hold_in_one_direction():
    tags = {"highway": "primary", "maxspeed": "50", "maxspeed:backward": "30"}
    roads = drawn({1: (0, 0), 2: (1000, 0)}, [([1, 2], tags)])

    assert build_network(roads, PROFILES["vehicle"]).arc_ms.tolist() == [72_000, 120_000]


def test_limits_do_not_slow_walkers_or_riders():
    roads = drawn({1: (0, 0), 2: (1000, 0)}, [([1, 2], {"highway": "residential", "maxspeed": "5"})])

    assert build_network(roads, PROFILES["walk"]).arc_ms.tolist() == [900_000] * 2
    assert build_network(roads, PROFILES["ebike"]).arc_ms.tolist() == [180_000] * 2


def test_an_unpaved_road_slows_a_car():
    roads = drawn({1: (0, 0), 2: (1000, 0)}, [([1, 2], {"highway": "primary", "surface": "gravel"})])

    assert build_network(roads, PROFILES["vehicle"]).arc_ms.tolist() == [120_000] * 2


def test_every_profile_at_every_case():
    roads = drawn({1: (0, 0), 2: (1200, 0)}, [([1, 2], {"highway": "tertiary"})])
    taken = {
        name: [int(build_network(roads, profile, case=case).arc_ms[0]) for case in ("low", "central", "high")]
        for name, profile in PROFILES.items()
    }

    assert taken == {
        "walk": [1_350_000, 1_080_000, 900_000],
        "walk-elderly": [1_800_000, 1_440_000, 1_200_000],
        "walk-carer": [1_661_538, 1_350_000, 1_136_842],
        "bicycle": [432_000, 360_000, 288_000],
        "ebike": [288_000, 216_000, 172_800],
        "vehicle": [180_000, 144_000, 120_000],
    }


def test_walking_speed_of_the_case_goes_along():
    roads = drawn({1: (0, 0), 2: (9, 0)}, [([1, 2], ROAD)])

    assert build_network(roads, PROFILES["vehicle"], case="low").walking_kph == 3.2


def test_a_ferry_takes_its_stated_duration_and_else_the_ferry_speed():
    nodes = {1: (0, 0), 2: (2000, 0), 3: (0, 10), 4: (2000, 10)}
    stated = {"route": "ferry", "duration": "0:12"}
    roads = drawn(nodes, [([1, 2], stated), ([3, 4], {"route": "ferry"})])
    walk = build_network(roads, PROFILES["walk"])

    assert walk.arc_ms.tolist() == [720_000, 720_000, 900_000, 900_000]
    assert not walk.joinable.any()
    assert not build_network(roads, PROFILES["vehicle"]).arc_ms.size


def test_a_bollard_lets_walkers_through_in_no_time_and_cars_not_at_all():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    roads = drawn(nodes, [([1, 2, 3], ROAD)], barriers={2: {"barrier": "bollard"}})

    def time(profile):
        network = build_network(roads, PROFILES[profile])
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(range(roads.node_count))
        graph.add_weighted_edges_from((tail, head, ms) for _, tail, head, ms in arcs(network))
        start, end = int(roads.tail[0]), int(roads.head[1])
        return nx.dijkstra_path_length(graph, start, end) if nx.has_path(graph, start, end) else None

    assert time("walk") == 180_000
    assert time("ebike") == 36_000
    assert time("vehicle") is None


def test_islands_are_all_components_but_the_longest_by_length():
    # Three short edges (150 m) against one long edge (200 m): the long one is the main network.
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (150, 0), 5: (0, 500), 6: (200, 500)}
    roads = drawn(nodes, [([1, 2], ROAD), ([2, 3], ROAD), ([3, 4], ROAD), ([5, 6], ROAD)])

    assert build_network(roads, PROFILES["walk"]).island.tolist() == [True, True, True, False]


def test_of_two_equal_components_the_one_with_the_lowest_node_is_the_main_one():
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 500), 4: (100, 500)}
    roads = drawn(nodes, [([4, 3], ROAD), ([2, 1], ROAD)])

    assert roads.node_y[[0, 1]].tolist() == [0, 0]
    assert build_network(roads, PROFILES["walk"]).island.tolist() == [True, False]


def test_a_street_that_cars_can_enter_but_not_leave_is_an_island_for_cars_alone():
    nodes = {1: (0, 0), 2: (100, 0), 3: (300, 0)}
    roads = drawn(nodes, [([1, 2], ROAD), ([2, 3], ONE_WAY)])

    # The one-way street is longer, but it has no way back: its edge lies between two components.
    assert build_network(roads, PROFILES["vehicle"]).island.tolist() == [False, True]
    assert build_network(roads, PROFILES["bicycle"]).island.tolist() == [False, True]
    assert build_network(roads, PROFILES["walk"]).island.tolist() == [False, False]


def test_a_passage_that_walkers_take_one_way_is_no_island():
    nodes = {1: (0, 0), 2: (100, 0), 3: (300, 0)}
    roads = drawn(nodes, [([1, 2], ROAD), ([2, 3], {"highway": "footway", "oneway:foot": "yes"})])

    assert build_network(roads, PROFILES["walk"]).arc_edge.tolist() == [0, 0, 1]
    assert not build_network(roads, PROFILES["walk"]).island.any()


def test_edges_closed_to_the_mode_are_neither_joinable_nor_islands():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    roads = drawn(nodes, [([1, 2], ROAD), ([2, 3], {"highway": "footway"})])
    car = build_network(roads, PROFILES["vehicle"])

    assert car.joinable.tolist() == [True, False]
    assert car.island.tolist() == [False, False]


def test_a_class_without_a_speed_is_said():
    roads = drawn({1: (0, 0), 2: (9, 0)}, [([1, 2], ROAD)])
    slow = replace(PROFILES["vehicle"], class_speed_kph={})

    with pytest.raises(UsageError) as raised:
        build_network(roads, slow)
    assert raised.value.code == "AG2046"


def test_heights_of_another_length_are_refused():
    roads = drawn({1: (0, 0), 2: (9, 0)}, [([1, 2], ROAD)])

    with pytest.raises(ValueError, match="one value per vertex"):
        build_network(roads, PROFILES["walk"], heights=np.zeros(3))


def test_no_roads_make_an_empty_network():
    roads = drawn({1: (0, 0)}, [([1, 1], ROAD)])

    assert roads.edge_count == 0
    assert build_network(roads, PROFILES["walk"], heights=np.zeros(0)).arc_ms.size == 0


PLACES = {ref: (ref * 13.0, float((ref * ref * 7) % 101)) for ref in range(10)}
SIGNS = st.sampled_from(["yes", "no", "-1"])
DRAWINGS = st.lists(st.tuples(st.lists(st.integers(0, 9), min_size=2, max_size=4, unique=True), SIGNS), min_size=1)


@given(DRAWINGS, st.sampled_from(["vehicle", "walk"]))
def test_islands_agree_with_networkx(ways, name):
    roads = drawn(PLACES, [(refs, ROAD | {"oneway": sign}) for refs, sign in ways])
    network = build_network(roads, PROFILES[name])
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(roads.node_count))
    graph.add_edges_from((tail, head) for _, tail, head, _ in arcs(network))
    find = nx.strongly_connected_components if name == "vehicle" else nx.weakly_connected_components
    parts = sorted((sorted(part) for part in find(graph)), key=lambda part: part[0])

    def inside(part):
        return [edge for edge in range(roads.edge_count) if {int(roads.tail[edge]), int(roads.head[edge])} <= set(part)]

    lengths = [sum(float(roads.length_m[edge]) for edge in inside(part)) for part in parts]
    # Lengths that differ by rounding alone are not told apart here.
    best = [parts[at] for at, length in enumerate(lengths) if length > max(lengths) - 1e-6]
    held = set(np.flatnonzero(~network.island).tolist())

    assert held in [set(inside(part)) for part in best]
