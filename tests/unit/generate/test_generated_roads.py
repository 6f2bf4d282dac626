"""Roads, facilities and the cases of a generated county."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from accessgis.base.datum import to_wgs84
from accessgis.generate.county import County
from accessgis.generate.junctions import cut_at_crossings, string_ways
from accessgis.generate.roads import CLASS, plain_segments

ROAD_CLASSES = {
    "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service",
    "pedestrian", "track", "path",
}  # fmt: skip


class Osm:
    """The roads file, read plainly."""

    def __init__(self, path: Path) -> None:
        self.ways: list[tuple[dict[str, str], list[int]]] = []
        self.nodes: dict[int, tuple[float, float]] = {}
        self.node_tags: list[dict[str, str]] = []
        self.relations = 0
        to_metres = Transformer.from_crs(4326, 4546, always_xy=True)
        for item in osmium.FileProcessor(str(path)):
            if item.is_node():
                self.nodes[item.id] = (item.lon, item.lat)
                self.node_tags.append(dict(item.tags))
            elif item.is_way():
                self.ways.append((dict(item.tags), [node.ref for node in item.nodes]))
            else:
                self.relations += 1
        x, y = to_metres.transform(*np.array(list(self.nodes.values())).T)
        self.xy = dict(zip(self.nodes, zip(x.tolist(), y.tolist(), strict=True), strict=True))

    def roads(self) -> Iterator[tuple[dict[str, str], list[int]]]:
        return ((tags, nodes) for tags, nodes in self.ways if "highway" in tags)

    def walkable(self, *, ferry: bool) -> nx.Graph:
        graph = nx.Graph()
        for tags, nodes in self.ways:
            on_foot = "highway" in tags and not tags["highway"].startswith("motorway")
            if on_foot or (ferry and tags.get("route") == "ferry"):
                for a, b in itertools.pairwise(nodes):
                    graph.add_edge(a, b, metres=float(np.hypot(*np.subtract(self.xy[a], self.xy[b]))))
        return graph

    def nearest(self, graph: nx.Graph, point: tuple[float, float]) -> int:
        ids = sorted(graph)
        return ids[int(np.hypot(*(np.array([self.xy[node] for node in ids]) - point).T).argmin())]


@pytest.fixture(scope="module")
def osm(folder: Path) -> Osm:
    """Return the roads file."""
    return Osm(folder / "roads" / "roads.osm.pbf")


def test_the_network_has_about_the_junctions_asked_for(county: County) -> None:
    assert county.streets.junctions == pytest.approx(3_000, rel=0.1)


def test_every_class_and_feature_of_road_occurs(osm: Osm) -> None:
    classes = collections.Counter(tags["highway"] for tags, _ in osm.roads())
    assert set(classes) == ROAD_CLASSES
    values = collections.Counter((key, value) for tags, _ in osm.ways for key, value in tags.items())
    for feature in (
        ("oneway", "yes"), ("bridge", "yes"), ("tunnel", "yes"), ("junction", "roundabout"), ("toll", "yes"),
        ("route", "ferry"), ("duration", "00:12"), ("maxspeed", "80"), ("surface", "unpaved"), ("waterway", "river"),
    ):  # fmt: skip
        assert values[feature] > 0, feature
    barriers = collections.Counter(tags.get("barrier") for tags in osm.node_tags)
    assert {"toll_booth", "bollard", "gate"} <= set(barriers)
    assert any(tags.get("amenity") == "clinic" for tags in osm.node_tags)
    assert osm.relations > 0
    assert all(tags["oneway"] == "yes" for tags, _ in osm.roads() if tags["highway"] == "motorway")


def test_some_ways_run_through_junctions(osm: Osm) -> None:
    ends = collections.Counter(node for _, nodes in osm.roads() for node in (nodes[0], nodes[-1]))
    through = sum(node in ends for _, nodes in osm.roads() for node in nodes[1:-1])
    assert through > 100


def test_rivers_are_crossed_at_bridges_only(osm: Osm) -> None:
    rivers = shapely.MultiLineString(
        [[osm.xy[node] for node in nodes] for tags, nodes in osm.ways if tags.get("waterway") == "river"]
    )
    shapely.prepare(rivers)
    crossing = [
        tags for tags, nodes in osm.roads() if rivers.intersects(shapely.LineString([osm.xy[node] for node in nodes]))
    ]
    assert all("bridge" in tags or "tunnel" in tags for tags in crossing)
    assert 5 < sum(tags["highway"] != "motorway" for tags in crossing) < 60


def test_roads_go_on_beyond_the_border(osm: Osm, county: County) -> None:
    border = county.polygons.county
    reach = [
        border.distance(shapely.Point(osm.xy[node]))
        for tags, nodes in osm.roads()
        if tags["highway"] in ("trunk", "primary", "secondary")
        for node in (nodes[0], nodes[-1])
    ]
    assert 3_000 < max(reach) < 6_500


def test_one_piece_of_road_is_an_island_and_the_rest_hangs_together(osm: Osm, county: County) -> None:
    parts = sorted(nx.connected_components(osm.walkable(ferry=False)), key=len, reverse=True)
    assert len(parts) == 2
    village = county.streets.main.island_village
    home = county.polygons.villages[village]
    inside = [home.contains(shapely.Point(osm.xy[node])) for node in parts[1]]
    assert np.mean(inside) > 0.5
    assert len(inside) > 5


def test_a_clinic_600_m_off_by_air_is_over_5_km_by_the_bridge(osm: Osm, county: County, folder: Path) -> None:
    villages, cases = county.settled.villages, county.cases
    clinic = next(item for item in county.facilities["clinics"] if item.village == cases.with_clinic_across)
    assert clinic.status == "在用"
    home = county.mesh.xy[villages.point[cases.across_river]]
    assert 400 < np.hypot(*(home - [clinic.x, clinic.y])) < 800
    assert not any(item.village == cases.across_river for item in county.facilities["clinics"])
    graph = osm.walkable(ferry=True)
    start, end = osm.nearest(graph, tuple(home)), osm.nearest(graph, (clinic.x, clinic.y))
    lengths = nx.single_source_dijkstra_path_length(graph, start, weight="metres")
    assert lengths[end] > 5_000
    # Of the candidate sites the one nearest by air lies on the other bank: the second one is far nearer by road.
    sites = county.cases.sites
    air = np.hypot(*(sites - home).T)
    assert air.argmin() == 0
    road = [lengths[osm.nearest(graph, tuple(site))] for site in sites]
    assert np.argmin(road) == 1
    assert road[0] > 5_000


def test_a_village_uses_the_clinic_across_the_county_line(county: County) -> None:
    cases, villages = county.cases, county.settled.villages
    home = county.mesh.xy[villages.point[cases.border]]
    gaps = {item.id: float(np.hypot(item.x - home[0], item.y - home[1])) for item in county.facilities["clinics"]}
    nearest = min(gaps, key=lambda key: gaps[key])
    assert nearest == "WSW001"
    beyond = next(item for item in county.facilities["clinics"] if item.id == nearest)
    assert not county.polygons.county.contains(shapely.Point(beyond.x, beyond.y))


def test_clinics_are_listed_in_gcj02_and_stand_in_their_villages(county: County, folder: Path) -> None:
    table = pd.read_csv(folder / "facilities" / "clinics.csv", dtype={"村代码": "str"})
    assert (folder / "facilities" / "clinics.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    own = table[table["村代码"].notna()]
    lon, lat = to_wgs84(own["经度"].to_numpy(), own["纬度"].to_numpy(), datum="gcj02")
    x, y = Transformer.from_crs(4326, county.plan.crs, always_xy=True).transform(lon, lat)
    polygons = dict(zip(county.settled.villages.code, county.polygons.villages, strict=True))
    at_home = [polygons[code].contains(shapely.Point(px, py)) for code, px, py in zip(own["村代码"], x, y, strict=True)]
    assert np.mean(at_home) > 0.98
    rural = (~county.settled.villages.community).sum()
    assert 0.7 < (own["状态"] == "在用").sum() / rural < 0.88
    assert {"在用", "在建", "规划", "停用"} == set(table["状态"])
    assert ((table["状态"] == "在用") & (table["人员数"] == 0)).sum() == 1
    assert table["服务村代码"].dropna().str.count(";").tolist() == [1]
    assert table["场址编号"].notna().any()


def test_the_stock_is_that_of_a_county(county: County) -> None:
    kinds = collections.Counter(item.kind for layer in county.facilities.values() for item in layer)
    assert kinds["township_hospital"] == len(county.settled.townships) == 11
    institutions = sum(
        kinds[kind] for kind in ("elderly_institution", "rural_elderly_home", "embedded_elderly_institution")
    )
    assert institutions == 10
    assert kinds["county_hospital"] == kinds["tcm_hospital"] == kinds["maternal_child_institution"] == 1
    assert kinds["regional_elderly_centre"] < 11
    home = next(item for item in county.facilities["elderly"] if item.numbers["beds"] == 28)
    assert home.kind == "rural_elderly_home"
    assert home.numbers["occupancy"] == 0.37
    assert any(item.outline is not None for item in county.facilities["fitness"])
    names = [item.id for layer in county.facilities.values() for item in layer]
    assert len(set(names)) == len(names)


def test_a_crossing_becomes_a_junction_and_a_bridge_does_not() -> None:
    #      3
    #      |
    #  0 --+-- 1      the upright piece crosses the flat one in the middle
    #      |
    #      2
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, -50.0], [50.0, 50.0]])
    classes = np.full(2, CLASS["residential"])
    crossing = plain_segments(xy, np.array([0, 2]), np.array([1, 3]), classes, np.array([-1, -1]))
    cut = cut_at_crossings(crossing)
    pieces = {frozenset(pair) for pair in zip(cut.tail.tolist(), cut.head.tolist(), strict=True)}
    assert pieces == {frozenset((a, 4)) for a in range(4)}
    assert cut.xy[4].tolist() == [50.0, 0.0]
    crossing.bridge[1] = True
    assert cut_at_crossings(crossing).tail.size == 2


def test_pieces_of_one_key_become_one_way_and_one_way_streets_keep_their_direction() -> None:
    # 0 → 1 → 2 one-way; 2 – 3 two-way, digitised backwards; 1 – 4 of another class
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0], [300.0, 0.0], [100.0, 80.0]])
    tail, head = np.array([1, 0, 3, 1]), np.array([2, 1, 2, 4])
    classes = np.array([CLASS["residential"]] * 3 + [CLASS["track"]])
    pieces = plain_segments(xy, tail, head, classes, np.full(4, -1))
    pieces.oneway[:2] = True
    ways = string_ways(pieces, np.array([1, 1, 0, 2]))
    found = [ways.vertex[a:b].tolist() for a, b in itertools.pairwise(ways.start)]
    assert [0, 1, 2] in found
    assert sorted(map(sorted, found)) == [[0, 1, 2], [1, 4], [2, 3]]
