"""Facilities and buildings from OSM files."""

from __future__ import annotations

import datetime as dt

import pytest
import shapely
from pyproj import CRS

from accessgis.base.crs import from_degrees
from accessgis.base.errors import DataError
from accessgis.layers.facilities import FACILITIES
from accessgis.sources.boundaries import one_unit, read_areas
from accessgis.sources.buildings import ESTIMATE, spread_over_buildings
from accessgis.sources.facilities_osm import read_osm_facilities

GK = CRS.from_epsg(4546)
LON, LAT = 111.5, 37.1
DAY = dt.date(2025, 12, 31)

# Nodes 1–4 are the corners of a square of 0.001°, 5–8 those of a smaller one inside, 9 lies on the south side.
#
#     4-----------3
#     |   8---7   |
#     |   5---6   |
#     1-----9-----2
PLACES = {
    1: (0, 0), 2: (10, 0), 3: (10, 10), 4: (0, 10), 5: (3, 3), 6: (7, 3), 7: (7, 7), 8: (3, 7), 9: (5, 0), 10: (20, 20),
    11: (30, 0), 12: (31, 0), 13: (32, 0), 14: (30, 1),
}  # fmt: skip
OUTER, INNER = (1, 9, 2, 3, 4, 1), (5, 6, 7, 8, 5)


def tags(**values):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in values.items())


def osm(tmp_path, *, nodes=None, ways=(), relations=()):
    nodes = nodes or {}
    lines = ['<osm version="0.6">']
    for number, (x, y) in PLACES.items():
        place = f'lon="{LON + x / 10000:.7f}" lat="{LAT + y / 10000:.7f}"'
        lines.append(f'<node id="{number}" version="1" {place}>{tags(**nodes.get(number, {}))}</node>')
    for number, refs, values in ways:
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{number}" version="1">{inner}{tags(**values)}</way>')
    for number, members, values in relations:
        inner = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        lines.append(f'<relation id="{number}" version="1">{inner}{tags(**values)}</relation>')
    path = tmp_path / "a.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def read(path, *, kinds=None, kind_map=None, keep=None):
    return read_osm_facilities(
        path, label="a.osm", crs=GK, kinds=kinds, kind_map=kind_map or {}, data_date=DAY, keep=keep
    )


def at(x, y):
    return from_degrees(GK).transform(LON + x / 10000, LAT + y / 10000)


def test_nodes_ways_and_relations_become_facilities(tmp_path):
    path = osm(
        tmp_path,
        nodes={10: {"amenity": "clinic", "name": "诊所"}, 9: {"entrance": "main"}, 3: {"entrance": "emergency"}},
        ways=[(1, OUTER, {}), (2, INNER, {"amenity": "kindergarten"})],
        relations=[(1, [(1, "outer"), (2, "inner")], {"type": "multipolygon", "amenity": "hospital"})],
    )

    reading = read(path)

    frame = reading.value
    FACILITIES.require(frame)
    assert frame["facility_id"].tolist() == ["node/10", "way/2", "relation/1"]
    assert frame["kind"].tolist() == ["clinic_unspecified", "kindergarten_unspecified", "hospital_unspecified"]
    assert frame["name"].tolist() == ["诊所", "", ""]
    assert frame["placement"].tolist() == ["coordinates", "parcel", "parcel"]
    assert (frame["x"][0], frame["y"][0]) == pytest.approx(at(20, 20), abs=1e-3)
    hospital = frame.geometry.iloc[2]
    # The kindergarten is a hole of the hospital: 100 − 16 of 100 parts.
    assert hospital.area / hospital.convex_hull.area == pytest.approx(0.84, abs=1e-4)
    assert hospital.covers(shapely.Point(frame["x"][2], frame["y"][2]))
    (door,) = frame["entrances"][2]
    assert door == pytest.approx(at(5, 0), abs=1e-3)
    assert frame["entrances"][1] == ()
    assert set(frame["layer"]) == {"osm"}
    assert reading.doubts == ()


def test_an_outline_tagged_like_its_relation_is_counted_once(tmp_path):
    hospital = {"amenity": "hospital"}
    path = osm(
        tmp_path,
        ways=[(1, OUTER, hospital), (2, INNER, {})],
        relations=[(1, [(1, "outer"), (2, "inner")], {"type": "multipolygon"} | hospital)],
    )

    reading = read(path)

    assert reading.value["facility_id"].tolist() == ["relation/1"]
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9310", 1)]


def test_lines_and_broken_outlines_are_kept_and_counted(tmp_path):
    path = osm(
        tmp_path,
        ways=[(1, (11, 12, 13), {"leisure": "pitch"})],
        relations=[(1, [(99, "outer")], {"type": "multipolygon", "leisure": "park"})],
    )

    reading = read(path, keep=shapely.Point(at(30, 0)).buffer(500))

    frame = reading.value
    assert frame["facility_id"].tolist() == ["way/1", "relation/1"]
    assert frame["placement"].tolist() == ["coordinates", "unplaced"]
    assert (frame["x"][0], frame["y"][0]) == pytest.approx(at(31, 0), abs=1e-3)
    assert [doubt.code for doubt in reading.doubts] == ["AG9308", "AG9309"]


def test_kinds_and_the_surroundings_choose(tmp_path):
    path = osm(tmp_path, nodes={10: {"amenity": "clinic"}, 11: {"amenity": "clinic"}, 12: {"amenity": "hospital"}})

    near = shapely.Point(at(20, 20)).buffer(50)
    assert read(path, keep=near).value["facility_id"].tolist() == ["node/10"]
    chosen = read(path, kinds=frozenset({"county_hospital"}), kind_map={"hospital_unspecified": "county_hospital"})
    assert chosen.value["facility_id"].tolist() == ["node/12"]


def test_dates_in_tags_are_judged_on_the_data_date(tmp_path):
    clinic = {"amenity": "clinic"}
    path = osm(
        tmp_path,
        nodes={
            10: clinic | {"start_date": "2026"},
            11: clinic | {"end_date": "2025-06"},
            12: clinic | {"start_date": "1980s", "operator__type": "public"},
        },
    )

    frame = read(path).value

    assert frame["status"].tolist() == ["planned", "closed", "in_service"]
    assert frame["ownership"].tolist() == ["", "", "public"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.osm.pbf", b""), ("a.pbf", b"<html>not found</html>"), ("a.osm", b"<osm><node id="),
     ("a.osm", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><osm>&b;</osm>')],
)  # fmt: skip
def test_damaged_files_give_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError) as caught:
        read(tmp_path / name)
    assert caught.value.code == "AG3023"
    assert str(tmp_path) not in str(caught.value)


def test_a_truncated_extract_is_refused(tmp_path, shared_data):
    whole = (shared_data / "porto_alegre" / "poa_osm.pbf").read_bytes()
    (tmp_path / "a.pbf").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DataError, match="AG3023"):
        read(tmp_path / "a.pbf")


def test_facilities_of_las_palmas(shared_data):
    path = shared_data / "las_palmas" / "example_las_palmas_2023_osm_20230221.pbf"

    frame = read_osm_facilities(
        path, label="p", crs=CRS.from_epsg(32628), kinds=None, kind_map={}, data_date=dt.date(2023, 2, 21)
    ).value

    counts = frame["kind"].value_counts()
    # Figures of the data's README: 27 hospital; 88 clinic and 28 doctors; 23 kindergarten.
    assert counts["hospital_unspecified"] == 27
    assert counts["clinic_unspecified"] == 88 + 28
    assert counts["kindergarten_unspecified"] == 23
    assert frame["facility_id"].is_unique
    assert (frame["entrances"].map(len) > 0).sum() == 19


def buildings(tmp_path):
    return osm(
        tmp_path,
        ways=[
            (1, OUTER, {"building": "yes"}),
            (2, INNER, {"building": "school"}),
            (3, (11, 12, 13, 14, 11), {"building": "apartments", "shop": "convenience"}),
            (4, (5, 6, 7, 5), {"building": "yes", "shop": "mall"}),
        ],
        relations=[],
    )


def test_people_are_spread_by_footprint_over_buildings_that_are_lived_in(tmp_path):
    x, y = at(5, 5)
    areas = one_unit([x], [y], crs=GK, code="1", name="x")

    reading = spread_over_buildings(buildings(tmp_path), label="a.osm", people=1001.0, areas=areas)

    demand = reading.value
    # Triangle 11–13–14 against the square: 2 × 1 / 2 = 1 of 101 parts; the school and the mall hold nobody.
    assert demand.people("total").tolist() == pytest.approx([1001 * 100 / 101, 1001 / 101], rel=1e-4)
    assert demand.people("total").sum() == pytest.approx(1001, rel=1e-12)
    assert demand.estimate == ESTIMATE
    assert demand.frame["judged"].all()
    assert [(doubt.code, doubt.count) for doubt in reading.doubts] == [("AG9406", 2), ("AG9407", 2)]


def test_without_buildings_there_is_nothing_to_spread_over(tmp_path):
    far = one_unit([0.0], [0.0], crs=GK, code="1", name="x")

    for path in (buildings(tmp_path), osm(tmp_path)):
        with pytest.raises(DataError, match="AG3430"):
            spread_over_buildings(path, label="a", people=1.0, areas=far)


def test_buildings_of_las_palmas(shared_data):
    folder = shared_data / "las_palmas"
    areas = read_areas(
        folder / "las_palmas_boundary_wgs84.geojson",
        label="b", columns={}, datum="wgs84", crs=None, study_code="35016",
    ).value  # fmt: skip

    demand = spread_over_buildings(
        folder / "example_las_palmas_2023_osm_20230221.pbf", label="p", people=378_675.0, areas=areas
    ).value

    assert demand.people("total").sum() == pytest.approx(378_675, rel=1e-9)
    assert len(demand.frame) > 20_000
    assert demand.frame["judged"].all()
