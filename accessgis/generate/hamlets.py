"""What stands in the counties of a generated province: units with codes and names, facilities, people in cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np

from accessgis.generate import names
from accessgis.generate.arrays import Array, Index, Mask
from accessgis.generate.chance import chance
from accessgis.generate.lattice import DIGITS, MARGIN_STEPS, STEP_LAT, STEP_LON, VILLAGE, Lattice
from accessgis.generate.people import GROUP_SHARES

CELL_DEG = 0.001
_TOWN_PEOPLE, _MARKET_PEOPLE, _VILLAGE_PEOPLE = 78.0, 24.0, 7.5
"""People in the middle cell of the county town, a market village and any other village, about."""
_MARKET_SHARE = 0.06
_EMPTY_SHARE = 0.12
_IN_VILLAGES = {
    "village_clinic": 0.86, "rural_day_care_centre": 0.16, "mutual_aid_home": 0.07, "public_kindergarten": 0.15,
    "primary_school": 0.12, "fitness_site": 0.62, "shop": 0.55, "cultural_centre": 0.9,
}  # fmt: skip
"""Share of the villages that have one."""
_IN_SEATS = {
    "township_hospital": 1.0, "rural_elderly_home": 0.6, "regional_elderly_centre": 0.55,
    "public_central_kindergarten": 0.9, "primary_school": 1.0, "middle_school": 0.7, "sports_ground": 0.9, "shop": 1.0,
    "dining": 1.0, "relief_depot": 0.75, "veterans_station": 1.0, "cultural_centre": 1.0, "fitness_site": 0.9,
}  # fmt: skip
_IN_TOWN = {
    "county_hospital": 1.0, "community_health_centre": 1.0, "elderly_institution": 1.0, "high_school": 1.0,
    "sports_centre": 1.0, "library": 1.0, "park": 1.0, "vocational_school": 0.8, "football_pitch": 0.8,
}  # fmt: skip
_IN_COMMUNITIES = {
    "community_health_station": 0.9, "community_elderly_facility": 0.6, "inclusive_kindergarten": 0.8, "shop": 1.0,
    "dining": 1.0, "leisure": 0.7, "housekeeping": 0.7, "fitness_site": 0.8, "primary_school": 0.5,
    "cultural_centre": 1.0,
}  # fmt: skip
_BEDS = {
    "village_clinic": 2, "township_hospital": 40, "county_hospital": 480, "rural_elderly_home": 50,
    "elderly_institution": 120, "regional_elderly_centre": 40, "rural_day_care_centre": 8,
}  # fmt: skip
_PLACES = {
    "public_kindergarten": 90, "public_central_kindergarten": 240, "inclusive_kindergarten": 180, "primary_school": 540,
    "middle_school": 900, "high_school": 3000, "vocational_school": 2400,
}  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Units:
    """The units of one county; arrays over its villages, in the order of their codes.

    Attributes
    ----------
    a, b
        Column and row of each village in the province.
    township
        Index into ``township_codes`` and ``township_names``.
    codes, names, community, seat
        Of each village; ``seat`` where the committee of its township stands.
    town
        The village in the middle of the county town.
    """

    a: Index
    b: Index
    township: Index
    codes: list[str]
    names: list[str]
    community: Mask
    seat: Mask
    town: int
    township_codes: list[str]
    township_names: list[str]


@lru_cache(maxsize=16)
def county_units(lattice: Lattice, county: int) -> Units:
    """Return the units of a county: its town in the middle, a township a block of villages."""
    side, blocks = lattice.side, lattice.townships
    local_a, local_b = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    block = (local_b * blocks // side) * blocks + local_a * blocks // side
    town_block = (blocks // 2) * blocks + blocks // 2
    middle = side // 2
    community = (np.abs(local_a - middle) + np.abs(local_b - middle) <= 1) & (block == town_block)
    rank = np.where(np.arange(blocks**2) == town_block, -1, np.arange(blocks**2)).argsort(kind="stable")
    titles, codes = _townships(lattice, county, blocks**2)
    township = np.argsort(rank)[block]
    order = np.lexsort((local_a, local_b, ~community, township))
    local_a, local_b, township, community = local_a[order], local_b[order], township[order], community[order]
    seat = _seats(local_a, local_b, township, middle)
    pool = names.village_names(np.random.default_rng([lattice.seed, county]), side**2)
    streets = names.community_names(side**2)
    village_codes, last = [], [0, 0]
    for number in range(side**2):
        if number and township[number] != township[number - 1]:
            last = [0, 0]
        kind = int(community[number])
        last[kind] += 1
        village_codes.append(f"{codes[township[number]]}{last[1] if kind else 199 + last[0]:03d}")
    column, row = lattice.place(county)
    return Units(
        a=local_a + column * side,
        b=local_b + row * side,
        township=township,
        codes=village_codes,
        names=[f"{streets[n]}社区" if community[n] else f"{pool[n].removesuffix('村')}村" for n in range(side**2)],
        community=community,
        seat=seat,
        town=int(np.flatnonzero((local_a == middle) & (local_b == middle))[0]),
        township_codes=codes,
        township_names=titles,
    )


def _townships(lattice: Lattice, county: int, count: int) -> tuple[list[str], list[str]]:
    """Return names and codes: the county town, then towns, then rural townships."""
    towns = (count + 1) // 2
    pool = [f"{prefix}{name}" for prefix in ("", "新", "老") for name in names.TOWNS]
    rural = [f"{prefix}{name}" for prefix in ("", "新", "老") for name in names.RURAL_TOWNSHIPS]
    code = lattice.code(county)
    titles = [names.SUBDISTRICT, *pool[: towns - 1], *rural[: count - towns]]
    codes = ["001", *[f"{100 + n}" for n in range(towns - 1)], *[f"{200 + n}" for n in range(count - towns)]]
    return titles, [f"{code}{tail}" for tail in codes]


def _seats(a: Index, b: Index, township: Index, middle: int) -> Mask:
    """Mark the village nearest to the middle of each township; that of the town is the middle of the county."""
    seat = np.zeros(a.size, dtype=bool)
    for number in range(int(township.max()) + 1):
        own = np.flatnonzero(township == number)
        x, y = (middle, middle) if number == 0 else (a[own].mean(), b[own].mean())
        seat[own[int(((a[own] - x) ** 2 + (b[own] - y) ** 2).argmin())]] = True
    return seat


def facility_rows(lattice: Lattice, county: int) -> dict[str, list[object]]:
    """Return the columns of the register of a county: its facilities, and those of its neighbours within the margin."""
    i, j = lattice.window(county, margin=0)
    column, row = lattice.place(county)
    columns: dict[str, list[object]] = {
        name: [] for name in ("编号", "名称", "kind", "经度", "纬度", "床位数", "学位数", "状态")
    }
    reach = ceil(MARGIN_STEPS / lattice.steps)
    around = range(-reach, reach + 1)
    for x, y in [(column + x, row + y) for y in around for x in around]:
        other = int(lattice.county_at(np.array(x), np.array(y)))
        if other < 0:
            continue
        units = county_units(lattice, other)
        centre_i, centre_j = units.a * VILLAGE + VILLAGE // 2, units.b * VILLAGE + VILLAGE // 2
        inside = (centre_i >= i[0] - MARGIN_STEPS) & (centre_i <= i[-1] + MARGIN_STEPS)
        inside &= (centre_j >= j[0] - MARGIN_STEPS) & (centre_j <= j[-1] + MARGIN_STEPS)
        for village in np.flatnonzero(inside).tolist():
            _add(lattice, units, village, columns)
    return columns


def _add(lattice: Lattice, units: Units, village: int, columns: dict[str, list[object]]) -> None:
    """Add the facilities of one village, beside the junction in its middle."""
    a, b = int(units.a[village]), int(units.b[village])
    wanted = dict(_IN_COMMUNITIES if units.community[village] else _IN_VILLAGES)
    if units.seat[village]:
        wanted |= _IN_SEATS
    if village == units.town:
        wanted |= _IN_TOWN
    title = units.names[village] if not units.seat[village] else units.township_names[units.township[village]]
    lon, lat = lattice.junctions(np.array(a * VILLAGE + 3), np.array(b * VILLAGE + 3))
    for kind, share in wanted.items():
        draw, east, north = (float(chance(lattice.seed, f"{kind} {part}", a, b)) for part in ("is", "x", "y"))
        if draw >= share:
            continue
        row: tuple[object, ...] = (
            f"{units.codes[village]}-{kind}",
            f"{title}（{kind}）",
            kind,
            round(float(lon) + (east - 0.5) * 0.5 * STEP_LON, DIGITS),
            round(float(lat) + (north - 0.5) * 0.5 * STEP_LAT, DIGITS),
            _BEDS.get(kind, float("nan")),
            _PLACES.get(kind, float("nan")),
            "在用",
        )
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)


def people_in_cells(lattice: Lattice, x: Index, y: Index) -> dict[str, Array]:
    """Return people by group in cells of 0.001°, named by whole thousandths of a degree of their south-western corner.

    People grow denser towards the middle of a village; market villages and the county town are larger.
    """
    west, south = lattice.origin
    along = ((x + 0.5) * CELL_DEG - west) / (VILLAGE * STEP_LON)
    up = ((y + 0.5) * CELL_DEG - south) / (VILLAGE * STEP_LAT)
    a, b = np.floor(along).astype(np.int64), np.floor(up).astype(np.int64)
    side = lattice.side
    there = lattice.county_at(a // side, b // side) >= 0
    off = np.hypot(along - a - 0.5, up - b - 0.5)
    local_a, local_b = a % side, b % side
    middle = side // 2
    town = np.abs(local_a - middle) + np.abs(local_b - middle) <= 1
    peak = np.where(town, _TOWN_PEOPLE, _VILLAGE_PEOPLE) * np.exp(0.8 * (chance(lattice.seed, "size", a, b) - 0.5))
    market = chance(lattice.seed, "market", a, b) < _MARKET_SHARE
    peak = np.where(market & ~town, peak * _MARKET_PEOPLE / _VILLAGE_PEOPLE, peak)
    lively = chance(lattice.seed, "cell", x, y)
    total = peak * np.exp(-3.0 * off) * (0.4 + 1.2 * lively)
    total = np.where(there & (lively >= _EMPTY_SHARE), np.round(total, 2), 0.0)
    found = {"total": total}
    for group, share in GROUP_SHARES.items():
        age = "old" if group.endswith("plus") else group  # those of 65 and over are some of those of 60 and over
        found[group] = total * share * (0.8 + 0.4 * chance(lattice.seed, age, a, b))
    return found
