"""Make the page of the benchmarks from ``introduction.md`` and the results kept as JSON.

Usage: ``python benchmarks/tables.py [--write docs/benchmarks.md]``; without ``--write`` the page is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import COPY
from benchmarks.networks import REAL
from benchmarks.peers import PEERS
from benchmarks.work import WORKS

HERE = Path(__file__).resolve().parent
Row = dict[str, Any]
Result = dict[str, Any]
NOTHING = "–"


def read(folder: Path) -> list[Result]:
    """Return the results in the order of the page: made networks by kind and size, then the real ones."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]

    def place(result: Result) -> tuple[int, int]:
        name = result["network"]
        if name in REAL:
            return 2, REAL.index(name)
        kind, size = name.split("-")
        return ("lattice", "oneway").index(kind), int(size)

    return sorted(found, key=place)


def page(results: list[Result], introduction: str) -> str:
    """Return the whole page."""
    engines = sorted({row["engine"] for result in results for row in result["rows"]})
    parts = [introduction.rstrip()]
    for engine in engines:
        parts += [f"## How many times as long others take: engine `{engine}`", *_summaries(results, engine)]
        parts += _floors(results, engine)
    parts.append("## Everything measured")
    for result in results:
        parts += [f"### {_heading(result)}", *_details(result)]
    parts += ["## Runs", _runs(results)]
    return "\n\n".join(parts) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# -------------------------------------------------------------------------------------------------------- summaries


def _summaries(results: list[Result], engine: str) -> list[str]:
    parts = []
    for work in WORKS.values():
        rows = {
            result["title"]: {row["peer"]: row for row in result["rows"] if _is(row, work.name, engine)}
            for result in results
        }
        peers = [peer for peer in PEERS if any(peer in found for found in rows.values())]
        if peers:
            parts.append(f"**{work.title}** (`{work.name}`)")
            parts.append(
                table(
                    ["network", "ours", *peers],
                    (
                        [name, _ours(found), *(_times(found.get(peer)) for peer in peers)]
                        for name, found in rows.items()
                        if any(peer in found for peer in peers)
                    ),
                )
            )
    return parts


def _is(row: Row, work: str, engine: str) -> bool:
    return row["work"] == work and row["engine"] == engine


def _ours(found: dict[str, Row]) -> str:
    """Return our time beside the first peer that was measured."""
    return next((seconds(row["ours"]["median_s"]) for row in found.values() if "ours" in row), NOTHING)


def _times(row: Row | None) -> str:
    if row is None:
        return NOTHING
    if "wrong" in row:
        return "wrong answer"
    if "failed" in row:
        return "failed"
    star = "\\*" if _extrapolated(row) else ""
    return f"{number(row['ratio'])} ×{star}"


def _floors(results: list[Result], engine: str) -> list[str]:
    rows = [
        [
            result["title"],
            seconds(row["ours"]["median_s"]),
            f"{row['bytes'] / 1e6:,.1f} MB",
            seconds(row["theirs"]["median_s"]),
            f"{number(1 / row['ratio'])} ×",
        ]
        for result in results
        for row in result["rows"]
        if row["peer"] == COPY and row["engine"] == engine and "ours" in row
    ]
    if not rows:
        return []
    return [
        "**Our sweep beside copying** as many bytes as it must read and write",
        table(["network", "sweep", "bytes", "copy", "sweep / copy"], rows),
    ]


# ---------------------------------------------------------------------------------------------------------- details


def _heading(result: Result) -> str:
    sized = [row for row in result["rows"] if "nodes" in row]
    if not sized:
        return result["title"]
    return f"{result['title']}: {sized[0]['nodes']:,} nodes, {sized[0]['arcs']:,} arcs"


def _details(result: Result) -> list[str]:
    head = [
        "work", "engine", "peer", "ours", "its", "its / ours (range)", "built: ours", "built: its", "ours ahead",
        "memory: ours", "memory: its", "run", "remarks",
    ]  # fmt: skip
    number_of = {name: str(index) for index, name in enumerate(sorted(result["runs"]), start=1)}
    rows = [_detail(row, number_of) for row in result["rows"] if row["peer"] != COPY]
    parts = [table(head, rows)] if rows else []
    if result["runs"]:
        parts.append("Runs: " + "; ".join(f"{number_of[name]} = {name}" for name in sorted(result["runs"])) + ".")
    parts += [f"{text[0].upper()}{text[1:]}." for _, text in sorted(result["skipped"].items())]
    return parts


def _detail(row: Row, number_of: dict[str, str]) -> list[str]:
    peer = f"{row['peer']} {row.get('version', '')}".strip()
    start = [f"`{row['work']}`", row["engine"], peer]
    if "ours" not in row:
        why = f"wrong answer: {row['wrong']}" if "wrong" in row else f"failed: {row['failed']}"
        return [*start, *[NOTHING] * 8, number_of[row["run"]], why.replace("|", "\\|")]
    ours, theirs = row["ours"], row["theirs"]
    return [
        *start,
        seconds(ours["median_s"]),
        seconds(theirs["median_s"]),
        f"{number(row['ratio'])} × ({number(row['ratio_min'])}–{number(row['ratio_max'])}, {row['rounds']} rounds)",
        seconds(ours["build_s"]),
        seconds(theirs["build_s"]),
        _ahead(row.get("break_even")),
        _megabytes(ours.get("peak_bytes")),
        _megabytes(theirs.get("peak_bytes")),
        ", ".join(dict.fromkeys(number_of[row[named]] for named in ("run", "peak_run") if named in row)),
        "; ".join(_remarks(row)) or NOTHING,
    ]


def _ahead(found: Row | None) -> str:
    if found is None:
        return NOTHING
    query = f" query {found['query']:,}" if "query" in found else ""
    return f"{found['ahead']}{query}"


def _remarks(row: Row) -> list[str]:
    remarks = [
        f"{whose} extrapolated from {row[who]['measured']:,} of {row['of']:,}"
        for who, whose in (("ours", "ours"), ("theirs", "its"))
        if row[who]["measured"] < row["of"]
    ]
    if row["off_by_ms"] >= 0.001:
        remarks.append(f"its times off by up to {row['off_by_ms']:.2g} ms before rounding")
    return remarks


def _extrapolated(row: Row) -> bool:
    return any(row[who]["measured"] < row["of"] for who in ("ours", "theirs"))


def _runs(results: list[Result]) -> str:
    runs = {name: value for result in results for name, value in result["runs"].items()}
    rows = []
    for name, run in sorted(runs.items()):
        machine, limits, seeds = run["machine"], run["limits"], run["seeds"]
        memory = f", {machine['memory_bytes'] / 2**30:.0f} GiB" if machine["memory_bytes"] else ""
        rows.append([
            name,
            f"{machine['processor']}, {machine['cores']} cores{memory}, {machine['system']}",
            ", ".join([f"Python {run['python']}", *(f"{key} {value}" for key, value in run["versions"].items())]),
            run["commit"],
            str(run["threads"]),
            f"networks {seeds['network']}, tasks {seeds['case']}",
            f"{limits['longest_s']:g} s a call, {limits['rounds']} rounds",
        ])  # fmt: skip
    return table(["run", "machine", "versions", "commit", "threads", "seeds", "at most"], rows)


# ---------------------------------------------------------------------------------------------------------- figures


def seconds(value: float) -> str:
    """Return a time with three figures and a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value / 1e-6)} µs"


def number(value: float) -> str:
    """Return a figure of two or three places that matter."""
    if value >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def _megabytes(value: int | None) -> str:
    if value is None:
        return NOTHING
    return "< 1 MB" if value < 1e6 else f"{value / 1e6:,.0f} MB"


def main() -> int:
    """Print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    results = read(options.results)
    if not results:
        print("nothing measured yet: run benchmarks/run.py first", file=sys.stderr)
        return 1
    text = page(results, (HERE / "introduction.md").read_text(encoding="utf-8"))
    if options.write is None:
        sys.stdout.write(text)
    else:
        options.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
