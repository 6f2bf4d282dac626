"""A PostgreSQL server of the tests' own, thrown away afterwards, and layers put into it with psycopg alone."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import psycopg
import pytest
import shapely
from psycopg import sql

INSTALL = "no PostgreSQL with PostGIS: apt-get install postgresql postgresql-common postgis postgresql-postgis"
REQUIRED = "ACCESSGIS_REQUIRE_POSTGIS"
"""Set where the server must be there: then its absence fails instead of skipping."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of the server; its password is known to the environment alone."""

    port: str
    name: str
    user: str
    password: str

    @property
    def server(self) -> str:
        """What ``--allow-database`` wants."""
        return f"localhost:{self.port}"

    def url(self, query: str) -> str:
        return f"postgresql://localhost:{self.port}/{self.name}?{query}"

    def connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(
            host="localhost", port=self.port, dbname=self.name, user=self.user, password=self.password,
            autocommit=True, **{"client_encoding": "UTF8"} | options,
        )  # fmt: skip

    def run(self, *statements: str | sql.Composable) -> list[tuple]:
        """Execute statements, and return the rows of the last one."""
        with self.connect() as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def put(self, name: Sequence[str], frame: gpd.GeoDataFrame, *, srid: int, key: str | None = None) -> None:
        """Store a layer: every attribute as text or number, geometry as ``geom``."""
        place = sql.Identifier(*name)
        attributes = [column for column in frame.columns if column != frame.geometry.name]
        kinds = {"i": "bigint", "f": "double precision", "b": "boolean"}
        lines = [
            sql.SQL("{} {} {}").format(
                sql.Identifier(column),
                sql.SQL(kinds.get(frame[column].dtype.kind, "text")),
                sql.SQL("PRIMARY KEY" if column == key else ""),
            )
            for column in attributes
        ]
        lines.append(sql.SQL("geom geometry"))
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(lines)))
            into = sql.SQL("INSERT INTO {} VALUES ({}, ST_GeomFromWKB({}, {}))")
            for row in frame.to_dict("records"):
                shape = row[frame.geometry.name]
                values = sql.SQL(", ").join(sql.Literal(row[column]) for column in attributes)
                wkb = sql.Literal(None if shape is None else shapely.to_wkb(shape))
                connection.execute(into.format(place, values, wkb, sql.Literal(srid)))


@contextmanager
def postgres() -> Iterator[Database]:
    """Start a server; yields its database ``template``, which has PostGIS."""
    if shutil.which("pg_virtualenv") is None:
        if os.environ.get(REQUIRED):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    process, (port, user, password) = _started()
    try:
        template = Database(port, "template", user, password)
        root = Database(port, "postgres", user, password)
        root.run("CREATE DATABASE template ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            template.run("CREATE EXTENSION postgis")
        except psycopg.errors.UndefinedFile:
            pytest.fail(INSTALL) if os.environ.get(REQUIRED) else pytest.skip(INSTALL)
        yield template
    finally:
        _ended(process)


def _started() -> tuple[subprocess.Popen, list[str]]:
    """Start a server that lives as long as its standard input; return its port, user and password."""
    command = ["pg_virtualenv", "-o", "fsync=off", "sh", "-c", 'echo "$PGPORT $PGUSER $PGPASSWORD" && exec cat']
    if os.geteuid() == 0:  # the server does not run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    for _ in range(3):  # somebody else may take the port meanwhile
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        process = subprocess.Popen(
            command, env=os.environ | {"PGPORT": port}, cwd="/", text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        for line in process.stdout:
            if line.startswith(f"{port} "):
                return process, line.split()
        said = process.stderr.read()
        _ended(process)
    pytest.fail(f"pg_virtualenv did not start: {said}")


def _ended(process: subprocess.Popen) -> None:
    process.stdin.close()
    process.stdout.read()
    process.wait(timeout=60)
    process.stdout.close()
    process.stderr.close()


def new_database(template: Database, *, encoding: str = "UTF8") -> Database:
    """Return a new database with PostGIS."""
    name = f"db{next(_numbers)}"
    root = Database(template.port, "postgres", template.user, template.password)
    made = Database(template.port, name, template.user, template.password)
    if encoding == "UTF8":
        root.run(f"CREATE DATABASE {name} TEMPLATE template")
    else:
        root.run(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        made.run("CREATE EXTENSION postgis")
    return made


class Relay:
    """Pass bytes between a client and the server, until told to swallow what the server says."""

    def __init__(self, port: str) -> None:
        self.target, self.silence = int(port), threading.Event()

    def __enter__(self) -> tuple[int, threading.Event]:
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self.listening.getsockname()[1], self.silence

    def __exit__(self, *_: object) -> None:
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, drain, muted in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=(source, drain, muted), daemon=True).start()

    def _pass(self, source: socket.socket, drain: socket.socket, muted: bool) -> None:
        with source:
            while data := self._received(source):
                if not (muted and self.silence.is_set()):
                    drain.sendall(data)

    @staticmethod
    def _received(source: socket.socket) -> bytes:
        try:
            return source.recv(65536)
        except OSError:
            return b""
