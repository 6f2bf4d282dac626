"""Two assessments side by side, as text ready to print and as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.decide.basis import differences
from accessgis.decide.comparison import compare_results
from accessgis.decide.crosswalk import changes_between
from accessgis.decide.scenario import Scenario, ScenarioResult
from accessgis.decide.steps import Step
from accessgis.report.indicators import SHARES
from accessgis.report.numbers import percent, persons, whole
from accessgis.report.result_folder import result_rows
from accessgis.report.step_view import mobile_lines, step_document, step_lines
from accessgis.report.winners import lowest_rows, winners_document
from accessgis.report.wording import listing, mode_name, rule_titles, say

SCHEMA = "accessgis.comparison/1"
SHOWN_AREAS = 5
_FEW_PLACES = 3
_LEAST_SHOWN = 0.5
"""People from whom on a village is named on the screen: fewer would read as nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonLine:
    """One rule of the study's area, before and after; ``marks`` are its verdicts as data."""

    rule: str
    marks: tuple[str, str]
    title: str
    mode: str
    before: str
    after: str
    change: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """A comparison ready to print: what stands in its way, the study's area rule by rule, then the areas below."""

    heading: str
    cautions: tuple[str, ...] = ()
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


def compared_folders(
    one: Mapping[str, Any], other: Mapping[str, Any], *, crosswalk: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return two results as :func:`accessgis.report.result_folder.read_result` gives them side by side.

    Parameters
    ----------
    one, other
        The earlier and the later result.
    crosswalk
        Schema :data:`accessgis.sources.crosswalk.CROSSWALK`: the earlier result is restated on the later units.
    """
    changes = None
    if crosswalk is not None:
        after, until = (dt.date.fromisoformat(found["study"]["data_date"]) for found in (one, other))
        changes = changes_between(crosswalk, after, until)
    return compare_results(result_rows(one), result_rows(other), changes=changes)


def scenario_view(scenario: Scenario, result: ScenarioResult, *, lang: Language = "zh") -> ComparisonView:
    """Return a scenario's comparison ready to print."""
    titles = rule_titles(result.after.rules, lang)
    heading = say("compare.scenario", lang, name=scenario.file.scenario.name)
    rules = {rule.rule: asdict(rule) for rule in result.after.rules}
    own = [say("sharing.run_none", lang)] if result.after.parameters.get("sharing") == "none" else []
    notes = [*own, *mobile_lines(result.after.results, titles, lang), *step_lines(result.steps, lang)]
    return comparison_view(result.comparison, titles, heading=heading, lang=lang, notes=notes, rules=rules)


def folders_view(
    one: Mapping[str, Any], other: Mapping[str, Any], table: pd.DataFrame, *, lang: Language = "zh"
) -> ComparisonView:
    """Return the comparison of two result folders ready to print."""
    titles = {rule["rule"]: rule["title"][lang] for rule in (*one["rules"], *other["rules"])}
    heading = say("compare.heading", lang, before=_named(one), after=_named(other))
    cautions = (*difference_texts(one, other, lang), *_unit_texts(table, lang))
    notes = [say("compare.no_people", lang)]
    rules = {rule["rule"]: rule for rule in (*one["rules"], *other["rules"])}
    view = comparison_view(table, titles, heading=heading, lang=lang, notes=notes, rules=rules)
    return replace(view, cautions=cautions)


def difference_texts(one: Mapping[str, Any], other: Mapping[str, Any], lang: Language) -> tuple[str, ...]:
    """Return in what two results differ besides their figures, a sentence for each."""
    titles = {rule["rule"]: rule["title"][lang] for rule in other["rules"]}
    found = []
    if one["study"]["code"] != other["study"]["code"]:
        found.append(say("compare.other_code", lang, before=one["study"]["code"], after=other["study"]["code"]))
    as_of = [str(result["study"].get("population_as_of") or say("report.none", lang)) for result in (one, other)]
    if as_of[0] != as_of[1]:
        found.append(say("compare.other_as_of", lang, before=as_of[0], after=as_of[1]))
    for name, rules in differences(one, other).items():
        told = listing([titles[rule] for rule in rules[:SHOWN_AREAS]], lang)
        if len(rules) > SHOWN_AREAS:
            told = say("compare.and_more", lang, names=told, count=len(rules))
        found.append(say(f"compare.differs_{name}", lang, rules=told))
    return tuple(found)


def _unit_texts(table: pd.DataFrame, lang: Language) -> list[str]:
    """Return which units cannot be compared, and which earlier figures were restated."""
    found = []
    for units in ("changed", "restated"):
        areas = table[table["units"] == units].drop_duplicates(["level", "area"])
        if len(areas):
            names = [f"{row['area_name']}({row['area']})" for row in areas.head(SHOWN_AREAS).to_dict("records")]
            told = listing(names, lang)
            if len(areas) > SHOWN_AREAS:
                told = say("compare.and_more", lang, names=told, count=len(areas))
            found.append(say(f"compare.units_{units}", lang, areas=told))
    return found


def _named(found: Mapping[str, Any]) -> str:
    return f"{found['study']['name']} {found['study']['data_date']}"


def comparison_view(
    table: pd.DataFrame,
    titles: Mapping[str, str],
    *,
    heading: str,
    lang: Language,
    rules: Mapping[str, Mapping[str, Any]],
    notes: Sequence[str] = (),
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
            lines.append(
                _line({str(k): v for k, v in row.items()}, titles.get(str(rule), str(rule)), rules[str(rule)], lang)
            )
        areas += _areas(
            lowest[(lowest["rule"] == rule) & (lowest["level"] == "village")], titles.get(str(rule), str(rule)), lang
        )
    others = _other_modes(table, {line.rule for line in lines}, titles, lang)
    if not lines:
        notes = [say("compare.nothing_own" if others else "compare.nothing", lang), *others, *notes]
    else:
        notes = [*others, *notes]
    return ComparisonView(heading=heading, lines=tuple(lines), areas=tuple(areas), notes=tuple(notes))


def _other_modes(table: pd.DataFrame, told: Collection[str], titles: Mapping[str, str], lang: Language) -> list[str]:
    """Return who gains and loses by single modes under rules whose own figure stays, as by a bridge for walkers."""
    circles = table[~table["headline"] & (table["unit"] == "") & (table["units"] != "changed")]
    found = []
    for rule, rows in circles[~circles["rule"].isin(told)].groupby("rule", sort=False):
        top = rows[rows["level"] == rows["level"].iloc[0]]
        lowest = rows[rows["level"] == rows["level"].iloc[-1]]
        said = []
        for profile, mine in top.groupby("profile", sort=False):
            won, lost = (whole(float(people.sum())) for people in _won_and_lost(mine))
            if won or lost:
                text = say("compare.gained_lost", lang, gained=persons(won, lang), lost=persons(lost, lang))
                places = _most_moved(lowest[lowest["profile"] == profile], lang)
                said.append(
                    say("compare.by_mode", lang, mode=mode_name(str(profile), lang), change=text, places=places)
                )
        if said:
            changes = say("compare.joiner_modes", lang).join(said)
            found.append(say("compare.other_modes", lang, rule=titles.get(str(rule), str(rule)), changes=changes))
    return found


def _won_and_lost(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the people won and lost in each row; where it is not known who is covered, the net change."""
    net = (rows["after"] - rows["before"]).fillna(0.0)
    return rows["gained"].fillna(net.clip(lower=0.0)), rows["lost"].fillna((-net).clip(lower=0.0))


def _most_moved(rows: pd.DataFrame, lang: Language) -> str:
    """Return the places where most people are won and lost, by name."""
    won, lost = _won_and_lost(rows)
    most = rows.assign(moved=won + lost).sort_values("moved", ascending=False, kind="stable")
    named = [row["area_name"] for row in most.head(_FEW_PLACES).to_dict("records") if row["moved"] >= _LEAST_SHOWN]
    return say("compare.mostly", lang, places=listing(named, lang)) if named and len(rows) > 1 else ""


def _line(row: dict[str, Any], title: str, rule: Mapping[str, Any], lang: Language) -> ComparisonLine:
    unit, ends = ("share", ("share_before", "share_after")) if row["profile"] else (row["unit"], ("before", "after"))
    before, after = (figure_text(row[end], unit) for end in ends)
    change = "" if row["profile"] else difference_text(row, lang)
    if row["profile"] and row["share_before"] == row["share_before"] and row["share_after"] == row["share_after"]:
        told_apart = row["gained"] == row["gained"]
        nobody = told_apart and whole(row["gained"]) == whole(row["lost"]) == 0
        key = "compare.gained_lost" if told_apart else "compare.net"
        if nobody and whole(row["after"] - row["before"]):
            key = "compare.people_only"
        told = {
            "gained": persons(whole(row["gained"]), lang) if row["gained"] == row["gained"] else "",
            "lost": persons(whole(row["lost"]), lang) if row["lost"] == row["lost"] else "",
            "net": f"{whole(row['after'] - row['before']):+,}",
        }
        change = say(key, lang, **told)
    if row["units"] == "changed":
        change = say("compare.changed", lang)
    words = [verdict_text(row, side, rule, lang) for side in ("before", "after")]
    flips = words[0] != words[1] and row["units"] != "changed"
    mode = mode_name(row["profile"], lang) if row["profile"] else ""
    verdict = " → ".join(words) if flips else words[1]
    return ComparisonLine(
        rule=row["rule"],
        marks=(_mark(row, "before", rule), _mark(row, "after", rule)),
        title=title,
        mode=mode,
        before=before,
        after=after,
        change=change,
        verdict=verdict,
    )


def difference_text(row: Mapping[str, Any], lang: Language) -> str:
    """Return by how much the figure of a rule that counts changes: points of a share, else the amount."""
    more = float(row["after"]) - float(row["before"])
    if more != more:
        return ""
    amount = say("compare.points", lang, points=f"{abs(more) * 100:.1f}") if row["unit"] in SHARES else ""
    return f"{'+' if more > 0 else '−'}{amount or f'{abs(more):,.4g}'}"


def _mark(row: Mapping[str, Any], side: str, rule: Mapping[str, Any]) -> str:
    """Return the verdict that the sign shows: a plan that is over gives figures only."""
    return "no_target" if rule["stage"] == "expired" and row[f"verdict_{side}"] else str(row[f"verdict_{side}"])


def verdict_text(row: Mapping[str, Any], side: str, rule: Mapping[str, Any], lang: Language) -> str:
    """Return a verdict in words; where a figure is held against nobody, on which side of the plan's it lies."""
    verdict = row[f"verdict_{side}"]
    if rule["stage"] == "expired" and verdict in ("meets", "falls_short", "no_target", ""):
        return say("page.expired", lang)
    circle = not row["unit"]
    figure, aim = (
        float(row[f"share_{side}" if circle else side]),
        rule["value"] if rule["target"] is None else rule["target"],
    )
    if verdict in ("no_target", "") and aim is not None and figure == figure and (circle or row["unit"] in SHARES):
        above = "above" if reaches(figure, aim) else "below"
        return say(f"indicator.{above}_figure", lang, force=say(f"force_short.{rule['force']}", lang))
    return say(f"verdict.{verdict}", lang) if verdict else say("report.no_value", lang)


def figure_text(value: float, unit: str) -> str:
    """Return the figure of a rule that counts, a dash where it is not known."""
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
