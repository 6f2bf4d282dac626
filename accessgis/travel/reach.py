"""What facilities reach, reduced while searching: people, supply per head, loads, gains; no list of pairs is made.

All of these take facilities and residents priced on one network (:func:`accessgis.travel.snap.price`). By default
residents travel to facilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.network.model import Network
from accessgis.travel.decay import Decay, within_cutoff
from accessgis.travel.engine import Progress
from accessgis.travel.planner import Engines
from accessgis.travel.trips import Arrivals, Trips, arrivals, trips_between
from accessgis.travel.types import Direction, Ends, TravelTimes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Residents:
    """People at their places, ready for any facilities: keep it for several questions about the same people.

    Attributes
    ----------
    engines
        Engines of the network.
    arrivals
        The places, as engines see them.
    """

    engines: Engines
    arrivals: Arrivals


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoStep:
    """Result of a two-step floating catchment.

    Attributes
    ----------
    demand
        People in the catchment of each facility, weighted by time.
    ratio
        Supply of each facility per person of its catchment; 0 where nobody is in it.
    access
        Sum of the ratios that each resident reaches, weighted by time.
    """

    demand: FloatArray
    ratio: FloatArray
    access: FloatArray


def residents(
    network: Network, demand: Ends, *, direction: Direction = "to_facility", engines: Engines | None = None
) -> Residents:
    """Return people at their places, ready for any facilities.

    Parameters
    ----------
    network
        Directed impedances.
    demand
        Where people live, priced on this network.
    direction
        Who travels.
    engines
        Engines of this network, when the caller keeps them or prefers one.
    """
    engines = Engines(network=network) if engines is None else engines
    if engines.network is not network:
        raise ValueError("the engines belong to another network")
    return Residents(engines=engines, arrivals=arrivals(network, demand, backward=direction == "to_facility"))


def people_reached(
    residents: Residents, facilities: Ends, people: ArrayLike, decay: Decay | int, *, progress: Progress | None = None
) -> FloatArray:
    """Return the people in the catchment of each facility.

    Parameters
    ----------
    residents
        Where people live.
    facilities
        Facilities, priced on the same network.
    people
        People at each place, ≥ 0.
    decay
        Weight by time, or a cutoff in milliseconds (inclusive).
    progress
        Told the share done.
    """
    trips, decay = _asked(residents, facilities, decay)
    amount = np.asarray(people, dtype=np.float64)
    return residents.engines.answer(
        trips,
        lambda engine: engine.sums_by_source(trips, amount, decay, progress=progress),
        cutoff_ms=decay.last_ms,
    )


def newly_covered(
    residents: Residents, candidates: Ends, people: ArrayLike, now_ms: ArrayLike, cutoff_ms: int
) -> FloatArray:
    """Return for each candidate site the people within the cutoff of it who are not within it of anything today.

    Parameters
    ----------
    residents
        Where people live.
    candidates
        Proposed sites, priced on the same network.
    people
        People at each place, ≥ 0.
    now_ms
        Time of each place to its nearest facility today; ``inf`` without a way.
    cutoff_ms
        Longest time that counts, inclusive.
    """
    uncovered = np.where(np.asarray(now_ms) <= cutoff_ms, 0.0, np.asarray(people, dtype=np.float64))
    return people_reached(residents, candidates, uncovered, cutoff_ms)


def supply_reached(
    residents: Residents, facilities: Ends, supply: ArrayLike, decay: Decay | int, *, progress: Progress | None = None
) -> FloatArray:
    """Return the supply that people at each place reach: with a supply of 1 each, how many facilities.

    Parameters
    ----------
    residents
        Where people live.
    facilities
        Facilities, priced on the same network.
    supply
        What each facility offers, ≥ 0.
    decay
        Weight by time, or a cutoff in milliseconds (inclusive).
    progress
        Told the share done.
    """
    trips, decay = _asked(residents, facilities, decay)
    amount = np.asarray(supply, dtype=np.float64)
    return residents.engines.answer(
        trips,
        lambda engine: engine.sums_by_target(trips, amount, decay, progress=progress),
        cutoff_ms=decay.last_ms,
    )


def two_step(
    residents: Residents, facilities: Ends, supply: ArrayLike, people: ArrayLike, decay: Decay | int
) -> TwoStep:
    """Return accessibility by two-step floating catchment (2SFCA; Luo and Wang 2003), with any decay.

    ``ratio_j = supply_j / Σ_i people_i f(t_ij)`` and ``access_i = Σ_j ratio_j f(t_ij)``. A decay in steps makes it
    E2SFCA (Luo and Qi 2009), a curve KD2SFCA (Dai 2010).

    Parameters
    ----------
    residents
        Where people live.
    facilities
        Facilities, priced on the same network.
    supply
        What each facility offers, ≥ 0.
    people
        People at each place, ≥ 0.
    decay
        Weight f by time, or a cutoff in milliseconds (inclusive).
    """
    offered = np.asarray(supply, dtype=np.float64)
    demand = people_reached(residents, facilities, people, decay)
    ratio = np.divide(offered, demand, out=np.zeros_like(demand), where=demand > 0)
    return TwoStep(demand=demand, ratio=ratio, access=supply_reached(residents, facilities, ratio, decay))


def nearest_several(residents: Residents, facilities: Ends, count: int) -> tuple[FloatArray, IntArray]:
    """Return times and facilities of the ``count`` nearest of each place (places × count), ascending.

    Of equal times the facility with the lower index comes first; ``inf`` and −1 where there are fewer.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    trips, _ = _asked(residents, facilities, 0)
    return residents.engines.answer(trips, lambda engine: engine.nearest(trips, count=count))


def loads(times: TravelTimes, people: ArrayLike, facility_count: int) -> FloatArray:
    """Return the people whose nearest facility each one is."""
    reached = times.facility >= 0
    weights = np.asarray(people, dtype=np.float64)[reached]
    return np.bincount(times.facility[reached], weights=weights, minlength=facility_count).astype(np.float64)


def _asked(residents: Residents, facilities: Ends, decay: Decay | int) -> tuple[Trips, Decay]:
    trips = trips_between(residents.engines.network, facilities, residents.arrivals)
    return trips, decay if isinstance(decay, Decay) else within_cutoff(decay)
