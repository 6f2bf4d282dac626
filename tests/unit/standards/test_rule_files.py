"""A bureau's own rule file: what it may leave out, and one clear sentence for each way it can be wrong."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from accessgis.base.errors import UsageError, message_catalogue
from accessgis.standards import read_rules
from accessgis.standards.check import check_rules
from accessgis.standards.model import Amount, Baseline, FacilityTest, PeopleBound, Presence, Title
from accessgis.standards.rulefile import RuleTable

GOOD = """
[[rules]]
id = "own/clinic-20"
kind = "circle"
title = { zh = "二十分钟就医圈" }
source = "县政府会议纪要〔2025〕3号"
section = "第二条"
force = "firm"
facilities = { any = ["村卫生室", "township_hospital", "village_clinic"] }
profiles = ["walk"]
limit = { minutes = 20 }
target = 0.9
target_level = "county"
"""
SECOND = GOOD.replace("own/clinic-20", "own/other")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_file_is_enough_and_each_default_is_said(tmp_path: Path):
    (rule,) = read_rules(write(tmp_path, GOOD), label="standards/own.toml")
    assert rule.facilities_any == (("village_clinic", "township_hospital"),)
    assert (rule.limit_s, rule.limit_m, rule.metric) == (1200, None, "network-time")
    assert (rule.target, rule.target_level, rule.force) == (0.9, "county", "firm")
    assert (rule.where, rule.group, rule.direction, rule.sharing) == ("all", "total", "to_facility", "any")
    assert rule.title.en == rule.title.zh
    assert [entry.key for entry in rule.assumed] == ["where", "group", "direction", "sharing"]
    assert rule.horizon is None
    assert rule.scope == ()


def test_what_is_written_or_explained_is_not_assumed_again(tmp_path: Path):
    text = GOOD + 'where = "rural"\nassumed = ["walk", { key = "group", zh = "按全部居民。" }]\n'
    (rule,) = read_rules(write(tmp_path, text), label="own.toml")
    assert [entry.key for entry in rule.assumed] == ["profiles", "group", "direction", "sharing"]
    assert rule.assumed[1].en == "按全部居民。"


def test_metres_are_road_metres_unless_said_otherwise(tmp_path: Path):
    text = GOOD.replace("minutes = 20", "metres = 500")
    (road,) = read_rules(write(tmp_path, text), label="own.toml")
    assert (road.limit_s, road.limit_m, road.metric) == (None, 500.0, "network-distance")
    (air,) = read_rules(write(tmp_path, text + 'metric = "straight-line"\n'), label="own.toml")
    assert air.metric == "straight-line"


KINDS = """
[defaults]
source = "x"
section = "y"
scope = ["14"]

[[rules]]
id = "own/kindergarten"
kind = "presence"
title = { zh = "每乡镇一所公办中心园" }
facilities = { any = ["公办中心幼儿园"] }
presence = { unit = "township", at_least = 1, condition = { people = 3000 }, satisfied_by = ["public_kindergarten"] }
target = 0.6
target_level = "county"

[[rules]]
id = "own/nursery-places"
kind = "ratio"
title = { zh = "每千人口托位数" }
facilities = { any = ["nursery"] }
ratio = { amount = "places", per = 1000 }
value = 4.5
group = "total"
target_level = "prefecture"
units = { "140702" = 5 }
baselines = [{ area = "1407", year = 2020, value = 0.99 }]
category = "children"
nature = "binding"
lead = { zh = "卫生健康部门" }

[[rules]]
id = "own/nursing-beds"
kind = "share"
title = { zh = "护理型床位占比" }
facilities = { any = ["elderly_institution"] }
share = { amount = "beds", part_amount = "nursing_beds" }
target = 0.55
target_level = "county"

[[rules]]
id = "own/standardised"
kind = "share"
title = { zh = "达标率" }
facilities = { any = ["township_hospital"] }
share = { part = [{ field = "standardised" }, { field = "ownership", one_of = ["public"] }] }
target = 1.0
target_level = "county"

[[rules]]
id = "own/in-county"
kind = "share"
title = { zh = "县域内就诊率" }
statistic = "in_county_care"
target = 0.9
target_level = "county"

[[rules]]
id = "own/new-places"
kind = "total"
title = { zh = "新增托位" }
facilities = { any = ["nursery"] }
total = { amount = "places", since = 2021-01-01 }
value = 5000
target_level = "prefecture"

[[rules]]
id = "own/merge"
kind = "consolidation"
title = { zh = "敬老院撤并" }
facilities = { any = ["rural_elderly_home"] }
having = [{ field = "beds", op = "<", value = 40 }, { field = "occupancy", op = "<", value = 0.5 }]
profiles = ["vehicle", "walk"]
group = "age60plus"

[[rules]]
id = "own/direction"
kind = "direction"
title = { zh = "方向" }
scope = ["1407"]
"""


def test_every_kind_of_rule_is_accepted(tmp_path: Path):
    rules = {rule.id.removeprefix("own/"): rule for rule in read_rules(write(tmp_path, KINDS), label="own.toml")}
    kindergarten, ratio = rules["kindergarten"], rules["nursery-places"]
    assert kindergarten.presence == Presence(
        unit="township", condition=PeopleBound(group="total", people=3000), satisfied_by=("public_kindergarten",)
    )
    assert (kindergarten.op, kindergarten.target, kindergarten.assumed) == (None, 0.6, ())
    assert (ratio.op, ratio.value, ratio.units) == (">=", 4.5, {"140702": 5})
    assert ratio.amount == Amount(amount="places", per=1000)
    assert ratio.baselines == (Baseline(area="1407", year=2020, value=0.99),)
    assert (ratio.category, ratio.nature, ratio.lead) == (
        "children",
        "binding",
        Title(zh="卫生健康部门", en="卫生健康部门"),
    )
    assert [entry.key for entry in ratio.assumed] == ["where"]
    assert rules["nursing-beds"].amount == Amount(amount="beds", part_amount="nursing_beds")
    assert rules["standardised"].amount == Amount(
        part=(FacilityTest(field="standardised"), FacilityTest(field="ownership", one_of=("public",)))
    )
    assert (rules["in-county"].statistic, rules["in-county"].amount) == ("in_county_care", None)
    assert rules["new-places"].amount == Amount(amount="places", since=dt.date(2021, 1, 1))
    assert rules["merge"].having == (
        FacilityTest(field="beds", op="<", value=40),
        FacilityTest(field="occupancy", op="<", value=0.5),
    )
    assert [entry.key for entry in rules["merge"].assumed] == ["direction"]
    assert rules["direction"].facilities_any == ()
    assert (rules["direction"].scope, ratio.scope) == (("1407",), ("14",)), "a rule's own words stand before defaults"


def _with(name: str, old: str, new: str) -> str:
    """Return the file of all kinds with one rule changed."""
    start = KINDS.index(f'id = "own/{name}"')
    end = KINDS.find("[[rules]]", start)
    end = len(KINDS) if end < 0 else end
    assert old in KINDS[start:end]
    return KINDS[:start] + KINDS[start:end].replace(old, new) + KINDS[end:]


BAD_KINDS = {
    "no table of its kind": ("kindergarten", "presence = {", 'note = "" # {', "AG2111", "presence"),
    "a table of another kind": ("nursery-places", "ratio = {", "total = {", "AG2132", "total"),
    "a limit": ("merge", "group =", "limit = { minutes = 3 }\ngroup =", "AG2132", "limit"),
    "a target of a direction": (
        "direction", 'scope = ["1407"]', 'target = 0.5\ntarget_level = "county"', "AG2132", "target",
    ),
    "a value of a share": ("nursing-beds", "target = 0.55", "value = 55", "AG2132", "value"),
    "a share without a part": ("nursing-beds", ', part_amount = "nursing_beds"', "", "AG2134", "share.part"),
    "a ratio per nothing": ("nursery-places", ", per = 1000", "", "AG2111", "ratio.per"),
    "a total per head": ("new-places", "since = 2021-01-01", "per = 1000", "AG2132", "total.per"),
    "a part of a total": ("new-places", "since = 2021-01-01", 'part_amount = "beds"', "AG2132", "total.part"),
    "a ratio since": ("nursery-places", "per = 1000", "per = 1000, since = 2021-01-01", "AG2132", "ratio.since"),
    "a value without a level": ("new-places", 'target_level = "prefecture"', "", "AG2111", "target_level"),
    "a candidate without a test": ("merge", "having = [", 'note = "" # [', "AG2111", "having"),
    "a number without comparison": ("merge", ', op = "<", value = 40', "", "AG2135", "having"),
    "a number that is about": ("merge", 'op = "<", value = 40', 'op = "about", value = 40', "AG2135", "having"),
    "a mark with a number": ("standardised", '{ field = "standardised" }', '{ field = "standardised", value = 1.0 }',
                             "AG2136", "share.part"),
    "a text without texts": ("standardised", ', one_of = ["public"]', "", "AG2136", "share.part"),
    "an unknown field": ("standardised", '"standardised"', '"standardized"', "AG2113", "share.part[1].field"),
    "an unknown amount": ("nursing-beds", '"beds"', '"bed"', "AG2113", "share.amount"),
    "an unknown unit": ("kindergarten", '"township"', '"town"', "AG2113", "presence.unit"),
    "none at least": ("kindergarten", "at_least = 1", "at_least = 0", "AG2119", "presence.at_least"),
    "listed only, nothing listed": ("kindergarten", "at_least = 1", "listed_only = true", "AG2111", "units"),
    "facilities and a figure": ("new-places", "total =", 'statistic = "x"\n# total =', "AG2132", "facilities"),
    "a figure with a bad name": ("in-county", "in_county_care", "县域内就诊率", "AG2128", "statistic"),
    "a province that does not exist": ("direction", '"1407"', '"99"', "AG2133", "scope[1]"),
    "a province padded with zeros": ("direction", '"1407"', '"140000"', "AG2133", "scope[1]"),
    "a county padded with zeros": ("direction", '"1407"', '"140728000000"', "AG2133", "scope[1]"),
    "a unit that does not exist": ("nursery-places", '"140702" = 5', '"990702" = 5', "AG2133", "units.990702"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_KINDS.values(), ids=BAD_KINDS)
def test_each_wrong_key_of_a_kind_is_said(tmp_path: Path, case: tuple[str, str, str, str, str]):
    name, old, new, code, key = case
    with pytest.raises(UsageError) as caught:
        read_rules(write(tmp_path, _with(name, old, new)), label="own.toml")
    assert (caught.value.code, caught.value.place.key) == (code, f"own/{name}: {key}")
    assert caught.value.place.file == "own.toml"


def test_the_example_of_the_documentation_is_a_rule(root: Path, tmp_path: Path):
    page = (root / "docs" / "standards.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    (rule,) = read_rules(write(tmp_path, example), label="own.toml")
    assert rule.id == "own/clinic-20"
    assert [entry.key for entry in rule.assumed] == ["speed", "profiles", "direction", "sharing"]
    for key in RuleTable.model_fields:
        assert f"`{key}`" in page, f"{key} is not documented"


def test_a_file_with_bom_reads(tmp_path: Path):
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(read_rules(path, label="own.toml")) == 1


BAD = {
    "unknown key": (GOOD + 'wher = "all"\n', "AG2110", "own/clinic-20: wher", "where"),
    "unknown key of a table": (
        GOOD.replace("{ minutes = 20 }", "{ minuts = 20 }"), "AG2110", "own/clinic-20: limit.minuts", "minutes",
    ),
    "unknown table": (GOOD + "[extra]\na = 1\n", "AG2110", "extra", ""),
    "misspelt required key": (GOOD.replace("section =", "sektion ="), "AG2110", "own/clinic-20: sektion", "section"),
    "no source": (GOOD.replace("source =", "note ="), "AG2111", "own/clinic-20: source", ""),
    "no section": (GOOD.replace("section =", "note ="), "AG2111", "own/clinic-20: section", ""),
    "empty source": (GOOD.replace("县政府会议纪要〔2025〕3号", "  "), "AG2112", "own/clinic-20: source", ""),
    "empty section": (GOOD.replace("第二条", ""), "AG2112", "own/clinic-20: section", ""),
    "no id": (GOOD.replace("id =", "note ="), "AG2111", "rules[1]: id", ""),
    "no facilities": (GOOD.replace('facilities = { any = ["村卫生室", "township_hospital", "village_clinic"] }', ""),
                      "AG2111", "own/clinic-20: facilities", ""),
    "no limit": (GOOD.replace("limit = { minutes = 20 }", ""), "AG2111", "own/clinic-20: limit", ""),
    "no profile": (GOOD.replace('profiles = ["walk"]', ""), "AG2111", "own/clinic-20: profiles", ""),
    "target without level": (
        GOOD.replace('target_level = "county"', ""), "AG2111", "own/clinic-20: target_level", "",
    ),
    "level without target": (GOOD.replace("target = 0.9\n", ""), "AG2111", "own/clinic-20: target", ""),
    "text for a number": (
        GOOD.replace("minutes = 20", 'minutes = "20"'), "AG2126", "own/clinic-20: limit.minutes", "a number",
    ),
    "number for text": (GOOD.replace('"第二条"', "2"), "AG2126", "own/clinic-20: section", "text in quotes"),
    "number for a prefix": (GOOD + "scope = [52]\n", "AG2126", "own/clinic-20: scope[1]", "text in quotes"),
    "yes for a number": (
        GOOD.replace("target = 0.9", "target = true"), "AG2126", "own/clinic-20: target", "a number",
    ),
    "text for a list": (GOOD.replace('["walk"]', '"walk"'), "AG2126", "own/clinic-20: profiles", "a list"),
    "text for a table": (
        GOOD.replace("{ minutes = 20 }", '"20分钟"'), "AG2126", "own/clinic-20: limit", "a table",
    ),
    "text for a date": (GOOD + 'valid_from = "2025-01-01"\n', "AG2126", "own/clinic-20: valid_from", "a date"),
    "rules is no list": ("rules = 3\n", "AG2126", "rules", "a list"),
    "limit of zero": (GOOD.replace("minutes = 20", "minutes = 0"), "AG2114", "own/clinic-20: limit.minutes", ""),
    "limit below zero": (
        GOOD.replace("minutes = 20", "minutes = -5"), "AG2114", "own/clinic-20: limit.minutes", "-5",
    ),
    "limit not a number": (
        GOOD.replace("minutes = 20", "minutes = nan"), "AG2114", "own/clinic-20: limit.minutes", "nan",
    ),
    "limit infinite": (GOOD.replace("minutes = 20", "minutes = inf"), "AG2123", "own/clinic-20: limit.minutes", ""),
    "limit below half a second": (
        GOOD.replace("minutes = 20", "minutes = 0.001"), "AG2114", "own/clinic-20: limit.minutes", "",
    ),
    "limit in metres too large": (
        GOOD.replace("minutes = 20", "metres = 2e6"), "AG2123", "own/clinic-20: limit.metres", "",
    ),
    "limit in both units": (
        GOOD.replace("minutes = 20", "minutes = 20, metres = 5"), "AG2121", "own/clinic-20: limit", "",
    ),
    "limit in no unit": (GOOD.replace("{ minutes = 20 }", "{}"), "AG2121", "own/clinic-20: limit", ""),
    "time of metres": (
        GOOD.replace("minutes = 20", "metres = 500") + 'metric = "network-time"\n',
        "AG2122", "own/clinic-20: metric", "",
    ),
    "straight line of minutes": (GOOD + 'metric = "straight-line"\n', "AG2122", "own/clinic-20: metric", ""),
    "target in per cent": (GOOD.replace("0.9", "90.0"), "AG2119", "own/clinic-20: target", "0.95, not 95"),
    "target of nothing": (GOOD.replace("0.9", "0.0"), "AG2119", "own/clinic-20: target", "> 0"),
    "horizon of two digits": (GOOD + "horizon = 25\n", "AG2119", "own/clinic-20: horizon", "1990"),
    "unknown kind": (
        GOOD.replace('"村卫生室"', '"村卫生院"'), "AG2116", "own/clinic-20: facilities.any[1]", "village_clinic",
    ),
    "no kind": (GOOD.replace('["村卫生室", "township_hospital", "village_clinic"]', "[]"),
                "AG2126", "own/clinic-20: facilities.any", "at least one"),
    "neither any nor all": (
        re.sub(r"facilities = .*", "facilities = {}", GOOD), "AG2120", "own/clinic-20: facilities", "",
    ),
    "any and all": (GOOD.replace('"village_clinic"] }', '"village_clinic"], all = [["park"]] }'),
                    "AG2120", "own/clinic-20: facilities", ""),
    "unknown profile": (GOOD.replace('"walk"', '"helicopter"'), "AG2113", "own/clinic-20: profiles[1]", "vehicle"),
    "unknown where": (GOOD + 'where = "moon"\n', "AG2113", "own/clinic-20: where", "urban_community"),
    "unknown group": (GOOD + 'group = "age70plus"\n', "AG2113", "own/clinic-20: group", "age60plus"),
    "unknown rule kind": (
        GOOD.replace('kind = "circle"', 'kind = "ring"'), "AG2113", "own/clinic-20: kind", "circle",
    ),
    "unknown force": (GOOD.replace('"firm"', '"hard"'), "AG2113", "own/clinic-20: force", "strive"),
    "unknown assumption": (GOOD + 'assumed = ["wings"]\n', "AG2113", "own/clinic-20: assumed", "walk-elderly"),
    "unknown key of an assumption": (
        GOOD + 'assumed = [{ key = "colour", zh = "红" }]\n', "AG2113", "own/clinic-20: assumed[1].key", "speed",
    ),
    "two rules with one id": (GOOD + GOOD, "AG2118", "own/clinic-20: id", "own/clinic-20"),
    "one of two rules wrong": (
        GOOD + SECOND + 'where = "moon"\n', "AG2113", "own/other: where", "moon",
    ),
    "an id shared by two, one wrong": (GOOD + GOOD + 'where = "moon"\n', "AG2113", "rules[2]: where", "moon"),
    "bad scope prefix": (GOOD + 'scope = ["5a"]\n', "AG2115", "own/clinic-20: scope[1]", "5a"),
    "short scope prefix": (GOOD + 'scope = ["52", "5"]\n', "AG2115", "own/clinic-20: scope[2]", "5"),
    "long scope prefix": (GOOD + 'scope = ["1234567890123"]\n', "AG2115", "own/clinic-20: scope[1]", ""),
    "bad id": (GOOD.replace("own/clinic-20", "乡村"), "AG2117", "乡村: id", "own/clinic-20"),
    "a comparison for a circle": (GOOD + 'op = "<"\n', "AG2124", "own/clinic-20: op", ""),
    "a value for a circle": (GOOD + "value = 3\n", "AG2124", "own/clinic-20: value", ""),
    "ends before it starts": (
        GOOD + "valid_from = 2025-01-02\nvalid_to = 2025-01-01\n", "AG2125", "own/clinic-20: valid_to", "",
    ),
    "no rules": ("rules = []\n", "AG2127", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_each_way_to_be_wrong_has_its_own_sentence(case: str, tmp_path: Path):
    text, code, key, says = BAD[case]
    with pytest.raises(UsageError) as caught:
        read_rules(write(tmp_path, text), label="standards/own.toml")
    error = caught.value
    assert (error.code, error.place.key) == (code, key)
    assert error.place.file == "standards/own.toml"
    assert error.exit_code == 2
    assert says in str(error)
    for sentence in (error.message("en"), error.message("zh"), error.fix("en"), error.fix("zh")):
        assert sentence
        assert str(tmp_path) not in sentence
        assert "{" not in sentence.replace("{ minutes", "").replace("{ metres", "").replace("{ any", "")


def test_an_empty_document_lacks_rules():
    with pytest.raises(UsageError) as caught:
        check_rules({}, label="own.toml")
    assert (caught.value.code, caught.value.place.key) == ("AG2111", "rules")


def test_every_code_of_this_topic_is_tested_or_raised_elsewhere():
    ours = {code for code in message_catalogue() if code.startswith("AG21")}
    elsewhere = {"AG2101", "AG2102", "AG2103", "AG2130", "AG2131", "AG2140", "AG2141", "AG2142", "AG2143", "AG2144",
                 "AG2145", "AG2146", "AG2147"}  # fmt: skip
    assert ours - elsewhere == {code for _, code, _, _ in BAD.values()} | {case[3] for case in BAD_KINDS.values()}
