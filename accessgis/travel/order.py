"""The order in which junctions are eliminated, and the tree and arcs that follow from it: topology alone, no times.

Eliminating a junction joins its remaining neighbours with each other, so that no shortest path is lost. The arcs met
on the way make the hierarchy (Dibbelt, Strasser and Wagner 2016, *Customizable Contraction Hierarchies*); any times
can be laid on it afterwards. The order is found by minimum degree (Tinney and Walker 1967) inside the parts that
nested dissection leaves (:mod:`accessgis.travel.separators`). Which order is used changes how fast things are, and
never a result.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accessgis.travel.kernels import compiled, readonly, spatial_rank
from accessgis.travel.separators import Neighbours, dissect

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_LEAF = 1000
_SMALL = 30_000
"""A core with fewer junctions is eliminated by degree alone: cheaper, and about as good."""
_CORE_DEGREE = 5
_BUCKETS = 1 << 16
_FINEST = 4
"""Steps of priority within one degree, for how fast the roads at a junction are."""
_FASTER = (1.2, 1.7, 2.7)
_MOST_FILL = 60
"""Most arcs of the hierarchy for each edge of the network: beyond that it would not pay."""


class NoHierarchyError(ValueError):
    """The network has no small separators, so that a hierarchy would be far larger than the network."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Order:
    """An elimination order as a forest: junctions by position, ancestors before descendants, subtrees together.

    Attributes
    ----------
    position
        Position of each junction.
    parent
        Position of the parent of each position, −1 for roots.
    end
        The subtree below position p, itself included, is ``p:end[p]``.
    start, head
        Arcs from position p to its ancestors: ``head[start[p]:start[p + 1]]``, nearest ancestor (largest position)
        first. The heads of one row are ancestors of one another.
    below_start, below_arc, below
        The same arcs by head: arcs ``below_arc[below_start[p]:below_start[p + 1]]`` lead to p, from positions
        ``below``, ascending.
    """

    position: IntArray
    parent: IntArray
    end: IntArray
    start: LongArray
    head: IntArray
    below_start: LongArray
    below_arc: LongArray
    below: IntArray

    @property
    def node_count(self) -> int:
        """Number of junctions."""
        return self.position.size

    @property
    def arc_count(self) -> int:
        """Number of arcs of the hierarchy, each of which carries a time up and a time down."""
        return self.head.size


def find_order(
    x: FloatArray,
    y: FloatArray,
    tail: IntArray,
    head: IntArray,
    *,
    workers: Executor,
    speed: FloatArray | None = None,
) -> Order:
    """Find an elimination order of a road network.

    Parameters
    ----------
    x, y
        Coordinates of the junctions, metres; they only guide the search.
    tail, head
        Junctions of each edge, in any direction; loops and parallel edges do no harm.
    workers
        Where independent parts are worked on at the same time.
    speed
        How fast each edge is, in any unit: junctions of faster roads are eliminated later, which thins the hierarchy.

    Raises
    ------
    NoHierarchyError
        The arcs would outnumber the edges more than sixtyfold.
    """
    place = spatial_rank(x, y)
    nodes, given = x.size, (tail, head)
    tail, head = place[tail], place[head]
    graph = Neighbours(*_undirected(nodes, readonly(tail, np.int32), readonly(head, np.int32)))
    favour = _favour(nodes, tail, head, speed)
    most = _MOST_FILL * (tail.size + nodes) + 1024
    stop_at = _CORE_DEGREE if nodes > _SMALL else nodes + 1
    rank, core, *left = _eliminate(graph, favour, readonly(np.zeros(nodes), np.int32), stop_at, most)
    if core.size:
        graph, inside = Neighbours(*left), np.empty(nodes, np.int32)
        inside[place] = np.arange(nodes)
        inside = inside[core]
        stage = dissect(graph, x[inside], y[inside], leaf=_LEAF, workers=workers) if core.size > _SMALL else core * 0
        later = _eliminate(graph, readonly(favour[core], np.int32), readonly(stage, np.int32), nodes + 1, most)[0]
        if later.size < core.size:
            raise NoHierarchyError
        rank[core] = nodes - core.size + later
    if rank.size < nodes or (rank < 0).any():
        raise NoHierarchyError
    return order_of(rank[place], *given)


def order_of(rank: IntArray, tail: IntArray, head: IntArray) -> Order:
    """Return the forest and the arcs of a given elimination order.

    Parameters
    ----------
    rank
        When each junction is eliminated, 0 first.
    tail, head
        Junctions of each edge.

    Raises
    ------
    NoHierarchyError
        As in :func:`find_order`.
    """
    nodes = rank.size
    graph = Neighbours(*_undirected(nodes, readonly(rank[tail], np.int32), readonly(rank[head], np.int32)))
    start, upper = _fill(graph, _MOST_FILL * (tail.size + nodes) + 1024)
    if start.size <= nodes:
        raise NoHierarchyError
    place, parent, end, row, arc_head = _forest(start, upper)
    return with_arcs_below(position=place[rank], parent=parent, end=end, start=row, head=arc_head)


def with_arcs_below(*, position: IntArray, parent: IntArray, end: IntArray, start: LongArray, head: IntArray) -> Order:
    """Return an order from its forest and arcs; the arcs by head follow from them."""
    start, head = readonly(start, np.int64), readonly(head, np.int32)
    below_start, below_arc, below = _transposed(start, head)
    return Order(
        position=readonly(position, np.int32),
        parent=readonly(parent, np.int32),
        end=readonly(end, np.int32),
        start=start,
        head=head,
        below_start=readonly(below_start, np.int64),
        below_arc=readonly(below_arc, np.int64),
        below=readonly(below, np.int32),
    )


def extended(order: Order, node_count: int, tail: IntArray, head: IntArray) -> Order:
    """Return the order of a network to which junctions and edges were added: the new junctions are eliminated first.

    Parameters
    ----------
    order
        Order of the network before.
    node_count
        Junctions now; those that were there keep their numbers.
    tail, head
        Junctions of every edge now.
    """
    added = node_count - order.node_count
    rank = np.empty(node_count, np.int32)
    rank[: order.node_count] = added + order.node_count - 1 - order.position
    rank[order.node_count :] = np.arange(added)
    return order_of(rank, tail, head)


def _favour(nodes: int, tail: IntArray, head: IntArray, speed: FloatArray | None) -> IntArray:
    """Return 0 to 3 for each junction: how its fastest road compares with the usual one."""
    favour = np.zeros(nodes, np.int32)
    if speed is not None and speed.size:
        steps = np.searchsorted(np.array(_FASTER) * float(np.median(speed)), speed).astype(np.int32)
        for ends in (tail, head):
            np.maximum.at(favour, ends, steps)
    return readonly(favour, np.int32)


@compiled
def _undirected(nodes: int, tail: IntArray, head: IntArray) -> Any:
    """Return starts and neighbours of each junction, ascending, without loops and repetitions."""
    size = np.zeros(nodes + 1, np.int64)
    for e in range(tail.size):
        if tail[e] != head[e]:
            size[tail[e] + 1] += 1
            size[head[e] + 1] += 1
    first = np.cumsum(size)
    at = first[:-1].copy()
    half = np.empty(first[-1], np.int32)
    for e in range(tail.size):
        if tail[e] != head[e]:
            half[at[tail[e]]] = head[e]
            at[tail[e]] += 1
            half[at[head[e]]] = tail[e]
            at[head[e]] += 1
    start, kept = np.zeros(nodes + 1, np.int64), 0
    for v in range(nodes):
        _sort_row(half, first[v], first[v + 1])
        last = np.int32(-1)
        for i in range(first[v], first[v + 1]):
            w = half[i]
            if w != last:
                last = w
                half[kept] = w
                kept += 1
        start[v + 1] = kept
    return start, half[:kept].copy()


@compiled
def _eliminate(graph: Neighbours, favour: IntArray, stage: IntArray, most_degree: int, most: int) -> Any:
    """Eliminate the junctions of stage 0 by degree, then the others by stage; return ranks, and what is left.

    Stops at the first junction of ``most_degree``: then the junctions left (rank −1), and the starts and neighbours
    among them, are returned too. The ranks are empty when more than ``most`` neighbours were listed.
    Junctions of later stages are not followed while they wait: their neighbours are found by :func:`_fill`.
    """
    nodes = graph.start.size - 1
    none = np.empty(0, np.int32)
    first, size, room = np.empty(nodes, np.int64), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    pool = np.empty(2 * graph.node.size + 6 * nodes + 1024, np.int32)
    top = 0
    for v in range(nodes):
        degree = np.int32(graph.start[v + 1] - graph.start[v])
        first[v], size[v], room[v] = top, degree, degree + 2
        for i in range(degree):
            pool[top + i] = graph.node[graph.start[v] + i]
        top += degree + 2
    lists = _empty_lists(nodes)
    low, waiting = _BUCKETS, 0
    for v in range(nodes):
        if stage[v] == 0:
            low = min(low, _insert(lists, v, size[v] * _FINEST + favour[v]))
            waiting += 1
    rank, done = np.full(nodes, np.int32(-1), np.int32), 0
    mine, merged = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    while waiting > 0:
        while lists[0][low] < 0:
            low += 1
        u = lists[0][low]
        if size[u] >= most_degree:
            left, start, node = _remaining(rank, first, size, pool)
            return rank, left, start, node
        _remove(lists, u)
        waiting -= 1
        rank[u] = done
        done += 1
        degree = size[u]
        for i in range(degree):
            mine[i] = pool[first[u] + i]
        for i in range(degree):
            v = mine[i]
            if stage[v] > 0:
                continue
            count = _merge(pool, first[v], size[v], mine, degree, u, v, merged)
            if count > room[v]:
                room[v] = count + count // 2 + 2
                if top + room[v] > pool.size:
                    if top > most:
                        return none, none, np.zeros(1, np.int64), none
                    larger = np.empty(2 * pool.size + room[v], np.int32)
                    larger[:top] = pool[:top]
                    pool = larger
                first[v] = top
                top += room[v]
            for j in range(count):
                pool[first[v] + j] = merged[j]
            size[v] = count
            _remove(lists, v)
            low = min(low, _insert(lists, v, count * _FINEST + favour[v]))
    later = np.argsort(stage, kind="mergesort")
    for v in later:
        if stage[v] > 0:
            rank[v] = done
            done += 1
    return rank, none, np.zeros(1, np.int64), none


@compiled
def _merge(pool: IntArray, first: int, size: int, other: IntArray, others: int, u: int, v: int, out: IntArray) -> Any:
    """Merge ``pool[first:first + size]`` with ``other[:others]``, both ascending, without u and v; return the count."""
    i, j, count = first, 0, 0
    last = first + size
    while i < last or j < others:
        if j >= others or (i < last and pool[i] <= other[j]):
            w = pool[i]
            if j < others and other[j] == w:
                j += 1
            i += 1
        else:
            w = other[j]
            j += 1
        if w != u and w != v:  # noqa: PLR1714 (a tuple would be built each time)
            out[count] = w
            count += 1
    return count


@compiled
def _sort_row(values: IntArray, low: int, high: int) -> None:
    """Sort ``values[low:high]`` in place; rows are short."""
    if high - low > 32:
        values[low:high].sort()
        return
    for i in range(low + 1, high):
        value = values[i]
        j = i - 1
        while j >= low and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


@compiled
def _remaining(rank: IntArray, first: LongArray, size: IntArray, pool: IntArray) -> Any:
    """Return the junctions without a rank, and starts and neighbours among them."""
    left = np.flatnonzero(rank < 0).astype(np.int32)
    number = np.full(rank.size, np.int32(-1), np.int32)
    start = np.zeros(left.size + 1, np.int64)
    for i in range(left.size):
        number[left[i]] = i
        start[i + 1] = start[i] + size[left[i]]
    node = np.empty(start[-1], np.int32)
    for i in range(left.size):
        for j in range(size[left[i]]):
            node[start[i] + j] = number[pool[first[left[i]] + j]]
    return left, start, node


@compiled
def _empty_lists(nodes: int) -> Any:
    """Return buckets of junctions as linked lists: first and last of each bucket, and next, before, bucket of each."""
    return (
        np.full(_BUCKETS, np.int32(-1), np.int32),
        np.full(_BUCKETS, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
        np.full(nodes, np.int32(-1), np.int32),
    )


@compiled
def _insert(lists: Any, v: int, key: int) -> Any:
    """Append a junction to the bucket of its key; return the bucket."""
    first, last, after, before, bucket = lists
    b = min(key, _BUCKETS - 1)
    bucket[v], after[v], before[v] = b, -1, last[b]
    if last[b] < 0:
        first[b] = v
    else:
        after[last[b]] = v
    last[b] = v
    return b


@compiled
def _remove(lists: Any, v: int) -> None:
    first, last, after, before, bucket = lists
    if before[v] >= 0:
        after[before[v]] = after[v]
    else:
        first[bucket[v]] = after[v]
    if after[v] >= 0:
        before[after[v]] = before[v]
    else:
        last[bucket[v]] = before[v]


@compiled
def _fill(graph: Neighbours, most: int) -> Any:
    """Return starts and later neighbours of each rank once everything before it is eliminated; empty beyond ``most``.

    What is left to a rank are its own later neighbours and those of the ranks whose first later neighbour it is.
    """
    nodes = graph.start.size - 1
    start = np.zeros(nodes + 1, np.int64)
    upper = np.empty(graph.node.size + 1024, np.int32)
    child, sibling = np.full(nodes, np.int32(-1), np.int32), np.full(nodes, np.int32(-1), np.int32)
    seen = np.full(nodes, np.int32(-1), np.int32)
    size = 0
    for v in range(nodes):
        need = graph.start[v + 1] - graph.start[v]
        c = child[v]
        while c >= 0:
            need += start[c + 1] - start[c]
            c = sibling[c]
        if size + need > upper.size:
            if size > most:
                return start[:0], upper[:0]
            larger = np.empty(2 * upper.size + need, np.int32)
            larger[:size] = upper[:size]
            upper = larger
        parent = np.int32(nodes)
        for i in range(graph.start[v], graph.start[v + 1]):
            w = graph.node[i]
            if w > v:
                seen[w] = v
                upper[size] = w
                size += 1
                parent = min(parent, w)
        c = child[v]
        while c >= 0:
            for i in range(start[c], start[c + 1]):
                w = upper[i]
                if w != v and seen[w] != v:
                    seen[w] = v
                    upper[size] = w
                    size += 1
                    parent = min(parent, w)
            c = sibling[c]
        start[v + 1] = size
        if parent < nodes:
            sibling[v] = child[parent]
            child[parent] = v
    return start, upper[:size].copy()


@compiled
def _forest(start: LongArray, upper: IntArray) -> Any:
    """Number ranks so that ancestors come first and subtrees stay together; return places, parents, ends and rows."""
    nodes = start.size - 1
    above, size = np.full(nodes, np.int32(-1), np.int32), np.ones(nodes, np.int32)
    for v in range(nodes):
        parent = np.int32(nodes)
        for i in range(start[v], start[v + 1]):
            parent = min(parent, upper[i])
        if parent < nodes:
            above[v] = parent
            size[parent] += size[v]
    place, free = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    root = np.int32(0)
    parent_of, end, row = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.zeros(nodes + 1, np.int64)
    for v in range(nodes - 1, -1, -1):
        if above[v] < 0:
            place[v] = root
            root += size[v]
        else:
            place[v] = free[above[v]]
            free[above[v]] += size[v]
        free[v] = place[v] + 1
        parent_of[place[v]] = -1 if above[v] < 0 else place[above[v]]
        end[place[v]] = place[v] + size[v]
        row[place[v] + 1] = start[v + 1] - start[v]
    for p in range(nodes):
        row[p + 1] += row[p]
    head = np.empty(upper.size, np.int32)
    for v in range(nodes):
        low = row[place[v]]
        for i in range(start[v], start[v + 1]):
            head[low + i - start[v]] = -place[upper[i]]
        _sort_row(head, low, row[place[v] + 1])
    for i in range(head.size):
        head[i] = -head[i]
    return place, parent_of, end, row, head


@compiled
def _transposed(row: LongArray, head: IntArray) -> Any:
    """Return the arcs by head, and the positions they come from."""
    start = np.zeros(row.size, np.int64)
    for e in range(head.size):
        start[head[e] + 1] += 1
    for p in range(row.size - 1):
        start[p + 1] += start[p]
    at = start[:-1].copy()
    arc, below = np.empty(head.size, np.int64), np.empty(head.size, np.int32)
    for p in range(row.size - 1):
        for e in range(row[p], row[p + 1]):
            arc[at[head[e]]] = e
            below[at[head[e]]] = p
            at[head[e]] += 1
    return start, arc, below
