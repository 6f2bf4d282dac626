"""OSM files to roads: drawn by the tests, real where the data is there, and broken in every way met so far."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import shapely
from paper.ways import EAST, GK111, NORTH, edge_list, write_osm

from accessgis.base.crs import to_degrees, working_crs
from accessgis.base.errors import DataError
from accessgis.network.build import build_network
from accessgis.network.profiles import load_profiles
from accessgis.sources.roads_osm import osm_extent, read_osm_roads, scan_osm

PROFILES = load_profiles()
ROAD = {"highway": "residential", "name": "某路"}
# Ways and nodes of highways, and kilometres, as the README beside the data counts them.
CITIES = {
    "porto_alegre/poa_osm.pbf": (15_886, 41_109, 2_027),
    "las_palmas/example_las_palmas_2023_osm_20230221.pbf": (13_954, 94_276, 2_262),
}


def read(path, **more):
    return read_osm_roads(path, label=path.name, crs=GK111, **more)


def codes(reading):
    return {doubt.code: doubt.count for doubt in reading.doubts}


@pytest.fixture
def town(tmp_path):
    #  1 ──── 2 ──── 3        primary, 40 km/h after 2 as another way
    #         │
    #         4 (bollard) ── 5
    #  8 ~~~~ 9               ferry
    nodes = {1: (0, 0), 2: (100, 0), 3: (300, 0), 4: (100, -50), 5: (100, -150), 8: (0, 900), 9: (500, 900)}
    ways = [
        ([1, 2], {"highway": "primary"}),
        ([2, 3], {"highway": "primary", "maxspeed": "40", "oneway": "yes"}),
        ([2, 4, 5], ROAD),
        ([8, 9], {"route": "ferry", "duration": "00:10"}),
        ([1, 5], {"highway": "construction"}),
        ([1, 5], {"highway": "residential", "access": "private"}),
        ([1, 3], {"railway": "rail"}),
    ]
    return write_osm(tmp_path / "town.osm", nodes, ways, node_tags={4: {"barrier": "bollard"}})


def test_a_drawn_town(town):
    reading = read(town)
    roads = reading.value

    ends = [(way, tail, head) for way, tail, head, _ in edge_list(roads)]
    assert ends[:4] == [(1, 0, 1), (2, 1, 2), (3, 1, 8), (3, 7, 4)]
    assert ends[5:] == [(3, 3, 7), (3, 3, 8)]
    np.testing.assert_allclose(roads.length_m, [100, 200, 50, 100, 500, 0, 0], atol=0.03)
    assert [roads.classes[index] for index in roads.road_class] == [
        "primary",
        "primary",
        "residential",
        "residential",
        "ferry",
        "residential",
        "residential",
    ]
    assert roads.maxspeed_forward_kph[1] == 40
    assert np.isnan(roads.maxspeed_forward_kph[0])
    assert roads.duration_ms.tolist() == [-1, -1, -1, -1, 600_000, -1, -1]
    assert roads.joinable.tolist() == [True, True, True, True, False, False, False]
    assert codes(reading) == {}
    (record,) = reading.inputs
    assert (record.role, record.path, record.rows, record.datum) == ("roads", "town.osm", 6, "wgs84")
    car = build_network(roads, PROFILES["vehicle"])
    assert car.arc_edge.tolist() == [0, 0, 1, 2, 2, 3, 3]


def test_extent_is_that_of_the_roads(town):
    lon, lat = to_degrees(GK111).transform([EAST, EAST + 500], [NORTH - 150, NORTH + 900])

    assert osm_extent(town, label="town.osm") == pytest.approx((lon[0], lat[0], lon[1], lat[1]), abs=2e-7)


def test_only_ways_with_a_vertex_in_the_area_are_kept_and_those_whole(town):
    around_3 = shapely.Point(EAST + 300, NORTH).buffer(50)

    reading = read(town, keep=around_3)
    assert reading.value.source_id.tolist() == [2]
    assert reading.value.length_m[0] == pytest.approx(200, abs=0.03)
    assert reading.inputs[0].rows == 6
    with pytest.raises(DataError) as raised:
        read(town, keep=shapely.Point(0, 0).buffer(10))
    assert raised.value.code == "AG3103"


def test_a_scan_is_read_once_and_gives_the_same(town):
    scan = scan_osm(town, label="town.osm")

    np.testing.assert_array_equal(read(town, scan=scan).value.shape_x, read(town).value.shape_x)


def test_packed_files_are_read(town, tmp_path):
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(town.read_bytes()))

    assert read(packed).value.edge_count == read(town).value.edge_count


def test_nodes_missing_from_the_file_break_the_way_there_and_are_counted(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 4: (300, 0), 5: (400, 0), 7: (600, 0)}
    path = write_osm(tmp_path / "cut.osm", nodes, [([1, 2, 3, 4, 5, 6, 7], ROAD), ([1, 9], ROAD)])

    reading = read(path)
    assert [round(row[3]) for row in edge_list(reading.value)] == [100, 100]
    assert codes(reading) == {"AG9101": 2}


@pytest.mark.parametrize("sign", [1, -1])
def test_nodes_after_their_ways_and_ids_below_zero_are_found(tmp_path, sign):
    nodes = {sign: (0, 0), sign * 2: (100, 0)}
    path = write_osm(tmp_path / "josm.osm", nodes, [([sign, sign * 2], ROAD)])
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("<way"))
    path.write_text("\n".join([*lines[:2], *lines[at:-1], *lines[2:at], lines[-1]]), encoding="utf-8")

    reading = read(path)
    assert edge_list(reading.value)[0][3] == pytest.approx(100, abs=0.03)
    assert codes(reading) == {}


def test_words_that_cannot_be_read_are_counted_with_examples(tmp_path):
    nodes = {ref: (100.0 * ref, 0) for ref in range(1, 9)}
    ways = [
        ([1, 2], {"highway": "primary", "maxspeed": "fast"}),
        ([2, 3], {"highway": "primary", "maxspeed": "fast"}),
        ([3, 4], {"highway": "primary", "maxspeed": "900"}),
        ([4, 5], {"route": "ferry", "duration": "soon"}),
        ([5, 6], {"highway": "skyway"}),
        ([6, 7], {"highway": "proposed"}),
    ]
    reading = read(write_osm(tmp_path / "odd.osm", nodes, ways))

    assert codes(reading) == {"AG9102": 1, "AG9103": 2, "AG9104": 1, "AG9105": 1}
    words = " ".join(doubt.message("en") for doubt in reading.doubts)
    for word in ("skyway", "fast", "900", "soon"):
        assert word in words
    assert "proposed" not in words


XML = b'<?xml version="1.0"?>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.osm", b""),
        ("empty.osm.pbf", b""),
        ("page.osm", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("page.osm.pbf", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("cut.osm", XML + b'<osm version="0.6"><node id="1" lat="1" lon="1"/><node id="2"'),
        ("words.osm", XML + b'<osm version="0.6"><node id="1" lat="north" lon="1"/></osm>'),
        ("bomb.osm", XML + b'<!DOCTYPE x [<!ENTITY a "aaaa">]><osm version="0.6"></osm>'),
        ("noise.pbf", bytes(range(256)) * 40),
    ],
)
def test_broken_files_are_named_and_end_with_3(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError) as raised:
        read(path)
    error = raised.value
    assert (error.code, error.exit_code) == ("AG3101", 3)
    assert name in str(error)
    assert str(len(content)) in str(error)
    assert str(tmp_path) not in str(error)


def test_a_file_that_is_not_there_or_of_another_kind(tmp_path):
    with pytest.raises(DataError) as raised:
        read(tmp_path / "none.osm")
    assert raised.value.code == "AG3002"
    other = tmp_path / "roads.txt"
    other.write_text("roads", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read(other)
    assert raised.value.code == "AG3003"


@pytest.mark.parametrize("ways", [[], [([1, 2], {"building": "yes"})], [([1, 2], {"highway": "proposed"})]])
def test_a_file_without_roads_is_refused(tmp_path, ways):
    path = write_osm(tmp_path / "bare.osm", {1: (0, 0), 2: (9, 0)}, ways)

    with pytest.raises(DataError) as raised:
        read(path)
    assert raised.value.code == "AG3102"


def test_roads_without_any_coordinates_are_refused(tmp_path):
    path = write_osm(tmp_path / "bare.osm", {1: (0, 0), 2: (9, 0)}, [([8, 9], ROAD)])

    with pytest.raises(DataError, match="AG3104"):
        read(path)


@pytest.mark.parametrize("name", CITIES)
def test_real_cities_are_read_whole(shared_data, name):
    ways, nodes, kilometres = CITIES[name]
    scan = scan_osm(shared_data / name, label=name)
    west, south, east, north = scan.extent
    crs = working_crs((west + east) / 2, (south + north) / 2, chinese=False)
    reading = read_osm_roads(shared_data / name, label=name, crs=crs, scan=scan)
    roads = reading.value

    assert scan.highways == ways
    assert reading.inputs[0].rows == ways + scan.ferries
    # The README counts every highway way; those closed to all (private, under construction) are not roads here.
    assert 0.9 * nodes < np.unique(scan.node_id).size < 1.1 * nodes
    assert 0.9 * kilometres < roads.length_m.sum() / 1000 < kilometres
    assert (roads.tail != roads.head).all()
    for profile in PROFILES.values():
        network = build_network(roads, profile)
        assert network.arc_ms.min() >= 0
        assert network.joinable.any()
        assert roads.length_m[network.island].sum() < 0.05 * roads.length_m.sum()


def test_a_cut_or_damaged_pbf_never_gets_through_silently(shared_data, tmp_path):
    name = "porto_alegre/poa_osm.pbf"
    whole = (shared_data / name).read_bytes()
    path = tmp_path / "cut.osm.pbf"
    for size in (len(whole) // 2, len(whole) - 7):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError) as raised:
            scan_osm(path, label="cut.osm.pbf")
        assert raised.value.code == "AG3101"
    seed = np.random.default_rng(20_251_231)
    for _ in range(10):
        damaged = bytearray(whole[:200_000])
        damaged[int(seed.integers(0, 200_000))] ^= 1 << int(seed.integers(0, 8))
        path.write_bytes(bytes(damaged))
        with pytest.raises(DataError):
            scan_osm(path, label="cut.osm.pbf")
