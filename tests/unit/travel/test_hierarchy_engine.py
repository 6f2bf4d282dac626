from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from engines import Gated, hierarchy
from paper.streets import both, build
from tangles import lattice, scipy_times, tangle

from accessgis.travel import hierarchy_engine
from accessgis.travel.decay import within_cutoff
from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS, TooSlowError
from accessgis.travel.hierarchy_engine import HierarchyEngine
from accessgis.travel.trips import trips_from_nodes


def engine(network, threads=1):
    return HierarchyEngine(hierarchy=hierarchy(network), threads=threads)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_of_many_seeds_is_known_at_every_junction(backward, seed):
    network, rng = tangle(400, seed), np.random.default_rng(seed)
    node, ms = rng.integers(0, 400, 30).astype(np.int32), rng.choice([0, 0, 5, 3000], 30)
    label = rng.integers(0, 12, 30).astype(np.int32)
    times = scipy_times(network, node, backward=backward) + ms[:, None]
    first = np.lexsort([np.broadcast_to(label[:, None], times.shape), times], axis=0)[0]
    expected_ms, expected = times[first, np.arange(400)], label[first]
    reached = np.isfinite(expected_ms)

    found_ms, found = engine(network).nearest_nodes(node, ms.astype(np.int64), label, backward=backward)

    assert np.array_equal(found_ms, np.where(reached, expected_ms, 2**62))
    assert np.array_equal(found, np.where(reached, expected, -1))
    assert reached.any()


def test_no_seed_reaches_nothing():
    none4, none8 = np.empty(0, np.int32), np.empty(0, np.int64)

    ms, label = engine(lattice(3, 1)).nearest_nodes(none4, none8, none4, backward=False)

    assert ms.tolist() == [2**62] * 9
    assert label.tolist() == [-1] * 9


def test_labels_too_long_to_stand_beside_times_are_refused():
    node, ms, longest = np.zeros(1, np.int32), np.zeros(1, np.int64), np.array([2**31 - 1], np.int32)
    slow = build([(0, 0), (9, 0), (0, 9), (9, 9)], [both(0, 1, LONGEST_MS - 1)])

    assert engine(lattice(3, 1)).nearest_nodes(node, ms, longest, backward=False)[1].tolist() == [2**31 - 1] * 9
    with pytest.raises(TooSlowError):
        engine(slow).nearest_nodes(node, ms, longest, backward=False)
    found_ms, found = engine(slow).nearest_nodes(node, ms, longest >> 1, backward=False)
    assert found_ms.tolist() == [0, LONGEST_MS - 1, 2**62, 2**62]
    assert found.tolist() == [2**30 - 1, 2**30 - 1, -1, -1]
    with pytest.raises(TooSlowError):
        engine(lattice(3, 1)).nearest_nodes(node, ms + 2**61, np.array([1], np.int32), backward=False)


def test_trips_of_another_network_are_refused():
    with pytest.raises(ValueError, match="another network"):
        engine(lattice(3, 1)).table(trips_from_nodes(8, [0]))


@pytest.mark.parametrize("cutoff_ms", [-1, NEVER_MS])
def test_a_cutoff_outside_the_engine_is_refused(cutoff_ms):
    with pytest.raises(ValueError, match=r"cutoff_ms"):
        engine(lattice(3, 1)).within(trips_from_nodes(9, [0]), cutoff_ms=cutoff_ms)


def test_legs_and_trips_of_298_hours_are_refused_not_wrapped():
    trips, searched = trips_from_nodes(9, [0]), engine(lattice(3, 1))
    slow = np.array([LONGEST_MS])
    times = searched.nearest(trips)[0]
    for bad, more in (
        (replace(trips, sources=replace(trips.sources, ms=slow)), LONGEST_MS),
        (replace(trips, targets=replace(trips.targets, ms=trips.targets.ms + slow)), LONGEST_MS),
        (replace(trips, direct_start=np.array([0, 1]), direct_target=np.zeros(1, np.int32), direct_ms=slow), 0),
    ):
        with pytest.raises(TooSlowError):
            searched.table(bad)
        with pytest.raises(TooSlowError):
            searched.nearest(bad, count=2)
        assert np.array_equal(searched.nearest(bad)[0], times + more), "the first alone is searched in 64 bits"


@pytest.mark.parametrize("threads", [1, 2])
def test_a_trip_of_298_hours_is_counted_within_and_refused_in_a_table(threads):
    # three streets in a row whose hierarchy has no longer arc than they are
    half = LONGEST_MS // 2
    network = build([(float(i), 0.0) for i in range(3)], [both(0, 1, half), both(1, 2, half)])
    trips, searched = trips_from_nodes(3, [0] * 20), engine(network, threads)

    assert searched.within(trips, cutoff_ms=2 * half).ms.tolist() == [0, half, 2 * half] * 20
    assert searched.within(trips, cutoff_ms=2 * half - 1).ms.tolist() == [0, half] * 20
    assert searched.sums_by_source(trips, np.ones(3), within_cutoff(2 * half)).tolist() == [3] * 20
    with pytest.raises(TooSlowError):
        searched.table(trips)
    with pytest.raises(TooSlowError):
        searched.nearest(trips, count=2)
    assert searched.nearest(trips)[0].ravel().tolist() == [0, half, 2 * half]


def test_what_is_prepared_for_targets_is_kept_for_a_few_of_them():
    searched = engine(lattice(6, 1))
    asked = [trips_from_nodes(36, [0], [i, i + 1]) for i in range(7)]
    for trips in asked:
        searched.table(trips)
    first = searched._aims[asked[6].targets, False, False]
    searched.table(replace(asked[6], sources=asked[0].sources))

    assert searched._aims[asked[6].targets, False, False] is first
    assert [key[0] for key in searched._aims] == [trips.targets for trips in asked[3:]]


def test_the_same_targets_searched_the_other_way_are_prepared_anew():
    network = tangle(200, 2)
    searched = engine(network)
    trips = trips_from_nodes(200, range(20))
    for backward in (False, True, False):
        expected = scipy_times(network, np.arange(20), backward=backward)
        assert np.array_equal(searched.table(replace(trips, backward=backward)), expected)


class Contested(list):
    """A list that lets two threads see what is in it before either takes it."""

    def __init__(self, values, barrier):
        super().__init__(values)
        self.barrier = barrier

    def __len__(self):
        count = super().__len__()
        if threading.current_thread() is not threading.main_thread():
            with suppress(threading.BrokenBarrierError):
                self.barrier.wait(timeout=0.2)
        return count


def test_two_threads_never_take_the_same_desk():
    network = lattice(10, 1)
    searched = engine(network, threads=2)
    trips = trips_from_nodes(100, range(64))
    searched.table(trips)
    aim = next(iter(searched._aims.values()))
    aim.desks[False][:] = aim.desks[False][:1]
    aim.desks[False] = Contested(aim.desks[False], threading.Barrier(2))

    assert np.array_equal(searched.table(trips), scipy_times(network, np.arange(64)))


@pytest.mark.parametrize("made", [HierarchyEngine, Gated])
def test_an_error_in_one_thread_is_raised_and_the_next_answer_is_right(made, monkeypatch):
    monkeypatch.setattr(hierarchy_engine, "_ROWS_A_CALL", 1)
    network = lattice(20, 3)
    searched = made(hierarchy=hierarchy(network), threads=2)
    trips = trips_from_nodes(400, range(400))

    def broken(share):
        if share > 0.3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        searched.within(trips, cutoff_ms=9_000, progress=broken)
    times = scipy_times(network, np.arange(400))
    assert np.array_equal(searched.within(trips, cutoff_ms=9_000).ms, times[times <= 9_000])
