"""Laws of the equal-access index on any degrees of attainment and any weights."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from index_rows import circle, frame, record, weights

from accessgis.assess.index import equal_access

FIELDS = ("health", "education", "elderly", "other")
SHARES = st.sampled_from([0.0, 0.1, 1 / 3, 0.7, 0.999999, 1.0]) | st.floats(0, 1)
WEIGHTS = st.fixed_dictionaries(dict.fromkeys(FIELDS, st.floats(0.01, 100)))
CASES = st.lists(st.tuples(SHARES, st.sampled_from(FIELDS), st.booleans(), st.floats(0.01, 100)), max_size=9)
ROUNDS = settings(max_examples=40)


def index_of(cases, field_weights):
    """Return the line of the one area (None without any) and the lines of the rules."""
    rules = [record(str(i), category=field) for i, (_, field, _, _) in enumerate(cases)]
    rows = [
        circle(str(i), share, range_low=share / 2, range_high=min(1.0, share * 1.5))
        | ({} if judged else {"verdict": "not_judged"})
        for i, (share, _, judged, _) in enumerate(cases)
    ]
    own = {str(i): weight for i, (*_, weight) in enumerate(cases)}
    made = equal_access(frame(*rows), rules, weights=weights(own, **field_weights))
    return None if made.areas.empty else made.areas.to_dict("records")[0], made.rules


LOPSIDED = [(1.0, "health", True, 1.5), (1.0, "health", True, 1.390625), (1.0, "education", True, 1.0),
            (1.0, "other", True, 1.0)]  # fmt: skip


@given(CASES, WEIGHTS)
@example(LOPSIDED, {"health": 0.125, "education": 0.01, "elderly": 1.0, "other": 0.01})
def test_contributions_add_up_to_the_index_and_with_what_is_lost_to_one(cases, given_weights):
    line, rules = index_of(cases, given_weights)
    if line is None:
        assert not any(judged for *_, judged, _ in cases)
        return
    assert math.fsum(rules["contribution"]) == line["attained"]
    assert math.fsum(rules["weight"]) == 1.0
    assert math.fsum([*rules["contribution"], *rules["lost"]]) == pytest.approx(1.0, abs=1e-15)
    assert 0 <= line["attained_low"] <= line["attained"] <= line["attained_high"] <= 1
    counts = [line[f"rules_{status}"] for status in ("judged", "not_judged", "nobody_concerned", "other_level")]
    assert sum(counts) == len(cases)


@ROUNDS
@given(CASES.filter(bool), WEIGHTS, st.data())
def test_raising_one_attainment_never_lowers_the_index(cases, given_weights, data):
    which = data.draw(st.integers(0, len(cases) - 1))
    better = data.draw(st.floats(cases[which][0], 1))
    before, _ = index_of(cases, given_weights)
    after, _ = index_of([*cases[:which], (better, *cases[which][1:]), *cases[which + 1 :]], given_weights)
    if before is not None:
        assert after["attained"] >= before["attained"]
        assert after["attained_low"] >= before["attained_low"]
        assert after["attained_high"] >= before["attained_high"]


@ROUNDS
@given(CASES, WEIGHTS)
def test_not_judged_is_as_if_it_were_not_there(cases, given_weights):
    line, _ = index_of(cases, given_weights)
    without, _ = index_of([case for case in cases if case[2]], given_weights)
    assert (line is None) == (without is None)
    if line is not None:
        for name in ("attained", "attained_low", "attained_high", "band", "robust", "rules_judged", "fields_judged"):
            assert line[name] == without[name]


@ROUNDS
@given(CASES, WEIGHTS, st.integers(-20, 20), st.floats(0.001, 1000))
def test_only_proportions_of_weights_matter(cases, given_weights, power, factor):
    line, _ = index_of(cases, given_weights)
    doubled, _ = index_of(cases, {name: weight * 2.0**power for name, weight in given_weights.items()})
    scaled, _ = index_of(cases, {name: weight * factor for name, weight in given_weights.items()})
    if line is not None:
        assert doubled == line
        assert scaled["attained"] == pytest.approx(line["attained"], abs=1e-12)


@ROUNDS
@given(CASES, WEIGHTS)
def test_the_index_lies_between_its_worst_and_best_rule(cases, given_weights):
    line, _ = index_of(cases, given_weights)
    shares = [share for share, _, judged, _ in cases if judged]
    if line is not None:
        assert min(shares) - 1e-15 <= line["attained"] <= max(shares) + 1e-15


@ROUNDS
@given(CASES, WEIGHTS)
def test_the_order_of_rules_does_not_matter(cases, given_weights):
    line, _ = index_of(cases, given_weights)
    turned, _ = index_of(cases[::-1], given_weights)
    if line is not None:
        assert turned["attained"] == pytest.approx(line["attained"], abs=1e-15)
