"""Heights along roads: interpolated by hand, with holes, at borders, and from a real model."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from paper.ways import EAST, NORTH, drawn
from pyproj import CRS

from accessgis.base.crs import to_degrees, working_crs
from accessgis.base.errors import DataError
from accessgis.sources import elevation
from accessgis.sources.elevation import cell_side_m, read_heights, read_slopes
from accessgis.sources.roads_osm import read_osm_roads, scan_osm

ROAD = {"highway": "residential"}


def dem(path, cells, *, size=10.0, crs="EPSG:4546", origin=(0.0, 0.0), **more):
    """Write a model whose upper left corner is at ``origin``, metres from (0, 0) of drawings."""
    cells = np.asarray(cells)
    transform = Affine(size, 0, EAST + origin[0], 0, -size, NORTH + origin[1])
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, **shape, **more) as raster:
        raster.write(cells, 1)
    return path


def roads_at(*points):
    nodes = {ref: (EAST + x, NORTH + y) for ref, (x, y) in enumerate(points)}
    return drawn(nodes, [(list(nodes), ROAD)])


def heights(path, *points):
    return read_heights(path, roads_at(*points), label=path.name)


def codes(reading):
    return {doubt.code: doubt.count for doubt in reading.doubts}


# Cell centres at x = 5, 15, 25 and y = −5, −15.
PLANE = np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]], dtype="float32")


def test_heights_between_cell_centres(tmp_path):
    reading = heights(dem(tmp_path / "dem.tif", PLANE), (5, -5), (10, -5), (15, -10), (25, -15), (7.5, -12.5))

    np.testing.assert_allclose(reading.value, [10, 15, 35, 60, 35], atol=1e-6)
    assert codes(reading) == {}
    assert (reading.inputs[0].role, reading.inputs[0].rows) == ("elevation", 6)


def test_heights_within_half_a_cell_of_the_border_are_those_of_the_border(tmp_path):
    reading = heights(dem(tmp_path / "dem.tif", PLANE), (0, 0), (30, 0), (30, -20), (0, -20))

    assert reading.value.tolist() == [10, 30, 60, 40]


def test_strips_do_not_show(tmp_path, monkeypatch):
    seed = np.random.default_rng(7)
    path = dem(tmp_path / "dem.tif", seed.uniform(0, 100, (40, 30)).astype("float32"))
    points = [(float(x), -float(y)) for x, y in zip(seed.uniform(0, 300, 200), seed.uniform(0, 400, 200), strict=True)]
    whole = heights(path, *points).value
    monkeypatch.setattr(elevation, "_STRIP_CELLS", 90)

    np.testing.assert_array_equal(heights(path, *points).value, whole)


def test_places_without_data_are_unknown_and_counted(tmp_path):
    hole = PLANE.copy()
    hole[:, 2] = -9999
    reading = heights(dem(tmp_path / "dem.tif", hole, nodata=-9999), (5, -5), (18, -5), (25, -5), (400, -5))

    np.testing.assert_allclose(reading.value, [10, 20, np.nan, np.nan], atol=1e-6)
    assert codes(reading) == {"AG9501": 2}


def test_only_a_declared_value_is_no_data(tmp_path):
    path = dem(tmp_path / "dem.tif", np.full((2, 3), 255, dtype="uint8"))

    reading = heights(path, (5, -5), (15, -5))
    assert reading.value.tolist() == [255, 255]
    assert codes(reading) == {}


def test_heights_that_are_nowhere_are_unknown(tmp_path):
    odd = PLANE.copy()
    odd[0, 0] = -32768
    reading = heights(dem(tmp_path / "dem.tif", odd), (5, -5), (25, -5))

    np.testing.assert_allclose(reading.value, [np.nan, 30])
    assert codes(reading) == {"AG9502": 1}


def test_a_model_in_degrees(tmp_path):
    lon, lat = 111.0, 37.0
    cells = np.add.outer(-np.arange(40) * 10.0, np.arange(40) * 1.0).astype("float32")
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        crs="EPSG:4326",
        transform=Affine(0.001, 0, lon - 0.02, 0, -0.002, lat + 0.06),
        height=40,
        width=40,
        count=1,
        dtype="float32",
    ) as raster:
        raster.write(cells, 1)
    roads = roads_at((0, 0), (500, 0))
    degrees = CRS.from_epsg(4546)
    x, y = _degrees(degrees, roads)
    expected = (x - (lon - 0.02)) / 0.001 - 0.5 - 10 * (((lat + 0.06) - y) / 0.002 - 0.5)

    np.testing.assert_allclose(read_heights(path, roads, label="dem.tif").value, expected, atol=1e-3)


def _degrees(crs, roads):
    x, y = to_degrees(crs).transform(roads.shape_x, roads.shape_y)
    return np.asarray(x), np.asarray(y)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: dem(path, PLANE, crs=None), "AG3502"),
        (lambda path: dem(path, PLANE, origin=(90_000, 0)), "AG3503"),
        (lambda path: path.write_bytes(b"II*\x00broken"), "AG3501"),
        (lambda path: path.write_text("<VRTDataset/>", encoding="utf-8"), "AG3501"),
        (lambda path: None, "AG3002"),
    ],
)
def test_models_that_cannot_serve(tmp_path, make, code):
    path = tmp_path / "dem.tif"
    make(path)

    with pytest.raises(DataError) as raised:
        heights(path, (0, 0), (9, 0))
    assert raised.value.code == code
    assert str(tmp_path) not in str(raised.value)


def test_a_model_cut_short_is_refused(tmp_path):
    path = dem(tmp_path / "dem.tif", np.random.default_rng(1).uniform(0, 9, (300, 300)).astype("float32"))
    path.write_bytes(path.read_bytes()[:100_000])

    with pytest.raises(DataError) as raised:
        heights(path, (5, -5), (2900, -2900))
    assert raised.value.code == "AG3501"


def test_a_real_model_under_real_roads(shared_data):
    folder = shared_data / "porto_alegre"
    scan = scan_osm(folder / "poa_osm.pbf", label="poa_osm.pbf")
    west, south, east, north = scan.extent
    crs = working_crs((west + east) / 2, (south + north) / 2, chinese=False)
    roads = read_osm_roads(folder / "poa_osm.pbf", label="poa_osm.pbf", crs=crs, scan=scan).value
    reading = read_heights(folder / "poa_elevation.tif", roads, label="poa_elevation.tif")
    known = reading.value[np.isfinite(reading.value)]

    assert known.size > 0.95 * roads.shape_x.size
    assert known.min() >= 0
    assert known.max() <= 255


def test_a_model_of_one_huge_tile_is_refused(tmp_path, monkeypatch):
    path = dem(tmp_path / "dem.tif", PLANE)
    monkeypatch.setattr(elevation, "MAX_BLOCK_BYTES", 24)
    assert heights(path, (5, -5), (10, -5))
    monkeypatch.setattr(elevation, "MAX_BLOCK_BYTES", 23)
    with pytest.raises(DataError) as raised:
        heights(path, (5, -5), (10, -5))
    assert raised.value.code == "AG3050"


def test_the_slope_of_a_plane_is_the_plane_s(tmp_path):
    # 3 m up every 20 m eastwards and 4 m every 20 m northwards: 5 in 20, wherever it is asked
    columns, rows = np.meshgrid(np.arange(12), np.arange(12))
    path = dem(tmp_path / "plane.tif", 500 + 3.0 * columns - 4.0 * rows, size=20.0)
    x, y = EAST + np.array([100.0, 133.3, -1000.0]), NORTH - np.array([100.0, 128.3, 100.0])
    found = read_slopes(path, x, y, crs=CRS.from_epsg(4546), label="plane.tif")
    assert found[:2] == pytest.approx([0.25, 0.25], abs=1e-12)
    assert np.isnan(found[2]), "off the model nothing is known"
    side = cell_side_m(path, (EAST + 100.0, NORTH - 100.0), crs=CRS.from_epsg(4546), label="plane.tif")
    assert side == pytest.approx(20, abs=1e-6)
