"""What closing a candidate of a consolidation rule would do: times before and after, worst-off villages by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import CLOSURES
from accessgis.assess.supply import Layers, of_kinds, passing
from accessgis.layers.places import concerned
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import admitted
from accessgis.study.routing import Router
from accessgis.study.rules import ChosenRule

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
WORST = 5
"""Villages named for each candidate."""
_MS = 1000.0


@dataclass(frozen=True, eq=False, kw_only=True)
class _Users:
    """People of a rule's group, and the quickest time of each over the rule's profiles."""

    people: FloatArray
    villages: NDArray[np.object_]
    names: dict[str, str]


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
        travels takes the quickest of the rule's profiles. A candidate without a place has no times.
    """
    rows = [
        row
        for chosen in rules
        if chosen.standard.kind == "consolidation" and chosen.standard.group in prepared.demand.groups
        for row in _of_rule(prepared, router, chosen, layers)
    ]
    frame = pd.DataFrame(rows, columns=list(CLOSURES.names))
    return frame.sort_values(["rule", "people", "facility_id"], ascending=[True, False, True], ignore_index=True)


def _of_rule(prepared: Prepared, router: Router, chosen: ChosenRule, layers: Layers) -> list[dict[str, object]]:
    rule = chosen.standard
    kinds = [kind for part in rule.facilities_any for kind in part]
    passes, _, _ = passing(layers, rule.having)
    candidates = layers.facilities.loc[passes & of_kinds(layers, kinds), "facility_id"].tolist()
    if not candidates:
        return []
    frame = prepared.facilities.frame
    mask = admitted(prepared, kinds)
    cases = [router.case(profile, "central") for profile in rule.profiles]

    def quickest(open_: BoolArray) -> tuple[FloatArray, NDArray[np.int32]]:
        found = [router.times(case, open_, direction=rule.direction) for case in cases]
        ms = np.stack([times.ms for times in found])
        first = ms.argmin(axis=0)
        facility = np.stack([times.facility for times in found])
        at = np.arange(ms.shape[1])
        return ms[first, at], facility[first, at]

    inside, _ = concerned(prepared.demand, prepared.areas, where=rule.where, study_code=prepared.study.file.study.code)
    users = _Users(
        people=np.where(inside, prepared.demand.people(rule.group), 0.0),
        villages=prepared.demand.frame["village"].to_numpy(dtype=object),
        names=_village_names(prepared),
    )
    before, nearest = quickest(mask)
    place = {facility: row for row, facility in enumerate(frame["facility_id"])}
    rows = []
    for candidate in candidates:
        row = place[candidate]
        moved = np.zeros(before.size, dtype=bool)
        after = before
        if mask[row]:
            open_ = mask.copy()
            open_[row] = False
            moved = (nearest == row) & (users.people > 0)
            after, _ = quickest(open_)
        rows.append(_row(rule.id, candidate, frame.iloc[row], users, moved, before, after))
    return rows


def _row(  # one argument for each thing that a row tells of
    rule: str,
    candidate: str,
    facility: pd.Series,
    users: _Users,
    moved: BoolArray,
    before: FloatArray,
    after: FloatArray,
) -> dict[str, object]:
    people = users.people[moved]
    old, new = before[moved] / _MS, after[moved] / _MS
    return {
        "rule": rule,
        "facility_id": candidate,
        "name": facility["name"],
        "township": facility["township"],
        "village": facility["village"],
        "people": float(people.sum()),
        "median_before_s": _quantile(old, people, 0.5),
        "median_after_s": _quantile(new, people, 0.5),
        "p90_before_s": _quantile(old, people, 0.9),
        "p90_after_s": _quantile(new, people, 0.9),
        "unreachable": float(people[~np.isfinite(new)].sum()),
        "worst": _worst(users, moved, old, new),
    }


def _quantile(seconds: FloatArray, people: FloatArray, share: float) -> float:
    """Return the smallest time by which a share of the people arrive, NaN where nobody is."""
    if not people.size:
        return float("nan")
    order = np.argsort(seconds, kind="stable")
    running = np.cumsum(people[order])
    return float(seconds[order][np.searchsorted(running, share * running[-1] * (1 - 1e-12))])


def _worst(
    users: _Users, moved: BoolArray, old: FloatArray, new: FloatArray
) -> tuple[tuple[str, float, float, float], ...]:
    """Return the villages that have longest to travel afterwards: name, people, seconds before and after."""
    table = pd.DataFrame({"village": users.villages[moved], "people": users.people[moved], "old": old, "new": new})
    found: list[tuple[str, float, float, float]] = []
    for village, part in table[table["village"] != ""].groupby("village", sort=True):
        weights = part["people"].to_numpy(dtype=np.float64)
        before, after = (_quantile(part[name].to_numpy(dtype=np.float64), weights, 0.5) for name in ("old", "new"))
        found.append((users.names.get(str(village), str(village)), float(weights.sum()), before, after))
    return tuple(sorted(found, key=lambda entry: (-entry[3], -entry[1], entry[0]))[:WORST])


def _village_names(prepared: Prepared) -> dict[str, str]:
    """Return 乡镇+村 by village code."""
    villages, townships = prepared.areas.at("village"), prepared.areas.at("township")
    above = dict(zip(townships["code"], townships["name"], strict=True))
    return {
        code: f"{above.get(parent, '')}{name}"
        for code, name, parent in zip(villages["code"], villages["name"], villages["parent"], strict=True)
    }
