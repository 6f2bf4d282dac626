"""People of a table and of a later year: every unit has exactly the people that the table or the rate says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paper.studies import COUNTY, Drawing, Home, Unit, line, prepared, study_file
from pydantic import TypeAdapter

from accessgis.base.errors import DataError, UsageError
from accessgis.decide.apply import apply_changes, apply_steps
from accessgis.decide.change import Change

CHANGES: TypeAdapter[Any] = TypeAdapter(Change)
TOWN = f"{COUNTY}100"
VILLAGES = (f"{TOWN}200", f"{TOWN}201", f"{TOWN}202", f"{TOWN}203")
DRAWN = Drawing(
    units=(
        Unit("county", COUNTY, "", (0, 0, 4000, 1000)),
        Unit("township", TOWN, COUNTY, (0, 0, 4000, 1000)),
        *(Unit("village", code, TOWN, (1000 * i, 0, 1000 * i + 1000, 1000)) for i, code in enumerate(VILLAGES)),
    ),
    ways=(line((0, 500), (4000, 500)),),
    # the first village has three homes, of which only one has elderly; nobody lives at the home of the second; in
    # the fourth there is no home at all
    homes=(
        Home(100, 500, 10.0, (("age60plus", 4.0),)),
        Home(500, 500, 20.0),
        Home(900, 500, 0.1),
        Home(1500, 500, 0.0),
        Home(2500, 500, 7.0, (("age60plus", 7.0),)),
    ),
    sites=(),
    groups=("age60plus",),
)


def change(**keys: Any) -> Any:
    return CHANGES.validate_python({"action": "population", **keys})


def counted(tmp_path: Path, *rows: str, head: str = "村代码,常住人口,60岁及以上") -> Any:
    (tmp_path / "people.csv").write_text("\n".join((head, *rows)), encoding="utf-8")
    return apply_steps(prepared(DRAWN), [change(path="people.csv")], folder=tmp_path)


def test_what_a_change_did_is_told_in_multiples_where_the_study_rounds(tmp_path: Path) -> None:
    layers = prepared(DRAWN)
    info = layers.study.file.study.model_copy(update={"round_people_to": 10})
    study = replace(layers.study, file=layers.study.file.model_copy(update={"study": info}))
    (tmp_path / "people.csv").write_text(f"村代码,常住人口\n{VILLAGES[2]},13\n", encoding="utf-8")
    few = [change(path="people.csv")]
    _, (exact,) = apply_steps(layers, few, folder=tmp_path)
    _, (step,) = apply_steps(replace(layers, study=study), few, folder=tmp_path)
    assert exact.people["total"] == pytest.approx((37.1, 43.1))
    assert step.people["total"] == (40.0, 40.0), "six people more are not told"


def test_every_unit_has_the_figure_of_the_table(tmp_path: Path) -> None:
    layers, (step,) = counted(tmp_path, f"{VILLAGES[0]},1000,7", f"{VILLAGES[1]},33,11", f"{VILLAGES[3]},0,0")
    frame = layers.demand.frame
    sums = frame.groupby("village")[["population", "age60plus"]].sum()
    assert sums.loc[VILLAGES[0]].tolist() == [1000.0, 7.0]
    assert sums.loc[VILLAGES[1]].tolist() == [33.0, 11.0], "shared evenly where nobody lives today"
    assert sums.loc[VILLAGES[2]].tolist() == [7.0, 7.0], "a village without a row stays as it is"
    # elderly stay with the home that had any, all others follow today's people
    assert frame["age60plus"].tolist() == [7.0, 0.0, 0.0, 11.0, 7.0]
    np.testing.assert_allclose(frame["population"][:3], np.array([10.0, 20.0, 0.1]) / 30.1 * 1000.0, rtol=1e-12)
    assert (frame[["x", "y"]] == prepared(DRAWN).demand.frame[["x", "y"]]).all(axis=None)
    assert [doubt.code for doubt in layers.doubts] == ["AG9532"]
    assert "名" + VILLAGES[2] in layers.doubts[0].message("zh")
    assert (layers.inputs[0].role, layers.inputs[0].path) == ("scenario:population", "people.csv")
    assert (step.units, step.people["total"]) == (2, (pytest.approx(37.1), pytest.approx(1040.0)))


def test_groups_that_only_one_side_has_are_told(tmp_path: Path) -> None:
    rows = [f"{code},5,1" for code in VILLAGES[:3]]
    layers, _ = counted(tmp_path, *rows, head="村代码,常住人口,3岁以下")
    told = {doubt.code: doubt.values.get("groups") for doubt in layers.doubts}
    assert told == {"AG9530": "under3", "AG9531": "age60plus", "AG9532": None}
    assert layers.demand.people("age60plus").tolist() == [4.0, 0.0, 0.0, 0.0, 7.0]


def test_townships_are_counted_as_well(tmp_path: Path) -> None:
    layers, _ = counted(tmp_path, f"{TOWN},371,22", head="乡镇代码,常住人口,60岁及以上")
    np.testing.assert_allclose(layers.demand.people("total"), [100, 200, 1, 0, 70], rtol=1e-12)
    np.testing.assert_allclose(layers.demand.people("age60plus"), [8, 0, 0, 0, 14], rtol=1e-12)


def test_people_where_nobody_lives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        counted(tmp_path, f"{VILLAGES[3]},12,1")
    assert (caught.value.code, caught.value.place.key) == ("AG2533", "change[1]")
    assert f"名{VILLAGES[3]}" in caught.value.message("zh")
    with pytest.raises(DataError):
        apply_changes(prepared(DRAWN), [change(path="none.csv")], folder=tmp_path)


def test_groups_grow_at_their_rate_a_year() -> None:
    layers = prepared(DRAWN)
    rates = {"total": -0.5, "age60plus": 1.0}
    grown = apply_changes(layers, [change(to_year=2028, from_year=2025, rates=rates, source="assumed")])
    assert grown.demand.people("total").tolist() == [1.25, 2.5, pytest.approx(0.0125), 0.0, 0.875]
    assert grown.demand.people("age60plus").tolist() == [32.0, 0.0, 0.0, 0.0, 56.0]
    some = apply_changes(
        layers, [change(to_year=2026, from_year=2025, rates={"total": 1.0}, source="s", area=VILLAGES[2])]
    )
    assert some.demand.people("total").tolist() == [10.0, 20.0, 0.1, 0.0, 14.0]


def test_the_year_to_start_from_is_that_of_the_people() -> None:
    layers, later = prepared(DRAWN), change(to_year=2028, rates={"total": 1.0}, source="s")
    with pytest.raises(UsageError, match="AG2534"):
        apply_changes(layers, [later])
    people = {"total": "total.tif", "as_of": layers.study.file.study.data_date.replace(year=2027)}
    known = replace(layers, study=study_file(DRAWN, population=people))
    assert apply_changes(known, [later]).demand.people("total")[0] == 20.0
    with pytest.raises(UsageError, match="AG2535"):
        apply_changes(known, [change(to_year=2027, rates={"total": 1.0}, source="s")])
    with pytest.raises(UsageError, match="AG2416"):
        apply_changes(known, [change(to_year=2028, rates={"under3": 1.0}, source="s")])


def test_people_grow_on_from_the_year_that_a_change_reached(tmp_path: Path) -> None:
    people = {"total": "total.tif", "as_of": prepared(DRAWN).study.file.study.data_date.replace(year=2025)}
    layers = replace(prepared(DRAWN), study=study_file(DRAWN, population=people))

    def grow(year: int, **keys: Any) -> Any:
        return change(to_year=year, rates={"total": 1.0}, source="s", **keys)

    # one doubling to 2026, one more to 2027; each village on its own year
    assert apply_changes(layers, [grow(2026), grow(2027)]).demand.people("total")[0] == 40.0
    apart = apply_changes(layers, [grow(2026, area=VILLAGES[0]), grow(2027, area=VILLAGES[2]), grow(2028)])
    assert apart.demand.people("total")[[0, 4]].tolist() == [80.0, 56.0]
    assert apply_changes(layers, [grow(2026), change(factor=0.5)]).demand.people("total")[0] == 10.0
    (tmp_path / "people.csv").write_text(f"村代码,常住人口\n{VILLAGES[0]},1000\n", encoding="utf-8")
    table = change(path="people.csv")
    for some, code in (
        ([grow(2026), grow(2027, from_year=2025)], "AG2541"),
        ([grow(2026), grow(2026)], "AG2535"),
        ([table, grow(2026)], "AG2534"),
    ):
        with pytest.raises(UsageError, match=code):
            apply_changes(layers, some, folder=tmp_path)
    apply_changes(layers, [table, grow(2026, area=VILLAGES[2])], folder=tmp_path)
