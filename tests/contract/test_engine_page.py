"""The examples of docs/engine.md run as they stand, and their answers belong together."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from accessgis.travel.planner import Engines
from accessgis.travel.snap import build_join_index, join_points, price
from accessgis.travel.within import table
from benchmarks.networks import lattice


def example(root, function):
    """Return a function that an example of the page defines."""
    page = (root / "docs" / "engine.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if f"def {function}(" in code]
    exec(code, names)
    return names[function]


def test_the_example_of_scenarios_answers_as_engines_of_each_plan_do(root):
    network = lattice(2000)
    index, rng = build_join_index(network), np.random.default_rng(4)
    homes, clinics = (
        join_points(
            index,
            *(rng.uniform(v.min(), v.max(), count) for v in (network.roads.node_x, network.roads.node_y)),
            limit_m=2000,
        )
        for count in (60, 9)
    )
    plans = [
        network,
        *(replace(network, arc_ms=network.arc_ms * rng.integers(1, 4, network.arc_ms.size)) for _ in "ab"),
    ]

    found = list(example(root, "compare")(network, plans, homes, clinics))

    for plan, times in zip(plans, found, strict=True):
        alone = Engines(network=plan, prefer="bucket", cache=None)
        assert np.array_equal(times, table(plan, price(homes, plan), price(clinics, plan), engines=alone))
    assert not np.array_equal(found[0], found[1])


def test_the_example_of_the_engine_page_runs_as_it_stands(root):
    ask = example(root, "ask")
    network = lattice(2000)
    rng = np.random.default_rng(3)

    def places(count):
        return tuple(rng.uniform(v.min(), v.max(), count) for v in (network.roads.node_x, network.roads.node_y))

    people, beds = rng.integers(0, 40, 500), rng.integers(1, 50, 20)
    sparse, full, catchment, enhanced, gaussian, three_ms, three = ask(network, places(20), places(500), people, beds)

    inside = full <= 1_800_000
    assert sparse.nnz == inside.sum() > 0
    assert np.array_equal(sparse.toarray()[inside], full[inside])
    np.testing.assert_allclose(catchment, people @ inside, rtol=1e-12)
    for access in (enhanced, gaussian):
        assert np.isclose(access.access @ people, beds[access.demand > 0].sum())
    assert np.array_equal(three_ms[:, 0], full.min(axis=1))
    assert np.array_equal(three[:, 0], np.where(np.isfinite(three_ms[:, 0]), full.argmin(axis=1), -1))
