"""The encoding of a Shapefile's table: stated, often wrongly, or to be judged on the whole of it."""

from __future__ import annotations

import codecs
import struct
from pathlib import Path

from accessgis.base.errors import DataError
from accessgis.sources.door import decodes, text_encoding


def shapefile_encoding(source: Path, *, label: str) -> tuple[str, bool]:
    """Return a Shapefile's encoding and whether it was judged.

    What its ``.cpg`` file says counts where the whole text is that; else strict UTF-8, else GB18030.

    Raises
    ------
    DataError
        AG3008 a file of the set is missing, AG3006 the text is neither.
    """
    siblings = {path.name.lower(): path for path in source.parent.iterdir()}
    stem = source.stem.lower()
    for ending in (".shx", ".dbf"):
        if f"{stem}{ending}" not in siblings:
            raise DataError("AG3008", file=label, ending=ending)
    text = _dbf_text(siblings[f"{stem}.dbf"].read_bytes())
    stated = siblings.get(f"{stem}.cpg")
    if stated is not None:
        name = stated.read_bytes()[:40].decode("ascii", errors="replace").strip()
        name = f"cp{name}" if name.isdigit() else name.removeprefix("ANSI ")
        try:
            found = codecs.lookup(name).name
        except LookupError:
            found = ""
        found = "gb18030" if found in ("gbk", "gb2312", "cp936") else found
        if found and decodes(text, found):
            return found, False
    encoding = text_encoding(text)
    if encoding is None:
        raise DataError("AG3006", file=label)
    return encoding, True


def _dbf_text(table: bytes) -> bytes:
    """Return the field names and records of a dBase table: all its text, none of its binary header."""
    if len(table) < 32:
        return b""
    header, _ = struct.unpack("<HH", table[8:12])
    names = []
    for start in range(32, header - 1, 32):
        if table[start : start + 1] in (b"\r", b""):
            break
        names.append(table[start : start + 11].split(b"\0")[0])
    return b" ".join(names) + b" " + table[header:]
