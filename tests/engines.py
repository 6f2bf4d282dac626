"""Every engine on the same question, for the suite that each of them must pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

from accessgis.network.model import Network
from accessgis.travel import cone
from accessgis.travel.bucket import build_graph
from accessgis.travel.bucket_engine import BucketEngine
from accessgis.travel.engine import Engine
from accessgis.travel.hierarchy import Hierarchy, lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import find_order

KINDS = ("bucket", "hierarchy", "gated")
NAMES = tuple(f"{kind}-{threads}" for kind in KINDS for threads in (1, 2))
"""Kind and number of threads; in a gated hierarchy every subtree is a gate, however small."""


class Gated(HierarchyEngine):
    """A hierarchy with as many gates as can be, so that small networks have them too."""

    def _aim(self, *args: Any, **more: Any) -> Any:
        with mock.patch.multiple(cone, _GATE_ROWS=1, _GATE_GAIN=0):
            return super()._aim(*args, **more)


def hierarchy(network: Network, *, parts: int = 2) -> Hierarchy:
    """Build the hierarchy of a network."""
    roads = network.roads
    with ThreadPoolExecutor(parts) as workers:
        order = find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=workers)
        return lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers, parts=parts)


def engine(name: str, network: Network, *, backward: bool) -> Engine:
    """Build an engine by its name."""
    kind, threads = name.split("-")
    if kind == "bucket":
        return BucketEngine(graph=build_graph(network, backward=backward), threads=int(threads))
    made = Gated if kind == "gated" else HierarchyEngine
    return made(hierarchy=hierarchy(network, parts=int(threads)), threads=int(threads))
