"""Official totals that a study states, and how complete its data are beside them (核对表)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Literal

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.verdict import COMPLETENESS_LIMIT
from accessgis.base.errors import Doubt, Value
from accessgis.standards.model import PeopleBound
from accessgis.standards.totals import total_name
from accessgis.study.prepare import Prepared
from accessgis.study.totals import OF_TABLE, UNITS, what_of

Standing = Literal["complete", "incomplete", "unusable"]
_CODES: dict[Standing, str] = {"complete": "AG9202", "incomplete": "AG9211", "unusable": "AG9216"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One official total beside the figure of the data.

    Attributes
    ----------
    what
        ``population``, ``population:GROUP``, ``facilities:KIND`` by id, ``road_km``, ``townships`` or ``villages``.
    have, value
        Our figure and the official one.
    source, as_of
        Where that stands, and of which day it is.
    complete_from
        Completeness from which results carry no warning.
    """

    what: str
    have: float
    value: float
    source: str
    as_of: dt.date | None
    complete_from: float

    @property
    def standing(self) -> Standing:
        """What the completeness means: under 80 % rules that rest on the data are not judged."""
        if self.have < COMPLETENESS_LIMIT * self.value:
            return "unusable"
        return "complete" if self.have >= self.complete_from * self.value else "incomplete"


def checked_totals(prepared: Prepared) -> tuple[Checked, ...]:
    """Hold the data of a study against every official total that it states, in the order of the study file.

    The data are those that were read: what a scenario closes, adds or grows says nothing about what they lack. Where
    villages of its population table were not found, the table itself comes last.
    """
    file = prepared.study.file
    stated = tuple(
        Checked(
            what=what_of(control.what),
            have=prepared.totals[what_of(control.what)],
            value=control.value,
            source=control.source,
            as_of=control.as_of,
            complete_from=file.study.complete_from,
        )
        for control in file.controls
    )
    if OF_TABLE not in prepared.totals:
        return stated
    whole = Checked(
        what="population",
        have=prepared.totals["population"],
        value=prepared.totals[OF_TABLE],
        source=file.population.table or "",
        as_of=file.population.as_of,
        complete_from=file.study.complete_from,
    )
    return (*stated, whole)


def completeness_doubts(prepared: Prepared) -> list[Doubt]:
    """Say how complete the data are beside each official total: a warning where they fall short of it."""
    return [
        Doubt(code=_CODES[checked.standing], count=round(checked.have), values=_values(checked))
        for checked in checked_totals(prepared)
    ]


def too_incomplete(prepared: Prepared, rule: RuleRecord) -> tuple[str, ...]:
    """Return the layers that official totals show to be so incomplete that a rule cannot be judged."""
    found = (
        f"completeness:{_token(checked.what)}"
        for checked in checked_totals(prepared)
        if checked.standing == "unusable" and _rests_on(rule, checked.what)
    )
    return tuple(dict.fromkeys(found))


def completeness(prepared: Prepared, rule: RuleRecord) -> tuple[tuple[str, float], ...]:
    """Return the layers that a rule rests on and official totals are stated of, and how complete each is."""
    return tuple(
        (_token(checked.what), checked.have / checked.value)
        for checked in checked_totals(prepared)
        if _rests_on(rule, checked.what)
    )


def _token(what: str) -> str:
    """Return how ``missing`` names what a total is of."""
    return "population:total" if what == "population" else what.removeprefix("facilities:")


def _counts_people(rule: RuleRecord) -> bool:
    """Return whether people decide the figure or the verdict of a rule; units, facilities and amounts alone do not."""
    return rule.rule_kind in ("circle", "ratio") or bool(_bounds(rule))


def _groups(rule: RuleRecord) -> tuple[str, ...]:
    """Return the groups of people that a rule rests on."""
    return tuple(bound.group for bound in _bounds(rule)) if rule.presence else (rule.group,)


def _bounds(rule: RuleRecord) -> list[PeopleBound]:
    """Return the numbers of people from which a presence rule asks a unit."""
    asks = rule.presence
    return [] if asks is None else [bound for bound in (asks.condition, asks.exempt_below) if bound is not None]


def _rests_on(rule: RuleRecord, what: str) -> bool:
    """Return whether the figures of a rule rest on what a total is of."""
    subject, _, detail = what.partition(":")
    if subject == "facilities":
        return detail in rule.kinds
    if subject == "population":
        return _counts_people(rule) and detail in ("", "total", *_groups(rule))
    if subject == "road_km":
        return rule.rule_kind == "circle" and rule.metric != "straight-line"
    return rule.presence is not None and rule.presence.unit == UNITS[subject]


def _percent(checked: Checked) -> float:
    """Return the completeness in percent, never rounded up to a bound that it does not reach."""
    share = checked.have / checked.value
    shown = round(100.0 * share, 1)
    crossed = any(share < bound <= shown / 100.0 for bound in (COMPLETENESS_LIMIT, checked.complete_from))
    return math.floor(1000.0 * share) / 10.0 if crossed else shown


def _values(checked: Checked) -> dict[str, Value]:
    name = total_name(checked.what)
    return {
        "what": checked.what,
        "what_zh": name.zh,
        "what_en": name.en,
        "have": round(checked.have),
        "value": f"{checked.value:.12g}",
        "source": checked.source,
        "as_of": checked.as_of.isoformat() if checked.as_of else "",
        "percent": _percent(checked),
    }
