"""Candidates on steep ground, on the county of two villages with a hillside drawn into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from integration import tiny_study

import accessgis as ag
from accessgis.base.errors import UsageError
from accessgis.decide.check import check_site
from accessgis.decide.locate import locate
from accessgis.decide.located import Located
from accessgis.report.locate_view import located_document, located_view
from accessgis.report.site_view import site_table
from accessgis.study.measure import Measured

RULE = "guizhou-14fyp/rural-medical-30"
FOOT, CELL_DEG, M_PER_DEG = 112.012, 0.0005, 89_006
"""East of the foot the ground rises by 40 %; on the ellipsoid a degree there is 89.0 km from west to east."""


def hillside(folder: Path, limit: str = "", foot: float = FOOT) -> Measured:
    path = tiny_study.draw(folder)
    lon = 111.95 + CELL_DEG * (np.arange(240) + 0.5)
    heights = np.tile(0.4 * M_PER_DEG * np.maximum(lon - foot, 0), (220, 1)).astype("float32")
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


def test_a_site_is_ranked_among_the_places_that_locate_would_choose_from(tmp_path: Path) -> None:
    measured = hillside(tmp_path)
    found = locate(measured, kind="村卫生室", standard=RULE, sites=1)
    check = check_site(measured, kind="村卫生室", at=(112.0005, 37.0051), datum="wgs84")
    row = check.ranks.iloc[0]
    steep = found.places.left_out["steep"]
    assert 0 < steep == row["steep"]
    assert (row["candidates"], row["best_net"]) == (found.candidates, found.covered_after - found.covered_before)
    words = site_table(measured, [check], ["甲"], lang="zh")
    assert any(f"另{steep}处禁止建设或坡度超限" in text for key, texts in words.rows for text in texts if "排名" in key)
    assert f"排除备选点{steep}处：坡度超过限值。" in words.notes


def test_where_all_candidates_are_too_steep_the_rank_says_so(tmp_path: Path) -> None:
    measured = hillside(tmp_path, "slope_limit_percent = 0.001", foot=111.9)
    check = check_site(measured, kind="村卫生室", at=(112.0005, 37.0051), datum="wgs84")
    row = check.ranks.iloc[0]
    assert (row["candidates"], row["best_place"], row["best_net"]) == (0, "", 0.0)
    assert row["steep"] > 0
    words = "".join(site_table(measured, [check], ["甲"], lang="zh").notes)
    assert f"排除备选点{row['steep']}处" in words
