"""Each vector operation against a plain loop, on rows that start anywhere in memory."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import uint32, uint64

from accessgis.travel import lanes
from accessgis.travel.hierarchy import LONGEST_MS, NEVER_MS
from accessgis.travel.lanes import LANES

SEEDS = pytest.mark.parametrize("seed", range(4))
SHIFTS = pytest.mark.parametrize("shift", [0, 1, 3])  # entries by which the first row misses a cache line


@numba.njit
def pull(times, arcs, first, last, out, row, fresh):
    lanes.pull(times, arcs, uint64(first), uint64(last), out, uint64(row), fresh)


@numba.njit
def push(times, arcs, first, last, row):
    lanes.push(times, arcs, uint64(first), uint64(last), uint64(row))


@numba.njit
def within(times, row, cutoff):
    return lanes.within(times, uint64(row), uint32(cutoff))


@numba.njit
def add_within(times, row, cutoff, amount, sums):
    lanes.add_within(times, uint64(row), uint32(cutoff), amount, sums)


@numba.njit
def sum_within(times, row, cutoff, amounts):
    return lanes.sum_within(times, uint64(row), uint32(cutoff), amounts)


@numba.njit
def turn(square, turned):
    lanes.turn(square, turned)


@numba.njit
def keep_within(times, row, cutoff, ids, out_id, out_ms, at):
    return lanes.keep_within(times, uint64(row), uint32(cutoff), ids, out_id, out_ms, uint64(at))


def rows(rng, count, shift):
    """Return rows of times, among them never, zero and equal ones, at an odd address."""
    memory = np.empty(count * LANES + shift, np.uint32)[shift:]
    memory[:] = rng.choice([0, 7, 7, 500, 2**20, LONGEST_MS - 1, LONGEST_MS + 5, NEVER_MS - 1, NEVER_MS], memory.size)
    return memory


def packed(rng, count, nodes):
    ms = rng.choice([0, 1, 7, 40_000, LONGEST_MS - 1], count).astype(np.uint64)
    node = rng.integers(0, nodes, count).astype(np.uint64)
    return (ms << np.uint64(32)) | node, ms, node


def test_sixteen_searches_lie_side_by_side():
    assert LANES == 16  # the packed masks are sixteen bits


@SEEDS
@SHIFTS
@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 2), (3, 9), (0, 12)])
def test_pull_takes_the_least_of_rows_plus_arcs(seed, shift, fresh, first, last):
    rng = np.random.default_rng(seed)
    times, out = rows(rng, 9, shift), rows(rng, 4, shift)
    arcs, ms, node = packed(rng, 12, 9)
    expected = out.reshape(4, LANES).astype(np.int64)
    if fresh:
        expected[2] = NEVER_MS
    for a in range(first, last):
        expected[2] = np.minimum(expected[2], times.reshape(9, LANES)[int(node[a])].astype(np.int64) + int(ms[a]))
    before = times.copy()

    pull(times, arcs, first, last, out, 2, fresh)

    assert np.array_equal(out.reshape(4, LANES), expected)
    assert np.array_equal(times, before)


@SEEDS
def test_pull_may_write_to_the_rows_that_it_reads(seed):
    rng = np.random.default_rng(seed)
    times = rows(rng, 9, 0)
    arcs, ms, node = packed(rng, 6, 5)
    expected = times.reshape(9, LANES).astype(np.int64)
    for a in range(6):
        expected[7] = np.minimum(expected[7], expected[int(node[a])] + int(ms[a]))

    pull(times, arcs, 0, 6, times, 7, False)

    assert np.array_equal(times.reshape(9, LANES), expected)


@SEEDS
@SHIFTS
@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1), (2, 7), (0, 11)])
def test_push_lowers_every_row_that_an_arc_leads_to(seed, shift, first, last):
    rng = np.random.default_rng(seed)
    times = rows(rng, 9, shift)
    arcs, ms, node = packed(rng, 11, 8)  # row 8 itself is the one that climbs
    expected = times.reshape(9, LANES).astype(np.int64)
    for a in range(first, last):
        expected[int(node[a])] = np.minimum(expected[int(node[a])], expected[8] + int(ms[a]))

    push(times, arcs, first, last, 8)

    assert np.array_equal(times.reshape(9, LANES), expected)


def test_never_stays_never_whatever_is_added():
    times = np.full(3 * LANES, NEVER_MS, np.uint32)
    arcs = np.array([(LONGEST_MS - 1) << 32, (LONGEST_MS - 1) << 32], np.uint64)

    pull(times, arcs, 0, 2, times, 1, True)
    push(times, np.array([((LONGEST_MS - 1) << 32) | 2], np.uint64), 0, 1, 1)

    assert (times == NEVER_MS).all()


CUTOFFS = pytest.mark.parametrize("cutoff", [0, 6, 7, 8, 2**20, NEVER_MS - 1])


@SEEDS
@SHIFTS
@CUTOFFS
def test_lanes_within_a_cutoff_are_bits(seed, shift, cutoff):
    times = rows(np.random.default_rng(seed), 3, shift)

    assert within(times, 1, cutoff) == sum(1 << i for i in range(LANES) if times[LANES + i] <= cutoff)


def test_no_lane_and_every_lane_are_no_bit_and_every_bit():
    never, zero = np.full(LANES, NEVER_MS, np.uint32), np.zeros(LANES, np.uint32)

    assert within(never, 0, NEVER_MS - 1) == 0
    assert within(zero, 0, 0) == 0xFFFF
    assert [within(np.where(np.arange(LANES) == i, 5, 6).astype(np.uint32), 0, 5) for i in range(LANES)] == [
        1 << i for i in range(LANES)
    ]


@SEEDS
@CUTOFFS
@pytest.mark.parametrize("amount", [0, 1, 2**59 + 3, -(2**59) - 3])
def test_an_amount_is_added_to_the_lanes_within(seed, cutoff, amount):
    rng = np.random.default_rng(seed)
    times = rows(rng, 3, 1)
    sums = np.empty(LANES + 1, np.int64)[1:]
    sums[:] = rng.integers(-(2**59), 2**59, LANES)
    expected = np.where(times[LANES : 2 * LANES] <= cutoff, sums + amount, sums)

    add_within(times, 1, cutoff, amount, sums)

    assert np.array_equal(sums, expected)


@SEEDS
@CUTOFFS
def test_the_amounts_of_the_lanes_within_are_summed(seed, cutoff):
    rng = np.random.default_rng(seed)
    times = rows(rng, 3, 3)
    amounts = np.empty(LANES + 1, np.int64)[1:]
    amounts[:] = rng.integers(-(2**55), 2**55, LANES)

    found = sum_within(times, 1, cutoff, amounts)

    assert found == amounts[times[LANES : 2 * LANES] <= cutoff].sum()


@SHIFTS
def test_columns_become_rows(shift):
    square = np.empty(LANES * LANES + shift, np.uint32)[shift:]
    square[:] = np.arange(LANES * LANES) + NEVER_MS - 100
    turned = np.zeros(LANES * LANES + shift, np.uint32)[shift:]

    turn(square, turned)

    assert np.array_equal(turned.reshape(LANES, LANES), square.reshape(LANES, LANES).T)


@SEEDS
@SHIFTS
@CUTOFFS
def test_entries_within_are_written_together_and_nothing_beyond_them(seed, shift, cutoff):
    rng = np.random.default_rng(seed)
    times, ids = rows(rng, 3, shift), rng.permutation(10**6)[:LANES].astype(np.int32)
    out_id, out_ms = np.full(60, -7, np.int32), np.full(60, -9, np.int32)
    row = times[2 * LANES :]
    inside = row <= cutoff

    count = keep_within(times, 2, cutoff, ids, out_id, out_ms, 5 + shift)

    last = 5 + shift + count
    assert count == inside.sum()
    assert np.array_equal(out_id[5 + shift : last], ids[inside])
    assert np.array_equal(out_ms[5 + shift : last], row[inside].astype(np.int32))
    for out, untouched in ((out_id, -7), (out_ms, -9)):
        assert (np.delete(out, np.s_[5 + shift : last]) == untouched).all()


def test_no_entry_and_all_entries_may_be_kept_at_the_very_end_of_the_memory():
    ids, out_id, out_ms = np.arange(LANES, dtype=np.int32), np.zeros(LANES, np.int32), np.zeros(LANES, np.int32)
    never, some = np.full(LANES, NEVER_MS, np.uint32), np.arange(LANES, dtype=np.uint32)

    assert keep_within(never, 0, NEVER_MS - 1, ids, out_id, out_ms, LANES) == 0
    assert keep_within(some, 0, LANES, ids, out_id, out_ms, 0) == LANES
    assert np.array_equal(out_id, ids)
    assert np.array_equal(out_ms, some)
