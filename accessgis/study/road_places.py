"""Where unsplit roads were split, joined or left loose, and how many people depend on the roads there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from accessgis.assess.assessment import ROAD_PLACES
from accessgis.base.errors import Doubt
from accessgis.network.model import NodedPlaces, Roads
from accessgis.study.prepare import Prepared
from accessgis.study.routing import Router

_SAME_M = 0.01
"""A junction that near to a place is the place."""
_DOUBTS = {"AG9116": "split", "AG9117": "joined", "AG9118": "loose"}


@dataclass(frozen=True, eq=False, kw_only=True)
class FoundPlaces:
    """The places of schema ``ROAD_PLACES``, and the people of each change, nobody counted twice."""

    frame: gpd.GeoDataFrame
    people: dict[str, float]


def road_places(prepared: Prepared, router: Router) -> FoundPlaces | None:
    """Return the places of a study's roads that noding changed or left loose; None where roads were taken as drawn.

    People count at a place when the road that they join on foot begins or ends there.
    """
    places = prepared.roads.noded
    if places is None:
        return None
    place, edge = _edges_at(places, prepared.roads)
    lived = _people_on_edges(prepared, router)
    shapes = shapely.points(places.x, places.y)
    frame = gpd.GeoDataFrame(
        {
            "change": places.change.astype(str),
            "row": places.row,
            "people": np.bincount(place, weights=lived[edge], minlength=places.x.size),
        },
        geometry=shapes,
        crs=prepared.crs,
    )
    frame["change"] = frame["change"].astype("str")
    people = {
        change: float(lived[np.unique(edge[places.change[place] == change])].sum()) for change in _DOUBTS.values()
    }
    return FoundPlaces(frame=frame[list(ROAD_PLACES.names)], people=people)


def with_people(doubts: Sequence[Doubt], found: FoundPlaces | None) -> tuple[Doubt, ...]:
    """Return doubts, those about unsplit roads with the people that they touch."""
    if found is None:
        return tuple(doubts)
    return tuple(
        replace(doubt, people=found.people[_DOUBTS[doubt.code]]) if doubt.code in _DOUBTS else doubt for doubt in doubts
    )


def _edges_at(places: NodedPlaces, roads: Roads) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of place and edge that begins or ends there, each once."""
    at = np.column_stack([places.x, places.y])
    away, node = cKDTree(np.column_stack([roads.node_x, roads.node_y])).query(at, distance_upper_bound=_SAME_M)
    known = np.flatnonzero(np.isfinite(away))
    ends = np.concatenate([roads.tail, roads.head]).astype(np.int64)
    order = np.argsort(ends, kind="stable")
    wanted = np.asarray(node)[known]
    first = np.asarray(np.searchsorted(ends[order], wanted))
    count = np.asarray(np.searchsorted(ends[order], wanted, side="right")) - first
    place = np.repeat(known, count)
    within = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    edge = order[np.repeat(first, count) + within] % roads.edge_count
    pairs = np.unique(np.column_stack([place, edge]), axis=0)
    return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)


def _people_on_edges(prepared: Prepared, router: Router) -> NDArray[np.float64]:
    """Return the people who join each edge on foot: the nearest one, of equally near ones the first."""
    joins = router.case("walk", "central").joins.demand
    judged = prepared.demand.frame["judged"].to_numpy(dtype=bool)
    people = np.where(judged, prepared.demand.people("total"), 0.0)
    near = np.flatnonzero(joins.access_m <= router.limit_m)
    order = near[np.lexsort((joins.edge[near], joins.access_m[near], joins.point[near]))]
    nearest = order[np.diff(joins.point[order], prepend=-1) > 0]
    lived = np.bincount(joins.edge[nearest], weights=people[joins.point[nearest]], minlength=prepared.roads.edge_count)
    return np.asarray(lived, dtype=np.float64)
