"""Drawings as pictures for print: what the page's style sheet does (hatching, white edges) is drawn in.

A picture holds its text as drawn letters, so that it needs a Chinese font on the machine that makes it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager, patheffects
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from PIL import Image

from accessgis.report.vector_drawing import CLASS, house_style

DPI = 220
FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans CJK JP",
)  # fmt: skip
"""Chinese fonts, the first of which on the machine is drawn with."""
_LATIN = "DejaVu Sans"
_HATCHES: dict[str, tuple[str, str, str]] = {
    "shade-b": ("#f3e5c9", "//", "#b99556"), "shade-c": ("#e6c08a", "////", "#a8722f"),
    "shade-d": ("#cb8c4c", "xxx", "#8f5119"), "shade-s3": ("#a79fba", "///", "#7c7394"),
    "shade-s4": ("#8a819f", "\\\\\\\\", "#4b4263"), "shade-u": ("#ffffff", "xx", "#a6a6a6"),
    "shade-h": ("#e6eff5", "..", "#1b4f78"), "uncovered": ("#ecc795", "////", "#a86a24"),
}  # fmt: skip
"""Fill, hatch and its colour by class, as in the page's style sheet."""
_HALO_PX = 3.0
_PACKED = 4
"""How hard a picture is packed: harder takes a third longer for 3 % less."""

# A drawing is left as it is once it is made: a document that is laid out twice needs its picture once.
_KNOWN: WeakKeyDictionary[Figure, bytes] = WeakKeyDictionary()


@cache
def chinese_font() -> str:
    """Return the Chinese font that pictures are drawn with, ``""`` where the machine has none."""
    known = set(font_manager.get_font_names())
    return next((name for name in FONTS if name in known), "")


def png(figure: Figure) -> bytes:
    """Return a drawing as PNG at print resolution; the same drawing gives the same bytes with the same font.

    The drawing itself is left as it was, and drawn once for as long as it lives.
    """
    if figure not in _KNOWN:
        _KNOWN[figure] = _drawn(figure)
    return _KNOWN[figure]


def _drawn(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with house_style(), mpl.rc_context({"hatch.linewidth": 0.7}), _for_print(figure), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # odd signs in names: a box is drawn
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    # Where the figure ends within a pixel nothing is drawn. A picture without transparency packs in half the time.
    whole = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    whole.save(buffer, "png", dpi=(DPI, DPI), compress_level=_PACKED)
    return buffer.getvalue()


@contextmanager
def _for_print(figure: Figure) -> Iterator[None]:
    """Give the parts of a drawing their looks, and take them back."""
    families = [name for name in (chinese_font(), _LATIN) if name]
    texts: list[Any] = figure.findobj(Text)
    before = [text.get_fontfamily() for text in texts]
    canvas, looks = figure.canvas, {"dpi": figure.get_dpi(), "facecolor": figure.get_facecolor()}
    styled = [(artist, str(artist.get_gid()).removeprefix(CLASS)) for artist in figure.findobj(_has_class)]
    fills = [(artist, artist.get_facecolor()) for artist, _ in styled if isinstance(artist, Patch)]
    figure.set(dpi=DPI, facecolor="white")
    for text in texts:
        text.set_fontfamily(families)
    for artist, name in styled:
        _give_look(artist, name)
    try:
        yield
    finally:
        figure.set(**looks)
        figure.set_canvas(canvas)
        for text, family in zip(texts, before, strict=True):
            text.set_fontfamily(family)
        for patch, colour in fills:
            patch.set(facecolor=colour, hatch="")
        for artist, _ in styled:
            artist.set_path_effects([])


def _has_class(artist: Artist) -> bool:
    return str(artist.get_gid() or "").startswith(CLASS)


def _give_look(artist: Artist, name: str) -> None:
    if name == "halo":
        artist.set_path_effects([patheffects.withStroke(linewidth=_HALO_PX, foreground="white")])
    elif isinstance(artist, Patch) and name in _HATCHES:
        fill, hatch, colour = _HATCHES[name]
        artist.set(facecolor=fill, hatch=hatch)
        if hasattr(artist, "set_hatchcolor"):  # older matplotlib hatches in the colour of the edge
            artist.set_hatchcolor(colour)
