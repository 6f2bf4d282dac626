"""Heights along the roads from an elevation model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from accessgis.base.crs import transformer
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
    with _model(source, label=label) as (raster, crs):
        column, row = _cells(roads.shape_x, roads.shape_y, roads.crs, crs, raster.transform)
        on = (column >= 0) & (column <= raster.width) & (row >= 0) & (row <= raster.height)
        if not on.any():
            raise DataError("AG3503", file=label)
        heights = np.full(column.size, np.nan)
        heights[on] = _interpolated(raster, column[on] - 0.5, row[on] - 0.5)
        cells = raster.width * raster.height
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


def read_slopes(path: Path, x: FloatArray, y: FloatArray, *, crs: CRS, label: str) -> FloatArray:
    """Return the slope of the ground at places: its steepest rise over run (0.25 is 25 %).

    Heights a cell to the west, east, south and north of a place, interpolated as in :func:`read_heights`, give the two
    central differences whose root of squares the slope is (Zevenbergen and Thorne 1987, doi:10.1002/esp.3290120107).

    Parameters
    ----------
    path
        GeoTIFF of heights in metres (band 1), in any CRS.
    x, y
        Places in the working CRS.
    crs
        Working CRS, in metres.
    label
        Path for messages, relative to the study.

    Returns
    -------
    numpy.ndarray
        Shape (n,); NaN where one of the four heights is not known.

    Raises
    ------
    DataError
        AG3002, AG3003, AG3501, AG3502 as :func:`read_heights`.
    """
    source = regular_file(path, label=label, endings=ELEVATION_ENDINGS)
    with _model(source, label=label) as (raster, own):
        step = _cell_m(raster, own, crs, (float(x[0]), float(y[0])))
        ways = [(-step, 0.0), (step, 0.0), (0.0, -step), (0.0, step)]
        around = np.concatenate([np.column_stack([x + dx, y + dy]) for dx, dy in ways])
        column, row = _cells(around[:, 0], around[:, 1], crs, own, raster.transform)
        on = (column >= 0) & (column <= raster.width) & (row >= 0) & (row <= raster.height)
        heights = np.full(column.size, np.nan)
        if on.any():
            heights[on] = _interpolated(raster, column[on] - 0.5, row[on] - 0.5)
    heights[(heights < LOWEST_M) | (heights > HIGHEST_M)] = np.nan
    west, east, south, north = heights.reshape(4, -1)
    return np.asarray(np.hypot(east - west, north - south) / (2.0 * step), dtype=np.float64)


def cell_side_m(path: Path, at: tuple[float, float], *, crs: CRS, label: str) -> float:
    """Return the longer side of a cell at a place, metres of the working CRS; errors as :func:`read_slopes`."""
    with _model(regular_file(path, label=label, endings=ELEVATION_ENDINGS), label=label) as (raster, own):
        return _cell_m(raster, own, crs, at)


def _cell_m(raster: Any, own: CRS, crs: CRS, at: tuple[float, float]) -> float:
    x, y = transformer(crs, own).transform(*at)
    across, down = raster.transform.a, raster.transform.e
    xs, ys = transformer(own, crs).transform([x, x + across, x], [y, y, y + down])
    return float(max(np.hypot(xs[1] - xs[0], ys[1] - ys[0]), np.hypot(xs[2] - xs[0], ys[2] - ys[0])))


@contextmanager
def _model(source: Path, *, label: str) -> Iterator[tuple[Any, CRS]]:
    """Open an elevation model with its CRS; what cannot be read is said in our words."""
    try:
        with opened(source) as raster:
            if raster.crs is None:
                raise DataError("AG3502", file=label)
            if block_bytes(raster) > MAX_BLOCK_BYTES:
                raise too_large(label, block_bytes(raster), MAX_BLOCK_BYTES)
            if raster.transform.is_degenerate or not np.isfinite(raster.transform[:6]).all():
                raise DataError("AG3501", file=label, detail="geotransform")
            yield raster, CRS.from_wkt(raster.crs.to_wkt())
    except (RasterioError, OSError, ValueError, ProjError) as error:
        if isinstance(error, DataError):
            raise
        detail = (
            str(error).splitlines()[0].replace(str(source), label).rstrip(".") if str(error) else type(error).__name__
        )
        raise DataError("AG3501", file=label, detail=detail) from error


def _cells(x: FloatArray, y: FloatArray, own: CRS, crs: CRS, transform: Any) -> tuple[FloatArray, FloatArray]:
    """Return column and row of every place, from the outer corner of the first cell; −1 where there is none."""
    x, y = transformer(own, crs).transform(x, y)
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
    scale, offset = raster.scales[0], raster.offsets[0]
    with np.errstate(invalid="ignore"):  # cells, or a value for no data, that are no numbers
        cells = raster.read(1, window=window, masked=True)
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
