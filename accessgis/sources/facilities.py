"""Facilities from registers and layers: Excel, CSV, GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet, PostGIS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import to_degrees
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, UsageError, Value
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.codes import normal_code
from accessgis.layers.facilities import BESIDE, UNITS, facility_frame
from accessgis.sources.coordinates import Declared, Located, locate
from accessgis.sources.database import DatabaseTable, Source, layer_name
from accessgis.sources.door import rows_text
from accessgis.sources.facility_words import (
    capacity_column,
    kinds,
    marks,
    opening_days,
    ownerships,
    serves,
    statuses,
    unread_statuses,
)
from accessgis.sources.postgis import read_database_table
from accessgis.sources.tables import TABLE_ENDINGS, find_columns, number, read_table, texts
from accessgis.sources.vector import VECTOR_ENDINGS, Bounds, check_extent, degree_extent, read_vector, to_crs
from accessgis.standards.marks import CAPACITIES, mark_ids

_POINT, _POLYGON, _MULTIPOINT, _MULTIPOLYGON = 0, 3, 4, 6


def read_facilities(  # noqa: PLR0913 - one argument per key of [[facilities]]
    path: Source,
    *,
    label: str,
    kind: str | None,
    columns: Mapping[str, str],
    datum: Datum | None,
    crs: CRS,
    kind_map: Mapping[str, str],
    data_date: dt.date,
    extent: Bounds | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    grid: CRS | None = None,
) -> Reading[gpd.GeoDataFrame]:
    """Read one layer of facilities.

    Parameters
    ----------
    path
        Excel or CSV table, with or without longitude and latitude or easting and northing, or a vector layer of points
        or polygons; or a table of a database, with or without geometry.
    label
        Path for messages and provenance; its last part is the layer's name.
    kind
        Kind of every row (id or name); None takes the column of kinds.
    columns
        Field → column: ``id, name, kind, lon, lat, easting, northing, status, opened, closed, ownership, site_id,
        serves``, the capacities, ``county, township, village`` for stated units, and ``count`` where each row is a
        place with a number of facilities (rows without any are left out). Shipped names are tried for the others,
        except ``count``.
    datum
        Datum of the coordinates; required for tables of coordinates and layers in degrees.
    crs
        Working CRS.
    kind_map
        Kind id → kind id: the study's reading of unclear kinds.
    data_date
        Day of the data: opened later is planned, closed by then is closed.
    extent
        Bounds of the study in ``crs``, against which exchanged axes are found; None when unknown.
    sheet
        Sheet of a workbook; None takes the only one that has columns of facilities.
    layer
        Layer of a file that holds several.
    grid
        Projected system of a table's eastings and northings, see :mod:`accessgis.sources.coordinates`.

    Returns
    -------
    Reading[GeoDataFrame]
        Columns of :data:`~accessgis.layers.facilities.FACILITIES` and the capacities present, in row order. Units hold
        what the layer states ('' if nothing; names beside codes in columns of their own);
        :func:`~accessgis.layers.facilities.assemble` settles them. Rows without coordinates stay, ``unplaced``, with an
        empty point and x, y NaN; :func:`~accessgis.layers.village_places.place_by_village` puts them where they say.

    Raises
    ------
    DataError
        AG3301–AG3306 and AG30xx with the row and field; AG3072 a datum is stated and there are no coordinates.
    UsageError
        AG2063 ``grid`` is given for a layer.
    """
    table = _text_table(path, label=label, columns=columns, sheet=sheet)
    if table is not None:
        if layer is not None:
            raise DataError("AG3067", file=label, key="layer", wanted=layer, layers="–")
        declared = Declared(datum=datum, grid=grid)
        reading = _table(table, label=label, columns=columns, declared=declared, crs=crs, extent=extent)
    elif grid is not None:
        raise UsageError("AG2063", file=label, key="crs")
    elif sheet is not None:
        raise DataError("AG3064", file=label, key="sheet")
    else:
        reading = _layer(path, label=label, datum=datum, crs=crs, extent=extent, layer=layer)
    doubts = list(reading.doubts)
    frame = _distinct(_counted(reading.value, columns, label=label, doubts=doubts), columns, label=label, doubts=doubts)
    found = find_columns(frame, "facilities", columns, label=label)
    doubts += unread_statuses(frame, found, label=label)
    rows = frame.index.to_numpy(dtype=np.int64)
    shapes = frame.geometry.to_numpy()
    empty = shapely.is_empty(shapes)
    source = layer_name(label)
    fields: dict[str, object] = {
        "facility_id": _ids(frame, found, source),
        "name": _text(frame, found, "name"),
        "kind": kinds(frame, found, kind, kind_map, label=label),
        "status": statuses(frame, found, data_date, label=label),
        "opened": opening_days(frame, found, label=label),
        "placement": np.where(empty, "unplaced", np.where(_polygonal(shapes), "parcel", "coordinates")),
        "ownership": ownerships(frame, found, label=label, doubts=doubts),
        "site_id": _text(frame, found, "site_id"),
        "serves": serves(_text(frame, found, "serves")),
        "layer": [source] * len(frame),
        "row": rows,
    }
    fields |= {unit: _units(frame, found, unit, label=label) for unit in UNITS}
    capacities = {
        name: capacity_column(frame[found[name]], name, label=label, doubts=doubts).to_numpy(dtype=np.float64)
        for name in CAPACITIES
        if name in found
    }
    capacities |= {
        name: marks(frame[found[name]], label=label, field=found[name]) for name in mark_ids() if name in found
    }
    facilities = facility_frame(fields, shapes, crs=crs, capacities=capacities)
    for unit in UNITS:
        if unit in found and f"{unit}{BESIDE}" in found:
            facilities[f"{unit}{BESIDE}"] = pd.array(_text(frame, found, f"{unit}{BESIDE}"), dtype="str")
    return Reading(facilities, reading.inputs, tuple(doubts))


def _text_table(
    path: Source, *, label: str, columns: Mapping[str, str], sheet: str | None
) -> Reading[pd.DataFrame] | None:
    """Read a register without geometry as text; None when the source is a layer."""
    if isinstance(path, DatabaseTable):
        return read_database_table(path, label=label, role="facilities")
    if path.suffix.lower() in TABLE_ENDINGS:
        return read_table(path, label=label, role="facilities", table="facilities", columns=columns, sheet=sheet)
    if path.suffix.lower() not in VECTOR_ENDINGS:
        raise DataError("AG3003", file=label, endings=", ".join((*TABLE_ENDINGS, *VECTOR_ENDINGS)))
    return None


def _counted(
    frame: gpd.GeoDataFrame, columns: Mapping[str, str], *, label: str, doubts: list[Doubt]
) -> gpd.GeoDataFrame:
    """Leave out the rows of a table of counts (``columns.count``) that have no facility; empty cells count none."""
    if "count" not in columns:
        return frame
    column = find_columns(frame, "facilities", columns, label=label, fields=("count",))["count"]
    some = number(frame[column], label=label, field=column).to_numpy(dtype=np.float64) > 0
    doubts.append(Doubt(code="AG9311", place=Place(file=label, key="columns.count"), count=int((~some).sum())))
    return frame[some]


def _table(
    reading: Reading[pd.DataFrame],
    *,
    label: str,
    columns: Mapping[str, str],
    declared: Declared,
    crs: CRS,
    extent: Bounds | None,
) -> Reading[gpd.GeoDataFrame]:
    """Place the rows of a register by longitude and latitude."""
    frame = reading.value
    located = locate(frame, "facilities", columns, label=label, declared=declared, crs=crs, extent=extent)
    unplaced = _no_coordinates(frame, columns, label=label) if located is None and declared.datum else []
    shapes = np.full(len(frame), shapely.Point(), dtype=object)
    if located is not None:
        here = np.flatnonzero(~np.isnan(located.x))
        shapes[here] = shapely.points(located.x[here], located.y[here])
    inputs = tuple(_with_place(record, declared, located) for record in reading.inputs)
    doubts = (*reading.doubts, *(located.doubts if located else unplaced))
    return Reading(gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, frame.index, crs=crs)), inputs, doubts)


def _no_coordinates(frame: pd.DataFrame, columns: Mapping[str, str], *, label: str) -> list[Doubt]:
    """Doubt that a stated datum is of nothing; refuse it where no column says either where the rows belong."""
    listed = ", ".join(map(str, frame.columns))
    units = [name for unit in ("township", "village") for name in (unit, f"{unit}{BESIDE}")]
    if not find_columns(frame, "facilities", columns, label=label, fields=units):
        raise DataError("AG3072", file=label, columns=listed)
    return [Doubt(code="AG9331", place=Place(file=label), values={"columns": listed})]


def _with_place(record: InputRecord, declared: Declared, located: Located | None) -> InputRecord:
    system = located.system if located and located.system else "degrees" if declared.datum else ""
    return replace(record, crs=system, datum=declared.datum or "")


def _layer(
    path: Source, *, label: str, datum: Datum | None, crs: CRS, extent: Bounds | None, layer: str | None
) -> Reading[gpd.GeoDataFrame]:
    reading = read_vector(path, label=label, layer=layer, datum=datum, role="facilities", missing="keep")
    frame = reading.value
    shapes = _simple_points(frame.geometry.to_numpy())
    types = shapely.get_type_id(shapes)
    wrong = ~np.isin(types, (_POINT, _POLYGON, _MULTIPOLYGON)) & ~shapely.is_empty(shapes)
    if wrong.any():
        raise DataError("AG3305", file=label, row=int(frame.index[wrong][0]))
    frame = frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))
    here = ~shapely.is_empty(shapes)
    doubts = list(reading.doubts)
    if here.any():
        at = shapely.get_coordinates(shapely.point_on_surface(shapes[here]))
        lon, lat = to_degrees(CRS.from_user_input(frame.crs)).transform(at[:, 0], at[:, 1])
        rows = frame.index.to_numpy(dtype=np.int64)[here]
        area = None if extent is None else degree_extent(extent, crs)
        doubts.extend(check_extent(np.asarray(lon), np.asarray(lat), area, label=label, rows=rows))
    return Reading(to_crs(frame, crs, label=label), reading.inputs, tuple(doubts))


def _simple_points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return multipoints of one point as points."""
    single = (shapely.get_type_id(shapes) == _MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    simple = shapes.copy()
    simple[single] = shapely.get_geometry(shapes[single], 0)
    return simple


def _distinct(
    frame: gpd.GeoDataFrame, columns: Mapping[str, str], *, label: str, doubts: list[Doubt]
) -> gpd.GeoDataFrame:
    """Drop rows that repeat another in every field, and refuse different rows with one id."""
    found = find_columns(frame, "facilities", columns, label=label, fields=("id",))
    cells = pd.DataFrame({name: texts(frame[name]) for name in frame.columns if name != frame.geometry.name})
    cells["geometry"] = shapely.to_wkb(frame.geometry.to_numpy())
    cells.index = frame.index
    repeated = cells.duplicated().to_numpy()
    ids = cells[found["id"]] if "id" in found else pd.Series([""] * len(frame), index=frame.index)
    # Two rows of a register that name nothing and lie nowhere are two facilities.
    known = (ids != "").to_numpy() | ~shapely.is_empty(frame.geometry.to_numpy())
    repeated = repeated & known
    if repeated.any():
        rows = frame.index.to_numpy()[repeated]
        values: dict[str, Value] = {"rows": rows_text(rows)}
        doubts.append(Doubt(code="AG9302", place=Place(file=label), count=len(rows), values=values))
    ids = ids[~repeated]
    again = ids[(ids != "") & ids.duplicated()]
    if len(again):
        unit = str(again.iloc[0])
        first = int(ids.index[ids == unit][0])
        raise DataError("AG3303", file=label, row=int(again.index[0]), key=found["id"], unit=unit, first=first)
    return frame[~repeated]


def _ids(frame: gpd.GeoDataFrame, found: Mapping[str, str], layer: str) -> list[str]:
    """Return stated ids; a row without one is named after its layer and row."""
    stated = [_plain_id(text) for text in _text(frame, found, "id")]
    return [text or f"{Path(layer).stem}-{row}" for text, row in zip(stated, frame.index, strict=True)]


def _plain_id(text: str) -> str:
    head, dot, tail = text.partition(".")
    return head if dot and head.isdigit() and not tail.strip("0") else text


def _text(frame: gpd.GeoDataFrame, found: Mapping[str, str], field: str) -> list[str]:
    return texts(frame[found[field]]) if field in found else [""] * len(frame)


def _units(frame: gpd.GeoDataFrame, found: Mapping[str, str], unit: str, *, label: str) -> list[str]:
    """Return the code of the unit that each row states, or its name where it has no code."""
    codes = []
    names = _text(frame, found, f"{unit}_name")
    for row, text, name in zip(frame.index, _text(frame, found, unit), names, strict=True):
        try:
            codes.append(normal_code(text, chinese=True) or name)
        except ValueError as error:
            raise DataError("AG3306", file=label, row=int(row), key=found[unit], unit=text) from error
    return codes


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.asarray(np.isin(shapely.get_type_id(shapes), (_POLYGON, _MULTIPOLYGON)))
