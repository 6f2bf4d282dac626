"""What the field check found, taken into the facilities of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from accessgis.base.errors import Doubt, Place, Value
from accessgis.base.provenance import Reading
from accessgis.layers.facilities import unique_ids
from accessgis.sources.field_check import Checked, FieldCheck, read_field_check
from accessgis.sources.vector import Bounds
from accessgis.study.model import FieldCheckTable, Study

_LISTED = 5


def field_checked(
    study: Study, table: FieldCheckTable, frames: Sequence[gpd.GeoDataFrame], *, crs: CRS, extent: Bounds
) -> Reading[list[gpd.GeoDataFrame]]:
    """Return the layers of facilities with status, place and capacities as they were found on the ground.

    Doubts AG9320 say what was changed, AG9321 which facilities the study does not have, AG9322 which places are not as
    the result had them though nothing in the list mends that.

    Parameters
    ----------
    study, table
        The study and its ``[field_check]``.
    frames
        The layers, schema :data:`accessgis.layers.facilities.FACILITIES`.
    crs
        Working CRS.
    extent
        Bounds of the study in ``crs``.
    """
    reading = read_field_check(
        study.locate(table.path, key="field_check.path"), label=table.path, datum=table.datum, crs=crs, extent=extent
    )
    present = [frame for frame in frames if len(frame)]
    checked = {place.facility_id: place for place in reading.value.places if place.facility_id}
    ids = unique_ids(present)
    names = iter(ids)
    corrected = [_corrected(frame, [checked.get(name) for name in islice(names, len(frame))]) for frame in present]
    doubts = tuple(_doubts(reading.value, set(ids), label=table.path))
    return Reading(corrected, reading.inputs, (*reading.doubts, *doubts))


def _corrected(frame: gpd.GeoDataFrame, checked: Sequence[Checked | None]) -> gpd.GeoDataFrame:
    """Return a layer with what was found, one finding or none for each of its rows."""
    status, placement = frame["status"].tolist(), frame["placement"].tolist()
    shapes, doors = frame.geometry.to_numpy().copy(), frame["entrances"].tolist()
    at = frame[["x", "y"]].to_numpy().copy()
    sizes = {name for place in checked if place is not None for name, _ in place.capacities}
    capacities = {
        name: frame[name].to_numpy(dtype=np.float64).copy() if name in frame else np.full(len(frame), np.nan)
        for name in sorted(sizes)
    }
    for row, place in enumerate(checked):
        if place is None:
            continue
        if place.restated:
            status[row] = place.finding
        for name, value in place.capacities:
            capacities[name][row] = value
        if place.moved:
            at[row] = place.x, place.y
            shapes[row], placement[row], doors[row] = shapely.Point(place.x, place.y), "coordinates", ()
    entrances = np.empty(len(frame), dtype=object)
    entrances[:] = doors
    return frame.assign(
        status=status, placement=placement, x=at[:, 0], y=at[:, 1], entrances=entrances,
        geometry=gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs), **capacities,
    ).astype({"status": "str", "placement": "str"})  # fmt: skip


def _doubts(found: FieldCheck, ids: set[str], *, label: str) -> Iterator[Doubt]:
    known = [place for place in found.places if place.facility_id in ids]
    counts: dict[str, Value] = {
        "moved": sum(place.moved for place in known),
        "restated": sum(place.restated for place in known),
        "resized": sum(bool(place.capacities) for place in known),
        "unchecked": found.unchecked,
        "names": _named([place for place in known if place.moved or place.restated or place.capacities]) or "—",
    }
    where = Place(file=label)
    yield Doubt(code="AG9320", place=where, count=len(found.places), values=counts)
    strange = [place for place in found.places if place.facility_id and place.facility_id not in ids]
    if strange:
        yield Doubt(code="AG9321", place=where, count=len(strange), values={"names": _named(strange)})
    open_ones = [
        place
        for place in found.places
        if not place.moved
        and not place.capacities
        and (place.finding == "otherwise" or (not place.facility_id and place.finding not in ("", "confirmed")))
    ]
    if open_ones:
        yield Doubt(code="AG9322", place=where, count=len(open_ones), values={"names": _named(open_ones)})


def _named(places: Sequence[Checked]) -> str:
    names = [f"{place.name} {place.facility_id}".strip() for place in places[:_LISTED]]
    return "; ".join(names) + (" …" if len(places) > _LISTED else "")
