"""Facility symbols as small drawings for legends: the shapes of the maps."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup
from matplotlib.path import Path

from accessgis.report.symbol_paths import symbol_path
from accessgis.report.wording import symbol

_SIZE, _RADIUS = 16.0, 5.4
_COMMANDS = {int(Path.MOVETO): "M", int(Path.LINETO): "L"}


@cache
def symbol_svg(kind: str) -> Markup:
    """Return the symbol of a kind as an ``svg`` element of 16 pixels, hidden from readers of the screen."""
    sign = symbol(kind)
    radius = min(_RADIUS, max(4.0, float(sign["radius_px"]) * 0.8))
    if sign["shape"] == "circle":
        shape = Markup('<circle cx="8" cy="8" r="{}"{}/>')
        inner = shape.format(f"{radius:.1f}", _look(hollow=bool(sign["hollow"])))
    else:
        parts = []
        for (x, y), code in symbol_path(str(sign["shape"])).iter_segments(simplify=False):
            letter = _COMMANDS.get(int(code))
            parts.append(f"{letter}{_SIZE / 2 + x * radius:.1f} {_SIZE / 2 - y * radius:.1f}" if letter else "z")
        inner = Markup('<path d="{}" fill-rule="evenodd"{}/>').format(
            "".join(parts), _look(hollow=bool(sign["hollow"]))
        )
    return Markup('<svg class="mk" viewBox="0 0 16 16" aria-hidden="true">{}</svg>').format(inner)


def _look(*, hollow: bool) -> Markup:
    fill, stroke = ("#fff", "#16181c") if hollow else ("#16181c", "#fff")
    return Markup(' fill="{}" stroke="{}" stroke-width="{}"').format(fill, stroke, "1" if hollow else "0.5")
