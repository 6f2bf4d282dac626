"""A file cut into pieces: each piece is what a slow look at every way says it must be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest

from accessgis.base.errors import DataError
from accessgis.sources import osm_pieces
from accessgis.sources.osm_pieces import cut_osm

BOXES = {"west": (0.0, 0.0, 5.0, 10.0), "east": (4.5, 0.0, 10.0, 10.0), "far": (50.0, 50.0, 51.0, 51.0)}
Found = dict[str, dict[int, tuple[object, dict[str, str]]]]


def osm(path: Path) -> Found:
    """Write a file of random ways, tagged nodes and relations of ways; return what stands in it."""
    rng = np.random.default_rng(3)
    nodes = {1 + i: (round(x, 3), round(y, 3)) for i, (x, y) in enumerate(rng.uniform(0, 10, (60, 2)).tolist())}
    tags: dict[int, dict[str, str]] = {5: {"barrier": "gate"}, 7: {"amenity": "clinic"}}
    kinds = [{"highway": "residential"}, {"building": "yes"}, {"boundary": "administrative"}, {}]
    ways = {100 + i: (rng.choice(list(nodes), 3, replace=False).tolist(), kinds[i % 4]) for i in range(40)}
    members = {200: [101, 105], 201: [102, 106, 110], 202: [113], 203: [103]}
    about = {200: {"type": "multipolygon", "building": "yes"}, 201: {"boundary": "administrative"}, 202: {"a": "b"}}
    about[203] = {"type": "multipolygon", "amenity": "hospital"}
    with osmium.SimpleWriter(str(path), overwrite=True) as out:
        for number, place in nodes.items():
            out.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags.get(number, {})))
        for number, (refs, said) in ways.items():
            out.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=said))
        for number, some in members.items():
            parts = [("w", way, "outer") for way in some]
            out.add_relation(osmium.osm.mutable.Relation(id=number, members=parts, tags=about[number]))
    return {
        "node": {number: (place, tags.get(number, {})) for number, place in nodes.items()},
        "way": {number: (refs, said) for number, (refs, said) in ways.items()},
        "relation": {number: (some, about[number]) for number, some in members.items()},
    }


def read(path: Path) -> Found:
    found: Found = {"node": {}, "way": {}, "relation": {}}
    for one in osmium.FileProcessor(str(path)):
        if one.is_node():
            found["node"][one.id] = ((one.location.lon, one.location.lat), dict(one.tags))
        elif one.is_way():
            found["way"][one.id] = ([node.ref for node in one.nodes], dict(one.tags))
        else:
            found["relation"][one.id] = ([member.ref for member in one.members], dict(one.tags))
    return found


def expected(whole: Found, box: tuple[float, ...], *, everything: bool) -> Found:
    west, south, east, north = box
    keys = {"highway", "route", "barrier", "boundary"}

    def wanted(tags: dict[str, str]) -> bool:
        return bool(tags) if everything else bool(keys & set(tags))

    inside = {n for n, ((x, y), _) in whole["node"].items() if west <= x <= east and south <= y <= north}
    parts = {n for some, tags in whole["relation"].values() if everything and tags for n in some}
    ways = {n: way for n, way in whole["way"].items() if (wanted(way[1]) or n in parts) and inside & set(way[0])}
    for some, tags in whole["relation"].values():
        if everything and tags.get("type") == "multipolygon" and set(some) & set(ways):
            ways |= {n: whole["way"][n] for n in some}
    nodes = {n for way in ways.values() for n in way[0]} | {n for n in inside if wanted(whole["node"][n][1])}
    relations = {
        n: (some, tags)
        for n, (some, tags) in whole["relation"].items()
        if wanted(tags) and (set(some) & set(ways) if "boundary" in tags else set(some) <= set(ways))
    }
    told = {
        n: (place, tags if wanted(tags) and (n in inside or "barrier" in tags) else {})
        for n, (place, tags) in whole["node"].items()
        if n in nodes
    }
    return {"node": told, "way": ways, "relation": relations}


@pytest.mark.parametrize("held", [2_000_000, 9])
@pytest.mark.parametrize("everything", [False, True])
def test_a_piece_holds_what_touches_its_box_ways_whole(tmp_path, monkeypatch, everything, held):
    monkeypatch.setattr(osm_pieces, "_MOST_HELD", held)
    whole = osm(tmp_path / "whole.osm.pbf")
    pieces = {name: tmp_path / name / "p.osm.pbf" for name in BOXES}
    cut_osm(tmp_path / "whole.osm.pbf", BOXES, pieces.__getitem__, label="w", everything=everything)

    for name, box in BOXES.items():
        assert read(pieces[name]) == expected(whole, box, everything=everything)
    assert read(pieces["west"])["relation"]


def test_a_hospital_whose_outer_way_has_no_tags_is_kept(tmp_path):
    path, mutable = tmp_path / "whole.osm.pbf", osmium.osm.mutable
    about = {"type": "multipolygon", "amenity": "hospital"}
    with osmium.SimpleWriter(str(path)) as out:
        for number, place in enumerate([(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)], start=1):
            out.add_node(mutable.Node(id=number, location=place))
        out.add_way(mutable.Way(id=10, nodes=[1, 2, 3, 1]))
        out.add_way(mutable.Way(id=11, nodes=[1, 3]))
        out.add_relation(mutable.Relation(id=20, members=[("w", 10, "outer")], tags=about))
    cut_osm(path, BOXES, lambda name: tmp_path / name / "p.osm.pbf", label="w", everything=True)

    found = read(tmp_path / "west" / "p.osm.pbf")
    assert (found["way"], found["relation"]) == ({10: ([1, 2, 3, 1], {})}, {20: ([10], about)})
    areas = osmium.FileProcessor(str(tmp_path / "west" / "p.osm.pbf")).with_areas()
    assert [one.orig_id() for one in areas if one.is_area()] == [20]


@pytest.mark.parametrize("held", [2_000_000, 3])
def test_a_river_that_flows_on_beyond_is_whole_and_a_route_is_not(tmp_path, monkeypatch, held):
    monkeypatch.setattr(osm_pieces, "_MOST_HELD", held)
    path, mutable = tmp_path / "whole.osm.pbf", osmium.osm.mutable
    river = {"type": "multipolygon", "natural": "water"}
    places = [(1.0, 1.0), (1.0, 2.0), (30.0, 2.0), (30.0, 1.0)]
    with osmium.SimpleWriter(str(path)) as out:
        for number, place in enumerate(places, start=1):
            out.add_node(mutable.Node(id=number, location=place))
        out.add_way(mutable.Way(id=10, nodes=[1, 2]))
        out.add_way(mutable.Way(id=11, nodes=[2, 3]))
        out.add_way(mutable.Way(id=12, nodes=[3, 4]))  # far from every box
        out.add_way(mutable.Way(id=13, nodes=[4, 1]))
        out.add_way(mutable.Way(id=14, nodes=[3, 4], tags={"highway": "primary"}))
        out.add_relation(mutable.Relation(id=20, members=[("w", way, "outer") for way in (10, 11, 12, 13)], tags=river))
        route = [("w", 11, ""), ("w", 14, "")]
        out.add_relation(mutable.Relation(id=21, members=route, tags={"type": "route", "route": "road"}))
        out.add_relation(mutable.Relation(id=22, members=[("w", 11, "outer"), ("w", 99, "outer")], tags=river))
    cut_osm(path, BOXES, lambda name: tmp_path / name / "p.osm.pbf", label="w", everything=True)

    found = read(tmp_path / "west" / "p.osm.pbf")
    assert sorted(found["way"]) == [10, 11, 12, 13]
    assert sorted(found["relation"]) == [20], "neither a route that leads on nor an area of which the file lacks a way"
    areas = osmium.FileProcessor(str(tmp_path / "west" / "p.osm.pbf")).with_areas()
    assert [one.orig_id() for one in areas if one.is_area()] == [20]
    assert read(tmp_path / "east" / "p.osm.pbf") == {"node": {}, "way": {}, "relation": {}}


def test_a_file_that_is_cut_short_is_said(tmp_path):
    path = tmp_path / "whole.osm.pbf"
    osm(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError) as raised:
        cut_osm(path, BOXES, lambda name: tmp_path / name, label="w", everything=True)
    assert raised.value.code == "AG3101"
