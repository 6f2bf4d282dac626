"""Facilities, population and elevation that must be refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from integration import tiny_study as tiny
from integration.spoil import (
    Bad,
    Spoil,
    both,
    cell,
    clinics,
    cut,
    more,
    raster,
    removed,
    same,
    study,
    written,
)

VRT_RASTER = """<VRTDataset rasterXSize="20" rasterYSize="10"><SRS>EPSG:4326</SRS>
<GeoTransform>112, 0.001, 0, 37.01, 0, -0.001</GeoTransform><VRTRasterBand dataType="Float32" band="1"><SimpleSource>
<SourceFilename relativeToVRT="1">age60plus.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
</VRTRasterBand></VRTDataset>"""


def giant(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif",
        "w",
        driver="GTiff",
        height=400_000,
        width=400_000,
        count=1,
        dtype="float32",
        tiled=True,
        blockxsize=65536,
        blockysize=65536,
        SPARSE_OK=True,
        BIGTIFF="YES",
        crs="EPSG:4326",
        transform=rasterio.Affine(1e-5, 0, 111, 0, -1e-5, 38),
    ):
        pass


def fine(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif",
        "w",
        driver="GTiff",
        height=400_000,
        width=400_000,
        count=1,
        dtype="float32",
        tiled=True,
        SPARSE_OK=True,
        BIGTIFF="YES",
        crs="EPSG:4326",
        transform=rasterio.Affine(1e-6, 0, 111.9, 0, -1e-6, 37.1),
    ):
        pass


def bands(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif",
        "w",
        driver="GTiff",
        height=10,
        width=20,
        count=3,
        dtype="uint8",
        crs="EPSG:4326",
        transform=rasterio.Affine(1e-3, 0, 112, 0, -1e-3, 37.01),
    ):
        pass


def rotated(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif",
        "w",
        driver="GTiff",
        height=10,
        width=20,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(0.001, 0.0005, 112, 0.0005, -0.001, 37.01),
    ) as raster_file:
        raster_file.write(tiny.people(), 1)


def place_file(frame: gpd.GeoDataFrame, name: str, line: str, **options: object) -> Spoil:
    def spoil(folder: Path) -> None:
        tiny.save(frame, folder / name, **options)
        study('path = "clinics.csv"', f'path = "{name}"')(folder)
        if line:
            study('datum = "wgs84"\n', line)(folder)

    return spoil


def points_table(text: str, *, datum: str = 'datum = "wgs84"') -> Spoil:
    return both(
        written("people.csv", text),
        study(
            'total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999',
            f'table = "people.csv"\n{datum}',
        ),
    )


POINTS = gpd.GeoDataFrame(
    {"id": ["a", "b"]}, geometry=gpd.points_from_xy([112.002, 112.008], [37.003, 37.003]), crs="EPSG:4326"
)
PEOPLE = "id,lon,lat,total\n1,112.002,37.003,100\n2,112.008,37.007,50\n"

FACILITIES = [
    Bad(
        "coordinates are words",
        clinics("112.005", "一百一十二"),
        "AG3018",
        {"file": "clinics.csv", "row": 2, "key": "经度"},
    ),
    Bad("coordinates nan", clinics("112.005", "NaN"), "AG3018", {"file": "clinics.csv", "row": 2, "key": "经度"}),
    Bad("coordinates infinite", clinics("112.005", "inf"), "AG3018", {"file": "clinics.csv", "row": 2, "key": "经度"}),
    Bad("swapped", both(clinics("经度,纬度", "纬度,经度")), "AG3011", {"file": "clinics.csv", "row": 1}),
    Bad("one out of range", clinics("112.005", "1120.05"), "AG3014", {"file": "clinics.csv", "row": 2}),
    Bad(
        "unknown kind in column",
        both(
            written(
                "clinics.csv",
                tiny.CLINICS.replace("状态", "类别").replace("在用", "村卫生所x", 1).replace("在用", "村卫生室"),
            ),
            study('kind = "village_clinic"\n', ""),
        ),
        "AG3302",
        {"file": "clinics.csv", "row": 1, "key": "类别"},
    ),
    Bad(
        "empty kind in column",
        both(
            written(
                "clinics.csv", tiny.CLINICS.replace("状态", "类别").replace("在用", "", 1).replace("在用", "村卫生室")
            ),
            study('kind = "village_clinic"\n', ""),
        ),
        "AG3309",
        {"file": "clinics.csv", "row": 1, "key": "类别"},
    ),
    Bad("no kind", study('kind = "village_clinic"\n', ""), "AG3301", {"file": "clinics.csv"}),
    Bad("unknown status", clinics("1,在用", "1,开着"), "AG3304", {"file": "clinics.csv", "row": 2, "key": "状态"}),
    Bad("duplicate id", clinics("C2", "C1"), "AG3303", {"file": "clinics.csv", "row": 2, "key": "编号"}),
    Bad(
        "negative beds",
        clinics("37.0072,1", "37.0072,-1"),
        "AG3307",
        {"file": "clinics.csv", "row": 2, "key": "床位数"},
    ),
    Bad(
        "beds a word",
        clinics("37.0072,1", "37.0072,两张"),
        "AG3018",
        {"file": "clinics.csv", "row": 2, "key": "床位数"},
    ),
    Bad(
        "crs in degrees",
        study('datum = "wgs84"', 'crs = "EPSG:4490"'),
        "AG2062",
        {"file": "study.toml", "key": "facilities[1].crs"},
    ),
    Bad(
        "crs for a layer",
        place_file(POINTS, "clinics.gpkg", 'crs = "EPSG:4546"\n'),
        "AG2063",
        {"file": "clinics.gpkg", "key": "crs"},
    ),
    Bad(
        "eastings without zone",
        both(
            written("clinics.csv", "编号,X坐标,Y坐标\nC1,4096000.1,589000.2\n"),
            study('datum = "wgs84"', 'datum = "cgcs2000"'),
        ),
        "AG3029",
        {"file": "clinics.csv", "row": 1},
        ("EPSG:4546",),
    ),
    Bad(
        "minutes of 60",
        clinics("112.005", "112°60′18″"),
        "AG3018",
        {"file": "clinics.csv", "row": 2, "key": "经度"},
    ),
    Bad("missing datum", study('datum = "wgs84"\n', ""), "AG3022", {"file": "clinics.csv"}),
    Bad(
        "missing stated column",
        study('datum = "wgs84"', 'datum = "wgs84"\ncolumns = { beds = "床位" }'),
        "AG3017",
        {"file": "clinics.csv", "key": "columns.beds"},
    ),
    Bad("only longitude", clinics("纬度", "维度"), "AG3310", {"file": "clinics.csv", "key": "columns.lat"}),
    Bad("table of nothing", written("clinics.csv", b""), "AG3025", {"file": "clinics.csv"}),
    Bad("table utf-16", written("clinics.csv", tiny.CLINICS.encode("utf-16")), "AG3019", {"file": "clinics.csv"}),
    Bad(
        "table broken bytes",
        written("clinics.csv", tiny.CLINICS.encode() + b"\xff\xfe\xff"),
        "AG3006",
        {"file": "clinics.csv"},
    ),
    Bad("row too long", clinics("C2,乙村卫生室", "C2,乙村,卫生室"), "AG3020", {"file": "clinics.csv", "row": 2}),
    Bad("column twice", clinics("床位数", "名称"), "AG3021", {"file": "clinics.csv", "key": "名称"}),
    Bad("open quote", clinics("甲村卫生室", '"甲村卫生室'), "AG3024", {"file": "clinics.csv", "row": 1}),
    Bad(
        "opening date that is none",
        both(
            clinics("状态", "启用日期"),
            written("clinics.csv", tiny.CLINICS.replace("状态", "启用日期").replace("在用", "去年")),
        ),
        "AG3308",
        {"file": "clinics.csv", "row": 1, "key": "启用日期"},
    ),
    Bad("points without datum", place_file(POINTS, "clinics.gpkg", "\n"), "AG3005", {"file": "clinics.gpkg"}),
    Bad(
        "points swapped",
        place_file(
            POINTS.set_geometry(gpd.points_from_xy(POINTS.geometry.y, POINTS.geometry.x)).set_crs(
                4326, allow_override=True
            ),
            "clinics.geojson",
            "",
        ),
        "AG3014",
        {"file": "clinics.geojson", "row": 1},
    ),
    Bad(
        "facility lines",
        place_file(
            POINTS.set_geometry(shapely.boundary(shapely.buffer(POINTS.geometry.to_numpy(), 0.001))), "clinics.gpkg", ""
        ),
        "AG3305",
        {"file": "clinics.gpkg", "row": 1},
    ),
    Bad(
        "points without crs",
        place_file(POINTS.set_crs(None, allow_override=True), "clinics.shp", ""),
        "AG3004",
        {"file": "clinics.shp"},
    ),
    Bad(
        "a geopackage of a table",
        lambda folder: (
            place_file(POINTS, "clinics.gpkg", "")(folder),
            (folder / "clinics.gpkg").write_bytes(b"SQLite format 3\x00" + b"\0" * 100),
        )[0],
        "AG3013",
        {"file": "clinics.gpkg"},
    ),
    Bad(
        "parquet broken",
        both(study('"clinics.csv"', '"clinics.parquet"'), written("clinics.parquet", b"PAR1rubbishPAR1")),
        "AG3013",
        {"file": "clinics.parquet"},
    ),
    Bad(
        "township code mangled",
        written("clinics.csv", tiny.CLINICS.replace("状态", "乡镇代码").replace("在用", "1.49921E+08")),
        "AG3306",
        {"file": "clinics.csv", "row": 1, "key": "乡镇代码"},
    ),
]

PEOPLE_CASES = [
    Bad(
        "nodata not stated", both(study("nodata = -99999\n", ""), raster(cell(-99999))), "AG3405", {"file": "total.tif"}
    ),
    Bad(
        "negative people",
        both(study("nodata = -99999\n", ""), raster(cell(-3), nodata=-99999)),
        "AG3406",
        {"file": "total.tif"},
    ),
    Bad("nodata that is positive", raster(cell(3.4e38)), "AG3412", {"file": "total.tif"}, ("nodata",)),
    Bad(
        "points of too many people",
        points_table(PEOPLE.replace(",50", ",1e30")),
        "AG3425",
        {"file": "people.csv", "row": 2, "key": "total"},
    ),
    Bad("infinite people", raster(cell(np.inf)), "AG3407", {"file": "total.tif"}),
    Bad("raster without crs", raster(same, crs=None), "AG3402", {"file": "total.tif"}),
    Bad("raster giant block", giant, "AG3409", {"file": "total.tif"}),
    Bad("raster too fine", fine, "AG3409", {"file": "total.tif"}),
    Bad("raster truncated", cut("total.tif", 0.5), "AG3401", {"file": "total.tif"}),
    Bad("raster header only", cut("total.tif", 0.02), "AG3401", {"file": "total.tif"}),
    Bad("raster vrt", written("total.tif", VRT_RASTER), "AG3401", {"file": "total.tif"}),
    Bad("raster empty file", written("total.tif", b""), "AG3401", {"file": "total.tif"}),
    Bad("raster png", written("total.tif", b"\x89PNG\r\n\x1a\n" + b"\0" * 50), "AG3401", {"file": "total.tif"}),
    Bad("raster bands", bands, "AG3403", {"file": "total.tif"}),
    Bad("raster rotated", rotated, "AG3404", {"file": "total.tif"}),
    Bad("raster elsewhere", raster(same, west=100.0), "AG3410", {"file": "total.tif"}),
    Bad("raster swapped", raster(same, west=37.0, north=80), "AG3410", {"file": "total.tif"}),
    Bad("raster all zero", raster(lambda values: values * 0), "AG3411", {"file": "total.tif"}),
    Bad("raster all nodata", raster(lambda values: values * 0 - 99999), "AG3411", {"file": "total.tif"}),
    Bad("raster all nan", raster(lambda values: values * np.nan), "AG3411", {"file": "total.tif"}),
    Bad("group other grid", raster(same, name="age60plus.tif", west=112.0005), "AG3408", {"file": "age60plus.tif"}),
    Bad(
        "group other size",
        raster(lambda values: values[:-1], name="age60plus.tif"),
        "AG3408",
        {"file": "age60plus.tif"},
    ),
    Bad(
        "group missing",
        removed("age60plus.tif"),
        "AG3001",
        {"file": "age60plus.tif", "key": "population.groups.age60plus"},
    ),
    Bad(
        "raster other ending",
        both(
            study('"total.tif"', '"total.img"'),
            lambda folder: (folder / "total.tif").rename(folder / "total.img") and None,
        ),
        "AG3003",
        {"file": "total.img"},
    ),
    Bad("points no datum", points_table(PEOPLE, datum=""), "AG3022", {"file": "people.csv"}),
    Bad(
        "points no coordinates", points_table(PEOPLE.replace("112.008", "")), "AG3421", {"file": "people.csv", "row": 2}
    ),
    Bad(
        "points negative",
        points_table(PEOPLE.replace(",50", ",-50")),
        "AG3422",
        {"file": "people.csv", "row": 2, "key": "total"},
    ),
    Bad("points no people column", points_table(PEOPLE.replace("total", "n")), "AG3420", {"file": "people.csv"}),
    Bad(
        "points twice an id",
        points_table(PEOPLE.replace("\n2,", "\n1,")),
        "AG3424",
        {"file": "people.csv", "row": 2, "key": "id"},
    ),
    Bad(
        "people drawn as polygons",
        both(
            lambda folder: tiny.save(tiny.areas_frame().assign(total=5).iloc[2:], folder / "people.gpkg"),
            study(
                'total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999',
                'table = "people.gpkg"\ndatum = "cgcs2000"',
            ),
        ),
        "AG3426",
        {"file": "people.gpkg", "row": 1},
    ),
    Bad("points nobody", points_table("id,lon,lat,total\n"), "AG3423", {"file": "people.csv"}),
    Bad(
        "people points swapped",
        points_table(PEOPLE.replace("lon,lat", "lat,lon")),
        "AG3011",
        {"file": "people.csv", "row": 1},
    ),
    Bad(
        "points people words",
        points_table(PEOPLE.replace(",50", ",五十")),
        "AG3018",
        {"file": "people.csv", "row": 2, "key": "total"},
    ),
    Bad(
        "people over buildings without any",
        study(
            'total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999',
            'people = 500\nspread = "buildings"',
        ),
        "AG3430",
        {"file": "roads.osm"},
    ),
    Bad(
        "elevation truncated",
        both(
            more('\n[elevation]\npath = "dem.tif"\n'),
            lambda folder: (folder / "dem.tif").write_bytes((folder / "total.tif").read_bytes()[:300]) and None,
        ),
        "AG3502",
        {"file": "dem.tif"},
    ),
    Bad(
        "elevation elsewhere",
        both(
            more('\n[elevation]\npath = "dem.tif"\n'),
            lambda folder: tiny.write_raster(folder / "dem.tif", tiny.people(), west=10.0),
        ),
        "AG3503",
        {"file": "dem.tif"},
    ),
    Bad(
        "elevation without crs",
        both(
            more('\n[elevation]\npath = "dem.tif"\n'),
            lambda folder: tiny.write_raster(folder / "dem.tif", tiny.people(), crs=None),
        ),
        "AG3502",
        {"file": "dem.tif"},
    ),
    Bad(
        "elevation vrt",
        both(more('\n[elevation]\npath = "dem.tif"\n'), written("dem.tif", VRT_RASTER)),
        "AG3501",
        {"file": "dem.tif"},
    ),
]

CASES = [*FACILITIES, *PEOPLE_CASES]
