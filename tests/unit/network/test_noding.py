"""Unsplit lines: where they get a vertex, drawn by hand and against GEOS's own noding."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from accessgis.network.noding import _crossed, node_lines


def noded(*lines, bridges=(), closed=(), ramps=()):
    def marked(rows):
        return np.isin(np.arange(len(lines)), rows)

    return node_lines(
        np.array([shapely.LineString(line) for line in lines], dtype=object),
        level=~marked(bridges),
        closed=marked(closed),
        ramps=marked([*closed, *ramps]),
    )


def vertices(found, line):
    return [tuple(xy) for xy in shapely.get_coordinates(found.lines[line]).tolist()]


WEST_EAST, SOUTH_NORTH = [(0, 0), (100, 0)], [(50, -50), (50, 50)]


def test_roads_that_cross_get_one_vertex_in_both():
    found = noded(WEST_EAST, SOUTH_NORTH)

    assert vertices(found, 0) == [(0, 0), (50, 0), (100, 0)]
    assert vertices(found, 1) == [(50, -50), (50, 0), (50, 50)]
    assert (len(found.crossed), len(found.moved), found.loose_line.size) == (1, 0, 0)


def test_bridges_cross_nothing_but_meet_at_their_ends():
    found = noded(WEST_EAST, SOUTH_NORTH, [(0, 0.5), (-50, 0)], bridges=[0])

    assert vertices(found, 0) == [(0, 0), (100, 0)]
    assert vertices(found, 1) == [(50, -50), (50, 50)]
    assert vertices(found, 2) == [(0, 0), (-50, 0)]
    assert (len(found.crossed), len(found.moved)) == (0, 1)


def test_motorways_meet_only_their_ramps():
    ramp, lane = [(20, 1), (20, 50)], [(80, 1), (80, 50)]
    found = noded(WEST_EAST, SOUTH_NORTH, ramp, lane, closed=[0], ramps=[2])

    assert vertices(found, 0) == [(0, 0), (20, 0), (100, 0)]
    assert vertices(found, 1) == [(50, -50), (50, 50)]
    assert vertices(found, 2) == [(20, 0), (20, 50)]
    assert vertices(found, 3) == [(80, 1), (80, 50)]
    assert len(found.moved) == 1


@pytest.mark.parametrize(
    ("gap", "joined", "loose"), [(1.9, 1, 0), (2.1, 0, 1), (29.0, 0, 1), (31.0, 0, 0), (0.0, 0, 0)]
)
def test_ends_near_a_road_are_joined_or_listed(gap, joined, loose):
    found = noded(WEST_EAST, [(50, gap), (50, 60)])

    assert (len(found.moved), found.loose_line.size) == (joined, loose)
    assert ((50, 0) in vertices(found, 0)) == ((50, 0) in vertices(found, 1)) == (gap < 2)
    if loose:
        assert (found.loose_line.tolist(), found.loose.tolist()) == ([1], [[50, gap]])


def test_ends_near_each_other_become_one_the_first():
    found = noded([(0, 0), (50, 0)], [(51, 1), (90, 0)], [(50, -1.5), (50, -60)])

    assert vertices(found, 0)[-1] == vertices(found, 1)[0] == vertices(found, 2)[0] == (50, 0)
    assert len(found.moved) == 2
    assert found.loose_line.size == 0


def test_a_ring_is_closed_and_a_short_line_is_left():
    found = noded([(0, 0), (50, 0), (50, 50), (0, 1)], [(200, 0), (201, 0)])

    assert vertices(found, 0)[-1] == (0, 0)
    assert vertices(found, 1) == [(200, 0), (201, 0)]


def test_a_stub_is_not_loose_beside_the_road_it_leaves():
    found = noded(WEST_EAST, [(50, 0), (50, 10)])

    assert found.loose_line.size == 0
    assert len(found.crossed) == 1


def test_common_stretches_are_cut_at_their_ends():
    found = noded([(0, 0), (100, 0)], [(30, 0), (60, 0), (60, 50)])

    assert vertices(found, 0) == [(0, 0), (30, 0), (60, 0), (100, 0)]


def test_nothing_to_node():
    assert noded(WEST_EAST).lines[0].equals(shapely.LineString(WEST_EAST))
    apart = noded(WEST_EAST, [(0, 500), (100, 500)])
    assert (len(apart.crossed), len(apart.moved)) == (0, 0)


PLACES = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda xy: (xy[0] * 37.0, xy[1] * 41.0))


@given(st.lists(st.tuples(PLACES, PLACES).filter(lambda pair: pair[0] != pair[1]), min_size=2, max_size=9))
def test_vertices_are_those_of_geos(pairs):
    lines = np.array([shapely.LineString(pair) for pair in dict.fromkeys(pairs)], dtype=object)
    oracle = shapely.get_parts(shapely.node(shapely.multilinestrings([lines]))[0])
    wanted = shapely.get_coordinates(oracle)
    assume(len(lines) > 1)

    found, _ = _crossed(lines, np.ones(len(lines), dtype=bool))

    ours = shapely.get_coordinates(found)
    assert cKDTree(wanted).query(ours)[0].max() < 0.003
    assert cKDTree(ours).query(wanted)[0].max() < 0.003
    assert shapely.length(found) == pytest.approx(shapely.length(lines), abs=0.01)
    # No two lines meet where either lacks the vertex: what is between their vertices crosses nothing.
    steps = [shapely.LineString(pair) for line in found for pair in zip(line.coords, line.coords[1:], strict=False)]
    inner = shapely.node(shapely.multilinestrings([[s for s in steps if s.length > 0.01]]))[0]
    assert cKDTree(ours).query(shapely.get_coordinates(inner))[0].max() < 0.003
