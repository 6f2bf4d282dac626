"""Facilities from the tags of an OSM file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, from_degrees
from accessgis.base.errors import Doubt, Place, Value
from accessgis.base.provenance import Reading
from accessgis.layers.facilities import facility_frame
from accessgis.sources.door import record
from accessgis.sources.facility_words import status_on
from accessgis.sources.osm_file import OsmObject, read_osm_objects
from accessgis.sources.tables import date, vocabulary
from accessgis.standards.kinds import osm_keys, osm_kind

LAYER = "osm"


def read_osm_facilities(
    path: Path,
    *,
    label: str,
    crs: CRS,
    kinds: frozenset[str] | None,
    kind_map: Mapping[str, str],
    data_date: dt.date,
    keep: shapely.Geometry | None = None,
) -> Reading[gpd.GeoDataFrame]:
    """Read the facilities that OSM tags describe.

    Parameters
    ----------
    path
        OSM file.
    label
        Path for messages and provenance.
    crs
        Working CRS.
    kinds
        Kinds wanted, after ``kind_map``; None takes every kind that tags can mean.
    kind_map
        Kind id → kind id: the study's reading of unclear kinds.
    data_date
        Day on which opening and closing dates in the tags are judged.
    keep
        Polygon in ``crs``: facilities outside it are not read; None keeps all.

    Returns
    -------
    Reading[GeoDataFrame]
        Columns of :data:`~accessgis.layers.facilities.FACILITIES`: nodes as points, closed ways and multipolygon
        relations as polygons with the entrances mapped on their outline; ids ``node/1``, ``way/2``, ``relation/3``.
        An outline that carries the tags of its relation is counted once.

    Raises
    ------
    DataError
        AG3023 the file is damaged or no OSM file.
    """

    def wanted(tags: Mapping[str, str]) -> str | None:
        kind = osm_kind(tags)
        kind = None if kind is None else kind_map.get(kind, kind)
        return kind if kinds is None or kind in kinds else None

    found = read_osm_objects(path, wanted, keys=osm_keys(), label=label)
    shapes, doors = _projected(found.objects, crs)
    lines = shapely.get_type_id(shapes) == 1
    middle = shapely.line_interpolate_point(shapes[lines], 0.5, normalized=True)
    shapes[lines] = middle
    inside = np.ones(len(shapes), dtype=bool)
    if keep is not None:
        shapely.prepare(keep)
        # An outline that cannot be built has no place: it stays, so that somebody looks at it.
        inside = shapely.intersects(keep, shapely.point_on_surface(shapes)) | shapely.is_empty(shapes)
    chosen = np.flatnonzero(inside)
    objects = [found.objects[place] for place in chosen]
    fields = _fields(objects, shapes[chosen], wanted, data_date)
    frame = facility_frame(fields, shapes[chosen], crs=crs, entrances=[doors[place] for place in chosen])
    doubts = _doubts(objects, shapes[chosen], lines[chosen], found.repeated, label)
    entry = record(path.resolve(), role="facilities", label=label, rows=len(frame), crs=WGS84, datum="wgs84")
    return Reading(frame, (entry,), tuple(doubts))


def _projected(
    objects: tuple[OsmObject, ...], crs: CRS
) -> tuple[NDArray[np.object_], list[tuple[tuple[float, float], ...]]]:
    """Return shapes and entrances in ``crs``; what has no shape is an empty point."""
    project = from_degrees(crs)
    shapes = np.array([shapely.Point() if one.shape is None else one.shape for one in objects], dtype=object)
    single = (shapely.get_type_id(shapes) == 6) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    if len(shapes):
        shapes = shapely.transform(shapes, lambda at: np.column_stack(project.transform(at[:, 0], at[:, 1])))
    doors = []
    for one in objects:
        places = [project.transform(lon, lat) for lon, lat in one.doors]
        doors.append(tuple((float(x), float(y)) for x, y in places))
    return np.asarray(shapes, dtype=object), doors


def _fields(
    objects: list[OsmObject],
    shapes: NDArray[np.object_],
    wanted: Callable[[Mapping[str, str]], str | None],
    data_date: dt.date,
) -> dict[str, object]:
    blank = [""] * len(objects)
    owners = {word: name for name, words in vocabulary()["osm_ownership"].items() for word in words}
    polygonal = np.isin(shapely.get_type_id(shapes), (3, 6))
    placement = np.where(shapely.is_empty(shapes), "unplaced", np.where(polygonal, "parcel", "coordinates"))
    return {
        "facility_id": [one.id for one in objects],
        "name": [one.tags.get("name:zh") or one.tags.get("name", "") for one in objects],
        "kind": [wanted(one.tags) for one in objects],
        "status": [_status(one.tags, data_date) for one in objects],
        "placement": placement,
        "ownership": [owners.get(one.tags.get("operator:type", ""), "") for one in objects],
        "site_id": blank,
        "serves": blank,
        "county": blank,
        "township": blank,
        "village": blank,
        "layer": [LAYER] * len(objects),
        "row": np.arange(1, len(objects) + 1),
    }


def _status(tags: Mapping[str, str], data_date: dt.date) -> str:
    days: list[dt.date | None] = []
    for names in (("opening_date", "start_date"), ("end_date",)):
        text = next((tags[name] for name in names if name in tags), "")
        try:
            days.append(date(text))
        except ValueError:
            # Mappers write "1980s" or "before 1950": no day, and long past.
            days.append(None)
    return status_on("in_service", days[0], days[1], data_date)


def _doubts(
    objects: list[OsmObject], shapes: NDArray[np.object_], lines: NDArray[np.bool_], repeated: int, label: str
) -> list[Doubt]:
    doubts = []
    place = Place(file=label)
    for code, odd in (("AG9308", lines), ("AG9309", shapely.is_empty(shapes))):
        ids = [objects[number].id for number in np.flatnonzero(odd)]
        if ids:
            values: dict[str, Value] = {"ids": "; ".join(ids[:5])}
            doubts.append(Doubt(code=code, place=place, count=len(ids), values=values))
    if repeated:
        doubts.append(Doubt(code="AG9310", place=place, count=repeated))
    return doubts
