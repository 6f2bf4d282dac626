"""What each change of a scenario did, told from the layers before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from accessgis.assess.rounding import nearest
from accessgis.layers.facilities import UNITS, FacilityLayer
from accessgis.layers.unit_names import UnitNames
from accessgis.network.model import Roads
from accessgis.study.prepare import Prepared

What = Literal["added", "stop", "opened", "closed", "moved", "resized"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A facility that a change touched.

    Attributes
    ----------
    facility_id, name, kind
        Which it is.
    place
        Where it stands afterwards: 乡镇+村, '' outside the study.
    what
        What happened to it.
    days, hours
        When a stop of a mobile service is there, as in the facility; '' for others.
    """

    facility_id: str
    name: str
    kind: str
    place: str
    what: What
    days: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one change did.

    Attributes
    ----------
    number
        Place of the change in the scenario, from 1.
    action
        Its action.
    facilities
        Facilities that it touched, by id.
    people
        Group → people of the study's areas before and after, where they differ; rounded where the study rounds them.
    units
        Units of the lowest level whose people it changed.
    road_km
        Length of roads open to anybody before and after; None where no road was touched.
    profiles
        Profiles that travel at other speeds.
    """

    number: int
    action: str
    facilities: tuple[Touched, ...] = ()
    people: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    units: int = 0
    road_km: tuple[float, float] | None = None
    profiles: tuple[str, ...] = ()


def step_between(before: Prepared, after: Prepared, *, number: int, action: str) -> Step:
    """Return what a change did to the layers of a study."""
    people, units = _people(before, after)
    roads = before.roads is not after.roads
    return Step(
        number=number,
        action=action,
        facilities=_touched(before.facilities, after.facilities, after),
        people=people,
        units=units,
        road_km=(_open_km(before.roads), _open_km(after.roads)) if roads else None,
        profiles=tuple(name for name, one in after.profiles.items() if one != before.profiles.get(name)),
    )


def _touched(before: FacilityLayer, after: FacilityLayer, layers: Prepared) -> tuple[Touched, ...]:
    """Return the facilities that differ; no change takes one out."""
    if before is after:
        return ()
    new = pd.DataFrame(after.frame.drop(columns="geometry")).set_index("facility_id")
    old = pd.DataFrame(before.frame.drop(columns="geometry")).set_index("facility_id").reindex(new.index)
    differs = pd.DataFrame({name: _differ(old, new, name) for name in new.columns}, index=new.index)
    names = UnitNames(layers.areas)
    found = []
    for facility_id in new.index[differs.any(axis=1)]:
        row, other = new.loc[facility_id], differs.loc[facility_id]
        lowest = next((str(row[unit]) for unit in reversed(UNITS) if row[unit]), "")
        found.append(
            Touched(
                facility_id=str(facility_id),
                name=str(row["name"]),
                kind=str(row["kind"]),
                place=names.title(lowest) if lowest else "",
                what=_what(old.loc[facility_id], row, other),
                days=str(row["days"]),
                hours=str(row["hours"]),
            )
        )
    return tuple(found)


def _differ(old: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.Series:
    if name not in old.columns:
        return new[name].notna()
    return (old[name] != new[name]) & ~(old[name].isna() & new[name].isna())


def _what(old: pd.Series, new: pd.Series, differs: pd.Series) -> What:
    if pd.isna(old["kind"]):
        return "stop" if new["status"] == "mobile" else "added"
    if differs["status"]:
        return "closed" if new["status"] == "closed" else "opened"
    return "moved" if differs["x"] or differs["y"] else "resized"


def _people(before: Prepared, after: Prepared) -> tuple[dict[str, tuple[float, float]], int]:
    if before.demand is after.demand:
        return {}, 0
    judged = after.demand.frame["judged"].to_numpy(dtype=bool)
    found, moved = {}, np.zeros(judged.size, dtype=bool)
    multiple = after.study.file.study.round_people_to
    for group in after.demand.groups:
        was, now = before.demand.people(group), after.demand.people(group)
        moved |= was != now
        if (was != now).any():
            sums = np.array([was[judged].sum(), now[judged].sum()])
            told = sums if multiple is None else nearest(sums, multiple)
            found[group] = (float(told[0]), float(told[1]))
    frame = after.demand.frame[moved & judged]
    lowest = frame["village"].where(frame["village"] != "", frame["township"])
    return found, int(lowest.nunique())


def _open_km(roads: Roads) -> float:
    return float(roads.length_m[(roads.forward | roads.backward) != 0].sum()) / 1000.0
