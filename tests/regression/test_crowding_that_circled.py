"""Steps that went far beyond the turn of the gradient came round again and again: RAAM gave up on a small study."""

from __future__ import annotations

import numpy as np
import pytest
from supply import World

from accessgis import measures

TABLE = np.array([
    [0, 0, 0, 1001, 2999, 3001, 715],
    [364, 125, 3102, 1149, 1000, np.inf, 992],
    [75, 2999, 960, 1, 500, 170, 3001],
    [1000, 421, 151, 79, 2000, 2702, 1000],
    [2999, 628, 1, 426, 428, 1001, 500],
    [1, 1174, 1000, 999, 1001, 0, 2000],
    [364, 125, 3102, 1149, 1000, np.inf, 992],
])  # fmt: skip


def test_crowding_settles():
    supply = np.array([0.25, 0.25, 0, 0.25, 1, 180, 1])
    people = np.array([0, 0.25, 1, 0, 1, 0, 84])
    world = World(TABLE, supply, people)
    found = measures.raam(world.times, supply=supply, people=people, tau_ms=2000, rho=3.0)

    assert found.load.sum() == pytest.approx(86.25)
    # Nobody at the last place gains by going elsewhere: what they use costs all the same, what they leave costs more.
    cost = TABLE[6] / 2000 + found.crowding
    used = found.load[[0, 1, 3, 4, 6]] > 1
    assert np.ptp(cost[[0, 1, 3, 4, 6]][used]) < 1e-3 * found.cost[6]
    assert found.cost[6] == pytest.approx(cost[np.isfinite(cost)].min())
