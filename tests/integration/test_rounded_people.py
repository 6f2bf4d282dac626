"""People in multiples: no output of a study that asks for it tells of a few, and subtracting figures finds none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from integration import tiny_study as tiny
from integration.spoil import both, study, written

from accessgis.assess.assessment import Assessment
from accessgis.assess.rounding import nearest, rounded_people
from accessgis.cli.main import run
from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess

TO = 20
COUNTS = ["people", "covered", "off_network", "unreachable", "unclassified", "edge_people"]
OWN = both(study("use = []", 'use = []\nfiles = ["own.toml"]'), written("own.toml", tiny.OWN_RULE))
ROUND = study("margin_km = 2", f"margin_km = 2\nround_people_to = {TO}")


def uneven(more: float = 0.0) -> np.ndarray:
    """Return people per cell: few in the east, and so many more of them that no figure rounds otherwise."""
    people = tiny.people()
    people[:, 10:] *= 0.05
    people[2, 12] += more
    return people


def drawn(folder: Path, *, people: np.ndarray, rounded: bool) -> Path:
    tiny.draw(folder)
    tiny.write_raster(folder / "total.tif", people)
    tiny.write_raster(folder / "age60plus.tif", people * 0.2)
    OWN(folder)
    if rounded:
        ROUND(folder)
    return folder / "study.toml"


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assess(read_study(drawn(tmp_path_factory.mktemp("exact") / "s", people=uneven(), rounded=False)))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assess(read_study(drawn(tmp_path_factory.mktemp("told") / "s", people=uneven(), rounded=True)))


@pytest.fixture(scope="module")
def out(told: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(told, tmp_path_factory.mktemp("out") / "out")


def multiples(values: Any) -> bool:
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return bool(numbers.size) and bool((numbers % TO == 0).all())


def test_the_exact_study_does_tell_of_a_few(exact: Assessment) -> None:
    villages = exact.results[exact.results["level"] == "village"]
    assert (villages["people"].between(1, TO)).any() or (villages["covered"].between(0.5, TO)).any()
    assert not multiples(villages["people"])


def test_every_written_figure_of_people_is_a_multiple(out: Path) -> None:
    document = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    for row in document["results"]:
        for name in COUNTS:
            if row.get(name) is not None:
                assert row[name] % TO == 0, (row["area"], name)
    assert document["gaps"]
    for row in document["gaps"]:
        assert row["people"] > 0
        assert multiples([row[name] for name in row if name.startswith("people")])
    table = pd.read_csv(out / "coverage.csv", encoding="utf-8-sig")
    assert multiples(table[COUNTS].to_numpy())
    equity = pd.read_csv(out / "equity.csv", encoding="utf-8-sig")
    assert len(equity) == len(document["equity"]) > 0
    assert multiples(equity[["people", "covered", "reached"]].to_numpy())
    told_of = equity[equity["people"] > 0]
    assert told_of["covered_share"].to_numpy() == pytest.approx(
        np.minimum(told_of["covered"] / told_of["people"], 1.0).to_numpy(), rel=1e-8
    )
    for layer, names in {"areas": COUNTS, "villages": ["population", "age60plus"], "gaps": ["people"]}.items():
        frame = gpd.read_file(out / "results.gpkg", layer=layer)
        # sums of equal parts of a village
        assert np.allclose(frame[names].to_numpy(dtype=float) / TO % 1 % 1, 0, atol=1e-9) or multiples(frame[names])
    assert set(gpd.read_file(out / "results.gpkg", layer="snaps")["point"]) == {"facility"}
    people = pd.read_parquet(out / "people.parquet")
    assert people.columns.tolist() == ["demand_id", "rule", "profile", "seconds", "metres"]
    assert people.empty
    assert not (out / "evidence").exists()


def test_the_page_prints_multiples_and_says_so(out: Path) -> None:
    html = (out / "map.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    page = json.loads(found[1])
    for rule in page["data"]["rules"]:
        for mode in rule["modes"]:
            for level in mode["areas"].values():
                assert multiples(level["people"])
                assert multiples(level["covered"])
    for lang, words in (("zh", f"{TO} 的倍数"), ("en", f"multiples of {TO}")):
        assert any(words in doubt for doubt in page["views"][lang]["doubts"])
        figures = [gap["people"] for rule in page["views"][lang]["rules"] for gap in rule["gaps"]]
        found_all = [re.fullmatch(r"([\d,]+)(?:人)?", text) for text in figures]
        amounts = [int(found[1].replace(",", "")) for found in found_all if found]
        assert figures
        assert len(amounts) == len(figures)
        assert all(amount % TO == 0 for amount in amounts)


def test_figures_are_near_the_truth_and_verdicts_are_the_truth(exact: Assessment, told: Assessment) -> None:
    assert len(exact.results) == len(told.results)
    for name in COUNTS:
        assert (np.abs(exact.results[name] - told.results[name]).dropna() <= TO / 2).all()
    for name in ("verdict", "counts", "robust", "target", "missing", "state"):
        pd.testing.assert_series_equal(exact.results[name], told.results[name])
    county = exact.results["level"] == "county"
    pd.testing.assert_series_equal(exact.results["covered_share"][county], told.results["covered_share"][county])
    assert exact.quality.figures == told.quality.figures
    assert told.parameters["round_people_to"] == TO


def test_shares_follow_from_the_rounded_figures(told: Assessment) -> None:
    below = told.results[told.results["level"] != "county"]
    lived = below[below["people"] > 0]
    assert np.allclose(lived["covered_share"], lived["covered"] / lived["people"])
    assert below.loc[below["people"] == 0, "covered_share"].isna().all()
    for name in ("covered_share", "covered_share_high", "covered_share_own", "range_low", "range_high"):
        assert np.allclose(lived[name] * lived["people"] % TO % TO, 0, atol=1e-6) or multiples(
            (lived[name] * lived["people"]).round(6)
        )


def test_a_few_people_more_change_nothing_below_the_county(told: Assessment, tmp_path: Path) -> None:
    """What does not depend on a number cannot tell it: more people in a cell, the same figures below the county."""
    path = drawn(tmp_path / "s", people=uneven(more=0.4), rounded=True)
    other = assess(read_study(path))
    assert other.quality.figures["people:total"] != told.quality.figures["people:total"]
    below = told.results["level"] != "county"
    columns = [*COUNTS, "covered_share", "covered_share_high", "covered_share_own", "sensitivity", "value", "deficit"]
    pd.testing.assert_frame_equal(told.results[below][columns], other.results[below][columns], rtol=0, atol=0)
    names = ["gap_id", "people", "people_off_network", "people_no_path", "people_too_far"]
    pd.testing.assert_frame_equal(pd.DataFrame(told.gaps[names]), pd.DataFrame(other.gaps[names]))
    villages = ["village", "population", "age60plus"]
    pd.testing.assert_frame_equal(told.demand.frame[villages], other.demand.frame[villages])


def test_evidence_of_such_a_study_is_refused_before_any_work(tmp_path: Path, capfd) -> None:
    path = drawn(tmp_path / "s", people=uneven(), rounded=True)
    assert run(["assess", str(path), "--evidence", "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "AG2090"
    assert not (tmp_path / "s" / "out").exists()


def test_halves_go_up_and_nan_stays() -> None:
    values = np.array([0.0, 4.9, 5.0, 14.99, 15.0, np.nan])
    assert nearest(values, 10)[:-1].tolist() == [0, 0, 10, 10, 20]
    assert np.isnan(nearest(values, 10)[-1])


def test_rounding_changes_no_argument(exact: Assessment) -> None:
    before = exact.results.copy()
    rounded_people(exact, 50)
    pd.testing.assert_frame_equal(exact.results, before)


@pytest.mark.parametrize("value", ["1", "0", "-5", "1.5", "1001", '"10"', "true"])
def test_other_multiples_are_refused(tmp_path: Path, value: str, capfd) -> None:
    path = tiny.draw(tmp_path / "s")
    study("margin_km = 2", f"margin_km = 2\nround_people_to = {value}")(tmp_path / "s")
    assert run(["assess", str(path), "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["key"] == "study.round_people_to"
