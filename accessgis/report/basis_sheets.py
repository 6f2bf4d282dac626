"""The sheets of the workbook that say what its figures rest on: what is lacking, the data, assumptions, columns."""

from __future__ import annotations

import json
from collections.abc import Sequence

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report import facts
from accessgis.report.report_view import ReportView
from accessgis.report.sheets import Cell, Sheet, headed, number, sheet_title, whole_cell, without_empty
from accessgis.report.tables import plain
from accessgis.report.wording import say, titled


def lacking_sheet(view: ReportView) -> Sheet:
    """Return 暂无法评价清单, with what is missing and who holds it, and the directions that are only recorded."""
    lang = view.lang
    judged = say("verdict.not_judged", lang)
    rows = [
        (place, item.category, item.title, item.verdict, item.missing, item.lead, item.clause, item.rule)
        for place, item in enumerate((*view.lacking, *view.recorded), start=1)
    ]
    names = ("number", "category", "title", "verdict")
    headings = [
        *(say(f"indicator.{name}", lang) for name in names), say("report.lacking_what", lang),
        say("workbook.holder", lang), say("indicator.clause", lang), say("indicator.rule", lang),
    ]  # fmt: skip
    return Sheet(
        tab=say("report.lacking", lang),
        title=say("workbook.title_lacking", lang, judged=judged),
        note=say("report.lacking_note", lang),
        columns=headed(headings),
        rows=tuple(rows),
        held=3,
    )


def parts_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 城乡与人群差异: how evenly time is spread, by place class and group."""
    lang = view.lang
    records = {rule.rule: rule for rule in assessment.rules}
    rows: list[tuple[Cell, ...]] = []
    for each in view.circles:
        frame = assessment.equity[assessment.equity["rule"] == each.view.rule]
        for part, row in zip(each.part_rows, frame.to_dict("records"), strict=True):
            mean_s, mean_m = float(row["mean_s"]), float(row["mean_m"])
            rows.append(
                (
                    each.view.title, part.name, each.view.headline.name, number(float(row["people"]), "whole"),
                    number(float(row["covered_share"]), "share", target=records[each.view.rule].target),
                    number(mean_s / 60, "minutes"), number(mean_m, "metres"), number(float(row["gini"]), "ratio"),
                    number(float(row["worst_off_ratio"]), "ratio"), part.ratio,
                )
            )  # fmt: skip
    names = ("equity_part", "people_of", "equity_share", "equity_mean", "equity_mean_m", "equity_gini", "equity_worst")
    headings = [say("indicator.title", lang), *(say(f"report.{name}", lang) for name in (*names, "equity_ratio"))]
    headings.insert(2, say("workbook.mode", lang))
    headings[4] += "/%"
    return without_empty(
        Sheet(
            tab=say("workbook.tab_parts", lang),
            title=sheet_title(assessment, "report.equity_heading", lang),
            note=say("report.equity_note", lang),
            columns=headed(headings),
            rows=tuple(rows),
            held=2,
        )
    )


def closures_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 撤并备选影响: what closing each candidate alone would do."""
    lang = view.lang
    names = ("facility", "people", "before", "after", "worst")
    headings = [say("indicator.title", lang), *(say(f"report.closure_{name}", lang) for name in names)]
    headings.insert(2, say("report.township", lang))
    rows = [
        (
            table.title, row.name, row.place, whole_cell(row.people), whole_cell(row.before), whole_cell(row.after),
            "\n".join(row.worst),
        )
        for table in view.closures
        for row in table.rows
    ]  # fmt: skip
    return Sheet(
        tab=say("workbook.tab_closures", lang),
        title=sheet_title(assessment, "report.closures", lang),
        note=say("report.closures_note", lang),
        columns=headed(headings),
        rows=tuple(rows),
        held=2,
    )


def quality_sheet(view: ReportView) -> Sheet:
    """Return 数据质量: doubts, what was held against official totals, what the data hold."""
    lang = view.lang
    rows: list[tuple[Cell, ...]] = [
        *((say("report.doubts", lang), text, None) for text in view.page.doubts),
        *((say("report.checks", lang), text, None) for text in view.page.checks),
        *((say("report.figures", lang), label, whole_cell(value)) for label, value in view.figures),
    ]
    return Sheet(
        tab=say("report.quality", lang),
        title=f"{view.page.title}　{say('report.quality', lang)}",
        note="",
        columns=headed([say("workbook.part", lang), say("report.item", lang), say("report.amount", lang)]),
        rows=tuple(rows),
    )


def assumptions_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 假定与来源: the study, speeds, method, parameters, assumptions and source of every rule, version."""
    lang = view.lang
    assumed, source = say("fact.assumed", lang), say("fact.source", lang)
    rows: list[tuple[Cell, ...]] = [(say("workbook.study", lang), *pair) for pair in _study(assessment, view)]
    rows += [(say("report.speeds", lang), None, text) for text in view.page.speeds]
    rows += [(say("report.method", lang), None, text) for text in view.method]
    rows += [(say("workbook.parameters", lang), name, _value(value)) for name, value in assessment.parameters.items()]
    rows += [(say("report.rule_sources", lang), None, text) for text in view.plans]
    for rule in assessment.rules:
        told = [line for line in facts.rule_facts(assessment, rule, (), lang) if line[0] in (assumed, source)]
        rows += [(label, titled(rule.title, lang), text) for label, text in told]
    names = ("part", "subject", "content")
    return Sheet(
        tab=say("workbook.tab_assumptions", lang),
        title=f"{view.page.title}　{say('workbook.tab_assumptions', lang)}",
        note=say("report.rerun_text", lang),
        columns=headed([say(f"workbook.{name}", lang) for name in names]),
        rows=tuple(rows),
    )


def _study(assessment: Assessment, view: ReportView) -> Sequence[tuple[str, str]]:
    lang, study = view.lang, assessment.study
    told = {
        "name": study.name,
        "code": study.code,
        "data_date": study.data_date.isoformat(),
        "basis": view.basis,
        "crs": assessment.crs,
        "generated": say("report.footer_generated", lang) if study.generated else "",
        "version": f"accessgis {view.version}",
    }
    return [(say(f"workbook.study_{name}", lang), text) for name, text in told.items() if text]


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def inputs_sheet(assessment: Assessment, view: ReportView) -> Sheet:
    """Return 输入文件: every file read, with its whole SHA-256."""
    lang = view.lang
    words = ("input_path", "input_role", "input_rows", "input_crs")
    headings = [*(say(f"report.{name}", lang) for name in words), say("workbook.datum", lang), "SHA-256",
                say("workbook.remark", lang)]  # fmt: skip
    rows = [
        (record.path, line.role, record.rows or None, record.crs, record.datum, record.sha256, record.note)
        for record, line in zip(assessment.inputs, view.inputs, strict=True)
    ]
    return without_empty(
        Sheet(
            tab=say("workbook.tab_inputs", lang),
            title=f"{view.page.title}　{say('workbook.tab_inputs', lang)}",
            note="",
            columns=headed(headings),
            rows=tuple(rows),
            held=1,
        )
    )


def dictionary_sheet(sheets: Sequence[Sheet], lang: Language) -> Sheet:
    """Return 数据字典: what each column of the sheets of rules means, and its field in coverage.csv."""
    rows = [
        (sheet.tab, column.heading, column.name, say(f"workbook.kind_{column.kind}", lang), column.means)
        for sheet in sheets
        for column in sheet.columns
        if column.name
    ]
    names = ("sheet", "heading", "field", "type", "meaning")
    return Sheet(
        tab=say("workbook.tab_dictionary", lang),
        title=say("workbook.tab_dictionary", lang),
        note=say("workbook.dictionary_note", lang),
        columns=headed([say(f"workbook.{name}", lang) for name in names]),
        rows=tuple(rows),
    )
