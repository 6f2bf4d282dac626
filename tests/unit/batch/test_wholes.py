"""Verdicts on prefectures from what counties add: on paper, with counties missing, and with what is not known."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from integration import tiny_province as province

from accessgis.assess.parts import part_row, parts_frame
from accessgis.assess.supply import CountedRule
from accessgis.batch.rows import COUNTY_ROWS, typed, with_sums
from accessgis.batch.whole_sheet import whole_sheet
from accessgis.batch.wholes import with_verdicts
from accessgis.study.counted import counted_rule
from accessgis.study.model import read_study
from accessgis.study.rules import choose_rules, record

CODES = ("149801", "149802")
_NOTHING = {"text": "", "float": math.nan, "bool": False, "int": 1}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CountedRule]:
    folder = province.draw(tmp_path_factory.mktemp("rules") / "p").parent
    study = read_study(folder / "whole.toml")
    chosen, catalogue = choose_rules(study)
    return {one.standard.id: counted_rule(one, record(one, study, catalogue)) for one in chosen}


def judged(
    rules: dict[str, CountedRule],
    rule: str,
    *figures: dict[str, Any],
    expected: tuple[str, ...] = CODES,
    nameless: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the table of two counties with these figures under one rule."""
    standard = rules[rule].standard
    parts = parts_frame([part_row(standard, code, **one) for code, one in zip(CODES, figures, strict=False)])
    profile = "walk" if standard.kind == "circle" else ""
    nothing = {column.name: _NOTHING[column.type] for column in COUNTY_ROWS.columns}
    rows = [
        nothing
        | {"prefecture": part["area"][:4], "county": part["area"], "county_name": f"县{part['area'][-1]}", "rule": rule,
           "level": "county", "area": part["area"], "group": "total", "profile": profile, "headline": True,
           "people": part["asked"], "covered": part["have"], "share": part["have"] / part["asked"]}
        for part in parts.to_dict("records")
    ]  # fmt: skip
    long = with_sums([typed(pd.DataFrame(rows))])
    return with_verdicts(long, parts.assign(scenario=""), rules, expected, nameless=nameless)


def prefecture(table: pd.DataFrame) -> dict[str, Any]:
    return table[table["level"] == "prefecture"].iloc[0].to_dict()


def test_a_circle_is_judged_from_summed_people_not_from_averaged_shares(rules):
    small, large = {"have": 90.0, "asked": 100.0}, {"have": 230.0, "asked": 900.0}
    table = judged(rules, "own/circle", small, large)
    row, county = prefecture(table), table[table["level"] == "county"].set_index("county")

    assert (row["share"], row["target"], row["verdict"], row["counts"]) == (0.32, 0.3, "meets", True)
    assert county["contribution"].to_dict() == pytest.approx({"149801": 0.1 * 0.58, "149802": 230 / 1000 - 0.32 * 0.9})
    assert prefecture(judged(rules, "own/circle", small, {"have": 200.0, "asked": 900.0}))["verdict"] == "falls_short"
    off = judged(rules, "own/circle", small, {"have": 200.0, "asked": 900.0, "open": 30.0})
    assert (prefecture(off)["verdict"], prefecture(off)["missing"]) == ("not_judged", "roads")
    sheet = whole_sheet(table, rules, lang="zh")
    assert sheet[["行政区", "结论", "说明"]].to_numpy().tolist() == [
        ["1498", "达到目标", ""], ["149802 县2", "", "拉低全市5.8个百分点"], ["149801 县1", "", "拉高全市5.8个百分点"]
    ]  # fmt: skip


def test_a_prefecture_that_lacks_a_county_is_not_judged(rules):
    whole = {"have": 90.0, "asked": 100.0}
    for figures, expected in (([whole, whole], (*CODES, "149803")), ([whole], CODES)):
        table = judged(rules, "own/circle", *figures, expected=expected)
        assert (prefecture(table)["verdict"], prefecture(table)["missing"]) == ("not_judged", f"county:{expected[-1]}")
        assert table["contribution"].isna().all()
    elsewhere = judged(rules, "own/circle", whole, whole, expected=(*CODES, "149901"))
    assert prefecture(elsewhere)["verdict"] == "meets"
    lacking = judged(rules, "own/ratio", whole, whole | {"missing": ("group:total",)})
    assert (prefecture(lacking)["verdict"], prefecture(lacking)["missing"]) == ("not_judged", "group:total")


def test_no_whole_is_judged_beside_a_failed_county_whose_code_is_not_known(rules):
    whole = {"have": 90.0, "asked": 100.0}
    table = judged(rules, "own/circle", whole, whole, nameless=("broken",))
    assert (prefecture(table)["verdict"], prefecture(table)["missing"]) == ("not_judged", "county:broken")
    assert table["contribution"].isna().all()


def test_rules_of_one_name_that_differ_are_not_summed(rules, monkeypatch):
    numbers = iter("ab")
    monkeypatch.setattr("accessgis.assess.parts.content_key", lambda _: next(numbers))
    row = prefecture(judged(rules, "own/circle", {"have": 90.0, "asked": 100.0}, {"have": 90.0, "asked": 100.0}))
    assert (row["verdict"], row["missing"]) == ("not_judged", "rule")


def test_what_one_county_leaves_open_stays_open_in_the_sum(rules):
    beds = {"have": 12.0, "asked": 100.0, "part": 12.0, "open_part": 0.0, "living": 100.0}
    known = prefecture(judged(rules, "own/ratio", beds, beds))
    assert (known["value"], known["unit"], known["verdict"]) == (120.0, "beds per 1000", "falls_short")
    unknown = beds | {"open": 1.0, "reasons": ("attribute:beds",)}
    row = prefecture(judged(rules, "own/ratio", beds, unknown))
    assert (math.isnan(row["value"]), row["verdict"], row["missing"]) == (True, "not_judged", "attribute:beds")
    enough = prefecture(judged(rules, "own/ratio", beds | {"have": 90.0}, unknown))
    assert (enough["value"], enough["verdict"]) == (510.0, "meets")
    classless = prefecture(judged(rules, "own/ratio", beds, beds | {"unclassified": 20.0}))
    assert (classless["verdict"], classless["missing"]) == ("not_judged", "class")


def test_a_rule_about_the_prefecture_counts_the_facilities_of_all_its_counties(rules):
    for have, more, verdict in (((1, 1), 0, "meets"), ((1, 0), 0, "falls_short"), ((1, 0), 1, "not_judged")):
        one, other = ({"have": float(count)} for count in have)
        row = prefecture(judged(rules, "own/whole", one, other | {"open": float(more)}))
        assert row["verdict"] == verdict
        assert row["target"] == 2.0
