"""Measures of equity against slow loops over single persons, and against PySAL's inequality where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.measures import equity
from accessgis.measures.coverage import Grouping
from accessgis.measures.equity_groups import compare_groups, decompose, equity_by_area

CODES = ("0", "1", "2")
LIMIT_MS = 10.0

entries = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(-1, 2), st.integers(-3, 3)), min_size=1, max_size=14
)


def columns(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def persons(rows):
    """Return one row per person."""
    return [row for row in rows for _ in range(row[1])]


def loop_gini(amounts):
    mean = sum(amounts) / len(amounts)
    return sum(abs(a - b) for a in amounts for b in amounts) / (2 * len(amounts) ** 2 * mean)


def loop_theil(amounts):
    mean = sum(amounts) / len(amounts)
    return sum(a / mean * math.log(a / mean) for a in amounts if a) / len(amounts)


def loop_log(amounts):
    mean = sum(amounts) / len(amounts)
    return math.inf if 0 in amounts else sum(math.log(mean / a) for a in amounts) / len(amounts)


def loop_take(amounts, count):
    """Return the sum of the first ``count`` persons, the last of them in part."""
    return sum(a * min(1, max(0, count - k)) for k, a in enumerate(amounts))


def loop_palma(amounts):
    low = loop_take(sorted(amounts), 4 * len(amounts) / 10)
    high = loop_take(sorted(amounts, reverse=True), len(amounts) / 10)
    return high / low if low else math.inf


def loop_concentration(amounts, keys):
    mean, n = sum(amounts) / len(amounts), len(amounts)
    below = [sum(k < key for k in keys) + sum(k == key for k in keys) / 2 for key in keys]
    return 2 / mean * sum((a - mean) * (r / n - 0.5) for a, r in zip(amounts, below, strict=True)) / n


def loop_fgt(times, alpha):
    total = 0.0
    for t in times:
        if t > LIMIT_MS:
            total += min(1.0, (t - LIMIT_MS) / LIMIT_MS) ** alpha
    return total / len(times)


def same(found, expected):
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(entries.filter(lambda rows: sum(r[0] * r[1] for r in rows) > 0), st.sampled_from([0.05, 0.1, 0.3, 1.0]))
def test_every_measure_of_access_agrees_with_a_loop_over_persons(rows, share):
    access, people, _, key = columns(rows)
    amounts, keys = [r[0] for r in persons(rows)], [r[3] for r in persons(rows)]
    mean = sum(amounts) / len(amounts)

    same(equity.gini(access, people), loop_gini(amounts))
    same(equity.theil(access, people), loop_theil(amounts))
    same(equity.mean_log_deviation(access, people), loop_log(amounts))
    same(equity.palma(access, people), loop_palma(amounts))
    worst = loop_take(sorted(amounts), share * len(amounts)) / (share * len(amounts))
    same(equity.worst_off_ratio(access, people, share=share), worst / mean)
    slowest = loop_take(sorted(amounts, reverse=True), share * len(amounts)) / (share * len(amounts))
    same(equity.worst_off_ratio(access, people, share=share, worst="most"), slowest / mean)
    same(equity.concentration_index(access, people, key), loop_concentration(amounts, keys))
    same(equity.concentration_index(access, people, access), loop_gini(amounts))


@given(entries.filter(lambda rows: sum(r[0] * r[1] for r in rows) > 0))
def test_the_lorenz_curve_agrees_with_a_loop_over_persons(rows):
    access, people, *_ = columns(rows)
    amounts = sorted(r[0] for r in persons(rows))
    curve = equity.lorenz(access, people)

    for below, held in zip(curve.people_share, curve.access_share, strict=True):
        same(held, loop_take(amounts, below * len(amounts)) / sum(amounts))
    same(1 - 2 * np.trapezoid(curve.access_share, curve.people_share), loop_gini(amounts))


@given(entries.filter(lambda rows: sum(r[1] for r in rows) > 0), st.sampled_from([0, 0.5, 1, 2]))
def test_fgt_agrees_with_a_loop_over_persons(rows, alpha):
    access, people, *_ = columns(rows)
    ms = np.where(access > 25, np.inf, access)
    times = [math.inf if r[0] > 25 else r[0] for r in persons(rows)]

    same(equity.fgt(ms, people, limit_ms=LIMIT_MS, alpha=alpha), loop_fgt(times, alpha))


@given(entries.filter(lambda rows: sum(r[0] * r[1] for r in rows) > 0))
def test_theil_between_and_within_agree_with_a_loop_over_areas(rows):
    access, people, index, _ = columns(rows)
    parts = decompose(access, people, Grouping(codes=CODES, names=CODES, index=index))
    everyone = persons(rows)
    total, mean = sum(r[0] for r in everyone), sum(r[0] for r in everyone) / len(everyone)
    between, within = [], []
    for area in (0, 1, 2, -1):
        mine = [r[0] for r in everyone if r[2] == area]
        share = sum(mine) / total
        between.append(share * math.log(sum(mine) / len(mine) / mean) if share else 0)
        within.append(share * loop_theil(mine) if share else 0)

    same(parts.between_parts.tolist(), between)
    same(parts.within_parts.tolist(), within)
    assert parts.between + parts.within == pytest.approx(parts.total, rel=0, abs=1e-12)


@given(entries.filter(lambda rows: sum(r[1] for r in rows) > 0 and all(r[0] for r in rows)))
def test_mean_log_deviation_between_and_within_agree_with_a_loop_over_areas(rows):
    access, people, index, _ = columns(rows)
    parts = decompose(access, people, Grouping(codes=CODES, names=CODES, index=index), measure="mean_log_deviation")
    everyone = persons(rows)
    mean = sum(r[0] for r in everyone) / len(everyone)
    between, within = [], []
    for area in (0, 1, 2, -1):
        mine = [r[0] for r in everyone if r[2] == area]
        share = len(mine) / len(everyone)
        between.append(share * math.log(mean / (sum(mine) / len(mine))) if mine else 0)
        within.append(share * loop_log(mine) if mine else 0)

    same(parts.between_parts.tolist(), between)
    same(parts.within_parts.tolist(), within)
    assert parts.between + parts.within == pytest.approx(parts.total, rel=0, abs=1e-12)


@given(entries)
def test_the_table_agrees_with_loops_over_the_persons_of_each_area(rows):
    access, people, index, key = columns(rows)
    ms = np.where(access > 25, np.inf, access)
    grouping = Grouping(codes=CODES, names=CODES, index=index)
    table = equity_by_area(access, people, grouping, rank_by=key, ms=ms, limit_ms=LIMIT_MS)
    for row, area in enumerate([0, 1, 2, -1][: len(table) - 1], start=1):
        mine = [r for r in persons(rows) if r[2] == area]
        found = table.loc[row]
        assert found["people"] == len(mine)
        amounts = [r[0] for r in mine]
        if mine:
            same(found["severity"], loop_fgt([math.inf if a > 25 else a for a in amounts], 2))
            same(found["severity_part"], found["severity"] * len(mine) / len(persons(rows)))
        if not sum(amounts):
            assert math.isnan(found["gini"])
            continue
        same(found["gini"], loop_gini(amounts))
        same(found["palma"], loop_palma(amounts))
        same(found["theil"], loop_theil(amounts))
        same(found["mean_log_deviation"], loop_log(amounts))
        same(found["concentration"], loop_concentration(amounts, [r[3] for r in mine]))
        same(found["worst_off_ratio"], loop_take(sorted(amounts), len(mine) / 10) / sum(amounts) * 10)


@given(entries)
def test_group_means_agree_with_a_loop_over_persons(rows):
    access, people, index, _ = columns(rows)
    found = compare_groups(access, people, Grouping(codes=CODES, names=CODES, index=index), first="2", second="0")
    means = []
    for area in (2, 0):
        mine = [r[0] for r in persons(rows) if r[2] == area]
        means.append(sum(mine) / len(mine) if mine else math.nan)

    assert [found.first, found.second, found.difference] == pytest.approx([*means, means[0] - means[1]], nan_ok=True)


def test_pysal_agrees_on_repeated_persons():
    inequality = pytest.importorskip("inequality", reason="PySAL's inequality is not installed")
    from inequality.gini import Gini
    from inequality.theil import Theil, TheilD

    assert inequality
    rng = np.random.default_rng(11)
    for _ in range(20):
        access, people, index = rng.gamma(0.6, 2.0, 60), rng.integers(0, 9, 60), rng.integers(0, 3, 60)
        access[rng.random(60) < 0.2] = 0.0
        each, area = np.repeat(access, people), np.repeat(index, people)
        parts = decompose(access, people, Grouping(codes=CODES, names=CODES, index=index))
        theirs = TheilD(each, area)

        assert equity.gini(access, people) == pytest.approx(Gini(each).g, rel=1e-12)
        assert equity.theil(access, people) == pytest.approx(float(Theil(each).T), rel=1e-12)
        assert parts.between == pytest.approx(float(np.sum(theirs.bg)), rel=1e-9)
        assert parts.within == pytest.approx(float(np.sum(theirs.wg)), rel=1e-9)
