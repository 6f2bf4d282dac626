"""Circle rules: the share of people who reach a facility within the limit, per area, and its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import RESULTS, RuleRecord, results_frame
from accessgis.assess.verdict import CLASS_MISSING, SHARE_SLACK, UNCLASSIFIED_LIMIT, Finding, is_robust, judge
from accessgis.layers.areas import Level
from accessgis.measures.coverage import Grouping, by_time, finest, quantiles

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Block = dict[str, Any]
"""Columns of the rows of one level and profile, by name: arrays of numbers, all else as lists."""
_NUMBERS = tuple(column.name for column in RESULTS.columns if column.type == "float")
_UNLIKE_NUMBERS = tuple(column.name for column in RESULTS.columns if column.type != "float")
FACTORS: Mapping[str, tuple[str, ...]] = {
    "speed": ("low", "high"),
    "snap_limit": ("low", "high"),
    "placement": ("north", "east", "south", "west"),
}
"""Sensitivity factors and their variants, one factor at a time; a way in metres has no speed, a straight line no snap
limit either, and a placement varies only where facilities stand at the village they name."""
_APART = ("assigned", "straight", "fixed")
"""Variants that some rules have a share of beside the central one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reach:
    """How the demand points fare under one rule and one profile (or the quickest of several).

    Attributes
    ----------
    profile
        Profile id, or several joined by ``+``.
    ms
        Milliseconds to the nearest admitted facility per demand point, ``inf`` unreachable; millimetres for a rule in
        metres.
    facility
        Index of that facility, −1 where none.
    off_network
        Whether the point is off the network and has no direct way either.
    covered
        Per variant of the computation, whether the point lies within the limit. ``central``, ``own``,
        ``construction`` and ``planned`` always; the sides of the factors that the way depends on; ``assigned`` where
        facilities state whom they serve; ``straight`` where the limit has a radius as the crow flies, with ``road``
        where the central way is not the way along the roads; ``fixed`` where a mobile service counts: the central one
        by facilities at a fixed place alone.
    reach_m
        How far the limit reaches at most, in metres, for judging what lies beyond the data's extent.
    visits
        Per variant and kind, the weekdays on which a stop of a mobile service lies within the limit, as bits; not yet
        part of ``covered`` (:func:`accessgis.assess.mobile.with_mobile`).
    """

    profile: str
    ms: FloatArray
    facility: NDArray[np.int32]
    off_network: BoolArray
    covered: Mapping[str, BoolArray]
    reach_m: float
    visits: Mapping[str, Mapping[str, NDArray[np.uint8]]] = field(default_factory=dict)


def quickest(reaches: Sequence[Reach], *, profile: str) -> Reach:
    """Combine the profiles a person may choose from: the quickest counts, the first named on ties."""
    result = reaches[0]
    for other in reaches[1:]:
        better = other.ms < result.ms
        result = replace(
            result,
            ms=np.where(better, other.ms, result.ms),
            facility=np.where(better, other.facility, result.facility),
            off_network=result.off_network & other.off_network,
            covered={name: result.covered[name] | other.covered[name] for name in _common(result, other)},
            reach_m=max(result.reach_m, other.reach_m),
            visits={
                name: _either_day(days, other.visits[name])
                for name, days in result.visits.items()
                if name in other.visits
            },
        )
    return replace(result, profile=profile)


def _either_day(
    one: Mapping[str, NDArray[np.uint8]], other: Mapping[str, NDArray[np.uint8]]
) -> dict[str, NDArray[np.uint8]]:
    """Return the days on which a stop of each kind is reached by either of two ways of travel."""
    return {kind: days | other[kind] for kind, days in one.items()}


def all_parts(parts: Sequence[Reach]) -> Reach:
    """Combine the kind sets of a rule that asks for several: each must be reached, the slowest counts."""
    result = parts[0]
    for other in parts[1:]:
        worse = other.ms > result.ms
        result = replace(
            result,
            ms=np.where(worse, other.ms, result.ms),
            facility=np.where(worse, other.facility, result.facility),
            off_network=result.off_network | other.off_network,
            covered={name: result.covered[name] & other.covered[name] for name in _common(result, other)},
        )
    return result


def _common(one: Reach, other: Reach) -> list[str]:
    """Return the variants that both were computed for."""
    return [name for name in one.covered if name in other.covered]


@dataclass(frozen=True, eq=False, kw_only=True)
class Population:
    """Who a rule concerns: people of its group at each demand point, and which of them count.

    ``people`` is None when the group was not given.
    """

    people: FloatArray | None
    concerned: BoolArray
    unclassified: BoolArray
    judged: BoolArray
    edge_distance_m: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class CircleRule:
    """A circle rule as applied: its record, whether a shortfall counts, and what keeps it from being judged."""

    record: RuleRecord
    counts: bool
    verdict_level: Level
    missing: tuple[str, ...]
    absent: tuple[str, ...] = ()
    judged_levels: tuple[Level, ...] = ()

    @property
    def missing_below(self) -> tuple[str, ...]:
        """What is missing, for the rows of a study that has no area of the level where the verdict stands."""
        return () if self.verdict_level in self.judged_levels else self.missing


def evaluate(
    rule: CircleRule,
    reaches: Sequence[Reach],
    population: Population,
    groupings: Mapping[Level, Grouping],
) -> pd.DataFrame:
    """Return the rows of one rule: every level and area, the headline profile first.

    Parameters
    ----------
    rule
        The rule as applied.
    reaches
        Headline first, then each profile alone. Empty when something is missing: then one row per area says so.
    population
        Who is concerned.
    groupings
        Areas per level.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.assess.assessment.RESULTS`.
    """
    if not reaches:
        return _frame([_unjudged(rule, population, level, grouping) for level, grouping in groupings.items()])
    units, of_units = finest(list(groupings.values()))
    sums = [_unit_sums(reach, population, units) for reach in reaches]
    orders = [by_time(reach.ms) for reach in reaches]
    blocks: list[Block] = []
    for (level, grouping), of_unit in zip(groupings.items(), of_units, strict=True):
        rows = []
        for i, reach in enumerate(reaches):
            middles = _middles(rule, _quantiles(reach, population, grouping, orders[i]))
            figures = _figures(sums[i], of_unit) | middles
            rows.append(_rows(rule, reach, figures, level, grouping, headline=i == 0))
        rows[0]["mode_dependent"] = _mode_dependent(rule, rows)
        blocks.extend(rows)
    return _frame(blocks)


def _frame(blocks: Sequence[Block]) -> pd.DataFrame:
    """Return blocks one under the other."""
    columns = {name: [value for block in blocks for value in block[name]] for name in _UNLIKE_NUMBERS}
    numbers = {name: np.concatenate([block[name] for block in blocks]) for name in _NUMBERS if name in blocks[0]}
    return results_frame({**columns, **numbers}, rows=len(columns["area"]))


def _varied(reach: Reach) -> tuple[str, ...]:
    """Return the variants of the sensitivity factors that a way depends on."""
    names = (f"{factor}:{side}" for factor, sides in FACTORS.items() for side in sides)
    return tuple(name for name in names if name in reach.covered)


def _unit_sums(reach: Reach, population: Population, units: Grouping) -> dict[str, FloatArray]:
    """Return the people of every finest unit that each figure counts."""
    assert population.people is not None
    counted = np.where(population.concerned, population.people, 0.0)
    central = reach.covered["central"]
    near_edge = population.edge_distance_m < reach.reach_m
    road = reach.covered.get("road", central)
    masks = {
        "covered": central,
        "own": reach.covered["own"],
        "off_network": reach.off_network & ~central,
        "unreachable": ~reach.off_network & ~np.isfinite(reach.ms) & ~central,
        "edge_people": ~central & near_edge,
        "construction": reach.covered["construction"],
        "planned": reach.covered["planned"],
        **{name: reach.covered[name] for name in (*_varied(reach), *_APART) if name in reach.covered},
    }
    if "straight" in reach.covered:
        masks["straight_only"] = reach.covered["straight"] & ~road
    sums = {name: units.sums(np.where(mask, counted, 0.0)) for name, mask in masks.items()}
    sums["people"] = units.sums(counted)
    sums["unclassified"] = units.sums(np.where(population.unclassified, population.people, 0.0))
    sums["unit_people"] = units.sums(np.where(population.judged, population.people, 0.0))
    return sums


def _quantiles(reach: Reach, population: Population, grouping: Grouping, order: NDArray[np.int64]) -> FloatArray:
    """Return the median and 90th percentile of the people concerned, s (m for rules in metres), shape (areas, 2)."""
    assert population.people is not None
    counted = np.where(population.concerned, population.people, 0.0)
    return quantiles(reach.ms, counted, grouping, shares=(0.5, 0.9), order=order) / 1000.0


def _figures(sums: Mapping[str, FloatArray], of_unit: Grouping) -> dict[str, FloatArray]:
    """Return the figures of every area of one level."""
    part = {name: of_unit.sums(values) for name, values in sums.items()}
    people = part["people"]
    unknown = np.full(people.size, np.nan)
    return {
        **{name: part[name] for name in ("people", "covered", "off_network", "unreachable", "unclassified")},
        "covered_share": _share(part["covered"], people),
        "covered_share_high": _share(part["covered"] + part["off_network"], people),
        "covered_share_own": _share(part["own"], people),
        "edge_people": part["edge_people"],
        "covered_share_construction": _share(part["construction"], people),
        "covered_share_planned": _share(part["planned"], people),
        "covered_share_assigned": _share(part["assigned"], people) if "assigned" in part else unknown,
        "covered_share_straight": _share(part["straight"], people) if "straight" in part else unknown,
        "covered_share_fixed": _share(part["fixed"], people) if "fixed" in part else unknown,
        "straight_only": part.get("straight_only", unknown),
        **{name: _share(values, people) for name, values in part.items() if ":" in name},
        "unit_people": part["unit_people"],
    }


def _middles(rule: CircleRule, middles: FloatArray) -> dict[str, FloatArray]:
    """Return median and 90th percentile under the names of their unit, NaN under those of the other."""
    unknown = np.full(len(middles), np.nan)
    unit, other = ("s", "m") if rule.record.metric == "network-time" else ("m", "s")
    known = {f"median_{unit}": middles[:, 0], f"p90_{unit}": middles[:, 1]}
    return known | {f"median_{other}": unknown, f"p90_{other}": unknown}


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part/whole, exactly 1 where the same people were summed, NaN where nobody is concerned."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = part / whole
    return np.where(whole > 0, np.clip(share, 0.0, 1.0), np.nan)


def _rows(
    rule: CircleRule, reach: Reach, table: dict[str, FloatArray], level: Level, grouping: Grouping, *, headline: bool
) -> Block:
    record = rule.record
    columns = _varied(reach)
    shares = np.column_stack([table["covered_share"], *(table[name] for name in columns)])
    stands = headline and level == rule.verdict_level
    size = len(grouping.codes)
    table |= {"range_low": shares.min(axis=1), "range_high": shares.max(axis=1)}
    target = record.target if level == rule.verdict_level and record.target is not None else np.nan
    table["target"] = np.full(size, target)
    verdicts, missing, robust = _verdicts(rule, table) if stands else _no_verdicts(rule, size)
    return {
        **table,
        **_label(rule, level, grouping, profile=reach.profile, headline=headline),
        "sensitivity": _sensitivity(columns, table),
        "verdict": verdicts,
        "missing": missing,
        "robust": robust,
        "counts": [rule.counts and stands] * size,
    }


def _no_verdicts(rule: CircleRule, count: int) -> tuple[list[str], list[tuple[str, ...]], list[bool]]:
    """Return what rows say that no verdict stands at: what is missing, where it stands at no level of the study."""
    return [""] * count, [rule.missing_below] * count, [True] * count


def _verdicts(rule: CircleRule, table: Mapping[str, FloatArray]) -> tuple[list[str], list[tuple[str, ...]], list[bool]]:
    """Judge the areas of the level that the verdict stands at."""
    record = rule.record
    names = ("people", "covered", "off_network", "unclassified", "unit_people", "range_low", "range_high")
    verdicts: list[str] = []
    missing: list[tuple[str, ...]] = []
    robust: list[bool] = []
    for row in zip(*(table[name].tolist() for name in names), strict=True):
        people, covered, off, unclassified, unit_people, low, high = row
        lacking = _lacking(rule, unclassified, unit_people)
        finding = Finding(people=people, covered=covered, off_network=off, missing=lacking, absent=rule.absent)
        verdict, why = judge(finding, target=record.target)
        verdicts.append(verdict)
        missing.append(why)
        robust.append(record.target is None or is_robust(low, high, target=record.target))
    return verdicts, missing, robust


def _lacking(rule: CircleRule, unclassified: float, unit_people: float) -> tuple[str, ...]:
    """Return what is missing in one area: the rule's own lack, and too many people without a place class."""
    classless = rule.record.where != "all" and unclassified > UNCLASSIFIED_LIMIT * unit_people
    return (*rule.missing, CLASS_MISSING) if classless else rule.missing


def _sensitivity(columns: Sequence[str], table: Mapping[str, FloatArray]) -> list[tuple[tuple[str, float, float], ...]]:
    """Return (factor, smallest, largest share over its variants) of every area; nothing where nobody is concerned."""
    variants: dict[str, list[FloatArray]] = {}
    for name in columns:
        variants.setdefault(name.partition(":")[0], []).append(table[name])
    ends = [(name, np.min(each, axis=0).tolist(), np.max(each, axis=0).tolist()) for name, each in variants.items()]
    return [
        tuple((name, low[i], high[i]) for name, low, high in ends) if concerned else ()
        for i, concerned in enumerate((table["people"] > 0).tolist())
    ]


def _label(rule: CircleRule, level: Level, grouping: Grouping, *, profile: str, headline: bool) -> Block:
    size = len(grouping.codes)
    same: dict[str, Any] = {"rule": rule.record.rule, "level": level, "group": rule.record.group, "profile": profile}
    same |= {"headline": headline, "mode_dependent": False, "unit": "", "state": ""}
    return {"area": grouping.codes, "area_name": grouping.names} | {name: [each] * size for name, each in same.items()}


def _unjudged(rule: CircleRule, population: Population, level: Level, grouping: Grouping) -> Block:
    size = len(grouping.codes)
    nothing = np.full(size, np.nan)
    given = population.people
    people = nothing if given is None else grouping.sums(np.where(population.concerned, given, 0.0))
    unclassified = nothing if given is None else grouping.sums(np.where(population.unclassified, given, 0.0))
    stands = level == rule.verdict_level
    target = rule.record.target if stands and rule.record.target is not None else np.nan
    lived_in = people if given is None else grouping.sums(np.where(population.judged, given, 0.0))
    verdicts, missing = [], []
    for amount, unknown, whole in zip(people.tolist(), unclassified.tolist(), lived_in.tolist(), strict=True):
        lacking = _lacking(rule, unknown, whole)
        finding = Finding(people=amount, covered=0.0, off_network=0.0, missing=lacking)
        verdict, why = judge(finding, target=rule.record.target) if stands else ("", rule.missing_below)
        verdicts.append(verdict)
        missing.append(why)
    return {
        **_label(rule, level, grouping, profile=rule.record.headline_profile, headline=True),
        "people": people,
        "unclassified": unclassified,
        "target": np.full(size, target),
        "verdict": verdicts,
        "missing": missing,
        "sensitivity": [()] * size,
        "robust": [True] * size,
        "counts": [rule.counts and stands] * size,
    }


def _mode_dependent(rule: CircleRule, rows: Sequence[Block]) -> BoolArray:
    """Return where another profile alone lies on the other side of the target."""
    target = rule.record.target
    decided = np.array([verdict in ("meets", "falls_short") for verdict in rows[0]["verdict"]], dtype=bool)
    result = np.zeros(decided.size, dtype=bool)
    if target is None or not decided.any():
        return result
    least = target - SHARE_SLACK
    own = rows[0]["covered_share"] >= least
    for other in rows[1:]:
        share = other["covered_share"]
        result |= decided & np.isfinite(share) & ((share >= least) != own)
    return result
