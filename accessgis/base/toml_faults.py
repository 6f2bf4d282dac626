"""Why a user's TOML cannot be read, in the words of somebody who writes it in Notepad."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

SHOWN_CHARS = 100
_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
_IN_CHINESE = {
    "Invalid value": "值的写法有误",
    "Unescaped": "双引号内的反斜杠有误",
    "Invalid hex": "双引号内的反斜杠有误",
    "Cannot overwrite": "键重复",
    "Cannot declare": "表重复",
    "Invalid statement": "不是“键 = 值”",
    "Expected '=' after": "键后缺少等号",
    "Expected newline": "值后有多余内容",
    "Invalid date": "日期不存在",
    "Illegal character": "含有不允许的字符",
    "Unterminated": "引号未闭合",
    "Unclosed": "括号未闭合",
}
"""What tomllib says first, in Chinese."""
_BACKSLASH = ("Unescaped", "Invalid hex")
# Marks that NFKC leaves as they are, or makes into something else than what was meant.
_MEANT = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "，": ",", "、": ",", "【": "[", "】": "]", "。": "."}
_MARKS = frozenset("\"'=,[]{}.#-:")
_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)
"""What tomllib reads as text or as a remark: full-width marks may stand there."""


class Fault(NamedTuple):
    """Where a text stops being TOML and why.

    Attributes
    ----------
    row, column
        Line and character in it, from 1.
    line
        The line, without blanks at its ends and shortened.
    mark, meant
        A full-width mark and the plain one that was meant; '' where that is not the reason.
    backslash
        Whether a backslash in double quotes is the reason.
    detail_en, detail_zh
        What the parser says.
    """

    row: int
    column: int
    line: str
    mark: str
    meant: str
    backslash: bool
    detail_en: str
    detail_zh: str


def fault(text: str, reason: str) -> Fault:
    """Explain what tomllib says of a text.

    Parameters
    ----------
    text
        The whole file.
    reason
        Message of :class:`tomllib.TOMLDecodeError`.
    """
    found = _PLACE.match(reason)
    lines = text.split("\n")
    row = int(found[2]) if found and found[2] else max(1, len(text.rstrip().split("\n")))
    column = int(found[3]) if found and found[3] else len(lines[row - 1].rstrip()) + 1
    detail = found[1] if found else reason
    chinese = next((words for start, words in _IN_CHINESE.items() if detail.startswith(start)), "写法有误")
    wide = _full_width(text, row)
    if wide is not None:
        row, column, mark = wide
        return Fault(row, column, shown_line(lines, row), mark, plain_mark(mark), False, detail, chinese)
    return Fault(row, column, shown_line(lines, row), "", "", detail.startswith(_BACKSLASH), detail, chinese)


def plain_mark(char: str) -> str:
    """Return the plain mark that a full-width one was meant to be, '' for any other character."""
    if char.isascii():
        return ""
    plain = _MEANT.get(char) or unicodedata.normalize("NFKC", char)
    return plain if plain in _MARKS else ""


def shown_line(lines: list[str], row: int) -> str:
    """Return a line that can be printed."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in lines[min(row, len(lines)) - 1].strip())
    return shown(line)


def shown(text: str) -> str:
    """Return a text short enough for a sentence."""
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _full_width(text: str, row: int) -> tuple[int, int, str] | None:
    """Return line, column and mark of the first full-width mark outside quotes and remarks of the line at fault.

    A text that opens with a plain quote and ends with a full-width one swallows what follows: the mark is then looked
    for on the whole line.
    """
    line = text.split("\n")[row - 1]
    start = sum(len(part) + 1 for part in text.split("\n")[: row - 1])
    quoted = [match.span() for match in _STRINGS.finditer(text)]
    for column, char in enumerate(line):
        place = start + column
        if plain_mark(char) and not any(begin <= place < end for begin, end in quoted):
            return row, column + 1, char
    return None
