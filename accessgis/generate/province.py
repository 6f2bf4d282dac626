"""Generate a province from a seed: counties that tile, roads and people that cross their borders, one study each.

The ground is a lattice whose every coordinate is drawn from the seed and its place
(:mod:`~accessgis.generate.lattice`); it has no relief and no rivers, and is simpler than the generated county on
purpose: it is there to be large. Counties are drawn and written one after another, each with the strip of its
neighbours that lies within its margin, so that memory does not grow with their number. The same seed gives the same
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from osmium.osm import mutable

from accessgis.base.files import write_text
from accessgis.generate.arrays import Index, as_points
from accessgis.generate.hamlets import CELL_DEG, county_units, facility_rows, people_in_cells
from accessgis.generate.lattice import MARGIN_STEPS, STEP_LAT, STEP_LON, VILLAGE, Lattice, plan_province
from accessgis.generate.write import CGCS2000, write_csv, write_gpkg, write_raster

_NODATA = -99999.0
_NOTE = {
    "generated": True,
    "generator": "accessgis generate province",
    "note_zh": "生成数据，不对应任何真实地区",
    "note_en": "Generated, no real place",
}
_STUDY = """\
# {name}公共服务圈评价方案（生成数据）
# 由 accessgis generate province 按随机种子 {seed} 生成，不对应任何真实地区。

[study]
name = "{name}"
code = "{code}"
data_date = 2025-12-31
margin_km = 5
generated = true                # 生成数据：所有页面都注明

[areas]
path = "areas.gpkg"
datum = "cgcs2000"
columns = {{ code = "ZLDWDM", name = "ZLDWMC", level = "级别", ur_code = "城乡分类代码", seat = "政府驻地" }}
village_points = "villages.gpkg"

[roads]
path = "roads.osm.pbf"          # 路网延伸到县界外约5公里

[population]                    # 0.001度格网，常住人口
total = "population/total.tif"
groups = {{ {groups} }}
nodata = -99999
basis = "resident"
as_of = 2020-11-01

[[facilities]]                  # 本县设施，及县界外约5公里内的邻县设施
path = "facilities.csv"
datum = "wgs84"
columns = {{ {columns} }}

[[targets]]
rule = "guizhou-14fyp/rural-medical-30"
level = "county"
share = 0.95
basis = "{name}人民政府会议纪要（生成示例）"

[standards]                     # 本省（代码14）规划的规则自动适用
adopt = [
    {{ id = "guizhou-14fyp/rural-medical-30", basis = "{name}人民政府会议纪要（生成示例）" }},
    {{ id = "xinxiang-14fyp/home-care-15", basis = "{name}人民政府会议纪要（生成示例）" }},
    {{ id = "guizhou-14fyp/convenience-15", basis = "{name}人民政府会议纪要（生成示例）" }},
]
"""
_COLUMNS = (
    'id = "编号", name = "名称", kind = "kind", lon = "经度", lat = "纬度", beds = "床位数", places = "学位数", '
    'status = "状态"'
)
_README = """\
# 示例省：生成数据 · Generated data

**Everything in this folder is generated; nothing here is a real place, person, road or facility.**
本文件夹中的全部数据由程序生成，不对应任何真实地区、人员、道路或设施；地名均为虚构。

Made by `accessgis generate province DIR --counties {counties} --seed {seed} --nodes {nodes}`. `province.toml` lists the
counties; `counties/CODE/study.toml` is the study of one. Assess all of them: `accessgis batch run .`
"""


def generate_province(
    folder: Path,
    *,
    counties: int = 117,
    seed: int = 20251231,
    nodes: int = 18_500,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Write a generated province: a folder per county, and ``province.toml``, which lists them, last.

    Parameters
    ----------
    folder
        Where to write; made if absent, files of the same names are overwritten.
    counties
        How many counties, 1–495.
    seed
        The same seed, ``counties`` and ``nodes`` give the same bytes.
    nodes
        About how many road junctions a county has, 500–100,000; 18,500 make 289 villages and some 300,000 residents.
    progress
        Called with the name of each county as it starts.

    Raises
    ------
    UsageError
        AG2203 ``nodes`` or AG2204 ``counties`` out of range, AG2202 ``seed`` negative.
    """
    lattice = plan_province(seed, counties, nodes)
    entries = []
    for county in range(counties):
        code, name = lattice.code(county), lattice.name(county)
        progress(f"{county + 1}/{counties} {code} {name}")
        _write_county(folder / "counties" / code, lattice, county)
        entries.append(f'[[counties]]\nname = "{name}"\ncode = "{code}"\nstudy = "counties/{code}/study.toml"\n')
    head = f'# 生成数据：不对应任何真实地区\n\n[province]\nname = "示例省"\ngenerated = true\nseed = {seed}\n'
    write_text(folder / "README.md", _README.format(counties=counties, seed=seed, nodes=nodes))
    write_text(folder / "province.toml", "\n".join([head, *entries]))


def _write_county(folder: Path, lattice: Lattice, county: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write_areas(folder, lattice, county)
    _write_roads(folder / "roads.osm.pbf", lattice, county)
    groups = _write_people(folder / "population", lattice, county)
    write_csv(folder / "facilities.csv", facility_rows(lattice, county))
    listed = ", ".join(f'{group} = "population/{group}.tif"' for group in groups if group != "total")
    study = _STUDY.format(
        name=lattice.name(county), code=lattice.code(county), seed=lattice.seed, groups=listed, columns=_COLUMNS
    )
    write_text(folder / "study.toml", study)
    note = _NOTE | {"seed": lattice.seed, "counties": lattice.counties, "nodes": lattice.nodes}
    write_text(folder / "generated.json", json.dumps(note, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _write_areas(folder: Path, lattice: Lattice, county: int) -> None:
    units = county_units(lattice, county)
    villages = lattice.villages(units.a, units.b)
    count = len(units.township_codes)
    townships = [shapely.coverage_union_all(villages[units.township == number]) for number in range(count)]
    columns: dict[str, list[Any]] = {
        "ZLDWDM": [lattice.code(county), *units.township_codes, *units.codes],
        "ZLDWMC": [lattice.name(county), *units.township_names, *units.names],
        "级别": ["县", *["乡镇"] * count, *["村"] * len(units.codes)],
        "城乡分类代码": [*[""] * (1 + count), *np.where(units.community, "121", "220").tolist()],
        "政府驻地": ["否", "是", *["否"] * (count - 1), *np.where(units.community, "是", "否").tolist()],
    }
    shapes = np.array([shapely.coverage_union_all(villages), *townships, *villages], dtype=object)
    write_gpkg(folder / "areas.gpkg", columns, shapes, crs=CGCS2000)
    lon, lat = lattice.junctions(units.a * VILLAGE + 3, units.b * VILLAGE + 3)
    seats = np.where(units.seat, np.where(units.township == 0, "县政府驻地", "乡镇政府驻地"), "")
    places: dict[str, list[Any]] = {
        "ZLDWDM": units.codes,
        "ZLDWMC": units.names,
        "类型": np.where(units.community, "居委会", "村委会").tolist(),
        "驻地": seats.tolist(),
    }
    write_gpkg(folder / "villages.gpkg", places, as_points(np.column_stack([lon, lat])), crs=CGCS2000)


def _write_people(folder: Path, lattice: Lattice, county: int) -> list[str]:
    """Write people by group on the province's one grid of cells; return the groups."""
    i, j = lattice.window(county, margin=MARGIN_STEPS)
    west, south = lattice.origin
    x = np.arange(*_cells(west + i[0] * STEP_LON, west + (i[-1] + 1) * STEP_LON))
    y = np.arange(*_cells(south + j[0] * STEP_LAT, south + (j[-1] + 1) * STEP_LAT))[::-1]
    found = people_in_cells(lattice, x[None, :], y[:, None])
    for group, people in found.items():
        left, top = round(x[0] * CELL_DEG, 3), round((y[0] + 1) * CELL_DEG, 3)
        layer = people.astype(np.float32)
        write_raster(folder / f"{group}.tif", layer, left, top, crs=CGCS2000, nodata=_NODATA, cell=CELL_DEG)
    return list(found)


def _cells(low: float, high: float) -> tuple[int, int]:
    return int(np.floor(low / CELL_DEG)), int(np.ceil(high / CELL_DEG))


def _write_roads(path: Path, lattice: Lattice, county: int) -> None:
    """Write the roads of a county and its margin as PBF; a junction has the same id in every county's file."""
    i, j = lattice.window(county)
    width = lattice.columns * lattice.steps
    ways = [*_ways(lattice, i, j, eastward=True), *_ways(lattice, i, j, eastward=False)]
    used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *[nodes for nodes, _ in ways]]))
    lon, lat = lattice.junctions(used % width, used // width)
    header = osmium.io.Header()
    header.set("generator", "accessgis generate province")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as out:
        for node, x, y in zip(used.tolist(), lon.tolist(), lat.tolist(), strict=True):
            out.add_node(mutable.Node(id=node + 1, location=(x, y)))
        for number, (nodes, tags) in enumerate(ways, start=1):
            out.add_way(mutable.Way(id=number, nodes=(nodes + 1).tolist(), tags=tags))


def _ways(lattice: Lattice, i: Index, j: Index, *, eastward: bool) -> list[tuple[Index, dict[str, str]]]:
    """Return the unbroken roads along the lines of the lattice: their junctions and tags."""
    width = lattice.columns * lattice.steps
    lines, along = (j, i) if eastward else (i, j)
    classes = lattice.road_class(lines)
    found = []
    for line, name in zip(lines.tolist(), classes.tolist(), strict=True):
        across = np.full(along.size, line)
        x, y = (along, across) if eastward else (across, along)
        joined = lattice.is_road(x, y, eastward=eastward)
        joined[-1] = False  # the next junction lies beyond the window
        nodes = y * width + x
        cuts = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
        for start, end in cuts.reshape(-1, 2).tolist():
            found.append((nodes[start : end + 1], {"highway": name, "surface": "concrete"}))
    return found
