"""Our own engines, as the benchmarks drive them: one class each, chosen by name from ``ENGINES``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.engine import MAX_CUTOFF_MS, BucketEngine, build_graph
from accessgis.travel.snap import build_join_index, join_points
from benchmarks.work import UNREACHED_MS, WORKS, Adapter, Case, Sparse, access

CELLS_AT_ONCE = 1 << 24
JOIN_LIMIT_M = 1e9
DEFAULT_ENGINE = "bucket"


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
        self.engine = BucketEngine()
        self.graph = self.original = build_graph(case.network, backward=False)
        self.node = np.empty(case.nodes, np.int32)
        self.node[self.graph.rank] = np.arange(case.nodes, dtype=np.int32)

    def nearest(self) -> NDArray[np.int64]:
        count = self.case.sources.size
        seeds, zero = self.graph.rank[self.case.sources], np.zeros(count, np.int64)
        ms, _ = self.engine.nearest(self.graph, seeds, zero, np.arange(count, dtype=np.int32))
        return ms[self.graph.rank]

    def _search(self, nodes: NDArray[np.int32], cutoff_ms: int) -> Sparse:
        """Search from each node by itself, in the graph's numbering."""
        groups, zero = np.arange(nodes.size + 1), np.zeros(nodes.size, np.int64)
        return self.engine.within(self.graph, groups, self.graph.rank[nodes], zero, cutoff_ms=cutoff_ms)

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


ENGINES: dict[str, type[Ours]] = {
    "bucket": Bucket,
}
"""Engines by name; a new one is a class with the same methods and one line here."""
