"""Coverage and quantiles, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.measures.coverage import Grouping, by_time, is_covered, quantiles

TWO = Grouping(codes=("a", "b"), names=("A", "B"), index=np.array([0, 0, 1, 1, -1]))


def test_the_cutoff_is_inclusive_and_unreachable_is_never_covered() -> None:
    ms = np.array([1_799_999.0, 1_800_000.0, 1_800_001.0, np.inf])
    assert is_covered(ms, cutoff_ms=1_800_000).tolist() == [True, True, False, False]


def test_sums_leave_out_points_outside_every_area() -> None:
    assert TWO.sums(np.array([1.0, 2.0, 4.0, 8.0, 16.0])).tolist() == [3.0, 12.0]


def test_quantiles_are_the_smallest_time_with_enough_people() -> None:
    ms = np.array([10.0, 20.0, 5.0, np.inf, 1.0])
    people = np.array([1.0, 1.0, 1.0, 3.0, 9.0])
    found = quantiles(ms, people, TWO, shares=(0.25, 0.5, 0.9))
    # a: half of two people is reached at 10; b: one of four people at 5, the other three never.
    assert found[0].tolist() == [10.0, 10.0, 20.0]
    assert found[1].tolist() == [5.0, np.inf, np.inf]


def test_an_area_without_people_has_no_quantile() -> None:
    found = quantiles(np.array([1.0, 1, 1, 1, 1]), np.array([1.0, 1, 0, 0, 1]), TWO, shares=(0.5,))
    assert np.isnan(found[1, 0])
    assert found[0, 0] == 1.0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 9), st.sampled_from([0.1, 1.0, 2.5])),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_quantiles_agree_with_a_loop(rows: list[tuple[int, int, int, float]], share: float) -> None:
    index = np.array([row[0] for row in rows])
    ms = np.array([np.inf if row[1] > 40 else float(row[1]) for row in rows])
    people = np.array([row[2] * row[3] for row in rows])
    grouping = Grouping(codes=("0", "1", "2", "3"), names=("", "", "", ""), index=index)
    found = quantiles(ms, people, grouping, shares=(share,))[:, 0]
    for area in range(4):
        mine = sorted((t, p) for a, t, p in zip(index, ms, people, strict=True) if a == area and p > 0)
        total, running, expected = sum(p for _, p in mine), 0.0, np.nan
        for t, p in mine:
            running += p
            if running >= share * total - 1e-9:
                expected = t
                break
        assert found[area] == pytest.approx(expected, nan_ok=True)


COUNTED = (0.0, 1.0, 65_535.0, 65_536.0, 131_071.0, 2.0**32 - 2, np.inf)
COMPARED = (*COUNTED, 2.0**32 - 1, 2.0**40, 0.25, 0.5, -1.0, -np.inf, np.nan)


@given(st.lists(st.sampled_from(COUNTED)) | st.lists(st.sampled_from(COMPARED)))
def test_counting_gives_the_stable_order(ms: list[float]) -> None:
    times = np.array(ms, dtype=np.float64)

    assert by_time(times).tolist() == np.argsort(times, kind="stable").tolist()
