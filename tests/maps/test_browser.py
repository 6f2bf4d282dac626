"""The map in a browser, opened from disk: what a reader sees, and that nothing is fetched and nothing runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from fake_assessment import HOSTILE_NAMES, fake_assessment

from accessgis.report import map_page, page_view
from accessgis.report.finding import leading_rule
from accessgis.report.numbers import people
from accessgis.report.wording import say

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(fake, tmp_path_factory):
    file = tmp_path_factory.mktemp("map") / "map.html"
    file.write_text(map_page(fake), encoding="utf-8", newline="\n")
    return file


class Opened:
    """A page opened from disk, with all that it asked for and complained about."""

    def __init__(self, browser, path, address="", size=(1366, 768), **options):
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **options)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(path.as_uri() + address)

    def text(self, selector):
        return self.page.inner_text(selector)

    def outside(self, path):
        return [url for url in self.requests if not url.startswith("data:") and not url.startswith(path.as_uri())]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.page.close()


def test_it_opens_from_disk_without_asking_for_anything(browser, path):
    with Opened(browser, path) as opened:
        opened.page.wait_for_selector("#map_page .area-name")
        assert opened.outside(path) == []
        assert opened.errors == []
        assert not opened.page.is_visible("#plain")
        assert opened.page.locator("#map_page path").count() > 50


def test_without_scripts_the_table_of_verdicts_is_there(browser, path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.is_visible("#plain table")
    assert "未达到目标" in page.inner_text("#plain")
    assert not page.is_visible("#app")
    context.close()


def test_choosing_a_rule_changes_verdict_figure_and_gaps(browser, path, fake):
    rules = page_view(fake).rules
    with Opened(browser, path) as opened:
        for index, rule in enumerate(rules):
            opened.page.select_option("#rule", str(index))
            assert opened.text("#verdict .verdict-word") == rule.headline.word
            if rule.headline.share_text:
                assert opened.text("#verdict .verdict-share") == rule.headline.share_text
            else:
                assert opened.page.locator("#verdict .verdict-share").count() == 0
            assert opened.text("#verdict .sentence") == rule.headline.sentence
            assert opened.page.locator("#gap-list .gap").count() == sum(1 for gap in rule.gaps if gap.rank > 0)
        assert opened.errors == []


def test_every_mode_and_theme_of_every_rule_can_be_drawn(browser, path, fake):
    with Opened(browser, path) as opened:
        for index, rule in enumerate(page_view(fake).rules):
            opened.page.select_option("#rule", str(index))
            for mode in range(len(rule.modes)):
                if opened.page.locator("#modes input").count():
                    opened.page.check(f"#modes input[value='{mode}']")
                assert opened.text("#verdict .sentence") == rule.modes[mode].sentence
                assert rule.modes[mode].label == opened.text("#verdict .label")
                for theme in ("area", "village", "time", "people"):
                    choice = opened.page.locator(f"#themes input[value='{theme}']")
                    if choice.is_enabled():
                        choice.check()
                        assert opened.text("#legend h3")
        assert opened.errors == []


def test_a_gap_in_the_list_is_found_on_the_map(browser, path, fake):
    gap = page_view(fake).rules[1].gaps[0]
    with Opened(browser, path, "#rule=1") as opened:
        opened.page.click("#gap-list .gap >> nth=0")
        assert opened.page.locator(".gap-disc.on").inner_text() == "1"
        assert gap.place in opened.text(".leaflet-tooltip-pane")
        centre = opened.page.evaluate("document.getElementById('centre').textContent")
        lon, lat = (float(part) for part in re.findall(r"\d+\.\d+", centre))
        assert (lon, lat) == pytest.approx((gap.lon, gap.lat), abs=0.001)


def test_the_language_can_be_changed_and_changed_back(browser, path, fake):
    with Opened(browser, path, "#rule=0") as opened:
        chinese = opened.text("#panel")
        opened.page.click("#language")
        assert opened.text("#title") == page_view(fake, lang="en").title
        assert opened.text("#verdict .sentence") == page_view(fake, lang="en").rules[0].headline.sentence
        assert "Townships" in opened.text("#tools")
        opened.page.click("#language")
        assert opened.text("#panel") == chinese


def test_layers_can_be_taken_away_and_put_back(browser, path):
    with Opened(browser, path, "#rule=1") as opened:
        count = opened.page.locator
        facilities = count(".leaflet-facility-pane path").count()
        assert facilities > 0
        opened.page.uncheck("#show-facilities")
        assert count(".leaflet-facility-pane path").count() == 0
        opened.page.check("#show-facilities")
        assert count(".leaflet-facility-pane path").count() == facilities
        opened.page.uncheck("#show-gaps")
        assert count(".gap-disc").count() == 0
        opened.page.uncheck("#show-roads")
        assert count(".leaflet-roads-pane path").count() == 0


def test_the_page_prints_people_as_python_does(browser, path):
    values = [0, 1, 999, 1_000, 4_644, 9_999, 10_000, 10_049, 10_050, 184_512, 184_550, 1_234_567]
    code = re.search(r"page\.people = function.*?\n};", path.read_text("utf-8"), re.DOTALL).group(0)
    count = re.search(r"page\.count = function.*?};", path.read_text("utf-8"), re.DOTALL).group(0)
    blank = browser.new_page()
    for lang in ("zh", "en"):
        script = f"""(values) => {{ var page = {{ state: {{ lang: {json.dumps(lang)} }} }};
        {count}
        {code}
        return values.map(page.people); }}"""
        assert blank.evaluate(script, values) == [people(value, lang) for value in values]
    blank.close()


def test_hostile_names_never_run(browser, tmp_path):
    fake = fake_assessment(villages=40, name="".join(HOSTILE_NAMES), village_names=HOSTILE_NAMES)
    file = tmp_path / "hostile.html"
    file.write_text(map_page(fake), encoding="utf-8", newline="\n")
    with Opened(browser, file, "#rule=0&mode=3&theme=people") as opened:
        opened.page.check("#show-villages")
        for selector in ("#gap-list .gap", "#about summary", "#verdict summary", ".gap-disc"):
            for item in opened.page.locator(selector).all():
                item.dispatch_event("click")
        for theme in ("village", "area"):
            opened.page.check(f"#themes input[value='{theme}']")
            for shape in opened.page.locator(".leaflet-fill-pane path, .leaflet-facility-pane path").all()[:60]:
                shape.dispatch_event("mouseover")
        opened.page.click("#language")
        assert opened.errors == []
        assert opened.outside(file) == []
        assert opened.page.title() != "hit"
        assert "<img src=x" in opened.page.title()
        assert opened.page.locator("#app img:not(.leaflet-image-layer)").count() == 0
        assert HOSTILE_NAMES[0] in opened.text("#map_page")


@pytest.mark.parametrize("size", [(1366, 768), (1280, 640), (820, 1180), (390, 844)])
def test_nothing_runs_out_of_the_window(browser, path, size):
    for lang in ("zh", "en"):
        with Opened(browser, path, f"#rule=1&lang={lang}", size) as opened:
            width = opened.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size[0]
            assert opened.page.is_visible("#approval")
            box = opened.page.locator("#approval").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0]
            if size[0] > 760:
                assert box["y"] + box["height"] <= size[1]
            assert opened.errors == []


def test_figures_stand_with_their_sign_and_word(browser, path):
    with Opened(browser, path, "#rule=1&mode=0") as opened:
        label = opened.page.locator(".area-name", has_text="云溪街道")
        assert re.fullmatch(r"云溪街道\s*\d+\.\d%", label.inner_text())
        assert label.locator("svg").count() == 1
        # hatched, not merely coloured: a share under the target is told by its pattern too
        fills = opened.page.eval_on_selector_all(
            ".leaflet-fill-pane path", "all => all.map(p => p.getAttribute('fill'))"
        )
        assert any(fill.startswith("url(#hatch-") for fill in fills)
        assert "不涉及" in opened.text("#map_page")


def test_a_window_of_another_size_shows_the_same_whole(browser, path):
    def places(text):
        return [float(part) for part in re.findall(r"\d+\.\d+", text)]

    def centre(opened):
        return opened.text("#centre")

    with Opened(browser, path, "#rule=1") as whole, Opened(browser, path, "#rule=1", (800, 500)) as grown:
        grown.page.set_viewport_size({"width": 1366, "height": 768})
        grown.page.wait_for_function(
            "want => document.getElementById('centre').textContent === want", arg=centre(whole)
        )
        # what the reader has moved stays where it is
        grown.page.click(".leaflet-control-zoom-in")
        grown.page.wait_for_timeout(400)
        kept = centre(grown)
        grown.page.set_viewport_size({"width": 1000, "height": 700})
        grown.page.wait_for_timeout(400)
        assert places(centre(grown)) == pytest.approx(places(kept), abs=0.001)
        assert grown.errors == []


def test_symbols_that_would_touch_are_drawn_as_dots_and_the_legend_says_so(browser, path):
    with Opened(browser, path, "#rule=0") as opened:
        assert "以点表示" not in opened.text("#legend")
        opened.page.set_viewport_size({"width": 390, "height": 300})
        for _ in range(8):
            opened.page.click(".leaflet-control-zoom-out")
            opened.page.wait_for_timeout(300)
        assert "以点表示" in opened.text("#legend")


def test_it_opens_on_the_rule_that_most_people_miss(browser, path, fake):
    leading = leading_rule(page_view(fake))
    assert leading is not page_view(fake).rules[0]
    with Opened(browser, path) as opened:
        assert opened.text("#verdict .sentence") == leading.headline.sentence


def test_it_prints_on_one_sheet_across_and_looks_as_before_afterwards(browser, path):
    with Opened(browser, path, "#rule=1&lang=en") as opened:
        before = opened.text("#centre")
        pdf = opened.page.pdf(prefer_css_page_size=True)
        sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        assert [(round(float(wide)), round(float(high))) for wide, high in sizes] in ([(842, 595)], [(842, 596)])
        opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert opened.page.locator("#map_page").bounding_box()["width"] < 800
        assert opened.page.is_visible("#north")
        assert not opened.page.is_visible("#tools")
        opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert opened.text("#centre") == before
        assert not opened.page.is_visible("#north")
        assert opened.page.locator("#wrap > #legend .signs").count() == 1
        assert not opened.page.is_visible("#sheet-side")
        assert opened.errors == []


@pytest.mark.parametrize("address", ["#rule=1", "#rule=0&lang=en&theme=time&mode=1", "#rule=3&lang=en"])
def test_the_sheet_says_what_the_map_shows_and_nothing_lies_on_it(browser, path, address, fake):
    with Opened(browser, path, address) as opened:
        sentence = opened.text("#verdict .sentence")
        gaps = opened.page.locator("#gap-list .gap-place").all_inner_texts()[:10]
        opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        lang = opened.page.get_attribute("html", "lang")[:2]
        head, side, foot = (opened.text(f"#sheet-{part}") for part in ("head", "side", "foot"))
        view = page_view(fake, lang=lang)
        shown = view.rules[int(address[6])]
        assert shown.title in head
        assert shown.standing in head
        assert sentence in head
        assert view.generated in head
        rows = opened.page.locator(".sheet-gaps td:nth-child(2)").all_inner_texts()
        assert rows == gaps[: len(rows)]
        assert len(rows) == len(gaps) or (
            len(rows) >= 3 and str(len(gaps) - len(rows)) in opened.text(".sheet-gaps .hint")
        )
        for key in ("township_line", "county_line"):
            assert say(f"legend.{key}", lang) in side
        assert say("page.sheet_sources", lang, sources="").strip() in foot
        assert view.meta in foot
        assert view.approval.split("　")[0] in opened.text("#approval")
        sheet = opened.page.locator("#app").bounding_box()
        assert (sheet["width"], sheet["height"]) == (1047, 712)
        stage, boxes = opened.page.locator("#wrap").bounding_box(), []
        for part in ("head", "side", "foot"):
            box = opened.page.locator(f"#sheet-{part}").bounding_box()
            boxes.append(box)
            assert box["y"] + box["height"] <= 713
            assert opened.page.evaluate(
                f"(n => n.scrollHeight <= n.clientHeight + 1)(document.getElementById('sheet-{part}'))"
            )
        assert boxes[0]["y"] + boxes[0]["height"] <= stage["y"] + 1
        assert stage["x"] + stage["width"] <= boxes[1]["x"] + 1
        assert stage["y"] + stage["height"] <= boxes[2]["y"] + 1
        assert stage["height"] > 400
        assert opened.errors == []


def test_a_place_is_found_by_its_name_and_what_is_not_there_is_said(browser, path, fake):
    village = fake.areas.frame[fake.areas.frame["level"] == "village"].iloc[7]
    data = "JSON.parse(document.getElementById('data').textContent).data"
    with Opened(browser, path, "#rule=1") as opened:
        opened.page.keyboard.press("/")
        opened.page.keyboard.type(village["name"])
        opened.page.keyboard.press("Enter")
        assert village["name"] in opened.text(".leaflet-tooltip-pane")
        assert opened.page.locator("#places option").count() > 60
        lon, lat = (float(part) for part in re.findall(r"\d+\.\d+", opened.text("#centre")))
        middle = fake.areas.frame.to_crs("EPSG:4326").geometry[village.name].representative_point()
        assert (lon, lat) == pytest.approx((middle.x, middle.y), abs=0.05)
        facility = opened.page.evaluate(f"{data}.facilities.rows[3][3]")
        opened.page.fill("#search", facility)
        opened.page.keyboard.press("Enter")
        assert facility in opened.text(".leaflet-tooltip-pane")
        opened.page.fill("#search", "no such place")
        opened.page.keyboard.press("Enter")
        assert opened.text("#found") == "没有找到"
        assert opened.page.locator(".leaflet-tooltip").count() == 0
        assert opened.errors == []


def test_facilities_whose_capacity_is_not_stated_though_others_state_theirs_are_drawn_apart(browser, fake, tmp_path):
    frame = fake.facilities.frame
    first = frame["kind"] == frame["kind"].iloc[0]
    stated = frame.assign(floor_m2=np.where(first & (np.arange(len(frame)) % 2 == 0), 100.0, np.nan))
    file = tmp_path / "map.html"
    for sized, told in ((stated, True), (frame.assign(floor_m2=100.0), False)):
        page = map_page(replace(fake, facilities=replace(fake.facilities, frame=sized)))
        file.write_text(page, encoding="utf-8", newline="\n")
        with Opened(browser, file) as opened:
            rules = opened.page.locator("#rule option").count()
            seen = set()
            for rule in range(rules):
                opened.page.select_option("#rule", str(rule))
                grey = opened.page.locator(".leaflet-facility-pane path[fill='#aab0b6']")
                assert ("规模不明（名录未填）" in opened.text("#legend")) is bool(grey.count())
                seen |= {grey.nth(place).get_attribute("aria-label") for place in range(min(3, grey.count()))}
            assert bool(seen) is told
            assert all("规模 名录未填" in label for label in seen)
            assert opened.errors == []
