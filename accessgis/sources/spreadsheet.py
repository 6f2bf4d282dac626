"""Excel workbooks at the door: every cell as the text a reader sees, merged cells filled."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path

import python_calamine

from accessgis.base.errors import DataError
from accessgis.sources.archives import check_archive
from accessgis.sources.sheet_size import check_sheets
from accessgis.sources.text_table import BLANKS

SHEET_ENDINGS = (".xlsx", ".xls")

_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
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
        AG3063 the content is no workbook or damaged, AG3070 a sheet reaches too far, AG3061 no such sheet, AG3062 it
        needs a password, AG3025 there is nothing in it.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    # A workbook with a password is a compound file whatever its ending; a web page saved as .xls is none at all.
    if not head.startswith(_MAGIC):
        raise DataError("AG3063", file=label, detail="HTML" if head.lstrip().startswith(b"<") else "?")
    if head.startswith(_MAGIC[0]):
        _check_packed(path, label=label)
    try:
        # Given the bytes, the reader goes by what the file is and not by its ending.
        with python_calamine.load_workbook(io.BytesIO(path.read_bytes())) as book:
            visible = [
                one.name
                for one in book.sheets_metadata
                if one.typ == python_calamine.SheetTypeEnum.WorkSheet
                and one.visible == python_calamine.SheetVisibleEnum.Visible
            ]
            names = list(book.sheet_names)
            wanted = visible if sheet is None else [name for name in names if name == sheet]
            sheets = [Sheet(name=name, rows=_rows(book.get_sheet_by_name(name))) for name in wanted]
    except python_calamine.PasswordError as error:
        raise DataError("AG3062", file=label) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError("AG3063", file=label, detail=" ".join(str(error).split())[:120]) from error
    if sheet is not None and not wanted:
        raise DataError("AG3061", file=label, key="sheet", sheet=sheet, sheets=", ".join(names))
    filled = tuple(one for one in sheets if any(any(row) for row in one.rows))
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


def _rows(sheet: python_calamine.CalamineSheet) -> tuple[tuple[str, ...], ...]:
    cells = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(cells) or left >= len(cells[top]):
            continue
        text = cells[top][left]
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [text] * len(row[left : right + 1])
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
