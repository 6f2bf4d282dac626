"""``accessgis kinds --json`` failed: the tags of a kind are frozen sets, which JSON does not have."""

from __future__ import annotations

import json

import pytest

from accessgis.cli.main import run
from accessgis.standards.kinds import load_kinds


def test_kinds_as_json_hold_their_tags_as_lists(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["kinds", "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert [kind["id"] for kind in document] == list(load_kinds())
    hospital = next(kind for kind in document if kind["osm"])
    (key, values), *_ = hospital["osm"][0].items()
    assert values == sorted(dict(load_kinds()[hospital["id"]].osm[0].tags)[key])
