"""Excel workbooks in the old form (.xls of Excel 95 to 2003), read by xlrd.

The reader of the new form reads this one too, but lays out whatever a file claims and ends the program over broken
numbers; xlrd makes room for what stands there, and what it stumbles over can be caught.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass, field
from typing import Any

import xlrd

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a compound file begins with: old Office documents, and new ones with a password."""

_LAST_COLUMN = 255
_BYTES_A_CELL = 6
"""The shortest way to write a cell that holds something."""
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_ANY_DAY = dt.datetime.fromisoformat("1900-01-01")
_SEALED = "EncryptedPackage".encode("utf-16-le")

Cell = str | float | bool | dt.datetime | dt.time | dt.timedelta


class PasswordError(ValueError):
    """The workbook needs a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSheet:
    """One sheet.

    Attributes
    ----------
    name
        As on its tab.
    shown
        Whether it is not hidden.
    cells
        Row → column → value, both from 0; nothing where a cell is empty or holds an error.
    merged
        Merged ranges as (top, left, bottom, right).
    """

    name: str
    shown: bool
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def reach(self) -> tuple[int, int]:
        """Number of rows and of columns up to the last cell."""
        return max(self.cells, default=-1) + 1, max((max(row) for row in self.cells.values()), default=-1) + 1


def read_old_workbook(data: bytes) -> list[OldSheet]:
    """Return the sheets of a workbook, charts left out.

    Raises
    ------
    PasswordError
        A password is needed.
    ValueError
        The file is damaged, or no workbook.
    """
    if _SEALED in data:
        raise PasswordError
    try:
        return _sheets(data)
    except ValueError:
        raise
    except Exception as error:  # whatever broken numbers lead its reader to: an index, a key, an assertion
        if "encrypted" in str(error):
            raise PasswordError from error
        raise ValueError(str(error) or type(error).__name__) from error


def _sheets(data: bytes) -> list[OldSheet]:
    book = xlrd.open_workbook(
        file_contents=data, logfile=io.StringIO(), formatting_info=True, on_demand=True, ragged_rows=True
    )
    # Sheets that share their records, as no program writes them: thousands of them would never end.
    if len(set(book._sh_abs_posn)) < book.nsheets:  # noqa: SLF001 (told nowhere else)
        raise ValueError("overlapping sheets")
    found: list[OldSheet] = []
    count = 0
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        lines = {row: _cells(book, sheet, row) for row in range(sheet.nrows)}
        cells = {row: line for row, line in lines.items() if line}
        count += sum(map(len, cells.values()))
        if count > len(data) // _BYTES_A_CELL:
            raise ValueError("overlapping sheets")
        merged = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        found.append(OldSheet(name=sheet.name, shown=sheet.visibility == 0, cells=cells, merged=merged))
        book.unload_sheet(number)
    return found


def _cells(book: Any, sheet: Any, row: int) -> dict[int, Cell]:
    line: dict[int, Cell] = {}
    for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
        if kind == xlrd.XL_CELL_DATE:
            line[column] = _moment(value, _form(book, sheet, row, column), book.datemode)
        elif kind == xlrd.XL_CELL_BOOLEAN:
            line[column] = bool(value)
        elif kind == xlrd.XL_CELL_NUMBER or (kind == xlrd.XL_CELL_TEXT and value):
            line[column] = value
    if line and max(line) > _LAST_COLUMN:
        raise ValueError("column")
    return line


def _form(book: Any, sheet: Any, row: int, column: int) -> str:
    look = book.xf_list[sheet.cell_xf_index(row, column)]
    return str(book.format_map[look.format_key].format_str)


def _moment(value: float, form: str, since: int) -> Cell:
    """Return a number as the day or time that its format makes of it."""
    try:
        span = dt.timedelta(milliseconds=round(value * 86_400_000))
        if _ELAPSED.search(form):
            return span
        if 0 <= value < 1:
            return (_ANY_DAY + span).time()
        moment: dt.datetime = xlrd.xldate.xldate_as_datetime(value, since)
    except (OverflowError, ValueError):
        return value
    return moment
