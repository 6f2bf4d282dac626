"""How far the sheets of an Excel workbook reach: one cell in the last row and column makes 17 thousand million of it.

The reader lays out every cell between the first and the last and ends the whole program where there are too many: they
are counted before it looks.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from accessgis.base.errors import DataError

MAX_CELLS = 20_000_000
"""Most cells between the first and the last of all sheets together: all rows of a sheet in 19 columns."""
MAX_ROWS = 2_200_000
"""Most rows of all sheets together: two full ones."""
MAX_COLUMNS = 2_000
"""Most columns of a table: a register has some dozen, and each takes its time."""

_CHUNK = 1 << 20
_LONGEST = 1 << 16
"""Longest tag that is waited for: that of a cell has some dozen letters."""
_TAG = re.compile(rb"<(?:\w+:)?(?:(row)|c)(?=[\s/>])([^>]*)>")
_PLACE = re.compile(rb"\sr\s*=\s*[\"']\s*([A-Za-z]{0,3})(\d{0,9})")


def check_sheets(source: Path, *, label: str) -> None:
    """Refuse an ``.xlsx`` of which a sheet, or all together, reach further than any table.

    Parameters
    ----------
    source
        An archive that may be unpacked.
    label
        Path for messages.

    Raises
    ------
    DataError
        AG3070 it does.
    """
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".xml")]
        check_reach((_reach(archive, name) for name in names), label=label)


def check_reach(sheets: Iterable[tuple[int, int]], *, label: str, most: int = MAX_CELLS) -> None:
    """Refuse tables of more columns, rows or cells than any have.

    Parameters
    ----------
    sheets
        Rows and columns of each.
    label
        Path for messages.
    most
        Most cells of all together.

    Raises
    ------
    DataError
        AG3070 too many.
    """
    lines = cells = 0
    for rows, columns in sheets:
        lines, cells = lines + rows * (columns > 0), cells + rows * columns
        if columns > MAX_COLUMNS or lines > MAX_ROWS or cells > most:
            raise DataError("AG3070", file=label, rows=rows, columns=columns)


def _reach(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """Return the last row that holds cells and the last column that one with something in it stands in."""
    with archive.open(name) as stream:
        return _last(stream)


def _last(stream: IO[bytes]) -> tuple[int, int]:
    last_row = last_column = row = column = 0
    rest = b""
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        end = text.rfind(b">") + 1
        for tag in _TAG.finditer(text, 0, end):
            place, empty = _PLACE.search(tag[2]), tag[2].endswith(b"/")
            if tag[1]:
                row, column = int(place[2] or 0) if place else row + 1, 0
            else:
                column = _column(place[1]) if place and place[1] else column + 1
                row = max(row, int(place[2] or 0)) if place else row
            if not empty:
                last_row, last_column = max(last_row, row), max(last_column, column)
        rest = text[end:][-_LONGEST:]
    return last_row, last_column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("A") + 1
    return number
