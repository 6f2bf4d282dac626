"""How unequally an amount is spread over the people of each part, for one part or many: what ``equity`` documents.

Every function takes people in numbered parts (``part`` 0 … ``parts`` − 1) and returns one figure per part, NaN for a
part with nobody. People are sorted once; sums are made with ``numpy.bincount``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.measures.coverage import FloatArray, Grouping, IndexArray

_CUT_TOLERANCE = 1e-12
"""Who starts this near to a cut stands beyond it, so that rounding does not give a part of the next person."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Crowd:
    """People with what each of them has; entries without people are left out.

    Attributes
    ----------
    values
        What each person of an entry has.
    people
        People per entry, > 0.
    part
        The part that each entry lies in, 0 … ``parts`` − 1.
    parts
        Number of parts.
    """

    values: FloatArray
    people: FloatArray
    part: IndexArray
    parts: int

    @cached_property
    def total(self) -> FloatArray:
        """People per part."""
        return self.sums(self.people)

    @cached_property
    def share(self) -> FloatArray:
        """Share of the people of its part that each entry holds."""
        return self.people / self.total[self.part]

    @cached_property
    def mean(self) -> FloatArray:
        """Mean per person of each part, NaN for nobody."""
        return self.average(self.values)

    @cached_property
    def before(self) -> FloatArray:
        """Share of the people of its part that stand before each entry; only of a sorted crowd."""
        result = np.empty_like(self.share)
        # Part by part: one running sum over all would lose the last digits of a part with every part before it.
        ends = np.flatnonzero(np.r_[self.part[1:] != self.part[:-1], True][: self.part.size]) + 1
        for start, end in pairwise([0, *ends.tolist()]):
            share = self.share[start:end]
            result[start:end] = np.cumsum(share) - share
        return result

    def average(self, values: FloatArray) -> FloatArray:
        """Return the mean per person of other values of the same entries, NaN for nobody."""
        return np.where(self.total > 0, self.sums(self.share * values), np.nan)

    def sorted_by(self, key: FloatArray) -> Crowd:
        """Return the same people in ascending order of ``key`` inside each part."""
        order = np.argsort(key, kind="stable") if self.parts == 1 else np.lexsort((key, self.part))
        return Crowd(values=self.values[order], people=self.people[order], part=self.part[order], parts=self.parts)

    def ascending(self) -> Crowd:
        """Return the same people from the least to the most inside each part."""
        return self.sorted_by(self.values)

    def whole(self) -> Crowd:
        """Return the same people as one part."""
        return Crowd(values=self.values, people=self.people, part=np.zeros_like(self.part), parts=1)

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Return amounts of the same entries summed per part."""
        return np.bincount(self.part, weights=amounts, minlength=self.parts).astype(np.float64)


def numbers(values: ArrayLike, *, name: str) -> FloatArray:
    """Return a flat array of numbers ≥ 0, or raise ``ValueError``; ``inf`` passes."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a flat array, one number per entry")
    if np.isnan(array).any() or (array < 0).any():
        raise ValueError(f"{name} must be 0 or more, without NaN")
    return array


def crowd(
    values: ArrayLike, people: ArrayLike, grouping: Grouping | None = None, *, name: str, finite: bool = True
) -> Crowd:
    """Check people and what they have.

    Parameters
    ----------
    values
        What each person of an entry has, ≥ 0.
    people
        People per entry, ≥ 0; entries with 0 are left out.
    grouping
        Part ``k`` is area ``k``; the last part holds the people outside every area. Without it all are one part.
    name
        What the values are called in errors.
    finite
        Whether ``inf`` where people live is an error.

    Raises
    ------
    ValueError
        Negative numbers, NaN, unequal lengths, infinite people, or ``inf`` where the measure is not defined for it.
    """
    amounts, weights = numbers(values, name=name), numbers(people, name="people")
    if amounts.size != weights.size:
        raise ValueError(f"{name} and people must have the same length, not {amounts.size} and {weights.size}")
    if np.isinf(weights).any():
        raise ValueError("people must be finite")
    lived = weights > 0
    if finite and np.isinf(amounts[lived]).any():
        raise ValueError(
            f"{name} must be finite where people live; for times with unreachable people use fgt, or measure access"
        )
    part, parts = np.zeros(weights.size, dtype=np.int64), 1
    if grouping is not None:
        part, parts = _parts(grouping, size=weights.size)
    return Crowd(values=amounts[lived], people=weights[lived], part=part[lived], parts=parts)


def _parts(grouping: Grouping, *, size: int) -> tuple[IndexArray, int]:
    areas = len(grouping.codes)
    index = np.asarray(grouping.index, dtype=np.int64)
    if index.shape != (size,):
        raise ValueError(f"the grouping must have one index per entry: {size}, not {index.size}")
    if index.size and not (index.min() >= -1 and index.max() < areas):
        raise ValueError(f"the grouping's index must lie between -1 and {areas - 1}")
    return np.where(index < 0, areas, index), areas + 1


def check_share(share: float) -> None:
    """Raise ``ValueError`` unless a share of the people lies above 0 and at most at 1."""
    if not 0 < share <= 1:
        raise ValueError("share must lie above 0 and at most at 1")


def check_limit(limit_ms: float) -> None:
    """Raise ``ValueError`` unless a limit is a positive, finite number of milliseconds."""
    if not 0 < limit_ms < np.inf:
        raise ValueError("limit_ms must be above 0 and finite")


def ranks(rank_by: ArrayLike, people: ArrayLike) -> FloatArray:
    """Return the numbers to rank by of the entries where people live, or raise ``ValueError``."""
    key, weights = np.asarray(rank_by, dtype=np.float64), np.asarray(people)
    if key.shape != weights.shape:
        raise ValueError(f"rank_by and people must have the same length, not {key.size} and {weights.size}")
    if np.isnan(key).any():
        raise ValueError("rank_by must not hold NaN")
    return key[weights > 0]


def over(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return ratios: ``inf`` over a bottom of 0, NaN for 0 over 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top / bottom, dtype=np.float64)


def gini(ascending: Crowd) -> FloatArray:
    """Return the Gini coefficient of each part; the people are in ascending order."""
    steps = np.diff(ascending.values, append=0.0)
    reached = np.minimum(ascending.before + ascending.share, 1.0)
    last = np.r_[ascending.part[1:] != ascending.part[:-1], True] if steps.size else np.zeros(0, dtype=np.bool_)
    terms = np.where(last, 0.0, steps * reached * (1.0 - reached))
    return over(ascending.sums(terms), ascending.mean)


def relative_mean(ascending: Crowd, *, low: float, high: float) -> FloatArray:
    """Return the mean of those between two shares of the people over the mean of all; at a cut people count in part."""
    before = ascending.before
    start = np.where(np.abs(before - high) < _CUT_TOLERANCE, high, before)
    inside = np.maximum(np.minimum(before + ascending.share, high) - np.maximum(start, low), 0.0)
    return over(ascending.sums(inside * ascending.values) / (high - low), ascending.mean)


def palma(ascending: Crowd) -> FloatArray:
    """Return what the top tenth hold over what the bottom four tenths hold, of each part."""
    top = 0.1 * relative_mean(ascending, low=0.9, high=1.0)
    return over(top, 0.4 * relative_mean(ascending, low=0.0, high=0.4))


def worst_by_time(ascending: Crowd, *, worst: float) -> FloatArray:
    """Return the mean time of the slowest over the mean time of all, with its limit where some never arrive."""
    never = np.isinf(ascending.values)
    finite = Crowd(
        values=np.where(never, 0.0, ascending.values),
        people=ascending.people,
        part=ascending.part,
        parts=ascending.parts,
    )
    share = finite.average(never.astype(np.float64))
    ratio = relative_mean(finite, low=1.0 - worst, high=1.0)
    return np.where(share > 0, 1.0 / np.maximum(share, worst), ratio)


def _entropy(ratio: FloatArray) -> FloatArray:
    """Return r ln r − r + 1, which is never negative and sums to Theil T, as the r have the mean 1."""
    logs = np.log(np.where(ratio > 0, ratio, 1.0))
    return np.maximum(ratio * logs - ratio + 1.0, 0.0)


def _log_gap(ratio: FloatArray) -> FloatArray:
    """Return r − 1 − ln r, which is never negative and sums to the mean log deviation; inf at 0."""
    with np.errstate(divide="ignore"):
        return np.maximum(ratio - 1.0 - np.log(ratio), 0.0)


def theil(people: Crowd) -> FloatArray:
    """Return Theil T of each part."""
    ratio = over(people.values, people.mean[people.part])
    return np.where(people.mean > 0, people.average(_entropy(ratio)), np.nan)


def mean_log_deviation(people: Crowd) -> FloatArray:
    """Return the mean log deviation (Theil L) of each part."""
    ratio = over(people.values, people.mean[people.part])
    return np.where(people.mean > 0, people.average(_log_gap(ratio)), np.nan)


def concentration(people: Crowd, rank_by: FloatArray) -> FloatArray:
    """Return the concentration index of each part; ``rank_by`` stands beside the entries of ``people``."""
    ordered, key = people.sorted_by(rank_by), rank_by[np.lexsort((rank_by, people.part))]
    if not key.size:
        return np.full(people.parts, np.nan)
    new = np.r_[True, (key[1:] != key[:-1]) | (ordered.part[1:] != ordered.part[:-1])]
    tie = np.cumsum(new) - 1
    rank = ordered.before[new][tie] + np.bincount(tie, weights=ordered.share)[tie] / 2
    covariance = ordered.average((ordered.values - ordered.mean[ordered.part]) * (rank - 0.5))
    return over(2.0 * covariance, ordered.mean)


def fgt(times: Crowd, *, limit: float, alpha: float) -> FloatArray:
    """Return the Foster–Greer–Thorbecke index of each part on times over a limit, gaps capped at 1."""
    gap = np.clip((times.values - limit) / limit, 0.0, 1.0)
    powers: NDArray[np.float64] = np.where(times.values > limit, gap**alpha, 0.0)
    return times.average(powers)
