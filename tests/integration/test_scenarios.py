"""The shipped scenarios, the commands around them, and the files they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from integration import tiny_study

from accessgis.cli.main import run
from accessgis.decide.scenario import read_scenario, run_scenario
from accessgis.report.comparison_view import scenario_view
from accessgis.standards.catalogue import load_catalogue
from accessgis.study.measure import Measured

pytestmark = pytest.mark.usefixtures("bare_documents")

CIRCLE = "guizhou-14fyp/rural-medical-30"


STOP = """
[[change]]
action = "mobile-service"
kind = "村卫生室"
datum = "wgs84"
min_days = 1
stops = [{{ at = [112.4, 37.2], days = [{days}], {hours} }}]
"""


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


def test_merging_homes_by_the_rule_closes_its_candidates_and_fails_nothing(root: Path, county: Measured) -> None:
    scenario = read_scenario(root / "scenarios" / "merging-homes.toml")
    (change,) = scenario.file.change
    rule = load_catalogue().find("guizhou-14fyp/rural-elderly-homes-merge")
    frame = county.prepared.facilities.frame.set_index("facility_id")
    homes = frame[frame["kind"].isin(rule.facilities_any[0])]
    beds, occupancy = (test.value for test in rule.having)
    meant = homes[(homes["beds"] < beds) & (homes["residents"] / homes["beds"] < occupancy)]
    result = run_scenario(scenario, before=county)
    after = result.after.facilities.frame.set_index("facility_id")
    closed = [one.facility_id for one in result.steps[0].facilities if one.what == "closed"]
    assert closed == sorted(meant.index) == ["YL001", "YL004"]
    assert change.into not in closed
    assert after.loc["YL002", "beds"] == 28 + 38 + 46
    assert result.comparison["verdict_before"].equals(result.comparison["verdict_after"])
    township = result.comparison[result.comparison["rule"] == "shanxi-14fyp/elderly-care-township"]
    county_row = township[township["level"] == "county"]
    assert county_row["before"].equals(county_row["after"]), "the regional centre of each township is there as well"


def test_a_mobile_round_serves_remote_villages_two_days_a_week(root: Path, county: Measured) -> None:
    result = run_scenario(read_scenario(root / "scenarios" / "mobile-clinic-round.toml"), before=county)
    rows = result.after.results.query("rule == @CIRCLE and level == 'county' and headline")
    fixed = result.before.results.query("rule == @CIRCLE and level == 'county' and headline")
    assert rows["covered_share_fixed"].tolist() == fixed["covered_share"].tolist()
    assert rows["covered_share"].iloc[0] > fixed["covered_share"].iloc[0]
    won = result.comparison.query("rule == @CIRCLE and level == 'village' and headline and gained > 1")
    assert {"柳湾镇龚家坡村", "马岭乡沙崖村", "高崖乡石家峪村"} <= set(won["area_name"])
    village = result.after.results.query("rule == @CIRCLE and headline and area_name == '高崖乡范家坡村'").iloc[0]
    assert village["people"] - village["covered"] > 50, "its own stop comes on one day a week, which is too few"
    assert result.comparison["lost"].fillna(0.0).max() < 1e-6
    counted = result.comparison[result.comparison["unit"] != ""]
    assert counted["before"].equals(counted["after"]), "rules that count facilities count none that comes and goes"


def test_the_bridge_brings_the_village_to_its_clinic(root: Path, county: Measured) -> None:
    result = run_scenario(read_scenario(root / "scenarios" / "bridge.toml"), before=county)
    walk = result.comparison[
        (result.comparison["rule"] == CIRCLE) & (result.comparison["profile"] == "walk")
        & (result.comparison["level"] == "county")
    ].iloc[0]  # fmt: skip
    assert walk["gained"] > 30
    assert walk["lost"] < 1e-6
    scenario = read_scenario(root / "scenarios" / "bridge.toml")
    for lang, said in (
        ("zh", "步行新增113人，失去0人（主要在马岭乡武家垴村、石桥镇梁家垴村）"),
        ("en", "113 people gained"),
    ):
        view = scenario_view(scenario, result, lang=lang)
        assert view.lines == ()
        assert said in view.notes[1], "by car nobody is won, on foot a village is"
        assert view.notes[0] in ("按各规则自身的出行方式，数值均无变化。", "By the rules' own modes no figure changes.")


def test_an_ageing_county_has_more_elderly_and_the_same_times(root: Path, county: Measured) -> None:
    scenario = read_scenario(root / "scenarios" / "ageing-2035.toml")
    result = run_scenario(scenario, before=county)
    assert result.after.people["seconds"].equals(result.before.people["seconds"])
    table = pd.read_csv(root / "scenarios" / "people-2035.csv", skiprows=1, dtype={"乡镇代码": str})
    for group, column in (("total", "常住人口"), ("age60plus", "60岁及以上"), ("under3", "3岁以下")):
        assert result.after.quality.figures[f"people:{group}"] == pytest.approx(table[column].sum(), rel=1e-12)
        sums = pd.Series(result.after.demand.people(group)).groupby(result.after.demand.frame["township"]).sum()
        np.testing.assert_allclose(sums[table["乡镇代码"]], table[column], rtol=1e-12)
    for lang, said in (("zh", "可达情况不变，覆盖人数因人口变化"), ("en", "access as before; ")):
        lines = [line for line in scenario_view(scenario, result, lang=lang).lines if line.rule == CIRCLE]
        assert lines
        assert all(line.change.startswith(said) for line in lines)


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


def test_what_a_run_leaves(
    root: Path, county_at_hand: None, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    scenario = str(root / "scenarios" / "clinics-for-the-gaps.toml")
    assert run(["scenario", "run", scenario, "--out", str(tmp_path / "a"), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document == json.loads((tmp_path / "a" / "comparison.json").read_text(encoding="utf-8"))
    assert document["schema"] == "accessgis.comparison/1"
    assert [change["action"] for change in document["changes"]] == ["add"] * 3
    assert [change["did"]["facilities"][0]["what"] for change in document["changes"]] == ["added"] * 3
    assert "柳湾镇龚家坡村" in {row["place"] for row in document["villages"] if row["gained"] > 100}
    assert {"rule", "level", "area", "group", "profile", "before", "after", "gained", "lost"} <= set(
        document["rows"][0]
    )
    files = {path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files >= {"assessment.json", "baseline/assessment.json", "map.html", "compare.docx"}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert "comparison.json" in manifest["outputs"]
    capfdbinary.readouterr()
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "a"), "--lang", "en"]) == 0
    assert b"No figure changes." in capfdbinary.readouterr().out


def test_the_command_decides_over_the_file_whether_neighbours_count(tmp_path: Path) -> None:
    tiny_study.draw(tmp_path / "a")
    scenario = tmp_path / "a" / "own.toml"
    for stated, given, expected in (
        ("none", [], "none"),
        ("none", ["--sharing", "neighbours"], "neighbours"),
        ("neighbours", ["--sharing", "none"], "none"),
    ):
        scenario.write_text(f'[scenario]\nname = "x"\nstudy = "study.toml"\nsharing = "{stated}"\n', encoding="utf-8")
        out = tmp_path / f"{stated}{len(given)}"
        assert run(["scenario", "run", str(scenario), "--out", str(out), "--quiet", *given]) == 0
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["parameters"]["sharing"] == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[scenario]\nname = "x"\n', "AG2006"),
        ('[scenario]\nname = "x"\nstudy = "none.toml"\n', "AG2001"),
        ('[[change]]\naction = "ad"\n', "AG2007"),
        ('[[change]]\nid = "a"\n', "AG2006"),
        ('[[change]]\naction = "close"\nid = "a"\nkey = 1\n', "AG2005"),
        ('[[change]]\naction = "merge"\nids = ["a"]\ninto = "a"\n', "AG2008"),
        ('[[change]]\naction = "close-road"\nat = [1.0, 2.0]\n', "AG2008"),
        ('[[change]]\naction = "add"\nkind = "村卫生室"\nat = [112.4, 37.2]\n', "AG2006"),
        ('[[change]]\naction = "add"\nkind = "村卫生室"\nat = [37.2, 112.4]\ndatum = "wgs84"\n', "AG2401"),
        ('[[change]]\naction = "add"\nkind = "村卫生室"\n', "AG2008"),
        ('[[change]]\naction = "add"\nkind = "a"\nat_each = { unit = "house", lacking = "a" }\n', "AG2007"),
        ('[[change]]\naction = "add"\nkind = "a"\nid = "a"\nat_each = { unit = "village", lacking = "a" }\n', "AG2008"),
        ('[[change]]\naction = "close"\n', "AG2008"),
        ('[[change]]\naction = "close"\nselect = { kind = "a", were = "b" }\n', "AG2005"),
        ('[[change]]\naction = "merge"\ninto = "a"\n', "AG2008"),
        ('[[change]]\naction = "population"\nfactor = 1.0\nto_year = 2035\n', "AG2008"),
        ('[[change]]\naction = "population"\nto_year = 2035\nrates = { total = 0.1 }\n', "AG2008"),
        ('[[change]]\naction = "population"\npath = "a.csv"\ngroup = "total"\n', "AG2008"),
        (STOP.format(days='"mon"', hours='from = "11:00", to = "09:00"'), "AG2008"),
        (STOP.format(days='"mo"', hours='from = "09:00", to = "11:00"'), "AG2007"),
        (STOP.format(days="", hours='from = "09:00", to = "11:00"'), "AG2007"),
        (STOP.format(days='"mon"', hours='from = "9", to = "11:00"'), "AG2007"),
        (STOP.format(days='"mon"', hours='from = "09:00", till = "11:00"'), "AG2005"),
    ],
)
def test_bad_scenarios_are_one_sentence(
    text: str, code: str, root: Path, county_at_hand: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head = f'[scenario]\nname = "x"\nstudy = "{root / "data" / "study.toml"}"\n'
    path = tmp_path / "s.toml"
    path.write_text(text if text.startswith("[scenario]") else head + text, encoding="utf-8")
    assert run(["scenario", "run", str(path), "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert (out, err.split()[0]) == ("", code)
    assert 'action = "ad"' not in text or 'change[1].action = "ad"' in err
    assert sorted(child.name for child in tmp_path.iterdir()) == ["s.toml"]


STOPS = "lon,lat,days,from,to\n112.015,37.005,一、四,9:00,10:00\n"
SEVERAL = """\
[scenario]
name = "x"
study = "study.toml"

[[change]]
action = "close"
select = { kind = "村卫生室", where = "beds == 1" }

[[change]]
action = "mobile-service"
kind = "村卫生室"
datum = "wgs84"
min_days = 2
path = "stops.csv"

[[change]]
action = "population"
path = "people.csv"
"""


def test_run_twice_in_other_folders_gives_the_same_bytes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    study = tiny_study.draw(tmp_path / "a")
    study.with_name("s.toml").write_text(SEVERAL, encoding="utf-8")
    study.with_name("stops.csv").write_text(STOPS, encoding="utf-8")
    study.with_name("people.csv").write_text("村代码,常住人口\n149921100201,1000\n", encoding="utf-8")
    tiny_study.copy(tmp_path / "a", tmp_path / "b")
    for name in ("a", "b"):
        scenario, out = tmp_path / name / "s.toml", tmp_path / f"{name}-out"
        assert run(["scenario", "run", str(scenario), "--out", str(out), "--quiet"]) == 0
    assert tiny_study.contents(tmp_path / "a-out") == tiny_study.contents(tmp_path / "b-out")
    printed = capfd.readouterr().out
    assert "停用1处设施（乙村卫生室" in printed
    document = json.loads((tmp_path / "a-out" / "comparison.json").read_text(encoding="utf-8"))
    assert [change["did"].get("units") for change in document["changes"]] == [None, None, 1]
    manifest = json.loads((tmp_path / "a-out" / "manifest.json").read_text(encoding="utf-8"))
    assert {"stops.csv", "people.csv"} <= {entry["path"] for entry in manifest["inputs"]}


def test_compare_refuses_what_is_no_result(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "assessment.json").write_text("[]", encoding="utf-8")
    assert run(["compare", str(tmp_path), str(tmp_path)]) == 2
    assert capfd.readouterr().err.startswith("AG2420")
