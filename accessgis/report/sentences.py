"""The sentence of a finding: who, how far, how many, and where that stands to the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.report.figures import Figure
from accessgis.report.numbers import (
    count,
    minutes,
    people_pair,
    percent_against,
    persons,
    points,
    shortfall,
    target_percent,
)
from accessgis.report.wording import kinds_phrase, listing, missing_phrase, mode_phrase, people_phrase, say

Mark = Literal["meets", "falls_short", "no_target", "not_judged", "nobody_concerned", "above", "below", "share_only"]
"""A verdict, or for a comparison the side of the target that a share lies on."""

AreaClass = Literal["a", "b", "c", "d", "s1", "s2", "s3", "s4", "u", "x"]
"""How an area is shaded: against a target a–d, without one s1–s4, not judged u, nobody concerned x."""

_NEAR, _FAR = 0.10, 0.20
_SHARE_STEPS: tuple[tuple[float, AreaClass], ...] = ((0.6, "s1"), (0.4, "s2"), (0.2, "s3"))
_EXACT = 9
_HOURS_OVER_S = 7200


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One row of the results for the study's area, with its whole people."""

    row: dict[str, Any]
    figure: Figure

    @property
    def judged(self) -> bool:
        """Whether there is a share at all."""
        return self.figure.share == self.figure.share

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing for a verdict."""
        return tuple(self.row["missing"])


def mark_of(case: Case, rule: RuleRecord) -> Mark:
    """Return the sign of a row: its verdict, or the side of the target where no verdict stands."""
    verdict: Mark | Literal[""] = case.row["verdict"] if case.row["headline"] else ""
    if verdict:
        return verdict
    if not case.judged or rule.target is None or case.missing:
        return "share_only"
    if reaches(case.figure.share, rule.target):
        return "above"
    high = float(case.row["covered_share_high"])
    return "below" if not reaches(high, rule.target) else "share_only"


def area_class(figure: Figure | None, rule: RuleRecord, *, judged: bool) -> AreaClass:
    """Return how an area is shaded.

    Parameters
    ----------
    figure
        Its figures, None when the results have no row for it.
    rule
        The rule, for its target.
    judged
        Whether the rule has figures at all.
    """
    if not judged or figure is None:
        return "u"
    if figure.share != figure.share:
        return "x" if figure.people == 0 else "u"
    return share_class(figure.share, rule.target)


def share_class(share: float, target: float | None) -> AreaClass:
    """Return how an area of a share is shaded: by its distance to the target, or by fifths where there is none."""
    if target is None:
        return next((name for least, name in _SHARE_STEPS if share >= least), "s4")
    short = round(target - share, _EXACT)
    if reaches(share, target):
        return "a"
    return "b" if short < _NEAR else "c" if short < _FAR else "d"


def limit_text(rule: RuleRecord, lang: Language) -> str:
    """Return the limit as plans put it: ``30分钟以内（含）``."""
    if rule.limit_s is not None:
        if rule.limit_s > _HOURS_OVER_S and rule.limit_s % 3600 == 0:
            return say("limit.hours", lang, hours=rule.limit_s // 3600)
        return say("limit.minutes", lang, minutes=minutes(rule.limit_s))
    if rule.limit_m is not None:
        straight = say("limit.straight", lang) if rule.metric == "straight-line" else ""
        return say("limit.metres", lang, metres=count(round(rule.limit_m))) + straight
    return say("limit.none", lang)


def missing_text(case: Case, lang: Language) -> str:
    """Return what is missing for a verdict, in words."""
    return listing(dict.fromkeys(missing_phrase(token, lang) for token in case.missing), lang)


def detail(case: Case, rule: RuleRecord, lang: Language) -> str:
    """Return what stands in brackets after a verdict: the shortfall, or what is missing."""
    mark = mark_of(case, rule)
    if mark == "not_judged":
        return say("verdict.lacking", lang, missing=missing_text(case, lang)) if case.missing else ""
    if mark in ("falls_short", "below") and rule.target is not None:
        need = shortfall(case.figure.people, case.figure.covered, rule.target)
        return say(
            "verdict.shortfall",
            lang,
            points=points(case.figure.share, rule.target, lang),
            people=persons(need, lang),
        )
    return ""


def finding(case: Case, rule: RuleRecord, basis: str, lang: Language, *, estimate: bool = False) -> str:
    """Return the whole finding of a row as a sentence, its people named an estimate where they are one."""
    mark = mark_of(case, rule)
    who = people_phrase(rule.where, rule.group, basis, lang)
    if mark == "nobody_concerned":
        return say("sentence.nobody_concerned", lang, who=who)
    if not case.judged or case.figure.people == 0:
        return say("sentence.not_judged_alone", lang, missing=missing_text(case, lang) or say("missing.places", lang))
    figure = case.figure
    of = people_pair(figure.covered, figure.people, lang, joiner="/" if lang == "zh" else " of ")
    start = say(
        "sentence.share_from" if rule.direction == "from_facility" else "sentence.share",
        lang,
        by=mode_phrase(case.row["profile"], lang),
        who=who,
        share=percent_against(figure.share, rule.target),
        of=say("page.estimate_people", lang, text=of) if estimate else of,
        limit=limit_text(rule, lang),
        dest=kinds_phrase(rule.kinds, lang),
    )
    return start + _ending(mark, case, rule, lang)


def _ending(mark: Mark, case: Case, rule: RuleRecord, lang: Language) -> str:
    if mark == "not_judged":
        return say("sentence.not_judged", lang, missing=missing_text(case, lang))
    if rule.target is None:
        return say("sentence.no_target", lang)
    if mark == "share_only":
        return say("sentence.end", lang)
    target = target_text(rule, lang)
    share = case.figure.share
    distance = points(share, rule.target, lang)
    if mark in ("falls_short", "below"):
        need = shortfall(case.figure.people, case.figure.covered, rule.target)
        return say("sentence.below", lang, target=target, points=distance, people=persons(need, lang))
    if float(distance.split("个")[0].split(" ")[0]) == 0:
        return say("sentence.equal", lang, target=target)
    return say("sentence.above", lang, target=target, points=distance)


def target_text(rule: RuleRecord, lang: Language) -> str:
    """Return whose target it is: the county's own, the plan's, or that of a level above."""
    share = target_percent(rule.target or 0.0)
    if rule.target_basis:
        return say("sentence.target_own", lang, share=share)
    if rule.target_level in ("province", "prefecture"):
        return say("sentence.target_above_level", lang, level=say(f"level.{rule.target_level}", lang), share=share)
    return say("sentence.target_plan", lang, share=share)
