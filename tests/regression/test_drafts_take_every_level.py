"""A draft took one of several boundary layers where it had a column of levels, and named columns that others lack."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from integration import tiny_study as tiny
from integration.spoil import study

from accessgis.base.errors import UsageError
from accessgis.base.files import user_toml
from accessgis.study.draft import draft_study
from accessgis.study.layers import Ledger, areas_of
from accessgis.study.model import read_study


def test_layers_of_one_level_each_are_put_together(tmp_path: Path) -> None:
    frame = (
        tiny.areas_frame().rename(columns={"code": "ZLDWDM", "name": "名称", "level": "级别"}).drop(columns="ur_code")
    )
    tiny.save(frame.iloc[2:], tmp_path / "村界.gpkg")
    tiny.save(frame.iloc[1:2].drop(columns="级别").rename(columns={"名称": "ZLDWMC"}), tmp_path / "乡镇界.gpkg")
    tiny.save(frame.iloc[:1].drop(columns="级别"), tmp_path / "县界.gpkg")
    draft_study(tmp_path, tmp_path)
    areas = user_toml(tmp_path / "study.toml")["areas"]
    assert areas["path"] == {"county": "县界.gpkg", "township": "乡镇界.gpkg", "village": "村界.gpkg"}
    assert areas["columns"] == {"code": "ZLDWDM"}, "the others are found in each layer by their shipped names"


def test_a_layer_of_several_levels_is_enough(tmp_path: Path) -> None:
    tiny.save(tiny.areas_frame(), tmp_path / "行政区.gpkg")
    tiny.save(tiny.areas_frame().iloc[2:], tmp_path / "村界.gpkg")
    draft_study(tmp_path, tmp_path)
    assert user_toml(tmp_path / "study.toml")["areas"]["path"] == "行政区.gpkg"


def test_layers_of_one_file_are_put_together_and_read(tmp_path: Path) -> None:
    """A Geodatabase with a layer per level could not be named in a study at all."""
    tiny.draw(tmp_path)
    (tmp_path / "study.toml").unlink()
    (tmp_path / "areas.gpkg").unlink()
    frame = tiny.areas_frame().drop(columns="level")
    for name, rows in (("县界", frame.iloc[:1]), ("乡镇界", frame.iloc[1:2]), ("村界", frame.iloc[2:])):
        tiny.save(rows, tmp_path / "一张图.gpkg", layer=name)
    draft_study(tmp_path, tmp_path, name="小县", date=dt.date(2025, 12, 31))
    text = (tmp_path / "study.toml").read_text(encoding="utf-8").replace('datum = ""', 'datum = "cgcs2000"')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    areas = user_toml(tmp_path / "study.toml")["areas"]
    assert areas["path"] == "一张图.gpkg"
    assert areas["layer"] == {"county": "县界", "township": "乡镇界", "village": "村界"}
    layers = areas_of(read_study(tmp_path / "study.toml"), Ledger())
    assert layers.frame["level"].tolist() == ["county", "township", "village", "village"]


@pytest.mark.parametrize("layer", ['"村界"', '{ township = "乡镇界" }'])
def test_a_layer_that_goes_with_no_file_is_refused(tmp_path: Path, layer: str) -> None:
    tiny.draw(tmp_path)
    study('path = "areas.gpkg"', f'path = {{ village = "areas.gpkg" }}\nlayer = {layer}')(tmp_path)
    with pytest.raises(UsageError, match="AG2008"):
        read_study(tmp_path / "study.toml")
