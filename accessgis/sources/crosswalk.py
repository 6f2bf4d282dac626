"""A crosswalk of area codes: which old unit became which new one, from which day, with what part of its people."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from accessgis.base.errors import DataError
from accessgis.base.provenance import Reading
from accessgis.base.schema import Column, Schema
from accessgis.sources.tables import date, number, plain, read_table, texts

CROSSWALK = Schema(
    "crosswalk",
    (
        Column("old_code", "text", "code of a unit before the change, of any level"),
        Column("new_code", "text", "code that its people, or a part of them, have since"),
        Column("valid_from", "text", "day of the change, such as 2025-06-01"),
        Column(
            "population_share", "float", "part of the old unit's people that went there; of one old code they sum to 1"
        ),
    ),
)
SLACK = 1e-6
"""How far the shares of one old code may be from 1: they are written with a few digits."""


def read_crosswalk(path: str | Path, *, label: str = "") -> Reading[pd.DataFrame]:
    """Read a crosswalk.

    Parameters
    ----------
    path
        A table with the columns of :data:`CROSSWALK`, codes as text.
    label
        Path for messages; the file's name when left out.

    Returns
    -------
    Reading
        Schema :data:`CROSSWALK`, in the order of the file.

    Raises
    ------
    DataError
        AG3801 a column is missing, AG3802 a row that cannot be used, AG3803 the shares of one old code do not sum to 1;
        what :func:`accessgis.sources.tables.read_table` says of a file that is no table.
    """
    file = label or Path(path).name
    reading = read_table(Path(path), label=file, role="crosswalk")
    table = reading.value
    for name in CROSSWALK.names:
        if name not in table.columns:
            raise DataError("AG3801", file=file, key=name, columns=", ".join(CROSSWALK.names))
    shares = number(table["population_share"], label=file, field="population_share")
    days = []
    cells = zip(texts(table["old_code"]), texts(table["new_code"]), texts(table["valid_from"]), shares, strict=True)
    for row, (old, new, day, share) in zip(table.index, cells, strict=True):
        try:
            days.append(date(day))
        except ValueError:
            days.append(None)
        if not old or not new or days[-1] is None or not 0 < share <= 1:
            raise DataError("AG3802", file=file, row=int(row))
    frame = pd.DataFrame(
        {
            "old_code": [plain(code) for code in texts(table["old_code"])],
            "new_code": [plain(code) for code in texts(table["new_code"])],
            "valid_from": [day.isoformat() for day in days if day is not None],
            "population_share": shares.to_numpy(),
        }
    ).astype({"old_code": "str", "new_code": "str", "valid_from": "str"})
    parts = frame.groupby(["old_code", "valid_from"])["population_share"]
    totals = parts.transform(math.fsum)
    wrong = frame[(totals - 1).abs() > SLACK]
    if len(wrong):
        old, day = str(wrong["old_code"].iloc[0]), str(wrong["valid_from"].iloc[0])
        total = round(float(totals[wrong.index[0]]), 6)
        raise DataError("AG3803", file=file, value=old, day=day, total=total)
    frame["population_share"] /= totals  # so that nobody is lost to the last written digit
    CROSSWALK.require(frame)
    return Reading(frame, reading.inputs, reading.doubts)
