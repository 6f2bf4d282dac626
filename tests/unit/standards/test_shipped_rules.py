"""Every shipped rule is cited, uses known words, and leaves nothing unsaid."""

from __future__ import annotations

import datetime as dt
import re
from typing import get_args

import pytest

from accessgis.base.files import packaged_toml
from accessgis.layers.demand import GROUPS
from accessgis.network.profiles import load_profiles
from accessgis.standards import Standard, load_catalogue, load_kinds, stage
from accessgis.standards.model import Category
from accessgis.standards.rulefile import GROUP_IDS, PROFILE_IDS, SETTLED, WHERE_IDS, assumptions

DATA = "accessgis.standards.data"
RULES = load_catalogue().standards
SOURCES = {source.id: source for source in load_catalogue().sources}
FILES = {source: packaged_toml(DATA, f"{source}.toml") for source in SOURCES}
TABLES = {rule["id"]: {**file.get("defaults", {}), **rule} for file in FILES.values() for rule in file["rules"]}
COMPARED = {rule.id for rule in RULES if SOURCES[rule.source].comparison}
CIRCLES = [rule for rule in RULES if rule.kind == "circle"]

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


# The radii of GB 50180-2018, typed a second time by hand: id → (metres, group, kinds).
RADII = {
    "gb50180-2018/kindergarten-300": (
        300, "age3to5", "public_central_kindergarten public_kindergarten inclusive_kindergarten private_kindergarten",
    ),
    "gb50180-2018/primary-school-500": (500, "age6to11", "primary_school"),
    "gb50180-2018/middle-school-1000": (1000, "age12to14", "middle_school"),
    "gb50180-2018/community-health-centre-1000": (1000, "total", "community_health_centre"),
    "gb50180-2018/elderly-day-care-300": (300, "age60plus", "community_elderly_facility"),
    "gb50180-2018/sports-large-1000": (1000, "total", "sports_centre sports_park"),
    "gb50180-2018/sports-medium-500": (500, "total", "football_pitch fitness_centre"),
    "gb50180-2018/sports-small-300": (300, "total", "sports_ground fitness_site"),
}  # fmt: skip

# Other rules of the two plans of Shanxi and the plan of Jinzhong, typed a second time by hand from the page:
# id → (what is counted, figure, level, force, horizon, section).
FIGURES = {
    "shanxi-13fyp/central-kindergarten": ("rural_township 1", 1.0, "unit", "firm", 2020, "三（一）2"),
    "shanxi-13fyp/vocational-centre": ("county 1", 1.0, "unit", "firm", 2018, "三（一）1（4）"),
    "shanxi-13fyp/special-school": ("county 1", 1.0, "unit", "encourage", 2020, "三（八）2"),
    "shanxi-13fyp/township-hospital": ("rural_township 1", 1.0, "unit", "firm", 2020, "三（四）2"),
    "shanxi-13fyp/community-health": ("subdistrict 1", 1.0, "unit", "firm", 2020, "三（四）2"),
    "shanxi-13fyp/village-clinic": ("village 1", 1.0, "unit", "firm", 2020, "三（四）2"),
    "shanxi-13fyp/public-inclusive-kindergartens": ("facilities", 0.7, "province", "firm", 2020, "三（一）2"),
    "shanxi-13fyp/compulsory-schools-standard": ("facilities", 1.0, "province", "firm", 2018, "三（一）2"),
    "shanxi-13fyp/grassroots-medical-standard": ("facilities", 0.95, "province", "firm", 2020, "三（四）2"),
    "shanxi-13fyp/rescue-bases": ("facilities", 2, "province", "firm", 2020, "三（四）1（1）"),
    "shanxi-13fyp/rescue-network": ("county 1", None, None, "push", 2020, "三（五）2"),
    "shanxi-13fyp/model-disabled-care-prefecture": ("prefecture 1", None, None, "push", 2020, "三（八）2"),
    "shanxi-14fyp/high-school": ("county 1", 1.0, "unit", "push", 2025, "五（一）"),
    "shanxi-14fyp/employment-service-committee": ("committee 1", 1.0, "unit", "push", 2025, "六（一）"),
    "shanxi-14fyp/mental-welfare": ("prefecture 1", 1.0, "unit", "firm", 2025, "十（二）"),
    "shanxi-14fyp/nursing-beds-share": ("nursing_beds of beds", 0.55, "province", "firm", 2025, "八（一）"),
    "shanxi-14fyp/online-consultation-third-level": ("facilities", 0.7, "province", "strive", 2025, "七（二）"),
    "shanxi-14fyp/online-consultation-county": ("facilities", 0.5, "province", "strive", 2025, "七（二）"),
    "shanxi-14fyp/public-rental-occupancy": ("residents of places", 0.9, "province", "firm", 2025, "九（一）"),
    "shanxi-14fyp/nurses-per-1000": ("nurses per 1000", None, None, "push", 2025, "一（一）"),
    "jinzhong-14fyp/high-school": ("county 1", 1.0, "unit", "firm", 2025, "四（三）"),
    "jinzhong-14fyp/medical-elderly": ("county 4", 1.0, "unit", "firm", 2025, "七（三）"),
    "jinzhong-14fyp/regional-elderly-centre": ("township 1", 0.6, "prefecture", "firm", 2025, "七（四）"),
    "jinzhong-14fyp/community-elderly": ("community 1", 1.0, "unit", "strive", 2025, "七（一）"),
    "jinzhong-14fyp/nursery-places-per-1000": ("places per 1000", 4.5, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/beds-per-1000": ("beds per 1000", 5.3, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/doctors-per-1000": ("doctors per 1000", 2.74, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/sports-area-per-resident": ("area_m2 per 1", 2.9, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/football-pitches-per-10000": (
        "pitches per 10000", 0.946, "prefecture", "firm", 2025, "十一（四）",
    ),
    "jinzhong-14fyp/urban-football-pitches-per-10000": (
        "pitches per 10000", 1, "prefecture", "push", 2025, "十一（四）",
    ),
    "jinzhong-14fyp/culture-floor-per-10000": ("floor_m2 per 10000", 261, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/nursing-beds-share": ("nursing_beds of beds", 0.55, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/public-kindergarten-enrolment": (
        "enrolled", 0.6, "prefecture", "firm", 2025, "四（一）, 表1-1",
    ),
    "jinzhong-14fyp/maternal-child-second-level": ("facilities", 1.0, "prefecture", "strive", 2025, "三（二）"),
    "jinzhong-14fyp/new-nursery-places": ("places since 2021-01-01", 5000, "prefecture", "strive", 2025, "三（三）"),
    "jinzhong-14fyp/new-kindergartens": ("facilities since 2021-01-01", 38, "prefecture", "push", 2025, "四（一）"),
    "jinzhong-14fyp/regional-elderly-centres-improved": ("facilities", 40, "prefecture", "firm", 2022, "七（四）"),
    "jinzhong-14fyp/new-rural-day-care": (
        "facilities since 2021-01-01", 100, "prefecture", "strive", 2022, "七（四）",
    ),
    "jinzhong-14fyp/rural-day-care": ("facilities", 1000, "prefecture", "strive", 2025, "七（四）"),
    "jinzhong-14fyp/model-cultural-centres": ("facilities", 192, "prefecture", "push", 2025, "十一（一）"),
    "jinzhong-14fyp/new-fitness-walks": ("length_km since 2021-01-01", 300, "prefecture", "firm", 2025, "十一（四）"),
    "jinzhong-14fyp/township-hospital-occupancy": (
        "township_hospital_occupancy", 0.3, "prefecture", "firm", 2025, "六（二）",
    ),
    "jinzhong-14fyp/in-county-inpatients": ("in_county_inpatients", 0.9, "prefecture", "strive", 2025, "六（二）"),
    "jinzhong-14fyp/grassroots-visits": ("grassroots_visits", 0.65, "prefecture", "strive", 2025, "六（二）"),
    "jinzhong-14fyp/library-visits": ("library_visits", 800_000, "prefecture", "firm", 2025, "表1-1"),
    "jinzhong-14fyp/visits-per-cultural-staff": (
        "visits_per_cultural_staff", 6851.4, "prefecture", "firm", 2025, "表1-1",
    ),
}  # fmt: skip

# Counties that the plan of Jinzhong names: rule → code → figure.
NAMED = {
    "jinzhong-14fyp/inclusive-nurseries": {
        "140702": 5, "140703": 3, "140721": 2, "140722": 3, "140723": 2, "140724": 3, "140725": 3, "140727": 3,
        "140728": 5, "140781": 5,
    },
    "jinzhong-14fyp/funeral-homes-new": dict.fromkeys(
        ("140723", "140729", "140727", "140721", "140728", "140722", "140724"), 1
    ),
    "jinzhong-14fyp/funeral-homes-upgraded": {"140703": 1, "140725": 1},
    "jinzhong-14fyp/veterans-homes-new": {"140702": 1, "140723": 1, "140727": 1},
    "jinzhong-14fyp/veterans-homes-upgraded": {"140728": 1, "140725": 1, "140721": 1},
}  # fmt: skip

SAID = {
    "circle": set(SETTLED),
    "presence": {"facilities", "unit"},
    "ratio": {"facilities", "group", "amount"},
    "share": {"facilities", "part"},
    "total": {"facilities"},
    "consolidation": {"facilities"},
    "direction": set(),
}
"""What a shipped rule of each kind must have settled, by the plan's words or by an assumption."""


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
        for rule in CIRCLES
        if rule.id not in COMPARED
    }
    assert got == EXPECTED


def test_the_radii_of_the_national_standard():
    got = {
        rule.id: (rule.limit_m, rule.group, " ".join(rule.facilities_any[0])) for rule in RULES if rule.id in COMPARED
    }
    assert got == RADII
    for rule_id in RADII:
        rule = load_catalogue().find(rule_id)
        assert (rule.kind, rule.metric, rule.where, rule.force) == ("circle", "straight-line", "urban", "push")
        assert (rule.scope, rule.horizon, rule.valid_from) == ((), None, dt.date(2018, 12, 1))
        assert "宜" in rule.note


def test_the_tiers_of_sports_grounds_never_stand_in_for_one_another():
    kinds = [kind for name, (_, _, text) in RADII.items() if "sports" in name for kind in text.split()]
    assert len(kinds) == len(set(kinds))


def _counted(rule: Standard) -> str:
    """Return what a rule counts, in words short enough to be typed by hand."""
    if rule.presence:
        return f"{rule.presence.unit} {rule.presence.at_least}"
    if rule.amount is None:
        return rule.statistic
    whole = rule.amount.amount
    text = f"{rule.amount.part_amount} of {whole}" if rule.amount.part_amount else whole
    text += f" per {rule.amount.per:g}" if rule.kind == "ratio" else ""
    return text + (f" since {rule.amount.since}" if rule.amount.since else "")


@pytest.mark.parametrize("rule_id", FIGURES)
def test_figures_are_those_of_the_plan(rule_id: str):
    rule = load_catalogue().find(rule_id)
    figure = rule.target if rule.value is None else rule.value
    got = (_counted(rule), figure, rule.target_level, rule.force, rule.horizon, rule.section)
    assert got == FIGURES[rule_id]
    assert rule.target is None or rule.value is None
    assert rule.op in (None, ">=")


@pytest.mark.parametrize("rule_id", NAMED)
def test_counties_are_those_that_the_plan_names(rule_id: str):
    rule = load_catalogue().find(rule_id)
    assert rule.units == NAMED[rule_id]
    if rule.kind == "total":
        assert rule.value == sum(NAMED[rule_id].values())
    else:
        assert rule.presence.listed_only


def test_what_the_plan_of_jinzhong_calls_binding_and_its_figures_of_earlier_years():
    rules = load_catalogue().of_source("jinzhong-14fyp")
    assert {rule.id.split("/")[1] for rule in rules if rule.nature == "binding"} == {
        "nursing-beds-share",
        "sports-area-per-resident",
    }
    earlier = {
        rule.id.split("/")[1]: [(entry.area, entry.year, entry.value) for entry in rule.baselines]
        for rule in rules
        if rule.baselines
    }
    assert earlier == {
        "nursery-places-per-1000": [("1407", 2020, 0.99)],
        "beds-per-1000": [("1407", 2020, 5.23), ("14", 2020, 6.0)],
        "doctors-per-1000": [("1407", 2020, 2.39), ("14", 2020, 2.92)],
        "elderly-beds-per-1000": [("1407", 2020, 40)],
        "sports-area-per-resident": [("1407", 2020, 2.75), ("14", 2020, 2.31)],
        "public-kindergarten-enrolment": [("1407", 2020, 0.5716)],
        "nursing-beds-share": [("1407", 2020, 0.41)],
        "library-visits": [("1407", 2020, 732_000)],
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_is_cited_and_uses_known_words(rule: Standard):
    source = SOURCES[rule.source]
    assert rule.id.startswith(f"{rule.source}/")
    assert rule.section.strip()
    assert re.search("[一二三四五六七八九十]|表|附录", rule.section)
    assert rule.title.zh
    assert rule.title.en
    assert rule.title.zh != rule.title.en
    assert not re.search(r"[\u4e00-\u9fff]", rule.title.en)
    assert rule.where in WHERE_IDS
    assert rule.group in GROUPS
    assert set(rule.profiles) <= set(PROFILE_IDS)
    kinds = [kind for part in rule.facilities_any for kind in part]
    assert kinds or rule.statistic or rule.kind == "direction"
    assert set(kinds) <= set(load_kinds())
    assert not any(kind.endswith("_unspecified") for kind in kinds)
    assert all(prefix.startswith(source.scope) for prefix in rule.scope)
    assert rule.scope or not source.scope
    assert rule.valid_from == source.valid_from
    if source.horizon is None:
        assert rule.horizon is None
    else:
        assert source.valid_from.year <= rule.horizon <= source.horizon
        assert rule.valid_to == dt.date(source.horizon, 12, 31)
    assert rule.replaces is None
    assert rule.kind != "direction" or (rule.note and rule.target is None), "what is only recorded says why"


@pytest.mark.parametrize("rule", CIRCLES, ids=lambda rule: rule.id)
def test_no_circle_has_a_target_of_its_own(rule: Standard):
    straight = rule.id in COMPARED
    assert rule.metric == ("straight-line" if straight else "network-time")
    assert bool(rule.profiles) is not straight
    assert (rule.target, rule.target_level) == (None, None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_belongs_to_a_field_of_service(rule: Standard):
    of_none = rule.id == "guizhou-14fyp/convenience-15"  # shopping and dining are in none of the nine fields
    assert (rule.category in get_args(Category)) is not of_none


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_leaves_nothing_unsaid(rule: Standard):
    table = TABLES[rule.id]
    straight = rule.id in COMPARED
    written = {
        "circle": {"facilities", "where", "group", "direction", "limit", "metric", "sharing"},
        "ratio": {"where", "group"},
    }.get(rule.kind, set())
    if rule.kind == "circle" and not straight:
        written = written | {"profiles"}
    assert written <= set(table), "a shipped rule writes every part, defaults are for bureaus' own files"
    keys = [entry.key for entry in rule.assumed]
    needed = SAID[rule.kind] - ({"profiles", "speed"} if straight else set())
    if rule.statistic:
        needed = needed - {"facilities", "part"} | {"amount"}
    assert needed <= {*table.get("stated", ()), *keys}
    assert len(keys) == len(set(keys))
    for entry in rule.assumed:
        assert entry.zh.endswith("。")
        assert entry.en.endswith(".")
        assert not re.search(r"[\u4e00-\u9fff]", entry.en)


def test_no_plan_states_a_mode_a_speed_or_whether_the_limit_counts():
    for rule in CIRCLES:
        if rule.id not in COMPARED:
            assert {"profiles", "speed", "boundary"} <= {entry.key for entry in rule.assumed}


def test_every_shipped_assumption_is_used():
    used = {entry for table in TABLES.values() for entry in table.get("assumed", ()) if isinstance(entry, str)}
    assert used == set(assumptions())


def test_a_unit_asked_one_by_one_is_asked_of_all():
    for rule in RULES:
        if rule.kind == "presence" and rule.target_level == "unit":
            assert rule.target == 1.0


def test_pingyao_is_judged_by_its_city_and_its_province():
    got = {rule.source for rule in load_catalogue().in_scope("140728", dt.date(2025, 12, 31))}
    assert got == {"jinzhong-14fyp", "shanxi-13fyp", "shanxi-14fyp"}


def test_convenience_needs_one_of_each_of_six_services():
    rule = load_catalogue().find("guizhou-14fyp/convenience-15")
    assert len(rule.facilities_any) == 6
    assert rule.facilities_any[0] == ("shop",)
    others = [entry for entry in CIRCLES if entry is not rule]
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
    assert [source.id for source in SOURCES.values() if source.comparison] == ["gb50180-2018"]


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
