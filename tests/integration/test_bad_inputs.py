"""Bad input: one clear sentence in both languages, the right exit code, nothing half-written.

Every case spoils a small study that works (``tiny_study.py``) and runs the command line on it, beside a result of an
earlier run: after a refusal that result and everything else stand as they did, byte for byte.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration import bad_layer_cases, bad_people_cases, bad_study_cases, odd_cases, table_cases
from integration import tiny_study as tiny
from integration.spoil import Bad, Odd, both, more, study, written

from accessgis.base.errors import AccessGISError
from accessgis.cli import main
from accessgis.cli.main import run
from accessgis.report import write
from accessgis.study import layers
from accessgis.study import measure as measuring

pytestmark = pytest.mark.usefixtures("bare_documents", "two_profiles")

CHINESE = re.compile(r"[\u4e00-\u9fff]")
BAD = [*bad_study_cases.CASES, *bad_layer_cases.CASES, *bad_people_cases.CASES, *table_cases.BAD]
ODD = [*odd_cases.CASES, *table_cases.ODD]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the study with its result."""
    folder = tmp_path_factory.mktemp("drawn") / "study"
    assert run(["assess", str(tiny.draw(folder)), "--quiet"]) == 0
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of it to spoil; temporary files of the program would stand in a folder of their own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tiny.copy(drawn, tmp_path / "study")


@pytest.fixture
def json_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write JSON and manifest only: map, tables and layers have tests of their own, and take as long as the rest."""
    monkeypatch.setattr(write, "map_page", lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(write, "_write_documents", lambda *_, **__: None)


@dataclass(frozen=True)
class Told:
    """What a run said: its exit code, the failure document in Chinese, the words in English, and every output."""

    code: int
    error: dict[str, str | int | None]
    english: str
    everything: str


def refused(folder: Path, capfd: pytest.CaptureFixture[str], *arguments: str) -> Told:
    """Run for programs, in Chinese; the same failure is said to people in English. Nothing may change on the disk."""
    before = tiny.contents(folder.parent)
    say, english = main._report, []

    def both_ways(error: AccessGISError, **_: object) -> int:
        say(error, as_json=False, lang="en")
        english.append(capfd.readouterr())
        return say(error, as_json=True, lang="zh")

    capfd.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "_report", both_ways)
        code = run(["assess", str(folder / "study.toml"), *arguments, "--json"])
    chinese = capfd.readouterr()
    [told] = english
    assert told.out == ""
    assert tiny.contents(folder.parent) == before
    document = json.loads(chinese.out)
    assert set(document) == {"error"}
    return Told(code, document["error"], told.err, chinese.out + chinese.err + told.err)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_bad_input_is_refused_in_one_sentence(case: Bad, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    case.spoil(folder)
    told = refused(folder, capfd)
    error = told.error
    assert error["code"] == case.code
    assert told.code == int(case.code[2])
    assert {key: error[key] for key in case.place} == case.place
    assert set(error) == {"code", "message", "file", "layer", "row", "key", "fix"}
    sentence, fix = str(error["message"]), str(error["fix"])
    assert CHINESE.search(sentence)
    assert CHINESE.search(fix)
    assert sentence.count("\n") == fix.count("\n") == 0
    said, mended, *rest = told.english.splitlines()
    assert said.startswith(f"{case.code} ")
    assert mended
    assert rest == []
    for part in case.place.values():
        assert str(part) in said, "the place is named to people too"
    for word in case.words:
        assert word in f"{sentence} {fix}"
        assert word in told.english
    assert "Traceback" not in told.everything
    assert not re.search(r"[{][a-z_]+(:[a-z.0-9]+)?[}]", f"{sentence}{fix}{told.english}"), "a value is unfilled"
    if case.name not in ("not there", "absolute"):
        assert str(folder.parent) not in told.everything, "only what the user wrote is named, no folder of the machine"


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_odd_input_is_accepted_and_counted(
    case: Odd, folder: Path, capfd: pytest.CaptureFixture[str], json_alone: None
) -> None:
    case.spoil(folder)
    capfd.readouterr()
    assert run(["assess", str(folder / "study.toml"), "--json"]) == 0
    seen = capfd.readouterr()
    assert seen.err == ""
    document = json.loads(seen.out)
    doubts = {doubt["code"]: doubt for doubt in document["quality"]["doubts"]}
    if case.code:
        doubt = doubts[case.code]
        assert doubt["count"] == case.count or case.count is None
        assert CHINESE.search(doubt["message"]["zh"])
        assert doubt["message"]["zh"] != doubt["message"]["en"]
    else:
        assert set(doubts) <= {"AG9201", "AG9203", "AG9204", "AG9206", "AG9402"}
    county = next(row for row in document["results"] if row["headline"] and row["level"] == "county")
    assert document["quality"]["figures"]["people:total"] == pytest.approx(case.judged, abs=1)
    if case.covered is not None:
        assert county["covered_share"] == pytest.approx(case.covered)
    names = {path.name for path in folder.iterdir()}
    assert not [name for name in names if "tmp" in name]


def test_every_code_that_a_layer_or_study_can_raise_has_a_case() -> None:
    """The table is wide: most of the codes that a user can meet by way of ``assess``."""
    assert len(BAD) + len(ODD) >= 120
    assert len({case.code for case in BAD}) >= 60
    assert len({case.name for case in BAD}) == len(BAD)
    assert "AG1000" not in {case.code for case in BAD}


# ---------------------------------------------------------------------------------------------------- the out folder


def test_a_folder_with_other_files_is_never_replaced(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.docx").write_bytes(b"years of work")
    told = refused(folder, capfd, "--out", str(folder / "mine"))
    assert (told.code, told.error["code"]) == (2, "AG2020")


def test_a_file_is_never_replaced(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "mine").write_bytes(b"a file")
    told = refused(folder, capfd, "--out", str(folder / "mine"))
    assert (told.code, told.error["code"]) == (2, "AG2020")


def test_the_folder_of_the_study_is_never_replaced(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = refused(folder, capfd, "--out", str(folder))
    assert (told.code, told.error["code"]) == (2, "AG2020")


def test_a_result_below_a_file_fails(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "mine").write_bytes(b"a file")
    told = refused(folder, capfd, "--out", str(folder / "mine" / "out"))
    assert (told.code, told.error["code"]) == (1, "AG1001")


def test_a_parent_that_may_not_be_written_fails(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder, acted: to the administrator that tests may run as, no folder is read-only."""

    def denied(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", denied)
    told = refused(folder, capfd)
    assert (told.code, told.error["code"]) == (1, "AG1001")
    assert "Permission denied" in told.english


def test_an_earlier_result_is_replaced_whole(folder: Path) -> None:
    (folder / "out" / "left_over.txt").write_text("of an older version", encoding="utf-8")
    assert run(["assess", str(folder / "study.toml"), "--quiet"]) == 0
    assert not (folder / "out" / "left_over.txt").exists()


@pytest.mark.parametrize("place", ["reading", "computing", "writing", "last"])
@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 1)])
def test_an_interruption_leaves_the_earlier_result(
    place: str,
    raised: BaseException,
    code: int,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise raised

    module, name = {
        "reading": (layers, "read_facilities"),
        "computing": (measuring, "compute_reaches"),
        "writing": (write, "write_layers"),
        "last": (write, "_manifest"),
    }[place]
    monkeypatch.setattr(module, name, stop)
    before = tiny.contents(folder.parent)
    assert run(["assess", str(folder / "study.toml"), "--evidence"]) == code
    assert tiny.contents(folder.parent) == before
    assert "Traceback" not in capfd.readouterr().err


# ------------------------------------------------------------------------------------------------- options and failure

SHORT = both(
    study("use = []", 'use = []\nfiles = ["own.toml"]'),
    study('[[targets]]\nrule = "guizhou-14fyp/rural-medical-30"\nshare = 0.9\nbasis = "县政府会议纪要"\n', ""),
)


def own(old: str = "", new: str = "") -> str:
    assert old in tiny.OWN_RULE
    return tiny.OWN_RULE.replace(old, new) if old else tiny.OWN_RULE


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (own(), 4),
        (own('force = "firm"', 'force = "push"'), 0),
        (own("target = 0.99\n" + 'target_level = "county"\n', ""), 0),
        (own("horizon = 2030", "horizon = 2020"), 0),
        (own("minutes = 1", "minutes = 300"), 0),
    ],
    ids=["firm", "push", "no target", "expired", "met"],
)
def test_check_exits_4_only_for_a_shortfall_that_counts(rule: str, code: int, folder: Path, json_alone: None) -> None:
    both(SHORT, written("own.toml", rule))(folder)
    assert run(["assess", str(folder / "study.toml"), "--quiet", "--check"]) == code


def test_a_shortfall_fails_nothing_unless_it_is_checked(folder: Path, json_alone: None) -> None:
    both(SHORT, written("own.toml", own()))(folder)
    assert run(["assess", str(folder / "study.toml"), "--quiet"]) == 0


def test_check_counts_the_bureaus_own_target(folder: Path, json_alone: None) -> None:
    own_target = '\n[[targets]]\nrule = "own/clinic-1"\nshare = 0.99\nbasis = "县政府会议纪要"\n'
    rule = own('force = "firm"', 'force = "push"')
    both(SHORT, written("own.toml", rule), more(own_target))(folder)
    assert run(["assess", str(folder / "study.toml"), "--quiet", "--check"]) == 4


@pytest.mark.parametrize(
    "arguments",
    [["--cheque"], ["--lang", "fr"], ["--out"], ["second.toml"]],
    ids=["unknown option", "unknown language", "option without value", "two studies"],
)
def test_wrong_use_exits_2(arguments: list[str], folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = tiny.contents(folder.parent)
    assert run(["assess", str(folder / "study.toml"), "--json", *arguments]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "AG2200"
    assert tiny.contents(folder.parent) == before


def test_outside_is_allowed_when_asked_for(folder: Path, json_alone: None) -> None:
    (folder.parent / "elsewhere.csv").write_text(tiny.CLINICS, encoding="utf-8")
    study('"clinics.csv"', '"../elsewhere.csv"')(folder)
    assert run(["assess", str(folder / "study.toml"), "--quiet"]) == 2
    assert run(["assess", str(folder / "study.toml"), "--quiet", "--allow-outside"]) == 0


# ------------------------------------------------------------------------------------------------------- as a process

PROCESSES = {case.name: case for case in BAD}


@pytest.mark.parametrize(
    "name",
    [
        "roads truncated pbf",
        "raster truncated",
        *(pytest.param(name, marks=pytest.mark.soak) for name in ("gbk", "missing layer", "areas vrt as geojson")),
        "parquet broken",
    ],
)
def test_a_process_says_one_sentence_and_no_more(name: str, folder: Path, root: Path) -> None:
    """Libraries written in C speak to the terminal past Python: a process shows what a user sees."""
    case = PROCESSES[name]
    case.spoil(folder)
    before = tiny.contents(folder.parent)
    done = subprocess.run(
        [sys.executable, "-m", "accessgis", "assess", str(folder / "study.toml")],
        cwd=root,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode, done.stdout) == (int(case.code[2]), "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith(case.code)
    assert len(rest) == 1
    assert tiny.contents(folder.parent) == before
