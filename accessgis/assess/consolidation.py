"""Consolidation rules: which facilities pass a plan's test for merging; a candidate, never a decision."""

from __future__ import annotations

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
    sum_by,
)


def evaluate_consolidation(rule: CountedRule, layers: Layers) -> pd.DataFrame:
    """Return the candidates per county; those whose test lacks a figure are told apart, never counted."""
    kinds = [kind for part in rule.standard.facilities_any for kind in part]
    if len(lacking_kinds(layers, kinds)) == len(kinds):
        return nothing_known(rule, layers, (*rule.missing, "facilities:" + "|".join(kinds)))
    passes, open_, why = passing(layers, rule.standard.having)
    mine = of_kinds(layers, kinds)
    grouping = layers.groupings["county"]
    size, index = len(grouping.codes), layers.unit_of["county"]
    found, unknown = (sum_by(index, (mine & mask).astype(np.float64), size) for mask in (passes, open_))
    rows = [
        Row(
            level="county", area=code, area_name=name, unit="candidates",
            value=np.nan if unknown[i] else float(found[i]),
            verdict="not_judged" if unknown[i] else "no_target", missing=why if unknown[i] else (),
        )
        for i, (code, name) in enumerate(zip(grouping.codes, grouping.names, strict=True))
    ]  # fmt: skip
    return frame_of(rule, rows)
