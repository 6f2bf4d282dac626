"""``accessgis study check``: all that is wrong at once, what was repaired, and nothing changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from accessgis.assess.assessment import Assessment
from accessgis.cli.main import run
from accessgis.report.check_view import check_document, check_view, quality_line
from accessgis.study.check import FINDINGS, check_study


@pytest.fixture
def study(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "data", tmp_path / "study")
    return tmp_path / "study" / "study.toml"


def test_the_demo_can_be_judged_and_its_doubts_are_those_of_assessing_it(root: Path, county_result: Assessment) -> None:
    found, result = check_study(root / "data" / "study.toml"), county_result
    assert found.errors == ()
    told, assessed = ({(doubt.code, doubt.place, doubt.count) for doubt in doubts} for doubts in
                      (found.doubts, result.quality.doubts))  # fmt: skip
    assert told == assessed
    assert found.inputs == result.inputs[1:]
    for name, share in found.shares.items():
        assert result.quality.figures[name] == share
    assert found.shares["share_off_network:foot"] == pytest.approx(334 / 231978, rel=0.01)
    line = quality_line(result, result.circles[0], "zh")
    assert "未接入路网" in line
    assert "0.1%" in line
    assert any(note.text.startswith(line) for note in _notes(result))


def _notes(result):
    from accessgis.report.view import page_view

    return page_view(result).rules[0].notes


def test_everything_wrong_is_said_at_once(study: Path) -> None:
    folder = study.parent / "facilities"
    table = (folder / "clinics.csv").read_text(encoding="utf-8-sig").splitlines()
    table[3] = table[3].replace("112.", "abc.")
    (folder / "clinics.csv").write_text("\n".join(table), encoding="utf-8")
    (folder / "schools.csv").write_text("编号,名称\n1,小学\n", encoding="utf-8")
    text = study.read_text(encoding="utf-8").replace("guizhou-14fyp/convenience-15", "guizhou-14fyp/convenience-16")
    study.write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in study.parent.rglob("*") if path.is_file()}
    found = check_study(study)
    files = {error.place.file for error in found.errors}
    assert {"facilities/clinics.csv", "facilities/schools.csv", "study.toml"} <= files
    assert len(found.errors) == 3
    assert before == {path: path.read_bytes() for path in study.parent.rglob("*") if path.is_file()}
    frame = found.findings
    FINDINGS.require(frame)
    assert frame["severity"].tolist()[:3] == ["error"] * 3
    document = check_document(found)
    assert not document["usable"]
    for lang in ("zh", "en"):
        view = check_view(found, lang=lang)
        assert not any("{" in line.text for line in view.lines)
        assert len([line for line in view.lines if line.severity == "error"]) == 3
        (place,) = [line.place for line in view.lines if line.code == "AG3018"]
        assert place == f"facilities/clinics.csv · {'第 3 行' if lang == 'zh' else 'row 3'} · 经度"


def test_missing_files_are_all_named(study: Path) -> None:
    for name in ("facilities/clinics.csv", "roads/roads.osm.pbf", "population/under3.tif"):
        (study.parent / name).unlink()
    found = check_study(study)
    assert sorted(error.place.key or "" for error in found.errors) == [
        "facilities[1].path", "population.groups.under3", "roads.path"
    ]  # fmt: skip


def test_tables_are_looked_at_where_the_areas_cannot_be_read(study: Path) -> None:
    (study.parent / "boundaries" / "areas.gpkg").write_bytes(b"no package")
    (study.parent / "facilities" / "schools.csv").write_text("编号,名称\n1,小学\n", encoding="utf-8")
    found = check_study(study)
    files = [error.place.file for error in found.errors]
    assert "boundaries/areas.gpkg" in files
    assert "facilities/schools.csv" in files


def test_a_malformed_study_file_gives_every_problem(study: Path) -> None:
    text = study.read_text(encoding="utf-8")
    text = text.replace("margin_km", "margin_kn").replace("snap_limit_m = 2000", 'snap_limit_m = "far"')
    study.write_text(
        text if "margin_kn" in text else text.replace("[study]", "[study]\nmargin_kn = 1"), encoding="utf-8"
    )
    found = check_study(study)
    assert "AG2005" in {error.code for error in found.errors}
    assert len(found.errors) >= 1
    assert found.study is None


def test_repairs_are_told_apart(study: Path) -> None:
    table = study.parent / "facilities" / "clinics.csv"
    lines = table.read_text(encoding="utf-8-sig").splitlines()
    table.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    found = check_study(study)
    frame = found.findings
    assert frame.loc[frame["code"] == "AG9302", "severity"].tolist() == ["repaired"]
    assert set(frame.loc[frame["code"] == "AG9202", "severity"]) == {"checked"}


def test_the_command_prints_and_exits_by_the_gravest_error(
    study: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["study", "check", str(study), "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["schema"] == "accessgis.check/1"
    assert document["usable"]
    assert {row["severity"] for row in document["doubts"]} <= {"doubt", "repaired", "checked"}
    (study.parent / "facilities" / "schools.csv").write_text("编号,名称\n1,小学\n", encoding="utf-8")
    assert run(["study", "check", str(study), "--lang", "en"]) == 3
    out = capfdbinary.readouterr().out.decode()
    assert out.startswith("Cannot be judged yet")
    assert "schools.csv" in out
    assert run(["study", "check", str(study.with_name("none.toml"))]) == 2
