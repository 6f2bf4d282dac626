"""The table of main indicators: one line per rule, with figure, target, verdict and clause."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from paper.studies import ONE_TOWNSHIP, Drawing, Home, Site, circle, judge, line

from accessgis.assess.assessment import Assessment
from accessgis.report.indicators import Indicator, asks_text, indicators, table
from accessgis.report.sheets import Shown, kind_sheets
from accessgis.standards import load_catalogue
from accessgis.standards.model import Amount, Baseline, FacilityTest, Presence, Standard, Title

DRAWING = Drawing(
    units=tuple(ONE_TOWNSHIP),
    ways=(line((100, 1000), (2900, 1000)),),
    homes=(Home(100, 1000, 30), Home(1900, 1000, 70)),
    sites=(Site("F", 1000, 1000),),
)


def counted(rule_id: str, kind: str, **fields: object) -> Standard:
    words = {"title": Title(zh="某规则", en="A rule"), "source": "own", "section": "三章四节", "scope": ()}
    return Standard(**{"id": rule_id, "kind": kind, **words, "force": "firm", **fields})


VILLAGES = counted(
    "own/villages", "presence", facilities_any=(("village_clinic",),), presence=Presence(unit="village", at_least=2),
    target=1.0, target_level="unit", category="health", horizon=2025,
)  # fmt: skip
RATIO = counted(
    "own/ratio", "ratio", facilities_any=(("village_clinic",),), amount=Amount(per=1000), op=">=", value=12.5,
    target_level="prefecture", nature="binding", lead=Title(zh="卫生健康部门", en="health"),
    baselines=(Baseline(area="1499", year=2020, value=9.5),),
)  # fmt: skip
SHARE = counted("own/share", "share", statistic="in_county_care", target=0.9, op=">=", target_level="county")
DIRECTION = counted("own/direction", "direction")
PUSHED = replace(RATIO, id="own/pushed", force="push", target_level="county")


@pytest.fixture(scope="module")
def result() -> Assessment:
    return judge(DRAWING, circle(target=0.5), VILLAGES, RATIO, SHARE, DIRECTION)


def lines(result: Assessment, lang: str = "zh") -> dict[str, Indicator]:
    return {line.rule: line for line in indicators(result, lang=lang)}


def test_a_circle_has_its_covered_share(result: Assessment) -> None:
    line = lines(result)["own/clinic"]
    assert (line.value, line.target, line.verdict, line.unit) == ("100.0%", "≥50%", "达到目标", "%")


def test_a_share_of_units_says_how_many_are_missing(result: Assessment) -> None:
    line = lines(result)["own/villages"]
    assert (line.value, line.target, line.verdict) == ("0.0% (0/1)", "≥100%（2025）", "未达到目标")
    assert (line.detail, line.category, line.nature) == ("缺1个单元", "病有所医", "确定")
    assert line.clause.endswith("三章四节")
    assert lines(result, "en")["own/villages"].detail == "1 units missing"


def test_a_city_target_is_shown_but_not_held_against_the_county(result: Assessment) -> None:
    line = lines(result)["own/ratio"]
    assert (line.value, line.unit, line.target) == ("10", "处/每1000人", "≥12.5")
    assert (line.verdict, line.state) == ("低于全市目标（非本级考核指标）", "")
    assert (line.baseline, line.lead, line.nature) == ("9.5（2020）", "卫生健康部门", "约束性")


def test_a_baseline_is_that_of_the_plans_own_area_and_reads_as_the_figure_does() -> None:
    there = replace(
        RATIO, scope=("1499",),
        baselines=(Baseline(area="1499", year=2020, value=5.23), Baseline(area="14", year=2020, value=6.0)),
    )  # fmt: skip
    beds = replace(SHARE, id="own/beds", baselines=(Baseline(area="1499", year=2020, value=0.41),))
    found = lines(judge(DRAWING, there, beds))
    assert found["own/ratio"].baseline == "5.23（2020）"
    assert found["own/beds"].baseline == "41%（2020）"


def test_what_is_missing_is_said(result: Assessment) -> None:
    line = lines(result)["own/share"]
    assert (line.value, line.verdict) == ("", "暂无法评价")
    assert "in_county_care" in line.detail
    assert line.missing in line.detail


def test_a_figure_that_is_not_known_is_not_judged_whoever_set_the_target() -> None:
    asked = counted(
        "own/marks", "share", facilities_any=(("village_clinic",),), target=0.9, op=">=", target_level="prefecture",
        amount=Amount(part=(FacilityTest(field="standardised"),)),
    )  # fmt: skip
    line = lines(judge(DRAWING, asked))["own/marks"]
    assert (line.state, line.value, line.verdict) == ("not_judged", "", "暂无法评价")
    assert line.detail == "缺设施的“达标”"


def test_a_direction_is_only_recorded(result: Assessment) -> None:
    line = lines(result)["own/direction"]
    assert (line.value, line.target, line.verdict, line.state) == ("", "", "只作记录", "recorded")


def test_a_plan_that_pushes_is_not_failed_in_words() -> None:
    chosen = judge(DRAWING, PUSHED)
    line = lines(chosen)["own/pushed"]
    assert line.detail == "缺1处", "a quarter of a clinic is missing: one"
    assert (line.state, line.verdict) == ("falls_short", "低于目标（推动类表述，不作考核）")


def test_the_table_has_the_headings_that_officials_know(result: Assessment) -> None:
    frame = table(result)
    assert list(frame.columns)[:4] == ["序号", "类别", "指标名称", "单位"]
    assert frame["序号"].tolist() == [1, 2, 3, 4, 5]
    assert isinstance(frame, pd.DataFrame)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_shipped_rule_is_told_in_plain_words(lang: str) -> None:
    for rule in load_catalogue().standards:
        words = asks_text(rule, lang)
        assert bool(words) == (rule.kind not in ("circle", "direction")), rule.id
        if lang == "en":
            assert not re.search("[\u4e00-\u9fff]", words), (rule.id, words)


def test_a_presence_rule_says_unit_number_and_condition() -> None:
    rule = load_catalogue().find("guizhou-14fyp/central-kindergarten-seat")
    words = asks_text(rule, "zh")
    assert "乡镇：每个单元至少2处" in words
    assert "30,000" in words


def missing_by_little(rule: Standard, *, state: str = "") -> Assessment:
    """An assessment of one rule with 0.94996 everywhere for a target of 0.95."""
    found = judge(DRAWING, replace(rule, target=0.95))
    figures = {"covered_share": 0.94996} if rule.kind == "circle" else {"value": 0.94996, "state": state}
    return replace(found, results=found.results.assign(**figures))


def test_a_share_that_misses_its_target_does_not_print_as_the_target() -> None:
    (line,) = indicators(missing_by_little(circle()))
    assert (line.value, line.target, line.aim) == ("94.996%", "≥95%", 0.95)
    (line,) = indicators(missing_by_little(VILLAGES, state="18999/20000"))
    assert (line.value, line.target, line.aim) == ("94.996% (18999/20000)", "≥95%（2025）", 0.95)


def test_a_counted_share_that_misses_its_target_shows_as_much_in_the_workbook() -> None:
    (sheet,) = kind_sheets(missing_by_little(VILLAGES, state="18999/20000"), "zh")
    cells = [cell for row in sheet.rows for cell in row if isinstance(cell, Shown) and cell.value == 0.94996]
    assert {cell.form for cell in cells if cell.form.endswith("%")} == {"0.000%"}


def test_only_a_share_has_something_to_be_told_apart_from(result: Assessment) -> None:
    found = lines(result)
    assert (found["own/ratio"].aim, found["own/direction"].aim) == (None, None)
