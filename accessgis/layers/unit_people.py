"""People counted per village or township, spread over where they may live: totals kept, said to be an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.layers.areas import Areas, Level
from accessgis.layers.demand import Demand, in_units, no_cells
from accessgis.layers.village_places import Point

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitPeople:
    """People per unit.

    Attributes
    ----------
    level
        ``village`` or ``township``.
    codes
        Units, each once, sorted.
    people
        Group → people of each unit; ``total`` first.
    lost
        People of rows that name a village of a township of the study, which is not there or could be several.
    """

    level: Level
    codes: tuple[str, ...]
    people: Mapping[str, Floats]
    lost: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Spread:
    """What spreading gave.

    Attributes
    ----------
    demand
        People at points.
    whole
        Units whose people all stand at the one point that stands for the unit, as no weight lies in it.
    factors
        People per unit of weight, of the units that have both.
    """

    demand: Demand
    whole: tuple[str, ...]
    factors: Floats


def spread(counted: UnitPeople, areas: Areas, *, weights: Demand | None, anchors: Mapping[str, Point],
           estimate: str) -> Spread:  # fmt: skip
    """Spread the people of units over weights inside them.

    Parameters
    ----------
    counted
        People per unit of ``areas``.
    areas
        Areas in the working CRS.
    weights
        Where people may live, ``population`` saying how likely; None when nothing is known.
    anchors
        Unit → point, for units without weight.
    estimate
        What :attr:`~accessgis.layers.demand.Demand.estimate` says.

    Returns
    -------
    Spread
        Every group of every unit keeps its total: dasymetric mapping by shares of the weight. Units are those of the
        weights; a unit without weight stands at its anchor.

    References
    ----------
    Wright, J. K. (1936), "A method of mapping densities of population", Geographical Review 26(1), 103–110.
    """
    unit = np.full(0, -1, dtype=np.int64)
    frame = pd.DataFrame()
    if weights is not None:
        place = pd.Index(counted.codes).get_indexer(pd.Index(weights.frame[counted.level]))
        kept = (place >= 0) & (weights.frame["population"].to_numpy() > 0)
        unit, frame = place[kept].astype(np.int64), weights.frame[kept]
    weight = frame["population"].to_numpy(dtype=np.float64) if len(frame) else np.zeros(0)
    sums = np.bincount(unit, weights=weight, minlength=len(counted.codes)).astype(np.float64)
    lone = np.flatnonzero(sums <= 0)
    people = {group: shared_by_weight(values, unit, weight, sums) for group, values in counted.people.items()}
    parts = [_with_people(frame, people)] if len(frame) else []
    if lone.size:
        at = np.array([anchors[counted.codes[row]] for row in lone], dtype=np.float64)
        alone = {group: values[lone] for group, values in counted.people.items()}
        parts.append(in_units(at[:, 0], at[:, 1], alone, [counted.codes[row] for row in lone], areas))
    whole = pd.concat(parts, ignore_index=True).assign(demand_id=lambda frame: np.arange(len(frame), dtype=np.int64))
    groups = tuple(counted.people)
    if weights is None:
        demand = Demand(frame=whole, groups=groups, cells=no_cells(), estimate=estimate, lost=counted.lost)
    else:
        demand = replace(weights, frame=whole, groups=groups, estimate=estimate, lost=counted.lost)
    some = sums > 0
    return Spread(
        demand=demand,
        whole=tuple(counted.codes[row] for row in lone),
        factors=counted.people["total"][some] / sums[some],
    )


def shared_by_weight(values: Floats, unit: NDArray[np.int64], weight: Floats, sums: Floats) -> Floats:
    """Return the values of units shared by weight; what rounding leaves goes to each unit's largest part.

    Parameters
    ----------
    values
        One of each unit.
    unit
        Unit of each part.
    weight, sums
        Weight of each part, and of each unit together; above 0 for every unit that has a part.
    """
    if not unit.size:
        return np.zeros(0)
    parts = values[unit] * (weight / sums[unit])
    rest = values - np.bincount(unit, weights=parts, minlength=len(values))
    order = np.lexsort((np.arange(unit.size), -weight, unit))
    first = order[np.diff(unit[order], prepend=-1) > 0]
    parts[first] += rest[unit[first]]
    return np.asarray(parts, dtype=np.float64)


def _with_people(frame: pd.DataFrame, people: Mapping[str, Floats]) -> pd.DataFrame:
    groups = {name: values for name, values in people.items() if name != "total"}
    return frame.assign(population=people["total"], **groups)
