"""What a bureau may say about its own data: read from files, at their effect on a small county."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from integration import tiny_study as tiny
from integration.spoil import more, study
from integration.table_cases import whole_roads

import accessgis as ag
from accessgis.report.check_view import quality_line
from accessgis.study.check import check_study
from accessgis.study.prepare import prepare
from accessgis.study.road_places import road_places
from accessgis.study.routing import Router


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.draw(tmp_path / "study")
    return tmp_path / "study"


def layers_of(folder: Path):
    return prepare(ag.read_study(folder / "study.toml"))


@pytest.mark.parametrize(("counted", "status"), [("true", "in_service"), ("false", "closed")])
def test_a_clinic_without_staff_counts_or_not_as_the_study_says(folder: Path, counted: str, status: str) -> None:
    table = (
        tiny.CLINICS.replace("状态\n", "状态,人员数\n").replace("在用\n", "在用,1\n").replace("2,在用,1", "2,在用,0")
    )
    (folder / "clinics.csv").write_text(table.replace(",,在用,1", ",,在用,"), encoding="utf-8")
    study("margin_km = 2\n", f"margin_km = 2\ncount_unstaffed = {counted}\n")(folder)
    layers = layers_of(folder)
    # C1 has nobody, C2 one, and of C3 nothing is known
    assert layers.facilities.frame["status"].tolist() == [status, "in_service", "in_service"]
    said = [(doubt.code, doubt.count) for doubt in layers.doubts if doubt.code == "AG9217"]
    assert said == ([] if counted == "true" else [("AG9217", 1)])


@pytest.mark.parametrize(("areas", "sites"), [((600, 600), 0), ((600, 7000), 1), ((600, ""), 0)])
def test_shared_sites_whose_grounds_differ_are_named(folder: Path, areas: tuple[object, object], sites: int) -> None:
    rows = "".join(f"T{n},体育场,112.002,37.0031,{area},DZ1\n" for n, area in enumerate(areas))
    (folder / "sports.csv").write_text(f"编号,类别,经度,纬度,场地面积,场址编号\n{rows}", encoding="utf-8")
    further = '{ id = "jinzhong-14fyp/sports-area-per-resident", basis = "县政府会议纪要" }'
    study(" }]\n", f" }}, {further}]\n")(folder)
    more('[[facilities]]\npath = "sports.csv"\ndatum = "wgs84"\nkind = "公共体育场地"')(folder)
    found = {doubt.code: (doubt.count, doubt.values) for doubt in check_study(folder / "study.toml").doubts}
    assert found.get("AG9318") == ((1, {"ids": "DZ1"}) if sites else None)


def test_every_rule_says_how_many_of_its_facilities_stand_at_their_village_or_nowhere(folder: Path) -> None:
    rows = "C1,甲,西村,在用\nC2,乙,东村,在用\nC3,丙,南村,在用\nC4,丁,东村,停用\n"
    (folder / "clinics.csv").write_text(f"编号,名称,行政村,状态\n{rows}", encoding="utf-8")
    result = ag.assess(ag.read_study(folder / "study.toml"))
    assert quality_line(result, result.circles[0], "zh").endswith("；设施中2处按村级位置落图，1处未落图")
    assert result.quality.figures["facilities:by_village"] == 3, "of any status"


def test_columns_of_roads_are_found_by_the_names_that_bureaus_write(folder: Path) -> None:
    whole_roads(技术等级="三级", 行政等级="县道", 桥隧标识="路", 单行="双向")(folder)
    frame = gpd.read_file(folder / "roads.gpkg").drop(columns="class")
    tiny.save(frame, folder / "roads.gpkg")
    layers = layers_of(folder)
    assert {layers.roads.classes[number] for number in layers.roads.road_class} == {"secondary"}
    assert "AG9115" not in {doubt.code for doubt in layers.doubts}


def test_unsplit_roads_leave_a_layer_of_what_was_done_to_them(folder: Path) -> None:
    whole_roads()(folder)
    found = {doubt.code: doubt for doubt in check_study(folder / "study.toml").doubts}
    layers = layers_of(folder)
    places = road_places(layers, Router(layers)).frame
    assert (places["change"] == "split").sum() == found["AG9116"].count == 40
    # everybody lives along roads that begin or end at a crossing
    assert found["AG9116"].people == pytest.approx(500)
    assert 0 < places["people"].max() < 500
