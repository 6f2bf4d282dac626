"""On which page each heading of a document stands: LibreOffice lays it out, without a window, and is asked."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from accessgis.base.errors import UsageError
from accessgis.base.files import scratch_folder
from accessgis.report.word_parts import add_field

_PROGRAMS = ("soffice", "libreoffice")
_PATIENCE_S = 300
_FIELD = re.compile(r"PAGEREF\s+(\S+)")


def office_program() -> str:
    """Return the path of LibreOffice.

    Raises
    ------
    UsageError
        AG2140 it is not installed.
    """
    found = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise UsageError("AG2140")
    return found


def pages_of(path: Path, marks: Sequence[str]) -> dict[str, int]:
    """Return the page that each bookmark of a document stands on.

    Raises
    ------
    UsageError
        AG2140 LibreOffice is not installed, AG2141 it could not lay out the document.
    """
    program = office_program()
    with scratch_folder() as folder:
        asked, told = folder / "asked.docx", folder / "told"
        _ask(path, marks, asked)
        profile = (folder / "profile").resolve().as_uri()
        command = [program, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "docx:MS Word 2007 XML"]
        try:
            subprocess.run(  # noqa: S603  the program is the one on the path, the files are ours
                [*command, "--outdir", str(told), str(asked)], capture_output=True, check=True, timeout=_PATIENCE_S
            )
            pages = _told(told / asked.name)
        except (OSError, subprocess.SubprocessError) as error:
            raise UsageError("AG2141") from error
    if set(pages) != set(marks):
        raise UsageError("AG2141")
    return pages


def _ask(path: Path, marks: Sequence[str], to: Path) -> None:
    """Write a copy whose entries of contents ask for pages, each by a field that LibreOffice fills."""
    document = Document(str(path))
    links = {
        link.get(qn("w:anchor")): paragraph
        for paragraph in document.paragraphs
        for link in paragraph._element.findall(qn("w:hyperlink"))  # noqa: SLF001  python-docx has no links inside
    }
    for mark in marks:
        links[mark].add_run("\t")
        add_field(links[mark], f" PAGEREF {mark} \\h ", "0")
    document.save(str(to))


def _told(path: Path) -> dict[str, int]:
    """Return what the fields of a document show."""
    if not path.is_file():
        return {}
    pages: dict[str, int] = {}
    for paragraph in Document(str(path)).paragraphs:
        element: Any = paragraph._element  # noqa: SLF001  as above
        mark, shown, between = "", "", False
        for part in element.iter(qn("w:fldChar"), qn("w:instrText"), qn("w:t")):
            kind = part.get(qn("w:fldCharType"))
            if part.tag == qn("w:instrText") and (found := _FIELD.search(part.text or "")):
                mark = found.group(1)
            elif kind == "separate":
                between = True
            elif kind == "end":
                between = False
            elif part.tag == qn("w:t") and between and mark:
                shown += part.text or ""
        if mark and shown.strip().isdecimal():
            pages[mark] = int(shown)
    return pages
