"""Figures of an earlier year and of wider areas, taken from other results to stand beside those of an assessment."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from accessgis.assess.assessment import COMPARATORS, Assessment
from accessgis.base.errors import UsageError
from accessgis.report.indicators import main_rows
from accessgis.report.tables import plain

_WIDER = {"prefecture": 4, "province": 2}
"""Levels above the county with the digits of their code."""
_DEFINITION = (
    "rule_kind", "kinds", "parts", "where", "group", "headline_profile", "direction", "limit_s", "limit_m", "metric",
    "sharing", "op", "having", "presence", "amount", "statistic",
)  # fmt: skip
"""What must be alike for figures of two years to be about the same."""


def with_previous(assessment: Assessment, earlier: Mapping[str, Any]) -> Assessment:
    """Return an assessment with the figures of an earlier result of the same area beside its own.

    Parameters
    ----------
    assessment
        What a run found.
    earlier
        ``assessment.json`` of the earlier result. A rule that was defined otherwise has no figure.

    Raises
    ------
    UsageError
        AG2144 it is of another area, AG2145 it is not earlier.
    """
    study, then = assessment.study, earlier["study"]
    if then["code"] != study.code:
        raise UsageError("AG2144", value=then["code"], area=study.code)
    if dt.date.fromisoformat(then["data_date"]) >= study.data_date:
        raise UsageError("AG2145", value=then["data_date"], date=study.data_date.isoformat())
    rules = {rule["rule"]: rule for rule in earlier["rules"]}
    rows = {
        (row["rule"], row["level"], row["area"], row["group"]): row for row in earlier["results"] if row["headline"]
    }
    found = []
    for rule in assessment.rules:
        row = main_rows(assessment).get(rule.rule)
        if row is None or rule.rule not in rules or _definition(rules[rule.rule]) != _definition(asdict(rule)):
            continue
        old = rows.get((rule.rule, row["level"], row["area"], row["group"]))
        figure = None if old is None else old.get("covered_share" if old["profile"] else "value")
        if figure is not None:
            found.append((rule.rule, "previous", float(figure), then["data_date"]))
    return _with(assessment, found)


def with_wider(assessment: Assessment, sums: pd.DataFrame) -> Assessment:
    """Return an assessment with the figures of its prefecture and province beside its own.

    Parameters
    ----------
    assessment
        What a run found.
    sums
        The long table of a batch over the counties of the prefecture or province (``ag.read_results``). Sums that lack
        a county are no figures of the whole and are left out.

    Raises
    ------
    UsageError
        AG2146 the table has no sum that the area is part of.
    """
    code = assessment.study.code
    found, incomplete = [], False
    known = {rule.rule: rule for rule in assessment.rules}
    if "scenario" in sums.columns:
        sums = sums[sums["scenario"] == ""]
    for level, digits in _WIDER.items():
        names = (code[:digits], code[:digits].ljust(6, "0"))
        rows = sums[sums["headline"] & (sums["level"] == level) & sums["area"].isin(names)]
        for row in rows.to_dict("records"):
            rule = known.get(row["rule"])
            figure = float(row["share"] if row["profile"] else row["value"])
            if rule is None or rule.group != row["group"] or math.isnan(figure):
                continue
            if "county:" in str(row.get("missing", "")):
                incomplete = True
            else:
                found.append((row["rule"], level, figure, str(row["data_date"])))
    if not found and not incomplete:
        raise UsageError("AG2146", area=code)
    return _with(assessment, found)


def _definition(rule: Mapping[str, Any]) -> str:
    return json.dumps(plain({name: rule.get(name) for name in _DEFINITION}), sort_keys=True)


def _with(assessment: Assessment, rows: list[tuple[str, str, float, str]]) -> Assessment:
    names = list(COMPARATORS.names)
    frame = pd.DataFrame(rows, columns=names).astype({"rule": "str", "what": "str", "figure": float, "as_of": "str"})
    both = pd.concat([assessment.comparators, frame], ignore_index=True)
    return replace(assessment, comparators=both.astype(frame.dtypes.to_dict()))
