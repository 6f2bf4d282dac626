"""What closing a candidate does, worked out on one straight road."""

from __future__ import annotations

import dataclasses

from paper.studies import COUNTY, ONE_TOWNSHIP, Drawing, Home, Site, Unit, circle, judge, line

from accessgis.assess.assessment import CLOSURES
from accessgis.standards.model import FacilityTest

TOWNSHIP = f"{COUNTY}100"
#  y=1000   A(10) ──900 m── F ──900 m── B(20) ──900 m── G        on foot 900 m take 900 s
DRAWING = Drawing(
    units=tuple(ONE_TOWNSHIP),
    ways=(line((100, 1000), (2900, 1000)),),
    homes=(Home(100, 1000, 10), Home(1900, 1000, 20), Home(2700, 1000, 5)),
    sites=(
        Site("F", 1000, 1000, kind="teaching_point"),
        Site("G", 2800, 1000, kind="primary_school"),
        Site("P", 200, 1000, kind="primary_school", status="planned"),
    ),
)
RULE = circle(
    "own/merge",
    kind="consolidation",
    facilities_any=(("teaching_point", "primary_school"),),
    having=(FacilityTest(field="kind", one_of=("teaching_point",)),),
    limit_s=None,
    target_level=None,
)


def test_who_loses_their_nearest_and_how_long_they_travel_then():
    result = judge(DRAWING, RULE)
    CLOSURES.require(result.closures)
    (row,) = result.closures.to_dict("records")
    assert (row["rule"], row["facility_id"]) == ("own/merge", "F")
    # B is as far from F as from G: the facility listed first is its nearest, and closing it costs B nothing
    assert row["people"] == 30.0
    assert (row["median_before_s"], row["median_after_s"]) == (900.0, 900.0)
    assert (row["p90_before_s"], row["p90_after_s"]) == (900.0, 2700.0)
    assert row["unreachable"] == 0.0
    ((_, people, before, after),) = row["worst"]
    assert (people, before, after) == (30.0, 900.0, 900.0)


def test_without_another_they_cannot_reach_any():
    alone = Drawing(units=DRAWING.units, ways=DRAWING.ways, homes=DRAWING.homes, sites=DRAWING.sites[:1])
    (row,) = judge(alone, RULE).closures.to_dict("records")
    assert (row["people"], row["unreachable"], row["median_after_s"]) == (35.0, 35.0, float("inf"))


def test_no_candidate_no_row():
    none = Drawing(units=DRAWING.units, ways=DRAWING.ways, homes=DRAWING.homes, sites=DRAWING.sites[1:])
    result = judge(none, RULE)
    assert result.closures.empty
    assert list(result.closures.columns) == list(CLOSURES.names)


def test_the_villages_that_travel_longest_afterwards_are_named_first():
    first, second = f"{TOWNSHIP}200", f"{TOWNSHIP}201"
    units = (
        *ONE_TOWNSHIP[:2], Unit("village", first, TOWNSHIP, (0, 0, 1500, 2000)),
        Unit("village", second, TOWNSHIP, (1500, 0, 4000, 2000)),
    )  # fmt: skip
    (row,) = judge(dataclasses.replace(DRAWING, units=units), RULE).closures.to_dict("records")
    assert [entry[1:] for entry in row["worst"]] == [(10.0, 900.0, 2700.0), (20.0, 900.0, 900.0)]
    assert row["worst"][0][0].endswith(first)
