"""The study file and the README that the generated county comes with."""

# ruff: noqa: E501  (an inline table of TOML and a row of a Markdown table are one line each)

from __future__ import annotations

import math
from collections.abc import Mapping

from accessgis.generate.plan import COUNTY_CODE, COUNTY_NAME, Plan

_STUDY = """\
# {name}公共服务圈评价方案（生成数据）
# 本县由 accessgis generate county 按随机种子 {seed} 生成，不对应任何真实地区；地名均为虚构。
# 路径相对于本文件；代码一律加引号。

[study]
name = "{name}"
code = "{code}"                 # 县级行政区划代码（虚构）
data_date = 2025-12-31          # 数据时点：设施状态、规划是否在有效期内都按这一天判断
generated = true                # 生成数据：所有页面都注明

[areas]                         # 县、乡镇、村三级在同一图层
path = "boundaries/areas.gpkg"
datum = "cgcs2000"
columns = {{ code = "ZLDWDM", name = "ZLDWMC", level = "级别", ur_code = "城乡分类代码", seat = "政府驻地" }}
village_points = "boundaries/villages.gpkg"   # 村（居）委会所在地
central = "boundaries/central.gpkg"           # 中心城区范围

[roads]
path = "roads/roads.osm.pbf"    # 路网延伸到县界外约5公里

[population]                    # 100米格网，常住人口
total = "population/total.tif"
groups = {{ under3 = "population/under3.tif", age3to5 = "population/age3to5.tif", age6to11 = "population/age6to11.tif", age12to14 = "population/age12to14.tif", age60plus = "population/age60plus.tif", age65plus = "population/age65plus.tif" }}
nodata = -99999
basis = "resident"              # 常住人口；户籍口径写 "registered"
as_of = 2020-11-01

[elevation]
path = "elevation/dem.tif"

[[facilities]]                  # 村卫生室：坐标来自地图服务，GCJ-02
path = "facilities/clinics.csv"
kind = "village_clinic"
datum = "gcj02"
columns = {{ id = "编号", name = "名称", lon = "经度", lat = "纬度", beds = "床位数", staff = "人员数", status = "状态", opened = "开业日期", closed = "停用日期", site_id = "场址编号", serves = "服务村代码" }}

[[facilities]]                  # 医院、卫生院、社区卫生服务机构：类别在 kind 列
path = "facilities/hospitals.geojson"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", beds = "床位数", staff = "人员数", status = "状态" }}

[[facilities]]                  # 养老服务设施
path = "facilities/elderly.gpkg"
datum = "cgcs2000"
columns = {{ id = "编号", name = "名称", kind = "kind", beds = "床位数", nursing_beds = "护理型床位", residents = "入住人数", status = "状态" }}

[[facilities]]                  # 幼儿园与托育机构
path = "facilities/kindergartens.csv"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", lon = "经度", lat = "纬度", places = "学位数", status = "状态" }}

[[facilities]]                  # 健身点、场地、场馆：点与面
path = "facilities/fitness.geojson"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", area_m2 = "场地面积", status = "状态" }}

[[facilities]]                  # 学校
path = "facilities/schools.csv"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", lon = "经度", lat = "纬度", places = "学位数", status = "状态" }}

[[facilities]]                  # 救灾物资储备点
path = "facilities/relief_depots.csv"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", lon = "经度", lat = "纬度", status = "状态" }}

[[facilities]]                  # 便民商店、餐饮、文体、家政等
path = "facilities/services.csv"
datum = "wgs84"
columns = {{ id = "编号", name = "名称", kind = "kind", lon = "经度", lat = "纬度", status = "状态" }}

# 官方数，用来核对名册是否完整；救灾物资储备点名册不全（低于80%），相应规则暂无法评价
[[controls]]
what = "population"
value = {people_control}
source = "{name}第七次全国人口普查公报（生成示例）"
as_of = 2020-11-01
{controls}
[[targets]]                     # 本县自定目标
rule = "guizhou-14fyp/rural-medical-30"
level = "county"
share = 0.95
basis = "{name}人民政府会议纪要〔2025〕3号（生成示例）"

[[targets]]
rule = "xinxiang-14fyp/home-care-15"
level = "county"
share = 0.80
basis = "{name}人民政府会议纪要〔2025〕3号（生成示例）"

[standards]                     # 本省（代码14）规划的规则自动适用；外地规则只有列在 adopt 中才参照执行
adopt = [
    {{ id = "guizhou-14fyp/rural-medical-30", basis = "{name}人民政府会议纪要〔2025〕3号（生成示例）" }},
    {{ id = "xinxiang-14fyp/home-care-15", basis = "{name}人民政府会议纪要〔2025〕3号（生成示例）" }},
    {{ id = "guizhou-14fyp/convenience-15", basis = "{name}人民政府会议纪要〔2025〕3号（生成示例）" }},
]
"""

_CONTROL = """
[[controls]]
what = "facilities:{kind}"
value = {value}
source = "{name}{bureau}（生成示例）"
as_of = 2025-12-31
"""
_BUREAUS = {
    "village_clinic": "卫生健康统计年报",
    "township_hospital": "卫生健康统计年报",
    "community_health_centre": "卫生健康统计年报",
    "community_health_station": "卫生健康统计年报",
    "regional_elderly_centre": "民政事业统计台账",
    "community_elderly_facility": "民政事业统计台账",
    "fitness_site": "体育场地统计调查",
    "sports_ground": "体育场地统计调查",
    "sports_centre": "体育场地统计调查",
    "relief_depot": "应急管理局统计台账",
}
# How many the bureau counts for each one listed: a few clinics are not in the list, nor is a third of the depots.
_LISTED = {"village_clinic": 0.97, "fitness_site": 0.98, "relief_depot": 0.72}

_README = """\
# 示例县：生成数据 · Generated data

**Everything in this folder is generated; nothing here is a real place, person, road or facility.**
本文件夹中的全部数据由程序生成，不对应任何真实地区、人员、道路或设施；地名均为虚构。

Made by `accessgis generate county DIR --seed {seed} --nodes {nodes}`; each file has a sidecar `<file>.json` with the
seed and a note. The same seed and number of nodes give the same bytes again. The method is described in the
docstrings of `accessgis.generate`.

| folder | holds |
|---|---|
| `study.toml` | the study: run `accessgis assess study.toml` |
| `boundaries/` | county, townships, villages (CGCS2000), committee points, central urban area; `areas_2024.gpkg` and `crosswalk.csv`: the year before two townships merged |
| `roads/` | roads, rivers, a ferry and some mapped facilities as OpenStreetMap PBF (WGS-84) |
| `population/` | residents on a 100 m grid, in all and by age; `relocation.csv`: an estate that the grid lacks |
| `elevation/` | terrain, 100 m |
| `facilities/` | registers of facilities; clinics are in GCJ-02 |
| `sites/` | three candidate sites for a clinic, two of them as parcels in the ministry's text form |
| `office/` | the same county as its bureaus send it: merged cells, subtotals, 万人, GBK, names without coordinates |

In `areas.gpkg` 政府驻地 = 是 marks the county-seat town (the subdistrict and its communities); the seats of the other
townships are marked in `villages.gpkg`.

## Cases made on purpose

| case | where |
|---|---|
{cases}
"""


def study_text(*, plan: Plan, in_service: Mapping[str, int], people: float) -> str:
    """Return the study file; official totals stand at or above what the layers hold.

    Parameters
    ----------
    plan
        The county.
    in_service
        Facilities in service inside the county, by kind.
    people
        Residents of all villages.
    """
    controls = [
        _CONTROL.format(
            kind=kind,
            value=math.ceil(in_service.get(kind, 0) / _LISTED.get(kind, 1.0)),
            name=COUNTY_NAME,
            bureau=bureau,
        )
        for kind, bureau in _BUREAUS.items()
        if in_service.get(kind, 0)
    ]
    return _STUDY.format(
        name=COUNTY_NAME,
        code=COUNTY_CODE,
        seed=plan.seed,
        controls="".join(controls),
        people_control=round(people * 1.006),
    )


def readme_text(*, plan: Plan, cases: list[tuple[str, str]]) -> str:
    """Return the README with the list of cases."""
    rows = "\n".join(f"| {case} | {place} |" for case, place in cases)
    return _README.format(seed=plan.seed, nodes=plan.nodes, cases=rows)
