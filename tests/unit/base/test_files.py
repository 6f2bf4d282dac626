"""Files: what a study may name, TOML as users save it, and results written whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from accessgis.base import files
from accessgis.base.errors import AccessGISError, DataError, UsageError
from accessgis.base.files import MAX_TOML_BYTES, confined, new_files, packaged_toml, sha256, user_toml, whole_folder


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a study's folder with one file in it, and a secret beside it."""
    folder = tmp_path / "study"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "村.csv").write_text("id\n", encoding="utf-8")
    (tmp_path / "secret.csv").write_text("id\n", encoding="utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (tmp_path / "study-other").mkdir()
    (tmp_path / "study-other" / "x.csv").write_text("id\n", encoding="utf-8")
    return folder


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("text", ["data/村.csv", "./data/村.csv", "data/../data/村.csv"])
def test_a_file_of_the_study_resolves_to_an_absolute_path(study: Path, text: str):
    assert confined(study, text, key="facilities.path") == (study / "data" / "村.csv").resolve()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("../secret.csv", "AG2011"),
        ("data/../../secret.csv", "AG2011"),
        ("../study-other/x.csv", "AG2011"),
        ("/etc/passwd", "AG2011"),
        ("link.csv", "AG2011"),
        ("http://example.org/a.tif", "AG3001"),
        ("PG:dbname=x", "AG3001"),
        ("<OGRVRTDataSource/>", "AG3001"),
        ('{"type": "FeatureCollection", "features": []}', "AG3001"),
        ("/vsicurl/http://example.org/a.tif", "AG2011"),
        ("data\x00.csv", "AG2010"),
        ("da\ta.csv", "AG2010"),
        ("", "AG2010"),
        (".", "AG3001"),
        ("data", "AG3001"),
        ("loop.csv", "AG3001"),
        ("x" * 5000, "AG3001"),
    ],
)
def test_evil_paths_are_refused(study: Path, text: str, code: str):
    with pytest.raises(AccessGISError) as caught:
        confined(study, text, key="facilities.path")
    assert caught.value.code == code
    assert caught.value.place.key == "facilities.path"
    assert caught.value.message("zh")
    assert str(study) not in str(caught.value)


def test_outside_only_when_it_is_allowed(study: Path):
    assert confined(study, "../secret.csv", key="k", allow_outside=True) == (study.parent / "secret.csv").resolve()
    with pytest.raises(DataError):
        confined(study, "../none.csv", key="k", allow_outside=True)


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_toml_with_and_without_bom(tmp_path: Path, prefix: bytes):
    path = tmp_path / "study.toml"
    path.write_bytes(prefix + 'name = "示例县"\r\n'.encode())
    assert user_toml(path) == {"name": "示例县"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('name = "示例县"'.encode("gbk"), "AG2003"),
        ('name = "示例县"'.encode("utf-16"), "AG2003"),
        ("name = “示例县”".encode(), "AG2012"),
        (b'path = "C:\\data\\new.csv"', "AG2013"),
        (b"a = 1\na = 2\n", "AG2004"),
        (b"#" * (MAX_TOML_BYTES + 1), "AG2002"),
        (None, "AG2001"),
    ],
    ids=["gbk", "utf-16", "full-width quotes", "backslashes", "twice", "too large", "absent"],
)
def test_toml_that_cannot_be_read(tmp_path: Path, content: bytes | None, code: str):
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        user_toml(path)
    assert caught.value.code == code
    assert caught.value.fix("zh")


def test_toml_of_the_largest_size_is_read(tmp_path: Path):
    path = tmp_path / "study.toml"
    path.write_bytes(b"#" * MAX_TOML_BYTES)
    assert user_toml(path) == {}


def test_a_packaged_file_reads():
    assert packaged_toml("accessgis.standards.data", "sources.toml")["sources"][0]["id"] == "shanxi-13fyp"


def test_sha256_of_a_file_longer_than_one_chunk(tmp_path: Path):
    empty, long = tmp_path / "empty", tmp_path / "long"
    empty.touch()
    long.write_bytes(b"a" * 3_000_000)
    assert sha256(empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256(long) != sha256(empty)
    long.write_bytes(b"a" * 2_999_999 + b"b")
    last = sha256(long)
    long.write_bytes(b"a" * 3_000_000)
    assert sha256(long) != last


def write_result(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    (folder / "evidence").mkdir()
    (folder / "evidence" / "nodes").write_text(text)


def test_a_result_takes_the_place_of_the_earlier_one_whole(tmp_path: Path):
    target = tmp_path / "deep" / "out"
    for text in ("one", "two"):
        with whole_folder(target) as fresh:
            write_result(fresh, text)
            assert fresh.parent == target.parent, "same file system, so that the rename is atomic"
        assert tree(target) == {"manifest.json": text, "evidence/nodes": text}
        assert [path.name for path in target.parent.iterdir()] == ["out"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_what_the_new_result_lacks_does_not_stay_from_the_old(tmp_path: Path):
    target = tmp_path / "out"
    with whole_folder(target) as fresh:
        write_result(fresh, "one")
        (fresh / "map.html").write_text("old map")
    with whole_folder(target) as fresh:
        write_result(fresh, "two")
    assert "map.html" not in tree(target)


@pytest.mark.parametrize("error", [RuntimeError("bug"), KeyboardInterrupt(), UsageError("AG2001", file="x")])
def test_any_failure_keeps_the_old_result_and_leaves_nothing(tmp_path: Path, error: BaseException):
    target = tmp_path / "out"
    with whole_folder(target) as fresh:
        write_result(fresh, "one")

    def fail_halfway() -> None:
        with whole_folder(target) as fresh:
            write_result(fresh, "half")
            raise error

    with pytest.raises(type(error)):
        fail_halfway()
    assert tree(target) == {"manifest.json": "one", "evidence/nodes": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_first_run_that_fails_leaves_nothing_at_all(tmp_path: Path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out"):
        raise RuntimeError("bug")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_very_exchange_brings_the_old_result_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    target = tmp_path / "out"
    with whole_folder(target) as fresh:
        write_result(fresh, "one")
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if Path(to) == target and not self.name.endswith(".old"):
            raise error
        return rename(self, to)

    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", failing)
    expected = AccessGISError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected), whole_folder(target) as fresh:
        write_result(fresh, "two")
    assert tree(target) == {"manifest.json": "one", "evidence/nodes": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_kill_between_any_two_steps_leaves_a_whole_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
):
    """Every state that the folders pass through while a result is exchanged is copied aside; from each the next run
    finds the old result whole or the new one."""
    target = tmp_path / "disk" / "out"
    with whole_folder(target) as fresh:
        write_result(fresh, "one")
    copies: list[Path] = []

    def watched(step):
        def step_and_copy(*given):
            shutil.copytree(target.parent, tmp_path / f"copy{len(copies)}")
            copies.append(tmp_path / f"copy{len(copies)}")
            return step(*given)

        return step_and_copy

    monkeypatch.setattr(files, "_exchange", watched(files._exchange if at_once else lambda *_: False))
    monkeypatch.setattr(Path, "rename", watched(Path.rename))
    monkeypatch.setattr(files, "_remove", watched(files._remove))
    with whole_folder(target) as fresh:
        write_result(fresh, "two")
    monkeypatch.undo()
    assert len(copies) >= (2 if at_once else 4)
    for copy in copies:
        seen = copy / "out"
        if at_once:
            assert set(tree(seen).values()) in ({"one"}, {"two"}), "at every moment a whole result stands there"

        def stop(place: Path = seen) -> None:
            with whole_folder(place):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stop()
        assert set(tree(seen).values()) in ({"one"}, {"two"})
        assert [path.name for path in copy.iterdir()] == ["out"], "what the killed run left is swept"


def test_the_folder_of_a_running_program_is_not_swept(tmp_path: Path):
    target = tmp_path / "out"
    with whole_folder(target) as mine:
        write_result(mine, "mine")
        with whole_folder(target) as other:
            write_result(other, "other")
        assert tree(target)["manifest.json"] == "other"
        assert mine.exists()
    assert tree(target)["manifest.json"] == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_other_folders_beside_it_are_not_swept(tmp_path: Path):
    for name in (".out2.tmp-abc", "out.tmp-abc", ".out"):
        (tmp_path / name).mkdir()
    with whole_folder(tmp_path / "out") as fresh:
        write_result(fresh, "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out", ".out2.tmp-abc", "out", "out.tmp-abc"]


def test_a_full_disk_is_said_in_our_words(tmp_path: Path):
    with pytest.raises(AccessGISError, match="No space left") as caught, whole_folder(tmp_path / "out"):
        raise OSError(28, "No space left on device")
    assert (caught.value.code, caught.value.exit_code) == ("AG1001", 1)


def test_an_empty_folder_is_taken(tmp_path: Path):
    target = tmp_path / "out"
    target.mkdir()
    with whole_folder(target) as fresh:
        write_result(fresh, "one")
    assert tree(target)["manifest.json"] == "one"


def test_somebody_elses_folder_or_file_is_never_replaced(tmp_path: Path):
    folder, file = tmp_path / "thesis", tmp_path / "thesis.txt"
    folder.mkdir()
    (folder / "chapter1.txt").write_text("years of work")
    file.write_text("years of work")
    for target in (folder, file):
        with pytest.raises(UsageError) as caught, whole_folder(target) as fresh:
            write_result(fresh, "one")
        assert caught.value.code == "AG2020"
    assert tree(folder) == {"chapter1.txt": "years of work"}
    assert file.read_text() == "years of work"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessGISError) as caught, whole_folder(tmp_path / "file" / "out"):
        pass
    assert caught.value.code == "AG1001"


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_to_a_result_is_replaced_and_what_it_names_stays(tmp_path: Path):
    real, link = tmp_path / "real", tmp_path / "out"
    with whole_folder(real) as fresh:
        write_result(fresh, "one")
    link.symlink_to(real, target_is_directory=True)
    with whole_folder(link) as fresh:
        write_result(fresh, "two")
    assert tree(link)["manifest.json"] == "two"


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_new_files_are_all_there_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int):
    rename, done = Path.rename, []

    def sometimes(path: Path, target: Path) -> Path:
        if len(done) == fails:
            raise OSError(28, "No space left on device")
        done.append(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", sometimes)
    with pytest.raises(AccessGISError) as caught:
        new_files(tmp_path / "x", {"a": b"1", "b": b"2", "c": b"3"})
    assert caught.value.code == "AG1001"
    assert list((tmp_path / "x").iterdir()) == []


def test_new_files_replace_nothing(tmp_path: Path):
    new_files(tmp_path, {"a": b"1", "b": b"2"})
    with pytest.raises(UsageError) as caught:
        new_files(tmp_path, {"c": b"3", "b": b"4"})
    assert caught.value.code == "AG2021"
    assert tree(tmp_path) == {"a": "1", "b": "2"}
    (tmp_path / "d").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        new_files(tmp_path, {"d": b"5"})
    assert not (tmp_path / "nowhere").exists()
