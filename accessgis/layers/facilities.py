"""Facilities: what service is offered where, in which state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.errors import Doubt, Place, Value
from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import Areas, Level
from accessgis.layers.belonging import ancestor_codes, belonging
from accessgis.layers.codes import normal_code, renewed
from accessgis.layers.unit_names import UnitNames, as_written
from accessgis.standards.marks import CAPACITIES, mark_ids

Ownership = Literal["public", "inclusive_private", "private"]
Status = Literal["in_service", "under_construction", "planned", "closed", "mobile"]
STATUSES: tuple[Status, ...] = ("in_service", "under_construction", "planned", "closed", "mobile")
WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Finding = Literal["", "confirmed", "otherwise", "in_service", "under_construction", "planned", "closed"]
"""What a check on the ground found of a place: nothing said, as listed, not as listed, or the status that it has."""

UNITS: tuple[Level, ...] = ("county", "township", "village")
"""Levels that a facility belongs to."""
BESIDE = "_name"
"""Ends the columns of names that rows state beside the codes of their units, until these are settled."""
COUNTY_DIGITS = 6
"""Digits of a code that tell the county."""
_HEAP = 3
_ALL_OF_IT = frozenset({"全县", "全市", "全区", "全旗"})
"""How a register says that a facility serves the whole county."""
SAME_PLACE_M = 30.0
"""Two facilities of one kind and name nearer than this may be one."""

FACILITIES = Schema(
    "facilities",
    (
        Column("facility_id", "text", "unique over the study"),
        Column("name", "text", "name as the bureau writes it, '' when unknown"),
        Column("kind", "text", "id of a facility kind (accessgis kinds)"),
        Column("status", "text", "one of STATUSES, as of the study's data_date (opening and closing dates applied)"),
        Column("opened", "text", "day it opened, YYYY-MM-DD; '' when unknown"),
        Column("placement", "text", "coordinates, parcel, village or unplaced"),
        Column("ownership", "text", "public, inclusive_private, private or ''"),
        Column("site_id", "text", "facilities sharing a site share this; '' when unknown"),
        Column("serves", "text", "area codes served, joined by ';'; '' when not given"),
        Column("days", "text", "stop of a mobile service: weekdays of every week, as 'mon;thu'; '' for others"),
        Column("hours", "text", "stop: from when to when on these days, as '09:00-11:30'; '' for others"),
        Column("min_days", "int", "stop: days a week on which its kind must come to count; 0 for others", "d"),
        Column("county", "text", "code of the unit it belongs to, '' outside every unit"),
        Column("township", "text", "as county"),
        Column("village", "text", "as county"),
        Column("layer", "text", "the study's name of the layer it came from: file name, or 'osm'"),
        Column("row", "int", "data row in that layer, from 1"),
        Column("x", "float", "representative point, working CRS", "m"),
        Column("y", "float", "representative point, working CRS", "m"),
        Column("geometry", "geometry", "point, or polygon when the outline is known, working CRS"),
        Column("entrances", "list", "entrance points as a tuple of (x, y) in the working CRS; () when unknown"),
    ),
)


PROPOSED = "proposed"
"""Layer of facilities that do not stand yet: a change or a siting puts them there."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FacilityLayer:
    """All facilities of a study, every kind and status, in the working CRS.

    Attributes
    ----------
    frame
        GeoDataFrame of schema :data:`FACILITIES` plus one float column per capacity and mark (1 yes, 0 no) present,
        sorted by ``facility_id``, index 0…n−1.
    kinds_given
        Kinds that some layer was given for, even with no row: a layer given but empty is 0 % covered, a kind without
        any layer cannot be judged.
    """

    frame: gpd.GeoDataFrame
    kinds_given: frozenset[str]

    def __post_init__(self) -> None:
        FACILITIES.require(self.frame)


def facility_frame(
    fields: Mapping[str, object],
    shapes: NDArray[np.object_],
    *,
    crs: CRS,
    capacities: Mapping[str, NDArray[np.float64]] | None = None,
    entrances: Sequence[tuple[tuple[float, float], ...]] | None = None,
    min_days: int = 0,
) -> gpd.GeoDataFrame:
    """Build a frame of schema :data:`FACILITIES`.

    Parameters
    ----------
    fields
        ``row`` and the text columns; one left out is blank.
    shapes
        Points, polygons, or empty points for what has no place, in ``crs``; shape (n,).
    crs
        Working CRS.
    capacities
        Capacity columns present, NaN where unknown.
    entrances
        Entrance points of each facility; None when none is known.
    min_days
        Of the stops of a mobile service; 0 of facilities at a fixed place.
    """
    somewhere = ~shapely.is_empty(shapes)
    at = np.full((len(shapes), 2), np.nan)
    at[somewhere] = shapely.get_coordinates(shapely.point_on_surface(shapes[somewhere]))
    columns: dict[str, object] = {}
    for column in FACILITIES.columns:
        if column.type == "text":
            blank: object = [""] * len(shapes)
            columns[column.name] = pd.array(list(fields.get(column.name, blank)), dtype="str")  # type: ignore[call-overload]
    columns["row"] = np.asarray(fields["row"], dtype=np.int64)
    columns["min_days"] = np.full(len(shapes), min_days, dtype=np.int64)
    columns["x"], columns["y"] = at[:, 0], at[:, 1]
    columns["geometry"] = gpd.GeoSeries(shapes, crs=crs)
    doors = np.empty(len(shapes), dtype=object)
    doors[:] = [()] * len(shapes) if entrances is None else list(entrances)
    columns["entrances"] = doors
    columns |= dict(capacities or {})
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)


def assemble(
    frames: Sequence[gpd.GeoDataFrame], areas: Areas, *, kinds_given: frozenset[str]
) -> tuple[FacilityLayer, list[Doubt]]:
    """Put the layers of a study together.

    Parameters
    ----------
    frames
        Frames of schema :data:`FACILITIES`, as sources give them, in the order of the study.
    areas
        Areas in the same CRS.
    kinds_given
        Kinds that some layer was given for, even with no row.

    Returns
    -------
    FacilityLayer
        Ids are unique: one that several layers use is prefixed with the layer's name. The unit a facility belongs to
        is the stated one, else the polygon that holds it, on a shared border the lowest code.
    list[Doubt]
        AG9303 facilities of one kind and name within 30 m, AG9329 such of one unit without coordinates, AG9305 stated
        unit and place disagree, AG9306 a stated unit that is no unit of the study, AG9307 ids that were prefixed,
        AG9066 codes of a county that has a new one, AG9316 facilities left out: without a place, and of another county
        as they say, AG9333 areas served that the study does not have,
        AG9334 facilities at the very same coordinates.
    """
    present = [frame for frame in frames if len(frame)]
    if not present:
        return FacilityLayer(frame=_empty(areas), kinds_given=kinds_given), []
    capacities = [name for name in (*CAPACITIES, *mark_ids()) if any(name in frame for frame in present)]
    whole = pd.concat(present, ignore_index=True)
    for name in capacities:
        whole[name] = whole[name].astype(np.float64)
    doubts: list[Doubt] = []
    unique = unique_ids(present)
    clashes = sum(stated != given for stated, given in zip(whole["facility_id"], unique, strict=True))
    if clashes:
        doubts.append(Doubt(code="AG9307", count=clashes))
    whole["facility_id"] = pd.array(unique, dtype="str")
    serves, moved, unserved = _now_served(whole, areas)
    whole["serves"] = pd.array(serves, dtype="str")
    if unserved:
        ids = "; ".join(whole["facility_id"].iloc[unserved[:5]])
        where = Place(file=str(whole["layer"].iloc[unserved[0]]), row=int(whole["row"].iloc[unserved[0]]))
        doubts.append(Doubt(code="AG9333", place=where, count=len(unserved), values={"ids": ids}))
    elsewhere = _elsewhere(whole, areas)
    units, found = _units(whole, areas, moved)
    doubts.extend(found)
    for unit in UNITS:
        whole[unit] = pd.array(units[unit], dtype="str")
    if elsewhere.any():
        left_out = whole[elsewhere]
        where = Place(file=str(left_out["layer"].iloc[0]), row=int(left_out["row"].iloc[0]))
        ids = "; ".join(left_out["facility_id"].iloc[:5])
        doubts.append(Doubt(code="AG9316", place=where, count=len(left_out), values={"ids": ids}))
        whole = whole[~elsewhere]
    whole = whole.sort_values("facility_id", ignore_index=True)[[*FACILITIES.names, *capacities]]
    frame = gpd.GeoDataFrame(whole, geometry="geometry", crs=areas.frame.crs)
    doubts.extend(_doubles(frame))
    doubts.extend(_heaps(frame))
    return FacilityLayer(frame=frame, kinds_given=kinds_given), doubts


def _empty(areas: Areas) -> gpd.GeoDataFrame:
    fields: dict[str, object] = {column.name: [] for column in FACILITIES.columns}
    return facility_frame(fields, np.array([], dtype=object), crs=CRS.from_user_input(areas.frame.crs))


def unique_ids(frames: Sequence[gpd.GeoDataFrame]) -> list[str]:
    """Return ids that are unique over the layers, in their order, prefixing those that several layers use."""
    owners: dict[str, set[int]] = {}
    for place, frame in enumerate(frames):
        for facility in frame["facility_id"]:
            owners.setdefault(facility, set()).add(place)
    result: list[str] = []
    taken = {facility for facility, layers in owners.items() if len(layers) == 1}
    for place, frame in enumerate(frames):
        for facility, layer in zip(frame["facility_id"], frame["layer"], strict=True):
            name = facility
            if len(owners[facility]) > 1:
                name = f"{layer}:{facility}"
                if name in taken:
                    name = f"{layer}#{place + 1}:{facility}"
                taken.add(name)
            result.append(name)
    return result


def _now_served(frame: pd.DataFrame, areas: Areas) -> tuple[list[str], frozenset[int], list[int]]:
    """Return the areas served by the codes that they have now, who stated retired ones, and who stated unknown areas.

    What is not known stays as it is stated and serves nobody; codes of other counties are none of ours.
    """
    if not (frame["serves"] != "").any():
        return frame["serves"].tolist(), frozenset(), []
    names, codes = UnitNames(areas), set(areas.frame["code"])
    own = {code[:COUNTY_DIGITS] for code in codes}
    cells: list[str] = []
    moved: set[int] = set()
    unknown: list[int] = []
    for place, (cell, township) in enumerate(zip(frame["serves"], frame["township"], strict=True)):
        now: list[str] = []
        for part in filter(None, str(cell).split(";")):
            code = _as_code(part)
            if code not in codes and renewed(code) in codes:
                moved.add(place)
                code = renewed(code)
            now += [code] if code in codes or code.isdecimal() else _named(part, str(township), names, areas)
        cells.append(";".join(now))
        if any(part not in codes and (not part.isdecimal() or part[:COUNTY_DIGITS] in own) for part in now):
            unknown.append(place)
    return cells, frozenset(moved), unknown


def _as_code(text: str) -> str:
    try:
        return normal_code(text, chinese=True)
    except ValueError:
        return text


def _named(name: str, township: str, names: UnitNames, areas: Areas) -> list[str]:
    """Return the codes of what a name of an area served means, the name itself where that is nothing or several."""
    if name in _ALL_OF_IT:
        return [str(code) for code in areas.at("county")["code"]] or [name]
    villages = names.find({"township": township, "village": name}) if township else names.find({"village": name})
    found = {villages.codes.get("village", ""), names.find({"township": name}).codes.get("township", "")} - {""}
    return list(found) if len(found) == 1 else [name]


def _elsewhere(frame: pd.DataFrame, areas: Areas) -> NDArray[np.bool_]:
    """Return which facilities have no place and state a county, or the code of a unit, that the study does not have."""
    names, counties = UnitNames(areas), set(areas.at("county")["code"])
    unplaced = (frame["placement"] == "unplaced").to_numpy(dtype=bool)
    away = np.zeros(len(frame), dtype=bool)
    for place in np.flatnonzero(unplaced) if counties else ():
        stated = {unit: str(frame[unit].iloc[place]) for unit in UNITS}
        named = names.find(stated)
        county = stated["county"]
        digits = [text for text in stated.values() if len(text) >= COUNTY_DIGITS and text.isdigit()]
        others = [text for text in digits if not {text[:COUNTY_DIGITS], renewed(text)[:COUNTY_DIGITS]} & counties]
        away[place] = bool(others or (county and "county" not in named.codes and not named.candidates))
    return away


def _units(
    frame: pd.DataFrame, areas: Areas, moved: frozenset[int]
) -> tuple[dict[Level, NDArray[np.object_]], list[Doubt]]:
    """Return the units that facilities belong to: stated before place. ``moved`` serve areas under a retired code."""
    placed = belonging(np.asarray(shapely.point_on_surface(frame["geometry"].to_numpy()), dtype=object), areas)
    above = {unit: ancestor_codes(areas, unit) for unit in UNITS}
    unknown: list[int] = []
    recoded: list[int] = []
    against: list[int] = []
    units: dict[Level, NDArray[np.object_]] = {unit: placed[unit].copy() for unit in UNITS}
    names = UnitNames(areas)
    for place, stated in enumerate(zip(*(frame[unit] for unit in UNITS), strict=True)):
        named = names.find(dict(zip(UNITS, stated, strict=True)))
        if named.unknown:
            unknown.append(place)
        if named.recoded or place in moved:
            recoded.append(place)
        lowest = named.lowest
        if lowest is None:
            continue
        code = named.codes[lowest]
        if placed[lowest][place] not in ("", code):
            against.append(place)
        # What lies below the stated unit stands only where the place is inside it.
        for unit in UNITS:
            if UNITS.index(unit) <= UNITS.index(lowest):
                units[unit][place] = above[unit].get(code, "")
            elif above[lowest].get(placed[unit][place], "") != code:
                units[unit][place] = ""
    doubts = []
    for name, places in (("AG9306", unknown), ("AG9305", against), ("AG9066", recoded)):
        if places:
            values: dict[str, Value] = {"ids": "; ".join(frame["facility_id"].iloc[places[:5]])}
            where = Place(file=str(frame["layer"].iloc[places[0]]), row=int(frame["row"].iloc[places[0]]))
            doubts.append(Doubt(code=name, place=where, count=len(places), values=values))
    return units, doubts


def _doubles(frame: pd.DataFrame) -> list[Doubt]:
    """Report facilities of one kind and name that may be one counted twice: near one another, or of one unit.

    Near are those within ``SAME_PLACE_M``. Where one of two has no coordinates of its own, its village tells, and
    between two layers the township where one of them states no village.
    """
    named = frame[frame["name"] != ""]
    named = named.assign(called=[as_written(name) for name in named["name"]])
    named = named[named.duplicated(["kind", "called"], keep=False)]
    near: list[str] = []
    alike: list[str] = []
    for _, group in named.groupby(["kind", "called"], sort=True):
        ids = group["facility_id"].to_numpy()
        close = _within_same_place(group)
        near += [f"{ids[a]} = {ids[b]}" for a, b in close]
        alike += [f"{ids[a]} = {ids[b]}" for a, b in _of_one_unit(group) if (a, b) not in close]
    return [
        Doubt(code=code, count=len(pairs), values={"ids": "; ".join(sorted(pairs)[:5])})
        for code, pairs in (("AG9303", near), ("AG9329", alike))
        if pairs
    ]


def _heaps(frame: pd.DataFrame) -> list[Doubt]:
    """Report facilities of one kind and different names at one and the same place: geocoders put there what they miss.

    Three of one kind do not share a door; two may share a house.
    """
    placed = frame[frame["placement"] == "coordinates"]
    heaps = [
        group["facility_id"].tolist()
        for _, group in placed.groupby(["kind", "x", "y"], sort=True)
        if group["name"].nunique() >= _HEAP
    ]
    if not heaps:
        return []
    largest = max(heaps, key=len)
    values: dict[str, Value] = {"places": len(heaps), "ids": "; ".join(largest[:5])}
    return [Doubt(code="AG9334", count=sum(map(len, heaps)), values=values)]


def _within_same_place(group: pd.DataFrame) -> set[tuple[int, int]]:
    shapes = group["geometry"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SAME_PLACE_M)
    return {(int(a), int(b)) for a, b in zip(one, other, strict=True) if a < b}


def _of_one_unit(group: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the pairs of one village, or of one township in different layers, of which one has no coordinates."""
    village, township, layer = (group[name].tolist() for name in ("village", "township", "layer"))
    exact = group["placement"].isin(["coordinates", "parcel"]).tolist()

    def one_unit(a: int, b: int) -> bool:
        if village[a] and village[b]:
            return bool(village[a] == village[b])
        return bool(township[a] and township[a] == township[b] and layer[a] != layer[b])

    inexact = [place for place, sure in enumerate(exact) if not sure]
    pairs = {(min(a, b), max(a, b)) for a in inexact for b in range(len(group)) if a != b and one_unit(a, b)}
    return sorted(pairs)
