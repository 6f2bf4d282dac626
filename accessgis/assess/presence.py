"""Presence rules: at least so many facilities in every unit, or in a share of the units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import Verdict
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
    unlocated,
)
from accessgis.assess.verdict import CLASS_MISSING
from accessgis.layers.areas import LEVELS, Level
from accessgis.standards.model import PeopleBound, Presence, Standard, Unit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitKind:
    """Where a kind of unit is found: its level, what its code must tell, and the place class it must be of."""

    level: Level
    column: str = ""
    kinds: tuple[str, ...] = ()
    where: str = ""


UNITS: dict[Unit, UnitKind] = {
    "province": UnitKind(level="province"),
    "prefecture": UnitKind(level="prefecture"),
    "county": UnitKind(level="county"),
    "township": UnitKind(level="township"),
    "rural_township": UnitKind(level="township", column="township_kind", kinds=("town", "township")),
    "subdistrict": UnitKind(level="township", column="township_kind", kinds=("subdistrict",)),
    "committee": UnitKind(level="village"),
    "village": UnitKind(level="village", column="committee_kind", kinds=("village",)),
    "community": UnitKind(level="village", column="committee_kind", kinds=("community",)),
    "urban_community": UnitKind(
        level="village", column="committee_kind", kinds=("community",), where="urban_community"
    ),
    "town_community": UnitKind(level="village", column="committee_kind", kinds=("community",), where="urban"),
}
"""Units that a layer can give; the others of a rule file are places that none gives yet."""


def village_classes(standard: Standard) -> set[str]:
    """Return the place classes by which a rule chooses villages."""
    asks = standard.presence
    if asks is None:
        return set()
    unit = UNITS.get(asks.unit)
    return {where for where in (asks.within, unit.where if unit else "") if where}


@dataclass(frozen=True, eq=False, kw_only=True)
class _Units:
    """How the units of the level stand, by position in its codes.

    ``asked`` of them the rule asks; ``exempt`` it lets off; ``unnamed`` are of the kind, but the plan names others;
    of the ``open_kind`` nobody tells whether they are of the kind.
    """

    asked: BoolArray
    exempt: BoolArray
    unnamed: BoolArray
    open_kind: BoolArray
    needed: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class _Found:
    """What the units have: ``least`` of any kind set surely, ``enough`` of each, ``possible`` that there is enough."""

    least: FloatArray
    lack: FloatArray
    enough: BoolArray
    possible: BoolArray
    substitute: BoolArray
    shared: BoolArray
    reasons: tuple[str, ...]

    @property
    def present(self) -> BoolArray:
        """Whether a unit has enough, or something stands in."""
        return self.enough | self.substitute | self.shared


def evaluate_presence(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the rows of a presence rule: every unit with its facilities, before them every area above with its share.

    A unit is present when it has at least the number asked of every kind set, or another kind or a facility that names
    it under ``serves`` stands in; the share of units (建有率) counts both. What is unknown (a mark not given, a
    facility of which only the township is known, a kind without a layer) leaves an absence open, never a presence.
    """
    asks = rule.standard.presence
    assert asks is not None
    unit = UNITS.get(asks.unit)
    if unit is None or unit.level not in layers.groupings:
        return nothing_known(rule, layers, (f"unit:{asks.unit}",))
    missing = presence_lacks(rule, layers, asks)
    if missing:
        return nothing_known(rule, layers, missing)
    units = _units(rule.standard, asks, layers, unit)
    found = _found(rule.standard, asks, layers, unit.level, units.needed)
    return frame_of(
        rule,
        [
            *_area_rows(rule, layers, unit.level, units, found),
            *_unit_rows(rule, layers, unit.level, units, found),
        ],
    )


def presence_lacks(rule: CountedRule, layers: Layers, asks: Presence) -> tuple[str, ...]:
    """Return what keeps every unit from being judged.

    Of a set of kinds without any layer a proposed facility may be known all the same: where it is there is one.
    """
    missing = list(rule.missing)
    sets = rule.standard.facilities_any
    unknown = [kinds for kinds in sets if len(lacking_kinds(layers, kinds)) == len(kinds)]
    missing += ["facilities:" + "|".join(kinds) for kinds in unknown if not of_kinds(layers, kinds).any()]
    missing += [f"group:{bound.group}" for bound in _bounds(asks) if bound.group not in layers.people]
    return tuple(dict.fromkeys(missing))


def shares_of_counties(rule: CountedRule, layers: Layers) -> tuple[list[tuple[str, UnitShare]], tuple[str, ...]]:
    """Return how the units of every county stand, by its code, and what leaves some of them open.

    For rules about counties, or units below, of which nothing is lacking (:func:`presence_lacks`).
    """
    asks = rule.standard.presence
    assert asks is not None
    unit = UNITS[asks.unit]
    units = _units(rule.standard, asks, layers, unit)
    found = _found(rule.standard, asks, layers, unit.level, units.needed)
    shares = _unit_shares(layers, unit.level, "county", units, found)
    return [(code, share) for code, _, share in shares], found.reasons


def _bounds(asks: Presence) -> list[PeopleBound]:
    return [bound for bound in (asks.condition, asks.exempt_below) if bound is not None]


def _units(standard: Standard, asks: Presence, layers: Layers, unit: UnitKind) -> _Units:
    grouping = layers.groupings[unit.level]
    kind = np.ones(len(grouping.codes), dtype=np.int64)
    if unit.column:
        told = layers.kinds.loc[list(grouping.codes), unit.column]
        kind = np.where(told == "", -1, told.isin(unit.kinds)).astype(np.int64)
    if unit.where:
        kind = _also(kind, layers.village_class[unit.where].loc[list(grouping.codes)].to_numpy())
    asked = kind == 1
    named = np.array([code in standard.units for code in grouping.codes], dtype=bool) | (not asks.listed_only)
    exempt = np.zeros(asked.size, dtype=bool)
    if asks.exempt_below is not None:
        exempt = grouping.sums(layers.people[asks.exempt_below.group]) < asks.exempt_below.people
    if asks.condition is not None:
        asked &= grouping.sums(layers.people[asks.condition.group]) >= asks.condition.people * (1 - 1e-12)
    if asks.within and unit.level != "village":
        # Where no village of a unit is of the class, nothing tells what lies within it.
        within = layers.village_class[asks.within]
        known = {layers.above[unit.level].get(code, "") for code in within.index[within == 1]}
        kind = np.where(asked & ~np.array([code in known for code in grouping.codes]), -1, kind)
        asked &= kind == 1
    return _Units(
        asked=asked & named & ~exempt,
        exempt=asked & named & exempt,
        unnamed=asked & ~named,
        open_kind=(kind < 0) & named,
        needed=np.array([standard.units.get(code, asks.at_least) for code in grouping.codes], dtype=np.float64),
    )


def _also(kind: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 1 where both are, 0 as soon as either is no, else −1."""
    return np.where((kind == 0) | (other == 0), 0, np.minimum(kind, other))


def _found(standard: Standard, asks: Presence, layers: Layers, level: Level, needed: FloatArray) -> _Found:
    unit_of = layers.unit_of[level]
    least, lack = np.full(needed.size, np.inf), np.zeros(needed.size)
    enough, possible = np.ones(needed.size, dtype=bool), np.ones(needed.size, dtype=bool)
    shared = np.ones(needed.size, dtype=bool)
    reasons: list[str] = []
    for kinds in standard.facilities_any:
        sure, open_, why = counted_in(standard, asks, layers, level, kinds)
        enough &= sure >= needed
        possible &= sure + open_ >= needed
        least, lack = np.minimum(least, sure), lack + np.maximum(needed - sure, 0.0)
        shared &= _served(layers, of_kinds(layers, kinds), unit_of.codes)
        reasons += why
    return _Found(
        least=least,
        lack=lack,
        enough=enough,
        possible=possible,
        substitute=unit_of.sums(of_kinds(layers, asks.satisfied_by).astype(np.float64)) > 0,
        shared=shared,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def counted_in(
    standard: Standard, asks: Presence, layers: Layers, level: Level, kinds: tuple[str, ...]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return per unit of a level the facilities of some kinds that count, those that may too, and what leaves it open.

    Of kinds without a layer there may be any number: infinite.
    """
    unit_of = layers.unit_of[level]
    passes, open_, why = passing(layers, standard.having, of_kinds(layers, kinds))
    if asks.within:
        passes, open_ = _within(layers, asks.within, passes, open_)
    lost, absent = unlocated(layers, level, passes | open_), lacking_kinds(layers, kinds)
    more = np.full(lost.size, np.inf) if absent else unit_of.sums(open_.astype(np.float64)) + lost
    reasons = (*why, *(f"facilities:{kind}" for kind in absent), *(("placement",) if lost.any() else ()))
    return unit_of.sums(passes.astype(np.float64)), more, reasons


def _within(layers: Layers, where: str, passes: BoolArray, open_: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Keep the facilities in villages of a class; in which village some stand is not known."""
    of_class = layers.village_class[where].reindex(layers.facilities["village"]).fillna(-1).to_numpy()
    return passes & (of_class == 1), (passes | open_) & ~(passes & (of_class == 1)) & (of_class != 0)


def _served(layers: Layers, mine: BoolArray, codes: tuple[str, ...]) -> BoolArray:
    """Return the units that one of these facilities names among those it serves."""
    served = {code for text in layers.facilities["serves"][mine] for code in str(text).split(";")}
    return np.array([code in served for code in codes], dtype=bool)


def _unit_rows(rule: CountedRule, layers: Layers, level: Level, units: _Units, found: _Found) -> list[Row]:
    grouping = layers.groupings[level]
    people = grouping.sums(layers.people["total"])
    stands = rule.record.target_level in ("unit", level)
    rows = []
    for i, (code, name) in enumerate(zip(grouping.codes, grouping.names, strict=True)):
        state = _state(units, found, i)
        open_kind = bool(units.open_kind[i])
        verdict, missing = _unit_verdict(rule, state, found.reasons) if stands else ("", ())
        if stands and open_kind:
            verdict, missing = "not_judged", (CLASS_MISSING,)
        rows.append(
            Row(
                level=level,
                area=code,
                area_name=name,
                people=float(people[i]),
                value=math.nan if state == "unknown" else float(found.least[i]),
                unit="facilities",
                target=float(units.needed[i]) if units.asked[i] else math.nan,
                deficit=math.nan if state == "unknown" else float(found.lack[i]) if state == "absent" else 0.0,
                verdict=verdict,
                missing=missing,
                state=state,
            )
        )
    return rows


def _state(units: _Units, found: _Found, i: int) -> str:
    """Return how one unit stands: the first that holds."""
    if units.exempt[i]:
        return "exempt"
    if units.unnamed[i]:
        return "not_named"
    if not units.asked[i]:
        return "not_asked"
    for name in ("enough", "substitute", "shared", "possible"):
        if getattr(found, name)[i]:
            return _STATES[name]
    return "absent"


_STATES = {"enough": "present", "substitute": "substitute", "shared": "shared", "possible": "unknown"}


def _unit_verdict(rule: CountedRule, state: str, reasons: tuple[str, ...]) -> tuple[Verdict, tuple[str, ...]]:
    if state in ("not_asked", "exempt"):
        return "nobody_concerned", ()
    if state == "not_named" or (rule.record.target is None and not rule.standard.units):
        return "no_target", ()
    if state == "unknown":
        return "not_judged", reasons
    if state == "absent":
        return ("falls_short" if rule.may_fail else "no_target"), ()
    return "meets", ()


def _area_rows(rule: CountedRule, layers: Layers, level: Level, units: _Units, found: _Found) -> list[Row]:
    """Return the share of units (建有率) of every area above."""
    return [
        area_row(rule, upper, (code, name), share, found.reasons)
        for upper in LEVELS[: LEVELS.index(level)]
        if upper in layers.groupings
        for code, name, share in _unit_shares(layers, level, upper, units, found)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitShare:
    """Units of one area: asked, present, of those not present the ones that may be; not named, and of unknown kind."""

    asked: int
    have: int
    open_: int
    unnamed: int
    open_kind: int


def _unit_shares(
    layers: Layers, level: Level, upper: Level, units: _Units, found: _Found
) -> list[tuple[str, str, UnitShare]]:
    """Return code, name and units of every area of a level above."""
    present = units.asked & found.present
    unknown = units.asked & ~found.present & found.possible
    of_upper = layers.units_in(level, upper)
    masks = (units.asked, present, unknown, units.unnamed, units.open_kind)
    counts = zip(*(of_upper.sums(mask.astype(np.float64)).astype(int).tolist() for mask in masks), strict=True)
    return [
        (code, name, UnitShare(asked=asked, have=have, open_=open_, unnamed=unnamed, open_kind=open_kind))
        for code, name, (asked, have, open_, unnamed, open_kind) in zip(
            of_upper.codes, of_upper.names, counts, strict=True
        )
    ]


def area_row(rule: CountedRule, level: Level, area: tuple[str, str], units: UnitShare, reasons: tuple[str, ...]) -> Row:
    """Return the row of an area, by code and name, from how the units in it stand."""
    target = rule.record.target
    stands = target is None or rule.record.target_level in ("unit", level)
    most = units.have + units.open_
    verdict: Verdict
    missing: tuple[str, ...] = ()
    if units.open_kind:
        verdict, missing = "not_judged", (CLASS_MISSING,)
    elif not units.asked:
        verdict = "no_target" if units.unnamed else "nobody_concerned"
    elif target is None:
        verdict, missing = ("not_judged", reasons) if units.open_ else ("no_target", ())
    else:
        low, high = units.have / units.asked, most / units.asked
        verdict, missing = judged(rule, low, high, op=">=", target=target, missing=reasons)
    bounded = units.open_ > 0 and verdict != "meets"
    return Row(
        level=level,
        area=area[0],
        area_name=area[1],
        # With units unknown the share is only bounded: the state gives both bounds.
        value=math.nan if bounded or not units.asked else units.have / units.asked,
        unit="share of units",
        target=target if target is not None and stands else math.nan,
        deficit=math.nan if target is None else max(0.0, math.ceil(target * units.asked - 1e-9) - most),
        verdict=verdict if stands else "",
        missing=missing or (reasons if bounded else ()),
        state=f"{units.have}–{most}/{units.asked}" if bounded else f"{units.have}/{units.asked}",
    )
