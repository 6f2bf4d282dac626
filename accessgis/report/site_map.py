"""The map of proposed sites: what stands around them, what constrains the land, how far people walk to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from numpy.typing import NDArray

from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.decide.land import is_wanted
from accessgis.layers.areas import Level
from accessgis.layers.constraints import Constraint, Effect
from accessgis.report.land_view import layer_name
from accessgis.report.rule_map import Box, Sheet, draw_north, draw_scale
from accessgis.report.shapes import ROAD_RANKS
from accessgis.report.symbol_paths import symbol_path
from accessgis.report.vector_drawing import INK, QUIET, SECOND, canvas, text_width, write_text
from accessgis.report.wording import kind_name, say, symbol
from accessgis.study.prepare import Prepared

WIDTH, HEIGHT = 780.0, 470.0
_MAP = (12.0, 40.0, 586.0, 392.0)
"""Left, top, width and height of the map on the sheet; the legend stands on its right, the imprint under it."""
_LEAST_M, _FURTHEST_M, _AROUND = 2_000.0, 12_000.0, 1.3
_STREETS: dict[str, tuple[float, str]] = {
    "main": (2.2, "#8b857a"), "town": (1.4, "#a29c92"), "minor": (0.8, "#b9b4ab"), "path": (0.5, "#cfcbc3"),
}  # fmt: skip
_LAND: dict[Effect, tuple[str, str]] = {
    "forbid": ("#b3261e", "////"), "warn": ("#b06a00", "\\\\\\\\"), "info": ("#2c6e9b", "..."),
}  # fmt: skip
_LABEL_PX = 13.0
_SITE, _BEST, _WALK = "#c2185b", "#1b6e3c", "#2c5aa0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What stands under a map.

    Attributes
    ----------
    name
        Name of the study.
    day
        Date of the data.
    generated
        Whether the data are generated.
    maker
        Organisation that makes the map; ``""`` leaves a line to write it on.
    """

    name: str
    day: dt.date
    generated: bool
    maker: str


def site_map(
    prepared: Prepared,
    checks: Sequence[SiteCheck],
    labels: Sequence[str],
    *,
    best: SiteCheck | None,
    imprint: Imprint,
    lang: Language,
) -> Figure:
    """Return a map of sites, the facilities of their kind around them, land constraints and walks of 15 and 30 minutes.

    Parameters
    ----------
    prepared
        The layers of the study.
    checks, labels
        The sites and what they are called.
    best
        The best candidate place, drawn where it lies on the sheet.
    imprint
        What stands under the map.
    lang
        ``"zh"`` or ``"en"``.
    """
    figure, axes = canvas(WIDTH, HEIGHT)
    left, top, width, height = _MAP
    inner = figure.add_axes((left / WIDTH, 1 - (top + height) / HEIGHT, width / WIDTH, height / HEIGHT))
    inner.set_xlim(0, width)
    inner.set_ylim(height, 0)
    inner.set_xticks([])
    inner.set_yticks([])
    bounds = _bounds(checks, prepared)
    sheet = Sheet(bounds, width, margin=0.0)
    window = shapely.box(*bounds)
    _draw_ground(inner, sheet, prepared, window)
    _draw_walks(inner, sheet, checks)
    kind = str(checks[0].proposal.row["kind"])
    drawn = _draw_facilities(inner, sheet, prepared, kind, window)
    shown = _draw_sites(inner, sheet, checks, labels, None if best is None else best)
    draw_north(inner, width - 20, say("report.north", lang))
    draw_scale(inner, sheet, (width - 12, height - 10), say("report.scale_km", lang, km="{km}"))
    title = say("site.map_title", lang, name=imprint.name, kind=kind_name(kind, lang))
    write_text(axes, (left + width / 2, 27), title, ha="center", fontsize=17, weight="bold")
    constraints = [one for one in prepared.constraints if one.touching(window).size]
    entries = [("site", say("site.map_site", lang))]
    entries += [("best", say("site.best", lang))] if shown else []
    entries += [(status, say(f"site.map_{status}", lang, kind=kind_name(kind, lang))) for status in drawn]
    entries += [("walk15", say("site.map_walk", lang, limit=15)), ("walk30", say("site.map_walk", lang, limit=30))]
    entries += list(dict.fromkeys((_sign(one), layer_name(one.name, lang)) for one in constraints))
    entries += [("main", say("report.legend_roads", lang)), ("township", say("report.units_township", lang))]
    _write_legend(axes, (left + width + 16, top), entries, kind, lang)
    _write_imprint(axes, (left, top + height + 18), prepared, imprint, lang)
    return figure


def _bounds(checks: Sequence[SiteCheck], prepared: Prepared) -> tuple[float, float, float, float]:
    """Return what the map shows: the sites, their nearest in service where not far, and some land around."""
    frame = prepared.facilities.frame.set_index("facility_id")
    near = {
        row["facility_id"]
        for check in checks
        for row in check.nearest.to_dict("records")
        if row["status"] == "in_service" and row["facility_id"] and row["straight_m"] <= _FURTHEST_M
    }
    sites = np.array([check.proposal.row[["x", "y"]].to_numpy(dtype=np.float64) for check in checks])
    points = np.vstack([sites, frame.loc[sorted(near), ["x", "y"]].to_numpy(dtype=np.float64)])
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    centre = (low + high) / 2
    aspect = _MAP[2] / _MAP[3]
    wide = max((high[0] - low[0]) * _AROUND, (high[1] - low[1]) * _AROUND * aspect, 2 * _LEAST_M * aspect)
    half = np.array([wide / 2, wide / 2 / aspect])
    west, south, east, north = np.concatenate([centre - half, centre + half]).tolist()
    return west, south, east, north


def _sign(constraint: Constraint) -> Effect:
    """Return how land is drawn: where a site should lie within it, its inside is no land to keep off."""
    return "info" if is_wanted(constraint.name) else constraint.effect


def _draw_ground(axes: Axes, sheet: Sheet, prepared: Prepared, window: shapely.Geometry) -> None:
    roads = prepared.roads
    shapes = roads.shapes()
    near = np.flatnonzero(shapely.intersects(shapes, window))
    names = np.array([name.removesuffix("_link") for name in roads.classes], dtype=object)[roads.road_class[near]]
    rank = np.full(near.size, len(ROAD_RANKS) - 1)
    for place, (_, classes) in enumerate(ROAD_RANKS):
        rank[np.isin(names, sorted(classes))] = place
    for constraint in prepared.constraints:
        colour, hatch = _LAND[_sign(constraint)]
        held = shapely.intersection(constraint.shapes[constraint.touching(window)], window)
        path = sheet.path(shapely.union_all(held))
        if path is not None:
            patch = PathPatch(path, fc="none", ec=colour, lw=0.6, hatch=hatch, alpha=0.75)
            axes.add_patch(patch)
    for place in range(len(ROAD_RANKS) - 1, -1, -1):
        width, colour = _STREETS[ROAD_RANKS[place][0]]
        lines = shapely.get_parts(shapely.intersection(shapes[near[rank == place]], window))
        path = sheet.path(shapely.multilinestrings(lines[shapely.get_type_id(lines) == 1])) if len(lines) else None
        if path is not None:
            axes.add_patch(PathPatch(path, fc="none", ec=colour, lw=width, capstyle="round"))
    levels: tuple[tuple[Level, float], ...] = (("village", 0.5), ("township", 1.3))
    for level, width in levels:
        areas = prepared.areas.at(level).geometry.to_numpy()
        borders = shapely.union_all(shapely.boundary(areas[shapely.intersects(areas, window)]))
        path = sheet.path(shapely.line_merge(borders))
        if path is not None:
            axes.add_patch(PathPatch(path, fc="none", ec=SECOND, lw=width, ls=(0, (5, 3))))


def _draw_walks(axes: Axes, sheet: Sheet, checks: Sequence[SiteCheck]) -> None:
    for check in checks:
        walks = check.catchments[check.catchments["rule"] == ""]
        for limit_s, shape in zip(walks["limit_s"], walks.geometry, strict=True):
            path = sheet.path(shape)
            if path is not None:
                solid = limit_s <= 900
                axes.add_patch(PathPatch(path, fc=_WALK, ec="none", alpha=0.10))
                axes.add_patch(PathPatch(path, fc="none", ec=_WALK, lw=1.0, ls="-" if solid else (0, (4, 2))))


def _marker(axes: Axes, xy: NDArray[np.float64], kind: str, status: str) -> None:
    sign = symbol(kind)
    planned = status != "in_service"
    axes.plot(
        xy[:, 0], xy[:, 1], ls="", marker=symbol_path(str(sign["shape"])), ms=9,
        mfc="#fff" if planned or sign["hollow"] else "#16181c", mec="#16181c", mew=0.9, zorder=4,
    )  # fmt: skip


def _draw_facilities(
    axes: Axes, sheet: Sheet, prepared: Prepared, kind: str, window: shapely.Geometry
) -> tuple[str, ...]:
    """Draw the facilities of a kind, and return which statuses are among them."""
    frame = prepared.facilities.frame
    here = frame[(frame["kind"] == kind) & frame["x"].notna()]
    inside = shapely.intersects(shapely.points(here[["x", "y"]].to_numpy(dtype=np.float64)), window)
    shown = []
    for status, statuses in (("in_service", ("in_service",)), ("planned", ("under_construction", "planned"))):
        rows = here[inside & here["status"].isin(statuses).to_numpy()]
        if len(rows):
            shown.append(status)
            _marker(axes, sheet.place(rows[["x", "y"]].to_numpy(dtype=np.float64)), kind, status)
    return tuple(shown)


def _draw_sites(
    axes: Axes, sheet: Sheet, checks: Sequence[SiteCheck], labels: Sequence[str], best: SiteCheck | None
) -> bool:
    """Draw the sites with their names, and the best candidate; return whether that lies on the sheet."""
    shown = False
    if best is not None:
        (at,) = sheet.place(best.proposal.row[["x", "y"]].to_numpy(dtype=np.float64)[None])
        shown = bool(0 < at[0] < _MAP[2] and 0 < at[1] < _MAP[3])
        if shown:
            _star(axes, at, _BEST)
    taken: list[Box] = []
    for check, label in zip(checks, labels, strict=True):
        shape = check.proposal.row["geometry"]
        path = sheet.path(shape) if shapely.get_dimensions(shape) == 2 else None
        if path is not None:
            axes.add_patch(PathPatch(path, fc=_SITE, ec=_SITE, lw=1.0, alpha=0.55, zorder=5))
        (at,) = sheet.place(check.proposal.row[["x", "y"]].to_numpy(dtype=np.float64)[None])
        _star(axes, at, _SITE)
        _write_label(axes, at, label, taken)
    return shown


def _write_label(axes: Axes, at: NDArray[np.float64], label: str, taken: list[Box]) -> None:
    """Write a name beside a site, where it lies on the sheet and on no other name if it can."""
    wide = text_width(label, _LABEL_PX)
    tries = [(12.0 if right else -12.0 - wide, down) for down in (-6.0, 16.0, -28.0) for right in (True, False)]
    boxes = [
        (float(at[0]) + x, float(at[1]) + y - _LABEL_PX, float(at[0]) + x + wide, float(at[1]) + y + 3)
        for x, y in tries
    ]

    def crowded(box: Box) -> tuple[bool, bool]:
        off = box[0] < 0 or box[2] > _MAP[2] or box[1] < 0 or box[3] > _MAP[3]
        return off, any(shapely.intersects(shapely.box(*box), shapely.box(*other)) for other in taken)

    box = min(boxes, key=crowded)
    taken.append(box)
    write_text(
        axes, (box[0], box[3] - 3), label, fontsize=_LABEL_PX, weight="bold", color=_SITE, halo=True, zorder=8
    )  # fmt: skip


def _star(axes: Axes, at: NDArray[np.float64], colour: str) -> None:
    axes.plot([at[0]], [at[1]], ls="", marker="*", ms=17, mfc=colour, mec="#fff", mew=1.0, zorder=7)


def _write_legend(
    axes: Axes, corner: tuple[float, float], entries: Sequence[tuple[str, str]], kind: str, lang: Language
) -> None:
    x, y = corner
    write_text(axes, (x, y + 12), say("site.map_legend", lang), fontsize=13, weight="bold")
    for place, (name, text) in enumerate(entries):
        row = y + 36 + 24.0 * place
        _draw_sign(axes, (x, row - 4), name, kind)
        write_text(axes, (x + 32, row), text, fontsize=11)


def _draw_sign(axes: Axes, at: tuple[float, float], name: str, kind: str) -> None:
    x, y = at
    middle = np.array([x + 12, y])
    if name in ("site", "best"):
        _star(axes, middle, _SITE if name == "site" else _BEST)
    elif name in ("in_service", "planned"):
        _marker(axes, middle[None], kind, name)
    elif name in _LAND:
        colour, hatch = _LAND[name]
        axes.add_patch(Rectangle((x, y - 7), 24, 14, fc="none", ec=colour, lw=0.6, hatch=hatch, alpha=0.75))
    elif name.startswith("walk"):
        line: Any = "-" if name == "walk15" else (0, (4, 2))
        axes.add_patch(Rectangle((x, y - 7), 24, 14, fc=_WALK, ec="none", alpha=0.10))
        axes.add_patch(Rectangle((x, y - 7), 24, 14, fc="none", ec=_WALK, lw=1.0, ls=line))
    elif name == "township":
        axes.plot([x, x + 24], [y, y], color=SECOND, lw=1.3, ls=(0, (5, 3)))
    else:
        width, colour = _STREETS[name]
        axes.plot([x, x + 24], [y, y], color=colour, lw=width)


def _write_imprint(
    axes: Axes, corner: tuple[float, float], prepared: Prepared, imprint: Imprint, lang: Language
) -> None:
    x, y = corner
    geodetic = prepared.crs.geodetic_crs
    chinese = geodetic is not None and geodetic.name == "China Geodetic Coordinate System 2000"
    system = say("site.map_cgcs2000", lang) if chinese else str(prepared.crs.name)
    maker = imprint.maker or "＿" * 12
    parts = [
        system,
        say("site.map_date", lang, date=imprint.day.isoformat()),
        say("site.map_maker", lang, maker=maker),
        say("page.generated", lang) if imprint.generated else "",
    ]
    write_text(axes, (x, y), "　　".join(part for part in parts if part), fontsize=11, color=INK)
    write_text(axes, (x, y + 15), say("page.approval", lang), fontsize=9.5, color=QUIET)
