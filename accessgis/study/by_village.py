"""What a study knows by the village alone: facilities without coordinates, people counted per village."""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS

from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand
from accessgis.layers.village_places import Point, place_by_village
from accessgis.sources.village_points import read_village_points
from accessgis.study.model import Study


def committee_points(study: Study, areas: Areas) -> Reading[dict[str, Point]]:
    """Return the committee points of a study by village code; none where the study names no layer of them."""
    table = study.file.areas
    if table.village_points is None:
        return Reading({})
    reading = read_village_points(
        study.locate(table.village_points, key="areas.village_points"),
        label=table.village_points,
        datum=table.datum,
        crs=CRS.from_user_input(areas.frame.crs),
        study_code=study.file.study.code,
    )
    points = reading.value
    at = {
        str(code): (float(x), float(y))
        for code, x, y in zip(points["code"], points.geometry.x, points.geometry.y, strict=True)
    }
    return Reading(at, reading.inputs, reading.doubts)


def placed_by_village(
    study: Study, frame: gpd.GeoDataFrame, areas: Areas, demand: Demand, *, label: str
) -> Reading[gpd.GeoDataFrame]:
    """Place the facilities of one layer that have no coordinates at the villages they name."""
    absent = (frame["placement"] == "unplaced").to_numpy()
    named = absent & (frame["village"] != "").to_numpy()
    committees: Reading[dict[str, Point]] = committee_points(study, areas) if named.any() else Reading({})
    placed, doubts = place_by_village(frame, areas, demand, committees.value, label=label)
    return Reading(placed, committees.inputs, (*committees.doubts, *doubts))
