"""Views in a GeoPackage: a layer may be a query, and a query need not end."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from accessgis.base.errors import DataError

MAX_STEPS = 200_000_000
"""Steps of the database that reading a view once may take: some seconds, some million rows."""


def check_views(source: Path, *, label: str) -> None:
    """Refuse a GeoPackage with a view whose rows cannot be read in time: GDAL looks into all of them to list layers.

    Parameters
    ----------
    source
        A GeoPackage; tables are let through unread.
    label
        Path for messages.

    Raises
    ------
    DataError
        AG3071 a view takes too long, or needs what a plain database does not have; AG3013 its text is damaged.
    """
    name = ""
    try:
        with contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            database.execute("PRAGMA trusted_schema = OFF")
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
            database.set_progress_handler(lambda: 1, MAX_STEPS)
            for (name,) in names:
                quoted = name.replace('"', '""')
                for _ in database.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608  quoted as SQL quotes names
                    pass
    except sqlite3.Error as error:
        if name:  # else the file itself is damaged, and GDAL says how
            raise DataError("AG3071", file=label, layer=name) from error
    except UnicodeError as error:
        raise DataError("AG3013", file=label, detail="UTF-8") from error
