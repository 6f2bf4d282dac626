"""``site.docx``: the comparison of proposed sites on A4, closed by the recommendation, with the map of the sites."""

from __future__ import annotations

from docx.enum.text import WD_BREAK

from accessgis.base.errors import Language
from accessgis.report.picture import png
from accessgis.report.site_map import site_map
from accessgis.report.site_paper import SitePaper
from accessgis.report.word_file import finished
from accessgis.report.word_parts import Picture, Writer
from accessgis.report.word_styles import DETAIL, FORMS, NOTE, TAG, Style, new_document
from accessgis.report.wording import say

_MAP_MM = 240.0
_SHARES = (1.3, 1.5, 1.5, 1.9, 2.0, 1.9, 2.7, 2.8, 3.7, 1.1, 1.5, 4.6)
"""How wide the columns of the comparison are to each other: most is said by the last."""


def site_picture(paper: SitePaper, *, lang: Language = "zh") -> bytes:
    """Return the map of a comparison as PNG at print resolution."""
    figure = site_map(
        paper.measured.prepared, paper.checks, paper.labels, best=paper.best, imprint=paper.imprint, lang=lang
    )
    return png(figure)


def site_docx(paper: SitePaper, picture: bytes, *, lang: Language = "zh", style: Style = "official") -> bytes:
    """Return a comparison of sites as a Word document of A4 pages turned across.

    Parameters
    ----------
    paper
        The comparison (:func:`accessgis.report.site_paper.site_paper`).
    picture
        Its map (:func:`site_picture`).
    lang
        ``"zh"`` or ``"en"``.
    style
        Form of official documents (公文), or a plain one.
    """
    form = FORMS[style]
    document = new_document(style, lang)
    writer = Writer(document, form, lang)
    writer.begin_across()
    generated = say("page.generated", lang) if paper.imprint.generated else ""
    writer.text(paper.title, style="Title")
    day = say("site.map_date", lang, date=paper.imprint.day.isoformat())
    writer.text("　".join(text for text in (generated, day) if text), style=TAG)
    writer.table(paper.head, paper.rows, shares=_SHARES)
    writer.text("", style=DETAIL, lead=paper.closing)
    writer.text(("" if lang == "zh" else " ").join(paper.notes), style=NOTE)
    title = say("site.map_title", lang, name=paper.imprint.name, kind=paper.kind)
    writer.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    writer.picture(Picture(png=picture, alt=say("site.map_alt", lang, title=title), width_mm=_MAP_MM))
    return finished(document, form, title=paper.title, date=paper.imprint.day, generated=generated, lang=lang)
