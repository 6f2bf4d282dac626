"""Imports point down, and every package has its place: the contracts of pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_lint_imports_passes(root):
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"], cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_dumping_ground(root):
    names = {path.stem for path in (root / "accessgis").rglob("*.py")}

    assert names.isdisjoint({"utils", "util", "helpers", "misc", "common"})


def test_every_module_says_what_it_is(root):
    first_lines = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8").lstrip().split("\n", 1)[0]
        for path in (root / "accessgis").rglob("*.py")
    }

    assert [name for name, line in first_lines.items() if not line.startswith('"""') or "TODO" in line] == []
