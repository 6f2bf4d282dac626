"""A history: the figures of counties by year, on the units of the last year."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from accessgis.base.schema import Column, Schema
from accessgis.decide.basis import DIFFERENCES, hash_of, signatures
from accessgis.decide.crosswalk import INDEX_UNIT, changes_between, gathered, spread

INDEX = "index"
"""Stands for the equal-access index among the rules."""
LEVEL = "county"

HISTORY = Schema(
    "history",
    (
        Column("rule", "text", "rule id, or index for the equal-access index"),
        Column("level", "text", "county"),
        Column("area", "text", "code of the county, in the last year's units"),
        Column("area_name", "text", "its name"),
        Column("group", "text", "population group"),
        Column("profile", "text", "the rule's own profiles; '' for rules that count and the index"),
        Column("year", "int", "year of the data"),
        Column("data_date", "text", "day that the data are about"),
        Column("people", "float", "people concerned", "people"),
        Column("covered", "float", "people within the limit; NaN for rules that count", "people"),
        Column("covered_share", "float", "covered / people"),
        Column("range_low", "float", "smallest share over the sensitivity factors; of the index likewise"),
        Column("range_high", "float", "largest, likewise"),
        Column("value", "float", "figure of a rule that counts, or of the index"),
        Column("unit", "text", "what `value` counts; index for the index; '' for shares of people"),
        Column("target", "float", "target of that year; NaN where none applies to the county"),
        Column("op", "text", "how a figure is held against it: >=, >, <=, <, about"),
        Column("horizon", "int", "target year; 0 where there is none"),
        Column("stage", "text", "running, final, expired, open"),
        Column("counts", "bool", "whether a shortfall counts"),
        Column("verdict", "text", "verdict of that year; '' where none stands"),
        Column("state", "text", "presence: units present/asked"),
        Column("basis", "text", "hash of data basis and parameters; '' unknown"),
        Column("mode", "text", "hash of profiles and speeds; '' unknown"),
        Column("definition", "text", "hash of what the rule counts; of the index, of the rules in it; '' unknown"),
        Column("goal", "text", "hash of target, target level and target year; '' unknown"),
        Column("baseline_year", "int", "year of a figure that the plan gives for this very county; 0 for none"),
        Column("baseline", "float", "that figure"),
        Column("band", "int", "band of the index; 0 for none and for rules"),
        Column("rules_judged", "int", "rules in the index; 0 for rules"),
        Column("rules_not_judged", "int", "rules left out of it because something is missing; 0 for rules"),
        Column("restated", "text", "old codes joined by ';' where the row is restated on later units, else ''"),
    ),
)
SIGNATURES = {"basis": "basis", "mode": "mode", "rule": "definition", "target": "goal"}
"""Column of :data:`HISTORY` that holds the hash of each difference."""


def county_history(document: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the counties of one result, schema :data:`HISTORY` without ``restated``.

    Parameters
    ----------
    document
        A result: ``study, rules, manifest`` and, where known, ``index`` as in assessment.json. Rules without
        ``rule_kind`` are known by name alone.
    rows
        Its rows, schema :data:`accessgis.assess.assessment.RESULTS` but for the lists.
    """
    rules = {rule["rule"]: rule for rule in document["rules"]}
    own = rows[rows["headline"] & (rows["level"] == LEVEL) & rows["rule"].isin(list(rules))]
    lines = [
        {
            **{str(name): value for name, value in row.items()},
            **_of_rule(document, rules[row["rule"]], str(row["area"])),
        }
        for row in own.to_dict("records")
    ]
    lines += _index_rows(document)
    day = str(document["study"]["data_date"])
    return _typed([{**line, "data_date": day, "year": int(day[:4])} for line in lines], HISTORY.names[:-1])


def _of_rule(document: Mapping[str, Any], rule: Mapping[str, Any], area: str) -> dict[str, Any]:
    """Return what the record of a rule adds to its row."""
    known = (
        signatures(document, rule) if "rule_kind" in rule and document["manifest"] else dict.fromkeys(DIFFERENCES, "")
    )
    base: Mapping[str, Any] = next((one for one in rule.get("baselines") or () if one["area"] == area), {})
    return {
        **{SIGNATURES[name]: known[name] for name in DIFFERENCES},
        "op": rule.get("op") or ">=",
        "horizon": rule.get("horizon") or 0,
        "stage": rule.get("stage") or "",
        "baseline_year": base.get("year", 0),
        "baseline": base.get("value", math.nan),
        "band": 0,
        "rules_judged": 0,
        "rules_not_judged": 0,
    }


def _index_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the equal-access index, none where the result does not hold it."""
    index = document.get("index") or {"areas": [], "rules": []}
    found = []
    for row in index["areas"]:
        if row["level"] != LEVEL:
            continue
        within = [
            [line["rule"], line["weight"], line["goal"]]
            for line in index["rules"]
            if (line["level"], line["area"], line["status"]) == (LEVEL, row["area"], "judged")
        ]
        found.append(
            {
                **dict.fromkeys(("group", "profile", "verdict", "state"), ""),
                **dict.fromkeys(("people", "covered", "covered_share", "target", "baseline"), math.nan),
                **_of_rule(document, {"rule": INDEX}, str(row["area"])),
                "rule": INDEX,
                "level": LEVEL,
                "area": row["area"],
                "area_name": row["area_name"],
                "value": row["attained"],
                "range_low": row["attained_low"],
                "range_high": row["attained_high"],
                "unit": INDEX_UNIT,
                "counts": False,
                "definition": hash_of(within),
                **{name: row[name] for name in ("band", "rules_judged", "rules_not_judged")},
            }
        )
    return found


def _typed(lines: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    dtypes: dict[str, Any] = {"text": "str", "bool": "bool", "int": "int64", "float": "float64"}
    frame = pd.DataFrame(list(lines), columns=list(names))
    kinds = {column.name: dtypes[column.type] for column in HISTORY.columns if column.name in names}
    return frame.astype(kinds)


def on_last_units(history: pd.DataFrame, crosswalk: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a history on the units of its last day, sorted by rule, county and year.

    Parameters
    ----------
    history
        Rows of :func:`county_history`, of one county and year once at most.
    crosswalk
        Schema :data:`accessgis.sources.crosswalk.CROSSWALK`; without it every code stands for itself.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`HISTORY`.
    """
    last = dt.date.fromisoformat(max(history["data_date"], default="2000-01-01"))
    parts = []
    for day, rows in history.groupby("data_date", sort=True):
        after = dt.date.fromisoformat(str(day))
        parts.append(spread(rows, {} if crosswalk is None else changes_between(crosswalk, after, last)))
    whole = pd.concat(parts, ignore_index=True) if parts else spread(history, {})
    table = gathered(whole, by=("year",))[list(HISTORY.names)]
    order = {rule: place for place, rule in enumerate(dict.fromkeys(history["rule"]))}
    table = table.sort_values(["rule", "area", "year"], key=lambda c: c.map(order) if c.name == "rule" else c)
    table = table.reset_index(drop=True)
    HISTORY.require(table)
    return table
