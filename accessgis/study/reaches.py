"""How every demand point fares under every rule, profile and variant of the computation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from accessgis.assess.circle import Reach, all_parts, quickest
from accessgis.assess.mobile import with_mobile
from accessgis.base.errors import UsageError
from accessgis.base.units import METRE_KPH
from accessgis.measures.coverage import is_covered
from accessgis.network.profiles import DISTANCE, SPEED_CASES, STRAIGHT
from accessgis.study.placement import by_village, placements
from accessgis.study.prepare import Prepared
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule
from accessgis.study.sharing import own_times, served_times, states_service_areas
from accessgis.study.visits import Days, min_days_of, stops_of, visited
from accessgis.travel.types import Direction, TravelTimes

BoolArray = NDArray[np.bool_]

COMPARED = ("vehicle", "ebike", "bicycle", "walk")
"""Profiles that every rule is computed for alone, beside its own."""
ELDERLY_GROUPS = ("age60plus", "age65plus")
CARER_GROUPS = ("under3", "age3to5")


@dataclass(frozen=True, eq=False, kw_only=True)
class PartTimes:
    """Central times of one kind set of a rule under one profile: what evidence and isochrones start from."""

    rule: str
    part: int
    profile: str
    direction: Direction
    case: Case
    admitted: BoolArray
    times: TravelTimes
    covered: Mapping[str, BoolArray]
    """Of each variant of the computation, as those of a :class:`Reach`."""
    visits: Mapping[str, Days] = field(default_factory=dict)
    """Kind → weekdays on which a stop of a mobile service lies within the limit, as bits; kinds without stops lack."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RuleReaches:
    """Everything computed for one rule: headline first, then each profile alone; and the times behind them."""

    chosen: ChosenRule
    reaches: tuple[Reach, ...]
    parts: tuple[PartTimes, ...]
    missing: tuple[str, ...]


@dataclass
class _Draft:
    """Variants of one (rule, part, profile) while they are being computed."""

    covered: dict[str, BoolArray] = field(default_factory=dict)
    visits: dict[str, dict[str, Days]] = field(default_factory=dict)
    central: PartTimes | None = None
    off_network: BoolArray | None = None
    reach_m: float = 0.0


def compared_profiles(chosen: ChosenRule) -> tuple[str, ...]:
    """Return the profiles a rule is computed for, its own first; relief that travels to people has no other.

    A rule in metres is computed along the roads and as the crow flies, whichever of the two it asks for.
    """
    rule = chosen.standard
    if rule.metric != "network-time":
        distances = tuple(f"{profile}{DISTANCE}" for profile in rule.profiles or ("walk",))
        return tuple(dict.fromkeys((*chosen.own_profiles, *distances, STRAIGHT)))
    if rule.direction == "from_facility":
        return rule.profiles
    elderly = ("walk-elderly",) if rule.group in ELDERLY_GROUPS else ()
    carers = ("walk-carer",) if rule.group in CARER_GROUPS else ()
    return tuple(dict.fromkeys((*rule.profiles, *COMPARED, *elderly, *carers)))


def compute_reaches(
    prepared: Prepared,
    rules: Sequence[ChosenRule],
    *,
    router: Router | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[RuleReaches, ...], Router]:
    """Compute the times of every rule, profile and variant.

    One profile and speed is on the table at a time; only central networks are kept.

    Raises
    ------
    UsageError
        AG2056 a rule travels by a profile that is not known.
    """
    progress("travel times (the first run compiles for some seconds)")
    router = Router(prepared) if router is None else router
    lacking = {chosen.standard.id: missing_inputs(chosen, prepared) for chosen in rules}
    active = [chosen for chosen in rules if not lacking[chosen.standard.id]]
    drafts: dict[tuple[str, int, str], _Draft] = {}
    moved = placements(prepared)
    wanted = dict.fromkeys(profile for chosen in active for profile in compared_profiles(chosen))
    for profile in wanted:
        if profile != STRAIGHT and profile.removesuffix(DISTANCE) not in prepared.profiles:
            user = next(chosen for chosen in active if profile in compared_profiles(chosen))
            raise UsageError("AG2056", profile=profile, rule=user.standard.id)
        for speed in SPEED_CASES if profile in prepared.profiles else ("central",):
            progress(f"{profile} ({speed})")
            case = router.case(profile, speed)
            elsewhere = {side: router.elsewhere(case, layers) for side, layers in moved.items() if speed == "central"}
            for alike in _asked_alike(active, profile):
                asked = _Asked(router, case, elsewhere)
                for chosen, part in alike:
                    draft = drafts.setdefault((chosen.standard.id, part, profile), _Draft())
                    if speed == "central":
                        _central(draft, asked, chosen, part, profile)
                    else:
                        _speed(draft, asked, chosen, part, speed)
    return tuple(_finish(prepared, chosen, lacking[chosen.standard.id], drafts) for chosen in rules), router


def _asked_alike(rules: Sequence[ChosenRule], profile: str) -> list[list[tuple[ChosenRule, int]]]:
    """Return the kind sets of the rules that a profile is computed for, those that ask for the same times together."""
    groups: dict[tuple[object, ...], list[tuple[ChosenRule, int]]] = {}
    for chosen in rules:
        if profile in compared_profiles(chosen):
            rule = chosen.standard
            for part, kinds in enumerate(rule.facilities_any):
                groups.setdefault((rule.direction, rule.sharing, frozenset(kinds)), []).append((chosen, part))
    return list(groups.values())


class _Asked:
    """Times on one case for rules that ask alike: each is found once, and dropped with the last of these rules."""

    def __init__(self, router: Router, case: Case, elsewhere: Mapping[str, tuple[Router, Case]]) -> None:
        self.router, self.case, self._elsewhere = router, case, elsewhere
        self._known: dict[tuple[bytes, str], TravelTimes] = {}

    def times(self, chosen: ChosenRule, mask: BoolArray, *, snap: str = "central") -> TravelTimes:
        """Return the times under the rules' sharing."""
        return self._once(mask, snap, lambda: rule_times(self.router, self.case, chosen, mask, snap=snap))

    def own(self, chosen: ChosenRule, mask: BoolArray) -> TravelTimes:
        """Return the times to facilities of the resident's own county alone."""
        direction = chosen.standard.direction
        return self._once(
            mask, "own", lambda: own_times(self.router, self.case, mask, unit="county", direction=direction)
        )

    def flown(self, chosen: ChosenRule, mask: BoolArray) -> TravelTimes:
        """Return the ways as the crow flies under the rules' sharing."""
        straight = self.router.case(STRAIGHT, "central")
        return self._once(mask, "flown", lambda: rule_times(self.router, straight, chosen, mask))

    def placed(self, chosen: ChosenRule, mask: BoolArray) -> dict[str, TravelTimes]:
        """Return the times with the facilities that stand at their village moved within it, per variant."""
        if not (mask & by_village(self.router.prepared)).any():
            return {f"placement:{side}": self.times(chosen, mask) for side in self._elsewhere}
        found = {}
        for side, (router, case) in self._elsewhere.items():
            find = partial(rule_times, router, case, chosen, mask)
            found[f"placement:{side}"] = self._once(mask, side, find)
        return found

    def _once(self, mask: BoolArray, what: str, find: Callable[[], TravelTimes]) -> TravelTimes:
        key = (mask.tobytes(), what)
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]


def missing_inputs(chosen: ChosenRule, prepared: Prepared) -> tuple[str, ...]:
    """Return what keeps a rule from being computed at all: a group or a layer that was not given."""
    rule = chosen.standard
    missing = [] if rule.group in prepared.demand.groups else [f"group:{rule.group}"]
    given = known_kinds(prepared)
    missing += ["facilities:" + "|".join(kinds) for kinds in rule.facilities_any if not given & set(kinds)]
    if rule.sharing == "serves":
        missing += [
            "serves:" + "|".join(kinds)
            for kinds in rule.facilities_any
            if given & set(kinds) and not states_service_areas(prepared, admitted(prepared, kinds))
        ]
    return tuple(missing)


def known_kinds(prepared: Prepared) -> frozenset[str]:
    """Return the kinds that a layer was given for, and those of which a facility that is proposed is known."""
    proposed = prepared.facilities.frame
    return prepared.facilities.kinds_given | set(proposed.loc[proposed["status"] == "in_service", "kind"])


def admitted(prepared: Prepared, kinds: Sequence[str], *, statuses: Sequence[str] = ("in_service",)) -> BoolArray:
    """Return the facilities of some kinds and statuses that have a place."""
    frame = prepared.facilities.frame
    chosen = frame["kind"].isin(list(kinds)) & frame["status"].isin(list(statuses)) & (frame["placement"] != "unplaced")
    return chosen.to_numpy(dtype=bool)


def cutoff_of(chosen: ChosenRule) -> int:
    """Return the limit in milliseconds, or in millimetres of a rule in metres."""
    rule = chosen.standard
    if rule.metric == "network-time":
        assert rule.limit_s is not None
        return rule.limit_s * 1000
    assert rule.limit_m is not None
    return round(rule.limit_m * 1000)


def rule_times(
    router: Router, case: Case, chosen: ChosenRule, mask: BoolArray, *, snap: str = "central"
) -> TravelTimes:
    """Return the times under the rule's sharing: any facility, those of the resident's own unit, or that serve it."""
    rule = chosen.standard
    if rule.sharing in ("county", "township"):
        return own_times(router, case, mask, unit=rule.sharing, direction=rule.direction, snap=snap)
    if rule.sharing == "serves":
        return served_times(router, case, mask, direction=rule.direction, snap=snap)
    return router.times(case, mask, direction=rule.direction, snap=snap)


def _central(draft: _Draft, asked: _Asked, chosen: ChosenRule, part: int, profile: str) -> None:
    router, case = asked.router, asked.case
    rule, prepared, cutoff = chosen.standard, router.prepared, cutoff_of(chosen)
    mask = admitted(prepared, rule.facilities_any[part])
    times = asked.times(chosen, mask)
    _central_visits(draft, router, case, chosen, part)
    draft.central = PartTimes(
        rule=rule.id,
        part=part,
        profile=profile,
        direction=rule.direction,
        case=case,
        admitted=mask,
        times=times,
        covered=draft.covered,
        visits=draft.visits.get("central", {}),
    )
    draft.off_network = router.off_network(case, times)
    draft.reach_m = cutoff / 1000.0 * top_speed_kph(case) / METRE_KPH
    draft.covered["central"] = is_covered(times.ms, cutoff_ms=cutoff)
    outside = mask & (prepared.facilities.frame["county"] == "").to_numpy()
    others = len(prepared.areas.at("county")) > 1 or outside.any()
    # A rule that shares less already leaves people their own county's facilities only.
    wide = rule.sharing == "any"
    own = asked.own(chosen, mask) if wide and others else times
    draft.covered["own"] = is_covered(own.ms, cutoff_ms=cutoff)
    if profile in chosen.own_profiles and states_service_areas(prepared, mask):
        assigned = served_times(router, case, mask, direction=rule.direction)
        draft.covered["assigned"] = is_covered(assigned.ms, cutoff_ms=cutoff)
    if profile in chosen.own_profiles and case.network.profile.mode == "foot" and not case.straight:
        radius_mm = _radius_mm(case, cutoff)
        draft.covered["straight"] = is_covered(asked.flown(chosen, mask).ms, cutoff_ms=radius_mm)
    for snap in () if case.straight else ("snap_limit:low", "snap_limit:high"):
        found = asked.times(chosen, mask, snap=snap)
        draft.covered[snap] = is_covered(found.ms, cutoff_ms=cutoff)
    for variant, found in asked.placed(chosen, mask).items():
        draft.covered[variant] = is_covered(found.ms, cutoff_ms=cutoff)
        if "central" in draft.visits:
            draft.visits[variant] = draft.visits["central"]
    statuses = ["in_service"]
    for name, status in (("construction", "under_construction"), ("planned", "planned")):
        statuses.append(status)
        wider = admitted(prepared, rule.facilities_any[part], statuses=statuses)
        found = asked.times(chosen, wider)
        draft.covered[name] = is_covered(found.ms, cutoff_ms=cutoff)


def _radius_mm(case: Case, cutoff: int) -> int:
    """Return as far as a walker gets within a limit on a straight road."""
    return round(cutoff * case.network.walking_kph / METRE_KPH)


def _central_visits(draft: _Draft, router: Router, case: Case, chosen: ChosenRule, part: int) -> None:
    """Note on which weekdays mobile services come within the limit, in every variant of the central speed."""
    rule, prepared, cutoff = chosen.standard, router.prepared, cutoff_of(chosen)
    kinds = rule.facilities_any[part]
    if not stops_of(prepared, kinds).any():
        return

    def days(times: Callable[[BoolArray], TravelTimes], limit: int = cutoff) -> dict[str, Days]:
        return visited(prepared, kinds, times, cutoff_ms=limit)

    central = days(lambda stops: rule_times(router, case, chosen, stops))
    draft.visits |= dict.fromkeys(("central", "own", "construction", "planned"), central)
    if rule.sharing == "any":
        draft.visits["own"] = days(
            lambda stops: own_times(router, case, stops, unit="county", direction=rule.direction)
        )
    if case.straight:
        return
    for snap in ("snap_limit:low", "snap_limit:high"):
        draft.visits[snap] = days(lambda stops, snap=snap: rule_times(router, case, chosen, stops, snap=snap))  # type: ignore[misc]
    if case.network.profile.mode == "foot":
        flown = router.case(STRAIGHT, "central")
        draft.visits["straight"] = days(
            lambda stops: rule_times(router, flown, chosen, stops), limit=_radius_mm(case, cutoff)
        )


def _speed(draft: _Draft, asked: _Asked, chosen: ChosenRule, part: int, speed: str) -> None:
    router, case = asked.router, asked.case
    mask = admitted(router.prepared, chosen.standard.facilities_any[part])
    times = asked.times(chosen, mask)
    draft.covered[f"speed:{speed}"] = is_covered(times.ms, cutoff_ms=cutoff_of(chosen))
    days = visited(
        router.prepared,
        chosen.standard.facilities_any[part],
        lambda stops: rule_times(router, case, chosen, stops),
        cutoff_ms=cutoff_of(chosen),
    )
    if days:
        draft.visits[f"speed:{speed}"] = days


def top_speed_kph(case: Case) -> float:
    """Return the fastest speed present on a network, access on foot included."""
    network = case.network
    length = network.roads.length_m[network.arc_edge]
    moving = (network.arc_ms > 0) & (length > 1.0)
    if not moving.any():
        return network.walking_kph
    return max(network.walking_kph, float((length[moving] / network.arc_ms[moving]).max()) * 3600.0)


def _finish(
    prepared: Prepared, chosen: ChosenRule, missing: tuple[str, ...], drafts: dict[tuple[str, int, str], _Draft]
) -> RuleReaches:
    if missing:
        return RuleReaches(chosen=chosen, reaches=(), parts=(), missing=missing)
    rule = chosen.standard
    count = range(len(rule.facilities_any))
    singles = {
        profile: [_reach(drafts[rule.id, part, profile], profile) for part in count]
        for profile in compared_profiles(chosen)
    }
    label = chosen.headline_profile
    own = [quickest([singles[p][part] for p in chosen.own_profiles], profile=label) for part in count]
    min_days = min_days_of(prepared, [kind for kinds in rule.facilities_any for kind in kinds])
    if min_days:
        own = [with_mobile(reach, min_days) for reach in own]
        singles = {name: [with_mobile(reach, min_days) for reach in reaches] for name, reaches in singles.items()}
    headline = all_parts(own)
    alone = [all_parts(reaches) for profile, reaches in singles.items() if profile != label]
    if label == STRAIGHT:
        headline = _beside_roads(headline, alone[0])
    parts = [drafts[rule.id, part, profile].central for profile in singles for part in count]
    return RuleReaches(
        chosen=chosen, reaches=(headline, *alone), parts=tuple(part for part in parts if part), missing=()
    )


def _reach(draft: _Draft, profile: str) -> Reach:
    assert draft.central is not None
    assert draft.off_network is not None
    times = draft.central.times
    return Reach(
        profile=profile,
        ms=times.ms,
        facility=times.facility,
        off_network=draft.off_network,
        covered=draft.covered,
        reach_m=draft.reach_m,
        visits=draft.visits,
    )


def _beside_roads(straight: Reach, road: Reach) -> Reach:
    """Return a reach as the crow flies with what the roads make of it."""
    central = straight.covered["central"]
    return replace(straight, covered={**straight.covered, "straight": central, "road": road.covered["central"]})
