"""Administrative borders in an OSM file: the lines that boundary layers are held against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import osmium.filter
import osmium.osm
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import from_degrees
from accessgis.base.errors import DataError
from accessgis.sources.door import regular_file
from accessgis.sources.osm_file import OSM_ENDINGS

_TAG = ("boundary", "administrative")


def read_osm_borders(path: Path, *, label: str, crs: CRS, keep: shapely.Geometry | None = None) -> NDArray[np.object_]:
    """Read the ways of administrative boundaries: tagged themselves, or members of a boundary relation.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm``.
    label
        Path for messages.
    crs
        Working CRS.
    keep
        Ways that do not touch it are left out; None keeps all.

    Returns
    -------
    ndarray of LineString
        In order of the ways' ids; vertices that the file does not hold are left out.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3023 the file is damaged or no OSM file.
    """
    source = regular_file(path, label=label, endings=OSM_ENDINGS)
    try:
        members = _members(source)
        ways = _ways(source, members)
    except (RuntimeError, ValueError, OSError) as error:
        detail = str(error).splitlines()[0].replace(str(source), label)[:200]
        raise DataError("AG3023", file=label, detail=detail, bytes=source.stat().st_size) from error
    lines = np.array([shapely.LineString(ways[number]) for number in sorted(ways)], dtype=object)
    if not lines.size:
        return lines
    moved = shapely.transform(lines, lambda at: np.column_stack(from_degrees(crs).transform(at[:, 0], at[:, 1])))
    # A border that runs on to where the working CRS has no numbers is no border of this study.
    moved = moved[np.isfinite(shapely.bounds(moved)).all(axis=1)]
    return moved if keep is None else moved[shapely.intersects(moved, keep)]


def _members(source: Path) -> frozenset[int]:
    relations = osmium.FileProcessor(source, osmium.osm.RELATION).with_filter(osmium.filter.TagFilter(_TAG))
    return frozenset(
        member.ref
        for relation in relations
        if isinstance(relation, osmium.osm.Relation)
        for member in relation.members
        if member.type == "w"
    )


def _ways(source: Path, members: frozenset[int]) -> dict[int, list[tuple[float, float]]]:
    found: dict[int, list[tuple[float, float]]] = {}
    reader = osmium.FileProcessor(source, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for way in reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)):
        if isinstance(way, osmium.osm.Way) and (way.id in members or way.tags.get(_TAG[0]) == _TAG[1]):
            line = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            if len(line) > 1:
                found[way.id] = line
    return found
