"""Facilities and units as rules that count them see them: who belongs where, what passes a test, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import RuleRecord, Verdict, results_frame
from accessgis.assess.verdict import SHARE_SLACK
from accessgis.layers.areas import LEVELS, Level
from accessgis.measures.coverage import Grouping
from accessgis.standards.marks import CAPACITIES, DERIVED, GROUNDS, TEXTS
from accessgis.standards.model import FacilityTest, Op, Standard

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ABOUT = 0.05
"""A figure that a plan gives as “about” is reached within a twentieth of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Layers:
    """What a study knows, as rules that count facilities see it.

    Attributes
    ----------
    facilities
        Facilities in service on ``data_date``, of the study's counties or without a place, any kind.
    unit_of
        Per level, which unit each facility belongs to; −1 where it is in none or that is not known.
    groupings
        Per level, which unit each demand point lies in; the same units as in ``unit_of``.
    above
        Per level, code → code of the ancestor at it.
    kinds
        What codes tell of units, by code: ``township_kind`` and ``committee_kind``, '' unknown.
    village_class
        Per place class that some rule names, whether villages are of it by code: 1 yes, 0 no, −1 unknown.
    kinds_given
        Kinds that some layer was given for.
    people
        People per demand point by group.
    inside, unclassified
        Per place class that some rule names, whether a demand point is in it, and whether that is unknown.
    statistics
        Official figures by name and area code, as the study states them.
    """

    facilities: pd.DataFrame
    unit_of: Mapping[Level, Grouping]
    groupings: Mapping[Level, Grouping]
    above: Mapping[Level, Mapping[str, str]]
    kinds: pd.DataFrame
    village_class: Mapping[str, pd.Series]
    kinds_given: frozenset[str]
    people: Mapping[str, FloatArray]
    inside: Mapping[str, BoolArray]
    unclassified: Mapping[str, BoolArray]
    statistics: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def units_in(self, level: Level, upper: Level) -> Grouping:
        """Return which area of a level above each unit of a level lies in."""
        codes = pd.Index(self.groupings[upper].codes)
        above = [self.above[upper].get(code, "") for code in self.groupings[level].codes]
        return replace(self.groupings[upper], index=codes.get_indexer(pd.Index(above)).astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRule:
    """A rule that counts facilities or amounts, as applied.

    Attributes
    ----------
    standard, record
        The rule, and what pages say of it.
    counts, may_fail
        Whether a shortfall counts, and whether the plan's words allow to speak of one at all.
    missing
        What keeps every area from being judged, such as a register that is not complete.
    """

    standard: Standard
    record: RuleRecord
    counts: bool
    may_fail: bool
    missing: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of facility that the rule names."""
        return self.record.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the results of a rule that counts."""

    level: str
    area: str
    area_name: str
    people: float = np.nan
    value: float = np.nan
    unit: str = ""
    target: float = np.nan
    deficit: float = np.nan
    verdict: Verdict | str = ""
    missing: tuple[str, ...] = ()
    state: str = ""


def of_kinds(layers: Layers, kinds: Sequence[str]) -> BoolArray:
    """Return which facilities are of some kinds."""
    return layers.facilities["kind"].isin(list(kinds)).to_numpy(dtype=bool)


def lacking_kinds(layers: Layers, kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds that no layer was given for; all of them lacking means that nothing is known of the set."""
    return tuple(kind for kind in kinds if kind not in layers.kinds_given)


def passing(
    layers: Layers, tests: Sequence[FacilityTest], among: BoolArray
) -> tuple[BoolArray, BoolArray, tuple[str, ...]]:
    """Test some facilities.

    Returns
    -------
    passes, unknown
        Per facility, never of those not ``among`` the tested; one that fails any test does neither.
    missing
        Fields that leave some facility unknown.
    """
    passes, possible = among.copy(), among.copy()
    results = [_tested(layers.facilities, test) for test in tests]
    for yes, known in results:
        passes &= yes & known
        possible &= yes | ~known
    unknown = possible & ~passes
    missing = [
        f"attribute:{test.field}" for test, (_, known) in zip(tests, results, strict=True) if (unknown & ~known).any()
    ]
    return passes, unknown, tuple(missing)


def amounts(layers: Layers, name: str) -> FloatArray:
    """Return the amount of each facility, NaN where it is not known; ``facilities`` is 1 each."""
    if name == "facilities":
        return np.ones(len(layers.facilities))
    return _number(layers.facilities, name)


def once_per_site(
    layers: Layers, passes: BoolArray, open_: BoolArray, name: str
) -> tuple[BoolArray, BoolArray, FloatArray]:
    """Leave one facility of every site that several share, with the land or grounds of the site, which count once.

    It is the first that passes, else the first of which that is not known; its land is the largest that any facility of
    the site states, for each states its site's. Grounds that differ may be parts of each other or lie side by side: of
    these the largest is sure, and whether the others add to it stays open.
    """
    land = amounts(layers, name)
    sure, maybe, lands = passes.copy(), open_.copy(), land.copy()
    frame = layers.facilities
    shared = np.flatnonzero((passes | open_) & (frame["site_id"] != "").to_numpy(dtype=bool))
    sites = frame[["county", "site_id"]].iloc[shared].assign(place=shared).groupby(["county", "site_id"])["place"]
    for _, places in sites:
        rows = places.to_numpy()
        bearer = next((row for row in rows if passes[row]), rows[0])
        sure_ones = rows[passes[rows]]
        telling = sure_ones if name == GROUNDS and sure_ones.size else rows
        stated = land[telling][~np.isnan(land[telling])]
        lands[bearer] = stated.max() if stated.size else np.nan
        others = rows[rows != bearer]
        sure[others] = False
        maybe[others] = ~np.isnan(land[others]) & (land[others] != lands[bearer]) if name == GROUNDS else False
    return sure, maybe, lands


def _number(frame: pd.DataFrame, name: str) -> FloatArray:
    if name == "occupancy":
        beds, residents = _number(frame, "beds"), _number(frame, "residents")
        rate: FloatArray = np.divide(residents, beds, out=np.full(len(frame), np.nan), where=beds > 0)
        return rate
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64)


def _tested(frame: pd.DataFrame, test: FacilityTest) -> tuple[BoolArray, BoolArray]:
    if test.field in TEXTS:
        texts = frame[test.field].astype(str)
        return texts.isin(list(test.one_of)).to_numpy(dtype=bool), (texts != "").to_numpy(dtype=bool)
    number = _number(frame, test.field)
    known = ~np.isnan(number)
    if test.field in CAPACITIES or test.field in DERIVED:
        assert test.op is not None
        assert test.value is not None
        yes = np.array([satisfies(value, test.op, test.value) for value in number], dtype=bool)
        return yes & known, known
    return known & (number > 0), known


def satisfies(value: float, op: Op, target: float) -> bool:
    """Return whether a figure meets a target; a sum that differs in its last digits alone still meets it."""
    slack = SHARE_SLACK * max(abs(target), 1.0)
    if op == ">=":
        return value >= target - slack
    if op == "<=":
        return value <= target + slack
    if op == ">":
        return value > target + slack
    if op == "<":
        return value < target - slack
    return abs(value - target) <= ABOUT * abs(target) + slack


def judged(
    rule: CountedRule, low: float, high: float, *, op: Op, target: float, missing: tuple[str, ...]
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a figure that lies between two bounds, and what is missing for a better one.

    A target that both bounds meet is met, one that neither meets is missed; between them what is unknown decides.
    A plan that only pushes or encourages promises no result: missing it is no shortfall.
    """
    sides = {satisfies(bound, op, target) for bound in (low, high)}
    if low < target < high:
        sides.add(satisfies(target, op, target))
    if len(sides) > 1:
        return "not_judged", missing
    if sides == {True}:
        return "meets", ()
    return ("falls_short", ()) if rule.may_fail and op != "about" else ("no_target", ())


def frame_of(rule: CountedRule, rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a frame of schema :data:`accessgis.assess.assessment.RESULTS`."""
    size = len(rows)
    told = ("level", "area", "area_name", "unit", "state", "verdict", "missing", "people", "value", "deficit", "target")
    table: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in told}
    same: dict[str, Any] = {"rule": rule.standard.id, "group": rule.standard.group, "profile": "", "sensitivity": ()}
    same |= {"headline": True, "robust": True, "mode_dependent": False}
    table |= {name: [value] * size for name, value in same.items()}
    table["counts"] = [rule.counts and row.verdict != "" for row in rows]
    return results_frame(table, rows=size)


def unlocated(layers: Layers, level: Level, mine: BoolArray) -> FloatArray:
    """Return for each unit the facilities that may stand in it: of these no unit of its level is known.

    One of which a unit above is known may stand in any unit of that; one of which none is, in all.
    """
    lost = mine & (layers.unit_of[level].index < 0)
    result = np.zeros(len(layers.groupings[level].codes))
    for upper in reversed(LEVELS[: LEVELS.index(level)]):
        if upper in layers.groupings and lost.any():
            known = lost & (layers.unit_of[upper].index >= 0)
            counts = layers.unit_of[upper].sums(known.astype(np.float64))
            result += np.append(counts, 0.0)[layers.units_in(level, upper).index]
            lost = lost & ~known
    return result + float(lost.sum())


def nothing_known(rule: CountedRule, layers: Layers, missing: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per county that says what is missing."""
    grouping = layers.groupings["county"]
    pairs = zip(grouping.codes, grouping.names, strict=True)
    return frame_of(
        rule,
        [Row(level="county", area=code, area_name=name, verdict="not_judged", missing=missing) for code, name in pairs],
    )
