"""Counties drawn at random with every oddity, for laws that hold whatever the county."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from paper.studies import COUNTY, Drawing, Home, Site, Unit, Way

CLINIC, HOSPITAL = "village_clinic", "township_hospital"
COLUMNS, ROWS = (200, 600, 1000, 1400, 1800, 2200), (200, 600, 1000)
"""Where roads run, in metres: some on borders, the last column beyond the county's."""
ROADS = (
    None,
    (("highway", "residential"),),
    (("highway", "residential"),),
    (("highway", "residential"), ("oneway", "yes")),
    (("highway", "footway"),),
    (("highway", "tertiary"), ("bridge", "yes")),
)
"""What may run between two neighbouring junctions: nothing, a street, a one-way one, a footway, a bridge."""
STATUSES = ("in_service", "in_service", "under_construction", "planned", "closed")


def units(*, counties: int) -> tuple[Unit, ...]:
    """Return two townships side by side, 2 km by 1 km, of two villages each: in one county, or each in its own."""
    second = COUNTY if counties == 1 else "149922"
    tops = [Unit("county", COUNTY, "", (0, 0, 2000, 1000))]
    if counties == 2:
        tops = [Unit("county", COUNTY, "", (0, 0, 1000, 1000)), Unit("county", second, "", (1000, 0, 2000, 1000))]
    rows = []
    for west, county, number in ((0, COUNTY, "100"), (1000, second, "101")):
        code = county + number
        rows.append(Unit("township", code, county, (west, 0, west + 1000, 1000)))
        rows += [
            Unit("village", f"{code}{200 + place}", code, (west, south, west + 1000, south + 500), "220")
            for place, south in enumerate((0, 500))
        ]
    return (*tops, *rows)


def streets(kinds: list[tuple[tuple[str, str], ...] | None]) -> tuple[Way, ...]:
    """Return the roads between neighbouring junctions, in order."""
    pairs = [((x, y), (east, y)) for y in ROWS for x, east in pairwise(COLUMNS)]
    pairs += [((x, y), (x, north)) for x in COLUMNS for y, north in pairwise(ROWS)]
    return tuple(Way(pair, tags) for pair, tags in zip(pairs, kinds, strict=True) if tags is not None)


STREET_COUNT = len(ROWS) * (len(COLUMNS) - 1) + len(COLUMNS) * (len(ROWS) - 1)
PEOPLE = (0.0, 0.1, 4.0, 10.0, 25.5)


def somewhere(rng: np.random.Generator) -> tuple[float, float]:
    """Return a place in the county or near it, on a lattice of 50 m."""
    return 50.0 * int(rng.integers(-4, 51)), 50.0 * int(rng.integers(-2, 23))


def site(rng: np.random.Generator, name: str) -> Site:
    kind = (CLINIC, CLINIC, HOSPITAL)[rng.integers(3)]
    return Site(name, *somewhere(rng), kind, STATUSES[rng.integers(len(STATUSES))])


def generators() -> st.SearchStrategy[np.random.Generator]:
    """Draw a seed: a county is too large to be drawn number by number, and simple ones show nothing."""
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)


@st.composite
def counties(draw: st.DrawFn) -> Drawing:
    """Draw a county with every oddity: missing roads, one-way streets, people off the network, off the map, nobody."""
    rng = draw(generators())
    # one street is always there: a study without any is refused earlier
    roads = [ROADS[1], *(ROADS[kind] for kind in rng.integers(0, len(ROADS), STREET_COUNT - 1))]
    return Drawing(
        units=units(counties=int(rng.integers(1, 3))),
        ways=streets(roads),
        homes=tuple(Home(*somewhere(rng), people=PEOPLE[rng.integers(len(PEOPLE))]) for _ in range(24)),
        sites=tuple(site(rng, f"f{place}") for place in range(rng.integers(2, 8))),
        given=frozenset({CLINIC, HOSPITAL}),
        snap_limit_m=(100.0, 300.0, 2000.0)[rng.integers(3)],
    )
