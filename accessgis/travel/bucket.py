"""Searching by bucket queues: nothing to prepare but the graph, and nothing wasted on what is out of reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accessgis.base.errors import DataError
from accessgis.base.units import MAX_EDGE_MS
from accessgis.network.model import Network
from accessgis.travel import kernels
from accessgis.travel.kernels import spatial_rank

UNREACHED_MS = 2**62
"""Time of a node without any path, inside the engine's integers only: every public array says ``inf``."""
MAX_CUTOFF_MS = kernels.UNREACHED_MS - 1
_TIME_BITS = 62


@dataclass(frozen=True, eq=False, kw_only=True)
class SearchGraph:
    """A network as the engine walks it: arcs by the node they are scanned from, nodes in spatial order.

    Attributes
    ----------
    backward
        Whether arcs are walked against their direction (search from where trips end).
    rank
        Number in this graph of each node of the network.
    start
        The arcs scanned from node i are ``start[i]:start[i + 1]``.
    arcs
        ``ms << 32 | node`` of each arc; of arcs with the same tail and head only the quickest is here.
    total_ms
        Sum over all arcs: no path is longer.
    bucket_bits
        Logarithm of the bucket width in milliseconds.
    """

    backward: bool
    rank: NDArray[np.int32]
    start: NDArray[np.uint32]
    arcs: NDArray[np.uint64]
    total_ms: int
    bucket_bits: int

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return self.rank.size

    @property
    def head(self) -> NDArray[np.int32]:
        """Node that each arc leads to, in this graph's numbers."""
        return (self.arcs & np.uint64(0xFFFFFFFF)).astype(np.int32)

    @property
    def ms(self) -> NDArray[np.int64]:
        """Milliseconds of each arc."""
        return (self.arcs >> np.uint64(32)).astype(np.int64)


def build_graph(network: Network, *, backward: bool) -> SearchGraph:
    """Lay a network out for searching.

    Parameters
    ----------
    network
        Directed impedances.
    backward
        Whether to search against the arcs: from facilities that residents travel to.

    Raises
    ------
    DataError
        AG3601 where an arc takes longer than ``MAX_EDGE_MS``.
    """
    if network.arc_ms.size and int(network.arc_ms.max()) > MAX_EDGE_MS:
        edge = int(network.arc_edge[int(network.arc_ms.argmax())])
        raise DataError(
            "AG3601", id=int(network.roads.source_id[edge]), hours=round(int(network.arc_ms.max()) / 3_600_000)
        )
    rank = spatial_rank(network.roads.node_x, network.roads.node_y)
    tail, head = rank[network.arc_tail], rank[network.arc_head]
    if backward:
        tail, head = head, tail
    start = np.zeros(rank.size + 1, np.uint32)
    arcs = np.empty(tail.size, np.uint64)
    kept = kernels.pack_graph(
        kernels.readonly(tail, np.uint32),
        kernels.readonly(head, np.uint32),
        kernels.readonly(network.arc_ms, np.uint32),
        start,
        arcs,
    )
    return SearchGraph(
        backward=backward,
        rank=rank,
        start=kernels.readonly(start, np.uint32),
        arcs=kernels.readonly(arcs[:kept].copy(), np.uint64),
        total_ms=int(network.arc_ms.sum()),
        bucket_bits=_bucket_bits(network.arc_ms),
    )


def _bucket_bits(arc_ms: NDArray[np.int64]) -> int:
    """Choose buckets about as wide as half a typical arc, and not so narrow that the longest arc needs a huge ring."""
    useful = arc_ms[arc_ms > 0]
    if useful.size == 0:
        return 0
    typical = int(np.median(useful))
    return max(typical.bit_length() - 1, int(useful.max()).bit_length() - 17, 0)


def nearest_nodes(
    graph: SearchGraph, seed_node: NDArray[np.int32], seed_ms: NDArray[np.int64], seed_label: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the smallest (ms, label) of each node over all seeds; ``UNREACHED_MS`` and −1 where there is no path.

    Labels are ≥ 0; of equal times the lowest label wins. Nodes are numbered as in the graph.

    Raises
    ------
    DataError
        AG3602 where the network is so slow that times and labels do not fit 64 bits.
    """
    if seed_node.size == 0:
        return np.full(graph.node_count, UNREACHED_MS, np.int64), np.full(graph.node_count, -1, np.int32)
    label_bits = int(seed_label.max()).bit_length()
    if (graph.total_ms + int(seed_ms.max())).bit_length() + label_bits > _TIME_BITS:
        raise DataError("AG3602", days=graph.total_ms // 86_400_000)
    key = (seed_ms.astype(np.uint64) << np.uint64(label_bits)) | seed_label.astype(np.uint64)
    arguments = (
        graph.start,
        graph.arcs,
        kernels.readonly(seed_node, np.uint32),
        kernels.readonly(key, np.uint64),
        label_bits,
        label_bits + graph.bucket_bits,
    )
    buckets = ring_size(graph, seed_ms)
    pool_size = graph.arcs.size + seed_node.size + 64
    while True:
        ring = np.full(buckets, kernels.NO_ENTRY, np.uint32)
        keys = kernels.nearest_labels(*arguments, ring, np.empty(pool_size, np.uint64))
        if keys.size == graph.node_count:
            break
        pool_size *= 2
    reached = keys != np.uint64(kernels.UNREACHED)
    label_mask = np.uint64((1 << label_bits) - 1)
    ms = np.where(reached, (keys >> np.uint64(label_bits)).astype(np.int64), UNREACHED_MS)
    return ms, np.where(reached, (keys & label_mask).astype(np.int32), np.int32(-1))


def times_within(
    graph: SearchGraph,
    group_start: NDArray[np.int64],
    seed_node: NDArray[np.int32],
    seed_ms: NDArray[np.int64],
    *,
    cutoff_ms: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Search each group of seeds by itself up to and including ``cutoff_ms``.

    Returns the starts of the groups, and node and milliseconds of each node reached, in no particular order.
    """
    if not 0 <= cutoff_ms <= MAX_CUTOFF_MS:
        raise ValueError(f"cutoff_ms must lie in 0–{MAX_CUTOFF_MS}")
    arguments = (
        graph.start,
        graph.arcs,
        kernels.readonly(group_start, np.int64),
        kernels.readonly(seed_node, np.uint32),
        kernels.readonly(seed_ms, np.uint64),
        cutoff_ms,
        graph.bucket_bits,
    )
    buckets = ring_size(graph, seed_ms[seed_ms <= cutoff_ms])
    pool_size = graph.arcs.size + seed_node.size + 64
    while True:
        ring = np.full(buckets, kernels.NO_ENTRY, np.uint32)
        start, node, ms = kernels.bounded_times(*arguments, ring, np.empty(pool_size, np.uint64))
        if start.size == group_start.size:
            return start, node.astype(np.int32), ms.astype(np.int64)
        pool_size *= 2


def ring_size(graph: SearchGraph, seed_ms: NDArray[np.int64]) -> int:
    """Return a power of two of buckets that holds everything waiting at one time: the longest arc, or all seeds.

    A ring too small would mix early with late entries: slower, for they are corrected, but never wrong.
    """
    span = int((graph.arcs >> np.uint64(32)).max()) if graph.arcs.size else 0
    if seed_ms.size:
        span = max(span, int(np.ptp(seed_ms)))
    return 1 << ((span >> graph.bucket_bits) + 2).bit_length()
