"""Siting against spopt (MCLP, LSCP, LSCP-B, p-median, p-centre), which asks CBC for the full programs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from siting import CUTOFF, plane

from accessgis.solve.centre import p_centre
from accessgis.solve.cover import maximal_cover
from accessgis.solve.median import p_median
from accessgis.solve.setcover import backup_cover, set_cover

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pulp = pytest.importorskip("pulp")
    peers = pytest.importorskip("spopt.locate")

pytestmark = pytest.mark.filterwarnings("ignore")
FAR = 10.0**6


def solved(model):
    return model.solve(pulp.PULP_CBC_CMD(msg=False))


def chosen(model):
    """Return the sites that are open in a solved model of spopt."""
    return np.flatnonzero([var.varValue > 0.5 for var in model.fac_vars])


@pytest.fixture(params=range(5))
def world(request):
    return plane(request.param, candidates=15, places=60, radius=0.25)


def given(world):
    return {"people": world.people, "sites": world.sites}


@pytest.mark.parametrize("count", [1, 3, 6])
def test_maximal_cover(world, count):
    peer = solved(peers.MCLP.from_cost_matrix(world.table, world.people, CUTOFF, p_facilities=count))
    found = maximal_cover(world.times, **given(world), count=count)

    assert found.objective == pytest.approx(world.covered(chosen(peer)))
    assert found.proven


def test_maximal_cover_with_sites_that_stay(world):
    fixed = np.zeros(15, int)
    fixed[[2, 7]] = 1
    peer = solved(
        peers.MCLP.from_cost_matrix(world.table, world.people, CUTOFF, p_facilities=5, predefined_facilities_arr=fixed)
    )
    found = maximal_cover(
        world.times, people=world.people, sites=type(world.sites)(**(vars(world.sites) | {"fixed": fixed > 0})), count=3
    )

    assert found.objective == pytest.approx(world.covered(chosen(peer)))


def reached(world):
    """Return the world without the places that no site reaches: spopt calls these infeasible."""
    kept = (world.table <= CUTOFF).any(axis=1)
    return type(world)(world.table[kept], world.people[kept], world.cost, world.fixed)


def test_set_cover_and_backup(world):
    world = reached(world)
    peer = solved(peers.LSCP.from_cost_matrix(world.table, CUTOFF))
    found = set_cover(world.times, **given(world))

    assert found.objective == len(chosen(peer))
    double = solved(peers.LSCPB.from_cost_matrix(world.table, CUTOFF, pulp.PULP_CBC_CMD(msg=False)))
    twice = backup_cover(world.times, people=np.ones(world.people.size), sites=world.sites)
    near = (world.table[:, chosen(double)] <= CUTOFF).sum(axis=1)
    assert twice.objective == (near >= 2).sum()


@pytest.mark.parametrize("count", [2, 5])
def test_median_and_centre(world, count):
    whole = type(world)(np.minimum(world.table, CUTOFF), world.people, world.cost, world.fixed)
    peer = solved(peers.PMedian.from_cost_matrix(whole.table, whole.people, p_facilities=count))
    found = p_median(whole.times, **given(whole), count=count)
    assert found.objective == pytest.approx(whole.time(chosen(peer), FAR))

    centre = solved(peers.PCenter.from_cost_matrix(whole.table, p_facilities=count))
    assert (
        p_centre(whole.times, **given(whole), count=count).objective == whole.table[:, chosen(centre)].min(axis=1).max()
    )
