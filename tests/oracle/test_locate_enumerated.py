"""All that ``locate`` can be asked, beside every choice there is: each site is assessed alone for whom it covers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from unittest import mock

import networkx as nx
import numpy as np
import pytest
from paper.proposals import DRAWN, EAST_TOWN, WEST, place
from paper.studies import Home, Site, circle, measured, no_bands, prepared, with_sites

from accessgis.base.errors import UsageError
from accessgis.decide import models
from accessgis.decide.built import with_sites as built
from accessgis.decide.candidates import lived_in_places
from accessgis.decide.locate import locate
from accessgis.decide.located import BY_RULE, BY_TOWNSHIP, CLOSED, FRONT, LEFT, LOADS, Located
from accessgis.decide.problem import Problem
from accessgis.decide.site import site_effect
from accessgis.decide.wish import Size
from accessgis.layers.facilities import FacilityLayer
from accessgis.report.locate_view import located_view
from accessgis.study import run
from accessgis.study.measure import measure
from accessgis.study.rules import with_sharing

pytestmark = pytest.mark.usefixtures("two_profiles")

RULE = circle(facilities_any=(("village_clinic", "township_hospital"),), limit_s=700)
OTHER = circle("own/library", facilities_any=(("library",),), limit_s=1300)
CLINICS = (Site("a", 0, 0), Site("c", 700, 0), Site("d", 2300, 0))
HOSPITAL = Site("h", 3600, 0, kind="township_hospital")
LIBRARY = Site("b", 1500, 0, kind="library")
OLD = (5.0, 1.0, 12.0, 3.0, 20.0, 2.0, 30.0, 4.0, 1.0)
TOWN = replace(
    DRAWN,
    homes=tuple(
        Home(home.x, home.y, home.people, (("age60plus", old),)) for home, old in zip(DRAWN.homes, OLD, strict=True)
    ),
    sites=(*CLINICS, HOSPITAL, LIBRARY),
    given=frozenset({"village_clinic", "township_hospital", "library"}),
    groups=("age60plus",),
)
PEOPLE = np.array([home.people for home in TOWN.homes])
COST = np.array([3.0, 2.0, 5.0, 1.0, 4.0, 2.0, 6.0, 1.0, 1.0])
ALL = tuple(range(len(TOWN.homes)))


@pytest.fixture(scope="module")
def study():
    return measured(TOWN, RULE, OTHER)


@pytest.fixture(scope="module")
def covers():
    """Return by site whom it covers when it is the only one: candidates by number, facilities of today by id."""
    places = {number: Site("x", home.x, home.y) for number, home in enumerate(TOWN.homes)}
    places |= {site.facility_id: site for site in (*CLINICS, HOSPITAL)}
    places |= {f"library {number}": Site("x", home.x, home.y, kind="library") for number, home in enumerate(TOWN.homes)}
    places |= {"b": LIBRARY}
    found = {}
    for name, site in places.items():
        rule = OTHER if site.kind == "library" else RULE
        item = measured(with_sites(TOWN, [site]), rule).found[0]
        found[name] = item.reaches[0].covered["central"]
    return found


def sum_of(covers, names, people=PEOPLE):
    return float(people[np.any([covers[name] for name in names], axis=0)].sum()) if names else 0.0


TODAY = ("a", "c", "d", "h")


def choices(names, count):
    for size in range(count + 1):
        yield from itertools.combinations(names, size)


def same_as_built(study, found: Located) -> None:
    """The study with the sites built covers what the answer says, as its own assessment finds."""
    for lang in ("zh", "en"):
        view = located_view(study, found, lang=lang)
        assert not any("{" in text for text in (view.heading, *view.notes, *view.columns, *itertools.chain(*view.rows)))
    after = built(study, found)
    for row in found.rules.to_dict("records"):
        item = next(item for item in after.found if item.chosen.standard.id == row["rule"])
        people = PEOPLE if not found.group else np.array(OLD)
        assert float(people[item.reaches[0].covered["central"]].sum()) == row["after"]


def test_a_budget_buys_what_covers_most(study, covers):
    for budget in (1.0, 4.0, 7.5):
        best = max(
            sum_of(covers, [*TODAY, *some]) for some in choices(ALL, len(ALL)) if COST[list(some)].sum() <= budget
        )
        found = locate(study, kind="village_clinic", standard="own/clinic", budget=budget, cost=COST)
        assert found.covered_after == best == found.bound
        assert found.spent <= budget
        assert found.chosen["cost"].sum() == found.spent
        assert found.covered_before == sum_of(covers, TODAY)
        same_as_built(study, found)
    one = locate(study, kind="village_clinic", standard="own/clinic", budget=7.0, cost=3.0)
    assert one.curve["sites"].tolist() == [0, 1, 2], "two at 3 each"
    assert one.curve["adds"].tolist() == np.diff(one.curve["covered"], prepend=one.covered_before).tolist()


def test_today_may_close_or_be_left_out_of_account(study, covers):
    for count in (1, 2, 3):
        found = locate(study, kind="village_clinic", standard="own/clinic", sites=count, existing="closable")
        best = max(sum_of(covers, ["h", *some]) for some in choices(("a", "c", "d", *ALL), count))
        assert found.covered_after == best == found.bound, "the hospital, of another kind, stays"
        assert found.kept + len(found.chosen) <= count
        assert found.kept + len(found.closed) == 3
        CLOSED.require(found.closed)
        same_as_built(study, found)
        anew = locate(study, kind="village_clinic", standard="own/clinic", sites=count, existing="free")
        assert anew.covered_after == max(sum_of(covers, ["h", *some]) for some in choices(ALL, count))
        assert anew.closed["facility_id"].tolist() == ["a", "c", "d"]
        same_as_built(study, anew)
    dear = locate(
        study, kind="village_clinic", standard="own/clinic", budget=6.0, cost=3.0, keep_cost=2.0, existing="closable"
    )
    names = ("a", "c", "d", *ALL)
    price = {name: 2.0 if isinstance(name, str) else 3.0 for name in names}
    assert dear.covered_after == max(
        sum_of(covers, ["h", *some]) for some in choices(names, 3) if sum(price[name] for name in some) <= 6.0
    )


def served(covers, rooms):
    """Return how many people sites of limited room can serve: a flow from homes to sites."""
    graph = nx.DiGraph()
    for home, people in enumerate(PEOPLE):
        graph.add_edge("from", ("home", home), capacity=int(people))
        for name in rooms:
            if covers[name][home]:
                graph.add_edge(("home", home), ("site", name), capacity=int(people))
    for name, room in rooms.items():
        graph.add_edge(("site", name), "to", capacity=int(room))
    return nx.maximum_flow_value(graph, "from", "to") if graph.has_node("to") else 0


def with_beds(layers, beds):
    frame = layers.facilities.frame.copy()
    frame["beds"] = [beds.get(name, np.nan) for name in frame["facility_id"]]
    return replace(layers, facilities=FacilityLayer(frame=frame, kinds_given=layers.facilities.kinds_given))


def test_rooms_turn_people_away(covers):
    beds = {"a": 4, "c": 10, "d": 30, "h": 20}
    tight = measured(with_beds(prepared(TOWN), beds), RULE)
    today = {name: 2 * number for name, number in beds.items()}
    best = max(served(covers, today | dict.fromkeys(some, 50)) for some in choices(ALL, 2))
    size = Size(column="beds", most=25, people_each=2)
    found = locate(tight, kind="village_clinic", standard="own/clinic", sites=2, capacity=size)
    assert found.covered_before == pytest.approx(served(covers, today))
    assert found.covered_after == pytest.approx(best)
    assert found.covered_before + found.chosen["adds"].sum() == pytest.approx(best)
    LOADS.require(found.loads)
    assert (found.loads["load"] <= found.loads["room"] + 1e-6).all()
    assert found.loads["load"].sum() == pytest.approx(best)
    assert (found.chosen["size"] == np.ceil(found.chosen["load"] / 2 - 1e-6)).all()
    assert "served" in " ".join(located_view(tight, found, lang="en").notes)
    after = built(tight, found).prepared.facilities.frame.set_index("facility_id")["beds"]
    assert [after[f"new-{number}"] for number in found.chosen["number"]] == found.chosen["size"].tolist()
    # No place has 200 people within reach, so that no site may be built.
    large = locate(
        tight, kind="village_clinic", standard="own/clinic", sites=2, capacity=replace(size, least=100, most=150)
    )
    assert len(large.chosen) == 0
    near = locate(tight, kind="village_clinic", standard="own/clinic", sites=1, capacity=size, objective="p-median")
    assert near.value <= locate(
        tight, kind="village_clinic", standard="own/clinic", sites=1, capacity=replace(size, most=5),
        objective="p-median",
    ).value  # fmt: skip


@pytest.mark.parametrize(("objective", "list_pairs"), [("max-coverage", "cover"), ("p-median", "ways")])
def test_too_many_pairs_are_refused_before_all_are_listed(objective, list_pairs, monkeypatch):
    asked = {"kind": "village_clinic", "standard": "own/clinic", "sites": 2, "objective": objective}
    size, tight = Size(column="beds", most=25, people_each=2), measured(with_beds(prepared(TOWN), {"a": 4}), RULE)
    whole = locate(tight, **asked, capacity=size)
    homes, listed = [], getattr(Problem, list_pairs)

    def noted(question):
        homes.append(int((question.people > 0).sum()))
        return listed(question)

    monkeypatch.setattr(Problem, list_pairs, noted)
    monkeypatch.setattr(models, "_PART", 3)
    again = locate(tight, **asked, capacity=size)
    assert again.covered_after == whole.covered_after
    assert homes[:2] == [3, 9]
    homes.clear()
    monkeypatch.setattr(models, "MOST_PAIRS", 3)
    with pytest.raises(UsageError) as caught:
        locate(tight, **asked, capacity=size)
    assert (caught.value.code, homes) == ("AG2449", [3])


def test_everybody_is_covered_and_most_of_them_twice(study, covers):
    reached = np.any([covers[name] for name in (*TODAY, *ALL)], axis=0)

    def twice(some):
        times = np.sum([covers[name] for name in (*TODAY, *some)], axis=0)
        return float(PEOPLE[times >= 2].sum()) if (times[reached] >= 1).all() else -1.0

    best = {count: max(twice(some) for some in choices(ALL, count)) for count in (2, 3, 4)}
    least = min(count for count, value in best.items() if value >= 0)
    for count in (least, least + 1):
        found = locate(study, kind="village_clinic", standard="own/clinic", sites=count, objective="backup")
        assert found.value == best[count] == found.bound
        same_as_built(study, found)


def test_the_worst_off_township_comes_first(study, covers):
    town = np.array([0] * 3 + [1] * 6)
    assert measured(TOWN, RULE).prepared.demand.frame["township"].tolist() == [WEST] * 3 + [EAST_TOWN] * 6

    def key(some):
        there = np.any([covers[name] for name in (*TODAY, *some)], axis=0)
        shares = [float(PEOPLE[there & (town == g)].sum() / PEOPLE[town == g].sum()) for g in (0, 1)]
        return (*sorted(shares), float(PEOPLE[there].sum()))

    for count in (1, 2):
        found = locate(study, kind="village_clinic", standard="own/clinic", sites=count, objective="fairest")
        best = max(key(some) for some in choices(ALL, count))
        BY_TOWNSHIP.require(found.townships)
        rows = found.townships
        shares = sorted(rows["after"] / rows["people"])
        assert (*shares, found.covered_after) == pytest.approx(best)
        assert found.value == pytest.approx(best[0])
        same_as_built(study, found)


def test_the_front_is_what_nothing_beats_in_both(study, covers):
    old = np.array(OLD)
    every = {(sum_of(covers, [*TODAY, *some]), sum_of(covers, [*TODAY, *some], old)) for some in choices(ALL, 2)}
    beaten = {one for one in every for other in every if other != one and other[0] >= one[0] and other[1] >= one[1]}
    found = locate(study, kind="village_clinic", standard="own/clinic", sites=2, pareto="age60plus")
    FRONT.require(found.front)
    points = set(zip(found.front["covered"], found.front["other"], strict=True))
    assert found.front["proven"].all()
    assert points <= every - beaten
    assert {max(every - beaten), max(every - beaten, key=lambda one: one[::-1])} <= points
    for choice in found.front["choice"]:
        mine = found.front_sites[found.front_sites["choice"] == choice]
        assert len(mine) <= 2


def test_a_group_is_counted_alone(study, covers):
    old = np.array(OLD)
    found = locate(study, kind="village_clinic", standard="own/clinic", sites=1, group="age60plus")
    assert found.covered_after == max(sum_of(covers, [*TODAY, some], old) for some in ALL)
    assert found.people == old.sum()
    same_as_built(study, found)


@pytest.mark.parametrize("weights", [{"own/clinic": 1.0, "own/library": 1.0}, {"own/clinic": 1.0, "own/library": 0.1}])
def test_one_centre_serves_several_rules_by_weight(study, covers, weights):
    def worth(some):
        clinic = sum_of(covers, [*TODAY, *some])
        return weights["own/clinic"] * clinic + weights["own/library"] * sum_of(
            covers, ["b", *(f"library {number}" for number in some)]
        )

    found = locate(study, kind=["village_clinic", "library"], standard=weights, sites=2)
    best = max(worth(some) for some in choices(ALL, 2))
    assert found.covered_after == pytest.approx(best)
    assert found.value == pytest.approx(best)
    BY_RULE.require(found.rules)
    assert (found.rules["weight"] * found.rules["after"]).sum() == pytest.approx(best)
    same_as_built(study, found)


def test_who_stays_out_is_named_by_village(study, covers):
    few = lived_in_places(study.prepared).iloc[[1, 7]]
    found = locate(study, kind="village_clinic", standard="own/clinic", sites=1, candidates=few)
    LEFT.require(found.left)
    there = max((1, 7), key=lambda some: sum_of(covers, [*TODAY, some]))
    after = np.any([covers[name] for name in (*TODAY, there)], axis=0)
    never = ~np.any([covers[name] for name in (*TODAY, 1, 7)], axis=0)
    assert found.left["left"].sum() == PEOPLE[~after].sum() == found.people - found.covered_after
    assert found.left["beyond"].sum() == PEOPLE[never].sum() == found.out_of_reach > 0
    assert (np.diff(found.left["left"]) <= 0).all()


def test_neighbours_are_told_from_the_county_s_own():
    """The hospital stands beyond the county line at x = 5000, a second one within; both reach the last home."""
    beyond = Site("h", 5005, 5000, kind="township_hospital")
    wide = circle(facilities_any=RULE.facilities_any, limit_s=700)
    town = with_sites(TOWN, [*CLINICS, beyond])
    shared = measured(town, wide)
    item = shared.found[0]
    central, own = item.reaches[0].covered["central"], item.reaches[0].covered["own"]
    assert PEOPLE[central & ~own].tolist() == [3.0], "the farm uses the hospital across the line"
    found = locate(shared, kind="village_clinic", standard="own/clinic", sites=9)
    (row,) = found.rules.to_dict("records")
    assert row["before_own"] == row["before"] - 3.0
    assert row["after_own"] == row["after"] - 3.0, "nobody newly covered lives there"
    farm = lived_in_places(shared.prepared).iloc[[8]]
    there = locate(shared, kind="village_clinic", standard="own/clinic", sites=1, candidates=farm, objective="p-median")
    assert len(there.chosen) == 1, "it shortens the way of the farm, which is covered already"
    assert there.rules[["before_own", "after_own"]].values.tolist() == [[row["before"] - 3.0, row["before"]]]
    alone = measure(shared.prepared, with_sharing(shared.rules, "none"), shared.catalogue)
    only = locate(alone, kind="village_clinic", standard="own/clinic", sites=1, candidates=farm)
    assert (only.sharing, found.sharing) == ("none", "neighbours")
    assert (only.covered_before, only.covered_after) == (row["before"] - 3.0, row["before"])


def test_both_answers_on_the_county_line_are_those_of_runs_with_and_without_neighbours():
    town = with_sites(TOWN, [*CLINICS, Site("h", 5005, 5000, kind="township_hospital"), LIBRARY])
    both = circle("own/both", facilities_any=(("village_clinic", "township_hospital"), ("library",)), limit_s=1300)
    shared = measured(town, RULE, both)
    alone = measure(shared.prepared, with_sharing(shared.rules, "none"), shared.catalogue)
    nets = set()
    for home in (TOWN.homes[number] for number in (2, 5, 8)):
        here, there = (site_effect(study, place(TOWN, home.x, home.y), ranges=False).rules for study in (shared, alone))
        here, there = here[here["headline"]], there[there["headline"]]
        assert here["net_own"].tolist() == there["net"].tolist() == there["net_own"].tolist()
        nets.add(here["net_own"].iloc[0] - here["net"].iloc[0])
    assert nets == {0.0, 3.0}, "a clinic at the farm frees it from the hospital across the line"
    with mock.patch.object(run, "isochrone_bands", no_bands):
        wide, narrow = run.conclude(shared), run.conclude(alone)
    assert (wide.parameters["sharing"], narrow.parameters["sharing"]) == ("neighbours", "none")
    rows, own = (result.results[result.results["headline"]] for result in (wide, narrow))
    assert own["covered_share"].tolist() == rows["covered_share_own"].tolist()
    assert rows["covered_share"].tolist() != rows["covered_share_own"].tolist()
    assert {rule.sharing for rule in narrow.rules} == {"county"}
