"""Array types, and typed doors to library calls whose own types are loose."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Shapes = NDArray[np.object_]


def is_inside(area: shapely.Geometry, xy: Array) -> Mask:
    """Return which of (n, 2) points lie in an area."""
    return np.asarray(shapely.contains_xy(area, xy[:, 0], xy[:, 1]), dtype=bool)


def is_touching(one: shapely.Geometry, shapes: Shapes) -> Mask:
    """Return which shapes meet one geometry."""
    return np.asarray(shapely.intersects(one, shapes), dtype=bool)


def as_lines(paths: Array) -> Shapes:
    """Return the (m, k, 2) paths as lines."""
    return np.asarray(shapely.linestrings(paths), dtype=object)


def as_points(xy: Array) -> Shapes:
    """Return (n, 2) coordinates as points."""
    return np.asarray(shapely.points(xy), dtype=object)


def nearest(among: Array, xy: Array) -> tuple[Array, Index]:
    """Return distance and number of the nearest of ``among`` for each point."""
    gap, number = cKDTree(among).query(xy)
    return np.asarray(gap, dtype=np.float64), np.asarray(number, dtype=np.int64)


def second_nearest(xy: Array) -> tuple[Array, Index]:
    """Return distance and number of the nearest other point for each point."""
    gap, number = cKDTree(xy).query(xy, k=2)
    return np.asarray(gap, dtype=np.float64)[:, 1], np.asarray(number, dtype=np.int64)[:, 1]


def metres(vectors: Array) -> Array:
    """Return the lengths of (…, 2) vectors."""
    return np.asarray(np.hypot(vectors[..., 0], vectors[..., 1]), dtype=np.float64)
