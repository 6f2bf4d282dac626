"""Where in its village stands what is known by the village's name alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.layers.areas import Areas, Level
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import BESIDE, UNITS
from accessgis.layers.unit_names import UnitNames

Anchor = Literal["committee", "people", "outline"]
"""What stands for a village: its committee point, the centre of its people, or a point inside its outline."""

LISTED = 20
"""Unplaced facilities that a message names; the rest are counted."""

Point = tuple[float, float]


def unit_anchors(
    codes: list[str], areas: Areas, demand: Demand, *, level: Level = "village"
) -> dict[str, tuple[Anchor, Point]]:
    """Return the point that stands for each village, or each unit of another level.

    Parameters
    ----------
    codes
        Units of ``areas``, of one level.
    areas, demand
        Of the study, in one CRS.
    level
        Level of the units.

    Returns
    -------
    dict
        Unit → what stands for it and where: the committee point; else the centre of its people, weighted by their
        number, or the inhabited point nearest to that centre where it falls outside the unit; else, where nobody
        lives, a point inside the outline.
    """
    outlines = dict(zip(areas.frame["code"], areas.frame.geometry, strict=True))
    lived = demand.frame[(demand.frame["population"] > 0) & demand.frame[level].isin(codes)]
    people = {str(code): part for code, part in lived.groupby(level, sort=True)}
    anchors: dict[str, tuple[Anchor, Point]] = {}
    for code in codes:
        if code in areas.committees:
            anchors[code] = ("committee", areas.committees[code])
        elif code in people:
            anchors[code] = ("people", _centre(people[code], outlines[code]))
        else:
            anchors[code] = ("outline", inside_point(outlines[code]))
    return anchors


def inside_point(outline: shapely.Geometry) -> Point:
    """Return a point inside an outline."""
    inside = shapely.point_on_surface(outline)
    return float(inside.x), float(inside.y)


def _centre(people: pd.DataFrame, outline: shapely.Geometry) -> Point:
    at = people[["x", "y"]].to_numpy(dtype=np.float64)
    centre = np.average(at, axis=0, weights=people["population"].to_numpy(dtype=np.float64))
    if not shapely.intersects_xy(outline, centre[0], centre[1]):
        centre = at[np.argmin(np.hypot(*(at - centre).T))]
    return float(centre[0]), float(centre[1])


def place_by_village(
    frame: gpd.GeoDataFrame, areas: Areas, demand: Demand, *, label: str
) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Place the facilities without coordinates of one layer at the villages they name.

    Parameters
    ----------
    frame
        Schema :data:`~accessgis.layers.facilities.FACILITIES` as sources give it: units hold what the register states.
    areas, demand
        As for :func:`unit_anchors`.
    label
        The layer, for messages.

    Returns
    -------
    GeoDataFrame
        The same rows; those whose village was found have placement ``village`` and the village's point, the others stay
        ``unplaced``.
    list[Doubt]
        AG9312 how many were placed so, AG9301 what stays unplaced; AG9323 codes whose unit has another name, AG9324
        codes that the study does not have, beside the name of one of its units.

    Raises
    ------
    DataError
        AG3345 rows name what several units could be: which one decides whom they serve. AG3073 rows without a place
        state the code of one unit and the name of another.
    """
    absent = np.flatnonzero((frame["placement"] == "unplaced").to_numpy())
    beside = {unit: f"{unit}{BESIDE}" for unit in UNITS if f"{unit}{BESIDE}" in frame.columns}
    if not absent.size and not beside:
        return frame, []
    names = UnitNames(areas)
    frame, doubts = _settled(frame, beside, names, label=label)
    if not absent.size:
        return frame, doubts
    found = [names.find({unit: str(frame[unit].iloc[row]) for unit in UNITS}) for row in absent]
    villages = [named.codes.get("village", "") for named in found]
    several = [
        f"{_shown(frame, int(row))}: {' / '.join(named.candidates)}"
        for row, village, named in zip(absent, villages, found, strict=True)
        if named.candidates and not village and frame["status"].iloc[row] != "closed"
    ]
    if several:
        raise DataError("AG3345", file=label, count=len(several), names=_listed(several))
    anchors = unit_anchors(sorted(set(villages) - {""}), areas, demand)
    rows = [int(row) for row, village in zip(absent, villages, strict=True) if village]
    points = [anchors[village] for village in villages if village]
    placed = at_village(frame, rows, [point for _, point in points]) if rows else frame
    doubts += _placed_doubts([anchor for anchor, _ in points], label)
    left = [int(row) for row, village in zip(absent, villages, strict=True) if not village]
    return placed, doubts + _unplaced_doubts(frame, left, label)


def _settled(
    frame: gpd.GeoDataFrame, beside: Mapping[Level, str], names: UnitNames, *, label: str
) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Return the rows with the units that they state, codes held against the columns of names beside them."""
    if not beside:
        return frame, []
    columns = {unit: frame[unit].tolist() for unit in UNITS}
    renamed, by_name, against = [], [], []
    for row, unplaced in enumerate((frame["placement"] == "unplaced").tolist()):
        codes = {unit: str(columns[unit][row]) for unit in UNITS}
        settled = names.settle(codes, {unit: str(frame[column].iloc[row]) for unit, column in beside.items()})
        for unit in UNITS:
            columns[unit][row] = settled.stated[unit]
        if settled.against and unplaced:
            against.append(f"{_shown(frame, row)}: {settled.against}")
        elif settled.against or settled.renamed:
            renamed.append(f"{_shown(frame, row)}: {settled.against or settled.renamed}")
        if settled.by_name:
            by_name.append(_shown(frame, row))
    if against:
        raise DataError("AG3073", file=label, count=len(against), names=_listed(against))
    doubts = code_doubts(renamed, by_name, label=label)
    texts = {unit: pd.array(cells, dtype="str") for unit, cells in columns.items()}
    return frame.assign(**texts).drop(columns=list(beside.values())), doubts


def code_doubts(renamed: Sequence[str], by_name: Sequence[str], *, label: str) -> list[Doubt]:
    """Return the doubts of rows whose codes are not those of the names beside them, each row as it is shown."""
    listed = (("AG9323", renamed), ("AG9324", by_name))
    return [
        Doubt(code=code, place=Place(file=label), count=len(rows), values={"names": _listed(rows)})
        for code, rows in listed
        if rows
    ]


def at_village(frame: gpd.GeoDataFrame, rows: list[int], points: list[Point]) -> gpd.GeoDataFrame:
    """Return facilities of which some stand at these points, in the order of the rows, as places of their village."""
    at = np.array(points, dtype=np.float64).reshape(-1, 2)
    shapes, x, y = frame.geometry.to_numpy().copy(), frame["x"].to_numpy().copy(), frame["y"].to_numpy().copy()
    placement = frame["placement"].to_numpy(dtype=object).copy()
    shapes[rows], x[rows], y[rows], placement[rows] = shapely.points(at), at[:, 0], at[:, 1], "village"
    moved = frame.assign(x=x, y=y, placement=pd.array(placement, dtype="str"))
    return moved.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _placed_doubts(anchors: list[Anchor], label: str) -> list[Doubt]:
    if not anchors:
        return []
    counts = Counter(anchors)
    values: dict[str, Value] = {name: counts[name] for name in ("committee", "people", "outline")}
    values["centre"] = values.pop("people")
    return [Doubt(code="AG9312", place=Place(file=label), count=len(anchors), values=values)]


def _unplaced_doubts(frame: gpd.GeoDataFrame, rows: list[int], label: str) -> list[Doubt]:
    if not rows:
        return []
    shown = _listed([_shown(frame, row) for row in rows])
    return [Doubt(code="AG9301", place=Place(file=label), count=len(rows), values={"names": shown})]


def _listed(texts: Sequence[str]) -> str:
    return "; ".join(texts[:LISTED]) + (" …" if len(texts) > LISTED else "")


def _shown(frame: gpd.GeoDataFrame, row: int) -> str:
    name = frame["name"].iloc[row] or frame["facility_id"].iloc[row]
    return f"{name} ({frame['row'].iloc[row]})"
