"""Tags to permissions: a table of what China's practice makes of them."""

from __future__ import annotations

import math

import pytest

from accessgis.base.files import packaged_toml
from accessgis.network.model import BICYCLE, FOOT, MOTOR
from accessgis.network.permissions import MODE_BITS, barrier_mask, is_excluded, parse_speed_kph, way_rule
from accessgis.network.profiles import load_profiles, road_classes

F, B, M = int(FOOT), int(BICYCLE), int(MOTOR)
ALL = F | B | M


def masks(text):
    rule = way_rule(dict(pair.split("=") for pair in text.split()))
    return (rule.forward, rule.backward)


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ("highway=motorway", M, 0),
        ("highway=motorway oneway=no", M, M),
        ("highway=motorway access=yes", M, 0),
        ("highway=motorway foot=yes", M | F, F),
        ("highway=motorway_link", M, M),
        ("highway=trunk", ALL, ALL),
        ("highway=trunk motorroad=yes", M, M),
        ("highway=residential", ALL, ALL),
        ("highway=track", ALL, ALL),
        ("highway=footway", F, F),
        ("highway=pedestrian", F, F),
        ("highway=steps", F, F),
        ("highway=path", F | B, F | B),
        ("highway=cycleway", F | B, F | B),
        ("highway=footway bicycle=designated", F | B, F | B),
        ("highway=pedestrian motor_vehicle=destination", F | M, F | M),
        ("highway=footway access=yes", F, F),
        ("highway=footway vehicle=yes", F, F),
        ("highway=busway", 0, 0),
        ("highway=pedestrian area=yes", F, F),
        ("highway=service area=yes", F, F),
        ("highway=service service=emergency_access", F | B, F | B),
        # the tag nearest to the mode decides
        ("highway=residential access=private", 0, 0),
        ("highway=residential access=no", 0, 0),
        ("highway=residential access=destination", ALL, ALL),
        ("highway=residential access=private foot=yes", F, F),
        ("highway=residential access=no vehicle=yes", B | M, B | M),
        ("highway=residential vehicle=no", F, F),
        ("highway=residential vehicle=no bicycle=yes", F | B, F | B),
        ("highway=residential motor_vehicle=no", F | B, F | B),
        ("highway=residential motor_vehicle=no motorcar=yes", ALL, ALL),
        ("highway=residential motorcar=private", F | B, F | B),
        ("highway=residential foot=no", B | M, B | M),
        ("highway=residential bicycle=use_sidepath", F | M, F | M),
        ("highway=residential foot=use_sidepath", ALL, ALL),
        ("highway=residential bicycle=dismount", F | M, F | M),
        ("highway=residential access=private;customers", ALL, ALL),
        ("highway=residential access=unknown", ALL, ALL),
        ("highway=residential vehicle:backward=no", ALL, F),
        # one-way signs
        ("highway=residential oneway=yes", ALL, F),
        ("highway=residential oneway=1", ALL, F),
        ("highway=residential oneway=-1", F, ALL),
        ("highway=residential oneway=reversible", ALL, ALL),
        ("highway=tertiary junction=roundabout", ALL, F),
        ("highway=tertiary junction=circular", ALL, F),
        ("highway=tertiary junction=roundabout oneway=no", ALL, ALL),
        ("highway=residential oneway=yes oneway:bicycle=no", ALL, F | B),
        ("highway=residential oneway=yes cycleway=opposite_lane", ALL, F | B),
        ("highway=residential oneway=yes cycleway:left=opposite_track", ALL, F | B),
        ("highway=residential oneway:bicycle=yes", ALL, F | M),
        ("highway=residential oneway=yes oneway:foot=yes", ALL, 0),
        ("highway=footway oneway=yes", F, F),
        ("highway=steps oneway:foot=-1", 0, F),
        # ferries
        ("route=ferry", F | B, F | B),
        ("route=ferry foot=no", B, B),
        ("route=ferry motor_vehicle=yes", ALL, ALL),
        ("route=ferry motorcar=yes bicycle=no", F | M, F | M),
        ("route=ferry access=private", 0, 0),
        ("route=ferry highway=secondary", F | B, F | B),
    ],
)
def test_who_may_go_where(tags, forward, backward):
    assert masks(tags) == (forward, backward)


@pytest.mark.parametrize(
    ("tags", "joinable"),
    [
        ("highway=residential", True),
        ("highway=motorway", False),
        ("highway=motorway_link", False),
        ("highway=trunk motorroad=yes", False),
        ("highway=residential bridge=yes", False),
        ("highway=residential bridge=viaduct", False),
        ("highway=residential bridge=no", True),
        ("highway=residential tunnel=yes", False),
        ("highway=residential tunnel=no", True),
        ("highway=residential tunnel=culvert", True),
        ("highway=footway tunnel=building_passage", True),
        ("route=ferry", False),
    ],
)
def test_where_points_may_join(tags, joinable):
    assert way_rule(dict(pair.split("=") for pair in tags.split())).joinable is joinable


@pytest.mark.parametrize("value", ["construction", "proposed", "abandoned", "raceway", "bus_stop", "strange", ""])
def test_what_is_no_road(value):
    assert way_rule({"highway": value}) is None
    assert is_excluded(value) is (value not in ("strange", ""))


@pytest.mark.parametrize(
    ("text", "kph", "doubt"),
    [
        ("50", 50.0, ""),
        ("50 km/h", 50.0, ""),
        ("30 mph", 48.28032, ""),
        ("30mph", 48.28032, ""),
        ("10 knots", 18.52, ""),
        ("60;40", 40.0, ""),
        ("40|60", 40.0, ""),
        ("walk", 7.0, ""),
        ("CN:urban", 50.0, ""),
        ("cn:motorway", 120.0, ""),
        ("none", math.nan, ""),
        ("signals", math.nan, ""),
        ("none;80", 80.0, ""),
        ("fast", math.nan, "AG9103"),
        ("", math.nan, "AG9103"),
        ("DE:urban", math.nan, "AG9103"),
        ("-5", math.nan, "AG9103"),
        ("0", math.nan, "AG9104"),
        ("999", math.nan, "AG9104"),
    ],
)
def test_speed_limits(text, kph, doubt):
    found, said = parse_speed_kph(text)

    assert found == pytest.approx(kph, nan_ok=True, abs=1e-12)
    assert said == doubt


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:20", 1_200_000),
        ("1:05", 3_900_000),
        ("0:00:45", 45_000),
        ("15", 900_000),
        ("PT1H20M", 4_800_000),
        ("PT30S", 30_000),
        ("soon", -1),
        ("00:75", -1),
        ("0", -1),
        ("99:00", -1),
        ("PT", -1),
    ],
)
def test_durations(text, ms):
    rule = way_rule({"route": "ferry", "duration": text})

    assert rule.duration_ms == ms
    assert rule.doubts == (() if ms > 0 else ("AG9105",))


def test_a_duration_says_nothing_about_a_road():
    assert way_rule({"highway": "primary", "duration": "00:20"}).duration_ms == -1


@pytest.mark.parametrize(
    ("tags", "mask"),
    [
        ("highway=crossing", ALL),
        ("barrier=gate", ALL),
        ("barrier=toll_booth", ALL),
        ("barrier=bollard", F | B),
        ("barrier=block", F | B),
        ("barrier=stile", F),
        ("barrier=wall", 0),
        ("barrier=something_new", F | B),
        ("barrier=gate access=private", 0),
        ("barrier=gate access=no foot=yes", F),
        ("barrier=gate locked=yes", 0),
        ("barrier=gate locked=yes foot=yes", F),
        ("barrier=gate motor_vehicle=private", F | B),
        ("barrier=bollard motor_vehicle=yes", ALL),
        ("barrier=bollard bicycle=no", F),
        ("barrier=wall foot=yes bicycle=yes", F | B),
    ],
)
def test_what_stops_whom(tags, mask):
    assert barrier_mask(dict(pair.split("=") for pair in tags.split())) == mask


def test_the_rules_are_complete():
    rules = packaged_toml("accessgis.network", "data/permissions.toml")

    for name, row in rules["classes"].items():
        assert set(row["modes"]) <= set(MODE_BITS), name
        assert row["source"], name
        assert not is_excluded(name)
    assert set(road_classes()) == set(load_profiles()["vehicle"].class_speed_kph)
    for modes in rules["barriers"]["values"].values():
        assert set(modes) <= set(MODE_BITS)
