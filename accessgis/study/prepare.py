"""From the files a study names to checked layers in one working CRS."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.errors import Doubt, UsageError
from accessgis.base.files import sha256
from accessgis.base.provenance import InputRecord
from accessgis.layers.areas import Areas
from accessgis.layers.constraints import Constraint
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.network.model import Roads
from accessgis.network.profiles import Profile, load_profiles, with_overrides
from accessgis.study.layers import (
    Ledger,
    areas_of,
    constraints_of,
    crs_of_roads,
    facilities_of,
    locate_named,
    margin_of,
    named_files,
    people_of,
    require_people,
    roads_of,
)
from accessgis.study.model import Study
from accessgis.study.totals import figures_of

Progress = Callable[[str], None]


@cache
def _beside() -> ThreadPoolExecutor:
    """Return the one thread that reads beside the main one: for each new one PROJ opens its database anew, 0.1 s."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="accessgis-people")


if hasattr(os, "register_at_fork"):  # a forked process has no such thread
    os.register_at_fork(after_in_child=_beside.cache_clear)


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared:
    """The layers of a study, checked, in its working CRS.

    ``totals`` are our figures of the official totals that the study states (:func:`accessgis.study.totals.figures_of`),
    taken once, of the layers as read: ``dataclasses.replace`` carries them to layers that a scenario changes.
    ``people_years`` tells by group to which year a scenario has brought the people of each point: NaN where they are
    those of the study, ``inf`` where a table counts them of a year that it does not say.
    """

    study: Study
    crs: CRS
    areas: Areas
    demand: Demand
    facilities: FacilityLayer
    roads: Roads
    heights: NDArray[np.float64] | None
    profiles: dict[str, Profile]
    inputs: tuple[InputRecord, ...]
    doubts: tuple[Doubt, ...]
    constraints: tuple[Constraint, ...] = ()
    totals: Mapping[str, float] = field(default_factory=dict)
    people_years: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the figures where none are carried over."""
        if not self.totals:
            layers = {"areas": self.areas, "demand": self.demand, "facilities": self.facilities, "roads": self.roads}
            object.__setattr__(self, "totals", figures_of(self.study, **layers))  # type: ignore[arg-type]


def prepare(study: Study, *, progress: Progress = lambda _: None) -> Prepared:
    """Read every layer of a study.

    Parameters
    ----------
    study
        The checked study file.
    progress
        Called with a short name before each step.

    Returns
    -------
    Prepared
        Areas, demand, facilities and roads in the working CRS, with the files behind them and what is doubtful.

    Raises
    ------
    UsageError, DataError
        With the file, layer, row and key at fault.
    """
    ledger = Ledger([InputRecord(role="study", path=study.path.name, sha256=sha256(study.path), rows=0, crs="")])
    for index, text in enumerate(study.file.standards.files, start=1):
        path = study.locate(text, key=f"standards.files[{index}]")
        ledger.inputs.append(InputRecord(role="standards", path=text, sha256=sha256(path), rows=0, crs=""))
    for key, text in named_files(study).items():
        locate_named(study, key, text)
    try:
        profiles = with_overrides(load_profiles(), study.file.profiles)
    except UsageError as error:
        raise error.placed(file=study.path.name) from error
    progress("areas")
    stated = areas_of(study, ledger)
    crs = CRS.from_user_input(stated.frame.crs) if stated else crs_of_roads(study)
    if stated is None:
        progress("population")
        areas, demand = people_of(study, None, crs, ledger)
        keep = margin_of(study, areas)
        progress("roads")
        roads, heights = roads_of(study, crs, keep, ledger)
    else:
        progress("population and roads")
        keep, later = margin_of(study, stated), Ledger()
        # Cutting population cells leaves the interpreter free, so that roads are read meanwhile.
        people = _beside().submit(people_of, study, stated, crs, ledger)
        try:
            roads, heights = roads_of(study, crs, keep, later)
        finally:
            wait([people])
        areas, demand = people.result()
        ledger.inputs.extend(later.inputs)
        ledger.doubts.extend(later.doubts)
    require_people(study, demand)
    progress("facilities")
    facilities = facilities_of(study, areas, demand, keep, ledger)
    constraints = constraints_of(study, crs, keep, ledger)
    return Prepared(
        study=study,
        crs=crs,
        areas=areas,
        demand=demand,
        facilities=facilities,
        roads=roads,
        heights=heights,
        profiles=profiles,
        inputs=tuple(ledger.inputs),
        doubts=tuple(ledger.doubts),
        constraints=constraints,
    )
