"""Speeds are data, cited, and a study may put its own in their place."""

from __future__ import annotations

import pytest

from accessgis.base.errors import UsageError, message_catalogue
from accessgis.network.profiles import SpeedRange, class_speed_sources, load_profiles, with_overrides

RANGE = {"low": 4.0, "central": 5.0, "high": 6.0}


def test_the_shipped_profiles():
    profiles = load_profiles()

    assert {name: profile.title_zh for name, profile in profiles.items()} == {
        "walk": "步行",
        "walk-elderly": "老年人步行",
        "walk-carer": "带儿童步行",
        "bicycle": "自行车",
        "ebike": "电动自行车",
        "vehicle": "驾车",
    }
    assert profiles["walk"].speed_kph == SpeedRange(low=3.2, central=4.0, high=4.8)
    assert profiles["walk-elderly"].walking_kph.central == 3.0
    assert profiles["ebike"].speed_kph == SpeedRange(low=15, central=20, high=25)
    for rider in ("bicycle", "ebike", "vehicle"):
        assert profiles[rider].walking_kph == profiles["walk"].speed_kph
        assert profiles[rider].obeys_oneway
    assert all(profile.source for profile in profiles.values())


def test_every_speed_is_ordered_cited_and_legal():
    vehicle = load_profiles()["vehicle"]
    sources = class_speed_sources()

    assert vehicle.speed_kph is None
    for road_class, speed in vehicle.class_speed_kph.items():
        assert 0 < speed.low < speed.central < speed.high <= 120, road_class
        assert speed.low == pytest.approx(speed.central * 0.8)
        assert speed.high == pytest.approx(speed.central * 1.2)
        assert sources[road_class]


def test_walking_faster_changes_everybodys_access_legs_but_those_of_other_walkers():
    changed = with_overrides(load_profiles(), {"walk": {"speed_kph": RANGE}})

    assert changed["walk"].speed_kph == changed["walk"].walking_kph == SpeedRange(low=4, central=5, high=6)
    assert changed["vehicle"].walking_kph.central == 5.0
    assert changed["walk-elderly"].walking_kph.central == 3.0
    assert changed["walk"].source == "study"
    assert changed["vehicle"].source == load_profiles()["vehicle"].source


def test_a_profile_keeps_walking_legs_of_its_own():
    changed = with_overrides(load_profiles(), {"walk": {"speed_kph": RANGE}, "vehicle": {"walking_kph": RANGE}})

    assert changed["vehicle"].walking_kph.central == 5.0
    again = with_overrides(load_profiles(), {"vehicle": {"walking_kph": RANGE, "source": "局内实测"}})
    assert again["vehicle"].walking_kph.central == 5.0
    assert again["bicycle"].walking_kph.central == 4.0
    assert again["vehicle"].source == "局内实测"


def test_a_class_gets_a_speed_of_its_own():
    changed = with_overrides(load_profiles(), {"vehicle": {"class_speed_kph": {"track": RANGE}}})

    assert changed["vehicle"].class_speed_kph["track"].central == 5.0
    assert changed["vehicle"].class_speed_kph["primary"].central == 60.0
    assert load_profiles()["vehicle"].class_speed_kph["track"].central == 8.0


def test_nothing_overridden_is_nothing_changed():
    assert with_overrides(load_profiles(), {}) == load_profiles()
    assert with_overrides(load_profiles(), {"walk": {}}) == load_profiles()


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"horse": {"speed_kph": RANGE}}, "AG2040"),
        ({"walk": {"speed": RANGE}}, "AG2041"),
        ({"vehicle": {"class_speed_kph": {"alley": RANGE}}}, "AG2041"),
        ({"walk": {"speed_kph": 5}}, "AG2042"),
        ({"walk": {"speed_kph": {"low": 4, "central": 5}}}, "AG2042"),
        ({"walk": {"speed_kph": RANGE | {"most": 9}}}, "AG2042"),
        ({"walk": {"speed_kph": RANGE | {"low": "4"}}}, "AG2042"),
        ({"walk": {"speed_kph": RANGE | {"low": True}}}, "AG2042"),
        ({"vehicle": {"class_speed_kph": 30}}, "AG2042"),
        ({"walk": {"speed_kph": RANGE | {"low": 5.5}}}, "AG2043"),
        ({"walk": {"speed_kph": RANGE | {"low": 0}}}, "AG2043"),
        ({"walk": {"speed_kph": RANGE | {"high": 1000}}}, "AG2043"),
        ({"walk": {"speed_kph": RANGE | {"high": float("nan")}}}, "AG2043"),
        ({"vehicle": {"speed_kph": RANGE}}, "AG2044"),
        ({"walk": {"source": 5}}, "AG2045"),
        ({"walk": {"source": ""}}, "AG2045"),
    ],
)
def test_bad_overrides_are_named(overrides, code):
    with pytest.raises(UsageError) as raised:
        with_overrides(load_profiles(), overrides)

    error = raised.value
    assert error.code == code
    assert str(error.values["key"]).startswith(f"profiles.{next(iter(overrides))}")
    for language in ("en", "zh"):
        assert "{" not in error.message(language)
        assert "{{" not in error.fix(language)


def test_every_message_of_roads_is_whole():
    ours = [code for code in message_catalogue() if code[2:5] in {"204", "311", "310", "350", "910", "911", "950"}]

    assert len(ours) > 25
    for code in ours:
        parts = {"en", "zh"} | (set() if code.startswith("AG9") else {"fix_en", "fix_zh"})
        assert set(message_catalogue()[code]) == parts, code
