"""One question of where to build, put to the siting model of its objective."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from accessgis.base.errors import UsageError
from accessgis.decide.located import covered_rows, left_rows, unweighted
from accessgis.decide.problem import FURTHEST, Problem, closing
from accessgis.decide.wish import Objective, Size, Wish
from accessgis.solve.assignment import assign
from accessgis.solve.capacity import capacitated_cover, capacitated_median
from accessgis.solve.centre import p_centre
from accessgis.solve.cover import CoverCurve, cover_curve, maximal_cover
from accessgis.solve.fair import fairest_cover
from accessgis.solve.median import p_median
from accessgis.solve.pareto import Front, pareto_cover
from accessgis.solve.reach import cut, nearest, unreached
from accessgis.solve.result import Allotment, Effort, Sites, Siting, sites
from accessgis.solve.setcover import backup_cover, set_cover
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


MOST_PAIRS = 300_000
"""Most pairs of a place and a site within reach for which people are allotted to sites of limited room: every choice
that is tried is a linear program over those of its sites, a second each at most; of a million pairs up to 14."""

_PART = 64
"""Of so many demand points one is asked first: half an hour by car is 59 million pairs in a small county."""


_NAMED = 8
"""So many villages are named in one sentence."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Terms:
    """What limits a choice: what is wished for, and what each column costs."""

    wish: Wish
    cost: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """What a model found.

    Attributes
    ----------
    siting
        Its answer.
    near
        Who is within the limit of which column.
    opened
        Which columns are open.
    before, after
        People of each row who are covered today and with the sites, or served where sites have limited room.
    curve
        Coverage by number of sites, where the model chooses for coverage.
    room
        People whom each column can serve; None without limits.
    known, mean_way
        People whose way is known, and their mean way; NaN where the model does not look at the length of ways. They are
        those within :data:`accessgis.decide.problem.FURTHEST` times the limit, or who are served where room is limited.
    furthest
        Row with people whose way is the longest, the first of equal ones; −1 but for ``p-center``.
    """

    siting: Siting
    near: TimeMatrix
    opened: BoolArray
    before: FloatArray
    after: FloatArray
    curve: CoverCurve | None = None
    room: FloatArray | None = None
    known: float = np.nan
    mean_way: float = np.nan
    furthest: int = -1


def solve(question: Problem, terms: Terms) -> Answer:
    """Return what the model of an objective makes of a question.

    Raises
    ------
    UsageError
        AG2440 the budget is below what the cheapest site costs, AG2449 too many pairs for sites of limited room;
        AG2431–AG2434 no choice is good enough.
    """
    wish, objective = terms.wish, terms.wish.objective
    free = terms.cost[~question.fixed]
    if wish.budget is not None and free.size and wish.budget < free.min():
        raise UsageError("AG2440", budget=f"{wish.budget:g}", cheapest=f"{free.min():g}")
    if wish.capacity is not None:
        return _with_room(question, terms, wish.capacity)
    if objective in ("p-median", "p-center"):
        times = question.ways()
        model = p_median if objective == "p-median" else p_centre
        try:
            found = model(times, people=question.people, sites=_sites(question, terms), **_limit(terms))
        except UsageError as error:
            raise _in_metres(error, question) from error
        done = _covered(question, found, cut(times, question.asked[0].cutoff))
        if objective == "p-center":
            ms = nearest(times, done.opened)[1]
            return replace(done, furthest=int(np.argmax(np.where(question.people > 0, ms, -1))))
        known, mean = mean_of(times, _to_nearest(question, times, done.opened))
        return replace(done, known=known, mean_way=mean)
    near = question.cover()
    given = _sites(question, terms)
    curve = None
    if objective == "fewest-sites":
        found = _fewest(question, near, given, wish)
    elif objective == "backup":
        found = backup_cover(
            near, people=question.people, sites=given, count=terms.wish.sites, effort=terms.wish.effort
        )
    elif objective == "fairest":
        group = _townships(question)
        found = fairest_cover(near, people=question.people, group=group, sites=given, **_limit(terms))
    else:
        found = maximal_cover(near, people=question.people, sites=given, **_limit(terms))
        count = _count(terms, given)
        if count is not None:
            curve = cover_curve(near, people=question.people, sites=given, count=count, effort=wish.effort)
    return _covered(question, found, near, curve)


def _in_metres(error: UsageError, question: Problem) -> UsageError:
    """Return a refusal with its limit in metres where the rule is in metres: the model takes all ways for times."""
    if question.asked[0].item.chosen.standard.limit_s is not None or "within_en" not in error.values:
        return error
    metres = f"{FURTHEST * question.asked[0].cutoff / 1000:g}"
    within = {"within_en": f"{metres} m", "within_zh": f"{metres} 米"}
    return UsageError(error.code, **{**error.values, **within})  # type: ignore[arg-type]


def _fewest(question: Problem, near: TimeMatrix, given: Sites, wish: Wish) -> Siting:
    """Return the fewest sites; where all together are too few, the refusal names the villages that none reaches."""
    try:
        return set_cover(near, people=question.people, sites=given, share=wish.target, effort=wish.effort)
    except UsageError as error:
        if error.code != "AG2431":
            raise
        every = np.ones(question.site_count, dtype=bool)
        left = left_rows(question, covered_rows(question, near, every), unreached(near, question.people))
        left = left[left["beyond"] >= 0.5].sort_values("beyond", ascending=False, kind="stable")
        rows = list(zip(left["place"], left["beyond"].round().astype(int), strict=True))
        english = ", ".join(f"{place} ({people})" for place, people in rows[:_NAMED])
        chinese = "、".join(f"{place}（{people}人）" for place, people in rows[:_NAMED])
        if len(rows) > _NAMED:
            english, chinese = f"{english} and {len(rows) - _NAMED} more", f"{chinese}等{len(rows)}个村（社区）"
        told = {"places_en": f"; none reaches {english}", "places_zh": f"；都不能覆盖：{chinese}"} if rows else {}
        # None of the values is a number of a row.
        raise UsageError("AG2431", **{**error.values, **told}) from error  # type: ignore[arg-type]


def front(question: Problem, group: str, terms: Terms) -> Front:
    """Return the choices that none beats in both: people of the question, and those of a second group.

    Raises
    ------
    UsageError
        AG2416 the study has no people of that group.
    """
    demand = question.measured.prepared.demand
    if group not in demand.groups:
        raise UsageError("AG2416", value=group, known=", ".join(demand.groups))
    concerned = [
        np.where(question.measured.populations[question.measured.found.index(one.item)].concerned, one.weight, 0.0)
        for one in question.asked
    ]
    judged = demand.frame["judged"].to_numpy(dtype=bool)
    other = np.concatenate([np.where(judged, demand.people(group), 0.0) * weight for weight in concerned])
    near = question.cover(other > 0)
    return pareto_cover(near, people=question.people, other=other, sites=_sites(question, terms), **_limit(terms))


def _sites(question: Problem, terms: Terms) -> Sites:
    return sites(question.site_count, cost=terms.cost, fixed=question.fixed)


class _Limit(TypedDict):
    count: int | None
    budget: float | None
    effort: Effort | None


def _limit(terms: Terms) -> _Limit:
    return {"count": terms.wish.sites, "budget": terms.wish.budget, "effort": terms.wish.effort}


def _count(terms: Terms, given: Sites) -> int | None:
    """Return how many sites may be chosen: the number given, or what the budget buys where all cost the same."""
    if terms.wish.sites is not None:
        return terms.wish.sites
    free = given.cost[~given.fixed]
    if terms.wish.budget is None or not free.size or free.min() != free.max() or free.min() <= 0:
        return None
    return int(np.floor(terms.wish.budget / free.min() * (1 + 1e-12)))


def _townships(question: Problem) -> NDArray[np.int64]:
    """Return the number of the township of each row; people in no township are one group more."""
    groupings = question.measured.groupings
    index = groupings["township" if "township" in groupings else "county"].slot
    return np.tile(index, len(question.asked))


def _covered(question: Problem, found: Siting, near: TimeMatrix, curve: CoverCurve | None = None) -> Answer:
    opened = question.fixed.copy()
    opened[found.chosen] = True
    today = np.concatenate([one.covered_today for one in question.asked])
    return Answer(
        siting=found,
        near=near,
        opened=opened,
        before=np.where(today, unweighted(question), 0.0),
        after=covered_rows(question, near, opened),
        curve=curve,
    )


def _with_room(question: Problem, terms: Terms, size: Size) -> Answer:
    """Return the answer of a model in which each site serves so many at most: today's by what their layers say."""
    room = room_of(question, size)
    least = np.zeros(question.site_count)
    least[question.first_candidate :] = size.least * size.people_each
    given = sites(question.site_count, cost=terms.cost, fixed=question.fixed, most=room, least=least)
    objective, cutoff = terms.wish.objective, question.asked[0].cutoff
    times = _few_pairs(question, objective)
    model = capacitated_cover if objective == "max-coverage" else capacitated_median
    found: Allotment = model(times, people=question.people, sites=given, **_limit(terms))
    opened = question.fixed.copy()
    opened[found.chosen] = True
    known, mean = mean_of(times, found.flow) if objective == "p-median" else (np.nan, np.nan)
    return Answer(
        siting=found,
        known=known,
        mean_way=mean,
        near=cut(times, cutoff),
        opened=opened,
        before=_served_today(question, objective, size),
        after=within_limit(times, found.flow, cutoff),
        room=room,
    )


def _few_pairs(question: Problem, objective: Objective) -> TimeMatrix:
    """Return who is how near which column, or refuse: before all pairs are listed where a part of them is too many."""
    for every in (_PART, 1):
        some = replace(question, asked=tuple(replace(one, people=_every(one.people, every)) for one in question.asked))
        times = some.cover() if objective == "max-coverage" else some.ways()
        if times.ms.size > MOST_PAIRS:
            raise UsageError("AG2449", most=f"{MOST_PAIRS:,}")
    return times


def _every(people: FloatArray, step: int) -> FloatArray:
    """Return the people at every so many of the points where anybody lives; nobody at the others."""
    kept = np.zeros(people.size, dtype=bool)
    kept[np.flatnonzero(people > 0)[::step]] = True
    return np.where(kept, people, 0.0)


def _to_nearest(question: Problem, times: TimeMatrix, opened: BoolArray) -> FloatArray:
    """Return the people of each pair, were everybody to go to the nearest open site."""
    flow = np.zeros(times.ms.size)
    pairs = np.flatnonzero(opened[times.destination])
    pairs = pairs[np.lexsort([times.ms[pairs], times.origin[pairs]])]
    origins, first = np.unique(times.origin[pairs], return_index=True)
    flow[pairs[first]] = question.people[origins]
    return flow


def mean_of(times: TimeMatrix, flow: FloatArray) -> tuple[float, float]:
    """Return how many people go by some pairs, and their mean way in seconds or metres; NaN where nobody does."""
    known = float(flow.sum())
    return known, float(flow @ times.ms) / known / 1000.0 if known > 0 else np.nan


def within_limit(times: TimeMatrix, flow: FloatArray, cutoff: int) -> FloatArray:
    """Return the people of each row whose way to where they are served is within the limit."""
    near = times.ms <= cutoff
    return np.bincount(times.origin[near], flow[near], times.origin_count).astype(np.float64)


def _served_today(question: Problem, objective: Objective, size: Size) -> FloatArray:
    """Return the people of each row whom today's facilities serve within the limit, by their room."""
    prepared = question.measured.prepared
    places = question.places.only(np.zeros(len(question.places.frame), dtype=bool), reason="")
    kinds = {name for one in question.asked for part in one.item.chosen.standard.facilities_any for name in part}
    mine = {one.kind for one in question.asked}
    rows = np.zeros(len(prepared.facilities.frame), dtype=bool)
    rows[question.facilities] = True
    rows |= closing(prepared, sorted(mine & kinds))
    today = replace(question, places=places, existing="fixed", facilities=np.flatnonzero(rows))
    times = today.cover() if objective == "max-coverage" else today.ways()
    done = assign(times, people=today.people, places=np.minimum(room_of(today, size), today.people.sum()))
    return within_limit(times, done.flow, question.asked[0].cutoff)


def room_of(question: Problem, size: Size) -> FloatArray:
    """Return the people whom each column can serve; a facility that states no capacity has no limit."""
    room = np.full(question.site_count, float(size.most * size.people_each))
    frame = question.measured.prepared.facilities.frame
    stated = frame[size.column].to_numpy(dtype=np.float64) if size.column in frame else np.full(len(frame), np.nan)
    stated = stated[question.facilities] * size.people_each
    room[: question.facilities.size] = np.where(np.isnan(stated), np.inf, stated)
    return room
