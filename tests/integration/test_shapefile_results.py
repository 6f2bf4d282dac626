"""``assess --also shapefile`` on a drawn study: the layers of the GeoPackage, again as Shapefiles."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyogrio
from integration import tiny_study as tiny

from accessgis.base.files import sha256
from accessgis.cli.main import run


def test_the_layers_of_a_result_as_shapefiles(tmp_path: Path) -> None:
    study = tiny.draw(tmp_path / "study")
    assert run(["assess", str(study), "--quiet", "--also", "shapefile"]) == 0
    out = study.parent / "out"
    folder = out / "shapefile"
    layers = [str(name) for name, _ in pyogrio.list_layers(out / "results.gpkg")]
    fields = pd.read_csv(folder / "fields.csv")
    assert {path.stem for path in folder.glob("*.shp")} == set(layers) == set(fields["file"])
    for name in layers:
        layer = pyogrio.read_dataframe(out / "results.gpkg", layer=name)
        shapes = pyogrio.read_dataframe(folder / f"{name}.shp", encoding="GBK")
        column = dict(zip(*fields.loc[fields["file"] == name, ["column", "field"]].to_numpy().T, strict=True))
        assert len(shapes) == len(layer)
        assert set(column) == set(layer.columns) - {"geometry"}
        for text in ("area_name", "name", "village_name"):
            if text in column:
                assert shapes[column[text]].fillna("").tolist() == layer[text].fillna("").tolist()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["outputs"]["shapefile/areas.shp"] == sha256(folder / "areas.shp")


def test_without_it_there_are_none_and_another_form_is_refused(tmp_path: Path) -> None:
    study = tiny.draw(tmp_path / "study")
    assert run(["assess", str(study), "--quiet"]) == 0
    assert not (study.parent / "out" / "shapefile").exists()
    assert run(["assess", str(study), "--quiet", "--also", "dwg"]) == 2
