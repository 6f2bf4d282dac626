"""People from rasters: hand-computed grids, and what is refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.transform import Affine

from accessgis.base.errors import DataError
from accessgis.layers.areas import Areas
from accessgis.layers.demand import DEMAND
from accessgis.sources.population import read_population_rasters

GK = CRS.from_epsg(4546)
X0, Y0 = 500_000.0, 4_100_000.0


def from_origin(west, north, width, height):
    """Return the transform of a grid; rasterio's own of this name warns about the version of affine."""
    return Affine(width, 0, west, 0, -height, north)


def make_areas(*rows):
    """Return areas of rows (level, code, parent, shape in metres from X0, Y0[, ur_code])."""
    order = {"county": 0, "township": 1, "village": 2}
    rows = sorted(((*row, "")[:5] for row in rows), key=lambda row: (order[row[0]], row[1]))
    frame = pd.DataFrame(
        {
            "level": [row[0] for row in rows],
            "code": [row[1] for row in rows],
            "name": [row[1] for row in rows],
            "parent": [row[2] for row in rows],
            "township_kind": "",
            "ur_code": [row[4] for row in rows],
            "seat": [bool(row[4]) for row in rows],
            "central": False,
        }
    )
    shapes = [shapely.transform(row[3], lambda at: at + np.array([X0, Y0])) for row in rows]
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=GK))


def write(path, values, *, cell=100.0, crs=GK, nodata=None, transform=None, dtype="float64", bands=1, **options):
    values = np.asarray(values, dtype=dtype)
    height, width = values.shape
    transform = transform or from_origin(X0, Y0 + height * cell, cell, cell)
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=bands, dtype=dtype, crs=crs, transform=transform,
        nodata=nodata, **options,
    ) as raster:  # fmt: skip
        for band in range(bands):
            raster.write(values, band + 1)
    return path


def read(path, areas, *, groups=None, nodata=None, margin_m=1000.0):
    groups = groups or {}
    labels = {"total": "total.tif"} | {name: f"{name}.tif" for name in groups}
    return read_population_rasters(path, groups, labels=labels, areas=areas, nodata=nodata, margin_m=margin_m)


def refused(code, path, areas, **options):
    with pytest.raises(DataError) as caught:
        read(path, areas, **options)
    assert caught.value.code == code
    assert caught.value.message("zh")
    assert caught.value.fix("en")
    return caught.value


# Two by two cells of 100 m; the border of the villages runs at x = 50 m through the western cells.
#
#     y=200 +---+---+-------+
#           |  10   |  20   |
#     y=100 +---+---+-------+
#           |  30   |   0   |
#       y=0 +---+---+-------+
#          x=0  50 100     200
TWO = make_areas(
    ("county", "1", "", shapely.box(0, 0, 200, 200)),
    ("village", "1a", "1", shapely.box(0, 0, 50, 200), "121"),
    ("village", "1b", "1", shapely.box(50, 0, 200, 200)),
)


def test_cells_are_split_by_area_at_the_villages_border(tmp_path):
    reading = read(write(tmp_path / "a.tif", [[10, 20], [30, 0]]), TWO)

    demand = reading.value
    frame = demand.frame
    DEMAND.require(frame)
    expected = [  # cell, village, people, x, y
        (0, "1a", 5.0, 25, 150),
        (0, "1b", 5.0, 75, 150),
        (1, "1b", 20.0, 150, 150),
        (2, "1a", 15.0, 25, 50),
        (2, "1b", 15.0, 75, 50),
    ]
    found = zip(frame["cell"], frame["village"], frame["population"], frame["x"] - X0, frame["y"] - Y0, strict=True)
    assert list(found) == expected
    assert frame["ur_code"].tolist() == ["121", "", "", "121", ""]
    assert frame["seat"].tolist() == [True, False, False, True, False]
    assert frame["judged"].all()
    assert set(frame["county"]) == {"1"}
    assert len(demand.cells) == 3
    assert demand.cell_diagonal_m == pytest.approx(np.hypot(100, 100))
    assert reading.doubts == ()
    assert reading.inputs[0].rows == 4


def test_villages_under_a_township_and_people_in_no_village(tmp_path):
    # West half of the cell a village, the rest only the township; a second cell beyond the county.
    areas = make_areas(
        ("county", "1", "", shapely.box(0, 0, 100, 100)),
        ("township", "1t", "1", shapely.box(0, 0, 100, 100)),
        ("village", "1tv", "1t", shapely.box(0, 0, 25, 100)),
    )

    reading = read(write(tmp_path / "a.tif", [[8, 4]]), areas)

    frame = reading.value.frame
    assert frame[["county", "township", "village"]].to_numpy().tolist() == [
        ["1", "1t", ""],
        ["1", "1t", "1tv"],
        [""] * 3,
    ]
    assert frame["population"].tolist() == [6, 2, 4]
    assert frame["judged"].tolist() == [True, True, False]
    (doubt,) = reading.doubts
    assert (doubt.code, doubt.people) == ("AG9403", 6)


def test_slivers_join_the_largest_part(tmp_path):
    areas = make_areas(
        ("county", "1", "", shapely.box(0, 0, 100, 100)),
        ("village", "1a", "1", shapely.box(0, 0, 1e-8, 100)),
        ("village", "1b", "1", shapely.box(1e-8, 0, 100, 100)),
    )

    frame = read(write(tmp_path / "a.tif", [[1e9]]), areas).value.frame

    assert frame["village"].tolist() == ["1b"]
    assert frame["population"].tolist() == [1e9]


def test_where_villages_overlap_the_lowest_code_wins(tmp_path):
    areas = make_areas(
        ("county", "1", "", shapely.box(0, 0, 100, 100)),
        ("village", "1a", "1", shapely.box(0, 0, 60, 100)),
        ("village", "1b", "1", shapely.box(40, 0, 100, 100)),
        ("village", "1c", "1", shapely.box(0, 0, 100, 100)),
    )

    frame = read(write(tmp_path / "a.tif", [[10]]), areas).value.frame

    assert dict(zip(frame["village"], frame["population"], strict=True)) == pytest.approx({"1a": 6.0, "1b": 4.0})


def test_a_point_lies_on_its_part_even_where_the_centroid_does_not(tmp_path):
    frame_shape = shapely.difference(shapely.box(0, 0, 100, 100), shapely.box(10, 10, 90, 90))
    areas = make_areas(
        ("county", "1", "", shapely.box(0, 0, 100, 100)),
        ("village", "1a", "1", frame_shape),
        ("village", "1b", "1", shapely.box(10, 10, 90, 90)),
    )

    frame = read(write(tmp_path / "a.tif", [[100]]), areas).value.frame

    assert frame["population"].tolist() == pytest.approx([36, 64])
    assert frame_shape.covers(shapely.Point(frame["x"][0] - X0, frame["y"][0] - Y0))


def test_the_window_reaches_the_margin_and_no_further(tmp_path):
    # Eleven cells in a row, the county is the sixth; 150 m of margin touch two cells on each side.
    areas = make_areas(("county", "1", "", shapely.box(500, 0, 600, 100)))

    upright = make_areas(("county", "1", "", shapely.box(0, 500, 100, 600)))

    frame = read(write(tmp_path / "a.tif", [range(1, 12)]), areas, margin_m=150).value.frame
    column = read(write(tmp_path / "b.tif", np.arange(1, 12)[:, None]), upright, margin_m=150).value.frame

    for found in (frame, column):
        assert found["population"].tolist() == [4, 5, 6, 7, 8]
        assert found["judged"].tolist() == [False, False, True, False, False]


def test_groups_follow_the_total(tmp_path):
    total = write(tmp_path / "t.tif", [[10, 0], [0, 4]])
    old = write(tmp_path / "o.tif", [[2, 1], [0, 5]])

    reading = read(total, TWO, groups={"age60plus": old})

    demand = reading.value
    assert demand.groups == ("total", "age60plus")
    assert demand.people("age60plus").sum() == 8
    assert len(demand.cells) == 3
    # The cell of the empty total and the cell with 5 of 4: 2 people too many.
    (doubt,) = reading.doubts
    assert (doubt.code, doubt.count, doubt.people) == ("AG9402", 2, 2.0)


def test_no_data_is_nobody_stated_in_the_file_or_in_the_study(tmp_path):
    values = [[10, -99999], [np.nan, 5]]

    for nodata_file, nodata_study in ((-99999, None), (None, -99999), (-1, -99999)):
        reading = read(write(tmp_path / "a.tif", values, nodata=nodata_file), TWO, nodata=nodata_study)
        assert reading.value.frame["population"].sum() == 15
        assert "2 cells without data" in reading.inputs[0].note


def test_a_no_data_value_typed_by_hand_fits_float32(tmp_path):
    path = write(tmp_path / "a.tif", [[10, -3.4028234663852886e38]], dtype="float32")

    assert read(path, TWO, nodata=-3.4028235e38).value.frame["population"].sum() == 10


def test_scaled_values_are_unscaled(tmp_path):
    path = write(tmp_path / "a.tif", [[100, 50]], dtype="uint16", nodata=50)
    with rasterio.open(path, "r+") as raster:
        raster.scales = (0.1,)

    assert read(path, TWO).value.frame["population"].sum() == pytest.approx(10)


@pytest.mark.parametrize(
    ("code", "values", "options"),
    [
        ("AG3405", [[10, -99999]], {}),
        ("AG3406", [[10, -1]], {"nodata": -99999}),
        ("AG3407", [[10, np.inf]], {}),
        ("AG3402", [[10, 1]], {"crs": None}),
        ("AG3403", [[10, 1]], {"bands": 2}),
        ("AG3404", [[10, 1]], {"transform": Affine(100, 5, X0, 5, -100, Y0 + 100)}),
        ("AG3410", [[10, 1]], {"transform": from_origin(X0 + 50_000, Y0, 100, 100)}),
        ("AG3410", [[10, 1]], {"crs": CRS.from_epsg(4526)}),
        ("AG3411", [[0, 0]], {}),
    ],
)
def test_what_cannot_be_people_is_refused(tmp_path, code, values, options):
    refused(code, write(tmp_path / "a.tif", values, **options), TWO)


def test_a_raster_that_does_not_say_where_it_lies_is_refused_without_a_warning(tmp_path):
    path = tmp_path / "a.tif"
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", height=2, width=2, count=1, dtype="float64", crs=GK) as raster,
    ):
        raster.write(np.ones((1, 2, 2)))

    refused("AG3410", path, make_areas(("county", "1", "", shapely.box(0, 0, 200, 200))))


def test_groups_on_another_grid_are_refused(tmp_path):
    total = write(tmp_path / "t.tif", [[10, 1]])
    shifted = write(tmp_path / "o.tif", [[1, 1]], transform=from_origin(X0 + 10, Y0 + 100, 100, 100))

    assert refused("AG3408", total, TWO, groups={"under3": shifted}).place.file == "under3.tif"


def test_a_giant_raster_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=400_000, width=400_000, count=1, dtype="float32", crs=GK, tiled=True,
        sparse_ok=True, bigtiff="YES", transform=from_origin(X0 - 200, Y0 + 300, 0.001, 0.001),
    ):  # fmt: skip
        pass

    assert refused("AG3409", path, TWO).values["cells"] > 1e9  # noqa: PD011


def test_truncated_and_foreign_files_are_refused(tmp_path):
    whole = write(tmp_path / "a.tif", np.ones((200, 200)), crs=GK).read_bytes()
    (tmp_path / "b.tif").write_bytes(whole[: len(whole) // 2])
    # A virtual raster in disguise would read the other file.
    (tmp_path / "c.tif").write_text(
        '<VRTDataset rasterXSize="200" rasterYSize="200"><SRS>EPSG:4546</SRS>'
        f"<GeoTransform>{X0}, 100, 0, {Y0 + 20_000}, 0, -100</GeoTransform>"
        '<VRTRasterBand dataType="Float64" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{tmp_path}/a.tif</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with rasterio.open(tmp_path / "c.tif") as raster:
        assert raster.driver == "VRT"

    county = make_areas(("county", "1", "", shapely.box(0, 0, 20_000, 20_000)))
    refused("AG3401", tmp_path / "b.tif", county)
    refused("AG3401", tmp_path / "c.tif", TWO)
    refused("AG3002", tmp_path / "none.tif", TWO)
    (tmp_path / "a.vrt").write_text("<VRTDataset/>")
    refused("AG3003", tmp_path / "a.vrt", TWO)


def test_coarse_cells_are_a_doubt(tmp_path):
    county = make_areas(("county", "1", "", shapely.box(0, 0, 1000, 1000)))

    fine = read(write(tmp_path / "a.tif", [[10]], cell=250), county).doubts
    assert [doubt.code for doubt in fine] == ["AG9411"]
    doubt, _ = read(write(tmp_path / "a.tif", [[10]], cell=300), county).doubts
    assert (doubt.code, doubt.values["side_m"]) == ("AG9401", 300)  # noqa: PD011


def test_a_raster_that_leaves_part_of_the_county_out_is_a_doubt(tmp_path):
    # One cell of 250 m in a county of 1000 m: 15 of 16 parts of its area have no data at all.
    county = make_areas(("county", "1", "", shapely.box(0, 0, 1000, 1000)))
    (doubt,) = read(write(tmp_path / "a.tif", [[10]], cell=250), county).doubts
    assert (doubt.code, doubt.values["percent"]) == ("AG9411", 93.8)  # noqa: PD011


def test_a_raster_in_degrees_keeps_its_people(tmp_path):
    lon, lat = 111.0, 37.03
    path = write(tmp_path / "a.tif", [[10, 20], [30, 40]], crs=4326, transform=from_origin(lon, lat, 0.001, 0.001))
    corner = gpd.GeoSeries([shapely.box(lon, lat - 0.002, lon + 0.002, lat)], crs=4326).to_crs(GK).iloc[0]
    west = gpd.GeoSeries([shapely.box(lon, lat - 0.002, lon + 0.0005, lat)], crs=4326).to_crs(GK).iloc[0]

    def move(shape):
        return shapely.transform(shape, lambda at: at - np.array([X0, Y0]))

    areas = make_areas(
        ("county", "1", "", move(corner.buffer(5))),
        ("village", "1a", "1", move(west)),
        ("village", "1b", "1", move(corner.buffer(5))),
    )

    frame = read(path, areas).value.frame

    by_village = frame.groupby("village")["population"].sum()
    # The village takes half of the two western cells; a cell's sides bend by far less than a millimetre.
    assert by_village["1a"] == pytest.approx(20, rel=1e-6)
    assert frame["population"].sum() == pytest.approx(100, rel=1e-12)


@st.composite
def counties(draw):
    """Return areas of random overlapping, gappy villages and townships over a grid of 5 × 4 cells."""

    def box():
        x, y = draw(st.integers(-60, 450)), draw(st.integers(-60, 350))
        w, h = draw(st.integers(1, 300)), draw(st.integers(1, 300))
        return shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), draw(st.integers(0, 89)))

    rows = [("county", "1", "", shapely.box(30, 30, 480, 380))]
    rows += [("township", f"1{number}", "1", box()) for number in range(draw(st.integers(0, 3)))]
    parent = rows[-1][1]
    rows += [("village", f"1{number}v", parent, box()) for number in range(draw(st.integers(0, 5)))]
    return make_areas(*rows)


people = st.lists(st.floats(0, 1e5) | st.just(-9.0), min_size=20, max_size=20)


@given(areas=counties(), total=people, group=people)
def test_nobody_is_lost_or_made(tmp_path_factory, areas, total, group):
    folder = tmp_path_factory.mktemp("raster")
    total[0] = 5.0
    path = write(folder / "t.tif", np.reshape(total, (4, 5)), nodata=-9)
    other = write(folder / "g.tif", np.reshape(group, (4, 5)), nodata=-9)

    demand = read(path, areas, groups={"under3": other}).value

    for name, values in (("total", total), ("under3", group)):
        given_people = sum(value for value in values if value > 0)
        assert demand.people(name).sum() == pytest.approx(given_people, rel=1e-9, abs=1e-12)
    cells = demand.frame.groupby("cell")["population"].sum()
    assert len(cells) == len(demand.cells)
    county = areas.frame.geometry.iloc[0]
    judged = demand.frame[demand.frame["judged"]]
    outer = shapely.union_all(areas.frame.geometry.to_numpy())
    at = shapely.points(judged["x"], judged["y"])
    assert shapely.distance(outer, at).max(initial=0) < 1e-6
    stranger = demand.frame[~demand.frame["judged"]]
    assert not shapely.contains(shapely.buffer(county, -1e-6), shapely.points(stranger["x"], stranger["y"])).any()
