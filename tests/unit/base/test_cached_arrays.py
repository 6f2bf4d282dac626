from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from accessgis.base import files
from accessgis.base.files import cached_arrays, content_key

MADE = {"up": np.arange(5, dtype=np.uint64), "start": np.array([0, 2, 5], np.uint32)}


def never():
    raise AssertionError("made anew")


def same(found):
    assert set(found) == set(MADE)
    for name, values in MADE.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values)
    return True


def test_arrays_are_made_once_and_read_afterwards(tmp_path):
    folder = tmp_path / "not" / "there" / "yet"

    assert same(cached_arrays(folder, "k", lambda: MADE))
    assert same(cached_arrays(folder, "k", never))
    assert [file.name for file in folder.iterdir()] == ["k.npz"]


def test_another_key_is_made_for_itself(tmp_path):
    cached_arrays(tmp_path, "k", lambda: MADE)

    other = cached_arrays(tmp_path, "l", lambda: {"up": np.zeros(1)})

    assert other["up"].tolist() == [0.0]
    assert same(cached_arrays(tmp_path, "k", never))


def test_what_cannot_be_made_leaves_nothing_behind(tmp_path):
    with pytest.raises(AssertionError, match="made anew"):
        cached_arrays(tmp_path, "k", never)

    assert list(tmp_path.iterdir()) == []


def test_a_file_with_any_one_bit_flipped_gives_the_same_arrays(tmp_path):
    cached_arrays(tmp_path, "k", lambda: MADE)
    path = tmp_path / "k.npz"
    good = path.read_bytes()
    made = []

    for bit in range(0, 8 * len(good), 3):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        assert same(cached_arrays(tmp_path, "k", lambda: made.append(1) or MADE))

    assert len(made) > len(good)  # most flips are noticed; the others lie in dates and padding


@pytest.mark.parametrize("length", [0, 1, 30, 200, -100, -1])
def test_a_file_cut_short_is_made_anew_and_mended(tmp_path, length):
    cached_arrays(tmp_path, "k", lambda: MADE)
    path = tmp_path / "k.npz"
    path.write_bytes(path.read_bytes()[:length])

    assert same(cached_arrays(tmp_path, "k", lambda: MADE))
    assert same(cached_arrays(tmp_path, "k", never))


def foreign_array(path):
    with path.open("wb") as stream:
        np.save(stream, MADE["up"])


def foreign_archive(path):
    with path.open("wb") as stream:
        np.savez(stream, up=MADE["up"])


def archive_of_another_key(path):
    cached_arrays(path.parent / "other", "other", lambda: MADE)
    (path.parent / "other" / "other.npz").rename(path)
    (path.parent / "other").rmdir()


def archive_of_objects(path):
    with path.open("wb") as stream:
        np.savez(stream, up=np.array([{}], object), contents=np.array(["k", "up"]))


@pytest.mark.parametrize(
    "foreign",
    [foreign_array, foreign_archive, archive_of_another_key, archive_of_objects, lambda path: path.write_text("你好")],
)
def test_a_foreign_file_under_the_name_is_made_anew(tmp_path, foreign):
    foreign(tmp_path / "k.npz")

    assert same(cached_arrays(tmp_path, "k", lambda: MADE))
    assert same(cached_arrays(tmp_path, "k", never))


def test_a_folder_where_the_file_should_be_changes_nothing(tmp_path):
    (tmp_path / "k.npz").mkdir()

    assert same(cached_arrays(tmp_path, "k", lambda: MADE))
    assert [file.name for file in tmp_path.iterdir()] == ["k.npz"]


def test_a_folder_that_cannot_be_made_changes_nothing(tmp_path):
    (tmp_path / "file").write_text("")

    assert same(cached_arrays(tmp_path / "file" / "below", "k", lambda: MADE))


def test_a_full_disk_changes_nothing_and_leaves_nothing(tmp_path, monkeypatch):
    def full(stream, **arrays):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)

    assert same(cached_arrays(tmp_path, "k", lambda: MADE))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_only_be_read_is_read(tmp_path, monkeypatch):
    cached_arrays(tmp_path, "k", lambda: MADE)

    def refused(*_args, **_more):
        raise PermissionError

    monkeypatch.setattr(os, "utime", refused)

    assert same(cached_arrays(tmp_path, "k", never))


def test_an_interruption_while_writing_leaves_no_half_a_file(tmp_path, monkeypatch):
    def interrupted(stream, **arrays):
        stream.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)

    with pytest.raises(KeyboardInterrupt):
        cached_arrays(tmp_path, "k", lambda: MADE)
    assert list(tmp_path.iterdir()) == []


def test_files_used_longest_ago_go_when_the_folder_is_full(tmp_path, monkeypatch):
    for age, key in enumerate("dcba"):
        cached_arrays(tmp_path, key, lambda: MADE)
        os.utime(tmp_path / f"{key}.npz", (1_000_000 + age, 1_000_000 + age))
    size = (tmp_path / "a.npz").stat().st_size
    cached_arrays(tmp_path, "d", never)  # the oldest is used again
    (tmp_path / "notes.txt").write_text("somebody else's")
    monkeypatch.setattr(files, "MAX_CACHE_BYTES", 3 * size)

    cached_arrays(tmp_path, "e", lambda: MADE)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npz", "d.npz", "e.npz", "notes.txt"]


def test_a_file_larger_than_the_folder_may_be_is_kept_alone(tmp_path, monkeypatch):
    cached_arrays(tmp_path, "a", lambda: MADE)
    monkeypatch.setattr(files, "MAX_CACHE_BYTES", 1)

    cached_arrays(tmp_path, "b", lambda: MADE)

    assert [file.name for file in tmp_path.iterdir()] == ["b.npz"]


def test_two_programs_may_make_and_read_the_same_file_at_once(tmp_path):
    program = (
        "import sys; import numpy as np; from pathlib import Path; from accessgis.base.files import cached_arrays\n"
        "make = lambda: {'a': np.arange(200_000), 'b': np.arange(100_000) * 2}\n"
        "sys.stdin.readline()\n"
        "for i in range(40):\n"
        "    found = cached_arrays(Path(sys.argv[1]), str(i), make)\n"
        "    assert (found['a'] == np.arange(200_000)).all() and (found['b'] == np.arange(100_000) * 2).all()\n"
    )
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=pipe, stderr=pipe, text=True)
        for _ in range(2)
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()

    assert [process.communicate()[1] for process in running] == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f"{i}.npz" for i in range(40))


def test_a_key_follows_everything_that_something_is_made_of():
    a, b = np.arange(6, dtype=np.int32), np.arange(3, dtype=np.float64)
    changed = a.copy()
    changed[3] = 9
    keys = [
        content_key("form 1", a, b),
        content_key("form 2", a, b),
        content_key("form 1", b, a),
        content_key("form 1", a),
        content_key("form 1", changed, b),
        content_key("form 1", a.astype(np.int64), b),
        content_key("form 1", a.view(np.uint32), b),
        content_key("form 1", a.reshape(2, 3), b),
        content_key("form 1", a[:5], b),
        content_key("form 1", a[:0], b),
        content_key("form 1"),
    ]

    assert len(set(keys)) == len(keys)
    assert content_key("form 1", np.arange(12, dtype=np.int32)[::2] // 2, b) == keys[0]


def test_what_killed_programs_left_goes_after_a_day(tmp_path):
    for name, age in ((".k.abc", 100_000), (".k.def", 1_000), (".keep", 100_000)):
        (tmp_path / name).write_bytes(b"half")
        past = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (past, past))
    cached_arrays(tmp_path, "k", lambda: MADE)

    assert sorted(file.name for file in tmp_path.iterdir()) == [".k.def", ".keep", "k.npz"]
