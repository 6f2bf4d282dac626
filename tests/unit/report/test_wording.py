from __future__ import annotations

import string
import tomllib
from importlib import resources

import pytest

from accessgis.assess.assessment import VERDICTS
from accessgis.layers.demand import GROUPS
from accessgis.layers.facilities import STATUSES
from accessgis.report.wording import (
    has,
    kinds_phrase,
    missing_phrase,
    mode_name,
    mode_phrase,
    people_phrase,
    say,
    section_name,
    symbol,
)
from accessgis.standards.kinds import load_kinds

CATALOGUE = tomllib.loads(resources.files("accessgis.report.data").joinpath("words.toml").read_text("utf-8"))


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", [f"{section}.{name}" for section, texts in CATALOGUE.items() for name in texts])
def test_both_languages_say_the_same_with_the_same_values(key):
    section, _, name = key.partition(".")
    texts = CATALOGUE[section][name]
    assert set(texts) == {"zh", "en"}
    # a language may leave a value out only where it says it with a word of its own
    assert names(texts["zh"]) ^ names(texts["en"]) <= {"where", "factors", "basis", "to"}


def test_every_verdict_group_and_status_has_words():
    for verdict in VERDICTS:
        assert has(f"verdict.{verdict}")
    for group in GROUPS:
        assert has(f"group.{group}")
    for status in STATUSES:
        assert has(f"status.{status}")


def test_every_kind_is_drawn_and_every_drawn_kind_exists():
    known = set(load_kinds())
    drawn = tomllib.loads(resources.files("accessgis.report.data").joinpath("symbols.toml").read_text("utf-8"))
    assert set(drawn["kinds"]) <= known
    assert {kind for entry in drawn["together"] for kind in entry["kinds"]} <= known
    assert symbol("no such kind") == drawn["default"]


def test_modes_are_named_alone_and_together():
    assert mode_name("vehicle+walk", "zh") == "驾车或步行"
    assert mode_phrase("vehicle+walk", "zh") == "驾车或步行（取较快者）"
    assert mode_phrase("vehicle+walk", "en") == "By car or on foot, whichever is quicker"
    assert mode_name("hovercraft", "en") == "hovercraft"


def test_people_are_named_by_place_group_and_basis():
    assert people_phrase("rural", "age60plus", "resident", "zh") == "乡村60岁及以上常住人口"
    assert people_phrase("all", "total", "registered", "zh") == "户籍人口"
    assert people_phrase("rural", "total", "resident", "en") == "rural residents"


def test_missing_things_are_named():
    assert missing_phrase("roads", "zh").startswith("可接入的道路数据")
    assert "3岁以下" in missing_phrase("group:under3", "zh")
    assert "village clinic" in missing_phrase("kind:village_clinic", "en")
    assert missing_phrase("something:new", "zh") == "something:new"


def test_kinds_that_belong_together_have_one_word():
    assert kinds_phrase(["township_hospital", "village_clinic"], "zh") == "基层医疗机构"
    assert kinds_phrase(["village_clinic"], "zh") == "村卫生室"
    assert kinds_phrase(["shop", "dining", "leisure", "library"], "zh") == "便民商店、餐饮、休闲等4类设施"


def test_words_need_the_values_they_name():
    with pytest.raises(KeyError):
        say("limit.minutes", "zh")


@pytest.mark.parametrize(
    ("section", "english"),
    [
        ("三章四节", "ch. 3 sec. 4"),
        ("十二（一）", "12 (1)"),
        ("三（五）1（1）, 2", "3 (5) 1 (1), 2"),
        ("二十三条", "sec. 23"),
        ("四（一）, 表1-1", "4 (1), table 1-1"),
        ("附录C", "app. C"),
        ("附件一 表格", "附件一 表格"),
    ],
)
def test_sections_of_a_plan_are_cited_with_digits_in_english(section, english):
    assert section_name(section, "en") == english
    assert section_name(section, "zh") == section
