"""What everything on a terminal is made of: text as it is, tables, lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


def grid() -> Table:
    """Return a table of the house."""
    return Table(
        box=box.HORIZONTALS, show_edge=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", expand=False
    )


def indented() -> Table:
    """Return a list whose lines stay indented where they wrap."""
    listed = Table.grid(padding=(0, 1, 0, 0))
    listed.add_column(no_wrap=True)
    listed.add_column(overflow="fold")
    return listed


def print_lines(lines: Sequence[tuple[str, str]], console: Console) -> None:
    """Print lines, each after its mark."""
    listed = indented()
    for mark, words in lines:
        listed.add_row(styled_text(mark), styled_text(words))
    console.print(listed)


def styled_text(text: str, style: str = "") -> Text:
    """Return text without markup, its control characters made visible so that names cannot drive the terminal."""
    clean = "".join("�" if unicodedata.category(char) == "Cc" and char != "\n" else char for char in text)
    return Text(clean, style=style)
