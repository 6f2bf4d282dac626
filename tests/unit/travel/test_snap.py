from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from paper.streets import Street, both, build, joins_at, oneway

from accessgis.travel.snap import access_far, build_join_index, join_facilities, join_points, price
from accessgis.travel.types import JOIN_KINDS

#  (0,100) 3 ────e2 island──── 4 (100,100)
#
#    (0,0) 0 ──e0──── 1 ────e1── 2 (200,0)        e1 is drawn twice, the second time backwards (e3)
NODES = [(0, 0), (100, 0), (200, 0), (0, 100), (100, 100)]
TOWN = build(NODES, [both(0, 1, 1000), both(1, 2, 2000), both(3, 4, 1000, island=True), both(2, 1, 2000)])


def rows(joins):
    return list(
        zip(
            joins.point.tolist(),
            [JOIN_KINDS[k] for k in joins.kind],
            joins.edge.tolist(),
            np.round(joins.share, 9).tolist(),
            np.round(joins.access_m, 9).tolist(),
            strict=True,
        )
    )


def facilities(*shapes, entrances=None):
    shapes = list(shapes)
    points = [shape.representative_point() if shape is not None else shapely.Point(np.nan, np.nan) for shape in shapes]
    return gpd.GeoDataFrame(
        {
            "x": [point.x for point in points],
            "y": [point.y for point in points],
            "entrances": entrances or [()] * len(shapes),
        },
        geometry=shapes,
        crs=TOWN.roads.crs,
    )


def test_a_point_joins_the_nearest_edge_and_says_where():
    joins = join_points(TOWN, [25.0], [-10.0], limit_m=50)

    assert rows(joins) == [(0, "nearest", 0, 0.25, 10.0)]
    assert (joins.x.tolist(), joins.y.tolist()) == ([25.0], [0.0])


def test_ties_go_to_the_lowest_edge():
    # the middle of e1 and e3, which lie on each other; junction 1, where e0 ends and e1 and e3 begin or end
    assert rows(join_points(TOWN, [150.0, 100.0], [-7.0, -7.0], limit_m=50)) == [
        (0, "nearest", 1, 0.5, 7.0),
        (1, "nearest", 0, 1.0, 7.0),
    ]


def test_a_tie_on_one_edge_goes_to_the_smallest_share():
    # a hairpin: the point in the middle is 10 m from both legs and from the bend
    hairpin = build([(0, 0), (0, 20)], [both(0, 1, 1000, shape=((0, 0), (10, 0), (10, 20), (0, 20)))])

    assert rows(join_points(hairpin, [0.0], [10.0], limit_m=50)) == [(0, "nearest", 0, 0.0, 10.0)]


def test_on_an_island_the_nearest_edge_off_islands_is_a_second_row():
    assert rows(join_points(TOWN, [40.0, 40.0], [90.0, 90.0], limit_m=90)) == [
        (0, "nearest", 2, 0.4, 10.0),
        (0, "off-island", 0, 0.4, 90.0),
        (1, "nearest", 2, 0.4, 10.0),
        (1, "off-island", 0, 0.4, 90.0),
    ]


def test_the_limit_is_inclusive_for_both_rows():
    assert rows(join_points(TOWN, [40.0], [90.0], limit_m=89.999)) == [(0, "nearest", 2, 0.4, 10.0)]
    assert rows(join_points(TOWN, [50.0], [-20.0], limit_m=20)) == [(0, "nearest", 0, 0.5, 20.0)]
    assert rows(join_points(TOWN, [50.0], [-20.0], limit_m=19.999)) == []


def test_a_point_without_coordinates_has_no_join():
    joins = join_points(TOWN, [np.nan, 50.0, np.inf], [0.0, np.nan, 0.0], limit_m=2000)

    assert joins.point_count == 3
    assert rows(joins) == []


def test_nobody_joins_what_is_not_joinable():
    ferry = build([(0, 0), (100, 0), (200, 0)], [both(0, 1, 9, joinable=False), both(1, 2, 9)])

    assert rows(join_points(ferry, [50.0], [0.0], limit_m=100)) == [(0, "nearest", 1, 0.0, 50.0)]
    assert rows(join_points(build([], []), [50.0], [0.0], limit_m=100)) == []


def test_an_edge_of_length_zero_is_joined_at_share_zero():
    dot = build([(5, 5), (5, 5)], [both(0, 1, 0)])

    assert rows(join_points(dot, [5.0], [8.0], limit_m=100)) == [(0, "nearest", 0, 0.0, 3.0)]


def test_one_index_serves_many_calls():
    index = build_join_index(TOWN)

    assert rows(join_points(index, [25.0], [-10.0], limit_m=50)) == rows(join_points(TOWN, [25.0], [-10.0], limit_m=50))


def test_a_far_point_looks_across_many_empty_cells():
    # two villages of short streets 90 km apart make small cells; the point lies between them
    cluster = [(x + dx, dy) for x in (0.0, 90_000.0) for dx in range(0, 400, 20) for dy in (0.0, 10.0)]
    network = build(cluster, [both(i, i + 1, 5) for i in range(0, len(cluster), 2)])

    assert rows(join_points(network, [30_000.0], [0.0], limit_m=100_000)) == [(0, "nearest", 19, 0.0, 29_620.0)]
    assert rows(join_points(network, [-30_000.0], [-40_000.0], limit_m=50_000)) == [(0, "nearest", 0, 0.0, 50_000.0)]


def test_a_facility_point_joins_as_a_resident_does():
    assert rows(join_facilities(TOWN, facilities(shapely.Point(40, 90), None), limit_m=100)) == [
        (0, "nearest", 2, 0.4, 10.0),
        (0, "off-island", 0, 0.4, 90.0),
    ]


def test_entrances_come_before_the_outline_and_each_has_its_partner():
    grounds = shapely.box(-50, 20, 50, 80)
    joins = join_facilities(
        TOWN, facilities(grounds, grounds, entrances=[((30.0, 80.0), (10.0, 20.0)), ()]), limit_m=100
    )

    assert rows(joins) == [
        (0, "off-island", 0, 0.3, 80.0),
        (0, "entrance", 2, 0.3, 20.0),
        (0, "entrance", 0, 0.1, 20.0),
        (1, "nearest", 0, 0.0, 20.0),
    ]


def test_an_outline_joins_where_it_is_nearest_not_its_middle():
    # the middle is nearest the island, the outline's lower tip is nearest e0
    kite = shapely.Polygon([(30, 5), (60, 60), (30, 70), (20, 60)])

    assert rows(join_facilities(TOWN, facilities(kite), limit_m=100)) == [(0, "nearest", 0, 0.3, 5.0)]


def test_an_outline_that_crosses_roads_joins_the_lowest_edge_at_its_first_crossing():
    across = shapely.box(20, -10, 180, 10)

    assert rows(join_facilities(TOWN, facilities(across), limit_m=100)) == [(0, "nearest", 0, 0.2, 0.0)]


def test_roads_inside_a_park_do_not_count_as_its_edge():
    # the outline passes 30 m under e0; e0 itself lies inside
    park = shapely.box(-300, -30, 400, 80)

    assert rows(join_facilities(TOWN, facilities(park), limit_m=100)) == [
        (0, "nearest", 2, 0.0, 20.0),
        (0, "off-island", 0, 0.0, 30.0),
    ]


def test_every_part_of_a_multipolygon_is_an_outline():
    parts = shapely.MultiPolygon([shapely.box(0, 40, 10, 50), shapely.box(60, -9, 70, -4)])

    assert rows(join_facilities(TOWN, facilities(parts), limit_m=100)) == [(0, "nearest", 0, 0.6, 4.0)]


def test_an_outline_beyond_the_limit_is_off_the_network():
    assert rows(join_facilities(TOWN, facilities(shapely.box(0, -90, 10, -60)), limit_m=59.9)) == []


def test_a_long_side_far_from_its_corners_is_found():
    # both corners lie 5 km away; only the middle of the side comes near
    sliver = shapely.Polygon([(-5000, -8), (5000, -8), (0, -5000)])

    assert rows(join_facilities(TOWN, facilities(sliver), limit_m=10)) == [(0, "nearest", 0, 0.0, 8.0)]


def test_prices_each_permitted_direction_with_its_own_time():
    #  up 90 s, down 60 s; and a one-way street that only runs against its drawing
    hill = build([(0, 0), (90, 0)], [Street(0, 1, 90_000, 60_000), Street(0, 1, None, 1001)])
    ends = price(joins_at([[(0, 1 / 3, 2.5)], [(1, 0.5, 0.0)]]), hill)

    assert ends.point.tolist() == [0, 0, 1]
    assert ends.join.tolist() == [0, 0, 1]
    assert ends.arc.tolist() == [0, 1, 2]
    assert ends.offset_ms.tolist() == [30_000, 40_000, 500]  # 1001 − round(500.5)
    assert ends.access_ms.tolist() == [2500, 2500, 0]
    assert ends.point_count == 2


def test_joins_over_the_shorter_limit_are_not_priced_and_points_stay_counted():
    joins = joins_at([[(0, 0.5, 20.0)], [(0, 0.5, 20.001)], []])

    ends = price(joins, TOWN, limit_m=20)

    assert set(ends.point.tolist()) == {0}
    assert ends.point_count == 3


def test_a_join_on_an_edge_closed_to_the_profile_has_no_row():
    closed = build(NODES, [Street(0, 1, None, None), both(1, 2, 2000)])

    assert price(joins_at([[(0, 0.5, 0)], [(1, 0.5, 0)]]), closed).point.tolist() == [1, 1]


def test_far_is_over_a_hundred_metres_or_off_the_network():
    joins = joins_at([[(0, 0, 100.0)], [(0, 0, 100.001)], [], [(0, 0, 150.0), (1, 0, 99.0)], [(0, 0, 80.0)]])

    assert access_far(joins, limit_m=2000).tolist() == [False, True, True, False, False]
    assert access_far(joins, limit_m=90).tolist() == [True, True, True, True, False]
    assert access_far(joins, limit_m=2000, far_m=80).tolist() == [True, True, True, True, False]


def test_joins_on_islands_stay_when_nothing_else_is_near():
    lonely = build([(0, 0), (10, 0)], [oneway(0, 1, 5, island=True)])

    assert rows(join_points(lonely, [5.0], [1.0], limit_m=100)) == [(0, "nearest", 0, 0.5, 1.0)]


@pytest.mark.parametrize("count", [0, 1])
def test_no_points_and_no_facilities_are_fine(count):
    shapes = [shapely.Point(1, 1)][:count]

    assert join_points(TOWN, [1.0] * count, [1.0] * count, limit_m=9).point_count == count
    assert join_facilities(TOWN, facilities(*shapes), limit_m=9).point.size == count


@pytest.mark.parametrize("backwards", [0, 1])
def test_a_road_drawn_twice_in_opposite_directions_is_equally_near_to_the_last_bit(backwards):
    rng = np.random.default_rng(4)
    shape = [tuple(xy) for xy in rng.uniform(0, 1000, (6, 2))]
    there, back = both(0, 1, 9, shape=tuple(shape)), both(1, 0, 9, shape=tuple(shape[::-1]))
    network = build([shape[0], shape[-1]], [back, there] if backwards else [there, back])

    joins = join_points(network, *rng.uniform(-500, 1500, (2, 3000)), limit_m=2000)

    assert (joins.edge == 0).all()


def test_rounding_of_a_point_on_the_road_costs_nothing() -> None:
    """A place whose distance is only a rounding error is on the road, not 1 ms beside it."""
    from accessgis.travel.snap import ON_ROAD_M, _settled

    assert _settled(np.array([0.0, 8.9e-16, ON_ROAD_M, 0.5])).tolist() == [0.0, 0.0, ON_ROAD_M, 0.5]
