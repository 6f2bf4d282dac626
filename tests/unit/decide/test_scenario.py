"""Scenarios on a drawn town: nothing but the change differs, and what is taken over equals computing it anew."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from paper.proposals import DRAWN, EAST_TOWN, RULES, WEST
from paper.studies import Drawing, Home, judge, line, measured, no_bands, prepared, study_file
from paper.ways import GK111
from pydantic import TypeAdapter

from accessgis.base.crs import to_degrees
from accessgis.base.errors import UsageError
from accessgis.base.provenance import Reading
from accessgis.decide import apply
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Change
from accessgis.decide.comparison import COMPARISON, compare_results, with_people
from accessgis.network.model import Roads
from accessgis.network.profiles import with_overrides
from accessgis.report.comparison_view import comparison_view
from accessgis.report.winners import winners_document
from accessgis.study import run
from accessgis.study.measure import Measured, measure
from accessgis.study.run import conclude, figures_alone

CHANGES: TypeAdapter[Any] = TypeAdapter(Change)


@pytest.fixture(autouse=True)
def bare(two_profiles: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare fewer profiles, and draw no bands: nothing here looks at them."""
    monkeypatch.setattr(run, "isochrone_bands", no_bands)


@cache
def town() -> Measured:
    """Return the town under every rule: changes leave it as it is, which each test of one may see again."""
    return measured(DRAWN, *RULES)


@cache
def town_results() -> pd.DataFrame:
    """Return the rows of a town that no change was ever tried on."""
    return figures_alone(measured(DRAWN, *RULES))


def at(x: float, y: float) -> list[float]:
    """Degrees of a place of the drawing."""
    (place,) = DRAWN.move(np.array([[x, y]], dtype=np.float64))
    return [float(value) for value in to_degrees(GK111).transform(*place)]


def change(action: str, **more: Any) -> Any:
    places = {name: at(*more.pop(name)) for name in ("at",) if name in more}
    if "line" in more:
        places["line"] = [at(*point) for point in more.pop("line")]
    if places:
        more["datum"] = "wgs84"
    return CHANGES.validate_python({"action": action, **places, **more})


ALL = {
    "add": [change("add", kind="村卫生室", at=(1800, 0))],
    "close": [change("close", id="a")],
    "move": [change("move", id="a", at=(3600, 0))],
    "road": [change("add-road", line=[(3600, 0), (4500, 5000)], **{"class": "residential"})],
    "bridge": [change("add-road", line=[(0, 0), (1800, 900)], grade="bridge", **{"class": "residential"})],
    "closed": [change("close-road", at=(2700, 3))],
    "snow": [change("set-speed", profile="walk", factor=0.5)],
    "upgrade": [change("set-speed", profile="vehicle", classes={"residential": 72.0})],
    "ageing": [change("population", factor=2.0, area=WEST)],
    "mobile": [
        change(
            "mobile-service",
            kind="library",
            datum="wgs84",
            min_days=1,
            stops=[{"at": at(3000, 0), "days": ["sat"], "from": "09:00", "to": "12:00"}],
        )
    ],
    "many": [
        change("add", kind="village_clinic", at=(1800, 0)),
        change("close", id="a"),
        change("set-speed", profile="walk", factor=2.0),
        change("population", factor=0.5),
    ],
}


def after(name: str, before: Measured | None = None) -> Measured:
    base = before or town()
    layers = apply_changes(base.prepared, ALL[name])
    return measure(layers, base.rules, base.catalogue, before=before)


@pytest.mark.parametrize("name", ALL)
def test_what_is_taken_over_equals_computing_it_anew(name: str) -> None:
    base = town()
    quick, slow = conclude(after(name, base), evidence=True), conclude(after(name), evidence=True)
    pd.testing.assert_frame_equal(quick.results, slow.results)
    pd.testing.assert_frame_equal(quick.people, slow.people)
    pd.testing.assert_frame_equal(pd.DataFrame(quick.gaps), pd.DataFrame(slow.gaps))
    assert quick.evidence is not None
    assert slow.evidence is not None
    for table, frame in quick.evidence.items():
        pd.testing.assert_frame_equal(frame, slow.evidence[table])
    pd.testing.assert_frame_equal(figures_alone(after(name, base)), quick.results)
    pd.testing.assert_frame_equal(figures_alone(base), town_results())


def test_only_what_changed_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    base = town()
    layers = apply_changes(base.prepared, [change("add", kind="library", at=(0, 0))])
    asked: list[str] = []
    import accessgis.study.measure as module

    real = module.compute_reaches

    def watched(prepared: Any, rules: Any, **more: Any) -> Any:
        asked.extend(rule.standard.id for rule in rules)
        return real(prepared, rules, **more)

    monkeypatch.setattr(module, "compute_reaches", watched)
    measure(layers, base.rules, base.catalogue, before=base)
    assert asked == ["own/both"], "no other rule counts libraries"


def covered(study: Measured, rule: str = "own/clinic", *, profile: str = "walk") -> float:
    rows = figures_alone(study)
    return float(
        rows[(rows["rule"] == rule) & (rows["profile"] == profile) & (rows["level"] == "county")]["covered"].iloc[0]
    )


def test_each_change_does_what_it_says() -> None:
    assert covered(town()) == 30.0
    assert covered(after("add")) == 157.0
    assert covered(after("close")) == 0.0
    assert covered(after("move")) == 60.0 + 70.0
    # at half the speed 450 m are within 15 minutes, at twice 1800 m
    assert covered(after("snow")) == 10.0
    assert covered(after("ageing")) == 60.0, "the two homes lie in the west"
    assert covered(after("many")) == (30 + 40 + 50 + 10 + 20 + 60 + 70 + 7) / 2
    # at 20 m/s 100 s bring a car 2000 m, at 10 m/s 1000 m
    assert covered(after("upgrade"), "own/ride", profile="vehicle") == 10 + 20 + 30 + 40
    # the street is cut between 1800 and 3600: all joins there are gone
    assert covered(after("closed")) == 30.0
    assert covered(after("bridge")) == 30.0, "a bridge 2012 m long is too long for 900 s"


def test_slower_walking_slows_the_way_to_the_road_of_riders_and_drivers_as_in_a_study_file() -> None:
    base = prepared(DRAWN)
    own = study_file(DRAWN, profiles={"ebike": {"walking_kph": {"low": 1.8, "central": 3.6, "high": 7.2}}})
    base = replace(base, study=own)
    slow = apply_changes(base, ALL["snow"]).profiles
    told = with_overrides(base.profiles, {"walk": {"speed_kph": vars_of(slow["walk"].speed_kph)}, **own.file.profiles})
    assert {name: profile.walking_kph for name, profile in slow.items()} == {
        name: profile.walking_kph for name, profile in told.items()
    }
    assert (slow["vehicle"].walking_kph.central, slow["ebike"].walking_kph.central) == (1.8, 3.6)
    assert slow["vehicle"].class_speed_kph == base.profiles["vehicle"].class_speed_kph
    # The home at (1800, 900) stands on the street; one 100 m beside it walks 100 s, in snow 200 s, whatever it drives.
    aside = replace(DRAWN, homes=(Home(600, 100),))
    before = measured(aside, RULES[1])
    after_snow = measure(apply_changes(before.prepared, ALL["snow"]), before.rules, before.catalogue, before=before)
    was, now = (study.found[0].reaches[1] for study in (before, after_snow))
    assert (was.profile, was.ms[0], now.ms[0]) == ("vehicle", 160_000, 260_000)


def vars_of(speed: Any) -> dict[str, float]:
    return {name: getattr(speed, name) for name in ("low", "central", "high")}


def test_adding_a_road_lowers_nobodys_access_and_a_bridge_shortens_the_way() -> None:
    base = town()
    for name in ("road", "bridge"):
        changed = after(name, base)
        for old, new in zip(base.found, changed.found, strict=True):
            for one, other in zip(old.reaches, new.reaches, strict=True):
                # a road that is cut is rounded in two pieces: a millisecond
                assert (other.ms <= one.ms + 2).all()
    ride = {item.chosen.standard.id: item for item in after("bridge", base).found}["own/ride"].reaches[1]
    assert ride.profile == "vehicle"
    assert ride.ms[7] == pytest.approx(np.hypot(1800, 900) * 100, abs=2)


@pytest.mark.parametrize(
    ("ways", "new"),
    [
        # a road 30 m from the home, which leads round by the far end of the street
        ((), [(3600, 0), (600, 80)]),
        # the home joins the island 20 m away and the street; the new road makes one network of both, a long way round
        ((line((600, 70), (700, 70)),), [(3600, 0), (700, 70)]),
    ],
)
def test_a_nearer_road_and_one_to_an_island_take_no_way_from_anybody(ways: Any, new: Any) -> None:
    drawn = replace(DRAWN, ways=(*DRAWN.ways, *ways), homes=(Home(600, 50), Home(0, 0)))
    base = measured(drawn, RULES[0])
    road = change("add-road", line=new, **{"class": "residential"})
    built = measure(apply_changes(base.prepared, [road]), base.rules, base.catalogue, before=base)
    for study in (base, built):
        assert study.found[0].reaches[0].ms.tolist() == [650_000, 0]
    anew = measure(built.prepared, base.rules, base.catalogue)
    assert anew.found[0].reaches[0].ms.tolist() == [650_000, 0]


def test_changes_compose_and_independent_ones_in_any_order() -> None:
    base = prepared(DRAWN)
    one, other = ALL["add"][0], ALL["ageing"][0]
    first, second = apply_changes(base, [one, other]), apply_changes(base, [other, one])
    pd.testing.assert_frame_equal(pd.DataFrame(first.facilities.frame), pd.DataFrame(second.facilities.frame))
    pd.testing.assert_frame_equal(first.demand.frame, second.demand.frame)
    closed = apply_changes(base, [*ALL["add"], change("close", id="new-1")])
    assert conclude(measure(closed, *_rules())).results.equals(conclude(measure(base, *_rules())).results)


def _rules() -> tuple[Any, Any]:
    base = town()
    return base.rules, base.catalogue


def test_merging_adds_capacities_and_closes_the_others() -> None:
    layers = apply_changes(
        prepared(DRAWN),
        [
            change("resize", id="a", capacity={"beds": 4}),
            change("add", kind="village_clinic", at=(600, 0), capacity={"beds": 3, "staff": 2}),
            change("merge", ids=["a", "new-1"], into="new-1"),
        ],
    )
    frame = layers.facilities.frame.set_index("facility_id")
    assert frame["status"].to_dict() == {"a": "closed", "b": "in_service", "new-1": "in_service"}
    assert frame.loc["new-1", "beds"] == 7.0
    assert np.isnan(frame.loc["new-1", "staff"]), "what one does not state is unknown of both"


def test_the_comparison_says_who_gained_and_who_lost() -> None:
    base = town()
    moved = after("move", base)
    was, now = conclude(base).results, conclude(moved).results
    table = with_people(compare_results(was, now), base, moved)
    COMPARISON.require(table)
    row = table[(table["rule"] == "own/clinic") & table["headline"] & (table["level"] == "county")].iloc[0]
    assert row[["before", "after", "gained", "lost"]].tolist() == [30.0, 130.0, 130.0, 30.0]
    known = table["gained"].notna()
    np.testing.assert_allclose((table["after"] - table["before"])[known], (table["gained"] - table["lost"])[known])
    east = table[(table["rule"] == "own/clinic") & table["headline"] & (table["area"] == EAST_TOWN)].iloc[0]
    assert east[["gained", "lost"]].tolist() == [130.0, 0.0]
    named = [one for one in winners_document(table)["villages"] if one["rule"] == "own/clinic"]
    assert [(one["level"], one["place"], one["gained"], one["lost"]) for one in named] == [
        ("township", f"名{WEST}", 0.0, 30.0), ("township", f"名{EAST_TOWN}", 130.0, 0.0),
    ]  # fmt: skip
    # result folders do not tell who is covered: the net change stands for those who win and lose
    net = winners_document(compare_results(was, now))["villages"]
    assert [one["gained"] - one["lost"] for one in net if one["rule"] == "own/clinic"] == [-30.0, 130.0]
    flips = winners_document(table.assign(verdict_before="meets", verdict_after="falls_short"))["flips"]
    assert len(flips) == len(table)
    changed = table.assign(units="changed", verdict_before="meets", verdict_after="falls_short")
    assert winners_document(changed) == {"villages": [], "flips": []}, "never lost or gained"
    records = {rule.rule: asdict(rule) for rule in conclude(base).rules}
    for rows, turns in ((table.assign(verdict_before="meets", verdict_after="falls_short"), True), (changed, False)):
        view = comparison_view(rows, {}, heading="", lang="zh", rules=records)
        assert any("→" in line.verdict for line in view.lines) is turns
    same = compare_results(was, was)
    assert winners_document(same) == {"villages": [], "flips": []}
    assert same["before"].equals(same["after"])


@pytest.mark.parametrize(
    ("some", "code"),
    [
        ([change("close", id="z")], "AG2410"),
        ([change("close", id="a"), change("close", id="a")], "AG2412"),
        ([change("add", kind="village_clinic", at=(0, 0), id="a")], "AG2411"),
        ([change("add", kind="village_clinic", at=(90_000, 0))], "AG2401"),
        ([change("add", kind="nothing", at=(0, 0))], "AG2102"),
        ([change("close-road", at=(0, 900))], "AG2413"),
        ([change("close-road", way=99)], "AG2413"),
        ([change("add-road", line=[(0, 0), (9, 9)], **{"class": "lane"})], "AG2414"),
        ([change("set-speed", profile="horse", factor=1.0)], "AG2415"),
        ([change("set-speed", profile="vehicle", classes={"lane": 3.0})], "AG2414"),
        ([change("population", factor=1.0, group="under3")], "AG2416"),
        ([change("population", factor=1.0, area="99")], "AG2417"),
        ([change("merge", ids=["a", "b"], into="a")], "AG2418"),
        ([change("resize", id="a", capacity={"bets": 3})], "AG2402"),
    ],
)
def test_changes_that_cannot_be_made_are_named(some: list[Any], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        apply_changes(prepared(DRAWN), some, file="s.toml")
    assert (caught.value.code, caught.value.place.key) == (code, f"change[{len(some)}]")
    assert "s.toml" in str(caught.value)


def test_a_road_beyond_the_margin_is_told_by_its_distance() -> None:
    layers = prepared(DRAWN)
    margin = round(layers.study.file.study.margin_km * 1000.0)
    # The county ends at 5000 m.
    start = 5000 + margin + 250
    with pytest.raises(UsageError) as caught:
        apply_changes(layers, [change("add-road", line=[(start, 0), (start + 500, 0)], **{"class": "residential"})])
    assert caught.value.code == "AG2401"
    assert f"lies {margin + 250} m beyond the study's area" in caught.value.message("en")
    assert "site" not in caught.value.message("en")


def test_heights_are_read_once_along_all_new_roads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dem.tif").touch()
    layers = prepared(DRAWN)
    study = study_file(DRAWN, elevation={"path": "dem.tif"})
    layers = replace(
        layers, study=replace(study, path=tmp_path / "study.toml"), heights=np.zeros(layers.roads.shape_x.size)
    )
    asked: list[int] = []

    def heights(_: Path, roads: Roads, *, label: str) -> Reading[Any]:
        asked.append(roads.shape_x.size)
        return Reading(value=np.ones(roads.shape_x.size), inputs=(), doubts=())

    monkeypatch.setattr(apply, "read_heights", heights)
    changed = apply_changes(layers, [*ALL["road"], *ALL["bridge"], *ALL["closed"]])
    assert asked == [changed.roads.shape_x.size]
    assert changed.heights is not None
    assert changed.heights.size == changed.roads.shape_x.size
    assert apply_changes(layers, ALL["closed"]).heights is layers.heights


def test_the_layers_given_are_not_changed() -> None:
    layers = prepared(DRAWN)
    frames = (pd.DataFrame(layers.facilities.frame).copy(), layers.demand.frame.copy())
    for some in ALL.values():
        apply_changes(layers, some)
    pd.testing.assert_frame_equal(pd.DataFrame(layers.facilities.frame), frames[0])
    pd.testing.assert_frame_equal(layers.demand.frame, frames[1])
    plain: Drawing = replace(DRAWN)
    assert judge(plain, RULES[0]).results.equals(judge(layers, RULES[0]).results)


def test_a_study_that_rounds_its_people_tells_no_exact_gain() -> None:
    layers = prepared(DRAWN)
    info = layers.study.file.study.model_copy(update={"round_people_to": 50})
    file = layers.study.file.model_copy(update={"study": info})
    base = measured(replace(layers, study=replace(layers.study, file=file)), RULES[0])
    moved = measure(apply_changes(base.prepared, ALL["move"]), base.rules, base.catalogue, before=base)
    table = with_people(compare_results(conclude(base).results, conclude(moved).results), base, moved)
    assert table[["gained", "lost"]].isna().all(axis=None)
    # 30 and 130 people round to 50 and 150: the west loses and the east gains what these say
    told = [(one["place"], one["gained"], one["lost"]) for one in winners_document(table)["villages"]]
    assert told == [(f"名{WEST}", 0.0, 50.0), (f"名{EAST_TOWN}", 150.0, 0.0)]


def test_a_new_facility_is_no_register_of_its_kind() -> None:
    unknown = replace(DRAWN, sites=(), given=frozenset())
    layers = prepared(unknown)
    (at,) = DRAWN.move(np.array([[1800.0, 0.0]]))
    lon, lat = to_degrees(layers.crs).transform(*at)
    one = {"action": "add", "kind": "village_clinic", "at": (float(lon), float(lat)), "datum": "wgs84"}
    found = {}
    for name, target in (("low", 0.1), ("high", 0.99)):
        rule = replace(RULES[0], target=target, target_level="county", force="firm")
        today = judge(unknown, rule).results.query("level == 'county' and headline").iloc[0]
        assert (today["verdict"], today["missing"]) == ("not_judged", ("facilities:village_clinic",))
        changed = apply_changes(layers, [CHANGES.validate_python(one)])
        found[name] = judge(changed, rule).results.query("level == 'county' and headline").iloc[0]
    assert found["low"]["covered"] == found["high"]["covered"] == 127.0, "those whom the new one serves"
    assert found["low"]["verdict"] == "meets"
    assert (found["high"]["verdict"], found["high"]["missing"]) == ("not_judged", ("facilities:village_clinic",))
    each = {"action": "add", "kind": "村卫生室", "at_each": {"unit": "township", "lacking": "村卫生室"}}
    with pytest.raises(UsageError) as caught:
        apply_changes(layers, [CHANGES.validate_python(each)])
    assert caught.value.code == "AG2556"
