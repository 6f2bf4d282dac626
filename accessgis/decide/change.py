"""Changes to a study: facilities, roads, speeds, people. Each is checked as it is read, and applied in order."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from accessgis.base.datum import Datum

Text = Annotated[str, StringConstraints(min_length=1)]
Degrees = tuple[float, float]
Amounts = dict[str, Annotated[float, Field(ge=0)]]


class _Change(pydantic.BaseModel):
    """A ``[[change]]``: unknown keys are errors, and nothing is coerced from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @pydantic.field_validator("at", "line", "serves", "ids", mode="before", check_fields=False)
    @classmethod
    def _lists(cls, value: object) -> object:
        if isinstance(value, list):
            return tuple(tuple(map(float, part)) if isinstance(part, list) else _number(part) for part in value)
        return value


def _number(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Add(_Change):
    """A new facility, in service."""

    action: Literal["add"]
    kind: Text
    at: Degrees
    datum: Datum
    id: Text | None = None
    capacity: Amounts = {}
    serves: tuple[Text, ...] = ()


class Close(_Change):
    """A facility that is there no more."""

    action: Literal["close"]
    id: Text


class Move(_Change):
    """A facility at another place."""

    action: Literal["move"]
    id: Text
    at: Degrees
    datum: Datum


class Resize(_Change):
    """A facility of another size."""

    action: Literal["resize"]
    id: Text
    capacity: Amounts


class Merge(_Change):
    """Facilities of one kind that become one: its capacities are theirs together, the others close."""

    action: Literal["merge"]
    ids: tuple[Text, ...]
    into: Text

    @pydantic.model_validator(mode="after")
    def _among(self) -> Self:
        if self.into not in self.ids or len(set(self.ids)) < 2:
            raise PydanticCustomError("merge_into", "into")
        return self


class AddRoad(_Change):
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


class CloseRoad(_Change):
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


class SetSpeed(_Change):
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


class ChangePeople(_Change):
    """People of a group multiplied, everywhere or in the areas whose code begins so."""

    action: Literal["population"]
    factor: Annotated[float, Field(ge=0, le=100)]
    group: Text | None = None
    area: Text = ""


Change = Annotated[
    Add | Close | Move | Resize | Merge | AddRoad | CloseRoad | SetSpeed | ChangePeople, Field(discriminator="action")
]
ACTIONS: dict[str, type[_Change]] = {
    "add": Add,
    "close": Close,
    "move": Move,
    "resize": Resize,
    "merge": Merge,
    "add-road": AddRoad,
    "close-road": CloseRoad,
    "set-speed": SetSpeed,
    "population": ChangePeople,
}
