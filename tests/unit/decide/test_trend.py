"""A history judged year by year: changes, the straight path to the target, early warnings, ranks."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from accessgis.decide.history import HISTORY, on_last_units
from accessgis.decide.ranking import interval_ranks
from accessgis.decide.trend import MONITOR, expected, trends
from accessgis.sources.crosswalk import CROSSWALK

DEFAULTS = {
    "rule": "own/r", "level": "county", "area": "149921", "area_name": "甲县", "group": "total", "profile": "walk",
    "people": 1000.0, "covered": 0.0, "covered_share": 0.0, "range_low": math.nan, "range_high": math.nan,
    "value": math.nan, "unit": "", "target": 0.9, "op": ">=", "horizon": 2030, "stage": "running", "counts": True,
    "verdict": "falls_short", "state": "", "basis": "b", "mode": "m", "definition": "d", "goal": "g",
    "baseline_year": 0, "baseline": math.nan, "band": 0, "rules_judged": 0, "rules_not_judged": 0,
}  # fmt: skip


def year(number: int, share: float, **more: object) -> dict:
    people = float(more.get("people", 1000.0))
    row = {**DEFAULTS, "covered": share * people, "covered_share": share, "year": number, **more}
    return {"data_date": f"{number}-12-31", **row}


def monitored(*rows: dict, crosswalk: pd.DataFrame | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name for name in HISTORY.names if name != "restated"])
    texts = {column.name: "str" for column in HISTORY.columns if column.type == "text" and column.name != "restated"}
    table = trends(on_last_units(frame.astype(texts), crosswalk))
    MONITOR.require(table)
    return table


def test_the_path_is_the_straight_line_by_days_from_the_first_year_to_the_target():
    table = monitored(year(2026, 0.5), year(2027, 0.6), year(2028, 0.69))
    assert table["path"].tolist() == ["start", "on_track", "slipping"]
    # 1461 days from 31 December 2026 to 31 December 2030, of which 2028 is a leap year
    assert table["expected"].tolist() == [0.5, 0.5 + 0.4 * (365 / 1461), 0.5 + 0.4 * (731 / 1461)]
    assert table["change"].tolist()[1:] == [0.6 - 0.5, 0.69 - 0.6]
    assert table["start_from"].unique().tolist() == ["measured"]


def test_the_plans_baseline_for_the_county_itself_begins_the_path():
    table = monitored(year(2026, 0.5, baseline_year=2025, baseline=0.7))
    assert table.loc[0, ["start_date", "start_value", "start_from"]].tolist() == ["2025-12-31", 0.7, "plan"]
    assert (table["path"].item(), table["expected"].item()) == ("slipping", 0.7 + (0.9 - 0.7) * (365 / 1826))


@pytest.mark.parametrize("more", [{"basis": "other"}, {"definition": "other"}, {"goal": "other", "target": 0.95}])
def test_nothing_is_lost_between_years_that_do_not_compare(more):
    assert "lost" in monitored(year(2029, 0.95), year(2030, 0.8)).iloc[-1]["warnings"]
    assert "lost" not in monitored(year(2029, 0.95), year(2030, 0.8, **more)).iloc[-1]["warnings"]


def test_a_county_that_took_in_another_has_lost_nothing():
    gone = year(2029, 0.5, area="149922", area_name="乙县")
    last = monitored(year(2029, 0.95), gone, year(2030, 0.7, people=2000.0)).query("year == 2030").iloc[0]
    assert (last["not_comparable"], last["warnings"]) == ("units", "missed")


@pytest.mark.parametrize(
    ("rows", "path", "warnings"),
    [
        ([year(2029, 0.5), year(2030, 0.9)], "reached", ""),
        ([year(2029, 0.99), year(2030, 0.95)], "reached", ""),
        ([year(2029, 0.5), year(2030, 0.8)], "missed", "missed"),
        ([year(2029, 0.95), year(2030, 0.8)], "missed", "missed;lost;fell"),
        ([year(2026, 0.5), year(2027, 0.45)], "slipping", "slipping;fell"),
        ([year(2026, 0.5), year(2027, 0.75), year(2028, 0.76)], "on_track", "pace"),
        ([year(2026, 0.5), year(2027, 0.6), year(2028, 0.69996)], "slipping", "slipping"),
        ([year(2026, 0.5), year(2027, 0.6, verdict="not_judged")], "not_judged", "no_longer_judged"),
        ([year(2026, 0.5), year(2027, 0.4, target=math.nan)], "no_target", "fell"),
        ([year(2031, 0.5), year(2032, 0.4, stage="expired")], "expired", ""),
        ([year(2026, 0.5, horizon=0, stage="open")], "no_path", ""),
        ([year(2026, 0.5, op="<=")], "reached", ""),
        ([year(2026, 1.9, op="<=", unit="x"), year(2027, 1.8, op="<=", unit="x")], "slipping", "slipping"),
        ([year(2026, 1.9, op="<=", unit="x"), year(2027, 1.5, op="<=", unit="x")], "on_track", ""),
    ],
)
def test_how_a_county_stands_to_its_path_and_what_warns(rows, path, warnings):
    last = monitored(*rows).iloc[-1]
    assert (last["path"], last["warnings"]) == (path, warnings)


def test_a_start_that_reaches_the_target_has_only_to_keep_it():
    ends = (dt.date(2025, 12, 31), 0.95), (dt.date(2030, 12, 31), 0.9)
    assert expected(*ends, dt.date(2027, 1, 1), op=">=") == 0.9
    table = monitored(year(2025, 0.95), year(2026, 0.89))
    assert table["warnings"].tolist() == ["", "slipping;lost;fell"]


@pytest.mark.parametrize(("column", "reason"), [("basis", "basis"), ("mode", "mode"), ("definition", "rule")])
def test_figures_that_mean_something_else_have_no_change_and_begin_the_path_anew(column, reason):
    table = monitored(year(2026, 0.5), year(2027, 0.6, **{column: "other"}), year(2028, 0.7, **{column: ""}))
    assert table["not_comparable"].tolist() == ["first", reason, ""], "what is unknown differs from nothing"
    assert np.isnan(table["change"][1])
    assert table["path"].tolist()[:2] == ["start", "start"]


def test_another_target_keeps_the_change_and_begins_the_path_anew():
    table = monitored(year(2026, 0.5), year(2027, 0.6, goal="other", target=0.95))
    assert (table["path"][1], table["start_value"][1], table["not_comparable"][1]) == ("start", 0.6, "")


def merged(day: str = "2027-06-01") -> pd.DataFrame:
    return pd.DataFrame([("2", "1", day, 1.0)], columns=list(CROSSWALK.names)).astype(
        {"old_code": str, "new_code": str}
    )


def test_a_county_that_took_another_in_is_compared_with_both_together_or_not_at_all():
    rows = [year(2026, 0.9, area="1", people=100), year(2026, 0.1, area="2", people=900), year(2027, 0.5, area="1")]
    table = monitored(*rows, crosswalk=merged())
    assert table["county"].tolist() == ["1", "1"]
    assert table["value"].tolist() == [(90 + 90) / 1000, 0.5]
    assert (table["restated"][0], table["change"][1]) == ("1;2", 0.5 - 0.18)
    without = monitored(*rows)
    assert without.query("county == '1'")["not_comparable"].tolist() == ["first", "units"]
    assert np.isnan(without.query("county == '1'")["change"]).all()


def test_ranges_that_overlap_are_not_ordered():
    ranges = np.array([(0.80, 0.90), (0.50, 0.85), (0.86, 0.95), (0.20, 0.30), (0.30, 0.40), (0.1, 0.1)])
    found = interval_ranks(ranges[:, 0], ranges[:, 1])
    assert found.tolist() == [[1, 1, 3], [1, 2, 3], [1, 1, 2], [2, 4, 5], [2, 4, 5], [3, 6, 6]]


def test_ranks_agree_with_a_loop_over_all_pairs():
    draw = np.random.default_rng(8)
    for size in (1, 2, 9, 40):
        low = draw.integers(0, 60, size) / 60.0
        high = low + draw.integers(0, 6, size) / 60.0
        found = interval_ranks(low, high)
        better = [sum(low[b] > high[a] for b in range(size)) for a in range(size)]
        worse = [sum(high[b] < low[a] for b in range(size)) for a in range(size)]
        assert found[:, 1].tolist() == [1 + count for count in better]
        assert found[:, 2].tolist() == [size - count for count in worse]
        graph = nx.Graph()
        graph.add_nodes_from(range(size))
        graph.add_edges_from(
            (a, b) for a, b in itertools.combinations(range(size), 2) if low[a] <= high[b] and low[b] <= high[a]
        )
        groups = sorted(nx.connected_components(graph), key=lambda part: -max(high[list(part)]))
        assert [set(np.flatnonzero(found[:, 0] == number)) for number in range(1, len(groups) + 1)] == groups


def test_counties_of_another_definition_are_not_ranked_together():
    rows = [year(2026, share, area=str(code)) for code, share in enumerate((0.5, 0.6, 0.6))]
    table = monitored(*rows)
    assert table[["tie", "rank_first", "rank_last"]].to_numpy().tolist() == [[2, 3, 3], [1, 1, 2], [1, 1, 2]]
    rows[0]["definition"] = "other"
    assert monitored(*rows)["tie"].tolist() == [0, 0, 0]
