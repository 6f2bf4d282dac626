"""Measure one of our engines beside one peer on one network: in turn, in one process, after comparing the answers.

    python -m benchmarks.measure pair lattice-10000 scipy --works nearest,table --to rows.json
    python -m benchmarks.measure memory lattice-10000 scipy --works table --to rows.json

``benchmarks/run.py`` starts this in a process of its own for each pair, and once more for each peak of memory.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.metadata
import json
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import Absent, lattice, named
from benchmarks.ours import DEFAULT_ENGINE, ENGINES, Ours
from benchmarks.peers import peer
from benchmarks.work import CHECKED, WORKS, Adapter, Case, Work, Wrong, difference, make_case

WARM_NODES = 500
COPY = "copy"
"""Stands for the floor of a sweep: numpy copying as many bytes as the sweep must read and write."""
FEWEST_ROUNDS = 3
LARGE_NODES, RESIDENT_BYTES = 50_000, 2 << 30
"""From how many nodes on memory is made resident before a call, and how much of it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long measuring may take.

    Attributes
    ----------
    longest_s
        A call that would take longer is measured on a part of its sources, and said to be.
    rounds
        Most rounds of measuring in turn; at least three are made.
    budget_s
        Rounds beyond three stop where they would take longer than this together.
    """

    longest_s: float = 120.0
    rounds: int = 9
    budget_s: float = 60.0


# ------------------------------------------------------------------------------------------------------------- time


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds a call takes, and what it returns."""
    gc.collect()
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def in_turn(
    calls: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    after: Callable[[], None] = lambda: None,
    resident_bytes: int = 0,
) -> dict[str, list[float]]:
    """Call each in turn, A B A B …, and return the seconds of each call.

    Before each call so many bytes are written and freed, outside the time: virtual machines hand memory that was free
    for some seconds back to their host, and writing an answer then costs twenty times as much as it does otherwise.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            np.ones(resident_bytes // 8)
            taken, found = timed(call)
            del found
            seconds[name].append(taken)
        after()
    return seconds


def rounds_for(taken_s: float, limits: Limits) -> int:
    """Return how many rounds to make when one takes about so long."""
    return max(FEWEST_ROUNDS, min(limits.rounds, int(limits.budget_s / max(taken_s, 1e-9))))


def summary(seconds: list[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {"median_s": statistics.median(seconds), "min_s": min(seconds), "max_s": max(seconds)}


def part_for(per_source_s: float, total: int, limits: Limits) -> int:
    """Return how many of the sources to measure so that a call stays within the limit."""
    return max(1, min(total, int(limits.longest_s / max(per_source_s, 1e-9))))


def break_even(ours_build_s: float, ours_s: float, peer_build_s: float, peer_s: float) -> dict[str, Any]:
    """Return for how many queries on one structure ours is the quicker in all, both buildings counted.

    ``{"ahead": "always"}``, ``"never"``, ``"from"`` or ``"until"`` so many queries; a tie is ours.
    """
    first = ours_build_s + ours_s <= peer_build_s + peer_s
    if ours_s <= peer_s:
        if first:
            return {"ahead": "always"}
        if ours_s == peer_s:
            return {"ahead": "never"}
        return {"ahead": "from", "query": math.ceil((ours_build_s - peer_build_s) / (peer_s - ours_s))}
    if not first:
        return {"ahead": "never"}
    return {"ahead": "until", "query": math.floor((peer_build_s - ours_build_s) / (ours_s - peer_s))}


# ------------------------------------------------------------------------------------------------------------ pairs


def measure_pair(
    network: str, peer_name: str, works: tuple[str, ...], *, engine: str = DEFAULT_ENGINE, limits: Limits
) -> Iterator[dict[str, Any]]:
    """Measure works of an engine of ours beside a peer, and yield one row each.

    Raises
    ------
    Absent
        When the network or the peer is not at hand.
    """
    ours, theirs = ENGINES[engine], None if peer_name == COPY else peer(peer_name)
    for kind in (ours, theirs):
        if kind is not None:
            _warm(kind, works)
    yield from measure_case(make_case(named(network)), ours, theirs, works, limits=limits)


def measure_case(
    case: Case, ours: type[Ours], theirs: type[Adapter] | None, works: tuple[str, ...], *, limits: Limits
) -> Iterator[dict[str, Any]]:
    """Measure works on a case; without a peer the floor of the sweep is measured.

    A row with ``wrong`` holds no times: the peer's answer was not ours.
    """
    offered = ("sweep",) if theirs is None else theirs.works
    built: dict[str, Any] = {}
    for work in (WORKS[name] for name in works if name in offered and name in ours.works):
        pair = _built(case, ours, theirs, work, built, limits)
        row = _head(case, work, ours, theirs)
        try:
            row |= _row(case, work, pair, limits)
        except Wrong as wrong:
            row["wrong"] = str(wrong)
        yield row


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """The two structures that a work is done on, and the seconds of building each."""

    ours: Ours
    ours_build_s: list[float]
    theirs: Adapter | None
    theirs_build_s: list[float]


def _warm(kind: type[Adapter], works: tuple[str, ...]) -> None:
    """Compile and import everything on a small network."""
    case = make_case(lattice(WARM_NODES))
    for work in (WORKS[name] for name in works if name in kind.works):
        adapter = kind(case, kind.structure_for(work.name, case))
        work.call(adapter, work.of(case))
        work.restore(adapter)


def _built(
    case: Case, ours: type[Ours], theirs: type[Adapter] | None, work: Work, built: dict[str, Any], limits: Limits
) -> _Pair:
    """Build both structures in turn; each is built once for all works that use it."""
    kinds = {"ours": (ours, ours.structure_for(work.name, case))}
    if theirs is not None:
        kinds["theirs"] = (theirs, theirs.structure_for(work.name, case))
    wanted = {who: pair for who, pair in kinds.items() if (who, pair[1]) not in built}
    first: dict[str, list[float]] = {who: [] for who in wanted}
    held: dict[str, Any] = {}

    def build(who: str) -> Callable[[], Any]:
        kind, structure = wanted[who]
        return lambda: kind(case, structure)

    for who in wanted:
        taken, held[who] = timed(build(who))
        first[who].append(taken)
    whole = sum(sum(values) for values in first.values())
    if wanted and whole * 2 <= limits.budget_s:
        again = in_turn({who: build(who) for who in wanted}, rounds=rounds_for(whole, limits) - 1)
        for who, values in again.items():
            first[who] += values
    for who, (_, structure) in wanted.items():
        built[who, structure] = (held[who], first[who])
    mine, mine_s = built["ours", kinds["ours"][1]]
    other, other_s = built["theirs", kinds["theirs"][1]] if theirs is not None else (None, [])
    return _Pair(ours=mine, ours_build_s=mine_s, theirs=other, theirs_build_s=other_s)


def _head(case: Case, work: Work, ours: type[Ours], theirs: type[Adapter] | None) -> dict[str, Any]:
    return {
        "work": work.name,
        "engine": ours.name,
        "peer": COPY if theirs is None else theirs.name,
        "version": importlib.metadata.version("numpy" if theirs is None else theirs.package),
        "nodes": case.nodes,
        "arcs": int(case.arcs.tail.size),
    }


def _row(case: Case, work: Work, pair: _Pair, limits: Limits) -> dict[str, Any]:
    total = work.of(case)
    if pair.theirs is None:
        return _floor_row(case, work, pair.ours, limits)
    few = min(total, CHECKED)
    off = _compared(work, pair, few, nodes=case.nodes)
    calls = {"ours": pair.ours, "theirs": pair.theirs}
    once, counts = {}, {}
    for who, adapter in calls.items():
        taken, found = timed(lambda adapter=adapter: work.call(adapter, few))
        del found
        work.restore(adapter)
        counts[who] = part_for(taken / few, total, limits)
        once[who] = taken / few * counts[who]

    seconds = in_turn(
        {who: (lambda who=who, adapter=adapter: work.call(adapter, counts[who])) for who, adapter in calls.items()},
        rounds=rounds_for(sum(once.values()), limits),
        after=lambda: work.restore(*calls.values()),
        resident_bytes=RESIDENT_BYTES if case.nodes >= LARGE_NODES and work.name.startswith("within") else 0,
    )
    whole = {who: [taken * total / counts[who] for taken in values] for who, values in seconds.items()}
    row = _ratios(whole["ours"], whole["theirs"])
    build = {who: statistics.median(values) for who, values in
             (("ours", pair.ours_build_s), ("theirs", pair.theirs_build_s))}  # fmt: skip
    row["of"] = total
    for who in calls:
        row[who] = summary(whole[who]) | {"build_s": build[who], "measured": counts[who]}
    if not work.changes:
        row["break_even"] = break_even(
            build["ours"], row["ours"]["median_s"], build["theirs"], row["theirs"]["median_s"]
        )
    row["off_by_ms"] = off
    return row


def _compared(work: Work, pair: _Pair, few: int, *, nodes: int) -> float:
    """Compare the answers to the first few sources; both are restored afterwards."""
    answers = []
    for adapter in (pair.ours, pair.theirs):
        answers.append(work.answer(adapter, work.call(adapter, few)))
        work.restore(adapter)
    return difference(work.name, *answers, nodes=nodes, tolerance_ms=pair.theirs.tolerance_ms)


def _floor_row(case: Case, work: Work, ours: Ours, limits: Limits) -> dict[str, Any]:
    """Measure our sweep beside a copy of as many bytes as it must read and write."""
    lanes = work.of(case)
    moved = ours.sweep_bytes(lanes)
    source, target = np.ones(moved // 2, np.uint8), np.zeros(moved // 2, np.uint8)
    taken, found = timed(lambda: work.call(ours, lanes))
    del found
    seconds = in_turn(
        {"ours": lambda: work.call(ours, lanes), "theirs": lambda: np.copyto(target, source)},
        rounds=rounds_for(taken, limits),
    )
    row = _ratios(seconds["ours"], seconds["theirs"])
    return row | {"of": lanes, "bytes": moved} | {who: summary(values) for who, values in seconds.items()}


def _ratios(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    each = [b / a for a, b in zip(ours, theirs, strict=True)]
    return {
        "ratio": statistics.median(theirs) / statistics.median(ours),
        "ratio_min": min(each),
        "ratio_max": max(each),
        "rounds": len(each),
    }


# ----------------------------------------------------------------------------------------------------------- memory


def measure_memory(network: str, who: str, work_name: str, *, count: int = 0) -> dict[str, Any]:
    """Return by how many bytes building and doing one work raise the peak of this process.

    Everything is warmed before, the network and what is asked stand already, and the answer is held. On Linux the
    mark of the peak is set back first; elsewhere the rise over the peak so far is a lower bound.
    """
    kind = ENGINES[who] if who in ENGINES else peer(who)
    work = WORKS[work_name]
    _warm(kind, (work_name,))
    case = make_case(named(network))
    gc.collect()
    before = _mark()
    adapter = kind(case, kind.structure_for(work_name, case))
    built = peak_bytes() - before
    found = work.call(adapter, count or work.of(case))
    peak = peak_bytes() - before
    del found
    return {"work": work_name, "who": who, "build_bytes": built, "peak_bytes": peak}


def _mark() -> int:
    """Set the mark of the peak back to what is used now, where the system can; return it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_bytes()


def peak_bytes() -> int:
    """Return the peak of resident memory of this process since the mark."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


# ------------------------------------------------------------------------------------------------------------- main


def main() -> int:
    """Measure what the command line asks and write the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pair", "memory"))
    parser.add_argument("network")
    parser.add_argument("who", help="a peer; for memory also an engine")
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--engine", default=DEFAULT_ENGINE, choices=sorted(ENGINES))
    parser.add_argument("--longest", type=float, default=Limits.longest_s)
    parser.add_argument("--rounds", type=int, default=Limits.rounds)
    parser.add_argument("--budget", type=float, default=Limits.budget_s)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    works = tuple(options.works.split(","))
    limits = Limits(longest_s=options.longest, rounds=options.rounds, budget_s=options.budget)
    try:
        if options.what == "memory":
            _write(options.to, measure_memory(options.network, options.who, works[0], count=options.count))
            return 0
        rows: list[dict[str, Any]] = []
        for row in measure_pair(options.network, options.who, works, engine=options.engine, limits=limits):
            rows.append(row)
            _write(options.to, rows)  # after each, so that a peer that falls over later takes nothing with it
    except Absent as absent:
        _write(options.to, {"absent": str(absent)})
    return 0


def _write(path: Path, found: Any) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
