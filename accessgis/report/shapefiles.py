"""Results as Shapefiles for software that reads nothing newer: GBK, short field names, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from accessgis.report.tables import write_csv

NAME_BYTES, TEXT_BYTES = 10, 254
"""Most bytes of a field's name and of a text in a dBase table."""
ENCODING, WIDER = "GBK", "GB18030"
"""Encoding of the tables, and of those with characters that GBK lacks."""

_FIXED_DATE = "2000-01-01"
"""Date stamped into tables, so that equal results have equal bytes."""
_FAMILIES = {"point": (0, 4), "line": (1, 2, 5), "area": (3, 6)}
"""Shapefiles hold one sort of shape each."""


def write_shapefiles(layers: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Write layers as Shapefiles.

    Parameters
    ----------
    layers
        Layers by name. One with several sorts of shapes becomes several files: ``facilities_point``,
        ``facilities_area``; rows without a shape stand with the points.
    folder
        A new folder. ``fields.csv`` in it gives the column behind every field.
    """
    folder.mkdir()
    fields = []
    for name, layer in layers.items():
        short = short_names([str(column) for column in layer.columns if column != layer.geometry.name])
        for part, rows in _parts(layer).items():
            frame = layer[rows].rename(columns=short)
            named = name if part == "" else f"{name}_{part}"
            _write(frame, folder / f"{named}.shp")
            fields += [(named, field, column) for column, field in short.items()]
    write_csv(pd.DataFrame(fields, columns=["file", "field", "column"]), folder / "fields.csv")


def short_names(columns: Iterable[str]) -> dict[str, str]:
    """Return column → field name: at most ten bytes of GBK, cut between characters, no two alike in any case."""
    taken: set[str] = set()
    short: dict[str, str] = {}
    for column in columns:
        name, number = cut(column, NAME_BYTES), 1
        while name.casefold() in taken:
            ending = f"_{number}"
            name, number = cut(column, NAME_BYTES - len(ending)) + ending, number + 1
        taken.add(name.casefold())
        short[column] = name
    return short


def cut(text: str, size: int, *, encoding: str = WIDER) -> str:
    """Return as many whole characters of a text as fit into ``size`` bytes."""
    return text.encode(encoding)[:size].decode(encoding, errors="ignore")


def _parts(layer: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """Return the rows of each sort of shape; one sort alone needs no name."""
    kinds = shapely.get_type_id(layer.geometry.to_numpy())
    empty = np.asarray(layer.geometry.is_empty | layer.geometry.isna())
    rows = {name: np.isin(kinds, types) & ~empty for name, types in _FAMILIES.items()}
    present = [name for name, mask in rows.items() if mask.any()]
    if len(present) <= 1:
        return {"": np.ones(len(layer), dtype=bool)}
    rows["point"] |= empty
    return {name: rows[name] for name in _FAMILIES if rows[name].any()}


def _write(frame: gpd.GeoDataFrame, path: Path) -> None:
    shapes = frame.geometry.to_numpy().copy()
    shapes[shapely.is_empty(shapes)] = None
    texts = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name].dtype)]
    table = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    encoding = ENCODING if all(_encodes(table[name]) for name in texts) else WIDER
    table = table.copy()
    for name in table.columns:
        if name in texts:
            table[name] = [_fits(value, encoding) for value in table[name].tolist()]
        elif pd.api.types.is_bool_dtype(table[name].dtype):
            table[name] = table[name].astype(np.int32)
    kind = {"geometry_type": "Point"} if not len(table) or table.geometry.isna().all() else {}
    pyogrio.write_dataframe(
        table, path, driver="ESRI Shapefile", encoding=encoding, DBF_DATE_LAST_UPDATE=_FIXED_DATE, **kind
    )
    path.with_suffix(".cpg").write_text(encoding, encoding="ascii")


def _encodes(column: pd.Series) -> bool:
    try:
        "".join(str(text) for text in column if isinstance(text, str)).encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _fits(value: object, encoding: str) -> str | None:
    return cut(value, TEXT_BYTES, encoding=encoding) if isinstance(value, str) else None
