"""What one proposed site changes: whom it newly covers, whom it serves, who moves over from which neighbour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.circle import FACTORS
from accessgis.base.errors import UsageError
from accessgis.base.schema import Column, Schema
from accessgis.decide.candidates import circles_of, people_of
from accessgis.decide.cases import cases_of
from accessgis.decide.proposal import Proposal
from accessgis.measures.coverage import Grouping, is_covered
from accessgis.standards.kinds import load_kinds
from accessgis.standards.marks import CAPACITIES
from accessgis.study.measure import Measured
from accessgis.study.reaches import PartTimes, RuleReaches, cutoff_of, rule_times
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule
from accessgis.travel.types import Direction

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

VARIANTS = tuple(f"{factor}:{side}" for factor, sides in FACTORS.items() for side in sides)
SAVED_MINUTES = (0.0, 5.0, 10.0, 20.0, 30.0)
"""Lower ends of the bands of time saved; the last takes the rest."""

SITE_RULES = Schema(
    "site_rules",
    (
        Column("rule", "text", "rule id"),
        Column("profile", "text", "profile, or several joined by '+'"),
        Column("headline", "bool", "whether this is the rule's own profile list"),
        Column("group", "text", "population group"),
        Column("people", "float", "people concerned in the study's area", "people"),
        Column("gross", "float", "people within the limit of the site (毛覆盖人口)", "people"),
        Column("net", "float", "people newly covered, after − before (新增覆盖人口)", "people"),
        Column("moved", "float", "people covered before to whom the site is strictly nearer (分流人口)", "people"),
        Column(
            "both",
            "float",
            "people covered today who are within the limit of the site as well (重复覆盖人口)",
            "people",
        ),
        Column("before", "float", "people covered today", "people"),
        Column("after", "float", "people covered with the site", "people"),
        Column(
            "net_low",
            "float",
            "smallest net over the variants of speed, snap limit and placement within villages; NaN off the headline",
        ),
        Column("net_high", "float", "largest net, likewise"),
        Column("net_own", "float", "net where people use facilities of their own county only; NaN off the headline"),
    ),
)
SITE_AREAS = Schema(
    "site_areas",
    (
        Column("rule", "text", "rule id"),
        Column("level", "text", "county or township"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name"),
        Column("people", "float", "people concerned", "people"),
        Column("before", "float", "people covered today by the rule's own profiles", "people"),
        Column("after", "float", "people covered with the site", "people"),
    ),
)
SITE_NEIGHBOURS = Schema(
    "site_neighbours",
    (
        Column("rule", "text", "rule id"),
        Column("facility_id", "text", "the site itself; then facilities that people move over from, the most first"),
        Column("name", "text", "its name"),
        Column("before", "float", "people concerned whose nearest it is today", "people"),
        Column("after", "float", "people whose nearest it is with the site", "people"),
        Column("capacity", "text", "what its capacity is counted in: the first that is known of it; '' when none is"),
        Column("size", "float", "that capacity; NaN when not known"),
    ),
)
SITE_SAVED = Schema(
    "site_saved",
    (
        Column("rule", "text", "rule id"),
        Column("from_min", "float", "minutes saved, over this", "min"),
        Column("to_min", "float", "up to and including this; inf in the last band", "min"),
        Column("people", "float", "people concerned who save that much", "people"),
        Column("newly_reaching", "float", "of them people without any way today", "people"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteEffect:
    """What a proposed site changes. People are those concerned in the study's areas.

    Attributes
    ----------
    proposal
        The site.
    rules
        Schema :data:`SITE_RULES`, one row per rule that counts its kind, headline first, then each profile alone.
    areas
        Schema :data:`SITE_AREAS`: by own profiles.
    neighbours
        Schema :data:`SITE_NEIGHBOURS`: the load of every facility touched, and its capacity.
    saved
        Schema :data:`SITE_SAVED`: by own profiles, rules in minutes.
    """

    proposal: Proposal
    rules: pd.DataFrame
    areas: pd.DataFrame
    neighbours: pd.DataFrame
    saved: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Ways:
    """How people fare under one label: before and with the site."""

    before: FloatArray
    after: FloatArray
    site: FloatArray
    facility: IntArray


def site_effect(measured: Measured, proposal: Proposal, *, ranges: bool = True) -> SiteEffect:
    """Return what a proposed site changes under every circle that counts its kind.

    Parameters
    ----------
    measured
        The study with its times (:func:`accessgis.study.measure.measure`).
    proposal
        The site (:func:`accessgis.decide.proposal.propose`).
    ranges
        Whether net people are computed for every variant of speeds and snap limits as well.

    Returns
    -------
    SiteEffect
        ``net`` equals what a scenario that adds the site gives: the site competes with every facility of today under
        the rule's own sharing, profiles and parts.

    Raises
    ------
    UsageError
        AG2404 no circle of the study counts its kind.
    """
    kind = str(proposal.row["kind"])
    items = circles_of(measured, kind)
    if not items:
        entry = load_kinds()[kind]
        raise UsageError("AG2404", kind=kind, kind_zh=entry.zh, kind_en=entry.en)
    alone = _Alone(measured.router.beside(replace(measured.prepared, facilities=proposal.layer)))
    rules, areas, neighbours, saved = [], [], [], []
    for item in items:
        people = people_of(measured, item)
        ways = _ways(alone, item, kind)
        nets = _nets(measured, alone, item, people) if ranges else None
        rules += _rule_rows(item, ways, people, nets, own=_own_net(measured, item, proposal, ways, people))
        own = ways[item.chosen.headline_profile]
        cutoff = cutoff_of(item.chosen)
        areas.append(_area_rows(measured, item, own, people, cutoff))
        neighbours.append(_neighbour_rows(measured, proposal, item, own, people))
        if item.chosen.standard.metric == "network-time":
            saved.append(_saved_rows(item, own, people))
    return SiteEffect(
        proposal=proposal,
        rules=_frame(SITE_RULES, [pd.DataFrame(rules)]),
        areas=_frame(SITE_AREAS, areas),
        neighbours=_frame(SITE_NEIGHBOURS, neighbours),
        saved=_frame(SITE_SAVED, saved),
    )


def beyond_circles(proposal: Proposal) -> SiteEffect:
    """Return the effect of a site that no circle of the study counts: under circles it has none."""
    return SiteEffect(
        proposal=proposal,
        rules=SITE_RULES.empty(),
        areas=SITE_AREAS.empty(),
        neighbours=SITE_NEIGHBOURS.empty(),
        saved=SITE_SAVED.empty(),
    )


def _frame(schema: Schema, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return schema.empty()
    frame = pd.concat(kept, ignore_index=True)[list(schema.names)]
    frame = frame.astype({column.name: "str" for column in schema.columns if column.type == "text"})
    schema.require(frame)
    return frame


class _Alone:
    """Everybody's way to the site, as though there were nothing else: what several rules ask is searched once."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.kind = str(router.prepared.facilities.frame["kind"].iloc[0])
        self._known: dict[tuple[Case, str, Direction, str], FloatArray] = {}

    def ms(self, case: Case, chosen: ChosenRule, *, snap: str = "central") -> FloatArray:
        """Return the ways under a rule's sharing."""
        rule, router = chosen.standard, self.router
        key = (case, rule.sharing, rule.direction, snap)
        if key not in self._known:
            only = np.ones(len(router.prepared.facilities.frame), dtype=bool)
            self._known[key] = rule_times(router, router.beside_case(case), chosen, only, snap=snap).ms
        return self._known[key]


def _ways(alone: _Alone, item: RuleReaches, kind: str) -> dict[str, _Ways]:
    """Return how everybody fares by every label of a rule, before and with the site.

    A rule of several parts needs each of them: the slowest counts. The site serves the parts that count its kind.
    """
    chosen = item.chosen
    parts: dict[tuple[str, int], tuple[PartTimes, FloatArray]] = {}
    for part in item.parts:
        helps = kind in chosen.standard.facilities_any[part.part]
        site = alone.ms(part.case, chosen) if helps else None
        parts[part.profile, part.part] = (part, np.full(part.times.ms.size, np.inf) if site is None else site)
    labels = {profile: (profile,) for profile, _ in parts if profile != chosen.headline_profile}
    result = {chosen.headline_profile: _joined(item, parts, chosen.own_profiles, kind)}
    return result | {label: _joined(item, parts, profiles, kind) for label, profiles in labels.items()}


def _joined(
    item: RuleReaches, parts: Mapping[tuple[str, int], tuple[PartTimes, FloatArray]], profiles: Sequence[str], kind: str
) -> _Ways:
    """Return the slowest part, each by the quickest of some profiles; ``site`` and ``facility`` of the site's parts."""
    sets = item.chosen.standard.facilities_any
    before, after, site, facility = [], [], [], []
    for number, kinds in enumerate(sets):
        mine = [parts[profile, number] for profile in profiles]
        ms = np.stack([part.times.ms for part, _ in mine])
        first, at = ms.argmin(axis=0), np.arange(ms.shape[1])
        new = np.stack([times for _, times in mine]).min(axis=0)
        before.append(ms[first, at])
        after.append(np.minimum(before[-1], new))
        if kind in kinds:
            site.append(new)
            facility.append(np.stack([part.times.facility for part, _ in mine])[first, at])
    # A kind stands in one part of a rule; where it stood in several, the first says whose people it takes.
    return _Ways(np.max(before, axis=0), np.max(after, axis=0), site[0], facility[0])


def _own_net(
    measured: Measured, item: RuleReaches, proposal: Proposal, ways: Mapping[str, _Ways], people: FloatArray
) -> float:
    """Return the people newly covered where everybody uses the facilities of their own county only."""
    chosen, kind = item.chosen, str(proposal.row["kind"])
    reached = is_covered(ways[chosen.headline_profile].site, cutoff_ms=cutoff_of(chosen))
    reached &= (measured.prepared.demand.frame["county"] == proposal.row["county"]).to_numpy(dtype=bool)
    was, now = np.ones(people.size, dtype=bool), np.ones(people.size, dtype=bool)
    for number, kinds in enumerate(chosen.standard.facilities_any):
        mine = [part for part in item.parts if part.part == number and part.profile in chosen.own_profiles]
        own = np.any([part.covered["own"] for part in mine], axis=0)
        was &= own
        now &= own | reached if kind in kinds else own
    return float(people[now & ~was].sum())


def _rule_rows(
    item: RuleReaches, ways: Mapping[str, _Ways], people: FloatArray, nets: Sequence[float] | None, *, own: float
) -> list[dict[str, object]]:
    rule, cutoff = item.chosen.standard, cutoff_of(item.chosen)
    rows: list[dict[str, object]] = []
    for label, way in ways.items():
        headline = label == item.chosen.headline_profile
        was, now = is_covered(way.before, cutoff_ms=cutoff), is_covered(way.after, cutoff_ms=cutoff)
        before, after = float(people[was].sum()), float(people[now].sum())
        net = float(people[now & ~was].sum())
        known = [net, *nets] if headline and nets is not None else [np.nan]
        rows.append(
            {
                "rule": rule.id,
                "profile": label,
                "headline": headline,
                "group": rule.group,
                "people": float(people.sum()),
                "gross": float(people[is_covered(way.site, cutoff_ms=cutoff)].sum()),
                "net": net,
                "moved": float(people[was & (way.site < way.before)].sum()),
                "both": float(people[was & is_covered(way.site, cutoff_ms=cutoff)].sum()),
                "before": before,
                "after": after,
                "net_low": float(min(known)),
                "net_high": float(max(known)),
                "net_own": own if headline else np.nan,
            }
        )
    return rows


def _nets(measured: Measured, alone: _Alone, item: RuleReaches, people: FloatArray) -> list[float]:
    """Return the people newly covered in every variant that the rule was computed for."""
    chosen, cutoff = item.chosen, cutoff_of(item.chosen)
    variants = [name for name in VARIANTS if all(name in part.covered for part in item.parts)]
    sets, size = chosen.standard.facilities_any, people.size
    was = {name: np.ones(size, dtype=bool) for name in variants}
    now = {name: np.ones(size, dtype=bool) for name in variants}
    for number, kinds in enumerate(sets):
        mine = [part for part in item.parts if part.part == number and part.profile in chosen.own_profiles]
        for name in variants:
            covered = np.any([part.covered[name] for part in mine], axis=0)
            was[name] &= covered
            reached = [covered]
            for part in mine if alone.kind in kinds else ():
                factor, _, side = name.partition(":")
                if factor == "speed":
                    ms = alone.ms(cases_of(measured)(part.profile, side), chosen)  # type: ignore[arg-type]
                else:  # the site stands where it is proposed, whatever the placement of those of today
                    ms = alone.ms(part.case, chosen, snap=name if factor == "snap_limit" else "central")
                reached.append(is_covered(ms, cutoff_ms=cutoff))
            now[name] &= np.any(reached, axis=0)
    return [float(people[now[name] & ~was[name]].sum()) for name in variants]


def _area_rows(measured: Measured, item: RuleReaches, own: _Ways, people: FloatArray, cutoff: int) -> pd.DataFrame:
    frames = []
    for level, grouping in measured.groupings.items():
        if level == "village":
            continue
        frames.append(
            pd.DataFrame(
                {
                    "rule": item.chosen.standard.id,
                    "level": level,
                    "area": pd.Series(grouping.codes, dtype="str"),
                    "area_name": pd.Series(grouping.names, dtype="str"),
                    "people": grouping.sums(people),
                    "before": _sums(grouping, people, is_covered(own.before, cutoff_ms=cutoff)),
                    "after": _sums(grouping, people, is_covered(own.after, cutoff_ms=cutoff)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _sums(grouping: Grouping, people: FloatArray, among: BoolArray) -> FloatArray:
    return grouping.sums(np.where(among, people, 0.0))


def _neighbour_rows(
    measured: Measured, proposal: Proposal, item: RuleReaches, own: _Ways, people: FloatArray
) -> pd.DataFrame:
    """Return the site, and the facilities that people move over from: to the site, which is strictly nearer."""
    frame = measured.prepared.facilities.frame
    reached, leaving = own.facility >= 0, own.site < own.before
    before = np.bincount(own.facility[reached], weights=people[reached], minlength=len(frame))
    from_others = reached & leaving
    moved = np.bincount(own.facility[from_others], weights=people[from_others], minlength=len(frame))
    touched = np.flatnonzero(moved > 0)
    touched = touched[np.argsort(-moved[touched], kind="stable")]
    rows = [_load(proposal.row, 0.0, float(people[leaving].sum()))]
    rows += [_load(frame.iloc[at], float(before[at]), float(before[at] - moved[at])) for at in touched]
    return pd.DataFrame(rows).assign(rule=item.chosen.standard.id)


def _load(facility: pd.Series, before: float, after: float) -> dict[str, object]:
    """Return the load of a facility before and after, beside its capacity."""
    known = [name for name in CAPACITIES if name in facility.index and np.isfinite(facility[name])]
    return {
        "facility_id": str(facility["facility_id"]),
        "name": str(facility["name"]),
        "before": before,
        "after": after,
        "capacity": known[0] if known else "",
        "size": float(facility[known[0]]) if known else np.nan,
    }


def _saved_rows(item: RuleReaches, own: _Ways, people: FloatArray) -> pd.DataFrame:
    gains = own.after < own.before
    lost = ~np.isfinite(own.before)
    with np.errstate(invalid="ignore"):
        minutes = np.where(gains, (own.before - own.after) / 60_000.0, 0.0)
    ends = [*SAVED_MINUTES[1:], np.inf]
    rows = []
    for start, end in zip(SAVED_MINUTES, ends, strict=True):
        band = gains & (minutes > start) & (minutes <= end)
        rows.append(
            {
                "rule": item.chosen.standard.id,
                "from_min": start,
                "to_min": end,
                "people": float(people[band].sum()),
                "newly_reaching": float(people[band & lost].sum()),
            }
        )
    return pd.DataFrame(rows)
