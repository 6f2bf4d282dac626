"""The annual report as files: page, workbook, table and JSON, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from accessgis.base.errors import Language
from accessgis.base.files import sha256, whole_folder
from accessgis.decide.monitoring import Monitoring
from accessgis.report.monitor_book import write_monitor_book
from accessgis.report.monitor_cautions import caution_texts
from accessgis.report.monitor_tables import METHOD, MonitorView, monitor_view
from accessgis.report.report_html import filled_page
from accessgis.report.tables import records, to_json, write_csv
from accessgis.report.wording import LANGUAGES, say, section
from accessgis.sources.versions import library_versions

SCHEMA = "accessgis.monitor/1"
MANIFEST_SCHEMA = "accessgis.monitor-manifest/1"


def monitor_page(view: MonitorView) -> str:
    """Return the annual report as one self-contained HTML page; the same view gives the same bytes."""
    return filled_page(
        "monitor.html", lang=view.lang, generated=view.generated, view=view, words=section("monitor", view.lang)
    )


def monitor_document(monitoring: Monitoring) -> dict[str, Any]:
    """Return ``monitor.json`` as plain values."""
    return {
        "schema": SCHEMA,
        "results": [
            {"path": one.label, "sha256": one.sha256, "study": dict(one.study), "whole": one.whole}
            for one in monitoring.results
        ],
        "left_out": [one.label for one in monitoring.older],
        "crosswalk": monitoring.crosswalk and dict(monitoring.crosswalk),
        "cautions": {lang: caution_texts(monitoring, lang) for lang in LANGUAGES},
        "method": {lang: [say(f"monitor.method_{name}", lang) for name in METHOD] for lang in LANGUAGES},
        "rules": {rule: dict(told) for rule, told in monitoring.rules.items()},
        "rows": [_row(row) for row in records(monitoring.table)],
        "drivers": [dict(told) for told in monitoring.drivers],
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    lists = {
        name: [text for text in row[name].split(";") if text] for name in ("not_comparable", "warnings", "restated")
    }
    return {**row, **lists}


def write_monitoring(monitoring: Monitoring, out: str | Path, *, lang: Language = "zh", ranks: bool = False) -> Path:
    """Write the annual report to a folder: ``monitor.html, monitor.xlsx, monitor.csv, monitor.json, manifest.json``.

    Parameters
    ----------
    monitoring
        Counties by year (:func:`accessgis.monitor`).
    out
        Folder; an earlier result there is replaced whole, anything else is refused.
    lang
        Language of page and workbook.
    ranks
        Whether page and workbook have the ranks that the ranges leave open.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    UsageError
        AG2020 the folder holds something that is not an earlier result.
    AccessGISError
        AG1001 it cannot be written.
    """
    view = monitor_view(monitoring, lang=lang, ranks=ranks)
    with whole_folder(Path(out)) as folder:
        (folder / "monitor.html").write_text(monitor_page(view), encoding="utf-8", newline="\n")
        (folder / "monitor.json").write_text(to_json(monitor_document(monitoring)), encoding="utf-8", newline="\n")
        write_csv(monitoring.table, folder / "monitor.csv")
        write_monitor_book(monitoring, folder / "monitor.xlsx", view, ranks=ranks)
        manifest = {
            "schema": MANIFEST_SCHEMA,
            "inputs": [{"path": one.label, "sha256": one.sha256} for one in monitoring.results],
            "crosswalk": monitoring.crosswalk and dict(monitoring.crosswalk),
            "options": {"lang": lang, "ranks": ranks},
            "versions": library_versions(),
            "outputs": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        }
        (folder / "manifest.json").write_text(to_json(manifest), encoding="utf-8", newline="\n")
    return Path(out)
