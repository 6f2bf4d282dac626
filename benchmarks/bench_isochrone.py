"""Isochrones against buffering and uniting the reached roads with shapely, in the same run: best of several, and ratio.

    python benchmarks/bench_isochrone.py [junctions ...]

The areas are compared before anything is timed: a fast wrong answer is no answer. For that the walk off the road costs
almost nothing, since a buffer knows no time.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from shapely.ops import substring

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accessgis.travel.burn import burn, lattice_over
from accessgis.travel.isochrone import isochrones, outline, surface
from accessgis.travel.search import Search, search
from accessgis.travel.snap import build_join_index, join_points, price
from benchmarks.networks import lattice

FACILITIES, REACH_M, CUTOFFS_MS = 20, 100.0, (600_000, 1_200_000, 1_800_000)


def seconds(work, *, times: int = 5) -> float:
    """Return the best of several runs."""
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def line(what: str, ours_s: float, peer: str = "", peer_s: float = 0.0) -> None:
    """Print ours, and a peer's with the ratio."""
    ratio = f"  {peer} {peer_s * 1000:9.1f} ms  × {peer_s / ours_s:6.1f}" if peer else ""
    print(f"  {what:44s} {ours_s * 1000:9.1f} ms{ratio}", flush=True)


def buffered(found: Search, cutoff_ms: int) -> shapely.Geometry:
    """Return the reached part of every road, buffered and united."""
    network, roads = found.network, found.network.roads
    left_ms = np.maximum(cutoff_ms - found.node_ms, 0)
    edge_ms = network.arc_ms[network.arc_forward]
    from_tail, from_head = (np.minimum(left_ms[node] / edge_ms, 1.0) for node in (roads.tail, roads.head))
    lines = roads.shapes()
    whole = from_tail + from_head >= 1
    parts = [lines[whole]]
    for share, ahead in ((from_tail, True), (from_head, False)):
        some = np.flatnonzero(~whole & (share > 0))
        ends = [(0.0, share[e]) if ahead else (1.0 - share[e], 1.0) for e in some]
        parts.append(np.array([substring(lines[e], *end, normalized=True) for e, end in zip(some, ends, strict=True)]))
    return shapely.union_all(shapely.buffer(np.concatenate(parts), REACH_M))


def bench(junctions: int) -> None:
    network = lattice(junctions)
    roads = network.roads
    index = build_join_index(network)
    # facilities in the middle, so that the shorter cutoffs end inside the network
    far = np.maximum(*(np.abs(v / v.max() - 0.5) for v in (roads.node_x, roads.node_y)))
    node = np.random.default_rng(1).choice(np.flatnonzero(far < 0.1), FACILITIES, replace=False)
    facilities = price(join_points(index, roads.node_x[node], roads.node_y[node], limit_m=1), network)
    found = search(network, facilities, direction="to_facility")
    longest = CUTOFFS_MS[-1]
    reached = np.count_nonzero(found.node_ms <= longest)
    print(f"{roads.node_count:,} junctions, {reached:,} of them within {longest // 60_000} min")

    level = replace(found, network=replace(network, walking_kph=3600.0))
    for cutoff in CUTOFFS_MS:
        (ours,), theirs = isochrones(level, cutoffs_ms=[cutoff], reach_m=REACH_M, index=index), buffered(found, cutoff)
        differs = shapely.symmetric_difference(ours, theirs).area / theirs.area
        print(f"    {cutoff // 60_000} min: {theirs.area / 1e6:.1f} km², areas differ by {differs:.2%}")
        assert differs < 0.08
    times = 1 if junctions > 50_000 else 3
    peer_s = seconds(lambda: buffered(found, longest), times=times)
    line(
        "one isochrone, from nothing",
        seconds(lambda: isochrones(found, cutoffs_ms=[longest], reach_m=REACH_M, index=index)),
        "shapely",
        peer_s,
    )
    ground = burn(index, lattice_over((0.0, 0.0, roads.node_x.max(), roads.node_y.max())), reach_m=REACH_M)
    line(
        "one isochrone, on a lattice that is kept",
        seconds(lambda: outline(surface(found, ground), cutoff_ms=longest)),
        "shapely",
        peer_s,
    )
    line(
        "three isochrones, from nothing",
        seconds(lambda: isochrones(found, cutoffs_ms=CUTOFFS_MS, reach_m=REACH_M, index=index)),
        "shapely",
        seconds(lambda: [buffered(found, cutoff) for cutoff in CUTOFFS_MS], times=times),
    )


if __name__ == "__main__":
    for size in [int(text) for text in sys.argv[1:]] or [10_000, 100_000]:
        bench(size)
