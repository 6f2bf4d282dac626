"""Selectors, one in each unit that lacks it, and what every change is told to have done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from paper.studies import COUNTY, Drawing, Home, Site, Unit, line, prepared
from pydantic import TypeAdapter

from accessgis.base.errors import UsageError
from accessgis.decide.apply import apply_changes, apply_steps
from accessgis.decide.change import ACTIONS, Change
from accessgis.decide.steps import Step
from accessgis.report.step_view import step_document, step_lines
from accessgis.study.prepare import Prepared

CHANGES: TypeAdapter[Any] = TypeAdapter(Change)
TOWN = f"{COUNTY}100"
# two villages and a community by their last three digits
CODES = (f"{TOWN}001", f"{TOWN}200", f"{TOWN}201")
DRAWN = Drawing(
    units=(
        Unit("county", COUNTY, "", (0, 0, 3000, 1000)),
        Unit("township", TOWN, COUNTY, (0, 0, 3000, 1000)),
        *(Unit("village", code, TOWN, (1000 * i, 0, 1000 * i + 1000, 1000)) for i, code in enumerate(CODES)),
    ),
    ways=(line((0, 500), (3000, 500)),),
    homes=(Home(500, 500), Home(1200, 500, 30), Home(1800, 500, 10)),
    sites=(
        Site("h1", 100, 500, "rural_elderly_home"),
        Site("h2", 200, 500, "rural_elderly_home"),
        Site("h3", 2900, 500, "rural_elderly_home"),
        Site("h4", 2900, 500, "rural_elderly_home", "planned"),
    ),
    given=frozenset({"village_clinic", "rural_elderly_home"}),
)
HOMES = "rural_elderly_home"


def homes() -> Prepared:
    """Return the drawing with 30, 60 and 20 beds, and an unknown number."""
    layers = prepared(DRAWN)
    frame = layers.facilities.frame.assign(beds=[30.0, 60.0, 20.0, np.nan], residents=[9.0, 50.0, 15.0, np.nan])
    return replace(layers, facilities=replace(layers.facilities, frame=frame))


def change(action: str, **keys: Any) -> Any:
    return CHANGES.validate_python({"action": action, **keys})


def select(where: str | None = None) -> dict[str, Any]:
    return {"kind": "农村敬老院"} | ({} if where is None else {"where": where})


def after(*some: Any) -> Any:
    return apply_changes(homes(), some).facilities.frame.set_index("facility_id")


def test_a_selector_means_the_facilities_of_its_kind_that_pass() -> None:
    assert after(change("close", select=select("beds < 40 and occupancy < 0.5")))["status"].tolist() == [
        "closed", "in_service", "in_service", "planned",
    ]  # fmt: skip
    assert after(change("resize", select=select("beds < 40"), capacity={"beds": 40}))["beds"].tolist()[:3] == [
        40,
        60,
        40,
    ]
    assert after(change("open", select=select()))["status"].tolist() == ["in_service"] * 4
    frame = after(change("merge", select=select("beds < 40"), into="h2"))
    assert (frame["status"].tolist(), frame.loc["h2", "beds"]) == (["closed", "in_service", "closed", "planned"], 110.0)
    # a test that nothing passes, or only the unknown
    for where in ("beds > 99", "beds != 30 and beds != 60 and beds != 20"):
        with pytest.raises(UsageError, match="AG2532"):
            after(change("close", select=select(where)))
    with pytest.raises(UsageError, match="AG2540"):
        after(change("open", id="h1"))
    with pytest.raises(UsageError, match="AG2412"):
        after(change("close", id="h1"), change("merge", ids=["h1", "h2"], into="h2"))


@pytest.mark.parametrize(
    ("name", "sites", "stated", "expected"),
    [
        ("land_m2", ("", "", "", ""), (10, 20, 30, 5), 60),
        ("land_m2", ("S", "S", "", ""), (20, 20, 30, 5), 50),  # h1 and h2 stand on one site
        ("land_m2", ("S", "S", "T", ""), (np.nan, 20, 30, 5), 50),
        ("land_m2", ("S", "S", "", ""), (10, 20, 30, 5), 50),
        ("area_m2", ("S", "S", "", ""), (20, 20, 30, 5), 50),
        ("area_m2", ("S", "S", "", ""), (10, 20, 30, 5), np.nan),  # side by side, or one in the other
        ("land_m2", ("S", "", "", ""), (10, np.nan, 30, 5), np.nan),
        ("land_m2", ("", "T", "S", "S"), (10, 20, 30, 30), 30),  # the fourth, in service, stays on the site of h3
        ("land_m2", ("", "S", "", "S"), (10, 20, 30, 20), 60),  # h2 stays where it is
        ("floor_m2", ("S", "S", "S", ""), (10, 20, 30, 5), 60),
    ],
)
def test_land_of_a_site_that_merged_facilities_share_counts_once(
    name: str, sites: tuple[str, ...], stated: tuple[float, ...], expected: float
) -> None:
    layers = homes()
    statuses = [*layers.facilities.frame["status"][:3], "in_service"]
    frame = layers.facilities.frame.assign(**{name: np.array(stated, dtype=float)}, site_id=sites, status=statuses)
    layers = replace(layers, facilities=replace(layers.facilities, frame=frame))

    merged = apply_changes(layers, [change("merge", ids=["h1", "h2", "h3"], into="h2")]).facilities.frame

    np.testing.assert_equal(merged.set_index("facility_id").loc["h2", name], expected)


def test_one_is_added_in_each_unit_that_lacks_it() -> None:
    layers = prepared(replace(DRAWN, sites=(Site("c", 100, 500), Site("d", 1900, 500, status="planned"))))

    def added(unit: str) -> list[Any]:
        some = [change("add", kind="村卫生室", at_each={"unit": unit, "lacking": "村卫生室"}, capacity={"beds": 2})]
        frame = apply_changes(layers, some).facilities.frame
        new = frame[frame["facility_id"].str.startswith("new-")]
        assert (new["beds"] == 2.0).all()
        assert (new["placement"] == "village").all()
        assert (new["status"] == "in_service").all()
        return [(row.facility_id, row.village, row.x - 500_000.0) for row in new.itertuples()]

    # where the people of the village are: 30 at 1200 and 10 at 1800; in the last nobody lives
    first, second = added("village")
    assert (first[:2], second[:2]) == (("new-1", CODES[1]), ("new-2", CODES[2]))
    assert first[2] == pytest.approx(1350.0)
    assert 2000 < second[2] < 3000
    assert added("committee") == [first, second], "the community has one"
    for unit in ("community", "township"):
        with pytest.raises(UsageError, match="AG2532"):
            added(unit)
    served = prepared(replace(DRAWN, sites=(Site("c", 100, 500, serves=f"{CODES[1]};{CODES[2]}"),)))
    with pytest.raises(UsageError, match="AG2532"):
        apply_changes(served, [change("add", kind="村卫生室", at_each={"unit": "village", "lacking": "村卫生室"})])


def test_each_step_tells_what_it_did() -> None:
    _, steps = apply_steps(
        homes(),
        [
            change("close", select=select("beds < 40")),
            change("resize", id="h2", capacity={"beds": 80}),
            change("open", id="h4"),
            change("population", factor=2.0, area=CODES[1]),
            change("set-speed", profile="walk", factor=0.5),
            change("close-road", way=int(prepared(DRAWN).roads.source_id[0])),
        ],
    )
    told = [step_document(step) for step in steps]
    assert [one["facility_id"] for one in told[0]["facilities"]] == ["h1", "h3"]
    assert told[0]["facilities"][0] == {
        "facility_id": "h1", "name": "", "kind": HOMES, "place": f"名{TOWN}名{CODES[0]}", "what": "closed",
    }  # fmt: skip
    assert [one["facilities"][0]["what"] for one in told[1:3]] == ["resized", "opened"]
    assert told[3] == {"people": {"total": {"before": 50.0, "after": 90.0}}, "units": 1}
    assert "walk" in told[4]["profiles"]
    assert told[5] == {"open_road_km": {"before": 3.0, "after": 0.0}}
    lines = step_lines(steps, "zh")
    assert lines[0].startswith("变更1（停用设施）：停用2处设施（农村敬老院 h1，名")
    assert lines[3] == "变更4（调整人口）：人口50人→90人；涉及1个村（社区）"
    english = step_lines(steps, "en")
    assert english[3] == "Change 4 (population): people: 50 → 90; villages concerned: 1"


def test_every_action_has_words_in_both_languages() -> None:
    steps = [Step(number=1, action=action) for action in ACTIONS]
    for lang in ("zh", "en"):
        lines = step_lines(steps, lang)
        assert len(set(lines)) == len(ACTIONS)
        assert lang == "en" or not any(action in line for action, line in zip(ACTIONS, lines, strict=True))
