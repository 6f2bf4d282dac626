"""A whole study of two villages, drawn by hand, assessed in a second: it can be broken in hundreds of ways.

Two villages side by side make the township 示例镇, which is the county; a ladder of roads crosses both; 500 people live
on a raster of 0.001°; three clinics stand in the western village.
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely

WEST, SOUTH, EAST, NORTH = 112.000, 37.000, 112.020, 37.010
MIDDLE = 112.010
CELL_DEG = 0.001

STUDY = """\
[study]
name = "小县"
code = "149921"
data_date = 2025-12-31
margin_km = 2

[areas]
path = "areas.gpkg"
datum = "cgcs2000"

[roads]
path = "roads.osm"

[population]
total = "total.tif"
groups = { age60plus = "age60plus.tif" }
nodata = -99999

[[facilities]]
path = "clinics.csv"
kind = "village_clinic"
datum = "wgs84"

[[targets]]
rule = "guizhou-14fyp/rural-medical-30"
share = 0.9
basis = "县政府会议纪要"

[standards]
use = []
adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "县政府会议纪要" }]
"""

CLINICS = """\
编号,名称,经度,纬度,床位数,状态
C1,甲村卫生室,112.002,37.0031,2,在用
C2,乙村卫生室,112.005,37.0072,1,在用
C3,丙村卫生室,112.009,37.0031,,在用
"""

OWN_RULE = """\
[[rules]]
id = "own/clinic-1"
kind = "circle"
title = { zh = "一分钟卫生室", en = "One-minute clinic" }
source = "own"
section = "一"
scope = ["14"]
force = "firm"
horizon = 2030
facilities = { any = ["village_clinic"] }
profiles = ["walk"]
limit = { minutes = 1 }
target = 0.99
target_level = "county"
"""

AREAS = [
    ("149921", "小县", "县", "", (WEST, SOUTH, EAST, NORTH)),
    ("149921100", "示例镇", "镇", "", (WEST, SOUTH, EAST, NORTH)),
    ("149921100200", "西村", "村", "220", (WEST, SOUTH, MIDDLE, NORTH)),
    ("149921100201", "东村", "村", "220", (MIDDLE, SOUTH, EAST, NORTH)),
]
RUNGS = [round(112.0005 + 0.001 * step, 4) for step in range(20)]
RAILS = (37.003, 37.007)


def draw(folder: Path) -> Path:
    """Write the study to ``folder`` and return its study file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_areas(folder / "areas.gpkg")
    (folder / "roads.osm").write_text(road_xml(), encoding="utf-8")
    write_raster(folder / "total.tif", people())
    write_raster(folder / "age60plus.tif", people() * 0.2)
    (folder / "clinics.csv").write_text(CLINICS, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


def areas_frame(rows: Sequence[tuple[str, str, str, str, object]] = AREAS) -> gpd.GeoDataFrame:
    """Return the areas; the last of each row is a box (west, south, east, north) or a geometry."""
    fields = ("code", "name", "level", "ur_code")
    columns = {field: [row[place] for row in rows] for place, field in enumerate(fields)}
    shapes = [shapely.box(*row[4]) if isinstance(row[4], tuple) else row[4] for row in rows]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490")


def save(frame: gpd.GeoDataFrame, path: Path, **options: object) -> None:
    """Write a layer, also one that lacks what a layer should have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, engine="pyogrio", **options)


def write_areas(path: Path, frame: gpd.GeoDataFrame | None = None) -> None:
    """Write areas as a GeoPackage, in place of what stood there."""
    path.unlink(missing_ok=True)
    save(areas_frame() if frame is None else frame, path)


def people() -> np.ndarray:
    """Return people per cell: somebody everywhere but in the outer ring."""
    grid = np.zeros((10, 20), dtype=np.float32)
    grid[1:-1, 1:-1] = 500 / (8 * 18)
    return grid


def write_raster(
    path: Path,
    values: np.ndarray,
    *,
    crs: str | None = "EPSG:4326",
    west: float = WEST,
    north: float = NORTH,
    cell: float = CELL_DEG,
    nodata: float | None = None,
) -> None:
    """Write one band as a GeoTIFF."""
    path.unlink(missing_ok=True)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    place = {"transform": rasterio.Affine(cell, 0, west, 0, -cell, north), "crs": crs, "nodata": nodata}
    with rasterio.open(path, "w", dtype=values.dtype.name, **profile, **place) as raster:
        raster.write(values, 1)


def road_xml(*, tags: Mapping[str, str] | None = None, head: str = "") -> str:
    """Return the roads as OSM XML: two roads west to east, joined by twenty lanes."""
    node = {(lon, lat): 1 + place for place, (lon, lat) in enumerate((x, y) for y in RAILS for x in RUNGS)}
    ways = [[(lon, lat) for lon in RUNGS] for lat in RAILS] + [[(lon, lat) for lat in RAILS] for lon in RUNGS]
    said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in (tags or {"highway": "tertiary"}).items())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head, '<osm version="0.6" generator="drawn">']
    lines += [f'<node id="{number}" version="1" lat="{lat}" lon="{lon}"/>' for (lon, lat), number in node.items()]
    for number, way in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{node[place]}"/>' for place in way)
        lines.append(f'<way id="{number}" version="1">{refs}{said}</way>')
    return "\n".join([*lines, "</osm>", ""])


def road_lines() -> gpd.GeoDataFrame:
    """Return the roads as lines, split at every crossing."""
    lines = [[(x, y), (nxt, y)] for y in RAILS for x, nxt in pairwise(RUNGS)]
    lines += [[(x, RAILS[0]), (x, RAILS[1])] for x in RUNGS]
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"class": ["tertiary"] * len(lines)}, geometry=shapes, crs="EPSG:4326")


def contents(folder: Path) -> dict[str, str]:
    """Return every file and link under ``folder`` with the hash of its bytes: what stands there, exactly."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        else:
            found[name] = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def copy(original: Path, folder: Path) -> Path:
    """Copy a study folder with its result, and return the folder."""
    shutil.copytree(original, folder, symlinks=True)
    return folder
