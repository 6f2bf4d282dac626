"""Two results on one page: a study of two villages, and the same with a clinic in the village that has none."""

from __future__ import annotations

import io
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace

import openpyxl
import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.oxml.ns import qn
from integration.tiny_study import OWN_RULE, STUDY, draw
from maps.test_browser import Opened
from maps.test_counted_map import RULES
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Polygon
from matplotlib.text import Text
from PIL import Image

from accessgis.cli.main import run
from accessgis.decide.scenario import read_scenario, run_scenario
from accessgis.report.compared import places, scenario_compared
from accessgis.report.comparison_docx import comparison_docx
from accessgis.report.comparison_files import comparison_workbook
from accessgis.report.comparison_maps import compared_maps
from accessgis.report.comparison_page import comparison_page
from accessgis.report.comparison_view import scenario_view
from accessgis.report.geopackage import write_layers
from accessgis.report.picture import chinese_font
from accessgis.report.rule_map import FILLS, RING_INKS
from accessgis.report.tables import document, result_layers, to_json

SCENARIO = """\
[scenario]
name = "东村新建"
study = "study.toml"

[[change]]
action = "add"
kind = "village_clinic"
at = [112.0155, 37.0031]
datum = "wgs84"
capacity = { beds = 2 }
"""
CIRCLE, PRESENCE = "own/clinic-1", "own/clinic-each"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    study = draw(tmp_path_factory.mktemp("study"))
    (study.parent / "own.toml").write_text(OWN_RULE + RULES, encoding="utf-8")
    study.write_text(STUDY + 'files = ["own.toml"]\n', encoding="utf-8")
    clinics = study.parent / "clinics.csv"
    clinics.write_text(clinics.read_text("utf-8").replace("37.0031,,", "37.0031,1,"), encoding="utf-8")
    (study.parent / "east.toml").write_text(SCENARIO, encoding="utf-8")
    return study.parent


@pytest.fixture(scope="module")
def result(folder):
    return run_scenario(read_scenario(folder / "east.toml"))


@pytest.fixture(scope="module")
def compared(folder, result):
    scenario = read_scenario(folder / "east.toml")
    return scenario_compared(scenario, result, scenario_view(scenario, result), lang="zh")


@pytest.fixture(scope="module")
def html(compared):
    return comparison_page(compared)


@pytest.fixture(scope="module")
def page(html):
    return BeautifulSoup(html, "html.parser")


def cells(row):
    return [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]


def gains(page, title):
    heading = next(h3 for h3 in page.find_all("h3") if h3.get_text() == title)
    return heading.find_next("table", class_="gains")


def gained_by_village(result):
    """People within a minute afterwards and not before, by village: one demand point after the other."""
    covered = []
    for assessment in (result.before, result.after):
        rows = assessment.people[(assessment.people["rule"] == CIRCLE) & (assessment.people["profile"] == "walk")]
        covered.append({row.demand_id for row in rows.itertuples() if row.seconds <= 60})
    demand, sums = result.after.demand.frame, defaultdict(float)
    for point in covered[1] - covered[0]:
        sums[demand["village"].iloc[point]] += demand["population"].iloc[point]
    assert not covered[0] - covered[1]
    return sums


def test_the_places_that_gain_have_the_people_of_a_slow_count(page, result):
    table = gains(page, "一分钟卫生室")
    shown = {row["data-area"]: cells(row) for row in table.tbody.find_all("tr")}
    wanted = {code: round(people) for code, people in gained_by_village(result).items() if round(people)}
    assert wanted
    assert {code: int(row[3].replace(",", "")) for code, row in shown.items()} == wanted
    assert {row[4] for row in shown.values()} == {"0"}
    assert shown["149921100201"][0] == "示例镇东村"
    assert shown["149921100201"][5] == f"+{wanted['149921100201']}人"


def test_the_table_of_rules_comes_first_and_says_which_verdict_changes(page):
    assert page.find("main").find("table")["class"] == ["changes"]
    rows = {row["data-rule"]: cells(row) for row in page.find("table", class_="changes").tbody.find_all("tr")}
    title, before, after, change, verdict = rows[PRESENCE]
    assert (title, before, after, change) == ("每村一所卫生室", "50.0%", "100.0%", "+50.0个百分点")
    assert verdict == "→ 未达到目标 → 达到目标"
    assert rows["own/beds"][1:4] == ["8", "12", "+4"]
    assert "结论改变" in page.find("p", class_="lead").get_text()


def test_units_and_facilities_that_are_new_are_named(page):
    built = [cells(row) for row in page.find("table", class_="built").tbody.find_all("tr")]
    assert built == [["new-1", "村卫生室", "示例镇东村", "新增"]]
    units = gains(page, "每村一所卫生室")
    assert [cells(row) for row in units.tbody.find_all("tr")] == [["示例镇东村", "新增设置"]]


def test_nothing_in_it_points_outside_and_the_same_bytes_come_again(page, html, compared):
    for element in page.find_all(True):
        for name in ("src", "href", "srcset", "action"):
            assert str(element.attrs.get(name, "#")).startswith("#")
        assert "style" not in element.attrs
    assert comparison_page(compared) == html
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_the_workbook_has_every_place_that_changes(compared, result):
    book = openpyxl.load_workbook(io.BytesIO(comparison_workbook(compared, lang="zh")))
    assert book.sheetnames == ["各规则变化", "全域", "分乡镇变化", "分村变化", "设施增减", "说明"]
    rows = [[cell.value for cell in row] for row in book["分村变化"].iter_rows(min_row=4)]
    net = {row[3]: row[8] for row in rows if row[0] == "一分钟卫生室"}
    assert net == {code: round(people) for code, people in gained_by_village(result).items() if round(people)}
    assert comparison_workbook(compared, lang="zh") == comparison_workbook(compared, lang="zh")


def document_of(compared, **options):
    return Document(io.BytesIO(comparison_docx(compared, **options)))


def test_the_document_says_what_the_page_says_in_the_form_of_official_documents(compared, page):
    document = document_of(compared)
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == "情景“东村新建”与现状对比"
    assert page.find("p", class_="lead").get_text() in texts
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        "一、各规则变化", "二、变化最大的乡镇、村（社区）", "三、在用设施的增减", "四、所作变更与说明",
        "五、有变化的规则所作的假定",
    ]  # fmt: skip
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    beds = next(row for row in tables[0] if row[0] == "每村一所卫生室")
    assert beds[2:] == ["50.0%", "100.0%", "+50.0个百分点", "未达到目标 → 达到目标"]
    moved = [cells(row) for row in gains(page, "一分钟卫生室").find_all("tr")]
    assert moved in tables
    assert ["new-1", "村卫生室", "示例镇东村", "新增"] in tables[-1]
    assumed = {text["zh"] for line in compared.view.lines for text in compared.rules[line.rule]["assumed"]}
    assert assumed
    assert all(sum(text.endswith(each) for text in texts) == 1 for each in assumed)
    assert document.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋"
    assert comparison_docx(compared) == comparison_docx(compared)


def texts_in(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def shades_in(figure):
    """The colours of the areas of a map, by how many areas have them."""
    patches = [patch for patch in figure.findobj(PathPatch) if to_hex(patch.get_edgecolor()) == "#55606a"]
    return Counter(to_hex(patch.get_facecolor()) for patch in patches)


def test_a_rule_is_drawn_before_and_after_and_then_where_it_changes(compared):
    rows = list(places(compared, PRESENCE, "zh"))
    states, changes = compared_maps(compared, PRESENCE, rows, "zh")
    before, after = (figure for figure, _, _ in states.figures)
    assert [above for _, above, _ in states.figures] == ["现状", "东村新建"]
    # one village has a clinic, then both have
    assert (shades_in(before), shades_in(after)) == ({FILLS["p"]: 1, FILLS["n"]: 1}, {FILLS["p"]: 2})
    assert shades_in(changes.figures[0][0]) == {FILLS["gain"]: 1, FILLS["same"]: 1}
    told = texts_in(changes.figures[0][0])
    assert {"东村", "新增设置", "北"} < set(told)
    assert "西村" not in told, "what does not change is not named"
    assert any(text.endswith("千米") for text in told)
    rings = [sum(to_hex(patch.get_edgecolor()) == RING_INKS["new"] for patch in figure.findobj(Polygon)) for figure in
             (before, after, changes.figures[0][0])]  # fmt: skip
    assert rings == [0, 1, 1]
    assert changes.caption == "每村一所卫生室：分村（社区）变化（现状 → 东村新建）"
    assert [text for _, text in changes.legend.moved] == ["新增"]


def test_a_place_where_nobody_is_concerned_is_not_told_to_be_as_before(compared, result):
    table = compared.table.copy()
    west = (table["rule"] == CIRCLE) & (table["area"] == "149921100200") & table["headline"]
    table.loc[west, ["before", "after"]] = 0.0
    table.loc[west, ["share_before", "share_after"]] = float("nan")
    assert west.sum() == 1
    found = {place.code: place.change for place in places(replace(compared, table=table), CIRCLE, "zh")}
    assert found["149921100200"] == "x"


@pytest.mark.skipif(not chinese_font(), reason="no Chinese font: apt-get install fonts-noto-cjk")
def test_the_document_has_the_maps_of_every_rule_that_changes_with_caption_and_words(compared):
    document = document_of(compared)
    pictures = document.element.body.findall(f".//{qn('wp:docPr')}")
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption" and p.text.startswith("图")]
    assert captions[-2:] == [
        "图2　每村一所卫生室：分村（社区）对比（左：现状；右：东村新建）",
        "图3　每村一所卫生室：分村（社区）变化（现状 → 东村新建）",
    ]
    # before and after, where it changes, and a legend for each of both
    assert len(pictures) == 7
    assert {picture.get("descr") for picture in pictures} > {f"地图：{captions[-1][3:]}。数字见下表。"}
    assert "已设置; 空白; 村卫生室; 新增" in {picture.get("descr") for picture in pictures}


def test_the_plain_document_has_its_own_margins_and_fonts(compared):
    document = document_of(compared, style="plain")
    assert round(document.sections[0].left_margin.mm) == 25
    assert document.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "微软雅黑"


def test_inputs_that_differ_are_told_by_page_document_and_workbook(compared):
    def source(path, digest, rows, role="facilities"):
        return {"role": role, "path": path, "sha256": digest, "rows": rows}

    before = [source("a.csv", "1", 1200), source("old.csv", "2", 5), source("gone.csv", "3", 0, "population:age60plus")]
    after = [source("a.csv", "9", 1300), source("renamed.csv", "2", 5), source("new.csv", "4", 7)]
    differing = replace(compared, inputs=(before, after))
    wanted = [
        ["设施", "a.csv", "内容不同", "1,200", "1,300"], ["设施", "new.csv", "后一次新增", "", "7"],
        ["人口：60岁及以上人口", "gone.csv", "后一次没有", "", ""],
    ]  # fmt: skip
    table = document_of(differing).tables[-1]
    assert [[cell.text for cell in row.cells] for row in table.rows][1:] == wanted
    page = BeautifulSoup(comparison_page(differing), "html.parser")
    shown = [cells(row) for row in page.find("table", class_="inputs").tbody.find_all("tr")]
    assert [[text.replace("—", "") for text in row] for row in shown] == wanted
    book = openpyxl.load_workbook(io.BytesIO(comparison_workbook(differing, lang="zh")))
    rows = [[cell.value or "" for cell in row] for row in book["输入数据的不同"].iter_rows(min_row=4)]
    assert rows == wanted


def test_two_folders_are_compared_by_the_command(folder, result, tmp_path, capfd):
    for name, assessment in (("a", result.before), ("b", result.after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "assessment.json").write_text(to_json(document(assessment)), encoding="utf-8")
        write_layers(result_layers(assessment), tmp_path / name / "results.gpkg")
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "c"), "--lang", "en"]) == 0
    assert "compare.html" in capfd.readouterr().out
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names == ["compare.docx", "compare.html", "compare.json", "compare.xlsx", "manifest.json"]
    page = BeautifulSoup((tmp_path / "c" / "compare.html").read_text("utf-8"), "html.parser")
    assert "小县 2025-12-31 (a) → 小县 2025-12-31 (b)" in page.find("p", class_="kick").get_text()
    table = gains(page, "One-minute clinic")
    east = next(row for row in table.tbody.find_all("tr") if row["data-area"] == "149921100201")
    wanted = gained_by_village(result)["149921100201"]
    assert cells(east)[3] == f"+{round(wanted)} people"
    told = json.loads((tmp_path / "c" / "compare.json").read_text("utf-8"))
    assert told["schema"] == "accessgis.comparison/1"
    (tmp_path / "b" / "results.gpkg").unlink()
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "d")]) == 2
    assert capfd.readouterr().err.startswith("AG2143")
    assert not (tmp_path / "d").exists()


def painted(opened, left, top):
    """The colour of a point of the map as a screen shows it."""
    picture = Image.open(io.BytesIO(opened.page.locator("#map_page").screenshot())).convert("RGB")
    return picture.getpixel((int(left), int(top)))


@pytest.mark.browser
def test_the_slider_shows_the_earlier_state_to_its_left_and_the_later_to_its_right(browser, html, tmp_path):
    path = tmp_path / "compare.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    with Opened(browser, path, size=(390, 844), has_touch=True) as opened:
        titles = opened.page.eval_on_selector_all("#rule option", "all => all.map(one => one.textContent)")
        opened.page.select_option("#rule", str(next(i for i, t in enumerate(titles) if t.endswith("每村一所卫生室"))))
        opened.page.check("#levels input[value='village']")
        assert not opened.page.is_visible("#handle")
        opened.page.check("#states input[value='slide']")
        opened.page.locator("#handle").scroll_into_view_if_needed()
        assert opened.page.get_attribute("#handle", "aria-label") == "滑动分界：左侧现状，右侧东村新建"
        # a corner of the village in the east: it has no clinic before, and one afterwards
        box = opened.page.locator("#map_page").bounding_box()
        east = opened.page.locator(".leaflet-fill_right-pane path >> nth=1").bounding_box()
        spot = (east["x"] - box["x"] + east["width"] - 8, east["y"] - box["y"] + east["height"] - 8)
        handle = opened.page.locator("#handle").bounding_box()
        middle = (handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
        assert painted(opened, *spot) == (0xCA, 0xDC, 0xE9)
        session = opened.page.context.new_cdp_session(opened.page)
        for kind, x in (("touchStart", middle[0]), ("touchMove", 300), ("touchMove", 388), ("touchEnd", 388)):
            points = [] if kind == "touchEnd" else [{"x": x, "y": middle[1]}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        assert int(opened.page.get_attribute("#handle", "aria-valuenow")) >= 98
        red, _, blue = painted(opened, *spot)
        assert red > blue + 0x40  # the hatch of a village without
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        opened.page.emulate_media(media="print")
        opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert opened.page.locator(".state-name").all_inner_texts() == ["现状", "东村新建"]
        assert opened.page.locator(".wrap.printed").count() == 2
        # one legend for both maps: what only the earlier one shows is in it
        assert "空白" in opened.text("#legend")
        assert not opened.page.is_visible(".wrap.copy .legend")
        opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert opened.page.locator(".wrap").count() == 1
        assert opened.page.is_checked("#states input[value='slide']")
        assert opened.outside(path) == []
        assert opened.errors == []


@pytest.mark.browser
def test_without_pointers_the_switch_is_left(browser, html, tmp_path):
    path = tmp_path / "compare.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    page = browser.new_page()
    page.add_init_script("delete window.PointerEvent")
    page.goto(path.as_uri())
    assert page.eval_on_selector_all("#states input", "all => all.map(one => one.value)") == [
        "before",
        "after",
        "change",
    ]
    page.check("#states input[value='before']")
    assert not page.is_visible("#handle")
    page.close()


@pytest.mark.browser
def test_both_states_and_the_change_can_be_looked_at(browser, html, tmp_path):
    path = tmp_path / "compare.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    with Opened(browser, path) as opened:
        titles = opened.page.eval_on_selector_all("#rule option", "all => all.map(one => one.textContent)")
        opened.page.select_option("#rule", str(next(i for i, t in enumerate(titles) if t.endswith("每村一所卫生室"))))
        assert "50.0% → 100.0%" in opened.text("#sentence")
        opened.page.check("#levels input[value='village']")

        def fills():
            return opened.page.eval_on_selector_all(
                ".leaflet-fill-pane path", "a => a.map(p => p.getAttribute('fill'))"
            )

        assert sorted(fills()) == ["#9abfd6", "#fbfaf6"]
        clinics = opened.page.locator(".leaflet-facility-pane path").count()
        opened.page.check("#states input[value='before']")
        assert sorted(fills()) == ["#cadce9", "url(#hatch-c)"]
        # the new clinic and its ring are gone
        assert opened.page.locator(".leaflet-facility-pane path").count() == clinics - 2
        opened.page.check("#states input[value='after']")
        assert fills() == ["#cadce9", "#cadce9"]
        assert "已设置" in opened.text("#legend")
        opened.page.set_viewport_size({"width": 390, "height": 844})
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert opened.outside(path) == []
        assert opened.errors == []
        assert re.search("东村", opened.page.get_attribute(".leaflet-fill-pane path >> nth=1", "aria-label"))
