"""Isochrone bands of every rule, for looking at: people are counted from their own times, never from these."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from accessgis.network.profiles import Mode
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import PartTimes, RuleReaches
from accessgis.study.routing import ModeJoins, Router
from accessgis.travel.isochrone import bands, lattice
from accessgis.travel.search import arrive
from accessgis.travel.snap import join_points, price
from accessgis.travel.types import Joins

BAND_SHARES = (1 / 3, 2 / 3, 1.0, 1.5)
"""Upper ends of the bands, about these shares of the limit; what lies beyond the last is a band of its own."""


class _Lattice:
    """Joins of the lattice points of each mode, made once for all rules."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self._joins: dict[tuple[Mode, int], Joins] = {}

    def times(self, part: PartTimes, joins: ModeJoins, x: NDArray[np.float64], y: NDArray[np.float64]) -> np.ndarray:
        """Return milliseconds from every lattice point to the part's nearest facility."""
        mode = part.case.network.profile.mode
        if (mode, x.size) not in self._joins:
            self._joins[mode, x.size] = join_points(joins.index, x, y, limit_m=self.router.limit_m)
        search = part.case.search(part.admitted, direction=part.direction, limit_m=self.router.limit_m)
        return arrive(search, price(self._joins[mode, x.size], part.case.network, limit_m=self.router.limit_m)).ms


def band_limits_ms(limit_s: int) -> list[int]:
    """Return the upper ends of the bands in milliseconds: whole minutes, and the limit itself."""
    minutes = {max(1, round(limit_s / 60 * share)) * 60 for share in BAND_SHARES if share != 1.0}
    return sorted(1000 * end for end in {*minutes, limit_s})


def isochrone_bands(prepared: Prepared, router: Router, found: Sequence[RuleReaches]) -> gpd.GeoDataFrame:
    """Return disjoint bands of time to the nearest facility under each rule's own profiles.

    Returns
    -------
    geopandas.GeoDataFrame
        ``rule, profile, limit_s, from_s, to_s, geometry`` in the working CRS; ``to_s`` is ``inf`` in the last band.
    """
    border = prepared.areas.outline()
    points, squares = _Lattice(router), lattice(border)
    rows: list[dict[str, object]] = []
    for item in found:
        rule = item.chosen.standard
        assert rule.limit_s is not None
        headline = [part for part in item.parts if part.profile in rule.profiles]

        def arrive_at(
            x: NDArray[np.float64], y: NDArray[np.float64], headline: list[PartTimes] = headline
        ) -> NDArray[np.float64]:
            by_part: dict[int, NDArray[np.float64]] = {}
            for part in headline:
                ms = points.times(part, part.case.joins, x, y)
                by_part[part.part] = np.minimum(by_part.get(part.part, ms), ms)
            slowest: NDArray[np.float64] = np.max(np.stack(list(by_part.values())), axis=0)
            return slowest

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
            for from_ms, to_ms, shape in bands(border, arrive=arrive_at, limits_ms=limits, squares=squares)
        )
    columns = ["rule", "profile", "limit_s", "from_s", "to_s", "geometry"]
    if not rows:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=prepared.crs)
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=prepared.crs)
