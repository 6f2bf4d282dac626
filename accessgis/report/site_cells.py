"""What is said of a proposed site, thing by thing: texts of the terminal's table, of the paper and of the workbook."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import shapely

from accessgis.assess.assessment import RuleRecord
from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.report.comparison_view import figure_text, verdict_text
from accessgis.report.counted_rules import STATES
from accessgis.report.facts import metres_text
from accessgis.report.land_view import area_text
from accessgis.report.numbers import count, percent, persons, whole
from accessgis.report.wording import listing, missing_phrase, mode_name, say
from accessgis.study.measure import Measured

Row = Mapping[Hashable, Any]

_FEW = 3
_ON_FOOT = ("walk", "walk-elderly")


def rounded_people(value: float, lang: Language) -> str:
    """Return people in words: ``663人``."""
    return persons(whole(value), lang)


def place_name(measured: Measured, check: SiteCheck, lang: Language) -> str:
    """Return township and village of a site by name."""
    areas = measured.prepared.areas.frame
    names = dict(zip(areas["code"], areas["name"], strict=True))
    row = check.proposal.row
    return names.get(row["township"], "") + names.get(row["village"], "") or say("site.outside", lang)


def parcel_text(check: SiteCheck, lang: Language) -> str:
    """Return the area of the parcel; ``""`` of a point."""
    area = float(shapely.area(check.proposal.row["geometry"]))
    return area_text(area, lang) if area > 0 else ""


def around_text(row: Row, lang: Language) -> str:
    """Return people around a site, and the elderly among them."""
    text = rounded_people(row["people"], lang)
    if row["age60plus"] == row["age60plus"]:
        text += say("site.elderly", lang, people=rounded_people(row["age60plus"], lang))
    return text


def net_text(row: Row, lang: Language) -> str:
    """Return the people newly covered, and how far that hangs on speeds and snap limits."""
    text = rounded_people(row["net"], lang)
    if row["headline"] and row["net_low"] == row["net_low"] and row["net_low"] != row["net_high"]:
        text += say("site.range", lang, low=whole(row["net_low"]), high=whole(row["net_high"]))
    if row["headline"] and whole(row["net_own"]) != whole(row["net"]):
        text += say("site.own", lang, people=rounded_people(row["net_own"], lang))
    return text


def share_text(people: float, whole_people: float) -> str:
    """Return a share of people, a dash of nobody."""
    return percent(people / whole_people) if whole_people > 0 else "—"


def shown_rows(check: SiteCheck, rule: str) -> list[Row]:
    """Return the rows of a rule that are shown: by its own profiles, and on foot."""
    rows = check.effect.rules[check.effect.rules["rule"] == rule]
    return [row for row in rows.to_dict("records") if row["headline"] or row["profile"] in _ON_FOOT]


def standing_text(check: SiteCheck, lang: Language) -> str:
    """Return how a site stands to the roads, by mode."""
    said = []
    for row in check.standing.to_dict("records"):
        mode = mode_name(row["profile"], lang)
        if row["off_network"]:
            said.append(say("site.off_network", lang, mode=mode))
        else:
            key = "site.island" if row["island"] else "site.joined"
            said.append(say(key, lang, mode=mode, far=metres_text(math.ceil(row["access_m"]), lang)))
    return "\n".join(dict.fromkeys(said))


def nearest_text(check: SiteCheck, status: str, lang: Language) -> str:
    """Return the nearest facility of the kind by road, in service or planned, with both distances."""
    row = next(
        row for row in check.nearest.to_dict("records") if row["profile"] == "vehicle" and row["status"] == status
    )
    if not row["facility_id"]:
        return say("site.none", lang)
    finite = np.isfinite(row["road_m"])
    return say(
        "site.nearest_text",
        lang,
        facility=row["name"] or row["facility_id"],
        road=metres_text(math.ceil(row["road_m"]), lang) if finite else say("fact.unreachable", lang),
        straight=metres_text(math.ceil(row["straight_m"]), lang),
    )


def rank_text(row: Row, lang: Language) -> str:
    """Return the rank of a site among the candidate places, and the best of them."""
    key = "site.rank_none" if row["net"] <= 0 else "site.rank_text"
    if row["best_net"] <= 0:
        key = "site.rank_nobody"
    elif not row["rank"]:
        key = "site.rank_barred"
    out = row["forbidden"] + row["steep"]
    text = say(
        key,
        lang,
        rank=row["rank"],
        count=f"{row['candidates']:,}",
        place=row["best_place"],
        people=rounded_people(row["best_net"], lang),
        lon=f"{row['best_lon']:.5f}",
        lat=f"{row['best_lat']:.5f}",
    )
    return text + (say("site.rank_left_out", lang, count=count(out)) if out else "")


def rank_short(row: Row, lang: Language) -> str:
    """Return the rank of a site among the candidate places alone."""
    if not row["rank"]:
        return say("site.rank_barred_short", lang)
    if row["net"] <= 0:
        return say("site.rank_none_short", lang, count=f"{row['candidates']:,}")
    return say("site.rank_short", lang, rank=row["rank"], count=f"{row['candidates']:,}")


def loads_text(check: SiteCheck, rule: str, lang: Language) -> str:
    """Return the load of the site and of the facilities that most people move over from, beside their capacity."""
    rows = check.effect.neighbours[check.effect.neighbours["rule"] == rule].to_dict("records")
    said = [_load(row, say("site.this", lang), lang) for row in rows[:1]]
    said += [_load(row, row["name"] or row["facility_id"], lang) for row in rows[1 : _FEW + 1]]
    if len(rows) > _FEW + 1:
        said.append(say("site.load_more", lang, count=len(rows) - _FEW - 1))
    return "\n".join(said)


def _load(row: Row, name: str, lang: Language) -> str:
    before, after = whole(row["before"]), whole(row["after"])
    text = say("site.load", lang, facility=name, before=count(before), after=persons(after, lang))
    if row["capacity"] and row["size"] > 0:
        unit = say(f"capacity.{row['capacity']}", lang)
        per = [f"{value / row['size']:,.1f}" for value in (row["before"], row["after"])]
        size = f"{row['size']:g}"
        text += say("site.load_capacity", lang, unit=unit, size=size, before=per[0], after=per[1])
    return text


def saved_text(check: SiteCheck, rule: str, lang: Language) -> str:
    """Return how many people save how many minutes; ``""`` where nobody does."""
    said = []
    for row in check.effect.saved[check.effect.saved["rule"] == rule].to_dict("records"):
        if whole(row["people"]):
            key = "site.saved_over" if np.isinf(row["to_min"]) else "site.saved_band"
            low, high = f"{row['from_min']:g}", f"{row['to_min']:g}"
            said.append(say(key, lang, low=low, high=high, people=rounded_people(row["people"], lang)))
    return listing(said, lang)


def townships_text(check: SiteCheck, rule: str, lang: Language) -> str:
    """Return the townships with most people newly covered; ``""`` without any."""
    areas = check.effect.areas
    rows = areas[(areas["rule"] == rule) & (areas["level"] == "township")]
    rows = rows.assign(net=rows["after"] - rows["before"]).sort_values("net", ascending=False, kind="stable")
    gaining = [row for row in rows.to_dict("records") if whole(row["net"]) > 0]
    said = [
        say(
            "site.township",
            lang,
            name=row["area_name"],
            people=rounded_people(row["net"], lang),
            before=share_text(row["before"], row["people"]),
            after=share_text(row["after"], row["people"]),
        )
        for row in gaining[:_FEW]
    ]
    return "\n".join(said)


def walk_texts(check: SiteCheck, lang: Language) -> dict[str, str]:
    """Return what changes for people on foot, by what it is called."""
    lines = {}
    for row in check.walk.to_dict("records"):
        lines[say("site.walk_newly", lang, limit=f"{row['limit_min']:g}")] = around_text(row, lang)
    (nearer,) = check.nearer.to_dict("records")
    text = around_text(nearer, lang)
    if nearer["median_saved_min"] == nearer["median_saved_min"]:
        text += say("site.median", lang, minutes=f"{nearer['median_saved_min']:.0f}")
    lines[say("site.walk_nearer", lang)] = text
    return lines


def catchment_text(check: SiteCheck, rule: str, lang: Language) -> str:
    """Return the size of the land that a site serves under a rule; ``""`` of rules in metres."""
    rows = check.catchments[check.catchments["rule"] == rule]
    return say("site.catchment_text", lang, km2=f"{rows['area_km2'].iloc[0]:,.1f}") if len(rows) else ""


def filled_units(check: SiteCheck) -> pd.DataFrame:
    """Return the units that lack the kind today and would have it."""
    return _empty_units(check, "present")


def maybe_filled_units(check: SiteCheck) -> pd.DataFrame:
    """Return the units that lack the kind today and may have it: something told of the site would decide it."""
    rows = _empty_units(check, "unknown")
    return rows[~rows["area"].isin(filled_units(check)["area"])]


def _empty_units(check: SiteCheck, state: str) -> pd.DataFrame:
    rows = check.counted
    return rows[rows["state_before"].isin(["absent", "short"]) & (rows["state_after"] == state)]


def counted_texts(check: SiteCheck, records: Sequence[RuleRecord], lang: Language) -> dict[str, str]:
    """Return what becomes of every rule that counts facilities or amounts and changes, by rule.

    First the largest area that changes with its figure and verdict, then the units that stand otherwise.
    """
    return {
        record.rule: "\n".join(_counted_lines(record, rows, lang))
        for record in records
        if len(rows := check.counted[check.counted["rule"] == record.rule])
    }


def _counted_lines(record: RuleRecord, rows: pd.DataFrame, lang: Language) -> list[str]:
    found = rows.to_dict("records")
    top = found[0]["level"]
    shown = [row for row in found if row["level"] == top and row["state_before"] not in STATES]
    said = [_figures(record, row, lang) for row in shown[:_FEW]]
    units = [row for row in found if row["state_before"] in STATES]
    said += [_unit_states(row, lang) for row in units[:_FEW]]
    return said


def _figures(record: RuleRecord, row: Row, lang: Language) -> str:
    """Return the figure of an area before and after, and the verdict where it changes."""
    told = _unit_states(row, lang)
    rule = asdict(record)
    sides = {
        **{str(key): value for key, value in row.items()},
        "before": row["value_before"],
        "after": row["value_after"],
    }
    verdicts = [verdict_text(sides, side, rule, lang) for side in ("before", "after")]
    if record.stage == "expired":
        return told + say("site.counted_note", lang, note=verdicts[1])
    if verdicts[0] != verdicts[1]:
        told += say("site.counted_verdict", lang, before=verdicts[0], after=verdicts[1])
    return told


def _counted_figure(row: Row, side: str) -> str:
    value, state = float(row[f"value_{side}"]), str(row[f"state_{side}"])
    if value != value:
        return state if "/" in state else "—"
    text = figure_text(value, str(row["unit"]))
    return f"{text} ({state})" if "/" in state else text


def _unit_states(row: Row, lang: Language) -> str:
    before, after = counted_pair(row, lang)
    told = say("site.counted", lang, area=row["area_name"], before=before, after=after)
    open_ = row["state_after"] == "unknown" and row["missing"]
    return told + (say("site.counted_missing", lang, missing=missing_text(row, lang)) if open_ else "")


def missing_text(row: Row, lang: Language) -> str:
    """Return what would have to be told of the site for a rule to say more."""
    return listing([missing_phrase(token, lang) for token in row["missing"]], lang)


def counted_pair(row: Row, lang: Language) -> tuple[str, str]:
    """Return how an area stands before and after: its figure, or the state of a unit; of one unchanged how many."""
    states = [str(row[f"state_{side}"]) for side in ("before", "after")]
    if states[0] != states[1] and set(states) <= set(STATES):
        return say(f"report.state_{states[0]}", lang), say(f"report.state_{states[1]}", lang)
    return _counted_figure(row, "before"), _counted_figure(row, "after")
