"""Two assessments side by side, as text ready to print and as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accessgis.assess.assessment import RESULTS
from accessgis.base.errors import Language, UsageError
from accessgis.decide.comparison import compare_results
from accessgis.decide.scenario import Scenario, ScenarioResult
from accessgis.decide.steps import Step
from accessgis.report.indicators import SHARES
from accessgis.report.numbers import percent, persons, whole
from accessgis.report.step_view import mobile_lines, step_document, step_lines
from accessgis.report.winners import lowest_rows, winners_document
from accessgis.report.wording import mode_name, say, titled

SCHEMA = "accessgis.comparison/1"
SHOWN_AREAS = 5
_LEAST_SHOWN = 0.5
"""People from whom on a village is named on the screen: fewer would read as nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonLine:
    """One rule of the study's area, before and after."""

    title: str
    mode: str
    before: str
    after: str
    change: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """A comparison ready to print: the study's area rule by rule, then the areas that gain and lose most."""

    heading: str
    lines: tuple[ComparisonLine, ...]
    areas: tuple[str, ...]
    notes: tuple[str, ...]


def comparison_document(table: pd.DataFrame, *, head: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``comparison.json``: what was compared, and one row per rule, area, group and profile."""
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    for row in rows:
        row["verdict_changed"] = row["verdict_before"] != row["verdict_after"]
    return {"schema": SCHEMA, **head, **winners_document(table), "rows": rows}


def scenario_head(scenario: Scenario, steps: Sequence[Step]) -> dict[str, Any]:
    """Return what names a scenario in its comparison: name and changes, as written and with what each did."""
    changes = [change.model_dump(mode="json", by_alias=True, exclude_defaults=True) for change in scenario.file.change]
    named = [
        {"action": change.action, **told, "did": step_document(step)}
        for change, told, step in zip(scenario.file.change, changes, steps, strict=True)
    ]
    return {"scenario": scenario.file.scenario.name, "note": scenario.file.scenario.note, "changes": named}


def read_result(folder: Path) -> dict[str, Any]:
    """Return ``assessment.json`` of a result folder.

    Raises
    ------
    UsageError
        AG2420 the folder holds no result.
    """
    path = folder / "assessment.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("AG2420", file=str(folder.name)) from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith("accessgis.assessment/"):
        raise UsageError("AG2420", file=str(folder.name))
    return found


def compared_folders(one: dict[str, Any], other: dict[str, Any]) -> pd.DataFrame:
    """Return two results as :func:`read_result` gives them side by side."""
    return compare_results(_results(one), _results(other))


def _results(found: dict[str, Any]) -> pd.DataFrame:
    kinds = {column.name: column.type for column in RESULTS.columns}
    names = [name for name in kinds if name not in ("sensitivity", "missing")]
    frame = pd.DataFrame([{name: row.get(name) for name in names} for row in found["results"]], columns=names)
    for name, kind in kinds.items():
        if name in frame.columns and kind == "float":
            frame[name] = pd.to_numeric(frame[name]).astype(np.float64)
        elif name in frame.columns and kind == "text":
            frame[name] = frame[name].fillna("").astype("str")
        elif name in frame.columns and kind == "bool":
            frame[name] = frame[name].astype(bool)
    return frame


def scenario_view(scenario: Scenario, result: ScenarioResult, *, lang: Language = "zh") -> ComparisonView:
    """Return a scenario's comparison ready to print."""
    titles = {rule.rule: titled(rule.title, lang) for rule in result.after.rules}
    heading = say("compare.scenario", lang, name=scenario.file.scenario.name)
    notes = [*mobile_lines(result.after.results, titles, lang), *step_lines(result.steps, lang)]
    return comparison_view(result.comparison, titles, heading=heading, lang=lang, notes=notes)


def folders_view(
    one: dict[str, Any], other: dict[str, Any], table: pd.DataFrame, *, lang: Language = "zh"
) -> ComparisonView:
    """Return the comparison of two result folders ready to print."""
    titles = {rule["rule"]: rule["title"][lang] for rule in (*one["rules"], *other["rules"])}
    heading = say("compare.heading", lang, before=_named(one), after=_named(other))
    notes = [say("compare.other_basis", lang)] if _basis(one) != _basis(other) else []
    notes += [say("compare.no_people", lang)]
    return comparison_view(table, titles, heading=heading, lang=lang, notes=notes)


def _named(found: dict[str, Any]) -> str:
    return f"{found['study']['name']} {found['study']['data_date']}"


def _basis(found: dict[str, Any]) -> tuple[object, ...]:
    return tuple(found["study"].get(name) for name in ("code", "population_basis", "population_as_of"))


def comparison_view(
    table: pd.DataFrame, titles: Mapping[str, str], *, heading: str, lang: Language, notes: Sequence[str] = ()
) -> ComparisonView:
    """Return a comparison ready to print: the highest level of each rule, then the areas below that change most."""
    own = table[table["headline"]]
    lowest = lowest_rows(table)
    lines, areas = [], []
    for rule, rows in own.groupby("rule", sort=False):
        top = rows[rows["level"] == rows["level"].iloc[0]].to_dict("records")
        for row in top:
            same = row["before"] == row["after"] or (row["before"] != row["before"] and row["after"] != row["after"])
            if same and row["verdict_before"] == row["verdict_after"]:
                continue
            lines.append(_line({str(k): v for k, v in row.items()}, titles.get(str(rule), str(rule)), lang))
        areas += _areas(
            lowest[(lowest["rule"] == rule) & (lowest["level"] == "village")], titles.get(str(rule), str(rule)), lang
        )
    if not lines:
        notes = [say("compare.nothing", lang), *notes]
    return ComparisonView(heading=heading, lines=tuple(lines), areas=tuple(areas), notes=tuple(notes))


def _line(row: dict[str, Any], title: str, lang: Language) -> ComparisonLine:
    share = row["share_before"] == row["share_before"] and row["share_after"] == row["share_after"]
    if share:
        before, after = percent(row["share_before"]), percent(row["share_after"])
        key = "compare.gained_lost" if row["gained"] == row["gained"] else "compare.net"
        told = {
            "gained": persons(whole(row["gained"]), lang) if row["gained"] == row["gained"] else "",
            "lost": persons(whole(row["lost"]), lang) if row["lost"] == row["lost"] else "",
            "net": f"{whole(row['after'] - row['before']):+,}",
        }
        change = say(key, lang, **told)
    else:
        before, after, change = _figure(row["before"], row["unit"]), _figure(row["after"], row["unit"]), ""
    words = [say(f"verdict.{row[name]}", lang) if row[name] else "—" for name in ("verdict_before", "verdict_after")]
    flips = row["verdict_before"] != row["verdict_after"]
    mode = mode_name(row["profile"], lang) if row["profile"] else ""
    verdict = " → ".join(words) if flips else words[1]
    return ComparisonLine(title=title, mode=mode, before=before, after=after, change=change, verdict=verdict)


def _figure(value: float, unit: str) -> str:
    if value != value:
        return "—"
    return percent(value) if unit in SHARES else f"{value:,.4g}"


def _areas(rows: pd.DataFrame, title: str, lang: Language) -> list[str]:
    """Return the villages that gain and lose most people, by name."""
    found = []
    for key, column in (("gained", "won"), ("lost", "lost_by")):
        some = rows[rows[column] >= _LEAST_SHOWN].sort_values(column, ascending=False, kind="stable")
        if len(some):
            most = some.head(SHOWN_AREAS).to_dict("records")
            named = [f"{row['area_name']} {persons(whole(row[column]), lang)}" for row in most]
            told = say("compare.joiner", lang).join(named)
            if len(some) > SHOWN_AREAS:
                told += say("compare.more", lang, count=len(some) - SHOWN_AREAS)
            found.append(say(f"compare.{key}", lang, rule=title, places=told))
    return found
