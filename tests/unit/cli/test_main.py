"""The command line as users run it: exit codes, streams, and one sentence instead of a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import accessgis
from accessgis.cli import main
from accessgis.cli.main import run


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"accessgis {accessgis.__version__}\n"


@pytest.mark.parametrize(
    "command", [[], ["assess"], ["demo"], ["kinds"], ["standards"], ["standards", "list"], ["standards", "show"],
                ["standards", "check"], ["generate"], ["generate", "county"], ["generate", "province"], ["network"],
                ["network", "export"], ["site"], ["scenario"], ["scenario", "run"], ["compare"], ["locate"], ["study"],
                ["study", "check"]]
)  # fmt: skip
def test_every_command_has_help_and_every_leaf_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Usage" in text
    if command not in ([], ["standards"], ["generate"], ["network"], ["scenario"], ["study"]):
        assert "Example: accessgis" in text


@pytest.mark.parametrize("arguments", [["bla"], ["assess"], ["assess", "a", "--nope"], ["kinds", "--lang", "fr"]])
def test_wrong_use_is_exit_2_with_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("AG2200 ")
    assert "Traceback" not in err


def test_failure_with_json_is_one_document(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    assert run(["assess", str(tmp_path / "none.toml"), "--json", "--lang", "en"]) == 2
    document = json.loads(capfdbinary.readouterr().out)
    assert set(document["error"]) == {"code", "message", "file", "layer", "row", "key", "fix"}
    assert document["error"]["code"] == "AG2001"
    assert document["error"]["fix"] == "Check the path."


def test_language_of_errors(capsys: pytest.CaptureFixture[str]) -> None:
    run(["assess", "none.toml"])
    assert "找不到文件" in capsys.readouterr().err
    run(["assess", "none.toml", "--lang", "en"])
    assert "There is no file" in capsys.readouterr().err


def test_a_fault_of_ours_is_exit_1_and_shows_a_traceback_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(main, "_command", lambda: broken)
    assert run(["kinds"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert run(["kinds", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_interrupting_is_exit_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_command", lambda: interrupted)
    assert run(["kinds"]) == 130


def test_standards_list_has_the_fields_of_the_interface(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["standards", "list", "--json", "--code", "520102"]) == 0
    rules = json.loads(capfdbinary.readouterr().out)
    assert "guizhou-14fyp/rural-medical-30" in [rule["id"] for rule in rules]
    fields = "rule_kind title source section scope basis force horizon kinds where group profiles headline_profile"
    fields += " direction limit_s limit_m metric sharing target target_level assumed"
    for rule in rules:
        assert set(fields.split()) <= set(rule)
