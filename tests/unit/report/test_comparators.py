"""What stands beside an indicator: an earlier result, sums over prefecture and province, town and country."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from fake_assessment import fake_assessment
from openpyxl import load_workbook

from accessgis.base.errors import UsageError
from accessgis.report import write_workbook
from accessgis.report.comparators import with_previous, with_wider
from accessgis.report.indicators import indicators, table
from accessgis.report.report_html import report_page
from accessgis.report.tables import document, to_json

RULE = "guizhou-14fyp/rural-medical-30"


@pytest.fixture(scope="module")
def now():
    fake = fake_assessment(villages=40)
    equity = fake.equity.reindex(range(1))
    equity.loc[0, ["rule", "profile", "part", "against"]] = [RULE, "vehicle+walk", "age60plus", ""]
    equity.loc[0, ["people", "covered", "reached", "mean_s", "gini", "worst_off_ratio"]] = [
        80.0,
        41.0,
        80.0,
        60.0,
        0.1,
        2.0,
    ]
    equity.loc[0, "covered_share"] = 0.5125
    return replace(fake, equity=equity)


@pytest.fixture
def earlier(now):
    """The same a year before, with 10 points less in the county."""
    told = json.loads(to_json(document(now)))
    told["study"]["data_date"] = "2024-12-31"
    for row in told["results"]:
        if row["level"] == "county" and row["headline"] and row.get("covered_share") is not None:
            row["covered_share"] -= 0.1
    return told


def line_of(assessment, rule=RULE):
    return next(line for line in indicators(assessment) if line.rule == rule)


def sums(**columns):
    row = {
        "level": "prefecture", "area": "1499", "rule": RULE, "group": "total", "profile": "vehicle+walk",
        "headline": True, "data_date": "2025-12-31", "share": 0.9, "value": float("nan"),
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def test_the_earlier_figure_stands_beside_that_of_today(now, earlier):
    line = line_of(with_previous(now, earlier))
    assert line.beside["previous"] == pytest.approx(line.figure - 0.1, abs=1e-9)
    assert line.beside_text("previous", "zh") == f"{(line.figure - 0.1) * 100:.1f}%"
    assert line.beside_text("prefecture", "zh") == "无"
    assert line.beside_text("age60plus", "zh") == "51.3%"


def test_a_rule_that_was_defined_otherwise_has_no_earlier_figure(now, earlier):
    for rule in earlier["rules"]:
        if rule["rule"] == RULE:
            rule["limit_s"] = 900
    assert "previous" not in line_of(with_previous(now, earlier)).beside


def test_an_earlier_result_of_elsewhere_or_of_later_is_refused(now, earlier):
    earlier["study"]["code"] = "149922"
    with pytest.raises(UsageError, match="AG2144"):
        with_previous(now, earlier)
    earlier["study"] |= {"code": now.study.code, "data_date": "2025-12-31"}
    with pytest.raises(UsageError, match="AG2145"):
        with_previous(now, earlier)


def test_sums_over_prefecture_and_province_stand_beside(now):
    both = pd.concat([sums(), sums(level="province", area="14", share=0.85), sums(area="1498", share=0.1)])
    line = line_of(with_wider(now, both))
    assert (line.beside["prefecture"], line.beside["province"]) == (0.9, 0.85)
    assert line.beside_text("prefecture", "en") == "90.0%"
    with pytest.raises(UsageError, match="AG2146"):
        with_wider(now, sums(area="1498"))
    with pytest.raises(UsageError, match="AG2146"):
        with_wider(now, sums(group="age60plus"))


def test_sums_that_lack_a_county_do_not_stand_beside(now):
    lacking = sums(missing="county:149923")
    both = pd.concat([lacking, sums(level="province", area="14", share=0.85, missing="")])
    assert line_of(with_wider(now, both)).beside_text("prefecture", "zh") == "无"
    assert line_of(with_wider(now, both)).beside["province"] == 0.85
    assert "prefecture" not in line_of(with_wider(now, lacking)).beside


def test_table_workbook_page_and_json_say_the_same(now, earlier, tmp_path):
    whole = with_wider(with_previous(now, earlier), sums())
    line = line_of(whole)
    row = table(whole).set_index("规则编号").loc[RULE]
    texts = [line.beside_text(name, "zh") for name in ("previous", "prefecture", "province", "age60plus")]
    assert [row[head] for head in ("上年值", "全市", "全省", "60岁及以上")] == texts
    sheet = load_workbook(write_workbook(whole, tmp_path / "b.xlsx")).worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    (cells,) = [cells for cells in sheet.iter_rows(min_row=4, values_only=True) if cells[-1] == RULE]
    told = dict(zip(heads, cells, strict=True))
    assert (told["上年值"], told["全市"], told["全省"]) == (pytest.approx(line.beside["previous"]), 0.9, "无")
    page = report_page(whole)
    assert f'<td class="r">{texts[0]}</td>' in page
    assert "与上年、全市、全省、城乡、老年人比较" in page
    drawn = BeautifulSoup(page, "html.parser")
    assert len(drawn.select(".wide .score")) == len(drawn.select(".beside")) == 1
    assert not drawn.select(".wide .beside"), "printed, it stands upright and no page is left nearly empty"
    found = json.loads(to_json(document(whole)))["comparators"]
    assert {(row["rule"], row["what"], row["as_of"]) for row in found if row["rule"] == RULE} == {
        (RULE, "previous", "2024-12-31"), (RULE, "prefecture", "2025-12-31"),
    }  # fmt: skip


def test_the_day_is_that_of_the_study(now, earlier):
    late = replace(now, study=replace(now.study, data_date=dt.date(2026, 12, 31)))
    assert set(with_previous(late, earlier).comparators["as_of"]) == {"2024-12-31"}
