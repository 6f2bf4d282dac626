"""The lanes inside settlements and the streets of the county town.

Method: each place has a small turned and jittered lattice around its mesh point; as many of its nodes as the place
deserves are kept, nearest first. A random spanning tree and a share of the other lattice edges become lanes. The town
is one large, more regular lattice with main streets and blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from accessgis.generate.arrays import Array, Index, Mask, as_lines, is_touching, metres, nearest
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import Plan
from accessgis.generate.roads import CLASS, Segments, plain_segments
from accessgis.generate.settlements import Settled
from accessgis.generate.terrain import AXIS_RADIANS, Land

_LANE_M = 78.0
_BLOCK_M = 112.0
_MAIN_STREET_EVERY = 5
_OFF_ROAD_M = 20.0
_OFF_STREET_M = 9.0
_OFF_WATER_M = 75.0
_OFF_MOTORWAY_M = 110.0
_HALF = 512


def lane_counts(settled: Settled, total: int) -> Index:
    """Share lattice nodes between the places outside the town, by people; small places get a few, far ones less."""
    weight = np.maximum(settled.place_people, 20.0) ** 0.8
    weight *= np.where(settled.place_village < 0, 0.4, 1.0)
    weight[in_town(settled)] = 0.0
    share = weight / weight.sum() * total
    return np.where(weight > 0, np.maximum(2, np.round(share)), 0).astype(np.int64)


def in_town(settled: Settled) -> Mask:
    """Return which places are communities of the county town: the town's own lattice serves them."""
    villages = settled.villages
    town = villages.community & (villages.township == 0)
    inside: Mask = (settled.place_village >= 0) & town[np.maximum(settled.place_village, 0)] & settled.place_seat
    return inside


def village_lanes(
    plan: Plan, land: Land, mesh: Mesh, settled: Settled, main: Segments, motorway: Array, total: int
) -> Segments:
    """Return the lanes of every place outside the town, joined to its mesh point.

    Vertex i < len(main.xy) is a vertex of ``main``; ``motorway`` holds points of the motorway to keep clear of.
    """
    rng = plan.rng("lanes")
    count = lane_counts(settled, total)
    place, step_i, step_j = _template(count)
    origin = mesh.xy[settled.place_point]
    angle = _road_angles(main, settled.place_point)[place]
    offset = np.column_stack([step_i, step_j]) * _LANE_M * (1 - 0.15 * (count[place] > 120))[:, None]
    offset = offset + rng.uniform(-0.24, 0.24, offset.shape) * _LANE_M
    cos, sin = np.cos(angle), np.sin(angle)
    xy = origin[place] + np.column_stack(
        [offset[:, 0] * cos - offset[:, 1] * sin, offset[:, 0] * sin + offset[:, 1] * cos]
    )
    centre = (step_i == 0) & (step_j == 0)
    ok = centre | _free_ground(land, mesh, settled, main, motorway, xy, place)
    place, step_i, step_j, xy, centre = place[ok], step_i[ok], step_j[ok], xy[ok], centre[ok]
    tail, head = _on_land(land, xy, *_lattice_edges(place, step_i, step_j))
    keep = _tree_and_more(rng, tail, head, place.size, 0.5)
    return _numbered(main, xy, tail[keep], head[keep], centre, settled.place_point[place], place[tail[keep]])


def town_streets(plan: Plan, land: Land, mesh: Mesh, settled: Settled, main: Segments, motorway: Array) -> Segments:
    """Return the street lattice of the county town; main streets are secondary and tertiary, some one-way."""
    rng = plan.rng("town")
    reach = settled.town_radius_m
    half = int(reach / _BLOCK_M) + 1
    step_i, step_j = (part.ravel() for part in np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1)))
    angle = AXIS_RADIANS
    offset = np.column_stack([step_i, step_j]) * _BLOCK_M + rng.uniform(-0.10, 0.10, (step_i.size, 2)) * _BLOCK_M
    edge_wobble = 1 + 0.16 * np.cos(3 * np.arctan2(step_j, step_i) + 1.0) + rng.normal(0, 0.05, step_i.size)
    near = metres(offset) < reach * edge_wobble
    cos, sin = np.cos(angle), np.sin(angle)
    xy = mesh.xy[mesh.town] + np.column_stack(
        [offset[:, 0] * cos - offset[:, 1] * sin, offset[:, 0] * sin + offset[:, 1] * cos]
    )
    centre = (step_i == 0) & (step_j == 0)
    ok = near & (centre | _dry_and_clear(land, main, motorway, xy, _OFF_STREET_M))
    step_i, step_j, xy, centre = step_i[ok], step_j[ok], xy[ok], centre[ok]
    one_town = np.zeros(step_i.size, dtype=np.int64)
    tail, head = _on_land(land, xy, *_lattice_edges(one_town, step_i, step_j))
    along_i = step_j[tail] == step_j[head]
    line = np.where(along_i, step_j[tail], step_i[tail])
    main_street = line % _MAIN_STREET_EVERY == 0
    keep = _tree_and_more(rng, tail, head, xy.shape[0], 0.72) | main_street
    long = metres(xy[tail] - xy[head]) > 1.7 * _BLOCK_M
    keep &= ~long
    tail, head, line, along_i = tail[keep], head[keep], line[keep], along_i[keep]
    road_class = np.full(tail.size, CLASS["residential"])
    road_class[line % _MAIN_STREET_EVERY == 0] = CLASS["tertiary"]
    road_class[line % (2 * _MAIN_STREET_EVERY) == 0] = CLASS["secondary"]
    minor = (road_class == CLASS["residential"]) & (rng.random(tail.size) < 0.16)
    road_class[minor] = CLASS["service"]
    road_class[(line == 1) & ~along_i & (np.abs(step_j[tail]) < 3)] = CLASS["pedestrian"]
    places = np.full(tail.size, int(np.flatnonzero(settled.place_point == mesh.town)[0]), dtype=np.int64)
    streets = _numbered(main, xy, tail, head, centre, np.full(xy.shape[0], mesh.town), places)
    one_way = (line % _MAIN_STREET_EVERY == 2) & (line % 2 == 0) & (road_class == CLASS["residential"])
    oneway = streets.oneway | one_way
    back = oneway & along_i
    return Segments(
        xy=streets.xy,
        tail=np.where(back, streets.head, streets.tail),
        head=np.where(back, streets.tail, streets.head),
        road_class=road_class,
        bridge=streets.bridge,
        tunnel=streets.tunnel,
        oneway=oneway,
        roundabout=streets.roundabout,
        place=streets.place,
    )


def _template(count: Index) -> tuple[Index, Index, Index]:
    """Return place and lattice steps of the first ``count`` nodes of a lattice drawn out along one direction."""
    side = int(np.sqrt(max(int(count.max()), 4)) * 1.2) + 3
    steps = np.arange(-side, side + 1)
    i, j = (part.ravel() for part in np.meshgrid(steps, steps))
    order = np.argsort((i / 1.45) ** 2 + j**2 + 0.01 * i + 0.003 * j, kind="stable")
    place = np.repeat(np.arange(count.size), count)
    rank = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    return place, i[order][rank], j[order][rank]


def _road_angles(main: Segments, points: Index) -> Array:
    """Return the direction of a road at each point, 0 where none passes."""
    angle = np.zeros(len(main.xy))
    for ends in (main.head, main.tail):
        delta = main.xy[main.head] - main.xy[main.tail]
        angle[ends] = np.arctan2(delta[:, 1], delta[:, 0])
    return angle[points]


def _road_points(main: Segments) -> Array:
    start, end = main.xy[main.tail], main.xy[main.head]
    shares = np.linspace(0, 1, 6)[:, None, None]
    return (start + (end - start) * shares).reshape(-1, 2)


def _dry_and_clear(land: Land, main: Segments, motorway: Array, xy: Array, off_road_m: float) -> Mask:
    dry = land.sample(land.water_m, *xy.T) > _OFF_WATER_M
    clear = nearest(_road_points(main), xy)[0] > off_road_m
    off_motorway = nearest(motorway, xy)[0] > _OFF_MOTORWAY_M
    return np.asarray(dry & clear & off_motorway, dtype=bool)


def _free_ground(
    land: Land, mesh: Mesh, settled: Settled, main: Segments, motorway: Array, xy: Array, place: Index
) -> Mask:
    own = nearest(mesh.xy[settled.place_point], xy)[1] == place
    out_of_town = metres(xy - mesh.xy[mesh.town]) > 1.12 * settled.town_radius_m
    free: Mask = own & out_of_town & _dry_and_clear(land, main, motorway, xy, _OFF_ROAD_M)
    return free


def _lattice_edges(place: Index, step_i: Index, step_j: Index) -> tuple[Index, Index]:
    key = (place * (2 * _HALF) + step_i + _HALF) * (2 * _HALF) + step_j + _HALF
    order = np.argsort(key, kind="stable")
    tails, heads = [], []
    for neighbour in (key + 1, key + 2 * _HALF):
        spot = np.searchsorted(key[order], neighbour)
        spot = np.minimum(spot, key.size - 1)
        found = key[order][spot] == neighbour
        tails.append(np.flatnonzero(found))
        heads.append(order[spot[found]])
    return np.concatenate(tails), np.concatenate(heads)


def _on_land(land: Land, xy: Array, tail: Index, head: Index) -> tuple[Index, Index]:
    """Leave out the edges that would cross a barrier river."""
    middle = (xy[tail] + xy[head]) / 2
    near = np.flatnonzero(land.sample(land.water_m, *middle.T) < 2 * _BLOCK_M)
    crossing = np.zeros(tail.size, dtype=bool)
    crossing[near] = is_touching(land.water(), as_lines(np.stack([xy[tail[near]], xy[head[near]]], axis=1)))
    return tail[~crossing], head[~crossing]


def _tree_and_more(rng: np.random.Generator, tail: Index, head: Index, count: int, share: float) -> Mask:
    """Keep a random spanning forest and a share of the other edges."""
    draw = rng.random(tail.size)
    weights = csr_matrix((1 + draw, (tail, head)), shape=(count, count))
    tree = minimum_spanning_tree(weights).tocoo()
    keys = tail * count + head
    in_tree = np.isin(keys, tree.row.astype(np.int64) * count + tree.col)
    return in_tree | (rng.random(tail.size) < share)


def _numbered(
    main: Segments, xy: Array, tail: Index, head: Index, centre: Mask, points: Index, places: Index
) -> Segments:
    """Give lattice vertices numbers after those of ``main``; the centre of each lattice is its mesh point itself."""
    number = len(main.xy) + np.arange(len(xy))
    number[centre] = points[centre]
    classes: NDArray[np.uint8] = np.full(tail.size, CLASS["residential"])
    return plain_segments(np.concatenate([main.xy, xy]), number[tail], number[head], classes, places)
