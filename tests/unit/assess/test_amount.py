"""Ratios, shares, totals and candidates, worked out by hand on a county of 5,000 people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from paper.counting import COUNTY, PEOPLE, TOWNSHIPS, VILLAGES, facility, layers, rule, standard

from accessgis.assess.amount import evaluate_amount
from accessgis.assess.consolidation import evaluate_consolidation
from accessgis.standards.model import Amount, FacilityTest

HOME = "rural_elderly_home"


def county(result) -> dict:
    (row,) = result[result["level"] == "county"].to_dict("records")
    return row


def ratio(value: float | None, **more):
    fields = {"op": ">=", "target_level": "county", "amount": Amount(amount="beds", per=1000), **more}
    return standard("ratio", HOME, value=value, **fields)


def share(target: float | None, amount: Amount, **more):
    return standard("share", HOME, target=target, **{"op": ">=", "target_level": "county", "amount": amount, **more})


TWO = (
    facility(HOME, VILLAGES[0], beds=30.0, nursing_beds=12.0),
    facility(HOME, VILLAGES[2], beds=20.0, nursing_beds=10.0),
)


def test_a_ratio_is_supply_over_the_people_of_its_group():
    row = county(evaluate_amount(rule(ratio(12.0)), layers(*TWO)))
    assert (row["people"], row["value"], row["unit"]) == (5000.0, 10.0, "beds per 1000")
    assert (row["verdict"], row["deficit"], row["target"]) == ("falls_short", 10.0, 12.0)
    elderly = county(evaluate_amount(rule(ratio(45.0, group="age60plus")), layers(*TWO)))
    assert (elderly["value"], elderly["verdict"]) == (pytest.approx(50 / 1.1), "meets")
    exact = county(evaluate_amount(rule(ratio(10.0)), layers(*TWO)))
    assert (exact["verdict"], exact["deficit"]) == ("meets", 0.0)
    above = county(evaluate_amount(rule(ratio(10.0, op=">")), layers(*TWO)))
    assert above["verdict"] == "falls_short"


def test_a_township_has_a_figure_but_no_target():
    result = evaluate_amount(rule(ratio(12.0)), layers(*TWO))
    rows = result[result["level"] == "township"]
    assert rows["value"].tolist() == [pytest.approx(30 / 3.5), 20.0, 0.0]
    assert rows["target"].isna().all()
    assert set(rows["verdict"]) == {""}
    assert "village" not in set(result["level"])


def test_a_bed_count_that_is_not_known_leaves_a_miss_open_but_not_a_target_met():
    given = layers(*TWO, facility(HOME, VILLAGES[4]))
    row = county(evaluate_amount(rule(ratio(12.0)), given))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("attribute:beds",))
    assert math.isnan(row["value"]), "a lower bound is no figure"
    assert math.isnan(row["deficit"])
    free = county(evaluate_amount(rule(ratio(None, target_level=None)), given))
    assert (free["verdict"], free["missing"]) == ("not_judged", ("attribute:beds",))
    city = county(evaluate_amount(rule(ratio(12.0, target_level="prefecture")), given))
    assert (city["verdict"], city["missing"]) == ("", ("attribute:beds",))
    assert math.isnan(city["value"])
    assert county(evaluate_amount(rule(ratio(10.0)), given))["verdict"] == "meets"


def test_a_group_or_layer_not_given_is_not_judged():
    assert county(evaluate_amount(rule(ratio(1.0, group="under3")), layers(*TWO)))["missing"] == ("group:under3",)
    assert county(evaluate_amount(rule(ratio(1.0)), layers()))["missing"] == (f"facilities:{HOME}",)
    assert county(evaluate_amount(rule(ratio(1.0)), layers(given=(HOME,))))["verdict"] == "falls_short"
    incomplete = rule(ratio(1.0), missing=("completeness:x",))
    assert county(evaluate_amount(incomplete, layers(*TWO)))["missing"] == ("completeness:x",)


def test_nobody_concerned_is_no_pass():
    nobody = layers(*TWO, people={"total": np.zeros_like(PEOPLE)})
    assert county(evaluate_amount(rule(ratio(1.0)), nobody))["verdict"] == "nobody_concerned"


def test_people_without_a_class_are_too_many_to_judge():
    half = np.array([True, False, True, False, True, False])
    given = layers(*TWO, inside={"rural": ~half}, unclassified={"rural": half})
    row = county(evaluate_amount(rule(ratio(1.0, where="rural")), given))
    assert (row["people"], row["verdict"], row["missing"]) == (700.0, "not_judged", ("class",))


def test_figures_by_code_are_judged_where_they_are_set():
    listed = ratio(None, units={COUNTY: 9.0}, target_level="prefecture")
    row = county(evaluate_amount(rule(listed), layers(*TWO)))
    assert (row["target"], row["verdict"]) == (9.0, "meets")


def test_a_city_target_is_not_held_against_the_county():
    row = county(evaluate_amount(rule(ratio(12.0, target_level="prefecture")), layers(*TWO)))
    assert (row["verdict"], row["value"]) == ("", 10.0)


def test_about_is_never_missed():
    near = county(evaluate_amount(rule(ratio(10.4, op="about")), layers(*TWO)))
    far = county(evaluate_amount(rule(ratio(12.0, op="about")), layers(*TWO)))
    assert (near["verdict"], far["verdict"]) == ("meets", "no_target")
    open_ = layers(*TWO, facility(HOME, VILLAGES[4]))
    assert county(evaluate_amount(rule(ratio(12.0, op="about")), open_))["verdict"] == "not_judged", "it may be 12"


def test_at_most_is_missed_by_what_is_known_and_open_by_what_is_not():
    most = ratio(9.0, op="<=")
    assert county(evaluate_amount(rule(most), layers(*TWO)))["verdict"] == "falls_short"
    open_ = layers(*TWO, facility(HOME, VILLAGES[4]))
    assert county(evaluate_amount(rule(most), open_))["verdict"] == "falls_short"
    assert county(evaluate_amount(rule(ratio(11.0, op="<=")), open_))["verdict"] == "not_judged"


def test_a_facility_of_an_unknown_township_leaves_its_townships_open_but_not_the_county():
    given = layers(*TWO, facility(HOME, beds=10.0))
    result = evaluate_amount(rule(ratio(12.0)), given)
    assert (county(result)["value"], county(result)["verdict"]) == (12.0, "meets")
    rows = result[result["level"] == "township"]
    assert rows["value"].isna().all()
    assert set(rows["missing"]) == {("placement",)}


def test_a_facility_of_which_not_even_the_county_is_known_leaves_the_county_open():
    given = layers(*TWO, facility(HOME, township="", county="", beds=10.0))
    row = county(evaluate_amount(rule(ratio(12.0)), given))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("placement",))


def test_a_kind_without_a_layer_leaves_a_miss_open_but_not_a_target_met():
    both = standard(
        "ratio", HOME, "nursery", value=12.0, op=">=", target_level="county", amount=Amount(amount="beds", per=1000)
    )
    row = county(evaluate_amount(rule(both), layers(*TWO)))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("facilities:nursery",))
    less = dataclasses.replace(both, value=10.0)
    assert county(evaluate_amount(rule(less), layers(*TWO)))["verdict"] == "meets"


def test_a_share_whose_part_is_not_told_everywhere_is_open():
    asks = Amount(amount="beds", part_amount="nursing_beds")
    given = layers(*TWO, facility(HOME, VILLAGES[4], beds=10.0))
    row = county(evaluate_amount(rule(share(0.5, asks)), given))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("attribute:nursing_beds",)), "22 to 32 of 60"
    assert county(evaluate_amount(rule(share(0.54, asks)), given))["verdict"] == "falls_short"
    assert county(evaluate_amount(rule(share(0.36, asks)), given))["verdict"] == "meets"


def test_what_does_not_count_leaves_no_mark_open():
    asks = Amount(part=(FacilityTest(field="standardised"),))
    public = share(1.0, asks, having=(FacilityTest(field="ownership", one_of=("public",)),))
    given = layers(
        facility(HOME, VILLAGES[0], standardised=1.0),
        facility(HOME, VILLAGES[1], ownership="private", standardised=math.nan),
    )
    row = county(evaluate_amount(rule(public), given))
    assert (row["value"], row["verdict"], row["missing"]) == (1.0, "meets", ())


def test_a_share_of_beds():
    row = county(evaluate_amount(rule(share(0.55, Amount(amount="beds", part_amount="nursing_beds"))), layers(*TWO)))
    assert (row["value"], row["verdict"]) == (0.44, "falls_short")
    assert row["deficit"] == pytest.approx(5.5)


def test_a_share_of_facilities_by_a_mark_with_one_unknown():
    asks = Amount(part=(FacilityTest(field="standardised"),))
    marks = (1.0, 1.0, math.nan)
    given = layers(*(facility(HOME, v, standardised=m) for v, m in zip(VILLAGES[:3], marks, strict=True)))
    row = county(evaluate_amount(rule(share(0.6, asks)), given))
    assert (row["value"], row["verdict"]) == (pytest.approx(2 / 3), "meets")
    open_ = county(evaluate_amount(rule(share(1.0, asks)), given))
    assert (open_["verdict"], open_["missing"]) == ("not_judged", ("attribute:standardised",))
    none = county(evaluate_amount(rule(share(1.0, asks)), layers(given=(HOME,))))
    assert none["verdict"] == "nobody_concerned"
    unmarked = county(evaluate_amount(rule(share(1.0, asks)), layers(facility(HOME, VILLAGES[0]))))
    assert unmarked["verdict"] == "not_judged"


def test_a_share_by_kind_and_ownership():
    asks = Amount(part=(FacilityTest(field="ownership", one_of=("public", "inclusive_private")),))
    given = layers(facility(HOME, VILLAGES[0]), facility(HOME, VILLAGES[1], ownership="private"))
    assert county(evaluate_amount(rule(share(0.5, asks)), given))["value"] == 0.5


def test_a_total_counts_or_sums():
    count = standard("total", HOME, op=">=", value=3.0, target_level="county", amount=Amount())
    row = county(evaluate_amount(rule(count), layers(*TWO)))
    assert (row["value"], row["deficit"], row["verdict"]) == (2.0, 1.0, "falls_short")
    beds = standard("total", HOME, op=">=", value=50.0, target_level="county", amount=Amount(amount="beds"))
    assert county(evaluate_amount(rule(beds), layers(*TWO)))["verdict"] == "meets"
    new = standard("total", HOME, op=">=", value=1.0, target_level="county", amount=Amount(since=dt.date(2021, 1, 1)))
    unsaid = county(evaluate_amount(rule(new), layers(*TWO)))
    assert (unsaid["verdict"], unsaid["missing"]) == ("not_judged", ("opened",))
    old, young = ({**facility, "opened": day} for facility, day in zip(TWO, ("2020-12-31", "2021-01-01"), strict=False))
    row = county(evaluate_amount(rule(new), layers(old, young)))
    assert (row["value"], row["verdict"], row["missing"]) == (1.0, "meets", ())
    both = standard("total", HOME, op=">=", value=2.0, target_level="county", amount=Amount(since=dt.date(2021, 1, 1)))
    row = county(evaluate_amount(rule(both), layers(old, young)))
    assert (row["value"], row["deficit"], row["verdict"]) == (1.0, 1.0, "falls_short")
    half = county(evaluate_amount(rule(new), layers({**TWO[0], "opened": ""}, young)))
    assert half["verdict"] == "meets", "one is enough, whenever the other opened"


def test_land_of_a_site_that_facilities_share_counts_once():
    # one site of 300 m² with three of them, of which one does not state it; another of 200 m²; 150 m² without a site
    shared = [facility(HOME, VILLAGES[0], site_id="S1", land_m2=land) for land in (300.0, 300.0, math.nan)]
    alone = [facility(HOME, VILLAGES[2], site_id="S2", land_m2=200.0), facility(HOME, VILLAGES[2], land_m2=150.0)]
    per_resident = standard(
        "ratio", HOME, value=0.13, op=">=", target_level="county", amount=Amount(amount="land_m2", per=1)
    )
    row = county(evaluate_amount(rule(per_resident), layers(*shared, *alone)))
    assert (row["value"], row["verdict"]) == (650 / 5000, "meets")
    beds = [facility(HOME, VILLAGES[0], site_id="S1", beds=10.0) for _ in range(2)]
    assert county(evaluate_amount(rule(ratio(None)), layers(*beds)))["value"] == 4.0, "beds are each facility's own"


def test_land_of_a_shared_site_is_open_only_where_none_states_it_and_follows_what_passes():
    asked = standard("total", HOME, value=1.0, op=">=", target_level="county", amount=Amount(amount="land_m2", per=1),
                     having=(FacilityTest(field="standardised"),))  # fmt: skip

    def land(*sites: tuple[str, float, float]) -> tuple[float, tuple[str, ...]]:
        made = [facility(HOME, VILLAGES[0], site_id=site, land_m2=m2, standardised=up) for site, m2, up in sites]
        row = county(evaluate_amount(rule(dataclasses.replace(asked, value=None)), layers(*made)))
        return row["value"], row["missing"]

    assert land(("S", math.nan, 1.0), ("S", 80.0, 1.0)) == (80.0, ())
    assert land(("S", 80.0, math.nan), ("S", 80.0, 1.0)) == (80.0, ()), "whether the first passes or not"
    assert land(("S", 80.0, 0.0), ("S", 80.0, 1.0)) == (80.0, ())
    assert land(("S", 80.0, 0.0), ("T", 80.0, 0.0)) == (0.0, ())
    nothing, missing = land(("S", math.nan, 1.0), ("S", math.nan, 1.0))
    assert math.isnan(nothing)
    assert missing == ("attribute:land_m2",)


def test_grounds_of_a_shared_site_count_once_and_leave_open_what_differs():
    per_resident = standard(
        "ratio", HOME, value=0.13, op=">=", target_level="county", amount=Amount(amount="area_m2", per=1)
    )

    def judged_by(*grounds: float, tests: tuple[FacilityTest, ...] = ()) -> tuple[float, str, tuple[str, ...]]:
        made = [facility(HOME, VILLAGES[0], site_id="S", area_m2=area, standardised=1.0) for area in grounds]
        row = county(evaluate_amount(rule(dataclasses.replace(per_resident, having=tests)), layers(*made)))
        return row["value"], row["verdict"], row["missing"]

    assert judged_by(650.0, 650.0) == (650 / 5000, "meets", ())
    assert judged_by(600.0, 600.0) == (600 / 5000, "falls_short", ()), "the same grounds, told twice"
    assert judged_by(650.0, math.nan) == (650 / 5000, "meets", ())
    value, verdict, missing = judged_by(600.0, 500.0)
    assert math.isnan(value)
    assert (verdict, missing) == ("not_judged", ("attribute:area_m2",)), "100 m² or 1,100"
    assert judged_by(600.0, 650.0)[1] == "meets", "the larger alone is enough"


def test_only_grounds_that_pass_are_sure():
    asked = standard("total", HOME, value=400.0, op=">=", target_level="county", amount=Amount(amount="area_m2", per=1),
                     having=(FacilityTest(field="standardised"),))  # fmt: skip
    made = [facility(HOME, VILLAGES[0], site_id="S", area_m2=area, standardised=up)
            for area, up in ((300.0, 1.0), (500.0, math.nan))]  # fmt: skip
    row = county(evaluate_amount(rule(asked), layers(*made)))

    assert row["verdict"] == "not_judged"


def test_an_official_figure_is_asked_for_by_name():
    asked = standard("share", target=0.9, op=">=", target_level="county", statistic="in_county_care")
    assert county(evaluate_amount(rule(asked), layers(*TWO)))["missing"] == ("statistic:in_county_care",)


def test_an_official_figure_that_is_stated_is_judged():
    asked = standard("share", target=0.9, op=">=", target_level="county", statistic="in_county_care")
    stated = layers(statistics={("in_county_care", COUNTY): 0.91, ("other", COUNTY): 0.1})
    row = county(evaluate_amount(rule(asked), stated))
    assert (row["value"], row["unit"], row["verdict"], row["target"]) == (0.91, "share", "meets", 0.9)
    short = layers(statistics={("in_county_care", COUNTY): 0.89})
    assert county(evaluate_amount(rule(asked), short))["verdict"] == "falls_short"


def test_candidates_pass_both_tests_and_unknown_ones_are_not_counted():
    tests = (FacilityTest(field="beds", op="<", value=40.0), FacilityTest(field="occupancy", op="<", value=0.5))
    asked = standard("consolidation", HOME, having=tests)
    homes = [(28.0, 10.0), (40.0, 10.0), (28.0, 14.0)]
    given = layers(*(facility(HOME, VILLAGES[i], beds=b, residents=r) for i, (b, r) in enumerate(homes)))
    row = county(evaluate_consolidation(rule(asked), given))
    assert (row["value"], row["verdict"], row["unit"]) == (1.0, "no_target", "candidates"), "40 beds, half full: no"
    unknown = layers(facility(HOME, VILLAGES[0], beds=28.0))
    row = county(evaluate_consolidation(rule(asked), unknown))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("attribute:occupancy",))
    assert math.isnan(row["value"])


def test_figures_of_townships_are_those_of_their_own_facilities():
    result = evaluate_amount(rule(share(None, Amount(amount="beds", part_amount="nursing_beds"))), layers(*TWO))
    by_area = dict(zip(result["area"], result["value"], strict=True))
    assert by_area[TOWNSHIPS[0]] == 0.4
    assert by_area[TOWNSHIPS[1]] == 0.5
    assert math.isnan(by_area[TOWNSHIPS[2]])
