"""The equal-access index (均等化实现程度): how far the targets of all judged rules are reached, per area and in all."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from accessgis.assess.assessment import INDEX, INDEX_RULES, RuleRecord
from accessgis.assess.attainment import Goal, attained, expected_at, goal_of
from accessgis.layers.areas import LEVELS
from accessgis.standards.weights import OTHER_FIELD, Weights

INDEX_LEVELS = LEVELS[: LEVELS.index("village")]
"""Levels that the index is given for: a village alone says nothing of services that serve many."""

Status = Literal["judged", "not_judged", "nobody_concerned", "other_level"]
STATUSES: tuple[Status, ...] = ("judged", "not_judged", "nobody_concerned", "other_level")
"""How a rule stands in an area: counted; something is missing; nobody or no unit is concerned; not for this level."""

LeftOut = Literal["expired", "comparison", "recorded", "candidates", "no_goal"]
"""Why a rule is no part of the index anywhere."""


@dataclass(frozen=True, eq=False, kw_only=True)
class EqualAccess:
    """The index and what it is made of.

    Attributes
    ----------
    areas
        Schema :data:`accessgis.assess.assessment.INDEX`: no row where no rule is judged.
    rules
        Schema :data:`accessgis.assess.assessment.INDEX_RULES`: every rule that may count, in every area.
    left_out
        Why a rule is no part of the index anywhere, by rule.
    """

    areas: pd.DataFrame
    rules: pd.DataFrame
    left_out: Mapping[str, LeftOut]


def equal_access(
    results: pd.DataFrame,
    rules: Sequence[RuleRecord],
    *,
    weights: Weights,
    county_of: Mapping[str, str] | None = None,
    comparison: Collection[str] = (),
) -> EqualAccess:
    """Return how far equal access is reached in every area that the results are given for.

    Parameters
    ----------
    results
        Schema :data:`accessgis.assess.assessment.RESULTS`; only the rows of the rules' own profiles are read.
    rules
        The rules as applied.
    weights
        Weights of the fields of service, and bands.
    county_of
        Code of the county of each area.
    comparison
        Sources that stand beside the plans for comparison and count for nothing.
    """
    left_out = {rule.rule: why for rule in rules if (why := _why_left_out(rule, comparison))}
    kept = [rule for rule in rules if rule.rule not in left_out]
    rows = results[results["headline"] & results["level"].isin(INDEX_LEVELS)]
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    names = {(level, area): text for level, area, text in rows[["level", "area", "area_name"]].itertuples(index=False)}
    by_rule = {str(rule): _records(group) for rule, group in rows.groupby("rule", sort=False)}
    for rule in kept:
        for row in by_rule.get(rule.rule, []):
            found[rule.rule, row["level"], row["area"]] = row
    barred = {rule.rule: _barred(by_rule.get(rule.rule, [])) for rule in kept}
    parts: list[pd.DataFrame] = []
    for level, area in sorted(names, key=lambda key: (LEVELS.index(key[0]), key[1])):
        county = (county_of or {}).get(area, "")
        place = (level, area, names[level, area])
        lines = [_line(rule, place, found.get((rule.rule, level, area)), barred[rule.rule], county) for rule in kept]
        parts.append(_weighted(pd.DataFrame(lines, columns=list(INDEX_RULES.names)), weights))
    table = pd.concat([INDEX_RULES.empty(), *parts], ignore_index=True) if kept else INDEX_RULES.empty()
    return EqualAccess(areas=_areas(table, weights), rules=table, left_out=left_out)


def _why_left_out(rule: RuleRecord, comparison: Collection[str]) -> LeftOut | None:
    """Return why a rule is no part of the index, None for one that may count."""
    if rule.rule_kind == "direction":
        return "recorded"
    if rule.rule_kind == "consolidation":
        return "candidates"
    if rule.stage == "expired":
        return "expired"
    if rule.source in comparison:
        return "comparison"
    # A circle without a stated share asks that everybody be inside it.
    asks = rule.rule_kind == "circle" or rule.target is not None or rule.value is not None or bool(rule.units)
    return None if asks else "no_goal"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


@dataclass(frozen=True, slots=True)
class _Barred:
    """Where a rule cannot be judged at the level of its verdict: it counts in nothing below either."""

    areas: frozenset[str]
    everywhere: bool


def _barred(rows: Sequence[dict[str, Any]]) -> _Barred:
    standing = [row for row in rows if row["verdict"] not in ("", "nobody_concerned")]
    lacking = [row for row in standing if row["verdict"] == "not_judged"]
    return _Barred(
        areas=frozenset(str(row["area"]) for row in lacking),
        everywhere=bool(lacking) and len(lacking) == len(standing),
    )


def _line(
    rule: RuleRecord, place: tuple[str, str, str], row: dict[str, Any] | None, barred: _Barred, county: str
) -> dict[str, Any]:
    """Return what one rule gives in one area, without its weight."""
    goal = None if row is None else goal_of(rule, row)
    line: dict[str, Any] = {
        **dict(zip(("level", "area", "area_name"), place, strict=True)),
        "rule": rule.rule,
        "field": rule.category or OTHER_FIELD,
        "status": _status(rule, place[0], row, goal, barred, county),
        "figure": math.nan,
        "goal": math.nan,
        **dict.fromkeys(("attained", "attained_low", "attained_high"), math.nan),
        "weight": 0.0,
        "contribution": 0.0,
        "lost": 0.0,
        "basis": rule.basis,
        "own_target": bool(rule.target_basis),
    }
    if line["status"] == "judged":
        assert row is not None
        assert goal is not None
        central, low, high = attained(rule, row, goal)
        line |= {"figure": goal.figure, "goal": goal.aim}
        line |= {"attained": central, "attained_low": low, "attained_high": high}
    return line


def _status(  # one argument for each thing that decides
    rule: RuleRecord, level: str, row: dict[str, Any] | None, goal: Goal | None, barred: _Barred, county: str
) -> Status:
    if row is None:
        return "not_judged" if expected_at(rule, level) else "other_level"
    if row["verdict"] == "nobody_concerned" or row["state"] in ("not_asked", "exempt"):
        return "nobody_concerned"
    unknown = row["verdict"] == "not_judged" or row["state"] == "unknown" or (not row["verdict"] and row["missing"])
    if unknown or (rule.rule_kind == "circle" and not row["verdict"] and (barred.everywhere or county in barred.areas)):
        return "not_judged"
    if goal is None:
        return "other_level"
    if math.isnan(goal.figure):
        nobody = row["people"] == 0 if rule.rule_kind == "circle" else not row["missing"]
        return "nobody_concerned" if nobody else "not_judged"
    return "judged"


def _weighted(lines: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Return the rules of one area with their weights: those judged share the whole, the others have none."""
    counted = [index for index, status in enumerate(lines["status"]) if status == "judged"]
    fields, rules = list(lines["field"]), list(lines["rule"])
    own = {index: weights.rule_weight(rules[index]) for index in counted}
    in_field = {
        name: math.fsum(own[index] for index in counted if fields[index] == name)
        for name in dict.fromkeys(fields[index] for index in counted)
    }
    whole = math.fsum(weights.field_weight(name) for name, total in in_field.items() if total > 0)
    weight = np.zeros(len(lines))
    for index in counted:
        name = fields[index]
        if whole > 0 and in_field[name] > 0:
            weight[index] = weights.field_weight(name) / whole * (own[index] / in_field[name])
    if whole > 0:
        # The last bits go to the heaviest rule, so that the weights add up to 1 and no index exceeds it.
        heaviest = np.argmax(weight)
        weight[heaviest] = 0.0
        weight[heaviest] = math.fsum([1.0, *(-weight)])
    reached = lines["attained"].fillna(0.0).to_numpy(dtype=np.float64)
    return lines.assign(weight=weight, contribution=weight * reached, lost=weight * (1.0 - reached))


def _areas(table: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Return the row of every area where something is judged: what its rules contribute, added up."""
    rows = []
    for (level, area), lines in table.groupby(["level", "area"], sort=False):
        judged = lines[lines["weight"] > 0]
        if judged.empty:
            continue
        central, low, high = (
            math.fsum(judged["weight"] * judged[name]) for name in ("attained", "attained_low", "attained_high")
        )
        counts = lines["status"].value_counts()
        applies = lines[lines["status"].isin(("judged", "not_judged"))]["field"].unique()
        there = judged["field"].unique()
        whole = math.fsum(weights.field_weight(name) for name in applies)
        share = math.fsum(weights.field_weight(name) for name in there) / whole
        band, worst, best = (weights.band(value, weight_judged=share) for value in (central, low, high))
        rows.append(
            {
                "level": level,
                "area": area,
                "area_name": lines["area_name"].iloc[0],
                "attained": central,
                "attained_low": low,
                "attained_high": high,
                "band": band,
                "robust": worst == best,
                **{f"rules_{status}": int(counts.get(status, 0)) for status in STATUSES},
                "rules_adopted": int((judged["basis"] == "adopted").sum()),
                "rules_own_target": int(judged["own_target"].sum()),
                "fields_judged": len(there),
                "weight_judged": share,
            }
        )
    frame = pd.DataFrame(rows, columns=list(INDEX.names))
    return frame if rows else INDEX.empty()
