"""Official totals beside our own figures: what each counts, where completeness turns, and whom it stops."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paper.studies import ONE_TOWNSHIP, Drawing, Home, Site, Way, circle, headline, judge, line, measured, prepared
from pydantic import TypeAdapter

from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Change
from accessgis.report.doubts import total_lines
from accessgis.standards.model import PeopleBound, Presence
from accessgis.study.controls import checked_totals, completeness_doubts, too_incomplete

#  y=1000   ──────────────── 3900 m ───────────────── border at 4000 ──── 500 m beyond it
DRAWING = Drawing(
    units=tuple(ONE_TOWNSHIP),
    ways=(
        line((100, 1000), (4500, 1000)),
        line((100, 400), (100, 1000)),
        Way(((200, 1000), (200, 1900)), (("highway", "footway"),)),
        Way(((300, 1000), (300, 1700)), (("route", "ferry"),)),
    ),
    homes=(Home(100, 1000, 10), Home(1900, 1000, 20), Home(4300, 1000, 70)),
    sites=(Site("F", 1000, 1000), Site("P", 2500, 1000, status="planned"), Site("X", 4400, 1000)),
)


def checked(what: str, value: float):
    (found,) = checked_totals(prepared(replace(DRAWING, controls=((what, value),))))
    return found


@pytest.mark.parametrize(
    ("what", "have"),
    [
        ("population", 30.0),  # 70 live beyond the border
        ("facilities:村卫生室", 1.0),  # one is planned, one beyond the border
        ("road_km", 4.5),  # 3.9 + 0.6 inside; neither the footway nor the ferry
        ("townships", 1.0),
        ("villages", 1.0),
    ],
)
def test_what_is_held_against_an_official_total(what: str, have: float) -> None:
    assert checked(what, have).have == have


@pytest.mark.parametrize(
    ("value", "standing"),
    [(30, "complete"), (30 / 0.95, "complete"), (31.6, "incomplete"), (37.5, "incomplete"), (37.6, "unusable")],
)
def test_where_completeness_turns(value: float, standing: str) -> None:
    assert checked("population", value).standing == standing


def test_the_study_says_from_where_data_are_complete() -> None:
    layers = prepared(replace(DRAWING, controls=(("population", 31),)))
    assert checked_totals(layers)[0].standing == "complete"
    file = layers.study.file.model_copy(update={"study": layers.study.file.study.model_copy(
        update={"complete_from": 0.98})})  # fmt: skip
    assert checked_totals(replace(layers, study=replace(layers.study, file=file)))[0].standing == "incomplete"


@pytest.mark.parametrize(
    ("what", "value", "missing"),
    [
        ("road_km", 5.6, ()),
        ("road_km", 5.7, ("completeness:road_km",)),
        ("villages", 9, ()),  # a circle does not ask for villages
    ],
)
def test_roads_that_are_mostly_missing_stop_the_rules_that_travel(what: str, value: float, missing: tuple) -> None:
    row = headline(judge(replace(DRAWING, controls=((what, value),)), circle(target=0.5)))
    assert row["missing"] == missing
    assert row["verdict"] == ("not_judged" if missing else "meets")


@pytest.mark.parametrize(
    ("lost", "code", "missing"),
    [
        (1.5, "AG9202", ()),
        (2.0, "AG9211", ()),
        (7.0, "AG9211", ()),
        (8.0, "AG9216", ("completeness:population:total",)),
    ],
)
def test_people_of_the_table_whose_village_was_not_found_make_the_data_incomplete(lost, code, missing) -> None:
    whole = prepared(DRAWING)  # 30 people here
    layers = replace(whole, demand=replace(whole.demand, lost=lost), totals={})
    (doubt,) = completeness_doubts(layers)
    assert (doubt.code, doubt.count) == (code, 30)
    assert headline(judge(layers, circle(target=0.5)))["missing"] == missing


def test_a_straight_circle_needs_no_roads() -> None:
    straight = circle(metric="straight-line", limit_s=None, limit_m=500.0, target=0.5)
    row = headline(judge(replace(DRAWING, controls=(("road_km", 99),)), straight))
    assert row["missing"] == ()


def test_what_is_printed_never_reaches_a_bound_that_the_data_do_not() -> None:
    doubts = completeness_doubts(prepared(replace(DRAWING, controls=(("population", 31.58), ("population", 37.51)))))
    assert [doubt.code for doubt in doubts] == ["AG9211", "AG9216"]
    shown = list(total_lines(doubts, "zh"))
    assert [line.percent for line in shown] == ["94.9", "79.9"]  # 94.997 % and 79.979 %
    assert [line.standing for line in shown] == ["数据不完整，结果可能偏低", "不足80%，有关规则暂无法评价"]


def test_millions_are_printed_in_full() -> None:
    doubts = completeness_doubts(prepared(replace(DRAWING, controls=(("population", 1_233_392),))))
    assert doubts[0].values["value"] == "1233392"
    assert next(total_lines(doubts, "zh")).value == "1,233,392"


@pytest.mark.parametrize(
    ("control", "change", "verdict"),
    [
        # one clinic of one: closing it leaves the register complete, and nobody covered
        (("facilities:村卫生室", 1), {"action": "close", "id": "F"}, "falls_short"),
        # one of two known: opening the planned one does not find the one that is missing
        (("facilities:村卫生室", 2), {"action": "open", "id": "P"}, "not_judged"),
        (("population", 30), {"action": "population", "factor": 0.75}, "meets"),
        (("population", 60), {"action": "population", "factor": 2.0}, "not_judged"),
    ],
)
def test_a_scenario_is_as_complete_as_what_was_read(
    control: tuple[str, float], change: dict[str, object], verdict: str
) -> None:
    layers = prepared(replace(DRAWING, controls=(control,)))
    some = [TypeAdapter(Change).validate_python(change)]
    changed = apply_changes(layers, some)
    assert completeness_doubts(changed) == completeness_doubts(layers)
    row = headline(judge(changed, circle(target=0.3)))
    assert (row["verdict"], bool(row["missing"])) == (verdict, verdict == "not_judged")


def test_only_rules_that_count_people_rest_on_the_population() -> None:
    layers = prepared(replace(DRAWING, controls=(("population", 60),)))
    rule = measured(layers, circle()).records[0]
    bound = PeopleBound(group="total", people=5.0)
    village = Presence(unit="village")
    rests = [
        rule,
        replace(rule, rule_kind="ratio"),
        replace(rule, rule_kind="presence", presence=replace(village, condition=bound)),
        replace(rule, rule_kind="presence", presence=replace(village, exempt_below=bound)),
    ]
    free = [replace(rule, rule_kind=kind) for kind in ("share", "total", "consolidation")]
    free.append(replace(rule, rule_kind="presence", presence=village))
    assert [too_incomplete(layers, one) for one in rests] == [("completeness:population:total",)] * 4
    assert [too_incomplete(layers, one) for one in free] == [()] * 4


def test_what_two_totals_show_is_said_once() -> None:
    layers = prepared(replace(DRAWING, controls=(("population", 60),)))
    layers = replace(layers, demand=replace(layers.demand, lost=30.0), totals={})
    assert [doubt.code for doubt in completeness_doubts(layers)] == ["AG9216", "AG9216"]
    assert headline(judge(layers, circle(target=0.5)))["missing"] == ("completeness:population:total",)
