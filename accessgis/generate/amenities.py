"""Facilities for the old and the young, for sport, relief and daily life in the generated county."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from accessgis.generate.arrays import Index
from accessgis.generate.settlements import Settled
from accessgis.generate.stock import Facility, Ground, rectangle


def _town(settled: Settled) -> Index:
    villages = settled.villages
    return np.flatnonzero(villages.community & (villages.township == 0))


def _one(
    settled: Settled, spot: tuple[float, float], village: int, id_: str, kind: str, name: str, **numbers: float
) -> Facility:
    return Facility(
        id=id_, kind=kind, name=name, x=spot[0], y=spot[1], township=int(settled.villages.township[village]),
        village=village, opened="2018-01-01", numbers=dict(numbers),
    )  # fmt: skip


def _short(name: str) -> str:
    return name.removesuffix("村").removesuffix("社区")


def elderly(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return ten institutions (one home of 28 beds at 37 %), regional centres and facilities in communities."""
    villages, town = settled.villages, _town(settled)
    seats = [unit.seat for unit in settled.townships]
    found: list[Facility] = []

    def add(village: int, kind: str, name: str, **numbers: float) -> None:
        found.append(
            _one(settled, ground.in_village(village), village, f"YL{len(found) + 1:03d}", kind, name, **numbers)
        )

    for number, unit in enumerate(settled.townships[1:6]):
        beds = (28, 46, 60, 38, 52)[number]
        share = (0.37, 0.62, 0.55, 0.44, 0.71)[number]
        add(unit.seat, "rural_elderly_home", f"{unit.name}敬老院", beds=beds, nursing_beds=round(beds * 0.3),
            residents=round(beds * share), occupancy=share)  # fmt: skip
    for number, village in enumerate(town[[1, 4, 7]].tolist()):
        beds = (120, 96, 150)[number]
        add(village, "elderly_institution", f"{('颐和', '松鹤', '安康')[number]}养老院", beds=beds,
            nursing_beds=round(beds * 0.56), residents=round(beds * 0.66), occupancy=0.66)  # fmt: skip
    for village in town[[2, 9]].tolist():
        add(village, "embedded_elderly_institution", f"{_short(villages.name[village])}嵌入式养老机构", beds=30,
            nursing_beds=22, residents=19, occupancy=0.63)  # fmt: skip
    for unit in settled.townships[: round(0.55 * len(seats))]:
        add(unit.seat, "regional_elderly_centre", f"{unit.name}区域养老服务中心", beds=40, nursing_beds=24)
    for village in town[::2].tolist():
        add(village, "community_elderly_facility", f"{villages.name[village]}养老服务站", beds=6)
    rural = np.flatnonzero(~villages.community)
    for village in rural[rng.random(rural.size) < 0.16].tolist():
        add(village, "rural_day_care_centre", f"{villages.name[village]}老年人日间照料中心", beds=8)
    for village in rural[rng.random(rural.size) < 0.07].tolist():
        add(village, "mutual_aid_home", f"{villages.name[village]}互助幸福院", beds=10)
    return [replace(item, ownership="民办") if item.kind == "elderly_institution" else item for item in found]


def kindergartens(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return kindergartens: a public central one in every township but one, others where children are."""
    villages, town = settled.villages, _town(settled)
    found: list[Facility] = []

    def add(village: int, kind: str, name: str, places: int) -> None:
        found.append(
            _one(settled, ground.in_village(village), village, f"YE{len(found) + 1:03d}", kind, name,
                 places=places, residents=round(places * rng.uniform(0.6, 0.98)))
        )  # fmt: skip

    for unit in settled.townships[:-1]:
        add(unit.seat, "public_central_kindergarten", f"{unit.name}中心幼儿园", 240)
    for number, village in enumerate(town.tolist()):
        kind = ("public_kindergarten", "inclusive_kindergarten", "private_kindergarten")[number % 3]
        add(village, kind, f"{_short(villages.name[village])}幼儿园", 180)
    large = np.flatnonzero(~villages.community & (villages.people > 1_150))
    for village in large.tolist():
        add(village, "public_kindergarten", f"{villages.name[village]}幼儿园", 60)
    for village in town[:2].tolist():
        add(village, "nursery", f"{_short(villages.name[village])}托育园", 60)
    return found


def schools(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return schools of every kind."""
    villages, town = settled.villages, _town(settled)
    found: list[Facility] = []

    def add(village: int, kind: str, name: str, places: int) -> None:
        found.append(_one(settled, ground.in_village(village), village, f"XX{len(found) + 1:03d}", kind, name,
                          places=places, residents=round(places * rng.uniform(0.55, 1.05))))  # fmt: skip

    for unit in settled.townships:
        add(unit.seat, "primary_school", f"{unit.name}中心小学", 540)
        if unit.kind == "镇":
            add(unit.seat, "middle_school", f"{unit.name}初级中学", 600)
    for number, village in enumerate(town[::3].tolist()):
        add(village, "primary_school", f"示例县第{'一二三四五六七八九十'[number % 10]}小学", 1_080)
    for number, village in enumerate(town[1::5].tolist()):
        add(village, "middle_school", f"示例县第{'一二三四五六七八九十'[number % 10]}中学", 1_500)
    add(int(town[0]), "high_school", "示例县高级中学", 3_000)
    add(int(town[-1]), "vocational_school", "示例县职业中学", 2_400)
    add(int(town[5]), "special_school", "示例县特殊教育学校", 90)
    rural = np.flatnonzero(~villages.community & ~villages.seat)
    big = rural[villages.people[rural] > np.quantile(villages.people[rural], 0.9)]
    for village in big.tolist():
        add(village, "primary_school", f"{villages.name[village]}小学", 180)
    small = rural[rng.random(rural.size) < 0.06]
    for village in np.setdiff1d(small, big).tolist():
        add(village, "teaching_point", f"{villages.name[village]}教学点", 30)
    return found


def fitness(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return fitness sites and sports grounds, some with their outline; the town is served in part only."""
    villages, town = settled.villages, _town(settled)
    found: list[Facility] = []

    def add(village: int, kind: str, name: str, width: float = 0.0, height: float = 0.0) -> None:
        spot = ground.in_village(village, off_m=26.0)
        outline = rectangle(*spot, width, height, float(rng.uniform(0, 3))) if width else None
        area = width * height if width else float(rng.integers(20, 80) * 10)
        item = _one(settled, spot, village, f"TY{len(found) + 1:03d}", kind, name, area_m2=area)
        found.append(replace(item, outline=outline))

    for village in town[1 : max(6, town.size // 2) : 1].tolist():
        add(village, "fitness_site", f"{villages.name[village]}健身点")
    add(int(town[3]), "sports_centre", "示例县全民健身中心", 120.0, 80.0)
    add(int(town[-2]), "sports_ground", "示例县体育场", 180.0, 110.0)
    add(int(town[6]), "football_pitch", "滨河足球场", 100.0, 64.0)
    add(int(town[8]), "park", "云溪公园", 260.0, 190.0)
    for unit in settled.townships[1:]:
        add(unit.seat, "sports_ground", f"{unit.name}健身广场", 42.0, 30.0)
    rural = np.flatnonzero(~villages.community)
    for village in rural[rng.random(rural.size) < 0.62].tolist():
        add(village, "fitness_site", f"{villages.name[village]}健身点")
    return found


def relief_depots(settled: Settled, ground: Ground) -> list[Facility]:
    """Return the county's relief depot and those of most townships."""
    found = [
        _one(settled, ground.in_village(int(_town(settled)[-1])), int(_town(settled)[-1]), "JZ001", "relief_depot",
             "示例县救灾物资储备库", floor_m2=1_800)
    ]  # fmt: skip
    for unit in settled.townships[1 : round(0.75 * len(settled.townships))]:
        found.append(_one(settled, ground.in_village(unit.seat), unit.seat, f"JZ{len(found) + 1:03d}", "relief_depot",
                          f"{unit.name}救灾物资储备点", floor_m2=120))  # fmt: skip
    return found


def services(settled: Settled, ground: Ground, rng: np.random.Generator) -> list[Facility]:
    """Return shops, dining, leisure, culture, housekeeping, and the stations of veterans and social work."""
    villages, town = settled.villages, _town(settled)
    found: list[Facility] = []

    def add(village: int, kind: str, name: str) -> None:
        found.append(_one(settled, ground.in_village(village), village, f"SH{len(found) + 1:04d}", kind, name))

    for number, village in enumerate(town.tolist()):
        short = _short(villages.name[village])
        for count in "一二三":
            add(village, "shop", f"{short}便民{count}店")
        for count in "一二":
            add(village, "dining", f"{short}第{count}餐馆")
        if number % 2 == 0:
            add(village, "leisure", f"{short}文体活动室")
        if number % 3 != 2:
            add(village, "housekeeping", f"{short}家政服务点")
        add(village, "cultural_centre", f"{villages.name[village]}综合性文化服务中心")
    add(int(town[0]), "library", "示例县图书馆")
    for unit in settled.townships:
        add(unit.seat, "veterans_station", f"{unit.name}退役军人服务站")
        add(unit.seat, "dining", f"{unit.name}饭店")
        if unit.code[-1] not in "37":
            add(unit.seat, "social_work_station", f"{unit.name}社工站")
    rural = np.flatnonzero(~villages.community)
    for village in rural.tolist():
        if rng.random() < 0.55:
            add(village, "shop", f"{villages.name[village]}便民商店")
        if rng.random() < 0.9:
            add(village, "cultural_centre", f"{villages.name[village]}综合性文化服务中心")
    return found
