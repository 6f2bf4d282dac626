"""Parcels: the ministry's text form, to the millimetre, and every way it can be wrong."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.sources.parcels import read_parcels

GK111 = CRS.from_epsg(4546)
HEAD = """[属性描述]
格式版本号=1.01版本
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=37
[地块坐标]
"""
SQUARE = """5,0.0100,1,地块甲,面,,公共服务设施,,@
J1,1,4111000.000,37620000.000
J2,1,4111010.000,37620000.000
J3,1,4111010.000,37620010.000
J4,1,4111000.000,37620010.000
J1,1,4111000.000,37620000.000
"""


def read(tmp_path: Path, text: str, *, encoding: str = "gbk"):
    path = tmp_path / "parcel.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    return read_parcels(path, label="parcel.txt", crs=GK111)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_x_is_the_northing_and_y_bears_the_zone(tmp_path: Path, encoding: str) -> None:
    (parcel,) = read(tmp_path, HEAD + SQUARE, encoding=encoding)
    assert parcel.name == "地块甲"
    # zone 37 is that of 111° E: the working CRS, whose eastings bear no number
    np.testing.assert_allclose(parcel.shape.bounds, (620000, 4111000, 620010, 4111010), atol=1e-6)
    assert parcel.shape.area == pytest.approx(100.0)


def test_an_easting_without_its_zone_takes_the_headers(tmp_path: Path) -> None:
    (parcel,) = read(tmp_path, HEAD + SQUARE.replace(",37620", ",620"))
    np.testing.assert_allclose(parcel.shape.bounds, (620000, 4111000, 620010, 4111010), atol=1e-6)


def test_further_rings_are_holes_and_several_parcels_stand_apart(tmp_path: Path) -> None:
    hole = "".join(
        f"J{i},2,{4111000 + y:.3f},{37620000 + x:.3f}\n" for i, (x, y) in enumerate([(2, 2), (4, 2), (4, 4), (2, 4)], 5)
    )
    one, other = read(tmp_path, HEAD + SQUARE.replace("0.0100", "0.0096") + hole + SQUARE.replace("地块甲", "地块乙"))
    assert one.shape.area == pytest.approx(96.0)
    assert (other.name, other.shape.area) == ("地块乙", pytest.approx(100.0))


def test_the_bundled_parcels_are_read(root: Path) -> None:
    for name in "ab":
        (parcel,) = read_parcels(root / "data" / "sites" / f"parcel_{name}.txt", label="p", crs=GK111)
        assert 500 < parcel.shape.area < 2000


def test_polygons_of_a_layer_are_parcels(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"地块名称": ["丙"]}, geometry=[shapely.box(620000, 4111000, 620020, 4111010)], crs=GK111)
    frame.to_file(tmp_path / "p.gpkg")
    (parcel,) = read_parcels(tmp_path / "p.gpkg", label="p.gpkg", crs=GK111)
    assert (parcel.name, parcel.shape.area) == ("丙", pytest.approx(200.0))
    frame.set_geometry(frame.geometry.centroid).to_file(tmp_path / "q.gpkg")
    with pytest.raises(DataError) as caught:
        read_parcels(tmp_path / "q.gpkg", label="q.gpkg", crs=GK111)
    assert caught.value.code == "AG3704"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("点号,X,Y\n1,2,3\n", "AG3701"),
        (HEAD, "AG3701"),
        (SQUARE, "AG3701"),
        (HEAD.replace("2000国家大地坐标系", "西安80") + SQUARE, "AG3702"),
        (HEAD.replace("带号=37", "带号=3七") + SQUARE, "AG3702"),
        (HEAD.replace("带号=37", "带号=38") + SQUARE, "AG3702"),
        (HEAD.replace("带号=37", "带号=19") + SQUARE, "AG3702"),
        (HEAD.replace("几度分带=3", "几度分带=6") + SQUARE, "AG3702"),
        (HEAD.replace("计量单位=米", "计量单位=度") + SQUARE, "AG3702"),
        (HEAD + SQUARE.replace("4111010.000,37620000.000", "4111010.000"), "AG3703"),
        (HEAD + SQUARE.replace("4111010.000,37620000.000", "x,y"), "AG3703"),
        (HEAD + SQUARE.replace("4111010.000,37620000.000", "37620000.000,4111010.000"), "AG3703"),
        (HEAD + SQUARE.replace("4111010.000,37620000.000", "nan,nan"), "AG3703"),
        (HEAD + "J1,1,4111000.000,37620000.000\n", "AG3703"),
        (HEAD + "\n".join(SQUARE.split("\n")[:3]) + "\n", "AG3704"),
        (HEAD + SQUARE.replace("J3,1,4111010", "J3,1,4110990"), "AG3704"),
        (HEAD + SQUARE.replace("0.0100", "0.0150"), "AG3705"),
    ],
)
def test_every_fault_is_named(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert caught.value.code == code
    assert "parcel.txt" in caught.value.message("zh")


# The head ends with line 8; the square is lines 9–14, so that a second title stands on line 15.
@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        (SQUARE + "\n".join(SQUARE.split("\n")[:3]) + "\n", "AG3704", 15),
        (SQUARE + "\n".join(SQUARE.split("\n")[:3]) + "\n" + SQUARE, "AG3704", 15),
        (SQUARE + SQUARE.replace("J3,1,4111010", "J3,1,4110990"), "AG3704", 15),
        (SQUARE + SQUARE.replace("0.0100", "0.0150"), "AG3705", 15),
        ("\n\nJ1,1,4111000.000,37620000.000\n" + SQUARE, "AG3703", 11),
        ("\n\nJ1,1,4111000.000,37620000.000\n", "AG3703", 11),
    ],
)
def test_the_line_of_the_faulty_parcel_is_named(tmp_path: Path, text: str, code: str, row: int) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, HEAD + text)
    assert (caught.value.code, caught.value.place.row) == (code, row)
    if code != "AG3705":
        assert f"第 {row} 行" in caught.value.message("zh")
