"""A drawn county, judged by hand: every figure below was worked out on paper, never by the program.

One road runs along y = 1000 (metres), cut in two at 2000; people walk 1 m/s and drive 10 m/s; the limit is 900 s
unless a test says otherwise. The clinic F stands at 1000 on the road::

    y=2000 +--------------------------------------------------------+
           |            I═════J        D'                           |   I═J: two hundred metres of road of their own
           |                           D                            |   D, D': far from every road, near each other
    y=1000 |  A─────────F─────────B─────┬─────────────────────────E |   A–F and F–B: 900 m each
           |                                                        |
    y=0    +--------------------------------------------------------+
              100      1000      1900  2000                    3900
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from paper.studies import (
    COUNTY,
    ONE_TOWNSHIP,
    Drawing,
    Home,
    Site,
    Unit,
    circle,
    headline,
    judge,
    line,
    own_target,
    seconds,
)

TOWNSHIP, VILLAGE = f"{COUNTY}100", f"{COUNTY}100200"
ROAD = (line((100, 1000), (2000, 1000)), line((2000, 1000), (3900, 1000)))
CLINIC = Site("F", 1000, 1000)


def county(*homes: Home, **more) -> Drawing:
    """Return a county with one road across, a clinic at 1000 m along it, and some homes."""
    return Drawing(**({"units": tuple(ONE_TOWNSHIP), "ways": ROAD, "homes": homes, "sites": (CLINIC,)} | more))


# ------------------------------------------------------------------------------------------------------- who is covered


def test_the_limit_counts_to_the_millisecond_and_is_inclusive() -> None:
    #   A ──900 s── F ──900 s── B · one metre further       covered: 10 + 10 of 10 + 10 + 20
    result = judge(county(Home(100, 1000, 10), Home(1900, 1000, 10), Home(1901, 1000, 20)), circle(target=0.5))

    assert seconds(result) == {0: 900.0, 1: 900.0, 2: 901.0}
    row = headline(result)
    assert (row["people"], row["covered"], row["covered_share"]) == (40.0, 20.0, 0.5)
    assert row["verdict"] == "meets"
    # half of the people are there after 900 s, nine in ten only with the last
    assert (row["median_s"], row["p90_s"]) == (900.0, 901.0)
    assert headline(judge(county(Home(1900, 1000)), circle(limit_s=899)))["covered"] == 0.0


def test_access_legs_are_walked_at_both_ends() -> None:
    #   home 40 m north of 500, clinic 30 m south of 1000: 40 + 500 + 30 on foot, 40 + 50 + 30 by car
    result = judge(county(Home(500, 1040), sites=(Site("F", 1000, 970),)), circle())
    assert seconds(result)[0] == 570.0
    assert seconds(result, profile="vehicle")[0] == 120.0


def test_people_off_the_network_stay_in_the_denominator_and_could_be_reached() -> None:
    #   the second home is 101 m from the road, over the snap limit of 100 m: 30 covered, 10 off, of 50; 10 too far
    homes = (Home(1000, 1000, 30), Home(500, 1101, 10), Home(3000, 1000, 10))
    result = judge(county(*homes, snap_limit_m=100.0), circle())

    row = headline(result)
    assert (row["people"], row["covered"], row["off_network"], row["unreachable"]) == (50.0, 30.0, 10.0, 0.0)
    assert (row["covered_share"], row["covered_share_high"]) == (0.6, 0.8)
    assert seconds(result)[1] == np.inf
    # twice the limit takes it in: 101 + 500 s; half of it changes nobody
    assert {name: (low, high) for name, low, high in row["sensitivity"]}["snap_limit"] == (0.6, 0.8)
    gaps = result.gaps.set_index("reason")
    assert gaps.loc["off_network", "people_off_network"] == 10.0
    assert gaps.loc["too_far", "people_too_far"] == 10.0
    assert gaps.loc["off_network", "facility_id"] == ""


def test_people_on_an_island_have_no_way() -> None:
    #   I ═ J at y = 1900, over the limit of 100 m from the road: joined, but no way to the clinic
    homes = (Home(1000, 1000, 30), Home(600, 1900, 10))
    drawing = county(*homes, ways=(*ROAD, line((500, 1900), (700, 1900))), snap_limit_m=100.0)
    row = headline(judge(drawing, circle()))

    assert (row["covered"], row["off_network"], row["unreachable"]) == (30.0, 0.0, 10.0)
    assert (row["covered_share"], row["covered_share_high"]) == (0.75, 0.75)
    assert row["p90_s"] == np.inf
    # with a wider limit they walk off it: 900 m to the road, then 400 m
    near = judge(replace(drawing, snap_limit_m=2000.0), circle())
    assert seconds(near)[1] == 1300.0
    gap = judge(drawing, circle()).gaps.iloc[0]
    assert (gap["reason"], gap["seconds"], gap["facility_id"]) == ("no_path", np.inf, "")


def test_the_straight_walk_competes_where_both_ends_lie_far_from_roads() -> None:
    #   D and D' 500 m and 560 m north of the road: straight 60 s, by road 500 + 560
    homes = (Home(2500, 1500, 10), Home(2500, 1090, 10))
    result = judge(county(*homes, sites=(Site("D", 2500, 1560),)), circle(), evidence=True)

    # the second home is 90 m from the road, so its straight 470 m do not count: 90 + 560
    assert seconds(result) == {0: 60.0, 1: 650.0}
    times = result.evidence["times"].query("profile == 'walk'")
    assert times["via"].tolist() == ["direct", "network"]
    # beyond the limit of the straight walk there is only the road, and off the network there is nothing
    off = judge(county(Home(2500, 1500, 10), sites=(Site("D", 2500, 1900),), snap_limit_m=300.0), circle())
    assert seconds(off)[0] == np.inf
    assert headline(off)["off_network"] == 10.0


def test_walkers_ignore_one_way_signs_and_cars_do_not() -> None:
    #   1 ──▸── 2 with a way round of 300 + 900 + 300 m: from 2 back to 1, 900 m on foot but 1500 m by car
    ring = (
        line((1000, 1000), (1900, 1000), oneway="yes"),
        line((1000, 1000), (1000, 1300), (1900, 1300), (1900, 1000)),
    )
    drawing = county(Home(1900, 1000), ways=ring)
    result = judge(drawing, circle(profiles=("vehicle",)))
    assert seconds(result, profile="walk")[0] == 900.0
    assert seconds(result, profile="vehicle")[0] == 150.0
    # relief that drives to people goes with the signs: 900 m
    relief = judge(drawing, circle(profiles=("vehicle",), direction="from_facility"))
    assert seconds(relief, profile="vehicle")[0] == 90.0
    assert set(relief.results["profile"]) == {"vehicle"}
    # together the person takes the quickest
    both = judge(drawing, circle(profiles=("vehicle", "walk"), limit_s=150))
    assert headline(both)["profile"] == "vehicle+walk"
    assert headline(both)["covered"] == 10.0


def test_a_facility_beyond_the_border_counts_for_any_but_is_not_our_own() -> None:
    #   border at 4000; clinics at 1000 (ours) and 4100 (theirs), homes at 1000 and 3900
    homes = (Home(1000, 1000, 10), Home(3900, 1000, 30))
    drawing = county(*homes, ways=(*ROAD, line((3900, 1000), (4500, 1000))), sites=(CLINIC, Site("X", 4100, 1000)))
    row = headline(judge(drawing, circle()))
    assert (row["covered_share"], row["covered_share_own"]) == (1.0, 0.25)
    own = headline(judge(drawing, circle(sharing="county")))
    assert (own["covered_share"], own["covered_share_own"]) == (0.25, 0.25)
    # people beyond the border are nobody's here
    beyond = judge(replace(drawing, homes=(*homes, Home(4200, 1000, 500))), circle())
    assert headline(beyond)["people"] == 40.0
    assert beyond.quality.figures["people_beyond_border"] == 500.0


def test_what_is_built_or_planned_stands_beside_and_what_is_closed_nowhere() -> None:
    homes = tuple(Home(x, 1000, 10) for x in (100, 1500, 2500, 3500))
    states = ("in_service", "under_construction", "planned", "closed")
    sites = tuple(Site(state, home.x, 1000, status=state) for state, home in zip(states, homes, strict=True))
    row = headline(judge(county(*homes, sites=sites), circle(limit_s=60)))
    shares = [row[f"covered_share{suffix}"] for suffix in ("", "_construction", "_planned")]
    assert shares == [0.25, 0.5, 0.75]


def test_a_rule_of_several_kinds_needs_them_all() -> None:
    homes = (Home(100, 1000, 10), Home(1000, 1000, 10), Home(1900, 1000, 20))
    sites = (CLINIC, Site("H", 1900, 1000, kind="township_hospital"))
    kinds = {"village_clinic", "township_hospital"}
    drawing = county(*homes, sites=sites, given=frozenset(kinds))
    both = circle(facilities_any=(("village_clinic",), ("township_hospital",)))
    # 900 and 1800; 0 and 900; 900 and 0: the slower decides
    assert seconds(judge(drawing, both)) == {0: 1800.0, 1: 900.0, 2: 900.0}
    assert headline(judge(drawing, both))["covered_share"] == 0.75
    either = circle(facilities_any=(("village_clinic", "township_hospital"),))
    assert headline(judge(drawing, either))["covered_share"] == 1.0


# ------------------------------------------------------------------------------------------------------ every verdict


HALF = (Home(1000, 1000, 50), Home(3900, 1000, 50))
OFF = (Home(1000, 1000, 50), Home(1000, 1900, 10), Home(3900, 1000, 40))


@pytest.mark.parametrize(
    ("homes", "rule", "verdict", "missing"),
    [
        (HALF, circle(target=0.5), "meets", ()),
        (HALF, circle(target=0.51), "falls_short", ()),
        (HALF, circle(), "no_target", ()),
        # 50 covered and 10 off the network of 100: 0.6 could be, 0.61 could not
        (OFF, circle(target=0.5), "meets", ()),
        (OFF, circle(target=0.6), "not_judged", ("roads",)),
        (OFF, circle(target=0.61), "falls_short", ()),
        (HALF, circle(target=0.5, group="under3"), "not_judged", ("group:under3",)),
        (HALF, circle(target=0.5, facilities_any=(("library",),)), "not_judged", ("facilities:library",)),
        (HALF, circle(target=0.5, sharing="serves"), "not_judged", ("serves:village_clinic",)),
        (HALF, circle(target=0.5, where="urban"), "nobody_concerned", ()),
        (HALF, circle(target=0.5, where="urban", facilities_any=(("library",),)), "nobody_concerned", ()),
        (HALF, circle(target=0.5, where="central_city"), "not_judged", ("class",)),
        ((Home(5000, 1000, 50),), circle(target=0.5), "nobody_concerned", ()),
    ],
)
def test_every_verdict(homes, rule, verdict, missing) -> None:
    result = judge(county(*homes, snap_limit_m=100.0), rule)
    row = headline(result)
    assert (row["verdict"], row["missing"]) == (verdict, missing)
    # other levels carry figures and no verdict
    assert set(result.results.query("level != 'county'")["verdict"]) == {""}


def test_a_layer_without_a_row_is_nobody_covered_and_a_kind_without_a_layer_is_not_judged() -> None:
    drawing = county(*HALF, sites=(), given=frozenset({"library"}))
    given = headline(judge(drawing, circle(target=0.5, facilities_any=(("library",),))))
    assert (given["verdict"], given["covered_share"], given["unreachable"]) == ("falls_short", 0.0, 100.0)
    absent = headline(judge(drawing, circle(target=0.5)))
    assert (absent["verdict"], absent["missing"]) == ("not_judged", ("facilities:village_clinic",))
    assert absent["people"] == 100.0
    assert np.isnan(absent[["covered", "covered_share", "median_s"]].astype(float)).all()


@pytest.mark.parametrize(
    ("target", "verdict", "missing"),
    [(0.5, "meets", ()), (0.51, "not_judged", ("facilities:township_hospital",))],
)
def test_a_kind_without_a_layer_may_make_up_a_shortfall_but_undoes_no_target_met(target, verdict, missing) -> None:
    rule = circle(facilities_any=(("village_clinic", "township_hospital"),), target=target)
    row = headline(judge(county(*HALF), rule))
    assert (row["covered_share"], row["verdict"], row["missing"]) == (0.5, verdict, missing)
    given = county(*HALF, given=frozenset({"village_clinic", "township_hospital"}))
    assert headline(judge(given, rule))["verdict"] == ("meets" if target == 0.5 else "falls_short")


@pytest.mark.parametrize(
    ("what", "official", "missing"),
    [
        ("population", 125, ()),
        ("population", 126, ("completeness:population:total",)),
        ("population:under3", 5, ()),
        ("facilities:library", 100, ()),
    ],
)
def test_too_few_people_against_the_census_are_not_judged(what: str, official: float, missing: tuple) -> None:
    homes = (Home(1000, 1000, 50, (("under3", 1.0),)), Home(3900, 1000, 50, (("under3", 1.0),)))
    drawing = county(*homes, groups=("under3",), controls=((what, official),))
    row = headline(judge(drawing, circle(target=0.5)))
    assert (row["verdict"], row["missing"]) == ("not_judged" if missing else "meets", missing)


def test_a_group_is_counted_by_itself_and_never_by_the_total_instead() -> None:
    homes = (Home(1000, 1000, 50, (("under3", 1.0),)), Home(3900, 1000, 50, (("under3", 3.0),)))
    row = headline(judge(county(*homes, groups=("under3",)), circle(group="under3", target=0.5)))
    assert (row["people"], row["covered"], row["verdict"]) == (4.0, 1.0, "falls_short")
    absent = headline(judge(county(*HALF), circle(group="under3", target=0.5)))
    assert np.isnan(absent["people"])


TWO_VILLAGES = (
    *ONE_TOWNSHIP[:2],
    Unit("village", VILLAGE, TOWNSHIP, (0, 0, 2000, 2000), "220"),
    Unit("village", f"{TOWNSHIP}201", TOWNSHIP, (2000, 0, 4000, 2000), ""),
)


@pytest.mark.parametrize(("unknown", "verdict"), [(5.0, "meets"), (5.1, "not_judged")])
def test_over_five_in_a_hundred_without_a_class_a_rule_for_a_class_is_not_judged(unknown: float, verdict: str) -> None:
    homes = (Home(1000, 1000, 100 - unknown), Home(3000, 1000, unknown))
    result = judge(county(*homes, units=TWO_VILLAGES), circle(where="rural", target=0.5), circle("own/all", target=0.5))
    row = headline(result)
    assert (row["people"], row["unclassified"], row["verdict"]) == (100 - unknown, unknown, verdict)
    assert row["missing"] == (() if verdict == "meets" else ("class",))
    # a rule for everybody needs no class
    everybody = headline(result, "own/all")
    assert (everybody["people"], everybody["unclassified"], everybody["verdict"]) == (100.0, 0.0, "meets")


def test_where_nobody_has_a_class_nobody_can_say_that_nobody_is_concerned() -> None:
    units = tuple(replace(unit, ur_code="") for unit in ONE_TOWNSHIP)
    drawing = county(*HALF, units=units)
    row = headline(judge(drawing, circle(where="rural", target=0.5)))
    assert (row["people"], row["unclassified"]) == (0.0, 100.0)
    assert (row["verdict"], row["missing"]) == ("not_judged", ("class",))
    lacking = headline(judge(drawing, circle(where="rural", target=0.5, facilities_any=(("library",),))))
    assert (lacking["verdict"], lacking["missing"]) == ("not_judged", ("facilities:library", "class"))


@pytest.mark.parametrize(("official", "verdict"), [(1.25, "meets"), (1.26, "not_judged")])
def test_under_four_fifths_of_the_official_number_a_kind_is_not_judged(official: float, verdict: str) -> None:
    drawing = county(*HALF, controls=(("facilities:村卫生室", official),))
    row = headline(judge(drawing, circle(target=0.5)))
    assert row["verdict"] == verdict
    assert row["missing"] == (() if verdict == "meets" else ("completeness:village_clinic",))
    assert row["covered_share"] == 0.5


# ------------------------------------------------------------------------------------------------ targets that count


@pytest.mark.parametrize(
    ("share", "homes", "verdict", "missing"),
    [(0.5, HALF, "meets", ()), (0.7, HALF, "falls_short", ()), (0.55, OFF, "not_judged", ("roads",))],
)
def test_the_own_target_takes_the_place_of_the_plans_and_counts(share, homes, verdict, missing) -> None:
    rule = circle(force="encourage", target=0.1)
    row = headline(judge(county(*homes, snap_limit_m=100.0), own_target(rule, share)))
    assert (row["target"], row["verdict"], row["missing"]) == (share, verdict, missing)
    assert row["counts"]


def test_an_own_target_may_stand_at_the_townships() -> None:
    result = judge(county(*HALF), own_target(circle(), 0.6, level="township"))
    rows = result.results.query("headline").set_index("level")
    assert rows["verdict"].to_dict() == {"county": "", "township": "falls_short", "village": ""}
    assert rows["counts"].to_dict() == {"county": False, "township": True, "village": False}
    assert np.isnan(rows.loc["county", "target"])


@pytest.mark.parametrize(
    ("rule", "date", "counts"),
    [
        (circle(target=0.9), dt.date(2025, 12, 31), True),
        (circle(target=0.9, force="push"), dt.date(2025, 12, 31), False),
        (circle(force="firm"), dt.date(2025, 12, 31), False),
        (circle(target=0.9, horizon=2024), dt.date(2025, 12, 31), True),
        (circle(target=0.9, horizon=2024), dt.date(2026, 1, 1), False),
        (own_target(circle(horizon=2024), 0.9), dt.date(2026, 1, 1), False),
    ],
)
def test_a_shortfall_counts_for_firm_rules_and_own_targets_within_the_horizon(rule, date, counts) -> None:
    result = judge(county(*HALF, data_date=date), rule)
    row = headline(result)
    assert row["counts"] == counts
    assert row["verdict"] == ("no_target" if np.isnan(row["target"]) else "falls_short")
    # only the headline row of the verdict's level counts
    assert result.results["counts"].sum() == counts


def test_a_verdict_does_not_hang_on_the_order_of_additions() -> None:
    #   everybody is covered or off the network; added up apart, the two are a hair less than everybody
    homes = [Home(1000, 1000 + 900 * (n % 3 == 0), 0.1 + 0.01 * n) for n in range(5)]
    row = headline(judge(county(*homes, snap_limit_m=100.0), circle(target=1.0)))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("roads",))


# -------------------------------------------------------------------------------------------- robust, mode, edge


def test_the_range_says_whether_the_verdict_hangs_on_speed() -> None:
    #   900 m away, limit 900 s: at 0.5 m/s 1800 s, at 2 m/s 450 s; 2000 m away: 1000 s at the best
    homes = (Home(1000, 1000, 20), Home(1900, 1000, 30), Home(3000, 1000, 50))
    row = headline(judge(county(*homes), circle(target=0.4)))
    assert row["sensitivity"] == (("speed", 0.2, 0.5), ("snap_limit", 0.5, 0.5))
    assert (row["range_low"], row["covered_share"], row["range_high"]) == (0.2, 0.5, 0.5)
    assert (row["verdict"], row["robust"]) == ("meets", False)
    assert headline(judge(county(*homes), circle(target=0.6)))["robust"]
    assert headline(judge(county(*homes), circle(target=0.2)))["robust"]


def test_a_verdict_is_mode_dependent_where_another_profile_alone_lies_across_the_target() -> None:
    #   E is 2900 m from F: 2900 s on foot, 290 s by car and e-bike, 580 s by bicycle
    result = judge(county(*HALF), circle(target=0.6))
    row = headline(result)
    assert (row["verdict"], row["mode_dependent"]) == ("falls_short", True)
    alone = result.results.query("level == 'county'").set_index("profile")["covered_share"]
    assert alone.to_dict() == {"walk": 0.5, "vehicle": 1.0, "ebike": 1.0, "bicycle": 1.0}
    assert not headline(judge(county(*HALF), circle(target=0.5)))["mode_dependent"]


def test_comparison_profiles_never_decide() -> None:
    rows = judge(county(*HALF), circle(target=0.6)).results.query("not headline")
    assert set(rows["verdict"]) == {""}
    assert not rows["counts"].any()
    assert not rows["mode_dependent"].any()
