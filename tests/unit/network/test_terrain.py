"""Slope: worked numbers, and what noise, bridges and short edges do."""

from __future__ import annotations

import numpy as np
import pytest
from paper.ways import drawn

from accessgis.network.build import build_network
from accessgis.network.profiles import load_profiles
from accessgis.network.terrain import edge_factors, slope_rule, speed_factor

ROAD = {"highway": "residential"}
BRIDGE = ROAD | {"bridge": "yes"}


def heights_of(roads, height):
    """Return the height of every shape vertex by a function of its place."""
    return np.array([height(x, y) for x, y in zip(roads.shape_x, roads.shape_y, strict=True)], dtype=np.float64)


@pytest.mark.parametrize(
    ("slope", "factor"), [(0.0, 1.0), (0.10, 0.7047), (-0.05, 1.1912), (-0.10, 1.0), (0.5, 0.1738), (9.0, 0.1738)]
)
def test_walking_follows_tobler_as_accessmod_applies_it(slope, factor):
    assert float(speed_factor(slope, rule="tobler")) == pytest.approx(factor, abs=5e-5)


@pytest.mark.parametrize(
    ("rule", "slope", "factor"),
    [
        ("bicycle", 0.0, 1.0),
        ("bicycle", 0.03, 0.7999),
        ("bicycle", 0.2, 0.333),
        ("bicycle", -0.02, 1.08),
        ("bicycle", -0.2, 1.12),
        ("ebike", 0.03, 0.9001),
        ("ebike", 0.5, 0.5),
        ("ebike", -0.1, 1.0),
        ("level", 0.3, 1.0),
    ],
)
def test_riding_and_driving(rule, slope, factor):
    assert float(speed_factor(slope, rule=rule)) == pytest.approx(factor, abs=1e-9)


def test_no_height_is_level():
    assert speed_factor([np.nan, 0.1], rule="tobler").tolist() == pytest.approx([1.0, 0.70469], abs=1e-5)


def test_every_profile_has_a_rule():
    rules = {name: slope_rule(profile) for name, profile in load_profiles().items()}

    assert rules == {
        "walk": "tobler",
        "walk-elderly": "tobler",
        "walk-carer": "tobler",
        "bicycle": "bicycle",
        "ebike": "ebike",
        "vehicle": "level",
    }


def test_a_steady_slope_gives_its_factor_up_and_down():
    roads = drawn({1: (0, 0), 2: (330, 0), 3: (1000, 0)}, [([1, 2, 3], ROAD)])
    heights = heights_of(roads, lambda x, y: 0.1 * x)

    assert edge_factors(roads, heights, rule="tobler")[0] == pytest.approx([0.70469, 1.0], abs=1e-5)
    walk = build_network(roads, load_profiles()["walk"], heights=heights)
    # 900 s on the level; 900 / exp(−0.35) = 1277.161 s up
    assert walk.arc_ms.tolist() == [1_277_161, 900_000]
    assert build_network(roads, load_profiles()["vehicle"], heights=heights).arc_ms.tolist() == [180_000] * 2


def test_pieces_add_up_over_a_hill():
    # 100 m up at 10 %, 100 m down at 10 %: slowness (1/0.70469 + 1/1.0) / 2 each way.
    roads = drawn({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [([1, 2, 3], ROAD)])
    heights = heights_of(roads, lambda x, y: 10 - abs(x - 100) * 0.1)

    mean = 2 / (np.exp(0.35) + 1.0)
    assert edge_factors(roads, heights, rule="tobler")[0] == pytest.approx([mean, mean], abs=1e-12)


def test_noise_over_a_few_metres_makes_no_wall():
    # A vertex every 2 m that jumps up and down by 1 m: ± 50 % from vertex to vertex.
    count = 101
    nodes = {ref: (2.0 * ref, 0.0) for ref in range(count)}
    roads = drawn(nodes, [(list(range(count)), ROAD)])
    heights = np.arange(count) % 2 * 1.0

    factors = edge_factors(roads, heights, rule="tobler")
    assert (factors > 0.9).all()
    assert (factors < 1.1).all()


def test_a_short_edge_climbs_over_fifty_metres():
    roads = drawn({1: (0, 0), 2: (5, 0)}, [([1, 2], ROAD)])

    # 2 m of rise over 5 m counts as 4 %.
    assert edge_factors(roads, np.array([0.0, 2.0]), rule="tobler")[0, 0] == pytest.approx(np.exp(-3.5 * 0.04))


def test_edges_do_not_touch_each_others_heights():
    nodes = {1: (0, 0), 2: (120, 0), 3: (0, 500), 4: (120, 500)}
    roads = drawn(nodes, [([1, 2], ROAD), ([3, 4], ROAD)])
    heights = np.array([0.0, 0.0, 0.0, 12.0])

    factors = edge_factors(roads, heights, rule="tobler")
    assert factors[0].tolist() == [1.0, 1.0]
    assert factors[1] == pytest.approx([np.exp(-0.35), 1.0])


def test_a_bridge_runs_straight_over_its_valley():
    # The road ends at 1 and 3; the bridge 1 ─ 2 ─ 3 has its middle over the valley floor, 30 m below.
    nodes = {0: (-200, 0), 1: (0, 0), 2: (100, 0), 3: (300, 0), 4: (500, 0)}
    ends = [([0, 1], ROAD), ([3, 4], ROAD)]
    whole = drawn(nodes, [*ends, ([1, 2, 3], BRIDGE)])
    split = drawn(nodes, [*ends, ([1, 2], BRIDGE), ([2, 3], BRIDGE)])

    def valley(x, y):
        return -30.0 if x == 100 else 0.0

    assert edge_factors(whole, heights_of(whole, valley), rule="tobler").tolist() == [[1.0, 1.0]] * 3
    assert edge_factors(split, heights_of(split, valley), rule="tobler") == pytest.approx(np.ones((4, 2)))


def test_a_tunnel_in_two_pieces_climbs_steadily():
    nodes = {0: (-200, 0), 1: (0, 0), 2: (100, 0), 3: (300, 0), 4: (500, 0)}
    tunnel = ROAD | {"tunnel": "yes"}
    roads = drawn(nodes, [([0, 1], ROAD), ([3, 4], ROAD), ([1, 2], tunnel), ([2, 3], tunnel)])
    heights = heights_of(roads, lambda x, y: {-200: 0, 0: 0, 100: 800, 300: 30, 500: 30}[x])

    factors = edge_factors(roads, heights, rule="tobler")
    assert factors[2:] == pytest.approx(np.array([[np.exp(-0.35), 1.0]] * 2))


def test_a_ferry_is_level():
    roads = drawn({1: (0, 0), 2: (100, 0)}, [([1, 2], {"route": "ferry"})])

    assert edge_factors(roads, np.array([0.0, 20.0]), rule="tobler").tolist() == [[1.0, 1.0]]


def test_unknown_heights_are_level_and_harm_nobody_else():
    roads = drawn({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [([1, 2], ROAD), ([2, 3], BRIDGE)])
    heights = np.array([0.0, np.nan, np.nan, 10.0])

    assert edge_factors(roads, heights, rule="tobler").tolist() == [[1.0, 1.0]] * 2


def test_a_barrier_costs_no_climb():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    roads = drawn(nodes, [([1, 2, 3], ROAD)], barriers={2: {"barrier": "bollard"}})
    heights = heights_of(roads, lambda x, y: 0.1 * x)

    factors = edge_factors(roads, heights, rule="tobler")
    assert factors[:2] == pytest.approx(np.array([[np.exp(-0.35), 1.0]] * 2))
    assert build_network(roads, load_profiles()["walk"], heights=heights).arc_ms[4:].tolist() == [0] * 4
