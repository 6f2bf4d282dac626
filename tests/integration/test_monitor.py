"""``accessgis monitor``: results of several years as a user keeps them, read and put side by side."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import history as drawn
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from integration import many_counties as many
from integration import tiny_study as tiny
from openpyxl import load_workbook

import accessgis as ag
from accessgis.base.errors import UsageError
from accessgis.batch.run import batch_run
from accessgis.cli.main import run
from accessgis.report.monitor_cells import points_between

CROSSWALK = "old_code,new_code,valid_from,population_share\n140726,140703,2027-06-01,1.0\n"
FILES = {"manifest.json", "monitor.csv", "monitor.html", "monitor.json", "monitor.xlsx"}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = drawn.three_counties(tmp_path_factory.mktemp("monitor") / "results")
    (folder / "crosswalk.csv").write_text(CROSSWALK, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("monitor-out") / "report"
    assert run(["monitor", str(history), "--crosswalk", str(history / "crosswalk.csv"), "--out", str(out)]) == 0
    return out


def rows(document: dict, rule: str = "own/clinic") -> dict[tuple[str, int], dict]:
    return {(row["county"], row["year"]): row for row in document["rows"] if row["rule"] == rule}


def test_every_file_says_the_same(report):
    assert {path.name for path in report.iterdir()} == FILES
    document = json.loads((report / "monitor.json").read_text(encoding="utf-8"))
    found = rows(document)
    assert [found[code, 2027]["path"] for code in ("140701", "140702", "140703")] == [
        "slipping",
        "on_track",
        "on_track",
    ]
    assert found["140701", 2027]["change"] == 0.05
    assert found["140703", 2026]["restated"] == ["140726"]
    assert found["140703", 2027]["change"] == pytest.approx(0.1, abs=1e-9)
    assert rows(document, "index")["140703", 2027]["change"] == pytest.approx(0.1, abs=1e-9)
    with (report / "monitor.csv").open(encoding="utf-8-sig", newline="") as stream:
        table = {(row["rule"], row["county"], row["year"]): row for row in csv.DictReader(stream)}
    assert len(table) == len(document["rows"]) == 12
    assert float(table["own/clinic", "140701", "2027"]["expected"]) == found["140701", 2027]["expected"]
    page = BeautifulSoup((report / "monitor.html").read_text(encoding="utf-8"), "html.parser")
    lines = {line["data-code"]: line.get_text(" ") for line in page.select("#rule-1 + div tbody tr")}
    assert "55.0% [53.0–57.0%]" in lines["140701"]
    assert "+5.0个百分点" in lines["140701"]
    assert "落后于目标路径" in lines["140701"]
    assert "第" not in lines["140701"], "ranks are printed on request alone"
    book = load_workbook(report / "monitor.xlsx")
    assert book.sheetnames == ["指标总表", "结论与须知", "预警", "均等化实现程度", "分县分年", "所用成果"]
    listed = [[cell.value for cell in line] for line in book["分县分年"].iter_rows(min_row=4)]
    assert {(line[2], int(line[3])): line[6] for line in listed if line[0] == "十五分钟卫生圈"} == {
        key: row["value"] for key, row in found.items()
    }


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(report):
    text = (report / "monitor.html").read_text(encoding="utf-8")
    policy = BeautifulSoup(text, "html.parser").find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in text
    assert "http" not in text.replace('http-equiv="', "")


def test_the_same_results_give_the_same_bytes_wherever_they_stand(history, report, tmp_path):
    copy = tmp_path / "elsewhere" / "kept"
    shutil.copytree(history, copy)
    found = ag.monitor(copy, crosswalk=copy / "crosswalk.csv")
    ag.write_monitoring(found, tmp_path / "out")
    assert tiny.contents(tmp_path / "out") == tiny.contents(report)


def test_codes_that_changed_are_never_lost_or_gained(history, capsys):
    assert run(["monitor", str(history), "--lang", "zh"]) == 0
    told = "".join(capsys.readouterr().out.split())
    assert "区划调整，不可直接比较" in told
    assert "丙县(140726)" in told
    document = json.loads((history / "monitor" / "monitor.json").read_text(encoding="utf-8"))
    found = rows(document)
    assert found["140703", 2027]["not_comparable"] == ["first"]
    assert found["140703", 2027]["change"] is None
    assert ("140726", 2027) not in found
    again = ag.monitor(history)
    assert len(again.results) == 6, "the report itself is no result"


def test_differences_stand_above_the_tables(tmp_path):
    for year, rule in {2026: {}, 2027: {"limit_s": 600}}.items():
        drawn.write(tmp_path / str(year), "140701", "甲县", f"{year}-12-31", 0.5, rule=rule)
    found = ag.monitor(tmp_path)
    assert found.table.query("rule == 'own/clinic'")["not_comparable"].tolist() == ["first", "rule"]
    page = ag.report.monitor_page(ag.report.monitor_view(found, lang="en"))
    cautions = [tag.get_text() for tag in BeautifulSoup(page, "html.parser").select(".find .warn")]
    assert any(text.startswith("The definition of the rule") for text in cautions)


def test_a_rule_that_was_replaced_is_not_a_change_of_units(tmp_path):
    for year, name in {2026: "own/clinic", 2027: "own/other"}.items():
        path = drawn.write(tmp_path / str(year), "140701", "甲县", f"{year}-12-31", 0.5) / "assessment.json"
        text = path.read_text(encoding="utf-8").replace("own/clinic", name)
        path.write_text(json.dumps(json.loads(text) | ({"index": None} if year == 2027 else {})), encoding="utf-8")
    drawn.write(tmp_path / "gone", "140702", "乙县", "2026-12-31", 0.5)
    view = ag.report.monitor_view(ag.monitor(tmp_path))
    for table in (view.rules[0], view.index):
        cells = {line.code: line.cells[2] for line in table.lines}
        assert cells == {"140701": "本年无此指标", "140702": "区划调整，不可直接比较"}


def test_warnings_that_are_not_held_against_a_county_are_told_apart(tmp_path):
    for year, share in {2026: 0.5, 2027: 0.51}.items():
        drawn.write(tmp_path / "a" / str(year), "140701", "甲县", f"{year}-12-31", share, counts=False)
    told = ag.report.monitor_view(ag.monitor(tmp_path / "a")).lead
    assert "没有预警。" not in told
    assert told[-3:-1] == ("纳入考核的指标没有预警。", "不作考核的指标另有1条预警，列于“分指标预警”。")
    for year, share in {2026: 0.5, 2027: 0.9}.items():
        drawn.write(tmp_path / "b" / str(year), "140701", "甲县", f"{year}-12-31", share)
    assert "没有预警。" in ag.report.monitor_view(ag.monitor(tmp_path / "b")).lead


def test_names_cannot_become_markup(tmp_path):
    name = "<img src=x onerror=alert(1)>"
    drawn.write(tmp_path / "a", "140701", name, "2026-12-31", 0.5)
    page = BeautifulSoup(ag.report.monitor_page(ag.report.monitor_view(ag.monitor(tmp_path))), "html.parser")
    assert page.find("img") is None
    assert name in page.get_text()


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(UsageError) as nothing:
        ag.monitor(tmp_path)
    drawn.write(tmp_path / "a", "140701", "甲县", "2026-12-31", 0.5)
    drawn.write(tmp_path / "b", "140701", "甲县", "2026-12-31", 0.6)
    with pytest.raises(UsageError) as twice:
        ag.monitor(tmp_path)
    assert (nothing.value.code, twice.value.code) == ("AG2500", "AG2508")
    drawn.write(tmp_path / "b", "140701", "甲县", "2026-06-30", 0.6)
    city = json.loads((drawn.write(tmp_path / "c", "1407", "某市", "2026-03-31", 0.5) / "assessment.json").read_text())
    city["results"][0]["area"] = "140701"
    (tmp_path / "c" / "assessment.json").write_text(json.dumps(city), encoding="utf-8")
    with pytest.raises(UsageError) as overlapping:
        ag.monitor(tmp_path)
    assert overlapping.value.code == "AG2508", "a county of two results would be counted twice"
    shutil.rmtree(tmp_path / "c")
    later = ag.monitor(tmp_path)
    assert [one.label for one in later.older] == ["b"]
    assert later.table.query("rule == 'own/clinic'")["value"].tolist() == [0.5]
    (tmp_path / "a" / "comparison.json").write_text("{}", encoding="utf-8")
    assert [one.label for one in ag.monitor(tmp_path).results] == ["b"], "a scenario is nothing of the past"


def test_a_batch_is_read_by_its_counties_or_by_its_table_alone(tmp_path):
    many.draw_county(tmp_path / "counties" / "149921", "149921")
    batch = batch_run(tmp_path / "counties", tmp_path / "history" / "2025", workers=0)
    by_county = ag.monitor(tmp_path / "history").table
    shutil.move(batch.out / "counties", tmp_path / "kept")
    by_table = ag.monitor(tmp_path / "history")
    assert [one.whole for one in by_table.results] == [False]
    known = by_county[by_county["rule"] != "index"].reset_index(drop=True)
    assert len(known) == 1
    for name in ("rule", "county", "year", "people", "covered", "value", "low", "high", "target", "horizon", "path"):
        left, right = by_table.table[name], known[name]
        if left.dtype.kind == "f":
            pd.testing.assert_series_equal(left, right, rtol=1e-8)  # assessment.json has 9 digits
        else:
            assert left.tolist() == right.tolist(), name
    shutil.move(tmp_path / "kept", batch.out / "counties")
    (batch.out / "counties" / "149921" / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError) as stale:
        ag.monitor(tmp_path / "history")
    assert stale.value.code == "AG2506"


def test_compare_says_first_what_differs_and_restates_by_the_crosswalk(history, capsys):
    folders = [str(history / "2026" / "140726"), str(history / "2027" / "140703")]
    assert run(["compare", *folders]) == 0
    told = "".join(capsys.readouterr().out.split())
    assert "两次成果的行政区代码不同：140726→140703" in told
    assert told.index("区划调整，不可直接比较") < told.index("评价规则"), "above the table"
    assert run(["compare", *folders, "--crosswalk", str(history / "crosswalk.csv"), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["before"], row["after"], row["units"]) == (700, 800, "restated")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [(0.873, 0.88, "+0.7"), (0.6908, 0.7865, "+9.6"), (0.5, 0.5, "0.0"), (0.5, 0.4994, "-0.1"), (0.9996, 1.0, "0.0")],
)
def test_changes_are_the_difference_of_what_is_printed(was, now, told):
    assert points_between(was, now) == told
