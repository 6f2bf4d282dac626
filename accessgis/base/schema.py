"""What the columns of a frame are: one constant per kind of frame, checked where frames cross a module border."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

ColumnType = Literal["text", "int", "float", "bool", "date", "geometry", "list"]


_DTYPES = {
    "text": "str", "int": "int64", "float": "float64", "bool": "bool", "date": "object", "geometry": "object",
    "list": "object",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column."""

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns that a kind of frame must have, in order; more columns may follow."""

    name: str
    columns: tuple[Column, ...]
    names: tuple[str, ...] = field(init=False, compare=False)
    """The column names in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))

    def empty(self) -> pd.DataFrame:
        """Return a frame without rows that fits; geometry is left to the caller."""
        return pd.DataFrame({column.name: pd.Series(dtype=_DTYPES[column.type]) for column in self.columns})

    def require(self, frame: pd.DataFrame) -> None:
        """Raise ``TypeError`` when a column is missing or of another type than documented."""
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise TypeError(f"{self.name} frame lacks {', '.join(missing)}")
        for column in self.columns:
            if not _fits(frame[column.name], column.type):
                raise TypeError(f"{self.name}.{column.name} is {frame[column.name].dtype}, not {column.type}")


def _fits(values: pd.Series, kind: ColumnType) -> bool:
    dtype = values.dtype
    if kind == "int":
        return pd.api.types.is_integer_dtype(dtype)
    if kind == "float":
        return pd.api.types.is_float_dtype(dtype)
    if kind == "bool":
        return pd.api.types.is_bool_dtype(dtype)
    if kind == "text":
        return pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype)
    return kind != "geometry" or str(dtype) == "geometry"
