"""The view model: an assessment as text and numbers that are ready to print, in one language.

Terminal, map and pages show what stands here and add no words or arithmetic of their own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.crs import has_chinese_form
from accessgis.base.errors import Language
from accessgis.report import doubts, facts, sentences
from accessgis.report.figures import Figures, area_names, gap_people, kept, main_area, rows_of, whole_figures
from accessgis.report.numbers import (
    count,
    minutes,
    people,
    people_pair,
    percent_against,
    share_range,
    target_percent,
    whole,
)
from accessgis.report.sentences import Case, Mark
from accessgis.report.speeds import speed_lines
from accessgis.report.wording import kind_name, mode_name, people_phrase, plan_name, say, titled

_ELDERLY = ("age60plus", "age65plus")
SHOWN_GAPS = 50
"""Gaps listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that belongs beside a verdict: ``warn`` changes how it is read, ``quiet`` says what to know."""

    tone: Literal["warn", "quiet"]
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeView:
    """One mode of travel of a rule at the level of the study's area.

    Attributes
    ----------
    profile, name, headline
        Which, its name, and whether the rule's conclusion rests on it.
    share, low, high
        Covered share and its range, 0–1; None where there is none.
    share_text, range_text, people_text
        ``98.0%`` · ``96.3–98.7%`` · ``18.45万人/18.83万人``; ``""`` where there is none.
    who_text
        The same with the people it counts: ``7,306人/11,911人，60岁及以上常住人口``.
    mark
        Which sign stands beside it: a verdict for the headline, a side of the target for the others.
    label
        ``结论（按驾车）`` or ``比较口径（按步行），不是本规则的结论``.
    word, detail
        Verdict in words, and ``差9.7个百分点，约1.82万人`` or ``缺…`` where that follows it.
    sentence
        The finding.
    times_text
        Median and nine-in-ten time.
    """

    profile: str
    name: str
    headline: bool
    share: float | None
    low: float | None
    high: float | None
    share_text: str
    range_text: str
    people_text: str
    who_text: str
    mark: Mark
    label: str
    word: str
    detail: str
    sentence: str
    times_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A gap of the headline, with its place ``乡镇+村``; ``rank`` 0 is a township's scattered rest.

    ``township``, ``village``, ``elderly_text``, ``facility`` and ``far`` are the cells of a table: ``""`` for unknown.
    ``way`` is ``far`` in minutes or metres, None where there is none; ``cause`` the reason as data.
    """

    rank: int
    place: str
    township: str
    village: str
    people: int
    people_text: str
    elderly_text: str
    nearest: str
    facility: str
    far: str
    way: int | None
    reason: str
    cause: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule: its headline first, then what it rests on.

    Attributes
    ----------
    title
        Its title, with the plan's short name behind it where another rule has the same one.
    plan, standing, adopted, expired
        Short name of the plan; plan, adoption and period as a line; whether the rule is not the area's own; whether
        the plan's period is over.
    unchecked
        Those of the notes that say which kinds were held against no official total.
    gaps, uncovered
        The gaps that are listed, of which there are at most :data:`SHOWN_GAPS`; people of all gaps, listed or not.
    """

    rule: str
    title: str
    plan: str
    standing: str
    adopted: bool
    expired: bool
    kinds: tuple[str, ...]
    kind_names: tuple[str, ...]
    limit_text: str
    target: float | None
    target_text: str
    modes: tuple[ModeView, ...]
    notes: tuple[Note, ...]
    unchecked: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    gaps: tuple[GapView, ...]
    uncovered: int
    gaps_title: str
    gaps_sum: str
    gaps_more: str

    @property
    def headline(self) -> ModeView:
        """The mode that the rule's conclusion rests on."""
        return self.modes[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """Everything that a page says in one language."""

    lang: Language
    title: str
    generated: str
    """``生成数据``, or ``""`` when the study does not say that its data is generated."""
    meta: str
    approval: str
    rules: tuple[RuleView, ...]
    doubts: tuple[str, ...]
    """What is doubtful, by weight."""
    checks: tuple[str, ...]
    """What was held against official totals (核对表)."""
    speeds: tuple[str, ...]
    """Assumed speeds of every mode that any rule uses."""
    inputs: tuple[str, ...]


def page_view(assessment: Assessment, *, lang: Language = "zh") -> PageView:
    """Return an assessment as text and numbers ready to print.

    Parameters
    ----------
    assessment
        What a run found.
    lang
        ``"zh"`` or ``"en"``.
    """
    return kept(assessment, ("page", lang), lambda: _page_view(assessment, lang))


def _page_view(assessment: Assessment, lang: Language) -> PageView:
    study, titles = assessment.study, facts.distinct_titles(assessment.circles, lang)
    basis = facts.basis_word(study, lang)
    datum = "page.datum_cn" if has_chinese_form(study.code) else "page.datum_other"
    return PageView(
        lang=lang,
        title=say("page.title", lang, name=study.name),
        generated=say("page.generated", lang) if study.generated else "",
        meta=say(
            "page.meta",
            lang,
            date=study.data_date.isoformat(),
            basis=say("page.estimate", lang, text=basis) if assessment.demand.estimate else basis,
            as_of=study.population_as_of,
            datum=say(datum, lang),
        ),
        approval=say("page.approval", lang),
        rules=tuple(rule_view(assessment, rule, lang=lang) for rule in assessment.circles),
        doubts=tuple(doubts.doubt_lines(doubts.weighed(assessment.quality.doubts), lang, titles=titles)),
        checks=tuple(doubts.check_lines(assessment.quality.doubts, lang)),
        speeds=tuple(speed_lines(assessment, assessment.results["profile"].unique(), lang)),
        inputs=tuple(facts.input_line(record) for record in assessment.inputs),
    )


def rule_view(assessment: Assessment, rule: RuleRecord, *, lang: Language = "zh") -> RuleView:
    """Return one rule of an assessment as text and numbers ready to print."""
    cases = cases_of(assessment, rule)
    if cases and not cases[0].judged:
        cases = cases[:1]
    modes = tuple(_mode(case, rule, assessment, lang) for case in cases)
    gaps = gap_views(assessment, rule, lang)
    whole_gaps = [gap for gap in gaps if gap.rank > 0]
    hidden = whole_gaps[SHOWN_GAPS:]
    lost, unlisted = (sum(gap.people for gap in some) for some in (gaps, hidden))
    told = say("gap.sum", lang, count=len(whole_gaps), people=people(lost, lang)) if gaps else say("gap.none", lang)
    return RuleView(
        rule=rule.rule,
        title=facts.distinct_titles(assessment.circles, lang).get(rule.rule, titled(rule.title, lang)),
        plan=plan_name(rule.source_title, lang),
        standing=facts.standing(assessment, rule, lang),
        adopted=rule.basis == "adopted",
        expired=rule.stage == "expired",
        kinds=rule.kinds,
        kind_names=tuple(kind_name(kind, lang) for kind in rule.kinds),
        limit_text=sentences.limit_text(rule, lang),
        target=rule.target,
        target_text="" if rule.target is None else target_percent(rule.target),
        modes=modes,
        notes=tuple(
            Note(tone=tone, title=title, text=text) for tone, title, text in facts.notes(assessment, rule, cases, lang)
        ),
        unchecked=tuple(facts.unchecked(assessment, rule, lang)),
        facts=tuple(facts.rule_facts(assessment, rule, cases, lang)),
        gaps=tuple(gap for gap in gaps if 0 < gap.rank <= SHOWN_GAPS or (gap.rank == 0 and gap.people > 0)),
        uncovered=lost,
        gaps_title=say("gap.heading", lang, mode=modes[0].name),
        gaps_sum=told if modes[0].share is not None else "",
        gaps_more=say("gap.more", lang, count=len(hidden), people=people(unlisted, lang)) if hidden else "",
    )


def cases_of(assessment: Assessment, rule: RuleRecord) -> tuple[Case, ...]:
    """Return the figures of every mode of a rule for the study's area, headline first, then by profile order."""
    area = main_area(assessment)
    rows = rows_of(assessment, rule)
    rows = rows[rows["area"] == area]
    order = {entry.get("id", entry.get("profile", "")): index for index, entry in enumerate(assessment.profiles)}
    cases = []
    for row in rows.to_dict("records"):
        figures: Figures = whole_figures(assessment, rule, row["profile"])
        cases.append(Case(row={str(key): value for key, value in row.items()}, figure=figures[row["level"]][area]))
    return tuple(
        sorted(
            cases,
            key=lambda case: (not case.row["headline"], -_speed_rank(case.row["profile"], order), case.row["profile"]),
        )
    )


def _speed_rank(profile: str, order: dict[str, int]) -> int:
    """Quick modes first, in the order that people compare them."""
    known = ("walk-carer", "walk-elderly", "walk", "bicycle", "ebike", "vehicle")
    first = profile.split("+", maxsplit=1)[0]
    return known.index(first) if first in known else -1 - order.get(first, 0)


def _mode(case: Case, rule: RuleRecord, assessment: Assessment, lang: Language) -> ModeView:
    name = mode_name(case.row["profile"], lang)
    mark = sentences.mark_of(case, rule)
    known = case.judged and case.figure.people > 0
    low, high = float(case.row["range_low"]), float(case.row["range_high"])
    ranged = known and low == low and high == high
    pair = people_pair(case.figure.covered, case.figure.people, lang) if known else ""
    who = people_phrase(rule.where, rule.group, assessment.study.population_basis, lang)
    counted = facts.people_of(pair, assessment, lang)
    label = "page.headline" if case.row["headline"] else "page.comparison"
    return ModeView(
        profile=case.row["profile"],
        name=name,
        headline=bool(case.row["headline"]),
        share=case.figure.share if known else None,
        low=low if ranged else None,
        high=high if ranged else None,
        share_text=percent_against(case.figure.share, rule.target) if known else "",
        range_text=share_range(low, high) if ranged else "",
        people_text=counted,
        who_text=say("page.people_who", lang, people=counted, who=who) if pair else "",
        mark=mark,
        label=say(label, lang, mode=name),
        word=say(f"verdict.{mark}", lang),
        detail=sentences.detail(case, rule, lang),
        sentence=sentences.finding(
            case, rule, assessment.study.population_basis, lang, estimate=bool(assessment.demand.estimate)
        ),
        times_text=facts.times_text(case, lang) if known else "",
    )


def gap_views(assessment: Assessment, rule: RuleRecord, lang: Language) -> tuple[GapView, ...]:
    """Return every gap of a rule's headline, and the scattered rest of each township."""
    return kept(assessment, ("gap views", rule, lang), lambda: tuple(_gap_views(assessment, rule, lang)))


def _gap_views(assessment: Assessment, rule: RuleRecord, lang: Language) -> Iterator[GapView]:
    gaps = assessment.gaps[assessment.gaps["rule"] == rule.rule]
    if gaps.empty:
        return
    figures = whole_figures(assessment, rule, rule.headline_profile)
    counted = gap_people(figures["township"] or figures["county"], gaps)
    known = _facilities(assessment)
    above = _area_name(assessment)
    for row, amount in zip(gaps.to_dict("records"), counted, strict=True):
        name, kind = known.get(str(row["facility_id"]), ("", ""))
        name = name or say("gap.unnamed", lang, kind=kind_name(kind, lang))
        way = _way(row, rule) if row["facility_id"] else None
        far = _far(way, rule, lang)
        elderly = amount if rule.group in _ELDERLY else row["age60plus"]
        yield GapView(
            rank=int(row["rank"]),
            place=_place(row, above, lang),
            township=str(row["township_name"]) or above,
            village=_village(row, lang),
            people=amount,
            people_text=people(amount, lang),
            elderly_text=count(min(amount, whole(elderly))) if elderly == elderly else "",
            nearest=say("gap.nearest", lang, facility=name, far=far) if far else say("gap.no_facility", lang),
            facility=name if far else say("gap.no_facility", lang),
            far=far,
            way=way,
            reason=say(f"reason.{row['reason']}", lang),
            cause=str(row["reason"]),
            lon=float(row["lon"]),
            lat=float(row["lat"]),
        )


def _facilities(assessment: Assessment) -> dict[str, tuple[str, str]]:
    """Return name and kind of every facility by id."""

    def by_id() -> dict[str, tuple[str, str]]:
        ids, names, kinds = (assessment.facilities.frame[name].tolist() for name in ("facility_id", "name", "kind"))
        return dict(zip(ids, zip(names, kinds, strict=True), strict=True))

    return kept(assessment, ("facilities",), by_id)


def _area_name(assessment: Assessment) -> str:
    """Return the name of the study's area where that is all that names a place, else ``""``."""
    frame = assessment.areas.frame
    if (frame["level"] == "township").any():
        return ""
    code = main_area(assessment)
    name = area_names(assessment).get(code, "")
    return assessment.study.name if name in ("", code) else name


def _place(row: Mapping[Hashable, Any], above: str, lang: Language) -> str:
    """Name a place as 乡镇+村, with its coordinates where no unit under the study's area names it."""
    where = {"lon": f"{row['lon']:.4f}", "lat": f"{row['lat']:.4f}"}
    township = row["township_name"] or above
    if row["rank"] == 0:
        return say("gap.other", lang, township=township).strip()
    if row["village_name"] or row["township_name"]:
        place, count = f"{township}{row['village_name']}", int(row["villages"])
        return say("gap.several", lang, place=place, count=count) if count > 1 else place
    return say("gap.within", lang, area=above, **where) if above else say("gap.somewhere", lang, **where)


def _village(row: Mapping[Hashable, Any], lang: Language) -> str:
    """Return the village of a gap, or that it is a township's scattered rest."""
    name, number = str(row["village_name"]), int(row["villages"])
    if row["rank"] == 0:
        return say("gap.other", lang, township="").strip()
    return say("gap.several", lang, place=name, count=number) if name and number > 1 else name


def _way(row: Mapping[Hashable, Any], rule: RuleRecord) -> int | None:
    """Return how far the nearest facility is in whole minutes or metres, None where none can be reached."""
    seconds, metres = float(row["seconds"]), float(row["metres"])
    if math.inf in (seconds, metres):
        return None
    return math.ceil(metres) if metres == metres else minutes(seconds, limit_s=rule.limit_s)


def _far(way: int | None, rule: RuleRecord, lang: Language) -> str:
    if way is None:
        return ""
    return facts.metres_text(way, lang) if rule.limit_s is None else facts.minutes_text(way, lang)
