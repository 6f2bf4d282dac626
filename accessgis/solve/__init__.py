"""Exact models of who goes where and of where to build: arrays in, arrays out, one model a module.

All take the sparse matrix of times of places (rows) to sites (columns) that :func:`accessgis.travel.matrix` returns, or
that ``coverage`` makes of who is covered by whom; ``docs/siting.md`` says which answers what. The names load on first
use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Allotment": "result",
    "Assignment": "assignment",
    "CoverCurve": "cover",
    "Effort": "result",
    "FairSiting": "fair",
    "Front": "pareto",
    "Sites": "result",
    "Siting": "result",
    "assign": "assignment",
    "backup_cover": "setcover",
    "capacitated_cover": "capacity",
    "capacitated_median": "capacity",
    "cover_curve": "cover",
    "coverage": "reach",
    "fairest_cover": "fair",
    "maximal_cover": "cover",
    "p_centre": "centre",
    "p_median": "median",
    "pareto_cover": "pareto",
    "set_cover": "setcover",
    "sites": "result",
}
"""Public names, and the module that each is defined in; no module bears the name of a function."""

__all__ = [
    "Allotment",
    "Assignment",
    "CoverCurve",
    "Effort",
    "FairSiting",
    "Front",
    "Sites",
    "Siting",
    "assign",
    "backup_cover",
    "capacitated_cover",
    "capacitated_median",
    "cover_curve",
    "coverage",
    "fairest_cover",
    "maximal_cover",
    "p_centre",
    "p_median",
    "pareto_cover",
    "set_cover",
    "sites",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"accessgis.solve.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
