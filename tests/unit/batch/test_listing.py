"""Lists of counties: what is understood, and what is refused before any work begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration import tiny_study as tiny

from accessgis.base.errors import AccessGISError, UsageError
from accessgis.batch import cluster
from accessgis.batch.county import Job, memory_mb
from accessgis.batch.listing import County, read_counties
from accessgis.batch.run import batch_run


def study(folder: Path, code: str) -> None:
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(tiny.STUDY.replace("149921", code), encoding="utf-8")


def listing(folder: Path, *entries: str) -> Path:
    path = folder / "province.toml"
    path.write_text("\n".join(f"[[counties]]\n{entry}" for entry in entries), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as raised:
        read_counties(path)
    return raised.value.code


def test_a_list_is_sorted_by_the_codes_of_its_studies(tmp_path):
    study(tmp_path / "b", "149901")
    study(tmp_path / "a", "149902")
    path = listing(tmp_path, 'study = "a/study.toml"\nname = "甲"', 'study = "b/study.toml"')

    for given in (path, tmp_path):
        assert [(item.code, item.name, item.label) for item in read_counties(given)] == [
            ("149901", "小县", "b/study.toml"), ("149902", "小县", "a/study.toml"),
        ]  # fmt: skip


def test_a_folder_without_a_list_gives_every_study_below_it(tmp_path):
    study(tmp_path / "x" / "b", "149901")
    study(tmp_path / "a", "149902")

    assert [item.label for item in read_counties(tmp_path)] == ["x/b/study.toml", "a/study.toml"]


def test_a_study_that_cannot_be_read_keeps_its_place(tmp_path):
    study(tmp_path / "a", "149902")
    (tmp_path / "a" / "study.toml").write_text("[study", encoding="utf-8")

    assert read_counties(tmp_path)[0].code == "a"
    path = listing(tmp_path, 'study = "a/study.toml"\ncode = "149977"\nname = "甲"')
    assert [(item.code, item.name) for item in read_counties(path)] == [("149977", "甲")]


def test_what_is_wrong_with_a_list_is_said(tmp_path):
    study(tmp_path / "a", "149901")
    study(tmp_path / "b", "149901")

    assert refused(tmp_path) == "AG2502"
    assert refused(listing(tmp_path)) == "AG2501"
    assert refused(listing(tmp_path, 'path = "a/study.toml"')) == "AG2503"
    assert refused(listing(tmp_path, "study = 3")) == "AG2503"
    assert refused(listing(tmp_path, 'study = "../study.toml"')) == "AG2011"
    study(tmp_path / "c", "..")
    assert refused(listing(tmp_path, 'study = "c/study.toml"')) == "AG2504"
    assert refused(tmp_path / "none.toml") == "AG2001"


def test_a_scheduler_has_its_own_workers(tmp_path):
    with pytest.raises(UsageError) as raised:
        batch_run(tmp_path, tmp_path / "out", scheduler="tcp://127.0.0.1:1", workers=2)
    assert raised.value.code == "AG2507"


def test_a_scheduler_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)
    study(tmp_path / "a", "149901")
    with pytest.raises(AccessGISError) as raised:
        batch_run(tmp_path, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert raised.value.code == "AG1502"


def test_without_the_library_the_way_to_mend_it_is_said(tmp_path, monkeypatch):
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(cluster, "import_module", absent)
    study(tmp_path / "a", "149901")
    with pytest.raises(AccessGISError) as raised:
        batch_run(tmp_path, tmp_path / "out", workers=1)
    assert raised.value.code == "AG1501"
    assert "--workers 0" in raised.value.fix("en")


class KilledWorker(Exception):  # noqa: N818  as distributed names it
    """A task whose workers died."""


class Ended:
    """A task that ended."""

    def __init__(self, status: str, error: Exception | None = None) -> None:
        self.status = status
        self.exception = lambda: error


def test_how_a_task_can_end_without_an_outcome(tmp_path):
    job = Job(
        county=County(code="149901", name="甲", study=tmp_path / "study.toml", label="a"), target=tmp_path / "out"
    )

    ends = [Ended("error", KilledWorker()), Ended("error", OSError("x")), Ended("lost"), Ended("cancelled")]
    outcomes = [cluster._outcome(end, job) for end in ends]

    assert [item.error for item in outcomes] == ["AG1503", "AG1504", "AG1505", "AG1505"]
    assert {item.state for item in outcomes} == {"failed"}


def test_memory_grows_with_the_files_that_a_study_names(tmp_path):
    study(tmp_path / "a", "149901")
    job = Job(county=read_counties(tmp_path)[0], target=tmp_path / "out")
    little = memory_mb(job)
    (tmp_path / "a" / "roads.osm").write_bytes(bytes(10_000_000))

    assert memory_mb(job) == little + 2000
