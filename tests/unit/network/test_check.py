"""What is odd about roads is counted."""

from __future__ import annotations

from paper.ways import drawn

from accessgis.network.build import build_network
from accessgis.network.check import ISLANDS, island_table, network_doubts, road_doubts
from accessgis.network.profiles import load_profiles

PROFILES = load_profiles()
ROAD = {"highway": "residential"}
NODES = {1: (0, 0), 2: (1000, 0), 3: (0, 90), 4: (70, 90), 5: (100, 90), 6: (0, 500), 7: (100, 500)}


def test_islands_are_listed_per_profile_by_length():
    one_way = ROAD | {"oneway": "yes"}
    roads = drawn(NODES, [([6, 7], ROAD), ([1, 2], ROAD), ([3, 4], ROAD), ([4, 5], one_way)])
    table = island_table([build_network(roads, PROFILES[name]) for name in ("walk", "vehicle")])

    ISLANDS.require(table)
    assert table[["profile", "component", "edges", "length_m", "node"]].to_numpy().tolist() == [
        ["walk", 0, 1, 1000.0, 0],
        ["walk", 1, 2, 100.0, 2],
        ["walk", 2, 1, 100.0, 5],
        ["vehicle", 0, 1, 1000.0, 0],
        ["vehicle", 1, 1, 100.0, 5],
        ["vehicle", 2, 1, 70.0, 2],
    ]
    assert table.loc[1, ["x", "y"]].tolist() == [0.0, 90.0]


def test_no_networks_give_an_empty_table():
    ISLANDS.require(island_table([]))
    assert island_table([]).empty


def test_much_length_on_islands_is_a_doubt_and_little_is_not():
    little = drawn(NODES, [([1, 2], ROAD), ([3, 4], {"highway": "footway"})])
    much = drawn(NODES, [([1, 2], ROAD), ([3, 4], ROAD), ([6, 7], ROAD)])

    assert network_doubts(build_network(little, PROFILES["vehicle"])) == ()
    (doubt,) = network_doubts(build_network(much, PROFILES["walk"]))
    assert (doubt.code, doubt.count, doubt.values["share"]) == ("AG9112", 2, 14.5)
    assert "14.5 %" in doubt.message("en")


def test_no_road_for_a_profile_is_a_doubt():
    roads = drawn(NODES, [([1, 2], {"highway": "footway"})])

    assert [doubt.code for doubt in network_doubts(build_network(roads, PROFILES["vehicle"]))] == ["AG9113"]


def test_sound_roads_leave_no_doubt():
    assert road_doubts(drawn(NODES, [([1, 2], ROAD)]), label="roads.osm") == ()


def test_roads_without_class_long_straights_and_absurd_ferries_are_doubts():
    nodes = {1: (0, 0), 2: (6000, 0), 3: (0, 90), 4: (9000, 90), 5: (0, 200), 6: (50, 200)}
    quick = {"route": "ferry", "duration": "00:01"}
    slow = {"route": "ferry", "duration": "10:00"}
    roads = drawn(nodes, [([1, 2], {"highway": "road"}), ([3, 4], quick), ([5, 6], slow)])
    doubts = {doubt.code: doubt for doubt in road_doubts(roads, label="roads.osm")}

    assert set(doubts) == {"AG9110", "AG9106", "AG9111"}
    assert doubts["AG9110"].values["share"] == 39.9
    assert doubts["AG9106"].count == 2
    assert doubts["AG9111"].count == 1
    for doubt in doubts.values():
        assert "{" not in doubt.message("en") + doubt.message("zh")
