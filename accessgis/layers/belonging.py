"""Which unit a place belongs to: the polygon that holds it, on a shared border the lowest code."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from accessgis.layers.areas import Areas, Level

NOWHERE = -1


def lowest_containing(points: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return for each point the first polygon that it lies in or on, ``NOWHERE`` where there is none.

    Parameters
    ----------
    points
        Point geometries, shape (n,); empty ones lie nowhere.
    polygons
        Polygons in order of preference (areas are sorted by code), same CRS.
    """
    first = np.full(len(points), np.iinfo(np.int64).max, dtype=np.int64)
    if len(points) and len(polygons):
        # The tree holds the points so that each polygon is prepared once, however many points it is tested against.
        polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
        np.minimum.at(first, point, polygon)
    first[first == np.iinfo(np.int64).max] = NOWHERE
    return first


def unit_codes(points: NDArray[np.object_], areas: Areas, level: Level) -> NDArray[np.object_]:
    """Return the code of the unit of ``level`` that each point lies in, '' where none does."""
    units = areas.at(level)
    found = lowest_containing(points, units.geometry.to_numpy())
    codes = np.append(units["code"].to_numpy(dtype=object), "")
    return codes[found]


def ancestor_codes(areas: Areas, level: Level) -> dict[str, str]:
    """Return code → code of the ancestor at ``level`` ('' if none), for every area; an area is its own ancestor."""
    frame = areas.frame
    levels = dict(zip(frame["code"], frame["level"], strict=True))
    parents = dict(zip(frame["code"], frame["parent"], strict=True))
    found: dict[str, str] = {}
    for code in levels:
        up = code
        while up and levels[up] != level:
            up = parents[up]
        found[code] = up
    return found


def belonging(points: NDArray[np.object_], areas: Areas) -> dict[str, NDArray[np.object_]]:
    """Return the codes of the village, township and county of each point.

    A point in a village belongs to that village's township and county; elsewhere the polygons of the level decide.
    """
    village = unit_codes(points, areas, "village")
    to_township, to_county = ancestor_codes(areas, "township"), ancestor_codes(areas, "county")
    township = _inherited(village, to_township, unit_codes(points, areas, "township"))
    county = _inherited(village, to_county, _inherited(township, to_county, unit_codes(points, areas, "county")))
    return {"county": county, "township": township, "village": village}


def _inherited(lower: NDArray[np.object_], ancestor: dict[str, str], own: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the ancestors of ``lower`` where there are any, else ``own``."""
    inherited = np.array([ancestor.get(code, "") for code in lower], dtype=object)
    return np.where(inherited != "", inherited, own)
