"""The benchmarks run end to end, compare before they time, and say what they extrapolate; a ratio guards the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from accessgis import solve
from benchmarks import tables
from benchmarks.measure import Limits, break_even, measure_case
from benchmarks.networks import Absent, lattice, longest_part, named
from benchmarks.ours import ENGINES
from benchmarks.peers import Scipy, peer
from benchmarks.work import WORKS, Wrong, difference, make_case, matrix

QUICK = Limits(rounds=3, budget_s=0.0)


@pytest.fixture(scope="module")
def one_way():
    return make_case(lattice(2000, one_way=True))


def run(root, to, *options):
    command = [sys.executable, "benchmarks/run.py", "--to", str(to), "--rounds", "3", "--budget", "0.1", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((to / "lattice-2000.json").read_text(encoding="utf-8"))


@pytest.mark.soak
def test_a_run_leaves_results_and_a_page(root, tmp_path):
    first = run(root, tmp_path, "--sizes", "2000", "--peers", "scipy", "--works", "nearest")
    both = run(root, tmp_path, "--sizes", "2000", "--peers", "scipy", "--works", "within15,sweep", "--no-memory")
    late = run(root, tmp_path, "--sizes", "2000", "--peers", "scipy", "--works", "within15", "--only-memory")

    assert [row["work"] for row in first["rows"]] == ["nearest"]
    assert {"median_s", "min_s", "max_s", "build_s", "peak_bytes"} <= set(first["rows"][0]["ours"])
    assert [(row["work"], row["peer"]) for row in both["rows"]] == [
        ("nearest", "scipy"), ("within15", "scipy"), ("sweep", "scipy"), ("sweep", "copy"),
    ]  # fmt: skip
    assert both["rows"][0] == first["rows"][0] == late["rows"][0]
    assert late["rows"][2:] == both["rows"][2:]
    timed, weighed = both["rows"][1], late["rows"][1]
    assert "peak_bytes" not in timed["ours"]
    assert weighed["ours"]["peak_bytes"] > 0 < weighed["theirs"]["peak_bytes"]
    assert (weighed["run"], weighed["ours"]["median_s"]) == (timed["run"], timed["ours"]["median_s"])
    assert {weighed["run"], weighed["peak_run"]} <= set(late["runs"])
    page = tables.page(tables.read(tmp_path), "# Benchmarks")
    assert page.count("| `nearest` | hierarchy | scipy") == 1
    assert "Our sweep beside copying" in page
    assert all(name in page for name in late["runs"])


@pytest.mark.soak
@pytest.mark.parametrize("engine", ENGINES)
def test_every_work_of_every_engine_agrees_with_scipy_on_a_directed_network(one_way, engine):
    rows = list(measure_case(one_way, ENGINES[engine], Scipy, tuple(WORKS), limits=QUICK))

    assert not one_way.symmetric
    assert [row["work"] for row in rows] == [name for name in WORKS if name in Scipy.works]
    assert [row["wrong"] for row in rows if "wrong" in row] == []
    assert all(row["off_by_ms"] == 0 and row["rounds"] == 3 for row in rows)


@pytest.mark.soak
@pytest.mark.parametrize("engine", ENGINES)
def test_points_join_where_shapely_says(one_way, engine):
    (row,) = measure_case(one_way, ENGINES[engine], peer("shapely"), ("join",), limits=QUICK)

    assert "wrong" not in row


class Hasty(Scipy):
    """Answers at once, and wrongly."""

    def nearest(self):
        return np.zeros(self.case.nodes)

    def within(self, nodes, cutoff_ms):
        start, node, ms = super().within(nodes, cutoff_ms)
        return np.minimum(start, node.size - 1), node[:-1], ms[:-1]

    def table(self, nodes, targets):
        return super().table(nodes, targets) + (np.arange(targets.size) == 0)

    def two_step(self, nodes, beds, cutoff_ms):
        return super().two_step(nodes, beds, cutoff_ms) * 1.001

    def new_site(self, cutoff_ms):
        return super().new_site(cutoff_ms) + 1

    def reweight_all(self):
        pass


@pytest.mark.parametrize("work", ["nearest", "within15", "table", "two_step", "new_site", "reweight_all"])
def test_a_wrong_answer_gets_no_time(one_way, work):
    (row,) = measure_case(one_way, ENGINES["bucket"], Hasty, (work,), limits=QUICK)

    assert row["wrong"]
    assert "ratio" not in row
    assert "ours" not in row


def test_a_peer_that_cannot_count_may_be_off_by_its_tolerance_only():
    ours, theirs = np.array([[1000, 2**62]]), np.array([[1001.6, np.inf]])

    assert difference("table", ours, theirs, nodes=2, tolerance_ms=2) == pytest.approx(1.6)
    with pytest.raises(Wrong, match="by up to 2 ms"):
        difference("table", ours, theirs, nodes=2, tolerance_ms=1)


def test_what_is_measured_in_part_is_said_to_be(one_way):
    limits = Limits(longest_s=0.0, rounds=3, budget_s=0.0)
    (row,) = measure_case(one_way, ENGINES["bucket"], Scipy, ("within15",), limits=limits)

    assert row["theirs"]["measured"] == 1
    remarks = tables._remarks(row)
    assert remarks == [f"{whose} extrapolated from 1 of {row['of']}" for whose in ("ours", "its")]
    assert tables._times(row).endswith("*")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ((1.0, 1.0), (0.0, 3.0), {"ahead": "always"}),
        ((9.0, 1.0), (0.0, 3.0), {"ahead": "from", "query": 5}),
        ((0.0, 3.0), (9.0, 1.0), {"ahead": "until", "query": 4}),
        ((9.0, 3.0), (0.0, 1.0), {"ahead": "never"}),
        ((9.0, 1.0), (0.0, 1.0), {"ahead": "never"}),
    ],
)
def test_building_is_paid_back_by_queries(ours, theirs, expected):
    assert break_even(*ours, *theirs) == expected


def test_one_way_networks_are_strongly_connected_and_as_one_way_as_they_say():
    network = lattice(20_000, one_way=True)
    roads = network.roads
    case = make_case(network)
    count, _ = connected_components(matrix(case.arcs, case.nodes), directed=True, connection="strong")

    assert count == 1
    assert abs(roads.node_count - 20_000) < 2000
    assert 0.28 < ((roads.forward == 0) | (roads.backward == 0)).mean() < 0.32
    assert network.arc_ms.size == np.count_nonzero(roads.forward) + np.count_nonzero(roads.backward)
    assert lattice(20_000, one_way=True).arc_ms.sum() == network.arc_ms.sum()


def test_a_network_is_cut_to_its_longest_part():
    roads = lattice(400).roads
    far = roads.node_x < np.median(roads.node_x)
    kept = far[roads.tail] == far[roads.head]
    cut = replace(roads, forward=np.where(kept, roads.forward, 0).astype(np.uint8),
                  backward=np.where(kept, roads.backward, 0).astype(np.uint8))  # fmt: skip
    part = longest_part(cut, lattice(400).profile)
    case = make_case(part)

    assert roads.node_count / 4 < case.nodes < roads.node_count * 0.6
    assert connected_components(matrix(case.arcs, case.nodes), directed=True, connection="strong")[0] == 1
    assert set(zip(part.roads.node_x, part.roads.node_y, strict=True)) < set(
        zip(roads.node_x, roads.node_y, strict=True)
    )


def test_absent_data_say_what_to_set(monkeypatch):
    monkeypatch.delenv("ACCESSGIS_DATA", raising=False)

    with pytest.raises(Absent, match="set ACCESSGIS_DATA"):
        named("porto-alegre-walk")


@pytest.mark.parametrize("name", ["porto-alegre-vehicle", pytest.param("las-palmas-walk", marks=pytest.mark.soak)])
def test_a_real_city_is_measured(shared_data, monkeypatch, name):
    monkeypatch.setenv("ACCESSGIS_DATA", str(shared_data))
    (row,) = measure_case(make_case(named(name)), ENGINES["bucket"], Scipy, ("nearest",), limits=QUICK)

    assert row["nodes"] > 10_000
    assert row["off_by_ms"] == 0


# Measured alone: bucket 8, hierarchy 30 to 60; a neighbour that fills the memory bus may spoil a try, not all of them.
LEAST = {("bucket", "nearest"): 1.5, ("hierarchy", "within30"): 15}
TRIES = 4


@pytest.mark.parametrize(("engine", "work"), LEAST)
def test_the_engine_stays_quicker_than_scipy(engine, work):
    case = make_case(lattice(20_000))
    limits = Limits(longest_s=0.4, rounds=9, budget_s=4.0)
    ratios: list[float] = []
    while len(ratios) < TRIES and max(ratios, default=0.0) < LEAST[engine, work]:
        (row,) = measure_case(case, ENGINES[engine], Scipy, (work,), limits=limits)
        ratios.append(row["theirs"]["min_s"] / row["ours"]["min_s"])

    assert max(ratios) >= LEAST[engine, work]


@pytest.mark.soak
def test_towns_whose_prices_swing_are_sited_within_one_per_cent():
    """Steps without a long memory stand still 1.4 % above the best choice known, and branching does not help."""
    from benchmarks.bench_siting import problem

    times, people = problem("towns", 5_000, 50_000, 0.005)
    effort = solve.Effort(gap=0.01, time_limit_s=300)
    found = solve.maximal_cover(times, people=people, sites=solve.sites(5_000), count=20, effort=effort)

    assert found.gap <= 0.01
    assert not found.stopped


@pytest.mark.parametrize("kind", ["plane", "towns", "random"])
def test_siting_problems_have_the_density_they_say_and_are_the_same_every_time(kind):
    from benchmarks.bench_siting import problem

    times, people = problem(kind, 200, 3000, 0.02)
    again, same = problem(kind, 200, 3000, 0.02)

    assert 0.015 < times.ms.size / (200 * 3000) < 0.025
    assert np.array_equal(times.ms, again.ms)
    assert np.array_equal(people, same)
    assert (np.diff(times.start) >= 0).all()
