"""Circles in metres, radii as the crow flies, and service areas, on streets drawn in metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paper.studies import COUNTY, Drawing, Home, Site, Unit, circle, headline, judge, line

# A street that turns at a right angle: 600 m east, then 800 m north. The clinic stands at its far end, 1000 m from its
# start as the crow flies and 1400 m along it. A farm lies 3000 m from every road, 200 m from the second clinic.
TOWN, FARMS = f"{COUNTY}101", f"{COUNTY}102"
BENT = Drawing(
    units=(
        Unit("county", COUNTY, "", (-5000, -5000, 9000, 5000)),
        Unit("township", TOWN, COUNTY, (-5000, -5000, 4000, 5000)),
        Unit("township", FARMS, COUNTY, (4000, -5000, 9000, 5000)),
    ),
    ways=(line((0, 0), (600, 0), (600, 800)),),
    homes=(Home(0, 0, 10), Home(600, 0, 20), Home(600, 600, 30), Home(8000, 0, 5)),
    sites=(Site("a", 600, 800), Site("b", 8000, 200)),
)
RADIUS = circle(limit_s=None, limit_m=1000.0, metric="straight-line", profiles=())
ROAD = circle(limit_s=None, limit_m=800.0, metric="network-distance", profiles=("walk",))


def metres(result: object, profile: str) -> list[float]:
    people: pd.DataFrame = result.people  # type: ignore[attr-defined]
    rows = people[people["profile"] == profile]
    assert rows["seconds"].isna().all()
    return rows["metres"].tolist()


def test_a_radius_is_judged_as_the_crow_flies_beside_the_way_by_road() -> None:
    result = judge(BENT, RADIUS, evidence=True)
    row = headline(result)
    assert (row["profile"], row["people"], row["covered"]) == ("straight-line", 65.0, 65.0)
    assert metres(result, "straight-line") == [1000.0, 800.0, 200.0, 200.0]
    assert metres(result, "walk-distance") == [1400.0, 800.0, 200.0, 200.0], "the farm walks straight to its clinic"
    assert (row["covered_share_straight"], row["straight_only"]) == (1.0, 10.0)
    assert (row["median_m"], row["p90_m"], np.isnan(row["median_s"])) == (200.0, 1000.0, True)
    assert row["sensitivity"] == (), "nothing that is varied moves a straight line"
    by_road = result.results[(result.results["profile"] == "walk-distance") & (result.results["area"] == COUNTY)]
    assert by_road["covered"].tolist() == [55.0]
    assert result.evidence is not None
    times = result.evidence["times"]
    assert set(times.loc[times["profile"] == "straight-line", "via"]) == {"straight"}
    assert set(result.evidence["edges"]["profile"]) == {"walk-distance"}, "a straight line has no edges"


def test_a_radius_is_inclusive_to_the_millimetre() -> None:
    assert headline(judge(BENT, replace(RADIUS, limit_m=999.999)))["covered"] == 55.0
    assert headline(judge(BENT, replace(RADIUS, limit_m=1000.0)))["covered"] == 65.0


def test_metres_along_the_road_do_not_hang_on_speeds_slopes_or_the_classes_of_roads() -> None:
    slow = replace(BENT, speed=0.25, ways=(line((0, 0), (600, 0), (600, 800), highway="path"),))
    for drawing in (BENT, slow):
        row = headline(judge(drawing, ROAD))
        assert (row["profile"], row["covered"]) == ("walk-distance", 55.0)
        assert [name for name, *_ in row["sensitivity"]] == ["snap_limit"]
        assert (row["covered_share_straight"], row["straight_only"]) == (pytest.approx(55 / 65), 0.0)


def test_a_walking_circle_says_whom_only_the_straight_line_brings_in() -> None:
    row = headline(judge(BENT, circle(limit_s=1000)))  # at 1 m/s 1000 m
    assert (row["covered"], row["covered_share_straight"], row["straight_only"]) == (55.0, 1.0, 10.0)
    gaps = judge(BENT, replace(RADIUS, limit_m=700.0)).gaps
    assert gaps.loc[gaps["rank"] == 1, "metres"].tolist() == [800.0]


def test_driving_circles_have_no_radius() -> None:
    row = headline(judge(BENT, circle(profiles=("vehicle",))))
    assert np.isnan([row["covered_share_straight"], row["straight_only"]]).all()


def test_assigned_people_go_only_where_a_service_area_names_them() -> None:
    # Both clinics state whom they serve; the farm is served by the clinic in town, which it cannot reach.
    sites = (Site("a", 600, 800, serves=f"{TOWN};{FARMS}"), Site("b", 8000, 200, serves=f"{COUNTY}999"))
    drawn = replace(BENT, sites=sites)
    nearest = headline(judge(drawn, circle()))
    assert (nearest["covered"], nearest["covered_share_assigned"]) == (55.0, 50 / 65)
    assigned = headline(judge(drawn, circle(sharing="serves")))
    assert (assigned["covered"], assigned["unreachable"] + assigned["off_network"]) == (50.0, 5.0)
    assert assigned["verdict"] == "no_target"


def test_of_several_that_serve_a_place_the_nearest_counts_and_a_larger_area_holds_the_smaller() -> None:
    sites = (Site("a", 600, 800, serves=COUNTY), Site("b", 8000, 200, serves=FARMS))
    result = judge(replace(BENT, sites=sites), circle(sharing="serves"), evidence=True)
    assert headline(result)["covered"] == 55.0
    assert result.evidence is not None
    times = result.evidence["times"]
    assert times.loc[times["profile"] == "walk", "facility_id"].tolist() == ["a", "a", "a", "b"]


def test_where_one_facility_states_no_service_area_assigned_shares_are_not_known() -> None:
    sites = (Site("a", 600, 800, serves=TOWN), Site("b", 8000, 200))
    drawn = replace(BENT, sites=sites)
    assert np.isnan(headline(judge(drawn, circle()))["covered_share_assigned"])
    row = headline(judge(drawn, circle(sharing="serves")))
    assert (row["verdict"], row["missing"]) == ("not_judged", ("serves:village_clinic",))
