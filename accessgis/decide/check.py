"""The whole answer on a proposed site: its effects, where it stands, what is near, how it ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.assessment import RESULTS, RuleRecord
from accessgis.base.datum import Datum
from accessgis.base.errors import UsageError
from accessgis.base.schema import Column, Schema
from accessgis.decide.afoot import WALK_MINUTES, catchments, walk_effect
from accessgis.decide.candidates import circles_of
from accessgis.decide.cases import cases_of
from accessgis.decide.land import land_of, slope_of
from accessgis.decide.proposal import Proposal, propose, with_proposal
from accessgis.decide.ranks import barred, site_ranks
from accessgis.decide.site import SiteEffect, beyond_circles, site_effect
from accessgis.layers.facilities import Ownership
from accessgis.measures.coverage import is_covered
from accessgis.network.profiles import DISTANCE
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.standards.marks import CAPACITIES, mark_ids
from accessgis.study.counted import study_layers
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study
from accessgis.study.prepare import Prepared, prepare
from accessgis.study.reaches import RuleReaches, admitted
from accessgis.study.routing import Router
from accessgis.study.rules import Sharing, choose_rules, with_sharing
from accessgis.study.run import counted_rows
from accessgis.travel.search import arrive

Progress = Callable[[str], None]
FloatArray = NDArray[np.float64]

AROUND_M = (500.0, 1000.0)

SITE_STANDING = Schema(
    "site_standing",
    (
        Column("profile", "text", "who travels: walk or vehicle"),
        Column("access_m", "float", "metres to the nearest road that they may join; inf beyond the snap limit", "m"),
        Column("off_network", "bool", "whether there is none within the snap limit"),
        Column("island", "bool", "whether the nearest is not connected to the main network"),
    ),
)
SITE_NEAREST = Schema(
    "site_nearest",
    (
        Column("status", "text", "in_service, or planned (under construction included)"),
        Column("profile", "text", "who travels: walk or vehicle"),
        Column(
            "facility_id", "text", "nearest of the same kind by road, else as the crow flies; '' when there is none"
        ),
        Column("name", "text", "its name"),
        Column("road_m", "float", "metres along the roads from the site; inf when there is no way", "m"),
        Column("straight_m", "float", "metres as the crow flies to it; inf when none", "m"),
    ),
)
SITE_AROUND = Schema(
    "site_around",
    (
        Column("within", "text", "straight (m) or walk (min)"),
        Column("limit", "float", "metres, or minutes on foot"),
        Column("people", "float", "people of the study's area within it", "people"),
        Column("age60plus", "float", "of them aged 60 and over; NaN when not given", "people"),
    ),
)
SITE_COUNTED = Schema(
    "site_counted",
    (
        Column("rule", "text", "rule id"),
        Column("level", "text", "level of the area"),
        Column("area", "text", "area code"),
        Column("area_name", "text", "area name"),
        Column("unit", "text", "what the value counts"),
        Column("value_before", "float", "figure today"),
        Column("value_after", "float", "figure with the site"),
        Column("state_before", "text", "how the unit stands today"),
        Column("state_after", "text", "how it stands with the site"),
        Column("verdict_before", "text", "verdict today"),
        Column("verdict_after", "text", "verdict with the site"),
        Column("missing", "list", "what is missing to say more with the site, such as 'attribute:ownership'"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteCheck:
    """Everything known about a proposed site.

    Attributes
    ----------
    effect
        What it changes under the circles that count its kind.
    standing
        Schema :data:`SITE_STANDING`: how it stands to the roads.
    nearest
        Schema :data:`SITE_NEAREST`: the nearest facility of the same kind.
    around
        Schema :data:`SITE_AROUND`: people around it.
    ranks
        Schema :data:`accessgis.decide.ranks.SITE_RANKS`: its rank among all candidate places, per rule.
    counted
        Schema :data:`SITE_COUNTED`: figures of rules that count facilities or amounts, where they change.
    land, slope
        Schemas :data:`accessgis.decide.land.SITE_LAND` and :data:`accessgis.decide.land.SITE_SLOPE`: what constrains
        building there, and how steep it is.
    walk, nearer
        Schemas :data:`accessgis.decide.afoot.SITE_WALK` and :data:`accessgis.decide.afoot.SITE_NEARER`: what it changes
        for people on foot.
    catchments
        Schema :data:`accessgis.decide.afoot.SITE_CATCHMENTS`: the land it serves.
    """

    effect: SiteEffect
    standing: pd.DataFrame
    nearest: pd.DataFrame
    around: pd.DataFrame
    ranks: pd.DataFrame
    counted: pd.DataFrame
    land: pd.DataFrame
    slope: pd.DataFrame
    walk: pd.DataFrame
    nearer: pd.DataFrame
    catchments: gpd.GeoDataFrame

    @property
    def proposal(self) -> Proposal:
        """The site."""
        return self.effect.proposal


def measured_study(study: Study, *, sharing: Sharing = "neighbours", progress: Progress = lambda _: None) -> Measured:
    """Read a study and compute its times, once for any number of proposed sites.

    Parameters
    ----------
    study
        A checked study.
    sharing
        ``neighbours``: as each rule has it; ``none``: circles count the facilities of people's own county only.
    progress
        Called with a short name before each step.
    """
    rules, catalogue = choose_rules(study)
    rules = with_sharing(rules, sharing)
    return measure(prepare(study, progress=progress), rules, catalogue, progress=progress)


def check_site(
    study: Study | Measured,
    *,
    kind: str,
    at: tuple[float, float] | None = None,
    datum: Datum | None = None,
    shape: shapely.Geometry | None = None,
    capacity: Mapping[str, float] | None = None,
    ownership: Ownership | None = None,
    progress: Progress = lambda _: None,
) -> SiteCheck:
    """Say who gains by a proposed site, what it adds to what is there, and how it ranks.

    Under rules by service areas it serves its own township, as a candidate does.

    Parameters
    ----------
    study
        A checked study (:func:`accessgis.read_study`), or one whose times are known (:func:`measured_study`).
    kind
        Facility kind: id, Chinese or English name.
    at, datum
        Longitude and latitude and their datum: of the site, or where ``shape`` is given of its entrance.
    shape
        The outline of a parcel in the working CRS.
    capacity
        Capacities and marks by column of a facility layer.
    ownership
        Whose it will be: some rules count public facilities only.
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2102 unknown kind, AG2401–AG2403 the site lies elsewhere or is incomplete, AG2521 an entrance that is not at
        the outline; AG2554 no rule counts the kind, AG2555 no layer of it was given and no circle could be computed.
    """
    measured = study if isinstance(study, Measured) else measured_study(study, progress=progress)
    progress("proposed site")
    prepared = measured.prepared
    place = partial(
        propose,
        prepared,
        kind=kind_id(kind),
        at=at,
        datum=datum,
        shape=shape,
        capacity=capacity,
    )
    fields = {"ownership": ownership or ""}
    proposal = place(fields=fields)
    township = str(proposal.row["township"])
    if township and any(rule.standard.sharing == "serves" for rule in measured.rules):
        proposal = place(fields=fields | {"serves": township})
    require_counted(measured, kind_id(kind))
    effect = site_effect(measured, proposal) if circles_of(measured, kind_id(kind)) else beyond_circles(proposal)
    router = measured.router.beside(replace(measured.prepared, facilities=proposal.layer))
    walk, nearer = walk_effect(measured, router, str(proposal.row["kind"]))
    progress("candidate places")
    return SiteCheck(
        effect=effect,
        standing=_standing(measured, router),
        nearest=_nearest(measured, router, proposal),
        around=_around(measured, router, proposal),
        ranks=site_ranks(measured, effect, barred=barred(measured, effect)),
        counted=_counted(measured, proposal),
        land=land_of(prepared, proposal.row["geometry"]),
        slope=slope_of(prepared, proposal.row["geometry"]),
        walk=walk,
        nearer=nearer,
        catchments=catchments(measured, router, str(proposal.row["kind"])),
    )


def require_counted(measured: Measured, kind: str) -> None:
    """Refuse a kind of which a new facility changes no rule of a study, or nobody knows what it adds.

    Raises
    ------
    UsageError
        AG2554, AG2555, as for :func:`check_site`.
    """
    entry = load_kinds()[kind]
    if not any(kind in _counted_kinds(record) for record in measured.records):
        raise UsageError("AG2554", kind=kind, kind_zh=entry.zh, kind_en=entry.en)
    if kind not in measured.prepared.facilities.kinds_given and not circles_of(measured, kind):
        raise UsageError("AG2555", value=kind, kind_zh=entry.zh, kind_en=entry.en)


def _counted_kinds(record: RuleRecord) -> tuple[str, ...]:
    """Return the kinds that change what a rule finds; what a plan only directs nothing is held against."""
    if record.rule_kind == "direction":
        return ()
    return (*record.kinds, *(record.presence.satisfied_by if record.presence is not None else ()))


def uncomputed(measured: Measured, kind: str) -> tuple[RuleReaches, ...]:
    """Return the circles that count a kind and could not be computed: their ``missing`` says why."""
    return tuple(
        item
        for item in measured.found
        if not item.reaches and any(kind in kinds for kinds in item.chosen.standard.facilities_any)
    )


def best_place(measured: Measured, check: SiteCheck, *, progress: Progress = lambda _: None) -> SiteCheck | None:
    """Return the candidate place that newly covers most people under any rule, checked as the site was; None without.

    Of equal ones that of the first rule counts.
    """
    gaining = check.ranks[check.ranks["best_net"] > 0]
    if not len(gaining):
        return None
    best = gaining.iloc[int(gaining["best_net"].to_numpy().argmax())]
    row = check.proposal.row
    given = {name: float(row[name]) for name in (*CAPACITIES, *mark_ids()) if name in row.index}
    return check_site(
        measured,
        kind=str(row["kind"]),
        at=(float(best["best_lon"]), float(best["best_lat"])),
        datum="wgs84",
        capacity=given,
        ownership=row["ownership"] or None,
        progress=progress,
    )


def built(measured: Measured, proposal: Proposal, *, progress: Progress = lambda _: None) -> Measured:
    """Return the study as it would be with the site: what it does not touch is taken over."""
    facilities = with_proposal(measured.prepared.facilities, proposal.layer)
    prepared = replace(measured.prepared, facilities=facilities)
    return measure(prepared, measured.rules, measured.catalogue, before=measured, progress=progress)


def _standing(measured: Measured, router: Router) -> pd.DataFrame:
    rows = []
    for profile in ("walk", "vehicle"):
        case = router.beside_case(cases_of(measured)(profile, "central"))
        joins = case.joins.facilities
        near = np.flatnonzero(joins.access_m <= case.limit_m)
        first = near[np.argmin(joins.access_m[near])] if near.size else -1
        rows.append(
            {
                "profile": profile,
                "access_m": float(joins.access_m[first]) if near.size else np.inf,
                "off_network": not near.size,
                "island": bool(near.size) and bool(case.network.island[joins.edge[first]]),
            }
        )
    return _checked(SITE_STANDING, pd.DataFrame(rows))


def _nearest(measured: Measured, router: Router, proposal: Proposal) -> pd.DataFrame:
    kind = str(proposal.row["kind"])
    frame = measured.prepared.facilities.frame
    here = proposal.row[["x", "y"]].to_numpy(dtype=np.float64)
    rows = []
    for status, statuses in (("in_service", ["in_service"]), ("planned", ["under_construction", "planned"])):
        mask = admitted(measured.prepared, [kind], statuses=statuses)
        for profile in ("walk", "vehicle"):
            case = cases_of(measured)(f"{profile}{DISTANCE}", "central")
            site = router.beside_case(case).ends("facilities", limit_m=case.limit_m)
            found = arrive(case.search(mask, direction="to_facility", limit_m=case.limit_m), site)
            row = int(found.facility[0])
            if row < 0:
                row = _nearest_straight(frame[["x", "y"]].to_numpy(dtype=np.float64), mask, here)
            known = row >= 0
            there = frame.iloc[row][["x", "y"]].to_numpy(dtype=np.float64) if known else np.array([np.inf, np.inf])
            rows.append(
                {
                    "status": status,
                    "profile": profile,
                    "facility_id": str(frame["facility_id"].iloc[row]) if known else "",
                    "name": str(frame["name"].iloc[row]) if known else "",
                    "road_m": float(found.ms[0]) / 1000.0,
                    "straight_m": float(np.hypot(*(there - here))),
                }
            )
    return _checked(SITE_NEAREST, pd.DataFrame(rows).astype({"facility_id": "str", "name": "str"}))


def _nearest_straight(at: FloatArray, mask: NDArray[np.bool_], here: FloatArray) -> int:
    """Return the row of the facility nearest as the crow flies; −1 where there is none."""
    rows = np.flatnonzero(mask)
    return int(rows[np.hypot(*(at[rows] - here).T).argmin()]) if rows.size else -1


def _around(measured: Measured, router: Router, proposal: Proposal) -> pd.DataFrame:
    prepared = measured.prepared
    frame = prepared.demand.frame
    judged = frame["judged"].to_numpy(dtype=bool)
    here = proposal.row[["x", "y"]].to_numpy(dtype=np.float64)
    metres = np.hypot(*(frame[["x", "y"]].to_numpy(dtype=np.float64) - here).T)
    case = router.beside_case(cases_of(measured)("walk", "central"))
    walk_ms = router.times(case, np.ones(1, dtype=bool), direction="to_facility").ms
    insides = [("straight", limit, metres <= limit) for limit in AROUND_M]
    insides += [("walk", float(limit), is_covered(walk_ms, cutoff_ms=limit * 60_000)) for limit in WALK_MINUTES]
    groups = prepared.demand.groups
    rows = [
        {
            "within": within,
            "limit": limit,
            "people": float(prepared.demand.people("total")[inside & judged].sum()),
            "age60plus": float(prepared.demand.people("age60plus")[inside & judged].sum())
            if "age60plus" in groups
            else np.nan,
        }
        for within, limit, inside in insides
    ]
    return _checked(SITE_AROUND, pd.DataFrame(rows).astype({"within": "str"}))


@lru_cache(maxsize=1)
def _counted_today(measured: Measured) -> pd.DataFrame:
    """Return the rows of the rules that count facilities or amounts, without any site."""
    return _counted_by(measured, measured.prepared)


def _counted_by(measured: Measured, prepared: Prepared) -> pd.DataFrame:
    layers = study_layers(prepared, measured.groupings, measured.rules)
    return pd.concat([RESULTS.empty(), *counted_rows(measured, layers)], ignore_index=True)


def _counted(measured: Measured, proposal: Proposal) -> pd.DataFrame:
    """Return the figures of counted rules that the site changes."""
    prepared = measured.prepared
    wider = replace(prepared, facilities=with_proposal(prepared.facilities, proposal.layer))
    before, after = _counted_today(measured), _counted_by(measured, wider)
    keys = ["rule", "level", "area", "area_name", "unit"]
    told = ["value", "state", "verdict"]
    # A kind without any layer has no figure today, and its rows bear no unit: they are the same rows all the same.
    both = before[[*keys, *told]].merge(after[[*keys, *told, "missing"]], on=keys[:3], suffixes=("_before", "_after"))
    changed = np.zeros(len(both), dtype=bool)
    for name in told:
        old, new = both[f"{name}_before"], both[f"{name}_after"]
        changed |= ((old != new) & ~(old.isna() & new.isna())).to_numpy(dtype=bool)
    rows = both[changed].rename(columns={"area_name_after": "area_name", "unit_after": "unit"})
    return _checked(SITE_COUNTED, rows[list(SITE_COUNTED.names)].reset_index(drop=True))


def _checked(schema: Schema, frame: pd.DataFrame) -> pd.DataFrame:
    schema.require(frame)
    return frame
