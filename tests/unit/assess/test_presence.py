"""Presence rules, worked out by hand on a county of three townships."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest
from paper.counting import COUNTY, TOWNSHIPS, VILLAGES, facility, layers, rule, standard

from accessgis.assess.presence import evaluate_presence
from accessgis.standards.model import FacilityTest, PeopleBound, Presence

CLINIC = "village_clinic"


def presence(
    unit: str = "village", *, kinds: tuple[str, ...] = (CLINIC,), target: float | None = 1.0, level="unit", **more
):
    asks = {
        name: more.pop(name)
        for name in ("at_least", "listed_only", "condition", "exempt_below", "within", "satisfied_by")
        if name in more
    }
    fields = {"target": target, "target_level": level if target is not None else None, **more}
    return standard("presence", *kinds, presence=Presence(unit=unit, **asks), **fields)


def found(result, level: str) -> dict[str, tuple]:
    rows = result[result["level"] == level]
    return {row["area"]: (row["verdict"], row["state"]) for row in rows.to_dict("records")}


def county(result) -> dict:
    (row,) = result[result["level"] == "county"].to_dict("records")
    return row


def test_every_village_with_a_clinic_and_those_without_by_name():
    given = layers(*(facility(CLINIC, village) for village in VILLAGES[1:5]))
    result = evaluate_presence(rule(presence()), given)
    states = found(result, "village")
    assert states[VILLAGES[0]] == ("nobody_concerned", "not_asked"), "a community is no village"
    assert [states[code] for code in VILLAGES[1:5]] == [("meets", "present")] * 4
    assert states[VILLAGES[5]] == ("falls_short", "absent")
    row = county(result)
    assert (row["value"], row["state"], row["deficit"], row["verdict"]) == (0.8, "4/5", 1.0, "falls_short")
    assert row["unit"] == "share of units"
    assert row["counts"]
    assert found(result, "township")[TOWNSHIPS[1]] == ("meets", "2/2")


def test_a_share_of_units_is_judged_at_its_level_alone():
    given = layers(*(facility(CLINIC, village) for village in VILLAGES[1:4]))
    result = evaluate_presence(rule(presence(target=0.6, level="county")), given)
    assert (county(result)["verdict"], county(result)["target"]) == ("meets", 0.6)
    assert set(result.loc[result["level"] != "county", "verdict"]) == {""}
    short = evaluate_presence(rule(presence(target=0.61, level="county")), given)
    assert (county(short)["verdict"], county(short)["deficit"]) == ("falls_short", 1.0)
    city = evaluate_presence(rule(presence(target=0.61, level="prefecture")), given)
    assert (county(city)["verdict"], county(city)["value"]) == ("", 0.6), "a city's target is none of the county's"


def test_a_plan_that_only_pushes_cannot_be_failed():
    result = evaluate_presence(rule(presence(), may_fail=False, counts=False), layers(given=(CLINIC,)))
    assert set(result["verdict"]) == {"no_target", "nobody_concerned"}
    assert county(result)["deficit"] == 5.0


def test_a_layer_given_but_empty_is_absence_and_no_layer_is_not_judged():
    assert county(evaluate_presence(rule(presence()), layers(given=(CLINIC,))))["value"] == 0.0
    row = county(evaluate_presence(rule(presence()), layers()))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("facilities:village_clinic",))


def test_a_kind_without_a_layer_leaves_absence_open_but_not_presence():
    both = presence(kinds=(CLINIC, "community_health_station"))
    result = evaluate_presence(rule(both), layers(facility(CLINIC, VILLAGES[1])))
    states = found(result, "village")
    assert states[VILLAGES[1]] == ("meets", "present")
    assert states[VILLAGES[2]] == ("not_judged", "unknown")
    assert county(result)["missing"] == ("facilities:community_health_station",)


def test_at_least_two_and_other_numbers_by_code():
    given = layers(facility(CLINIC, VILLAGES[0]), facility(CLINIC, VILLAGES[1]), facility(CLINIC, VILLAGES[2]))
    result = evaluate_presence(rule(presence("township", at_least=2, units={TOWNSHIPS[1]: 1.0})), given)
    assert found(result, "township") == {
        TOWNSHIPS[0]: ("meets", "present"), TOWNSHIPS[1]: ("meets", "present"), TOWNSHIPS[2]: ("falls_short", "absent"),
    }  # fmt: skip
    lacking = result[(result["level"] == "township") & (result["area"] == TOWNSHIPS[2])]
    assert lacking["deficit"].tolist() == [2.0]
    only = evaluate_presence(rule(presence("township", at_least=2, units={TOWNSHIPS[1]: 1.0}, listed_only=True)), given)
    assert county(only)["state"] == "1/1"
    states = found(only, "township")
    assert states[TOWNSHIPS[0]] == ("no_target", "not_named"), "the plan sets no figure for it"
    assert states[TOWNSHIPS[1]] == ("meets", "present")


def test_a_county_that_the_plan_does_not_name_has_no_target():
    asked = presence("county", listed_only=True, units={"140729": 2.0})
    row = county(evaluate_presence(rule(asked), layers(facility(CLINIC, VILLAGES[0]))))
    assert (row["verdict"], row["state"], row["value"]) == ("no_target", "not_named", 1.0)
    named = presence("county", listed_only=True, units={COUNTY: 2.0})
    row = county(evaluate_presence(rule(named), layers(facility(CLINIC, VILLAGES[0]))))
    assert (row["verdict"], row["target"], row["deficit"]) == ("falls_short", 2.0, 1.0)


def test_a_study_may_set_its_own_share_for_its_own_level():
    city = presence(target=0.6, level="prefecture")
    own = rule(city)
    own = dataclasses.replace(own, record=dataclasses.replace(own.record, target=0.9, target_level="county"))
    given = layers(*(facility(CLINIC, village) for village in VILLAGES[1:5]))
    assert (county(evaluate_presence(own, given))["verdict"], county(evaluate_presence(own, given))["target"]) == (
        "falls_short", 0.9,
    )  # fmt: skip


def test_a_test_that_other_kinds_leave_open_is_not_named_as_missing():
    asked = presence("township", having=(FacilityTest(field="standardised"),))
    given = layers(
        facility(CLINIC, VILLAGES[0], standardised=1.0), facility("nursery", VILLAGES[4], standardised=math.nan),
        facility(CLINIC, standardised=1.0),
    )  # fmt: skip
    row = county(evaluate_presence(rule(asked), given))
    assert row["missing"] == ("placement",)


def test_each_of_several_kinds_is_asked():
    hospitals = presence("county", facilities_any=(("county_hospital",), ("tcm_hospital",)))
    one = layers(facility("county_hospital", VILLAGES[0]), given=("tcm_hospital",))
    row = county(evaluate_presence(rule(hospitals), one))
    assert (row["verdict"], row["value"], row["deficit"]) == ("falls_short", 0.0, 1.0)
    two = layers(facility("county_hospital", VILLAGES[0]), facility("tcm_hospital", VILLAGES[3]))
    assert county(evaluate_presence(rule(hospitals), two))["verdict"] == "meets"


def test_only_where_enough_people_live_the_bound_included():
    given = layers(facility(CLINIC, VILLAGES[0]), given=(CLINIC,))
    asked = presence("township", condition=PeopleBound(group="total", people=1000))
    states = found(evaluate_presence(rule(asked), given), "township")
    assert states == {
        TOWNSHIPS[0]: ("meets", "present"), TOWNSHIPS[1]: ("falls_short", "absent"),
        TOWNSHIPS[2]: ("nobody_concerned", "not_asked"),
    }  # fmt: skip
    spared = presence("township", exempt_below=PeopleBound(group="age60plus", people=200))
    result = evaluate_presence(rule(spared), given)
    assert found(result, "township")[TOWNSHIPS[2]] == ("nobody_concerned", "exempt")
    assert county(result)["state"] == "1/2", "who is exempt is no gap"
    unknown = presence("township", condition=PeopleBound(group="under3", people=10))
    assert county(evaluate_presence(rule(unknown), given))["missing"] == ("group:under3",)


def test_stand_ins_and_shared_sites_are_presence_and_said():
    given = layers(
        facility(CLINIC, VILLAGES[1], serves=f"{VILLAGES[1]};{VILLAGES[2]}"), facility("township_hospital", VILLAGES[4])
    )
    states = found(evaluate_presence(rule(presence(satisfied_by=("township_hospital",))), given), "village")
    assert states[VILLAGES[2]] == ("meets", "shared")
    assert states[VILLAGES[4]] == ("meets", "substitute")
    assert states[VILLAGES[3]] == ("falls_short", "absent")


def test_what_stands_somewhere_in_the_township_leaves_its_villages_open():
    given = layers(facility(CLINIC, township=TOWNSHIPS[1]))
    states = found(evaluate_presence(rule(presence()), given), "village")
    assert [states[code][0] for code in VILLAGES[2:4]] == ["not_judged"] * 2
    assert states[VILLAGES[4]] == ("falls_short", "absent")
    assert found(evaluate_presence(rule(presence("township")), given), "township")[TOWNSHIPS[1]][0] == "meets"


def test_a_mark_that_is_not_told_leaves_absence_open():
    asked = presence("township", having=(FacilityTest(field="standardised"),))
    given = layers(
        facility(CLINIC, VILLAGES[0], standardised=1.0), facility(CLINIC, VILLAGES[2], standardised=math.nan),
        facility(CLINIC, VILLAGES[4], standardised=0.0),
    )  # fmt: skip
    result = evaluate_presence(rule(asked), given)
    assert [verdict for verdict, _ in found(result, "township").values()] == ["meets", "not_judged", "falls_short"]
    row = county(result)
    assert (row["verdict"], row["state"], row["deficit"]) == ("falls_short", "1–2/3", 1.0), "two of three at best"
    assert math.isnan(row["value"]), "a lower bound is no figure"
    assert row["missing"] == ("attribute:standardised",)


def test_within_the_seat_only():
    asked = presence("rural_township", within="township_seat")
    given = layers(facility(CLINIC, VILLAGES[2]), facility(CLINIC, VILLAGES[4]))
    states = found(evaluate_presence(rule(asked), given), "township")
    assert states[TOWNSHIPS[1]] == ("meets", "present")
    assert states[TOWNSHIPS[2]] == ("falls_short", "absent")
    assert states[TOWNSHIPS[0]][1] == "not_asked", "a subdistrict"
    somewhere = evaluate_presence(rule(asked), layers(facility(CLINIC, township=TOWNSHIPS[2])))
    assert found(somewhere, "township")[TOWNSHIPS[2]] == ("not_judged", "unknown"), "it may stand in the seat"
    none = {"township_seat": pd.Series(-1, index=pd.Index(VILLAGES))}
    unknown = evaluate_presence(rule(asked), layers(facility(CLINIC, VILLAGES[2]), village_class=none))
    assert (county(unknown)["verdict"], county(unknown)["missing"]) == ("not_judged", ("class",))
    one = {"township_seat": pd.Series([0, 0, 1, 0, 0, 0], index=pd.Index(VILLAGES))}
    partly = evaluate_presence(rule(asked), layers(facility(CLINIC, VILLAGES[2]), village_class=one))
    assert found(partly, "township")[TOWNSHIPS[1]][0] == "meets"
    assert found(partly, "township")[TOWNSHIPS[2]][0] == "not_judged", "no seat is told there"


@pytest.mark.parametrize("unit", ["prefecture", "residential_quarter"])
def test_units_that_no_layer_gives_are_not_judged(unit: str):
    row = county(evaluate_presence(rule(presence(unit)), layers(facility(CLINIC, VILLAGES[0]))))
    assert (row["area"], row["verdict"], row["missing"]) == (COUNTY, "not_judged", (f"unit:{unit}",))


def test_units_of_a_kind_that_codes_do_not_tell_are_not_judged():
    given = layers(facility(CLINIC, VILLAGES[0]))
    given.kinds.loc[TOWNSHIPS[0], "township_kind"] = ""
    result = evaluate_presence(rule(presence("subdistrict")), given)
    assert (county(result)["verdict"], county(result)["missing"]) == ("not_judged", ("class",))


def test_a_town_community_needs_both_its_committee_and_its_class():
    result = evaluate_presence(rule(presence("town_community")), layers(facility(CLINIC, VILLAGES[0])))
    assert county(result)["state"] == "1/1"
    assert county(evaluate_presence(rule(presence("urban_community")), layers(given=(CLINIC,))))["verdict"] == (
        "nobody_concerned"
    ), "none in a county"
