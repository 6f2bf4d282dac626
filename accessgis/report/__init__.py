"""What people read: the view model, map, report, terminal tables. The words stand in ``data/words.toml``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessgis.report.coverage_map import map_page
    from accessgis.report.monitor_tables import monitor_view
    from accessgis.report.monitor_write import monitor_page
    from accessgis.report.report_docx import write_document
    from accessgis.report.report_html import report_page
    from accessgis.report.view import page_view
    from accessgis.report.workbook import write_workbook

__all__ = [
    "map_page", "monitor_page", "monitor_view", "page_view", "report_page", "write_document", "write_workbook",
]  # fmt: skip

_HOMES = {
    "map_page": "accessgis.report.coverage_map",
    "monitor_page": "accessgis.report.monitor_write",
    "monitor_view": "accessgis.report.monitor_tables",
    "page_view": "accessgis.report.view",
    "report_page": "accessgis.report.report_html",
    "write_document": "accessgis.report.report_docx",
    "write_workbook": "accessgis.report.workbook",
}


def __getattr__(name: str) -> Any:
    """Load folium and the rest only when a page is asked for."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(_HOMES[name]), name)
