"""Files of every format that is read, and damage to their bytes: flipped, cut, doubled, lost, overwritten."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
from integration import tiny_study as tiny
from old_books import book, cell, compound
from pyproj import CRS

from accessgis.layers.areas import Areas
from accessgis.network.model import Roads
from accessgis.sources.boundaries import read_areas
from accessgis.sources.elevation import read_heights
from accessgis.sources.facilities import read_facilities
from accessgis.sources.facilities_osm import read_osm_facilities
from accessgis.sources.parcels import read_parcels
from accessgis.sources.population import read_population_rasters
from accessgis.sources.population_table import read_population_points
from accessgis.sources.population_units import read_unit_people
from accessgis.sources.roads_graphml import read_graph_roads
from accessgis.sources.roads_osm import read_osm_roads
from accessgis.sources.roads_table import read_road_lines
from accessgis.sources.village_points import with_committees
from accessgis.study.model import read_study

GRID = CRS.from_epsg(4546)
DAY = dt.date(2025, 12, 31)
PARTS = (".shp", ".dbf", ".shx", ".prj")
LOST = 0.2
"""How often a file of a Geodatabase is lost rather than damaged."""
PARCEL = """\
[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=37
精度=0.01
[地块坐标]
4,1.0,1,地块一,面,,,,@
J1,1,4096000.0,37589000.0
J2,1,4096000.0,37589100.0
J3,1,4096100.0,37589100.0
J4,1,4096100.0,37589000.0
J1,1,4096000.0,37589000.0
"""


@dataclass(frozen=True)
class Format:
    """A file, and the reader that a study hands it to."""

    path: Path
    read: Callable[[Path], object]


def formats(folder: Path) -> dict[str, Format]:
    """Write a small file of every format, and return each with its reader."""
    tiny.draw(folder)
    areas = tiny.areas_frame()
    lines, points = tiny.road_lines(), areas.iloc[2:].set_geometry(areas.iloc[2:].representative_point())
    for ending in ("gpkg", "geojson", "shp", "fgb"):
        tiny.save(areas, folder / f"areas.{ending}")
        tiny.save(lines, folder / f"lines.{ending}")
    areas.to_parquet(folder / "areas.parquet")
    tiny.save(areas, folder / "areas.gdb", driver="OpenFileGDB")
    tiny.save(points, folder / "points.gpkg")
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS:
            archive.write(folder / f"areas{part}", f"村界{part}")
    clinics = pd.read_csv(folder / "clinics.csv", dtype=str)
    clinics.to_excel(folder / "clinics.xlsx", index=False)
    lines = [list(clinics.columns), *clinics.fillna("").to_numpy().tolist()]
    old = b"".join(cell(row, column, text) for row, line in enumerate(lines) for column, text in enumerate(line))
    (folder / "clinics.xls").write_bytes(compound(book(old)))
    shapes = gpd.points_from_xy(clinics.pop("经度").astype(float), clinics.pop("纬度").astype(float))
    tiny.save(gpd.GeoDataFrame(clinics, geometry=shapes, crs=4326), folder / "clinics.geojson")
    people = "".join(f"{row},{112.001 + row / 1000:.4f},37.004,5\n" for row in range(9))
    (folder / "people.csv").write_text(f"id,lon,lat,total\n{people}", encoding="utf-8")
    table = "某县分村人口\n乡镇,行政村,常住人口\n示例镇,西村,300\n,东村,200\n合计,,500\n"
    (folder / "villages.csv").write_text(table, encoding="gbk")
    (folder / "parcel.txt").write_text(PARCEL, encoding="gbk")
    tiny.write_raster(folder / "dem.tif", np.full((20, 30), 500, dtype=np.float32), west=111.995, north=37.015)
    _write_pbf(folder)
    _write_graph(folder)
    return _with_readers(folder)


def _write_pbf(folder: Path) -> None:
    writer = osmium.SimpleWriter(str(folder / "roads.osm.pbf"))
    for one in osmium.FileProcessor(str(folder / "roads.osm")):
        writer.add(one)
    writer.close()


def _write_graph(folder: Path) -> None:
    import osmnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        osmnx.save_graphml(osmnx.graph_from_xml(folder / "roads.osm", retain_all=True), folder / "roads.graphml")


def areas_at(path: Path) -> Areas:
    """Read areas as a study does."""
    return read_areas(path, label=path.name, columns={}, datum="cgcs2000", crs=GRID, study_code="149921").value


def lines_at(path: Path) -> Roads:
    """Read road lines as a study does."""
    return read_road_lines(path, label=path.name, crs=GRID, datum="wgs84", node=True).value


def clinics_at(path: Path) -> gpd.GeoDataFrame:
    """Read a register as a study does."""
    return read_facilities(
        path, label=path.name, kind="village_clinic", columns={}, datum="wgs84", crs=GRID, kind_map={}, data_date=DAY,
        extent=None,
    ).value  # fmt: skip


def osm_at(path: Path, areas: Areas) -> None:
    """Read all that a study takes from an OSM file."""
    read_osm_roads(path, label=path.name, crs=GRID, keep=None)
    read_osm_facilities(
        path, label=path.name, crs=GRID, kinds=None, kind_map={}, data_date=DAY, keep=areas.outline()
    )  # fmt: skip


def _with_readers(folder: Path) -> dict[str, Format]:
    areas = areas_at(folder / "areas.gpkg")
    bare = Areas(frame=areas.frame[areas.frame["level"] != "village"].reset_index(drop=True))
    roads = read_osm_roads(folder / "roads.osm", label="roads.osm", crs=GRID, keep=None).value
    readers: dict[str, Callable[[Path], object]] = {
        "people.csv": lambda path: read_population_points(
            path, label=path.name, columns={}, datum="wgs84", crs=GRID, extent=None, sheet=None, layer=None, grid=None
        ),
        "villages.csv": lambda path: read_unit_people(
            path, label=path.name, columns={}, areas=areas, basis="resident", sheet=None, persons_per_household=None
        ),
        "total.tif": lambda path: read_population_rasters(
            path, {}, labels={"total": path.name}, areas=areas, nodata=-99999, margin_m=2000.0
        ),
        "dem.tif": lambda path: read_heights(path, roads, label=path.name),
        "roads.osm": lambda path: osm_at(path, areas),
        "roads.osm.pbf": lambda path: osm_at(path, areas),
        "roads.graphml": lambda path: read_graph_roads(path, label=path.name, crs=GRID, keep=None),
        "points.gpkg": lambda path: with_committees(
            bare, path, label=path.name, datum="cgcs2000", study_code="149921"
        ),
        "parcel.txt": lambda path: read_parcels(path, label=path.name, crs=GRID, datum=None),
        "study.toml": read_study,
    }  # fmt: skip
    outlines = ("gpkg", "geojson", "shp", "fgb", "parquet", "zip", "gdb")
    readers |= dict.fromkeys([f"areas.{ending}" for ending in outlines], areas_at)
    readers |= dict.fromkeys([f"lines.{ending}" for ending in ("gpkg", "geojson", "shp", "fgb")], lines_at)
    readers |= dict.fromkeys(["clinics.csv", "clinics.xlsx", "clinics.xls", "clinics.geojson"], clinics_at)
    return {name: Format(folder / name, read) for name, read in readers.items()}


def damaged_copy(path: Path, folder: Path, chance: random.Random) -> Path:
    """Copy a file, a Shapefile with its parts, a Geodatabase whole, and damage one file of the copy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if path.is_dir():
        parts = sorted(shutil.copytree(path, folder / path.name).iterdir())
    else:
        names = [path.with_suffix(part) for part in PARTS] if path.suffix == ".shp" else [path]
        parts = [Path(shutil.copy(part, folder)) for part in names]
    target = chance.choice(parts)
    if path.is_dir() and chance.random() < LOST:
        target.unlink()
    else:
        target.write_bytes(damaged(target.read_bytes(), chance))
    return folder / path.name


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one thing wrong."""
    found = bytearray(data)
    at, there, length = chance.randrange(len(found)), chance.randrange(len(found)), chance.randrange(1, 64)
    match chance.randrange(6):
        case 0:
            for place in (at, there)[: chance.choice((1, 2))]:
                found[place] ^= 1 << chance.randrange(8)
        case 1:
            del found[at:]
        case 2:
            del found[at : at + length]
        case 3:
            found[at:at] = chance.randbytes(length)
        case 4:
            found[at : at + length] = bytes([chance.choice((0, 255, 127, 57, 34))]) * len(found[at : at + length])
        case _:
            found[at : at + length] = found[there : there + length]
    return bytes(found)
