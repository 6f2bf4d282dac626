"""What a batch leaves together, of counties written by hand: its map, its table, and what a history reads of them."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import history as drawn
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from integration import tiny_province as province

from accessgis.assess.parts import parts_frame
from accessgis.base.errors import UsageError
from accessgis.base.files import sha256
from accessgis.batch.county import Job, Outcome, require_one_set
from accessgis.batch.history import read_history
from accessgis.batch.listing import County
from accessgis.batch.monitor import monitor
from accessgis.batch.results import write_results
from accessgis.batch.rows import COUNTY_ROWS, typed
from accessgis.standards.catalogue import load_catalogue
from accessgis.study.model import read_study

RULE = next(rule.id for rule in load_catalogue().standards if rule.kind == "circle")
_NOTHING = {"text": "", "float": math.nan, "bool": False, "int": 1}


def row(code: str, covered: float, **more: object) -> dict[str, object]:
    """Return the row of a county of a hundred people."""
    nothing = {column.name: _NOTHING[column.type] for column in COUNTY_ROWS.columns}
    return nothing | {
        "prefecture": code[:4], "county": code, "county_name": code, "level": "county", "area": code,
        "area_name": code, "rule": RULE, "group": "total", "profile": "walk", "headline": True,
        "data_date": "2025-12-31", "people": 100.0, "covered": covered, "share": covered / 100, **more,
    }  # fmt: skip


def write(out: Path, **studies: list[dict[str, object]]) -> pd.DataFrame:
    """Write a batch of these studies, each with its rows, and return the long table."""
    jobs, outcomes = [], []
    for name, rows in studies.items():
        target = out / "counties" / name
        target.mkdir(parents=True)
        typed(pd.DataFrame(rows)).to_parquet(target / "rows.parquet")
        parts_frame([]).assign(scenario="").to_parquet(target / "parts.parquet")
        (target / "manifest.json").write_text("{}", encoding="utf-8")
        county = County(code=name, name=name, study=out / f"{name}.toml", label=f"{name}.toml")
        jobs.append(Job(county=county, target=target))
        outcomes.append(Outcome(code=name, name=name, study=f"{name}.toml", state="done"))
    return write_results(out, jobs, outcomes, lang="zh")


def seen(out: Path) -> dict[str, tuple[float, ...]]:
    """Return the shares that a history reads of the table alone, by county."""
    shutil.rmtree(out / "counties")
    found = read_history(out)
    return {str(one.study["code"]): tuple(one.rows["covered_share"]) for one in found}


def test_counties_of_one_study_lead_to_its_map_and_stay_in_the_history(tmp_path):
    write(tmp_path, pair=[row("149801", 50.0), row("149802", 70.0)], more=[row("149901", 90.0)])
    page = BeautifulSoup((tmp_path / "map.html").read_text(encoding="utf-8"), "html.parser")

    links = [link["href"] for link in page.select("tbody a")]
    assert sorted(links) == ["counties/more/map.html", "counties/pair/map.html", "counties/pair/map.html"]
    assert seen(tmp_path) == {"149801": (0.5,), "149802": (0.7,), "149901": (0.9,)}


def test_scenarios_are_neither_on_the_map_nor_in_the_history(tmp_path):
    write(tmp_path, one=[row("149801", 50.0), row("149801", 62.5, scenario="new")])
    page = BeautifulSoup((tmp_path / "map.html").read_text(encoding="utf-8"), "html.parser")

    assert ("50.0%" in page.text, "62.5%" in page.text) == (True, False)
    assert len(page.select("tbody tr")) == 1
    assert seen(tmp_path) == {"149801": (0.5,)}


def test_a_county_of_two_studies_is_refused(tmp_path):
    with pytest.raises(UsageError) as raised:
        write(tmp_path, city=[row("149801", 50.0), row("149802", 70.0)], county=[row("149802", 70.0)])
    assert raised.value.code == "AG2516"
    assert all(name in str(raised.value) for name in ("149802", "city.toml", "county.toml"))


def test_a_table_that_does_not_say_whose_its_rows_are_is_refused(tmp_path):
    write(tmp_path, pair=[row("149801", 50.0), row("149802", 70.0)])
    listed = json.loads((tmp_path / "batch.json").read_text(encoding="utf-8"))
    assert listed["counties"][0].pop("members") == ["149801", "149802"]
    (tmp_path / "batch.json").write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        seen(tmp_path)
    assert raised.value.code == "AG2506"


def test_two_rows_of_one_county_are_not_added_up(tmp_path):
    write(tmp_path, one=[row("149801", 50.0), row("149801", 60.0)])
    with pytest.raises(UsageError) as raised:
        seen(tmp_path)
    assert raised.value.code == "AG2508"


def test_a_failed_county_without_a_code_is_told_to_the_wholes(tmp_path, monkeypatch):
    told: list[set[str]] = []

    def verdicts(long: pd.DataFrame, *_: object, nameless: set[str]) -> pd.DataFrame:
        told.append(nameless)
        return long

    monkeypatch.setattr("accessgis.batch.results.with_verdicts", verdicts)
    jobs = [
        Job(county=County(code=code, name=code, study=tmp_path / "a.toml", label="a", members=members), target=tmp_path)
        for code, members in (("broken", ()), ("149802", ()), ("pair", ("149803", "149804")))
    ]
    outcomes = [Outcome(code=job.county.code, name="", study="a", state="failed", error="AG2001") for job in jobs]
    write_results(tmp_path, jobs, outcomes, lang="zh")
    assert told == [{"broken"}]


def test_studies_of_one_prefecture_are_read_county_by_county(tmp_path):
    listed = []
    for name, code in {"east": "149801", "west": "149802"}.items():
        folder = drawn.write(tmp_path / "counties" / name, "149800", name, "2025-12-31", 0.5)
        document = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
        (one,) = document["results"]
        document["results"] = [one | {"area": code}, one | {"area": f"{code[:-1]}{int(code[-1]) + 2}"}]
        (folder / "assessment.json").write_text(json.dumps(document), encoding="utf-8")
        members = [result["area"] for result in document["results"]]
        digest = sha256(folder / "manifest.json")
        listed.append({"code": name, "error": None, "manifest": digest, "members": members})
    manifest = {"schema": "accessgis.batch/1", "counties": listed}
    (tmp_path / "batch.json").write_text(json.dumps(manifest), encoding="utf-8")

    found = monitor(tmp_path)
    assert [one.study["code"] for one in found.results] == ["149801", "149802", "149803", "149804"]
    table = found.table[found.table["rule"] == "own/clinic"]
    assert table["value"].tolist() == [0.5] * 4


def test_a_cluster_whose_counties_have_other_rules_is_refused(tmp_path):
    study = read_study(province.draw(tmp_path / "p").parent / "whole.toml")
    require_one_set(study, ("149801", "149901"))
    rules = province.RULES.replace('id = "own/presence"', 'id = "own/presence"\nscope = ["1498"]')
    (tmp_path / "p" / "own.toml").write_text(rules, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        require_one_set(study, ("149801", "149901"))
    assert raised.value.code == "AG2529"
    assert "149801" in str(raised.value)
    require_one_set(study, ("149801",))
