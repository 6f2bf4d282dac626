"""Where the header of a bureau's table is, below titles and over several rows, and which rows sum up or remark."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_TITLE_ROWS = 20
"""Rows in which a header is looked for."""
MOST_HEADER_ROWS = 3

Row = Sequence[str]

_TOTAL = re.compile(r"^(.*?)(合计|小计|总计|共计|累计)[:：]?([(（].*[)）]|\d+[所家个处村户人张]?)?$")
_ALONE = re.compile(r"^([全本]?[省市县区旗镇乡村]?(合计|小计|总计|共计|累计|总数)|计)[:：]?$")
"""What a cell says that sums up wherever in its row it stands: no name of a place is like it."""
_ALL_OF = re.compile(r"^全[省市县区旗镇乡]$")
"""What the first text of a row says that sums up; further right it may be whom a hospital serves."""
_NUMBER = re.compile(r"^\d[\d.,]*[万所家个处户人张村]*$")
_NUMERAL = re.compile(r"[(]?[一二三四五六七八九十]{1,3}[)、.]")
_TOWNSHIP = re.compile(r"(镇|乡|街道|街道办|街道办事处|苏木)$")
_LEAST_COLUMNS = 3
_NOTE = re.compile(
    r"^(注|备注|说明|注释|填报|报送|填表|单位|制表|审核|单位负责人|负责人|数据来源|资料来源|来源|联系电话)(\d*[:：.、)]|人|单位|时间|日期)"
)
_NAME_CELLS = 4
"""A row that sums up says so in one of its first cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a table.

    Attributes
    ----------
    titles
        Texts above it, such as 单位：万人.
    names
        One per column: parts of several rows are joined by ``/``; '' where there is none.
    body
        Number of the first row below it, from 0.
    """

    titles: tuple[str, ...]
    names: tuple[str, ...]
    body: int


def find_header(rows: Sequence[Row], known: Callable[[Sequence[str]], int]) -> Header:
    """Return the header: the rows whose texts name the most known columns, else the first that is not empty.

    Parameters
    ----------
    rows
        Cells of the whole table.
    known
        How many known columns a list of names has.

    Returns
    -------
    Header
        Of one row, or of two or three where the upper ones group columns. On equal count the first row wins.
    """
    first = next((place for place, row in enumerate(rows) if any(row)), 0)
    best, most = _header(rows, first, 1), known(rows[first]) if rows else 0
    for start in range(first, min(len(rows), first + MOST_TITLE_ROWS)):
        for depth in range(1, MOST_HEADER_ROWS + 1):
            if start + depth > len(rows) or not all(_groups(row) for row in rows[start : start + depth - 1]):
                break
            candidate = _header(rows, start, depth)
            count = known(candidate.names)
            if count > most:
                best, most = candidate, count
    return best


def _header(rows: Sequence[Row], start: int, depth: int) -> Header:
    titles = tuple(dict.fromkeys(cell for row in rows[:start] for cell in row if cell))
    parts = zip(*rows[start : start + depth], strict=True) if rows else ()
    names = tuple("/".join(dict.fromkeys(" ".join(part.split()) for part in column if part)) for column in parts)
    return Header(titles=titles, names=names, body=start + depth)


def _groups(row: Row) -> bool:
    """Return whether a row could stand above the names of columns: half full, not one title over all, no remark."""
    texts = [cell for cell in row if cell]
    return 2 * len(texts) >= len(row) and len(set(texts)) > 1 and not any(_NOTE.match(_tight(cell)) for cell in texts)


def is_total(row: Row) -> bool:
    """Return whether a row sums up others: 小计, 合计, 石桥镇小计, 合计37所."""
    cells = [_tight(cell) for cell in row]
    first = next((cell for cell in cells if cell and not _NUMBER.match(cell)), "")
    named = any(_TOTAL.match(cell) for cell in cells[:_NAME_CELLS])
    alone = bool(_ALL_OF.match(first)) or any(_ALONE.match(cell) for cell in cells)
    return named or (alone and any(_NUMBER.match(cell) for cell in cells))


def is_note(row: Row) -> bool:
    """Return whether a row remarks on the table, such as 注：… or 填表人：…, rather than being a record."""
    texts = list(dict.fromkeys(cell for cell in row if cell))
    return bool(texts) and len(texts) <= max(2, len(row) // 2) and _NOTE.match(_tight(texts[0])) is not None


def is_heading(row: Row) -> bool:
    """Return whether a row is no record but the heading of those below it: 一、石桥镇, or a township alone."""
    texts = list(dict.fromkeys(_tight(cell) for cell in row if cell))
    if len(row) < _LEAST_COLUMNS or not 1 <= len(texts) <= 2:
        return False
    if len(texts) == 1:
        return bool(_NUMERAL.match(texts[0]) or _TOWNSHIP.search(texts[0]))
    return bool(_NUMERAL.fullmatch(f"{texts[0]}、") and _TOWNSHIP.search(texts[1]))


def _tight(cell: str) -> str:
    return "".join(unicodedata.normalize("NFKC", cell).split())
