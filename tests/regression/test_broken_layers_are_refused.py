"""Broken files that GEOS, Arrow, zipfile or geopandas give up on ended in a traceback instead of a sentence."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from integration import tiny_study as tiny
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.sources.archives import check_archive
from accessgis.sources.boundaries import read_areas
from accessgis.sources.roads_graphml import read_graph_roads
from accessgis.sources.vector import read_vector

GRID = CRS.from_epsg(4546)


def refused(path: Path, code: str) -> DataError:
    with pytest.raises(DataError) as caught:
        read_vector(path, label=path.name, datum="wgs84")
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [("Polygon", [[[0, 0], [1, 0], [1, 1], [0, 1]]]), ("LineString", [[0, 0]])],
)
def test_shapes_that_geos_cannot_build(tmp_path: Path, kind: str, coordinates: list) -> None:
    geometry = {"type": kind, "coordinates": coordinates}
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": geometry}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    refused(path, "AG3013")


def test_columns_of_one_name(tmp_path: Path) -> None:
    """A DBF may hold a name twice: names are cut at ten bytes."""
    path = tmp_path / "a.shp"
    tiny.save(tiny.areas_frame()[["code", "name", "geometry"]], path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"code\0", b"name\0", 1))
    assert refused(path, "AG3021").values["column"] == "name"


def test_outlines_without_an_inside(tmp_path: Path) -> None:
    """Areas of no size were divided by when their parts were added up."""
    frame = tiny.areas_frame()
    frame.loc[1, "geometry"] = shapely.Polygon([(112, 37), (112.02, 37), (112, 37)])
    tiny.save(frame, tmp_path / "a.gpkg")
    assert refused(tmp_path / "a.gpkg", "AG3016").place.row == 2


def test_outlines_that_are_valid_in_degrees_alone(tmp_path: Path) -> None:
    """A hole that touches a long straight edge leaves it once the edge is straight in metres."""
    long = shapely.Polygon([(100, 37), (124, 37), (124, 40), (100, 40)], [[(112, 37), (112.3, 37.3), (111.7, 37.3)]])
    assert long.is_valid
    frame = tiny.areas_frame()
    frame.loc[0, "geometry"] = long
    tiny.save(frame, tmp_path / "a.gpkg")
    found = read_areas(tmp_path / "a.gpkg", label="a", columns={}, datum="wgs84", crs=GRID, study_code="149921")
    assert found.value.frame.is_valid.all()
    assert "AG9003" in {doubt.code for doubt in found.doubts}


def test_text_of_geoparquet_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    tiny.areas_frame().to_parquet(path)
    table = pq.read_table(path)
    buffers = [None, pa.py_buffer(struct.pack("<2i", 0, 2)), pa.py_buffer(b"\xff\xfe")]
    broken = pa.Array.from_buffers(pa.string(), 1, buffers)
    columns = {name: table[name][:1] for name in table.column_names} | {"name": broken}
    pq.write_table(pa.table(columns).replace_schema_metadata(table.schema.metadata), path)
    refused(path, "AG3013")


def test_an_archive_with_a_file_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"")
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    path.write_bytes(data[: at + 28] + struct.pack("<H", 0) + data[at + 30 :])
    with pytest.raises(DataError) as caught:
        check_archive(path, label="a.zip")
    assert caught.value.code == "AG3052"


@pytest.mark.parametrize("text", ["LINESTRING (0", "LINESTRING (inf 0, 1 1)"])
def test_a_graph_whose_streets_have_no_shape(tmp_path: Path, text: str) -> None:
    names = {"crs": "graph", "x": "node", "y": "node"}
    names |= dict.fromkeys(["osmid", "highway", "geometry", "length", "oneway"], "edge")
    key = "".join(
        f'<key id="d{row}" for="{names[name]}" attr.name="{name}" attr.type="string"/>'
        for row, name in enumerate(names)
    )
    nodes = "".join(
        f'<node id="{row}"><data key="d1">{112 + row / 100}</data><data key="d2">37.0</data></node>' for row in (1, 2)
    )
    cells = ["", "", "", "5", "residential", text, "9.0", "False"]
    data = "".join(f'<data key="d{row}">{cell}</data>' for row, cell in enumerate(cells) if cell)
    graph = f'<data key="d0">epsg:4326</data>{nodes}<edge source="1" target="2" id="0">{data}</edge>'
    head = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    path = tmp_path / "a.graphml"
    path.write_text(f'{head}{key}<graph edgedefault="directed">{graph}</graph></graphml>', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_graph_roads(path, label="a.graphml", crs=GRID, keep=None)
    assert caught.value.code == "AG3120"
