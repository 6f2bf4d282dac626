"""Rules that count on the map: how every unit stands, how townships do, and the units that have none, by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.report import facts
from accessgis.report.counted_rules import STATES, counted_section
from accessgis.report.figures import area_names, headline_rows, kept
from accessgis.report.finding import mark_of_indicator
from accessgis.report.indicators import SHARES, Indicator, indicators, row_texts
from accessgis.report.numbers import count, people, whole
from accessgis.report.sentences import AreaClass, share_class
from accessgis.report.view import SHOWN_GAPS
from accessgis.report.wording import say

CountedClass = AreaClass | Literal["p", "h", "n", "ga", "gb"]
"""How an area is shaded: as a circle's, or p has its own, h shared or stood in for, n has none; ga, gb amounts that
reach what the plan sets, and that do not."""

_MAPPED = ("presence", "ratio", "share", "total")
_LEVELS = ("township", "village")
_OF_STATE: dict[str, CountedClass] = {
    "present": "p", "shared": "h", "substitute": "h", "absent": "n", "unknown": "u",
    "exempt": "x", "not_named": "x", "not_asked": "x",
}  # fmt: skip
_FIELDS = (
    "level",
    "area",
    "people",
    "covered_share",
    "value",
    "unit",
    "target",
    "deficit",
    "state",
    "verdict",
    "missing",
)
_UNFIGURED: tuple[CountedClass, ...] = ("u", "x")
Rows = Mapping[str, dict[str, dict[str, Any]]]


def mapped_rules(assessment: Assessment) -> tuple[RuleRecord, ...]:
    """Return the rules that count of which townships or villages have a figure, those of plans that are over last."""

    def chosen() -> tuple[RuleRecord, ...]:
        found = [
            rule
            for rule in assessment.rules
            if rule.rule_kind in _MAPPED
            and _figured(headline_rows(assessment).get(rule.rule))
            and any(
                shade_of(rule, row) not in _UNFIGURED
                for level in _LEVELS
                for row in rows_by_area(assessment, rule)[level].values()
            )
        ]
        return tuple(sorted(found, key=lambda rule: rule.stage == "expired"))

    return kept(assessment, ("mapped rules",), chosen)


def _figured(rows: pd.DataFrame | None) -> bool:
    """Return whether any row may have a figure at all: of most rules nothing is known."""
    return rows is not None and bool((rows["value"].notna() | rows["state"].isin(STATES)).any())


def rows_by_area(assessment: Assessment, rule: RuleRecord) -> Rows:
    """Return the rows of a rule that counts by level and area code."""

    def chosen() -> Rows:
        found: dict[str, dict[str, dict[str, Any]]] = {level: {} for level in ("county", *_LEVELS)}
        rows = headline_rows(assessment).get(rule.rule)
        if rows is not None:
            shown = rows[rows["level"].isin(list(found))][list(_FIELDS)]
            for row in shown.to_dict("records"):
                found[row["level"]][str(row["area"])] = {str(key): value for key, value in row.items()}
        return found

    return kept(assessment, ("counted rows", rule.rule), chosen)


def shade_of(rule: RuleRecord, row: Mapping[str, Any] | None) -> CountedClass:
    """Return how an area is shaded: units by how they stand, areas by their share or amount."""
    if row is None:
        return "x"
    if row["state"] in STATES:
        return _OF_STATE[row["state"]]
    value, aim = float(row["value"]), float(row["target"])
    if math.isnan(value):
        return "x" if row["verdict"] == "nobody_concerned" or not row["missing"] else "u"
    aim = (rule.target if rule.target is not None else rule.value or math.nan) if math.isnan(aim) else aim
    if row["unit"] in SHARES and (rule.op or ">=") == ">=":
        return share_class(value, None if math.isnan(aim) else aim)
    if math.isnan(aim):
        return "s1"
    met = reaches(value, aim) if (rule.op or ">=") in (">=", ">") else reaches(aim, value)
    return "ga" if met else "gb"


def counted_data(assessment: Assessment, rule: RuleRecord, codes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what the map draws of a rule that counts, besides its kinds.

    Parameters
    ----------
    codes
        Codes of the areas of each level, in the order drawn.
    """
    rows = rows_by_area(assessment, rule)
    shades = {
        level: [shade_of(rule, rows.get(level, {}).get(code)) for code in drawn] for level, drawn in codes.items()
    }
    areas = {
        level: {"share": [_label(rule, rows.get(level, {}).get(code)) for code in drawn], "class": shades[level]}
        for level, drawn in codes.items()
    }
    figured = [level for level, found in shades.items() if any(shade not in _UNFIGURED for shade in found)]
    return {"levels": figured, "areas": areas}


def _label(rule: RuleRecord, row: Mapping[str, Any] | None) -> str:
    """Return the figure of an area as it stands on the map: how many of how many, or the amount."""
    if row is None or row["state"] in STATES:
        return ""
    if row["state"]:
        return str(row["state"]) if row["verdict"] != "nobody_concerned" else ""
    value, _, _ = row_texts(rule, dict(row), "zh")
    return value


def counted_words(
    assessment: Assessment, rule: RuleRecord, places: Mapping[str, Sequence[float]], lang: Language
) -> dict[str, Any]:
    """Return what the page says of a rule that counts.

    Parameters
    ----------
    places
        ``[lat, lon]`` of every township and village by code.
    """
    line = next(each for each in indicators(assessment, lang=lang) if each.rule == rule.rule)
    section = counted_section(assessment, rule, line, lang)
    lacking = lacking_units(assessment, rule)
    shown, hidden = lacking[:SHOWN_GAPS], lacking[SHOWN_GAPS:]
    titles = kept(assessment, ("mapped titles", lang), lambda: facts.distinct_titles(mapped_rules(assessment), lang))
    figure = "" if line.figure is None else line.value.partition(" ")[0]
    notes = [(section.standing, "basis"), *((text, "quiet") for text in section.notes)]
    return {
        "title": titles[rule.rule],
        "expired": line.expired,
        "target": None,
        "targetText": line.target,
        "limitText": "",
        "modes": [
            {
                "name": "", "share": None, "low": None, "high": None, "shareText": figure, "rangeText": "",
                "mark": mark_of_indicator(line), "label": say("page.counted_label", lang), "word": line.verdict,
                "sentence": _sentence(line, section.asks, lang), "timesText": "",
            }
        ],
        "notes": [
            {"tone": tone, "title": say("fact.source", lang) if tone == "basis" else "", "text": text}
            for text, tone in notes
            if text
        ],
        "facts": [(label, say("workbook.joiner", lang).join(texts)) for label, texts in section.facts],
        "gaps": [
            {
                "rank": rank, "place": name, "people": people(amount, lang), "nearest": "",
                "reason": say("report.state_absent", lang), "lat": places[code][0], "lon": places[code][1],
            }
            for rank, (code, name, amount) in enumerate(shown, start=1)
        ],
        "gapsTitle": say("page.units_lacking", lang),
        "gapsSum": _sum(lacking, lang) if section.states else "",
        "gapsMore": (
            say("gap.more", lang, count=len(hidden), people=people(sum(each[2] for each in hidden), lang))
            if hidden
            else ""
        ),
        "unit": "" if line.unit == "%" else line.unit,
    }  # fmt: skip


def _sum(lacking: Sequence[tuple[str, str, int]], lang: Language) -> str:
    if not lacking:
        return say("page.none_lacking", lang)
    return say("page.units_sum", lang, count=count(len(lacking)), people=people(sum(each[2] for each in lacking), lang))


def _sentence(line: Indicator, asks: str, lang: Language) -> str:
    """Return what the rule asks for, and what was found."""
    value = f"{line.value}{'' if line.unit == '%' else ' ' + line.unit}" if line.value else say("report.none", lang)
    detail = say("page.counted_detail", lang, detail=line.detail) if line.detail else ""
    return say("page.counted_sentence", lang, asks=asks, value=value, detail=detail)


def lacking_units(assessment: Assessment, rule: RuleRecord) -> list[tuple[str, str, int]]:
    """Return code, name and people of every unit that has none, most people first."""
    names = area_names(assessment)
    frame = assessment.areas.frame
    above = dict(zip(frame["code"].tolist(), frame["parent"].tolist(), strict=True))
    rows = rows_by_area(assessment, rule)
    found = [
        (code, (names.get(above.get(code, ""), "") if level == "village" else "") + names[code], float(row["people"]))
        for level in _LEVELS
        for code, row in rows[level].items()
        if row["state"] == "absent"
    ]
    return [(code, name, whole(amount)) for code, name, amount in sorted(found, key=lambda each: (-each[2], each[0]))]
