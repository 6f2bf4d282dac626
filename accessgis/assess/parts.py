"""What every county adds to the figures of its prefecture and province, and the rows that such sums give.

A figure of several counties comes from summed people and supply, never from averaged shares: numerators and
denominators are kept apart until they are summed, and the sums go through the same functions that judge a single area.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from accessgis.assess.amount import AreaSums, amount_lacks, amount_row, sums_of_counties
from accessgis.assess.assessment import Verdict
from accessgis.assess.presence import (
    UNITS,
    UnitShare,
    area_row,
    counted_in,
    presence_lacks,
    shares_of_counties,
)
from accessgis.assess.supply import CountedRule, Layers, Row
from accessgis.assess.verdict import CLASS_MISSING, UNCLASSIFIED_LIMIT, Finding, judge
from accessgis.base.files import content_key
from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import LEVELS, Level
from accessgis.standards.model import Presence, Standard

PARTS = Schema(
    "county_parts",
    (
        Column("rule", "text", "rule id"),
        Column("area", "text", "code of the county"),
        Column("said", "text", "fingerprint of the rule: figures of differing rules are not summed"),
        Column("kind_set", "int", "which kind set of a rule that asks the whole for some of each; else 0"),
        Column("have", "float", "people covered; units that have what is asked; facilities; the amount summed"),
        Column("open", "float", "what may be added: people off the network, units or facilities unknown; inf: any"),
        Column("asked", "float", "people concerned, or units asked; NaN where the figure is a sum"),
        Column("part", "float", "of an amount, what passes; else NaN"),
        Column("open_part", "float", "of an amount, what may pass too; else NaN"),
        Column("unnamed", "float", "units that the plan does not name; else 0"),
        Column("unclassified", "float", "people, or units, without a place class"),
        Column("living", "float", "people of the group in the county; NaN where it does not matter"),
        Column("missing", "text", "what keeps the county from being judged, joined by ';'"),
        Column("reasons", "text", "what leaves something open, joined by ';'"),
    ),
)
_NUMBERS = [column.name for column in PARTS.columns if column.type == "float"]
_WHOLE: tuple[Level, ...] = ("province", "prefecture")
_AMOUNTS = ("ratio", "share", "total")


def about_whole(standard: Standard) -> Level | None:
    """Return the level above counties whose single unit a presence rule asks, None for every other rule."""
    unit = UNITS.get(standard.presence.unit) if standard.presence else None
    return unit.level if unit is not None and unit.level in _WHOLE else None


def counted_parts(rule: CountedRule, layers: Layers) -> list[dict[str, Any]]:
    """Return what the counties of a study add under a rule that counts, rows of schema :data:`PARTS`.

    Rules that cannot be summed (consolidations, official figures) have none.
    """
    codes = layers.groupings["county"].codes
    asks = rule.standard.presence
    if rule.standard.statistic or (asks is None and rule.standard.kind not in _AMOUNTS):
        return []
    if asks is None:
        missing = amount_lacks(rule, layers)
        if missing:
            return _lacking(rule, codes, missing)
        sums, reasons = sums_of_counties(rule, layers)
        return [_part(rule, code, reasons, **_of_amount(area)) for code, area in sums]
    unit, missing = UNITS.get(asks.unit), presence_lacks(rule, layers, asks)
    if about_whole(rule.standard):
        return _of_whole(rule, layers, asks, codes, missing)
    if unit is None or unit.level not in layers.groupings or LEVELS.index(unit.level) < LEVELS.index("county"):
        missing = (*missing, f"unit:{asks.unit}")
    if missing:
        return _lacking(rule, codes, missing)
    shares, reasons = shares_of_counties(rule, layers)
    return [_part(rule, code, reasons, **_of_units(share)) for code, share in shares]


def _of_whole(
    rule: CountedRule, layers: Layers, asks: Presence, codes: Sequence[str], missing: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the facilities that every county has of each kind set that a prefecture or province must have."""
    if asks.condition or asks.exempt_below or asks.satisfied_by:
        missing = (*missing, f"unit:{asks.unit}")
    if missing:
        return _lacking(rule, codes, missing)
    rows = []
    for number, kinds in enumerate(rule.standard.facilities_any):
        sure, open_, reasons = counted_in(rule.standard, asks, layers, "county", kinds)
        figures = zip(codes, sure.tolist(), open_.tolist(), strict=True)
        rows += [_part(rule, code, reasons, kind_set=number, have=have, open=more) for code, have, more in figures]
    return rows


def _of_amount(area: AreaSums) -> dict[str, float]:
    return {
        "have": area.whole, "open": area.open_, "asked": area.people, "part": area.part, "open_part": area.open_part,
        "unclassified": area.unclassified, "living": area.living,
    }  # fmt: skip


def _of_units(share: UnitShare) -> dict[str, float]:
    return {
        "have": share.have, "open": share.open_, "asked": share.asked, "unnamed": share.unnamed,
        "unclassified": share.open_kind,
    }  # fmt: skip


def _lacking(rule: CountedRule, codes: Sequence[str], missing: tuple[str, ...]) -> list[dict[str, Any]]:
    return [part_row(rule.standard, code, missing=missing) for code in codes]


def _part(rule: CountedRule, code: str, reasons: tuple[str, ...], **figures: Any) -> dict[str, Any]:
    return part_row(rule.standard, code, reasons=reasons, **figures)


def part_row(
    rule: Standard, area: str, *, missing: tuple[str, ...] = (), reasons: tuple[str, ...] = (), **figures: Any
) -> dict[str, Any]:
    """Return one row of schema :data:`PARTS`; what is not given is not known, or nobody."""
    nothing = {"kind_set": 0, "have": math.nan, "open": 0.0, "asked": math.nan, "part": math.nan, "open_part": math.nan,
               "unnamed": 0.0, "unclassified": 0.0, "living": math.nan}  # fmt: skip
    words = {"missing": ";".join(missing), "reasons": ";".join(reasons)}
    return {"rule": rule.id, "area": area, "said": content_key(repr(rule))[:16], **nothing, **figures, **words}


def summed(parts: pd.DataFrame) -> dict[str, Any]:
    """Return the sums of some counties' rows of one rule and kind set: correctly rounded, in whatever order."""
    sums = {name: math.fsum(parts[name]) if parts[name].notna().all() else math.nan for name in _NUMBERS}
    words = {name: tuple(dict.fromkeys(_words(parts[name]))) for name in ("missing", "reasons")}
    return {**sums, **words}


def _words(texts: pd.Series) -> list[str]:
    return sorted({word for text in texts for word in str(text).split(";") if word})


def circle_row(sums: Mapping[str, Any], *, level: Level, code: str, target: float | None, where: str) -> Row:
    """Return the row of a circle for several counties together, from their summed people.

    Parameters
    ----------
    sums
        Of :func:`summed`.
    level, code
        The area they make up.
    target
        Share that it is held against, None where none is set at this level.
    where
        Place class that the rule is about.
    """
    missing = sums["missing"]
    if where != "all" and sums["unclassified"] > UNCLASSIFIED_LIMIT * sums["living"]:
        missing = (*missing, CLASS_MISSING)
    finding = Finding(
        people=sums["asked"], covered=sums["have"], off_network=sums["open"], missing=missing, absent=sums["reasons"]
    )
    verdict, why = judge(finding, target=target)
    return Row(
        level=level, area=code, area_name="", people=sums["asked"], target=math.nan if target is None else target,
        verdict=verdict, missing=why,
    )  # fmt: skip


def counted_row(rule: CountedRule, sets: Sequence[Mapping[str, Any]], *, level: Level, code: str) -> Row:
    """Return the row of a rule that counts for several counties together, from the sums of each kind set."""
    sums, at = sets[0], (level, code, "")
    missing = tuple(dict.fromkeys(word for one in sets for word in one["missing"]))
    if missing:
        stands = rule.record.target_level in (level, "unit") or about_whole(rule.standard) == level
        return Row(level=level, area=code, area_name="", verdict="not_judged" if stands else "", missing=missing)
    if rule.standard.presence is None:
        area = AreaSums(
            whole=sums["have"], part=sums["part"], open_part=sums["open_part"], open_=sums["open"],
            people=sums["asked"], unclassified=sums["unclassified"], living=sums["living"],
        )  # fmt: skip
        return amount_row(rule, at, area, sums["reasons"])
    if about_whole(rule.standard):
        return _whole_row(rule, sets, level=level, code=code)
    share = UnitShare(
        asked=int(sums["asked"]), have=int(sums["have"]), open_=int(sums["open"]), unnamed=int(sums["unnamed"]),
        open_kind=int(sums["unclassified"]),
    )  # fmt: skip
    return area_row(rule, level, (code, ""), share, sums["reasons"])


def _whole_row(rule: CountedRule, sets: Sequence[Mapping[str, Any]], *, level: Level, code: str) -> Row:
    """Return whether a prefecture or province has the facilities of every kind set that it must have."""
    asks = rule.standard.presence
    assert asks is not None
    if about_whole(rule.standard) != level or (asks.listed_only and code not in rule.standard.units):
        return Row(level=level, area=code, area_name="", verdict="")
    needed = float(rule.standard.units.get(code, asks.at_least))
    enough = all(one["have"] >= needed for one in sets)
    possible = all(one["have"] + one["open"] >= needed for one in sets)
    lack = sum(max(0.0, needed - one["have"]) for one in sets)
    verdict: Verdict = "meets" if enough else "not_judged" if possible else "falls_short"
    known = verdict != "not_judged"
    reasons = () if known else tuple(dict.fromkeys(word for one in sets for word in one["reasons"]))
    if (verdict == "falls_short" and not rule.may_fail) or (rule.record.target is None and not rule.standard.units):
        verdict = "no_target"
    return Row(
        level=level, area=code, area_name="", value=min(one["have"] for one in sets) if known else math.nan,
        unit="facilities", target=needed, deficit=lack if known else math.nan, verdict=verdict,
        missing=reasons if verdict == "not_judged" else (),
    )  # fmt: skip


def parts_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame of schema :data:`PARTS`."""
    frame = pd.DataFrame(list(rows), columns=list(PARTS.names))
    dtypes = {column.name: {"text": "str", "int": "int64", "float": "float64"}[column.type] for column in PARTS.columns}
    frame = frame.astype(dtypes)
    PARTS.require(frame)
    return frame


def fraction(rule: CountedRule, sums: Mapping[str, Any]) -> tuple[float, float]:
    """Return numerator and denominator of a figure; NaN where it is a plain sum, or something is open or missing."""
    standard, kind = rule.standard, rule.standard.kind
    if sums["missing"] or (kind != "circle" and sums["open"] > 0) or about_whole(standard):
        return math.nan, math.nan
    if kind == "share":
        return (math.nan if sums["open_part"] > 0 else sums["part"]), sums["have"]
    per = standard.amount.per if kind == "ratio" and standard.amount else 1.0
    return sums["have"] * per, sums["asked"]
