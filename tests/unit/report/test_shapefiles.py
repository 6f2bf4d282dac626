"""Results as Shapefiles: what comes back is what was written, in any program that reads GBK."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from accessgis.report.shapefiles import cut, short_names, write_shapefiles

NAMES = st.text(alphabet="abAB_0行政村乡镇覆盖率人口数龘", min_size=1, max_size=14)


@given(st.lists(NAMES, max_size=30, unique=True))
def test_short_names_are_short_distinct_and_whole(columns):
    short = short_names(columns)

    assert list(short) == columns
    assert len({name.casefold() for name in short.values()}) == len(columns)
    for column, name in short.items():
        assert 0 < len(name.encode("gb18030")) <= 10
        if len(column.encode("gb18030")) <= 10 and sum(c.casefold() == column.casefold() for c in columns) == 1:
            assert name[:1] == column[:1]


def test_names_are_cut_between_characters_and_numbered():
    assert short_names(["covered_share", "covered_share_high", "行政村代码", "行政村代码二", "ID", "id"]) == {
        "covered_share": "covered_sh", "covered_share_high": "covered__1", "行政村代码": "行政村代码",
        "行政村代码二": "行政村代_1", "ID": "ID", "id": "id_1",
    }  # fmt: skip
    assert cut("行政村", 5) == "行政"


@pytest.fixture
def layer():
    fields = {
        "facility_identifier": ["a", "b", None],
        "机构名称与地址": ["甲村卫生室", "乙" * 200, "丙"],
        "beds": [1.5, np.nan, 3.0],
        "judged": [True, False, True],
        "row": np.array([1, 2, 3], dtype=np.int64),
    }
    shapes = [shapely.Point(500000, 4100000), shapely.box(500000, 4100000, 500010, 4100010), shapely.Point()]
    return gpd.GeoDataFrame(pd.DataFrame(fields), geometry=shapes, crs="EPSG:4546")


def read(path):
    return pyogrio.read_dataframe(path, encoding=path.with_suffix(".cpg").read_text())


def test_a_layer_comes_back_by_sort_of_shape(layer, tmp_path):
    write_shapefiles({"facilities": layer}, tmp_path / "out")

    points, areas = read(tmp_path / "out" / "facilities_point.shp"), read(tmp_path / "out" / "facilities_area.shp")
    assert list(points.columns) == ["facility_i", "机构名称与", "beds", "judged", "row", "geometry"]
    assert points["机构名称与"].tolist() == ["甲村卫生室", "丙"]
    assert points.geometry.isna().tolist() == [False, True]
    assert points["judged"].tolist() == [1, 1]
    assert points["row"].tolist() == [1, 3]
    assert pd.isna(points["facility_i"].iloc[1])
    # 254 bytes hold 127 characters of GBK, none of them cut in half.
    assert areas["机构名称与"].tolist() == ["乙" * 127]
    assert pd.isna(areas["beds"].iloc[0])
    assert areas.crs.to_epsg() == 4546
    assert {path.read_text() for path in (tmp_path / "out").glob("*.cpg")} == {"GBK"}
    table = pd.read_csv(tmp_path / "out" / "fields.csv")
    assert table["file"].unique().tolist() == ["facilities_point", "facilities_area"]
    assert dict(zip(table["field"], table["column"], strict=True))["机构名称与"] == "机构名称与地址"
    assert (tmp_path / "out" / "fields.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_characters_beyond_gbk_are_kept(layer, tmp_path):
    rare = layer.assign(机构名称与地址=["㳇𠮷村", "b", "c"])

    write_shapefiles({"facilities": rare}, tmp_path / "out")

    path = tmp_path / "out" / "facilities_point.shp"
    assert path.with_suffix(".cpg").read_text() == "GB18030"
    assert read(path)["机构名称与"].iloc[0] == "㳇𠮷村"


def test_layers_of_one_sort_or_empty_keep_their_name(layer, tmp_path):
    write_shapefiles({"areas": layer.iloc[1:2], "gaps": layer.iloc[:0], "unplaced": layer.iloc[2:]}, tmp_path / "out")

    assert [len(read(tmp_path / "out" / f"{name}.shp")) for name in ("areas", "gaps", "unplaced")] == [1, 0, 1]


def test_equal_layers_give_equal_bytes(layer, tmp_path):
    for name in ("one", "two"):
        write_shapefiles({"facilities": layer}, tmp_path / name)

    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
