"""How many rows a layer says it has: GDAL reads a layer whose index is damaged as one of fewer rows, or of none."""

from __future__ import annotations

import struct
from pathlib import Path

import pyogrio

from accessgis.base.errors import DataError
from accessgis.sources.containers import GEODATABASE

_CATALOGUE = "GDB_SystemCatalog"
"""Table of a Geodatabase whose row numbers are the numbers of its files."""
_VERSION = struct.Struct("<i")
_ROWS = {3: struct.Struct("<4xi"), 4: struct.Struct("<16xq")}
"""Where the head of a table states its rows, by its version: 4 is that of tables with object ids of 64 bits."""
_LONGEST = max(form.size for form in _ROWS.values())


def check_rows(read: int, source: Path, *, layer: str | None, features: int, label: str) -> None:
    """Refuse a layer of which fewer rows, or more, were read than it says it has.

    Parameters
    ----------
    read
        Rows that were read.
    source, layer
        The file or Geodatabase, and its layer.
    features
        Rows that GDAL found stated, at most 0 where it found nothing.
    label
        Path for messages.

    Raises
    ------
    DataError
        AG3069 the numbers differ.
    """
    ending = source.suffix.lower()
    stated = features if ending == ".fgb" else _of_table(source, layer) if ending == GEODATABASE else 0
    if stated > 0 and stated != read:
        raise DataError("AG3069", file=label, stated=stated, read=read)


def _of_table(folder: Path, layer: str | None) -> int:
    """Return the rows that stand in the head of a Geodatabase's table, 0 where it does not say."""
    tables = pyogrio.read_dataframe(
        folder, layer=_CATALOGUE, columns=["Name"], fid_as_index=True, LIST_ALL_TABLES="YES"
    )
    numbers = tables.index[tables["Name"] == layer]
    if not len(numbers):
        return 0
    with (folder / f"a{int(numbers[0]):08x}.gdbtable").open("rb") as stream:
        head = stream.read(_LONGEST)
    if len(head) < _LONGEST:
        return 0
    (version,) = _VERSION.unpack_from(head)
    return int(_ROWS[version].unpack_from(head)[0]) if version in _ROWS else 0
