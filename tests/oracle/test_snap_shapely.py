"""Joins recomputed by shapely, every point and outline against every edge."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import both, build

from accessgis.travel.snap import join_facilities, join_points

NEAREST, OFF_ISLAND = 0, 1
BLOCK_M = 32.0


def staircase(rng, size):
    """A street of whole blocks along the axes only, where every distance is exact; some steps are of length zero."""
    corners = rng.integers(0, size + 1, (rng.integers(2, 6), 2)) * BLOCK_M
    corners[1::2, 0] = corners[: corners[1::2].shape[0] * 2 : 2, 0]
    corners[2::2, 1] = corners[1 : corners.shape[0] - 1 : 2, 1]
    return corners


def crooked(rng, size):
    return rng.uniform(0, size, (rng.integers(2, 6), 2)).round(3)


def random_network(rng, edges, *, size, street):
    """Bent streets that do not meet, some not joinable, some on islands."""
    shapes = [street(rng, size) for _ in range(edges)]
    nodes = [tuple(shape[i]) for shape in shapes for i in (0, -1)]
    return build(
        nodes,
        [
            both(
                2 * e, 2 * e + 1, 9, shape=tuple(map(tuple, shape)),
                joinable=rng.random() < 0.9, island=rng.random() < 0.3,
            )
            for e, shape in enumerate(shapes)
        ],
    )  # fmt: skip


def check(joins, network, distance, limit_m):
    """Compare with the distances (points × edges)."""
    points = np.arange(joins.point_count)
    to_any = np.where(network.joinable, distance, np.inf)
    off_island = np.where(network.joinable & ~network.island, distance, np.inf)
    least = to_any.min(axis=1)
    first = joins.kind == NEAREST
    assert np.array_equal(joins.point[first], points[least <= limit_m])
    assert np.abs(joins.access_m[first] - least[least <= limit_m]).max(initial=0) < 1e-9
    assert np.abs(to_any[joins.point[first], joins.edge[first]] - joins.access_m[first]).max(initial=0) < 1e-9

    stranded = joins.point[first][network.island[joins.edge[first]]]
    other = off_island[stranded].min(axis=1)
    second = joins.kind == OFF_ISLAND
    assert np.array_equal(joins.point[second], stranded[other <= limit_m])
    assert np.abs(joins.access_m[second] - other[other <= limit_m]).max(initial=0) < 1e-9
    assert not network.island[joins.edge[second]].any()
    edges = network.roads.shapes()[joins.edge]
    there = shapely.line_interpolate_point(edges, joins.share, normalized=True)
    assert shapely.distance(there, shapely.points(joins.x, joins.y)).max(initial=0) < 1e-8
    assert np.array_equal(np.lexsort([joins.kind, joins.point]), np.arange(joins.point.size))


@pytest.mark.parametrize("limit_m", [60.0, 2000.0])
@pytest.mark.parametrize("edges", [1, 30, 400])
def test_points_join_where_shapely_finds_the_nearest_edge(edges, limit_m):
    rng = np.random.default_rng(edges)
    network = random_network(rng, edges, size=3000, street=crooked)
    x, y = rng.uniform(-1500, 4500, (2, 2000))
    joins = join_points(network, x, y, limit_m=limit_m)

    distance = shapely.distance(shapely.points(x, y)[:, None], network.roads.shapes()[None])

    check(joins, network, distance, limit_m)
    located = shapely.line_locate_point(
        network.roads.shapes()[joins.edge], shapely.points(x, y)[joins.point], normalized=True
    )
    assert np.abs(located - joins.share).max(initial=0) < 1e-9


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), edges=st.integers(1, 25), limit_blocks=st.sampled_from([1.0, 2.5, 4.0, 50.0]))
def test_points_on_a_coarse_lattice_full_of_ties_join_the_lowest_edge(seed, edges, limit_blocks):
    limit_m = limit_blocks * BLOCK_M
    rng = np.random.default_rng(seed)
    network = random_network(rng, edges, size=8, street=staircase)
    x, y = (values.ravel() for values in np.meshgrid(np.arange(-1, 10) * BLOCK_M, np.arange(-1, 10) * BLOCK_M))
    joins = join_points(network, x, y, limit_m=limit_m)

    distance = shapely.distance(shapely.points(x, y)[:, None], network.roads.shapes()[None])

    check(joins, network, distance, limit_m)
    nearest = joins.kind == NEAREST
    to_any = np.where(network.joinable, distance, np.inf)
    assert np.array_equal(joins.edge[nearest], to_any.argmin(axis=1)[joins.point[nearest]])
    off_island = np.where(network.island, np.inf, to_any)
    assert np.array_equal(joins.edge[~nearest], off_island.argmin(axis=1)[joins.point[~nearest]])
    # of equally near places on one edge the first counts
    there = shapely.points(joins.x, joins.y)
    for row in np.flatnonzero(nearest)[:: max(1, nearest.sum() // 20)]:
        edge = network.roads.shapes()[joins.edge[row]]
        share = np.linspace(0, 1, int(edge.length / BLOCK_M) + 1)
        places = shapely.line_interpolate_point(edge, share, normalized=True)
        equally = shapely.distance(places, shapely.points(x, y)[joins.point[row]]) <= joins.access_m[row] + 1e-9
        assert joins.share[row] <= share[equally].min() + 1e-9
        assert there[row].distance(edge) < 1e-9


@pytest.mark.parametrize("limit_m", [25.0, 2000.0])
def test_outlines_join_where_shapely_finds_the_nearest_edge(limit_m):
    rng = np.random.default_rng(11)
    network = random_network(rng, 40, size=6000, street=crooked)
    centres = shapely.points(rng.uniform(-500, 6500, (300, 2)))
    grounds = shapely.convex_hull(
        shapely.multipoints(shapely.get_coordinates(centres)[:, None] + rng.uniform(-90, 90, (300, 6, 2)))
    )
    frame = gpd.GeoDataFrame(
        {"x": shapely.get_x(centres), "y": shapely.get_y(centres), "entrances": [()] * 300}, geometry=grounds
    )
    joins = join_facilities(network, frame, limit_m=limit_m)

    outlines, shapes = shapely.get_exterior_ring(grounds), network.roads.shapes()
    distance = shapely.distance(outlines[:, None], shapes[None])

    check(joins, network, distance, limit_m)
    there = shapely.points(joins.x, joins.y)
    assert np.abs(shapely.distance(there, outlines[joins.point]) - joins.access_m).max() < 1e-8
    crossing = np.flatnonzero((joins.access_m == 0) & (joins.kind == NEAREST))
    assert crossing.size > 20
    for row in crossing:
        outline, edge = joins.point[row], joins.edge[row]
        assert edge == np.flatnonzero(network.joinable & (distance[outline] == 0))[0]
        places = shapely.get_parts(shapely.intersection(outlines[outline], shapes[edge]))
        shares = shapely.line_locate_point(shapes[edge], places, normalized=True)
        assert joins.share[row] == pytest.approx(shares.min(), abs=1e-9)
