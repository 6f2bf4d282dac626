"""Every engine on the same question, for the suite that each of them must pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from accessgis.network.model import Network
from accessgis.travel.bucket import build_graph
from accessgis.travel.bucket_engine import BucketEngine
from accessgis.travel.engine import Engine
from accessgis.travel.hierarchy import lay
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.order import find_order

NAMES = ("bucket-1", "bucket-2", "hierarchy-1", "hierarchy-2")


def engine(name: str, network: Network, *, backward: bool) -> Engine:
    """Build an engine: its kind, and its number of threads."""
    kind, threads = name.split("-")
    if kind == "bucket":
        return BucketEngine(graph=build_graph(network, backward=backward), threads=int(threads))
    roads = network.roads
    with ThreadPoolExecutor(int(threads)) as workers:
        order = find_order(roads.node_x, roads.node_y, roads.tail, roads.head, workers=workers)
        hierarchy = lay(order, network.arc_tail, network.arc_head, network.arc_ms, workers=workers, parts=int(threads))
    return HierarchyEngine(hierarchy=hierarchy, threads=int(threads))
