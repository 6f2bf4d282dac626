"""Rules that count facilities and amounts: what they see of a study, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from accessgis.assess.amount import evaluate_amount
from accessgis.assess.assessment import RuleRecord
from accessgis.assess.consolidation import evaluate_consolidation
from accessgis.assess.presence import evaluate_presence, village_classes
from accessgis.assess.supply import CountedRule, Layers
from accessgis.layers.areas import JUDGED_LEVELS, Level
from accessgis.layers.belonging import ancestor_codes
from accessgis.layers.places import code_kinds, concerned, village_class
from accessgis.measures.coverage import Grouping
from accessgis.standards.model import RuleKind
from accessgis.study.groupings import whole_level
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
        _EVALUATE[chosen.standard.kind](counted_rule(chosen, record, missing), layers)
        for chosen, record, missing in rules
        if chosen.standard.kind in _EVALUATE
    ]


def counted_rule(chosen: ChosenRule, record: RuleRecord, missing: tuple[str, ...] = ()) -> CountedRule:
    """Return a rule as it is applied: whether a shortfall counts, and whether the plan allows to speak of one."""
    own = chosen.target is not None
    has_target = record.target is not None or record.value is not None or bool(chosen.standard.units)
    return CountedRule(
        standard=chosen.standard,
        record=record,
        counts=(own or (record.force == "firm" and has_target)) and record.stage != "expired",
        may_fail=own or chosen.basis == "own" or record.force in ("firm", "strive"),
        missing=missing,
    )


def study_layers(prepared: Prepared, groupings: Mapping[Level, Grouping], rules: Sequence[ChosenRule]) -> Layers:
    """Return a study's layers as rules that count see them."""
    areas, demand, code = prepared.areas, prepared.demand, prepared.study.file.study.code
    facilities = _facilities(prepared, groupings["county"])
    unit_of = {}
    for level, grouping in groupings.items():
        if level not in JUDGED_LEVELS:
            continue
        index = pd.Index(grouping.codes).get_indexer(pd.Index(facilities[level]))
        unit_of[level] = replace(grouping, index=index.astype(np.int64))
    above = {level: ancestor_codes(areas, level) for level in groupings if level in JUDGED_LEVELS}
    whole = whole_level(code)
    if whole is not None:
        unit_of[whole] = replace(groupings[whole], index=np.zeros(len(facilities), dtype=np.int64))
        above[whole] = dict.fromkeys(areas.frame["code"], code)
    standards = [chosen.standard for chosen in rules]
    found = {
        where: concerned(demand, areas, where=where, study_code=code) for where in {rule.where for rule in standards}
    }
    codes = [str(entry) for entry in areas.frame["code"]]
    kinds = {name: code_kinds(name, codes, study_code=code) for name in ("township_kind", "committee_kind")}
    return Layers(
        facilities=facilities,
        unit_of=unit_of,
        groupings=groupings,
        above=above,
        kinds=pd.DataFrame(kinds, index=pd.Index(codes)),
        village_class={
            where: village_class(areas, where=where, study_code=code)
            for where in {name for rule in standards for name in village_classes(rule)}
        },
        kinds_given=prepared.facilities.kinds_given,
        people={group: demand.people(group) for group in demand.groups},
        inside={where: inside for where, (inside, _) in found.items()},
        unclassified={where: unknown for where, (_, unknown) in found.items()},
        statistics={(entry.what, entry.area or code): entry.value for entry in prepared.study.file.statistics},
    )


def _facilities(prepared: Prepared, counties: Grouping) -> pd.DataFrame:
    """Return the facilities in service of the study's counties; what has no place belongs to a county that is alone."""
    frame = pd.DataFrame(prepared.facilities.frame.drop(columns="geometry"))
    unplaced = frame["placement"] == "unplaced"
    kept = (frame["status"] == "in_service") & ((frame["county"] != "") | unplaced)
    facilities = frame[kept].reset_index(drop=True)
    return facilities.assign(county=counties.codes[0]) if len(counties.codes) == 1 else facilities
