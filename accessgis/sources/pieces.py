"""Tables and layers cut into pieces by row: a piece holds rows as their file does, no word or number changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, has_chinese_form
from accessgis.base.errors import DataError
from accessgis.layers.codes import normal_code, renewed
from accessgis.layers.facilities import UNITS
from accessgis.sources.coordinates import Declared, locate
from accessgis.sources.personal import without_personal
from accessgis.sources.tables import TABLE_ENDINGS, find_columns, read_table
from accessgis.sources.vector import Bounds, first_rows, to_crs

COUNTY_DIGITS = 6


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """The rows of a table or layer, and where each is.

    Attributes
    ----------
    frame
        As the file holds them, rows counted as messages do; a GeoDataFrame in the file's own system where it is a
        layer.
    bounds
        West, south, east and north of each row in degrees, NaN where it has no place; shape (n, 4). Degrees of a
        shifted datum are as written: up to a kilometre off.
    """

    frame: pd.DataFrame
    bounds: NDArray[np.float64]

    def touching(self, box: Bounds) -> NDArray[np.bool_]:
        """Return which rows touch a box in degrees."""
        west, south, east, north = box
        at = self.bounds
        with np.errstate(invalid="ignore"):
            touches = (at[:, 0] <= east) & (at[:, 2] >= west) & (at[:, 1] <= north) & (at[:, 3] >= south)
        return np.asarray(touches, dtype=bool)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Which rows have a place."""
        return np.asarray(np.isfinite(self.bounds).all(axis=1), dtype=bool)


def layer_rows(path: Path, *, label: str, layer: str | None = None) -> Rows:
    """Return the rows of a vector layer; personal columns are left out.

    Raises
    ------
    DataError
        As for reading it; AG3004 it states no system.
    """
    frame, _ = without_personal(first_rows(path, label=label, layer=layer, most=None), label=label)
    if frame.crs is None:
        raise DataError("AG3004", file=label)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    shapes = frame.geometry.to_numpy()
    bounds = shapely.bounds(shapes)
    known = np.isfinite(bounds).all(axis=1)
    if known.any() and not CRS.from_user_input(frame.crs).is_geographic:
        boxes = gpd.GeoDataFrame(geometry=shapely.box(*bounds[known].T), crs=frame.crs)
        bounds[known] = shapely.bounds(to_crs(boxes, WGS84, label=label).geometry.to_numpy())
    return Rows(frame=frame, bounds=bounds)


def table_rows(
    path: Path,
    *,
    label: str,
    table: str,
    columns: Mapping[str, str],
    declared: Declared,
    crs: CRS,
    sheet: str | None = None,
) -> Rows:
    """Return the rows of a register or of a table of people, placed by its coordinates where it has any.

    Parameters
    ----------
    path, label, sheet
        The table.
    table
        ``facilities`` or ``population``.
    columns, declared
        As its study states them.
    crs
        Working CRS, metres.
    """
    frame = read_table(path, label=label, role=table, table=table, columns=columns, sheet=sheet).value
    bounds = np.full((len(frame), 4), np.nan)
    located = locate(frame, table, columns, label=label, declared=declared, crs=crs, extent=None)
    if located is not None:
        here = np.isfinite(located.x)
        points = gpd.GeoDataFrame(geometry=shapely.points(located.x[here], located.y[here]), crs=crs)
        bounds[here] = shapely.bounds(to_crs(points, WGS84, label=label).geometry.to_numpy())
    return Rows(frame=frame, bounds=bounds)


def is_table(path: Path) -> bool:
    """Return whether a file is a table of text, not a layer."""
    return path.suffix.lower() in TABLE_ENDINGS


def counties_stated(frame: pd.DataFrame, table: str, columns: Mapping[str, str], *, label: str) -> list[str]:
    """Return the code of the county that each row states by a code of it or of a unit in it, ``""`` for none."""
    fields = ("code",) if table == "areas" else tuple(reversed(UNITS))
    found = find_columns(frame, table, columns, label=label)
    stated = [""] * len(frame)
    for name in [found[field] for field in fields if field in found]:
        stated = [known or _county(value) for known, value in zip(stated, frame[name].tolist(), strict=True)]
    return stated


def _county(value: object) -> str:
    try:
        code = normal_code(value, chinese=True)
    except ValueError:
        return ""
    return renewed(code)[:COUNTY_DIGITS] if has_chinese_form(code) else ""


def with_ids(rows: Rows, columns: Mapping[str, str], *, label: str) -> Rows:
    """Return facilities with ids: where a file has none, its rows keep one number in every piece."""
    if "id" in find_columns(rows.frame, "facilities", columns, label=label):
        return rows
    stem = Path(label).stem
    named = rows.frame.assign(facility_id=[f"{stem}-{number}" for number in range(1, len(rows.frame) + 1)])
    return Rows(frame=named, bounds=rows.bounds)


def write_rows(rows: Rows, chosen: NDArray[np.bool_], stem: Path) -> Path:
    """Write some rows as GeoParquet, or as CSV where they have no geometry, and return the file."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    part = rows.frame[chosen]
    if isinstance(part, gpd.GeoDataFrame):
        target = stem.with_name(f"{stem.name}.parquet")
        part.reset_index(drop=True).to_parquet(target, index=False)
    else:
        target = stem.with_name(f"{stem.name}.csv")
        part.to_csv(target, index=False, encoding="utf-8", lineterminator="\n")
    return target
