"""Excel workbooks in the old form (.xls of Excel 95 to 2003, [MS-XLS]), read record by record.

The reader of the new form reads this one too, but lays out whatever a file claims and ends the program over broken
numbers; here a file costs what stands in it.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accessgis.sources.compound import streams

_OLD, _NEW = 0x0500, 0x0600
"""Versions of the records: Excel 95 writes text in a code page, later ones in Unicode."""
_BOF, _EOF, _CONTINUE = 0x0809, 0x000A, 0x003C
_NUMBER, _RK, _MULRK, _LABEL, _RICH, _SHARED = 0x0203, 0x027E, 0x00BD, 0x0204, 0x00D6, 0x00FD
_TRUTH, _FORMULA, _STRING, _MERGED = 0x0205, 0x0006, 0x0207, 0x00E5
_CELLS = frozenset({_NUMBER, _RK, _MULRK, _LABEL, _RICH, _SHARED, _TRUTH, _FORMULA})
_DAY_0, _DAY_0_OF_MACS = (dt.datetime.fromisoformat(day) for day in ("1899-12-30", "1904-01-01"))
_DATES = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
"""Formats of dates and times that need not be written down, those of East Asia among them."""
_ELAPSED = 46
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_LAST_COLUMN = 255
_CODE_PAGES = {367: "ascii", 936: "gb18030", 10008: "gb18030", 32768: "mac_roman", 32769: "cp1252"}

Cell = str | float | bool | dt.datetime | dt.time | dt.timedelta


class PasswordError(ValueError):
    """The workbook needs a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSheet:
    """One sheet.

    Attributes
    ----------
    name
        As on its tab.
    shown
        Whether it is a sheet of cells that is not hidden.
    cells
        Row → column → value, both from 0; nothing where a cell is empty or holds an error.
    merged
        Merged ranges as (top, left, bottom, right).
    """

    name: str
    shown: bool
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def reach(self) -> tuple[int, int]:
        """Number of rows and of columns up to the last cell."""
        return max(self.cells, default=-1) + 1, max((max(row) for row in self.cells.values()), default=-1) + 1


def read_old_workbook(data: bytes) -> list[OldSheet]:
    """Return the sheets of a workbook.

    Raises
    ------
    PasswordError
        A password is needed.
    ValueError
        The file is damaged, or no workbook.
    """
    parts = streams(data)
    if "EncryptedPackage" in parts:
        raise PasswordError
    stream = parts.get("Workbook") or parts.get("Book")
    if stream is None:
        raise ValueError("Workbook")
    try:
        return _Book(stream).sheets()
    except (struct.error, IndexError) as error:
        raise ValueError("record") from error


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Yield the records of a part of the workbook as kind, content and continuations, without its end."""
    depth = 0
    while at < len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        content, at = _piece(stream, at, length)
        more: list[bytes] = []
        while stream[at : at + 2] == b"\x3c\x00":
            piece, at = _piece(stream, at, struct.unpack_from("<H", stream, at + 2)[0])
            more.append(piece)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:  # else a chart within the sheet
            yield kind, content, more
    raise ValueError("end of sheet")


def _piece(stream: bytes, at: int, length: int) -> tuple[bytes, int]:
    end = at + 4 + length
    if end > len(stream):
        raise ValueError("record")
    return stream[at + 4 : end], end


class _Text:
    """Reads text that may go on in further records, each of which says anew how wide its letters are."""

    def __init__(self, content: bytes, more: list[bytes]) -> None:
        self.rest, self.content, self.at = iter(more), content, 0

    def left(self) -> int:
        return len(self.content) - self.at

    def take(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize(form)
        if not self.left():
            self.turn()
        found = struct.unpack_from(form, self.content, self.at)
        self.at += size
        return found

    def turn(self) -> None:
        content = next(self.rest, None)
        if content is None:
            raise ValueError("text")
        self.content, self.at = content, 0

    def skip(self, count: int) -> None:
        while count > self.left():
            count -= self.left()
            self.turn()
        self.at += count

    def letters(self, count: int, flags: int) -> str:
        found = []
        while True:
            wide = flags & 1
            here = min(count, self.left() >> wide)
            piece = self.content[self.at : self.at + (here << wide)]
            found.append(piece.decode("utf-16-le", "replace") if wide else piece.decode("latin-1"))
            self.at += here << wide
            count -= here
            if not count:
                return "".join(found)
            self.turn()
            (flags,) = self.take("<B")

    def rich(self) -> str:
        """Read text of the list that cells share: formats of its letters and phonetic hints follow it."""
        count, flags = self.take("<HB")
        runs = self.take("<H")[0] if flags & 8 else 0
        hints = self.take("<I")[0] if flags & 4 else 0
        found = self.letters(count, flags)
        self.skip(4 * runs + hints)
        return found


class _Book:
    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.version, self.encoding, self.since = _NEW, "cp1252", _DAY_0
        self.places: list[tuple[int, OldSheet]] = []
        self.shared: list[str] = []
        self.formats: dict[int, str] = {}
        self.looks: list[int] = []

    def sheets(self) -> list[OldSheet]:
        for kind, content, more in _records(self.stream, 0):
            self._of_book(kind, content, more)
        read = 0
        for place, sheet in self.places:
            cells = _Cells(self, sheet)
            for kind, content, more in _records(self.stream, place):
                cells.take(kind, content, more)
                read += len(content) + 4
            if read > len(self.stream):  # sheets that share their records: thousands of them would never end
                raise ValueError("overlapping sheets")
        return [sheet for _, sheet in self.places]

    def _of_book(self, kind: int, content: bytes, more: list[bytes]) -> None:
        if kind == _BOF:
            (self.version,) = struct.unpack_from("<H", content)
            if self.version not in (_OLD, _NEW):
                raise ValueError(f"BIFF {self.version:#06x}")
        elif kind == 0x002F:
            raise PasswordError
        elif kind == 0x0042:
            self.encoding = _encoding(struct.unpack_from("<H", content)[0])
        elif kind == 0x0022 and content[:1] == b"\x01":
            self.since = _DAY_0_OF_MACS
        elif kind == 0x041E:
            self.formats[struct.unpack_from("<H", content)[0]] = self.text(content[2:], more, wide=self.version == _NEW)
        elif kind == 0x00E0:
            self.looks.append(struct.unpack_from("<2xH", content)[0])
        elif kind == 0x0085:
            place, hidden, sort = struct.unpack_from("<IBB", content)
            name = self.text(content[6:], more, wide=False).replace("\0", "")
            self.places.append((place, OldSheet(name=name, shown=hidden & 3 == 0 and sort == 0)))
        elif kind == 0x00FC:
            text = _Text(content, more)
            _, count = text.take("<II")
            for _ in range(count):
                self.shared.append(text.rich())

    def text(self, content: bytes, more: list[bytes], *, wide: bool) -> str:
        """Read text that states its length, in two bytes where that is ``wide``."""
        text = _Text(content, more)
        (count,) = text.take("<H" if wide else "<B")
        if self.version == _NEW:
            return text.letters(count, text.take("<B")[0]) if count else ""
        return content[text.at : text.at + count].decode(self.encoding, "replace")

    def number(self, value: float, look: int) -> Cell:
        """Return a number, as the day or time that its format makes of it."""
        chosen = self.looks[look] if look < len(self.looks) else 0
        form = self.formats.get(chosen)
        if form is not None:
            bare = _LITERAL.sub("", form.split(";")[0]).lower()
            elapsed, dated = "[" in bare, any(letter in bare for letter in "ymdhs") and "general" not in bare
        else:
            elapsed, dated = chosen == _ELAPSED, chosen in _DATES
        if not (elapsed or dated):
            return value
        try:
            span = dt.timedelta(milliseconds=round(value * 86_400_000))
            if elapsed:
                return span
            if 0 <= value < 1:
                return (self.since + span).time()
            # In the count from 1900 there is a 29th of February that was none.
            return self.since + span + dt.timedelta(days=self.since == _DAY_0 and value < 60)
        except (OverflowError, ValueError):
            return value


class _Cells:
    """Puts the cells of one sheet in their places."""

    def __init__(self, book: _Book, sheet: OldSheet) -> None:
        self.book, self.sheet = book, sheet
        self.formula = (-1, -1)

    def take(self, kind: int, content: bytes, more: list[bytes]) -> None:
        if kind == _MERGED:
            (count,) = struct.unpack_from("<H", content)
            ranges = struct.iter_unpack("<4H", content[2 : 2 + 8 * count])
            self.sheet.merged.extend((top, left, bottom, right) for top, bottom, left, right in ranges)
        elif kind == _STRING:
            self._put(*self.formula, self.book.text(content, more, wide=True))
        elif kind in _CELLS:
            row, column, look = struct.unpack_from("<3H", content)
            if kind == _FORMULA:
                self.formula = row, column
            if kind == _MULRK:
                for place in range((len(content) - 6) // 6):
                    look, packed = struct.unpack_from("<HI", content, 4 + 6 * place)
                    self._put(row, column + place, self.book.number(_unpacked(packed), look))
            else:
                self._put(row, column, self._value(kind, content[6:], more, look))

    def _value(self, kind: int, content: bytes, more: list[bytes], look: int) -> Cell | None:
        value: Cell | None
        if kind == _RK:
            value = self.book.number(_unpacked(struct.unpack_from("<I", content)[0]), look)
        elif kind == _SHARED:
            value = self.book.shared[struct.unpack_from("<I", content)[0]]
        elif kind in (_LABEL, _RICH):
            value = self.book.text(content, more, wide=True)
        elif kind == _TRUTH:
            value = None if content[1] else bool(content[0])
        elif kind == _FORMULA and content[6:8] == b"\xff\xff":  # text follows in a record of its own
            value = bool(content[2]) if content[0] == 1 else None
        else:
            value = self.book.number(struct.unpack_from("<d", content)[0], look)
        return value

    def _put(self, row: int, column: int, value: Cell | None) -> None:
        if column > _LAST_COLUMN or row < 0:
            raise ValueError("column")
        if value is not None and value != "":
            self.sheet.cells.setdefault(row, {})[column] = value


def _encoding(page: int) -> str:
    name = _CODE_PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _unpacked(packed: int) -> float:
    """Return a number of four bytes: 30 bits of a whole one, or the upper ones of another, maybe a hundredth."""
    if packed & 2:
        value = float((packed >> 2) - ((packed >> 31) << 30))
    else:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))
    return value / 100 if packed & 1 else value
