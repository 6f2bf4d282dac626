from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from paper import drawn
from paper.streets import no_ends

from accessgis.base.errors import UsageError
from accessgis.travel.planner import Engines
from accessgis.travel.search import arrive, search
from accessgis.travel.snap import price
from accessgis.travel.within import spill, table, within, within_parts

S = 1000
ENGINES = pytest.mark.parametrize("prefer", ["auto", "bucket", "hierarchy"])


def cells(found):
    pairs = zip(found.origin.tolist(), found.destination.tolist(), strict=True)
    return dict(zip(pairs, found.ms.tolist(), strict=True))


def ends(case):
    return price(case.residents, case.network), price(case.facilities, case.network)


@ENGINES
def test_a_trip_of_exactly_the_cutoff_counts_and_one_millisecond_less_does_not(prefer):
    case = drawn.HIGH_STREET
    residents, facilities = ends(case)
    engines = Engines(network=case.network, prefer=prefer)

    at = within(case.network, residents, facilities, cutoff_ms=45 * S, engines=engines)
    below = within(case.network, residents, facilities, cutoff_ms=45 * S - 1, engines=engines)

    assert cells(at) == {(0, 0): 45 * S, (2, 0): 10 * S, (3, 0): 32 * S}
    assert cells(below) == {(2, 0): 10 * S, (3, 0): 32 * S}


@ENGINES
@pytest.mark.parametrize("case", drawn.ALL, ids=lambda case: case.name)
def test_its_smallest_time_is_the_nearest_facility(case, prefer):
    residents, facilities = ends(case)
    engines = Engines(network=case.network, prefer=prefer)

    found = within(case.network, residents, facilities, cutoff_ms=10**9, engines=engines)
    full = table(case.network, residents, facilities, engines=engines)

    sparse = np.full((residents.point_count, facilities.point_count), np.inf)
    sparse[found.origin, found.destination] = found.ms
    nearest = arrive(search(case.network, facilities, direction="to_facility"), residents)
    assert np.array_equal(sparse, full)
    assert np.array_equal(full.min(axis=1), nearest.ms)


@ENGINES
def test_the_side_with_fewer_points_is_searched_and_nothing_changes_by_it(prefer):
    case = drawn.ONE_WAY_RING
    residents, facilities = ends(case)
    engines = Engines(network=case.network, prefer=prefer)

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


def test_an_empty_side_gives_an_empty_matrix():
    case = drawn.HIGH_STREET

    found = within(case.network, price(case.residents, case.network), no_ends(2), cutoff_ms=S)

    assert found.ms.size == 0
    assert found.start.tolist() == [0, 0, 0, 0, 0]
    assert (found.origin_count, found.destination_count) == (4, 2)


def test_engines_of_another_network_are_refused():
    engines = Engines(network=drawn.ONE_WAY_RING.network)

    with pytest.raises(ValueError, match="another network"):
        within(drawn.HIGH_STREET.network, no_ends(1), no_ends(1), cutoff_ms=S, engines=engines)


@pytest.mark.parametrize("cutoff_ms", [-1, 2**31 - 1])
@pytest.mark.parametrize("prefer", ["bucket", "hierarchy"])
def test_a_cutoff_that_the_engine_cannot_hold_is_refused(cutoff_ms, prefer):
    case = drawn.HIGH_STREET
    engines = Engines(network=case.network, prefer=prefer)

    with pytest.raises(ValueError, match="cutoff_ms must lie in"):
        within(case.network, *ends(case), cutoff_ms=cutoff_ms, engines=engines)


def test_scipy_takes_the_matrix_without_a_copy():
    case = drawn.HIGH_STREET
    found = within(case.network, *ends(case), cutoff_ms=45 * S)
    matrix = found.to_scipy()

    assert matrix.shape == (4, found.destination_count)
    assert np.shares_memory(matrix.data, found.ms)
    assert np.shares_memory(matrix.indices, found.destination)
    assert matrix.has_canonical_format


@ENGINES
@pytest.mark.parametrize("most_bytes", [1, 16, 1 << 30])
def test_parts_put_together_are_the_matrix_and_stay_under_their_bytes(prefer, most_bytes):
    case = drawn.HIGH_STREET
    residents, facilities = ends(case)
    engines = Engines(network=case.network, prefer=prefer)
    whole = within(case.network, residents, facilities, cutoff_ms=45 * S, engines=engines)

    parts = list(
        within_parts(case.network, residents, facilities, cutoff_ms=45 * S, most_bytes=most_bytes, engines=engines)
    )

    assert [first for first, _ in parts] == np.cumsum([0, *(part.origin_count for _, part in parts)])[:-1].tolist()
    assert np.array_equal(np.concatenate([first + part.origin for first, part in parts]), whole.origin)
    assert np.array_equal(np.concatenate([part.destination for _, part in parts]), whole.destination)
    assert np.array_equal(np.concatenate([part.ms for _, part in parts]), whole.ms)
    assert all(part.ms.size * 8 <= most_bytes or part.origin_count == 1 for _, part in parts)


def test_spilled_parts_are_whole_or_not_there(tmp_path):
    case = drawn.HIGH_STREET
    residents, facilities = ends(case)

    def parts():
        return within_parts(case.network, residents, facilities, cutoff_ms=45 * S, most_bytes=8)

    def broken():
        yield from parts()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spill(tmp_path / "times", broken())
    assert list(tmp_path.iterdir()) == []
    count = spill(tmp_path / "times", parts())

    frame = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "times").glob("*.parquet"))])
    listed = json.loads((tmp_path / "times" / "manifest.json").read_text(encoding="utf-8"))
    assert count == len(frame) == sum(listed["pairs"].values()) == 3
    assert frame.to_numpy().tolist() == [[0, 0, 45 * S], [2, 0, 10 * S], [3, 0, 32 * S]]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        spill(tmp_path / "mine", parts())
    assert refused.value.code == "AG2020"
