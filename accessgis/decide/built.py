"""Chosen sites as changes of the study: a scenario that builds them and closes what closes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Add, Close
from accessgis.decide.located import Located
from accessgis.study.measure import Measured, measure


def changes_of(found: Located) -> tuple[Add | Close, ...]:
    """Return the changes that make a study what was chosen, closures first.

    A centre that offers several services is one facility of each kind at the same place. Under service areas a new site
    serves its own township, as it was counted.
    """
    closed = [Close(action="close", id=name) for name in found.closed["facility_id"]]
    serves = bool((found.rules["sharing"] == "serves").any())
    added = [
        Add(
            action="add",
            kind=kind,
            at=(round(row["lon"], 7), round(row["lat"], 7)),
            datum="wgs84",
            capacity={} if np.isnan(row["size"]) else {found.room_column: float(row["size"])},
            serves=(row["township"],) if serves and row["township"] else (),
        )
        for row in found.chosen.to_dict("records")
        for kind in found.kinds
    ]
    return (*closed, *added)


def with_sites(measured: Measured, found: Located, *, progress: Callable[[str], None] = lambda _: None) -> Measured:
    """Return the study as it would be with the chosen sites: what they do not touch is taken over."""
    changed = apply_changes(measured.prepared, changes_of(found))
    return measure(changed, measured.rules, measured.catalogue, before=measured, progress=progress)
