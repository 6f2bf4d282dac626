from __future__ import annotations

import dataclasses

from fake_assessment import kind_values

from accessgis.base.errors import Doubt
from accessgis.report.doubts import weighed
from accessgis.report.view import page_view


def held(what, percent, *, code="AG9211"):
    values = {"what": what, "what_zh": "某类", "what_en": "things", "have": 8, "value": "1200", "source": "年报"}
    return Doubt(code=code, values={**values, "percent": percent})


def doubting(fake, *doubts):
    return dataclasses.replace(fake, quality=dataclasses.replace(fake.quality, doubts=doubts))


def test_incomplete_data_warn_beside_every_rule_that_they_concern(fake):
    def warned(what):
        rules = page_view(doubting(fake, held(what, 88.2))).rules
        return [any(note.tone == "warn" and "88.2%" in note.text for note in rule.notes) for rule in rules]

    assert warned("facilities:fitness_site") == [False, True, False, False]
    assert warned("population") == [True] * 4
    assert warned("population:age60plus") == [rule.group == "age60plus" for rule in fake.rules]


def test_doubts_are_ordered_by_weight_and_complete_data_are_checks(fake):
    few, many = (Doubt(code="AG9207", people=people, values={}) for people in (3.0, 900.0))
    rest = Doubt(code="AG9203", values=kind_values("fitness_site"))
    low, lower = held("facilities:clinic", 91.0), held("population", 82.0)
    complete = held("population", 99.4, code="AG9202")
    assert weighed([rest, few, complete, low, many, lower]) == [lower, low, many, few, rest]
    view = page_view(doubting(fake, rest, complete))
    assert view.doubts == ("公共健身点：未与官方数核对。",)
    assert view.checks == ("某类：8/1,200，99.4%（年报）　完整",)


def test_groups_of_people_are_named_in_words(fake):
    view = page_view(doubting(fake, held("population:age60plus", 82.0)))
    assert view.doubts[0].startswith("60岁及以上人口：")
