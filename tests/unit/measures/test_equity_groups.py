"""Equity between and within groups, worked by hand, and the table per area."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from accessgis.measures import equity
from accessgis.measures.coverage import Grouping, is_covered
from accessgis.measures.equity_groups import EQUITY, compare_groups, decompose, equity_by_area

TWO = Grouping(codes=("a", "b"), names=("A", "B"), index=np.array([0, 0, 1, 1]))
THREE = Grouping(codes=("a", "b", "c"), names=("A", "B", "C"), index=np.array([2, 0, 0, -1, 2, 0]))
ACCESS = np.array([3.0, 1.0, 2.0, 7.0, 5.0, 4.0])
PEOPLE = np.array([10.0, 20.0, 5.0, 2.0, 7.0, 0.5])
RANK = np.array([4.0, 2.0, 2.0, 9.0, 1.0, 3.0])
MS = np.array([500.0, 1500.0, np.inf, 900.0, 1200.0, 1000.0])


def test_equal_areas_leave_everything_within():
    parts = decompose([0, 2, 0, 2], [1, 1, 3, 3], TWO)

    assert parts.between == 0
    assert parts.within == pytest.approx(math.log(2), rel=1e-15)
    assert parts.within_parts.tolist() == pytest.approx([math.log(2) / 4, 3 * math.log(2) / 4, 0], rel=1e-15)


def test_areas_each_equal_in_themselves_leave_everything_between():
    # Means 1 and 3 around 2, half of the people each: shares of access 1/4 and 3/4.
    parts = decompose([1, 1, 3, 3], [2, 3, 1, 4], TWO)

    assert parts.within == 0
    assert parts.between_parts.tolist() == pytest.approx([math.log(0.5) / 4, 3 * math.log(1.5) / 4, 0], rel=1e-15)
    assert parts.total == pytest.approx(parts.between, rel=1e-14)


def test_mean_log_deviation_weighs_by_people_alone():
    parts = decompose([1, 1, 3, 3], [2, 3, 1, 4], TWO, measure="mean_log_deviation")

    assert parts.within == 0
    assert parts.between_parts.tolist() == pytest.approx([math.log(2) / 2, math.log(2 / 3) / 2, 0], rel=1e-14)


def test_people_outside_every_area_are_one_more():
    parts = decompose(ACCESS, PEOPLE, THREE)

    assert parts.codes == ("a", "b", "c", "")
    mean = np.average(ACCESS, weights=PEOPLE)
    share = 2 * 7 / (PEOPLE @ ACCESS)
    assert parts.between_parts[3] == pytest.approx(share * math.log(7 / mean), rel=1e-14)
    assert parts.within_parts[3] == parts.between_parts[1] == parts.within_parts[1] == 0


def test_an_area_without_access_is_infinitely_far_by_mean_log_deviation_and_nothing_by_theil():
    whole, log = (decompose([0, 0, 1, 1], [1, 1, 1, 1], TWO, measure=m) for m in ("theil", "mean_log_deviation"))

    assert (whole.between_parts[0], whole.within_parts[0]) == (0, 0)
    assert whole.total == pytest.approx(whole.between, rel=1e-15) == pytest.approx(math.log(2), rel=1e-15)
    assert (log.total, log.between, log.within, log.between_parts[0]) == (np.inf, np.inf, 0, np.inf)


@pytest.mark.parametrize("measure", ["theil", "mean_log_deviation"])
@pytest.mark.parametrize(("access", "people"), [([0, 0, 0, 0], [1, 2, 3, 4]), ([1, 2, 3, 4], [0, 0, 0, 0])])
def test_without_people_or_access_nothing_is_decomposed(measure, access, people):
    parts = decompose(access, people, TWO, measure=measure)

    assert np.isnan([parts.total, parts.between, parts.within, *parts.between_parts, *parts.within_parts]).all()


def test_groupings_and_measures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one index per entry: 3, not 4"):
        decompose([1, 2, 3], [1, 1, 1], TWO)
    for index in ([0, 0, 2, 1], [0, -2, 1, 1]):
        with pytest.raises(ValueError, match="index must lie between -1 and 1"):
            decompose([1, 2, 3, 4], [1, 1, 1, 1], Grouping(codes=("a", "b"), names=("", ""), index=np.array(index)))
    with pytest.raises(ValueError, match="measure must be 'theil' or 'mean_log_deviation', not 'gini'"):
        decompose([1, 2, 3, 4], [1, 1, 1, 1], TWO, measure="gini")


def test_two_groups_are_compared_by_their_means():
    found = compare_groups([1, 3, 6, 6], [1, 1, 2, 5], TWO, first="b", second="a")

    assert (found.first, found.second, found.ratio, found.difference) == (6, 2, 3, 4)


def test_covered_shares_differ_by_percentage_points():
    covered = is_covered(np.array([500.0, np.inf, 900.0, 901.0]), cutoff_ms=900)
    found = compare_groups(covered, [60, 40, 45, 55], TWO, first="a", second="b")

    assert (found.first, found.second) == pytest.approx((0.6, 0.45), rel=1e-15)
    assert found.ratio == pytest.approx(4 / 3, rel=1e-14)
    assert found.difference_points == pytest.approx(15, rel=1e-13)


def test_a_group_with_nothing_or_nobody():
    nothing = compare_groups([0, 0, 1, 1], [1, 1, 1, 1], TWO, first="b", second="a")
    nobody = compare_groups([1, 1, 1, 1], [0, 0, 1, 1], TWO, first="b", second="a")
    neither = compare_groups([0, 0, 0, 0], [1, 1, 1, 1], TWO, first="b", second="a")

    assert (nothing.ratio, nothing.difference) == (math.inf, 1)
    assert np.isnan([nobody.second, nobody.ratio, nobody.difference]).all()
    assert math.isnan(neither.ratio)
    with pytest.raises(ValueError, match="the grouping has no code 'c'"):
        compare_groups([0, 0, 1, 1], [1, 1, 1, 1], TWO, first="b", second="c")


def test_every_row_of_the_table_is_the_measure_of_its_people():
    table = equity_by_area(ACCESS, PEOPLE, THREE, rank_by=RANK, ms=MS, limit_ms=900, worst_share=0.2)

    assert table["part"].tolist() == ["all", "area", "area", "area", "outside"]
    assert table["code"].tolist() == ["", "a", "b", "c", ""]
    assert table["name"].tolist() == ["", "A", "B", "C", ""]
    everyone = np.ones(6, dtype=bool)
    for row, here in enumerate([everyone, THREE.index == 0, THREE.index == 1, THREE.index == 2, THREE.index == -1]):
        access, people, rank, ms = ACCESS[here], PEOPLE[here], RANK[here], MS[here]
        expected = {
            "people": people.sum(),
            "mean_access": np.average(access, weights=people) if people.size else np.nan,
            "gini": equity.gini(access, people),
            "palma": equity.palma(access, people),
            "worst_off_ratio": equity.worst_off_ratio(access, people, share=0.2),
            "concentration": equity.concentration_index(access, people, rank),
            "theil": equity.theil(access, people),
            "mean_log_deviation": equity.mean_log_deviation(access, people),
            "uncovered_share": equity.fgt(ms, people, limit_ms=900, alpha=0),
            "depth": equity.fgt(ms, people, limit_ms=900, alpha=1),
            "severity": equity.fgt(ms, people, limit_ms=900, alpha=2),
            "worst_off_time_ratio": equity.worst_off_ratio(ms, people, share=0.2, worst="most"),
        }
        found = {name: table[name][row] for name in expected}
        assert found == pytest.approx(expected, rel=1e-13, abs=1e-15, nan_ok=True)
    assert table["mean_ratio"].tolist() == pytest.approx(
        (table["mean_access"] / table["mean_access"][0]).tolist(), nan_ok=True
    )


def test_parts_add_up_to_the_first_row():
    table = equity_by_area(ACCESS, PEOPLE, THREE, ms=MS, limit_ms=900)

    for name in ("theil_between", "theil_within", "mean_log_deviation_between", "mean_log_deviation_within"):
        assert table[name][1:].sum() == pytest.approx(table[name][0], rel=1e-13)
    for name in ("theil", "mean_log_deviation"):
        assert table[f"{name}_between"][0] + table[f"{name}_within"][0] == pytest.approx(table[name][0], rel=1e-13)
    for whole, part in (("uncovered_share", "uncovered_part"), ("depth", "depth_part"), ("severity", "severity_part")):
        assert table[part][1:].sum() == pytest.approx(table[whole][0], rel=1e-13)
        assert table[part][0] == pytest.approx(table[whole][0], rel=1e-13)
        assert table[part][2] == 0


def test_the_table_has_its_documented_columns_with_and_without_options():
    bare = equity_by_area(ACCESS[:4], PEOPLE[:4], TWO)

    EQUITY.require(bare)
    assert bare["part"].tolist() == ["all", "area", "area"]
    assert bare.loc[:, "uncovered_share":].isna().all(axis=None)
    assert bare["concentration"].isna().all()
    assert bare.loc[:, "people":"worst_off_ratio"].notna().all(axis=None)


def test_a_table_of_nobody_holds_no_figure():
    table = equity_by_area([1, 2, 3, 4], [0, 0, 0, 0], TWO, rank_by=[1, 2, 3, 4], ms=[1, 2, 3, 4], limit_ms=2)

    assert table["people"].tolist() == [0, 0, 0]
    assert table.loc[:, "mean_access":].isna().all(axis=None)


def test_an_area_does_not_change_with_its_neighbours():
    alone = equity_by_area(
        ACCESS[THREE.index == 2], PEOPLE[THREE.index == 2], Grouping(codes=("c",), names=("C",), index=np.array([0, 0]))
    )
    beside = equity_by_area(ACCESS, PEOPLE, THREE)

    own = ["people", "mean_access", "gini", "palma", "worst_off_ratio", "theil", "mean_log_deviation"]
    pd.testing.assert_series_equal(alone.loc[1, own], beside.loc[3, own], check_names=False, rtol=1e-13)


def test_cuts_are_as_sharp_in_the_last_of_many_areas_as_in_the_first():
    areas = 5000
    codes = tuple(str(number) for number in range(areas))
    grouping = Grouping(codes=codes, names=codes, index=np.repeat(np.arange(areas), 10))
    table = equity_by_area(np.tile([0.0] * 4 + [1.0] * 6, areas), np.full(10 * areas, 0.1), grouping)

    assert (table["palma"][1:] == np.inf).all()
    assert (table["gini"][1:] == table["gini"][1]).all()


def test_times_and_limit_come_together():
    for options in ({"ms": [1, 2, 3, 4]}, {"limit_ms": 3}):
        with pytest.raises(ValueError, match="ms and limit_ms must be given together"):
            equity_by_area([1, 2, 3, 4], [1, 1, 1, 1], TWO, **options)
    with pytest.raises(ValueError, match="limit_ms must be above 0 and finite"):
        equity_by_area([1, 2, 3, 4], [1, 1, 1, 1], TWO, ms=[1, 2, 3, 4], limit_ms=0)
    with pytest.raises(ValueError, match="share must lie above 0"):
        equity_by_area([1, 2, 3, 4], [1, 1, 1, 1], TWO, worst_share=0)
