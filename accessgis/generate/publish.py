"""Writing every file of a generated county into its folder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from accessgis.generate import offices
from accessgis.generate.arrays import Index, as_points, metres
from accessgis.generate.osm import write_roads
from accessgis.generate.people import NODATA
from accessgis.generate.plan import COUNTY_CODE, COUNTY_NAME
from accessgis.generate.stock import Facility
from accessgis.generate.studyfile import readme_text, study_text
from accessgis.generate.write import (
    CGCS2000,
    degrees,
    facility_columns,
    lon_lat,
    sidecar,
    write_csv,
    write_geojson,
    write_gpkg,
    write_raster,
)

if TYPE_CHECKING:
    from accessgis.generate.county import County

_NUMBERS = {
    "clinics": {"beds": "床位数", "staff": "人员数", "floor_m2": "建筑面积"},
    "hospitals": {"beds": "床位数", "staff": "人员数"},
    "elderly": {"beds": "床位数", "nursing_beds": "护理型床位", "residents": "入住人数", "occupancy": "年均入住率"},
    "kindergartens": {"places": "学位数", "residents": "在园人数"},
    "schools": {"places": "学位数", "residents": "在校生数"},
    "fitness": {"area_m2": "场地面积"},
    "relief_depots": {"floor_m2": "建筑面积"},
    "services": {},
}
_NOTES = {
    "boundaries": ("行政区划与村（居）委会位置", "administrative areas and committee points"),
    "roads": ("道路、河流与部分设施（OSM格式）", "roads, rivers and some facilities in OSM form"),
    "population": ("100米格网人口", "residents on a 100 m grid"),
    "elevation": ("地形高程", "terrain"),
    "facilities": ("设施名册", "register of facilities"),
    "sites": ("备选址与地块", "candidate sites and parcels"),
    "office": ("按部门报送样式整理的同一县数据", "the same county as its bureaus send it"),
    "": ("评价方案", "study file"),
}


def publish(folder: Path, county: County, *, version: str) -> None:
    """Write all files and a sidecar beside each."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    written += _boundaries(folder / "boundaries", county)
    every = [item for layer in county.facilities.values() for item in layer]
    roads = folder / "roads" / "roads.osm.pbf"
    roads.parent.mkdir(parents=True, exist_ok=True)
    write_roads(roads, county.plan, county.land, county.mesh, county.settled, county.streets, every)
    written += [roads, *_rasters(folder, county), *_facilities(folder / "facilities", county)]
    written += offices.write_sites(_made(folder / "sites"), county.plan, county.cases.sites)
    written += _office(folder / "office", county)
    study = folder / "study.toml"
    in_service = Counter(item.kind for item in every if item.status == "在用" and item.village >= 0)
    people = float(county.settled.villages.people.sum())
    study.write_bytes(study_text(plan=county.plan, in_service=in_service, people=people).encode("utf-8"))
    (folder / "README.md").write_bytes(readme_text(plan=county.plan, cases=_case_rows(county)).encode("utf-8"))
    for path in [*written, study]:
        note_zh, note_en = _NOTES[path.parent.name if path.parent != folder else ""]
        notes = (f"生成数据，不对应任何真实地区：{note_zh}", f"Generated, no real place: {note_en}")
        sidecar(path, county.plan, version, *notes)


def _yes(flag: bool) -> str:  # noqa: FBT001 (the flag is the subject)
    return "是" if flag else "否"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _boundaries(folder: Path, county: County) -> list[Path]:
    plan, settled, polygons = county.plan, county.settled, county.polygons
    villages, units = settled.villages, settled.townships
    town = villages.community & (villages.township == 0)
    columns: dict[str, list[Any]] = {
        "ZLDWDM": [COUNTY_CODE, *[unit.code for unit in units], *villages.code],
        "ZLDWMC": [COUNTY_NAME, *[unit.name for unit in units], *villages.name],
        "级别": ["县", *["乡镇"] * len(units), *["村"] * len(villages.code)],
        "城乡分类代码": ["", *[""] * len(units), *villages.ur_code],
        "政府驻地": ["否", *[_yes(unit.kind == "街道") for unit in units], *[_yes(bool(flag)) for flag in town]],
    }
    shapes = degrees(plan, np.array([polygons.county, *polygons.townships, *polygons.villages], dtype=object))
    write_gpkg(folder / "areas.gpkg", columns, shapes, crs=CGCS2000)
    points = degrees(plan, as_points(county.mesh.xy[villages.point]))
    seats = {unit.seat: "县政府驻地" if unit.kind == "街道" else "乡镇政府驻地" for unit in units}
    write_gpkg(
        folder / "villages.gpkg",
        {
            "ZLDWDM": villages.code,
            "ZLDWMC": villages.name,
            "类型": np.where(villages.community, "居委会", "村委会").tolist(),
            "驻地": [seats.get(number, "") for number in range(len(villages.code))],
        },
        points,
        crs=CGCS2000,
    )
    central = degrees(plan, np.array([polygons.central], dtype=object))
    write_gpkg(folder / "central.gpkg", {"名称": ["示例县中心城区"]}, central, crs=CGCS2000)
    layers = [folder / name for name in ("areas.gpkg", "villages.gpkg", "central.gpkg")]
    return layers + _year_before(folder, county)


def _year_before(folder: Path, county: County) -> list[Path]:
    """Write the units of 2024, when the last township was still two, and the crosswalk from old codes to new."""
    plan, settled, polygons = county.plan, county.settled, county.polygons
    villages, units = settled.villages, settled.townships
    last = len(units) - 1
    own = np.flatnonzero(villages.township == last)
    xy = county.mesh.xy[villages.point]
    gap = metres(xy[own] - xy[units[last].seat])
    leaving = own[np.argsort(-gap, kind="stable")[: own.size // 2]]
    leaving = np.sort(leaving)
    old_township = f"{COUNTY_CODE}{int(units[last].code[6:]) + 1:03d}"
    old_codes = list(villages.code)
    for number, village in enumerate(leaving.tolist()):
        old_codes[village] = f"{old_township}{200 + number}"
    staying = np.setdiff1d(own, leaving)
    parts = [*polygons.townships[:last], shapely.coverage_union_all(polygons.villages[staying])]
    parts.append(shapely.coverage_union_all(polygons.villages[leaving]))
    order = sorted(range(len(old_codes)), key=lambda number: old_codes[number])
    columns: dict[str, list[Any]] = {
        "ZLDWDM": [COUNTY_CODE, *[unit.code for unit in units], old_township, *[old_codes[n] for n in order]],
        "ZLDWMC": [COUNTY_NAME, *[unit.name for unit in units], "茶坊乡", *[villages.name[n] for n in order]],
        "级别": ["县", *["乡镇"] * (len(units) + 1), *["村"] * len(order)],
    }
    shapes = [polygons.county, *parts, *[polygons.villages[n] for n in order]]
    path = folder / "areas_2024.gpkg"
    write_gpkg(path, columns, degrees(plan, np.array(shapes, dtype=object)), crs=CGCS2000)
    changed = [(old_township, units[last].code), *[(old_codes[n], villages.code[n]) for n in leaving.tolist()]]
    table = folder / "crosswalk.csv"
    write_csv(
        table,
        {
            "old_code": [old for old, _ in changed],
            "new_code": [new for _, new in changed],
            "valid_from": ["2025-06-01"] * len(changed),
            "population_share": [1.0] * len(changed),
        },
    )
    return [path, table]


def _rasters(folder: Path, county: County) -> list[Path]:
    plan, people, land = county.plan, county.people, county.land
    written = []
    for name, layer in {"total": people.total, **people.groups}.items():
        path = folder / "population" / f"{name}.tif"
        write_raster(path, layer, people.left, people.top, crs=plan.crs, nodata=NODATA)
        written.append(path)
    terrain = folder / "elevation" / "dem.tif"
    height = np.round(land.height_m).astype(np.int16)
    write_raster(terrain, height, land.left, land.top, crs=plan.crs, nodata=-32768)
    estate = folder / "population" / "relocation.csv"
    offices.write_relocation(estate, plan, people.estate)
    return [*written, terrain, estate]


def _facilities(folder: Path, county: County) -> list[Path]:
    plan, villages = county.plan, county.settled.villages
    townships = [unit.code for unit in county.settled.townships]
    written = []
    for layer, items in county.facilities.items():
        columns = facility_columns(villages.code, townships, items, _NUMBERS[layer])
        shapes = np.array([_shape(item) for item in items], dtype=object)
        if layer in ("hospitals", "fitness"):
            path = folder / f"{layer}.geojson"
            write_geojson(path, columns, degrees(plan, shapes))
        elif layer == "elderly":
            path = folder / f"{layer}.gpkg"
            write_gpkg(path, columns, degrees(plan, shapes), crs=CGCS2000)
        else:
            path = folder / f"{layer}.csv"
            datum = "gcj02" if layer == "clinics" else "wgs84"
            lon, lat = lon_lat(plan, [item.x for item in items], [item.y for item in items], datum=datum)
            place = {key: columns.pop(key) for key in ("编号", "名称")}
            place |= {"经度": lon.tolist(), "纬度": lat.tolist()}
            if layer == "clinics":
                del columns["kind"]
            write_csv(path, {**place, **columns})
        written.append(path)
    return written


def _shape(item: Facility) -> shapely.Geometry:
    return item.outline if item.outline is not None else shapely.Point(item.x, item.y)


def _office(folder: Path, county: County) -> list[Path]:
    plan, settled = county.plan, county.settled
    clinics = county.facilities["clinics"]
    offices.write_population(folder / "人口.xlsx", plan, settled, county.cases)
    offices.write_clinics_by_name(folder / "村卫生室.xlsx", settled, clinics)
    offices.write_homes_gbk(folder / "养老机构_GBK.csv", settled, county.facilities["elderly"])
    offices.write_roads_gbk(folder / "公路_GBK.shp", plan, county.streets)
    offices.write_poi(folder / "卫生室POI_GCJ02.csv", plan, clinics)
    roads = [folder / f"公路_GBK.{ending}" for ending in ("shp", "shx", "dbf", "prj")]
    tables = ("人口.xlsx", "村卫生室.xlsx", "养老机构_GBK.csv", "卫生室POI_GCJ02.csv")
    return [folder / name for name in tables] + roads


def _case_rows(county: County) -> list[tuple[str, str]]:
    villages, cases, units = county.settled.villages, county.cases, county.settled.townships

    def full(village: int) -> str:
        return f"{units[villages.township[village]].name}{villages.name[village]}"

    def several(numbers: Index) -> str:
        return "、".join(full(int(number)) for number in numbers)

    twice = next(name for name in villages.name if villages.name.count(name) > 1)
    same = [number for number, name in enumerate(villages.name) if name == twice]
    return [
        (
            "600 m from a clinic by air, over 5 km by the bridge",
            f"{full(cases.across_river)} · {full(cases.with_clinic_across)}",
        ),
        ("uses a clinic across the county line", f"{full(cases.border)} · WSW001"),
        ("联村: one clinic serves two villages", f"{full(cases.joint_partner)} · {full(cases.joint)}"),
        ("有室无医: clinic without staff", full(cases.no_staff)),
        ("在建", several(cases.building)),
        ("规划", several(cases.planned)),
        ("停用", several(cases.closed)),
        ("registered 1,820, resident 640", full(cases.shrunk)),
        ("village roads cut off from all others", full(county.streets.main.island_village)),
        ("one name, two villages", several(np.array(same))),
        ("relocation estate absent from the raster", "population/relocation.csv"),
        ("old people's home with 28 beds at 37 %", f"{units[1].name}敬老院"),
        ("nearest-looking site is not the best", "sites/candidates.csv：甲"),
        ("township merger", "boundaries/areas_2024.gpkg · crosswalk.csv"),
    ]
