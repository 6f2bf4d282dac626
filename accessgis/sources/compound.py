"""Compound files, which hold old Office documents: a small file system of sectors in one file ([MS-CFB])."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_ENTRY = 128
_STREAM = 2
_MINI = 64
_SIZES = {9: 512, 12: 4096}
"""Size of a sector by its power of two."""
_LAST_SECTOR = 0xFFFFFFFA
"""Numbers from here on are marks (free, end of a chain), not sectors."""


def streams(data: bytes) -> dict[str, bytes]:
    """Return the streams of a compound file by name, the first of each name.

    Raises
    ------
    ValueError
        A chain of sectors leads out of the file or in a circle, or a stream is cut.
    """
    if len(data) < 512 or not data.startswith(MAGIC):
        raise ValueError("compound file")
    size = _SIZES.get(struct.unpack_from("<H", data, 30)[0])
    if size is None:
        raise ValueError("sector size")
    file = _Sectors(data, size, first=max(512, size))
    first_directory, cutoff, first_mini, first_table, tables = struct.unpack_from("<I4xIIxxxxII", data, 48)
    file.table = _allocation(file, data, first_table, tables)
    directory = file.chain(first_directory)
    entries = [directory[at : at + _ENTRY] for at in range(0, len(directory) - _ENTRY + 1, _ENTRY)]
    root = next((entry for entry in entries if entry[66] == 5), None)
    minis = _Sectors(file.chain(_start(root)) if root is not None else b"", _MINI, first=0)
    minis.table = _numbers(file.chain(first_mini))
    found: dict[str, bytes] = {}
    for entry in entries:
        name = entry[:64].decode("utf-16-le", "replace").split("\0")[0]
        if entry[66] == _STREAM and name not in found:
            (length,) = struct.unpack_from("<I", entry, 120)
            content = (minis if length < cutoff else file).chain(_start(entry))
            if len(content) < length:
                raise ValueError(name)
            found[name] = content[:length]
    return found


class _Sectors:
    """Sectors of one size, and what comes after each of them."""

    def __init__(self, data: bytes, size: int, *, first: int) -> None:
        self.data, self.size, self.first = data, size, first
        self.table: Sequence[int] = ()

    def sector(self, number: int) -> bytes:
        at = self.first + number * self.size
        if at >= len(self.data):
            raise ValueError("sector")
        return self.data[at : at + self.size]

    def chain(self, number: int) -> bytes:
        parts: list[bytes] = []
        while number < _LAST_SECTOR:
            if number >= len(self.table) or len(parts) > len(self.table):
                raise ValueError("chain of sectors")
            parts.append(self.sector(number))
            number = self.table[number]
        return b"".join(parts)


def _allocation(file: _Sectors, data: bytes, first: int, tables: int) -> list[int]:
    """Return the sector after each sector; the header lists where the first of these numbers stand."""
    places = list(_numbers(data[76:512]))
    seen = 0
    while first < _LAST_SECTOR:
        if seen > min(tables, len(data) // file.size):
            raise ValueError("chain of sectors")
        *more, first = _numbers(file.sector(first))
        places.extend(more)
        seen += 1
    return [number for place in places if place < _LAST_SECTOR for number in _numbers(file.sector(place))]


def _numbers(part: bytes) -> tuple[int, ...]:
    count = len(part) // 4
    return struct.unpack(f"<{count}I", part[: 4 * count])


def _start(entry: bytes) -> int:
    return int(struct.unpack_from("<I", entry, 116)[0])
