"""Where a facility could be built: places where people live, villages, road junctions, a grid, or parcels of land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from accessgis.base.errors import UsageError
from accessgis.decide.candidates import SQUARE_M, described, lived_in_places, places_of_parcels
from accessgis.decide.land import slope_limit, slopes_at
from accessgis.layers.belonging import belonging
from accessgis.network.model import Network
from accessgis.sources.parcels import Parcel
from accessgis.study.measure import Measured
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches, admitted

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

Source = Literal["cells", "villages", "roads", "grid", "parcels"]
MOST_PLACES = 200_000
"""More candidate places than this are refused: their ways would not fit into memory."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Places:
    """Candidate places and where they come from.

    Attributes
    ----------
    frame
        Schema :data:`accessgis.decide.candidates.CANDIDATES`.
    source, spacing_m
        What they are, and the side of the squares that they were taken from; NaN where there are none.
    cost
        What opening each costs; None where no layer says so.
    left_out
        How many places were left out, by the reason.
    slope_unknown
        At how many places the slope could not be checked, those included that were left out since.
    """

    frame: pd.DataFrame
    source: Source
    spacing_m: float = np.nan
    cost: FloatArray | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    slope_unknown: int = 0

    def only(self, allowed: BoolArray, *, reason: str) -> Places:
        """Return the places that are allowed; the others are counted under a reason.

        Parameters
        ----------
        allowed
            Truth value of each place, shape (places,).
        reason
            Why the others are not: ``"too_near"``, or the name of a layer that excludes them.
        """
        gone = int((~allowed).sum())
        return replace(
            self,
            frame=self.frame[allowed].reset_index(drop=True),
            cost=None if self.cost is None else self.cost[allowed],
            left_out={**self.left_out, reason: self.left_out.get(reason, 0) + gone},
        )


def buildable(prepared: Prepared, places: Places) -> Places:
    """Return the places on whose land the study does not forbid to build, and whose ground is not known to be steep."""
    kept = places.only(~places.frame["forbidden"].to_numpy(dtype=bool), reason="forbidden")
    if prepared.study.file.elevation is None:
        return kept
    x, y = (kept.frame[name].to_numpy(dtype=np.float64) for name in ("x", "y"))
    slope = slopes_at(prepared, x, y)
    gentle = kept.only(~(slope > slope_limit(prepared)), reason="steep")
    return replace(gentle, slope_unknown=int(np.isnan(slope).sum()))


def parcel_places(prepared: Prepared, parcels: Sequence[Parcel]) -> Places:
    """Return parcels of land as candidate places, with what opening each costs where all of them say so.

    Raises
    ------
    UsageError
        AG2401 a parcel lies beyond the study and its margin.
    """
    amounts = [parcel.amount for parcel in parcels]
    cost = None if None in amounts else np.array(amounts, dtype=np.float64)
    return Places(frame=places_of_parcels(prepared, parcels), source="parcels", cost=cost)


def candidate_places(
    measured: Measured, item: RuleReaches, *, source: Source = "cells", spacing_m: float = SQUARE_M
) -> Places:
    """Return the candidate places of one kind that a study has by itself.

    Parameters
    ----------
    measured
        The study with its times.
    item
        The rule that sites are chosen under: ``roads`` are those that its first own profile may use.
    source
        ``cells``: of every square with people the point where most of them live; ``villages``: of every village that
        point; ``roads``: of every square with a junction of permitted roads off islands the one nearest its middle;
        ``grid``: the middle of every square that lies in the study's area.
    spacing_m
        Side of the squares, counted from the origin of the working CRS; villages have none.

    Raises
    ------
    UsageError
        AG2442 the squares are too small for the area.
    """
    prepared = measured.prepared
    if source == "cells":
        return Places(frame=lived_in_places(prepared, square_m=spacing_m), source=source, spacing_m=spacing_m)
    if source == "villages":
        return Places(frame=village_places(prepared), source=source)
    if source == "roads":
        own = next(part for part in item.parts if part.profile in item.chosen.own_profiles)
        xy = thinned_junctions(own.case.network, spacing_m=spacing_m)
    else:
        xy = grid_points(prepared, spacing_m=spacing_m)
    units = belonging(np.asarray(shapely.points(xy), dtype=object).reshape(-1), prepared.areas)
    inside = units["county"] != ""
    frame = pd.DataFrame({"x": xy[inside, 0], "y": xy[inside, 1], **{name: units[name][inside] for name in units}})
    return Places(frame=described(prepared, frame), source=source, spacing_m=spacing_m)


def village_places(prepared: Prepared) -> pd.DataFrame:
    """Return of every village the point where most of its people live; of a township without villages, likewise.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`accessgis.decide.candidates.CANDIDATES`, in the order of the demand points; of equal points the
        first counts.
    """
    frame = prepared.demand.frame
    people = np.where(frame["judged"].to_numpy(dtype=bool), prepared.demand.people("total"), 0.0)
    here = np.flatnonzero(people > 0)
    unit = (frame["township"].astype(str) + "/" + frame["village"].astype(str)).to_numpy(dtype=object)[here]
    order = np.lexsort([here, -people[here], unit.astype(str)])
    first = np.r_[True, unit[order][1:] != unit[order][:-1]] if order.size else np.zeros(0, dtype=bool)
    return described(prepared, frame.iloc[np.sort(here[order[first]])])


def thinned_junctions(network: Network, *, spacing_m: float) -> FloatArray:
    """Return junctions of joinable edges off islands: of every square the one nearest its middle; shape (n, 2).

    They are sorted by square, and ties go to the smaller x, then y, so that the order of the roads plays no part.
    """
    roads = network.roads
    usable = np.flatnonzero(network.joinable & ~network.island)
    nodes = np.unique(np.concatenate([roads.tail[usable], roads.head[usable]]))
    xy = np.column_stack([roads.node_x[nodes], roads.node_y[nodes]]).astype(np.float64)
    square = np.floor(xy / spacing_m)
    off = np.hypot(*(xy - (square + 0.5) * spacing_m).T)
    order = np.lexsort([xy[:, 1], xy[:, 0], off, square[:, 1], square[:, 0]])
    square = square[order]
    first = np.r_[True, (square[1:] != square[:-1]).any(axis=1)] if order.size else np.zeros(0, dtype=bool)
    return xy[order[first]]


def grid_points(prepared: Prepared, *, spacing_m: float) -> FloatArray:
    """Return the middles of the squares around a study's area, by column from the south-west; shape (n, 2).

    Raises
    ------
    UsageError
        AG2442 there are too many.
    """
    west, south, east, north = prepared.areas.outline().bounds
    (left, right), (low, high) = (
        (np.floor(start / spacing_m), np.floor(end / spacing_m)) for start, end in ((west, east), (south, north))
    )
    count = (right - left + 1) * (high - low + 1)
    if count > MOST_PLACES:
        raise UsageError("AG2442", key="--spacing", spacing=f"{spacing_m:g}", count=f"{count:,.0f}", most=MOST_PLACES)
    x, y = np.meshgrid(np.arange(left, right + 1), np.arange(low, high + 1), indexing="ij")
    return (np.column_stack([x.ravel(), y.ravel()]) + 0.5) * spacing_m


def far_from_existing(measured: Measured, places: Places, kind: str, *, min_distance_m: float) -> Places:
    """Return the places at least so many straight metres from every facility of a kind in service."""
    frame = measured.prepared.facilities.frame
    there = frame.loc[admitted(measured.prepared, [kind]), ["x", "y"]].to_numpy(dtype=np.float64)
    here = places.frame[["x", "y"]].to_numpy(dtype=np.float64)
    metres = cKDTree(there).query(here)[0] if len(there) and len(here) else np.full(len(here), np.inf)
    return places.only(np.asarray(metres >= min_distance_m), reason="too_near")
