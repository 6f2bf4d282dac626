"""``compare.docx``: what compare.html says, as a Word document. Equal results give equal bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from accessgis.base.errors import Language
from accessgis.report.compared import Compared, Place, compared_rules, places
from accessgis.report.comparison_maps import compared_maps
from accessgis.report.comparison_tables import (
    PlaceTable,
    assumption_lines,
    facility_lines,
    input_lines,
    place_tables,
    tally,
)
from accessgis.report.numbers import count
from accessgis.report.word_file import finished
from accessgis.report.word_parts import Writer
from accessgis.report.word_sections import can_draw, write_figure
from accessgis.report.word_styles import DETAIL, FORMS, NOTE, TAG, Style, new_document
from accessgis.report.wording import say


def comparison_docx(compared: Compared, *, lang: Language = "zh", style: Style = "official") -> bytes:
    """Return a comparison as a Word document: the finding, the tables of the page, what the rules assume.

    Parameters
    ----------
    compared
        The two results, in the same language.
    lang
        ``"zh"`` or ``"en"``.
    style
        Form of official documents (公文), or a plain one.
    """
    form = FORMS[style]
    document = new_document(style, lang)
    writer = Writer(document, form, lang)
    found = {rule: list(places(compared, rule, lang)) for rule in compared_rules(compared)}
    generated = say("page.generated", lang) if compared.study.get("generated") else ""
    writer.text(compared.view.heading, style="Title")
    named = say("compare.of", lang, before=compared.names[0], after=compared.names[1])
    writer.text("　".join(text for text in (generated, named) if text), style=TAG)
    writer.text(tally(compared.view.lines, len(found), lang))
    _write_list(writer, compared.view.cautions)
    _write_rules(writer, compared)
    _write_places(writer, place_tables(compared, found, lang), compared, found)
    _write_facilities(writer, compared)
    _write_made(writer, compared)
    _write_assumptions(writer, compared)
    day = dt.date.fromisoformat(str(compared.study["data_date"]))
    return finished(document, form, title=compared.view.heading, date=day, generated=generated, lang=lang)


def _write_rules(writer: Writer, compared: Compared) -> None:
    if not compared.view.lines:
        return
    lang = writer.lang
    heading = say("compare.table_rules", lang)
    writer.heading(1, heading)
    writer.table(
        [
            say("page.table_rule", lang), say("page.table_mode", lang), say("compare.before", lang),
            say("compare.after", lang), say("compare.change", lang), say("page.table_verdict", lang),
        ],
        [
            [
                line.title, line.mode or say("report.no_value", lang), line.before, line.after,
                line.change or say("report.no_value", lang), line.verdict,
            ]
            for line in compared.view.lines
        ],
        caption=heading,
        right=(2, 3),
    )  # fmt: skip


def _write_places(
    writer: Writer, tables: Sequence[PlaceTable], compared: Compared, found: Mapping[str, Sequence[Place]]
) -> None:
    if not tables:
        return
    lang = writer.lang
    writer.heading(1, say("compare.table_places", lang))
    for table in tables:
        writer.heading(2, table.title)
        _write_maps(writer, compared, table.rule, found[table.rule])
        for side, rows in (("gains", table.gains), ("losses", table.losses)):
            if rows:
                _write_side(writer, table, side, rows)
        writer.text(table.more, style=NOTE)
    writer.text(say("compare.rounded", lang), style=NOTE)


def _write_maps(writer: Writer, compared: Compared, rule: str, rows: Sequence[Place]) -> None:
    """Write the maps of a rule, or that no Chinese font is there to draw them with."""
    if not can_draw(writer):
        return
    lang = writer.lang
    told = [say("page.approval", lang), say("page.generated", lang) if compared.study.get("generated") else ""]
    for maps in compared_maps(compared, rule, rows, lang):
        write_figure(
            writer, maps.figures, maps.legend, caption=maps.caption, note="　".join(text for text in told if text)
        )


def _write_side(writer: Writer, table: PlaceTable, side: str, rows: Sequence[Place]) -> None:
    """Write the places of one rule that gain, or those that lose."""
    lang = writer.lang
    columns = ["place"]
    if table.people:
        columns += ["before", "after", *(("newly", "no_longer") if table.person_by_person else ())]
    none = say("report.no_value", lang)
    cells = {
        "place": [place.name for place in rows],
        "before": [place.before or none for place in rows],
        "after": [place.after or none for place in rows],
        "newly": [none if place.gained is None else count(place.gained) for place in rows],
        "no_longer": [none if place.lost is None else count(place.lost) for place in rows],
        "change": [place.told for place in rows],
    }
    columns.append("change")
    writer.table(
        [say(f"compare.{name}", lang) for name in columns],
        list(zip(*(cells[name] for name in columns), strict=True)),
        caption=f"{table.title}{say('note.separator', lang)}{say(f'compare.{side}', lang)}",
        right=range(1, len(columns)),
    )


def _write_facilities(writer: Writer, compared: Compared) -> None:
    lang = writer.lang
    lines = facility_lines(compared, lang)
    if not lines:
        return
    heading = say("compare.table_facilities", lang)
    writer.heading(1, heading)
    writer.table(
        [say(f"compare.{name}", lang) for name in ("facility", "kind", "place", "change")],
        [[line.name, line.kind, line.place or say("report.no_value", lang), line.change] for line in lines],
        caption=heading,
    )


def _write_made(writer: Writer, compared: Compared) -> None:
    """Write what a scenario changes, or in which inputs two results differ, and what to know."""
    lang = writer.lang
    inputs = input_lines(compared, lang)
    if not inputs and not compared.view.notes:
        return
    writer.heading(1, say("compare.made", lang))
    _write_list(writer, compared.view.notes)
    if inputs:
        writer.table(
            [
                say("report.input_role", lang), say("report.input_path", lang), say("compare.change", lang),
                say("compare.rows_before", lang), say("compare.rows_after", lang),
            ],
            [[line.role, line.path, line.change, line.before, line.after] for line in inputs],
            caption=say("compare.table_inputs", lang),
            right=(3, 4),
        )  # fmt: skip


def _write_assumptions(writer: Writer, compared: Compared) -> None:
    lang = writer.lang
    lines = assumption_lines(compared, lang)
    if not lines:
        return
    writer.heading(1, say("compare.assumptions", lang))
    for titles, text in lines:
        writer.text(text, style=DETAIL, lead=f"{titles}{say('note.separator', lang)}")


def _write_list(writer: Writer, texts: Sequence[str]) -> None:
    for text in texts:
        writer.text(text, style=DETAIL)
