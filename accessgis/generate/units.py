"""Townships and villages: their codes, names, classes and people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accessgis.generate import names
from accessgis.generate.arrays import Array, Index, Mask, metres
from accessgis.generate.mesh import Mesh
from accessgis.generate.plan import COUNTY_CODE, TOWN_PEOPLE_SHARE, Plan


@dataclass(frozen=True, eq=False, kw_only=True)
class Township:
    """One unit at the township level; ``seat`` is an index into the villages."""

    code: str
    name: str
    kind: str
    seat: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Villages:
    """Villages and communities of the county, in the order of their codes; arrays of equal length.

    Attributes
    ----------
    point
        Mesh point of the committee.
    township
        Index into the townships.
    code, name, ur_code
        12-digit code, name with 村 or 社区, 城乡分类代码.
    community, seat
        Whether it is a community (居委会), and whether the seat of the township lies in it.
    people
        Residents.
    remote
        0 in the plain to 1 in the mountains.
    """

    point: Index
    township: Index
    code: list[str]
    name: list[str]
    ur_code: list[str]
    community: Mask
    seat: Mask
    people: Array
    remote: Array


def name_units(
    plan: Plan, mesh: Mesh, points: Index, communities: int, township: Index, seats: Index, hard: Array
) -> tuple[tuple[Township, ...], Villages]:
    """Give names, codes, classes and people to the units.

    Parameters
    ----------
    plan, mesh
        The county so far.
    points
        Mesh points of all villages; the first ``communities`` are those of the county town.
    township, seats
        Township of each village, and seat village of each township; the first is the town.
    hard
        Hardness of the land at each mesh point.
    """
    rng = plan.rng("names")
    kinds, codes, titles = _township_names(township, seats, hard[points])
    pool = iter(names.village_names(rng, points.size))
    urban_names = iter(names.community_names(communities))
    from_town = metres(mesh.xy[points] - mesh.xy[mesh.town])
    rows: list[tuple[str, int, str, str, bool, bool, int]] = []
    for unit in range(len(seats)):
        members = np.flatnonzero(township == unit)
        by_seat = members[np.argsort(metres(mesh.xy[points[members]] - mesh.xy[points[seats[unit]]]))]
        committee, village = 1, 200
        fringe = np.sort(from_town[by_seat])[min(communities + 3, len(by_seat)) - 1]
        for rank, index in enumerate(by_seat.tolist()):
            seat = index == seats[unit]
            community = index < communities or (seat and kinds[unit] == "镇")
            if community:
                last, committee = committee, committee + 1
            else:
                last, village = village, village + 1
            if index < communities:
                name, ur_code = f"{next(urban_names)}社区", "122" if rank > 0.78 * communities else "121"
            elif community:
                name, ur_code = f"{titles[unit][:-1]}社区", "121"
            else:
                name = f"{next(pool)}村".replace("村村", "村")
                edge = unit == 0 and from_town[index] < fringe
                ur_code = "210" if seat else "122" if edge or (kinds[unit] == "镇" and rank == 1) else "220"
            rows.append((f"{codes[unit]}{last:03d}", unit, name, ur_code, community, seat, index))
    return _assemble(plan, rng, points, hard, rows, kinds, codes, titles)


def _township_names(township: Index, seats: Index, hard: Array) -> tuple[list[str], list[str], list[str]]:
    """Give the harder half of the townships the names and codes of 乡."""
    mean = np.array([hard[township == unit].mean() for unit in range(len(seats))])
    rural_count = round((len(seats) - 1) * 0.4)
    rural = set((1 + np.argsort(-mean[1:], kind="stable")[:rural_count]).tolist())
    kinds, codes, titles = [], [], []
    town_number, rural_number = 0, 0
    for unit in range(len(seats)):
        if unit == 0:
            kind, code, title = "街道", "001", names.SUBDISTRICT
        elif unit in rural:
            kind, code, title = "乡", f"{200 + rural_number}", names.RURAL_TOWNSHIPS[rural_number]
            rural_number += 1
        else:
            kind, code, title = "镇", f"{100 + town_number}", names.TOWNS[town_number]
            town_number += 1
        kinds.append(kind)
        codes.append(f"{COUNTY_CODE}{code}")
        titles.append(title)
    return kinds, codes, titles


def _assemble(
    plan: Plan,
    rng: np.random.Generator,
    points: Index,
    hard: Array,
    rows: list[tuple[str, int, str, str, bool, bool, int]],
    kinds: list[str],
    codes: list[str],
    titles: list[str],
) -> tuple[tuple[Township, ...], Villages]:
    order = sorted(range(len(codes)), key=lambda unit: codes[unit])
    new_unit = {unit: number for number, unit in enumerate(order)}
    rows = sorted(rows)
    index = np.array([row[6] for row in rows], dtype=np.int64)
    urban = np.array([row[1] == 0 and row[4] for row in rows])
    seat = np.array([row[5] for row in rows])
    remote = hard[points[index]]
    size = rng.lognormal(0.0, 0.42, index.size) * np.exp(-1.15 * remote)
    size *= np.where(seat & ~urban, 3.4, 1.0)
    town = plan.people * TOWN_PEOPLE_SHARE
    weight = rng.lognormal(0.0, 0.25, index.size)
    people = np.where(
        urban,
        weight / weight[urban].sum() * town,
        size / size[~urban].sum() * (plan.people - town),
    )
    seats = {row[1]: number for number, row in enumerate(rows) if row[5]}
    townships = tuple(
        Township(code=codes[unit], name=titles[unit], kind=kinds[unit], seat=seats[unit]) for unit in order
    )
    villages = Villages(
        point=points[index],
        township=np.array([new_unit[row[1]] for row in rows], dtype=np.int64),
        code=[row[0] for row in rows],
        name=_one_name_twice([row[2] for row in rows], [row[1] for row in rows], [row[4] for row in rows]),
        ur_code=[row[3] for row in rows],
        community=np.array([row[4] for row in rows]),
        seat=seat,
        people=np.maximum(people, 35.0),
        remote=remote,
    )
    return townships, villages


def _one_name_twice(titles: list[str], units: list[int], community: list[bool]) -> list[str]:
    """Give the last ordinary village the name of the first one of another township."""
    ordinary = [number for number, flag in enumerate(community) if not flag]
    last = ordinary[-1]
    first = next(number for number in ordinary if units[number] != units[last])
    return [titles[first] if number == last else title for number, title in enumerate(titles)]
