"""Earlier results on later units: people are summed, shares are made anew, and what cannot be summed is left open."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import pandas as pd

Changes = Mapping[str, Mapping[str, float]]
"""Old code → new code → part of the old unit's people."""

KEYS = ["rule", "level", "area", "group", "profile"]
INDEX_UNIT = "index"
"""Unit of the equal-access index, a figure that no sum gives anew."""
_PEOPLE = ("people", "covered")
_HASHES = ("basis", "mode", "definition", "goal")
"""Columns of a history that say what a figure means."""
_OPEN = ("covered_share", "range_low", "range_high", "value")


def changes_between(crosswalk: pd.DataFrame, after: dt.date, until: dt.date) -> dict[str, dict[str, float]]:
    """Return what became of each unit between two days: changes of several days follow one another.

    Parameters
    ----------
    crosswalk
        Schema :data:`accessgis.sources.crosswalk.CROSSWALK`.
    after, until
        Changes of the day ``until`` count, those of ``after`` do not: the earlier data know them already.
    """
    days = crosswalk[(crosswalk["valid_from"] > after.isoformat()) & (crosswalk["valid_from"] <= until.isoformat())]
    found: dict[str, dict[str, float]] = {}
    for _, rows in days.groupby("valid_from", sort=True):
        step: dict[str, dict[str, float]] = {}
        for old, new, share in zip(rows["old_code"], rows["new_code"], rows["population_share"], strict=True):
            step.setdefault(old, {})[new] = step.get(old, {}).get(new, 0.0) + float(share)
        for old in step:
            found.setdefault(old, {old: 1.0})
        for old, parts in found.items():
            moved: dict[str, float] = {}
            for code, share in parts.items():
                for new, part in step.get(code, {code: 1.0}).items():
                    moved[new] = moved.get(new, 0.0) + share * part
            found[old] = moved
    return found


def restated(rows: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Return rows of results on later units.

    Parameters
    ----------
    rows
        Rows with the keys :data:`KEYS`, ``area_name, people, covered, covered_share, range_low, range_high, value,
        unit, verdict, state``, and any other columns.
    changes
        Of :func:`changes_between`.

    Returns
    -------
    pandas.DataFrame
        The same columns and ``restated``, the old codes joined by ``;`` ('' for units that did not change). A unit
        that only has another code keeps all of its row. Of units that were put together or divided people and covered
        people are summed by the shares of their people, and shares and ranges follow from the sums; figures of rules
        that count are summed where whole units come together, else NaN; the verdict is '' (not_judged where a part has
        that).
    """
    return gathered(spread(rows, changes))


def spread(rows: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Return every row once for each later unit that has a part of its people: ``_old`` its code, ``_share`` the part.

    Parameters
    ----------
    rows, changes
        As for :func:`restated`.
    """
    pairs = [
        (place, code, new, share)
        for place, code in enumerate(rows["area"])
        for new, share in changes.get(code, {code: 1.0}).items()
    ]
    found = rows.iloc[[place for place, *_ in pairs]].reset_index(drop=True)
    return found.assign(
        area=pd.Series([new for _, _, new, _ in pairs], dtype="str"),
        _old=pd.Series([code for _, code, _, _ in pairs], dtype="str"),
        _share=pd.Series([share for *_, share in pairs], dtype="float64"),
    )


def gathered(parts: pd.DataFrame, *, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return one row for each later unit.

    Parameters
    ----------
    parts
        Of :func:`spread`.
    by
        Columns that are kept apart besides the keys, such as the year.
    """
    keys = [*by, *KEYS]
    whole = parts["_share"] == 1.0
    alone = ~parts.duplicated(keys, keep=False) & whole
    rows = [parts[alone].assign(restated=parts["_old"].where(parts["_old"] != parts["area"], "")[alone])]
    for _, mine in parts[~alone].groupby(keys, sort=False):
        rows.append(pd.DataFrame([_sum(mine)], index=mine.index[:1]))
    table = pd.concat([part for part in rows if len(part)] or rows[:1]).sort_index(kind="stable")
    return table.drop(columns=["_old", "_share"]).reset_index(drop=True).astype({"restated": "str"})


def _sum(mine: pd.DataFrame) -> dict[str, object]:
    """Return the row of a unit made of several, or of parts of some."""
    own = mine[mine["_old"] == mine["area"]]
    row: dict[str, object] = {str(name): value for name, value in (own if len(own) else mine).iloc[0].items()}
    row |= dict.fromkeys(_OPEN, math.nan)
    row |= {"verdict": "", "state": "", "restated": ";".join(mine["_old"])}
    if (mine["verdict"] == "not_judged").any():
        row["verdict"] = "not_judged"
    row |= {name: "mixed" for name in _HASHES if name in mine.columns and len(set(mine[name])) > 1}
    share = mine["_share"]
    for name in _PEOPLE:
        row[name] = math.fsum(mine[name] * share)
    people = float(row["people"])  # type: ignore[arg-type]  # a sum
    if str(row["profile"]):
        if people > 0:
            row["covered_share"] = float(row["covered"]) / people  # type: ignore[arg-type]  # a sum
            for name in ("range_low", "range_high"):
                lived = mine[mine["people"] > 0]
                row[name] = math.fsum(lived[name] * lived["people"] * lived["_share"]) / people
    elif (share == 1.0).all():
        row["value"] = _counted(mine, str(row["unit"]))
    return row


def _counted(mine: pd.DataFrame, unit: str) -> float:
    """Return the figure of whole units that came together, NaN where it cannot be told from theirs."""
    if unit == "share of units":
        present, asked = zip(*(_fraction(text) for text in mine["state"]), strict=True)
        return math.fsum(present) / total if (total := math.fsum(asked)) > 0 else math.nan
    if " per " in unit:
        people = math.fsum(mine["people"])
        return math.fsum(mine["value"] * mine["people"]) / people if people > 0 else math.nan
    if unit in ("share", "stated", INDEX_UNIT):
        return math.nan
    return math.fsum(mine["value"])


def _fraction(text: str) -> tuple[float, float]:
    part, slash, whole = str(text).partition("/")
    return (float(part), float(whole)) if slash and part.isdigit() and whole.isdigit() else (math.nan, math.nan)


def changed_units(before: pd.DataFrame, after: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """Return the units, as level and code, that cannot be compared because borders or codes changed.

    Those are units that only one of two results has; and, where units of a level went, one that grew by at least half
    of the smallest of them may have taken it in, as one that shrank by half of the smallest new unit may have given.

    Parameters
    ----------
    before, after
        Rows with ``level, area, profile, people``, the earlier ones restated if there is a crosswalk.
    """
    was, now = _people(before), _people(after)
    found: set[tuple[str, str]] = set(was.keys() ^ now.keys())
    for level in {level for level, _ in found}:
        gone = [people for key, people in was.items() if key[0] == level and key not in now]
        new = [people for key, people in now.items() if key[0] == level and key not in was]
        for key in was.keys() & now.keys():
            if key[0] == level:
                grown = now[key] - was[key]
                if (gone and grown >= max(1.0, min(gone) / 2)) or (new and -grown >= max(1.0, min(new) / 2)):
                    found.add(key)
    return frozenset(found)


def _people(rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return most people that any rule concerns, by level and area; 0 where no rule tells."""
    told = rows.assign(people=rows["people"].fillna(0.0)).groupby(["level", "area"], sort=False)["people"].max()
    return {(str(key[0]), str(key[1])): float(people) for key, people in told.items()}  # type: ignore[index]
