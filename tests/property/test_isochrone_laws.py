"""Laws that isochrones obey whatever the network."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import build, joins_at
from strategies import towns

from accessgis.travel.burn import burn, lattice_over
from accessgis.travel.isochrone import isochrones, outline, surface
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import join_points, price

BLOCK_M, CELL_M = 37.0, 20
BOTH = pytest.mark.parametrize("direction", ["to_facility", "from_facility"])


def reached(town, direction):
    """Search a town of blocks of 37 m, where one unit of time is the walk of about three metres."""
    network = build([(x * BLOCK_M, y * BLOCK_M) for x, y in town.nodes], town.streets)
    return search(network, price(joins_at(town.facilities), network), direction=direction)


@BOTH
@settings(max_examples=60)
@given(
    town=towns(unit_ms=3000),
    cutoffs=st.lists(st.integers(0, 120_000), min_size=2, max_size=4).map(sorted),
    reach_m=st.sampled_from([5.0, 30.0, 200.0]),
)
def test_a_longer_cutoff_contains_a_shorter_one(town, direction, cutoffs, reach_m):
    shapes = isochrones(reached(town, direction), cutoffs_ms=cutoffs, reach_m=reach_m, cell_m=CELL_M)

    assert all(shape.is_valid for shape in shapes)
    for shorter, longer in pairwise(shapes):
        assert shorter.is_empty or longer.covers(shorter)


@BOTH
@settings(max_examples=60)
@given(town=towns(unit_ms=3000), cutoff=st.integers(0, 120_000), reach_m=st.sampled_from([20.0, 55.0]))
def test_a_vertex_is_inside_exactly_when_somebody_there_arrives_in_time(town, direction, cutoff, reach_m):
    found = reached(town, direction)
    network = found.network
    lattice = lattice_over((-60.0, -60.0, 4 * BLOCK_M + 60, 4 * BLOCK_M + 60), cell_m=CELL_M)
    x, y = lattice.xy()
    own = arrive(found, price(join_points(network, x, y, limit_m=reach_m), network)).ms
    # a slow loop: every segment within half a diagonal may be joined besides
    half, roads = CELL_M * np.sqrt(0.5), network.roads
    for e in np.flatnonzero(network.joinable):
        line = shapely.LineString(np.column_stack([roads.shape_x, roads.shape_y])[2 * e : 2 * e + 2])
        metres = shapely.distance(line, shapely.points(x, y))
        share = shapely.line_locate_point(line, shapely.points(x, y), normalized=True) if line.length else 0 * x
        joins = [[(e, s, m)] if m <= half else [] for s, m in zip(share, metres, strict=True)]
        own = np.minimum(own, arrive(found, price(joins_at(joins), network)).ms)

    times = surface(found, burn(network, lattice, reach_m=reach_m))
    within = shapely.contains_xy(outline(times, cutoff_ms=cutoff), x, y)

    own[times.beyond_m > 0] = np.inf
    # two projections of one place may differ in the last bit, which is a millisecond or two
    assert np.allclose(np.where(times.beyond_m > 0, np.inf, times.ms), own, atol=2, rtol=0)
    sure = np.abs(own - cutoff) > 2
    assert np.array_equal(within[sure], (own <= cutoff)[sure])
