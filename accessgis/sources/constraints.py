"""Land that constrains building: polygons of a vector layer, or the water surfaces of an OSM file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, from_degrees
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.files import packaged_toml
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.constraints import Constraint, Effect
from accessgis.sources.database import Source
from accessgis.sources.door import record
from accessgis.sources.osm_file import read_osm_objects
from accessgis.sources.place_classes import POLYGON_TYPES
from accessgis.sources.tables import find_columns, texts
from accessgis.sources.vector import read_vector

ROLE = "constraints"


def read_constraint(  # noqa: PLR0913  (one argument for each key of the study's table)
    path: Source,
    *,
    name: str,
    effect: Effect,
    label: str,
    crs: CRS,
    keep: shapely.Geometry,
    datum: Datum | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Reading[Constraint]:
    """Read a layer of polygons.

    Parameters
    ----------
    path
        Vector layer, or a table of a database.
    name, effect
        What the study calls the layer, and what it does to a site.
    label
        Path for messages and provenance, relative to the study.
    crs
        Working CRS.
    keep
        Polygon in ``crs``: what does not touch it is left out.
    datum
        Datum of a layer in degrees.
    layer
        Layer of a file that holds several.
    columns
        ``name``: the column that names the polygons.

    Raises
    ------
    DataError
        AG3710 a row is no polygon; AG3017 the stated column is not there; of vector layers AG3002–AG3016.
    """
    reading = read_vector(path, label=label, layer=layer, datum=datum, crs=crs, role=ROLE)
    frame = reading.value
    shapes = frame.geometry.to_numpy()
    flat = ~np.isin(shapely.get_type_id(shapes), POLYGON_TYPES)
    if flat.any():
        raise DataError("AG3710", file=label, row=int(frame.index[flat][0]))
    found = find_columns(frame, "constraints", dict(columns or {}), label=label)
    labels = texts(frame[found["name"]]) if "name" in found else [""] * len(frame)
    return _reading(name, effect, shapes, labels, keep, label, inputs=reading.inputs, doubts=reading.doubts)


def read_osm_water(
    path: Path, *, name: str, effect: Effect, label: str, crs: CRS, keep: shapely.Geometry
) -> Reading[Constraint]:
    """Read the water surfaces of an OSM file: lakes, reservoirs and the banks of rivers, where drawn as areas.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.pbf`` or ``.osm``.
    name, effect, label, crs, keep
        As for :func:`read_constraint`.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3023 the file is damaged or no OSM file.
    """
    objects = read_osm_objects(path, _water, keys=tuple(_tags()), label=label).objects
    outlined = [one for one in objects if one.shape is not None and shapely.get_type_id(one.shape) in POLYGON_TYPES]
    degrees = np.empty(len(outlined), dtype=object)
    degrees[:] = [one.shape for one in outlined]
    project = from_degrees(crs)
    shapes = shapely.transform(degrees, lambda at: np.column_stack(project.transform(at[:, 0], at[:, 1])))
    here = np.flatnonzero(np.isfinite(shapely.bounds(shapes)).all(axis=1))
    labels = [outlined[place].tags.get("name", "") for place in here]
    valid = shapely.make_valid(shapes[here])
    entry = record(path.resolve(), role=ROLE, label=label, rows=len(outlined), crs=WGS84, datum="wgs84")
    return _reading(name, effect, valid, labels, keep, label, inputs=(entry,), doubts=())


def _reading(
    name: str,
    effect: Effect,
    shapes: NDArray[np.object_],
    labels: list[str],
    keep: shapely.Geometry,
    label: str,
    *,
    inputs: tuple[InputRecord, ...],
    doubts: tuple[Doubt, ...],
) -> Reading[Constraint]:
    near = np.sort(shapely.STRtree(shapes).query(keep, predicate="intersects"))
    held = Constraint(name=name, effect=effect, shapes=shapes[near], labels=tuple(labels[place] for place in near))
    if not near.size:
        doubts = (*doubts, Doubt(code="AG9520", place=Place(file=label), count=len(shapes), values={"name": name}))
    return Reading(held, inputs, doubts)


def _water(tags: Mapping[str, str]) -> str | None:
    return "water" if any(tags.get(key) in values for key, values in _tags().items()) else None


@cache
def _tags() -> dict[str, Any]:
    return dict(packaged_toml("accessgis.sources.data", "water.toml")["tags"])
