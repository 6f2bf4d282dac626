"""The form of a rule file: its tables and the words they may use.

``docs/standards.md`` describes the format for people; :mod:`accessgis.standards.check` turns a file into standards.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from accessgis.base.errors import UsageError
from accessgis.base.files import packaged_toml
from accessgis.standards.kinds import kind_id
from accessgis.standards.model import Assumption, Force, Metric, Op, RuleKind, Sharing, Source, TargetLevel, Title

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
    "target", "reading",
]  # fmt: skip

WHERE_IDS: tuple[str, ...] = get_args(Where)
GROUP_IDS: tuple[str, ...] = get_args(Group)
PROFILE_IDS: tuple[str, ...] = get_args(ProfileId)
SETTLED: tuple[str, ...] = (
    "facilities", "where", "group", "profiles", "direction", "limit", "metric", "sharing", "speed", "boundary",
)  # fmt: skip
"""What every circle rule must have settled: by the plan's words (`stated`) or by an assumption."""

_RULE_ID = re.compile(r"[a-z0-9][a-z0-9_-]*/[a-z0-9][a-z0-9_-]*")
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


Text = Annotated[str, AfterValidator(_text)]
KindText = Annotated[str, AfterValidator(_kind)]
Prefix = Annotated[str, AfterValidator(_prefix)]
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
    units: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
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
    """A file of rules."""

    rules: list[RuleTable]


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
        )


class SourceFile(_Table):
    """The list of sources."""

    sources: list[SourceTable]


@cache
def assumptions() -> dict[str, dict[str, str]]:
    """Return the shipped assumptions by name, each with ``key``, ``zh`` and ``en``."""
    return packaged_toml("accessgis.standards.data", "assumptions.toml")
