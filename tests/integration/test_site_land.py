"""Land constraints from files to the answer of ``accessgis site``, on the county of two villages."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from integration import tiny_study

import accessgis as ag
from accessgis.base.errors import AccessGISError
from accessgis.cli.main import run
from accessgis.study.check import check_study
from accessgis.study.prepare import Prepared, prepare

LAND = """
[[constraints]]
name = "永久基本农田"
path = "farm.gpkg"
effect = "forbid"
datum = "cgcs2000"
columns = { name = "图斑" }

[[constraints]]
name = "水域"
from = "osm"
effect = "warn"
"""
FARM = shapely.box(112.0121, 37.0041, 112.0139, 37.0059)
POND = [(112.015, 37.004), (112.016, 37.004), (112.016, 37.005), (112.015, 37.005)]
AT = "112.0125,37.0051"


def write_polygons(path: Path, *shapes: shapely.Geometry) -> None:
    names = [f"图斑{place}" for place in range(len(shapes))]
    tiny_study.save(gpd.GeoDataFrame({"图斑": names}, geometry=list(shapes), crs="EPSG:4490"), path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tiny_study.draw(tmp_path_factory.mktemp("land"))
    path.write_text(tiny_study.STUDY + LAND, encoding="utf-8")
    write_polygons(path.parent / "farm.gpkg", FARM)
    nodes = "".join(f'<node id="{900 + i}" version="1" lat="{y}" lon="{x}"/>\n' for i, (x, y) in enumerate(POND))
    refs = "".join(f'<nd ref="{900 + i % 4}"/>' for i in range(5))
    pond = f'<way id="900" version="1">{refs}<tag k="natural" v="water"/><tag k="name" v="荷塘"/></way>\n</osm>'
    roads = tiny_study.road_xml().replace("<way", f"{nodes}<way", 1).replace("</osm>", pond)
    (path.parent / "roads.osm").write_text(roads, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def layers(study: Path) -> Prepared:
    return prepare(ag.read_study(study))


def test_layers_are_read_into_the_working_crs_and_recorded(layers: Prepared) -> None:
    farm, pond = layers.constraints
    assert [(one.name, one.effect, len(one.shapes)) for one in layers.constraints] == [
        ("永久基本农田", "forbid", 1),
        ("水域", "warn", 1),
    ]
    assert (farm.labels, pond.labels) == (("图斑0",), ("荷塘",))
    for one, degrees in ((farm, FARM), (pond, shapely.Polygon(POND))):
        # on the ellipsoid a degree there is about 111.0 km by 89.0 km
        assert shapely.area(one.shapes).sum() == pytest.approx(degrees.area * 110_986 * 89_006, rel=2e-3)
    roles = {record.path: record.role for record in layers.inputs}
    assert roles["farm.gpkg"] == "constraints"


def test_the_answer_says_what_of_the_land_is_known(study: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    wanted = ["site", str(study), "--kind", "村卫生室", "--datum", "wgs84", "--at"]
    assert run([*wanted, AT, "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    land = {row["layer"]: row for row in found["land"]}
    assert (land["永久基本农田"]["inside"], land["永久基本农田"]["polygons"]) == (True, "图斑0")
    assert (land["水域"]["inside"], land["水域"]["known"]) == (False, 1)
    assert land["生态保护红线"]["given"] is False
    assert {row["rank"] for row in found["ranks"]} == {0}
    assert found["slope"]["mean"] is None
    for row in found["catchments"]:
        shape = shapely.from_geojson(json.dumps(row["geometry"]))
        assert shapely.contains_xy(shape, 112.0125, 37.0051)
    assert {row["rule"] for row in found["catchments"]} == {"guizhou-14fyp/rural-medical-30", ""}
    assert found["neighbours"][0]["facility_id"] == "new-1"
    assert run([*wanted, AT, "--at", "112.0175,37.0051", "--quiet"]) == 0
    text = "".join(capfdbinary.readouterr().out.decode().split())
    for words in ("未提供", "占用永久基本农田（禁止建设）", "建议选用方案2", "选址意见书"):
        assert words in text
    assert run([*wanted, AT, "--entrance", AT]) == 2
    assert capfdbinary.readouterr().err.decode().startswith("AG2520")


@pytest.mark.usefixtures("bare_documents")
def test_a_folder_holds_one_comparison_of_all_sites(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    wanted = ["site", str(study), "--kind", "村卫生室", "--datum", "wgs84", "--at", "112.0175,37.0051"]
    assert run([*wanted, "--at", AT, "--label", "甲", "--out", str(out), "--quiet"]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"manifest.json", "site.docx", "site.json", "site.png", "site.xlsx", "site-1", "site-2"}
    told = json.loads((out / "site.json").read_text(encoding="utf-8"))["sites"]
    assert [one["site"]["label"] for one in told] == ["甲", "方案2"]
    for number, one in enumerate(told, start=1):
        own = json.loads((out / f"site-{number}" / "site.json").read_text(encoding="utf-8"))
        assert own == one
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"site.docx", "site-1/manifest.json", "site-2/assessment.json"} <= set(manifest["outputs"])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('effect = "forbid"', 'effect = "no"', "AG2007"),
        ('from = "osm"', 'from = "osm"\npath = "farm.gpkg"', "AG2008"),
        ('path = "farm.gpkg"', 'path = "none.gpkg"', "AG3001"),
        ('path = "farm.gpkg"', 'path = "line.gpkg"', "AG3710"),
        ('datum = "cgcs2000"\ncolumns', "columns", "AG3005"),
        ('{ name = "图斑" }', '{ name = "编号" }', "AG3017"),
    ],
)
def test_layers_that_cannot_be_used_are_one_sentence(study: Path, old: str, new: str, code: str) -> None:
    other = study.with_name(f"{code}.toml")
    other.write_text(study.read_text(encoding="utf-8").replace(LAND, LAND.replace(old, new)), encoding="utf-8")
    if code == "AG3710":
        write_polygons(study.with_name("line.gpkg"), shapely.LineString([(112.0, 37.0), (112.01, 37.0)]))
    with pytest.raises(AccessGISError) as caught:
        prepare(ag.read_study(other))
    assert caught.value.code == code
    assert code in {error.code for error in check_study(other).errors}


def test_a_layer_with_nothing_in_the_study_is_a_doubt(study: Path) -> None:
    write_polygons(study.with_name("far.gpkg"), shapely.box(113, 38, 113.1, 38.1))
    other = study.with_name("far.toml")
    text = study.read_text(encoding="utf-8").replace('path = "farm.gpkg"', 'path = "far.gpkg"')
    other.write_text(text, encoding="utf-8")
    found = check_study(other)
    assert not found.errors
    (doubt,) = [doubt for doubt in found.doubts if doubt.code == "AG9520"]
    assert (doubt.count, doubt.values["name"]) == (1, "永久基本农田")
