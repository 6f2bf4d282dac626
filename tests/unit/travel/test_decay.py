from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.travel.decay import (
    along_curve,
    exponential,
    gaussian,
    gaussian_to_zero,
    in_steps,
    inverse_power,
    linear,
    logistic,
    scale_bits,
    within_cutoff,
    worth_of,
)


def test_a_cutoff_counts_every_trip_up_to_it_fully():
    decay = within_cutoff(10)

    assert decay.at(np.array([0, 9, 10, 11, np.inf])).tolist() == [1, 1, 1, 0, 0]
    assert decay.last_ms == 10
    assert within_cutoff(0).at(np.array([0, 1])).tolist() == [1, 0]


def test_steps_end_inclusively_and_need_not_fall():
    decay = in_steps([0, 10, 25], [1.0, 0.0, 0.5])

    assert decay.at(np.array([0, 1, 10, 11, 25, 26, np.inf])).tolist() == [1, 0, 0, 0.5, 0.5, 0, 0]
    assert decay.last_ms == 25


def test_a_curve_is_read_at_every_whole_millisecond():
    decay = along_curve(lambda ms: 1 - ms / 8, 4)

    assert decay.curve.tolist() == [1, 0.875, 0.75, 0.625, 0.5]
    assert decay.at(np.array([0, 3, 4, 5, np.inf])).tolist() == [1, 0.625, 0.5, 0, 0]
    assert decay.at(np.array([[4, 0]], np.int32)).tolist() == [[0.5, 1]]
    assert decay.last_ms == 4
    assert along_curve(np.ones_like, 0).at(np.array([0, 1])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("cutoff_ms", "weight"),
    [([], []), ([5], []), ([5, 6], [1.0]), ([-1], [1.0]), ([5, 5], [1.0, 1.0]), ([6, 5], [1.0, 1.0])],
)
def test_steps_must_ascend_with_one_weight_each(cutoff_ms, weight):
    with pytest.raises(ValueError, match="must ascend"):
        in_steps(cutoff_ms, weight)


@pytest.mark.parametrize("weight", [-0.1, 1.01, float("nan"), float("inf")])
def test_weights_lie_between_0_and_1(weight):
    with pytest.raises(ValueError, match="between 0 and 1"):
        in_steps([5, 6], [1.0, weight])
    with pytest.raises(ValueError, match="between 0 and 1"):
        along_curve(lambda ms: np.where(ms == 3, weight, 0.5), 5)


@pytest.mark.parametrize("curve", [lambda ms: ms[1:] * 0, lambda ms: 0.5, lambda ms: np.zeros((6, 1))])
def test_a_curve_gives_one_weight_for_each_time(curve):
    with pytest.raises(ValueError, match="one weight"):
        along_curve(curve, 5)


def test_a_negative_cutoff_is_refused():
    with pytest.raises(ValueError, match="negative"):
        along_curve(np.ones_like, -1)
    with pytest.raises(ValueError, match="must ascend"):
        within_cutoff(-1)


def test_what_a_decay_holds_cannot_be_written_to():
    for decay in (in_steps([1, 2], [1.0, 0.5]), along_curve(np.ones_like, 3)):
        for values in (decay.cutoff_ms, decay.weight, decay.curve):
            assert not values.flags.writeable


@given(st.lists(st.floats(0, 1e15) | st.sampled_from([1e-300, 1.0, 2.0**40]), max_size=60))
def test_scaled_amounts_all_together_fit_a_signed_word_and_are_as_fine_as_can_be(amounts):
    bits = scale_bits(np.array(amounts))
    whole = [round(int(a) * 2**bits + (a % 1) * 2**bits) for a in amounts]

    assert 0 <= bits <= 61
    assert sum(whole) + len(whole) < 2**62
    # two bits finer would leave no room for rounding each of them up
    assert (sum(amounts) + len(amounts) + 1) * 2 ** (bits + 2) > 2**61


def test_the_bits_of_a_few_amounts():
    assert scale_bits(np.array([])) == 61
    assert scale_bits(np.array([0.0])) == 60
    assert scale_bits(np.ones(3)) == 58  # 3 + 3 + 1 = 7 take three bits
    assert scale_bits(np.array([2.0**40, 5.0])) == 20
    assert scale_bits(np.array([2.0**61])) == 0


@pytest.mark.parametrize("amount", [-1.0, -1e-9, float("nan"), float("inf")])
def test_amounts_are_finite_and_not_negative(amount):
    with pytest.raises(ValueError, match="finite and not negative"):
        scale_bits(np.array([1.0, amount]))


def test_amounts_that_cannot_be_added_exactly_are_refused():
    with pytest.raises(ValueError, match="too large"):
        scale_bits(np.array([2.0**61, 2.0**61]))


def test_worth_says_how_much_more_each_step_adds():
    worth, bits = worth_of(np.array([1.0, 3.0]), in_steps([5, 9, 20], [1.0, 0.25, 0.5]))

    assert worth.cutoff.tolist() == [5, 9, 20]
    assert np.ldexp(worth.amount.astype(float), -bits).tolist() == [[0.75, -0.25, 0.5], [2.25, -0.75, 1.5]]
    # summed from the last step down it is the amount at the weight of the step
    assert np.ldexp(np.cumsum(worth.amount[:, ::-1], axis=1)[:, ::-1].astype(float), -bits).tolist() == [
        [1, 0.25, 0.5],
        [3, 0.75, 1.5],
    ]
    assert np.ldexp(worth.whole, -bits).tolist() == [1, 3]


NAMED = {
    "gaussian": (gaussian(1000, cutoff_ms=4000), lambda t: np.exp(-t * t / 2e6)),
    "gaussian_to_zero": (
        gaussian_to_zero(4000),
        lambda t: (np.exp(-((t / 4000) ** 2) / 2) - np.exp(-0.5)) / (1 - np.exp(-0.5)),
    ),
    "exponential": (exponential(1500, cutoff_ms=4000), lambda t: np.exp(-t / 1500)),
    "inverse_power": (inverse_power(2, from_ms=500, cutoff_ms=4000), lambda t: (500 / max(t, 500)) ** 2),
    "linear": (linear(4000), lambda t: 1 - t / 4000),
    "logistic": (
        logistic(2000, spread_ms=600, cutoff_ms=4000),
        lambda t: (1 + np.exp(-2000 * np.pi / 600 / 3**0.5)) / (1 + np.exp((t - 2000) * np.pi / 600 / 3**0.5)),
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_decays_follow_their_formula_from_1_down_to_the_cutoff(name):
    decay, formula = NAMED[name]
    times = [0, 1, 499, 500, 501, 1000, 2000, 3999, 4000]

    np.testing.assert_allclose(decay.at(np.array(times)), [formula(t) for t in times], rtol=1e-12, atol=1e-15)
    assert decay.at(np.array([0, 4001, np.inf])).tolist() == [1, 0, 0]
    assert (np.diff(decay.curve) <= 0).all()


def test_known_points_of_named_decays():
    assert gaussian(1000, cutoff_ms=1000).curve[-1] == pytest.approx(0.6065306597, abs=1e-10)
    assert gaussian_to_zero(1000).curve[-1] == 0
    assert exponential(1000, cutoff_ms=1000).curve[-1] == pytest.approx(1 / np.e)
    assert inverse_power(0, from_ms=1, cutoff_ms=9).curve.tolist() == [1] * 10
    assert linear(4).curve.tolist() == [1, 0.75, 0.5, 0.25, 0]
    assert np.isfinite(logistic(10_000, spread_ms=1, cutoff_ms=30_000).curve).all()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: gaussian(0, cutoff_ms=1),
        lambda: gaussian(float("nan"), cutoff_ms=1),
        lambda: gaussian_to_zero(0),
        lambda: exponential(-1, cutoff_ms=1),
        lambda: inverse_power(1, from_ms=0, cutoff_ms=1),
        lambda: linear(0),
        lambda: logistic(1, spread_ms=0, cutoff_ms=1),
    ],
)
def test_widths_of_named_decays_are_above_zero(ask):
    with pytest.raises(ValueError, match="must be more than 0"):
        ask()


def test_a_power_that_rises_is_no_decay():
    with pytest.raises(ValueError, match="between 0 and 1"):
        inverse_power(-1, from_ms=1, cutoff_ms=5)
