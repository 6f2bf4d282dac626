"""People as whole numbers that add up: villages to townships, townships to the county, gaps to the uncovered."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.report.numbers import apportion, whole

LEVELS_SHOWN = ("county", "township", "village")
REST = ""
"""Stands for the people of an area that are in none of its parts."""


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


def main_area(assessment: Assessment) -> str:
    """Return the code of the area that the study is about: the county of its code, else the first at the top level."""
    counties = assessment.areas.frame[assessment.areas.frame["level"] == "county"]
    codes = list(counties["code"])
    if assessment.study.code in codes:
        return assessment.study.code
    return str(codes[0]) if codes else str(assessment.areas.frame["code"].iloc[0])


def rows_of(assessment: Assessment, rule: RuleRecord) -> pd.DataFrame:
    """Return the results of a rule for its own group."""
    results = assessment.results
    return results[(results["rule"] == rule.rule) & (results["group"] == rule.group)]


def whole_figures(assessment: Assessment, rule: RuleRecord, profile: str) -> Figures:
    """Return the figures of one rule and profile at every level, in whole people that add up.

    Each county is rounded; its townships, and their villages, are shared out by largest remainders, people first and
    then the covered among them. People of an area that are in none of its parts stay in the sum.
    """
    rows = rows_of(assessment, rule)
    rows = rows[rows["profile"] == profile]
    exact = {
        level: {
            str(area): (_number(people), _number(covered), float(share))
            for area, people, covered, share in frame[["area", "people", "covered", "covered_share"]].itertuples(
                index=False
            )
        }
        for level, frame in rows.groupby("level", sort=False)
    }
    parent = dict(zip(assessment.areas.frame["code"], assessment.areas.frame["parent"], strict=True))
    figures: Figures = {}
    for level in LEVELS_SHOWN:
        here = exact.get(level, {})
        above = LEVELS_SHOWN[LEVELS_SHOWN.index(level) - 1] if level != "county" else None
        figures[level] = (
            {code: _rounded(*values) for code, values in here.items()}
            if above is None or not figures.get(above)
            else _shared(here, exact[above], figures[above], parent)
        )
    return figures


def gap_people(uncovered: dict[str, Figure], gaps: pd.DataFrame) -> list[int]:
    """Return the people of each gap as whole numbers that add up to the uncovered of its township."""
    result = [0] * len(gaps)
    exact = gaps["people"].tolist()
    for township, positions in _positions(gaps["township"].astype(str).tolist()).items():
        parts = [exact[position] for position in positions]
        figure = uncovered.get(township)
        total = whole(sum(parts)) if figure is None or abs(figure.uncovered - sum(parts)) > 1 else figure.uncovered
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
        total = above[unit]
        people = [here[code][0] for code in members]
        covered = [here[code][1] for code in members]
        rest_people = max(0.0, exact_above[unit][0] - sum(people))
        rest_covered = max(0.0, exact_above[unit][1] - sum(covered))
        heads = apportion(total.people, [*people, rest_people])
        reached = apportion(total.covered, [*covered, rest_covered], room=heads)
        for index, code in enumerate(members):
            result[code] = Figure(people=heads[index], covered=reached[index], share=here[code][2])
    return {code: result[code] for code in codes}
