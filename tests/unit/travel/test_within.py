from __future__ import annotations

import numpy as np
import pytest
from paper import drawn
from paper.streets import both, build, joins_at, no_ends
from scipy.sparse import csr_array

from accessgis.travel import bucket_engine, hierarchy_engine
from accessgis.travel.planner import Engines
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price
from accessgis.travel.within import table, within

S = 1000
PREFERRED = pytest.mark.parametrize("prefer", ["bucket", "hierarchy"])


def cells(found):
    pairs = zip(found.origin.tolist(), found.destination.tolist(), strict=True)
    return dict(zip(pairs, found.ms.tolist(), strict=True))


def engines_of(network, prefer, **more):
    return Engines(network=network, prefer=prefer, cache=None, **more)


@PREFERRED
@pytest.mark.parametrize("backward", [False, True])
def test_a_trip_of_exactly_the_cutoff_counts_and_one_millisecond_less_does_not(prefer, backward):
    case = drawn.HIGH_STREET
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    engines = engines_of(case.network, prefer)
    near, far = (facilities, residents) if backward else (residents, facilities)

    def found(cutoff_ms):
        pairs = cells(within(case.network, far, near, cutoff_ms=cutoff_ms, engines=engines))
        return {pair if backward else pair[::-1]: ms for pair, ms in pairs.items()}

    assert found(45 * S) == {(0, 0): 45 * S, (2, 0): 10 * S, (3, 0): 32 * S}
    assert found(45 * S - 1) == {(2, 0): 10 * S, (3, 0): 32 * S}


@PREFERRED
@pytest.mark.parametrize("case", drawn.ALL, ids=lambda case: case.name)
@pytest.mark.parametrize("at_once", [1, 1 << 24])
def test_its_smallest_time_is_the_nearest_facility(case, prefer, at_once, monkeypatch):
    monkeypatch.setattr(bucket_engine, "_ROWS_AT_ONCE", at_once)
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", at_once)
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    engines = engines_of(case.network, prefer)
    for cutoff_ms in (10**9, 2 * 10**9):  # below and beyond the longest time inside a hierarchy
        found = within(case.network, residents, facilities, cutoff_ms=cutoff_ms, engines=engines)

        full = np.full((residents.point_count, facilities.point_count), np.inf)
        full[found.origin, found.destination] = found.ms
        nearest = arrive(search(case.network, facilities, direction="to_facility"), residents)
        assert np.array_equal(full.min(axis=1), nearest.ms)
        assert np.array_equal(table(case.network, residents, facilities, engines=engines), full)


@PREFERRED
@pytest.mark.parametrize("case", drawn.ALL, ids=lambda case: case.name)
def test_trips_from_the_smaller_side_are_those_from_the_larger_side_turned_round(case, prefer):
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    many = price(joins_at([[(0, 0.5, 1)]] * 9), case.network)
    engines = engines_of(case.network, prefer)

    out = table(case.network, facilities, residents, engines=engines)
    nearest = arrive(search(case.network, facilities, direction="from_facility"), residents)
    assert np.array_equal(out.min(axis=0), nearest.ms)
    # nine points search from the other side, and each of them is the same point
    few = table(case.network, facilities, price(joins_at([[(0, 0.5, 1)]]), case.network), engines=engines)
    assert np.array_equal(table(case.network, facilities, many, engines=engines), np.repeat(few, 9, axis=1))


@PREFERRED
def test_the_side_with_fewer_points_is_searched_and_nothing_changes_by_it(prefer, monkeypatch):
    case = drawn.ONE_WAY_RING
    residents, facilities = price(case.residents, case.network), price(case.facilities, case.network)
    engines = engines_of(case.network, prefer)
    asked = []
    choose = Engines.choose
    monkeypatch.setattr(
        Engines, "choose", lambda self, trips, **more: asked.append(trips) or choose(self, trips, **more)
    )

    assert cells(within(case.network, residents, facilities, cutoff_ms=180 * S, engines=engines)) == {
        (0, 0): 15 * S,
        (2, 0): 180 * S,
        (3, 0): 3 * S,
    }
    assert cells(within(case.network, facilities, residents, cutoff_ms=180 * S, engines=engines)) == {
        (0, 1): 15 * S,
        (0, 2): 45 * S,
        (0, 3): 3 * S,
    }
    assert [(trips.backward, trips.sources.count) for trips in asked] == [(True, 1), (False, 1)]


@PREFERRED
def test_an_empty_side_gives_an_empty_matrix(prefer):
    case = drawn.HIGH_STREET
    residents, engines = price(case.residents, case.network), engines_of(case.network, prefer)

    found = within(case.network, residents, no_ends(2), cutoff_ms=S, engines=engines)

    assert found.ms.size == 0
    assert found.start.tolist() == [0, 0, 0, 0, 0]
    assert (found.origin_count, found.destination_count) == (4, 2)
    assert np.array_equal(table(case.network, residents, no_ends(2), engines=engines), np.full((4, 2), np.inf))


@PREFERRED
@pytest.mark.parametrize(("first", "second"), [(4, 0), (0, 4), (0, 0)])
def test_a_side_without_points_gives_a_matrix_without_rows_or_columns(prefer, first, second):
    case = drawn.HIGH_STREET
    residents, engines = price(case.residents, case.network), engines_of(case.network, prefer)
    origins = residents if first else no_ends(0)
    destinations = residents if second else no_ends(0)

    found = within(case.network, origins, destinations, cutoff_ms=S, engines=engines)

    assert found.to_scipy().shape == (first, second)
    assert found.start.tolist() == [0] * (first + 1)
    assert table(case.network, origins, destinations, engines=engines).shape == (first, second)


def test_engines_of_another_network_are_refused():
    engines = engines_of(drawn.ONE_WAY_RING.network, "bucket")

    for ask in (
        lambda **more: within(*more.pop("points"), cutoff_ms=S, **more),
        lambda **m: table(*m.pop("points"), **m),
    ):
        with pytest.raises(ValueError, match="another network"):
            ask(points=(drawn.HIGH_STREET.network, no_ends(1), no_ends(1)), engines=engines)


@PREFERRED
@pytest.mark.parametrize("cutoff_ms", [-1, 2**31 - 1])
def test_a_cutoff_that_no_engine_holds_is_refused(prefer, cutoff_ms):
    case = drawn.HIGH_STREET
    points = price(case.residents, case.network)

    with pytest.raises(ValueError, match="cutoff_ms"):
        within(case.network, points, points, cutoff_ms=cutoff_ms, engines=engines_of(case.network, prefer))


@PREFERRED
def test_scipy_works_on_the_same_memory_and_a_stored_zero_stays(prefer):
    network = build([(0.0, 0.0), (1.0, 0.0)], [both(0, 1, 7)])
    points = price(joins_at([[(0, 0.0, 0)], [(0, 1.0, 0)]]), network)
    found = within(network, points, points, cutoff_ms=7, engines=engines_of(network, prefer))

    matrix = found.to_scipy()

    assert isinstance(matrix, csr_array)
    assert np.shares_memory(matrix.data, found.ms)
    assert np.shares_memory(matrix.indices, found.destination)
    assert matrix.nnz == 4
    assert matrix.toarray().tolist() == [[0, 7], [7, 0]]
    assert matrix.has_canonical_format


@PREFERRED
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("ask", [within, table], ids=["within", "table"])
def test_progress_rises_to_one(ask, prefer, threads, monkeypatch):
    monkeypatch.setattr(bucket_engine, "_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", 1)
    network = build([(float(i), 0.0) for i in range(90)], [both(i, i + 1, 7) for i in range(89)])
    points = price(joins_at([[(i, 0.25, 0)] for i in range(89)]), network)
    told = []

    more = {"cutoff_ms": 50} if ask is within else {}
    ask(network, points, points, engines=engines_of(network, prefer, threads=threads), progress=told.append, **more)

    assert len(told) > 4
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] == 1


@PREFERRED
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("ask", [within, table], ids=["within", "table"])
def test_an_interruption_stops_soon_and_the_engines_answer_as_before(ask, prefer, threads, monkeypatch):
    monkeypatch.setattr(bucket_engine, "_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", 1)
    network = build([(float(i), 0.0) for i in range(700)], [both(i, i + 1, 7) for i in range(699)])
    points = price(joins_at([[(i, 0.25, 0)] for i in range(699)]), network)
    engines = engines_of(network, prefer, threads=threads)
    more = {"cutoff_ms": 50} if ask is within else {}
    expected = ask(network, points, points, engines=engines_of(network, prefer, threads=1), **more)
    told = []

    def interrupted(share):
        told.append(share)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(network, points, points, engines=engines, progress=interrupted, **more)
    stopped_after = len(told)
    again = ask(network, points, points, engines=engines, **more)

    assert stopped_after <= 3 + threads
    if ask is table:
        assert np.array_equal(again, expected)
    else:
        assert cells(again) == cells(expected)
