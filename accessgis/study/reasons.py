"""What a study file should have held, in words: pydantic says it in English only, and in its own terms."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pydantic
from pydantic_core import ErrorDetails

from accessgis.base.errors import UsageError

Words = tuple[str, str]
"""The same in English and in Chinese."""

_TYPES: dict[str, Words] = {
    "string_type": ("text in quotes", "带引号的文字"),
    "string_too_short": ("text that is not empty", "非空文字"),
    "too_short": ("a list that is not empty", "非空列表"),
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
        '"population", "population:GROUP", "facilities:KIND", "road_km", "townships" or "villages"',
        '"population"、"population:人群"、"facilities:类别"、"road_km"、"townships" 或 "villages"',
    ),
    "from": ('a time of day such as "09:00"', '时刻，如 "09:00"'),
    "to": ('a time of day such as "11:30"', '时刻，如 "11:30"'),
    "share": ("a share above 0 and at most 1, such as 0.95 (not 95)", "大于 0 且不大于 1 的比例，如 0.95（而不是 95）"),
}
PROBLEMS: dict[str, Words] = {
    "people_ways": (
        "needs exactly one of total (rasters), table (points) and people (a stated number)",
        "须且只能写 total（栅格）、table（人口点表）、people（总人数）之一",
    ),
    "people_spread": ('needs spread = "buildings" beside people', '写了 people 就须写 spread = "buildings"'),
    "people_stray": ("has {name}, which only goes with {way}", "中的 {name} 只能与 {way} 一起使用"),
    "merge_into": (
        "needs ids of at least two facilities, `into` among them",
        "须写至少两个设施编号 ids，且 into 在其中",
    ),
    "which_place": ("needs either `at` with its datum or `at_each`", "须且只能写 at（连同 datum）或 at_each 之一"),
    "which_facility": ("needs either `id` or `select`", "须且只能写 id 或 select 之一"),
    "which_facilities": ("needs either `ids` or `select`", "须且只能写 ids 或 select 之一"),
    "which_stops": ("needs either `stops` or `path` (a table of them)", "须且只能写 stops 或 path（停靠点表）之一"),
    "stop_hours": ("needs `from` earlier than `to`", "的 from 须早于 to"),
    "which_people": (
        "needs exactly one of factor, path (a table of people) and to_year (with rates and source)",
        "须且只能写 factor（系数）、path（人口表）、to_year（连同 rates、source）之一",
    ),
    "which_rates": (
        "needs rates (growth a year by group) and their source beside to_year",
        "写了 to_year 就须写 rates（各人群年均增长率）和 source（来源）",
    ),
    "short_line": ("needs a line of at least two places", "的 line 须至少有两个点"),
    "which_road": ("needs either `at` with its datum or `way`", "须且只能写 at（连同 datum）或 way 之一"),
    "which_speed": ("needs either factor or classes", "须且只能写 factor 或 classes 之一"),
    "layer_by_level": (
        "has layer {name} and files by level: give layer by a level that has a file, such as layer = {{ county = … }}",
        "分级给出了文件，却有 layer {name}：layer 也须按有文件的层级写，如 layer = {{ county = … }}",
    ),
    "one_source": ('needs either path or from = "osm"', '须且只能写 path 或 from = "osm" 之一'),
}
"""What tables are found to lack or hold too much, by the type of the error."""


def expected(problem: ErrorDetails, key: str) -> Words:
    """Return what the value at ``key`` must be."""
    own = _BY_KEY.get(key) or _BY_KEY.get(key.rpartition(".")[2])
    if own and problem["type"] not in ("string_type", "float_type"):
        return own
    context = problem.get("ctx", {})
    if problem["type"] == "union_tag_invalid":
        listed = str(context["expected_tags"]).replace("'", '"')
        return f"one of {listed}", f"以下之一：{listed}"
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


def explain(
    error: pydantic.ValidationError,
    name: str,
    *,
    whole: type[pydantic.BaseModel],
    tables: Mapping[str, type[pydantic.BaseModel]],
    tags: Collection[str] = (),
) -> UsageError:
    """Turn the first problem of a file into one sentence.

    Parameters
    ----------
    error
        What pydantic found.
    name
        Name of the file.
    whole, tables
        Model of the file, and of its tables by name: for the keys that were perhaps meant.
    tags
        Names that pydantic puts into the place of a table that is one of several kinds.
    """
    problem = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    return _sentence(problem, name, whole, tables, tags)


def explain_all(
    error: pydantic.ValidationError,
    name: str,
    *,
    whole: type[pydantic.BaseModel],
    tables: Mapping[str, type[pydantic.BaseModel]],
) -> tuple[UsageError, ...]:
    """Turn every problem of a file into a sentence, unknown keys first."""
    problems = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    return tuple(_sentence(problem, name, whole, tables, ()) for problem in problems)


def _sentence(
    problem: ErrorDetails,
    name: str,
    whole: type[pydantic.BaseModel],
    tables: Mapping[str, type[pydantic.BaseModel]],
    tags: Collection[str],
) -> UsageError:
    location = [part for part in problem["loc"] if not str(part).startswith(("str", "constrained-str", "dict["))]
    kind = [part for part in location if part in tags]
    location = [part for part in location if part not in tags]
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if problem["type"] == "extra_forbidden":
        return UsageError(
            "AG2005", file=name, key=key, hint=_closest([*kind, *location[2:]] if kind else location, whole, tables)
        )
    if problem["type"] == "missing":
        return UsageError("AG2006", file=name, key=key)
    value = written(problem["input"])
    if problem["type"].startswith("union_tag"):
        # What says which kind of table it is: pydantic's place is the table itself.
        key = f"{key}.{problem['ctx']['discriminator'].strip(chr(39))}"
        if problem["type"] == "union_tag_not_found":
            return UsageError("AG2006", file=name, key=key)
        value = written(problem["ctx"]["tag"])
    if problem["type"] == "unknown_key":
        wrong, known = problem["ctx"]["name"], problem["ctx"]["known"]
        close = difflib.get_close_matches(wrong, known.split(", "), n=1)
        return UsageError("AG2005", file=name, key=f"{key}.{wrong}", hint=close[0] if close else known)
    if problem["type"] in PROBLEMS:
        problem_en, problem_zh = table_problem(problem)
        return UsageError("AG2008", file=name, key=key, problem_en=problem_en, problem_zh=problem_zh)
    expected_en, expected_zh = expected(problem, key)
    return UsageError("AG2007", file=name, key=key, value=value, expected_en=expected_en, expected_zh=expected_zh)


def _closest(
    location: Sequence[int | str], whole: type[pydantic.BaseModel], tables: Mapping[str, type[pydantic.BaseModel]]
) -> str:
    """Return the known key most like the unknown one, or the known keys of its table."""
    names = [part for part in location[:-1] if isinstance(part, str)]
    table = tables[names[-1]] if names else whole
    known = [field.alias or key for key, field in table.model_fields.items()]
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return close[0] if close else ", ".join(known)
