"""The ground of a generated province: a lattice of junctions, villages and counties that never stands in memory whole.

Every coordinate is a function of the seed and of two whole numbers (:mod:`~accessgis.generate.chance`). So a county can
be drawn alone, with a strip of its neighbours, and two neighbours agree on every corner of their border, every road
that crosses it and everybody who lives beside it.

A village is a square of 8 × 8 junctions, a county one of ``side`` × ``side`` villages, the province has ``columns``
counties from west to east and as many rows as it needs, filled from the south-west.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt

import numpy as np
import shapely

from accessgis.base.errors import UsageError
from accessgis.generate.arrays import Array, Index, Mask, Shapes
from accessgis.generate.chance import chance

CENTRE_LON, CENTRE_LAT = 112.3, 37.15
STEP_LON, STEP_LAT = 0.0028, 0.0022
"""Degrees between junctions: about 250 m."""
VILLAGE = 8
"""Junctions along a side of a village."""
MARGIN_STEPS = 24
"""Roads, facilities and people reach this many junctions beyond the border, 5.3 km at the least."""
SMALLEST_NODES, LARGEST_NODES = 500, 100_000
MOST_COUNTIES = 495
DIGITS = 7
_JUNCTION_SHIFT, _CORNER_SHIFT = 0.25, 0.2
_LANE_SHARE = 0.62
_VILLAGES_PER_TOWNSHIP_SIDE = 5
_COUNTIES_PER_PREFECTURE = 99
_LAST_PREFECTURE = 1499


@dataclass(frozen=True)
class Lattice:
    """The ground of one province.

    Attributes
    ----------
    seed, counties
        As asked for.
    side
        Villages along a side of a county.
    """

    seed: int
    counties: int
    side: int

    @property
    def columns(self) -> int:
        """Counties from west to east."""
        return ceil(sqrt(self.counties))

    @property
    def steps(self) -> int:
        """Junctions along a side of a county."""
        return self.side * VILLAGE

    @property
    def nodes(self) -> int:
        """Junctions of a county."""
        return self.steps**2

    @property
    def townships(self) -> int:
        """Townships along a side of a county."""
        return max(1, round(self.side / _VILLAGES_PER_TOWNSHIP_SIDE))

    @cached_property
    def origin(self) -> tuple[float, float]:
        """South-western corner, whole thousandths of a degree."""
        rows = ceil(self.counties / self.columns)
        west = CENTRE_LON - self.columns * self.steps * STEP_LON / 2
        south = CENTRE_LAT - rows * self.steps * STEP_LAT / 2
        return round(west, 3), round(south, 3)

    def place(self, county: int) -> tuple[int, int]:
        """Return column and row of a county."""
        row, column = divmod(county, self.columns)
        return column, row

    def county_at(self, column: Index, row: Index) -> Index:
        """Return the county of each column and row, −1 where there is none."""
        number = row * self.columns + column
        there = (column >= 0) & (column < self.columns) & (row >= 0) & (number < self.counties)
        return np.where(there, number, -1)

    def junctions(self, i: Index, j: Index) -> tuple[Array, Array]:
        """Return longitude and latitude of junctions."""
        west, south = self.origin
        shift = [_JUNCTION_SHIFT * (2 * chance(self.seed, f"junction {axis}", i, j) - 1) for axis in "xy"]
        lon, lat = west + (i + 0.5 + shift[0]) * STEP_LON, south + (j + 0.5 + shift[1]) * STEP_LAT
        return np.round(lon, DIGITS), np.round(lat, DIGITS)

    def has_junction(self, i: Index, j: Index) -> Mask:
        """Return which junctions lie in a county."""
        return np.asarray(self.county_at(i // self.steps, j // self.steps) >= 0, dtype=bool)

    def road_class(self, line: Index) -> Shapes:
        """Return the class of the road along each line of junctions."""
        local = line % self.steps
        middle = self.side // 2 * VILLAGE + 3
        rules = [local == middle, line % (4 * VILLAGE) == 3, line % VILLAGE == 3]
        return np.select(rules, ["primary", "secondary", "tertiary"], "residential").astype(object)

    def is_road(self, i: Index, j: Index, *, eastward: bool) -> Mask:
        """Return whether a road leaves each junction for the next one to the east, or to the north."""
        there = self.has_junction(i, j) & self.has_junction(i + eastward, j + (not eastward))
        drawn = chance(self.seed, "east" if eastward else "north", i, j) < _LANE_SHARE
        return np.asarray(there & (drawn | (self.road_class(j if eastward else i) != "residential")), dtype=bool)

    def villages(self, a: Index, b: Index) -> Shapes:
        """Return the polygons of villages, by their column and row in the province."""
        rings = [self._corners(a + east, b + north) for east, north in ((0, 0), (1, 0), (1, 1), (0, 1))]
        return np.asarray(shapely.polygons(np.stack(rings, axis=1)), dtype=object)

    def _corners(self, a: Index, b: Index) -> Array:
        west, south = self.origin
        shift = [_CORNER_SHIFT * (2 * chance(self.seed, f"corner {axis}", a, b) - 1) for axis in "xy"]
        lon, lat = west + (a * VILLAGE + shift[0]) * STEP_LON, south + (b * VILLAGE + shift[1]) * STEP_LAT
        return np.asarray(np.round(np.stack([lon, lat], axis=-1), DIGITS), dtype=np.float64)

    def window(self, county: int, *, margin: int = MARGIN_STEPS) -> tuple[Index, Index]:
        """Return the junctions (i, j) of a county and of the strip around it, as two arrays."""
        column, row = self.place(county)
        i = np.arange(column * self.steps - margin, (column + 1) * self.steps + margin)
        j = np.arange(row * self.steps - margin, (row + 1) * self.steps + margin)
        return np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)

    def code(self, county: int) -> str:
        """Return the code of a county: 149901 … 149999, then 149801 …."""
        prefecture, number = divmod(county, _COUNTIES_PER_PREFECTURE)
        return f"{_LAST_PREFECTURE - prefecture}{number + 1:02d}"

    def name(self, county: int) -> str:
        """Return the name of a county."""
        return f"示例{county + 1:0{len(str(self.counties))}d}县"


def plan_province(seed: int, counties: int, nodes: int) -> Lattice:
    """Return the lattice of a province whose counties have about ``nodes`` junctions each.

    Raises
    ------
    UsageError
        AG2203 ``nodes`` or AG2204 ``counties`` out of range, AG2202 ``seed`` negative.
    """
    if not SMALLEST_NODES <= nodes <= LARGEST_NODES:
        raise UsageError("AG2203", nodes=nodes, smallest=SMALLEST_NODES, largest=LARGEST_NODES)
    if not 1 <= counties <= MOST_COUNTIES:
        raise UsageError("AG2204", counties=counties, largest=MOST_COUNTIES)
    if seed < 0:
        raise UsageError("AG2202", seed=seed)
    return Lattice(seed=seed, counties=counties, side=max(3, round(sqrt(nodes) / VILLAGE)))
