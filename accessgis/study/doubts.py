"""What is doubtful once layers and networks are known: what layers lack, far joins, islands, people off the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import Doubt, Place, Value
from accessgis.layers.codes import renewed
from accessgis.layers.places import code_kinds
from accessgis.network.check import network_doubts, road_doubts
from accessgis.network.profiles import Profile
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.standards.marks import GROUNDS, LAND
from accessgis.study.controls import completeness_doubts
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches, known_kinds
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule
from accessgis.travel.snap import FAR_M
from accessgis.travel.types import Joins

LISTED = 5
"""How many ids a doubt names."""


def kind_values(kind: str) -> dict[str, Value]:
    """Return the names of a facility kind for a message in either language."""
    entry = load_kinds()[kind]
    return {"kind": kind, "kind_zh": entry.zh, "kind_en": entry.en}


def profile_values(profile: Profile) -> dict[str, Value]:
    """Return the names of a profile for a message in either language."""
    return {"profile": profile.id, "profile_zh": profile.title_zh, "profile_en": profile.title_en}


def layer_doubts(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    """Say what the layers lack: people beyond the border, official totals not met, kinds without layer or control."""
    circles = [chosen for chosen in rules if chosen.standard.kind == "circle"]  # the others say what they lack
    return [
        *_retired_code(prepared),
        *_no_villages(prepared),
        *_people_beyond(prepared),
        *completeness_doubts(prepared),
        *_kinds_without_layer(prepared, circles),
        *_without_control(prepared, rules),
        *_nothing_beyond_the_border(prepared, circles),
        *_without_staff(prepared, rules),
        *_shared_sites(prepared, rules),
        *_idle_services(prepared),
    ]


def _idle_services(prepared: Prepared) -> list[Doubt]:
    """Say which mobile services come on fewer days than they must to count: they serve nobody."""
    frame = prepared.facilities.frame
    doubts = []
    for kind, stops in frame[frame["status"] == "mobile"].groupby("kind", sort=True):
        offered = {day for days in stops["days"] for day in str(days).split(";")}
        asked = int(stops["min_days"].max())
        if len(offered) < asked:
            values: dict[str, Value] = {"days": len(offered), "min_days": asked, **kind_values(str(kind))}
            doubts.append(Doubt(code="AG9480", count=len(stops), values=values))
    return doubts


def _retired_code(prepared: Prepared) -> list[Doubt]:
    """Say that the study itself is under a code that its county has no more."""
    code = prepared.study.file.study.code
    if renewed(code) == code:
        return []
    place = Place(file=prepared.study.path.name, key="study.code")
    return [Doubt(code="AG9067", place=place, values={"old": code, "now": renewed(code)})]


def _no_villages(prepared: Prepared) -> list[Doubt]:
    """List apart the units of village level that by their code have no committee, such as state forest farms."""
    villages = prepared.areas.at("village")
    codes = [str(code) for code in villages["code"]]
    kinds = code_kinds("committee_kind", codes, study_code=prepared.study.file.study.code)
    names = {code: name for code, name, kind in zip(codes, villages["name"], kinds, strict=True) if kind == "other"}
    if not names:
        return []
    frame = prepared.demand.frame
    people = float(frame.loc[frame["village"].isin(names), "population"].sum())
    values: dict[str, Value] = {"names": "; ".join(list(names.values())[:LISTED])}
    return [Doubt(code="AG9234", count=len(names), people=people, values=values)]


def _people_beyond(prepared: Prepared) -> list[Doubt]:
    frame = prepared.demand.frame
    outside = ~frame["judged"].to_numpy(dtype=bool) & (frame["population"].to_numpy() > 0)
    if not outside.any():
        return []
    people, total = float(frame["population"].to_numpy()[outside].sum()), float(frame["population"].sum())
    values: dict[str, Value] = {"percent": round(100 * people / total, 1)}
    return [Doubt(code="AG9210", count=int(outside.sum()), people=people, values=values)]


def absent_kinds(prepared: Prepared, chosen: ChosenRule) -> list[str]:
    """Return the kinds of a rule that no layer was given for, in sets of which something is known."""
    given, known = prepared.facilities.kinds_given, known_kinds(prepared)
    sets = [kinds for kinds in chosen.standard.facilities_any if known & set(kinds)]
    return list(dict.fromkeys(kind for kinds in sets for kind in kinds if kind not in given))


def _kinds_without_layer(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    return [
        Doubt(code="AG9201", values={"rule": chosen.standard.id, **kind_values(kind)})
        for chosen in rules
        for kind in absent_kinds(prepared, chosen)
    ]


def _without_control(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    controlled = {
        kind_id(control.what.partition(":")[2])
        for control in prepared.study.file.controls
        if control.what.startswith("facilities:")
    }
    used = {kind for chosen in rules for kinds in chosen.standard.facilities_any for kind in kinds}
    unchecked = sorted(used & prepared.facilities.kinds_given - controlled)
    return [Doubt(code="AG9203", values=kind_values(kind)) for kind in unchecked]


def _nothing_beyond_the_border(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    frame = prepared.facilities.frame
    beyond = set(frame.loc[(frame["county"] == "") & (frame["placement"] != "unplaced"), "kind"])
    doubts = []
    for chosen in rules:
        wanted = {kind for kinds in chosen.standard.facilities_any for kind in kinds}
        if wanted & prepared.facilities.kinds_given and not wanted & beyond:
            doubts.append(Doubt(code="AG9206", values={"rule": chosen.standard.id}))
    return doubts


def _without_staff(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    """Name the facilities in service with a stated staff of zero: they count, and the reader is told."""
    frame = prepared.facilities.frame
    if "staff" not in frame.columns:
        return []
    wanted = {kind for chosen in rules for kinds in chosen.standard.facilities_any for kind in kinds}
    empty = frame["kind"].isin(wanted) & (frame["status"] == "in_service") & (frame["staff"] == 0)
    if not empty.any():
        return []
    return [Doubt(code="AG9212", count=int(empty.sum()), values={"ids": _listed(frame["facility_id"][empty])})]


def _shared_sites(prepared: Prepared, rules: Sequence[ChosenRule]) -> list[Doubt]:
    """Name the sites whose facilities state land, or grounds, that differ, where a rule counts these."""
    frame, doubts = prepared.facilities.frame, []
    for name, code in ((GROUNDS, "AG9318"), (LAND, "AG9319")):
        differ: set[tuple[str, str]] = set()
        for standard in (chosen.standard for chosen in rules):
            if standard.amount is None or standard.amount.amount != name or name not in frame.columns:
                continue
            kinds = {kind for some in standard.facilities_any for kind in some}
            on_site = frame["kind"].isin(kinds) & (frame["status"] == "in_service") & (frame["site_id"] != "")
            stated = frame[on_site].groupby(["county", "site_id"])[name].nunique()
            differ.update(stated.index[stated > 1])
        if differ:
            ids = pd.Series([site for _, site in sorted(differ)])
            doubts.append(Doubt(code=code, count=len(differ), values={"ids": _listed(ids)}))
    return doubts


def routing_doubts(prepared: Prepared, router: Router, found: Sequence[RuleReaches]) -> list[Doubt]:
    """Say, per mode, what lies far from the network, on an island of it, or off it."""
    cases: dict[str, Case] = {part.profile: part.case for item in found for part in item.parts}
    used = np.zeros(len(prepared.facilities.frame), dtype=bool)
    for item in found:
        for part in item.parts:
            used |= part.admitted
    return mode_doubts(prepared, router, cases, used)


def mode_doubts(prepared: Prepared, router: Router, cases: Mapping[str, Case], used: NDArray[np.bool_]) -> list[Doubt]:
    """Say, per mode of some networks, what lies far from them, on an island, or off them.

    Parameters
    ----------
    prepared, router
        Layers of the study, and its networks.
    cases
        Networks by profile.
    used
        Facilities that some rule counts.
    """
    doubts: list[Doubt] = list(road_doubts(prepared.roads, label=prepared.study.file.roads.path))
    seen: set[str] = set()
    for profile_id in sorted(cases):
        profile = cases[profile_id].network.profile
        if profile.mode not in seen:
            seen.add(profile.mode)
            doubts += network_doubts(cases[profile_id].network)
            doubts += _mode_doubts(prepared, router, cases[profile_id], used, profile)
    return doubts


def _mode_doubts(
    prepared: Prepared, router: Router, case: Case, used: NDArray[np.bool_], profile: Profile
) -> list[Doubt]:
    sites = Standing.of(case.joins.facilities, case, router.limit_m)
    homes = Standing.of(case.joins.demand, case, router.limit_m)
    ids = prepared.facilities.frame["facility_id"]
    judged = prepared.demand.frame["judged"].to_numpy(dtype=bool)
    people = np.where(judged, prepared.demand.people("total"), 0.0)
    names, doubts = profile_values(profile), []
    for code, chosen in (
        ("AG9204", used & (sites.access_m > FAR_M) & ~sites.off),
        ("AG9205", used & sites.off),
        ("AG9214", used & sites.on_island),
    ):
        if chosen.any():
            doubts.append(Doubt(code=code, count=int(chosen.sum()), values={**names, "ids": _listed(ids[chosen])}))
    for code, where in (("AG9207", homes.off), ("AG9213", homes.on_island), ("AG9208", homes.only_island)):
        touched = where & (people > 0)
        if touched.any():
            amount = float(people[touched].sum())
            doubts.append(Doubt(code=code, count=int(touched.sum()), people=amount, values=names))
    return doubts


class Standing:
    """How points stand to the network of one mode."""

    def __init__(
        self,
        access_m: NDArray[np.float64],
        off: NDArray[np.bool_],
        on_island: NDArray[np.bool_],
        only_island: NDArray[np.bool_],
    ) -> None:
        self.access_m = access_m
        self.off = off
        self.on_island = on_island
        self.only_island = only_island

    @classmethod
    def of(cls, joins: Joins, case: Case, limit_m: float) -> Standing:
        """Read it off the joins: the nearest edge decides about islands."""
        within = joins.access_m <= limit_m
        access_m = np.full(joins.point_count, np.inf)
        np.minimum.at(access_m, joins.point, joins.access_m)
        off = ~(access_m <= limit_m)
        island = case.network.island[joins.edge]
        nearest = joins.access_m <= access_m[joins.point]
        on_island, main = np.zeros(joins.point_count, dtype=bool), np.zeros(joins.point_count, dtype=bool)
        on_island[joins.point[within & island & nearest]] = True
        main[joins.point[within & ~island]] = True
        return cls(access_m, off, on_island, ~off & ~main)


def _listed(ids: pd.Series) -> str:
    names = [str(name) for name in ids.tolist()]
    return "; ".join(names[:LISTED]) + (" …" if len(names) > LISTED else "")
