"""Gravity: supply weighted by how near it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.measures.pairs import amounts, sums_by_origin, weights
from accessgis.travel.decay import Decay
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]


def gravity(times: TimeMatrix, *, supply: ArrayLike, decay: Decay | int) -> FloatArray:
    """Return the potential of supply at each place (Hansen 1959).

    ``A_i = Σ_j S_j f(t_ij)``. Nobody competes for the supply: for that, see
    :func:`accessgis.measures.catchment.e2sfca` with the same decay.

    Parameters
    ----------
    times
        Times of places (rows) to facilities (columns) within a cutoff.
    supply
        What each facility offers, ≥ 0, in any unit.
    decay
        Weight f by time, from :mod:`accessgis.travel.decay`, or a cutoff in milliseconds (inclusive).

    Returns
    -------
    numpy.ndarray
        Shape (places,), in the unit of the supply; 0 where nothing is reached.

    Raises
    ------
    ValueError
        A supply is negative, infinite or unknown (NaN; 0 is nothing), the shape is wrong, or the decay counts longer
        trips than the matrix holds.

    References
    ----------
    Hansen, W. G. (1959). How accessibility shapes land use. *Journal of the American Institute of Planners* 25, 73–76.
    """
    offered = amounts(supply, times.destination_count, "supply")
    return sums_by_origin(times, weights(times, decay), offered)
