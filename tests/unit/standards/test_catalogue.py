"""Finding rules, their scope and date, and putting a bureau's own rules among them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from accessgis.base.errors import UsageError
from accessgis.standards import Standard, load_catalogue, stage, to_record

ON = dt.date(2025, 12, 31)


def ids(rules: tuple[Standard, ...]) -> list[str]:
    return [rule.id for rule in rules]


def test_rules_are_sorted_and_frozen():
    rules = load_catalogue().standards
    assert ids(rules) == sorted(ids(rules))
    with pytest.raises(dataclasses.FrozenInstanceError):
        rules[0].limit_s = 1  # type: ignore[misc]


def test_find_names_the_closest_ids():
    with pytest.raises(UsageError, match="guizhou-14fyp/rural-medical-30") as caught:
        load_catalogue().find("guizhou-14fyp/rural-medical")
    assert caught.value.code == "AG2101"
    assert caught.value.exit_code == 2


def test_find_without_anything_close_still_says_where_to_look():
    with pytest.raises(UsageError, match="standards list"):
        load_catalogue().find("ZZZZ")


def test_of_source_refuses_an_unknown_plan():
    assert "shanxi-14fyp/urban-fitness-15" in ids(load_catalogue().of_source("shanxi-14fyp"))
    assert {rule.source for rule in load_catalogue().of_source("shanxi-14fyp")} == {"shanxi-14fyp"}
    with pytest.raises(UsageError, match="shanxi-14fyp") as caught:
        load_catalogue().of_source("shanxi-15fyp")
    assert caught.value.code == "AG2103"


@pytest.mark.parametrize(
    ("code", "sources"),
    [
        ("149921", {"shanxi-13fyp", "shanxi-14fyp"}),
        ("140702", {"jinzhong-14fyp", "shanxi-13fyp", "shanxi-14fyp"}),
        ("410702", {"xinxiang-14fyp"}),
        ("410102", set()),
        ("520102", {"guizhou-14fyp"}),
        ("4314902", set()),
        ("5", set()),
    ],
)
def test_scope_is_a_prefix_of_the_code(code: str, sources: set[str]):
    assert {rule.source for rule in load_catalogue().in_scope(code, ON)} == sources


def test_the_pilot_is_guiyang_alone():
    assert "guizhou-14fyp/home-care-15" in ids(load_catalogue().in_scope("520102", ON))
    assert "guizhou-14fyp/home-care-15" not in ids(load_catalogue().in_scope("520302", ON))


def test_a_comparison_source_is_in_scope_only_by_name():
    catalogue = load_catalogue()
    radius, source = "gb50180-2018/kindergarten-300", "gb50180-2018"
    assert catalogue.find(radius) in catalogue.of_source(source)
    radii = set(ids(catalogue.of_source(source)))
    unasked = set(ids(catalogue.in_scope("140702", ON)))
    assert not unasked & radii

    assert set(ids(catalogue.in_scope("140702", ON, named=[radius]))) == {*unasked, radius}
    whole = ids(catalogue.in_scope("140702", ON, named=["shanxi-14fyp", source]))
    assert whole == sorted(unasked | radii)
    assert not radii & set(ids(catalogue.in_scope("140702", dt.date(2018, 11, 30), named=[source])))
    assert catalogue.in_scope("410102", ON, named=[source]) == catalogue.of_source(source), "the whole country"


def test_a_rule_is_in_force_from_its_first_day_and_never_drops_out():
    catalogue = load_catalogue()
    assert catalogue.in_scope("520102", dt.date(2022, 12, 14)) == ()
    first = catalogue.in_scope("520102", dt.date(2022, 12, 15))
    assert len(first) == 59
    assert {rule.source for rule in first} == {"guizhou-14fyp"}
    late = catalogue.in_scope("140702", dt.date(2031, 1, 1))
    assert "shanxi-13fyp/relief-12h" in ids(late)
    assert {stage(rule, dt.date(2031, 1, 1)) for rule in late} == {"expired"}


def test_a_rule_without_horizon_is_open():
    rule = dataclasses.replace(load_catalogue().standards[0], horizon=None)
    assert stage(rule, dt.date(1999, 1, 1)) == "open"


def test_own_rules_join_or_replace():
    catalogue = load_catalogue()
    base = catalogue.find("shanxi-14fyp/urban-fitness-15")
    own = dataclasses.replace(base, id="own/fitness-10", limit_s=600, scope=())
    joined = catalogue.extended([own])
    assert len(joined.standards) == len(catalogue.standards) + 1
    assert joined.find("own/fitness-10").limit_s == 600
    assert "own/fitness-10" in ids(joined.in_scope("4314902", ON)), "no scope: wherever its file is used"

    replaced = catalogue.extended([dataclasses.replace(own, replaces=base.id)])
    assert len(replaced.standards) == len(catalogue.standards)
    assert base.id not in ids(replaced.standards)

    same_id = catalogue.extended([dataclasses.replace(base, limit_s=60, replaces=base.id)])
    assert same_id.find(base.id).limit_s == 60
    assert catalogue.find(base.id).limit_s == 900


def test_an_id_that_is_taken_and_a_missing_rule_are_refused():
    catalogue = load_catalogue()
    base = catalogue.standards[0]
    with pytest.raises(UsageError, match="replaces") as taken:
        catalogue.extended([base], label="own.toml")
    assert taken.value.code == "AG2130"
    assert taken.value.place.file == "own.toml"
    with pytest.raises(UsageError, match="no/such") as missing:
        catalogue.extended([dataclasses.replace(base, id="own/x", replaces="no/such")])
    assert missing.value.code == "AG2131"


def test_source_title_of_a_document_outside_the_catalogue_is_its_citation():
    catalogue = load_catalogue()
    rule = catalogue.find("xinxiang-14fyp/home-care-15")
    assert catalogue.source_title(rule).zh == "新乡市“十四五”公共服务和社会保障规划"
    own = dataclasses.replace(rule, source="县政府会议纪要〔2025〕3号")
    assert catalogue.source_title(own).en == "县政府会议纪要〔2025〕3号"


def test_record_has_the_fields_of_the_interface():
    contract = {
        "id", "rule_kind", "title", "source", "section", "scope", "basis", "force", "horizon", "kinds", "where",
        "group", "profiles", "headline_profile", "direction", "limit_s", "limit_m", "metric", "sharing", "target",
        "target_level", "assumed",
    }  # fmt: skip
    record = to_record(load_catalogue().find("guizhou-14fyp/rural-medical-30"))
    assert contract <= set(record)
    assert record["title"] == {"zh": "30分钟乡村医疗健康卫生圈", "en": "30-minute rural medical circle"}
    assert record["kinds"] == [
        "township_hospital",
        "community_health_centre",
        "community_health_station",
        "village_clinic",
    ]
    assert record["headline_profile"] == "vehicle+walk"
    assert record["limit_s"] == 1800
    assert set(record["assumed"][0]) == {"key", "zh", "en"}
    assert json.loads(json.dumps(record)) == record
