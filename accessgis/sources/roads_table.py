"""Roads from line layers: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet.

The words of a layer are put into OpenStreetMap tags by data (``network/data/classes.toml``); what the tags mean is said
once, in ``network.permissions``.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import to_degrees
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, UsageError
from accessgis.base.files import packaged_toml
from accessgis.base.provenance import Reading
from accessgis.network.build import RawWays, build_roads
from accessgis.network.model import NodedPlaces, Roads
from accessgis.network.noding import GRID_M, JOIN_M, LOOK_M, node_lines
from accessgis.network.permissions import RELEVANT_KEYS, WayRule, is_excluded, way_rule
from accessgis.network.profiles import road_classes
from accessgis.sources.database import Source
from accessgis.sources.tables import find_columns
from accessgis.sources.vector import read_vector

ROAD_COLUMNS = (
    "class",
    "level",
    "oneway",
    "grade",
    "maxspeed",
    "surface",
    "access",
    "foot",
    "bicycle",
    "motor_vehicle",
    "duration",
)
"""Keys of ``[roads] columns``; ``level`` (行政等级) stands in where ``class`` (技术等级) says nothing known."""

_SHOWN = 5
_LISTED = 20
_PERMISSIONS = ("access", "foot", "bicycle", "motor_vehicle")
_POINTS, _POLYGONS, _MIXED = ("points", "点"), ("polygons", "面"), ("mixed shapes", "混合类型")
_KINDS = {0: _POINTS, 3: _POLYGONS, 4: _POINTS, 6: _POLYGONS, 7: _MIXED}
_UNKNOWN_CLASS = "road"


def read_road_lines(
    path: Source,
    *,
    label: str,
    crs: CRS,
    columns: Mapping[str, str] | None = None,
    datum: Datum | None = None,
    layer: str | None = None,
    node: bool = False,
    keep: shapely.Geometry | None = None,
) -> Reading[Roads]:
    """Read roads from a layer of lines and split them into edges.

    Lines meet where they share a vertex (to the millimetre): at their ends or in between. Inner vertices of bridges
    and tunnels meet nothing. Lines that cross or touch without a shared vertex do not connect; they are
    counted in a doubt, unless ``node`` gives them one.

    Parameters
    ----------
    path
        Line layer, a file or a table of a database; its CRS is its own.
    label
        Path for messages and provenance, relative to the study.
    crs
        Working CRS, projected, metres.
    columns
        Column of the layer for each of :data:`ROAD_COLUMNS`; the shipped names are tried for the others.
    datum
        Datum of the coordinates; required for a layer in degrees.
    layer
        Layer of a GeoPackage that holds several.
    node
        Whether lines are unsplit: see :func:`accessgis.network.noding.node_lines`. Motorways cross nothing on the
        ground; their ramps join them. Crossings, joined and loose ends are counted (AG9116–AG9118).
    keep
        Polygon in ``crs``: lines that meet it are kept whole. None keeps all.

    Returns
    -------
    Reading[Roads]
        Roads; ``source_id`` is the data row, from 1. Rows under construction are not among them; rows whose class is
        not known count as class ``"road"``.

    Raises
    ------
    UsageError
        AG2047 a key of ``columns`` that is none.
    DataError
        Those of :func:`accessgis.sources.vector.read_vector`; AG3110 polygons or points, AG3111 a column that is not
        there, AG3116 no line, AG3103 no line in ``keep``.
    """
    reading = read_vector(path, label=label, layer=layer, datum=datum, crs=crs, role="roads")
    frame = reading.value
    doubts = list(reading.doubts)
    _require_lines(frame, label=label)
    rules, raised = _Words(_columns_of(frame, columns or {}, label=label), label=label).rules(frame, doubts)
    usable = np.array([rule is not None and bool(rule.forward | rule.backward) for rule in rules], dtype=bool)
    shapes = frame.geometry.to_numpy()
    if not usable.any():
        raise DataError("AG3116", file=label)
    if keep is not None:
        shapely.prepare(keep)
        near = usable & shapely.intersects(keep, shapes)
        if not near.any():
            raise DataError("AG3103", file=label, count=int(usable.sum()))
        usable = near
    kept = [rule for rule, use in zip(rules, usable, strict=True) if use and rule is not None]
    lines, owner = shapely.get_parts(shapes[usable], return_index=True)
    rows = frame.index.to_numpy(dtype=np.int64)[usable][owner]
    noded = None
    if node:
        classes = np.array([rule.road_class for rule in kept], dtype=object)[owner]
        lines, noded = _noded(lines, classes, raised[usable][owner], rows, crs, label=label, doubts=doubts)
    ways = _raw_ways(lines, owner, kept, raised[usable], rows)
    roads = replace(build_roads(ways, crs=crs), noded=noded)
    doubts.extend(_crossings(roads, label=label))
    return Reading(roads, reading.inputs, tuple(doubts))


@cache
def _table() -> dict[str, dict[str, str]]:
    """Return for each kind of word the OSM value of every spelling."""
    shipped = packaged_toml("accessgis.network", "data/classes.toml")
    return {
        kind: {word: value for value, words in values.items() for word in words} for kind, values in shipped.items()
    }


def _plain(value: object) -> str:
    """Return a cell as a word: NFKC, no spaces, lower case; '' for an empty one; 1.0 as 1."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    if isinstance(value, (bool, np.bool_)):
        value = "yes" if value else "no"
    return "".join(unicodedata.normalize("NFKC", str(value)).split()).lower()


def _require_lines(frame: gpd.GeoDataFrame, *, label: str) -> None:
    kinds = np.unique(shapely.get_type_id(frame.geometry.to_numpy()))
    wrong = sorted({_KINDS[int(kind)] for kind in kinds if int(kind) in _KINDS})
    if wrong:
        english, chinese = (list(words) for words in zip(*wrong, strict=True))
        raise DataError("AG3110", file=label, kinds_en=", ".join(english), kinds_zh="、".join(chinese))
    if not kinds.size:
        raise DataError("AG3116", file=label)


def _columns_of(frame: gpd.GeoDataFrame, columns: Mapping[str, str], *, label: str) -> dict[str, str]:
    present = [str(name) for name in frame.columns if name != frame.geometry.name]
    for key, column in columns.items():
        if key not in ROAD_COLUMNS:
            raise UsageError("AG2047", key=f"roads.columns.{key}", known=", ".join(ROAD_COLUMNS))
        if column not in present:
            raise DataError("AG3111", file=label, key=key, column=column, known=", ".join(present))
    return find_columns(frame, "roads", columns, label=label)


class _Words:
    """Turns the cells of a row into tags, equal rows once, and counts the words that mean nothing."""

    def __init__(self, columns: dict[str, str], *, label: str) -> None:
        self.columns = columns
        self.label = label
        self.classes = frozenset(road_classes())
        self.unknown: dict[str, Counter[str]] = {}

    def rules(self, frame: gpd.GeoDataFrame, doubts: list[Doubt]) -> tuple[list[WayRule | None], NDArray[np.bool_]]:
        """Return the rule of every row, None for rows that are no road today, and whether it is a bridge or tunnel."""
        row_of = np.zeros(len(frame), dtype=np.int64)
        rows: list[dict[str, str]] = [{}]
        for key, column in self.columns.items():
            codes, values = pd.factorize(frame[column])
            # The code of an empty cell is −1: the last word.
            words = [*(_plain(value) for value in values), ""]
            pairs, row_of = np.unique(row_of * len(words) + codes % len(words), return_inverse=True)
            rows = [rows[int(pair) // len(words)] | {key: words[int(pair) % len(words)]} for pair in pairs]
        wrong: dict[str, Counter[str]] = {}
        count = np.bincount(row_of, minlength=len(rows))
        known = [self._rule(row, int(number), wrong) for row, number in zip(rows, count, strict=True)]
        doubts.extend(self._doubts(wrong))
        raised = np.array([one[1] for one in known], dtype=bool)
        return [known[row][0] for row in row_of.tolist()], raised[row_of]

    def _rule(self, cells: dict[str, str], number: int, wrong: dict[str, Counter[str]]) -> tuple[WayRule | None, bool]:
        tags = self._tags(cells, number)
        rule = None if is_excluded(tags.get("highway", "")) else way_rule(tags)
        for code in rule.doubts if rule else ():
            shown = cells.get("duration" if code == "AG9105" else "maxspeed", "")
            wrong.setdefault(code, Counter())[shown] += number
        return rule, "bridge" in tags or "tunnel" in tags

    def _tags(self, cells: dict[str, str], number: int) -> dict[str, str]:
        table = _table()
        road_class = _UNKNOWN_CLASS
        for word in (cells.get("class", ""), cells.get("level", "")):
            value = table["class"].get(word, word)
            if value in self.classes or is_excluded(value):
                road_class = value
                break
        else:
            self._count("class", cells.get("class", ""), number)
        tags = {"route": "ferry"} if road_class == "ferry" else {"highway": road_class}
        grade = cells.get("grade", "")
        structure = table["grade"].get(grade)
        if structure is None:
            self._count("grade", grade, number)
        elif structure != "ground":
            tags[structure] = "yes"
        for key in ("oneway", "surface", *_PERMISSIONS):
            value = cells.get(key, "")
            if not value:
                continue
            meaning = table["permission" if key in _PERMISSIONS else key].get(value)
            if meaning is None and key == "oneway":
                self._count(key, value, number)
            else:
                tags[key] = meaning or value
        for key in ("maxspeed", "duration"):
            if cells.get(key):
                tags[key] = cells[key]
        return {key: value for key, value in tags.items() if key in RELEVANT_KEYS}

    def _count(self, key: str, word: str, number: int) -> None:
        self.unknown.setdefault(key, Counter())[word] += number

    def _doubts(self, wrong: dict[str, Counter[str]]) -> list[Doubt]:
        place = Place(file=self.label)
        found: list[Doubt] = []
        for key, words in self.unknown.items():
            shown = [word or "—" for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))]
            values: dict[str, Any] = {"examples": ", ".join(shown[:_SHOWN])}
            code = "AG9108" if key == "class" else "AG9109"
            where = place if key == "class" else Place(file=self.label, key=self.columns[key])
            found.append(Doubt(code=code, place=where, count=words.total(), values=values))
        for code in sorted(wrong):
            shown = sorted(wrong[code])[:_SHOWN]
            values = {"examples": ", ".join(shown)}
            found.append(Doubt(code=code, place=place, count=wrong[code].total(), values=values))
        if "grade" not in self.columns:
            found.append(Doubt(code="AG9115", place=place))
        return found


def _noded(
    lines: NDArray[np.object_],
    classes: NDArray[np.object_],
    raised: NDArray[np.bool_],
    rows: NDArray[np.int64],
    crs: CRS,
    *,
    label: str,
    doubts: list[Doubt],
) -> tuple[NDArray[np.object_], NodedPlaces]:
    """Return the lines with vertices where they meet, the places that changed, and say what changed."""
    motorway = classes == "motorway"
    found = node_lines(
        lines, level=~raised & (classes != "ferry"), closed=motorway, ramps=motorway | (classes == "motorway_link")
    )
    place = Place(file=label)
    doubts.append(Doubt(code="AG9116", place=place, count=len(found.crossed)))
    if len(found.moved):
        doubts.append(Doubt(code="AG9117", place=place, count=len(found.moved), values={"join_m": round(JOIN_M)}))
    if found.loose_line.size:
        lon, lat = to_degrees(crs).transform(*found.loose[:_LISTED].T)
        shown = [f"{row}: {x:.5f},{y:.5f}" for row, x, y in zip(rows[found.loose_line], lon, lat, strict=False)]
        rest = " …" if found.loose_line.size > _LISTED else ""
        values: dict[str, Any] = {"look_m": round(LOOK_M), "places": "; ".join(shown) + rest}
        doubts.append(Doubt(code="AG9118", place=place, count=int(found.loose_line.size), values=values))
    kinds = {"split": found.crossed, "joined": found.moved, "loose": found.loose}
    x, y = np.concatenate(list(kinds.values())).T
    return found.lines, NodedPlaces(
        change=np.repeat(np.array(list(kinds), dtype=object), [len(places) for places in kinds.values()]),
        row=np.concatenate([np.zeros(len(found.crossed) + len(found.moved), dtype=np.int64), rows[found.loose_line]]),
        x=x,
        y=y,
    )


def _raw_ways(
    parts: NDArray[np.object_],
    owner: NDArray[np.int64],
    rules: list[WayRule],
    raised: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> RawWays:
    points, part = shapely.get_coordinates(parts, return_index=True)
    count = np.bincount(part, minlength=parts.size)
    start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count, dtype=np.int64)])
    grid = np.round(points / GRID_M).astype(np.int64)
    grid -= grid.min(axis=0)
    node_id = np.unique(grid[:, 0] * (grid[:, 1].max() + 1) + grid[:, 1], return_inverse=True)[1].astype(np.int64)
    # A road under a bridge may have a vertex where the bridge has one: only the bridge's ends meet other roads.
    inner = raised[owner][part]
    inner[start[:-1]] = inner[start[1:] - 1] = False
    node_id[inner] = node_id.max() + 1 + np.arange(int(inner.sum()))
    classes = road_classes()
    number = {name: index for index, name in enumerate(classes)}

    def column(values: list[Any], dtype: type) -> NDArray[Any]:
        return np.array(values, dtype=dtype)[owner]

    return RawWays(
        start=start,
        node_id=node_id,
        x=points[:, 0],
        y=points[:, 1],
        road_class=column([number[rule.road_class] for rule in rules], np.uint8),
        classes=classes,
        forward=column([rule.forward for rule in rules], np.uint8),
        backward=column([rule.backward for rule in rules], np.uint8),
        maxspeed_forward_kph=column([rule.maxspeed_forward_kph for rule in rules], np.float64),
        maxspeed_backward_kph=column([rule.maxspeed_backward_kph for rule in rules], np.float64),
        joinable=column([rule.joinable for rule in rules], np.bool_),
        duration_ms=column([rule.duration_ms for rule in rules], np.int64),
        source_id=rows,
        barrier_id=np.zeros(0, dtype=np.int64),
        barrier_mask=np.zeros(0, dtype=np.uint8),
    )


def _crossings(roads: Roads, *, label: str) -> list[Doubt]:
    """Count pairs of edges on the ground that meet without a common node: unsplit lines look like that."""
    ground = np.flatnonzero(roads.joinable)
    shapes = roads.shapes()[ground]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = ground[first[first < second]], ground[second[first < second]]
    if not first.size:
        return []
    ends = np.column_stack([roads.tail[first], roads.head[first], roads.tail[second], roads.head[second]])
    shared = (ends[:, 0] == ends[:, 2]) | (ends[:, 0] == ends[:, 3]) | (ends[:, 1] == ends[:, 2])
    shared |= ends[:, 1] == ends[:, 3]
    apart = int((~shared).sum())
    return [Doubt(code="AG9114", place=Place(file=label), count=apart)] if apart else []
