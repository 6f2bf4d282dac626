"""An outsider with scipy and networkx gets every time of ``evidence/`` again, to the millisecond."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracle.recompute import Evidence, check_by_networkx, expand, recompute_direct, recompute_seconds

from accessgis.report.write import write
from accessgis.study.model import read_study
from accessgis.study.run import assess


def check(out: Path, *, networkx_sample: int) -> int:
    """Recompute a whole result folder; return how many times were compared."""
    evidence = Evidence.read(out / "evidence")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    walking = {profile["id"]: profile["walking_kph"]["central"] for profile in manifest["profiles"]}
    asked = set(evidence.questions()["profile"])
    walking |= {profile: 3.6 for profile in asked if profile.endswith("-distance")}  # a millisecond is a millimetre
    graphs = {profile: expand(evidence, profile) for profile in sorted(asked - {"straight-line"})}
    answers, compared = dict(list(evidence.tables["times"].groupby(["rule", "part", "profile"]))), 0
    for _, question in evidence.questions().iterrows():
        profile = question["profile"]
        printed = answers[question["rule"], question["part"], profile].sort_values("demand_id")
        if profile == "straight-line":
            compared += check_straight(evidence, question, printed)
            continue
        network = recompute_seconds(evidence, question, graphs[profile])
        direct = recompute_direct(
            evidence, question, walking_kph=walking[profile], limit_m=manifest["parameters"]["snap_limit_m"]
        )
        expected = np.minimum(network, direct)
        np.testing.assert_array_equal(np.rint(printed["seconds"].to_numpy() * 1000.0), expected)
        np.testing.assert_array_equal(printed["via"] == "direct", direct < network)
        compared += expected.size
    first = evidence.questions()
    question = first[(first["direction"] == "to_facility") & (first["profile"] != "straight-line")].iloc[0]
    sample = np.random.default_rng(5).integers(0, len(evidence.tables["demand"]), networkx_sample)
    check_by_networkx(evidence, question, graphs[question["profile"]], sample)
    return compared


def check_straight(evidence: Evidence, question: pd.Series, printed: pd.DataFrame) -> int:
    """Compare straight ways with all distances between people and admitted facilities, to the millimetre."""
    chosen = evidence.tables["rule_facilities"].query("rule == @question.rule and part == @question.part")
    places = evidence.tables["facilities"].set_index("facility_id").loc[list(chosen["facility_id"]), ["x", "y"]]
    homes = evidence.tables["demand"][["x", "y"]].to_numpy()
    nearest = np.full(len(homes), np.inf)
    for x, y in places.dropna().to_numpy():
        nearest = np.minimum(nearest, np.hypot(homes[:, 0] - x, homes[:, 1] - y))
    np.testing.assert_allclose(printed["seconds"], nearest, atol=0.00051, rtol=0)
    assert set(printed["via"]) == {"straight"}
    return nearest.size


METRES = """
[defaults]
source = "x"
section = "y"
kind = "circle"
limit = { metres = 800 }
[[rules]]
id = "own/straight"
title = { zh = "直线" }
facilities = { any = ["village_clinic", "primary_school"] }
metric = "straight-line"
[[rules]]
id = "own/road"
title = { zh = "路程" }
facilities = { any = ["village_clinic"] }
metric = "network-distance"
profiles = ["walk", "vehicle"]
"""


def test_ways_in_metres_are_recomputed_to_the_millimetre(root: Path, tmp_path: Path, bare_evidence: None) -> None:
    shutil.copytree(root / "data", tmp_path / "study")
    (tmp_path / "study" / "own.toml").write_text(METRES, encoding="utf-8")
    text = (tmp_path / "study" / "study.toml").read_text(encoding="utf-8")
    head, _, _ = text.partition("[[targets]]")
    text = head + '[standards]\nuse = []\nfiles = ["own.toml"]\n'
    (tmp_path / "study" / "study.toml").write_text(text, encoding="utf-8")
    out = write(assess(read_study(tmp_path / "study" / "study.toml"), evidence=True), tmp_path / "out")
    assert check(out, networkx_sample=5) > 10_000
    inputs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    digest = hashlib.sha256(METRES.encode("utf-8")).hexdigest()
    assert [(one["path"], one["sha256"]) for one in inputs if one["role"] == "standards"] == [("own.toml", digest)]
    rows = json.loads((out / "assessment.json").read_text(encoding="utf-8"))["results"]
    head_rows = {row["rule"]: row for row in rows if row["level"] == "county" and row["headline"]}
    straight, road = head_rows["own/straight"], head_rows["own/road"]
    assert straight["profile"] == "straight-line"
    assert road["profile"] == "walk-distance+vehicle-distance"
    assert straight["covered_share"] == straight["covered_share_straight"]
    by_road = next(
        row for row in rows
        if (row["rule"], row["level"], row["profile"]) == ("own/straight", "county", "walk-distance")
    )  # fmt: skip
    # nobody's way along the roads is shorter than the straight line, so those left by the roads are the difference
    assert straight["straight_only"] == pytest.approx(straight["covered"] - by_road["covered"], abs=1e-3)
    assert straight["straight_only"] > 100


def test_demo_times_are_recomputed_exactly(demo_out: Path) -> None:
    assert check(demo_out, networkx_sample=20) > 10_000


def test_demo_coverage_is_recomputed_from_times(demo_out: Path) -> None:
    """Sum people over the printed times and compare with the printed shares."""
    evidence = Evidence.read(demo_out / "evidence")
    result = json.loads((demo_out / "assessment.json").read_text(encoding="utf-8"))
    demand, times = evidence.tables["demand"].set_index("demand_id"), evidence.tables["times"]
    rules = {rule["rule"]: rule for rule in result["rules"]}
    shared = {(rule["rule"], rule["headline_profile"]) for rule in result["rules"]}
    results = [row for row in result["results"] if rules[row["rule"]]["rule_kind"] == "circle"]
    shared |= {(row["rule"], row["profile"]) for row in results}
    seconds_of = {}
    for rule, label in shared:
        mine = times[(times["rule"] == rule) & times["profile"].isin(label.split("+"))]
        quickest = mine.groupby(["demand_id", "part"])["seconds"].min()
        seconds_of[rule, label] = quickest.groupby("demand_id").max()
    members = {
        (level, code): people
        for level in ("county", "township", "village")
        for code, people in demand[demand["judged"]].groupby(level)
    }
    seen = 0
    for row in results:
        rule = rules[row["rule"]]
        if row["covered"] is None or rule["where"] not in ("all", "rural") or rule["group"] != "total":
            continue
        people = members.get((row["level"], row["area"]), demand.iloc[:0])
        if rule["where"] == "rural":
            people = people[people["ur_code"].isin(["210", "220"])]
        inside = seconds_of[row["rule"], row["profile"]].reindex(people.index) <= rule["limit_s"]
        assert row["people"] == pytest.approx(people["population"].sum(), rel=1e-8)
        assert row["covered"] == pytest.approx(people.loc[inside, "population"].sum(), rel=1e-8, abs=1e-6)
        seen += 1
    assert seen > 100


def test_units_of_the_demo_are_recounted_from_evidence(demo_out: Path) -> None:
    compared = recount(demo_out)
    assert compared["facilities"] > 1500
    assert compared["share of units"] > 50


AMOUNTS = """
[defaults]
source = "x"
section = "y"
target_level = "county"
[[rules]]
id = "own/nursery-places"
kind = "ratio"
title = { zh = "托位" }
facilities = { any = ["nursery"] }
ratio = { amount = "places", per = 1000 }
value = 4.5
[[rules]]
id = "own/elderly-beds"
kind = "ratio"
title = { zh = "床位" }
facilities = { any = ["elderly_institution", "rural_elderly_home", "regional_elderly_centre"] }
ratio = { amount = "beds", per = 1000 }
group = "age60plus"
value = 40
[[rules]]
id = "own/nursing-beds"
kind = "share"
title = { zh = "护理型床位" }
facilities = { any = ["elderly_institution", "rural_elderly_home", "regional_elderly_centre"] }
share = { amount = "beds", part_amount = "nursing_beds" }
target = 0.5
"""


def test_amounts_of_the_demo_are_summed_again_from_evidence(root: Path, tmp_path: Path, bare_evidence: None) -> None:
    shutil.copytree(root / "data", tmp_path / "study")
    (tmp_path / "study" / "own.toml").write_text(AMOUNTS, encoding="utf-8")
    text = (tmp_path / "study" / "study.toml").read_text(encoding="utf-8")
    head, _, _ = text.partition("[[targets]]")
    text = head + '[standards]\nuse = []\nfiles = ["own.toml"]\n'
    (tmp_path / "study" / "study.toml").write_text(text, encoding="utf-8")
    out = write(assess(read_study(tmp_path / "study" / "study.toml"), evidence=True), tmp_path / "out")
    compared = recount(out)
    assert compared["per"] == 24
    assert compared["share"] > 5
    rows = json.loads((out / "assessment.json").read_text(encoding="utf-8"))["results"]
    verdicts = {row["rule"]: row["verdict"] for row in rows if row["level"] == "county"}
    assert verdicts == {
        "own/nursery-places": "falls_short",
        "own/elderly-beds": "falls_short",
        "own/nursing-beds": "meets",
    }


def recount(out: Path) -> dict[str, int]:
    """Count and sum the printed facilities, unit by unit, with nothing but pandas; return how much was compared."""
    result = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    tables = {name: pd.read_parquet(out / "evidence" / f"{name}.parquet") for name in ("facilities", "demand")}
    here = tables["facilities"]
    here = here[(here["status"] == "in_service") & ((here["county"] != "") | (here["placement"] == "unplaced"))]
    people = tables["demand"][tables["demand"]["judged"]]
    rules = {rule["rule"]: rule for rule in result["rules"] if not rule["having"]}
    compared = {"facilities": 0, "share of units": 0, "share": 0, "per": 0}
    for row in result["results"]:
        rule = rules.get(row["rule"])
        if rule is None or rule["rule_kind"] == "circle" or row["value"] is None:
            continue
        level = row["level"]
        # the study is one county: what has no place belongs to it
        mine = here[(here[level] == row["area"]) | (level == "county")]
        asks = rule["presence"]
        if row["unit"] == "facilities" and asks and not asks["within"]:
            assert row["value"] == min(mine["kind"].isin(kinds).sum() for kinds in rule["parts"])
            compared["facilities"] += 1
        elif row["unit"] == "share of units":
            units = [unit for unit in result["results"] if unit["rule"] == row["rule"] and unit["unit"] == "facilities"]
            asked = [
                unit for unit in units
                if unit["area"].startswith(row["area"]) and unit["state"] not in ("not_asked", "exempt", "not_named")
            ]  # fmt: skip
            there = sum(unit["state"] in ("present", "shared", "substitute") for unit in asked)
            assert row["value"] == pytest.approx(there / len(asked), rel=1e-8)
            compared["share of units"] += 1
        elif rule["amount"]:
            supply = mine[mine["kind"].isin(rule["kinds"])]
            amount = rule["amount"]["amount"]
            whole = len(supply) if amount == "facilities" else supply[amount].sum()
            if row["unit"] == "share" and rule["amount"]["part_amount"]:
                assert row["value"] == pytest.approx(supply[rule["amount"]["part_amount"]].sum() / whole, rel=1e-8)
                compared["share"] += 1
            elif " per " in row["unit"] and rule["where"] == "all":
                group = "population" if rule["group"] == "total" else rule["group"]
                lived = people[(people[level] == row["area"]) | (level == "county")][group].sum()
                assert row["value"] == pytest.approx(whole / lived * rule["amount"]["per"], rel=1e-8)
                compared["per"] += 1
    return compared


@pytest.mark.parametrize("city", ["porto-alegre", pytest.param("las-palmas", marks=pytest.mark.soak)])
def test_real_cities_are_recomputed_exactly(
    city: str, root: Path, shared_data: Path, tmp_path: Path, bare_evidence: None
) -> None:
    for file in (shared_data / city.replace("-", "_")).iterdir():
        shutil.copy(file, tmp_path / file.name)
    shutil.copy(root / "scenarios" / city / "study.toml", tmp_path / "study.toml")
    out = write(assess(read_study(tmp_path / "study.toml"), evidence=True), tmp_path / "out")
    assert check(out, networkx_sample=5) > 1000


def test_the_oracle_can_fail(demo_out: Path) -> None:
    """A second added to one edge is found."""
    evidence = Evidence.read(demo_out / "evidence")
    question = evidence.questions().iloc[0]
    graph = expand(evidence, question["profile"])
    slower = graph.ms.copy()
    slower[: slower.size // 2] += 1000
    changed = type(graph)(**{**graph.__dict__, "ms": slower})
    before = recompute_seconds(evidence, question, graph)
    assert (recompute_seconds(evidence, question, changed) != before).any()
