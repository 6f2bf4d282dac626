"""The villages and sites of the cases that a planner looks for in any county."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accessgis.generate.arrays import Array, Index, Mask, metres, nearest, second_nearest
from accessgis.generate.mesh import Mesh
from accessgis.generate.settlements import Settled
from accessgis.generate.streets import Streets


@dataclass(frozen=True, eq=False, kw_only=True)
class Cases:
    """Villages (indices) with a story.

    Attributes
    ----------
    across_river, with_clinic_across
        A village without a clinic, 600 m by air from the clinic of the other one, kilometres by the bridge.
    border, place_beyond
        A village without a clinic that uses one beyond the border, and the place where that stands.
    joint, joint_partner
        ``joint`` has no clinic of its own: that of ``joint_partner`` serves both (联村).
    no_staff
        A village whose clinic has nobody working in it (有室无医).
    building, planned, closed
        Villages whose clinic is 在建, 规划, 停用.
    shrunk
        The village of 1,820 registered and 640 resident people.
    sites
        Three candidate sites for ``across_river``, (3, 2): across the river and nearest by air; best; farther.
    """

    across_river: int
    with_clinic_across: int
    border: int
    place_beyond: int
    joint: int
    joint_partner: int
    no_staff: int
    building: Index
    planned: Index
    closed: Index
    shrunk: int
    sites: Array


def choose_cases(mesh: Mesh, settled: Settled, streets: Streets, rng: np.random.Generator) -> Cases:
    """Choose the villages of every case, each village for one case only."""
    villages = settled.villages
    of_point = {int(point): number for number, point in enumerate(villages.point)}
    first, second = (of_point[point] for point in mesh.twins)
    xy = mesh.xy[villages.point]
    ordinary = ~villages.community & ~villages.seat & ~settled.hard_to_reach
    ordinary[[first, second, streets.main.island_village]] = False
    border, beyond = _border_village(mesh, settled, ordinary)
    ordinary[border] = False
    shrunk = int(np.where(ordinary, np.abs(villages.people - 640), np.inf).argmin())
    ordinary[shrunk] = False
    joint, partner = _joint(xy, villages.people, ordinary, villages.township)
    ordinary[[joint, partner]] = False
    drawn = rng.choice(np.flatnonzero(ordinary), 10, replace=False)
    return Cases(
        across_river=first,
        with_clinic_across=second,
        border=border,
        place_beyond=beyond,
        joint=joint,
        joint_partner=partner,
        no_staff=int(drawn[0]),
        building=np.sort(drawn[1:4]),
        planned=np.sort(drawn[4:6]),
        closed=np.sort(drawn[6:9]),
        shrunk=shrunk,
        sites=_sites(mesh, settled, streets, first, second),
    )


def _border_village(mesh: Mesh, settled: Settled, ordinary: Mask) -> tuple[int, int]:
    """Find the village whose nearest place beyond the border is nearer than any other village of the county."""
    places = np.flatnonzero(settled.place_village < 0)
    spots = mesh.xy[settled.place_point[places]]
    xy = mesh.xy[settled.villages.point]
    beyond, which = nearest(spots, xy)
    own, _ = second_nearest(xy)
    score = np.where(ordinary, beyond - 0.6 * own, np.inf)
    village = int(score.argmin())
    return village, int(places[which[village]])


def _joint(xy: Array, people: Array, ordinary: Mask, township: Index) -> tuple[int, int]:
    """Find a small village and its nearest neighbour in the same township."""
    candidates = np.flatnonzero(ordinary)
    gap, near = second_nearest(xy[candidates])
    same = township[candidates] == township[candidates[near]]
    score = np.where(same, people[candidates] + gap * 0.4, np.inf)
    pick = int(score.argmin())
    return int(candidates[pick]), int(candidates[near[pick]])


def _sites(mesh: Mesh, settled: Settled, streets: Streets, first: int, second: int) -> Array:
    """Place the candidates: on the opposite bank, at the village's own road, and at its farthest hamlet."""
    here, there = mesh.xy[settled.villages.point[first]], mesh.xy[settled.villages.point[second]]
    opposite = there + (here - there) * 0.18 + np.array([60.0, 25.0])
    road = streets.segments.place < 0
    middle = (streets.segments.xy[streets.segments.tail[road]] + streets.segments.xy[streets.segments.head[road]]) / 2
    same_bank = (middle - there) @ (here - there) > 0.75 * ((here - there) ** 2).sum()
    gap = np.abs(metres(middle - here) - 720.0)
    best = middle[np.where(same_bank, gap, np.inf).argmin()] + np.array([8.0, 8.0])
    farther = middle[np.where(same_bank, np.abs(metres(middle - here) - 1_900.0), np.inf).argmin()]
    return np.stack([opposite, best, farther + np.array([-9.0, 7.0])])
