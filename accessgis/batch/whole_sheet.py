"""The sheet of prefectures and provinces: each verdict, and after it what every county contributes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from accessgis.assess.assessment import VERDICTS
from accessgis.assess.supply import CountedRule
from accessgis.base.errors import Language
from accessgis.batch.wholes import WHOLES, contributed_to
from accessgis.report.numbers import whole
from accessgis.report.tables import records
from accessgis.report.wording import listing, missing_phrase, say, section, titled

_COLUMNS = ("level", "area", "rule", "scenario", "counties", "people", "value", "unit", "target", "verdict", "remark")
_PERCENT = 100.0


def whole_sheet(rows: pd.DataFrame, rules: Mapping[str, CountedRule], *, lang: Language) -> pd.DataFrame:
    """Return the judged rows of prefectures and provinces in words, the counties after each, the lowest first.

    Parameters
    ----------
    rows
        The long table, schema :data:`accessgis.batch.rows.COUNTY_ROWS`.
    rules
        Rules by id.
    lang
        Language of headers and words.
    """
    own = rows[rows["headline"]]
    wholes = own[own["level"].isin(list(WHOLES)) & (own["verdict"] != "")]
    counties = own[(own["level"] == "county") & own["contribution"].notna()]
    order = [("falls_short", *VERDICTS).index(verdict) for verdict in wholes["verdict"]]
    wholes = wholes.iloc[np.argsort(order, kind="stable")]
    lines: list[dict[str, Any]] = []
    for one in records(wholes):
        rule = rules[one["rule"]]
        lines.append(_line(one, rule, lang) | _verdict(one, lang))
        if contributed_to(rule) != one["level"]:
            continue
        mine = counties[
            counties["county"].str.startswith(one["area"])
            & (counties["rule"] == one["rule"])
            & (counties["scenario"] == one["scenario"])
        ]
        for county in records(mine.sort_values(["contribution", "county"], kind="stable")):
            line = _line(county, rule, lang) | {"area": f"{county['county']} {county['county_name']}"}
            lines.append(line | {"target": math.nan, "remark": _contribution(county, one["level"], lang)})
    table = pd.DataFrame(lines, columns=list(_COLUMNS))
    return table.rename(columns=section("batch_column", lang))


def _line(row: Mapping[str, Any], rule: CountedRule, lang: Language) -> dict[str, Any]:
    scale = _PERCENT if _is_share(row) else 1.0
    value = row["share"] if row["profile"] else row["value"]
    return {
        "level": say(f"batch_level.{row['level']}", lang), "area": row["area"],
        "rule": titled(rule.record.title, lang), "scenario": row["scenario"], "counties": row["counties"],
        "people": row["people"] if math.isnan(row["people"]) else whole(row["people"]),
        "value": value * scale, "unit": _unit(row, lang), "target": row["target"] * scale, "verdict": "", "remark": "",
    }  # fmt: skip


def _is_share(row: Mapping[str, Any]) -> bool:
    return bool(row["profile"]) or row["unit"] in ("share", "share of units")


def _unit(row: Mapping[str, Any], lang: Language) -> str:
    if _is_share(row):
        return "%"
    amount, _, per = str(row["unit"]).partition(" per ")
    name = say(f"amount.{amount}", lang) if amount else ""
    return say("indicator.per", lang, amount=name, per=per) if per else name


def _verdict(row: Mapping[str, Any], lang: Language) -> dict[str, str]:
    """Return the verdict in words and what it lacks; what no firm plan asks for is below its target, not missed."""
    key = "below" if row["verdict"] == "falls_short" and not row["counts"] else row["verdict"]
    lacking = listing([missing_phrase(token, lang) for token in row["missing"].split(";") if token], lang)
    remark = say("verdict.lacking", lang, missing=lacking) if lacking else ""
    return {"verdict": say(f"verdict.{key}", lang), "remark": remark}


def _contribution(row: Mapping[str, Any], level: str, lang: Language) -> str:
    """Return how far a county moves the figure of its prefecture or province, ``""`` where that is not known."""
    amount = row["contribution"]
    if math.isnan(amount):
        return ""
    of = say(f"level.{level}", lang)
    text = f"{abs(amount) * _PERCENT:.1f}" if _is_share(row) else f"{abs(amount):.2f}"
    side = "even" if not float(text) else "lowers" if amount < 0 else "raises"
    suffix = "" if side == "even" or _is_share(row) else "_amount"
    return say(f"batch.{side}{suffix}", lang, of=of, amount=text)
