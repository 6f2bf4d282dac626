"""The one place where metres and speeds become whole milliseconds.

Every duration between ``network`` and ``assess`` is a whole number of milliseconds. A length over a speed is rounded
half up, and a length above zero takes at least 1 ms; a share of an edge's time is rounded half up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

METRE_KPH = 3.6
"""At this speed a millisecond is a millimetre: how the engines, which count milliseconds, count metres."""
MAX_EDGE_MS = 2**30
"""Longest duration of one edge that the engine accepts (about 298 hours)."""


def travel_ms(length_m: ArrayLike, speed_kph: ArrayLike) -> NDArray[np.int64]:
    """Convert lengths at speeds to whole milliseconds.

    Parameters
    ----------
    length_m
        Lengths in metres, finite and ≥ 0.
    speed_kph
        Speeds in km/h, finite and > 0; broadcast against ``length_m``.

    Returns
    -------
    numpy.ndarray
        Whole milliseconds, ``floor(length_m × 3600 / speed_kph + 0.5)``, at least 1 where the length is above 0.
    """
    length = np.asarray(length_m, dtype=np.float64)
    speed = np.asarray(speed_kph, dtype=np.float64)
    if not (np.isfinite(length).all() and (length >= 0).all()):
        raise ValueError("length_m must be finite and not negative")
    if not (np.isfinite(speed).all() and (speed > 0).all()):
        raise ValueError("speed_kph must be finite and above zero")
    ms = np.floor(length * 3600.0 / speed + 0.5)
    if ms.size and ms.max() > MAX_EDGE_MS:
        raise ValueError(f"a duration exceeds {MAX_EDGE_MS} ms: length {length.max()} m is not plausible")
    whole = ms.astype(np.int64)
    return np.where((whole == 0) & (length > 0), 1, whole)


def share_ms(share: ArrayLike, edge_ms: ArrayLike) -> NDArray[np.int64]:
    """Return the whole milliseconds up to ``share`` (0–1) of edges that take ``edge_ms``, rounded half up."""
    return np.floor(np.asarray(share, dtype=np.float64) * np.asarray(edge_ms, dtype=np.float64) + 0.5).astype(np.int64)
