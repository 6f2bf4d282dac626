"""Batches in object storage: what is read is copied, what is left is sent, half a folder is known as such."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import fsspec
import pytest
from integration import many_counties as many

from accessgis.base.errors import AccessGISError, UsageError
from accessgis.batch.run import batch_run
from accessgis.batch.storage import Storage, fetched, is_address, storage
from accessgis.cli.main import run

CODES = many.CODES[:2]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return many.draw(tmp_path_factory.mktemp("stored") / "counties", CODES)


@pytest.fixture(scope="module")
def plain(drawn, tmp_path_factory) -> Path:
    """Return what a batch on a disk leaves."""
    return batch_run(drawn, tmp_path_factory.mktemp("plain") / "out", workers=0).out


@pytest.fixture
def bucket(drawn, tmp_path, monkeypatch, request):
    """Return a bucket that holds the studies, seen from a machine with an empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    system = fsspec.filesystem("memory")
    root = f"/{request.node.name[:40]}"
    system.put(str(drawn), f"{root}/counties", recursive=True)
    yield f"memory:/{root}"
    system.rm(root, recursive=True)


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def stored(address: str) -> dict[str, str]:
    system, root = fsspec.core.url_to_fs(address)
    return {
        path.removeprefix(f"{root}/"): hashlib.sha256(system.cat_file(path)).hexdigest() for path in system.find(root)
    }


def states(batch):
    return [outcome.state for outcome in batch.outcomes]


def test_what_is_stored_is_what_a_disk_would_hold_and_another_machine_goes_on(bucket, plain, tmp_path, monkeypatch):
    batch = batch_run(f"{bucket}/counties", f"{bucket}/out", workers=0)

    assert stored(f"{bucket}/out") == contents(plain)
    assert batch.address == f"{bucket}/out"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    system = fsspec.filesystem("memory")
    system.rm_file(f"{bucket.removeprefix('memory:/')}/out/counties/{CODES[0]}/manifest.json")  # as if cut short
    again = batch_run(f"{bucket}/counties", f"{bucket}/out", workers=0, resume=True)
    assert states(again) == ["done", "kept"]
    assert stored(f"{bucket}/out") == contents(plain)


def test_a_machine_that_stops_before_sending_sends_when_it_goes_on(bucket, monkeypatch):
    send = Storage.send

    def cut_short(self, names, *, last, gone=()):
        if CODES[1] in last:
            raise AccessGISError("AG1507", value=last, kind="OSError", detail="gone")
        send(self, names, last=last, gone=gone)

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "send", cut_short)
        with pytest.raises(AccessGISError, match="AG1507"):
            batch_run(f"{bucket}/counties", f"{bucket}/out", workers=0)
    assert not any(CODES[1] in name for name in stored(f"{bucket}/out"))
    assert "batch.json" not in stored(f"{bucket}/out")
    again = batch_run(f"{bucket}/counties", f"{bucket}/out", workers=0, resume=True)
    assert states(again) == ["kept", "kept"]
    assert {"batch.json", f"counties/{CODES[1]}/manifest.json"} <= set(stored(f"{bucket}/out"))


def test_only_what_changed_is_read_again_and_what_is_gone_is_removed(bucket, monkeypatch):
    read: list[str] = []
    get = Storage._get
    monkeypatch.setattr(Storage, "_get", lambda self, name, target: (read.append(name), get(self, name, target))[1])
    system, root = fsspec.core.url_to_fs(f"{bucket}/counties")
    copy = fetched(f"{bucket}/counties")
    first, read[:] = set(read), []

    fetched(f"{bucket}/counties")
    assert read == []
    system.pipe_file(f"{root}/{CODES[0]}/clinics.csv", b"changed")
    system.rm_file(f"{root}/{CODES[1]}/clinics.csv")
    assert fetched(f"{bucket}/counties") == copy
    assert read == [f"{CODES[0]}/clinics.csv"]
    names = {name for name in contents(copy) if not name.startswith(".")}
    assert names == first - {f"{CODES[1]}/clinics.csv"}
    assert (copy / CODES[0] / "clinics.csv").read_bytes() == b"changed"


def test_a_list_brings_the_folder_around_it(bucket):
    system, root = fsspec.core.url_to_fs(f"{bucket}/counties")
    system.pipe_file(f"{root}/two.toml", b'[[counties]]\nstudy = "149801/study.toml"\n')

    path = fetched(f"{bucket}/counties/two.toml")
    assert path.name == "two.toml"
    assert (path.parent / CODES[1] / "study.toml").is_file()


class Strange:
    """Storage that lists what a folder cannot hold."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def invalidate_cache(self) -> None:
        pass

    def find(self, root: str, *, detail: bool) -> dict[str, dict[str, int]]:
        assert detail
        return {f"{root}/{name}": {"size": 1} for name in self.names}


@pytest.mark.parametrize("name", ["../../profile", "a/../../b", "a//b", "a/..\\b", "C:/x", "a/./b"])
def test_no_object_leads_out_of_the_copy(name, tmp_path):
    strange = Storage(address="s3://b/p", local=tmp_path / "copy", _system=Strange("good", name), _root="b/p")

    with pytest.raises(UsageError, match="AG2525"):
        strange.fetch()
    assert not (tmp_path / "copy").exists()


def test_paths_are_no_addresses():
    assert [is_address(text) for text in ("s3://b/x", "abfs://b", "a/b", "C:\\data", "c://x", "/s3://x", "s3://")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("nothing://b/x", "AG2526"),
        ("simplecache::memory://b/x", "AG2526"),
        ("memory://b/nothing-here", "AG2524"),
        ("file:///nowhere/at/all", "AG2524"),
    ],
)
def test_an_address_without_anything_is_one_sentence(address, code, capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run(["batch", "run", address, "--out", str(tmp_path / "out"), "--workers", "0", "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]

    assert error["code"] == code
    assert "::" not in error["message"] or code == "AG2526"
    assert not (tmp_path / "out").exists()


def test_where_results_go_must_be_said(capfd):
    assert run(["batch", "run", "memory://b/x", "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "AG2527"
    assert run(["monitor", "memory://me:pw@b/x", "--json"]) == 2
    said = capfd.readouterr()
    assert json.loads(said.out)["error"]["code"] == "AG2527"
    assert "pw" not in said.out + said.err


def test_secrets_in_an_address_are_never_said(monkeypatch):
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda _: (_ for _ in ()).throw(OSError("s3://me:pw@b refused")))

    with pytest.raises(AccessGISError, match="AG1507") as raised:
        storage("s3://me:pw@b/x", use="reads")
    assert "pw" not in str(raised.value)


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda _: (_ for _ in ()).throw(ImportError("Install s3fs")))

    with pytest.raises(AccessGISError, match="AG1506"):
        storage("s3://b/x", use="reads")


def test_years_in_storage_are_monitored(bucket, plain, tmp_path):
    system, root = fsspec.core.url_to_fs(f"{bucket}/history")
    system.put(str(plain), f"{root}/2025", recursive=True)

    assert run(["monitor", f"{bucket}/history", "--out", str(tmp_path / "report"), "--json"]) == 0
    assert run(["monitor", f"{bucket}/history", "--out", f"{bucket}/report", "--json"]) == 0
    assert stored(f"{bucket}/report") == contents(tmp_path / "report")


def test_results_that_were_not_sent_are_not_what_is_stored(bucket, drawn):
    batch_run(f"{bucket}/counties", f"{bucket}/out", workers=0)
    unsent = storage(f"{bucket}/out", use="results").local / "counties" / CODES[0] / "manifest.json"
    unsent.write_text("never sent", encoding="utf-8")

    read = fetched(f"{bucket}/out") / "counties" / CODES[0] / "manifest.json"
    assert read.read_bytes() != b"never sent"
    assert unsent.read_text(encoding="utf-8") == "never sent"


def test_tables_are_named_where_they_are_stored(bucket, capfd):
    assert run(["batch", "run", f"{bucket}/counties", "--out", f"{bucket}/out", "--workers", "0", "--quiet"]) == 0
    assert f"{bucket}/out/results.parquet" in capfd.readouterr().out
