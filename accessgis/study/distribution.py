"""How evenly the way to a facility is spread over the people of a rule: by place class and by group of people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import RULE_EQUITY
from accessgis.assess.circle import Population, Reach
from accessgis.layers.demand import Demand
from accessgis.layers.places import concerned
from accessgis.measures.coverage import by_time
from accessgis.measures.equity import gini, worst_off_ratio
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
PLACE_PARTS = ("rural", "urban")
GROUP_PARTS = ("under3", "age3to5", "age6to11", "age12to14", "age60plus", "age65plus", "disabled", "extreme_poor")
WORST_SHARE = 0.1
_ELDERLY = ("age60plus", "age65plus")
_MS = 1000.0


def elderly_among(demand: Demand, group: str, chosen: BoolArray) -> FloatArray | None:
    """Return the people aged 60 and over of the chosen points, None where the rule or the study tells of none."""
    name = group if group in _ELDERLY else "age60plus"
    if group not in ("total", *_ELDERLY) or name not in demand.groups:
        return None
    return np.where(chosen, demand.people(name), 0.0)


def equity_rows(prepared: Prepared, judged: Sequence[tuple[RuleReaches, Population]]) -> pd.DataFrame:
    """Return how evenly time is spread, under the headline profile of every rule that has one.

    Parameters
    ----------
    prepared
        The layers of the study.
    judged
        Rules with times, each with the people it concerns.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.assess.assessment.RULE_EQUITY`. Rural and urban stand only where both have people, a
        group only in rules about everybody. Gini, means and ratios leave out those without any way: a time without end
        has no mean.
    """
    rows = [row for item, population in judged for row in _of_rule(prepared, item, population)]
    if not rows:
        return RULE_EQUITY.empty()
    frame = pd.DataFrame(rows, columns=list(RULE_EQUITY.names))
    RULE_EQUITY.require(frame)
    return frame


def _of_rule(prepared: Prepared, item: RuleReaches, population: Population) -> list[dict[str, object]]:
    rule, reach = item.chosen.standard, item.reaches[0]
    if population.people is None:
        return []
    everybody = np.where(population.concerned, population.people, 0.0)
    if not everybody.sum() > 0:
        return []
    parts: dict[str, FloatArray] = {"all": everybody}
    code = prepared.study.file.study.code
    places = {
        name: np.where(concerned(prepared.demand, prepared.areas, where=name, study_code=code)[0], everybody, 0.0)
        for name in PLACE_PARTS
    }
    if all(people.sum() > 0 for people in places.values()):
        parts |= places
    if rule.group == "total":
        named = [name for name in GROUP_PARTS if name in prepared.demand.groups]
        groups = {name: np.where(population.concerned, prepared.demand.people(name), 0.0) for name in named}
        parts |= {name: people for name, people in groups.items() if people.sum() > 0}
    in_metres = rule.metric != "network-time"
    order = by_time(reach.ms)
    rows = {name: _row(people, reach, order, in_metres=in_metres) for name, people in parts.items()}
    against = {name: "urban" if name == "rural" else "" if name in ("all", "urban") else "all" for name in rows}
    column = "mean_m" if in_metres else "mean_s"
    return [
        {
            "rule": rule.id,
            "profile": reach.profile,
            "part": name,
            **row,
            "against": against[name],
            "ratio": _over(row[column], rows[against[name]][column]) if against[name] else np.nan,
        }
        for name, row in rows.items()
    ]


def _row(people: FloatArray, reach: Reach, order: NDArray[np.int64], *, in_metres: bool) -> dict[str, float]:
    total, covered = float(people.sum()), float(people[reach.covered["central"]].sum())
    arrive = np.isfinite(reach.ms) & (people > 0)
    ways, reached = reach.ms[arrive] / _MS, people[arrive]
    mean = _over(float((ways * reached).sum()), float(reached.sum()))
    # What is in order already is sorted again at no cost.
    ordered = order[arrive[order]]
    sorted_ways, sorted_reached = reach.ms[ordered] / _MS, people[ordered]
    return {
        "people": total,
        "covered": covered,
        "covered_share": covered / total,
        "reached": float(reached.sum()),
        "mean_s": np.nan if in_metres else mean,
        "mean_m": mean if in_metres else np.nan,
        "gini": gini(sorted_ways, sorted_reached),
        "worst_off_ratio": worst_off_ratio(sorted_ways, sorted_reached, share=WORST_SHARE, worst="most"),
    }


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else np.nan
