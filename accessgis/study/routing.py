"""Travel times of one study: networks, joins and searches, each made once and shared by every rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from accessgis.base.units import METRE_KPH
from accessgis.layers.facilities import FacilityLayer
from accessgis.network.build import build_network, measured, reprice
from accessgis.network.change import added_edges, without_edges
from accessgis.network.model import Network
from accessgis.network.profiles import DISTANCE, STRAIGHT, Mode, Profile, SpeedCase
from accessgis.network.terrain import edge_factors, slope_rule
from accessgis.study.prepare import Prepared
from accessgis.travel.bucket import SearchGraph, build_graph
from accessgis.travel.offroad import compete
from accessgis.travel.search import Search, arrive, search
from accessgis.travel.snap import JoinIndex, access_far, build_join_index, join_facilities, join_points, price
from accessgis.travel.types import Direction, Ends, Joins, TravelTimes, nowhere, only, with_added

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

SNAP_FACTORS: dict[str, float] = {"snap_limit:low": 0.5, "central": 1.0, "snap_limit:high": 2.0}
"""The snap limit of each variant, over the study's own."""
_WIDEST = max(SNAP_FACTORS.values())


@dataclass(frozen=True, eq=False, kw_only=True)
class ModeJoins:
    """Joins of every demand point and facility to the edges of one mode, out to the largest snap limit.

    Where a scenario added roads, everybody keeps the joins to the roads of before (``former``) beside those to the new
    ones: a road that is nearer, or that makes an island part of the main network, takes no way from anybody.
    """

    index: JoinIndex
    former: JoinIndex | None
    demand: Joins
    facilities: Joins


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One profile at one speed: its network, and what was searched on it so far.

    Attributes
    ----------
    network
        Its impedances: milliseconds, or millimetres for the ways of rules in metres.
    joins
        Where people and facilities join it.
    limit_m
        The study's snap limit.
    straight
        Whether people go as the crow flies, whatever the roads.
    """

    network: Network
    joins: ModeJoins
    limit_m: float
    straight: bool = False
    _graphs: dict[bool, SearchGraph] = field(default_factory=dict)
    _ends: dict[tuple[str, float], Ends] = field(default_factory=dict)
    _searches: dict[tuple[bytes, Direction, float], Search] = field(default_factory=dict)

    def graph(self, *, backward: bool) -> SearchGraph:
        """Return the search graph of one direction, built on first use."""
        if backward not in self._graphs:
            self._graphs[backward] = build_graph(self.network, backward=backward)
        return self._graphs[backward]

    def ends(self, which: str, *, limit_m: float) -> Ends:
        """Return the priced joins of ``demand`` or ``facilities`` within a snap limit."""
        key = (which, limit_m)
        if key not in self._ends:
            joins = self.joins.demand if which == "demand" else self.joins.facilities
            self._ends[key] = price(joins, self.network, limit_m=limit_m)
        return self._ends[key]

    def beside(self, facilities: Joins) -> Case:
        """Return the case for other facilities: what was built for roads and people is shared, not made again."""
        ends = {key: value for key, value in self._ends.items() if key[0] == "demand"}
        return replace(self, joins=replace(self.joins, facilities=facilities), _ends=ends, _searches={})

    def search(self, admitted: BoolArray, *, direction: Direction, limit_m: float, keep: bool = True) -> Search:
        """Search from the admitted facilities; what is kept is searched once for each set."""
        key = (admitted.tobytes(), direction, limit_m)
        if key in self._searches:
            return self._searches[key]
        found = search(
            self.network,
            only(self.ends("facilities", limit_m=limit_m), admitted),
            direction=direction,
            graph=self.graph(backward=direction == "to_facility"),
        )
        if keep:
            self._searches[key] = found
        return found


class Router:
    """Answers "how long to the nearest of these facilities" for one study.

    Parameters
    ----------
    prepared
        The layers of the study.
    """

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.limit_m = prepared.study.file.network.snap_limit_m
        self.demand_xy = prepared.demand.frame[["x", "y"]].to_numpy(dtype=np.float64)
        self.facility_xy = prepared.facilities.frame[["x", "y"]].to_numpy(dtype=np.float64)
        self._bases: dict[Mode, tuple[Network, ModeJoins]] = {}
        self._factors: dict[str, FloatArray] = {}
        self._flown: Case | None = None

    def case(self, profile_id: str, speed: SpeedCase) -> Case:
        """Build the network of a profile at one speed; joins are made once for each mode.

        ``<profile>-distance`` counts metres along the roads that the profile may use, ``straight-line`` as the crow
        flies; the latter, which every rule on foot asks for, is made once.
        """
        if profile_id == STRAIGHT:
            # Straight lines join people as walkers do.
            if self._flown is None:
                self._flown = replace(self._measured("walk"), straight=True)
            return self._flown
        if profile_id.endswith(DISTANCE):
            return self._measured(profile_id.removesuffix(DISTANCE))
        profile = self.prepared.profiles[profile_id]
        base, joins = self._base(profile)
        network = reprice(base, profile, case=speed, factors=self._slope_factors(slope_rule(profile)))
        return Case(network=network, joins=joins, limit_m=self.limit_m)

    def _measured(self, profile_id: str) -> Case:
        base, joins = self._base(self.prepared.profiles[profile_id])
        return Case(network=measured(base), joins=joins, limit_m=self.limit_m)

    def beside(self, prepared: Prepared) -> Router:
        """Return the router of layers with the same roads and the same points of people: what was built is shared."""
        other = Router(prepared)
        other._factors = self._factors
        same = prepared.facilities is self.prepared.facilities
        for mode, (base, joins) in self._bases.items():
            placed = joins.facilities if same else self._join_facilities(joins.index, joins.former, prepared.facilities)
            other._bases[mode] = (base, replace(joins, facilities=placed))
        return other

    def beside_case(self, case: Case) -> Case:
        """Return a case of another router of the same roads and people, for this one's facilities."""
        return case.beside(self._base(case.network.profile)[1].facilities)

    def elsewhere(self, case: Case, prepared: Prepared) -> tuple[Router, Case]:
        """Return router and case of layers whose facilities alone stand elsewhere, for the ways on one case."""
        joins = self._join_facilities(case.joins.index, case.joins.former, prepared.facilities)
        return Router(prepared), case.beside(joins)

    def _join_facilities(self, index: JoinIndex, former: JoinIndex | None, facilities: FacilityLayer) -> Joins:
        return _beside_former(
            index, former, lambda one: join_facilities(one, facilities.frame, limit_m=self.limit_m * _WIDEST)
        )

    def _base(self, profile: Profile) -> tuple[Network, ModeJoins]:
        if profile.mode not in self._bases:
            base = build_network(self.prepared.roads, profile)
            self._bases[profile.mode] = (base, self._join(base, profile))
        return self._bases[profile.mode]

    def _slope_factors(self, rule: str) -> FloatArray | None:
        heights = self.prepared.heights
        if heights is None:
            return None
        if rule not in self._factors:
            self._factors[rule] = edge_factors(self.prepared.roads, heights, rule=rule)
        return self._factors[rule]

    def _join(self, network: Network, profile: Profile) -> ModeJoins:
        index, former = build_join_index(network), None
        added = added_edges(self.prepared.roads)
        if added.any():
            former = build_join_index(build_network(without_edges(self.prepared.roads, added), profile))
        x, y = self.demand_xy.T
        return ModeJoins(
            index=index,
            former=former,
            demand=_beside_former(index, former, lambda one: join_points(one, x, y, limit_m=self.limit_m * _WIDEST)),
            facilities=self._join_facilities(index, former, self.prepared.facilities),
        )

    def times(
        self, case: Case, admitted: BoolArray, *, direction: Direction, snap: str = "central", keep: bool = True
    ) -> TravelTimes:
        """Return the time between every demand point and its nearest admitted facility.

        Parameters
        ----------
        case
            Profile and speed.
        admitted
            Which facilities count.
        direction
            Who travels.
        snap
            Variant of the snap limit, a key of :data:`SNAP_FACTORS`.
        keep
            Whether the case keeps the search for the next who asks for the same facilities.
        """
        if case.straight:
            return self._straight(admitted)
        limit_m = self.limit_m * SNAP_FACTORS[snap]
        found = case.search(admitted, direction=direction, limit_m=limit_m, keep=keep)
        times = arrive(found, case.ends("demand", limit_m=limit_m))
        facility_far = admitted & access_far(case.joins.facilities, limit_m=limit_m)
        if not facility_far.any():
            return times
        return compete(
            times,
            demand_xy=self.demand_xy,
            demand_far=access_far(case.joins.demand, limit_m=limit_m),
            facility_xy=self.facility_xy,
            facility_far=facility_far,
            walking_kph=case.network.walking_kph,
            limit_m=limit_m,
        )

    def _straight(self, admitted: BoolArray) -> TravelTimes:
        """Return the straight way to the nearest admitted facility, a millimetre a millisecond."""
        return compete(
            nowhere(len(self.demand_xy)),
            demand_xy=self.demand_xy,
            demand_far=np.ones(len(self.demand_xy), dtype=bool),
            facility_xy=self.facility_xy,
            facility_far=admitted,
            walking_kph=METRE_KPH,
            limit_m=np.inf,
        )

    def off_network(self, case: Case, times: TravelTimes) -> BoolArray:
        """Return which demand points are off the network and have no direct way either."""
        joins = case.joins.demand
        joined = np.zeros(joins.point_count, dtype=bool)
        joined[joins.point[joins.access_m <= self.limit_m]] = True
        return ~joined & ~np.isfinite(times.ms)


def _beside_former(index: JoinIndex, former: JoinIndex | None, join: Callable[[JoinIndex], Joins]) -> Joins:
    """Return the joins to the roads of before, and beside them those that only added roads allow."""
    return join(index) if former is None else with_added(join(former), join(index))
