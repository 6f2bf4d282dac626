"""Earlier results on later units: people are summed, never shares averaged, and what cannot be summed stays open."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest

from accessgis.decide.comparison import COMPARISON, compare_results
from accessgis.decide.crosswalk import changed_units, changes_between, restated
from accessgis.sources.crosswalk import CROSSWALK

OLD, NEW = dt.date(2023, 12, 31), dt.date(2025, 12, 31)


def crosswalk(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(CROSSWALK.names))
    return frame.astype(dict.fromkeys(CROSSWALK.names[:3], "str"))


def circle(area: str, people: float, covered: float, *, low: float, high: float, verdict: str = "meets") -> dict:
    return {
        "rule": "own/r", "level": "township", "area": area, "area_name": f"镇{area}", "group": "total",
        "profile": "walk", "headline": True, "people": float(people), "covered": float(covered),
        "covered_share": covered / people, "range_low": low, "range_high": high, "value": math.nan, "unit": "",
        "verdict": verdict, "state": "",
    }  # fmt: skip


def counted(area: str, value: float, unit: str, *, people: float = math.nan, state: str = "") -> dict:
    row = circle(area, 1, 1, low=math.nan, high=math.nan)
    return row | {
        "rule": f"own/{unit}", "profile": "", "people": people, "covered": math.nan, "covered_share": math.nan,
        "value": value, "unit": unit, "state": state,
    }  # fmt: skip


def only(frame: pd.DataFrame, area: str) -> pd.Series:
    return frame[frame["area"] == area].squeeze(axis=0)


def test_changes_follow_one_another_and_those_that_the_earlier_data_know_are_left_out():
    table = crosswalk(
        ("A", "B", "2023-12-31", 1.0),  # of the day of the earlier data
        ("C", "D", "2024-01-01", 0.25),
        ("C", "E", "2024-01-01", 0.75),
        ("D", "F", "2025-12-31", 0.5),
        ("D", "D", "2025-12-31", 0.5),
        ("G", "H", "2026-01-01", 1.0),  # after the later data
    )
    assert changes_between(table, OLD, NEW) == {
        "C": {"F": 0.125, "D": 0.125, "E": 0.75},
        "D": {"F": 0.5, "D": 0.5},
    }


def test_a_unit_with_another_code_keeps_all_it_had():
    rows = pd.DataFrame([circle("1", 300, 100, low=0.2, high=0.5), counted("1", 4.5, "beds per 1000", people=300)])
    found = restated(rows, {"1": {"2": 1.0}})
    expected = rows.assign(area="2", restated="1")
    pd.testing.assert_frame_equal(found, expected.astype({"restated": "str", "area": "str"}), check_dtype=False)


def test_two_units_put_together_are_sums_of_people_and_no_averages_of_shares():
    rows = pd.DataFrame([circle("1", 900, 90, low=0.0, high=0.2), circle("2", 100, 90, low=0.8, high=1.0)])
    row = only(restated(rows, {"2": {"1": 1.0}}), "1")
    assert (row["people"], row["covered"], row["covered_share"]) == (1000.0, 180.0, 0.18), "the average would be 0.5"
    assert (row["range_low"], row["range_high"]) == (80 / 1000, 280 / 1000)
    assert (row["verdict"], row["restated"], row["area_name"]) == ("", "1;2", "镇1")


def test_a_divided_unit_gives_its_people_by_their_shares_and_nobody_is_lost():
    rows = pd.DataFrame([circle("1", 800, 400, low=0.5, high=0.5), circle("2", 200, 0, low=0.0, high=0.0)])
    found = restated(rows, {"1": {"1": 0.75, "2": 0.25}})
    assert found.set_index("area")["people"].to_dict() == {"1": 600.0, "2": 400.0}
    assert found.set_index("area")["covered_share"].to_dict() == {"1": 0.5, "2": 0.25}
    assert found["people"].sum() == rows["people"].sum()


@pytest.mark.parametrize(
    ("unit", "one", "other", "whole", "part"),
    [
        ("facilities", {"value": 2.0}, {"value": 3.0}, 5.0, math.nan),
        ("beds per 1000", {"value": 4.0, "people": 3000.0}, {"value": 8.0, "people": 1000.0}, 5.0, math.nan),
        ("share of units", {"value": 0.5, "state": "1/2"}, {"value": 1.0, "state": "6/6"}, 7 / 8, math.nan),
        ("share", {"value": 0.5}, {"value": 1.0}, math.nan, math.nan),
        ("index", {"value": 0.5}, {"value": 1.0}, math.nan, math.nan),
    ],
)
def test_figures_of_rules_that_count_are_made_of_whole_units_or_left_open(unit, one, other, whole, part):
    rows = pd.DataFrame([counted("1", unit=unit, **one), counted("2", unit=unit, **other)])
    assert only(restated(rows, {"2": {"1": 1.0}}), "1")["value"] == pytest.approx(whole, nan_ok=True, abs=0)
    split = only(restated(rows, {"2": {"1": 0.5, "3": 0.5}}), "1")
    assert split["value"] == pytest.approx(part, nan_ok=True)


def test_without_a_crosswalk_changed_units_are_neither_lost_nor_gained():
    was = pd.DataFrame(
        [circle("1", 900, 90, low=0, high=1), circle("2", 100, 90, low=0, high=1), circle("3", 50, 5, low=0, high=1)]
    )
    now = pd.DataFrame([circle("1", 1000, 200, low=0, high=1), circle("3", 60, 6, low=0, high=1)])
    table = compare_results(was, now)
    COMPARISON.require(table)
    assert table.set_index("area")["units"].to_dict() == {"1": "changed", "3": "same", "2": "changed"}
    known = compare_results(was, now, changes={"2": {"1": 1.0}})
    assert known.set_index("area")["units"].to_dict() == {"1": "restated", "3": "same"}
    assert only(known, "1")[["before", "after"]].tolist() == [180.0, 200.0]


def test_a_unit_that_gave_to_a_new_one_cannot_be_compared_either():
    was = pd.DataFrame([circle("1", 900, 90, low=0, high=1), circle("3", 500, 5, low=0, high=1)])
    now = pd.DataFrame(
        [circle("1", 600, 90, low=0, high=1), circle("2", 300, 3, low=0, high=1), circle("3", 505, 5, low=0, high=1)]
    )
    assert changed_units(was, now) == {("township", "1"), ("township", "2")}
