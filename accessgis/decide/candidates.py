"""Candidate places of a study, and how many people a facility at each would newly cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from accessgis.base.crs import to_degrees
from accessgis.base.schema import Column, Schema
from accessgis.base.units import METRE_KPH, travel_ms
from accessgis.decide.land import forbidden
from accessgis.decide.proposal import require_inside
from accessgis.layers.facilities import UNITS, assemble, facility_frame
from accessgis.sources.parcels import Parcel
from accessgis.study.measure import Measured
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import PartTimes, RuleReaches, cutoff_of, rule_times
from accessgis.study.routing import Case
from accessgis.study.sharing import served_areas
from accessgis.travel.planner import Engines
from accessgis.travel.snap import access_far, join_points, price
from accessgis.travel.types import Ends, only
from accessgis.travel.within import TimeMatrix, within

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SQUARE_M = 500.0
"""Side of the squares of which each gives one candidate: where most of its people live."""

CANDIDATES = Schema(
    "candidates",
    (
        Column("x", "float", "working CRS", "m"),
        Column("y", "float", "working CRS", "m"),
        Column("lon", "float", "WGS-84", "deg"),
        Column("lat", "float", "WGS-84", "deg"),
        Column("county", "text", "code of the unit it lies in, '' outside every unit"),
        Column("township", "text", "as county"),
        Column("village", "text", "as county"),
        Column("place", "text", "township and village by name"),
        Column("forbidden", "bool", "whether it stands on land where the study forbids to build"),
    ),
)


def lived_in_places(prepared: Prepared, *, square_m: float = SQUARE_M) -> pd.DataFrame:
    """Return the candidate places that a study has by itself: of every square with people, where most of them live.

    Squares are counted from the origin of the working CRS, so that they do not hang on the study's extent; of equal
    points the first counts.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`CANDIDATES`, in the order of the demand points.
    """
    demand = prepared.demand
    frame = demand.frame
    people = np.where(frame["judged"].to_numpy(dtype=bool), demand.people("total"), 0.0)
    here = np.flatnonzero(people > 0)
    square = np.floor(frame[["x", "y"]].to_numpy(dtype=np.float64)[here] / square_m).astype(np.int64)
    order = np.lexsort([here, -people[here], square[:, 1], square[:, 0]])
    ordered = square[order]
    first = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)] if order.size else np.zeros(0, dtype=bool)
    chosen = np.sort(here[order[first]])
    return described(prepared, frame.iloc[chosen])


def described(prepared: Prepared, frame: pd.DataFrame, shapes: NDArray[np.object_] | None = None) -> pd.DataFrame:
    """Return places with the units they lie in; of parcels ``shapes`` are the outlines."""
    names = dict(zip(prepared.areas.frame["code"], prepared.areas.frame["name"], strict=True))
    x, y = (frame[name].to_numpy(dtype=np.float64) for name in ("x", "y"))
    lon, lat = to_degrees(prepared.crs).transform(x, y)
    places = [
        names.get(township, "") + names.get(village, "")
        for township, village in zip(frame["township"], frame["village"], strict=True)
    ]
    columns: dict[str, object] = {"x": x, "y": y, "lon": lon, "lat": lat}
    columns |= {name: pd.array(frame[name].tolist(), dtype="str") for name in ("county", "township", "village")}
    points = np.asarray(shapely.points(np.column_stack([x, y])), dtype=object)
    held = forbidden(prepared, points if shapes is None else shapes)
    return pd.DataFrame(columns | {"place": pd.array(places, dtype="str"), "forbidden": held})


def places_of_parcels(prepared: Prepared, parcels: Sequence[Parcel]) -> pd.DataFrame:
    """Return parcels of land as candidate places: each is a point within its outline.

    Parameters
    ----------
    prepared
        The layers of the study.
    parcels
        Outlines in the working CRS (:func:`accessgis.sources.parcels.read_parcels`).

    Returns
    -------
    pandas.DataFrame
        Schema :data:`CANDIDATES`, in the order given; ``place`` is the parcel's name, else township and village.

    Raises
    ------
    UsageError
        AG2401 a parcel lies beyond the study and its margin.
    """
    shapes = np.empty(len(parcels), dtype=object)
    shapes[:] = [parcel.shape for parcel in parcels]
    for shape in shapes:
        require_inside(prepared, shape)
    numbers = [f"{number:09d}" for number in range(len(parcels))]
    frame = facility_frame({"facility_id": numbers, "row": np.arange(len(parcels))}, shapes, crs=prepared.crs)
    layer, _ = assemble([frame], prepared.areas, kinds_given=frozenset())
    found = described(prepared, layer.frame, layer.frame.geometry.to_numpy())
    places = [parcel.name or place for parcel, place in zip(parcels, found["place"], strict=True)]
    return found.assign(place=pd.array(places, dtype="str"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Reachable:
    """Which demand points candidates would bring within a rule's limit.

    Attributes
    ----------
    times
        Demand points × candidates, within the limit by any of the rule's own profiles, the quickest of them.
    people
        People concerned at each demand point who are left to be covered: not covered today, all other parts reached.
    """

    times: TimeMatrix
    people: FloatArray

    @property
    def gains(self) -> FloatArray:
        """People newly covered by each candidate alone."""
        weights = self.people[self.times.origin]
        count = self.times.destination_count
        return np.bincount(self.times.destination, weights=weights, minlength=count).astype(np.float64)


def circles_of(measured: Measured, kind: str) -> tuple[RuleReaches, ...]:
    """Return the circles of a study that count a kind and could be computed, in the study's order."""
    return tuple(
        item
        for item in measured.found
        if item.reaches and any(kind in kinds for kinds in item.chosen.standard.facilities_any)
    )


def people_of(measured: Measured, item: RuleReaches, group: str | None = None) -> FloatArray:
    """Return the people whom a rule concerns at each demand point of the study's areas; of its group, or of another."""
    population = measured.populations[measured.found.index(item)]
    people = population.people if group is None else measured.prepared.demand.people(group)
    assert people is not None
    return np.where(population.concerned & population.judged, people, 0.0)


def reachable(measured: Measured, item: RuleReaches, kind: str, candidates: pd.DataFrame) -> Reachable:
    """Return whom candidates of a kind would newly cover under a rule, by its own profiles and sharing.

    Parameters
    ----------
    measured
        The study with its times.
    item
        A circle that counts the kind, with its times.
    kind
        Facility kind of the candidates.
    candidates
        Schema :data:`CANDIDATES`; they join the roads as points.
    """
    left = people_left(measured, item, kind)
    times = trips(measured, item, kind, candidates, cutoff=cutoff_of(item.chosen), wanted=left > 0)
    return Reachable(times=times, people=left)


def people_left(measured: Measured, item: RuleReaches, kind: str) -> FloatArray:
    """Return the people at each demand point whom a site of a kind could newly cover."""
    return people_of(measured, item) * _left(item, kind)


def _left(item: RuleReaches, kind: str) -> BoolArray:
    """Return which demand points a site of a kind could newly cover: only the parts that count it are not reached."""
    chosen = item.chosen
    left = ~item.reaches[0].covered["central"]
    for number, kinds in enumerate(chosen.standard.facilities_any):
        if kind not in kinds:
            own = [part for part in item.parts if part.part == number and part.profile in chosen.own_profiles]
            left &= np.any([part.covered["central"] for part in own], axis=0)
    return left


def others_ms(item: RuleReaches, given: Collection[str]) -> FloatArray:
    """Return each demand point's way to the slowest part that counts none of some kinds; 0 where there is none.

    No centre of these kinds makes anybody's way shorter than that.
    """
    chosen = item.chosen
    slowest = np.zeros(item.reaches[0].ms.size)
    for number, kinds in enumerate(chosen.standard.facilities_any):
        if not set(given) & set(kinds):
            own = [part for part in item.parts if part.part == number and part.profile in chosen.own_profiles]
            slowest = np.maximum(slowest, np.min([part.times.ms for part in own], axis=0))
    return slowest


def without_ms(measured: Measured, item: RuleReaches, kind: str, gone: BoolArray) -> FloatArray:
    """Return each demand point's way, by all parts of a rule, without some facilities in those that count a kind.

    It is ``inf`` where there is none.
    """
    slowest = others_ms(item, [kind])
    for number, kinds in enumerate(item.chosen.standard.facilities_any):
        if kind in kinds:
            own = [part for part in item.parts if part.part == number and part.profile in item.chosen.own_profiles]
            ways = [rule_times(measured.router, part.case, item.chosen, part.admitted & ~gone).ms for part in own]
            slowest = np.maximum(slowest, np.min(ways, axis=0))
    return slowest


def trips(
    measured: Measured, item: RuleReaches, kind: str, sites: pd.DataFrame | BoolArray, *, cutoff: int, wanted: BoolArray
) -> TimeMatrix:
    """Return the ways between some demand points and sites by the quickest of a rule's own profiles.

    Parameters
    ----------
    measured, item, kind
        As for :func:`reachable`.
    sites
        Candidates (schema :data:`CANDIDATES`), which join the roads as points; or which facilities of the study, whose
        rows are then the sites and which stand as they are.
    cutoff
        Longest way in milliseconds (millimetres of rules in metres), inclusive.
    wanted
        Which demand points are asked for; the others have no trip.
    """
    first = next(number for number, kinds in enumerate(item.chosen.standard.facilities_any) if kind in kinds)
    found = [
        _by_profile(measured, part, wanted, sites, cutoff)
        for part in item.parts
        if part.part == first and part.profile in item.chosen.own_profiles
    ]
    row, column, ms = (np.concatenate(values) for values in zip(*found, strict=True))
    kept = _shared(measured, item, sites, row, column)
    return quickest_of(row[kept], column[kept], ms[kept], shape=(wanted.size, len(sites)), cutoff=cutoff)


def quickest_of(
    row: NDArray[np.int64], column: NDArray[np.int64], ms: NDArray[np.int64], *, shape: tuple[int, int], cutoff: int
) -> TimeMatrix:
    """Return pairs in any order as a matrix; of several ways of one pair the quickest."""
    order = np.lexsort([ms, column, row])
    row, column, ms = row[order], column[order], ms[order]
    least = np.r_[True, (row[1:] != row[:-1]) | (column[1:] != column[:-1])] if row.size else np.zeros(0, dtype=bool)
    row, column, ms = row[least], column[least], ms[least]
    return TimeMatrix(
        origin_count=shape[0],
        destination_count=shape[1],
        cutoff_ms=cutoff,
        start=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))]).astype(np.int64),
        destination=column.astype(np.int32),
        ms=ms.astype(np.int32),
    )


Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Demand points, candidates and the way between them."""


def _by_profile(
    measured: Measured, part: PartTimes, wanted: BoolArray, given: pd.DataFrame | BoolArray, cutoff: int
) -> Pairs:
    case, homes_xy = part.case, measured.router.demand_xy
    if isinstance(given, pd.DataFrame):
        xy, usable = given[["x", "y"]].to_numpy(dtype=np.float64), np.ones(len(given), dtype=bool)
    else:
        xy, usable = measured.router.facility_xy, given
    if case.straight:
        return _near(homes_xy, wanted, xy, usable, cutoff, METRE_KPH, np.inf)
    if isinstance(given, pd.DataFrame):
        joins = join_points(case.joins.index, xy[:, 0], xy[:, 1], limit_m=case.limit_m)
        sites = price(joins, case.network, limit_m=case.limit_m)
    else:
        joins = case.joins.facilities
        sites = only(case.ends("facilities", limit_m=case.limit_m), given)
    homes = only(case.ends("demand", limit_m=case.limit_m), wanted)
    found = _over_network(case, homes, sites, cutoff, to_facility=part.direction == "to_facility")
    far_home = access_far(case.joins.demand, limit_m=case.limit_m) & wanted
    far_site = access_far(joins, limit_m=case.limit_m) & usable
    direct = _near(homes_xy, far_home, xy, far_site, cutoff, case.network.walking_kph, case.limit_m)
    return tuple(np.concatenate(both) for both in zip(found, direct, strict=True))  # type: ignore[return-value]


def _over_network(case: Case, homes: Ends, sites: Ends, cutoff: int, *, to_facility: bool) -> Pairs:
    starts, ends = (homes, sites) if to_facility else (sites, homes)
    matrix = within(case.network, starts, ends, cutoff_ms=cutoff, engines=Engines(network=case.network))
    start, end, ms = (values.astype(np.int64) for values in (matrix.origin, matrix.destination, matrix.ms))
    return (start, end, ms) if to_facility else (end, start, ms)


def _near(
    homes: FloatArray, wanted: BoolArray, sites: FloatArray, usable: BoolArray, cutoff: int, kph: float, limit_m: float
) -> Pairs:
    """Return the pairs that are within the cutoff on a straight line of at most ``limit_m``."""
    here, there = np.flatnonzero(wanted & np.isfinite(homes).all(axis=1)), np.flatnonzero(usable)
    nothing = np.zeros(0, dtype=np.int64)
    if not here.size or not there.size:
        return nothing, nothing, nothing
    reach_m = min(limit_m, (cutoff + 1) * kph / 3600.0)
    pairs = cKDTree(homes[here]).sparse_distance_matrix(cKDTree(sites[there]), reach_m, output_type="ndarray")
    ms = travel_ms(pairs["v"], kph)
    inside = (ms <= cutoff) & (pairs["v"] <= limit_m)
    return here[pairs["i"][inside]], there[pairs["j"][inside]], ms[inside]


def _shared(
    measured: Measured,
    item: RuleReaches,
    sites: pd.DataFrame | BoolArray,
    row: NDArray[np.int64],
    column: NDArray[np.int64],
) -> BoolArray:
    """Return which pairs the rule's sharing allows.

    Under ``serves`` a candidate serves its own township, a facility of the study the areas that it states.
    """
    sharing = item.chosen.standard.sharing
    if sharing == "any":
        return np.ones(row.size, dtype=bool)
    people = measured.prepared.demand.frame
    if sharing == "serves" and not isinstance(sites, pd.DataFrame):
        allowed = np.zeros(row.size, dtype=bool)
        for facility, codes in served_areas(measured.prepared, sites).items():
            mine = np.flatnonzero(column == facility)
            allowed[mine] = people.iloc[row[mine]][list(UNITS)].isin(codes).any(axis=1).to_numpy()
        return allowed
    unit = "county" if sharing == "county" else "township"
    frame = sites if isinstance(sites, pd.DataFrame) else measured.prepared.facilities.frame
    homes = people[unit].to_numpy(dtype=object)[row]
    there = frame[unit].to_numpy(dtype=object)[column]
    return np.asarray((homes == there) & (homes != ""), dtype=bool)
