"""Roads and areas that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import osmium
import shapely
from integration import tiny_study as tiny
from integration.spoil import (
    Bad,
    Spoil,
    area_rows,
    areas,
    both,
    cut,
    lines,
    removed,
    same,
    study,
    written,
)

WEB_PAGE = "<!DOCTYPE html><html><body>404 Not Found</body></html>"
BOMB = (
    '<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
)
VRT_VECTOR = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>areas.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
)


def pbf(change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(folder: Path) -> None:

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


def road_file(text: str) -> Spoil:
    return written("roads.osm", text)


def _two_layers(folder: Path) -> None:
    (folder / "areas.gpkg").unlink()
    for name in ("old", "new"):
        tiny.save(tiny.areas_frame(), folder / "areas.gpkg", layer=name)


def _village_points(folder: Path) -> None:
    tiny.save(tiny.areas_frame().iloc[2:], folder / "villages.gpkg")
    study('path = "areas.gpkg"', 'path = "areas.gpkg"\nvillage_points = "villages.gpkg"')(folder)


BOW_TIE = shapely.Polygon([(112.0, 37.0), (112.02, 37.01), (112.02, 37.0), (112.0, 37.01)])
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = shapely.Polygon([(112, 37), (np.nan, 37), (112.01, 37.01)])

ROADS = [
    Bad("roads missing", removed("roads.osm"), "AG3001", {"file": "roads.osm", "key": "roads.path"}),
    Bad("roads empty", road_file(""), "AG3101", {"file": "roads.osm"}),
    Bad("roads truncated xml", cut("roads.osm", 0.6), "AG3101", {"file": "roads.osm"}),
    Bad("roads truncated pbf", pbf(lambda data: data[: len(data) * 2 // 3]), "AG3101", {"file": "roads.osm.pbf"}),
    Bad("roads flipped pbf", pbf(flipped), "AG3101", {"file": "roads.osm.pbf"}),
    Bad("roads empty pbf", pbf(lambda _: b""), "AG3101", {"file": "roads.osm.pbf"}),
    Bad("roads html as pbf", pbf(lambda _: WEB_PAGE.encode()), "AG3101", {"file": "roads.osm.pbf"}),
    Bad("roads html as osm", road_file(WEB_PAGE), "AG3101", {"file": "roads.osm"}),
    Bad("roads binary as osm", written("roads.osm", bytes(range(256)) * 50), "AG3101", {"file": "roads.osm"}),
    Bad(
        "roads no highways",
        lambda folder: (folder / "roads.osm").write_text(tiny.road_xml(tags={"building": "yes"})) and None,
        "AG3102",
        {"file": "roads.osm"},
    ),
    Bad(
        "roads only proposed",
        lambda folder: (folder / "roads.osm").write_text(tiny.road_xml(tags={"highway": "proposed"})) and None,
        "AG3102",
        {"file": "roads.osm"},
    ),
    Bad(
        "roads nobody may use",
        lambda folder: (
            (folder / "roads.osm").write_text(tiny.road_xml(tags={"highway": "tertiary", "access": "no"})) and None
        ),
        "AG3102",
        {"file": "roads.osm"},
    ),
    Bad(
        "roads entity bomb",
        road_file(tiny.road_xml(head=BOMB).replace('k="highway"', 'k="highway" x="&c;"')),
        "AG3101",
        {"file": "roads.osm"},
    ),
    Bad("roads far away", road_file(tiny.road_xml().replace('lat="37', 'lat="27')), "AG3103", {"file": "roads.osm"}),
    Bad(
        "roads without nodes",
        road_file("\n".join(line for line in tiny.road_xml().splitlines() if "<node" not in line)),
        "AG3104",
        {"file": "roads.osm"},
    ),
    Bad(
        "roads unknown ending",
        both(study('"roads.osm"', '"roads.dwg"'), written("roads.dwg", b"AC1032")),
        "AG3003",
        {"file": "roads.dwg"},
    ),
    Bad(
        "line layer of polygons",
        lines(
            lambda frame: frame.set_geometry(shapely.buffer(frame.geometry.to_numpy(), 0.0001)),
            more_text='datum = "wgs84"',
        ),
        "AG3110",
        {"file": "roads.gpkg"},
    ),
    Bad(
        "line layer without crs",
        lines(lambda frame: frame.set_crs(None, allow_override=True), name="roads.shp"),
        "AG3004",
        {"file": "roads.shp"},
    ),
    Bad("line layer without datum", lines(same), "AG3005", {"file": "roads.gpkg"}),
    Bad(
        "line layer far away",
        lines(lambda frame: frame.set_geometry(frame.translate(10)), more_text='datum = "wgs84"'),
        "AG3103",
        {"file": "roads.gpkg"},
    ),
    Bad(
        "line layer swapped",
        lines(
            lambda frame: frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])),
            more_text='datum = "wgs84"',
        ),
        "AG3014",
        {"file": "roads.gpkg", "row": 1},
    ),
    Bad(
        "line layer unknown key of columns",
        lines(same, more_text='datum = "wgs84"\ncolumns = { klass = "class" }'),
        "AG2047",
        {"key": "roads.columns.klass"},
    ),
    Bad(
        "line layer missing column",
        lines(same, more_text='datum = "wgs84"\ncolumns = { class = "等级" }'),
        "AG3111",
        {"file": "roads.gpkg", "key": "class"},
    ),
    Bad(
        "line layer empty",
        lines(lambda frame: frame.iloc[:0], more_text='datum = "wgs84"', geometry_type="LineString"),
        "AG3116",
        {"file": "roads.gpkg"},
    ),
    Bad(
        "line layer web page",
        both(study('"roads.osm"', '"roads.gpkg"'), written("roads.gpkg", WEB_PAGE)),
        "AG3007",
        {"file": "roads.gpkg"},
    ),
    Bad(
        "line layer truncated",
        both(lines(same, more_text='datum = "wgs84"'), cut("roads.gpkg", 0.4)),
        "AG3013",
        {"file": "roads.gpkg"},
    ),
    Bad(
        "line layer without shx",
        both(lines(same, name="roads.shp", more_text='datum = "wgs84"'), removed("roads.shx")),
        "AG3008",
        {"file": "roads.shp"},
    ),
    Bad(
        "facilities from osm without an osm file",
        both(lines(same, more_text='datum = "wgs84"'), study('path = "clinics.csv"', 'from = "osm"')),
        "AG2054",
        {"file": "study.toml", "key": "facilities[1].from"},
    ),
]

AREAS = [
    Bad(
        "areas without crs",
        areas(lambda frame: frame.set_crs(None, allow_override=True)),
        "AG3004",
        {"file": "areas.gpkg"},
    ),
    Bad("areas without datum", study('datum = "cgcs2000"\n', ""), "AG3005", {"file": "areas.gpkg"}),
    Bad(
        "areas codes as floats",
        areas(lambda frame: frame.assign(code=[149921.5, 149921100.0, 149921100200.0, 149921100201.0])),
        "AG3204",
        {"file": "areas.gpkg", "row": 1, "key": "code"},
    ),
    Bad(
        "areas codes mangled",
        area_rows(2, code="1.49921E+11"),
        "AG3204",
        {"file": "areas.gpkg", "row": 3, "key": "code"},
    ),
    Bad(
        "areas code short", area_rows(2, code="14992110020"), "AG3204", {"file": "areas.gpkg", "row": 3, "key": "code"}
    ),
    Bad("areas code empty", area_rows(2, code=None), "AG3204", {"file": "areas.gpkg", "row": 3, "key": "code"}),
    Bad("areas duplicate code", area_rows(3, code="149921100200"), "AG3209", {"file": "areas.gpkg", "row": 4}),
    Bad("areas bow-tie", area_rows(1, geometry=BOW_TIE), "AG3016", {"file": "areas.gpkg", "row": 2}),
    Bad(
        "areas points",
        areas(lambda frame: frame.set_geometry(shapely.point_on_surface(frame.geometry.to_numpy()))),
        "AG3202",
        {"file": "areas.gpkg", "row": 1},
    ),
    Bad(
        "areas one point",
        area_rows(3, geometry=shapely.Point(112.015, 37.005)),
        "AG3202",
        {"file": "areas.gpkg", "row": 4},
    ),
    Bad(
        "areas lines",
        areas(lambda frame: frame.set_geometry(frame.boundary)),
        "AG3202",
        {"file": "areas.gpkg", "row": 1},
    ),
    Bad("areas empty", areas(lambda frame: frame.iloc[:0]), "AG3201", {"file": "areas.gpkg"}),
    Bad(
        "areas all geometry missing",
        areas(lambda frame: frame.set_geometry([None] * 4)),
        "AG3201",
        {"file": "areas.gpkg"},
    ),
    Bad(
        "areas swapped axes",
        areas(lambda frame: frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]))),
        "AG3014",
        {"file": "areas.gpkg", "row": 1},
    ),
    Bad(
        "areas metres called degrees",
        areas(lambda frame: frame.to_crs(4546).set_crs(4490, allow_override=True)),
        "AG3014",
        {"file": "areas.gpkg", "row": 1},
    ),
    Bad("areas nan", area_rows(3, geometry=NOT_A_NUMBER), "AG3012", {"file": "areas.gpkg", "row": 4}),
    Bad("areas wrong county", study('"149921"', '"149922"'), "AG3210", {"file": "areas.gpkg"}),
    Bad("areas unknown level", area_rows(2, level="组"), "AG3205", {"file": "areas.gpkg", "row": 3, "key": "level"}),
    Bad(
        "areas level against code", area_rows(2, level="镇"), "AG3206", {"file": "areas.gpkg", "row": 3, "key": "level"}
    ),
    Bad(
        "areas unknown ur code",
        area_rows(2, ur_code="999"),
        "AG3207",
        {"file": "areas.gpkg", "row": 3, "key": "ur_code"},
    ),
    Bad(
        "areas vrt as geojson",
        both(study('"areas.gpkg"', '"areas.geojson"'), written("areas.geojson", VRT_VECTOR)),
        "AG3007",
        {"file": "areas.geojson"},
    ),
    Bad(
        "areas vrt in braces",
        both(study('"areas.gpkg"', '"areas.geojson"'), written("areas.geojson", f"{{ {VRT_VECTOR} }}")),
        "AG3013",
        {"file": "areas.geojson"},
    ),
    Bad(
        "areas gdal pipeline",
        both(
            study('"areas.gpkg"', '"areas.geojson"'),
            written(
                "areas.geojson",
                '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read areas.gpkg"}',
            ),
        ),
        "AG3007",
        {"file": "areas.geojson"},
    ),
    Bad(
        "areas deeply nested",
        both(
            study('"areas.gpkg"', '"areas.geojson"'),
            written("areas.geojson", '{"type": "Feature", "properties": ' + "[" * 100_000),
        ),
        "AG3013",
        {"file": "areas.geojson"},
    ),
    Bad("areas vrt as gpkg", written("areas.gpkg", VRT_VECTOR), "AG3007", {"file": "areas.gpkg"}),
    Bad("areas empty file", written("areas.gpkg", b""), "AG3007", {"file": "areas.gpkg"}),
    Bad(
        "areas broken geojson",
        both(
            study('"areas.gpkg"', '"areas.geojson"'),
            written("areas.geojson", '{"type": "FeatureCollection", "features": ['),
        ),
        "AG3013",
        {"file": "areas.geojson"},
    ),
    Bad(
        "areas topojson",
        both(
            study('"areas.gpkg"', '"areas.json"'),
            written(
                "areas.json",
                '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}},"arcs":[],"transform":{"scale":[1,1],"translate":[0,0]}}',
            ),
        ),
        "AG3007",
        {"file": "areas.json"},
    ),
    Bad(
        "areas stated column missing",
        study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncolumns = { code = "代码" }'),
        "AG3017",
        {"file": "areas.gpkg", "key": "columns.code"},
    ),
    Bad(
        "areas without code column",
        areas(lambda frame: frame.rename(columns={"code": "kode"})),
        "AG3203",
        {"file": "areas.gpkg"},
    ),
    Bad("areas several layers", _two_layers, "AG3009", {"file": "areas.gpkg"}),
    Bad(
        "village points are polygons",
        both(areas(lambda frame: frame.iloc[:2]), _village_points),
        "AG3230",
        {"file": "villages.gpkg", "row": 1},
    ),
    Bad(
        "no central missing",
        study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncentral = "centre.gpkg"'),
        "AG3001",
        {"file": "centre.gpkg", "key": "areas.central"},
    ),
]

CASES = [*ROADS, *AREAS]
