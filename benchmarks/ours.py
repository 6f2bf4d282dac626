"""Our own engines, as the benchmarks drive them: one class each, chosen by name from ``ENGINES``."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accessgis.network.model import Network
from accessgis.travel.bucket import MAX_CUTOFF_MS, build_graph, nearest_nodes, times_within
from accessgis.travel.decay import within_cutoff
from accessgis.travel.hierarchy import NEVER_MS, Laying
from accessgis.travel.hierarchy_cache import order_of_roads
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.snap import build_join_index, join_points
from accessgis.travel.trips import Trips, trips_from_nodes
from benchmarks.work import UNREACHED_MS, WORKS, Adapter, Case, Sparse, access

CELLS_AT_ONCE = 1 << 24
JOIN_LIMIT_M = 1e9
THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
"""As many as ``run.py`` gives every engine."""
DEFAULT_ENGINE = "hierarchy"


class Ours(Adapter):
    """What each of our engines has beside what a peer has."""

    package = "accessgis"
    works = tuple(WORKS)
    most_nodes = 10_000_000
    apart = ("join",)

    def sweep_bytes(self, lanes: int) -> int:
        """Return the bytes that a sweep over so many lanes cannot avoid reading and writing; its floor copies these."""
        raise NotImplementedError


class Bucket(Ours):
    """The bucket queue: one bounded search per source."""

    name = "bucket"

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        if structure == "join":
            self.index = build_join_index(case.network)
            return
        self.graph = self.original = build_graph(case.network, backward=False)
        self.node = np.empty(case.nodes, np.int32)
        self.node[self.graph.rank] = np.arange(case.nodes, dtype=np.int32)

    def nearest(self) -> NDArray[np.int64]:
        count = self.case.sources.size
        seeds, zero = self.graph.rank[self.case.sources], np.zeros(count, np.int64)
        ms, _ = nearest_nodes(self.graph, seeds, zero, np.arange(count, dtype=np.int32))
        return ms[self.graph.rank]

    def _search(self, nodes: NDArray[np.int32], cutoff_ms: int) -> Sparse:
        """Search from each node by itself, in the graph's numbering."""
        groups, zero = np.arange(nodes.size + 1), np.zeros(nodes.size, np.int64)
        return times_within(self.graph, groups, self.graph.rank[nodes], zero, cutoff_ms=cutoff_ms)

    def within(self, nodes: NDArray[np.int32], cutoff_ms: int) -> Sparse:
        start, node, ms = self._search(nodes, cutoff_ms)
        return start, self.node[node], ms

    def table(self, nodes: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.int64]:
        found = np.empty((nodes.size, targets.size), np.int64)
        step = max(1, CELLS_AT_ONCE // self.case.nodes)
        ranks = self.graph.rank[targets]
        for first in range(0, nodes.size, step):
            found[first : first + step] = self.sweep(nodes[first : first + step])[:, ranks]
        return found

    def two_step(self, nodes: NDArray[np.int32], beds: NDArray[np.int64], cutoff_ms: int) -> NDArray[np.float64]:
        total = np.zeros(self.case.nodes)
        step = max(1, CELLS_AT_ONCE // self.case.nodes)
        people = self.case.people[self.node]
        for first in range(0, nodes.size, step):
            part = slice(first, first + step)
            total += access(self._search(nodes[part], cutoff_ms), beds[part], people)
        return total[self.graph.rank]

    def sweep(self, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        start, node, ms = self._search(nodes, MAX_CUTOFF_MS)
        found = np.full((nodes.size, self.case.nodes), UNREACHED_MS)
        found[np.repeat(np.arange(nodes.size), np.diff(start)), node] = ms
        return found

    def rows(self, swept: NDArray[np.int64]) -> NDArray[np.int64]:
        return swept[:, self.graph.rank]

    def sweep_bytes(self, lanes: int) -> int:
        # One search per source: arcs and starts are read once for each, times written once.
        return lanes * (self.graph.arcs.nbytes + self.graph.start.nbytes + 8 * self.case.nodes)

    def reweight_some(self) -> None:
        self.graph = build_graph(self.case.some_network, backward=False)

    def reweight_all(self) -> None:
        self.graph = build_graph(self.case.all_network, backward=False)

    def restore(self) -> None:
        self.graph = self.original

    def join(self) -> NDArray[np.float64]:
        joins = join_points(self.index, self.case.point_x, self.case.point_y, limit_m=JOIN_LIMIT_M)
        found = np.full(joins.point_count, np.inf)
        np.minimum.at(found, joins.point, joins.access_m)
        return found


class Hierarchy(Ours):
    """The contraction hierarchy, swept for sixteen sources at once."""

    name = "hierarchy"

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        if structure == "join":
            self.index = build_join_index(case.network)
            return
        self.workers = ThreadPoolExecutor(THREADS)
        self.order = order_of_roads(case.network, workers=self.workers)
        network = case.network
        self.laying = Laying(order=self.order, tail=network.arc_tail, head=network.arc_head, parts=THREADS)
        self.engine = self.original = self._laid(network)
        self.everywhere = trips_from_nodes(case.nodes, []).targets

    def _laid(self, network: Network) -> HierarchyEngine:
        laid = self.laying.lay(network.arc_ms, workers=self.workers)
        return HierarchyEngine(hierarchy=laid, threads=THREADS)

    def _trips(self, nodes: NDArray[np.int32]) -> Trips:
        """Return the trips from nodes to every node, which is prepared once."""
        return replace(trips_from_nodes(self.case.nodes, nodes, []), targets=self.everywhere)

    def nearest(self) -> NDArray[np.int64]:
        sources = self.case.sources
        label = np.arange(sources.size, dtype=np.int32)
        return self.engine.nearest_nodes(sources, np.zeros(sources.size, np.int64), label, backward=False)[0]

    def within(self, nodes: NDArray[np.int32], cutoff_ms: int) -> Sparse:
        found = self.engine.within(self._trips(nodes), cutoff_ms=cutoff_ms)
        return found.start, found.target, found.ms

    def table(self, nodes: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float64]:
        return self.engine.table(trips_from_nodes(self.case.nodes, nodes, targets))

    def two_step(self, nodes: NDArray[np.int32], beds: NDArray[np.int64], cutoff_ms: int) -> NDArray[np.float64]:
        trips, decay = self._trips(nodes), within_cutoff(cutoff_ms)
        reached = self.engine.sums_by_source(trips, self.case.people.astype(np.float64), decay)
        ratio = np.divide(beds, reached, out=np.zeros(beds.size), where=reached > 0)
        return self.engine.sums_by_target(trips, ratio, decay)

    def new_site(self, cutoff_ms: int) -> int:
        trips = self._trips(np.array([self.case.site], np.int32))
        uncovered = np.where(self.case.before_ms > cutoff_ms, self.case.people, 0).astype(np.float64)
        return round(self.engine.sums_by_source(trips, uncovered, within_cutoff(cutoff_ms))[0])

    def sweep(self, nodes: NDArray[np.int32]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        return self.engine.swept(self._trips(nodes))

    def rows(self, swept: tuple[NDArray[np.uint32], NDArray[np.int32]]) -> NDArray[np.int64]:
        times, names = swept
        found = np.empty((names.size, self.case.nodes), np.int64)
        by_node = times[self.order.position, : names.size].astype(np.int64)
        found[names] = np.where(by_node == NEVER_MS, UNREACHED_MS, by_node).T
        return found

    def sweep_bytes(self, lanes: int) -> int:
        # Each arc is read once, and with it the row above it; each row is written once.
        down = self.engine.hierarchy.down
        return down.arc.nbytes + down.start.nbytes + 4 * lanes * (down.arc.size + self.case.nodes)

    def reweight_some(self) -> None:
        self.engine = self._laid(self.case.some_network)

    def reweight_all(self) -> None:
        self.engine = self._laid(self.case.all_network)

    def restore(self) -> None:
        self._laid(self.case.network)  # what is changed next is changed from here
        self.engine = self.original

    join = Bucket.join


ENGINES: dict[str, type[Ours]] = {
    "bucket": Bucket,
    "hierarchy": Hierarchy,
}
"""Engines by name; a new one is a class with the same methods and one line here."""
