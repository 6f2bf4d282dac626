"""The relaxation on small problems against every choice: its bound, and the sites that it settles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from siting import CUTOFF, worlds

from accessgis.solve import covering
from accessgis.solve.gains import restrict, whole
from accessgis.solve.interchange import greedy, improve, shake
from accessgis.solve.lagrange import bounds_by_count, dual, first_price, relax
from accessgis.solve.reach import candidates, limits
from accessgis.solve.result import Effort, Watch


def problem(world, count):
    times = world.times
    limit = (
        limits(world.sites, count, None) if count is not None else limits(world.sites, None, float(world.cost.max()))
    )
    gains, _ = candidates(
        times, CUTOFF + 1 - times.ms.astype(np.int64), people=world.people, sites=world.sites, limit=limit
    )
    return gains


def values(gains):
    """Return every choice within the limit, as truth values, and its value."""
    choices = [np.array([(c >> j) & 1 for j in range(gains.site_count)], bool) for c in range(2**gains.site_count)]
    allowed = [c for c in choices if gains.cost[c].sum() <= gains.limit]
    return allowed, [gains.value(np.flatnonzero(c)) for c in allowed]


@settings(max_examples=250)
@given(world=worlds(fixed=False), count=st.none() | st.integers(1, 4), share=st.floats(0.5, 3), data=st.data())
def test_the_bound_holds_and_no_better_choice_breaks_what_is_settled(world, count, share, data):
    gains = problem(world, count)
    gain = gains.gain()
    choices, value = values(gains)
    known = int(share * max(value))
    state = np.array(
        data.draw(st.lists(st.sampled_from([0, 0, 0, 1, -1]), min_size=gains.site_count, max_size=gains.site_count)),
        np.int8,
    )
    if gains.cost[state > 0].sum() > gains.limit:
        state[state > 0] = 0
    seen = dual(gains, gain)
    price = first_price(seen, greedy(gains, gain))
    found = relax(seen, price, state=state, steps=60, offer=lambda *_: known, done=lambda _: False)
    for choice, worth in zip(choices, value, strict=True):
        if (choice[state > 0]).all() and not choice[state < 0].any():
            assert worth <= found.bound
            if worth > known:
                assert not choice[found.outside].any()
                assert choice[found.inside].all()


@settings(max_examples=150)
@given(world=worlds(fixed=False), count=st.none() | st.integers(1, 4))
def test_reductions_keep_the_best_value(world, count):
    gains = problem(world, count)
    small = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(gains.site_count, bool))

    assert max(values(small.gains)[1]) == max(values(gains)[1])
    assert small.gains.weight.sum() <= gains.weight.sum()
    if small.gains.site_count:
        taken = np.array([0]) if gains.cost[0] <= gains.limit else np.empty(0, np.int64)
        rest = restrict(gains, taken=taken, dropped=np.zeros(gains.site_count, bool))
        with_it = [v for c, v in zip(*values(gains), strict=True) if c[taken].all()]
        assert rest.held + max(values(rest.gains)[1]) == max(with_it)


@settings(max_examples=150)
@given(world=worlds(fixed=False), count=st.integers(1, 4))
def test_interchange_leaves_no_better_swap_and_greedy_takes_the_best_first(world, count):
    gains = problem(world, count)
    gain = gains.gain()
    first = greedy(gains, gain)
    chosen = improve(gains, gain, first)
    value = gains.value(chosen)

    assert value >= gains.value(first)
    assert chosen.size <= count
    single = [gains.value(np.array([j])) for j in range(gains.site_count)]
    if first.size:
        assert first[0] == int(np.argmax(single))
    for j in set(range(gains.site_count)) - set(chosen.tolist()):
        for k in chosen:
            assert gains.value(np.append(chosen[chosen != k], j)) <= value


@settings(max_examples=80)
@given(world=worlds(fixed=False), seed=st.integers(0, 99))
def test_any_prices_bound_every_number_of_sites(world, seed):
    gains = problem(world, 4)
    gain = gains.gain()
    price = np.random.default_rng(seed).random(gains.weight.size) * (1 + gain.max(initial=0))
    bound = bounds_by_count(dual(gains, gain), price, 4)
    for choice, worth in zip(*values(gains), strict=True):
        assert worth <= bound[choice.sum()]


class Deaf(covering._Search):
    """A search that knows a cover of some cost and takes no other."""

    def offer(self, chosen):
        pass

    def done(self, bound):
        return False


@settings(max_examples=200)
@given(world=worlds(fixed=False), more=st.integers(0, 3), unit=st.booleans())
def test_no_cheaper_cover_breaks_what_the_relaxation_of_covers_settles(world, more, unit):
    if unit:
        world = replace(world, cost=np.ones(world.cost.size))
    gains = problem(replace(world, people=np.ones(world.people.size)), 4)
    cost, _ = whole(world.cost, 100.0)
    gains = replace(gains, cost=cost, unit=np.minimum(gains.unit, 1), limit=int(cost.sum()))
    gains = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(cost.size, bool)).gains
    cost = gains.cost
    if not gains.place.size:
        return
    choices = [np.array([(c >> j) & 1 for j in range(cost.size)], bool) for c in range(2**cost.size)]
    full = [c for c in choices if gains.value(np.flatnonzero(c)) == gains.value(np.arange(cost.size))]
    search = Deaf(gains, Watch(effort=Effort()), None)
    search.cost = min(int(cost[c].sum()) for c in full) + more
    bound, outside, inside = covering._relax(gains, np.arange(cost.size), np.empty(0, np.int64), search)
    for choice in full:
        spent = int(cost[choice].sum())
        assert bound <= spent
        if spent < search.cost:
            assert not choice[outside].any()
            assert choice[inside].all()


@settings(max_examples=100)
@given(world=worlds(fixed=False), count=st.none() | st.integers(1, 4))
def test_shaking_gives_allowed_choices_the_best_first_and_no_worse_than_the_start(world, count):
    gains = problem(world, count)
    gain = gains.gain()
    first = improve(gains, gain, greedy(gains, gain))
    found = shake(gains, gain, first, lambda: False)
    value = [gains.value(choice) for choice in found]

    assert value == sorted(value, reverse=True)
    assert value[0] >= gains.value(first)
    assert all(gains.cost[choice].sum() <= gains.limit for choice in found)
