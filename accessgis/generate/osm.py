"""The roads file: roads, rivers, places and a few facilities as OpenStreetMap PBF."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm import mutable

from accessgis.base.crs import to_degrees
from accessgis.generate.arrays import Array, metres
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import Plan
from accessgis.generate.roads import CLASSES
from accessgis.generate.settlements import Settled
from accessgis.generate.stock import Facility
from accessgis.generate.streets import Streets
from accessgis.generate.terrain import Land

Tags = dict[str, str]

_NAMED = {"motorway": "示例高速", "trunk": "示例国道", "primary": "示例省道"}
_SURFACE = {"motorway": "asphalt", "trunk": "asphalt", "primary": "asphalt", "secondary": "asphalt", "track": "unpaved"}
_FACILITY_TAGS: dict[str, Tags] = {
    "village_clinic": {"amenity": "clinic", "healthcare": "clinic"},
    "township_hospital": {"amenity": "hospital"},
    "county_hospital": {"amenity": "hospital", "healthcare": "hospital"},
    "public_central_kindergarten": {"amenity": "kindergarten"},
    "elderly_institution": {
        "amenity": "social_facility",
        "social_facility": "nursing_home",
        "social_facility:for": "senior",
    },
    "fitness_site": {"leisure": "fitness_station"},
    "sports_ground": {"leisure": "pitch"},
    "sports_centre": {"leisure": "sports_centre"},
    "park": {"leisure": "park"},
    "shop": {"shop": "convenience"},
}


class _Writer:
    """Hands out ids, keeps nodes before ways before relations."""

    def __init__(self, plan: Plan) -> None:
        self._to_degrees = to_degrees(plan.crs)
        self.lon: list[float] = []
        self.lat: list[float] = []
        self.node_tags: dict[int, Tags] = {}
        self.ways: list[tuple[list[int], Tags]] = []
        self.relations: list[tuple[list[tuple[str, int, str]], Tags]] = []

    def nodes(self, xy: Array) -> range:
        """Add nodes; return their ids."""
        lon, lat = self._to_degrees.transform(xy[:, 0], xy[:, 1])
        first = len(self.lon) + 1
        self.lon += np.round(lon, 7).tolist()
        self.lat += np.round(lat, 7).tolist()
        return range(first, first + len(xy))

    def way(self, nodes: list[int], tags: Tags) -> int:
        """Add a way; return its id."""
        self.ways.append((nodes, tags))
        return len(self.ways)

    def write(self, path: Path) -> None:
        """Write everything."""
        header = osmium.io.Header()
        header.set("generator", "accessgis generate county")
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as out:
            for number, place in enumerate(zip(self.lon, self.lat, strict=True), start=1):
                out.add_node(mutable.Node(id=number, location=place, tags=self.node_tags.get(number)))
            for number, (nodes, tags) in enumerate(self.ways, start=1):
                out.add_way(mutable.Way(id=number, nodes=nodes, tags=tags))
            for number, (members, tags) in enumerate(self.relations, start=1):
                out.add_relation(mutable.Relation(id=number, members=members, tags=tags))


def write_roads(
    path: Path, plan: Plan, land: Land, mesh: Mesh, settled: Settled, streets: Streets, facilities: list[Facility]
) -> None:
    """Write the roads file, WGS-84."""
    writer = _Writer(plan)
    ids = writer.nodes(streets.segments.xy)
    for vertices, tags in (
        (streets.tolls, {"barrier": "toll_booth"}),
        (streets.bollards, {"barrier": "bollard"}),
        (streets.gates, {"barrier": "gate"}),
    ):
        for vertex in vertices.tolist():
            writer.node_tags[ids[vertex]] = tags
    _add_roads(writer, plan, mesh, settled, streets, ids)
    ferry = [ids[streets.ferry[0]], ids[streets.ferry[1]]]
    writer.way(ferry, {"route": "ferry", "name": "云溪河渡口", "foot": "yes", "bicycle": "yes", "motor_vehicle": "yes",
                       "duration": "00:12"})  # fmt: skip
    for river in land.rivers:
        nodes = list(writer.nodes(river.line))
        named = {"name": river.name} if river.name else {}
        writer.way(nodes, {"waterway": "river" if river.barrier else "stream", **named})
    villages = settled.villages
    for number, node in enumerate(writer.nodes(mesh.xy[villages.point])):
        kind = "neighbourhood" if villages.community[number] else "village"
        writer.node_tags[node] = {"place": kind, "name": villages.name[number]}
    _add_facilities(writer, facilities)
    writer.write(path)


def _add_roads(writer: _Writer, plan: Plan, mesh: Mesh, settled: Settled, streets: Streets, ids: range) -> None:
    segments, ways = streets.segments, streets.ways
    middle = (segments.xy[segments.tail] + segments.xy[segments.head]) / 2
    in_town = metres(middle - mesh.xy[mesh.town]) < settled.town_radius_m
    first, second = plan.rng("tags").random((2, ways.segment.size)).tolist()
    vertex, start = ways.vertex.tolist(), ways.start.tolist()
    for number, segment in enumerate(ways.segment.tolist()):
        nodes = [ids[v] for v in vertex[start[number] : start[number + 1]]]
        name = CLASSES[segments.road_class[segment]]
        drawn = _class_tags(name, first[number], second[number], number, in_town=bool(in_town[segment]))
        tags = {"highway": name, **drawn}
        if segments.bridge[segment]:
            tags |= {"bridge": "yes", "layer": "1"}
        if segments.tunnel[segment]:
            tags |= {"tunnel": "yes", "layer": "-1"}
        if segments.roundabout[segment]:
            tags |= {"junction": "roundabout"}
        elif segments.oneway[segment]:
            tags |= {"oneway": "yes"}
        writer.way(nodes, tags)


def _class_tags(name: str, draw: float, second: float, number: int, *, in_town: bool) -> Tags:
    tags: Tags = {}
    if name in _NAMED:
        tags["name"] = _NAMED[name]
    if name == "secondary":
        tags["name"] = f"示例县道{number % 30 + 1:02d}"
    if name in _SURFACE:
        tags["surface"] = _SURFACE[name]
    elif name == "tertiary" or (name == "unclassified" and draw < 0.7):
        tags["surface"] = "concrete" if second < 0.7 else "asphalt"
    limits = {"motorway": 120, "motorway_link": 40, "trunk": 60 if in_town else 80, "primary": 50 if in_town else 70}
    limit = limits.get(name)
    if name in ("secondary", "tertiary") and draw < 0.4:
        limit = 40 if in_town or name == "tertiary" else 60
    if name == "residential" and in_town and draw < 0.2:
        limit = 30
    if limit:
        tags["maxspeed"] = str(limit)
    if name == "motorway_link":
        tags["toll"] = "yes"
    if name == "track":
        tags["tracktype"] = f"grade{2 + int(draw * 4)}"
    if name == "service" and draw < 0.12:
        tags["access"] = "private"
    if name == "residential" and not in_town and draw < 0.01:
        tags["access"] = "no"
    return tags


def _add_facilities(writer: _Writer, facilities: list[Facility]) -> None:
    """Add what a volunteer mapper would know: a share of the facilities, some as outlines, one as a relation."""
    for item in facilities:
        tags = _FACILITY_TAGS.get(item.kind)
        known = zlib.crc32(item.id.encode("ascii")) % 4 == 0
        known |= item.kind in ("county_hospital", "sports_centre", "park")
        if tags is None or not known or item.status != "在用":
            continue
        tags = tags | {"name": item.name}
        if item.kind == "county_hospital":
            _add_relation(writer, item, tags)
        elif item.outline is not None:
            ring = list(writer.nodes(np.array(item.outline.exterior.coords)[:-1]))
            writer.way([*ring, ring[0]], tags)
        else:
            writer.node_tags[writer.nodes(np.array([[item.x, item.y]]))[0]] = tags


def _add_relation(writer: _Writer, item: Facility, tags: Tags) -> None:
    court = shapely.box(item.x - 20, item.y - 15, item.x + 20, item.y + 15)
    outer = list(writer.nodes(np.array(court.buffer(45, join_style="mitre").exterior.coords)[:-1]))
    inner = list(writer.nodes(np.array(court.exterior.coords)[:-1]))
    members = [("w", writer.way([*outer, outer[0]], {}), "outer"), ("w", writer.way([*inner, inner[0]], {}), "inner")]
    writer.relations.append((members, {"type": "multipolygon", **tags}))
