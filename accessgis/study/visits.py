"""On which weekdays a stop of a mobile service lies within the limit of a circle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from accessgis.layers.facilities import WEEKDAYS
from accessgis.measures.coverage import is_covered
from accessgis.study.prepare import Prepared
from accessgis.travel.types import TravelTimes

BoolArray = NDArray[np.bool_]
Days = NDArray[np.uint8]


def stops_of(prepared: Prepared, kinds: Sequence[str]) -> BoolArray:
    """Return the stops of mobile services of some kinds."""
    frame = prepared.facilities.frame
    return ((frame["status"] == "mobile") & frame["kind"].isin(list(kinds))).to_numpy(dtype=bool)


def min_days_of(prepared: Prepared, kinds: Sequence[str]) -> dict[str, int]:
    """Return on how many days a week the stops of each kind must come to count; only kinds that have any."""
    frame = prepared.facilities.frame[stops_of(prepared, kinds)]
    return {str(kind): int(days) for kind, days in frame.groupby("kind")["min_days"].max().items()}


def visited(
    prepared: Prepared,
    kinds: Sequence[str],
    times: Callable[[BoolArray], TravelTimes],
    *,
    cutoff_ms: int,
) -> dict[str, Days]:
    """Return on which weekdays each demand point has a stop within the limit, by kind.

    Parameters
    ----------
    prepared
        The layers of the study.
    kinds
        Kinds of facility that count; those without stops are left out.
    times
        Gives the times to the nearest of some facilities.
    cutoff_ms
        The limit, inclusive.

    Returns
    -------
    dict
        Kind → one bit for each day, Monday the lowest; shape (demand points,).
    """
    frame = prepared.facilities.frame
    told = frame["days"].tolist()
    found: dict[str, Days] = {}
    for kind in kinds:
        stops = np.flatnonzero(stops_of(prepared, [kind]))
        if not stops.size:
            continue
        days = np.zeros(len(prepared.demand.frame), dtype=np.uint8)
        for there, bits in _days_together(stops, told, len(frame)):
            days |= np.where(is_covered(times(there).ms, cutoff_ms=cutoff_ms), np.uint8(bits), np.uint8(0))
        found[kind] = days
    return found


def _days_together(stops: NDArray[np.intp], told: Sequence[str], size: int) -> list[tuple[BoolArray, int]]:
    """Return the stops of each weekday with the bit of the day; days with the same stops together."""
    by_stops: dict[tuple[int, ...], int] = {}
    for place, day in enumerate(WEEKDAYS):
        there = tuple(int(row) for row in stops if day in told[row].split(";"))
        if there:
            by_stops[there] = by_stops.get(there, 0) | 1 << place
    masks = []
    for rows, bits in by_stops.items():
        mask = np.zeros(size, dtype=bool)
        mask[list(rows)] = True
        masks.append((mask, bits))
    return masks


def day_words(days: Days) -> NDArray[np.object_]:
    """Return days as text, ``mon;thu``."""
    sets = range(1 << len(WEEKDAYS))
    words = [";".join(day for place, day in enumerate(WEEKDAYS) if bits >> place & 1) for bits in sets]
    return np.array(words, dtype=object)[days]
