"""Candidates on steep ground, on the county of two villages with a hillside drawn into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from integration import tiny_study

import accessgis as ag
from accessgis.base.errors import UsageError
from accessgis.decide.locate import locate
from accessgis.decide.located import Located
from accessgis.report.locate_view import located_document, located_view
from accessgis.study.measure import Measured

RULE = "guizhou-14fyp/rural-medical-30"
FOOT, CELL_DEG, M_PER_DEG = 112.012, 0.0005, 89_006
"""East of the foot the ground rises by 40 %; on the ellipsoid a degree there is 89.0 km from west to east."""


def hillside(folder: Path, limit: str = "") -> Measured:
    path = tiny_study.draw(folder)
    lon = 111.95 + CELL_DEG * (np.arange(240) + 0.5)
    heights = np.tile(0.4 * M_PER_DEG * np.maximum(lon - FOOT, 0), (220, 1)).astype("float32")
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=240, height=220, count=1, dtype="float32", crs="EPSG:4490",
        transform=rasterio.Affine(CELL_DEG, 0, 111.95, 0, -CELL_DEG, 37.06),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    path.write_text(tiny_study.STUDY + f'\n[elevation]\npath = "dem.tif"\n{limit}\n', encoding="utf-8")
    return ag.measured_study(ag.read_study(path))


def on_a_grid(measured: Measured) -> Located:
    return locate(measured, kind="村卫生室", standard=RULE, sites=1, candidates="grid", spacing_m=100)


def test_candidates_beyond_the_slope_limit_are_left_out_and_counted(tmp_path: Path) -> None:
    flat = on_a_grid(ag.measured_study(ag.read_study(tiny_study.draw(tmp_path / "flat"))))
    measured = hillside(tmp_path / "steep")
    steep = on_a_grid(measured)
    every, kept = set(flat.places.frame["lon"]), set(steep.places.frame["lon"])
    assert {lon for lon in every if lon < FOOT - CELL_DEG} <= kept <= {lon for lon in every if lon < FOOT + CELL_DEG}
    assert steep.places.left_out["steep"] == flat.candidates - steep.candidates > 0
    assert "steep" not in flat.places.left_out
    assert located_document(steep)["places"]["slope_unknown"] == 0
    notes = "".join(located_view(measured, steep, lang="zh").notes)
    assert f"排除备选点{steep.places.left_out['steep']}处：坡度超过限值" in notes
    assert "坡度限值25%" in notes


def test_the_limit_is_the_studys(tmp_path: Path) -> None:
    found = on_a_grid(hillside(tmp_path / "stated", "slope_limit_percent = 45"))
    assert found.places.left_out["steep"] == 0
    with pytest.raises(UsageError) as caught:
        locate(
            hillside(tmp_path / "low", "slope_limit_percent = 30"), kind="村卫生室", standard=RULE, sites=1,
            candidates=found.places.frame[found.places.frame["lon"] > FOOT + CELL_DEG].reset_index(drop=True),
        )  # fmt: skip
    assert caught.value.code == "AG2523"
