"""The legend of a map as a drawing, for documents that cannot set it in text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from accessgis.report.rule_map import FILLS, GAP_INK, HATCHED, Shade, draw_ring
from accessgis.report.symbol_paths import symbol_path
from accessgis.report.vector_drawing import canvas, styled, text_width, write_text
from accessgis.report.wording import symbol

_ROW, _SIGN, _GAP, _SIZE = 21.0, 30.0, 20.0, 11.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendContent:
    """What a legend explains: classes with their words, kinds with their names, the gaps' numbers and main roads.

    ``gaps`` and ``roads`` are ``""`` where none are drawn; ``moved`` are ``new`` and ``gone`` with their words.
    """

    shades: Sequence[tuple[Shade, str]]
    kinds: Sequence[tuple[str, str]]
    gaps: str
    roads: str
    moved: Sequence[tuple[Literal["new", "gone"], str]] = ()


def legend_drawing(content: LegendContent, *, width: float = 430.0) -> Figure:
    """Return the legend, its entries in as many rows as they need."""
    entries: list[tuple[str, str, str]] = [("shade", name, text) for name, text in content.shades]
    entries += [("kind", name, text) for name, text in content.kinds]
    entries += [("gap", "", content.gaps)] if content.gaps else []
    entries += [("moved", change, text) for change, text in content.moved]
    entries += [("road", "", content.roads)] if content.roads else []
    places, x, y = [], 0.0, 0.0
    for entry in entries:
        wide = _SIGN + text_width(entry[2], _SIZE) + _GAP
        if x and x + wide - _GAP > width:
            x, y = 0.0, y + _ROW
        places.append((x, y))
        x += wide
    figure, axes = canvas(width, y + _ROW)
    for (sort, name, text), (left, top) in zip(entries, places, strict=True):
        _draw_sign(axes, sort, name, (left, top + _ROW / 2))
        write_text(axes, (left + _SIGN, top + _ROW / 2 + 4), text, fontsize=_SIZE)
    return figure


def _draw_sign(axes: Axes, sort: str, name: str, at: tuple[float, float]) -> None:
    x, y = at
    if sort == "shade":
        shade: Shade = name  # type: ignore[assignment]
        box = axes.fill(
            [x + 1, x + 25, x + 25, x + 1], [y - 6.5, y - 6.5, y + 6.5, y + 6.5], fc=FILLS[shade], ec="#6b6760", lw=0.8
        )
        if shade in HATCHED:
            styled(box[0], HATCHED[shade])
    elif sort == "kind":
        sign = symbol(name)
        hollow = bool(sign["hollow"])
        axes.plot(
            [x + 13], [y], ls="", marker=symbol_path(str(sign["shape"])), ms=11, mfc="#fff" if hollow else "#16181c",
            mec="#16181c" if hollow else "#fff", mew=0.9 if hollow else 0.5,
        )  # fmt: skip
    elif sort == "gap":
        axes.plot([x + 13], [y], marker="o", ms=14, mfc="#fff", mec=GAP_INK, mew=1.6, ls="")
        write_text(axes, (x + 13, y + 3.6), "1", ha="center", fontsize=9.5, color=GAP_INK, weight="bold")
    elif sort == "moved":
        draw_ring(axes, (x + 13, y), "new" if name == "new" else "gone", 6.5)
    else:
        axes.plot([x + 2, x + 24], [y, y], color="#8b857a", lw=2)
