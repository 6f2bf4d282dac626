"""Results in schemas of a PostGIS database, read back as ``accessgis.report.database.write_postgis`` stored them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accessgis.base.errors import UsageError
from accessgis.base.files import content_key
from accessgis.report.database import MARK
from accessgis.sources.database import Server, history_address, schema_address
from accessgis.sources.session import driver, renew, session

if TYPE_CHECKING:
    import psycopg

HISTORY_KEY, COMPARED_KEY = "HISTORY", "BEFORE, AFTER"
"""What messages call the address."""
_FOUND = """
SELECT n.nspname,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'manifest')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'study' AND c.relkind = 'r' AND pg_catalog.obj_description(c.oid, 'pg_class') = %s
"""
"""Schemas that hold a result: name, whether this user may read it, whether it says what it was made with."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredResult:
    """One result of a database.

    Attributes
    ----------
    label
        Server, database and schema.
    schema
        Its schema.
    told
        As :func:`accessgis.report.result_folder.read_result` gives it.
    sha256
        Hash of what the database holds of ``assessment.json``.
    """

    label: str
    schema: str
    told: dict[str, Any]
    sha256: str


def stored_results(address: str) -> Iterator[StoredResult]:
    """Yield the results of a database by schema, all as they are at one moment.

    Parameters
    ----------
    address
        ``postgresql://HOST[:PORT]/DATABASE``: every schema that holds a result; with ``?schema=NAME``, where ``*``
        stands for any letters, those of that name. User and password come from the environment.

    Raises
    ------
    UsageError
        AG2080, AG2081 the address; AG2550 no result there, AG2551 one that this user may not read, AG2552 one of an
        earlier version.
    AccessGISError
        AG1010–AG1012 no driver, no connection, no answer; AG3046 the server refuses.
    """
    server, wanted = history_address(address, key=HISTORY_KEY)
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
    yield from _results(server, wanted, pattern, key=HISTORY_KEY)


def stored_result(address: str) -> StoredResult:
    """Return the result in one schema, ``postgresql://HOST[:PORT]/DATABASE?schema=NAME``.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`stored_results`.
    """
    server, schema = schema_address(address, key=COMPARED_KEY)
    (result,) = _results(server, schema, re.compile(re.escape(schema)), key=COMPARED_KEY)
    return result


def _results(server: Server, wanted: str, pattern: re.Pattern[str], *, key: str) -> Iterator[StoredResult]:
    with session(server, read_only=True, label=key) as connection:
        rows = connection.execute(_FOUND, (MARK,)).fetchall()
        found = sorted(row for row in rows if pattern.fullmatch(str(row[0])))
        if not found:
            raise UsageError("AG2550", key=key, server=server.name, database=server.database, schema=wanted)
        for schema, readable, complete in found:
            if not readable:
                raise UsageError("AG2551", key=key, schema=schema)
            if not complete:
                raise UsageError("AG2552", key=key, schema=schema)
        for schema, _, _ in found:
            renew(connection)
            yield _result(connection, server, str(schema))


def _result(connection: psycopg.Connection[Any], server: Server, schema: str) -> StoredResult:
    sql = driver().sql
    query = sql.SQL("SELECT document::text, manifest::text FROM {}").format(sql.Identifier(schema, "study"))
    ((document, manifest),) = connection.execute(query).fetchall()
    return StoredResult(
        label=f"{server.name}/{server.database} {schema}",
        schema=schema,
        told={**json.loads(document), "manifest": json.loads(manifest)},
        sha256=content_key(document),
    )
