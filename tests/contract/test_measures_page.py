"""The example of docs/measures.md runs as it stands, and says what it says."""

from __future__ import annotations

import re

import numpy as np


def test_the_example_of_the_measures_page_runs_as_it_stands(root):
    page = (root / "docs" / "measures.md").read_text(encoding="utf-8")
    first, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    exec(first, names)

    assert (names["nearest_ms"] / 60_000).tolist() == [5, 10, 0]
    assert names["clinic"].tolist() == [0, 0, 1]
    assert names["clinics"].tolist() == [2, 1, 1]
    assert np.isclose(names["shared_out"], 5)
    assert (names["potential"] > 0).all()
    assert np.isclose(names["agents"].load.sum(), 1900)
    assert np.isfinite(names["crowded"]).all()


def test_the_page_names_every_measure_and_decay(root):
    from accessgis import measures
    from accessgis.travel import decay

    page = (root / "docs" / "measures.md").read_text(encoding="utf-8")
    decays = [
        name for name, made in vars(decay).items() if getattr(made, "__annotations__", {}).get("return") == "Decay"
    ]

    assert len(decays) == 9
    assert [name for name in [*measures.__all__, *decays] if name not in page] == []


def test_the_table_of_laws_is_that_of_the_tests():
    from supply import LAWS

    from accessgis import measures

    assert set(LAWS) == set(measures.__all__) - {"nearest", "nearest_several", "time_matrix"}
