"""Addresses of databases, as study files and commands write them; nothing here connects."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from accessgis.base.errors import UsageError

SCHEMES = ("postgresql://", "postgres://")
ENVIRONMENT = "PGHOST"
"""Name of the server of an address without a host: the one that PGHOST or PGSERVICE names, else the local one."""

_HOST = re.compile(r"^[a-z0-9._-]*$|^\[[0-9a-f:.]+\]$")
_SIGNING_KEYS = frozenset({"user", "password", "passfile", "service", "sslpassword", "sslkey", "sslcert"})
_LONGEST_NAME = 63
"""Bytes of a name that PostgreSQL keeps."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a server; who signs in is left to the environment."""

    host: str
    port: int | None
    database: str

    @property
    def name(self) -> str:
        """Return what ``--allow-database`` calls the server: ``host``, ``host:port`` or ``PGHOST``."""
        if not self.host:
            return ENVIRONMENT
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port is None else f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table or view of a database; ``geometry`` names its geometry column where it has several."""

    server: Server
    schema: str
    table: str
    geometry: str | None = None

    @property
    def name(self) -> str:
        """Return ``schema.table``."""
        return f"{self.schema}.{self.table}"


Source = Path | DatabaseTable
"""Where a layer is read from."""


def is_address(text: str) -> bool:
    """Return whether a path of a study file means a database."""
    return text.strip().lower().startswith(SCHEMES)


def table_address(text: str, *, key: str, file: str | None = None) -> DatabaseTable:
    """Return the table that ``postgresql://host[:port]/database?table=schema.table`` names.

    Parameters
    ----------
    text
        The address. ``table`` without a point lies in ``public``; with ``schema`` given too, ``table`` is taken whole.
        ``geometry`` names the column. Names are percent-encoded where they hold ``% & # + ? /``.
    key, file
        Where it is written, for messages.

    Raises
    ------
    UsageError
        AG2080 a user name or password in the address, AG2081 an address that is not understood.
    """
    server, keys = _parts(text, known=("table", "schema", "geometry"), key=key, file=file)
    table = keys.get("table", "")
    schema, point, rest = table.partition(".")
    if "schema" in keys:
        schema, rest = keys["schema"], table
    elif not point:
        schema, rest = "public", table
    elif "." in rest:
        _refuse("a table name with several points needs schema= beside table=", "表名含多个点号，须另写 schema=",
                key=key, file=file)  # fmt: skip
    for name in (schema, rest, keys.get("geometry", "geometry")):
        _check_name(name, "table=", key=key, file=file)
    return DatabaseTable(server, schema, rest, keys.get("geometry"))


def layer_name(label: str) -> str:
    """Return what a layer is called by its path in a study: ``schema.table`` of a database, else the file's name."""
    return table_address(label, key="facilities.path").name if is_address(label) else Path(label).name


def schema_address(text: str, *, key: str) -> tuple[Server, str]:
    """Return server and schema of ``postgresql://host[:port]/database?schema=name``, where a result is written.

    Raises
    ------
    UsageError
        AG2080 a user name or password in the address, AG2081 an address that is not understood.
    """
    server, keys = _parts(text, known=("schema",), key=key, file=None)
    _check_name(keys.get("schema", ""), "schema=", key=key, file=None)
    return server, keys["schema"]


def history_address(text: str, *, key: str) -> tuple[Server, str]:
    """Return server and schemas of ``postgresql://host[:port]/database[?schema=name]``, where results are stored.

    Without ``schema``, and where it holds ``*``, it is about every schema whose name fits; ``*`` alone is returned.

    Raises
    ------
    UsageError
        AG2080 a user name or password in the address, AG2081 an address that is not understood.
    """
    server, keys = _parts(text, known=("schema",), key=key, file=None)
    _check_name(keys.get("schema", "*"), "schema=", key=key, file=None)
    return server, keys.get("schema", "*")


def require_allowed(server: Server, allowed: Collection[str], *, key: str, file: str | None = None) -> None:
    """Refuse a server that the user did not name: a study file of somebody else must not make us connect anywhere.

    Raises
    ------
    UsageError
        AG2082 with the server to allow.
    """
    names = {name if name == ENVIRONMENT else name.lower() for name in allowed}
    if server.name not in names:
        raise UsageError("AG2082", file=file, key=key, server=server.name)


def _parts(text: str, *, known: Collection[str], key: str, file: str | None) -> tuple[Server, dict[str, str]]:
    """Split an address; no part of it is ever shown, because it may hold a password."""
    address = text.strip()
    before, _, query = address.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    keys = dict(pairs)
    if "@" in before or any(name.lower() in _SIGNING_KEYS for name in keys):
        raise UsageError("AG2080", file=file, key=key)
    if not is_address(address) or "#" in address or any(ord(char) < 32 or ord(char) == 127 for char in address):
        _refuse(
            "it is not like postgresql://HOST/DATABASE?…", "格式应为 postgresql://主机/数据库?…", key=key, file=file
        )
    stray = [name for name in keys if name not in known]
    if stray or len(pairs) > len(keys):
        listed = ", ".join(known)
        _refuse(f"after ? only {listed} may stand, each once", f"? 之后只能有 {listed}，且各一次", key=key, file=file)
    try:
        split = urlsplit(before)
        host, port = split.netloc.lower(), split.port
    except ValueError:
        _refuse("host or port", "主机或端口有误", key=key, file=file)
    if port is not None:
        host = host.rpartition(":")[0]
    if not _HOST.match(host.removesuffix(":")) or (port is not None and not host):
        _refuse("host or port", "主机或端口有误", key=key, file=file)
    database = unquote(split.path.removeprefix("/"))
    if host or database:
        _check_name(database, "HOST/", key=key, file=file)
    return Server(host.removesuffix(":").strip("[]"), port, database), keys


def _check_name(name: str, after: str, *, key: str, file: str | None) -> None:
    """Refuse a name that PostgreSQL cannot have: empty, cut short by it, or with a NUL."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= _LONGEST_NAME or "\0" in name or "\ufffd" in name:
        _refuse(
            f"after {after} a name of 1 to {_LONGEST_NAME} bytes is needed",
            f"{after} 之后须为 1 至 {_LONGEST_NAME} 字节的名称",
            key=key,
            file=file,
        )


def _refuse(problem_en: str, problem_zh: str, *, key: str, file: str | None) -> NoReturn:
    raise UsageError("AG2081", file=file, key=key, problem_en=problem_en, problem_zh=problem_zh) from None
