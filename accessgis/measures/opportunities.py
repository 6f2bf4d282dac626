"""The nearest facilities, and what is offered within a cutoff."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.measures.pairs import amounts, sums_by_origin, weights
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]


def nearest(times: TimeMatrix) -> tuple[FloatArray, IntArray]:
    """Return the time to the nearest facility of each place, and which one it is.

    ``ms_i = min_j t_ij``; of equal times the facility with the lowest index is named.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.

    Returns
    -------
    ms
        Shape (places,), milliseconds; ``inf`` where no facility is within the cutoff of the matrix.
    facility
        Shape (places,), index of the facility; −1 where there is none.
    """
    ms, facility = nearest_several(times, count=1)
    return ms[:, 0], facility[:, 0]


def nearest_several(times: TimeMatrix, *, count: int = 3) -> tuple[FloatArray, IntArray]:
    """Return times and facilities of the ``count`` nearest of each place, ascending.

    The answer is that of :func:`accessgis.travel.reach.nearest_several` as far as the matrix reaches.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    count
        How many, at least 1.

    Returns
    -------
    ms
        Shape (places, count), milliseconds; ``inf`` where there are fewer within the cutoff of the matrix.
    facility
        Shape (places, count), index of each; of equal times the lowest first, −1 where there are fewer.

    Raises
    ------
    ValueError
        ``count`` is below 1.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    return _several(
        readonly(times.start, np.int64), readonly(times.destination, np.int32), readonly(times.ms, np.int32), count
    )


def cumulative(times: TimeMatrix, *, supply: ArrayLike | None = None, cutoff_ms: int | None = None) -> FloatArray:
    """Return what each place reaches within a cutoff: cumulative opportunities (Wickstrom 1971; Ingram 1971).

    ``A_i = Σ_j S_j [t_ij ≤ cutoff]``, inclusive.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0, in any unit; 1 each unless given, so that facilities are counted.
    cutoff_ms
        Longest time that counts; that of the matrix unless given.

    Returns
    -------
    numpy.ndarray
        Shape (places,), in the unit of the supply; 0 where nothing is within the cutoff. People play no part.

    Raises
    ------
    ValueError
        A supply is negative, infinite or unknown (NaN; 0 is nothing), the shape is wrong, or the cutoff is longer than
        that of the matrix.

    References
    ----------
    Wickstrom, G. V. (1971). Defining balanced transportation: a question of opportunity. *Traffic Quarterly* 25,
    337–349. Ingram, D. R. (1971). The concept of accessibility. *Regional Studies* 5, 101–107.
    """
    offered = amounts(np.ones(times.destination_count) if supply is None else supply, times.destination_count, "supply")
    return sums_by_origin(times, weights(times, times.cutoff_ms if cutoff_ms is None else cutoff_ms), offered)


@compiled
def _several(start: LongArray, destination: IntArray, ms: IntArray, count: int) -> tuple[FloatArray, IntArray]:
    places = start.size - 1
    best = np.full((places, count), np.inf)
    which = np.full((places, count), np.int32(-1))
    for i in range(places):
        for p in range(start[i], start[i + 1]):
            time = ms[p]
            k = count
            while k > 0 and time < best[i, k - 1]:
                if k < count:
                    best[i, k], which[i, k] = best[i, k - 1], which[i, k - 1]
                k -= 1
            if k < count:
                best[i, k], which[i, k] = time, destination[p]
    return best, which
