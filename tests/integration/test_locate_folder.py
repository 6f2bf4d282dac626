"""What ``locate --out`` leaves: the same bytes every time, layers that read, and a scenario that gives what it says."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from integration.tiny_study import OWN_RULE, contents, draw

from accessgis.cli.main import run
from accessgis.decide.scenario import read_scenario, run_scenario

RULE = "own/clinic-1"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = draw(tmp_path_factory.mktemp("tiny"))
    (path.parent / "own.toml").write_text(OWN_RULE.replace("minutes = 1", "minutes = 3"), encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("use = []", 'use = []\nfiles = ["own.toml"]')
    path.write_text(text, encoding="utf-8")
    return path


def test_the_folder_holds_the_answer_its_map_and_a_scenario(study: Path) -> None:
    one, two = study.parent / "one", study.parent / "two"
    asked = ["locate", str(study), "--kind", "村卫生室", "--standard", RULE, "--budget", "5", "--cost", "2"]
    asked += ["--candidates", "grid", "--spacing", "200", "--min-distance", "150", "--quiet"]
    for out in (one, two):
        assert run([*asked, "--out", str(out)]) == 0
    assert contents(one) == contents(two)
    found = json.loads((one / "locate.json").read_text(encoding="utf-8"))
    assert found["spent"] == 4.0
    assert [row["cost"] for row in found["sites"]] == [2.0, 2.0]
    assert found["places"]["left_out"]["too_near"] > 0
    after = run_scenario(read_scenario(one / "scenario.toml")).comparison
    row = after[(after["rule"] == RULE) & after["headline"] & (after["level"] == "county")].iloc[0]
    assert (row["before"], row["after"]) == pytest.approx((found["covered_before"], found["covered_after"]), rel=1e-9)
    assert found["covered_after"] > found["covered_before"]
    sites = gpd.read_file(one / "locate.gpkg", layer="sites").to_crs("EPSG:4326")
    assert sites.geometry.x.tolist() == pytest.approx([row["lon"] for row in found["sites"]], abs=1e-6)
    assert len(pyogrio.read_dataframe(one / "locate.gpkg", layer="candidates")) == found["candidates"]
    left = pyogrio.read_dataframe(one / "locate.gpkg", layer="left")
    assert left["left"].sum() == pytest.approx(found["people"] - found["covered_after"])
    assert left.geometry.notna().all()
    table = pd.read_csv(one / "locate.csv", encoding="utf-8-sig")
    assert table["adds"].sum() == pytest.approx(found["covered_after"] - found["covered_before"])
    assert "new-2" in (one / "map.html").read_text(encoding="utf-8")
    assert json.loads((one / "manifest.json").read_text(encoding="utf-8"))["parameters"]["sharing"] == "neighbours"


def test_a_budget_below_the_cheapest_site_is_one_sentence(study: Path, capfd: pytest.CaptureFixture[str]) -> None:
    asked = ["locate", str(study), "--kind", "村卫生室", "--standard", RULE, "--budget", "1.5", "--cost", "2"]
    assert run([*asked, "--out", str(study.parent / "none")]) == 2
    out, err = capfd.readouterr()
    assert (out, err.split()[0]) == ("", "AG2440")
    assert "1.5" in err
    assert not (study.parent / "none").exists()
