"""The field-check list (核查清单) as it comes back: what was found on the ground, and where facilities truly stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt
from accessgis.base.provenance import Reading
from accessgis.layers.facilities import Finding
from accessgis.sources.coordinates import Declared, locate
from accessgis.sources.facility_words import capacity_column
from accessgis.sources.tables import find_columns, plain, read_table, texts, word_ids
from accessgis.sources.vector import Bounds
from accessgis.standards.marks import CAPACITIES

FIELDS = ("name", "facility_id", "finding", "right_lon", "right_lat")
_MEASURED = ("floor_m2", "area_m2", "land_m2", "length_km")
"""Capacities that need not be whole numbers."""
_FIRST = re.compile(r"[，。；：、,;:（(\s]")
"""What ends the word that a finding begins with; remarks may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A place that was looked at.

    Attributes
    ----------
    row
        Row of the list, from 1.
    name, facility_id
        As listed; ``facility_id`` is ``""`` for gaps and units.
    finding
        What was found, ``""`` where only coordinates were corrected.
    x, y
        Where it truly stands, working CRS; NaN where that was not corrected.
    capacities
        Capacities that were corrected, with what they are.
    """

    row: int
    name: str
    facility_id: str
    finding: Finding
    x: float
    y: float
    capacities: tuple[tuple[str, float], ...] = ()

    @property
    def moved(self) -> bool:
        """Whether its place was corrected."""
        return self.x == self.x

    @property
    def restated(self) -> bool:
        """Whether its status was found out."""
        return self.finding not in ("", "confirmed", "otherwise")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheck:
    """A list that came back: the places that were looked at, and how many were not."""

    places: tuple[Checked, ...]
    unchecked: int


def read_field_check(
    path: Path, *, label: str, datum: Datum | None, crs: CRS, extent: Bounds | None = None
) -> Reading[FieldCheck]:
    """Read a filled list.

    Parameters
    ----------
    path
        The workbook that ``assess`` wrote, in either language, with findings, corrected coordinates and capacities
        filled in.
    label
        Path for messages.
    datum
        Of the corrected coordinates; needed where there are any.
    crs
        Working CRS.
    extent
        Bounds of the study in ``crs``, against which exchanged axes are found.

    Raises
    ------
    DataError
        AG3340 a finding that is not known, AG3341 half a pair of coordinates, AG3342 no such list, AG3343 a capacity in
        a row that is about no facility, AG3018, AG3307, AG3344 one that is no number, below zero or not whole,
        AG3022 no datum for corrected coordinates; what :func:`accessgis.sources.coordinates.locate` says of
        coordinates.
    """
    reading = read_table(path, label=label, role="field check", table="field_check")
    frame = reading.value
    found = find_columns(frame, "field_check", {}, label=label)
    for field in FIELDS:
        if field not in found:
            raise DataError("AG3342", file=label, key=field, columns=", ".join(map(str, frame.columns)))
    findings = [_finding(text, int(row), label) for row, text in zip(frame.index, texts(frame[found["finding"]]),
                                                                     strict=True)]  # fmt: skip
    x, y = _places(frame, found, label=label, declared=Declared(datum=datum), crs=crs, extent=extent)
    doubts = list(reading.doubts)
    ids = texts(frame[found["facility_id"]])
    capacities = _capacities(frame, found, ids, label=label, doubts=doubts)
    cells = zip(frame.index, texts(frame[found["name"]]), ids, findings, x, y, capacities, strict=True)
    places = tuple(
        Checked(
            row=int(row),
            name=name,
            facility_id=facility,
            finding=finding,
            x=float(east),
            y=float(north),
            capacities=sizes,
        )
        for row, name, facility, finding, east, north, sizes in cells
        if finding or east == east or sizes
    )
    value = FieldCheck(places=places, unchecked=len(frame) - len(places))
    return Reading(value, reading.inputs, tuple(doubts))


def _capacities(
    frame: pd.DataFrame, found: dict[str, str], ids: list[str], *, label: str, doubts: list[Doubt]
) -> list[tuple[tuple[str, float], ...]]:
    """Return the corrected capacities of every row, those of facilities alone."""
    rows: list[tuple[tuple[str, float], ...]] = [()] * len(frame)
    for name in CAPACITIES:
        column = found.get(f"right_{name}")
        if column is None:
            continue
        values = capacity_column(frame[column], name, label=label, doubts=doubts).to_numpy()
        for place in np.flatnonzero(~np.isnan(values)).tolist():
            value, row = float(values[place]), int(frame.index[place])
            if not ids[place]:
                raise DataError("AG3343", file=label, row=row, key=column)
            if name not in _MEASURED and not value.is_integer():
                raise DataError("AG3344", file=label, row=row, key=column, number=value)
            rows[place] += ((name, value),)
    return rows


def _finding(text: str, row: int, label: str) -> Finding:
    word = plain(_FIRST.split(text, maxsplit=1)[0]).casefold()
    if not word:
        return ""
    known = word_ids("status_words") | word_ids("finding_words")
    for finding in get_args(Finding):
        if known.get(word) == finding:
            return finding  # type: ignore[no-any-return]  # one of the words of a literal type
    raise DataError("AG3340", file=label, row=row, word=text)


def _places(
    frame: pd.DataFrame,
    found: dict[str, str],
    *,
    label: str,
    declared: Declared,
    crs: CRS,
    extent: Bounds | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corrected coordinates in the working CRS, NaN where none are filled in."""
    pair = frame[[found["right_lon"], found["right_lat"]]]
    filled = np.array([[bool(text) for text in texts(pair[column])] for column in pair.columns])
    half = filled[0] != filled[1]
    if half.any():
        raise DataError("AG3341", file=label, row=int(frame.index[half][0]))
    x, y = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if filled[0].any():
        columns = {"lon": found["right_lon"], "lat": found["right_lat"]}
        located = locate(pair[filled[0]], "facilities", columns, label=label, declared=declared, crs=crs, extent=extent)
        assert located is not None
        x[filled[0]], y[filled[0]] = located.x, located.y
    return x, y
