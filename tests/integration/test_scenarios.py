"""The shipped scenarios, the commands around them, and the files they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import accessgis as ag
from accessgis.cli.main import run
from accessgis.decide.scenario import read_scenario, run_scenario
from accessgis.study.measure import Measured

pytestmark = pytest.mark.usefixtures("bare_documents")

CIRCLE = "guizhou-14fyp/rural-medical-30"


@pytest.fixture(scope="module")
def county(root: Path) -> Measured:
    return ag.measured_study(ag.read_study(root / "data" / "study.toml"))


def changed(root: Path, name: str, county: Measured) -> dict[tuple[str, str], dict]:
    result = run_scenario(read_scenario(root / "scenarios" / name), before=county)
    table = result.comparison
    rows = table[table["headline"] & (table["level"] == "county")].to_dict("records")
    return {(row["rule"], row["profile"]): row for row in rows}


def test_clinics_for_the_gaps_cover_them(root: Path, county: Measured) -> None:
    rows = changed(root, "clinics-for-the-gaps.toml", county)
    row = rows[CIRCLE, "vehicle+walk"]
    assert row["gained"] > 1000
    assert row["lost"] == 0
    assert row["after"] - row["before"] == pytest.approx(row["gained"])


def test_merging_homes_fails_no_rule_because_a_centre_stands_in(root: Path, county: Measured) -> None:
    scenario = read_scenario(root / "scenarios" / "merging-homes.toml")
    result = run_scenario(scenario, before=county)
    frame = result.after.facilities.frame.set_index("facility_id")
    assert (frame.loc["YL001", "status"], frame.loc["YL002", "beds"]) == ("closed", 28 + 46)
    assert result.comparison["verdict_before"].equals(result.comparison["verdict_after"])
    township = result.comparison[result.comparison["rule"] == "shanxi-14fyp/elderly-care-township"]
    county_row = township[township["level"] == "county"]
    assert county_row["before"].equals(county_row["after"]), "the regional centre of the township is there as well"


def test_the_bridge_brings_the_village_to_its_clinic(root: Path, county: Measured) -> None:
    result = run_scenario(read_scenario(root / "scenarios" / "bridge.toml"), before=county)
    walk = result.comparison[
        (result.comparison["rule"] == CIRCLE) & (result.comparison["profile"] == "walk")
        & (result.comparison["level"] == "county")
    ].iloc[0]  # fmt: skip
    assert walk["gained"] > 30
    assert walk["lost"] < 1e-6


def test_an_ageing_county_has_more_elderly_and_the_same_times(root: Path, county: Measured) -> None:
    result = run_scenario(read_scenario(root / "scenarios" / "ageing-2035.toml"), before=county)
    assert result.after.people["seconds"].equals(result.before.people["seconds"])
    was, now = (side.quality.figures["people:age60plus"] for side in (result.before, result.after))
    assert now == pytest.approx(1.45 * was)


def test_snow_lowers_every_circle(root: Path, county: Measured) -> None:
    rows = changed(root, "snow.toml", county)
    for (_, profile), row in rows.items():
        if profile and row["after"] == row["after"]:
            assert row["after"] <= row["before"] + 1e-6
    for key in ((CIRCLE, "vehicle+walk"), ("shanxi-13fyp/county-town-fitness-10", "walk")):
        assert rows[key]["after"] < rows[key]["before"] - 1000


def test_the_script_runs(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "scenarios" / "three_sites.py")],
        capture_output=True, text=True, encoding="utf-8", timeout=300, env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_what_a_run_leaves(root: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    scenario = str(root / "scenarios" / "clinics-for-the-gaps.toml")
    assert run(["scenario", "run", scenario, "--out", str(tmp_path / "a"), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document == json.loads((tmp_path / "a" / "comparison.json").read_text(encoding="utf-8"))
    assert document["schema"] == "accessgis.comparison/1"
    assert [change["action"] for change in document["changes"]] == ["add"] * 3
    assert {"rule", "level", "area", "group", "profile", "before", "after", "gained", "lost"} <= set(
        document["rows"][0]
    )
    files = {path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files >= {"assessment.json", "baseline/assessment.json", "map.html"}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert "comparison.json" in manifest["outputs"]
    capfdbinary.readouterr()
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "a"), "--lang", "en"]) == 0
    assert b"No figure changes." in capfdbinary.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[scenario]\nname = "x"\n', "AG2006"),
        ('[scenario]\nname = "x"\nstudy = "none.toml"\n', "AG2001"),
        ('[[change]]\naction = "ad"\n', "AG2007"),
        ('[[change]]\naction = "close"\nid = "a"\nkey = 1\n', "AG2005"),
        ('[[change]]\naction = "merge"\nids = ["a"]\ninto = "a"\n', "AG2008"),
        ('[[change]]\naction = "close-road"\nat = [1.0, 2.0]\n', "AG2008"),
        ('[[change]]\naction = "add"\nkind = "村卫生室"\nat = [112.4, 37.2]\n', "AG2006"),
        ('[[change]]\naction = "add"\nkind = "村卫生室"\nat = [37.2, 112.4]\ndatum = "wgs84"\n', "AG2401"),
    ],
)
def test_bad_scenarios_are_one_sentence(
    text: str, code: str, root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head = f'[scenario]\nname = "x"\nstudy = "{root / "data" / "study.toml"}"\n'
    path = tmp_path / "s.toml"
    path.write_text(text if text.startswith("[scenario]") else head + text, encoding="utf-8")
    assert run(["scenario", "run", str(path), "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert (out, err.split()[0]) == ("", code)
    assert sorted(child.name for child in tmp_path.iterdir()) == ["s.toml"]


def test_compare_refuses_what_is_no_result(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "assessment.json").write_text("[]", encoding="utf-8")
    assert run(["compare", str(tmp_path), str(tmp_path)]) == 2
    assert capfd.readouterr().err.startswith("AG2420")
