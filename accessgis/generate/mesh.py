"""A mesh of possible places and ways: villages stand on its points, roads run along its edges.

The points are a jittered lattice that keeps clear of the barrier rivers; the edges are its Delaunay triangulation
without those that cross a barrier river. At the chosen bridges one crossing edge each is kept. The cost of an edge
grows with the gradient, so that least-cost paths bend with the land.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from accessgis.generate.arrays import Array, Index, Mask, as_lines, is_inside, is_touching, metres, nearest
from accessgis.generate.plan import ROADS_BEYOND_M, Plan
from accessgis.generate.terrain import Land, River

_SPACING_M = 345.0
_CLEAR_OF_WATER_M = 115.0
_TWIN_OFF_RIVER_M = 300.0
_BRIDGE_EVERY_M = 7_600.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Mesh:
    """Points and edges of the mesh.

    Attributes
    ----------
    xy
        (n, 2) coordinates.
    tail, head
        Edges, tail < head, sorted.
    cost
        Least-cost-path cost of each edge.
    bridge
        Whether the edge crosses a barrier river; ``ferry_edge`` is the one that a ferry serves.
    inside
        Whether a point lies in the drawn outline.
    town, twins
        Point of the county town; the two points that face each other across the river, far from any bridge.
    """

    xy: Array
    tail: Index
    head: Index
    cost: Array
    bridge: Mask
    ferry_edge: int
    inside: Mask
    town: int
    twins: tuple[int, int]

    def graph(self, cost: Array) -> csr_matrix:
        """Return the symmetric matrix of edge costs (infinite costs left out)."""
        use = np.isfinite(cost)
        tail, head, value = self.tail[use], self.head[use], cost[use]
        n = len(self.xy)
        rows, cols = np.concatenate([tail, head]), np.concatenate([head, tail])
        return csr_matrix((np.concatenate([value, value]), (rows, cols)), shape=(n, n))

    def edge_between(self, a: Index, b: Index) -> Index:
        """Return the edge of each pair of points; the pairs must be edges."""
        n = len(self.xy)
        keys = self.tail * n + self.head
        wanted = np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b)
        return np.searchsorted(keys, wanted)


def make_mesh(plan: Plan, land: Land) -> Mesh:
    """Lay the mesh over the county and the strip beyond its border."""
    rng = plan.rng("mesh")
    town_spot, twin_spots, crossings, ferry_spot = _river_spots(plan, land)
    xy = _points(land, rng, twin_spots)
    town = int(nearest(xy, town_spot[None])[1][0])
    tail, head = _delaunay(xy)
    length = metres(xy[tail] - xy[head])
    short = length < 3.2 * _SPACING_M
    tail, head, length = tail[short], head[short], length[short]
    crossing = _crosses_water(land, xy, tail, head, length)
    spots = np.concatenate([crossings, ferry_spot[None]])
    chosen = _nearest_crossing(xy, tail, head, length, crossing, spots)
    ferry = int(chosen[-1])
    bridge = np.zeros(tail.size, dtype=bool)
    bridge[chosen] = True
    keep = ~crossing | bridge
    new_ferry = int(np.cumsum(keep)[ferry]) - 1
    tail, head, length, bridge = tail[keep], head[keep], length[keep], bridge[keep]
    middle = (xy[tail] + xy[head]) / 2
    gradient = np.abs(np.diff(land.sample(land.height_m, *np.stack([xy[tail], xy[head]]).T).T, axis=0))[0] / length
    side_slope = land.sample(land.slope, *middle.T)
    cost = length * (1 + (gradient / 0.05) ** 1.5 + 3.0 * side_slope) + np.where(bridge, 900.0, 0.0)
    cost[new_ferry] = np.inf
    twins = nearest(xy, twin_spots)[1]
    return Mesh(
        xy=xy,
        tail=tail,
        head=head,
        cost=cost,
        bridge=bridge,
        ferry_edge=new_ferry,
        inside=is_inside(land.outline, xy),
        town=town,
        twins=(int(twins[0]), int(twins[1])),
    )


def trace(predecessors: NDArray[np.int32], targets: Index) -> tuple[Index, Index]:
    """Return the steps (point, its predecessor) of the paths from every target back to its source, each once."""
    seen = np.zeros(predecessors.size, dtype=bool)
    points, before = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    current = np.unique(targets)
    while current.size:
        current = current[~seen[current]]
        seen[current] = True
        previous = predecessors[current].astype(np.int64)
        known = previous >= 0
        points.append(current[known])
        before.append(previous[known])
        current = np.unique(previous[known])
    return np.concatenate(points), np.concatenate(before)


def paths(mesh: Mesh, cost: Array, sources: Index, targets: Index) -> Index:
    """Return the edges on the cheapest way from the nearest source to every target that can be reached."""
    _, predecessors, _ = dijkstra(mesh.graph(cost), indices=np.unique(sources), min_only=True, return_predecessors=True)
    points, before = trace(predecessors, targets)
    return np.unique(mesh.edge_between(points, before))


def _points(land: Land, rng: np.random.Generator, twin_spots: Array) -> Array:
    west, south, east, north = land.outline.buffer(ROADS_BEYOND_M + 600).bounds
    cols = np.arange(west, east, _SPACING_M)
    rows = np.arange(south, north, _SPACING_M * np.sqrt(3) / 2)
    x, y = np.meshgrid(cols, rows)
    x[1::2] += _SPACING_M / 2
    xy = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-0.32, 0.32, (x.size, 2)) * _SPACING_M
    reach = land.outline.simplify(200).buffer(ROADS_BEYOND_M)
    shapely.prepare(reach)
    xy = xy[is_inside(reach, xy)]
    xy = xy[land.sample(land.water_m, *xy.T) > _CLEAR_OF_WATER_M]
    far = nearest(twin_spots, xy)[0] > 0.6 * _SPACING_M
    return np.concatenate([twin_spots, xy[far]])


def _delaunay(xy: Array) -> tuple[Index, Index]:
    triangles = Delaunay(xy).simplices.astype(np.int64)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _crosses_water(land: Land, xy: Array, tail: Index, head: Index, length: Array) -> Mask:
    middle = (xy[tail] + xy[head]) / 2
    near = np.flatnonzero(land.sample(land.water_m, *middle.T) < length * 0.6 + 150)
    edges = as_lines(np.stack([xy[tail[near]], xy[head[near]]], axis=1))
    water = land.water()
    crossing = np.zeros(tail.size, dtype=bool)
    crossing[near] = is_touching(water, edges)
    return crossing


def _nearest_crossing(xy: Array, tail: Index, head: Index, length: Array, crossing: Mask, spots: Array) -> Index:
    """Return for every spot the crossing edge nearest to it, short ones first."""
    edges = np.flatnonzero(crossing & (length < 1.9 * _SPACING_M))
    middle = (xy[tail[edges]] + xy[head[edges]]) / 2
    gap = metres(middle[None] - spots[:, None]) + 0.7 * length[edges]
    return np.asarray(edges[gap.argmin(axis=1)], dtype=np.int64)


def _spots_along(river: River, start_m: float, every_m: float) -> Array:
    steps = np.concatenate([[0], np.cumsum(metres(np.diff(river.line, axis=0)))])
    wanted = np.arange(start_m, steps[-1], every_m)
    return np.column_stack([np.interp(wanted, steps, river.line[:, axis]) for axis in (0, 1)])


def _river_spots(plan: Plan, land: Land) -> tuple[Array, Array, Array, Array]:
    """Choose the town, the facing villages, the bridges and the ferry along the rivers.

    The facing villages stand half-way between two bridges; the ferry serves another such stretch.
    """
    main = land.rivers[0]
    fine = _spots_along(main, 0.0, 50.0)
    centre = np.array(plan.centre)
    near_town = int(metres(fine - centre).argmin())
    inside = is_inside(land.outline.buffer(-1_500), fine)
    step = round(_BRIDGE_EVERY_M / 50.0)
    bridges = [near_town, near_town + 30]
    bridges += list(range(near_town - step, 0, -step)) + list(range(near_town + 30 + step, len(fine), step))
    middles = np.array(sorted(bridge + step // 2 for bridge in bridges if bridge != near_town))
    middles = middles[(middles < len(fine) - 5)]
    middles = middles[inside[middles]]
    order = middles[np.argsort(np.abs(middles - near_town), kind="stable")]
    twin, ferry = int(order[1 % len(order)]), int(order[2 % len(order)])
    ahead = fine[twin + 3] - fine[twin - 3]
    normal = np.array([-ahead[1], ahead[0]]) / metres(ahead)
    twins = np.stack([fine[twin] + normal * _TWIN_OFF_RIVER_M, fine[twin] - normal * _TWIN_OFF_RIVER_M])
    crossings = [fine[sorted(bridges)]]
    for river in land.rivers[1:]:
        if river.barrier:
            backwards = River(name="", width_m=0, barrier=True, line=river.line[::-1], bed_m=river.bed_m[::-1])
            crossings.append(_spots_along(backwards, 900.0, 4_300.0))
    spots = np.concatenate(crossings)
    reach = land.outline.buffer(ROADS_BEYOND_M - 800)
    return centre, twins, spots[is_inside(reach, spots)], fine[ferry]
