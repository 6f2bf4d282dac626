"""Windows consoles of Chinese offices are in code page 936: everything said in Chinese can be said there."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import accessgis
from accessgis.base.files import packaged_toml
from accessgis.cli.main import run

CATALOGUES = [
    *(("accessgis.base.messages", path.name) for path in Path(accessgis.__file__).parent.glob("base/messages/*.toml")),
    ("accessgis.report.data", "words.toml"),
    ("accessgis.report.data", "columns.toml"),
]


def chinese(table: dict[str, object]) -> list[str]:
    """Return every text under a key of Chinese, at any depth."""
    found = [str(text) for key, text in table.items() if key in ("zh", "fix_zh")]
    return found + [text for inner in table.values() if isinstance(inner, dict) for text in chinese(inner)]


@pytest.mark.parametrize(("package", "name"), CATALOGUES, ids=lambda value: value)
def test_every_text_in_chinese_can_be_written_there(package: str, name: str) -> None:
    texts = chinese(packaged_toml(package, name))
    assert texts
    for text in texts:
        assert text.encode("gbk").decode("gbk") == text


@pytest.mark.parametrize("encoding", ["cp936", "cp437"])
def test_a_console_of_another_code_page_never_fails(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", screen)
    assert run(["kinds"]) == 0
    screen.flush()
    shown = screen.buffer.getvalue().decode(encoding)
    assert ("村卫生室" in shown) == (encoding == "cp936")


def test_json_is_utf_8_whatever_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="cp936")
    monkeypatch.setattr(sys, "stdout", screen)
    assert run(["kinds", "--json"]) == 0
    document = json.loads(screen.buffer.getvalue().decode("utf-8"))
    assert next(kind for kind in document if kind["id"] == "village_clinic")["zh"] == "村卫生室"
