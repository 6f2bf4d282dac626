"""Mobile services on a drawn town: who is served was worked out on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paper.proposals import DRAWN
from paper.studies import circle, measured, prepared
from pydantic import TypeAdapter

from accessgis.assess.circle import Reach, all_parts, quickest
from accessgis.assess.mobile import with_mobile
from accessgis.base.crs import to_degrees
from accessgis.base.errors import UsageError
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Change
from accessgis.study import reaches
from accessgis.study.measure import Measured, measure
from accessgis.study.run import conclude

CHANGES: TypeAdapter[Any] = TypeAdapter(Change)


def at(x: float, y: float = 0.0) -> list[float]:
    (place,) = DRAWN.move(np.array([[x, y]], dtype=np.float64))
    return [float(value) for value in to_degrees(prepared(DRAWN).crs).transform(*place)]


def stop(x: float, *days: str, hours: tuple[str, str] = ("09:00", "10:00"), y: float = 0.0) -> dict[str, Any]:
    return {"at": at(x, y), "days": list(days), "from": hours[0], "to": hours[1]}


def service(*stops: dict[str, Any], min_days: int = 1, **more: Any) -> Any:
    table = {"action": "mobile-service", "kind": "村卫生室", "datum": "wgs84", "min_days": min_days}
    return CHANGES.validate_python(table | {"stops": list(stops)} | more)


@pytest.fixture(scope="module")
def town() -> Iterator[Measured]:
    """A clinic at 0 on a street of 3600 m with homes every 600 m; walking 1 m/s, and no other mode beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reaches, "COMPARED", ("walk",))
        yield measured(DRAWN, circle())


def people(base: Measured, *some: Any) -> tuple[float, float]:
    """Return the people covered on foot, and those covered by the fixed clinic alone."""
    after = measure(apply_changes(base.prepared, some), base.rules, base.catalogue, before=base)
    row = conclude(after).results.query("level == 'county' and headline").iloc[0]
    return float(row["covered"]), round(float(row["covered_share_fixed"] * row["people"]), 6)


def test_days_are_counted_over_all_stops_within_the_limit(town: Measured) -> None:
    # 900 m reach the homes at 0, 600 and 1200 from 600 (10, 20 and 30 people), those at 1200, 1800 and 2400 (30, 40
    # and 50) and the end of the street across (7) from 1800; the clinic those at 0 and 600.
    round_trip = (stop(600, "mon"), stop(1800, "thu", hours=("14:00", "15:00")))
    assert people(town, service(*round_trip)) == (10 + 20 + 30 + 40 + 50 + 7, 30)
    assert people(town, service(*round_trip, min_days=2)) == (10 + 20 + 30, 30)
    assert people(town, service(*round_trip, min_days=3)) == (30, 30)
    # the same day twice is one day; two services of a kind are counted together
    assert people(town, service(stop(600, "mon"), stop(1800, "mon", hours=("14:00", "15:00")), min_days=2)) == (30, 30)
    apart = [service(one, min_days=2) for one in round_trip]
    assert people(town, *apart) == (60, 30)
    assert people(town, service(stop(1800, "mon", "thu"), min_days=2)) == (30 + 30 + 40 + 50 + 7, 30)


def test_evidence_names_who_is_visited_on_which_days(town: Measured) -> None:
    some = [service(stop(600, "mon"), stop(1800, "thu", "sun"), min_days=2)]
    after = measure(apply_changes(town.prepared, some), town.rules, town.catalogue, before=town)
    evidence = conclude(after, evidence=True).evidence
    assert evidence is not None
    visits = evidence["visits"].query("profile == 'walk'").set_index("demand_id")["days"]
    assert visits.to_dict() == {0: "mon", 1: "mon", 2: "mon;thu;sun", 3: "thu;sun", 4: "thu;sun", 7: "thu;sun"}
    assert evidence["facilities"].set_index("facility_id")["min_days"].to_dict() == {
        "a": 0, "b": 0, "mobile-1-1": 2, "mobile-1-2": 2,
    }  # fmt: skip


def test_a_stop_is_no_facility_in_service(town: Measured) -> None:
    layers = apply_changes(town.prepared, [service(stop(600, "thu", "mon"), min_days=2, id="bus")])
    row = layers.facilities.frame.set_index("facility_id").loc["bus-1"]
    assert row[["status", "site_id", "days", "hours", "min_days"]].tolist() == [
        "mobile", "bus", "mon;thu", "09:00-10:00", 2,
    ]  # fmt: skip
    assert measured(layers, circle()).found[0].reaches[0].ms.tolist() == town.found[0].reaches[0].ms.tolist()
    # closed, it serves nobody
    closed = CHANGES.validate_python({"action": "close", "id": "bus-1"})
    after = measured(apply_changes(layers, [closed]), circle())
    assert conclude(after).results["covered_share_fixed"].isna().all()


def test_days_by_several_modes_come_together_and_every_part_must_be_reached() -> None:
    nobody = np.zeros(2, dtype=bool)

    def reach(profile: str, days: Mapping[str, list[int]]) -> Reach:
        visits = {"central": {kind: np.array(bits, dtype=np.uint8) for kind, bits in days.items()}}
        return Reach(
            profile=profile, ms=np.full(2, np.inf), facility=np.full(2, -1, dtype=np.int32), off_network=nobody,
            covered={"central": nobody}, reach_m=1.0, visits=visits if days else {},
        )  # fmt: skip

    walk, ride = reach("walk", {"a": [0b1, 0b1]}), reach("vehicle", {"a": [0b1000, 0b1]})
    both = with_mobile(quickest([walk, ride], profile="vehicle+walk"), {"a": 2})
    assert both.covered["central"].tolist() == [True, False]
    assert both.covered["fixed"].tolist() == [False, False]
    assert not with_mobile(walk, {"a": 2}).covered["central"].any()
    # days of different kinds are not added up
    kinds = reach("walk", {"a": [0b1, 0b11], "b": [0b10, 0b0]})
    assert with_mobile(kinds, {"a": 2, "b": 2}).covered["central"].tolist() == [False, True]
    other = with_mobile(reach("walk", {}), {"a": 2})
    assert not all_parts([both, other]).covered["central"].any()


@pytest.mark.parametrize(
    ("some", "code"),
    [
        ([service(stop(600, "mon"), stop(1800, "mon"))], "AG2539"),
        ([service(stop(600, "mon")), service(stop(600, "tue"), min_days=2)], "AG2538"),
        ([service(stop(600, "mon"), kind="养老机构")], "AG2537"),
        ([service(stop(90_000, "mon"))], "AG2401"),
        ([service(stop(0, "mon"), id="x"), service(stop(0, "tue"), id="x")], "AG2411"),
    ],
)
def test_services_that_cannot_be_are_refused(some: list[Any], code: str, town: Measured) -> None:
    with pytest.raises(UsageError, match=code):
        apply_changes(town.prepared, some)


def test_services_that_never_come_often_enough_are_doubted(town: Measured) -> None:
    def idle(*some: Any) -> list[tuple[int, int, int]]:
        after = measure(apply_changes(town.prepared, some), town.rules, town.catalogue, before=town)
        found = [doubt for doubt in conclude(after).quality.doubts if doubt.code == "AG9480"]
        return [(doubt.count or 0, doubt.values["days"], doubt.values["min_days"]) for doubt in found]  # type: ignore[misc]

    assert idle(service(stop(600, "mon"), stop(1800, "mon", hours=("14:00", "15:00")), min_days=2)) == [(2, 1, 2)]
    assert idle(service(stop(600, "mon", "tue"), min_days=2)) == []
    assert idle(service(stop(600, "mon"), min_days=2), service(stop(1800, "tue"), min_days=2)) == []


def test_a_clash_of_stops_is_told_by_its_day(town: Measured) -> None:
    with pytest.raises(UsageError, match="AG2539") as caught:
        apply_changes(town.prepared, [service(stop(600, "wed"), stop(1800, "mon", "wed"))])
    assert "周三" in caught.value.message("zh")
    assert "Wednesday" in caught.value.message("en")


def test_stops_come_from_a_table(town: Measured, tmp_path: Path) -> None:
    rows = [
        ("停靠点", "经度", "纬度", "服务日", "开始时间", "结束时间"),
        ("甲", *at(600), "周一、周四", "9:00", "10:30"),
        ("乙", *at(1800), "周二至周五", "14:00", "15:00"),
    ]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / "stops.csv").write_text(text, encoding="utf-8")
    change = CHANGES.validate_python(
        {"action": "mobile-service", "kind": "村卫生室", "datum": "wgs84", "min_days": 2, "path": "stops.csv"}
    )
    layers = apply_changes(town.prepared, [change], folder=tmp_path)
    frame = layers.facilities.frame.set_index("facility_id")
    assert frame.loc[["mobile-1-1", "mobile-1-2"], ["name", "days", "hours"]].to_numpy().tolist() == [
        ["甲", "mon;thu", "09:00-10:30"],
        ["乙", "tue;wed;thu;fri", "14:00-15:00"],
    ]
    assert [entry.role for entry in layers.inputs] == ["scenario:stops"]
