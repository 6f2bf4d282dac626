"""Rules that count, ready to print: how every unit stands by name, figures by township, effects of closing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.report import facts
from accessgis.report.doubts import belongs, doubt_lines, reassures
from accessgis.report.figures import area_names, parents
from accessgis.report.indicators import Indicator, asks_text, row_texts
from accessgis.report.numbers import count, minutes_within, whole
from accessgis.report.units import rounded, unit_names
from accessgis.report.wording import kind_name, listing, say, titled

FactLine = tuple[str, str]
Facts = tuple[str, tuple[str, ...]]
"""A label with everything that is said under it."""
STATES = ("absent", "unknown", "shared", "substitute", "present", "exempt", "not_named", "not_asked")
"""How a unit may stand, what needs attention first."""
SHOWN_NAMES = 400
_UNLISTED = ("not_asked", "not_named")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateGroup:
    """Units that stand alike: the state in words, how many, their names (by township where they are villages)."""

    state: str
    word: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFigure:
    """A rule that counts in one township."""

    code: str
    name: str
    value: str
    deficit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSection:
    """A rule that counts, with a figure."""

    indicator: Indicator
    asks: str
    states: tuple[StateGroup, ...]
    areas: tuple[AreaFigure, ...]
    unit: str
    standing: str
    facts: tuple[Facts, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRow:
    """A candidate of a consolidation rule."""

    name: str
    place: str
    people: str
    before: str
    after: str
    worst: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureTable:
    """The candidates of one consolidation rule."""

    title: str
    rows: tuple[ClosureRow, ...]


def counted_section(assessment: Assessment, rule: RuleRecord, indicator: Indicator, lang: Language) -> CountedSection:
    """Return a rule that counts."""
    results = assessment.results
    rows = results[(results["rule"] == rule.rule) & results["headline"]]
    records = [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
    doubts = [doubt for doubt in assessment.quality.doubts if belongs(doubt, rule) and not reassures(doubt)]
    return CountedSection(
        indicator=indicator,
        asks=asks_text(rule, lang),
        states=_states(assessment, rule, records, lang),
        areas=_areas(assessment, rule, records, lang),
        unit=indicator.unit,
        standing=facts.standing(assessment, rule, lang),
        facts=gathered(_facts(assessment, rule, lang)),
        notes=tuple(doubt_lines(doubts, lang, titles={rule.rule: titled(rule.title, lang)})),
    )


def _states(
    assessment: Assessment, rule: RuleRecord, rows: list[dict[str, Any]], lang: Language
) -> tuple[StateGroup, ...]:
    units = [row for row in rows if row["state"] in STATES]
    if rule.presence is None or not units:
        return ()
    above = parents(assessment)
    townships = unit_names(assessment, "township")
    own = area_names(assessment)
    groups = []
    for state in STATES:
        mine = [row for row in units if row["state"] == state]
        if not mine:
            continue
        names: tuple[str, ...] = ()
        if state not in _UNLISTED and len(mine) <= SHOWN_NAMES:
            by_township: dict[str, list[str]] = {}
            for row in mine:
                township = townships.get(above.get(row["area"], ""), "") if row["level"] == "village" else ""
                by_township.setdefault(township, []).append(str(own.get(row["area"], row["area_name"])))
            names = tuple(_group(township, named, lang) for township, named in by_township.items())
        elif state not in _UNLISTED:
            names = (say("report.unit_many", lang, count=count(len(mine))),)
        groups.append(StateGroup(state=state, word=_word(rule, state, lang), count=len(mine), names=names))
    return tuple(groups)


def _word(rule: RuleRecord, state: str, lang: Language) -> str:
    if state == "substitute" and rule.presence is not None and rule.presence.satisfied_by:
        kinds = listing([kind_name(kind, lang) for kind in rule.presence.satisfied_by], lang)
        return say("report.by_substitute", lang, kinds=kinds)
    return say(f"report.state_{state}", lang)


def _group(township: str, names: list[str], lang: Language) -> str:
    if not township:
        return listing(names, lang)
    return say("report.unit_group", lang, township=township, count=len(names), names=listing(names, lang))


def _areas(
    assessment: Assessment, rule: RuleRecord, rows: list[dict[str, Any]], lang: Language
) -> tuple[AreaFigure, ...]:
    """Return the townships with a figure of their own, the largest deficit first."""
    here = [row for row in rows if row["level"] == "township" and row["state"] not in STATES]
    names = unit_names(assessment, "township")
    found = []
    for row in here:
        value, _, deficit = row_texts(rule, row, lang)
        if value and row["verdict"] != "nobody_concerned":
            lack = float(row["deficit"])
            figure = AreaFigure(code=row["area"], name=names.get(row["area"], ""), value=value, deficit=deficit)
            found.append((0.0 if math.isnan(lack) else -lack, str(row["area"]), figure))
    return tuple(figure for _, _, figure in sorted(found, key=lambda item: item[:2]))


def _facts(assessment: Assessment, rule: RuleRecord, lang: Language) -> list[FactLine]:
    """Return what such a rule rests on: those of the common facts that say something about it."""
    asked = {say(f"fact.{name}", lang) for name in ("force", "assumed")}
    lines = [line for line in facts.rule_facts(assessment, rule, (), lang) if line[0] in asked]
    kinds = listing([kind_name(kind, lang) for kind in rule.kinds], lang)
    return [*([(say("fact.kinds", lang), kinds)] if kinds else []), *lines]


def gathered(lines: Iterable[FactLine]) -> tuple[Facts, ...]:
    """Return facts with those of one label together, in the order of their labels."""
    found: dict[str, list[str]] = {}
    for label, text in lines:
        found.setdefault(label, []).append(text)
    return tuple((label, tuple(texts)) for label, texts in found.items())


def closure_tables(assessment: Assessment, lang: Language) -> tuple[ClosureTable, ...]:
    """Return the candidates of every consolidation rule, the one whose closing moves most people first."""
    frame = assessment.closures
    tables = []
    for rule in assessment.rules:
        mine = frame[frame["rule"] == rule.rule]
        if not mine.empty:
            rows = tuple(_closure(assessment, row, lang) for row in mine.to_dict("records"))  # type: ignore[arg-type]
            tables.append(ClosureTable(title=titled(rule.title, lang), rows=rows))
    return tuple(tables)


def _closure(assessment: Assessment, row: dict[str, Any], lang: Language) -> ClosureRow:
    names = area_names(assessment)
    return ClosureRow(
        name=str(row["name"]) or str(row["facility_id"]),
        place=f"{names.get(row['township'], '')}{names.get(row['village'], '')}",
        people=rounded(float(row["people"])),
        before=_minutes(float(row["median_before_s"]), lang),
        after=_minutes(float(row["median_after_s"]), lang),
        worst=tuple(
            say(
                "report.closure_village",
                lang,
                village=str(village),
                people=count(whole(people)),
                before=_minutes(before, lang),
                after=_minutes(after, lang),
            )
            for village, people, before, after in row["worst"]
        ),
    )


def _minutes(seconds: float, lang: Language) -> str:
    if math.isinf(seconds):
        return say("report.unreachable", lang)
    return say("report.no_value", lang) if math.isnan(seconds) else str(minutes_within(seconds))
