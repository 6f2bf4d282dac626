"""Workbook and document in an office program: LibreOffice opens both, lays them out and counts the pages."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from fake_assessment import fake_assessment

from accessgis.report.report_docx import write_document
from accessgis.report.report_view import report_view
from accessgis.report.workbook import write_workbook

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
INSTALL = "no LibreOffice: apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"
pytestmark = pytest.mark.skipif(OFFICE is None, reason=INSTALL)


@pytest.fixture(scope="module")
def fake():
    return fake_assessment(villages=60)


def pdf(path: Path) -> bytes:
    profile = (path.parent / "profile").as_uri()
    subprocess.run(
        [
            OFFICE,
            "--headless",
            f"-env:UserInstallation={profile}",
            "--convert-to",
            "pdf",
            "--outdir",
            path.parent,
            path,
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return path.with_suffix(".pdf").read_bytes()


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


def test_the_document_opens_and_fills_pages(fake, tmp_path):
    content = pdf(write_document(fake, tmp_path / "report.docx"))
    assert content.startswith(b"%PDF")
    assert pages(content) > 10


def test_the_workbook_opens_and_every_sheet_is_printed(fake, tmp_path):
    content = pdf(write_workbook(fake, tmp_path / "coverage.xlsx"))
    assert content.startswith(b"%PDF")
    assert pages(content) >= 10


@pytest.mark.soak
def test_the_contents_have_page_numbers_where_they_are_asked_for(fake, tmp_path):
    view = report_view(fake)
    path = write_document(fake, tmp_path / "numbered.docx", view=view, page_numbers=True)
    plain = write_document(fake, tmp_path / "plain.docx", view=view)
    entries = [p for p in Document(path).paragraphs if p.style.name.startswith("toc")]
    shown = ["".join(node.text for node in entry._element.iter(qn("w:t"))) for entry in entries]
    bare = [
        "".join(node.text for node in entry._element.iter(qn("w:t")))
        for entry in Document(plain).paragraphs
        if entry.style.name.startswith("toc")
    ]
    numbers = [int(text.removeprefix(name)) for text, name in zip(shown, bare, strict=True)]
    assert numbers == sorted(numbers)
    assert numbers[0] > 1
    assert numbers[-1] <= pages(pdf(path))
    again = write_document(fake, tmp_path / "again.docx", view=view, page_numbers=True)
    assert again.read_bytes() == path.read_bytes()
