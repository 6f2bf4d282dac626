"""How large a generated county is: everything that follows from the number of road junctions asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from pyproj import CRS

from accessgis.base.crs import from_degrees, working_crs

COUNTY_CODE = "149921"
COUNTY_NAME = "示例县"
CENTRE_LON, CENTRE_LAT = 112.3, 37.15
DATA_DATE = "2025-12-31"
SMALLEST_NODES, LARGEST_NODES = 3_000, 300_000
CELL_M = 100.0
BORDER_MARGIN_M = 2_500.0
"""The population rasters reach this far beyond the border."""
ROADS_BEYOND_M = 5_000.0
"""Roads reach this far beyond the border."""
TERRAIN_BEYOND_M = 8_000.0
TOWN_PEOPLE_SHARE = 0.29
"""Share of the residents who live in the county town."""

_DEMO_NODES = 6_000
_DEMO_SIDE_CELLS = 450
_RELOCATED_PEOPLE = 1_240


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sizes of one generated county.

    Attributes
    ----------
    seed, nodes
        As asked for.
    radius_m
        Largest distance from the centre to the border.
    townships, villages
        Units at the two lower levels; villages include communities.
    people
        Residents in the population rasters inside the county, before rounding.
    """

    seed: int
    nodes: int
    radius_m: float
    townships: int
    villages: int
    people: int

    @property
    def scale(self) -> float:
        """Junctions compared with the bundled county."""
        return self.nodes / _DEMO_NODES

    @property
    def crs(self) -> CRS:
        """CGCS2000 3-degree zone of the county."""
        return working_crs(CENTRE_LON, CENTRE_LAT, chinese=True)

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the county, whole hundreds of metres in :attr:`crs`."""
        return _centre()

    def rng(self, stage: str) -> np.random.Generator:
        """Return the random numbers of one stage: independent of what other stages draw."""
        words = [self.seed, *stage.encode("utf-8")]
        return np.random.default_rng(np.random.SeedSequence(words))


@cache
def _centre() -> tuple[float, float]:
    crs = working_crs(CENTRE_LON, CENTRE_LAT, chinese=True)
    x, y = from_degrees(crs).transform(CENTRE_LON, CENTRE_LAT)
    return round(x / 100) * 100.0, round(y / 100) * 100.0


def plan_county(seed: int, nodes: int) -> Plan:
    """Derive the sizes of a county with about ``nodes`` road junctions.

    Raises
    ------
    ValueError
        ``nodes`` is outside 3,000–300,000, or ``seed`` is negative.
    """
    scale = nodes / _DEMO_NODES
    side_m = _DEMO_SIDE_CELLS * scale**0.2575 * CELL_M
    return Plan(
        seed=seed,
        nodes=nodes,
        radius_m=side_m / 2 - BORDER_MARGIN_M,
        townships=max(11, round(11 * scale**0.3)),
        villages=round(260 * scale ** (0.62 if scale > 1 else 0.4)),
        people=round(232_000 * scale**0.5),
    )


def relocated_people() -> int:
    """People of the relocation estate that no raster knows."""
    return _RELOCATED_PEOPLE
