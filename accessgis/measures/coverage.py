"""Coverage: people within a cutoff, per area, and quantiles of their travel time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def slot(self) -> IndexArray:
        """Position in ``codes`` plus one: 0 outside every area."""
        return np.asarray(self.index, dtype=np.int64) + 1

    def sums(self, people: FloatArray) -> FloatArray:
        """Return the people per area, in the order of ``codes``."""
        sums = np.bincount(self.slot, weights=people, minlength=len(self.codes) + 1)
        return sums[1:].astype(np.float64)


def finest(groupings: Sequence[Grouping]) -> tuple[Grouping, tuple[Grouping, ...]]:
    """Divide demand points by all levels at once, so that sums over points are made once for all levels.

    Parameters
    ----------
    groupings
        One per level, over the same demand points.

    Returns
    -------
    units
        Demand points by their combination of areas; its codes are plain numbers.
    levels
        Per level, which area each of these units lies in.
    """
    key = np.zeros(groupings[0].index.size, dtype=np.int64)
    for grouping in groupings:
        key = key * (len(grouping.codes) + 1) + grouping.slot
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    codes = tuple(str(number) for number in range(first.size))
    units = Grouping(codes=codes, names=codes, index=inverse.astype(np.int64))
    return units, tuple(
        Grouping(codes=grouping.codes, names=grouping.names, index=grouping.index[first]) for grouping in groupings
    )


def is_covered(ms: FloatArray, *, cutoff_ms: int) -> BoolArray:
    """Return which times are within the cutoff, inclusive; unreachable (``inf``) never is."""
    return ms <= cutoff_ms


def by_time(ms: FloatArray) -> IndexArray:
    """Return ``numpy.argsort(ms, kind="stable")``: by counting where times are ``inf`` or whole, ≥ 0 and of 32 bits."""
    last = 2.0**32 - 1
    counted = (ms >= 0) & (ms < last) & (np.floor(ms) == ms)
    if not (counted | (ms == np.inf)).all():
        return np.argsort(ms, kind="stable")
    key = np.where(counted, ms, last).astype(np.uint32)
    low = np.argsort(key.astype(np.uint16), kind="stable")
    return low[np.argsort((key[low] >> 16).astype(np.uint16), kind="stable")]


def quantiles(
    ms: FloatArray,
    people: FloatArray,
    grouping: Grouping,
    *,
    shares: tuple[float, ...],
    order: IndexArray | None = None,
) -> FloatArray:
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
    order
        :func:`by_time` of them, where the caller has it for several groupings.

    Returns
    -------
    numpy.ndarray
        Shape (areas, len(shares)); ``inf`` where the quantile is unreachable, NaN where an area has no people.
    """
    result = np.full((len(grouping.codes), len(shares)), np.nan)
    used = (grouping.index >= 0) & (people > 0)
    if not used.any():
        return result
    order = by_time(ms) if order is None else order
    order = order[used[order]]
    # Small integers are sorted by counting: areas need no comparisons.
    small = np.int16 if len(grouping.codes) < np.iinfo(np.int16).max else np.int64
    order = order[np.argsort(grouping.index[order].astype(small), kind="stable")]
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
