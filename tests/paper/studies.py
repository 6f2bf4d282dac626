"""A complete study without a file: areas, roads, people and facilities drawn in metres, judged by drawn rules.

Speeds are such that every whole metre takes whole milliseconds: walking 1 m/s, riding 5 m/s, e-bikes and cars 10 m/s;
half as fast in the low case, twice as fast in the high one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from paper.ways import EAST, GK111, NORTH, raw_ways

from accessgis.assess.assessment import Assessment
from accessgis.layers.areas import LEVELS, Areas
from accessgis.layers.demand import Demand, no_cells, place, points_frame
from accessgis.layers.facilities import FACILITIES, FacilityLayer, assemble, facility_frame
from accessgis.network.build import build_roads
from accessgis.network.model import Roads
from accessgis.network.profiles import Profile, SpeedRange, load_profiles
from accessgis.standards.catalogue import load_catalogue
from accessgis.standards.model import Standard, Title
from accessgis.study import run
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study, StudyFile, TargetTable
from accessgis.study.prepare import Prepared
from accessgis.study.rules import ChosenRule

XY = tuple[float, float]
Move = Callable[[np.ndarray], np.ndarray]

METRES_PER_SECOND = {"walk": 1, "walk-elderly": 1, "walk-carer": 1, "bicycle": 5, "ebike": 10, "vehicle": 10}
COUNTY = "149921"


@dataclass(frozen=True)
class Way:
    """A road through ``points``: it meets others where they share a point."""

    points: tuple[XY, ...]
    tags: tuple[tuple[str, str], ...] = (("highway", "residential"),)


@dataclass(frozen=True)
class Home:
    """People at a place; ``groups`` names how many of them are in each group other than the total."""

    x: float
    y: float
    people: float = 10.0
    groups: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Site:
    """A facility at a place."""

    facility_id: str
    x: float
    y: float
    kind: str = "village_clinic"
    status: str = "in_service"
    serves: str = ""


@dataclass(frozen=True)
class Unit:
    """An area: a box (west, south, east, north)."""

    level: str
    code: str
    parent: str
    box: tuple[float, float, float, float]
    ur_code: str = ""


def still(xy: np.ndarray) -> np.ndarray:
    """Put the drawing where (0, 0) is on the central meridian."""
    return xy + np.array([EAST, NORTH])


@dataclass(frozen=True)
class Drawing:
    """Everything a study reads, as drawn. ``move`` places the drawing in the working CRS."""

    units: tuple[Unit, ...]
    ways: tuple[Way, ...]
    homes: tuple[Home, ...]
    sites: tuple[Site, ...]
    given: frozenset[str] = frozenset({"village_clinic"})
    groups: tuple[str, ...] = ()
    snap_limit_m: float = 2000.0
    controls: tuple[tuple[str, float], ...] = ()
    data_date: dt.date = dt.date(2025, 12, 31)
    speed: float = 1.0
    """How many times as fast everybody travels."""
    move: Move = field(default=still)


def circle(rule_id: str = "own/clinic", **more: Any) -> Standard:
    """Return a circle rule: village clinics within 15 minutes on foot, unless said otherwise."""
    table: dict[str, Any] = {
        "kind": "circle",
        "title": Title(zh="圈", en="Circle"),
        "source": "own",
        "section": "",
        "scope": (),
        "facilities_any": (("village_clinic",),),
        "profiles": ("walk",),
        "limit_s": 900,
        "force": "firm",
        "target_level": "county",
    }
    return Standard(id=rule_id, **(table | more))


def own_target(rule: Standard, share: float, *, level: Any = "county") -> ChosenRule:
    """Return the rule with the bureau's own target."""
    target = TargetTable(rule=rule.id, level=level, share=share, basis="会议纪要")
    return ChosenRule(standard=rule, basis="own", basis_note="", target=target)


def speeds(times: float = 1.0) -> dict[str, Profile]:
    """Return the profiles at the speeds of paper, ``times`` as fast; access legs are walked at 1 m/s."""

    def around(metres_per_second: float) -> SpeedRange:
        central = 3.6 * metres_per_second * times
        return SpeedRange(low=central / 2, central=central, high=central * 2)

    profiles = {}
    for name, profile in load_profiles().items():
        own = around(METRES_PER_SECOND[name])
        by_class = dict.fromkeys(profile.class_speed_kph, own)
        speed = None if profile.speed_kph is None else own
        profiles[name] = replace(profile, speed_kph=speed, class_speed_kph=by_class, walking_kph=around(1))
    return profiles


def study_file(drawing: Drawing, **tables: Any) -> Study:
    """Return the study that would have named the drawing's files."""
    content: dict[str, Any] = {
        "study": {"name": "县", "code": COUNTY, "data_date": drawing.data_date},
        "roads": {"path": "roads.osm"},
        "network": {"snap_limit_m": drawing.snap_limit_m},
        "population": {"total": "total.tif"},
        "controls": [{"what": what, "value": value, "source": "年报"} for what, value in drawing.controls],
    }
    return Study(path=Path("study.toml"), file=StudyFile.model_validate(content | tables))


def prepared(drawing: Drawing) -> Prepared:
    """Return the layers of a drawing, as reading its files would have."""
    areas = areas_of(drawing)
    return Prepared(
        study=study_file(drawing),
        crs=GK111,
        areas=areas,
        demand=demand_of(drawing, areas),
        facilities=facilities_of(drawing, areas),
        roads=roads_of(drawing),
        heights=None,
        profiles=speeds(drawing.speed),
        inputs=(),
        doubts=(),
    )


def judge(
    drawing: Drawing | Prepared, *rules: Standard | ChosenRule, evidence: bool = False, isochrones: bool = False
) -> Assessment:
    """Assess a drawing by some rules: all of the pipeline but reading files, and bands only when asked for."""
    layers = drawing if isinstance(drawing, Prepared) else prepared(drawing)
    chosen = _chosen(rules)
    with (
        mock.patch.object(run, "prepare", return_value=layers),
        mock.patch.object(run, "choose_rules", return_value=(chosen, load_catalogue())),
        mock.patch.object(run, "isochrone_bands", run.isochrone_bands if isochrones else no_bands),
    ):
        return run.assess(layers.study, evidence=evidence)


def measured(drawing: Drawing | Prepared, *rules: Standard | ChosenRule) -> Measured:
    """Return a drawing with the times of some rules."""
    layers = drawing if isinstance(drawing, Prepared) else prepared(drawing)
    return measure(layers, _chosen(rules), load_catalogue())


def _chosen(rules: Iterable[Standard | ChosenRule]) -> tuple[ChosenRule, ...]:
    return tuple(
        rule if isinstance(rule, ChosenRule) else ChosenRule(standard=rule, basis="own", basis_note="", target=None)
        for rule in rules
    )


def no_bands(layers: Prepared, *_: object) -> gpd.GeoDataFrame:
    """Return no isochrones: what tests that do not look at them put in the place of the search."""
    return gpd.GeoDataFrame({"rule": []}, geometry=[], crs=layers.crs)


def areas_of(drawing: Drawing) -> Areas:
    """Return the areas of a drawing."""
    order = {level: place for place, level in enumerate(LEVELS)}
    units = sorted(drawing.units, key=lambda unit: (order[unit.level], unit.code))
    columns = {name: [getattr(unit, name) for unit in units] for name in ("level", "code", "parent", "ur_code")}
    boxes = [_moved(drawing, shapely.box(*unit.box)) for unit in units]
    frame = pd.DataFrame(columns).assign(township_kind="", seat=False, central=False)
    frame["name"] = [f"名{unit.code}" for unit in units]
    source = "ur_code" if any(unit.ur_code for unit in units) else ""
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=boxes, crs=GK111), class_source=source)


def demand_of(drawing: Drawing, areas: Areas) -> Demand:
    """Return the people of a drawing, in their units."""
    xy = drawing.move(np.array([(home.x, home.y) for home in drawing.homes], dtype=np.float64).reshape(-1, 2))
    people = {"total": np.array([home.people for home in drawing.homes], dtype=np.float64)}
    for group in drawing.groups:
        people[group] = np.array([dict(home.groups).get(group, 0.0) for home in drawing.homes], dtype=np.float64)
    frame = points_frame(xy[:, 0], xy[:, 1], people)
    return place(Demand(frame=frame, groups=tuple(people), cells=no_cells()), areas)


def facilities_of(drawing: Drawing, areas: Areas) -> FacilityLayer:
    """Return the facilities of a drawing, in their units."""
    sites = drawing.sites
    xy = drawing.move(np.array([(site.x, site.y) for site in sites], dtype=np.float64).reshape(-1, 2))
    fields: dict[str, object] = {column.name: [""] * len(sites) for column in FACILITIES.columns}
    fields |= {name: [getattr(site, name) for site in sites] for name in ("facility_id", "kind", "status", "serves")}
    fields |= {"placement": ["coordinates"] * len(sites), "row": list(range(1, len(sites) + 1))}
    frame = facility_frame(fields, np.asarray(shapely.points(xy), dtype=object).reshape(-1), crs=GK111)
    return assemble([frame], areas, kinds_given=drawing.given)[0]


def roads_of(drawing: Drawing) -> Roads:
    """Return the roads of a drawing; junctions are numbered as drawn, wherever the drawing lies."""
    number: dict[XY, int] = {}
    for way in drawing.ways:
        for point in way.points:
            number.setdefault(point, len(number))
    xy = drawing.move(np.array(list(number), dtype=np.float64).reshape(-1, 2))
    nodes = {place: (float(xy[place, 0]), float(xy[place, 1])) for place in number.values()}
    ways = [([number[point] for point in way.points], dict(way.tags)) for way in drawing.ways]
    return build_roads(raw_ways(nodes, ways), crs=GK111)


def _moved(drawing: Drawing, shape: shapely.Polygon) -> shapely.Polygon:
    return shapely.orient_polygons(shapely.transform(shape, drawing.move))


def headline(result: Assessment, rule: str = "own/clinic", *, area: str = COUNTY) -> pd.Series:
    """Return the headline row of one rule and area."""
    rows = result.results
    return rows[(rows["rule"] == rule) & (rows["area"] == area) & rows["headline"]].iloc[0]


def seconds(result: Assessment, rule: str = "own/clinic", *, profile: str = "walk") -> dict[int, float]:
    """Return the seconds of every home that a rule concerns, by its place in the drawing."""
    rows = result.people[(result.people["rule"] == rule) & (result.people["profile"] == profile)]
    return dict(zip(rows["demand_id"], rows["seconds"], strict=True))


def line(*points: XY, **tags: str) -> Way:
    """Return a way through points; a residential street unless tagged."""
    return Way(points, tuple(({"highway": "residential"} | tags).items()))


def with_sites(drawing: Drawing, sites: Iterable[Site]) -> Drawing:
    """Return the drawing with other facilities."""
    return replace(drawing, sites=tuple(sites))


ONE_TOWNSHIP: Sequence[Unit] = (
    Unit("county", COUNTY, "", (0, 0, 4000, 2000)),
    Unit("township", f"{COUNTY}100", COUNTY, (0, 0, 4000, 2000)),
    Unit("village", f"{COUNTY}100200", f"{COUNTY}100", (0, 0, 4000, 2000), "220"),
)
"""A county of one township of one village, 4 km by 2 km."""
