"""What is measured: the seeded tasks on one network, the works, and what every engine's adapter offers.

All searches run along the arcs, from facilities; the other direction is the same work on the mirrored network. Every
answer is in the network's own numbering of nodes (a sweep excepted, see :meth:`Adapter.rows`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from accessgis.network.model import Network

MINUTE_MS = 60_000
SEED = 1
SOURCES, FACILITIES, ORIGINS, DESTINATIONS, LANES, OPEN_SITES, POINTS = 200, 1000, 1000, 10_000, 16, 3, 20_000
UNREACHED_MS = 2**62
CHECKED = 20
"""Sources compared before a work that can be divided is timed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Arcs:
    """The quickest arc of each ordered pair of nodes, sorted by tail, then head."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    ms: NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One network and everything that is asked on it, drawn from ``SEED``.

    Attributes
    ----------
    network, arcs
        The network, and the same for peers, who cannot all hold parallel arcs.
    symmetric
        Whether every arc has one of equal time against it.
    sources
        Nodes of the 200 whose nearest is asked for every node.
    facilities, beds
        Nodes and supply of the 1,000 facilities that are searched within a limit.
    origins, destinations
        Rows and columns of the matrix.
    lanes
        Sources of one sweep.
    people
        People at each node.
    site, before_ms
        One new site, and everybody's time to the open ones.
    some_network, some_arc, some_ms
        The network after 1 % of its arcs changed; which of ``arcs`` changed, and to what.
    all_network, all_ms
        The network after every arc changed; the times of ``arcs``.
    point_x, point_y
        Points to join to the roads.
    """

    network: Network
    arcs: Arcs
    symmetric: bool
    sources: NDArray[np.int32]
    facilities: NDArray[np.int32]
    beds: NDArray[np.int64]
    origins: NDArray[np.int32]
    destinations: NDArray[np.int32]
    lanes: NDArray[np.int32]
    people: NDArray[np.int64]
    site: int
    before_ms: NDArray[np.float64]
    some_network: Network
    some_arc: NDArray[np.int64]
    some_ms: NDArray[np.int64]
    all_network: Network
    all_ms: NDArray[np.int64]
    point_x: NDArray[np.float64]
    point_y: NDArray[np.float64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.network.roads.node_count


def make_case(network: Network) -> Case:
    """Draw what is asked on a network; smaller networks are asked less."""
    rng = np.random.default_rng(SEED)
    roads = network.roads
    n, a = roads.node_count, network.arc_ms.size

    def some_nodes(count: int, share: int) -> NDArray[np.int32]:
        return rng.choice(n, max(1, min(count, n // share)), replace=False).astype(np.int32)

    sources, facilities = some_nodes(SOURCES, 10), some_nodes(FACILITIES, 4)
    origins, destinations, lanes = some_nodes(ORIGINS, 4), some_nodes(DESTINATIONS, 2), some_nodes(LANES, 1)
    changed = np.sort(rng.choice(a, max(1, a // 100), replace=False))
    some = network.arc_ms.copy()
    some[changed] = np.maximum(1, (some[changed] * rng.uniform(0.5, 2.0, changed.size)).astype(np.int64))
    every = np.maximum(1, (network.arc_ms * rng.uniform(0.5, 2.0, a)).astype(np.int64))
    order, first = by_pair(network)

    def quickest(ms: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.minimum.reduceat(ms[order], first)

    tail, head = network.arc_tail[order[first]], network.arc_head[order[first]]
    arcs = Arcs(tail=tail, head=head, ms=quickest(network.arc_ms))
    some_ms = quickest(some)
    some_arc = np.flatnonzero(some_ms != arcs.ms)
    there = matrix(arcs, n)
    back = there.T.tocsr()
    same = (np.array_equal(getattr(there, name), getattr(back, name)) for name in ("indptr", "indices", "data"))
    return Case(
        network=network,
        arcs=arcs,
        symmetric=all(same),
        sources=sources,
        facilities=facilities,
        beds=rng.integers(10, 200, facilities.size),
        origins=origins,
        destinations=destinations,
        lanes=lanes,
        people=rng.integers(0, 50, n),
        site=int(rng.integers(n)),
        before_ms=dijkstra(there, indices=sources[:OPEN_SITES], min_only=True),
        some_network=replace(network, arc_ms=some),
        some_arc=some_arc,
        some_ms=some_ms[some_arc],
        all_network=replace(network, arc_ms=every),
        all_ms=quickest(every),
        point_x=rng.uniform(roads.node_x.min(), roads.node_x.max(), POINTS),
        point_y=rng.uniform(roads.node_y.min(), roads.node_y.max(), POINTS),
    )


def by_pair(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the arcs in order of tail and head, and where each pair of nodes starts among them."""
    pair = network.arc_tail.astype(np.int64) * network.roads.node_count + network.arc_head
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    return order, np.concatenate([[0], np.flatnonzero(pair[1:] != pair[:-1]) + 1])


def matrix(arcs: Arcs, nodes: int) -> csr_matrix:
    """Return arcs as a sparse matrix of float milliseconds; a stored zero is an arc that takes no time."""
    start = np.concatenate([[0], np.cumsum(np.bincount(arcs.tail, minlength=nodes))]).astype(np.int32)
    return csr_matrix((arcs.ms.astype(np.float64), arcs.head, start), shape=(nodes, nodes))


# --------------------------------------------------------------------------------------------------------- adapters

Sparse = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]
"""Starts of the sources, and node and time of each node within the limit, in any order."""


class Adapter:
    """One engine on one case; making it is building its structure.

    Attributes
    ----------
    name
        What the tables call it.
    package
        Distribution whose version is reported; empty for none.
    works
        Names of the works it offers.
    most_nodes
        Largest network that it is asked for.
    tolerance_ms
        How far its times may be off after rounding to whole milliseconds: 0 for all that can count.
    apart
        Works that need a structure of their own, built and reported apart.
    """

    name = ""
    package = ""
    works: tuple[str, ...] = ()
    most_nodes = 2_000_000
    tolerance_ms = 0
    apart: tuple[str, ...] = ()

    def __init__(self, case: Case, structure: str) -> None:
        self.case = case
        self.structure = structure

    @classmethod
    def structure_for(cls, work: str, case: Case) -> str:  # noqa: ARG003 (a peer may decide by the case)
        """Return which structure a work needs: ``"times"``, or the work's own name."""
        return work if work in cls.apart else "times"

    def nearest(self) -> NDArray[Any]:
        """Return the time from the nearest of ``case.sources`` to every node."""
        raise NotImplementedError

    def within(self, nodes: NDArray[np.int32], cutoff_ms: int) -> Sparse:
        """Return every node within ``cutoff_ms`` (inclusive) of each of ``nodes``."""
        raise NotImplementedError

    def table(self, nodes: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[Any]:
        """Return the time from each of ``nodes`` to each of ``targets``."""
        raise NotImplementedError

    def two_step(self, nodes: NDArray[np.int32], beds: NDArray[np.int64], cutoff_ms: int) -> NDArray[np.float64]:
        """Return the access of every node by the two-step floating catchment area method.

        Step 1: the ratio of a facility's beds to the people within the limit. Step 2: the sum of the ratios of the
        facilities within the limit of a node (Luo and Wang 2003).
        """
        return access(self.within(nodes, cutoff_ms), beds, self.case.people)

    def new_site(self, cutoff_ms: int) -> int:
        """Return the people within the limit of the new site who were not within it of an open one."""
        _, node, _ = self.within(np.array([self.case.site], np.int32), cutoff_ms)
        return int(self.case.people[node[self.case.before_ms[node] > cutoff_ms]].sum())

    def sweep(self, nodes: NDArray[np.int32]) -> Any:
        """Return the times of every node from each of a few ``nodes``, in whatever layout is the engine's own."""
        raise NotImplementedError

    def rows(self, swept: Any) -> NDArray[Any]:
        """Return a sweep as one row per source in the network's numbering; not timed."""
        return np.asarray(swept)

    def reweight_some(self) -> None:
        """Take on the times of ``case.some_arc``; what follows answers at them."""
        raise NotImplementedError

    def reweight_all(self) -> None:
        """Take on the times ``case.all_ms``; what follows answers at them."""
        raise NotImplementedError

    def restore(self) -> None:
        """Undo what was reweighted; not timed."""

    def join(self) -> NDArray[np.float64]:
        """Return the metres from each point of the case to the nearest edge."""
        raise NotImplementedError


def access(found: Sparse, beds: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return both steps from everything within the limit of each facility."""
    start, node, _ = found
    total = np.concatenate([[0], np.cumsum(people[node])])
    reached = total[start[1:]] - total[start[:-1]]
    ratio = np.divide(beds, reached, out=np.zeros(beds.size), where=reached > 0)
    return np.bincount(node, weights=np.repeat(ratio, np.diff(start)), minlength=people.size)


# ------------------------------------------------------------------------------------------------------------ works


@dataclass(frozen=True, kw_only=True)
class Work:
    """One thing to measure.

    Attributes
    ----------
    name, title
        What options and tables call it.
    of
        Number of sources it consists of, by the case; 1 where it cannot be divided.
    call
        Does the work for the first so many sources.
    answer
        What is compared, from what ``call`` returned.
    changes
        Whether it changes the structure, which is restored after each call.
    """

    name: str
    title: str
    of: Callable[[Case], int]
    call: Callable[[Adapter, int], Any]
    answer: Callable[[Adapter, Any], Any] = lambda _, found: found
    changes: bool = False

    def restore(self, *engines: Adapter) -> None:
        """Undo what the work changed; not timed."""
        if self.changes:
            for engine in engines:
                engine.restore()


def _within(minutes: int) -> Callable[[Adapter, int], Any]:
    return lambda engine, count: engine.within(engine.case.facilities[:count], minutes * MINUTE_MS)


def _afterwards(engine: Adapter, _: Any) -> NDArray[Any]:
    return engine.table(engine.case.origins[:CHECKED], engine.case.destinations[:1000])


WORKS = {
    work.name: work
    for work in (
        Work(
            name="nearest",
            title=f"nearest of {SOURCES} for every node",
            of=lambda _: 1,
            call=lambda engine, _: engine.nearest(),
        ),
        Work(
            name="within15",
            title=f"everything within 15 minutes of {FACILITIES:,} facilities, sparse",
            of=lambda case: case.facilities.size,
            call=_within(15),
        ),
        Work(
            name="within30",
            title=f"everything within 30 minutes of {FACILITIES:,} facilities, sparse",
            of=lambda case: case.facilities.size,
            call=_within(30),
        ),
        Work(
            name="table",
            title=f"matrix of {ORIGINS:,} × {DESTINATIONS:,}",
            of=lambda case: case.origins.size,
            call=lambda engine, count: engine.table(engine.case.origins[:count], engine.case.destinations),
        ),
        Work(
            name="two_step",
            title=f"both steps of 2SFCA, {FACILITIES:,} facilities, 30 minutes",
            of=lambda case: case.facilities.size,
            call=lambda engine, count: engine.two_step(
                engine.case.facilities[:count], engine.case.beds[:count], 30 * MINUTE_MS
            ),
        ),
        Work(
            name="sweep",
            title=f"{LANES} sources to every node",
            of=lambda case: case.lanes.size,
            call=lambda engine, count: engine.sweep(engine.case.lanes[:count]),
            answer=lambda engine, swept: engine.rows(swept),
        ),
        Work(
            name="new_site",
            title="people newly within 15 minutes by one new site",
            of=lambda _: 1,
            call=lambda engine, _: engine.new_site(15 * MINUTE_MS),
        ),
        Work(
            name="reweight_some",
            title="new times for 1 % of the arcs",
            of=lambda _: 1,
            call=lambda engine, _: engine.reweight_some(),
            answer=_afterwards,
            changes=True,
        ),
        Work(
            name="reweight_all",
            title="new times for every arc",
            of=lambda _: 1,
            call=lambda engine, _: engine.reweight_all(),
            answer=_afterwards,
            changes=True,
        ),
        Work(
            name="join",
            title=f"{POINTS:,} points joined to the nearest edge",
            of=lambda _: 1,
            call=lambda engine, _: engine.join(),
        ),
    )
}


# ----------------------------------------------------------------------------------------------------------- checks


class Wrong(Exception):  # noqa: N818 (what it says)
    """Two engines disagree; the text says where."""


def difference(work: str, ours: Any, theirs: Any, *, nodes: int, tolerance_ms: int) -> float:
    """Compare two answers and return the largest difference in ms before rounding (0 where nothing is a time).

    Times are rounded to whole milliseconds and must then be equal. Of a peer that cannot count exactly they must be
    within ``tolerance_ms``, what is reached within a limit the same but for what stands that near it, and sums over
    what is reached within a thousandth at 999 of 1,000 nodes.

    Raises
    ------
    Wrong
        When they disagree.
    """
    if work == "new_site":
        if abs(ours - theirs) > (ours / 1000 if tolerance_ms else 0):
            raise Wrong(f"{ours} and {theirs} people")
        return 0.0
    if work in {"two_step", "join"}:
        far = ~np.isclose(ours, theirs, rtol=1e-3 if tolerance_ms else 1e-9, atol=1e-9)
        if far.mean() > (0.001 if tolerance_ms else 0):
            raise Wrong(f"{np.count_nonzero(far)} of {far.size} values differ")
        return 0.0
    if work.startswith("within"):
        return _sparse_difference(ours, theirs, nodes=nodes, tolerance_ms=tolerance_ms, limit=int(work[6:]) * MINUTE_MS)
    return _time_difference(_times(ours), _times(theirs), tolerance_ms)


def _times(values: Any) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    return np.where(found >= UNREACHED_MS, np.inf, found)


def _time_difference(ours: NDArray[np.float64], theirs: NDArray[np.float64], tolerance_ms: int) -> float:
    if ours.shape != theirs.shape:
        raise Wrong(f"shapes {ours.shape} and {theirs.shape}")
    reached = np.isfinite(ours)
    if not np.array_equal(reached, np.isfinite(theirs)):
        raise Wrong(f"{np.count_nonzero(reached != np.isfinite(theirs))} times are reached by one of the two only")
    if not reached.any():
        return 0.0
    a, b = ours[reached], theirs[reached]
    apart = np.abs(np.round(a) - np.round(b))
    if apart.max() > tolerance_ms:
        count = np.count_nonzero(apart > tolerance_ms)
        raise Wrong(f"{count} of {apart.size} times differ, by up to {apart.max():g} ms")
    return float(np.abs(a - b).max())


def _sparse_difference(ours: Sparse, theirs: Sparse, *, nodes: int, tolerance_ms: int, limit: int) -> float:
    (a, a_ms), (b, b_ms) = _keyed(ours, nodes), _keyed(theirs, nodes)
    _, in_a, in_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    alone = np.concatenate([np.delete(a_ms, in_a), np.delete(b_ms, in_b)])
    if alone.size and (tolerance_ms == 0 or np.round(alone).min() < limit - tolerance_ms):
        raise Wrong(f"{alone.size} pairs of {a.size} are within the limit for one of the two only")
    return _time_difference(a_ms[in_a], b_ms[in_b], tolerance_ms)


def _keyed(found: Sparse, nodes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    start, node, ms = found
    key = np.repeat(np.arange(start.size - 1, dtype=np.int64), np.diff(start)) * nodes + node
    order = np.argsort(key)
    return key[order], np.asarray(ms, dtype=np.float64)[order]
