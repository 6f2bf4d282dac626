"""Rules that count facilities and amounts: what they see of a study, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from accessgis.assess.amount import evaluate_amount
from accessgis.assess.assessment import RuleRecord
from accessgis.assess.consolidation import evaluate_consolidation
from accessgis.assess.presence import evaluate_presence
from accessgis.assess.supply import CountedRule, Layers
from accessgis.layers.areas import Level
from accessgis.layers.belonging import ancestor_codes
from accessgis.layers.codes import committee_kind, county_kind
from accessgis.layers.places import concerned
from accessgis.measures.coverage import Grouping
from accessgis.standards.model import RuleKind
from accessgis.study.prepare import Prepared
from accessgis.study.rules import ChosenRule

_EVALUATE: Mapping[RuleKind, Callable[[CountedRule, Layers], pd.DataFrame]] = {
    "presence": evaluate_presence,
    "ratio": evaluate_amount,
    "share": evaluate_amount,
    "total": evaluate_amount,
    "consolidation": evaluate_consolidation,
}
"""Every kind that counts; circles travel, directions are recorded and give no row."""
_STUDY_LEVELS: Mapping[int, Level] = {2: "province", 4: "prefecture"}


def evaluate_counted(
    rules: Sequence[tuple[ChosenRule, RuleRecord, tuple[str, ...]]],
    layers: Layers,
) -> list[pd.DataFrame]:
    """Return the rows of every rule that counts.

    Parameters
    ----------
    rules
        Each rule with its record and what keeps it from being judged anywhere.
    layers
        What the study knows, of :func:`study_layers`.
    """
    return [
        _EVALUATE[chosen.standard.kind](_counted_rule(chosen, record, missing), layers)
        for chosen, record, missing in rules
        if chosen.standard.kind in _EVALUATE
    ]


def _counted_rule(chosen: ChosenRule, record: RuleRecord, missing: tuple[str, ...]) -> CountedRule:
    own = chosen.target is not None
    has_target = record.target is not None or record.value is not None or bool(chosen.standard.units)
    return CountedRule(
        standard=chosen.standard,
        record=record,
        target=record.target,
        counts=(own or (record.force == "firm" and has_target)) and record.stage != "expired",
        may_fail=own or chosen.basis == "own" or record.force in ("firm", "strive"),
        missing=missing,
    )


def study_layers(prepared: Prepared, groupings: Mapping[Level, Grouping], *, wheres: set[str]) -> Layers:
    """Return a study's layers as rules that count see them."""
    frame = pd.DataFrame(prepared.facilities.frame.drop(columns="geometry"))
    unplaced = frame["placement"] == "unplaced"
    kept = (frame["status"] == "in_service") & ((frame["county"] != "") | unplaced)
    facilities = frame[kept].reset_index(drop=True)
    counties = groupings["county"].codes
    if len(counties) == 1:
        facilities["county"] = counties[0]
    levels = dict(groupings)
    code = prepared.study.file.study.code
    above = {level: ancestor_codes(prepared.areas, level) for level in groupings}
    whole = _STUDY_LEVELS.get(len(code))
    if whole is not None:
        judged = prepared.demand.frame["judged"].to_numpy(dtype=bool)
        name = prepared.study.file.study.name
        levels[whole] = Grouping(codes=(code,), names=(name,), index=np.where(judged, 0, -1).astype(np.int64))
        above[whole] = dict.fromkeys(prepared.areas.frame["code"], code)
    unit_of = {
        level: np.zeros(len(facilities), dtype=np.int64)
        if level == whole
        else pd.Index(grouping.codes).get_indexer(pd.Index(facilities[level])).astype(np.int64)
        for level, grouping in levels.items()
    }
    areas = prepared.areas.frame
    villages = areas[areas["level"] == "village"]
    seats = frozenset(villages.loc[villages["seat"], "code"]) or None
    found = {where: concerned(prepared.demand, prepared.areas, where=where, study_code=code) for where in wheres}
    return Layers(
        facilities=facilities,
        unit_of=unit_of,
        groupings=levels,
        above=above,
        units=_units(prepared),
        kinds_given=prepared.facilities.kinds_given,
        people={group: prepared.demand.people(group) for group in prepared.demand.groups},
        inside={where: inside for where, (inside, _) in found.items()},
        unclassified={where: unknown for where, (_, unknown) in found.items()},
        seats=seats,
        statistics={(entry.what, entry.area or code): entry.value for entry in prepared.study.file.statistics},
    )


def _units(prepared: Prepared) -> pd.DataFrame:
    """Return what is told of every area by its code."""
    frame = prepared.areas.frame
    codes = [str(code) for code in frame["code"]]
    return pd.DataFrame(
        {
            "township_kind": frame["township_kind"].to_numpy(),
            "ur_code": frame["ur_code"].to_numpy(),
            "committee_kind": [committee_kind(code) for code in codes],
            "county_kind": [county_kind(code) for code in codes],
        },
        index=pd.Index(codes, name="code"),
    )
