"""The door that every user's file passes: it exists, is what its ending says, and is recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.base.files import sha256
from accessgis.base.provenance import InputRecord

SHOWN_ROWS = 5
"""Rows that a message names; the rest are counted."""


def regular_file(path: Path, *, label: str, endings: Iterable[str]) -> Path:
    """Return the absolute path of an existing regular file with an allowed ending.

    GDAL and osmium are only ever given this path, never text a user wrote: raw text can name a URL, a database or a
    virtual file that reads others.

    Raises
    ------
    DataError
        AG3002 no such file, AG3003 an ending that is not read here.
    """
    resolved = path.resolve()
    if not resolved.is_file():
        raise DataError("AG3002", file=label)
    allowed = tuple(endings)
    if not resolved.name.lower().endswith(allowed):
        raise DataError("AG3003", file=label, endings=", ".join(allowed))
    return resolved


def record(
    path: Path, *, role: str, label: str, rows: int, crs: CRS | None = None, datum: str | None = None, note: str = ""
) -> InputRecord:
    """Return the provenance of one file."""
    return InputRecord(
        role=role, path=label, sha256=sha256(path), rows=rows, crs=crs_name(crs), datum=datum or "", note=note
    )


def crs_name(crs: CRS | None) -> str:
    """Return ``EPSG:4490``, or the name of a system without a code, or '' for None."""
    if crs is None:
        return ""
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(crs.name)


def text_encoding(data: bytes) -> str | None:
    """Judge the encoding of a whole file: strict UTF-8, else GB18030, else None.

    The judgement needs the whole file: single Chinese names in GBK can also be valid UTF-8.
    """
    return next((encoding for encoding in ("utf-8", "gb18030") if decodes(data, encoding)), None)


def decodes(data: bytes, encoding: str) -> bool:
    """Return whether bytes are text of an encoding throughout."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def rows_text(rows: Iterable[int]) -> str:
    """Return row numbers for a message: the first few, then how many more."""
    numbers = sorted(int(row) for row in rows)
    shown = ", ".join(str(row) for row in numbers[:SHOWN_ROWS])
    return shown if len(numbers) <= SHOWN_ROWS else f"{shown} … ({len(numbers)})"


def rounded(value: float, digits: int = 4) -> float:
    """Round to significant digits, so that messages stay readable."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
