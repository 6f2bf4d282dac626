"""Changes of facilities: new ones, closed, moved, of another size, merged; and the stops of mobile services."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, islice
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.presence import UNITS
from accessgis.base.errors import UsageError
from accessgis.decide import change as changes
from accessgis.decide.proposal import propose, proposed_layer, require_capacities, with_proposal
from accessgis.decide.selection import passing_rows
from accessgis.layers.facilities import FacilityLayer
from accessgis.layers.places import code_kinds
from accessgis.layers.unit_names import UnitNames
from accessgis.layers.village_places import unit_anchors
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.standards.marks import CAPACITIES, GROUNDS, OF_SITES
from accessgis.study.prepare import Prepared

NEW = "new-"
"""Facilities without an id of their own are ``new-1``, ``new-2`` …, those that are free."""


def add(prepared: Prepared, change: changes.Add) -> Prepared:
    """Return the layers with a new facility, or with one in each unit that lacks it."""
    if change.at_each is not None:
        return _add_at_each(prepared, change, change.at_each)
    name = change.id or free_ids(prepared, 1)[0]
    require_free(prepared, name)
    proposal = propose(
        prepared,
        kind=kind_id(change.kind),
        at=change.at,
        datum=change.datum,
        capacity=change.capacity,
        fields={"ownership": change.ownership or "", "serves": ";".join(change.serves)},
        name=name,
    )
    return replace(prepared, facilities=with_proposal(prepared.facilities, proposal.layer))


def free_ids(prepared: Prepared, number: int) -> list[str]:
    """Return the first ids for new facilities that are not taken."""
    taken = set(prepared.facilities.frame["facility_id"])
    return list(islice((name for name in (f"{NEW}{i}" for i in count(1)) if name not in taken), number))


def require_free(prepared: Prepared, name: str) -> None:
    """Refuse an id that a facility has already."""
    if (prepared.facilities.frame["facility_id"] == name).any():
        raise UsageError("AG2411", value=name)


def _add_at_each(prepared: Prepared, change: changes.Add, each: changes.AtEach) -> Prepared:
    require_capacities(change.capacity)
    level, codes = UNITS[each.unit].level, lacking_units(prepared, each)
    anchors = unit_anchors(codes, prepared.areas, prepared.demand, level=level)
    names = UnitNames(prepared.areas)
    layer = proposed_layer(
        prepared,
        np.asarray(shapely.points([anchors[code][1] for code in codes]), dtype=object),
        ids=free_ids(prepared, len(codes)),
        kind=kind_id(change.kind),
        capacity=change.capacity,
        fields={
            "name": [names.title(code) for code in codes],
            "placement": ["village"] * len(codes),
            "ownership": [change.ownership or ""] * len(codes),
            level: codes,
        },
    )
    return replace(prepared, facilities=with_proposal(prepared.facilities, layer))


def lacking_units(prepared: Prepared, each: changes.AtEach) -> list[str]:
    """Return the units without a facility of a kind in service that stands in them or serves them, sorted.

    Raises
    ------
    UsageError
        AG2532 there is no such unit, AG2556 the study has no layer of the kind.
    """
    entry = load_kinds()[kind_id(each.lacking)]
    if kind_id(each.lacking) not in prepared.facilities.kinds_given:
        raise UsageError("AG2556", value=kind_id(each.lacking), kind_zh=entry.zh, kind_en=entry.en)
    asked = UNITS[each.unit]
    codes = sorted(prepared.areas.at(asked.level)["code"])
    if asked.column:
        kinds = code_kinds(asked.column, codes, study_code=prepared.study.file.study.code)
        codes = [code for code, kind in zip(codes, kinds, strict=True) if kind in asked.kinds]
    frame = prepared.facilities.frame
    mine = frame[(frame["kind"] == kind_id(each.lacking)) & (frame["status"] == "in_service")]
    present = set(mine[asked.level]) | {code for text in mine["serves"] for code in text.split(";")}
    lacking = [code for code in codes if code not in present]
    if not lacking:
        raise UsageError("AG2532", value=f"at_each: {each.unit}, {each.lacking}")
    return lacking


def row_of(prepared: Prepared, name: str) -> int:
    """Return the row of a facility that is not closed."""
    frame = prepared.facilities.frame
    rows = np.flatnonzero(frame["facility_id"] == name)
    if not rows.size:
        raise UsageError("AG2410", value=name)
    if frame["status"].iloc[rows[0]] == "closed":
        raise UsageError("AG2412", value=name)
    return int(rows[0])


def selected_rows(
    prepared: Prepared, selector: changes.Selector, *, but: tuple[str, ...] = ("closed",)
) -> NDArray[np.int64]:
    """Return the rows of the facilities that a selector means: of its kind, not of some status, passing its test.

    Raises
    ------
    UsageError
        AG2102 an unknown kind, AG2530 no such test, AG2531 an unknown column, AG2532 nothing passes.
    """
    frame = prepared.facilities.frame
    chosen = ((frame["kind"] == kind_id(selector.kind)) & ~frame["status"].isin([*but, "mobile"])).to_numpy()
    if selector.where is not None:
        chosen = chosen & passing_rows(pd.DataFrame(frame), selector.where)
    if not chosen.any():
        raise UsageError("AG2532", value=", ".join(filter(None, (selector.kind, selector.where))))
    return np.flatnonzero(chosen)


def _rows(prepared: Prepared, change: changes.Close | changes.Move | changes.Resize) -> NDArray[np.int64]:
    if change.select is not None:
        return selected_rows(prepared, change.select)
    assert change.id is not None
    return np.array([row_of(prepared, change.id)])


def _with(prepared: Prepared, rows: NDArray[np.int64], **values: Any) -> Prepared:
    frame = prepared.facilities.frame.copy()
    for name, value in values.items():
        if name not in frame.columns:
            frame[name] = np.nan
        frame.loc[rows, name] = value
    return replace(prepared, facilities=FacilityLayer(frame=frame, kinds_given=prepared.facilities.kinds_given))


def close(prepared: Prepared, change: changes.Close) -> Prepared:
    """Return the layers with facilities closed."""
    return _with(prepared, _rows(prepared, change), status="closed")


def open_facility(prepared: Prepared, change: changes.Open) -> Prepared:
    """Return the layers with facilities in service that are not today."""
    if change.select is not None:
        return _with(prepared, selected_rows(prepared, change.select, but=("in_service",)), status="in_service")
    frame = prepared.facilities.frame
    rows = np.flatnonzero(frame["facility_id"] == change.id)
    if not rows.size:
        raise UsageError("AG2410", value=str(change.id))
    if frame["status"].iloc[rows[0]] in ("in_service", "mobile"):
        raise UsageError("AG2540", value=str(change.id))
    return _with(prepared, rows, status="in_service")


def move(prepared: Prepared, change: changes.Move) -> Prepared:
    """Return the layers with facilities at another place."""
    rows = _rows(prepared, change)
    frame = prepared.facilities.frame
    there = propose(prepared, kind=str(frame["kind"].iloc[rows[0]]), at=change.at, datum=change.datum).layer.frame
    moved = frame.copy()
    for name in ("x", "y", "county", "township", "village"):
        moved.loc[rows, name] = there[name].iloc[0]
    moved.loc[rows, "placement"] = "coordinates"
    doors = moved["entrances"].to_numpy(dtype=object).copy()
    shapes = moved.geometry.to_numpy().copy()
    for row in rows:
        doors[row], shapes[row] = (), there.geometry.iloc[0]
    moved["entrances"] = doors
    moved = moved.set_geometry(gpd.GeoSeries(shapes, moved.index, crs=frame.crs))
    return replace(prepared, facilities=FacilityLayer(frame=moved, kinds_given=prepared.facilities.kinds_given))


def resize(prepared: Prepared, change: changes.Resize) -> Prepared:
    """Return the layers with facilities of another size."""
    rows = _rows(prepared, change)
    require_capacities(change.capacity)
    return _with(prepared, rows, **change.capacity)


def merge(prepared: Prepared, change: changes.Merge) -> Prepared:
    """Return the layers with facilities merged into one, which is among them or beside those selected."""
    kept = row_of(prepared, change.into)
    if change.select is None:
        rows = np.array([row_of(prepared, name) for name in change.ids])
    else:
        rows = np.union1d(selected_rows(prepared, change.select), [kept])
    frame = prepared.facilities.frame
    kinds = set(frame["kind"].iloc[rows])
    if len(kinds) > 1:
        raise UsageError("AG2418", value=", ".join(sorted(kinds)))
    sums = {name: _together(frame, rows, kept, name) for name in CAPACITIES if name in frame.columns}
    return _with(_with(prepared, rows[rows != kept], status="closed"), np.array([kept]), **sums)


def _together(frame: pd.DataFrame, rows: NDArray[np.int64], kept: int, name: str) -> float:
    """Return what facilities have together; an unknown capacity of one makes that of all unknown.

    Land and grounds of a site that several of them share count once, and stay with those that remain on it.
    """
    given = frame[name].to_numpy(dtype=np.float64)[rows]
    if name not in OF_SITES:
        return float(given.sum())
    sites = (frame["county"] + "/" + frame["site_id"]).where(frame["site_id"] != "", "").to_numpy(dtype=object)
    others = np.array(frame["status"] == "in_service")
    others[rows] = False
    remaining = set(sites[others]) - {"", sites[kept]}
    total = float(given[sites[rows] == ""].sum())
    for site in sorted(set(sites[rows]) - {"", *remaining}):
        stated = given[(sites[rows] == site) & ~np.isnan(given)]
        known = stated.size > 0 and (name != GROUNDS or bool((stated == stated[0]).all()))
        total += float(stated.max()) if known else np.nan
    return total
