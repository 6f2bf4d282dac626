"""Mobile services in circles: who is served because a stop within the limit is visited on enough days a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from accessgis.assess.circle import BoolArray, Reach


def with_mobile(reach: Reach, min_days: Mapping[str, int]) -> Reach:
    """Return a reach that counts mobile services beside the facilities at a fixed place.

    A person is served who has such a facility within the limit, or stops of one kind within the limit on at least so
    many different weekdays, whichever of them comes on which. Times and the nearest facility stay those of fixed ones.

    Parameters
    ----------
    reach
        By fixed facilities, with the weekdays on which stops lie within the limit (``visits``).
    min_days
        Kind → days a week on which its stops must come.
    """
    covered = {}
    for variant, served in reach.covered.items():
        enough: list[BoolArray] = [
            np.bitwise_count(days) >= min_days[kind] for kind, days in reach.visits.get(variant, {}).items()
        ]
        covered[variant] = np.logical_or.reduce([served, *enough])
    return replace(reach, covered={**covered, "fixed": reach.covered["central"]}, visits={})
