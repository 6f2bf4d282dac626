"""Splitting population cells between areas by exact area share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from accessgis.layers.areas import Areas, Level
from accessgis.layers.belonging import NOWHERE

LEAST_SHARE = 1e-9
"""A part smaller than this share of its cell is added to the cell's largest part."""

_BLOCK = 24
"""Cells along the side of a block: outlines are cut to blocks first, so that a cell meets a short outline only."""

Shapes = NDArray[np.object_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Parts:
    """Parts of cells, sorted by cell, then in the order of areas; the shares of a cell add up to 1.

    Attributes
    ----------
    cell
        Row of the cell that a part was cut from.
    area
        Row of ``Areas.frame`` of the lowest unit that holds the part, ``NOWHERE`` beyond every area.
    share
        Share of the cell's area.
    x, y
        Centroid of the part, or a point on it where the centroid falls outside, working CRS.
    """

    cell: Ints
    area: Ints
    share: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces of cells that are still to be placed; ``whole`` says that a piece is its entire cell."""

    cell: Ints
    shape: Shapes
    whole: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.cell)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> _Pieces:
        return _Pieces(self.cell[chosen], self.shape[chosen], self.whole[chosen])


def partition(cells: Shapes, blocks: Ints, areas: Areas) -> Parts:
    """Split cells between villages, what is left between townships, then counties, the rest lies beyond the border.

    Parameters
    ----------
    cells
        Convex polygons in the working CRS, shape (n,).
    blocks
        Number of the block of neighbouring cells that each cell is in, shape (n,); see :func:`block_numbers`.
    areas
        Areas in the same CRS; where areas of one level overlap, the lowest code wins.
    """
    left = _Pieces(np.arange(len(cells), dtype=np.int64), cells, np.ones(len(cells), dtype=bool))
    placed: list[tuple[_Pieces, Ints]] = []
    levels: tuple[Level, ...] = ("village", "township", "county")
    for level in levels:
        rows = np.flatnonzero((areas.frame["level"] == level).to_numpy())
        if not rows.size or not len(left):
            continue
        pieces, polygon, left = _split(left, areas.frame.geometry.to_numpy()[rows], blocks)
        placed.append((pieces, rows[polygon]))
    placed.append((left, np.full(len(left), NOWHERE, dtype=np.int64)))
    cell = np.concatenate([pieces.cell for pieces, _ in placed])
    shape = np.concatenate([pieces.shape for pieces, _ in placed])
    whole = np.concatenate([pieces.whole for pieces, _ in placed])
    area = np.concatenate([rows for _, rows in placed])
    return _parts(cells, cell, shape, whole, area)


def block_numbers(row: Ints, column: Ints) -> Ints:
    """Return the number of the block that the cells at ``row``, ``column`` of a grid are in."""
    return np.asarray((row // _BLOCK) * (int(column.max(initial=0)) // _BLOCK + 1) + column // _BLOCK, dtype=np.int64)


def _split(pieces: _Pieces, polygons: Shapes, blocks: Ints) -> tuple[_Pieces, Ints, _Pieces]:
    """Return the pieces inside polygons, the polygon of each, and the pieces left over."""
    tree = shapely.STRtree(pieces.shape)
    polygon, piece = tree.query(polygons, predicate="intersects")
    holder, held = tree.query(polygons, predicate="covers")
    none = len(polygons)
    first_holder = np.full(len(pieces), none, dtype=np.int64)
    np.minimum.at(first_holder, held, holder)
    # A piece inside one polygon is settled unless a polygon of a lower code takes some of it.
    contested = np.zeros(len(pieces), dtype=bool)
    earlier = polygon < first_holder[piece]
    contested[piece[earlier]] = True
    settled = (first_holder < none) & ~contested
    untouched = ~settled & ~contested
    pairs = np.flatnonzero(contested[piece] & (polygon <= first_holder[piece]))
    pairs = pairs[np.lexsort((polygon[pairs], piece[pairs]))]
    cut, cut_polygon, rest = _cut(pieces, piece[pairs], polygon[pairs], polygons, blocks)
    inside = pieces.take(settled)
    return (
        _joined(inside, cut),
        np.concatenate([first_holder[settled], cut_polygon]),
        _joined(pieces.take(untouched), rest),
    )


def _joined(one: _Pieces, other: _Pieces) -> _Pieces:
    return _Pieces(
        np.concatenate([one.cell, other.cell]),
        np.concatenate([one.shape, other.shape]),
        np.concatenate([one.whole, other.whole]),
    )


def _cut(pieces: _Pieces, piece: Ints, polygon: Ints, polygons: Shapes, blocks: Ints) -> tuple[_Pieces, Ints, _Pieces]:
    """Cut pieces by polygons, pairs sorted by piece and polygon; the first polygon takes what several claim."""
    contested = np.unique(piece)
    size = shapely.area(pieces.shape)
    shapes = _flat(shapely.intersection(pieces.shape[piece], _outlines_near(pieces, piece, polygon, polygons, blocks)))
    keep = shapely.area(shapes) > 0
    piece, polygon, shapes = piece[keep], polygon[keep], shapes[keep]
    owners, start = np.unique(piece, return_index=True)
    turns = np.arange(len(piece)) - start[np.searchsorted(owners, piece)]
    taken: Shapes = np.full(len(pieces), shapely.Polygon(), dtype=object)
    for turn in range(int(turns.max(initial=-1)) + 1):
        mine = np.flatnonzero(turns == turn)
        before = taken[piece[mine]]
        clash = shapely.area(shapely.intersection(shapes[mine], before)) > LEAST_SHARE * size[piece[mine]]
        shapes[mine[clash]] = _flat(shapely.difference(shapes[mine[clash]], before[clash]))
        taken[piece[mine]] = shapely.union(before, shapes[mine])
    full = shapely.area(shapes) > (1.0 - LEAST_SHARE) * size[piece]
    shapes[full] = pieces.shape[piece[full]]
    cut = _Pieces(pieces.cell[piece], shapes, pieces.whole[piece] & full)
    open_ = contested[shapely.area(taken[contested]) < (1.0 - LEAST_SHARE) * size[contested]]
    rest = pieces.take(open_)
    begun = np.isin(open_, owners)
    remains = rest.shape.copy()
    remains[begun] = _flat(shapely.difference(remains[begun], taken[open_[begun]]))
    return cut, polygon, _Pieces(rest.cell, remains, rest.whole & ~begun)


def _outlines_near(pieces: _Pieces, piece: Ints, polygon: Ints, polygons: Shapes, blocks: Ints) -> Shapes:
    """Return for each pair the polygon cut to the surroundings of the piece's block."""
    block = blocks[pieces.cell[piece]]
    pairs, pair = np.unique(np.column_stack([block, polygon]), axis=0, return_inverse=True)
    names, place = np.unique(block, return_inverse=True)
    bounds = shapely.bounds(pieces.shape[piece])
    low, high = np.full((len(names), 2), np.inf), np.full((len(names), 2), -np.inf)
    np.minimum.at(low, place, bounds[:, :2])
    np.maximum.at(high, place, bounds[:, 2:])
    at = np.searchsorted(names, pairs[:, 0])
    boxes = shapely.box(low[at, 0], low[at, 1], high[at, 0], high[at, 1])
    return _flat(shapely.intersection(polygons[pairs[:, 1]], boxes))[pair.reshape(-1)]


def _flat(shapes: Shapes) -> Shapes:
    """Return only what has area: polygons that touch leave points and lines, which hold nobody."""
    kinds = shapely.get_type_id(shapes)
    flat = shapes.copy()
    for odd in np.flatnonzero(~np.isin(kinds, (3, 6))):
        parts = shapely.get_parts(shapely.get_parts(shapes[odd : odd + 1]))
        polygons = parts[shapely.get_type_id(parts) == 3]
        flat[odd] = shapely.MultiPolygon(list(polygons)) if polygons.size else shapely.Polygon()
    return flat


def _parts(cells: Shapes, cell: Ints, shape: Shapes, whole: NDArray[np.bool_], area: Ints) -> Parts:
    """Order the parts and make the shares of every cell add up to exactly 1."""
    order = np.lexsort((np.where(area == NOWHERE, np.iinfo(np.int64).max, area), cell))
    cell, shape, whole, area = cell[order], shape[order], whole[order], area[order]
    share = np.where(whole, 1.0, shapely.area(shape) / shapely.area(cells[cell]))
    start = np.flatnonzero(np.diff(cell, prepend=-1))
    group = np.cumsum(np.diff(cell, prepend=-1) > 0) - 1
    largest = np.maximum.reduceat(share, start)[group] == share if len(share) else np.zeros(0, dtype=bool)
    # Of equally large parts the first stays the largest.
    first = np.zeros(len(share), dtype=bool)
    first[np.flatnonzero(largest)[np.unique(group[largest], return_index=True)[1]]] = True
    keep = first | (share >= LEAST_SHARE)
    others = np.where(first | ~keep, 0.0, share)
    total = np.add.reduceat(others, start)[group] if len(share) else others
    share = np.where(first, 1.0 - total, share)[keep]
    cell, shape, whole, area = cell[keep], shape[keep], whole[keep], area[keep]
    at = shapely.centroid(shape)
    outside = ~whole
    outside[outside] = ~shapely.intersects(shape[outside], at[outside])
    at[outside] = shapely.point_on_surface(shape[outside])
    return Parts(cell=cell, area=area, share=share, x=shapely.get_x(at), y=shapely.get_y(at))
