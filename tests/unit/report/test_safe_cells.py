"""CSV that a spreadsheet opens: no text of a user becomes a formula, and none is lost."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessgis.report.tables import safe_cell, write_csv

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]
"""OWASP's list (CSV injection), with NUL as ASVS 5.0, 1.2.10 adds it."""


def written(table: pd.DataFrame, path: Path) -> list[list[str]]:
    write_csv(table, path)
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_no_cell_and_no_header_begins_like_a_formula(tmp_path: Path, start: str, kind: str) -> None:
    cell = f'{start}HYPERLINK("http://x","y"),\n"z'
    header, row = written(pd.DataFrame({cell: pd.Series([cell]).astype(kind), "n": [-1.5]}), tmp_path / "a.csv")
    for value in (header[0], row[0]):
        assert value.startswith("'")
        assert value[1:] == cell.replace("\0", "").replace("\r", "\n")
    assert (header[1], row[1]) == ("n", "-1.5")


@pytest.mark.parametrize("text", ["甲村卫生室", "", "1=1", "a@b", "'=1", " =1"])
def test_other_text_stays(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("value", [None, 3, -2.5, True, float("inf")])
def test_numbers_stay(value: object) -> None:
    assert safe_cell(value) is value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_every_text_comes_back_from_its_own_cell(tmp_path: Path, texts: list[str]) -> None:
    rows = written(pd.DataFrame({"n": range(len(texts)), "text": texts}), tmp_path / "a.csv")[1:]
    assert len(rows) == len(texts)
    for text, (number, cell) in zip(texts, rows, strict=True):
        assert texts[int(number)] == text
        assert not cell.startswith(tuple(STARTS))
        kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        assert cell.removeprefix("'") == kept.removeprefix("'")
