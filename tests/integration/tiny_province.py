"""A tiny province drawn by hand: three counties in a row, each of two villages, one ladder of roads through all.

The first two counties are of one prefecture. Layers are province-wide; no margin ends before the province does, so that
what is found of a county alone must be what is found of it within the whole, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely
from integration import tiny_study as tiny

CODES = ("149801", "149802", "149901")
WEST, SOUTH, NORTH, STEP = 112.000, 37.000, 37.010, 0.010
MIDDLE = 37.005

STUDY = """\
[study]
name = "小省"
code = "140000"
data_date = 2025-12-31
working_crs = "EPSG:4546"
margin_km = 10

[areas]
path = "areas.gpkg"
datum = "cgcs2000"

[roads]
path = "roads.osm"

[population]
total = "total.tif"
nodata = -99999

[[facilities]]
path = "clinics.csv"
kind = "village_clinic"
datum = "wgs84"

[[facilities]]
path = "homes.csv"
kind = "rural_elderly_home"
datum = "wgs84"

[[controls]]
what = "facilities:village_clinic"
value = 900
source = "全省年报"

[standards]
use = []
files = ["own.toml"]
"""

RULES = """\
[defaults]
source = "own"
scope = ["14"]
force = "firm"
horizon = 2030

[[rules]]
id = "own/circle"
kind = "circle"
title = { zh = "两分钟卫生室", en = "Two-minute clinic" }
section = "一"
facilities = { any = ["village_clinic"] }
profiles = ["walk"]
limit = { minutes = 5 }
target = 0.3
target_level = "prefecture"

[[rules]]
id = "own/presence"
kind = "presence"
title = { zh = "村村有卫生室", en = "A clinic in every village" }
section = "二"
facilities = { any = ["village_clinic"] }
presence = { unit = "village", at_least = 1 }
target = 0.75
target_level = "prefecture"

[[rules]]
id = "own/county"
kind = "presence"
title = { zh = "县县有养老院", en = "A home in every county" }
section = "三"
facilities = { any = ["rural_elderly_home"] }
presence = { unit = "county", at_least = 1 }
target = 1.0
target_level = "province"

[[rules]]
id = "own/whole"
kind = "presence"
title = { zh = "全市两所养老院", en = "Two homes in the prefecture" }
section = "四"
facilities = { any = ["rural_elderly_home"] }
presence = { unit = "prefecture", at_least = 2 }
target = 1.0
target_level = "unit"

[[rules]]
id = "own/ratio"
kind = "ratio"
title = { zh = "每千人床位", en = "Beds per thousand" }
section = "五"
facilities = { any = ["rural_elderly_home"] }
group = "total"
ratio = { amount = "beds", per = 1000 }
value = 130
target_level = "prefecture"

[[rules]]
id = "own/share"
kind = "share"
title = { zh = "护理型床位占比", en = "Nursing beds" }
section = "六"
facilities = { any = ["rural_elderly_home"] }
share = { amount = "beds", part_amount = "nursing_beds" }
target = 0.5
target_level = "prefecture"

[[rules]]
id = "own/total"
kind = "total"
title = { zh = "全市床位", en = "Beds in all" }
section = "七"
facilities = { any = ["rural_elderly_home"] }
total = { amount = "beds" }
value = 25
op = ">="
target_level = "prefecture"
"""

CLINICS = """\
全省卫生室名录,,,
名称,经度,纬度,村代码
甲村卫生室,112.002,37.0031,
乙村卫生室,112.0115,37.0072,
丙村卫生室,112.0255,37.0031,
丁村卫生室,112.0195,37.0031,
"""

HOMES = """\
编号,名称,经度,纬度,床位数,护理型床位数,村代码
H1,甲养老院,112.004,37.0031,12,10,
H2,乙养老院,,,20,4,149802100200
H3,丙养老院,112.027,37.0072,30,30,
"""

PROVINCE = '[province]\ncut = "whole.toml"\n'


def draw(folder: Path, *, more: str = "") -> Path:
    """Write the layers, the study of the whole and a list that cuts it; return the list."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny.write_areas(folder / "areas.gpkg", tiny.areas_frame(areas()))
    (folder / "roads.osm").write_text(_roads(), encoding="utf-8")
    tiny.write_raster(folder / "total.tif", people(), west=WEST, north=NORTH)
    files = {"clinics.csv": CLINICS, "homes.csv": HOMES, "own.toml": RULES, "whole.toml": STUDY}
    files["province.toml"] = PROVINCE + more
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "province.toml"


def people() -> np.ndarray:
    """Return people per cell, no two columns alike."""
    grid = np.zeros((10, 10 * len(CODES)), dtype=np.float32)
    grid[1:-1, :] = np.arange(1, grid.shape[1] + 1) / 8
    return grid


def areas() -> list[tuple[str, str, str, str, object]]:
    """Return the areas; counties and townships have every corner of their villages, so that borders are one line."""
    rows: list[tuple[str, str, str, str, object]] = []
    for number, code in enumerate(CODES):
        west, east = round(WEST + STEP * number, 3), round(WEST + STEP * (number + 1), 3)
        south, north = shapely.box(west, SOUTH, east, MIDDLE), shapely.box(west, MIDDLE, east, NORTH)
        whole = shapely.coverage_union_all([south, north])
        rows += [(code, f"小县{number}", "县", "", whole), (f"{code}100", f"小镇{number}", "镇", "", whole)]
        rows += [(f"{code}100200", f"南村{number}", "村", "220", south)]
        rows += [(f"{code}100201", f"北村{number}", "村", "220", north)]
    return rows


def _roads() -> str:
    rungs = [round(WEST + 0.0005 + 0.001 * step, 4) for step in range(10 * len(CODES))]
    rails = (37.003, 37.007)
    node: Mapping[tuple[float, float], int] = {
        (lon, lat): 1 + place for place, (lon, lat) in enumerate((x, y) for y in rails for x in rungs)
    }
    ways = [[(lon, lat) for lon in rungs] for lat in rails] + [[(lon, lat) for lat in rails] for lon in rungs]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="drawn">']
    lines += [f'<node id="{number}" version="1" lat="{lat}" lon="{lon}"/>' for (lon, lat), number in node.items()]
    for number, way in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{node[place]}"/>' for place in way)
        lines.append(f'<way id="{number}" version="1">{refs}<tag k="highway" v="tertiary"/></way>')
    return "\n".join([*lines, "</osm>", ""])
