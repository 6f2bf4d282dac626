"""What a study says about its registers beside their rows: service areas, and whether the unstaffed count."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from accessgis.base.errors import Doubt
from accessgis.base.provenance import Reading
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.sources.service_areas import with_service_areas
from accessgis.study.model import ServiceAreasTable, Study

_LISTED = 5


def served(
    study: Study, frame: gpd.GeoDataFrame, table: ServiceAreasTable, number: int, demand: Demand
) -> Reading[gpd.GeoDataFrame]:
    """Return the rows of the register of that number with the villages that its service areas stand for."""
    path = study.locate(table.path, key=f"facilities[{number}].service_areas.path")
    return with_service_areas(
        frame, path, label=table.path, demand=demand, datum=table.datum, column=table.id, layer=table.layer
    )


def staffed(layer: FacilityLayer) -> Reading[FacilityLayer]:
    """Take facilities in service with a stated staff of zero for closed; an unknown staff is no zero."""
    frame = layer.frame
    if "staff" not in frame.columns:
        return Reading(layer)
    empty = (frame["status"] == "in_service") & (frame["staff"] == 0)
    if not empty.any():
        return Reading(layer)
    ids = "; ".join(frame.loc[empty, "facility_id"].head(_LISTED)) + (" …" if empty.sum() > _LISTED else "")
    doubt = Doubt(code="AG9217", count=int(empty.sum()), values={"ids": ids})
    return Reading(replace(layer, frame=frame.assign(status=frame["status"].mask(empty, "closed"))), (), (doubt,))
