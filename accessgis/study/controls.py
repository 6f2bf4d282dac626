"""Official totals that a study states, and how complete its data are beside them (核对表)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.verdict import COMPLETENESS_LIMIT
from accessgis.base.errors import Doubt, Value
from accessgis.layers.areas import Areas, Level
from accessgis.network.model import MOTOR, Roads
from accessgis.standards.kinds import kind_id
from accessgis.standards.totals import total_name
from accessgis.study.prepare import Prepared

Standing = Literal["complete", "incomplete", "unusable"]
_CODES: dict[Standing, str] = {"complete": "AG9202", "incomplete": "AG9211", "unusable": "AG9216"}
_UNITS: dict[str, Level] = {"townships": "township", "villages": "village"}


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
    """Hold the data of a study against every official total that it states, in the order of the study file."""
    file = prepared.study.file
    found = []
    for control in file.controls:
        subject, colon, detail = control.what.partition(":")
        what = f"facilities:{kind_id(detail)}" if subject == "facilities" else f"{subject}{colon}{detail}"
        found.append(
            Checked(
                what=what,
                have=_ours(prepared, what),
                value=control.value,
                source=control.source,
                as_of=control.as_of,
                complete_from=file.study.complete_from,
            )
        )
    return tuple(found)


def completeness_doubts(prepared: Prepared) -> list[Doubt]:
    """Say how complete the data are beside each official total: a warning where they fall short of it."""
    return [
        Doubt(code=_CODES[checked.standing], count=round(checked.have), values=_values(checked))
        for checked in checked_totals(prepared)
    ]


def too_incomplete(prepared: Prepared, rule: RuleRecord) -> tuple[str, ...]:
    """Return the layers that official totals show to be so incomplete that a rule cannot be judged."""
    return tuple(
        f"completeness:{_token(checked.what)}"
        for checked in checked_totals(prepared)
        if checked.standing == "unusable" and _rests_on(rule, checked.what)
    )


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


def _rests_on(rule: RuleRecord, what: str) -> bool:
    """Return whether the figures of a rule rest on what a total is of."""
    subject, _, detail = what.partition(":")
    if subject == "facilities":
        return detail in rule.kinds
    if subject == "population":
        return detail in ("", "total", rule.group)
    if subject == "road_km":
        return rule.rule_kind == "circle" and rule.metric != "straight-line"
    return rule.presence is not None and rule.presence.unit == _UNITS[subject]


def _ours(prepared: Prepared, what: str) -> float:
    """Return our figure of an official total.

    Facilities count inside the county and in service, people where they are judged, roads with their length inside the
    county where motor vehicles may go.
    """
    subject, _, detail = what.partition(":")
    if subject == "facilities":
        frame = prepared.facilities.frame
        return float(((frame["kind"] == detail) & (frame["status"] == "in_service") & (frame["county"] != "")).sum())
    if subject == "population":
        judged = prepared.demand.frame["judged"].to_numpy()
        return float(prepared.demand.people(detail or "total")[judged].sum())
    if subject == "road_km":
        return _road_km(prepared.roads, prepared.areas)
    return float(len(prepared.areas.at(_UNITS[subject])))


def _road_km(roads: Roads, areas: Areas) -> float:
    """Return the length of roads open to motor vehicles inside the border, in km; ferries are none."""
    ferry = roads.classes.index("ferry") if "ferry" in roads.classes else -1
    open_ = ((roads.forward | roads.backward) & MOTOR).astype(bool) & (roads.road_class != ferry)
    lines, outline = roads.shapes()[open_], areas.outline()
    shapely.prepare(outline)
    inside = shapely.contains_properly(outline, lines)
    cut = shapely.length(shapely.intersection(lines[~inside], outline))
    return float(np.sum(roads.length_m[open_][inside]) + np.sum(cut)) / 1000.0


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
