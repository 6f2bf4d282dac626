from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tangles import tangle

from accessgis.travel import hierarchy_cache
from accessgis.travel.hierarchy_cache import hierarchy_of, order_of_roads
from accessgis.travel.planner import Engines

NETWORK = tangle(120, 3)


@pytest.fixture(autouse=True)
def every_network_is_large(monkeypatch):
    monkeypatch.setattr(hierarchy_cache, "_SMALL", 0)


@pytest.fixture
def work(monkeypatch):
    """Tell what is really worked out."""
    done = []

    def told(name):
        function = getattr(hierarchy_cache, name)
        monkeypatch.setattr(hierarchy_cache, name, lambda *args, **more: done.append(name) or function(*args, **more))

    told("find_order")
    told("lay")
    return done


def built(network, cache, **more):
    with ThreadPoolExecutor(2) as workers:
        return hierarchy_of(network, workers=workers, cache=cache, **more)


def values(hierarchy):
    order = hierarchy.order
    return [
        order.position, order.parent, order.end, order.start, order.head, order.below_start, order.below_arc,
        order.below, *hierarchy.up, *hierarchy.down,
    ]  # fmt: skip


def same(one, other):
    return all(
        a.dtype == b.dtype and a.flags.writeable == b.flags.writeable and np.array_equal(a, b)
        for a, b in zip(values(one), values(other), strict=True)
    )


def test_a_hierarchy_is_worked_out_once_and_read_afterwards(tmp_path, work):
    first = built(NETWORK, tmp_path)
    assert work == ["find_order", "lay"]

    again = built(NETWORK, tmp_path)

    assert work == ["find_order", "lay"]
    assert same(first, again)
    assert same(first, built(NETWORK, None))
    assert len(list(tmp_path.iterdir())) == 2


def test_other_times_take_the_kept_order_when_it_is_given(tmp_path, work):
    order = built(NETWORK, tmp_path).order
    slower = replace(NETWORK, arc_ms=NETWORK.arc_ms * 2)
    work.clear()

    found = built(slower, tmp_path, order=order)

    assert work == ["lay"]
    assert found.order is order
    assert not same(found, built(NETWORK, tmp_path))
    assert same(found, built(slower, None, order=order))


def changed(field, index=5, by=1):
    roads, network = NETWORK.roads, NETWORK
    owner = roads if hasattr(roads, field) else network
    new = getattr(owner, field).copy()
    new[index] += by
    if owner is roads:
        return replace(network, roads=replace(roads, **{field: new}))
    return replace(network, **{field: new})


@pytest.mark.parametrize(
    ("field", "anew"),
    [
        ("node_x", ["find_order"]),
        ("node_y", ["find_order"]),
        ("length_m", ["find_order"]),
        ("arc_ms", ["find_order", "lay"]),
    ],
)
def test_whatever_changes_is_worked_out_anew(field, anew, tmp_path, work):
    built(NETWORK, tmp_path)
    work.clear()

    other = built(changed(field), tmp_path)

    # the times are laid anew too, unless the new order is the old one
    assert work[: len(anew)] == anew
    assert same(other, built(changed(field), None))


def test_a_road_closed_or_turned_round_is_worked_out_anew(tmp_path, work):
    built(NETWORK, tmp_path)
    keep = np.arange(NETWORK.arc_ms.size) != 7
    names = ("arc_edge", "arc_tail", "arc_head", "arc_forward", "arc_ms")
    closed = replace(NETWORK, **{name: getattr(NETWORK, name)[keep] for name in names})
    turned = replace(NETWORK, arc_tail=NETWORK.arc_head, arc_head=NETWORK.arc_tail)
    for network, anew in ((closed, ["find_order", "lay"]), (turned, ["lay"])):
        work.clear()
        found = built(network, tmp_path)
        assert work == anew
        assert same(found, built(network, None))


@pytest.mark.parametrize("end", ["tail", "head"])
def test_a_road_that_leads_elsewhere_asks_for_another_order(end, tmp_path, work):
    moved = changed(end)
    for network in (NETWORK, moved):
        with ThreadPoolExecutor(1) as workers:
            order_of_roads(network, workers=workers, cache=tmp_path)

    assert work == ["find_order"] * 2


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"x" * 999])
def test_damaged_files_are_worked_out_anew(damage, tmp_path, work):
    first = built(NETWORK, tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(damage(file.read_bytes()))
    work.clear()

    assert same(built(NETWORK, tmp_path), first)
    assert work == ["find_order", "lay"]
    work.clear()
    assert same(built(NETWORK, tmp_path), first)
    assert work == []


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, work):
    (tmp_path / "file").write_text("")

    for _ in range(2):
        assert same(built(NETWORK, tmp_path / "file"), built(NETWORK, None))
    assert work == ["find_order", "lay"] * 4


def test_small_networks_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(hierarchy_cache, "_SMALL", NETWORK.roads.node_count + 1)
    built(NETWORK, tmp_path)
    assert list(tmp_path.iterdir()) == []

    monkeypatch.setattr(hierarchy_cache, "_SMALL", NETWORK.roads.node_count)
    built(NETWORK, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_engines_keep_their_hierarchy_in_their_folder(tmp_path, work):
    first = Engines(network=NETWORK, cache=tmp_path, threads=2).hierarchy
    again = Engines(network=NETWORK, cache=tmp_path, threads=1).hierarchy

    assert same(first.hierarchy, again.hierarchy)
    assert work == ["find_order", "lay"]


def test_another_form_of_what_is_kept_is_another_file(tmp_path, work, monkeypatch):
    built(NETWORK, tmp_path)
    monkeypatch.setattr(hierarchy_cache, "_FORM", "hierarchy of tomorrow")

    built(NETWORK, tmp_path)

    assert work == ["find_order", "lay"] * 2
