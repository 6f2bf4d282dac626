from __future__ import annotations

import numpy as np

from accessgis.travel.offroad import compete
from accessgis.travel.types import TravelTimes

ONE_METRE_A_SECOND = 3.6


def times(*pairs):
    ms, facility = zip(*pairs, strict=True)
    return TravelTimes(
        ms=np.array(ms, float), facility=np.array(facility, np.int32), direct=np.zeros(len(pairs), np.bool_)
    )


def walked(before, demand, facilities, *, demand_far=None, facility_far=None, limit_m=2000.0):
    found = compete(
        before,
        demand_xy=np.array(demand, float).reshape(-1, 2),
        demand_far=np.array([True] * len(demand) if demand_far is None else demand_far, np.bool_),
        facility_xy=np.array(facilities, float).reshape(-1, 2),
        facility_far=np.array([True] * len(facilities) if facility_far is None else facility_far, np.bool_),
        walking_kph=ONE_METRE_A_SECOND,
        limit_m=limit_m,
    )
    return list(zip(found.ms.tolist(), found.facility.tolist(), found.direct.tolist(), strict=True))


def test_the_straight_walk_wins_only_where_it_is_strictly_quicker():
    before = times((300_001, 7), (300_000, 7), (299_999, 7), (np.inf, -1))

    assert walked(before, [(0, 0)] * 4, [(300, 0)]) == [
        (300_000, 0, True),
        (300_000, 7, False),
        (299_999, 7, False),
        (300_000, 0, True),
    ]


def test_both_ends_must_lie_far_from_every_road():
    before = times((np.inf, -1), (np.inf, -1))

    assert walked(
        before, [(0, 0), (0, 0)], [(10, 0), (50, 0)], demand_far=[True, False], facility_far=[False, True]
    ) == [
        (50_000, 1, True),
        (np.inf, -1, False),
    ]


def test_the_limit_is_inclusive():
    before = times((np.inf, -1))

    assert walked(before, [(0, 0)], [(500, 0)], limit_m=500) == [(500_000, 0, True)]
    assert walked(before, [(0, 0)], [(500, 0)], limit_m=499.999) == [(np.inf, -1, False)]


def test_equal_whole_milliseconds_go_to_the_lowest_facility():
    # 0.3 mm further away takes the same time rounded
    before = times((np.inf, -1))

    assert walked(before, [(0, 0)], [(900, 0), (100.0003, 0), (0, 100.0)]) == [(100_000, 1, True)]


def test_facilities_without_coordinates_and_empty_sides_are_left_out():
    before = times((np.inf, -1))

    assert walked(before, [(0, 0)], [(np.nan, np.nan), (30, 0)]) == [(30_000, 1, True)]
    assert walked(before, [(0, 0)], []) == [(np.inf, -1, False)]
    assert walked(before, [(0, 0)], [(np.nan, 3)]) == [(np.inf, -1, False)]


def test_what_was_given_is_not_changed():
    before = times((np.inf, -1))

    walked(before, [(0, 0)], [(30, 0)])

    assert np.isinf(before.ms[0])
    assert not before.direct[0]


def test_agrees_with_trying_every_pair():
    rng = np.random.default_rng(5)
    demand, facilities = rng.uniform(0, 1000, (400, 2)).round(), rng.uniform(0, 1000, (60, 2)).round()
    demand_far, facility_far = rng.random(400) < 0.7, rng.random(60) < 0.7
    network_ms = rng.uniform(0, 200_000, 400).round()
    found = walked(
        times(*((ms, 5) for ms in network_ms)), demand, facilities, demand_far=demand_far, facility_far=facility_far,
        limit_m=150,
    )  # fmt: skip

    metres = np.hypot(*(demand[:, None] - facilities[None]).transpose(2, 0, 1))
    ms = np.where((metres <= 150) & facility_far, np.floor(metres * 1000 + 0.5), np.inf)
    ms[~demand_far] = np.inf
    expected = [
        (row.min(), int(row.argmin()), True) if row.min() < before else (before, 5, False)
        for row, before in zip(ms, network_ms, strict=True)
    ]

    assert found == expected
    assert sum(direct for *_, direct in found) > 50
