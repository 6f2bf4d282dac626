"""Doubts about the data in words: which rules they concern, what weighs most, and what was held against totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from accessgis.assess.assessment import RuleRecord
from accessgis.base.errors import Doubt, Language, Value
from accessgis.report.numbers import count
from accessgis.report.wording import PROFILE_JOINER, has, kind_name, listing, mode_name, people_phrase, say
from accessgis.standards.kinds import load_kinds

COMPLETE = "AG9202"
INCOMPLETE = ("AG9211", "AG9216")
TOTALS = {COMPLETE: "complete", "AG9211": "incomplete", "AG9216": "unusable"}
"""Doubts that hold our figures against official totals, and how they stand."""
UNCHECKED = "AG9203"
_KIND_VALUES = frozenset({"kind", "kind_zh", "kind_en"})


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
        values = {key: _named(doubt, key, lang, titles or {}) for key in doubt.values}
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


def weighed(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Return doubts by weight: incomplete layers, the least complete first, then by people, then the rest.

    What was held against an official total and found nearly complete is no doubt and left out.
    """
    return sorted((doubt for doubt in doubts if not reassures(doubt)), key=_weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalLine:
    """One line of the 核对表: what, our figure and the official one, percent, what follows, and whose figure it is."""

    what: str
    have: str
    value: str
    percent: str
    standing: str
    source: str


def total_lines(doubts: Sequence[Doubt], lang: Language) -> Iterator[TotalLine]:
    """Yield what was held against official totals, in the order of the study file."""
    for doubt in doubts:
        if doubt.code not in TOTALS:
            continue
        values = {key: _named(doubt, key, lang, {}) for key in doubt.values}
        source, as_of = str(values["source"]), str(values.get("as_of", ""))
        yield TotalLine(
            what=str(values[f"what_{lang}"]),
            have=str(values["have"]),
            value=str(values["value"]),
            percent=f"{float(str(values['percent'])):.1f}",
            standing=say(f"total.{doubt.code}", lang),
            source=say("total.dated", lang, source=source, date=as_of) if as_of else source,
        )


def check_lines(doubts: Sequence[Doubt], lang: Language) -> Iterator[str]:
    """Yield what was held against official totals, one short line each."""
    for line in total_lines(doubts, lang):
        told = say("terminal.check", lang, what=line.what, have=line.have, value=line.value, percent=line.percent,
                   source=line.source)  # fmt: skip
        yield say("total.line", lang, told=told, standing=line.standing)


def belongs(doubt: Doubt, rule: RuleRecord) -> bool:
    """Return whether a doubt names a rule, one of its kinds, or the people that it counts."""
    what = str(doubt.values.get("what", ""))
    if what in ("population", f"population:{rule.group}"):
        return True
    texts = {str(value) for value in doubt.values.values()} | {str(doubt.place.key or "")}
    if rule.rule in texts:
        return True
    names = set(rule.kinds) | {kind_name(kind, lang) for kind in rule.kinds for lang in ("zh", "en")}
    names |= {f"facilities:{kind}" for kind in rule.kinds}
    return "rule" not in doubt.values and bool(names & texts)


def reassures(doubt: Doubt) -> bool:
    """Return whether it says that data are nearly complete: a fact to look up, not a note beside the verdict."""
    return doubt.code == COMPLETE


def _completeness(doubt: Doubt) -> float:
    try:
        return float(str(doubt.values.get("percent")))
    except ValueError:
        return 0.0


def _weight(doubt: Doubt) -> tuple[int, float]:
    if "what" in doubt.values:
        return 0, _completeness(doubt)
    return (1, -doubt.people) if doubt.people else (2, 0.0)


def _named(doubt: Doubt, name: str, lang: Language, titles: Mapping[str, str]) -> Value:
    """Return a value of a doubt as people read it: rules by title, groups by name, whole numbers with separators."""
    value = doubt.values[name]
    if isinstance(value, float) and value.is_integer():
        return count(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    if not isinstance(value, str):
        return value
    if name == "value" and value.isdigit():
        return count(int(value))
    subject, _, group = str(doubt.values.get("what", "")).partition(":")
    if name.startswith("what_") and subject == "population" and group:
        return people_phrase("all", group, "other", lang)
    if name == "kind" and value in load_kinds():
        return kind_name(value, lang)
    if name == "profile" and has(f"mode.{value.split(PROFILE_JOINER)[0]}"):
        return mode_name(value, lang)
    return titles.get(value, value)
