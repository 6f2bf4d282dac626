"""The engines of one network, built when they are first needed, and the choice between them by estimated work."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from accessgis.base.files import cache_folder
from accessgis.network.model import Network
from accessgis.travel.bucket import SearchGraph, build_graph, times_within
from accessgis.travel.bucket_engine import BucketEngine
from accessgis.travel.engine import Engine
from accessgis.travel.hierarchy import NEVER_MS, Hierarchy, Laying, TooSlowError
from accessgis.travel.hierarchy_cache import hierarchy_of, order_of_roads
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.lanes import LANES
from accessgis.travel.order import NoHierarchyError, Order
from accessgis.travel.trips import Trips

Answer = TypeVar("Answer")
EngineName = Literal["auto", "bucket", "hierarchy"]

_LOG = logging.getLogger(__name__)
_SETTLE_NS, _SWEEP_NS, _BUILD_NS = 60.0, 20.0, 4000.0
"""Nanoseconds for each junction: settled by a bucket search, swept for sixteen sources, taken into a hierarchy."""
_SPREAD = 4
"""How much further the sources of one batch reach together than each alone, about."""
_SAMPLE = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Engines:
    """Every engine of one network; all give the same answers.

    Attributes
    ----------
    network
        Directed impedances.
    prefer
        ``"auto"`` estimates the work of each question and takes the quicker engine; a name is obeyed.
    threads
        How many threads search; it changes no answer.
    order
        Elimination order, when the caller has one for these roads; else it is found or taken from the cache.
    cache
        Folder where orders and hierarchies of large networks are kept; None keeps nothing.
    """

    network: Network
    prefer: EngineName = "auto"
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    order: Order | None = None
    cache: Path | None = field(default_factory=cache_folder)
    _graphs: dict[bool, SearchGraph] = field(default_factory=dict, repr=False)
    _refusals: list[str] = field(default_factory=list, repr=False)
    _base: Engines | None = field(default=None, repr=False)

    def retimed(self, network: Network) -> Engines:
        """Return the engines of the same roads at other times: other speeds, closed and opened roads, another mode.

        Their hierarchy needs no new order. The first one is laid in full; from the second on, whether retimed from
        these engines or from one another, only what changed since the last one laid is gone through
        (:class:`accessgis.travel.hierarchy.Laying`, which says what memory that takes).

        Raises
        ------
        ValueError
            The network has other roads.
        """
        roads, own = network.roads, self.network.roads
        if roads is not own and not (np.array_equal(roads.tail, own.tail) and np.array_equal(roads.head, own.head)):
            raise ValueError("the network has other roads")
        return replace(self, network=network, _graphs={}, _refusals=[], _base=self._base or self)

    @cached_property
    def laying(self) -> Laying:
        """Both ways of every road on the elimination order, and the times of these last laid on them.

        Raises
        ------
        NoHierarchyError
            The network has no small separators.
        """
        roads, order = self.network.roads, self.order
        if "hierarchy" in self.__dict__:
            order = self.hierarchy.hierarchy.order
        if order is None:
            with ThreadPoolExecutor(self.threads) as workers:
                order = order_of_roads(self.network, workers=workers, cache=self.cache)
        tail, head = np.concatenate([roads.tail, roads.head]), np.concatenate([roads.head, roads.tail])
        return Laying(order=order, tail=tail, head=head, parts=self.threads)

    def bucket(self, *, backward: bool) -> BucketEngine:
        """Return the bucket engine of one direction."""
        if backward not in self._graphs:
            self._graphs[backward] = build_graph(self.network, backward=backward)
        return BucketEngine(graph=self._graphs[backward], threads=self.threads)

    @cached_property
    def hierarchy(self) -> HierarchyEngine:
        """The hierarchy engine, for both directions.

        Raises
        ------
        NoHierarchyError
            The network has no small separators.
        TooSlowError
            A way takes 298 hours or more.
        """
        with ThreadPoolExecutor(self.threads) as workers:
            built: Hierarchy
            if self._base is not None:
                built = self._base.laying.lay(_both_ways(self.network), workers=workers)
            else:
                built = hierarchy_of(
                    self.network, order=self.order, workers=workers, parts=self.threads, cache=self.cache
                )
        return HierarchyEngine(hierarchy=built, threads=self.threads)

    def choose(self, trips: Trips, *, cutoff_ms: int | None = None) -> Engine:
        """Return the engine that answers soonest, what must still be built included.

        Parameters
        ----------
        trips
            The question.
        cutoff_ms
            Longest time that counts; None for no limit.
        """
        bucket = self.bucket(backward=trips.backward)
        if self.prefer == "bucket":
            return bucket
        if self.prefer == "hierarchy":
            return self.hierarchy
        nodes = trips.node_count
        reach = nodes if cutoff_ms is None else _reach(bucket.graph, trips, cutoff_ms)
        batches = -(-trips.sources.count // LANES)
        build_ns = 0.0 if "hierarchy" in self.__dict__ else nodes * _BUILD_NS
        by_bucket_ns = trips.sources.count * reach * _SETTLE_NS / self.threads
        by_hierarchy_ns = build_ns + batches * min(nodes, _SPREAD * reach) * _SWEEP_NS / self.threads
        name = "hierarchy" if by_hierarchy_ns < by_bucket_ns else "bucket"
        _LOG.debug(
            "%s: %d sources reach about %d of %d junctions each; bucket %.3f s, hierarchy %.3f s (%.3f s to build it)",
            name, trips.sources.count, reach, nodes, by_bucket_ns / 1e9, by_hierarchy_ns / 1e9, build_ns / 1e9,
        )  # fmt: skip
        if name == "hierarchy" and not self._refusals:
            try:
                return self.hierarchy
            except (NoHierarchyError, TooSlowError) as error:  # not tried again: it takes long to find out
                self._refusals.append(type(error).__name__)
                _LOG.debug("bucket after all: %s", *self._refusals)
        return bucket

    def answer(self, trips: Trips, ask: Callable[[Engine], Answer], *, cutoff_ms: int | None = None) -> Answer:
        """Ask the engine that :meth:`choose` takes; where its hierarchy cannot hold a time on the way, ask buckets."""
        try:
            return ask(self.choose(trips, cutoff_ms=cutoff_ms))
        except TooSlowError:
            if self.prefer != "auto":
                raise
            _LOG.debug("bucket after all: a way too slow for the hierarchy")
            return ask(self.bucket(backward=trips.backward))


def _both_ways(network: Network) -> NDArray[np.int64]:
    """Return the times of every road along it, then against it; what may not be used is closed."""
    edges = network.roads.edge_count
    ms = np.full(2 * edges, NEVER_MS, np.int64)
    ms[np.where(network.arc_forward, network.arc_edge, network.arc_edge + edges)] = network.arc_ms
    return ms


def _reach(graph: SearchGraph, trips: Trips, cutoff_ms: int) -> int:
    """Return how many junctions a source reaches, about: the mean of a few."""
    start, count = trips.sources.start, trips.sources.count
    total, sampled = 0, range(0, count, max(1, count // _SAMPLE))
    for i in sampled:
        rows = slice(start[i], start[i + 1])
        found = times_within(
            graph,
            start[i : i + 2] - start[i],
            graph.rank[trips.sources.node[rows]],
            trips.sources.ms[rows],
            cutoff_ms=cutoff_ms,
        )
        total += found[1].size
    return total // max(1, len(sampled))
