"""The map as a file: what is in it and what is not. Parsed, not compared as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources

import pytest
from fake_assessment import HOSTILE_NAMES, fake_assessment

from accessgis.report import map_page, report_page
from accessgis.report.coverage_map import script_json


class Elements(HTMLParser):
    """Every element with its attributes and the text directly inside."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.stack = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        if tag not in ("meta", "img", "input", "br", "link"):
            self.stack.append(self.elements[-1])

    def handle_endtag(self, tag):
        while self.stack:
            if self.stack.pop()[0] == tag:
                break

    def handle_data(self, data):
        if self.stack:
            self.stack[-1][2] += data

    def find(self, tag, **attributes):
        return [e for e in self.elements if e[0] == tag and all(e[1].get(k) == v for k, v in attributes.items())]


@pytest.fixture(scope="module")
def html(fake):
    return map_page(fake)


@pytest.fixture(scope="module")
def parsed(html):
    return Elements(html)


def payload_of(parsed):
    return json.loads(parsed.find("script", type="application/json", id="data")[0][2])


def test_the_head_says_how_old_browsers_shall_open_it(parsed):
    assert parsed.elements[2] == ["meta", {"charset": "utf-8"}, ""]
    assert parsed.find("meta", name="renderer", content="webkit")
    assert parsed.find("meta", **{"http-equiv": "X-UA-Compatible"})
    assert parsed.find("meta", name="viewport")


def test_nothing_in_it_points_outside(parsed):
    for tag, attributes, _ in parsed.elements:
        for name in ("src", "href", "data", "action", "poster", "srcset"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
        assert "style" not in attributes  # the policy forbids styles in attributes
        assert not [name for name in attributes if name.startswith("on")]
    for _, _, css in parsed.find("style"):
        assert "@import" not in css
        assert not re.findall(r"url\((?!#)", css)


def test_beside_a_comparison_map_and_report_lead_to_it_and_else_nowhere(fake):
    for page in (map_page, report_page):
        assert [page(fake, compared=there).count('href="compare.html"') for there in (False, True)] == [0, 1], page


def test_the_policy_names_every_script_and_style_and_forbids_the_rest(parsed):
    policy = parsed.find("meta", **{"http-equiv": "Content-Security-Policy"})[0][1]["content"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'none'"
    assert "unsafe" not in policy
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        texts = [text for _, attributes, text in parsed.find(tag) if attributes.get("type") != "application/json"]
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts}
        assert set(rules[rule].split()) == hashes


def test_the_same_assessment_gives_the_same_bytes(fake, html):
    assert map_page(fake) == html
    assert map_page(fake_assessment(villages=60)) == html


def test_no_random_ids_and_no_leftovers_of_folium(html):
    for word in ("jquery", "bootstrap", "cdn.", "awesome", "glyphicon"):
        assert word not in html.lower()
    assert not re.findall(r"_[0-9a-f]{32}", html)


def test_the_licence_of_leaflet_is_in_the_page(html):
    notice = resources.files("accessgis.report").joinpath("assets", "NOTICE.txt").read_text("utf-8")
    assert "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS" in notice
    assert notice in html


def test_under_the_script_lies_a_table_of_the_verdicts(parsed, fake):
    table = parsed.elements[parsed.elements.index(parsed.find("div", id="plain")[0]) :]
    cells = [text.strip() for tag, _, text in table if tag == "td"]
    assert len(cells) == 7 * len(fake.rules)
    words = [cells[7 * row + 1] for row in range(len(fake.rules))]
    assert any(word.startswith("未达到目标（差") for word in words)
    assert "暂无法评价（缺中心城区范围）" in words


def test_the_approval_note_and_the_generated_badge_are_there(parsed):
    views = payload_of(parsed)["views"]
    assert views["zh"]["approval"] == "审图号：（待填）　内部工作用图，未经审图不得公开"
    assert views["zh"]["generated"] == "生成数据"
    assert views["en"]["generated"] == "Generated data"


def test_the_language_asked_for_opens_first(fake, parsed):
    assert payload_of(parsed)["lang"] == "zh"
    english = Elements(map_page(fake, lang="en"))
    assert payload_of(english)["lang"] == "en"
    assert english.find("html")[0][1]["lang"] == "en"
    assert english.find("title")[0][2] == payload_of(english)["views"]["en"]["title"]


def test_coordinates_are_degrees_of_the_county(parsed):
    (south, west), (north, east) = payload_of(parsed)["data"]["bounds"]
    assert 36 < south < 37.2 < north < 38
    assert 111 < west < 112.4 < east < 113
    for kind, lat, lon, *_ in payload_of(parsed)["data"]["facilities"]["rows"]:
        assert kind >= 0
        assert 36 < lat < 38
        assert 111 < lon < 114


def test_hostile_names_stay_text():
    html = map_page(fake_assessment(villages=40, name="".join(HOSTILE_NAMES), village_names=HOSTILE_NAMES))
    parsed = Elements(html)
    data = payload_of(parsed)
    assert set(HOSTILE_NAMES) <= set(data["data"]["areas"]["village"]["names"])
    assert "".join(HOSTILE_NAMES) in data["views"]["zh"]["title"]
    assert len(parsed.find("script")) == 3
    assert not parsed.find("img")
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL).group(1)
    assert not set(raw) & set("<>&\u2028\u2029")


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        script_json({"share": float("nan")})


def test_scripts_are_written_for_old_browsers():
    folder = resources.files("accessgis.report").joinpath("assets")
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".js")]
    assert scripts
    for script in scripts:
        code = re.sub(r"//.*", "", script.read_text("utf-8"))
        for banned in (
            "?.",
            "??",
            "=>",
            "`",
            "replaceAll",
            ".at(",
            "let ",
            "const ",
            "innerHTML",
            "insertAdjacentHTML",
        ):
            assert banned not in code, (script.name, banned)
    css = folder.joinpath("map.css").read_text("utf-8")
    assert not re.findall(r"[;{](?:row-|column-)?gap:", css)
    for banned in (":has(", ":is(", "inset:", "aspect-ratio", "clamp(", ":focus-visible"):
        assert banned not in css


def test_a_county_of_260_villages_stays_small():
    assert len(map_page(fake_assessment(villages=260)).encode()) < 1_500_000
