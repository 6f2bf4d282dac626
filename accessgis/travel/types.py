"""What travel computations take and give: joins of points to a network, and travel times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Direction = Literal["to_facility", "from_facility"]
JoinKind = Literal["nearest", "off-island", "entrance", "added"]
JOIN_KINDS: tuple[JoinKind, ...] = ("nearest", "off-island", "entrance", "added")
ADDED = JOIN_KINDS.index("added")
UNREACHABLE = np.inf
_JOIN_COLUMNS = ("point", "edge", "share", "access_m", "x", "y", "kind")


@dataclass(frozen=True, eq=False, kw_only=True)
class Joins:
    """Where points join the edges of one mode: geometry only, the same at every speed.

    A point has one join (nearest), two (its nearest edge is on an island: also the nearest edge off islands), one or
    two per entrance, or none (off the network); where roads were added to those of a study, also joins to these
    (:func:`with_added`). Rows are sorted by point, then kind.

    Attributes
    ----------
    point_count
        Number of points asked for; those without a row are off the network.
    point, edge
        Index of the point and of the edge it joins.
    share
        Where along the digitised edge, 0–1 by length.
    access_m
        Straight metres from the point (or polygon outline) to the join.
    x, y
        The join, working CRS.
    kind
        Index into JOIN_KINDS.
    """

    point_count: int
    point: NDArray[np.int32]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    access_m: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Ends:
    """Joins priced on one network: one row per permitted direction of each join, in whole milliseconds.

    Attributes
    ----------
    point_count
        Number of points.
    join
        Row of the :class:`Joins` it came from.
    point, arc
        Index of the point and of the network's arc.
    offset_ms
        Time from the arc's tail to the join; the rest of the arc takes ``arc_ms − offset_ms``.
    access_ms
        Time of the straight access leg, walked.
    """

    point_count: int
    join: NDArray[np.int32]
    point: NDArray[np.int32]
    arc: NDArray[np.int32]
    offset_ms: NDArray[np.int64]
    access_ms: NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class TravelTimes:
    """Time between each demand point and its nearest facility.

    Attributes
    ----------
    ms
        Whole milliseconds as float64, ``inf`` where unreachable.
    facility
        Index of the nearest facility (lowest index on ties), −1 where unreachable.
    direct
        Whether the straight walk won over the network.
    """

    ms: NDArray[np.float64]
    facility: NDArray[np.int32]
    direct: NDArray[np.bool_]


def with_added(former: Joins, today: Joins) -> Joins:
    """Return joins, and beside them those of the same points to the same edges that only roads added since allow.

    Parameters
    ----------
    former
        Joins to the roads of before; they stay as they are.
    today
        Joins to all roads: those not among the former have the kind ``added``.
    """
    rows = {name: np.concatenate([getattr(former, name), getattr(today, name)]) for name in _JOIN_COLUMNS}
    rows["kind"][former.point.size :] = ADDED
    keys = np.column_stack([rows[name] for name in ("point", "edge", "share", "access_m")])
    _, first = np.unique(keys, axis=0, return_index=True)
    kept = np.sort(first)
    kept = kept[np.lexsort([rows["kind"][kept], rows["point"][kept]])]
    return Joins(point_count=former.point_count, **{name: values[kept] for name, values in rows.items()})


def nowhere(count: int) -> TravelTimes:
    """Return times of ``count`` points that reach nothing."""
    return TravelTimes(
        ms=np.full(count, UNREACHABLE), facility=np.full(count, -1, dtype=np.int32), direct=np.zeros(count, dtype=bool)
    )


def only(ends: Ends, chosen: NDArray[np.bool_]) -> Ends:
    """Return the ends of the chosen points; indices keep their meaning."""
    rows = chosen[ends.point]
    return replace(
        ends,
        join=ends.join[rows],
        point=ends.point[rows],
        arc=ends.arc[rows],
        offset_ms=ends.offset_ms[rows],
        access_ms=ends.access_ms[rows],
    )
