"""Blank workbooks for bureaus: exactly the columns that are read, with drop-downs and a sheet of instructions."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from accessgis.base.files import new_files, packaged_toml
from accessgis.sources.tables import vocabulary
from accessgis.standards.catalogue import load_catalogue
from accessgis.standards.kinds import Kind, load_kinds
from accessgis.standards.marks import CAPACITIES, load_marks

ROWS = 2000
"""Rows of a form that have drop-downs."""
_FIXED_DAY = dt.datetime(2020, 1, 1)  # noqa: DTZ001  a day inside every workbook, so that the same form has the same bytes
_STATUSES = ("in_service", "under_construction", "planned", "closed")
_OWNERSHIPS = ("public", "inclusive_private", "private")
_TEXTS = frozenset({"id", "village", "serves", "site_id", "opened", "closed"})
_UNITS = {"floor_m2": "平方米", "area_m2": "平方米", "land_m2": "平方米", "length_km": "公里"}


def write_forms(target: Path) -> list[str]:
    """Write every form into a folder, all or none, and return their names.

    Raises
    ------
    UsageError
        AG2021 a form is there already: what a bureau filled in is never lost.
    AccessGISError
        AG1001 the folder cannot be written.
    """
    contents = {f"{bureau['name']}.xlsx": _register(bureau) for bureau in _data()["bureaus"]}
    contents[f"{_data()['people']['name']}.xlsx"] = _people()
    contents[f"{_data()['roads']['name']}.xlsx"] = _roads()
    new_files(target, contents)
    return list(contents)


def kinds_of(bureau: str) -> list[Kind]:
    """Return the kinds that a bureau registers: those that say something, not the unclear ones of maps."""
    services = next(entry["services"] for entry in _data()["bureaus"] if entry["name"] == bureau)
    kinds = [kind for kind in load_kinds().values() if kind.service in services]
    return [kind for kind in kinds if not kind.id.endswith("_unspecified")]


def fields_of(bureau: str) -> list[str]:
    """Return the fields of a bureau's register: capacities of its kinds, and marks that rules about them test."""
    kinds = kinds_of(bureau)
    capacities = [name for name in CAPACITIES if any(name in kind.capacities for kind in kinds)]
    named = {kind.id for kind in kinds}
    marks, tested = load_marks(), set()
    for rule in load_catalogue().standards:
        if named & {kind for kinds_set in rule.facilities_any for kind in kinds_set}:
            tests = (*rule.having, *(rule.amount.part if rule.amount else ()))
            tested |= {test.field for test in tests if test.field in marks}
            if rule.amount and rule.amount.amount in CAPACITIES:
                tested.add(rule.amount.amount)
            if rule.amount and rule.amount.part_amount:
                tested.add(rule.amount.part_amount)
    capacities = [name for name in CAPACITIES if name in capacities or name in tested]
    return [*_data()["register"]["before"], *capacities, *(name for name in marks if name in tested),
            *_data()["register"]["after"]]  # fmt: skip


def headings_of(bureau: str) -> dict[str, str]:
    """Return field → heading of a bureau's register."""
    own = next(entry for entry in _data()["bureaus"] if entry["name"] == bureau).get("headings", {})
    return {field: own.get(field, heading("facilities", field)) for field in fields_of(bureau)}


def heading(table: str, field: str) -> str:
    """Return the first Chinese name under which a field of a table is known."""
    names = [name for name in vocabulary()[table][field] if not name.isascii()]
    return str(names[0])


def _register(bureau: Mapping[str, Any]) -> bytes:
    words, name = _data()["words"], bureau["name"]
    fields, marks = fields_of(name), load_marks()
    vocab = vocabulary()
    choices = {
        "kind": [kind.zh for kind in kinds_of(name)],
        "status": [vocab["status_words"][status][0] for status in _STATUSES],
        "ownership": [vocab["ownership_words"][one][0] for one in _OWNERSHIPS],
    } | {field: [vocab["mark_words"]["yes"][0], vocab["mark_words"]["no"][0]] for field in fields if field in marks}
    heads = headings_of(name)
    return _book(
        words["register"], words["title"].format(bureau=name), heads, choices, _data()["instructions"]["register"]
    )


def _people() -> bytes:
    words, table = _data()["words"], _data()["people"]
    heads = {field: heading("population", field) for field in table["fields"]}
    title = words["people_title"].format(bureau=table["name"])
    return _book(words["people"], title, heads, {}, _data()["instructions"]["people"])


def _roads() -> bytes:
    words, table = _data()["words"], _data()["roads"]
    heads = {field: heading("roads", field) for field in table["fields"]}
    title = words["roads_title"].format(bureau=table["name"])
    return _book(words["roads"], title, heads, {}, _data()["instructions"]["roads"])


def _book(
    name: str, title: str, heads: Mapping[str, str], choices: Mapping[str, Sequence[str]], instructions: Iterable[str]
) -> bytes:
    """Return a workbook: the form, the instructions, and on a hidden sheet what may be chosen."""
    words, stream = _data()["words"], io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": _FIXED_DAY})
    bold = book.add_format({"bold": True, "align": "center", "border": 1, "text_wrap": True, "bg_color": "#DDEBF7"})
    text, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True, "valign": "top"})
    form, said, listed = (book.add_worksheet(one) for one in (name, words["instructions"], words["choices"]))
    form.write(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for column, (field, head) in enumerate(heads.items()):
        form.set_column(column, column, 24 if field == "name" else 14, text if field in _TEXTS else None)
        form.write(1, column, head, bold)
        if field in choices:
            listed.write_column(0, column, choices[field])
            letter = xlsxwriter.utility.xl_col_to_name(column)
            source = f"='{words['choices']}'!${letter}$1:${letter}${len(choices[field])}"
            form.data_validation(2, column, 1 + ROWS, column, {"validate": "list", "source": source})
    form.freeze_panes(2, 2)
    lines = [*instructions, *(f"“{head}”一列：{_said(field)}" for field, head in heads.items())]
    said.set_column(0, 0, 100, wrapped)
    said.write(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for row, line in enumerate(lines, start=1):
        said.write(row, 0, f"{row}. {line}")
    listed.hide()
    book.close()
    return stream.getvalue()


def _said(field: str) -> str:
    marks = load_marks()
    if field in marks:
        return "从下拉列表中选择“是”或“否”。"
    unit = f"单位{_UNITS[field]}。" if field in _UNITS else ""
    return str(_data()["help"].get(field, f"只填数字。{unit}"))


@cache
def _data() -> dict[str, Any]:
    return packaged_toml("accessgis.report.data", "forms.toml")
