"""Ways become edges from junction to junction."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper.ways import GK111, drawn, edge_list, raw_ways
from pyproj import CRS

from accessgis.network.build import build_roads
from accessgis.network.model import BICYCLE, FOOT

ROAD = {"highway": "residential"}


def shape(roads, edge):
    part = slice(roads.shape_start[edge], roads.shape_start[edge + 1])
    return list(zip(roads.shape_x[part].tolist(), roads.shape_y[part].tolist(), strict=True))


def test_a_way_is_split_where_another_meets_it_and_nowhere_else():
    # 1 ── 2 ── 3 ── 4        way 1
    #           │
    #           5             way 2
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (350, 0), 5: (200, -80)}
    roads = drawn(nodes, [([1, 2, 3, 4], ROAD), ([3, 5], ROAD)])

    assert edge_list(roads) == [(1, 0, 1, 200.0), (1, 1, 2, 150.0), (2, 1, 3, 80.0)]
    assert shape(roads, 0) == [(0, 0), (100, 0), (200, 0)]
    assert roads.node_x.tolist() == [0, 200, 350, 200]


def test_ways_that_follow_each_other_are_not_merged():
    roads = drawn({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [([1, 2], ROAD), ([2, 3], ROAD)])

    assert edge_list(roads) == [(1, 0, 1, 100.0), (2, 1, 2, 100.0)]


def test_lines_that_only_cross_do_not_meet():
    nodes = {1: (0, 0), 2: (100, 100), 3: (0, 100), 4: (100, 0)}

    assert drawn(nodes, [([1, 2], ROAD), ([3, 4], ROAD)]).node_count == 4


def test_parallel_edges_stay():
    nodes = {1: (0, 0), 2: (100, 0), 3: (50, 50)}
    roads = drawn(nodes, [([1, 2], ROAD), ([1, 3, 2], ROAD), ([2, 1], ROAD)])

    assert [(tail, head) for _, tail, head, _ in edge_list(roads)] == [(0, 1), (0, 1), (1, 0)]


def test_a_loop_is_cut_at_half_its_length_between_vertices():
    # A triangle of 300, 400 and 500: half of 1200 is 300 beyond the second vertex.
    roads = drawn({1: (0, 0), 2: (300, 0), 3: (300, 400)}, [([1, 2, 3, 1], ROAD)])

    assert edge_list(roads) == [(1, 0, 1, 600.0), (1, 1, 0, 600.0)]
    assert (roads.node_x[1], roads.node_y[1]) == (300.0, 300.0)
    assert shape(roads, 0) == [(0, 0), (300, 0), (300, 300)]
    assert shape(roads, 1) == [(300, 300), (300, 400), (0, 0)]


def test_a_loop_whose_middle_is_a_vertex_is_cut_there():
    square = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    roads = drawn(square, [([1, 2, 3, 4, 1], ROAD)])

    assert [shape(roads, edge) for edge in (0, 1)] == [
        [(0, 0), (100, 0), (100, 100)],
        [(100, 100), (0, 100), (0, 0)],
    ]


def test_loops_and_other_edges_keep_their_order_and_shapes():
    # A stem with a loop at its end, then a plain way from the stem's foot.
    nodes = {1: (0, 0), 2: (50, 0), 3: (150, 0), 4: (150, 100), 5: (50, 100), 6: (-70, 0)}
    roads = drawn(nodes, [([1, 2, 3, 4, 5, 2], ROAD), ([1, 6], ROAD)])

    assert [(way, length) for way, _, _, length in edge_list(roads)] == [(1, 50.0), (1, 200.0), (1, 200.0), (2, 70.0)]
    assert shape(roads, 3) == [(0, 0), (-70, 0)]
    assert (roads.tail != roads.head).all()


def test_there_and_back_again_is_a_loop():
    roads = drawn({1: (0, 0), 2: (80, 0)}, [([1, 2, 1], ROAD)])

    assert edge_list(roads) == [(1, 0, 1, 80.0), (1, 1, 0, 80.0)]


def test_repeated_vertices_are_dropped_and_edges_of_no_length_stay():
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 0), 4: (100, 0), 5: (200, 0), 6: (100, 50)}
    # 2, 3 and 4 lie on one spot; 4 is a junction, so the edge 1 … 4 ends there, once.
    roads = drawn(nodes, [([1, 1, 2, 3, 4, 5], ROAD), ([4, 6], ROAD), ([2, 6], ROAD)])

    assert edge_list(roads)[:3] == [(1, 0, 1, 100.0), (1, 1, 2, 0.0), (1, 2, 3, 100.0)]
    assert shape(roads, 1) == [(100, 0), (100, 0)]


def test_a_run_of_equal_vertices_before_a_junction_keeps_one():
    nodes = {1: (0, 0), 2: (50, 0), 3: (100, 0), 4: (100, 0), 5: (100, 0), 6: (100, 70)}
    roads = drawn(nodes, [([1, 2, 3, 4, 5], ROAD), ([5, 6], ROAD)])

    assert shape(roads, 0) == [(0, 0), (50, 0), (100, 0)]


def test_a_way_of_one_place_gives_no_edge():
    roads = drawn({1: (0, 0), 2: (9, 0)}, [([1, 1], ROAD), ([1, 2], ROAD)])

    assert edge_list(roads) == [(2, 0, 1, 9.0)]


def test_a_bollard_stops_cars_and_nobody_else():
    # 1 ── B ── 3, with a side street at the bollard
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 90)}
    roads = drawn(nodes, [([1, 2, 3], ROAD), ([2, 4], ROAD)], barriers={2: {"barrier": "bollard"}})

    assert [length for *_, length in edge_list(roads)] == [100.0, 100.0, 90.0, 0.0, 0.0, 0.0]
    links = slice(3, 6)
    assert (roads.forward[links] == FOOT | BICYCLE).all()
    assert (roads.backward[links] == FOOT | BICYCLE).all()
    assert not roads.joinable[links].any()
    ends = {int(roads.head[0]), int(roads.tail[1]), int(roads.tail[2])}
    assert len(ends) == 3
    assert {int(node) for node in roads.head[links]} == ends
    assert len(set(roads.tail[links].tolist())) == 1
    assert roads.node_x[roads.head[links]].tolist() == [100.0] * 3


def test_a_wall_cuts_the_road():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    roads = drawn(nodes, [([1, 2, 3], ROAD)], barriers={2: {"barrier": "wall"}})

    assert [length for *_, length in edge_list(roads)] == [100.0, 100.0]
    assert roads.head[0] != roads.tail[1]


def test_an_open_gate_and_a_barrier_at_a_dead_end_add_nothing():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    roads = drawn(nodes, [([1, 2, 3], ROAD)], barriers={2: {"barrier": "gate"}, 3: {"barrier": "bollard"}})

    assert edge_list(roads) == [(1, 0, 1, 100.0), (1, 1, 2, 100.0)]


def test_a_stated_duration_is_shared_by_length_and_keeps_its_sum():
    nodes = {1: (0, 0), 2: (1000, 0), 3: (3000, 0), 4: (1000, 5)}
    ferry = {"route": "ferry", "duration": "00:10"}
    roads = drawn(nodes, [([1, 2, 3], ferry), ([2, 4], ROAD)])

    assert roads.duration_ms.tolist() == [200_000, 400_000, -1]


def test_arrays_are_read_only():
    roads = drawn({1: (0, 0), 2: (9, 0)}, [([1, 2], ROAD)])

    with pytest.raises(ValueError, match="read-only"):
        roads.length_m[0] = 1.0


@pytest.mark.parametrize("code", [4326, 2263])
def test_degrees_and_feet_are_refused(code):
    with pytest.raises(ValueError, match="metres"):
        build_roads(raw_ways({1: (0, 0), 2: (1, 1)}, [([1, 2], ROAD)]), crs=CRS.from_epsg(code))


def test_coordinates_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="finite"):
        build_roads(raw_ways({1: (0, 0), 2: (np.nan, 1)}, [([1, 2], ROAD)]), crs=GK111)


def slowly(ways):
    """Split as one would by hand: the oracle of the vectorised code. Returns (way, [node, …]) of every edge."""
    plain = [[ref for place, ref in enumerate(way) if place == 0 or ref != way[place - 1]] for way in ways]
    uses: dict[int, int] = {}
    for way in plain:
        for ref in way:
            uses[ref] = uses.get(ref, 0) + 1
    edges = []
    for number, way in enumerate(plain, start=1):
        current = way[:1]
        for place, ref in enumerate(way[1:], start=1):
            current.append(ref)
            if uses[ref] > 1 or place == len(way) - 1:
                edges.append((number, current))
                current = [ref]
    return edges


# Twelve places, no two of which coincide, three never in line with equal spacing.
PLACES = {ref: (ref * 13.0, float((ref * ref * 7) % 101)) for ref in range(12)}


@given(st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=7), min_size=1, max_size=8))
def test_edges_are_those_of_splitting_by_hand(ways):
    roads = drawn(PLACES, [(way, ROAD) for way in ways])
    expected = []
    for number, refs in slowly(ways):
        points = [PLACES[ref] for ref in refs]
        length = sum(float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in itertools.pairwise(points))
        expected += [(number, length / 2)] * 2 if refs[0] == refs[-1] else [(number, length)]

    assert roads.source_id.tolist() == [number for number, _ in expected]
    np.testing.assert_allclose(roads.length_m, [length for _, length in expected], rtol=0, atol=1e-9)
    assert (roads.tail != roads.head).all()
    for edge in range(roads.edge_count):
        points = shape(roads, edge)
        assert points[0] == (roads.node_x[roads.tail[edge]], roads.node_y[roads.tail[edge]])
        assert points[-1] == (roads.node_x[roads.head[edge]], roads.node_y[roads.head[edge]])
        assert all(a != b for a, b in itertools.pairwise(points))
