"""A comparison of proposed sites (选址方案比选表) as text ready to print, and as plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.base.crs import to_degrees
from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck, uncomputed
from accessgis.report import site_cells as cells
from accessgis.report.land_view import land_lines, land_notes, slope_notes, slope_text
from accessgis.report.numbers import count
from accessgis.report.site_conclusion import conclusion, recommendation
from accessgis.report.tables import records
from accessgis.report.wording import kind_name, listing, missing_phrase, mode_name, rule_titles, say
from accessgis.study.measure import Measured

_DEGREES, _TOLERANCE_M = 1e-5, 25.0
"""Coordinates of a catchment in files: about a metre, its outline within half a cell of what it is drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTable:
    """Proposed sites side by side.

    Attributes
    ----------
    heading, columns
        What it is, and the labels of the sites; then building nothing, and the best candidate place.
    rows
        What is compared, and one text for each column.
    conclusions
        One sentence for each site, with its figures and shortcomings; the last recommends one of several.
    notes
        What was left out, and what the comparison is not.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    conclusions: tuple[str, ...]
    notes: tuple[str, ...]


def site_document(check: SiteCheck, *, label: str) -> dict[str, Any]:
    """Return one site as plain values: ``site``, ``rules`` and what else is known of it."""
    row, proposal = check.proposal.row, check.proposal
    effect = check.effect
    return {
        "site": {
            "label": label,
            "kind": str(row["kind"]),
            "lon": proposal.lon,
            "lat": proposal.lat,
            "county": str(row["county"]),
            "township": str(row["township"]),
            "village": str(row["village"]),
            "placement": str(row["placement"]),
            "area_m2": float(shapely.area(row["geometry"])),
        },
        "rules": records(effect.rules),
        "areas": records(effect.areas),
        "neighbours": records(effect.neighbours),
        "saved": records(effect.saved),
        "standing": records(check.standing),
        "land": records(check.land),
        "slope": records(check.slope)[0],
        "nearest": records(check.nearest),
        "around": records(check.around),
        "walk": records(check.walk),
        "nearer": records(check.nearer)[0],
        "ranks": records(check.ranks),
        "counted": records(check.counted),
        "catchments": _catchments(check),
    }


def _catchments(check: SiteCheck) -> list[dict[str, Any]]:
    frame = check.catchments
    move = to_degrees(CRS.from_user_input(frame.crs))
    degrees = shapely.transform(
        shapely.simplify(frame.geometry.to_numpy(), _TOLERANCE_M),
        lambda at: np.column_stack(move.transform(at[:, 0], at[:, 1])),
    )
    rounded = shapely.set_precision(degrees, _DEGREES)
    shapes = [json.loads(text) for text in shapely.to_geojson(rounded)]
    rows = records(pd.DataFrame(frame.drop(columns="geometry")))
    return [{**row, "geometry": shape} for row, shape in zip(rows, shapes, strict=True)]


def site_table(
    measured: Measured,
    checks: Sequence[SiteCheck],
    labels: Sequence[str],
    *,
    best: SiteCheck | None = None,
    lang: Language = "zh",
) -> SiteTable:
    """Return proposed sites side by side, in words.

    Parameters
    ----------
    measured
        The study they were checked in.
    checks, labels
        The sites and what they are called.
    best
        The best candidate place (:func:`accessgis.decide.check.best_place`), to stand beside them.
    lang
        ``"zh"`` or ``"en"``.
    """
    titles = rule_titles(measured.records, lang)
    kind = kind_name(str(checks[0].proposal.row["kind"]), lang)
    shown = [*checks, *([] if best is None else [best])]
    per_site = [_lines(measured, check, titles, lang) for check in shown]
    per_site.insert(len(checks), _unbuilt(checks[0], titles, lang))
    order = dict.fromkeys(key for lines in per_site for key in lines if any(each.get(key) for each in per_site))
    closing = [say("site.label", lang, label=label) + conclusion(check, lang)
               for label, check in zip(labels, checks, strict=True)]  # fmt: skip
    if len(checks) > 1:
        closing.append(recommendation(checks, labels, best, lang))
    return SiteTable(
        heading=say("site.heading", lang, kind=kind),
        columns=(*labels, say("site.unbuilt", lang), *([] if best is None else [say("site.best", lang)])),
        rows=tuple((key, tuple(lines.get(key) or say("site.dash", lang) for lines in per_site)) for key in order),
        conclusions=tuple(closing),
        notes=site_notes(measured, checks[0], lang),
    )


def site_notes(measured: Measured, check: SiteCheck, lang: Language) -> tuple[str, ...]:
    """Return what stands under a comparison of sites."""
    told = ("forbidden", "steep", "slope_unknown")
    forbidden, steep, unknown = check.ranks[list(told)].iloc[0].astype(int) if len(check.ranks) else (0, 0, 0)
    reason = say("locate.left_out_steep", lang)
    kind = str(check.proposal.row["kind"])
    titles = rule_titles(measured.records, lang)
    ranked = len(check.ranks) > 0  # without a circle there are no candidate places to speak of
    lacking = kind not in measured.prepared.facilities.kinds_given
    notes = (
        say("sharing.run_none", lang) if measured.sharing == "none" else "",
        say("site.no_layer", lang, kind=kind_name(kind, lang)) if lacking else "",
        *(
            say(
                "site.not_computed",
                lang,
                rule=titles[item.chosen.standard.id],
                missing=listing([missing_phrase(token, lang) for token in item.missing], lang),
            )
            for item in uncomputed(measured, kind)
        ),
        say("site.no_circle", lang, kind=kind_name(kind, lang)) if not len(check.effect.rules) else "",
        say("site.candidates", lang) if ranked else "",
        say("locate.left_out", lang, count=count(steep), reason=reason) if steep else "",
        *slope_notes(measured.prepared, unknown, lang)[0 if ranked else 1 :],
        *land_notes(measured.prepared, forbidden, lang)[0 if ranked else 1 :],
    )
    return tuple(note for note in notes if note)


def _unbuilt(check: SiteCheck, titles: dict[str, str], lang: Language) -> dict[str, str]:
    """Return what is said of building nothing: the shares of today."""
    lines = {}
    for rule, title in titles.items():
        for row in cells.shown_rows(check, rule):
            mode = mode_name(row["profile"], lang)
            share = cells.share_text(row["before"], row["people"])
            lines[say("site.net", lang, rule=title, mode=mode)] = say("site.today", lang, share=share)
    return lines


def _lines(measured: Measured, check: SiteCheck, titles: dict[str, str], lang: Language) -> dict[str, str]:
    """Return what is said of one site, by what it is called."""
    at = check.proposal
    lines = {
        say("site.place", lang): f"{cells.place_name(measured, check, lang)}\n{at.lon:.5f}, {at.lat:.5f}",
        say("site.area", lang): cells.parcel_text(check, lang),
        say("site.road", lang): cells.standing_text(check, lang),
        say("land.heading", lang): "\n".join(land_lines(check, lang)),
        say("land.slope_heading", lang): slope_text(check, lang),
    }
    for row in check.around.to_dict("records"):
        lines[say(f"site.around_{row['within']}", lang, limit=count(int(row["limit"])))] = cells.around_text(row, lang)
    for rule in dict.fromkeys(check.effect.rules["rule"]):
        lines |= _rule_lines(str(rule), check, titles, lang)
    lines |= cells.walk_texts(check, lang)
    filled = cells.filled_units(check)
    areas = listing(dict.fromkeys(filled["area_name"]), lang)
    text = say("site.filled_text", lang, count=filled["area"].nunique(), areas=areas) if areas else ""
    lines[say("site.filled", lang)] = text
    for rule, told in cells.counted_texts(check, measured.records, lang).items():
        lines[say("site.counted_rule", lang, rule=titles[rule])] = told
    for status in ("in_service", "planned"):
        lines[say(f"site.nearest_{status}", lang)] = cells.nearest_text(check, status, lang)
    return lines


def _rule_lines(rule: str, check: SiteCheck, titles: dict[str, str], lang: Language) -> dict[str, str]:
    title = titles[rule]
    lines = {}
    for row in cells.shown_rows(check, rule):
        details = {name: cells.rounded_people(row[name], lang) for name in ("gross", "moved", "both")}
        details |= {name: cells.share_text(row[name], row["people"]) for name in ("before", "after")}
        text = f"{cells.net_text(row, lang)}\n{say('site.details', lang, **details)}"
        lines[say("site.net", lang, rule=title, mode=mode_name(row["profile"], lang))] = text
    told = {
        "site.townships": cells.townships_text(check, rule, lang),
        "site.saved": cells.saved_text(check, rule, lang),
        "site.loads": cells.loads_text(check, rule, lang),
        "site.catchment": cells.catchment_text(check, rule, lang),
    }
    lines |= {say(key, lang, rule=title): text for key, text in told.items()}
    for row in check.ranks[check.ranks["rule"] == rule].to_dict("records"):
        lines[say("site.rank", lang, rule=title)] = cells.rank_text(row, lang)
    return lines


def site_frame(table: SiteTable, *, lang: Language = "zh") -> pd.DataFrame:
    """Return the comparison as a table: one row for each thing compared, one column for each site."""
    rows = [(key, *values) for key, values in table.rows]
    return pd.DataFrame(rows, columns=[say("site.item", lang), *table.columns])
