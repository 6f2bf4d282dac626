from __future__ import annotations

import logging

import numpy as np
import pytest

from accessgis.travel import hierarchy_cache, planner
from accessgis.travel.hierarchy import TooSlowError
from accessgis.travel.order import NoHierarchyError
from accessgis.travel.planner import Engines
from accessgis.travel.trips import trips_from_nodes
from benchmarks.networks import lattice

TOWN = lattice(3000, one_way=True, seed=2)
N = TOWN.roads.node_count
FEW, MANY = trips_from_nodes(N, [5]), trips_from_nodes(N, np.arange(0, N, 3))


def test_few_sources_are_searched_by_buckets_and_many_by_hierarchy(caplog):
    engines = Engines(network=TOWN, cache=None)
    with caplog.at_level(logging.DEBUG, "accessgis.travel.planner"):
        chosen = [engines.choose(FEW, cutoff_ms=30_000).name, engines.choose(MANY).name, engines.choose(MANY).name]

    assert chosen == ["bucket", "hierarchy", "hierarchy"]
    first, second, third = (record.getMessage() for record in caplog.records)
    assert first.startswith("bucket: 1 sources reach about ")
    assert second.startswith(f"hierarchy: {MANY.sources.count} sources reach about {N} of {N} junctions each")
    assert "(0.000 s to build it)" not in second
    assert "(0.000 s to build it)" in third


@pytest.mark.parametrize("name", ["bucket", "hierarchy"])
def test_a_preferred_engine_is_obeyed(name):
    engines = Engines(network=TOWN, prefer=name, cache=None)

    assert [engines.choose(FEW).name, engines.choose(MANY).name] == [name, name]


@pytest.mark.parametrize("error", [NoHierarchyError, TooSlowError])
def test_without_a_hierarchy_buckets_answer(error, monkeypatch, caplog):
    def none(*_, **__):
        raise error

    monkeypatch.setattr(planner, "hierarchy_of", none)
    with caplog.at_level(logging.DEBUG, "accessgis.travel.planner"):
        assert Engines(network=TOWN, cache=None).choose(MANY).name == "bucket"
    assert caplog.records[-1].getMessage() == f"bucket after all: {error.__name__}"
    with pytest.raises(error):
        Engines(network=TOWN, prefer="hierarchy", cache=None).choose(MANY)


# ------------------------------------------------------------------------------------------------------------ cache


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(hierarchy_cache, "_SMALL", 0)


def answer(folder):
    return Engines(network=TOWN, prefer="hierarchy", cache=folder).choose(FEW).table(FEW)


def test_a_hierarchy_is_kept_and_read_again(tmp_path, small, monkeypatch):
    expected = answer(None)
    assert np.array_equal(answer(tmp_path / "cache"), expected)
    kept = sorted(path.name for path in (tmp_path / "cache").iterdir())
    monkeypatch.setattr(hierarchy_cache, "find_order", None)
    monkeypatch.setattr(hierarchy_cache, "lay", None)

    assert np.array_equal(answer(tmp_path / "cache"), expected)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == kept
    assert len(kept) == 2
    assert all(len(name) == 64 + len(".npz") for name in kept)


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "foreign", "fewer"])
def test_a_damaged_file_is_made_anew(tmp_path, small, harm):
    expected = answer(tmp_path)
    for path in tmp_path.iterdir():
        data = bytearray(path.read_bytes())
        if harm == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif harm == "flipped":
            data[len(data) // 2] ^= 4
            path.write_bytes(data)
        elif harm == "emptied":
            path.write_bytes(b"")
        elif harm == "foreign":
            path.write_bytes(b"PK\x05\x06 not one of ours")
        else:
            np.savez(path, position=np.arange(3))

    assert np.array_equal(answer(tmp_path), expected)
    for path in tmp_path.iterdir():
        with np.load(path, allow_pickle=False) as kept:
            assert {"up", "head"} & set(kept.files)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, small):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")

    assert np.array_equal(answer(tmp_path / "file"), answer(None))
