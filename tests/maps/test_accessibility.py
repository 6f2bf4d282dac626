"""Everybody can use the pages: axe-core finds nothing, every control is reached and worked by keyboard alone."""

from __future__ import annotations

from importlib import resources

import pytest
from fake_assessment import fake_assessment
from maps.test_browser import Opened

from accessgis.report import map_page, report_page

pytestmark = pytest.mark.browser

REACHED = """() => {
  var node = document.activeElement;
  if (!node || node === document.body) { return ""; }
  if (node.type === "radio") { return "radio " + node.name; }
  if (node.tagName === "path") { return "shape"; }
  if (node.className === "gap" || node.className === "gap on") { return "gap"; }
  if (node.tagName === "SUMMARY") { return "details"; }
  return node.id || node.className.split(" ")[0] || node.tagName;
}"""
CONTROLS = {
    "skip", "language", "rule", "radio mode", "radio theme", "show-facilities", "show-gaps", "show-roads",
    "show-villages", "leaflet-control-zoom-in", "leaflet-control-zoom-out", "gap", "details", "shape", "map_page",
}  # fmt: skip


@pytest.fixture(scope="module")
def axe():
    package = pytest.importorskip("axe_playwright_python", reason="axe-core: pip install axe-playwright-python")
    return resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(fake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "map.html").write_text(map_page(fake), encoding="utf-8", newline="\n")
    for lang in ("zh", "en"):
        (folder / f"{lang}.html").write_text(report_page(fake, lang=lang), encoding="utf-8", newline="\n")
    return folder


def violations(opened, axe):
    opened.page.evaluate(axe)
    found = opened.page.evaluate("axe.run({ exclude: ['.drawing'] }, { resultTypes: ['violations'] })")["violations"]
    return [(each["id"], each["impact"], each["nodes"][0]["html"][:120]) for each in found]


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("#rule=1", (390, 844)),
        pytest.param("#rule=1&theme=people&lang=en", (1366, 768), marks=pytest.mark.soak),
        pytest.param("#rule=2&theme=time", (1366, 768), marks=pytest.mark.soak),
    ],
)
def test_axe_finds_nothing_in_the_map(browser, pages, axe, address, size):
    with Opened(browser, pages / "map.html", address, size) as opened:
        opened.page.click("#about summary >> nth=0")
        assert violations(opened, axe) == []


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.soak)])
def test_axe_finds_nothing_in_the_report(browser, pages, axe, lang):
    with Opened(browser, pages / f"{lang}.html") as opened:
        assert violations(opened, axe) == []


def test_axe_does_find_what_is_wrong(browser, axe, tmp_path):
    path = tmp_path / "wrong.html"
    path.write_text("<html><body><img src='data:,'><select></select></body></html>", encoding="utf-8")
    with Opened(browser, path) as opened:
        assert {"image-alt", "select-name", "html-has-lang"} <= {each[0] for each in violations(opened, axe)}


def test_every_control_of_the_map_is_reached_by_tab_and_works_by_key(browser, pages):
    with Opened(browser, pages / "map.html", "#rule=1") as opened:
        keys, reached = opened.page.keyboard, []
        for _ in range(140):
            keys.press("Tab")
            reached.append(opened.page.evaluate(REACHED))
            if reached[-1] == "" or (len(reached) > 20 and reached[-1] == "skip"):
                break
        assert set(reached) >= CONTROLS
        opened.page.focus("#rule")
        before = opened.text("#verdict")
        keys.press("ArrowDown")
        assert opened.text("#verdict") != before
        keys.press("ArrowUp")
        opened.page.focus("#themes input:checked")
        keys.press("ArrowRight")
        assert opened.page.is_checked("#themes input[value='village']")
        opened.page.focus("#show-facilities")
        keys.press("Space")
        assert opened.page.locator(".leaflet-facility-pane path").count() == 0
        opened.page.focus("#gap-list .gap >> nth=0")
        keys.press("Enter")
        assert opened.page.locator(".gap-disc.on").count() == 1
        opened.page.focus("#language")
        keys.press("Enter")
        assert opened.page.get_attribute("html", "lang") == "en"
        assert opened.errors == []


def test_a_county_opens_within_five_seconds_on_a_machine_six_times_slower(browser, tmp_path):
    """By the time that the page's own thread computes, which other programs on the machine do not change."""
    path = tmp_path / "map.html"
    path.write_text(map_page(fake_assessment(villages=260)), encoding="utf-8", newline="\n")
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri())
    page.wait_for_selector("#map_page .area-name")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    page.close()
    assert 0 < metrics["TaskDuration"] * 6 < 5.0
