"""The tables of the workbook: headings with units, values as numbers. What is counted is counted in the view model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from accessgis.assess.assessment import RESULTS, Assessment, RuleRecord
from accessgis.base.errors import Language
from accessgis.base.files import packaged_toml
from accessgis.report.beside import BESIDE
from accessgis.report.counted_rules import STATES
from accessgis.report.indicators import Indicator, row_texts
from accessgis.report.numbers import percent_against
from accessgis.report.report_view import ReportView, ScoreLine
from accessgis.report.tables import SIDE_BY_SIDE, coverage_table, significant
from accessgis.report.units import unit_table
from accessgis.report.view import gap_views
from accessgis.report.wording import listing, missing_phrase, mode_name, people_phrase, say, titled

Look = Literal["text", "whole", "share", "minutes", "metres", "number", "ratio", "degrees", "place", "hash"]
KIND_SHEETS: dict[str, tuple[str, ...]] = {
    "circles": ("circle",), "presence": ("presence",), "amounts": ("ratio", "total", "share"),
}  # fmt: skip
"""The sheets of rules by kind, each with the kinds of its rules."""
MOST_ROWS = 1_000_000
"""Rows that a sheet takes; of more, those of villages are left to coverage.csv."""
_NUMBERS: dict[Look, str] = {
    "whole": "#,##0", "metres": "#,##0", "minutes": "#,##0.0", "ratio": "0.000", "degrees": "0.00000",
    "place": "0.000000",
}  # fmt: skip
_OF_CIRCLES = ("profile", "robust", "mode_dependent")
"""Columns that say nothing of rules that count."""
_YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number and how the cell shows it."""

    value: float
    form: str


Cell = str | int | Shown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column: its heading with unit, the field that it is of, and what it means."""

    heading: str
    name: str = ""
    means: str = ""
    unit: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: what its tab says, its title, a line under it, columns and rows.

    The first ``held`` columns stay in view, and long texts are ``wrapped``.
    """

    tab: str
    title: str
    note: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    held: int = 0
    wrapped: bool = True


def number(value: float | None, look: Look, *, target: float | None = None) -> Cell:
    """Return a number at 9 significant digits as a cell: empty for none, in words where there is no way.

    A share has as many decimals as it takes not to look like a target that it misses, like all, or like nobody.
    """
    if value is None or math.isnan(value):
        return None
    if look == "share":
        return Shown(significant(value), f"0.{'0' * _decimals(value, target)}%")
    if look == "number":
        return Shown(significant(value), "#,##0" if float(value).is_integer() else "#,##0.00")
    return Shown(significant(value), _NUMBERS[look])


def _decimals(share: float, target: float | None) -> int:
    text = percent_against(share, target)
    if text.startswith((">", "<")):
        return next((count for count in (2, 3, 4) if f"{share * 100:.{count}f}".strip("0.") not in ("", "1")), 4)
    return len(text.strip("%").partition(".")[2]) or 1


def main_sheet(view: ReportView) -> Sheet:
    """Return 主要指标完成情况表: every indicator that could be judged, as officials report them."""
    lang = view.lang
    names = (
        "number", "category", "title", "unit", "baseline", "previous", "value", "target", "nature", "level", "verdict",
        "detail", "lead", "people_and_dates", *BESIDE[1:], "clause", "rule",
    )  # fmt: skip
    none = say("report.none", lang)
    rows = [
        (
            place, line.indicator.category, line.title, line.indicator.unit, line.indicator.baseline or none,
            _beside(line.indicator, "previous", lang),
            _figure(line.indicator), line.indicator.target,
            line.indicator.nature, line.indicator.level, line.indicator.verdict, _remark(line, lang),
            line.indicator.lead, view.dates, *(_beside(line.indicator, name, lang) for name in BESIDE[1:]),
            line.indicator.clause, line.indicator.rule,
        )
        for place, line in enumerate((*view.scorecard, *view.expired), start=1)
    ]  # fmt: skip
    return Sheet(
        tab=say("workbook.tab_main", lang),
        title=f"{view.page.title}　{say('report.indicators', lang)}",
        note=say("report.indicators_note", lang),
        columns=tuple(
            SheetColumn(heading=say(f"{'indicator' if name in _INDICATOR else 'workbook'}.{name}", lang))
            for name in names
        ),
        rows=tuple(rows),
        held=3,
    )


_INDICATOR = frozenset(
    {"number", "category", "title", "unit", "baseline", "value", *BESIDE, "target", "nature", "level", "verdict",
     "detail", "lead", "clause", "rule"}
)  # fmt: skip


def _figure(line: Indicator) -> Cell:
    """Return the value of an indicator: its number, or what is said where it is only bounded."""
    if line.figure is None:
        return line.value
    return number(line.figure, "share" if line.unit == "%" else "number", target=line.aim)


def _beside(line: Indicator, what: str, lang: Language) -> Cell:
    """Return a figure that stands beside the value as a number, or that there is none."""
    if what not in line.beside:
        return line.beside_text(what, lang)
    return number(line.beside[what], "share" if line.unit == "%" else "number", target=line.aim)


def _remark(line: ScoreLine, lang: Language) -> str:
    of = line.indicator.of
    parts = [
        say("workbook.over", lang) if line.indicator.expired else "",
        say("workbook.of_units", lang, of=of) if of else "",
        line.detail,
    ]
    return say("workbook.joiner", lang).join(part for part in parts if part)


def kind_sheets(assessment: Assessment, lang: Language) -> tuple[Sheet, ...]:
    """Return one sheet per kind of rule: a row for every rule and area, as in coverage.csv."""
    table = coverage_table(assessment)
    records = {rule.rule: rule for rule in assessment.rules}
    kind_of = table["rule"].map({name: rule.rule_kind for name, rule in records.items()})
    sheets = []
    for name, kinds in KIND_SHEETS.items():
        mine = table[kind_of.isin(kinds)]
        if len(mine) > MOST_ROWS:
            mine = mine[mine["level"] != "village"].head(MOST_ROWS)
        if not mine.empty:
            sheets.append(_kind_sheet(assessment, name, mine, records, lang))
    return tuple(sheets)


def _kind_sheet(
    assessment: Assessment, name: str, table: pd.DataFrame, records: dict[str, RuleRecord], lang: Language
) -> Sheet:
    chosen = [column for column in table.columns if column == "rule" or _says(table[column])]
    if name != "circles":
        chosen = [column for column in chosen if column not in _OF_CIRCLES]
    known = {column.name: column.meaning for column in RESULTS.columns}
    looks = packaged_toml("accessgis.report.data", "columns.toml")["columns"]
    columns = [SheetColumn(heading=say("indicator.title", lang), name="title", means=say("workbook.title_means", lang))]
    cells: list[Sequence[Cell]] = []
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    cells.append([titled(records[row["rule"]].title, lang) for row in rows])
    texts = [row_texts(records[row["rule"]], row, lang) if name != "circles" else ("", "", "") for row in rows]
    for column in chosen:
        entry = looks["side_by_side" if column.startswith(SIDE_BY_SIDE) else column]
        mode = mode_name(column.removeprefix(SIDE_BY_SIDE).replace("_", "-"), lang)
        columns.append(
            SheetColumn(
                heading=entry[lang].format(mode=mode),
                name=column,
                means=entry["means"] if lang == "zh" else known.get(column, "covered share by one mode alone"),
                kind="text" if entry["how"] in ("text", "yes") else "number",
            )
        )
        cells.append(
            [_cell(assessment, records[row["rule"]], row, (column, entry["how"]), told, lang)
             for row, told in zip(rows, texts, strict=True)]
        )  # fmt: skip
    return Sheet(
        tab=say(f"workbook.tab_{name}", lang),
        title=say(f"workbook.title_{name}", lang, name=assessment.study.name),
        note=say("workbook.kind_note", lang),
        columns=tuple(columns),
        rows=tuple(zip(*cells, strict=True)),
        held=1,
        wrapped=False,
    )


def _says(column: pd.Series) -> bool:
    """Return whether a column says anything at all."""
    return bool((column.notna() & (column.astype(object) != "")).any())


def _cell(
    assessment: Assessment, rule: RuleRecord, row: dict[str, Any], column: tuple[str, str],
    told: tuple[str, str, str], lang: Language,
) -> Cell:  # fmt: skip
    name, how = column
    value = row[name]
    if how == "yes":
        return say(f"workbook.{_YES_NO[bool(value)]}", lang)
    if how == "text":
        return _words(assessment, rule, row, name, told, lang)
    if name == "value" and told[1] == "%":
        return told[0] if math.isnan(value) else number(value, "share", target=rule.target)
    if name == "target" and rule.rule_kind != "circle" and told[1] != "%":
        return number(value, "number")
    if how == "minutes" and not math.isnan(value):
        return number(value / 60, "minutes")
    if how in ("minutes", "metres") and rule.rule_kind == "circle" and row["people"] > 0:
        timed = (rule.limit_s is not None) == (how == "minutes")
        lacks = timed and not math.isnan(row["covered_share"]) and math.isnan(value)
        return say("reason.no_path", lang) if lacks else number(value, "metres")
    look: Look = how if how in ("whole", "share", "metres") else "number"  # type: ignore[assignment]
    return number(value, look, target=rule.target if name == "covered_share" and value == value else None)


def _words(
    assessment: Assessment, rule: RuleRecord, row: dict[str, Any], name: str, told: tuple[str, str, str], lang: Language
) -> str:
    value = str(row[name])
    if name == "level":
        return say(f"workbook.level_{value}", lang)
    if name == "profile":
        return mode_name(value, lang)
    if name == "group":
        return people_phrase(rule.where, value, assessment.study.population_basis, lang)
    if name == "unit":
        return told[1]
    if name == "missing":
        return listing([missing_phrase(token, lang) for token in value.split(";") if token], lang)
    if name == "state":
        return say(f"report.state_{value}", lang) if value in STATES else value
    if name == "verdict" and value == "falls_short" and not row["counts"]:
        over = "indicator.below_over" if rule.stage == "expired" else "indicator.below_uncounted"
        return say(over, lang, force=say(f"force_short.{rule.force}", lang))
    return say(f"verdict.{value}", lang) if name == "verdict" and value else value


def township_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 分乡镇情况表: every circle by township, most uncovered people first."""
    lang = view.lang
    records = {rule.rule: rule for rule in assessment.rules}
    sections = (*view.circles, *view.expired_circles)
    modes = dict.fromkeys(mode.name for each in sections for mode in each.view.modes)
    rows: list[tuple[Cell, ...]] = []
    for each in sections:
        rule = records[each.view.rule]
        table = unit_table(assessment, rule, each.view, lang, most=None)
        names = [mode.name for mode in table.modes]
        for row in (*table.rows, *([table.total] if table.total else [])):
            head = row.figures[0]
            shares = dict(zip(names, row.figures, strict=True))
            rows.append(
                (
                    each.view.title, row.name, row.code, each.view.headline.name,
                    None if head is None else head.people, row.uncovered_people,
                    *(
                        number(figure.share if (figure := shares.get(name)) else None, "share", target=rule.target)
                        for name in modes
                    ),
                    *((None, None) if table.in_metres else (whole_cell(row.median), whole_cell(row.p90))),
                    *((whole_cell(row.median), whole_cell(row.p90)) if table.in_metres else (None, None)),
                    each.view.target_text, row.compared,
                )
            )  # fmt: skip
    words = ("median_of", "p90_of", "median_m_of", "p90_m_of")
    headings = [
        say("indicator.title", lang), say("report.township", lang), say("workbook.code", lang),
        say("workbook.mode", lang), say("report.people_of", lang), say("report.uncovered_of", lang),
        *(f"{say('report.share_by', lang, mode=mode)}/%" for mode in modes),
        *(say(f"report.{name}", lang) for name in words), say("report.target_of", lang), say("report.compared", lang),
    ]  # fmt: skip
    return without_empty(
        Sheet(
            tab=say("report.townships_heading", lang),
            title=sheet_title(assessment, "report.townships_heading", lang),
            note=say("report.townships_note", lang),
            columns=headed(headings),
            rows=tuple(rows),
            held=2,
        )
    )


def sheet_title(assessment: Assessment, words: str, lang: Language) -> str:
    """Return the name of the study and what a sheet holds."""
    return f"{assessment.study.name}{' ' if lang == 'en' else ''}{say(words, lang)}"


def whole_cell(text: str) -> Cell:
    """Return a whole number of the page as a number; words stay words."""
    bare = text.replace(",", "")
    return int(bare) if bare.isdecimal() else text


def gap_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 待补短板清单: every gap of every circle within its plan's period."""
    lang = view.lang
    records = {rule.rule: rule for rule in assessment.rules}
    rows: list[tuple[Cell, ...]] = []
    for each in view.circles:
        rule = records[each.view.rule]
        timed = rule.limit_s is not None
        rows += [
            (
                each.view.title, gap.rank or None, gap.township, gap.village or gap.place, gap.people,
                whole_cell(gap.elderly_text) if gap.elderly_text else None, gap.facility,
                gap.way if timed else None, None if timed else gap.way, gap.reason,
                say(f"workbook.advice_{gap.cause}", lang),
                number(gap.lon, "degrees"), number(gap.lat, "degrees"),
            )
            for gap in gap_views(assessment, rule, lang)
        ]  # fmt: skip
    headings = [
        say("indicator.title", lang), say("report.gap_rank", lang), say("report.township", lang),
        say("report.gap_village", lang), say("report.gap_people", lang), say("report.gap_elderly", lang),
        say("report.gap_facility", lang), say("workbook.far_minutes", lang), say("workbook.far_metres", lang),
        say("report.gap_reason", lang), say("workbook.advice", lang), say("workbook.lon", lang),
        say("workbook.lat", lang),
    ]  # fmt: skip
    return without_empty(
        Sheet(
            tab=say("report.gaps_heading", lang),
            title=sheet_title(assessment, "report.gaps_heading", lang),
            note=say("report.gaps_note", lang),
            columns=headed(headings),
            rows=tuple(rows),
            held=4,
        )
    )


def headed(headings: Iterable[str]) -> tuple[SheetColumn, ...]:
    """Return columns of which the heading says all."""
    return tuple(SheetColumn(heading=heading) for heading in headings)


def without_empty(sheet: Sheet) -> Sheet:
    """Return a sheet without columns that say nothing, those kept in view excepted."""
    stays = [
        place
        for place in range(len(sheet.columns))
        if place < sheet.held or not sheet.rows or any(row[place] not in (None, "") for row in sheet.rows)
    ]
    return replace(
        sheet,
        columns=tuple(sheet.columns[place] for place in stays),
        rows=tuple(tuple(row[place] for place in stays) for row in sheet.rows),
    )
