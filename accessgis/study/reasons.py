"""What a study file should have held, in words: pydantic says it in English only, and in its own terms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic_core import ErrorDetails

Words = tuple[str, str]
"""The same in English and in Chinese."""

_TYPES: dict[str, Words] = {
    "string_type": ("text in quotes", "带引号的文字"),
    "string_too_short": ("text that is not empty", "非空文字"),
    "int_type": ("a whole number without quotes", "不带引号的整数"),
    "float_type": ("a number without quotes", "不带引号的数字"),
    "bool_type": ("true or false without quotes", "不带引号的 true 或 false"),
    "date_type": ("a date without quotes, such as 2025-12-31", "不带引号的日期，如 2025-12-31"),
    "tuple_type": ("a list: [[…]] for tables, […] for values", "列表：表写作 [[…]]，值写作 […]"),
    "dict_type": ("a table of keys and values", "键值表"),
    "model_type": ("one table in single brackets", "单个表（单层方括号）"),
    "model_attributes_type": ("one table in single brackets", "单个表（单层方括号）"),
}
_BOUNDS: dict[str, Words] = {
    "greater_than": ("above {gt:g}", "大于 {gt:g}"),
    "greater_than_equal": ("at least {ge:g}", "不小于 {ge:g}"),
    "less_than_equal": ("at most {le:g}", "不大于 {le:g}"),
}
_BY_KEY: dict[str, Words] = {
    "study.code": ('letters and digits in quotes, such as "149921"', '带引号的字母或数字，如 "149921"'),
    "what": (
        '"population", "population:GROUP" or "facilities:KIND"',
        '"population"、"population:人群" 或 "facilities:类别"',
    ),
    "share": ("a share above 0 and at most 1, such as 0.95 (not 95)", "大于 0 且不大于 1 的比例，如 0.95（而不是 95）"),
}
PROBLEMS: dict[str, Words] = {
    "people_ways": (
        "needs exactly one of total (rasters), table (points) and people (a stated number)",
        "须且只能写 total（栅格）、table（人口点表）、people（总人数）之一",
    ),
    "people_spread": ('needs spread = "buildings" beside people', '写了 people 就须写 spread = "buildings"'),
    "people_stray": ("has {name}, which only goes with {way}", "中的 {name} 只能与 {way} 一起使用"),
    "one_source": ('needs either path or from = "osm"', '须且只能写 path 或 from = "osm" 之一'),
}
"""What tables are found to lack or hold too much, by the type of the error."""


def expected(problem: ErrorDetails, key: str) -> Words:
    """Return what the value at ``key`` must be."""
    own = _BY_KEY.get(key) or _BY_KEY.get(key.rpartition(".")[2])
    if own and problem["type"] not in ("string_type", "float_type"):
        return own
    context = problem.get("ctx", {})
    if problem["type"] == "literal_error":
        listed = str(context["expected"]).replace(" or ", ", ").replace("'", '"')
        return f"one of {listed}", f"以下之一：{listed}"
    if problem["type"] in _BOUNDS:
        english, chinese = _BOUNDS[problem["type"]]
        return english.format(**context), chinese.format(**context)
    return _TYPES.get(problem["type"], (problem["msg"], problem["msg"]))


def table_problem(problem: ErrorDetails) -> Words:
    """Return what a table lacks or holds too much."""
    english, chinese = PROBLEMS[problem["type"]]
    return english.format(**problem.get("ctx", {})), chinese.format(**problem.get("ctx", {}))


def written(value: Any) -> str:
    """Return a value much as TOML writes it, short enough for a sentence."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, (list, tuple)):
        return "[…]"
    text = value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
    text = text if len(text) <= 60 else f"{text[:60]}…"
    return f'"{text}"' if isinstance(value, str) else text
