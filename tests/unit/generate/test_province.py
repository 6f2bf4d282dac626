"""The generated province: counties tile, borders agree from both sides, one seed gives one province."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import rasterio
import shapely

from accessgis.base.errors import UsageError
from accessgis.generate.chance import chance
from accessgis.generate.lattice import plan_province
from accessgis.generate.province import generate_province
from accessgis.study.model import read_study

CODES = ("149901", "149902", "149903")
NEAR_DEG = 0.03  # 2.6 km at the least; the margin is 5 km


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    generate_province(folder, counties=3, seed=5, nodes=500)
    return folder


@pytest.fixture(scope="module")
def areas(province: Path) -> dict[str, gpd.GeoDataFrame]:
    return {code: gpd.read_file(province / "counties" / code / "areas.gpkg") for code in CODES}


def county(frame: gpd.GeoDataFrame) -> shapely.Geometry:
    return frame.geometry[frame["级别"] == "县"].item()


class Roads(osmium.SimpleHandler):
    """Nodes by id, and the pairs of nodes that a road joins."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.nodes: dict[int, tuple[float, float]] = {}
        self.pairs: set[tuple[int, int]] = set()
        self.apply_file(str(path))

    def node(self, node: osmium.osm.Node) -> None:
        self.nodes[node.id] = (node.location.lon, node.location.lat)

    def way(self, way: osmium.osm.Way) -> None:
        refs = [node.ref for node in way.nodes]
        self.pairs |= {(min(pair), max(pair)) for pair in pairwise(refs)}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_villages_of_all_counties_tile_and_have_the_codes_of_their_counties(areas):
    villages = pd.concat([frame[frame["级别"] == "村"] for frame in areas.values()])
    whole = shapely.union_all([county(frame) for frame in areas.values()])

    assert shapely.coverage_is_valid(villages.geometry.to_numpy())
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert shapely.union_all(villages.geometry).equals(whole)
    assert villages["ZLDWDM"].is_unique
    for code, frame in areas.items():
        assert frame["ZLDWDM"].str.startswith(code).all()


def test_neighbours_share_a_border_and_no_ground(areas):
    for one, other in combinations(CODES, 2):
        assert county(areas[one]).intersection(county(areas[other])).area == 0
    assert county(areas["149901"]).intersection(county(areas["149902"])).length > 0.03


def test_roads_that_cross_a_border_are_the_same_in_both_files(province, areas):
    one, other = (Roads(province / "counties" / code / "roads.osm.pbf") for code in CODES[:2])
    here, there = county(areas["149901"]), county(areas["149902"])
    both = one.nodes.keys() & other.nodes.keys()

    def crossing(roads: Roads) -> set[tuple[int, int]]:
        inside = {
            n: (here.contains(shapely.Point(p)), there.contains(shapely.Point(p))) for n, p in roads.nodes.items()
        }
        return {(a, b) for a, b in roads.pairs if {inside[a], inside[b]} == {(True, False), (False, True)}}

    assert all(one.nodes[node] == other.nodes[node] for node in both)
    assert crossing(one) == crossing(other)
    assert len(crossing(one)) > 10


def test_facilities_of_neighbours_within_the_margin_are_in_the_register(province, areas):
    rows = {
        code: list(csv.reader((province / "counties" / code / "facilities.csv").read_text("utf-8-sig").splitlines()))[
            1:
        ]
        for code in CODES
    }
    own = {code: [row for row in rows[code] if row[0].startswith(code)] for code in CODES}
    for code in CODES:
        near = county(areas[code]).buffer(NEAR_DEG)
        wanted = [
            row for other in CODES for row in own[other] if near.contains(shapely.Point(float(row[3]), float(row[4])))
        ]
        assert len(wanted) > len(own[code]) > 20
        assert [row for row in wanted if row not in rows[code]] == []


def test_people_beside_a_border_are_the_same_in_both_rasters(province):
    cells = []
    for code in CODES[:2]:
        with rasterio.open(province / "counties" / code / "population" / "total.tif") as raster:
            left, top = round(raster.transform.c / 0.001), round(raster.transform.f / 0.001)
            cells.append((left, top, raster.read(1)))
    (left, top, west), (left_east, top_east, east) = cells
    shift = left_east - left

    assert top == top_east
    assert 0 < shift < west.shape[1]
    assert np.array_equal(west[:, shift:], east[:, : west.shape[1] - shift])
    assert west[:, shift:].sum() > 1000


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(province, tmp_path):
    generate_province(tmp_path / "again", counties=3, seed=5, nodes=500)
    generate_province(tmp_path / "other", counties=3, seed=6, nodes=500)

    assert digests(tmp_path / "again") == digests(province)
    assert (
        digests(tmp_path / "other")["counties/149901/roads.osm.pbf"]
        != (digests(province)["counties/149901/roads.osm.pbf"])
    )


def test_the_list_names_every_study_and_all_of_them_say_that_they_are_generated(province):
    listed = tomllib.loads((province / "province.toml").read_text(encoding="utf-8"))

    assert [entry["code"] for entry in listed["counties"]] == list(CODES)
    assert listed["province"]["generated"] is True
    for entry in listed["counties"]:
        study = read_study(province / entry["study"]).file.study
        assert (study.code, study.name, study.generated) == (entry["code"], entry["name"], True)
    assert "生成数据" in (province / "README.md").read_text(encoding="utf-8")


def test_more_counties_than_a_prefecture_has_numbers_go_on_in_the_next():
    lattice = plan_province(1, 117, 500)
    codes = [lattice.code(county) for county in range(117)]

    assert len(set(codes)) == 117
    assert (codes[98], codes[99], codes[116]) == ("149999", "149801", "149818")


@pytest.mark.parametrize(("code", "sizes"), [("AG2203", (1, 2, 10)), ("AG2204", (1, 0, 500)), ("AG2202", (-1, 2, 500))])
def test_sizes_out_of_range_are_refused(code, sizes):
    with pytest.raises(UsageError) as raised:
        plan_province(*sizes)
    assert raised.value.code == code


def test_chance_belongs_to_the_place_and_is_even():
    i, j = np.meshgrid(np.arange(200), np.arange(200))
    drawn = chance(3, "stage", i, j)

    assert chance(3, "stage", np.array(17), np.array(4)) == drawn[4, 17]
    assert abs(drawn.mean() - 0.5) < 0.01
    assert np.histogram(drawn, bins=10, range=(0, 1))[0].min() > 3_700
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.02
    assert not np.array_equal(drawn, chance(4, "stage", i, j))
    assert not np.array_equal(drawn, chance(3, "other", i, j))
