"""Sessions with a PostgreSQL server: who signs in comes from the environment, and nothing of it reaches a message."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from accessgis.base.errors import AccessGISError, DataError
from accessgis.sources.database import Server

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10
ANSWER_SECONDS = 600
"""How long one layer or one result may take; after it the server, or we, give up."""
LOCK_SECONDS = 30
"""How long to wait for others who hold a lock."""

T = TypeVar("T")
Words = tuple[str, str]

_OTHER: Words = ("the server does not accept the connection", "服务器未接受连接")
_CONNECTING: dict[str, Words] = {
    "timeout": ("no answer in time", "未在限时内应答"),
    "authentication failed": ("user name or password", "用户名或口令有误"),
    "no password supplied": ("the server asks for a password", "服务器要求口令"),
    "no pg_hba.conf entry": ("the server does not admit this user from here", "服务器不允许该用户从本机登录"),
    "permission denied": ("the user may not open this database", "该用户无权打开此数据库"),
    "connection refused": ("nothing listens there", "该地址没有数据库服务"),
    "no such file": ("no server on this machine", "本机没有运行数据库服务"),
    "does not exist": ("no such database or user", "没有该数据库或用户"),
    "resolve": ("no such host", "找不到该主机"),
    "translate host name": ("no such host", "找不到该主机"),
    "ssl": ("encryption or certificate", "加密或证书问题"),
    "service": ("the service of PGSERVICE is not defined", "PGSERVICE 所指的服务未定义"),
}
"""What the driver says of a failed connection, in words of ours: its own may name the user."""
_STATES: dict[str, Words] = {
    "42501": ("the user has no right to do this", "该用户没有相应权限"),
    "57014": ("it took too long", "耗时过长"),
    "55P03": ("somebody else holds a lock on it", "他人正占用"),
    "40P01": ("somebody else holds a lock on it", "他人正占用"),
    "40001": ("it was changed at the same time", "同时被他人修改"),
    "22003": ("a number in it is too large", "其中有数值过大"),
    "22P05": ("its encoding lacks a character", "其编码缺少某个字符"),
    "22021": ("text that is not in its encoding", "文字不符合其编码"),
    "2BP01": ("other views or tables depend on it", "有其他视图或表依赖于它"),
    "25006": ("it may only be read", "数据库只读"),
    "53100": ("its disk is full", "其磁盘已满"),
    "53300": ("it has too many connections", "其连接数已满"),
    "57P01": ("it is being shut down", "数据库正在关闭"),
}


def driver() -> Any:
    """Return the module psycopg, which is loaded only when a database is used.

    Raises
    ------
    AccessGISError
        AG1010 it is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - an optional dependency
        import psycopg.sql  # noqa: PLC0415 - as above
    except ImportError:
        raise AccessGISError("AG1010") from None
    return psycopg


@contextmanager
def session(
    server: Server, *, read_only: bool, label: str, seconds: float | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """Open a session in one transaction: committed at the end, rolled back on any error, closed in any case.

    Parameters
    ----------
    server
        Where; user and password are taken from the environment by libpq (PGUSER, PGPASSWORD, PGPASSFILE, PGSERVICE).
    read_only
        Whether the server must refuse any change, and what is read is of one moment.
    label
        What is read or written, for messages.
    seconds
        Longest time from here to the end, :data:`ANSWER_SECONDS` by default.

    Raises
    ------
    AccessGISError
        AG1010 no driver, AG1011 no connection, AG1012 no answer in time, AG1013 the server refused to write.
    DataError
        AG3046 the server refused to read.
    """
    pg = driver()
    limit = ANSWER_SECONDS if seconds is None else seconds
    connection = _connect(server)
    connection.deadline, connection.label, connection.limit = time.monotonic() + limit, server.name, limit
    try:
        connection.read_only = read_only
        connection.isolation_level = pg.IsolationLevel.REPEATABLE_READ if read_only else None
        for name, value in (("statement_timeout", limit), ("lock_timeout", min(limit, LOCK_SECONDS))):
            connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, str(max(1, round(value * 1000)))))
        connection.execute("SELECT pg_catalog.set_config('TimeZone', 'UTC', true)")
        connection.execute("SELECT pg_catalog.set_config('DateStyle', 'ISO, YMD', true)")
        yield connection
        connection.commit()
    except pg.Error as error:
        raise _refused(error, server, label, read_only=read_only) from None
    finally:
        connection.close()


def renew(connection: psycopg.Connection[Any]) -> None:
    """Give a session its whole time again, for the next of many things that it reads."""
    timed: Any = connection
    timed.deadline = time.monotonic() + timed.limit


def _connect(server: Server) -> Any:
    """Connect; what the environment says is left to libpq, and the encoding to us."""
    stated = {"host": server.host or None, "port": server.port, "dbname": server.database or None}
    try:
        return _timed().connect(
            connect_timeout=CONNECT_SECONDS,
            client_encoding="UTF8",
            application_name="accessgis",
            prepare_threshold=None,
            **{name: value for name, value in stated.items() if value is not None},
        )
    except driver().Error as error:
        text = str(error).lower()
        known = (words for sign, words in _CONNECTING.items() if sign in text)
        reason_en, reason_zh = next(known, _OTHER)
    raise AccessGISError("AG1011", server=server.name, reason_en=reason_en, reason_zh=reason_zh)


@cache
def _timed() -> Any:
    """Return a kind of connection that stops waiting at a moment: a server that falls silent stops nobody."""

    class Timed(driver().Connection):  # type: ignore[misc]
        deadline, limit, label = float("inf"), 0.0, ""

        def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
            return super().wait(_until(gen, self), *args, **kwargs)  # type: ignore[no-any-return]

    return Timed


def _until(waiting: Generator[Any, Any, T], connection: Any) -> Generator[Any, Any, T]:
    """Pass on what a generator of the driver waits for, until the moment."""
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            if time.monotonic() > connection.deadline:
                waiting.close()
                raise AccessGISError("AG1012", server=connection.label, seconds=round(connection.limit))
            wanted = waiting.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _refused(error: psycopg.Error, server: Server, label: str, *, read_only: bool) -> AccessGISError:
    """Return what the server objects to, by its code: its words may repeat anything."""
    state = error.sqlstate or ""
    if not state:
        return AccessGISError("AG1011", server=server.name, reason_en="it was lost", reason_zh="连接中断")
    reason_en, reason_zh = _STATES.get(state, (f"SQLSTATE {state}", f"SQLSTATE {state}"))
    if read_only:
        return DataError("AG3046", file=label, reason_en=reason_en, reason_zh=reason_zh)
    return AccessGISError("AG1013", server=server.name, reason_en=reason_en, reason_zh=reason_zh)
