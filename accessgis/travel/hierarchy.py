"""Times laid on an elimination order: a hierarchy in which every shortest path first climbs, then descends.

Laying times (customization) and taking out the arcs that no shortest path needs (perfect customization) follow
Dibbelt, Strasser and Wagner 2016, *Customizable Contraction Hierarchies*, for directed networks. A new speed, a closed
or an opened road needs no new order, and what :class:`Laying` laid before spares it what did not change.

Both steps look at triangles (:mod:`accessgis.travel.triangles`), from the bottom up and from the top down.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accessgis.travel import triangles
from accessgis.travel.kernels import compiled, readonly
from accessgis.travel.order import Order
from accessgis.travel.triangles import LONGEST_MS, NEVER_MS, Marks, Rows, Times

__all__ = [
    "LONGEST_MS",
    "NEVER_MS",
    "Arcs",
    "Hierarchy",
    "Laying",
    "TooSlowError",
    "cut",
    "lay",
    "places_of",
]

IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]
Bytes4 = NDArray[np.uint32]
Bytes8 = NDArray[np.uint64]

_UP, _DOWN = 0, 1
_NOWHERE = -2


class TooSlowError(ValueError):
    """Some way takes 298 hours or more: the hierarchy cannot hold its time."""


class Arcs(NamedTuple):
    """Arcs by lower end: those of position p are ``arc[start[p]:start[p + 1]]``, each ``ms << 32 | upper end``."""

    start: Bytes4
    arc: Bytes8


@dataclass(frozen=True, eq=False, kw_only=True)
class Hierarchy:
    """An order with the times of one network, arcs that no shortest path needs left out.

    Attributes
    ----------
    order
        The elimination order.
    up
        Arcs travelled from the lower to the upper end.
    down
        Arcs travelled from the upper to the lower end.
    """

    order: Order
    up: Arcs
    down: Arcs

    @property
    def arc_count(self) -> int:
        """Number of arcs kept, both ways together."""
        return self.up.arc.size + self.down.arc.size

    @cached_property
    def longest_ms(self) -> int:
        """Longest time of an arc."""
        return max((int(arcs.arc.max() >> np.uint64(32)) for arcs in (self.up, self.down) if arcs.arc.size), default=0)


@dataclass(eq=False, kw_only=True)
class _State:
    """What was laid last: times given to the arcs of the network and of the order, and the hierarchy they gave."""

    ms: LongArray
    times: Times
    laid: Hierarchy


@dataclass(frozen=True, eq=False, kw_only=True)
class Laying:
    """Arcs of one network on its elimination order, to lay times on again and again.

    What it laid last is kept, so that times of which few are new are laid by going through what they change alone. That
    takes 24 bytes for each arc of the order, 20 for each arc of the network and 9 for each junction: about 185 for each
    junction of a road network. What is returned is the same to the byte as what :func:`lay` returns for these times,
    and stays as it is.

    Attributes
    ----------
    order
        Order of a network that has an edge, open or not, for every arc given.
    tail, head
        Junctions of the directed arcs.
    parts
        Into how many pieces the work is cut; it does not change the answer.
    """

    order: Order
    tail: IntArray
    head: IntArray
    parts: int = 2
    _kept: list[_State] = field(default_factory=list, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @cached_property
    def places(self) -> LongArray:
        """Where the times of the arcs go: see :func:`places_of`."""
        return places_of(self.order, self.tail, self.head)

    @cached_property
    def _ring(self) -> IntArray:
        """For each arc another one with the same place; needed from the second time on."""
        ring: IntArray = triangles.rings(self.places, 2 * self.order.arc_count)
        return ring

    @cached_property
    def _rows(self) -> Rows:
        order = self.order
        return Rows(order.start, order.head, order.below_start, order.below_arc, order.below)

    @cached_property
    def _pieces(self) -> tuple[LongArray, NDArray[np.bool_]]:
        return cut(self.order, self.parts)

    def lay(self, ms: LongArray, *, workers: Executor) -> Hierarchy:
        """Lay times; see :func:`lay`.

        Parameters
        ----------
        ms
            Whole milliseconds of every arc; exactly ``NEVER_MS`` closes one.
        workers
            Where the work is done.

        Raises
        ------
        ValueError
            An arc joins junctions that the order does not join.
        TooSlowError
            An arc of the hierarchy would take ``LONGEST_MS`` or more; nothing is kept then.
        """
        ms = readonly(ms, np.int64)
        with self._lock:
            state = self._kept.pop() if self._kept else None  # half done, it would be of no use
            if state is None:
                state = self._first(ms, workers)
            else:
                self._again(state, ms, workers)
            self._kept.append(state)
            return state.laid

    def _first(self, ms: LongArray, workers: Executor) -> _State:
        arcs, nodes = self.order.arc_count, self.order.node_count
        given = np.full((arcs, 2), NEVER_MS, np.uint32)
        triangles.put(self.places, ms, given)
        times = Times(given, np.empty_like(given), np.empty_like(given), np.empty((nodes, 2), np.uint32))
        marks = _marks(nodes, everything=True)
        self._run(times, marks, workers)
        nothing = Arcs(readonly(np.zeros(nodes + 1), np.uint32), readonly(np.empty(0), np.uint64))
        laid = self._written(times, marks, (nothing, nothing), workers)
        return _State(ms=ms.copy(), times=times, laid=laid)

    def _again(self, state: _State, ms: LongArray, workers: Executor) -> None:
        some = np.flatnonzero(ms != state.ms)
        if not some.size:
            return
        position = self.order.position
        lower = np.maximum(position[self.tail[some]], position[self.head[some]])
        marks = _marks(self.order.node_count, everything=False)
        state.ms[some] = ms[some]
        triangles.put_some(some, self.places, self._ring, ms, lower, state.times.given, marks.touched)
        self._run(state.times, marks, workers)
        state.laid = self._written(state.times, marks, (state.laid.up, state.laid.down), workers)

    def _run(self, times: Times, marks: Marks, workers: Executor) -> None:
        """Bring the times of the order up to date, from the bottom up and from the top down."""
        order, rows, (bounds, top) = self.order, self._rows, self._pieces
        pieces, above = list(itertools.pairwise(bounds.tolist())), readonly(np.flatnonzero(top), np.int32)
        list(workers.map(lambda piece: triangles.bottom_up(rows, times, marks, top, *piece), pieces))
        slots, ready = triangles.slots_above(rows, above), marks.touched[above]
        private = np.full((len(pieces), slots[-1], 2), NEVER_MS, np.uint32)

        def collect(i: int) -> None:
            triangles.collect(rows, times.basic, top, above, ready, pieces[i], slots, private[i])

        list(workers.map(collect, range(len(pieces))))
        triangles.bottom_up_above(rows, times, marks, top, above, ready, slots, private)
        if marks.slow[0]:
            raise TooSlowError
        triangles.spread(order.parent, marks)
        triangles.top_down(rows, times, marks, top, order.end, 1, 0, order.node_count)
        list(workers.map(lambda piece: triangles.top_down(rows, times, marks, top, order.end, 0, *piece), pieces))

    def _written(self, times: Times, marks: Marks, before: tuple[Arcs, Arcs], workers: Executor) -> Hierarchy:
        def write(way: int) -> Arcs:
            start = triangles.starts(times.kept, way)
            arc = np.empty(int(start[-1]) + 1, np.uint64)  # by numpy, which asks for large pages
            triangles.write(self._rows, times, way, marks, *before[way], start, arc)
            return Arcs(readonly(start, np.uint32), readonly(arc[:-1], np.uint64))

        up, down = workers.map(write, (_UP, _DOWN))
        return Hierarchy(order=self.order, up=up, down=down)


def _marks(nodes: int, *, everything: bool) -> Marks:
    """Return marks of which nothing is set, or everything that starts the work."""
    touched, changed, busy, moved = np.zeros((4, nodes), np.uint8)
    if everything:
        touched[:] = changed[:] = 1
    return Marks(touched, changed, busy, moved, np.zeros(1, np.uint8))


def lay(
    order: Order,
    tail: IntArray,
    head: IntArray,
    ms: LongArray,
    *,
    workers: Executor,
    parts: int = 2,
) -> Hierarchy:
    """Lay the times of a network on its elimination order.

    Parameters
    ----------
    order
        Order of a network that has an edge, open or not, for every arc given.
    tail, head, ms
        Directed arcs: junctions, and whole milliseconds; exactly ``NEVER_MS`` closes one.
    workers, parts
        Where the work is done, and into how many pieces it is cut; they do not change the answer.

    Raises
    ------
    ValueError
        An arc joins junctions that the order does not join.
    TooSlowError
        An arc of the hierarchy would take ``LONGEST_MS`` or more.
    """
    return Laying(order=order, tail=tail, head=head, parts=parts).lay(ms, workers=workers)


def cut(order: Order, parts: int) -> tuple[LongArray, NDArray[np.bool_]]:
    """Return bounds of pieces that no subtree crosses, and which positions lie above all of them."""
    nodes = order.node_count
    top: NDArray[np.bool_] = order.end - np.arange(nodes) > max(nodes // max(parts, 1), 64)
    if parts <= 1 or nodes < 1000:
        return np.array([0, nodes]), np.zeros(nodes, np.bool_)
    first = np.flatnonzero(~top & ((order.parent < 0) | top[order.parent]))
    wanted = np.arange(1, parts) * nodes // parts
    bounds = first[np.minimum(np.searchsorted(first, wanted), first.size - 1)]
    return np.concatenate([[0], bounds, [nodes]]).astype(np.int64), top


def places_of(order: Order, tail: IntArray, head: IntArray) -> LongArray:
    """Return where the time of each arc goes in a hierarchy: twice its arc there, and 1 more on the way down.

    Raises
    ------
    ValueError
        An arc joins junctions that the order does not join.
    """
    lower, upper = readonly(order.position[tail], np.int32), readonly(order.position[head], np.int32)
    places: LongArray = _places(order.start, order.head, lower, upper)
    if (places == _NOWHERE).any():
        raise ValueError("an arc joins junctions that the order does not join")
    return readonly(places, np.int64)


@compiled
def _places(start: LongArray, heads: IntArray, tail: IntArray, head: IntArray) -> Any:
    """Return the place of each arc, −1 for a loop."""
    places = np.full(tail.size, np.int64(-1), np.int64)
    for a in range(tail.size):
        if tail[a] == head[a]:
            continue
        lower, upper, way = (tail[a], head[a], _UP) if tail[a] > head[a] else (head[a], tail[a], _DOWN)
        first, last = start[lower], start[lower + 1]
        while first < last:
            middle = (first + last) >> 1
            if heads[middle] > upper:
                first = middle + 1
            else:
                last = middle
        found = first < start[lower + 1] and heads[first] == upper
        places[a] = 2 * first + way if found else _NOWHERE
    return places
