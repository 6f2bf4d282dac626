"""What each change of a scenario did, as lines ready to print and as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from accessgis.base.errors import Language
from accessgis.decide.steps import Step, Touched
from accessgis.report.numbers import count, people, percent, whole
from accessgis.report.wording import kind_name, listing, mode_name, people_phrase, say

SHOWN_FACILITIES = 5


def step_document(step: Step) -> dict[str, Any]:
    """Return what a change did, for ``comparison.json``; what it did not touch is left out."""
    found: dict[str, Any] = {}
    if step.facilities:
        found["facilities"] = [
            {name: value for name, value in asdict(one).items() if value or name not in ("days", "hours")}
            for one in step.facilities
        ]
    if step.people:
        found["people"] = {group: {"before": was, "after": now} for group, (was, now) in step.people.items()}
        found["units"] = step.units
    if step.road_km is not None:
        found["open_road_km"] = {"before": step.road_km[0], "after": step.road_km[1]}
    if step.profiles:
        found["profiles"] = list(step.profiles)
    return found


def step_lines(steps: Sequence[Step], lang: Language) -> tuple[str, ...]:
    """Return one line for each change."""
    return tuple(
        say("step.line", lang, number=step.number, action=say(f"action.{step.action}", lang), did=_did(step, lang))
        for step in steps
    )


def mobile_lines(results: pd.DataFrame, titles: Mapping[str, str], lang: Language) -> tuple[str, ...]:
    """Return the share with and without mobile services of every rule that counts any, at its highest level."""
    own = results[results["headline"] & results["covered_share_fixed"].notna()]
    top = own[own["level"] == own.groupby("rule", sort=False)["level"].transform("first")]
    return tuple(
        say(
            "step.mobile",
            lang,
            rule=titles.get(row["rule"], row["rule"]),
            area=row["area_name"],
            share=percent(row["covered_share"]),
            fixed=percent(row["covered_share_fixed"]),
        )
        for row in top.to_dict("records")
    )


def _did(step: Step, lang: Language) -> str:
    parts = []
    for what in dict.fromkeys(one.what for one in step.facilities):
        mine = [one for one in step.facilities if one.what == what]
        shown = say("step.joiner", lang).join(_facility(one, lang) for one in mine[:SHOWN_FACILITIES])
        if len(mine) > SHOWN_FACILITIES:
            shown = say("step.more", lang, names=shown, count=count(len(mine)))
        parts.append(say(f"step.{what}", lang, count=count(len(mine)), names=shown))
    for group, (was, now) in step.people.items():
        told = {"before": people(whole(was), lang), "after": people(whole(now), lang)}
        parts.append(say("step.people", lang, group=people_phrase("all", group, "", lang), **told))
    if step.units:
        parts.append(say("step.units", lang, count=count(step.units)))
    if step.road_km is not None:
        parts.append(say("step.road_km", lang, before=f"{step.road_km[0]:,.2f}", after=f"{step.road_km[1]:,.2f}"))
    if step.profiles:
        names = listing([mode_name(name, lang) for name in step.profiles], lang)
        parts.append(say("step.profiles", lang, names=names))
    return say("step.joiner", lang).join(parts) or say("step.nothing", lang)


def _facility(one: Touched, lang: Language) -> str:
    """Return a facility by its name, or by its kind and id where it has no name of its own, with where it stands."""
    name = f"{kind_name(one.kind, lang)} {one.facility_id}" if one.name in ("", one.facility_id) else one.name
    parts = [name, one.place] if one.place and one.place not in name else [name]
    if one.days:
        days = listing([say(f"weekday.{day}", lang) for day in one.days.split(";")], lang)
        parts.append(f"{days} {one.hours}")
    return say("step.part", lang).join(parts)
