"""Scenarios of a batch: their tables belong to what they are."""

from __future__ import annotations

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


def test_a_selection_that_finds_nothing_in_a_county_is_about_another():
    assert "AG2532" in ELSEWHERE
