"""Objects with given tags from an OSM file: points, outlines and the doors on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely

from accessgis.base.errors import DataError
from accessgis.sources.door import regular_file

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm")

_NO_DOOR = frozenset({"no", "emergency", "exit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmObject:
    """One tagged object of an OSM file.

    Attributes
    ----------
    id
        ``node/1``, ``way/2`` or ``relation/3``.
    tags
        Its tags.
    shape
        Point, multipolygon, line (a way that does not close) or None (an outline that cannot be built); degrees.
    doors
        Entrances on the outline, (lon, lat).
    """

    id: str
    tags: Mapping[str, str]
    shape: shapely.Geometry | None
    doors: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OsmObjects:
    """Objects in the order of their ids, and how many outlines were counted with their relation."""

    objects: tuple[OsmObject, ...]
    repeated: int = 0


@dataclass(slots=True)
class _Harvest:
    """What one pass over the file gathers."""

    wanted: Callable[[Mapping[str, str]], str | None]
    nodes: dict[int, OsmObject] = field(default_factory=dict)
    doors: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: dict[int, tuple[dict[str, str], str, list[tuple[float, float]]]] = field(default_factory=dict)
    relations: dict[int, tuple[dict[str, str], str, list[int]]] = field(default_factory=dict)
    outlines: dict[str, tuple[str, list[int]]] = field(default_factory=dict)

    def take(self, entity: object, factory: osmium.geom.WKBFactory) -> None:
        """Take one object of the file."""
        if isinstance(entity, osmium.osm.Area):
            self._take_area(entity, factory)
            return
        if not isinstance(entity, (osmium.osm.Node, osmium.osm.Way, osmium.osm.Relation)):
            return
        tags = dict(entity.tags)
        if isinstance(entity, osmium.osm.Node) and entity.location.valid():
            at = (entity.location.lon, entity.location.lat)
            if tags.get("entrance", "no") not in _NO_DOOR:
                self.doors[entity.id] = at
            if self.wanted(tags) is not None:
                self.nodes[entity.id] = OsmObject(id=f"node/{entity.id}", tags=tags, shape=shapely.Point(at))
            return
        sort = self.wanted(tags)
        if sort is None:
            return
        if isinstance(entity, osmium.osm.Way):
            # A closed way has its outline from the area that follows; one place stands in should that fail.
            nodes = list(entity.nodes)[: 1 if entity.is_closed() else None]
            line = [(node.lon, node.lat) for node in nodes if node.location.valid()]
            self.ways[entity.id] = (tags, sort, line)
        elif isinstance(entity, osmium.osm.Relation) and tags.get("type") != "route":
            outer = [member.ref for member in entity.members if member.type == "w" and member.role != "inner"]
            self.relations[entity.id] = (tags, sort, outer)

    def _take_area(self, area: osmium.osm.Area, factory: osmium.geom.WKBFactory) -> None:
        # A way comes before its area, a relation may come after: its area is kept until the tags are known.
        if area.from_way() and area.orig_id() not in self.ways:
            return
        name = f"{'way' if area.from_way() else 'relation'}/{area.orig_id()}"
        try:
            shape = factory.create_multipolygon(area)
        except RuntimeError:
            return
        self.outlines[name] = (shape, [node.ref for ring in area.outer_rings() for node in ring])


def read_osm_objects(
    path: Path, wanted: Callable[[Mapping[str, str]], str | None], *, keys: Collection[str], label: str
) -> OsmObjects:
    """Read the nodes, ways and multipolygon relations that are wanted.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm``, objects sorted by type and id as usual.
    wanted
        Tags → any text when the object is wanted (its kind), None when it is not. A way whose relation has the same
        text is counted with the relation.
    keys
        Keys of which every wanted object has one: others are skipped while reading.
    label
        Path for messages.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3023 the file is damaged or no OSM file.
    """
    source = regular_file(path, label=label, endings=OSM_ENDINGS)
    harvest = _Harvest(wanted)
    factory = osmium.geom.WKBFactory()
    names = sorted(keys)
    try:
        reader = (
            osmium.FileProcessor(source)
            .with_areas(osmium.filter.KeyFilter(*names))
            .with_filter(osmium.filter.KeyFilter(*names, "entrance"))
        )
        for entity in reader:
            harvest.take(entity, factory)
    except (RuntimeError, ValueError, OSError) as error:
        detail = str(error).splitlines()[0].replace(str(source), label)[:200]
        raise DataError("AG3023", file=label, detail=detail, bytes=source.stat().st_size) from error
    return _sorted_objects(harvest)


def _sorted_objects(harvest: _Harvest) -> OsmObjects:
    by_relation = {
        (way, sort)
        for number, (_, sort, outer) in harvest.relations.items()
        if f"relation/{number}" in harvest.outlines
        for way in outer
    }
    objects = [harvest.nodes[number] for number in sorted(harvest.nodes)]
    repeated = 0
    for number in sorted(harvest.ways):
        tags, sort, line = harvest.ways[number]
        if (number, sort) in by_relation:
            repeated += 1
            continue
        objects.append(_outlined(harvest, f"way/{number}", tags, line))
    objects.extend(
        _outlined(harvest, f"relation/{number}", harvest.relations[number][0], [])
        for number in sorted(harvest.relations)
    )
    return OsmObjects(tuple(objects), repeated)


def _outlined(harvest: _Harvest, name: str, tags: dict[str, str], line: list[tuple[float, float]]) -> OsmObject:
    if name in harvest.outlines:
        shape, nodes = harvest.outlines[name]
        doors = tuple(harvest.doors[node] for node in dict.fromkeys(nodes) if node in harvest.doors)
        return OsmObject(id=name, tags=tags, shape=shapely.from_wkb(shape), doors=doors)
    if len(line) == 1:
        return OsmObject(id=name, tags=tags, shape=shapely.Point(line[0]))
    return OsmObject(id=name, tags=tags, shape=shapely.LineString(line) if line else None)
