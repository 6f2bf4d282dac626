"""The table of a rule by township (分乡镇情况表), most uncovered people first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.report.figures import Figure, kept, main_area, rows_of, whole_figures
from accessgis.report.numbers import count, minutes_within, percent_against, points, whole
from accessgis.report.sentences import AreaClass, Mark, area_class
from accessgis.report.view import ModeView, RuleView
from accessgis.report.wording import say

SHOWN_UNITS = 60
_MOST_TOWNSHIPS = 120
"""Townships up to which those of several counties are listed one by one."""
MARK_OF_CLASS: dict[AreaClass, Mark] = {
    "a": "above", "b": "below", "c": "below", "d": "below", "u": "not_judged", "x": "nobody_concerned",
    "s1": "share_only", "s2": "share_only", "s3": "share_only", "s4": "share_only",
}  # fmt: skip
"""The sign beside an area of each class: what the map draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One area of the table; ``shares`` and ``figures`` stand in the order of the rule's modes."""

    code: str
    name: str
    people: str
    shares: tuple[str, ...]
    uncovered: str
    uncovered_people: int
    median: str
    p90: str
    shade: AreaClass
    mark: Mark
    compared: str
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTable:
    """The areas of one level, those concerned; ``total`` is the study's own area."""

    level: str
    modes: tuple[ModeView, ...]
    in_metres: bool
    rows: tuple[UnitRow, ...]
    total: UnitRow | None
    more: str


def listed_level(assessment: Assessment) -> str:
    """Return the level that tables and maps list: township where there is one, counties of a province, else county."""
    counts = assessment.areas.frame["level"].value_counts()
    townships, counties = int(counts.get("township", 0)), int(counts.get("county", 0))
    return "county" if not townships or (counties > 1 and townships > _MOST_TOWNSHIPS) else "township"


def unit_names(assessment: Assessment, level: str) -> dict[str, str]:
    """Return the names of the areas of a level by code, townships of several counties with their county before it."""

    def named() -> dict[str, str]:
        frame = assessment.areas.frame
        own = dict(zip(frame["code"].tolist(), frame["name"].astype(str).tolist(), strict=True))
        at = frame[frame["level"] == level]
        several = level == "township" and (frame["level"] == "county").sum() > 1
        above = [own.get(code, "") if several else "" for code in at["parent"].tolist()]
        whole_name = assessment.study.name if level == "county" and len(at) == 1 else ""
        names = zip(at["code"].tolist(), above, at["name"].astype(str).tolist(), strict=True)
        return {code: whole_name or f"{before}{name}" for code, before, name in names}

    return kept(assessment, ("unit names", level), named)


def unit_table(
    assessment: Assessment, rule: RuleRecord, view: RuleView, lang: Language, *, most: int | None = SHOWN_UNITS
) -> UnitTable:
    """Return the table of a judged rule, of at most so many areas."""
    level = listed_level(assessment)
    names = unit_names(assessment, level)
    times = _headline_rows(assessment, rule)
    found = {mode.profile: whole_figures(assessment, rule, mode.profile) for mode in view.modes}
    head = found[view.headline.profile].get(level, {})
    own = main_area(assessment)

    def row(code: str, name: str, at: str) -> UnitRow:
        figures = [found[mode.profile].get(at, {}).get(code) for mode in view.modes]
        return _row(rule, code, name, (figures, times.get((at, code), {})), lang)

    rows = [row(code, names.get(code, code), level) for code, figure in head.items() if figure.people > 0]
    rows.sort(key=lambda item: (-item.uncovered_people, item.code))
    top = next((at for at in found[view.headline.profile] if own in found[view.headline.profile][at]), "")
    hidden = 0 if most is None else len(rows) - most
    return UnitTable(
        level=level,
        modes=view.modes,
        in_metres=rule.limit_s is None,
        rows=tuple(rows[:most]),
        total=row(own, say("report.total", lang), top) if top and top != level else None,
        more=say("report.more_units", lang, count=hidden) if hidden > 0 else "",
    )


def _headline_rows(assessment: Assessment, rule: RuleRecord) -> dict[tuple[str, str], dict[str, Any]]:
    rows = rows_of(assessment, rule)
    rows = rows[rows["headline"] & (rows["level"] != "village")]
    return {(row["level"], row["area"]): dict(row) for row in rows.to_dict("records")}  # type: ignore[arg-type]


def _row(
    rule: RuleRecord, code: str, name: str, found: tuple[list[Figure | None], dict[str, Any]], lang: Language
) -> UnitRow:
    figures, times = found
    head = figures[0]
    shade = area_class(head, rule, judged=True)
    people, uncovered = (0, 0) if head is None else (head.people, head.uncovered)
    return UnitRow(
        code=code,
        name=name,
        people=count(people),
        shares=tuple(share_cell(figure, rule.target, lang) for figure in figures),
        uncovered=count(uncovered),
        uncovered_people=uncovered,
        median=_way(times, "median", lang),
        p90=_way(times, "p90", lang),
        shade=shade,
        mark=MARK_OF_CLASS[shade],
        compared=_compared(head, rule, lang),
        figures=tuple(figures),
    )


def share_cell(figure: Figure | None, target: float | None, lang: Language) -> str:
    """Return the share of an area, told apart from a target that it misses; a dash where there is none."""
    if figure is None or math.isnan(figure.share):
        return say("report.no_value", lang)
    return percent_against(figure.share, target)


def _way(row: dict[str, Any], name: str, lang: Language) -> str:
    """Return a time in minutes or a way in metres, rounded up so that "within" is true of it."""
    seconds, metres = (float(row.get(f"{name}_{unit}", math.nan)) for unit in ("s", "m"))
    if math.inf in (seconds, metres):
        return say("report.unreachable", lang)
    if metres == metres:
        return count(max(1, math.ceil(metres)))
    return str(minutes_within(seconds)) if seconds == seconds else say("report.no_value", lang)


def _compared(figure: Figure | None, rule: RuleRecord, lang: Language) -> str:
    """Return on which side of the target an area lies, and how far."""
    if figure is None or math.isnan(figure.share) or rule.target is None:
        return say("report.no_value", lang)
    side = "above" if reaches(figure.share, rule.target) else "below"
    return say(f"report.compared_{side}", lang, points=points(figure.share, rule.target, lang))


def top_units(table: UnitTable, most: int) -> tuple[tuple[str, ...], int]:
    """Return the names of the areas with most uncovered people, and how many these are together."""
    rows = [row for row in table.rows[:most] if row.uncovered_people > 0]
    return tuple(row.name for row in rows), sum(row.uncovered_people for row in rows)


def rounded(value: float) -> str:
    """Return people as a whole number, ``""`` for NaN."""
    return count(whole(value)) if value == value else ""
