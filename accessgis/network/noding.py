"""Lines that were drawn without splitting: vertices where roads on the ground cross, and ends that nearly meet.

After it, lines meet where they share a vertex, as :func:`accessgis.network.split.build_roads` asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

JOIN_M = 2.0
"""Ends nearer than this to another road are joined to it."""
LOOK_M = 30.0
"""Ends that stay loose but are nearer than this to a road they do not meet are worth a look."""
GRID_M = 0.001
"""Vertices nearer than this are one."""

Shapes = NDArray[np.object_]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Noded:
    """Lines with the vertices that were missing.

    Attributes
    ----------
    lines
        The same lines in the same order.
    crossed
        Places where lines crossed or touched without a common vertex, shape (n, 2).
    moved
        Where ends are that were moved, by less than ``JOIN_M``, shape (n, 2).
    loose_line, loose
        Line and place of every end that meets nothing but has another road within ``LOOK_M``; shapes (n,), (n, 2).
    """

    lines: Shapes
    crossed: Floats
    moved: Floats
    loose_line: Longs
    loose: Floats


def node_lines(lines: Shapes, *, level: Bools, closed: Bools, ramps: Bools) -> Noded:
    """Give lines a common vertex where roads meet.

    Parameters
    ----------
    lines
        LineStrings in metres.
    level
        Whether a line lies on the ground: bridges and tunnels meet others at their ends only.
    closed
        Whether a road has no crossings on the ground at all, as motorways: only ``ramps`` meet its inner part.
    ramps
        Whether the ends of a line may join closed roads: ramps and closed roads themselves.

    Returns
    -------
    Noded
        Lines crossed where both are on the ground and neither is closed; ends within ``JOIN_M`` joined to the nearest
        end, else to the nearest point of a road on the ground.
    """
    met, together = _ends_together(lines)
    cut, crossed = _crossed(met, level & ~closed)
    final, joined = _ends_to_lines(cut, level=level, closed=closed, ramps=ramps)
    line, loose = _loose(final, level=level)
    return Noded(lines=final, crossed=crossed, moved=np.concatenate([together, joined]), loose_line=line, loose=loose)


def _end_points(lines: Shapes) -> Floats:
    """Return first and last vertex of every line, shape (2 n, 2): the ends of line i are 2 i and 2 i + 1."""
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    return np.stack([first, last], axis=1).reshape(-1, 2)


def _ends_together(lines: Shapes) -> tuple[Shapes, Floats]:
    """Move ends that are nearer than ``JOIN_M`` to each other to one place: that of the first of them."""
    at = _end_points(lines)
    points = np.asarray(shapely.points(at), dtype=object)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=JOIN_M)
    # A line whose own ends are that near is either a ring to be closed or too short to have a middle.
    short = np.repeat(shapely.length(lines) <= 2 * JOIN_M, 2)
    keep = (one < other) & ~((one // 2 == other // 2) & short[one])
    links = sparse.coo_array((np.ones(keep.sum()), (one[keep], other[keep])), shape=(len(at), len(at)))
    group = csgraph.connected_components(links, directed=False)[1]
    first = np.full(group.max(initial=-1) + 1, len(at), dtype=np.int64)
    np.minimum.at(first, group, np.arange(len(at)))
    target = at[first[group]]
    gone = np.hypot(*(target - at).T) > GRID_M
    # Neither end of a line may reach the other by way of others.
    whole = group[0::2] != group[1::2]
    gone &= np.repeat(whole | ~short[0::2], 2)
    return _with_ends(lines, np.flatnonzero(gone), target[gone]), target[gone]


def _with_ends(lines: Shapes, ends: Longs, places: Floats) -> Shapes:
    """Return the lines with some of their ends elsewhere."""
    if not ends.size:
        return lines
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    start = np.searchsorted(line, np.arange(len(lines)))
    stop = np.append(start[1:], len(line)) - 1
    coordinates[np.where(ends % 2 == 0, start[ends // 2], stop[ends // 2])] = places
    return np.asarray(shapely.linestrings(coordinates, indices=line), dtype=object)


def _crossed(lines: Shapes, crossing: Bools) -> tuple[Shapes, Floats]:
    """Put a vertex where two lines meet, into both, and return these places."""
    rows = np.flatnonzero(crossing)
    tree = shapely.STRtree(lines[rows])
    one, other = tree.query(lines[rows], predicate="intersects")
    one, other = rows[one[one < other]], rows[other[one < other]]
    if not one.size:
        return lines, np.empty((0, 2))
    pair, points = meeting_points(shapely.intersection(lines[one], lines[other]))
    points = np.round(points / GRID_M) * GRID_M
    line = np.concatenate([one[pair], other[pair]])
    places = np.concatenate([points, points])
    new = _vertex_distance(lines, line, places) > 2 * GRID_M
    met = np.concatenate([np.arange(len(pair)), np.arange(len(pair))])[new]
    return _with_vertices(lines, line[new], places[new]), np.unique(points[np.unique(met)], axis=0)


def meeting_points(shared: Shapes) -> tuple[Longs, Floats]:
    """Return the points of intersections and the ends of common stretches, with the number of the pair."""
    parts, pair = shapely.get_parts(shared, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    pair = pair[inner]
    stretch = shapely.get_type_id(parts) == 1
    ends = _end_points(parts[stretch])
    where = np.concatenate([pair[~stretch], np.repeat(pair[stretch], 2)])
    return where.astype(np.int64), np.concatenate([shapely.get_coordinates(parts[~stretch]), ends])


def _vertex_distance(lines: Shapes, line: Longs, places: Floats) -> Floats:
    """Return how far each place is from the nearest vertex of its line."""
    used, position = np.unique(line, return_inverse=True)
    clouds = np.array([shapely.multipoints(shapely.get_coordinates(one)) for one in lines[used]], dtype=object)
    return np.asarray(shapely.distance(clouds[position], shapely.points(places)), dtype=np.float64)


def _with_vertices(lines: Shapes, line: Longs, places: Floats) -> Shapes:
    """Return the lines with more vertices, each where it lies along its line."""
    if not line.size:
        return lines
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(coordinates, axis=0, prepend=coordinates[:1]).T)
    step[np.diff(owner, prepend=-1) > 0] = 0.0
    whole = np.cumsum(step)
    first = np.searchsorted(owner, np.arange(len(lines)))
    along = whole - whole[first][owner]
    extra = shapely.line_locate_point(lines[line], shapely.points(places))
    every = np.concatenate([coordinates, places])
    owners = np.concatenate([owner, line])
    order = np.lexsort((np.concatenate([along, extra]), owners))
    ordered, owners = every[order], owners[order]
    # The ends stay the ends, whatever rounding says about where a vertex beside them lies.
    start = np.searchsorted(owners, np.arange(len(lines)))
    stop = np.append(start[1:], len(owners)) - 1
    last = np.append(first[1:], len(owner)) - 1
    ordered[start], ordered[stop] = coordinates[first], coordinates[last]
    return np.asarray(shapely.linestrings(ordered, indices=owners), dtype=object)


def _users(lines: Shapes, *, level: Bools) -> Longs:
    """Return how many lines use the place of each end; the inner vertices of bridges use none."""
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    grid = np.round(coordinates / GRID_M).astype(np.int64)
    node = np.unique(grid, axis=0, return_inverse=True)[1].reshape(-1)
    start = np.searchsorted(owner, np.arange(len(lines)))
    stop = np.append(start[1:], len(owner)) - 1
    counted = level[owner].copy()
    counted[start] = counted[stop] = True
    pairs = np.unique(np.column_stack([node[counted], owner[counted]]), axis=0)
    users = np.bincount(pairs[:, 0], minlength=node.max(initial=-1) + 1)
    ends = np.column_stack([node[start], node[stop]]).reshape(-1)
    rings = np.repeat(node[start] == node[stop], 2)
    return np.asarray(users[ends] + rings, dtype=np.int64)


def _ends_to_lines(lines: Shapes, *, level: Bools, closed: Bools, ramps: Bools) -> tuple[Shapes, Floats]:
    """Join loose ends to the nearest road on the ground within ``JOIN_M``, and return where they are now."""
    users = _users(lines, level=level)
    loose = np.flatnonzero(users == 1)
    at = _end_points(lines)[loose]
    targets = np.flatnonzero(level)
    end, target = shapely.STRtree(lines[targets]).query(shapely.points(at), predicate="dwithin", distance=JOIN_M)
    target = targets[target]
    fits = (target != loose[end] // 2) & (~closed[target] | ramps[loose[end] // 2])
    end, target = end[fits], target[fits]
    if not end.size:
        return lines, np.empty((0, 2))
    away = shapely.distance(shapely.points(at[end]), lines[target])
    order = np.lexsort((target, away, end))
    first = order[np.diff(end[order], prepend=-1) > 0]
    end, target = end[first], target[first]
    along = shapely.line_locate_point(lines[target], shapely.points(at[end]))
    places = shapely.get_coordinates(shapely.line_interpolate_point(lines[target], along))
    places = np.round(places / GRID_M) * GRID_M
    cut = _with_vertices(lines, target, places)
    return _with_ends(cut, loose[end], places), places


def _loose(lines: Shapes, *, level: Bools) -> tuple[Longs, Floats]:
    """Return the ends that meet nothing though a road that their line does not meet is within ``LOOK_M``."""
    users = _users(lines, level=level)
    loose = np.flatnonzero(users == 1)
    at = _end_points(lines)[loose]
    end, near = shapely.STRtree(lines).query(shapely.points(at), predicate="dwithin", distance=LOOK_M)
    own = loose[end] // 2
    apart = (own != near) & ~shapely.intersects(lines[own], lines[near])
    found = np.unique(loose[end[apart]])
    return (found // 2).astype(np.int64), _end_points(lines)[found]
