"""Views in a GeoPackage: a layer may be a query, and a query need not end, or need what GDAL alone has."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from accessgis.base.errors import DataError

MAX_STEPS = 200_000_000
"""Steps of the database that reading all views once may take: some seconds, some million rows."""
MAX_SECONDS = 60
"""Time that it may take on top: a single step can make a hundred megabytes."""

_TICK = 100
"""Steps between two looks at the clock."""
_MAX_CELL = 100_000_000
_MAX_PATTERN = 1_000


def unreadable_views(source: Path, *, label: str) -> frozenset[str]:
    """Return the views of a GeoPackage that must not be opened: their rows cannot be read in time by a plain database.

    GDAL looks into every view to list layers. A file of which views are returned here is listed by
    :func:`drawn_layers`, and of its layers only others are opened.

    Parameters
    ----------
    source
        A GeoPackage; tables are let through unread.
    label
        Path for messages.

    Raises
    ------
    DataError
        AG3013 the name of a view is damaged.
    """
    found = set()
    try:
        with _opened(source) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
            steps, end = iter(range(MAX_STEPS // _TICK)), time.monotonic() + MAX_SECONDS
            database.set_progress_handler(lambda: next(steps, None) is None or time.monotonic() > end, _TICK)
            for (name,) in names:
                quoted = name.replace('"', '""')
                try:
                    for _ in database.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608  quoted as SQL quotes names
                        pass
                except sqlite3.Error:
                    found.add(name)
    except sqlite3.Error:
        return frozenset()  # the file itself is damaged, and GDAL says how
    except UnicodeError as error:
        raise DataError("AG3013", file=label, detail="UTF-8") from error
    return frozenset(found)


def drawn_layers(source: Path) -> list[str]:
    """Return the names of the layers with geometry, as the tables of a GeoPackage list them, no view being read."""
    with _opened(source) as database:
        rows = database.execute(
            "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g ON c.table_name = g.table_name "
            "JOIN sqlite_master m ON m.name = c.table_name WHERE c.data_type = 'features' ORDER BY c.rowid"
        )
        return [name for (name,) in rows]


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        database.execute("PRAGMA trusted_schema = OFF")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
        database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _MAX_PATTERN)
        yield database
