from __future__ import annotations

import numpy as np
import pytest
from paper import drawn
from paper.streets import both, build, joins_at, no_ends

from accessgis.travel.bucket import build_graph
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price


def answers(times):
    pairs = zip(times.ms.tolist(), times.facility.tolist(), strict=True)
    return [None if facility < 0 else (ms, facility) for ms, facility in pairs]


@pytest.mark.parametrize("case", drawn.ALL, ids=lambda case: case.name)
@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
def test_networks_solved_by_hand(case, direction):
    found = search(case.network, price(case.facilities, case.network), direction=direction)
    times = arrive(found, price(case.residents, case.network))

    assert answers(times) == (case.to if direction == "to_facility" else case.back)
    assert not times.direct.any()


def test_unreachable_is_inf_and_has_no_facility():
    case = drawn.OFF_NETWORK
    times = arrive(
        search(case.network, price(case.facilities, case.network), direction="to_facility"),
        price(case.residents, case.network),
    )

    assert np.isinf(times.ms[:2]).all()
    assert times.facility[:2].tolist() == [-1, -1]


def test_without_any_facility_nobody_arrives():
    case = drawn.HIGH_STREET
    times = arrive(search(case.network, no_ends(0), direction="to_facility"), price(case.residents, case.network))

    assert np.isinf(times.ms).all()
    assert (times.facility == -1).all()


def test_a_network_without_roads_reaches_nobody():
    network = build([], [])

    times = arrive(search(network, no_ends(1), direction="to_facility"), no_ends(3))

    assert np.isinf(times.ms).all()


def test_a_kept_graph_gives_the_same_times_and_a_wrong_one_is_refused():
    case = drawn.ONE_WAY_RING
    facilities, residents = price(case.facilities, case.network), price(case.residents, case.network)
    backward = build_graph(case.network, backward=True)

    kept = arrive(search(case.network, facilities, direction="to_facility", graph=backward), residents)

    assert answers(kept) == case.to
    with pytest.raises(ValueError, match="other direction"):
        search(case.network, facilities, direction="from_facility", graph=backward)
    with pytest.raises(ValueError, match="another network"):
        search(drawn.HIGH_STREET.network, no_ends(1), direction="to_facility", graph=backward)


def test_times_longer_than_thirty_two_bits_of_milliseconds_stay_exact():
    # 5 streets of 2^30 ms (298 hours): the far end is 5 · 2^30 ms away
    network = build([(float(i), 0.0) for i in range(6)], [both(i, i + 1, 2**30) for i in range(5)])
    facility, resident = price(joins_at([[], [], [(0, 0.0, 0)]]), network), price(joins_at([[(4, 1.0, 0)]]), network)

    times = arrive(search(network, facility, direction="to_facility"), resident)

    assert answers(times) == [(5 * 2**30, 2)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((0, 0.0, 0), (2, 1.0, 0)),  # both over a junction
        ((1, 0.0, 10), (1, 1.0, 10)),  # both along the edge itself
        ((0, 0.0, 0), (1, 1.0, 10)),  # one of each
        ((1, 0.0, 10), (2, 1.0, 0)),
    ],
)
@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
def test_who_lives_halfway_goes_to_the_first_of_two_facilities_whichever_side_it_is_on(left, right, direction):
    # three streets of 10 s in a row; a resident in the middle of the second, facilities 15 s away on either side
    network = build([(float(i), 0.0) for i in range(4)], [both(i, i + 1, 10_000) for i in range(3)])
    resident = price(joins_at([[(1, 0.5, 0)]]), network)

    for places in ([left], [right]), ([right], [left]):
        times = arrive(search(network, price(joins_at(places), network), direction=direction), resident)

        assert answers(times) == [(15_000, 0)]


def test_the_public_names_are_functions() -> None:
    """``ag.travel.nearest(...)`` and ``ag.travel.matrix(...)`` can be called as documented."""
    import accessgis as ag

    assert ag.travel.nearest.__name__ == "nearest"
    assert ag.travel.matrix.__name__ == "within"
