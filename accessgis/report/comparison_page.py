"""``compare.html``: two results on one page, the table of verdicts and changes first, then a map with both states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from accessgis.base.errors import Language
from accessgis.report import shapes
from accessgis.report.compared import Compared, Place, changed_facilities, compared_rules, places
from accessgis.report.comparison_tables import facility_lines, input_lines, place_tables, tally
from accessgis.report.comparison_view import ComparisonLine
from accessgis.report.coverage_map import Frame, drawn_page
from accessgis.report.map_data import drawn_symbol
from accessgis.report.report_html import environment
from accessgis.report.wording import kind_name, say, section

_SCRIPTS = ("map1_core", "map2_signs", "map3_layers", "map4_labels", "compare_slider", "compare_map")
_STYLES = ("report.css", "compare.css")
_MAPPED = ("county", "township", "village")
_AREA_STEPS = 4_000


def comparison_page(compared: Compared, *, lang: Language = "zh") -> str:
    """Return two results on one self-contained page; the same results give the same bytes.

    Parameters
    ----------
    compared
        The two, in the same language.
    lang
        ``"zh"`` or ``"en"``.
    """
    found = {rule: list(places(compared, rule, lang)) for rule in compared_rules(compared)}
    template = environment().get_template("compare.html")
    plain = template.render(
        lang=lang,
        view=compared.view,
        names=compared.names,
        generated=say("page.generated", lang) if compared.study.get("generated") else "",
        tally=tally(compared.view.lines, len(found), lang),
        tables=place_tables(compared, found, lang),
        facilities=facility_lines(compared, lang),
        inputs=input_lines(compared, lang),
        words=section("compare", lang),
        input_words={name: say(f"report.input_{name}", lang) for name in ("role", "path")},
        rule_word=say("page.table_rule", lang),
        verdict_word=say("page.table_verdict", lang),
        dash=say("report.no_value", lang),
        approval=say("page.approval", lang),
    )
    data = _data(compared, found)
    payload = {"lang": lang, "data": data, "views": {lang: _words(compared, found, data, lang)}}
    frame = Frame(
        lang=lang, title=compared.view.heading, plain=plain, body="compare_map.html", css=_STYLES, scripts=_SCRIPTS
    )
    return drawn_page(frame, payload, bounds=data["bounds"])


def _data(compared: Compared, found: Mapping[str, list[Place]]) -> dict[str, Any]:
    """Return what the map draws."""
    frame = compared.after.areas
    encode = shapes.encoder(compared.after.crs)
    west, south, east, north = frame.total_bounds
    tolerance = max(1.0, float(np.hypot(east - west, north - south))) / _AREA_STEPS
    areas, codes = {}, {}
    for level in _MAPPED:
        mine = frame[frame["level"] == level]
        if mine.empty:
            continue
        drawn = shapes.simplified_coverage(mine.geometry.to_numpy(), tolerance)
        points = shapes.label_points(drawn, inside=level != "village")
        codes[level] = mine["code"].tolist()
        areas[level] = {
            "names": mine["name"].tolist(),
            "labels": encode.points(shapely.get_x(points), shapely.get_y(points)),
            "shapes": encode.polygons(drawn),
        }
    kinds = list(dict.fromkeys(kind for rule in found for kind in compared.rules[rule]["kinds"]))
    lats, lons = zip(*encode.points(*shapely.get_coordinates(frame.geometry.to_numpy()).T), strict=True)
    return {
        "bounds": [[min(lats), min(lons)], [max(lats), max(lons)]],
        "perDegree": shapes.PER_DEGREE,
        "areas": areas,
        "roads": {},
        "grid": None,
        "facilities": _drawn_facilities(compared, kinds),
        "rules": [
            {
                "counted": compared.rules[rule]["rule_kind"] != "circle",
                "kinds": [kinds.index(kind) for kind in compared.rules[rule]["kinds"]],
                "levels": _levels(rows, codes),
            }
            for rule, rows in found.items()
        ],
    }


def _levels(rows: Sequence[Place], codes: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the figures of a rule by level, in the order of the areas drawn; levels without any are left out."""
    levels = {}
    for level, drawn in codes.items():
        here = {place.code: place for place in rows if place.level == level}
        if not here:
            continue
        mine = [here.get(code) for code in drawn]
        levels[level] = {
            "before": {
                "class": [place.shades[0] if place else "x" for place in mine],
                "text": [place.before if place else "" for place in mine],
            },
            "after": {
                "class": [place.shades[1] if place else "x" for place in mine],
                "text": [place.after if place else "" for place in mine],
            },
            "change": {
                "class": [place.change if place else "x" for place in mine],
                "text": [place.told if place else "" for place in mine],
            },
        }
    return levels


def _drawn_facilities(compared: Compared, kinds: Sequence[str]) -> dict[str, Any]:
    """Return the facilities in service before or after: ``[kind, lat, lon, name, 0 both | 1 new | 2 gone]``."""
    moved = changed_facilities(compared, kinds)
    after = compared.after.facilities
    both = after[(after["status"] == "in_service") & after["kind"].isin(kinds)]
    both = both[~both["facility_id"].isin(moved["facility_id"])]
    rows: list[list[Any]] = []
    for frame, drawn, state in (
        (both, compared.after, 0),
        (moved[moved["change"] == "new"], compared.after, 1),
        (moved[moved["change"] == "gone"], compared.before, 2),
    ):
        placed = frame[frame["x"].notna()]
        points = shapes.encoder(drawn.crs).points(placed["x"], placed["y"])
        rows += [
            [kinds.index(kind), *point, name or "", state]
            for kind, name, point in zip(placed["kind"], placed["name"], points, strict=True)
        ]
    return {"kinds": [{"id": kind} | drawn_symbol(kind) for kind in kinds], "statuses": ["in_service"], "rows": rows}


def _words(
    compared: Compared, found: Mapping[str, list[Place]], data: Mapping[str, Any], lang: Language
) -> dict[str, Any]:
    lines = {line.rule: line for line in reversed(compared.view.lines)}
    rules = []
    for rule in found:
        line = lines.get(rule)
        rules.append(
            {
                "title": str(compared.rules[rule]["title"][lang]),
                "changed": line is not None,
                "sentence": _sentence(line, lang),
            }
        )
    return {
        "names": list(compared.names),
        "text": section("page", lang),
        "compare": section("compare", lang),
        "legend": section("legend", lang),
        "tip": section("tip", lang),
        "kinds": [kind_name(kind["id"], lang) for kind in data["facilities"]["kinds"]],
        "rules": rules,
    }


def _sentence(line: ComparisonLine | None, lang: Language) -> str:
    if line is None:
        return say("compare.rule_same", lang)
    change = say("compare.rule_by", lang, change=line.change) if line.change else ""
    return say("compare.rule_moves", lang, before=line.before, after=line.after, change=change, verdict=line.verdict)
