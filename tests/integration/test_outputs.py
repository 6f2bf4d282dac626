"""What ``assess`` and ``network export`` leave of the bundled county, held against the documented interface."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmnx
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

from accessgis.assess.assessment import GAPS, VERDICTS
from accessgis.cli import main
from accessgis.layers.demand import GROUPS
from accessgis.layers.facilities import STATUSES
from accessgis.network.build import build_network
from accessgis.study.measure import Measured
from accessgis.study.prepare import Prepared

Check = Callable[[Any], bool]
LEVELS = ("county", "township", "village")


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def word(value: Any) -> bool:
    return isinstance(value, str)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not flag(value)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not flag(value) and math.isfinite(value)


def share(value: Any) -> bool:
    return number(value) and 0 <= value <= 1


def people(value: Any) -> bool:
    return number(value) and value >= 0


def words(value: Any) -> bool:
    return isinstance(value, list) and all(map(text, value))


def both_languages(value: Any) -> bool:
    return set(value) == {"zh", "en"} and all(map(text, value.values()))


def one_of(*allowed: Any) -> Check:
    return lambda value: value in allowed


def or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


RULE: dict[str, Check] = {
    "rule": text, "rule_kind": one_of("circle"), "title": both_languages, "source": text, "section": word,
    "scope": words, "basis": one_of("in_scope", "adopted", "own"),
    "force": one_of("firm", "strive", "push", "encourage"), "horizon": or_null(whole), "kinds": words, "where": text,
    "group": one_of(*GROUPS), "profiles": words, "headline_profile": text,
    "direction": one_of("to_facility", "from_facility"), "limit_s": or_null(whole), "limit_m": or_null(number),
    "metric": text, "sharing": one_of("any", "county", "township", "serves"), "target": or_null(share),
    "target_level": or_null(text),
    "assumed": lambda value: all(text(said["zh"]) and text(said["en"]) for said in value),
}  # fmt: skip
RESULT: dict[str, Check] = {
    "rule": text, "level": one_of(*LEVELS), "area": text, "area_name": text, "group": one_of(*GROUPS), "profile": text,
    "headline": flag, "people": or_null(people), "covered": or_null(people), "covered_share": or_null(share),
    "covered_share_high": or_null(share), "covered_share_own": or_null(share), "off_network": or_null(people),
    "unreachable": or_null(people), "unclassified": or_null(people), "median_s": or_null(people),
    "p90_s": or_null(people), "target": or_null(share), "verdict": or_null(one_of(*VERDICTS)), "counts": flag,
    "robust": flag, "range": lambda value: len(value) == 2 and all(map(or_null(share), value)),
    "sensitivity": lambda value: all(
        text(side["factor"]) and share(side["low"]) and share(side["high"]) for side in value
    ),
    "missing": words,
}  # fmt: skip
GAP: dict[str, Check] = {
    "gap_id": text, "rule": text, "kinds": words, "rank": lambda value: whole(value) and value >= 0, "people": people,
    "people_off_network": people, "people_no_path": people, "people_too_far": people,
    "reason": one_of("off_network", "no_path", "too_far"), "facility_id": or_null(text), "seconds": or_null(people),
    "township": word, "village": word, "lon": number, "lat": number,
}  # fmt: skip
INPUT: dict[str, Check] = {
    "path": text, "sha256": lambda value: bool(re.fullmatch("[0-9a-f]{64}", value)), "rows": whole, "crs": word,
    "datum": word,
}  # fmt: skip
NUMBER, TEXT, FLAG = "float64", "str", "bool"
EVIDENCE: dict[str, dict[str, str]] = {
    "nodes": {"node": "int64", "x": NUMBER, "y": NUMBER},
    "edges": {
        "profile": TEXT, "edge_id": "int64", "tail": "int64", "head": "int64", "length_m": NUMBER, "seconds": NUMBER,
        "joinable": FLAG, "island": FLAG,
    },
    "edge_shapes": {"edge_id": "int64", "geometry": "object"},
    "demand": {
        "demand_id": "int64", "x": NUMBER, "y": NUMBER, "population": NUMBER, "under3": NUMBER, "age3to5": NUMBER,
        "age6to11": NUMBER, "age12to14": NUMBER, "age60plus": NUMBER, "age65plus": NUMBER, "county": TEXT,
        "township": TEXT, "village": TEXT, "ur_code": TEXT, "seat": FLAG, "central": FLAG, "judged": FLAG,
    },
    "facilities": {
        "facility_id": TEXT, "kind": TEXT, "x": NUMBER, "y": NUMBER, "status": TEXT, "placement": TEXT, "county": TEXT,
        "township": TEXT, "village": TEXT, "places": NUMBER, "beds": NUMBER,
    },
    "rule_facilities": {"rule": TEXT, "part": "int64", "facility_id": TEXT},
    "snaps": {
        "profile": TEXT, "point": TEXT, "id": TEXT, "join": TEXT, "edge_id": "Int64", "tail": "Int64", "head": "Int64",
        "x": NUMBER, "y": NUMBER, "offset_s": NUMBER, "edge_s": NUMBER, "access_m": NUMBER, "access_s": NUMBER,
        "status": TEXT,
    },
    "times": {
        "rule": TEXT, "part": "int64", "profile": TEXT, "direction": TEXT, "demand_id": "int64", "facility_id": TEXT,
        "seconds": NUMBER, "via": TEXT,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(demo_out: Path) -> dict[str, Any]:
    return json.loads((demo_out / "assessment.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document(everything: dict[str, Any]) -> dict[str, Any]:
    """The document with the rules about travel alone."""
    circles = {rule["rule"] for rule in everything["rules"] if rule["rule_kind"] == "circle"}
    return everything | {
        part: [row for row in everything[part] if row["rule"] in circles] for part in ("rules", "results")
    }


@pytest.fixture(scope="module")
def results(document: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(document["results"])


@pytest.fixture(scope="module")
def evidence(demo_out: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(demo_out / "evidence" / f"{name}.parquet") for name in EVIDENCE}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --------------------------------------------------------------------------------------------------- assessment.json


@pytest.mark.parametrize(
    ("part", "fields"), [("rules", RULE), ("results", RESULT), ("gaps", GAP), ("inputs", INPUT)]
)  # fmt: skip
def test_every_documented_field_is_there_with_its_type(document, part: str, fields: dict[str, Check]) -> None:
    assert document["schema"] == "accessgis.assessment/1"
    parts = {
        "schema",
        "study",
        "rules",
        "results",
        "gaps",
        "closures",
        "equity",
        "comparators",
        "index",
        "quality",
        "inputs",
    }
    assert set(document) == parts
    assert document[part]
    for row in document[part]:
        assert set(fields) <= set(row)
        wrong = {name: row[name] for name, check in fields.items() if not check(row[name])}
        assert not wrong


def test_rules_that_count_have_a_figure_in_place_of_coverage(everything, document) -> None:
    kinds = {rule["rule"]: rule["rule_kind"] for rule in everything["rules"]}
    assert {"presence", "ratio", "share", "circle"} <= set(kinds.values())
    counted = [row for row in everything["results"] if kinds[row["rule"]] != "circle"]
    assert len(counted) + len(document["results"]) == len(everything["results"])
    for row in counted:
        assert {"value", "unit", "deficit", "state", "target", "verdict", "missing"} <= set(row)
        assert not {"covered", "covered_share", "median_s", "range"} & set(row)
        assert row["verdict"] in (None, *VERDICTS)
        assert row["missing"] or row["verdict"] != "not_judged"
        assert row["value"] is not None or row["verdict"] != "meets" or row["unit"] == "facilities"
    assert all("value" not in row for row in document["results"])
    assert not [row for row in everything["results"] if kinds[row["rule"]] == "direction"]


def test_the_table_of_indicators_has_a_line_for_every_rule(demo_out: Path, everything) -> None:
    table = pd.read_csv(demo_out / "indicators.csv", encoding="utf-8-sig", keep_default_na=False)
    assert table["规则编号"].tolist() == [rule["rule"] for rule in everything["rules"]]
    assert (table["完成情况"] != "").all()
    assert (table["依据"] != "").all()


def test_the_study_is_named(document) -> None:
    study = document["study"]
    assert (study["name"], study["code"], study["data_date"]) == ("示例县", "149921", "2025-12-31")
    assert study["generated"] is True


@pytest.mark.parametrize("name", ["assessment.json", "manifest.json"])
def test_json_has_sorted_keys_lf_and_nine_digits(demo_out: Path, name: str) -> None:
    content = (demo_out / name).read_bytes()
    assert content.endswith(b"}\n")
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    digits: list[int] = []

    def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    def measured(literal: str) -> float:
        mantissa = re.split("[eE]", literal)[0]
        digits.append(len(mantissa.replace("-", "").replace(".", "").strip("0")))
        return float(literal)

    def refused(literal: str) -> float:
        raise AssertionError(literal)

    json.loads(content, object_pairs_hook=in_order, parse_float=measured, parse_constant=refused)
    assert not digits or max(digits) <= 9


def test_one_row_for_every_rule_level_area_and_profile(document, results: pd.DataFrame, evidence) -> None:
    keys = ["rule", "level", "area", "group", "profile"]
    assert not results.duplicated(keys).any()
    areas = {"county": 1, "township": 11, "village": 260}
    for rule in document["rules"]:
        mine = results[results["rule"] == rule["rule"]]
        computed = mine["profile"].nunique()
        assert len(mine) == computed * sum(areas.values())
        headline = mine[mine["headline"]]
        assert set(headline["profile"]) == {rule["headline_profile"]}
        assert headline.groupby("level").size().to_dict() == areas
        assert rule["headline_profile"] == "+".join(rule["profiles"])


def test_shares_are_null_only_where_nobody_is_concerned(results: pd.DataFrame) -> None:
    nobody = results["people"] == 0
    assert nobody.any()
    for name in ("covered_share", "covered_share_high", "covered_share_own"):
        assert (results[name].isna() == nobody).all()
    assert (results["range"].map(lambda ends: ends == [None, None]) == nobody).all()
    assert (results["sensitivity"].map(len) == np.where(nobody, 0, 2)).all()


def test_null_times_with_people_mean_unreachable(results: pd.DataFrame) -> None:
    left = results[(results["people"] > 0) & results["p90_s"].isna()]
    assert len(left)
    assert (left["covered"] + left["off_network"] + left["unreachable"] <= left["people"] * (1 + 1e-8)).all()
    lost = left["off_network"] + left["unreachable"]
    assert (lost >= left["people"] * 0.1 * (1 - 1e-6)).all()
    reached = results[(results["people"] > 0) & results["p90_s"].notna()]
    assert (reached["off_network"] + reached["unreachable"] <= reached["people"] * 0.9 + 1e-6).all()


def test_every_verdict_occurs_and_stands_at_its_level_only(document, results: pd.DataFrame) -> None:
    assert set(results["verdict"].dropna()) == set(VERDICTS)
    standing = results["verdict"].notna()
    assert (results[standing]["level"] == "county").all()
    assert results[standing]["headline"].all()
    assert standing.sum() == len(document["rules"])
    assert results.loc[results["counts"].astype(bool), "verdict"].isin(["meets", "falls_short"]).all()
    assert results["counts"].sum() >= 1
    assert (results["missing"].map(len) > 0).equals(results["verdict"] == "not_judged")


def test_a_verdict_follows_from_the_printed_figures(results: pd.DataFrame) -> None:
    for row in results[results["verdict"].isin(["meets", "falls_short"])].to_dict("records"):
        meets = row["covered"] / row["people"] >= row["target"]
        assert row["verdict"] == ("meets" if meets else "falls_short")
        assert meets or row["covered_share_high"] < row["target"]
        low, high = row["range"]
        assert row["robust"] == (not low < row["target"] <= high)
        assert low <= row["covered_share"] <= high
    for row in results[results["verdict"] == "no_target"].to_dict("records"):
        assert math.isnan(row["target"])


def test_some_verdict_depends_on_the_mode_and_says_so(results: pd.DataFrame) -> None:
    county = results[results["level"] == "county"]
    found = county[county["mode_dependent"]]
    assert len(found)
    for row in found.to_dict("records"):
        alone = county[(county["rule"] == row["rule"]) & ~county["headline"]]["covered_share"]
        assert ((alone >= row["target"]) != (row["covered_share"] >= row["target"])).any()


def test_levels_add_up(results: pd.DataFrame) -> None:
    sums = results.groupby(["rule", "profile", "level"])[["people", "covered", "off_network", "unreachable"]].sum()
    county = sums.xs("county", level="level")
    for level in ("township", "village"):
        # every village is printed with nine digits
        pd.testing.assert_frame_equal(sums.xs(level, level="level"), county, rtol=1e-7, atol=1e-4)


def test_gaps_add_up_to_the_uncovered_of_each_township(document, results: pd.DataFrame) -> None:
    gaps = pd.DataFrame(document["gaps"])
    rows = results[(results["level"] == "township") & results["headline"]].set_index(["rule", "area"])
    left = (rows["people"] - rows["covered"]).astype(float)
    found = gaps.groupby(["rule", "township"])["people"].sum().reindex(left.index, fill_value=0.0)
    np.testing.assert_allclose(found, left, atol=1e-4)
    parts = gaps[["people_off_network", "people_no_path", "people_too_far"]]
    np.testing.assert_allclose(parts.sum(axis=1), gaps["people"], atol=1e-5)
    assert (gaps["age60plus"].dropna() <= gaps["people"] + 1e-6).all()
    names = np.array(["off_network", "no_path", "too_far"])
    assert (gaps["reason"] == names[parts.to_numpy().argmax(axis=1)]).all()


def test_the_people_of_the_differences_are_those_of_the_results(document, results: pd.DataFrame, demo_out) -> None:
    equity = pd.DataFrame(document["equity"])
    whole = equity[equity["part"] == "all"].set_index("rule")
    county = results[(results["level"] == "county") & results["headline"]].set_index("rule").loc[whole.index]
    for name in ("people", "covered", "covered_share"):
        np.testing.assert_allclose(whole[name], county[name], rtol=1e-8)
    np.testing.assert_allclose(
        whole["people"] - whole["reached"], county["unreachable"] + county["off_network"], atol=1e-3
    )
    people = pd.read_parquet(demo_out / "people.parquet")
    demand = pd.read_parquet(demo_out / "evidence" / "demand.parquet")
    for rule, row in whole.iterrows():
        group = next(entry["group"] for entry in document["rules"] if entry["rule"] == rule)
        mine = people[(people["rule"] == rule) & (people["profile"] == row["profile"])]
        counted = demand.set_index("demand_id").loc[mine["demand_id"]]
        weight = counted["population" if group == "total" else group].to_numpy() * np.isfinite(
            mine["seconds"].to_numpy()
        )
        seconds = np.where(np.isfinite(mine["seconds"]), mine["seconds"], 0.0)
        np.testing.assert_allclose(row["mean_s"], (weight * seconds).sum() / weight.sum(), rtol=1e-8)


def test_gaps_are_ranked_by_people(document) -> None:
    gaps = pd.DataFrame(document["gaps"])
    assert gaps["gap_id"].is_unique
    for _, table in gaps.groupby("rule"):
        ranked = table[table["rank"] > 0]
        assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
        assert ranked["people"].is_monotonic_decreasing
        assert (ranked["people"] >= 10).all()
        # at most one row of small gaps in a township
        assert table[table["rank"] == 0]["township"].is_unique


# ----------------------------------------------------------------------------------------- coverage.csv, results.gpkg


def test_coverage_csv_holds_the_figures_of_assessment_json(demo_out: Path, results: pd.DataFrame) -> None:
    content = (demo_out / "coverage.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    table = pd.read_csv(demo_out / "coverage.csv", dtype={"area": "str"})
    table = table[table["rule"].isin(results["rule"])].reset_index(drop=True)
    keys = ["rule", "level", "area"]
    headline = results[results["headline"]].reset_index(drop=True)
    assert table[keys].to_numpy().tolist() == headline[keys].to_numpy().tolist()
    numbers = [name for name, check in RESULT.items() if name in table and check(0.5)]
    assert len(numbers) >= 11
    for name in numbers:
        expected = pd.to_numeric(headline[name])
        assert (table[name].isna() == expected.isna()).all(), name
        assert (table[name].fillna(-1) == expected.fillna(-1)).all(), name
    ends = pd.DataFrame(headline["range"].tolist(), columns=["range_low", "range_high"])
    assert table[["range_low", "range_high"]].fillna(-1).equals(ends.astype(float).fillna(-1))
    assert table["verdict"].fillna("").tolist() == headline["verdict"].fillna("").tolist()
    assert table["missing"].fillna("").tolist() == [";".join(items) for items in headline["missing"]]
    alone = results[~results["headline"]].set_index([*keys, "profile"])["covered_share"].astype(float)
    for profile in ("walk", "vehicle", "bicycle", "ebike"):
        column = table.set_index(keys)[f"covered_share_by_{profile}"].dropna()
        other = alone.xs(profile, level="profile").reindex(column.index)
        assert len(column) > 500
        assert (column == other).all()
    described = pd.read_csv(demo_out / "coverage_dictionary.csv", encoding="utf-8-sig", keep_default_na=False)
    assert described["column"].tolist() == table.columns.tolist()
    assert (described["meaning"] != "").all()


def layer(demo_out: Path, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(demo_out / "results.gpkg", layer=name)


def test_results_gpkg_has_the_documented_layers_with_valid_shapes(demo_out: Path, everything, document) -> None:
    names = [str(name) for name, _ in pyogrio.list_layers(demo_out / "results.gpkg")]
    assert names == ["areas", "villages", "facilities", "gaps", "isochrones", "snaps"]
    rows = sum(row["headline"] for row in everything["results"])
    figures = document["quality"]["figures"]
    facilities = sum(figures.get(f"facilities:{status}", 0) for status in STATUSES)
    counts = {"areas": rows, "villages": 260, "facilities": facilities, "gaps": len(document["gaps"])}
    for name in names:
        frame = layer(demo_out, name)
        assert len(frame) == counts.get(name, len(frame)) > 0
        assert frame.crs.to_string() == document["study"]["crs"]
        assert frame.geometry.is_valid.all(), name
        if name != "facilities":
            assert not frame.geometry.is_empty.any(), name


def test_layers_hold_the_same_figures(demo_out: Path, document, results: pd.DataFrame, evidence) -> None:
    areas = layer(demo_out, "areas")
    headline = results[results["headline"]].reset_index(drop=True)
    merged = areas.merge(headline, on=["rule", "level", "area"], suffixes=("", "_json"))
    assert len(merged) == len(headline)
    assert np.allclose(merged["people"], merged["people_json"].astype(float), rtol=1e-8)
    assert (merged["p90_s"].isna() == merged["p90_s_json"].isna()).all()
    villages = layer(demo_out, "villages")
    judged = evidence["demand"][evidence["demand"]["judged"]]
    assert villages["population"].sum() == pytest.approx(judged["population"].sum(), rel=1e-12)
    assert villages["under3"].sum() == pytest.approx(judged["under3"].sum(), rel=1e-12)
    gaps = layer(demo_out, "gaps")
    assert set(GAPS.names) <= set(gaps.columns)
    assert gaps["gap_id"].tolist() == [gap["gap_id"] for gap in document["gaps"]]
    places = gpd.GeoSeries(gpd.points_from_xy(gaps["lon"], gaps["lat"]), crs=4326).to_crs(gaps.crs)
    assert (places.distance(gaps.geometry) < 1.0).all()


def test_isochrones_are_bands_that_do_not_overlap(demo_out: Path) -> None:
    bands = layer(demo_out, "isochrones")
    county = layer(demo_out, "areas").query("level == 'county'").geometry.iloc[0]
    for _, band in bands.groupby("rule"):
        assert band["from_s"].is_monotonic_increasing
        assert band["to_s"].isna().sum() <= 1
        # bands without any place are left out, but none reaches across the limit
        assert not ((band["from_s"] < band["limit_s"]) & ~(band["to_s"] <= band["limit_s"])).any()
        assert band.geometry.area.sum() == pytest.approx(shapely.union_all(band.geometry.to_numpy()).area, rel=1e-6)
        assert band.geometry.area.sum() == pytest.approx(county.area, rel=1e-3)


def test_people_stand_in_the_band_of_their_own_time(demo_out: Path, evidence) -> None:
    bands, people, demand = (
        layer(demo_out, "isochrones"),
        pd.read_parquet(demo_out / "people.parquet"),
        evidence["demand"],
    )
    compared = 0
    for (rule, profile), band in bands.groupby(["rule", "profile"]):
        own = people[(people["rule"] == rule) & (people["profile"] == profile)]
        homes = demand.set_index("demand_id").loc[own["demand_id"], ["x", "y"]].to_numpy()
        shown, found = shapely.STRtree(band.geometry.to_numpy()).query(shapely.points(homes), predicate="within")
        limit_s = band["limit_s"].iloc[0]
        within = band["to_s"].to_numpy()[found] <= limit_s
        seconds = own["seconds"].fillna(np.inf).to_numpy()[shown]
        compared += shown.size
        wrong = within != (seconds <= limit_s)
        assert wrong.sum() <= 0.03 * shown.size
        # two minutes of walking are more than a cell; what is left lies where the nearest road changes
        assert wrong[np.abs(seconds - limit_s) > 120].sum() <= 0.005 * shown.size
    assert compared > 50_000


def test_snaps_are_facilities_and_people_off_the_network(demo_out: Path, evidence) -> None:
    snaps = layer(demo_out, "snaps")
    assert set(snaps["point"]) == {"facility", "demand"}
    assert set(snaps.loc[snaps["point"] == "demand", "status"]) == {"off-network"}
    full = evidence["snaps"]
    kept = full[(full["point"] == "facility") | (full["status"] == "off-network")]
    assert len(snaps) == len(kept)


# -------------------------------------------------------------------------------------------- evidence, people.parquet


@pytest.mark.parametrize("name", list(EVIDENCE))
def test_evidence_has_the_documented_columns(evidence, name: str) -> None:
    types = evidence[name].dtypes.astype(str).to_dict()
    assert {column: types.get(column) for column in EVIDENCE[name]} == EVIDENCE[name]
    assert len(evidence[name])
    if name == "edge_shapes":
        shapes = shapely.from_wkb(evidence[name]["geometry"])
        assert (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING).all()


def test_evidence_hangs_together(evidence, document) -> None:
    edges, snaps, times = evidence["edges"], evidence["snaps"], evidence["times"]
    assert not edges.duplicated(["profile", "edge_id", "tail", "head"]).any()
    assert set(edges["edge_id"]) <= set(evidence["edge_shapes"]["edge_id"])
    assert set(edges["tail"]) | set(edges["head"]) <= set(evidence["nodes"]["node"])
    assert set(snaps["join"]) <= {"nearest", "off-island", "entrance", ""}
    assert set(snaps["status"]) == {"joined", "off-network"}
    joined = snaps[snaps["status"] == "joined"]
    found = joined.merge(edges, on=["profile", "edge_id", "tail", "head"])
    assert len(found) == len(joined)
    assert (found["edge_s"] == found["seconds"]).all()
    assert found["joinable"].all()
    assert joined["offset_s"].between(0, joined["edge_s"]).all()
    assert (joined["access_m"] <= 2000).all()
    assert joined[["x", "y", "offset_s", "edge_s", "access_m", "access_s"]].notna().all(axis=None)
    assert ((joined["access_s"] > 0) == (joined["access_m"] > 0)).all()
    assert set(times["via"]) <= {"network", "direct"}
    assert (times["facility_id"].isna() == np.isinf(times["seconds"])).all()
    whole_ms = times.loc[np.isfinite(times["seconds"]), "seconds"] * 1000
    assert (np.abs(whole_ms - whole_ms.round()) < 1e-3).all()
    admitted = set(map(tuple, evidence["rule_facilities"].to_numpy()))
    reached = times.dropna(subset="facility_id")[["rule", "part", "facility_id"]].drop_duplicates()
    assert set(map(tuple, reached.to_numpy())) <= admitted
    profiles = {rule["rule"]: set(rule["profiles"]) for rule in document["rules"]}
    for rule, table in times.groupby("rule"):
        assert profiles[rule] <= set(table["profile"])
    sizes = times.groupby(["rule", "part", "profile"]).size()
    assert (sizes == len(evidence["demand"])).all()


def test_people_parquet_says_how_long_everybody_takes(demo_out: Path, document, evidence) -> None:
    people = pd.read_parquet(demo_out / "people.parquet")
    assert people.columns.tolist() == ["demand_id", "rule", "profile", "seconds", "metres"]
    times, demand = evidence["times"], evidence["demand"].set_index("demand_id")
    assert demand.loc[people["demand_id"].unique(), "judged"].all()
    for rule in document["rules"]:
        mine = people[(people["rule"] == rule["rule"]) & (people["profile"] == rule["headline_profile"])]
        parts = times[(times["rule"] == rule["rule"]) & times["profile"].isin(rule["profiles"])]
        quickest = parts.groupby(["demand_id", "part"])["seconds"].min().groupby("demand_id").max()
        assert (quickest.loc[mine["demand_id"]].to_numpy() == mine["seconds"].to_numpy()).all()
    everybody = people[people["rule"] == "shanxi-13fyp/grassroots-medical-30"]
    assert everybody["demand_id"].nunique() == demand["judged"].sum()


def test_raster_totals_are_the_demand_totals(root: Path, evidence) -> None:
    """No person comes or goes between the cells of a raster and the people of the evidence."""
    demand = evidence["demand"]
    for group in GROUPS[:7]:
        with rasterio.open(root / "data" / "population" / f"{group}.tif") as raster:
            cells = raster.read(1, masked=True).astype(np.float64)
        inside = cells.compressed()
        total = math.fsum(inside[inside != -99999])
        assert total > 5000
        people = math.fsum(demand["population" if group == "total" else group])
        assert people == pytest.approx(total, rel=1e-9)


# ------------------------------------------------------------------------------------------------ manifest, same bytes


def test_the_manifest_names_inputs_and_outputs_by_their_bytes(root: Path, demo_out: Path, document) -> None:
    manifest = json.loads((demo_out / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest) >= {"schema", "inputs", "outputs", "parameters", "profiles", "versions"}
    written = {path.relative_to(demo_out).as_posix() for path in demo_out.rglob("*") if path.is_file()}
    assert written == {*manifest["outputs"], "manifest.json"}
    assert {name: digest(demo_out / name) for name in manifest["outputs"]} == manifest["outputs"]
    for entry in manifest["inputs"]:
        assert digest(root / "data" / entry["path"]) == entry["sha256"], entry["path"]
    assert manifest["inputs"] == document["inputs"]
    study = (root / "data" / "study.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'"([a-z0-9_/]+\.(?:gpkg|osm\.pbf|tif|csv|geojson))"', study))
    assert {entry["path"] for entry in manifest["inputs"]} == {"study.toml", *named}


def test_another_folder_and_other_threads_give_the_same_bytes(root: Path, demo_out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "别处 with a space"
    shutil.copytree(root / "data", copy)
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"}
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "accessgis", "assess", str(copy / "study.toml"), "--evidence", "--quiet"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "result")],
        cwd=tmp_path,
        env={**os.environ, **threads, **elsewhere, "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    files = {path.relative_to(demo_out) for path in demo_out.rglob("*") if path.is_file()}
    assert {
        path.relative_to(tmp_path / "result") for path in (tmp_path / "result").rglob("*") if path.is_file()
    } == files
    differing = [str(name) for name in sorted(files) if digest(demo_out / name) != digest(tmp_path / "result" / name)]
    assert not differing


# ---------------------------------------------------------------------------------------------------- network export


@pytest.fixture(scope="module")
def layers(county: Measured) -> Prepared:
    return county.prepared


@pytest.fixture
def export(root: Path, layers: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Run the command on layers that were read once."""
    monkeypatch.setattr("accessgis.study.prepare.prepare", lambda *_, **__: layers)

    def run(profile: str, name: str) -> Path:
        out = tmp_path / name
        arguments = ["network", "export", str(root / "data" / "study.toml"), "--profile", profile, "--out", str(out)]
        result = CliRunner().invoke(main.app, arguments)
        assert result.exit_code == 0, result.output
        return out

    return run


def printed_edges(evidence: dict[str, pd.DataFrame], profile: str) -> pd.DataFrame:
    edges = evidence["edges"]
    columns = ["edge_id", "tail", "head", "length_m", "seconds"]
    mine = edges[edges["profile"] == profile][columns]
    return mine.sort_values(columns[:3], ignore_index=True)


@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
@pytest.mark.parametrize("profile", ["walk", "vehicle"])
def test_an_exported_network_reads_back_with_the_times_of_evidence(export, evidence, profile, ending) -> None:
    path = export(profile, f"roads.{ending}")
    frame = gpd.read_parquet(path) if ending == "parquet" else gpd.read_file(path, layer="edges")
    printed = printed_edges(evidence, profile)
    mine = frame.sort_values(["edge_id", "tail", "head"], ignore_index=True)
    assert pd.DataFrame(mine[printed.columns]).equals(printed)
    assert mine.crs.to_epsg() == 4546
    # shapes run the way they are travelled
    nodes = evidence["nodes"].set_index("node")
    for end, node in ((0, "tail"), (-1, "head")):
        ends = shapely.get_coordinates(shapely.get_point(mine.geometry.to_numpy(), end))
        np.testing.assert_allclose(ends, nodes.loc[mine[node], ["x", "y"]].to_numpy(), atol=1e-6)


def test_exported_graphml_opens_in_osmnx_with_the_times_of_evidence(export, evidence) -> None:
    graph = osmnx.load_graphml(export("vehicle", "roads.graphml"))
    rows = [
        (data["osmid"], tail, head, data["length"], data["travel_time"]) for tail, head, data in graph.edges(data=True)
    ]
    printed = printed_edges(evidence, "vehicle")
    read = pd.DataFrame(rows, columns=printed.columns).astype(printed.dtypes.to_dict())
    assert read.sort_values(["edge_id", "tail", "head"], ignore_index=True).equals(printed)
    lon = [data["x"] for _, data in graph.nodes(data=True)]
    assert 111 < min(lon) < max(lon) < 114


def test_an_exported_network_is_the_one_that_people_travel_on(layers: Prepared, evidence) -> None:
    network = build_network(layers.roads, layers.profiles["bicycle"], heights=layers.heights)
    assert np.sort(network.arc_ms / 1000.0).tolist() == np.sort(printed_edges(evidence, "bicycle")["seconds"]).tolist()
