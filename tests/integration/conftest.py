"""Results that several files of tests look at, made once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Database, new_database, postgres

from accessgis.report import write as writing
from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess


@pytest.fixture(scope="module")
def bare_documents(no_office_files: None) -> Iterator[None]:
    """Write results without report, document and workbook, for tests that run the whole program hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "report_page", lambda *_, **__: "<!doctype html>")
        yield


@pytest.fixture(scope="session")
def demo_out(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Assess the bundled county once, with evidence."""
    out = tmp_path_factory.mktemp("demo") / "out"
    return write(assess(read_study(root / "data" / "study.toml"), evidence=True), out)


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[Database]:
    """Start PostgreSQL with PostGIS once, or skip with the line that installs it."""
    with postgres() as template:
        yield template


@pytest.fixture
def database(postgis_server: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return an empty database of its own; user and password stand in the environment and nowhere else."""
    made = new_database(postgis_server)
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGUSER", made.user)
    monkeypatch.setenv("PGPASSWORD", made.password)
    return made
