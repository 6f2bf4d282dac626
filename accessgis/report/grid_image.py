"""The people of a study as a small picture: one palette image per rule and mode, aligned to Web Mercator."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from accessgis.base.crs import WEB_MERCATOR, WGS84, transformer
from accessgis.layers.demand import Demand

MAX_SIDE_PX = 1_600
MAX_SIDE_CELLS = 900
"""Cells along a side: where there are more, squares of whole cells are gathered, as a screen shows no more anyway."""
POINT_CELL_M = 150.0
"""Side of the cells that people given as points are gathered in."""
BREAK_SHARES = (0.5, 0.85)
_NICE = (1.0, 2.0, 5.0, 10.0)
_PIXELS_PER_CELL = 2
_COMPRESSION = 5
_COLOURS_MOST = 16
_SLACK = 1e-6

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class CellGrid:
    """Where the people are: a raster of cell numbers, and the cell of every demand point.

    Attributes
    ----------
    cell_of
        Cell of each demand point, −1 for points that are not judged.
    count
        Number of cells.
    raster
        Cell number per pixel, north first, −1 for none.
    bounds
        ``[[south, west], [north, east]]`` in WGS-84 degrees.
    cell_m
        Side of a cell in metres.
    """

    cell_of: IntArray
    count: int
    raster: NDArray[np.int32]
    bounds: list[list[float]]
    cell_m: float

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum per cell of one value per demand point."""
        judged = self.cell_of >= 0
        weights = values[judged].astype(np.float64)
        return np.bincount(self.cell_of[judged], weights=weights, minlength=self.count).astype(np.float64)

    def leading(self, people: NDArray[np.float64]) -> IntArray:
        """Return per cell its demand point with most people (lowest index on ties), −1 without any."""
        result = np.full(self.count, -1, dtype=np.int64)
        judged = np.flatnonzero((self.cell_of >= 0) & (people > 0))
        order = judged[np.argsort(-people[judged], kind="stable")][::-1]
        result[self.cell_of[order]] = order
        return result

    def image(self, codes: NDArray[np.uint8], palette: Sequence[str]) -> str:
        """Return a PNG as a data address; ``codes`` per cell index ``palette``, whose first colour is transparent."""
        pixels = np.where(self.raster >= 0, codes[np.maximum(self.raster, 0)], 0).astype(np.uint8)
        return "data:image/png;base64," + base64.b64encode(palette_png(pixels, palette)).decode("ascii")


def cell_grid(demand: Demand, crs: str) -> CellGrid | None:
    """Return the cells of a study's people, None where nobody is judged."""
    judged = np.flatnonzero(demand.frame["judged"].to_numpy())
    if not judged.size:
        return None
    to_mercator = transformer(crs, WEB_MERCATOR)
    cell = demand.frame["cell"].to_numpy()[judged]
    if (cell >= 0).all() and len(demand.cells):
        return _from_cells(demand, judged, cell, to_mercator)
    return _from_points(demand, judged, to_mercator)


def people_breaks(sums: NDArray[np.float64]) -> tuple[int, int]:
    """Return the two round numbers that part few, more and many, of the people of every cell."""
    low, high = np.quantile(sums[sums > 0], BREAK_SHARES) if (sums > 0).any() else (1.0, 2.0)
    first = nice(float(low))
    return first, max(nice(float(high)), 2 * first)


def nice(value: float) -> int:
    """Return the nearest of 1, 2, 5, 10, 20, 50, … at least 1."""
    if value <= 1:
        return 1
    power = 10.0 ** np.floor(np.log10(value))
    return int(power * min(_NICE, key=lambda step: (abs(step - value / power), step)))


def palette_png(pixels: NDArray[np.uint8], palette: Sequence[str]) -> bytes:
    """Return a PNG of 4-bit colour numbers.

    Parameters
    ----------
    pixels
        Shape (height, width), values below ``len(palette)``.
    palette
        At most 16 colours ``#rrggbb``; the first is transparent.
    """
    if len(palette) > _COLOURS_MOST:
        raise ValueError("a 4-bit image has at most 16 colours")
    height, width = pixels.shape
    padded = np.zeros((height, width + width % 2), dtype=np.uint8)
    padded[:, :width] = pixels
    packed = padded[:, 0::2] << 4 | padded[:, 1::2]
    rows = np.concatenate([np.zeros((height, 1), dtype=np.uint8), packed], axis=1)
    colours = b"".join(bytes.fromhex(colour.lstrip("#")) for colour in palette)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
            _chunk(b"PLTE", colours),
            _chunk(b"tRNS", b"\x00"),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), _COMPRESSION)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _from_cells(demand: Demand, judged: IntArray, cell: IntArray, to_mercator: Transformer) -> CellGrid:
    used, number = np.unique(cell, return_inverse=True)
    shapes, part = demand.cells[used], np.arange(len(used))
    bounds = shapely.bounds(shapes)
    side_m = float(np.median(bounds[:, 2:] - bounds[:, :2]))
    extent_m = (bounds[:, 2:].max(axis=0) - bounds[:, :2].min(axis=0)).max()
    together = math.ceil(extent_m / side_m / MAX_SIDE_CELLS - _SLACK)
    if together > 1:
        shapes, part = _gathered(bounds, together * side_m)
    mercator = _mercator_bounds(shapes, to_mercator)
    side = float(np.median(mercator[:, 2] - mercator[:, 0]))
    cell_m = together * demand.cell_diagonal_m / 2**0.5
    return _grid(demand, judged, part[number], mercator, side / _PIXELS_PER_CELL, cell_m)


def _gathered(bounds: NDArray[np.float64], side_m: float) -> tuple[NDArray[np.object_], IntArray]:
    """Return the squares of a coarser lattice that hold the cells, and the square of each cell."""
    corner = bounds[:, :2].min(axis=0)
    column, row = ((bounds[:, :2] + bounds[:, 2:]) / 2 - corner).T // side_m
    width = int(column.max()) + 1
    keys, part = np.unique((row * width + column).astype(np.int64), return_inverse=True)
    south, west = corner[1] + keys // width * side_m, corner[0] + keys % width * side_m
    return shapely.box(west, south, west + side_m, south + side_m), part


def _mercator_bounds(shapes: NDArray[np.object_], to_mercator: Transformer) -> NDArray[np.float64]:
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    projected = np.column_stack(to_mercator.transform(xy[:, 0], xy[:, 1]))
    first = np.flatnonzero(np.diff(index, prepend=-1))
    return np.hstack([np.minimum.reduceat(projected, first), np.maximum.reduceat(projected, first)])


def _from_points(demand: Demand, judged: IntArray, to_mercator: Transformer) -> CellGrid:
    xy = demand.frame[["x", "y"]].to_numpy(dtype=np.float64)[judged]
    x, y = (np.asarray(part) for part in to_mercator.transform(xy[:, 0], xy[:, 1]))
    latitude = 2 * np.arctan(np.exp(np.median(y) / 6378137.0)) - np.pi / 2
    extent = max(float(np.ptp(x)), float(np.ptp(y)))
    side = max(POINT_CELL_M / np.cos(latitude), extent / MAX_SIDE_CELLS)
    columns, rows = np.floor(x / side).astype(np.int64), np.floor(y / side).astype(np.int64)
    keys, number = np.unique(np.column_stack([rows, columns]), axis=0, return_inverse=True)
    west, south = keys[:, 1] * side, keys[:, 0] * side
    bounds = np.column_stack([west, south, west + side, south + side])
    return _grid(demand, judged, number.ravel(), bounds, side, side * np.cos(latitude))


def _grid(
    demand: Demand, judged: IntArray, number: IntArray, bounds: NDArray[np.float64], pixel: float, cell_m: float
) -> CellGrid:
    west, south = float(bounds[:, 0].min()), float(bounds[:, 1].min())
    east, north = float(bounds[:, 2].max()), float(bounds[:, 3].max())
    pixel = max(pixel, (east - west) / MAX_SIDE_PX, (north - south) / MAX_SIDE_PX)
    width, height = (max(1, int(np.ceil(length / pixel - _SLACK))) for length in (east - west, north - south))
    north = south + height * pixel
    raster = _painted(bounds, west, north, pixel, (height, width))
    cell_of = np.full(len(demand.frame), -1, dtype=np.int64)
    cell_of[judged] = number
    to_degrees = transformer(WEB_MERCATOR, WGS84)
    lon, lat = to_degrees.transform([west, west + width * pixel], [south, north])
    corners = [[round(lat[0], 7), round(lon[0], 7)], [round(lat[1], 7), round(lon[1], 7)]]
    return CellGrid(cell_of=cell_of, count=len(bounds), raster=raster, bounds=corners, cell_m=cell_m)


def _painted(
    bounds: NDArray[np.float64], west: float, north: float, pixel: float, shape: tuple[int, int]
) -> NDArray[np.int32]:
    raster = np.full(shape, -1, dtype=np.int32)
    left = np.ceil((bounds[:, 0] - west) / pixel - 0.5 - 1e-9).astype(np.int64)
    right = np.ceil((bounds[:, 2] - west) / pixel - 0.5 - 1e-9).astype(np.int64) - 1
    top = np.ceil((north - bounds[:, 3]) / pixel - 0.5 - 1e-9).astype(np.int64)
    bottom = np.ceil((north - bounds[:, 1]) / pixel - 0.5 - 1e-9).astype(np.int64) - 1
    right, bottom = np.maximum(right, left), np.maximum(bottom, top)
    for down in range(int((bottom - top).max()) + 1):
        for across in range(int((right - left).max()) + 1):
            row, column = top + down, left + across
            inside = (row <= bottom) & (column <= right)
            inside &= (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
            raster[row[inside], column[inside]] = np.flatnonzero(inside)
    return raster
