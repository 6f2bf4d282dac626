"""The annual report in short on a terminal, and what drove a change."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from accessgis.base.errors import Language
from accessgis.report.monitor_cells import Table
from accessgis.report.monitor_tables import MonitorView
from accessgis.report.terminal_parts import grid, print_lines, styled_text
from accessgis.report.wording import say


def print_monitoring(view: MonitorView, *, console: Console) -> None:
    """Print cautions, lead, index and early warnings; the rest stands on the page."""
    console.print(styled_text(view.title, "bold"))
    print_lines([(" ", text) for text in (view.meta, *view.lead)], console)
    print_lines([("! ", text) for text in view.cautions], console)
    if view.index:
        _print_table(view.index, console)
    for table in view.warnings:
        _print_table(table, console)


def _print_table(table: Table, console: Console) -> None:
    """Print a table under its title."""
    console.print(styled_text(table.title, "bold"))
    shown = grid()
    for heading in table.headings:
        shown.add_column(styled_text(heading), overflow="fold")
    for line in table.lines:
        shown.add_row(*(styled_text(text) for text in (line.name, *line.cells)))
    console.print(shown)


def print_drivers(tables: Sequence[Table], *, console: Console, lang: Language = "zh") -> None:
    """Print what drove the change of every rule that changed."""
    for table in tables:
        _print_table(table, console)
    print_lines([(" ", say("monitor.drivers_note", lang))], console)
