"""The layers of a study after changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.crs import from_degrees
from accessgis.base.datum import Datum, to_wgs84
from accessgis.base.errors import UsageError
from accessgis.decide import change as changes
from accessgis.decide.proposal import propose, require_inside, with_proposal
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.network.change import with_road, without_edges
from accessgis.network.permissions import way_rule
from accessgis.network.profiles import Profile, SpeedRange, road_classes
from accessgis.sources.elevation import read_heights
from accessgis.standards.kinds import kind_id
from accessgis.standards.marks import CAPACITIES, mark_ids
from accessgis.study.prepare import Prepared

NEAR_ROAD_M = 50.0
"""A closed road is the nearest one within this distance of the place given."""


def apply_changes(prepared: Prepared, some: Sequence[Any], *, file: str = "") -> Prepared:
    """Return the layers of a study after changes, one after the other.

    Parameters
    ----------
    prepared
        The layers as they are; not changed.
    some
        Changes (:data:`accessgis.decide.change.Change`), in order.
    file
        Name of the scenario, for messages.

    Raises
    ------
    UsageError
        AG2410 no facility of that id, AG2411 the id is taken, AG2412 the facility is closed already, AG2413 no road
        there, AG2414 an unknown class of road, AG2415 an unknown profile, AG2416 an unknown group, AG2417 an unknown
        area, AG2401–AG2403 a place elsewhere; each with the number of the change.
    """
    added = 0
    for number, change in enumerate(some, start=1):
        key = f"change[{number}]"
        try:
            if isinstance(change, changes.Add):
                added += change.id is None
                prepared = _add(prepared, change, name=change.id or f"new-{added}")
            else:
                prepared = _APPLY[type(change)](prepared, change)
        except UsageError as error:
            raise error.placed(file=file, key=key) from error
    # Heights are read along all roads, so once for all changes.
    return _with_heights(prepared) if any(isinstance(change, changes.AddRoad) for change in some) else prepared


def _add(prepared: Prepared, change: changes.Add, *, name: str) -> Prepared:
    if (prepared.facilities.frame["facility_id"] == name).any():
        raise UsageError("AG2411", value=name)
    proposal = propose(
        prepared,
        kind=kind_id(change.kind),
        at=change.at,
        datum=change.datum,
        capacity=change.capacity,
        serves=change.serves,
        name=name,
    )
    return replace(prepared, facilities=with_proposal(prepared.facilities, proposal.layer))


def _row(prepared: Prepared, name: str) -> int:
    """Return the row of a facility that is not closed."""
    frame = prepared.facilities.frame
    rows = np.flatnonzero(frame["facility_id"] == name)
    if not rows.size:
        raise UsageError("AG2410", value=name)
    if frame["status"].iloc[rows[0]] == "closed":
        raise UsageError("AG2412", value=name)
    return int(rows[0])


def _with(prepared: Prepared, row: int, **values: Any) -> Prepared:
    frame = prepared.facilities.frame.copy()
    for name, value in values.items():
        if name not in frame.columns:
            frame[name] = np.nan
        frame.loc[row, name] = value
    return replace(prepared, facilities=FacilityLayer(frame=frame, kinds_given=prepared.facilities.kinds_given))


def _close(prepared: Prepared, change: changes.Close) -> Prepared:
    return _with(prepared, _row(prepared, change.id), status="closed")


def _move(prepared: Prepared, change: changes.Move) -> Prepared:
    row = _row(prepared, change.id)
    frame = prepared.facilities.frame
    there = propose(prepared, kind=str(frame["kind"].iloc[row]), at=change.at, datum=change.datum).layer.frame
    moved = frame.copy()
    for name in ("x", "y", "county", "township", "village"):
        moved.loc[row, name] = there[name].iloc[0]
    moved.loc[row, "placement"] = "coordinates"
    doors = moved["entrances"].to_numpy(dtype=object).copy()
    doors[row] = ()
    moved["entrances"] = doors
    shapes = moved.geometry.to_numpy().copy()
    shapes[row] = there.geometry.iloc[0]
    moved = moved.set_geometry(gpd.GeoSeries(shapes, moved.index, crs=frame.crs))
    return replace(prepared, facilities=FacilityLayer(frame=moved, kinds_given=prepared.facilities.kinds_given))


def _resize(prepared: Prepared, change: changes.Resize) -> Prepared:
    row = _row(prepared, change.id)
    known = (*CAPACITIES, *mark_ids())
    for name in change.capacity:
        if name not in known:
            raise UsageError("AG2402", value=name, known=", ".join(known))
    return _with(prepared, row, **change.capacity)


def _merge(prepared: Prepared, change: changes.Merge) -> Prepared:
    rows = [_row(prepared, name) for name in change.ids]
    frame = prepared.facilities.frame
    kept = _row(prepared, change.into)
    kinds = set(frame["kind"].iloc[rows])
    if len(kinds) > 1:
        raise UsageError("AG2418", value=", ".join(sorted(kinds)))
    # An unknown capacity of one makes that of all together unknown.
    sums = {name: frame[name].iloc[rows].sum(skipna=False) for name in CAPACITIES if name in frame.columns}
    prepared = _with(prepared, kept, **sums)
    for row in rows:
        if row != kept:
            prepared = _with(prepared, row, status="closed")
    return prepared


def _metres(prepared: Prepared, points: Sequence[tuple[float, float]], datum: Datum) -> NDArray[np.float64]:
    lon, lat = np.array(points, dtype=np.float64).T
    x, y = from_degrees(prepared.crs).transform(*to_wgs84(lon, lat, datum=datum))
    return np.column_stack([x, y])


def _add_road(prepared: Prepared, change: changes.AddRoad) -> Prepared:
    if change.class_ not in road_classes():
        raise UsageError("AG2414", value=change.class_, known=", ".join(road_classes()))
    tags = {"route": "ferry"} if change.class_ == "ferry" else {"highway": change.class_}
    if change.oneway:
        tags["oneway"] = "yes"
    if change.grade != "ground":
        tags[change.grade] = "yes"
    if change.maxspeed is not None:
        tags["maxspeed"] = f"{change.maxspeed:g}"
    rule = way_rule(tags)
    assert rule is not None
    line = _metres(prepared, change.line, change.datum)
    require_inside(prepared, shapely.LineString(line))
    return replace(prepared, roads=with_road(prepared.roads, line, rule, raised=change.grade != "ground"))


def _with_heights(prepared: Prepared) -> Prepared:
    """Return the layers with heights along their changed roads, where the study gives any."""
    elevation = prepared.study.file.elevation
    if prepared.heights is None or elevation is None:
        return prepared
    path = prepared.study.locate(elevation.path, key="elevation.path")
    return replace(prepared, heights=read_heights(path, prepared.roads, label=elevation.path).value)


def _close_road(prepared: Prepared, change: changes.CloseRoad) -> Prepared:
    roads = prepared.roads
    if change.way is not None:
        closed = roads.source_id == change.way
        if not closed.any():
            raise UsageError("AG2413", value=str(change.way))
        return replace(prepared, roads=without_edges(roads, closed))
    assert change.at is not None
    assert change.datum is not None
    point = shapely.Point(_metres(prepared, [change.at], change.datum)[0])
    open_ = np.flatnonzero((roads.forward | roads.backward) != 0)
    shapes = roads.shapes()[open_]
    found = shapely.STRtree(shapes).query(point, predicate="dwithin", distance=NEAR_ROAD_M)
    if not found.size:
        raise UsageError("AG2413", value="{:g}, {:g}".format(*change.at))
    found = np.sort(found)
    closed = np.zeros(roads.edge_count, dtype=bool)
    closed[open_[found[np.argmin(shapely.distance(shapes[found], point))]]] = True
    return replace(prepared, roads=without_edges(roads, closed))


def _set_speed(prepared: Prepared, change: changes.SetSpeed) -> Prepared:
    profile = prepared.profiles.get(change.profile)
    if profile is None:
        raise UsageError("AG2415", value=change.profile, known=", ".join(prepared.profiles))
    factor = change.factor
    if factor is not None:
        changed = replace(
            profile,
            speed_kph=_times(profile.speed_kph, factor) if profile.speed_kph else None,
            class_speed_kph={name: _times(speed, factor) for name, speed in profile.class_speed_kph.items()},
            walking_kph=_times(profile.walking_kph, factor) if profile.mode == "foot" else profile.walking_kph,
            source="scenario",
        )
        prepared = _with_profile(prepared, changed)
        return _with_walkers(prepared, changed) if changed.id == "walk" else prepared
    unknown = [name for name in change.classes if name not in road_classes()]
    if unknown:
        raise UsageError("AG2414", value=unknown[0], known=", ".join(road_classes()))
    speeds = dict(profile.class_speed_kph)
    for name, kph in change.classes.items():
        # The range keeps its proportions around the new central speed.
        old = speeds.get(name) or profile.speed_kph
        speeds[name] = _times(old, kph / old.central) if old else SpeedRange(low=kph, central=kph, high=kph)
    return _with_profile(prepared, replace(profile, class_speed_kph=speeds, source="scenario"))


def _with_walkers(prepared: Prepared, walk: Profile) -> Prepared:
    """Return the layers with riders and drivers on their way to the road at the speed of ``walk``.

    As in a study file: those whose ``walking_kph`` the study states keep it.
    """
    own = prepared.study.file.profiles
    follow = {
        name: replace(profile, walking_kph=walk.walking_kph)
        for name, profile in prepared.profiles.items()
        if profile.mode != "foot" and "walking_kph" not in own.get(name, {})
    }
    return replace(prepared, profiles={**prepared.profiles, **follow})


def _times(speed: SpeedRange, factor: float) -> SpeedRange:
    return SpeedRange(low=speed.low * factor, central=speed.central * factor, high=speed.high * factor)


def _with_profile(prepared: Prepared, profile: Profile) -> Prepared:
    return replace(prepared, profiles={**prepared.profiles, profile.id: profile})


def _change_people(prepared: Prepared, change: changes.ChangePeople) -> Prepared:
    demand = prepared.demand
    groups = demand.groups if change.group is None else (change.group,)
    unknown = [group for group in groups if group not in demand.groups]
    if unknown:
        raise UsageError("AG2416", value=unknown[0], known=", ".join(demand.groups))
    frame = demand.frame
    inside = np.ones(len(frame), dtype=bool)
    if change.area:
        codes = frame[["county", "township", "village"]]
        inside = np.logical_or.reduce([codes[name].str.startswith(change.area).to_numpy() for name in codes])
        if not inside.any():
            raise UsageError("AG2417", value=change.area)
    columns: dict[str, Any] = {}
    for group in groups:
        people = demand.people(group)
        columns["population" if group == "total" else group] = np.where(inside, people * change.factor, people)
    changed = Demand(**{**vars(demand), "frame": pd.DataFrame(frame.assign(**columns))})
    return replace(prepared, demand=changed)


_APPLY: dict[type, Callable[[Prepared, Any], Prepared]] = {
    changes.Close: _close,
    changes.Move: _move,
    changes.Resize: _resize,
    changes.Merge: _merge,
    changes.AddRoad: _add_road,
    changes.CloseRoad: _close_road,
    changes.SetSpeed: _set_speed,
    changes.ChangePeople: _change_people,
}
