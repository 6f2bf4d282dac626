"""Layers that constrain building: basic farmland, ecological red lines, river reaches and the like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Effect = Literal["forbid", "warn", "info"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Constraint:
    """One layer of land that constrains building.

    Attributes
    ----------
    name
        As the study calls it, such as ``永久基本农田``.
    effect
        ``"forbid"`` keeps candidates off it, ``"warn"`` is held against a site, ``"info"`` is only said.
    shapes
        Its polygons in the working CRS that touch the study or its margin.
    labels
        What each polygon is called, ``""`` where the layer does not say.
    """

    name: str
    effect: Effect
    shapes: NDArray[np.object_]
    labels: tuple[str, ...]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def touching(self, shape: shapely.Geometry) -> NDArray[np.int64]:
        """Return the polygons that hold a point or share area with a parcel, in their order."""
        found = np.sort(self._tree.query(shape, predicate="intersects"))
        if shapely.get_dimensions(shape) == 2:
            found = found[shapely.area(shapely.intersection(self.shapes[found], shape)) > 0]
        return np.asarray(found, dtype=np.int64)

    def occupied_m2(self, shape: shapely.Geometry) -> float:
        """Return how much of a parcel lies on it, in m² of the working CRS; polygons that overlap count once."""
        parts = shapely.intersection(self.shapes[self.touching(shape)], shape)
        return float(shapely.area(shapely.union_all(parts)))

    def holds(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Return which places it holds: points in or on a polygon, parcels that share area with one."""
        held = np.zeros(len(shapes), dtype=bool)
        held[self._tree.query(shapes, predicate="intersects")[0]] = True
        for place in np.flatnonzero(held & (shapely.get_dimensions(shapes) == 2)):
            held[place] = self.touching(shapes[place]).size > 0
        return held
