"""What the counties of a measured study add to the figures of their prefecture and province."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from accessgis.assess.parts import counted_parts, part_row, parts_frame
from accessgis.assess.rounding import nearest
from accessgis.study.controls import too_incomplete
from accessgis.study.counted import counted_rule, study_layers
from accessgis.study.doubts import absent_kinds
from accessgis.study.measure import Measured
from accessgis.study.rules import record

_PEOPLE = ("unclassified", "living")


def county_parts(measured: Measured, results: pd.DataFrame) -> pd.DataFrame:
    """Return what every county of a study adds under each rule, schema :data:`accessgis.assess.parts.PARTS`.

    Parameters
    ----------
    measured
        The study with its times.
    results
        Its rows, schema :data:`accessgis.assess.assessment.RESULTS`; people are summed as they stand there.
    """
    prepared = measured.prepared
    rows = _circle_parts(measured, results)
    layers = study_layers(prepared, measured.groupings, measured.rules)
    for chosen in measured.rules:
        if chosen.standard.kind == "circle":
            continue
        # A target that the county sets itself is no target of its prefecture.
        applied = record(replace(chosen, target=None), prepared.study, measured.catalogue)
        rows += counted_parts(counted_rule(chosen, applied, too_incomplete(prepared, applied)), layers)
    frame = parts_frame(rows)
    multiple = prepared.study.file.study.round_people_to
    if multiple is not None:
        living = frame["living"].notna()  # only figures of people tell of how many they are
        for name in ("asked", *_PEOPLE):
            told = nearest(frame[name].to_numpy(dtype=np.float64), multiple)
            frame[name] = frame[name].where(~living, pd.Series(told, frame.index))
    return frame


def _circle_parts(measured: Measured, results: pd.DataFrame) -> list[dict[str, Any]]:
    counties = measured.groupings["county"]
    at_county = results[(results["level"] == "county") & results["headline"]]
    rows = []
    for item, population in zip(measured.found, measured.populations, strict=True):
        rule, mine = item.chosen.standard, at_county[at_county["rule"] == item.chosen.standard.id]
        given = population.people
        living = counties.sums(np.where(population.judged, 0.0 if given is None else given, 0.0))
        living_in = dict(zip(counties.codes, living.tolist(), strict=True))
        missing = (*item.missing, *too_incomplete(measured.prepared, measured.record_of(item)))
        absent = tuple(f"facilities:{kind}" for kind in absent_kinds(measured.prepared, item.chosen))
        for row in mine.to_dict("records"):
            figures = {"asked": row["people"], "have": row["covered"], "open": row["off_network"],
                       "unclassified": row["unclassified"], "living": living_in[row["area"]]}  # fmt: skip
            rows.append(part_row(rule, row["area"], missing=missing, reasons=absent, **figures))
    return rows
