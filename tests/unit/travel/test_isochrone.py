from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from paper.streets import both, build, joins_at, no_ends, oneway
from shapely import MultiPolygon, Point, box
from shapely.ops import substring

import accessgis as ag
from accessgis.travel.burn import burn, lattice_over
from accessgis.travel.isochrone import Surface, bands, isochrones, outline, quickest, slowest, surface
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import build_join_index, join_points, price

# Everybody walks one metre a second off the road. Streets are drawn in metres, their times in milliseconds.
CELL_M, REACH_M = 20, 60.0


def reached(nodes, streets, facilities, *, direction="to_facility"):
    network = build(nodes, streets)
    ends = price(joins_at(facilities), network) if facilities else no_ends(0)
    return search(network, ends, direction=direction)


def areas(found, *cutoffs_s, **more):
    settings = {"cell_m": CELL_M, "reach_m": REACH_M, **more}
    shapes = isochrones(found, cutoffs_ms=[1000 * s for s in cutoffs_s], **settings)
    assert all(isinstance(shape, MultiPolygon) and shape.is_valid for shape in shapes)
    return shapes


def along_x(shape, y=0.0):
    """Return from where to where an area covers the line at height y."""
    west, _, east, _ = shape.intersection(shapely.LineString([(-1e4, y), (1e4, y)])).bounds
    return west, east


# ------------------------------------------------------------------------------------------------ partly reached roads

#  F ─────────── 1000 m in 1000 s ─────────── (dead end)
DEAD_END = ([(0, 0), (1000, 0)], [both(0, 1, 1_000_000)])


def test_a_dead_end_is_covered_as_far_as_the_time_lasts_and_the_walk_takes_its_share():
    (area,) = areas(reached(*DEAD_END, [[(0, 0.0, 0.0)]]), 400)

    # beside the road at x the walk may take 400 s − x, and no more than the reach
    exact = shapely.union_all(
        [
            shapely.Polygon([(0, -60), (340, -60), (400, 0), (340, 60), (0, 60)]),
            Point(0, 0).buffer(60, quad_segs=64) & box(-60, -60, 0, 60),
        ]
    )
    assert area.hausdorff_distance(exact) < CELL_M / 2
    assert area.symmetric_difference(exact).area < 0.01 * exact.area
    assert along_x(area)[1] == pytest.approx(400, abs=0.1)


@pytest.mark.parametrize("cell_m", [5, 20, 40])
def test_every_metre_of_a_bent_road_is_covered_just_as_far_as_its_shape_is_reached(cell_m):
    #  a road of three legs: 400 m east, 300 m north, 500 m west; 1200 s
    shape = ((0.0, 0.0), (400.0, 0.0), (400.0, 300.0), (-100.0, 300.0))
    found = reached([shape[0], shape[-1]], [both(0, 1, 1_200_000, shape=shape)], [[(0, 0.0, 0.0)]])
    line = shapely.LineString(shape)

    for seconds in (150, 390, 410, 690, 1000, 1190):
        (area,) = areas(found, seconds, cell_m=cell_m)
        covered, rest = substring(line, 0, seconds - cell_m), substring(line, seconds + cell_m, 1200)
        assert area.contains(covered)
        assert area.disjoint(rest)


def test_a_buffer_of_the_reached_part_is_the_same_where_the_walk_takes_no_time():
    rng = np.random.default_rng(5)
    shape = np.column_stack([np.arange(0, 3000, 150.0), rng.uniform(-100, 100, 20).cumsum()])
    line = shapely.LineString(shape)
    metres = 1000 * round(line.length)
    found = reached([shape[0], shape[-1]], [both(0, 1, metres, shape=tuple(map(tuple, shape)))], [[(0, 0.0, 0.0)]])
    found = replace(found, network=replace(found.network, walking_kph=36_000.0))

    for seconds in (700, 1500, 2500):
        (area,) = areas(found, seconds, cell_m=10)
        part = substring(line, 0, seconds)
        peer = part.buffer(REACH_M, cap_style="flat") | Point(shape[0]).buffer(REACH_M)
        assert area.symmetric_difference(peer).area < 0.03 * peer.area
        assert area.within(part.buffer(REACH_M + 10))


def test_both_directions_of_a_road_count_each_at_its_own_speed():
    # 1 m/s eastwards, 4 m/s westwards
    streets = [both(0, 1, 0)]
    streets = [replace(streets[0], ms=1_000_000, back_ms=250_000)]
    nodes = [(0, 0), (1000, 0)]
    to = reached(nodes, streets, [[(0, 0.5, 0.0)]])
    back = reached(nodes, streets, [[(0, 0.5, 0.0)]], direction="from_facility")

    assert along_x(areas(to, 100)[0]) == pytest.approx((400, 900), abs=1)
    assert along_x(areas(back, 100)[0]) == pytest.approx((100, 600), abs=1)


@pytest.mark.parametrize(("direction", "ends"), [("to_facility", (200, 500)), ("from_facility", (500, 800))])
def test_a_oneway_road_is_covered_on_the_permitted_side_only(direction, ends):
    found = reached([(0, 0), (1000, 0)], [oneway(0, 1, 1_000_000)], [[(0, 0.5, 0.0)]], direction=direction)

    assert along_x(areas(found, 300)[0]) == pytest.approx(ends, abs=CELL_M)


def test_a_road_whose_ends_are_out_of_reach_is_covered_around_the_facility_in_its_middle():
    found = reached([(0, 0), (5000, 0)], [both(0, 1, 50_000_000)], [[(0, 0.5, 0.0)]])

    (area,) = areas(found, 1000)

    assert (found.node_ms > 1_000_000).all()
    assert along_x(area) == pytest.approx((2400, 2600), abs=1)


@pytest.mark.parametrize(("direction", "streets"), [("to_facility", (0, 1)), ("from_facility", (1, 0))])
def test_a_oneway_road_that_ends_beyond_the_time_is_covered_up_to_there(direction, streets):
    nodes = [(0, 0), (1000, 0), (1100, 0)]
    found = reached(nodes, [oneway(*streets, 1_000_000), both(1, 2, 1000)], [[(1, 1.0, 0.0)]], direction=direction)

    assert along_x(areas(found, 301)[0])[0] == pytest.approx(700, abs=1)


def test_the_facilitys_own_walk_counts():
    near, far = (reached(*DEAD_END, [[(0, 0.0, metres)]]) for metres in (0.0, 100.0))

    assert areas(far, 400)[0].equals(areas(near, 300)[0])
    assert areas(far, 99)[0].is_empty


# ----------------------------------------------------------------------------------------------------- holes, islands


def test_a_ring_of_roads_leaves_its_hole_and_roads_apart_give_islands():
    corners = [(0, 0), (600, 0), (600, 600), (0, 600)]
    ring = [both(i, (i + 1) % 4, 600_000) for i in range(4)]
    apart = [(2000, 0), (2600, 0)]
    found = reached([*corners, *apart], [*ring, both(4, 5, 600_000)], [[(0, 0.0, 0.0)], [(4, 0.5, 0.0)]])

    small, whole = areas(found, 100, 10_000)

    assert len(small.geoms) == 2
    assert len(whole.geoms) == 2
    (hole,) = whole.geoms[0].interiors or whole.geoms[1].interiors
    assert shapely.Polygon(hole).symmetric_difference(box(60, 60, 540, 540)).area < 0.01 * 480**2
    assert not whole.intersects(Point(300, 300))


def test_nothing_reached_is_an_empty_polygon():
    nobody = reached(*DEAD_END, [])
    one_way_out = reached([(0, 0), (500, 0)], [oneway(0, 1, 9)], [[]], direction="to_facility")

    assert [shape.is_empty for shape in areas(nobody, 10, 1000)] == [True, True]
    assert areas(one_way_out, 1000)[0].is_empty
    assert areas(nobody) == []
    assert areas(reached([], [], []), 5)[0].is_empty


def test_a_road_out_of_reach_in_time_does_not_leak_into_the_area():
    # two dead ends that no road connects, 100 m apart: only the southern one has the facility
    nodes = [(0, 0), (1000, 0), (0, 100), (1000, 100)]
    found = reached(nodes, [both(0, 1, 1000), both(2, 3, 1000)], [[(0, 0.5, 0.0)]])

    (area,) = areas(found, 500)

    assert along_x(area, 30) == pytest.approx((-52, 1052), abs=CELL_M / 2)
    assert area.bounds[3] == pytest.approx(50, abs=CELL_M / 2)


# -------------------------------------------------------------------------------------------------- reach and lattice


@pytest.mark.parametrize("reach_m", [35.0, 60.0, 130.0])
def test_the_area_ends_at_the_reach_where_there_is_time_enough(reach_m):
    shape = ((0.0, 0.0), (400.0, 30.0), (430.0, 330.0), (900.0, 500.0))
    found = reached([shape[0], shape[-1]], [both(0, 1, 1000, shape=shape)], [[(0, 0.2, 0.0)]])

    (area,) = areas(found, 100_000, reach_m=reach_m)

    exact = shapely.LineString(shape).buffer(reach_m, quad_segs=64)
    assert area.hausdorff_distance(exact) < CELL_M / 2
    assert area.area == pytest.approx(exact.area, rel=0.02)


def test_no_road_slips_through_the_cells_whatever_the_reach():
    found = reached([(0, 0), (900, 411)], [both(0, 1, 1000)], [[(0, 0.5, 0.0)]])

    (area,) = areas(found, 1000, reach_m=1.0, cell_m=50)

    assert len(area.geoms) == 1
    assert area.buffer(25).contains(found.network.roads.shapes()[0])
    assert area.within(found.network.roads.shapes()[0].buffer(100))


def test_the_quicker_of_two_roads_side_by_side_is_whole():
    #  a dual carriageway, 14 m apart, eastbound reached at once, westbound only after an hour
    nodes = [(0, 0), (1000, 287), (4, -14), (1004, 273)]
    found = reached(nodes, [oneway(0, 1, 30_000), oneway(3, 2, 30_000), both(1, 3, 3_600_000)], [[(0, 1.0, 0.0)]])

    (area,) = areas(found, 600, cell_m=40)

    assert len(area.geoms) == 1
    assert area.buffer(20).contains(shapely.LineString(nodes[:2]))


def test_bridges_and_tunnels_are_passed_but_hold_no_places():
    nodes = [(0, 0), (500, 0), (1000, 0), (1500, 0)]
    streets = [both(0, 1, 500_000), both(1, 2, 500_000, joinable=False), both(2, 3, 500_000)]

    (area,) = areas(reached(nodes, streets, [[(0, 0.0, 0.0)]]), 1300)

    assert len(area.geoms) == 2
    assert not area.intersects(Point(750, 0))
    assert along_x(area) == pytest.approx((-60, 1300), abs=1)


def test_beside_an_island_the_road_of_the_main_network_counts_within_the_reach():
    nodes = [(0, 0), (1000, 0), (0, 200), (1000, 200)]
    streets = [both(0, 1, 1000), both(2, 3, 1000, island=True)]
    found = reached(nodes, streets, [[(0, 0.5, 0.0)]])

    wide, narrow = (areas(found, 1000, reach_m=reach)[0] for reach in (240.0, 150.0))

    assert wide.bounds[3] == pytest.approx(240, abs=CELL_M / 2)
    assert wide.contains(box(0, -200, 1000, 235))
    assert narrow.bounds[3] == pytest.approx(150, abs=CELL_M)


def test_cells_are_fine_by_default_and_coarser_only_where_they_would_be_too_many():
    found = reached(*DEAD_END, [[(0, 0.0, 0.0)]])

    def step(**more):
        (area,) = isochrones(found, cutoffs_ms=[9_000_000], reach_m=REACH_M, **more)
        return np.diff(np.unique(shapely.get_coordinates(area)[:, 0].round(6))).max()

    assert step() == 30
    assert 60 < step(max_vertices=100) < 200


def test_a_lattice_spares_a_cell_and_keeps_to_its_number_of_vertices():
    lattice = lattice_over((512_345.6, 10.0, 513_345.6, 90.0))
    assert lattice == (512_250, -50, 50, 24, 5)
    x, y = lattice.xy()
    assert (x[:3].tolist(), y[[0, 24]].tolist()) == ([512_250, 512_300, 512_350], [-50, 0])

    coarse = lattice_over((0.0, 0.0, 10_000.0, 10_000.0), max_vertices=1000)
    assert 800 < coarse.columns * coarse.rows <= 1000
    assert coarse.left <= -coarse.cell_m
    assert coarse.left + coarse.cell_m * (coarse.columns - 1) >= 10_000 + coarse.cell_m

    for wrong in (0, -3, 2.5):
        with pytest.raises(ValueError, match="cell_m"):
            lattice_over((0.0, 0.0, 1.0, 1.0), cell_m=wrong)


def test_a_longer_list_or_a_kept_index_changes_nothing():
    found = reached(*DEAD_END, [[(0, 0.3, 0.0)]])
    index = build_join_index(found.network)

    (alone,) = areas(found, 200)

    assert areas(found, 500, 200, 90, index=index)[1].equals_exact(alone, 0)
    assert shapely.to_wkb(areas(found, 200)[0]) == shapely.to_wkb(alone)


@pytest.mark.parametrize(("more", "match"), [({"reach_m": 0.0}, "reach_m"), ({"cell_m": 0}, "cell_m")])
def test_what_makes_no_sense_is_refused(more, match):
    found = reached(*DEAD_END, [[(0, 0.0, 0.0)]])
    with pytest.raises(ValueError, match=match):
        areas(found, 10, **more)
    with pytest.raises(ValueError, match="cutoffs_ms"):
        areas(found, -1)


def test_the_module_is_reached_from_the_package():
    assert ag.travel.isochrone.isochrones is isochrones


# ------------------------------------------------------------------------------------------- agreement with the people


def town(rng):
    """A lattice of streets with bends, one-way streets, gaps and uneven times, over 2.4 km by 2.4 km."""
    side, space = 9, 300.0
    nodes = [
        (c * space + rng.uniform(-60, 60), r * space + rng.uniform(-60, 60)) for r in range(side) for c in range(side)
    ]
    streets = []
    for r in range(side):
        for c in range(side):
            for other in ([r * side + c + 1] if c < side - 1 else []) + ([(r + 1) * side + c] if r < side - 1 else []):
                if rng.random() < 0.75:
                    a, b = nodes[r * side + c], nodes[other]
                    bend = ((a[0] + b[0]) / 2 + rng.uniform(-30, 30), (a[1] + b[1]) / 2 + rng.uniform(-30, 30))
                    street = both if rng.random() < 0.8 else oneway
                    streets.append(street(r * side + c, other, int(rng.integers(20_000, 200_000)), shape=(a, bend, b)))
    return nodes, streets


@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
@pytest.mark.parametrize("seed", range(3))
def test_people_and_polygons_agree_more_than_a_cell_from_the_line(seed, direction):
    rng = np.random.default_rng(seed)
    nodes, streets = town(rng)
    places = [[(int(rng.integers(len(streets))), rng.random(), 0.0)] for _ in range(3)]
    found = reached(nodes, streets, places, direction=direction)
    x, y = rng.uniform(-300, 2700, (2, 4000))

    def own_ms(dx, dy):
        return arrive(found, price(join_points(found.network, x + dx, y + dy, limit_m=250.0), found.network)).ms

    # where people a cell or two around would all fare alike, the place lies away from the line and from every jump
    around = [own_ms(dx * CELL_M, dy * CELL_M) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]
    for seconds, area in zip((180, 300, 450), areas(found, 180, 300, 450, reach_m=250.0), strict=True):
        within = np.array(around) <= 1000 * seconds
        inside, outside = within.all(axis=0), ~within.any(axis=0)
        shown = shapely.contains_xy(area, x, y)
        assert inside.sum() > 50
        assert outside.sum() > 300
        assert shown[inside].mean() > 0.999
        assert shown[outside].mean() < 0.001
        assert (shown == (own_ms(0, 0) <= 1000 * seconds)).mean() > 0.96


# ------------------------------------------------------------------------------------------------- surfaces and bands

DISC = Point(512_345.6, 3_456_789.1).buffer(3000)
CENTRE = DISC.centroid


def drawn(polygon, times, *, cell_m=50):
    """Make a surface of given times, with roads everywhere."""
    lattice = lattice_over(polygon.bounds, cell_m=cell_m)
    ms = np.asarray(times(*lattice.xy()), dtype=np.float64)
    return Surface(lattice=lattice, ms=ms, beyond_m=np.full(ms.size, -1e3), cell_ms=1000 * cell_m)


def from_centre(x, y):
    """One metre a second, straight."""
    return np.hypot(x - CENTRE.x, y - CENTRE.y).round() * 1000


def test_bands_fill_the_polygon_without_overlap():
    found = bands(drawn(DISC, from_centre), DISC, limits_ms=[1_000_000, 2_000_000])
    shapes = [shape for *_, shape in found]

    assert [(a, b) for a, b, _ in found] == [(0, 1_000_000), (1_000_000, 2_000_000), (2_000_000, None)]
    assert all(isinstance(shape, MultiPolygon) and shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).symmetric_difference(DISC).area < 1e-3
    for i, shape in enumerate(shapes):
        for other in shapes[i + 1 :]:
            assert shape.intersection(other).area < 1e-3


def test_the_line_runs_between_the_vertices_in_proportion():
    area = outline(drawn(DISC, from_centre), cutoff_ms=1_000_000)

    assert area.hausdorff_distance(CENTRE.buffer(1000, quad_segs=64)) < 3


def test_a_jump_in_time_counts_half_a_cell():
    area = outline(drawn(DISC, lambda x, y: np.where(x <= 512_300, 10.0, np.inf)), cutoff_ms=5_000_000)

    assert area.bounds[2] == 512_325


def test_a_longer_cutoff_never_takes_area_away():
    found = bands(drawn(DISC, from_centre), DISC, limits_ms=range(300_000, 3_000_000, 300_000))
    so_far = np.cumsum([shape.area for *_, shape in found])

    assert (np.diff(so_far) > 0).all()
    assert so_far[-1] == pytest.approx(DISC.area)


@pytest.mark.parametrize("seed", range(4))
def test_areas_are_valid_and_nested_on_the_roughest_surface_down_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    rough = drawn(DISC, lambda x, y: rng.choice([9, 20_000, 31_415.9, 40_000, np.inf], x.size))
    smooth = drawn(DISC, lambda x, y: 50_000 * (1.01 + np.sin(x / 311) * np.cos(y / 173)))
    for times in (rough, smooth):
        shapes = [outline(times, cutoff_ms=cutoff) for cutoff in (19_999, 20_000, 20_001, 33_333, 40_000, 90_000)]

        assert all(shape.is_valid and not shape.is_empty for shape in shapes)
        assert len(shapes[1].geoms) > 5
        assert all(longer.covers(shorter) for shorter, longer in pairwise(shapes))


def test_exactly_at_the_limit_is_inside_and_unreachable_is_in_the_last_band():
    halves = drawn(DISC, lambda x, y: np.where(x < CENTRE.x, 1000.0, np.inf))

    (first, last) = bands(halves, DISC, limits_ms=[1000])

    assert first[:2] == (0, 1000)
    assert last[:2] == (1000, None)
    assert first[2].area == pytest.approx(DISC.area / 2, rel=0.02)
    assert bands(halves, DISC, limits_ms=[999])[0][:2] == (999, None)


def test_bands_without_any_place_are_left_out():
    everywhere = bands(drawn(DISC, lambda x, y: np.full(x.size, 5.0)), DISC, limits_ms=[4, 10, 20])

    assert [(a, b) for a, b, _ in everywhere] == [(4, 10)]
    assert everywhere[0][2].area == pytest.approx(DISC.area)


def test_a_county_of_several_parts_with_holes():
    parts = shapely.MultiPolygon([box(0, 0, 900, 900), box(2000, 0, 2900, 900)])
    holed = parts.difference(box(300, 300, 600, 600))

    found = bands(drawn(holed, lambda x, y: x * 1000), holed, limits_ms=[450_000, 2_500_000])

    assert [shape.area for *_, shape in found] == pytest.approx(
        [450 * 900 - 150 * 300, 450 * 900 - 150 * 300 + 500 * 900, 400 * 900], rel=1e-3
    )
    assert shapely.union_all([s for *_, s in found]).symmetric_difference(holed).area < 1e-3


@pytest.mark.parametrize("limits_ms", [[], [5, 5], [9, 3], [-1]])
def test_limits_must_ascend(limits_ms):
    with pytest.raises(ValueError, match="limits_ms"):
        bands(drawn(DISC, from_centre), DISC, limits_ms=limits_ms)


def test_a_narrow_area_is_filled():
    ribbon = shapely.LineString([(13, 7), (1531, 977), (3007, 119)]).buffer(20)

    found = bands(drawn(ribbon, lambda x, y: x * 1000), ribbon, limits_ms=[700_000, 1_500_000])

    assert shapely.union_all([shape for *_, shape in found]).symmetric_difference(ribbon).area < 1e-3


def test_the_quickest_way_and_the_slowest_part_count_at_every_place():
    east, west = (drawn(DISC, lambda x, y, sign=sign: (3000 + sign * (x - CENTRE.x)) * 1000) for sign in (1, -1))

    either = outline(quickest([east, west]), cutoff_ms=2_000_000) & DISC
    both_of_them = outline(slowest([east, west]), cutoff_ms=3_500_000) & DISC

    strip = box(CENTRE.x - 1000, CENTRE.y - 4000, CENTRE.x + 1000, CENTRE.y + 4000)
    assert either.symmetric_difference(DISC - strip).area < 1e-4 * DISC.area
    strip = box(CENTRE.x - 500, CENTRE.y - 4000, CENTRE.x + 500, CENTRE.y + 4000)
    assert both_of_them.symmetric_difference(DISC & strip).area < 1e-4 * DISC.area
    with pytest.raises(ValueError, match="one lattice"):
        quickest([east, drawn(DISC, from_centre, cell_m=60)])


def test_only_vertices_around_the_area_are_looked_at_and_its_bands_stay_the_same():
    rng = np.random.default_rng(3)
    nodes, streets = town(rng)
    found = reached(nodes, streets, [[(len(streets) // 2, 0.5, 0.0)]])
    county = Point(1100, 1300).buffer(700) - Point(1300, 1300).buffer(200)
    lattice = lattice_over(county.bounds, cell_m=CELL_M)

    everywhere, inside = (
        surface(found, burn(found.network, lattice, reach_m=200.0, inside=area)) for area in (None, county)
    )

    assert np.isinf(inside.ms).sum() > np.isinf(everywhere.ms).sum() + 500
    limits = [200_000, 300_000, 400_000]
    both_ways = [bands(times, county, limits_ms=limits) for times in (everywhere, inside)]
    assert len(both_ways[0]) == 4
    for one, other in zip(*both_ways, strict=True):
        assert one[:2] == other[:2]
        assert one[2].symmetric_difference(other[2]).area < 1e-6
