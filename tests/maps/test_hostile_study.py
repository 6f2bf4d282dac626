"""XSS: every payload in every place where a user may write text, through the whole program, in a real browser."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest
from integration.hostile_study import SINKS, hostile
from maps.test_browser import Opened

from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess

pytestmark = pytest.mark.browser

PAYLOADS = {
    "image": '<img src=x onerror="window.hit=1">',
    "image from outside": "<img src=//127.0.0.1:9/x>",
    "out of an attribute": "\"'><svg onload=window.hit=1>",
    "out of the script": "</script><script>window.hit=1</script>",
    "script from outside": "</title><script src=//127.0.0.1:9/x.js></script>",
    "comment that hides the script's end": "<!--<script>",
    "out of a comment": "--><script>window.hit=1</script><!--",
    "template literal": "`+(window.hit=1)+`${window.hit=1}",
    "quote": "'+(window.hit=1)+'\"+(window.hit=1)+\"",
    "entities": "&lt;img src=x onerror=window.hit=1&gt;&#60;script&#62;",
    "template engine": "{{ 7*7 }}{% raw %}{{constructor.constructor('window.hit=1')()}}{0}{share}${7*7}",
    "link": "<a href=javascript:window.hit=1>javascript:window.hit=1</a>",
    "frame": "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "refresh": "<meta http-equiv=refresh content='0;url=//127.0.0.1:9/'><base href=//127.0.0.1:9/>",
    "style": "</style><style>@import '//127.0.0.1:9/x.css';*{display:none}</style>",
    "rest of the page": "</textarea><plaintext>",
    "backslash": "C:\\2019\\new\\u003cimg\\x3c",
    "line separators": "\u2028\u2029\u202e\ufeff\u200b\ud7ff",
    "form": "<form action=//127.0.0.1:9/><button id=title>x</button></form><input autofocus onfocus=window.hit=1>",
}  # fmt: skip
ALWAYS = {
    "image", "out of an attribute", "out of the script", "template literal", "template engine", "frame",
    "rest of the page", "line separators",
}  # fmt: skip
"""Payloads of every run, one of each way out; the others are tried by ``make soak``."""
UNSEEN = {"facility.id", "control.source", "statistic.source"}
"""Sinks that no page prints (they reach the tables)."""


def drive(opened: Opened) -> None:
    """Do what a reader can do: every rule, mode, theme, layer, tip and language."""
    page = opened.page
    page.check("#show-villages")
    for index in range(page.locator("#rule option").count()):
        page.select_option("#rule", str(index))
        for selector in ("#gap-list .gap", "#about summary", "#verdict summary", ".gap-disc"):
            for item in page.locator(selector).all():
                item.dispatch_event("click")
        for theme in ("village", "area", "time", "people"):
            choice = page.locator(f"#themes input[value='{theme}']")
            if choice.is_enabled():
                choice.check()
                for shape in page.locator(".leaflet-fill-pane path, .leaflet-facility-pane path").all()[:12]:
                    shape.dispatch_event("mouseover")
    page.click("#language")
    page.click("#language")


@pytest.mark.parametrize(
    "name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.soak) for name in PAYLOADS]
)
def test_no_payload_runs_anywhere_and_the_page_stays_alive(browser, tmp_path: Path, name: str) -> None:
    payload = PAYLOADS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = write(assess(read_study(hostile(tmp_path / "study", payload))), tmp_path / "out", light=True)
    html = (out / "map.html").read_text(encoding="utf-8")
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert raw is not None
    shown = json.dumps(json.loads(raw[1]), ensure_ascii=False)
    assert {sink for sink in SINKS if f"[{sink}]" not in shown} <= UNSEEN, "every text is on the page"
    with Opened(browser, out / "map.html") as opened:
        opened.page.on("dialog", lambda dialog: opened.errors.append(dialog.message))
        drive(opened)
        assert opened.errors == [], "no message, no refusal of the policy: nothing even tried"
        assert opened.outside(out / "map.html") == []
        assert opened.page.evaluate("typeof window.hit") == "undefined"
        assert opened.page.url.startswith((out / "map.html").as_uri())
        assert "[study.name]" in opened.page.title()
        assert opened.text("#title").count("[study.name]") == 1
        for tag in ("img:not(.leaflet-image-layer)", "iframe", "form", "base", "link", "plaintext", "script[src]"):
            assert opened.page.locator(tag).count() == 0, tag
        rules = opened.page.locator("#rule option").count()
        assert rules == 2
        opened.page.select_option("#rule", "1")
        assert opened.page.is_visible("#verdict .sentence")
        assert opened.page.locator("#map_page path").count() > 3


def test_the_payloads_do_run_where_text_is_not_escaped(browser, tmp_path: Path) -> None:
    """The browser of this test runs what it is given: a page without our care is hit."""
    ran = 0
    for number, name in enumerate((*sorted(ALWAYS), "form", "link", "image from outside", "script from outside")):
        payload = PAYLOADS[name]
        file = tmp_path / f"{number}.html"
        file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{payload}<script>var a = `{payload}`;</script>")
        with Opened(browser, file) as opened:
            opened.page.wait_for_load_state("load")
            ran += opened.page.evaluate("window.hit === 1") or bool(opened.outside(file))
    assert ran >= 6
