from __future__ import annotations

import numpy as np
import pytest
from paper import drawn
from paper.streets import no_ends

from accessgis.travel import within as matrix
from accessgis.travel.bucket import build_graph
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price
from accessgis.travel.within import within

S = 1000


def cells(found):
    pairs = zip(found.origin.tolist(), found.destination.tolist(), strict=True)
    return dict(zip(pairs, found.ms.tolist(), strict=True))


@pytest.mark.parametrize("backward", [False, True])
def test_a_trip_of_exactly_the_cutoff_counts_and_one_millisecond_less_does_not(backward):
    case = drawn.HIGH_STREET
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    graph = build_graph(case.network, backward=backward)

    at = within(case.network, residents, facilities, cutoff_ms=45 * S, graph=graph)
    below = within(case.network, residents, facilities, cutoff_ms=45 * S - 1, graph=graph)

    assert cells(at) == {(0, 0): 45 * S, (2, 0): 10 * S, (3, 0): 32 * S}
    assert cells(below) == {(2, 0): 10 * S, (3, 0): 32 * S}


@pytest.mark.parametrize("case", drawn.ALL, ids=lambda case: case.name)
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("at_once", [1, 1 << 24])
def test_its_smallest_time_is_the_nearest_facility(case, backward, at_once, monkeypatch):
    monkeypatch.setattr(matrix, "_ROWS_AT_ONCE", at_once)
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    graph = build_graph(case.network, backward=backward)

    found = within(case.network, residents, facilities, cutoff_ms=10**9, graph=graph)

    full = np.full((residents.point_count, facilities.point_count), np.inf)
    full[found.origin, found.destination] = found.ms
    nearest = arrive(search(case.network, facilities, direction="to_facility"), residents)
    assert np.array_equal(full.min(axis=1), nearest.ms)


def test_the_side_with_fewer_points_is_searched_and_nothing_changes_by_it():
    case = drawn.ONE_WAY_RING
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)

    assert cells(within(case.network, residents, facilities, cutoff_ms=180 * S)) == {
        (0, 0): 15 * S,
        (2, 0): 180 * S,
        (3, 0): 3 * S,
    }
    assert cells(within(case.network, facilities, residents, cutoff_ms=180 * S)) == {
        (0, 1): 15 * S,
        (0, 2): 45 * S,
        (0, 3): 3 * S,
    }


def test_an_empty_side_gives_an_empty_matrix():
    case = drawn.HIGH_STREET

    found = within(case.network, price(case.residents, case.network), no_ends(2), cutoff_ms=S)

    assert found.ms.size == 0
    assert found.start.tolist() == [0, 0, 0, 0, 0]
    assert (found.origin_count, found.destination_count) == (4, 2)


def test_a_graph_of_another_network_is_refused():
    graph = build_graph(drawn.ONE_WAY_RING.network, backward=True)

    with pytest.raises(ValueError, match="another network"):
        within(drawn.HIGH_STREET.network, no_ends(1), no_ends(1), cutoff_ms=S, graph=graph)
