"""The workbook of a batch: counties, their sums and the failures, for those who open spreadsheets and no Parquet."""

from __future__ import annotations

import datetime as dt
import io
import math

import pandas as pd
import xlsxwriter

from accessgis.report.tables import safe_cell

_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001  the same bytes on every day
_WIDTH = 16


def workbook(rows: pd.DataFrame, wholes: pd.DataFrame, failures: pd.DataFrame) -> bytes:
    """Return an Excel file of four sheets.

    Parameters
    ----------
    rows
        The long table, schema :data:`accessgis.batch.rows.COUNTY_ROWS`: its rows of whole counties by the rules' own
        profiles, and their sums.
    wholes
        Verdicts of prefectures and provinces (:func:`accessgis.batch.whole_sheet.whole_sheet`).
    failures
        The counties that failed.
    """
    own = rows[rows["headline"]]
    counties = own[own["level"] == "county"].drop(columns=["headline", "level", "area", "area_name", "counties"])
    sums = own[own["county"] == ""]
    sums = sums[["level", "area", "scenario", "rule", "group", "profile", "people", "covered", "share", "low", "high",
                 "value", "unit", "target", "verdict", "missing", "counts", "counties"]]  # fmt: skip
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": _CREATED})
    bold = book.add_format({"bold": True, "bottom": 1})
    sheets = {"prefectures 市与省": wholes, "counties 各县": counties, "sums 合计": sums, "failures 未完成": failures}
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(table.columns) - 1), _WIDTH)
        sheet.write_row(0, 0, list(table.columns), bold)
        for number, row in enumerate(table.itertuples(index=False), start=1):
            for column, value in enumerate(row):
                if isinstance(value, float) and math.isnan(value):
                    continue
                sheet.write(number, column, safe_cell(value))
    book.close()
    return buffer.getvalue()
