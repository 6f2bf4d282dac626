"""Changes of people: times a factor, as a table counts them, or grown at yearly rates to a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import Doubt, Place, UsageError
from accessgis.base.files import confined
from accessgis.decide import change as changes
from accessgis.layers.demand import Demand
from accessgis.layers.unit_names import UnitNames
from accessgis.layers.unit_people import UnitPeople, shared_by_weight
from accessgis.sources.population_units import read_unit_people
from accessgis.study.prepare import Prepared

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def change_people(prepared: Prepared, change: changes.ChangePeople, folder: Path) -> Prepared:
    """Return the layers with other people at the same points.

    Raises
    ------
    UsageError
        AG2416 an unknown group, AG2417 an unknown area, AG2533 a unit of the table where nobody lives today, AG2534 no
        year to start from, AG2535 a year that is not later.
    DataError
        The table cannot be used.
    """
    if change.path is not None:
        return _as_counted(prepared, change, folder)
    demand = prepared.demand
    if change.factor is not None:
        groups = demand.groups if change.group is None else (change.group,)
        factors = dict.fromkeys(groups, change.factor)
    else:
        factors = _grown(prepared, change)
    unknown = [group for group in factors if group not in demand.groups]
    if unknown:
        raise UsageError("AG2416", value=unknown[0], known=", ".join(demand.groups))
    inside = _inside(demand.frame, change.area)
    people = {group: demand.people(group) for group in factors}
    return _with(prepared, {name: np.where(inside, people[name] * factors[name], people[name]) for name in factors})


def _inside(frame: pd.DataFrame, area: str) -> BoolArray:
    """Return the points in areas whose code begins so."""
    if not area:
        return np.ones(len(frame), dtype=bool)
    codes = (frame[name] for name in ("county", "township", "village"))
    inside: BoolArray = np.logical_or.reduce([code.str.startswith(area).to_numpy(dtype=bool) for code in codes])
    if not inside.any():
        raise UsageError("AG2417", value=area)
    return inside


def _grown(prepared: Prepared, change: changes.ChangePeople) -> dict[str, float]:
    """Return by how much each group grows from the year of the people to another: (1 + rate) to the power of years."""
    assert change.to_year is not None
    as_of = prepared.study.file.population.as_of
    start = change.from_year or (as_of.year if as_of else None)
    if start is None:
        raise UsageError("AG2534")
    if change.to_year <= start:
        raise UsageError("AG2535", value=change.to_year, start=start)
    return {group: (1.0 + rate) ** (change.to_year - start) for group, rate in change.rates.items()}


def _as_counted(prepared: Prepared, change: changes.ChangePeople, folder: Path) -> Prepared:
    assert change.path is not None
    study = prepared.study
    reading = read_unit_people(
        confined(folder, change.path, key="path", allow_outside=study.allow_outside),
        label=change.path,
        columns=change.columns,
        areas=prepared.areas,
        basis=study.file.population.basis,
        sheet=change.sheet,
    )
    counted, demand = reading.value, prepared.demand
    both = [group for group in demand.groups if group in counted.people]
    known = _with(prepared, {group: _counted(prepared, counted, group) for group in both})
    apart = [
        ("AG9530", [group for group in counted.people if group not in demand.groups]),
        ("AG9531", [group for group in demand.groups if group not in counted.people]),
    ]
    place = Place(file=change.path)
    doubts = [
        Doubt(code=code, place=place, count=len(groups), values={"groups": ", ".join(groups)})
        for code, groups in apart
        if groups
    ]
    # Units without a row keep their people here; as a study's own table it would say that nobody lives there.
    told = [replace(doubt, code="AG9532") if doubt.code == "AG9442" else doubt for doubt in reading.doubts]
    inputs = tuple(replace(entry, role="scenario:population") for entry in reading.inputs)
    return replace(known, inputs=(*prepared.inputs, *inputs), doubts=(*prepared.doubts, *told, *doubts))


def _counted(prepared: Prepared, counted: UnitPeople, group: str) -> FloatArray:
    """Return a group with the figure of every unit of a table, where its people live today; other units as they are.

    Where today nobody of the group lives in a unit, its figure is shared as all its people are; a unit without people
    at all shares it evenly among its points.
    """
    demand = prepared.demand
    unit = pd.Index(counted.codes).get_indexer(pd.Index(demand.frame[counted.level])).astype(np.int64)
    rows, size = np.flatnonzero(unit >= 0), len(counted.codes)
    unit = unit[rows]
    values = counted.people[group]
    nowhere = np.flatnonzero((np.bincount(unit, minlength=size) == 0) & (values > 0))
    if nowhere.size:
        raise UsageError("AG2533", value=UnitNames(prepared.areas).title(counted.codes[nowhere[0]]))
    weight = demand.people(group)[rows]
    for other in (demand.people("total")[rows], np.ones(rows.size)):
        empty = np.bincount(unit, weights=weight, minlength=size) <= 0
        weight = np.where(empty[unit], other, weight)
    sums = np.bincount(unit, weights=weight, minlength=size).astype(np.float64)
    people = demand.people(group).copy()
    people[rows] = shared_by_weight(values, unit, weight, sums)
    return people


def _with(prepared: Prepared, people: Mapping[str, FloatArray]) -> Prepared:
    columns = {"population" if group == "total" else group: values for group, values in people.items()}
    changed = Demand(**{**vars(prepared.demand), "frame": prepared.demand.frame.assign(**columns)})
    return replace(prepared, demand=changed)
