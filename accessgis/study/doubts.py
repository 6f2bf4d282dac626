"""What is doubtful once the network is known: far joins, islands, people and facilities off the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accessgis.base.errors import Doubt
from accessgis.network.profiles import Profile
from accessgis.standards.kinds import load_kinds
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule
from accessgis.travel.snap import FAR_M


def rule_doubts(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    """Say which kinds of a rule have no layer, and which were not checked against an official total."""
    kinds, given = load_kinds(), prepared.facilities.kinds_given
    doubts = []
    for chosen in rules:
        rule = chosen.standard
        for admitted in rule.facilities_any:
            if given & set(admitted):
                doubts += [
                    Doubt(code="AG9201", values={"rule": rule.id, "kind": kinds[kind].zh})
                    for kind in admitted
                    if kind not in given
                ]
    controlled = {control.what for control in prepared.study.file.controls}
    used = {kind for chosen in rules for admitted in chosen.standard.facilities_any for kind in admitted} & given
    for kind in sorted(used):
        names = {f"facilities:{name}" for name in (kind, kinds[kind].zh)}
        if not names & controlled:
            doubts.append(Doubt(code="AG9203", values={"kind": kinds[kind].zh}))
    if used and not (prepared.facilities.frame["county"] == "").any():
        doubts.append(Doubt(code="AG9206"))
    return doubts


def routing_doubts(prepared: Prepared, router: Router, found: Sequence[RuleReaches]) -> list[Doubt]:
    """Say, per profile, what lies far from the network, on an island of it, or off it."""
    cases: dict[str, Case] = {part.profile: part.case for item in found for part in item.parts}
    used = np.zeros(len(prepared.facilities.frame), dtype=bool)
    for item in found:
        for part in item.parts:
            used |= part.admitted
    doubts: list[Doubt] = []
    seen: set[str] = set()
    for profile_id in sorted(cases):
        profile = prepared.profiles[profile_id]
        if profile.mode not in seen:
            seen.add(profile.mode)
            doubts += _mode_doubts(prepared, router, cases[profile_id], used, profile)
    return doubts


def _mode_doubts(prepared: Prepared, router: Router, case: Case, used: np.ndarray, profile: Profile) -> list[Doubt]:
    joins, limit_m = case.joins, router.limit_m
    nearest = np.full(joins.facilities.point_count, np.inf)
    np.minimum.at(nearest, joins.facilities.point, joins.facilities.access_m)
    people = np.where(prepared.demand.frame["judged"].to_numpy(), prepared.demand.people("total"), 0.0)
    access = np.full(joins.demand.point_count, np.inf)
    np.minimum.at(access, joins.demand.point, joins.demand.access_m)
    within = joins.demand.access_m <= limit_m
    main = np.zeros(joins.demand.point_count, dtype=bool)
    main[joins.demand.point[within & ~case.network.island[joins.demand.edge]]] = True
    off = access > limit_m
    counts = [
        ("AG9204", int((used & (nearest > FAR_M) & (nearest <= limit_m)).sum()), None),
        ("AG9205", int((used & (nearest > limit_m)).sum()), None),
        ("AG9207", int((off & (people > 0)).sum()), float(people[off].sum())),
        ("AG9208", int((~off & ~main & (people > 0)).sum()), float(people[~off & ~main].sum())),
    ]
    return [
        Doubt(code=code, count=count, people=amount, values={"profile_zh": profile.title_zh, "profile_en": profile.title_en})
        for code, count, amount in counts
        if count
    ]
