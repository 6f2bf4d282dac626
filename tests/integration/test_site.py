"""``accessgis site`` on the bundled county: the numbers of its rows, their words, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from accessgis.cli.main import run
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Add
from accessgis.decide.check import best_place, check_site
from accessgis.decide.comparison import compare_results
from accessgis.report.site_paper import site_paper, site_workbook
from accessgis.report.site_view import site_document, site_frame, site_table
from accessgis.report.winners import winners_document
from accessgis.study.measure import Measured, measure
from accessgis.study.run import conclude

pytestmark = pytest.mark.usefixtures("bare_documents")

AT = (112.406532, 37.213662)


def test_the_best_candidate_is_as_good_as_its_gain_says(county: Measured) -> None:
    first = check_site(county, kind="村卫生室", at=AT, datum="wgs84")
    assert len(first.ranks) == 2
    for row in first.ranks.to_dict("records"):
        best = check_site(county, kind="village_clinic", at=(row["best_lon"], row["best_lat"]), datum="wgs84")
        there = best.ranks.set_index("rule").loc[row["rule"]]
        assert there["rank"] == 1
        assert there["net"] == pytest.approx(row["best_net"], rel=1e-9)
        assert there["net"] >= row["net"]


def test_the_table_of_sites_says_what_the_numbers_say(county: Measured) -> None:
    checks = [check_site(county, kind="village_clinic", at=AT, datum=datum) for datum in ("wgs84", "gcj02")]
    for lang in ("zh", "en"):
        table = site_table(county, checks, ["A", "B"], lang=lang)
        frame = site_frame(table, lang=lang)
        assert frame.columns.tolist()[1:3] == ["A", "B"]
        assert not frame.map(lambda text: "{" in text or not text).to_numpy().any()
    row = checks[0].effect.rules.iloc[0]
    net = f"{round(row['net']):,}人"
    assert any(values[0].startswith(net) for _, values in site_table(county, checks, ["A", "B"]).rows)
    assert net in site_table(county, checks, ["A", "B"]).conclusions[0]
    one, other = (site_document(check, label="x")["site"] for check in checks)
    metres = np.hypot((one["lon"] - other["lon"]) * 88_700, (one["lat"] - other["lat"]) * 111_000)
    assert 300 < metres < 900, "GCJ-02 is some hundred metres off"


def test_presence_rules_see_the_new_clinic(county: Measured) -> None:
    counted = check_site(county, kind="village_clinic", at=(112.40, 37.25), datum="wgs84").counted
    village = counted[(counted["rule"] == "shanxi-13fyp/village-clinic") & (counted["level"] == "village")]
    assert village[["state_before", "state_after"]].to_numpy().tolist() == [["absent", "present"]]
    whole = counted[(counted["rule"] == "shanxi-13fyp/village-clinic") & (counted["level"] == "county")].iloc[0]
    assert whole["value_after"] - whole["value_before"] == pytest.approx(1 / 241)


def test_a_kind_that_only_rules_that_count_know_is_answered_by_them(county: Measured) -> None:
    check = check_site(county, kind="农村敬老院", at=(112.40, 37.25), datum="wgs84", ownership="public")
    assert not len(check.effect.rules)
    assert not len(check.ranks)
    assert best_place(county, check) is None
    change = Add(action="add", kind="农村敬老院", at=(112.40, 37.25), datum="wgs84", ownership="public")
    changed = measure(apply_changes(county.prepared, [change]), county.rules, county.catalogue, before=county)
    table = compare_results(conclude(county).results, conclude(changed).results)
    rule = "shanxi-14fyp/elderly-care-township"
    for level, states in (("county", ("5/10", "6/10")), ("township", ("absent", "present"))):
        counted, row = (
            frame[(frame["rule"] == rule) & (frame["level"] == level) & (frame[before] != frame[after])].iloc[0]
            for frame, before, after in (
                (check.counted, "value_before", "value_after"),
                (table, "before", "after"),
            )
        )
        assert (counted["state_before"], counted["state_after"]) == states
        assert (counted["area"], counted["value_before"], counted["value_after"]) == (
            row["area"],
            row["before"],
            row["after"],
        )
    for lang in ("zh", "en"):
        table_of_sites = site_table(county, [check], ["A"], lang=lang)
        said = dict(site_frame(table_of_sites, lang=lang).to_numpy()[:, :2].tolist())
        # Two plans have a rule of this title: neither takes the other's row.
        plans = [text for heading, text in said.items() if text.startswith("示例县")]
        assert len(plans) == 2
        assert all("50.0% (5/10)" in text and "60.0% (6/10)" in text and "高崖乡" in text for text in plans)
        assert not any("{" in text for text in (*said, *said.values(), *table_of_sites.conclusions))
    table_of_sites = site_table(county, [check], ["A"])
    assert table_of_sites.conclusions[0].startswith("A：补齐空白单元1个，步行15分钟可达新增")
    assert any("不计算新增覆盖人口" in note for note in table_of_sites.notes)
    assert not any("备选点" in note and "排名" not in note for note in table_of_sites.notes)


def test_paper_and_workbook_of_a_kind_that_no_circle_counts(county: Measured, tmp_path: Path) -> None:
    check = check_site(county, kind="农村敬老院", at=(112.40, 37.25), datum="wgs84", ownership="public")
    for lang in ("zh", "en"):
        paper = site_paper(county, [check], ["甲"], lang=lang)
        assert all(text for row in paper.rows for text in row)
        (tmp_path / "site.xlsx").write_bytes(site_workbook(paper, lang=lang))
        book = openpyxl.load_workbook(tmp_path / "site.xlsx")
        sheet = book["按数量评价" if lang == "zh" else "counted"]
        rows = [row[2:] for row in sheet.iter_rows(min_row=4, values_only=True)]
        assert ("示例县", "50.0% (5/10)", "60.0% (6/10)") in rows
        assert ("高崖乡", *(("空白", "已设置") if lang == "zh" else ("has none", "has its own"))) in rows


def test_what_would_decide_whether_a_unit_is_filled_is_named(county: Measured) -> None:
    check = check_site(county, kind="农村敬老院", at=(112.40, 37.25), datum="wgs84")
    township = check.counted[check.counted["level"] == "township"].iloc[0]
    assert (township["state_after"], township["missing"]) == ("unknown", ("attribute:ownership",))
    (sentence,) = site_table(county, [check], ["A"]).conclusions
    assert "能否补齐高崖乡的空白尚不能确定（缺设施的“性质”）" in sentence
    assert "补齐空白单元" not in sentence


def test_a_site_of_a_kind_without_a_layer_makes_no_gaps_elsewhere(county: Measured) -> None:
    change = Add(action="add", kind="社区服务站", at=(112.35, 37.12), datum="wgs84")
    changed = measure(apply_changes(county.prepared, [change]), county.rules, county.catalogue, before=county)
    results = conclude(changed).results
    rows = results[results["rule"] == "shanxi-14fyp/community-service-committee"]
    states = rows[rows["level"] == "village"]["state"]
    assert states.value_counts().to_dict() == {"unknown": len(states) - 1, "present": 1}
    whole = rows[rows["level"] == "county"].iloc[0]
    assert (whole["verdict"], whole["state"]) == ("not_judged", f"1–{len(states)}/{len(states)}")
    flips = winners_document(compare_results(conclude(county).results, results))["flips"]
    assert [one["area"] for one in flips if one["rule"] == whole["rule"]] == [
        rows[rows["state"] == "present"]["area"].item()
    ]


def test_json_has_the_fields_of_the_interface(
    root: Path, county_at_hand: None, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    study = str(root / "data" / "study.toml")
    at = f"{AT[0]},{AT[1]}"
    assert run(["site", study, "--kind", "村卫生室", "--at", at, "--datum", "wgs84", "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert {"site", "rules"} <= set(document)
    for row in document["rules"]:
        assert {"rule", "profile", "group", "net", "gross", "moved", "before", "after"} <= set(row)
        assert row["net"] == pytest.approx(row["after"] - row["before"], abs=1e-3)
    assert pd.DataFrame(document["rules"])["headline"].sum() == 2


def test_a_folder_holds_the_study_with_the_site_built(root: Path, county_at_hand: None, tmp_path: Path) -> None:
    study = str(root / "data" / "study.toml")
    at = f"{AT[0]},{AT[1]}"
    out = tmp_path / "out"
    assert run(["site", study, "--kind", "村卫生室", "--at", at, "--datum", "wgs84", "--out", str(out), "--quiet"]) == 0
    site = json.loads((out / "site.json").read_text(encoding="utf-8"))
    comparison = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    rows = {(row["rule"], row["profile"]): row for row in comparison["rows"] if row["level"] == "county"}
    for row in site["rules"]:
        there = rows[row["rule"], row["profile"]]
        assert (there["before"], there["after"]) == (row["before"], row["after"])
        assert there["gained"] - there["lost"] == pytest.approx(row["net"], abs=1e-6)
    assert {"map.html", "report.html", "manifest.json", "assessment.json"} <= {path.name for path in out.iterdir()}


def test_parcels_of_one_name_are_told_apart_and_degrees_need_their_datum(
    root: Path, county: Measured, county_at_hand: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    at = gpd.GeoSeries([shapely.Point(*AT)], crs=4326).to_crs(county.prepared.crs).iloc[0]
    boxes = [shapely.box(at.x - size, at.y - size, at.x + size, at.y + size) for size in (20, 40)]
    frame = gpd.GeoDataFrame({"名称": ["甲", "甲"]}, geometry=boxes, crs=county.prepared.crs)
    frame.to_file(tmp_path / "p.gpkg")
    frame.to_crs(4326).to_file(tmp_path / "p.geojson")
    command = ["site", str(root / "data" / "study.toml"), "--kind", "村卫生室", "--json", "--parcel"]
    assert run([*command, str(tmp_path / "p.gpkg")]) == 0
    assert [one["site"]["label"] for one in json.loads(capfd.readouterr().out)["sites"]] == ["甲（1）", "甲（2）"]
    assert run([*command, str(tmp_path / "p.geojson")]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["code"], error["key"], error["file"]) == ("AG2403", "--datum", "p.geojson")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--kind", "村卫生室", "--at", "112.4,37.2"], "AG2403"),
        (["--kind", "村卫生室", "--at", "112.4", "--datum", "wgs84"], "AG2405"),
        (["--kind", "村卫生室", "--at", "37.2,112.4", "--datum", "wgs84"], "AG2401"),
        (["--kind", "村卫生世", "--at", "112.4,37.2", "--datum", "wgs84"], "AG2102"),
        (["--kind", "医院（未分类）", "--at", "112.4,37.2", "--datum", "wgs84"], "AG2554"),
        (["--kind", "社区服务站", "--at", "112.4,37.2", "--datum", "wgs84"], "AG2555"),
        (["--kind", "村卫生室", "--at", "112.4,37.2", "--datum", "wgs84", "--capacity", "beds"], "AG2406"),
        (["--kind", "村卫生室", "--at", "112.4,37.2", "--datum", "wgs84", "--capacity", "bads=3"], "AG2402"),
        (["--kind", "村卫生室", "--at", "1,1", "--datum", "wgs84", "--label", "a", "--label", "b"], "AG2407"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], code: str, root: Path, county_at_hand: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["site", str(root / "data" / "study.toml"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.split()[0]) == ("", code)
