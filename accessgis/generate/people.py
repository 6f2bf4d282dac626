"""Population rasters of 100 m: where people live, and how old they are.

Method: the people of a place stand at the vertices of its lanes, those of the town thin out from its centre, and a few
live along the roads; a narrow smoothing puts them into cells. Age shares belong to villages, older in the mountains,
and vary a little from cell to cell. One relocation estate is left out of the rasters on purpose, and a few hamlets
stand so far from any road that nothing reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from accessgis.generate.areas import Polygons
from accessgis.generate.arrays import Array, Index, is_inside, metres, nearest
from accessgis.generate.lanes import in_town
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import BORDER_MARGIN_M, CELL_M, Plan
from accessgis.generate.roads import CLASS
from accessgis.generate.settlements import Settled
from accessgis.generate.streets import Streets
from accessgis.generate.terrain import Land, fractal, raster_window

NODATA = -99999.0
GROUP_SHARES = {"under3": 0.0235, "age3to5": 0.0315, "age6to11": 0.0745, "age12to14": 0.0385, "age60plus": 0.1896,
                "age65plus": 0.1299}  # fmt: skip
"""Shares of all residents; 60+ and 65+ are those of the prefecture that the catalogue describes."""

_FARMSTEAD_SHARE = 0.035
_LEAST_IN_CELL = 0.3
_OFF_ROAD_M = 2_130.0
_OFF_ROAD_HAMLETS = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class People:
    """Population rasters on one grid.

    Attributes
    ----------
    left, top
        Outer corner of the first cell, in the county's projected CRS.
    total, groups
        People per cell, float32, :data:`NODATA` beyond the margin around the county.
    estate
        Where the relocation estate stands that the rasters lack.
    off_road
        Centres of the hamlets far from any road.
    """

    left: float
    top: float
    total: NDArray[np.float32]
    groups: dict[str, NDArray[np.float32]]
    estate: tuple[float, float]
    off_road: Array


def lane_vertices(streets: Streets, settled: Settled) -> tuple[Index, Index]:
    """Return (place, vertex) of all lanes; places without lanes stand at their own mesh point's vertex."""
    segments = streets.segments
    lane = segments.place >= 0
    count = len(segments.xy)
    keys = np.concatenate([segments.place[lane] * count + ends[lane] for ends in (segments.tail, segments.head)])
    keys = np.unique(keys)
    place, vertex = keys // count, keys % count
    bare = np.setdiff1d(np.arange(settled.place_point.size), place)
    own = streets.mesh_vertex[settled.place_point[bare]]
    place = np.concatenate([place, bare[own >= 0]])
    vertex = np.concatenate([vertex, own[own >= 0]])
    order = np.lexsort((vertex, place))
    return place[order], vertex[order]


def populate(plan: Plan, land: Land, mesh: Mesh, settled: Settled, streets: Streets, polygons: Polygons) -> People:
    """Make the rasters."""
    rng = plan.rng("people")
    left, top, rows, cols = raster_window(polygons.county)
    xy, people = _sources(mesh, settled, streets, rng)
    off_road = _off_road_spots(land, polygons, streets, left, top, (rows, cols))
    raster = _binned(xy, people, left, top, (rows, cols))
    raster = ndimage.gaussian_filter(raster, 0.62, truncate=2.5)
    raster[raster < _LEAST_IN_CELL] = 0.0
    centre_x = left + (np.arange(cols) + 0.5) * CELL_M
    centre_y = top - (np.arange(rows) + 0.5) * CELL_M
    grid_x, grid_y = np.meshgrid(centre_x, centre_y)
    centres = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    wet = land.sample(land.water_m, centres[:, 0], centres[:, 1]).reshape(rows, cols) < 70
    raster[wet] = 0.0
    estate = _estate(raster, settled, streets, mesh, left, top)
    spots = _binned(off_road, np.linspace(0.7, 1.3, len(off_road)), left, top, (rows, cols))
    raster += ndimage.convolve(spots, np.array([[2.0, 9.0, 4.0], [11.0, 31.0, 14.0], [0.0, 8.0, 3.0]]), mode="constant")
    filled = raster > 0
    county = filled & is_inside(polygons.county, centres).reshape(rows, cols)
    raster *= plan.people / raster[county].sum()
    shares = _age_shares(plan, mesh, settled, raster, filled, centres[filled.ravel()], county[filled])
    reach = shapely.buffer(shapely.simplify(polygons.county, 250), BORDER_MARGIN_M)
    near = is_inside(reach, centres).reshape(rows, cols)
    total = np.where(near, raster, NODATA).astype(np.float32)
    groups = {}
    for name, share in shares.items():
        layer = np.zeros((rows, cols))
        layer[filled] = raster[filled] * share
        groups[name] = np.where(near, layer, NODATA).astype(np.float32)
    return People(left=left, top=top, total=total, groups=groups, estate=estate, off_road=off_road)


def _sources(mesh: Mesh, settled: Settled, streets: Streets, rng: np.random.Generator) -> tuple[Array, Array]:
    place, vertex = lane_vertices(streets, settled)
    xy = streets.segments.xy[vertex]
    town_place = int(np.flatnonzero(settled.place_point == mesh.town)[0])
    urban = in_town(settled)
    town = place == town_place
    weight = rng.lognormal(0.0, 0.45, place.size)
    reach = metres(xy - mesh.xy[mesh.town]) / settled.town_radius_m
    weight = np.where(town, weight * np.exp(-0.9 * reach**2), weight)
    # Streets of the town belong to the community whose ground they lie on.
    owner = settled.village_of[nearest(mesh.xy, xy[town])[1]]
    bucket = place.copy()
    bucket[town] = settled.place_point.size + np.where(owner >= 0, owner, settled.place_village[town_place])
    amount = np.zeros(settled.place_point.size + len(settled.villages.code))
    amount[: settled.place_point.size] = np.where(urban, 0.0, settled.place_people)
    inside = np.unique(bucket[town]) - settled.place_point.size
    town_people = settled.place_people[urban].sum()
    wish = np.where(settled.villages.community[inside], settled.villages.people[inside], 0.0)
    wish += np.bincount(bucket[town] - settled.place_point.size, minlength=len(settled.villages.code))[inside] * 8.0
    amount[settled.place_point.size + inside] = wish / wish.sum() * town_people
    total = np.bincount(bucket, weights=weight, minlength=amount.size)
    people = amount[bucket] * weight / total[bucket]
    segments = streets.segments
    open_road = (segments.place < 0) & (segments.road_class >= CLASS["tertiary"])
    farm = np.unique(segments.tail[open_road & (segments.road_class <= CLASS["track"])])
    farm = farm[rng.random(farm.size) < 0.3]
    spread = rng.lognormal(0.9, 0.5, farm.size)
    spread *= _FARMSTEAD_SHARE * people.sum() / spread.sum()
    return np.concatenate([xy, segments.xy[farm]]), np.concatenate([people * (1 - _FARMSTEAD_SHARE), spread])


def _binned(xy: Array, people: Array, left: float, top: float, shape: tuple[int, int]) -> Array:
    row = np.floor((top - xy[:, 1]) / CELL_M).astype(np.int64)
    col = np.floor((xy[:, 0] - left) / CELL_M).astype(np.int64)
    inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    cells = row[inside] * shape[1] + col[inside]
    total = np.bincount(cells, weights=people[inside], minlength=shape[0] * shape[1])
    return np.asarray(total, dtype=np.float64).reshape(shape)


def _off_road_spots(
    land: Land, polygons: Polygons, streets: Streets, left: float, top: float, shape: tuple[int, int]
) -> Array:
    """Choose the flattest spots of the county farther from any road than a join may reach."""
    segments = streets.segments
    middle = (segments.xy[segments.tail] + segments.xy[segments.head]) / 2
    road = _binned(np.concatenate([segments.xy, middle]), np.ones(len(segments.xy) + len(middle)), left, top, shape) > 0
    distance = ndimage.distance_transform_edt(~road) * CELL_M
    rows, cols = np.nonzero(distance > _OFF_ROAD_M)
    x, y = left + (cols + 0.5) * CELL_M, top - (rows + 0.5) * CELL_M
    spots = np.column_stack([x, y])
    spots = spots[is_inside(shapely.buffer(polygons.county, -400), spots)]
    order = np.argsort(land.sample(land.slope, *spots.T), kind="stable")
    chosen: list[Array] = []
    for index in order:
        if all(metres(spots[index] - other) > 600 for other in chosen):
            chosen.append(spots[index])
        if len(chosen) == _OFF_ROAD_HAMLETS:
            break
    return np.array(chosen).reshape(-1, 2)


def _estate(
    raster: Array, settled: Settled, streets: Streets, mesh: Mesh, left: float, top: float
) -> tuple[float, float]:
    """Choose a road vertex near the seat of a town (镇) with nobody around it, and keep its cells empty."""
    segments = streets.segments
    open_road = (segments.place < 0) & (segments.road_class >= CLASS["secondary"])
    vertices = np.unique(segments.tail[open_road & (segments.road_class <= CLASS["unclassified"])])
    xy = segments.xy[vertices]
    seats = [unit.seat for unit in settled.townships if unit.kind == "镇"]
    seat = mesh.xy[settled.villages.point[seats]]
    far = nearest(seat, xy)[0]
    crowd = ndimage.uniform_filter(raster, 5) * 25
    row = np.clip(((top - xy[:, 1]) / CELL_M).astype(int), 0, raster.shape[0] - 1)
    col = np.clip(((xy[:, 0] - left) / CELL_M).astype(int), 0, raster.shape[1] - 1)
    best = int((np.abs(far - 900) + 25 * crowd[row, col]).argmin())
    r, c = int(row[best]), int(col[best])
    raster[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3] = 0.0
    return float(xy[best, 0] + 40), float(xy[best, 1] + 40)


def _age_shares(
    plan: Plan,
    mesh: Mesh,
    settled: Settled,
    raster: Array,
    filled: NDArray[np.bool_],
    xy: Array,
    county: NDArray[np.bool_],
) -> dict[str, Array]:
    """Return the share of each group in every populated cell; county totals have the shares wanted."""
    rng = plan.rng("ages")
    people = raster[filled]
    villages = settled.villages
    old = np.where(villages.community & (villages.township == 0), 0.135, 0.195 + 0.13 * np.minimum(villages.remote, 1))
    old *= rng.lognormal(0.0, 0.07, old.size)
    young = np.where(villages.community, 1.16, 0.98 - 0.3 * np.minimum(villages.remote, 1))
    young *= rng.lognormal(0, 0.06, old.size)
    home = settled.village_of[nearest(mesh.xy, xy)[1]]
    texture = fractal(rng, filled.shape, 12, 3)[filled]
    known = home >= 0
    old_here = np.where(known, old[np.maximum(home, 0)], 0.21) * np.clip(1 + 0.10 * texture, 0.6, 1.4)
    young_here = np.where(known, young[np.maximum(home, 0)], 0.95) * np.clip(1 - 0.06 * texture, 0.7, 1.3)
    shares = {}
    for name, wanted in GROUP_SHARES.items():
        field = old_here if name in ("age60plus", "age65plus") else young_here
        mean = (field * people)[county].sum() / people[county].sum()
        shares[name] = np.minimum(field * wanted / mean, 0.62 if name == "age60plus" else 0.43)
    return shares
