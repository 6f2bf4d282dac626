"""A small fake assessment that looks like a county, for tests of pages: no roads were searched for its times.

The people, villages and facilities are drawn from a seed; times are straight distances over a speed; the figures are
summed from those times as the pipeline would, so that shares, gaps and people agree with each other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import Delaunay, cKDTree

from accessgis.assess.assessment import GAPS, RESULTS, Assessment, Quality, RuleRecord, StudyInfo
from accessgis.assess.index import equal_access
from accessgis.base.crs import from_degrees, to_degrees, working_crs
from accessgis.base.errors import Doubt, Place
from accessgis.base.provenance import InputRecord
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand
from accessgis.layers.facilities import FacilityLayer
from accessgis.standards.kinds import load_kinds
from accessgis.standards.model import Assumption, Title
from accessgis.standards.weights import load_weights

SEED = 20251231
CELL_M = 300.0
SPEED_KPH = {"vehicle+walk": 26.0, "ebike": 19.0, "bicycle": 12.0, "walk": 4.0, "walk-elderly": 3.2}
DETOUR = 1.45
TOWNSHIPS = [
    "云溪街道",
    "石桥镇",
    "白杨镇",
    "河口镇",
    "青石镇",
    "金沟镇",
    "柳湾镇",
    "南梁乡",
    "马岭乡",
    "松岔乡",
    "高崖乡",
]
FIRST = [
    "郭",
    "王",
    "李",
    "张",
    "石",
    "杨",
    "马",
    "郝",
    "原",
    "武",
    "曹",
    "韩",
    "闫",
    "刘",
    "陈",
    "梁",
    "任",
    "董",
    "赵",
    "孙",
]
LAST = [
    "家窑村",
    "家庄村",
    "家湾村",
    "家岔村",
    "坪村",
    "沟村",
    "家岭村",
    "家坡村",
    "桥村",
    "营村",
    "屯村",
    "家寨村",
    "家堡村",
]

_NOT_HERE = (
    "median_m", "p90_m", "covered_share_assigned", "covered_share_straight", "covered_share_fixed", "straight_only",
)  # fmt: skip
"""Figures that none of the invented rules has."""
HOSTILE_NAMES = (
    "<img src=x onerror=\"document.title='hit'\">",
    "`+(document.title='hit')+`",
    "${document.title='hit'}",
    "</script><script>document.title='hit'</script>",
    "C:\\2019\\new",
    "\u2028\u2029'\"&amp;",
    "{{ 7*7 }}{% raw %}{0}{share}",
)
"""Names that are code wherever a page forgets that they are text."""


@dataclass(frozen=True)
class Ground:
    """The invented county: its outline, village points and their township."""

    crs: CRS
    outline: shapely.Polygon
    seats: NDArray[np.float64]
    villages: NDArray[np.float64]
    township: NDArray[np.int64]
    polygons: NDArray[np.object_]


def kind_values(kind: str) -> dict[str, Any]:
    """The names of a facility kind as doubts carry them."""
    entry = load_kinds()[kind]
    return {"kind": kind, "kind_zh": entry.zh, "kind_en": entry.en}


def fake_assessment(
    *, villages: int = 260, name: str = "示例县", village_names: tuple[str, ...] = (), seed: int = SEED
) -> Assessment:
    """Return a fake assessment of four circle rules; ``village_names`` replace those of the first villages."""
    rng = np.random.default_rng(seed)
    ground = _ground(rng, villages)
    areas = _areas(ground, rng, name, village_names)
    demand = _demand(ground, areas, rng)
    facilities = _facilities(ground, areas, rng, village_names)
    rules = _rules()
    results, people, gaps, isochrones = [], [], [], []
    for rule in rules:
        got = _judge(rule, areas, demand, facilities, ground)
        results += got["results"]
        people += got["people"]
        gaps += got["gaps"]
        isochrones += got["isochrones"]
    frame = pd.DataFrame(results)[list(RESULTS.names)]
    RESULTS.require(frame)
    index = equal_access(frame, rules, weights=load_weights())
    gap_frame = gpd.GeoDataFrame(gaps, columns=list(GAPS.names), geometry="geometry", crs=ground.crs)
    GAPS.require(gap_frame)
    return Assessment(
        study=StudyInfo(
            name=name,
            code="149921",
            data_date=dt.date(2025, 12, 31),
            generated=True,
            population_basis="resident",
            population_as_of="2020-11-01",
        ),
        crs=ground.crs.to_string(),
        rules=rules,
        results=frame,
        gaps=gap_frame,
        people=pd.concat(people, ignore_index=True),
        isochrones=gpd.GeoDataFrame(isochrones, geometry="geometry", crs=ground.crs),
        snaps=gpd.GeoDataFrame({"point": [], "geometry": []}, geometry="geometry", crs=ground.crs),
        areas=areas,
        facilities=facilities,
        demand=demand,
        roads_for_map=_roads(ground),
        quality=Quality(
            doubts=(
                Doubt(code="AG9203", values=kind_values("village_clinic")),
                Doubt(code="AG9206", values={"rule": rules[1].rule}, place=Place(layer="clinics.csv")),
            ),
            figures={"people": float(demand.frame["population"].sum())},
        ),
        inputs=(
            InputRecord(role="roads", path="data/roads/roads.osm.pbf", sha256="ab" * 32, rows=5210, crs="EPSG:4326"),
        ),
        profiles=tuple({"id": profile} for profile in SPEED_KPH),
        parameters={},
        index=index.areas,
        index_rules=index.rules,
        index_left_out=index.left_out,
    )


def _ground(rng: np.random.Generator, villages: int) -> Ground:
    crs = working_crs(112.4, 37.2, chinese=True)
    x, y = from_degrees(crs).transform(112.4, 37.2)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 27_000 * (1 + 0.10 * np.sin(2 * angle + 1) + 0.07 * np.cos(3 * angle) + 0.02 * np.sin(7 * angle))
    outline = shapely.Polygon(np.column_stack([x + radius * np.cos(angle), y + 0.95 * radius * np.sin(angle)]))
    turn = np.linspace(0, 2 * np.pi, len(TOWNSHIPS) - 1, endpoint=False)
    far = 17_500 * (1 + 0.18 * np.sin(5 * turn))
    seats = np.vstack([[x + 2500, y - 1500], np.column_stack([x + far * np.cos(turn), y + far * np.sin(turn)])])
    points: list[NDArray[np.float64]] = []
    while len(points) < villages:
        near = rng.random() < 0.45
        centre = seats[rng.integers(len(seats))] if near else np.array([x, y])
        point = centre + rng.normal(0, 5_000 if near else 15_000, 2)
        if outline.contains(shapely.Point(point)) and all(np.hypot(*(point - other)) > 900 for other in points):
            points.append(point)
    centres = np.array(points)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=outline, ordered=True))
    polygons = shapely.intersection(cells, outline)
    township = cKDTree(seats).query(centres)[1]
    return Ground(crs=crs, outline=outline, seats=seats, villages=centres, township=township, polygons=polygons)


def _areas(ground: Ground, rng: np.random.Generator, name: str, village_names: tuple[str, ...]) -> Areas:
    rows: list[dict[str, Any]] = [_area("county", "149921", name, "", ground.outline)]
    codes = [f"149921{1 + i if i == 0 else 100 + i if i < 7 else 200 + i:03d}" for i in range(len(TOWNSHIPS))]
    rows += [
        _area("township", codes[i], TOWNSHIPS[i], "149921", shapely.union_all(ground.polygons[ground.township == i]))
        for i in range(len(TOWNSHIPS))
    ]
    numbers = [0] * len(codes)
    for index, polygon in enumerate(ground.polygons):
        unit = int(ground.township[index])
        numbers[unit] += 1
        town = unit == 0
        label = f"{FIRST[rng.integers(len(FIRST))]}{LAST[rng.integers(len(LAST))]}"
        row = _area("village", f"{codes[unit]}{numbers[unit] + (0 if town else 200):03d}", label, codes[unit], polygon)
        rows.append(row | {"ur_code": "121" if town else "220", "seat": town})
    for index, village in enumerate(village_names):
        rows[len(TOWNSHIPS) + 1 + index]["name"] = village
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=ground.crs)
    order = frame["level"].map({"county": 0, "township": 1, "village": 2})
    frame = frame.assign(order=order).sort_values(["order", "code"], ignore_index=True).drop(columns="order")
    return Areas(frame=frame, class_source="ur_code")


def _area(level: str, code: str, name: str, parent: str, geometry: shapely.Geometry) -> dict[str, Any]:
    return {
        "level": level,
        "code": code,
        "name": name,
        "parent": parent,
        "township_kind": name[-1] if level == "township" else "",
        "ur_code": "",
        "seat": False,
        "central": False,
        "geometry": geometry,
    }


def _demand(ground: Ground, areas: Areas, rng: np.random.Generator) -> Demand:
    west, south, east, north = ground.outline.bounds
    xs = np.arange(west, east, CELL_M)
    ys = np.arange(south, north, CELL_M)
    grid_x, grid_y = (part.ravel() for part in np.meshgrid(xs, ys))
    centres = np.column_stack([grid_x, grid_y]) + CELL_M / 2
    near, _ = cKDTree(ground.villages).query(centres)
    town = np.hypot(*(centres - ground.seats[0]).T)
    people = 55 * np.exp(-((near / 420) ** 2)) + 480 * np.exp(-((town / 2100) ** 2))
    people = people * rng.lognormal(0, 0.5, len(people))
    keep = (people > 1.5) & shapely.contains_xy(ground.outline, centres[:, 0], centres[:, 1])
    centres, people = centres[keep], people[keep]
    villages = areas.at("village")
    tree = shapely.STRtree(villages.geometry.to_numpy())
    inside = tree.query_nearest(shapely.points(centres), all_matches=False)[1]
    parts = villages.iloc[inside]
    cells = shapely.box(*(centres - CELL_M / 2).T, *(centres + CELL_M / 2).T)
    frame = pd.DataFrame(
        {
            "demand_id": np.arange(len(centres)),
            "x": centres[:, 0],
            "y": centres[:, 1],
            "population": people,
            "county": "149921",
            "township": parts["parent"].to_numpy(),
            "village": parts["code"].to_numpy(),
            "ur_code": parts["ur_code"].to_numpy(),
            "seat": parts["seat"].to_numpy(),
            "central": False,
            "judged": True,
            "cell": np.arange(len(centres)),
            "age60plus": people * 0.19,
        }
    )
    return Demand(frame=frame, groups=("total", "age60plus"), cells=cells, cell_diagonal_m=CELL_M * 2**0.5)


def _facilities(
    ground: Ground, areas: Areas, rng: np.random.Generator, village_names: tuple[str, ...]
) -> FacilityLayer:
    west = ground.villages[:, 0] < np.quantile(ground.villages[:, 0], 0.25)
    kept = rng.random(len(ground.villages)) < np.where(west, 0.35, 0.8)
    rows = [("village_clinic", xy, "村卫生室") for xy in ground.villages[kept] + rng.normal(0, 150, (kept.sum(), 2))]
    rows += [("township_hospital", xy + 250, "卫生院") for xy in ground.seats[1:]]
    rows += [("community_health_station", xy, "社区卫生服务站") for xy in ground.seats[0] + rng.normal(0, 900, (4, 2))]
    rows += [("fitness_site", xy, "健身广场") for xy in ground.seats[0] + rng.normal(0, 1300, (8, 2))]
    records = []
    villages = areas.at("village")
    tree = shapely.STRtree(villages.geometry.to_numpy())
    for index, (kind, xy, label) in enumerate(rows):
        at = int(tree.nearest(shapely.Point(xy)))
        place = villages.iloc[at]
        full = f"{village_names[index] if index < len(village_names) else place['name'][:-1]}{label}"
        records.append(
            {
                "facility_id": f"F{index:04d}",
                "name": full,
                "kind": kind,
                "status": "planned" if index % 61 == 7 else "in_service",
                "opened": "",
                "placement": "coordinates",
                "ownership": "public",
                "site_id": "",
                "serves": "",
                "days": "",
                "hours": "",
                "min_days": 0,
                "county": "149921",
                "township": place["parent"],
                "village": place["code"],
                "layer": "clinics.csv",
                "row": index + 1,
                "x": float(xy[0]),
                "y": float(xy[1]),
                "geometry": shapely.Point(xy),
                "entrances": (),
            }
        )
    frame = gpd.GeoDataFrame(records, geometry="geometry", crs=ground.crs)
    return FacilityLayer(frame=frame, kinds_given=frozenset(frame["kind"]))


def _rules() -> tuple[RuleRecord, ...]:
    guizhou = Title(zh="贵州省“十四五”公共服务规划", en="Guizhou 14th five-year plan for public services")
    shanxi = Title(
        zh="山西省“十四五”公共服务和社会保障事业规划",
        en="Shanxi 14th five-year plan for public services and social security",
    )
    mode = Assumption(key="profiles", zh="规划未说明出行方式，按步行测算。", en="The plan states no mode: on foot.")
    common: dict[str, Any] = {
        "rule_kind": "circle",
        "stage": "final",
        "horizon": 2025,
        "force": "push",
        "direction": "to_facility",
        "limit_m": None,
        "metric": "network-time",
        "sharing": "any",
        "assumed": (mode,),
    }
    return (
        RuleRecord(
            **common,
            rule="guizhou-14fyp/rural-medical-30",
            title=Title(zh="30分钟乡村医疗健康卫生圈", en="30-minute rural medical circle"),
            source="guizhou-14fyp",
            source_title=guizhou,
            section="三章四节",
            scope=("52",),
            basis="adopted",
            basis_note="县政府会议纪要〔2025〕3号",
            kinds=("township_hospital", "community_health_station", "village_clinic"),
            where="rural",
            group="total",
            profiles=("vehicle", "walk"),
            headline_profile="vehicle+walk",
            limit_s=1800,
            target=0.95,
            target_level="county",
            target_basis="县政府会议纪要〔2025〕3号",
        ),
        RuleRecord(
            **common,
            rule="shanxi-14fyp/county-town-fitness",
            title=Title(zh="县城社区15分钟健身圈", en="15-minute county-town fitness circle"),
            source="shanxi-14fyp",
            source_title=shanxi,
            section="十二（一）",
            scope=("14",),
            basis="in_scope",
            basis_note="",
            kinds=("fitness_site",),
            where="county_town",
            group="total",
            profiles=("walk",),
            headline_profile="walk",
            limit_s=900,
            target=0.9,
            target_level="county",
            target_basis="县政府会议纪要〔2025〕3号",
        ),
        RuleRecord(
            **common,
            rule="test/clinic-walk-60plus",
            title=Title(zh="60岁及以上人口30分钟就医圈", en="30-minute clinic circle for people over 60"),
            source="shanxi-14fyp",
            source_title=shanxi,
            section="七（四）",
            scope=("14",),
            basis="in_scope",
            basis_note="",
            kinds=("township_hospital", "village_clinic"),
            where="all",
            group="age60plus",
            profiles=("walk-elderly",),
            headline_profile="walk-elderly",
            limit_s=1800,
            target=None,
            target_level=None,
            target_basis="",
        ),
        RuleRecord(
            **common,
            rule="guizhou-14fyp/central-elderly-15",
            title=Title(zh="中心城区15分钟养老服务圈", en="15-minute elderly circle, central area"),
            source="guizhou-14fyp",
            source_title=guizhou,
            section="四章四节",
            scope=("52",),
            basis="adopted",
            basis_note="县政府会议纪要〔2025〕3号",
            kinds=("embedded_elderly_institution",),
            where="central_city",
            group="age60plus",
            profiles=("walk-elderly",),
            headline_profile="walk-elderly",
            limit_s=900,
            target=None,
            target_level=None,
            target_basis="",
        ),
    )


def _concerned(rule: RuleRecord, demand: Demand) -> NDArray[np.float64]:
    people = demand.people(rule.group)
    codes = demand.frame["ur_code"]
    if rule.where == "rural":
        return np.where(codes == "220", people, 0.0)
    if rule.where == "county_town":
        return np.where(codes == "121", people, 0.0)
    return people if rule.where == "all" else np.zeros(len(people))


def _judge(
    rule: RuleRecord, areas: Areas, demand: Demand, facilities: FacilityLayer, ground: Ground
) -> dict[str, list[Any]]:
    people = _concerned(rule, demand)
    missing = ("central",) if rule.where == "central_city" else ()
    chosen = facilities.frame[facilities.frame["kind"].isin(rule.kinds) & (facilities.frame["status"] == "in_service")]
    profiles = [rule.headline_profile, *(p for p in ("ebike", "bicycle", "walk") if p != rule.headline_profile)]
    out: dict[str, list[Any]] = {"results": [], "people": [], "gaps": [], "isochrones": []}
    shares = {}
    for profile in profiles:
        seconds, nearest = _seconds(demand, chosen, profile)
        shares[profile] = (people * (seconds <= (rule.limit_s or 0))).sum() / max(people.sum(), 1e-9)
    for profile in profiles:
        headline = profile == rule.headline_profile
        seconds, nearest = _seconds(demand, chosen, profile)
        span = {
            case: (people * (seconds * factor <= (rule.limit_s or 0))).sum() / max(people.sum(), 1e-9)
            for case, factor in (("low", 1.25), ("high", 0.83))
        }
        out["results"] += _rows(rule, areas, demand, people, seconds, profile, missing, shares, span)
        if not missing:
            ids = demand.frame["demand_id"].to_numpy()[people > 0]
            out["people"].append(
                pd.DataFrame(
                    {"demand_id": ids, "rule": rule.rule, "profile": profile, "seconds": seconds[people > 0]}
                ).assign(metres=np.nan)
            )
        if headline and not missing:
            out["gaps"] = _gaps(rule, areas, demand, people, seconds, nearest, chosen)
            out["isochrones"] = _bands(rule, chosen, ground, SPEED_KPH[profile])
    return out


def _seconds(demand: Demand, chosen: gpd.GeoDataFrame, profile: str) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    xy = demand.frame[["x", "y"]].to_numpy(dtype=np.float64)
    if chosen.empty:
        return np.full(len(xy), np.inf), np.full(len(xy), "", dtype=object)
    metres, nearest = cKDTree(chosen[["x", "y"]].to_numpy(dtype=np.float64)).query(xy)
    hills = 1 + 0.9 * np.clip((np.quantile(xy[:, 0], 0.3) - xy[:, 0]) / 20_000, 0, 1)
    seconds = np.round(120 * (profile != "walk") + metres * DETOUR * hills * 3.6 / SPEED_KPH[profile], 3)
    return seconds, chosen["facility_id"].to_numpy(dtype=object)[nearest]


def _rows(
    rule: RuleRecord,
    areas: Areas,
    demand: Demand,
    people: NDArray[np.float64],
    seconds: NDArray[np.float64],
    profile: str,
    missing: tuple[str, ...],
    shares: dict[str, float],
    span: dict[str, float],
) -> list[dict[str, Any]]:
    rows = []
    headline = profile == rule.headline_profile
    parents = dict(zip(areas.frame["code"], areas.frame["name"], strict=True))
    for level in ("county", "township", "village"):
        members = demand.frame.groupby(level).indices
        for area in areas.at(level).itertuples(index=False):
            chosen = members.get(area.code, np.array([], dtype=np.int64))
            here, times = people[chosen], seconds[chosen]
            total, covered = float(here.sum()), float(here[times <= (rule.limit_s or 0)].sum())
            share = covered / total if total and not missing else np.nan
            top = level == "county"
            name = parents.get(area.parent, "") + area.name if level == "village" else area.name
            rows.append(
                {
                    "rule": rule.rule,
                    "level": level,
                    "area": area.code,
                    "area_name": name,
                    "group": rule.group,
                    "profile": profile,
                    "headline": headline,
                    "people": np.nan if missing else total,
                    "covered": np.nan if missing else covered,
                    "covered_share": share,
                    "covered_share_high": share,
                    "covered_share_own": share,
                    "off_network": 0.0,
                    "unreachable": 0.0,
                    "unclassified": 0.0,
                    "median_s": _quantile(here, times, 0.5),
                    "p90_s": _quantile(here, times, 0.9),
                    **dict.fromkeys(_NOT_HERE, np.nan),
                    "target": rule.target if top and rule.target is not None else np.nan,
                    "verdict": _verdict(rule, share, missing) if headline and top else "",
                    "counts": bool(rule.target_basis),
                    "robust": not (rule.target is not None and top and span["low"] < rule.target <= span["high"]),
                    "range_low": span["low"] if top and not missing else share,
                    "range_high": span["high"] if top and not missing else share,
                    "sensitivity": (("speed", span["low"], span["high"]),) if top and not missing else (),
                    "missing": missing,
                    "mode_dependent": bool(
                        top
                        and headline
                        and rule.target is not None
                        and len({value >= rule.target for value in shares.values()}) > 1
                    ),
                    "edge_people": 0.0,
                    "covered_share_construction": share,
                    "covered_share_planned": min(1.0, share * 1.004),
                    "value": np.nan,
                    "unit": "",
                    "deficit": np.nan,
                    "state": "",
                }
            )
    return rows


def _verdict(rule: RuleRecord, share: float, missing: tuple[str, ...]) -> str:
    if missing:
        return "not_judged"
    if share != share:
        return "nobody_concerned"
    if rule.target is None:
        return "no_target"
    return "meets" if share >= rule.target else "falls_short"


def _quantile(people: NDArray[np.float64], seconds: NDArray[np.float64], share: float) -> float:
    if people.sum() == 0:
        return float("nan")
    order = np.argsort(seconds)
    reached = np.cumsum(people[order])
    return float(seconds[order][np.searchsorted(reached, share * reached[-1])])


def _gaps(
    rule: RuleRecord,
    areas: Areas,
    demand: Demand,
    people: NDArray[np.float64],
    seconds: NDArray[np.float64],
    nearest: NDArray[np.object_],
    chosen: gpd.GeoDataFrame,
) -> list[dict[str, Any]]:
    left = np.where(seconds > (rule.limit_s or 0), people, 0.0)
    frame = demand.frame.assign(left=left, seconds=seconds, nearest=nearest)
    frame = frame.assign(elderly=frame["age60plus"])
    frame = frame[frame["left"] > 0]
    names = dict(zip(areas.frame["code"], areas.frame["name"], strict=True))
    rows = []
    for (township, village), part in frame.groupby(["township", "village"]):
        lead = part.loc[part["left"].idxmax()]
        rows.append((float(part["left"].sum()), township, village, lead, part["cell"].to_numpy()))
    rows.sort(key=lambda row: (-row[0], row[2]))
    out = []
    degrees = to_degrees(areas.frame.crs)
    for rank, (size, township, village, lead, cells) in enumerate(rows, start=1):
        lon, lat = degrees.transform(lead["x"], lead["y"])
        out.append(
            {
                "gap_id": f"{rule.rule}#{rank}",
                "rule": rule.rule,
                "kinds": ";".join(rule.kinds),
                "rank": rank,
                "people": size,
                "people_off_network": 0.0,
                "people_no_path": 0.0,
                "people_too_far": size,
                "age60plus": float(part["elderly"].sum()),
                "reason": "too_far",
                "facility_id": lead["nearest"],
                "seconds": lead["seconds"],
                "metres": np.nan,
                "township": township,
                "village": village,
                "township_name": names[township],
                "village_name": names[village],
                "villages": 1,
                "lon": lon,
                "lat": lat,
                "geometry": shapely.union_all(demand.cells[cells]),
            }
        )
    return out


def _bands(rule: RuleRecord, chosen: gpd.GeoDataFrame, ground: Ground, kph: float) -> list[dict[str, Any]]:
    limit = rule.limit_s or 0
    ends = [limit // 3, limit * 2 // 3, limit, limit * 3 // 2]
    inner = shapely.Polygon()
    rows = []
    points = shapely.union_all(chosen.geometry.to_numpy())
    for start, end in zip([0, *ends], ends, strict=False):
        radius_m = max(end - 120, 30) * kph / 3.6 / DETOUR
        reach = shapely.intersection(points.buffer(radius_m, quad_segs=6), ground.outline)
        rows.append(
            {
                "rule": rule.rule,
                "profile": rule.headline_profile,
                "limit_s": limit,
                "from_s": start,
                "to_s": end,
                "geometry": shapely.difference(reach, inner),
            }
        )
        inner = reach
    return rows


def _roads(ground: Ground) -> gpd.GeoDataFrame:
    edges = {
        tuple(sorted((int(face[i]), int(face[j]))))
        for face in Delaunay(ground.villages).simplices
        for i, j in ((0, 1), (1, 2), (0, 2))
    }
    rows = []
    for tail, head in sorted(edges):
        ends = ground.villages[[tail, head]]
        if np.hypot(*(ends[0] - ends[1])) < 5_200:
            rows.append({"road_class": "unclassified", "geometry": shapely.LineString(ends)})
    hub = ground.seats[0]
    rows += [{"road_class": "secondary", "geometry": shapely.LineString([hub, seat])} for seat in ground.seats[1:]]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=ground.crs)
