"""What people read: the view model, the map, the terminal tables. The words stand in ``data/words.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessgis.report.coverage_map import map_page
    from accessgis.report.view import page_view

__all__ = ["map_page", "page_view"]


def __getattr__(name: str) -> Any:
    """Load folium and the rest only when a page is asked for."""
    if name == "map_page":
        from accessgis.report.coverage_map import map_page

        return map_page
    if name == "page_view":
        from accessgis.report.view import page_view

        return page_view
    raise AttributeError(name)
