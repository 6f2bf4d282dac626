"""The pages look as they did: small grey pictures at three sizes, compared with tolerance for fonts.

After a change that is meant, ``ACCESSGIS_NEW_REFERENCES=1 pytest tests/maps/test_looks.py`` writes the references anew:
look at the pages before they are kept.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from maps.test_browser import Opened
from PIL import Image

from accessgis.report import map_page, report_page

pytestmark = pytest.mark.browser

REFERENCES = Path(__file__).parent / "references"
WIDTH_PX = 160
LEVELS = 16
FAR, MOST_FAR, MOST_MEAN = 64, 0.05, 8.0
"""A pixel is far off from so many of 256 greys; so many may be, and so much may all be off in the mean."""
CASES = {
    "map-1366x768": ("map.html", "#rule=1", (1366, 768), "screen"),
    "map-390x844": ("map.html", "#rule=1", (390, 844), "screen"),
    "report-a4": ("report.html", "", (794, 1123), "print"),
}


@pytest.fixture(scope="module")
def pages(fake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "map.html").write_text(map_page(fake), encoding="utf-8", newline="\n")
    (folder / "report.html").write_text(report_page(fake), encoding="utf-8", newline="\n")
    return folder


def looks(browser, folder, name, address, size, media) -> Image.Image:
    with Opened(browser, folder / name, address, size) as opened:
        opened.page.emulate_media(media=media)
        shot = Image.open(io.BytesIO(opened.page.screenshot())).convert("L")
    small = shot.resize((WIDTH_PX, round(WIDTH_PX * shot.height / shot.width)), Image.Resampling.BOX)
    return small.quantize(LEVELS)


def off(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Return the share of pixels that are far off, and the mean difference in greys."""
    assert one.size == other.size
    apart = np.abs(np.asarray(one.convert("L"), dtype=float) - np.asarray(other.convert("L"), dtype=float))
    return float((apart > FAR).mean()), float(apart.mean())


def alike(one: Image.Image, other: Image.Image) -> bool:
    far, mean = off(one, other)
    return far <= MOST_FAR and mean <= MOST_MEAN


@pytest.mark.parametrize("case", CASES)
def test_a_page_looks_as_it_did(browser, pages, case):
    path, now = REFERENCES / f"{case}.png", looks(browser, pages, *CASES[case])
    if os.environ.get("ACCESSGIS_NEW_REFERENCES"):
        path.parent.mkdir(exist_ok=True)
        now.save(path, optimize=True)
    assert path.stat().st_size < 12_000
    was = Image.open(path)
    assert alike(now, was), off(now, was)


def test_another_theme_does_not_pass_for_it(browser, pages):
    name, _, size, media = CASES["map-1366x768"]
    people = looks(browser, pages, name, "#rule=1&theme=people", size, media)
    assert not alike(people, Image.open(REFERENCES / "map-1366x768.png"))
