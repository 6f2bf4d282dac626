"""The same county as its bureaus send it: title rows, merged cells, subtotals, 万人, GBK, no coordinates."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xlsxwriter

from accessgis.generate.arrays import Array
from accessgis.generate.cases import Cases
from accessgis.generate.plan import DATA_DATE, Plan, relocated_people
from accessgis.generate.roads import CLASSES
from accessgis.generate.settlements import Settled
from accessgis.generate.stock import Facility, rectangle
from accessgis.generate.streets import Streets
from accessgis.generate.write import fixed_clock, lon_lat, write_csv

GENERATED = "（生成数据）"
_TECHNICAL = {"trunk": "二级", "primary": "二级", "secondary": "三级", "tertiary": "四级", "unclassified": "等外"}
_LEVEL = {"trunk": "国道", "primary": "省道", "secondary": "县道", "tertiary": "乡道", "unclassified": "村道"}


def resident_and_registered(plan: Plan, settled: Settled, cases: Cases) -> tuple[Array, Array, Array]:
    """Return residents, registered people and residents aged 60+ of every village, whole numbers."""
    rng = plan.rng("registers")
    villages = settled.villages
    resident = np.round(villages.people)
    town = villages.community & (villages.township == 0)
    ratio = np.where(town, rng.uniform(0.7, 0.9, town.size), rng.uniform(1.1, 1.7, town.size))
    registered = np.round(villages.people * ratio)
    resident[cases.shrunk], registered[cases.shrunk] = 640, 1_820
    old = np.round(resident * np.where(town, 0.135, 0.2 + 0.12 * np.minimum(villages.remote, 1)))
    return resident, registered, old


def _workbook(path: Path) -> xlsxwriter.Workbook:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": dt.datetime.fromisoformat(DATA_DATE), "comments": "accessgis generate county"})
    return book


def write_population(path: Path, plan: Plan, settled: Settled, cases: Cases) -> None:
    """Write 人口.xlsx: a village table with merged townships and subtotals, and a township table in 万人."""
    resident, registered, old = resident_and_registered(plan, settled, cases)
    villages = settled.villages
    book = _workbook(path)
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter"})
    sheet = book.add_worksheet("分村")
    sheet.merge_range(0, 0, 0, 5, f"示例县2025年末分村人口情况表{GENERATED}", bold)
    sheet.write(1, 0, "填报单位：示例县统计局")
    sheet.write(1, 5, "单位：户、人")
    sheet.write_row(2, 0, ["乡镇", "行政村", "户数", "户籍人口", "常住人口", "其中：60岁及以上"], bold)
    row = 3
    for number, unit in enumerate(settled.townships):
        own = np.flatnonzero(villages.township == number)
        sheet.merge_range(row, 0, row + own.size - 1, 0, unit.name, bold)
        for village in own.tolist():
            households = round(registered[village] / 2.7)
            figures = [households, int(registered[village]), int(resident[village]), int(old[village])]
            sheet.write_row(row, 1, [villages.name[village], *figures])
            row += 1
        sums = [int(registered[own].sum()), int(resident[own].sum()), int(old[own].sum())]
        sheet.write_row(row, 0, ["小计", "", int(np.round(registered[own] / 2.7).sum()), *sums])
        row += 1
    total = [int(np.round(registered / 2.7).sum()), int(registered.sum()), int(resident.sum()), int(old.sum())]
    sheet.write_row(row, 0, ["合计", "", *total])
    sheet.write(row + 1, 0, "注：常住人口按2020年第七次全国人口普查口径推算；本表为生成数据，不对应任何真实地区。")
    _township_sheet(book, bold, settled, resident, registered)
    book.close()


def _township_sheet(book: xlsxwriter.Workbook, bold: Any, settled: Settled, resident: Array, registered: Array) -> None:
    sheet = book.add_worksheet("分乡镇")
    sheet.merge_range(0, 0, 0, 2, f"示例县分乡镇人口{GENERATED}", bold)
    sheet.write_row(1, 0, ["乡镇", "常住人口（万人）", "户籍人口（万人）"], bold)
    for number, unit in enumerate(settled.townships):
        own = settled.villages.township == number
        here = [round(float(people[own].sum()) / 1e4, 2) for people in (resident, registered)]
        sheet.write_row(number + 2, 0, [unit.name, *here])
    last = len(settled.townships) + 2
    sheet.write_row(last, 0, ["合计", *[round(float(people.sum()) / 1e4, 2) for people in (resident, registered)]])


def write_clinics_by_name(path: Path, settled: Settled, clinics: list[Facility]) -> None:
    """Write 村卫生室.xlsx: clinics with township and village by name, no coordinates."""
    villages = settled.villages
    book = _workbook(path)
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter"})
    sheet = book.add_worksheet("村卫生室名册")
    sheet.merge_range(0, 0, 0, 7, f"示例县村卫生室名册{GENERATED}", bold)
    sheet.write_row(1, 0, ["序号", "机构名称", "乡镇", "行政村", "地址", "床位数", "人员数", "状态"], bold)
    inside = [item for item in clinics if item.village >= 0]
    for number, item in enumerate(inside, start=1):
        unit = settled.townships[item.township].name
        name = villages.name[item.village]
        shown = (name, name.removesuffix("村"), f"{name}委会")[number % 3]
        figures = [item.numbers["beds"], item.numbers["staff"]]
        sheet.write_row(number + 1, 0, [number, item.name, unit, shown, f"{unit}{name}", *figures, item.status])
    sheet.write_row(len(inside) + 2, 0, ["合计", f"{len(inside)}所"])
    book.close()


def write_homes_gbk(path: Path, settled: Settled, elderly: list[Facility]) -> None:
    """Write a GBK table of elderly institutions with a title row above the header."""
    homes = [item for item in elderly if "beds" in item.numbers and item.kind.endswith(("institution", "home"))]
    homes = [item for item in homes if item.kind != "mutual_aid_home"]
    write_csv(
        path,
        {
            "机构名称": [item.name for item in homes],
            "乡镇": [settled.townships[item.township].name for item in homes],
            "村（社区）": [settled.villages.name[item.village] for item in homes],
            "床位数": [item.numbers["beds"] for item in homes],
            "入住人数": [item.numbers.get("residents") for item in homes],
            "年均入住率": [f"{item.numbers.get('occupancy', 0):.0%}" for item in homes],
        },
        encoding="gbk",
        title=[f"示例县养老机构基本情况表{GENERATED}"],
    )


def write_roads_gbk(path: Path, plan: Plan, streets: Streets) -> None:
    """Write the roads as a transport bureau keeps them: a GBK Shapefile without .cpg, lines not split at crossings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    segments, ways = streets.segments, streets.ways
    names = [CLASSES[value] for value in segments.road_class[ways.segment]]
    long = np.diff(ways.start) > 3
    keep = [number for number, name in enumerate(names) if name in _LEVEL and long[number]]
    lines = [shapely.LineString(np.round(segments.xy[ways.vertex[ways.start[n] : ways.start[n + 1]]], 1)) for n in keep]
    piece = ways.segment[keep]
    grade = np.where(segments.bridge[piece], "桥梁", np.where(segments.tunnel[piece], "隧道", ""))
    frame = gpd.GeoDataFrame(
        {
            "技术等级": [_TECHNICAL[names[n]] for n in keep],
            "行政等级": [_LEVEL[names[n]] for n in keep],
            "路面类型": ["沥青" if names[n] in ("trunk", "primary", "secondary") else "水泥" for n in keep],
            "单行": ["是" if segments.oneway[p] else "否" for p in piece],
            "桥隧标识": grade.tolist(),
        },
        geometry=lines,
        crs=plan.crs,
    )
    with fixed_clock():
        frame.to_file(path, driver="ESRI Shapefile", engine="pyogrio", encoding="GBK", DBF_DATE_LAST_UPDATE=DATA_DATE)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    content[29] = 0  # bureaus' files rarely name the code page in the header either
    table.write_bytes(bytes(content))


def write_poi(path: Path, plan: Plan, clinics: list[Facility]) -> None:
    """Write a map service's points in GCJ-02: a tenth of the clinics is missing, names are short."""
    rng = plan.rng("poi")
    shown = [item for item in clinics if item.status in ("在用", "停用")]
    missing = set(rng.choice(len(shown), round(len(shown) / 10), replace=False).tolist())
    shown = [item for number, item in enumerate(shown) if number not in missing]
    jitter = rng.normal(0, 18, (len(shown), 2))
    lon, lat = lon_lat(
        plan, [item.x + dx for item, (dx, _) in zip(shown, jitter, strict=True)],
        [item.y + dy for item, (_, dy) in zip(shown, jitter, strict=True)], datum="gcj02",
    )  # fmt: skip
    names = [item.name.replace("村卫生室", "卫生所") if number % 2 else item.name for number, item in enumerate(shown)]
    types = ["医疗保健服务;诊所;卫生室"] * len(shown)
    write_csv(path, {"名称": names, "类型": types, "经度": lon.tolist(), "纬度": lat.tolist()})


def write_sites(folder: Path, plan: Plan, sites: Array) -> list[Path]:
    """Write the three candidate sites, and two of them as parcels in the ministry's text form."""
    lon, lat = lon_lat(plan, sites[:, 0].tolist(), sites[:, 1].tolist())
    table = folder / "candidates.csv"
    notes = ["河对岸，直线最近", "本村路旁", "本村自然村"]
    write_csv(table, {"方案": ["甲", "乙", "丙"], "经度": lon.tolist(), "纬度": lat.tolist(), "说明": notes})
    written = [table]
    for number, (label, size) in enumerate((("甲", (44.0, 31.0)), ("乙", (38.0, 27.0)))):
        shape = rectangle(float(sites[number, 0]), float(sites[number, 1]), size[0], size[1], 0.35 + number)
        path = folder / f"parcel_{'ab'[number]}.txt"
        path.write_bytes(_parcel_text(shape, f"地块{label}").encode("gbk"))
        written.append(path)
    return written


def _parcel_text(shape: shapely.Polygon, name: str) -> str:
    ring = [(round(x, 3), round(y, 3)) for x, y in shape.exterior.coords]
    hectares = shapely.Polygon(ring).area / 1e4
    head = (
        "[属性描述]", "格式版本号=1.01版本", "数据产生单位=示例县（生成数据）", f"数据产生日期={DATA_DATE}",
        "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", "带号=37", "精度=0.001",
        "转换参数=0,0,0,0,0,0,0", "[地块坐标]",
    )  # fmt: skip
    # X is the northing; Y is the easting with the number of the zone before it, as the ministry's form wants.
    corners = [f"J{number % (len(ring) - 1) + 1},1,{y:.3f},{37_000_000 + x:.3f}" for number, (x, y) in enumerate(ring)]
    line = f"{len(ring)},{hectares:.4f},1,{name},面,,公共服务设施,,@"
    return "\r\n".join([*head, line, *corners]) + "\r\n"


def write_relocation(path: Path, plan: Plan, estate: tuple[float, float]) -> None:
    """Write the relocation estate that the rasters lack."""
    lon, lat = lon_lat(plan, [estate[0]], [estate[1]])
    write_csv(
        path,
        {"名称": ["安和苑易地搬迁安置点"], "经度": lon.tolist(), "纬度": lat.tolist(), "常住人口": [relocated_people()],
         "入住日期": ["2021-10-01"], "说明": ["人口栅格（2020年）未含本安置点"]},
    )  # fmt: skip
