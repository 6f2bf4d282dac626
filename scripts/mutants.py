"""Put each fault of tests/mutants.toml into a copy of the code, and see that the tests named there fail on it.

    python scripts/mutants.py                      all; kernels that hang on the fault are compiled anew
    python scripts/mutants.py --only sweep,lanes   those whose name holds one of these words
    python scripts/mutants.py --workers 2

Exits with 1 when a mutant survives, or when the tests cannot say.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutants.toml"
FAILED = 1
"""Exit code of pytest when a test failed; any but this, 0 and those of crashes says nothing of the mutant."""
CRASHES = (signal.SIGABRT, signal.SIGSEGV)
"""Signals that end the tests of a fault that writes beyond its arrays: noticed as well."""
NONSENSE = 256
"""In place of it where the mutant does not compile."""
ENDLESS = 257
"""In place of it where the tests had not ended after :data:`PATIENCE_S`: such a fault tells nothing of the tests."""
PATIENCE_S = 1800


@dataclass(frozen=True)
class Mutant:
    """One fault: which text of which file becomes which, and the tests that must notice."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """Return the text of the file with the fault.

        Raises
        ------
        ValueError
            The text to be changed does not stand there once.
        """
        if text.count(self.before) != 1 or self.before == self.after:
            raise ValueError(f"{self.name}: stands {text.count(self.before)} times in {self.file}")
        return text.replace(self.before, self.after)


def read_mutants() -> list[Mutant]:
    """Return the faults of the list."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))
    mutants = []
    for row in listed["mutant"]:
        tests = tuple(test for name in row["tests"] for test in listed["suites"].get(name, [name]))
        mutants.append(Mutant(**{**row, "tests": tests}))
    return mutants


def main() -> int:
    """Run the mutants and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="words, separated by commas")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    words = [word for word in options.only.split(",") if word]
    mutants = [mutant for mutant in read_mutants() if not words or any(word in mutant.name for word in words)]
    with ThreadPoolExecutor(options.workers) as pool:
        killed = [_told(mutant, *found) for mutant, found in zip(mutants, pool.map(_run, mutants), strict=True)]
    print(f"{sum(killed)} of {len(killed)} killed")
    return 0 if all(killed) else 1


def _run(mutant: Mutant) -> tuple[int, str, float]:
    """Return the exit code of the tests on the mutant, their last words, and the seconds."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="accessgis-mutant-") as folder:
        copy = Path(folder) / "copy"
        for part in ("accessgis", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("*.pyc"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        file = copy / mutant.file
        for module in _hanging_on(mutant.file):
            path = copy / module.replace(".", "/")
            for compiled in (path.parent / "__pycache__").glob(f"{path.name}.*.nb[ic]"):
                compiled.unlink()
        file.write_text(mutant.applied(file.read_text(encoding="utf-8")), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
        try:
            done = subprocess.run(
                command, cwd=copy, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return ENDLESS, "", time.monotonic() - begun
    words = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    code = NONSENSE if "numba.core.errors" in done.stdout else done.returncode
    return code, (words or done.stdout.splitlines() or [""])[-1], time.monotonic() - begun


@cache
def _hanging_on(file: str) -> frozenset[str]:
    """Return the modules whose compiled kernels hold some of a file: they must not be taken from the cache."""
    module = file.removesuffix(".py").replace("/", ".")
    return frozenset({module, *grimp.build_graph("accessgis").find_downstream_modules(module)})


def _told(mutant: Mutant, code: int, words: str, seconds: float) -> bool:
    """Print what became of a mutant; return whether it was killed."""
    crashed = code in {-number for number in CRASHES}
    known = {0: "SURVIVED", FAILED: "killed", NONSENSE: "nonsense", ENDLESS: "endless"}
    verdict = "crashed" if crashed else known.get(code, f"pytest ended with {code}")
    print(f"{verdict:10} {seconds:5.0f} s  {mutant.name}  {words[:110]}", flush=True)
    return crashed or code == FAILED


if __name__ == "__main__":
    sys.exit(main())
