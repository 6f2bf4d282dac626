"""Tangled networks of any size, people anywhere on them, and every trip between them by scipy and arithmetic."""

from __future__ import annotations

import numpy as np
from paper.streets import Street, build, joins_at
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from accessgis.network.model import Network
from accessgis.travel.snap import price
from accessgis.travel.types import Ends


def tangle(nodes: int, seed: int) -> Network:
    """Return a directed multigraph with equal and zero times, islands and one-ways."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(nodes)))
    tail = rng.integers(0, nodes, 2 * nodes)
    head = tail + rng.choice([1, side, side + 1, -1, 2 * side], tail.size, p=[0.4, 0.35, 0.1, 0.1, 0.05])
    inside = (head >= 0) & (head < nodes) & (head // (side * 7) == tail // (side * 7))
    tail, head = tail[inside], head[inside]
    there = rng.choice([0, 1, 1, 5, 300, 40_000], tail.size)
    back = np.where(rng.random(tail.size) < 0.3, -1, rng.choice([0, 1, 7, 300, 40_000], tail.size))
    streets = [
        Street(int(t), int(h), int(a), None if b < 0 else int(b))
        for t, h, a, b in zip(tail, head, there, back, strict=True)
    ]
    return build([(float(i % side) * 50, float(i // side) * 50) for i in range(nodes)], streets)


def lattice(side: int, seed: int) -> Network:
    """Return a square of two-way streets that each take 1 to 9 seconds, some of them longer one way."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    head = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    there = rng.integers(1, 10, tail.size) * 1000
    back = there + rng.choice([0, 0, 0, 500], tail.size)
    return build(
        [(float(i // side) * 90, float(i % side) * 90) for i in range(side * side)],
        [Street(*row) for row in zip(*(v.tolist() for v in (tail, head, there, back)), strict=True)],
    )


def somewhere(network: Network, count: int, seed: int) -> Ends:
    """Return people on up to three roads each, up to 5 m from them; a few are off the network."""
    rng = np.random.default_rng(seed)
    if network.roads.edge_count == 0:
        return price(joins_at([[]] * count), network)
    edge, share = rng.integers(0, network.roads.edge_count, (count, 3)).tolist(), rng.random((count, 3)).tolist()
    metres, roads = rng.integers(0, 6, (count, 3)).tolist(), rng.choice([0, 1, 1, 1, 2, 3], count).tolist()
    return price(
        joins_at([[*zip(edge[i], share[i], metres[i], strict=True)][: roads[i]] for i in range(count)]), network
    )


def scipy_times(network: Network, sources: np.ndarray, *, backward: bool = False) -> np.ndarray:
    """Return times from junctions by scipy, which reads a stored zero as an arc that takes no time."""
    order = np.lexsort([network.arc_ms, network.arc_head, network.arc_tail])
    tail, head, ms = network.arc_tail[order], network.arc_head[order], network.arc_ms[order]
    first = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0)) if tail.size else np.empty(0, bool)
    tail, head, ms = tail[first], head[first], ms[first].astype(np.float64)
    n = network.roads.node_count
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
    matrix = csr_matrix((ms, head, start), shape=(n, n))
    if backward:
        matrix = matrix.T.tocsr()
    return dijkstra(matrix, indices=sources)


def scipy_trips(network: Network, first: Ends, last: Ends) -> np.ndarray:
    """Return the ms of every trip from ``first`` to ``last``: over junctions by scipy, along an arc by arithmetic."""
    leave, where = np.unique(network.arc_head[first.arc], return_inverse=True)
    between = scipy_times(network, leave).reshape(leave.size, -1)
    over = between[where][:, network.arc_tail[last.arc]]
    rest = network.arc_ms[first.arc] - first.offset_ms
    total = (first.access_ms + rest)[:, None] + over + (last.offset_ms + last.access_ms)[None, :]
    gap = last.offset_ms[None, :] - first.offset_ms[:, None]
    along = first.access_ms[:, None] + gap + last.access_ms[None, :]
    total = np.where((first.arc[:, None] == last.arc[None, :]) & (gap >= 0), np.minimum(total, along), total)
    best = np.full((first.point_count, last.point_count), np.inf)
    np.minimum.at(best, (first.point[:, None], last.point[None, :]), total)
    return best
