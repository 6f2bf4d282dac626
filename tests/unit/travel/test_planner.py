from __future__ import annotations

import logging
from unittest import mock

import numpy as np
import pytest
from paper.streets import both, build
from tangles import lattice, scipy_times, somewhere

from accessgis.travel import hierarchy, order, planner
from accessgis.travel.hierarchy import TooSlowError
from accessgis.travel.hierarchy_cache import hierarchy_of
from accessgis.travel.order import NoHierarchyError
from accessgis.travel.planner import Engines
from accessgis.travel.trips import arrivals, trips_between, trips_from_nodes

NODES = 1600


def engines(**more):
    return Engines(network=lattice(40, 2), threads=2, cache=None, **more)


FEW = trips_from_nodes(NODES, [3])
MANY = trips_from_nodes(NODES, np.arange(0, NODES, 2))


def test_one_source_or_a_small_reach_is_searched_by_buckets():
    chooses = engines()

    assert chooses.choose(FEW).name == "bucket"
    assert chooses.choose(MANY, cutoff_ms=0).name == "bucket"
    assert "hierarchy" not in chooses.__dict__  # nothing was built for it


def test_many_sources_of_large_reach_are_swept():
    chooses = engines()

    assert chooses.choose(MANY).name == "hierarchy"
    assert chooses.choose(MANY, cutoff_ms=10**8).name == "hierarchy"


def test_a_hierarchy_that_is_there_pays_for_fewer_sources():
    chooses = engines()
    some = trips_from_nodes(NODES, np.arange(0, NODES, 80))  # as many as it takes to build one
    assert chooses.choose(some).name == "bucket"

    chooses.choose(MANY)

    assert chooses.choose(some).name == "hierarchy"
    assert chooses.choose(FEW).name == "hierarchy"
    assert chooses.choose(FEW, cutoff_ms=0).name == "bucket"


@pytest.mark.parametrize("prefer", ["bucket", "hierarchy"])
def test_a_named_engine_is_taken_whatever_it_costs(prefer):
    chooses = engines(prefer=prefer)

    for trips in (FEW, MANY):
        for cutoff_ms in (None, 0, 10**8):
            assert chooses.choose(trips, cutoff_ms=cutoff_ms).name == prefer


@pytest.mark.parametrize("backward", [False, True])
def test_the_choice_changes_no_answer(backward):
    nodes = np.arange(0, NODES, 9)
    trips = trips_from_nodes(NODES, nodes, backward=backward)
    expected = scipy_times(lattice(40, 2), nodes, backward=backward)

    chosen = [engines(prefer=prefer).choose(trips) for prefer in ("auto", "bucket", "hierarchy")]

    assert [engine.name for engine in chosen] == ["hierarchy", "bucket", "hierarchy"]
    assert all(np.array_equal(engine.table(trips), expected) for engine in chosen)


def test_engines_are_built_once():
    chooses = engines()

    assert chooses.choose(MANY) is chooses.choose(MANY) is chooses.hierarchy
    assert chooses.bucket(backward=False).graph is chooses.bucket(backward=False).graph
    assert chooses.bucket(backward=True).graph is not chooses.bucket(backward=False).graph
    assert [chooses.bucket(backward=b).graph.backward for b in (False, True)] == [False, True]


def test_engines_work_with_as_many_threads_as_told():
    chooses = Engines(network=lattice(5, 1), threads=3, cache=None)

    assert chooses.bucket(backward=False).threads == chooses.hierarchy.threads == 3
    assert Engines(network=lattice(5, 1), cache=None).threads >= 1


def test_a_given_order_is_used(monkeypatch):
    found = engines().hierarchy.hierarchy.order
    kept = []
    monkeypatch.setattr(
        planner, "hierarchy_of", lambda network, **more: kept.append(more) or hierarchy_of(network, **more)
    )

    assert engines(order=found).hierarchy.hierarchy.order is found
    assert kept[0]["order"] is found
    assert kept[0]["cache"] is None


def test_each_choice_is_logged_with_its_reasons(caplog):
    with caplog.at_level(logging.DEBUG, logger="accessgis.travel.planner"):
        engines().choose(MANY)
        engines().choose(FEW)
        engines(prefer="bucket").choose(FEW)

    assert [record.levelname for record in caplog.records] == ["DEBUG", "DEBUG"]
    assert caplog.messages[0].startswith("hierarchy: 800 sources reach about 1600 of 1600 junctions each; bucket ")
    assert caplog.messages[1].startswith("bucket: 1 sources reach about 1600 of 1600 junctions each; bucket ")


def test_the_reach_of_a_cutoff_is_sampled(caplog):
    with caplog.at_level(logging.DEBUG, logger="accessgis.travel.planner"):
        engines().choose(trips_from_nodes(NODES, range(NODES)), cutoff_ms=0)
        engines().choose(trips_from_nodes(NODES, range(NODES)), cutoff_ms=10**8)
        engines().choose(trips_from_nodes(NODES, []), cutoff_ms=9)

    assert "about 1 of 1600 junctions" in caplog.messages[0]
    assert "about 1600 of 1600 junctions" in caplog.messages[1]
    assert "bucket: 0 sources reach about 0 of 1600" in caplog.messages[2]


@pytest.mark.parametrize("where", ["order", "hierarchy"])
def test_a_network_without_a_hierarchy_is_searched_by_buckets_and_not_tried_again(where, monkeypatch, caplog):
    if where == "order":
        monkeypatch.setattr(order, "_MOST_FILL", 0)
        error = NoHierarchyError
    else:
        monkeypatch.setattr(hierarchy.Laying, "lay", mock.Mock(side_effect=TooSlowError))
        error = TooSlowError
    tried = []
    monkeypatch.setattr(planner, "hierarchy_of", lambda *args, **more: tried.append(1) or hierarchy_of(*args, **more))
    chooses = engines()

    with caplog.at_level(logging.DEBUG, logger="accessgis.travel.planner"):
        engine = chooses.choose(MANY)

    assert engine.name == "bucket"
    assert caplog.messages[-1] == f"bucket after all: {error.__name__}"
    assert np.array_equal(engine.table(MANY), scipy_times(lattice(40, 2), MANY.sources.node))
    assert chooses.choose(MANY).name == "bucket"
    assert len(tried) == 1
    with pytest.raises(error):  # who insists is told
        engines(prefer="hierarchy").choose(MANY)


def test_points_with_legs_are_asked_the_same_way():
    network = lattice(40, 2)
    places = somewhere(network, 300, seed=1)
    trips = trips_between(network, places, arrivals(network, places, backward=True))

    assert Engines(network=network, cache=None, threads=1).choose(trips).name == "hierarchy"
    assert Engines(network=network, cache=None, threads=1).choose(trips, cutoff_ms=500).name == "bucket"


def test_a_way_too_slow_for_the_hierarchy_is_asked_of_buckets(caplog):
    network = build([(0, 0), (9, 0), (18, 0)], [both(0, 1, 2**30 - 1), both(1, 2, 2**30 - 1)])
    trips = trips_from_nodes(3, [0, 1, 2] * 400)
    for prefer in ("auto", "hierarchy"):
        engines = Engines(network=network, prefer=prefer, cache=None)
        with caplog.at_level(logging.DEBUG, logger="accessgis.travel.planner"):
            if prefer == "auto":
                found = engines.answer(trips, lambda engine: engine.table(trips))
            else:
                with pytest.raises(TooSlowError):
                    engines.answer(trips, lambda engine: engine.table(trips))

    assert found[0].tolist() == [0, 2**30 - 1, 2**31 - 2]
