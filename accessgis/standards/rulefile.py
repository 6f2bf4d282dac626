"""The form of a rule file: its tables and the words they may use.

``docs/standards.md`` describes the format for people; :mod:`accessgis.standards.check` turns a file into standards.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from accessgis.base.errors import UsageError
from accessgis.base.files import packaged_toml
from accessgis.standards.kinds import kind_id
from accessgis.standards.marks import CAPACITIES, DERIVED, TEXTS, mark_ids
from accessgis.standards.model import (
    Amount,
    Assumption,
    Baseline,
    Category,
    FacilityTest,
    Force,
    Metric,
    Nature,
    Op,
    PeopleBound,
    Presence,
    RuleKind,
    Sharing,
    Source,
    TargetLevel,
    Title,
    Unit,
)

Where = Literal[
    "all", "urban_community", "county_town", "urban", "rural", "central_city", "community", "subdistrict_community",
    "township_seat",
]  # fmt: skip
Group = Literal[
    "total", "under3", "age3to5", "age6to11", "age12to14", "age60plus", "age65plus", "disabled", "extreme_poor",
]  # fmt: skip
ProfileId = Literal["walk", "walk-elderly", "walk-carer", "bicycle", "ebike", "vehicle"]
Direction = Literal["to_facility", "from_facility"]
Parameter = Literal[
    "facilities", "where", "group", "profiles", "direction", "limit", "metric", "sharing", "speed", "boundary",
    "target", "reading", "unit", "at_least", "condition", "amount", "part", "level",
]  # fmt: skip

WHERE_IDS: tuple[str, ...] = get_args(Where)
GROUP_IDS: tuple[str, ...] = get_args(Group)
PROFILE_IDS: tuple[str, ...] = get_args(ProfileId)
SETTLED: tuple[str, ...] = (
    "facilities", "where", "group", "profiles", "direction", "limit", "metric", "sharing", "speed", "boundary",
)  # fmt: skip
"""What every circle rule must have settled: by the plan's words (`stated`) or by an assumption."""

COUNTED = "facilities"
"""The amount that counts facilities."""

_RULE_ID = re.compile(r"[a-z0-9][a-z0-9_-]*/[a-z0-9][a-z0-9_-]*")
_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for number in range(first, last + 1)
)
"""First two digits of the codes of GB/T 2260."""
_PADDED = re.compile(r"\d{2}(00){1,2}(000){0,2}|\d{4}00(000){0,2}|\d{6}(000){1,2}|\d{9}000")
_STATISTIC = re.compile(r"[a-z][a-z0-9_]*")
_SCOPE = re.compile(r"\d{2,12}")


def _positive(value: float) -> float:
    if not value > 0:
        raise PydanticCustomError("AG2114", "not above zero")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("AG2112", "empty")
    return value.strip()


def _prefix(value: str) -> str:
    if not _SCOPE.fullmatch(value):
        raise PydanticCustomError("AG2115", "bad scope prefix")
    if value[:2] not in _PROVINCES or _PADDED.fullmatch(value):
        raise PydanticCustomError("AG2133", "no such code")
    return value


def _kind(value: str) -> str:
    try:
        return kind_id(value)
    except UsageError as error:
        raise PydanticCustomError("AG2116", "unknown kind", {"close": str(error.values["close"])}) from error


def _rule_id(value: str) -> str:
    if not _RULE_ID.fullmatch(value):
        raise PydanticCustomError("AG2117", "bad rule id")
    return value


def _field(value: str) -> str:
    known = (*CAPACITIES, *DERIVED, *TEXTS, *mark_ids())
    if value not in known:
        raise PydanticCustomError("AG2113", "unknown field", {"value": value, "known": " ".join(known)})
    return value


def _amount(value: str) -> str:
    if value != COUNTED and value not in CAPACITIES:
        raise PydanticCustomError("AG2113", "unknown amount", {"known": " ".join((COUNTED, *CAPACITIES))})
    return value


def _statistic(value: str) -> str:
    if not _STATISTIC.fullmatch(value):
        raise PydanticCustomError("AG2128", "bad statistic id")
    return value


Text = Annotated[str, AfterValidator(_text)]
FieldText = Annotated[str, AfterValidator(_field)]
AmountText = Annotated[str, AfterValidator(_amount)]
KindText = Annotated[str, AfterValidator(_kind)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Statistic = Annotated[str, AfterValidator(_statistic)]
RuleId = Annotated[str, AfterValidator(_rule_id)]
Positive = Annotated[float, AfterValidator(_positive)]
KindSet = Annotated[list[KindText], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TitleTable(_Table):
    """A name; without ``en`` the Chinese name stands for both."""

    zh: Text
    en: str = ""

    def title(self) -> Title:
        """Return it as the frozen type."""
        return Title(zh=self.zh, en=self.en or self.zh)


class LimitTable(_Table):
    """The inclusive limit: exactly one of minutes and metres."""

    minutes: Positive | None = None
    metres: Positive | None = None


class FacilitiesTable(_Table):
    """Kinds: ``any`` of one set, or one of each set in ``all``."""

    any: KindSet | None = None
    all: Annotated[list[KindSet], Field(min_length=1)] | None = None

    def sets(self) -> tuple[tuple[str, ...], ...]:
        """Return the kind sets, each of which must be reached."""
        sets = [self.any] if self.any else self.all or []
        return tuple(tuple(dict.fromkeys(kinds)) for kinds in sets)


class AssumptionTable(_Table):
    """What the plan leaves unsaid."""

    key: Parameter
    zh: Text
    en: str = ""

    def assumption(self) -> Assumption:
        """Return it as the frozen type."""
        return Assumption(key=self.key, zh=self.zh, en=self.en or self.zh)


class TestTable(_Table):
    """A test of a facility: a comparison of a number, texts that pass, or a mark that must be yes."""

    field: FieldText
    op: Op | None = None
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    one_of: list[Text] = []

    def test(self) -> FacilityTest:
        """Return it as the frozen type; kinds by their ids."""
        names = tuple(kind_id(text) for text in self.one_of) if self.field == "kind" else tuple(self.one_of)
        return FacilityTest(field=self.field, op=self.op, value=self.value, one_of=names)


class PeopleTable(_Table):
    """A number of people of a group."""

    group: Group = "total"
    people: Positive

    def bound(self) -> PeopleBound:
        """Return it as the frozen type."""
        return PeopleBound(group=self.group, people=self.people)


class PresenceTable(_Table):
    """What a presence rule asks of units."""

    unit: Unit
    at_least: Annotated[int, Field(ge=1)] = 1
    listed_only: bool = False
    condition: PeopleTable | None = None
    exempt_below: PeopleTable | None = None
    within: Where | None = None
    satisfied_by: list[KindText] = []

    def presence(self) -> Presence:
        """Return it as the frozen type."""
        return Presence(
            unit=self.unit,
            at_least=self.at_least,
            listed_only=self.listed_only,
            condition=self.condition.bound() if self.condition else None,
            exempt_below=self.exempt_below.bound() if self.exempt_below else None,
            within=self.within or "",
            satisfied_by=tuple(self.satisfied_by),
        )


class AmountTable(_Table):
    """What a ratio, a share or a total sums."""

    amount: AmountText = COUNTED
    per: Positive = 1.0
    part: list[TestTable] = []
    part_amount: AmountText | None = None
    since: dt.date | None = None

    def to_amount(self) -> Amount:
        """Return it as the frozen type."""
        return Amount(
            amount=self.amount,
            per=self.per,
            part=tuple(entry.test() for entry in self.part),
            part_amount=self.part_amount or "",
            since=self.since,
        )


class BaselineTable(_Table):
    """A figure of an earlier year."""

    area: Prefix
    year: Annotated[int, Field(ge=1990, le=2100)]
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]

    def baseline(self) -> Baseline:
        """Return it as the frozen type."""
        return Baseline(area=self.area, year=self.year, value=self.value)


class RuleTable(_Table):
    """One ``[[rules]]`` table as written."""

    id: RuleId
    kind: RuleKind
    title: TitleTable
    source: Text
    section: Text
    scope: list[Prefix] = []
    force: Force = "push"
    horizon: Annotated[int, Field(ge=1990, le=2100)] | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    facilities: FacilitiesTable | None = None
    where: Where | None = None
    group: Group | None = None
    profiles: list[ProfileId] = []
    direction: Direction | None = None
    limit: LimitTable | None = None
    metric: Metric | None = None
    sharing: Sharing | None = None
    target: Annotated[float, Field(gt=0, le=1)] | None = None
    target_level: TargetLevel | None = None
    op: Op | None = None
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    units: dict[Prefix, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    having: list[TestTable] = []
    presence: PresenceTable | None = None
    ratio: AmountTable | None = None
    share: AmountTable | None = None
    total: AmountTable | None = None
    statistic: Statistic | None = None
    category: Category | None = None
    nature: Nature | None = None
    lead: TitleTable | None = None
    baselines: list[BaselineTable] = []
    stated: list[Parameter] = []
    assumed: list[AssumptionTable] = []
    note: str = ""
    replaces: RuleId | None = None

    @field_validator("assumed", mode="before")
    @classmethod
    def _named_assumptions(cls, value: Any) -> Any:
        """Put the shipped sentence in the place of its name."""
        if not isinstance(value, list):
            return value
        shipped = assumptions()
        unknown = [entry for entry in value if isinstance(entry, str) and entry not in shipped]
        if unknown:
            raise PydanticCustomError("AG2113", "unknown assumption", {"value": unknown[0], "known": " ".join(shipped)})
        return [shipped[entry] if isinstance(entry, str) else entry for entry in value]


class RuleFile(_Table):
    """A file of rules; what ``defaults`` holds stands in every rule that does not write it itself."""

    defaults: dict[str, Any] = {}
    rules: list[RuleTable]

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, document: Any) -> Any:
        """Write the defaults into the rules."""
        if not isinstance(document, dict) or not isinstance(document.get("defaults"), dict):
            return document
        rules = document.get("rules")
        if not isinstance(rules, list):
            return document
        filled = [{**document["defaults"], **rule} if isinstance(rule, dict) else rule for rule in rules]
        return {**document, "rules": filled}


class SourceTable(_Table):
    """One ``[[sources]]`` table of the shipped list."""

    id: Text
    title: TitleTable
    issued: str
    issuer: dict[Literal["zh", "en"], str]
    scope: list[Prefix]
    valid_from: dt.date
    horizon: int | None = None
    note: str = ""
    comparison: bool = False

    def source(self) -> Source:
        """Return it as the frozen type."""
        return Source(
            id=self.id,
            title=self.title.title(),
            issued=self.issued,
            issuer=Title(zh=self.issuer["zh"], en=self.issuer["en"]),
            scope=tuple(self.scope),
            valid_from=self.valid_from,
            horizon=self.horizon,
            note=self.note,
            comparison=self.comparison,
        )


class SourceFile(_Table):
    """The list of sources."""

    sources: list[SourceTable]


@cache
def assumptions() -> dict[str, dict[str, str]]:
    """Return the shipped assumptions by name, each with ``key``, ``zh`` and ``en``."""
    return packaged_toml("accessgis.standards.data", "assumptions.toml")
