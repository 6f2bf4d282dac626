"""How evenly time is spread over the people of a rule, counted person by person."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from accessgis.assess.circle import Population, Reach
from accessgis.study.distribution import elderly_among, equity_rows

MS = np.array([60_000.0, 120_000.0, 600_000.0, np.inf])
PEOPLE = np.array([3.0, 2.0, 4.0, 1.0])
ELDERLY = np.array([1.0, 0.0, 3.0, 1.0])
UR_CODE = ["121", "121", "220", "220"]


def prepared(groups=("total", "age60plus"), ur_code=UR_CODE):
    frame = pd.DataFrame(
        {"judged": True, "ur_code": ur_code, "seat": False, "central": False, "county": "149921"}, index=range(4)
    )
    frame = frame.assign(population=PEOPLE, age60plus=ELDERLY, township="", village="")
    people = {"total": PEOPLE, "age60plus": ELDERLY}
    demand = SimpleNamespace(frame=frame, groups=groups, people=people.__getitem__)
    places = pd.DataFrame({"seat": [False], "level": ["village"]})
    areas = SimpleNamespace(class_source="ur_code", where="", classes={}, frame=places)
    study = SimpleNamespace(file=SimpleNamespace(study=SimpleNamespace(code="149921")))
    return SimpleNamespace(demand=demand, areas=areas, study=study)


def judged(group="total", metric="network-time", limit=300_000.0):
    rule = SimpleNamespace(id="test/circle", group=group, metric=metric)
    reach = Reach(
        profile="walk", ms=MS, facility=np.zeros(4, dtype=np.int32), off_network=np.zeros(4, dtype=bool),
        covered={"central": limit >= MS}, reach_m=0.0,
    )  # fmt: skip
    population = Population(
        people=PEOPLE if group == "total" else ELDERLY, concerned=np.ones(4, dtype=bool),
        unclassified=np.zeros(4, dtype=bool), judged=np.ones(4, dtype=bool), edge_distance_m=np.full(4, 1e6),
    )  # fmt: skip
    return [(SimpleNamespace(chosen=SimpleNamespace(standard=rule), reaches=(reach,)), population)]


def one_by_one(people):
    """Every person who arrives, with their seconds."""
    return np.repeat(MS[:3] / 1000, people[:3].astype(int))


def gini(seconds):
    return np.abs(seconds[:, None] - seconds[None, :]).sum() / (2 * seconds.mean() * seconds.size**2)


def rows(**changes):
    frame = equity_rows(prepared(), judged(**changes))
    return {row["part"]: row for row in frame.to_dict("records")}


def test_figures_are_those_of_the_people_counted_one_by_one():
    found = rows()
    assert list(found) == ["all", "rural", "urban", "age60plus"]
    for part, people in (
        ("all", PEOPLE),
        ("rural", PEOPLE * [0, 0, 1, 1]),
        ("urban", PEOPLE * [1, 1, 0, 0]),
        ("age60plus", ELDERLY),
    ):
        seconds, row = one_by_one(people), found[part]
        assert row["people"] == people.sum()
        assert row["covered"] == people[:2].sum()
        assert row["reached"] == seconds.size
        assert row["mean_s"] == pytest.approx(seconds.mean())
        assert row["gini"] == pytest.approx(gini(seconds))


def test_the_worst_off_tenth_is_held_against_the_mean():
    seconds = one_by_one(PEOPLE)  # nine people, of whom the farthest 0.9 have ten minutes
    assert rows()["all"]["worst_off_ratio"] == pytest.approx(600 / seconds.mean())


def test_rural_is_held_against_urban_and_groups_against_all():
    found = rows()
    assert found["rural"]["against"] == "urban"
    assert found["rural"]["ratio"] == pytest.approx(600 / 84)
    assert found["age60plus"]["ratio"] == pytest.approx(465 / found["all"]["mean_s"])
    assert np.isnan(found["all"]["ratio"])


def test_a_rule_about_the_elderly_has_no_other_groups():
    assert list(rows(group="age60plus")) == ["all", "rural", "urban"]


def test_rules_in_metres_have_metres():
    row = rows(metric="network-distance")["all"]
    assert row["mean_m"] > 0
    assert np.isnan(row["mean_s"])


def test_one_class_alone_is_no_comparison():
    frame = equity_rows(prepared(ur_code=["220"] * 4), judged())
    assert set(frame["part"]) == {"all", "age60plus"}


def test_the_elderly_are_known_where_the_study_has_them_and_the_rule_is_about_them_or_all():
    demand, chosen = prepared().demand, np.array([True, False, True, False])
    assert elderly_among(demand, "total", chosen).tolist() == [1, 0, 3, 0]
    assert elderly_among(demand, "age60plus", chosen).tolist() == [1, 0, 3, 0]
    assert elderly_among(demand, "under3", chosen) is None
    assert elderly_among(prepared(groups=("total",)).demand, "total", chosen) is None
