"""People from tables and layers of points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from accessgis.base.crs import from_degrees
from accessgis.base.errors import DataError
from accessgis.layers.demand import DEMAND, place
from accessgis.sources.boundaries import one_unit
from accessgis.sources.population_table import read_population_points

GK = CRS.from_epsg(4546)
LON, LAT = 111.5, 37.1
X, Y = from_degrees(GK).transform(LON, LAT)
EXTENT = (X - 20_000, Y - 20_000, X + 20_000, Y + 20_000)


def read(path, text=None, *, datum="wgs84", **options):
    if text is not None:
        path.write_text(text)
    return read_population_points(
        path, label="p.csv", columns=options.pop("columns", {}), datum=datum, crs=GK, **options
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.csv"


def test_points_are_read_before_the_areas_are_known(path):
    reading = read(path, f"id,lon,lat,population,age60plus\na,{LON},{LAT},10,2\nb,{LON},{LAT},0,\n")

    demand = reading.value
    DEMAND.require(demand.frame)
    assert demand.groups == ("total", "age60plus")
    assert demand.people("total").tolist() == [10, 0]
    assert demand.people("age60plus").tolist() == [2, 0]
    assert set(demand.frame["county"]) == {""}
    assert not demand.frame["judged"].any()
    assert (demand.cell_diagonal_m, len(demand.cells), demand.estimate) == (0, 0, "")
    assert demand.frame["x"].tolist() == pytest.approx([X, X])


def test_points_are_placed_in_the_unit_around_them(path):
    demand = read(path, f"lon,lat,total\n{LON},{LAT},10\n{LON + 1},{LAT},1\n").value
    frame = demand.frame
    areas = one_unit(frame["x"][:1], frame["y"][:1], crs=GK, code="1", name="x")

    placed = place(demand, areas)

    assert placed.frame["county"].tolist() == ["1", ""]
    assert placed.frame["judged"].tolist() == [True, False]
    assert placed.people("total").tolist() == [10, 1]
    again = read(path, areas=areas).value
    assert again.frame.equals(placed.frame)


def test_ten_thousands_of_a_cell_are_not_counted_twice(path):
    reading = read(path, f"lon,lat,常住人口(万人)\n{LON},{LAT},0.12万人\n{LON},{LAT},0.35\n")

    assert reading.value.people("total").tolist() == [1200, 3500]


@pytest.mark.parametrize(
    ("code", "row", "text", "options"),
    [
        ("AG3022", None, f"lon,lat,total\n{LON},{LAT},1\n", {"datum": None}),
        ("AG3420", None, f"lon,total\n{LON},1\n", {}),
        ("AG3420", None, f"lon,lat,n\n{LON},{LAT},1\n", {}),
        ("AG3421", 2, f"lon,lat,total\n{LON},{LAT},1\n,{LAT},1\n", {}),
        ("AG3422", 1, f"lon,lat,total\n{LON},{LAT},-1\n", {}),
        ("AG3423", None, f"lon,lat,total\n{LON},{LAT},0\n", {}),
        ("AG3424", 2, f"id,lon,lat,total\na,{LON},{LAT},1\na,{LON},{LAT},1\n", {}),
        ("AG3018", 1, f"lon,lat,total\n{LON},{LAT},约10\n", {}),
        ("AG3011", 1, f"lon,lat,total\n{LAT},{LON},1\n", {"extent": EXTENT}),
        ("AG3014", 1, f"lon,lat,total\n{LAT},{LON},1\n", {}),
    ],
)
def test_faults_are_named_by_row(path, code, row, text, options):
    with pytest.raises(DataError) as caught:
        read(path, text, **options)
    assert (caught.value.code, caught.value.place.row) == (code, row)
    assert caught.value.message("zh")
    assert caught.value.fix("en")


def test_doubtful_rows_are_counted(path):
    reading = read(path, f"lon,lat,total,under3\n{LON},{LAT},10,11\n{LON},{LAT},,\n")

    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9404", 1), ("AG9405", 1)]
    assert reading.doubts[1].people == 1


def test_a_layer_of_points_is_read_too(tmp_path):
    frame = gpd.GeoDataFrame({"人口": [3.0]}, geometry=[shapely.Point(X, Y)], crs=GK)
    frame.to_file(tmp_path / "p.gpkg")
    frame.to_crs(4326).assign(geometry=[shapely.box(LON, LAT, LON + 1, LAT + 1)]).to_file(tmp_path / "q.gpkg")

    demand = read(tmp_path / "p.gpkg", datum=None).value

    assert (demand.frame["x"][0], demand.frame["y"][0], demand.frame["population"][0]) == (X, Y, 3)
    with pytest.raises(DataError, match="AG3426"):
        read(tmp_path / "q.gpkg")


def test_porto_alegre(shared_data):
    crs = CRS.from_epsg(32722)

    demand = read_population_points(
        shared_data / "porto_alegre" / "poa_hexgrid.csv", label="h", columns={}, datum="wgs84", crs=crs
    ).value

    assert len(demand.frame) == 1227
    assert demand.people("total").sum() == 812_935
    areas = one_unit(demand.frame["x"], demand.frame["y"], crs=crs, code="4314902", name="Porto Alegre")
    assert place(demand, areas).frame["judged"].all()
    assert np.ptp(demand.frame["x"]) < 20_000
