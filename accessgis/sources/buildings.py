"""People as one stated number, spread over the footprints of buildings: an estimate, and said to be one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from accessgis.base.crs import WGS84, from_degrees
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.files import packaged_toml
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand, no_cells, place, points_frame
from accessgis.sources.door import record
from accessgis.sources.osm_file import read_osm_objects

ESTIMATE = "spread-over-buildings"
"""What :attr:`Demand.estimate` says; its words in both languages are those of the doubt AG9406."""

_HOME, _OTHER = "home", "other"


def spread_over_buildings(path: Path, *, label: str, people: float, areas: Areas) -> Reading[Demand]:
    """Spread a stated number of people over the buildings of an OSM file by footprint area.

    Parameters
    ----------
    path
        OSM file with buildings as closed ways or multipolygons.
    label
        Path for messages and provenance.
    people
        People in all, above 0.
    areas
        Areas in the working CRS; buildings count whose centroid lies in a county.

    Returns
    -------
    Reading[Demand]
        One point per building at its centroid, in the order of OSM ids; ``total`` sums to ``people``. Buildings whose
        tags say that nobody lives there are left out, counted in a doubt. The buildings kept, their share by area and
        the stated number make an estimate: ``estimate`` says so.

    Raises
    ------
    DataError
        AG3430 no building to live in.
    """
    found = read_osm_objects(path, _use, keys=("building",), label=label)
    outlined = [one for one in found.objects if one.shape is not None and shapely.get_type_id(one.shape) in (3, 6)]
    if not outlined:
        raise DataError("AG3430", file=label)
    project = from_degrees(CRS.from_user_input(areas.frame.crs))
    degrees = np.array([one.shape for one in outlined], dtype=object)
    shapes = shapely.transform(degrees, lambda at: np.column_stack(project.transform(at[:, 0], at[:, 1])))
    centres = shapely.centroid(shapes)
    county = areas.outline()
    shapely.prepare(county)
    inside = np.asarray(shapely.intersects(county, centres))
    home = np.array([_use(one.tags) == _HOME for one in outlined])
    area = np.where(inside & home, shapely.area(shapes), 0.0)
    lived = np.flatnonzero(area > 0)
    if not lived.size:
        raise DataError("AG3430", file=label)
    share = area[lived] / area[lived].sum()
    x, y = shapely.get_x(centres[lived]), shapely.get_y(centres[lived])
    demand = Demand(
        frame=points_frame(x, y, {"total": people * share}),
        groups=("total",),
        cells=no_cells(),
        estimate=ESTIMATE,
    )
    told: dict[str, Value] = {"round_people": round(people)}
    doubts = [Doubt(code="AG9406", place=Place(file=label), count=len(lived), people=people, values=told)]
    left_out = int((inside & ~home).sum())
    if left_out:
        doubts.append(Doubt(code="AG9407", place=Place(file=label), count=left_out))
    entry = record(
        path.resolve(), role="population:total", label=label, rows=len(lived), crs=WGS84, datum="wgs84",
        note=assumption()["en"],
    )  # fmt: skip
    return Reading(place(demand, areas), (entry,), tuple(doubts))


def assumption() -> Mapping[str, str]:
    """Return what the estimate assumes, ``zh`` and ``en``."""
    return dict(_rules()["assumption"])


def _use(tags: Mapping[str, str]) -> str | None:
    """Return whether people may live in a building of these tags, None for what is no building."""
    value = tags.get("building")
    if value is None:
        return None
    if value in _rules()["home"]["building"]:
        return _HOME
    excluded = _rules()["exclude"]
    if value in excluded["building"] or any(tags.get(key) is not None for key in excluded["keys"]):
        return _OTHER
    return _HOME


@cache
def _rules() -> dict[str, dict[str, Any]]:
    return packaged_toml("accessgis.sources.data", "buildings.toml")
