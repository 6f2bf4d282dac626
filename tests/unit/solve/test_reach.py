from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import coo_array
from siting import CUTOFF, worlds

from accessgis.measures.pairs import time_matrix
from accessgis.solve.cover import maximal_cover
from accessgis.solve.gains import whole
from accessgis.solve.reach import candidates, coverage, cut, in_order, limits
from accessgis.solve.result import Effort, Siting, sites


def test_coverage_takes_tables_and_sparse_arrays_alike():
    table = np.array([[1, 0, 1], [0, 0, 0]])
    one, two = coverage(table), coverage(coo_array(table))

    for made in (one, two):
        assert (made.origin_count, made.destination_count, made.cutoff_ms) == (2, 3, 0)
        assert made.start.tolist() == [0, 2, 2]
        assert made.destination.tolist() == [0, 2]
        assert made.ms.tolist() == [0, 0]


def test_a_cutoff_keeps_what_lies_within_it_inclusive():
    near = cut(time_matrix([[1, 5], [6, 9]], cutoff_ms=10), 5)

    assert near.start.tolist() == [0, 2, 2]
    assert near.ms.tolist() == [1, 5]
    with pytest.raises(ValueError, match="holds trips up to 5 ms"):
        cut(near, 6)


@pytest.mark.parametrize(
    ("values", "expected", "scale"),
    [([3.0, 4.0], [3, 4], 1), ([0.1, 0.25], [10, 25], 100), ([0.0], [0], 1), ([], [], 1)],
)
def test_amounts_become_whole_numbers(values, expected, scale):
    found, by = whole(np.array(values), 10.0)
    assert (found.tolist(), by) == (expected, scale)


def test_what_is_no_decimal_is_rounded_finely_and_nothing_above_zero_vanishes():
    found, by = whole(np.array([np.pi, 1e-30]), 10.0)
    assert abs(found[0] / by - np.pi) < 1e-12
    assert found[1] == 1


def test_a_budget_of_tenths_buys_what_it_says():
    # In floats 0.1 + 0.1 + 0.1 is above 0.3.
    cost, limit = limits(sites(3, cost=[0.1, 0.1, 0.1]), None, 0.3)
    assert cost.sum() == limit


def test_limits_are_one_of_two():
    given = sites(2)
    for count, budget in ((None, None), (1, 1.0)):
        with pytest.raises(ValueError, match="either the number of sites"):
            limits(given, count, budget)
    with pytest.raises(ValueError, match="count is not negative"):
        limits(given, -1, None)
    with pytest.raises(ValueError, match="budget is finite"):
        limits(given, None, np.inf)


def test_sites_are_checked():
    assert sites(3, fixed=[2]).fixed.tolist() == [False, False, True]
    assert sites(2, fixed=[True, False]).fixed.tolist() == [True, False]
    with pytest.raises(ValueError, match="does not exist"):
        sites(3, fixed=[3])
    with pytest.raises(ValueError, match="fixed has the shape"):
        sites(3, fixed=[True])
    with pytest.raises(ValueError, match="cost must be known"):
        sites(2, cost=[1, np.nan])


def test_amounts_and_effort_are_checked():
    reached = coverage([[1, 0], [0, 1]])
    with pytest.raises(ValueError, match="people must be known"):
        maximal_cover(reached, people=[1, -1], sites=sites(2), count=1)
    with pytest.raises(ValueError, match="there are 3 sites"):
        maximal_cover(reached, people=[1, 1], sites=sites(3), count=1)
    with pytest.raises(ValueError, match="gap is a share"):
        Effort(gap=1.0)
    with pytest.raises(ValueError, match="time_limit_s is above 0"):
        Effort(time_limit_s=0)


def test_ties_go_to_the_lowest_index():
    found = maximal_cover(coverage([[1, 1, 0], [1, 1, 0], [0, 0, 1]]), people=[1, 1, 2], sites=sites(3), count=1)
    assert found.chosen.tolist() == [0]


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 0)])
def test_no_places_or_sites_are_no_error(shape):
    found = maximal_cover(coverage(np.zeros(shape)), people=np.ones(shape[0]), sites=sites(shape[1]), count=1)

    assert (found.objective, found.bound, found.chosen.size) == (0, 0, 0)
    assert found.proven
    assert found.out_of_reach.tolist() == list(range(shape[0]))


def test_a_gap_is_a_share_of_the_objective():
    none = np.empty(0, np.int64)
    given = {"chosen": none, "adds": none, "base": 0, "stopped": False, "site": none, "out_of_reach": none}
    assert Siting(objective=100, bound=110, sense="max", **given).gap == pytest.approx(0.1)
    assert Siting(objective=100, bound=90, sense="min", **given).gap == pytest.approx(0.1)
    assert Siting(objective=0, bound=0, sense="max", **given).proven
    assert Siting(objective=0, bound=1, sense="max", **given).gap == np.inf


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_the_order_of_sites_and_what_they_give_is_that_of_a_slow_loop(world):
    unit = (CUTOFF + 1 - world.times.ms).astype(np.int64)
    limit = (np.ones(world.cost.size, np.int64), world.cost.size)
    gains, _ = candidates(world.times, unit, people=world.people, sites=world.sites, limit=limit)
    left, order, adds = list(range(gains.site_count)), [], []
    while left:
        gain = [gains.value([*order, j]) - gains.value(order) for j in left]
        best = int(np.argmax(gain))
        order.append(left.pop(best))
        adds.append(gain[best])
    found, more = in_order(gains, np.arange(gains.site_count)[::-1])
    assert (found.tolist(), more.tolist()) == (order, adds)
    assert gains.running(found).tolist() == [gains.value(found[:n]) for n in range(found.size + 1)]
