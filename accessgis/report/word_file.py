"""The last steps of a Word document: page numbers, properties, and bytes that no clock shows in."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from accessgis.base.errors import Language
from accessgis.report.printable import printable
from accessgis.report.word_parts import add_field
from accessgis.report.word_styles import Form, name_fonts

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_PAGE_PT = 14.0


def finished(document: WordDocument, form: Form, *, title: str, date: dt.date, generated: str, lang: Language) -> bytes:
    """Return a document as a file: equal documents give equal bytes.

    Parameters
    ----------
    document, form
        The document, and how it is set.
    title
        Stands in its properties.
    date
        Stands there as the day on which it was made.
    generated
        Stands at the head of every page: that the data are generated; ``""`` otherwise.
    lang
        ``"zh"`` or ``"en"``.
    """
    _number_pages(document, form, generated)
    _set_properties(document, title, date, lang)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def _number_pages(document: WordDocument, form: Form, generated: str) -> None:
    """Write the number of each page outside, as official documents do: — 1 —; and that the data are generated."""
    section = document.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        paragraph.add_run("— ")
        add_field(paragraph, " PAGE ", "1")
        paragraph.add_run(" —")
        for run in paragraph.runs:
            run.font.size = Pt(_PAGE_PT)
            name_fonts(run._element.get_or_add_rPr(), form.page, form.page)  # noqa: SLF001  the East Asian font
    for header in (section.header, section.even_page_header):
        paragraph = header.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.add_run(generated)


def _set_properties(document: WordDocument, title: str, date: dt.date, lang: Language) -> None:
    when = dt.datetime.combine(date, dt.time())
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = (
        printable(title, lines=False),
        "accessgis",
        "",
    )
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = when
    properties.language = "zh-CN" if lang == "zh" else "en"


def _without_clock(content: bytes) -> bytes:
    """Return a document packed anew: its files by name, of one date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            new.writestr(info, old.read(name), compresslevel=_LEVEL)
    return buffer.getvalue()
