"""How evenly a rule's times are spread, ready to print: by place class and group, with Gini and ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.report.numbers import count, minutes, percent_against, whole
from accessgis.report.wording import people_phrase, say


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One part of the people of a rule."""

    part: str
    name: str
    people: str
    share: float
    share_text: str
    mean: str
    gini: str
    worst: str
    ratio: str


def part_rows(assessment: Assessment, rule: RuleRecord, lang: Language) -> tuple[PartRow, ...]:
    """Return the parts of a rule's people, all of them first; none where the rule has no times."""
    frame = assessment.equity
    found = frame[frame["rule"] == rule.rule]
    return tuple(
        PartRow(
            part=str(row["part"]),
            name=_name(str(row["part"]), lang),
            people=count(whole(float(row["people"]))),
            share=float(row["covered_share"]),
            share_text=percent_against(float(row["covered_share"]), rule.target),
            mean=_mean(float(row["mean_s"]), float(row["mean_m"]), lang),
            gini=decimals(float(row["gini"]), 2, lang),
            worst=decimals(float(row["worst_off_ratio"]), 1, lang),
            ratio=_ratio(float(row["ratio"]), str(row["against"]), lang),
        )
        for row in found.to_dict("records")
    )


def decimals(value: float, places: int, lang: Language) -> str:
    """Print a number half up to so many decimals, a dash for NaN."""
    if math.isnan(value):
        return say("report.no_value", lang)
    return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _name(part: str, lang: Language) -> str:
    if part in ("all", "rural", "urban"):
        return say(f"report.part_{part}", lang)
    return people_phrase("all", part, "other", lang)


def _mean(seconds: float, metres: float, lang: Language) -> str:
    if not math.isnan(metres):
        return count(whole(metres))
    return say("report.no_value", lang) if math.isnan(seconds) else str(minutes(seconds))


def _ratio(ratio: float, against: str, lang: Language) -> str:
    if math.isnan(ratio):
        return say("report.no_value", lang)
    return say(f"report.ratio_{against}", lang, ratio=decimals(ratio, 2, lang))
