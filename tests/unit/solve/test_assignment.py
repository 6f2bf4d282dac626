from __future__ import annotations

import numpy as np
import pytest

from accessgis.measures.pairs import time_matrix
from accessgis.solve import assignment
from accessgis.solve.assignment import assign

INF = np.inf


def solved(table, people, places):
    return assign(time_matrix(table, cutoff_ms=100), people=people, places=places)


def test_without_limits_everybody_goes_to_the_nearest_and_nothing_is_solved(monkeypatch):
    monkeypatch.setattr(assignment, "linprog", None)
    found = solved([[1, 2], [5, 3], [101, INF]], [10, 4, 7], [10, 4])

    assert found.flow.tolist() == [10, 0, 0, 4]
    assert found.load.tolist() == [10, 4]
    assert found.out_of_reach.tolist() == [0, 0, 7]
    assert (found.overflow, found.total_ms) == (0, 22)


def test_equally_near_facilities_are_used_evenly():
    assert solved([[7, 7, 9]], [10], [20, 20, 20]).load.tolist() == [5, 5, 0]


def test_the_one_with_a_way_out_makes_room():
    # Place 0 would rather go to facility 0 too, but place 1 has no other.
    found = solved([[1, 50], [20, INF]], [10, 10], [10, 10])

    np.testing.assert_allclose(found.flow, [0, 10, 10], atol=1e-9)
    assert found.total_ms == pytest.approx(10 * 50 + 10 * 20)


def test_too_few_places_serve_those_who_are_near_and_the_rest_is_full():
    found = solved([[1], [2], [INF]], [10, 10, 3], [15])

    np.testing.assert_allclose(found.served, [10, 5, 0], atol=1e-9)
    np.testing.assert_allclose(found.full, [0, 5, 0], atol=1e-9)
    assert found.out_of_reach.tolist() == [0, 0, 3]
    assert found.overflow == pytest.approx(5)


def test_places_that_are_alike_are_treated_alike_by_their_people():
    found = solved([[5], [5]], [30, 10], [20])

    np.testing.assert_allclose(found.served, [15, 5], atol=1e-9)


def test_a_closed_facility_is_out_of_reach_and_a_place_without_people_takes_nothing():
    found = solved([[1, INF], [1, 3]], [5, 0], [0, 2])

    assert found.out_of_reach.tolist() == [5, 0]
    assert found.load.tolist() == [0, 0]
    assert found.free.tolist() == [0, 2]


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 0)])
def test_no_places_or_facilities_are_no_error(shape):
    found = solved(np.empty(shape), np.ones(shape[0]), np.ones(shape[1]))

    assert found.out_of_reach.tolist() == [1] * shape[0]
    assert found.free.tolist() == [1] * shape[1]


@pytest.mark.parametrize("bad", [np.nan, -1.0, INF])
def test_unknown_amounts_are_refused(bad):
    with pytest.raises(ValueError, match="people must be known"):
        solved([[1, 1]], [bad], [1, 1])
    with pytest.raises(ValueError, match="places must be known"):
        solved([[1, 1]], [1], [1, bad])
    with pytest.raises(ValueError, match="people has the shape"):
        solved([[1, 1]], [1, 1], [1, 1])


def test_an_answer_that_is_not_proven_is_none(monkeypatch):
    true = assignment._prices

    def wrong(*given):
        value, price = true(*given)
        return value + 1, price

    monkeypatch.setattr(assignment, "_prices", wrong)
    with pytest.raises(RuntimeError, match="not those of an optimum"):
        solved([[1], [2]], [10, 10], [15])
