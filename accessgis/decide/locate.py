"""Where to build: the best of many candidate places under a rule, with how good that is proven to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.errors import UsageError
from accessgis.base.schema import Column, Schema
from accessgis.decide.candidates import (
    Reachable,
    circles_of,
    lived_in_places,
    others_ms,
    people_of,
    reachable,
    trips,
)
from accessgis.decide.check import measured_study
from accessgis.measures.coverage import is_covered
from accessgis.solve.centre import p_centre
from accessgis.solve.cover import CoverCurve, cover_curve, maximal_cover
from accessgis.solve.median import p_median
from accessgis.solve.reach import cut
from accessgis.solve.result import Effort, Siting, sites
from accessgis.solve.setcover import set_cover
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.study.measure import Measured
from accessgis.study.model import Study
from accessgis.study.reaches import RuleReaches, cutoff_of
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
Objective = Literal["max-coverage", "fewest-sites", "p-median", "p-center"]
_NONE = np.zeros(0, dtype=np.int64)
FURTHEST = 4
"""How many times the limit a way may be in models that look at the length of ways."""

LOCATED = Schema(
    "located",
    (
        Column("number", "int", "order in which the sites are worth building, from 1"),
        Column("lon", "float", "WGS-84", "deg"),
        Column("lat", "float", "WGS-84", "deg"),
        Column("place", "text", "township and village by name"),
        Column("township", "text", "code"),
        Column("village", "text", "code"),
        Column("adds", "float", "people newly covered when those before it are built", "people"),
        Column("covered", "float", "people covered with it and those before it", "people"),
        Column("covered_share", "float", "the same over all people concerned"),
    ),
)
CURVE = Schema(
    "curve",
    (
        Column("sites", "int", "number of new sites, each the best addition to those before it"),
        Column("covered", "float", "people covered", "people"),
        Column("covered_share", "float", "the same over all people concerned"),
        Column("bound", "float", "people whom no choice of so many sites covers more than", "people"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Located:
    """The sites chosen, and how good they are proven to be.

    Attributes
    ----------
    rule, kind, objective
        What was asked.
    chosen
        Schema :data:`LOCATED`.
    curve
        Schema :data:`CURVE`: coverage by number of sites; empty for models that look at the length of ways.
    people, covered_before, covered_after
        People concerned, covered today, and covered with the sites.
    value, bound, gap, proven, stopped
        What the model makes large or small (people, sites, mean or longest way in seconds or metres), what no choice
        does better than, how far apart they are as a share, whether nothing is better, and whether time ran out.
    out_of_reach
        People whom neither today's facilities nor any candidate reach within the limit (longer ways, see above, for
        models that look at the length of ways), those included who lack another part of the rule.
    candidates, candidates_given
        Number of candidate places, and whether the user named them.
    forbidden
        Number of further places that were left out: building is forbidden on their land.
    """

    rule: str
    kind: str
    objective: Objective
    chosen: pd.DataFrame
    curve: pd.DataFrame
    people: float
    covered_before: float
    covered_after: float
    value: float
    bound: float
    gap: float
    proven: bool
    stopped: bool
    out_of_reach: float
    candidates: int
    candidates_given: bool
    forbidden: int


def locate(  # noqa: PLR0913  (one argument for each thing that is asked)
    study: Study | Measured,
    *,
    kind: str,
    standard: str,
    sites: int | None = None,
    target: float | None = None,
    objective: Objective | None = None,
    candidates: pd.DataFrame | None = None,
    effort: Effort | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Located:
    """Choose where to build facilities of a kind under a rule; those of today stay.

    Parameters
    ----------
    study
        A checked study, or one whose times are known.
    kind
        Facility kind: id, Chinese or English name.
    standard
        Rule id: a circle of the study that counts the kind.
    sites
        How many may be built.
    target
        Share of the people concerned (0–1) that must be covered, by the fewest sites.
    objective
        ``max-coverage`` (MCLP; with ``sites``), ``fewest-sites`` (LSCP, partial; with ``target``), ``p-median`` or
        ``p-center`` (with ``sites``). By default what goes with the number given.
    candidates
        Schema :data:`accessgis.decide.candidates.CANDIDATES`; by default of every 500 m square with people where most
        of them live.
    effort
        Gap to stop at, and time limit.
    progress
        Called with a short name before each step.

    Raises
    ------
    UsageError
        AG2421 the rule is no circle of the study that counts the kind, AG2422 not exactly one of sites and target, or
        an objective that does not go with it, AG2522 building is forbidden on every candidate; AG2431, AG2433 no choice
        is good enough.
    """
    objective = _objective(sites, target, objective)
    measured = study if isinstance(study, Measured) else measured_study(study, progress=progress)
    name = kind_id(kind)
    item = _rule(measured, standard, name)
    progress("candidate places")
    whole = lived_in_places(measured.prepared) if candidates is None else candidates
    places = whole[~whole["forbidden"]].reset_index(drop=True)
    if len(whole) and not len(places):
        raise UsageError("AG2522", count=len(whole))
    problem = _Problem(measured, item, name, places, given=candidates is not None, forbidden=len(whole) - len(places))
    progress("choosing sites")
    if objective == "max-coverage":
        assert sites is not None
        return _most_covered(problem, sites, effort)
    if objective == "fewest-sites":
        assert target is not None
        return _fewest(problem, target, effort)
    assert sites is not None
    return _shortest(problem, sites, objective, effort)


def _objective(count: int | None, target: float | None, objective: Objective | None) -> Objective:
    if (count is None) == (target is None):
        raise UsageError("AG2422", key="sites, target")
    found: Objective = objective or ("max-coverage" if target is None else "fewest-sites")
    if (found == "fewest-sites") != (target is not None):
        raise UsageError("AG2422", key=found)
    if (count is not None and count < 1) or (target is not None and not 0 < target <= 1):
        raise UsageError("AG2423", key="sites" if target is None else "target")
    return found


def _rule(measured: Measured, standard: str, kind: str) -> RuleReaches:
    fitting = circles_of(measured, kind)
    for item in fitting:
        if item.chosen.standard.id == standard:
            return item
    entry = load_kinds()[kind]
    known = ", ".join(item.chosen.standard.id for item in fitting) or "—"
    raise UsageError("AG2421", value=standard, kind_zh=entry.zh, kind_en=entry.en, known=known)


class _Problem:
    """The people of a rule, the facilities of today as one fixed site, and the candidates."""

    def __init__(
        self,
        measured: Measured,
        item: RuleReaches,
        kind: str,
        places: pd.DataFrame,
        *,
        given: bool,
        forbidden: int,
    ) -> None:
        self.given, self.forbidden = given, forbidden
        self.measured, self.item, self.kind, self.places = measured, item, kind, places
        self.people = people_of(measured, item)
        self.cutoff = cutoff_of(item.chosen)
        self.now: FloatArray = item.reaches[0].ms
        self.total = float(self.people.sum())
        self.before = float(self.people[is_covered(self.now, cutoff_ms=self.cutoff)].sum())

    def hopeless(self, reach: Reachable) -> float:
        """Return the people not covered whom no site can cover: another part of the rule is out of their reach."""
        open_ = ~is_covered(self.now, cutoff_ms=self.cutoff)
        return float(self.people[open_ & (reach.people == 0)].sum())

    def located(self, found: Siting, objective: Objective, curve: CoverCurve | None, **told: Any) -> Located:
        """Return the sites of a model, in the order of what each newly covers."""
        times, left = told.pop("times"), told.pop("left")
        order, adds = _in_order(times, left, found.chosen)
        covered = self.before + np.cumsum(adds)
        chosen = self.places.iloc[order].reset_index(drop=True)
        frame = pd.DataFrame(
            {
                "number": np.arange(1, len(order) + 1),
                **{name: chosen[name] for name in ("lon", "lat", "place", "township", "village")},
                "adds": adds,
                "covered": covered,
                "covered_share": covered / self.total if self.total > 0 else np.full(len(order), np.nan),
            }
        )
        LOCATED.require(frame)
        return Located(
            rule=self.item.chosen.standard.id,
            kind=self.kind,
            objective=objective,
            chosen=frame,
            curve=self._curve(curve),
            people=self.total,
            covered_before=self.before,
            covered_after=float(covered[-1]) if len(order) else self.before,
            gap=float(found.gap),
            proven=found.proven,
            stopped=found.stopped,
            candidates=len(self.places),
            candidates_given=self.given,
            forbidden=self.forbidden,
            **told,
        )

    def _curve(self, curve: CoverCurve | None) -> pd.DataFrame:
        if curve is None:
            return CURVE.empty()
        covered = curve.covered + self.before
        return pd.DataFrame(
            {
                "sites": np.arange(len(covered)),
                "covered": covered,
                "covered_share": covered / self.total if self.total > 0 else np.full(len(covered), np.nan),
                "bound": curve.bound + self.before,
            }
        )


def _in_order(times: TimeMatrix, left: FloatArray, chosen: NDArray[np.int64]) -> tuple[list[int], FloatArray]:
    """Return sites in the order of what each newly covers beside those before it, ties to the lower index."""
    members = {int(site): times.origin[times.destination == site] for site in chosen}
    open_, order, adds = left.copy(), [], []
    while members:
        gains = {site: float(open_[points].sum()) for site, points in sorted(members.items())}
        best = max(gains, key=lambda site: (gains[site], -site))
        order.append(best)
        adds.append(gains[best])
        open_[members.pop(best)] = 0.0
    return order, np.array(adds, dtype=np.float64)


def _most_covered(problem: _Problem, count: int, effort: Effort | None) -> Located:
    reach = reachable(problem.measured, problem.item, problem.kind, problem.places)
    given = sites(len(problem.places))
    found = maximal_cover(reach.times, people=reach.people, sites=given, count=count, effort=effort)
    curve = cover_curve(reach.times, people=reach.people, sites=given, count=count, effort=effort)
    return problem.located(
        found,
        "max-coverage",
        curve,
        times=reach.times,
        left=reach.people,
        value=problem.before + found.objective,
        bound=problem.before + found.bound,
        out_of_reach=float(reach.people[found.out_of_reach].sum()) + problem.hopeless(reach),
    )


def _fewest(problem: _Problem, target: float, effort: Effort | None) -> Located:
    reach = reachable(problem.measured, problem.item, problem.kind, problem.places)
    # Two places more: those whom no site can help, and those covered today, whom one fixed site covers.
    people = np.concatenate([reach.people, [problem.hopeless(reach), problem.before]])
    times = _with_today(reach.times, np.array([people.size - 1]), np.zeros(1, dtype=np.int32))
    given = sites(len(problem.places) + 1, fixed=[len(problem.places)])
    found = set_cover(times, people=people, sites=given, share=target, effort=effort)
    return problem.located(
        found,
        "fewest-sites",
        None,
        times=reach.times,
        left=reach.people,
        value=found.objective,
        bound=found.bound,
        out_of_reach=float(people[found.out_of_reach].sum()),
    )


def _shortest(problem: _Problem, count: int, objective: Objective, effort: Effort | None) -> Located:
    furthest = FURTHEST * problem.cutoff
    wanted = problem.people > 0
    times = _shorter(problem, wanted, furthest)
    near = np.flatnonzero(wanted & (problem.now <= furthest))
    whole = _with_today(times, near, problem.now[near].astype(np.int32))
    given = sites(len(problem.places) + 1, fixed=[len(problem.places)])
    solve = p_median if objective == "p-median" else p_centre
    found = solve(whole, people=problem.people, sites=given, count=count, effort=effort)
    left = np.where(is_covered(problem.now, cutoff_ms=problem.cutoff), 0.0, problem.people)
    lost = float(problem.people[found.out_of_reach].sum())
    scale = 1000.0 * (problem.total - lost if objective == "p-median" else 1.0)
    return problem.located(
        found,
        objective,
        None,
        times=cut(times, problem.cutoff),
        left=left,
        value=float(found.objective) / scale if scale else np.nan,
        bound=float(found.bound) / scale if scale else np.nan,
        out_of_reach=lost,
    )


def _shorter(problem: _Problem, wanted: NDArray[np.bool_], furthest: int) -> TimeMatrix:
    """Return the ways to candidates that are shorter than people's way today: no other can serve them better.

    Under a rule of several parts a way is as long as that to the slowest of them, those of other kinds included.
    People are asked for in bands of their way today, so that nobody's ways are sought further than they help.
    """
    now, others = problem.now, others_ms(problem.item, problem.kind)
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    least, end = -1.0, max(1, furthest >> 6)
    while least < furthest:
        end = min(end, furthest)
        last = end == furthest
        band = wanted & (now > least) & ((now <= end) | last)
        if band.any():
            found = trips(problem.measured, problem.item, problem.kind, problem.places, cutoff=end, wanted=band)
            ms = np.maximum(found.ms, others[found.origin])
            kept = (ms < now[found.origin]) & (ms <= furthest)
            parts.append((found.origin[kept], found.destination[kept].astype(np.int64), ms[kept].astype(np.int64)))
        least, end = float(end), end * 2
    row, column, way = (np.concatenate(values) for values in zip(*parts, strict=True)) if parts else (_NONE,) * 3
    order = np.lexsort([column, row])
    return TimeMatrix(
        origin_count=wanted.size,
        destination_count=len(problem.places),
        cutoff_ms=furthest,
        start=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=wanted.size))]).astype(np.int64),
        destination=column[order].astype(np.int32),
        ms=way[order].astype(np.int32),
    )


def _with_today(times: TimeMatrix, places: NDArray[np.int64], ms: NDArray[np.int32]) -> TimeMatrix:
    """Return a matrix with the facilities of today as one more site, the last, and with the places that only it has."""
    rows = max(times.origin_count, int(places.max(initial=-1)) + 1)
    row = np.concatenate([times.origin, places])
    column = np.concatenate([times.destination, np.full(places.size, times.destination_count, dtype=np.int32)])
    order = np.lexsort([column, row])
    return TimeMatrix(
        origin_count=rows,
        destination_count=times.destination_count + 1,
        cutoff_ms=times.cutoff_ms,
        start=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))]).astype(np.int64),
        destination=column[order].astype(np.int32),
        ms=np.concatenate([times.ms, ms])[order].astype(np.int32),
    )
