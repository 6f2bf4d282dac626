"""Many results of several years as one story: which were read, what they say year by year, what stands in the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accessgis.base.errors import UsageError
from accessgis.decide.history import HISTORY, county_history, on_last_units
from accessgis.decide.trend import trends

_TOLD = ("title", "source", "source_title", "section", "force", "horizon", "category", "lead", "nature", "op")
"""Fields of a rule that pages print."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Observed:
    """One result of the past.

    Attributes
    ----------
    label
        Where it was found, relative to the folder of the history.
    sha256
        Hash of the file that it was read from.
    study
        ``study`` of assessment.json.
    rules
        What pages print of each rule, by id.
    rows
        Schema :data:`accessgis.decide.history.HISTORY` without ``restated``.
    whole
        False where only the table of a batch was there: mode, basis and definitions are unknown, and the index too.
    """

    label: str
    sha256: str
    study: Mapping[str, Any]
    rules: Mapping[str, Mapping[str, Any]]
    rows: pd.DataFrame
    whole: bool = True

    @property
    def day(self) -> dt.date:
        """Day that its data are about."""
        return dt.date.fromisoformat(str(self.study["data_date"]))


@dataclass(frozen=True, eq=False, kw_only=True)
class Monitoring:
    """Counties by year.

    Attributes
    ----------
    table
        Schema :data:`accessgis.decide.trend.MONITOR`.
    rules
        What pages print of each rule, by id, as the last result says it.
    results
        The results that were read, by day and code.
    older
        Those of them that a later one of the same county and year stands in for.
    drivers
        What drove changes of single counties: documents of ``accessgis drivers``.
    crosswalk
        Name and SHA-256 of the crosswalk, None without one.
    """

    table: pd.DataFrame
    rules: Mapping[str, Mapping[str, Any]]
    results: tuple[Observed, ...]
    older: tuple[Observed, ...] = ()
    drivers: tuple[Mapping[str, Any], ...] = ()
    crosswalk: Mapping[str, str] | None = None

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the history, the first one first."""
        return tuple(sorted({observed.day.year for observed in self.results}))

    @property
    def absent(self) -> tuple[tuple[str, str], ...]:
        """Code and name of counties that the last year has no result of."""
        last = self.table[self.table["year"] == max(self.years)]
        gone = self.table[~self.table["county"].isin(last["county"])].drop_duplicates("county")
        return tuple(zip(gone["county"], gone["county_name"], strict=True))


def observed(
    document: Mapping[str, Any], rows: pd.DataFrame, *, label: str, sha256: str, whole: bool = True
) -> Observed:
    """Return what a history keeps of a result.

    Parameters
    ----------
    document, rows
        As for :func:`accessgis.decide.history.county_history`.
    label, sha256, whole
        Attributes of :class:`Observed`.
    """
    rules = {rule["rule"]: {name: rule.get(name) for name in _TOLD} for rule in document["rules"]}
    return Observed(
        label=label,
        sha256=sha256,
        study=document["study"],
        rules=rules,
        rows=county_history(document, rows),
        whole=whole,
    )


def monitored(
    results: Sequence[Observed],
    *,
    crosswalk: pd.DataFrame | None = None,
    crosswalk_file: Mapping[str, str] | None = None,
    drivers: Sequence[Mapping[str, Any]] = (),
) -> Monitoring:
    """Return what results of several years say together.

    Parameters
    ----------
    results
        Results, each of one or several counties on one day.
    crosswalk
        Schema :data:`accessgis.sources.crosswalk.CROSSWALK`: earlier years are restated on the units of the last.
    crosswalk_file, drivers
        Attributes of :class:`Monitoring`.

    Raises
    ------
    UsageError
        AG2508 two results are of the same area and day, or of areas with a county in common and one year.
    """
    in_order = sorted(results, key=lambda one: (one.day, str(one.study["code"]), one.label))
    seen: dict[tuple[str, dt.date], Observed] = {}
    for one in in_order:
        _require_new(seen, (str(one.study["code"]), one.day), one)
    kept = {(str(one.study["code"]), one.day.year): one for one in in_order}
    last = tuple(one for one in in_order if kept[str(one.study["code"]), one.day.year] is one)
    _require_once(last)
    frames = [one.rows for one in last if len(one.rows)]
    history = pd.concat(frames, ignore_index=True) if frames else HISTORY.empty().drop(columns="restated")
    rules: dict[str, Mapping[str, Any]] = {}
    for one in last:
        rules |= one.rules
    return Monitoring(
        table=trends(on_last_units(history, crosswalk)),
        rules=rules,
        results=last,
        older=tuple(one for one in in_order if one not in last),
        drivers=tuple(drivers),
        crosswalk=crosswalk_file,
    )


def _require_new(seen: dict[tuple[str, dt.date], Observed], key: tuple[str, dt.date], one: Observed) -> None:
    if key in seen:
        raise UsageError("AG2508", value=key[0], day=key[1].isoformat(), one=seen[key].label, other=one.label)
    seen[key] = one


def _require_once(results: Sequence[Observed]) -> None:
    """Refuse a county that two results of one year hold: it would be counted twice."""
    seen: dict[tuple[str, dt.date], Observed] = {}
    for one in results:
        for county in dict.fromkeys(one.rows["area"]):
            _require_new(seen, (str(county), dt.date(one.day.year, 12, 31)), one)
