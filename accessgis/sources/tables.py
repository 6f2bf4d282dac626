"""Tables at the door: encoding, header, rows, numbers, dates and words."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accessgis.base.errors import DataError, Doubt, Place, UsageError, Value
from accessgis.base.files import packaged_toml
from accessgis.base.provenance import Reading
from accessgis.sources.door import record, regular_file, rows_text
from accessgis.sources.header import MOST_TITLE_ROWS, find_header, is_heading, is_note, is_total
from accessgis.sources.header_units import UNIT
from accessgis.sources.personal import LEFT_OUT, without_personal
from accessgis.sources.spreadsheet import SHEET_ENDINGS, Sheet, read_sheets
from accessgis.sources.text_table import BLANKS, decoded, text_rows
from accessgis.standards.marks import load_marks

TABLE_ENDINGS = (".csv", ".txt", ".tsv", *SHEET_ENDINGS)

_UNKNOWN = frozenset({"", "-", "--", "—", "——", "/", "null", "none", "na", "n/a", "#n/a", "不详", "未知"})
_WHOLE_OF_GROUP = frozenset({"合计", "小计", "总计", "总数", "计", "人数", "人口数", "总人数"})
_OF_WHICH = re.compile(r"^(其中|#)[:：]?")
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b"))
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_WITH_UNIT = re.compile(r"^([+-]?[\d.,]*\d)\s*([^\d\s.,]\S*)$")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_DATE = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A table as a bureau wrote it.

    Attributes
    ----------
    frame
        Every column as text without blanks at its ends, '' where empty; the index ``row`` counts the rows below the
        header from 1. Rows that are empty throughout are left out but keep their number.
    totals
        Rows that sum up others (小计, 合计), which ``frame`` lacks.
    titles
        Texts above the header.
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    titles: tuple[str, ...]


def read_table(
    path: Path,
    *,
    label: str,
    role: str = "table",
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Reading[pd.DataFrame]:
    """Read a table as text: what :func:`open_table` gives, without the rows that sum up others, which are counted.

    Parameters
    ----------
    path, label, role, table, columns, sheet
        As for :func:`open_table`.
    """
    reading = open_table(path, label=label, role=role, table=table, columns=columns, sheet=sheet)
    doubts = reading.doubts
    totals = reading.value.totals
    if len(totals):
        rows: dict[str, Value] = {"rows": rows_text(totals.index)}
        doubts = (*doubts, Doubt(code="AG9060", place=Place(file=label), count=len(totals), values=rows))
    return Reading(reading.value.frame, reading.inputs, doubts)


def open_table(
    path: Path,
    *,
    label: str,
    role: str = "table",
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Reading[Table]:
    """Read a table as text.

    Parameters
    ----------
    path
        Excel workbook, or CSV separated by commas, semicolons or tabs, in UTF-8 with or without BOM, else GB18030
        judged on the whole file.
    label
        Path for messages and provenance, relative to the study.
    role
        Role in the provenance.
    table
        Table of the vocabulary. With it the header is the row, or the two or three rows, that name most of its columns,
        titles above it are skipped, and rows that sum up or remark are set apart. Without it the first row that is
        not empty is the header.
    columns
        Field → column as the study states them: they too are looked for in the header.
    sheet
        Sheet of a workbook; None takes the only one that has columns of the table.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3006 encoding, AG3019 no table, AG3020 a row longer than the header, AG3021 a column twice,
        AG3024 quotes that do not match, AG3025 an empty file, AG3060–AG3064 workbooks.
    """
    source = regular_file(path, label=label, endings=TABLE_ENDINGS)
    stated = tuple((columns or {}).values())

    def known(names: Sequence[str]) -> int:
        return known_columns(names, table, stated) if table else 0

    doubts: list[Doubt] = []
    if source.suffix.lower() in SHEET_ENDINGS:
        sheets = read_sheets(source, label=label, sheet=sheet)
        chosen = _only_sheet(sheets, known, label=label)
        lines, note = [list(row) for row in chosen.rows], f"sheet {chosen.name}"
        doubts += _left_sheets(sheets, chosen, known, label=label)
    elif sheet is not None:
        raise DataError("AG3064", file=label, key="sheet")
    else:
        text, encoding = decoded(source.read_bytes(), label=label)
        lines, note = text_rows(text, label=label), f"encoding {encoding}"
        if encoding == "gb18030":
            doubts.append(Doubt(code="AG9001", place=Place(file=label)))
    names, body, titles = _headed(lines, known, label=label)
    frame, personal = without_personal(_frame(names, lines[body:], label=label), label=label)
    doubts.extend(personal)
    left_out = frame.attrs
    totals = frame.iloc[:0]
    if table:
        frame, totals, remarks, numbered = _set_apart(frame, headings=table == "facilities")
        frame.attrs.update(left_out)
        for code, odd in (("AG9061", remarks), ("AG9332", numbered)):
            if odd:
                rows: dict[str, Value] = {"rows": rows_text(odd)}
                doubts.append(Doubt(code=code, place=Place(file=label), count=len(odd), values=rows))
    entry = record(source, role=role, label=label, rows=len(frame), note=note)
    return Reading(Table(frame=frame, totals=totals, titles=titles), (entry,), tuple(doubts))


def clean(value: object) -> str:
    """Return a cell as text without blanks at its ends; null is ''."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip(BLANKS)


def texts(series: pd.Series) -> list[str]:
    """Return the cells of a column as clean text."""
    return [clean(value) for value in series.tolist()]


def plain(text: str) -> str:
    """Return text with full-width letters and digits made plain (NFKC)."""
    return unicodedata.normalize("NFKC", text).strip(BLANKS)


def tight(name: str) -> str:
    """Return the name of a column as names are compared: plain, without case, blanks and line breaks."""
    return "".join(plain(name).translate(_UNSEEN).split()).casefold()


def number(
    series: pd.Series,
    *,
    label: str,
    field: str,
    units: str = "",
    factor: float = 1.0,
    doubts: list[Doubt] | None = None,
) -> pd.Series:
    """Return a column of text as float64.

    Parameters
    ----------
    series
        Cells; the index holds row numbers.
    label, field
        File and column, for messages.
    units
        ``count``, ``area`` or ``length``: cells may then carry a unit of that sort (20张, 2.3万人); '' allows none.
    factor
        What cells without a unit of their own are multiplied by, as their header says.
    doubts
        Takes the cells that carry a unit, as one doubt AG9062.

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
        return pd.Series(values * factor, index=series.index)
    found = np.full(len(series), np.nan)
    factors = _unit_factors(units) if units else {}
    with_unit = []
    for place, cell in enumerate(series.tolist()):
        text = plain(clean(cell))
        if text.lower() in _UNKNOWN:
            continue
        written = _WITH_UNIT.match(text)
        own = factors.get(written[2].lower()) if written else None
        if written and own:
            with_unit.append(clean(cell)[:40])
            text = written[1]
        if _THOUSANDS.match(text):
            text = text.replace(",", "")
        # Decimal places as written stay as written: 2.3 万 is 23000, not 22999.999999999996.
        value = float(Decimal(text) * Decimal(repr(own or factor))) if _NUMBER.match(text) else np.inf
        if not np.isfinite(value):
            raise DataError("AG3018", file=label, row=int(series.index[place]), key=field, text=clean(cell)[:40])
        found[place] = value
    if with_unit and doubts is not None:
        told: dict[str, Value] = {"text": with_unit[0]}
        doubts.append(Doubt(code="AG9062", place=Place(file=label, key=field), count=len(with_unit), values=told))
    return pd.Series(found, index=series.index)


@cache
def _unit_factors(units: str) -> dict[str, float]:
    table = vocabulary()["cell_units"][units]
    return {plain(word).lower(): float(factor) for factor, words in table.items() for word in words}


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
    called: dict[str, list[str]] = {}
    for name in exact:
        for alias in _aliases(name):
            called.setdefault(alias, []).append(name)
    folded = {alias: names[0] for alias, names in called.items() if len(names) == 1}
    for name in reversed(exact):
        folded[tight(name)] = name
    found: dict[str, str] = {}
    for field, column in columns.items():
        if field not in known:
            raise UsageError("AG2070", file=label, key=f"columns.{field}", known=", ".join(known))
        match = exact.get(column) or folded.get(tight(column))
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
            match = folded.get(tight(name))
            if match is not None and match not in taken:
                found[field] = match
                taken.add(match)
                break
    return found


def _aliases(name: str) -> tuple[str, ...]:
    """Return what a column may be called: its name, without unit and 其中, and the lowest part of a grouped one.

    Below a group that has parts, the part that counts all of it is called as the group: 常住人口/小计.
    """
    whole = tight(name)
    group, _, last = whole.rpartition("/")
    parts = {whole, last, whole.replace("/", "")} | ({group} if last in _WHOLE_OF_GROUP else set())
    shorter = {UNIT.sub("", _OF_WHICH.sub("", part)) for part in parts}
    return tuple(sorted((parts | shorter) - {""}))


def word_ids(table: str) -> dict[str, str]:
    """Return word → id of a table of words (``status_words``, ``level_words`` …), plain and case-folded."""
    return {plain(word).casefold(): name for name, words in vocabulary()[table].items() for word in (name, *words)}


def _only_sheet(sheets: Sequence[Sheet], known: Callable[[Sequence[str]], int], *, label: str) -> Sheet:
    """Return the sheet with columns of the table, or the only one; several are refused."""
    fit = [sheet for sheet in sheets if known(find_header(sheet.rows, known).names)] if len(sheets) > 1 else sheets
    if len(fit) != 1:
        raise DataError("AG3060", file=label, key="sheet", sheets=", ".join(sheet.name for sheet in fit or sheets))
    return fit[0]


def _left_sheets(
    sheets: Sequence[Sheet], chosen: Sheet, known: Callable[[Sequence[str]], int], *, label: str
) -> list[Doubt]:
    """Doubt sheets that were not read though their rows are about as wide as those of the one that was."""
    width = sum(1 for name in find_header(chosen.rows, known).names if name)
    left = [one.name for one in sheets if one is not chosen and _widest(one.rows) >= max(2, (width + 1) // 2)]
    if not left:
        return []
    values: dict[str, Value] = {"sheet": chosen.name, "sheets": ", ".join(left)}
    return [Doubt(code="AG9326", place=Place(file=label), count=len(left), values=values)]


def _widest(rows: Sequence[Sequence[str]]) -> int:
    """Return how many different texts the fullest row has: a title merged over all columns is one."""
    return max((len({cell for cell in row if cell}) for row in rows), default=0)


def _headed(
    lines: list[list[str]], known: Callable[[Sequence[str]], int], *, label: str
) -> tuple[list[str], int, tuple[str, ...]]:
    """Return the names of the columns, the number of the first row below them, and the titles above."""
    width = max(map(len, lines[:MOST_TITLE_ROWS]), default=0)
    top = [row + [""] * (width - len(row)) for row in lines[:MOST_TITLE_ROWS]]
    header = find_header(top, known)
    names = list(header.names)
    while names and not names[-1]:
        names.pop()
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise DataError("AG3021", file=label, key=name, column=name)
    return [name or f"column{place + 1}" for place, name in enumerate(names)], header.body, header.titles


def _frame(names: list[str], lines: list[list[str]], *, label: str) -> pd.DataFrame:
    rows, cells, width = [], [], len(names)
    for row, values in enumerate(lines, start=1):
        if not any(values):
            continue
        if any(values[width:]):
            raise DataError("AG3020", file=label, row=row, found=len(values), expected=width)
        rows.append(row)
        cells.append(values[:width] + [""] * (width - len(values)))
    columns = list(zip(*cells, strict=True)) if cells else [()] * width
    return pd.DataFrame(
        {name: pd.array(list(column), dtype="str") for name, column in zip(names, columns, strict=True)},
        index=pd.Index(rows, dtype=np.int64, name="row"),
    )


def _set_apart(frame: pd.DataFrame, *, headings: bool) -> tuple[pd.DataFrame, pd.DataFrame, list[int], list[int]]:
    """Return the rows that are records, those that sum up, and the numbers of those that remark or are yet to fill.

    In tables that count people a township alone in its row is none of the ``headings``: it holds for the rows below.
    """
    cells = [tuple(row) for row in frame.itertuples(index=False, name=None)]
    header = [tight(str(name)) for name in frame.columns]
    notes = np.array(
        [is_note(row) or _is_header(row, header) or (headings and is_heading(row)) for row in cells], dtype=bool
    )
    totals = np.array([is_total(row) for row in cells], dtype=bool) & ~notes
    blank = np.array([_is_blank(row) for row in cells], dtype=bool)
    noted, numbered = ([int(row) for row in frame.index[odd]] for odd in (notes, blank))
    return frame[~notes & ~totals & ~blank], frame[totals], noted, numbered


def _is_header(row: Sequence[str], header: Sequence[str]) -> bool:
    """Return whether a row is the header once more, as printed on every page; grouped ones end in its texts."""
    written = [(tight(cell), name) for cell, name in zip(row, header, strict=True) if cell]
    return len(written) > 1 and all(cell and name.endswith(cell) for cell, name in written)


def _is_blank(row: Sequence[str]) -> bool:
    """Return whether a row was numbered in advance and never filled."""
    return len(row) > 2 and row[0].isdecimal() and not any(row[1:])


def known_columns(names: Sequence[str], table: str, stated: Sequence[str] = ()) -> int:
    """Return how many columns of a vocabulary's table, or stated by the study, are among names."""
    written = {alias for name in names for alias in _aliases(name)}
    fields = vocabulary()[table].values()
    found = sum(any(tight(word) in written for word in words) for words in fields)
    return found + sum(tight(column) in written for column in stated)
