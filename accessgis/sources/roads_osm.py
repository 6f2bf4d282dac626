"""Roads from OpenStreetMap files: one streaming pass, tags to permissions by the rules of ``network``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, from_degrees
from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.provenance import Reading
from accessgis.network.build import RawWays, build_roads
from accessgis.network.model import Roads
from accessgis.network.permissions import (
    ALL_MODES,
    RELEVANT_KEYS,
    WayRule,
    barrier_mask,
    is_excluded,
    way_rule,
)
from accessgis.network.profiles import road_classes
from accessgis.network.split import ragged
from accessgis.sources.door import record, regular_file

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

_PER_DEGREE = 10_000_000
_UNKNOWN = np.iinfo(np.int32).max
_SHOWN = 5
_KEYS_OF_DOUBT = {
    "AG9103": ("maxspeed", "maxspeed:forward", "maxspeed:backward"),
    "AG9104": ("maxspeed", "maxspeed:forward", "maxspeed:backward"),
    "AG9105": ("duration",),
}
_TagKey = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class OsmScan:
    """What one pass over an OSM file gives: road ways with their vertices in degrees, and barriers.

    Attributes
    ----------
    highways, ferries
        Ways with a ``highway`` tag, and further ways with ``route=ferry``, in the file.
    start, node_id, lon, lat
        Vertices of the road ways kept: way i at ``start[i]:start[i + 1]``; NaN where a node is not in the file.
    way_id, rule
        OSM id of each way, and index of its rule.
    rules, tags
        The distinct rules, and the tags that each came from.
    barrier_id, barrier_mask
        Nodes that stop some mode, and the modes that pass.
    unknown
        Values of ``highway`` that no rule knows, with the number of ways of each.
    """

    highways: int
    ferries: int
    start: NDArray[np.int64]
    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    way_id: NDArray[np.int64]
    rule: NDArray[np.int64]
    rules: tuple[WayRule, ...]
    tags: tuple[dict[str, str], ...]
    barrier_id: NDArray[np.int64]
    barrier_mask: NDArray[np.uint8]
    unknown: tuple[tuple[str, int], ...]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north of all road vertices, WGS-84 degrees."""
        known = np.isfinite(self.lon)
        lon, lat = self.lon[known], self.lat[known]
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def scan_osm(path: Path, *, label: str) -> OsmScan:
    """Read the road ways and barriers of an OSM file in one streaming pass.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm`` (also ``.osm.gz``, ``.osm.bz2``).
    label
        Path for messages, relative to the study.

    Raises
    ------
    DataError
        AG3002 no such file, AG3003 another kind of file, AG3101 broken, cut short, empty or not OSM, AG3102 no roads,
        AG3104 no coordinates.
    """
    source = regular_file(path, label=label, endings=OSM_ENDINGS)
    collector = _Collector()
    try:
        collector.read(source)
    # osmium raises RuntimeError for nearly everything that can be wrong with a file.
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        size = source.stat().st_size
        raise DataError("AG3101", file=label, size=size, detail=detail.replace(str(source), label)) from error
    scan = collector.result()
    if not scan.way_id.size:
        raise DataError("AG3102", file=label)
    if not np.isfinite(scan.lon).any():
        raise DataError("AG3104", file=label, count=int(scan.way_id.size))
    return scan


def osm_extent(path: Path, *, label: str) -> tuple[float, float, float, float]:
    """Return west, south, east and north of the roads of an OSM file, WGS-84 degrees; errors as :func:`scan_osm`."""
    return scan_osm(path, label=label).extent


def read_osm_roads(
    path: Path, *, label: str, crs: CRS, keep: shapely.Geometry | None = None, scan: OsmScan | None = None
) -> Reading[Roads]:
    """Read roads from an OSM file and split them into edges.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm``.
    label
        Path for messages and provenance, relative to the study.
    crs
        Working CRS, projected, metres.
    keep
        Polygon in ``crs``: ways with a vertex in it are kept whole. None keeps all.
    scan
        What :func:`scan_osm` gave for the same file, where the caller has it already.

    Returns
    -------
    Reading[Roads]
        Roads; ways that no mode may use are not among them. ``rows`` of the record counts the ways with a
        ``highway`` tag and the ferries in the file.

    Raises
    ------
    DataError
        As :func:`scan_osm`; AG3103 no way lies in ``keep``.
    """
    seen = scan if scan is not None else scan_osm(path, label=label)
    x, y = _projected(seen, crs)
    doubts: list[Doubt] = []
    start, take, way = _runs(seen, label=label, doubts=doubts)
    if keep is not None:
        inside = np.zeros(seen.lon.size, dtype=bool)
        inside[take] = _within(keep, x[take], y[take])
        hit = np.zeros(seen.way_id.size, dtype=bool)
        hit[np.repeat(way, np.diff(start))[inside[take]]] = True
        if not hit.any():
            raise DataError("AG3103", file=label, count=int(seen.way_id.size))
        kept = hit[way]
        count = np.diff(start)[kept]
        take = take[ragged(start[:-1][kept], count)]
        start, way = np.concatenate([[0], np.cumsum(count)]), way[kept]
    roads = build_roads(_raw_ways(seen, start, take, way, x, y), crs=crs)
    doubts.extend(_doubts(seen, np.unique(way), label=label))
    entry = record(
        path.resolve(),
        role="roads",
        label=label,
        rows=seen.highways + seen.ferries,
        crs=WGS84,
        datum="wgs84",
        note=f"{np.unique(way).size} ways used, {roads.edge_count} edges",
    )
    return Reading(roads, (entry,), tuple(doubts))


class _Collector:
    """Fills plain lists while osmium streams; equal tags share one rule, which is worked out once."""

    def __init__(self) -> None:
        self.highways = self.ferries = 0
        self.refs: list[int] = []
        self.x: list[int] = []
        self.y: list[int] = []
        self.counts: list[int] = []
        self.way_id: list[int] = []
        self.rule: list[int] = []
        self.rules: list[WayRule] = []
        self.tags: list[dict[str, str]] = []
        self.known: dict[_TagKey, int] = {}
        self.barriers: dict[int, int] = {}
        self.unknown: dict[str, int] = {}

    def read(self, source: Path) -> None:
        """Stream a file; a second pass looks up nodes that stand after their ways or have ids below zero."""
        stream = osmium.FileProcessor(osm_stream_file(source), osmium.osm.NODE | osmium.osm.WAY)
        entity: Any
        for entity in stream.with_locations().with_filter(osmium.filter.KeyFilter("highway", "route", "barrier")):
            if entity.is_way():
                self._way(entity)
            elif "barrier" in entity.tags:
                mask = barrier_mask(dict(entity.tags))
                if mask != ALL_MODES:
                    self.barriers[entity.id] = mask
        if source.name.lower().endswith(".pbf"):
            return
        lost = {ref for ref, x in zip(self.refs, self.x, strict=True) if x == _UNKNOWN}
        if lost:
            self._find(source, lost)

    def _way(self, way: Any) -> None:
        if way.deleted or not way.visible:
            return
        # Stopping at the known end spares osmium's iterators raising, which takes longer than the reading.
        tags = way.tags
        key = tuple([(k, v) for k, v in islice(tags, len(tags)) if k in RELEVANT_KEYS])
        index = self.known.get(key)
        if index is None:
            index = self._rule(dict(key))
            self.known[key] = index
        highway = tags.get("highway")
        if highway is not None:
            self.highways += 1
        elif index >= 0 or tags.get("route") == "ferry":
            self.ferries += 1
        if index < 0:
            if index == -2 and highway is not None:
                self.unknown[highway] = self.unknown.get(highway, 0) + 1
            return
        nodes = way.nodes
        for node in nodes:
            place = node.location
            self.refs.append(node.ref)
            self.x.append(place.x)
            self.y.append(place.y)
        self.counts.append(len(nodes))
        self.way_id.append(way.id)
        self.rule.append(index)

    def _rule(self, tags: dict[str, str]) -> int:
        """Return the index of a new rule; −1 for a way that is no road for anybody, −2 where its class is unknown."""
        rule = way_rule(tags)
        if rule is None:
            return -2 if "highway" in tags and not is_excluded(tags["highway"]) else -1
        if not rule.forward | rule.backward:
            return -1
        self.rules.append(rule)
        self.tags.append(tags)
        return len(self.rules) - 1

    def _find(self, source: Path, lost: set[int]) -> None:
        found: dict[int, tuple[int, int]] = {}
        node: Any
        for node in osmium.FileProcessor(osm_stream_file(source), osmium.osm.NODE):
            if node.id in lost and node.location.valid():
                found[node.id] = (node.location.x, node.location.y)
        for place, ref in enumerate(self.refs):
            if ref in found and self.x[place] == _UNKNOWN:
                self.x[place], self.y[place] = found[ref]

    def result(self) -> OsmScan:
        """Return what was collected as arrays."""
        x, y = np.array(self.x, dtype=np.int64), np.array(self.y, dtype=np.int64)
        valid = (np.abs(x) <= 180 * _PER_DEGREE) & (np.abs(y) <= 90 * _PER_DEGREE)
        return OsmScan(
            highways=self.highways,
            ferries=self.ferries,
            start=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self.counts, dtype=np.int64)]),
            node_id=np.array(self.refs, dtype=np.int64),
            lon=np.where(valid, x / _PER_DEGREE, np.nan),
            lat=np.where(valid, y / _PER_DEGREE, np.nan),
            way_id=np.array(self.way_id, dtype=np.int64),
            rule=np.array(self.rule, dtype=np.int64),
            rules=tuple(self.rules),
            tags=tuple(self.tags),
            barrier_id=np.array(list(self.barriers), dtype=np.int64),
            barrier_mask=np.array(list(self.barriers.values()), dtype=np.uint8),
            unknown=tuple(sorted(self.unknown.items(), key=lambda item: (-item[1], item[0]))),
        )


def osm_stream_file(source: Path) -> osmium.io.File:
    """Return a file as osmium opens it: by its ending and its absolute path alone."""
    # The format is stated, never guessed from the content; the path is absolute, so that it is never taken for a URL.
    name = source.name.lower()
    if name.endswith(".pbf"):
        return osmium.io.File(str(source), "pbf")
    packed = next((ending for ending in (".gz", ".bz2") if name.endswith(ending)), "")
    return osmium.io.File(str(source), f"osm{packed}")


def _projected(seen: OsmScan, crs: CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the vertices in the working CRS, each node transformed once."""
    ids, first, back = np.unique(seen.node_id, return_index=True, return_inverse=True)
    lon, lat = seen.lon[first], seen.lat[first]
    x, y = np.full(ids.size, np.nan), np.full(ids.size, np.nan)
    known = np.isfinite(lon)
    x[known], y[known] = from_degrees(crs).transform(lon[known], lat[known])
    lost = ~(np.isfinite(x) & np.isfinite(y))
    x[lost] = y[lost] = np.nan
    return x[back], y[back]


def _runs(
    seen: OsmScan, *, label: str, doubts: list[Doubt]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the ways as unbroken runs of known vertices: starts, positions of the vertices, way of each run."""
    way = np.repeat(np.arange(seen.way_id.size), np.diff(seen.start))
    known = np.isfinite(seen.lon)
    if not known.all():
        broken = np.unique(way[~known]).size
        doubts.append(Doubt(code="AG9101", place=Place(file=label), count=int(broken)))
    take = np.flatnonzero(known)
    new = np.ones(take.size, dtype=bool)
    new[1:] = (way[take][1:] != way[take][:-1]) | (np.diff(take) != 1)
    first = np.flatnonzero(new)
    return np.append(first, take.size), take, way[take][first]


def _within(keep: shapely.Geometry, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = shapely.bounds(keep)
    inside: NDArray[np.bool_] = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    shapely.prepare(keep)
    inside[inside] = shapely.intersects_xy(keep, x[inside], y[inside])
    return inside


def _raw_ways(
    seen: OsmScan,
    start: NDArray[np.int64],
    take: NDArray[np.int64],
    way: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> RawWays:
    classes = road_classes()
    number = {name: index for index, name in enumerate(classes)}
    rule = seen.rule[way]

    def column(values: Iterable[Any], dtype: type) -> NDArray[Any]:
        return np.array(list(values), dtype=dtype)[rule]

    return RawWays(
        start=start,
        node_id=seen.node_id[take],
        x=x[take],
        y=y[take],
        road_class=column((number[one.road_class] for one in seen.rules), np.uint8),
        classes=classes,
        forward=column((one.forward for one in seen.rules), np.uint8),
        backward=column((one.backward for one in seen.rules), np.uint8),
        maxspeed_forward_kph=column((one.maxspeed_forward_kph for one in seen.rules), np.float64),
        maxspeed_backward_kph=column((one.maxspeed_backward_kph for one in seen.rules), np.float64),
        joinable=column((one.joinable for one in seen.rules), np.bool_),
        duration_ms=column((one.duration_ms for one in seen.rules), np.int64),
        source_id=seen.way_id[way],
        barrier_id=seen.barrier_id,
        barrier_mask=seen.barrier_mask,
    )


def _doubts(seen: OsmScan, used: NDArray[np.int64], *, label: str) -> list[Doubt]:
    doubts: list[Doubt] = []
    place = Place(file=label)
    if seen.unknown:
        examples = ", ".join(value for value, _ in seen.unknown[:_SHOWN])
        count = sum(number for _, number in seen.unknown)
        doubts.append(Doubt(code="AG9102", place=place, count=count, values={"examples": examples}))
    per_rule = np.bincount(seen.rule[used], minlength=len(seen.rules))
    for code, keys in _KEYS_OF_DOUBT.items():
        wrong = [index for index, rule in enumerate(seen.rules) if code in rule.doubts and per_rule[index]]
        if wrong:
            words = sorted({seen.tags[index][key] for index in wrong for key in keys if key in seen.tags[index]})
            examples = ", ".join(words[:_SHOWN])
            count = int(per_rule[wrong].sum())
            doubts.append(Doubt(code=code, place=place, count=count, values={"examples": examples}))
    return doubts
