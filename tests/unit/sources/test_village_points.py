"""Committee points divide a township by the nearest point, worked by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from accessgis.base.errors import DataError
from accessgis.layers.areas import Areas
from accessgis.sources.village_points import divide_by_points

CRS = "EPSG:4546"


def townships() -> Areas:
    """One county of two townships, 2 km × 1 km each, side by side."""
    shapes = [shapely.box(500000, 0, 504000, 1000), shapely.box(500000, 0, 502000, 1000),
              shapely.box(502000, 0, 504000, 1000)]  # fmt: skip
    fields = {
        "level": ["county", "township", "township"],
        "code": ["149921", "149921100", "149921200"],
        "name": ["县", "甲镇", "乙乡"],
        "parent": ["", "149921", "149921"],
        "township_kind": ["", "镇", "乡"],
        "ur_code": [""] * 3,
        "seat": [False] * 3,
        "central": [False] * 3,
    }
    return Areas(frame=gpd.GeoDataFrame(fields, geometry=shapes, crs=CRS))


def points(folder: Path, codes: list[str], x: list[float]) -> Path:
    path = folder / "points.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": codes, "name": [f"村{code[-1]}" for code in codes]},
        geometry=gpd.points_from_xy([500000 + east for east in x], [500.0] * len(x)),
        crs=CRS,
    )
    frame.to_file(path)
    return path


def test_each_point_takes_what_is_nearest(tmp_path: Path) -> None:
    # 甲镇 0–2000 m: points at 500 and 1100, border at 800. 乙乡 has no point and stays undivided.
    path = points(tmp_path, ["149921100201", "149921100202"], [500.0, 1100.0])
    reading = divide_by_points(townships(), path, label="points.gpkg", datum=None, study_code="149921")
    villages = reading.value.at("village")
    assert villages["parent"].tolist() == ["149921100", "149921100"]
    assert villages.geometry.area.tolist() == pytest.approx([800_000.0, 1_200_000.0])
    assert [doubt.code for doubt in reading.doubts] == ["AG9230"]


def test_areas_with_villages_are_left_alone(tmp_path: Path) -> None:
    path = points(tmp_path, ["149921100201"], [500.0])
    once = divide_by_points(townships(), path, label="p", datum=None, study_code="149921").value
    assert divide_by_points(once, tmp_path / "none.gpkg", label="p", datum=None, study_code="149921").value is once


def test_a_repeated_code_names_the_row(tmp_path: Path) -> None:
    path = points(tmp_path, ["149921100201", "149921100201"], [500.0, 900.0])
    with pytest.raises(DataError, match="AG3231") as caught:
        divide_by_points(townships(), path, label="p", datum=None, study_code="149921")
    assert caught.value.place.row == 1


def test_points_under_the_retired_code_of_the_county_are_taken(tmp_path: Path) -> None:
    # 长垣县 410728 became 长垣市 410783.
    frame = townships().frame
    moved = {name: frame[name].str.replace("149921", "410783") for name in ("code", "parent")}
    areas = Areas(frame=frame.assign(**moved))
    path = points(tmp_path, ["410728100201", "410728100202"], [500.0, 1100.0])
    reading = divide_by_points(areas, path, label="points.gpkg", datum=None, study_code="410783")
    assert reading.value.at("village")["code"].tolist() == ["410783100201", "410783100202"]
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9066", 2), ("AG9230", 2)]


def test_a_village_under_both_codes_is_refused(tmp_path: Path) -> None:
    path = points(tmp_path, ["410728100201", "410783100201"], [500.0, 900.0])
    with pytest.raises(DataError, match="AG3231"):
        divide_by_points(townships(), path, label="p", datum=None, study_code="410783")
