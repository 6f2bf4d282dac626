"""What stands in the cells of the annual report: figures, changes in percentage points, standings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.crosswalk import INDEX_UNIT
from accessgis.decide.history import INDEX
from accessgis.decide.trend import SHARE_UNITS
from accessgis.report.indicators import aim_text
from accessgis.report.numbers import percent, percent_against, share_range
from accessgis.report.wording import listing, plan_name, say
from accessgis.standards.model import Title

Row = Mapping[str, Any]
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table: its name, a mark of the report's (``""`` for none), and its cells."""

    name: str
    code: str
    cells: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: title, headings of its cells after the name, lines; ``anchor`` is its id on the page."""

    title: str
    anchor: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""


def rule_title(rules: Mapping[str, Mapping[str, Any]], rule: str, lang: Language) -> str:
    """Return the title of a rule, with its plan where two rules have one title; or what the index is.

    Parameters
    ----------
    rules
        ``title`` and ``source_title`` in both languages, by rule.
    rule
        Id of a rule, or of the index.
    lang
        ``"zh"`` or ``"en"``.
    """
    if rule == INDEX:
        return say("report.index", lang)
    title = str(rules[rule]["title"][lang])
    if sum(told["title"][lang] == title for told in rules.values()) == 1:
        return title
    plan = rules[rule].get("source_title")
    name = plan_name(Title(**plan), lang) if plan else rule.partition("/")[0]
    return say("monitor.of_plan", lang, title=title, plan=name)


def is_share(row: Row) -> bool:
    """Return whether the figure of a row is a share."""
    return row["unit"] in SHARE_UNITS


def figure_text(row: Row, lang: Language) -> str:
    """Print the value of a row: a share in percent, with the decimals that a target it misses takes."""
    value = float(row["value"])
    if math.isnan(value):
        return say("monitor.no_value", lang)
    if is_share(row):
        target = float(row["target"])
        return percent_against(value, None if math.isnan(target) else target)
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def range_text(row: Row, lang: Language) -> str:
    """Print the value of a row with the range of its sensitivity in brackets, where it has one."""
    text = figure_text(row, lang)
    if math.isnan(row["value"]) or row["low"] == row["high"]:
        return text
    return f"{text} [{share_range(row['low'], row['high'])}]"


def change_text(row: Row, lang: Language) -> str:
    """Print the change to the county's year before in percentage points, or why there is none."""
    if row["not_comparable"]:
        return listing([say(f"monitor.reason_{reason}", lang) for reason in row["not_comparable"].split(";")], lang)
    if is_share(row):
        return say("monitor.points", lang, points=points_between(float(row["previous"]), float(row["value"])))
    change = float(row["change"])
    return f"{change:+,.4g}" if change else "0"


def points_between(was: float, now: float) -> str:
    """Return the change of a share in percentage points, signed, taken from both shares as they are printed."""
    printed = [percent(share).strip("%") for share in (was, now)]
    if any(text.startswith((">", "<")) for text in printed):  # those are bounds: the exact change is rounded
        change = ((Decimal(repr(now)) - Decimal(repr(was))) * 100).quantize(_TENTH, rounding=ROUND_HALF_UP)
    else:
        change = Decimal(printed[1]) - Decimal(printed[0])
    return f"{change:+}" if change else "0.0"


def target_text(row: Row, lang: Language) -> str:
    """Print the target of a row with its year: ``≥95%（2025）``; ``""`` where it has none."""
    if math.isnan(row["target"]):
        return ""
    aim = aim_text(row["op"], row["target"], is_share=is_share(row))
    return say("monitor.target_year", lang, target=aim, year=row["horizon"]) if row["horizon"] else aim


def path_text(row: Row, lang: Language) -> str:
    """Print how a row stands to its target."""
    words = say(f"monitor.path_{row['path']}", lang)
    short = row["path"] in ("slipping", "missed", "no_path") and not row["counts"]
    return say("monitor.uncounted", lang, path=words) if short else words


def rank_text(row: Row, lang: Language) -> str:
    """Print the ranks that the ranges leave open: one only where nothing else is possible."""
    if not row["rank_first"]:
        return ""
    key = "monitor.rank_one" if row["rank_first"] == row["rank_last"] else "monitor.rank_range"
    return say(key, lang, first=row["rank_first"], last=row["rank_last"])


def warning_texts(row: Row, lang: Language) -> list[str]:
    """Print the early warnings of a row; of a target that is not held against the county they say so."""
    texts = [say(f"monitor.warn_{name}", lang) for name in row["warnings"].split(";") if name]
    return (
        texts
        if row["counts"] or row["unit"] == INDEX_UNIT
        else [say("monitor.uncounted", lang, path=text) for text in texts]
    )
