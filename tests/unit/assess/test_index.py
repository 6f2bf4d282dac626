"""The equal-access index on frames small enough to be reckoned by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from index_rows import COUNTY, circle, frame, presence, record, row, weights

from accessgis.assess.assessment import INDEX, INDEX_RULES
from accessgis.assess.attainment import degree
from accessgis.assess.index import equal_access
from accessgis.standards.weights import Grounds, Weight

EVEN = weights(health=1.0, education=1.0, elderly=1.0)


def found(results, rules, *, given=EVEN, **more):
    made = equal_access(results, rules, weights=given, **more)
    INDEX.require(made.areas)
    INDEX_RULES.require(made.rules)
    return made


def only(results, rules, **more):
    """Return the line of the one rule in the one area."""
    lines = found(results, rules, **more).rules
    assert len(lines) == 1
    return lines.to_dict("records")[0]


@pytest.mark.parametrize(
    ("figure", "op", "aim", "expected"),
    [
        (3.0, ">=", 4.0, 0.75), (5.0, ">=", 4.0, 1.0), (0.0, ">=", 4.0, 0.0), (0.0, ">=", 0.0, 1.0),
        (4.0, ">", 4.0, 1.0), (2.0, ">", 4.0, 0.5), (1.0 + 1e-13, ">", 1.0, 1.0),
        (8.0, "<=", 4.0, 0.5), (4.0, "<=", 4.0, 1.0), (0.0, "<=", 0.0, 1.0), (3.0, "<=", 0.0, 0.0),
        (8.0, "<", 2.0, 0.25), (1.0, "<", 2.0, 1.0),
        (0.95, "about", 1.0, 1.0), (0.5, "about", 1.0, 0.5), (2.0, "about", 1.0, 0.5), (1.05, "about", 1.0, 1.0),
        (-1.0, ">=", 4.0, 0.0),
    ],
)  # fmt: skip
def test_degree_of_attainment(figure, op, aim, expected):
    assert degree(figure, op=op, aim=aim) == expected


def test_what_is_unknown_has_no_degree():
    assert math.isnan(degree(math.nan, op=">=", aim=1.0))
    assert math.isnan(degree(1.0, op=">=", aim=math.nan))


def test_fields_weigh_alike_however_many_rules_they_have():
    rules = [record("a"), record("b"), record("c", category="education")]
    made = found(frame(circle("a", 0.5), circle("b", 1.0), circle("c", 0.25)), rules)
    line = made.areas.to_dict("records")[0]
    assert line["attained"] == 0.5 * 0.75 + 0.5 * 0.25
    assert list(made.rules["weight"]) == [0.25, 0.25, 0.5]
    assert list(made.rules["contribution"]) == [0.125, 0.25, 0.125]
    assert list(made.rules["lost"]) == [0.125, 0.0, 0.375]
    assert (line["fields_judged"], line["weight_judged"], line["rules_judged"]) == (2, 1.0, 3)
    assert (line["band"], line["robust"]) == (1, True)


def test_weights_are_those_given():
    given = weights({"b": 3.0}, health=3.0, education=1.0)
    rules = [record("a"), record("b"), record("c", category="education")]
    made = found(frame(circle("a", 0.0), circle("b", 1.0), circle("c", 0.0)), rules, given=given)
    assert list(made.rules["weight"]) == [0.1875, 0.5625, 0.25]
    assert made.areas["attained"].tolist() == [0.5625]


def test_a_rule_of_no_field_is_of_the_field_other_and_a_field_without_weight_counts_for_nothing():
    rules = [record("a", category=None), record("b", category="work")]
    made = found(frame(circle("a", 0.5), circle("b", 1.0)), rules, given=weights(other=1.0))
    assert list(made.rules["field"]) == ["other", "work"]
    assert made.areas["attained"].tolist() == [0.5]
    assert found(frame(circle("b", 1.0)), rules[1:], given=weights(other=1.0)).areas.empty


def test_a_circle_is_held_against_its_target_or_else_against_everybody():
    assert only(frame(circle("a", 0.6)), [record("a")])["attained"] == 0.6
    against = only(frame(circle("a", 0.6)), [record("a", target=0.8, target_level="county", target_basis="会议")])
    assert (against["attained"], against["goal"], against["own_target"]) == (0.6 / 0.8, 0.8, True)
    assert only(frame(circle("a", 0.9, verdict="meets")), [record("a", target=0.8)])["attained"] == 1.0


def test_the_range_follows_the_rules_own_and_bands_say_when_it_crosses():
    results = frame(circle("a", 0.6, range_low=0.4, range_high=0.9), circle("b", 0.5, range_low=0.5))
    rules = [record("a", target=0.8), record("b")]
    line = found(results, rules).areas.to_dict("records")[0]
    assert line["attained"] == pytest.approx((0.75 + 0.5) / 2)
    assert line["attained_low"] == pytest.approx((0.5 + 0.5) / 2)
    assert line["attained_high"] == pytest.approx((1.0 + 0.5) / 2)
    assert (line["band"], line["robust"]) == (1, True)
    assert not found(frame(circle("a", 0.6, range_low=0.4)), [record("a")]).areas["robust"].iloc[0]


def test_not_judged_is_left_out_and_never_zero():
    lacking = circle("b", 0.1, verdict="not_judged", missing=("roads",))
    made = found(frame(circle("a", 0.8), lacking), [record("a"), record("b", category="education")])
    line = made.areas.to_dict("records")[0]
    assert line["attained"] == 0.8
    assert (line["rules_judged"], line["rules_not_judged"], line["weight_judged"]) == (1, 1, 0.5)
    assert made.rules["attained"].isna().tolist() == [False, True]
    assert list(made.rules["weight"]) == [1.0, 0.0]


def test_a_circle_not_judged_in_its_county_counts_in_no_township():
    rules = [record("a", target=0.5, target_level="county")]
    town = circle("a", 0.7, level="township", area="149921001", verdict="")
    county = circle("a", 0.7, verdict="not_judged", missing=("completeness:village_clinic",))
    above = {"149921001": COUNTY, COUNTY: COUNTY}
    made = found(frame(county, town), rules, county_of=above)
    assert made.areas.empty
    assert list(made.rules["status"]) == ["not_judged", "not_judged"]
    other = county | {"area": "149922"}
    judged = circle("a", 0.7, verdict="meets")
    made = found(frame(judged, other, town), rules, county_of=above)
    assert dict(zip(made.rules["area"], made.rules["status"], strict=True)) == {
        COUNTY: "judged", "149922": "not_judged", "149921001": "judged",
    }  # fmt: skip


def test_nobody_concerned_is_neither_judged_nor_not():
    nobody = circle("a", math.nan, people=0.0, covered=0.0, verdict="nobody_concerned")
    assert only(frame(nobody), [record("a")])["status"] == "nobody_concerned"
    below = nobody | {"level": "township", "area": "149921001", "verdict": ""}
    assert only(frame(below), [record("a")])["status"] == "nobody_concerned"
    unknown = below | {"people": math.nan}
    assert only(frame(unknown), [record("a")])["status"] == "not_judged"


@pytest.mark.parametrize(
    ("changes", "status", "attained"),
    [
        ({"state": "present", "value": 3.0, "verdict": "meets"}, "judged", 1.0),
        ({"state": "absent", "value": 1.0, "verdict": "falls_short"}, "judged", 0.5),
        ({"state": "shared", "value": 0.0, "verdict": "meets"}, "judged", 1.0),
        ({"state": "substitute", "value": 0.0, "verdict": ""}, "judged", 1.0),
        ({"state": "unknown", "verdict": "not_judged"}, "not_judged", None),
        ({"state": "unknown", "verdict": ""}, "not_judged", None),
        ({"state": "not_asked", "target": math.nan, "verdict": ""}, "nobody_concerned", None),
        ({"state": "exempt", "target": math.nan, "verdict": "nobody_concerned"}, "nobody_concerned", None),
        ({"state": "not_named", "value": 0.0, "target": math.nan, "verdict": "no_target"}, "other_level", None),
    ],
)
def test_units_of_a_presence_rule(changes, status, attained):
    unit = row("p", level="township", area="149921001", unit="facilities", target=2.0) | changes
    line = only(frame(unit), [presence("p", unit="township")])
    assert line["status"] == status
    assert line["attained"] == attained if attained is not None else math.isnan(line["attained"])


def test_areas_above_the_units_are_held_against_the_share_asked():
    share = row("p", unit="share of units", value=0.6, verdict="falls_short", target=0.8, state="6/10")
    assert only(frame(share), [presence("p", target=0.8)])["attained"] == pytest.approx(0.75)
    bounded = share | {"value": math.nan, "state": "2–6/10", "missing": ("placement",)}
    assert only(frame(bounded), [presence("p", target=0.8)])["status"] == "not_judged"
    listed = presence("p", target=None, units={"149921001": 2.0})
    assert only(frame(share | {"verdict": "no_target"}), [listed])["attained"] == 0.6


def test_amounts_are_held_against_the_plans_figure_at_whatever_level_it_is_set():
    ratio = record("r", "ratio", value=4.0, op=">=", target_level="province")
    assert only(frame(row("r", unit="places per 1000", value=3.0)), [ratio])["attained"] == 0.75
    town = row("r", level="township", area="149921001", unit="places per 1000", value=3.0)
    assert only(frame(town), [ratio])["status"] == "other_level"
    everywhere = record("r", "ratio", value=4.0, op=">=", target_level="unit")
    assert only(frame(town), [everywhere])["attained"] == 0.75
    named = record("r", "ratio", value=4.0, op=">=", units={COUNTY: 6.0})
    assert only(frame(row("r", value=3.0)), [named])["attained"] == 0.5
    share = record("s", "share", target=0.5, op="<=")
    assert only(frame(row("s", unit="share", value=0.625)), [share])["attained"] == pytest.approx(0.8)


def test_a_total_stands_for_its_own_area_alone():
    total = record("t", "total", value=4.0, op=">=", target_level="prefecture")
    assert only(frame(row("t", unit="facilities", value=3.0)), [total])["status"] == "other_level"
    own = row("t", level="prefecture", area="1499", value=3.0, target=4.0, verdict="falls_short")
    assert only(frame(own), [total])["attained"] == 0.75


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (record("a", stage="expired"), "expired"),
        (record("a", source="gb"), "comparison"),
        (record("a", "direction"), "recorded"),
        (record("a", "consolidation"), "candidates"),
        (record("a", "ratio"), "no_goal"),
        (presence("a", target=None), "no_goal"),
    ],
)
def test_what_only_informs_is_no_part_of_it(rule, why):
    made = found(frame(circle("a", 0.5)), [rule], comparison=("gb",))
    assert made.left_out == {"a": why}
    assert made.areas.empty
    assert made.rules.empty


def test_adopted_rules_and_own_targets_are_counted():
    rules = [record("a", basis="adopted", target=0.8, target_basis="会议"), record("b")]
    line = found(frame(circle("a", 0.8), circle("b", 0.8)), rules).areas.to_dict("records")[0]
    assert (line["rules_adopted"], line["rules_own_target"]) == (1, 1)


def test_without_a_row_a_rule_is_lacking_where_it_speaks_of_the_level_at_all():
    rules = [record("a"), presence("county", unit="county"), presence("town", unit="township")]
    results = frame(
        circle("a", 0.5, level="township", area="149921001", verdict=""),
        row("county", verdict="not_judged", missing=("facilities:x",)),
        row("town", verdict="not_judged", missing=("facilities:x",)),
    )
    lines = found(results, rules).rules.set_index(["area", "rule"])["status"]
    assert lines["149921001"].to_dict() == {"a": "judged", "county": "other_level", "town": "not_judged"}
    assert lines[COUNTY].to_dict() == {"a": "not_judged", "county": "not_judged", "town": "not_judged"}


def test_a_row_without_a_verdict_that_lacks_something_is_not_judged():
    lacking = circle("a", 0.9, verdict="", missing=("completeness:village_clinic",))
    made = found(frame(lacking, circle("b", 0.5)), [record("a", target=0.5, target_level="province"), record("b")])
    assert made.rules.set_index("rule")["status"].to_dict() == {"a": "not_judged", "b": "judged"}


def test_no_band_is_named_where_under_half_of_the_weights_is_judged():
    given = replace(EVEN, band_needs=Weight(id="", weight=0.5, grounds=Grounds()))
    rules = [record("a", category="health"), record("b", category="education"), record("c", category="elderly")]
    lacking = [circle(name, 0.9, verdict="not_judged", missing=("roads",)) for name in "bc"]
    made = found(frame(circle("a", 0.95), *lacking), rules, given=given)
    assert made.areas[["attained", "weight_judged", "band", "robust"]].to_numpy().tolist() == [[0.95, 1 / 3, 0, True]]
    made = found(frame(circle("a", 0.95), *lacking), rules[:2], given=given)
    assert made.areas["band"].tolist() == [given.band(0.95)]
    assert made.areas["weight_judged"].tolist() == [0.5]


def test_only_own_profiles_and_no_villages():
    results = frame(
        circle("a", 0.5), circle("a", 0.9, headline=False, profile="ebike"),
        circle("a", 0.9, level="village", area="149921001001", verdict=""),
    )  # fmt: skip
    made = found(results, [record("a")])
    assert made.areas[["level", "attained"]].to_numpy().tolist() == [["county", 0.5]]


def test_nothing_at_all_gives_empty_frames():
    assert found(frame(), []).areas.empty
    assert found(frame(), [record("a")]).rules.empty
