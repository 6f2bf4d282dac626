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
from accessgis.standards.model import Assumption, Metric, Source, Standard
from accessgis.standards.rulefile import FacilitiesTable, LimitTable, RuleFile, RuleTable, SourceFile

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
        op=rule.op,
        value=rule.value,
        replaces=rule.replaces,
    )


def _silent(rule: RuleTable) -> list[Assumption]:
    """Say what a default stands for that the file neither writes nor explains."""
    if rule.kind != "circle":
        return []
    explained = {entry.key for entry in rule.assumed}
    return [
        Assumption(key=key, zh=default["zh"], en=default["en"])
        for key, default in _defaults().items()
        if getattr(rule, key) is None and key not in explained
    ]


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
        _Need(circle and rule.op is not None, "AG2124", "op"),
        _Need(circle and rule.value is not None, "AG2124", "value"),
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
    key = _key(detail["loc"], document)
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
    known = [*RuleTable.model_fields, *LimitTable.model_fields, *FacilitiesTable.model_fields, "zh", "en", "key"]
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
