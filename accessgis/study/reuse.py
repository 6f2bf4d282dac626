"""What a changed study can take over from one that was measured before: networks, joins, and times nothing touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.circle import Reach
from accessgis.layers.demand import Demand
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches, compared_profiles
from accessgis.study.routing import Case, Router
from accessgis.study.rules import ChosenRule
from accessgis.travel.types import TravelTimes

IntArray = NDArray[np.int32]

_POINTS = ["x", "y", "county", "township", "village", "judged"]
_PLACES = [
    "facility_id", "kind", "x", "y", "status", "placement", "county", "township", "village", "serves", "days",
    "min_days", "entrances",
]  # fmt: skip


def router_after(prepared: Prepared, before: Router) -> Router:
    """Return the router of changed layers, with all that an earlier one built for the same roads and people."""
    if prepared.roads is before.prepared.roads and same_points(prepared.demand, before.prepared.demand):
        return before.beside(prepared)
    return Router(prepared)


def same_points(one: Demand, other: Demand) -> bool:
    """Return whether two layers of people have the same points in the same units, whatever lives there."""
    return one is other or one.frame[_POINTS].equals(other.frame[_POINTS])


def still_true(
    rules: tuple[ChosenRule, ...], prepared: Prepared, before: Prepared, found: Mapping[str, RuleReaches]
) -> dict[str, RuleReaches]:
    """Return the times of rules that no change touches, by rule.

    A rule's times stand while roads, heights, points, areas and the rule are the same, its profiles travel as before,
    and the facilities of its kinds stand where they stood.
    """
    same = (
        prepared.roads is before.roads
        and prepared.heights is before.heights
        and prepared.areas is before.areas
        and same_points(prepared.demand, before.demand)
    )
    return {
        chosen.standard.id: found[chosen.standard.id]
        for chosen in rules
        if same
        and chosen.standard.id in found
        and found[chosen.standard.id].chosen == chosen
        and _same_travel(chosen, prepared, before)
        and _same_supply(chosen, prepared, before)
    }


def _same_travel(chosen: ChosenRule, prepared: Prepared, before: Prepared) -> bool:
    return all(prepared.profiles.get(name) == before.profiles.get(name) for name in compared_profiles(chosen))


def _same_supply(chosen: ChosenRule, prepared: Prepared, before: Prepared) -> bool:
    kinds = {kind for kinds in chosen.standard.facilities_any for kind in kinds}
    if prepared.facilities is before.facilities:
        return True
    if prepared.facilities.kinds_given & kinds != before.facilities.kinds_given & kinds:
        return False
    mine, theirs = (
        layers.facilities.frame[layers.facilities.frame["kind"].isin(kinds)].reset_index(drop=True)
        for layers in (prepared, before)
    )
    if len(mine) != len(theirs) or not pd.DataFrame(mine[_PLACES]).equals(pd.DataFrame(theirs[_PLACES])):
        return False
    return bool(shapely.equals_identical(mine.geometry.to_numpy(), theirs.geometry.to_numpy()).all())


def renumbered(item: RuleReaches, router: Router, before: Prepared, case_of: Callable[[Case], Case]) -> RuleReaches:
    """Return the times of a rule with facilities numbered as in the router's layer.

    Parameters
    ----------
    item
        Times as they were computed.
    router
        Router of the changed layers.
    before
        The layers that the times were computed for.
    case_of
        Gives the router's own case for one of the earlier router's.
    """
    if router.prepared.facilities is before.facilities:
        return item
    old = before.facilities.frame["facility_id"]
    new = pd.Index(router.prepared.facilities.frame["facility_id"])
    number = np.append(new.get_indexer(pd.Index(old)), -1).astype(np.int32)
    stays = number[:-1] >= 0

    def moved(admitted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        mask = np.zeros(len(new), dtype=bool)
        mask[number[:-1][admitted & stays]] = True
        return mask

    parts = tuple(
        replace(
            part,
            case=case_of(part.case),
            admitted=moved(part.admitted),
            times=TravelTimes(ms=part.times.ms, facility=number[part.times.facility], direct=part.times.direct),
        )
        for part in item.parts
    )
    reaches: tuple[Reach, ...] = tuple(replace(reach, facility=number[reach.facility]) for reach in item.reaches)
    return replace(item, parts=parts, reaches=reaches)
