"""Everything an assessment leaves behind, written whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.base.files import sha256, whole_folder
from accessgis.report.coverage_map import map_page
from accessgis.report.equal_access import index_rules_table, index_table
from accessgis.report.field_check import write_field_check
from accessgis.report.geopackage import write_layers
from accessgis.report.indicators import table as indicator_table
from accessgis.report.report_html import report_page
from accessgis.report.report_pdf import write_pdf
from accessgis.report.report_view import report_view
from accessgis.report.shapefiles import write_shapefiles
from accessgis.report.tables import (
    coverage_table,
    dictionary_table,
    document,
    manifest_document,
    result_layers,
    to_json,
    write_csv,
    write_evidence,
    write_people,
    write_villages,
)
from accessgis.report.workbook import write_workbook

Also = Literal["shapefile", "pdf"]
"""Further forms of a result."""


def write(  # noqa: PLR0913  (each is the user's to choose)
    result: Assessment,
    out: str | Path,
    *,
    lang: Language = "zh",
    also: Iterable[Also] = (),
    beside: Mapping[str, Any] | None = None,
    style: Literal["official", "plain"] = "official",
    page_numbers: bool = False,
    light: bool = False,
    basemap: str | None = None,
) -> Path:
    """Write an assessment to a folder: JSON, CSV, workbooks, GeoPackage, Parquet, KML, map, reports, manifest.

    Parameters
    ----------
    result
        The assessment.
    out
        Folder; an earlier result there is replaced whole, anything else is refused.
    lang
        Language that the map opens in, and of report and workbook.
    also
        Further forms: ``shapefile`` writes the layers of ``results.gpkg`` to a folder of that name, ``pdf`` the report
        as ``report.pdf``.
    beside
        Further content by its path in the folder: texts and bytes as they are, layers by name as a GeoPackage, frames
        as CSV or Parquet by the ending, all else as JSON. Map and report lead to a ``compare.html`` among it.
    style
        Form of report.docx: that of official documents (公文), or a plain one.
    page_numbers
        Whether its contents have page numbers, which LibreOffice counts.
    light
        Only the JSON, the map, the villages as GeoParquet and the manifest: for many studies at once.
    basemap
        As for :func:`accessgis.report.map_page`.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    UsageError
        AG2020 the folder holds something that is not an earlier result; AG2140 LibreOffice is not installed, AG2141 it
        could not lay out the document, AG2142 WeasyPrint is not installed.
    AccessGISError
        AG1001 it cannot be written.
    """
    target, also, compared = Path(out), frozenset(also), "compare.html" in (beside or {})
    with whole_folder(target) as folder:
        (folder / "assessment.json").write_text(to_json(document(result)), encoding="utf-8", newline="\n")
        page = map_page(result, lang=lang, compared=compared, basemap=basemap)
        (folder / "map.html").write_text(page, encoding="utf-8", newline="\n")
        if light:
            write_villages(result, folder / "villages.parquet")
        else:
            _write_documents(
                result, folder, lang=lang, also=also, style=style, page_numbers=page_numbers, compared=compared
            )
        for name, content in (beside or {}).items():
            _write_beside(content, folder / name)
        manifest = to_json(_manifest(result, folder))
        (folder / "manifest.json").write_text(manifest, encoding="utf-8", newline="\n")
    return target


def write_together(
    results: Iterable[tuple[str, Assessment, Mapping[str, Any]]],
    out: str | Path,
    *,
    lang: Language = "zh",
    beside: Mapping[str, Any],
) -> Path:
    """Write several assessments to folders of one folder, with what concerns them all, whole or not at all.

    Parameters
    ----------
    results
        Name of the folder, assessment, and what is written beside it, as for :func:`write`; taken one after the other.
    out
        Folder; an earlier one of ours is replaced whole, anything else is refused.
    lang
        As for :func:`write`.
    beside
        What stands beside the folders, by its path.

    Returns
    -------
    pathlib.Path
        The folder. Its manifest has what of the inputs and outputs is the same for all.

    Raises
    ------
    UsageError, AccessGISError
        As :func:`write`.
    """
    target = Path(out)
    with whole_folder(target) as folder:
        first: Assessment | None = None
        for name, result, own in results:
            write(result, folder / name, lang=lang, beside=own)
            first = first or result
        if first is None:
            raise ValueError("there must be a result")
        for path, content in beside.items():
            _write_beside(content, folder / path)
        manifest = to_json(_manifest(first, folder))
        (folder / "manifest.json").write_text(manifest, encoding="utf-8", newline="\n")
    return target


def _write_documents(
    result: Assessment,
    folder: Path,
    *,
    lang: Language,
    also: Collection[Also],
    style: Literal["official", "plain"],
    page_numbers: bool,
    compared: bool,
) -> None:
    """Write tables, layers, both reports, the workbook and the evidence."""
    from accessgis.report.report_docx import write_document  # noqa: PLC0415  python-docx only where a document is made

    view = report_view(result, lang=lang)
    coverage = coverage_table(result)
    write_csv(coverage, folder / "coverage.csv")
    write_csv(dictionary_table(coverage), folder / "coverage_dictionary.csv")
    write_csv(indicator_table(result, lang=lang), folder / "indicators.csv")
    write_csv(result.equity, folder / "equity.csv")
    write_csv(index_table(result, lang=lang), folder / "index.csv")
    write_csv(index_rules_table(result), folder / "index_rules.csv")
    layers = result_layers(result)
    write_layers(layers, folder / "results.gpkg")
    if "shapefile" in also:
        write_shapefiles(layers, folder / "shapefile")
    write_people(result, folder / "people.parquet")
    page = report_page(result, view=view, compared=compared)
    (folder / "report.html").write_text(page, encoding="utf-8", newline="\n")
    if "pdf" in also:
        write_pdf(
            report_page(result, view=view) if compared else page, folder / "report.pdf", date=result.study.data_date
        )
    write_document(result, folder / "report.docx", style=style, view=view, page_numbers=page_numbers)
    write_workbook(result, folder / "coverage.xlsx", view=view)
    write_field_check(result, folder, lang=lang)
    write_evidence(result, folder / "evidence")


def _write_beside(content: Any, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8", newline="\n")
    elif path.suffix == ".gpkg":
        write_layers(content, path)
    elif path.suffix == ".csv":
        write_csv(content, path)
    elif isinstance(content, pd.DataFrame):
        content.to_parquet(path, index=False)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(to_json(content), encoding="utf-8", newline="\n")


def _manifest(result: Assessment, folder: Path) -> dict[str, Any]:
    outputs = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): sha256(path) for path in outputs}
    return {**manifest_document(result), "outputs": digests}
