from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.report.numbers import (
    apportion,
    minutes,
    minutes_within,
    people,
    people_pair,
    percent,
    percent_against,
    persons,
    points,
    share_range,
    shortfall,
    target_percent,
    whole,
)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (0, "0人", "0"),
        (4_644, "4,644人", "4,644"),
        (9_999, "9,999人", "9,999"),
        (10_000, "1.00万人", "10,000"),
        (184_512, "18.45万人", "184,512"),
        (184_550, "18.46万人", "184,550"),
    ],
)
def test_people_are_counted_in_myriads_from_ten_thousand_up_in_chinese_alone(value, zh, en):
    assert people(value, "zh") == zh
    assert people(value, "en") == en


def test_one_person_is_no_people():
    assert persons(1, "en") == "1 person"
    assert persons(2, "en") == "2 people"


def test_a_pair_that_would_look_the_same_is_printed_to_the_last_person():
    assert people_pair(184_512, 188_288, "zh") == "18.45万人/18.83万人"
    assert people_pair(82_369, 82_374, "zh") == "82,369人/82,374人"
    assert people_pair(82_374, 82_374, "zh") == "8.24万人/8.24万人"


def test_shares_round_half_up_to_one_decimal():
    assert percent(0.98) == "98.0%"
    assert percent(0.85249999) == "85.2%"
    assert percent(0.8525) == "85.3%"
    assert share_range(0.9634, 0.98651) == "96.3–98.7%"


def test_a_share_just_under_its_target_does_not_print_as_the_target():
    assert percent_against(0.9496, 0.95) == "94.96%"
    assert percent_against(0.94, 0.95) == "94.0%"
    assert percent_against(0.95, 0.95) == "95.0%"
    assert percent_against(0.949999999, 0.95) == "94.9999%"


def test_a_share_that_only_an_addition_puts_under_its_target_prints_as_met():
    assert percent_against(0.95 - 1e-13, 0.95) == "95.0%"
    assert points(0.95 - 1e-13, 0.95, "zh") == "0.0个百分点"


def test_people_of_two_units_are_printed_to_the_last_person():
    assert people_pair(7_306, 11_911, "zh") == "7,306人/11,911人"


def test_a_share_that_is_not_all_or_nobody_never_prints_as_that():
    assert [percent(share) for share in (1.0, 1 - 1e-15, 0.9996, 0.9994)] == ["100.0%", "100.0%", ">99.9%", "99.9%"]
    assert [percent(share) for share in (0.0, 1e-15, 0.0004, 0.0005)] == ["0.0%", "0.0%", "<0.1%", "0.1%"]
    assert share_range(0.99, 0.9999) == "99.0–>99.9%"
    assert percent_against(0.9999, 0.95) == ">99.9%"
    assert points(0.9999, 0.95, "zh") == "4.9个百分点"


def test_minutes_within_are_rounded_up():
    assert [minutes_within(seconds) for seconds in (0.0, 60, 61, 143.8, 180)] == [1, 1, 2, 3, 3]


def test_points_are_the_difference_of_what_is_printed():
    # 85.26 % prints as 85.3 %, so the reader subtracts 9.7 from 95, not 9.74
    assert points(0.8526, 0.95, "zh") == "9.7个百分点"
    assert points(0.9496, 0.95, "zh") == "0.04个百分点"
    assert points(0.98, 0.95, "en") == "3.0 points"


def test_targets_print_without_needless_zeros():
    assert target_percent(0.95) == "95%"
    assert target_percent(0.625) == "62.5%"
    assert target_percent(1.0) == "100%"


def test_minutes_over_the_limit_never_print_as_the_limit():
    assert minutes(1_800, limit_s=1_800) == 30
    assert minutes(1_801, limit_s=1_800) == 31
    assert minutes(1_770, limit_s=1_800) == 30
    assert minutes(89.9) == 1
    assert minutes(90) == 2


def test_the_shortfall_is_rounded_up_and_at_least_one_person():
    assert shortfall(100, 85, 0.95) == 10
    assert shortfall(101, 95, 0.95) == 1
    assert shortfall(1_000_000, 950_000, 0.95) == 1


parts = st.lists(st.floats(0, 1e5, allow_nan=False), min_size=1, max_size=30)


@given(parts)
def test_apportioned_numbers_add_up_and_stay_within_one(values):
    total = whole(sum(values))
    shared = apportion(total, values)
    assert sum(shared) == total
    assert all(-1 < got - want < 1.001 for got, want in zip(shared, values, strict=True))


@given(st.lists(st.tuples(st.floats(0, 1e4, allow_nan=False), st.floats(0, 1)), min_size=1, max_size=30))
def test_covered_people_never_exceed_the_people_of_their_area(rows):
    people_of = [people for people, _ in rows]
    covered = [people * share for people, share in rows]
    heads = apportion(whole(sum(people_of)), people_of)
    reached = apportion(min(sum(heads), whole(sum(covered))), covered, room=heads)
    assert sum(reached) == min(sum(heads), whole(sum(covered)))
    assert all(0 <= got <= most for got, most in zip(reached, heads, strict=True))


def test_ties_go_to_the_lowest_index():
    assert apportion(2, [0.5, 0.5, 0.5, 0.5]) == [1, 1, 0, 0]
