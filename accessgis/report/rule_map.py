"""A map of one rule as a drawing: areas shaded by class with their names and shares, facilities, gaps by number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from accessgis.report.map_ground import Ground
from accessgis.report.sentences import AreaClass
from accessgis.report.shapes import label_points
from accessgis.report.symbol_paths import symbol_path
from accessgis.report.vector_drawing import INK, canvas, styled, text_width, write_text
from accessgis.report.wording import symbol

Shade = AreaClass | Literal["p", "h", "n", "ga", "gb", "gain", "loss", "same"]
"""How an area is shaded: as a circle's, as a unit's that is counted, or by what became of it."""
FILLS: dict[Shade, str] = {
    "a": "#cadce9", "b": "#f3e5c9", "c": "#e6c08a", "d": "#cb8c4c", "s1": "#eeecf2", "s2": "#cfcada", "s3": "#a79fba",
    "s4": "#8a819f", "u": "#ffffff", "x": "#ffffff", "p": "#cadce9", "h": "#e6eff5", "n": "#e6c08a", "ga": "#cadce9",
    "gb": "#e6c08a", "gain": "#9abfd6", "loss": "#e6c08a", "same": "#eeebe3",
}  # fmt: skip
HATCHED: dict[Shade, str] = {
    **{shade: f"shade-{shade}" for shade in ("b", "c", "d", "s3", "s4", "u", "h")}, "n": "shade-c", "gb": "shade-c",
    "loss": "shade-c",
}  # fmt: skip
"""The look of the shades that are hatched."""
GAP_INK = "#74300c"
RING_INKS = {"new": "#1b4f78", "gone": "#8a3606"}
MOST_NAMES = 30
MOST_DISCS = 12
_MARGIN = 14.0
_FOCUS_SHARE = 0.35
_SMALL, _FEW = 400, 40
_DISC = 8.0
_FEW_NAMES, _CROWDED_PX2 = 12, 50.0
"""Up to so many areas all are named; of more, those whose name would cover others by so much stay without."""
_NAME_PX = 11.5
Box = tuple[float, float, float, float]
_SCALES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMark:
    """How an area is drawn: its code, class, name and what stands under the name."""

    code: str
    shade: Shade
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A gap: its number and place in the working CRS."""

    number: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A facility that only one of two results has in service: its kind, place, and whether it is new or gone."""

    kind: str
    x: float
    y: float
    change: Literal["new", "gone"]


@dataclass(frozen=True, eq=False, kw_only=True)
class MapContent:
    """What a map of a rule shows.

    Attributes
    ----------
    level
        Level of the shaded areas.
    marks
        The areas, in any order; those of the level that are not among them stay white.
    kinds
        Facility kinds drawn, those in service.
    discs
        Gaps, the first one on top.
    north, scale
        Letter under the arrow, and ``{km}千米`` with its brace.
    moved
        Facilities drawn larger, in a ring.
    """

    level: str
    marks: Sequence[AreaMark]
    kinds: Sequence[str]
    discs: Sequence[Disc]
    north: str
    scale: str
    moved: Sequence[Moved] = ()


class Sheet:
    """Places metres of the working CRS on a sheet of pixels."""

    def __init__(self, bounds: Box, width: float, *, margin: float = _MARGIN) -> None:
        west, south, east, north = bounds
        self.per_metre = (width - 2 * margin) / max(east - west, (north - south) / 1.05, 1.0)
        self.height = (north - south) * self.per_metre + 2 * margin
        self.left = (width - (east - west) * self.per_metre) / 2 - west * self.per_metre
        self.bottom = self.height - margin + south * self.per_metre

    def place(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places of the working CRS in pixels of the sheet."""
        return np.column_stack([self.left + xy[:, 0] * self.per_metre, self.bottom - xy[:, 1] * self.per_metre])

    def path(self, shape: shapely.Geometry) -> Path | None:
        """Return the rings or lines of a shape as one path."""
        parts = shapely.get_parts(shapely.get_parts([shape]))
        rings = shapely.get_rings(parts) if shapely.get_dimensions(shape) == 2 else parts
        paths = [
            Path(self.place(shapely.get_coordinates(ring)), closed=shapely.get_dimensions(shape) == 2)
            for ring in rings
            if shapely.get_type_id(ring) in (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING)
        ]
        return Path.make_compound_path(*paths) if paths else None


def rule_map(ground: Ground, content: MapContent, *, width: float = 430.0) -> Figure:
    """Return the map of a rule."""
    areas = ground.shapes(content.level)
    bounds, part = _bounds(ground, areas, content.marks)
    sheet = Sheet(bounds, width)
    figure, axes = canvas(width, sheet.height + 22)
    marks = {mark.code: mark for mark in content.marks}
    for code, shape in areas.items():
        _draw_area(axes, sheet, shape, marks[code].shade if code in marks else "x")
    _draw_roads(axes, sheet, ground)
    if content.level == "village":
        for shape in ground.shapes("township").values():
            _draw_line(axes, sheet, shape, width=1.3)
    _draw_line(axes, sheet, ground.outline, width=2.0)
    taken = [box for kind in reversed(content.kinds) for box in _draw_kind(axes, sheet, ground, kind)]
    taken += [_draw_moved(axes, sheet, each) for each in content.moved]
    taken += _draw_discs(axes, sheet, content.discs)
    concerned = [(mark, areas[mark.code]) for mark in content.marks if mark.shade != "x" and mark.code in areas]
    _write_names(axes, sheet, concerned, taken)
    if part:
        low = sheet.height
        axes.fill([0, width, width, 0], [low, low, low + 22, low + 22], fc="#fff", ec="none", zorder=5)
        axes.plot([0.5, width - 0.5, width - 0.5, 0.5, 0.5], [0.5, 0.5, low, low, 0.5], color=INK, lw=1, zorder=5)
    draw_north(axes, width - 22, content.north)
    draw_scale(axes, sheet, (width - _MARGIN, sheet.height + 18), content.scale)
    return figure


def finest_drawn(ground: Ground, marks: Sequence[AreaMark]) -> bool:
    """Return whether the concerned areas fill so little of the study that their villages should be drawn instead."""
    frame = ground.areas
    if not (frame["level"] == "village").any() or not (frame["level"] == "township").any():
        return False
    named = {mark.code for mark in marks if mark.shade != "x"}
    areas = frame[frame["level"] == "township"]
    inside = areas["code"].isin(named).to_numpy()
    size = shapely.area(areas.geometry.to_numpy())
    return bool(inside.any() and size[inside].sum() < _FOCUS_SHARE * size.sum())


def _bounds(ground: Ground, areas: dict[str, shapely.Geometry], marks: Sequence[AreaMark]) -> tuple[Box, bool]:
    """Return what the map shows, and whether that is only a part: the areas concerned where they are a small one."""
    whole = shapely.total_bounds(list(areas.values()) or [ground.outline])
    named = [areas[mark.code] for mark in marks if mark.shade != "x" and mark.code in areas]
    if named:
        west, south, east, north = shapely.total_bounds(named)
        far = 0.08 * max(east - west, north - south)
        box = np.array([west - far, south - far, east + far, north + far])
        if (box[2] - box[0]) * (box[3] - box[1]) < _FOCUS_SHARE * (whole[2] - whole[0]) * (whole[3] - whole[1]):
            west, south, east, north = box.tolist()
            return (west, south, east, north), True
    west, south, east, north = whole.tolist()
    return (west, south, east, north), False


def _draw_area(axes: Axes, sheet: Sheet, shape: shapely.Geometry, shade: Shade) -> None:
    path = sheet.path(shape)
    if path is not None:
        patch = PathPatch(path, fc=FILLS[shade], ec="#55606a", lw=0.7)
        if shade in HATCHED:
            styled(patch, HATCHED[shade])
        axes.add_patch(patch)


def _draw_line(axes: Axes, sheet: Sheet, shape: shapely.Geometry, *, width: float) -> None:
    path = sheet.path(shapely.boundary(shape))
    if path is not None:
        axes.add_patch(PathPatch(path, fc="none", ec=INK, lw=width))


def _draw_roads(axes: Axes, sheet: Sheet, ground: Ground) -> None:
    path = sheet.path(ground.main_roads)
    if path is not None:
        axes.add_patch(PathPatch(path, fc="none", ec="#ffffff", lw=2.4, capstyle="round"))
        axes.add_patch(PathPatch(path, fc="none", ec="#8b857a", lw=1.1, capstyle="round"))


def _draw_kind(axes: Axes, sheet: Sheet, ground: Ground, kind: str) -> list[Box]:
    """Draw the facilities of a kind; return the boxes that they take, where they are few enough to keep names off."""
    frame = ground.facilities
    here = frame[(frame["kind"] == kind) & (frame["status"] == "in_service") & frame["x"].notna()]
    points = sheet.place(here[["x", "y"]].to_numpy(dtype=np.float64))
    right, low = axes.get_xlim()[1], axes.get_ylim()[0] - 22
    inside = (points[:, 0] > 2) & (points[:, 0] < right - 2) & (points[:, 1] > 2) & (points[:, 1] < low)
    points = points[inside]
    if not len(points):
        return []
    size = _symbol_size(kind) * (0.6 if len(points) > _SMALL else 1.0)
    _draw_symbols(axes, points, kind, size)
    return [(x - size, y - size, x + size, y + size) for x, y in points.tolist()] if len(points) <= _FEW else []


def _symbol_size(kind: str) -> float:
    return min(5.4, max(3.0, float(symbol(kind)["radius_px"]) * 0.8))


def _draw_symbols(axes: Axes, points: NDArray[np.float64], kind: str, size: float) -> None:
    sign = symbol(kind)
    hollow = bool(sign["hollow"])
    axes.plot(
        points[:, 0], points[:, 1], ls="", marker=symbol_path(str(sign["shape"])), ms=2 * size, clip_on=False,
        mfc="#fff" if hollow else "#16181c", mec="#16181c" if hollow else "#fff", mew=0.9 if hollow else 0.5,
    )  # fmt: skip


def _draw_moved(axes: Axes, sheet: Sheet, moved: Moved) -> Box:
    """Draw a facility that is new or gone in its ring, and return the box that it takes."""
    point = sheet.place(np.array([[moved.x, moved.y]]))
    size = _symbol_size(moved.kind) * 1.2
    draw_ring(axes, point[0].tolist(), moved.change, size + 4.0)
    _draw_symbols(axes, point, moved.kind, size)
    x, y = point[0].tolist()
    return x - size - 5, y - size - 5, x + size + 5, y + size + 5


def draw_ring(axes: Axes, at: tuple[float, float], change: Literal["new", "gone"], radius: float) -> None:
    """Draw the ring of a facility that is new, or broken of one that is gone."""
    turn = np.linspace(0.0, 2 * np.pi, 49)
    axes.fill(
        at[0] + radius * np.cos(turn), at[1] + radius * np.sin(turn), fc="#ffffffd8", ec=RING_INKS[change], lw=1.6,
        ls=(0, (2.4, 1.4)) if change == "gone" else "-",
    )  # fmt: skip


def _draw_discs(axes: Axes, sheet: Sheet, discs: Sequence[Disc]) -> list[Box]:
    """Draw the gaps, the first on top, and return the boxes that they take."""
    taken = []
    for disc in reversed(discs[:MOST_DISCS]):
        x, y = sheet.place(np.array([[disc.x, disc.y]]))[0].tolist()
        axes.plot([x], [y], marker="o", ms=2 * _DISC, mfc="#fff", mec=GAP_INK, mew=1.6, ls="")
        write_text(axes, (x, y + 3.8), disc.number, ha="center", fontsize=10, color=GAP_INK, weight="bold")
        taken.append((x - _DISC, y - _DISC, x + _DISC, y + _DISC))
    return taken


def _write_names(
    axes: Axes,
    sheet: Sheet,
    areas: Sequence[tuple[AreaMark, shapely.Geometry]],
    taken: list[Box],
) -> None:
    """Write name and share of each area where they cover no gap and no other name, the widest areas first."""
    named = [item for item in areas if item[0].name or item[0].text]
    ranked = sorted(named, key=lambda item: -float(shapely.area(item[1])))[:MOST_NAMES]
    if not ranked:
        return
    points = shapely.get_coordinates(label_points(np.array([shape for _, shape in ranked], dtype=object), inside=True))
    boxes = list(taken)
    wide, high = axes.get_xlim()[1], axes.get_ylim()[0] - 22
    for (mark, _), (x, y) in zip(ranked, sheet.place(points).tolist(), strict=True):
        half = max(text_width(mark.name, _NAME_PX), text_width(mark.text, _NAME_PX)) / 2
        best = min(_tries(x, y), key=lambda at: (_overlap(_box(at, half), boxes, wide, high), math.dist(at, (x, y))))
        box = _box(best, half)
        if _overlap(box, boxes, wide, high) > _CROWDED_PX2 and len(areas) > _FEW_NAMES:
            continue
        boxes.append(box)
        write_text(axes, (best[0], best[1] - 1), mark.name, ha="center", fontsize=_NAME_PX, weight="bold", halo=True)
        write_text(axes, (best[0], best[1] + 12), mark.text, ha="center", fontsize=_NAME_PX, weight="bold", halo=True)


def _tries(x: float, y: float) -> list[tuple[float, float]]:
    return [(x + across * 14.0, y + down * 12.0) for across in range(-2, 3) for down in range(-3, 4)]


def _box(at: tuple[float, float], half: float) -> Box:
    return at[0] - half, at[1] - 11, at[0] + half, at[1] + 14


def _overlap(
    box: Box,
    boxes: Sequence[Box],
    wide: float,
    high: float,
) -> float:
    """Return how much of a box lies on others, or off the sheet."""
    west, top, east, bottom = box
    off = max(0.0, -west) + max(0.0, east - wide) + max(0.0, -top) + max(0.0, bottom - high)
    shared = sum(
        max(0.0, min(east, other[2]) - max(west, other[0])) * max(0.0, min(bottom, other[3]) - max(top, other[1]))
        for other in boxes
    )
    return shared + off * 100.0


def draw_north(axes: Axes, x: float, letter: str) -> None:
    """Draw an arrow to the north at the upper edge, with its letter."""
    axes.fill([x, x - 5, x, x + 5], [6, 24, 19, 24], fc=INK, ec=INK, lw=0.6)
    write_text(axes, (x, 37), letter, ha="center", weight="bold", halo=True)


def draw_scale(axes: Axes, sheet: Sheet, corner: tuple[float, float], text: str) -> None:
    """Draw a bar of a round length whose lower right corner is given; ``text`` has a brace for its kilometres."""
    km = max((size for size in _SCALES if size * 1000 * sheet.per_metre <= 110), default=_SCALES[0])
    right, y = corner
    left = right - km * 1000 * sheet.per_metre
    axes.plot([left, left, right, right], [y - 4, y, y, y - 4], color=INK, lw=1.2, zorder=6)
    write_text(
        axes, ((left + right) / 2, y - 6), text.format(km=f"{km:g}"), ha="center", fontsize=10.5, halo=True, zorder=6
    )
