"""What closing a candidate of a consolidation rule would do: times before and after, worst-off villages by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import CLOSURES
from accessgis.assess.supply import Layers, of_kinds, passing
from accessgis.measures.coverage import Grouping, quantiles
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import admitted
from accessgis.study.routing import Router
from accessgis.study.rules import ChosenRule

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
WORST = 5
"""Villages named for each candidate."""
_MS = 1000.0


def find_closures(prepared: Prepared, router: Router, rules: Sequence[ChosenRule], layers: Layers) -> pd.DataFrame:
    """Return one row per consolidation rule and candidate, the candidate whose closing moves most people first.

    Parameters
    ----------
    prepared, router
        Layers of the study and its networks.
    rules
        Every rule applied; others than consolidations are passed over.
    layers
        Facilities as rules that count see them.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.assess.assessment.CLOSURES`. One candidate is closed at a time, the others stay; whoever
        travels takes the quickest of the rule's profiles. A candidate without a place moves nobody.
    """
    rows = [
        row
        for chosen in rules
        if chosen.standard.kind == "consolidation" and chosen.standard.group in layers.people
        for row in _of_rule(prepared, router, chosen, layers)
    ]
    if not rows:
        return CLOSURES.empty()
    frame = pd.DataFrame(rows, columns=list(CLOSURES.names))
    return frame.sort_values(["rule", "people", "facility_id"], ascending=[True, False, True], ignore_index=True)


def _of_rule(prepared: Prepared, router: Router, chosen: ChosenRule, layers: Layers) -> list[dict[str, object]]:
    rule = chosen.standard
    kinds = [kind for part in rule.facilities_any for kind in part]
    passes, _, _ = passing(layers, rule.having, of_kinds(layers, kinds))
    candidates = set(layers.facilities.loc[passes, "facility_id"])
    frame = prepared.facilities.frame
    mask = admitted(prepared, kinds)
    cases = [router.case(profile, "central") for profile in rule.profiles] if candidates else []

    def quickest(open_: BoolArray) -> tuple[FloatArray, NDArray[np.int32]]:
        found = [router.times(case, open_, direction=rule.direction) for case in cases]
        ms = np.stack([times.ms for times in found])
        first, at = ms.argmin(axis=0), np.arange(ms.shape[1])
        return ms[first, at], np.stack([times.facility for times in found])[first, at]

    people = np.where(layers.inside[rule.where], layers.people[rule.group], 0.0)
    before, nearest = quickest(mask) if candidates else (people, people)
    rows = []
    for row in np.flatnonzero(frame["facility_id"].isin(candidates)):
        open_ = mask.copy()
        open_[row] = False
        after = quickest(open_)[0] if mask[row] else before
        moved = np.where(nearest == row, people, 0.0) if mask[row] else np.zeros_like(people)
        facility = frame.iloc[row]
        rows.append(
            {
                "rule": rule.id,
                **{name: facility[name] for name in ("facility_id", "name", "township", "village")},
                **_changes(moved, before, after),
                "worst": _worst(layers.groupings.get("village"), moved, before, after),
            }
        )
    return rows


def _changes(people: FloatArray, before: FloatArray, after: FloatArray) -> dict[str, float]:
    """Return how many people move, and their times before and after in seconds."""
    everybody = Grouping(codes=("",), names=("",), index=np.zeros(people.size, dtype=np.int64))
    found = {
        f"{name}_{when}_s": float(value) / _MS
        for when, ms in (("before", before), ("after", after))
        for name, value in zip(("median", "p90"), quantiles(ms, people, everybody, shares=(0.5, 0.9))[0], strict=True)
    }
    return {"people": float(people.sum()), "unreachable": float(people[~np.isfinite(after)].sum()), **found}


def _worst(
    villages: Grouping | None, people: FloatArray, before: FloatArray, after: FloatArray
) -> tuple[tuple[str, float, float, float], ...]:
    """Return the villages that have longest to travel afterwards: name, people, median seconds before and after."""
    if villages is None:
        return ()
    counts = villages.sums(people)
    old, new = (quantiles(ms, people, villages, shares=(0.5,))[:, 0] / _MS for ms in (before, after))
    lived_in = np.flatnonzero(counts > 0)
    order = lived_in[np.lexsort([lived_in, -counts[lived_in], -new[lived_in]])]
    return tuple((villages.names[i], float(counts[i]), float(old[i]), float(new[i])) for i in order[:WORST])
