"""Heights along the roads from an elevation model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.provenance import Reading
from accessgis.network.model import Roads
from accessgis.sources.door import record, regular_file
from accessgis.sources.drivers import too_large
from accessgis.sources.rasters import MAX_BLOCK_BYTES, block_bytes, opened

ELEVATION_ENDINGS = (".tif", ".tiff")
LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Heights beyond these exist nowhere on land."""

_STRIP_CELLS = 16_000_000
_LEAST_WEIGHT = 0.5

FloatArray = NDArray[np.float64]


def read_heights(path: Path, roads: Roads, *, label: str) -> Reading[FloatArray]:
    """Return the height at every shape vertex of the roads.

    Heights are interpolated bilinearly between the four nearest cell centres; cells without data are left out of the
    mean while the others weigh at least half. Only the no-data value that the file declares counts as such.

    Parameters
    ----------
    path
        GeoTIFF of heights in metres (band 1), in any CRS.
    roads
        Roads in the working CRS.
    label
        Path for messages and provenance, relative to the study.

    Returns
    -------
    Reading[numpy.ndarray]
        One height in metres per vertex of ``roads.shape_x``, NaN where the file has none.

    Raises
    ------
    DataError
        AG3002 no such file, AG3003 not a GeoTIFF's ending, AG3501 cannot be read, AG3502 no CRS, AG3503 no road on it.
    """
    source = regular_file(path, label=label, endings=ELEVATION_ENDINGS)
    try:
        with opened(source) as raster:
            if raster.crs is None:
                raise DataError("AG3502", file=label)
            if block_bytes(raster) > MAX_BLOCK_BYTES:
                raise too_large(label, block_bytes(raster), MAX_BLOCK_BYTES)
            crs = CRS.from_wkt(raster.crs.to_wkt())
            column, row = _cells(roads, crs, raster.transform)
            on = (column >= 0) & (column <= raster.width) & (row >= 0) & (row <= raster.height)
            if not on.any():
                raise DataError("AG3503", file=label)
            heights = np.full(column.size, np.nan)
            heights[on] = _interpolated(raster, column[on] - 0.5, row[on] - 0.5)
            cells = raster.width * raster.height
    except (RasterioError, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        detail = (
            str(error).splitlines()[0].replace(str(source), label).rstrip(".") if str(error) else type(error).__name__
        )
        raise DataError("AG3501", file=label, detail=detail) from error
    place = Place(file=label)
    doubts: list[Doubt] = []
    absurd = (heights < LOWEST_M) | (heights > HIGHEST_M)
    heights[absurd] = np.nan
    if absurd.any():
        doubts.append(Doubt(code="AG9502", place=place, count=int(absurd.sum())))
    lost = int(np.isnan(heights).sum() - absurd.sum())
    if lost:
        doubts.append(Doubt(code="AG9501", place=place, count=lost, values={"total": int(heights.size)}))
    heights.setflags(write=False)
    entry = record(source, role="elevation", label=label, rows=cells, crs=crs)
    return Reading(heights, (entry,), tuple(doubts))


def _cells(roads: Roads, crs: CRS, transform: Any) -> tuple[FloatArray, FloatArray]:
    """Return column and row of every vertex, from the outer corner of the first cell; −1 where there is none."""
    move = Transformer.from_crs(roads.crs, crs, always_xy=True)
    x, y = move.transform(roads.shape_x, roads.shape_y)
    inverse = ~transform
    column = inverse.a * x + inverse.b * y + inverse.c
    row = inverse.d * x + inverse.e * y + inverse.f
    known = np.isfinite(column) & np.isfinite(row)
    return np.where(known, column, -1.0), np.where(known, row, -1.0)


def _interpolated(raster: Any, column: FloatArray, row: FloatArray) -> FloatArray:
    """Return heights at places counted from the centre of the first cell, reading the raster in strips of rows."""
    west = max(0, int(np.floor(column.min())))
    east = min(raster.width - 1, int(np.floor(column.max())) + 1)
    width = east - west + 1
    depth = max(2, _STRIP_CELLS // width)
    top = np.clip(np.floor(row), 0, raster.height - 1).astype(np.int64)
    heights = np.full(column.size, np.nan)
    for first in range(int(top.min()), int(top.max()) + 1, depth):
        here = np.flatnonzero((top >= first) & (top < first + depth))
        if not here.size:
            continue
        rows = min(depth + 1, raster.height - first)
        cells = _heights(raster, Window(west, first, width, rows))
        heights[here] = _bilinear(cells, column[here] - west, row[here] - first)
    return heights


def _heights(raster: Any, window: Window) -> FloatArray:
    """Return the cells of a window in metres, NaN where the file declares no data."""
    cells = raster.read(1, window=window, masked=True)
    scale, offset = raster.scales[0], raster.offsets[0]
    values: FloatArray = np.ma.getdata(cells).astype(np.float64) * scale + offset
    values[np.ma.getmaskarray(cells)] = np.nan
    return values


def _bilinear(cells: FloatArray, column: FloatArray, row: FloatArray) -> FloatArray:
    last_row, last_column = cells.shape[0] - 1, cells.shape[1] - 1
    column, row = np.clip(column, 0, last_column), np.clip(row, 0, last_row)
    left = np.minimum(column.astype(np.int64), max(last_column - 1, 0))
    top = np.minimum(row.astype(np.int64), max(last_row - 1, 0))
    right, bottom = np.minimum(left + 1, last_column), np.minimum(top + 1, last_row)
    across, down = column - left, row - top
    total, weights = np.zeros(column.size), np.zeros(column.size)
    for i, j, weight in (
        (top, left, (1 - down) * (1 - across)),
        (top, right, (1 - down) * across),
        (bottom, left, down * (1 - across)),
        (bottom, right, down * across),
    ):
        value = cells[i, j]
        known = np.isfinite(value)
        total += np.where(known, weight * np.nan_to_num(value), 0.0)
        weights += np.where(known, weight, 0.0)
    mean = np.full(column.size, np.nan)
    np.divide(total, weights, out=mean, where=weights >= _LEAST_WEIGHT)
    return mean
