"""Which of GDAL's many readers may see a file: one per ending, forced, after the content has been looked at.

GDAL asks every reader it has whether a file is its own. Some follow what a file says to other files, to the network or
to a command line (virtual layers, GDALG pipelines, services): such a file may carry any ending.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from accessgis.base.errors import DataError

DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".gdb": "OpenFileGDB",
}
"""The one reader of each ending that GDAL reads."""
MAX_LAYER_BYTES = 8_000_000_000
MAX_GEOJSON_BYTES = 1_000_000_000
"""Larger GeoJSON takes more memory than an office machine has; GeoPackage holds the same layer in a third."""
MAX_PARQUET_ROWS = 20_000_000
MAX_UNPACKED_BYTES = 8_000_000_000
"""Most bytes that the columns of a GeoParquet may unpack to."""

_FORCED = frozenset({"GPKG", "GeoJSON"})
"""Readers that a prefix of the path forces; the others tell their files by a head that holds no text."""
_MAGIC = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a", ".parquet": b"PAR1", ".geoparquet": b"PAR1"}
_FLATGEOBUF = b"fgb\x03fgb"
_TYPE = re.compile(rb'"type"\s*:\s*"(\w+)"')
_GEOJSON_TYPES = re.compile("Feature(Collection)?|(Multi)?(Point|LineString|Polygon)|GeometryCollection|name")


def too_large(label: str, size: int, limit: int) -> DataError:
    """Return the error of a file that would not fit into memory."""
    return DataError("AG3050", file=label, megabytes=size // 1_000_000, limit=limit // 1_000_000)


def forced(source: Path) -> Any:
    """Return how GDAL is told to open a checked file: by its one reader wherever a prefix can say so."""
    driver = DRIVERS[source.suffix.lower()]
    return f"{driver}:{source}" if driver in _FORCED else source


def check_content(source: Path, *, label: str) -> None:
    """Refuse a file whose content is not what its ending says, or that is too large, before GDAL sees it.

    A file called ``.geojson`` that holds a virtual layer would otherwise read any other file of the machine.

    Raises
    ------
    DataError
        AG3007 the content is something else, AG3050 too large.
    """
    ending = source.suffix.lower()
    size = source.stat().st_size
    limit = MAX_GEOJSON_BYTES if DRIVERS.get(ending) == "GeoJSON" else MAX_LAYER_BYTES
    if size > limit:
        raise too_large(label, size, limit)
    with source.open("rb") as stream:
        head = stream.read(4096)
    if ending in _MAGIC:
        right = head.startswith(_MAGIC[ending])
    elif ending == ".fgb":
        # The fourth byte of a length under 16 MB is 0: readers that look for words in the head stop here.
        right = head.startswith(_FLATGEOBUF) and head[11:12] in (b"\0", b"")
    else:
        right = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"
    if not right:
        raise DataError("AG3007", file=label, driver=ending)


def check_unpacked(rows: int, unpacked: int, *, label: str) -> None:
    """Refuse a GeoParquet that says it unpacks to more than any layer of a study.

    Raises
    ------
    DataError
        AG3050 too large.
    """
    if rows > MAX_PARQUET_ROWS or unpacked > MAX_UNPACKED_BYTES:
        raise too_large(label, unpacked, MAX_UNPACKED_BYTES)


def dialect(source: Path) -> str:
    """Return what a JSON file says it is where that is no GeoJSON (``Topology``), else ''."""
    with source.open("rb") as stream:
        stated = _TYPE.search(stream.read(1 << 16))
    name = "" if stated is None else stated[1].decode("ascii")
    return "" if _GEOJSON_TYPES.fullmatch(name) else name
