"""A study of a whole province cut into county studies: each an ordinary study of its own, with its margin."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from accessgis.base.crs import has_chinese_form, in_metres
from accessgis.base.errors import DataError, UsageError
from accessgis.base.files import cache_folder, sha256, user_toml, whole_folder, write_text
from accessgis.batch.listing import County, Cut
from accessgis.batch.resume import beside, key_of
from accessgis.layers.areas import Areas
from accessgis.sources.boundaries import area_layers
from accessgis.sources.coordinates import Declared
from accessgis.sources.database import is_address
from accessgis.sources.door import rows_text
from accessgis.sources.osm_pieces import cut_osm
from accessgis.sources.pieces import (
    COUNTY_DIGITS,
    Rows,
    counties_stated,
    is_table,
    layer_rows,
    table_rows,
    with_ids,
    write_rows,
)
from accessgis.sources.roads_osm import OSM_ENDINGS
from accessgis.sources.vector import Bounds, degree_extent
from accessgis.study.by_village import BUILDINGS, people_by_unit
from accessgis.study.layers import Ledger, areas_of, named_files
from accessgis.study.model import FacilitiesTable, PopulationTable, Study

SLACK_M = 3000.0
"""How far beyond the margin pieces reach: datums, projections and outlines that lie across its edge."""
OVERLAP = 1e-6
"""Share of a county's area that may lie in another: there people would be counted in both."""
SCHEMA = "accessgis.pieces/3"
_FACILITIES = re.compile(r"facilities\[\d+\]\.path")
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A county, or a cluster of counties, that becomes a study: its name among files, its name, its counties."""

    id: str
    name: str
    counties: tuple[str, ...]

    @property
    def code(self) -> str:
        """Code of the study: that of the county, or of the prefecture or province that holds all of a cluster."""
        if len(self.counties) == 1:
            return self.counties[0]
        digits = 4 if len({code[:4] for code in self.counties}) == 1 else 2
        return self.counties[0][:digits].ljust(COUNTY_DIGITS, "0")


def cut_counties(cut: Cut, *, progress: Progress) -> tuple[County, ...]:
    """Return the counties of a province as studies of their own, cut out of it unless that was done before.

    Parameters
    ----------
    cut
        The study of the whole, and what is wanted of it (:class:`accessgis.batch.listing.Cut`).
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2512 no such county in its areas, AG2513 a layer that cannot be cut, AG2514 two counties that overlap; what
        is wrong with the study.
    DataError
        A layer cannot be used.
    """
    study = cut.study
    _require_cuttable(study)
    progress("areas")
    areas = areas_of(study, Ledger())
    assert areas is not None
    units = _units(cut, areas)
    told = [[unit.id, unit.name, *unit.counties] for unit in units]
    key = key_of(study, {study.path.name: sha256(study.path)}, {"pieces": SCHEMA, "units": told})
    folder = cache_folder() / "pieces" / str(key)
    if not (folder / "manifest.json").is_file():
        _require_apart(areas)
        with whole_folder(folder) as fresh:
            _Cutting(study, areas, units, fresh).write(progress)
            write_text(fresh / "manifest.json", json.dumps({"schema": SCHEMA, "units": told}, ensure_ascii=False))
    everything = tuple(areas.at("county")["code"])
    return tuple(
        County(
            code=unit.id, name=unit.name, study=folder / f"{unit.id}.toml",
            label=f"{study.path.name} {unit.id}", members=unit.counties, siblings=everything,
        )
        for unit in units
    )  # fmt: skip


def _require_cuttable(study: Study) -> None:
    """Refuse what cannot be divided among counties."""
    table = study.file.population
    name = study.path.name
    for key, text in named_files(study).items():
        if is_address(text):
            raise UsageError("AG2513", file=name, key=key)
    if study.file.areas.path is None:
        raise UsageError("AG2006", file=name, key="areas.path")
    if table.people is not None:
        raise UsageError("AG2513", file=name, key="population.people")
    if table.table is not None and people_by_unit(study):
        raise UsageError("AG2513", file=name, key="population.table")
    if study.file.roads.path.lower().endswith(".graphml"):
        raise UsageError("AG2513", file=name, key="roads.path")


def _units(cut: Cut, areas: Areas) -> tuple[Unit, ...]:
    at = areas.at("county")
    names = dict(zip(at["code"], at["name"], strict=True))
    wanted = tuple(dict.fromkeys(cut.counties)) or tuple(names)
    clustered = {code for cluster in cut.clusters for code in cluster.counties}
    for code in (*wanted, *clustered):
        if code not in names or len(code) != COUNTY_DIGITS or not has_chinese_form(code):
            raise UsageError("AG2512", file=cut.study.path.name, value=code)
    units = [Unit(id=code, name=names[code], counties=(code,)) for code in wanted if code not in clustered]
    for one in cut.clusters:
        if len({code[:2] for code in one.counties}) > 1:
            raise UsageError("AG2512", file=cut.study.path.name, value=", ".join(one.counties))
    units += [Unit(id=one.id, name=one.name or one.id, counties=tuple(sorted(one.counties))) for one in cut.clusters]
    return tuple(sorted(units, key=lambda unit: unit.id))


def _require_apart(areas: Areas) -> None:
    """Refuse counties that overlap: whoever lives there would be counted twice."""
    at = areas.at("county")
    shapes, codes = at.geometry.to_numpy(), at["code"].tolist()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for first, second in zip(one.tolist(), other.tolist(), strict=True):
        if first >= second:
            continue
        both = shapely.area(shapely.intersection(shapes[first], shapes[second]))
        if both > OVERLAP * min(shapely.area(shapes[[first, second]])):
            raise UsageError("AG2514", value=codes[first], other=codes[second], hectares=round(float(both) / 1e4, 1))


class _Cutting:
    """Writes the study file and the pieces of every unit."""

    def __init__(self, study: Study, areas: Areas, units: Sequence[Unit], folder: Path) -> None:
        self.study, self.units, self.folder = study, units, folder
        self.crs = CRS.from_user_input(areas.frame.crs)
        at = areas.at("county")
        shapes = dict(zip(at["code"], at.geometry, strict=True))
        beyond = study.file.study.margin_km * 1000.0 + SLACK_M
        self.boxes: dict[str, Bounds] = {}
        for unit in units:
            outline = shapely.union_all([shapes[code] for code in unit.counties])
            west, south, east, north = shapely.bounds(outline).tolist()
            extent = (west - beyond, south - beyond, east + beyond, north + beyond)
            self.boxes[unit.id] = degree_extent(extent, self.crs)
        self.files = {unit.id: user_toml(study.path) for unit in units}

    def write(self, progress: Progress) -> None:
        """Write all of it."""
        file = self.study.file
        progress("cutting areas")
        self._areas()
        progress("cutting roads")
        self._roads()
        progress("cutting facilities and people")
        for number, table in enumerate(file.facilities):
            if table.path is not None:
                self._facilities(number, table)
        if file.population.table is not None:
            self._points()
        for key, text in named_files(self.study).items():
            if key.startswith(("areas.path", "roads.path", "population.table")) or _FACILITIES.fullmatch(key):
                continue
            if text != BUILDINGS:
                self._share(key, text)
        for number, text in enumerate(file.standards.files):
            shared = self._shared(text, key=f"standards.files[{number + 1}]")
            for content in self.files.values():
                content["standards"]["files"][number] = shared
        for unit in self.units:
            write_text(self.folder / f"{unit.id}.toml", _toml(self._study_file(unit)))

    def _study_file(self, unit: Unit) -> dict[str, Any]:
        """Return the study of a unit; totals and figures of the whole are none of its own."""
        content = self.files[unit.id]
        content["study"] |= {"code": unit.code, "name": unit.name}
        content.pop("controls", None)
        mine = [
            entry for entry in content.pop("statistics", []) if str(entry.get("area", "")).startswith(unit.counties)
        ]
        return content | ({"statistics": mine} if mine else {})

    def _areas(self) -> None:
        table = self.study.file.areas
        paths = table.path if isinstance(table.path, dict) else {"": str(table.path)}
        for level, text in paths.items():
            path = self.study.locate(text, key=f"areas.path.{level}".rstrip("."))
            named = (
                {str(of): name for of, name in table.layer.items()} if isinstance(table.layer, dict) else table.layer
            )
            inner = named.get(level) if level and isinstance(named, dict) else named
            for number, (inner_level, _, label, layer) in enumerate(area_layers(path, text, inner)):
                rows = layer_rows(path, label=label, layer=layer)
                stated = np.array(counties_stated(rows.frame, "areas", table.columns, label=label), dtype=object)
                for unit in self.units:
                    stem = self.folder / unit.id / f"areas{number or ''}" / f"{level or Path(text).stem}"
                    piece = self._piece(write_rows(rows, np.isin(stated, unit.counties), stem))
                    areas = self.files[unit.id]["areas"]
                    areas.pop("layer", None)
                    of_level = level or inner_level
                    if not of_level:
                        areas["path"] = piece
                    else:
                        areas["path"] = (areas["path"] if isinstance(areas["path"], dict) else {}) | {of_level: piece}

    def _roads(self) -> None:
        table = self.study.file.roads
        path = self.study.locate(table.path, key="roads.path")
        if path.name.lower().endswith(OSM_ENDINGS):
            file = self.study.file
            sources = [*(one.from_ for one in file.facilities), *(one.from_ for one in file.constraints)]
            everything = any(sources) or file.population.weight == BUILDINGS
            pieces = {unit.id: self.folder / unit.id / "roads.osm.pbf" for unit in self.units}
            cut_osm(path, self.boxes, pieces.__getitem__, label=table.path, everything=everything)
            for unit in self.units:
                self.files[unit.id]["roads"]["path"] = self._piece(pieces[unit.id])
            return
        rows = layer_rows(path, label=table.path, layer=table.layer)
        for unit in self.units:
            stem = self.folder / unit.id / "roads" / path.stem
            piece = self._piece(write_rows(rows, rows.touching(self.boxes[unit.id]), stem))
            _point(self.files[unit.id]["roads"], "path", piece)

    def _facilities(self, number: int, table: FacilitiesTable) -> None:
        """Give every unit the facilities within its margin, and those without a place that state a county of it."""
        key, text = f"facilities[{number + 1}]", str(table.path)
        path = self.study.locate(text, key=f"{key}.path")
        rows = with_ids(self._rows("facilities", path, text, table), table.columns, label=text)
        stated = np.array(counties_stated(rows.frame, "facilities", table.columns, label=text), dtype=object)
        lost = np.flatnonzero(~rows.placed & (stated == ""))
        if lost.size:
            raise UsageError("AG2515", file=text, key=key, row=int(lost[0]) + 1, count=int(lost.size))
        for unit in self.units:
            mine = rows.touching(self.boxes[unit.id]) | (~rows.placed & np.isin(stated, unit.counties))
            piece = self._piece(write_rows(rows, mine, self.folder / unit.id / f"facilities{number + 1}" / path.stem))
            _point(self.files[unit.id]["facilities"][number], "path", piece)

    def _rows(self, role: str, path: Path, text: str, table: FacilitiesTable | PopulationTable) -> Rows:
        if not is_table(path):
            return layer_rows(path, label=text, layer=table.layer)
        declared = Declared(datum=table.datum, grid=in_metres(table.crs) if table.crs else None)
        return table_rows(
            path, label=text, table=role, columns=table.columns, declared=declared, crs=self.crs, sheet=table.sheet
        )

    def _points(self) -> None:
        table = self.study.file.population
        text = str(table.table)
        path = self.study.locate(text, key="population.table")
        rows = self._rows("population", path, text, table)
        if not rows.placed.all():
            lost = rows.frame.index.to_numpy(dtype=np.int64)[~rows.placed]
            raise DataError("AG3421", file=text, row=int(lost[0]), rows=rows_text(lost))
        for unit in self.units:
            mine = rows.touching(self.boxes[unit.id])
            piece = self._piece(write_rows(rows, mine, self.folder / unit.id / "population" / path.stem))
            _point(self.files[unit.id]["population"], "table", piece)

    def _share(self, key: str, text: str) -> None:
        """Let all units read one file: rasters are read by window, small layers by what touches a unit."""
        shared = self._shared(text, key=key)
        for content in self.files.values():
            at: Any = content
            *above, last = key.split(".")
            for step in above:
                name, _, number = step.rstrip("]").partition("[")
                at = at[name][int(number) - 1] if number else at[name]
            at[last] = shared

    def _shared(self, text: str, *, key: str) -> str:
        path = self.study.locate(text, key=key)
        target = self.folder / "shared" / sha256(path)[:12] / path.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                for file in (path, *beside(path)):
                    _link(file, target.parent / file.name)
        return self._piece(target)

    def _piece(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _point(entry: dict[str, Any], name: str, piece: str) -> None:
    """Let a table of a study name a piece, which has one layer or sheet."""
    for inner in ("sheet", "layer"):
        entry.pop(inner, None)
    entry[name] = piece


def _link(file: Path, target: Path) -> None:
    """Let a file stand in another folder, without a second copy of it where the system can."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def _toml(content: Mapping[str, Any]) -> str:
    """Return a study file: each table on a line of its own, as TOML writes tables within a line."""
    lines = []
    for name, table in content.items():
        entries: Iterable[Any] = table if isinstance(table, list) else [table]
        head = f"[[{name}]]" if isinstance(table, list) else f"[{name}]"
        for entry in entries:
            lines += [head, *(f"{_word(key)} = {_value(value)}" for key, value in entry.items()), ""]
    return "\n".join(lines)


def _word(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_word(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
