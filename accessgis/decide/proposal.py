"""A proposed site: what it offers and where, in the units of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.crs import from_degrees, to_degrees
from accessgis.base.datum import Datum, to_wgs84
from accessgis.base.errors import UsageError
from accessgis.layers.facilities import PROPOSED, FacilityLayer, assemble, facility_frame
from accessgis.standards.marks import CAPACITIES, mark_ids
from accessgis.study.prepare import Prepared

NEW_ID = "new-1"
ENTRANCE_M = 50.0
"""Farther from its parcel an entrance is taken for a slip: it is the gate, not the road that leads there."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Proposal:
    """A proposed site, as a layer of one facility in service.

    Attributes
    ----------
    layer
        One row of :data:`accessgis.layers.facilities.FACILITIES`, in the study's units and working CRS.
    lon, lat
        Its representative point, WGS-84.
    """

    layer: FacilityLayer
    lon: float
    lat: float

    @property
    def row(self) -> pd.Series:
        """The facility."""
        return self.layer.frame.iloc[0]


def propose(
    prepared: Prepared,
    *,
    kind: str,
    at: tuple[float, float] | None = None,
    datum: Datum | None = None,
    shape: shapely.Geometry | None = None,
    capacity: Mapping[str, float] | None = None,
    fields: Mapping[str, str] | None = None,
    name: str = NEW_ID,
) -> Proposal:
    """Place a proposed site in a study.

    Parameters
    ----------
    prepared
        The layers of the study.
    kind
        Id of a facility kind.
    at, datum
        Longitude and latitude in degrees and their datum: of the site, or where ``shape`` is given of its entrance.
    shape
        The outline (or point) of the site in the working CRS, such as a parcel. Without an entrance it is entered
        where its outline is nearest a road.
    capacity
        Capacities and marks by column of a facility layer, such as ``{"beds": 30}``.
    fields
        Other texts of :data:`accessgis.layers.facilities.FACILITIES`, such as ``ownership``; ``serves`` joined by ';'.
    name
        Its id and name.

    Raises
    ------
    UsageError
        AG2401 it lies beyond the study and its margin, AG2402 an unknown capacity, AG2403 neither a place nor an
        outline, or a place without its datum; AG2521 an entrance that is not at the outline.
    """
    crs = prepared.crs
    doors: tuple[tuple[float, float], ...] = ()
    if at is not None:
        if datum is None:
            raise UsageError("AG2403", key="datum")
        there = shapely.Point(*from_degrees(crs).transform(*to_wgs84(*at, datum=datum)))
        doors = () if shape is None else (_entrance(shape, there),)
        shape = there if shape is None else shape
    if shape is None:
        raise UsageError("AG2403", key="at")
    require_inside(prepared, shape)
    require_capacities(capacity or {})
    layer = proposed_layer(
        prepared,
        np.array([shape], dtype=object),
        ids=[name],
        kind=kind,
        capacity=capacity or {},
        fields={key: [value] for key, value in (fields or {}).items()},
        entrances=[doors],
    )
    x, y = float(layer.frame["x"].iloc[0]), float(layer.frame["y"].iloc[0])
    lon, lat = to_degrees(crs).transform(x, y)
    return Proposal(layer=layer, lon=float(lon), lat=float(lat))


def require_capacities(capacity: Iterable[str]) -> None:
    """Refuse capacities and marks that no facility has."""
    known = (*CAPACITIES, *mark_ids())
    for key in capacity:
        if key not in known:
            raise UsageError("AG2402", value=key, known=", ".join(known))


def proposed_layer(
    prepared: Prepared,
    shapes: NDArray[np.object_],
    *,
    ids: Sequence[str],
    kind: str,
    capacity: Mapping[str, float] | None = None,
    fields: Mapping[str, object] | None = None,
    entrances: Sequence[tuple[tuple[float, float], ...]] | None = None,
    min_days: int = 0,
) -> FacilityLayer:
    """Return facilities in service at places in the working CRS, in the units where they lie.

    Parameters
    ----------
    prepared
        The layers of the study.
    shapes
        Points or outlines, shape (n,).
    ids
        Their ids, and names where ``fields`` gives none.
    kind
        Id of their kind.
    capacity
        Capacities and marks that each has.
    fields
        Other texts of :data:`accessgis.layers.facilities.FACILITIES`.
    entrances
        Entrances of each; none where left out.
    min_days
        Days a week on which they must come, of stops.
    """
    size = len(shapes)
    own = np.where(shapely.get_type_id(shapes) == 0, "coordinates", "parcel")
    table: dict[str, object] = {"facility_id": list(ids), "name": list(ids), "kind": [kind] * size}
    table |= {"status": ["in_service"] * size, "placement": own.tolist(), "layer": [PROPOSED] * size}
    table |= {"row": np.arange(1, size + 1), **(fields or {})}
    given = {key: np.full(size, float(value)) for key, value in (capacity or {}).items()}
    frame = facility_frame(table, shapes, crs=prepared.crs, capacities=given, entrances=entrances, min_days=min_days)
    return assemble([frame], prepared.areas, kinds_given=frozenset({kind}))[0]


def _entrance(shape: shapely.Geometry, at: shapely.Point) -> tuple[float, float]:
    """Return an entrance, which must be at the outline of its parcel."""
    metres = float(shapely.distance(shape, at))
    if not metres <= ENTRANCE_M:
        raise UsageError("AG2521", metres=round(metres) if np.isfinite(metres) else "∞", limit=round(ENTRANCE_M))
    return float(at.x), float(at.y)


def with_proposal(facilities: FacilityLayer, proposal: FacilityLayer) -> FacilityLayer:
    """Return a study's facilities with a proposed one among them, sorted by id as every layer is.

    A proposal is no register of its kind: where no layer of it was given, what else there is stays unknown.
    """
    whole = pd.concat([facilities.frame, proposal.frame], ignore_index=True)
    whole = whole.sort_values("facility_id", kind="stable", ignore_index=True)
    frame = gpd.GeoDataFrame(whole, geometry="geometry", crs=facilities.frame.crs)
    return FacilityLayer(frame=frame, kinds_given=facilities.kinds_given)


def metres_of(prepared: Prepared, points: Sequence[tuple[float, float]], *, datum: Datum) -> NDArray[np.float64]:
    """Return places given in degrees in the working CRS, shape (n, 2)."""
    lon, lat = np.array(points, dtype=np.float64).T
    x, y = from_degrees(prepared.crs).transform(*to_wgs84(lon, lat, datum=datum))
    return np.column_stack([x, y])


def require_inside(prepared: Prepared, shape: shapely.Geometry) -> None:
    """Refuse a site or a road beyond the study's margin: no road there was read."""
    margin_m = prepared.study.file.study.margin_km * 1000.0
    somewhere = np.isfinite(shapely.get_coordinates(shape)).all() and not shapely.is_empty(shape)
    metres = float(shapely.distance(shape, prepared.areas.outline())) if somewhere else np.inf
    if not metres <= margin_m:
        raise UsageError("AG2401", metres=round(metres) if somewhere else "∞", margin=round(margin_m))
