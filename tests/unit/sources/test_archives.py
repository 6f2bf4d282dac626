"""Zip archives: bombs, lies, passwords and names that leave the folder are refused before anything unpacks them."""

from __future__ import annotations

import resource
import struct
import zipfile
from pathlib import Path

import pytest

from accessgis.base.errors import DataError
from accessgis.sources import archives
from accessgis.sources.archives import check_archive


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, code: str) -> None:
    with pytest.raises(DataError) as caught:
        check_archive(path, label="a.zip")
    assert caught.value.code == code


def test_a_plain_archive_passes_with_its_names(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"公路/公路.shp": b"shape" * 1000, "公路/公路.dbf": b"table"})
    assert check_archive(path, label="a.zip") == ("公路/公路.shp", "公路/公路.dbf")


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.shp": bytes(60_000_000)})
    assert path.stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, "AG3050")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    files = {f"{number}.txt": b"x" for number in range(3)}
    assert len(check_archive(pack(tmp_path / "a.zip", files), label="a.zip")) == 3
    refused(pack(tmp_path / "b.zip", files | {"4.txt": b"x"}), "AG3050")


def test_a_large_sum_is_refused_whatever_the_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1000)
    check_archive(pack(tmp_path / "a.zip", {"a": bytes(500), "b": bytes(500)}), label="a.zip")
    refused(pack(tmp_path / "b.zip", {"a": bytes(500), "b": bytes(501)}), "AG3050")


def test_a_directory_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.shp": bytes(60_000_000)})
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = data.index(mark) + place
        assert struct.unpack("<I", data[start : start + 4])[0] == 60_000_000
        data[start : start + 4] = struct.pack("<I", 1000)
    path.write_bytes(data)
    refused(path, "AG3052")


@pytest.mark.parametrize("name", ["../a.shp", "/etc/a.shp", "a/../../a.shp", "..\\a.shp", "C:\\a.shp"])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    refused(pack(tmp_path / "a.zip", {name: b"x"}), "AG3052")


def test_a_password_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.shp": b"x"})
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + place] |= 1
    path.write_bytes(data)
    refused(path, "AG3052")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"<html>", None])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes | None) -> None:
    whole = pack(tmp_path / "a.zip", {"a.shp": bytes(range(256)) * 100}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: len(whole) // 2] if content is None else content)
    refused(tmp_path / "a.zip", "AG3052")


def test_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.shp": bytes(range(256)) * 100})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    refused(path, "AG3052")
