"""One long table of many counties: a row per county × area × rule × group × profile, and sums over the counties."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from accessgis.assess.assessment import StudyInfo
from accessgis.base.crs import has_chinese_form
from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import LEVELS

ALL = "all"
"""Level of the sums over every county of the batch."""

COUNTY_ROWS = Schema(
    "county_rows",
    (
        Column("prefecture", "text", "first four digits of the county's code; '' for codes of another form"),
        Column("county", "text", "code of the county; '' for sums over counties"),
        Column("county_name", "text", "its name"),
        Column("level", "text", "county, township, village; prefecture, province or all for sums over counties"),
        Column("area", "text", "code of the area; '' for all"),
        Column("area_name", "text", "its name"),
        Column("rule", "text", "rule id"),
        Column("group", "text", "population group"),
        Column("profile", "text", "profile, or several joined by '+'; '' for rules that count facilities or amounts"),
        Column("headline", "bool", "whether this is the rule's own profile list"),
        Column("scenario", "text", "name of the scenario; '' as things are"),
        Column("data_date", "text", "day that the study is about; '' for sums over studies of several days"),
        Column("people", "float", "people concerned", "people"),
        Column("covered", "float", "people within the limit; NaN for rules that count", "people"),
        Column("share", "float", "covered / people; NaN where nobody is concerned"),
        Column("low", "float", "smallest share over the sensitivity factors; of sums: every county at its smallest"),
        Column("high", "float", "largest, likewise"),
        Column("value", "float", "figure of a rule that counts facilities or amounts; else NaN"),
        Column("unit", "text", "what `value` counts; else ''"),
        Column("target", "float", "target share or figure, NaN where none applies to this row"),
        Column("verdict", "text", "one of VERDICTS, '' where no verdict stands"),
        Column("missing", "text", "what is missing for a verdict, joined by ';'"),
        Column("counts", "bool", "whether a shortfall here counts"),
        Column(
            "contribution",
            "float",
            "counties: what they add to the share or ratio of their prefecture (of their province, where the target is "
            "the province's), against its average; they sum to 0; NaN where that figure is not known",
        ),
        Column("completeness", "float", "counties: least share of an official total that the rule rests on; else NaN"),
        Column("counties", "int", "how many counties the row is about: 1, or those summed"),
    ),
)

_KEYS = ["scenario", "rule", "group", "profile", "headline"]


def county_rows(
    study: StudyInfo,
    results: pd.DataFrame,
    *,
    counties: Sequence[tuple[str, str]],
    scenario: str = "",
    completeness: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the rows of the counties of one study, schema :data:`COUNTY_ROWS`.

    Parameters
    ----------
    study
        The study.
    results
        Its rows, schema :data:`accessgis.assess.assessment.RESULTS`; those of areas above counties are left out.
    counties
        Code and name of each of its counties.
    scenario
        Name of the scenario that the rows are about.
    completeness
        By rule, the least completeness of what it rests on.
    """
    below = results[results["level"].isin(LEVELS[LEVELS.index("county") :])]
    alone = len(counties) == 1
    parts = [
        _rows_of(below if alone else below[below["area"].str.startswith(code)], code, name) for code, name in counties
    ]
    rows = pd.concat(parts, ignore_index=True)
    known = rows["rule"].map(dict(completeness or {})).astype("float64")
    return typed(
        rows.assign(
            scenario=scenario,
            data_date=study.data_date.isoformat(),
            completeness=known.where(rows["level"] == "county"),
        )
    )


def _rows_of(results: pd.DataFrame, code: str, name: str) -> pd.DataFrame:
    same = ["level", "area", "area_name", "rule", "group", "profile", "headline", "people", "covered", "value", "unit",
            "target", "verdict", "counts"]  # fmt: skip
    return results[same].assign(
        prefecture=code[:4] if has_chinese_form(code) else "",
        county=code,
        county_name=name,
        share=results["covered_share"],
        low=results["range_low"],
        high=results["range_high"],
        missing=results["missing"].map(";".join),
        contribution=math.nan,
        counties=1,
    )


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of :data:`COUNTY_ROWS` in order, each in its own type, whatever the rows hold."""
    dtypes: dict[str, Any] = {"text": "str", "bool": "bool", "int": "int64", "float": "float64"}
    frame = pd.DataFrame({column.name: rows[column.name].astype(dtypes[column.type]) for column in COUNTY_ROWS.columns})
    frame = frame.reset_index(drop=True)
    COUNTY_ROWS.require(frame)
    return frame


def with_sums(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all counties, and after them their sums by prefecture, by province and over all.

    A sum is the correctly rounded sum of the printed rows of the counties (``math.fsum``), so that it does not depend
    on their order. Only people are summed: rules that count facilities or amounts have no row. Who lives in a county
    is counted in that county alone, so nobody is counted twice. Verdicts of sums: :mod:`accessgis.batch.wholes`.
    """
    rows = [typed(COUNTY_ROWS.empty()), *parts]
    long = pd.concat([part for part in rows if len(part)] or rows, ignore_index=True)
    counties = long[(long["level"] == "county") & (long["profile"] != "")]
    placed = counties[counties["prefecture"] != ""]
    sums = [_sum(group, "prefecture", str(group["prefecture"].iloc[0])) for _, group in _grouped(placed, "prefecture")]
    placed = placed.assign(province=placed["prefecture"].str[:2])
    sums += [_sum(group, "province", str(group["province"].iloc[0])) for _, group in _grouped(placed, "province")]
    sums += [_sum(group, ALL, "") for _, group in _grouped(counties)]
    return typed(pd.concat([long, pd.DataFrame(sums)], ignore_index=True)) if sums else long


def _grouped(rows: pd.DataFrame, *before: str) -> Iterable[tuple[object, pd.DataFrame]]:
    return rows.groupby([*before, *_KEYS], sort=True, dropna=False)


def _sum(rows: pd.DataFrame, level: str, area: str) -> dict[str, object]:
    people, covered = math.fsum(rows["people"]), math.fsum(rows["covered"])
    first = rows.iloc[0]
    return {
        **{key: first[key] for key in _KEYS},
        **whole_row(level, area, rows),
        "people": people,
        "covered": covered,
        "share": covered / people if people else math.nan,
        "low": _weighted(rows, "low", people),
        "high": _weighted(rows, "high", people),
    }


def whole_row(level: str, area: str, rows: pd.DataFrame) -> dict[str, object]:
    """Return what the row of several counties together says beside its figures; nothing is judged yet."""
    days = set(rows["data_date"])
    return {
        "prefecture": area if level == "prefecture" else "",
        "county": "",
        "county_name": "",
        "level": level,
        "area": area,
        "area_name": "",
        "data_date": days.pop() if len(days) == 1 else "",
        "value": math.nan,
        "unit": "",
        "target": math.nan,
        "verdict": "",
        "missing": "",
        "counts": False,
        "contribution": math.nan,
        "completeness": math.nan,
        "counties": len(rows),
    }


def _weighted(rows: pd.DataFrame, name: str, people: float) -> float:
    """Return the share of all people with every county at one end of its range."""
    lived = rows[rows["people"] > 0]
    return math.fsum(lived[name].to_numpy() * lived["people"].to_numpy()) / people if people else float(np.nan)
