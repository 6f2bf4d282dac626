"""What is computed for a rule: which profiles, which facilities, what keeps it from being computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paper.studies import COUNTY, ONE_TOWNSHIP, Drawing, Home, Site, Unit, circle, line, own_target, prepared

from accessgis.base.errors import UsageError
from accessgis.network.profiles import STRAIGHT
from accessgis.study.reaches import admitted, compared_profiles, compute_reaches, missing_inputs, top_speed_kph
from accessgis.study.routing import Router
from accessgis.study.rules import ChosenRule

#  y=1000  H0 ─────600 m───── F ─────600 m───── H1 ─────600 m───── X     border at 1500: F is ours, X the neighbours'
HOMES = (Home(0, 1000), Home(1200, 1000))
DRAWING = Drawing(
    units=(
        Unit("county", COUNTY, "", (0, 0, 1500, 2000)),
        Unit("township", f"{COUNTY}100", COUNTY, (0, 0, 900, 2000)),
        Unit("township", f"{COUNTY}101", COUNTY, (900, 0, 1500, 2000)),
    ),
    ways=(line((0, 1000), (1200, 1000)), line((1200, 1000), (1800, 1000))),
    homes=HOMES,
    sites=(Site("F", 600, 1000), Site("X", 1800, 1000)),
)


def plain(rule) -> ChosenRule:
    return ChosenRule(standard=rule, basis="in_scope", basis_note="", target=None)


def reach(drawing: Drawing, rule):
    found, _ = compute_reaches(prepared(drawing), [plain(rule)])
    return found[0]


@pytest.mark.parametrize(
    ("rule", "profiles"),
    [
        (circle(), ("walk", "vehicle", "ebike", "bicycle")),
        (circle(profiles=("vehicle", "walk")), ("vehicle", "walk", "ebike", "bicycle")),
        (circle(group="age60plus"), ("walk", "vehicle", "ebike", "bicycle", "walk-elderly")),
        (circle(group="age65plus"), ("walk", "vehicle", "ebike", "bicycle", "walk-elderly")),
        (circle(group="under3"), ("walk", "vehicle", "ebike", "bicycle", "walk-carer")),
        (circle(group="age6to11"), ("walk", "vehicle", "ebike", "bicycle")),
        (circle(profiles=("walk-elderly",)), ("walk-elderly", "vehicle", "ebike", "bicycle", "walk")),
        (circle(profiles=("vehicle",), direction="from_facility"), ("vehicle",)),
    ],
)
def test_a_rule_is_computed_for_its_own_profiles_first(rule, profiles) -> None:
    assert compared_profiles(plain(rule)) == profiles


def test_the_headline_comes_first_then_each_profile_alone() -> None:
    one = reach(DRAWING, circle())
    assert [reach.profile for reach in one.reaches] == ["walk", "vehicle", "ebike", "bicycle"]
    several = reach(DRAWING, circle(profiles=("vehicle", "walk")))
    assert [reach.profile for reach in several.reaches] == ["vehicle+walk", "vehicle", "walk", "ebike", "bicycle"]


@pytest.mark.parametrize(
    ("rule", "missing"),
    [
        (circle(), ()),
        (circle(group="under3"), ("group:under3",)),
        (circle(facilities_any=(("library", "park"),)), ("facilities:library|park",)),
        (circle(facilities_any=(("village_clinic",), ("library",))), ("facilities:library",)),
        (circle(facilities_any=(("library", "village_clinic"),)), ()),
        (circle(limit_s=None, limit_m=500.0, metric="network-distance"), ()),
        (circle(sharing="serves"), ("serves:village_clinic",)),
        (circle(group="under3", facilities_any=(("park",),)), ("group:under3", "facilities:park")),
    ],
)
def test_what_is_missing_is_named(rule, missing) -> None:
    assert missing_inputs(plain(rule), prepared(DRAWING)) == missing
    found = reach(DRAWING, rule)
    assert (found.missing, bool(found.reaches), bool(found.parts)) == (missing, not missing, not missing)


def test_only_placed_facilities_of_the_kind_in_service_are_admitted() -> None:
    sites = (Site("a", 600, 1000), Site("b", 600, 1000, "library"), Site("c", 600, 1000, status="closed"),
             Site("d", 600, 1000, status="planned"), Site("e", 600, 1000))  # fmt: skip
    layers = prepared(replace(DRAWING, sites=sites))
    frame = layers.facilities.frame
    frame.loc[frame["facility_id"] == "e", "placement"] = "unplaced"
    assert admitted(layers, ["village_clinic"]).tolist() == [True, False, False, False, False]
    assert admitted(layers, ["library", "park"]).tolist() == [False, True, False, False, False]
    planned = admitted(layers, ["village_clinic"], statuses=("in_service", "planned"))
    assert planned.tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("sharing", "ms"),
    [("any", [600e3, 600e3]), ("county", [600e3, 600e3]), ("township", [600e3, np.inf])],
)
def test_people_share_facilities_of_their_own_unit(sharing: str, ms: list[float]) -> None:
    # F stands in the first township; the second home lives in the second
    found = reach(DRAWING, circle(sharing=sharing))
    assert found.reaches[0].ms.tolist() == ms
    # without X, F is as far for both; with a closer X only "any" may go there
    near = reach(replace(DRAWING, sites=(Site("F", 600, 1000), Site("X", 1600, 1000))), circle(sharing=sharing))
    assert near.reaches[0].ms.tolist() == [600e3, 400e3 if sharing == "any" else ms[1]]


@pytest.mark.parametrize(
    ("sharing", "covered", "own"),
    [("any", [True, True], [True, False]), ("county", [True, False], [True, False]),
     ("township", [True, False], [True, False])],
)  # fmt: skip
def test_own_facilities_are_at_most_those_the_rule_shares(sharing: str, covered: list, own: list) -> None:
    drawing = replace(DRAWING, sites=(Site("F", 300, 1000), Site("X", 1600, 1000)))
    found = reach(drawing, circle(sharing=sharing, limit_s=600)).reaches[0]
    assert found.covered["central"].tolist() == covered
    assert found.covered["own"].tolist() == own


def test_a_township_shares_less_than_its_county_whatever_stands_beyond_the_border() -> None:
    # both homes are 600 s from F, which is the county's, and only the first township's
    for sites in ((Site("F", 600, 1000),), (Site("F", 600, 1000), Site("X", 1800, 1000))):
        found = reach(replace(DRAWING, sites=sites), circle(sharing="township", limit_s=600)).reaches[0]
        assert found.covered["central"].tolist() == [True, False]
        assert found.covered["own"].tolist() == [True, False]


def test_ties_go_to_the_first_profile_and_the_first_facility() -> None:
    # F and X are both 600 m from the second home
    found = reach(DRAWING, circle(profiles=("walk-elderly", "walk")))
    assert found.reaches[0].facility.tolist() == [0, 0]
    assert (found.reaches[0].ms == found.reaches[1].ms).all()


def test_the_top_speed_is_that_of_the_network_or_of_walking_to_it() -> None:
    found = reach(DRAWING, circle(profiles=("vehicle",)))
    assert found.reaches[0].reach_m == pytest.approx(900 * 10)
    assert {part.profile: top_speed_kph(part.case) for part in found.parts} == pytest.approx(
        {"vehicle": 36.0, "ebike": 36.0, "bicycle": 18.0, "walk": 3.6}
    )
    # a path that no car may use leaves its driver walking
    on_foot = reach(replace(DRAWING, ways=(line((0, 1000), (1800, 1000), highway="footway"),)), circle())
    speeds = {part.profile: top_speed_kph(part.case) for part in on_foot.parts}
    assert (speeds["vehicle"], speeds["walk"]) == pytest.approx((3.6, 3.6))


def test_an_unknown_profile_is_refused_with_the_rule() -> None:
    with pytest.raises(UsageError) as caught:
        reach(DRAWING, circle(profiles=("helicopter",)))
    assert caught.value.code == "AG2056"
    assert "own/clinic" in caught.value.message("en")


def test_a_rule_that_cannot_be_computed_needs_no_known_profile() -> None:
    assert reach(DRAWING, circle(profiles=("helicopter",), group="under3")).missing == ("group:under3",)


def test_rules_keep_their_order_and_do_not_touch_each_other() -> None:
    layers = prepared(replace(DRAWING, units=tuple(ONE_TOWNSHIP)))
    rules = [
        plain(circle("own/b")),
        plain(circle("own/a", limit_s=60)),
        own_target(circle("own/c", group="under3"), 0.5),
    ]
    together, _ = compute_reaches(layers, rules)
    assert [found.chosen.standard.id for found in together] == ["own/b", "own/a", "own/c"]
    for rule, found in zip(rules[:2], together, strict=False):
        alone, _ = compute_reaches(layers, [rule])
        for one, other in zip(alone[0].reaches, found.reaches, strict=True):
            assert (one.ms == other.ms).all()
            assert {name: mask.tolist() for name, mask in one.covered.items()} == {
                name: mask.tolist() for name, mask in other.covered.items()
            }


def test_every_step_is_announced_once() -> None:
    said: list[str] = []
    compute_reaches(prepared(DRAWING), [plain(circle())], progress=said.append)
    assert len(said) == len(set(said))
    assert {"walk (low)", "walk (central)", "walk (high)", "vehicle (central)", "bicycle (low)"} <= set(said)


def test_the_straight_case_of_a_router_is_made_once_and_of_its_own_facilities() -> None:
    router = Router(prepared(DRAWING))
    case = router.case(STRAIGHT, "central")
    assert case is router.case(STRAIGHT, "central")
    assert case.straight
    assert not router.case("walk-distance", "central").straight
    assert router.beside(prepared(DRAWING)).case(STRAIGHT, "central") is not case
