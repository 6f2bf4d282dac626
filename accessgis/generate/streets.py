"""The whole road network of a generated county, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accessgis.generate.arrays import Array, Index, metres
from accessgis.generate.junctions import (
    Ways,
    compact,
    cut_at_crossings,
    degrees,
    main_component,
    merge,
    pass_motorway,
    string_ways,
)
from accessgis.generate.lanes import town_streets, village_lanes
from accessgis.generate.mesh import Mesh
from accessgis.generate.motorway import build_motorway, motorway_axis
from accessgis.generate.plan import Plan
from accessgis.generate.roads import CLASS, MainRoads, Segments, lay_roads, shape_roads
from accessgis.generate.settlements import Settled
from accessgis.generate.terrain import Land

_JUNCTIONS_PER_LANE_NODE = 0.52
_ROUNDABOUT_M = 24.0
_CORNERS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class Streets:
    """The road network.

    Attributes
    ----------
    segments
        Straight pieces between vertices; vertices are shared where roads meet.
    ways
        The pieces strung into ways.
    main
        Which mesh edges carry roads, and the village cut off from the rest.
    mesh_vertex
        Vertex of each mesh point, −1 where no road passes.
    ferry
        The two vertices that the ferry joins.
    tolls, bollards, gates
        Vertices with a toll gate, a bollard, a gate.
    """

    segments: Segments
    ways: Ways
    main: MainRoads
    mesh_vertex: Index
    ferry: tuple[int, int]
    tolls: Index
    bollards: Index
    gates: Index

    @property
    def junctions(self) -> int:
        """Vertices where not exactly two pieces meet."""
        degree = degrees(self.segments)
        return int(((degree > 0) & (degree != 2)).sum())


def build_streets(plan: Plan, land: Land, mesh: Mesh, settled: Settled) -> Streets:
    """Build the road network with about ``plan.nodes`` junctions."""
    main = lay_roads(plan, land, mesh, settled)
    between = shape_roads(plan, land, mesh, settled, main)
    axis = motorway_axis(land)
    town = town_streets(plan, land, mesh, settled, between, axis)
    degree = degrees(between)
    standing = int(((degree > 0) & (degree != 2)).sum()) + int(0.8 * (len(town.xy) - len(between.xy)))
    wanted = max(200, round((plan.nodes - standing) / _JUNCTIONS_PER_LANE_NODE))
    lanes = village_lanes(plan, land, mesh, settled, between, axis, wanted)
    cut = cut_at_crossings(merge(between, town, lanes))
    motorway = build_motorway(land, mesh, settled, cut, axis)
    passed = pass_motorway(cut, motorway.segments)
    spared = _near_island(passed, settled, mesh, main)
    whole, number = compact(main_component(passed, spared))
    segments = _roundabout(whole, mesh, settled)
    mesh_vertex = number[: len(mesh.xy)]
    ferry = (int(mesh_vertex[mesh.tail[mesh.ferry_edge]]), int(mesh_vertex[mesh.head[mesh.ferry_edge]]))
    tolls = number[motorway.toll_vertices]
    bollards, gates = _barriers(plan, segments)
    return Streets(
        segments=segments,
        ways=string_ways(segments, way_keys(segments)),
        main=main,
        mesh_vertex=mesh_vertex,
        ferry=ferry,
        tolls=tolls,
        bollards=bollards,
        gates=gates,
    )


def way_keys(segments: Segments) -> Index:
    """Return one number per piece: pieces of one way have the same."""
    flags = segments.bridge * 1 + segments.tunnel * 2 + segments.oneway * 4 + segments.roundabout * 8
    return np.asarray(segments.road_class.astype(np.int64) * 16 + flags, dtype=np.int64)


def _near_island(segments: Segments, settled: Settled, mesh: Mesh, main: MainRoads) -> NDArray[np.bool_]:
    """Pieces of the village whose roads are cut off on purpose."""
    places = np.flatnonzero(settled.place_village == main.island_village)
    inside = np.zeros(len(segments.xy), dtype=bool)
    inside[: len(mesh.xy)] = settled.village_of == main.island_village
    lane = np.isin(segments.place, places)
    # Roads between the island's places run over inner vertices: follow them one edge of the mesh at a time.
    reached = inside.copy()
    between = segments.place < 0
    for _ in range(12):
        touch = between & (reached[segments.tail] | reached[segments.head])
        reached[segments.tail[touch]] = True
        reached[segments.head[touch]] = True
    return lane | (between & reached[segments.tail] & reached[segments.head])


def _barriers(plan: Plan, segments: Segments) -> tuple[Index, Index]:
    """Choose bollards on residential lanes and gates on tracks, at vertices inside a road."""
    rng = plan.rng("barriers")
    degree = degrees(segments)
    chosen = []
    for name, wanted in (("residential", 6), ("track", 5)):
        of_class = segments.road_class == CLASS[name]
        n = len(segments.xy)
        own = np.bincount(segments.tail[of_class], minlength=n) + np.bincount(segments.head[of_class], minlength=n)
        candidates = np.flatnonzero((degree == 2) & (own == 2))
        chosen.append(np.sort(rng.choice(candidates, min(wanted, candidates.size), replace=False)))
    return chosen[0], chosen[1]


def _roundabout(segments: Segments, mesh: Mesh, settled: Settled) -> Segments:
    """Replace one busy junction near the edge of the town by a roundabout, driven anticlockwise."""
    degree = degrees(segments)
    n = len(segments.xy)
    big = np.isin(segments.road_class, [CLASS[name] for name in ("trunk", "primary", "secondary")])
    busy = np.bincount(segments.tail[big], minlength=n) + np.bincount(segments.head[big], minlength=n)
    distance = metres(segments.xy - mesh.xy[mesh.town])
    score = np.where((busy >= 3) & (degree >= 4) | (busy >= 4), np.abs(distance - 0.4 * settled.town_radius_m), np.inf)
    node = int(score.argmin())
    at_tail, at_head = segments.tail == node, segments.head == node
    spokes = np.flatnonzero(at_tail | at_head)
    far = np.where(at_tail[spokes], segments.head[spokes], segments.tail[spokes])
    out = segments.xy[far] - segments.xy[node]
    spoke_angle = np.arctan2(out[:, 1], out[:, 0]) % (2 * np.pi)
    corners = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    clear = np.abs(np.angle(np.exp(1j * (corners[:, None] - spoke_angle)))).min(axis=1) > 0.2
    angle = np.concatenate([spoke_angle, corners[clear]])
    ring = n + np.arange(angle.size)
    around = np.column_stack([np.cos(angle), np.sin(angle)]) * _ROUNDABOUT_M
    tail, head = segments.tail.copy(), segments.head.copy()
    tail[at_tail] = ring[np.searchsorted(spokes, np.flatnonzero(at_tail))]
    head[at_head] = ring[np.searchsorted(spokes, np.flatnonzero(at_head))]
    order = ring[np.argsort(angle, kind="stable")]
    xy: Array = np.concatenate([segments.xy, segments.xy[node] + around])
    road_class = segments.road_class[spokes].min()
    extra = order.size

    no, yes = np.zeros(extra, dtype=bool), np.ones(extra, dtype=bool)
    return replace(
        segments,
        xy=xy,
        tail=np.concatenate([tail, order]),
        head=np.concatenate([head, np.roll(order, -1)]),
        road_class=np.concatenate([segments.road_class, np.full(extra, road_class, dtype=np.uint8)]),
        bridge=np.concatenate([segments.bridge, no]),
        tunnel=np.concatenate([segments.tunnel, no]),
        oneway=np.concatenate([segments.oneway, yes]),
        roundabout=np.concatenate([segments.roundabout, yes]),
        place=np.concatenate([segments.place, np.full(extra, -1, dtype=np.int64)]),
    )
