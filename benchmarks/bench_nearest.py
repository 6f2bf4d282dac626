"""Joining and searching against scipy in the same run, on the same network: best of several, and the ratio.

    python benchmarks/bench_nearest.py [junctions ...]

Answers are compared before anything is timed: a fast wrong answer is no answer.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from sizes import lattice

from accessgis.travel.bucket import BucketEngine, build_graph
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import build_join_index, join_points, price

FACILITIES, RESIDENTS, GROUPS, CUTOFF_MS = 200, 300_000, 50, 1_800_000


def seconds(work, *, times: int = 5) -> float:
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def line(what: str, ours_s: float, peer: str = "", peer_s: float = 0.0) -> None:
    ratio = f"  {peer} {peer_s * 1000:9.1f} ms  × {peer_s / ours_s:6.1f}" if peer else ""
    print(f"  {what:44s} {ours_s * 1000:9.1f} ms{ratio}", flush=True)


def bench(junctions: int) -> None:
    network = lattice(junctions)
    roads = network.roads
    segments = roads.shape_x.size - roads.edge_count
    print(f"{roads.node_count:,} junctions, {network.arc_ms.size:,} arcs, {segments:,} segments")
    rng = np.random.default_rng(1)
    x = rng.uniform(roads.node_x.min(), roads.node_x.max(), RESIDENTS)
    y = rng.uniform(roads.node_y.min(), roads.node_y.max(), RESIDENTS)
    engine, index, graph = BucketEngine(), build_join_index(network), build_graph(network, backward=True)
    joins = join_points(index, x, y, limit_m=2000)
    residents = price(joins, network)
    node = rng.choice(roads.node_count, FACILITIES, replace=False)
    seed, zero, label = graph.rank[node], np.zeros(FACILITIES, np.int64), np.arange(FACILITIES, dtype=np.int32)
    facilities = price(join_points(index, roads.node_x[node], roads.node_y[node], limit_m=2000), network)

    matrix = csr_matrix(
        (graph.ms.astype(np.float64), graph.head, graph.start.astype(np.int32)), (graph.node_count,) * 2
    )
    ms, _ = engine.nearest(graph, seed, zero, label)
    assert np.array_equal(ms, dijkstra(matrix, indices=seed, min_only=True))
    start, at, at_ms = engine.within(graph, np.arange(GROUPS + 1), seed[:GROUPS], zero[:GROUPS], cutoff_ms=CUTOFF_MS)
    full = np.full((GROUPS, graph.node_count), np.inf)
    full[np.repeat(np.arange(GROUPS), np.diff(start)), at] = at_ms
    assert np.array_equal(full, dijkstra(matrix, indices=seed[:GROUPS], limit=CUTOFF_MS))
    del full
    found = search(network, facilities, direction="to_facility", graph=graph)
    arrive(found, residents)

    def everything_near():
        return engine.within(graph, np.arange(GROUPS + 1), seed[:GROUPS], zero[:GROUPS], cutoff_ms=CUTOFF_MS)

    tree, some = shapely.STRtree(roads.shapes()), shapely.points(x[:20_000], y[:20_000])
    line(
        "nearest of 200, every junction",
        seconds(lambda: engine.nearest(graph, seed, zero, label)),
        "scipy",
        seconds(lambda: dijkstra(matrix, indices=seed, min_only=True), times=2),
    )
    line(
        "50 origins, everything within 30 min",
        seconds(everything_near, times=2),
        "scipy",
        seconds(lambda: dijkstra(matrix, indices=seed[:GROUPS], limit=CUTOFF_MS), times=1),
    )
    line(
        "join 20,000 points",
        seconds(lambda: join_points(index, x[:20_000], y[:20_000], limit_m=2000)),
        "STRtree",
        seconds(lambda: tree.query_nearest(some, all_matches=False), times=1),
    )
    line(f"join {RESIDENTS:,} points", seconds(lambda: join_points(index, x, y, limit_m=2000), times=2))
    line("index of the segments", seconds(lambda: build_join_index(network), times=2))
    line("graph", seconds(lambda: build_graph(network, backward=True), times=2))
    line("price the joins", seconds(lambda: price(joins, network), times=2))
    line(
        f"search and {RESIDENTS:,} residents arrive",
        seconds(lambda: arrive(search(network, facilities, direction="to_facility", graph=graph), residents)),
    )


if __name__ == "__main__":
    for size in [int(text) for text in sys.argv[1:]] or [10_000, 100_000, 300_000]:
        bench(size)
