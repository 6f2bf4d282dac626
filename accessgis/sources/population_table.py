"""People from a table or layer of points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.crs import to_degrees
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, UsageError, Value
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.areas import Areas
from accessgis.layers.demand import GROUPS, MOST_PEOPLE, Demand, no_cells, place, points_frame
from accessgis.sources.coordinates import Declared, locate
from accessgis.sources.door import record, rounded, rows_text
from accessgis.sources.header_units import header_factor
from accessgis.sources.tables import TABLE_ENDINGS, find_columns, number, read_table, texts
from accessgis.sources.vector import VECTOR_ENDINGS, Bounds, check_extent, degree_extent, read_vector, to_crs

Floats = NDArray[np.float64]


def read_population_points(  # noqa: PLR0913 - one argument per key of [population] table
    path: Path,
    *,
    label: str,
    columns: Mapping[str, str],
    datum: Datum | None,
    crs: CRS,
    areas: Areas | None = None,
    extent: Bounds | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    grid: CRS | None = None,
) -> Reading[Demand]:
    """Read people at points.

    Parameters
    ----------
    path
        Excel or CSV table with longitude and latitude or easting and northing, or a vector layer of points.
    label
        Path for messages and provenance.
    columns
        Field → column: ``id, lon, lat, easting, northing, total`` and group ids. Shipped names are tried for
        the others.
    datum
        Datum of the coordinates; required for tables and layers in degrees.
    crs
        Working CRS.
    areas
        Areas to place the points in; None leaves their units empty, see :func:`accessgis.layers.demand.place`.
    extent
        Bounds of the study in ``crs``, against which exchanged axes are found; None when unknown.
    sheet
        Sheet of a workbook; None takes the only one that has columns of people.
    layer
        Layer of a file that holds several.
    grid
        Projected system of a table's eastings and northings, see :mod:`accessgis.sources.coordinates`.

    Returns
    -------
    Reading[Demand]
        One demand point per row, in row order, rows without people included.

    Raises
    ------
    DataError
        AG3420–AG3425 and AG30xx with the row and field.
    UsageError
        AG2063 ``grid`` is given for a layer.
    """
    if path.suffix.lower() not in (*TABLE_ENDINGS, *VECTOR_ENDINGS):
        raise DataError("AG3003", file=label, endings=", ".join((*TABLE_ENDINGS, *VECTOR_ENDINGS)))
    if path.suffix.lower() in TABLE_ENDINGS:
        if layer is not None:
            raise DataError("AG3067", file=label, key="layer", wanted=layer, layers="–")
        declared = Declared(datum=datum, grid=grid)
        frame, x, y, doubts, inputs = _table(
            path, label=label, columns=columns, declared=declared, crs=crs, extent=extent, sheet=sheet
        )
    elif grid is not None:
        raise UsageError("AG2063", file=label, key="crs")
    elif sheet is not None:
        raise DataError("AG3064", file=label, key="sheet")
    else:
        frame, x, y, doubts, inputs = _layer(path, label=label, layer=layer, datum=datum, crs=crs, extent=extent)
    found = find_columns(frame, "population", columns, label=label)
    if "total" not in found:
        raise DataError("AG3420", file=label, field="total", columns=_listed(frame))
    _check_ids(frame, found, label=label)
    people = {
        group: people_column(frame[found[group]], group, label=label, doubts=doubts)
        for group in GROUPS
        if group in found
    }
    if not people["total"].sum() > 0:
        raise DataError("AG3423", file=label)
    check_groups(frame, people, label=label, doubts=doubts)
    demand = Demand(frame=points_frame(x, y, people), groups=tuple(people), cells=no_cells())
    return Reading(demand if areas is None else place(demand, areas), inputs, tuple(doubts))


def _table(
    path: Path,
    *,
    label: str,
    columns: Mapping[str, str],
    declared: Declared,
    crs: CRS,
    extent: Bounds | None,
    sheet: str | None,
) -> tuple[pd.DataFrame, Floats, Floats, list[Doubt], tuple[InputRecord, ...]]:
    reading = read_table(path, label=label, role="population", table="population", columns=columns, sheet=sheet)
    frame = reading.value
    if declared.datum is None and declared.grid is None:
        at = find_columns(frame, "population", columns, label=label, fields=("lon", "lat", "easting", "northing"))
        raise DataError("AG3022", file=label) if at else DataError("AG3428", file=label, columns=_listed(frame))
    located = locate(frame, "population", columns, label=label, declared=declared, crs=crs, extent=extent)
    if located is None:
        raise DataError("AG3420", file=label, field="lon", columns=_listed(frame))
    _refuse(np.isnan(located.x), frame.index.to_numpy(dtype=np.int64), "AG3421", label)
    entry = record(path.resolve(), role="population", label=label, rows=len(frame), datum=declared.datum,
                   note=reading.inputs[0].note)  # fmt: skip
    entry = replace(entry, crs="" if located.system == "degrees" else located.system)
    return frame, located.x, located.y, [*reading.doubts, *located.doubts], (entry,)


def _layer(
    path: Path, *, label: str, layer: str | None, datum: Datum | None, crs: CRS, extent: Bounds | None
) -> tuple[pd.DataFrame, Floats, Floats, list[Doubt], tuple[InputRecord, ...]]:
    reading = read_vector(path, label=label, layer=layer, datum=datum, role="population", missing="keep")
    frame = reading.value
    shapes = frame.geometry.to_numpy()
    rows = frame.index.to_numpy(dtype=np.int64)
    _refuse(np.asarray(shapely.get_type_id(shapes) != 0), rows, "AG3426", label)
    _refuse(np.asarray(shapely.is_empty(shapes)), rows, "AG3421", label)
    lon, lat = to_degrees(CRS.from_user_input(frame.crs)).transform(shapely.get_x(shapes), shapely.get_y(shapes))
    area = None if extent is None else degree_extent(extent, crs)
    doubts = [*reading.doubts, *check_extent(np.asarray(lon), np.asarray(lat), area, label=label, rows=rows)]
    moved = to_crs(frame, crs, label=label).geometry.to_numpy()
    return pd.DataFrame(frame), shapely.get_x(moved), shapely.get_y(moved), doubts, reading.inputs


def _refuse(bad: NDArray[np.bool_], rows: NDArray[np.int64], code: str, label: str) -> None:
    if bad.any():
        raise DataError(code, file=label, row=int(rows[bad][0]), rows=rows_text(rows[bad]))


def _check_ids(frame: pd.DataFrame, found: Mapping[str, str], *, label: str) -> None:
    if "id" not in found:
        return
    ids = pd.Series(texts(frame[found["id"]]), index=frame.index)
    again = ids[(ids != "") & ids.duplicated()]
    if len(again):
        unit = str(again.iloc[0])
        first = int(ids.index[ids == unit][0])
        raise DataError("AG3424", file=label, row=int(again.index[0]), key=found["id"], unit=unit, first=first)


def people_column(
    series: pd.Series, group: str, *, label: str, doubts: list[Doubt], factor: float | None = None, each: float = 1.0
) -> Floats:
    """Return people per row; an empty cell is nobody, counted for the total.

    ``factor`` is 10000 for numbers in 万人; None reads it from the column's name. A cell with a unit of its own is in
    that unit, whatever the header says. ``each`` is the people of one of what is counted, such as a household.

    Raises
    ------
    DataError
        AG3018 no number, AG3422 below zero, AG3425 too many to be people.
    """
    field = str(series.name)
    scale = header_factor(field) if factor is None else factor
    values = number(series, label=label, field=field, units="count", factor=scale, doubts=doubts)
    # Hundredths of 万 are whole people.
    values = (values * each).round(6)
    below = values < 0
    if below.any():
        row = int(values.index[below][0])
        raise DataError("AG3422", file=label, row=row, key=field, number=float(values[row]))
    many = values > MOST_PEOPLE
    if many.any():
        row = int(values.index[many][0])
        raise DataError("AG3425", file=label, row=row, key=field, number=float(values[row]))
    empty = values.isna()
    if group == "total" and empty.any():
        texted: dict[str, Value] = {"rows": rows_text(values.index[empty])}
        doubts.append(Doubt(code="AG9404", place=Place(file=label), count=int(empty.sum()), values=texted))
    return values.fillna(0.0).to_numpy(dtype=np.float64)


def check_groups(frame: pd.DataFrame, people: Mapping[str, Floats], *, label: str, doubts: list[Doubt]) -> None:
    """Report the rows where a group has more people than there are in all, as AG9405."""
    for group, values in people.items():
        more = values > people["total"] * (1 + 1e-9)
        if more.any():
            surplus = float((values - people["total"])[more].sum())
            told: dict[str, Value] = {
                "group": group,
                "rows": rows_text(frame.index[more]),
                "surplus": rounded(surplus),
            }
            doubt = Doubt(code="AG9405", place=Place(file=label), count=int(more.sum()), people=surplus, values=told)
            doubts.append(doubt)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns if name != "geometry")
