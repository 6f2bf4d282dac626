"""Facility symbols as small drawings for legends: the shapes of the maps."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache

from matplotlib.path import Path

from accessgis.report.ready import Ready, drawing
from accessgis.report.symbol_paths import symbol_path
from accessgis.report.wording import symbol

_SIZE, _RADIUS = 16.0, 5.4
_COMMANDS = {int(Path.MOVETO): "M", int(Path.LINETO): "L"}


@cache
def symbol_svg(kind: str) -> Ready:
    """Return the symbol of a kind as an ``svg`` element of 16 pixels, hidden from readers of the screen."""
    sign = symbol(kind)
    radius = min(_RADIUS, max(4.0, float(sign["radius_px"]) * 0.8))
    hollow = bool(sign["hollow"])
    fill, stroke = ("#fff", "#16181c") if hollow else ("#16181c", "#fff")
    look = {"fill": fill, "stroke": stroke, "stroke-width": "1" if hollow else "0.5"}
    root = ET.Element("svg", {"class": "mk", "viewBox": "0 0 16 16", "aria-hidden": "true"})
    if sign["shape"] == "circle":
        ET.SubElement(root, "circle", {"cx": "8", "cy": "8", "r": f"{radius:.1f}", **look})
        return drawing(root)
    parts = []
    for (x, y), code in symbol_path(str(sign["shape"])).iter_segments(simplify=False):
        letter = _COMMANDS.get(int(code))
        parts.append(f"{letter}{_SIZE / 2 + x * radius:.1f} {_SIZE / 2 - y * radius:.1f}" if letter else "z")
    ET.SubElement(root, "path", {"d": "".join(parts), "fill-rule": "evenodd", **look})
    return drawing(root)
