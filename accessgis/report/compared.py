"""Two results side by side with what is drawn of them: rows of one table as figures, shades and changes of places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from accessgis.base.errors import Language
from accessgis.decide.scenario import Scenario, ScenarioResult
from accessgis.report.comparison_view import ComparisonView, difference_text
from accessgis.report.counted_map import CountedClass
from accessgis.report.drawn import Drawn, drawn_of
from accessgis.report.indicators import SHARES
from accessgis.report.kept_result import KeptResult
from accessgis.report.numbers import percent, persons, whole
from accessgis.report.sentences import share_class
from accessgis.report.wording import say

Change = Literal["gain", "loss", "same", "u", "x"]
"""What became of a place: better, worse, as before, not to be compared, not concerned."""
LEVELS = ("county", "township", "village")


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """Two results side by side.

    Attributes
    ----------
    table
        Schema :data:`accessgis.decide.comparison.COMPARISON`.
    view
        The same ready to print, in the language of the page.
    rules
        ``rules[]`` of the later result, then those that only the earlier one has, by id.
    before, after
        What is drawn of each.
    names
        What the two are called on the page.
    study
        ``study`` of the later result, as in assessment.json.
    inputs
        ``inputs[]`` of either, likewise.
    """

    table: pd.DataFrame
    view: ComparisonView
    rules: Mapping[str, Mapping[str, Any]]
    before: Drawn
    after: Drawn
    names: tuple[str, str]
    study: Mapping[str, Any]
    inputs: tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rule in one area, before and after.

    Attributes
    ----------
    before, after
        The figures as printed, ``""`` where a unit merely stands in some way.
    shades
        How the area is shaded before and after.
    change, told
        What became of it, as data and in words.
    gained, lost, net
        People: newly covered, no longer covered (None where not known), and the difference of the covered.
    """

    level: str
    code: str
    name: str
    before: str
    after: str
    shades: tuple[CountedClass, CountedClass]
    change: Change
    told: str
    gained: int | None
    lost: int | None
    net: int | None


def results_compared(before: KeptResult, after: KeptResult, table: pd.DataFrame, view: ComparisonView) -> Compared:
    """Return two kept results side by side.

    Parameters
    ----------
    before, after
        The earlier and the later result.
    table, view
        Of :mod:`accessgis.report.comparison_view`.

    Raises
    ------
    UsageError
        AG2143 a folder has no layers.
    """
    names = [f"{kept.told['study']['name']} {kept.told['study']['data_date']}" for kept in (before, after)]
    if names[0] == names[1]:
        names = [f"{name} ({kept.name})" for name, kept in zip(names, (before, after), strict=True)]
    return Compared(
        table=table,
        view=view,
        rules={rule["rule"]: rule for kept in (before, after) for rule in kept.told["rules"]},
        before=before.drawn(),
        after=after.drawn(),
        names=(names[0], names[1]),
        study=after.told["study"],
        inputs=(before.told["inputs"], after.told["inputs"]),
    )


def scenario_compared(scenario: Scenario, result: ScenarioResult, view: ComparisonView, *, lang: Language) -> Compared:
    """Return a study as it is beside what a scenario makes of it."""
    study = result.after.study
    return Compared(
        table=result.comparison,
        view=view,
        rules={rule.rule: asdict(rule) for found in (result.before, result.after) for rule in found.rules},
        before=drawn_of(result.before),
        after=drawn_of(result.after),
        names=(say("compare.today", lang), scenario.file.scenario.name),
        study={"data_date": study.data_date.isoformat(), "generated": study.generated},
        inputs=([asdict(each) for each in result.before.inputs], [asdict(each) for each in result.after.inputs]),
    )


def places(compared: Compared, rule: str, lang: Language) -> Iterator[Place]:
    """Return a rule in every area that either result has a figure for, its own profiles only."""
    table = compared.table
    record = compared.rules[rule]
    rows = table[(table["rule"] == rule) & table["headline"] & table["level"].isin(LEVELS)]
    for row in rows.to_dict("records"):
        yield _place({str(key): value for key, value in row.items()}, record, lang)


def compared_rules(compared: Compared) -> list[str]:
    """Return the rules that at least one result has a figure for, in the order of the table."""
    table = compared.table
    figured = table[table["headline"] & (table["before"].notna() | table["after"].notna())]
    return [str(rule) for rule in figured["rule"].unique() if rule in compared.rules]


def changed_facilities(compared: Compared, kinds: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the facilities in service in one result only: ``facility_id, kind, name, township, x, y, change``."""
    sides = []
    for drawn, other, change in ((compared.after, compared.before, "new"), (compared.before, compared.after, "gone")):
        here, there = (each.facilities[each.facilities["status"] == "in_service"] for each in (drawn, other))
        mine = here[~here["facility_id"].isin(there["facility_id"])]
        sides.append(mine.assign(change=change))
    frame = pd.concat(sides, ignore_index=True)
    return frame if kinds is None else frame[frame["kind"].isin(kinds)]


def _place(row: dict[str, Any], rule: Mapping[str, Any], lang: Language) -> Place:
    circle = rule["rule_kind"] == "circle"
    shades = (_shade(row, "before", rule), _shade(row, "after", rule))
    figures = (_figure(row, "before"), _figure(row, "after"))
    sums: dict[str, int | None] = {name: _whole(row[name]) if circle else None for name in ("gained", "lost")}
    was, now = float(row["before"]), float(row["after"])
    unlike = row.get("units") == "changed"
    known = was == was and now == now and not unlike
    net = whole(now) - whole(was) if circle and known else None
    change = _change(shades, net, now - was if known else math.nan, rule, unlike=unlike)
    return Place(
        level=row["level"],
        code=row["area"],
        name=row["area_name"],
        before=figures[0],
        after=figures[1],
        shades=shades,
        change=change,
        told=_told(row, change, net, lang),
        gained=sums["gained"],
        lost=sums["lost"],
        net=net,
    )


def _whole(value: float) -> int | None:
    return None if value != value else whole(float(value))


def _figure(row: Mapping[str, Any], side: str) -> str:
    value = float(row[side])
    if not row["unit"]:
        share = float(row[f"share_{side}"])
        return "" if share != share else percent(share)
    if value != value or row["unit"] == "facilities":
        return ""
    return percent(value) if row["unit"] in SHARES else f"{value:,.4g}"


def _shade(row: Mapping[str, Any], side: str, rule: Mapping[str, Any]) -> CountedClass:
    """Return how an area is shaded in one of the two results."""
    verdict, value = row[f"verdict_{side}"], float(row[side])
    if verdict == "nobody_concerned":
        return "x"
    if verdict == "not_judged" and value != value:
        return "u"
    if not row["unit"] or row["unit"] in SHARES:
        share = float(row[f"share_{side}"]) if not row["unit"] else value
        if share != share and not row["unit"] and verdict != "not_judged" and value == 0:
            return "x"  # a share of nobody
        return "u" if share != share else share_class(share, rule["target"])
    if value != value:
        return "u"
    if row["unit"] == "facilities":
        return "p" if verdict == "meets" or (not rule["target"] and value > 0) else "n"
    aim = rule["value"]
    if aim is None:
        return "s1"
    return "ga" if (value >= aim) == (rule["op"] in (None, ">=", ">")) or value == aim else "gb"


def _change(
    shades: tuple[CountedClass, CountedClass],
    net: int | None,
    more: float,
    rule: Mapping[str, Any],
    *,
    unlike: bool,
) -> Change:
    if shades == ("x", "x"):
        return "x"
    if unlike or ("u" in shades and net is None) or more != more:
        return "u"
    if net is None and set(shades) <= {"p", "n"}:
        step = float(shades[1] == "p") - float(shades[0] == "p")
    else:
        step = float(net) if net is not None else more if rule["op"] in (None, ">=", ">") else -more
    return "gain" if step > 0 else "loss" if step < 0 else "same"


def _told(row: Mapping[str, Any], change: Change, net: int | None, lang: Language) -> str:
    """Return a change in words: people of circles, points of shares, how a unit stands now."""
    if change in ("u", "x", "same"):
        return say(f"compare.change_{change}", lang)
    if net is not None:
        return f"{'+' if net > 0 else '−'}{persons(abs(net), lang)}"
    if row["unit"] == "facilities":
        return say("compare.unit_gain" if change == "gain" else "compare.unit_loss", lang)
    return difference_text(row, lang)
