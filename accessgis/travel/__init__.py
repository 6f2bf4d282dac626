"""Travel times: joining points to roads, searching, and what is reached within a cutoff.

``nearest`` takes everybody to the nearest facility; ``matrix`` and ``table`` give many to many. The module ``reach``
answers what facilities reach without writing any pairs: people, supply per head, gains, the several nearest.
``Engines`` holds the search engines of one network and chooses between them. Below lie the modules ``snap`` (points to
edges), ``search``, ``within``, ``offroad`` (the straight walk), ``isochrone`` (polygons to look at), ``decay`` (weights
by time) and the engines themselves. They load on first use, so that importing a type stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from accessgis.travel.types import JOIN_KINDS, Direction, Ends, JoinKind, Joins, TravelTimes

__all__ = [
    "JOIN_KINDS",
    "Direction",
    "Ends",
    "Engines",
    "JoinKind",
    "Joins",
    "TravelTimes",
    "decay",
    "isochrone",
    "matrix",
    "nearest",
    "offroad",
    "reach",
    "snap",
    "table",
]

_MODULES = frozenset({"decay", "isochrone", "offroad", "reach", "snap"})
_NAMES = {
    "Engines": ("planner", "Engines"),
    "matrix": ("within", "within"),
    "nearest": ("search", "nearest"),
    "table": ("within", "table"),
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"accessgis.travel.{name}")
    if name in _NAMES:
        module, attribute = _NAMES[name]
        return getattr(import_module(f"accessgis.travel.{module}"), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
