"""The catalogue of standards: load it, find a rule, say which are in force on a date."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from accessgis.base.errors import UsageError
from accessgis.base.files import packaged_toml, user_toml
from accessgis.standards.check import check_rules, check_sources
from accessgis.standards.model import Source, Standard, Title

Stage = Literal["running", "final", "expired", "open"]
_DATA = "accessgis.standards.data"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Standards and the plans they come from.

    Attributes
    ----------
    standards
        Rules sorted by id.
    sources
        Plans in the order of the shipped list.
    """

    standards: tuple[Standard, ...]
    sources: tuple[Source, ...]

    def find(self, rule_id: str) -> Standard:
        """Return the rule with an id.

        Raises
        ------
        UsageError
            AG2101 no such rule; the message names the closest ids.
        """
        for standard in self.standards:
            if standard.id == rule_id:
                return standard
        near = difflib.get_close_matches(rule_id, [standard.id for standard in self.standards], n=3, cutoff=0.4)
        raise UsageError("AG2101", value=rule_id, close="、".join(near) or "—")

    def in_scope(self, code: str, on: dt.date, *, named: Collection[str] = ()) -> tuple[Standard, ...]:
        """Return the rules that apply to a place on a date, sorted by id.

        Parameters
        ----------
        code
            Code of the study.
        on
            The date judged on (a study's ``data_date``): rules that come into force later are left out. A rule past
            its end stays: :func:`stage` says that it has expired.
        named
            Ids of rules and sources that a study names: those of a comparison source are in scope only by name.
        """
        unasked = {source.id for source in self.sources if source.comparison} - set(named)
        return tuple(
            standard
            for standard in self.standards
            if applies(standard, code, on) and (standard.source not in unasked or standard.id in named)
        )

    def of_source(self, source: str) -> tuple[Standard, ...]:
        """Return the rules of one plan, sorted by id.

        Raises
        ------
        UsageError
            AG2103 no such source.
        """
        known = {entry.id for entry in self.sources} | {standard.source for standard in self.standards}
        if source not in known:
            near = difflib.get_close_matches(source, sorted(known), n=3, cutoff=0.4)
            raise UsageError("AG2103", value=source, close="、".join(near) or "—")
        return tuple(standard for standard in self.standards if standard.source == source)

    def source_title(self, standard: Standard) -> Title:
        """Return the name of a rule's plan: the text itself where a bureau cites a document of its own."""
        for source in self.sources:
            if source.id == standard.source:
                return source.title
        return Title(zh=standard.source, en=standard.source)

    def extended(self, own: Iterable[Standard], *, label: str = "") -> Catalogue:
        """Return the catalogue with a bureau's own rules; one that ``replaces`` a rule takes its place.

        Parameters
        ----------
        own
            Rules as :func:`read_rules` gives them.
        label
            Name of their file for messages.

        Raises
        ------
        UsageError
            AG2130 an id is taken, AG2131 a replaced rule does not exist.
        """
        rules = {standard.id: standard for standard in self.standards}
        for standard in own:
            if standard.replaces is not None and rules.pop(standard.replaces, None) is None:
                raise UsageError("AG2131", file=label, key=f"{standard.id}: replaces", value=standard.replaces)
            if standard.id in rules:
                raise UsageError("AG2130", file=label, key=f"{standard.id}: id", value=standard.id)
            rules[standard.id] = standard
        return replace(self, standards=tuple(rules[rule_id] for rule_id in sorted(rules)))


@cache
def load_catalogue() -> Catalogue:
    """Return the shipped catalogue: one file of rules per source."""
    sources = check_sources(packaged_toml(_DATA, "sources.toml"), label="sources.toml")
    rules = [
        standard
        for source in sources
        for standard in check_rules(packaged_toml(_DATA, f"{source.id}.toml"), label=f"{source.id}.toml")
    ]
    return Catalogue(standards=(), sources=sources).extended(rules)


def read_rules(path: Path, *, label: str) -> tuple[Standard, ...]:
    """Read a bureau's own rule file.

    Parameters
    ----------
    path
        The TOML file.
    label
        Its path as the study writes it, for messages.

    Returns
    -------
    tuple of Standard
        In the order of the file. A part that the file leaves out has its default, and an assumption that says so.

    Raises
    ------
    UsageError
        AG2001–AG2004 the file cannot be read; AG2110–AG2126 it is not a valid rule file: key and reason.
    """
    rules = check_rules(user_toml(path), label=label)
    if not rules:
        raise UsageError("AG2127", file=label)
    return rules


def applies(standard: Standard, code: str, on: dt.date) -> bool:
    """Return whether a rule applies to a place on a date; a rule without scope applies wherever its file is used."""
    in_place = not standard.scope or code.startswith(standard.scope)
    return in_place and (standard.valid_from is None or standard.valid_from <= on)


def in_force(standard: Standard, on: dt.date) -> bool:
    """Return whether a day lies within a rule's dates, both ends included."""
    begun = standard.valid_from is None or standard.valid_from <= on
    return begun and (standard.valid_to is None or on <= standard.valid_to)


def stage(standard: Standard, data_date: dt.date) -> Stage:
    """Return where the data stand to a rule's horizon year.

    The horizon is reached on 31 December of its year. Data up to twelve months before or after that day tell how the
    plan ended (``final``); earlier data find it ``running``, later data ``expired``; without a horizon it is ``open``.
    Both ends of the twelve months are inclusive.
    """
    if standard.horizon is None:
        return "open"
    if data_date < dt.date(standard.horizon - 1, 12, 31):
        return "running"
    return "final" if data_date <= dt.date(standard.horizon + 1, 12, 31) else "expired"


def to_record(standard: Standard) -> dict[str, Any]:
    """Return a rule as an object of ``standards list --json``: the fields of ``rules[]`` with ``id`` for ``rule``.

    ``basis`` is None, as it depends on the study. ``kinds`` lists every kind once; ``parts`` adds the kind sets, each
    of which must be reached.
    """
    return {
        "id": standard.id,
        "rule_kind": standard.kind,
        "title": {"zh": standard.title.zh, "en": standard.title.en},
        "source": standard.source,
        "section": standard.section,
        "scope": list(standard.scope),
        "basis": None,
        "force": standard.force,
        "horizon": standard.horizon,
        "valid_from": standard.valid_from.isoformat() if standard.valid_from else None,
        "valid_to": standard.valid_to.isoformat() if standard.valid_to else None,
        "kinds": list(dict.fromkeys(kind for part in standard.facilities_any for kind in part)),
        "parts": [list(part) for part in standard.facilities_any],
        "where": standard.where,
        "group": standard.group,
        "profiles": list(standard.profiles),
        "headline_profile": "+".join(standard.profiles),
        "direction": standard.direction,
        "limit_s": standard.limit_s,
        "limit_m": standard.limit_m,
        "metric": standard.metric,
        "sharing": standard.sharing,
        "target": standard.target,
        "target_level": standard.target_level,
        "op": standard.op,
        "value": standard.value,
        "units": dict(standard.units),
        "having": [asdict(test) for test in standard.having],
        "presence": asdict(standard.presence) if standard.presence else None,
        "amount": _amount_record(standard),
        "statistic": standard.statistic or None,
        "category": standard.category,
        "nature": standard.nature,
        "lead": asdict(standard.lead) if standard.lead else None,
        "baselines": [asdict(entry) for entry in standard.baselines],
        "assumed": [{"key": entry.key, "zh": entry.zh, "en": entry.en} for entry in standard.assumed],
        "note": standard.note,
    }


def _amount_record(standard: Standard) -> dict[str, Any] | None:
    amount = standard.amount
    if amount is None:
        return None
    return {**asdict(amount), "since": amount.since.isoformat() if amount.since else None}
