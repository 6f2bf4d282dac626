"""Small rows of results and the records of their rules, for tests of the equal-access index."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from accessgis.assess.assessment import RESULTS, RuleRecord
from accessgis.standards.model import Presence, Title
from accessgis.standards.weights import Band, Grounds, Weight, Weights

COUNTY = "149921"
_EMPTY = {"text": "", "float": math.nan, "bool": False, "list": ()}


def record(rule: str, kind: str = "circle", **fields: Any) -> RuleRecord:
    """A rule as a study applies it; ``fields`` say what differs from a circle without a target."""
    words: dict[str, Any] = {
        "title": Title(zh="规则", en="rule"), "source": "plan", "source_title": Title(zh="规划", en="plan"),
        "section": "", "scope": (), "basis": "in_scope", "basis_note": "", "force": "push", "horizon": 2025,
        "stage": "running", "kinds": (), "where": "all", "group": "total", "profiles": (), "headline_profile": "",
        "direction": "to_facility", "limit_s": None, "limit_m": None, "metric": "network-time", "sharing": "any",
        "target": None, "target_level": None, "target_basis": "", "assumed": (), "category": "health",
    }  # fmt: skip
    return RuleRecord(rule=rule, rule_kind=kind, **(words | fields))


def row(rule: str, *, level: str = "county", area: str = COUNTY, **fields: Any) -> dict[str, Any]:
    """One row of results; what is not said is empty."""
    empty = {column.name: _EMPTY[column.type] for column in RESULTS.columns}
    return empty | {"rule": rule, "level": level, "area": area, "area_name": area, "headline": True} | fields


def circle(rule: str, share: float, **fields: Any) -> dict[str, Any]:
    """The row of a circle that covers a share of 100 people."""
    people = {"people": 100.0, "covered": 100.0 * share, "covered_share": share, "profile": "walk"}
    return row(rule, **{**people, "range_low": share, "range_high": share, "verdict": "no_target", **fields})


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows as a frame of the schema."""
    table = RESULTS.empty() if not rows else pd.DataFrame(list(rows))[list(RESULTS.names)]
    RESULTS.require(table)
    return table


def weights(rules: dict[str, float] | None = None, **fields: float) -> Weights:
    """Weights of fields by name, with two bands that part at 0.5."""
    none = Grounds(assumed=Title(zh="假定", en="assumed"))
    bands = (Band(at_least=0.5, title=Title(zh="上", en="up"), grounds=none),
             Band(at_least=0.0, title=Title(zh="下", en="down"), grounds=none))  # fmt: skip
    return Weights(
        fields=tuple(Weight(id=name, weight=weight, grounds=none) for name, weight in fields.items()),
        rule=Weight(id="", weight=1.0, grounds=none),
        rules=tuple(Weight(id=name, weight=weight, grounds=none) for name, weight in (rules or {}).items()),
        bands=bands,
    )


def presence(rule: str, *, unit: str = "village", **fields: Any) -> RuleRecord:
    """A presence rule that asks every unit for one."""
    known = {"presence": Presence(unit=unit), "target": 1.0, "target_level": "unit"}  # type: ignore[arg-type]
    return record(rule, "presence", **(known | fields))
