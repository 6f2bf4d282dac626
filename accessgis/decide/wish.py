"""What is asked of siting: under which rules, within what limits, and what becomes of today's facilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from accessgis.base.errors import UsageError
from accessgis.solve.result import Effort
from accessgis.standards.marks import CAPACITIES

Objective = Literal["max-coverage", "fewest-sites", "p-median", "p-center", "backup", "fairest"]
Existing = Literal["fixed", "closable", "free"]
"""What becomes of today's facilities of the kind: they stay; each may close; or they are left out of account."""

_FITS: dict[str, tuple[Objective, ...]] = {
    "sites": ("max-coverage", "p-median", "p-center", "backup", "fairest"),
    "budget": ("max-coverage", "p-median", "p-center", "fairest"),
    "target": ("fewest-sites",),
}
"""Objectives that go with each limit; the first is meant where none is named."""
_ROOMY = ("max-coverage", "p-median")


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large new sites may be, and which column says how large those of today are.

    Attributes
    ----------
    column
        Capacity of facility layers, such as ``beds``.
    most, least
        Places that a new site has at most, and at least: it is built only where it serves as many people.
    people_each
        People whom one place serves.
    """

    column: str
    most: float
    least: float = 0.0
    people_each: float = 1.0

    def __post_init__(self) -> None:
        if self.column not in CAPACITIES:
            raise UsageError("AG2402", value=self.column, known=", ".join(CAPACITIES))
        whole = 0 <= self.least <= self.most < np.inf and self.most > 0
        if not (whole and 0 < self.people_each < np.inf):
            raise UsageError("AG2445", key="--capacity", value=f"{self.column}={self.least:g}:{self.most:g}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A checked question; make it with :meth:`of`, whose arguments are those of :func:`accessgis.locate`.

    Attributes
    ----------
    kinds
        Facility kinds by any of their names.
    rules
        Rule ids, and what one of their people weighs.
    sites, target, budget
        One of the three; the others are None.
    keep_cost
        What keeping a facility that may close costs; None where nothing is said.
    objective, existing, capacity
        What is made best, what becomes of today's facilities, and how large sites are.
    spacing_m, min_distance_m
        Side of the squares that candidates are taken from, and how far they keep from today's facilities.
    group, pareto
        Whose coverage counts, and a second group that it is weighed against; None where none is named.
    effort
        Gap to stop at, and time limit.
    """

    kinds: tuple[str, ...]
    rules: tuple[tuple[str, float], ...]
    sites: int | None
    target: float | None
    budget: float | None
    keep_cost: float | None
    objective: Objective
    existing: Existing
    capacity: Size | None
    spacing_m: float
    min_distance_m: float
    group: str | None
    pareto: str | None
    effort: Effort | None

    @classmethod
    def of(
        cls,
        *,
        kind: str | Sequence[str],
        standard: str | Sequence[str] | Mapping[str, float],
        objective: Objective | None = None,
        **more: Any,
    ) -> Wish:
        """Return a question that makes sense.

        Raises
        ------
        UsageError
            AG2422 not exactly one of sites, target and budget, or an objective that does not go with it, AG2423,
            AG2448 a number out of range, AG2441 things that do not go together, AG2446 a budget that does not say what
            keeping a facility costs.
        """
        limits = {name: more[name] for name in _FITS}
        wish = cls(
            kinds=(kind,) if isinstance(kind, str) else tuple(kind),
            rules=_weighted(standard),
            objective=_objective(limits, objective),
            **more,
        )
        wish._require_numbers()
        wish._require_fitting()
        return wish

    def _require_numbers(self) -> None:
        for name, value, least in (
            ("--spacing", self.spacing_m, 1.0), ("--min-distance", self.min_distance_m, 0.0),
            ("--keep-cost", self.keep_cost, 0.0),
        ):  # fmt: skip
            if value is not None and not least <= value < np.inf:
                raise UsageError("AG2448", key=name)

    def _require_fitting(self) -> None:
        """Refuse what cannot be asked together, rather than leave something out of account."""
        size, objective = self.capacity, self.objective
        if len(self.rules) > 1 and (objective != "max-coverage" or size is not None):
            raise UsageError("AG2441", key="--standard, --standard", other="--capacity" if size else objective)
        if size is not None and objective not in _ROOMY:
            raise UsageError("AG2441", key="--capacity", other=objective)
        if self.pareto is not None and (objective != "max-coverage" or size is not None):
            raise UsageError("AG2441", key="--pareto", other="--capacity" if size else objective)
        if self.keep_cost is not None and self.existing != "closable":
            raise UsageError("AG2441", key="--keep-cost", other=self.existing)
        if self.existing == "closable" and self.budget is not None and self.keep_cost is None:
            raise UsageError("AG2446", key="--keep-cost")


def _weighted(standard: str | Sequence[str] | Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    if isinstance(standard, Mapping):
        found = {rule: float(weight) for rule, weight in standard.items()}
    else:
        found = dict.fromkeys([standard] if isinstance(standard, str) else standard, 1.0)
    if not all(0 < weight < np.inf for weight in found.values()):
        raise UsageError("AG2448", key="--standard")
    return tuple(found.items())


def _objective(limits: Mapping[str, float | None], objective: Objective | None) -> Objective:
    given = {name: value for name, value in limits.items() if value is not None}
    if len(given) != 1:
        raise UsageError("AG2422", key=", ".join(given or limits))
    ((limit, value),) = given.items()
    found = objective or _FITS[limit][0]
    if found not in _FITS[limit]:
        raise UsageError("AG2422", key=found)
    if not {"sites": value >= 1, "budget": 0 <= value < np.inf, "target": 0 < value <= 1}[limit]:
        raise UsageError("AG2423", key=limit)
    return found
