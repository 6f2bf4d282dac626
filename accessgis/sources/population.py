"""People from population rasters: cells split exactly between villages, nobody lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from accessgis.base.crs import transformer
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.areas import Areas
from accessgis.layers.demand import GROUPS, MOST_PEOPLE, Demand, from_parts
from accessgis.layers.partition import block_numbers, partition
from accessgis.sources.door import record, regular_file, rounded
from accessgis.sources.rasters import MAX_BLOCK_BYTES, block_bytes, opened

RASTER_ENDINGS = (".tif", ".tiff")
MAX_WINDOW_CELLS = 30_000_000
COARSE_CELL_M = 250.0
"""Cells with a longer side are a doubt: a village is then hardly seen."""

LEAST_UNCOVERED = 0.005
"""Share of the county's area outside the raster above which it is a doubt."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Grid:
    """A window of a raster: people per cell, 0 where there are no data."""

    people: NDArray[np.float64]
    transform: Affine
    crs: CRS
    shape: tuple[int, int]
    no_data: int


def read_population_rasters(
    total: Path,
    groups: Mapping[str, Path],
    *,
    labels: Mapping[str, str],
    areas: Areas,
    nodata: float | None,
    margin_m: float,
) -> Reading[Demand]:
    """Read people per cell and make them points, one per populated cell and village part.

    Parameters
    ----------
    total
        GeoTIFF of people per cell, one band, in any stated CRS.
    groups
        Group id → GeoTIFF on the same grid.
    labels
        ``total`` and group id → path for messages and provenance.
    areas
        Areas in the working CRS.
    nodata
        Value of cells without data, for files that do not state it; what a file states counts as well, and so does NaN.
    margin_m
        How far beyond the counties people are read, in metres: they load catchments but are not judged.

    Returns
    -------
    Reading[Demand]
        Every group sums to its raster's window (relative error ≤ 1e-9). Cells are split by exact area share between
        villages (the lowest code where they overlap), the remainder between townships, then counties, the rest lies
        beyond the border.

    Raises
    ------
    DataError
        AG3401–AG3412 with the file and the way to mend it.
    """
    county = areas.outline()
    bounds = shapely.bounds(county) + np.array([-margin_m, -margin_m, margin_m, margin_m])
    crs = CRS.from_user_input(areas.frame.crs)
    label = labels["total"]
    whole = _read(total, label=label, bounds=bounds, crs=crs, nodata=nodata)
    grids = {"total": whole}
    for name in GROUPS[1:]:
        if name in groups:
            grids[name] = _read(groups[name], label=labels[name], bounds=bounds, crs=crs, nodata=nodata)
            if not _same_grid(whole, grids[name]):
                raise DataError("AG3408", file=labels[name], other=label)
    paths = {"total": total, **groups}
    inputs = tuple(_record(paths[name], name, labels[name], grid) for name, grid in grids.items())
    doubts = _doubts(grids, labels)
    populated = np.flatnonzero(np.any([grid.people.ravel() > 0 for grid in grids.values()], axis=0))
    if not populated.size:
        raise DataError("AG3411", file=label)
    row, column = np.divmod(populated, whole.shape[1])
    cells = _cells(whole, row, column, crs)
    sides = _sides(cells)
    if sides.max() > COARSE_CELL_M:
        values: dict[str, Value] = {"side_m": round(float(sides.max()))}
        doubts.append(Doubt(code="AG9401", place=Place(file=label), count=int(populated.size), values=values))
    uncovered = _share_outside(county, whole, crs, label=label)
    if uncovered > LEAST_UNCOVERED:
        percent: dict[str, Value] = {"percent": round(100 * uncovered, 1)}
        doubts.append(Doubt(code="AG9411", place=Place(file=label), values=percent))
    parts = partition(cells, block_numbers(row, column), areas)
    people = {name: grid.people.ravel()[populated] for name, grid in grids.items()}
    demand = Demand(
        frame=from_parts(parts, people, areas),
        groups=tuple(grids),
        cells=cells,
        cell_diagonal_m=float(np.hypot(sides[:, 0], sides[:, 1]).max()),
    )
    return Reading(demand, inputs, (*doubts, *_place_doubts(demand, areas, label)))


def _share_outside(county: shapely.Geometry, grid: _Grid, crs: CRS, *, label: str) -> float:
    """Return the share of the county's area that the raster does not reach."""
    height, width = grid.shape
    corners = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)]
    ring = np.array([grid.transform @ corner for corner in corners], dtype=np.float64)
    if len(np.unique(ring, axis=0)) < len(corners) - 1:  # cells smaller than a number of their place can tell
        raise DataError("AG3404", file=label)
    outline = shapely.segmentize(shapely.polygons(ring), abs(grid.transform.a) * 50)
    if grid.crs != crs:
        to_working = transformer(grid.crs, crs)
        outline = shapely.transform(outline, lambda xy: np.column_stack(to_working.transform(xy[:, 0], xy[:, 1])))
    if not np.isfinite(shapely.get_coordinates(outline)).all():
        raise DataError("AG3410", file=label)
    return 1.0 - float(shapely.area(shapely.intersection(county, outline)) / shapely.area(county))


def _read(path: Path, *, label: str, bounds: NDArray[np.float64], crs: CRS, nodata: float | None) -> _Grid:
    source = regular_file(path, label=label, endings=RASTER_ENDINGS)
    try:
        with opened(source) as raster:
            own = _checked_header(raster, label=label)
            window = _window(raster, bounds, crs, own, label=label)
            with np.errstate(invalid="ignore"):  # what is no number is judged below
                values = np.asarray(raster.read(1, window=window), dtype=np.float64)
            missing = (raster.read_masks(1, window=window) == 0) | np.isnan(values)
            known = raster.nodata is not None
            if nodata is not None and not np.isnan(nodata):
                known = True
                missing |= values == _as_stored(nodata, raster.dtypes[0])
            values = values * raster.scales[0] + raster.offsets[0]
            grid = raster.transform
    except (RasterioIOError, RasterioError, MemoryError) as error:
        raise DataError("AG3401", file=label, bytes=source.stat().st_size) from error
    except ProjError as error:  # a damaged CRS, from which no way leads to the study's
        raise DataError("AG3410", file=label) from error
    values[missing] = 0.0
    if not np.isfinite(values).all():
        raise DataError("AG3407", file=label)
    negative = values < 0
    if negative.any():
        code = "AG3406" if known else "AG3405"
        raise DataError(code, file=label, count=int(negative.sum()), least=_stored_text(float(values.min())))
    if values.max(initial=0.0) > MOST_PEOPLE:
        raise DataError("AG3412", file=label, greatest=_stored_text(float(values.max())))
    east, south = window.col_off * grid.a, window.row_off * grid.e
    transform = Affine(grid.a, 0.0, grid.c + east, 0.0, grid.e, grid.f + south)
    return _Grid(people=values, transform=transform, crs=own, shape=values.shape, no_data=int(missing.sum()))


def _stored_text(value: float) -> str:
    """Return a number so that, written into the study file, it is this number again: -3.4028235e+38."""
    short = np.float32(value)
    return str(short) if float(short) == value else repr(value)


def _as_stored(nodata: float, dtype: str) -> float:
    """Return the value as a file of this type stores it: -3.4e38 typed by hand is another float32."""
    return float(np.float32(nodata)) if dtype == "float32" else float(nodata)


def _checked_header(raster: DatasetReader, *, label: str) -> CRS:
    if raster.crs is None:
        raise DataError("AG3402", file=label)
    if raster.count != 1:
        raise DataError("AG3403", file=label, bands=raster.count)
    grid = raster.transform
    if grid.b or grid.d or not grid.a or not grid.e or not np.isfinite(grid[:6]).all():
        raise DataError("AG3404", file=label)
    if block_bytes(raster) > MAX_BLOCK_BYTES:
        height, width = raster.block_shapes[0]
        raise DataError("AG3409", file=label, cells=height * width)
    return CRS.from_user_input(raster.crs.to_wkt())


def _window(raster: DatasetReader, bounds: NDArray[np.float64], crs: CRS, own: CRS, *, label: str) -> Window:
    """Return the whole cells that touch the bounds."""
    west, south, east, north = bounds
    if own != crs:
        west, south, east, north = transformer(crs, own).transform_bounds(*bounds)
    if not np.isfinite([west, south, east, north]).all():
        raise DataError("AG3410", file=label)
    columns = [(x - raster.transform.c) / raster.transform.a for x in (west, east)]
    rows = [(y - raster.transform.f) / raster.transform.e for y in (south, north)]
    if not np.isfinite([*columns, *rows]).all():
        raise DataError("AG3410", file=label)
    left, right = max(0, int(np.floor(min(columns)))), min(raster.width, int(np.ceil(max(columns))))
    top, bottom = max(0, int(np.floor(min(rows)))), min(raster.height, int(np.ceil(max(rows))))
    if left >= right or top >= bottom:
        raise DataError("AG3410", file=label)
    if (right - left) * (bottom - top) > MAX_WINDOW_CELLS:
        raise DataError("AG3409", file=label, cells=(right - left) * (bottom - top))
    return Window(left, top, right - left, bottom - top)


def _same_grid(one: _Grid, other: _Grid) -> bool:
    near = 1e-6 * abs(one.transform.a)
    return (
        one.shape == other.shape
        and one.crs == other.crs
        and all(abs(a - b) <= near for a, b in zip(one.transform[:6], other.transform[:6], strict=True))
    )


def _record(path: Path, name: str, label: str, grid: _Grid) -> InputRecord:
    note = f"{grid.no_data} cells without data in the window of {grid.shape[1]} x {grid.shape[0]}"
    cells = grid.shape[0] * grid.shape[1]
    return record(path.resolve(), role=f"population:{name}", label=label, rows=cells, crs=grid.crs, note=note)


def _doubts(grids: Mapping[str, _Grid], labels: Mapping[str, str]) -> list[Doubt]:
    total = grids["total"].people
    doubts = []
    for name, grid in grids.items():
        more = grid.people > total * (1 + 1e-6) + 1e-9
        if more.any():
            people = float((grid.people - total)[more].sum())
            values: dict[str, Value] = {"group": name, "surplus": rounded(people)}
            place = Place(file=labels[name])
            doubts.append(Doubt(code="AG9402", place=place, count=int(more.sum()), people=people, values=values))
    return doubts


def _place_doubts(demand: Demand, areas: Areas, label: str) -> list[Doubt]:
    """Report people inside the county but in no village, when there are villages."""
    frame = demand.frame
    if not len(areas.at("village")):
        return []
    stray = (frame["judged"] & (frame["village"] == "")).to_numpy()
    people = float(frame["population"].to_numpy()[stray].sum())
    if people == 0:
        return []
    values: dict[str, Value] = {"round_people": round(people)}
    return [Doubt(code="AG9403", place=Place(file=label), count=int(stray.sum()), people=people, values=values)]


def _cells(grid: _Grid, row: NDArray[np.int64], column: NDArray[np.int64], crs: CRS) -> NDArray[np.object_]:
    """Return the outlines of cells in the working CRS; neighbours share their corners exactly."""
    width = grid.shape[1] + 1
    corners = np.stack([row * width + column, row * width + column + 1, (row + 1) * width + column + 1,
                        (row + 1) * width + column], axis=1)  # fmt: skip
    used, place = np.unique(corners, return_inverse=True)
    lattice_row, lattice_column = np.divmod(used, width)
    x = grid.transform.c + lattice_column * grid.transform.a
    y = grid.transform.f + lattice_row * grid.transform.e
    if grid.crs != crs:
        x, y = transformer(grid.crs, crs).transform(x, y)
    rings = np.column_stack([x, y])[place.reshape(corners.shape)]
    rings = np.concatenate([rings, rings[:, :1]], axis=1)
    return np.asarray(shapely.polygons(rings), dtype=object)


def _sides(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the lengths of two neighbouring sides of each cell, metres."""
    corners = shapely.get_coordinates(cells).reshape(len(cells), 5, 2)
    steps = np.diff(corners[:, :3], axis=1)
    return np.asarray(np.hypot(steps[..., 0], steps[..., 1]))
