"""Contributions that sum to the change: worked by hand, by all orders, and as they are printed."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from accessgis.decide.shapley import shapley
from accessgis.report.monitor_drivers import printed_parts

INPUTS = ("supply", "roads", "people", "standard")


def subsets(names: tuple[str, ...]) -> list[frozenset[str]]:
    return [frozenset(part) for size in range(len(names) + 1) for part in itertools.combinations(names, size)]


def test_two_inputs_worked_by_hand():
    # alone clinics add 0.25 and roads 0.125; together they add 0.5
    known = {"": 0.25, "supply": 0.5, "roads": 0.375, "supply roads": 0.75}
    values = {frozenset(names.split()): value for names, value in known.items()}
    # supply: (0.25 + 0.375) / 2, roads: (0.125 + 0.25) / 2
    assert shapley(values, ("supply", "roads")) == {"supply": Fraction(5, 16), "roads": Fraction(3, 16)}


def test_contributions_are_the_mean_over_all_orders_and_sum_exactly():
    draw = np.random.default_rng(4)
    for _ in range(20):
        values = {subset: float(value) for subset, value in zip(subsets(INPUTS), draw.random(16), strict=True)}
        found = shapley(values, INPUTS)
        assert sum(found.values()) == Fraction(values[frozenset(INPUTS)]) - Fraction(values[frozenset()])
        for name in INPUTS:
            gains = []
            for order in itertools.permutations(INPUTS):
                before = frozenset(order[: order.index(name)])
                gains.append(Fraction(values[before | {name}]) - Fraction(values[before]))
            assert found[name] == sum(gains) / math.factorial(4)


def test_an_input_that_changes_nothing_contributes_nothing():
    draw = np.random.default_rng(5)
    some = {subset: float(value) for subset, value in zip(subsets(INPUTS[:3]), draw.random(8), strict=True)}
    values = {subset: some[subset - {"standard"}] for subset in subsets(INPUTS)}
    assert shapley(values, INPUTS)["standard"] == 0


@pytest.mark.parametrize(
    ("whole", "parts", "printed"),
    [
        ("1.0", [0.34, 0.33, 0.33, 0.0], ["0.4", "0.3", "0.3", "0.0"]),
        ("9.5", [0.0, 0.0, 9.5695, 0.0], ["0.0", "0.0", "9.5", "0.0"]),
        ("-0.2", [-0.15, -0.05, 0.0, 0.0], ["-0.1", "-0.1", "0.0", "0.0"]),
        ("0.3", [0.25, 0.2, 0.0, 0.0], ["0.2", "0.1", "0.0", "0.0"]),
        ("0.1", [1.26, -1.16, 0.0, 0.0], ["1.3", "-1.2", "0.0", "0.0"]),
    ],
)
def test_parts_as_printed_add_up_to_the_change_as_printed(whole, parts, printed):
    total, found = printed_parts(Decimal(whole), parts, step=Decimal("0.1"))
    assert [str(value) for value in found] == printed
    assert sum(found) == total == Decimal(whole)
