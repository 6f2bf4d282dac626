"""Candidate places of a study, and how many people a facility at each would newly cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from accessgis.base.crs import to_degrees
from accessgis.base.schema import Column, Schema
from accessgis.base.units import METRE_KPH, travel_ms
from accessgis.layers.demand import Demand
from accessgis.measures.coverage import is_covered
from accessgis.study.measure import Measured
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import PartTimes, RuleReaches, cutoff_of
from accessgis.study.routing import Case
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
    return _described(prepared, demand, chosen)


def _described(prepared: Prepared, demand: Demand, chosen: NDArray[np.int64]) -> pd.DataFrame:
    frame = demand.frame.iloc[chosen]
    names = dict(zip(prepared.areas.frame["code"], prepared.areas.frame["name"], strict=True))
    x, y = (frame[name].to_numpy(dtype=np.float64) for name in ("x", "y"))
    lon, lat = to_degrees(prepared.crs).transform(x, y)
    places = [
        names.get(township, "") + names.get(village, "")
        for township, village in zip(frame["township"], frame["village"], strict=True)
    ]
    columns: dict[str, object] = {"x": x, "y": y, "lon": lon, "lat": lat}
    columns |= {name: pd.array(frame[name].tolist(), dtype="str") for name in ("county", "township", "village")}
    return pd.DataFrame(columns | {"place": pd.array(places, dtype="str")})


@dataclass(frozen=True, eq=False, kw_only=True)
class Reachable:
    """Which demand points candidates would bring within a rule's limit.

    Attributes
    ----------
    pairs
        Demand points × candidates; a stored 1 where the candidate is within the limit by any of the rule's profiles.
    people
        People concerned at each demand point who are left to be covered: not covered today, all other parts reached.
    """

    pairs: csr_array
    people: FloatArray

    @property
    def gains(self) -> FloatArray:
        """People newly covered by each candidate alone."""
        return np.asarray(self.pairs.T @ self.people, dtype=np.float64)


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
    population = measured.populations[measured.found.index(item)]
    assert population.people is not None
    people = np.where(population.concerned & population.judged, population.people, 0.0)
    left = people * _left(item, kind)
    shape = (people.size, len(candidates))
    pairs: Any = csr_array(shape, dtype=np.int8)
    first = next(number for number, kinds in enumerate(item.chosen.standard.facilities_any) if kind in kinds)
    for part in item.parts:
        if part.part == first and part.profile in item.chosen.own_profiles:
            pairs = pairs.maximum(_within_limit(measured, item, part, left > 0, candidates))
    pairs = _shared(measured, item, csr_array(pairs), candidates)
    return Reachable(pairs=pairs, people=left)


def _left(item: RuleReaches, kind: str) -> BoolArray:
    """Return which demand points a site of a kind could newly cover: only the parts that count it are not reached."""
    chosen = item.chosen
    left = ~item.reaches[0].covered["central"]
    for number, kinds in enumerate(chosen.standard.facilities_any):
        if kind not in kinds:
            own = [part for part in item.parts if part.part == number and part.profile in chosen.own_profiles]
            left &= np.any([part.covered["central"] for part in own], axis=0)
    return left


def _within_limit(
    measured: Measured, item: RuleReaches, part: PartTimes, wanted: BoolArray, candidates: pd.DataFrame
) -> csr_array:
    """Return which wanted demand points lie within the limit of which candidates by one profile."""
    case, cutoff = part.case, cutoff_of(item.chosen)
    xy = candidates[["x", "y"]].to_numpy(dtype=np.float64)
    if case.straight:
        return _near(measured.router.demand_xy, wanted, xy, np.ones(len(xy), bool), cutoff, METRE_KPH, np.inf)
    joins = join_points(case.joins.index, xy[:, 0], xy[:, 1], limit_m=case.limit_m)
    sites = price(joins, case.network, limit_m=case.limit_m)
    homes = only(case.ends("demand", limit_m=case.limit_m), wanted)
    found = _pairs(case, homes, sites, cutoff, to_facility=part.direction == "to_facility")
    far_home = access_far(case.joins.demand, limit_m=case.limit_m) & wanted
    far_site = access_far(joins, limit_m=case.limit_m)
    direct = _near(measured.router.demand_xy, far_home, xy, far_site, cutoff, case.network.walking_kph, case.limit_m)
    return csr_array(found.maximum(direct))


def _pairs(case: Case, homes: Ends, sites: Ends, cutoff: int, *, to_facility: bool) -> csr_array:
    engines = Engines(network=case.network)
    starts, ends = (homes, sites) if to_facility else (sites, homes)
    matrix = within(case.network, starts, ends, cutoff_ms=cutoff, engines=engines)
    found = _ones(matrix)
    return found if to_facility else csr_array(found.T)


def _ones(matrix: TimeMatrix) -> csr_array:
    plain = matrix.to_scipy()
    return csr_array((np.ones(plain.nnz, dtype=np.int8), plain.indices, plain.indptr), shape=plain.shape)


def _near(
    homes: FloatArray, wanted: BoolArray, sites: FloatArray, usable: BoolArray, cutoff: int, kph: float, limit_m: float
) -> csr_array:
    """Return the pairs that are within the cutoff on a straight line of at most ``limit_m``."""
    shape = (len(homes), len(sites))
    here, there = np.flatnonzero(wanted & np.isfinite(homes).all(axis=1)), np.flatnonzero(usable)
    if not here.size or not there.size:
        empty: Any = csr_array(shape, dtype=np.int8)
        return cast("csr_array", empty)
    reach_m = min(limit_m, (cutoff + 1) * kph / 3600.0)
    pairs = cKDTree(homes[here]).sparse_distance_matrix(cKDTree(sites[there]), reach_m, output_type="ndarray")
    inside = is_covered(travel_ms(pairs["v"], kph).astype(np.float64), cutoff_ms=cutoff) & (pairs["v"] <= limit_m)
    rows, columns = here[pairs["i"][inside]], there[pairs["j"][inside]]
    return csr_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=shape)


def _shared(measured: Measured, item: RuleReaches, pairs: csr_array, candidates: pd.DataFrame) -> csr_array:
    """Return the pairs that the rule's sharing allows: under ``serves`` a candidate serves its own township."""
    sharing = item.chosen.standard.sharing
    if sharing == "any":
        return pairs
    unit = "county" if sharing == "county" else "township"
    homes = measured.prepared.demand.frame[unit].to_numpy(dtype=object)
    sites = candidates[unit].to_numpy(dtype=object)
    found = pairs.tocoo()
    kept = (homes[found.row] == sites[found.col]) & (homes[found.row] != "")
    return csr_array((found.data[kept], (found.row[kept], found.col[kept])), shape=pairs.shape)
