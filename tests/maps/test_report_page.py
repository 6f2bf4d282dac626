"""The report as a file: its numbers against assessment.json, and what is in it and what is not. Parsed as HTML."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib import resources
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from fake_assessment import HOSTILE_NAMES, fake_assessment

from accessgis.report import report_page
from accessgis.report.coverage_map import policy_hash
from accessgis.report.equal_access import index_view
from accessgis.report.indicators import indicators
from accessgis.report.numbers import count, minutes_within, percent, percent_against, share_range, whole
from accessgis.report.report_html import numeral
from accessgis.report.tables import document, to_json
from accessgis.report.view import page_view

CIRCLE = "guizhou-14fyp/rural-medical-30"


def soup_of(html):
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="module")
def html(fake):
    return report_page(fake)


@pytest.fixture(scope="module")
def page(html):
    return soup_of(html)


@pytest.fixture(scope="module")
def told(fake):
    """assessment.json, read back."""
    return json.loads(to_json(document(fake)))


def article(page, title):
    heading = next(h3 for h3 in page.find_all("h3") if h3.get_text() == title)
    return heading.find_parent("article")


def cells(row):
    return [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])]


def rows_of(told, rule, level):
    found = [row for row in told["results"] if row["rule"] == rule and row["level"] == level and row["headline"]]
    return {row["area"]: row for row in found}


def test_the_head_says_how_old_browsers_shall_open_it_and_forbids_everything_but_its_own_style(page):
    assert page.find("meta", attrs={"name": "renderer", "content": "webkit"})
    assert page.find("meta", attrs={"http-equiv": "X-UA-Compatible"})
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == policy_hash(page.find("style").get_text())
    assert "unsafe" not in policy
    assert "script-src" not in rules


def test_no_script_no_style_attribute_and_nothing_outside(page):
    assert not page.find_all(["script", "img", "link", "iframe", "object", "embed", "base", "form"])
    for element in page.find_all(True):
        assert "style" not in element.attrs, element.name
        assert not [name for name in element.attrs if name.startswith("on")]
        for name in ("src", "href", "data", "srcset", "xlink:href"):
            assert str(element.attrs.get(name, "#")).startswith("#"), (element.name, name)
    css = page.find("style").get_text()
    assert "@import" not in css
    assert not re.findall(r"url\((?!#)", css)


def test_every_id_is_unique_and_every_reference_meets_one(page, html):
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    wanted = {a["href"][1:] for a in page.find_all(href=True)} | set(re.findall(r"url\(#([^)]+)\)", html))
    wanted |= {element["aria-labelledby"] for element in page.find_all(attrs={"aria-labelledby": True})}
    assert wanted <= set(ids)


def test_the_same_assessment_gives_the_same_bytes(fake, html):
    assert report_page(fake) == html
    assert report_page(fake_assessment(villages=60)) == html


def test_settings_of_the_user_change_nothing(fake, html):
    import matplotlib as mpl

    with mpl.rc_context(
        {"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path", "lines.dash_capstyle": "round"}
    ):
        assert report_page(fake) == html


def test_the_scorecard_has_every_indicator_that_could_be_judged(page, fake):
    lines = {line.rule: line for line in indicators(fake)}
    table = page.find("table", class_="score")
    shown = {row["data-rule"]: cells(row) for row in table.tbody.find_all("tr")}
    assert set(shown) == {rule for rule, line in lines.items() if line.state != "not_judged"}
    for rule, row in shown.items():
        assert row[5] == "无"
        assert row[6] == (lines[rule].value or "—")
        assert row[7] == (lines[rule].target or "—")
        assert row[10].startswith(lines[rule].verdict)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_headline_figures_are_those_of_the_json(fake, told, lang):
    page = soup_of(report_page(fake, lang=lang))
    for view in page_view(fake, lang=lang).rules:
        if view.headline.share is None:
            continue
        (row,) = rows_of(told, view.rule, "county").values()
        hero = [part.get_text() for part in article(page, view.title).find(class_="hero").find_all("b")]
        assert hero[1] == percent_against(row["covered_share"], row["target"])
        assert hero[3] == share_range(*row["range"])
        assert view.headline.sentence in article(page, view.title).get_text()


def test_the_township_table_says_what_the_json_says_and_adds_up(page, fake, told):
    title = page_view(fake).rules[0].title
    table = article(page, title).find("table", class_="units")
    known = rows_of(told, CIRCLE, "township")
    body = [row for row in table.tbody.find_all("tr") if "total" not in row.get("class", [])]
    assert {row["data-area"] for row in body} == {area for area, row in known.items() if row["people"] > 0}
    uncovered, people = [], []
    for row in body:
        shown, exact = cells(row), known[row["data-area"]]
        modes = len(shown) - 6
        assert shown[0] == exact["area_name"]
        assert shown[2] == percent(exact["covered_share"])
        people.append(int(shown[1].replace(",", "")))
        uncovered.append(int(shown[2 + modes].replace(",", "")))
        assert abs(people[-1] - exact["people"]) <= 1
        assert abs(uncovered[-1] - (exact["people"] - exact["covered"])) <= 1
        assert shown[3 + modes] == str(minutes_within(exact["median_s"]))
        assert shown[4 + modes] == str(minutes_within(exact["p90_s"]))
    assert uncovered == sorted(uncovered, reverse=True)
    total = cells(table.find("tr", class_="total"))
    (county,) = rows_of(told, CIRCLE, "county").values()
    assert int(total[1].replace(",", "")) == sum(people) == whole(county["people"])
    assert int(total[2 + modes].replace(",", "")) == sum(uncovered)


def test_the_gaps_are_those_of_the_json_in_their_order(page, fake, told):
    title = page_view(fake).rules[0].title
    table = article(page, title).find("table", class_="gaps")
    gaps = [gap for gap in told["gaps"] if gap["rule"] == CIRCLE and gap["rank"] > 0]
    shown = table.tbody.find_all("tr")
    assert [int(row["data-rank"]) for row in shown] == list(range(1, len(shown) + 1))
    assert 0 < len(shown) <= 15
    for row, gap in zip(shown, gaps, strict=False):
        rank, township, village, people, elderly, _, far, reason = cells(row)
        assert (int(rank), township, village) == (gap["rank"], gap["township_name"], gap["village_name"])
        assert abs(int(people.replace(",", "")) - gap["people"]) <= 1
        assert abs(int(elderly.replace(",", "")) - gap["age60plus"]) <= 1
        assert abs(int(far.removesuffix("分钟").replace(",", "")) * 60 - gap["seconds"]) <= 60
        assert reason == "超过时限"


def test_the_differences_are_those_of_the_json(fake):
    rows = [("all", 0.8, 300.0, ""), ("rural", 0.7, 600.0, "urban"), ("urban", 0.95, 150.0, "")]
    frame = fake.equity.reindex(range(len(rows)))
    for index, (part, share, mean, against) in enumerate(rows):
        frame.loc[index, ["rule", "profile", "part", "against"]] = [CIRCLE, "vehicle+walk", part, against]
        frame.loc[index, ["people", "covered", "covered_share", "reached"]] = [1000.4, 800.0, share, 1000.0]
        frame.loc[index, ["mean_s", "gini", "worst_off_ratio", "ratio"]] = [mean, 0.125, 2.25, 4.0 if against else None]
    with_parts = dataclasses.replace(fake, equity=frame)
    page = soup_of(report_page(with_parts))
    table = article(page, page_view(fake).rules[0].title).find("table", class_="parts")
    shown = {row["data-part"]: cells(row)[1:] for row in table.tbody.find_all("tr")}
    assert shown["all"] == ["1,000", "80.0%", "5", "0.13", "2.3", "—"]
    assert shown["rural"] == ["1,000", "70.0%", "10", "0.13", "2.3", "为城镇的4.00倍"]


def test_what_cannot_be_judged_is_listed_with_what_it_lacks(page, fake):
    table = page.find("table", class_="lacking")
    shown = [cells(row) for row in table.tbody.find_all("tr")]
    assert [row[1] for row in shown] == ["中心城区15分钟养老服务圈"]
    assert shown[0][2] == "中心城区范围"


def test_the_first_sentence_counts_every_indicator_once(page, fake):
    tally = [int(item.b.get_text()) for item in page.find("ul", class_="tally").find_all("li")]
    assert sum(tally) == len(fake.rules)
    assert f"适用{len(fake.rules)}项指标" in page.find("p", class_="lead").get_text()


def test_generated_data_is_named_at_the_top_at_the_end_and_on_every_printed_page(page, fake):
    assert page.find(class_="tag").get_text() == "生成数据"
    assert page.find("footer").get_text().startswith("生成数据")
    assert page.find("style").get_text().count('@top-right{content:"生成数据"') == 2
    assert "审图号" in page.find("footer").get_text()
    real = dataclasses.replace(fake, study=dataclasses.replace(fake.study, generated=False))
    assert "生成数据" not in report_page(real)


def test_hostile_names_stay_text():
    name = "".join(HOSTILE_NAMES)
    html = report_page(fake_assessment(villages=40, name=name, village_names=HOSTILE_NAMES))
    page = soup_of(html)
    assert name in page.find("h1").get_text()
    assert not page.find_all(["script", "img"])
    assert "{{" not in html.replace("{{ 7*7 }}", "")
    assert "7*7" in html


def test_a_study_without_a_judged_rule_says_so(fake):
    results = fake.results[fake.results["rule"] == "guizhou-14fyp/central-elderly-15"].reset_index(drop=True)
    rules = tuple(rule for rule in fake.rules if rule.where == "central_city")
    none = dataclasses.replace(fake, rules=rules, results=results, gaps=fake.gaps.iloc[:0], people=fake.people.iloc[:0])
    for lang, words in (("zh", "没有一条规则可以评价"), ("en", "No rule could be judged")):
        page = soup_of(report_page(none, lang=lang))
        assert words in page.find("section", class_="find").get_text()
        assert not page.find_all("table", class_="units")
        assert page.find("table", class_="lacking")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_headings_follow_each_other_and_tables_are_named(fake, lang):
    page = soup_of(report_page(fake, lang=lang))
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in page.find_all("table"):
        assert table.caption.get_text(strip=True)
        assert all(th.get("scope") in ("col", "row") for th in table.find_all("th"))
    for svg in page.find_all("svg"):
        assert svg.get("aria-hidden") == "true" or (svg["role"] == "img" and svg["aria-label"])


def test_the_english_page_has_no_chinese_but_names(fake):
    page = soup_of(report_page(fake, lang="en"))
    assert page.html["lang"] == "en"
    names = set(fake.areas.frame["name"]) | set(fake.facilities.frame["name"]) | {fake.study.name}
    names |= {rule.target_basis for rule in fake.rules}
    text = page.get_text(" ") + " ".join(element["aria-label"] for element in page.find_all(attrs={"aria-label": True}))
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(str(name), "")
    assert not re.findall("[\u4e00-\u9fff]+", text)


def test_sections_are_numbered_as_documents_are():
    assert [numeral(number, "zh") for number in (1, 9, 10, 11, 20, 21)] == ["一", "九", "十", "十一", "二十", "二十一"]
    assert numeral(12, "en") == "12"


def test_the_style_is_written_for_old_browsers():
    css = resources.files("accessgis.report").joinpath("assets", "report.css").read_text("utf-8")
    assert not re.findall(r"[;{](?:row-)?gap:", css)
    for banned in (":has(", ":is(", "inset:", "aspect-ratio", "clamp(", ":focus-visible", "anywhere"):
        assert banned not in css


def test_a_county_of_260_villages_stays_small():
    assert len(report_page(fake_assessment(villages=260)).encode()) < 1_000_000


def test_counts_are_printed_with_separators():
    assert count(1234567) == "1,234,567"


def test_the_figures_of_the_data_and_the_inputs_are_those_of_the_json(fake):
    figures = {
        "people:total": 231977.5,
        "people:age60plus": 43981.4,
        "facilities:in_service": 1060.0,
        "road_km": 1999.3,
    }
    more = dataclasses.replace(fake, quality=dataclasses.replace(fake.quality, figures=figures))
    told = json.loads(to_json(document(more)))
    page = soup_of(report_page(more))
    data = [cells(row) for row in page.find("table", class_="data").tbody.find_all("tr")]
    assert data == [
        ["常住人口/人", "231,978"],
        ["60岁及以上常住人口/人", "43,981"],
        ["在用设施/处", "1,060"],
        ["道路/千米", "1,999"],
    ]
    numbers = sorted(int(row[1].replace(",", "")) for row in data)
    assert numbers == sorted(whole(value) for value in told["quality"]["figures"].values())
    inputs = [cells(row) for row in page.find("table", class_="inputs").tbody.find_all("tr")]
    assert inputs == [[told["inputs"][0]["path"], "道路", "5,210", "EPSG:4326", told["inputs"][0]["sha256"][:12]]]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_index_is_never_without_its_weights_and_what_it_is(fake, lang):
    view = index_view(fake, lang=lang)
    section = soup_of(report_page(fake, lang=lang)).find("h2", id="index").find_parent("section")
    text = section.get_text()
    assert view.heading in text
    assert view.figure in text
    assert all(note in text for note in view.notes)
    rows = [cells(row) for row in section.table.tbody.find_all("tr")]
    assert rows == [[line.name, line.weight, line.attained, line.lost, line.judged] for line in view.fields]
