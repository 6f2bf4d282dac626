"""Two assessments of the same rules side by side: who gained, who lost, which verdicts changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.schema import Column, Schema
from accessgis.decide.crosswalk import KEYS, Changes, changed_units, restated
from accessgis.study.measure import Measured

COMPARISON = Schema(
    "comparison",
    (
        Column("rule", "text", "rule id"),
        Column("level", "text", "level of the area"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name"),
        Column("group", "text", "population group"),
        Column("profile", "text", "profile, or several joined by '+'; '' for rules that count"),
        Column("headline", "bool", "whether this is the rule's own profile list"),
        Column("unit", "text", "what the figure of a rule that counts is in; '' for circles"),
        Column("before", "float", "people covered before; the figure of a rule that counts", "people"),
        Column("after", "float", "the same afterwards", "people"),
        Column("share_before", "float", "covered share before; NaN for rules that count"),
        Column("share_after", "float", "the same afterwards"),
        Column("gained", "float", "people covered afterwards and not before; NaN for rules that count", "people"),
        Column("lost", "float", "people covered before and not afterwards; NaN for rules that count", "people"),
        Column("verdict_before", "text", "verdict before"),
        Column("verdict_after", "text", "verdict afterwards"),
        Column("units", "text", "same; restated (the earlier row on later units); changed: figures are not comparable"),
    ),
)


def compare_results(before: pd.DataFrame, after: pd.DataFrame, *, changes: Changes | None = None) -> pd.DataFrame:
    """Return two results side by side, by rule, area, group and profile.

    Parameters
    ----------
    before, after
        Schema :data:`accessgis.assess.assessment.RESULTS`. Rows that only one of them has stand with NaN and ''.
    changes
        What became of each unit in between (:func:`accessgis.decide.crosswalk.changes_between`).

    Returns
    -------
    pandas.DataFrame
        Schema :data:`COMPARISON`; ``gained`` and ``lost`` are NaN: results do not tell who is covered.
    """
    before = restated(before, changes or {})
    moved = changed_units(before, after)
    told = ["area_name", "headline", "unit", "covered", "covered_share", "value", "verdict"]
    both = before[[*KEYS, *told, "restated"]].merge(
        after[[*KEYS, *told]], on=KEYS, how="outer", suffixes=("_0", "_1"), sort=False
    )
    order = pd.concat([after[KEYS], before[KEYS]], ignore_index=True).drop_duplicates(ignore_index=True)
    both = order.merge(both, on=KEYS, how="left")
    units = np.where(both["restated"].fillna("") == "", "same", "restated").astype(object)
    units[[key in moved for key in zip(both["level"], both["area"], strict=True)]] = "changed"
    table = both[KEYS].assign(
        area_name=both["area_name_1"].fillna(both["area_name_0"]),
        headline=both["headline_1"].astype("boolean").fillna(both["headline_0"].astype("boolean")).astype(bool),
        unit=both["unit_1"].fillna(both["unit_0"]).astype("str"),
        before=both["covered_0"].fillna(both["value_0"]),
        after=both["covered_1"].fillna(both["value_1"]),
        share_before=both["covered_share_0"],
        share_after=both["covered_share_1"],
        gained=np.nan,
        lost=np.nan,
        verdict_before=both["verdict_0"].fillna("").astype("str"),
        verdict_after=both["verdict_1"].fillna("").astype("str"),
        units=pd.Series(units, dtype="str"),
    )
    frame = table[list(COMPARISON.names)].astype({"area_name": "str"})
    COMPARISON.require(frame)
    return frame


def with_people(comparison: pd.DataFrame, before: Measured, after: Measured) -> pd.DataFrame:
    """Return a comparison with who gained and who lost, person by person.

    Parameters
    ----------
    comparison
        Of :func:`compare_results`.
    before, after
        The two studies with their times, over the same points of people.

    Returns
    -------
    pandas.DataFrame
        ``gained`` counts the people of afterwards, ``lost`` those of before: with the same people
        ``after − before = gained − lost``. Where a study rounds its people both stay NaN: exact sums would tell of the
        few that rounding hides.
    """
    if any(study.prepared.study.file.study.round_people_to is not None for study in (before, after)):
        return comparison
    if len(before.prepared.demand.frame) != len(after.prepared.demand.frame):
        return comparison
    found: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    old_of = {item.chosen.standard.id: (item, who) for item, who in zip(before.found, before.populations, strict=True)}
    for item, who in zip(after.found, after.populations, strict=True):
        rule = item.chosen.standard.id
        if rule not in old_of:
            continue
        old_item, old_who = old_of[rule]
        old_reach = {reach.profile: reach for reach in old_item.reaches}
        for reach in item.reaches:
            if reach.profile not in old_reach or who.people is None or old_who.people is None:
                continue
            was, now = old_reach[reach.profile].covered["central"], reach.covered["central"]
            gained = np.where(who.concerned & now & ~was, who.people, 0.0)
            lost = np.where(old_who.concerned & was & ~now, old_who.people, 0.0)
            for level, grouping in after.groupings.items():
                for code, *sums in zip(grouping.codes, grouping.sums(gained), grouping.sums(lost), strict=True):
                    found[rule, level, code, reach.profile] = (float(sums[0]), float(sums[1]))
    keys = zip(*(comparison[name] for name in ("rule", "level", "area", "profile")), strict=True)
    pairs: NDArray[np.float64] = np.array([found.get(key, (np.nan, np.nan)) for key in keys], dtype=np.float64).reshape(
        -1, 2
    )
    return comparison.assign(gained=pairs[:, 0], lost=pairs[:, 1])
