"""A result as tables of a PostGIS schema: written in one transaction, whole or not at all."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from pyproj import CRS

from accessgis import __version__
from accessgis.assess.assessment import GAPS, RESULTS, Assessment
from accessgis.base.errors import UsageError
from accessgis.base.schema import Column
from accessgis.layers.areas import AREAS
from accessgis.layers.facilities import FACILITIES
from accessgis.report.tables import document, manifest_document, to_json
from accessgis.sources.database import Server, schema_address
from accessgis.sources.session import driver, session

if TYPE_CHECKING:
    import psycopg

KEY = "--to"
"""What messages call the address."""
MARK = "accessgis result 1"
"""Comment on the table ``study``, by which an earlier result is known."""

_TYPES = {"text": "text", "int": "bigint", "float": "double precision", "bool": "boolean", "date": "date",
          "list": "jsonb"}  # fmt: skip
_STUDY = (
    Column("code", "text", "code of the study"),
    Column("name", "text", "its name"),
    Column("data_date", "date", "day of the data"),
    Column("generated", "bool", "whether the study says that its data is generated"),
    Column("crs", "text", "working CRS, in which all geometry of this schema is"),
    Column("version", "text", "version of accessgis"),
    Column("document", "list", "the whole assessment.json: rules, results, gaps, doubts, inputs"),
    Column("manifest", "list", "what it was made with, as in manifest.json: inputs, parameters, profiles, versions"),
)
_BANDS = (
    Column("rule", "text", "rule id"),
    Column("profile", "text", "the rule's own profile list"),
    Column("limit_s", "float", "limit of the rule", "s"),
    Column("from_s", "float", "the band begins above this time", "s"),
    Column("to_s", "float", "and ends with this one; null: places that reach nothing", "s"),
    Column("geometry", "geometry", "places of that time, working CRS"),
)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table to be: every column is documented, and the key tells the rows apart."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    frame: pd.DataFrame


def write_postgis(result: Assessment, address: str, *, replace: bool = False) -> None:
    """Store a result in a schema of a PostGIS database.

    The tables are ``study`` (one row, with the whole ``assessment.json``), ``areas``, ``results``, ``gaps``,
    ``facilities`` and ``isochrones``: primary keys, spatial indexes, and a comment on every column. All of it is one
    transaction: on any error, and for anybody who looks meanwhile, the schema holds what it held.

    Parameters
    ----------
    result
        The assessment.
    address
        ``postgresql://HOST[:PORT]/DATABASE?schema=NAME``. User and password come from the environment (PGUSER,
        PGPASSWORD, PGPASSFILE, PGSERVICE). A schema that is not there is created.
    replace
        Whether an earlier result of the same study in this schema is replaced.

    Raises
    ------
    UsageError
        AG2080, AG2081 the address; AG2084 an earlier result, AG2085 something else stands there; AG2086 a working CRS
        without code, AG2087 no PostGIS.
    AccessGISError
        AG1010–AG1013 no driver, no connection, no answer, refused.
    """
    _store(result, address, replace=replace)


def store_county(result: Assessment, prefix: str, *, code: str) -> None:
    """Store the result of one county of a batch, in a schema of its own: the prefix, ``_`` and the county's code.

    What an earlier run stored there is replaced if it is about the same day: the history keeps every year.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`write_postgis`; AG2553 the schema holds the result of another day.
    """
    _store(result, f"{prefix}_{code}", replace=True, same_day=True)


def require_database(prefix: str, *, code: str) -> None:
    """Refuse a database that would not take the results of a batch, before the first county.

    Parameters
    ----------
    prefix
        ``postgresql://HOST[:PORT]/DATABASE?schema=PREFIX``.
    code
        Code of a county.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`write_postgis`.
    """
    server, _ = schema_address(f"{prefix}_{code}", key=KEY)
    with session(server, read_only=True, label=KEY) as connection:
        _postgis_schema(connection, server)


def _store(result: Assessment, address: str, *, replace: bool, same_day: bool = False) -> None:
    server, schema = schema_address(address, key=KEY)
    study = result.study
    srid = _srid(result)
    tables = _tables(result)
    with session(server, read_only=False, label=KEY) as connection:
        # Whoever writes to the same schema waits here, and then sees what the first one left.
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))", (schema,))
        postgis = _postgis_schema(connection, server)
        old = _standing(connection, schema, code=study.code, name=study.name, replace=replace)
        if old and same_day:
            _require_day(connection, schema, study.data_date)
        _make_room(connection, schema, old)
        for table in tables:
            _create(connection, schema, table, geometry=(postgis, srid))
            _fill(connection, schema, table, srid=srid)
            _finish(connection, schema, table)


def require_target(address: str, *, code: str, name: str, replace: bool) -> None:
    """Refuse an address that would not take the result of a study, before the result is computed.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`write_postgis`.
    """
    server, schema = schema_address(address, key=KEY)
    with session(server, read_only=True, label=KEY) as connection:
        _postgis_schema(connection, server)
        _standing(connection, schema, code=code, name=name, replace=replace)


def _tables(result: Assessment) -> tuple[_Table, ...]:
    info = result.study
    values = (
        info.code, info.name, info.data_date, info.generated, result.crs, __version__, document(result),
        manifest_document(result),
    )  # fmt: skip
    study = pd.DataFrame(
        {column.name: pd.Series([value], dtype=object) for column, value in zip(_STUDY, values, strict=True)}
    )
    facilities = result.facilities.frame.drop(columns="entrances")
    documented = tuple(column for column in FACILITIES.columns if column.name != "entrances")
    names = [column.name for column in documented]
    more = tuple(
        Column(str(name), "float", "capacity or mark, null when unknown: docs/data-model.md")
        for name in facilities.columns
        if name not in names
    )
    return (
        _Table("study", MARK, _STUDY, ("code",), study),
        _Table("areas", "administrative areas", AREAS.columns, ("code",), result.areas.frame),
        _Table(
            "results", "figures and verdict by rule, area, group and profile", RESULTS.columns,
            ("rule", "level", "area", "group", "profile"), result.results,
        ),
        _Table("gaps", "places of people whom a rule leaves out", GAPS.columns, ("gap_id",), result.gaps),
        _Table("facilities", "facilities of every kind and status", documented + more, ("facility_id",), facilities),
        _Table(
            "isochrones", "bands of travel time", _BANDS, ("rule", "profile", "limit_s", "from_s"), result.isochrones
        ),
    )  # fmt: skip


def _srid(result: Assessment) -> int:
    crs = CRS.from_user_input(result.crs)
    authority = crs.to_authority(min_confidence=100)
    if authority is None or authority[0] != "EPSG":
        raise UsageError("AG2086", key=KEY, crs=crs.name)
    return int(authority[1])


def _postgis_schema(connection: psycopg.Connection[Any], server: Server) -> str:
    """Return the schema that PostGIS lives in."""
    row = connection.execute(
        "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'postgis'"
    ).fetchone()
    if row is None:
        raise UsageError("AG2087", key=KEY, server=server.name)
    return str(row[0])


def _standing(
    connection: psycopg.Connection[Any], schema: str, *, code: str, name: str, replace: bool
) -> list[str] | None:
    """Return the tables of an earlier result that may be replaced; None when there is no such schema."""
    sql = driver().sql
    there = connection.execute("SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %s", (schema,)).fetchone()
    if there is None:
        return None
    rows = connection.execute(
        "SELECT relname, pg_catalog.obj_description(oid, 'pg_class') FROM pg_catalog.pg_class"
        " WHERE relnamespace = %s AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY relname",
        (there[0],),
    ).fetchall()
    found = {str(table): comment for table, comment in rows}
    strange = [table for table in found if table not in _NAMES]
    if found and (strange or found.get("study") != MARK):
        raise UsageError("AG2085", key=KEY, schema=schema, found=_listed(strange or list(found)))
    if not found:
        return []
    query = sql.SQL("SELECT code, name FROM {}").format(sql.Identifier(schema, "study"))
    studies = [(str(row[0]), str(row[1])) for row in connection.execute(query).fetchall()]
    if studies != [(_storable(code), _storable(name))]:
        raise UsageError("AG2085", key=KEY, schema=schema, found=_listed([" ".join(study) for study in studies]))
    if not replace:
        raise UsageError("AG2084", key=KEY, schema=schema)
    return list(found)


def _require_day(connection: psycopg.Connection[Any], schema: str, day: dt.date) -> None:
    """Refuse to replace the result of another day."""
    sql = driver().sql
    query = sql.SQL("SELECT data_date FROM {}").format(sql.Identifier(schema, "study"))
    ((stored,),) = connection.execute(query).fetchall()
    if stored != day:
        raise UsageError("AG2553", key=KEY, schema=schema, day=stored.isoformat())


def _listed(names: Sequence[str]) -> str:
    """Return the first names, in what can be printed."""
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return "".join(char if char.isprintable() else "\ufffd" for char in shown)[:120]


def _make_room(connection: psycopg.Connection[Any], schema: str, old: list[str] | None) -> None:
    """Create the schema, or drop the tables of the earlier result: never what depends on them."""
    sql = driver().sql
    if old is None:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for table in old or ():
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(schema, table)))


def _create(connection: psycopg.Connection[Any], schema: str, table: _Table, *, geometry: tuple[str, int]) -> None:
    sql = driver().sql
    postgis, srid = geometry
    spatial = sql.SQL("{}(Geometry, {})").format(sql.Identifier(postgis, "geometry"), sql.Literal(srid))
    lines = [
        sql.SQL("{} {}").format(
            sql.Identifier(column.name), spatial if column.type == "geometry" else sql.SQL(_TYPES[column.type])
        )
        for column in table.columns
    ]
    key = sql.SQL(", ").join(sql.Identifier(name) for name in table.key)
    query = sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))")
    connection.execute(query.format(sql.Identifier(schema, table.name), sql.SQL(", ").join(lines), key))


def _fill(connection: psycopg.Connection[Any], schema: str, table: _Table, *, srid: int) -> None:
    """Send the rows as data, which no text in them can leave."""
    sql = driver().sql
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, table.name), names)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in _rows(table, srid=srid):
            copy.write_row(row)


def _finish(connection: psycopg.Connection[Any], schema: str, table: _Table) -> None:
    """Add spatial index and comments."""
    sql = driver().sql
    place = sql.Identifier(schema, table.name)
    if any(column.type == "geometry" for column in table.columns):
        connection.execute(sql.SQL("CREATE INDEX ON {} USING gist (geometry)").format(place))
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(place, sql.Literal(table.meaning)))
    for column in table.columns:
        words = f"{column.meaning} [{column.unit}]" if column.unit else column.meaning
        query = sql.SQL("COMMENT ON COLUMN {} IS {}")
        connection.execute(query.format(sql.Identifier(schema, table.name, column.name), sql.Literal(words)))


def _rows(table: _Table, *, srid: int) -> Iterator[tuple[Any, ...]]:
    return zip(*(_cells(table.frame[column.name], column, srid=srid) for column in table.columns), strict=True)


def _cells(values: pd.Series, column: Column, *, srid: int) -> list[Any]:
    """Return a column as the database takes it; what is no number, and infinite times, are null as in every file."""
    if column.type == "geometry":
        shapes = values.to_numpy()
        texts = shapely.to_wkb(shapely.set_srid(shapes, srid), hex=True, include_srid=True)
        absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        return [None if gone else text for text, gone in zip(texts, absent, strict=True)]
    if column.type == "list":
        return [to_json(_storable(value)) for value in values]
    if column.type == "float":
        numbers = values.astype("float64").tolist()
        return [number if math.isfinite(number) else None for number in numbers]
    return [_storable(None if value is pd.NA else value) for value in values.tolist()]


def _storable(value: Any) -> Any:
    """Return a value without what PostgreSQL has no text for: NUL and halves of characters become U+FFFD."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


_NAMES = frozenset({"study", "areas", "results", "gaps", "facilities", "isochrones"})
