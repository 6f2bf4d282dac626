"""Travel times: joining points to roads, searching, and what is reached within a cutoff.

``nearest`` takes everybody to the nearest facility, ``matrix`` gives many to many within a cutoff. Below them lie the
modules ``snap`` (points to edges), ``search`` and ``within``, ``offroad`` (the straight walk), ``isochrone`` (areas to
look at, over the lattice of ``burn``) and ``engine``. They load on first use, so that importing a type stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

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

_MODULES = frozenset({"engine", "isochrone", "offroad", "snap"})
_FUNCTIONS = {"matrix": ("accessgis.travel.within", "within"), "nearest": ("accessgis.travel.search", "nearest")}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"accessgis.travel.{name}")
    if name in _FUNCTIONS:
        module, function = _FUNCTIONS[name]
        return getattr(import_module(module), function)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
