"""What a verdict rests on: notes that stand beside it, and its sources and assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from accessgis.assess.assessment import Assessment, RuleRecord, StudyInfo
from accessgis.base.errors import Doubt, Language, Value
from accessgis.base.provenance import InputRecord
from accessgis.report.numbers import (
    count,
    minutes,
    percent,
    percent_against,
    persons,
    share_range,
    target_percent,
    whole,
)
from accessgis.report.sentences import Case
from accessgis.report.wording import (
    PROFILE_JOINER,
    has,
    kind_name,
    kinds_phrase,
    listing,
    missing_phrase,
    mode_name,
    people_phrase,
    say,
    section_name,
    titled,
)
from accessgis.standards.kinds import load_kinds

NoteLine = tuple[Literal["warn", "quiet"], str, str]
_HASH_SHOWN = 12
_COMPLETE_PERCENT = 95.0
_KIND_VALUES = frozenset({"kind", "kind_zh", "kind_en"})
_LEAST_SHOWN = 0.5
"""People under which a number of them would print as 0."""


def basis_word(study: StudyInfo, lang: Language) -> str:
    """Return 常住人口 or 户籍人口."""
    key = f"basis_of_people.{study.population_basis}"
    return say(key if has(key) else "basis_of_people.other", lang)


def minutes_text(value: int, lang: Language) -> str:
    """Return whole minutes: ``105分钟``."""
    return f"{value}分钟" if lang == "zh" else f"{value} min"


def input_line(record: InputRecord) -> str:
    """Return one input as ``path (sha256 …)``."""
    parts = [record.path, f"SHA-256 {record.sha256[:_HASH_SHOWN]}…", record.crs, record.note]
    return " · ".join(part for part in parts if part)


def times_text(case: Case, rule: RuleRecord, lang: Language) -> str:
    """Return the median and the nine-in-ten time in words."""
    texts = []
    for name in ("median_s", "p90_s"):
        seconds = float(case.row[name])
        if seconds != seconds:
            return ""
        texts.append(
            say("fact.unreachable", lang)
            if seconds == float("inf")
            else minutes_text(minutes(seconds, limit_s=rule.limit_s), lang)
        )
    return say("fact.median_text", lang, median=texts[0], p90=texts[1])


def notes(assessment: Assessment, rule: RuleRecord, cases: Sequence[Case], lang: Language) -> Iterator[NoteLine]:
    """Yield the notes beside a verdict, what changes its reading first."""
    if not cases:
        return
    head = cases[0]
    if rule.stage in ("expired", "final"):
        yield "quiet", "", _stage(assessment, rule, lang) + say("sentence.end", lang)
    if head.row["mode_dependent"]:
        yield "warn", say("note.flip", lang), _flip(cases, rule, lang)
    yield from _doubtful(rule, head, lang)
    yield from _people_notes(head, rule, lang)
    doubts = [doubt for doubt in assessment.quality.doubts if _belongs(doubt, rule) and not _reassures(doubt)]
    own = titled(rule.title, lang)
    for text in doubt_lines(doubts, lang, titles={rule.rule: own}):
        bare = text.removeprefix(f"{own}{say('note.separator', lang)}")
        yield "quiet", "", bare if bare == text else bare[:1].upper() + bare[1:]


def doubt_lines(doubts: Sequence[Doubt], lang: Language, *, titles: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield doubts as sentences; those that differ only in the kind, or only in the rule, become one.

    Parameters
    ----------
    doubts
        In the order to be printed.
    lang
        ``"zh"`` or ``"en"``; kinds and modes are named in it.
    titles
        Title of each rule by id, to be named by.
    """
    merged: dict[tuple[object, ...], tuple[Doubt, dict[str, list[Value]]]] = {}
    for doubt in doubts:
        values = {key: _named(value, key, lang, titles or {}) for key, value in doubt.values.items()}
        listed = _KIND_VALUES if "kind" in values else {"rule"}
        others = tuple(sorted((key, str(value)) for key, value in values.items() if key not in listed))
        key = (doubt.code, doubt.place, doubt.count, doubt.people, others)
        shown = merged.setdefault(key, (doubt, {name: [] for name in values}))[1]
        for name, value in values.items():
            if value not in shown[name]:
                shown[name].append(value)
    for doubt, lists in merged.values():
        joined = {
            name: found[0] if len(found) == 1 else listing(map(str, found), lang) for name, found in lists.items()
        }
        yield replace(doubt, values=joined).message(lang)


def _named(value: Value, name: str, lang: Language, titles: Mapping[str, str]) -> Value:
    """Return a value as :func:`_localised` does; names that are given in both languages stay as they are."""
    return value if name.endswith(("_zh", "_en")) else _localised(value, lang, titles)


def _localised(value: Value, lang: Language, titles: Mapping[str, str]) -> Value:
    """Return a value of a doubt as people read it: kinds and modes by name, whole numbers without decimals."""
    if isinstance(value, float) and value.is_integer():
        return count(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    if not isinstance(value, str):
        return value
    if value in titles:
        return titles[value]
    text = value.removeprefix("facilities:")
    if text in load_kinds() or text in _kinds_by_chinese():
        return kind_name(_kinds_by_chinese().get(text, text), lang)
    if has(f"mode.{text.split(PROFILE_JOINER)[0]}"):
        return mode_name(text, lang)
    return say("basis_of_people.other", lang) if text == "population" else value


@cache
def _kinds_by_chinese() -> dict[str, str]:
    return {kind.zh: kind.id for kind in load_kinds().values()}


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
        if case.judged and times_text(case, rule, lang):
            yield say("fact.median", lang), times_text(case, rule, lang)
    checked = [doubt for doubt in assessment.quality.doubts if _belongs(doubt, rule) and _reassures(doubt)]
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
    construction, planned = (float(row[f"covered_share_{name}"]) for name in ("construction", "planned"))
    if head.judged and planned == planned and percent(planned) != percent(head.figure.share):
        shares = {"construction": percent(construction), "planned": percent(planned)}
        yield "quiet", say("note.coming", lang), say("note.coming_text", lang, **shares)


def _flip(cases: Sequence[Case], rule: RuleRecord, lang: Language) -> str:
    sides: dict[str, list[str]] = {"flip_above": [], "flip_below": []}
    for case in cases:
        if case.judged and rule.target is not None:
            side = "flip_above" if case.figure.share >= rule.target else "flip_below"
            name = mode_name(case.row["profile"], lang)
            sides[side].append(f"{name} {percent_against(case.figure.share, rule.target)}")
    parts = [say(f"note.{side}", lang, modes=listing(names, lang)) for side, names in sides.items() if names]
    return say("note.flip_joiner", lang).join(parts) + say("sentence.end", lang)


def _belongs(doubt: Doubt, rule: RuleRecord) -> bool:
    """Whether a doubt names the rule or one of its kinds."""
    texts = {str(value) for value in doubt.values.values()} | {str(doubt.place.key or "")}
    if rule.rule in texts:
        return True
    names = set(rule.kinds) | {kind_name(kind, lang) for kind in rule.kinds for lang in ("zh", "en")}
    names |= {f"facilities:{kind}" for kind in rule.kinds}
    return "rule" not in doubt.values and bool(names & texts)


def _reassures(doubt: Doubt) -> bool:
    """Whether it says that data are nearly complete: then it is a fact to look up, not a note beside the verdict."""
    try:
        return float(str(doubt.values.get("percent"))) >= _COMPLETE_PERCENT
    except ValueError:
        return False


def _source(rule: RuleRecord, lang: Language) -> str:
    source = titled(rule.source_title, lang)
    return f"{source} {section_name(rule.section, lang)}".strip()


def _stage(assessment: Assessment, rule: RuleRecord, lang: Language) -> str:
    date = assessment.study.data_date.isoformat()
    return say(f"stage.{rule.stage}", lang, horizon=rule.horizon or "", date=date)


def _people(assessment: Assessment, who: str, lang: Language) -> str:
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
    if areas.class_source == "ur_code":
        return say("fact.class_ur_code", lang)
    if areas.class_source == "study":
        where = say(f"where.{areas.where}", lang) if has(f"where.{areas.where}") else areas.where
        return say("fact.class_study", lang, where=where.strip())
    return say("fact.class_none", lang)


def _range(case: Case, lang: Language) -> str:
    factors = [say(f"factor.{name}", lang) if has(f"factor.{name}") else name for name, *_ in case.row["sensitivity"]]
    span = share_range(float(case.row["range_low"]), float(case.row["range_high"]))
    return say("fact.range_text", lang, range=span, factors=listing(dict.fromkeys(factors), lang))
