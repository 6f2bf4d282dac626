"""Where else in its village a facility may stand that is known by the village's name alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.circle import FACTORS
from accessgis.layers.facilities import FacilityLayer
from accessgis.layers.village_places import Point, at_village
from accessgis.study.prepare import Prepared

_OUTWARDS: Mapping[str, tuple[float, float]] = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
"""East and north of each variant of the factor ``placement``."""


def by_village(prepared: Prepared) -> NDArray[np.bool_]:
    """Return which facilities stand at the village they name."""
    return (prepared.facilities.frame["placement"] == "village").to_numpy(dtype=bool)


def placements(prepared: Prepared) -> dict[str, Prepared]:
    """Return a study with every facility that stands at its village moved, all of them to one side at a time.

    Parameters
    ----------
    prepared
        The layers of the study.

    Returns
    -------
    dict
        Variant of the factor ``placement`` → the study with each such facility at the northernmost (easternmost …)
        inhabited place of its village, or corner of its outline where nobody lives or all at one place. Empty where no
        facility in service stands so.
    """
    frame = prepared.facilities.frame
    moving = by_village(prepared)
    if not (moving & (frame["status"] == "in_service").to_numpy(dtype=bool)).any():
        return {}
    places = _places(prepared, sorted(set(frame["village"][moving])))
    return {
        side: replace(prepared, facilities=_moved(prepared.facilities, moving, _outermost(places, _OUTWARDS[side])))
        for side in FACTORS["placement"]
    }


def _places(prepared: Prepared, villages: list[str]) -> pd.DataFrame:
    """Return the inhabited places (``village, x, y``) of villages; of those with fewer than two, their corners."""
    people = prepared.demand.frame
    lived = people.loc[(people["population"] > 0) & people["village"].isin(villages), ["village", "x", "y"]]
    counts = lived["village"].value_counts()
    several = counts.index[counts > 1]
    areas = prepared.areas.frame
    outlines = areas[areas["code"].isin(set(villages) - set(several))]
    corners, of = shapely.get_coordinates(outlines.geometry.to_numpy(), return_index=True)
    drawn = pd.DataFrame({"village": outlines["code"].to_numpy()[of], "x": corners[:, 0], "y": corners[:, 1]})
    return pd.concat([lived[lived["village"].isin(several)], drawn], ignore_index=True)


def _outermost(places: pd.DataFrame, outwards: tuple[float, float]) -> dict[str, Point]:
    """Return the place of each village that lies furthest to one side, the first of several."""
    east, north = outwards
    way = east * places["x"] + north * places["y"]
    order = places.assign(way=way).sort_values("way", ascending=False, kind="stable")
    first = order.drop_duplicates("village")
    return dict(zip(first["village"].astype(str), zip(first["x"], first["y"], strict=True), strict=True))


def _moved(layer: FacilityLayer, moving: NDArray[np.bool_], to: Mapping[str, Point]) -> FacilityLayer:
    village = layer.frame["village"]
    rows = [int(row) for row in np.flatnonzero(moving) if str(village.iloc[row]) in to]
    return replace(layer, frame=at_village(layer.frame, rows, [to[str(village.iloc[row])] for row in rows]))
