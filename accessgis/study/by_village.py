"""People that a study knows by the village or township alone."""

from __future__ import annotations

from dataclasses import replace

from accessgis.base.errors import DataError, Doubt, Place, UsageError, Value
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand
from accessgis.layers.unit_names import UnitNames
from accessgis.layers.unit_people import Spread, UnitPeople, spread
from accessgis.layers.village_places import inside_point
from accessgis.sources.buildings import spread_over_buildings
from accessgis.sources.door import rounded
from accessgis.sources.population import read_population_rasters
from accessgis.sources.population_units import counts_units, read_unit_people
from accessgis.sources.tables import TABLE_ENDINGS
from accessgis.study.model import Study

BUILDINGS = "buildings"
LISTED = 5
_OF_THE_RASTER_ITSELF = ("AG9402", "AG9403")
"""Doubts about the people of a raster, which as a weight has none."""


def people_by_unit(study: Study) -> bool:
    """Return whether the study's people come as a table of villages or townships."""
    table = study.file.population
    if table.table is None:
        return False
    path = study.locate(table.table, key="population.table")
    if table.layer is not None and path.suffix.lower() in TABLE_ENDINGS:
        raise DataError("AG3067", file=table.table, key="population.layer", wanted=table.layer, layers="–")
    units = counts_units(path, label=table.table, columns=table.columns, sheet=table.sheet)
    for key in ("weight", "persons_per_household"):
        if getattr(table, key) is not None and not units:
            raise UsageError("AG2064", file=study.path.name, key=f"population.{key}", table=table.table)
    return units


def spread_people(study: Study, areas: Areas) -> Reading[Demand]:
    """Read a table of villages or townships and spread its people within each of them."""
    table = study.file.population
    assert table.table is not None
    reading = read_unit_people(
        study.locate(table.table, key="population.table"),
        label=table.table,
        columns=table.columns,
        areas=areas,
        basis=table.basis,
        sheet=table.sheet,
        persons_per_household=table.persons_per_household,
    )
    counted, label = reading.value, table.table
    if counted.level == "township" and table.weight is None:
        raise DataError("AG3445", file=label, key="population.weight")
    weights = _weights(study, areas)
    outlines = dict(zip(areas.frame["code"], areas.frame.geometry, strict=True))
    anchors = {code: areas.committees.get(code) or inside_point(outlines[code]) for code in counted.codes}
    estimate = "at-village-points" if table.weight is None else f"spread-within-{counted.level}"
    found = spread(counted, areas, weights=weights.value, anchors=anchors, estimate=estimate)
    doubts = (*reading.doubts, *weights.doubts, *_spread_doubts(study, areas, counted, found))
    return Reading(found.demand, (*reading.inputs, *weights.inputs), doubts)


def _weights(study: Study, areas: Areas) -> Reading[Demand | None]:
    """Return where people may live, as shares of an unknown number."""
    table = study.file.population
    if table.weight is None:
        return Reading(None)
    if table.weight == BUILDINGS:
        roads = study.file.roads.path
        over = spread_over_buildings(study.locate(roads, key="roads.path"), label=roads, people=1e6, areas=areas)
        return Reading(over.value, over.inputs, tuple(doubt for doubt in over.doubts if doubt.code != "AG9406"))
    path = study.locate(table.weight, key="population.weight")
    cells = read_population_rasters(
        path, {}, labels={"total": table.weight}, areas=areas, nodata=table.nodata, margin_m=0.0
    )
    inputs = tuple(replace(entry, role="population:weight") for entry in cells.inputs)
    doubts = tuple(doubt for doubt in cells.doubts if doubt.code not in _OF_THE_RASTER_ITSELF)
    return Reading(cells.value, inputs, doubts)


def _spread_doubts(study: Study, areas: Areas, counted: UnitPeople, found: Spread) -> list[Doubt]:
    table = study.file.population
    place = Place(file=table.table)
    doubts = []
    some = len(counted.codes) - len(found.whole)
    if table.weight is not None and some:
        weight: dict[str, Value] = {"weight": table.weight}
        doubts.append(Doubt(code="AG9445", place=place, count=some, values=weight))
        if table.weight != BUILDINGS:
            scale: dict[str, Value] = {"low": rounded(found.factors.min(), 3), "high": rounded(found.factors.max(), 3)}
            doubts.append(Doubt(code="AG9447", place=place, values=weight | scale))
    if found.whole:
        names = UnitNames(areas)
        rest = " …" if len(found.whole) > LISTED else ""
        named: dict[str, Value] = {"names": "; ".join(map(names.title, found.whole[:LISTED])) + rest}
        doubts.append(Doubt(code="AG9446", place=place, count=len(found.whole), values=named))
    return doubts
