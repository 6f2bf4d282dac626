"""Committee points divide a township by the nearest point, and tell classes of villages; worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessgis.base.errors import DataError
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.sources.village_points import with_committees

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
    reading = with_committees(townships(), path, label="points.gpkg", datum=None, study_code="149921")
    villages = reading.value.at("village")
    assert villages["parent"].tolist() == ["149921100", "149921100"]
    assert villages.geometry.area.tolist() == pytest.approx([800_000.0, 1_200_000.0])
    assert [doubt.code for doubt in reading.doubts] == ["AG9230"]


def test_a_point_without_land_of_its_own_makes_no_village_and_is_counted(tmp_path: Path) -> None:
    # 甲镇 0–2000 m: two at 500, one at 1500, one in 乙乡 at 3900: the border to it would be at 2700
    codes = ["149921100201", "149921100202", "149921100203", "149921100204"]
    path = points(tmp_path, codes, [500.0, 500.0, 1500.0, 3900.0])
    reading = with_committees(townships(), path, label="points.gpkg", datum=None, study_code="149921")
    villages = reading.value.at("village")
    assert villages["code"].tolist() == ["149921100201", "149921100203"]
    assert villages.geometry.area.tolist() == pytest.approx([1_000_000.0, 1_000_000.0])
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9230", 2), ("AG9235", 2)]
    assert "149921100202, 149921100204" in reading.doubts[1].message("en")


def villages() -> Areas:
    """The two townships with one village of outline each, of which the first has an urban–rural code."""
    frame = townships().frame
    more = gpd.GeoDataFrame(
        {"level": ["village"] * 2, "code": ["149921100201", "149921200201"], "name": ["甲一村", "乙一村"],
         "parent": ["149921100", "149921200"], "township_kind": [""] * 2, "ur_code": ["220", ""],
         "seat": [False] * 2, "central": [False] * 2},
        geometry=frame.geometry.to_numpy()[1:], crs=CRS,
    )  # fmt: skip
    return Areas(frame=gpd.GeoDataFrame(pd.concat([frame, more], ignore_index=True), crs=CRS), class_source="ur_code")


def told(folder: Path, areas: Areas, **columns: list[str]) -> Reading[Areas]:
    path = points(folder, ["149921100201", "149921200201"], [500.0, 2500.0])
    gpd.read_file(path).assign(**columns).to_file(path)
    return with_committees(areas, path, label="points.gpkg", datum=None, study_code="149921")


def test_villages_with_outlines_keep_them_and_get_their_committees(tmp_path: Path) -> None:
    reading = told(tmp_path, villages())
    assert reading.value.frame.geometry.tolist() == villages().frame.geometry.tolist()
    assert reading.value.committees == {"149921100201": (500500.0, 500.0), "149921200201": (502500.0, 500.0)}
    assert [doubt.code for doubt in reading.doubts] == []
    assert [record.role for record in reading.inputs] == ["village points"]


def test_points_tell_the_class_of_villages_that_have_none(tmp_path: Path) -> None:
    reading = told(tmp_path, villages(), ur_code=["111", "122"], seat=["否", "是"])
    frame = reading.value.at("village")
    assert frame["ur_code"].tolist() == ["220", "122"], "the areas go before the points"
    assert frame["seat"].tolist() == [False, True]
    assert (reading.value.class_source, reading.value.classes) == ("ur_code", {})


def test_a_class_that_points_state_goes_before_codes_and_disagreement_is_said(tmp_path: Path) -> None:
    reading = told(tmp_path, villages(), place_class=["城镇", "乡村"])
    assert reading.value.classes == {"149921100201": "urban", "149921200201": "rural"}
    assert reading.value.class_source == "place_class"
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9232", 1)]


def test_a_class_that_the_areas_state_goes_before_the_points(tmp_path: Path) -> None:
    areas = replace(villages(), classes={"149921100201": "rural"}, class_source="place_class")
    reading = told(tmp_path, areas, place_class=["城镇", "城镇"])
    assert reading.value.classes == {"149921100201": "rural", "149921200201": "urban"}


def test_points_that_divide_a_township_tell_the_class_of_its_villages(tmp_path: Path) -> None:
    reading = told(tmp_path, townships(), place_class=["县城社区", ""], ur_code=["", "220"])
    assert reading.value.classes == {"149921100201": "county_town"}
    assert reading.value.at("village")["ur_code"].tolist() == ["", "220"]
    assert [doubt.code for doubt in reading.doubts] == ["AG9230", "AG9233"]


def test_one_class_for_everybody_gives_way_to_what_points_tell(tmp_path: Path) -> None:
    areas = replace(townships(), where="urban", class_source="study")
    reading = told(tmp_path, areas, ur_code=["220", "220"])
    assert (reading.value.class_source, reading.value.where) == ("ur_code", "")
    assert [doubt.code for doubt in reading.doubts] == ["AG9230", "AG9228"]


@pytest.mark.parametrize(
    ("column", "value", "code"), [("place_class", "中心城区", "AG3211"), ("ur_code", "9", "AG3207")]
)
def test_what_is_no_class_is_refused_with_the_row(tmp_path: Path, column: str, value: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        told(tmp_path, villages(), **{column: ["", value]})
    assert (caught.value.code, caught.value.place.row) == (code, 2)


def test_a_repeated_code_names_the_row(tmp_path: Path) -> None:
    path = points(tmp_path, ["149921100201", "149921100201"], [500.0, 900.0])
    with pytest.raises(DataError, match="AG3231") as caught:
        with_committees(townships(), path, label="p", datum=None, study_code="149921")
    assert caught.value.place.row == 1


def test_points_under_the_retired_code_of_the_county_are_taken(tmp_path: Path) -> None:
    # 长垣县 410728 became 长垣市 410783.
    frame = townships().frame
    moved = {name: frame[name].str.replace("149921", "410783") for name in ("code", "parent")}
    areas = Areas(frame=frame.assign(**moved))
    path = points(tmp_path, ["410728100201", "410728100202"], [500.0, 1100.0])
    reading = with_committees(areas, path, label="points.gpkg", datum=None, study_code="410783")
    assert reading.value.at("village")["code"].tolist() == ["410783100201", "410783100202"]
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9066", 2), ("AG9230", 2)]


def test_a_village_under_both_codes_is_refused(tmp_path: Path) -> None:
    path = points(tmp_path, ["410728100201", "410783100201"], [500.0, 900.0])
    with pytest.raises(DataError, match="AG3231"):
        with_committees(townships(), path, label="p", datum=None, study_code="410783")
