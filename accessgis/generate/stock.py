"""One facility of the generated county, and where facilities may stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.spatial import cKDTree

from accessgis.generate.lanes import in_town
from accessgis.generate.mesh import Index, Mesh
from accessgis.generate.people import lane_vertices
from accessgis.generate.plan import Plan
from accessgis.generate.settlements import Settled
from accessgis.generate.streets import Streets
from accessgis.generate.terrain import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A facility as a bureau would list it; numbers that are None are unknown."""

    id: str
    kind: str
    name: str
    x: float
    y: float
    township: int = -1
    village: int = -1
    status: str = "在用"
    opened: str = ""
    closed: str = ""
    ownership: str = "公办"
    site_id: str = ""
    serves: str = ""
    numbers: dict[str, float] = field(default_factory=dict)
    outline: shapely.Polygon | None = None


class Ground:
    """Free spots of villages and of the town, each handed out at most once.

    Parameters
    ----------
    plan, mesh, settled, streets
        The county so far.
    """

    def __init__(self, plan: Plan, mesh: Mesh, settled: Settled, streets: Streets) -> None:
        place, vertex = lane_vertices(streets, settled, mesh)
        self._xy: Array = streets.segments.xy
        self._rng = plan.rng("ground")
        self.settled = settled
        self.mesh = mesh
        urban = in_town(settled)
        town_place = int(np.flatnonzero(settled.place_point == mesh.town)[0])
        self._by_place: dict[int, Index] = {}
        cuts = np.flatnonzero(np.diff(place)) + 1
        for group in np.split(np.arange(place.size), cuts):
            self._by_place[int(place[group[0]])] = vertex[group]
        self.town_vertices = self._by_place[town_place]
        centres = mesh.xy[settled.place_point[urban]]
        nearest = cKDTree(centres).query(self._xy[self.town_vertices])[1]
        for number, own in enumerate(np.flatnonzero(urban).tolist()):
            self._by_place[own] = self.town_vertices[nearest == number]

    def near_seat(self, village: int, *, off_m: float = 14.0) -> tuple[float, float]:
        """Return a spot beside a lane of the village's main settlement, near its middle."""
        return self._beside(self._by_place.get(village), self.settled.villages.point[village], 4, off_m)

    def in_village(self, village: int, *, off_m: float = 14.0) -> tuple[float, float]:
        """Return a spot beside any lane of the village's main settlement."""
        return self._beside(self._by_place.get(village), self.settled.villages.point[village], 10_000, off_m)

    def at_place(self, place: int) -> tuple[float, float]:
        """Return a spot in one place."""
        return self._beside(self._by_place.get(place), self.settled.place_point[place], 6, 14.0)

    def _beside(self, vertices: Index | None, point: int, most: int, off_m: float) -> tuple[float, float]:
        centre = self.mesh.xy[int(point)]
        if vertices is None or vertices.size == 0:
            spot = centre
        else:
            order = vertices[np.argsort(np.hypot(*(self._xy[vertices] - centre).T), kind="stable")]
            spot = self._xy[order[int(self._rng.integers(0, min(most, order.size)))]]
        angle = self._rng.uniform(0, 2 * np.pi)
        return float(spot[0] + off_m * np.cos(angle)), float(spot[1] + off_m * np.sin(angle))


def rectangle(x: float, y: float, width_m: float, height_m: float, angle: float) -> shapely.Polygon:
    """Return a turned rectangle around a point."""
    box = shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)
    return shapely.affinity.rotate(box, angle, use_radians=True)
