"""Year by year: what changed, whether a county is on the path to its target, and what warns early."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, get_args

import pandas as pd

from accessgis.assess.supply import satisfies
from accessgis.base.schema import Column, Schema
from accessgis.decide.crosswalk import INDEX_UNIT, changed_units
from accessgis.decide.history import SIGNATURES
from accessgis.decide.ranking import ranks
from accessgis.standards.model import Op

Path = Literal[
    "reached", "on_track", "slipping", "missed", "start", "expired", "no_path", "no_target", "not_judged"
]  # fmt: skip
PATHS: tuple[Path, ...] = get_args(Path)
"""Target reached; at or above the path; below it; not reached at the horizon; first year of the path; plan over;
a target without year or direction; none at all; no figure that could be judged."""
Warn = Literal["missed", "slipping", "lost", "fell", "pace", "no_longer_judged"]
WARNINGS: tuple[Warn, ...] = get_args(Warn)
"""Not reached at the horizon; below the path; reached last time and no longer; worse than last time; too slow at the
pace of the last period; judged last time and no longer."""
Reason = Literal["first", "units", "not_judged", "basis", "mode", "rule"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why there is no change: no earlier year; units changed; one of both not judged; other basis, mode or definition."""

SHARE_UNITS = ("", "share", "share of units", INDEX_UNIT)
"""Units whose figures are shares, 0–1."""
_LEAST = 0.0005
"""Change of a share that prints as a tenth of a percentage point; smaller ones warn of nothing."""

MONITOR = Schema(
    "monitor",
    (
        Column("rule", "text", "rule id, or index for the equal-access index"),
        Column("county", "text", "code of the county, in the last year's units"),
        Column("county_name", "text", "its name"),
        Column("year", "int", "year of the data"),
        Column("data_date", "text", "day that the data are about"),
        Column("group", "text", "population group"),
        Column("profile", "text", "the rule's own profiles; '' for rules that count and the index"),
        Column("unit", "text", "what `value` counts; index for the index; '' for shares of people"),
        Column("people", "float", "people concerned", "people"),
        Column("covered", "float", "people within the limit; NaN for rules that count", "people"),
        Column(
            "value", "float", "share of people (0–1), figure of a rule that counts, or index; NaN where none is known"
        ),
        Column("low", "float", "smallest value over the sensitivity factors; the value where a rule has none"),
        Column("high", "float", "largest, likewise"),
        Column("target", "float", "target of that year; NaN where none applies to the county"),
        Column("op", "text", "how a figure is held against it: >=, >, <=, <, about"),
        Column("horizon", "int", "target year; 0 where there is none"),
        Column("counts", "bool", "whether a shortfall counts"),
        Column("verdict", "text", "verdict of that year; '' where none stands"),
        Column("restated", "text", "old codes joined by ';' where the row is restated on later units, else ''"),
        Column("not_comparable", "text", "why there is no change, joined by ';': one of REASONS; else ''"),
        Column("previous", "float", "value of the county's year before; NaN where they are not comparable"),
        Column("change", "float", "value − previous"),
        Column("start_date", "text", "first day of the path to the target; '' where there is no path"),
        Column("start_value", "float", "figure on that day"),
        Column(
            "start_from", "text", "measured: that year's own figure; plan: the plan's baseline for this county; else ''"
        ),
        Column(
            "expected", "float", "value on the straight line from there to the target on 31 December of the horizon"
        ),
        Column("path", "text", "how the county stands to the path: one of PATHS"),
        Column("projected", "float", "value at the horizon at the pace of the last period; NaN where that is unknown"),
        Column("warnings", "text", "early warnings joined by ';': of WARNINGS; else ''"),
        Column("band", "int", "band of the index; 0 for none and for rules"),
        Column("rules_judged", "int", "rules in the index; 0 for rules"),
        Column("rules_not_judged", "int", "rules left out of it because something is missing; 0 for rules"),
        Column("tie", "int", "group of counties that their ranges do not tell apart, 1 the best; 0 not ranked"),
        Column("rank_first", "int", "best rank that the ranges leave open; 0 not ranked"),
        Column("rank_last", "int", "worst rank that they leave open; 0 not ranked"),
    ),
)


def trends(history: pd.DataFrame) -> pd.DataFrame:
    """Return a history with changes, paths, warnings and ranks.

    Parameters
    ----------
    history
        Schema :data:`accessgis.decide.history.HISTORY`, of :func:`accessgis.decide.history.on_last_units`.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`MONITOR`, in the order of the history; rules without any figure in any year are left out.
    """
    circle = history["profile"] != ""
    value = history["covered_share"].where(circle, history["value"])
    known = history.assign(
        value=value,
        low=history["range_low"].fillna(value),
        high=history["range_high"].fillna(value),
        county=history["area"],
        county_name=history["area_name"],
    )
    known = known[known.groupby("rule")["value"].transform("count") > 0]
    moved = _moved(known)
    lines: list[dict[str, Any]] = []
    rows = [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]
    for _, mine in groupby(rows, key=itemgetter("rule", "area")):
        lines += _county(list(mine), moved)
    return _typed(pd.DataFrame(lines, columns=[*MONITOR.names, *SIGNATURES.values()]))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(**ranks(table))
    dtypes: dict[str, Any] = {"text": "str", "bool": "bool", "int": "int64", "float": "float64"}
    table = table[list(MONITOR.names)].astype({column.name: dtypes[column.type] for column in MONITOR.columns})
    MONITOR.require(table)
    return table


def _moved(history: pd.DataFrame) -> dict[tuple[int, int], frozenset[str]]:
    """Return the counties that cannot be compared between two years of the history, by both years."""
    frames = {int(str(year)): rows for year, rows in history.groupby("year", sort=True)}
    years = sorted(frames)
    return {
        (was, now): frozenset(code for _, code in changed_units(frames[was], frames[now]))
        for place, was in enumerate(years)
        for now in years[place + 1 :]
    }


def _county(rows: list[dict[str, Any]], moved: Mapping[tuple[int, int], frozenset[str]]) -> list[dict[str, Any]]:
    """Return the lines of one rule in one county, first year first."""
    lines: list[dict[str, Any]] = []
    start: tuple[dt.date, float, str] | None = None
    for place, row in enumerate(rows):
        before = lines[place - 1] if place else None
        reasons = _reasons(before, row, moved)
        if reasons or before is None or _other_goal(before, row):
            start = None
        if start is None and _is_judged(row):
            start = _start(row)
        was = math.nan if reasons or before is None else before["value"]
        line = {**row, "not_comparable": ";".join(reasons), "previous": was, "change": row["value"] - was}
        line |= _path(line, start)
        line["projected"] = _projected(before, line)
        line["warnings"] = ";".join(_warnings(before, line))
        lines.append(line)
    return lines


def _reasons(
    before: Mapping[str, Any] | None, row: Mapping[str, Any], moved: Mapping[tuple[int, int], frozenset[str]]
) -> list[Reason]:
    if before is None:
        return ["first"]
    found: list[Reason] = []
    if row["area"] in moved[before["year"], row["year"]]:
        found.append("units")
    if not _is_judged(before) or not _is_judged(row):
        found.append("not_judged")
    names: tuple[Literal["basis", "mode", "rule"], ...] = ("basis", "mode", "rule")
    for name in names:
        was, now = before[SIGNATURES[name]], row[SIGNATURES[name]]
        if was and now and was != now:
            found.append(name)
    return found


def _other_goal(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return bool(before["goal"] and row["goal"] and before["goal"] != row["goal"])


def _is_judged(row: Mapping[str, Any]) -> bool:
    return not math.isnan(row["value"]) and row["verdict"] != "not_judged"


def _start(row: Mapping[str, Any]) -> tuple[dt.date, float, str]:
    """Return where the path of a county begins: the plan's baseline for it, else its own first figure."""
    day = dt.date.fromisoformat(row["data_date"])
    if row["baseline_year"] and row["baseline"] == row["baseline"] and dt.date(row["baseline_year"], 12, 31) < day:
        return dt.date(row["baseline_year"], 12, 31), float(row["baseline"]), "plan"
    return day, float(row["value"]), "measured"


def _path(row: Mapping[str, Any], start: tuple[dt.date, float, str] | None) -> dict[str, Any]:
    """Return how a figure stands to the straight line from the start to the target at the horizon."""
    found: dict[str, Any] = {"start_date": "", "start_value": math.nan, "start_from": "", "expected": math.nan}
    if not _is_judged(row):
        return found | {"path": "not_judged"}
    if row["target"] != row["target"]:
        return found | {"path": "no_target"}
    if row["stage"] == "expired":
        return found | {"path": "expired"}
    reached = satisfies(row["value"], row["op"], row["target"])
    if not row["horizon"] or row["op"] == "about" or start is None:
        return found | {"path": "reached" if reached else "no_path"}
    day, end = dt.date.fromisoformat(row["data_date"]), dt.date(row["horizon"], 12, 31)
    line = expected(start[:2], (end, row["target"]), day, op=row["op"])
    found |= {"start_date": start[0].isoformat(), "start_value": start[1], "start_from": start[2], "expected": line}
    if reached:
        return found | {"path": "reached"}
    if day >= end:
        return found | {"path": "missed"}
    if day == start[0]:
        return found | {"path": "start"}
    keeps = satisfies(row["value"], ">=" if row["op"] in (">=", ">") else "<=", line)
    return found | {"path": "on_track" if keeps else "slipping"}


def expected(start: tuple[dt.date, float], goal: tuple[dt.date, float], day: dt.date, *, op: Op) -> float:
    """Return the figure on the straight line from a start to a goal, by days.

    From the day of the goal on it is the goal; a start that reaches the goal already has only to keep it.

    Parameters
    ----------
    start, goal
        Day and figure of each.
    day
        Day that the figure is wanted for.
    op
        How figures are held against the goal.
    """
    (first, was), (last, aim) = start, goal
    if day >= last or first >= last or satisfies(was, op, aim):
        return aim
    return was + (aim - was) * ((day - first).days / (last - first).days)


def _projected(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> float:
    """Return the figure at the horizon if it goes on as in the last period; shares stay between 0 and 1."""
    if before is None or row["change"] != row["change"] or not row["horizon"]:
        return math.nan
    was, now = (dt.date.fromisoformat(line["data_date"]) for line in (before, row))
    left = (dt.date(row["horizon"], 12, 31) - now).days
    if left <= 0 or now <= was:
        return math.nan
    found = float(row["value"] + row["change"] * (left / (now - was).days))
    return min(1.0, max(0.0, found)) if row["unit"] in SHARE_UNITS else found


def _warnings(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> list[Warn]:
    path = row["path"]
    if path == "expired":
        return []
    found: list[Warn] = [path] if path in ("missed", "slipping") else []
    fallen = before is not None and before["path"] == "reached" and path not in ("reached", "not_judged", "no_target")
    if before is not None and fallen and not row["not_comparable"] and not _other_goal(before, row):
        found.append("lost")
    upwards = row["op"] in (">=", ">")
    least = _LEAST if row["unit"] in SHARE_UNITS else 0.0
    if path != "reached" and row["op"] != "about" and (row["change"] < -least if upwards else row["change"] > least):
        found.append("fell")
    if path == "on_track" and row["projected"] == row["projected"]:
        found += [] if satisfies(row["projected"], row["op"], row["target"]) else ["pace"]
    if before is not None and before["path"] != "not_judged" and path == "not_judged":
        found.append("no_longer_judged")
    return found
