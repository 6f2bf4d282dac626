"""Whom a facility serves by the outline of its service area (学区, 服务片区), in whole villages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from accessgis.layers.demand import Demand

_MOST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Villages by facility, and the people whom the border of a service area parts from their village."""

    codes: dict[str, tuple[str, ...]]
    cut_villages: int
    cut_people: float


def served_villages(outlines: Mapping[str, shapely.Geometry], demand: Demand) -> Served:
    """Return the villages that each service area stands for.

    Parameters
    ----------
    outlines
        Facility id → outline of its service area, in the CRS of the study.
    demand
        People of the study with the villages they live in.

    Returns
    -------
    Served
        A village belongs to every service area that holds at least half of its people; where none does, to the one
        that holds the most, the first id among equals. ``cut_people`` live in a service area that their village is not
        given to, or outside one that it is given to.
    """
    if not outlines:
        return Served(codes={}, cut_villages=0, cut_people=0.0)
    frame = demand.frame[(demand.frame["population"] > 0) & (demand.frame["village"] != "")]
    points = np.asarray(shapely.points(frame["x"].to_numpy(), frame["y"].to_numpy()), dtype=object)
    ids = sorted(outlines)
    inside = np.zeros((len(ids), len(frame)), dtype=bool)
    area, point = shapely.STRtree(points).query([outlines[one] for one in ids], predicate="intersects")
    inside[area, point] = True
    rows, villages = pd.factorize(frame["village"].to_numpy(dtype=object), sort=True)
    people = frame["population"].to_numpy(dtype=np.float64)
    whole = np.bincount(rows, weights=people, minlength=len(villages))
    held = np.array([np.bincount(rows, weights=people * mine, minlength=len(villages)) for mine in inside])
    held = held.reshape(len(ids), len(villages))
    given = held >= _MOST * whole
    open_ = ~given.any(axis=0) & (held > 0).any(axis=0)
    given[np.argmax(held, axis=0)[open_], np.flatnonzero(open_)] = True
    parted = (inside != given[:, rows]).any(axis=0)
    return Served(
        codes={one: tuple(str(code) for code in villages[mine]) for one, mine in zip(ids, given, strict=True)},
        cut_villages=len(np.unique(rows[parted])),
        cut_people=float(people[parted].sum()),
    )
