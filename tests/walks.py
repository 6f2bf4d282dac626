"""Every trip of a small town walked by networkx: each arc cut wherever somebody joins it, each person on their leg."""

from __future__ import annotations

import itertools
from math import floor

import networkx as nx
from hypothesis import strategies as st
from strategies import Place, Town

ANY_SHARE = st.floats(0, 1)


def all_times(town: Town, starts: list[Place], ends: list[Place]) -> dict[tuple[int, int], int]:
    """Return the ms of every trip from ``starts`` to ``ends`` that is possible."""
    graph = nx.MultiDiGraph()
    for edge, street in enumerate(town.streets):
        for forward, ms in ((True, street.ms), (False, street.back_ms)):
            if ms is None:
                continue
            first, last = (street.tail, street.head) if forward else (street.head, street.tail)
            cuts = {0, ms}
            for role, group in (("start", starts), ("end", ends)):
                for person, place in enumerate(group):
                    for joined, share, metres in place:
                        if joined == edge:
                            along = floor(share * ms + 0.5)
                            at = along if forward else ms - along
                            cuts.add(at)
                            leg = (role, person), (edge, forward, at)
                            graph.add_edge(*(leg if role == "start" else leg[::-1]), ms=floor(metres * 1000 + 0.5))
            steps = sorted(cuts)
            for here, there in itertools.pairwise(steps):
                graph.add_edge((edge, forward, here), (edge, forward, there), ms=there - here)
            graph.add_edge(("node", first), (edge, forward, 0), ms=0)
            graph.add_edge((edge, forward, ms), ("node", last), ms=0)
    found = {}
    for i in range(len(starts)):
        if ("start", i) in graph:
            for node, ms in nx.single_source_dijkstra_path_length(graph, ("start", i), weight="ms").items():
                if node[0] == "end":
                    found[i, node[1]] = ms
    return found
