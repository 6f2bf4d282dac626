"""From travel times to numbers about people: arrays in, arrays out.

Nearest facilities, opportunities, gravity, floating catchments and rational agents take the sparse matrix of
:func:`accessgis.travel.matrix`, or one made by ``time_matrix`` from times found elsewhere; measures of equity take what
people have. ``docs/measures.md`` and ``docs/equity.md`` say which answers what. The names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "EQUITY",
    "Decomposition",
    "GroupComparison",
    "LorenzCurve",
    "bfca",
    "compare_groups",
    "concentration_index",
    "cumulative",
    "decompose",
    "e2sfca",
    "equity_by_area",
    "fgt",
    "gini",
    "gravity",
    "lorenz",
    "m2sfca",
    "mean_log_deviation",
    "nearest",
    "nearest_several",
    "palma",
    "raam",
    "theil",
    "three_step",
    "time_matrix",
    "two_step",
    "worst_off_ratio",
]

_NAMES = {
    "Decomposition": "equity_groups",
    "EQUITY": "equity_groups",
    "GroupComparison": "equity_groups",
    "LorenzCurve": "equity",
    "bfca": "catchment",
    "compare_groups": "equity_groups",
    "concentration_index": "equity",
    "cumulative": "opportunities",
    "decompose": "equity_groups",
    "e2sfca": "catchment",
    "equity_by_area": "equity_groups",
    "fgt": "equity",
    "gini": "equity",
    "gravity": "potential",
    "lorenz": "equity",
    "m2sfca": "catchment",
    "mean_log_deviation": "equity",
    "nearest": "opportunities",
    "nearest_several": "opportunities",
    "palma": "equity",
    "raam": "congestion",
    "theil": "equity",
    "three_step": "catchment",
    "time_matrix": "pairs",
    "two_step": "catchment",
    "worst_off_ratio": "equity",
}
"""Public names, and the module that each is defined in; no module bears the name of a function."""


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"accessgis.measures.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
