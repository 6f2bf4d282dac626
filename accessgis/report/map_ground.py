"""What static maps of a study are drawn on: its areas, simplified once for all of them, its facilities, main roads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessgis.assess.assessment import Assessment
from accessgis.report.figures import kept
from accessgis.report.shapes import ROAD_RANKS, simplified_coverage

_STEPS = 700
_ROAD_STEPS = 1200


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """What maps are drawn on, in one working CRS.

    Attributes
    ----------
    areas
        ``level, code, geometry``.
    facilities
        ``kind, status, x, y``.
    roads
        ``road_class, geometry``; None where they are not known.
    """

    areas: gpd.GeoDataFrame
    facilities: pd.DataFrame
    roads: gpd.GeoDataFrame | None
    _drawn: dict[str, dict[str, shapely.Geometry]] = field(default_factory=dict)

    @cached_property
    def extent_m(self) -> float:
        """The diagonal of the areas in metres, at least 1."""
        west, south, east, north = self.areas.total_bounds
        return max(1.0, float(np.hypot(east - west, north - south)))

    def shapes(self, level: str) -> dict[str, shapely.Geometry]:
        """Return the areas of a level by code, simplified together so that borders stay shared."""
        if level not in self._drawn:
            frame = self.areas[self.areas["level"] == level]
            shapes = simplified_coverage(frame.geometry.to_numpy(), self.extent_m / _STEPS) if len(frame) else ()
            self._drawn[level] = dict(zip(frame["code"].tolist(), shapes, strict=True))
        return self._drawn[level]

    @cached_property
    def outline(self) -> shapely.Geometry:
        """The outline of the whole."""
        parts = self.shapes("township") or self.shapes("county") or {"": shapely.Polygon()}
        return shapely.union_all(list(parts.values()))

    @cached_property
    def main_roads(self) -> shapely.Geometry:
        """The main roads within the outline, as lines."""
        if self.roads is None:
            return shapely.MultiLineString()
        chosen = self.roads.geometry.to_numpy()[self.roads["road_class"].isin(ROAD_RANKS[0][1]).to_numpy()]
        lines = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(chosen))) if len(chosen) else None
        if lines is None:
            return shapely.MultiLineString()
        shown: shapely.Geometry = shapely.simplify(lines, self.extent_m / _ROAD_STEPS)  # type: ignore[assignment]
        return shapely.intersection(shown, self.outline)


def ground_of(assessment: Assessment) -> Ground:
    """Return what maps of an assessment are drawn on, made once for as long as it lives."""
    return kept(
        assessment,
        ("ground",),
        lambda: Ground(
            areas=assessment.areas.frame, facilities=assessment.facilities.frame, roads=assessment.roads_for_map
        ),
    )
