"""People as whole numbers that add up: villages to townships, townships to the county, gaps to the uncovered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pandas as pd

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.assess.rounding import ROUNDED
from accessgis.report.numbers import apportion, whole

LEVELS_SHOWN = ("province", "prefecture", "county", "township", "village")
Made = TypeVar("Made")
_ROUNDED_TWICE = 2
"""How far a whole number of people may lie from its exact value after rounding at two levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The whole people of one area under one rule and profile, and the exact share."""

    people: int
    covered: int
    share: float
    """Covered share 0–1, NaN where nobody is concerned or nothing is known."""

    @property
    def uncovered(self) -> int:
        """People concerned and not covered."""
        return self.people - self.covered


Figures = dict[str, dict[str, Figure]]
"""Figures by level and area code."""

# An assessment never changes, so what follows from it may be kept for as long as it lives.
_KNOWN: WeakKeyDictionary[Assessment, dict[tuple[Hashable, ...], Any]] = WeakKeyDictionary()


def kept(assessment: Assessment, key: tuple[Hashable, ...], make: Callable[[], Made]) -> Made:
    """Return what ``make`` makes of an assessment, made once for each key."""
    known = _KNOWN.setdefault(assessment, {})
    if key not in known:
        known[key] = make()
    made: Made = known[key]
    return made


def main_area(assessment: Assessment) -> str:
    """Return the code of the area that the study is about: its own, else that of its first county."""
    if assessment.results["level"].isin(["province", "prefecture"]).any():
        return assessment.study.code
    counties = assessment.areas.frame[assessment.areas.frame["level"] == "county"]
    codes = list(counties["code"])
    if assessment.study.code in codes:
        return assessment.study.code
    return str(codes[0]) if codes else str(assessment.areas.frame["code"].iloc[0])


def rows_of(assessment: Assessment, rule: RuleRecord) -> pd.DataFrame:
    """Return the results of a rule for its own group."""

    def chosen() -> pd.DataFrame:
        results = assessment.results
        return results[(results["rule"] == rule.rule) & (results["group"] == rule.group)]

    return kept(assessment, ("rows", rule.rule, rule.group), chosen)


def headline_rows(assessment: Assessment) -> dict[str, pd.DataFrame]:
    """Return the rows of every rule's own profiles, by rule."""

    def by_rule() -> dict[str, pd.DataFrame]:
        rows = assessment.results[assessment.results["headline"]]
        return {str(name): group for name, group in rows.groupby("rule", sort=False)}

    return kept(assessment, ("headline rows",), by_rule)


def whole_figures(assessment: Assessment, rule: RuleRecord, profile: str) -> Figures:
    """Return the figures of one rule and profile at every level, in whole people that add up.

    Computed once for an assessment. Each county is rounded; its townships, and their villages, are shared out by
    largest remainders, people first and then the covered among them. People of an area that are in none of its parts
    stay in the sum. Figures that are multiples already (:mod:`accessgis.assess.rounding`) stand as they are.
    """
    return kept(assessment, ("figures", rule, profile), lambda: _compute(assessment, rule, profile))


def parents(assessment: Assessment) -> dict[str, str]:
    """Return the code of the area above by the code of each area; the study stands above its counties."""

    def above() -> dict[str, str]:
        columns = (assessment.areas.frame[name].tolist() for name in ("code", "parent", "level"))
        rows = zip(*columns, strict=True)
        return {code: assessment.study.code if level == "county" else parent for code, parent, level in rows}

    return kept(assessment, ("parents",), above)


def area_names(assessment: Assessment) -> dict[str, str]:
    """Return the name of every area by code."""

    def named() -> dict[str, str]:
        frame = assessment.areas.frame
        return dict(zip(frame["code"].tolist(), frame["name"].astype(str).tolist(), strict=True))

    return kept(assessment, ("area names",), named)


def _compute(assessment: Assessment, rule: RuleRecord, profile: str) -> Figures:
    rows = rows_of(assessment, rule)
    rows = rows[rows["profile"] == profile]
    exact = {
        level: {
            area: (_number(people), _number(covered), share)
            for area, people, covered, share in zip(
                *(frame[name].tolist() for name in ("area", "people", "covered", "covered_share")), strict=True
            )
        }
        for level, frame in rows.groupby("level", sort=False)
    }
    parent = parents(assessment)
    figures: Figures = {}
    above = ""
    for level in LEVELS_SHOWN:
        here = exact.get(level, {})
        figures[level] = (
            _shared(here, exact[above], figures[above], parent)
            if above and ROUNDED not in assessment.parameters
            else {code: _rounded(*values) for code, values in here.items()}
        )
        above = level if here else above if level in ("province", "prefecture") else ""
    return figures


def gap_people(uncovered: dict[str, Figure], gaps: pd.DataFrame) -> list[int]:
    """Return the people of each gap as whole numbers that add up to the uncovered of its township."""
    result = [0] * len(gaps)
    exact = gaps["people"].tolist()
    for township, positions in _positions(gaps["township"].astype(str).tolist()).items():
        parts = [exact[position] for position in positions]
        figure = uncovered.get(township)
        total = (
            whole(sum(parts))
            if figure is None or abs(figure.uncovered - sum(parts)) > _ROUNDED_TWICE
            else figure.uncovered
        )
        for position, value in zip(positions, apportion(total, parts), strict=True):
            result[position] = value
    return result


def _number(value: float) -> float:
    return float(value) if value == value else 0.0


def _rounded(people: float, covered: float, share: float) -> Figure:
    total = whole(people)
    return Figure(people=total, covered=min(total, whole(covered)), share=share)


def _positions(keys: list[str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    return groups


def _shared(
    here: dict[str, tuple[float, float, float]],
    exact_above: dict[str, tuple[float, float, float]],
    above: dict[str, Figure],
    parent: dict[str, str],
) -> dict[str, Figure]:
    result: dict[str, Figure] = {}
    codes = list(here)
    for unit, positions in _positions([str(parent.get(code, "")) for code in codes]).items():
        members = [codes[position] for position in positions]
        if unit not in above:
            result.update({code: _rounded(*here[code]) for code in members})
            continue
        result.update(_split(above[unit], exact_above[unit], {code: here[code] for code in members}))
    return {code: result[code] for code in codes}


def _split(
    total: Figure, exact: tuple[float, float, float], parts: dict[str, tuple[float, float, float]]
) -> dict[str, Figure]:
    """Share the whole people of an area out over its parts.

    A part that is covered to the last person stays so in whole numbers, and so does one where nobody is covered.
    """
    people = [values[0] for values in parts.values()]
    covered = [values[1] for values in parts.values()]
    people.append(max(0.0, exact[0] - sum(people)))
    covered.append(max(0.0, exact[1] - sum(covered)))
    heads = apportion(total.people, people)
    uncovered = [max(0.0, all_ - part) for all_, part in zip(people, covered, strict=True)]
    fixed = {
        index: 0 if uncovered[index] == 0 else heads[index]
        for index in range(len(heads))
        if uncovered[index] == 0 or covered[index] == 0
    }
    free = [index for index in range(len(heads)) if index not in fixed]
    left = total.uncovered - sum(fixed.values())
    if not 0 <= left <= sum(heads[index] for index in free):
        fixed, free, left = {}, list(range(len(heads))), total.uncovered
    shared = apportion(left, [uncovered[index] for index in free], room=[heads[index] for index in free])
    whole_uncovered = fixed | dict(zip(free, shared, strict=True))
    return {
        code: Figure(people=heads[index], covered=heads[index] - whole_uncovered[index], share=values[2])
        for index, (code, values) in enumerate(parts.items())
    }
