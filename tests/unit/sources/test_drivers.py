"""No file of a user makes GDAL open another file: virtual layers in disguise, side files, services, bombs."""

from __future__ import annotations

import http.server
import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.sources import drivers
from accessgis.sources.population import _read
from accessgis.sources.rasters import opened
from accessgis.sources.vector import layer_names, read_vector

LON, LAT = 112.0, 37.0
MARK = "belongs to somebody else"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    frame = gpd.GeoDataFrame({"name": [MARK]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
    frame.to_file(folder / "secret.gpkg", layer="secret")
    return folder / "secret.gpkg"


def virtual(source: str) -> str:
    layer = f"<OGRVRTLayer name='secret'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>"
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def pipeline(source: str) -> str:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {source}"})


DISGUISES = {
    "virtual layer": lambda source: ("a.geojson", virtual(source).encode()),
    "virtual layer in braces": lambda source: ("a.geojson", f"{{ {virtual(source)} }}".encode()),
    "virtual layer after a mark": lambda source: ("a.json", b"\xef\xbb\xbf { " + virtual(source).encode()),
    "virtual layer as FlatGeobuf": lambda source: ("a.fgb", b"fgb" + virtual(source).encode()),
    "virtual layer after the whole mark": lambda source: ("a.fgb", b"fgb\x03fgb\x01" + virtual(source).encode()),
    "virtual layer as GeoPackage": lambda source: ("a.gpkg", virtual(source).encode()),
    "pipeline": lambda source: ("a.geojson", pipeline(source).encode()),
    "pipeline as .json": lambda source: ("a.json", pipeline(source).encode()),
    "feature service": lambda source: ("a.json", f"{{ <OGRWFSDataSource><URL>{source}</URL>".encode()),
}  # fmt: skip


@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_follows_a_file_to_another(tmp_path: Path, secret: Path, monkeypatch, disguise: str) -> None:
    name, content = DISGUISES[disguise](str(secret))
    (tmp_path / name).write_bytes(content)
    read: list[object] = []
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *a, **k: read.append(a))
    seen = secret.stat().st_atime_ns
    with pytest.raises(DataError) as caught:
        read_vector(tmp_path / name, label=name, datum="wgs84")
    assert caught.value.code in ("AG3007", "AG3013")
    assert MARK not in str(caught.value)
    assert read == []
    assert secret.stat().st_atime_ns == seen


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/a.geojson", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_is_asked_of_the_network(tmp_path: Path, listener, disguise: str) -> None:
    url, asked = listener
    name, content = DISGUISES[disguise](f"/vsicurl/{url}")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        read_vector(tmp_path / name, label=name, datum="wgs84")
    assert asked == []


def test_the_attack_works_on_gdal_itself(tmp_path: Path, secret: Path, listener) -> None:
    """The disguises are no straw men: read without the checks, they give the other file and ask the network."""
    url, asked = listener
    (tmp_path / "b.geojson").write_text(pipeline(f"/vsicurl/{url}"))
    with pytest.raises(pyogrio.errors.DataSourceError):
        pyogrio.read_info(tmp_path / "b.geojson")
    assert asked
    for disguise in ("virtual layer in braces", "virtual layer after the whole mark", "pipeline"):
        name, content = DISGUISES[disguise](str(secret))
        (tmp_path / name).write_bytes(content)
        assert MARK in pyogrio.read_dataframe(tmp_path / name)["name"].tolist(), disguise


def test_a_virtual_table_in_a_geopackage_reads_nothing(tmp_path: Path, secret: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["mine"]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
    frame.to_file(tmp_path / "a.gpkg", layer="a")
    base = sqlite3.connect(tmp_path / "a.gpkg")
    base.execute("PRAGMA writable_schema=1")
    statement = f"CREATE VIRTUAL TABLE b USING VirtualOGR('{secret}')"
    base.execute("INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES('table','b','b',0,?)", (statement,))
    base.execute("INSERT INTO gpkg_contents(table_name,data_type,identifier,srs_id) VALUES('b','features','b',4326)")
    base.commit()
    base.close()
    assert set(layer_names(tmp_path / "a.gpkg", label="a.gpkg")) == {"a"}
    with pytest.raises(DataError) as caught:
        read_vector(tmp_path / "a.gpkg", label="a.gpkg", layer="b", datum="wgs84")
    assert caught.value.code == "AG3067"
    assert MARK not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("ending", ["msk", "ovr", "aux.xml"])
def test_files_beside_a_raster_count_for_nothing(tmp_path: Path, ending: str) -> None:
    place = {"crs": "EPSG:4326", "transform": rasterio.Affine(0.001, 0, LON, 0, -0.001, LAT)}
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="float32", **place
    ) as raster:
        raster.write(np.ones((4, 4), dtype=np.float32), 1)
    with rasterio.open(
        tmp_path / "secret.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", **place
    ) as raster:
        raster.write(np.eye(4, dtype=np.uint8) * 255, 1)
    mask = (
        '<VRTDataset rasterXSize="4" rasterYSize="4"><Metadata><MDI key="INTERNAL_MASK_FLAGS_1">2</MDI></Metadata>'
        f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{tmp_path}/secret.tif</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    metadata = (
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>1</NoDataValue></PAMRasterBand><Metadata domain="OVERVIEWS">'
        f'<MDI key="OVERVIEW_FILE">{tmp_path}/secret.tif</MDI></Metadata></PAMDataset>'
    )
    (tmp_path / f"a.tif.{ending}").write_text(metadata if ending == "aux.xml" else mask)
    with opened(tmp_path / "a.tif") as raster:
        assert (raster.read_masks(1) == 255).all()
        assert raster.nodata is None
        assert raster.overviews(1) == []
        assert [Path(name).name for name in raster.files] == ["a.tif"]


def test_a_virtual_raster_in_disguise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text('<VRTDataset rasterXSize="2000000" rasterYSize="2000000"></VRTDataset>')
    with pytest.raises(DataError) as caught:
        _read(tmp_path / "a.tif", label="a.tif", bounds=np.array([0, 0, 1, 1.0]), crs=CRS(4326), nodata=None)
    assert caught.value.code == "AG3401"


def test_a_deep_geojson_is_refused(tmp_path: Path) -> None:
    deep = '{"type": "Feature", "properties": {"a": ' + "[" * 200_000 + "]" * 200_000 + '}, "geometry": null}'
    (tmp_path / "a.geojson").write_text(deep)
    with pytest.raises(DataError) as caught:
        read_vector(tmp_path / "a.geojson", label="a.geojson", datum="wgs84")
    assert caught.value.code == "AG3013"


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.fgb"])
def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path, monkeypatch, name: str) -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
    frame.to_file(tmp_path / name)
    assert len(read_vector(tmp_path / name, label=name, datum="wgs84").value) == 1
    monkeypatch.setattr(drivers, "MAX_GEOJSON_BYTES", 10)
    monkeypatch.setattr(drivers, "MAX_LAYER_BYTES", 10)
    with pytest.raises(DataError) as caught:
        read_vector(tmp_path / name, label=name, datum="wgs84")
    assert caught.value.code == "AG3050"


def test_a_parquet_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch) -> None:
    frame = pd.DataFrame({"name": ["x" * 1000] * 1000})
    gpd.GeoDataFrame(frame, geometry=[shapely.Point(LON, LAT)] * 1000, crs=4326).to_parquet(tmp_path / "a.parquet")
    assert len(read_vector(tmp_path / "a.parquet", label="a", datum="wgs84").value) == 1000
    for name, limit in (("MAX_PARQUET_ROWS", 999), ("MAX_UNPACKED_BYTES", 999)):
        with monkeypatch.context() as patch:
            patch.setattr(drivers, name, limit)
            with pytest.raises(DataError) as caught:
                read_vector(tmp_path / "a.parquet", label="a", datum="wgs84")
            assert caught.value.code == "AG3050"


def test_the_command_line_loads_gdal_without_readers_that_follow_files() -> None:
    program = (
        "from accessgis.cli.drivers import limit_drivers\n"
        "limit_drivers()\n"
        "import os, pyogrio, rasterio\n"
        "with rasterio.Env() as env: rasters = set(env.drivers())\n"
        "assert not {'VRT', 'WMS', 'HTTP', 'GTI'} & rasters, rasters\n"
        "layers = set(pyogrio.list_drivers())\n"
        "assert not {'OGR_VRT', 'GDALG', 'HTTP', 'WFS', 'GPSBabel'} & layers, layers\n"
        "assert {'GPKG', 'GeoJSON', 'ESRI Shapefile', 'FlatGeobuf'} <= layers and 'GTiff' in rasters\n"
        "assert not {'GDAL_SKIP', 'OGR_SKIP', 'CPL_LOG'} & set(os.environ)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_socket_is_opened_for_a_layer(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket")

    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
    frame.to_file(tmp_path / "a.geojson")
    monkeypatch.setattr(socket, "socket", refuse)
    assert len(read_vector(tmp_path / "a.geojson", label="a", datum="wgs84").value) == 1
