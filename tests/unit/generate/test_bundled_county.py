"""The bundled county under ``data/`` is what the generator makes, and its study file can be read."""

from __future__ import annotations

from pathlib import Path

from accessgis.generate.county import generate_county
from accessgis.study.model import read_study

TEXTS = ("*.csv", "*.toml", "*.geojson", "*.txt", "README.md")


def test_the_bundled_text_files_are_those_the_generator_writes(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "county"
    generate_county(made)
    written = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    bundled = {path.relative_to(root / "data") for path in (root / "data").rglob("*") if path.is_file()}
    assert bundled == written
    for pattern in TEXTS:
        for path in made.rglob(pattern):
            assert (root / "data" / path.relative_to(made)).read_bytes() == path.read_bytes(), path.name


def test_the_bundled_study_is_valid_and_small(root: Path) -> None:
    study = read_study(root / "data" / "study.toml")
    assert study.file.study.generated
    assert len(study.file.targets) == 2
    assert sum(path.stat().st_size for path in (root / "data").rglob("*") if path.is_file()) < 8_000_000
