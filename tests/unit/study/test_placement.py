"""The range over where in its village a facility stands that is known by the village's name alone."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from paper.proposals import place
from paper.studies import COUNTY, Drawing, Home, Site, Unit, circle, headline, judge, line, measured, prepared

from accessgis.decide.site import site_effect
from accessgis.network.profiles import STRAIGHT
from accessgis.study.placement import placements

EAST_VILLAGE, WEST_VILLAGE = f"{COUNTY}100200", f"{COUNTY}100201"
#              N (1000, 1800) 30 people
#                  │
#  W (100, 1000) ──F── E (1900, 1000)    the village, its register placed at F (1000, 1000)      │  O (2600, 1000)
#     10 people    │      50 people                                                             │  next village, 7
#              S (1000, 300) 20 people; nobody lives at F, and nobody at (1000, 100)
HOMES = (
    Home(1000, 1800, 30),
    Home(1900, 1000, 50),
    Home(1000, 300, 20),
    Home(100, 1000, 10),
    Home(2600, 1000, 7),
    Home(1000, 100, 0),
)
OUTERMOST = {"north": (1000, 1800), "east": (1900, 1000), "south": (1000, 300), "west": (100, 1000)}
DRAWING = Drawing(
    units=(
        Unit("county", COUNTY, "", (0, 0, 4000, 2000)),
        Unit("township", f"{COUNTY}100", COUNTY, (0, 0, 4000, 2000)),
        Unit("village", EAST_VILLAGE, f"{COUNTY}100", (0, 0, 2000, 2000), "220"),
        Unit("village", WEST_VILLAGE, f"{COUNTY}100", (2000, 0, 4000, 2000), "220"),
    ),
    ways=(
        line((100, 1000), (1000, 1000), (1900, 1000), (2600, 1000)),
        line((1000, 100), (1000, 300), (1000, 1000), (1000, 1800)),
    ),
    homes=HOMES,
    sites=(Site("F", 1000, 1000),),
)


def by_name(drawing: Drawing, **changes: object):
    """Return the layers of a drawing whose facilities were placed by their village."""
    layers = prepared(drawing)
    frame = layers.facilities.frame
    frame = frame.assign(placement=pd.array(["village"] * len(frame), dtype="str"), **changes)
    return replace(layers, facilities=replace(layers.facilities, frame=frame))


@pytest.mark.parametrize(
    "rule",
    [
        circle(limit_s=800, target=0.5),
        circle(limit_s=300, target=0.5, profiles=("walk", "bicycle")),
        circle(limit_s=None, limit_m=800, metric="network-distance", target=0.5),
        circle(limit_s=None, limit_m=1100, metric="straight-line", target=0.5),
    ],
    ids=["walk", "walk or ride", "metres", STRAIGHT],
)
def test_the_range_is_what_studies_with_the_facility_moved_by_hand_give(rule) -> None:
    row = headline(judge(by_name(DRAWING), rule), rule.id)
    by_hand = [
        headline(judge(replace(DRAWING, sites=(Site("F", *at),)), rule), rule.id)["covered_share"]
        for at in OUTERMOST.values()
    ]

    assert len(set(by_hand)) > 1
    ranges = {factor: (low, high) for factor, low, high in row["sensitivity"]}
    assert ranges["placement"] == (min(by_hand), max(by_hand))
    assert row["range_low"] <= min(by_hand)
    assert row["range_high"] >= max(by_hand)


def test_a_verdict_that_rests_on_the_place_in_the_village_is_not_robust() -> None:
    # At F all but 20 + 7 of 117 people are within 900 m of it; at the eastern end only its own 50 and O's 7 are.
    rule = circle(limit_s=900, target=0.5)
    fixed, placed = headline(judge(DRAWING, rule)), headline(judge(by_name(DRAWING), rule))
    assert placed["covered_share"] == fixed["covered_share"]
    assert "placement" not in [factor for factor, *_ in fixed["sensitivity"]]
    low = next(low for factor, low, _ in placed["sensitivity"] if factor == "placement")
    assert low < 0.5 <= placed["covered_share"]
    assert not placed["robust"]


def test_only_what_stands_at_its_village_moves_and_stays_inside_it() -> None:
    drawing = replace(DRAWING, sites=(Site("F", 1000, 1000), Site("G", 500, 1000), Site("H", 3000, 1000)))
    layers = by_name(drawing)
    kinds = pd.array(["village", "coordinates", "village"], dtype="str")
    frame = layers.facilities.frame.assign(placement=kinds)
    layers = replace(layers, facilities=replace(layers.facilities, frame=frame))
    home = layers.demand.frame

    moved = placements(layers)

    assert list(moved) == ["north", "east", "south", "west"]
    for side, other in moved.items():
        frame, before = other.facilities.frame, layers.facilities.frame
        at = [place for place, one in enumerate(HOMES) if (one.x, one.y) == OUTERMOST[side]]
        assert frame[["x", "y"]].iloc[0].tolist() == home[["x", "y"]].iloc[at[0]].tolist()
        assert frame[["x", "y"]].iloc[1].tolist() == before[["x", "y"]].iloc[1].tolist()
        # The people of the other village stand at one place: its corners count.
        west, south, east, north = layers.areas.at("village").geometry.iloc[1].bounds
        edge = {"north": ("y", north), "east": ("x", east), "south": ("y", south), "west": ("x", west)}
        assert frame[edge[side][0]].iloc[2] == edge[side][1]
        assert (frame.geometry.x == frame["x"]).all()
        assert frame["village"].tolist() == before["village"].tolist()


def test_nothing_moves_where_all_have_coordinates_or_none_is_in_service() -> None:
    assert placements(prepared(DRAWING)) == {}
    assert placements(by_name(DRAWING, status="planned")) == {}


def test_both_kinds_of_a_rule_move_together() -> None:
    rule = circle(limit_s=1000, facilities_any=(("village_clinic",), ("library",)), target=0.5)
    sites = (Site("F", 1000, 1000), Site("L", 1000, 1000, kind="library"))
    drawing = replace(DRAWING, sites=sites, given=frozenset({"village_clinic", "library"}))
    layers = by_name(drawing)
    only_one = pd.array(["village", "coordinates"], dtype="str")
    frame = layers.facilities.frame.assign(placement=only_one)
    layers = replace(layers, facilities=replace(layers.facilities, frame=frame))

    ranges = {factor: (low, high) for factor, low, high in headline(judge(layers, rule))["sensitivity"]}

    by_hand = [
        headline(judge(replace(drawing, sites=(Site("F", *at), drawing.sites[1])), rule))["covered_share"]
        for at in OUTERMOST.values()
    ]
    assert ranges["placement"] == (min(by_hand), max(by_hand))


def test_what_a_site_gains_ranges_over_where_in_their_village_todays_facilities_stand() -> None:
    rule = circle(
        limit_s=None, limit_m=800, metric="network-distance", target=0.5
    )  # no other factor but the snap limit

    def gained(layers) -> pd.Series:
        return site_effect(measured(layers, rule), place(DRAWING, 1900, 1000)).rules.iloc[0]

    placed = gained(by_name(DRAWING))

    by_hand = [gained(prepared(replace(DRAWING, sites=(Site("F", *one),))))["net"] for one in OUTERMOST.values()]
    assert placed["net"] == gained(prepared(DRAWING))["net"]
    assert (placed["net_low"], placed["net_high"]) == (min(by_hand), max(by_hand))
    assert placed["net_low"] < placed["net_high"]
