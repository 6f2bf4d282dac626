"""Whatever happens to the bytes of a file, its reader takes it or refuses it in one sentence, without a crash."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from damage import Format, damaged_copy, formats

from accessgis.base.errors import AccessGISError

NAMES = (
    "areas.gpkg", "areas.geojson", "areas.shp", "areas.fgb", "areas.parquet", "areas.zip", "areas.gdb",
    "lines.gpkg", "lines.geojson", "lines.shp", "lines.fgb", "clinics.csv", "clinics.xlsx", "clinics.xls",
    "clinics.geojson", "people.csv", "villages.csv", "total.tif", "dem.tif", "roads.osm", "roads.osm.pbf",
    "roads.graphml", "points.gpkg", "parcel.txt", "study.toml",
)  # fmt: skip
SLOW = ("total.tif", "dem.tif", "areas.gpkg", "points.gpkg", "areas.shp", "areas.zip", "areas.gdb", "lines.shp")
"""Formats that take tens of milliseconds to read."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Format]:
    return formats(tmp_path_factory.mktemp("formats"))


def read_damaged(one: Format, folder: Path, seeds: range) -> tuple[int, int]:
    """Return how many damaged copies were taken and how many refused."""
    taken = refused = 0
    told: list[str] = []
    for seed in seeds:
        path = damaged_copy(one.path, folder, random.Random(f"{one.path.name} {seed}"))
        try:
            one.read(path)
            taken += 1
        except AccessGISError as error:
            refused += 1
            told.append(f"{error} {error.message('zh')}")
    assert not [text for text in told if "\n" in text or str(folder) in text]
    return taken, refused


def test_every_format_is_here_and_whole_files_are_taken(written: dict[str, Format]) -> None:
    assert tuple(sorted(written)) == tuple(sorted(NAMES))
    for one in written.values():
        one.read(one.path)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_taken_or_refused(written: dict[str, Format], tmp_path: Path, name: str) -> None:
    seeds = range(3 if name in SLOW else 12)
    assert sum(read_damaged(written[name], tmp_path / "damaged", seeds)) == len(seeds)


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_many_damaged_files_are_taken_or_refused(written: dict[str, Format], tmp_path: Path, name: str) -> None:
    taken, refused = read_damaged(written[name], tmp_path / "damaged", range(100, 600))
    assert min(taken, refused) > 0, "the damage is neither always fatal nor always harmless"
