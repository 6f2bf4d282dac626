"""Every shipped rule is cited, uses known words, and leaves nothing unsaid."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from accessgis.base.files import packaged_toml
from accessgis.layers.demand import GROUPS
from accessgis.network.profiles import load_profiles
from accessgis.standards import Standard, load_catalogue, load_kinds, stage
from accessgis.standards.rulefile import GROUP_IDS, PROFILE_IDS, SETTLED, WHERE_IDS, assumptions

DATA = "accessgis.standards.data"
RULES = load_catalogue().standards
SOURCES = {source.id: source for source in load_catalogue().sources}
TABLES = {
    table["id"]: table
    for source in SOURCES
    if source != "gb50180-2018"
    for table in packaged_toml(DATA, f"{source}.toml")["rules"]
}

# The circles of the five plans, typed a second time by hand:
# id → (section, minutes, where, group, force, scope, profiles).
EXPECTED = {
    "shanxi-13fyp/grassroots-medical-30": ("三（四）2", 30, "all", "total", "strive", "14", "vehicle walk"),
    "shanxi-13fyp/urban-fitness-15": ("三（七）1（5）", 15, "urban_community", "total", "push", "14", "walk"),
    "shanxi-13fyp/county-town-fitness-10": ("三（七）1（5）", 10, "county_town", "total", "push", "14", "walk"),
    "shanxi-13fyp/relief-12h": ("三（五）1（1）, 2", 720, "all", "total", "firm", "14", "vehicle"),
    "shanxi-14fyp/urban-fitness-15": ("十二（一）", 15, "urban_community", "total", "push", "14", "walk"),
    "xinxiang-14fyp/home-care-15": (
        "七章二节", 15, "subdistrict_community", "age60plus", "push", "4107", "walk-elderly",
    ),
    "guizhou-14fyp/rural-medical-30": ("三章四节", 30, "rural", "total", "push", "52", "vehicle walk"),
    "guizhou-14fyp/urban-fitness-15": ("三章七节", 15, "urban_community", "total", "push", "52", "walk"),
    "guizhou-14fyp/central-city-elderly-15": (
        "四章四节", 15, "central_city", "age60plus", "push", "52", "walk-elderly",
    ),
    "guizhou-14fyp/home-care-15": ("四章四节", 15, "all", "age60plus", "encourage", "5201", "walk-elderly"),
    "guizhou-14fyp/convenience-15": ("五章七节", 15, "urban_community", "total", "push", "52", "walk"),
}  # fmt: skip


def test_the_catalogue_has_exactly_the_circles_of_the_five_plans():
    got = {
        rule.id: (
            rule.section,
            rule.limit_s // 60,
            rule.where,
            rule.group,
            rule.force,
            " ".join(rule.scope),
            " ".join(rule.profiles),
        )
        for rule in RULES
        if rule.limit_s is not None
    }
    assert got == EXPECTED
    assert len(RULES) == len(EXPECTED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_is_cited_and_uses_known_words(rule: Standard):
    source = SOURCES[rule.source]
    assert rule.id.startswith(f"{rule.source}/")
    assert rule.section.strip()
    assert re.search("[一二三四五六七八九十]", rule.section)
    assert rule.title.zh
    assert rule.title.en
    assert rule.title.zh != rule.title.en
    assert rule.where in WHERE_IDS
    assert rule.group in GROUPS
    assert rule.profiles
    assert set(rule.profiles) <= set(PROFILE_IDS)
    kinds = [kind for part in rule.facilities_any for kind in part]
    assert kinds
    assert set(kinds) <= set(load_kinds())
    assert not any(kind.endswith("_unspecified") for kind in kinds)
    assert all(prefix.startswith(source.scope) for prefix in rule.scope)
    assert rule.horizon == source.horizon
    assert rule.valid_from == source.valid_from
    assert rule.valid_to == dt.date(rule.horizon, 12, 31)
    assert rule.kind == "circle"
    assert rule.metric == "network-time"
    assert rule.target is None
    assert rule.target_level is None
    assert rule.replaces is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_leaves_nothing_unsaid(rule: Standard):
    table = TABLES[rule.id]
    written = {"facilities", "where", "group", "profiles", "direction", "limit", "metric", "sharing"}
    assert written <= set(table), "a shipped rule writes every part, defaults are for bureaus' own files"
    keys = [entry.key for entry in rule.assumed]
    assert set(SETTLED) <= set(table["stated"]) | set(keys)
    assert len(keys) == len(set(keys))
    for entry in rule.assumed:
        assert entry.zh.endswith("。")
        assert entry.en.endswith(".")
        assert not re.search(r"[\u4e00-\u9fff]", entry.en)


def test_no_plan_states_a_mode_a_speed_or_whether_the_limit_counts():
    for rule in RULES:
        assert {"profiles", "speed", "boundary"} <= {entry.key for entry in rule.assumed}


def test_every_shipped_assumption_is_used():
    used = {entry for table in TABLES.values() for entry in table["assumed"] if isinstance(entry, str)}
    assert used == set(assumptions())


def test_convenience_needs_one_of_each_of_six_services():
    rule = load_catalogue().find("guizhou-14fyp/convenience-15")
    assert len(rule.facilities_any) == 6
    assert rule.facilities_any[0] == ("shop",)
    others = [entry for entry in RULES if entry is not rule]
    assert all(len(entry.facilities_any) == 1 for entry in others)


def test_relief_travels_from_the_depot():
    away = {rule.id for rule in RULES if rule.direction == "from_facility"}
    assert away == {"shanxi-13fyp/relief-12h"}


def test_six_sources_five_of_them_plans():
    assert list(SOURCES) == [
        "shanxi-13fyp",
        "shanxi-14fyp",
        "jinzhong-14fyp",
        "xinxiang-14fyp",
        "guizhou-14fyp",
        "gb50180-2018",
    ]
    assert SOURCES["jinzhong-14fyp"].scope == ("1407",)
    assert SOURCES["gb50180-2018"].horizon is None
    assert load_catalogue().of_source("jinzhong-14fyp") == ()


def test_words_of_rules_are_the_words_of_the_layers():
    assert GROUP_IDS == GROUPS
    assert set(packaged_toml("accessgis.layers.data", "place_classes.toml")["classes"]) == set(WHERE_IDS)
    assert set(load_profiles()) == set(PROFILE_IDS)


@pytest.mark.parametrize(
    ("data_date", "expected"),
    [
        (dt.date(2024, 12, 30), "running"),
        (dt.date(2024, 12, 31), "final"),
        (dt.date(2025, 12, 31), "final"),
        (dt.date(2026, 12, 31), "final"),
        (dt.date(2027, 1, 1), "expired"),
    ],
)
def test_stage_of_a_plan_that_ends_in_2025(data_date: dt.date, expected: str):
    assert stage(load_catalogue().find("guizhou-14fyp/rural-medical-30"), data_date) == expected
