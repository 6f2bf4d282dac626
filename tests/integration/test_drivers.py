"""``accessgis drivers``: what drove a change, against assessments of mixtures that are put together as files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from integration import tiny_study as tiny

import accessgis as ag
from accessgis.base.errors import UsageError
from accessgis.batch.history import read_drivers
from accessgis.cli.main import run
from accessgis.report.monitor_drivers import driver_tables
from accessgis.study.counted import study_layers
from accessgis.study.run import judged_rows

RULE = "own/clinic-1"
FEWER = tiny.CLINICS.replace("C2,乙村卫生室,112.005,37.0072,1,在用\n", "")


def study(folder: Path, *, date: str = "2024-12-31") -> Path:
    """Draw the tiny study judged by its own rule alone, within five minutes."""
    tiny.draw(folder)
    (folder / "own.toml").write_text(tiny.OWN_RULE.replace("minutes = 1", "minutes = 5"), encoding="utf-8")
    head = tiny.STUDY[: tiny.STUDY.index("[[targets]]")].replace("2025-12-31", date)
    text = f'{head}[standards]\nuse = []\nfiles = ["own.toml"]\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def settle(folder: Path) -> None:
    """Let twice as many people live in the eastern half of the western village."""
    people = tiny.people()
    people[:, 5:10] *= 2
    tiny.write_raster(folder / "total.tif", people)


def share(path: Path) -> float:
    """Return the share of a study's county, without what a whole assessment does besides."""
    measured = ag.measured_study(ag.read_study(path))
    rows = judged_rows(measured, study_layers(measured.prepared, measured.groupings, measured.rules))
    return float(rows.query("rule == @RULE and level == 'county' and headline")["covered_share"].iloc[0])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the year before and the year after: one more clinic, and other people."""
    root = tmp_path_factory.mktemp("drivers")
    study(root / "before")
    (root / "before" / "clinics.csv").write_text(FEWER, encoding="utf-8")
    study(root / "after", date="2025-12-31")
    settle(root / "after")
    return root / "before", root / "after"


@pytest.fixture(scope="module")
def found(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Return what the command writes for monitor to read."""
    out = tmp_path_factory.mktemp("answer") / "drivers.json"
    assert run(["drivers", *(str(folder / "study.toml") for folder in folders), "--out", str(out)]) == 0
    assert [one["before"]["data_date"] for one in read_drivers([out.parent])] == ["2024-12-31"]
    return json.loads(out.read_text(encoding="utf-8"))


def test_the_contributions_are_those_of_mixtures_put_together_as_files(folders, found, tmp_path):
    before, after = folders
    mixed = {}
    for clinics, people in ((before, before), (after, before), (before, after), (after, after)):
        folder = tmp_path / f"{clinics.name}-{people.name}"
        shutil.copytree(before, folder)
        shutil.copy(clinics / "clinics.csv", folder)
        shutil.copy(people / "total.tif", folder)
        mixed[clinics == after, people == after] = share(folder / "study.toml")
    row = next(row for row in found["rows"] if row["rule"] == RULE)
    digits = {"abs": 1e-9}  # files have nine
    assert (row["before"], row["after"]) == pytest.approx((mixed[False, False], mixed[True, True]), **digits)
    supply = (mixed[True, False] - mixed[False, False] + mixed[True, True] - mixed[False, True]) / 2
    people = (mixed[False, True] - mixed[False, False] + mixed[True, True] - mixed[True, False]) / 2
    assert (row["supply"], row["people"]) == pytest.approx((supply, people), **digits)
    together = mixed[True, True] - mixed[True, False] - mixed[False, True] + mixed[False, False]
    assert min(abs(supply), abs(people), abs(together)) > 0.001, "both matter, and not independently"
    assert row["supply"] + row["people"] == pytest.approx(row["change"], **digits)


def test_an_input_that_is_the_same_contributes_nothing(found):
    assert found["unchanged"] == ["roads", "standard"], "a later day of the same plan is no other standard"
    assert {(row["roads"], row["standard"]) for row in found["rows"]} == {(0, 0)}


def test_the_table_names_the_rule_and_adds_up_as_printed(found):
    (table,) = driver_tables([found], "zh")
    line = next(line for line in table.lines if line.name == "一分钟卫生室")
    change, *parts = (float(cell.removesuffix("个百分点")) for cell in line.cells[2:])
    assert sum(parts) == pytest.approx(change, abs=1e-12)


def test_two_areas_are_refused(folders, tmp_path):
    other = study(tmp_path)
    other.write_text(other.read_text(encoding="utf-8").replace('"149921"', '"149922"'), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        ag.what_drove(ag.read_study(folders[0] / "study.toml"), ag.read_study(other))
    assert refused.value.code == "AG2509"
