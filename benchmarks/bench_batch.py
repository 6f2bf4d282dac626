"""Time generated provinces of several sizes: `accessgis batch run` on workers of this machine, ten rules, no documents.

Usage: ``python benchmarks/bench_batch.py --counties 15,30,60,117 [--nodes 18500] [--workers 2] [--folder DIR]``. Prints
a Markdown table (seconds, processor seconds, peak memory over all processes, cost per county), what the largest holds,
what the scheduler costs per task, and a projection to 2,800 counties and 12 workers. With ``--folder`` a province that
stands there is used again. Every run starts new processes; compiled kernels are warmed first.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import psutil
import rasterio
from distributed import Client, LocalCluster

from accessgis.generate.province import generate_province

RULES = """[standards]
use = [
  "shanxi-14fyp/urban-fitness-15", "shanxi-13fyp/grassroots-medical-30", "shanxi-13fyp/county-town-fitness-10",
  "shanxi-14fyp/nurses-per-1000", "shanxi-13fyp/elderly-beds-per-1000", "shanxi-13fyp/township-hospital",
  "shanxi-13fyp/village-clinic",
]
adopt = [
  { id = "guizhou-14fyp/rural-medical-30", basis = "benchmark" },
  { id = "xinxiang-14fyp/home-care-15", basis = "benchmark" },
  { id = "guizhou-14fyp/convenience-15", basis = "benchmark" },
]
"""
RULE_COUNT = 10
NO_TASKS = 500
SAMPLE_S = 3.0
FAR_COUNTIES, FAR_WORKERS = 2800, 12


@dataclass(frozen=True)
class Run:
    """One batch: counties, wall and processor seconds, peak memory of all its processes together."""

    counties: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def with_ten_rules(province: Path) -> None:
    """Let every study of the province apply the ten rules."""
    for study in province.glob("counties/*/study.toml"):
        text = study.read_text(encoding="utf-8")
        study.write_text(text[: text.index("[standards]")] + RULES, encoding="utf-8")


def first_counties(province: Path, count: int) -> Path:
    """Write a list of the first counties of the province."""
    entries = tomllib.loads((province / "province.toml").read_text(encoding="utf-8"))["counties"][:count]
    path = province / f"first-{count}.toml"
    path.write_text("\n".join(f'[[counties]]\nstudy = "{entry["study"]}"\n' for entry in entries), encoding="utf-8")
    return path


def measured(listing: Path, out: Path, *, counties: int, workers: int) -> Run:
    """Run one batch in processes of its own and watch their memory."""
    command = [sys.executable, "-m", "accessgis", "batch", "run", str(listing), "--out", str(out), "--quiet"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    peak: list[float] = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak))
    watcher.start()
    code = process.wait()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    watcher.join()
    if code:
        raise SystemExit(f"a county failed: {out / 'failures.csv'}")
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Run(counties, wall, cpu, peak[0])


def _watch(pid: int, peak: list[float]) -> None:
    """Keep the largest memory of a process and all below it; shared pages count once where the system tells."""
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0.0
            for one in [root, *root.children(recursive=True)]:
                try:
                    info = one.memory_full_info()
                    total += getattr(info, "pss", info.uss)
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
            peak[0] = max(peak[0], total / 1e6)
            time.sleep(SAMPLE_S)
    except psutil.NoSuchProcess:
        return


def overhead_ms() -> float:
    """Return the milliseconds that a task costs which does nothing: on one worker of this machine, over loopback."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        client.submit(int, key="first").result()
        start = time.perf_counter()
        client.gather([client.submit(abs, number, key=f"nothing-{number}") for number in range(NO_TASKS)])
        return 1000 * (time.perf_counter() - start) / NO_TASKS


def contents(province: Path, count: int) -> dict[str, int]:
    """Count what the first counties hold in all, each thing once though margins repeat it."""
    nodes, cells, facilities = [], [], set()
    for folder in sorted((province / "counties").iterdir())[:count]:
        stream = osmium.FileProcessor(str(folder / "roads.osm.pbf"), osmium.osm.NODE)
        nodes.append(np.array([node.id for node in stream], dtype=np.int64))
        with rasterio.open(folder / "population" / "total.tif") as raster:
            row, column = np.nonzero(raster.read(1) > 0)
            west, north = round(raster.transform.c / raster.transform.a), round(raster.transform.f / raster.transform.a)
            cells.append((north - row).astype(np.int64) * 1_000_000 + west + column)
        facilities |= set(pd.read_csv(folder / "facilities.csv", dtype=str)["编号"])
    return {
        "road nodes": np.unique(np.concatenate(nodes)).size,
        "populated cells": np.unique(np.concatenate(cells)).size,
        "facilities": len(facilities),
    }


def report(runs: list[Run], held: dict[str, int], task_ms: float, *, workers: int) -> None:
    """Print the table, what the province holds, and the projection with how it is made."""
    print(f"\n{workers} workers of this machine ({os.cpu_count()} processors), {RULE_COUNT} rules\n")
    print("| counties | wall s | processor s | processor s per county | wall s per county | peak MB, all processes |")
    print("|---|---|---|---|---|---|")
    for run in runs:
        per = run.cpu_s / run.counties, run.wall_s / run.counties
        print(
            f"| {run.counties} | {run.wall_s:.0f} | {run.cpu_s:.0f} | {per[0]:.1f} | {per[1]:.1f} | {run.peak_mb:.0f} |"
        )
    print(f"\n{runs[-1].counties} counties hold " + ", ".join(f"{count:,} {name}" for name, count in held.items()))
    print(f"the scheduler takes {task_ms:.1f} ms per task")
    start, county = slope(runs)
    worker_s = county * workers
    hours = (start + FAR_COUNTIES * (worker_s / FAR_WORKERS + task_ms / 1000)) / 3600
    print(
        f"projection: {FAR_COUNTIES} counties on {FAR_WORKERS} workers take {hours:.1f} h = {start:.0f} s to start"
        f" + {FAR_COUNTIES} × ({worker_s:.1f} s of a worker / {FAR_WORKERS} + {task_ms:.1f} ms of the scheduler)"
    )


def slope(runs: list[Run]) -> tuple[float, float]:
    """Return seconds to start, and wall seconds per county: of the straight line through the runs (least squares)."""
    if len(runs) == 1:
        return 0.0, runs[0].wall_s / runs[0].counties
    county, start = np.polyfit([run.counties for run in runs], [run.wall_s for run in runs], 1)
    return max(0.0, float(start)), float(county)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", default="15,30,60,117")
    parser.add_argument("--nodes", type=int, default=18_500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    sizes = sorted(int(text) for text in options.counties.split(","))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = options.folder or Path(name)
        province = folder / f"province-{sizes[-1]}-{options.nodes}"
        if not (province / "province.toml").is_file():
            start = time.perf_counter()
            generate_province(province, counties=sizes[-1], nodes=options.nodes)
            print(f"generated {sizes[-1]} counties in {time.perf_counter() - start:.0f} s", flush=True)
        with_ten_rules(province)
        measured(first_counties(province, 1), folder / "out-warm", counties=1, workers=1)
        runs = []
        for size in sizes:
            runs.append(
                measured(first_counties(province, size), folder / f"out-{size}", counties=size, workers=options.workers)
            )
            print(runs[-1], flush=True)
        report(runs, contents(province, sizes[-1]), overhead_ms(), workers=options.workers)


if __name__ == "__main__":
    main()
