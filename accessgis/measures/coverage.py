"""Coverage: people within a cutoff, per area, and quantiles of their travel time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SUM_TOLERANCE = 1e-12
"""Relative slack of cumulative sums of people, so that a quantile does not hang on the order of additions."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Grouping:
    """Which area of one level each demand point lies in.

    Attributes
    ----------
    codes, names
        Area codes and names, sorted by code.
    index
        Position in ``codes`` per demand point, −1 outside every area of the level.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    index: IndexArray

    def sums(self, people: FloatArray) -> FloatArray:
        """Return the people per area, in the order of ``codes``."""
        inside = self.index >= 0
        sums = np.bincount(self.index[inside], weights=people[inside], minlength=len(self.codes))
        return sums.astype(np.float64)


def is_covered(ms: FloatArray, *, cutoff_ms: int) -> BoolArray:
    """Return which times are within the cutoff, inclusive; unreachable (``inf``) never is."""
    return ms <= cutoff_ms


def quantiles(ms: FloatArray, people: FloatArray, grouping: Grouping, *, shares: tuple[float, ...]) -> FloatArray:
    """Return the smallest time by which a share of the people of each area arrive.

    Parameters
    ----------
    ms
        Time per demand point in milliseconds, ``inf`` unreachable.
    people
        People per demand point, ≥ 0.
    grouping
        The areas.
    shares
        Quantiles asked for, 0–1.

    Returns
    -------
    numpy.ndarray
        Shape (areas, len(shares)); ``inf`` where the quantile is unreachable, NaN where an area has no people.
    """
    result = np.full((len(grouping.codes), len(shares)), np.nan)
    used = np.flatnonzero((grouping.index >= 0) & (people > 0))
    if not used.size:
        return result
    order = used[np.lexsort((ms[used], grouping.index[used]))]
    area = grouping.index[order]
    starts = np.flatnonzero(np.r_[True, area[1:] != area[:-1]])
    running = np.cumsum(people[order])
    before = np.r_[0.0, running[starts[1:] - 1]]
    ends = np.r_[starts[1:], area.size] - 1
    total = running[ends] - before
    for column, share in enumerate(shares):
        needed = before + share * total - _SUM_TOLERANCE * running[ends]
        position = np.minimum(np.maximum(np.searchsorted(running, needed, side="left"), starts), ends)
        result[area[starts], column] = ms[order[position]]
    return result
