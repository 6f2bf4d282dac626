"""The straight walk between two ends that both lie far from every joinable road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from accessgis.base.units import travel_ms
from accessgis.travel.types import TravelTimes

FloatArray = NDArray[np.float64]


def compete(
    times: TravelTimes,
    *,
    demand_xy: ArrayLike,
    demand_far: NDArray[np.bool_],
    facility_xy: ArrayLike,
    facility_far: NDArray[np.bool_],
    walking_kph: float,
    limit_m: float,
) -> TravelTimes:
    """Let the straight walk between far ends compete with the way over the network.

    It wins only where it is strictly quicker; of facilities equally quick on the straight walk the lowest index wins.

    Parameters
    ----------
    times
        Times over the network.
    demand_xy, facility_xy
        Coordinates (n × 2), working CRS.
    demand_far, facility_far
        Which of them lie over 100 m from every joinable edge (:func:`accessgis.travel.snap.access_far`).
    walking_kph
        The person's walking speed.
    limit_m
        Longest straight walk in metres, inclusive.
    """
    residents, facilities = _far(demand_xy, demand_far), _far(facility_xy, facility_far)
    if residents.size == 0 or facilities.size == 0:
        return times
    start = np.asarray(demand_xy, dtype=np.float64)[residents]
    end = np.asarray(facility_xy, dtype=np.float64)[facilities]
    tree = cKDTree(end)
    # The second nearest tells who has a rival at all; without one its distance is infinite.
    two = tree.query(start, k=[1, 2])
    second_m, nearest = np.asarray(two[0])[:, 1], np.asarray(two[1])[:, 0]
    metres = np.hypot(*(end[nearest] - start).T)
    near = np.flatnonzero(metres <= limit_m)
    residents, start, metres, nearest = residents[near], start[near], metres[near], nearest[near]
    walk_ms, winner = travel_ms(metres, walking_kph), facilities[nearest]
    # whoever lies less than a millisecond further away may take the same whole milliseconds
    reach_m = (metres + walking_kph / 3600) * (1 + 1e-12)
    for i in np.flatnonzero(second_m[near] <= reach_m).tolist():
        rivals = np.array(tree.query_ball_point(start[i], reach_m[i]))
        rivals_m = np.hypot(*(end[rivals] - start[i]).T)
        rivals_ms = travel_ms(rivals_m, walking_kph)
        winner[i] = facilities[rivals[(rivals_ms <= walk_ms[i]) & (rivals_m <= limit_m)]].min()
    quicker = walk_ms < times.ms[residents]
    residents = residents[quicker]
    ms, facility, direct = times.ms.copy(), times.facility.copy(), times.direct.copy()
    ms[residents], facility[residents], direct[residents] = walk_ms[quicker], winner[quicker], True
    return replace(times, ms=ms, facility=facility, direct=direct)


def _far(xy: ArrayLike, far: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rows that are far from the roads and have coordinates."""
    return np.flatnonzero(far & np.isfinite(np.asarray(xy, dtype=np.float64).reshape(-1, 2)).all(axis=1))
