"""The parts of report.docx: headings, text, tables, captions and pictures of a document that is being written."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from accessgis.base.errors import Language
from accessgis.report.numbers import numeral
from accessgis.report.printable import printable
from accessgis.report.vector_drawing import text_width
from accessgis.report.word_styles import CELL, CELL_HEAD, CELL_SMALL, FIGURE, NOTE, PAGE_MM, Form
from accessgis.report.wording import say

Row = Sequence[str]
_TWIPS_PER_MM = 1440 / 25.4
_LANDSCAPE_MARGIN = 20.0
_MANY_COLUMNS = 7
_MM_PER_PT = 25.4 / 72
_SIGNS_FROM, _WIDE_LETTERS = 0x2000, 1.12
"""How much wider than usual letters and digits may be, bold ones among them."""
_PADDING_MM, _LONGEST, _LONGEST_WORD = 3.0, 24.0, 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the contents: level, text, and the bookmark that its heading has."""

    level: int
    text: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with what it shows in words and its width on paper."""

    png: bytes
    alt: str
    width_mm: float
    above: str = ""
    below: str = ""


class Writer:
    """Writes the parts of a document one after the other, and numbers them."""

    def __init__(self, document: WordDocument, form: Form, lang: Language) -> None:
        self.document = document
        self.form = form
        self.lang = lang
        self.entries: list[Entry] = []
        self.width_mm = form.text_mm
        self.without_pictures = False
        self._counts = {"table": 0, "figure": 0, "mark": 0, "picture": 0}
        self._numbers = [0, 0, 0]
        self._ids = {str(style.name): style.style_id for style in document.styles}

    def heading(self, level: int, text: str) -> None:
        """Write a numbered heading, as 公文 number them: 一、（一）1."""
        self._numbers[level - 1] += 1
        self._numbers[level:] = [0] * (3 - level)
        number = self._numbers[level - 1]
        if level == 1:
            text = say("report.numbered", self.lang, number=numeral(number, self.lang), heading=text)
        elif self.lang == "zh":
            text = f"（{numeral(number, 'zh')}）{text}" if level == 2 else f"{number}. {text}"
        else:
            text = f"{'.'.join(str(count) for count in self._numbers[:level])} {text}"
        paragraph = self._paragraph(f"Heading {level}", printable(text, lines=False))
        if level < 3:
            self._counts["mark"] += 1
            mark = f"_Toc{self._counts['mark']:06d}"
            _add_bookmark(paragraph, mark, self._counts["mark"])
            self.entries.append(Entry(level=level, text=text, mark=mark))

    def text(self, text: str, *, style: str = "Normal", lead: str = "") -> Any:
        """Write a paragraph, its lead in bold; nothing for empty text."""
        if not text and not lead:
            return None
        paragraph = self._paragraph(style)
        if lead:
            paragraph.add_run(printable(lead, lines=False)).bold = True
        paragraph.add_run(printable(text, lines=False))
        return paragraph

    def caption(self, kind: Literal["table", "figure"], text: str, *, into: Any = None) -> None:
        """Write a caption with a number that Word knows: above tables, below figures."""
        self._counts[kind] += 1
        paragraph = self._paragraph("Caption", into=into)
        before, after = say(f"report.{kind}_number", self.lang, number="\0").split("\0")
        paragraph.add_run(before)
        name = before.strip() or kind
        add_field(paragraph, f" SEQ {name} \\* ARABIC ", str(self._counts[kind]))
        paragraph.add_run(f"{after}　{printable(text, lines=False)}")
        paragraph.paragraph_format.keep_with_next = kind == "table"

    def note(self, text: str) -> None:
        """Write what stands under a table or figure; an empty note keeps what follows off it."""
        self._paragraph(NOTE, printable(text, lines=False))

    def table(
        self, head: Row, rows: Sequence[Row], *, caption: str = "", note: str = "", right: Sequence[int] = (),
        total: bool = False, shares: Sequence[float] = (),
    ) -> None:  # fmt: skip
        """Write a table: its headings repeated on every page, no row broken, ``right`` columns set right.

        The last row is in bold where it is a ``total``; the note stands under the table. Columns are as wide as their
        texts take, or by their ``shares`` of the page.
        """
        if caption:
            self.caption("table", caption)
        style = CELL if len(head) < _MANY_COLUMNS else CELL_SMALL
        widths = [self.width_mm * share / sum(shares) for share in shares]
        widths = widths or column_widths([head, *rows], self.width_mm, self.document.styles[style].font.size.pt)
        table = OxmlElement("w:tbl")
        table.append(_table_properties(sum(widths), borders=True))
        table.append(_grid(widths))
        table.append(_row([(text, CELL_HEAD, "") for text in head], widths, self._ids, head=True))
        for number, row in enumerate(rows, start=1):
            bold = total and number == len(rows)
            cells = [
                (text, style, ("r" if place in right else "") + ("b" if bold else "")) for place, text in enumerate(row)
            ]
            table.append(_row(cells, widths, self._ids))
        self._append(table)
        self.note(note)

    def _paragraph(self, style: str, text: str = "", *, into: Any = None) -> Any:
        """Write a paragraph in a style of the document, of which python-docx would read every style each time."""
        paragraph = (into or self.document).add_paragraph(text)
        if style != "Normal":
            paragraph._p.style = self._ids[style]  # noqa: SLF001  the id is known
        return paragraph

    def _append(self, element: Any) -> None:
        body = self.document.element.body
        body.insert(len(body) - 1, element)  # the last element sets the page

    def picture(self, picture: Picture, *, into: Any = None) -> None:
        """Write a picture in the middle of the line, with what it shows for those who cannot see it."""
        if picture.above:
            paragraph = self._paragraph(NOTE, printable(picture.above, lines=False), into=into)
            paragraph.paragraph_format.keep_with_next = True
        paragraph = self._paragraph(FIGURE, into=into)
        self._counts["picture"] += 1
        shape = paragraph.add_run().add_picture(io.BytesIO(picture.png), width=Mm(picture.width_mm))
        properties = shape._inline.docPr  # noqa: SLF001  python-docx has no way to say what a picture shows
        properties.set("descr", printable(picture.alt, lines=False))
        properties.set("id", str(self._counts["picture"]))
        properties.set("name", f"Picture {self._counts['picture']}")
        if picture.below:
            self.caption("figure", picture.below, into=into)

    def pictures(self, pictures: Sequence[Picture]) -> None:
        """Write pictures side by side."""
        if len(pictures) == 1:
            self.picture(pictures[0])
            return
        width = self.width_mm / len(pictures)
        element = OxmlElement("w:tbl")
        element.append(_table_properties(self.width_mm, borders=False))
        widths = [width] * len(pictures)
        element.append(_grid(widths))
        element.append(_row([("", FIGURE, "")] * len(pictures), widths, self._ids))
        self._append(element)
        for cell, picture in zip(self.document.tables[-1].rows[0].cells, pictures, strict=True):
            first = cell.paragraphs[0]
            self.picture(picture, into=cell)
            first._element.getparent().remove(first._element)  # noqa: SLF001  the empty one that cells begin with

    def begin_across(self) -> None:
        """Turn the pages of a document across from its beginning."""
        self._set_page(self.document.sections[0], WD_ORIENT.LANDSCAPE)

    def across(self, write: Callable[[], None]) -> None:
        """Write something on pages of their own, turned across."""
        self._turn(WD_ORIENT.LANDSCAPE)
        write()
        self._turn(WD_ORIENT.PORTRAIT)

    def _turn(self, orientation: Any) -> None:
        self._set_page(self.document.add_section(WD_SECTION.NEW_PAGE), orientation)

    def _set_page(self, section: Any, orientation: Any) -> None:
        across = orientation == WD_ORIENT.LANDSCAPE
        section.orientation = orientation
        wide, high = max(PAGE_MM), min(PAGE_MM)
        section.page_width, section.page_height = Mm(wide if across else high), Mm(high if across else wide)
        margins = (_LANDSCAPE_MARGIN + 5, _LANDSCAPE_MARGIN, _LANDSCAPE_MARGIN, _LANDSCAPE_MARGIN)
        top, bottom, left, right = margins if across else self.form.margins
        section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
        section.left_margin, section.right_margin = Mm(left), Mm(right)
        section.footer_distance = Mm(max(10.0, bottom - 10))
        self.width_mm = section.page_width.mm - left - right


def column_widths(rows: Sequence[Row], width_mm: float, size_pt: float) -> list[float]:
    """Return the widths of columns in mm: room for what no line may break, and the rest by how much is said."""
    em = size_pt * _MM_PER_PT
    columns = list(zip(*rows, strict=True))
    least = [
        _PADDING_MM
        + em
        * max(2.0, min(_LONGEST_WORD, max(map(_unbroken, column))), min(4.0, max(map(_lines, column[1:]), default=0.0)))
        for column in columns
    ]
    wanted = [
        max(low, _PADDING_MM + em * min(_LONGEST, max(_lines(text) for text in column)))
        for low, column in zip(least, columns, strict=True)
    ]
    if sum(wanted) <= width_mm:
        return [width_mm / sum(wanted) * each for each in wanted]
    spare = max(0.0, width_mm - sum(least)) / (sum(wanted) - sum(least) or 1.0)
    widths = [low + spare * (want - low) for low, want in zip(least, wanted, strict=True)]
    return [min(1.0, width_mm / sum(widths)) * each for each in widths]


def _lines(text: str) -> float:
    """Return how wide the longest line of a text is, in Chinese characters."""
    return max(text_width(line, 1.0) for line in text.split("\n"))


def _unbroken(text: str) -> float:
    """Return how wide the longest part of a text is that no line may break: numbers, Latin words, years behind them."""
    parts = "".join(char if ord(char) < 0x2E80 or char in "（）" else " " for char in text).split()
    signs = (sum(ord(char) > _SIGNS_FROM for char in part) for part in parts)  # ≥ is a square in Chinese fonts
    return max(
        (text_width(part, _WIDE_LETTERS) + 0.5 * more for part, more in zip(parts, signs, strict=True)), default=1.0
    )


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field with what it shows until it is updated: no program shows it empty."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run()
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)  # noqa: SLF001  python-docx has no fields
        elif kind:
            run.text = text
        else:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = text
            run._element.append(code)  # noqa: SLF001  as above


def _add_bookmark(paragraph: Any, name: str, number: int) -> None:
    element = paragraph._element  # noqa: SLF001  python-docx has no bookmarks
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    element.insert(1, start)
    element.append(end)


def _table_properties(width_mm: float, *, borders: bool) -> Any:
    properties = OxmlElement("w:tblPr")
    width = OxmlElement("w:tblW")
    width.set(qn("w:w"), str(round(width_mm * _TWIPS_PER_MM)))
    width.set(qn("w:type"), "dxa")
    middle = OxmlElement("w:jc")
    middle.set(qn("w:val"), "center")
    properties.extend([width, middle])
    if borders:
        lines = OxmlElement("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            line = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "404040")):
                line.set(qn(f"w:{name}"), value)
            lines.append(line)
        properties.append(lines)
    layout = OxmlElement("w:tblLayout")
    layout.set(qn("w:type"), "fixed")
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.extend([layout, margins])
    return properties


def _grid(widths: Sequence[float]) -> Any:
    grid = OxmlElement("w:tblGrid")
    for width in widths:
        column = OxmlElement("w:gridCol")
        column.set(qn("w:w"), str(round(width * _TWIPS_PER_MM)))
        grid.append(column)
    return grid


def _row(
    cells: Sequence[tuple[str, str, str]], widths: Sequence[float], ids: dict[str, str], *, head: bool = False
) -> Any:
    """Return a row; each cell is its text, its style and ``r`` for right, ``b`` for bold."""
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for (text, style, look), width in zip(cells, widths, strict=True):
        row.append(_cell(text, (ids[style], look), width))
    return row


def _cell(text: str, look: tuple[str, str], width: float) -> Any:
    cell, properties = OxmlElement("w:tc"), OxmlElement("w:tcPr")
    measure, upright = OxmlElement("w:tcW"), OxmlElement("w:vAlign")
    measure.set(qn("w:w"), str(round(width * _TWIPS_PER_MM)))
    measure.set(qn("w:type"), "dxa")
    upright.set(qn("w:val"), "center")
    properties.extend([measure, upright])
    cell.append(properties)
    for line in printable(text).split("\n"):
        paragraph, settings = OxmlElement("w:p"), OxmlElement("w:pPr")
        style = OxmlElement("w:pStyle")
        style.set(qn("w:val"), look[0])
        settings.append(style)
        if "r" in look[1]:
            side = OxmlElement("w:jc")
            side.set(qn("w:val"), "right")
            settings.append(side)
        paragraph.append(settings)
        if line:
            paragraph.append(_run(line, bold="b" in look[1]))
        cell.append(paragraph)
    return cell


def _run(text: str, *, bold: bool = False) -> Any:
    run, shown = OxmlElement("w:r"), OxmlElement("w:t")
    if bold:
        properties = OxmlElement("w:rPr")
        properties.append(OxmlElement("w:b"))
        run.append(properties)
    shown.set(qn("xml:space"), "preserve")
    shown.text = text
    run.append(shown)
    return run
