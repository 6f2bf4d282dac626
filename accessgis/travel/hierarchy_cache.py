"""Hierarchies of networks, kept in a folder under what they were made of: roads give the order, times the arcs."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from accessgis.base.files import cached_arrays, content_key
from accessgis.network.model import Network
from accessgis.travel.hierarchy import Arcs, Hierarchy, lay
from accessgis.travel.kernels import readonly
from accessgis.travel.order import Order, find_order, with_arcs_below

_FORM = "hierarchy 1"
"""Changes whenever equal inputs would give other arrays."""
_FOREST = ("position", "parent", "end", "start", "head")
_ARCS = ("up_start", "up", "down_start", "down")
_SMALL = 50_000
"""Networks with fewer junctions are built anew: that takes a moment."""


def hierarchy_of(
    network: Network, *, workers: Executor, parts: int = 2, order: Order | None = None, cache: Path | None = None
) -> Hierarchy:
    """Return the hierarchy of a network.

    Parameters
    ----------
    network
        Directed impedances.
    workers, parts
        Where the work is done, and into how many pieces it is cut; they do not change the answer.
    order
        Elimination order of the roads; found when not given.
    cache
        Folder to keep large ones in; None keeps nothing.

    Raises
    ------
    NoHierarchyError, TooSlowError
        See :func:`accessgis.travel.order.find_order` and :func:`accessgis.travel.hierarchy.lay`.
    """
    roads = network.roads
    cache = cache if roads.node_count >= _SMALL else None
    order = order_of_roads(network, workers=workers, cache=cache) if order is None else order

    def build() -> dict[str, np.ndarray]:
        built = lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers, parts=parts)
        return dict(zip(_ARCS, (*built.up, *built.down), strict=True))

    if cache is None:
        kept = build()
    else:
        key = content_key(_FORM, order.position, network.arc_tail, network.arc_head, network.arc_ms)
        kept = cached_arrays(cache, key, build)
    return Hierarchy(
        order=order,
        up=Arcs(readonly(kept["up_start"], np.uint32), readonly(kept["up"], np.uint64)),
        down=Arcs(readonly(kept["down_start"], np.uint32), readonly(kept["down"], np.uint64)),
    )


def order_of_roads(network: Network, *, workers: Executor, cache: Path | None = None) -> Order:
    """Return the elimination order of a network's roads, whatever the mode may use; faster roads come later."""
    roads = network.roads

    def find() -> dict[str, np.ndarray]:
        speed = np.zeros(roads.edge_count)
        speed[network.arc_edge] = roads.length_m[network.arc_edge] / np.maximum(network.arc_ms, 1)
        found = find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=workers, speed=speed)
        return {name: getattr(found, name) for name in _FOREST}

    if cache is None:
        kept = find()
    else:
        key = content_key(
            _FORM, roads.node_x, roads.node_y, roads.tail, roads.head, network.arc_edge, network.arc_ms, roads.length_m
        )
        kept = cached_arrays(cache, key, find)
    return with_arcs_below(**kept)
