"""Facility kinds: names that users write, and what OSM tags mean."""

from __future__ import annotations

import pytest

from accessgis.base.errors import UsageError
from accessgis.standards import kind_id, load_catalogue, load_kinds, osm_keys, osm_kind, osm_rules
from accessgis.standards.marks import CAPACITIES


def test_ids_and_names_are_unique():
    kinds = load_kinds()
    names = [name for kind in kinds.values() for name in {kind.id, kind.zh, kind.en, *kind.aliases}]
    assert len(names) == len(set(names))
    assert all(kind.id == key for key, kind in kinds.items())
    assert len(kinds) == 89


def test_capacities_are_columns_of_a_layer():
    for kind in load_kinds().values():
        assert kind.capacities
        assert set(kind.capacities) <= set(CAPACITIES), kind.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("village_clinic", "village_clinic"),
        ("村卫生室", "village_clinic"),
        ("　村卫生室 ", "village_clinic"),
        ("Village Clinic", "village_clinic"),
        ("诊所（未分类）", "clinic_unspecified"),
        ("诊所(未分类)", "clinic_unspecified"),
        ("敬老院", "rural_elderly_home"),
        ("ｐａｒｋ", "park"),
    ],
)
def test_kinds_are_found_by_any_of_their_names(text: str, expected: str):
    assert kind_id(text) == expected


@pytest.mark.parametrize(
    ("text", "close"), [("村卫生院", "village_clinic 村卫生室"), ("vilage_clinic", "village_clinic")]
)
def test_an_unknown_kind_names_the_closest(text: str, close: str):
    with pytest.raises(UsageError, match=close) as caught:
        kind_id(text)
    assert caught.value.code == "AG2102"
    assert text in caught.value.message("zh")


def test_nothing_close_is_said_too():
    with pytest.raises(UsageError, match="accessgis kinds"):
        kind_id("§§§")


SENIOR = {"social_facility:for": "senior"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"amenity": "clinic"}, "clinic_unspecified"),
        ({"amenity": "doctors"}, "clinic_unspecified"),
        ({"amenity": "doctors", "access": "private"}, "clinic_unspecified"),
        ({"amenity": "clinic", "access": "no"}, None),
        ({"amenity": "hospital"}, "hospital_unspecified"),
        ({"healthcare": "centre"}, "clinic_unspecified"),
        ({"healthcare": "hospital", "building": "yes"}, "hospital_unspecified"),
        ({"amenity": "pharmacy", "healthcare": "pharmacy"}, None),
        ({"amenity": "kindergarten"}, "kindergarten_unspecified"),
        ({"amenity": "childcare"}, None),
        ({"amenity": "school"}, "school_unspecified"),
        ({"amenity": "school", "access": "private"}, "school_unspecified"),
        ({"amenity": "school", "isced:level": "1"}, "primary_school"),
        ({"amenity": "school", "isced:level": "2"}, "middle_school"),
        ({"amenity": "school", "isced:level": "3"}, "high_school"),
        ({"amenity": "school", "isced:level": "1;2"}, "school_unspecified"),
        ({"amenity": "social_facility", "social_facility": "nursing_home", **SENIOR}, "elderly_institution"),
        ({"amenity": "social_facility", "social_facility": "assisted_living", **SENIOR}, "elderly_institution"),
        (
            {"amenity": "social_facility", "social_facility": "group_home", "social_facility:for": "disabled; senior"},
            "elderly_institution",
        ),
        ({"amenity": "social_facility", "social_facility": "day_care", **SENIOR}, "community_elderly_facility"),
        ({"amenity": "social_facility", "social_facility": "nursing_home"}, "social_facility_unspecified"),
        (
            {"amenity": "social_facility", "social_facility": "group_home", "social_facility:for": "child"},
            "social_facility_unspecified",
        ),
        ({"amenity": "social_facility", "social_facility": "food_bank"}, "social_facility_unspecified"),
        ({"amenity": "nursing_home"}, "elderly_institution"),
        ({"leisure": "fitness_station"}, "fitness_site"),
        ({"leisure": "fitness_centre"}, None),
        ({"leisure": "sports_centre"}, "sports_centre"),
        ({"leisure": "sports_centre", "access": "customers"}, "sports_centre"),
        ({"leisure": "sports_centre", "access": "private"}, None),
        ({"leisure": "pitch", "sport": "soccer"}, "sports_ground"),
        ({"leisure": "pitch", "access": "private"}, None),
        ({"leisure": "pitch", "access": "customers"}, None),
        ({"leisure": "park"}, "park"),
        ({"leisure": "garden"}, None),
        ({"amenity": "library"}, "library"),
        ({"amenity": "community_centre"}, None),
        ({"amenity": "community_centre", "leisure": "sports_centre"}, "sports_centre"),
        ({"shop": "convenience", "access": "customers"}, "shop"),
        ({"shop": "car"}, None),
        ({"amenity": "cafe", "shop": "bakery"}, "dining"),
        ({"disused:amenity": "clinic"}, None),
        ({"abandoned:amenity": "clinic", "abandoned": "yes"}, None),
        ({"amenity": "clinic", "disused": "yes"}, None),
        ({"amenity": "clinic", "disused": "no"}, "clinic_unspecified"),
        ({"amenity": "clinic", "abandoned": "yes"}, None),
        ({"highway": "residential"}, None),
        ({}, None),
    ],
)
def test_osm_tags(tags: dict[str, str], expected: str | None):
    assert osm_kind(tags) == expected


def test_each_osm_rule_is_reachable_and_names_a_kind_or_a_reason():
    for rule in osm_rules():
        tags = {key: min(values) for key, values in rule.tags}
        assert osm_kind(tags) == (rule.kind or None), tags
        assert rule.kind in load_kinds() or (not rule.kind and rule.note)


def test_a_reader_may_filter_on_these_keys():
    assert osm_keys() == {"amenity", "healthcare", "leisure", "shop"}


def test_a_kind_carries_its_own_osm_rules():
    for kind in load_kinds().values():
        assert all(rule.kind == kind.id for rule in kind.osm)
    assert len(load_kinds()["sports_ground"].osm) == 1
    assert load_kinds()["relief_depot"].osm == ()


def test_what_osm_cannot_tell_counts_for_no_plan():
    listed = {kind for rule in load_catalogue().standards for part in rule.facilities_any for kind in part}
    from_osm = {osm_kind({"amenity": value}) for value in ("clinic", "doctors", "hospital", "kindergarten", "school")}
    assert not from_osm & listed
