"""The files of a generated county: the same bytes for the same seed, a sidecar each, readable as what they say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import python_calamine
import shapely

from accessgis.base.errors import UsageError
from accessgis.generate.county import County, generate_county


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows(path: Path, *, encoding: str = "utf-8-sig", skip: int = 0) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as stream:
        for _ in range(skip):
            next(stream)
        return list(csv.DictReader(stream))


def test_the_same_seed_gives_the_same_bytes_even_over_an_older_county(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "again"
    generate_county(target, seed=8, nodes=3_000)
    other = contents(target)
    generate_county(target, seed=7, nodes=3_000)
    assert contents(target) == contents(folder)
    assert other["roads/roads.osm.pbf"] != contents(folder)["roads/roads.osm.pbf"]


def test_every_file_says_that_it_is_generated(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"]
    data = [path for path in files if not path.with_suffix("").is_file() or path.suffix != ".json"]
    assert len(data) > 30
    for path in data:
        record = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
        assert record["generated"] is True
        assert (record["seed"], record["nodes"]) == (7, 3_000)
        assert "生成数据" in record["note_zh"]
    assert "生成数据" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("seed", "nodes", "code"), [(1, 2_999, "AG2201"), (1, 300_001, "AG2201"), (-1, 6_000, "AG2202")]
)
def test_a_size_or_seed_out_of_range_is_refused(tmp_path: Path, seed: int, nodes: int, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        generate_county(tmp_path / "none", seed=seed, nodes=nodes)
    assert caught.value.code == code
    assert not (tmp_path / "none").exists()


def test_progress_names_the_stages(tmp_path: Path) -> None:
    said: list[str] = []
    generate_county(tmp_path / "county", seed=1, nodes=3_000, progress=said.append)
    assert said == ["terrain", "settlements", "roads", "people", "facilities", "writing"]


def test_bureaus_files_are_as_bureaus_send_them(folder: Path, county: County) -> None:
    office = folder / "office"
    sheet = python_calamine.load_workbook(str(office / "人口.xlsx")).get_sheet_by_name("分村")
    table = sheet.to_python()
    assert "生成数据" in str(table[0][0])
    assert table[2][:2] == ["乡镇", "行政村"]
    first = [row[0] for row in table]
    assert first.count("小计") == len(county.settled.townships)
    assert first[-2] == "合计"
    assert len(sheet.merged_cell_ranges or []) == len(county.settled.townships) + 1
    totals = np.array([row[3:6] for row in table[3:-2] if row[0] != "小计"], dtype=float).sum(axis=0)
    assert totals.tolist() == [float(value) for value in table[-2][3:6]]
    assert [1820.0, 640.0] in [row[3:5] for row in table]
    header = python_calamine.load_workbook(str(office / "人口.xlsx")).get_sheet_by_name("分乡镇").to_python()[1]
    assert header[1] == "常住人口（万人）"
    names = python_calamine.load_workbook(str(office / "村卫生室.xlsx")).get_sheet_by_index(0).to_python()[1]
    assert "行政村" in names
    assert "经度" not in names


def test_gbk_files_are_gbk_without_a_code_page(folder: Path) -> None:
    office = folder / "office"
    homes = rows(office / "养老机构_GBK.csv", encoding="gbk", skip=1)
    assert any(row["床位数"] == "28" and row["年均入住率"] == "37%" for row in homes)
    with pytest.raises(UnicodeDecodeError):
        (office / "养老机构_GBK.csv").read_text(encoding="utf-8")
    assert not (office / "公路_GBK.cpg").exists()
    assert (office / "公路_GBK.dbf").read_bytes()[29] == 0
    roads = gpd.read_file(office / "公路_GBK.shp", encoding="GBK")
    assert set(roads["行政等级"]) == {"国道", "省道", "县道", "乡道", "村道"}


def test_the_map_services_layer_lacks_a_tenth_of_the_clinics(folder: Path) -> None:
    listed = [row for row in rows(folder / "facilities" / "clinics.csv") if row["状态"] in ("在用", "停用")]
    shown = rows(folder / "office" / "卫生室POI_GCJ02.csv")
    assert len(shown) == len(listed) - round(len(listed) / 10)


def test_parcels_have_the_northing_first_and_the_stated_area(folder: Path, county: County) -> None:
    for name in ("parcel_a.txt", "parcel_b.txt"):
        text = (folder / "sites" / name).read_text(encoding="gbk").splitlines()
        assert text[0] == "[属性描述]"
        assert "带号=37" in text
        body = text[text.index("[地块坐标]") + 1 :]
        count, hectares = int(body[0].split(",")[0]), float(body[0].split(",")[1])
        corners = [(float(y) - 37_000_000, float(x)) for _, _, x, y in (line.split(",") for line in body[1:])]
        assert len(corners) == count
        assert corners[0] == corners[-1]
        assert shapely.Polygon(corners).area / 1e4 == pytest.approx(hectares, abs=1e-4)
        assert np.hypot(*(np.array(corners[0]) - county.cases.sites).T).min() < 60


def test_the_year_before_had_one_more_township_and_the_crosswalk_maps_it(folder: Path) -> None:
    now = gpd.read_file(folder / "boundaries" / "areas.gpkg")
    before = gpd.read_file(folder / "boundaries" / "areas_2024.gpkg")
    assert (before["级别"] == "乡镇").sum() == (now["级别"] == "乡镇").sum() + 1
    pairs = rows(folder / "boundaries" / "crosswalk.csv")
    assert {row["old_code"] for row in pairs} == set(before["ZLDWDM"]) - set(now["ZLDWDM"])
    assert {row["new_code"] for row in pairs} <= set(now["ZLDWDM"])
    kept = set(before["ZLDWDM"]) & set(now["ZLDWDM"])
    assert set(now["ZLDWDM"]) == kept | {row["new_code"] for row in pairs}
