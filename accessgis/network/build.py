"""From physical edges to the directed impedances of one profile, with islands found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy import sparse

from accessgis.base.errors import UsageError
from accessgis.base.units import METRE_KPH, travel_ms
from accessgis.network.model import BoolArray, FloatArray, IntArray, LongArray, Network, Roads
from accessgis.network.permissions import MODE_BITS
from accessgis.network.profiles import Profile, SpeedCase
from accessgis.network.split import RawWays, build_roads
from accessgis.network.terrain import edge_factors, slope_rule

__all__ = ["RawWays", "build_network", "build_roads", "components", "measured", "reprice"]


def build_network(
    roads: Roads, profile: Profile, *, case: SpeedCase = "central", heights: FloatArray | None = None
) -> Network:
    """Return what one profile makes of the roads at one speed setting.

    An arc's time is its length over its speed, rounded half up to whole milliseconds, or its stated duration. The
    speed is the profile's for the class, at most the posted limit (vehicles), times the slope factor.

    Parameters
    ----------
    roads
        Physical edges.
    profile
        Who travels how.
    case
        Which end of the speed range: ``"low"``, ``"central"`` or ``"high"``.
    heights
        Height in metres of every vertex of ``roads.shape_x`` (NaN where unknown), or None for level ground.

    Returns
    -------
    Network
        Arcs sorted by edge, forward first. ``island`` marks the permitted edges that do not lie, both ends, in the
        longest component: strongly connected for profiles that obey one-way signs, else weakly. A component is as
        long as the edges inside it, each counted once; of equal ones that with the lowest node wins.

    Raises
    ------
    UsageError
        AG2046 the profile has no speed for a class that it may use.
    ValueError
        When a length is not finite, or heights do not fit the roads.
    """
    bit = MODE_BITS[profile.mode]
    permitted = np.column_stack([(roads.forward & bit) != 0, (roads.backward & bit) != 0])
    flat = np.flatnonzero(permitted.ravel())
    edge, forward = (flat // 2).astype(np.int32), flat % 2 == 0
    tail = np.where(forward, roads.tail[edge], roads.head[edge])
    head = np.where(forward, roads.head[edge], roads.tail[edge])
    factors = None if heights is None else edge_factors(roads, heights, rule=slope_rule(profile))
    ms = _arc_ms(roads, profile, edge, forward, case=case, factors=factors)
    any_way = permitted[:, 0] | permitted[:, 1]
    labels, longest = components(roads, any_way, tail, head, strong=profile.obeys_oneway)
    inside = (labels[roads.tail] == longest) & (labels[roads.head] == longest)
    network = Network(
        roads=roads,
        profile=profile,
        walking_kph=profile.walking_kph.at(case),
        arc_edge=edge,
        arc_tail=tail.astype(np.int32),
        arc_head=head.astype(np.int32),
        arc_forward=forward,
        arc_ms=ms,
        joinable=any_way & roads.joinable,
        island=any_way & ~inside,
    )
    for value in vars(network).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return network


def reprice(network: Network, profile: Profile, *, case: SpeedCase, factors: FloatArray | None = None) -> Network:
    """Return the same arcs and islands at other speeds: another case, or another profile of the same mode.

    Equal to :func:`build_network`, without looking for components again.

    Parameters
    ----------
    network
        Network of a profile with the same mode and the same obedience to one-way signs.
    profile
        Who travels how.
    case
        Which end of the speed range.
    factors
        :func:`~accessgis.network.terrain.edge_factors` of the profile's slope rule, or None for level ground.

    Raises
    ------
    ValueError
        When the profile is of another mode.
    """
    before = network.profile
    if (before.mode, before.obeys_oneway) != (profile.mode, profile.obeys_oneway):
        raise ValueError(f"{profile.id} does not travel on the arcs of {before.id}")
    ms = _arc_ms(network.roads, profile, network.arc_edge, network.arc_forward, case=case, factors=factors)
    ms.setflags(write=False)
    return replace(network, profile=profile, walking_kph=profile.walking_kph.at(case), arc_ms=ms)


def measured(network: Network) -> Network:
    """Return the same arcs with their lengths for impedances: whole millimetres stand where milliseconds stood.

    Everybody moves, access legs included, at the speed at which a millisecond is a millimetre; slope, posted limits
    and stated durations play no part.
    """
    ms = travel_ms(network.roads.length_m[network.arc_edge], METRE_KPH)
    ms.setflags(write=False)
    return replace(network, walking_kph=METRE_KPH, arc_ms=ms)


def _arc_ms(
    roads: Roads, profile: Profile, edge: IntArray, forward: BoolArray, *, case: SpeedCase, factors: FloatArray | None
) -> LongArray:
    used = np.flatnonzero(np.bincount(roads.road_class[edge], minlength=1))
    speed = _class_speeds(roads, profile, case, used=used)[roads.road_class[edge]]
    if profile.mode == "motor":
        posted = np.where(forward, roads.maxspeed_forward_kph[edge], roads.maxspeed_backward_kph[edge])
        speed = np.fmin(speed, posted)
    if factors is not None:
        speed = speed * np.where(forward, factors[edge, 0], factors[edge, 1])
    stated = roads.duration_ms[edge]
    return np.where(stated >= 0, stated, travel_ms(np.where(stated >= 0, 0.0, roads.length_m[edge]), speed))


def components(
    roads: Roads, permitted: BoolArray, tail: IntArray, head: IntArray, *, strong: bool
) -> tuple[np.ndarray[Any, np.dtype[np.int32]], int]:
    """Return the component of every node, and which is the longest.

    Parameters
    ----------
    roads
        Physical edges.
    permitted
        Per edge: whether the mode may use it in some direction.
    tail, head
        Ends of the arcs.
    strong
        Whether components are strongly connected (one-way signs count) or weakly.

    Returns
    -------
    labels
        Component of each node.
    longest
        Label of the component with the greatest length of edges inside it (ties: the lowest node); −1 without arcs.
    """
    size = roads.node_count
    if not tail.size:
        return np.arange(size, dtype=np.int32), -1
    links = sparse.coo_array((np.ones(tail.size, dtype=np.int8), (tail, head)), shape=(size, size)).tocsr()
    links.data[:] = 1
    kind: Literal["strong", "weak"] = "strong" if strong else "weak"
    count, labels = sparse.csgraph.connected_components(links, directed=True, connection=kind)
    ends = labels[roads.tail]
    inside = permitted & (ends == labels[roads.head])
    length = np.bincount(ends[inside], weights=roads.length_m[inside], minlength=count)
    # Labels are renumbered by their lowest node, so that the first of equal lengths is the one wanted.
    first = np.full(count, size, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(size))
    order = np.argsort(first, kind="stable")
    held = np.zeros(count, dtype=bool)
    held[ends[permitted]] = True
    best = int(order[np.argmax(np.where(held, length, -1.0)[order])])
    return labels, best


def _class_speeds(roads: Roads, profile: Profile, case: SpeedCase, *, used: np.ndarray[Any, Any]) -> FloatArray:
    speeds = np.full(len(roads.classes), np.nan)
    for index in used.tolist():
        road_class = roads.classes[index]
        speed = profile.class_speed_kph.get(road_class, profile.speed_kph)
        if speed is None:
            raise UsageError("AG2046", profile=profile.id, road_class=road_class)
        speeds[index] = speed.at(case)
    return speeds
