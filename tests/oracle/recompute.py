"""Recompute every time of an ``evidence/`` folder from its Parquet files alone, with scipy and networkx.

Nothing of accessgis is imported here. The formulation differs from the engine's: every join becomes a node
that cuts its edge, every demand point and facility becomes a node of its own behind its access leg, and one virtual
node stands behind all admitted facilities.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

FAR_M = 100.0


def whole_ms(seconds: pd.Series) -> np.ndarray:
    """Return whole milliseconds of seconds as printed, refusing anything that is not whole."""
    ms = seconds.to_numpy(dtype=np.float64) * 1000.0
    rounded = np.rint(ms)
    assert np.abs(ms - rounded).max(initial=0.0) < 1e-3
    return rounded.astype(np.int64)


@dataclass
class Evidence:
    """The tables of one evidence folder."""

    tables: dict[str, pd.DataFrame]

    @classmethod
    def read(cls, folder: Path) -> Evidence:
        return cls({path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))})

    def questions(self) -> pd.DataFrame:
        """Return the (rule, part, profile, direction) combinations that times are given for."""
        return self.tables["times"][["rule", "part", "profile", "direction"]].drop_duplicates()


@dataclass
class Expanded:
    """The expanded graph of one profile: arcs as arrays over numbered nodes."""

    tail: np.ndarray
    head: np.ndarray
    ms: np.ndarray
    node_count: int
    demand_node: dict[str, int]
    facility_node: dict[str, int]


def expand(evidence: Evidence, profile: str) -> Expanded:
    """Cut every edge at its joins and hang every point behind its access legs, for leaving and for arriving."""
    nodes = evidence.tables["nodes"]
    edges = evidence.tables["edges"].query("profile == @profile")
    snaps = evidence.tables["snaps"].query("profile == @profile and status == 'joined'").reset_index(drop=True)
    number = {int(node): i for i, node in enumerate(nodes["node"])}
    count = len(number)
    joins = count + np.arange(len(snaps))
    count += len(snaps)
    points: dict[tuple[str, str], int] = {}
    for key in zip(snaps["point"], snaps["id"], strict=True):
        points.setdefault(key, count + len(points))
    count += len(points)
    offset, access, edge_ms = whole_ms(snaps["offset_s"]), whole_ms(snaps["access_s"]), whole_ms(snaps["edge_s"])
    tail, head, ms = [], [], []

    def arc(a: int, b: int, cost: int) -> None:
        assert cost >= 0
        tail.append(a)
        head.append(b)
        ms.append(cost)

    on_edge = dict(snaps.groupby(["edge_id", "tail", "head"]).indices)
    for edge_id, a, b, cost in zip(
        edges["edge_id"], edges["tail"], edges["head"], whole_ms(edges["seconds"]), strict=True
    ):
        rows = on_edge.get((edge_id, a, b))
        if rows is None:
            arc(number[a], number[b], cost)
            continue
        assert (edge_ms[rows] == cost).all()
        previous, at = number[a], 0
        for row in rows[np.argsort(offset[rows], kind="stable")]:
            arc(previous, int(joins[row]), int(offset[row] - at))
            previous, at = int(joins[row]), int(offset[row])
        # Joins at one place must see each other whatever their order.
        ordered = rows[np.argsort(offset[rows], kind="stable")]
        for before, after in itertools.pairwise(ordered):
            if offset[before] == offset[after]:
                arc(int(joins[after]), int(joins[before]), 0)
        arc(previous, number[b], int(cost - at))
    # A point is left and entered through different copies of its joins: nobody travels through a point, because its
    # node is only ever an end. Access legs run both ways; passing through costs two legs and is never shorter than
    # the road between two joins of one point only if the point is not crossed, so demand and facility ends are split.
    for row, key in enumerate(zip(snaps["point"], snaps["id"], strict=True)):
        if key[0] == "demand":
            arc(points[key], int(joins[row]), int(access[row]))
        else:
            arc(int(joins[row]), points[key], int(access[row]))
    return Expanded(
        tail=np.array(tail), head=np.array(head), ms=np.array(ms), node_count=count,
        demand_node={name: node for (kind, name), node in points.items() if kind == "demand"},
        facility_node={name: node for (kind, name), node in points.items() if kind == "facility"},
    )  # fmt: skip


def _relief(graph: Expanded) -> Expanded:
    """Turn access legs around: facilities are left, residents are entered."""
    ends = np.array(sorted([*graph.demand_node.values(), *graph.facility_node.values()]))
    legs = np.isin(graph.tail, ends) | np.isin(graph.head, ends)
    return Expanded(
        tail=np.where(legs, graph.head, graph.tail), head=np.where(legs, graph.tail, graph.head), ms=graph.ms,
        node_count=graph.node_count, demand_node=graph.demand_node, facility_node=graph.facility_node,
    )  # fmt: skip


def recompute_seconds(evidence: Evidence, question: pd.Series, graph: Expanded) -> np.ndarray:
    """Return the network milliseconds of every demand point (in order of demand_id), ``inf`` without a way."""
    to_facility = question["direction"] == "to_facility"
    work = graph if to_facility else _relief(graph)
    chosen = evidence.tables["rule_facilities"].query("rule == @question.rule and part == @question.part")
    behind = [work.facility_node[name] for name in chosen["facility_id"] if name in work.facility_node]
    goal = work.node_count
    # Searching from the goal: against the arcs when residents travel, along them when the facility does.
    a, b = (work.head, work.tail) if to_facility else (work.tail, work.head)
    tail = np.concatenate([a, np.full(len(behind), goal)])
    head = np.concatenate([b, np.array(behind, dtype=np.int64)])
    # scipy drops nothing at +1: every arc is shifted by one and the hops are taken off again through a second weight.
    scale = 2**22
    weight = np.concatenate([work.ms * scale + 1, np.full(len(behind), 1)]).astype(np.float64)
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])]
    matrix = csr_array((weight[first], (tail[first], head[first])), shape=(goal + 1, goal + 1))
    found = dijkstra(matrix, directed=True, indices=goal)
    ids = evidence.tables["demand"]["demand_id"].astype(str)
    nodes = np.array([work.demand_node.get(name, -1) for name in ids])
    reached = np.where(nodes >= 0, found[nodes], np.inf)
    return np.where(np.isfinite(reached), np.floor(reached / scale), np.inf)


def recompute_direct(evidence: Evidence, question: pd.Series, *, walking_kph: float, limit_m: float) -> np.ndarray:
    """Return the milliseconds of the straight walk where both ends lie over 100 m from any joinable edge, else inf."""
    snaps = evidence.tables["snaps"].query("profile == @question.profile")
    near = snaps[(snaps["status"] == "joined") & (snaps["access_m"] <= FAR_M)]
    near_demand = set(near.loc[near["point"] == "demand", "id"])
    near_facility = set(near.loc[near["point"] == "facility", "id"])
    chosen = evidence.tables["rule_facilities"].query("rule == @question.rule and part == @question.part")
    frame = evidence.tables["facilities"].set_index("facility_id").loc[list(chosen["facility_id"])]
    far = frame[~frame.index.isin(near_facility)]
    demand = evidence.tables["demand"]
    result = np.full(len(demand), np.inf)
    if far.empty:
        return result
    alone = ~demand["demand_id"].astype(str).isin(near_demand).to_numpy()
    metres, _ = cKDTree(far[["x", "y"]].to_numpy()).query(demand.loc[alone, ["x", "y"]].to_numpy())
    ms = np.floor(metres * 3600.0 / walking_kph + 0.5)
    ms = np.where((ms == 0) & (metres > 0), 1, ms)
    result[alone] = np.where(metres <= limit_m, ms, np.inf)
    return result


def check_by_networkx(evidence: Evidence, question: pd.Series, graph: Expanded, sample: np.ndarray) -> None:
    """Search forwards from single demand points with networkx: time and facility must be those printed."""
    plain = nx.DiGraph()
    for a, b, cost in zip(graph.tail.tolist(), graph.head.tolist(), graph.ms.tolist(), strict=True):
        if not plain.has_edge(a, b) or plain[a][b]["ms"] > cost:
            plain.add_edge(a, b, ms=cost)
    chosen = evidence.tables["rule_facilities"].query("rule == @question.rule and part == @question.part")
    times = evidence.tables["times"]
    same = times["rule"].eq(question["rule"]) & times["part"].eq(question["part"])
    rows = times[same & times["profile"].eq(question["profile"])].set_index("demand_id")
    for demand_id in sample:
        row = rows.loc[demand_id]
        if row["via"] != "network" or str(demand_id) not in graph.demand_node:
            continue
        found = nx.single_source_dijkstra_path_length(plain, graph.demand_node[str(demand_id)], weight="ms")
        reach = {name: found[graph.facility_node[name]] for name in chosen["facility_id"]
                 if graph.facility_node.get(name) in found}  # fmt: skip
        if not np.isfinite(row["seconds"]):
            assert not reach
            continue
        assert min(reach.values()) == round(row["seconds"] * 1000)
        assert reach[row["facility_id"]] == min(reach.values())
