"""Random numbers that belong to places: the same place draws the same number, whoever asks and in whatever order.

Method: the output function of SplitMix64 (Steele, Lea, Flood 2014) over the seed, the name of a stage and whole numbers
that name the place. So a part of a ground that is larger than memory can be drawn alone, and parts drawn apart agree
where they meet.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.generate.arrays import Array

_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chance(seed: int, stage: str, *place: ArrayLike) -> Array:
    """Return a number in [0, 1) for each place.

    Parameters
    ----------
    seed, stage
        Different seeds and stages draw independently.
    place
        Whole numbers that name the places, arrays that broadcast against each other.
    """
    state = _mixed(np.array([seed & 0xFFFF_FFFF_FFFF_FFFF], dtype=np.uint64))
    state = _mixed(state ^ np.uint64(zlib.crc32(stage.encode("utf-8"))))
    for part in place:
        state = _mixed(state ^ np.asarray(part, dtype=np.int64).astype(np.uint64))
    shape = np.broadcast_shapes(*[np.shape(part) for part in place])
    return ((state >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
