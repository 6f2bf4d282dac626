"""Where to build: the best of many candidate places under one or several rules, with how good that is proven to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from accessgis.base.errors import UsageError
from accessgis.decide.candidates import SQUARE_M
from accessgis.decide.check import measured_study
from accessgis.decide.land import slope_limit
from accessgis.decide.located import (
    CURVE,
    FRONT,
    FRONT_SITES,
    LOADS,
    LOCATED,
    Located,
    checked,
    chosen_frame,
    closed_rows,
    left_rows,
    rule_rows,
    shares,
    township_rows,
    weights,
)
from accessgis.decide.models import Answer, Terms, front, solve, within_limit
from accessgis.decide.places import Places, Source, buildable, candidate_places, far_from_existing
from accessgis.decide.problem import Problem, left_to_neighbours, problem, rule_of
from accessgis.decide.wish import Existing, Objective, Size, Wish
from accessgis.solve.assignment import assign
from accessgis.solve.cover import CoverCurve
from accessgis.solve.result import Allotment, Effort
from accessgis.standards.kinds import kind_id
from accessgis.study.measure import Measured
from accessgis.study.model import Study
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]


def locate(  # noqa: PLR0913  (one argument for each thing that is asked)
    study: Study | Measured,
    *,
    kind: str | Sequence[str],
    standard: str | Sequence[str] | Mapping[str, float],
    sites: int | None = None,
    target: float | None = None,
    budget: float | None = None,
    cost: ArrayLike | None = None,
    keep_cost: float | None = None,
    objective: Objective | None = None,
    candidates: pd.DataFrame | Places | Source = "cells",
    spacing_m: float = SQUARE_M,
    min_distance_m: float = 0.0,
    existing: Existing = "fixed",
    capacity: Size | None = None,
    group: str | None = None,
    pareto: str | None = None,
    effort: Effort | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Located:
    """Choose where to build facilities of a kind under a rule, or one that serves several rules.

    Parameters
    ----------
    study
        A checked study, or one whose times are known.
    kind
        Facility kind: id, Chinese or English name; several of a centre that offers several services.
    standard
        Rule id: a circle of the study that counts a kind. Several, with what one person of each weighs (1 where only
        ids are given), make the sum of people newly covered.
    sites
        How many may be built; where today's may close or are left out of account, how many are open in all.
    target
        Share of the people concerned (0–1) that must be covered, by the fewest or cheapest sites.
    budget
        What opening (and keeping) may cost together.
    cost
        What opening a candidate costs: one number, or one for each. Needed with a budget.
    keep_cost
        What keeping a facility of today costs where it may close. Needed with a budget or a cost.
    objective
        ``max-coverage`` (MCLP), ``p-median``, ``p-center``, ``fairest`` (the township with the lowest share first),
        with sites or a budget; ``backup`` (everybody covered, most twice) with sites; ``fewest-sites`` (LSCP, partial)
        with target. By default what goes with the number given.
    candidates
        Schema :data:`accessgis.decide.candidates.CANDIDATES` or :class:`accessgis.decide.places.Places`; or what
        :func:`accessgis.decide.places.candidate_places` makes: ``cells``, ``villages``, ``roads``, ``grid``.
    spacing_m
        Side of the squares that these are taken from.
    min_distance_m
        Straight metres that a candidate keeps at least from facilities of the kind in service.
    existing
        ``fixed``: today's facilities stay, cost nothing and count towards no limit. ``closable``: each stays or closes,
        counts towards ``sites`` like a new one and costs ``keep_cost``. ``free``: those of the kind are left out of
        account, as though all were built anew. Facilities of other kinds, and across the county line, always stay.
    capacity
        Room of new and of today's sites: people are then served, not only within reach.
    group
        Whose coverage counts, such as ``age60plus``; by default the rule's own group.
    pareto
        A second group: choices that no other beats in both are told besides.
    effort
        Gap to stop at, and time limit.
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2421 the rule is no circle of the study that counts the kind, AG2422 not exactly one of sites, target
        and budget, or an objective that does not go with it, AG2423, AG2448 a number out of range, AG2440 a
        budget below the cheapest site, AG2441 things that do not go together, AG2442 too fine a grid, AG2443 no
        candidate left, AG2522 building is forbidden on every candidate, AG2523 all others are too steep, AG2446
        costs that are missing, AG2449 too many pairs for limited room, AG2416 an unknown group, AG2402 an
        unknown capacity; AG2431, AG2433 no choice is good enough.
    """
    wish = Wish.of(
        kind=kind,
        standard=standard,
        sites=sites,
        target=target,
        budget=budget,
        keep_cost=keep_cost,
        objective=objective,
        spacing_m=spacing_m,
        min_distance_m=min_distance_m,
        existing=existing,
        capacity=capacity,
        group=group,
        pareto=pareto,
        effort=effort,
    )
    measured = study if isinstance(study, Measured) else measured_study(study, progress=progress)
    return choose(measured, wish, candidates=candidates, cost=cost, progress=progress)


def choose(
    measured: Measured,
    wish: Wish,
    *,
    candidates: pd.DataFrame | Places | Source = "cells",
    cost: ArrayLike | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Located:
    """Choose where to build in a study whose times are known: what :func:`locate` does once it has them."""
    asked = [(*rule_of(measured, rule, wish.kinds), weight) for rule, weight in wish.rules]
    progress("candidate places")
    places = _allowed(measured.prepared, _places(measured, asked[0][0], candidates, wish.spacing_m))
    if wish.min_distance_m > 0:
        for name in dict.fromkeys(found for _, found, _ in asked):
            places = far_from_existing(measured, places, name, min_distance_m=wish.min_distance_m)
    if not len(places.frame):
        raise UsageError("AG2443")
    listed = wish.capacity is not None or wish.objective == "backup"
    roomy = wish.capacity is not None
    counted = {name for item, _, _ in asked for part in item.chosen.standard.facilities_any for name in part}
    question = problem(
        measured,
        asked,
        places,
        kinds=[name for name in dict.fromkeys(map(kind_id, wish.kinds)) if name in counted],
        existing=wish.existing,
        group=wish.group,
        listed=listed,
        roomy=roomy,
    )
    terms = Terms(wish=wish, cost=_costs(question, cost, wish))
    progress("choosing sites")
    answer = solve(question, terms)
    known = cost is not None or places.cost is not None
    return _located(question, terms, answer, known=known, more=_front(question, terms))


def _places(
    measured: Measured, item: RuleReaches, candidates: pd.DataFrame | Places | Source, spacing_m: float
) -> Places:
    if isinstance(candidates, Places):
        return candidates
    if isinstance(candidates, pd.DataFrame):
        return Places(frame=candidates, source="parcels")
    return candidate_places(measured, item, source=candidates, spacing_m=spacing_m)


def _allowed(prepared: Prepared, places: Places) -> Places:
    """Return the places that may be built on, of which there must be one."""
    kept = buildable(prepared, places)
    if len(places.frame) and not len(kept.frame):
        if steep := kept.left_out.get("steep", 0):
            raise UsageError("AG2523", count=steep, limit=f"{slope_limit(prepared) * 100:g}")
        raise UsageError("AG2522", count=len(places.frame))
    return kept


def _costs(question: Problem, cost: ArrayLike | None, wish: Wish) -> FloatArray:
    """Return what each column costs: 1 where nothing is known, nothing where it stays in any case."""
    found = np.ones(question.site_count)
    at = slice(question.first_candidate, question.first_candidate + len(question.places.frame))
    given = question.places.cost if cost is None else np.asarray(cost, dtype=np.float64)
    either = wish.existing == "closable" and (given is None) != (wish.keep_cost is None)
    if either or (given is None and wish.budget is not None):
        raise UsageError("AG2446", key="--cost" if given is None else "--keep-cost")
    if given is not None:
        if given.ndim > 0 and given.shape != (len(question.places.frame),):
            raise ValueError(f"cost holds one number, or one for each of {len(question.places.frame)} candidates")
        if not ((given >= 0) & (given < np.inf)).all():
            raise UsageError("AG2448", key="--cost")
        found[at] = given
    if wish.keep_cost is not None:
        found[: question.first_candidate] = wish.keep_cost
    found[question.fixed] = 0.0
    return found


def _front(question: Problem, terms: Terms) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the choices that none beats in both groups, and their sites."""
    if terms.wish.pareto is None:
        return FRONT.empty(), FRONT_SITES.empty()
    found = front(question, terms.wish.pareto, terms)
    numbers = np.arange(1, len(found.chosen) + 1)
    told = {"choice": numbers, "covered": found.covered, "other": found.other, "proven": found.proven}
    first, last = question.first_candidate, question.first_candidate + len(question.places.frame)
    parts = [FRONT_SITES.empty()]
    for number, chosen in zip(numbers, found.chosen, strict=True):
        new = chosen[(chosen >= first) & (chosen < last)] - first
        parts.append(question.places.frame.iloc[new][["lon", "lat", "place"]].assign(choice=int(number)))
    sites_of = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return checked(FRONT, pd.DataFrame(told)), checked(FRONT_SITES, sites_of)


def _located(
    question: Problem, terms: Terms, answer: Answer, *, known: bool, more: tuple[pd.DataFrame, pd.DataFrame]
) -> Located:
    """Return the answer of a model in full."""
    wish, objective = terms.wish, terms.wish.objective
    found, opened, weight = answer.siting, answer.opened, weights(question)
    new = np.flatnonzero(opened[question.first_candidate :]) + question.first_candidate
    new = new[new < question.first_candidate + len(question.places.frame)]
    total = float(question.people.sum())
    before, after = float((weight * answer.before).sum()), float((weight * answer.after).sum())
    order, adds, start = _in_order(question, answer, new, after)
    chosen = chosen_frame(question, order, adds, start=start, cost=terms.cost)
    loads = LOADS.empty()
    if isinstance(found, Allotment) and wish.capacity is not None:
        chosen["load"] = found.load[order]
        places = np.ceil(found.load[order] / wish.capacity.people_each - 1e-6)
        chosen["size"] = np.clip(places, wish.capacity.least, wish.capacity.most)
        loads = _loads(question, answer, found, order)
    lost = float(question.people[found.out_of_reach].sum())
    scale = _scale(objective, total - lost)
    built = question.places.frame.iloc[new - question.first_candidate]
    neighbours = question.existing == "fixed" and not question.listed and own_matters(question.measured)
    kept = opened[: question.facilities.size] & ~question.fixed[: question.facilities.size]
    return Located(
        kinds=question.kinds,
        rules=rule_rows(question, answer.before, answer.after, built if neighbours else None),
        objective=objective,
        existing=question.existing,
        sharing=question.measured.sharing,
        group=wish.group or "",
        chosen=checked(LOCATED, chosen),
        curve=_curve(answer.curve, total),
        people=total,
        covered_before=before,
        covered_after=after,
        value=float(found.objective) / scale if scale else np.nan,
        bound=float(found.bound) / scale if scale else np.nan,
        gap=float(found.gap),
        mean_way=answer.mean_way,
        no_way=float(np.maximum(total - answer.known, 0.0)),
        furthest=_unit_names(question.measured.prepared, answer.furthest),
        proven=found.proven,
        stopped=found.stopped,
        out_of_reach=lost,
        townships=township_rows(question, answer.before, answer.after),
        left=left_rows(question, answer.after, found.out_of_reach),
        closed=closed_rows(question, opened),
        kept=int(kept.sum()),
        loads=loads,
        neighbours_left_out=0 if wish.capacity is None else left_to_neighbours(question),
        room_column="" if wish.capacity is None else wish.capacity.column,
        front=more[0],
        front_sites=more[1],
        second_group=wish.pareto or "",
        budget=np.nan if wish.budget is None else wish.budget,
        spent=float(terms.cost[opened].sum()),
        places=question.places,
        sites_cost=known,
    )


def _unit_names(prepared: Prepared, row: int) -> str:
    """Return township and village of a demand point by name; ``""`` of none."""
    if row < 0:
        return ""
    names = dict(zip(prepared.areas.frame["code"], prepared.areas.frame["name"], strict=True))
    return "".join(names.get(prepared.demand.frame[level].iloc[row], "") for level in ("township", "village"))


def own_matters(measured: Measured) -> bool:
    """Return whether people could use facilities of another county: there are some, and the study lets them."""
    frame = measured.prepared.facilities.frame
    others = (frame["county"] == "") & (frame["placement"] != "unplaced")
    return bool(others.any()) or len(measured.prepared.areas.at("county")) > 1


def _scale(objective: Objective, reached: float) -> float:
    """Return what the objective of a model is divided by: whole milliseconds and people become a mean in seconds."""
    return {"p-median": 1000.0 * reached, "p-center": 1000.0}.get(objective, 1.0)


def _in_order(question: Problem, answer: Answer, new: LongArray, after: float) -> tuple[list[int], FloatArray, float]:
    """Return new sites in the order of what each newly covers, that, and who is covered without any of them."""
    if answer.room is not None:
        order = [int(site) for site in answer.siting.chosen if site >= question.first_candidate]
        steps = [_served(question, answer, order[:n]) for n in range(len(order))] + [after]
        return order, np.diff(steps), steps[0]
    near, left = answer.near, question.people.copy()
    members = {int(site): near.origin[near.destination == site] for site in new}
    rest = answer.opened.copy()
    rest[new] = False
    left[near.origin[rest[near.destination]]] = 0.0
    start = float(question.people.sum() - left.sum())
    order, adds = [], []
    while members:
        gains = {site: float(left[points].sum()) for site, points in sorted(members.items())}
        best = max(gains, key=lambda site: (gains[site], -site))
        order.append(best)
        adds.append(gains[best])
        left[members.pop(best)] = 0.0
    return order, np.array(adds, dtype=np.float64), start


def _served(question: Problem, answer: Answer, order: Sequence[int]) -> float:
    """Return the people served when only the first of the new sites are open."""
    assert answer.room is not None
    opened = answer.opened.copy()
    opened[question.first_candidate :] = False
    opened[list(order)] = True
    room = np.where(opened, np.minimum(answer.room, question.people.sum()), 0.0)
    done = assign(answer.near, people=question.people, places=room)
    return float(within_limit(answer.near, done.flow, question.asked[0].cutoff).sum())


def _loads(question: Problem, answer: Answer, found: Allotment, order: Sequence[int]) -> pd.DataFrame:
    """Return whom each open site serves: new ones in their order, then those of today by id."""
    assert answer.room is not None
    frame = question.measured.prepared.facilities.frame
    here = np.flatnonzero(answer.opened[: question.facilities.size])
    rows, first = question.facilities[here], question.first_candidate
    places = question.places.frame["place"].to_numpy(dtype=object)
    columns = [*order, *here]
    told: dict[str, Any] = {
        "facility_id": [""] * len(order) + frame["facility_id"].iloc[rows].tolist(),
        "number": [*range(1, len(order) + 1), *([0] * len(here))],
        "name": [places[site - first] for site in order] + frame["name"].iloc[rows].tolist(),
        "room": answer.room[columns],
        "load": found.load[columns],
    }
    return checked(LOADS, pd.DataFrame(told).astype({"number": np.int64}))


def _curve(curve: CoverCurve | None, total: float) -> pd.DataFrame:
    if curve is None:
        return CURVE.empty()
    told = {
        "sites": np.arange(curve.covered.size),
        "covered": curve.covered,
        "covered_share": shares(curve.covered, total),
        "adds": np.diff(curve.covered, prepend=curve.covered[:1]),
        "bound": curve.bound,
    }
    return checked(CURVE, pd.DataFrame(told))
