"""Other engines, one small adapter each, all optional: what cannot be imported is left out with a sentence.

Where an engine has no search from many sources at once, a node that has an arc of no time to each source stands in for
them. Rows that are dense by nature are made a few at a time and kept sparse where sparse is asked for.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.networks import Absent
from benchmarks.work import UNREACHED_MS, Adapter, Arcs, Case, Sparse, matrix

CELLS_AT_ONCE = 1 << 24
IntArray = NDArray[np.int32]


def chunks(nodes: NDArray[Any], width: int) -> Iterator[slice]:
    """Yield slices of ``nodes`` so that a dense block of ``width`` columns stays small."""
    step = max(1, CELLS_AT_ONCE // width)
    for first in range(0, nodes.size, step):
        yield slice(first, min(first + step, nodes.size))


def sparse(found: list[tuple[IntArray, NDArray[Any]]]) -> Sparse:
    """Return one (node, time) pair of arrays per source as one sparse answer."""
    start = np.concatenate([[0], np.cumsum([node.size for node, _ in found])])
    return start, np.concatenate([node for node, _ in found]), np.concatenate([ms for _, ms in found])


def near(row: NDArray[Any], cutoff_ms: float) -> tuple[IntArray, NDArray[Any]]:
    """Return which nodes of a dense row are within the limit, and their times."""
    node = np.flatnonzero(row <= cutoff_ms).astype(np.int32)
    return node, row[node]


def joined(case: Case) -> Arcs:
    """Return the arcs with one node more, which stands for all sources at once."""
    n, count = case.nodes, case.sources.size
    return Arcs(
        tail=np.concatenate([case.arcs.tail, np.full(count, n, np.int32)]),
        head=np.concatenate([case.arcs.head, case.sources]),
        ms=np.concatenate([case.arcs.ms, np.zeros(count, np.int64)]),
    )


def arcs_for(case: Case, structure: str) -> tuple[Arcs, int]:
    """Return the arcs and the number of nodes of a structure; that for the nearest has the node more."""
    return (joined(case), case.nodes + 1) if structure == "nearest" else (case.arcs, case.nodes)


def degrees(case: Case) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return latitude and longitude as peers order by them: any plane coordinates of that size do."""
    roads = case.network.roads
    y, x = (roads.node_y - roads.node_y.min()) / 111_000, (roads.node_x - roads.node_x.min()) / 111_000
    return y.astype(np.float32), x.astype(np.float32)


class RowByRow(Adapter):
    """An engine that gives one dense row per source."""

    def row(self, node: int) -> NDArray[Any]:
        """Return the time of every node."""
        raise NotImplementedError

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        return sparse([near(self.row(int(node)), cutoff_ms) for node in nodes])

    def sweep(self, nodes: IntArray) -> NDArray[Any]:
        return np.array([self.row(int(node)) for node in nodes])


class Scipy(Adapter):
    """``scipy.sparse.csgraph.dijkstra``: bounded where there is a limit, a few sources at a time."""

    name = "scipy"
    package = "scipy"
    works = (
        "nearest", "within15", "within30", "table", "two_step", "sweep", "new_site", "reweight_some", "reweight_all",
    )  # fmt: skip
    most_nodes = 10_000_000

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        self.matrix: csr_matrix = matrix(case.arcs, case.nodes)

    def nearest(self) -> NDArray[np.float64]:
        return dijkstra(self.matrix, indices=self.case.sources, min_only=True)

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        found = []
        for part in chunks(nodes, self.case.nodes):
            rows = dijkstra(self.matrix, indices=nodes[part], limit=cutoff_ms)
            found += [near(row, cutoff_ms) for row in rows]
        return sparse(found)

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        return np.concatenate(
            [dijkstra(self.matrix, indices=nodes[part])[:, targets] for part in chunks(nodes, self.case.nodes)]
        )

    def two_step(self, nodes: IntArray, beds: NDArray[np.int64], cutoff_ms: int) -> NDArray[np.float64]:
        total, people = np.zeros(self.case.nodes), self.case.people
        for part in chunks(nodes, self.case.nodes):
            rows = dijkstra(self.matrix, indices=nodes[part], limit=cutoff_ms)
            for row, supply in zip(rows, beds[part], strict=True):
                node = np.flatnonzero(row <= cutoff_ms)
                reached = people[node].sum()
                total[node] += supply / reached if reached else 0.0
        return total

    def sweep(self, nodes: IntArray) -> NDArray[np.float64]:
        return dijkstra(self.matrix, indices=nodes)

    def reweight_some(self) -> None:
        self.matrix.data[self.case.some_arc] = self.case.some_ms

    def reweight_all(self) -> None:
        self.matrix.data[:] = self.case.all_ms

    def restore(self) -> None:
        self.matrix.data[:] = self.case.arcs.ms


class Pandana(Adapter):
    """pandana: contraction hierarchies, float32 seconds.

    It keeps whole thousandths of its unit inside and cuts off what is finer: a quarter of a millisecond more on each
    arc brings back what the division lost. An arc of no time takes it a millisecond. Its search for points of interest
    runs against the arcs.
    """

    name = "pandana"
    package = "pandana"
    works = ("nearest", "within15", "within30", "table", "two_step", "new_site")
    tolerance_ms = 100
    furthest_s = 1e6

    @classmethod
    def structure_for(cls, work: str, case: Case) -> str:
        return "nearest" if work == "nearest" and not case.symmetric else "times"

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        pandas, pandana = importlib.import_module("pandas"), importlib.import_module("pandana")
        tail, head = case.arcs.tail, case.arcs.head
        if structure == "nearest":
            tail, head = head, tail
        roads = case.network.roads
        self.net = pandana.Network(
            pandas.Series(roads.node_x),
            pandas.Series(roads.node_y),
            pandas.Series(tail),
            pandas.Series(head),
            pandas.DataFrame({"s": (case.arcs.ms + 0.25) / 1000}),
            twoway=False,
        )

    def nearest(self) -> NDArray[np.float64]:
        # Nodes by number: finding them again by their coordinates would cost pandana time that is not its search.
        self.net.net.initialize_category(self.furthest_s, 1, b"sources", self.case.sources.astype(np.int64))
        ms, _ = self.net.net.find_all_nearest_pois(self.furthest_s, 1, b"sources", 0)
        return np.where(ms[:, 0] < 0, np.inf, ms[:, 0] * 1000)

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        found = []
        for part in chunks(nodes, 16 * self.case.nodes):  # it makes Python objects of all pairs of one call
            frame = self.net.nodes_in_range(nodes[part].astype(np.int64), (cutoff_ms + 0.4) / 1000)
            source, node = frame["source"].to_numpy(), frame["destination"].to_numpy(np.int32)
            # It keeps the order of the sources, and each reaches itself.
            ends = np.flatnonzero(source[1:] != source[:-1]) + 1
            s = frame["s"].to_numpy() * 1000
            found += list(zip(np.split(node, ends), np.split(s, ends), strict=True))
        return sparse(found)

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        pairs = np.repeat(nodes, targets.size).astype(np.int64), np.tile(targets, nodes.size).astype(np.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it lists every pair without a way
            s = np.array(self.net.shortest_path_lengths(*pairs))
        return np.where(s > 4e6, np.inf, s * 1000).reshape(nodes.size, targets.size)


class Igraph(RowByRow):
    """python-igraph."""

    name = "igraph"
    package = "igraph"
    works = ("nearest", "within15", "within30", "table", "sweep", "new_site")
    apart = ("nearest",)

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        arcs, nodes = arcs_for(case, structure)
        igraph = importlib.import_module("igraph")
        self.graph = igraph.Graph(n=nodes, edges=np.column_stack([arcs.tail, arcs.head]), directed=True)
        self.graph.es["ms"] = arcs.ms.tolist()

    def row(self, node: int) -> NDArray[np.float64]:
        return np.array(self.graph.distances(source=[node], weights="ms")[0], dtype=np.float64)

    def nearest(self) -> NDArray[np.float64]:
        return self.row(self.case.nodes)[:-1]

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        found = self.graph.distances(source=nodes.tolist(), target=targets.tolist(), weights="ms")
        return np.array(found, dtype=np.float64)


class Networkit(RowByRow):
    """NetworKit."""

    name = "networkit"
    package = "networkit"
    works = ("nearest", "within15", "within30", "table", "sweep", "new_site")
    apart = ("nearest",)

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        arcs, nodes = arcs_for(case, structure)
        self.kit = importlib.import_module("networkit")
        self.kit.setNumberOfThreads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        triples = (arcs.ms.astype(np.float64), (arcs.tail.astype(np.uint64), arcs.head.astype(np.uint64)))
        self.graph = self.kit.GraphFromCoo(triples, n=nodes, weighted=True, directed=True)

    def row(self, node: int) -> NDArray[np.float64]:
        search = self.kit.distance.Dijkstra(self.graph, node, False)
        search.run()
        return infinite(np.array(search.getDistances(asarray=True)))

    def nearest(self) -> NDArray[np.float64]:
        return self.row(self.case.nodes)[:-1]

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        search = self.kit.distance.SPSP(self.graph, nodes.tolist())
        search.setTargets(targets.tolist())
        search.run()
        return infinite(np.array(search.getDistances(asarray=True)))


def infinite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times with the largest number, which means no way, as infinity."""
    values[values > UNREACHED_MS] = np.inf
    return values


class Rustworkx(Adapter):
    """rustworkx."""

    name = "rustworkx"
    package = "rustworkx"
    works = ("nearest", "within15", "within30", "table", "new_site")
    apart = ("nearest",)

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        arcs, nodes = arcs_for(case, structure)
        self.rx = importlib.import_module("rustworkx")
        self.graph = self.rx.PyDiGraph()
        self.graph.add_nodes_from(range(nodes))
        self.graph.add_edges_from(list(zip(arcs.tail.tolist(), arcs.head.tolist(), arcs.ms.tolist(), strict=True)))

    def reached(self, node: int) -> tuple[IntArray, NDArray[np.float64]]:
        """Return every node that there is a way to, and its time."""
        found = self.rx.digraph_dijkstra_shortest_path_lengths(self.graph, node, float)
        nodes = np.fromiter(found.keys(), np.int32, len(found))
        ms = np.fromiter(found.values(), np.float64, len(found))
        return np.append(nodes, np.int32(node)), np.append(ms, 0.0)

    def nearest(self) -> NDArray[np.float64]:
        return self._row(self.case.nodes, self.case.nodes + 1)[:-1]

    def _row(self, node: int, width: int) -> NDArray[np.float64]:
        nodes, ms = self.reached(node)
        row = np.full(width, np.inf)
        row[nodes] = ms
        return row

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        found = []
        for source in nodes.tolist():
            node, ms = self.reached(source)
            kept = ms <= cutoff_ms
            found.append((node[kept], ms[kept]))
        return sparse(found)

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        return np.array([self._row(node, self.case.nodes)[targets] for node in nodes.tolist()])


class RoutingkitCch(RowByRow):
    """routingkit-cch: customisable contraction hierarchies, lists of Python integers."""

    name = "routingkit-cch"
    package = "routingkit-cch"
    works = (
        "nearest", "within15", "within30", "table", "sweep", "new_site", "reweight_some", "reweight_all",
    )  # fmt: skip

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        self.kit = importlib.import_module("routingkit_cch")
        tail, head = case.arcs.tail.tolist(), case.arcs.head.tolist()
        latitude, longitude = (values.tolist() for values in degrees(case))
        order = self.kit.compute_order_inertial(case.nodes, tail, head, latitude, longitude)
        self.cch = self.kit.CCH(order, tail, head, False)
        self.ms = case.arcs.ms.tolist()
        self.metric = self.kit.CCHMetric(self.cch, self.ms)
        self.updater = self.kit.CCHMetricPartialUpdater(self.cch)
        self.some = dict(zip(case.some_arc.tolist(), case.some_ms.tolist(), strict=True))
        self.all_ms = case.all_ms.tolist()
        self._to_all: Any = None

    @property
    def to_all(self) -> Any:
        """The search to every node, kept between calls."""
        if self._to_all is None:
            self._to_all = self.kit.CCHOneToMany(self.metric, list(range(self.case.nodes)))
        return self._to_all

    def row(self, node: int) -> NDArray[np.float64]:
        return np.array(self.to_all.distances_from(node), dtype=np.float64)

    def nearest(self) -> NDArray[np.float64]:
        return unknown(self.to_all.distances_from_multi([(node, 0) for node in self.case.sources.tolist()]))

    def sweep(self, nodes: IntArray) -> NDArray[np.float64]:
        return unknown(super().sweep(nodes))

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        search = self.kit.CCHOneToMany(self.metric, targets.tolist())
        return unknown([search.distances_from(node) for node in nodes.tolist()])

    def reweight_some(self) -> None:
        self._to_all = None  # no search may be alive
        self.updater.apply(self.metric, self.some)

    def reweight_all(self) -> None:
        self._to_all = None
        self.metric.reset(self.all_ms)

    def restore(self) -> None:
        self._to_all = None
        self.metric.reset(self.ms)


def unknown(values: Any) -> NDArray[np.float64]:
    """Return times with None or NaN, which mean no way, as infinity."""
    found = np.array(values, dtype=np.float64)
    found[np.isnan(found)] = np.inf
    return found


class Pyroutingkit(RowByRow):
    """pyroutingkit: customisable contraction hierarchies on numpy arrays; no search from many sources at once."""

    name = "pyroutingkit"
    package = "pyroutingkit"
    works = ("within15", "within30", "table", "sweep", "new_site", "reweight_some", "reweight_all")

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        kit = importlib.import_module("pyroutingkit")
        tail, head = case.arcs.tail.astype(np.uint32), case.arcs.head.astype(np.uint32)
        latitude, longitude = degrees(case)
        self.topology = kit.CCHTopology()
        self.topology.build(tail, head, latitude, longitude, case.nodes)
        self.metric = kit.CCHMetric(self.topology)
        self.ms, self.all_ms = case.arcs.ms.astype(np.uint32), case.all_ms.astype(np.uint32)
        self.some_arc, self.some_ms = case.some_arc.astype(np.uint32), case.some_ms.astype(np.uint32)
        self.threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        self.none = kit.INF_WEIGHT
        self.everything = np.arange(case.nodes, dtype=np.uint32)
        self.restore()

    def row(self, node: int) -> NDArray[np.float64]:
        return self._rows(np.array([node], np.uint32), self.everything)[0]

    def _rows(self, nodes: NDArray[np.uint32], targets: NDArray[np.uint32]) -> NDArray[np.float64]:
        found = self.metric.distances_many_to_many(nodes, targets).reshape(nodes.size, targets.size)
        return np.where(found == self.none, np.inf, found)

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        found = []
        for part in chunks(nodes, self.case.nodes):
            rows = self._rows(nodes[part].astype(np.uint32), self.everything)
            found += [near(row, cutoff_ms) for row in rows]
        return sparse(found)

    def sweep(self, nodes: IntArray) -> NDArray[np.float64]:
        return self._rows(nodes.astype(np.uint32), self.everything)

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        return self._rows(nodes.astype(np.uint32), targets.astype(np.uint32))

    def reweight_some(self) -> None:
        self.metric.update_weights(self.some_arc, self.some_ms)

    def reweight_all(self) -> None:
        self.metric.customize(self.all_ms, self.threads)

    def restore(self) -> None:
        self.metric.customize(self.ms, self.threads)


class Networkx(Adapter):
    """networkx, on small networks only."""

    name = "networkx"
    package = "networkx"
    works = ("nearest", "within15", "within30", "table", "new_site")
    most_nodes = 12_000

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        self.nx = importlib.import_module("networkx")
        self.graph = self.nx.DiGraph()
        self.graph.add_nodes_from(range(case.nodes))
        arcs = case.arcs
        self.graph.add_weighted_edges_from(
            zip(arcs.tail.tolist(), arcs.head.tolist(), arcs.ms.tolist(), strict=True), weight="ms"
        )

    def nearest(self) -> NDArray[np.float64]:
        sources = set(self.case.sources.tolist())
        return self._row(self.nx.multi_source_dijkstra_path_length(self.graph, sources, weight="ms"))

    def _row(self, found: dict[int, int]) -> NDArray[np.float64]:
        row = np.full(self.case.nodes, np.inf)
        row[np.fromiter(found, np.int64, len(found))] = np.fromiter(found.values(), np.float64, len(found))
        return row

    def within(self, nodes: IntArray, cutoff_ms: int) -> Sparse:
        parts = []
        for node in nodes.tolist():
            found = self.nx.single_source_dijkstra_path_length(self.graph, node, cutoff=cutoff_ms, weight="ms")
            parts.append(
                (np.fromiter(found, np.int32, len(found)), np.fromiter(found.values(), np.float64, len(found)))
            )
        return sparse(parts)

    def table(self, nodes: IntArray, targets: IntArray) -> NDArray[np.float64]:
        search: Callable[..., dict[int, int]] = self.nx.single_source_dijkstra_path_length
        return np.array([self._row(search(self.graph, node, weight="ms"))[targets] for node in nodes.tolist()])


class Shapely(Adapter):
    """``shapely.STRtree.query_nearest``, for joining points to roads only."""

    name = "shapely"
    package = "shapely"
    works = ("join",)
    apart = ("join",)

    def __init__(self, case: Case, structure: str) -> None:
        super().__init__(case, structure)
        self.tree = shapely.STRtree(case.network.roads.shapes()[case.network.joinable])
        self.points = shapely.points(case.point_x, case.point_y)

    def join(self) -> NDArray[np.float64]:
        _, metres = self.tree.query_nearest(self.points, return_distance=True, all_matches=False)
        return metres


PEERS: dict[str, type[Adapter]] = {
    peer.name: peer
    for peer in (
        Scipy, Pandana, Igraph, Networkit, Rustworkx, RoutingkitCch, Pyroutingkit, Networkx, Shapely,
    )
}  # fmt: skip


def peer(name: str) -> type[Adapter]:
    """Return a peer's adapter.

    Raises
    ------
    Absent
        When it is not installed or cannot be imported.
    """
    found = PEERS[name]
    module = {"routingkit-cch": "routingkit_cch"}.get(name, name)
    try:
        importlib.import_module(module)
        importlib.metadata.version(found.package)
    except (ImportError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Absent(f"{name} is left out: it is not installed here ({reason})") from error
    return found
