"""Capacities on the field-check list: which are asked for, what the register states, what is to be filled in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.report.numbers import count
from accessgis.report.wording import capacity_name, listing, say
from accessgis.standards.marks import CAPACITIES

NOT_ASKED = "/"
"""In a cell to fill in: does not apply to this row; read back as nothing said."""
_OF_DERIVED = {"occupancy": ("beds", "residents")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCapacities:
    """The capacities that rules need of a kind, in the order of registers; ``known`` those some facility states."""

    by_kind: Mapping[str, tuple[str, ...]]
    known: frozenset[tuple[str, str]]

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the capacities that rules need of a kind."""
        return self.by_kind.get(kind, ())

    def shown(self, kind: str) -> tuple[str, ...]:
        """Return those and the ones that the register states of some facility of the kind: they may be corrected."""
        return tuple(name for name in CAPACITIES if name in self.of(kind) or (kind, name) in self.known)

    def unstated(self, row: Mapping[Hashable, Any]) -> list[str]:
        """Return the needed capacities that a facility does not state though others of its kind do."""
        kind = str(row["kind"])
        return [name for name in self.of(kind) if (kind, name) in self.known and _missing(row.get(name))]


def asked_capacities(assessment: Assessment) -> AskedCapacities:
    """Return what the rules of an assessment need, those of plans that are over left out."""
    asked: dict[str, set[str]] = {}
    for rule in assessment.rules:
        if rule.stage == "expired":
            continue
        needed = _needed(rule)
        for kind in rule.kinds:
            asked.setdefault(kind, set()).update(needed)
    frame = assessment.facilities.frame
    stated = [name for name in CAPACITIES if name in frame]
    known = {(str(kind), name) for name in stated for kind in frame.loc[frame[name].notna(), "kind"].unique()}
    by_kind = {kind: tuple(name for name in CAPACITIES if name in names) for kind, names in asked.items()}
    return AskedCapacities(by_kind=by_kind, known=frozenset(known))


def _needed(rule: RuleRecord) -> set[str]:
    tests = [test.field for test in rule.having]
    if rule.amount is not None:
        tests += [rule.amount.amount, rule.amount.part_amount, *(test.field for test in rule.amount.part)]
    return {name for test in tests for name in _OF_DERIVED.get(test, (test,)) if name in CAPACITIES}


def on_record(row: Mapping[Hashable, Any], asked: Sequence[str], lang: Language) -> str:
    """Return what the register states of a facility, and what rules need and it does not."""
    told = []
    for name in CAPACITIES:
        word = capacity_name(name, lang)
        if not _missing(row.get(name)):
            told.append(say("field_check.stated", lang, capacity=word, value=_figure(float(row[name]))))
        elif name in asked:
            told.append(say("field_check.unstated", lang, capacity=word))
    return say("field_check.joiner", lang).join(told)


def unstated_words(names: Sequence[str], lang: Language) -> str:
    """Return that the register does not state some capacities."""
    words = [capacity_name(name, lang) for name in names]
    return say("field_check.told_capacity", lang, names=listing(words, lang))


def _figure(value: float) -> str:
    return count(int(value)) if value.is_integer() else f"{value:,.2f}"


def _missing(value: object) -> bool:
    return value is None or value != value
