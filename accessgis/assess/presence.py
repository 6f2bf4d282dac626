"""Presence rules: at least so many facilities in every unit, or in a share of the units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.supply import (
    CountedRule,
    Layers,
    Row,
    frame_of,
    judged,
    lacking_kinds,
    nothing_known,
    of_kinds,
    passing,
    sum_by,
)
from accessgis.layers.areas import LEVELS, Level
from accessgis.standards.model import PeopleBound, Presence

UNIT_LEVEL: dict[str, Level] = {
    "province": "province", "prefecture": "prefecture", "county": "county", "township": "township",
    "rural_township": "township", "subdistrict": "township", "committee": "village", "village": "village",
    "community": "village", "urban_community": "village", "town_community": "village",
}  # fmt: skip
"""Level of each unit that a layer can give."""
_URBAN = ("111", "112", "121", "122", "123")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Units:
    """The units asked, by position in the level's codes, and how each stands."""

    asked: NDArray[np.bool_]
    exempt: NDArray[np.bool_]
    classless: NDArray[np.bool_]
    needed: NDArray[np.float64]


def evaluate_presence(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a presence rule: every unit with its facilities, then every area above with its share.

    A unit is present when it has at least the number asked of every kind set, or another kind or a facility that names
    it under ``serves`` stands in; the share of units (建有率) counts both. What is unknown (a mark not given, a
    facility of which only the township is known, a kind without a layer) leaves an absence open, never a presence.
    """
    asks = rule.standard.presence
    assert asks is not None
    level = UNIT_LEVEL.get(asks.unit)
    if level is None or level not in layers.groupings:
        return nothing_known(rule, layers, (f"unit:{asks.unit}",))
    missing = list(rule.missing)
    sets = rule.standard.facilities_any
    missing += ["facilities:" + "|".join(kinds) for kinds in sets if len(lacking_kinds(layers, kinds)) == len(kinds)]
    missing += [f"group:{bound.group}" for bound in _bounds(asks) if bound.group not in layers.people]
    if asks.within and layers.seats is None:
        missing.append("class")
    if missing:
        return nothing_known(rule, layers, tuple(dict.fromkeys(missing)))
    units = _units(rule, asks, layers, level)
    rows, present, unknown, why = _unit_rows(rule, asks, layers, level, units)
    return frame_of(rule, [*_area_rows(rule, layers, level, units, present, unknown, why), *rows])


def _bounds(asks: Presence) -> list[PeopleBound]:
    return [bound for bound in (asks.condition, asks.exempt_below) if bound is not None]


def _units(rule: CountedRule, asks: Presence, layers: Layers, level: Level) -> _Units:
    grouping = layers.groupings[level]
    kinds = _unit_kinds(layers, asks.unit, grouping.codes)
    asked = kinds == 1
    listed = np.array([code in rule.standard.units for code in grouping.codes], dtype=bool)
    if asks.listed_only:
        asked &= listed
    exempt = np.zeros(asked.size, dtype=bool)
    if asks.condition is not None:
        asked &= grouping.sums(layers.people[asks.condition.group]) >= asks.condition.people * (1 - 1e-12)
    if asks.exempt_below is not None:
        exempt = asked & (grouping.sums(layers.people[asks.exempt_below.group]) < asks.exempt_below.people)
    needed = np.array([rule.standard.units.get(code, asks.at_least) for code in grouping.codes], dtype=np.float64)
    return _Units(asked=asked & ~exempt, exempt=exempt, classless=kinds < 0, needed=needed)


def _unit_kinds(layers: Layers, unit: str, codes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return 1 for units of the kind, 0 for others, −1 where the kind is not told."""
    if unit in ("province", "prefecture", "county", "township", "committee"):
        return np.ones(len(codes), dtype=np.int64)
    table = layers.units.loc[list(codes)]
    if unit in ("rural_township", "subdistrict"):
        kind = table["township_kind"].to_numpy()
        wanted = ("街道",) if unit == "subdistrict" else ("镇", "乡")
        return np.where(kind == "", -1, np.isin(kind.astype(str), wanted)).astype(np.int64)
    committee = table["committee_kind"].to_numpy()
    own = "village" if unit == "village" else "community"
    result = np.where(committee == "", -1, committee == own).astype(np.int64)
    if unit in ("urban_community", "town_community"):
        ur = table["ur_code"].to_numpy().astype(str)
        city = table["county_kind"].isin(["district", "county_level_city"]).to_numpy()
        fits = np.isin(ur, _URBAN[:2]) & city if unit == "urban_community" else np.isin(ur, _URBAN)
        result = np.where((result == 1) & (ur == ""), -1, result * fits)
    return result


def _unit_rows(
    rule: CountedRule, asks: Presence, layers: Layers, level: Level, units: _Units
) -> tuple[list[Row], NDArray[np.bool_], NDArray[np.bool_], tuple[str, ...]]:
    grouping = layers.groupings[level]
    size = len(grouping.codes)
    index = layers.unit_of[level]
    passes, open_, why = passing(layers, rule.standard.having)
    if asks.within:
        there = layers.facilities["village"].isin(list(layers.seats or ())).to_numpy(dtype=bool)
        passes, open_ = passes & there, open_ & there
    least = np.full(size, np.inf)
    enough, possible = np.ones(size, dtype=bool), np.ones(size, dtype=bool)
    lack, reasons = np.zeros(size), list(why)
    for kinds in rule.standard.facilities_any:
        mine = of_kinds(layers, kinds)
        sure = sum_by(index, (mine & passes).astype(np.float64), size)
        maybe = sum_by(index, (mine & open_).astype(np.float64), size)
        maybe += _unlocated(layers, level, mine & (passes | open_))
        absent = lacking_kinds(layers, kinds)
        reasons += [f"facilities:{kind}" for kind in absent]
        enough &= sure >= units.needed
        possible &= (sure + maybe >= units.needed) | bool(absent)
        least = np.minimum(least, sure)
        lack += np.maximum(units.needed - sure, 0.0)
    if _unlocated(layers, level, of_kinds(layers, [k for s in rule.standard.facilities_any for k in s])).any():
        reasons.append("placement")
    substitute = sum_by(index, of_kinds(layers, asks.satisfied_by).astype(np.float64), size) > 0
    shared = _served(rule, layers, grouping.codes)
    present = units.asked & (enough | substitute | shared)
    unknown = units.asked & ~present & possible
    people = grouping.sums(layers.people["total"])
    rows = []
    stands = rule.standard.target_level in ("unit", level)
    for i, (code, name) in enumerate(zip(grouping.codes, grouping.names, strict=True)):
        state = (
            "not_asked" if not units.asked[i] and not units.exempt[i]
            else "exempt" if units.exempt[i]
            else "present" if enough[i]
            else "substitute" if substitute[i]
            else "shared" if shared[i]
            else "unknown" if unknown[i]
            else "absent"
        )  # fmt: skip
        verdict, lacking = _unit_verdict(rule, state, tuple(dict.fromkeys(reasons))) if stands else ("", ())
        if units.classless[i] and stands:
            verdict, lacking = "not_judged", ("class",)
        outside = state in ("not_asked", "exempt")
        rows.append(
            Row(
                level=level,
                area=code,
                area_name=name,
                people=float(people[i]),
                value=math.nan if state == "unknown" else float(least[i]),
                unit="facilities",
                target=math.nan if outside else float(units.needed[i]),
                deficit=math.nan if state == "unknown" else float(lack[i]) if state == "absent" else 0.0,
                verdict=verdict,
                missing=lacking,
                state=state,
            )
        )
    return rows, present, unknown, tuple(dict.fromkeys(reasons))


def _unlocated(layers: Layers, level: Level, mine: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each unit the facilities that may stand in it: known to a unit above, but not to one of its level."""
    grouping = layers.groupings[level]
    result = np.zeros(len(grouping.codes))
    lost = mine & (layers.unit_of[level] < 0)
    for above in LEVELS[: LEVELS.index(level)]:
        if above not in layers.groupings or not lost.any():
            continue
        upper = layers.groupings[above]
        known = lost & (layers.unit_of[above] >= 0)
        counts = sum_by(layers.unit_of[above], known.astype(np.float64), len(upper.codes))
        where = {code: i for i, code in enumerate(upper.codes)}
        ancestor = [where.get(layers.above[above].get(code, ""), -1) for code in grouping.codes]
        result = np.append(counts, 0.0)[ancestor]
    return result


def _served(rule: CountedRule, layers: Layers, codes: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return the units that a facility of every kind set names among those it serves."""
    result = np.ones(len(codes), dtype=bool)
    for kinds in rule.standard.facilities_any:
        served = {
            code for text in layers.facilities["serves"][of_kinds(layers, kinds)] for code in str(text).split(";")
        }
        result &= np.array([code in served for code in codes], dtype=bool)
    return result if rule.standard.facilities_any else ~result


def _unit_verdict(rule: CountedRule, state: str, reasons: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if state in ("not_asked", "exempt"):
        return "nobody_concerned", ()
    if rule.standard.target is None and not rule.standard.units:
        return "no_target", ()
    if state == "unknown":
        return "not_judged", reasons
    if state == "absent":
        return ("falls_short" if rule.may_fail else "no_target"), ()
    return "meets", ()


def _area_rows(
    rule: CountedRule,
    layers: Layers,
    level: Level,
    units: _Units,
    present: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
    why: tuple[str, ...],
) -> list[Row]:
    """Return the share of units (建有率) of every area above."""
    codes = layers.groupings[level].codes
    rows = []
    for above in LEVELS[: LEVELS.index(level)]:
        if above not in layers.groupings:
            continue
        upper = layers.groupings[above]
        where = {code: i for i, code in enumerate(upper.codes)}
        index = np.array([where.get(layers.above[above].get(code, ""), -1) for code in codes], dtype=np.int64)
        total, have, open_ = (
            sum_by(index, mask.astype(np.float64), len(upper.codes)) for mask in (units.asked, present, unknown)
        )
        classless = sum_by(index, units.classless.astype(np.float64), len(upper.codes))
        stands = rule.standard.target_level in ("unit", above)
        for i, (code, name) in enumerate(zip(upper.codes, upper.names, strict=True)):
            share = have[i] / total[i] if total[i] else math.nan
            target = rule.target
            verdict: str = ""
            missing: tuple[str, ...] = ()
            if classless[i]:
                verdict, missing = "not_judged", ("class",)
            elif not total[i]:
                verdict = "nobody_concerned"
            elif target is None:
                verdict, missing = ("not_judged", why) if open_[i] else ("no_target", ())
            elif stands:
                verdict, missing = judged(
                    rule, share, (have[i] + open_[i]) / total[i], op=">=", target=target, missing=why
                )
            open_here = bool(open_[i]) and verdict != "meets"
            sure, most, all_ = int(have[i]), int(have[i] + open_[i]), int(total[i])
            rows.append(
                Row(
                    level=above,
                    area=code,
                    area_name=name,
                    # With units unknown the share is only bounded: the state gives both bounds.
                    value=math.nan if open_here else share,
                    unit="share of units",
                    target=math.nan if target is None or not stands else target,
                    deficit=math.nan if target is None else max(0.0, math.ceil(target * all_ - 1e-9) - most),
                    verdict=verdict if stands or target is None else "",
                    missing=missing or (why if open_here else ()),
                    state=f"{sure}–{most}/{all_}" if open_here else f"{sure}/{all_}",
                )
            )
    return rows
