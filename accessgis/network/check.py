"""What is odd about roads and networks: islands, roads without class, absurd speeds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from accessgis.base.errors import Doubt, Place
from accessgis.base.schema import Column, Schema
from accessgis.network.build import components
from accessgis.network.model import FloatArray, LongArray, Network, Roads

ISLANDS = Schema(
    "islands",
    (
        Column("profile", "text", "profile id"),
        Column("component", "int", "0 is the main network, then by falling length"),
        Column("edges", "int", "physical edges inside the component"),
        Column("length_m", "float", "length of those edges, each counted once", "m"),
        Column("node", "int", "lowest node of the component"),
        Column("x", "float", "that node, working CRS", "m"),
        Column("y", "float", "that node, working CRS", "m"),
    ),
)

_NO_CLASS_SHARE = 0.05
_ISLAND_SHARE = 0.05
_LONGEST_M = 5000.0
_SLOWEST_KPH, _FASTEST_KPH = 0.5, 80.0


def island_table(networks: Iterable[Network]) -> pd.DataFrame:
    """Return the components of networks, a frame of schema :data:`ISLANDS`.

    Components are those of :func:`accessgis.network.build.build_network`; edges between two components are in none of
    them, though they are islands too. Components without an edge inside are left out.
    """
    frames = [_components_of(network) for network in networks]
    if not frames:
        frames = [_frame("", *(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 3)]
    return pd.concat(frames, ignore_index=True)


def road_doubts(roads: Roads, *, label: str) -> tuple[Doubt, ...]:
    """Return what is odd about roads: much length without a class, absurd ferries, very long straight stretches."""
    place = Place(file=label)
    doubts: list[Doubt] = []
    length = roads.length_m
    total = float(length.sum())
    if "road" in roads.classes and total > 0:
        share = float(length[roads.road_class == roads.classes.index("road")].sum()) / total
        if share > _NO_CLASS_SHARE:
            doubts.append(Doubt(code="AG9110", place=place, values={"share": round(100 * share, 1)}))
    timed = (roads.duration_ms > 0) & (length > 0)
    kph = length[timed] * 3600.0 / roads.duration_ms[timed]
    absurd = int(((kph > _FASTEST_KPH) | (kph < _SLOWEST_KPH)).sum())
    if absurd:
        doubts.append(
            Doubt(code="AG9106", place=place, count=absurd, values={"fastest": _FASTEST_KPH, "slowest": _SLOWEST_KPH})
        )
    step = np.hypot(np.diff(roads.shape_x), np.diff(roads.shape_y))
    step[roads.shape_start[1:-1] - 1] = 0.0
    ferry = roads.classes.index("ferry") if "ferry" in roads.classes else -1
    edge = np.repeat(np.arange(roads.edge_count), np.diff(roads.shape_start))[:-1]
    long = int(((step > _LONGEST_M) & (roads.road_class[edge] != ferry)).sum()) if step.size else 0
    if long:
        doubts.append(Doubt(code="AG9111", place=place, count=long, values={"km": _LONGEST_M / 1000}))
    return tuple(doubts)


def network_doubts(network: Network) -> tuple[Doubt, ...]:
    """Return what is odd about one network: no road at all, or more than 5 % of its length on islands."""
    roads = network.roads
    name = network.profile.id
    if not network.arc_ms.size:
        return (Doubt(code="AG9113", values={"profile": name}),)
    permitted = np.zeros(roads.edge_count, dtype=bool)
    permitted[network.arc_edge] = True
    total = float(roads.length_m[permitted].sum())
    share = float(roads.length_m[network.island].sum()) / total if total > 0 else 0.0
    if share <= _ISLAND_SHARE:
        return ()
    count = max(len(_components_of(network)) - 1, 1)
    return (Doubt(code="AG9112", count=count, values={"profile": name, "share": round(100 * share, 1)}),)


def _components_of(network: Network) -> pd.DataFrame:
    roads = network.roads
    permitted = np.zeros(roads.edge_count, dtype=bool)
    permitted[network.arc_edge] = True
    labels, longest = components(
        roads, permitted, network.arc_tail, network.arc_head, strong=network.profile.obeys_oneway
    )
    inside = np.flatnonzero(permitted & (labels[roads.tail] == labels[roads.head]))
    found, index = np.unique(labels[roads.tail[inside]], return_inverse=True)
    edges = np.bincount(index, minlength=found.size)
    length = np.bincount(index, weights=roads.length_m[inside], minlength=found.size).astype(np.float64)
    lowest = np.full(int(labels.max(initial=-1)) + 1, roads.node_count, dtype=np.int64)
    np.minimum.at(lowest, labels, np.arange(roads.node_count))
    node = lowest[found]
    order = np.lexsort((node, -length, found != longest))
    node = node[order]
    return _frame(network.profile.id, edges[order], node, length[order], roads.node_x[node], roads.node_y[node])


def _frame(
    profile: str,
    edges: LongArray,
    node: LongArray,
    length_m: FloatArray,
    x: FloatArray,
    y: FloatArray,
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "profile": pd.Series([profile] * edges.size, dtype="str"),
            "component": np.arange(edges.size),
            "edges": edges,
            "length_m": length_m,
            "node": node,
            "x": x,
            "y": y,
        }
    )
    ISLANDS.require(frame)
    return frame
