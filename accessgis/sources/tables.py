"""Tables of text at the door: encoding, header, rows, numbers, dates and words."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accessgis.base.errors import DataError, Doubt, Place, UsageError
from accessgis.base.files import packaged_toml
from accessgis.base.provenance import Reading
from accessgis.sources.door import record, regular_file, text_encoding
from accessgis.sources.personal import LEFT_OUT, without_personal
from accessgis.standards.marks import load_marks

TABLE_ENDINGS = (".csv", ".txt", ".tsv")

_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"
_UNKNOWN = frozenset({"", "-", "--", "—", "——", "/", "null", "none", "na", "n/a", "#n/a", "不详", "未知"})
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_DATE = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


def read_table(path: Path, *, label: str, role: str = "table") -> Reading[pd.DataFrame]:
    """Read a CSV table as text.

    Parameters
    ----------
    path
        CSV separated by commas, semicolons or tabs, in UTF-8 with or without BOM, else GB18030 judged on the whole
        file.
    label
        Path for messages and provenance, relative to the study.
    role
        Role in the provenance.

    Returns
    -------
    Reading[DataFrame]
        Every column as text without blanks at its ends, '' where empty; the index ``row`` counts data rows from 1.
        Rows that are empty throughout are left out but keep their number.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3006 encoding, AG3019 no table, AG3020 a row longer than the header, AG3021 a column twice,
        AG3024 quotes that do not match, AG3025 an empty file.
    """
    source = regular_file(path, label=label, endings=TABLE_ENDINGS)
    text, encoding = _decode(source.read_bytes(), label=label)
    # A quote that is never closed would swallow all rows after it: strict reading refuses it.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header, rows, cells = _cells(lines, label=label)
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(header)
    frame = pd.DataFrame(
        {name: pd.array(list(column), dtype="str") for name, column in zip(header, columns, strict=True)},
        index=pd.Index(rows, dtype=np.int64, name="row"),
    )
    doubts = (Doubt(code="AG9001", place=Place(file=label)),) if encoding == "gb18030" else ()
    frame, personal = without_personal(frame, label=label)
    entry = record(source, role=role, label=label, rows=len(frame), note=f"encoding {encoding}")
    return Reading(frame, (entry,), (*doubts, *personal))


def clean(value: object) -> str:
    """Return a cell as text without blanks at its ends; null is ''."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip(_BLANKS)


def texts(series: pd.Series) -> list[str]:
    """Return the cells of a column as clean text."""
    return [clean(value) for value in series.tolist()]


def plain(text: str) -> str:
    """Return text with full-width letters and digits made plain (NFKC)."""
    return unicodedata.normalize("NFKC", text).strip(_BLANKS)


def number(series: pd.Series, *, label: str, field: str) -> pd.Series:
    """Return a column of text as float64.

    Parameters
    ----------
    series
        Cells; the index holds row numbers.
    label, field
        File and column, for messages.

    Returns
    -------
    Series
        Same index; NaN where the cell is empty or says that it is unknown. Full-width digits and thousands commas
        are understood.

    Raises
    ------
    DataError
        AG3018 with the row and field of a cell that is no finite number.
    """
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(values).any():
            row = int(series.index[np.isinf(values)][0])
            raise DataError("AG3018", file=label, row=row, key=field, text="inf")
        return pd.Series(values, index=series.index)
    found = np.full(len(series), np.nan)
    for place, cell in enumerate(series.tolist()):
        text = plain(clean(cell))
        if text.lower() in _UNKNOWN:
            continue
        if _THOUSANDS.match(text):
            text = text.replace(",", "")
        value = float(text) if _NUMBER.match(text) else np.inf
        if not np.isfinite(value):
            raise DataError("AG3018", file=label, row=int(series.index[place]), key=field, text=clean(cell)[:40])
        found[place] = value
    return pd.Series(found, index=series.index)


def date(text: str) -> dt.date | None:
    """Return the first day that a written date can mean, None for an empty cell.

    A year alone is its first of January, a month its first day: ``2025``, ``2025-06``, ``2025年6月``, ``2025/6/1``.

    Raises
    ------
    ValueError
        When the text is no date.
    """
    words = plain(text)
    if words.lower() in _UNKNOWN or words == "NaT":
        return None
    if words.endswith(".0") and words[:-2].isdigit():
        words = words[:-2]
    match = _COMPACT_DATE.match(words) or _DATE.match(words)
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else 1 for part in match.groups())
    return dt.date(year, month, day)


@cache
def vocabulary() -> dict[str, Any]:
    """Return the shipped column names and words that bureaus write: ``sources/data/columns.toml``, marks included."""
    words = packaged_toml("accessgis.sources.data", "columns.toml")
    marks = {mark.id: [mark.id, mark.zh, *mark.aliases] for mark in load_marks().values()}
    return {**words, "facilities": {**words["facilities"], **marks}}


def find_columns(
    frame: pd.DataFrame, table: str, columns: Mapping[str, str], *, label: str, fields: Sequence[str] | None = None
) -> dict[str, str]:
    """Match documented fields to the columns of a frame.

    Parameters
    ----------
    frame
        Frame as read.
    table
        Table of the vocabulary: ``areas``, ``facilities`` or ``population``.
    columns
        Field → column as the study states them; the rest is found by the shipped names.
    label
        File, for messages.
    fields
        Fields wanted; None takes every field of the vocabulary's table.

    Returns
    -------
    dict
        Field → column of ``frame``, for the fields present.

    Raises
    ------
    DataError
        AG3017 a stated column is not there, AG3051 it holds what belongs to persons and was left out.
    UsageError
        AG2070 ``columns`` names a field that such a layer does not have.
    """
    known = vocabulary()[table]
    exact = {str(name): str(name) for name in frame.columns}
    folded: dict[str, str] = {}
    for name in exact:
        folded.setdefault(plain(name).casefold(), name)
    found: dict[str, str] = {}
    for field, column in columns.items():
        if field not in known:
            raise UsageError("AG2070", file=label, key=f"columns.{field}", known=", ".join(known))
        match = exact.get(column) or folded.get(plain(column).casefold())
        if match is None and column in frame.attrs.get(LEFT_OUT, ()):
            raise DataError("AG3051", file=label, key=f"columns.{field}", column=column)
        if match is None:
            listed = ", ".join(name for name in exact if name != "geometry")
            raise DataError("AG3017", file=label, key=f"columns.{field}", column=column, columns=listed)
        found[field] = match
    taken = set(found.values())
    for field in fields if fields is not None else known:
        if field in found:
            continue
        for name in known.get(field, ()):
            match = folded.get(plain(name).casefold())
            if match is not None and match not in taken:
                found[field] = match
                taken.add(match)
                break
    return found


def word_ids(table: str) -> dict[str, str]:
    """Return word → id of a table of words (``status_words``, ``level_words`` …), plain and case-folded."""
    return {plain(word).casefold(): name for name, words in vocabulary()[table].items() for word in (name, *words)}


def _decode(data: bytes, *, label: str) -> tuple[str, str]:
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


def _delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(",\t;", key=lambda mark: (header.count(mark), mark == ","))


def _cells(lines: Any, *, label: str) -> tuple[list[str], list[int], list[list[str]]]:
    """Return header, row numbers and rows of equal length."""
    header: list[str] = []
    records: list[list[str]] = []
    try:
        for line in lines:
            header = [clean(name) for name in line]
            if any(header):
                break
        records.extend(lines)
    except csv.Error as error:
        raise DataError("AG3024", file=label, row=len(records) + 1 if header else 0) from error
    while header and not header[-1]:
        header.pop()
    for place, name in enumerate(header):
        if name and name in header[:place]:
            raise DataError("AG3021", file=label, key=name, column=name)
    header = [name or f"column{place + 1}" for place, name in enumerate(header)]
    rows, cells, width = [], [], len(header)
    for row, line in enumerate(records, start=1):
        values = [clean(value) for value in line]
        if not any(values):
            continue
        if any(values[width:]):
            raise DataError("AG3020", file=label, row=row, found=len(values), expected=width)
        rows.append(row)
        cells.append(values[:width] + [""] * (width - len(values)))
    return header, rows, cells
