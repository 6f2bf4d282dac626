"""Our figures of what official totals are of, as the layers were read: a scenario changes what is, not the data."""

from __future__ import annotations

import numpy as np
import shapely

from accessgis.layers.areas import Areas, Level
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.network.model import MOTOR, Roads
from accessgis.standards.kinds import kind_id
from accessgis.study.model import Study

OF_TABLE = "population of the table"
"""Under what :func:`figures_of` gives the people of a table in whole, those whose village was not found included."""
UNITS: dict[str, Level] = {"townships": "township", "villages": "village"}


def what_of(text: str) -> str:
    """Return what a control is of, with the kind of facilities by its id."""
    subject, _, detail = text.partition(":")
    return f"facilities:{kind_id(detail)}" if subject == "facilities" else text


def figures_of(
    study: Study, *, areas: Areas, demand: Demand, facilities: FacilityLayer, roads: Roads
) -> dict[str, float]:
    """Return our figure of every official total that a study states, by what it is of.

    Facilities count inside the county and in service, people where they are judged, roads with their length inside the
    county where motor vehicles may go. Totals of groups that nobody gives have no figure. People of a table whose
    village was not found stand under :data:`OF_TABLE`, together with those who have a place.
    """
    found: dict[str, float] = {}
    asked = dict.fromkeys(what_of(control.what) for control in study.file.controls)
    if demand.lost:
        asked |= {"population": None}
        found[OF_TABLE] = float(demand.people("total")[demand.frame["judged"].to_numpy()].sum()) + demand.lost
    for what in asked:
        subject, _, detail = what.partition(":")
        if subject == "facilities":
            frame = facilities.frame
            counts = (frame["kind"] == detail) & (frame["status"] == "in_service") & (frame["county"] != "")
            found[what] = float(counts.sum())
        elif subject == "population":
            if (detail or "total") in demand.groups:
                judged = demand.frame["judged"].to_numpy()
                found[what] = float(demand.people(detail or "total")[judged].sum())
        elif subject == "road_km":
            found[what] = _road_km(roads, areas)
        else:
            found[what] = float(len(areas.at(UNITS[subject])))
    return found


def _road_km(roads: Roads, areas: Areas) -> float:
    """Return the length of roads open to motor vehicles inside the border, in km; ferries are none."""
    ferry = roads.classes.index("ferry") if "ferry" in roads.classes else -1
    open_ = ((roads.forward | roads.backward) & MOTOR).astype(bool) & (roads.road_class != ferry)
    lines, outline = roads.shapes()[open_], areas.outline()
    shapely.prepare(outline)
    inside = shapely.contains_properly(outline, lines)
    cut = shapely.length(shapely.intersection(lines[~inside], outline))
    return float(np.sum(roads.length_m[open_][inside]) + np.sum(cut)) / 1000.0
