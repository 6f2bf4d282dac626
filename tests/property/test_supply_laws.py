"""The laws of measures of supply and demand, as the table in tests/supply.py states them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from supply import DECAYS, LAWS, World, access, random_world, worlds

from accessgis import measures

DECAYED = st.sampled_from(sorted(DECAYS))
ROUNDS = settings(max_examples=80)
RAAM_SLACK = 2e-4
"""RAAM is solved to a share of the whole cost, which a single small place can be off by more than."""


def obeying(law):
    """Return the measures that obey a law: they are tried on the same worlds, which take longer to draw."""
    return [name for name, laws in LAWS.items() if getattr(laws, law)]


def slack(name, values):
    finite = np.abs(values[np.isfinite(values)])
    return 1e-9 + (RAAM_SLACK if name == "raam" else 1e-9) * (finite.max() if finite.size else 0)


def not_below(name, after, before):
    assert (after >= before - slack(name, before)).all(), name


@ROUNDS
@given(world=worlds(), decay=DECAYED)
def test_all_supply_that_people_reach_is_shared_out(world, decay):
    for name in obeying("conserves"):
        within = 2000 if name == "two_step" else DECAYS[decay]
        weight = (world.table <= within) if isinstance(within, int) else within.at(world.table)
        somebody = (weight * world.people[:, None]).sum(axis=0) > 0
        shared = world.people @ access(name, world, decay)

        assert np.isclose(shared, world.supply[somebody].sum(), rtol=1e-9, atol=1e-9), name


@pytest.mark.parametrize("name", [name for name, law in LAWS.items() if not law.conserves and name != "raam"])
def test_the_others_do_not_share_it_out_whole(name):
    world = random_world(1)

    assert not np.isclose(world.people @ access(name, world, "steps"), world.supply.sum(), rtol=0.01)


@ROUNDS
@given(world=worlds(), decay=DECAYED)
def test_bfca_keeps_people_and_the_level_of_service(world, decay):
    found = measures.bfca(world.times, supply=world.supply, people=world.people, decay=DECAYS[decay])
    reaches = (DECAYS[decay].at(world.table) * (world.supply > 0)).sum(axis=1) > 0

    assert np.isclose(found.demand.sum(), world.people[reaches].sum())
    assert np.isclose(found.access.sum(), found.ratio.sum())


@ROUNDS
@given(world=worlds(), decay=DECAYED, data=st.data())
def test_more_supply_lowers_nobodys_access(world, decay, data):
    j = data.draw(st.integers(0, world.supply.size - 1))
    assume(world.supply[j] > 0)
    more = world.supply.copy()
    more[j] += data.draw(st.sampled_from([0.5, 7.0, 1000.0]))

    for name in obeying("more_is_better"):
        not_below(name, access(name, replace(world, supply=more), decay), access(name, world, decay))


@ROUNDS
@given(world=worlds(), decay=DECAYED)
def test_a_new_facility_lowers_nobodys_access(world, decay):
    assume(world.supply.size > 1 and world.supply[-1] > 0)
    for name in obeying("new_is_better"):
        not_below(name, access(name, world, decay), access(name, world.without(world.supply.size - 1), decay))


def test_in_3sfca_a_new_facility_may_lower_access():
    # Half of the choices at place 0 now go to a facility that has next to nothing to offer.
    before = World(np.array([[0.0], [0.0]]), np.array([100.0]), np.array([10.0, 1000.0]))
    after = World(np.array([[0.0, 0.0], [0.0, np.inf]]), np.array([100.0, 0.01]), before.people)

    assert access("three_step", after, "cutoff")[0] < 0.6 * access("three_step", before, "cutoff")[0]
    assert access("e2sfca", after, "cutoff")[0] > access("e2sfca", before, "cutoff")[0]


def test_raam_against_the_mean_may_cost_more_after_a_new_facility_and_after_more_supply():
    # Place 0 cannot go to the new facility; crowding is now held against a lower mean.
    before = World(np.array([[0.0], [np.inf]]), np.array([10.0]), np.array([50.0, 50.0]))
    after = World(np.array([[0.0, np.inf], [np.inf, 0.0]]), np.array([10.0, 10.0]), np.array([50.0, 50.0]))
    larger = replace(after, supply=np.array([10.0, 30.0]))

    def costs(world, **more):
        return measures.raam(world.times, supply=world.supply, people=world.people, **more).cost

    assert costs(before)[0] < costs(after)[0] < costs(larger)[0]
    assert costs(before, rho=5.0)[0] == costs(after, rho=5.0)[0] == costs(larger, rho=5.0)[0]


@ROUNDS
@given(world=worlds(), decay=DECAYED, data=st.data())
def test_a_closed_facility_is_as_if_it_were_not_there(world, decay, data):
    assume(world.supply.size > 1)
    j = data.draw(st.integers(0, world.supply.size - 1))
    closed = world.supply.copy()
    closed[j] = 0.0

    for name in LAWS:
        found, wanted = access(name, replace(world, supply=closed), decay), access(name, world.without(j), decay)
        assert np.allclose(found, wanted, rtol=1e-9, atol=1e-9), name


@ROUNDS
@given(world=worlds(), decay=DECAYED, data=st.data())
def test_closing_and_reopening_restores_every_bit(world, decay, data):
    j = data.draw(st.integers(0, world.supply.size - 1))
    for name in LAWS:
        before = access(name, world, decay)
        kept = world.supply.copy()
        world.supply[j] = 0.0
        access(name, world, decay)
        world.supply[:] = kept

        assert np.array_equal(access(name, world, decay), before), name


@ROUNDS
@given(world=worlds(), decay=DECAYED, data=st.data())
def test_relabelling_permutes(world, decay, data):
    places = np.array(data.draw(st.permutations(range(world.people.size))))
    facilities = np.array(data.draw(st.permutations(range(world.supply.size))))
    for name in LAWS:
        found, wanted = (access(name, w, decay) for w in (world.relabelled(places, facilities), world))

        if name == "raam":
            assert np.allclose(found, wanted[places], rtol=1e-6, atol=1e-12)
        else:
            assert np.array_equal(found, wanted[places]), name


@ROUNDS
@given(world=worlds(), decay=DECAYED)
def test_weights_of_0_and_1_make_m2sfca_and_e2sfca_2sfca(world, decay):
    given_ = {"supply": world.supply, "people": world.people}
    plain = measures.two_step(world.times, cutoff_ms=2000, **given_).access

    assert np.array_equal(plain, measures.e2sfca(world.times, decay=2000, **given_).access)
    assert np.array_equal(plain, measures.m2sfca(world.times, decay=2000, **given_).access)
    assert (
        measures.m2sfca(world.times, decay=DECAYS[decay], **given_).access
        <= measures.e2sfca(world.times, decay=DECAYS[decay], **given_).access
    ).all()
