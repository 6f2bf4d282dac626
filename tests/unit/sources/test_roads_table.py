"""Line layers to roads: words of bureaus, lines that meet, layers that are no roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from paper.ways import EAST, GK111, NORTH, edge_list

from accessgis.base.datum import wgs84_to_gcj02
from accessgis.base.errors import DataError, UsageError
from accessgis.network.build import build_network
from accessgis.network.model import BICYCLE, FOOT, MOTOR
from accessgis.network.profiles import load_profiles
from accessgis.sources.roads_table import read_road_lines

ALL = int(FOOT | BICYCLE | MOTOR)
COLUMNS = {"class": "技术等级", "oneway": "单行", "grade": "桥隧标识"}


def line(*points):
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def layer(path, lines, *, crs=GK111, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        # FlatGeobuf sorts features for its index.
        frame.to_file(path, **({"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {}))
    return path


def read(path, **more):
    return read_road_lines(path, label=path.name, crs=GK111, **more)


def codes(reading):
    return {doubt.code: doubt.count for doubt in reading.doubts}


def classes(roads):
    return [roads.classes[index] for index in roads.road_class]


LINES = [line((0, 0), (100, 0), (300, 0)), line((100, 0), (100, 50)), line((300, 0), (300, 400))]


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet"])
def test_every_format_gives_the_same_roads(tmp_path, ending):
    columns = {"class": ["primary", "residential", "track"], "grade": ["", "", ""]}
    if ending == "geojson":
        path = layer(tmp_path / "roads.geojson", gpd.GeoSeries(LINES, crs=GK111).to_crs(4326), crs=4326, **columns)
        reading = read(path, datum="wgs84")
    else:
        reading = read(layer(tmp_path / f"roads.{ending}", LINES, **columns))

    assert [(way, tail, head) for way, tail, head, _ in edge_list(reading.value)] == [
        (1, 0, 1),
        (1, 1, 3),
        (2, 1, 2),
        (3, 3, 4),
    ]
    np.testing.assert_allclose(reading.value.length_m, [100, 200, 50, 400], atol=0.002)
    assert classes(reading.value) == ["primary", "primary", "residential", "track"]
    assert codes(reading) == {}
    assert (reading.inputs[0].role, reading.inputs[0].rows) == ("roads", 3)


def test_the_words_of_a_transport_bureau(tmp_path):
    words = ["高速公路", "一级", "二级公路", "三级", " 四级 ", "等外", "城市道路", "村道", "Primary", "轮渡"]
    lines = [line((0, 100 * row), (80, 100 * row)) for row in range(len(words))]
    signs = ["", "是", "否", "双向", "反向", "1", "0", "单行", None, ""]
    path = layer(
        tmp_path / "roads.gpkg", lines, 技术等级=words, 单行=signs, 桥隧标识=["", "桥", "隧道", "无", *[""] * 6]
    )
    reading = read(path, columns=COLUMNS)
    roads = reading.value

    assert classes(roads) == [
        "motorway",
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "unclassified",
        "tertiary",
        "unclassified",
        "primary",
        "ferry",
    ]
    motor = [(bool(f & MOTOR), bool(b & MOTOR)) for f, b in zip(roads.forward, roads.backward, strict=True)]
    there, back, both = (True, False), (False, True), (True, True)
    # A motorway is one-way by itself; nothing is said of cars on the ferry.
    assert motor == [there, there, both, both, back, there, both, there, both, (False, False)]
    assert roads.joinable.tolist() == [False, False, False, True, True, True, True, True, True, False]
    assert codes(reading) == {}


def test_grades_of_roads_take_the_speed_they_are_designed_for(tmp_path):
    path = layer(tmp_path / "roads.gpkg", [line((0, 0), (1000, 0))], 技术等级=["三级公路"])

    roads = read(path, columns={"class": "技术等级"}).value
    assert build_network(roads, load_profiles()["vehicle"]).arc_ms.tolist() == [90_000, 90_000]


def test_the_administrative_grade_stands_in(tmp_path):
    lines = [line((0, 100 * row), (80, 100 * row)) for row in range(3)]
    path = layer(tmp_path / "roads.gpkg", lines, a=["", "二级", "?"], b=["县道", "县道", "?"])

    reading = read(path, columns={"class": "a", "level": "b"})
    assert classes(reading.value) == ["secondary", "primary", "road"]
    assert codes(reading) == {"AG9108": 1, "AG9115": None}


def test_unknown_words_are_counted_and_empty_ones_too(tmp_path):
    lines = [line((0, 100 * row), (80, 100 * row)) for row in range(4)]
    path = layer(
        tmp_path / "roads.gpkg",
        lines,
        技术等级=["天路", None, "三级", "三级"],
        单行=["随便", "", "", ""],
        桥隧标识=["", "云梯", "", ""],
        限速=["60", "0", "快", None],
    )
    reading = read(path, columns=COLUMNS | {"maxspeed": "限速"})

    assert classes(reading.value)[:2] == ["road", "road"]
    assert codes(reading) == {"AG9108": 2, "AG9109": 1, "AG9103": 1, "AG9104": 1}
    assert sorted(str(doubt.place.key) for doubt in reading.doubts if doubt.code == "AG9109") == ["单行", "桥隧标识"]
    words = " ".join(doubt.message("zh") for doubt in reading.doubts)
    for word in ("天路", "随便", "云梯", "快"):
        assert word in words


def test_permissions_surfaces_and_limits_as_numbers(tmp_path):
    lines = [line((0, 100 * row), (1000, 100 * row)) for row in range(3)]
    path = layer(
        tmp_path / "roads.gpkg",
        lines,
        **{"class": ["primary"] * 3, "foot": ["否", "是", None], "maxspeed": [40.0, np.nan, np.nan]},
        surface=["沥青", "砂石", ""],
        motor_vehicle=["", "", "禁止"],
    )
    roads = read(path).value

    assert roads.forward.tolist() == [ALL - int(FOOT), ALL, ALL - int(MOTOR)]
    assert build_network(roads, load_profiles()["vehicle"]).arc_ms.tolist() == [90_000] * 2 + [120_000] * 2


def test_roads_that_are_not_yet_built_are_left_out(tmp_path):
    path = layer(tmp_path / "roads.gpkg", LINES, **{"class": ["primary", "在建", "proposed"]})

    assert read(path).value.source_id.tolist() == [1]


def test_lines_meet_at_shared_vertices_to_the_millimetre(tmp_path):
    lines = [line((0, 0), (100, 0), (200, 0)), line((100.0004, 0), (100, 80)), line((100.01, 0), (150, -80))]
    reading = read(layer(tmp_path / "roads.gpkg", lines, grade=["", "", ""]))

    assert reading.value.edge_count == 4
    # The third line ends a centimetre away: it touches the first, and does not connect.
    assert codes(reading) == {"AG9108": 3, "AG9114": 1}


def test_lines_that_cross_without_a_vertex_are_counted(tmp_path):
    lines = [line((0, 0), (100, 100)), line((0, 100), (100, 0)), line((100, 100), (200, 100))]
    reading = read(layer(tmp_path / "roads.gpkg", lines, **{"class": ["primary"] * 3, "grade": [""] * 3}))

    assert codes(reading) == {"AG9114": 1}


def test_a_bridge_meets_the_road_at_its_ends_and_not_the_road_below(tmp_path):
    #           5                      the bridge 2 ─ 3 has a vertex right above the road 4 ─ 5
    #  1 ── 2 ══┼══ 3 ── 6
    #           4
    lines = [
        line((0, 0), (100, 0)),
        line((100, 0), (150, 0), (200, 0)),
        line((200, 0), (300, 0)),
        line((150, -80), (150, 0), (150, 80)),
    ]
    reading = read(layer(tmp_path / "r.gpkg", lines, **{"class": ["primary"] * 4, "grade": ["", "桥梁", "", ""]}))

    assert [row[3] for row in edge_list(reading.value)] == [100.0, 100.0, 100.0, 160.0]
    assert reading.value.head[0] == reading.value.tail[1]
    assert codes(reading) == {}


def test_several_lines_in_one_row_stay_one_row(tmp_path):
    both = shapely.MultiLineString([LINES[0], LINES[2]])
    path = layer(tmp_path / "roads.gpkg", [both, shapely.MultiLineString([LINES[1]])], **{"class": ["primary"] * 2})

    assert read(path).value.source_id.tolist() == [1, 1, 1, 2]


def test_shifted_coordinates_are_put_back(tmp_path):
    degrees = gpd.GeoSeries(LINES, crs=GK111).to_crs(4326)
    moved = shapely.transform(degrees.to_numpy(), lambda at: np.column_stack(wgs84_to_gcj02(at[:, 0], at[:, 1])))
    path = layer(tmp_path / "roads.gpkg", moved, crs=4326, **{"class": ["primary"] * 3})

    roads = read(path, datum="gcj02").value
    np.testing.assert_allclose(roads.node_x - EAST, [0, 100, 100, 300, 300], atol=0.01)
    np.testing.assert_allclose(np.sort(roads.node_y - NORTH), [0, 0, 0, 50, 400], atol=0.01)
    # Read as if it were WGS-84, the same file lies half a kilometre off.
    assert np.hypot(*(read(path, datum="wgs84").value.node_x[0] - EAST, 0)) > 300


def test_only_lines_in_the_area_are_kept(tmp_path):
    path = layer(tmp_path / "roads.gpkg", LINES, **{"class": ["primary"] * 3})

    kept = read(path, keep=shapely.Point(EAST + 100, NORTH + 50).buffer(10))
    assert kept.value.source_id.tolist() == [2]
    with pytest.raises(DataError) as raised:
        read(path, keep=shapely.Point(0, 0).buffer(10))
    assert raised.value.code == "AG3103"


@pytest.mark.parametrize(
    ("shapes", "word"),
    [
        ([shapely.box(EAST, NORTH, EAST + 9, NORTH + 9)], "polygons"),
        ([shapely.Point(EAST, NORTH)], "points"),
        ([shapely.MultiPoint([(EAST, NORTH)])], "points"),
        ([LINES[0], shapely.Point(EAST, NORTH)], "points"),
    ],
)
def test_layers_that_are_not_lines_are_refused_with_the_reason(tmp_path, shapes, word):
    path = layer(tmp_path / "roads.gpkg", shapes, **{"class": ["primary"] * len(shapes)})

    with pytest.raises(DataError) as raised:
        read(path)
    assert raised.value.code == "AG3110"
    assert word in str(raised.value)


def test_a_layer_without_system_or_datum_is_refused(tmp_path):
    degrees = gpd.GeoSeries(LINES, crs=GK111).to_crs(4490)
    bare = layer(tmp_path / "bare.parquet", LINES, crs=None)
    undated = layer(tmp_path / "degrees.gpkg", degrees, crs=4490)

    for path, code in ((bare, "AG3004"), (undated, "AG3005")):
        with pytest.raises(DataError) as raised:
            read(path)
        assert raised.value.code == code
    assert read(undated, datum="cgcs2000").value.edge_count == 4


def test_columns_that_are_not_there_and_keys_that_are_none(tmp_path):
    path = layer(tmp_path / "roads.gpkg", LINES, **{"class": ["primary"] * 3})

    with pytest.raises(DataError) as missing:
        read(path, columns={"class": "等级"})
    assert (missing.value.code, "class" in str(missing.value)) == ("AG3111", True)
    with pytest.raises(UsageError) as unknown:
        read(path, columns={"klass": "class"})
    assert unknown.value.code == "AG2047"


def test_a_layer_with_nothing_to_travel_on_is_refused(tmp_path):
    path = layer(tmp_path / "roads.gpkg", LINES, **{"class": ["在建"] * 3})

    with pytest.raises(DataError) as raised:
        read(path)
    assert raised.value.code == "AG3116"
