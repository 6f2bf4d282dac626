"""Killed, interrupted, out of disk: what stood there before stays, or the new result stands there whole."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from integration import tiny_study as tiny

from accessgis.network.build import build_network
from accessgis.report import geopackage
from accessgis.report.geopackage import write_layers
from accessgis.report.network_files import write_network
from accessgis.study.model import read_study
from accessgis.study.prepare import prepare

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Return the folder of a study with a result."""
    folder = tmp_path_factory.mktemp("faults") / "study"
    tiny.draw(folder)
    assert finished(start(folder, root)) == (0, "")
    return folder


def start(folder: Path, root: Path, *arguments: str, file_bytes: int | None = None) -> subprocess.Popen[str]:
    """Start an assessment; ``file_bytes`` is the size at which its disk is full."""

    limits = "" if file_bytes is None else f"resource.setrlimit(resource.RLIMIT_FSIZE, ({file_bytes}, {file_bytes}))\n"
    program = (
        "import resource, signal, sys\n"
        f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n{limits}"
        "from accessgis.cli.main import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "assess", str(folder / "study.toml"), "--quiet", *arguments]
    return subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(root)},
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return exit code and what was said on stderr."""
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def whole(out: Path) -> str:
    """Return the study's name of a result after checking that every file is there as its manifest says."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == {*manifest["outputs"], "manifest.json"}
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest, name
    return str(manifest["study"]["name"])


def await_writing(folder: Path, process: subprocess.Popen[str]) -> bool:
    """Wait until a run has begun to write; return False when it ended before anybody saw that."""
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        if any(folder.glob(".out.tmp-*/*")):
            return True
        os.sched_yield()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("kills", [6, pytest.param(40, marks=pytest.mark.soak)])
def test_a_kill_at_any_moment_leaves_the_old_result_or_the_new_one_whole(folder: Path, root: Path, kills: int) -> None:
    chance = random.Random(20251231)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    standing, seen_halfway = whole(folder / "out"), 0
    for number in range(kills):
        name = f"县{number}"
        (folder / "study.toml").write_text(text.replace('"小县"', f'"{name}"'), encoding="utf-8")
        process = start(folder, root)
        if number % 4:
            await_writing(folder, process)
            moment = chance.uniform(0, 0.3)
        else:
            moment = chance.uniform(0, 3)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
        finished(process)
        seen_halfway += any(folder.glob(".out.tmp-*"))
        now = whole(folder / "out")
        assert now in (standing, name)
        standing = now
    assert seen_halfway >= kills // 2, "some kills fell into the writing"
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert finished(start(folder, root)) == (0, "")
    assert whole(folder / "out") == "小县"
    assert not [path.name for path in folder.iterdir() if ".tmp-" in path.name], "what killed runs left is swept"


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_an_interrupt_of_the_process_leaves_the_old_result_and_exits_130(folder: Path, root: Path, when: str) -> None:
    before = tiny.contents(folder)
    process = start(folder, root)
    if when == "writing":
        assert await_writing(folder, process)
    else:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.5)
    process.send_signal(signal.SIGINT)
    code, said = finished(process)
    assert "Traceback" not in said
    assert code == 130
    assert tiny.contents(folder) == before


@pytest.mark.parametrize(
    "file_bytes",
    [
        500,
        pytest.param(9_000, marks=pytest.mark.soak),
        pytest.param(60_000, marks=pytest.mark.soak),
        pytest.param(120_000, marks=pytest.mark.soak),
        pytest.param(195_000, marks=pytest.mark.soak),
        205_000,
    ],
)
def test_a_full_disk_is_one_sentence_and_the_old_result_stays(folder: Path, root: Path, file_bytes: int) -> None:
    sizes = {path.name: path.stat().st_size for path in (folder / "out").iterdir()}
    assert sizes["results.gpkg"] > 195_000, "the sizes fall into every file that is written"
    assert sizes["map.html"] > 205_000
    before = tiny.contents(folder)
    code, said = finished(start(folder, root, "--lang", "en", file_bytes=file_bytes))
    assert code == 1
    first, *rest = said.splitlines()
    assert first.startswith("AG1001 ")
    assert len(rest) == 1
    assert tiny.contents(folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 400 kB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    yield place
    subprocess.run([mount.replace("mount", "umount"), str(place)], check=True)


def test_a_disk_that_is_really_full(folder: Path, root: Path, small_disk: Path) -> None:
    code, said = finished(start(folder, root, "--lang", "en", "--out", str(small_disk / "out")))
    assert code == 1
    assert said.startswith("AG1001 ")
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_may_only_be_read(folder: Path, root: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, said = finished(start(folder, root, "--lang", "en", "--out", str(small_disk / "out")))
    assert code == 1
    assert said.startswith("AG1001 ")
    assert "Read-only file system" in said


def test_a_geopackage_is_whole_or_refused(tmp_path: Path) -> None:
    """GDAL says nothing when the disk is full while it writes a spatial index."""
    points = [shapely.Point(place, place) for place in range(400)]
    layer = gpd.GeoDataFrame({"name": ["x" * 50] * 400}, geometry=points, crs=4326)
    write_layers({"a": layer}, tmp_path / "whole.gpkg")
    size = (tmp_path / "whole.gpkg").stat().st_size
    program = (
        "import resource, signal, sys, geopandas, shapely\n"
        "from pathlib import Path\n"
        "from accessgis.report.geopackage import write_layers\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "points = [shapely.Point(place, place) for place in range(400)]\n"
        "layer = geopandas.GeoDataFrame({'name': ['x' * 50] * 400}, geometry=points, crs=4326)\n"
        "for limit in range(4096, int(sys.argv[2]), 8192):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))\n"
        "    try:\n"
        "        write_layers({'a': layer}, Path(sys.argv[1]) / f'{limit}.gpkg')\n"
        "    except OSError:\n"
        "        continue\n"
        "    sys.exit(f'{limit} bytes were enough')\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_geopackage_without_a_row_or_an_index_is_not_whole(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(1, 1), shapely.Point()], crs=4326)
    write_layers({"a": layer}, tmp_path / "a.gpkg")
    assert geopackage._whole({"a": layer}, tmp_path / "a.gpkg")
    more = gpd.GeoDataFrame(pd.concat([layer, layer]), crs=4326)
    assert not geopackage._whole({"a": more}, tmp_path / "a.gpkg")
    assert not geopackage._whole({"b": layer}, tmp_path / "a.gpkg")


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "graphml"])
def test_an_exported_network_has_the_same_bytes_every_time(folder: Path, tmp_path: Path, ending: str) -> None:
    prepared = prepare(read_study(folder / "study.toml"))
    digests = set()
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        path = tmp_path / place / f"roads.{ending}"
        write_network(build_network(prepared.roads, prepared.profiles["walk"]), path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
