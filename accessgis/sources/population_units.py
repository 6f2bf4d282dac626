"""People from tables that count them per village or township, as statistics offices keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas, Level
from accessgis.layers.codes import normal_code
from accessgis.layers.demand import GROUPS
from accessgis.layers.unit_names import NAMED, Named, UnitNames
from accessgis.layers.unit_people import UnitPeople
from accessgis.layers.village_places import code_doubts
from accessgis.sources.door import rounded, rows_text
from accessgis.sources.header_units import header_factor, header_unit
from accessgis.sources.population_table import check_groups, people_column
from accessgis.sources.tables import TABLE_ENDINGS, Table, find_columns, open_table, texts

Basis = Literal["resident", "registered"]
Floats = NDArray[np.float64]

_OTHER: Mapping[Basis, Basis] = {"resident": "registered", "registered": "resident"}
_WHOLE = 1e-6
LISTED = 20
"""Rows that a message names; the rest are counted."""

_CODE_FIELDS = ("county", "township", "village")
_COUNTY_FIELDS = ("county", "county_name")
_UNIT_FIELDS = ("township", "village", "township_name", "village_name")
_TEN_THOUSANDS = {"people": re.compile(r"单位[:：].*万人"), "households": re.compile(r"单位[:：].*万户")}


def counts_units(path: Path, *, label: str, columns: Mapping[str, str], sheet: str | None) -> bool:
    """Return whether a table counts people per unit rather than at points: it names units and has no coordinates."""
    if path.suffix.lower() not in TABLE_ENDINGS:
        return False
    frame = open_table(path, label=label, table="population", columns=columns, sheet=sheet).value.frame
    found = find_columns(frame, "population", columns, label=label)
    placed = any(field in found for field in ("lon", "lat", "easting", "northing"))
    return not placed and any(field in found for field in _UNIT_FIELDS)


def read_unit_people(
    path: Path,
    *,
    label: str,
    columns: Mapping[str, str],
    areas: Areas,
    basis: Basis,
    sheet: str | None = None,
    persons_per_household: float | None = None,
) -> Reading[UnitPeople]:
    """Read people per village, or per township where a table has no villages.

    Parameters
    ----------
    path
        Excel or CSV table. Titles above the header are skipped; a township written once above its villages counts for
        all of them; numbers may be in 万人, as the header or a title says.
    label
        Path for messages and provenance.
    columns
        Field → column: ``county, township, village`` by code or name, ``county_name, township_name, village_name``,
        ``households, resident, registered, total`` and group ids. Shipped names are tried for the others.
    areas
        Areas whose villages or townships the rows name.
    basis
        Which column counts the people: ``resident`` or ``registered``; a column of neither (人口) serves both.
    sheet
        Sheet of a workbook.
    persons_per_household
        Makes people of households where the table has nothing else.

    Returns
    -------
    Reading[UnitPeople]
        Units, each once. Rows that sum up are held against what they sum up (AG9440) and left out, rows that name no
        unit of the study are listed with their people (AG9441), units without a row are counted (AG9442).

    Raises
    ------
    DataError
        AG3420, AG3422, AG3423, AG3425, AG3440–AG3444 and AG30xx with the row and field.
    """
    reading = open_table(path, label=label, role="population", table="population", columns=columns, sheet=sheet)
    table, doubts = reading.value, list(reading.doubts)
    found = find_columns(table.frame, "population", columns, label=label, fields=_fields())
    level: Level = "village" if "village" in found or "village_name" in found else "township"
    names = UnitNames(areas)
    stated = _stated(table.frame, found, names, label=label, doubts=doubts)
    table, stated, alone = _without_sums(table, stated, level)
    frame = table.frame
    _check_rows(frame, stated, level, label=label)
    counts = _counts(found, basis, persons_per_household, label=label, frame=frame, doubts=doubts)
    counted = {column: "households" if column == found.get("households") else "people" for column, _ in counts.values()}
    scales = {group: _scale(column, _titled(table.titles, counted[column])) for group, (column, _) in counts.items()}
    people = {
        group: people_column(frame[column], group, label=label, doubts=doubts, factor=scales[group], each=each)
        for group, (column, each) in counts.items()
    }
    if not people["total"].sum() > 0:
        raise DataError("AG3423", file=label)
    check_groups(frame, people, label=label, doubts=doubts)
    doubts += _fractions(frame, counts, people, label=label)
    doubts += _total_doubts(table, counts, people, scales, stated, alone, label)
    named = [names.find(row) for row in stated]
    codes = [one.codes.get(level, "") for one in named]
    doubts += _unmatched(frame, stated, named, codes, people["total"], label=label)
    if not any(codes):
        raise DataError("AG3443", file=label, level_zh="乡镇" if level == "township" else "村", level_en=level)
    recoded = [int(row) for row, one in zip(frame.index, named, strict=True) if one.recoded]
    if recoded:
        values: dict[str, Value] = {"ids": rows_text(recoded)}
        doubts.append(Doubt(code="AG9066", place=Place(file=label), count=len(recoded), values=values))
    doubts += _repeated(frame, codes, people["total"], label=label)
    doubts += _without_row(areas, level, codes, names, label=label)
    rowless = not set(areas.at(level)["code"]) <= set(codes)
    ours = [
        not code and _is_ours(units, one, names, rowless=rowless)
        for code, units, one in zip(codes, stated, named, strict=True)
    ]
    lost = float(people["total"][np.array(ours, dtype=bool)].sum())
    return Reading(replace(_summed(level, codes, people), lost=lost), reading.inputs, tuple(doubts))


def _fields() -> tuple[str, ...]:
    return (*_COUNTY_FIELDS, *_UNIT_FIELDS, "resident", "registered", "households", "total", *GROUPS[1:])


def _scale(column: str, scale: float) -> float:
    """Return the factor of a column: a unit in its own header goes before the title of the table."""
    return header_factor(column) if header_unit(column) else scale


def _titled(titles: Sequence[str], counted: str) -> float:
    """Return what the titles of a table multiply people or households by: 单位：户、万人 says nothing of households."""
    return 10_000.0 if any(_TEN_THOUSANDS[counted].search(title) for title in titles) else 1.0


def _stated(
    frame: pd.DataFrame, found: Mapping[str, str], names: UnitNames, *, label: str, doubts: list[Doubt]
) -> list[dict[Level, str]]:
    """Return the county, township and village that each row states, those written once counting until the next.

    A column of counties tells rows of other counties apart; where it never says one of the study, it says nothing.

    Raises
    ------
    DataError
        AG3306 a code that a spreadsheet changed, AG3073 the code of one unit and the name of another.
    """
    empty = [""] * len(frame)
    fields = (*_COUNTY_FIELDS, *_UNIT_FIELDS)
    cells = {field: texts(frame[found[field]]) if field in found else empty for field in fields}
    cells |= {field: _codes(frame, found[field], label=label) for field in _CODE_FIELDS if field in found}
    counties = [code or name for code, name in zip(*(cells[field] for field in _COUNTY_FIELDS), strict=True)]
    if not any(names.find({"county": county}).codes for county in dict.fromkeys(counties)):
        counties = empty
    result, county, township = [], "", ("", "")
    renamed, by_name, against = [], [], []
    rows = zip(frame.index, counties, *(cells[field] for field in _UNIT_FIELDS), strict=True)
    for row, above, code, village, name, village_name in rows:
        own, low = bool(code or name), bool(village or village_name)
        if own or (above and above != county):
            township = (code, name)
        county = above or county
        upper = township if own or low else ("", "")
        settled = names.settle(
            {"county": county, "township": upper[0], "village": village},
            {"township": upper[1], "village": village_name},
        )
        result.append({**settled.stated, "county": county if low or own or above else ""})
        shown = f"{village_name or name} ({row})"
        against += [f"{shown}: {settled.against}"] if settled.against else []
        renamed += [f"{shown}: {settled.renamed}"] if settled.renamed else []
        by_name += [shown] if settled.by_name else []
    if against:
        raise DataError("AG3073", file=label, count=len(against), names=_listed(against))
    doubts += code_doubts(renamed, by_name, label=label)
    return result


def _codes(frame: pd.DataFrame, column: str, *, label: str) -> list[str]:
    codes = []
    for row, text in zip(frame.index, texts(frame[column]), strict=True):
        try:
            codes.append(normal_code(text, chinese=True))
        except ValueError as error:
            raise DataError("AG3306", file=label, row=int(row), key=column, unit=text) from error
    return codes


def _listed(shown: Sequence[str]) -> str:
    return "; ".join(shown[:LISTED]) + (" …" if len(shown) > LISTED else "")


def _without_sums(
    table: Table, stated: list[dict[Level, str]], level: Level
) -> tuple[Table, list[dict[Level, str]], dict[int, str]]:
    """Set apart the rows that name a township or county alone: sums of the rows below or above them."""
    alone = np.array([not row[level] and any(row.values()) for row in stated], dtype=bool)
    named = {
        int(row): units["township"] or units["county"]
        for row, units, one in zip(table.frame.index, stated, alone, strict=True)
        if one
    }
    totals = pd.concat([table.totals, table.frame[alone]]).sort_index()
    kept = Table(frame=table.frame[~alone], totals=totals, titles=table.titles)
    return kept, [row for row, one in zip(stated, alone, strict=True) if not one], named


def _check_rows(frame: pd.DataFrame, stated: list[dict[Level, str]], level: Level, *, label: str) -> None:
    """Refuse rows that name no unit, and rows that repeat another in every field."""
    cells = frame.assign(township=[row["township"] for row in stated])
    for row, units in zip(frame.index, stated, strict=True):
        if not units[level]:
            raise DataError("AG3440", file=label, row=int(row), unit="")
    repeats = cells.duplicated()
    if repeats.any():
        row = int(frame.index[repeats][0])
        first = int(frame.index[(cells == cells.loc[row]).all(axis=1)][0])
        raise DataError("AG3444", file=label, row=row, first=first)


def _counts(
    found: Mapping[str, str],
    basis: Basis,
    persons_per_household: float | None,
    *,
    label: str,
    frame: pd.DataFrame,
    doubts: list[Doubt],
) -> dict[str, tuple[str, float]]:
    """Return group → column and what its numbers are multiplied by."""
    groups = {group: (found[group], 1.0) for group in GROUPS[1:] if group in found}
    for field in (basis, "total"):
        if field in found:
            below = {group: (column, 1.0) for group, column in _below(frame, found[field], label=label).items()}
            chosen = {**groups, **below}
            doubts += _of_the_other_basis(chosen, found.get(_OTHER[basis], ""), label=label)
            return {"total": (found[field], 1.0), **chosen}
    other = _OTHER[basis]
    if other in found:
        raise DataError("AG3441", file=label, key="population.basis", basis=basis, column=found[other], other=other)
    if "households" not in found:
        listed = ", ".join(str(name) for name in frame.columns)
        raise DataError("AG3420", file=label, field=basis, columns=listed)
    if persons_per_household is None:
        raise DataError("AG3442", file=label, key="population.persons_per_household", column=found["households"])
    values: dict[str, Value] = {"persons": persons_per_household}
    doubts.append(Doubt(code="AG9443", place=Place(file=label), values=values))
    return {"total": (found["households"], persons_per_household), **groups}


def _below(frame: pd.DataFrame, column: str, *, label: str) -> dict[str, str]:
    """Return the columns of groups below the header of a column: 60岁及以上 of 常住人口, not of 户籍人口."""
    above = column.rpartition("/")[0]
    alike = [name for name in frame.columns if above and str(name).startswith(f"{above}/")]
    return find_columns(frame[alike], "population", {}, label=label, fields=GROUPS[1:])


def _of_the_other_basis(groups: Mapping[str, tuple[str, float]], other: str, *, label: str) -> list[Doubt]:
    """Doubt groups that stand below the header of the people who are not counted."""
    above = other.rpartition("/")[0]
    columns = [column for column, _ in groups.values() if above and column.startswith(f"{above}/")]
    if not columns:
        return []
    return [Doubt(code="AG9330", place=Place(file=label), count=len(columns), values={"columns": ", ".join(columns)})]


def _fractions(
    frame: pd.DataFrame, counts: Mapping[str, tuple[str, float]], people: Mapping[str, Floats], *, label: str
) -> list[Doubt]:
    """Doubt people in fractions: they may be in 万人, or shares of the total, which nothing in the table says."""
    doubts = []
    for group, (column, each) in counts.items():
        parts = np.abs(people[group] - np.round(people[group])) > _WHOLE
        if each == 1.0 and parts.any():
            values: dict[str, Value] = {
                "column": column,
                "rows": rows_text(frame.index[parts]),
                "people": rounded(people[group].sum()),
            }
            doubts.append(Doubt(code="AG9325", place=Place(file=label), count=int(parts.sum()), values=values))
    return doubts


def _total_doubts(
    table: Table,
    counts: Mapping[str, tuple[str, float]],
    people: Mapping[str, Floats],
    scales: Mapping[str, float],
    stated: list[dict[Level, str]],
    alone: Mapping[int, str],
    label: str,
) -> list[Doubt]:
    """Hold the rows that sum up against all rows, those of a township beside, and those up to the next sum.

    A row of a township ``alone`` that does not is no sum: its people may live in no village of the table.
    """
    if table.totals.empty:
        return []
    data, sums = table.frame.index.to_numpy(), table.totals.index.to_numpy()
    edges = np.concatenate([[0], sums, [np.iinfo(np.int64).max]])
    above = [np.array([row[unit] for row in stated], dtype=object) for unit in ("township", "county")]
    wrong: dict[int, str] = {}
    for group, (column, each) in counts.items():
        cells, scale = table.totals[column], scales[group]
        sum_stated = people_column(cells, "", label=label, doubts=[], factor=scale, each=each)
        written = texts(cells)
        for place, (row, value) in enumerate(zip(sums.tolist(), sum_stated.tolist(), strict=True)):
            if not written[place]:
                continue
            after = int(np.searchsorted(data, row))
            blocks = [data > 0, (data > edges[place]) & (data < row), (data > row) & (data < edges[place + 2])]
            blocks += [units == one for units in above for one in units[max(0, after - 1) : after + 1]]
            found = [float(people[group][block].sum()) for block in blocks]
            slack = each * _rounding(written[place], scale) * (len(data) + 1)
            nearest = min(found, key=lambda sum_, value=value: abs(sum_ - value))  # type: ignore[misc]
            if abs(nearest - value) > slack + 1e-6:
                if row in alone:
                    raise DataError("AG3440", file=label, row=int(row), unit=alone[row])
                wrong.setdefault(int(row), f"{column} {value:g} ≠ {nearest:g}")
    values: dict[str, Value] = {"rows": rows_text(sums)}
    doubts = [Doubt(code="AG9060", place=Place(file=label), count=len(sums), values=values)]
    if wrong:
        shown = "; ".join(f"{row}: {text}" for row, text in list(wrong.items())[:LISTED])
        doubts.append(Doubt(code="AG9440", place=Place(file=label), count=len(wrong), values={"sums": shown}))
    return doubts


def _rounding(text: str, factor: float) -> float:
    """Return how far rounding may have moved a number: whole people not at all, 6.93 万人 by 50."""
    decimals = len(text.partition(".")[2].rstrip("万人户 "))
    unit = max(factor, 10_000.0) if "万" in text else factor
    return 0.5 * unit * 10.0**-decimals if decimals or unit != 1.0 else 0.0


def _is_ours(stated: Mapping[Level, str], named: Named, names: UnitNames, *, rowless: bool) -> bool:
    """Return whether a row whose unit was not found lies in the study.

    A table of the whole prefecture is as good as one of the county, and one of the county as one of some townships: a
    row is ours whose township is, by name or by the village's code, or whose county is while units of ours have no row.
    """
    village = stated["village"]
    if village.isdecimal():
        return bool(names.find({"township": village[:9]}).codes)
    return bool(named.candidates) or "township" in named.codes or ("county" in named.codes and rowless)


def _unmatched(
    frame: pd.DataFrame,
    stated: list[dict[Level, str]],
    named: list[Named],
    codes: list[str],
    people: Floats,
    *,
    label: str,
) -> list[Doubt]:
    rows = [place for place, code in enumerate(codes) if not code]
    if not rows:
        return []
    shown = []
    for place in rows[:LISTED]:
        unit = "".join(stated[place].get(level, "") for level in NAMED)
        several = f" = {' / '.join(named[place].candidates)}?" if named[place].candidates else ""
        shown.append(f"{unit} ({frame.index[place]}){several} {people[place]:g}")
    lost = float(people[rows].sum())
    values: dict[str, Value] = {
        "names": "; ".join(shown) + (" …" if len(rows) > LISTED else ""),
        "round_people": round(lost),
        "percent": rounded(100 * lost / float(people.sum()), 3),
    }
    return [Doubt(code="AG9441", place=Place(file=label), count=len(rows), people=lost, values=values)]


def _repeated(frame: pd.DataFrame, codes: list[str], people: Floats, *, label: str) -> list[Doubt]:
    several = pd.Series(codes, index=frame.index)
    several = several[(several != "") & several.duplicated(keep=False)]
    if several.empty:
        return []
    _refuse_sums(several, pd.Series(people, index=frame.index), label=label)
    values: dict[str, Value] = {"rows": rows_text(several.index), "units": int(several.nunique())}
    at = frame.index.get_indexer(several.index)
    amount = float(people[at].sum())
    return [Doubt(code="AG9444", place=Place(file=label), count=len(several), people=amount, values=values)]


def _refuse_sums(several: pd.Series, people: pd.Series, *, label: str) -> None:
    """Refuse rows that count as many people as two or more other rows of their unit: sums that do not say so.

    One village in some hundred is so by chance; where half of those with three rows and more are, it is none.
    """
    sums: list[tuple[int, pd.Index]] = []
    asked = 0
    for _, rows in several.groupby(several):
        counted = people[rows.index]
        if (counted > 0).sum() > 2:
            asked += 1
            whole = counted.index[(counted > 0) & (np.abs(2 * counted - counted.sum()) < _WHOLE)]
            sums += [(int(row), rows.index[rows.index != row]) for row in whole]
    if sums and 2 * len(sums) >= asked:
        row, rest = sums[0]
        raise DataError("AG3429", file=label, row=row, rows=rows_text(rest), number=float(people[row]))


def _without_row(areas: Areas, level: Level, codes: list[str], names: UnitNames, *, label: str) -> list[Doubt]:
    counted = set(codes)
    absent = [str(code) for code in areas.at(level)["code"] if code not in counted]
    if not absent:
        return []
    shown = "; ".join(names.title(code) for code in absent[:LISTED]) + (" …" if len(absent) > LISTED else "")
    return [Doubt(code="AG9442", place=Place(file=label), count=len(absent), values={"names": shown})]


def _summed(level: Level, codes: list[str], people: Mapping[str, Floats]) -> UnitPeople:
    units = sorted(set(codes) - {""})
    place = pd.Index(units).get_indexer(pd.Index(codes))
    kept = place >= 0
    sums = {
        group: np.bincount(place[kept], weights=values[kept], minlength=len(units)).astype(np.float64)
        for group, values in people.items()
    }
    return UnitPeople(level=level, codes=tuple(units), people=sums)
