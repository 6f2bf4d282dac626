"""The example of docs/engine.md runs as it stands, and its answers belong together."""

from __future__ import annotations

import re

import numpy as np

from benchmarks.networks import lattice


def test_the_example_of_the_engine_page_runs_as_it_stands(root):
    page = (root / "docs" / "engine.md").read_text(encoding="utf-8")
    code, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    network = lattice(2000)
    rng = np.random.default_rng(3)

    def places(count):
        return tuple(rng.uniform(v.min(), v.max(), count) for v in (network.roads.node_x, network.roads.node_y))

    people, beds = rng.integers(0, 40, 500), rng.integers(1, 50, 20)
    sparse, full, catchment, enhanced, gaussian, three_ms, three = names["ask"](
        network, places(20), places(500), people, beds
    )

    inside = full <= 1_800_000
    assert sparse.nnz == inside.sum() > 0
    assert np.array_equal(sparse.toarray()[inside], full[inside])
    np.testing.assert_allclose(catchment, people @ inside, rtol=1e-12)
    for access in (enhanced, gaussian):
        assert np.isclose(access.access @ people, beds[access.demand > 0].sum())
    assert np.array_equal(three_ms[:, 0], full.min(axis=1))
    assert np.array_equal(three[:, 0], np.where(np.isfinite(three_ms[:, 0]), full.argmin(axis=1), -1))
