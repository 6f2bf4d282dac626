"""What is written holds no formula, nothing of persons, and nothing of the machine it was written on."""

from __future__ import annotations

import csv
import getpass
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from integration import tiny_study as tiny
from integration.hostile_study import hostile

from accessgis.cli.main import run
from accessgis.report import report_docx as word
from accessgis.report import write as writing
from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
PHONES = ("13812345678", "15935412345", "18603540001")
IDENTITY = "11010519491231002X"


def texts(out: Path) -> dict[str, str]:
    """Return all that each file of a result says, compressed columns and layers unpacked."""
    said = {}
    for path in sorted(out.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(out).as_posix()
        said[name] = path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".parquet":
            said[name] += pd.read_parquet(path).drop(columns="geometry", errors="ignore").to_csv()
        elif path.suffix == ".gpkg":
            for layer, _ in pyogrio.list_layers(path):
                said[name] += pyogrio.read_dataframe(path, layer=layer, read_geometry=False).to_csv()
    return said


@pytest.fixture
def tables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write results without map, report, document and workbook: how they escape a text has tests of its own."""
    for name in ("map_page", "report_page"):
        monkeypatch.setattr(writing, name, lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(word, "write_document", lambda *_, **__: None)
    monkeypatch.setattr(writing, "write_workbook", lambda *_, **__: None)


@pytest.mark.parametrize("start", ['=HYPERLINK("http://x")', "+1+1", "-1+1", "@SUM(1)", "＝1+1", "＠SUM(1)"])
def test_no_cell_of_a_table_is_a_formula_whatever_is_called_so(tables_alone: None, tmp_path: Path, start: str) -> None:
    out = write(assess(read_study(hostile(tmp_path / "study", start))), tmp_path / "out")
    tables = sorted(out.rglob("*.csv"))
    assert {path.name for path in tables} >= {"coverage.csv", "indicators.csv", "coverage_dictionary.csv"}
    marked = 0
    for path in tables:
        for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")):
            for cell in row:
                try:
                    float(cell)
                except ValueError:
                    assert not cell.startswith(STARTS), (path.name, cell)
                marked += cell.startswith(f"'{start}")
    assert marked >= 3, "names of areas and rules begin like a formula"


def test_nothing_of_persons_is_written_anywhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "study"
    tiny.draw(folder)
    rows = [line.split(",") for line in tiny.CLINICS.splitlines()]
    rows[0] += ["联系电话", "备注", "负责人"]
    for row, phone in zip(rows[1:], PHONES, strict=True):
        row[1] += f"（张三 {phone}）" if phone == PHONES[0] else ""
        row += [phone, IDENTITY, "张三"]
    (folder / "clinics.csv").write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    frame = tiny.areas_frame().assign(phone=PHONES[0], leader_id=IDENTITY)
    tiny.write_areas(folder / "areas.gpkg", frame)
    assert run(["assess", str(folder / "study.toml"), "--evidence", "--json"]) == 0
    seen = capfd.readouterr()
    said = texts(folder / "out") | {"stdout": seen.out, "stderr": seen.err}
    for name, text in said.items():
        for value in (*PHONES, IDENTITY):
            assert value not in text, name
    assert "AG9050" in said["assessment.json"]
    assert "AG9051" in said["assessment.json"]
    assert "联系电话" in said["assessment.json"]
    assert "甲村卫生室" in said["map.html"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("C2,乙村卫生室,112.005,37.0072,1,在用", "C2,乙村卫生室,112.005,37.0072,一,在用"),
        ("C2,乙村卫生室,112.005,37.0072,1,在用", "C1,乙村卫生室,112.005,37.0072,1,在用"),
        ("C2,乙村卫生室,112.005,37.0072,1,在用", "C2,乙村卫生室,112.005,37.0072,1,不知道"),
    ],
    ids=["no number", "id twice", "unknown status"],
)
def test_errors_of_other_columns_print_nothing_of_persons(tmp_path: Path, capfd, old: str, new: str) -> None:
    folder = tmp_path / "study"
    tiny.draw(folder)
    rows = tiny.CLINICS.replace(old, new).splitlines()
    lines = [rows[0] + ",联系电话", *(f"{row},{phone}" for row, phone in zip(rows[1:], PHONES, strict=True))]
    (folder / "clinics.csv").write_text("\n".join(lines), encoding="utf-8")
    assert run(["assess", str(folder / "study.toml"), "--json", "--debug"]) == 3
    seen = capfd.readouterr()
    assert not [phone for phone in PHONES if phone in seen.out + seen.err]


def test_nothing_of_the_machine_is_written_anywhere(tmp_path: Path, root: Path) -> None:
    """Folders, user, host, environment: a result may be handed to anybody."""
    home = tmp_path / "home-of-zhangsan"
    home.mkdir()
    tiny.draw(tmp_path / "secret-project" / "study")
    environment = {
        "HOME": str(home), "USER": "zhangsan-7431", "LOGNAME": "zhangsan-7431", "USERNAME": "zhangsan-7431",
        "HOSTNAME": "bureau-pc-7431", "PGPASSWORD": "hunter2-7431", "TIANDITU_KEY": "0123456789abcdef7431",
        "PYTHONPATH": str(root),
    }  # fmt: skip
    study = tmp_path / "secret-project" / "study" / "study.toml"
    done = subprocess.run(
        [sys.executable, "-m", "accessgis", "assess", str(study), "--evidence", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    values = {*environment.values(), str(tmp_path), tmp_path.name, "secret-project", str(Path.home()), sys.prefix}
    values |= {getpass.getuser()} - {"root"} | {name for name in (socket.gethostname(),) if len(name) > 6}
    values |= {value for value in os.environ.values() if len(value) > 11 and not value.isdigit()}
    for name, text in texts(study.parent / "out").items():
        found = [value for value in values if value in text]
        assert not found, (name, found)
