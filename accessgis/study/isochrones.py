"""Isochrone bands of every rule, for looking at: people are counted from their own times, never from these."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from shapely.geometry.base import BaseGeometry

from accessgis.network.profiles import Mode
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import PartTimes, RuleReaches
from accessgis.study.routing import Router
from accessgis.travel.burn import Burnt, burn, lattice_over
from accessgis.travel.isochrone import Surface, bands, price_burnt, quickest, slowest, surface
from accessgis.travel.types import Ends

MAX_VERTICES = 200_000
"""Most vertices of the lattice: cells are 50 m over a rectangle of up to 500 km², above that as large as it takes."""
BAND_SHARES = (1 / 3, 2 / 3, 1.0, 1.5)
"""Upper ends of the bands, about these shares of the limit; what lies beyond the last is a band of its own."""


class _Ground:
    """Roads of each mode burnt into one lattice over the county and priced for each profile, once for all rules."""

    def __init__(self, router: Router, border: BaseGeometry) -> None:
        self.limit_m, self.border = router.limit_m, border
        self.lattice = lattice_over(border.bounds, max_vertices=MAX_VERTICES)
        self._burnt: dict[Mode, Burnt] = {}
        self._ends: dict[str, tuple[Ends, Ends]] = {}

    def surface(self, part: PartTimes) -> Surface:
        """Return the time to the part's nearest facility."""
        network, index = part.case.network, part.case.joins.index
        mode, profile = network.profile.mode, network.profile.id
        if mode not in self._burnt:
            self._burnt[mode] = burn(index, self.lattice, reach_m=self.limit_m, inside=self.border)
        if profile not in self._ends:
            self._ends[profile] = price_burnt(self._burnt[mode], network)
        search = part.case.search(part.admitted, direction=part.direction, limit_m=self.limit_m)
        return surface(search, self._burnt[mode], ends=self._ends[profile])


def _rule_surface(ground: _Ground, item: RuleReaches) -> Surface:
    """Return the time to every part of a rule, each by the quickest of the rule's profiles."""
    parts: dict[int, list[Surface]] = {}
    for part in item.parts:
        if part.profile in item.chosen.standard.profiles:
            parts.setdefault(part.part, []).append(ground.surface(part))
    return slowest([quickest(ways) for ways in parts.values()])


def band_limits_ms(limit_s: int) -> list[int]:
    """Return the upper ends of the bands in milliseconds: whole minutes, and the limit itself."""
    minutes = {max(1, round(limit_s / 60 * share)) * 60 for share in BAND_SHARES if share != 1.0}
    return sorted(1000 * end for end in {*minutes, limit_s})


def isochrone_bands(prepared: Prepared, router: Router, found: Sequence[RuleReaches]) -> gpd.GeoDataFrame:
    """Return disjoint bands of time to the nearest facility under each rule's own profiles; none for rules in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        ``rule, profile, limit_s, from_s, to_s, geometry`` in the working CRS; ``to_s`` is ``inf`` in the last band.
    """
    border = prepared.areas.outline()
    ground = _Ground(router, border)
    rows: list[dict[str, object]] = []
    for item in found:
        rule = item.chosen.standard
        if rule.limit_s is None:
            continue
        limits = band_limits_ms(rule.limit_s)
        rows.extend(
            {
                "rule": rule.id,
                "profile": item.chosen.headline_profile,
                "limit_s": float(rule.limit_s),
                "from_s": from_ms / 1000.0,
                "to_s": np.inf if to_ms is None else to_ms / 1000.0,
                "geometry": shape,
            }
            for from_ms, to_ms, shape in bands(_rule_surface(ground, item), border, limits_ms=limits)
        )
    columns = ["rule", "profile", "limit_s", "from_s", "to_s", "geometry"]
    if not rows:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=prepared.crs)
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=prepared.crs)
