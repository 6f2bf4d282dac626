"""What a study is judged from: its layers, the times of every rule, who each rule concerns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from accessgis.assess.assessment import RuleRecord
from accessgis.assess.circle import Population
from accessgis.layers.areas import Level
from accessgis.layers.places import concerned
from accessgis.measures.coverage import Grouping
from accessgis.standards.catalogue import Catalogue
from accessgis.study.datum_audit import DatumAudit, audit_datums
from accessgis.study.groupings import area_groupings
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches, compute_reaches
from accessgis.study.reuse import renumbered, router_after, still_true
from accessgis.study.routing import Router
from accessgis.study.rules import ChosenRule, Sharing, record

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """A study with its times: all that verdicts, proposed sites and scenarios start from.

    Attributes
    ----------
    prepared, router
        The layers, and the networks that were searched.
    rules, records, catalogue
        The rules of the study, as chosen and as pages name them; the catalogue they come from.
    found
        Times of every circle, in the order of the circles among ``rules``.
    populations
        Whom each of these circles concerns.
    groupings
        Areas of every judged level, the largest first.
    unchanged
        The study before some change, None where nothing was changed.
    """

    prepared: Prepared
    router: Router
    rules: tuple[ChosenRule, ...]
    records: tuple[RuleRecord, ...]
    catalogue: Catalogue
    found: tuple[RuleReaches, ...]
    populations: tuple[Population, ...]
    groupings: Mapping[Level, Grouping]
    unchanged: Measured | None = None

    @cached_property
    def audit(self) -> DatumAudit:
        """How the layers fit the roads under each datum, as they were read: no change of a scenario is a layer."""
        return audit_datums(self.prepared) if self.unchanged is None else self.unchanged.audit

    @property
    def sharing(self) -> Sharing:
        """Whether circles count facilities across the county line, or only people's own county's on request."""
        return "none" if any(chosen.own_only for chosen in self.rules) else "neighbours"

    def record_of(self, item: RuleReaches) -> RuleRecord:
        """Return the record of a circle."""
        return next(record for record in self.records if record.rule == item.chosen.standard.id)


def measure(
    prepared: Prepared,
    rules: tuple[ChosenRule, ...],
    catalogue: Catalogue,
    *,
    before: Measured | None = None,
    progress: Progress = lambda _: None,
) -> Measured:
    """Compute the times of every rule of a study.

    Parameters
    ----------
    prepared
        The layers of the study.
    rules, catalogue
        The rules that apply, and where they come from.
    before
        The study as it was measured before some change: what the change does not touch is taken over, with the same
        result as computing it anew.
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2056 a rule travels by a profile that is not known.
    """
    study = prepared.study
    circles = tuple(chosen for chosen in rules if chosen.standard.kind == "circle")
    found, router = _times(prepared, circles, before, progress)
    edge_m = _edge_distance_m(prepared)
    return Measured(
        prepared=prepared,
        router=router,
        rules=rules,
        records=tuple(record(chosen, study, catalogue) for chosen in rules),
        catalogue=catalogue,
        found=found,
        populations=tuple(_population(prepared, chosen, edge_m) for chosen in circles),
        groupings=area_groupings(prepared.areas, prepared.demand, study.file.study),
        unchanged=before,
    )


def _times(
    prepared: Prepared, circles: tuple[ChosenRule, ...], before: Measured | None, progress: Progress
) -> tuple[tuple[RuleReaches, ...], Router]:
    """Return the times of every circle: those that stand from before, the others computed."""
    if before is None:
        return compute_reaches(prepared, circles, progress=progress)
    router = router_after(prepared, before.router)
    known = {item.chosen.standard.id: item for item in before.found}
    kept = still_true(circles, prepared, before.prepared, known)
    case_of = cache(router.beside_case)
    standing = {rule: renumbered(item, router, before.prepared, case_of) for rule, item in kept.items()}
    wanted = [chosen for chosen in circles if chosen.standard.id not in kept]
    anew, _ = compute_reaches(prepared, wanted, router=router, progress=progress)
    standing |= {item.chosen.standard.id: item for item in anew}
    return tuple(standing[chosen.standard.id] for chosen in circles), router


def _population(prepared: Prepared, chosen: ChosenRule, edge_m: NDArray[np.float64]) -> Population:
    rule, demand = chosen.standard, prepared.demand
    inside, unclassified = concerned(
        demand, prepared.areas, where=rule.where, study_code=prepared.study.file.study.code
    )
    return Population(
        people=demand.people(rule.group) if rule.group in demand.groups else None,
        concerned=inside,
        unclassified=unclassified,
        judged=demand.frame["judged"].to_numpy(dtype=bool),
        edge_distance_m=edge_m,
    )


def _edge_distance_m(prepared: Prepared) -> NDArray[np.float64]:
    """Return how far each demand point lies from where our knowledge of roads ends."""
    roads = prepared.roads
    extent = shapely.convex_hull(shapely.multipoints(np.column_stack([roads.node_x, roads.node_y])))
    margin_m = prepared.study.file.study.margin_km * 1000.0
    known = shapely.intersection(extent, shapely.buffer(prepared.areas.outline(), margin_m))
    xy = prepared.demand.frame[["x", "y"]].to_numpy(dtype=np.float64)
    points = shapely.points(xy)
    edge = shapely.simplify(shapely.boundary(known), 50.0)
    shapely.prepare(known)
    distance = shapely.distance(points, edge)
    return np.where(shapely.contains(known, points), distance, 0.0)
