"""Odd input that is accepted, with what it costs said as a doubt."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from gauss_kruger import forward
from integration import tiny_study as tiny
from integration.bad_people_cases import PEOPLE, POINTS, place_file, points_table
from integration.spoil import (
    Odd,
    Spoil,
    area_rows,
    areas,
    both,
    cell,
    clinics,
    encoded,
    lines,
    more,
    raster,
    same,
    study,
    written,
)


def _xml(old: str, new: str) -> Spoil:
    return written("roads.osm", tiny.road_xml().replace(old, new))


def register(column: str = "行政村", *units: str) -> Spoil:
    """Give the clinics by the village they name, without coordinates."""
    units = units or ("西村",) * 3
    lines = [f"C{place},{place}号卫生室,{unit}" for place, unit in enumerate(units, start=1)]
    return both(
        written("clinics.csv", "\n".join([f"编号,名称,{column}", *lines, ""])),
        study('kind = "village_clinic"\ndatum = "wgs84"\n', 'kind = "village_clinic"\n'),
    )


def _committees(folder: Path, *, east_by: float = 0.0) -> None:
    villages = tiny.areas_frame().iloc[2:]
    points = list(villages.geometry.representative_point())
    points[1] = shapely.Point(points[1].x + east_by, points[1].y)
    tiny.save(villages.set_geometry(points), folder / "villages.gpkg")
    study('path = "areas.gpkg"', 'path = "areas.gpkg"\nvillage_points = "villages.gpkg"')(folder)


def in_minutes(text: str) -> str:
    """Return a table of degrees with its coordinates as 112°0′7.2″."""

    def written_out(match: re.Match[str]) -> str:
        seconds = round(float(match[0]) * 3600, 3)
        return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60)}′{seconds % 60:.3f}″"

    return re.sub(r"\d+\.\d{3,}", written_out, text)


def in_metres(text: str, *, zone: bool) -> str:
    """Return a table of degrees as a surveyor writes it: X the northing, Y the easting, in the zone of 111° E."""

    def written_out(match: re.Match[str]) -> str:
        east, north = forward(float(match[1]), float(match[2]), meridian=111)
        return f"{north:.3f},{east + 37_000_000 * zone:.3f}"

    text = re.sub(r"(\d+\.\d{3,}),(\d+\.\d{3,})", written_out, text)
    return re.sub("经度,纬度|lon,lat", "X坐标,Y坐标", text)


def surveyed(*, zone: bool) -> Spoil:
    """Give the clinics as a surveyor does."""
    datum = 'datum = "cgcs2000"' if zone else 'crs = "EPSG:4546"'
    return both(written("clinics.csv", in_metres(tiny.CLINICS, zone=zone)), study('datum = "wgs84"', datum))


CASES = [
    Odd("as drawn", lambda _: None),
    Odd("study with bom", encoded("utf-8", b"\xef\xbb\xbf")),
    Odd("study with windows line ends", written("study.toml", tiny.STUDY.replace("\n", "\r\n"))),
    Odd("gbk table", written("clinics.csv", tiny.CLINICS.encode("gb18030")), "AG9001"),
    Odd("utf-8 bom table", written("clinics.csv", b"\xef\xbb\xbf" + tiny.CLINICS.encode())),
    Odd("semicolons", written("clinics.csv", tiny.CLINICS.replace(",", ";"))),
    Odd("full-width digits", clinics("112.005", "１１２．００５")),
    Odd("survey table with zones", surveyed(zone=True)),
    Odd("survey table with a declared system", surveyed(zone=False)),
    Odd("degrees, minutes and seconds", written("clinics.csv", in_minutes(tiny.CLINICS))),
    Odd("empty coordinate", clinics("112.005", ""), "AG9301", 1),
    Odd("register by village name", register(), "AG9312", 3),
    Odd(
        "register by village code", register("行政村代码", "149921100200", "149921100200", "149921100200"), "AG9312", 3
    ),
    Odd("register with endings left out", register("行政村", "西 庄", "西村委会", "西"), "AG9301", 1),
    Odd("register of an unknown village", register("行政村", "西村", "西村", "北村"), "AG9301", 1),
    Odd("register at committee points", both(register(), _committees), "AG9312", 3),
    Odd(
        "a committee point far outside its township",
        both(areas(lambda frame: frame.iloc[:2]), lambda folder: _committees(folder, east_by=1.5)),
        "AG9235",
        1,
    ),
    Odd(
        "register partly with coordinates",
        both(
            written(
                "clinics.csv", tiny.CLINICS.replace("状态", "行政村").replace("在用", "西村").replace("112.005", "")
            )
        ),
        "AG9312",
        1,
    ),
    Odd("both coordinates zero", clinics("112.005,37.0072", "0,0"), "AG9004", 1),
    Odd("chinese kind", study('"village_clinic"', '"村卫生室"')),
    Odd(
        "chinese kind in a column",
        both(
            written("clinics.csv", tiny.CLINICS.replace("状态", "类别").replace("在用", "村卫生室")),
            study('kind = "village_clinic"\n', ""),
        ),
    ),
    Odd("row twice", written("clinics.csv", tiny.CLINICS + tiny.CLINICS.splitlines()[1] + "\n"), "AG9302", 1),
    Odd(
        "same name close by",
        written("clinics.csv", tiny.CLINICS + "C4,甲村卫生室,112.0021,37.0031,1,在用\n"),
        "AG9303",
        1,
    ),
    Odd("header only", written("clinics.csv", tiny.CLINICS.splitlines()[0] + "\n"), covered=0.0),
    Odd("all closed", written("clinics.csv", tiny.CLINICS.replace("在用", "停用")), covered=0.0),
    Odd(
        "unknown ownership",
        written("clinics.csv", tiny.CLINICS.replace("状态", "举办性质").replace("在用", "外星")),
        "AG9304",
        3,
    ),
    Odd(
        "stated unit unknown",
        written("clinics.csv", tiny.CLINICS.replace("状态", "乡镇代码").replace("在用", "149922100")),
        "AG9306",
        3,
    ),
    Odd(
        "empty geometry among points",
        place_file(
            gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=[*POINTS.geometry, None], crs=4326), "clinics.gpkg", ""
        ),
        "AG9301",
        1,
    ),
    Odd("facility far away", clinics("112.005,37.0072", "112.5,37.0072"), "AG9209", 1),
    Odd("gcj02 called wgs84 is not seen", study('datum = "wgs84"', 'datum = "gcj02"')),
    Odd("codes as numbers", areas(lambda frame: frame.assign(code=frame["code"].astype("int64")))),
    Odd("codes as floats", areas(lambda frame: frame.assign(code=frame["code"].astype("float64")))),
    Odd("codes filled with zeros", areas(lambda frame: frame.assign(code=frame["code"].str.ljust(12, "0")))),
    Odd(
        "one village in two parts",
        areas(
            lambda frame: tiny.areas_frame(
                [
                    *tiny.AREAS[:3],
                    ("149921100201", "东村", "村", "220", (112.01, 37.0, 112.015, 37.01)),
                    ("149921100201", "东村", "村", "220", (112.015, 37.0, 112.02, 37.01)),
                ]
            )
        ),
        "AG9221",
        2,
    ),
    Odd(
        "small bow-tie",
        area_rows(
            3,
            geometry=shapely.Polygon(
                [
                    (112.01, 37),
                    (112.02, 37),
                    (112.02, 37.01),
                    (112.0101, 37.01),
                    (112.0102, 37.0101),
                    (112.0101, 37.0101),
                    (112.0102, 37.01),
                    (112.01, 37.01),
                ]
            ),
        ),
        "AG9003",
        1,
    ),
    Odd("no village", areas(lambda frame: frame.iloc[:2]), covered=None),
    Odd("only the county", areas(lambda frame: frame.iloc[:1]), covered=None),
    Odd("no county", areas(lambda frame: frame.iloc[1:]), "AG9223"),
    Odd("gap between villages", area_rows(2, geometry=shapely.box(112.0, 37.0, 112.008, 37.01)), "AG9225", 1),
    Odd("villages overlap", area_rows(2, geometry=shapely.box(112.0, 37.0, 112.012, 37.01)), "AG9225", 1),
    Odd(
        "a foreign area",
        areas(
            lambda frame: tiny.areas_frame(
                [*tiny.AREAS, ("149922100", "邻镇", "镇", "", (112.02, 37.0, 112.03, 37.01))]
            )
        ),
        "AG9222",
        1,
    ),
    Odd(
        "row without geometry",
        areas(lambda frame: tiny.areas_frame([*tiny.AREAS, ("149921100202", "空村", "村", "220", None)])),
        "AG9002",
        1,
    ),
    Odd("name against code", area_rows(1, name="示例街道"), "AG9226", 1),
    Odd("where not used", study('path = "areas.gpkg"', 'path = "areas.gpkg"\nwhere = "rural"'), "AG9228"),
    Odd("line layer", lines(same, more_text='datum = "wgs84"'), "AG9115"),
    Odd(
        "line layer class unknown",
        lines(lambda frame: frame.assign(**{"class": "土路"}), more_text='datum = "wgs84"'),
        "AG9108",
        58,
    ),
    Odd(
        "line layer with empty rows",
        lines(lambda frame: frame.set_geometry([None, *frame.geometry[1:]]), more_text='datum = "wgs84"'),
        "AG9002",
        1,
    ),
    Odd(
        "unknown highway",
        _xml(
            '<way id="22" version="1">',
            '<way id="23" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="goat"/></way>'
            '<way id="22" version="1">',
        ),
        "AG9102",
        1,
    ),
    Odd(
        "speed limit of words",
        written("roads.osm", tiny.road_xml(tags={"highway": "tertiary", "maxspeed": "快"})),
        "AG9103",
        22,
    ),
    Odd(
        "speed limit of zero",
        written("roads.osm", tiny.road_xml(tags={"highway": "tertiary", "maxspeed": "0"})),
        "AG9104",
        22,
    ),
    Odd("nodes missing", _xml('<node id="40" ', '<node id="999" '), "AG9101", 2),
    Odd("group above total", raster(cell(50), name="age60plus.tif"), "AG9402", 1),
    Odd("nan cells", raster(cell(np.nan)), judged=496),
    Odd("nodata in the file", raster(cell(-99999), nodata=-99999), judged=496),
    Odd("nodata in the study", raster(cell(-99999)), judged=496),
    Odd(
        "float32 lowest stated by hand",
        both(study("nodata = -99999", "nodata = -3.4028235e38"), raster(cell(np.finfo(np.float32).min))),
        judged=496,
    ),
    Odd(
        "coarse raster",
        both(
            study('groups = { age60plus = "age60plus.tif" }\n', ""),
            raster(lambda values: np.full((1, 2), 250, dtype=np.float32), cell=0.01),
        ),
        "AG9401",
    ),
    Odd("points", points_table(PEOPLE), judged=150),
    Odd("surveyed points", points_table(in_metres(PEOPLE, zone=False), datum='crs = "EPSG:4546"'), judged=150),
    Odd(
        "surveyed points with zones", points_table(in_metres(PEOPLE, zone=True), datum='datum = "cgcs2000"'), judged=150
    ),
    Odd(
        "points in an old datum",
        points_table(in_metres(PEOPLE, zone=False), datum='crs = "EPSG:2382"'),
        "AG9020",
        judged=150,
    ),
    Odd("points without a number", points_table(PEOPLE + "3,112.003,37.004,\n"), "AG9404", 1, judged=150),
    Odd(
        "points group above total",
        points_table("id,lon,lat,total,age60plus\n1,112.002,37.003,100,120\n"),
        "AG9405",
        1,
        judged=100,
    ),
    Odd(
        "telephones",
        written(
            "clinics.csv",
            "编号,名称,经度,纬度,联系电话,备注\n"
            "C1,甲村卫生室,112.002,37.0031,13812345678,15935412345\nC2,乙村卫生室,112.005,37.0072,,18603540001\n"
            "C3,丙村卫生室,112.009,37.0031,0351-1234567,\n",
        ),
        "AG9050",
        2,
    ),
    Odd(
        "a telephone behind a name",
        written("clinics.csv", tiny.CLINICS.replace("甲村卫生室", "甲村卫生室 13812345678")),
        "AG9051",
        1,
    ),
    Odd("snap limit short", more("\n[network]\nsnap_limit_m = 5\n"), "AG9207", covered=None),
]
