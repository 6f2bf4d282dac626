"""Who lives where: the county town, townships, villages and their hamlets, with codes, names and people.

Method: village seats are mesh points taken in random order, each keeping others away by a distance that grows with
slope and height, until the wanted number stands. Township seats are the villages nearest to cluster centres. Every
mesh point belongs to the village that reaches it most cheaply over the mesh, so that ridges and rivers become borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from accessgis.generate.arrays import Array, Index, Mask, metres, nearest
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import TOWN_PEOPLE_SHARE, Plan
from accessgis.generate.terrain import Land
from accessgis.generate.units import Township, Villages, name_units

_TOWN_PEOPLE_KM2 = 9_500.0
_HAMLET_GAP_M = 520.0
_HARD_SHARE = 0.07
_WOODS_M = 2_850.0
_OUTSIDE_REACH_M = 3_400.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Settled:
    """All settlement of one county.

    Attributes
    ----------
    townships, villages
        The units.
    member
        Whether a mesh point belongs to the county.
    village_of
        Village of each mesh point of the county, else −1.
    town_radius_m
        Radius of the built-up county town.
    place_point, place_village, place_people
        Every built-up place: seats, hamlets (village ≥ 0) and places beyond the border (−1).
    place_seat
        Whether the place holds the committee.
    place_remote
        Remoteness of the land at each place, 0 in the plain to 1 in the mountains.
    wild
        Whether a mesh point lies in the woods that no road enters.
    hard_to_reach
        Villages that only tracks lead to, and that have no clinic.
    """

    townships: tuple[Township, ...]
    villages: Villages
    member: Mask
    village_of: Index
    town_radius_m: float
    place_point: Index
    place_village: Index
    place_people: Array
    place_seat: Mask
    place_remote: Array
    wild: Mask
    hard_to_reach: Mask


def settle(plan: Plan, land: Land, mesh: Mesh) -> Settled:
    """Settle the land."""
    member = _members(mesh)
    radius = float(np.sqrt(plan.people * TOWN_PEOPLE_SHARE / _TOWN_PEOPLE_KM2 / np.pi) * 1_000)
    hard = _hardness(land, mesh)
    communities = _town_communities(plan, mesh, member, radius)
    from_woods = _from_woods(mesh, member, hard)
    settleable = from_woods > _WOODS_M + 250
    rural, outside = _village_points(plan, mesh, member & settleable, radius, hard, plan.villages - communities.size)
    points = np.concatenate([communities, rural])
    owner = _owners(mesh, member, points)
    township, seats = _townships(plan, mesh, points, communities.size, radius, hard, owner)
    townships, villages = name_units(plan, mesh, points, communities.size, township, seats, hard)
    owner = _owners(mesh, member, villages.point)
    places = _places(plan, mesh, villages, np.where(settleable, owner, -1), outside, hard, radius)
    return Settled(
        townships=townships,
        villages=villages,
        member=member,
        village_of=owner,
        town_radius_m=radius,
        place_point=places[0],
        place_village=places[1],
        place_people=places[2],
        place_seat=places[3],
        place_remote=hard[places[0]],
        wild=from_woods < _WOODS_M,
        hard_to_reach=_hard_to_reach(mesh, villages, townships),
    )


def _members(mesh: Mesh) -> Mask:
    """Return the points of the drawn outline that hang together over the mesh."""
    use = mesh.inside[mesh.tail] & mesh.inside[mesh.head] & np.isfinite(mesh.cost)
    count, label = connected_components(mesh.graph(np.where(use, mesh.cost, np.inf)), directed=False)
    return np.asarray(label == np.bincount(label, minlength=count).argmax(), dtype=bool)


def _hardness(land: Land, mesh: Mesh) -> Array:
    height = land.sample(land.height_m, *mesh.xy.T)
    slope = land.sample(land.slope, *mesh.xy.T)
    low = np.percentile(height, 3)
    return np.clip(0.75 * (height - low) / 750.0 + slope / 0.45 - 0.08, 0, 1.3)


def _from_woods(mesh: Mesh, member: Mask, hard: Array) -> Array:
    """Return the distance of each point from the middle of the woods: hard land well inside the county."""
    border = nearest(mesh.xy[~member], mesh.xy)[0]
    from_town = metres(mesh.xy - mesh.xy[mesh.town])
    wish = np.minimum(hard, 0.9) + 0.9 * np.minimum(border, 4_500) / 4_500
    score = np.where(member & (from_town > 7_000), wish, -1.0)
    return metres(mesh.xy - mesh.xy[int(score.argmax())])


def _town_communities(plan: Plan, mesh: Mesh, member: Mask, radius: float) -> Index:
    count = max(10, round(13 * plan.scale**0.4))
    gap = metres(mesh.xy - mesh.xy[mesh.town])
    near = np.flatnonzero(member & (gap < 0.92 * radius))
    chosen = [mesh.town]
    distance = metres(mesh.xy[near] - mesh.xy[mesh.town])
    for _ in range(min(count, near.size) - 1):
        chosen.append(int(near[distance.argmax()]))
        distance = np.minimum(distance, metres(mesh.xy[near] - mesh.xy[chosen[-1]]))
    return np.array(chosen, dtype=np.int64)


def _spread(xy: Array, order: Index, radius: Array, forced: Index, limit: int) -> Index:
    """Take points in order while none taken lies within its own radius."""
    tree = cKDTree(xy)
    blocked = np.zeros(len(xy), dtype=bool)
    taken: list[int] = []
    for point in [*forced.tolist(), *order.tolist()]:
        if blocked[point] or len(taken) >= limit:
            continue
        taken.append(point)
        blocked[tree.query_ball_point(xy[point], radius[point])] = True
    return np.array(taken, dtype=np.int64)


def _village_points(
    plan: Plan, mesh: Mesh, member: Mask, town_radius: float, hard: Array, count: int
) -> tuple[Index, Index]:
    rng = plan.rng("villages")
    gap = metres(mesh.xy - mesh.xy[mesh.town])
    candidates = np.flatnonzero(member & (gap > town_radius + 350))
    # Easy land comes first, so that seats stand in valleys rather than on the ridges between them.
    order = candidates[np.argsort(rng.random(candidates.size) + 1.4 * hard[candidates], kind="stable")]
    twins = np.array(mesh.twins, dtype=np.int64)
    radius = np.where(np.isin(np.arange(len(mesh.xy)), twins), 0.35, 1 + 1.25 * hard)
    low, high = 200.0, 6_000.0
    for _ in range(14):
        middle = (low + high) / 2
        found = _spread(mesh.xy, order, radius * middle, twins, count + 1)
        low, high = (middle, high) if found.size > count else (low, middle)
    rural = _spread(mesh.xy, order, radius * low, twins, count)
    border = nearest(mesh.xy[mesh.inside], mesh.xy)[0]
    beyond = np.flatnonzero(~mesh.inside & (border < _OUTSIDE_REACH_M) & (border > 500))
    order = beyond[np.argsort(rng.random(beyond.size) + 1.4 * hard[beyond], kind="stable")]
    return rural, _spread(mesh.xy, order, radius * low * 1.6, np.array([], dtype=np.int64), beyond.size)


def _owners(mesh: Mesh, member: Mask, points: Index) -> Index:
    use = member[mesh.tail] & member[mesh.head]
    cost = np.where(mesh.bridge, mesh.cost * 3, mesh.cost)
    distance, _, source = dijkstra(
        mesh.graph(np.where(use, cost, np.inf)), indices=points, min_only=True, return_predecessors=True
    )
    index = np.full(len(mesh.xy), -1, dtype=np.int64)
    index[points] = np.arange(points.size)
    reached = np.isfinite(distance) & member
    return np.where(reached, index[np.where(reached, source, 0)], -1)


def _townships(
    plan: Plan, mesh: Mesh, points: Index, communities: int, radius: float, hard: Array, owner: Index
) -> tuple[Index, Index]:
    """Return the township of each village and the seat village of each township; 0 is the town."""
    rng = plan.rng("townships")
    xy = mesh.xy[points]
    from_town = metres(xy - mesh.xy[mesh.town])
    urban = (np.arange(points.size) < communities) | (from_town < radius + 900)
    rural = np.flatnonzero(~urban)
    centres, _ = kmeans2(xy[rural], plan.townships - 1, minit="++", rng=rng, iter=40)
    seats = [0]
    for centre in centres:
        cost = metres(xy[rural] - centre) + 5_000 * hard[points[rural]]
        cost[np.isin(rural, seats) | np.isin(points[rural], mesh.twins)] = np.inf
        seats.append(int(rural[cost.argmin()]))
    neighbours = _neighbours(mesh, owner, points.size)
    cost = metres(xy[neighbours[:, 0]] - xy[neighbours[:, 1]])
    cost *= 1 + hard[points[neighbours]].mean(axis=1)
    cost[urban[neighbours].any(axis=1)] = np.inf
    use = np.isfinite(cost)
    tail, head = neighbours[use].T
    graph = csr_matrix((cost[use], (tail, head)), shape=(points.size, points.size))
    distance, _, source = dijkstra(graph, directed=False, indices=seats[1:], min_only=True, return_predecessors=True)
    township = np.zeros(points.size, dtype=np.int64)
    number = {seat: index for index, seat in enumerate(seats)}
    for village in rural:
        nearest = _nearest_seat(xy, seats, int(village)) if not np.isfinite(distance[village]) else int(source[village])
        township[village] = number[nearest]
    return township, np.array(seats, dtype=np.int64)


def _nearest_seat(xy: Array, seats: list[int], village: int) -> int:
    """Return the seat outside the town nearest to a village as the crow flies."""
    return seats[1 + int(metres(xy[seats[1:]] - xy[village]).argmin())]


def _hard_to_reach(mesh: Mesh, villages: Villages, townships: tuple[Township, ...]) -> Mask:
    """Choose mountain villages far from their township's seat, first in the two hardest townships."""
    seats = villages.point[[unit.seat for unit in townships]]
    far = metres(mesh.xy[villages.point] - mesh.xy[seats[villages.township]])
    free = ~villages.community & ~villages.seat & ~np.isin(villages.point, mesh.twins)
    hardest = np.array([villages.remote[villages.township == number].mean() for number in range(len(townships))])
    first_two = np.isin(villages.township, np.argsort(-hardest, kind="stable")[:2])
    score = np.where(free, (villages.remote + 0.12 * first_two) * np.minimum(far, 9_000.0), 0.0)
    count = round(_HARD_SHARE * len(villages.code))
    chosen = np.zeros(len(villages.code), dtype=bool)
    chosen[np.argsort(-score, kind="stable")[:count]] = True
    return chosen


def _neighbours(mesh: Mesh, owner: Index, count: int) -> Index:
    a, b = owner[mesh.tail], owner[mesh.head]
    border = (a >= 0) & (b >= 0) & (a != b)
    keys = np.unique(np.minimum(a, b)[border] * count + np.maximum(a, b)[border])
    return np.column_stack([keys // count, keys % count])


def _places(
    plan: Plan, mesh: Mesh, villages: Villages, owner: Index, outside: Index, hard: Array, radius: float
) -> tuple[Index, Index, Array, Mask]:
    """Divide every village between its seat and its hamlets; the town is one place per community."""
    rng = plan.rng("hamlets")
    wanted = rng.integers(1, 4 if plan.scale < 3 else 6, len(villages.code))
    wanted[villages.community] = 0
    from_town = metres(mesh.xy - mesh.xy[mesh.town])
    free = np.flatnonzero((owner >= 0) & (from_town > radius + 300))
    order = free[np.argsort(rng.random(free.size) + 1.1 * hard[free], kind="stable")]
    keep_off = np.full(len(mesh.xy), _HAMLET_GAP_M)
    hamlets = _spread(mesh.xy, order, keep_off, np.concatenate([villages.point, outside]), len(mesh.xy))
    hamlets = hamlets[~np.isin(hamlets, np.concatenate([villages.point, outside]))]
    village = owner[hamlets]
    rank = _rank_within(village)
    hamlets, village = hamlets[rank < wanted[village]], village[rank < wanted[village]]
    share = rng.uniform(0.35, 1.0, hamlets.size)
    count = len(villages.code)
    hamlet_part = np.bincount(village, weights=share, minlength=count)
    total = hamlet_part + np.where(hamlet_part > 0, rng.uniform(1.2, 2.6, count), 1.0)
    people_hamlet = villages.people[village] * share / total[village]
    people_seat = villages.people - np.bincount(village, weights=people_hamlet, minlength=count)
    people_outside = rng.lognormal(6.1, 0.45, outside.size)
    seat = np.zeros(count + hamlets.size + outside.size, dtype=bool)
    seat[:count] = True
    return (
        np.concatenate([villages.point, hamlets, outside]),
        np.concatenate([np.arange(count), village, np.full(outside.size, -1)]),
        np.concatenate([people_seat, people_hamlet, people_outside]),
        seat,
    )


def _rank_within(group: Index) -> Index:
    """Return the position of each row among the rows of its group, in the order given."""
    order = np.argsort(group, kind="stable")
    sorted_group = group[order]
    start = np.r_[0, np.flatnonzero(np.diff(sorted_group)) + 1] if group.size else np.array([], dtype=np.int64)
    lengths = np.diff(np.r_[start, group.size])
    rank = np.empty(group.size, dtype=np.int64)
    rank[order] = np.arange(group.size) - np.repeat(start, lengths)
    return rank
