"""An OSM file cut into pieces as it streams by: every piece holds what touches its box, ways and areas whole.

What a box needs is written aside as it streams by and put together piece by piece afterwards, so that memory grows with
the largest piece, and by some hundred bytes for every way kept, not with the file. Places of nodes are looked up in a
file on the disk where the system allows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import osmium
import osmium.filter
from numpy.typing import NDArray
from osmium.osm import mutable

from accessgis.base.errors import DataError
from accessgis.base.files import scratch_folder
from accessgis.sources.door import regular_file
from accessgis.sources.roads_osm import OSM_ENDINGS, osm_stream_file
from accessgis.sources.vector import Bounds

_ROAD_KEYS = ("highway", "route", "barrier", "boundary")
"""Tags of what roads and borders are read from; with ``everything`` all tagged objects are kept."""
_OF_AREAS = "areas.jsonl"
"""File aside with the ways of areas: id, nodes, tags, places."""
_MOST_HELD = 2_000_000
"""Vertices and members held in memory before they are written aside."""

_Tags = dict[str, str]


@dataclass
class _Held:
    """Objects by id: nodes with their place, ways with their nodes, relations with type, id and role of members."""

    nodes: dict[int, tuple[tuple[float, float], _Tags]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], _Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], _Tags]] = field(default_factory=dict)

    def take(self, entity: Any) -> None:
        """Take an object of a part that was written aside; a node of a way in one part may have tags in another."""
        tags = dict(entity.tags)
        if entity.is_node():
            if tags or entity.id not in self.nodes:
                self.nodes[entity.id] = ((entity.location.lon, entity.location.lat), tags)
        elif entity.is_way():
            self.ways[entity.id] = ([node.ref for node in entity.nodes], tags)
        else:
            self.relations[entity.id] = ([(one.type, one.ref, one.role) for one in entity.members], tags)


def cut_osm(
    path: Path, boxes: Mapping[str, Bounds], target: Callable[[str], Path], *, label: str, everything: bool
) -> None:
    """Write a piece of an OSM file for every box.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm``, nodes before ways before relations, as every published file has them.
    boxes
        Name of a piece → west, south, east, north in degrees.
    target
        Gives the file of a piece, which is PBF.
    label
        Path for messages.
    everything
        Whether all tagged objects are kept, and the ways that tagged relations consist of, not only roads, barriers
        and borders.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3101 the file is damaged or no OSM file.
    """
    source = regular_file(path, label=label, endings=OSM_ENDINGS)
    with scratch_folder() as aside:
        stores = "sparse_file_array" in osmium.index.map_types() and os.name == "posix"
        index = f"sparse_file_array,{aside / 'places'}" if stores else "flex_mem"
        stream = osmium.FileProcessor(osm_stream_file(source)).with_locations(index)
        kept = osmium.filter.EmptyTagFilter() if everything else osmium.filter.KeyFilter(*_ROAD_KEYS)
        if everything:  # ways are sifted by hand: those of a multipolygon often have no tags of their own
            kept.enable_for(osmium.osm.NODE | osmium.osm.RELATION)
        try:
            parts, of_areas = _member_ways(source) if everything else (frozenset[int](), frozenset[int]())
            cutter = _Cutter(boxes, aside, of_areas)
            entities: Iterable[Any] = stream.with_filter(kept)
            with (aside / _OF_AREAS).open("w", encoding="utf-8") as lines:
                for entity in entities:
                    if not entity.is_way() or entity.tags or entity.id in parts:
                        cutter.take(entity, lines)
        except (RuntimeError, ValueError, OSError) as error:
            detail = (str(error).splitlines() or [type(error).__name__])[0].replace(str(source), label)
            raise DataError("AG3101", file=label, size=source.stat().st_size, detail=detail) from error
        cutter.complete()
        for name in boxes:
            cutter.finish(name, target(name))


def _member_ways(source: Path) -> tuple[frozenset[int], frozenset[int]]:
    """Return the ways that relations with tags consist of, and those that areas among them consist of."""
    stream = osmium.FileProcessor(osm_stream_file(source), osmium.osm.RELATION)
    tagged: Iterable[Any] = stream.with_filter(osmium.filter.EmptyTagFilter())
    every, of_areas = set[int](), set[int]()
    for relation in tagged:
        ways = {member.ref for member in relation.members if member.type == "w"}
        every |= ways
        of_areas |= ways if _is_area(relation) else set()
    return frozenset(every), frozenset(of_areas)


def _is_area(relation: Any) -> bool:
    """Return whether a relation is an area that is not a border: routes and the like reach across the country."""
    return bool(relation.tags.get("type") == "multipolygon" and "boundary" not in relation.tags)


class _Cutter:
    """Hands every object to the boxes that it touches."""

    def __init__(self, boxes: Mapping[str, Bounds], aside: Path, of_areas: frozenset[int]) -> None:
        self.names = list(boxes)
        self.boxes: NDArray[np.float64] = np.array(list(boxes.values()), dtype=np.float64).reshape(-1, 4)
        self.aside = aside
        self.held = [_Held() for _ in self.names]
        self.count = self.spills = 0
        self.of_areas, self.written = of_areas, set[int]()
        self.lacking: dict[int, set[int]] = {}  # way of an area → pieces that hold other ways of it
        self.ways: dict[int, tuple[int, ...]] = {}
        self.barriers: dict[int, dict[str, str]] = {}  # a way that leaves its box keeps the gates on it

    def take(self, entity: Any, lines: TextIO) -> None:
        """Take one object of the file; ways of areas are written aside: which pieces need them is known later."""
        if entity.is_node():
            self._node(entity)
        elif entity.is_way():
            self._way(entity)
            if entity.id in self.of_areas:
                known = [(node.ref, node.lon, node.lat) for node in entity.nodes if node.location.valid()]
                refs = [node.ref for node in entity.nodes]
                lines.write(json.dumps([entity.id, refs, dict(entity.tags), known]) + "\n")
                self.written.add(entity.id)
        elif entity.is_relation():
            self._relation(entity)
        if self.count > _MOST_HELD:
            self._spill()

    def _node(self, node: Any) -> None:
        if not node.location.valid():
            return
        at = (node.location.lon, node.location.lat)
        if "barrier" in node.tags:
            self.barriers[node.id] = dict(node.tags)
        for piece in self._touched(np.array([at])):
            self.held[piece].nodes[node.id] = (at, dict(node.tags))
            self.count += 1

    def _way(self, way: Any) -> None:
        known = [(node.ref, (node.lon, node.lat)) for node in way.nodes if node.location.valid()]
        pieces = self._touched(np.array([place for _, place in known])) if known else ()
        if not pieces:
            return
        self.ways[way.id] = pieces
        refs, tags = [node.ref for node in way.nodes], dict(way.tags)
        for piece in pieces:
            held = self.held[piece]
            held.ways[way.id] = (refs, tags)
            for ref, place in known:
                held.nodes.setdefault(ref, (place, self.barriers.get(ref, {})))
            self.count += len(known)

    def _relation(self, relation: Any) -> None:
        """Keep a border wherever a part of it is, an area there with all its ways, and others where all theirs are."""
        members = [(member.type, member.ref, member.role) for member in relation.members]
        found = {ref: set(self.ways.get(ref, ())) for kind, ref, _ in members if kind == "w"}
        if not found:
            return
        whole = _is_area(relation) and found.keys() <= self.written
        anywhere = whole or relation.tags.get("boundary")
        parts = set.union(*found.values()) if anywhere else set.intersection(*found.values())
        if whole:
            for ref, there in found.items():
                if parts - there:
                    self.lacking.setdefault(ref, set()).update(parts - there)
        for piece in parts:
            self.held[piece].relations[relation.id] = (members, dict(relation.tags))
            self.count += len(members)

    def _touched(self, at: NDArray[np.float64]) -> tuple[int, ...]:
        lon, lat = at[:, :1], at[:, 1:]
        west, south, east, north = self.boxes.T
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        return tuple(np.flatnonzero(inside.any(axis=0)).tolist())

    def complete(self) -> None:
        """Give pieces that hold a part of an area its other ways."""
        with (self.aside / _OF_AREAS).open(encoding="utf-8") as lines:
            for line in lines if self.lacking else ():
                number, refs, tags, known = json.loads(line)
                for piece in self.lacking.get(number, ()):
                    held = self.held[piece]
                    held.ways[number] = (refs, tags)
                    for ref, lon, lat in known:
                        held.nodes.setdefault(ref, ((lon, lat), self.barriers.get(ref, {})))
                    self.count += len(known)
                if self.count > _MOST_HELD:
                    self._spill()

    def _spill(self) -> None:
        """Write aside what is held in memory."""
        for number, held in enumerate(self.held):
            if held.nodes or held.relations:
                _write(self.aside / f"{number}-{self.spills}.osm.pbf", held)
        self.held, self.count = [_Held() for _ in self.names], 0
        self.spills += 1

    def finish(self, name: str, target: Path) -> None:
        """Write a piece: what was written aside for it, and what is still held."""
        number = self.names.index(name)
        whole = _Held()
        for spill in range(self.spills):
            part = self.aside / f"{number}-{spill}.osm.pbf"
            if part.exists():
                for entity in osmium.FileProcessor(osm_stream_file(part)):
                    whole.take(entity)
                part.unlink()
        last, self.held[number] = self.held[number], _Held()
        for key, (place, tags) in last.nodes.items():
            if tags or key not in whole.nodes:
                whole.nodes[key] = (place, tags)
        whole.ways |= last.ways
        whole.relations |= last.relations
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, whole)


def _write(path: Path, piece: _Held) -> None:
    """Write objects as PBF in the usual order: nodes, ways, relations, each by id."""
    header = osmium.io.Header()
    header.set("generator", "accessgis")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as out:
        for number, (place, tags) in sorted(piece.nodes.items()):
            out.add_node(mutable.Node(id=number, location=place, tags=tags))
        for number, (refs, tags) in sorted(piece.ways.items()):
            out.add_way(mutable.Way(id=number, nodes=refs, tags=tags))
        for number, (members, tags) in sorted(piece.relations.items()):
            out.add_relation(mutable.Relation(id=number, members=members, tags=tags))
