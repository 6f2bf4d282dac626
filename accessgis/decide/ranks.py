"""The rank of a proposed site among all candidate places of a study, which are worked out once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.files import cache_folder, cached_arrays, content_key
from accessgis.base.schema import Column, Schema
from accessgis.decide.candidates import SQUARE_M, Reachable, circles_of, lived_in_places, people_left, reachable
from accessgis.decide.land import forbidden
from accessgis.decide.places import Places, buildable
from accessgis.decide.site import SiteEffect
from accessgis.sources.versions import library_versions
from accessgis.study.measure import Measured
from accessgis.study.reaches import RuleReaches, cutoff_of

FloatArray = NDArray[np.float64]

_FORM = "ranks 1"
"""Changes whenever equal inputs would give other gains."""
_NOWHERE: Mapping[str, Any] = {"place": "", "gain": 0.0, "lon": np.nan, "lat": np.nan}
_SMALL = 200
"""Of fewer candidate places the gains are worked out anew: that takes a moment."""

SITE_RANKS = Schema(
    "site_ranks",
    (
        Column("rule", "text", "rule id"),
        Column("net", "float", "people newly covered by the site", "people"),
        Column("rank", "int", "1 + the candidate places that newly cover more; 0 on land where building is forbidden"),
        Column("candidates", "int", "candidate places: of every 500 m square with people, where most live"),
        Column("forbidden", "int", "further such places, on land where building is forbidden: left out"),
        Column("steep", "int", "further such places, on ground steeper than the limit: left out"),
        Column("slope_unknown", "int", "places at which the slope is not known: 0 without elevation, where none is"),
        Column("best_place", "text", "candidate that newly covers most; of equal ones the first; '' without any"),
        Column("best_net", "float", "people it newly covers", "people"),
        Column("best_lon", "float", "WGS-84", "deg"),
        Column("best_lat", "float", "WGS-84", "deg"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Rivals:
    """The candidate places of a study, and what each would newly cover.

    Attributes
    ----------
    places
        Those that may be built on (:func:`accessgis.decide.places.buildable`): the default candidates of ``locate``.
    gains
        People newly covered by each place, by rule.
    """

    places: Places
    gains: Mapping[str, FloatArray]


@lru_cache(maxsize=1)
def rivals(measured: Measured, kind: str) -> Rivals:
    """Return the candidate places for facilities of a kind: the same for every site, and kept in the user's cache.

    What is kept goes by the content of everything that it follows from, and is never part of a result.
    """
    whole = Places(frame=lived_in_places(measured.prepared), source="cells", spacing_m=SQUARE_M)
    places = buildable(measured.prepared, whole)
    items = circles_of(measured, kind)
    gains = {item.chosen.standard.id: _gains(measured, item, kind, places.frame) for item in items}
    return Rivals(places=places, gains=gains)


def _gains(measured: Measured, item: RuleReaches, kind: str, places: pd.DataFrame) -> FloatArray:
    def work_out() -> dict[str, NDArray[Any]]:
        found: Reachable = reachable(measured, item, kind, places)
        return {"gains": found.gains}

    if len(places) < _SMALL:
        return work_out()["gains"]
    key = content_key(_told(item, kind), *_made_of(measured, item, kind, places))
    return cached_arrays(cache_folder(), key, work_out)["gains"]


def _told(item: RuleReaches, kind: str) -> str:
    """Return what the gains follow from beside arrays, as text."""
    rule = item.chosen.standard
    parts = [
        (part.profile, part.part, part.direction, part.case.straight, part.case.limit_m, part.case.network.walking_kph)
        for part in item.parts
    ]
    version = library_versions()["accessgis"]
    own = item.chosen.own_profiles
    return repr((_FORM, version, kind, rule.sharing, rule.facilities_any, own, cutoff_of(item.chosen), parts))


def _made_of(measured: Measured, item: RuleReaches, kind: str, places: pd.DataFrame) -> Iterator[NDArray[Any]]:
    """Yield every array that the gains follow from: people left, both ends of the ways, the networks between."""
    yield people_left(measured, item, kind)
    yield measured.router.demand_xy
    yield places[["x", "y"]].to_numpy(dtype=np.float64)
    if item.chosen.standard.sharing != "any":
        for frame in (measured.prepared.demand.frame, places):
            for unit in ("county", "township"):
                yield frame[unit].to_numpy(dtype=np.str_)
    roads = measured.prepared.roads
    yield from (roads.tail, roads.head, roads.length_m, roads.shape_start, roads.shape_x, roads.shape_y)
    for part in item.parts:
        if part.profile in item.chosen.own_profiles and not part.case.straight:
            network = part.case.network
            yield from (network.arc_edge, network.arc_forward, network.arc_ms, network.joinable, network.island)


def site_ranks(measured: Measured, effect: SiteEffect, *, barred: bool) -> pd.DataFrame:
    """Return the rank of a site under every circle that counts its kind.

    Parameters
    ----------
    measured
        The study with its times.
    effect
        What the site changes.
    barred
        Whether building is forbidden where it lies: then it has no rank.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`SITE_RANKS`.
    """
    known = rivals(measured, str(effect.proposal.row["kind"]))
    nets = effect.rules[effect.rules["headline"]].set_index("rule")["net"]
    rows = []
    for rule, gains in known.gains.items():
        net = float(nets[rule])
        best = known.places.frame.assign(gain=gains).iloc[int(np.argmax(gains))] if gains.size else _NOWHERE
        rows.append(
            {
                "rule": rule,
                "net": net,
                "rank": 0 if barred else 1 + int((gains > net * (1 + 1e-12)).sum()),
                "candidates": len(known.places.frame),
                "forbidden": known.places.left_out.get("forbidden", 0),
                "steep": known.places.left_out.get("steep", 0),
                "slope_unknown": known.places.slope_unknown,
                "best_place": str(best["place"]),
                "best_net": float(best["gain"]),
                "best_lon": float(best["lon"]),
                "best_lat": float(best["lat"]),
            }
        )
    frame = pd.DataFrame(rows).astype({"rule": "str", "best_place": "str"}) if rows else SITE_RANKS.empty()
    SITE_RANKS.require(frame)
    return frame


def barred(measured: Measured, effect: SiteEffect) -> bool:
    """Return whether a site lies on land where building is forbidden."""
    shapes = effect.proposal.layer.frame.geometry.to_numpy()
    return bool(forbidden(measured.prepared, shapes)[0])
