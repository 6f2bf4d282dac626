"""The example of docs/equity.md runs as it stands, and gives the figures that the page states."""

from __future__ import annotations

import re

import pytest


def test_the_example_of_the_equity_page_runs_as_it_stands(root):
    page = (root / "docs" / "equity.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    text = " ".join(page.split())

    gini, share, index, points = (
        float(re.search(pattern, text)[1].replace("−", "-"))
        for pattern in (
            r"Gini coefficient is (\S+), and",
            r"and (\d+) % of Theil T lies between",
            r"concentration index is (\S+):",
            r"% of the others: (\d+) percentage points",
        )
    )
    parts, table = names["parts"], names["table"]
    assert round(names["inequality"], 2) == gini
    assert round(100 * parts.between / parts.total) == share
    assert round(names["favours_town"], 2) == index
    assert names["covered"].difference_points == points
    assert table["code"].tolist() == ["", "rural", "urban"]
    assert table["gini"][0] == pytest.approx(names["inequality"])
    assert table["theil_between"][0] == pytest.approx(parts.between)
    assert table["severity_part"][1] == pytest.approx(names["severity"])


def test_the_page_names_every_measure_of_equity(root):
    from accessgis import measures

    page = (root / "docs" / "equity.md").read_text(encoding="utf-8")
    functions = [name for name, home in measures._NAMES.items() if name.islower() and home.startswith("equity")]
    assert [name for name in functions if f"`{name}`" not in page] == []
