"""A comparison of proposed sites (选址方案比选表) as text ready to print, and as plain values."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.report.facts import metres_text
from accessgis.report.numbers import count, percent, persons, whole
from accessgis.report.tables import records
from accessgis.report.wording import kind_name, listing, mode_name, say, titled
from accessgis.standards.model import Title
from accessgis.study.measure import Measured

_NEAR_M = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTable:
    """Proposed sites side by side.

    Attributes
    ----------
    heading, columns
        What it is, and the labels of the sites.
    rows
        What is compared, and one text for each site.
    conclusions
        One sentence for each site, with its figures and shortcomings.
    notes
        What was not checked, and what the comparison is not.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    conclusions: tuple[str, ...]
    notes: tuple[str, ...]


def site_document(check: SiteCheck, *, label: str) -> dict[str, Any]:
    """Return one site as plain values: ``site``, ``rules`` and what else is known of it."""
    row, proposal = check.proposal.row, check.proposal
    effect = check.effect
    return {
        "site": {
            "label": label,
            "kind": str(row["kind"]),
            "lon": proposal.lon,
            "lat": proposal.lat,
            "county": str(row["county"]),
            "township": str(row["township"]),
            "village": str(row["village"]),
            "placement": str(row["placement"]),
        },
        "rules": records(effect.rules),
        "areas": records(effect.areas),
        "neighbours": records(effect.neighbours),
        "saved": records(effect.saved),
        "standing": records(check.standing),
        "nearest": records(check.nearest),
        "around": records(check.around),
        "ranks": records(check.ranks),
        "counted": records(check.counted),
    }


def site_table(
    measured: Measured, checks: Sequence[SiteCheck], labels: Sequence[str], *, lang: Language = "zh"
) -> SiteTable:
    """Return proposed sites side by side, in words.

    Parameters
    ----------
    measured
        The study they were checked in.
    checks, labels
        The sites and what they are called.
    lang
        ``"zh"`` or ``"en"``.
    """
    areas = measured.prepared.areas.frame
    names = dict(zip(areas["code"], areas["name"], strict=True))
    titles = {record.rule: record.title for record in measured.records}
    kind = kind_name(str(checks[0].proposal.row["kind"]), lang)
    per_site = [_lines(check, names, titles, lang) for check in checks]
    order = list(dict.fromkeys(key for lines in per_site for key in lines))
    none = say("site.none", lang)
    sharing = (say("sharing.run_none", lang),) if measured.sharing == "none" else ()
    return SiteTable(
        heading=say("site.heading", lang, kind=kind),
        columns=tuple(labels),
        rows=tuple((key, tuple(lines.get(key, none) for lines in per_site)) for key in order),
        conclusions=tuple(
            say("site.label", lang, label=label) + _conclusion(check, lang)
            for label, check in zip(labels, checks, strict=True)
        ),
        notes=(*sharing, say("site.unchecked", lang), say("site.disclaimer", lang)),
    )


def _lines(check: SiteCheck, names: dict[str, str], titles: dict[str, Title], lang: Language) -> dict[str, str]:
    """Return what is said of one site, by what it is called."""
    proposal = check.proposal
    place = names.get(proposal.row["township"], "") + names.get(proposal.row["village"], "")
    lines = {
        say("site.place", lang): f"{place or say('site.outside', lang)}\n{proposal.lon:.5f}, {proposal.lat:.5f}",
        say("site.road", lang): _standing(check, lang),
    }
    area = float(shapely.area(proposal.row["geometry"]))
    if area > 0:
        lines[say("site.area", lang)] = say("site.area_text", lang, m2=count(whole(area)), mu=f"{area * 0.0015:.2f}")
    for row in check.around.to_dict("records"):
        key = say(f"site.around_{row['within']}", lang, limit=f"{row['limit']:,.0f}")
        elderly = row["age60plus"]
        text = persons(whole(row["people"]), lang)
        if elderly == elderly:
            text += say("site.elderly", lang, people=persons(whole(elderly), lang))
        lines[key] = text
    for rule, rows in check.effect.rules.groupby("rule", sort=False):
        lines |= _rule_lines(str(rule), rows, check, titles, lang)
    filled = _filled(check)
    if len(filled):
        areas = listing(dict.fromkeys(filled["area_name"]), lang)
        lines[say("site.filled", lang)] = say("site.filled_text", lang, count=filled["area"].nunique(), areas=areas)
    for row in check.nearest.to_dict("records"):
        if row["profile"] == "vehicle":
            lines[say(f"site.nearest_{row['status']}", lang)] = _nearest(row, lang)
    return lines


def _rule_lines(
    rule: str, rows: pd.DataFrame, check: SiteCheck, titles: dict[str, Title], lang: Language
) -> dict[str, str]:
    title = titled(titles[rule], lang)
    lines = {}
    for row in rows.to_dict("records"):
        if not row["headline"] and row["profile"] not in ("walk", "walk-elderly"):
            continue
        mode = mode_name(row["profile"], lang)
        text = persons(whole(row["net"]), lang)
        if row["headline"] and row["net_low"] == row["net_low"] and row["net_low"] != row["net_high"]:
            text += say("site.range", lang, low=whole(row["net_low"]), high=whole(row["net_high"]))
        if row["headline"] and whole(row["net_own"]) != whole(row["net"]):
            text += say("site.own", lang, people=persons(whole(row["net_own"]), lang))
        details = {
            "gross": persons(whole(row["gross"]), lang),
            "moved": persons(whole(row["moved"]), lang),
            "before": percent(row["before"] / row["people"]) if row["people"] > 0 else "—",
            "after": percent(row["after"] / row["people"]) if row["people"] > 0 else "—",
        }
        lines[say("site.net", lang, rule=title, mode=mode)] = text + "\n" + say("site.details", lang, **details)
    ranks = check.ranks[check.ranks["rule"] == rule]
    for row in ranks.to_dict("records"):
        key = "site.rank_none" if row["net"] <= 0 else "site.rank_text"
        lines[say("site.rank", lang, rule=title)] = say(
            key,
            lang,
            rank=row["rank"],
            count=f"{row['candidates']:,}",
            place=row["best_place"],
            people=persons(whole(row["best_net"]), lang),
            lon=f"{row['best_lon']:.5f}",
            lat=f"{row['best_lat']:.5f}",
        )
    return lines


def _standing(check: SiteCheck, lang: Language) -> str:
    said = []
    for row in check.standing.to_dict("records"):
        mode = mode_name(row["profile"], lang)
        if row["off_network"]:
            said.append(say("site.off_network", lang, mode=mode))
        else:
            key = "site.island" if row["island"] else "site.joined"
            said.append(say(key, lang, mode=mode, far=metres_text(math.ceil(row["access_m"]), lang)))
    return "\n".join(dict.fromkeys(said))


def _nearest(row: Mapping[Hashable, Any], lang: Language) -> str:
    if not row["facility_id"]:
        return say("site.none", lang)
    return say(
        "site.nearest_text",
        lang,
        facility=row["name"] or row["facility_id"],
        road=metres_text(math.ceil(row["road_m"]), lang)
        if np.isfinite(row["road_m"])
        else say("fact.unreachable", lang),
        straight=metres_text(math.ceil(row["straight_m"]), lang),
    )


def _filled(check: SiteCheck) -> pd.DataFrame:
    """Return the units that lack the kind today and would have it."""
    rows = check.counted
    empty = rows["state_before"].isin(["absent", "short"])
    return rows[empty & rows["state_after"].isin(["present", "unknown"])]


def _conclusion(check: SiteCheck, lang: Language) -> str:
    """Return one sentence: what the site brings, and what speaks against it."""
    rules = check.effect.rules
    head = rules[rules["headline"]].to_dict("records")
    best = max(head, key=lambda row: row["net"])
    walk = rules[rules["profile"] == "walk"]
    on_foot = float(walk["net"].max()) if len(walk) else 0.0
    filled = _filled(check)["area"].nunique()
    mode = mode_name(best["profile"], lang)
    parts = []
    if best["net"] > 0:
        rank = check.ranks[check.ranks["rule"] == best["rule"]].to_dict("records")
        where = (
            say("site.of_candidates", lang, rank=rank[0]["rank"], count=f"{rank[0]['candidates']:,}") if rank else ""
        )
        parts.append(say("site.gains", lang, mode=mode, people=persons(whole(best["net"]), lang), rank=where))
    else:
        parts.append(say("site.gains_none", lang, mode=mode))
    if on_foot > 0 and best["profile"] != "walk":
        parts.append(say("site.gains_walk", lang, people=persons(whole(on_foot), lang)))
    if filled:
        parts.append(say("site.gains_filled", lang, count=filled))
    short = [say("site.short_off", lang) for row in check.standing.to_dict("records") if row["off_network"]] + [
        say("site.short_island", lang) for row in check.standing.to_dict("records") if row["island"]
    ]
    access = check.standing["access_m"].min()
    if _NEAR_M < access < np.inf:
        short.append(say("site.short_far", lang, far=metres_text(math.ceil(access), lang)))
    text = say("site.joiner", lang).join(parts)
    if short:
        text += say("site.shortcomings", lang, what=listing(dict.fromkeys(short), lang))
    return text + say("sentence.end", lang)


def site_frame(table: SiteTable, *, lang: Language = "zh") -> pd.DataFrame:
    """Return the comparison as a table: one row for each thing compared, one column for each site."""
    rows = [(*(key,), *values) for key, values in table.rows]
    rows.append((say("site.conclusion", lang), *table.conclusions))
    return pd.DataFrame(rows, columns=[say("site.item", lang), *table.columns])
