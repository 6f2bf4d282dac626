"""Sums over counties: those of a slow loop, in any order of the counties."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from accessgis.batch.rows import COUNTY_ROWS, typed, with_sums

people = st.floats(0, 1e7, allow_subnormal=False)


def county(number: int, figures: list[tuple[float, float]]) -> pd.DataFrame:
    """Return the rows of one county: a rule per pair of people and share, and a village that must not be summed."""
    base = {
        column.name: {"text": "", "float": math.nan, "bool": True, "int": 1}[column.type]
        for column in COUNTY_ROWS.columns
    }
    rows = []
    for rule, (lived, share) in enumerate(figures):
        row = {
            "prefecture": f"14{number % 3}", "county": f"14{number:04d}", "level": "county", "rule": f"r{rule}",
            "group": "total", "profile": "walk", "people": lived, "covered": lived * share, "low": share / 2,
            "high": share,
        }  # fmt: skip
        rows += [base | row, base | row | {"level": "village"}]
    counted = {"county": f"14{number:04d}", "level": "county", "rule": "counted", "people": 3.0, "value": 2.0}
    return typed(pd.DataFrame([*rows, base | counted]))


@settings(max_examples=12)
@given(
    st.lists(st.lists(st.tuples(people, st.floats(0, 1)), min_size=1, max_size=3), min_size=1, max_size=5), st.randoms()
)
def test_sums_are_those_of_fractions_in_any_order(figures, order):
    parts = [county(number, pairs) for number, pairs in enumerate(figures)]
    sums = with_sums(parts)
    sums = sums[sums["county"] == ""].reset_index(drop=True)
    exact: dict[tuple[str, str], list[Fraction]] = defaultdict(lambda: [Fraction(), Fraction()])
    for number, pairs in enumerate(figures):
        for rule, (lived, share) in enumerate(pairs):
            for area in ("", "14", f"14{number % 3}"):
                exact[area, f"r{rule}"][0] += Fraction(lived)
                exact[area, f"r{rule}"][1] += Fraction(lived * share)

    found = {(row["area"], row["rule"]): [row["people"], row["covered"]] for row in sums.to_dict("records")}
    assert found == {key: [float(value) for value in values] for key, values in exact.items()}
    assert set(sums["level"][sums["area"] == ""]) == {"all"}
    assert (sums["share"].dropna() <= 1 + 1e-9).all()
    assert (sums["low"].dropna() <= sums["high"].dropna() + 1e-9).all()
    order.shuffle(parts)
    shuffled = with_sums(parts)
    pd.testing.assert_frame_equal(shuffled[shuffled["county"] == ""].reset_index(drop=True), sums, check_exact=True)


def test_no_county_gives_an_empty_table():
    assert list(with_sums([]).columns) == list(COUNTY_ROWS.names)
    assert len(with_sums([])) == 0
