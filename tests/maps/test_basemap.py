"""The online basemap: asked for by the user alone, nothing fetched before a reader switches it on, no key unasked."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_assessment import fake_assessment

from accessgis.base.errors import UsageError
from accessgis.cli.assess import KEY_VARIABLE, _tianditu_key
from accessgis.report import map_page

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SERVERS = re.compile(r"https://t[0-7]\.tianditu\.gov\.cn/")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("basemap")
    for name, basemap in (("none", None), ("asked", ""), ("written", "0123abcd")):
        (folder / f"{name}.html").write_text(
            map_page(fake_assessment(), basemap=basemap), encoding="utf-8", newline="\n"
        )
    return folder


@pytest.fixture
def opened(browser, pages):
    """Return what opens a page whose tiles are served here, and the addresses that it asked for."""
    asked, complaints, contexts = [], [], []

    def opens(name, *, body=PIXEL):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        contexts.append(context)
        context.route(SERVERS, lambda route: route.fulfill(content_type="image/gif", body=body))
        page = context.new_page()
        page.on(
            "request", lambda request: None if request.url.startswith(("file:", "data:")) else asked.append(request.url)
        )
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((pages / f"{name}.html").as_uri())
        page.wait_for_selector("#map_page .area-name")
        return page

    yield opens, asked, complaints
    for context in contexts:
        context.close()


def test_a_page_without_it_neither_names_nor_may_ask_the_servers(pages):
    assert "tianditu" not in (pages / "none.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_tiles_come_with_the_readers_key_once_switched_on(opened):
    opens, asked, complaints = opened
    page = opens("asked")
    assert asked == []
    page.check("#show-basemap")
    assert page.inner_text("#basemap-told") == "请填写天地图密钥（tk）"
    assert asked == []
    page.fill("#basemap-key", "a key&more")
    page.press("#basemap-key", "Enter")
    page.wait_for_selector("#map_page .leaflet-tile-loaded")

    assert all(SERVERS.match(url) for url in asked)
    queries = [parse_qs(urlsplit(url).query) for url in asked]
    assert {query["LAYER"][0] for query in queries} == {"vec", "cva"}
    assert {query["tk"][0] for query in queries} == {"a key&more"}
    assert not page.is_visible("#basemap-box")
    assert "天地图" in page.inner_text(".leaflet-control-attribution")
    assert complaints == []
    page.uncheck("#show-basemap")
    assert page.locator(".leaflet-tile, .leaflet-control-attribution").count() == 0


@pytest.mark.browser
def test_a_key_that_the_user_wrote_into_the_page_is_not_asked_for(opened):
    opens, asked, _ = opened
    page = opens("written")
    assert asked == []
    assert not page.is_visible("#basemap-key")
    page.check("#show-basemap")
    page.wait_for_selector("#map_page .leaflet-tile-loaded")

    assert {parse_qs(urlsplit(url).query)["tk"][0] for url in asked} == {"0123abcd"}


@pytest.mark.browser
def test_tiles_that_do_not_come_are_said(opened):
    opens, _, _ = opened
    page = opens("written", body=b"wrong key")
    page.check("#show-basemap")

    page.wait_for_selector("#basemap-told:not(:empty)")
    assert page.inner_text("#basemap-told") == "底图未能载入，请检查网络和密钥"


def test_the_key_of_the_environment_is_written_only_where_that_is_asked_for(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    assert (_tianditu_key(embed=False), _tianditu_key(embed=True)) == ("", "secret")
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(UsageError) as caught:
        _tianditu_key(embed=True)
    assert caught.value.code == "AG2147"
