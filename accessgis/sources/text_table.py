"""Tables of text at the door: their encoding, what separates their cells, and quotes that match."""

from __future__ import annotations

import codecs
import csv
import io

from accessgis.base.errors import DataError
from accessgis.sources.door import text_encoding
from accessgis.sources.header import MOST_TITLE_ROWS
from accessgis.sources.sheet_size import check_reach

BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"


def decoded(data: bytes, *, label: str) -> tuple[str, str]:
    """Return the text of a table and its encoding: UTF-8, else GB18030, judged on the whole file.

    Raises
    ------
    DataError
        AG3006 neither, AG3019 no text, AG3025 nothing.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError("AG3019", file=label, detail="UTF-16")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError("AG3019", file=label, detail="Excel")
    if b"\0" in data:
        raise DataError("AG3019", file=label, detail="NUL")
    if not data.strip():
        raise DataError("AG3025", file=label)
    encoding = text_encoding(data)
    if encoding is None:
        raise DataError("AG3006", file=label)
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding), encoding


def text_rows(text: str, *, label: str) -> list[list[str]]:
    """Return the cells of a text table, without the blank lines before it.

    Raises
    ------
    DataError
        AG3024 quotes that do not match, AG3070 more columns than any table has.
    """
    # A quote that is never closed would swallow all rows after it: strict reading refuses it.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[list[str]] = []
    try:
        for line in lines:
            cells = [cell.strip(BLANKS) for cell in line]
            if rows or any(cells):
                rows.append(cells)
    except csv.Error as error:
        raise DataError("AG3024", file=label, row=len(rows)) from error
    check_reach([(len(rows), max(map(len, rows), default=0))], label=label)
    return rows


def _delimiter(text: str) -> str:
    """Return what separates cells: judged on the first line that has any mark, as titles have none.

    The full-width comma separates them only where nothing else could: it also stands in text.
    """
    lines = text.lstrip().split("\n", MOST_TITLE_ROWS)[:MOST_TITLE_ROWS]
    line = next((line for line in lines if any(mark in line for mark in ",\t;")), "")
    if not line and any("，" in row for row in lines):
        return "，"
    return max(",\t;", key=lambda mark: (line.count(mark), mark == ","))
