"""Where every number came from: one record per input file, carried with what was read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from accessgis.base.errors import Doubt

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """One input file as it was read.

    ``path`` is relative to the study file (POSIX form); ``rows`` counts features, data rows, cells or ways read.
    """

    role: str
    path: str
    sha256: str
    rows: int
    crs: str
    datum: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """What a source gives: the value, the files behind it, and what was doubtful about them."""

    value: T_co
    inputs: tuple[InputRecord, ...] = ()
    doubts: tuple[Doubt, ...] = ()
