"""How good the data are, in shares: what stands beside every headline figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.verdict import COMPLETENESS_LIMIT
from accessgis.network.profiles import Mode
from accessgis.standards.kinds import kind_id
from accessgis.study.doubts import Standing
from accessgis.study.prepare import Prepared, control_count
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule

UNKNOWN_CLASS = "road"


def completeness(prepared: Prepared, rule: RuleRecord) -> tuple[tuple[str, float], ...]:
    """Return layer or group and our figure over the official one, for every official total that a rule rests on."""
    shares = []
    for control in prepared.study.file.controls:
        subject, _, detail = control.what.partition(":")
        name = kind_id(detail) if subject == "facilities" else f"population:{detail or 'total'}"
        if name in rule.kinds or name in ("population:total", f"population:{rule.group}"):
            shares.append((name, control_count(control.what, prepared.facilities, prepared.demand) / control.value))
    return tuple(shares)


def incomplete_layers(prepared: Prepared, rule: RuleRecord) -> tuple[str, ...]:
    """Return the layers that official totals show to be so incomplete that the rule cannot be judged."""
    shares = completeness(prepared, rule)
    return tuple(f"completeness:{name}" for name, share in shares if share < COMPLETENESS_LIMIT)


def quality_shares(
    prepared: Prepared, router: Router, cases: Sequence[Case], rules: Sequence[ChosenRule]
) -> dict[str, float]:
    """Return named shares (0–1) of the data that are missing or doubtful.

    Parameters
    ----------
    prepared, router
        Layers of the study, and its networks.
    cases
        Networks of the profiles that rules were computed for.
    rules
        The rules of the study.

    Returns
    -------
    dict
        ``share_off_network:MODE`` and ``share_only_island:MODE``, of the people of the study's areas;
        ``share_road_without_class``, of the length of roads; ``share_villages_without_people``, of the villages (absent
        without any); ``share_without:CAPACITY:KIND``, of the facilities in service of kinds that a rule sums that
        capacity of.
    """
    judged = prepared.demand.frame["judged"].to_numpy(dtype=bool)
    people = np.where(judged, prepared.demand.people("total"), 0.0)
    total = float(people.sum())
    shares: dict[str, float] = {}
    seen: set[Mode] = set()
    for case in cases:
        mode = case.network.profile.mode
        if mode in seen or not total > 0:
            continue
        seen.add(mode)
        homes = Standing.of(case.joins.demand, case, router.limit_m)
        shares[f"share_off_network:{mode}"] = float(people[homes.off].sum()) / total
        shares[f"share_only_island:{mode}"] = float(people[homes.only_island].sum()) / total
    roads = prepared.roads
    length = float(roads.length_m.sum())
    if UNKNOWN_CLASS in roads.classes and length > 0:
        unknown = roads.road_class == roads.classes.index(UNKNOWN_CLASS)
        shares["share_road_without_class"] = float(roads.length_m[unknown].sum()) / length
    villages = prepared.areas.at("village")
    if len(villages):
        lived_in = prepared.demand.frame["village"][people > 0].unique()
        shares["share_villages_without_people"] = 1.0 - float(villages["code"].isin(lived_in).mean())
    return shares | _without_capacity(prepared, rules)


def _without_capacity(prepared: Prepared, rules: Sequence[ChosenRule]) -> dict[str, float]:
    frame = prepared.facilities.frame
    here = frame[(frame["status"] == "in_service") & (frame["county"] != "")]
    shares = {}
    for chosen in rules:
        asks = chosen.standard.amount
        if asks is None or asks.amount == "facilities":
            continue
        for kind in dict.fromkeys(kind for kinds in chosen.standard.facilities_any for kind in kinds):
            mine = here[here["kind"] == kind]
            if len(mine):
                known = mine[asks.amount].notna().mean() if asks.amount in mine.columns else 0.0
                shares[f"share_without:{asks.amount}:{kind}"] = 1.0 - float(known)
    return shares
