"""Roads, areas, facilities and population that must be refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from integration import tiny_study as tiny
from integration.spoil import (
    Bad,
    area_rows,
    areas,
    both,
    cell,
    clinics,
    cut,
    lines,
    more,
    raster,
    removed,
    same,
    study,
    written,
)

WEB_PAGE = "<!DOCTYPE html><html><body>404 Not Found</body></html>"
BOMB = '<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
VRT_VECTOR = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>areas.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
VRT_RASTER = """<VRTDataset rasterXSize="20" rasterYSize="10"><SRS>EPSG:4326</SRS>
<GeoTransform>112, 0.001, 0, 37.01, 0, -0.001</GeoTransform><VRTRasterBand dataType="Float32" band="1"><SimpleSource>
<SourceFilename relativeToVRT="1">age60plus.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
</VRTRasterBand></VRTDataset>"""


def pbf(change):
    def spoil(folder: Path) -> None:
        import osmium
        with osmium.SimpleWriter(str(folder / "roads.osm.pbf")) as writer:
            for entity in osmium.FileProcessor(str(folder / "roads.osm")):
                writer.add(entity)
        data = (folder / "roads.osm.pbf").read_bytes()
        (folder / "roads.osm.pbf").write_bytes(change(data))
        study('"roads.osm"', '"roads.osm.pbf"')(folder)
    return spoil


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(255 - byte for byte in data[middle : middle + 8]) + data[middle + 8 :]


def road_file(text: str):
    return written("roads.osm", text)


def giant(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif", "w", driver="GTiff", height=400_000, width=400_000, count=1, dtype="float32", tiled=True,
        blockxsize=65536, blockysize=65536, SPARSE_OK=True, BIGTIFF="YES", crs="EPSG:4326",
        transform=rasterio.Affine(1e-5, 0, 111, 0, -1e-5, 38),
    ):
        pass


def fine(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif", "w", driver="GTiff", height=400_000, width=400_000, count=1, dtype="float32", tiled=True,
        SPARSE_OK=True, BIGTIFF="YES", crs="EPSG:4326", transform=rasterio.Affine(1e-6, 0, 111.9, 0, -1e-6, 37.1),
    ):
        pass


def bands(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif", "w", driver="GTiff", height=10, width=20, count=3, dtype="uint8", crs="EPSG:4326",
        transform=rasterio.Affine(1e-3, 0, 112, 0, -1e-3, 37.01),
    ):
        pass


def rotated(folder: Path) -> None:
    (folder / "total.tif").unlink()
    with rasterio.open(
        folder / "total.tif", "w", driver="GTiff", height=10, width=20, count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(0.001, 0.0005, 112, 0.0005, -0.001, 37.01),
    ) as raster_file:
        raster_file.write(tiny.people(), 1)


def place_file(frame: gpd.GeoDataFrame, name: str, line: str, **options):
    def spoil(folder: Path) -> None:
        frame.to_file(folder / name, engine="pyogrio", **options)
        study('path = "clinics.csv"', f'path = "{name}"')(folder)
        if line:
            study('datum = "wgs84"\n', line)(folder)
    return spoil


def points_table(text: str, *, datum: str = 'datum = "wgs84"'):
    return both(
        written("people.csv", text),
        study('total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999', f'table = "people.csv"\n{datum}'),
    )


POINTS = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=gpd.points_from_xy([112.002, 112.008], [37.003, 37.003]), crs="EPSG:4326")
BOW_TIE = shapely.Polygon([(112.0, 37.0), (112.02, 37.01), (112.02, 37.0), (112.0, 37.01)])
PEOPLE = "id,lon,lat,total\n1,112.002,37.003,100\n2,112.008,37.007,50\n"

ROADS = [
    Bad("roads missing", removed("roads.osm"), "?"),
    Bad("roads empty", road_file(""), "?"),
    Bad("roads truncated xml", cut("roads.osm", 0.6), "?"),
    Bad("roads truncated pbf", pbf(lambda data: data[: len(data) * 2 // 3]), "?"),
    Bad("roads flipped pbf", pbf(flipped), "?"),
    Bad("roads empty pbf", pbf(lambda _: b""), "?"),
    Bad("roads html as pbf", pbf(lambda _: WEB_PAGE.encode()), "?"),
    Bad("roads html as osm", road_file(WEB_PAGE), "?"),
    Bad("roads binary as osm", written("roads.osm", bytes(range(256)) * 50), "?"),
    Bad("roads no highways", lambda folder: (folder / "roads.osm").write_text(tiny.road_xml(tags={"building": "yes"})) and None, "?"),
    Bad("roads only proposed", lambda folder: (folder / "roads.osm").write_text(tiny.road_xml(tags={"highway": "proposed"})) and None, "?"),
    Bad("roads nobody may use", lambda folder: (folder / "roads.osm").write_text(tiny.road_xml(tags={"highway": "tertiary", "access": "no"})) and None, "?"),
    Bad("roads entity bomb", road_file(tiny.road_xml(head=BOMB).replace('k="highway"', 'k="highway" x="&c;"')), "?"),
    Bad("roads far away", road_file(tiny.road_xml().replace('lat="37', 'lat="27')), "?"),
    Bad("roads without nodes", road_file("\n".join(line for line in tiny.road_xml().splitlines() if "<node" not in line)), "?"),
    Bad("roads unknown ending", both(study('"roads.osm"', '"roads.dwg"'), written("roads.dwg", b"AC1032")), "?"),
    Bad("line layer of polygons", lines(lambda frame: frame.set_geometry(frame.buffer(0.0001)), more_text='datum = "wgs84"'), "?"),
    Bad("line layer without crs", lines(lambda frame: frame.set_crs(None, allow_override=True), name="roads.shp"), "?"),
    Bad("line layer without datum", lines(same), "?"),
    Bad("line layer far away", lines(lambda frame: frame.set_geometry(frame.translate(10)), more_text='datum = "wgs84"'), "?"),
    Bad("line layer swapped", lines(lambda frame: frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])), more_text='datum = "wgs84"'), "?"),
    Bad("line layer unknown key of columns", lines(same, more_text='datum = "wgs84"\ncolumns = { klass = "class" }'), "?"),
    Bad("line layer missing column", lines(same, more_text='datum = "wgs84"\ncolumns = { class = "等级" }'), "?"),
    Bad("line layer empty", lines(lambda frame: frame.iloc[:0], more_text='datum = "wgs84"', geometry_type="LineString"), "?"),
    Bad("line layer web page", both(study('"roads.osm"', '"roads.gpkg"'), written("roads.gpkg", WEB_PAGE)), "?"),
    Bad("line layer truncated", both(lines(same, more_text='datum = "wgs84"'), cut("roads.gpkg", 0.4)), "?"),
    Bad("line layer without shx", both(lines(same, name="roads.shp", more_text='datum = "wgs84"'), removed("roads.shx")), "?"),
    Bad("facilities from osm without an osm file", both(lines(same, more_text='datum = "wgs84"'), study('path = "clinics.csv"', 'from = "osm"')), "?"),
]

AREAS = [
    Bad("areas without crs", areas(lambda frame: frame.set_crs(None, allow_override=True)), "?"),
    Bad("areas without datum", study('datum = "cgcs2000"\n', ""), "?"),
    Bad("areas codes as floats", areas(lambda frame: frame.assign(code=[149921.5, 149921100.0, 149921100200.0, 149921100201.0])), "?"),
    Bad("areas codes mangled", area_rows(2, code="1.49921E+11"), "?"),
    Bad("areas code short", area_rows(2, code="14992110020"), "?"),
    Bad("areas code empty", area_rows(2, code=None), "?"),
    Bad("areas duplicate code", area_rows(3, code="149921100200"), "?"),
    Bad("areas bow-tie", area_rows(1, geometry=BOW_TIE), "?"),
    Bad("areas points", areas(lambda frame: frame.set_geometry(frame.representative_point())), "?"),
    Bad("areas one point", area_rows(3, geometry=shapely.Point(112.015, 37.005)), "?"),
    Bad("areas lines", areas(lambda frame: frame.set_geometry(frame.boundary)), "?"),
    Bad("areas empty", areas(lambda frame: frame.iloc[:0]), "?"),
    Bad("areas all geometry missing", areas(lambda frame: frame.set_geometry([None] * 4)), "?"),
    Bad("areas swapped axes", areas(lambda frame: frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]))), "?"),
    Bad("areas metres called degrees", areas(lambda frame: frame.to_crs(4546).set_crs(4490, allow_override=True)), "?"),
    Bad("areas nan", area_rows(3, geometry=shapely.Polygon([(112, 37), (np.nan, 37), (112.01, 37.01)])), "?"),
    Bad("areas wrong county", study('"149921"', '"149922"'), "?"),
    Bad("areas code is a word", study('"149921"', '"jiaxian"'), "?"),
    Bad("areas unknown level", area_rows(2, level="组"), "?"),
    Bad("areas level against code", area_rows(2, level="镇"), "?"),
    Bad("areas unknown ur code", area_rows(2, ur_code="999"), "?"),
    Bad("areas vrt as geojson", both(study('"areas.gpkg"', '"areas.geojson"'), written("areas.geojson", VRT_VECTOR)), "?"),
    Bad("areas vrt as gpkg", written("areas.gpkg", VRT_VECTOR), "?"),
    Bad("areas empty file", written("areas.gpkg", b""), "?"),
    Bad("areas broken geojson", both(study('"areas.gpkg"', '"areas.geojson"'), written("areas.geojson", '{"type": "FeatureCollection", "features": [')), "?"),
    Bad("areas topojson", both(study('"areas.gpkg"', '"areas.json"'), written("areas.json", '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}},"arcs":[],"transform":{"scale":[1,1],"translate":[0,0]}}')), "?"),
    Bad("areas stated column missing", study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncolumns = { code = "代码" }'), "?"),
    Bad("areas without code column", areas(lambda frame: frame.rename(columns={"code": "kode"})), "?"),
    Bad("areas several layers", lambda folder: POINTS.to_file(folder / "areas.gpkg", layer="more", engine="pyogrio") and None, "?"),
    Bad("village points polygon", both(study('path = "areas.gpkg"', 'path = "areas.gpkg"\nvillage_points = "areas.gpkg"')), "?"),
    Bad("no central missing", study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncentral = "centre.gpkg"'), "?"),
]

FACILITIES = [
    Bad("coordinates are words", clinics("112.005", "一百一十二"), "?"),
    Bad("coordinates in degrees minutes", clinics("112.005", "112°00'18\""), "?"),
    Bad("coordinates infinite", clinics("112.005", "inf"), "?"),
    Bad("swapped", both(clinics("经度,纬度", "纬度,经度")), "?"),
    Bad("one out of range", clinics("112.005", "1120.05"), "?"),
    Bad("unknown kind in column", both(written("clinics.csv", tiny.CLINICS.replace("状态", "类别").replace("在用", "村卫生所x", 1).replace("在用", "村卫生室")), study('kind = "village_clinic"\n', "")), "?"),
    Bad("empty kind in column", both(written("clinics.csv", tiny.CLINICS.replace("状态", "类别").replace("在用", "", 1).replace("在用", "村卫生室")), study('kind = "village_clinic"\n', "")), "?"),
    Bad("no kind", study('kind = "village_clinic"\n', ""), "?"),
    Bad("unknown status", clinics("1,在用", "1,开着"), "?"),
    Bad("duplicate id", clinics("C2", "C1"), "?"),
    Bad("negative beds", clinics("37.0072,1", "37.0072,-1"), "?"),
    Bad("beds a word", clinics("37.0072,1", "37.0072,两张"), "?"),
    Bad("missing datum", study('datum = "wgs84"\n', ""), "?"),
    Bad("missing stated column", study('datum = "wgs84"', 'datum = "wgs84"\ncolumns = { beds = "床位" }'), "?"),
    Bad("only longitude", clinics("纬度", "维度"), "?"),
    Bad("table of nothing", written("clinics.csv", b""), "?"),
    Bad("table utf-16", written("clinics.csv", tiny.CLINICS.encode("utf-16")), "?"),
    Bad("table broken bytes", written("clinics.csv", tiny.CLINICS.encode() + b"\xff\xfe\xff"), "?"),
    Bad("row too long", clinics("C2,乙村卫生室", "C2,乙村,卫生室"), "?"),
    Bad("column twice", clinics("床位数", "名称"), "?"),
    Bad("open quote", clinics("甲村卫生室", '"甲村卫生室'), "?"),
    Bad("date that is none", both(clinics("状态", "启用日期"), written("clinics.csv", tiny.CLINICS.replace("状态", "启用日期").replace("在用", "去年"))), "?"),
    Bad("points without datum", place_file(POINTS, "clinics.gpkg", "\n"), "?"),
    Bad("points swapped", place_file(POINTS.set_geometry(gpd.points_from_xy(POINTS.geometry.y, POINTS.geometry.x)).set_crs(4326, allow_override=True), "clinics.geojson", ""), "?"),
    Bad("facility lines", place_file(POINTS.set_geometry(POINTS.buffer(0.001).boundary), "clinics.gpkg", ""), "?"),
    Bad("points without crs", place_file(POINTS.set_crs(None, allow_override=True), "clinics.shp", ""), "?"),
    Bad("a geopackage of a table", lambda folder: (place_file(POINTS, "clinics.gpkg", "")(folder), (folder / "clinics.gpkg").write_bytes(b"SQLite format 3\x00" + b"\0" * 100))[0], "?"),
    Bad("parquet broken", both(study('"clinics.csv"', '"clinics.parquet"'), written("clinics.parquet", b"PAR1rubbishPAR1")), "?"),
    Bad("township code mangled", written("clinics.csv", tiny.CLINICS.replace("状态", "乡镇代码").replace("在用", "1.49921E+08")), "?"),
]

PEOPLE_CASES = [
    Bad("nodata not stated", both(study("nodata = -99999\n", ""), raster(cell(-99999))), "?"),
    Bad("negative people", both(study("nodata = -99999\n", ""), raster(cell(-3), nodata=-99999)), "?"),
    Bad("infinite people", raster(cell(np.inf)), "?"),
    Bad("raster without crs", raster(same, crs=None), "?"),
    Bad("raster giant block", giant, "?"),
    Bad("raster too fine", fine, "?"),
    Bad("raster truncated", cut("total.tif", 0.5), "?"),
    Bad("raster header only", cut("total.tif", 0.02), "?"),
    Bad("raster vrt", written("total.tif", VRT_RASTER), "?"),
    Bad("raster empty file", written("total.tif", b""), "?"),
    Bad("raster png", written("total.tif", b"\x89PNG\r\n\x1a\n" + b"\0" * 50), "?"),
    Bad("raster bands", bands, "?"),
    Bad("raster rotated", rotated, "?"),
    Bad("raster elsewhere", raster(same, west=100.0), "?"),
    Bad("raster swapped", raster(same, west=37.0, north=80), "?"),
    Bad("raster all zero", raster(lambda values: values * 0), "?"),
    Bad("raster all nodata", raster(lambda values: values * 0 - 99999), "?"),
    Bad("raster all nan", raster(lambda values: values * np.nan), "?"),
    Bad("group other grid", raster(same, name="age60plus.tif", west=112.0005), "?"),
    Bad("group other size", raster(lambda values: values[:-1], name="age60plus.tif"), "?"),
    Bad("group missing", removed("age60plus.tif"), "?"),
    Bad("raster other ending", both(study('"total.tif"', '"total.img"'), lambda folder: (folder / "total.tif").rename(folder / "total.img") and None), "?"),
    Bad("points no datum", points_table(PEOPLE, datum=""), "?"),
    Bad("points no coordinates", points_table(PEOPLE.replace("112.008", "")), "?"),
    Bad("points negative", points_table(PEOPLE.replace(",50", ",-50")), "?"),
    Bad("points no people column", points_table(PEOPLE.replace("total", "n")), "?"),
    Bad("points twice an id", points_table(PEOPLE.replace("\n2,", "\n1,")), "?"),
    Bad("points nobody", points_table("id,lon,lat,total\n"), "?"),
    Bad("points swapped", points_table(PEOPLE.replace("lon,lat", "lat,lon")), "?"),
    Bad("points people words", points_table(PEOPLE.replace(",50", ",五十")), "?"),
    Bad("people over buildings without any", study('total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999', 'people = 500\nspread = "buildings"'), "?"),
    Bad("elevation truncated", both(more('\n[elevation]\npath = "dem.tif"\n'), lambda folder: (folder / "dem.tif").write_bytes((folder / "total.tif").read_bytes()[:300]) and None), "?"),
    Bad("elevation elsewhere", both(more('\n[elevation]\npath = "dem.tif"\n'), lambda folder: tiny.write_raster(folder / "dem.tif", tiny.people(), west=10.0)), "?"),
    Bad("elevation without crs", both(more('\n[elevation]\npath = "dem.tif"\n'), lambda folder: tiny.write_raster(folder / "dem.tif", tiny.people(), crs=None)), "?"),
    Bad("elevation vrt", both(more('\n[elevation]\npath = "dem.tif"\n'), written("dem.tif", VRT_RASTER)), "?"),
]

CASES = [*ROADS, *AREAS, *FACILITIES, *PEOPLE_CASES]
