"""An outsider with scipy and networkx gets every time of ``evidence/`` again, to the millisecond."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
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
    graphs = {profile: expand(evidence, profile) for profile in evidence.questions()["profile"].unique()}
    answers, compared = dict(list(evidence.tables["times"].groupby(["rule", "part", "profile"]))), 0
    for _, question in evidence.questions().iterrows():
        profile = question["profile"]
        printed = answers[question["rule"], question["part"], profile].sort_values("demand_id")
        network = recompute_seconds(evidence, question, graphs[profile])
        direct = recompute_direct(
            evidence, question, walking_kph=walking[profile], limit_m=manifest["parameters"]["snap_limit_m"]
        )
        expected = np.minimum(network, direct)
        np.testing.assert_array_equal(np.rint(printed["seconds"].to_numpy() * 1000.0), expected)
        np.testing.assert_array_equal(printed["via"] == "direct", direct < network)
        compared += expected.size
    first = evidence.questions()
    question = first[first["direction"] == "to_facility"].iloc[0]
    sample = np.random.default_rng(5).integers(0, len(evidence.tables["demand"]), networkx_sample)
    check_by_networkx(evidence, question, graphs[question["profile"]], sample)
    return compared


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


@pytest.mark.parametrize("city", ["porto-alegre", "las-palmas"])
def test_real_cities_are_recomputed_exactly(city: str, root: Path, shared_data: Path, tmp_path: Path) -> None:
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
