"""The threat model names a test for every line, and every test that it names exists."""

from __future__ import annotations

import ast
import re

import pytest

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "security.md").read_text(encoding="utf-8")


def rows(page):
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return [line for line in lines if not re.match(r"\| (threat|failure) \|", line)]


def test_every_line_names_a_test(page):
    assert len(rows(page)) >= 25
    assert [row for row in rows(page) if not NAMED.search(row.rsplit("|", 2)[-2])] == []


def test_every_test_named_exists(page, root):
    named = sorted(set(NAMED.findall(page)))
    assert len(named) >= 45
    missing = []
    for file, name in named:
        path = root / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{file}::{name}")
    assert missing == []


def test_no_name_of_a_test_is_written_in_another_form(page):
    assert page.count("tests/") == len(NAMED.findall(page))
