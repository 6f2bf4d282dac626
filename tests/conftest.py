"""What every test may ask for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# A job in the background is started deaf to Ctrl-C, and so would be every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Same examples on every run and machine: a failure seen once is seen again.
settings.register_profile("house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data (``ACCESSGIS_DATA``, else ``../shared/data``), or skip with the reason."""
    stated = os.environ.get("ACCESSGIS_DATA")
    folder = Path(stated) if stated else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data absent: set ACCESSGIS_DATA to the folder that holds porto_alegre/ and las_palmas/")
    return folder


@pytest.fixture(scope="module")
def two_profiles() -> Iterator[None]:
    """Compare fewer profiles, for tests that hold for each of them, however many there are."""
    from accessgis.study import reaches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reaches, "COMPARED", ("vehicle", "walk"))
        yield


@pytest.fixture(scope="module")
def no_office_files() -> Iterator[None]:
    """Write results with empty files in place of document and workbook."""
    from accessgis.report import report_docx as word
    from accessgis.report import write as writing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word, "write_document", lambda _, path, **__: path.write_bytes(b""))
        patch.setattr(writing, "write_workbook", lambda _, path, **__: path.write_bytes(b""))
        yield
