"""Changes to a study: facilities, roads, speeds, people. Each is checked as it is read, and applied in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError

from accessgis.base.datum import Datum
from accessgis.layers.facilities import Ownership

Text = Annotated[str, StringConstraints(min_length=1)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Degrees = tuple[float, float]
Amounts = dict[str, Annotated[float, Field(ge=0)]]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Table(pydantic.BaseModel):
    """A table: unknown keys are errors, and nothing is coerced from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @pydantic.field_validator("at", "line", "serves", "ids", "days", "stops", mode="before", check_fields=False)
    @classmethod
    def _lists(cls, value: object) -> object:
        if isinstance(value, list):
            return tuple(tuple(map(float, part)) if isinstance(part, list) else _number(part) for part in value)
        return value


def _number(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Selector(_Table):
    """Facilities of a kind that are not closed, all or those that pass a test."""

    kind: Text
    where: Text | None = None


class AtEach(_Table):
    """Every unit of a kind that has no facility of a kind in service, nor is served by one elsewhere."""

    unit: Literal["township", "rural_township", "subdistrict", "village", "community", "committee"]
    lacking: Text


class _Named(_Table):
    """A change of one facility by its id, or of all that a selector finds."""

    id: Text | None = None
    select: Selector | None = None

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.id is None) == (self.select is None):
            raise PydanticCustomError("which_facility", "which")
        return self


class Add(_Table):
    """A new facility in service, or one in each unit that lacks it."""

    action: Literal["add"]
    kind: Text
    at: Degrees | None = None
    datum: Annotated[Datum | None, Field(validate_default=True)] = None
    at_each: AtEach | None = None
    id: Text | None = None
    capacity: Amounts = {}
    ownership: Ownership | None = None
    serves: tuple[Text, ...] = ()

    @pydantic.field_validator("datum")
    @classmethod
    def _known(cls, value: Datum | None, info: pydantic.ValidationInfo) -> Datum | None:
        if value is None and info.data.get("at") is not None:
            raise PydanticKnownError("missing")
        return value

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.at is None) == (self.at_each is None):
            raise PydanticCustomError("which_place", "which")
        if self.at_each is not None and (self.id is not None or self.serves or self.datum is not None):
            name = "id" if self.id is not None else "serves" if self.serves else "datum"
            raise PydanticCustomError("people_stray", "stray", {"name": name, "way": "at"})
        return self


class Close(_Named):
    """Facilities that are there no more."""

    action: Literal["close"]


class Open(_Named):
    """Facilities in service from now on: planned, under construction or closed ones."""

    action: Literal["open"]


class Move(_Named):
    """Facilities at another place."""

    action: Literal["move"]
    at: Degrees
    datum: Datum


class Resize(_Named):
    """Facilities of another size."""

    action: Literal["resize"]
    capacity: Amounts


class Merge(_Table):
    """Facilities of one kind that become one: its capacities are theirs together, the others close."""

    action: Literal["merge"]
    ids: tuple[Text, ...] = ()
    select: Selector | None = None
    into: Text

    @pydantic.model_validator(mode="after")
    def _among(self) -> Self:
        if (not self.ids) == (self.select is None):
            raise PydanticCustomError("which_facilities", "which")
        if self.ids and (self.into not in self.ids or len(set(self.ids)) < 2):
            raise PydanticCustomError("merge_into", "into")
        return self


class Stop(_Table):
    """Where and when a mobile service stands, every week."""

    at: Degrees
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    from_: Annotated[Clock, Field(alias="from")]
    to: Clock
    name: str = ""

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to <= self.from_:
            raise PydanticCustomError("stop_hours", "hours")
        return self


class MobileService(_Table):
    """A service that comes to stops at published days and hours; it serves whom it reaches on enough days a week."""

    action: Literal["mobile-service"]
    kind: Text
    datum: Datum
    min_days: Annotated[int, Field(ge=1, le=7)]
    stops: tuple[Stop, ...] = ()
    path: Text | None = None
    columns: dict[str, str] = {}
    sheet: Text | None = None
    id: Text | None = None

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if (not self.stops) == (self.path is None):
            raise PydanticCustomError("which_stops", "which")
        _no_stray(self, ("columns", "sheet"), goes_with="path")
        return self


class AddRoad(_Table):
    """A new road: joined at its ends within 2 m, and on the ground where it crosses others."""

    action: Literal["add-road"]
    line: tuple[Degrees, ...]
    datum: Datum
    class_: Annotated[Text, Field(alias="class")]
    grade: Literal["ground", "bridge", "tunnel"] = "ground"
    oneway: bool = False
    maxspeed: Annotated[float, Field(gt=0, le=150)] | None = None

    @pydantic.model_validator(mode="after")
    def _long_enough(self) -> Self:
        if len(self.line) < 2:
            raise PydanticCustomError("short_line", "line")
        return self


class CloseRoad(_Table):
    """A road closed to everybody: the nearest to a place, or every part of a way by its id."""

    action: Literal["close-road"]
    at: Degrees | None = None
    datum: Datum | None = None
    way: int | None = None

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.at is None) == (self.way is None) or (self.at is None) != (self.datum is None):
            raise PydanticCustomError("which_road", "which")
        return self


class SetSpeed(_Table):
    """Speeds of a profile multiplied, or those of some road classes set: snow, or a road made better."""

    action: Literal["set-speed"]
    profile: Text
    factor: Annotated[float, Field(gt=0, le=10)] | None = None
    classes: dict[Text, Annotated[float, Field(gt=0, le=200)]] = {}

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.factor is None) == (not self.classes):
            raise PydanticCustomError("which_speed", "which")
        return self


class ChangePeople(_Table):
    """People times a factor, as a table counts them, or grown at yearly rates to a year."""

    action: Literal["population"]
    factor: Annotated[float, Field(ge=0, le=100)] | None = None
    group: Text | None = None
    area: str = ""
    path: Text | None = None
    columns: dict[str, str] = {}
    sheet: Text | None = None
    to_year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    from_year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    rates: dict[Text, Annotated[float, Field(gt=-1, le=1)]] = {}
    source: Text | None = None

    @pydantic.model_validator(mode="after")
    def _one_of(self) -> Self:
        if [self.factor, self.path, self.to_year].count(None) != 2:
            raise PydanticCustomError("which_people", "which")
        if self.to_year is not None and (not self.rates or self.source is None):
            raise PydanticCustomError("which_rates", "which")
        _no_stray(self, ("group",), goes_with="factor")
        _no_stray(self, ("columns", "sheet"), goes_with="path")
        _no_stray(self, ("from_year", "rates", "source"), goes_with="to_year")
        if self.path is not None and self.area:
            raise PydanticCustomError("people_stray", "stray", {"name": "area", "way": "factor / to_year"})
        return self


def _no_stray(table: pydantic.BaseModel, names: Sequence[str], *, goes_with: str) -> None:
    """Refuse keys that only mean something beside another."""
    stray = [name for name in names if getattr(table, name) not in (None, {})]
    if stray and getattr(table, goes_with) is None:
        raise PydanticCustomError("people_stray", "stray", {"name": stray[0], "way": goes_with})


Change = Annotated[
    Add | Open | Close | Move | Resize | Merge | AddRoad | CloseRoad | SetSpeed | ChangePeople | MobileService,
    Field(discriminator="action"),
]
ACTIONS: dict[str, type[pydantic.BaseModel]] = {
    "add": Add,
    "open": Open,
    "close": Close,
    "move": Move,
    "resize": Resize,
    "merge": Merge,
    "add-road": AddRoad,
    "close-road": CloseRoad,
    "set-speed": SetSpeed,
    "population": ChangePeople,
    "mobile-service": MobileService,
}
