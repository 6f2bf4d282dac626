"""What a case of bad input is, and the ways to spoil a study that several cases share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
from integration import tiny_study as tiny

Spoil = Callable[[Path], None]
"""Changes a drawn study in its folder."""


@dataclass(frozen=True)
class Bad:
    """A study that must be refused.

    ``place`` holds the parts of the failure document that must be named, exactly; ``words`` stand in both the Chinese
    and the English text.
    """

    name: str
    spoil: Spoil
    code: str
    place: Mapping[str, str | int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Odd:
    """A study that must be assessed, with one doubt (none where ``code`` is empty) and its count."""

    name: str
    spoil: Spoil
    code: str = ""
    count: int | None = None
    covered: float | None = 1.0
    judged: int = 500


def study(old: str, new: str) -> Spoil:
    """Replace text of the study file, which must be there."""

    def spoil(folder: Path) -> None:
        path = folder / "study.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    return spoil


def more(text: str) -> Spoil:
    """Add tables to the end of the study file."""

    def spoil(folder: Path) -> None:
        path = folder / "study.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    return spoil


def encoded(encoding: str, prefix: bytes = b"") -> Spoil:
    """Save the study file in another encoding."""
    return written("study.toml", prefix + tiny.STUDY.encode(encoding))


def written(name: str, content: bytes | str) -> Spoil:
    """Put a file in place of the one of this name."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data) and None


def removed(name: str) -> Spoil:
    """Delete a file."""
    return lambda folder: (folder / name).unlink()


def both(*spoils: Spoil) -> Spoil:
    """Do several things."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def clinics(old: str, new: str) -> Spoil:
    """Replace text of the register of clinics."""
    assert old in tiny.CLINICS, old
    return written("clinics.csv", tiny.CLINICS.replace(old, new))


def areas(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame | None]) -> Spoil:
    """Write the areas changed."""

    def spoil(folder: Path) -> None:
        frame = tiny.areas_frame()
        changed = change(frame)
        tiny.write_areas(folder / "areas.gpkg", frame if changed is None else changed)

    return spoil


def area_rows(place: int, **fields: object) -> Spoil:
    """Change fields of one area; ``geometry`` may be among them."""

    def change(frame: gpd.GeoDataFrame) -> None:
        for name, value in fields.items():
            column = list(frame[name])
            column[place] = value
            frame[name] = column

    return areas(change)


def lines(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], *, name: str = "roads.gpkg", more_text: str = "",
          **options: object) -> Spoil:  # fmt: skip
    """Give the roads as a line layer, changed."""

    def spoil(folder: Path) -> None:
        tiny.save(change(tiny.road_lines()), folder / name, **options)
        study('path = "roads.osm"', f'path = "{name}"\n{more_text}')(folder)

    return spoil


def raster(change: Callable[[np.ndarray], np.ndarray], *, name: str = "total.tif", **options: object) -> Spoil:
    """Write a population raster with its values changed."""

    def spoil(folder: Path) -> None:
        values = tiny.people() if name == "total.tif" else tiny.people() * 0.2
        tiny.write_raster(folder / name, change(values), **options)  # type: ignore[arg-type]

    return spoil


def cell(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a change that puts ``value`` into the cell of row 4, column 4."""

    def change(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values[4, 4] = value
        return values

    return change


def cut(name: str, share: float) -> Spoil:
    """Cut a file short."""

    def spoil(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return spoil


def same(value: np.ndarray) -> np.ndarray:
    """Return the value unchanged."""
    return value
