"""Closed and new roads: the same edges as drawing the roads so from the start."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from paper.ways import EAST, NORTH, drawn

from accessgis.network.build import build_network
from accessgis.network.change import added_edges, with_road, without_edges
from accessgis.network.model import Roads
from accessgis.network.permissions import way_rule
from accessgis.network.profiles import load_profiles

STREET = {"highway": "residential"}
#  2 ───── 3        two streets a kilometre long, 400 m apart, joined in the east
#          │
#  0 ───── 1
PLACES = {0: (EAST, NORTH), 1: (EAST + 1000, NORTH), 2: (EAST, NORTH + 400), 3: (EAST + 1000, NORTH + 400)}
WAYS = [([0, 1], STREET), ([2, 3], STREET), ([1, 3], STREET)]


def rule(**tags: str):
    found = way_rule(STREET | tags)
    assert found is not None
    return found


def lengths(roads: Roads) -> list[float]:
    return sorted(round(float(value), 6) for value in roads.length_m)


def reached(roads: Roads) -> np.ndarray:
    """Walking seconds between all junctions by place, from scipy."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    network = build_network(roads, load_profiles()["walk"])
    graph = csr_array((network.arc_ms, (network.arc_tail, network.arc_head)), shape=(roads.node_count,) * 2)
    order = np.lexsort([np.round(roads.node_y, 3), np.round(roads.node_x, 3)])
    return dijkstra(graph)[np.ix_(order, order)] / 1000.0


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array([(EAST + x, NORTH + y) for x, y in points], dtype=np.float64)


def test_a_street_across_is_joined_where_it_crosses_and_ends() -> None:
    # from 100 m south of the first street over both to 1 m before a point of the second? no: over it, 100 m beyond
    roads = with_road(drawn(PLACES, WAYS), line((300, -100), (300, 500)), rule(), raised=False)
    assert lengths(roads) == [100.0, 100.0, 300.0, 300.0, 400.0, 400.0, 700.0, 700.0]
    places = PLACES | {10: (EAST + 300, NORTH - 100), 11: (EAST + 300, NORTH), 12: (EAST + 300, NORTH + 400),
                       13: (EAST + 300, NORTH + 500)}  # fmt: skip
    whole = drawn(places, [([0, 11, 1], STREET), ([2, 12, 3], STREET), ([1, 3], STREET), ([10, 11, 12, 13], STREET)])
    np.testing.assert_array_equal(reached(roads), reached(whole))


def test_a_bridge_meets_roads_at_its_ends_alone() -> None:
    roads = with_road(drawn(PLACES, WAYS), line((300, 0), (300, 500)), rule(bridge="yes"), raised=True)
    # it starts on the first street, passes over the second, and ends in the open
    assert lengths(roads) == [300.0, 400.0, 500.0, 700.0, 1000.0]
    assert sorted(np.bincount(np.concatenate([roads.tail, roads.head])).tolist()) == [1, 1, 1, 2, 2, 3]


def test_ends_within_two_metres_join_the_junction_or_the_street() -> None:
    roads = with_road(drawn(PLACES, WAYS), line((1.5, 0.5), (500, 398.5)), rule(), raised=False)
    assert roads.node_count == 5
    assert reached(roads)[0, 1] > 0
    shapes = roads.shapes()
    new = shapes[int(np.argmax(added_edges(roads)))]
    assert shapely.get_coordinates(new).tolist() == [[EAST, NORTH], [EAST + 500, NORTH + 400]]
    loose = with_road(drawn(PLACES, WAYS), line((3, 3), (500, 396)), rule(), raised=False)
    assert loose.node_count == 6, "three metres away nothing is joined"


def test_a_road_that_touches_nothing_is_an_island() -> None:
    roads = with_road(drawn(PLACES, WAYS), line((5000, 0), (6000, 0)), rule(), raised=False)
    assert build_network(roads, load_profiles()["walk"]).island.sum() == 1


def test_a_closed_edge_carries_nobody_and_the_others_are_as_before() -> None:
    roads = drawn(PLACES, WAYS)
    closed = without_edges(roads, np.array([False, False, True]))
    walk = build_network(closed, load_profiles()["walk"])
    assert set(walk.arc_edge) == {0, 1}
    assert not closed.joinable[2]
    assert (closed.length_m == roads.length_m).all()
    assert (roads.forward != 0).all(), "the roads given are not changed"


@pytest.mark.parametrize("seed", range(30))
def test_random_streets_equal_drawing_them_at_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = sorted(rng.uniform(50, 950, 2)), rng.uniform(100, 300)
    new = line((x[0], -rng.uniform(10, 90)), (x[1], y), (x[0], 400 + rng.uniform(10, 90)))
    roads = with_road(drawn(PLACES, WAYS), new, rule(), raised=False)
    total = sum(1000 for _ in range(2)) + 400 + shapely.LineString(new).length
    assert roads.length_m.sum() == pytest.approx(total, abs=1e-6)
    # two crossings: two streets cut in two, the new one in three
    assert roads.edge_count == 2 + 2 + 1 + 3
    assert roads.node_count == 4 + 2 + 2


def test_a_new_road_joins_no_closed_one() -> None:
    # two streets 1.5 m apart; the nearer is closed, so that the other is the one to join
    places = {0: (EAST, NORTH), 1: (EAST + 1000, NORTH), 2: (EAST, NORTH + 1.5), 3: (EAST + 1000, NORTH + 1.5)}
    roads = drawn(places, [([0, 1], STREET), ([2, 3], STREET)])
    closed = without_edges(roads, roads.node_y[roads.tail] > NORTH + 1)
    after = with_road(closed, line((300, 1.6), (300, 200)), rule(), raised=True)
    walk = build_network(after, load_profiles()["walk"])
    assert not walk.island.any()
