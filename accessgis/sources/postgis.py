"""Layers from PostGIS: one table or view, read in a read-only transaction, handed on as files are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.files import content_key
from accessgis.base.provenance import InputRecord, Reading
from accessgis.sources.database import ENVIRONMENT, DatabaseTable
from accessgis.sources.door import text_encoding
from accessgis.sources.personal import without_personal
from accessgis.sources.session import driver, session
from accessgis.sources.tables import clean

if TYPE_CHECKING:
    import psycopg

MAX_ROWS = 5_000_000
"""Most rows of one table; a table with more is refused, never read in part."""
MAX_BYTES = 2_000_000_000
"""Most text of one table, geometry as hexadecimal digits included."""

_BATCH = 20_000
_SPATIAL = ("geometry", "geography")
_PLAIN = frozenset({"bool", "int2", "int4", "int8", "float4", "float8"})
_AUTHORITIES = ("EPSG", "ESRI", "IGNF", "OGC")
_COLUMNS = """
SELECT a.attname, coalesce(b.typname, t.typname), coalesce(bn.nspname, tn.nspname),
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
       pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_namespace bn ON bn.oid = b.typnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""
"""The columns that this user may read: name, type, the type's schema, its modifier, place in the primary key."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    type_schema: str
    modifier: int
    key: int | None

    @property
    def spatial(self) -> bool:
        return self.type in _SPATIAL


@dataclass(frozen=True, slots=True)
class TableContent:
    """The rows of a table, in an order that depends on them alone: by primary key, else by content."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    geometry: str | None
    crs: CRS | None
    sha256: str
    note: str
    doubts: tuple[Doubt, ...]

    def frame(self) -> gpd.GeoDataFrame:
        """Return attributes and geometry (as ``geometry``), each number as a number."""
        cells = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
        named = dict(zip(self.columns, zip(self.types, cells, strict=True), strict=True))
        assert self.geometry is not None
        _, shapes = named.pop(self.geometry)
        named.pop("geometry", None)  # text beside the geometry proper, whose name it would take
        fields = {name: _series(kind, values) for name, (kind, values) in named.items()}
        return gpd.GeoDataFrame(fields, geometry=np.array(shapes, dtype=object), crs=self.crs)

    def texts(self) -> pd.DataFrame:
        """Return every attribute as text, as :func:`accessgis.sources.tables.read_table` gives a CSV."""
        cells = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
        texts = {
            name: pd.array([clean(value) for value in values], dtype="str")
            for name, values in zip(self.columns, cells, strict=True)
        }
        return pd.DataFrame(texts, index=pd.RangeIndex(1, len(self.rows) + 1, name="row"))


def read_database_layer(table: DatabaseTable, *, label: str) -> TableContent:
    """Read a table or view that has a geometry column.

    Raises
    ------
    DataError
        AG3015 no geometry; AG3040 no such table, AG3041 which of several geometry columns, AG3042–AG3044 its SRID,
        AG3045 too many rows, AG3046 the server refuses.
    AccessGISError
        AG1010–AG1012 no driver, no connection, no answer.
    """
    content = _read(table, label=label)
    if content is None or content.geometry is None:
        raise DataError("AG3015", file=label)
    return content


def read_database_table(table: DatabaseTable, *, label: str, role: str) -> Reading[pd.DataFrame] | None:
    """Read a table or view without geometry as text; None when it has a geometry column.

    Raises
    ------
    DataError, AccessGISError
        As :func:`read_database_layer`.
    """
    content = _read(table, label=label, unless_spatial=True)
    if content is None:
        return None
    entry = content_record(content, role=role, label=label)
    rows, personal = without_personal(content.texts(), label=label)
    return Reading(rows, (entry,), (*content.doubts, *personal))


def content_record(content: TableContent, *, role: str, label: str) -> InputRecord:
    """Return the provenance of a table: its address, its rows and the hash of them."""
    return InputRecord(role=role, path=label, sha256=content.sha256, rows=len(content.rows), crs="", note=content.note)


def _read(table: DatabaseTable, *, label: str, unless_spatial: bool = False) -> TableContent | None:
    """Read everything in one transaction; None for a table with geometry where only others are wanted."""
    with session(table.server, read_only=True, label=label) as connection:
        try:
            columns = _columns(connection, table, label=label)
            spatial = _geometry_column(columns, table, label=label)
            if unless_spatial and spatial is not None:
                return None
            taken = [column for column in columns if not column.spatial or column is spatial]
            raw = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
            rows = _rows(connection, table, taken, raw=raw, label=label)
            rows, encoding = _decoded(rows, label=label) if raw else (rows, "")
            rows, sha256 = _ordered(rows, taken)
            crs, note = None, ""
            if spatial is not None:
                rows, srid = _shaped(rows, taken.index(spatial), label=label)
                srid = _declared(connection, spatial) if srid is None else srid
                crs, note = _crs(connection, spatial, srid, label=label), f"SRID {srid}"
            if table.server.name == ENVIRONMENT:
                note = f"{note}, {connection.info.host}/{connection.info.dbname}".removeprefix(", ")
        except UnicodeDecodeError:  # names of columns in a database that declares no encoding
            raise DataError("AG3006", file=label) from None
    return TableContent(
        columns=tuple(column.name for column in taken),
        types=tuple(column.type for column in taken),
        rows=rows,
        geometry=spatial.name if spatial else None,
        crs=crs,
        sha256=sha256,
        note=", ".join(part for part in (note, f"encoding {encoding}" if encoding else "") if part),
        doubts=(Doubt(code="AG9001", place=Place(file=label)),) if encoding == "gb18030" else (),
    )


def _columns(connection: psycopg.Connection[Any], table: DatabaseTable, *, label: str) -> list[_Column]:
    found = connection.execute(_COLUMNS, (table.schema, table.table)).fetchall()
    if not found:
        raise DataError("AG3040", file=label, table=table.name)
    return [_Column(*row) for row in found]


def _geometry_column(columns: Sequence[_Column], table: DatabaseTable, *, label: str) -> _Column | None:
    there = [column for column in columns if column.spatial]
    wanted = [column for column in there if table.geometry in (None, column.name)]
    if len(wanted) == 1:
        return wanted[0]
    if not there and table.geometry is None:
        return None
    listed = ", ".join(column.name for column in there) or "—"
    raise DataError("AG3041", file=label, table=table.name, columns=listed)


def _rows(
    connection: psycopg.Connection[Any], table: DatabaseTable, columns: Sequence[_Column], *, raw: bool, label: str
) -> list[tuple[Any, ...]]:
    """Select the columns by name; no more rows than allowed ever leave the server."""
    sql = driver().sql
    wanted = sql.SQL(", ").join(_expression(column, raw=raw) for column in columns)
    place = sql.Identifier(table.schema, table.table)
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(wanted, place, sql.Literal(MAX_ROWS + 1))
    rows: list[tuple[Any, ...]] = []
    size = 0
    with connection.cursor("accessgis") as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(_BATCH):
            rows += batch
            size += sum(len(cell) for row in batch for cell in row if isinstance(cell, str | bytes))
            if len(rows) > MAX_ROWS or size > MAX_BYTES:
                raise DataError("AG3045", file=label, limit=MAX_ROWS, bytes=MAX_BYTES)
    return rows


def _expression(column: _Column, *, raw: bool) -> Any:
    """Return how a column is asked for: numbers as such, geometry as hexadecimal EWKB, everything else as text.

    Curves are asked for as lines, which GDAL makes of those in files too.
    """
    sql = driver().sql
    name = sql.Identifier(column.name)
    if column.type in _PLAIN:
        return name
    if column.spatial:
        straight, flat = (sql.Identifier(column.type_schema, word) for word in ("st_curvetoline", "geometry"))
        name = sql.SQL("{}({}::{})").format(straight, name, flat)
    whole = column.modifier >= 0 and (column.modifier - 4) & 0x7FF == 0
    if column.type == "numeric" and not whole:
        return sql.SQL("{}::pg_catalog.float8").format(name)
    form = "pg_catalog.convert_to({}::pg_catalog.text, 'SQL_ASCII')" if raw else "{}::pg_catalog.text"
    return sql.SQL(form).format(name)


def _decoded(rows: list[tuple[Any, ...]], *, label: str) -> tuple[list[tuple[Any, ...]], str]:
    """Decode the text of a database that declares no encoding, judged on the whole table as in a file."""
    encoding = text_encoding(b"\n".join(cell for row in rows for cell in row if isinstance(cell, bytes)))
    if encoding is None:
        raise DataError("AG3006", file=label)
    return [tuple(cell.decode(encoding) if isinstance(cell, bytes) else cell for cell in row) for row in rows], encoding


def _ordered(rows: list[tuple[Any, ...]], columns: Sequence[_Column]) -> tuple[list[tuple[Any, ...]], str]:
    """Return the rows in an order of their own, and their hash: a server may give them in any."""
    keys = [place for _, place in sorted((column.key, i) for i, column in enumerate(columns) if column.key is not None)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    order = sorted(range(len(rows)), key=lambda at: (tuple(rows[at][place] for place in keys), lines[at]))
    form = json.dumps(["database 1", *[[column.name, column.type] for column in columns]], ensure_ascii=False)
    content = "\n".join(lines[at] for at in order).encode("utf-8", "surrogatepass")
    return [rows[at] for at in order], content_key(form, np.frombuffer(content, dtype=np.uint8))


def _shaped(rows: list[tuple[Any, ...]], place: int, *, label: str) -> tuple[list[tuple[Any, ...]], int | None]:
    """Return the rows with shapes in place of their EWKB, and the one SRID of all, None where there is no shape."""
    try:
        shapes = shapely.from_wkb(np.array([row[place] for row in rows], dtype=object))
    except shapely.errors.GEOSException as error:
        raise DataError("AG3013", file=label, detail=str(error).split("\n", 1)[0][:120]) from None
    srids = np.unique(shapely.get_srid(shapes[~shapely.is_missing(shapes)]))
    if srids.size > 1:
        raise DataError("AG3043", file=label, srids=", ".join(str(srid) for srid in srids[:5]))
    shaped = [(*row[:place], shape, *row[place + 1 :]) for row, shape in zip(rows, shapes, strict=True)]
    return shaped, int(srids[0]) if srids.size else None


def _declared(connection: psycopg.Connection[Any], column: _Column) -> int:
    """Return the SRID that the column itself declares, for a table without any shape."""
    sql = driver().sql
    function = sql.Identifier(column.type_schema, "postgis_typmod_srid")
    row = connection.execute(sql.SQL("SELECT {}({})").format(function, sql.Literal(column.modifier))).fetchone()
    return int(row[0]) if row else 0


def _crs(connection: psycopg.Connection[Any], column: _Column, srid: int, *, label: str) -> CRS:
    """Return the system of an SRID as the database itself defines it."""
    if srid == 0:
        raise DataError("AG3042", file=label, key=column.name)
    sql = driver().sql
    query = sql.SQL("SELECT auth_name, auth_srid, srtext FROM {} WHERE srid = {}")
    place = sql.Identifier(column.type_schema, "spatial_ref_sys")
    row = connection.execute(query.format(place, sql.Literal(srid))).fetchone()
    if row is not None:
        authority, code, text = row
        try:
            if str(authority).upper() in _AUTHORITIES:
                return CRS.from_authority(str(authority).upper(), code)
            return CRS.from_wkt(text or "")
        except pyproj.exceptions.CRSError:
            pass
    raise DataError("AG3044", file=label, srid=srid)


def _series(kind: str, values: Sequence[Any]) -> pd.Series:
    """Return a column in the type that a file would give it; whole numbers beside nulls stay whole."""
    some = all(value is not None for value in values)
    if kind in ("float4", "float8", "numeric") and not any(isinstance(value, str) for value in values):
        return pd.Series(values, dtype="float64")
    if kind in ("int2", "int4", "int8"):
        return pd.Series(values, dtype="int64" if some else "object")
    if kind == "bool":
        return pd.Series(values, dtype="bool" if some else "object")
    return pd.Series(values, dtype="str")
