"""Travel times of many origins to many destinations: within a cutoff as a sparse matrix, or all of them as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from accessgis.base.files import whole_folder
from accessgis.network.model import Network
from accessgis.travel.decay import within_cutoff
from accessgis.travel.engine import Progress, Reached
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.planner import Engines
from accessgis.travel.trips import Trips, arrivals, trips_between
from accessgis.travel.types import Ends, only

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

PAIR_BYTES = 8
"""Memory of each pair of a :class:`TimeMatrix`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TimeMatrix:
    """Every pair of origin and destination within the cutoff, sorted by origin, then destination.

    Attributes
    ----------
    origin_count, destination_count
        Shape of the matrix.
    cutoff_ms
        Longest time in it, inclusive.
    start
        The pairs of origin i are rows ``start[i]:start[i + 1]``.
    destination, ms
        Destination and whole milliseconds of each pair.
    """

    origin_count: int
    destination_count: int
    cutoff_ms: int
    start: LongArray
    destination: IntArray
    ms: IntArray

    @property
    def origin(self) -> IntArray:
        """Origin of each pair."""
        return np.repeat(np.arange(self.origin_count, dtype=np.int32), np.diff(self.start))

    def to_scipy(self) -> csr_array:
        """Return the matrix as scipy knows it, on the same memory; a stored 0 is a trip that takes no time.

        scipy wants starts and destinations of one type: from 2^31 pairs on it copies the destinations.
        """
        start = self.start.astype(np.int32) if self.ms.size < 2**31 else self.start
        return csr_array((self.ms, self.destination, start), shape=(self.origin_count, self.destination_count))


def within(
    network: Network,
    origins: Ends,
    destinations: Ends,
    *,
    cutoff_ms: int,
    engines: Engines | None = None,
    progress: Progress | None = None,
) -> TimeMatrix:
    """Return the times of all trips from origins to destinations that take at most ``cutoff_ms``.

    Trips run as in :func:`accessgis.travel.search.arrive`: both access legs count, the quickest over all joins and
    permitted directions is kept, and two points on one arc travel directly in its direction.

    Parameters
    ----------
    network
        Directed impedances.
    origins, destinations
        Where trips start and end, priced on this network: residents are the origins when they travel to facilities.
        The side with fewer points is searched from.
    cutoff_ms
        Longest time, inclusive.
    engines
        The network's :class:`~accessgis.travel.planner.Engines`, when the caller keeps them or chooses one.
    progress
        Told the share done.
    """
    engines, trips = _asked(network, origins, destinations, engines)
    found = _within(engines, trips, cutoff_ms, progress)
    start, other, ms = found.start, found.target, found.ms
    if trips.backward:
        start, other, ms = transposed(
            readonly(found.start, np.int64),
            readonly(found.target, np.int32),
            readonly(found.ms, np.int32),
            origins.point_count,
        )
    return TimeMatrix(
        origin_count=origins.point_count,
        destination_count=destinations.point_count,
        cutoff_ms=cutoff_ms,
        start=start,
        destination=other,
        ms=ms,
    )


def within_parts(
    network: Network,
    origins: Ends,
    destinations: Ends,
    *,
    cutoff_ms: int,
    most_bytes: int = 1 << 30,
    engines: Engines | None = None,
) -> Iterator[tuple[int, TimeMatrix]]:
    """Yield what :func:`within` returns in parts of consecutive origins, each with the number of its first origin.

    The pairs of every origin are counted first, without writing them, so that no part is larger than ``most_bytes``
    (eight for each pair), unless a single origin is.
    """
    engines = Engines(network=network) if engines is None else engines
    arriving = arrivals(network, destinations, backward=False)
    trips = trips_between(network, origins, arriving)
    ones, decay = np.ones(destinations.point_count), within_cutoff(cutoff_ms)
    counts = engines.answer(trips, lambda engine: engine.sums_by_source(trips, ones, decay), cutoff_ms=cutoff_ms)
    before = np.concatenate([[0.0], np.cumsum(counts)])
    first = 0
    while first < origins.point_count:
        room = before[first] + most_bytes / PAIR_BYTES
        last = max(first + 1, int(np.searchsorted(before, room, side="right")) - 1)
        chosen = np.zeros(origins.point_count, np.bool_)
        chosen[first:last] = True
        some = trips_between(network, only(origins, chosen), arriving)
        part = _within(engines, some, cutoff_ms, None)
        yield (
            first,
            TimeMatrix(
                origin_count=last - first,
                destination_count=destinations.point_count,
                cutoff_ms=cutoff_ms,
                start=part.start[first : last + 1],
                destination=part.target,
                ms=part.ms,
            ),
        )
        first = last


def _within(engines: Engines, trips: Trips, cutoff_ms: int, progress: Progress | None) -> Reached:
    return engines.answer(
        trips, lambda engine: engine.within(trips, cutoff_ms=cutoff_ms, progress=progress), cutoff_ms=cutoff_ms
    )


def spill(folder: Path, parts: Iterable[tuple[int, TimeMatrix]]) -> int:
    """Write the parts of a time matrix as Parquet files, whole or not at all; return the number of pairs.

    Each file holds ``origin, destination, ms``, sorted; ``manifest.json`` says how many pairs each has.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`accessgis.base.files.whole_folder`.
    """
    rows: dict[str, int] = {}
    with whole_folder(folder) as fresh:
        for first, part in parts:
            name = f"part-{len(rows):05d}.parquet"
            columns = {"origin": part.origin + np.int32(first), "destination": part.destination, "ms": part.ms}
            pd.DataFrame(columns).to_parquet(fresh / name, index=False)
            rows[name] = part.ms.size
        (fresh / "manifest.json").write_text(json.dumps({"pairs": rows}, indent=1, sort_keys=True) + "\n", "utf-8")
    return sum(rows.values())


def table(
    network: Network,
    origins: Ends,
    destinations: Ends,
    *,
    engines: Engines | None = None,
    progress: Progress | None = None,
) -> FloatArray:
    """Return the milliseconds of every trip (origins × destinations), ``inf`` without a way; see :func:`within`."""
    engines, trips = _asked(network, origins, destinations, engines)
    found = engines.answer(trips, lambda engine: engine.table(trips, progress=progress))
    return np.ascontiguousarray(found.T) if trips.backward else found


def _asked(network: Network, origins: Ends, destinations: Ends, engines: Engines | None) -> tuple[Engines, Trips]:
    """Return the engines of a network and the trips, searched from the side with fewer points."""
    engines = Engines(network=network) if engines is None else engines
    if engines.network is not network:
        raise ValueError("the engines belong to another network")
    backward = destinations.point_count <= origins.point_count
    near, far = (destinations, origins) if backward else (origins, destinations)
    return engines, trips_between(network, near, arrivals(network, far, backward=backward))


@compiled
def transposed(start: LongArray, other: IntArray, value: Any, count: int) -> tuple[LongArray, IntArray, Any]:
    """Return the same pairs and their values sorted by the other side, which has ``count`` members."""
    first = np.zeros(count + 1, np.int64)
    for i in range(other.size):
        first[other[i] + 1] += 1
    for i in range(count):
        first[i + 1] += first[i]
    at = first[:-1].copy()
    back, back_value = np.empty(other.size, np.int32), np.empty_like(value)
    for i in range(start.size - 1):
        for j in range(start[i], start[i + 1]):
            place = at[other[j]]
            back[place], back_value[place] = i, value[j]
            at[other[j]] = place + 1
    return first, back, back_value
