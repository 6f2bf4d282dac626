"""Hypothesis strategies shared by the tests: small directed networks with every oddity, and places on them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from paper.streets import Street

Place = list[tuple[int, float, float]]


@dataclass(frozen=True)
class Town:
    """Plain data of a small network with facilities and residents, so that a law can bend it before it is built.

    ``nodes`` are coordinates (some coincide), ``facilities`` and ``residents`` places as in ``paper.streets.joins_at``.
    """

    nodes: list[tuple[float, float]]
    streets: list[Street]
    facilities: list[Place]
    residents: list[Place]


@st.composite
def streets(draw: st.DrawFn, node_count: int, *, unit_ms: int) -> Street:
    """Draw a street: one-way or not, uneven or not, perhaps of length zero; never a loop."""
    tail = draw(st.integers(0, node_count - 1))
    head = draw(st.integers(0, node_count - 2))
    head += head >= tail
    time = st.integers(0, 12).map(lambda units: units * unit_ms)
    there = draw(st.none() | time)
    back = draw(time if there is None else st.none() | st.just(there) | time)
    return Street(tail, head, there, back)


def places(edge_count: int, *, shares: st.SearchStrategy[float]) -> st.SearchStrategy[Place]:
    """Draw where one point joins: nowhere, or on up to two edges, up to 6 (even) metres away."""
    join = st.tuples(st.integers(0, edge_count - 1), shares, st.integers(0, 3).map(lambda metres: 2.0 * metres))
    return st.lists(join, max_size=2)


@st.composite
def towns(draw: st.DrawFn, *, unit_ms: int = 1, shares: st.SearchStrategy[float] | None = None) -> Town:
    """Draw a town. Times are multiples of ``unit_ms``; shares are eighths unless given."""
    node_count = draw(st.integers(2, 8))
    coordinate = st.integers(0, 4).map(float)
    nodes = draw(st.lists(st.tuples(coordinate, coordinate), min_size=node_count, max_size=node_count))
    drawn = draw(st.lists(streets(node_count, unit_ms=unit_ms), min_size=1, max_size=14))
    place = places(len(drawn), shares=st.integers(0, 8).map(lambda n: n / 8) if shares is None else shares)
    return Town(
        nodes=nodes,
        streets=drawn,
        facilities=draw(st.lists(place, min_size=1, max_size=5)),
        residents=draw(st.lists(place, min_size=1, max_size=6)),
    )
