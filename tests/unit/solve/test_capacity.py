"""The clock of siting with limited room."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from accessgis.solve.capacity import _Tries
from accessgis.solve.result import Effort, Watch


@pytest.mark.parametrize(("longest_s", "left_s"), [(0.0, 10.0), (1.0, 6.0), (9.0, 5.0)])
def test_what_telling_the_answer_takes_is_set_aside(longest_s: float, left_s: float) -> None:
    # Three sites: a program for each of them and one for none, but no more than half of the ten seconds.
    with mock.patch.object(Watch, "left_s", return_value=10.0):
        tries = _Tries(mock.Mock(), Watch(effort=Effort(time_limit_s=10.0)), 0.0)
        tries.chosen, tries.longest_s = np.arange(3), longest_s
        assert tries.left_s() == left_s
