"""The report in a browser, opened from disk without scripts: what a reader sees, narrow, wide and on paper."""

from __future__ import annotations

import io
import re

import pytest
from fake_assessment import HOSTILE_NAMES, fake_assessment

from accessgis.report import report_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(fake, tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_page(fake), encoding="utf-8", newline="\n")
    return file


class Opened:
    """A page opened from disk in a browser without scripts, with all that it asked for and complained about."""

    def __init__(self, browser, path, size=(1366, 768), *, scripts=False):
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, java_script_enabled=scripts, offline=True)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.context.close()


@pytest.mark.parametrize("scripts", [False, True])
def test_it_opens_from_disk_without_asking_for_anything_or_complaining(browser, path, scripts):
    with Opened(browser, path, scripts=scripts) as opened:
        assert [url for url in opened.requests if not url.startswith(path.as_uri())] == []
        assert opened.errors == []
        assert opened.page.is_visible(".find .lead")
        assert opened.page.is_visible("figure svg.drawing")


@pytest.mark.parametrize("width", [390, 768, 1366])
def test_nothing_but_tables_is_wider_than_the_window(browser, path, width):
    with Opened(browser, path, (width, 800), scripts=True) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        wide = opened.page.evaluate(
            """width => Array.from(document.querySelectorAll("main *")).filter(function (one) {
              return !one.closest(".tw, pre, svg") && one.getBoundingClientRect().right > width + 1;
            }).map(function (one) { return one.tagName + "." + one.className; })""",
            width,
        )
        assert wide == []


def test_hatching_is_really_drawn(browser, path):
    with Opened(browser, path, scripts=True) as opened:
        fills = opened.page.evaluate(
            """Array.from(document.querySelectorAll("svg.drawing [class^=shade-] path")).map(function (one) {
              return getComputedStyle(one).fill;
            })"""
        )
        assert fills
        assert all(re.match(r"url\(.*#hatch-\w+", fill) for fill in fills)


def test_every_entry_of_the_contents_leads_to_its_heading(browser, path):
    with Opened(browser, path, scripts=True) as opened:
        links = opened.page.locator("nav a")
        assert links.count() > 8
        for index in range(links.count()):
            target = links.nth(index).get_attribute("href")
            heading = opened.page.locator(f"[id='{target[1:]}']")
            assert heading.inner_text() == links.nth(index).inner_text()


def test_the_first_key_reaches_a_link_past_the_head(browser, path):
    with Opened(browser, path, scripts=True) as opened:
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.getAttribute('href')") == "#finding"


def test_text_has_enough_contrast(browser, path):
    """At least 4.5 to 1 on white, for every colour that text is set in."""
    with Opened(browser, path, scripts=True) as opened:
        colours = opened.page.evaluate(
            """Array.from(new Set(Array.from(document.querySelectorAll("main *")).filter(function (one) {
              return one.textContent.trim() && !one.closest("svg");
            }).map(function (one) { return getComputedStyle(one).color; })))"""
        )
        assert len(colours) > 1
        for colour in colours:
            parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
            red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
            assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5, colour


def test_it_prints_on_a4_with_the_table_of_indicators_across(browser, path):
    with Opened(browser, path, scripts=True) as opened:
        pdf = opened.page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", io.BytesIO(pdf).read())
    upright = [size for size in sizes if float(size[0]) < float(size[1])]
    across = [size for size in sizes if size not in upright]
    assert upright
    assert len(across) == 1, "what stands below the table of indicators is upright"
    assert {(round(float(width)), round(float(height))) for width, height in across} <= {(842, 595), (842, 596)}
    assert {(round(float(width)), round(float(height))) for width, height in upright} <= {(595, 842), (596, 842)}


def test_hostile_names_never_run(browser, tmp_path):
    file = tmp_path / "report.html"
    hostile = fake_assessment(villages=40, name="".join(HOSTILE_NAMES), village_names=HOSTILE_NAMES)
    for lang in ("zh", "en"):
        file.write_text(report_page(hostile, lang=lang), encoding="utf-8", newline="\n")
        with Opened(browser, file, scripts=True) as opened:
            assert opened.page.title() != "hit"
            assert opened.page.locator("img, script").count() == 0
            assert opened.errors == []
