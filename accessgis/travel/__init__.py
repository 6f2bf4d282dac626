"""Travel times: joining points to roads, searching, and what is reached within a cutoff.

The modules are ``snap`` (points to edges), ``nearest`` (everybody to the nearest facility), ``matrix`` (many to many
within a cutoff), ``offroad`` (the straight walk), ``isochrone`` (bands to look at) and ``engine`` (the searches).
They load on first use, so that importing a type stays light.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from accessgis.travel.types import JOIN_KINDS, Direction, Ends, JoinKind, Joins, TravelTimes

__all__ = [
    "JOIN_KINDS",
    "Direction",
    "Ends",
    "JoinKind",
    "Joins",
    "TravelTimes",
    "engine",
    "isochrone",
    "matrix",
    "nearest",
    "offroad",
    "snap",
]

_MODULES = frozenset({"engine", "isochrone", "matrix", "nearest", "offroad", "snap"})


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"accessgis.travel.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
