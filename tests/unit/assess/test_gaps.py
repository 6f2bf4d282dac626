"""Gaps on a drawn row of cells, worked by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from accessgis.assess.gaps import Uncovered, find_gaps
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand

CRS = "EPSG:4546"


def areas() -> Areas:
    """Two townships side by side, border at x = 500,000 + 1000."""
    boxes = [shapely.box(500000, 0, 502000, 1000), shapely.box(500000, 0, 501000, 1000),
             shapely.box(501000, 0, 502000, 1000)]  # fmt: skip
    return Areas(
        frame=gpd.GeoDataFrame(
            {
                "level": ["county", "township", "township"],
                "code": ["149921", "149921100", "149921200"],
                "name": ["县", "甲镇", "乙乡"],
                "parent": ["", "149921", "149921"],
                "township_kind": ["", "镇", "乡"],
                "ur_code": ["", "", ""],
                "seat": [False, False, False],
                "central": [False, False, False],
            },
            geometry=boxes,
            crs=CRS,
        )
    )


def demand(x: list[float], people: list[float]) -> Demand:
    easting = np.array(x) + 500000.0
    size = len(x)
    return Demand(
        frame=pd.DataFrame(
            {
                "demand_id": np.arange(size),
                "x": easting,
                "y": np.full(size, 50.0),
                "population": np.array(people, dtype=np.float64),
                "county": "149921",
                "township": np.where(easting < 501000, "149921100", "149921200"),
                "village": "",
                "ur_code": "",
                "seat": False,
                "central": False,
                "judged": True,
                "cell": np.arange(size),
            }
        ),
        groups=("total",),
        cells=shapely.box(easting - 50, 0, easting + 50, 100),
        cell_diagonal_m=141.4,
    )


def uncovered(people: Demand, ms: list[float] | None = None, off: list[bool] | None = None) -> Uncovered:
    size = len(people.frame)
    return Uncovered(
        rule="r/1",
        kinds=("village_clinic",),
        people=people.people("total"),
        ms=np.array(ms or [2_000_000.0] * size),
        off_network=np.array(off or [False] * size),
        facility_id=np.array(["f"] * size, dtype=object),
    )


def test_cells_up_to_300_m_apart_are_one_gap_and_the_township_line_divides() -> None:
    #  x      50   350            850 | 1050
    #  gap    1────1  (500 m)     2   |  3
    points = demand([50, 350, 850, 1050], [20, 30, 40, 60])
    found = find_gaps(uncovered(points), points, areas(), crs=CRS)
    assert found["people"].tolist() == [60.0, 50.0, 40.0]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["township"].tolist() == ["149921200", "149921100", "149921100"]
    assert found["township_name"].tolist() == ["乙乡", "甲镇", "甲镇"]
    assert found.geometry.area.tolist() == [10_000.0, 20_000.0, 10_000.0]


def test_gaps_under_ten_people_are_summed_per_township() -> None:
    points = demand([50, 450, 850, 1950], [4, 5, 9.5, 100])
    found = find_gaps(uncovered(points), points, areas(), crs=CRS)
    assert found["rank"].tolist() == [1, 0]
    assert found["people"].tolist() == [100.0, 18.5]
    assert found["gap_id"].tolist() == ["r/1#1", "r/1#other-149921100"]


def test_a_gap_counts_the_villages_that_its_people_live_in() -> None:
    points = demand([50, 150, 250, 1950], [20, 30, 40, 60])
    assert find_gaps(uncovered(points), points, areas(), crs=CRS)["villages"].tolist() == [1, 1]
    points.frame["village"] = ["a", "b", "", "c"]
    assert find_gaps(uncovered(points), points, areas(), crs=CRS)["villages"].tolist() == [2, 1]


def test_the_reason_is_the_largest_part_and_ties_keep_the_order() -> None:
    points = demand([50, 150, 250], [10, 10, 10])
    given_ms = [np.inf, np.inf, 2_000_000.0]
    row = find_gaps(uncovered(points, given_ms, [True, False, False]), points, areas(), crs=CRS).iloc[0]
    assert (row["people_off_network"], row["people_no_path"], row["people_too_far"]) == (10, 10, 10)
    assert row["reason"] == "off_network"


def test_nobody_uncovered_is_an_empty_frame_with_every_column() -> None:
    points = demand([50], [0])
    assert find_gaps(uncovered(points), points, areas(), crs=CRS).empty


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 40)), min_size=1, max_size=20))
def test_gaps_add_up_to_the_uncovered(cells: list[tuple[int, int]]) -> None:
    points = demand([100.0 * x + 50 for x, _ in cells], [float(p) for _, p in cells])
    found = find_gaps(uncovered(points), points, areas(), crs=CRS)
    assert found["people"].sum() == pytest.approx(sum(p for _, p in cells))
