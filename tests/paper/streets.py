"""A tiny builder of networks: streets written by hand, without files, tags or speeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from accessgis.network.model import Network, Roads
from accessgis.network.profiles import Profile, SpeedRange
from accessgis.travel.types import Ends, Joins

WALKING_KPH = 3.6
"""One metre a second: access legs of whole metres take whole seconds."""


@dataclass(frozen=True)
class Street:
    """An edge from ``tail`` to ``head``: ``ms`` there, ``back_ms`` back; None where that direction is not permitted."""

    tail: int
    head: int
    ms: int | None
    back_ms: int | None
    shape: tuple[tuple[float, float], ...] = ()
    joinable: bool = True
    island: bool = False


def both(tail: int, head: int, ms: int, **more) -> Street:
    return Street(tail, head, ms, ms, **more)


def oneway(tail: int, head: int, ms: int, **more) -> Street:
    return Street(tail, head, ms, None, **more)


def build(nodes: Sequence[tuple[float, float]], streets: Sequence[Street]) -> Network:
    """Build a network whose arcs take exactly the milliseconds written."""
    shapes = [np.array(s.shape or (nodes[s.tail], nodes[s.head]), dtype=np.float64) for s in streets]
    vertices = np.vstack([np.empty((0, 2)), *shapes])
    length = np.array([np.hypot(*np.diff(shape, axis=0).T).sum() for shape in shapes])
    node = np.array(nodes, dtype=np.float64).reshape(-1, 2)
    m = len(streets)
    roads = Roads(
        crs=CRS.from_epsg(4546),
        node_x=node[:, 0].copy(),
        node_y=node[:, 1].copy(),
        tail=np.array([s.tail for s in streets], np.int32),
        head=np.array([s.head for s in streets], np.int32),
        length_m=length,
        shape_start=np.concatenate([[0], np.cumsum([len(shape) for shape in shapes])]).astype(np.int64),
        shape_x=vertices[:, 0].copy(),
        shape_y=vertices[:, 1].copy(),
        road_class=np.zeros(m, np.uint8),
        classes=("residential",),
        forward=np.array([s.ms is not None for s in streets], np.uint8),
        backward=np.array([s.back_ms is not None for s in streets], np.uint8),
        maxspeed_forward_kph=np.full(m, np.nan),
        maxspeed_backward_kph=np.full(m, np.nan),
        joinable=np.array([s.joinable for s in streets], np.bool_),
        duration_ms=np.full(m, -1, np.int64),
        source_id=np.arange(m, dtype=np.int64),
    )
    arcs = [
        (e, *arc)
        for e, s in enumerate(streets)
        for arc in ((s.tail, s.head, True, s.ms), (s.head, s.tail, False, s.back_ms))
        if arc[3] is not None
    ]
    columns = list(zip(*arcs, strict=True)) or [()] * 5
    one = SpeedRange(low=WALKING_KPH, central=WALKING_KPH, high=WALKING_KPH)
    return Network(
        roads=roads,
        profile=Profile(
            id="walk", mode="foot", obeys_oneway=True, speed_kph=one, class_speed_kph={}, walking_kph=one,
            title_zh="", title_en="", source="assumed",
        ),
        walking_kph=WALKING_KPH,
        arc_edge=np.array(columns[0], np.int32),
        arc_tail=np.array(columns[1], np.int32),
        arc_head=np.array(columns[2], np.int32),
        arc_forward=np.array(columns[3], np.bool_),
        arc_ms=np.array(columns[4], np.int64),
        joinable=np.array([s.joinable and (s.ms is not None or s.back_ms is not None) for s in streets], np.bool_),
        island=np.array([s.island for s in streets], np.bool_),
    )  # fmt: skip


def joins_at(points: Sequence[Sequence[tuple[int, float, float]]]) -> Joins:
    """Place points straight on edges: a list of (edge, share, access_m) for each point."""
    rows = [(p, *join) for p, joins in enumerate(points) for join in joins]
    columns = list(zip(*rows, strict=True)) or [()] * 4
    nothing = np.zeros(len(rows))
    return Joins(
        point_count=len(points),
        point=np.array(columns[0], np.int32),
        edge=np.array(columns[1], np.int32),
        share=np.array(columns[2], np.float64),
        access_m=np.array(columns[3], np.float64),
        x=nothing,
        y=nothing,
        kind=np.zeros(len(rows), np.uint8),
    )


def no_ends(count: int) -> Ends:
    empty4, empty8 = np.empty(0, np.int32), np.empty(0, np.int64)
    return Ends(point_count=count, join=empty4, point=empty4, arc=empty4, offset_ms=empty8, access_ms=empty8)
