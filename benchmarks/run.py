"""Run the benchmarks and keep what was measured as JSON.

    python benchmarks/run.py                                            everything; hours
    python benchmarks/run.py --sizes 100000 --works nearest,within30
    python benchmarks/run.py --networks oneway-100000,gothenburg-walk --peers scipy,pandana

Each peer is measured beside our engine in a process of its own, the two in turn; then the peak of memory of each, in a
process of its own again. A run replaces only the rows that it measures. ``benchmarks/tables.py`` makes the page.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import COPY, Limits
from benchmarks.networks import REAL, Absent, title
from benchmarks.ours import DEFAULT_ENGINE, ENGINES
from benchmarks.peers import PEERS, peer
from benchmarks.work import SEED, WORKS

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
MEASURED_EVERYWHERE = tuple(name for name in WORKS if name != "new_site")
SEARCHES = ("nearest", "within15", "within30", "table", "two_step")
VERSIONED = ("accessgis", "numba", "numpy", "scipy")
THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PATIENCE_S = 6 * 3600

Row = dict[str, Any]


def plan(options: argparse.Namespace) -> list[tuple[str, tuple[str, ...]]]:
    """Return the networks to measure on, and the works on each."""
    if options.networks or options.sizes:
        asked = [*options.networks, *(f"lattice-{size}" for size in options.sizes)]
        return [(name, options.works or tuple(WORKS)) for name in asked]
    whole = [(f"lattice-{size}", MEASURED_EVERYWHERE) for size in SIZES]
    whole.append(("lattice-300000", ("new_site",)))
    whole += [(f"oneway-{size}", SEARCHES) for size in (100_000, 1_000_000)]
    whole += [(name, SEARCHES) for name in REAL]
    if not options.works:
        return whole
    return [(name, tuple(work for work in options.works if work in works)) for name, works in whole]


def child(arguments: list[str], *, threads: int, to: Path) -> tuple[Any, str]:
    """Run ``benchmarks.measure`` in a process of its own; return what it wrote, and its last words where it failed."""
    to.unlink(missing_ok=True)
    count = str(threads)
    environment = os.environ | dict.fromkeys(THREADS, count)
    command = [sys.executable, "-m", "benchmarks.measure", *arguments, "--to", str(to)]
    try:
        done = subprocess.run(
            command, cwd=HERE.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace", timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        words = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no words"])[-1]
        words = words or ("" if done.returncode == 0 else f"ended with {done.returncode}")
    except subprocess.TimeoutExpired:
        words = "took too long"
    found = json.loads(to.read_text(encoding="utf-8")) if to.exists() else None
    return found, words


def measure_network(name: str, works: tuple[str, ...], options: argparse.Namespace, run: str, folder: Path) -> None:
    """Measure one network beside every peer that is at hand, and keep the rows as they come."""
    print(f"{name}: {', '.join(works)}", flush=True)
    ours_peak: dict[str, Any] = {}
    size = name.rpartition("-")[2]
    nodes = int(size) if size.isdigit() else 0
    for peer_name in (*options.peers, COPY):
        offered = ("sweep",) if peer_name == COPY else PEERS[peer_name].works
        asked = tuple(work for work in works if work in offered)
        if not asked or (peer_name != COPY and nodes > PEERS[peer_name].most_nodes):
            continue
        if peer_name != COPY:
            try:
                peer(peer_name)
            except Absent as absent:
                print(f"  {absent}", flush=True)
                keep(name, run, options.header, [], skipped={peer_name: str(absent)}, to=options.to)
                continue
        arguments = [
            "pair", name, peer_name, "--works", ",".join(asked), "--engine", options.engine,
            "--longest", str(options.longest), "--rounds", str(options.rounds), "--budget", str(options.budget),
        ]  # fmt: skip
        rows, words = child(arguments, threads=options.threads, to=folder / "rows.json")
        if isinstance(rows, dict):
            print(f"  {rows['absent']}", flush=True)
            return
        rows = rows or []
        if words:
            lost = [work for work in asked if work not in {row["work"] for row in rows}]
            print(f"  {peer_name} failed at {', '.join(lost)}: {words}", flush=True)
            rows += [{"work": work, "engine": options.engine, "peer": peer_name, "failed": words} for work in lost]
        if options.memory and peer_name != COPY:
            for row in rows:
                _add_memory(row, name, options, ours_peak, folder)
        for row in rows:
            print(f"  {line(row)}", flush=True)
        keep(name, run, options.header, rows, skipped={}, to=options.to)


def measure_peaks(name: str, works: tuple[str, ...], options: argparse.Namespace, run: str, folder: Path) -> None:
    """Measure the peaks of memory of rows that stand; their times stay those of their own run."""
    path = options.to / f"{name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    asked = [row for row in rows if row["work"] in works and row["peer"] in options.peers and "ours" in row]
    print(f"{name}: memory of {len(asked)} rows", flush=True)
    ours_peak: dict[str, dict[str, Any]] = {}
    for row in asked:
        _add_memory(row, name, options, ours_peak.setdefault(row["engine"], {}), folder)
        keep(name, run, options.header, [row | {"peak_run": run}], skipped={}, to=options.to)


def _add_memory(row: Row, name: str, options: argparse.Namespace, ours_peak: dict[str, Any], folder: Path) -> None:
    if "ours" not in row:
        return
    work = row["work"]

    def peak(who: str, count: int) -> Any:
        arguments = ["memory", name, who, "--works", work, "--count", str(count)]
        found, _ = child(arguments, threads=options.threads, to=folder / "peak.json")
        return found["peak_bytes"] if isinstance(found, dict) and "peak_bytes" in found else None

    if work not in ours_peak:
        ours_peak[work] = peak(row["engine"], row["ours"]["measured"])
    row["ours"]["peak_bytes"] = ours_peak[work]
    row["theirs"]["peak_bytes"] = peak(row["peer"], row["theirs"]["measured"])


def line(row: Row) -> str:
    """Return a row for the terminal."""
    what = f"{row['work']:14s} {row['peer']:15s}"
    if "failed" in row or "wrong" in row:
        return f"{what} " + (f"failed: {row['failed']}" if "failed" in row else f"WRONG: {row['wrong']}")
    of = row["of"]
    part = "".join(
        f"; {who} from {row[key]['measured']} of {of}"
        for who, key in (("ours extrapolated", "ours"), ("its extrapolated", "theirs"))
        if row[key].get("measured", of) < of
    )
    return (
        f"{what} ours {row['ours']['median_s'] * 1000:10.2f} ms, its {row['theirs']['median_s'] * 1000:10.2f} ms"
        f"   × {row['ratio']:7.2f} ({row['ratio_min']:.2f}–{row['ratio_max']:.2f}, {row['rounds']} rounds){part}"
    )


def keep(network: str, run: str, header: Row, rows: list[Row], *, skipped: dict[str, str], to: Path) -> None:
    """Put rows in the place of older ones of the same work, engine and peer."""
    path = to / f"{network}.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": {}, "rows": [], "skipped": {}}

    def key(row: Row) -> tuple[str, str, str]:
        return row["work"], row["engine"], row["peer"]

    new = {key(row): row | {"run": row.get("run", run)} for row in rows}
    kept = [row for row in old["rows"] if key(row) not in new] + list(new.values())
    order, peers = list(WORKS), [*PEERS, COPY]
    kept.sort(key=lambda row: (order.index(row["work"]), row["engine"], peers.index(row["peer"])))
    runs = old["runs"] | {run: header}
    used = {row[named] for row in kept for named in ("run", "peak_run") if named in row}
    whole = {
        "network": network,
        "title": title(network),
        "runs": {name: value for name, value in runs.items() if name in used},
        "skipped": {
            name: text
            for name, text in (old["skipped"] | skipped).items()
            if name not in {row["peer"] for row in kept}
        },
        "rows": kept,
    }  # fmt: skip
    to.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def header(options: argparse.Namespace, moment: dt.datetime) -> Row:
    """Return what a reader must know of a run: day, machine, versions, seeds, options."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return {
        "date": moment.date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_bytes": _memory(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        "threads": options.threads,
        "seeds": {"network": 0, "case": SEED},
        "limits": {"longest_s": options.longest, "rounds": options.rounds, "budget_s": options.budget},
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return next(row.split(":", 1)[1].strip() for row in text.splitlines() if row.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _names(known: Any) -> Any:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(part for part in text.split(",") if part)
        unknown = [part for part in found if known is not None and part not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        return found

    return read


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: tuple(int(part) for part in text.split(",")), default=())
    parser.add_argument("--networks", type=_names(None), default=(), help="lattice-N, oneway-N, " + ", ".join(REAL))
    parser.add_argument("--works", type=_names(WORKS), default=(), help=", ".join(WORKS))
    parser.add_argument("--peers", type=_names(PEERS), default=tuple(PEERS), help=", ".join(PEERS))
    parser.add_argument("--engine", choices=sorted(ENGINES), default=DEFAULT_ENGINE)
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="threads of every engine that has them"
    )
    parser.add_argument("--longest", type=float, default=Limits.longest_s, help="seconds of a call, else a part of it")
    parser.add_argument("--rounds", type=int, default=Limits.rounds)
    parser.add_argument("--budget", type=float, default=Limits.budget_s, help="seconds of the rounds beyond three")
    peaks = parser.add_mutually_exclusive_group()
    peaks.add_argument("--no-memory", dest="memory", action="store_false", help="leave out the peaks of memory")
    peaks.add_argument("--only-memory", action="store_true", help="only the peaks of memory, of rows that stand")
    parser.add_argument("--to", type=Path, default=RESULTS)
    options = parser.parse_args()
    moment = dt.datetime.now(tz=dt.UTC)
    options.header = header(options, moment)
    measure = measure_peaks if options.only_memory else measure_network
    with tempfile.TemporaryDirectory() as folder:
        for name, works in plan(options):
            if works:
                measure(name, works, options, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
