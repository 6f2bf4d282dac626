"""``monitor.xlsx``: the annual report as a workbook, figures as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accessgis.base.errors import Language
from accessgis.decide.monitoring import Monitoring
from accessgis.report.monitor_cells import Table, change_text, is_share, path_text, rank_text, rule_title, warning_texts
from accessgis.report.monitor_tables import MonitorView
from accessgis.report.sheets import Cell, Sheet, Shown, headed, number, whole_cell
from accessgis.report.wording import listing, mode_name, say
from accessgis.report.workbook import write_sheets

_POINTS = "+0.0;-0.0;0.0"
_ROW_WORDS = (
    "rule", "county", "code", "year_of", "data_date", "mode", "value", "low", "high", "change", "target_of", "horizon",
    "expected", "path", "warns", "band", "group",
)  # fmt: skip


def write_monitor_book(monitoring: Monitoring, path: str | Path, view: MonitorView, *, ranks: bool = False) -> Path:
    """Write the annual report as a workbook in the language of its view.

    Parameters
    ----------
    monitoring
        Counties by year.
    path
        File to write.
    view
        Its view.
    ranks
        Whether to write the ranks that the ranges leave open.
    """
    day = max(one.day for one in monitoring.results)
    write_sheets(
        monitor_sheets(monitoring, view, ranks=ranks),
        path,
        title=view.title,
        date=day,
        meta=view.meta,
        generated=view.generated,
        lang=view.lang,
    )
    return Path(path)


def monitor_sheets(monitoring: Monitoring, view: MonitorView, *, ranks: bool = False) -> tuple[Sheet, ...]:
    """Return the sheets of the workbook, those without rows left out but for the first."""
    lang = view.lang
    found = [
        _table_sheet("summary", [view.summary], lang),
        _sheet("cautions", [say("monitor.finding", lang)], [(text,) for text in (*view.lead, *view.cautions)], lang),
        _table_sheet("warnings", view.warnings, lang, named=True),
        _table_sheet("index", [view.index] if view.index else [], lang),
        _rows(monitoring, lang, ranks=ranks),
        _drivers(view, lang),
        _sheet("results", [say(f"monitor.{name}", lang) for name in ("county", "code", "data_date", "where", "sha")],
               view.results, lang),
    ]  # fmt: skip
    return tuple(sheet for sheet in found if sheet.rows or sheet is found[0])


def _sheet(name: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]], lang: Language, note: str = "") -> Sheet:
    return Sheet(
        tab=say(f"monitor.tab_{name}", lang), title=say(f"monitor.{'rules' if name == 'rows' else name}", lang),
        note=note, columns=headed(headings), rows=tuple(tuple(row) for row in rows), held=1,
    )  # fmt: skip


def _table_sheet(name: str, tables: Sequence[Table], lang: Language, *, named: bool = False) -> Sheet:
    """Return tables of the page one under the other; ``named`` puts the title of each into its rows."""
    if not tables:
        return _sheet(name, [], [], lang)
    first = [say("monitor.rule", lang)] if named else []
    rows = [
        (*([table.title] if named else []), line.name, *(whole_cell(text) for text in line.cells))
        for table in tables
        for line in table.lines
    ]
    return _sheet(name, [*first, *tables[0].headings], rows, lang, tables[0].note)


def _rows(monitoring: Monitoring, lang: Language, *, ranks: bool) -> Sheet:
    """Return every rule, county and year as a row."""
    rows = [_row(monitoring, {str(k): v for k, v in row.items()}, lang, ranks=ranks)
            for row in monitoring.table.to_dict("records")]  # fmt: skip
    headings = [say(f"monitor.{word}", lang) for word in (*_ROW_WORDS, *(["ranks"] if ranks else []))]
    return _sheet("rows", headings, rows, lang, say("monitor.group_note", lang))


def _row(monitoring: Monitoring, row: dict[str, Any], lang: Language, *, ranks: bool) -> list[Cell]:
    look: Any = "share" if is_share(row) else "number"
    target = None if math.isnan(row["target"]) else row["target"]
    change: Cell = change_text(row, lang)
    if not row["not_comparable"]:
        change = Shown(row["change"] * 100, _POINTS) if is_share(row) else number(row["change"], "number")
    cells: list[Cell] = [
        rule_title(monitoring.rules, row["rule"], lang), row["county_name"], row["county"], str(row["year"]),
        row["data_date"], mode_name(row["profile"], lang) if row["profile"] else "",
        number(row["value"], look, target=target), number(row["low"], look), number(row["high"], look), change,
        number(row["target"], look), str(row["horizon"] or ""),
        number(row["expected"], look), path_text(row, lang), listing(warning_texts(row, lang), lang),
        row["band"] or None, row["tie"] or None,
    ]  # fmt: skip
    return [*cells, rank_text(row, lang)] if ranks else cells


def _drivers(view: MonitorView, lang: Language) -> Sheet:
    rows = [(table.title, line.name, *line.cells) for table in view.drivers for line in table.lines]
    headings = [say("monitor.county", lang), *view.drivers[0].headings] if view.drivers else []
    return _sheet("drivers", headings, rows, lang, say("monitor.drivers_note", lang))
