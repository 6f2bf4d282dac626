"""A standard: one dated, cited rule of a plan, as data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

RuleKind = Literal["circle", "presence", "ratio", "share", "consolidation", "total", "direction"]
Force = Literal["firm", "strive", "push", "encourage"]
Sharing = Literal["any", "county", "township", "serves"]
Metric = Literal["network-time", "network-distance", "straight-line"]
TargetLevel = Literal["province", "prefecture", "county", "unit"]
Op = Literal[">=", ">", "<=", "<", "about"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A plan: where rules come from."""

    id: str
    title: Title
    issued: str
    issuer: Title
    scope: tuple[str, ...]
    valid_from: dt.date
    horizon: int | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What the plan does not say and we had to assume."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One rule.

    Attributes
    ----------
    id
        ``source/name``.
    kind
        Kind of rule.
    title, source, section
        Name, source id and section of the plan.
    scope
        Code prefixes (2–12 digits) it applies to.
    facilities_any
        Kind sets: a trip counts when it reaches any kind of the set. One set for most rules; several mean that each
        set must be reached (``all``).
    where
        Predicate id of place classes (``all``, ``urban_community`` …).
    group
        Population group id.
    profiles
        Profiles a person may choose from; the quickest counts.
    direction
        ``to_facility`` or ``from_facility``.
    limit_s, limit_m
        Inclusive cutoff in seconds (network-time), or metres.
    metric, sharing, force, horizon, valid_from, valid_to
        How it is measured, whose facilities count, how binding, target year, dates in force.
    target, target_level
        Share of people (0–1) that a plan asks for at a level, None where it states none.
    units
        Values by unit code where a plan gives them.
    assumed
        Every assumption in both languages.
    note
        Remark on the reading.
    op, value
        Comparison and figure of rules that count facilities or amounts; a circle has neither, its limit is inclusive.
    replaces
        Id of the shipped rule that a bureau's own rule stands in for, None for none.
    """

    id: str
    kind: RuleKind
    title: Title
    source: str
    section: str
    scope: tuple[str, ...]
    facilities_any: tuple[tuple[str, ...], ...] = ()
    where: str = "all"
    group: str = "total"
    profiles: tuple[str, ...] = ()
    direction: Literal["to_facility", "from_facility"] = "to_facility"
    limit_s: int | None = None
    limit_m: float | None = None
    metric: Metric = "network-time"
    sharing: Sharing = "any"
    force: Force = "push"
    horizon: int | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    target: float | None = None
    target_level: TargetLevel | None = None
    units: dict[str, float] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()
    note: str = ""
    op: Op | None = None
    value: float | None = None
    replaces: str | None = None
