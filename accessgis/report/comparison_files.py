"""What a comparison leaves behind: ``compare.html``, ``.docx``, ``.xlsx`` and ``.json``, whole or not at all."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accessgis.base.errors import Language
from accessgis.base.files import sha256, whole_folder
from accessgis.report.compared import Compared, Place, changed_facilities, compared_rules, places
from accessgis.report.comparison_docx import comparison_docx
from accessgis.report.comparison_page import comparison_page
from accessgis.report.comparison_tables import input_lines
from accessgis.report.sheets import Cell, Sheet, SheetColumn
from accessgis.report.tables import to_json
from accessgis.report.word_styles import Style
from accessgis.report.wording import kind_name, say
from accessgis.report.workbook import BookHead, write_sheets
from accessgis.sources.versions import library_versions

SCHEMA = "accessgis.comparison-manifest/1"
_PLACES = ("title", "level", "place", "area", "before", "after", "newly", "no_longer", "net_people", "change")
_LEVEL_SHEETS = ("county", "township", "village")


def write_comparison(
    compared: Compared,
    out: str | Path,
    *,
    document: Mapping[str, Any],
    inputs: Mapping[str, str],
    lang: Language,
    style: Style = "official",
) -> Path:
    """Write a comparison to a folder.

    Parameters
    ----------
    compared
        The two results.
    out
        Folder; an earlier comparison or result there is replaced whole, anything else is refused.
    document
        What goes into compare.json (:func:`accessgis.report.comparison_view.comparison_document`).
    inputs
        Hashes of the two results that were compared, by what they are called in the manifest.
    lang
        Language of page, document and workbook.
    style
        Form of compare.docx: that of official documents (公文), or a plain one.

    Raises
    ------
    UsageError
        AG2020 the folder holds something else.
    AccessGISError
        AG1001 it cannot be written.
    """
    target = Path(out)
    with whole_folder(target) as folder:
        (folder / "compare.json").write_text(to_json(dict(document)), encoding="utf-8", newline="\n")
        (folder / "compare.html").write_text(comparison_page(compared, lang=lang), encoding="utf-8", newline="\n")
        (folder / "compare.docx").write_bytes(comparison_docx(compared, lang=lang, style=style))
        (folder / "compare.xlsx").write_bytes(comparison_workbook(compared, lang=lang))
        manifest = {
            "schema": SCHEMA,
            "inputs": dict(inputs),
            "versions": library_versions(),
            "outputs": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        }
        (folder / "manifest.json").write_text(to_json(manifest), encoding="utf-8", newline="\n")
    return target


def comparison_workbook(compared: Compared, *, lang: Language) -> bytes:
    """Return a comparison as a workbook: rules, then every place that changes by level, facilities, what to know."""
    stream = io.BytesIO()
    head = BookHead(
        title=compared.view.heading,
        day=dt.date.fromisoformat(str(compared.study["data_date"])),
        generated=say("page.generated", lang) if compared.study.get("generated") else "",
        meta=say("compare.of", lang, before=compared.names[0], after=compared.names[1]),
        lang=lang,
    )
    write_sheets(_sheets(compared, lang), stream, head)
    return stream.getvalue()


def _sheets(compared: Compared, lang: Language) -> list[Sheet]:
    found = {rule: list(places(compared, rule, lang)) for rule in compared_rules(compared)}
    levels = [
        _sheet(
            f"tab_{level}",
            _PLACES,
            [
                _place_row(str(compared.rules[rule]["title"][lang]), place, lang)
                for rule, rows in found.items()
                for place in rows
                if place.level == level and (level == "county" or place.change in ("gain", "loss"))
            ],
            compared,
            lang,
        )
        for level in _LEVEL_SHEETS
    ]
    built = changed_facilities(compared)
    facilities = [
        (
            str(row["name"] or ""), str(row["facility_id"]), kind_name(row["kind"], lang), str(row["township"]),
            say(f"compare.facility_{row['change']}", lang),
        )
        for row in built.to_dict("records")
    ]  # fmt: skip
    rules: list[tuple[Cell, ...]] = [
        (line.title, line.mode, line.before, line.after, line.change, line.verdict) for line in compared.view.lines
    ]
    inputs = [(line.role, line.path, line.change, line.before, line.after) for line in input_lines(compared, lang)]
    notes: list[tuple[Cell, ...]] = [(text,) for text in (*compared.view.cautions, *compared.view.notes)]
    found_sheets = (
        _sheet("tab_rules", ("title", "mode", "before", "after", "change", "verdict"), rules, compared, lang),
        *levels,
        _sheet("tab_facilities", ("facility", "id", "kind", "area", "change"), facilities, compared, lang),
        _sheet("tab_inputs", ("role", "path", "change", "rows_before", "rows_after"), inputs, compared, lang),
        _sheet("tab_notes", ("note",), notes, compared, lang),
    )
    return [sheet for sheet in found_sheets if sheet.rows or sheet is found_sheets[0]]


def _place_row(title: str, place: Place, lang: Language) -> tuple[Cell, ...]:
    return (
        title, say(f"compare.level_{place.level}", lang), place.name, place.code, place.before, place.after,
        place.gained, place.lost, place.net, place.told,
    )  # fmt: skip


def _sheet(tab: str, columns: tuple[str, ...], rows: Any, compared: Compared, lang: Language) -> Sheet:
    heads = {
        "title": say("page.table_rule", lang), "mode": say("page.table_mode", lang),
        "verdict": say("page.table_verdict", lang), "role": say("report.input_role", lang),
        "path": say("report.input_path", lang),
    }  # fmt: skip
    return Sheet(
        tab=say(f"compare.{tab}", lang),
        title=compared.view.heading,
        note="",
        columns=tuple(SheetColumn(heading=heads.get(name) or say(f"compare.{name}", lang)) for name in columns),
        rows=tuple(rows),
        held=1,
    )
