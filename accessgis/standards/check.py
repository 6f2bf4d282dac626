"""Check a rule file, key by key, and say in one sentence what is wrong with it.

The file format is described in ``docs/standards.md``. Every kind of rule is accepted here, whatever of it is judged.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from accessgis.base.errors import UsageError, Value
from accessgis.base.files import packaged_toml
from accessgis.standards.marks import CAPACITIES, DERIVED, TEXTS
from accessgis.standards.model import Assumption, Metric, Op, RuleKind, Source, Standard
from accessgis.standards.rulefile import (
    AmountTable,
    FacilitiesTable,
    LimitTable,
    PresenceTable,
    RuleFile,
    RuleTable,
    SourceFile,
    TestTable,
)

MAX_LIMIT_MINUTES = 10_000
MAX_LIMIT_M = 1_000_000
_MAX_NEAR = 3


@cache
def _defaults() -> dict[str, dict[str, str]]:
    return packaged_toml("accessgis.standards.data", "defaults.toml")


def check_rules(document: dict[str, Any], *, label: str) -> tuple[Standard, ...]:
    """Turn a parsed rule file into standards.

    Parameters
    ----------
    document
        The TOML document.
    label
        Name of the file for messages, relative to the study.

    Raises
    ------
    UsageError
        AG2110 … AG2125: one sentence on the first thing that is wrong.
    """
    table = _validate(RuleFile, document, label=label)
    standards = tuple(_standard(rule, file=label) for rule in table.rules)
    seen: set[str] = set()
    for standard in standards:
        if standard.id in seen:
            raise UsageError("AG2118", file=label, key=f"{standard.id}: id", value=standard.id)
        seen.add(standard.id)
    return standards


def check_sources(document: dict[str, Any], *, label: str) -> tuple[Source, ...]:
    """Turn the parsed list of sources into sources; errors as :func:`check_rules`."""
    return tuple(table.source() for table in _validate(SourceFile, document, label=label).sources)


def _standard(rule: RuleTable, *, file: str) -> Standard:
    _require_consistent(rule, file=file)
    limit = rule.limit or LimitTable()
    amount = rule.ratio or rule.share or rule.total
    metric: Metric = rule.metric or ("network-time" if limit.metres is None else "network-distance")
    return Standard(
        id=rule.id,
        kind=rule.kind,
        title=rule.title.title(),
        source=rule.source,
        section=rule.section,
        scope=tuple(rule.scope),
        facilities_any=rule.facilities.sets() if rule.facilities else (),
        where=rule.where or _defaults()["where"]["value"],
        group=rule.group or _defaults()["group"]["value"],
        profiles=tuple(dict.fromkeys(rule.profiles)),
        direction=rule.direction or "to_facility",
        limit_s=None if limit.minutes is None else round(limit.minutes * 60),
        limit_m=limit.metres,
        metric=metric,
        sharing=rule.sharing or "any",
        force=rule.force,
        horizon=rule.horizon,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        target=rule.target,
        target_level=rule.target_level,
        units=dict(rule.units),
        assumed=(*(entry.assumption() for entry in rule.assumed), *_silent(rule)),
        note=rule.note,
        op=rule.op or _usual_op(rule),
        value=rule.value,
        having=tuple(entry.test() for entry in rule.having),
        presence=rule.presence.presence() if rule.presence else None,
        amount=amount.to_amount() if amount else None,
        statistic=rule.statistic or "",
        category=rule.category,
        nature=rule.nature,
        lead=rule.lead.title() if rule.lead else None,
        baselines=tuple(entry.baseline() for entry in rule.baselines),
        replaces=rule.replaces,
    )


def _usual_op(rule: RuleTable) -> Op | None:
    """Return the comparison of an amount that a file does not write: at least."""
    return ">=" if rule.kind in ("ratio", "share", "total") else None


def _silent(rule: RuleTable) -> list[Assumption]:
    """Say what a default stands for that the file neither writes nor explains."""
    explained = {entry.key for entry in rule.assumed}
    return [
        Assumption(key=key, zh=default["zh"], en=default["en"])
        for key, default in _defaults().items()
        if key in _SAID.get(rule.kind, ()) and getattr(rule, key) is None and key not in explained
    ]


_SAID: dict[RuleKind, tuple[str, ...]] = {
    "circle": ("where", "group", "direction", "sharing"),
    "ratio": ("where", "group"),
    "consolidation": ("group", "direction"),
}
"""Defaults that change what a rule of a kind finds, and are said where they are used."""


_OWN_KEYS: dict[str, tuple[RuleKind, ...]] = {
    "limit": ("circle",),
    "profiles": ("circle", "consolidation"),
    "presence": ("presence",),
    "ratio": ("ratio",),
    "share": ("share",),
    "total": ("total",),
    "statistic": ("ratio", "share", "total"),
    "op": ("ratio", "share", "total"),
    "value": ("ratio", "total"),
    "units": ("presence", "ratio", "share", "total"),
    "having": ("presence", "ratio", "share", "total", "consolidation"),
    "target": ("circle", "presence", "share"),
    "target_level": ("circle", "presence", "ratio", "share", "total"),
}
"""Kinds of rules that a key belongs to."""


def _kind_needs(rule: RuleTable) -> list[_Need]:
    """Return what a kind of rule must have, and what does not belong to it."""
    counted = rule.kind in ("presence", "ratio", "share", "total") and rule.statistic is None
    table = rule.kind if counted else None
    strangers = [
        _Need(bool(getattr(rule, key)) and rule.kind not in kinds, "AG2132", key, rule.kind)
        for key, kinds in _OWN_KEYS.items()
        if not (rule.kind == "circle" and key in ("op", "value"))
    ]
    return [
        *strangers,
        *([_Need(getattr(rule, table) is None, "AG2111", table)] if table else []),
        _Need((counted or rule.kind == "consolidation") and rule.facilities is None, "AG2111", "facilities"),
        _Need(rule.kind == "consolidation" and not rule.having, "AG2111", "having"),
        _Need(rule.kind == "consolidation" and not rule.profiles, "AG2111", "profiles"),
        _Need(rule.statistic is not None and rule.facilities is not None, "AG2132", "facilities", "statistic"),
        _Need(rule.presence is not None and rule.presence.listed_only and not rule.units, "AG2111", "units"),
    ]


def _amount_needs(rule: RuleTable) -> list[_Need]:
    """Return what an amount must have, and what belongs to another kind of amount."""
    table = rule.ratio or rule.share or rule.total
    if table is None:
        return []
    name, given = rule.kind, table.model_fields_set
    shared = rule.kind == "share"
    return [
        _Need("per" in given and rule.kind != "ratio", "AG2132", f"{name}.per", name),
        _Need(rule.kind == "ratio" and "per" not in given, "AG2111", f"{name}.per"),
        _Need("since" in given and rule.kind != "total", "AG2132", f"{name}.since", name),
        _Need(bool(given & {"part", "part_amount"}) and not shared, "AG2132", f"{name}.part", name),
        _Need(shared and bool(table.part) == bool(table.part_amount), "AG2134", f"{name}.part"),
    ]


def _test_needs(rule: RuleTable) -> list[_Need]:
    """Return what each test of a facility must have: a comparison for numbers, texts for texts, nothing for marks."""
    table = rule.share
    tests = [("having", test) for test in rule.having] + [
        ("share.part", test) for test in (table.part if table else [])
    ]
    needs = []
    for key, test in tests:
        number = test.field in CAPACITIES or test.field in DERIVED
        compared = test.op is not None and test.value is not None and test.op != "about"
        needs += [
            _Need(number and (not compared or bool(test.one_of)), "AG2135", key, test.field),
            _Need(not number and (test.op is not None or test.value is not None), "AG2136", key, test.field),
            _Need(test.field in TEXTS and not test.one_of, "AG2136", key, test.field),
        ]
    return needs


@dataclass(frozen=True, slots=True)
class _Need:
    fails: bool
    code: str
    key: str
    value: str = ""


def _require_consistent(rule: RuleTable, *, file: str) -> None:
    """Raise for what no single key shows: keys that need or exclude each other."""
    circle = rule.kind == "circle"
    limit = rule.limit or LimitTable()
    sets = rule.facilities.sets() if rule.facilities else ()
    both = rule.facilities is not None and bool(rule.facilities.any) and bool(rule.facilities.all)
    timed = rule.metric in (None, "network-time")
    needs = (
        _Need(circle and rule.facilities is None, "AG2111", "facilities"),
        _Need(circle and rule.limit is None, "AG2111", "limit"),
        _Need(circle and not rule.profiles and rule.metric != "straight-line", "AG2111", "profiles"),
        _Need(rule.facilities is not None and (both or not sets), "AG2120", "facilities"),
        _Need(rule.limit is not None and (limit.minutes is None) == (limit.metres is None), "AG2121", "limit"),
        _Need(rule.metric == "network-time" and limit.metres is not None, "AG2122", "metric", "network-time"),
        _Need(not timed and limit.minutes is not None, "AG2122", "metric", str(rule.metric)),
        _Need(limit.minutes is not None and limit.minutes * 60 < 1, "AG2114", "limit.minutes", str(limit.minutes)),
        _Need((limit.minutes or 0) > MAX_LIMIT_MINUTES, "AG2123", "limit.minutes", str(limit.minutes)),
        _Need((limit.metres or 0) > MAX_LIMIT_M, "AG2123", "limit.metres", str(limit.metres)),
        _Need(rule.target is not None and rule.target_level is None, "AG2111", "target_level"),
        _Need(rule.target is None and rule.target_level is not None and circle, "AG2111", "target"),
        _Need(rule.value is not None and rule.target_level is None, "AG2111", "target_level"),
        _Need(circle and rule.op is not None, "AG2124", "op"),
        _Need(circle and rule.value is not None, "AG2124", "value"),
        *_kind_needs(rule),
        *_amount_needs(rule),
        *_test_needs(rule),
        _Need(
            rule.valid_from is not None and rule.valid_to is not None and rule.valid_from > rule.valid_to,
            "AG2125",
            "valid_to",
        ),
    )
    for need in needs:
        if need.fails:
            raise UsageError(need.code, file=file, key=f"{rule.id}: {need.key}", value=need.value, known="")


_TableT = TypeVar("_TableT", bound=BaseModel)

_BOUNDS = {"gt": ">", "ge": "≥", "le": "≤"}
_TYPE_WORDS = {
    "string_type": ("text in quotes", "带引号的文字"),
    "int_type": ("a whole number", "整数"),
    "int_from_float": ("a whole number", "整数"),
    "float_type": ("a number", "数字"),
    "finite_number": ("a finite number", "有限的数字"),
    "date_type": ("a date such as 2025-12-31 without quotes", "不带引号的日期，如 2025-12-31"),
    "date_from_datetime_inexact": ("a date without a time", "不带时间的日期"),
    "list_type": ("a list in square brackets", "方括号列表"),
    "dict_type": ("a table in curly brackets", "花括号表"),
    "model_type": ("a table", "表"),
    "model_attributes_type": ("a table", "表"),
    "too_short": ("a list with at least one entry", "至少含一项的列表"),
}


def _validate(model: type[_TableT], document: dict[str, Any], *, label: str) -> _TableT:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=_order)
        raise _as_usage_error(first, document, label=label) from error


def _order(detail: ErrorDetails) -> tuple[bool, bool]:
    """Put unknown keys first (a misspelt key makes another one missing), then the order of the file."""
    return detail["type"] != "extra_forbidden", detail["type"] == "missing"


def _as_usage_error(detail: ErrorDetails, document: dict[str, Any], *, label: str) -> UsageError:
    key = _key(tuple(part for part in detail["loc"] if part != "[key]"), document)
    kind, value = detail["type"], detail.get("input")
    given = "{…}" if isinstance(value, dict) else str(value)[:80]
    context = {name: str(value) for name, value in detail.get("ctx", {}).items()}
    if kind.startswith("AG"):
        values: dict[str, Value] = {"value": given, "known": "", **context}
        return UsageError(kind, file=label, key=key, row=None, layer=None, **values)
    if kind == "extra_forbidden":
        return UsageError("AG2110", file=label, key=key, close=_near_keys(str(detail["loc"][-1])))
    if kind == "missing":
        return UsageError("AG2111", file=label, key=key)
    if kind == "literal_error":
        return UsageError("AG2113", file=label, key=key, value=given, known=context["expected"].replace("'", ""))
    if kind in ("greater_than", "greater_than_equal", "less_than_equal"):
        bound = " ".join(f"{_BOUNDS[name]} {context[name]}" for name in _BOUNDS if name in context)
        return UsageError("AG2119", file=label, key=key, value=given, bound=bound)
    expected_en, expected_zh = _TYPE_WORDS.get(kind, (detail["msg"], detail["msg"]))
    return UsageError("AG2126", file=label, key=key, value=given, expected_en=expected_en, expected_zh=expected_zh)


def _near_keys(name: str) -> str:
    tables = (RuleTable, LimitTable, FacilitiesTable, PresenceTable, AmountTable, TestTable)
    known = [*dict.fromkeys(key for table in tables for key in table.model_fields), "zh", "en", "key"]
    near = difflib.get_close_matches(name, known, n=_MAX_NEAR, cutoff=0.6)
    return "、".join(near or RuleTable.model_fields)


def _key(location: tuple[int | str, ...], document: dict[str, Any]) -> str:
    """Return ``rule-id: limit.minutes``, or ``rules[2]: …`` where a rule has no id of its own to show."""
    if len(location) > 1 and location[0] in ("rules", "sources") and isinstance(location[1], int):
        entry = document[str(location[0])][location[1]]
        name = entry.get("id") if isinstance(entry, dict) else None
        unique = isinstance(name, str) and sum(_id_of(other) == name for other in document[str(location[0])]) == 1
        rest = _dotted(location[2:])
        head = str(name) if unique else f"{location[0]}[{location[1] + 1}]"
        return f"{head}: {rest}" if rest else head
    return _dotted(location)


def _id_of(entry: Any) -> Any:
    return entry.get("id") if isinstance(entry, dict) else None


def _dotted(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
