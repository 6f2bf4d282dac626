"""The roads between settlements: which edges of the mesh carry a road, of which class, and their curved shape.

Method: networks grow from the top. The national road follows the cheapest way through the county town, the provincial
one crosses it, county roads join the township seats, township and village roads join ever smaller places, each by the
least-cost path to what already stands, where standing roads are cheaper to follow. Shapes are smoothed, bent with
cubic curves and roughened with the slope; nothing but the bridges crosses a barrier river.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from accessgis.generate.arrays import Array, Index, Mask, as_lines, as_points, is_touching, metres
from accessgis.generate.mesh import Mesh, paths, trace
from accessgis.generate.plan import ROADS_BEYOND_M, Plan
from accessgis.generate.settlements import Settled
from accessgis.generate.terrain import AXIS_RADIANS, Land

CLASSES: tuple[str, ...] = (
    "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service",
    "pedestrian", "track", "path", "ferry",
)  # fmt: skip
CLASS = {name: np.uint8(number) for number, name in enumerate(CLASSES)}
NO_ROAD = np.uint8(255)

_REUSE = 0.42
_REUSE_IN_LINKS = 0.72
_PIECES = 4
_BANK_M = 75.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Segments:
    """Straight pieces of road between vertices.

    Attributes
    ----------
    xy
        (n, 2) vertices.
    tail, head
        Vertices of each piece.
    road_class
        Index into :data:`CLASSES`.
    bridge, tunnel, oneway, roundabout
        One flag per piece; a one-way piece runs from tail to head.
    place
        Place whose lanes the piece belongs to, −1 for roads between places.
    """

    xy: Array
    tail: Index
    head: Index
    road_class: NDArray[np.uint8]
    bridge: Mask
    tunnel: Mask
    oneway: Mask
    roundabout: Mask
    place: Index


def plain_segments(xy: Array, tail: Index, head: Index, road_class: NDArray[np.uint8], place: Index) -> Segments:
    """Return pieces without any flag."""
    none = np.zeros(tail.size, dtype=bool)
    return Segments(
        xy=xy, tail=tail, head=head, road_class=road_class, place=place,
        bridge=none, tunnel=none.copy(), oneway=none.copy(), roundabout=none.copy(),
    )  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class MainRoads:
    """Class of every mesh edge (:data:`NO_ROAD` where none), and the village whose roads are cut off from the rest."""

    edge_class: NDArray[np.uint8]
    island_village: int


def lay_roads(plan: Plan, land: Land, mesh: Mesh, settled: Settled) -> MainRoads:
    """Decide which mesh edges carry which class of road."""
    rng = plan.rng("roads")
    island = _island_village(plan, mesh, settled)
    blocked = settled.village_of == island
    blocked |= settled.wild
    base = np.where(blocked[mesh.tail] | blocked[mesh.head], np.inf, mesh.cost)
    edge_class = np.full(mesh.tail.size, NO_ROAD, dtype=np.uint8)
    villages = settled.villages
    seats = villages.point[[unit.seat for unit in settled.townships]]
    gates = _gates(plan, land, mesh)
    town = np.array([mesh.town])
    edge_class = _grow(mesh, base, edge_class, "trunk", town, gates[:2])
    edge_class = _grow(mesh, base, edge_class, "primary", town, gates[2:4])
    bridges = np.flatnonzero(mesh.bridge & np.isfinite(mesh.cost))
    edge_class = _town_bridges(mesh, base, edge_class, bridges)
    edge_class = _grow(mesh, base, edge_class, "secondary", None, np.concatenate([seats, gates[4:]]))
    edge_class = _links(mesh, base, edge_class, "secondary", seats, 0.45, rng)
    ends = np.concatenate([mesh.tail[bridges], mesh.head[bridges]])
    edge_class = _grow(mesh, base, edge_class, "tertiary", None, ends)
    edge_class[bridges] = np.minimum(edge_class[bridges], CLASS["tertiary"])
    free = np.arange(len(villages.code)) != island
    size = villages.people * (1.4 - villages.remote)
    central = villages.point[free & ~settled.hard_to_reach & (size > np.quantile(size, 0.62))]
    edge_class = _grow(mesh, base, edge_class, "tertiary", None, central)
    outside = settled.place_point[settled.place_village < 0]
    ferry = np.array([mesh.tail[mesh.ferry_edge], mesh.head[mesh.ferry_edge]])
    by_road = free & ~settled.hard_to_reach
    rest = np.concatenate([villages.point[by_road], outside, ferry])
    edge_class = _grow(mesh, base, edge_class, "unclassified", None, rest)
    edge_class = _links(mesh, base, edge_class, "unclassified", villages.point[by_road], 0.5, rng)
    edge_class = _grow(mesh, base, edge_class, "track", None, villages.point[settled.hard_to_reach & free])
    edge_class = _hamlet_roads(mesh, base, edge_class, settled, island, rng)
    edge_class = _island_roads(mesh, edge_class, settled, island)
    return MainRoads(edge_class=_hill_tracks(mesh, base, edge_class, rng), island_village=island)


def _island_village(plan: Plan, mesh: Mesh, settled: Settled) -> int:
    """Choose a small mountain village, no seat, well inside the county."""
    villages = settled.villages
    xy = mesh.xy[villages.point]
    edge = metres(xy - np.array(plan.centre)) / plan.radius_m
    score = np.abs(villages.remote - 0.55) + np.abs(edge - 0.6) + np.where(villages.seat | villages.community, 9.0, 0.0)
    score += np.abs(np.log(villages.people / 330.0)) * 0.5
    return int(score.argmin())


def _gates(plan: Plan, land: Land, mesh: Mesh) -> Index:
    """Choose where roads leave the map: trunk, primary, then county roads, low ground first."""
    middle = np.array(plan.centre)
    offset = mesh.xy - middle
    height = land.sample(land.height_m, *mesh.xy.T)
    far = shapely.distance(land.outline, as_points(mesh.xy)) > ROADS_BEYOND_M - 1_300
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    gates: list[int] = []
    for turn in (np.pi, 0.0, np.pi / 2 + 0.15, -np.pi / 2 + 0.1, 0.8, 2.4, -0.75, -2.3):
        gap = np.abs(np.angle(np.exp(1j * (angle - AXIS_RADIANS - turn))))
        cost = height + 900 * gap
        gates.append(int(np.where(far & (gap < 0.5), cost, np.inf).argmin()))
    return np.array(gates, dtype=np.int64)


def _nodes_of(mesh: Mesh, edge_class: NDArray[np.uint8]) -> Index:
    used = edge_class != NO_ROAD
    return np.unique(np.concatenate([mesh.tail[used], mesh.head[used]]))


def _priced(base: Array, edge_class: NDArray[np.uint8], *, reuse: float = _REUSE) -> Array:
    return np.where(edge_class == NO_ROAD, base, base * reuse)


def _upgrade(edge_class: NDArray[np.uint8], edges: Index, name: str) -> NDArray[np.uint8]:
    new = edge_class.copy()
    new[edges] = np.minimum(new[edges], CLASS[name])
    return new


def _grow(
    mesh: Mesh, base: Array, edge_class: NDArray[np.uint8], name: str, sources: Index | None, targets: Index
) -> NDArray[np.uint8]:
    """Join every target to the sources, or to the roads that stand."""
    start = _nodes_of(mesh, edge_class) if sources is None else sources
    return _upgrade(edge_class, paths(mesh, _priced(base, edge_class), start, targets), name)


def _town_bridges(mesh: Mesh, base: Array, edge_class: NDArray[np.uint8], bridges: Index) -> NDArray[np.uint8]:
    """Give the county town its second bridge."""
    middle = (mesh.xy[mesh.tail[bridges]] + mesh.xy[mesh.head[bridges]]) / 2
    near = bridges[np.argsort(metres(middle - mesh.xy[mesh.town]), kind="stable")[:2]]
    ends = np.concatenate([mesh.tail[near], mesh.head[near]])
    return _upgrade(_grow(mesh, base, edge_class, "secondary", None, ends), near, "secondary")


def _links(
    mesh: Mesh,
    base: Array,
    edge_class: NDArray[np.uint8],
    name: str,
    points: Index,
    share: float,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Join a share of the neighbouring pairs of points directly, so that the network is no tree."""
    if points.size < 4:
        return edge_class
    triangles = Delaunay(mesh.xy[points]).simplices
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0)
    gap = metres(mesh.xy[points[pairs[:, 0]]] - mesh.xy[points[pairs[:, 1]]])
    limit = np.quantile(gap, 0.7)
    pairs = pairs[(gap < limit) & (rng.random(gap.size) < share)]
    graph = mesh.graph(_priced(base, edge_class, reuse=_REUSE_IN_LINKS))
    found = []
    for first in np.unique(pairs[:, 0]):
        targets = points[pairs[pairs[:, 0] == first, 1]]
        start = np.array([points[first]])
        _, found_before = dijkstra(graph, indices=start, return_predecessors=True, limit=float(limit * 2.2))
        before = found_before[0]
        steps, previous = trace(before, targets[before[targets] >= 0])
        found.append(mesh.edge_between(steps, previous))
    return _upgrade(edge_class, np.unique(np.concatenate(found)), name) if found else edge_class


def _hamlet_roads(
    mesh: Mesh, base: Array, edge_class: NDArray[np.uint8], settled: Settled, island: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Join hamlets: village road in easy land, track in hills, footpath to some in the mountains."""
    hamlet = ~settled.place_seat & (settled.place_village >= 0) & (settled.place_village != island)
    point, remote = settled.place_point[hamlet], settled.place_remote[hamlet]
    draw = rng.random(point.size)
    on_foot = (remote > 0.52) & (draw < 0.42)
    by_track = ~on_foot & (remote + 0.5 * draw > 0.62)
    by_track |= ~on_foot & settled.hard_to_reach[settled.place_village[hamlet]]
    edge_class = _grow(mesh, base, edge_class, "unclassified", None, point[~on_foot & ~by_track])
    edge_class = _grow(mesh, base, edge_class, "track", None, point[by_track])
    return _grow(mesh, base, edge_class, "path", None, point[on_foot])


def _island_roads(mesh: Mesh, edge_class: NDArray[np.uint8], settled: Settled, island: int) -> NDArray[np.uint8]:
    inside = settled.village_of == island
    cost = np.where(inside[mesh.tail] & inside[mesh.head], mesh.cost, np.inf)
    seat = np.array([settled.villages.point[island]])
    targets = settled.place_point[settled.place_village == island]
    near = np.flatnonzero(inside & (metres(mesh.xy - mesh.xy[seat]) < 900))
    return _upgrade(edge_class, paths(mesh, cost, seat, np.concatenate([targets, near[:2]])), "unclassified")


def _hill_tracks(mesh: Mesh, base: Array, edge_class: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Add dead-end tracks and paths to fields and woods close to the roads."""
    distance, _, _ = dijkstra(
        mesh.graph(base), indices=_nodes_of(mesh, edge_class), min_only=True, return_predecessors=True
    )
    near = np.flatnonzero((distance > 500) & (distance < 1_600) & (rng.random(distance.size) < 0.035))
    half = near.size // 2
    mixed = rng.permutation(near)
    return _grow(mesh, base, _grow(mesh, base, edge_class, "track", None, mixed[:half]), "path", None, mixed[half:])


def shape_roads(plan: Plan, land: Land, mesh: Mesh, settled: Settled, roads: MainRoads) -> Segments:
    """Return the roads between settlements as curved pieces; vertex i < len(mesh.xy) is mesh point i."""
    used = np.flatnonzero(roads.edge_class != NO_ROAD)
    used = used[used != mesh.ferry_edge]
    held = np.zeros(len(mesh.xy), dtype=bool)
    held[settled.place_point] = True
    bridge_ends = np.concatenate([mesh.tail[mesh.bridge], mesh.head[mesh.bridge]])
    held[bridge_ends] = True
    water = land.water()
    stiff = np.zeros(used.size, dtype=bool)
    for _ in range(6):
        xy = _smooth(land, mesh, used, held)
        inner = _curves(plan, land, mesh, used, xy, stiff)
        crossing = _strays(water, xy, mesh, used, inner) & ~mesh.bridge[used]
        if not crossing.any():
            break
        held[mesh.tail[used[crossing]]] = True
        held[mesh.head[used[crossing]]] = True
        stiff |= crossing
    n, m = len(mesh.xy), used.size
    own = n + np.arange(m * (_PIECES - 1)).reshape(m, -1)
    chain = np.column_stack([mesh.tail[used], own, mesh.head[used]])
    segments = plain_segments(
        np.concatenate([xy, inner.reshape(-1, 2)]),
        chain[:, :-1].ravel(),
        chain[:, 1:].ravel(),
        np.repeat(roads.edge_class[used], _PIECES),
        np.full(m * _PIECES, -1, dtype=np.int64),
    )
    segments.bridge[:] = np.repeat(mesh.bridge[used], _PIECES)
    return segments


def _smooth(land: Land, mesh: Mesh, used: Index, held: Mask) -> Array:
    tail, head = mesh.tail[used], mesh.head[used]
    n = len(mesh.xy)
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    pull = np.where(degree == 2, 0.5, np.where(degree > 2, 0.18, 0.0))
    pull[held] = 0.0
    xy = mesh.xy.copy()
    for _ in range(4):
        total = np.zeros_like(xy)
        np.add.at(total, tail, xy[head])
        np.add.at(total, head, xy[tail])
        wish = xy + pull[:, None] * (total / np.maximum(degree, 1)[:, None] - xy)
        dry = land.sample(land.water_m, *wish.T) > _BANK_M
        xy = np.where(dry[:, None], wish, xy)
    return xy


def _curves(plan: Plan, land: Land, mesh: Mesh, used: Index, xy: Array, stiff: Mask) -> Array:
    """Return the inner points of each edge on a cubic curve, (m, pieces − 1, 2)."""
    tail, head = mesh.tail[used], mesh.head[used]
    start, end = xy[tail], xy[head]
    chord = end - start
    length = metres(chord)
    n = len(xy)
    degree = np.bincount(tail, minlength=n) + np.bincount(head, minlength=n)
    # At a point of degree 2 the two outward directions cancel but for the bend: their difference is the tangent.
    total = np.zeros((n, 2))
    np.add.at(total, tail, chord)
    np.add.at(total, head, -chord)

    def tangent(point: Index, outward: Array) -> Array:
        other = total[point] - outward
        direction = outward - other
        size = metres(direction)
        direction *= (length / np.where(size > 0, size, 1))[:, None]
        return np.where((degree[point] == 2)[:, None], direction, outward)

    first, last = tangent(tail, chord), -tangent(head, -chord)
    t = (np.arange(1, _PIECES) / _PIECES)[None, :, None]
    first, last = first[:, None], last[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start[:, None]
        + (t**3 - 2 * t**2 + t) * first
        + (-2 * t**3 + 3 * t**2) * end[:, None]
        + (t**3 - t**2) * last
    )
    straight = start[:, None] + chord[:, None] * t
    slope = land.sample(land.slope, *curve.reshape(-1, 2).T).reshape(curve.shape[:2])
    rough = plan.rng("bends").normal(size=curve.shape[:2]) * np.minimum(3.0 + 75.0 * slope, 26.0)
    normal = np.column_stack([-chord[:, 1], chord[:, 0]]) / np.maximum(length, 1)[:, None]
    curve = curve + rough[..., None] * normal[:, None]
    rigid = (stiff | mesh.bridge[used])[:, None, None]
    return np.where(rigid, straight, curve)


def _strays(water: shapely.Geometry, xy: Array, mesh: Mesh, used: Index, inner: Array) -> Mask:
    line = np.concatenate([xy[mesh.tail[used]][:, None], inner, xy[mesh.head[used]][:, None]], axis=1)
    return is_touching(water, as_lines(line))
