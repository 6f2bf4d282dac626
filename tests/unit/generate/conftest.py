"""One small generated county for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from accessgis.generate.county import County, generate_county, make_county

NODES = 3_000


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a written county of 3,000 junctions."""
    made = tmp_path_factory.mktemp("county") / "first"
    generate_county(made, seed=7, nodes=NODES)
    return made


@pytest.fixture(scope="session")
def county() -> County:
    """Return the same county in memory."""
    return make_county(seed=7, nodes=NODES)
