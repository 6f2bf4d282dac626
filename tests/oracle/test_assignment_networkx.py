"""Capacitated assignment against networkx: most people served, then least time; and the most even of all such ways."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from supply import CUTOFF, World, random_world, worlds

from accessgis.measures.pairs import time_matrix
from accessgis.solve.assignment import assign


def solved(world):
    return assign(world.times, people=world.people, places=world.supply)


def whole(world):
    return World(world.table, np.ceil(world.supply), np.ceil(world.people))


def best(world):
    """Return the people served and their time by a flow of least cost in which an unserved person costs a fortune."""
    fortune = 10_000_000
    graph = nx.DiGraph()
    graph.add_node("all", demand=int(world.people.sum()))
    for i, people in enumerate(world.people):
        graph.add_node(("place", i), demand=-int(people))
        graph.add_edge(("place", i), "all", weight=fortune)
    for j, room in enumerate(world.supply):
        graph.add_edge(("facility", j), "all", weight=0, capacity=int(room))
    for i, j in zip(*np.nonzero(world.table <= CUTOFF), strict=True):
        graph.add_edge(("place", i), ("facility", j), weight=int(world.table[i, j]))
    cost, _ = nx.network_simplex(graph)
    unserved, time = divmod(cost, fortune)
    return world.people.sum() - unserved, time


def check(world, found):
    """Compare an answer with the best, and its parts with each other."""
    served, time = best(world)
    pairs = world.times
    scale = 1e-7 * (1 + world.people.sum())

    assert found.flow.min(initial=0) >= 0
    assert abs(found.served.sum() - served) <= scale
    assert abs(found.total_ms - time) <= scale * CUTOFF
    np.testing.assert_allclose(np.bincount(pairs.origin, found.flow, world.people.size), found.served, atol=scale)
    np.testing.assert_allclose(np.bincount(pairs.destination, found.flow, world.supply.size), found.load, atol=scale)
    assert (found.load + found.free == world.supply).all()
    assert (found.free >= 0).all()
    np.testing.assert_allclose(found.served + found.full + found.out_of_reach, world.people)
    reaches = ((world.table <= CUTOFF) & (world.supply > 0)).any(axis=1)
    assert np.array_equal(found.out_of_reach, np.where(reaches, 0, world.people))
    assert found.overflow == found.full.sum()


@settings(max_examples=200)
@given(world=worlds().map(whole))
def test_as_many_as_possible_are_served_in_the_least_time(world):
    check(world, solved(world))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.3, 0.95, 1.0, 1.2])
def test_on_larger_worlds_with_too_few_and_with_enough_places(seed, share):
    world = random_world(seed, places=40, facilities=25)
    room = np.floor(world.supply / world.supply.sum() * world.people.sum() * share)
    room[-1] += np.floor(world.people.sum() * share) - room.sum()
    world = World(np.round(world.table, -3), room, world.people)
    check(world, solved(world))


@settings(max_examples=100)
@given(world=worlds(), data=st.data())
def test_relabelling_permutes(world, data):
    places = np.array(data.draw(st.permutations(range(world.people.size))))
    facilities = np.array(data.draw(st.permutations(range(world.supply.size))))
    found, wanted = solved(world.relabelled(places, facilities)), solved(world)
    scale = 1e-6 * (1 + world.people.sum())

    for name in ("served", "full", "out_of_reach"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name)[places], atol=scale)
    for name in ("load", "free"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name)[facilities], atol=scale)


@settings(max_examples=60)
@given(world=worlds(most=5).map(whole), seed=st.integers(0, 9))
def test_no_other_best_way_is_more_even(world, seed):
    """At the least of a convex sum no other allowed way lies downhill: its corners are drawn by random costs."""
    found, pairs = solved(world), world.times
    if not pairs.ms.size:
        return
    served, time = best(world)
    left = np.concatenate([found.flow, world.people - found.served])
    n, size = pairs.ms.size, world.people.size
    rows, columns = np.zeros((size, n + size)), np.zeros((world.supply.size, n + size))
    rows[pairs.origin, np.arange(n)] = 1
    rows[np.arange(size), n + np.arange(size)] = 1
    columns[pairs.destination, np.arange(n)] = 1
    total = np.concatenate([np.ones(n), np.zeros(size)])
    cost = np.concatenate([pairs.ms, np.zeros(size)])
    corner = linprog(
        np.random.default_rng(seed).normal(size=n + size),
        A_eq=np.vstack([rows, total, cost]), b_eq=[*world.people, served, time], A_ub=columns, b_ub=world.supply,
    )  # fmt: skip
    if corner.status != 0:
        return
    per_head = 1 / np.maximum(world.people, 1e-9)
    weight = np.concatenate([per_head[pairs.origin], np.where(world.people > 0, per_head, 0)])
    weight[np.concatenate([world.people[pairs.origin] == 0, world.people == 0])] = 0

    assert (weight * left) @ (corner.x - left) >= -1e-5 * (1 + world.people.sum())


def test_more_places_serve_no_fewer_people():
    for seed in range(10):
        world = random_world(seed, places=12, facilities=4)
        more = world.supply.copy()
        more[seed % 4] += 50
        assert solved(World(world.table, more, world.people)).served.sum() >= solved(world).served.sum() - 1e-6


def test_dividing_a_place_in_two_changes_nothing():
    world = random_world(2, places=12, facilities=4)
    table = np.round(world.table, -3)
    one = assign(time_matrix(table, cutoff_ms=CUTOFF), people=world.people, places=world.supply * 6)
    people = np.append(world.people, world.people[0] * 0.25)
    people[0] *= 0.75
    two = assign(time_matrix(np.vstack([table, table[:1]]), cutoff_ms=CUTOFF), people=people, places=world.supply * 6)

    np.testing.assert_allclose(two.load, one.load, atol=1e-6)
    np.testing.assert_allclose(two.served[1:-1], one.served[1:], atol=1e-6)
    np.testing.assert_allclose(two.served[[0, -1]], one.served[0] * np.array([0.75, 0.25]), atol=1e-6)
