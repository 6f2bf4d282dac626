"""What the files of a folder are for: told by their columns and shapes, else by words in their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import rasterio
import shapely

from accessgis.base.crs import has_chinese_form
from accessgis.base.errors import AccessGISError, DataError
from accessgis.base.files import LAYER_FOLDERS, packaged_toml
from accessgis.sources.rasters import opened as opened_raster
from accessgis.sources.roads_graphml import GRAPH_ENDINGS
from accessgis.sources.spreadsheet import SHEET_ENDINGS, read_sheets
from accessgis.sources.tables import TABLE_ENDINGS, find_columns, open_table, plain, texts, word_ids
from accessgis.sources.vector import VECTOR_ENDINGS, first_rows, layer_names
from accessgis.standards.kinds import load_kinds
from accessgis.standards.marks import CAPACITIES

OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm")
RASTER_ENDINGS = (".tif", ".tiff")
MOST_FILES = 2000
"""Files looked at: a folder with more is no folder of one county's layers."""
_SAMPLE = 500
_MOSTLY = 0.6
"""Share of the names in a register that must end with a kind's name before it is taken for the kind."""
_COUNTIES = ("县", "市", "旗")
"""How a county is called; 区 ends the names of other outlines too."""
_PEOPLE = ("total", "resident", "registered", "households")
_UNITS = ("village", "village_name", "township", "township_name")
_PLACED = (("lon", "lat"), ("easting", "northing"))

Role = Literal[
    "roads", "areas", "village_points", "central", "land_survey", "population", "group", "people", "elevation",
    "facilities", "unused",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What one layer seems to be.

    Attributes
    ----------
    path
        Relative to the folder that was looked at, with ``/``.
    role
        The part of a study it serves: ``population`` and ``group`` are rasters, ``people`` is a table; ``unused``
        serves none.
    columns
        Field → column.
    kind
        Kind of all facilities in it, '' where a column says it or nobody does.
    detail
        Level of areas, group of people, '' else.
    layer, sheet
        Layer of the file or sheet of the workbook, '' where there is but one.
    degrees
        Whether its coordinates are in degrees, or in metres with nothing that says where: their datum must be stated.
    datum
        Datum, where it is known: only of what was fetched.
    unit
        Code and name of the one county that areas are of, '' unknown; of an outline that states no code the name.
    reason
        Code of what is wrong with a file that cannot be read, '' else.
    """

    path: str
    role: Role
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    detail: str = ""
    layer: str = ""
    sheet: str = ""
    degrees: bool = False
    datum: str = ""
    unit: tuple[str, str] = ("", "")
    reason: str = ""


def recognise(folder: Path) -> list[Recognised]:
    """Look at every file of a folder and its folders, in order of their names.

    Parameters
    ----------
    folder
        Where a county's layers lie. Hidden files, and what other programs keep beside layers, are passed over.
    """
    return [found for path in _files(folder) for found in _looked_at(path, folder)]


def _files(folder: Path) -> list[Path]:
    files: list[Path] = []
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        inner = any(Path(part).suffix.lower() in LAYER_FOLDERS for part in parts[:-1])
        if inner or any(part.startswith((".", "~$")) for part in parts) or path.is_symlink():
            continue
        if path.is_file() or path.suffix.lower() in LAYER_FOLDERS:
            files.append(path)
    return files[:MOST_FILES]


def _looked_at(path: Path, folder: Path) -> Iterator[Recognised]:
    label, name, ending = path.relative_to(folder).as_posix(), path.name.lower(), path.suffix.lower()
    if not label.isprintable():  # a study file could not name it
        yield Recognised(path=label.encode(errors="replace").decode(), role="unused", reason="AG2010")
        return
    try:
        if name.endswith(OSM_ENDINGS) or name.endswith(GRAPH_ENDINGS):
            yield Recognised(path=label, role="roads")
        elif ending in RASTER_ENDINGS:
            yield _raster(path, label)
        elif ending in TABLE_ENDINGS:
            yield from _tables(path, label)
        elif ending in VECTOR_ENDINGS and not name.endswith((".tif.json", ".csv.json")):
            yield from _vector(path, label)
    except AccessGISError as error:
        if ending != ".json":  # most are no layers at all
            yield Recognised(path=label, role="unused", reason=error.code)
    except OSError:  # Excel, or the rights of others, keep it to themselves
        yield Recognised(path=label, role="unused", reason="AG3068")


def _raster(path: Path, label: str) -> Recognised:
    try:
        with opened_raster(path):
            pass
    except rasterio.errors.RasterioError:
        return Recognised(path=label, role="unused", reason="AG3401")
    stem = plain(path.stem).lower()
    words = _words()
    if _has(stem, words["rasters"]["elevation"]):
        return Recognised(path=label, role="elevation")
    group = next((name for name, given in words["groups"].items() if _has(stem, given)), "")
    if group:
        return Recognised(path=label, role="group", detail=group)
    return Recognised(path=label, role="population" if _has(stem, words["rasters"]["population"]) else "unused")


def _tables(path: Path, label: str) -> Iterator[Recognised]:
    """Look at a table: at every sheet of a workbook that has several."""
    sheets = [""]
    if path.suffix.lower() in SHEET_ENDINGS:
        names = [sheet.name for sheet in read_sheets(path, label=label)]
        sheets = names if len(names) > 1 else sheets
    for sheet in sheets:
        yield replace(_table(path, label, sheet), sheet=sheet)


def _table(path: Path, label: str, sheet: str) -> Recognised:
    frame = open_table(path, label=label, table="population", sheet=sheet or None).value.frame
    found = find_columns(frame, "population", {}, label=label)
    people = any(name in found for name in _PEOPLE)
    where = any(name in found for name in _UNITS) or _placed(found)
    if people and where and not any(name in _facility_fields(frame, label) for name in ("kind", *CAPACITIES)):
        return Recognised(path=label, role="people", columns=_kept(found), degrees=_placed(found))
    frame = open_table(path, label=label, table="facilities", sheet=sheet or None).value.frame
    return _facilities(frame, path, label)


def _facility_fields(frame: pd.DataFrame, label: str) -> dict[str, str]:
    return find_columns(frame, "facilities", {}, label=label)


def _facilities(frame: pd.DataFrame, path: Path, label: str, *, layer: str = "", degrees: bool = False) -> Recognised:
    """Return a register: by its column of kinds, by the kind in the file's name, or by what its rows are called."""
    found = _facility_fields(frame, label)
    if "kind" in found and _foreign_words(frame, found):
        del found["kind"]
    kind = "" if "kind" in found else _kind_of(frame, found, path.stem, layer)
    told = bool(kind) or "kind" in found or any(name in found for name in CAPACITIES)
    if "name" not in found or not (told or _placed(found) or degrees):
        return Recognised(path=label, role="unused", layer=layer)
    placed = degrees or _placed(found)
    return Recognised(
        path=label, role="facilities", columns=_kept(found), kind=kind, layer=layer, degrees=placed
    )  # fmt: skip


def _foreign_words(frame: pd.DataFrame, found: Mapping[str, str]) -> bool:
    """Return whether the words of a column of kinds are no kinds, such as the categories of a map service."""
    words = {word for word in texts(frame[found["kind"]].head(_SAMPLE)) if word}
    known = {plain(name) for name in _kind_names()}
    return not any(plain(word) in known for word in words)


def _kind_of(frame: pd.DataFrame, found: Mapping[str, str], stem: str, layer: str) -> str:
    names = _kind_names()
    for text in (plain(layer), plain(stem)):
        inside = [name for name in names if name in text]
        if inside:
            return names[max(inside, key=lambda name: (len(name), name))]
    if "name" not in found:
        return ""
    rows = [plain(text) for text in texts(frame[found["name"]].head(_SAMPLE)) if text]
    ends = Counter(
        names[max(fit, key=len)] for text in rows if (fit := [name for name in names if text.endswith(name)])
    )  # fmt: skip
    if not ends:
        return ""
    kind, count = ends.most_common(1)[0]
    return kind if count >= _MOSTLY * len(rows) else ""


@cache
def _kind_names() -> dict[str, str]:
    """Return every id and Chinese name of a kind → id."""
    return {plain(name): kind.id for kind in load_kinds().values() for name in (kind.id, kind.zh, *kind.aliases)}


def _vector(path: Path, label: str) -> Iterator[Recognised]:
    names = layer_names(path, label=label)
    for name in names:
        layer = name if len(names) > 1 else ""
        try:
            frame = first_rows(path, label=label, layer=layer or None, most=_SAMPLE)
        except DataError as error:  # of several layers the others count
            yield Recognised(path=label, role="unused", layer=layer, reason=error.code)
        else:
            yield _layer(frame, path, label, layer)


def _layer(frame: gpd.GeoDataFrame, path: Path, label: str, layer: str) -> Recognised:
    shapes = frame.geometry.to_numpy()
    dimension = int(shapely.get_dimensions(shapes).max()) if len(shapes) else -1
    degrees = frame.crs is None or bool(frame.crs.is_geographic)
    name = plain(layer or path.stem).lower()
    words = _words()
    if dimension == 1:
        columns = find_columns(frame, "roads", {}, label=label)
        role: Role = "roads" if columns else "unused"
        return Recognised(path=label, role=role, columns=columns, layer=layer, degrees=degrees)
    if dimension == 2 and "settlement" in find_columns(frame, "land_survey", {}, label=label):
        return Recognised(path=label, role="land_survey", layer=layer, degrees=degrees)
    if dimension == 2 and _has(name, words["polygons"]["central"]):
        return Recognised(path=label, role="central", layer=layer, degrees=degrees)
    found = find_columns(frame, "areas", {}, label=label)
    register = _facilities(frame, path, label, layer=layer, degrees=degrees)
    facility = register.role == "facilities" and bool(register.kind or "kind" in register.columns)
    areas = Recognised(path=label, role="areas", columns=found, layer=layer, degrees=degrees)
    if dimension == 2 and not facility:
        named = _has(name, words["polygons"]["areas"])
        if "code" in found and ("level" in found or named):
            detail = _one_level(frame[found["level"]]) if "level" in found else _level(name)
            return replace(areas, detail=detail, unit=_county(frame, found))
        called = texts(frame[found["name"]]) if "name" in found else []
        if "code" not in found and len(frame) == 1 and (named or (called[:1] and called[0].endswith(_COUNTIES))):
            return replace(areas, detail="county", unit=("", called[0] if called else ""))
        if "code" not in found and named:
            return Recognised(path=label, role="unused", layer=layer, reason="AG3203")
    if dimension == 0 and not facility and "code" in found and _has(name, words["points"]["village_points"]):
        return Recognised(path=label, role="village_points", layer=layer, degrees=degrees)
    return register


def _county(frame: gpd.GeoDataFrame, found: Mapping[str, str]) -> tuple[str, str]:
    """Return code and name of the one county that codes of Chinese form begin with, '' where there is none."""
    codes = [plain(str(value)).removesuffix(".0") for value in frame[found["code"]].tolist()]
    counties = {code[:6] for code in codes if has_chinese_form(code[:6]) and not code[:6].endswith("00")}
    if len(counties) != 1:
        return "", ""
    (county,) = counties
    names = texts(frame[found["name"]]) if "name" in found else codes
    own = [name for code, name in zip(codes, names, strict=True) if code in (county, f"{county}000000")]
    return county, own[0] if own else ""


def _one_level(column: pd.Series) -> str:
    """Return the level of all areas of a layer, '' where they are of several."""
    known = word_ids("level_words")
    levels = {known.get(plain(word).casefold(), "") for word in texts(column)}
    return levels.pop() if len(levels) == 1 else ""


def _level(name: str) -> str:
    return next((level for level, given in _words()["levels"].items() if _has(name, given)), "")


def _placed(found: Mapping[str, str]) -> bool:
    return any(x in found and y in found for x, y in _PLACED)


def _kept(found: Mapping[str, str]) -> dict[str, str]:
    """Return the columns without halves of a pair of coordinates."""
    alone = {name for pair in _PLACED for name in pair if not all(one in found for one in pair)}
    return {name: column for name, column in found.items() if name not in alone}


def _has(name: str, words: list[str]) -> bool:
    return any(word in name for word in words)


@cache
def _words() -> dict[str, Any]:
    return packaged_toml("accessgis.sources.data", "recognise.toml")
