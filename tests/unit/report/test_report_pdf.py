"""The report as PDF: drawings that carry their looks, no file without WeasyPrint, and the same bytes again."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import xml.etree.ElementTree as ET

import pytest

from accessgis.base.errors import UsageError
from accessgis.report import report_page, report_pdf
from accessgis.report.report_pdf import self_styled, write_pdf

DATE = dt.date(2025, 12, 31)


def weasyprint():
    try:
        return report_pdf.require_weasyprint()
    except UsageError:
        pytest.skip('no WeasyPrint: pip install "accessgis[pdf]" and apt-get install libpango-1.0-0 libpangoft2-1.0-0')


@pytest.fixture(scope="module")
def html(fake):
    return report_page(fake)


def test_hatches_of_the_style_sheet_are_told_to_the_drawing():
    svg = '<svg><g class="shade-b"><path d="M 0 0 L 9 9 z" fill="#f3e5c9" /></g><rect class="shade-a" /></svg>'
    root = ET.fromstring(self_styled(svg))
    assert root.find("g/path").get("fill") == "url(#hatch-b)"
    assert [pattern.get("id") for pattern in root.iter("pattern")] == ["hatch-b"]
    assert root.find("rect").get("fill") == "#cadce9"


def test_every_reference_of_a_drawing_is_met_within_it(html):
    drawings = re.findall(r"<svg\b.*?</svg>", html, re.DOTALL)
    assert len(drawings) > 20
    for svg in drawings:
        styled = self_styled(svg)
        ids = set(re.findall(r'\bid="([^"]+)"', styled))
        assert set(re.findall(r"url\(#([^)]+)\)", styled)) <= ids
        shown = [element for element in ET.fromstring(styled).iter() if "shade-" in element.get("class", "")]
        assert all(any(part.get("fill") for part in element.iter()) for element in shown)


def test_text_with_an_edge_stands_before_its_edge():
    root = ET.fromstring(self_styled('<svg><g class="halo"><text x="1">云溪街道</text></g></svg>'))
    behind, before = root.findall("g/text")
    assert behind.get("stroke") == "#fff"
    assert before.get("stroke") is None
    assert behind.text == before.text == "云溪街道"


def test_without_weasyprint_it_is_said_what_to_install(html, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError) as raised:
        write_pdf(html, tmp_path / "r.pdf", date=DATE)
    assert raised.value.code == "AG2142"
    assert not list(tmp_path.iterdir())


def test_the_same_page_gives_the_same_bytes_and_the_environment_is_left_alone(html, tmp_path, monkeypatch):
    weasyprint()
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    first = write_pdf(html, tmp_path / "a.pdf", date=DATE).read_bytes()
    assert first.startswith(b"%PDF")
    assert "SOURCE_DATE_EPOCH" not in os.environ
    assert write_pdf(html, tmp_path / "b.pdf", date=DATE).read_bytes() == first


def test_nothing_is_fetched():
    weasyprint()
    with pytest.raises(ValueError, match="file:"):
        report_pdf._refuse("file:///etc/passwd")
