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
        year to start from, AG2535 a year that is not later, AG2541 another year than an earlier change has reached.
    DataError
        The table cannot be used.
    """
    if change.path is not None:
        return _as_counted(prepared, change, folder)
    demand = prepared.demand
    if change.factor is not None:
        groups = demand.groups if change.group is None else (change.group,)
    else:
        groups = tuple(change.rates)
    unknown = [group for group in groups if group not in demand.groups]
    if unknown:
        raise UsageError("AG2416", value=unknown[0], known=", ".join(demand.groups))
    inside = _inside(demand.frame, change.area)
    if change.factor is None:
        return _grown(prepared, change, inside)
    people = {group: demand.people(group) for group in groups}
    return _with(prepared, {name: np.where(inside, people[name] * change.factor, people[name]) for name in groups})


def _inside(frame: pd.DataFrame, area: str) -> BoolArray:
    """Return the points in areas whose code begins so."""
    if not area:
        return np.ones(len(frame), dtype=bool)
    codes = (frame[name] for name in ("county", "township", "village"))
    inside: BoolArray = np.logical_or.reduce([code.str.startswith(area).to_numpy(dtype=bool) for code in codes])
    if not inside.any():
        raise UsageError("AG2417", value=area)
    return inside


def _grown(prepared: Prepared, change: changes.ChangePeople, inside: BoolArray) -> Prepared:
    """Return the layers with each group grown to a year: (1 + rate) to the power of years, from the year it is of."""
    assert change.to_year is not None
    people, reached = {}, {}
    for group, rate in change.rates.items():
        start = _start(prepared, change, group, inside)
        people[group] = prepared.demand.people(group).copy()
        for year in np.unique(start[inside]).tolist():
            people[group][inside & (start == year)] *= (1.0 + rate) ** (change.to_year - int(year))
        reached[group] = np.where(inside, float(change.to_year), _years(prepared, group))
    return replace(_with(prepared, people), people_years={**prepared.people_years, **reached})


def _years(prepared: Prepared, group: str) -> FloatArray:
    """Return the year to which earlier changes brought the people of each point."""
    return prepared.people_years.get(group, np.full(len(prepared.demand.frame), np.nan))


def _start(prepared: Prepared, change: changes.ChangePeople, group: str, inside: BoolArray) -> FloatArray:
    """Return the year that a group is of at each point: stated, reached by an earlier change, or that of the study."""
    assert change.to_year is not None
    reached, as_of, stated = _years(prepared, group), prepared.study.file.population.as_of, change.from_year
    if stated is not None:
        others = reached[inside & np.isfinite(reached) & (reached != stated)]
        if others.size:
            raise UsageError("AG2541", value=stated, start=int(others[0]))
        start = np.full(reached.size, float(stated))
    else:
        start = np.where(np.isnan(reached), float(as_of.year) if as_of else np.nan, reached)
    if not np.isfinite(start[inside]).all():
        raise UsageError("AG2534")
    if (start[inside] >= change.to_year).any():
        raise UsageError("AG2535", value=change.to_year, start=int(start[inside].max()))
    return start


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
    told = demand.frame[counted.level].isin(counted.codes).to_numpy(dtype=bool)
    years = {group: np.where(told, np.inf, _years(prepared, group)) for group in both}
    known = replace(known, people_years={**prepared.people_years, **years})
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
    unmatched = [replace(doubt, code="AG9532") if doubt.code == "AG9442" else doubt for doubt in reading.doubts]
    inputs = tuple(replace(entry, role="scenario:population") for entry in reading.inputs)
    return replace(known, inputs=(*prepared.inputs, *inputs), doubts=(*prepared.doubts, *unmatched, *doubts))


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
