from __future__ import annotations

import pytest
from fake_assessment import fake_assessment


@pytest.fixture(scope="session")
def fake():
    """A fake assessment, small enough to make anew for every run."""
    return fake_assessment(villages=60)
