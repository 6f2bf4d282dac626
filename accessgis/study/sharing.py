"""Whose facilities people may use: any, those of their own unit, or those whose service area names it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accessgis.layers.facilities import UNITS
from accessgis.study.prepare import Prepared
from accessgis.study.routing import Case, Router
from accessgis.travel.types import Direction, TravelTimes, nowhere

BoolArray = NDArray[np.bool_]


def own_times(
    router: Router, case: Case, mask: BoolArray, *, unit: str, direction: Direction, snap: str = "central"
) -> TravelTimes:
    """Return the times when residents may use only the facilities of their own county or township."""
    resident = router.prepared.demand.frame[unit].to_numpy(dtype=object)
    belongs = router.prepared.facilities.frame[unit].to_numpy(dtype=object)
    best = nowhere(resident.size)
    for code in sorted(set(belongs[mask]) - {""}):
        among = resident == code
        if among.any():
            found = router.times(case, mask & (belongs == code), direction=direction, snap=snap, keep=False)
            best = _better(best, found, among=among)
    return best


def served_times(
    router: Router, case: Case, mask: BoolArray, *, direction: Direction, snap: str = "central"
) -> TravelTimes:
    """Return the times when residents use only facilities whose ``serves`` names their village, township or county.

    A resident whom several facilities serve goes to the nearest of them; one whom none serves reaches nothing.
    """
    areas = served_areas(router.prepared, mask)
    frame = router.prepared.demand.frame
    best = nowhere(len(frame))
    groups: dict[tuple[int, ...], list[str]] = {}
    for code in sorted({code for codes in areas.values() for code in codes}):
        groups.setdefault(tuple(index for index, codes in areas.items() if code in codes), []).append(code)
    for facilities, codes in groups.items():
        chosen = np.zeros(mask.size, dtype=bool)
        chosen[list(facilities)] = True
        there = frame[list(UNITS)].isin(codes).any(axis=1).to_numpy()
        if there.any():
            found = router.times(case, chosen, direction=direction, snap=snap, keep=False)
            best = _better(best, found, among=there)
    return best


def served_areas(prepared: Prepared, mask: BoolArray) -> dict[int, tuple[str, ...]]:
    """Return the codes that each of the chosen facilities serves; those that state none are left out."""
    texts = prepared.facilities.frame["serves"].tolist()
    stated = {int(index): tuple(code for code in texts[index].split(";") if code) for index in np.flatnonzero(mask)}
    return {index: codes for index, codes in stated.items() if codes}


def states_service_areas(prepared: Prepared, mask: BoolArray) -> bool:
    """Return whether every chosen facility states whom it serves, so that assigned figures mean something."""
    return bool(mask.any()) and len(served_areas(prepared, mask)) == int(mask.sum())


def _better(best: TravelTimes, found: TravelTimes, *, among: BoolArray) -> TravelTimes:
    """Return the smaller time of each resident among some, the lower facility on ties."""
    tie = (found.ms == best.ms) & (found.facility >= 0) & (found.facility < best.facility)
    wins = among & ((found.ms < best.ms) | tie)
    return TravelTimes(
        ms=np.where(wins, found.ms, best.ms),
        facility=np.where(wins, found.facility, best.facility),
        direct=np.where(wins, found.direct, best.direct),
    )
