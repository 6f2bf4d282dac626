"""The layers that a study names, read one by one into its working CRS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import has_chinese_form, in_metres, working_crs
from accessgis.base.errors import AccessGISError, DataError, Doubt, Place, UsageError
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.areas import Areas
from accessgis.layers.constraints import Constraint
from accessgis.layers.demand import Demand, place
from accessgis.layers.facilities import FacilityLayer, assemble
from accessgis.layers.village_places import place_by_village
from accessgis.network.model import Roads
from accessgis.sources.boundaries import one_unit, read_areas
from accessgis.sources.buildings import spread_over_buildings
from accessgis.sources.constraints import read_constraint, read_osm_water
from accessgis.sources.database import Source, is_address
from accessgis.sources.elevation import read_heights
from accessgis.sources.facilities import read_facilities
from accessgis.sources.facilities_osm import read_osm_facilities
from accessgis.sources.place_classes import CLASS_SOURCES, with_land_survey
from accessgis.sources.population import read_population_rasters
from accessgis.sources.population_table import read_population_points
from accessgis.sources.roads_graphml import GRAPH_ENDINGS, read_graph_roads
from accessgis.sources.roads_osm import osm_extent, read_osm_roads
from accessgis.sources.roads_table import read_road_lines
from accessgis.sources.village_points import with_committees
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.study.by_village import BUILDINGS, people_by_unit, spread_people
from accessgis.study.field_checks import field_checked
from accessgis.study.kind_readings import reading_of_kinds, require_producible
from accessgis.study.model import FacilitiesTable, Study
from accessgis.study.registers import served, staffed

T = TypeVar("T")

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm")
_LAYERS = ("areas.path", "roads.path", "facilities[", "constraints[")
"""Keys that may name a table of a database as well as a file."""


@dataclass
class Ledger:
    """Collects what was read and what was doubtful, in reading order."""

    inputs: list[InputRecord] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def take(self, reading: Reading[T]) -> T:
        """Return what was read, keeping its files and doubts."""
        # A file that serves several layers is told once.
        self.inputs.extend([one for one in reading.inputs if one not in self.inputs])
        self.doubts.extend([one for one in reading.doubts if one not in self.doubts])
        return reading.value


def named_files(study: Study) -> dict[str, str]:
    """Return the files that a study names, by key."""
    file = study.file
    levels = file.areas.path if isinstance(file.areas.path, dict) else {"": file.areas.path}
    named = {f"areas.path.{level}".rstrip("."): text for level, text in levels.items()}
    named |= {f"areas.{name}": getattr(file.areas, name) for name in ("village_points", "central", "land_survey")}
    named |= {"roads.path": file.roads.path, "population.total": file.population.total}
    named |= {f"population.groups.{group}": text for group, text in file.population.groups.items()}
    named |= {"population.table": file.population.table}
    named |= {"population.weight": file.population.weight if file.population.weight != BUILDINGS else None}
    named |= {"elevation.path": file.elevation.path if file.elevation else None}
    named |= {f"facilities[{place}].path": table.path for place, table in enumerate(file.facilities, start=1)}
    named |= {
        f"facilities[{place}].service_areas.path": table.service_areas.path
        for place, table in enumerate(file.facilities, start=1)
        if table.service_areas is not None
    }
    named |= {"field_check.path": file.field_check.path if file.field_check else None}
    named |= {f"constraints[{place}].path": table.path for place, table in enumerate(file.constraints, start=1)}
    return {key: text for key, text in named.items() if text is not None}


def locate_named(study: Study, key: str, text: str) -> None:
    """Refuse a file that is not there or must not be read."""
    (study.locate_layer if key.startswith(_LAYERS) else study.locate)(text, key=key)


def _stated_crs(study: Study) -> CRS | None:
    text = study.file.study.working_crs
    if text == "auto":
        return None
    crs = in_metres(text)
    if crs is None:
        raise UsageError("AG2055", file=study.path.name, key="study.working_crs", value=text)
    return crs


def crs_of_roads(study: Study) -> CRS:
    """Return the working CRS of a study without areas: stated, else by where its roads lie."""
    stated = _stated_crs(study)
    if stated is not None:
        return stated
    if is_address(study.file.roads.path):
        raise UsageError("AG2006", file=study.path.name, key="areas.path")
    west, south, east, north = osm_extent(
        study.locate(study.file.roads.path, key="roads.path"), label=study.file.roads.path
    )
    return working_crs((west + east) / 2, (south + north) / 2, chinese=has_chinese_form(study.file.study.code))


def areas_of(study: Study, ledger: Ledger) -> Areas | None:
    """Return the areas that a study states, None where it states none."""
    table = study.file.areas
    if table.path is None:
        return None
    if isinstance(table.path, str):
        path: Source | dict[str, Source] = study.locate_layer(table.path, key="areas.path")
    else:
        path = {level: study.locate_layer(text, key=f"areas.path.{level}") for level, text in table.path.items()}
    own = Ledger()
    areas = own.take(
        read_areas(
            path,
            label=table.path if isinstance(table.path, str) else {str(k): text for k, text in table.path.items()},
            columns=table.columns,
            datum=table.datum,
            crs=_stated_crs(study),
            study_code=study.file.study.code,
            central=study.locate(table.central, key="areas.central") if table.central else None,
            where=table.where or "",
            layer=table.layer
            if table.layer is None or isinstance(table.layer, str)
            else {str(level): name for level, name in table.layer.items()},
        )
    )
    if table.village_points is not None:
        points, code = study.locate(table.village_points, key="areas.village_points"), study.file.study.code
        areas = own.take(with_committees(areas, points, label=table.village_points, datum=table.datum, study_code=code))
    if table.land_survey is not None:
        survey = study.locate(table.land_survey, key="areas.land_survey")
        areas = own.take(with_land_survey(areas, survey, label=table.land_survey, datum=table.datum))
    # Each layer adds to what the ones before told of classes: the last word counts.
    sources = [doubt for doubt in own.doubts if doubt.code == CLASS_SOURCES]
    ledger.inputs.extend(own.inputs)
    ledger.doubts.extend(doubt for doubt in own.doubts if doubt.code != CLASS_SOURCES or doubt is sources[-1])
    return areas


def people_of(study: Study, areas: Areas | None, crs: CRS, ledger: Ledger) -> tuple[Areas, Demand]:
    """Return the people of a study, and its areas where only the people say where it is."""
    table, info = study.file.population, study.file.study
    if people_by_unit(study):
        if areas is None:
            raise UsageError("AG2006", file=study.path.name, key="areas.path")
        if table.weight == BUILDINGS:
            _require_osm(study, key="population.weight")
        return areas, ledger.take(spread_people(study, areas))
    if table.table is not None:
        points = ledger.take(
            read_population_points(
                study.locate(table.table, key="population.table"),
                label=table.table,
                columns=table.columns,
                datum=table.datum,
                crs=crs,
                extent=_bounds(areas.frame) if areas else None,
                sheet=table.sheet,
                layer=table.layer,
                grid=in_metres(table.crs) if table.crs else None,
            )
        )
        if areas is None:
            frame = points.frame
            areas = one_unit(
                frame["x"].to_numpy(), frame["y"].to_numpy(), crs=crs, code=info.code, name=info.name,
                where=study.file.areas.where or "",
            )  # fmt: skip
        return areas, place(points, areas)
    if areas is None:
        raise UsageError("AG2006", file=study.path.name, key="areas.path")
    if table.people is not None:
        path = _require_osm(study, key="population.spread")
        return areas, ledger.take(
            spread_over_buildings(path, label=study.file.roads.path, people=table.people, areas=areas)
        )
    assert table.total is not None
    demand = ledger.take(
        read_population_rasters(
            study.locate(table.total, key="population.total"),
            {name: study.locate(text, key=f"population.groups.{name}") for name, text in table.groups.items()},
            labels={"total": table.total, **table.groups},
            areas=areas,
            nodata=table.nodata,
            margin_m=info.margin_km * 1000.0,
        )
    )
    return areas, demand


def require_people(study: Study, demand: Demand) -> None:
    """Refuse people of whom nobody lives in the study, and controls of groups that are not known."""
    for number, control in enumerate(study.file.controls, start=1):
        subject, _, group = control.what.partition(":")
        if subject == "population" and group not in ("", *demand.groups):
            key, known = f"controls[{number}].what", ", ".join(demand.groups)
            raise UsageError("AG2057", file=study.path.name, key=key, value=control.what, known=known)
    if demand.frame.loc[demand.frame["judged"], "population"].sum() > 0:
        return
    table = study.file.population
    raise DataError("AG3411", file=table.total or table.table or study.file.roads.path)


def _bounds(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = frame.total_bounds
    return float(west), float(south), float(east), float(north)


def _require_osm(study: Study, *, key: str) -> Path:
    path = study.locate_layer(study.file.roads.path, key="roads.path")
    if not isinstance(path, Path) or not path.name.lower().endswith(OSM_ENDINGS):
        raise UsageError("AG2054", file=study.path.name, key=key)
    return path


def margin_of(study: Study, areas: Areas) -> shapely.Geometry:
    """Return the study and its margin: what lies beyond is not read."""
    return shapely.buffer(areas.outline(), study.file.study.margin_km * 1000.0)


def roads_of(
    study: Study, crs: CRS, keep: shapely.Geometry, ledger: Ledger
) -> tuple[Roads, NDArray[np.float64] | None]:
    """Return the roads, and the heights along them when elevation is given."""
    table = study.file.roads
    path = study.locate_layer(table.path, key="roads.path")
    if isinstance(path, Path) and path.name.lower().endswith(OSM_ENDINGS):
        roads = ledger.take(read_osm_roads(path, label=table.path, crs=crs, keep=keep))
    elif isinstance(path, Path) and path.name.lower().endswith(GRAPH_ENDINGS):
        roads = ledger.take(read_graph_roads(path, label=table.path, crs=crs, keep=keep))
    else:
        roads = ledger.take(
            read_road_lines(
                path,
                label=table.path,
                crs=crs,
                datum=table.datum,
                columns=table.columns or None,
                layer=table.layer,
                node=table.node,
                keep=keep,
            )
        )
    if study.file.elevation is None:
        return roads, None
    elevation = study.file.elevation.path
    heights = read_heights(study.locate(elevation, key="elevation.path"), roads, label=elevation)
    return roads, ledger.take(heights)


def facilities_of(
    study: Study,
    areas: Areas,
    demand: Demand,
    keep: shapely.Geometry,
    ledger: Ledger,
    *,
    complain: Callable[[AccessGISError], None] | None = None,
) -> FacilityLayer:
    """Return the facilities of every layer; ``complain`` hears of layers that cannot be used and are left out."""
    frames: list[gpd.GeoDataFrame] = []
    given: set[str] = set()
    for index, table in enumerate(study.file.facilities):
        kind_map = {kind_id(old): kind_id(new) for old, new in table.kind_map.items()}
        ledger.doubts.extend(reading_of_kinds(kind_map, table))
        try:
            frame = _facility_frame(study, table, index + 1, areas, keep, kind_map, ledger)
            if table.path is not None:
                frame, doubts = place_by_village(frame, areas, demand, label=table.path)
                ledger.doubts.extend(doubts)
            if table.service_areas is not None:
                frame = ledger.take(served(study, frame, table.service_areas, index + 1, demand))
        except AccessGISError as error:
            if complain is None:
                raise
            complain(error)
            continue
        if table.kind:
            given.add(kind_id(table.kind))
        elif table.from_:
            mapped = {kind_map.get(kind, kind) for kind, entry in load_kinds().items() if entry.osm}
            given |= mapped
        given |= set(frame["kind"])
        frames.append(_within(frame, keep, table, ledger))
    try:
        frames = _field_checked(study, frames, areas, keep, ledger)
    except AccessGISError as error:
        if complain is None:
            raise
        complain(error)
    layer, doubts = assemble(frames, areas, kinds_given=frozenset(given))
    ledger.doubts.extend(doubts)
    return layer if study.file.study.count_unstaffed else ledger.take(staffed(layer))


def _field_checked(
    study: Study, frames: list[gpd.GeoDataFrame], areas: Areas, keep: shapely.Geometry, ledger: Ledger
) -> list[gpd.GeoDataFrame]:
    table = study.file.field_check
    if table is None:
        return frames
    west, south, east, north = shapely.bounds(keep)
    crs = CRS.from_user_input(areas.frame.crs)
    return ledger.take(field_checked(study, table, frames, crs=crs, extent=(west, south, east, north)))


def _within(
    frame: gpd.GeoDataFrame, keep: shapely.Geometry, table: FacilitiesTable, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Leave out the facilities beyond the margin, which no kept road leads to; those without a place stay."""
    far = ~shapely.intersects(frame.geometry.to_numpy(), keep) & (frame["placement"] != "unplaced").to_numpy()
    if not far.any():
        return frame
    ids = "; ".join(frame.loc[far, "facility_id"].head(5))
    place = Place(file=table.path or "osm")
    ledger.doubts.append(Doubt(code="AG9209", place=place, count=int(far.sum()), values={"ids": ids}))
    return frame[~far]


def _facility_frame(
    study: Study,
    table: FacilitiesTable,
    number: int,
    areas: Areas,
    keep: shapely.Geometry,
    kind_map: dict[str, str],
    ledger: Ledger,
) -> gpd.GeoDataFrame:
    crs, date = CRS.from_user_input(areas.frame.crs), study.file.study.data_date
    if table.path is None:
        path = _require_osm(study, key=f"facilities[{number}].from")
        kinds = frozenset({kind_id(table.kind)}) if table.kind else None
        if table.kind:
            require_producible(kind_id(table.kind), kind_map, study, number)
        return ledger.take(
            read_osm_facilities(
                path, label=study.file.roads.path, crs=crs, kinds=kinds, kind_map=kind_map, data_date=date, keep=keep
            )
        )
    west, south, east, north = shapely.bounds(keep)
    return ledger.take(
        read_facilities(
            study.locate_layer(table.path, key=f"facilities[{number}].path"),
            label=table.path,
            kind=kind_id(table.kind) if table.kind else None,
            columns=table.columns,
            datum=table.datum,
            crs=crs,
            kind_map=kind_map,
            data_date=date,
            extent=(west, south, east, north),
            sheet=table.sheet,
            layer=table.layer,
            grid=in_metres(table.crs) if table.crs else None,
        )
    )


def constraints_of(study: Study, crs: CRS, keep: shapely.Geometry, ledger: Ledger) -> tuple[Constraint, ...]:
    """Return the land that constrains building, in the order of the study file."""
    found = []
    for number, table in enumerate(study.file.constraints, start=1):
        key = f"constraints[{number}]"
        if table.path is None:
            path = _require_osm(study, key=f"{key}.from")
            reading = read_osm_water(
                path, name=table.name, effect=table.effect, label=study.file.roads.path, crs=crs, keep=keep
            )
        else:
            reading = read_constraint(
                study.locate_layer(table.path, key=f"{key}.path"),
                name=table.name,
                effect=table.effect,
                label=table.path,
                crs=crs,
                keep=keep,
                datum=table.datum,
                layer=table.layer,
                columns=table.columns,
            )
        found.append(ledger.take(reading))
    return tuple(found)
