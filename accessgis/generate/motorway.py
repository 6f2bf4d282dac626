"""The motorway: two carriageways across the county, its interchanges with toll gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from accessgis.generate.arrays import Array, Index, as_lines, is_inside, is_touching, metres
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import ROADS_BEYOND_M
from accessgis.generate.roads import CLASS, Segments, plain_segments
from accessgis.generate.settlements import Settled
from accessgis.generate.terrain import Land

_STEP_M = 120.0
_HALF_WIDTH_M = 14.0
_OFF_RIVER_M = 2_900.0
_GATE_OFF_M = 260.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Motorway:
    """Carriageways and links.

    ``segments`` numbers its vertices after those of the roads given; ``toll_vertices`` hold the toll gates, and
    ``axis`` the points of the middle line.
    """

    segments: Segments
    toll_vertices: Index
    axis: Array


def motorway_axis(land: Land) -> Array:
    """Return the middle line of the motorway: the main river's valley, smoothed, on its northern side."""
    river = land.rivers[0].line
    smooth = np.column_stack([ndimage.gaussian_filter1d(river[:, axis], 34, mode="nearest") for axis in (0, 1)])
    ahead = np.gradient(smooth, axis=0)
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / metres(ahead)[:, None]
    line = smooth + normal * _OFF_RIVER_M
    steps = np.concatenate([[0], np.cumsum(metres(np.diff(line, axis=0)))])
    wanted = np.arange(0, steps[-1], _STEP_M)
    axis = np.column_stack([np.interp(wanted, steps, line[:, k]) for k in (0, 1)])
    reach = land.outline.buffer(ROADS_BEYOND_M)
    return np.asarray(axis[is_inside(reach, axis)], dtype=np.float64)


def build_motorway(land: Land, mesh: Mesh, settled: Settled, roads: Segments, axis: Array) -> Motorway:
    """Build the carriageways beside ``axis`` and link them to ``roads`` near the town and one more township."""
    ahead = np.gradient(axis, axis=0)
    ahead /= metres(ahead)[:, None]
    right = np.column_stack([ahead[:, 1], -ahead[:, 0]])
    start, n = len(roads.xy), len(axis)
    vertices = [axis + right * _HALF_WIDTH_M, axis - right * _HALF_WIDTH_M]
    tails = [start + np.arange(n - 1), start + n + np.arange(1, n)]
    heads = [start + np.arange(1, n), start + n + np.arange(n - 1)]
    classes = [np.full(2 * (n - 1), CLASS["motorway"])]
    deep, wet = _tunnels(land, axis), _over_water(land, axis)
    tunnel, bridge = [deep, deep], [wet & ~deep, wet & ~deep]
    oneway = [np.ones(2 * (n - 1), dtype=bool)]
    used, tolls = start + 2 * n, []
    for position in _interchanges(mesh, settled, axis):
        gate_xy, target = _gate(roads, axis, right, position)
        tolls.append(used)
        along = 4
        ends = [
            (start + position - along, used, False),
            (used, start + position + along, False),
            (start + n + position + along, used, True),
            (used, start + n + position - along, True),
            (used, target, False),
            (target, used, False),
        ]
        vertices.append(gate_xy[None])
        used += 1
        for first, last, over in ends[:5]:
            tails.append(np.array([first]))
            heads.append(np.array([last]))
            tunnel.append(np.array([False]))
            bridge.append(np.array([over]))
        oneway.append(np.array([True, True, True, True, False]))
        classes.append(np.full(5, CLASS["motorway_link"]))
    xy = np.concatenate([roads.xy, *vertices])
    road_class: NDArray[np.uint8] = np.concatenate(classes)
    segments = plain_segments(
        xy, np.concatenate(tails), np.concatenate(heads), road_class, np.full(road_class.size, -1, dtype=np.int64)
    )
    segments.tunnel[:] = np.concatenate(tunnel)
    segments.bridge[:] = np.concatenate(bridge)
    segments.oneway[:] = np.concatenate(oneway)
    return Motorway(segments=segments, toll_vertices=np.array(tolls, dtype=np.int64), axis=axis)


def _interchanges(mesh: Mesh, settled: Settled, axis: Array) -> list[int]:
    """Choose the place beside the town, and one beside the seat nearest to the motorway at least 9 km away."""
    seats = mesh.xy[settled.villages.point[[unit.seat for unit in settled.townships]]]
    gap = metres(axis[None] - seats[:, None])
    first = int(gap[0].argmin())
    far = metres(axis - axis[first]) > 9_000
    inner = np.zeros(len(axis), dtype=bool)
    inner[20:-20] = True
    other = np.where(far & inner, gap[1:].min(axis=0), np.inf)
    return sorted({int(np.clip(first, 20, len(axis) - 20)), int(other.argmin())})


def _gate(roads: Segments, axis: Array, right: Array, position: int) -> tuple[Array, int]:
    """Return where the toll gate stands and the road vertex that its link leads to.

    The gate stands on the right of the axis, the river's and the town's side.
    """
    gate = axis[position] + right[position] * _GATE_OFF_M
    good = np.isin(roads.road_class, [CLASS[name] for name in ("trunk", "primary", "secondary", "tertiary")])
    ends = np.unique(np.concatenate([roads.tail[good], roads.head[good]]))
    off = (roads.xy[ends] - axis[position]) @ right[position]
    cost = metres(roads.xy[ends] - gate) + np.where(off < 120, 50_000, 0)
    return gate, int(ends[cost.argmin()])


def _tunnels(land: Land, axis: Array) -> NDArray[np.bool_]:
    height = land.sample(land.height_m, *axis.T)
    grade = ndimage.gaussian_filter1d(height, 22, mode="nearest")
    over = height - grade
    return (over[1:] > 24) & (over[:-1] > 24)


def _over_water(land: Land, axis: Array) -> NDArray[np.bool_]:
    water = shapely.MultiLineString([river.line for river in land.rivers])
    shapely.prepare(water)
    return is_touching(water, as_lines(np.stack([axis[:-1], axis[1:]], axis=1)))
