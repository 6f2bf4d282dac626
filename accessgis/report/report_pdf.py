"""``report.pdf``: the page of the report as a PDF, by WeasyPrint (``accessgis[pdf]``). Equal pages give equal bytes.

WeasyPrint gives drawings in a page no part of its style sheet, so they are told here how they look.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from accessgis.base.errors import UsageError
from accessgis.report.coverage_map import asset
from accessgis.report.rule_map import FILLS, HATCHED

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_EPOCH = "SOURCE_DATE_EPOCH"
_SHADE, _FAR = "shade-", "uncovered"
_HALO = {"stroke": "#fff", "stroke-width": "3", "stroke-linejoin": "round"}


def require_weasyprint() -> Any:
    """Return WeasyPrint.

    Raises
    ------
    UsageError
        AG2142 it, or the Pango library that it sets text with, is not installed.
    """
    try:
        import weasyprint  # noqa: PLC0415  an extra
    except (ImportError, OSError) as error:
        raise UsageError("AG2142") from error
    return weasyprint


def write_pdf(html: str, path: str | Path, *, date: dt.date) -> Path:
    """Write a report page as PDF.

    Parameters
    ----------
    html
        What :func:`accessgis.report.report_html.report_page` returns.
    path
        File to write.
    date
        Date that the file bears, in place of the clock's.

    Raises
    ------
    UsageError
        AG2142 WeasyPrint is not installed.
    """
    weasyprint = require_weasyprint()
    page = _SVG.sub(lambda found: self_styled(found.group()), html)
    with _dated(date):
        weasyprint.HTML(string=page, url_fetcher=_refuse).write_pdf(str(path))
    return Path(path)


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    """Fetch nothing: all that the page needs is in it."""
    raise ValueError(url)


@contextmanager
def _dated(date: dt.date) -> Iterator[None]:
    """Give the day to those libraries that ask the environment for it."""
    before = os.environ.get(_EPOCH)
    os.environ[_EPOCH] = str(int(dt.datetime.combine(date, dt.time(), dt.UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_EPOCH]
        else:
            os.environ[_EPOCH] = before


def self_styled(svg: str) -> str:
    """Return a drawing with the looks of its classes in its own attributes."""
    root = ET.fromstring(svg)  # noqa: S314  written by ourselves a moment ago
    used: dict[str, None] = {}
    for element in list(root.iter()):
        name = element.get("class", "")
        if name == "halo":
            _add_halo(element)
        elif name == _FAR or name.startswith(_SHADE):
            for part in _parts(element):
                part.set("fill", _fill(name, used))
    if used:
        drawn = ET.Element("defs")
        drawn.extend(copy.deepcopy(_hatches()[name]) for name in used)
        root.insert(0, drawn)
    return ET.tostring(root, encoding="unicode")


def _parts(element: ET.Element) -> list[ET.Element]:
    return [part for part in element.iter() if part.tag in ("path", "rect")]


def _fill(name: str, used: dict[str, None]) -> str:
    shade: Any = name.removeprefix(_SHADE)
    if name != _FAR and shade not in HATCHED:
        return FILLS[shade]
    hatch = "hatch-far" if name == _FAR else f"hatch-{shade}"
    used[hatch] = None
    return f"url(#{hatch})"


def _add_halo(element: ET.Element) -> None:
    """Put a white edge behind every text."""
    for place, text in reversed(list(enumerate(element))):
        if text.tag == "text":
            behind = copy.deepcopy(text)
            behind.attrib |= _HALO
            element.insert(place, behind)


@cache
def _hatches() -> dict[str, ET.Element]:
    root = ET.fromstring(asset("hatches.html"))  # noqa: S314  our own file
    return {pattern.attrib["id"]: pattern for pattern in root.iter("pattern")}
