"""Changes of roads and speeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from accessgis.base.errors import UsageError
from accessgis.decide import change as changes
from accessgis.decide.proposal import metres_of, require_inside
from accessgis.network.change import with_road, without_edges
from accessgis.network.permissions import way_rule
from accessgis.network.profiles import Profile, SpeedRange, road_classes
from accessgis.study.prepare import Prepared

NEAR_ROAD_M = 50.0
"""A closed road is the nearest one within this distance of the place given."""


def add_road(prepared: Prepared, change: changes.AddRoad) -> Prepared:
    """Return the layers with a new road."""
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
    line = metres_of(prepared, change.line, datum=change.datum)
    require_inside(prepared, shapely.LineString(line))
    return replace(prepared, roads=with_road(prepared.roads, line, rule, raised=change.grade != "ground"))


def close_road(prepared: Prepared, change: changes.CloseRoad) -> Prepared:
    """Return the layers without a road."""
    roads = prepared.roads
    if change.way is not None:
        closed = roads.source_id == change.way
        if not closed.any():
            raise UsageError("AG2413", value=str(change.way))
        return replace(prepared, roads=without_edges(roads, closed))
    assert change.at is not None
    assert change.datum is not None
    point = shapely.Point(metres_of(prepared, [change.at], datum=change.datum)[0])
    open_ = np.flatnonzero((roads.forward | roads.backward) != 0)
    shapes = roads.shapes()[open_]
    found = shapely.STRtree(shapes).query(point, predicate="dwithin", distance=NEAR_ROAD_M)
    if not found.size:
        raise UsageError("AG2413", value="{:g}, {:g}".format(*change.at))
    found = np.sort(found)
    closed = np.zeros(roads.edge_count, dtype=bool)
    closed[open_[found[np.argmin(shapely.distance(shapes[found], point))]]] = True
    return replace(prepared, roads=without_edges(roads, closed))


def set_speed(prepared: Prepared, change: changes.SetSpeed) -> Prepared:
    """Return the layers with other speeds of a profile."""
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
