"""What is installed is whole: the wheel and the sdist carry the demo, and the demo runs from the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import accessgis


def build_wheel(source: Path, folder: Path) -> Path:
    return Path(next(WheelBuilder(str(source)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """Build the wheel of this checkout, without network."""
    return build_wheel(root, tmp_path_factory.mktemp("wheel"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_package_data_and_demo(wheel, root):
    held = names(wheel)
    package = {
        path.relative_to(root).as_posix()
        for path in (root / "accessgis").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    demo = {
        f"accessgis/_demo/{path.relative_to(root / 'data').as_posix()}"
        for path in (root / "data").rglob("*")
        if path.is_file()
    }

    assert "accessgis/_demo/study.toml" in held
    assert held - {name for name in held if ".dist-info/" in name} == package | demo
    assert f"accessgis-{accessgis.__version__}.dist-info/licenses/LICENSE" in held


def test_the_sdist_builds_the_same_wheel(wheel, root, tmp_path):
    sdist = Path(next(SdistBuilder(str(root)).build(directory=str(tmp_path / "sdist"), versions=["standard"])))
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build_wheel(tmp_path / f"accessgis-{accessgis.__version__}", tmp_path / "again")

    assert names(again) == names(wheel)


@pytest.mark.slow
@pytest.mark.soak
def test_the_demo_runs_from_an_installed_wheel(wheel, tmp_path):
    """Unpacked in a folder of its own, as ``pip install --target`` does, with the libraries of this environment."""
    site, out = tmp_path / "site", tmp_path / "my demo"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(site), "PYTHONUTF8": "1", "NUMBA_CACHE_DIR": str(tmp_path / "numba")}

    where = subprocess.run(
        [sys.executable, "-c", "import accessgis; print(accessgis.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "accessgis", "demo", str(out)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=400,
    )  # fmt: skip

    assert Path(where.stdout.strip()).is_relative_to(site)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert next(out.rglob("assessment.json")).stat().st_size > 0
    assert next(out.rglob("map.html")).stat().st_size > 0
    assert "map.html" in done.stdout
