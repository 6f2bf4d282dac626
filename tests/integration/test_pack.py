"""``accessgis pack``: what leaves the office, and what stays."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from accessgis.cli.main import run

INPUT = {
    "role": "roads",
    "path": "数据/路网.osm.pbf",
    "sha256": "0" * 64,
    "rows": 3,
    "crs": "",
    "datum": "",
    "note": "",
}


def result(folder, *, inputs=(INPUT,), name="示例县", **files):
    """Write a folder as ``assess`` leaves one, small."""
    texts = {
        "map.html": "<p>地图</p>", "report.html": "<p>报告</p>", "coverage.csv": "a\n", "assessment.json": "{}",
        "people.parquet": "people", "results.gpkg": "layers", "evidence/demand.parquet": "homes",
        "network.graphml": "roads", "shapefile/areas.dbf": "x", **files,
    }  # fmt: skip
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    outputs = {file: hashlib.sha256(text.encode()).hexdigest() for file, text in texts.items()}
    manifest = {"schema": "accessgis.manifest/1", "study": {"name": name, "code": "149921"}, "inputs": list(inputs),
                "parameters": {}, "profiles": [], "versions": {"accessgis": "0"}, "outputs": outputs}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def opened(path):
    with zipfile.ZipFile(path) as packed:
        return {entry.filename: packed.read(entry) for entry in packed.infolist()}


def refused(arguments, capsys):
    assert run(["pack", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def test_what_people_read_is_packed_and_nothing_else(tmp_path):
    result(tmp_path / "out", **{"选址比选.docx": "w", "结果.xlsx": "x"})
    assert run(["pack", str(tmp_path / "out")]) == 0
    held = opened(tmp_path / "out.zip")
    assert sorted(held) == [
        f"示例县/{name}" for name in sorted(
            ["map.html", "report.html", "coverage.csv", "manifest.json", "选址比选.docx", "结果.xlsx"]
        )
    ]  # fmt: skip
    manifest = json.loads(held["示例县/manifest.json"])
    assert manifest["inputs"] == [{**INPUT, "path": "路网.osm.pbf"}]
    assert manifest["outputs"] == {
        name.removeprefix("示例县/"): hashlib.sha256(content).hexdigest()
        for name, content in held.items() if not name.endswith("manifest.json")
    }  # fmt: skip
    assert manifest["edited"] == []
    assert "parameters" not in manifest


@pytest.mark.parametrize(
    ("path", "bare"),
    [
        ("/srv/数据/路网.shp", "路网.shp"),
        ("D:\\数据\\路网.shp", "路网.shp"),
        ("\\\\服务器\\数据\\路网.shp", "路网.shp"),
        ("../来件/路网.shp", "路网.shp"),
        ("postgresql://db.example/gis?table=public.roads", "postgresql"),
    ],
)
def test_no_path_of_this_computer_goes_out(tmp_path, capsys, path, bare):
    inputs = [{**INPUT, "path": path}]
    result(tmp_path / "out", inputs=inputs)
    assert run(["pack", str(tmp_path / "out")]) == 0
    held = opened(tmp_path / "out.zip")
    assert json.loads(held["示例县/manifest.json"])["inputs"][0]["path"] == bare
    assert not any(path.encode() in content for content in held.values())
    if not path.startswith(".."):
        for number, written in enumerate((path, json.dumps({"x": path}), json.dumps({"x": path}, ensure_ascii=False))):
            folder = result(tmp_path / str(number), inputs=inputs, **{"report.html": f"<td>{written}</td>"})
            assert "AG2462" in refused([folder], capsys)
        with zipfile.ZipFile(
            result(tmp_path / "office", inputs=inputs) / "报告.docx", "w", zipfile.ZIP_DEFLATED
        ) as book:
            book.writestr("word/document.xml", f"<w:t>{path}</w:t>")
        assert "AG2462" in refused([tmp_path / "office"], capsys)
        assert not (tmp_path / "office.zip").exists()


def test_what_was_edited_since_is_named(tmp_path):
    folder = result(tmp_path / "out")
    (folder / "report.html").write_text("<p>改过</p>", encoding="utf-8")
    assert run(["pack", str(folder), "--to", str(tmp_path / "x" / "交付.zip")]) == 0
    held = opened(tmp_path / "x" / "交付.zip")
    assert json.loads(held["示例县/manifest.json"])["edited"] == ["report.html"]


def test_the_same_result_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        os.utime(result(tmp_path / name / "out") / "map.html", (1, 1_000_000_000 if name == "a" else 1_700_000_000))
        assert run(["pack", str(tmp_path / name / "out")]) == 0
    assert (tmp_path / "a" / "out.zip").read_bytes() == (tmp_path / "b" / "out.zip").read_bytes()


def test_a_study_whose_name_cannot_be_a_folder(tmp_path):
    result(tmp_path / "out", name="../县: 一/二\\三")
    assert run(["pack", str(tmp_path / "out")]) == 0
    assert {name.rpartition("/")[0] for name in opened(tmp_path / "out.zip")} == {"县 一二三"}
    result(tmp_path / "two", name="..")
    assert run(["pack", str(tmp_path / "two")]) == 0
    assert {name.rpartition("/")[0] for name in opened(tmp_path / "two.zip")} == {"two"}


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text("secret", encoding="utf-8")
    (result(tmp_path / "out") / "secret.csv").symlink_to(tmp_path / "secret.csv")
    assert run(["pack", str(tmp_path / "out")]) == 0
    assert not any(b"secret" in content for content in opened(tmp_path / "out.zip").values())


def test_refusals(tmp_path, capsys):
    assert "AG2460" in refused([tmp_path], capsys)
    folder = result(tmp_path / "out")
    (tmp_path / "out.zip").write_bytes(b"earlier")
    assert "AG2021" in refused([folder], capsys)
    assert (tmp_path / "out.zip").read_bytes() == b"earlier"
    for damaged in ("{", "[]", '{"inputs": [], "outputs": {}}', '{"inputs": 1, "outputs": {}, "study": {}}'):
        (folder / "manifest.json").write_text(damaged, encoding="utf-8")
        assert "AG2461" in refused([folder, "--to", tmp_path / "x.zip"], capsys)
    assert not (tmp_path / "x.zip").exists()


def test_the_document_lists_what_is_in_it(tmp_path, capfdbinary):
    assert run(["pack", str(result(tmp_path / "out")), "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    assert found["holds"] == ["coverage.csv", "map.html", "report.html", "manifest.json"]
    assert Path(found["file"]).name == "out.zip"


@pytest.mark.slow
def test_the_bundled_county_is_handed_over_without_its_people(demo_out, tmp_path):
    shutil.copytree(demo_out, tmp_path / "out")
    assert run(["pack", str(tmp_path / "out")]) == 0
    names = {name.rpartition("/")[2] for name in opened(tmp_path / "out.zip")}
    assert {"map.html", "report.html", "coverage.csv", "manifest.json"} <= names
    assert not {name for name in names if name.endswith((".parquet", ".gpkg"))}
