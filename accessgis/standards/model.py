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
Nature = Literal["binding", "expected"]
Category = Literal[
    "children", "education", "work", "health", "elderly", "housing", "welfare", "veterans", "culture_sport"
]
Unit = Literal[
    "province", "prefecture", "county", "township", "rural_township", "subdistrict", "committee", "village",
    "community", "urban_community", "town_community", "residential_quarter", "new_quarter", "relocation_site",
]  # fmt: skip
"""Units that presence rules count: administrative levels, kinds of them, and places no layer gives yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A plan: where rules come from. Of a ``comparison`` source a rule is in force only where a study names it."""

    id: str
    title: Title
    issued: str
    issuer: Title
    scope: tuple[str, ...]
    valid_from: dt.date
    horizon: int | None
    note: str = ""
    comparison: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What the plan does not say and we had to assume."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityTest:
    """A test of one facility: ``field op value``, or ``field`` one of some texts; a mark (是/否) alone asks for yes.

    Attributes
    ----------
    field
        A capacity, ``occupancy`` (residents over beds), ``ownership``, ``kind``, or a mark of ``marks.toml``.
    op, value
        Comparison of a number, None for texts and marks.
    one_of
        Texts that pass.
    """

    field: str
    op: Op | None = None
    value: float | None = None
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleBound:
    """A number of people of a group in a unit; the bound itself counts as ``at_least``."""

    group: str
    people: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """At least so many facilities in every unit.

    Attributes
    ----------
    unit
        Which units.
    at_least
        Facilities of each kind set that a unit needs; ``Standard.units`` gives other numbers by code.
    listed_only
        Whether only the units listed there are asked.
    condition
        Only units with at least so many people are asked.
    exempt_below
        Units with fewer people are exempt.
    within
        Place class in which the facility must stand, ``""`` anywhere in the unit.
    satisfied_by
        Kinds that stand in for a missing facility of the unit.
    """

    unit: Unit
    at_least: int = 1
    listed_only: bool = False
    condition: PeopleBound | None = None
    exempt_below: PeopleBound | None = None
    within: str = ""
    satisfied_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of supply: of a ratio per so many people, of a share in the whole, or in total.

    Attributes
    ----------
    amount
        ``facilities`` counts them; else the capacity that is summed.
    per
        People that a ratio is given for, such as 1000.
    part
        What a facility must pass to be in the part of a share.
    part_amount
        Capacity that makes the part of a share, such as ``nursing_beds`` of ``beds``; ``""``: ``amount`` again.
    since
        Only what opened on this day or later counts in a total.
    """

    amount: str = "facilities"
    per: float = 1.0
    part: tuple[FacilityTest, ...] = ()
    part_amount: str = ""
    since: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A figure that a plan gives for an earlier year."""

    area: str
    year: int
    value: float


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
        Share (0–1) of people, units or facilities that a plan asks for at a level, None where it states none.
    units
        Values by unit code where a plan gives them: facilities of a presence rule, else the figure of the unit.
    assumed
        Every assumption in both languages.
    note
        Remark on the reading.
    op, value
        Comparison and figure of ratios and totals; a circle has neither, its limit is inclusive.
    having
        What a facility must pass to count at all; for a consolidation, to be a candidate.
    presence, amount
        What presence rules ask of units; what ratios, shares and totals sum.
    statistic
        Name of the official figure that a rule rests on where no layer can give it, ``""`` for none.
    category, nature, lead
        Field of service, whether the plan calls the figure binding (约束性) or expected (预期性), who is in charge.
    baselines
        Figures of earlier years that the plan gives.
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
    having: tuple[FacilityTest, ...] = ()
    presence: Presence | None = None
    amount: Amount | None = None
    statistic: str = ""
    category: Category | None = None
    nature: Nature | None = None
    lead: Title | None = None
    baselines: tuple[Baseline, ...] = ()
    replaces: str | None = None
