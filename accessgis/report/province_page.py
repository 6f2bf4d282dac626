"""The map of a batch: one shape per county, classed by rule, each a link into the county's own map.

The page has no script: rules are chosen by radio buttons and style alone, and shapes are drawn once and used by every
rule. Jinja escapes whatever it is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

import accessgis
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.decide.trend import SHARE_UNITS
from accessgis.report.monitor_cells import rule_title
from accessgis.report.numbers import percent, percent_against, target_percent
from accessgis.report.report_html import filled_page
from accessgis.report.sentences import AreaClass, share_class
from accessgis.report.shapes import simplified_coverage
from accessgis.report.tables import records
from accessgis.report.vector_drawing import text_width
from accessgis.report.wording import listing, mode_name, say, section

_WIDTH, _HEIGHT, _MARGIN = 860.0, 760.0, 8.0
_COARSE = 0.6
"""Pixels that a border may lie off."""
_NAME_PX = 11.5
_CLASSES: tuple[AreaClass, ...] = get_args(AreaClass)
_OF_VERDICT: dict[str, AreaClass] = {"meets": "a", "falls_short": "d", "nobody_concerned": "x"}
_STYLE = (
    ".pick{position:absolute;opacity:0}.choose{list-style:none;columns:2;column-gap:32px;margin-top:8px}"
    ".choose label{cursor:pointer;color:#1f4f7a}.sheet{display:none}"
    "use.county{stroke:#6b6760;stroke-width:.8}a:focus use.county,a:hover use.county{stroke:#1b1f24;stroke-width:2.2}"
    "use.shade-a{fill:#cadce9}use.shade-s1{fill:#eeecf2}use.shade-s2{fill:#cfcada}use.shade-x{fill:#fff}"
)
_HATCHED = ("b", "c", "d", "s3", "s4", "u")


class RuleWords(TypedDict):
    """What the map says of a rule: title, title of its plan, in both languages; whether the plan is over."""

    title: dict[str, str]
    source_title: dict[str, str]
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A county on the sheet: path data, and where its name stands (``None`` where it does not fit)."""

    code: str
    name: str
    path: str
    label: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyLine:
    """A county under one rule."""

    code: str
    name: str
    link: str
    shade: AreaClass
    value: str
    standing: str
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSheet:
    """One rule: the counties by code, the classes that occur, and the sum where people can be summed."""

    title: str
    mode: str
    target: str
    whole: str
    shades: tuple[AreaClass, ...]
    lines: tuple[CountyLine, ...]


def province_page(
    rows: pd.DataFrame,
    outlines: gpd.GeoDataFrame,
    *,
    rules: Mapping[str, RuleWords],
    links: Mapping[str, str],
    failed: Sequence[str] = (),
    generated: bool = False,
    lang: Language = "zh",
) -> str:
    """Return the map of a batch as one self-contained HTML page.

    Parameters
    ----------
    rows
        The long table of the batch without scenarios, schema :data:`accessgis.batch.rows.COUNTY_ROWS`.
    outlines
        ``code, name, geometry`` of the counties, WGS-84.
    rules
        What the map says of each rule; those of plans that are over come last.
    links
        Code of a county → its own map, relative to the page.
    failed
        Names of counties without a result.
    generated
        Whether any of the data are generated.
    lang
        ``"zh"`` or ``"en"``.
    """
    own = rows[(rows["level"] == "county") & rows["headline"]]
    told = [str(rule) for rule in dict.fromkeys(own["rule"]) if _says(own[own["rule"] == rule])]
    told.sort(key=lambda rule: rules[rule]["over"])
    shapes, height = _shapes(outlines)
    drawn = {shape.code for shape in shapes}
    names = {rule: _named(rules, rule, lang) for rule in told}
    sheets = [_sheet(rows, own, rule, names[rule], links, drawn, lang) for rule in told]
    marks = "".join(
        f"#pick-{number}:checked~#sheet-{number}{{display:block}}"
        f'#pick-{number}:checked~nav label[for="pick-{number}"]{{font-weight:700;color:#1b1f24}}'
        f'#pick-{number}:focus~nav label[for="pick-{number}"]{{outline:3px solid #b06a00}}'
        for number in range(1, len(sheets) + 1)
    )
    hatches = "".join(f"use.shade-{name}{{fill:url(#hatch-{name})}}" for name in _HATCHED)
    days = sorted({str(day) for day in own["data_date"]})
    span = " – ".join(dict.fromkeys((days[0], days[-1]))) if days else say("province.none", lang)
    return filled_page(
        "province.html",
        lang=lang,
        generated=say("page.generated", lang) if generated else "",
        style=_STYLE + hatches + marks,
        title=say("province.title", lang),
        meta=say("province.meta", lang, counties=int(own["county"].nunique()), days=span),
        tag=say("page.generated", lang) if generated else "",
        sheets=sheets,
        shapes=shapes,
        size=(_WIDTH, height),
        failed=list(failed),
        approval=say("page.approval", lang),
        words=section("province", lang),
        legend=section("legend", lang),
        version=accessgis.__version__,
    )  # fmt: skip


def _named(rules: Mapping[str, RuleWords], rule: str, lang: Language) -> str:
    title = rule_title(rules, rule, lang)
    return say("province.over", lang, title=title) if rules[rule]["over"] else title


def _says(rows: pd.DataFrame) -> bool:
    """Return whether any county has a figure of a rule."""
    return bool(rows["share"].notna().any() or rows["value"].notna().any())


def _sheet(
    rows: pd.DataFrame,
    own: pd.DataFrame,
    rule: str,
    title: str,
    links: Mapping[str, str],
    drawn: set[str],
    lang: Language,
) -> RuleSheet:
    mine = own[own["rule"] == rule].sort_values("county")
    lines = [
        CountyLine(
            code=row["area"], name=row["area_name"], link=links[row["county"]], shade=shade_of(row),
            value=_value(row, lang), standing=_standing(row, lang), drawn=row["area"] in drawn,
        )
        for row in records(mine)
    ]  # fmt: skip
    targets = sorted({float(target) for target in mine["target"] if not math.isnan(target)})
    is_share = bool((mine["profile"] != "").any() or mine["unit"].isin(SHARE_UNITS).any())
    texts = [target_percent(target) if is_share else f"{target:g}" for target in targets]
    whole = rows[(rows["level"] == "all") & rows["headline"] & (rows["rule"] == rule)]["share"].dropna()
    modes = dict.fromkeys(str(profile) for profile in mine["profile"] if profile)
    return RuleSheet(
        title=title,
        mode=listing([mode_name(profile, lang) for profile in modes], lang),
        target=" / ".join(texts),
        whole=percent(float(whole.iloc[0])) if len(whole) == 1 else "",
        shades=tuple(name for name in _CLASSES if any(line.shade == name for line in lines)),
        lines=tuple(lines),
    )  # fmt: skip


def shade_of(row: Mapping[str, Any]) -> AreaClass:
    """Return the class of a county's row: of a share by its target, of an amount by its verdict alone."""
    if row["verdict"] == "not_judged":
        return "u"
    share = row["share"] if row["profile"] else row["value"]
    if row["profile"] or row["unit"] in SHARE_UNITS:
        if math.isnan(share):
            return "x" if row["verdict"] == "nobody_concerned" or row["people"] == 0 else "u"
        return share_class(float(share), None if math.isnan(row["target"]) else float(row["target"]))
    return _OF_VERDICT.get(str(row["verdict"]), "u")


def _value(row: Mapping[str, Any], lang: Language) -> str:
    value = float(row["share"] if row["profile"] else row["value"])
    if math.isnan(value):
        return say("monitor.no_value", lang)
    if row["profile"] or row["unit"] in SHARE_UNITS:
        return percent_against(value, None if math.isnan(row["target"]) else float(row["target"]))
    return f"{value:,.4g}"


def _standing(row: Mapping[str, Any], lang: Language) -> str:
    verdict = str(row["verdict"])
    value, target = float(row["share"] if row["profile"] else row["value"]), float(row["target"])
    if verdict in ("falls_short", "no_target") and not row["counts"] and not math.isnan(value - target):
        return say("province.above" if reaches(value, target) else "province.below", lang)
    return say(f"verdict.{verdict}", lang) if verdict else say("monitor.no_value", lang)


def _shapes(outlines: gpd.GeoDataFrame) -> tuple[list[Shape], float]:
    """Return the counties on a sheet of pixels, simplified together, and its height."""
    if outlines.empty:
        return [], 0.0
    frame = outlines.sort_values("code", ignore_index=True)
    west, south, east, north = frame.total_bounds
    narrow = math.cos(math.radians((south + north) / 2))
    scale = min(
        (_WIDTH - 2 * _MARGIN) / max((east - west) * narrow, 1e-9), (_HEIGHT - 2 * _MARGIN) / max(north - south, 1e-9)
    )
    left = (_WIDTH - (east - west) * narrow * scale) / 2
    height = (north - south) * scale + 2 * _MARGIN

    def placed(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = left + (xy[:, 0] - west) * narrow * scale, _MARGIN + (north - xy[:, 1]) * scale
        # Counties of two studies share their border but for the last digits: on one grid they share it wholly.
        return np.round(np.column_stack([x, y]), 1).astype(np.float64)

    drawn = simplified_coverage(shapely.transform(frame.geometry.to_numpy(), placed), _COARSE)
    shapes = []
    for code, name, shape in zip(frame["code"], frame["name"], drawn, strict=True):
        middle = shapely.point_on_surface(shape)
        width = shape.bounds[2] - shape.bounds[0] if not shape.is_empty else 0.0
        fits = text_width(str(name), _NAME_PX) <= width
        at = (round(float(middle.x), 1), round(float(middle.y), 1)) if fits else None
        shapes.append(Shape(code=str(code), name=str(name), path=_path(shape), label=at))
    return shapes, round(height, 1)


def _path(shape: shapely.Geometry) -> str:
    """Return the rings of a shape as path data, corners to a tenth of a pixel."""
    parts = []
    polygons = [part for part in shapely.get_parts(shapely.get_parts([shape])) if part.geom_type == "Polygon"]
    for ring in shapely.get_rings(polygons):
        corners = [f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1].tolist()]
        parts.append(f"M{'L'.join(corners)}Z")
    return "".join(parts)
