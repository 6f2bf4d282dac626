"""What is in the repository reads the same on any machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

TEXT = {
    "", ".cfg", ".cpg", ".css", ".csv", ".geojson", ".html", ".in", ".js", ".json", ".lock", ".md", ".prj", ".py",
    ".pyi", ".sh", ".svg", ".toml", ".txt", ".xml", ".yaml", ".yml",
}  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.:/~$}>-])(?:/(?:work|root|home|tmp)/\w|[A-Z]:[\\/]+Users[\\/])")
MAX_FILE_BYTES = 6_000_000
MAX_DEMO_BYTES = 20_000_000


@pytest.fixture(scope="module")
def files(root) -> list[Path]:
    """Return what git tracks or would track."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [root / name for name in done.stdout.decode("utf-8").split("\0") if name and (root / name).is_file()]


def test_no_machine_paths(files, root):
    found = []
    for path in files:
        if path.suffix in TEXT:
            for number, line in enumerate(path.read_bytes().decode("utf-8", errors="replace").splitlines(), start=1):
                if MACHINE_PATH.search(line):
                    found.append(f"{path.relative_to(root).as_posix()}:{number}: {line.strip()[:100]}")

    assert found == []


@pytest.mark.parametrize("line", ["see /" + "work/main", "open('/" + "tmp/x')", '"/' + 'root/a"', "C:\\" + "Users\\me"])
def test_a_machine_path_is_found(line):
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["data/work/x", "https://example.org/home/page", "$HOME/tmp/x", "the /tmp folder"])
def test_other_paths_are_left_alone(line):
    assert not MACHINE_PATH.search(line)


def test_no_file_is_large(files, root):
    large = {path.relative_to(root).as_posix() for path in files if path.stat().st_size > MAX_FILE_BYTES}

    assert large == set()
    assert sum(path.stat().st_size for path in files if path.is_relative_to(root / "data")) <= MAX_DEMO_BYTES


def test_text_files_end_lines_with_lf(files, root):
    ours = [path for path in files if path.suffix in {".py", ".toml", ".md", ".sh"} and "data" not in path.parts]

    assert [path.relative_to(root).as_posix() for path in ours if b"\r" in path.read_bytes()] == []


def test_scripts_are_executable(root):
    for name in (".ci/run", "scripts/venv.sh"):
        assert (root / name).stat().st_mode & 0o111, name


def test_continuous_integration_calls_make_test(root):
    lines = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert lines[-1] == "exec make test"


@pytest.mark.parametrize(
    "name", ["out/demo/study.toml", "accessgis-demo/study.toml", ".venv/x", ".venv-make/x", "maps/mine/x"]
)
@pytest.mark.usefixtures("files")
def test_what_is_made_here_is_ignored(root, name):
    done = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=root, timeout=60)

    assert done.returncode == 0
