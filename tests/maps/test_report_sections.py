"""The report of small drawn studies: rules that count, closures, metres, provinces, and what the finding says."""

from __future__ import annotations

import dataclasses

import pytest
from bs4 import BeautifulSoup
from fake_assessment import fake_assessment
from paper.studies import COUNTY, ONE_TOWNSHIP, Drawing, Home, Site, Unit, circle, judge, line, own_target, prepared

from accessgis.report import page_view, report_page
from accessgis.report.finding import leading_rule
from accessgis.report.report_view import report_view
from accessgis.standards.model import FacilityTest, Presence

TOWN = f"{COUNTY}100"
FIRST, SECOND, THIRD = (f"{TOWN}20{number}" for number in range(3))
VILLAGES = (
    *ONE_TOWNSHIP[:2], Unit("village", FIRST, TOWN, (0, 0, 1500, 2000), "121"),
    Unit("village", SECOND, TOWN, (1500, 0, 2600, 2000), "220"),
    Unit("village", THIRD, TOWN, (2600, 0, 4000, 2000), "220"),
)  # fmt: skip
#  y=1000   A(10) ──900 m── F ──900 m── B(20) ──900 m── G        on foot 900 m take 900 s; C(5) on the far side
DRAWING = Drawing(
    units=VILLAGES,
    ways=(line((100, 1000), (2900, 1000)),),
    homes=(
        Home(100, 1000, 10, (("age60plus", 4.0),)), Home(1900, 1000, 20, (("age60plus", 2.0),)),
        Home(2900, 1000, 5, (("age60plus", 1.0),)),
    ),
    sites=(Site("F", 1000, 1000, serves=SECOND), Site("P", 2800, 1000, status="planned")),
    groups=("age60plus",),
)  # fmt: skip


def in_every_village(**more):
    return circle(
        "own/villages", kind="presence", limit_s=None, target_level="unit", target=1.0,
        presence=Presence(unit="committee", at_least=1), **more,
    )  # fmt: skip


def soup(result, lang="zh"):
    return BeautifulSoup(report_page(result, lang=lang), "html.parser")


def cells(row):
    return [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])]


def test_every_unit_is_listed_by_name_under_how_it_stands():
    page = soup(judge(DRAWING, in_every_village()))
    table = page.find("table", class_="states")
    shown = {row["data-state"]: cells(row) for row in table.tbody.find_all("tr")}
    assert shown == {
        "absent": ["空白", "1", f"名{TOWN}（1个）：名{THIRD}"],
        "shared": ["联合设置", "1", f"名{TOWN}（1个）：名{SECOND}"],
        "present": ["已设置", "1", f"名{TOWN}（1个）：名{FIRST}"],
    }
    assert "66.7% (2/3)" in page.find("article", class_="count").get_text()


def test_a_kind_that_stands_in_is_named():
    drawing = dataclasses.replace(
        DRAWING,
        sites=(*DRAWING.sites, Site("H", 3000, 1000, kind="township_hospital")),
        given=frozenset({"village_clinic", "township_hospital"}),
    )
    rule = in_every_village()
    rule = dataclasses.replace(rule, presence=dataclasses.replace(rule.presence, satisfied_by=("township_hospital",)))
    for lang, words in (("zh", "由乡镇卫生院承担"), ("en", "township hospital stand in")):
        row = soup(judge(drawing, rule), lang).find("tr", attrs={"data-state": "substitute"})
        assert cells(row)[0] == words


def test_what_closing_a_candidate_does_is_told_village_by_village():
    drawing = dataclasses.replace(
        DRAWING,
        sites=(Site("F", 1000, 1000, kind="teaching_point"), Site("G", 2800, 1000, kind="primary_school")),
        given=frozenset({"teaching_point", "primary_school"}),
    )
    rule = circle(
        "own/merge", kind="consolidation", facilities_any=(("teaching_point", "primary_school"),), limit_s=None,
        having=(FacilityTest(field="kind", one_of=("teaching_point",)),), target_level=None,
    )  # fmt: skip
    table = soup(judge(drawing, rule)).find("table", class_="closures")
    (row,) = (cells(row) for row in table.tbody.find_all("tr"))
    assert row[2:5] == ["30", "15", "15"]
    assert "10人" not in row[5]
    assert f"名{FIRST}（10，15→45分钟）" in row[5]


def test_the_finding_leads_with_what_most_people_miss_and_says_where():
    rules = (
        own_target(circle("own/easy", limit_s=3600), 0.5),
        own_target(circle("own/near", limit_s=300), 0.9),
        own_target(circle("own/far", limit_s=1000), 0.9),
    )
    result = judge(DRAWING, *rules)
    page = page_view(result)
    assert leading_rule(page).rule == "own/near"
    view = report_view(result)
    first, second, third = view.finding.sentences
    assert "3项指标" in first
    assert "1项达到目标" in first
    assert "2项未达到目标（" in first
    assert second.endswith(next(rule for rule in page.rules if rule.rule == "own/near").headline.sentence)
    assert "最大的一处覆盖空白区" in third
    assert [(item.mark, item.count) for item in view.finding.tally] == [("meets", 1), ("falls_short", 2)]


def test_where_nobody_is_left_out_the_finding_says_that():
    view = report_view(judge(DRAWING, own_target(circle(limit_s=3600), 0.9)))
    assert view.finding.sentences[2] == "该规则没有未覆盖人口。"
    assert view.circles[0].gaps == ()


def test_a_rule_in_metres_has_metres_in_its_tables():
    rule = circle(limit_s=None, limit_m=800.0, metric="network-distance")
    page = soup(judge(DRAWING, own_target(rule, 0.9)))
    heads = [th.get_text() for th in page.find("table", class_="units").thead.find_all("th")]
    assert "半数人路程/米" in heads
    total = cells(page.find("table", class_="units").find("tr", class_="total"))
    assert total[-3:-1] == ["900", "1,900"]
    assert page.find("table", class_="parts").thead.find_all("th")[3].get_text() == "平均路程/米"


def test_the_elderly_of_a_gap_are_counted():
    page = soup(judge(DRAWING, own_target(circle(limit_s=300), 0.9)))
    rows = [cells(row) for row in page.find("table", class_="gaps").tbody.find_all("tr")]
    assert [(row[3], row[4]) for row in rows] == [("20", "2"), ("10", "4")]
    without = judge(dataclasses.replace(DRAWING, groups=()), own_target(circle(limit_s=300), 0.9))
    rows = [cells(row) for row in soup(without).find("table", class_="gaps").tbody.find_all("tr")]
    assert {row[4] for row in rows} == {"—"}


def test_a_province_lists_its_counties_and_its_own_total():
    units = (Unit("county", "149921", "", (0, 0, 1500, 2000)), Unit("county", "149922", "", (1500, 0, 4000, 2000)))
    layers = prepared(dataclasses.replace(DRAWING, units=units))
    file = layers.study.file
    whole = file.model_copy(update={"study": file.study.model_copy(update={"code": "14"})})
    layers = dataclasses.replace(layers, study=dataclasses.replace(layers.study, file=whole))
    page = soup(judge(layers, circle(target=0.8, target_level="province")))
    table = page.find("table", class_="units")
    assert {row["data-area"]: cells(row)[1] for row in table.tbody.find_all("tr")} == {
        "149921": "10", "149922": "25", "14": "35",
    }  # fmt: skip
    assert page.find("svg", class_="drawing")


def test_an_area_without_townships_is_one_row_without_a_total():
    page = soup(judge(dataclasses.replace(DRAWING, units=ONE_TOWNSHIP[:1]), own_target(circle(), 0.9)))
    (row,) = page.find("table", class_="units").tbody.find_all("tr")
    assert cells(row)[:2] == ["县", "35"]


def test_where_nobody_arrives_there_is_no_chart_of_times():
    drawing = dataclasses.replace(DRAWING, sites=(Site("Z", 90_000, 90_000),))
    page = soup(judge(drawing, own_target(circle(), 0.9)))
    assert not page.find("figure", class_="times")
    assert not page.find("figure", class_="lorenz")
    total = cells(page.find("table", class_="units").find("tr", class_="total"))
    assert total[-3:-1] == ["不可达", "不可达"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plans_that_are_over_stand_apart_and_are_no_part_of_the_finding(lang):
    over = circle("own/over", horizon=2020, target=0.9)
    result = judge(DRAWING, over, own_target(circle("own/now"), 0.9))
    page = soup(result, lang)
    assert [row["data-rule"] for row in page.find("table", class_="score").tbody.find_all("tr")] == ["own/now"]
    assert [row["data-rule"] for row in page.find("table", class_="expired").tbody.find_all("tr")] == ["own/over"]
    assert report_view(result, lang=lang).finding.leading == "own/now"


@pytest.mark.parametrize(
    ("lang", "rest"),
    [
        ("zh", "其余131处、2个乡镇（街道）的零散空白共"),
        ("en", "131 more, scattered ones (townships: 2) hold"),
    ],
)
def test_gaps_that_are_not_listed_are_told_from_small_ones_that_were_summed_up(lang, rest):
    fake = fake_assessment()
    gaps = fake.gaps.copy()
    rows = gaps.index[gaps["rule"] == "test/clinic-walk-60plus"]
    assert len(rows) == 148
    gaps.loc[rows[-2:], "rank"] = 0
    report = report_view(dataclasses.replace(fake, gaps=gaps), lang=lang)

    assert [rest in part.gaps_more for part in report.circles].count(True) == 1
