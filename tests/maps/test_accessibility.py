"""Everybody can use the pages: axe-core finds nothing, every control is reached and worked by keyboard alone."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest
from fake_assessment import fake_assessment
from maps.test_browser import Opened
from unit.report.test_province_page import grid, row
from unit.report.test_province_page import page as province_of

from accessgis.report import map_page, report_page
from accessgis.report.compared import Compared
from accessgis.report.comparison_page import comparison_page
from accessgis.report.comparison_view import compared_folders, folders_view
from accessgis.report.drawn import drawn_of
from accessgis.report.tables import document

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
    "show-villages", "search", "leaflet-control-zoom-in", "leaflet-control-zoom-out", "gap", "details", "shape",
    "map_page",
}  # fmt: skip
COMPARE_CONTROLS = {
    "tw", "rule", "radio state", "radio level", "map_page", "shape", "leaflet-control-zoom-in",
    "leaflet-control-zoom-out", "handle",
}  # fmt: skip


@pytest.fixture(scope="module")
def axe():
    package = pytest.importorskip("axe_playwright_python", reason="axe-core: pip install axe-playwright-python")
    return resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(fake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "map.html").write_text(map_page(fake), encoding="utf-8", newline="\n")
    outlines = grid(2)
    rows = [row(code, share) for code, share in zip(outlines["code"], (0.95, 0.4), strict=True)]
    (folder / "province.html").write_text(province_of(rows, outlines), encoding="utf-8", newline="\n")
    compared = comparison_page(beside_another(fake), lang="en")
    (folder / "compare.html").write_text(compared, encoding="utf-8", newline="\n")
    return folder


def beside_another(fake):
    """The fake county beside another of the same codes."""
    other = fake_assessment(villages=60, seed=7)
    one, two = ({**document(each), "manifest": {}} for each in (fake, other))
    table = compared_folders(one, two)
    return Compared(
        table=table,
        view=folders_view(one, two, table, lang="en"),
        rules={rule["rule"]: rule for rule in two["rules"]},
        before=drawn_of(fake),
        after=drawn_of(other),
        names=("2024", "2025"),
        study=two["study"],
        inputs=(one["inputs"], two["inputs"]),
    )


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
def test_axe_finds_nothing_in_the_report(browser, fake, axe, lang, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_page(fake, lang=lang), encoding="utf-8", newline="\n")
    with Opened(browser, path) as opened:
        assert violations(opened, axe) == []


@pytest.mark.parametrize("size", [(390, 844), pytest.param((1366, 768), marks=pytest.mark.soak)])
def test_axe_finds_nothing_in_a_comparison_with_the_slider(browser, pages, axe, size):
    with Opened(browser, pages / "compare.html", size=size) as opened:
        opened.page.check("#states input[value='slide']")
        assert violations(opened, axe) == []


def test_axe_finds_nothing_in_the_map_of_a_province(browser, pages, axe):
    with Opened(browser, pages / "province.html") as opened:
        assert violations(opened, axe) == []


def test_axe_does_find_what_is_wrong(browser, axe, tmp_path):
    path = tmp_path / "wrong.html"
    path.write_text("<html><body><img src='data:,'><select></select></body></html>", encoding="utf-8")
    with Opened(browser, path) as opened:
        assert {"image-alt", "select-name", "html-has-lang"} <= {each[0] for each in violations(opened, axe)}


def tabbed(opened):
    """What the keyboard comes to, tab after tab, until it leaves the page or begins anew."""
    reached = []
    for _ in range(140):
        opened.page.keyboard.press("Tab")
        reached.append(opened.page.evaluate(REACHED))
        if reached[-1] == "" or (len(reached) > 20 and reached[-1] == "skip"):
            break
    return reached


def test_every_control_of_a_comparison_is_reached_by_tab_and_the_slider_works_by_key(browser, pages):
    with Opened(browser, pages / "compare.html") as opened:
        opened.page.check("#states input[value='slide']")
        opened.page.focus(".tw >> nth=0")
        assert set(tabbed(opened)) >= COMPARE_CONTROLS
        opened.page.focus("#map_page")
        areas = opened.page.locator(".leaflet-fill_left-pane path").count()
        stops = []
        for _ in range(areas + 1):
            opened.page.keyboard.press("Tab")
            stops.append(opened.page.evaluate("document.activeElement.getAttribute('aria-label')"))
        # an area that is drawn twice is one stop, with both figures
        assert len({stop for stop in stops if " → " in stop}) == areas
        assert "金沟镇 99.0% → 78.5%" in stops
        assert " → " not in stops[-1]
        opened.page.focus("#handle")
        for key, at in (
            ("ArrowRight", 52),
            ("ArrowDown", 50),
            ("PageDown", 40),
            ("Home", 0),
            ("ArrowLeft", 0),
            ("End", 100),
        ):
            opened.page.keyboard.press(key)
            assert opened.page.get_attribute("#handle", "aria-valuenow") == str(at)
        assert opened.page.get_attribute("#handle", "aria-valuetext") == "2024 on the left 100%, 2025 on the right 0%"
        assert opened.errors == []


def test_every_control_of_the_map_is_reached_by_tab_and_works_by_key(browser, pages):
    with Opened(browser, pages / "map.html", "#rule=1") as opened:
        keys = opened.page.keyboard
        assert set(tabbed(opened)) >= CONTROLS
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


UNNAMED = """() => {
  var node = document.activeElement;
  if (!node || node === document.body || !node.closest("#map_page")) { return null; }
  return (node.getAttribute("aria-label") || node.textContent || "").trim();
}"""


def test_facilities_are_no_stops_for_the_keyboard_but_named_and_every_stop_has_a_name(browser, pages, axe):
    with Opened(browser, pages / "map.html", "#rule=1&theme=people") as opened:
        facilities = opened.page.locator(".leaflet-facility-pane path")
        shapes = opened.page.locator(".leaflet-facility-pane path, .leaflet-gap-pane path")
        assert facilities.count() > 5
        assert shapes.count() > facilities.count()
        labels = shapes.evaluate_all("nodes => nodes.map(node => node.getAttribute('aria-label'))")
        assert all(label and label.strip() for label in labels)
        assert violations(opened, axe) == []
        opened.page.focus("#map_page")
        areas, stops = opened.page.locator(".leaflet-fill-pane path[tabindex='0']").count(), []
        for _ in range(areas + 4):
            opened.page.keyboard.press("Tab")
            stops.append(opened.page.evaluate(UNNAMED))
        inside = [name for name in stops if name is not None]
        assert len(inside) == areas + 2, "the areas and the two buttons of the zoom"
        assert all(inside)


def test_a_facility_is_reached_with_the_keyboard_by_the_search_with_all_that_is_known_of_it(browser, fake, tmp_path):
    data = "JSON.parse(document.getElementById('data').textContent)"
    frame = fake.facilities.frame.assign(floor_m2=1234.5)
    (tmp_path / "map.html").write_text(
        map_page(replace(fake, facilities=replace(fake.facilities, frame=frame))), encoding="utf-8", newline="\n"
    )
    with Opened(browser, tmp_path / "map.html", "#rule=1&lang=en") as opened:
        rows = opened.page.evaluate(f"{data}.data.facilities.rows")
        row = next(row for row in rows if row[3] and row[4])
        same = sum(each[3] == row[3] and each[4] == row[4] for each in rows)
        opened.page.keyboard.press("/")
        opened.page.keyboard.type(f"{row[3]} · {row[4]}")
        opened.page.keyboard.press("Enter")
        told = opened.text(".leaflet-tooltip-pane")
        for part in (
            row[3],
            row[4],
            "floor area (m²)",
            "1,234.5",
            opened.page.evaluate(f"{data}.views.en.kinds[{row[0]}]"),
        ):
            assert part in told
            assert part in opened.page.inner_text("#found")
        assert same == 1
        # of several that match, each Enter goes to the next
        opened.page.fill("#search", "卫生室")
        seen = set()
        for _ in range(3):
            opened.page.keyboard.press("Enter")
            seen.add(opened.text(".leaflet-tooltip-pane"))
        assert len(seen) == 3
        assert opened.errors == []


def test_a_facility_without_a_name_is_found_by_its_kind_in_the_language_of_the_page(browser, fake, tmp_path):
    frame = fake.facilities.frame.assign(name="")
    (tmp_path / "map.html").write_text(
        map_page(replace(fake, facilities=replace(fake.facilities, frame=frame))), encoding="utf-8", newline="\n"
    )
    with Opened(browser, tmp_path / "map.html", "#rule=1") as opened:
        for word in ("卫生室", "clinic"):
            opened.page.fill("#search", word)
            opened.page.keyboard.press("Enter")
            assert word in opened.text(".leaflet-tooltip-pane")
            opened.page.click("#language")
            assert opened.page.locator(".leaflet-tooltip").count() == 0
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
