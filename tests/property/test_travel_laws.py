"""Laws that travel times obey whatever the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import both, build, joins_at
from strategies import Place, Town, towns

from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price
from accessgis.travel.within import within

BOTH = pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
QUARTERS = st.integers(0, 4).map(lambda n: n / 4)


def answer(town: Town, direction, *, network=None):
    network = build(town.nodes, town.streets) if network is None else network
    found = search(network, price(joins_at(town.facilities), network), direction=direction)
    times = arrive(found, price(joins_at(town.residents), network))
    return times.ms.tolist(), times.facility.tolist()


def half(ms):
    return None if ms is None else ms // 2


def moved(places: list[Place], new_edge, new_share=lambda edge, share: share) -> list[Place]:
    return [[(new_edge(e, share), new_share(e, share), metres) for e, share, metres in place] for place in places]


@BOTH
@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)))
def test_adding_a_facility_never_makes_anyone_worse_off(town, direction):
    before = replace(town, facilities=town.facilities[:-1])
    ms_before, nearest_before = answer(before, direction)
    ms, nearest = answer(town, direction)
    new = len(town.facilities) - 1

    for old_ms, old, now_ms, now in zip(ms_before, nearest_before, ms, nearest, strict=True):
        assert (now_ms < old_ms and now == new) or (now_ms, now) == (old_ms, old)


@BOTH
@settings(max_examples=60)
@given(town=towns(unit_ms=16, shares=QUARTERS))
def test_doubling_all_speeds_halves_all_times(town, direction):
    streets = [replace(s, ms=half(s.ms), back_ms=half(s.back_ms)) for s in town.streets]
    fast = build(town.nodes, streets)
    fast = replace(fast, walking_kph=fast.walking_kph * 2)
    ms, nearest = answer(town, direction)

    assert answer(town, direction, network=fast) == ([t / 2 for t in ms], nearest)


@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)))
def test_reversing_every_street_swaps_to_and_from(town):
    turned = replace(town, streets=[replace(s, ms=s.back_ms, back_ms=s.ms) for s in town.streets])

    assert answer(turned, "to_facility") == answer(town, "from_facility")


@BOTH
@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)), data=st.data())
def test_relabelling_nodes_changes_nothing(town, data, direction):
    order = data.draw(st.permutations(range(len(town.nodes))))
    nodes = [town.nodes[order.index(new)] for new in range(len(town.nodes))]
    streets = [replace(s, tail=order[s.tail], head=order[s.head]) for s in town.streets]

    # shapes follow the coordinates of the ends, which move along
    assert answer(replace(town, nodes=nodes, streets=streets), direction) == answer(town, direction)


@BOTH
@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)), data=st.data())
def test_the_order_of_edges_is_irrelevant(town, data, direction):
    order = data.draw(st.permutations(range(len(town.streets))))
    streets = [town.streets[order.index(new)] for new in range(len(town.streets))]
    shuffled = replace(
        town,
        streets=streets,
        facilities=moved(town.facilities, lambda e, _: order[e]),
        residents=moved(town.residents, lambda e, _: order[e]),
    )

    assert answer(shuffled, direction) == answer(town, direction)


@BOTH
@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)), data=st.data())
def test_the_order_of_facilities_decides_ties_only(town, data, direction):
    order = data.draw(st.permutations(range(len(town.facilities))))
    shuffled = replace(town, facilities=[town.facilities[i] for i in order])
    ms, _ = answer(town, direction)
    ms_shuffled, nearest = answer(shuffled, direction)

    assert ms_shuffled == ms
    for resident, place in enumerate(town.residents):
        alone = [
            answer(replace(town, facilities=[town.facilities[i]], residents=[place]), direction)[0][0] for i in order
        ]
        best = min(alone)
        assert nearest[resident] == (-1 if best == np.inf else alone.index(best))


@BOTH
@settings(max_examples=60)
@given(town=towns(unit_ms=8, shares=QUARTERS))
def test_cutting_every_street_in_half_changes_nothing(town, direction):
    # an edge that takes no time has no length: everybody joins it at its start
    def placed(e, share):
        return share if 0 not in (town.streets[e].ms, town.streets[e].back_ms) else 0.0

    town = replace(
        town,
        facilities=moved(town.facilities, lambda e, _: e, placed),
        residents=moved(town.residents, lambda e, _: e, placed),
    )
    nodes, halves = list(town.nodes), []
    for s in town.streets:
        middle = len(nodes)
        nodes.append((0.0, 0.0))
        halves.append(replace(s, head=middle, ms=half(s.ms), back_ms=half(s.back_ms)))
        halves.append(replace(s, tail=middle, ms=half(s.ms), back_ms=half(s.back_ms)))

    def edge(e, share):
        return 2 * e + (share > 0.5)

    def share_of_half(_, share):
        return 2 * share - (share > 0.5)

    cut = Town(nodes, halves, moved(town.facilities, edge, share_of_half), moved(town.residents, edge, share_of_half))

    assert answer(cut, direction) == answer(town, direction)


@settings(max_examples=200)
@given(share=st.floats(0, 1), ms=st.integers(0, 2**30))
def test_the_two_sides_of_a_join_add_up_to_the_edge(share, ms):
    network = build([(0, 0), (1, 0)], [both(0, 1, ms)])
    ends = price(joins_at([[(0, share, 0)]]), network)

    assert ends.offset_ms.sum() == ms
    assert (ends.offset_ms >= 0).all()


@settings(max_examples=60)
@given(town=towns(shares=st.floats(0, 1)), cutoffs=st.lists(st.integers(0, 30_000), min_size=2, max_size=2))
def test_a_longer_cutoff_keeps_every_trip_and_its_time(town, cutoffs):
    network = build(town.nodes, town.streets)
    residents, facilities = price(joins_at(town.residents), network), price(joins_at(town.facilities), network)
    short, long = sorted(cutoffs)

    def trips(cutoff_ms):
        found = within(network, residents, facilities, cutoff_ms=cutoff_ms)
        return set(zip(found.origin.tolist(), found.destination.tolist(), found.ms.tolist(), strict=True))

    assert trips(short) == {trip for trip in trips(long) if trip[2] <= short}
