"""The words of registers: kinds, statuses with their dates, ownership, capacities, areas served."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import DataError, Doubt, Place, UsageError, Value
from accessgis.layers.facilities import Status
from accessgis.sources.door import rows_text
from accessgis.sources.header_units import header_factor
from accessgis.sources.tables import date, number, plain, texts, tight, word_ids
from accessgis.standards.kinds import close_kinds, kind_id

_LISTED = 5
"""Unknown words that a message names."""
_ASKS_CLOSED = re.compile("[停撤关闭废拆]|注销")
_SEPARATORS = re.compile(r"[;,、；，\s]+")


def kinds(
    frame: gpd.GeoDataFrame, found: Mapping[str, str], kind: str | None, kind_map: Mapping[str, str], *, label: str
) -> list[str]:
    """Return the kind of every row: the one stated for the layer, else the column's, read through ``kind_map``.

    Raises
    ------
    DataError
        AG3301 neither is given, AG3302 a row's kind is not known, AG3309 it is empty.
    """
    if kind is not None:
        one = kind_id(kind)
        return [kind_map.get(one, one)] * len(frame)
    if "kind" not in found:
        listed = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name)
        raise DataError("AG3301", file=label, columns=listed)
    known: dict[str, str] = {}
    result = []
    for row, text in zip(frame.index, texts(frame[found["kind"]]), strict=True):
        if not text:
            raise DataError("AG3309", file=label, row=int(row), key=found["kind"])
        if text not in known:
            try:
                known[text] = kind_id(text)
            except UsageError as error:
                raise DataError(
                    "AG3302", file=label, row=int(row), key=found["kind"], word=text, close=close_kinds(text)
                ) from error
        result.append(kind_map.get(known[text], known[text]))
    return result


def statuses(frame: gpd.GeoDataFrame, found: Mapping[str, str], data_date: dt.date, *, label: str) -> list[Status]:
    """Return the status of every row on ``data_date``.

    An empty status is in service. A facility closed by ``data_date`` is closed; one in service that opens later is
    planned.

    Raises
    ------
    DataError
        AG3304 an unknown word, AG3308 a text that is no date.
    """
    known = word_ids("status_words")
    words = texts(frame[found["status"]]) if "status" in found else [""] * len(frame)
    opened = _dates(frame, found, "opened", label=label)
    closed = _dates(frame, found, "closed", label=label)
    known |= _yes_or_no(found.get("status", ""))
    stated = [known.get(plain(word).casefold(), "") if word else "in_service" for word in words]
    if "" in stated:
        odd = list(dict.fromkeys(word for word, status in zip(words, stated, strict=True) if not status))
        listed = "; ".join(odd[:_LISTED]) + (" …" if len(odd) > _LISTED else "")
        raise DataError("AG3304", file=label, row=int(frame.index[stated.index("")]), key=found["status"], word=listed)
    return [status_on(*one, data_date) for one in zip(stated, opened, closed, strict=True)]


def _yes_or_no(column: str) -> dict[str, str]:
    """Return what 是 and 否 mean below the name of a column of statuses: 是否在用 and 是否停用 ask for opposites."""
    name = tight(column)
    if "是否" not in name:
        return {}
    yes, no = ("closed", "in_service") if _ASKS_CLOSED.search(name) else ("in_service", "closed")
    return {"是": yes, "否": no}


def unread_statuses(frame: gpd.GeoDataFrame, found: Mapping[str, str], *, label: str) -> list[Doubt]:
    """Doubt columns that nobody asks for and whose words are statuses: as none was read, every row is in service."""
    if "status" in found:
        return []
    known = word_ids("status_words")
    odd = []
    for name in frame.columns:
        if name == frame.geometry.name or name in found.values():
            continue
        stated = [known.get(plain(word).casefold(), "") for word in texts(frame[name]) if word]
        if "" not in stated and set(stated) - {"in_service"}:
            odd.append(str(name))
    if not odd:
        return []
    values: dict[str, Value] = {"columns": ", ".join(odd)}
    return [Doubt(code="AG9327", place=Place(file=label, key="columns.status"), count=len(odd), values=values)]


def opening_days(frame: gpd.GeoDataFrame, found: Mapping[str, str], *, label: str) -> list[str]:
    """Return the day every facility opened as YYYY-MM-DD, '' where it is not stated; AG3308 a text that is no date."""
    return ["" if day is None else day.isoformat() for day in _dates(frame, found, "opened", label=label)]


def status_on(status: str, opened: dt.date | None, closed: dt.date | None, day: dt.date) -> Status:
    """Return a stated status with the opening and closing dates applied on a day."""
    if status == "closed" or (closed is not None and closed <= day):
        return "closed"
    if status == "in_service" and opened is not None and opened > day:
        return "planned"
    if status == "under_construction":
        return "under_construction"
    return "planned" if status == "planned" else "in_service"


def ownerships(frame: gpd.GeoDataFrame, found: Mapping[str, str], *, label: str, doubts: list[Doubt]) -> list[str]:
    """Return public, inclusive_private, private or ''; words that say none of them are a doubt."""
    if "ownership" not in found:
        return [""] * len(frame)
    known = word_ids("ownership_words")
    result, odd = [], []
    for row, word in zip(frame.index, texts(frame[found["ownership"]]), strict=True):
        meaning = known.get(plain(word).casefold(), "")
        if word and not meaning:
            odd.append(int(row))
        result.append(meaning)
    if odd:
        values: dict[str, Value] = {"rows": rows_text(odd)}
        doubts.append(Doubt(code="AG9304", place=Place(file=label), count=len(odd), values=values))
    return result


def marks(series: pd.Series, *, label: str, field: str) -> NDArray[np.float64]:
    """Return 1 for yes, 0 for no and NaN for an empty cell.

    Raises
    ------
    DataError
        AG3312 a cell says neither.
    """
    known = {word: 1.0 if meaning == "yes" else 0.0 for word, meaning in word_ids("mark_words").items()}
    result = np.full(len(series), np.nan)
    for place, (row, text) in enumerate(zip(series.index, texts(series), strict=True)):
        if not text:
            continue
        value = known.get(plain(text).casefold().removesuffix(".0"))
        if value is None:
            raise DataError("AG3312", file=label, row=int(row), key=field, text=text[:40])
        result[place] = value
    return result


def capacity_column(series: pd.Series, name: str, *, label: str, doubts: list[Doubt]) -> pd.Series:
    """Return a column of a capacity as numbers, NaN where the cell is empty or says that it is unknown.

    Raises
    ------
    DataError
        AG3018 a cell that is no number, AG3307 a number below zero.
    """
    units = "area" if name.endswith("_m2") else "length" if name.endswith("_km") else "count"
    field = str(series.name)
    values = number(series, label=label, field=field, units=units, factor=header_factor(field), doubts=doubts)
    below = values < 0
    if below.any():
        row = int(values.index[below][0])
        raise DataError("AG3307", file=label, row=row, key=field, number=float(values[row]))
    return values


def serves(cells: list[str]) -> list[str]:
    """Return lists of area codes joined by ``;``."""
    return [";".join(part for part in _SEPARATORS.split(plain(cell)) if part) for cell in cells]


def _dates(frame: gpd.GeoDataFrame, found: Mapping[str, str], field: str, *, label: str) -> list[dt.date | None]:
    if field not in found:
        return [None] * len(frame)
    result = []
    for row, text in zip(frame.index, texts(frame[found[field]]), strict=True):
        try:
            result.append(date(text))
        except ValueError as error:
            raise DataError("AG3308", file=label, row=int(row), key=found[field], text=text[:40]) from error
    return result
