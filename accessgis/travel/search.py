"""Travel time to (or from) the nearest facility for everybody: one search from all facilities at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.network.model import Network
from accessgis.travel.bucket import UNREACHED_MS, SearchGraph, build_graph, nearest_nodes
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.trips import by_arc, seeds
from accessgis.travel.types import Direction, Ends, TravelTimes

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Search:
    """Nearest facility of every junction, and the facilities standing along each arc.

    Attributes
    ----------
    network
        Where the search ran.
    direction
        ``"to_facility"``: residents travel to it; ``"from_facility"``: it travels to them.
    node_ms
        Milliseconds between each junction and its nearest facility, the facility's access leg included;
        ``bucket.UNREACHED_MS`` without a path.
    node_facility
        That facility (lowest index on ties), −1 without a path.
    arc_start
        The ends of facilities on arc a are rows ``arc_start[a]:arc_start[a + 1]`` of the next three.
    end_facility, end_offset_ms, end_access_ms
        Facility, time from the arc's tail, and access leg of each end.
    """

    network: Network
    direction: Direction
    node_ms: LongArray
    node_facility: IntArray
    arc_start: IntArray
    end_facility: IntArray
    end_offset_ms: LongArray
    end_access_ms: LongArray


def search(
    network: Network,
    facilities: Ends,
    *,
    direction: Direction,
    graph: SearchGraph | None = None,
) -> Search:
    """Find the nearest facility of every junction.

    Residents who travel to a facility are searched for backwards from it; a facility that travels to residents
    (relief) is searched forwards. There is no cutoff.

    Parameters
    ----------
    network
        Directed impedances.
    facilities
        Facilities priced on this network.
    direction
        Who travels.
    graph
        ``build_graph(network, backward=direction == "to_facility")`` when the caller keeps it for several searches.
    """
    backward = direction == "to_facility"
    graph = build_graph(network, backward=backward) if graph is None else graph
    if graph.backward != backward or graph.node_count != network.roads.node_count:
        raise ValueError("the graph was built for another network or the other direction")
    node, ms = seeds(network, facilities, backward=backward)
    found_ms, found = nearest_nodes(graph, graph.rank[node], ms, facilities.point)
    order, arc_start = by_arc(facilities, network)
    return Search(
        network=network,
        direction=direction,
        node_ms=found_ms[graph.rank],
        node_facility=found[graph.rank],
        arc_start=arc_start,
        end_facility=facilities.point[order],
        end_offset_ms=facilities.offset_ms[order],
        end_access_ms=facilities.access_ms[order],
    )


def arrive(search: Search, demand: Ends) -> TravelTimes:
    """Take every resident from their joins to the nearest facility (or the facility to them).

    Parameters
    ----------
    search
        Result of :func:`search`.
    demand
        Residents priced on the same network.

    Returns
    -------
    TravelTimes
        One per resident: the quickest over all their joins and permitted directions, both access legs included. On
        the arc they join themselves they go to a facility directly where it lies ahead (behind, when it comes to
        them).
    """
    network = search.network
    backward = search.direction == "to_facility"
    best_ms, best = _arrive(
        readonly(search.node_ms, np.int64),
        readonly(search.node_facility, np.int32),
        readonly(search.arc_start, np.int32),
        readonly(search.end_facility, np.int32),
        readonly(search.end_offset_ms, np.int64),
        readonly(search.end_access_ms, np.int64),
        demand.point_count,
        readonly(demand.point, np.int32),
        readonly(network.arc_head if backward else network.arc_tail, np.int32),
        readonly(network.arc_ms, np.int64),
        readonly(demand.arc, np.int32),
        readonly(demand.offset_ms, np.int64),
        readonly(demand.access_ms, np.int64),
        1 if backward else -1,
    )
    return TravelTimes(
        ms=np.where(best >= 0, best_ms, np.inf), facility=best, direct=np.zeros(demand.point_count, np.bool_)
    )


@compiled
def _arrive(  # noqa: PLR0913, PLR0917 (a kernel takes plain arrays)
    node_ms: LongArray,
    node_facility: IntArray,
    arc_start: IntArray,
    end_facility: IntArray,
    end_offset_ms: LongArray,
    end_access_ms: LongArray,
    points: int,
    point: IntArray,
    arc_node: IntArray,
    arc_ms: LongArray,
    arc: IntArray,
    offset_ms: LongArray,
    access_ms: LongArray,
    ahead: int,
) -> Any:
    """Return the smallest (ms, facility) of each point; ``ahead`` is 1 when facilities are travelled to, −1 from."""
    best_ms = np.full(points, UNREACHED_MS, np.int64)
    best = np.full(points, -1, np.int32)
    for row in range(point.size):
        p = point[row]
        least, facility = best_ms[p], best[p]
        at = arc_node[arc[row]]
        if node_facility[at] >= 0:
            along = arc_ms[arc[row]] - offset_ms[row] if ahead > 0 else offset_ms[row]
            total = access_ms[row] + along + node_ms[at]
            if total < least or (total == least and node_facility[at] < facility):
                least, facility = total, node_facility[at]
        for end in range(arc_start[arc[row]], arc_start[arc[row] + 1]):
            gap = ahead * (end_offset_ms[end] - offset_ms[row])
            if gap >= 0:
                total = access_ms[row] + gap + end_access_ms[end]
                if total < least or (total == least and end_facility[end] < facility):
                    least, facility = total, end_facility[end]
        best_ms[p], best[p] = least, facility
    return best_ms, best


def nearest(network: Network, facilities: Ends, demand: Ends, *, direction: Direction = "to_facility") -> TravelTimes:
    """Return the time between everybody and their nearest facility, over the network.

    The two steps in one: :func:`search` from all facilities at once, then :func:`arrive`.

    Parameters
    ----------
    network
        Directed impedances.
    facilities, demand
        Points priced on this network (:func:`accessgis.travel.snap.price`).
    direction
        Who travels.

    Returns
    -------
    TravelTimes
        Aligned to the demand points, whole milliseconds, ``inf`` without a way.
    """
    return arrive(search(network, facilities, direction=direction), demand)
