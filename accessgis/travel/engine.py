"""The one interface of every search engine, what they share, and the choice between them.

An engine answers :class:`~accessgis.travel.trips.Trips` exactly, in whole milliseconds: whichever is asked, and with
however many threads, the answer is the same to the last bit. Sums are made of whole numbers (see
:func:`accessgis.travel.decay.scale_bits`), so that their order does not matter either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.decay import Decay
from accessgis.travel.trips import Trips

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

Progress = Callable[[float], None]
"""Told the share of a long search that is done, 0 to 1."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reached:
    """Every pair of source and target within a cutoff, by source, then target.

    Attributes
    ----------
    start
        The pairs of source i are rows ``start[i]:start[i + 1]``.
    target, ms
        Target and whole milliseconds of each pair.
    """

    start: LongArray
    target: IntArray
    ms: IntArray


class Engine(Protocol):
    """What every engine answers about trips."""

    @property
    def name(self) -> str:
        """Name in messages, and for choosing it."""
        ...

    def nearest(self, trips: Trips, *, count: int = 1) -> tuple[FloatArray, IntArray]:
        """Return times and sources of the ``count`` nearest sources of each target (targets × count).

        In ascending (time, source); ``inf`` and −1 where there are fewer.
        """
        ...

    def within(self, trips: Trips, *, cutoff_ms: int, progress: Progress | None = None) -> Reached:
        """Return every trip that takes at most ``cutoff_ms``."""
        ...

    def table(self, trips: Trips, *, progress: Progress | None = None) -> FloatArray:
        """Return the milliseconds of every trip (sources × targets), ``inf`` without a way."""
        ...

    def sums_by_source(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each source the amounts of all targets, each weighted by its time."""
        ...

    def sums_by_target(
        self, trips: Trips, amount: FloatArray, decay: Decay, *, progress: Progress | None = None
    ) -> FloatArray:
        """Return for each target the amounts of all sources, each weighted by its time."""
        ...
