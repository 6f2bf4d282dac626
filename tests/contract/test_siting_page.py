"""The example of docs/siting.md runs as it stands, and the page names every siting model."""

from __future__ import annotations

import re

import pytest


def test_the_example_of_the_siting_page_runs_as_it_stands(root):
    page = (root / "docs" / "siting.md").read_text(encoding="utf-8")
    first, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    exec(first, names)
    best = names["best"]

    assert (best.chosen.tolist(), best.adds.tolist()) == ([0, 2], [200, 110])
    assert (best.objective, best.bound, best.proven) == (310, 310, True)


def test_the_page_names_every_siting_model(root):
    from accessgis import solve

    page = (root / "docs" / "siting.md").read_text(encoding="utf-8")
    others = {"Allotment", "Assignment", "CoverCurve", "Effort", "FairSiting", "Front", "Sites", "Siting", "assign"}

    assert [name for name in solve.__all__ if name not in others and name not in page] == []


def test_names_of_solve_are_sorted_public_and_load_on_first_use():
    from accessgis import solve

    assert solve.__all__ == sorted(solve.__all__)
    assert set(solve.__all__) == set(solve._NAMES)
    assert all(getattr(solve, name) is getattr(solve, name) for name in solve.__all__)
    with pytest.raises(AttributeError, match="no attribute 'pmedian'"):
        solve.pmedian  # noqa: B018 the access is the test
