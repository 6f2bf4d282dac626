"""The table of main indicators (主要指标完成情况表): one line per rule, as officials report them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.layers.areas import LEVELS
from accessgis.report.beside import BESIDE, beside
from accessgis.report.figures import kept, main_area
from accessgis.report.numbers import percent_against, target_percent
from accessgis.report.wording import (
    field_name,
    kind_name,
    listing,
    missing_phrase,
    people_phrase,
    plan_name,
    say,
    section_name,
    titled,
)
from accessgis.standards.model import FacilityTest, Standard

SHARES = ("share of units", "share")
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "about": "≈"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One line of the table, ready to print.

    Attributes
    ----------
    rule, kind, category, title, unit, baseline, value, target, nature, level, verdict, detail, lead, clause
        As the columns of the table; ``""`` where there is nothing to say.
    state
        The verdict as data, ``""`` where the target is set for another level, ``recorded`` for a direction.
    missing
        What is missing, in words.
    expired
        Whether the plan's period is over.
    counts
        Whether falling short is held against the area.
    figure, of
        The value as a number, 0–1 where the unit is ``%``, None for none; ``19/20`` of a share of units.
    aim
        The share that the figure is held against, None where the value is no share or nothing is set.
    beside
        Figures that stand beside it, by what they are of (:data:`accessgis.report.beside.BESIDE`).
    """

    rule: str
    kind: str
    category: str
    title: str
    unit: str
    baseline: str
    value: str
    target: str
    nature: str
    level: str
    verdict: str
    detail: str
    lead: str
    clause: str
    state: str
    missing: str
    expired: bool
    counts: bool
    figure: float | None = None
    of: str = ""
    aim: float | None = None
    beside: dict[str, float] = field(default_factory=dict, hash=False)

    def beside_text(self, what: str, lang: Language) -> str:
        """Return a figure that stands beside the value as the value is printed, 无 where there is none."""
        figure = self.beside.get(what)
        if figure is None:
            return say("report.none", lang)
        return percent_against(figure, self.aim) if self.unit == "%" else _number(figure)


def indicators(assessment: Assessment, *, lang: Language = "zh") -> tuple[Indicator, ...]:
    """Return one line per rule for the study's area, in the order of the rules."""
    return kept(assessment, ("indicators", lang), lambda: _indicators(assessment, lang))


def _indicators(assessment: Assessment, lang: Language) -> tuple[Indicator, ...]:
    rows = main_rows(assessment)
    found = [_indicator(rule, rows.get(rule.rule), lang) for rule in assessment.rules]
    return tuple(replace(line, beside=beside(assessment, line.rule)) for line in found)


def table(assessment: Assessment, *, lang: Language = "zh") -> pd.DataFrame:
    """Return the lines as a table with the headings that officials know."""
    lines = indicators(assessment, lang=lang)
    columns = (
        "category", "title", "unit", "baseline", "value", "target", "nature", "level", "verdict", "detail", "lead",
        "clause", "rule",
    )  # fmt: skip
    frame = pd.DataFrame({say(f"indicator.{name}", lang): [getattr(line, name) for line in lines] for name in columns})
    for name in BESIDE:
        frame[say(f"indicator.{name}", lang)] = [line.beside_text(name, lang) for line in lines]
    frame.insert(0, say("indicator.number", lang), range(1, len(lines) + 1))
    return frame


def main_rows(assessment: Assessment) -> dict[str, dict[str, Any]]:
    """Return the headline row of the whole study by rule: the highest level that the rule has one figure for."""

    def chosen() -> dict[str, dict[str, Any]]:
        rows = assessment.results[assessment.results["headline"]]
        rows = rows[(rows["level"] != "county") | (rows["area"] == main_area(assessment))]
        found: dict[str, int] = {}
        for level in LEVELS:
            at = rows.loc[rows["level"] == level, "rule"]
            alone = at[~at.duplicated(keep=False)]
            found = dict(zip(alone.tolist(), alone.index.tolist(), strict=True)) | found
        records = rows.loc[list(found.values())].to_dict("records")
        return {rule: {str(key): value for key, value in row.items()} for rule, row in zip(found, records, strict=True)}

    return kept(assessment, ("main rows",), chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What a row says of the study's area: the figure, what it is held against, and how it stands to it."""

    figure: float
    aim: float
    is_share: bool
    state: str
    missing: str


def _finding(rule: RuleRecord, row: dict[str, Any], lang: Language) -> _Finding:
    circle = rule.rule_kind == "circle"
    figure, aim = float(row["covered_share" if circle else "value"]), float(row["target"])
    plan = rule.target if rule.target is not None else rule.value
    state = str(row["verdict"])
    if not state and math.isnan(figure):
        state = "not_judged" if row["missing"] else "nobody_concerned"
    return _Finding(
        figure=figure,
        # The plan's figure stands beside the value even where it is set for another level.
        aim=aim if plan is None or not math.isnan(aim) else plan,
        is_share=circle or row["unit"] in SHARES,
        state=state,
        missing=listing([missing_phrase(token, lang) for token in row["missing"]], lang),
    )


def row_texts(rule: RuleRecord, row: dict[str, Any], lang: Language) -> tuple[str, str, str]:
    """Return figure, unit and deficit of any row of a rule as the table prints those of the whole study."""
    found = _finding(rule, row, lang)
    return _value(found, str(row["state"])), _unit(found, str(row["unit"]), lang), _deficit(rule, row, lang)


def _indicator(rule: RuleRecord, row: dict[str, Any] | None, lang: Language) -> Indicator:
    value = target = unit = detail = missing = of = ""
    figure: float | None = None
    aim: float | None = None
    state, verdict = "recorded", say("indicator.recorded", lang)
    if row is not None:
        found = _finding(rule, row, lang)
        state, missing = found.state, found.missing
        figure = None if math.isnan(found.figure) else found.figure
        aim = found.aim if found.is_share and not math.isnan(found.aim) else None
        of = str(row["state"]) if found.is_share and "/" in str(row["state"]) else ""
        value, unit = _value(found, str(row["state"])), _unit(found, str(row["unit"]), lang)
        target = "" if math.isnan(found.aim) else aim_text(rule.op, found.aim, is_share=found.is_share)
        verdict, detail = _verdict(rule, found, lang, counts=bool(row["counts"]), lack=_deficit(rule, row, lang))
    return Indicator(
        rule=rule.rule,
        kind=rule.rule_kind,
        category=say(f"category.{rule.category}", lang) if rule.category else "",
        title=titled(rule.title, lang),
        unit=unit,
        baseline=_baseline(rule, lang),
        value=value,
        target=_in_year(target, rule.horizon, lang),
        nature=say(f"nature.{rule.nature}", lang) if rule.nature else say(f"force_short.{rule.force}", lang),
        level=say(f"target_level.{rule.target_level}", lang) if rule.target_level else "",
        verdict=verdict,
        detail=detail,
        lead=titled(rule.lead, lang) if rule.lead else "",
        clause=f"{plan_name(rule.source_title, lang)} {section_name(rule.section, lang)}",
        state=state,
        missing=missing,
        expired=rule.stage == "expired",
        counts=row is not None and bool(row["counts"]),
        figure=figure,
        of=of,
        aim=aim,
    )


def _baseline(rule: RuleRecord, lang: Language) -> str:
    """Return the earlier figures of the plan's own area; those of others, which plans compare with, are no baseline."""
    is_share = rule.rule_kind == "share"
    own = [entry for entry in rule.baselines if not rule.scope or entry.area in rule.scope]
    texts = [target_percent(entry.value) if is_share else f"{entry.value:g}" for entry in own]
    return listing([_in_year(text, entry.year, lang) for text, entry in zip(texts, own, strict=True)], lang)


def _in_year(text: str, year: int | None, lang: Language) -> str:
    return say("indicator.target_year", lang, target=text, year=year) if text and year else text


def aim_text(op: str | None, aim: float, *, is_share: bool) -> str:
    """Return what a figure is held against, in signs: ``≥95%``, ``≤4.5``."""
    return f"{_SIGNS[op or '>=']}{target_percent(aim) if is_share else f'{aim:g}'}"


def _value(found: _Finding, state: str) -> str:
    """Print the figure, for units with how many of how many; where it is only bounded, the bounds."""
    if math.isnan(found.figure):
        return state if "–" in state else ""
    if not found.is_share:
        return _number(found.figure)
    text = percent_against(found.figure, None if math.isnan(found.aim) else found.aim)
    return f"{text} ({state})" if "/" in state else text


def _number(figure: float) -> str:
    return f"{figure:.4g}" if figure < 1000 else f"{figure:,.0f}"


def _unit(found: _Finding, unit: str, lang: Language) -> str:
    if found.is_share:
        return "%"
    amount, _, per = unit.partition(" per ")
    name = say(f"amount.{amount}", lang) if amount else ""
    return say("indicator.per", lang, amount=name, per=per) if per else name


def _verdict(rule: RuleRecord, found: _Finding, lang: Language, *, counts: bool, lack: str) -> tuple[str, str]:
    """Return the verdict in words and what goes with it."""
    force = say(f"force_short.{rule.force}", lang)
    if found.state == "not_judged":
        lacking = say("verdict.lacking", lang, missing=found.missing) if found.missing else ""
        return say("verdict.not_judged", lang), lacking
    if found.state in ("meets", "nobody_concerned") or math.isnan(found.aim):
        return say(f"verdict.{found.state or 'no_target'}", lang), ""
    if found.state == "falls_short":
        over = "indicator.below_over" if rule.stage == "expired" else "indicator.below_uncounted"
        return say("verdict.falls_short" if counts else over, lang, force=force), lack
    # A figure that is only bounded stands here when even its upper bound misses the plan's.
    side = "above" if reaches(found.figure, found.aim) else "below"
    if found.state == "no_target":
        return say(f"indicator.{side}_figure", lang, force=force), lack
    return say(f"indicator.{side}_level", lang, level=say(f"target_level.{rule.target_level}", lang)), lack


def _deficit(rule: RuleRecord, row: dict[str, Any], lang: Language) -> str:
    deficit = float(row["deficit"])
    amount = "units" if row["unit"] == "share of units" else str(row["unit"]).partition(" per ")[0]
    if rule.rule_kind == "circle" or not deficit > 0:
        return ""
    if amount == "share":
        assert rule.amount is not None
        amount = rule.amount.part_amount or rule.amount.amount
    return say("indicator.deficit", lang, count=f"{math.ceil(deficit - 1e-6):,}", amount=say(f"amount.{amount}", lang))


def figure_text(rule: Standard | RuleRecord) -> str:
    """Return what a rule that counts asks for, in signs: ``≥4.5``, ``≥60%``, ``≥1``; ``""`` where it sets nothing."""
    if rule.presence is not None:
        share = f" · {target_percent(rule.target)}" if rule.target is not None else ""
        return f"≥{rule.presence.at_least}{share}"
    aim = rule.target if rule.value is None else rule.value
    return "" if aim is None else aim_text(rule.op, aim, is_share=rule.value is None)


def asks_text(rule: Standard | RuleRecord, lang: Language) -> str:
    """Return what a rule that counts asks for, in plain words; ``""`` for circles and recorded directions."""
    tests = listing([_test_text(test, lang) for test in rule.having], lang)
    parts = [say("asks.having", lang, tests=tests)] if tests else []
    asks, amount = rule.presence, rule.amount
    kind = rule.kind if isinstance(rule, Standard) else rule.rule_kind
    if asks is not None:
        parts.insert(0, say("asks.presence", lang, unit=say(f"unit.{asks.unit}", lang), count=asks.at_least))
        if asks.condition is not None:
            who = people_phrase("all", asks.condition.group, "resident", lang)
            parts.append(say("asks.condition", lang, who=who, people=f"{asks.condition.people:,.0f}"))
        if asks.listed_only:
            named = [f"{code} ≥{number:g}" for code, number in rule.units.items()]
            parts.append(say("asks.listed", lang, units=listing(named, lang)))
        if asks.satisfied_by:
            parts.append(
                say("asks.satisfied_by", lang, kinds=listing([kind_name(k, lang) for k in asks.satisfied_by], lang))
            )
    elif rule.statistic:
        parts.insert(0, say("asks.statistic", lang, name=rule.statistic))
    elif amount is not None:
        whole = say(f"capacity.{amount.amount}", lang)
        if kind == "ratio":
            who = people_phrase(rule.where, rule.group, "resident", lang)
            parts.insert(0, say("asks.ratio", lang, amount=whole, per=f"{amount.per:g}", who=who))
        elif kind == "total":
            parts.insert(0, say("asks.total", lang, amount=whole))
        else:
            part = listing([_test_text(test, lang) for test in amount.part], lang)
            part = part or say(f"capacity.{amount.part_amount}", lang)
            parts.insert(0, say("asks.share", lang, part=part, amount=whole))
    separator = "；" if lang == "zh" else "; "
    figure = figure_text(rule) if rule.presence is None else ""
    return separator.join([*parts, figure] if figure else parts)


def _test_text(test: FacilityTest, lang: Language) -> str:
    name = field_name(test.field, lang)
    if test.op is not None and test.value is not None:
        value = target_percent(test.value) if test.field == "occupancy" else f"{test.value:g}"
        return f"{name} {test.op} {value}"
    if test.field == "kind":
        return listing([kind_name(kind, lang) for kind in test.one_of], lang)
    if test.one_of:
        words = listing([say(f"ownership.{word}", lang) for word in test.one_of], lang)
        return say("asks.is", lang, name=name, words=words)
    return name
