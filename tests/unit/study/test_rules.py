"""Which rules a study is judged by: in scope, adopted or its own, in reading order."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from paper.studies import COUNTY

from accessgis.base.errors import UsageError
from accessgis.standards.catalogue import load_catalogue, stage
from accessgis.study.model import Study, StudyFile
from accessgis.study.rules import choose_rules, record

MEDICAL = "guizhou-14fyp/rural-medical-30"
OWN = """
[[rules]]
id = "own/clinic-15"
kind = "circle"
title = { zh = "十五分钟卫生室", en = "Clinic in 15 minutes" }
source = "县卫生健康局〔2025〕1号"
section = "二"
scope = ["1499"]
force = "firm"
facilities = { any = ["village_clinic"] }
profiles = ["walk"]
limit = { minutes = 15 }
target = 0.9
target_level = "county"
"""


def study(*, code: str = COUNTY, date: dt.date = dt.date(2025, 12, 31), folder: Path | None = None, **tables) -> Study:
    content = {
        "study": {"name": "县", "code": code, "data_date": date},
        "roads": {"path": "roads.osm"},
        "population": {"total": "total.tif"},
    }
    return Study(path=(folder or Path()) / "study.toml", file=StudyFile.model_validate(content | tables))


def own_file(folder: Path, text: str = OWN) -> dict[str, list[str]]:
    (folder / "own.toml").write_text(text, encoding="utf-8")
    return {"files": ["own.toml"]}


def test_what_is_in_scope_applies_unasked() -> None:
    rules, _ = choose_rules(study())
    shipped = {rule.id for rule in load_catalogue().in_scope(COUNTY, dt.date(2025, 12, 31))}
    assert shipped
    assert {chosen.standard.id for chosen in rules} == shipped
    assert {chosen.basis for chosen in rules} == {"in_scope"}


def test_elsewhere_nothing_applies_and_that_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        choose_rules(study(code="990000"))
    assert (caught.value.code, caught.value.place.file) == ("AG2053", "study.toml")


def test_a_radius_for_comparison_is_found_by_name_and_never_applies_unasked() -> None:
    radius = "gb50180-2018/kindergarten-300"
    assert radius not in {chosen.standard.id for chosen in choose_rules(study())[0]}
    for named in ({"use": [radius]}, {"use": ["gb50180-2018"]}, {"adopt": [{"id": radius, "basis": "纪要"}]}):
        rules, _ = choose_rules(study(standards=named))
        (chosen,) = (chosen for chosen in rules if chosen.standard.id == radius)
        assert (chosen.standard.metric, chosen.headline_profile) == ("straight-line", "straight-line")


def test_a_rule_from_elsewhere_applies_only_when_adopted() -> None:
    adopt = [{"id": MEDICAL, "basis": "会议纪要"}]
    rules, catalogue = choose_rules(study(code="990000", standards={"adopt": adopt}))
    assert [chosen.standard.id for chosen in rules] == [MEDICAL]
    row = record(rules[0], study(), catalogue)
    assert (row.basis, row.basis_note, row.rule) == ("adopted", "会议纪要", MEDICAL)
    assert row.source_title.zh != row.source


def test_what_is_in_scope_stays_in_scope_when_adopted_too() -> None:
    before, _ = choose_rules(study())
    first = before[0].standard.id
    after, _ = choose_rules(study(standards={"adopt": [{"id": first, "basis": "纪要"}]}))
    assert {chosen.standard.id: chosen.basis for chosen in after}[first] == "in_scope"


@pytest.mark.parametrize(
    ("tables", "code", "key"),
    [
        (
            {"standards": {"adopt": [{"id": "guizhou-14fyp/rural-medical-3", "basis": "x"}]}},
            "AG2101",
            "standards.adopt",
        ),
        ({"standards": {"use": ["guizhou-14fyp"]}}, "AG2050", "standards.use"),
        ({"standards": {"use": ["no-such-plan"]}}, "AG2103", "standards.use"),
        ({"standards": {"use": ["shanxi-14fyp/none"]}}, "AG2101", "standards.use"),
        ({"targets": [{"rule": MEDICAL, "share": 0.9, "basis": "x"}]}, "AG2052", "targets"),
    ],
)
def test_what_a_study_names_and_does_not_apply_is_refused(tables, code: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose_rules(study(**tables))
    assert caught.value.code == code
    assert (caught.value.place.key or "") == key


def test_use_keeps_a_plan_or_single_rules() -> None:
    everything, _ = choose_rules(study())
    first = everything[0].standard
    one, _ = choose_rules(study(standards={"use": [first.id]}))
    assert [chosen.standard.id for chosen in one] == [first.id]
    plan, _ = choose_rules(study(standards={"use": [first.source]}))
    assert {chosen.standard.source for chosen in plan} == {first.source}
    assert len(plan) == sum(chosen.standard.source == first.source for chosen in everything)


def test_own_rules_need_no_adoption(tmp_path: Path) -> None:
    here = study(folder=tmp_path, standards={"use": [], **own_file(tmp_path)})
    rules, catalogue = choose_rules(here)
    assert [(chosen.standard.id, chosen.basis, chosen.basis_note) for chosen in rules] == [
        ("own/clinic-15", "own", "own.toml")
    ]
    row = record(rules[0], here, catalogue)
    assert (row.target, row.target_level, row.target_basis, row.limit_s) == (0.9, "county", "", 900)
    assert row.source_title.zh == "县卫生健康局〔2025〕1号"


def test_an_own_rule_applies_in_its_own_scope_only(tmp_path: Path) -> None:
    files = own_file(tmp_path)
    adopt = [{"id": MEDICAL, "basis": "x"}]
    rules, _ = choose_rules(study(folder=tmp_path, code="140105", standards={"use": [], "adopt": adopt, **files}))
    assert [chosen.standard.id for chosen in rules] == [MEDICAL]


def test_an_own_rule_stands_in_for_the_one_it_replaces(tmp_path: Path) -> None:
    before, _ = choose_rules(study())
    old = before[-1].standard.id
    files = own_file(tmp_path, OWN.replace('kind = "circle"', f'kind = "circle"\nreplaces = "{old}"'))
    after, _ = choose_rules(study(folder=tmp_path, standards=files))
    ids = {chosen.standard.id for chosen in after}
    assert ids == {chosen.standard.id for chosen in before} - {old} | {"own/clinic-15"}


def test_a_replacement_that_does_not_apply_leaves_the_shipped_rule(tmp_path: Path) -> None:
    before, _ = choose_rules(study())
    old = before[-1].standard.id
    text = OWN.replace('kind = "circle"', f'kind = "circle"\nreplaces = "{old}"').replace('["1499"]', '["52"]')
    after, _ = choose_rules(study(folder=tmp_path, standards=own_file(tmp_path, text)))
    assert [chosen.standard.id for chosen in after] == [chosen.standard.id for chosen in before]


def test_a_rule_of_another_kind_applies(tmp_path: Path) -> None:
    text = OWN.replace('kind = "circle"', 'kind = "presence"\npresence = { unit = "village" }')
    text = text.replace('profiles = ["walk"]\nlimit = { minutes = 15 }\n', "")
    rules, _ = choose_rules(study(folder=tmp_path, standards={"use": [], **own_file(tmp_path, text)}))
    (chosen,) = (chosen for chosen in rules if chosen.basis == "own")
    assert (chosen.standard.kind, chosen.headline_profile) == ("presence", "")


def test_a_circle_in_metres_is_measured_along_the_roads_of_its_profile(tmp_path: Path) -> None:
    text = OWN.replace("minutes = 15", "metres = 500")
    rules, _ = choose_rules(study(folder=tmp_path, standards={"use": [], **own_file(tmp_path, text)}))
    (chosen,) = (chosen for chosen in rules if chosen.basis == "own")
    assert (chosen.standard.metric, chosen.headline_profile) == ("network-distance", "walk-distance")


def test_the_own_target_is_what_is_recorded() -> None:
    adopt = {"adopt": [{"id": MEDICAL, "basis": "纪要"}]}
    target = {"rule": MEDICAL, "level": "township", "share": 0.95, "basis": "〔2025〕3号"}
    here = study(standards=adopt, targets=[target])
    rules, catalogue = choose_rules(here)
    row = next(record(chosen, here, catalogue) for chosen in rules if chosen.standard.id == MEDICAL)
    assert (row.target, row.target_level, row.target_basis) == (0.95, "township", "〔2025〕3号")


@pytest.mark.parametrize("date", [dt.date(2025, 12, 31), dt.date(2026, 12, 31), dt.date(2027, 6, 1)])
def test_rules_with_a_target_come_first_and_expired_ones_last(date: dt.date) -> None:
    adopt = [{"id": MEDICAL, "basis": "纪要"}]
    target = {"rule": MEDICAL, "share": 0.95, "basis": "纪要"}
    rules, _ = choose_rules(study(date=date, standards={"adopt": adopt}, targets=[target]))
    expired = [stage(chosen.standard, date) == "expired" for chosen in rules]
    figures = [(one.target, one.standard.target, one.standard.value, *one.standard.units) for one in rules]
    open_end = [all(figure is None for figure in of_rule) for of_rule in figures]
    order = list(zip(expired, open_end, strict=True))
    assert order == sorted(order)
    assert len(set(order)) > 1


def test_expired_rules_are_recorded_as_such() -> None:
    late = study(date=dt.date(2027, 6, 1))
    rules, catalogue = choose_rules(late)
    stages = {chosen.standard.id: record(chosen, late, catalogue).stage for chosen in rules}
    for chosen in rules:
        ended = chosen.standard.horizon is not None and chosen.standard.horizon < 2026
        assert (stages[chosen.standard.id] == "expired") == ended


def test_several_profiles_are_named_together() -> None:
    rules, _ = choose_rules(study(standards={"adopt": [{"id": MEDICAL, "basis": "纪要"}]}))
    chosen = next(chosen for chosen in rules if chosen.standard.id == MEDICAL)
    assert chosen.headline_profile == "+".join(chosen.standard.profiles)
    assert "+" in chosen.headline_profile


def test_two_targets_for_one_rule_are_refused() -> None:
    known = choose_rules(study())[0][0].standard.id
    target = {"rule": known, "level": "county", "share": 0.9, "basis": "x"}
    with pytest.raises(UsageError, match="AG2060"):
        choose_rules(study(targets=[target, {**target, "level": "township"}]))


def test_a_target_of_an_amount_is_refused_with_the_way_to_set_it() -> None:
    target = {"rule": "shanxi-14fyp/nurses-per-1000", "share": 0.95, "basis": "〔2025〕3号"}
    with pytest.raises(UsageError) as caught:
        choose_rules(study(targets=[target]))
    assert (caught.value.code, caught.value.place.key) == ("AG2061", "targets")
    assert "ratio" in caught.value.message("en")
