"""From travel times to numbers about people: arrays in, arrays out.

Nearest facilities, opportunities, gravity, floating catchments and rational agents take the sparse matrix of
:func:`accessgis.travel.matrix`, or one made by ``time_matrix`` from times found elsewhere. ``docs/measures.md`` says
which answers what. The functions load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "bfca",
    "cumulative",
    "e2sfca",
    "gravity",
    "m2sfca",
    "nearest",
    "nearest_several",
    "raam",
    "three_step",
    "time_matrix",
    "two_step",
]

_HOME = {
    "bfca": "catchment",
    "cumulative": "opportunities",
    "e2sfca": "catchment",
    "gravity": "potential",
    "m2sfca": "catchment",
    "nearest": "opportunities",
    "nearest_several": "opportunities",
    "raam": "congestion",
    "three_step": "catchment",
    "time_matrix": "pairs",
    "two_step": "catchment",
}
"""Public functions, and the module that each is defined in; no module bears the name of a function."""


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"accessgis.measures.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
