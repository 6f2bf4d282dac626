"""Chosen sites: what they add, for whom, who stays out of reach, and how good the choice is proven to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.schema import Column, Schema
from accessgis.decide.candidates import trips
from accessgis.decide.places import Places
from accessgis.decide.problem import Asked, Problem, closing
from accessgis.decide.wish import Existing, Objective
from accessgis.measures.coverage import Grouping
from accessgis.study.measure import Measured
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LOCATED = Schema(
    "located",
    (
        Column("number", "int", "order in which the sites are worth building, from 1"),
        Column("lon", "float", "WGS-84", "deg"),
        Column("lat", "float", "WGS-84", "deg"),
        Column("place", "text", "township and village by name, or the parcel's name"),
        Column("township", "text", "code"),
        Column("village", "text", "code"),
        Column("adds", "float", "people newly covered when those before it are built", "people"),
        Column("covered", "float", "people covered with it and those before it", "people"),
        Column("covered_share", "float", "the same over all people concerned"),
        Column("cost", "float", "what opening it costs; 1 where no cost is given"),
        Column("load", "float", "people whom it serves, where it has limited room; else NaN", "people"),
        Column("size", "float", "places that it needs for them, between the least and the most; else NaN"),
    ),
)
CURVE = Schema(
    "curve",
    (
        Column("sites", "int", "number of sites, each the best addition to those before it"),
        Column("covered", "float", "people covered", "people"),
        Column("covered_share", "float", "the same over all people concerned"),
        Column("adds", "float", "people whom the last of these sites adds", "people"),
        Column("bound", "float", "people whom no choice of so many sites covers more than", "people"),
    ),
)
BY_RULE = Schema(
    "located_rules",
    (
        Column("rule", "text", "rule id"),
        Column("kind", "text", "kind of the new sites that it counts"),
        Column("sharing", "text", "whose facilities people may use under it: any, county, township or serves"),
        Column("weight", "float", "what one of its people weighs in the sum"),
        Column("people", "float", "people concerned", "people"),
        Column("before", "float", "people covered today", "people"),
        Column("after", "float", "people covered with the sites", "people"),
        Column("before_own", "float", "of them by facilities of their own county; NaN where not computed", "people"),
        Column("after_own", "float", "likewise with the sites; NaN where not computed", "people"),
    ),
)
BY_TOWNSHIP = Schema(
    "located_townships",
    (
        Column("rule", "text", "rule id"),
        Column("area", "text", "code of the township"),
        Column("area_name", "text", "its name"),
        Column("people", "float", "people concerned", "people"),
        Column("before", "float", "people covered today", "people"),
        Column("after", "float", "people covered with the sites", "people"),
    ),
)
LEFT = Schema(
    "located_left",
    (
        Column("rule", "text", "rule id"),
        Column("township", "text", "code"),
        Column("village", "text", "code, '' where a township has no village there"),
        Column("place", "text", "township and village by name"),
        Column("people", "float", "people concerned", "people"),
        Column("left", "float", "of them people not covered with the sites either", "people"),
        Column("beyond", "float", "of these people whom no candidate reaches at all", "people"),
    ),
)
CLOSED = Schema(
    "located_closed",
    (
        Column("facility_id", "text", "facility of today that closes"),
        Column("name", "text", "its name"),
        Column("kind", "text", "its kind"),
        Column("township", "text", "code"),
        Column("village", "text", "code"),
    ),
)
LOADS = Schema(
    "located_loads",
    (
        Column("facility_id", "text", "facility of today, or '' for a new site"),
        Column("number", "int", "number of the new site, 0 for a facility of today"),
        Column("name", "text", "name, or the place of a new site"),
        Column("room", "float", "people whom it can serve; inf where it states no capacity", "people"),
        Column("load", "float", "people whom it serves", "people"),
    ),
)
FRONT = Schema(
    "front",
    (
        Column("choice", "int", "from the most people to the most of the second group, from 1"),
        Column("covered", "float", "people covered", "people"),
        Column("other", "float", "people of the second group covered", "people"),
        Column("proven", "bool", "whether no choice at all beats it in both"),
    ),
)
FRONT_SITES = Schema(
    "front_sites",
    (
        Column("choice", "int", "choice of the front"),
        Column("lon", "float", "WGS-84", "deg"),
        Column("lat", "float", "WGS-84", "deg"),
        Column("place", "text", "township and village by name, or the parcel's name"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Located:
    """The sites chosen, and how good they are proven to be.

    People are those of the rule, or of the group asked for; under several rules they are summed, times the weights.

    Attributes
    ----------
    rules, kinds
        Schema :data:`BY_RULE`, the rules in the order given; and the kinds of a new centre that some rule counts.
    objective, existing, sharing, group
        What was asked; group is ``""`` for each rule's own. Sharing is ``"none"`` where people use the facilities of
        their own county only, else ``"neighbours"``.
    chosen
        Schema :data:`LOCATED`.
    curve
        Schema :data:`CURVE`: coverage by number of sites; empty where the model does not choose a number of sites that
        cover most.
    people, covered_before, covered_after
        People concerned, covered today, and covered with the sites (served, where sites have limited room).
    value, bound, gap, proven, stopped
        What the model makes large or small (people, sites or costs, mean or longest way in seconds or metres, people
        covered twice, lowest share of a township), what no choice does better than, how far apart they are as a share,
        whether nothing is better, and whether time ran out. In the mean of ``p-median`` who has no place, or no way
        within four times the limit, counts with four times the limit.
    mean_way, no_way
        Mean way in seconds or metres of the people who have a place, or a way of so long at most, and how many have
        none; NaN but for ``p-median``.
    furthest
        Township and village of those whose way is the longest; ``""`` but for ``p-center``.
    out_of_reach
        People whom neither today's facilities nor any candidate reach within the limit (longer ways, see above, for
        models that look at the length of ways), those included who lack another part of the rule.
    townships, left
        Schema :data:`BY_TOWNSHIP`; and :data:`LEFT`: the villages with people who are not covered, most people first.
    closed, kept
        Schema :data:`CLOSED`, and how many of the facilities that may close stay.
    loads, room_column
        Schema :data:`LOADS`, where sites have limited room, and the capacity that says how much; else empty.
    neighbours_left_out
        Facilities across the county line whose room is not counted, where sites have limited room; else 0.
    front, front_sites
        Schema :data:`FRONT` and :data:`FRONT_SITES`, where a second group was asked for; else empty.
    budget, spent
        The most that may be spent, NaN where a number was given; and what the sites and the kept facilities cost.
    candidates, places
        Number of candidate places, and what they are.
    candidates_given
        Whether the user named them.
    sites_cost
        Whether costs were given; else each site costs 1.
    """

    rules: pd.DataFrame
    kinds: tuple[str, ...]
    objective: Objective
    existing: Existing
    sharing: Literal["neighbours", "none"]
    group: str
    chosen: pd.DataFrame
    curve: pd.DataFrame
    people: float
    covered_before: float
    covered_after: float
    value: float
    bound: float
    gap: float
    mean_way: float
    no_way: float
    furthest: str
    proven: bool
    stopped: bool
    out_of_reach: float
    townships: pd.DataFrame
    left: pd.DataFrame
    closed: pd.DataFrame
    kept: int
    loads: pd.DataFrame
    neighbours_left_out: int
    room_column: str
    front: pd.DataFrame
    front_sites: pd.DataFrame
    second_group: str
    budget: float
    spent: float
    places: Places
    sites_cost: bool

    @property
    def rule(self) -> str:
        """Id of the first rule."""
        return str(self.rules["rule"].iloc[0])

    @property
    def kind(self) -> str:
        """Kind of the first rule's sites."""
        return str(self.rules["kind"].iloc[0])

    @property
    def candidates(self) -> int:
        """Number of candidate places."""
        return len(self.places.frame)

    @property
    def forbidden(self) -> int:
        """Number of further places that were left out: building is forbidden on their land."""
        return self.places.left_out.get("forbidden", 0)

    @property
    def candidates_given(self) -> bool:
        """Whether the user named the candidate places."""
        return self.places.source == "parcels"


def checked(schema: Schema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in the order of its schema."""
    texts = {column.name: "str" for column in schema.columns if column.type == "text"}
    found = frame[list(schema.names)].astype(texts).reset_index(drop=True)
    schema.require(found)
    return found


def chosen_frame(
    question: Problem, order: Sequence[int], adds: FloatArray, *, start: float, cost: FloatArray
) -> pd.DataFrame:
    """Return chosen candidates in an order, with what each newly covers beside those before it.

    Parameters
    ----------
    question
        What was asked.
    order
        Columns of the candidates.
    adds
        People whom each newly covers.
    start
        People covered before the first.
    cost
        What each column costs.
    """
    columns = np.asarray(order, dtype=np.int64)
    places = question.places.frame.iloc[columns - question.first_candidate].reset_index(drop=True)
    covered, total = start + np.cumsum(adds), float(question.people.sum())
    return pd.DataFrame(
        {
            "number": np.arange(1, columns.size + 1),
            **{name: places[name] for name in ("lon", "lat", "place", "township", "village")},
            "adds": adds,
            "covered": covered,
            "covered_share": shares(covered, total),
            "cost": cost[columns],
            "load": np.full(columns.size, np.nan),
            "size": np.full(columns.size, np.nan),
        }
    )


def shares(covered: FloatArray, total: float) -> FloatArray:
    """Return people as shares of all; NaN where there is nobody."""
    return covered / total if total > 0 else np.full(covered.size, np.nan)


def rule_rows(question: Problem, before: FloatArray, after: FloatArray, built: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the sites do under each rule.

    Parameters
    ----------
    question
        What was asked.
    before, after
        People of each row who are covered today and with the sites, not weighted.
    built
        The candidates that are built, where facilities of neighbours can be told from the county's own; else None.
    """
    rows = []
    for number, one in enumerate(question.asked):
        mine = slice(number * one.people.size, (number + 1) * one.people.size)
        own = (np.nan, np.nan) if built is None else _own(question.measured, one, built, question.kinds)
        rows.append(
            {
                "rule": one.rule,
                "kind": one.kind,
                "sharing": one.item.chosen.standard.sharing,
                "weight": one.weight,
                "people": float(one.people.sum()),
                "before": float(before[mine].sum()),
                "after": float(after[mine].sum()),
                "before_own": own[0],
                "after_own": own[1],
            }
        )
    return checked(BY_RULE, pd.DataFrame(rows))


def _own(measured: Measured, one: Asked, built: pd.DataFrame, centre: tuple[str, ...]) -> tuple[float, float]:
    """Return the people covered by facilities of their own county, today and with new sites."""
    own = one.item.reaches[0].covered["own"]
    others = np.ones(own.size, dtype=bool)
    for number, kinds in enumerate(one.item.chosen.standard.facilities_any):
        if not set(centre) & set(kinds):
            mine = [p for p in one.item.parts if p.part == number and p.profile in one.item.chosen.own_profiles]
            others &= np.any([part.covered["own"] for part in mine], axis=0)
    after = own.copy()
    if len(built):
        wanted = (one.people > 0) & ~own & others
        found = trips(measured, one.item, one.kind, built, cutoff=one.cutoff, wanted=wanted)
        homes = measured.prepared.demand.frame["county"].to_numpy(dtype=object)[found.origin]
        after[found.origin[homes == built["county"].to_numpy(dtype=object)[found.destination]]] = True
    return float(one.people[own].sum()), float(one.people[after].sum())


def township_rows(question: Problem, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    """Return what the sites do in each township; counties where the study has no townships."""
    groupings = question.measured.groupings
    grouping: Grouping = groupings["township"] if "township" in groupings else groupings["county"]
    frames = []
    for number, one in enumerate(question.asked):
        mine = slice(number * one.people.size, (number + 1) * one.people.size)
        sums = {"people": one.people, "before": before[mine], "after": after[mine]}
        told = {"rule": one.rule, "area": list(grouping.codes), "area_name": list(grouping.names)}
        frames.append(pd.DataFrame(told | {name: grouping.sums(values) for name, values in sums.items()}))
    return checked(BY_TOWNSHIP, pd.concat(frames, ignore_index=True))


def left_rows(question: Problem, after: FloatArray, beyond: LongArray) -> pd.DataFrame:
    """Return the villages with people who are not covered, most people first, then by code."""
    prepared = question.measured.prepared
    names = dict(zip(prepared.areas.frame["code"], prepared.areas.frame["name"], strict=True))
    units = prepared.demand.frame[["township", "village"]]
    lost = np.zeros(after.size, dtype=bool)
    lost[beyond] = True
    frames = []
    for number, one in enumerate(question.asked):
        mine = slice(number * one.people.size, (number + 1) * one.people.size)
        left = np.maximum(one.people - after[mine], 0.0)
        amounts = pd.DataFrame({"people": one.people, "left": left, "beyond": np.where(lost[mine], one.people, 0.0)})
        sums = pd.concat([units, amounts], axis=1).groupby(["township", "village"], sort=True).sum().reset_index()
        sums = sums[sums["left"] > 1e-9].sort_values("left", ascending=False, kind="stable")
        frames.append(sums.assign(rule=one.rule))
    found = pd.concat(frames, ignore_index=True)
    place = [
        names.get(town, "") + names.get(village, "")
        for town, village in zip(found["township"], found["village"], strict=True)
    ]
    return checked(LEFT, found.assign(place=pd.array(place, dtype="str")))


def closed_rows(question: Problem, opened: BoolArray) -> pd.DataFrame:
    """Return today's facilities of the kinds that are open no more."""
    frame = question.measured.prepared.facilities.frame
    if question.existing == "free":
        rows = np.flatnonzero(closing(question.measured.prepared, [one.kind for one in question.asked]))
    else:
        rows = question.facilities[~opened[: question.facilities.size]]
    return checked(CLOSED, frame.iloc[rows])


def covered_rows(question: Problem, near: TimeMatrix, opened: BoolArray) -> FloatArray:
    """Return the people of each row, not weighted, who are within the limit of an open site."""
    found = np.zeros(near.origin_count, dtype=bool)
    found[near.origin[opened[near.destination]]] = True
    return np.where(found, unweighted(question), 0.0)


def unweighted(question: Problem) -> FloatArray:
    """Return the people of each row, whatever their rule weighs."""
    return np.concatenate([one.people for one in question.asked])


def weights(question: Problem) -> FloatArray:
    """Return the weight of each row."""
    return np.concatenate([np.full(one.people.size, one.weight) for one in question.asked])
