"""Laws of every measure of equity: they are of people, not of entries, and of shares, not of units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accessgis.measures import equity
from accessgis.measures.coverage import Grouping, is_covered
from accessgis.measures.equity_groups import decompose, equity_by_area

LIMIT_MS = 12.0
CODES = ("0", "1", "2")

# access, people in quarters, area (−1 outside), rank
entry = st.tuples(
    st.integers(0, 400).map(lambda n: n / 10),
    st.integers(0, 40).map(lambda n: n / 4),
    st.integers(-1, 2),
    st.integers(-3, 3).map(float),
)
entries = st.lists(entry, min_size=1, max_size=20)


def figures(rows, *, scale=1.0):
    """Return every figure over all people and per area."""
    access, people, index, rank = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    ms = np.where(access > 35, np.inf, access)
    grouping = Grouping(codes=CODES, names=CODES, index=index.astype(np.int64))
    table = equity_by_area(scale * access, people, grouping, rank_by=rank, ms=ms, limit_ms=LIMIT_MS)
    return table.drop(columns=["part", "code", "name"])


def same(found, expected):
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-12, nan_ok=True)


@given(entries, st.lists(entry, min_size=1, max_size=5), st.integers(0, 20))
def test_entries_without_people_change_nothing(rows, empty, place):
    more = [(access, 0.0, area, rank) for access, _, area, rank in empty]

    same(figures(rows[:place] + more + rows[place:]), figures(rows))


@given(entries, st.integers(0, 19), st.sampled_from([0.5, 0.3]))
def test_splitting_an_entry_changes_nothing(rows, which, share):
    access, people, area, rank = rows.pop(which % len(rows))
    halves = [(access, people * share, area, rank), (access, people * (1 - share), area, rank)]

    same(figures([*rows, *halves]), figures([*rows, (access, people, area, rank)]))


@given(entries.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_entries_changes_nothing(both):
    same(figures(both[1]), figures(both[0]))


@given(entries, st.sampled_from([1e-6, 0.3, 7.0, 1e9]))
def test_the_unit_of_access_changes_only_its_mean(rows, scale):
    found = figures(rows, scale=scale)
    found["mean_access"] /= scale

    same(found, figures(rows))


@given(entries, st.sampled_from([1e-6, 0.3, 7.0, 1e9]))
def test_only_shares_of_people_count(rows, scale):
    found = figures([(access, scale * people, area, rank) for access, people, area, rank in rows])
    found["people"] /= scale

    same(found, figures(rows))


@given(entries)
def test_between_and_within_are_the_whole(rows):
    access, people, index, _ = (np.array(column) for column in zip(*rows, strict=True))
    grouping = Grouping(codes=CODES, names=CODES, index=index)
    for measure, whole in (("theil", equity.theil), ("mean_log_deviation", equity.mean_log_deviation)):
        parts = decompose(access, people, grouping, measure=measure)

        assert parts.between + parts.within == pytest.approx(whole(access, people), rel=0, abs=1e-12, nan_ok=True)
        assert parts.between_parts.sum() == pytest.approx(parts.between, rel=0, abs=1e-12, nan_ok=True)
        assert parts.within_parts.sum() == pytest.approx(parts.within, rel=0, abs=1e-12, nan_ok=True)


@given(entries)
def test_figures_stay_in_their_bounds(rows):
    access, people, _, rank = (np.array(column) for column in zip(*rows, strict=True))
    assume((access * people).sum() > 0)
    lived, total = people[people > 0], people.sum()
    gini = equity.gini(access, people)
    slack = 1e-12

    assert 0 <= gini <= 1 - lived.min() / total + slack
    assert 0 <= equity.theil(access, people) <= math.log(total / lived.min()) + slack
    assert equity.mean_log_deviation(access, people) >= 0
    assert equity.palma(access, people) >= 0.25 - slack
    assert 0 <= equity.worst_off_ratio(access, people) <= 1 + slack
    assert 1 - slack <= equity.worst_off_ratio(access, people, worst="most") <= 10 + slack
    assert abs(equity.concentration_index(access, people, rank)) <= gini + slack


@given(entries)
def test_fgt_falls_with_alpha_from_the_uncovered_share(rows):
    access, people, *_ = (np.array(column) for column in zip(*rows, strict=True))
    assume(people.sum() > 0)
    ms = np.where(access > 35, np.inf, access)
    heads, depth, severity = (equity.fgt(ms, people, limit_ms=LIMIT_MS, alpha=alpha) for alpha in (0, 1, 2))

    assert heads == pytest.approx(1 - people[is_covered(ms, cutoff_ms=LIMIT_MS)].sum() / people.sum(), abs=1e-12)
    assert 0 <= severity <= depth <= heads <= 1 + 1e-12


@given(entries, st.integers(0, 19), st.integers(0, 50).map(lambda n: n / 10))
def test_a_longer_time_never_lowers_fgt(rows, which, longer):
    access, people, *_ = (np.array(column) for column in zip(*rows, strict=True))
    later = access.copy()
    later[which % access.size] += longer
    for alpha in (0, 1, 2):
        before, after = (equity.fgt(ms, people, limit_ms=LIMIT_MS, alpha=alpha) for ms in (access, later))
        assert not after < before - 1e-12


@given(
    entries,
    st.tuples(st.integers(1, 40), st.integers(1, 200), st.integers(2, 199)),
    st.integers(1, 40).map(lambda n: n / 4),
)
def test_taking_from_the_poor_for_the_rich_makes_access_less_equal(rows, amounts, people):
    taken, poor, gap = (n / 10 for n in amounts)
    assume(taken <= poor)
    before = [*rows, (poor, people, 0, 0.0), (poor + gap, people, 0, 0.0)]
    after = [*rows, (poor - taken, people, 0, 0.0), (poor + gap + taken, people, 0, 0.0)]
    for measure in (equity.gini, equity.theil, equity.mean_log_deviation):
        low, high = (measure([r[0] for r in some], [r[1] for r in some]) for some in (before, after))
        assert high > low or low == math.inf


@given(
    entries,
    st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(0, 60)),
    st.integers(1, 40).map(lambda n: n / 4),
)
def test_time_moved_from_the_late_to_the_later_makes_fgt_2_worse(rows, thirds, people):
    # Both stay between the limit and twice the limit, where gaps are not capped.
    scale = (LIMIT_MS - 1) / 180
    moved, soon, gap = (n * scale for n in thirds)
    assume(moved < soon)
    soon += LIMIT_MS
    others = [r[0] for r in rows]
    weights = [*(r[1] for r in rows), people, people]
    before, after = [*others, soon, soon + gap], [*others, soon - moved, soon + gap + moved]
    low, high = (equity.fgt(ms, weights, limit_ms=LIMIT_MS, alpha=2) for ms in (before, after))
    assert high > low

    depth = [equity.fgt(ms, weights, limit_ms=LIMIT_MS, alpha=1) for ms in (before, after)]
    assert depth[0] == pytest.approx(depth[1], rel=1e-12)
