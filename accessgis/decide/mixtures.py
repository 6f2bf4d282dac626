"""Mixtures of two studies: each input as one or the other has it, read once, and known to be the same where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.network.model import Roads
from accessgis.network.profiles import load_profiles, with_overrides
from accessgis.standards.catalogue import Catalogue
from accessgis.study.layers import (
    Ledger,
    areas_of,
    crs_of_roads,
    facilities_of,
    margin_of,
    people_of,
    require_people,
    roads_of,
)
from accessgis.study.model import Study
from accessgis.study.prepare import Prepared
from accessgis.study.rules import ChosenRule, choose_rules, record

INPUTS = ("supply", "roads", "people", "standard")
"""What a result is made of: facilities with their controls and official figures; roads, heights, speeds and snap limit;
areas and people; rules, targets and the day they are held against."""
Key = Mapping[str, int]
"""Input → 0 for the earlier study, 1 for the later."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Places:
    """The areas and people of a study."""

    crs: CRS
    areas: Areas
    demand: Demand
    keep: shapely.Geometry


@dataclass(frozen=True, eq=False, kw_only=True)
class Mixtures:
    """Two studies whose inputs can be mixed.

    Attributes
    ----------
    studies
        The earlier and the later one.
    rules
        The rules of each, and the catalogue that they come from.
    places
        Areas and people of each.
    roads, facilities
        Roads with heights, and facilities, by the study that they are of and the study whose areas they are read for.
    """

    studies: tuple[Study, Study]
    rules: tuple[tuple[tuple[ChosenRule, ...], Catalogue], ...]
    places: tuple[_Places, ...]
    roads: Mapping[tuple[int, int], tuple[Roads, Any]]
    facilities: Mapping[tuple[int, int], FacilityLayer]

    def unchanged(self) -> frozenset[str]:
        """Return the inputs that are the same in both studies."""
        one, other = (study.file for study in self.studies)
        found = {
            "people": self.places[0] is self.places[1]
            and one.study.margin_km == other.study.margin_km
            and _controls(one, "people") == _controls(other, "people"),
            "roads": all(self.roads[0, place] is self.roads[1, place] for place in (0, 1))
            and (one.network, one.profiles) == (other.network, other.profiles)
            and _controls(one, "roads") == _controls(other, "roads"),
            "supply": all(self.facilities[0, place] is self.facilities[1, place] for place in (0, 1))
            and one.statistics == other.statistics
            and _controls(one, "supply") == _controls(other, "supply"),
            "standard": self.rules[0][0] == self.rules[1][0] and self._records(0) == self._records(1),
        }
        return frozenset(name for name, same in found.items() if same)

    def _records(self, which: int) -> Sequence[object]:
        rules, catalogue = self.rules[which]
        return [record(chosen, self.studies[which], catalogue) for chosen in rules]

    def layers(self, key: Key) -> Prepared:
        """Return the layers of a mixture."""
        there = self.places[key["people"]]
        roads, heights = self.roads[key["roads"], key["people"]]
        study = self._study(key)
        return Prepared(
            study=study,
            crs=there.crs,
            areas=there.areas,
            demand=there.demand,
            facilities=self.facilities[key["supply"], key["people"]],
            roads=roads,
            heights=heights,
            profiles=with_overrides(load_profiles(), study.file.profiles),
            inputs=(),
            doubts=(),
        )

    def _study(self, key: Key) -> Study:
        """Return the study that would have named the inputs of a mixture."""
        of = {name: self.studies[key[name]].file for name in INPUTS}
        judged = self.studies[key["standard"]]
        info = of["standard"].study.model_copy(update={"margin_km": of["people"].study.margin_km})
        controls = [control for name in ("supply", "roads", "people") for control in _controls(of[name], name)]
        mixed = {
            "study": info,
            "facilities": of["supply"].facilities,
            "statistics": of["supply"].statistics,
            "roads": of["roads"].roads,
            "network": of["roads"].network,
            "elevation": of["roads"].elevation,
            "profiles": of["roads"].profiles,
            "areas": of["people"].areas,
            "population": of["people"].population,
            "controls": tuple(controls),
        }
        return Study(path=judged.path, file=of["standard"].model_copy(update=mixed))


def read_mixtures(studies: tuple[Study, Study], *, progress: Callable[[str], None] = lambda _: None) -> Mixtures:
    """Read the inputs of two studies, each once for the areas of either; what is the same becomes one object.

    Parameters
    ----------
    studies
        The earlier and the later one.
    progress
        Called with a short name before each step.
    """
    rules = tuple(choose_rules(study) for study in studies)
    progress("population")
    first = _read_places(studies[0], None)
    places = (first, _read_places(studies[1], first))
    roads: dict[tuple[int, int], tuple[Roads, Any]] = {}
    facilities: dict[tuple[int, int], FacilityLayer] = {}
    for which, place in product((0, 1), (0, 1)):
        there = places[place]
        if place and there is places[0]:
            roads[which, 1], facilities[which, 1] = roads[which, 0], facilities[which, 0]
            continue
        progress("roads and facilities")
        roads[which, place] = _known(
            roads.values(), roads_of(studies[which], there.crs, there.keep, Ledger()), _same_ways
        )
        layer = facilities_of(studies[which], there.areas, there.demand, there.keep, Ledger())
        facilities[which, place] = _known(facilities.values(), layer, same_facilities)
    return Mixtures(studies=studies, rules=rules, places=places, roads=roads, facilities=facilities)


def _read_places(study: Study, before: _Places | None) -> _Places:
    """Return the areas and people of a study; ``before`` itself where they are the same."""
    stated = areas_of(study, Ledger())
    crs = CRS.from_user_input(stated.frame.crs) if stated else crs_of_roads(study)
    areas, demand = people_of(study, stated, crs, Ledger())
    require_people(study, demand)
    keep = margin_of(study, areas)
    if before and before.crs == crs and same_areas(before.areas, areas) and shapely.equals(before.keep, keep):
        if same_demand(before.demand, demand):
            return before
        areas, keep = before.areas, before.keep
    return _Places(crs=crs, areas=areas, demand=demand, keep=keep)


def _controls(file: Any, name: str) -> list[Any]:
    """Return the official totals that belong to an input."""
    subjects = {"facilities": "supply", "population": "people"}
    return [control for control in file.controls if subjects.get(control.what.partition(":")[0], "roads") == name]


def _known(values: Iterable[T], value: T, same: Callable[[T, T], bool]) -> T:
    """Return an equal value among those known, so that what is the same is one object; else the value."""
    return next((one for one in values if same(one, value)), value)


def same_areas(one: Areas, other: Areas) -> bool:
    """Return whether two layers of areas are the same."""
    words = ("has_central", "class_source", "where", "classes")
    return all(getattr(one, name) == getattr(other, name) for name in words) and _same_frames(one.frame, other.frame)


def same_demand(one: Demand, other: Demand) -> bool:
    """Return whether two layers of people are the same."""
    if one.groups != other.groups or one.cell_diagonal_m != other.cell_diagonal_m:
        return False
    return one.frame.equals(other.frame) and _same_shapes(one.cells, other.cells)


def same_facilities(one: FacilityLayer, other: FacilityLayer) -> bool:
    """Return whether two layers of facilities are the same."""
    return one.kinds_given == other.kinds_given and _same_frames(one.frame, other.frame)


def same_roads(one: Roads, other: Roads) -> bool:
    """Return whether two road networks are the same, edge by edge."""
    for entry in fields(Roads):
        mine, theirs = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(mine, np.ndarray):
            floats = mine.dtype.kind == "f"
            if not np.array_equal(mine, theirs, equal_nan=floats):
                return False
        elif mine != theirs:
            return False
    return True


def _same_ways(one: tuple[Roads, Any], other: tuple[Roads, Any]) -> bool:
    """Return whether roads and the heights along them are the same."""
    if one[1] is None or other[1] is None:
        return one[1] is other[1] and same_roads(one[0], other[0])
    return np.array_equal(one[1], other[1], equal_nan=True) and same_roads(one[0], other[0])


def _same_frames(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> bool:
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        return False
    plain = [name for name in one.columns if name not in ("geometry", "entrances")]
    if not pd.DataFrame(one[plain]).equals(pd.DataFrame(other[plain])):
        return False
    if "entrances" in one.columns and one["entrances"].tolist() != other["entrances"].tolist():
        return False
    return _same_shapes(one.geometry.to_numpy(), other.geometry.to_numpy())


def _same_shapes(one: Any, other: Any) -> bool:
    return len(one) == len(other) and bool(shapely.equals_identical(one, other).all())
