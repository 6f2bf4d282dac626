"""Verdicts: the first that applies, one row per branch and border."""

from __future__ import annotations

import pytest

from accessgis.assess.verdict import Finding, is_robust, judge


def finding(people: float, covered: float = 0.0, off: float = 0.0, missing: tuple[str, ...] = ()) -> Finding:
    return Finding(people=people, covered=covered, off_network=off, missing=missing)


@pytest.mark.parametrize(
    ("given", "target", "verdict", "missing"),
    [
        (finding(0), 0.9, "nobody_concerned", ()),
        (finding(0, missing=("facilities:village_clinic",)), 0.9, "nobody_concerned", ()),
        (finding(0, missing=("class",)), 0.9, "not_judged", ("class",)),
        (finding(float("nan"), missing=("group:under3",)), 0.9, "not_judged", ("group:under3",)),
        (finding(100, 95, missing=("completeness:x",)), 0.9, "not_judged", ("completeness:x",)),
        (finding(100, 95), None, "no_target", ()),
        (finding(100, 90), 0.9, "meets", ()),
        (finding(100, 89.999, 0.0), 0.9, "falls_short", ()),
        (finding(100, 80, 9.999), 0.9, "falls_short", ()),
        (finding(100, 80, 10), 0.9, "not_judged", ("roads",)),
        (finding(100, 0), 0.9, "falls_short", ()),
    ],
)
def test_first_that_applies(given: Finding, target: float | None, verdict: str, missing: tuple[str, ...]) -> None:
    assert judge(given, target=target) == (verdict, missing)


@pytest.mark.parametrize(("low", "high", "robust"), [(0.8, 0.89, True), (0.8, 0.9, False), (0.9, 1.0, True)])
def test_a_range_across_the_target_is_not_robust(low: float, high: float, *, robust: bool) -> None:
    assert is_robust(low, high, target=0.9) is robust


def test_kinds_without_a_layer_may_not_fail_a_target_but_do_not_undo_one() -> None:
    short = Finding(people=100, covered=50, off_network=0, missing=(), absent=("facilities:township_hospital",))
    assert judge(short, target=0.9) == ("not_judged", ("facilities:township_hospital",))
    met = Finding(people=100, covered=95, off_network=0, missing=(), absent=("facilities:township_hospital",))
    assert judge(met, target=0.9) == ("meets", ())
