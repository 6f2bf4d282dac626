"""Measures of equity over all people, worked by hand, and what they are at the edges."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import accessgis.measures
from accessgis.measures.equity import (
    concentration_index,
    fgt,
    gini,
    lorenz,
    mean_log_deviation,
    palma,
    theil,
    worst_off_ratio,
)

LIMIT_MS = 900_000
OF_ACCESS = {
    "gini": gini,
    "theil": theil,
    "mean_log_deviation": mean_log_deviation,
    "palma": palma,
    "worst_off_ratio": worst_off_ratio,
    "concentration_index": lambda access, people: concentration_index(access, people, list(range(len(people)))),
}
EQUAL = {
    "gini": 0.0,
    "theil": 0.0,
    "mean_log_deviation": 0.0,
    "palma": 0.25,
    "worst_off_ratio": 1.0,
    "concentration_index": 0.0,
}


@pytest.fixture(params=sorted(OF_ACCESS))
def measure(request):
    return request.param


def test_gini_of_a_small_village():
    # Ten people have 0, five 2, five 6; mean 2. Mean absolute difference: 2(1/2·1/4·2 + 1/2·1/4·6 + 1/4·1/4·4) = 2.5.
    assert gini([6, 0, 2], [5, 10, 5]) == 2.5 / (2 * 2)


def test_the_upper_bound_of_gini_is_reached_when_the_smallest_entry_holds_everything():
    assert gini([0, 7, 0], [60, 5, 35]) == pytest.approx(1 - 5 / 100, rel=1e-15)


def test_lorenz_has_one_point_for_each_amount():
    curve = lorenz([6, 0, 2, 2], [5, 10, 3, 2])

    assert curve.people_share.tolist() == [0.0, 0.5, 0.75, 1.0]
    assert curve.access_share.tolist() == [0.0, 0.0, 0.25, 1.0]


def test_lorenz_of_nobody_is_its_first_point_and_without_access_it_is_not_defined():
    assert [shares.tolist() for shares in lorenz([3], [0])] == [[0.0], [0.0]]
    people_share, access_share = lorenz([0, 0], [1, 2])
    assert people_share.tolist() == [0.0, 1.0]
    assert access_share[0] == 0
    assert math.isnan(access_share[1])


def test_theil_when_half_have_everything_is_the_logarithm_of_two():
    assert theil([0, 8], [30, 30]) == pytest.approx(math.log(2), rel=1e-15)


def test_the_upper_bound_of_theil_is_reached_when_the_smallest_entry_holds_everything():
    assert theil([0, 7, 0], [60, 5, 35]) == pytest.approx(math.log(20), rel=1e-15)


def test_mean_log_deviation_of_one_and_four():
    assert mean_log_deviation([1, 4], [10, 10]) == pytest.approx(math.log(2.5) - math.log(4) / 2, rel=1e-14)


def test_mean_log_deviation_is_infinite_as_soon_as_one_has_nothing():
    assert mean_log_deviation([0, 4], [1, 99]) == math.inf


def test_palma_cuts_people_in_two():
    # Of ten people three have 1, six 2, one 9.5, but in entries of 3, 5 and 2: the top tenth is half of the last entry,
    # the bottom four tenths are the first entry and a fifth of the second.
    assert palma([1, 2, 8], [3, 5, 2]) == pytest.approx(1 * 8 / (3 * 1 + 1 * 2), rel=1e-14)


@pytest.mark.parametrize("tenths", [1, 1.5, 2, 2.5, 3.5])
@pytest.mark.parametrize("people", [0.1, 0.7, 1 / 3])
def test_palma_is_infinite_when_exactly_four_tenths_have_nothing(tenths, people):
    poor, others = int(4 * tenths), int(6 * tenths)
    assert palma([0] * poor + [1] * others, [people] * (poor + others)) == math.inf


def test_worst_off_ratio_cuts_people_in_two():
    # The worst quarter of eight people are two: one with 0 and half of the two with 3. Mean 1.5, over all 3.
    assert worst_off_ratio([3, 0, 3.6], [2, 1, 5], share=0.25) == pytest.approx(1.5 / 3, rel=1e-14)


def test_worst_off_by_time_are_the_slowest():
    # The slowest quarter of eight people: one at 30 and one of three at 10. Mean 20, over all (30 + 30 + 4·5) / 8 = 10.
    assert worst_off_ratio([5, 10, 30], [4, 3, 1], share=0.25, worst="most") == pytest.approx(2.0, rel=1e-14)


@pytest.mark.parametrize(("never", "ratio"), [(2, 10.0), (10, 10.0), (25, 4.0), (100, 1.0)])
def test_with_unreachable_people_the_ratio_of_times_is_its_limit(never, ratio):
    people = [100 - never, never]
    assert worst_off_ratio([60_000, np.inf], people, worst="most") == pytest.approx(ratio, rel=1e-15)
    assert worst_off_ratio([60_000, 1e18], people, worst="most") == pytest.approx(ratio, rel=1e-9)


def test_the_sign_of_concentration_says_whom_access_favours():
    income = [100, 200, 300]
    assert concentration_index([1, 2, 3], [10, 10, 10], income) > 0
    assert concentration_index([3, 2, 1], [10, 10, 10], income) < 0


def test_concentration_of_a_small_county():
    # Ranks of the middles: 0.25 for the poorer half, 0.625 and 0.875. (2/2)·(½(1−2)(−¼) + ¼(2−2)⅛ + ¼(4−2)⅜) = 5/16.
    assert concentration_index([1, 4, 2], [2, 1, 1], [10, 30, 20]) == pytest.approx(5 / 16, rel=1e-15)


def test_people_level_in_rank_share_the_mean_rank():
    assert concentration_index([1, 3, 8], [1, 1, 2], [5, 5, 9]) == concentration_index([3, 1, 8], [1, 1, 2], [5, 5, 9])
    assert concentration_index([1, 3], [4, 6], [7, 7]) == pytest.approx(0, abs=1e-16)


def test_concentration_may_rank_by_anything_but_nan():
    assert concentration_index([1, 3], [1, 1], [-np.inf, np.inf]) == 0.25
    with pytest.raises(ValueError, match="rank_by must not hold NaN"):
        concentration_index([1, 3], [1, 1], [0, np.nan])
    with pytest.raises(ValueError, match="rank_by and people must have the same length"):
        concentration_index([1, 3], [1, 1], [0])


@pytest.mark.parametrize(("alpha", "index"), [(0, 0.5), (1, 0.3 * 0.5 + 0.2), (2, 0.3 * 0.25 + 0.2)])
def test_fgt_counts_heads_depth_and_severity(alpha, index):
    ms, people = [LIMIT_MS, 1.5 * LIMIT_MS, np.inf], [50, 30, 20]
    assert fgt(ms, people, limit_ms=LIMIT_MS, alpha=alpha) == pytest.approx(index, rel=1e-15)


def test_the_gap_is_capped_at_twice_the_limit():
    for ms in (2 * LIMIT_MS, 40 * LIMIT_MS, np.inf):
        assert fgt([ms], [3], limit_ms=LIMIT_MS, alpha=1) == 1
    assert fgt([2 * LIMIT_MS - 1], [3], limit_ms=LIMIT_MS, alpha=1) < 1


def test_the_limit_is_inclusive():
    assert fgt([LIMIT_MS], [1], limit_ms=LIMIT_MS, alpha=0) == 0
    assert fgt([LIMIT_MS + 1], [1], limit_ms=LIMIT_MS, alpha=0) == 1


def test_nobody_has_no_figure(measure):
    assert math.isnan(OF_ACCESS[measure]([], []))
    assert math.isnan(OF_ACCESS[measure]([1, 2], [0, 0]))
    assert math.isnan(fgt([1], [0], limit_ms=LIMIT_MS, alpha=0))
    assert math.isnan(worst_off_ratio([np.inf], [0], worst="most"))


def test_without_any_access_there_is_no_figure(measure):
    assert math.isnan(OF_ACCESS[measure]([0, 0], [5, 7]))


def test_a_single_person_is_equal(measure):
    assert OF_ACCESS[measure]([4.2], [1]) == pytest.approx(EQUAL[measure], abs=1e-15)


def test_all_with_the_same_are_equal(measure):
    assert OF_ACCESS[measure]([0.1] * 7, [0.3, 1, 2, 0.7, 11, 5, 3]) == pytest.approx(EQUAL[measure], abs=1e-15)


@pytest.mark.parametrize(
    ("access", "people", "says"),
    [
        ([-1, 2], [1, 1], "access must be 0 or more, without NaN"),
        ([np.nan, 2], [1, 1], "access must be 0 or more, without NaN"),
        ([1, 2], [1, -1], "people must be 0 or more, without NaN"),
        ([1, 2], [1, np.nan], "people must be 0 or more, without NaN"),
        ([1, 2], [1, np.inf], "people must be finite"),
        ([1, 2], [1], "access and people must have the same length, not 2 and 1"),
        ([[1, 2]], [1, 1], "access must be a flat array"),
        ([1, np.inf], [1, 1], "for times with unreachable people use fgt, or measure access"),
    ],
)
def test_wrong_numbers_are_refused(measure, access, people, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        OF_ACCESS[measure](access, people)


def test_an_unreachable_place_without_people_is_no_obstacle(measure):
    assert OF_ACCESS[measure]([4, np.inf], [1, 0]) == pytest.approx(EQUAL[measure], abs=1e-15)


@pytest.mark.parametrize("limit_ms", [0, -1, np.inf, np.nan])
def test_a_limit_is_positive_and_finite(limit_ms):
    with pytest.raises(ValueError, match="limit_ms must be above 0 and finite"):
        fgt([1], [1], limit_ms=limit_ms, alpha=0)


@pytest.mark.parametrize("alpha", [-0.5, np.nan, np.inf])
def test_alpha_is_a_number_of_0_or_more(alpha):
    with pytest.raises(ValueError, match="alpha must be a number of 0 or more"):
        fgt([1], [1], limit_ms=1, alpha=alpha)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, np.nan])
def test_a_worst_off_share_lies_between_0_and_1(share):
    with pytest.raises(ValueError, match="share must lie above 0"):
        worst_off_ratio([1], [1], share=share)


def test_worst_is_least_or_most():
    with pytest.raises(ValueError, match="worst must be 'least' or 'most', not 'slow'"):
        worst_off_ratio([1], [1], worst="slow")


def test_arguments_are_left_as_they_are():
    access, people = np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.0, 2.0])
    for each in OF_ACCESS.values():
        each(access, people)
    assert (access.tolist(), people.tolist()) == ([3.0, 1.0, 2.0], [1.0, 0.0, 2.0])


def test_every_measure_is_a_name_of_the_package():
    for name in accessgis.measures._NAMES:
        assert getattr(accessgis.measures, name) is not None
    assert accessgis.measures.gini is gini
    with pytest.raises(AttributeError, match="no attribute 'ginni'"):
        accessgis.measures.ginni  # noqa: B018 the access is the test
