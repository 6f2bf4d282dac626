"""Consolidation rules: which facilities pass a plan's test for merging; a candidate, never a decision."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from accessgis.assess.supply import (
    CountedRule,
    Layers,
    Row,
    frame_of,
    lacking_kinds,
    nothing_known,
    of_kinds,
    passing,
)


def evaluate_consolidation(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the candidates per county; where the test of some lacks a figure, what is missing instead."""
    if len(lacking_kinds(layers, rule.kinds)) == len(rule.kinds):
        return nothing_known(rule, layers, (*rule.missing, "facilities:" + "|".join(rule.kinds)))
    passes, open_, why = passing(layers, rule.standard.having, of_kinds(layers, rule.kinds))
    counties = layers.unit_of["county"]
    found, unknown = (counties.sums(mask.astype(np.float64)) for mask in (passes, open_))
    rows = []
    for code, name, count, open_here in zip(counties.codes, counties.names, found, unknown, strict=True):
        missing = (*rule.missing, *(why if open_here else ()))
        rows.append(
            Row(
                level="county",
                area=code,
                area_name=name,
                value=math.nan if missing else float(count),
                unit="candidates",
                verdict="not_judged" if missing else "no_target",
                missing=missing,
            )
        )
    return frame_of(rule, rows)
