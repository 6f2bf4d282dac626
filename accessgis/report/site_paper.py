"""The comparison of proposed sites on paper (选址方案比选表, a row for each): its columns, words and workbook."""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.report import site_cells as cells
from accessgis.report.land_view import land_lines, layer_name, slope_text
from accessgis.report.sheets import Cell, Sheet, SheetColumn, number
from accessgis.report.site_conclusion import conclusion, recommendation
from accessgis.report.site_map import Imprint
from accessgis.report.site_view import site_notes
from accessgis.report.wording import kind_name, mode_name, rule_titles, say
from accessgis.report.workbook import BookHead, write_sheets
from accessgis.study.measure import Measured

COLUMNS = (
    "plan", "area", "village", "around_straight", "around_walk", "net", "moved", "nearest", "land", "slope", "rank",
    "conclusion",
)  # fmt: skip
"""Columns of the paper, in the order in which officials have them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SitePaper:
    """A comparison of sites ready to be written.

    Attributes
    ----------
    title, kind
        What it is called, and the kind of facility by name.
    head, rows
        The table: a row for each site, then building nothing, then the best candidate place.
    closing
        The sentence that recommends.
    notes
        What was left out, and what the comparison is not.
    imprint
        Dates and makers.
    checks, labels, best, measured
        What it is about.
    """

    title: str
    kind: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    closing: str
    notes: tuple[str, ...]
    imprint: Imprint
    measured: Measured
    checks: Sequence[SiteCheck]
    labels: Sequence[str]
    best: SiteCheck | None


def site_paper(
    measured: Measured,
    checks: Sequence[SiteCheck],
    labels: Sequence[str],
    *,
    best: SiteCheck | None = None,
    maker: str = "",
    lang: Language = "zh",
) -> SitePaper:
    """Return a comparison of sites as it stands on paper.

    Parameters
    ----------
    measured, checks, labels, best, lang
        As for :func:`accessgis.report.site_view.site_table`.
    maker
        Organisation that makes the map; ``""`` leaves a line to write it on.
    """
    info = measured.prepared.study.file.study
    kind = kind_name(str(checks[0].proposal.row["kind"]), lang)
    rows = [_row(measured, check, label, lang) for check, label in zip(checks, labels, strict=True)]
    rows.append(_unbuilt(measured, checks[0], lang))
    if best is not None:
        rows.append(_row(measured, best, say("site.best", lang), lang))
    return SitePaper(
        title=say("site.paper_title", lang, name=info.name, kind=kind),
        kind=kind,
        head=tuple(say(f"site.column_{name}", lang) for name in COLUMNS),
        rows=tuple(rows),
        closing=recommendation(checks, labels, best, lang),
        notes=site_notes(measured, checks[0], lang),
        imprint=Imprint(name=info.name, day=info.data_date, generated=info.generated, maker=maker),
        measured=measured,
        checks=tuple(checks),
        labels=tuple(labels),
        best=best,
    )


def _by_rule(measured: Measured, check: SiteCheck, texts: Mapping[str, str], lang: Language) -> str:
    """Return one text for each rule, named where rules do not say the same."""
    titles = rule_titles(measured.records, lang)
    told = {rule: text for rule, text in texts.items() if text}
    if len(told) == check.effect.rules["rule"].nunique() and len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "\n".join(say("site.label", lang, label=titles[rule]) + text for rule, text in told.items())


def _aged(row: Mapping[Hashable, Any], lang: Language) -> str:
    """Return people, and in brackets the elderly among them where they are known."""
    people = cells.rounded_people(row["people"], lang)
    if row["age60plus"] != row["age60plus"]:
        return people
    return say("site.aged", lang, people=people, aged=cells.rounded_people(row["age60plus"], lang))


def _row(measured: Measured, check: SiteCheck, label: str, lang: Language) -> tuple[str, ...]:
    around = {within: rows.to_dict("records") for within, rows in check.around.groupby("within")}
    head = {row["rule"]: row for row in check.effect.rules.to_dict("records") if row["headline"]}
    pair = say("site.pair", lang)
    net = {rule: cells.net_text(row, lang) for rule, row in head.items()}
    moved = {
        rule: say(
            "site.moved",
            lang,
            moved=cells.rounded_people(row["moved"], lang),
            both=cells.rounded_people(row["both"], lang),
        )
        for rule, row in head.items()
    }
    ranks = {row["rule"]: cells.rank_short(row, lang) for row in check.ranks.to_dict("records")}
    planned = cells.nearest_text(check, "planned", lang)
    nearest = [cells.nearest_text(check, "in_service", lang)]
    if planned != say("site.none", lang):
        nearest.append(say("site.planned", lang, facility=planned))
    return (
        label,
        cells.parcel_text(check, lang) or say("site.no_parcel", lang),
        cells.place_name(measured, check, lang),
        pair.join(cells.rounded_people(row["people"], lang) for row in around["straight"]),
        pair.join(_aged(row, lang) for row in around["walk"]),
        _by_rule(measured, check, net, lang) or say("site.dash", lang),
        _by_rule(measured, check, moved, lang) or say("site.dash", lang),
        "\n".join(nearest),
        "\n".join(land_lines(check, lang)),
        slope_text(check, lang, limit=False),
        _by_rule(measured, check, ranks, lang) or say("site.dash", lang),
        conclusion(check, lang),
    )


def _unbuilt(measured: Measured, check: SiteCheck, lang: Language) -> tuple[str, ...]:
    """Return the row of building nothing: what the share is today."""
    head = {row["rule"]: row for row in check.effect.rules.to_dict("records") if row["headline"]}
    shares = {
        rule: say("site.share_today", lang, share=cells.share_text(row["before"], row["people"]))
        for rule, row in head.items()
    }
    dash = say("site.dash", lang)
    texts = dict.fromkeys(COLUMNS, dash) | {
        "plan": say("site.unbuilt", lang),
        "net": cells.rounded_people(0.0, lang) if head else dash,
        "moved": cells.rounded_people(0.0, lang) if head else dash,
        "conclusion": _by_rule(measured, check, shares, lang) or say("site.as_today", lang),
    }
    return tuple(texts[name] for name in COLUMNS)


def site_workbook(paper: SitePaper, *, lang: Language = "zh") -> bytes:
    """Return a comparison of sites as a workbook: the table, its figures by rule, loads, land."""
    stream = io.BytesIO()
    head = BookHead(
        title=paper.title,
        day=paper.imprint.day,
        meta=say("site.map_date", lang, date=paper.imprint.day.isoformat()),
        generated=say("page.generated", lang) if paper.imprint.generated else "",
        lang=lang,
    )
    write_sheets(list(_sheets(paper, lang)), stream, head)
    return stream.getvalue()


def _sheets(paper: SitePaper, lang: Language) -> Iterator[Sheet]:
    yield Sheet(
        tab=say("site.tab_table", lang),
        title=paper.title,
        note=paper.closing,
        columns=tuple(SheetColumn(heading=text) for text in paper.head),
        rows=paper.rows,
        held=1,
    )
    yield _sheet(paper, "rules", ("plan", "rule", "mode", "people", "gross", "net", "low", "high", "moved", "both",
                                  "before", "after"), list(_rule_rows(paper, lang)), lang)  # fmt: skip
    yield _sheet(paper, "loads", ("plan", "rule", "facility", "load_before", "load_after", "capacity", "size"),
                 list(_load_rows(paper, lang)), lang)  # fmt: skip
    counted = list(_counted_rows(paper, lang))
    if counted:
        yield _sheet(paper, "counted", ("plan", "rule", "area", "figure_before", "figure_after"), counted, lang)
    yield _sheet(paper, "land", ("plan", "layer", "given", "effect", "inside", "occupied", "share", "polygons"),
                 list(_land_rows(paper, lang)), lang)  # fmt: skip
    yield _sheet(paper, "notes", ("note",), [(text,) for text in (paper.closing, *paper.notes)], lang)


def _sheet(paper: SitePaper, tab: str, columns: tuple[str, ...], rows: list[tuple[Cell, ...]], lang: Language) -> Sheet:
    return Sheet(
        tab=say(f"site.tab_{tab}", lang),
        title=paper.title,
        note="",
        columns=tuple(SheetColumn(heading=say(f"site.sheet_{name}", lang)) for name in columns),
        rows=tuple(rows),
        held=1,
    )


def _each(paper: SitePaper, lang: Language) -> Iterator[tuple[str, SiteCheck]]:
    yield from zip(paper.labels, paper.checks, strict=True)
    if paper.best is not None:
        yield say("site.best", lang), paper.best


def _rule_rows(paper: SitePaper, lang: Language) -> Iterator[tuple[Cell, ...]]:
    titles = rule_titles(paper.measured.records, lang)
    for label, check in _each(paper, lang):
        for row in check.effect.rules.to_dict("records"):
            figures = [
                number(row[name], "whole")
                for name in ("people", "gross", "net", "net_low", "net_high", "moved", "both")
            ]
            shares = [
                number(row[name] / row["people"] if row["people"] > 0 else None, "share")
                for name in ("before", "after")
            ]
            yield label, titles[row["rule"]], mode_name(row["profile"], lang), *figures, *shares


def _load_rows(paper: SitePaper, lang: Language) -> Iterator[tuple[Cell, ...]]:
    titles = rule_titles(paper.measured.records, lang)
    for label, check in _each(paper, lang):
        for place, row in enumerate(check.effect.neighbours.to_dict("records")):
            first = place == 0 or row["facility_id"] == check.proposal.row["facility_id"]
            name = say("site.this", lang) if first else row["name"] or row["facility_id"]
            unit = say(f"capacity.{row['capacity']}", lang) if row["capacity"] else None
            loads = [number(row[key], "whole") for key in ("before", "after")]
            yield label, titles[row["rule"]], name, *loads, unit, number(row["size"], "number")


def _counted_rows(paper: SitePaper, lang: Language) -> Iterator[tuple[Cell, ...]]:
    titles = rule_titles(paper.measured.records, lang)
    for label, check in _each(paper, lang):
        for row in check.counted.to_dict("records"):
            texts = cells.counted_pair(row, lang)
            yield label, titles[row["rule"]], row["area_name"], *texts


def _land_rows(paper: SitePaper, lang: Language) -> Iterator[tuple[Cell, ...]]:
    for label, check in _each(paper, lang):
        for row in check.land.to_dict("records"):
            given = say("site.yes" if row["given"] else "land.not_given", lang)
            effect = say(f"land.effect_{row['effect']}", lang) if row["given"] else None
            inside = say("site.yes" if row["inside"] else "site.no", lang) if row["known"] else None
            figures = (number(row["occupied_m2"], "whole"), number(row["share"], "share"))
            yield label, layer_name(row["layer"], lang), given, effect, inside, *figures, row["polygons"] or None
