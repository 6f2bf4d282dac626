"""Roads made one network: crossings become junctions, stray pieces go, ways are strung together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from accessgis.generate.arrays import Array, Index, Mask, Shapes, as_lines, metres
from accessgis.generate.roads import CLASS, Segments

_SNAP_M = 9.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways:
    """Ways as OpenStreetMap has them: chains of vertices, which may run through junctions.

    ``start[w]:start[w + 1]`` are the rows of ``vertex`` of way w; ``segment`` is one of its pieces, for its class.
    """

    start: Index
    vertex: Index
    segment: Index


def merge(first: Segments, *others: Segments) -> Segments:
    """Join pieces of road; each of ``others`` repeats the vertices of ``first`` before its own."""
    base = len(first.xy)
    xy, tails, heads = [first.xy], [first.tail], [first.head]
    shift = 0
    for part in others:
        tails.append(np.where(part.tail < base, part.tail, part.tail + shift))
        heads.append(np.where(part.head < base, part.head, part.head + shift))
        xy.append(part.xy[base:])
        shift += len(part.xy) - base
    every = (first, *others)
    return Segments(
        xy=np.concatenate(xy),
        tail=np.concatenate(tails),
        head=np.concatenate(heads),
        road_class=np.concatenate([part.road_class for part in every]),
        bridge=np.concatenate([part.bridge for part in every]),
        tunnel=np.concatenate([part.tunnel for part in every]),
        oneway=np.concatenate([part.oneway for part in every]),
        roundabout=np.concatenate([part.roundabout for part in every]),
        place=np.concatenate([part.place for part in every]),
    )


def select(segments: Segments, keep: Mask | Index) -> Segments:
    """Return some of the pieces, all vertices kept."""
    return Segments(
        xy=segments.xy,
        tail=segments.tail[keep],
        head=segments.head[keep],
        road_class=segments.road_class[keep],
        bridge=segments.bridge[keep],
        tunnel=segments.tunnel[keep],
        oneway=segments.oneway[keep],
        roundabout=segments.roundabout[keep],
        place=segments.place[keep],
    )


def _lines(segments: Segments) -> Shapes:
    return as_lines(np.stack([segments.xy[segments.tail], segments.xy[segments.head]], axis=1))


def _crossings(segments: Segments) -> tuple[Index, Index, Array, Array]:
    """Return pairs of pieces that cross, and the share along each at which they do."""
    lines = _lines(segments)
    one, two = shapely.STRtree(lines).query(lines, predicate="intersects")
    ends = (segments.tail, segments.head)
    apart = one < two
    one, two = one[apart], two[apart]
    for a in ends:
        for b in ends:
            free = a[one] != b[two]
            one, two = one[free], two[free]
    order = np.lexsort((two, one))
    one, two = one[order].astype(np.int64), two[order].astype(np.int64)
    p, r = segments.xy[segments.tail[one]], segments.xy[segments.head[one]] - segments.xy[segments.tail[one]]
    q, s = segments.xy[segments.tail[two]], segments.xy[segments.head[two]] - segments.xy[segments.tail[two]]
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    safe = np.where(np.abs(cross) > 1e-9, cross, np.nan)
    between = q - p
    t = (between[:, 0] * s[:, 1] - between[:, 1] * s[:, 0]) / safe
    u = (between[:, 0] * r[:, 1] - between[:, 1] * r[:, 0]) / safe
    good = np.isfinite(t) & np.isfinite(u)
    return one[good], two[good], np.clip(t[good], 0, 1), np.clip(u[good], 0, 1)


def cut_at_crossings(segments: Segments) -> Segments:
    """Make every crossing of two pieces a shared vertex; one near an end of a piece uses that end."""
    one, two, t, u = _crossings(segments)
    level = ~(segments.bridge[one] ^ segments.bridge[two]) & ~(segments.tunnel[one] | segments.tunnel[two])
    one, two, t, u = one[level], two[level], t[level], u[level]
    n = len(segments.xy)
    vertex = n + np.arange(one.size)
    start, step = segments.xy[segments.tail[one]], segments.xy[segments.head[one]] - segments.xy[segments.tail[one]]
    places = start + step * t[:, None]
    for pair, share in ((one, t), (two, u)):
        length = metres(segments.xy[segments.tail[pair]] - segments.xy[segments.head[pair]])
        own = vertex >= n
        vertex = np.where(own & (share * length < _SNAP_M), segments.tail[pair], vertex)
        own = vertex >= n
        vertex = np.where(own & ((1 - share) * length < _SNAP_M), segments.head[pair], vertex)
    m = segments.tail.size
    piece = np.concatenate([np.arange(m), np.arange(m), one, two])
    share = np.concatenate([np.zeros(m), np.ones(m), t, u])
    stop = np.concatenate([segments.tail, segments.head, vertex, vertex])
    order = np.lexsort((stop, share, piece))
    piece, stop = piece[order], stop[order]
    same = (piece[1:] == piece[:-1]) & (stop[1:] != stop[:-1])
    cut = select(replace(segments, xy=np.concatenate([segments.xy, places])), piece[:-1][same])
    return _without_doubles(replace(cut, tail=stop[:-1][same], head=stop[1:][same]))


def _without_doubles(segments: Segments) -> Segments:
    """Keep one of several pieces between the same two vertices: the highest class."""
    low, high = np.minimum(segments.tail, segments.head), np.maximum(segments.tail, segments.head)
    order = np.lexsort((np.arange(low.size), segments.road_class, high, low))
    first = np.ones(order.size, dtype=bool)
    first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    return select(segments, np.sort(order[first]))


def pass_motorway(segments: Segments, motorway: Segments) -> Segments:
    """Let other roads cross the motorway by bridge or underpass; lanes that would cross it are dropped."""
    both = merge(segments, motorway)
    m = segments.tail.size
    tree = shapely.STRtree(_lines(motorway))
    hit = np.unique(tree.query(_lines(segments), predicate="intersects")[0])
    joined = np.isin(segments.tail, motorway.tail) | np.isin(segments.head, motorway.head)
    joined |= np.isin(segments.tail, motorway.head) | np.isin(segments.head, motorway.tail)
    hit = hit[~joined[hit]]
    lane = (segments.place[hit] >= 0) & ~segments.bridge[hit]
    big = segments.road_class[hit] <= CLASS["tertiary"]
    under, over, gone = (np.zeros(both.tail.size, dtype=bool) for _ in range(3))
    over[hit[~lane & big]] = True
    under[hit[~lane & ~big]] = True
    gone[hit[lane]] = True
    crossed = replace(both, bridge=both.bridge | over, tunnel=both.tunnel | under)
    assert gone[m:].sum() == 0
    return select(crossed, ~gone)


def main_component(segments: Segments, spared: Mask) -> Segments:
    """Drop pieces that hang on nothing, except those of the longest component and the spared ones."""
    n = len(segments.xy)
    graph = csr_matrix((np.ones(segments.tail.size), (segments.tail, segments.head)), shape=(n, n))
    count, label = connected_components(graph, directed=False)
    length = metres(segments.xy[segments.tail] - segments.xy[segments.head])
    total = np.bincount(label[segments.tail], weights=length, minlength=count)
    return select(segments, (label[segments.tail] == total.argmax()) | spared)


def compact(segments: Segments) -> tuple[Segments, Index]:
    """Drop unused vertices; also return the new number of each old vertex, −1 where dropped."""
    used = np.unique(np.concatenate([segments.tail, segments.head]))
    number = np.full(len(segments.xy), -1, dtype=np.int64)
    number[used] = np.arange(used.size)
    return replace(segments, xy=segments.xy[used], tail=number[segments.tail], head=number[segments.head]), number


def degrees(segments: Segments) -> Index:
    """Return how many pieces end at each vertex."""
    n = len(segments.xy)
    return np.bincount(segments.tail, minlength=n) + np.bincount(segments.head, minlength=n)


def string_ways(segments: Segments, keys: Index, *, longest: int = 180) -> Ways:
    """Make ways of pieces of one key: at a vertex, two ends of one key go on as one way.

    Parameters
    ----------
    segments
        The pieces; a one-way piece runs from tail to head and keeps its direction.
    keys
        Pieces may share a way only if their keys are equal.
    longest
        Most pieces in one way.
    """
    m = segments.tail.size
    vertex = np.concatenate([segments.tail, segments.head])
    key = np.concatenate([keys, keys])
    order = np.lexsort((np.arange(2 * m), key, vertex))
    same = (vertex[order][1:] == vertex[order][:-1]) & (key[order][1:] == key[order][:-1])
    group = np.concatenate([[0], np.cumsum(~same)])
    size = np.bincount(group)
    pairs = order[size[group] == 2].reshape(-1, 2)
    partner = np.full(2 * m, -1, dtype=np.int64)
    partner[pairs[:, 0]], partner[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    # A one-way piece may only be followed from its head to the next one's tail.
    oneway = np.concatenate([segments.oneway, segments.oneway])
    is_head = np.arange(2 * m) >= m
    wrong = (partner >= 0) & oneway & (is_head == is_head[np.maximum(partner, 0)])
    partner[wrong] = -1
    return _walk_chains(segments, partner.tolist(), longest)


def _walk_chains(segments: Segments, partner: list[int], longest: int) -> Ways:
    m = segments.tail.size
    tail, head = segments.tail.tolist(), segments.head.tolist()
    done = bytearray(m)
    starts = [end for end in range(2 * m) if partner[end] < 0] + list(range(m))
    counts, vertices, first_segment = [0], [], []
    oneway = segments.oneway.tolist()
    for first in starts:
        end = first
        piece = end % m
        if done[piece] or (oneway[piece] and end >= m):
            continue
        first_segment.append(piece)
        vertices.append(tail[piece] if end < m else head[piece])
        steps = 0
        while True:
            done[piece] = 1
            far = end + m if end < m else end - m
            vertices.append(tail[piece] if far < m else head[piece])
            steps += 1
            end = partner[far]
            if end < 0 or done[end % m] or steps >= longest:
                break
            piece = end % m
        counts.append(len(vertices))
    return Ways(
        start=np.array(counts, dtype=np.int64),
        vertex=np.array(vertices, dtype=np.int64),
        segment=np.array(first_segment, dtype=np.int64),
    )
