"""Pairs of resident place and facility with their travel times: what every measure of supply and demand sums over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from accessgis.travel.decay import Decay, scale_bits, within_cutoff
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

LONGEST_MS = 2**31 - 1


def time_matrix(ms: Any, *, cutoff_ms: int) -> TimeMatrix:
    """Return travel times from elsewhere as the matrix that the measures take.

    Parameters
    ----------
    ms
        Whole milliseconds, places × facilities: a scipy sparse array or matrix, in which a stored 0 is a trip that
        takes no time and what is not stored is no trip; or a full table, in which ``inf`` is no trip.
    cutoff_ms
        Longest time that is kept, inclusive. A sparse matrix must hold every trip up to it.

    Raises
    ------
    ValueError
        A time is negative, not whole or NaN, a pair stands twice, or the shape is not that of a table.
    """
    if not 0 <= cutoff_ms <= LONGEST_MS:
        raise ValueError("cutoff_ms lies between 0 and 2^31 - 1")
    is_sparse: bool = issparse(ms)
    times: Any = ms.tocoo() if is_sparse else np.asarray(ms, dtype=np.float64)
    if len(times.shape) != 2:
        raise ValueError("times are a table of places and facilities")
    if is_sparse:
        rows, columns, values = times.row, times.col, np.asarray(times.data, dtype=np.float64)
    else:
        rows, columns = (index.ravel() for index in np.indices(times.shape))
        values = times.ravel()
    if np.isnan(values).any() or (values < 0).any():
        raise ValueError("times are not negative and not NaN: no trip is inf, or not stored")
    kept = values <= cutoff_ms
    rows, columns, values = rows[kept], columns[kept], values[kept]
    if (values != np.rint(values)).any():
        raise ValueError("times are whole milliseconds")
    order = np.lexsort([columns, rows])
    rows, columns, values = rows[order], columns[order], values[order]
    if ((np.diff(rows) == 0) & (np.diff(columns) == 0)).any():
        raise ValueError("a pair of place and facility stands twice in the matrix")
    start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=times.shape[0]))])
    return TimeMatrix(
        origin_count=int(times.shape[0]),
        destination_count=int(times.shape[1]),
        cutoff_ms=cutoff_ms,
        start=readonly(start, np.int64),
        destination=readonly(columns, np.int32),
        ms=readonly(values, np.int32),
    )


def amounts(values: ArrayLike, count: int, what: str) -> FloatArray:
    """Return the amounts of a side of the matrix, checked.

    Raises
    ------
    ValueError
        Their number is wrong, or one is negative, infinite or unknown (NaN): 0 is nothing, NaN is not known, and what
        is not known cannot be shared out.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (count,):
        raise ValueError(f"{what} has the shape {found.shape}, the matrix asks for ({count},)")
    if np.isnan(found).any():
        raise ValueError(
            f"{what} is unknown (NaN) at {int(np.isnan(found).sum())} of {count}: state 0 or leave these out"
        )
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(f"{what} must be finite and not negative")
    return found


def decay_of(times: TimeMatrix, decay: Decay | int) -> Decay:
    """Return a decay, or a cutoff in milliseconds as one, when the matrix holds every pair that it counts.

    Raises
    ------
    ValueError
        The decay counts longer trips than the matrix holds.
    """
    found = decay if isinstance(decay, Decay) else within_cutoff(decay)
    if found.last_ms > times.cutoff_ms:
        raise ValueError(f"trips count up to {found.last_ms} ms, but the matrix holds those up to {times.cutoff_ms} ms")
    return found


def weights(times: TimeMatrix, decay: Decay | int) -> FloatArray:
    """Return the weight of each pair, in the order of the matrix."""
    found = decay_of(times, decay)
    ms = readonly(times.ms, np.int32)
    if found.curve.size:
        return _along(ms, readonly(found.curve, np.float64))
    return _in_steps(ms, readonly(found.cutoff_ms, np.int64), readonly(found.weight, np.float64))


def sums_by_origin(times: TimeMatrix, weight: FloatArray, amount: FloatArray) -> FloatArray:
    """Return ``Σ_j weight_ij amount_j`` of each origin i.

    Terms are rounded to whole numbers of 2^−bits (:func:`accessgis.travel.decay.scale_bits`), so that the sums do not
    depend on the order of the facilities and equal those of :mod:`accessgis.travel.reach` to the last bit.
    """
    bits = scale_bits(amount)
    whole = np.ldexp(amount, bits)
    sums = _rows(
        readonly(times.start, np.int64),
        readonly(times.destination, np.int32),
        readonly(weight, np.float64),
        readonly(whole, np.float64),
    )
    return np.ldexp(sums.astype(np.float64), -bits)


def sums_by_destination(times: TimeMatrix, weight: FloatArray, amount: FloatArray) -> FloatArray:
    """Return ``Σ_i weight_ij amount_i`` of each destination j, as :func:`sums_by_origin` does."""
    bits = scale_bits(amount)
    whole = np.ldexp(amount, bits)
    sums = _columns(
        readonly(times.start, np.int64),
        readonly(times.destination, np.int32),
        readonly(weight, np.float64),
        readonly(whole, np.float64),
        times.destination_count,
    )
    return np.ldexp(sums.astype(np.float64), -bits)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part over whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


@compiled
def _along(ms: IntArray, curve: FloatArray) -> FloatArray:
    weight = np.zeros(ms.size)
    for p in range(ms.size):
        if ms[p] < curve.size:
            weight[p] = curve[ms[p]]
    return weight


@compiled
def _in_steps(ms: IntArray, cutoff: LongArray, step: FloatArray) -> FloatArray:
    weight = np.zeros(ms.size)
    for p in range(ms.size):
        for k in range(cutoff.size):
            if ms[p] <= cutoff[k]:
                weight[p] = step[k]
                break
    return weight


@compiled
def _rows(start: LongArray, destination: IntArray, weight: FloatArray, whole: FloatArray) -> LongArray:
    sums = np.zeros(start.size - 1, np.int64)
    for i in range(start.size - 1):
        total = np.int64(0)
        for p in range(start[i], start[i + 1]):
            total += np.int64(np.rint(whole[destination[p]] * weight[p]))
        sums[i] = total
    return sums


@compiled
def _columns(start: LongArray, destination: IntArray, weight: FloatArray, whole: FloatArray, count: int) -> LongArray:
    sums = np.zeros(count, np.int64)
    for i in range(start.size - 1):
        for p in range(start[i], start[i + 1]):
            sums[destination[p]] += np.int64(np.rint(whole[i] * weight[p]))
    return sums
