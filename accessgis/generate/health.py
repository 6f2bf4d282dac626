"""Clinics and hospitals of the generated county, with the stock and the gaps of a real one."""

from __future__ import annotations

import numpy as np

from accessgis.generate.arrays import Index
from accessgis.generate.cases import Cases
from accessgis.generate.settlements import Settled
from accessgis.generate.stock import Facility, Ground

_CLINIC_SHARE = 0.93
_POOR_CLINIC_SHARE = 0.6


def clinics(settled: Settled, cases: Cases, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return the village clinics: four villages in five have one; two townships have far fewer."""
    villages = settled.villages
    chance = np.where(villages.remote > 0.62, 0.82, _CLINIC_SHARE)
    poor = [number for number, unit in enumerate(settled.townships) if unit.kind == "乡"][:2]
    chance = np.where(np.isin(villages.township, poor), _POOR_CLINIC_SHARE, chance)
    has = (rng.random(chance.size) < chance) & ~villages.community & ~settled.hard_to_reach
    special = np.concatenate([cases.building, cases.planned, cases.closed])
    has[special] = True
    has[[cases.with_clinic_across, cases.joint_partner, cases.no_staff, cases.shrunk]] = True
    has[[cases.across_river, cases.border, cases.joint]] = False
    found = []
    for number, village in enumerate(np.flatnonzero(has).tolist()):
        found.append(_clinic(settled, cases, ground, rng, village, number + 1))
    x, y = ground.at_place(cases.place_beyond)
    neighbour = Facility(
        id="WSW001", kind="village_clinic", name="邻县下河村卫生室（县外）", x=x, y=y, opened="2014-05-01",
        numbers={"beds": 3, "staff": 2, "floor_m2": 90},
    )  # fmt: skip
    return [*found, neighbour, *_outside_clinics(settled, cases, ground, rng)]


def _clinic(
    settled: Settled, cases: Cases, ground: Ground, rng: np.random.Generator, village: int, number: int
) -> Facility:
    villages = settled.villages
    x, y = ground.near_seat(village)
    name = f"{villages.name[village]}卫生室"
    status, closed, serves, site = "在用", "", "", ""
    staff = int(np.clip(round(villages.people[village] / 600 + rng.uniform(0, 1.2)), 1, 5))
    opened = f"{int(rng.integers(1998, 2022))}-{int(rng.integers(1, 13)):02d}-01"
    if village in cases.building:
        status, opened, staff = "在建", "2026-09-01", 0
    elif village in cases.planned:
        status, opened, staff = "规划", "", 0
    elif village in cases.closed:
        status, closed, staff = "停用", f"{2023 + village % 3}-06-30", 0
    elif village == cases.no_staff:
        staff = 0
    if village == cases.joint_partner:
        serves = f"{villages.code[village]};{villages.code[cases.joint]}"
        name = f"{villages.name[village].removesuffix('村')}、{villages.name[cases.joint]}联村卫生室"
    elif rng.random() < 0.09:
        site = f"DZ{villages.code[village][6:]}"
    return Facility(
        id=f"WS{number:04d}",
        kind="village_clinic",
        name=name,
        x=x,
        y=y,
        township=int(villages.township[village]),
        village=village,
        status=status,
        opened=opened,
        closed=closed,
        ownership="集体" if rng.random() < 0.7 else "个人",
        site_id=site,
        serves=serves,
        numbers={"beds": int(rng.integers(1, 6)), "staff": staff, "floor_m2": int(rng.integers(6, 16)) * 10},
    )


def _outside_clinics(settled: Settled, cases: Cases, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return a few clinics of the neighbouring counties."""
    outside = np.flatnonzero(settled.place_village < 0)
    outside = outside[outside != cases.place_beyond]
    drawn = np.sort(rng.choice(outside, max(4, outside.size // 4), replace=False))
    found = []
    for number, place in enumerate(drawn.tolist()):
        x, y = ground.at_place(place)
        found.append(
            Facility(
                id=f"WSW{number + 2:03d}",
                kind="village_clinic",
                name=f"邻县{number + 1}号村卫生室（县外）",
                x=x,
                y=y,
                opened="2012-03-01",
                numbers={"beds": 2, "staff": 1, "floor_m2": 80},
            )
        )
    return found


def hospitals(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return hospitals, township hospitals and community health institutions, one township hospital per township."""
    villages = settled.villages
    found = []
    for number, unit in enumerate(settled.townships):
        people = float(villages.people[villages.township == number].sum())
        village = unit.seat if number else int(np.flatnonzero(villages.township == 0)[2])
        x, y = ground.near_seat(village, off_m=20.0)
        title = unit.name.removesuffix("街道")
        found.append(
            Facility(
                id=f"WY{number + 1:03d}", kind="township_hospital", name=f"{title}卫生院",
                x=x, y=y, township=number, village=village, opened="1985-07-01",
                numbers={"beds": int(10 + people / 900), "staff": int(8 + people / 750)},
            )
        )  # fmt: skip
    return found + _county_level(settled, ground) + _community_level(settled, ground, rng)


def _county_level(settled: Settled, ground: Ground) -> list[Facility]:
    town = _town_communities(settled)
    size = float(settled.villages.people.sum())
    kinds = (
        ("county_hospital", "示例县人民医院", size / 480, size / 420),
        ("tcm_hospital", "示例县中医院", size / 1_100, size / 1_000),
        ("maternal_child_institution", "示例县妇幼保健院", size / 3_200, size / 2_300),
    )
    found = []
    for number, (kind, name, beds, staff) in enumerate(kinds):
        village = int(town[(number * 3 + 1) % town.size])
        x, y = ground.in_village(village, off_m=30.0)
        found.append(
            Facility(
                id=f"WX{number + 1:03d}", kind=kind, name=name, x=x, y=y, township=0, village=village,
                opened="1978-10-01",
                site_id="DZ0001" if kind == "county_hospital" else "",
                numbers={"beds": int(beds), "staff": int(staff)},
            )
        )  # fmt: skip
    return found


def _community_level(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    town = _town_communities(settled)
    found = []
    for number, village in enumerate(town[::2].tolist()):
        centre = number == 0
        kind = "community_health_centre" if centre else "community_health_station"
        title = "社区卫生服务中心" if centre else "社区卫生服务站"
        x, y = ground.near_seat(village)
        name = settled.villages.name[village].removesuffix("社区")
        found.append(
            Facility(
                id=f"WZ{number + 1:03d}", kind=kind, name=f"{'云溪街道' if centre else name}{title}", x=x, y=y,
                township=0, village=village, opened="2011-01-01", site_id=f"DZ{settled.villages.code[village][6:]}",
                numbers={"beds": 20 if centre else 0, "staff": 32 if centre else int(rng.integers(5, 12))},
            )
        )  # fmt: skip
    return found


def _town_communities(settled: Settled) -> Index:
    villages = settled.villages
    return np.flatnonzero(villages.community & (villages.township == 0))
