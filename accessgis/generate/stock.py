"""One facility of the generated county, and where facilities may stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from accessgis.generate.areas import Polygons
from accessgis.generate.arrays import Array, Index, is_inside, metres
from accessgis.generate.lanes import in_town
from accessgis.generate.mesh import Mesh
from accessgis.generate.people import lane_vertices
from accessgis.generate.plan import Plan
from accessgis.generate.settlements import Settled
from accessgis.generate.streets import Streets

_TRIES = 12


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
    """Spots for facilities: beside a lane, on the ground of the village they belong to.

    Parameters
    ----------
    plan, mesh, settled, streets, polygons
        The county so far.
    """

    def __init__(self, plan: Plan, mesh: Mesh, settled: Settled, streets: Streets, polygons: Polygons) -> None:
        place, vertex = lane_vertices(streets, settled)
        self._xy: Array = streets.segments.xy
        self._rng = plan.rng("ground")
        self.settled = settled
        self._polygons = polygons.villages
        shapely.prepare(self._polygons)
        self.mesh = mesh
        urban = in_town(settled)
        town_place = int(np.flatnonzero(settled.place_point == mesh.town)[0])
        self._by_place: dict[int, Index] = {}
        cuts = np.flatnonzero(np.diff(place)) + 1
        for group in np.split(np.arange(place.size), cuts):
            number = int(place[group[0]])
            self._by_place[number] = self._within(number, vertex[group])
        every = vertex[place == town_place]
        for own in np.flatnonzero(urban).tolist():
            self._by_place[own] = self._within(own, every)

    def _within(self, place: int, vertices: Index) -> Index:
        """Return the vertices on the ground of the place's village, or all where none is."""
        village = int(self.settled.place_village[place])
        if village < 0:
            return vertices
        inside = is_inside(self._polygons[village], self._xy[vertices])
        return vertices[inside] if inside.any() else vertices

    def near_seat(self, village: int, *, off_m: float = 14.0) -> tuple[float, float]:
        """Return a spot beside a lane of the village's main settlement, near its middle."""
        return self._beside(village, 4, off_m)

    def in_village(self, village: int, *, off_m: float = 14.0) -> tuple[float, float]:
        """Return a spot beside any lane of the village's main settlement."""
        return self._beside(village, 10_000, off_m)

    def at_place(self, place: int) -> tuple[float, float]:
        """Return a spot in one place."""
        return self._beside(place, 6, 14.0)

    def _beside(self, place: int, most: int, off_m: float) -> tuple[float, float]:
        vertices, point = self._by_place.get(place), int(self.settled.place_point[place])
        village = int(self.settled.place_village[place])
        centre = self.mesh.xy[point]
        if vertices is None or vertices.size == 0:
            order = centre[None]
        else:
            order = self._xy[vertices[np.argsort(metres(self._xy[vertices] - centre), kind="stable")]]
        for _ in range(_TRIES):
            spot = order[int(self._rng.integers(0, min(most, len(order))))]
            angle = self._rng.uniform(0, 2 * np.pi)
            x, y = float(spot[0] + off_m * np.cos(angle)), float(spot[1] + off_m * np.sin(angle))
            if village < 0 or self._on(village, x, y):
                break
        return x, y

    def _on(self, village: int, x: float, y: float) -> bool:
        return bool(is_inside(self._polygons[village], np.array([[x, y]]))[0])


def rectangle(x: float, y: float, width_m: float, height_m: float, angle: float) -> shapely.Polygon:
    """Return a turned rectangle around a point."""
    box = shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)
    return shapely.affinity.rotate(box, angle, use_radians=True)
