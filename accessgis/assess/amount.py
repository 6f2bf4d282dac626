"""Ratios (supply over the people it is for), totals, and shares of facilities or of an amount."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from accessgis.assess.assessment import Verdict
from accessgis.assess.supply import (
    BoolArray,
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
    once_per_site,
    passing,
    unlocated,
)
from accessgis.assess.verdict import CLASS_MISSING, UNCLASSIFIED_LIMIT
from accessgis.layers.areas import Level
from accessgis.standards.marks import OF_SITES
from accessgis.standards.model import Amount, Standard

_LEVELS: tuple[Level, ...] = ("province", "prefecture", "county", "township")
"""Levels that amounts are given for: a figure per village says nothing of a supply that serves many."""


def evaluate_amount(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a ratio, a share or a total.

    What is unknown of a facility (its amount, a mark, its unit, a kind without a layer) makes the figure a lower bound:
    a target of “at least” may be met all the same, but is not missed while the unknown could make it up.
    """
    asks = rule.standard.amount
    if rule.standard.statistic:
        return _stated(rule, layers)
    assert asks is not None
    missing = amount_lacks(rule, layers)
    if missing:
        return nothing_known(rule, layers, missing)
    supply = _supply(rule, layers, asks)
    rows = []
    for level in [level for level in _LEVELS if level in layers.groupings]:
        sums, reasons = _level_sums(rule, layers, level, supply)
        rows += [amount_row(rule, (level, code, name), area, reasons) for code, name, area in sums]
    return frame_of(rule, rows)


def amount_lacks(rule: CountedRule, layers: Layers) -> tuple[str, ...]:
    """Return what keeps every area from being judged."""
    missing = list(rule.missing)
    if len(lacking_kinds(layers, rule.kinds)) == len(rule.kinds):
        missing.append("facilities:" + "|".join(rule.kinds))
    if rule.standard.kind == "ratio" and rule.standard.group not in layers.people:
        missing.append(f"group:{rule.standard.group}")
    return tuple(missing)


def sums_of_counties(rule: CountedRule, layers: Layers) -> tuple[list[tuple[str, AreaSums]], tuple[str, ...]]:
    """Return what every county has, by its code, and what leaves it open; for rules of which nothing is lacking."""
    assert rule.standard.amount is not None
    sums, reasons = _level_sums(rule, layers, "county", _supply(rule, layers, rule.standard.amount))
    return [(code, area) for code, _, area in sums], reasons


def _stated(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a rule that rests on official figures: those areas for which the study states one."""
    name = rule.standard.statistic
    unit = "share" if rule.standard.kind == "share" else "stated"
    rows = []
    for level in _LEVELS:
        grouping = layers.groupings.get(level)
        for code, area_name in zip(grouping.codes, grouping.names, strict=True) if grouping else ():
            value = layers.statistics.get((name, code))
            if value is None:
                continue
            target = rule.standard.units.get(code, _target_at(rule, level))
            figure = _Figure(value=value, low=value, high=value, unit=unit, scale=math.nan)
            verdict, _ = _verdict(rule, level, code, figure, target, ())
            rows.append(_row(rule, (level, code, area_name), figure, verdict, target, ()))
    return frame_of(rule, rows) if rows else nothing_known(rule, layers, (f"statistic:{name}",))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Supply:
    """What each facility gives: ``sure`` to the whole and to the part, ``more`` that it may add to the part.

    ``open_`` are the facilities of which it is not known whether or how much they add to the whole.
    """

    mine: BoolArray
    sure: FloatArray
    open_: BoolArray
    part: FloatArray
    more: FloatArray
    reasons: tuple[str, ...]


def _since(
    layers: Layers, day: dt.date, passes: BoolArray, open_: BoolArray, reasons: tuple[str, ...]
) -> tuple[BoolArray, BoolArray, tuple[str, ...]]:
    """Keep what opened on a day or later; what does not say when it opened may be among it."""
    opened = layers.facilities["opened"].to_numpy(dtype=object)
    unsaid = (opened == "") & (passes | open_)
    later = opened >= day.isoformat()
    told = (*reasons, "opened") if unsaid.any() else reasons
    return passes & later, (open_ & later) | unsaid, told


def _supply(rule: CountedRule, layers: Layers, asks: Amount) -> _Supply:
    mine = of_kinds(layers, rule.kinds)
    passes, open_, reasons = passing(layers, rule.standard.having, mine)
    if asks.since is not None:
        passes, open_, reasons = _since(layers, asks.since, passes, open_, reasons)
    amount, differ = amounts(layers, asks.amount), False
    if asks.amount in OF_SITES:
        before = passes
        passes, open_, amount = once_per_site(layers, passes, open_, asks.amount)
        differ = bool((open_ & before).any())
    unstated = passes & np.isnan(amount)
    sure = np.where(passes, np.nan_to_num(amount), 0.0)
    part, more = sure, np.zeros_like(sure)
    reasons = (*reasons, *([f"attribute:{asks.amount}"] if differ or unstated.any() else []))
    if asks.part_amount:
        other = amounts(layers, asks.part_amount)
        unknown = np.isnan(other) & (sure > 0)
        part, more = np.where(sure > 0, np.nan_to_num(other), 0.0), np.where(unknown, sure, 0.0)
        reasons = (*reasons, *([f"attribute:{asks.part_amount}"] if unknown.any() else []))
    elif asks.part:
        within, maybe, why = passing(layers, asks.part, sure > 0)
        part, more = np.where(within, sure, 0.0), np.where(maybe, sure, 0.0)
        reasons = (*reasons, *why)
    return _Supply(mine=passes | open_, sure=sure, open_=open_ | unstated, part=part, more=more, reasons=reasons)


def _level_sums(
    rule: CountedRule, layers: Layers, level: Level, supply: _Supply
) -> tuple[list[tuple[str, str, AreaSums]], tuple[str, ...]]:
    """Return code, name and sums of every area of a level, and what leaves them open."""
    unit_of, absent = layers.unit_of[level], lacking_kinds(layers, rule.kinds)
    lost = unlocated(layers, level, supply.mine)
    sums = (unit_of.sums(values) for values in (supply.sure, supply.part, supply.more))
    open_ = np.full(lost.size, np.inf) if absent else unit_of.sums(supply.open_.astype(np.float64)) + lost
    lacking = (f"facilities:{kind}" for kind in absent)
    reasons = (*supply.reasons, *lacking, *(("placement",) if lost.any() else ()))
    figures = zip(*(values.tolist() for values in (*sums, open_, *_people(rule, layers, level))), strict=True)
    areas = [
        AreaSums(whole=whole, part=part, open_part=more, open_=unknown, people=people, unclassified=none, living=living)
        for whole, part, more, unknown, people, none, living in figures
    ]
    return list(zip(unit_of.codes, unit_of.names, areas, strict=True)), reasons


def amount_row(rule: CountedRule, at: tuple[Level, str, str], area: AreaSums, reasons: tuple[str, ...]) -> Row:
    """Return the row of an area, by level, code and name, from what is in it."""
    standard, (level, code, _) = rule.standard, at
    target = standard.units.get(code, _target_at(rule, level))
    figure = _figure(standard, area)
    verdict, missing = _verdict(rule, level, code, figure, target, reasons)
    if standard.kind == "ratio" and area.unclassified > UNCLASSIFIED_LIMIT * area.living and verdict:
        figure, verdict, missing = replace(figure, value=math.nan), "not_judged", (CLASS_MISSING,)
    elif figure.concerned and not figure.known and verdict != "meets":
        # A lower bound is no figure: what is unknown is said instead.
        figure, missing = replace(figure, value=math.nan), missing or reasons
        verdict = "not_judged" if verdict == "no_target" and target is None else verdict
    return _row(rule, at, figure, verdict, target, missing, people=area.people)


def _row(  # one argument for each thing that a row tells
    rule: CountedRule,
    area: tuple[Level, str, str],
    figure: _Figure,
    verdict: Verdict | Literal[""],
    target: float | None,
    missing: tuple[str, ...],
    *,
    people: float = math.nan,
) -> Row:
    aim = math.nan if target is None else target
    return Row(
        level=area[0],
        area=area[1],
        area_name=area[2],
        people=people if rule.standard.kind == "ratio" else math.nan,
        value=figure.value,
        unit=figure.unit,
        target=aim if verdict else math.nan,
        deficit=_deficit(figure, aim),
        verdict=verdict,
        missing=missing,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSums:
    """What is in one area.

    ``whole`` surely, ``open_`` facilities that may add to it (infinite where a kind has no layer); ``part`` of the
    whole passes, ``open_part`` more may. ``people`` are concerned, of the group ``living`` there, ``unclassified`` of
    them in no known place class.
    """

    whole: float
    part: float
    open_part: float
    open_: float
    people: float
    unclassified: float
    living: float


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


def _figure(standard: Standard, sums: AreaSums) -> _Figure:
    """Return the figure of one area."""
    amount, open_ = standard.amount, sums.open_ > 0
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
    figure = rule.record.target if rule.standard.kind == "share" else rule.standard.value
    return None if level == "township" and rule.record.target_level not in ("unit", "township") else figure


def _verdict(
    rule: CountedRule,
    level: Level,
    code: str,
    figure: _Figure,
    target: float | None,
    reasons: tuple[str, ...],
) -> tuple[Verdict | Literal[""], tuple[str, ...]]:
    standard, of_level = rule.standard, rule.record.target_level
    stands = code in standard.units or level == ("county" if of_level in (None, "unit") else of_level)
    if not stands:
        return "", ()
    if not figure.concerned:
        return "nobody_concerned", ()
    if target is None:
        return "no_target", ()
    return judged(rule, figure.low, figure.high, op=standard.op or ">=", target=target, missing=reasons)


def _people(rule: CountedRule, layers: Layers, level: Level) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return per area the people concerned, those without a place class, and all of the group."""
    grouping, standard = layers.groupings[level], rule.standard
    given = layers.people.get(standard.group)
    if given is None:
        nobody = np.zeros(len(grouping.codes))
        return nobody, nobody, nobody
    inside, unknown = layers.inside[standard.where], layers.unclassified[standard.where]
    return (
        grouping.sums(np.where(inside, given, 0.0)),
        grouping.sums(np.where(unknown, given, 0.0)),
        grouping.sums(given),
    )
