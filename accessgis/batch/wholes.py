"""Verdicts on prefectures and provinces from what their counties add up to, and what each county contributes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from accessgis.assess.parts import about_whole, circle_row, counted_row, fraction, summed
from accessgis.assess.supply import CountedRule, Row
from accessgis.base.crs import has_chinese_form
from accessgis.batch.rows import typed, whole_row
from accessgis.layers.areas import Level

WHOLES: dict[Level, int] = {"prefecture": 4, "province": 2}
"""Levels above counties, and how many digits of a county's code name the unit."""


def with_verdicts(
    long: pd.DataFrame,
    parts: pd.DataFrame,
    rules: Mapping[str, CountedRule],
    expected: Iterable[str],
    *,
    nameless: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the long table with the verdicts of prefectures and provinces, and every county's contribution.

    Parameters
    ----------
    long
        Of :func:`accessgis.batch.rows.with_sums`.
    parts
        What the counties add, schema :data:`accessgis.assess.parts.PARTS` and ``scenario``.
    rules
        Every rule of the parts, by id.
    expected
        Code of every county of the batch, also of those that failed: a whole that lacks one is not judged.
    nameless
        What stands in place of the codes of failed counties whose own code is not known: any whole may lack them.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.batch.rows.COUNTY_ROWS`: rows of circles are completed, rows of rules that count added.
    """
    codes = sorted(code for code in expected if has_chinese_form(code))
    unknown = tuple(f"county:{code}" for code in sorted(nameless))
    if parts.empty or not codes:
        return long
    dates = long[long["level"] == "county"].drop_duplicates(["scenario", "rule", "county"])
    told: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    added: dict[tuple[str, str, str], float] = {}
    fresh = []
    placed = parts[parts["area"].map(has_chinese_form)]
    for level, digits in WHOLES.items():
        grouped = placed.groupby([placed["area"].str[:digits], "rule", "scenario"], sort=True)
        for (area, name, scenario), group in grouped:
            rule, members = rules[str(name)], [code for code in codes if code.startswith(str(area))]
            sets = [summed(one) for _, one in group.groupby("kind_set", sort=True)]
            row = _judged(rule, level, str(area), sets, (*_lacking(group, members), *unknown))
            if contributed_to(rule) == level and not row.missing:
                added |= _contributions(rule, group, str(scenario))
            if rule.standard.kind == "circle":
                told[str(scenario), level, str(area), str(name)] = _verdict_of(rule, row)
                continue
            here = dates[
                (dates["rule"] == name) & (dates["scenario"] == scenario) & dates["county"].isin(group["area"])
            ]
            fresh.append(_counted(rule, row, str(scenario), here))
    changed = _told(long, told)
    keys = zip(changed["scenario"], changed["county"], changed["rule"], strict=True)
    own = changed["headline"] & (changed["level"] == "county")
    values = pd.Series([added.get(key, math.nan) for key in keys], changed.index, dtype="float64")
    changed = changed.assign(contribution=values.where(own))
    return typed(pd.concat([changed, pd.DataFrame(fresh)], ignore_index=True)) if fresh else changed


def _lacking(group: pd.DataFrame, members: Sequence[str]) -> tuple[str, ...]:
    """Return what keeps a whole from being judged: counties without a result, or that do not follow the same rule."""
    there = set(group["area"])
    lacking = [f"county:{code}" for code in members if code not in there]
    return (*lacking, *(("rule",) if len(set(group["said"])) > 1 else ()))


def _judged(rule: CountedRule, level: Level, area: str, sets: list[dict[str, Any]], lacking: tuple[str, ...]) -> Row:
    complete = [{**one, "missing": (*one["missing"], *lacking)} for one in sets]
    if rule.standard.kind != "circle":
        return counted_row(rule, complete, level=level, code=area)
    stands = rule.record.target_level == level
    if not stands:
        return Row(level=level, area=area, area_name="", missing=complete[0]["missing"])
    return circle_row(complete[0], level=level, code=area, target=rule.record.target, where=rule.standard.where)


def contributed_to(rule: CountedRule) -> Level:
    """Return the level that contributions are to: the province where the target is the province's."""
    of_province = rule.record.target_level == "province" or about_whole(rule.standard) == "province"
    return "province" if of_province else "prefecture"


def _contributions(rule: CountedRule, group: pd.DataFrame, scenario: str) -> dict[tuple[str, str, str], float]:
    """Return (d/D)·(n/d − N/D) of each county with numerator n and denominator d, whose sums are N and D.

    It is how far the county moves the whole's figure from what it would be were the county like the whole.
    """
    pairs = {code: fraction(rule, summed(one)) for code, one in group.groupby("area", sort=True)}
    top, bottom = math.fsum(n for n, _ in pairs.values()), math.fsum(d for _, d in pairs.values())
    if not bottom > 0 or top != top:
        return {}
    return {
        (scenario, str(code), rule.standard.id): (part - whole * (top / bottom)) / bottom
        for code, (part, whole) in pairs.items()
    }


def _verdict_of(rule: CountedRule, row: Row) -> dict[str, Any]:
    return {
        "target": row.target,
        "verdict": row.verdict,
        "missing": ";".join(row.missing),
        "counts": rule.counts and row.verdict != "",
    }


def _told(long: pd.DataFrame, told: Mapping[tuple[str, str, str, str], Mapping[str, Any]]) -> pd.DataFrame:
    """Return the table with the verdicts of circles in the rows of their own profiles."""
    if not told:
        return long
    sums = (long["county"] == "") & long["level"].isin(list(WHOLES))
    table = pd.DataFrame(list(told.values()), index=pd.MultiIndex.from_tuples(list(told)))
    changed = long.copy()
    for name in table.columns:
        here = sums if name == "target" else sums & long["headline"]
        keys = pd.MultiIndex.from_frame(long.loc[here, ["scenario", "level", "area", "rule"]])
        changed.loc[here, name] = table[name].reindex(keys).to_numpy()
    return changed


def _counted(rule: CountedRule, row: Row, scenario: str, counties: pd.DataFrame) -> dict[str, object]:
    """Return the row of a rule that counts."""
    return {
        **whole_row(row.level, row.area, counties),
        "scenario": scenario, "rule": rule.standard.id, "group": rule.standard.group, "profile": "", "headline": True,
        "people": row.people, "covered": math.nan, "share": math.nan, "low": math.nan, "high": math.nan,
        "value": row.value, "unit": row.unit, **_verdict_of(rule, row),
    }  # fmt: skip
