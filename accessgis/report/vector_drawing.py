"""Drawings of matplotlib as SVG that stands inside a page: small, without styles, with text as text.

A drawing says how its parts look through classes (:func:`styled`), so that page and print keep one set of hatches and
fonts and the page's policy can forbid styles in attributes. The same drawing gives the same bytes.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from accessgis.report.printable import printable
from accessgis.report.ready import Ready, drawing

CLASS = "class:"
INK, SECOND, QUIET = "#1b1f24", "#454c54", "#626a73"
RULE, LINE = "#d3d0c7", "#e2dfd7"
_PX_PER_INCH = 72.0
_WIDE_FROM = 0x2E80
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_URL = re.compile(r"url\(#([^)]+)\)")
_KEPT = frozenset(
    {"fill", "fill-opacity", "fill-rule", "font-size", "font-weight", "opacity", "stroke", "stroke-dasharray",
     "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor"}
)  # fmt: skip
_DEFAULTS = {("stroke-width", "1.0"), ("stroke-dashoffset", "0"), ("stroke-linecap", "butt"), ("fill-opacity", "1")}
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "accessgis",
    "font.family": "DejaVu Sans",
    "path.simplify": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the library's own defaults, whatever the user's settings for other work are."""
    said = logging.getLogger("matplotlib.font_manager")
    level = said.level
    said.setLevel(logging.ERROR)  # a font without a bold face is drawn in its only one: nothing that a user can mend
    try:
        with mpl.style.context(["default", _SETTINGS]):
            yield
    finally:
        said.setLevel(level)


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a drawing of so many CSS pixels, its axes over all of it, y downwards, one unit a pixel."""
    figure = Figure(figsize=(width / _PX_PER_INCH, height / _PX_PER_INCH), dpi=_PX_PER_INCH, frameon=False)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return figure, axes


def styled(artist: Artist, name: str) -> None:
    """Give a part of a drawing a class of the page's style sheet."""
    artist.set_gid(f"{CLASS}{name}")


def write_text(axes: Axes, at: tuple[float, float], text: str, **look: Any) -> None:
    """Write text that is never read as mathematics; control characters of names are left out.

    ``halo=True`` gives it a white edge.
    """
    halo = look.pop("halo", False)
    defaults: dict[str, Any] = {"ha": "left", "va": "baseline", "fontsize": 11.0, "color": INK, "clip_on": False}
    defaults["rotation_mode"] = "anchor"  # so that no place hangs on how wide a font sets the text
    artist = axes.text(*at, printable(text, lines=False), parse_math=False, **(defaults | look))
    if halo:
        styled(artist, "halo")


def text_width(text: str, size: float) -> float:
    """Return about how wide text of a size is set: Chinese characters take a square each, others about half."""
    return sum(size if ord(char) > _WIDE_FROM else 0.57 * size for char in text)


def inline_svg(figure: Figure, *, name: str, label: str) -> Ready:
    """Return a drawing as an ``svg`` element for a page.

    Parameters
    ----------
    figure
        The drawing.
    name
        Unique in the page: ids inside the drawing start with it.
    label
        What it shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with house_style(), warnings.catch_warnings():
        # Text stays text and is set in the reader's fonts: that the drawing's own font lacks a glyph does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  written by matplotlib a moment ago
    used = {found for element in root.iter() for found in _references(element)}
    clean = _clean(root, used, name)[0]
    clean.attrib = {
        "class": "drawing",
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": label,
        "stroke-linejoin": "round",
    }
    return drawing(clean)


def _references(element: ET.Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        if key.endswith("href"):
            yield value.removeprefix("#")
        yield from _URL.findall(value)


def _clean(element: ET.Element, used: set[str], name: str) -> list[ET.Element]:
    """Return what stays of an element: itself, only its children where it says nothing, or nothing."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style", "title"):
        return []
    children = [kept for child in element for kept in _clean(child, used, name)]
    attributes = _attributes(element, tag, used, name)
    if tag in ("g", "defs") and not children:
        return []
    if tag == "g" and not attributes:
        return children
    if tag == "clipPath" and "id" not in attributes:
        return []
    result = ET.Element(tag, attributes)
    result.text = element.text if tag == "text" else None
    result.extend(children)
    return [result]


def _attributes(element: ET.Element, tag: str, used: set[str], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in element.attrib.items():
        short = key.rpartition("}")[2]
        if short == "id":
            if value.startswith(CLASS):
                found["class"] = value.removeprefix(CLASS)
            elif value in used:
                found["id"] = f"{name}-{value}"
        elif short == "href":
            found["href"] = f"#{name}-{value.removeprefix('#')}"
        elif short == "style":
            found |= _presentation(value, name)
        elif short == "d":
            found["d"] = " ".join(_NUMBER.sub(_short, value).split())
        elif short == "transform" and tag == "text" and value.startswith(("rotate(-0 ", "rotate(0 ")):
            continue
        elif short in ("clip-path", "x", "y", "width", "height", "transform", "patternUnits", "viewBox"):
            found[short] = _URL.sub(rf"url(#{name}-\1)", _NUMBER.sub(_short, value))
    return found


def _presentation(style: str, name: str) -> dict[str, str]:
    """Return a style as attributes, which the page's policy allows."""
    pairs = [tuple(part.strip() for part in item.split(":", 1)) for item in style.split(";") if ":" in item]
    return {
        key: _URL.sub(rf"url(#{name}-\1)", value.removesuffix("px"))
        for key, value in pairs
        if key in _KEPT and (key, value) not in _DEFAULTS
    }


def _short(match: re.Match[str]) -> str:
    """Return a number of pixels to one decimal, without a needless zero or sign."""
    text = f"{float(match.group()):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
