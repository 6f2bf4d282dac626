"""``report.docx``: what report.html says, in the form of official documents. Equal assessments give equal bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.beside import BESIDE
from accessgis.report.printable import printable
from accessgis.report.report_view import ReportView, report_view
from accessgis.report.word_file import finished
from accessgis.report.word_pages import pages_of
from accessgis.report.word_parts import Entry, Writer
from accessgis.report.word_sections import write_circle, write_counted, write_maps
from accessgis.report.word_styles import DETAIL, FORMS, TAG, Style, new_document
from accessgis.report.wording import say

_FEW_HEADINGS = 12
"""Headings up to which a document is short, and goes without contents."""
_MANY_PAGES = 10
"""Pages from which a document has contents."""


def write_document(
    assessment: Assessment,
    path: str | Path,
    *,
    lang: Language = "zh",
    style: Style = "official",
    view: ReportView | None = None,
    page_numbers: bool = False,
) -> Path:
    """Write the report as a Word document in one language.

    Parameters
    ----------
    assessment
        What a run found.
    path
        File to write.
    lang
        ``"zh"`` or ``"en"``.
    style
        ``"official"`` for the form of official documents (公文), ``"plain"`` for a plain one.
    view
        The report where it was made already, in its own language.
    page_numbers
        Whether the contents have page numbers, for which LibreOffice lays the document out.

    Raises
    ------
    UsageError
        AG2140 LibreOffice is not installed, AG2141 it could not lay out the document; only with ``page_numbers``.
    """
    target = Path(path)
    view = view or report_view(assessment, lang=lang)
    date = assessment.study.data_date
    content, marks = _document(view, style, date)
    target.write_bytes(content)
    if page_numbers and marks:
        pages = pages_of(target, marks)
        short = max(pages.values()) < _MANY_PAGES
        target.write_bytes(_document(view, style, date, pages={} if short else pages)[0])
    return target


def _document(
    view: ReportView, style: Style, date: dt.date, *, pages: Mapping[str, int] | None = None
) -> tuple[bytes, list[str]]:
    """Return the document, and the bookmarks that its contents name.

    Without ``pages`` the contents list the headings alone; there are none where ``pages`` knows of none, or in a short
    document.
    """
    form = FORMS[style]
    document = new_document(style, view.lang)
    writer = Writer(document, form, view.lang)
    _write_top(writer, view)
    contents = document.add_paragraph(style="toc 1")
    _write_sections(writer, view)
    listed = _write_contents(contents, writer, pages)
    content = finished(document, form, title=view.title, date=date, generated=view.page.generated, lang=view.lang)
    return content, [entry.mark for entry in writer.entries] if listed else []


def _write_top(writer: Writer, view: ReportView) -> None:
    """Write title, finding and the map of the rule that matters most."""
    writer.text(view.title, style="Title")
    writer.text("　".join(text for text in (view.page.generated, view.page.meta) if text), style=TAG)
    for place, sentence in enumerate(view.finding.sentences):
        writer.text(sentence)
        if place == 1:
            for text in view.finding.cautions:
                writer.text(text, style=DETAIL)
    if view.leading is not None and view.leading.maps:
        write_maps(writer, view, view.leading)
    else:
        writer.note(view.page.approval)


def _write_sections(writer: Writer, view: ReportView) -> None:
    if view.scorecard:
        writer.across(lambda: _write_scorecard(writer, view))
    sections: tuple[tuple[str, bool, Callable[[Writer, ReportView], None]], ...] = (
        ("circles", bool(view.circles), _write_circles),
        ("counted", bool(view.counted), _write_counted_rules),
        ("closures", bool(view.closures), _write_closures),
        ("lacking", bool(view.lacking or view.recorded), _write_lacking),
        ("expired", bool(view.expired or view.expired_lacking), _write_expired),
        ("index", True, _write_index),
        ("quality", True, _write_quality),
        ("method", True, _write_method),
        ("sources", True, _write_sources),
        ("rerun", True, _write_rerun),
    )
    for name, has_content, write in sections:
        if has_content:
            writer.heading(1, say(f"report.{name}", view.lang))
            write(writer, view)


def _write_scorecard(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    none, no_value = say("report.none", lang), say("report.no_value", lang)
    names = ("number", "category", "title", "unit", "baseline", "previous", "value", "target", "nature", "level",
             "verdict", "lead", "clause")  # fmt: skip
    rows = []
    for place, line in enumerate(view.scorecard, start=1):
        item = line.indicator
        verdict = "\n".join(text for text in (item.verdict, line.detail) if text)
        rows.append(
            [
                str(place), item.category or no_value, line.title, item.unit or no_value, item.baseline or none,
                item.beside_text("previous", lang), item.value or no_value, item.target or no_value, item.nature,
                item.level or no_value, verdict,
                item.lead or no_value, item.clause,
            ]
        )  # fmt: skip
    writer.heading(1, say("report.indicators", lang))
    writer.table(
        [say(f"indicator.{name}", lang) for name in names],
        rows,
        caption=say("report.indicators", lang),
        note=f"{view.basis}{' ' if lang == 'en' else ''}{say('report.indicators_note', lang)}",
        right=(4, 5, 6, 7),
    )
    compared = [line for line in view.scorecard if line.indicator.beside]
    if compared:
        writer.table(
            [
                say("indicator.title", lang),
                say("indicator.value", lang),
                *(say(f"indicator.{name}", lang) for name in BESIDE),
            ],
            [
                [line.title, line.indicator.value, *(line.indicator.beside_text(name, lang) for name in BESIDE)]
                for line in compared
            ],
            caption=say("report.beside", lang),
            note=say("report.beside_note", lang),
            right=tuple(range(1, 2 + len(BESIDE))),
        )


def _write_circles(writer: Writer, view: ReportView) -> None:
    for part in view.circles:
        write_circle(writer, view, part)


def _write_counted_rules(writer: Writer, view: ReportView) -> None:
    lines = {line.indicator.rule: line for line in view.scorecard}
    for part in view.counted:
        write_counted(writer, view, part, lines[part.indicator.rule])


def _write_closures(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    names = ("closure_facility", "township", "closure_people", "closure_before", "closure_after", "closure_worst")
    for table in view.closures:
        writer.table(
            [say(f"report.{name}", lang) for name in names],
            [[row.name, row.place, row.people, row.before, row.after, "\n".join(row.worst)] for row in table.rows],
            caption=say("report.closures_caption", lang, title=table.title),
            note=say("report.closures_note", lang),
            right=(2, 3, 4),
        )


def _write_lacking(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    none = say("report.no_value", lang)
    if view.lacking:
        words = ("indicator.category", "indicator.title", "report.lacking_what", "indicator.lead", "indicator.clause")
        writer.table(
            [say(word, lang) for word in words],
            [
                [item.category, item.title, item.missing or none, item.lead or none, item.clause]
                for item in view.lacking
            ],
            caption=say("indicator.not_judged_heading", lang, count=len(view.lacking)),
            note=say("report.lacking_note", lang),
        )
    if view.recorded:
        writer.heading(2, say("report.recorded", lang))
        for item in view.recorded:
            writer.text(item.clause, style=DETAIL, lead=f"{item.title}{say('note.separator', lang)}")


def _write_expired(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    none = say("report.no_value", lang)
    note = say("report.expired_note", lang)
    writer.text(f"{note}{' ' if lang == 'en' else ''}{view.expired_lacking}", style=DETAIL)
    for part in view.expired_circles:
        writer.heading(2, part.view.title)
        writer.text(part.view.standing, style=DETAIL)
        writer.text(part.view.headline.sentence)
        for each in part.view.notes:
            if each.tone == "warn":
                writer.text(each.text, style=DETAIL, lead=f"{each.title}{say('note.separator', lang)}")
    if view.expired:
        writer.table(
            [say(f"indicator.{name}", lang) for name in ("title", "value", "unit", "target", "verdict", "clause")],
            [
                [
                    line.title, line.indicator.value or none, line.indicator.unit or none,
                    line.indicator.target or none,
                    "\n".join(text for text in (line.indicator.verdict, line.indicator.detail) if text),
                    line.indicator.clause,
                ]
                for line in view.expired
            ],
            caption=say("report.expired", lang),
            right=(1, 3),
        )  # fmt: skip


def _write_index(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    writer.text(view.index.figure)
    if view.index.fields:
        writer.table(
            [say(f"index.{name}", lang) for name in ("field", "weight", "attained", "lost", "rules")],
            [[line.name, line.weight, line.attained, line.lost, line.judged] for line in view.index.fields],
            caption=view.index.heading,
            right=(1, 2, 3, 4),
        )
    _write_list(writer, view.index.notes)


def _write_quality(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    writer.heading(2, say("report.doubts", lang))
    _write_list(writer, view.page.doubts or (say("report.none_doubt", lang),))
    writer.heading(2, say("check.totals", lang))
    if view.totals:
        names = ("what", "have", "value", "percent", "standing", "source")
        writer.table(
            [say(f"total.{name}", lang) for name in names],
            [[line.what, line.have, line.value, line.percent, line.standing, line.source] for line in view.totals],
            caption=say("check.totals", lang),
            right=(1, 2, 3),
        )
    else:
        _write_list(writer, (say("total.none", lang),))
    if view.figures:
        writer.table(
            [say("report.item", lang), say("report.amount", lang)],
            [list(line) for line in view.figures],
            caption=say("report.figures", lang),
            right=(1,),
        )


def _write_method(writer: Writer, view: ReportView) -> None:
    _write_list(writer, view.method)
    writer.heading(2, say("report.speeds", view.lang))
    _write_list(writer, view.page.speeds)


def _write_sources(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    writer.heading(2, say("report.rule_sources", lang))
    _write_list(writer, view.plans)
    names = ("input_path", "input_role", "input_rows", "input_crs", "input_sha")
    writer.table(
        [say(f"report.{name}", lang) for name in names],
        [[line.path, line.role, line.rows, line.crs, line.sha] for line in view.inputs],
        caption=say("report.inputs_caption", lang),
        right=(2,),
    )


def _write_rerun(writer: Writer, view: ReportView) -> None:
    lang = view.lang
    writer.text(say("report.rerun_text", lang), style=DETAIL)
    writer.text(f"accessgis assess study.toml --out result{' --lang en' if lang == 'en' else ''}", style=DETAIL)
    writer.text(
        f"{say('report.rerun_version', lang, version=view.version)} {say('report.rerun_map', lang)}", style=DETAIL
    )
    if view.page.generated:
        writer.text(say("report.footer_generated", lang), style=DETAIL)


def _write_list(writer: Writer, texts: tuple[str, ...]) -> None:
    """Write sentences, numbered where there are several."""
    for place, text in enumerate(texts, start=1):
        writer.text(text, style=DETAIL, lead=f"{place}. " if len(texts) > 1 else "")


def _write_contents(place: Any, writer: Writer, pages: Mapping[str, int] | None) -> bool:
    """Write the contents before a paragraph, and take that away: entries as they are, never a field left to fill.

    Return whether there are any.
    """
    listed = len(writer.entries) > _FEW_HEADINGS and (pages is None or bool(pages))
    if listed:
        heading = place.insert_paragraph_before(printable(say("report.contents", writer.lang)), style=TAG)
        heading.paragraph_format.keep_with_next = True
        for entry in writer.entries:
            _write_entry(place.insert_paragraph_before(style=f"toc {entry.level}"), entry, pages)
    place._element.getparent().remove(place._element)  # noqa: SLF001  python-docx cannot remove a paragraph
    return listed


def _write_entry(paragraph: Any, entry: Entry, pages: Mapping[str, int] | None) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), entry.mark)
    link.set(qn("w:history"), "1")
    run = paragraph.add_run(printable(entry.text, lines=False))
    link.append(run._element)  # noqa: SLF001  python-docx has no links within a document
    if pages and entry.mark in pages:
        run = paragraph.add_run(f"\t{pages[entry.mark]}")
        link.append(run._element)  # noqa: SLF001  as above
    paragraph._element.append(link)  # noqa: SLF001  as above
