"""The table of main indicators (主要指标完成情况表): one line per rule, as officials report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.layers.areas import LEVELS
from accessgis.report.figures import main_area
from accessgis.report.numbers import percent, target_percent
from accessgis.report.wording import (
    field_name,
    has,
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


def indicators(assessment: Assessment, *, lang: Language = "zh") -> tuple[Indicator, ...]:
    """Return one line per rule for the study's area, in the order of the rules."""
    area = main_area(assessment)
    rows = assessment.results[assessment.results["headline"]]
    by_rule = {str(name): group for name, group in rows.groupby("rule", sort=False)}
    return tuple(_indicator(rule, _main_row(by_rule.get(rule.rule), area), lang) for rule in assessment.rules)


def table(assessment: Assessment, *, lang: Language = "zh") -> pd.DataFrame:
    """Return the lines as a table with the headings that officials know."""
    lines = indicators(assessment, lang=lang)
    columns = (
        "category", "title", "unit", "baseline", "value", "target", "nature", "level", "verdict", "detail", "lead",
        "clause", "rule",
    )  # fmt: skip
    frame = pd.DataFrame({say(f"indicator.{name}", lang): [getattr(line, name) for line in lines] for name in columns})
    frame.insert(0, say("indicator.number", lang), range(1, len(lines) + 1))
    return frame


def _main_row(rows: pd.DataFrame | None, area: str) -> dict[str, Any] | None:
    """Return the row of the whole study: the highest level that the rule has figures for."""
    if rows is None:
        return None
    for level in LEVELS:
        at = rows[rows["level"] == level]
        if level == "county":
            at = at[at["area"] == area]
        if len(at) == 1:
            return {str(key): value for key, value in at.iloc[0].items()}
    return None


def _indicator(rule: RuleRecord, row: dict[str, Any] | None, lang: Language) -> Indicator:
    state = "recorded" if row is None else str(row["verdict"])
    value, target, verdict, detail, missing = "", "", say("indicator.recorded", lang), "", ""
    unit = ""
    if row is not None:
        share = rule.rule_kind == "circle" or row["unit"] in SHARES
        figure = float(row["covered_share"] if rule.rule_kind == "circle" else row["value"])
        unit = _unit(rule, str(row["unit"]), lang)
        value = _figure(figure, share=share, state=str(row["state"]))
        aim = float(row["target"])
        aim = aim if aim == aim else _aim(rule)
        target = "" if aim != aim else _aim_text(rule, aim, share=share)
        missing = listing([missing_phrase(token, lang) for token in row["missing"]], lang)
        verdict, detail = _verdict(rule, row, (figure, aim), lang, missing=missing)
        if state == "" and figure != figure:
            state = "not_judged" if missing else "nobody_concerned"
    return Indicator(
        rule=rule.rule,
        kind=rule.rule_kind,
        category=say(f"category.{rule.category}", lang) if rule.category else "",
        title=titled(rule.title, lang),
        unit=unit,
        baseline=listing(
            [say("indicator.target_year", lang, target=f"{e.value:g}", year=e.year) for e in rule.baselines], lang
        ),
        value=value,
        target=say("indicator.target_year", lang, target=target, year=rule.horizon)
        if target and rule.horizon
        else target,
        nature=say(f"nature.{rule.nature}", lang) if rule.nature else say(f"force_short.{rule.force}", lang),
        level=say(f"target_level.{rule.target_level}", lang) if rule.target_level else "",
        verdict=verdict,
        detail=detail,
        lead=titled(rule.lead, lang) if rule.lead else "",
        clause=f"{plan_name(rule.source_title, lang)} {section_name(rule.section, lang)}",
        state=state,
        missing=missing,
        expired=rule.stage == "expired",
    )


def _aim(rule: RuleRecord) -> float:
    """Return the plan's figure where it is set for another level than the study's."""
    aim = rule.target if rule.target is not None else rule.value
    return float("nan") if aim is None else aim


def _aim_text(rule: RuleRecord, aim: float, *, share: bool) -> str:
    sign = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "about": "≈"}.get(rule.op or ">=", "≥")
    return f"{sign}{target_percent(aim)}" if share else f"{sign}{aim:g}"


def _figure(value: float, *, share: bool, state: str) -> str:
    if value != value:
        return state if "–" in state else ""
    if not share:
        return f"{value:.4g}" if value < 1000 else f"{value:,.0f}"
    return f"{percent(value)} ({state})" if "/" in state else percent(value)


def _unit(rule: RuleRecord, unit: str, lang: Language) -> str:
    if rule.rule_kind == "circle" or unit in SHARES:
        return "%"
    amount, _, per = unit.partition(" per ")
    name = say(f"amount.{amount}", lang) if has(f"amount.{amount}") else amount
    return say("indicator.per", lang, amount=name, per=per) if per else name


def _verdict(
    rule: RuleRecord, row: dict[str, Any], pair: tuple[float, float], lang: Language, *, missing: str
) -> tuple[str, str]:
    """Return the verdict in words and what goes with it."""
    figure, aim = pair
    verdict = str(row["verdict"])
    figure_known = pair[0] == pair[0]
    if verdict == "not_judged" or (verdict == "" and not figure_known and missing):
        return say("verdict.not_judged", lang), say("verdict.lacking", lang, missing=missing) if missing else ""
    if verdict in ("meets", "nobody_concerned"):
        return say(f"verdict.{verdict}", lang), ""
    if verdict == "" and not figure_known:
        return say("verdict.nobody_concerned", lang), ""
    known = figure == figure and aim == aim
    lack = _deficit(rule, row, lang)
    if verdict == "falls_short":
        word = "verdict.falls_short" if row["counts"] else "indicator.below_uncounted"
        return say(word, lang, force=say(f"force_short.{rule.force}", lang)), lack
    if aim != aim:
        return say("verdict.no_target", lang), ""
    if not known:  # only bounded, and even the upper bound misses it
        return say("indicator.below_figure", lang, force=say(f"force_short.{rule.force}", lang)), lack
    side = "above" if figure >= aim - 1e-12 else "below"
    if verdict == "no_target":
        return say(f"indicator.{side}_figure", lang, force=say(f"force_short.{rule.force}", lang)), lack
    level = say(f"target_level.{rule.target_level}", lang) if rule.target_level else ""
    return say(f"indicator.{side}_level", lang, level=level), lack


def _deficit(rule: RuleRecord, row: dict[str, Any], lang: Language) -> str:
    deficit = float(row["deficit"])
    if rule.rule_kind == "circle" or not deficit > 0:
        return ""
    amount = str(row["unit"]).partition(" per ")[0]
    key = "units" if amount == "share of units" else amount
    if not has(f"amount.{key}"):
        return ""
    whole = -int(-deficit // 1) if abs(deficit - round(deficit)) > 1e-6 else round(deficit)
    return say("indicator.deficit", lang, count=f"{whole:,}", amount=say(f"amount.{key}", lang))


def figure_text(rule: Standard) -> str:
    """Return what a rule that counts asks for, in signs: ``≥4.5``, ``≥60%``, ``≥1``; ``""`` where it sets nothing."""
    sign = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "about": "≈", None: "≥"}[rule.op]
    if rule.presence is not None:
        share = f" · {target_percent(rule.target)}" if rule.target is not None else ""
        return f"≥{rule.presence.at_least}{share}"
    if rule.value is not None:
        return f"{sign}{rule.value:g}"
    return "" if rule.target is None else f"{sign}{target_percent(rule.target)}"


def asks_text(rule: Standard, lang: Language) -> str:
    """Return what a rule that counts asks for, in plain words; ``""`` for circles and recorded directions."""
    tests = listing([_test_text(test, lang) for test in rule.having], lang)
    parts = [say("asks.having", lang, tests=tests)] if tests else []
    asks, amount = rule.presence, rule.amount
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
        if rule.kind == "ratio":
            who = people_phrase(rule.where, rule.group, "resident", lang)
            parts.insert(0, say("asks.ratio", lang, amount=whole, per=f"{amount.per:g}", who=who))
        elif rule.kind == "total":
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
        return f"{name} = {listing([say(f'ownership.{word}', lang) for word in test.one_of], lang)}"
    return name
