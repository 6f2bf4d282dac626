"""Rules that count on the map, against a study of two villages that is counted by hand."""

from __future__ import annotations

import json
import re

import pytest
from integration.tiny_study import STUDY, draw
from maps.test_browser import Opened

from accessgis.report import map_page
from accessgis.study.model import read_study
from accessgis.study.run import assess

RULES = """\
[[rules]]
id = "own/clinic-each"
kind = "presence"
title = { zh = "每村一所卫生室", en = "A clinic in every village" }
source = "own"
section = "一"
scope = ["14"]
force = "firm"
horizon = 2030
facilities = { any = ["village_clinic"] }
presence = { unit = "village", at_least = 1 }
target = 1.0
target_level = "unit"

[[rules]]
id = "own/beds"
kind = "ratio"
title = { zh = "每千人床位", en = "Beds per thousand" }
source = "own"
section = "二"
scope = ["14"]
force = "firm"
horizon = 2030
facilities = { any = ["village_clinic"] }
ratio = { amount = "beds", per = 1000 }
op = ">="
value = 7.5
target_level = "county"
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Two villages of 250 people; three clinics with 2, 1 and an unknown number of beds stand in the western one."""
    study = draw(tmp_path_factory.mktemp("study"))
    (study.parent / "own.toml").write_text(RULES, encoding="utf-8")
    (study.parent / "clinics.csv").write_text(
        (study.parent / "clinics.csv").read_text("utf-8").replace("37.0031,,", "37.0031,1,"), encoding="utf-8"
    )
    study.write_text(STUDY + 'files = ["own.toml"]\n', encoding="utf-8")
    return assess(read_study(study))


@pytest.fixture(scope="module")
def page(counted):
    return map_page(counted)


@pytest.fixture(scope="module")
def payload(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))


def test_units_and_areas_stand_as_counted_by_hand(payload):
    rules = {words["title"]: place for place, words in enumerate(payload["views"]["zh"]["rules"])}
    drawn = payload["data"]["rules"]
    presence = drawn[rules["每村一所卫生室"]]["modes"][0]["areas"]
    assert dict(zip(payload["data"]["areas"]["village"]["names"], presence["village"]["class"], strict=True)) == {
        "西村": "p",
        "东村": "n",
    }
    # one of two villages is 50 points under all of them
    assert presence["township"] == {"share": ["1/2"], "class": ["d"]}
    # four beds for 500 people
    beds = drawn[rules["每千人床位"]]["modes"][0]["areas"]["township"]
    assert beds == {"share": ["8"], "class": ["ga"]}


def test_the_village_without_stands_in_the_list_with_its_people_and_place(payload):
    words = next(each for each in payload["views"]["zh"]["rules"] if each["title"] == "每村一所卫生室")
    (gap,) = words["gaps"]
    assert (gap["rank"], gap["place"], gap["people"]) == (1, "示例镇东村", "250人")
    assert 112.010 < gap["lon"] < 112.020
    assert words["gapsSum"] == "1个，人口250人"
    assert words["modes"][0]["word"] == "未达到目标"
    assert words["modes"][0]["shareText"] == "50.0%"


def test_the_table_under_the_script_has_them_too(page):
    assert re.search(r"<td>每村一所卫生室</td><td>未达到目标</td><td>50.0%</td>", page)


@pytest.mark.browser
def test_the_selector_offers_them_and_the_map_draws_them(browser, page, payload, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(page, encoding="utf-8", newline="\n")
    place = next(i for i, words in enumerate(payload["views"]["zh"]["rules"]) if words["title"] == "每村一所卫生室")
    with Opened(browser, path) as opened:
        groups = opened.page.eval_on_selector_all("#rule optgroup", "all => all.map(one => one.label)")
        assert groups == ["服务圈（按出行时间或距离）", "设施设置与数量"]
        opened.page.select_option("#rule", str(place))
        opened.page.check("#themes input[value='village']")
        assert opened.text("#legend h3") == "各单元设置情况"
        assert [row for row in ("已设置", "空白", "不涉及") if row in opened.text("#legend")] == ["已设置", "空白"]
        fills = opened.page.eval_on_selector_all(".leaflet-fill-pane path", "a => a.map(p => p.getAttribute('fill'))")
        assert sorted(fills) == ["#cadce9", "url(#hatch-c)"]
        opened.page.click("#gap-list .gap")
        assert "示例镇东村" in opened.text(".leaflet-tooltip-pane")
        assert opened.page.locator("#themes input[value='time']").is_disabled()
        assert opened.errors == []
