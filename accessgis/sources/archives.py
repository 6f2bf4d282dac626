"""Zip archives (zipped Shapefiles, xlsx) at the door: what they unpack to is known before anything unpacks them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path, PurePosixPath
from zlib import error as ZlibError  # noqa: N812  zlib names its error like a module

from accessgis.base.errors import DataError

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_RATIO = 200
"""Largest ratio of unpacked to packed bytes: a Shapefile packs 3 to 20 times, a sheet of Excel up to 60 times."""
SMALL_BYTES = 10_000_000
"""Archives that unpack to less are harmless, whatever their ratio."""
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, ZlibError, struct.error, OSError, EOFError, ValueError, LookupError, NotImplementedError,
    RuntimeError,
)  # fmt: skip
"""What reading a damaged archive raises."""


def check_archive(source: Path, *, label: str) -> tuple[str, ...]:
    """Return the names of an archive's files after checking that it may be unpacked.

    The directory of an archive says how large its files are, and may lie; every file is therefore unpacked once into
    nothing, up to the size it claims, and its checksum held against what came.

    Raises
    ------
    DataError
        AG3052 no zip archive or a damaged one, with a password or with names that leave its folder; AG3050 it unpacks
        to too much, or is made of too many files.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_directory(members, packed=source.stat().st_size, label=label)
            for member in members:
                with archive.open(member) as stream:
                    while stream.read(_CHUNK):
                        pass
    except _BROKEN as error:
        if isinstance(error, DataError):
            raise
        raise DataError("AG3052", file=label) from error
    return tuple(member.filename for member in members)


def _check_directory(members: list[zipfile.ZipInfo], *, packed: int, label: str) -> None:
    unpacked = sum(member.file_size for member in members)
    greedy = unpacked > SMALL_BYTES and unpacked > MAX_RATIO * packed
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES or greedy:
        limit = min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * packed))
        raise DataError("AG3050", file=label, megabytes=unpacked // 1_000_000, limit=limit // 1_000_000)
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if member.flag_bits & _ENCRYPTED or name.is_absolute() or ".." in name.parts or ":" in member.filename:
            raise DataError("AG3052", file=label)
