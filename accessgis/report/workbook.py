"""``coverage.xlsx``: the result as a workbook for the office. The same assessment gives the same bytes.

Text is written as text, whatever it begins with: no cell is a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.basis_sheets import (
    assumptions_sheet,
    closures_sheet,
    dictionary_sheet,
    inputs_sheet,
    lacking_sheet,
    parts_sheet,
    quality_sheet,
)
from accessgis.report.printable import printable
from accessgis.report.report_view import ReportView, report_view
from accessgis.report.sheets import Cell, Sheet, Shown, gap_sheet, kind_sheets, main_sheet, township_sheet
from accessgis.report.vector_drawing import text_width

HEAD_ROW = 2
"""Index of the row of headings: title and note stand above it."""
_A4 = 9
_FONTS: dict[Language, str] = {"zh": "宋体", "en": "Calibri"}
_SIZE = 10
_NARROW, _WIDE, _GIVES = 7.0, 60.0, 14.0
_PAGE = 195.0
"""Characters that go across a page, at seven tenths of their size."""
_SCREEN = 150.0
"""Characters across that a screen shows of a sheet."""
_ONE_PAGE = 20
"""Columns up to which a sheet is printed one page wide."""
_HEAD_LINES = 3
_INDENT, _CLOSE = 1.8, 0.94
"""What a cell loses to its indent, and how much narrower text is set than it is reckoned."""
_LINE, _HIGHEST = 14.5, 400.0
_MOST_TEXT = 32_000
_WIDTH_SAMPLE = 400
_MIDNIGHT = dt.time()


def write_workbook(
    assessment: Assessment, path: str | Path, *, lang: Language = "zh", view: ReportView | None = None
) -> Path:
    """Write the result as a workbook in one language.

    Parameters
    ----------
    assessment
        What a run found.
    path
        File to write.
    lang
        ``"zh"`` or ``"en"``.
    view
        The report where it was made already, in its own language.
    """
    view = view or report_view(assessment, lang=lang)
    head = BookHead(
        title=view.title,
        day=assessment.study.data_date,
        generated=view.page.generated,
        meta=view.page.meta,
        lang=view.lang,
    )
    write_sheets(sheets(assessment, view), path, head)
    return Path(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookHead:
    """What a workbook says of itself: its title and day, and what stands under the title of every sheet."""

    title: str
    day: dt.date
    generated: str
    meta: str
    lang: Language


def write_sheets(found: Sequence[Sheet], path: str | Path | BinaryIO, head: BookHead) -> None:
    """Write sheets as a workbook; the same sheets give the same bytes.

    Parameters
    ----------
    found
        The sheets in their order.
    path
        File to write, or a stream.
    head
        What stands on every sheet.
    """
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path) if isinstance(path, str | Path) else path, options) as book:
        # The clock must not show in the file.
        created = dt.datetime.combine(head.day, _MIDNIGHT)
        book.set_properties({"title": head.title, "author": "accessgis", "created": created})
        formats = _Formats(book, head.lang)
        for sheet in found:
            _write(book, sheet, formats, head)


def sheets(assessment: Assessment, view: ReportView) -> tuple[Sheet, ...]:
    """Return the sheets of the workbook in their order, those without rows left out."""
    lang = view.lang
    kinds = kind_sheets(assessment, lang)
    found = (
        main_sheet(view),
        township_sheet(assessment, view),
        gap_sheet(assessment, view),
        lacking_sheet(view),
        *kinds,
        parts_sheet(assessment, view),
        closures_sheet(assessment, view),
        quality_sheet(view),
        dictionary_sheet(kinds, lang),
        assumptions_sheet(assessment, view),
        inputs_sheet(assessment, view),
    )
    return tuple(sheet for sheet in found if sheet.rows or sheet is found[0])


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any, lang: Language) -> None:
        base = {"font_name": _FONTS[lang], "font_size": _SIZE, "valign": "vcenter"}
        self._book, self._base = book, base
        self._numbers: dict[str, Any] = {}
        line = {"border": 1, "border_color": "#9aa3ad"}
        self._cell = base | line
        self.title = book.add_format(base | {"bold": True, "font_size": 14})
        self.note = book.add_format(base | {"font_color": "#626a73"})
        self.wrapped_note = book.add_format(base | {"font_color": "#626a73", "text_wrap": True, "valign": "top"})
        self.head = book.add_format(
            base | line | {"bold": True, "text_wrap": True, "align": "center", "bg_color": "#e7eef4"}
        )
        self.text = book.add_format(base | line | {"text_wrap": True, "indent": 1})

        self.line = book.add_format(base | line | {"indent": 1})

    def number(self, form: str) -> Any:
        if form not in self._numbers:
            self._numbers[form] = self._book.add_format(self._cell | {"num_format": form})
        return self._numbers[form]


def _write(book: Any, sheet: Sheet, formats: _Formats, head: BookHead) -> None:
    page = book.add_worksheet(sheet.tab)
    page.set_row(0, 24)
    page.write_string(0, 0, clean(sheet.title), formats.title)
    told = "　".join(text for text in (head.generated, head.meta, sheet.note) if text)
    widths = column_widths(sheet)
    _write_note(page, clean(told), widths, formats)
    for place, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        page.write_string(HEAD_ROW, place, clean(column.heading), formats.head)
        page.set_column(place, place, width)
    page.set_row(HEAD_ROW, 4.0 + _height([column.heading for column in sheet.columns], widths))
    for down, row in enumerate(sheet.rows, start=HEAD_ROW + 1):
        for across, value in enumerate(row):
            _put(page, (down, across), value, formats, wrapped=sheet.wrapped)
        height = _height(row, widths) if sheet.wrapped else _LINE
        if height > _LINE:
            page.set_row(down, height)
    page.freeze_panes(HEAD_ROW + 1, sheet.held)
    page.autofilter(HEAD_ROW, 0, HEAD_ROW + max(1, len(sheet.rows)), len(sheet.columns) - 1)
    _set_print(page, sheet, head)


def _write_note(page: Any, told: str, widths: Sequence[float], formats: _Formats) -> None:
    """Write the line under the title; one wider than a screen is wrapped over the columns that a screen shows."""
    shown = [width for width, sofar in zip(widths, accumulate(widths), strict=True) if sofar <= _SCREEN]
    seen, last = sum(shown), len(shown) - 1
    if last < 1 or _characters(told) <= seen:
        page.write_string(1, 0, told, formats.note)
        return
    page.merge_range(1, 0, 1, last, "", formats.wrapped_note)
    page.write_string(1, 0, told, formats.wrapped_note)
    page.set_row(1, _LINE * math.ceil(_characters(told) / seen))


def _set_print(page: Any, sheet: Sheet, head: BookHead) -> None:
    """Set a sheet up for A4 across, its headings on every page; a wide one goes over two pages side by side."""
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    page.repeat_rows(0, HEAD_ROW)
    page.fit_to_pages(1 if len(sheet.columns) <= _ONE_PAGE else 2, 0)
    if sheet.held:
        page.repeat_columns(0, sheet.held - 1)
    page.set_footer(f"&C— &P —&R&8{head.generated}")


def _put(page: Any, at: tuple[int, int], value: Cell, formats: _Formats, *, wrapped: bool) -> None:
    if value is None or value == "":
        page.write_blank(*at, None, formats.text)
    elif isinstance(value, str):
        page.write_string(*at, clean(value), formats.text if wrapped else formats.line)
    elif isinstance(value, Shown):
        page.write_number(*at, value.value, formats.number(value.form))
    else:
        page.write_number(*at, value, formats.number("#,##0"))


def clean(text: str) -> str:
    """Return text as a cell may hold it: printable, and not longer than a cell."""
    shown = printable(text)
    return shown if len(shown) <= _MOST_TEXT else f"{shown[:_MOST_TEXT]}…"


def column_widths(sheet: Sheet) -> list[float]:
    """Return how wide columns are, in characters: Chinese ones count two, and headings stand in up to three lines.

    Where all would not go on a page, the widest give way; those of a sheet that is not wrapped are as wide as they are.
    """
    widths = [
        _width(column.heading, [row[place] for row in sheet.rows[:_WIDTH_SAMPLE]])
        for place, column in enumerate(sheet.columns)
    ]
    if not sheet.wrapped:
        return widths
    cap = next(
        (cap for cap in range(int(_WIDE), int(_GIVES), -1) if sum(min(cap, each) for each in widths) <= _PAGE), _GIVES
    )
    return [min(float(cap), width) for width in widths]


def _width(heading: str, values: Sequence[Cell]) -> float:
    longest = max((_characters(_shown(value)) for value in values), default=0.0)
    words = heading.split() if " " in heading else [heading[:2]]
    head = max(_characters(heading) / _HEAD_LINES, *(_characters(word) for word in words))
    return min(_WIDE, max(_NARROW, longest + 3.0, head + 4.0))


def _height(row: Sequence[Cell], widths: Sequence[float]) -> float:
    """Return the height of a row whose texts are wrapped."""
    lines = 1
    for value, width in zip(row, widths, strict=True):
        if isinstance(value, str) and (len(value) * 2 > width - _INDENT or "\n" in value):
            counts = (math.ceil(_CLOSE * _characters(line) / (width - _INDENT)) for line in value.split("\n"))
            lines = max(lines, sum(max(1, number) for number in counts))
    return min(_HIGHEST, lines * _LINE)


def _characters(text: str) -> float:
    return max((text_width(line, 2.0) for line in text.split("\n")), default=0.0)


def _shown(value: Cell) -> str:
    if isinstance(value, Shown):
        return f"{value.value:.2%}" if value.form.endswith("%") else f"{value.value:,.2f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else value
