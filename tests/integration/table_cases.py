"""Registers and people in workbooks and tables of villages: what is refused, and what is accepted and counted."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import osmnx
import shapely
from integration import tiny_study as tiny
from integration.odd_cases import register
from integration.spoil import (
    Bad,
    Odd,
    Spoil,
    area_rows,
    areas,
    both,
    clinics,
    cut,
    lines,
    removed,
    same,
    study,
    written,
)
from workbooks import old_register, write_book

ROWS = [line.split(",") for line in tiny.CLINICS.splitlines()]
RASTERS = 'total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999'
PEOPLE = "乡镇,行政村,户数,户籍人口,常住人口,60岁及以上\n示例镇,西村,100,300,200,40\n,东村,50,200,100,20\n"


def clinic_book(*sheets: str, name: str = "clinics.xlsx", rows: list[list[str]] | None = None, key: str = "",
                merged: tuple[tuple[int, int, int, int], ...] = ()) -> Spoil:  # fmt: skip
    """Give the clinics as a workbook of equal sheets."""

    def spoil(folder: Path) -> None:
        write_book(folder / name, dict.fromkeys(sheets or ("名册",), rows or ROWS), merged=merged)
        study('path = "clinics.csv"', f'path = "{name}"{key}')(folder)

    return spoil


def raw_book(name: str, content: bytes) -> Spoil:
    return both(written(name, content), study('path = "clinics.csv"', f'path = "{name}"'))


def people_table(text: str = PEOPLE, *, keys: str = "", name: str = "people.csv") -> Spoil:
    return both(written(name, text), study(RASTERS, f'table = "{name}"\n{keys}'))


def people_book(rows: list[list[object]], *, merged: tuple[tuple[int, int, int, int], ...] = ()) -> Spoil:
    def spoil(folder: Path) -> None:
        write_book(folder / "people.xlsx", {"分村": rows}, merged=merged)
        study(RASTERS, 'table = "people.xlsx"')(folder)

    return spoil


def recoded(old: str, new: str) -> Spoil:
    """Move the study to a county with a new code, its areas still under the old one."""
    moved = tiny.STUDY.replace("149921", new)
    return both(
        written("study.toml", moved),
        areas(lambda frame: frame.assign(code=frame["code"].str.replace("149921", old))),
    )


def surveyed_land(folder: Path) -> None:
    """Give the land survey's polygons of settlements: all of it is villages."""
    west, east = tiny.WEST, tiny.EAST
    shape = shapely.box(west, tiny.SOUTH, east, tiny.NORTH)
    gpd.GeoDataFrame({"CZCSXM": ["203"]}, geometry=[shape], crs=4490).to_file(folder / "survey.gpkg")
    study('path = "areas.gpkg"', 'path = "areas.gpkg"\nland_survey = "survey.gpkg"')(folder)


def people_layer(*names: str, key: str) -> Spoil:
    """Give the people as layers of points in one GeoPackage; the first holds ten of them."""

    def spoil(folder: Path) -> None:
        for number, name in enumerate(names):
            at = shapely.Point(tiny.WEST + 0.005, tiny.SOUTH + 0.005)
            frame = gpd.GeoDataFrame({"id": ["1"], "total": [10.0 + number]}, geometry=[at], crs=4490)
            frame.to_file(folder / "people.gpkg", layer=name)
        study(RASTERS, f'table = "people.gpkg"\ndatum = "cgcs2000"{key}')(folder)

    return spoil


def zipped(name: str, *stems: str, without: str = "", key: str = "") -> Spoil:
    """Give the areas as Shapefiles of GBK in an archive."""

    def spoil(folder: Path) -> None:
        (folder / "parts").mkdir()
        with zipfile.ZipFile(folder / name, "w") as archive:
            for stem in stems:
                tiny.save(tiny.areas_frame(), folder / "parts" / f"{stem}.shp", encoding="GBK")
                for part in sorted((folder / "parts").glob(f"{stem}.*")):
                    if part.suffix not in (".cpg", without):
                        archive.write(part, f"数据/{part.name}")
        shutil.rmtree(folder / "parts")
        study('path = "areas.gpkg"', f'path = "{name}"{key}')(folder)

    return spoil


def geodatabase(*layers: str, key: str = "") -> Spoil:
    def spoil(folder: Path) -> None:
        for name in layers:
            tiny.save(tiny.areas_frame(), folder / "areas.gdb", layer=name, driver="OpenFileGDB")
        study('path = "areas.gpkg"', f'path = "areas.gdb"{key}')(folder)

    return spoil


def shapefile(stated: str | None, *, encoding: str = "GBK", without: str = "") -> Spoil:
    """Give the areas as a Shapefile whose .cpg says something."""

    def spoil(folder: Path) -> None:
        tiny.save(tiny.areas_frame(), folder / "areas.shp", encoding=encoding)
        (folder / "areas.cpg").unlink()
        if stated is not None:
            (folder / "areas.cpg").write_text(stated)
        if without:
            (folder / f"areas{without}").unlink()
        study('path = "areas.gpkg"', 'path = "areas.shp"')(folder)

    return spoil


def whole_roads(*, node: bool = True, columns: str = "", **fields: str) -> Spoil:
    """Give the roads as lines that run through their crossings: two rails and twenty rungs."""

    def spoil(folder: Path) -> None:
        west, east = tiny.RUNGS[0] - 0.0001, tiny.RUNGS[-1] + 0.0001
        lines_ = [shapely.LineString([(west, lat), (east, lat)]) for lat in tiny.RAILS]
        lines_ += [
            shapely.LineString([(lon, tiny.RAILS[0] - 0.0001), (lon, tiny.RAILS[1] + 0.0001)]) for lon in tiny.RUNGS
        ]
        frame = gpd.GeoDataFrame({"class": ["tertiary"] * 22}, geometry=lines_, crs=4326).assign(**fields)
        tiny.save(frame, folder / "roads.gpkg")
        keys = f'path = "roads.gpkg"\ndatum = "wgs84"\nnode = {str(node).lower()}\n{columns}'
        study('path = "roads.osm"', keys)(folder)

    return spoil


def graph(change: Callable[[str], str] = lambda text: text) -> Spoil:
    """Give the roads as OSMnx saves them."""

    def spoil(folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            osmnx.save_graphml(osmnx.graph_from_xml(folder / "roads.osm", retain_all=True), folder / "roads.graphml")
        text = (folder / "roads.graphml").read_text(encoding="utf-8")
        (folder / "roads.graphml").write_text(change(text), encoding="utf-8")
        study('"roads.osm"', '"roads.graphml"')(folder)

    return spoil


TITLED = [["小县村卫生室名册", *[""] * 5], ["填报单位：卫健局", *[""] * 4, "单位：张"], *ROWS]

ODD = [
    Odd("workbook", clinic_book()),
    Odd("workbook with titles", clinic_book(rows=TITLED, merged=((0, 0, 0, 5),))),
    Odd("workbook with a sum", clinic_book(rows=[*ROWS, ["合计", "3所", "", "", "3", ""]]), "AG9060", 1),
    Odd("workbook with remarks", clinic_book(rows=[*ROWS, ["注：截至年末"], ["填表人：甲"]]), "AG9061", 2),
    Odd("workbook sheet stated", clinic_book("2024", "2025", key='\nsheet = "2025"')),
    Odd("workbook of the old form", raw_book("clinics.xls", old_register()), "AG9062", 1),
    Odd("workbook of the old form by village", raw_book("clinics.xls", old_register()), "AG9312", 3),
    Odd("workbook of the old form called xlsx", raw_book("clinics.xlsx", old_register()), "AG9060", 1),
    Odd("title above a text table", written("clinics.csv", "小县卫生室名册\n" + tiny.CLINICS)),
    Odd("text table with a sum", written("clinics.csv", tiny.CLINICS + "合 计,3,,,3,\n"), "AG9060", 1),
    Odd("text table with headings", written("clinics.csv", tiny.CLINICS.replace("C2", "一、示例镇,,,,,\nC2").replace(
        "C3", ",示例镇,,,,\nC3")), "AG9061", 2),
    Odd("workbook with a heading across", clinic_book(rows=[ROWS[0], ["（一）示例镇卫生室", *[""] * 5], *ROWS[1:]],
        merged=((1, 0, 1, 5),)), "AG9061", 1),
    Odd("text table with a remark", written("clinics.csv", tiny.CLINICS + "注：截至年末,,,,,\n"), "AG9061", 1),
    Odd("beds with a unit", clinics("37.0072,1", "37.0072,1张"), "AG9062", 1),
    Odd("beds full-width", clinics("37.0072,1", "37.0072,１")),
    Odd("beds unknown", clinics("37.0072,1", "37.0072,—")),
    Odd("villages at their points", people_table(), "AG9446", 2, judged=300),
    Odd("villages over a raster", people_table(keys='weight = "total.tif"\nnodata = -99999'), "AG9445", 2, judged=300),
    Odd("villages over a raster scaled", people_table(keys='weight = "total.tif"'), "AG9447", judged=300),
    Odd("villages registered", people_table(keys='basis = "registered"'), "AG9446", 2, judged=500),
    Odd("villages by code", people_table("区划代码,人口\n149921100200,7\n149921100201.0,3\n"), "AG9446", 2, judged=10),
    Odd("villages with an unknown one", people_table(PEOPLE + ",北村,1,1,60,1\n"), "AG9441", 1, judged=300),
    Odd("villages with one missing", people_table("行政村,人口\n西村,5\n"), "AG9442", 1, judged=5),
    Odd("villages in parts", people_table("行政村,组,人口\n西村,1,5\n西村,2,6\n东村,,1\n"), "AG9444", 2, judged=12),
    Odd("villages with sums", people_table(PEOPLE + "小计,,150,500,300,60\n合计,,150,500,300,60\n"), "AG9060", 2,
        judged=300),
    Odd("villages with a wrong sum", people_table(PEOPLE + "合计,,150,500,310,60\n"), "AG9440", 1, judged=300),
    Odd("villages by households", people_table("行政村,户数\n西村,100\n东村,50\n", keys="persons_per_household = 2.6"),
        "AG9443", judged=390),
    Odd("townships in ten thousands", people_table("乡镇,常住人口（万人）\n示例镇,0.03\n", keys='weight = "total.tif"'),
        "AG9445", 1, judged=300),
    Odd("villages in a workbook", people_book([["小县人口", "", ""], ["乡镇", "行政村", "常住人口"],
        ["示例镇", "西村", 200], ["", "东村", 100.0], ["合计", "", 300]], merged=((0, 0, 0, 2), (2, 0, 3, 0))),
        "AG9060", 1, judged=300),
    Odd("villages with a header of two rows", people_book([["乡镇", "行政村", "人口", ""],
        ["", "", "户籍", "常住人口"], ["示例镇", "西村", 300, 200], ["", "东村", 200, 100]],
        merged=((0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (2, 0, 3, 0))), "AG9446", 2, judged=300),
]  # fmt: skip

ODD += [
    Odd("roads as a graph", graph(), "AG9120"),
    Odd("unsplit roads", whole_roads(), "AG9116", 40),
    Odd("unsplit roads as they are", whole_roads(node=False), "AG9114", covered=None),
    Odd("unsplit roads in chinese words", whole_roads(columns='columns = { class = "技术等级", level = "行政等级" }',
        技术等级="等外", 行政等级="村道"), "AG9116", 40),
    Odd("unsplit roads that are bridges", whole_roads(columns='columns = { class = "class", grade = "桥隧标识" }',
        桥隧标识="桥"), "AG9116", 0, covered=None),
    Odd("areas in a shapefile of gbk", shapefile(None), "AG9001"),
    Odd("areas in a shapefile said to be gbk", shapefile("GBK")),
    Odd("areas in a shapefile said to be code page 936", shapefile("936")),
    Odd("areas in a shapefile wrongly said to be utf-8", shapefile("UTF-8"), "AG9001"),
    Odd("areas in a shapefile of utf-8", shapefile(None, encoding="UTF-8")),
    Odd("areas zipped", zipped("areas.zip", "村界"), "AG9001"),
    Odd("areas of several zipped", zipped("areas.zip", "村界", "旧村界", key='\nlayer = "村界"'), "AG9001"),
    Odd("areas in a geodatabase", geodatabase("行政区")),
    Odd("areas in a geodatabase of several", geodatabase("行政区", "旧区", key='\nlayer = "行政区"')),
    Odd("areas under an old code", recoded("140726", "140703"), "AG9066", 4),
    Odd("a forest farm among the villages", areas(lambda frame: frame.assign(
        code=frame["code"].str.replace("149921100201", "149921100501"))), "AG9234", 1),
    Odd("study under an old code", recoded("140726", "140726"), "AG9067"),
    Odd("register under an old code", both(recoded("140703", "140703"),
        written("clinics.csv", "编号,名称,行政村代码\n1,甲,140726100200\n2,乙,140703100200\n"),
        study('datum = "wgs84"\n', "")), "AG9066", 1),
    Odd("people in one of several layers", people_layer("人口", "旧", key='\nlayer = "人口"'), judged=10),
    Odd("classes stated by the areas", areas(lambda frame: frame.assign(place_class=[
        "乡村" if len(code) == 12 else "" for code in frame["code"]])), covered=None),
    Odd("classes told by the land survey", surveyed_land, covered=None),
    Odd("classes against the codes", areas(lambda frame: frame.assign(ur_code="121", place_class=[
        "乡村" if len(code) == 12 else "" for code in frame["code"]])), "AG9232", 2, covered=None),
    Odd("people under an old code", both(recoded("410783", "410783"), people_table(
        "区划代码,人口\n410728100200,7\n410728100201,3\n")), "AG9066", 2, judged=10),
]  # fmt: skip

NAMED = "编号,名称,村代码,行政村\n"
SPLIT = [
    ["行政村", "户籍人口", "户籍人口", "常住人口", "常住人口"],
    ["行政村", "小计", "60岁及以上", "小计", "60岁及以上"],
    ["西村", 300, 60, 100, 20],
    ["东村", 300, 60, 200, 40],
]


def listed(text: str, *, keys: str = 'kind = "village_clinic"\n') -> Spoil:
    """Give the clinics by a register without coordinates."""
    return both(written("clinics.csv", text), study('kind = "village_clinic"\ndatum = "wgs84"\n', keys))


def second(text: str) -> Spoil:
    """Give a second register of clinics, without coordinates."""
    table = '[[facilities]]\npath = "more.csv"\nkind = "village_clinic"\n\n[[targets]]'
    return both(written("more.csv", text), study("[[targets]]", table))


def headed(header: str) -> Spoil:
    return clinics("编号,名称,经度,纬度,床位数,状态", header)


def serving(areas_: str) -> Spoil:
    """Give one clinic that says whom it serves."""
    return written("clinics.csv", f"编号,名称,经度,纬度,服务片区\nC1,甲,112.002,37.0031,{areas_}\n")


def asked(question: str, answer: str) -> Spoil:
    """Give the status of the clinics as the answer to a question."""
    return written("clinics.csv", tiny.CLINICS.replace("在用", answer).replace("状态", question))


def two_sheets(folder: Path) -> None:
    """Give the clinics as a workbook whose second sheet goes on without a header, beside one that explains."""
    explained = [["本表由卫健局填报"], ["列", "含义"]]
    write_book(folder / "clinics.xlsx", {"城关": ROWS[:3], "东镇": ROWS[3:], "说明": explained})
    study('path = "clinics.csv"', 'path = "clinics.xlsx"')(folder)


def exchanged_committees(folder: Path) -> None:
    """Give each village the committee point of the other."""
    villages = tiny.areas_frame().iloc[2:]
    points = list(villages.geometry.representative_point())[::-1]
    tiny.save(villages.set_geometry(points), folder / "villages.gpkg")
    study('path = "areas.gpkg"', 'path = "areas.gpkg"\nvillage_points = "villages.gpkg"')(folder)


ODD += [
    Odd("headers with line breaks, blanks and units", headed(
        '编号,"机构\n名称","经 度（°）","纬\n度（N）","床位数\n（张）","运营\n状态"')),
    Odd("headers of east and north", headed("编号,名称,东经,北纬,床位数,状态")),
    Odd("register with a datum and no coordinates", listed("编号,名称,行政村,X,Y\nC1,甲,西村,1,2\n",
        keys='kind = "village_clinic"\ndatum = "wgs84"\n'), "AG9331"),
    Odd("sum that says how many", listed("编号,名称,行政村,床位数\nC1,甲,西村,2\n,合计1所,,2\n"), "AG9060", 1),
    Odd("sum of the whole county", listed("编号,名称,行政村,床位数\nC1,甲,西村,2\n,全县,,2\n"), "AG9060", 1),
    Odd("sum far right", listed("序号,省,市,县,乡镇,行政村,名称,床位数\n1,省,市,小县,示例镇,西村,甲,2\n"
        "2,,,,示例镇,小计,,2\n"), "AG9060", 1),
    Odd("hospital that serves the whole county", listed("编号,名称,行政村,服务范围\n1,甲,西村,全县\n"), "AG9312", 1),
    Odd("register by codes of another year", listed(f"{NAMED}C1,甲,149921100300,西村\nC2,乙,149921100301,东村\n"),
        "AG9324", 2),
    Odd("register of a village with another name", listed(f"{NAMED}C1,甲,149921100200,李家庄\n"), "AG9323", 1),
    Odd("facility with coordinates whose code is of another village", written("clinics.csv",
        "编号,名称,经度,纬度,村代码,行政村\nC1,甲,112.002,37.0031,149921100201,西村\n"), "AG9323", 1),
    Odd("people by codes of another year", people_table(
        "村代码,行政村,人口\n149921100300,西村,7\n149921100201,东村,3\n"),
        "AG9324", 1, judged=10),
    Odd("people of a village with another name", people_table("村代码,行政村,人口\n149921100200,李家庄,7\n"),
        "AG9323", 1, judged=7),
    Odd("people in fractions", people_table("行政村,人口\n西村,10.5\n东村,20\n"), "AG9325", 1, judged=30),
    Odd("elderly as a share", people_table("行政村,人口,60岁及以上\n西村,10,0.2\n东村,20,0.1\n"), "AG9325", 2,
        judged=30),
    Odd("register numbered in advance", listed("编号,名称,行政村\n1,甲,西村\n2,,\n3,,\n"), "AG9332", 2),
    Odd("areas served that are unknown", serving("北村"), "AG9333", 1),
    Odd("areas served with a changed code", serving("1.49921E+11"), "AG9333", 1),
    Odd("register whose header stands on every page", listed(
        "编号,名称,行政村\n1,甲,西村\n编号,名称,行政村\n2,乙,东村\n"), "AG9061", 1),
    Odd("three clinics at one place", written("clinics.csv", "编号,名称,经度,纬度\n1,甲,112.002,37.0031\n"
        "2,乙,112.002,37.0031\n3,丙,112.002,37.0031\n4,丁,112.005,37.0072\n"), "AG9334", 3),
    Odd("degrees of two decimals", written("clinics.csv", "编号,名称,经度,纬度\n" + "".join(
        f"{place},{place}号,112.0{place % 3},37.0{place % 2}\n" for place in range(5)) + "5,甲,112.002,37.0031\n"),
        "AG9335", 5),
    Odd("people below headers of both bases", people_book(SPLIT), "AG9446", 2, judged=300),
    Odd("elderly below the header of the other basis", people_book([row[:4] for row in [SPLIT[0], [*SPLIT[1][:3],
        "常住人口"], *SPLIT[2:]]]), "AG9330", 1, judged=300),
    Odd("workbook that goes on in a sheet without header", two_sheets, "AG9326", 1),
    Odd("status below an unknown name", written("clinics.csv", tiny.CLINICS.replace("状态", "现况")
        .replace("1,在用", "1,停用")), "AG9327", 1),
    Odd("asked whether in use", asked("是否在用", "否"), covered=0.0),
    Odd("asked whether closed", asked("是否停用", "是"), covered=0.0),
    Odd("one clinic in two registers", second("编号,名称,行政村\nX9,甲村 卫生室,西村\n"), "AG9329", 1),
    Odd("one clinic in two registers, placed alike", both(register(), second("编号,名称,行政村\nX9,1 号卫生室,西村\n")),
        "AG9303", 1),
    Odd("committee points of one another", both(exchanged_committees, people_table("行政村,人口\n西村,1\n东村,2\n")),
        "AG9328", 2, judged=3),
]  # fmt: skip

BAD = [
    Bad("register of a village that several could be", both(register(), area_rows(3, name="西村")), "AG3345",
        {"file": "clinics.csv"}),
    Bad("register whose codes and names disagree", listed(f"{NAMED}C1,甲,149921100200,东村\n"), "AG3073",
        {"file": "clinics.csv"}, ("西村",)),
    Bad("people whose codes and names disagree", people_table("村代码,行政村,人口\n149921100200,东村,7\n"), "AG3073",
        {"file": "people.csv"}, ("西村",)),
    Bad("people by codes that a spreadsheet changed", people_table("村代码,行政村,人口\n1.49921E+11,西村,7\n"),
        "AG3306", {"file": "people.csv", "row": 1, "key": "村代码"}),
    Bad("people of a village and of its groups", people_table("行政村,组,人口\n西村,,3\n西村,一组,1\n西村,二组,2\n"),
        "AG3429", {"file": "people.csv", "row": 1}, ("2, 3",)),
    Bad("people who are nowhere", people_table("村子,人口\n西村,7\n"), "AG3428", {"file": "people.csv"}, ("村子",)),
    Bad("columns of coordinates under unknown names", headed("编号,名称,X,Y,床位数,状态"), "AG3072",
        {"file": "clinics.csv"}, ("X",)),
    Bad("graph cut short", graph(lambda text: text[: len(text) // 2]), "AG3120", {"file": "roads.graphml"}),
    Bad("graph without a system", graph(lambda text: text.replace("epsg:4326", "")), "AG3120"),
    Bad("graph of a web page", graph(lambda _: "<html></html>"), "AG3120", {"file": "roads.graphml"}),
    Bad("graph without roads", graph(lambda text: text.replace("tertiary", "proposed")), "AG3102"),
    Bad("shapefile without shx", shapefile(None, without=".shx"), "AG3008", {"file": "areas.shp"}),
    Bad("shapefile without dbf", shapefile(None, without=".dbf"), "AG3008", {"file": "areas.shp"}),
    Bad("shapefile without prj", shapefile(None, without=".prj"), "AG3004", {"file": "areas.shp"}),
    Bad("people in several layers", people_layer("人口", "旧", key=""), "AG3009", {"file": "people.gpkg"}),
    Bad("people in no such layer", people_layer("人口", "旧", key='\nlayer = "新"'), "AG3067", {"file": "people.gpkg"}),
    Bad("layer of a table of people", people_table(keys='layer = "x"\ndatum = "wgs84"'), "AG3067",
        {"file": "people.csv"}),
    Bad("land survey that is not there", study('path = "areas.gpkg"', 'path = "areas.gpkg"\nland_survey = "x.gpkg"'),
        "AG3001", {"key": "areas.land_survey"}),
    Bad("class of places that is none", areas(lambda frame: frame.assign(place_class="中心城区")), "AG3211",
        {"file": "areas.gpkg", "key": "place_class"}),
    Bad("archive of several", zipped("areas.zip", "a", "b"), "AG3009", {"file": "areas.zip"}),
    Bad("archive without the layer", zipped("areas.zip", "a", "b", key='\nlayer = "c"'), "AG3009"),
    Bad("archive without shx", zipped("areas.zip", "a", without=".shx"), "AG3008", {"file": "areas.zip"}),
    Bad("archive without a shapefile", zipped("areas.zip", "a", without=".shp"), "AG3065", {"file": "areas.zip"}),
    Bad("archive that is none", both(study('"areas.gpkg"', '"areas.zip"'), written("areas.zip", b"rubbish")), "AG3052",
        {"file": "areas.zip"}),
    Bad("archive cut short", both(zipped("areas.zip", "a"), cut("areas.zip", 0.5)), "AG3052", {"file": "areas.zip"}),
    Bad("geodatabase of several", geodatabase("a", "b"), "AG3009", {"file": "areas.gdb"}),
    Bad("geodatabase without the layer", geodatabase("a", key='\nlayer = "c"'), "AG3067",
        {"file": "areas.gdb", "key": "layer"}),
    Bad("geodatabase that is a folder", both(study('"areas.gpkg"', '"areas.gdb"'),
        lambda folder: (folder / "areas.gdb").mkdir()), "AG3007", {"file": "areas.gdb"}),
    Bad("geodatabase that is a file", both(study('"areas.gpkg"', '"areas.gdb"'), written("areas.gdb", b"x")), "AG3002",
        {"file": "areas.gdb"}),
    Bad("geopackage without the layer", study('"areas.gpkg"', '"areas.gpkg"\nlayer = "c"'), "AG3067",
        {"file": "areas.gpkg", "key": "layer"}),
    Bad("a folder in place of a file", both(study('"areas.gpkg"', '"folder.gpkg"'),
        lambda folder: (folder / "folder.gpkg").mkdir()), "AG3001", {"file": "folder.gpkg"}),
    Bad("several sheets", clinic_book("2024", "2025"), "AG3060", {"file": "clinics.xlsx", "key": "sheet"}, ("2025",)),
    Bad("no such sheet", clinic_book(key='\nsheet = "名单"'), "AG3061", {"file": "clinics.xlsx"}, ("名单",)),
    Bad("web page as xls", raw_book("clinics.xls", b"<html><table></table></html>"), "AG3063", {"file": "clinics.xls"}),
    Bad("workbook cut short", raw_book("clinics.xls", old_register()[:3000]), "AG3063", {"file": "clinics.xls"}),
    Bad("workbook empty file", raw_book("clinics.xlsx", b""), "AG3063", {"file": "clinics.xlsx"}),
    Bad("workbook of nothing", clinic_book(rows=[[""]]), "AG3025", {"file": "clinics.xlsx"}),
    Bad("sheet of a text table", study('path = "clinics.csv"', 'path = "clinics.csv"\nsheet = "a"'), "AG3064",
        {"file": "clinics.csv", "key": "sheet"}),
    Bad("workbook without kind", both(clinic_book(), study('kind = "village_clinic"\n', "")), "AG3301",
        {"file": "clinics.xlsx"}),
    Bad("workbook without datum", both(clinic_book(), study('datum = "wgs84"\n', "")), "AG3022",
        {"file": "clinics.xlsx"}),
    Bad("beds about", clinics("37.0072,1", "37.0072,约1"), "AG3018", {"file": "clinics.csv", "row": 2}, ("约1",)),
    Bad("beds in another unit", clinics("37.0072,1", "37.0072,1亩"), "AG3018", {"file": "clinics.csv", "row": 2}),
    Bad("beds from to", clinics("37.0072,1", "37.0072,1-2"), "AG3018", {"file": "clinics.csv", "row": 2}),
    Bad("villages without a village", people_table(PEOPLE + "示例镇,,9,9,99,9\n"), "AG3440",
        {"file": "people.csv", "row": 3}),
    Bad("villages on the other basis", people_table("行政村,户籍人口\n西村,1\n"), "AG3441",
        {"file": "people.csv", "key": "population.basis"}, ("registered",)),
    Bad("villages with households alone", people_table("行政村,户数\n西村,1\n"), "AG3442",
        {"file": "people.csv", "key": "population.persons_per_household"}),
    Bad("villages of another county", people_table("行政村,人口\n北村,1\n"), "AG3443", {"file": "people.csv"}),
    Bad("villages without village areas", both(areas(lambda frame: frame.iloc[:2]), people_table()), "AG3443",
        {"file": "people.csv"}),
    Bad("a village twice", people_table(PEOPLE + ",东村,50,200,100,20\n"), "AG3444", {"file": "people.csv", "row": 3}),
    Bad("townships without a weight", people_table("乡镇,人口\n示例镇,1\n"), "AG3445",
        {"file": "people.csv", "key": "population.weight"}),
    Bad("villages without areas", both(people_table(), study('[areas]\npath = "areas.gpkg"\ndatum = "cgcs2000"\n', "")),
        "AG2006", {"file": "study.toml", "key": "areas.path"}),
    Bad("weight missing", both(people_table(keys='weight = "total.tif"'), removed("total.tif")), "AG3001",
        {"file": "total.tif", "key": "population.weight"}),
    Bad("weight for points", people_table("lon,lat,人口\n112.002,37.003,5\n",
        keys='datum = "wgs84"\nweight = "total.tif"'), "AG2064", {"file": "study.toml", "key": "population.weight"}),
    Bad("weight of buildings without osm", both(lines(same, more_text='datum = "wgs84"'),
        people_table(keys='weight = "buildings"')), "AG2054", {"file": "study.toml", "key": "population.weight"}),
    Bad("weight of buildings without any", people_table(keys='weight = "buildings"'), "AG3430", {"file": "roads.osm"}),
    Bad("weight for rasters", study(RASTERS, f'{RASTERS}\nweight = "total.tif"'), "AG2008", {"key": "population"}),
    Bad("people about", people_table(PEOPLE.replace(",200,40", ",约200,40")), "AG3018",
        {"file": "people.csv", "row": 1, "key": "常住人口"}),
    Bad("people negative", people_table(PEOPLE.replace(",200,40", ",-200,40")), "AG3422",
        {"file": "people.csv", "row": 1, "key": "常住人口"}),
]  # fmt: skip
