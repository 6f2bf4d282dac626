"""Layers at the door: what is refused, what is mended, what is read."""

from __future__ import annotations

import contextlib
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from accessgis.base.datum import wgs84_to_bd09, wgs84_to_gcj02
from accessgis.base.errors import DataError
from accessgis.sources import views
from accessgis.sources.recognise import recognise
from accessgis.sources.vector import check_extent, layer_names, read_vector, swapped

LON, LAT = 112.35, 37.12


def write(path, shapes, *, crs="EPSG:4326", encoding=None, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    options = {"encoding": encoding} if encoding else {}
    frame.to_file(path, **options) if path.suffix != ".parquet" else frame.to_parquet(path)
    return path


def refused(path, code, **options):
    with pytest.raises(DataError) as caught:
        read_vector(path, label=path.name, **({"datum": "wgs84"} | options))
    assert caught.value.code == code
    assert caught.value.exit_code == 3
    for language in ("en", "zh"):
        assert caught.value.message(language)
        assert caught.value.fix(language)
    return caught.value


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.parquet"])
def test_every_format_gives_the_same_rows(tmp_path, name):
    path = write(tmp_path / name, [shapely.Point(LON, LAT), shapely.Point(LON + 1, LAT)], name=["东庄", "西庄"])

    reading = read_vector(path, label=f"data/{name}", datum="wgs84", role="test")

    assert sorted(reading.value["name"]) == ["东庄", "西庄"]
    assert list(reading.value.index) == [1, 2]
    assert reading.value.crs == CRS.from_epsg(4326)
    (record,) = reading.inputs
    assert (record.path, record.rows, record.crs, record.datum) == (f"data/{name}", 2, "EPSG:4326", "wgs84")
    assert len(record.sha256) == 64


def test_degrees_need_a_datum_even_with_a_chinese_system(tmp_path):
    path = write(tmp_path / "a.gpkg", [shapely.Point(LON, LAT)], crs="EPSG:4490")

    refused(path, "AG3005", datum=None)


def test_projected_layers_need_no_datum(tmp_path):
    path = write(tmp_path / "a.gpkg", [shapely.Point(500_000, 4_100_000)], crs="EPSG:4546")

    frame = read_vector(path, label="a", crs=CRS.from_epsg(4546)).value

    assert frame.geometry.iloc[0] == shapely.Point(500_000, 4_100_000)


def test_no_crs_is_refused(tmp_path):
    path = write(tmp_path / "a.shp", [shapely.Point(1, 1)], name=["a"])
    path.with_suffix(".prj").unlink()

    refused(path, "AG3004")


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_shifted_datums_move_every_vertex(tmp_path, datum, shift):
    corners = np.array([[LON, LAT], [LON + 0.3, LAT], [LON + 0.3, LAT + 0.3]])
    given = np.column_stack(shift(corners[:, 0], corners[:, 1]))
    path = write(tmp_path / "a.gpkg", [shapely.Polygon(given)])

    shape = read_vector(path, label="a", datum=datum).value.geometry.iloc[0]

    assert np.abs(shapely.get_coordinates(shape)[:3] - corners).max() < 1e-9


def test_shifted_datum_in_a_projected_layer_is_shifted_in_degrees(tmp_path):
    moved = shapely.Point(*wgs84_to_gcj02(LON, LAT))
    mercator = gpd.GeoSeries([moved], crs="EPSG:4326").to_crs(3857)
    path = write(tmp_path / "a.gpkg", mercator, crs="EPSG:3857")

    shape = read_vector(path, label="a", datum="gcj02").value.geometry.iloc[0]

    assert shape.distance(shapely.Point(LON, LAT)) < 1e-8


def shapefile(tmp_path, encoding, *, cpg=None):
    path = write(tmp_path / "a.shp", [shapely.Point(LON, LAT)] * 3, encoding=encoding, name=["镇卫生院", "卫生室", "a"])
    (tmp_path / "a.cpg").unlink()
    if cpg is not None:
        (tmp_path / "a.cpg").write_text(cpg)
    # Without a mark of its own in the header the table says nothing about its encoding.
    table = bytearray((tmp_path / "a.dbf").read_bytes())
    table[29] = 0
    (tmp_path / "a.dbf").write_bytes(bytes(table))
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "doubts"),
    [("GBK", None, ["AG9001"]), ("UTF-8", None, []), ("GBK", "936", []), ("UTF-8", "UTF-8", []),
     ("GBK", "nonsense", ["AG9001"])],
)  # fmt: skip
def test_chinese_shapefiles_are_read_right(tmp_path, encoding, cpg, doubts):
    reading = read_vector(shapefile(tmp_path, encoding, cpg=cpg), label="a.shp", datum="wgs84")

    assert list(reading.value["name"]) == ["镇卫生院", "卫生室", "a"]
    # What the .cpg file states is no guess.
    assert [doubt.code for doubt in reading.doubts] == doubts


def test_text_in_no_known_encoding_is_refused(tmp_path):
    path = shapefile(tmp_path, "GBK")
    table = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(table.replace("卫".encode("gbk"), b"\xff\xff"))

    refused(path, "AG3006")


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_shapefile_without_its_companions_is_refused(tmp_path, ending):
    path = write(tmp_path / "a.shp", [shapely.Point(1, 1)], name=["a"])
    path.with_suffix(ending).unlink()

    refused(path, "AG3008")


def test_a_virtual_layer_in_disguise_reads_nothing(tmp_path):
    secret = write(tmp_path / "secret.gpkg", [shapely.Point(1, 1)], name=["secret"])
    path = tmp_path / "evil.geojson"
    path.write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
        "</OGRVRTDataSource>"
    )

    refused(path, "AG3007")


def test_other_json_dialects_are_refused(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Topology", "objects": {"a": {"type": "Point", "coordinates": [1, 1]}}, "arcs": []}')

    assert refused(path, "AG3007").values["driver"] == "Topology"  # noqa: PD011


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.gpkg", b"SQLite format 3\x00 and then nothing"), ("a.geojson", b'{"type": "FeatureColl'),
     ("a.fgb", b"fgb\x03fgb"), ("a.parquet", b"PAR1 and then nothing"), ("a.geojson", b'{"a": 1}')],
)  # fmt: skip
def test_damaged_files_give_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    error = refused(path, "AG3013")

    assert str(tmp_path) not in str(error)


@pytest.mark.parametrize(("name", "code"), [("none.gpkg", "AG3002"), ("a.vrt", "AG3003"), ("a.kml", "AG3003")])
def test_missing_and_foreign_files(tmp_path, name, code):
    if name.startswith("a."):
        (tmp_path / name).write_text("<x/>")
    refused(tmp_path / name, code)


def test_parquet_without_geometry_is_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")

    with pytest.raises(DataError) as caught:
        read_vector(tmp_path / "a.parquet", label="a", datum="wgs84")
    assert caught.value.code in ("AG3013", "AG3015")


def test_several_layers_are_named(tmp_path):
    path = write(tmp_path / "a.gpkg", [shapely.Point(LON, LAT)], name=["x"])
    for name in ("north", "south"):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(LON, LAT)], crs=4326)
        pyogrio.write_dataframe(frame, tmp_path / "b.gpkg", layer=name, append=name == "south")

    assert len(read_vector(path, label="a", datum="wgs84").value) == 1
    assert refused(tmp_path / "b.gpkg", "AG3009").values["layers"] == "north, south"  # noqa: PD011
    assert len(read_vector(tmp_path / "b.gpkg", label="b", layer="south", datum="wgs84").value) == 1


ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"


@pytest.mark.parametrize(
    "query",
    [
        f"{ENDLESS} SELECT n AS OGC_FID, geom FROM r, a",
        f"SELECT fid AS OGC_FID, ({ENDLESS} SELECT sum(n) FROM r) AS n, geom FROM a",
        "SELECT fid AS OGC_FID, ST_Buffer(geom, 1) AS geom FROM a",
    ],
    ids=["endless", "endless cell", "function of GDAL"],
)
def test_a_view_that_does_not_end_is_refused_and_its_neighbours_are_read(tmp_path, monkeypatch, query):
    path = with_view(tmp_path, query)
    monkeypatch.setattr(views, "MAX_STEPS", 1_000_000)

    assert refused(path, "AG3071", layer="v").place.layer == "v"
    for layer in ("a", None):  # a.gpkg without a layer named is its layer a
        assert len(read_vector(path, label="a", layer=layer, datum="wgs84").value) == 1
    assert layer_names(path, label="a") == ["a", "v"]
    several = path.rename(tmp_path / "b.gpkg")
    assert refused(several, "AG3009").values["layers"] == "a, v"  # noqa: PD011
    assert [(one.layer, one.reason) for one in recognise(tmp_path)] == [("a", ""), ("v", "AG3071")]


@pytest.mark.parametrize("listed", ["features", "attributes", ""])
def test_a_view_that_is_not_opened_costs_the_limit_and_no_more(tmp_path, monkeypatch, listed):
    """GDAL lists views that the file does not: none of them is run, however it is listed."""
    path = with_view(tmp_path, f"SELECT fid AS OGC_FID, geom, ({ENDLESS} SELECT sum(n) FROM r) AS n FROM a")
    monkeypatch.setattr(views, "MAX_STEPS", 1_000_000)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        if listed != "features":
            database.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = 'v'")
            database.execute("UPDATE gpkg_contents SET data_type = ? WHERE table_name = 'v'", [listed])
        if not listed:
            database.execute("DELETE FROM gpkg_contents WHERE table_name = 'v'")

    assert len(read_vector(path, label="a", layer="a", datum="wgs84").value) == 1


def test_all_views_of_a_geopackage_share_one_limit(tmp_path, monkeypatch):
    path = with_view(tmp_path, "SELECT fid AS OGC_FID, geom FROM a")
    monkeypatch.setattr(views, "MAX_STEPS", 100_000)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for number in range(5):  # each takes some 24,000 steps
            database.execute(f"CREATE VIEW slow{number} AS {ENDLESS} SELECT n FROM r LIMIT 2000")

    assert {"slow3", "slow4"} <= views.unreadable_views(path, label="a") < {f"slow{number}" for number in range(5)}


def test_a_view_whose_single_step_is_giant_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(views, "_MAX_CELL", 1_000)
    path = with_view(tmp_path, "SELECT fid AS OGC_FID, geom, hex(randomblob(1000)) AS n FROM a")

    refused(path, "AG3071", layer="v")


def test_views_that_take_too_long_are_refused_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(views, "MAX_SECONDS", -1)
    path = with_view(tmp_path, f"{ENDLESS} SELECT n AS OGC_FID, geom FROM r, a LIMIT 1000")

    refused(path, "AG3071", layer="v")


def test_a_geopackage_whose_names_are_damaged_is_refused(tmp_path):
    path = with_view(tmp_path, f"{ENDLESS} SELECT n AS OGC_FID, geom FROM r, a")
    path.write_bytes(path.read_bytes().replace(b"VIEW v AS", b"VIEW \xec AS").replace(b"viewvv", b"view\xec\xec"))

    refused(path, "AG3013")


def test_a_view_that_ends_is_a_layer(tmp_path):
    path = with_view(tmp_path, "SELECT fid AS OGC_FID, geom FROM a")

    assert len(read_vector(path, label="a", layer="v", datum="wgs84").value) == 1


def with_view(folder, query):
    path = write(folder / "a.gpkg", [shapely.Point(LON, LAT)])
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE VIEW v AS {query}")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('v', 'features', 4326)")
        database.execute("INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POINT', 4326, 0, 0)")
    return path


def test_rows_without_geometry_are_counted_with_their_numbers(tmp_path):
    shapes = [shapely.Point(LON, LAT), None, shapely.Point(), shapely.Point(LON, LAT)]
    path = write(tmp_path / "a.gpkg", shapes, name=list("abcd"))

    dropped = read_vector(path, label="a", datum="wgs84")
    kept = read_vector(path, label="a", datum="wgs84", missing="keep")

    assert list(dropped.value.index) == [1, 4]
    (doubt,) = dropped.doubts
    assert (doubt.code, doubt.count, doubt.values["rows"]) == ("AG9002", 2, "2, 3")  # noqa: PD011
    assert list(kept.value.geometry.is_empty) == [False, True, True, False]


def test_coordinates_that_are_no_numbers_are_refused_by_row(tmp_path):
    with np.errstate(invalid="ignore"):
        broken = shapely.LineString([(LON, LAT), (np.nan, LAT)])
    path = write(tmp_path / "a.parquet", [shapely.Point(LON, LAT), broken], name=["a", "b"])

    assert refused(path, "AG3012").place.row == 2


def test_a_bow_tie_is_refused_and_a_small_fault_mended(tmp_path):
    tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.501, 1.001), (0.502, 1), (0.5, 1.0005), (0, 1)])
    assert not spike.is_valid

    assert refused(write(tmp_path / "a.gpkg", [tie], crs="EPSG:4546"), "AG3016").place.row == 1
    huge = shapely.transform(tie, lambda at: at * 1e200)
    assert refused(write(tmp_path / "huge.gpkg", [huge], crs="EPSG:4546"), "AG3016").place.row == 1
    reading = read_vector(write(tmp_path / "b.gpkg", [spike], crs="EPSG:4546"), label="b")

    assert reading.value.geometry.is_valid.all()
    assert [doubt.code for doubt in reading.doubts] == ["AG9003"]


def test_latitudes_beyond_the_pole_are_refused(tmp_path):
    error = refused(write(tmp_path / "a.gpkg", [shapely.Point(LAT, LON)]), "AG3014")

    assert "颠倒" in error.fix("zh")


EXTENT = (112.0, 36.5, 113.0, 37.5)


def test_swapped_axes_are_found_against_the_study_and_nothing_else():
    lon, lat = np.array([112.1, 112.6]), np.array([36.9, 37.4])

    assert swapped(lat, lon, EXTENT)
    assert not swapped(lon, lat, EXTENT)
    # Far away, and just as far with the axes exchanged: another county, not a mistake of axes.
    assert not swapped(lon + 20, lat, EXTENT)
    # Where longitude and latitude are alike, both readings fit and nothing is said.
    assert not swapped(np.array([8.0]), np.array([7.5]), (7.0, 7.0, 9.0, 9.0))
    # The extent decides, not China's rectangle.
    assert swapped(np.array([-30.0]), np.array([-51.2]), (-51.3, -30.2, -51.1, -29.9))


def test_check_extent_names_rows_that_lie_far_away():
    rows = np.array([1, 2, 3])

    (doubt,) = check_extent(np.array([112.5, 112.6, 0.0]), np.array([37.0, 37.0, 0.0]), EXTENT, label="a", rows=rows)
    assert (doubt.code, doubt.count, doubt.values["rows"]) == ("AG9004", 1, "3")  # noqa: PD011
    with pytest.raises(DataError, match="AG3011"):
        check_extent(np.full(3, 37.0), np.full(3, 112.5), EXTENT, label="a", rows=rows)
