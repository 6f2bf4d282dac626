"""What a verdict rests on: notes that stand beside it, and its sources and assumptions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from accessgis.assess.assessment import Assessment, RuleRecord, StudyInfo
from accessgis.assess.verdict import reaches
from accessgis.base.errors import Language
from accessgis.base.provenance import InputRecord
from accessgis.report.check_view import quality_line
from accessgis.report.doubts import INCOMPLETE, UNCHECKED, belongs, doubt_lines, reassures
from accessgis.report.numbers import (
    count,
    minutes_within,
    percent,
    percent_against,
    persons,
    share_range,
    target_percent,
    whole,
)
from accessgis.report.sentences import Case
from accessgis.report.speeds import speed_lines
from accessgis.report.wording import (
    has,
    kind_name,
    kinds_phrase,
    listing,
    missing_phrase,
    mode_name,
    people_phrase,
    plan_name,
    say,
    section_name,
    titled,
)

NoteLine = tuple[Literal["warn", "quiet"], str, str]
_HASH_SHOWN = 12
_JOINER = " · "
_LEAST_SHOWN = 0.5
"""People under which a number of them would print as 0."""


def basis_word(study: StudyInfo, lang: Language) -> str:
    """Return 常住人口 or 户籍人口."""
    key = f"basis_of_people.{study.population_basis}"
    return say(key if has(key) else "basis_of_people.other", lang)


def unchecked(assessment: Assessment, rule: RuleRecord, lang: Language) -> list[str]:
    """Return which of a rule's kinds were held against no official total."""
    doubts = [doubt for doubt in assessment.quality.doubts if doubt.code == UNCHECKED and belongs(doubt, rule)]
    return list(doubt_lines(doubts, lang))


def people_of(text: str, assessment: Assessment, lang: Language) -> str:
    """Return people in words, named an estimate where the study only states a total that was spread."""
    return say("page.estimate_people", lang, text=text) if text and assessment.demand.estimate else text


def distinct_titles(rules: Sequence[RuleRecord], lang: Language) -> dict[str, str]:
    """Return the title of each rule by id; rules of one title have their plan behind it, or what else parts them."""

    def with_plan(rule: RuleRecord, plan: str) -> str:
        return say("page.plan_of", lang, title=titled(rule.title, lang), plan=plan)

    tries: tuple[Callable[[RuleRecord], str], ...] = (
        lambda rule: titled(rule.title, lang),
        lambda rule: with_plan(rule, plan_name(rule.source_title, lang)),
        lambda rule: with_plan(rule, titled(rule.source_title, lang)),
        lambda rule: with_plan(rule, rule.rule),
    )
    names: dict[str, str] = {}
    left = list(rules)
    for name in tries:
        made = {rule.rule: name(rule) for rule in left}
        texts = list(made.values())
        names |= made
        left = [rule for rule in left if texts.count(made[rule.rule]) > 1]
    return names


def standing(assessment: Assessment, rule: RuleRecord, lang: Language) -> str:
    """Return which plan a rule is from, whether it is adopted, and where the data stand to the plan's period."""
    parts = [_source(rule, lang)]
    if rule.basis != "in_scope":
        parts.append(say(f"rule_basis.{rule.basis}", lang, note=rule.basis_note or rule.source))
    if rule.stage != "open":
        parts.append(_stage(assessment, rule, lang))
    return _JOINER.join(part for part in parts if part)


def metres_text(value: int, lang: Language) -> str:
    """Return whole metres: ``1,050米``."""
    return f"{count(value)}米" if lang == "zh" else f"{count(value)} m"


def minutes_text(value: int, lang: Language) -> str:
    """Return whole minutes: ``105分钟``."""
    return f"{value}分钟" if lang == "zh" else f"{value} min"


def input_line(record: InputRecord) -> str:
    """Return one input as ``path (sha256 …)``."""
    parts = [record.path, f"SHA-256 {record.sha256[:_HASH_SHOWN]}…", record.crs, record.note]
    return " · ".join(part for part in parts if part)


def times_text(case: Case, lang: Language) -> str:
    """Return the median and the nine-in-ten time in words."""
    texts = [
        _within_text(float(case.row[f"{name}_s"]), float(case.row[f"{name}_m"]), lang) for name in ("median", "p90")
    ]
    return say("fact.median_text", lang, median=texts[0], p90=texts[1]) if all(texts) else ""


def _within_text(seconds: float, metres: float, lang: Language) -> str:
    """Return a way, of which one figure is known, rounded up so that "within" is true of it; "" where none is."""
    if float("inf") in (seconds, metres):
        return say("fact.unreachable", lang)
    if metres == metres:
        return metres_text(max(1, math.ceil(metres)), lang)
    return minutes_text(minutes_within(seconds), lang) if seconds == seconds else ""


def notes(assessment: Assessment, rule: RuleRecord, cases: Sequence[Case], lang: Language) -> Iterator[NoteLine]:
    """Yield the notes beside a verdict, what changes its reading first."""
    if not cases:
        return
    head = cases[0]
    if rule.stage in ("expired", "final"):
        yield "quiet", "", _stage(assessment, rule, lang) + say("sentence.end", lang)
    if head.row["mode_dependent"]:
        yield "warn", say("note.flip", lang), _flip(cases, rule, lang)
    doubts = [doubt for doubt in assessment.quality.doubts if belongs(doubt, rule) and not reassures(doubt)]
    for text in doubt_lines([doubt for doubt in doubts if doubt.code in INCOMPLETE], lang):
        yield "warn", say("note.incomplete", lang), text
    yield from _doubtful(rule, head, lang)
    yield from _people_notes(head, rule, lang)
    yield from _straight_note(assessment, head, rule, lang)
    line = quality_line(assessment, rule, lang)
    if head.judged and line:
        yield "quiet", say("quality.heading", lang), line + say("sentence.end", lang)
    for text in unchecked(assessment, rule, lang):
        yield "quiet", "", text
    own = titled(rule.title, lang)
    others = [doubt for doubt in doubts if doubt.code not in (*INCOMPLETE, UNCHECKED)]
    for text in doubt_lines(others, lang, titles={rule.rule: own}):
        bare = text.removeprefix(f"{own}{say('note.separator', lang)}")
        yield "quiet", "", bare if bare == text else bare[:1].upper() + bare[1:]


def rule_facts(
    assessment: Assessment, rule: RuleRecord, cases: Sequence[Case], lang: Language
) -> Iterator[tuple[str, str]]:
    """Yield the source and every assumption of a rule as (label, text)."""
    yield say("fact.source", lang), _source(rule, lang)
    yield say("fact.basis", lang), say(f"rule_basis.{rule.basis}", lang, note=rule.basis_note or rule.source)
    if has(f"force.{rule.force}"):
        yield say("fact.force", lang), say(f"force.{rule.force}", lang)
    yield say("fact.stage", lang), _stage(assessment, rule, lang)
    yield say("fact.target", lang), _target(rule, lang)
    yield say("fact.kinds", lang), _kinds(rule, lang)
    who = people_phrase(rule.where, rule.group, assessment.study.population_basis, lang)
    yield say("fact.who", lang), _people(assessment, who, lang)
    if rule.where != "all":
        yield say("fact.classes", lang), _class_source(assessment, lang)
    for case in cases[:1]:
        if case.judged and case.row["sensitivity"]:
            yield say("fact.range", lang), _range(case, lang)
        if case.judged and times_text(case, lang):
            yield say("fact.median", lang), times_text(case, lang)
    for text in speed_lines(assessment, (case.row["profile"] for case in cases), lang):
        yield say("fact.speed", lang), text
    checked = [doubt for doubt in assessment.quality.doubts if belongs(doubt, rule) and reassures(doubt)]
    for text in doubt_lines(checked, lang):
        yield say("fact.checked", lang), text
    for assumption in rule.assumed:
        yield say("fact.assumed", lang), assumption.zh if lang == "zh" else assumption.en


def _doubtful(rule: RuleRecord, head: Case, lang: Language) -> Iterator[NoteLine]:
    row = head.row
    if row["verdict"] in ("meets", "falls_short") and not row["robust"]:
        span = share_range(float(row["range_low"]), float(row["range_high"]))
        yield "warn", say("note.shaky", lang), say("note.shaky_text", lang, range=span)
    if head.missing and row["verdict"] != "not_judged":
        missing = listing(dict.fromkeys(missing_phrase(token, lang) for token in head.missing), lang)
        yield "quiet", say("note.missing", lang), say("note.missing_text", lang, missing=missing)
    if row["verdict"] == "falls_short" and not row["counts"] and rule.stage != "expired":
        force = say(f"force.{rule.force}", lang) if has(f"force.{rule.force}") else rule.force
        yield "quiet", say("note.not_counted", lang), say("note.not_counted_text", lang, force=force)


def _people_notes(head: Case, rule: RuleRecord, lang: Language) -> Iterator[NoteLine]:
    row = head.row
    amounts = (("edge", "edge_people"), ("off_network", "off_network"), ("unclassified", "unclassified"))
    for key, column in amounts:
        amount = float(row[column])
        if key == "unclassified" and rule.where == "all":
            continue
        if head.judged and amount >= _LEAST_SHOWN:
            shown = whole(amount) if key == "unclassified" else min(whole(amount), max(1, head.figure.uncovered))
            high = float(row["covered_share_high"])
            yield (
                "quiet",
                say(f"note.{key}", lang),
                say(
                    f"note.{key}_text",
                    lang,
                    people=persons(shown, lang),
                    high=percent(high) if high == high else "",
                ),
            )
    own = float(row["covered_share_own"])
    if head.judged and own == own and percent(own) != percent(head.figure.share):
        yield "quiet", say("note.own_share", lang), say("note.own_share_text", lang, share=percent(own))
    assigned = float(row["covered_share_assigned"])
    if head.judged and assigned == assigned:
        yield "quiet", say("note.assigned", lang), say("note.assigned_text", lang, share=percent(assigned))
    fixed = float(row["covered_share_fixed"])
    if head.judged and fixed == fixed:
        yield "quiet", say("note.mobile", lang), say("note.mobile_text", lang, fixed=percent(fixed))
    construction, planned = (float(row[f"covered_share_{name}"]) for name in ("construction", "planned"))
    if head.judged and planned == planned and percent(planned) != percent(head.figure.share):
        shares = {"construction": percent(construction), "planned": percent(planned)}
        yield "quiet", say("note.coming", lang), say("note.coming_text", lang, **shares)


def _straight_note(assessment: Assessment, head: Case, rule: RuleRecord, lang: Language) -> Iterator[NoteLine]:
    """Yield the share as the crow flies, and the people whom it counts and the roads do not."""
    share, only = float(head.row["covered_share_straight"]), float(head.row["straight_only"])
    radius = _radius_m(assessment, rule)
    if head.judged and share == share and radius is not None:
        told = {"metres": count(round(radius)), "share": percent(share), "people": persons(whole(only), lang)}
        yield "quiet", say("note.straight", lang), say("note.straight_text", lang, **told)


def _radius_m(assessment: Assessment, rule: RuleRecord) -> float | None:
    """Return the radius of a rule: its limit in metres, or how far its quickest walker gets; None for other rules."""
    if rule.limit_s is None:
        return rule.limit_m
    speeds = {entry.get("id"): entry.get("speed_kph") for entry in assessment.profiles}
    own = [speeds.get(profile) for profile in rule.profiles]
    return max((rule.limit_s * float(speed["central"]) / 3.6 for speed in own if speed), default=None)


def _flip(cases: Sequence[Case], rule: RuleRecord, lang: Language) -> str:
    sides: dict[str, list[str]] = {"flip_above": [], "flip_below": []}
    for case in cases:
        if case.judged and rule.target is not None:
            side = "flip_above" if reaches(case.figure.share, rule.target) else "flip_below"
            name = mode_name(case.row["profile"], lang)
            sides[side].append(f"{name} {percent_against(case.figure.share, rule.target)}")
    parts = [say(f"note.{side}", lang, modes=listing(names, lang)) for side, names in sides.items() if names]
    return say("note.flip_joiner", lang).join(parts) + say("sentence.end", lang)


def _source(rule: RuleRecord, lang: Language) -> str:
    source = titled(rule.source_title, lang)
    return f"{source} {section_name(rule.section, lang)}".strip()


def _stage(assessment: Assessment, rule: RuleRecord, lang: Language) -> str:
    date = assessment.study.data_date.isoformat()
    return say(f"stage.{rule.stage}", lang, horizon=rule.horizon or "", date=date)


def _people(assessment: Assessment, who: str, lang: Language) -> str:
    who = say("page.estimate", lang, text=who) if assessment.demand.estimate else who
    as_of = assessment.study.population_as_of
    return say("fact.people_of", lang, who=who, as_of=as_of) if as_of else who


def _target(rule: RuleRecord, lang: Language) -> str:
    if rule.target is None:
        return say("fact.target_none", lang)
    share = target_percent(rule.target)
    if rule.target_basis:
        return say("fact.target_own", lang, share=share, basis=rule.target_basis)
    return say("fact.target_plan", lang, share=share)


def _kinds(rule: RuleRecord, lang: Language) -> str:
    names = listing([kind_name(kind, lang) for kind in rule.kinds], lang) or kinds_phrase((), lang)
    sharing = say(f"sharing.{rule.sharing}", lang) if has(f"sharing.{rule.sharing}") else rule.sharing
    return f"{names}（{sharing}）" if lang == "zh" else f"{names} ({sharing})"


def _class_source(assessment: Assessment, lang: Language) -> str:
    areas = assessment.areas
    if areas.class_source in ("place_class", "ur_code", "land_survey"):
        return say(f"fact.class_{areas.class_source}", lang)
    if areas.class_source == "study":
        where = say(f"where.{areas.where}", lang) if has(f"where.{areas.where}") else areas.where
        return say("fact.class_study", lang, where=where.strip())
    return say("fact.class_none", lang)


def _range(case: Case, lang: Language) -> str:
    factors = [say(f"factor.{name}", lang) if has(f"factor.{name}") else name for name, *_ in case.row["sensitivity"]]
    span = share_range(float(case.row["range_low"]), float(case.row["range_high"]))
    return say("fact.range_text", lang, range=span, factors=listing(dict.fromkeys(factors), lang))
