"""Stops of a mobile service from a table: where it stands, on which weekdays, from when to when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import CRS

from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, UsageError
from accessgis.base.provenance import Reading
from accessgis.base.schema import Column, Schema
from accessgis.sources.coordinates import Declared, locate
from accessgis.sources.tables import find_columns, read_table, texts, word_ids

STOPS = Schema(
    "stops",
    (
        Column("name", "text", "what the stop is called, '' when unknown"),
        Column("x", "float", "working CRS", "m"),
        Column("y", "float", "working CRS", "m"),
        Column("days", "text", "weekdays of every week, in their order, joined by ';': mon;thu"),
        Column("from", "text", "from when, HH:MM"),
        Column("to", "text", "to when, HH:MM"),
    ),
)
_BETWEEN = re.compile(r"[;,、，；/|\s]+")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])(?:[:：]00)?")


def read_stops(
    path: Path, *, label: str, columns: Mapping[str, str], datum: Datum, crs: CRS, sheet: str | None = None
) -> Reading[pd.DataFrame]:
    """Read the stops of a mobile service.

    Parameters
    ----------
    path
        Excel or CSV table.
    label
        Path for messages and provenance.
    columns
        Field → column: ``lon, lat, days, from, to``, optional ``name``. Shipped names are tried for the others.
    datum
        Datum of the coordinates.
    crs
        Working CRS.
    sheet
        Sheet of a workbook.

    Returns
    -------
    Reading[pandas.DataFrame]
        Schema :data:`STOPS`; the index is the row of the table.

    Raises
    ------
    DataError
        AG3420 a column is missing, AG30xx the table or its coordinates cannot be used.
    UsageError
        AG2536 a cell that is no weekdays or no time, or a stop that ends before it begins.
    """
    reading = read_table(path, label=label, role="scenario:stops", table="stops", columns=columns, sheet=sheet)
    frame = reading.value
    found = find_columns(frame, "stops", columns, label=label)
    for field in ("lon", "lat", "days", "from", "to"):
        if field not in found:
            raise DataError("AG3420", file=label, field=field, columns=", ".join(map(str, frame.columns)))
    located = locate(frame, "stops", columns, label=label, declared=Declared(datum=datum, grid=None), crs=crs)
    assert located is not None
    lost = np.flatnonzero(np.isnan(located.x))
    if lost.size:
        raise UsageError("AG2536", file=label, row=int(frame.index[lost[0]]), value="", field="lon, lat")
    cells = {field: texts(frame[found[field]]) for field in ("days", "from", "to")}
    rows = [int(row) for row in frame.index]
    table = {
        "name": pd.array(texts(frame[found["name"]]) if "name" in found else [""] * len(frame), dtype="str"),
        "x": located.x,
        "y": located.y,
        "days": pd.array([_days(text, label, row) for text, row in zip(cells["days"], rows, strict=True)], dtype="str"),
    }
    for field in ("from", "to"):
        times = [_time(text, field, label, row) for text, row in zip(cells[field], rows, strict=True)]
        table[field] = pd.array(times, dtype="str")
    stops = pd.DataFrame(table, index=frame.index)
    STOPS.require(stops)
    wrong = stops.index[stops["to"] <= stops["from"]]
    if len(wrong):
        row = stops.loc[wrong[0]]
        raise UsageError("AG2536", file=label, row=int(wrong[0]), value=f"{row['from']}-{row['to']}", field="to")
    return Reading(stops, reading.inputs, (*reading.doubts, *located.doubts))


def _days(text: str, label: str, row: int) -> str:
    """Return weekdays as ``mon;thu``: words in any order; two joined by 至 or 到 are all from one to the other."""
    words = word_ids("weekday_words")
    order = list(dict.fromkeys(words.values()))
    found: set[str] = set()
    for part in filter(None, _BETWEEN.split(text.casefold())):
        ends = [words.get(end) for end in re.split("至|到", part)]
        if None in ends or len(ends) > 2:
            raise UsageError("AG2536", file=label, row=row, value=text, field="days")
        first, last = order.index(str(ends[0])), order.index(str(ends[-1]))
        if last < first:
            raise UsageError("AG2536", file=label, row=row, value=text, field="days")
        found.update(order[first : last + 1])
    if not found:
        raise UsageError("AG2536", file=label, row=row, value=text, field="days")
    return ";".join(day for day in order if day in found)


def _time(text: str, field: str, label: str, row: int) -> str:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise UsageError("AG2536", file=label, row=row, value=text, field=field)
    return f"{int(match[1]):02d}:{match[2]}"
