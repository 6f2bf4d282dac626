"""Excel workbooks at the door: every cell as the text a reader sees, merged cells filled."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import python_calamine

from accessgis.base.errors import DataError
from accessgis.sources.archives import check_archive
from accessgis.sources.drivers import too_large
from accessgis.sources.old_workbook import MAGIC, PasswordError, read_old_workbook
from accessgis.sources.sheet_size import check_reach, check_sheets
from accessgis.sources.text_table import BLANKS

SHEET_ENDINGS = (".xlsx", ".xls")

MAX_OLD_BYTES = 100_000_000
"""Largest ``.xls``: a full sheet of 65,536 rows in 100 columns."""
MAX_OLD_CELLS = 5_000_000
"""Most cells of an ``.xls`` between first and last: all rows in 76 columns. A cell in the last column is beyond it."""

_ZIP = b"PK\x03\x04"
Range = tuple[int, int, int, int]

_EXACT = 2.0**53
"""Above it a number of a spreadsheet is rounded: no code of a unit is this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: rows of text of equal length.

    Attributes
    ----------
    name
        As on its tab; '' for a text file.
    rows
        Cells, '' where empty. A merged range holds its text in every cell.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]


def read_sheets(path: Path, *, label: str, sheet: str | None = None) -> tuple[Sheet, ...]:
    """Return the sheets of a workbook that hold something.

    Parameters
    ----------
    path
        An existing ``.xlsx`` or ``.xls`` file.
    label
        Path for messages.
    sheet
        The one sheet wanted, which may be hidden; None takes all that are visible.

    Raises
    ------
    DataError
        AG3050 too large, AG3063 the content is no workbook or damaged, AG3070 a sheet reaches too far, AG3061 no such
        sheet, AG3062 it needs a password, AG3025 there is nothing in it.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    # Told by what the file is and not by its ending; a web page saved as .xls is no workbook at all.
    if not head.startswith((_ZIP, MAGIC)):
        raise DataError("AG3063", file=label, detail="HTML" if head.lstrip().startswith(b"<") else "?")
    try:
        if head.startswith(MAGIC):
            names, found = _old_sheets(path, sheet, label=label)
        else:
            _check_packed(path, label=label)
            names, found = _packed_sheets(path, sheet)
    except DataError:
        raise
    except (python_calamine.PasswordError, PasswordError) as error:
        raise DataError("AG3062", file=label) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError("AG3063", file=label, detail=" ".join(str(error).split())[:120].rstrip(".")) from error
    if sheet is not None and sheet not in names:
        raise DataError("AG3061", file=label, key="sheet", sheet=sheet, sheets=", ".join(names))
    filled = tuple(one for one in found if any(any(row) for row in one.rows))
    if not filled:
        raise DataError("AG3025", file=label)
    return filled


def _check_packed(path: Path, *, label: str) -> None:
    """Refuse a workbook that unpacks to too much or reaches too far; a damaged one is named as a workbook."""
    try:
        check_archive(path, label=label)
    except DataError as error:
        if error.code != "AG3052":
            raise
        raise DataError("AG3063", file=label, detail="zip") from error
    check_sheets(path, label=label)


def _packed_sheets(path: Path, sheet: str | None) -> tuple[list[str], list[Sheet]]:
    """Return the names of all sheets of an ``.xlsx``, and those that are wanted."""
    with python_calamine.load_workbook(io.BytesIO(path.read_bytes())) as book:
        shown = [
            one.name
            for one in book.sheets_metadata
            if one.typ == python_calamine.SheetTypeEnum.WorkSheet
            and one.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        names, found = list(book.sheet_names), []
        for name in shown if sheet is None else [name for name in names if name == sheet]:
            one = book.get_sheet_by_name(name)
            merged = [(*first, *last) for first, last in one.merged_cell_ranges or ()]
            found.append(Sheet(name=name, rows=_filled(one.to_python(skip_empty_area=False), merged)))
        return names, found


def _old_sheets(path: Path, sheet: str | None, *, label: str) -> tuple[list[str], list[Sheet]]:
    """Return the names of all sheets of an ``.xls``, and those that are wanted."""
    if path.stat().st_size > MAX_OLD_BYTES:
        raise too_large(label, path.stat().st_size, MAX_OLD_BYTES)
    sheets = read_old_workbook(path.read_bytes())
    wanted = [one for one in sheets if (one.shown if sheet is None else one.name == sheet)]
    check_reach((one.reach for one in wanted), label=label, most=MAX_OLD_CELLS)
    found = []
    for one in wanted:
        rows, columns = one.reach
        lines = ([one.cells.get(row, {}).get(column) for column in range(columns)] for row in range(rows))
        found.append(Sheet(name=one.name, rows=_filled(lines, one.merged)))
    return [one.name for one in sheets], found


def _filled(lines: Iterable[Iterable[object]], merged: Iterable[Range]) -> tuple[tuple[str, ...], ...]:
    """Return cells as text, that of every merged range in each of its cells."""
    cells = [[cell_text(value) for value in line] for line in lines]
    left = sum(map(len, cells))
    for top, first, bottom, last in merged:
        if top >= len(cells) or first >= len(cells[top]):
            continue
        text = cells[top][first]
        for row in cells[top : bottom + 1]:
            row[first : last + 1] = [text] * len(row[first : last + 1])
            left -= len(row[first : last + 1])
        if left < 0:  # ranges that overlap, as no program merges them: a few thousand would never end
            raise ValueError("merged cells")
    return tuple(tuple(row) for row in cells)


def cell_text(value: object) -> str:
    """Return a cell as text: whole numbers without a decimal point, days as 2025-12-31."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return "" if value is None else str(value).strip(BLANKS)
