"""What drove the change between two years of one county: facilities, roads, people, or the standard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from accessgis.base.errors import UsageError
from accessgis.base.schema import Column, Schema
from accessgis.decide.crosswalk import INDEX_UNIT
from accessgis.decide.history import INDEX, LEVEL
from accessgis.decide.mixtures import INPUTS, Mixtures, read_mixtures
from accessgis.decide.shapley import shapley
from accessgis.standards.catalogue import Catalogue
from accessgis.study.counted import study_layers
from accessgis.study.measure import Measured, measure
from accessgis.study.model import Study
from accessgis.study.prepare import Prepared
from accessgis.study.rules import ChosenRule
from accessgis.study.run import equal_access_of, judged_rows

DRIVERS = Schema(
    "drivers",
    (
        Column("rule", "text", "rule id, or index for the equal-access index"),
        Column("county", "text", "code of the county"),
        Column("unit", "text", "what the figures count; '' for shares of people"),
        Column("before", "float", "figure of the earlier study"),
        Column("after", "float", "figure of the later one"),
        Column("change", "float", "after − before"),
        Column("supply", "float", "what facilities contributed; NaN where a mixture cannot be judged"),
        Column("roads", "float", "what roads, heights, speeds and the snap limit contributed"),
        Column("people", "float", "what people and areas contributed"),
        Column("standard", "float", "what rules, targets and the day of the study contributed"),
    ),
)
_Figures = dict[tuple[str, str], tuple[float, str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Drivers:
    """What drove a change.

    Attributes
    ----------
    before, after
        ``code, name, data_date, generated`` of the studies.
    table
        Schema :data:`DRIVERS`: the rules of both studies that have a figure in both, and the index.
    unchanged
        The inputs that are the same in both studies.
    rules
        ``title`` and ``source_title`` of the rules in both languages, by id.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    table: pd.DataFrame
    unchanged: frozenset[str]
    rules: Mapping[str, Mapping[str, Any]]


def what_drove(before: Study, after: Study, *, progress: Callable[[str], None] = lambda _: None) -> Drivers:
    """Return what each input contributed to the change between two studies of one county.

    Every mixture of earlier and later inputs is assessed, at most sixteen; inputs that are the same are not mixed.

    Parameters
    ----------
    before, after
        Two checked studies of one code (:func:`accessgis.read_study`).
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2509 the studies are of different areas; what judging either study raises.
    """
    codes = [study.file.study.code for study in (before, after)]
    if codes[0] != codes[1]:
        raise UsageError("AG2509", file=after.path.name, one=codes[0], other=codes[1])
    mixtures = read_mixtures((before, after), progress=progress)
    same = mixtures.unchanged()
    inputs = tuple(name for name in INPUTS if name not in same)
    found = dict(_figures(mixtures, inputs, progress))
    first, last = found[frozenset()], found[frozenset(inputs)]
    rows = []
    for key in last:
        if key in first and not math.isnan(first[key][0]) and not math.isnan(last[key][0]):
            values = {subset: figures.get(key, (math.nan, ""))[0] for subset, figures in found.items()}
            rows.append(_row(key, last[key][1], values, inputs))
    table = pd.DataFrame(rows, columns=list(DRIVERS.names)).astype(
        {column.name: "str" if column.type == "text" else "float64" for column in DRIVERS.columns}
    )
    DRIVERS.require(table)
    return Drivers(
        before=_told(before),
        after=_told(after),
        table=table,
        unchanged=same,
        rules=_titles(*mixtures.rules[1]),
    )


def _titles(rules: tuple[ChosenRule, ...], catalogue: Catalogue) -> dict[str, Mapping[str, Any]]:
    return {
        chosen.standard.id: {
            "title": asdict(chosen.standard.title),
            "source_title": asdict(catalogue.source_title(chosen.standard)),
        }
        for chosen in rules
    }


def _told(study: Study) -> dict[str, Any]:
    info = study.file.study
    return {"code": info.code, "name": info.name, "data_date": info.data_date.isoformat(), "generated": info.generated}


def _figures(
    mixtures: Mixtures, inputs: tuple[str, ...], progress: Callable[[str], None]
) -> Iterator[tuple[frozenset[str], _Figures]]:
    """Yield the figures of every mixture; each takes over from the last what both have in common."""
    last: Measured | None = None
    keys = list(_walk(inputs))
    for number, changed in enumerate(keys, start=1):
        progress(f"{number}/{len(keys)}")
        layers = mixtures.layers({name: int(name in changed) for name in INPUTS})
        rules, catalogue = mixtures.rules[int("standard" in changed)]
        known = last if last is not None and _takes_over(last, layers) else None
        last = measure(layers, rules, catalogue, before=known)
        yield changed, _county_figures(last)


def _walk(inputs: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """Yield all subsets so that one input changes at a time, those that cost least to change most often (Gray code)."""
    order = [name for name in ("standard", "people", "supply", "roads") if name in inputs]
    for number in range(2 ** len(order)):
        code = number ^ (number >> 1)
        yield frozenset(name for place, name in enumerate(order) if code >> place & 1)


def _takes_over(last: Measured, layers: Prepared) -> bool:
    """Return whether what was built for earlier layers can serve these: heights and snap limit are part of it."""
    return last.prepared.heights is layers.heights and last.prepared.study.file.network == layers.study.file.network


def _county_figures(measured: Measured) -> _Figures:
    """Return figure and unit of every rule and of the index, by rule and county."""
    layers = study_layers(measured.prepared, measured.groupings, measured.rules)
    rows = judged_rows(measured, layers)
    index = equal_access_of(measured, rows).areas
    own = rows[rows["headline"] & (rows["level"] == LEVEL)]
    value = own["covered_share"].where(own["profile"] != "", own["value"])
    found = {
        (str(rule), str(area)): (float(figure), str(unit))
        for rule, area, figure, unit in zip(own["rule"], own["area"], value, own["unit"], strict=True)
    }
    for row in index[index["level"] == LEVEL].to_dict("records"):
        found[INDEX, str(row["area"])] = (float(row["attained"]), INDEX_UNIT)
    return found


def _row(
    key: tuple[str, str], unit: str, values: Mapping[frozenset[str], float], inputs: tuple[str, ...]
) -> dict[str, Any]:
    before, after = values[frozenset()], values[frozenset(inputs)]
    row: dict[str, Any] = {"rule": key[0], "county": key[1], "unit": unit, "before": before, "after": after}
    parts: dict[str, float] = dict.fromkeys(INPUTS, 0.0)
    if any(math.isnan(value) for value in values.values()):
        parts |= dict.fromkeys(inputs, math.nan)
    else:
        parts |= {name: float(part) for name, part in shapley(values, inputs).items()}
    return {**row, "change": after - before, **parts}
