"""A town with a clinic at one end: where proposed sites and scenarios are worked out on paper."""

from __future__ import annotations

import numpy as np
from paper.studies import COUNTY, Drawing, Home, Site, Unit, circle, line, prepared

from accessgis.base.crs import to_degrees
from accessgis.decide.proposal import Proposal, propose

# y=0: homes every 600 m on a street of 3600 m, a clinic at its west end; another street across, a ford that only
# walkers use; a farm far from every road.
WEST, EAST_TOWN = f"{COUNTY}100", f"{COUNTY}101"
DRAWN = Drawing(
    units=(
        Unit("county", COUNTY, "", (-100, -6000, 5000, 6000)),
        Unit("township", WEST, COUNTY, (-100, -6000, 1500, 6000)),
        Unit("township", EAST_TOWN, COUNTY, (1500, -6000, 5000, 6000)),
    ),
    ways=(
        line((0, 0), (1800, 0), (3600, 0)),
        line((1800, 0), (1800, 900), oneway="yes"),
        line((1800, 900), (3600, 0), highway="footway"),
    ),
    homes=(*(Home(600.0 * i, 0, 10.0 * (i + 1)) for i in range(7)), Home(1800, 900, 7), Home(4500, 5000, 3)),
    sites=(Site("a", 0, 0), Site("b", 1500, 0, kind="library")),
    given=frozenset({"village_clinic", "library"}),
)
RULES = (
    circle(),
    circle("own/ride", profiles=("vehicle", "walk"), limit_s=100),
    circle("own/town", sharing="township"),
    circle("own/relief", profiles=("vehicle",), direction="from_facility", limit_s=120),
    circle("own/metres", limit_s=None, limit_m=700.0, metric="straight-line", profiles=()),
    circle("own/both", facilities_any=(("village_clinic",), ("library",)), limit_s=1300),
)


def place(drawing: Drawing, x: float, y: float) -> Proposal:
    layers = prepared(drawing)
    (at,) = drawing.move(np.array([[x, y]]))
    lon, lat = to_degrees(layers.crs).transform(*at)
    return propose(layers, kind="village_clinic", at=(float(lon), float(lat)), datum="wgs84")
