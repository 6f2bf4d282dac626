"""``accessgis locate`` on the bundled county: what it says is what building the sites gives."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from paper.proposals import DRAWN, EAST_TOWN, RULES
from paper.studies import Site, circle, measured, with_sites

import accessgis as ag
from accessgis.base.errors import UsageError
from accessgis.batch.whatif import read_whatifs
from accessgis.cli.main import run
from accessgis.decide.built import changes_of
from accessgis.decide.candidates import lived_in_places, places_of_parcels, reachable
from accessgis.decide.check import measured_study
from accessgis.decide.land import slopes_at
from accessgis.decide.locate import CURVE, LOCATED, locate
from accessgis.decide.proposal import propose
from accessgis.decide.scenario import read_scenario, run_scenario
from accessgis.decide.site import site_effect
from accessgis.report.comparison_view import scenario_view
from accessgis.report.locate_view import located_document, located_scenario, located_view
from accessgis.solve.result import Effort
from accessgis.sources.parcels import Parcel
from accessgis.study.measure import Measured

CIRCLE = "guizhou-14fyp/rural-medical-30"


def test_three_sites_bring_what_a_scenario_with_them_brings(county: Measured, root: Path, tmp_path: Path) -> None:
    found = locate(county, kind="村卫生室", standard=CIRCLE, sites=3)
    LOCATED.require(found.chosen)
    CURVE.require(found.curve)
    assert found.proven
    path = tmp_path / "three.toml"
    path.write_text(
        located_scenario(found, name='三处 "新建"', study=(root / "data" / "study.toml").as_posix()), encoding="utf-8"
    )
    result = run_scenario(read_scenario(path), before=county)
    rows = result.comparison[(result.comparison["rule"] == CIRCLE) & result.comparison["headline"]]
    row = rows[rows["level"] == "county"].iloc[0]
    assert row["before"] == pytest.approx(found.covered_before, rel=1e-9)
    assert row["after"] == pytest.approx(found.covered_after, rel=1e-9)
    assert found.chosen["covered"].iloc[-1] == pytest.approx(found.covered_after)
    assert (np.diff(found.chosen["adds"]) <= 1e-9).all(), "each adds no more than the one before it"
    for lang in ("zh", "en"):
        view = located_view(county, found, lang=lang)
        assert len(view.rows) == 3
        assert not any("{" in text for text in (view.heading, *view.notes, *view.columns, *itertools.chain(*view.rows)))


def test_a_target_takes_the_fewest_sites(county: Measured) -> None:
    found = locate(county, kind="village_clinic", standard=CIRCLE, target=0.985)
    fewer = locate(county, kind="village_clinic", standard=CIRCLE, sites=max(1, len(found.chosen) - 1))
    assert found.covered_after / found.people >= 0.985
    assert found.proven
    assert len(found.chosen) == found.value
    assert len(found.chosen) > 1, "else a harder target is needed"
    assert fewer.covered_after / fewer.people < 0.985
    with pytest.raises(ag.UsageError) as caught:
        locate(county, kind="village_clinic", standard="shanxi-14fyp/nothing", target=0.5)
    assert caught.value.code == "AG2421"
    assert CIRCLE in caught.value.fix("en")


@pytest.mark.parametrize("number", range(len(RULES)))
def test_on_paper_the_choice_is_the_best_of_all(number: int) -> None:
    study = measured(DRAWN, RULES[number])
    item = study.found[0]
    places = lived_in_places(study.prepared)
    reach = reachable(study, item, "village_clinic", places)
    members = [set(reach.times.origin[reach.times.destination == site]) for site in range(len(places))]

    def gain(some: tuple[int, ...]) -> float:
        return float(sum(reach.people[point] for point in set().union(*(members[site] for site in some))))

    for count in (1, 2):
        best = max(gain(some) for some in itertools.combinations(range(len(places)), count))
        found = locate(study, kind="village_clinic", standard=item.chosen.standard.id, sites=count)
        assert found.covered_after - found.covered_before == pytest.approx(best)
        assert found.bound == pytest.approx(found.covered_before + best)


def test_the_mean_and_the_longest_way_are_those_of_all_choices() -> None:
    study = measured(DRAWN, RULES[0])
    item = study.found[0]
    places = lived_in_places(study.prepared)
    people = np.array([home.people for home in DRAWN.homes])
    from accessgis.decide.candidates import people_of, trips

    cutoff = 4 * 900_000
    times = trips(study, item, "village_clinic", places, cutoff=cutoff, wanted=people > 0)
    full = np.full((len(people), len(places)), np.inf)
    full[times.origin, times.destination] = times.ms
    now = item.reaches[0].ms
    reached = np.minimum(full.min(axis=1), now) <= cutoff
    assert np.array_equal(people_of(study, item), people)
    best = min(
        float((people * np.minimum(np.minimum(full[:, list(some)].min(axis=1), now), cutoff))[reached].sum())
        for some in itertools.combinations(range(len(places)), 2)
    )
    median = locate(study, kind="village_clinic", standard="own/clinic", sites=2, objective="p-median")
    assert median.value == pytest.approx(best / people[reached].sum() / 1000.0)
    worst = min(
        float(np.minimum(full[:, list(some)].min(axis=1), now)[reached].max())
        for some in itertools.combinations(range(len(places)), 2)
    )
    centre = locate(study, kind="village_clinic", standard="own/clinic", sites=2, objective="p-center")
    assert centre.value == pytest.approx(worst / 1000.0)
    chosen = np.flatnonzero(places["lon"].isin(centre.chosen["lon"]) & places["lat"].isin(centre.chosen["lat"]))
    ways = np.minimum(full[:, chosen].min(axis=1), now)
    row = int(np.argmax(np.where(reached, ways, -1)))
    names = dict(zip(study.prepared.areas.frame["code"], study.prepared.areas.frame["name"], strict=True))
    assert centre.furthest == names[study.prepared.demand.frame["township"].iloc[row]]
    assert any(centre.furthest in note and "最远" in note for note in located_view(study, centre, lang="zh").notes)


@pytest.mark.parametrize(
    "more",
    [{"limit_s": 1300}, {"limit_s": 300}, {"limit_s": 900, "sharing": "township"}],
    ids=["far", "beyond the furthest", "none"],
)
def test_a_rule_of_two_parts_takes_as_long_as_the_slower(more: dict[str, Any]) -> None:
    rule = circle("own/both", facilities_any=(("village_clinic",), ("library",)), **more)
    study = measured(DRAWN, rule)
    places = lived_in_places(study.prepared)
    people = np.array([home.people for home in DRAWN.homes])
    cutoff = more["limit_s"] * 1000
    furthest = 4 * cutoff

    def ways(some: tuple[int, ...]) -> np.ndarray:
        built = [Site(f"new-{site}", DRAWN.homes[site].x, DRAWN.homes[site].y) for site in some]
        return measured(with_sites(DRAWN, [*DRAWN.sites, *built]), rule).found[0].reaches[0].ms

    assert len(places) == len(people), "every home is a candidate, in their order"
    now, most = ways(()), ways(tuple(range(len(people))))
    reached = most <= furthest
    # Of two sites everybody takes the nearer: two that are built at once give what each alone gives; one pair shows it.
    alone = [ways((site,)) for site in range(len(places))]
    every = {
        some: np.minimum(*(alone[site] for site in some)) for some in itertools.combinations(range(len(places)), 2)
    }
    assert np.array_equal(every[2, 7], ways((2, 7)))
    best = min(float((people * np.minimum(ms, furthest))[reached].sum()) for ms in every.values())
    median = locate(study, kind="village_clinic", standard=rule.id, sites=2, objective="p-median")
    assert median.value == pytest.approx(best / people[reached].sum() / 1000.0)
    assert median.out_of_reach == people[~reached].sum()
    found = [row for row, at in enumerate(zip(places["lon"], places["lat"], strict=True)) if at in _at(median.chosen)]
    after = every[tuple(found)] if len(found) == 2 else ways(tuple(found))
    assert median.covered_before == people[now <= cutoff].sum()
    assert median.covered_after == people[after <= cutoff].sum()
    worst = min(float(ms[reached].max()) for ms in every.values())
    centre = locate(study, kind="village_clinic", standard=rule.id, sites=2, objective="p-center")
    assert centre.value == pytest.approx(worst / 1000.0)


def test_who_lacks_another_part_is_out_of_reach_and_in_every_share() -> None:
    # The library at 1500 m is more than 900 s from the homes at 0, 3000 and 3600 m, the one across (10, 60 and 70
    # people; 7 at 900 m from the street) and the farm (3); the clinic serves the home at 600 m.
    rule = circle("own/both", facilities_any=(("village_clinic",), ("library",)))
    study = measured(DRAWN, rule)
    people, lost = 290.0, 150.0
    most = locate(study, kind="village_clinic", standard=rule.id, sites=9)
    assert most.out_of_reach == lost
    assert most.covered_after == people - lost
    share = (people - lost) / people
    fewest = locate(study, kind="village_clinic", standard=rule.id, target=share)
    assert fewest.out_of_reach == lost
    assert fewest.covered_after == people - lost
    # Where the clinic stands a second one covers nobody: 20 of 290 are covered with it as without.
    here = lived_in_places(study.prepared).iloc[:1]
    unserved, all_but_one = "名149921101 (140), 名149921100 (10)", "名149921101 (230), 名149921100 (40)"
    for some, target, words in (
        (None, 0.9, ("90.0%", "48.2%", f"; none reaches {unserved}.")),
        (here, 0.45, ("45.0%", "6.8%", f"; none reaches {all_but_one}.")),
    ):
        with pytest.raises(UsageError) as caught:
            locate(study, kind="village_clinic", standard=rule.id, target=target, candidates=some)
        assert caught.value.code == "AG2431"
        assert all(word in caught.value.message("en") for word in words)


def test_a_centre_serves_every_part_of_a_rule_that_counts_one_of_its_kinds() -> None:
    # Clinic at 0 m, library at 1500 m, homes every 600 m of 10, 20 … 70 people; 900 s at 1 m/s. Only the home at 600 m
    # (20 people) has both. A centre with both at 2400 m serves those at 1800, 2400 and 3000 m (40, 50 and 60 people).
    # With a clinic alone the home at 3000 m would lack its library.
    rule = circle("own/both", facilities_any=(("village_clinic",), ("library",)))
    study = measured(DRAWN, rule)
    at = lived_in_places(study.prepared)
    at = at[np.isclose(at["x"] - at["x"].min(), 2400) & (at["township"] == EAST_TOWN)].iloc[:1].reset_index(drop=True)
    centre = locate(study, kind=["village_clinic", "library"], standard=rule.id, sites=1, candidates=at)
    alone = locate(study, kind="village_clinic", standard=rule.id, sites=1, candidates=at)
    assert (centre.covered_before, centre.covered_after, alone.covered_after) == (20.0, 170.0, 110.0)
    assert {change.kind for change in changes_of(centre)} == {"village_clinic", "library"}
    with pytest.raises(UsageError) as caught:
        locate(study, kind=["village_clinic", "library"], standard=rule.id, sites=1, objective="backup")
    assert caught.value.code == "AG2441"


def _at(chosen: pd.DataFrame) -> set[tuple[float, float]]:
    return set(zip(chosen["lon"], chosen["lat"], strict=True))


def test_json_and_scenario_of_the_command(
    root: Path, county_at_hand: None, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    study = str(root / "data" / "study.toml")
    written = tmp_path / "deep" / "s.toml"
    arguments = ["locate", study, "--kind", "村卫生室", "--standard", CIRCLE, "--sites", "2", "--json"]
    assert run([*arguments, "--scenario", str(written)]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert len(document["sites"]) == 2
    assert document["objective"] == "max-coverage"
    assert document["covered_after"] > document["covered_before"]
    assert len(read_scenario(written).file.change) == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--sites", "2", "--target", "0.9"], "AG2422"),
        ([], "AG2422"),
        (["--sites", "0"], "AG2423"),
        (["--target", "1.5"], "AG2423"),
        (["--sites", "1", "--objective", "fewest-sites"], "AG2422"),
        (["--sites", "1", "--gap", "1"], "AG2424"),
        (["--sites", "1", "--time-limit", "0"], "AG2424"),
        (["--sites", "1", "--budget", "5"], "AG2422"),
        (["--budget", "5", "--objective", "backup"], "AG2422"),
        (["--budget", "-1"], "AG2423"),
        (["--budget", "5", "--closable", "--cost", "2"], "AG2446"),
        (["--sites", "1", "--closable", "--free"], "AG2441"),
        (["--sites", "1", "--keep-cost", "1"], "AG2441"),
        (["--sites", "1", "--pareto", "age60plus", "--objective", "fairest"], "AG2441"),
        (["--sites", "1", "--standard", "own/b", "--objective", "p-median"], "AG2441"),
        (["--sites", "1", "--capacity", "beds=30", "--objective", "p-center"], "AG2441"),
        (["--sites", "1", "--cost", "造价"], "AG2441"),
        (["--sites", "1", "--candidates", "roads", "--parcel", "a.txt"], "AG2441"),
        (["--sites", "1", "--candidates", "parcels"], "AG2403"),
        (["--sites", "1", "--capacity", "beds"], "AG2445"),
        (["--sites", "1", "--capacity", "beds=30:10"], "AG2445"),
        (["--sites", "1", "--capacity", "rooms=30"], "AG2402"),
        (["--sites", "1", "--standard", "own/b=many"], "AG2447"),
        (["--sites", "1", "--standard", "own/b=0"], "AG2448"),
        (["--sites", "1", "--spacing", "0"], "AG2448"),
        (["--sites", "1", "--min-distance", "-5"], "AG2448"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_wrong_use_is_one_sentence(more: list[str], code: str, lang: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is read before what is asked makes sense: there is no such study."""
    assert run(["locate", "none.toml", "--kind", "村卫生室", "--standard", CIRCLE, "--lang", lang, *more]) == 2
    out, err = capfd.readouterr()
    assert (out, err.split()[0]) == ("", code)
    assert "{" not in err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"budget": 5.0, "cost": 6.0}, "AG2440"),
        ({"budget": 5.0}, "AG2446"),
        ({"budget": 5.0, "cost": -1.0}, "AG2448"),
        ({"sites": 1, "group": "under3"}, "AG2416"),
        ({"sites": 1, "pareto": "under3"}, "AG2416"),
        ({"sites": 1, "candidates": "grid", "spacing_m": 1.0}, "AG2442"),
        ({"sites": 1, "min_distance_m": 1e6}, "AG2443"),
        ({"sites": 1, "objective": "backup"}, "AG2432"),
    ],
)
def test_what_the_study_cannot_give_is_one_sentence(more: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        locate(measured(DRAWN, RULES[0]), kind="village_clinic", standard="own/clinic", **more)
    assert caught.value.code == code
    assert all("{" not in caught.value.message(lang) + caught.value.fix(lang) for lang in ("zh", "en"))


def test_a_kind_that_no_circle_counts_is_told_what_to_do_instead(county: Measured) -> None:
    with pytest.raises(UsageError) as caught:
        locate(county, kind="农村敬老院", standard="shanxi-14fyp/elderly-care-township", sites=2)
    assert caught.value.code == "AG2558"
    assert "at_each" in caught.value.fix("zh")


def test_too_few_sites_for_everybody_are_told_how_many_would_do() -> None:
    study = measured(DRAWN, circle(limit_s=300))
    asked = {"kind": "village_clinic", "standard": "own/clinic", "objective": "p-center", "existing": "free"}
    with pytest.raises(UsageError) as caught:
        locate(study, sites=1, **asked)
    assert caught.value.code == "AG2433"
    enough = int(caught.value.message("zh").partition("至少需要 ")[2].partition(" ")[0])
    assert len(locate(study, sites=enough, **asked).chosen) == enough
    with pytest.raises(UsageError):
        locate(study, sites=enough - 1, **asked)
    flown = circle("own/metres", limit_s=None, limit_m=300.0, metric="straight-line", profiles=())
    with pytest.raises(UsageError) as caught:
        locate(measured(DRAWN, flown), sites=1, **(asked | {"standard": "own/metres"}))
    assert "1200 米内" in caught.value.message("zh"), "four times the limit; metres are no minutes"
    assert "within 1200 m;" in caught.value.message("en")


def test_what_closes_is_weighed_under_the_rule_alone_and_a_front_of_one_says_so(county: Measured) -> None:
    found = locate(county, kind="村卫生室", standard=CIRCLE, sites=150, existing="closable")
    assert len(found.closed)
    for lang, said in (("zh", "关闭只按所选规则权衡"), ("en", "weighed under the rules asked for alone")):
        assert any(said in note for note in located_view(county, found, lang=lang).notes)
    found = locate(county, kind="村卫生室", standard=CIRCLE, sites=2, pareto="age60plus")
    assert len(found.front) == 1
    notes = located_view(county, found).notes
    assert any("同一方案对全部人口和60岁及以上人口都最好" in note for note in notes)
    assert any(note.startswith("权衡方案1") and "60岁及以上人口3.11万人" in note for note in notes)


def test_a_scenario_of_sites_chosen_without_the_neighbours_runs_without_them(root: Path, tmp_path: Path) -> None:
    study = ag.read_study(root / "data" / "study.toml")
    alone = measured_study(study, sharing="none")
    found = locate(alone, kind="村卫生室", standard=CIRCLE, sites=2)
    path = tmp_path / "two.toml"
    text = located_scenario(found, name="two", study=(root / "data" / "study.toml").as_posix())
    path.write_text(text, encoding="utf-8")
    scenario = read_scenario(path)
    result = run_scenario(scenario)
    rows = result.comparison[(result.comparison["rule"] == CIRCLE) & result.comparison["headline"]]
    row = rows[rows["level"] == "county"].iloc[0]
    assert (row["before"], row["after"]) == pytest.approx((found.covered_before, found.covered_after), rel=1e-12)
    assert "按要求，各圈只计本县设施。" in scenario_view(scenario, result).notes
    with pytest.raises(UsageError) as caught:
        read_whatifs([path])
    assert caught.value.code == "AG2557"
    path.write_text(text.replace('"none"', '"some"'), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_scenario(path)
    assert caught.value.code == "AG2007"


def test_an_answer_within_a_gap_says_so() -> None:
    study = measured(DRAWN, RULES[0])
    found = locate(study, kind="village_clinic", standard="own/clinic", sites=2, effort=Effort(gap=0.5))
    told = located_document(found)
    assert told["bound"] >= told["value"]
    assert told["gap"] <= 0.5


def test_parcels_are_chosen_among_by_what_a_site_at_each_would_bring(county: Measured) -> None:
    lived_in = lived_in_places(county.prepared)
    x, y = (lived_in[name].to_numpy() for name in ("x", "y"))
    lived_in = lived_in[slopes_at(county.prepared, x, y) <= 0.25]
    item = next(item for item in county.found if item.chosen.standard.id == CIRCLE)
    best = np.argsort(-reachable(county, item, "village_clinic", lived_in).gains)[[0, 1, 5, 9]]
    parcels = [
        Parcel(name=f"地块{place}", shape=shapely.box(x - 5, y - 5, x + 5, y + 5))
        for place, (x, y) in enumerate(lived_in.iloc[best][["x", "y"]].to_numpy())
    ]
    found = locate(
        county, kind="村卫生室", standard=CIRCLE, sites=1, candidates=places_of_parcels(county.prepared, parcels)
    )
    (chosen,) = found.chosen.to_dict("records")
    nets = {}
    for parcel in parcels:
        point = propose(county.prepared, kind="village_clinic", shape=shapely.point_on_surface(parcel.shape))
        rows = site_effect(county, point, ranges=False).rules
        nets[parcel.name] = rows.loc[rows["headline"] & (rows["rule"] == CIRCLE), "net"].item()
    assert chosen["adds"] == pytest.approx(max(nets.values()), rel=1e-9)
    assert chosen["place"] == max(nets, key=lambda name: nets[name])
    assert len(set(nets.values())) > 1
    assert found.candidates_given
    assert any("给定的4宗地块" in note for note in located_view(county, found).notes)


def test_the_command_reads_parcels(root: Path, county_at_hand: None, capfd: pytest.CaptureFixture[str]) -> None:
    files = sorted((root / "data" / "sites").glob("parcel_*.txt"))
    more = ["--kind", "村卫生室", "--standard", CIRCLE, "--sites", "1", "--json"]
    assert run(["locate", str(root / "data" / "study.toml"), *more, *(f"--parcel={path}" for path in files)]) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["candidates"], document["candidates_given"]) == (len(files), True)
    assert document["sites"] == [], "nobody is left to be covered near the bundled parcels"


def test_a_parcel_elsewhere_is_no_candidate(county: Measured) -> None:
    x, y = county.prepared.areas.outline().bounds[:2]
    far = Parcel(name="远", shape=shapely.box(x - 1e6, y, x - 1e6 + 10, y + 10))
    with pytest.raises(UsageError) as caught:
        places_of_parcels(county.prepared, [far])
    assert caught.value.code == "AG2401"
