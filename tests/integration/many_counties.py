"""Several tiny studies side by side, each a county with a code of its own and people of its own."""

from __future__ import annotations

from pathlib import Path

from integration import tiny_study as tiny

CODES = ("149801", "149921", "149922")


def draw(folder: Path, codes: tuple[str, ...] = CODES) -> Path:
    """Write one study per code below ``folder``, and return the folder."""
    for number, code in enumerate(codes):
        draw_county(folder / code, code, people=1 + number / 7)
    return folder


def draw_county(folder: Path, code: str, *, people: float = 1.0) -> None:
    """Write the tiny study with another code, and ``people`` times as many people."""
    study = tiny.draw(folder)
    rows = [(row[0].replace("149921", code), *row[1:]) for row in tiny.AREAS]
    tiny.write_areas(folder / "areas.gpkg", tiny.areas_frame(rows))
    tiny.write_raster(folder / "total.tif", tiny.people() * people)
    study.write_text(tiny.STUDY.replace("149921", code).replace("小县", f"小县{code}"), encoding="utf-8")


def spoil(folder: Path, code: str) -> None:
    """Take the roads away from one county."""
    (folder / code / "roads.osm").unlink()


def fill_the_disk() -> None:
    """Let this process write no file beyond a size that some files of a result exceed; Python ignores the signal."""
    import resource  # of POSIX alone

    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
