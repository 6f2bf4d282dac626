"""Every time recomputed by networkx, another way round.

The engine searches once from all facilities over junctions and takes the last steps by arithmetic. The oracle cuts
every arc at every place where somebody joins it, hangs everybody on it by their access leg, and walks forwards from
each traveller in turn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.streets import Street, build, joins_at
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from strategies import Place, towns
from walks import ANY_SHARE, all_times

from accessgis.travel.planner import Engines
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price
from accessgis.travel.within import within


def nearest_of(times: dict[tuple[int, int], int], residents: int, *, resident_first: bool) -> list[tuple[float, int]]:
    best = [(np.inf, -1)] * residents
    for pair, ms in times.items():
        resident, facility = pair if resident_first else pair[::-1]
        if best[resident][1] < 0 or (ms, facility) < best[resident]:
            best[resident] = (ms, facility)
    return best


@settings(max_examples=300)
@given(town=towns() | towns(unit_ms=977, shares=ANY_SHARE))
def test_everybody_takes_as_long_as_networkx_says_and_to_the_same_facility(town):
    network = build(town.nodes, town.streets)
    facilities, residents = price(joins_at(town.facilities), network), price(joins_at(town.residents), network)
    to = arrive(search(network, facilities, direction="to_facility"), residents)
    back = arrive(search(network, facilities, direction="from_facility"), residents)

    expected_to = nearest_of(all_times(town, town.residents, town.facilities), len(town.residents), resident_first=True)
    expected_back = nearest_of(
        all_times(town, town.facilities, town.residents), len(town.residents), resident_first=False
    )

    assert list(zip(to.ms.tolist(), to.facility.tolist(), strict=True)) == expected_to
    assert list(zip(back.ms.tolist(), back.facility.tolist(), strict=True)) == expected_back


@settings(max_examples=200)
@given(
    town=towns() | towns(unit_ms=977, shares=ANY_SHARE),
    cutoff_ms=st.integers(0, 60_000),
    backward=st.booleans(),
    prefer=st.sampled_from(["bucket", "hierarchy"]),
)
def test_the_matrix_holds_exactly_the_trips_that_networkx_finds_within_the_cutoff(town, cutoff_ms, backward, prefer):
    # the side with fewer points is searched: nobody stands off the network often enough to choose it
    nobody = [[]] * (len(town.residents) + len(town.facilities))
    town = (
        replace(town, residents=town.residents + nobody)
        if backward
        else replace(town, facilities=town.facilities + nobody)
    )
    network = build(town.nodes, town.streets)
    origins, destinations = price(joins_at(town.residents), network), price(joins_at(town.facilities), network)
    engines = Engines(network=network, prefer=prefer, cache=None, threads=1)

    found = within(network, origins, destinations, cutoff_ms=cutoff_ms, engines=engines)

    pairs = zip(found.origin.tolist(), found.destination.tolist(), strict=True)
    times = all_times(town, town.residents, town.facilities)
    assert dict(zip(pairs, found.ms.tolist(), strict=True)) == {p: ms for p, ms in times.items() if ms <= cutoff_ms}
    order = list(zip(found.origin.tolist(), found.destination.tolist(), strict=True))
    assert order == sorted(order)


@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
def test_a_larger_network_agrees_with_scipy_between_all_junctions(direction):
    rng = np.random.default_rng(7)
    n, m = 400, 1100
    tail = rng.integers(0, n, m)
    head = (tail + rng.choice([1, 2, 20, 21, 399], m)) % n
    ms, back_ms = rng.integers(1, 90_000, (2, m))
    oneway = rng.random(m) < 0.4
    columns = (values.tolist() for values in (tail, head, ms, back_ms, oneway))
    network = build(
        [(float(x), float(y)) for x, y in rng.uniform(0, 9000, (n, 2))],
        [Street(t, h, there, None if one else back) for t, h, there, back, one in zip(*columns, strict=True)],
    )

    def somewhere(count: int) -> list[Place]:
        return [[(int(rng.integers(m)), float(rng.random()), float(rng.integers(0, 900)))] for _ in range(count)]

    f, d = price(joins_at(somewhere(15)), network), price(joins_at(somewhere(3000)), network)
    found = arrive(search(network, f, direction=direction), d)

    # all-pairs times between junctions, then the formula of the contract for every pair of ends
    quickest = {}
    for t, h, w in zip(network.arc_tail.tolist(), network.arc_head.tolist(), network.arc_ms.tolist(), strict=True):
        quickest[t, h] = min(w, quickest.get((t, h), w))
    rows, columns = zip(*quickest, strict=True)
    between = dijkstra(csr_matrix((list(quickest.values()), (rows, columns)), shape=(n, n)))
    first, last = (d, f) if direction == "to_facility" else (f, d)
    rest = network.arc_ms[first.arc] - first.offset_ms
    over = between[network.arc_head[first.arc]][:, network.arc_tail[last.arc]]
    total = (first.access_ms + rest)[:, None] + over + (last.offset_ms + last.access_ms)[None, :]
    gap = last.offset_ms[None, :] - first.offset_ms[:, None]
    along = first.access_ms[:, None] + gap + last.access_ms[None, :]
    total = np.where((first.arc[:, None] == last.arc[None, :]) & (gap >= 0), np.minimum(total, along), total)
    total = total if direction == "to_facility" else total.T
    best = np.full((3000, 15), np.inf)
    np.minimum.at(best, (d.point[:, None], f.point[None, :]), total)

    assert np.array_equal(found.ms, best.min(axis=1))
    assert np.array_equal(found.facility, np.where(np.isfinite(found.ms), best.argmin(axis=1), -1))
