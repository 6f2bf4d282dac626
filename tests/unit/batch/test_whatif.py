"""Scenarios of a batch: their tables belong to what they are."""

from __future__ import annotations

from accessgis.batch.county import Options
from accessgis.batch.whatif import ELSEWHERE, read_whatifs

SCENARIO = """
[scenario]
name = "人口变化"

[[change]]
action = "population"
path = "people.csv"
columns = { township = "乡镇", total = "常住人口" }
"""


def test_a_scenario_is_another_when_its_table_is(tmp_path):
    (tmp_path / "a.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "people.csv").write_text("乡镇,常住人口\n甲镇,10\n", encoding="utf-8")
    [before] = read_whatifs([tmp_path / "a.toml"])
    [same] = read_whatifs([tmp_path / "a.toml"])
    (tmp_path / "people.csv").write_text("乡镇,常住人口\n甲镇,11\n", encoding="utf-8")
    [after] = read_whatifs([tmp_path / "a.toml"])

    assert before == same
    assert before.folder == tmp_path
    assert before.sha256 != after.sha256


def test_a_scenario_is_another_when_what_belongs_to_its_table_is(tmp_path):
    (tmp_path / "a.toml").write_text(SCENARIO.replace("people.csv", "people.shp"), encoding="utf-8")
    (tmp_path / "people.shp").write_bytes(b"shapes")
    (tmp_path / "people.dbf").write_bytes(b"ten")
    [before] = read_whatifs([tmp_path / "a.toml"])
    (tmp_path / "people.dbf").write_bytes(b"eleven")
    [after] = read_whatifs([tmp_path / "a.toml"])

    assert before.sha256 != after.sha256


def test_the_order_of_scenarios_belongs_to_a_result(tmp_path):
    for name in ("a", "b"):
        text = SCENARIO.replace("人口变化", name)
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "people.csv").write_text("乡镇,常住人口\n甲镇,10\n", encoding="utf-8")
    a, b = read_whatifs([tmp_path / "a.toml", tmp_path / "b.toml"])

    assert Options(scenarios=(a, b)).of_result() != Options(scenarios=(b, a)).of_result()


def test_a_selection_that_finds_nothing_in_a_county_is_about_another():
    assert "AG2532" in ELSEWHERE
