"""The province map: every county once, classed by rule, with a way into its own map, and nothing but text and style."""

from __future__ import annotations

import math
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup

from accessgis.report.province_page import province_page, shade_of

HOSTILE = "<script>alert(1)</script>"
RULES = {
    "own/clinic": {"title": {"zh": "卫生圈", "en": "Clinics"}, "source_title": {"zh": "规", "en": "p"}, "over": True},
    "own/count": {"title": {"zh": "设施", "en": "Sites"}, "source_title": {"zh": "规", "en": "p"}, "over": False},
}


def row(code: str, share: float, **more: object) -> dict:
    found = {
        "county": code, "county_name": f"县{code}", "level": "county", "area": code, "area_name": f"县{code}",
        "rule": "own/clinic", "profile": "walk", "headline": True, "data_date": "2025-12-31", "people": 10.0,
        "share": share, "value": math.nan, "unit": "", "target": 0.9, "verdict": "falls_short", "counts": True,
    }  # fmt: skip
    return found | more


def grid(count: int, *, corners: int = 1) -> gpd.GeoDataFrame:
    cells = [shapely.segmentize(shapely.box(112 + n % 10, 37 + n // 10, 113 + n % 10, 38 + n // 10), 1 / corners)
             for n in range(count)]  # fmt: skip
    codes = [f"14{n:04d}" for n in range(count)]
    return gpd.GeoDataFrame({"code": codes, "name": [f"县{code}" for code in codes]}, geometry=cells, crs="EPSG:4326")


def page(rows: list[dict], outlines: gpd.GeoDataFrame, **more: object) -> str:
    links = {entry["county"]: f"counties/{entry['county']}/map.html" for entry in rows}
    return province_page(pd.DataFrame(rows, columns=list(row("", 0.0))), outlines, rules=RULES, links=links, **more)


@pytest.mark.parametrize(
    ("more", "shade"),
    [
        ({"share": 0.9}, "a"), ({"share": 0.8999}, "b"), ({"share": 0.8}, "c"), ({"share": 0.7}, "d"),
        ({"share": 0.6, "target": math.nan}, "s1"), ({"share": 0.1, "target": math.nan}, "s4"),
        ({"share": math.nan, "people": 0.0}, "x"), ({"share": math.nan}, "u"),
        ({"share": 0.99, "verdict": "not_judged"}, "u"),
        ({"profile": "", "unit": "share of units", "value": 0.85, "share": math.nan}, "b"),
        ({"profile": "", "unit": "facilities", "value": 3.0, "target": 1.0, "verdict": "meets"}, "a"),
        ({"profile": "", "unit": "facilities", "value": 0.0, "target": 1.0}, "d"),
        ({"profile": "", "unit": "facilities", "value": 0.0, "verdict": ""}, "u"),
    ],
)  # fmt: skip
def test_counties_are_classed_by_share_or_by_verdict(more, shade):
    assert shade_of(row("1", **{"share": 0.5, **more})) == shade


def test_every_county_is_drawn_once_and_leads_to_its_own_map():
    outlines = grid(3)
    rows = [row(code, share) for code, share in zip(outlines["code"], (0.95, 0.85, 0.1), strict=True)]
    counted = {
        "rule": "own/count",
        "profile": "",
        "value": 2.0,
        "unit": "facilities",
        "verdict": "meets",
        "target": 1.0,
    }
    rows += [row(code, math.nan, **counted) for code in outlines["code"]]
    found = BeautifulSoup(page(rows, outlines, failed=["丁县"]), "html.parser")
    assert [path["id"] for path in found.select("defs > path[id^=c]")] == ["c1", "c2", "c3"]
    assert [sheet.h2.text for sheet in found.select(".sheet")] == ["设施", "卫生圈（规划期已满，仅供参照）"], (
        "over: last"
    )
    clinic = found.select(".sheet")[1]
    shades = {"140000": "shade-a", "140001": "shade-b", "140002": "shade-d"}
    assert {link["href"]: link.use["class"][1] for link in clinic.select("figure a")} == {
        f"counties/{code}/map.html": shade for code, shade in shades.items()
    }
    assert [cell.text for cell in clinic.select("tbody td.r")] == ["95.0%", "85.0%", "10.0%"]
    assert "丁县" in found.select_one(".warn").text
    assert len(found.select("input[type=radio]")) == 2


def test_names_stay_text_and_nothing_runs():
    outlines = grid(1).assign(name=HOSTILE)
    text = page([row("140000", 0.5, area_name=HOSTILE)], outlines)
    found = BeautifulSoup(text, "html.parser")
    assert found.find("script") is None
    assert HOSTILE in found.select_one("tbody th").text
    policy = found.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"(?:src|href)=.?https?:", text)


def test_a_province_is_a_small_file_and_the_same_bytes():
    outlines = grid(117, corners=50)
    rows = [row(code, number / 117) for number, code in enumerate(outlines["code"])]
    text = page(rows, outlines)
    assert text == page(rows[::-1], outlines.iloc[::-1])
    assert len(text) < 120_000
    assert page([], outlines.iloc[:0])
