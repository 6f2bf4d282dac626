"""``accessgis study new``: the draft names what lies in the folder, and is a study once the datum is filled in."""

import json
import os
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from integration import tiny_study as tiny

from accessgis.base.errors import UsageError
from accessgis.cli.main import run
from accessgis.sources.boundaries import read_areas
from accessgis.study.model import read_study
from accessgis.study.prepare import prepare

COUNTY = Path(__file__).parents[2] / "data"
DATES = ["--date", "2025-12-31"]


@pytest.fixture
def county(tmp_path):
    """Return the generated county's layers without its study file and without what its offices send."""
    folder = tmp_path / "县"
    shutil.copytree(COUNTY, folder, ignore=shutil.ignore_patterns("study.toml*", "office", "sites", "*.tif.json"))
    return folder


def drafted(folder, *more):
    assert run(["study", "new", str(folder), *DATES, *more]) == 0
    text = (folder / "study.toml").read_text(encoding="utf-8")
    return text, tomllib.loads(text)


def test_the_draft_of_the_county_is_a_study_once_the_datum_is_filled_in(county):
    text, draft = drafted(county)
    with pytest.raises(UsageError) as caught:
        read_study(county / "study.toml")
    assert (caught.value.code, caught.value.place.key) == ("AG2007", "areas.datum"), "never guessed"
    filled = text.replace('datum = ""', 'datum = "cgcs2000"')
    (county / "study.toml").write_text(filled, encoding="utf-8")
    study = read_study(county / "study.toml")
    made = tomllib.loads((COUNTY / "study.toml").read_text(encoding="utf-8"))
    assert (study.file.study.name, study.file.study.code) == (made["study"]["name"], made["study"]["code"])
    for table, key in (("areas", "path"), ("areas", "village_points"), ("areas", "central"), ("roads", "path"),
                       ("population", "total"), ("population", "groups"), ("elevation", "path")):  # fmt: skip
        assert draft[table][key] == made[table][key]
    assert {layer["path"] for layer in draft["facilities"]} == {layer["path"] for layer in made["facilities"]}
    kinds = {layer["path"]: layer.get("kind") for layer in draft["facilities"]}
    assert kinds["facilities/clinics.csv"] == "village_clinic", "told by what its rows are called"
    assert kinds["facilities/schools.csv"] is None, "told by its column"


def test_without_a_date_the_day_of_the_data_is_left_open(county, capsys):
    assert run(["study", "new", str(county)]) == 0
    assert "study.data_date" in capsys.readouterr().out
    text = (county / "study.toml").read_text(encoding="utf-8").replace('datum = ""', 'datum = "wgs84"')
    (county / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_study(county / "study.toml")
    assert (caught.value.code, caught.value.place.key) == ("AG2007", "study.data_date")


@pytest.mark.slow
def test_the_draft_reads_the_layers_that_the_shipped_study_reads(county):
    text, _ = drafted(county)
    (county / "study.toml").write_text(text.replace('datum = ""', 'datum = "wgs84"'), encoding="utf-8")
    prepared = prepare(read_study(county / "study.toml"))
    shipped = prepare(read_study(COUNTY / "study.toml"))
    assert len(prepared.facilities.frame) == len(shipped.facilities.frame)
    assert list(prepared.areas.frame["code"]) == list(shipped.areas.frame["code"])


def test_what_bureaus_send(tmp_path):
    folder = tmp_path / "来件"
    shutil.copytree(COUNTY / "office", folder)
    text, draft = drafted(folder, "--name", "示例县", "--code", "149921")
    assert draft["study"] == {"name": "示例县", "code": "149921", "data_date": draft["study"]["data_date"]}
    assert draft["roads"]["columns"] == {
        "class": "技术等级", "level": "行政等级", "oneway": "单行", "grade": "桥隧标识", "surface": "路面类型"
    }  # fmt: skip
    assert "datum" not in draft["roads"], "in metres: the layer brings its system"
    assert (draft["population"]["table"], draft["population"]["sheet"]) == ("人口.xlsx", "分村")
    by_path = {layer["path"]: layer for layer in draft["facilities"]}
    assert by_path["村卫生室.xlsx"]["kind"] == "village_clinic"
    assert "datum" not in by_path["村卫生室.xlsx"], "it has no coordinates"
    assert by_path["卫生室POI_GCJ02.csv"]["kind"] == "", "医疗保健服务 is no kind: nothing is guessed"
    assert by_path["卫生室POI_GCJ02.csv"]["datum"] == "", "not even from the name"
    assert "（分乡镇）" in text


def test_layers_by_level_are_told_apart_by_their_names(tmp_path):
    for name, code in (("县界", "149921"), ("乡镇界", "149921101"), ("村界", "149921101201")):
        frame = gpd.GeoDataFrame(
            {"ZLDWDM": [code], "ZLDWMC": [name]}, geometry=[shapely.box(112, 37, 113, 38)], crs=4490
        )
        frame.to_file(tmp_path / f"{name}.shp", encoding="utf-8")
    _, draft = drafted(tmp_path)
    assert draft["areas"]["path"] == {"county": "县界.shp", "township": "乡镇界.shp", "village": "村界.shp"}
    assert draft["areas"]["datum"] == ""
    assert draft["study"]["code"] == "149921"
    assert (draft["roads"]["path"], draft["population"]["total"]) == ("", ""), "to be filled in"


def test_the_same_files_give_the_same_draft_wherever_they_lie(tmp_path):
    texts = []
    for place in ("一", "二/三"):
        shutil.copytree(COUNTY / "office", tmp_path / place / "数据")
        assert run(["study", "new", str(tmp_path / place), "--from", str(tmp_path / place / "数据"), *DATES]) == 0
        texts.append((tmp_path / place / "study.toml").read_bytes())
    assert texts[0] == texts[1]
    assert 'path = "数据/公路_GBK.shp"'.encode() in texts[0]


def test_the_document_lists_what_is_used_and_what_is_open(tmp_path, capfdbinary):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    assert run(["study", "new", str(tmp_path / "x"), *DATES, "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    assert {layer["role"] for layer in found["used"]} == {"roads", "people", "facilities"}
    assert found["open"] == ["study.name", "study.code", "facilities[2].kind", "facilities[2].datum"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_printed_names_the_open_keys(tmp_path, capsys, language):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    assert run(["study", "new", str(tmp_path / "x"), *DATES, "--lang", language]) == 0
    assert "facilities[2].datum" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["县界.geojson", "图层1.geojson"])
def test_an_outline_without_a_code_is_the_county_and_its_code_is_asked_for(tmp_path, capsys, name):
    box = shapely.box(112, 37, 112.3, 37.2)
    outline = gpd.GeoDataFrame({"名称": ["示例县"]}, geometry=[box], crs=4490)
    outline.to_file(tmp_path / name)
    text, draft = drafted(tmp_path)
    assert (draft["areas"]["path"], draft["areas"]["columns"]) == (name, {"name": "名称"})
    assert "facilities" not in draft
    assert (draft["study"]["name"], draft["study"]["code"]) == ("示例县", "")
    assert f"# 待补：{name} 没有区划代码列" in text
    said = capsys.readouterr().out
    assert "必填：study.code、" in said
    assert f"待补：{name} 没有区划代码列" in said

    filled = text.replace('code = ""', 'code = "140726"').replace('datum = ""', 'datum = "cgcs2000"')
    (tmp_path / "study.toml").write_text(filled.split("[roads]")[0], encoding="utf-8")
    areas = tomllib.loads((tmp_path / "study.toml").read_text(encoding="utf-8"))["areas"]
    found = read_areas(tmp_path / name, label=name, columns=areas["columns"], datum=areas["datum"], crs=None,
                       study_code="140726").value.frame  # fmt: skip
    assert found[["level", "code", "name"]].values.tolist() == [["county", "140726", "示例县"]]


def test_outlines_with_codes_go_before_one_without_and_several_without_are_left_out(tmp_path):
    tiny.write_areas(tmp_path / "行政区划.gpkg")
    one = gpd.GeoDataFrame({"名称": ["示例县"]}, geometry=[shapely.box(112, 37, 112.3, 37.2)], crs=4490)
    one.to_file(tmp_path / "县界.geojson")
    one.loc[[0, 0]].to_file(tmp_path / "乡镇界.geojson")
    text, draft = drafted(tmp_path)
    assert draft["areas"]["path"] == "行政区划.gpkg"
    assert "待补" not in text
    assert "#   乡镇界.geojson（AG3203）" in text


def refused(arguments, capsys):
    assert run(["study", "new", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def test_a_study_file_that_is_there_stays(county, capsys):
    (county / "study.toml").write_text("# mine", encoding="utf-8")
    assert "AG2021" in refused([county, *DATES], capsys)
    assert (county / "study.toml").read_text(encoding="utf-8") == "# mine"
    assert not list(county.glob(".study*"))


def test_refusals(tmp_path, capsys):
    (tmp_path / "数据").mkdir()
    (tmp_path / "县").mkdir()
    (tmp_path / "数据" / "说明.txt").write_text("无", encoding="utf-8")
    assert "AG2450" in refused([tmp_path / "县", "--from", tmp_path / "没有"], capsys)
    assert "AG2451" in refused([tmp_path / "县", "--from", tmp_path / "数据"], capsys)
    assert "AG2452" in refused([tmp_path / "县", "--from", tmp_path / "数据", "--allow-outside"], capsys)
    assert "AG2453" in refused([tmp_path / "县", "--date", "2025年底"], capsys)
    assert [path.name for path in (tmp_path / "县").iterdir()] == []


def test_layers_elsewhere_are_named_by_their_way_there(tmp_path):
    shutil.copytree(COUNTY / "office", tmp_path / "来件")
    (tmp_path / "县").mkdir()
    _, draft = drafted(tmp_path / "县", "--from", str(tmp_path / "来件"), "--allow-outside")
    assert draft["roads"]["path"] == "../来件/公路_GBK.shp"


def test_files_that_cannot_be_read_are_listed_with_the_code(tmp_path):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    (tmp_path / "x" / "坏.xlsx").write_bytes(b"nothing")
    (tmp_path / "x" / "坏.tif").write_bytes(b"nothing")
    (tmp_path / "x" / "换\n行.csv").write_text("a,b\n", encoding="utf-8")
    text, _ = drafted(tmp_path / "x")
    assert "#   坏.xlsx（AG3063）" in text
    assert "#   坏.tif（AG3401）" in text
    assert "#   换\ufffd行.csv（AG2010）" in text


def test_a_layer_in_disguise_is_not_followed(tmp_path):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    inner = '<OGRVRTLayer name="公路"><SrcDataSource>公路_GBK.shp</SrcDataSource></OGRVRTLayer>'
    virtual = f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>"
    for name in ("县界.fgb", "县界.shp", "县界.gpkg"):
        (tmp_path / "x" / name).write_text(virtual, encoding="utf-8")
    text, draft = drafted(tmp_path / "x")
    assert "areas" not in draft
    assert draft["roads"]["path"] == "公路_GBK.shp"
    assert all(f"#   {name}（AG3" in text for name in ("县界.fgb", "县界.shp", "县界.gpkg"))


def test_several_layers_of_one_file_are_each_looked_at(tmp_path):
    for name, shape in (
        ("道路", shapely.LineString([(112, 37), (113, 38)])),
        ("行政区", shapely.box(112, 37, 113, 38)),
    ):
        frame = gpd.GeoDataFrame({"代码": ["149921"], "级别": ["县"], "技术等级": ["二级"]}, geometry=[shape], crs=4490)
        frame.to_file(tmp_path / "一张图.gpkg", layer=name)
    _, draft = drafted(tmp_path)
    assert (draft["roads"]["path"], draft["roads"]["layer"]) == ("一张图.gpkg", "道路")
    assert (draft["areas"]["path"], draft["areas"]["layer"]) == ("一张图.gpkg", "行政区")
    assert (draft["roads"]["datum"], draft["areas"]["datum"]) == ("", "")


def test_the_table_of_villages_goes_with_the_raster_and_a_register_by_township_does_not(tmp_path):
    shutil.copy(COUNTY / "population" / "total.tif", tmp_path / "人口.tif")
    (tmp_path / "分村人口.csv").write_text("乡镇,行政村,户籍人口\n东镇,东村,5\n", encoding="utf-8")
    _, draft = drafted(tmp_path)
    assert draft["population"] == {
        "table": "分村人口.csv", "weight": "人口.tif", "basis": "registered",
        "columns": {"township_name": "乡镇", "village_name": "行政村", "registered": "户籍人口"},
    }  # fmt: skip


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs rights that can be taken away")
def test_a_file_that_may_not_be_read_does_not_stop_the_draft(tmp_path):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    (tmp_path / "x" / "村卫生室.xlsx").chmod(0)
    text, _ = drafted(tmp_path / "x")
    assert "#   村卫生室.xlsx（AG3068）" in text


def test_a_file_that_another_program_holds_does_not_stop_the_draft(tmp_path, monkeypatch):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    opened = Path.open

    def held(path, *arguments, **options):
        if path.name == "村卫生室.xlsx":
            raise PermissionError(13, "used by another process")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", held)
    text, _ = drafted(tmp_path / "x")
    assert "#   村卫生室.xlsx（AG3068）" in text


def test_a_table_in_metres_is_told_how_else_to_say_where_it_is(tmp_path):
    shutil.copytree(COUNTY / "office", tmp_path / "x")
    survey = "机构名称,X坐标,Y坐标,床位数\n东村卫生室,4100000,500000,2\n"
    (tmp_path / "x" / "测量.csv").write_text(survey, encoding="utf-8")
    text, draft = drafted(tmp_path / "x")
    (layer,) = [layer for layer in draft["facilities"] if layer["path"] == "测量.csv"]
    assert (layer["datum"], layer["kind"]) == ("", "village_clinic")
    assert (layer["columns"]["easting"], layer["columns"]["northing"]) == ("Y坐标", "X坐标")
    assert 'crs = "EPSG:4546"' in text
