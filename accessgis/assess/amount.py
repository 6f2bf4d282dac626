"""Ratios (supply over the people it is for), totals, and shares of facilities or of an amount."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from accessgis.assess.supply import (
    CountedRule,
    FloatArray,
    Layers,
    Row,
    amounts,
    frame_of,
    judged,
    lacking_kinds,
    nothing_known,
    of_kinds,
    passing,
    sum_by,
)
from accessgis.assess.verdict import CLASS_MISSING, UNCLASSIFIED_LIMIT
from accessgis.layers.areas import Level
from accessgis.standards.model import Amount, Standard

_LEVELS: tuple[Level, ...] = ("province", "prefecture", "county", "township")
"""Levels that amounts are given for: a figure per village says nothing of a supply that serves many."""


def evaluate_amount(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a ratio, a share or a total.

    What is unknown of a facility (its amount, a mark, a kind without a layer) makes the figure a lower bound: a target
    of “at least” may be met all the same, but is not missed while the unknown could make it up.
    """
    standard = rule.standard
    asks = standard.amount
    if standard.statistic:
        return _stated(rule, layers)
    assert asks is not None
    kinds = [kind for part in standard.facilities_any for kind in part]
    missing = list(rule.missing)
    absent = lacking_kinds(layers, kinds)
    if len(absent) == len(kinds):
        missing.append("facilities:" + "|".join(kinds))
    if standard.kind == "ratio" and standard.group not in layers.people:
        missing.append(f"group:{standard.group}")
    if asks.since is not None:
        missing.append("opened")
    if missing:
        return nothing_known(rule, layers, tuple(missing))
    reasons = [f"facilities:{kind}" for kind in absent]
    whole, whole_open = _sums(rule, layers, asks.amount, reasons)
    part, part_open = whole, whole_open
    if standard.kind == "share":
        part, part_open = _part(rule, layers, asks, reasons)
    rows = [
        row
        for level in _LEVELS
        if level in layers.groupings
        for row in _level_rows(rule, layers, level, (whole, whole_open), (part, part_open), tuple(reasons))
    ]
    return frame_of(rule, rows)


def _stated(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a rule that rests on official figures: those areas for which the study states one."""
    name = rule.standard.statistic
    unit = "share" if rule.standard.kind == "share" else "stated"
    rows = []
    for level in _LEVELS:
        if level not in layers.groupings:
            continue
        grouping = layers.groupings[level]
        for code, area_name in zip(grouping.codes, grouping.names, strict=True):
            value = layers.statistics.get((name, code))
            if value is None:
                continue
            target = rule.standard.units.get(code, _target_at(rule, level))
            figure = _Figure(value=value, low=value, high=value, unit=unit, scale=1.0)
            verdict, missing = _verdict(rule, level, code, figure, target, ())
            shown = math.nan if target is None else target
            rows.append(
                Row(
                    level=level, area=code, area_name=area_name, value=value, unit=unit, verdict=verdict,
                    target=shown if verdict else math.nan, missing=missing,
                )
            )  # fmt: skip
    return frame_of(rule, rows) if rows else nothing_known(rule, layers, (f"statistic:{name}",))


def _sums(rule: CountedRule, layers: Layers, name: str, reasons: list[str]) -> tuple[FloatArray, FloatArray]:
    """Return what each facility surely gives, and 1 where it may give more."""
    kinds = [kind for part in rule.standard.facilities_any for kind in part]
    mine = of_kinds(layers, kinds)
    passes, open_, why = passing(layers, rule.standard.having)
    amount = amounts(layers, name)
    unknown = mine & ((passes & np.isnan(amount)) | open_)
    if (mine & open_).any():
        reasons += why
    if (mine & passes & np.isnan(amount)).any():
        reasons.append(f"attribute:{name}")
    return np.where(mine & passes, np.nan_to_num(amount), 0.0), unknown.astype(np.float64)


def _part(rule: CountedRule, layers: Layers, asks: Amount, reasons: list[str]) -> tuple[FloatArray, FloatArray]:
    """Return what of each facility is surely in the part, and what more of it may be."""
    whole, _ = _sums(rule, layers, asks.amount, [])
    if asks.part_amount:
        amount = amounts(layers, asks.part_amount)
        unknown = np.isnan(amount) & (whole > 0)
        if unknown.any():
            reasons.append(f"attribute:{asks.part_amount}")
        return np.where(whole > 0, np.nan_to_num(amount), 0.0), np.where(unknown, whole, 0.0)
    passes, open_, why = passing(layers, asks.part)
    if (open_ & (whole > 0)).any():
        reasons += why
    return np.where(passes, whole, 0.0), np.where(open_, whole, 0.0)


def _level_rows(
    rule: CountedRule,
    layers: Layers,
    level: Level,
    whole: tuple[FloatArray, FloatArray],
    part: tuple[FloatArray, FloatArray],
    reasons: tuple[str, ...],
) -> list[Row]:
    standard, grouping = rule.standard, layers.groupings[level]
    size, index = len(grouping.codes), layers.unit_of[level]
    all_sure, all_open = (sum_by(index, values, size) for values in whole)
    part_sure, part_open = (sum_by(index, values, size) for values in part)
    people, unclassified = _people(rule, layers, level)
    lacking = any(reason.startswith("facilities:") for reason in reasons)
    rows = []
    for i, (code, name) in enumerate(zip(grouping.codes, grouping.names, strict=True)):
        target = standard.units.get(code, _target_at(rule, level))
        sums = _AreaSums(whole=all_sure[i], part=part_sure[i], open_part=part_open[i], people=people[i])
        figure = _figure(standard, sums, open_=bool(all_open[i]) or lacking)
        verdict, missing = _verdict(rule, level, code, figure, target, reasons)
        if standard.kind == "ratio" and unclassified[i] and verdict:
            verdict, missing = "not_judged", (CLASS_MISSING,)
        elif figure.concerned and not figure.known and verdict != "meets":
            # A lower bound is no figure: what is unknown is said instead.
            figure, missing = replace(figure, value=math.nan), missing or tuple(dict.fromkeys(reasons))
            verdict = "not_judged" if verdict == "no_target" and target is None else verdict
        shown = math.nan if target is None else target
        rows.append(
            Row(
                level=level,
                area=code,
                area_name=name,
                people=float(people[i]) if standard.kind == "ratio" else math.nan,
                value=figure.value,
                unit=figure.unit,
                target=shown if verdict or code in standard.units else math.nan,
                deficit=_deficit(figure, shown),
                verdict=verdict,
                missing=missing,
            )
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _AreaSums:
    whole: float
    part: float
    open_part: float
    people: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """A figure between its bounds; ``scale`` turns a lack of it into units, beds, people's places."""

    value: float
    low: float
    high: float
    unit: str
    scale: float
    concerned: bool = True

    @property
    def known(self) -> bool:
        """Whether nothing unknown could change it."""
        return self.low == self.high


def _deficit(figure: _Figure, target: float) -> float:
    """Return what is missing to the target, NaN where there is no target or no figure."""
    lack = (target - figure.value) * figure.scale
    return max(0.0, lack) if lack == lack else math.nan


def _figure(standard: Standard, sums: _AreaSums, *, open_: bool) -> _Figure:
    """Return the figure of one area; ``open_`` says that there may be more of the whole."""
    amount = standard.amount
    assert amount is not None
    if standard.kind == "total":
        return _Figure(
            value=sums.whole, low=sums.whole, high=math.inf if open_ else sums.whole, unit=amount.amount, scale=1.0
        )
    if standard.kind == "ratio":
        value = sums.whole / sums.people * amount.per if sums.people > 0 else math.nan
        return _Figure(
            value=value,
            low=value,
            high=math.inf if open_ else value,
            unit=f"{amount.amount} per {amount.per:g}",
            scale=sums.people / amount.per,
            concerned=sums.people > 0,
        )
    if not sums.whole > 0:
        return _Figure(value=math.nan, low=0.0, high=1.0, unit="share", scale=0.0, concerned=open_)
    value = sums.part / sums.whole
    low, high = (0.0, 1.0) if open_ else (value, min(1.0, (sums.part + sums.open_part) / sums.whole))
    return _Figure(value=value, low=low, high=high, unit="share", scale=sums.whole)


def _target_at(rule: CountedRule, level: Level) -> float | None:
    """Return the figure that areas of a level are held against: the rule's own, whatever level it is set for."""
    figure = rule.target if rule.standard.kind == "share" else rule.standard.value
    return None if level == "township" and rule.standard.target_level != "unit" else figure


def _verdict(
    rule: CountedRule,
    level: Level,
    code: str,
    figure: _Figure,
    target: float | None,
    reasons: tuple[str, ...],
) -> tuple[str, tuple[str, ...]]:
    standard = rule.standard
    listed = code in standard.units
    stands = listed or level == ("county" if standard.target_level in (None, "unit") else standard.target_level)
    if not stands:
        return "", ()
    if not figure.concerned:
        return "nobody_concerned", ()
    if target is None:
        return "no_target", ()
    op = standard.op or ">="
    return judged(rule, figure.low, figure.high, op=op, target=target, missing=tuple(dict.fromkeys(reasons)))


def _people(rule: CountedRule, layers: Layers, level: Level) -> tuple[FloatArray, FloatArray]:
    """Return the people concerned per area, and whether too many of its people are without a place class."""
    grouping, standard = layers.groupings[level], rule.standard
    given = layers.people.get(standard.group)
    if given is None:
        return np.zeros(len(grouping.codes)), np.zeros(len(grouping.codes))
    inside, unknown = layers.inside[standard.where], layers.unclassified[standard.where]
    people = grouping.sums(np.where(inside, given, 0.0))
    classless = grouping.sums(np.where(unknown, given, 0.0)) > UNCLASSIFIED_LIMIT * grouping.sums(given)
    return people, (classless & (standard.where != "all")).astype(np.float64)
