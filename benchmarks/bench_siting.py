"""Siting at scale: how near to the best, proven, in what time; and beside spopt where it is installed.

    python benchmarks/bench_siting.py [--cases plane,towns,random] [--densities 0.002,0.005,0.02] [--small | --rooms]

Maximal covers of 5,000 candidates × 50,000 places with p = 20 and p-medians of 1,000 × 10,000, with stated seeds.
``plane`` spreads places evenly over a square, ``towns`` puts 70 % of them into 60 towns of unequal size and candidates
where people live, ``random`` covers at random. A density is the share of all pairs within reach; the gap is 1 %.
``--rooms`` asks for sites with limited room instead.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accessgis import solve
from accessgis.travel.within import TimeMatrix

SEED, GAP = 1, 0.01
MS_ACROSS = 3_600_000
"""Time across the square."""


def towns(random, count: int) -> np.ndarray:
    """Return points of which 70 % stand in 60 towns of unequal size."""
    centre, spread = random.random((60, 2)), random.gamma(2, 0.02, 60)
    size = random.pareto(1.2, 60) + 0.2
    town = random.choice(60, count, p=size / size.sum())
    at = centre[town] + random.normal(size=(count, 2)) * spread[town, None]
    alone = random.random(count) < 0.3
    at[alone] = random.random((int(alone.sum()), 2))
    return at % 1


def problem(kind: str, candidates: int, places: int, density: float, seed: int = SEED):
    """Return the matrix of times (of 0 for a random cover) and the people of each place."""
    random = np.random.default_rng(seed)
    if kind == "random":
        near = [np.flatnonzero(random.random(candidates) < density) for _ in range(places)]
        where = at = None
    else:
        where = random.random((places, 2)) if kind == "plane" else towns(random, places)
        at = random.random((candidates, 2))
        if kind == "towns":
            at = where[random.integers(0, places, candidates)] + random.normal(size=(candidates, 2)) * 0.01
        tree = KDTree(at)
        some = where[:: max(1, places // 1000)]
        low, high = 0.0, 1.5
        for _ in range(30):
            radius = (low + high) / 2
            share = tree.query_ball_point(some, radius, return_length=True).mean() / candidates
            low, high = (low, radius) if share > density else (radius, high)
        near = [np.sort(found) for found in tree.query_ball_point(where, high)]
    length = [len(found) for found in near]
    place, site = np.repeat(np.arange(places), length), np.concatenate(near).astype(np.int32)
    far = np.zeros(site.size) if at is None else np.hypot(*(where[place] - at[site]).T)
    times = TimeMatrix(
        origin_count=places,
        destination_count=candidates,
        cutoff_ms=int(np.rint(far * MS_ACROSS).max(initial=0)),
        start=np.concatenate([[0], np.cumsum(length)]).astype(np.int64),
        destination=site,
        ms=np.rint(far * MS_ACROSS).astype(np.int32),
    )
    return times, np.ceil(random.lognormal(3, 1, places))


def told(what: str, times: TimeMatrix, found, seconds: float, target_s: float) -> None:
    """Print one line."""
    met = found.gap <= GAP and seconds <= target_s
    density = times.ms.size / times.origin_count / times.destination_count
    print(
        f"{what:28s} {times.destination_count:6d} × {times.origin_count:6d} {density:7.2%} {times.ms.size:9d} pairs "
        f"objective {found.objective:16.0f}  gap {found.gap:7.3%}  {seconds:6.1f} s  "
        f"{'met' if met else 'MISSED'} (1 % in {target_s:.0f} s)",
        flush=True,
    )


def timed(model, *given, **options):
    """Return what a model answers and the seconds it takes."""
    start = time.perf_counter()
    found = model(*given, **options)
    return found, time.perf_counter() - start


def peer_cover(times: TimeMatrix, people: np.ndarray, count: int) -> tuple[float, float] | None:
    """Return what spopt and CBC cover and the seconds they take; None without spopt."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pulp  # noqa: PLC0415 only where it is installed
            from spopt.locate import MCLP  # noqa: PLC0415 as above
    except ImportError:
        return None
    table = np.full((times.origin_count, times.destination_count), 2.0)
    table[times.origin, times.destination] = 0.0
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MCLP.from_cost_matrix(table, people, 1.0, p_facilities=count)
        model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=120))
    covered = float(people @ np.array([var.varValue for var in model.cli_vars]))
    return covered, time.perf_counter() - start


def rooms() -> None:
    """Choose sites that hold a twenty-fifth of all people each: small first, which also compiles."""
    for candidates, places, density in ((300, 3_000, 0.1), (1_000, 10_000, 0.02)):
        times, people = problem("towns", candidates, places, density)
        given = solve.sites(candidates, most=np.full(candidates, people.sum() / 25))
        for model in (solve.capacitated_cover, solve.capacitated_median):
            start = time.process_time()
            found = model(times, people=people, sites=given, count=20, effort=solve.Effort(gap=GAP, time_limit_s=120))
            print(
                f"{model.__name__:18s} {candidates} × {places}, {times.ms.size} pairs: {found.objective:.0f}, "
                f"gap {found.gap:.2%}, {time.process_time() - start:.1f} s cpu{', stopped' * found.stopped}",
                flush=True,
            )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="plane,towns,random")
    parser.add_argument("--densities", default="0.002,0.005,0.02")
    parser.add_argument("--small", action="store_true", help="only the sizes that spopt can do, beside it")
    parser.add_argument("--rooms", action="store_true", help="only sites with limited room")
    asked = parser.parse_args()
    if asked.rooms:
        rooms()
        return
    times, people = problem("plane", 50, 200, 0.05)
    solve.maximal_cover(times, people=people, sites=solve.sites(50), count=3)  # compiles
    solve.p_median(times, people=people, sites=solve.sites(50), count=3)
    if asked.small:
        for kind in asked.cases.split(","):
            for candidates, places in ((100, 1000), (300, 3000)):
                times, people = problem(kind, candidates, places, 0.02)
                found, ours_s = timed(
                    solve.maximal_cover, times, people=people, sites=solve.sites(candidates), count=10
                )
                peer = peer_cover(times, people, 10)
                line = (
                    f"{kind:8s} {candidates} × {places}: {found.objective:.0f}, gap {found.gap:.3%} in {ours_s:.2f} s"
                )
                if peer is not None:
                    line += f"; spopt {peer[0]:.0f} in {peer[1]:.2f} s, × {peer[1] / ours_s:.0f}"
                print(line, flush=True)
        return
    for kind in asked.cases.split(","):
        for density in map(float, asked.densities.split(",")):
            times, people = problem(kind, 5_000, 50_000, density)
            effort = solve.Effort(gap=GAP, time_limit_s=60)
            found, seconds = timed(
                solve.maximal_cover, times, people=people, sites=solve.sites(5_000), count=20, effort=effort
            )
            told(f"maximal cover, {kind}, p=20", times, found, seconds, 60)
    for kind in (kind for kind in asked.cases.split(",") if kind != "random"):
        for density in (0.02, 0.1, 1.0):
            times, people = problem(kind, 1_000, 10_000, density)
            effort = solve.Effort(gap=GAP, time_limit_s=120)
            found, seconds = timed(
                solve.p_median, times, people=people, sites=solve.sites(1_000), count=20, effort=effort
            )
            told(f"p-median, {kind}, p=20", times, found, seconds, 120)


if __name__ == "__main__":
    main()
