"""Writing layers of the generated county in ordinary formats, byte for byte the same for the same county."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from accessgis.base.crs import to_degrees
from accessgis.base.datum import wgs84_to_gcj02
from accessgis.generate.arrays import Array
from accessgis.generate.plan import CELL_M, DATA_DATE, Plan
from accessgis.generate.stock import Facility

CGCS2000 = CRS.from_epsg(4490)
_DIGITS = 7


@contextmanager
def fixed_clock() -> Iterator[None]:
    """Let GDAL write the data date wherever it would write the time of day."""
    stamp = f"{DATA_DATE}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def degrees(plan: Plan, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes of the county's CRS in degrees (lon, lat), at seven decimals: shared vertices stay shared."""
    transformer: Transformer = to_degrees(plan.crs)

    def convert(xy: Array) -> Array:
        return np.round(np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])), _DIGITS)

    return np.asarray(shapely.transform(shapes, convert), dtype=object)


def lon_lat(plan: Plan, x: Sequence[float], y: Sequence[float], *, datum: str = "wgs84") -> tuple[Array, Array]:
    """Return degrees of points, in WGS-84 (or CGCS2000, which is the same here) or GCJ-02."""
    lon, lat = to_degrees(plan.crs).transform(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    if datum == "gcj02":
        lon, lat = wgs84_to_gcj02(lon, lat)
    return np.round(lon, _DIGITS), np.round(lat, _DIGITS)


def write_gpkg(path: Path, columns: Mapping[str, Sequence[Any]], shapes: NDArray[np.object_], *, crs: CRS) -> None:
    """Write one layer, named after the file, as GeoPackage."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # SQLite counts changes: only a new file is the same every time
    frame = gpd.GeoDataFrame(dict(columns), geometry=shapes, crs=crs)
    with fixed_clock():
        frame.to_file(path, driver="GPKG", layer=path.stem, engine="pyogrio")


def write_geojson(path: Path, columns: Mapping[str, Sequence[Any]], shapes: NDArray[np.object_]) -> None:
    """Write GeoJSON (WGS-84), one feature a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    names = list(columns)
    for row, shape in zip(zip(*columns.values(), strict=True), shapes, strict=True):
        properties = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
        lines.append(json.dumps(feature, ensure_ascii=False))
    body = ",\n".join(lines)
    text = f'{{"type": "FeatureCollection", "name": "{path.stem}", "features": [\n{body}\n]}}\n'
    path.write_bytes(text.encode("utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def write_csv(
    path: Path, columns: Mapping[str, Sequence[Any]], *, encoding: str = "utf-8-sig", title: Sequence[str] = ()
) -> None:
    """Write a table with CRLF line ends, as Excel does; ``title`` lines stand above the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    out = csv.writer(text, lineterminator="\r\n")
    for line in title:
        out.writerow([line] + [""] * (len(columns) - 1))
    out.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        out.writerow(["" if _plain(value) is None else _plain(value) for value in row])
    path.write_bytes(text.getvalue().encode(encoding))


def write_raster(
    path: Path, values: NDArray[Any], left: float, top: float, *, crs: CRS, nodata: float, cell: float = CELL_M
) -> None:
    """Write a GeoTIFF with square cells of 100 m, or of another size in units of its CRS."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tall, wide = values.shape
    floating = np.issubdtype(values.dtype, np.floating)
    with rasterio.open(
        path, "w", driver="GTiff", width=wide, height=tall, count=1, dtype=values.dtype, nodata=nodata,
        crs=rasterio.crs.CRS.from_epsg(crs.to_epsg()), transform=rasterio.Affine(cell, 0.0, left, 0.0, -cell, top),
        compress="deflate", zlevel=9, predictor=3 if floating else 2, tiled=True, blockxsize=256, blockysize=256,
    ) as out:  # fmt: skip
        out.write(values, 1)


def facility_columns(
    villages: Sequence[str], townships: Sequence[str], items: list[Facility], numbers: Mapping[str, str]
) -> dict[str, list[Any]]:
    """Return the columns of a facility layer in Chinese.

    ``villages`` and ``townships`` are codes; ``numbers`` maps capacities to column names.
    """
    columns: dict[str, list[Any]] = {
        "编号": [item.id for item in items],
        "名称": [item.name for item in items],
        "kind": [item.kind for item in items],
        "乡镇代码": [townships[item.township] if item.township >= 0 else "" for item in items],
        "村代码": [villages[item.village] if item.village >= 0 else "" for item in items],
        "状态": [item.status for item in items],
        "开业日期": [item.opened for item in items],
        "停用日期": [item.closed for item in items],
        "性质": [item.ownership for item in items],
        "场址编号": [item.site_id for item in items],
        "服务村代码": [item.serves for item in items],
    }
    for key, name in numbers.items():
        columns[name] = [item.numbers.get(key, float("nan")) for item in items]
    return columns


def sidecar(path: Path, plan: Plan, version: str, note_zh: str, note_en: str) -> None:
    """Write ``<file>.json`` beside a file: that it is generated, how, and with which seed."""
    record = {
        "generated": True,
        "generator": "accessgis generate county",
        "version": version,
        "seed": plan.seed,
        "nodes": plan.nodes,
        "note_zh": note_zh,
        "note_en": note_en,
    }
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path.with_name(path.name + ".json").write_bytes(text.encode("utf-8"))
