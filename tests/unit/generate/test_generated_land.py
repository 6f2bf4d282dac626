"""Areas and people of a generated county."""

from __future__ import annotations

import collections
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from accessgis.generate.county import County

KINDS = {"街道": range(1, 100), "镇": range(100, 200), "乡": range(200, 400)}


@pytest.fixture(scope="module")
def areas(folder: Path) -> gpd.GeoDataFrame:
    """Return the areas as written."""
    return gpd.read_file(folder / "boundaries" / "areas.gpkg")


def read(folder: Path, name: str) -> tuple[np.ndarray, rasterio.Affine, float]:
    with rasterio.open(folder / "population" / f"{name}.tif", driver="GTiff") as layer:
        return layer.read(1).astype(np.float64), layer.transform, layer.nodata


def test_villages_tile_townships_and_these_the_county_with_shared_vertices(areas: gpd.GeoDataFrame) -> None:
    assert areas.crs.to_epsg() == 4490
    shapes = {level: part.geometry.to_numpy() for level, part in areas.groupby("级别")}
    county = shapes["县"][0]
    for level in ("村", "乡镇"):
        assert shapely.is_valid(shapes[level]).all()
        assert shapely.coverage_is_valid(shapes[level])
        assert shapely.area(shapes[level]).sum() == pytest.approx(county.area, rel=1e-12)
    villages = areas[areas["级别"] == "村"]
    for code, shape in zip(areas["ZLDWDM"], areas.geometry, strict=True):
        if len(code) == 9:
            own = villages[villages["ZLDWDM"].str.startswith(code)].geometry.to_numpy()
            assert shapely.area(own).sum() == pytest.approx(shape.area, rel=1e-12)
            assert shapely.coverage_union_all(own).symmetric_difference(shape).area < 1e-15


def test_codes_nest_and_agree_with_kinds(areas: gpd.GeoDataFrame) -> None:
    codes = areas["ZLDWDM"].tolist()
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("149921") for code in codes)
    assert {len(code) for code in codes} == {6, 9, 12}
    for code, name in zip(codes, areas["ZLDWMC"], strict=True):
        if len(code) == 9:
            kind = "街道" if name.endswith("街道") else name[-1]
            assert int(code[6:]) in KINDS[kind]
        if len(code) == 12:
            assert (int(code[9:]) < 200) == name.endswith("社区")


def test_one_name_belongs_to_two_villages_of_different_townships(areas: gpd.GeoDataFrame) -> None:
    villages = areas[areas["级别"] == "村"]
    counts = collections.Counter(villages["ZLDWMC"])
    (name,) = [name for name, count in counts.items() if count > 1]
    same = villages[villages["ZLDWMC"] == name]["ZLDWDM"]
    assert same.str[:9].nunique() == 2


def test_classes_of_places(areas: gpd.GeoDataFrame, folder: Path) -> None:
    villages = areas[areas["级别"] == "村"]
    assert set(villages["城乡分类代码"]) == {"121", "122", "210", "220"}
    seat = villages[villages["政府驻地"] == "是"]
    assert seat["ZLDWDM"].str.startswith("149921001").all()
    assert set(seat["城乡分类代码"]) == {"121", "122"}
    central = gpd.read_file(folder / "boundaries" / "central.gpkg").geometry.iloc[0]
    assert shapely.coverage_union_all(seat.geometry.to_numpy()).symmetric_difference(central).area < 1e-15


def test_committees_stand_in_their_villages(areas: gpd.GeoDataFrame, folder: Path) -> None:
    points = gpd.read_file(folder / "boundaries" / "villages.gpkg").set_index("ZLDWDM").geometry
    villages = areas[areas["级别"] == "村"].set_index("ZLDWDM").geometry
    assert villages.intersects(points.reindex(villages.index)).all()


def test_groups_are_parts_of_the_total(folder: Path) -> None:
    total, _, nodata = read(folder, "total")
    known = total != nodata
    assert nodata == -99999
    assert (total[known] >= 0).all()
    layers = {
        name: read(folder, name)[0] for name in ("under3", "age3to5", "age6to11", "age12to14", "age60plus", "age65plus")
    }
    for layer in layers.values():
        assert ((layer == nodata) == ~known).all()
        assert (layer[known] >= 0).all()
    assert (
        sum(layers[name] for name in ("under3", "age3to5", "age6to11", "age12to14", "age60plus"))[known] <= total[known]
    ).all()
    assert (layers["age65plus"][known] <= layers["age60plus"][known]).all()


def test_people_are_as_many_and_as_old_as_the_catalogue_says(folder: Path, county: County) -> None:
    total, grid, nodata = read(folder, "total")
    old, older = (read(folder, name)[0] for name in ("age60plus", "age65plus"))
    rows, cols = np.nonzero(total > 0)
    x, y = grid @ (cols + 0.5, rows + 0.5)
    inside = shapely.contains_xy(county.polygons.county, x, y)
    people = total[rows, cols]
    assert people[inside].sum() == pytest.approx(county.plan.people, rel=1e-5)
    assert (people[~inside]).sum() > 1_000  # some live beyond the border
    assert old[rows, cols][inside].sum() / people[inside].sum() == pytest.approx(0.19, abs=0.005)
    assert older[rows, cols][inside].sum() / people[inside].sum() == pytest.approx(0.13, abs=0.005)
    assert 0.05 < rows.size / (total != nodata).sum() < 0.35
    mountain = county.settled.villages.remote > 0.5
    ground = shapely.union_all(county.polygons.villages[mountain])
    high = shapely.contains_xy(ground, x, y)
    assert old[rows, cols][high].sum() / people[high].sum() > 0.21


def test_the_relocation_estate_is_not_in_the_raster(folder: Path, county: County) -> None:
    total, grid, _ = read(folder, "total")
    col, row = ~grid @ county.people.estate
    near = total[int(row) - 1 : int(row) + 2, int(col) - 1 : int(col) + 2]
    assert (near == 0).all()
    estate = pd.read_csv(folder / "population" / "relocation.csv")
    assert estate["常住人口"].tolist() == [1240]


def test_the_terrain_has_a_valley_and_mountains(folder: Path) -> None:
    with rasterio.open(folder / "elevation" / "dem.tif", driver="GTiff") as layer:
        assert layer.dtypes == ("int16",)
        height = layer.read(1)
    assert np.percentile(height, 95) - np.percentile(height, 5) > 400
