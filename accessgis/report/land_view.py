"""What the land of a proposed site says: constraint by constraint, its slope, and what was not checked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.check import SiteCheck
from accessgis.decide.land import WHOLE, is_wanted, known_layer, land_layers, slope_source
from accessgis.report.numbers import count, percent, whole
from accessgis.report.wording import listing, say, titled
from accessgis.study.prepare import Prepared

MU_PER_M2 = 0.0015


def area_text(square_metres: float, lang: Language) -> str:
    """Return an area: ``1,364平方米（2.05亩）``."""
    return say("site.area_text", lang, m2=count(whole(square_metres)), mu=f"{square_metres * MU_PER_M2:.2f}")


def layer_name(name: str, lang: Language) -> str:
    """Return what a layer of land is called: as the study does, in English by the list of layers."""
    known = known_layer(name)
    return name if known is None or lang == "zh" else titled(known.title, lang)


def land_lines(check: SiteCheck, lang: Language) -> list[str]:
    """Return one line for each layer of land: what the site occupies of it; and one for those not given."""
    rows = check.land.to_dict("records")
    told = [(layer_name(row["layer"], lang), _held(row, lang)) for row in rows if row["given"]]
    absent = [layer_name(row["layer"], lang) for row in rows if not row["given"]]
    if absent:
        told.append((listing(absent, lang), say("land.not_given", lang)))
    return [say("land.line", lang, layer=layer, text=text) for layer, text in told]


def _held(row: Mapping[Hashable, Any], lang: Language) -> str:
    if not row["known"]:
        return say("land.empty", lang)
    known = known_layer(row["layer"])
    sort = "wanted" if known is not None and known.wanted else "held"
    point = row["share"] != row["share"]
    if not row["inside"]:
        return say(f"land.{sort}_none_point" if point else f"land.{sort}_none", lang)
    if point:
        text = say(f"land.{sort}_point", lang)
    else:
        area = area_text(row["occupied_m2"], lang)
        text = say(f"land.{sort}", lang, area=area, share=percent(row["share"]))
    if row["polygons"]:
        text += say("land.named", lang, names=listing(row["polygons"].split("; "), lang))
    return text


def slope_text(check: SiteCheck, lang: Language, *, limit: bool = True) -> str:
    """Return how steep the site is, against its limit unless that is said elsewhere."""
    (row,) = check.slope.to_dict("records")
    if not row["samples"]:
        return say("land.slope_unknown", lang)
    values = {"mean": percent(row["mean"]), "steepest": percent(row["steepest"])}
    text = say("land.slope_one" if row["samples"] == 1 else "land.slope", lang, **values)
    if limit:
        text += say("land.slope_limit", lang, limit=_limit(row["limit"]))
    if row["beyond_share"] > 0:
        text += say("land.slope_beyond", lang, share=percent(row["beyond_share"]))
    return text


def land_shortcomings(check: SiteCheck, lang: Language) -> list[str]:
    """Return what of the land is held against a site: where building is forbidden or doubtful, and steep ground."""
    said = []
    for row in check.land.to_dict("records"):
        if not row["known"] or row["effect"] == "info":
            continue
        if is_wanted(row["layer"]):
            if not row["inside"]:
                said.append(say("land.short_outside", lang, layer=layer_name(row["layer"], lang)))
            elif row["effect"] == "forbid" and row["share"] < WHOLE:
                said.append(say("land.short_partly", lang, layer=layer_name(row["layer"], lang)))
        elif row["inside"]:
            key = "land.short_forbid" if row["effect"] == "forbid" else "land.short_warn"
            area = area_text(row["occupied_m2"], lang) if row["occupied_m2"] == row["occupied_m2"] else ""
            said.append(say(key, lang, layer=layer_name(row["layer"], lang), area=area))
    (slope,) = check.slope.to_dict("records")
    if slope["steepest"] > slope["limit"]:
        said.append(say("land.short_slope", lang, steepest=percent(slope["steepest"]), limit=_limit(slope["limit"])))
    return said


def land_notes(prepared: Prepared, forbidden: int, lang: Language) -> list[str]:
    """Return what stands under an answer about land: candidates left out, and that it is no permit.

    Parameters
    ----------
    prepared
        The layers of the study.
    forbidden
        Candidate places left out because building is forbidden on their land.
    lang
        ``"zh"`` or ``"en"``.
    """
    forbidding = [
        say("land.beyond", lang, layer=name) if is_wanted(one.name) else name
        for one in prepared.constraints
        if one.effect == "forbid"
        for name in [layer_name(one.name, lang)]
    ]
    notes = []
    if forbidding:
        layers = listing(dict.fromkeys(forbidding), lang)
        notes.append(say("land.left_out", lang, count=count(forbidden), layers=layers))
    else:
        notes.append(say("land.none_forbids", lang))
    return [*notes, say("land.no_permit", lang)]


def unchecked_notes(prepared: Prepared, slope_unknown: int, lang: Language) -> list[str]:
    """Return what candidate places were not held against: layers not given, or only by name elsewhere, and slope.

    Parameters
    ----------
    prepared
        The layers of the study.
    slope_unknown
        Candidate places whose slope is not known.
    lang
        ``"zh"`` or ``"en"``.
    """
    names = {constraint.name for constraint in prepared.constraints}
    lacking = [titled(layer.title, lang) for layer in land_layers() if not layer.names & names]
    layers = listing(lacking, lang) or say("site.none", lang)
    return [*slope_notes(prepared, slope_unknown, lang), say("land.unchecked_layers", lang, layers=layers)]


def slope_notes(prepared: Prepared, slope_unknown: int, lang: Language) -> list[str]:
    """Return at how many candidate places the slope is not known, and where its limit comes from."""
    if prepared.study.file.elevation is None:
        return [say("land.unchecked_slope", lang)]
    known = say(
        "land.candidate_slope" if slope_unknown else "land.candidate_slope_all", lang, count=count(slope_unknown)
    )
    return [known, _slope_source(prepared, lang)]


def _slope_source(prepared: Prepared, lang: Language) -> str:
    table = prepared.study.file.elevation
    assert table is not None
    if table.slope_limit_percent is not None:
        return say("land.slope_stated", lang, limit=_limit(table.slope_limit_percent / 100.0))
    limit, source, section, assumed = slope_source()
    words = titled(assumed, lang)
    return say("land.slope_source", lang, limit=_limit(limit), source=source, section=section, assumed=words)


def _limit(share: float) -> str:
    return f"{share * 100:g}%"
