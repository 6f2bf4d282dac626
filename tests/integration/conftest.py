"""Results that several files of tests look at, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess


@pytest.fixture(scope="session")
def demo_out(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Assess the bundled county once, with evidence."""
    out = tmp_path_factory.mktemp("demo") / "out"
    return write(assess(read_study(root / "data" / "study.toml"), evidence=True), out)
