"""The starters for Windows: in the form that cmd reads, naming files and commands that there are."""

from __future__ import annotations

import re

import pytest

from accessgis.cli.main import run


@pytest.fixture(params=["install.bat", "start.bat"])
def starter(request, root) -> str:
    data = (root / "windows" / request.param).read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n"), "cmd jumps to labels wrongly in files with bare LF"
    return data.decode("ascii")


def test_files_that_are_named_are_there(starter, root):
    for name in re.findall(r"-r (\S+)", starter):
        assert (root / name).is_file()
    for label in re.findall(r"goto (\w+)", starter):
        assert f"\r\n:{label}\r\n" in starter


def test_commands_that_are_named_exist(starter, capsys):
    commands = re.findall(r"(?:-m accessgis|%AG%) ((?:[a-z]+ )+)", starter)
    assert commands
    for command in commands:
        assert run([*command.split(), "--help"]) == 0
    assert "Example" in capsys.readouterr().out
