"""How GeoPackages are written: with a fixed date, and with a full disk told from a fault of ours."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

_FIXED_DATE = "2000-01-01T00:00:00Z"
"""Date stamped into GeoPackages, so that equal results have equal bytes."""


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to a new GeoPackage: equal layers give equal bytes.

    Raises
    ------
    OSError
        The file cannot be written whole: SQLite says so in words of its own, or not at all.
    """
    with _errors(path.name), _fixed_date():
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
    if not _whole(layers, path):
        raise OSError(errno.EIO, f"{path.name} is incomplete")


def _whole(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> bool:
    """Return whether a file holds every row and every place of its spatial indexes: GDAL leaves these out unsaid."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        try:
            if base.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return False
            for name, layer in layers.items():
                table = name.replace('"', '""')
                rows = base.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608  names are ours
                indexed = base.execute(f'SELECT count(*) FROM "rtree_{table}_geom"').fetchone()[0]  # noqa: S608
                there = int((~(layer.geometry.is_empty | layer.geometry.isna())).sum())
                if (rows, indexed) != (len(layer), there):
                    return False
        except sqlite3.Error:
            return False
    return True


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise OSError(errno.EIO, f"{name} ({type(error).__name__})") from error


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
