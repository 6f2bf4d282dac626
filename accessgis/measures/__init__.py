"""From travel times to numbers about people: arrays in, arrays out.

The measures of equity are listed here and load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "EQUITY",
    "Decomposition",
    "GroupComparison",
    "LorenzCurve",
    "compare_groups",
    "concentration_index",
    "decompose",
    "equity_by_area",
    "fgt",
    "gini",
    "lorenz",
    "mean_log_deviation",
    "palma",
    "theil",
    "worst_off_ratio",
]

_NAMES = {
    "EQUITY": "equity_groups",
    "Decomposition": "equity_groups",
    "GroupComparison": "equity_groups",
    "LorenzCurve": "equity",
    "compare_groups": "equity_groups",
    "concentration_index": "equity",
    "decompose": "equity_groups",
    "equity_by_area": "equity_groups",
    "fgt": "equity",
    "gini": "equity",
    "lorenz": "equity",
    "mean_log_deviation": "equity",
    "palma": "equity",
    "theil": "equity",
    "worst_off_ratio": "equity",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"accessgis.measures.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
