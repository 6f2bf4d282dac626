"""The sum of people × time of a p-median ran over 64 bits when people were fractions and savings small beside times."""

from __future__ import annotations

import numpy as np
import pytest

from accessgis.solve import sites
from accessgis.solve.median import p_median
from accessgis.travel.within import TimeMatrix


def test_the_objective_is_the_sum() -> None:
    table = np.array([[1_790_000, 1_800_000], [1_785_000, 1_800_000]])
    people = np.array([1e4 / 3, 2e4 / 7])
    times = TimeMatrix(
        origin_count=2, destination_count=2, cutoff_ms=1_800_000, start=np.array([0, 2, 4]),
        destination=np.array([0, 1, 0, 1], np.int32), ms=table.ravel().astype(np.int32),
    )  # fmt: skip
    found = p_median(times, people=people, sites=sites(2, fixed=[False, True]), count=1)
    assert found.base == pytest.approx(float(people @ table[:, 1]), rel=1e-9)
    assert found.objective == pytest.approx(float(people @ table[:, 0]), rel=1e-9)
    assert found.proven
