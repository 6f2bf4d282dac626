"""The equal-access index as files and terminal show it: never without what it rests on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from accessgis.assess.assessment import Assessment
from accessgis.assess.index import STATUSES
from accessgis.base.errors import Language
from accessgis.report.figures import main_area
from accessgis.report.numbers import percent, share_range
from accessgis.report.wording import LANGUAGES, listing, say, titled
from accessgis.standards.weights import Grounds, Weights, load_weights


def index_document(assessment: Assessment, *, weights: Weights | None = None) -> dict[str, Any]:
    """Return ``index`` of ``assessment.json``: what it is, the areas, what each rule contributes, weights and bands."""
    weights = weights or load_weights()
    return {
        "title": {lang: say("index.heading", lang) for lang in LANGUAGES},
        "none": {lang: nothing_judged(assessment, lang) for lang in LANGUAGES} if assessment.index.empty else None,
        "areas": assessment.index.to_dict("records"),
        "rules": assessment.index_rules.to_dict("records"),
        "left_out": [{"rule": rule, "reason": why} for rule, why in assessment.index_left_out.items()],
        "weights": {
            "fields": [asdict(entry) for entry in weights.fields],
            "rule": asdict(weights.rule),
            "rules": [asdict(entry) for entry in weights.rules],
        },
        "bands": [asdict(band) for band in weights.bands],
    }


def index_table(assessment: Assessment, *, lang: Language = "zh") -> pd.DataFrame:
    """Return the rows of ``index.csv``: the frame with the name of the band, and what it is said in every row."""
    table, weights = assessment.index, load_weights()
    names = pd.Series([_band(number, weights, lang) for number in table["band"]], dtype="str")
    return table.assign(band_name=names, note=say("index.heading", lang))


def index_rules_table(assessment: Assessment) -> pd.DataFrame:
    """Return the rows of ``index_rules.csv``: what each rule contributes in each area."""
    return assessment.index_rules


def nothing_judged(assessment: Assessment, lang: Language) -> str:
    """Return why the study's area has no index."""
    lines = assessment.index_rules
    lines = lines[lines["area"] == _whole_area(assessment)]
    return say("index.none", lang, counts=_counts(lines, lang), left_out=_left_out(assessment, lang))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of service in the study's area, ready to print."""

    name: str
    weight: str
    attained: str
    judged: str
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexView:
    """The index of the study's area, ready to print.

    Attributes
    ----------
    heading
        What it is, and that it is not official.
    figure
        Area, figure with range, band; or why there is none.
    fields
        One line per field of service, those without a judged rule too.
    notes
        How many rules were judged and how many not, what the weights rest on, the bands of the areas below.
    """

    heading: str
    figure: str
    fields: tuple[FieldLine, ...]
    notes: tuple[str, ...]


def index_view(assessment: Assessment, *, lang: Language = "zh") -> IndexView:
    """Return the index of the study's area as the terminal prints it."""
    heading = say("index.heading", lang)
    area = _whole_area(assessment)
    rows = assessment.index[assessment.index["area"] == area]
    lines = assessment.index_rules[assessment.index_rules["area"] == area]
    if rows.empty:
        return IndexView(heading=heading, figure=nothing_judged(assessment, lang), fields=(), notes=())
    weights = load_weights()
    row = rows.to_dict("records")[0]
    figure = say(
        "index.figure",
        lang,
        area=row["area_name"],
        share=percent(row["attained"]),
        range=share_range(row["attained_low"], row["attained_high"]),
        band=_band(row["band"], weights, lang) + ("" if row["robust"] else say("index.near", lang)),
    )
    notes = [
        say("index.counts", lang, counts=_counts(lines, lang), share=percent(row["weight_judged"])),
        *([grounds_text(weights.band_needs.grounds, lang)] if row["band"] == 0 else []),
        *([say("index.own", lang, count=int(row["rules_own_target"]))] if row["rules_own_target"] else []),
        *([say("index.adopted", lang, count=int(row["rules_adopted"]))] if row["rules_adopted"] else []),
        *([say("index.left_out", lang, rules=_left_out(assessment, lang))] if assessment.index_left_out else []),
        say("index.weights", lang, grounds=_grounds(weights, lang)),
        *_below(assessment, str(row["level"]), weights, lang),
    ]
    return IndexView(heading=heading, figure=figure, fields=_field_lines(lines, weights, lang), notes=tuple(notes))


def _band(number: int, weights: Weights, lang: Language) -> str:
    """Return the name of a band, or that none is named."""
    return say("index.no_band", lang) if number == 0 else titled(weights.bands[number - 1].title, lang)


def _whole_area(assessment: Assessment) -> str:
    """Return the area that the study is about: its own code where that has a row, else its county."""
    code = assessment.study.code
    return code if (assessment.index_rules["area"] == code).any() else main_area(assessment)


def _field_lines(lines: pd.DataFrame, weights: Weights, lang: Language) -> tuple[FieldLine, ...]:
    """Return the fields that have a rule for the area, in the order of the weights."""
    applies = lines[lines["status"].isin(("judged", "not_judged"))]
    found = []
    for entry in weights.fields:
        mine = applies[applies["field"] == entry.id]
        if mine.empty:
            continue
        share, reached = math.fsum(mine["weight"]), math.fsum(mine["contribution"])
        counts = mine["status"].value_counts()
        found.append(
            FieldLine(
                name=say(f"category.{entry.id}", lang),
                weight=percent(share) if share > 0 else "—",
                attained=percent(reached / share) if share > 0 else "—",
                judged=f"{counts.get('judged', 0)}/{len(mine)}",
                lost=percent(math.fsum(mine["lost"])) if share > 0 else "—",
            )
        )
    return tuple(found)


def _counts(lines: pd.DataFrame, lang: Language) -> str:
    """Return how many rules stand in which status."""
    counts = lines["status"].value_counts()
    words = [
        say(f"index.{status}", lang, count=int(counts.get(status, 0)))
        for status in STATUSES
        if status in ("judged", "not_judged") or counts.get(status, 0)
    ]
    return listing(words, lang)


def _left_out(assessment: Assessment, lang: Language) -> str:
    """Return how many rules are no part of the index, by reason."""
    reasons = list(assessment.index_left_out.values())
    words = [say(f"index.{why}", lang, count=reasons.count(why)) for why in dict.fromkeys(reasons)]
    return listing(words, lang) or say("index.no_rules", lang)


def _grounds(weights: Weights, lang: Language) -> str:
    """Return what weights and bands rest on, each sentence once."""
    entries = [*(entry.grounds for entry in weights.fields), weights.rule.grounds]
    entries += [*(entry.grounds for entry in weights.rules), *(band.grounds for band in weights.bands)]
    return ("" if lang == "zh" else " ").join(dict.fromkeys(grounds_text(entry, lang) for entry in entries))


def grounds_text(grounds: Grounds, lang: Language) -> str:
    """Return what a weight rests on: the assumption, or document and section."""
    if grounds.assumed is not None:
        return titled(grounds.assumed, lang)
    return say("index.source", lang, source=grounds.source, section=grounds.section)


def _below(assessment: Assessment, level: str, weights: Weights, lang: Language) -> list[str]:
    """Return how many areas of each level below lie in which band: bands, never ranks."""
    found = []
    for below in dict.fromkeys(assessment.index["level"]):
        at = assessment.index[assessment.index["level"] == below]
        if below == level:
            continue
        bands = [
            say("index.in_band", lang, band=titled(band.title, lang), count=int((at["band"] == number).sum()))
            for number, band in enumerate(weights.bands, 1)
        ]
        without = int((at["band"] == 0).sum())
        if without:
            bands.append(say("index.in_band", lang, band=say("index.no_band", lang), count=without))
        found.append(say("index.below", lang, level=say(f"index_level.{below}", lang), bands=listing(bands, lang)))
    return found
