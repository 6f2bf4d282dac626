"""How slope slows walking and riding: speed factors per edge and direction, from heights along the roads.

The rules and their sources are data (``network/data/slope.toml``).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse.linalg import spsolve

from accessgis.base.files import packaged_toml
from accessgis.network.model import FloatArray, Roads
from accessgis.network.profiles import Profile
from accessgis.network.split import ragged, segment_lengths

_SHORTEST_M = 0.1


@cache
def _rules() -> dict[str, Any]:
    return packaged_toml("accessgis.network", "data/slope.toml")


def slope_rule(profile: Profile) -> str:
    """Return the slope rule of a profile: ``"tobler"``, ``"bicycle"``, ``"ebike"`` or ``"level"``."""
    rules = _rules()
    return str(rules["profiles"].get(profile.id, rules["modes"][profile.mode]))


def speed_factor(slope: ArrayLike, *, rule: str) -> FloatArray:
    """Return the share of the level speed that is kept on a slope.

    Parameters
    ----------
    slope
        Rise over length in the direction of travel (0.1 is 10 % up); NaN counts as level.
    rule
        ``"tobler"``: Tobler's hiking function relative to level walking, exp(−3.5·|s + 0.05|) / exp(−3.5·0.05), as
        AccessMod applies it. ``"bicycle"``, ``"ebike"``: linear in the gradient between a lowest and a highest
        factor. ``"level"``: 1.

    Returns
    -------
    numpy.ndarray
        Factors above 0, 1.0 on the level.
    """
    table = _rules()
    steep = np.nan_to_num(np.asarray(slope, dtype=np.float64), nan=0.0)
    steep = np.clip(steep, -table["steepest"], table["steepest"])
    if rule == "level":
        return np.ones_like(steep)
    row = table[rule]
    if rule == "tobler":
        rate, best = row["rate"], row["best"]
        return np.asarray(np.exp(rate * (best - np.abs(steep + best))), dtype=np.float64)
    linear = np.where(steep > 0, 1.0 - row["uphill"] * steep, 1.0 - row["downhill"] * steep)
    return np.asarray(np.clip(linear, row["lowest"], row["highest"]), dtype=np.float64)


def edge_factors(roads: Roads, heights: FloatArray, *, rule: str) -> FloatArray:
    """Return the speed factor of every edge in both directions.

    An edge is cut into equal pieces of at least 50 m; its factor is its length over the sum of piece length / piece
    factor. An edge shorter than that is taken to climb over 50 m. Edges that nobody may join (bridges, tunnels,
    ferries) run straight between their ends, and junctions in the middle of a bridge lie on that line. A ferry is
    level.

    Parameters
    ----------
    roads
        The edges.
    heights
        Height in metres of every vertex of ``roads.shape_x``; NaN where unknown, which counts as level.
    rule
        As in :func:`speed_factor`.

    Returns
    -------
    numpy.ndarray
        m × 2 factors: along and against the digitised direction.

    Raises
    ------
    ValueError
        When ``heights`` has not one value per vertex.
    """
    if heights.shape != roads.shape_x.shape:
        raise ValueError("heights must have one value per vertex of the roads")
    if rule == "level" or not roads.edge_count:
        return np.ones((roads.edge_count, 2))
    piece_m = float(_rules()["piece_m"])
    length = roads.length_m
    count = np.where(roads.joinable, np.maximum(1, (length // piece_m).astype(np.int64)), 1)
    rise = _rises(roads, heights, count)
    run = np.maximum(np.repeat(length / count, count), piece_m)
    slope = rise / run
    if "ferry" in roads.classes:
        afloat = roads.road_class == roads.classes.index("ferry")
        slope[np.repeat(afloat, count)] = 0.0
    factors = np.ones((roads.edge_count, 2))
    begin = np.cumsum(count) - count
    for side, sign in enumerate((1.0, -1.0)):
        slowness = np.add.reduceat(1.0 / speed_factor(sign * slope, rule=rule), begin)
        factors[:, side] = count / slowness
    return factors


def _rises(roads: Roads, heights: FloatArray, count: np.ndarray[Any, np.dtype[np.int64]]) -> FloatArray:
    """Return the climb over each of the ``count[e]`` equal pieces of every edge, in metres."""
    step = segment_lengths(roads.shape_start, roads.shape_x, roads.shape_y)
    first, last = roads.shape_start[:-1], roads.shape_start[1:] - 1
    # One axis for all edges with a metre between them, so that one interpolation serves all.
    along = np.concatenate([[0.0], np.cumsum(step)[:-1]])
    along += np.repeat(np.arange(roads.edge_count, dtype=np.float64), np.diff(roads.shape_start))
    begin, share = along[first], np.repeat(roads.length_m / count, count + 1)
    marks = ragged(np.zeros(count.size, dtype=np.int64), count + 1)
    places = np.minimum(np.repeat(begin, count + 1) + marks * share, np.repeat(along[last], count + 1))
    level = np.interp(places, along, heights)
    straight = np.flatnonzero(~roads.joinable)
    if straight.size:
        lifted = _lifted(roads, heights, straight)
        slot = (np.cumsum(count + 1) - (count + 1))[straight]
        level[slot], level[slot + 1] = lifted[roads.tail[straight]], lifted[roads.head[straight]]
    rise = np.diff(level)
    ends = np.cumsum(count + 1)[:-1] - 1
    return np.delete(rise, ends)


def _lifted(roads: Roads, heights: FloatArray, straight: np.ndarray[Any, np.dtype[np.int64]]) -> FloatArray:
    """Return heights of nodes, those inside bridges and tunnels interpolated between the ends on the ground.

    A node that only edges nobody may join meet is not on the ground: its height is the mean of its neighbours', each
    weighted by the inverse of the length between.
    """
    known = np.full(roads.node_count, np.nan)
    known[roads.tail] = heights[roads.shape_start[:-1]]
    known[roads.head] = heights[roads.shape_start[1:] - 1]
    ground = np.zeros(roads.node_count, dtype=bool)
    ground[roads.tail[roads.joinable]] = True
    ground[roads.head[roads.joinable]] = True
    tail, head = roads.tail[straight], roads.head[straight]
    size = roads.node_count
    weight = 1.0 / np.maximum(roads.length_m[straight], _SHORTEST_M)
    links = sparse.coo_array((np.ones(tail.size), (tail, head)), shape=(size, size))
    part = sparse.csgraph.connected_components(links.tocsr(), directed=False)[1]
    anchored = np.zeros(int(part.max()) + 1 if part.size else 0, dtype=bool)
    anchored[part[ground & np.isfinite(known)]] = True
    free = ~ground & anchored[part]
    free[np.setdiff1d(np.arange(size), np.concatenate([tail, head]))] = False
    if not free.any():
        return known
    number = np.cumsum(free) - 1
    pull = np.zeros(size)
    toward = np.zeros(size)
    rows: list[Any] = []
    for a, b in ((tail, head), (head, tail)):
        mine = free[a] & (free[b] | np.isfinite(known[b]))
        np.add.at(pull, a[mine], weight[mine])
        fixed = mine & ~free[b]
        np.add.at(toward, a[fixed], weight[fixed] * known[b[fixed]])
        both = mine & free[b]
        rows.append((number[a[both]], number[b[both]], -weight[both]))
    index = np.arange(int(free.sum()))
    matrix = sparse.coo_array(
        (
            np.concatenate([pull[free], *(row[2] for row in rows)]),
            (np.concatenate([index, *(row[0] for row in rows)]), np.concatenate([index, *(row[1] for row in rows)])),
        ),
        shape=(index.size, index.size),
    )
    known[free] = spsolve(matrix.tocsc(), toward[free])
    return known
