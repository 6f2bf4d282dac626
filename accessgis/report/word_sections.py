"""The sections of report.docx on single rules: what report.html says of them, as parts of a document."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from accessgis.report.circle_section import CircleSection, Drawing
from accessgis.report.counted_rules import CountedSection, Facts
from accessgis.report.map_legend import LegendContent, legend_drawing
from accessgis.report.numbers import count
from accessgis.report.picture import chinese_font, png
from accessgis.report.report_view import ReportView, ScoreLine
from accessgis.report.vector_drawing import house_style
from accessgis.report.word_parts import Picture, Writer
from accessgis.report.word_styles import DETAIL, NOTE
from accessgis.report.wording import say

_ALONE, _SIDE = 0.78, 0.48
"""Widths of a map alone and of one beside another, of the width of the text."""
_CHARTS = {"modes": 0.72, "times": 1.0, "lorenz": 0.40, "parts": 0.56}


def write_circle(writer: Writer, view: ReportView, part: CircleSection) -> None:
    """Write the section of a circle."""
    lang, rule = view.lang, part.view
    head = rule.headline
    none = say("report.none", lang)
    writer.heading(2, rule.title)
    writer.text(rule.standing, style=DETAIL)
    writer.text(head.sentence)
    for note in rule.notes:
        if note.tone == "warn":
            writer.text(note.text, style=DETAIL, lead=f"{note.title}{say('note.separator', lang)}")
    verdict = "\n".join(text for text in (head.word, head.detail, head.label) if text)
    writer.table(
        [
            say("indicator.verdict", lang),
            *(say(f"report.{name}", lang) for name in ("figure_of", "target_of", "range_of")),
        ],
        [
            [
                verdict,
                "\n".join(text for text in (head.share_text or say("report.no_value", lang), head.who_text) if text),
                f"{rule.target_text or none}\n{part.target_whose}",
                f"{head.range_text or say('report.range_none', lang)}\n{say('report.range_note', lang)}",
            ]
        ],
    )
    if rule.rule != view.finding.leading:
        write_maps(writer, view, part)
    _chart(writer, part.modes, "modes")
    writer.heading(3, say("report.townships_heading", lang))
    _write_units(writer, view, part)
    _chart(writer, part.times, "times")
    if part.gaps:
        writer.heading(3, say("report.gaps_heading", lang))
        _write_gaps(writer, view, part)
    if part.part_rows:
        writer.heading(3, say("report.equity_heading", lang))
        _write_parts(writer, view, part)
    writer.heading(3, say("report.assumed_heading", lang))
    for note in rule.notes:
        if note.tone != "warn":
            writer.text(
                note.text, style=DETAIL, lead=f"{note.title}{say('note.separator', lang)}" if note.title else ""
            )
    write_facts(writer, part.facts)


def write_maps(writer: Writer, view: ReportView, part: CircleSection) -> None:
    """Write the maps of a rule with their legend, or that no Chinese font is there to draw them with."""
    if not part.maps or not can_draw(writer):
        return
    lang = view.lang
    content = LegendContent(
        shades=[(shade, say(f"legend.{shade}", lang)) for shade in part.map_shades],
        kinds=part.kinds,
        gaps=say("report.legend_gap", lang) if part.maps[0].has_gaps else "",
        roads=say("report.legend_roads", lang),
    )
    told = [say("report.map_numbers", lang) if part.maps[0].has_gaps else "", view.page.approval, view.page.generated]
    write_figure(
        writer,
        [(each.figure, each.label, each.alt) for each in part.maps],
        content,
        caption=part.maps_caption,
        note="　".join(text for text in told if text),
    )


def write_figure(
    writer: Writer, maps: Sequence[tuple[Figure, str, str]], content: LegendContent, *, caption: str, note: str
) -> None:
    """Write maps that share a legend: each with what stands above it and what it shows in words."""
    share = _ALONE if len(maps) == 1 else _SIDE
    writer.pictures(
        [
            Picture(png=png(figure), alt=alt, width_mm=share * writer.width_mm, above=above)
            for figure, above, alt in maps
        ]
    )
    with house_style():
        legend = legend_drawing(content)
    words = [text for _, text in (*content.shades, *content.kinds, *content.moved)]
    writer.picture(Picture(png=png(legend), alt="; ".join(words), width_mm=_ALONE * writer.width_mm))
    writer.caption("figure", caption)
    writer.note(note)


def can_draw(writer: Writer) -> bool:
    """Return whether pictures can be drawn; where not, say so once and for all at the first of them."""
    if chinese_font():
        return True
    if not writer.without_pictures:
        writer.without_pictures = True
        writer.text(say("word.no_font", writer.lang), style=NOTE)
    return False


def _chart(writer: Writer, drawing: Drawing | None, name: str) -> None:
    if drawing is not None and can_draw(writer):
        writer.picture(_as_picture(writer, drawing, name))


def _as_picture(writer: Writer, drawing: Drawing, name: str) -> Picture:
    return Picture(
        png=png(drawing.figure),
        alt=drawing.caption,
        width_mm=_CHARTS[name] * writer.width_mm,
        below=drawing.caption,
    )


def _write_units(writer: Writer, view: ReportView, part: CircleSection) -> None:
    lang, table = view.lang, part.table
    assert table is not None
    compared = part.view.target is not None
    metres = "_m" if table.in_metres else ""
    head = [
        say("report.township" if table.level == "township" else "report.county_of", lang),
        say("report.people_of", lang),
        *(say("report.share_by", lang, mode=mode.name) for mode in table.modes), say("report.uncovered_of", lang),
        say(f"report.median{metres}_of", lang), say(f"report.p90{metres}_of", lang),
        *([say("report.compared", lang)] if compared else []),
    ]  # fmt: skip
    rows = [
        [row.name, row.people, *row.shares, row.uncovered, row.median, row.p90, *([row.compared] if compared else [])]
        for row in (*table.rows, *([table.total] if table.total else []))
    ]
    writer.table(
        head,
        rows,
        caption=say("report.townships_caption", lang, units=part.units_name, title=part.view.title),
        note=f"{say('report.townships_note', lang)}{table.more}",
        right=range(1, 5 + len(table.modes)),
        total=table.total is not None,
    )


def _write_gaps(writer: Writer, view: ReportView, part: CircleSection) -> None:
    lang = view.lang
    none = say("report.no_value", lang)
    names = (
        "gap_rank",
        "township",
        "gap_village",
        "gap_people",
        "gap_elderly",
        "gap_facility",
        "gap_far",
        "gap_reason",
    )
    writer.table(
        [say(f"report.{name}", lang) for name in names],
        [
            [
                str(gap.rank), gap.township, gap.village or gap.place, count(gap.people), gap.elderly_text or none,
                gap.facility, gap.far or none, gap.reason,
            ]
            for gap in part.gaps
        ],
        caption=part.gaps_caption,
        note=f"{part.gaps_more}{' ' if part.gaps_more else ''}{say('report.gaps_note', lang)}",
        right=(0, 3, 4, 6),
    )  # fmt: skip


def _write_parts(writer: Writer, view: ReportView, part: CircleSection) -> None:
    lang = view.lang
    charts = [(part.lorenz, "lorenz"), (part.parts, "parts")]
    shown = [(drawing, name) for drawing, name in charts if drawing is not None]
    if shown and can_draw(writer):
        writer.pictures([_as_picture(writer, drawing, name) for drawing, name in shown])
    metres = part.table is not None and part.table.in_metres
    names = ("equity_part", "people_of", "equity_share", "equity_mean_m" if metres else "equity_mean", "equity_gini",
             "equity_worst", "equity_ratio")  # fmt: skip
    writer.table(
        [say(f"report.{name}", lang) for name in names],
        [[row.name, row.people, row.share_text, row.mean, row.gini, row.worst, row.ratio] for row in part.part_rows],
        caption=say("report.equity_caption", lang, title=part.view.title, mode=part.view.headline.name),
        note=say("report.equity_note", lang),
        right=range(1, 6),
    )


def write_facts(writer: Writer, lines: Sequence[Facts]) -> None:
    """Write what a rule rests on, each label with all that is said under it."""
    separator = say("note.separator", writer.lang)
    for label, texts in lines:
        for text in texts:
            writer.text(text, style=DETAIL, lead=f"{label}{separator}")


def write_counted(writer: Writer, view: ReportView, part: CountedSection, line: ScoreLine) -> None:
    """Write the section of a rule that counts."""
    lang, item = view.lang, part.indicator
    none = say("report.no_value", lang)
    unit = "" if part.unit == "%" else f"/{part.unit}" if part.unit else ""
    writer.heading(2, item.title)
    writer.text(part.standing, style=DETAIL)
    if part.asks:
        writer.text(part.asks, style=DETAIL, lead=f"{say('report.asks', lang)}{say('note.separator', lang)}")
    whose = " · ".join(text for text in (item.level, item.nature) if text)
    writer.table(
        [say("indicator.verdict", lang), f"{say('report.value_of', lang)}{unit}", say("report.target_of", lang)],
        [
            [
                "\n".join(text for text in (item.verdict, line.detail) if text),
                item.value,
                "\n".join(text for text in (item.target or say("report.none", lang), whose) if text),
            ]
        ],
    )
    if part.states:
        writer.table(
            [say(f"report.{name}", lang) for name in ("state", "state_count", "state_units")],
            [
                [group.word, str(group.count) if place == 0 else "", name]
                for group in part.states
                for place, name in enumerate(group.names or (none,))
            ],  # a row for each township, or one row would fill pages
            caption=say("report.states_caption", lang, title=item.title),
            right=(1,),
        )
    if part.areas:
        writer.table(
            [say("report.township", lang), f"{say('report.value_of', lang)}{unit}", say("report.deficit_of", lang)],
            [[row.name, row.value, row.deficit or none] for row in part.areas],
            caption=say("report.counted_table", lang, title=item.title),
            right=(1,),
        )
    for text in part.notes:
        writer.text(text, style=DETAIL)
    write_facts(writer, part.facts)
