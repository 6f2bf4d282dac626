"""Ways drawn by hand: as raw ways in metres, and as OSM files in which those metres become degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from pyproj import CRS

from accessgis.base.crs import to_degrees
from accessgis.network.build import RawWays, build_roads
from accessgis.network.model import Roads
from accessgis.network.permissions import barrier_mask, way_rule
from accessgis.network.profiles import road_classes

GK111 = CRS.from_epsg(4546)
EAST, NORTH = 500_000.0, 4_100_000.0
"""Where (0, 0) of a drawing lies: on the central meridian, so that metres are metres."""

Nodes = Mapping[int, tuple[float, float]]
Way = tuple[Sequence[int], Mapping[str, str]]


def raw_ways(nodes: Nodes, ways: Sequence[Way], *, barriers: Mapping[int, Mapping[str, str]] | None = None) -> RawWays:
    """Return drawn ways as they come from a source, in metres from (0, 0)."""
    rules = [way_rule(tags) for _, tags in ways]
    assert all(rule is not None for rule in rules)
    refs = [ref for way, _ in ways for ref in way]
    stops = {ref: barrier_mask(tags) for ref, tags in (barriers or {}).items()}
    classes = road_classes()
    return RawWays(
        start=np.concatenate([[0], np.cumsum([len(way) for way, _ in ways], dtype=np.int64)]),
        node_id=np.array(refs, dtype=np.int64),
        x=np.array([nodes[ref][0] for ref in refs], dtype=np.float64),
        y=np.array([nodes[ref][1] for ref in refs], dtype=np.float64),
        road_class=np.array([classes.index(rule.road_class) for rule in rules], dtype=np.uint8),
        classes=classes,
        forward=np.array([rule.forward for rule in rules], dtype=np.uint8),
        backward=np.array([rule.backward for rule in rules], dtype=np.uint8),
        maxspeed_forward_kph=np.array([rule.maxspeed_forward_kph for rule in rules], dtype=np.float64),
        maxspeed_backward_kph=np.array([rule.maxspeed_backward_kph for rule in rules], dtype=np.float64),
        joinable=np.array([rule.joinable for rule in rules], dtype=bool),
        duration_ms=np.array([rule.duration_ms for rule in rules], dtype=np.int64),
        source_id=np.arange(1, len(ways) + 1, dtype=np.int64),
        barrier_id=np.array(list(stops), dtype=np.int64),
        barrier_mask=np.array(list(stops.values()), dtype=np.uint8),
    )


def drawn(nodes: Nodes, ways: Sequence[Way], *, barriers: Mapping[int, Mapping[str, str]] | None = None) -> Roads:
    """Return drawn ways split into edges."""
    return build_roads(raw_ways(nodes, ways, barriers=barriers), crs=GK111)


def write_osm(
    path: Path, nodes: Nodes, ways: Sequence[Way], *, node_tags: Mapping[int, Mapping[str, str]] | None = None
) -> Path:
    """Write drawn ways as an .osm file: nodes to 1e-7 degree (a centimetre); ids of ways from 1."""
    move = to_degrees(GK111)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']

    def tagged(tags: Mapping[str, str]) -> list[str]:
        return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]

    for ref, (x, y) in nodes.items():
        lon, lat = move.transform(EAST + x, NORTH + y)
        lines.append(f'<node id="{ref}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">')
        lines += [*tagged((node_tags or {}).get(ref, {})), "</node>"]
    for number, (refs, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [*(f'<nd ref="{ref}"/>' for ref in refs), *tagged(tags), "</way>"]
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def edge_list(roads: Roads) -> list[tuple[int, int, int, float]]:
    """Return (way, tail, head, length to the millimetre) of every edge, in order."""
    return [
        (int(way), int(tail), int(head), round(float(length), 3))
        for way, tail, head, length in zip(roads.source_id, roads.tail, roads.head, roads.length_m, strict=True)
    ]
