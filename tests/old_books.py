"""Excel workbooks of the old form, record by record: what the programs that write them today no longer make."""

from __future__ import annotations

import struct

SECTOR, ENTRY = 512, 128
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NEW, OLD = 0x0600, 0x0500


def record(kind: int, content: bytes = b"") -> bytes:
    """Return one record."""
    return struct.pack("<HH", kind, len(content)) + content


def text(value: str, *, length: str = "H") -> bytes:
    """Return Unicode text with its length."""
    return struct.pack(f"<{length}B", len(value), 1) + value.encode("utf-16-le")


def cell(row: int, column: int, value: float | str, *, look: int = 0) -> bytes:
    """Return a cell with a number or a text."""
    place = struct.pack("<3H", row, column, look)
    if isinstance(value, str):
        return record(0x0204, place + text(value))
    return record(0x0203, place + struct.pack("<d", value))


def formula(row: int, column: int, result: bytes) -> bytes:
    """Return the cell of a formula that gave a result of 8 bytes."""
    return record(0x0006, struct.pack("<3H", row, column, 0) + result + bytes(6) + struct.pack("<H", 0))


def start(sort: int, *, version: int = NEW) -> bytes:
    """Return what begins the book (5), a sheet (16) or a chart (32)."""
    return record(0x0809, struct.pack("<HH", version, sort) + bytes(12))


def book(
    *sheets: bytes,
    shared: bytes = b"",
    names: list[bytes] | None = None,
    version: int = NEW,
    hidden: tuple[int, ...] = (),
) -> bytes:
    """Return the stream of a workbook: ``shared`` are records of the whole, each sheet those of its cells."""
    titles = names or [text(f"Sheet{number + 1}", length="B") for number in range(len(sheets))]
    bodies = [start(16, version=version) + sheet + record(0x000A) for sheet in sheets]
    head = start(5, version=version) + shared
    place = len(head) + sum(10 + len(title) for title in titles) + 4
    listed = b""
    for number, (title, body) in enumerate(zip(titles, bodies, strict=True)):
        listed += record(0x0085, struct.pack("<IBB", place, number in hidden, 0) + title)
        place += len(body)
    return head + listed + record(0x000A) + b"".join(bodies)


def compound(stream: bytes, *, name: str = "Workbook") -> bytes:
    """Return a compound file with one stream."""
    length = max(len(stream), 4096)
    body = stream.ljust(-(-length // SECTOR) * SECTOR, b"\0")
    sectors = len(body) // SECTOR
    tables = next(count for count in range(1, 110) if count * SECTOR // 4 > sectors + count)
    chain = [*range(1, sectors), END, END, *[TABLE] * tables]
    chain += [FREE] * (tables * SECTOR // 4 - len(chain))
    places = [sectors + 1 + number for number in range(tables)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0") + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<6I", 0, tables, sectors, 0, 4096, END) + struct.pack("<3I", 0, END, 0)
    head += struct.pack("<109I", *places, *[FREE] * (109 - tables))
    directory = _entry("Root Entry", 5, END, 0) + _entry(name, 2, 0, length)
    return head + body + directory.ljust(SECTOR, b"\0") + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name: str, sort: int, first: int, length: int) -> bytes:
    title = name.encode("utf-16-le")
    links = struct.pack("<3I", FREE, FREE, 1)
    told = (
        title.ljust(64, b"\0") + struct.pack("<HBB", len(title) + 2, sort, 1) + (links if sort == 5 else b"\xff" * 12)
    )
    return told + bytes(36) + struct.pack("<2I", first, length) + bytes(4)
