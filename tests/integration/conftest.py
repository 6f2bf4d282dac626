"""Results that several files of tests look at, made once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Database, new_database, postgres

from accessgis.assess.assessment import Assessment
from accessgis.decide import check, scenario
from accessgis.decide.check import measured_study
from accessgis.report import write as writing
from accessgis.report.tables import write_evidence
from accessgis.report.write import write
from accessgis.study.measure import Measured
from accessgis.study.model import Study, read_study
from accessgis.study.run import conclude

PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def bare_documents(no_office_files: None) -> Iterator[None]:
    """Write results without report, document and workbook, for tests that run the whole program hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "report_page", lambda *_, **__: "<!doctype html>")
        yield


@pytest.fixture
def bare_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write results of JSON, evidence and manifest alone: what an oracle reads."""
    monkeypatch.setattr(writing, "map_page", lambda *_, **__: "<!doctype html>")
    monkeypatch.setattr(
        writing, "_write_documents", lambda result, folder, **_: write_evidence(result, folder / "evidence")
    )


@pytest.fixture(scope="session")
def county(root: Path) -> Measured:
    """Measure the bundled county once in this process; no test changes it."""
    return measured_study(read_study(root / "data" / "study.toml"))


@pytest.fixture
def county_at_hand(root: Path, county: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the bundled county measured, for tests of what they make of it."""

    def measured(study: Study, **more: object) -> Measured:
        assert study.path.resolve() == root / "data" / "study.toml"
        assert more.get("sharing", "neighbours") == "neighbours"
        return county

    for module in (check, scenario):
        monkeypatch.setattr(module, "measured_study", measured)


@pytest.fixture(scope="session")
def county_result(county: Measured) -> Assessment:
    """Judge the bundled county once in this process, with evidence."""
    return conclude(county, evidence=True)


@pytest.fixture(scope="session")
def demo_out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the result of the bundled county, once for all processes: the first that asks does, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    out, begun = shared / "demo-out", shared / "demo-out.begun"
    try:
        begun.touch(exist_ok=False)
    except FileExistsError:
        until = time.monotonic() + PATIENCE_S
        while not out.exists():  # a result is written whole or not at all
            assert time.monotonic() < until, "another process began the demo's result and did not end it"
            time.sleep(0.2)
        return out
    try:
        return write(request.getfixturevalue("county_result"), out)
    except BaseException:
        begun.unlink()
        raise


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
