"""Seeded road-like networks of any size for benchmarks: a jittered lattice with gaps, arterials and motorways."""

from __future__ import annotations

import numpy as np
from pyproj import CRS
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from accessgis.network.model import Network, Roads
from accessgis.network.profiles import Profile, SpeedRange

SPACING_M = 150.0


def lattice(junctions: int, *, seed: int = 0) -> Network:
    """Return the largest component of a lattice of about ``junctions`` junctions, in random order, two-way."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(junctions / 0.955))
    row, column = np.divmod(np.arange(side * side), side)
    x, y = ((v + rng.uniform(-0.35, 0.35, v.size)) * SPACING_M for v in (column, row))
    index = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    head = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    line = np.concatenate([row[index[:, :-1].ravel()], column[index[:-1].ravel()]])
    arterial, motorway = line % 10 == 0, line % 60 == 30
    kept = (rng.random(tail.size) < 0.6) | (arterial & (rng.random(tail.size) < 0.97)) | motorway
    tail, head, arterial, motorway = tail[kept], head[kept], arterial[kept], motorway[kept]
    _, part = connected_components(coo_matrix((np.ones(tail.size), (tail, head)), shape=(x.size, x.size)))
    inside = part == np.bincount(part).argmax()
    number = np.full(x.size, -1)
    number[inside] = rng.permutation(inside.sum())
    kept = inside[tail]
    arterial, motorway = arterial[kept], motorway[kept]
    tail, head = number[tail[kept]].astype(np.int32), number[head[kept]].astype(np.int32)
    order = np.argsort(number[inside])
    x, y = x[inside][order], y[inside][order]
    length_m = np.hypot(x[tail] - x[head], y[tail] - y[head])
    speed_kph = np.where(motorway, 100.0, np.where(arterial, 60.0, rng.choice([20.0, 30.0, 30.0, 40.0], tail.size)))
    return _network(x, y, tail, head, length_m, np.maximum(1, np.round(length_m * 3600 / speed_kph)).astype(np.int64))


def _network(x, y, tail, head, length_m, ms) -> Network:
    m = tail.size
    bend = (x[tail] + x[head]) / 2 + 3.0, (y[tail] + y[head]) / 2 - 3.0
    one = SpeedRange(low=4.0, central=4.0, high=4.0)
    all_true = np.ones(m, np.bool_)
    return Network(
        roads=Roads(
            crs=CRS.from_epsg(4546), node_x=x, node_y=y, tail=tail, head=head, length_m=length_m,
            shape_start=np.arange(m + 1, dtype=np.int64) * 3,
            shape_x=np.column_stack([x[tail], bend[0], x[head]]).ravel(),
            shape_y=np.column_stack([y[tail], bend[1], y[head]]).ravel(),
            road_class=np.zeros(m, np.uint8), classes=("residential",),
            forward=np.ones(m, np.uint8), backward=np.ones(m, np.uint8),
            maxspeed_forward_kph=np.full(m, np.nan), maxspeed_backward_kph=np.full(m, np.nan),
            joinable=all_true, duration_ms=np.full(m, -1, np.int64), source_id=np.arange(m),
        ),
        profile=Profile(
            id="vehicle", mode="motor", obeys_oneway=True, speed_kph=one, class_speed_kph={}, walking_kph=one,
            title_zh="", title_en="", source="assumed",
        ),
        walking_kph=4.0,
        arc_edge=np.repeat(np.arange(m, dtype=np.int32), 2),
        arc_tail=np.column_stack([tail, head]).ravel(),
        arc_head=np.column_stack([head, tail]).ravel(),
        arc_forward=np.tile([True, False], m),
        arc_ms=np.repeat(ms, 2),
        joinable=all_true,
        island=np.zeros(m, np.bool_),
    )  # fmt: skip
