"""Metres and speeds become whole milliseconds in one way."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.base.units import MAX_EDGE_MS, share_ms, travel_ms


@pytest.mark.parametrize(
    ("length_m", "speed_kph", "ms"),
    [
        (1000, 4.0, 900_000),  # GB 50180: 1000 m in 15 minutes
        (100, 36, 10_000),
        (0, 5, 0),
        (1e-9, 100, 1),  # above zero takes at least 1 ms
        (0.625, 900, 3),  # 2.5 rounds up, not to even
        (0.375, 900, 2),  # 1.5
        (0.125, 900, 1),  # 0.5
        (0.6249, 900, 2),
    ],
)
def test_length_over_speed_is_rounded_half_up(length_m: float, speed_kph: float, ms: int):
    result = travel_ms(length_m, speed_kph)
    assert result == ms
    assert result.dtype == np.int64


# Halves of metres over powers of two make exact decimal quotients, so that the oracle shares no rounding with the code.
@given(length=st.integers(0, 4_000_000), speed=st.sampled_from([1, 2, 4, 8, 16, 32, 64, 5, 10, 20, 40, 80]))
def test_as_decimal_arithmetic_has_it(length: int, speed: int):
    exact = Decimal(length) / 2 * 3600 / speed
    expected = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if length and not expected:
        expected = 1
    if expected <= MAX_EDGE_MS:
        assert travel_ms(length / 2, speed) == expected


@given(a=st.floats(0, 1e5), b=st.floats(0, 1e5), speed=st.floats(1, 150))
def test_longer_never_takes_less(a: float, b: float, speed: float):
    short, long = travel_ms(sorted([a, b]), speed)
    assert short <= long


@given(length=st.floats(0, 1e5), slow=st.floats(1, 75), factor=st.floats(1, 2))
def test_faster_never_takes_longer(length: float, slow: float, factor: float):
    assert travel_ms(length, slow * factor) <= travel_ms(length, slow)


def test_speeds_are_broadcast_and_nothing_is_an_answer_too():
    assert travel_ms([10, 20], 36).tolist() == [1000, 2000]
    assert travel_ms([10, 10], [36, 72]).tolist() == [1000, 500]
    assert travel_ms([], 36).tolist() == []


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf])
def test_impossible_lengths_are_refused(length: float):
    with pytest.raises(ValueError, match="length_m"):
        travel_ms([5.0, length], 5)


@pytest.mark.parametrize("speed", [0.0, -4.0, np.nan, np.inf])
def test_impossible_speeds_are_refused(speed: float):
    with pytest.raises(ValueError, match="speed_kph"):
        travel_ms(5, [4.0, speed])


def test_a_duration_the_engine_cannot_hold_is_refused():
    longest_m = MAX_EDGE_MS / 3600
    assert travel_ms(longest_m, 1) == MAX_EDGE_MS
    with pytest.raises(ValueError, match="not plausible"):
        travel_ms(longest_m + 1, 1)


@pytest.mark.parametrize(
    ("share", "edge_ms", "ms"), [(0.0, 999, 0), (1.0, 999, 999), (0.5, 3, 2), (0.5, 5, 3), (0.25, 10, 3), (0.2, 10, 2)]
)
def test_a_share_is_rounded_half_up(share: float, edge_ms: int, ms: int):
    assert share_ms(share, edge_ms) == ms


@given(share=st.floats(0, 1), other=st.floats(0, 1), edge_ms=st.integers(0, MAX_EDGE_MS))
def test_an_offset_lies_on_its_edge_and_grows_along_it(share: float, other: float, edge_ms: int):
    near, far = share_ms(sorted([share, other]), edge_ms)
    assert 0 <= near <= far <= edge_ms
