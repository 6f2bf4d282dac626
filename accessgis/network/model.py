"""Roads as read, and the directed impedances of one profile over them.

A :class:`Roads` is free of any mode: physical edges from junction to junction with shape, class and permissions.
A :class:`Network` is what one profile makes of it: directed arcs in whole milliseconds, with islands found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.network.profiles import Profile

FOOT, BICYCLE, MOTOR = np.uint8(1), np.uint8(2), np.uint8(4)
"""Bits of the permission masks, one per mode."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class NodedPlaces:
    """Places where unsplit lines were changed, or are worth a look.

    Attributes
    ----------
    change
        ``split`` (a crossing without a common vertex), ``joined`` (an end moved to another road) or ``loose`` (an end
        that meets nothing though another road is near).
    row
        Data row of the line that ends there, 0 for crossings and joined ends.
    x, y
        Places in the working CRS.
    """

    change: NDArray[np.object_]
    row: LongArray
    x: FloatArray
    y: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Roads:
    """Physical road edges, each from junction to junction, in a projected CRS.

    No edge is a loop: a closed way that meets itself only once is cut at half its length, so that tail, head and edge
    id always name a direction. Parallel edges stay. All arrays are read-only.

    Attributes
    ----------
    crs
        Projected CRS in metres.
    node_x, node_y
        Coordinates of the n junctions.
    tail, head
        Junctions at the start and the end of each of the m edges, as digitised.
    length_m
        Length of each edge along its shape.
    shape_start, shape_x, shape_y
        Vertices of edge e, both ends included, at ``shape_start[e]:shape_start[e + 1]``.
    road_class, classes
        Class of each edge as an index into ``classes`` (OSM ``highway`` values such as ``"primary"``, and ``"ferry"``).
    forward, backward
        Permission masks (FOOT, BICYCLE, MOTOR) along and against the digitised direction.
    maxspeed_forward_kph, maxspeed_backward_kph
        Posted limits, or what the surface allows a car where that is lower; NaN where none is known.
    joinable
        Whether points may join here at all: false on motorways and their links, motorroads, tunnels, bridges, ferries.
    duration_ms
        Stated duration of the whole edge (ferries), −1 where none is.
    source_id
        Id of the way or row that the edge came from.
    noded
        Places where unsplit lines were given a vertex, joined or left loose; None where they were taken as drawn.
    """

    crs: CRS
    node_x: FloatArray
    node_y: FloatArray
    tail: IntArray
    head: IntArray
    length_m: FloatArray
    shape_start: LongArray
    shape_x: FloatArray
    shape_y: FloatArray
    road_class: NDArray[np.uint8]
    classes: tuple[str, ...]
    forward: NDArray[np.uint8]
    backward: NDArray[np.uint8]
    maxspeed_forward_kph: FloatArray
    maxspeed_backward_kph: FloatArray
    joinable: BoolArray
    duration_ms: LongArray
    source_id: LongArray
    noded: NodedPlaces | None = None

    @property
    def node_count(self) -> int:
        """Number of junctions."""
        return self.node_x.size

    @property
    def edge_count(self) -> int:
        """Number of physical edges."""
        return self.tail.size

    def shapes(self) -> NDArray[np.object_]:
        """Return the edges as shapely LineStrings in the working CRS."""
        indices = np.repeat(np.arange(self.edge_count), np.diff(self.shape_start))
        lines = shapely.linestrings(np.column_stack([self.shape_x, self.shape_y]), indices=indices)
        return np.asarray(lines, dtype=np.object_)


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """Directed impedances of one profile at one speed setting. Immutable.

    An arc is one permitted direction of one edge. Arcs are sorted by (edge, direction: forward first).

    Attributes
    ----------
    roads
        The physical edges below.
    profile
        Who travels how.
    walking_kph
        Speed at which access legs are walked in this setting.
    arc_edge, arc_tail, arc_head
        Edge, start and end junction of each of the a arcs.
    arc_forward
        Whether the arc runs as digitised.
    arc_ms
        Whole milliseconds, ≥ 0 (0 only for zero length).
    joinable
        Per edge: permitted to the mode in some direction and open for joining.
    island
        Per edge: not inside the longest component (strong for vehicles and bicycles, weak for walking); false for edges
        that the mode may not use.
    """

    roads: Roads
    profile: Profile
    walking_kph: float
    arc_edge: IntArray
    arc_tail: IntArray
    arc_head: IntArray
    arc_forward: BoolArray
    arc_ms: LongArray
    joinable: BoolArray
    island: BoolArray
